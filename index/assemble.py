"""Source -> Document: headings become sections, the lines around a grid become its title, unit and notes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from index.amounts import money_unit
from index.compilation import with_offices
from index.identity import agency_in_caption, identify, year_in_caption
from index.projects import project_of_cells
from index.records import Cell, Document, Grid, Paragraph, Passage, Section, Source, Table

_UNIT = re.compile(r"(?:金额)?单\s*位\s*[：:]\s*(?:人民币)?\s*(亿元|百万元|万元|千元|百元|元|万|个|人|%)")
_UNIT_IN_TITLE = re.compile(r"[（(]\s*(?:单位[：:])?\s*(亿元|百万元|万元|千元|百元|元)\s*[）)]\s*$")
_NOTE = re.compile(r"^\s*(?:附?注|备注|说明|注释)\s*\d*\s*[：:.、]|^\s*[*＊]?本表|^故?本表")
_CAPTION = re.compile(
    r"单\s*位\s*[：:]|^(?:编制|填报|预算|主管)*(?:部门|单位)(?:名称|（单位）)?\s*[：:]|(?:预算|决算|会计)年度\s*[：:]|截[止至](?:时间|日期)\s*[：:]"
    r"|^(?:预算|决算|财决|公开|附|部门公开)?\s*\d{1,2}\s*表(?:\s|$)|^(?:公开|预算|附)?表\s*[\d一二三四五六七八九十]{1,4}(?:[-－—–.．]\d{1,2}){0,2}$|^附表[：:]?$"
    r"|^附件\s*\d*\s*[：:]?$|^(?:金额)?单位(?!(?:预算|决算).*表$)|^[（(]\s*20\d\d\s*年?度?\s*[）)]$|^20\d\d\s*年度?$|制表(?:日期|单位)|编制日期|^公开\d+表|^部门公开表\s*\d+$"
)
_CODED_AGENCY = re.compile(r"^(?!20\d\d\s*年)\d{3,9}\s*[\u4e00-\u9fff（(]{4,}")
_OF_UNIT = re.compile(r"[\u4e00-\u9fff]{3,}20\d\d年度?(?:单位|部门)(?:预算|决算)$")
_LEVELS = (
    (re.compile(r"^第\s*[一二三四五六七八九十百]+\s*(?:部分|章|编)"), 1),
    (re.compile(r"^[一二三四五六七八九十]{1,3}\s*[、.．]"), 2),
    (re.compile(r"^[（(]\s*[一二三四五六七八九十]{1,3}\s*[）)]"), 3),
    (re.compile(r"^\d{1,2}\s*[、.．](?!\d)"), 4),
)
_ENDED = re.compile(r"[。；;：:！!？?…）)】》”]\s*$")
_GOES_ON = re.compile(r"^\s*\d[\d,.]*\s*(?:亿元|万元|元|万|亿|%)")
_PART_ALONE = re.compile(r"^第\s*[一二三四五六七八九十百]+\s*(?:部分|章|编)$")
MAX_HEADING = 40
MAX_PASSAGE = 4000
LOOK_BACK = 6


def assemble(source: Source, file: str, document_id: str) -> Document:
    """Give the blocks of a source their meaning.

    Args:
        source: blocks in reading order.
        file: the file's name as users know it; it decides nothing about the content.
        document_id: from the content, so that a second run gives the same ids.
    """
    blocks = _joined(source.blocks)
    builder = _Builder(document_id)
    for position, block in enumerate(blocks):
        if isinstance(block, Grid):
            builder.table(block)
        else:
            following = blocks[position + 1 : position + 1 + LOOK_BACK]
            builder.paragraph(block, before_grid=_leads_to_grid(following, is_caption(block.text)))
    builder.flush()
    document = Document(
        id=document_id, file=file, format=source.format, title="", blocks=tuple(builder.blocks),
        sections=tuple(builder.sections), pages=source.pages, warnings=source.warnings, truncated=source.truncated,
    )  # fmt: skip
    opening = [b.text for b in source.blocks[:25] if isinstance(b, Paragraph)]
    return with_offices(identify(document, opening))


def _joined(blocks: Sequence[Paragraph | Grid]) -> list[Paragraph | Grid]:
    """第一部分 and its name on the next line are one heading; a sentence cut before a figure goes on with it."""
    out: list[Paragraph | Grid] = []
    for block in blocks:
        last = out[-1] if out else None
        if not (isinstance(block, Paragraph) and isinstance(last, Paragraph)):
            out.append(block)
        elif _PART_ALONE.match(last.text.strip()) and len(block.text) <= MAX_HEADING:
            out[-1] = replace(last, text=f"{last.text.strip()} {block.text.strip()}", heading_level=1)
        elif len(last.text) > MAX_HEADING and not _ENDED.search(last.text) and _GOES_ON.match(block.text):
            out[-1] = replace(last, text=f"{last.text.strip()}{block.text.strip()}")
        else:
            out.append(block)
    return out


def _leads_to_grid(following: Sequence[Paragraph | Grid], title_may_stand: bool = False) -> bool:
    """Whether only captions (and, below a caption, one line that may be the title) stand between here and a grid."""
    for block in following:
        if isinstance(block, Grid):
            return True
        if is_caption(block.text):
            title_may_stand = True
            continue
        if not title_may_stand or len(block.text.strip()) > MAX_HEADING or block.text.strip().endswith(("。", "；")):
            return False
        title_may_stand = False
    return False


def is_caption(text: str) -> bool:
    """A line that belongs to the table below it: 单位, 编制部门, 预算年度, the form's number, a coded unit name."""
    squeezed = text.strip()
    return len(squeezed) <= 80 and bool(_CAPTION.search(squeezed) or _CODED_AGENCY.match(squeezed))


