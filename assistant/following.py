"""What goes on after a quoted line: the list that it announces, the small table beneath it, its own rest on the next line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from index.amounts import chinese_number
from index.records import Chunk

_NUMBERING = re.compile(
    r"^(?:第[一二三四五六七八九十]+(?:部分|条)|[（(](?:[一二三四五六七八九十]{1,3}|\d{1,2})[）)]|(?:[一二三四五六七八九十]{1,3}|\d{1,2})[）)、.．](?!\d))\s*"
)
_ANNOUNCES = re.compile(r"(?:[：:]|包括|如下|具体[为是])\s*$|具体包括|分别[为是][：:]?$")
_ENDED = re.compile(r"[。；;！!？?：:”》]\s*$")
_LEAST_LINE = 28
_MOST_LISTED = 40
_MOST_ROWS = 20


@dataclass(frozen=True, slots=True)
class Unit:
    """A line of a chunk with the block that it stands in; ``similarity`` is the chunk's, 0 to 1."""

    chunk: Chunk
    block_id: str
    text: str
    similarity: float = 0.0


def units_of(chunk: Chunk, similarity: float = 0.0) -> Iterable[Unit]:
    """The lines of a chunk, each with the block it stands in."""
    lines = [line for line in chunk.text.split("\n") if line.strip()]
    matched = len(lines) == len(chunk.block_ids)
    for number, line in enumerate(lines):
        yield Unit(chunk, chunk.block_ids[number if matched else 0], line, similarity)


def is_table(chunk: Chunk) -> bool:
    """Whether a chunk holds rows of a table."""
    return chunk.metadata.get("kind") == "table"


def numbered(text: str) -> bool:
    """Whether a line begins with the number of a list item."""
    return bool(_NUMBERING.match(text))


def unnumbered(text: str) -> str:
    """``text`` without the number at its start."""
    return _NUMBERING.sub("", text)


def number_of(text: str) -> int | None:
    """The number of a list item: 8 for 八、… and （8）…."""
    found = re.match(r"^第?[（(]?([一二三四五六七八九十]{1,3}|\d{1,2})(?:[）)、.．条]|是)", text)
    return None if found is None else int(found[1]) if found[1].isdigit() else chinese_number(found[1])


def following(last: Unit, chunks: Sequence[Chunk]) -> list[Unit]:
    """What belongs to ``last`` in the lines after it; ``chunks`` are the document's, in reading order.

    A line that announces (…包括：) is followed by its list, or by the rows of a small table; one that stops in the
    middle of a sentence by the lines that end it.
    """
    announces = bool(_ANNOUNCES.search(last.text))
    if not announces and not _broken(last):
        return []
    after = _after(last, chunks)
    if not after:
        return []
    if not announces:
        return _rest(last, after)
    if is_table(after[0].chunk):
        return _rows(after[0].chunk) if last.text.rstrip().endswith(("：", ":")) else []
    if not numbered(after[0].text):
        return [after[0], *_rest(after[0], after[1:])] if last.text.rstrip().endswith(("：", ":")) else []
    listed: list[Unit] = []
    for unit in after[:_MOST_LISTED]:
        if is_table(unit.chunk) or unit.chunk.section != last.chunk.section:
            break
        if not numbered(unit.text) and not (listed and _broken(listed[-1])):
            break
        listed.append(unit)
    return listed


def before(first: Unit, chunks: Sequence[Chunk]) -> list[Unit]:
    """The lines that a sentence began on which ``first`` goes on with."""
    if numbered(first.text):
        return []
    units = [u for c in chunks if not is_table(c) and c.section == first.chunk.section for u in units_of(c)]
    place = next((i for i, u in enumerate(units) if u.text == first.text and u.block_id == first.block_id), 0)
    start = place
    while start > 0 and place - start < 4 and _broken(units[start - 1]):
        start -= 1
        if numbered(units[start].text):
            break
    return units[start:place]


def broken(text: str, page: int | None) -> bool:
    """Whether a line stops in the middle: a full line of a page that no mark ends. Only pages break lines."""
    return page is not None and len(text) >= _LEAST_LINE and not _ENDED.search(text)


def _broken(unit: Unit) -> bool:
    return broken(unit.text, unit.chunk.page)


def _rest(last: Unit, after: Sequence[Unit]) -> list[Unit]:
    """The lines up to the one that ends the sentence; none where a new item, a table or another section begins."""
    out: list[Unit] = []
    for unit in after[:5]:
        parted = numbered(unit.text) or is_table(unit.chunk) or unit.chunk.section != last.chunk.section
        if parted or not _broken(out[-1] if out else last):
            break
        out.append(unit)
    return out


def _after(last: Unit, chunks: Sequence[Chunk]) -> list[Unit]:
    units: list[Unit] = []
    passed = False
    for chunk in chunks:
        for unit in units_of(chunk):
            if passed:
                units.append(unit)
            passed = passed or (unit.block_id == last.block_id and unit.text.endswith(last.text[-40:]))
        if len(units) > _MOST_LISTED:
            break
    near = [u for u in units if u.chunk.section[: len(last.chunk.section) - 1] == last.chunk.section[:-1]]
    return units if near and near[0] is units[0] else []


def _rows(chunk: Chunk) -> list[Unit]:
    """The rows of a small table of words as lines: what stands first, then the rest; no running numbers, no figures."""
    lines = chunk.text.split("\n")
    body = lines[2:] if chunk.title and lines and lines[0].startswith(chunk.title) else lines[1:]
    rows = [[cell for cell in line.split(" | ") if not cell.strip().isdigit()] for line in body]
    if len(rows) > _MOST_ROWS or any(any(c.isdigit() for c in cell) for row in rows for cell in row):
        return []
    return [
        replace(next(iter(units_of(chunk))), text="：".join([row[0], "，".join(row[1:])]) if len(row) > 1 else row[0])
        for row in rows
        if row
    ]
