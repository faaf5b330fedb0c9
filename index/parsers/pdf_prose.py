"""Lines of text to paragraphs, without page heads and feet, page numbers and the contents list."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.parsers.pdf_content import PageContent
from index.parsers.pdf_words import Line, join_lines, join_spread, least_confidence, line_text, pieces_of
from index.records import Paragraph

PART_SPACE = "    "
EDGE_SHARE = 0.12  # of the page's height at the top and the bottom where heads and feet stand
INDENT = 1.2  # em
FULL_LINE = 1.9  # em: a line that ends this near the right margin goes on in the next line
PARAGRAPH_GAP = 0.8  # em of white between two lines, beyond what is usual, that parts paragraphs
MAX_ENTRY = 60  # characters of a contents entry
ENTRY_WIDTH = 0.85  # of the page: lines of running text reach further right than entries
LEAST_WIDTH = 0.7  # of the page that running text takes at least
TITLE_SIZE = 1.3  # times the body's size: a title wherever it stands between the margins
HEADING_SIZE = 1.15  # times the body's size

_PAGE_NUMBER = re.compile(
    r"[-—–―─－·•.\s]*(?:第?\s*\d{1,4}\s*页?|\d{1,4}\s*/\s*\d{1,4}|第\s*\d+\s*页\s*[,，/]?\s*共\s*\d+\s*页|[ivxIVX]{1,5})[-—–―─－·•.\s]*"
)
_PAGE_MARK = re.compile(r"第?\s*\d+\s*页|[-—–―\s]+\d+[-—–―\s]*$|^\s*\d+[-—–―\s]+")
_TABLE_LINE = re.compile(
    r"单位\s*[：:]|编制(?:部门|单位)|部门\s*[：:]|年度\s*[：:]|表(?:\s*[（(].*[）)])?$|^[（(]?续表|^注"
)
_LEADERS = re.compile(r"[.…·。．‥⋯]{4,}|…{2,}|(?:\.\s){4,}")
_CONTENTS = re.compile(r"目录|目次")
_ENUMERATED = re.compile(
    r"第[一二三四五六七八九十百]+[部分章节条]|[一二三四五六七八九十]+、|[（(][一二三四五六七八九十\d]+[）)]|\d+[.、．](?!\d)"
)
_NEVER_FIRST = "。，、；：！？）〕】》”’%"
_UNBROKEN = re.compile(r"[（〔【《“‘(]*(?:[0-9A-Za-z.,%\-]+|.)[。，、；：！？）〕】》”’)%]*")


@dataclass(frozen=True, slots=True)
class TextLine:
    """A printed line with its page."""

    line: Line
    page: PageContent

    @property
    def parts(self) -> list[str]:
        return [line_text(piece) for piece in pieces_of(self.line)]

    @property
    def text(self) -> str:
        parts = self.parts
        return join_spread(parts) if all(len(p) == 1 for p in parts) else PART_SPACE.join(parts)

    @property
    def spread(self) -> bool:
        """True where the line holds several texts side by side."""
        parts = self.parts
        return len(parts) > 1 and not all(len(p) == 1 for p in parts)


def without_page_furniture(pages: Sequence[Sequence[TextLine]]) -> list[list[TextLine]]:
    """Leaves out page numbers, and lines that stand on the same place of many pages.

    Titles and unit lines of tables stay, although every page of a long table may repeat them.
    """
    places: Counter[tuple[str, int]] = Counter()
    for lines in pages:
        places.update({_place(line) for line in lines if _at_edge(line)})
    often = max(3, len(pages) / 3)
    return [
        [
            line
            for line in lines
            if not _at_edge(line)
            or not (_PAGE_NUMBER.fullmatch(line.text) or places[_place(line)] >= often)
            or _TABLE_LINE.search(line.text)
        ]
        for lines in pages
    ]


def _at_edge(line: TextLine) -> bool:
    edge = EDGE_SHARE * line.page.height
    return line.line.bottom < edge or line.line.top > line.page.height - edge


def _place(line: TextLine) -> tuple[str, int]:
    return _PAGE_MARK.sub("", line.text), round(line.line.middle / 6)


def without_contents(pages: Sequence[Sequence[TextLine]]) -> list[list[TextLine]]:
    """Leaves out the contents list: lines with dot leaders, and the short lines after 目录.

    A list without leaders ends where one of its entries comes again, which is then a heading of the text, or where
    a page begins with larger type.
    """
    kept: list[list[TextLine]] = []
    entries: dict[str, TextLine] | None = None
    for lines in pages:
        page: list[TextLine] = []
        for line in lines:
            text = re.sub(r"\s", "", line.text)
            if _CONTENTS.fullmatch(text):
                entries = {}
            elif _LEADERS.search(line.text):
                entries = None
            elif entries is not None and _is_entry(line, text, entries):
                entries[_entry_key(text)] = line
            else:
                entries = None
                page.append(line)
        kept.append(page)
    return kept


def _is_entry(line: TextLine, text: str, entries: dict[str, TextLine]) -> bool:
    if _entry_key(text) in entries or len(text) > MAX_ENTRY or text[-1] in "，；" or re.search("[。，；].", text):
        return False
    if not line.spread and not _ENUMERATED.match(text) and line.line.x1 > ENTRY_WIDTH * line.page.width:
        return False
    first = next(iter(entries.values()), line)
    return line.page.number == first.page.number or line.line.size < HEADING_SIZE * first.line.size


def _entry_key(text: str) -> str:
    return re.sub(r"[.…·。．‥⋯]*[-—(（]?\d{0,3}[-—)）]?$", "", text)


@dataclass(frozen=True, slots=True)
class Margins:
    """Left and right edge of the running text, its type size and the white between its lines."""

    left: float
    right: float
    size: float
    gap: float


def margins_of(lines: Sequence[TextLine]) -> dict[tuple[int, int], Margins]:
    """The margins of the running text for each page size."""
    sized: dict[tuple[int, int], list[Line]] = defaultdict(list)
    for line in lines:
        sized[_shape(line.page)].append(line.line)
    found = {}
    for shape, group in sized.items():
        size = _common([round(g.size, 1) for line in group for g in line.glyphs])
        body = [line for line in group if abs(line.size - size) < 0.15 * size] or group
        lefts = Counter(round(line.x0 / 2) * 2 for line in body)
        often = max(lefts.values()) / 4
        left = min(x for x, n in lefts.items() if n >= often)
        rights = sorted(line.x1 for line in body)
        gaps = sorted(b.top - a.bottom for a, b in pairwise(group) if 0 <= b.top - a.bottom < 3 * size)
        gap = gaps[len(gaps) // 3] if gaps else size
        # A document of short lines has no line that reaches the margin.
        right = max(rights[int(len(rights) * 0.95)], LEAST_WIDTH * (shape[0] * 10 - left))
        found[shape] = Margins(left, right, size, gap)
    return found


def _shape(page: PageContent) -> tuple[int, int]:
    return round(page.width / 10), round(page.height / 10)


def _common(values: Sequence[float]) -> float:
    return Counter(values).most_common(1)[0][0]


def _unbroken_width(line: Line) -> float:
    """Width of what a typesetter keeps together at the line's start: a figure, or a character with its brackets."""
    match = _UNBROKEN.match("".join(g.text[0] for g in line.glyphs[:40]))
    return line.glyphs[match.end() - 1].x1 - line.x0 if match else 0.0