def heading_level(paragraph: Paragraph) -> int | None:
    """The level of a heading (1 the highest), None for prose. Numbering decides before the format's own mark."""
    text = paragraph.text.strip()
    if not text or _NOTE.match(text):
        return None
    if len(text) > (2 * MAX_HEADING if _LEVELS[0][0].match(text) else MAX_HEADING):
        return None
    bare = re.sub(r"[（(][^）)]*[）)]$", "", text)
    ends_sentence = bare.endswith(("。", "；", ";", "，", ",")) or "。" in text[:-1]
    for pattern, level in _LEVELS:
        if pattern.match(text):
            body = pattern.sub("", text)
            if ends_sentence and not (level == 3 and len(text) <= 25 and "，" not in text and text.endswith("。")):
                return None
            if level == 4 and paragraph.heading_level is None and re.search(r"[，：:；]|\d[\d,.]*\s*(?:万?元|%)", body):
                return None
            if re.search(r"[：:].", body) and len(body) > 20:
                return None
            return level
    if ends_sentence:
        return None
    if paragraph.heading_level is not None:
        return max(1, min(paragraph.heading_level, 2))
    if text.endswith(("：", ":")) and len(text) <= 16 and not re.search(r"\d", text):
        return 5
    return None


class _Builder:
    """Walks the blocks, keeping the headings above and the lines that may turn out to be a table's title."""

    def __init__(self, document_id: str) -> None:
        self.document_id = document_id
        self.blocks: list[Passage | Table] = []
        self.sections: list[Section] = []
        self._path: list[tuple[int, str]] = []
        self._pending: list[Paragraph] = []
        self._last_table: Table | None = None
        self._since_table = 0
        self._passages = self._tables = 0

    def paragraph(self, paragraph: Paragraph, before_grid: bool) -> None:
        text = paragraph.text.strip()
        if self._last_table is not None and self._since_table < 4 and _NOTE.match(text):
            self._add_note(text)
            return
        self._since_table += 1
        if is_caption(text) and before_grid:
            if paragraph.heading_level == 1 and _CODED_AGENCY.match(text):
                self.flush()
                self._enter(1, text)  # 145001 某某局 opens its part of a compilation
            self._pending.append(paragraph)
            return
        level = heading_level(paragraph)
        is_title = before_grid and len(text) <= 60 and not text.endswith(("。", "；", "，"))
        if level is None and is_title and self._pending and is_caption(self._pending[-1].text):
            self._pending.append(paragraph)  # a head over the full width, below the title and its captions
            return
        if level is not None or is_title:
            self.flush(but_captions=is_title)
            if level is not None:
                self._enter(level, text, is_title)
            if is_title:
                self._pending.append(paragraph)
            return
        self.flush()
        self._pass_on(paragraph)

    def _enter(self, level: int, text: str, is_title: bool = False) -> None:
        """A heading closes those of its level and below; a table's title not the one that opens a unit's own paper."""
        self._path = [(lv, t) for lv, t in self._path if lv < level or (is_title and _OF_UNIT.search(t))]
        path = tuple(t for _, t in self._path)
        self._path.append((level, text))
        self.sections.append(Section(f"{self.document_id}-s{len(self.sections)}", text, level, path))

    def _pass_on(self, paragraph: Paragraph) -> None:
        for text in _bounded(paragraph.text.strip()):
            self.blocks.append(
                Passage(
                    f"{self.document_id}-p{self._passages}", text, tuple(t for _, t in self._path),
                    paragraph.page, paragraph.box, paragraph.confidence,
                )
            )  # fmt: skip
            self._passages += 1

    def flush(self, but_captions: bool = False) -> None:
        """Lines kept for a table that did not come are prose (or headings that stand already)."""
        kept = [p for p in self._pending if but_captions and is_caption(p.text)]
        for paragraph in self._pending:
            if paragraph not in kept and (not self._path or paragraph.text.strip() != self._path[-1][1]):
                self._pass_on(paragraph)
        self._pending = kept

    def _add_note(self, text: str) -> None:
        assert self._last_table is not None
        noted = replace(self._last_table, notes=(*self._last_table.notes, text))
        self.blocks[self.blocks.index(self._last_table)] = noted
        self._last_table = noted

    def table(self, grid: Grid) -> None:
        lines = [p.text.strip() for p in self._pending]
        self._pending = []
        titles = [line for line in lines if not is_caption(line)]
        captions = [line for line in lines if is_caption(line)]
        grid, inner = _caption_rows(grid)
        inner_titles = [t for t in inner if not is_caption(t)]
        captions += [t for t in inner if is_caption(t)]
        # Below the title a head may stand over the full width (财政拨款“三公”经费).
        candidates = titles or inner_titles or [grid.name or ""]
        title = next((t for t in reversed(candidates) if t.rstrip().endswith("表")), candidates[-1])
        previous = self._last_table if self._since_table == 0 else None
        inherited: str | None = None
        unit = _unit_of([*captions, *lines]) or _unit_in_title(title)
        if not title and previous is not None:
            # A form and its indicator block are printed as two tables under one title.
            title, unit = previous.title, unit or previous.unit
            captions = captions or list(previous.captions)
            inherited = previous.project
        if not title and self._path:
            title = self._path[-1][1]
        section = tuple(t for _, t in self._path if t != title)
        if not any(pattern.match(title) for pattern, _ in _LEVELS):
            self._path = [(lv, t) for lv, t in self._path if t != title]  # what follows the table is not under its title
        title = _without_leaders(title)
        project = project_of_cells(title, grid.cells, grid.rows, grid.cols) or inherited
        pages = tuple(sorted({c.page for c in grid.cells if c.page is not None}))
        table = Table(
            id=f"{self.document_id}-t{self._tables}", title=_told_apart(title, project), section=section,
            cells=grid.cells, rows=grid.rows, cols=grid.cols, unit=unit, captions=tuple(captions), pages=pages,
            agency=agency_in_caption(captions), fiscal_year=year_in_caption([*captions, title]),
            project=project, truncated=grid.truncated, hidden=grid.hidden,
        )  # fmt: skip
        self._tables += 1
        self.blocks.append(table)
        self._last_table = table
        self._since_table = 0


