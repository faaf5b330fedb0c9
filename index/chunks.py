"""Document -> chunks for retrieval.

A chunk never crosses a table or a section. What is shown (``text``) is the plain
piece; what is searched (``embedded``) has the document's title, the heading path,
agency, region, year and unit in front, because a paragraph of one disclosure
reads like the same paragraph of every other.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from index.records import Cell, Chunk, Document, Passage, Table
from index.tables import read_layout

SIZE = 450
_DEFINITIONS = re.compile(r"名词|用语|术语")
# "（三）“三公”经费：指…", "3．机关运行经费是指…", "基本支出：是区级…"
_TERM = re.compile(
    r"^[（(]?(?:[一二三四五六七八九十百\d]{1,4}[）)、.．:：]\s*)?"
    r"(?P<term>[“\"《]?[^：:，,。；;]{2,40}?)\s*(?:[：:]\s*|(?=是?指|是为))"
)
_SENTENCE_END = re.compile(r"(?<=[。！？；;!?])(?![”’）)」』])")


@dataclass(frozen=True, slots=True)
class _Piece:
    blocks: tuple[str, ...]
    section: tuple[str, ...]
    text: str
    kind: str
    page: int | None
    heads: tuple[str, ...] = ()
    title: str | None = None
    agency: str | None = None
    fiscal_year: int | None = None


def chunks_of(document: Document) -> list[Chunk]:
    """All chunks of a document in reading order, each at most about 500 characters of text.

    Metadata holds only text and numbers: ``document_id``, ``number`` in reading order, ``kind`` (``table`` or
    ``prose``) and, where known, ``agency``, ``region``, ``fiscal_year`` and ``page``.
    """
    pieces: list[_Piece] = []
    for is_table, blocks in groupby(document.blocks, key=lambda block: isinstance(block, Table)):
        if is_table:
            pieces += [p for b in blocks if isinstance(b, Table) and not b.hidden for p in _table_pieces(b)]
            continue
        passages = [b for b in blocks if isinstance(b, Passage)]
        for section, members in groupby(passages, key=lambda p: p.section):
            pieces += _prose_pieces(section, list(members))
    return [_chunk(document, piece, number) for number, piece in enumerate(pieces)]


def is_definition(section: Sequence[str]) -> bool:
    """Whether the headings say that the text below explains terms (名词解释)."""
    return any(_DEFINITIONS.search(heading) for heading in section[-2:])


def term_of(text: str) -> str | None:
    """The term that a paragraph of a definition list explains, without its number and quotes."""
    found = _TERM.match(text)
    return re.sub(r"[“”\"《》]", "", found["term"]).strip() if found else None


def sentences(text: str) -> list[str]:
    """``text`` cut after its sentence ends; nothing is lost."""
    return [part for part in _SENTENCE_END.split(text) if part]


def _cut_long(text: str) -> Iterator[str]:
    """Pieces of at most SIZE characters, at sentence ends where there are any."""
    piece = ""
    for sentence in sentences(text):
        if piece and len(piece) + len(sentence) > SIZE:
            yield piece
            piece = ""
        piece += sentence
        while len(piece) > 2 * SIZE:
            yield piece[:SIZE]
            piece = piece[SIZE:]
    if piece:
        yield piece


def _prose_pieces(section: tuple[str, ...], passages: list[Passage]) -> Iterator[_Piece]:
    listed = is_definition(section)
    group: list[Passage] = []
    for passage in passages:
        if not passage.text.strip() or (section and passage.text.strip() == section[-1]):
            continue
        size = sum(len(p.text) for p in group)
        full = term_of(passage.text) is not None if listed else size + len(passage.text) > SIZE
        if group and full:
            yield from _group_pieces(section, group)
            group = []
        group.append(passage)
    if group:
        yield from _group_pieces(section, group)


def _group_pieces(section: tuple[str, ...], group: list[Passage]) -> Iterator[_Piece]:
    blocks = tuple(p.id for p in group)
    text = "\n".join(p.text.strip() for p in group)
    for part in _cut_long(text) if len(text) > SIZE * 4 // 3 else (text,):
        yield _Piece(blocks, section, part, "prose", group[0].page, agency=group[0].agency)


def _head_rows(table: Table) -> int:
    return min(read_layout(table.cells, table.rows, table.cols).head_rows, max(table.rows - 1, 0))


def _row_lines(table: Table) -> list[str]:
    """Each row as its filled cells, a cell merged downward repeated in every row that it covers."""
    rows: list[list[Cell]] = [[] for _ in range(table.rows)]
    for cell in sorted(table.cells, key=lambda c: (c.row, c.col)):
        if cell.hidden or not cell.text.strip():
            continue
        for row in range(cell.row, min(cell.row + cell.row_span, table.rows)):
            rows[row].append(cell)
    return [" | ".join(c.text.strip() for c in sorted(row, key=lambda c: c.col)) for row in rows]


def _table_pieces(table: Table) -> Iterator[_Piece]:
    lines = _row_lines(table)
    head = _head_rows(table)
    heads = "\n".join(line for line in lines[:head] if line)[:SIZE]
    above = [table.title, *([f"单位：{table.unit}"] if table.unit else [])]
    body = [part for line in lines[head:] if line for part in _cut_long(line)]
    body += [part for note in table.notes for part in _cut_long(note)]
    page = table.pages[0] if table.pages else None

    def piece(rows: list[str]) -> _Piece:
        text = "\n".join(part for part in ["　".join(above), heads, *rows] if part)
        place = (table.section, text, "table", page, tuple(above), table.title)
        return _Piece((table.id,), *place, table.agency, table.fiscal_year)

    rows: list[str] = []
    for line in body:
        if rows and len(heads) + sum(map(len, rows)) + len(line) > SIZE:
            yield piece(rows)
            rows = []
        rows.append(line)
    if rows or heads or table.title:
        yield piece(rows)


def _distinct(parts: Iterable[str | None]) -> list[str]:
    """The parts in order without those already said by another."""
    kept: list[str] = []
    for part in parts:
        if part and not any(part in other for other in kept):
            kept = [other for other in kept if other not in part]
            kept.append(part)
    return kept


def _chunk(document: Document, piece: _Piece, number: int) -> Chunk:
    agency = piece.agency or (document.agency.value if document.agency else None)
    region = document.region.value if document.region else None
    year = piece.fiscal_year or (int(document.fiscal_year.value) if document.fiscal_year else None)
    said = _distinct([document.title, agency, region, f"{year}年" if year else None, *piece.section, *piece.heads])
    text_heads = "　".join(piece.heads)
    body = piece.text.removeprefix(text_heads).lstrip("\n") if text_heads else piece.text
    identity = f"{document.id}\0{number}\0{piece.text}".encode()
    known: dict[str, str | int | None] = {
        "document_id": document.id,
        "kind": piece.kind,
        "number": number,
        "agency": agency,
        "region": region,
        "fiscal_year": year,
        "page": piece.page,
    }
    return Chunk(
        id=hashlib.sha256(identity).hexdigest()[:20],
        document_id=document.id,
        block_ids=piece.blocks,
        section=piece.section,
        text=piece.text,
        embedded=" ".join(said) + "\n" + body,
        title=piece.title,
        page=piece.page,
        metadata={key: value for key, value in known.items() if value is not None},
    )