class ParagraphBuilder:
    """Takes lines in reading order and gives whole paragraphs, also over a page break."""

    def __init__(self, margins: dict[tuple[int, int], Margins], body_size: float) -> None:
        self._margins = margins
        self._body = body_size
        self._open: list[TextLine] = []
        self._done: list[Paragraph] = []

    def take(self, line: TextLine) -> None:
        """Adds a line to the open paragraph or begins the next one."""
        if self._open and not self._goes_on(self._open[-1], line):
            self._done.append(self._paragraph(self._open))
            self._open = []
        self._open.append(line)

    def closed(self) -> list[Paragraph]:
        """Ends the open paragraph and gives all that are done since the last call."""
        if self._open:
            self._done.append(self._paragraph(self._open))
            self._open = []
        done, self._done = self._done, []
        return done

    def _goes_on(self, before: TextLine, line: TextLine) -> bool:
        if before.spread or line.spread:
            return False
        a, b = before.line, line.line
        # OCR measures the same type a little larger or smaller from line to line.
        alike = 0.12 if b.glyphs[0].confidence is None else 0.3
        if abs(a.size - b.size) > alike * max(a.size, b.size):
            return False
        same_page = before.page.number == line.page.number
        margins = self._margins[_shape(line.page)]
        if same_page and b.top - a.bottom > margins.gap + PARAGRAPH_GAP * b.size:
            return False
        if b.glyphs[0].text in _NEVER_FIRST:
            return True
        if self._centred(before) or self._centred(line):
            return self._title_goes_on(before, line, same_page)
        if b.x0 > margins.left + INDENT * b.size:
            return False
        if _ENUMERATED.match(line.text) and before.text[-1] in "。：；:;":
            return False
        ended = self._margins[_shape(before.page)].right - a.x1
        return ended < max(FULL_LINE * a.size, _unbroken_width(b) + 0.9 * a.size)

    def _title_goes_on(self, before: TextLine, line: TextLine, same_page: bool) -> bool:
        """A title over two lines: both centred, in the same type larger than the body, the first not enumerated."""
        if not (same_page and self._centred(before) and self._centred(line)) or _ENUMERATED.match(line.text):
            return False
        margins = self._margins[_shape(line.page)]
        a, b = before.line, line.line
        broken = a.x1 - a.x0 > 0.6 * (margins.right - margins.left)
        return b.top - a.bottom < b.size and (broken or a.size > 1.4 * self._body)

    def _centred(self, line: TextLine) -> bool:
        margins = self._margins[_shape(line.page)]
        printed, em = line.line, line.line.size
        left, right = printed.x0 - margins.left, margins.right - printed.x1
        if left < INDENT * em and right < FULL_LINE * em:
            return False
        page_middle = abs((printed.x0 + printed.x1) / 2 - line.page.width / 2) < 1.2 * em
        text_middle = abs(left - right) < 2 * em
        if em > TITLE_SIZE * self._body and min(left, right) > 3 * em:
            return True
        bigger = em > HEADING_SIZE * self._body
        return (page_middle or text_middle) and left > (1.0 if bigger else 3.0) * em

    def _paragraph(self, lines: Sequence[TextLine]) -> Paragraph:
        first = lines[0]
        on_page = [line.line for line in lines if line.page.number == first.page.number]
        box = first.page.shown(
            min(li.x0 for li in on_page), on_page[0].top, max(li.x1 for li in on_page), max(li.bottom for li in on_page)
        )
        heading = first.line.size > HEADING_SIZE * self._body and self._centred(first) and len(lines) <= 3
        return Paragraph(
            text=join_lines([line.text for line in lines]),
            page=first.page.number,
            box=box,
            heading_level=1 if heading else None,
            confidence=least_confidence([g for line in lines for g in line.line.glyphs]),
        )