def _bounded(text: str) -> Iterator[str]:
    """A paragraph in parts that end with a sentence where one ends: a file of megabytes in one line stays readable."""
    while len(text) > MAX_PASSAGE:
        end = text.rfind("。", 0, MAX_PASSAGE) + 1 or MAX_PASSAGE
        yield text[:end]
        text = text[end:]
    yield text


def _told_apart(title: str, project: str | None) -> str:
    """Several forms of one document often bear one title (项目支出绩效目标表): the project tells them apart."""
    named = not project or re.sub(r"\s", "", project) in re.sub(r"\s", "", title)
    return title if named or not title else f"{title}（{project}）"


def _without_leaders(title: str) -> str:
    return re.sub(r"[\s.．…·]+\d*$", "", title).strip() or title.strip()


def _unit_of(lines: Iterable[str]) -> str | None:
    for line in lines:
        found = _UNIT.search(line)
        if found:
            return money_unit(found[1]) or found[1]
    return None


def _unit_in_title(title: str) -> str | None:
    found = _UNIT_IN_TITLE.search(title)
    return found[1] if found else None


def _caption_rows(grid: Grid) -> tuple[Grid, list[str]]:
    """Cut rows off the top that hold only captions (374001…本级 | 单位：元) or one title over the full width."""
    lines: list[str] = []
    top = 0
    while top < grid.rows - 1:
        row = [c for c in grid.cells if c.row == top]
        texts = [c.text.strip() for c in row if c.text.strip()]
        captions = [t for t in texts if is_caption(t)]
        wide_title = len(texts) == 1 and len(row) == 1 and row[0].col_span >= grid.cols > 1 and len(texts[0]) <= 60
        below = sum(1 for c in grid.cells if c.row == top + 1 and c.text.strip())
        words = not any(c.isdigit() for t in texts for c in t)
        beside_unit = any(_UNIT.match(t) for t in texts) and words and len(texts) < below  # 某镇人民政府 | 单位：万元
        if (texts and len(captions) == len(texts)) or wide_title or beside_unit:
            lines.extend(texts)
        elif texts:
            break
        top += 1
    if not lines:
        return grid, []
    cells = tuple(_moved_up(c, top) for c in grid.cells if c.row >= top)
    return replace(grid, cells=cells, rows=grid.rows - top), lines


def _moved_up(cell: Cell, by: int) -> Cell:
    return replace(cell, row=cell.row - by)
