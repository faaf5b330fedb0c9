"""Tables without column rules: columns found from what stands above each other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.parsers.pdf_content import Glyph, Rule
from index.parsers.pdf_grid import PrintedCell, PrintedGrid
from index.parsers.pdf_words import Line, line_text, pieces_of

CELL_GAP = 1.0  # em of white between two cells of a row
LEAST_ROWS = 3  # rows with figures that make a table
LINE_GAP = 3.2  # em of white between rows of one table
WIDE_ROW = 0.7  # of the table's width: a single text this wide is running text
EDGE = 2.0

_AMOUNT = re.compile(r"[-−+（(]?\d[\d,，]*(?:\.\d+)?[)）]?[%％]?|[-—–]{1,2}")
_UNIT_LINE = re.compile(r"(?:金额)?单位[：:]|编制(?:部门|单位)|(?:部门|填报单位)[：:]")


@dataclass(frozen=True, slots=True)
class _Row:
    line: Line
    pieces: tuple[Line, ...]

    @property
    def amounts(self) -> int:
        return sum(1 for piece in self.pieces if _AMOUNT.fullmatch(line_text(piece)))

    @property
    def tabular(self) -> bool:
        return len(self.pieces) >= 2 and self.amounts >= 1


def aligned_grids(lines: Sequence[Line], rules: Sequence[Rule] = ()) -> tuple[list[PrintedGrid], list[Line]]:
    """The tables among lines of text, and the lines that are in none.

    A table is a stretch of lines of which at least three hold a label and a figure in the same columns. Lists of
    page numbers are none. Row rules, where there are any, say which lines make one row.
    """
    rows = [_Row(line, tuple(pieces_of(line, CELL_GAP))) for line in lines]
    grids: list[PrintedGrid] = []
    rest: list[Line] = []
    start = 0
    while start < len(rows):
        end = _stretch_end(rows, start)
        grid = _grid(rows[start:end], rules) if end > start else None
        if grid is None:
            rest.append(rows[start].line)
            start += 1
        else:
            grids.append(grid)
            start = end
    return grids, rest


def _stretch_end(rows: Sequence[_Row], start: int) -> int:
    """The end of the stretch of table rows that begins here; ``start`` itself where none does."""
    if len(rows[start].pieces) < 2 or _UNIT_LINE.search(line_text(rows[start].line)):
        return start
    end, last, tabular = start, start, 0
    while end < len(rows):
        row = rows[end]
        if end > start and row.line.top - rows[end - 1].line.bottom > LINE_GAP * row.line.size:
            break
        if row.tabular:
            last, tabular = end + 1, tabular + 1
        elif not _fits(row, rows[start:last]):
            break
        end += 1
    return last if tabular >= LEAST_ROWS else start


def _fits(row: _Row, above: Sequence[_Row]) -> bool:
    """A row without a figure: heads, or a label whose figures are blank."""
    if not above or len(row.pieces) > 1:
        return True
    left, right = min(r.line.x0 for r in above), max(r.line.x1 for r in above)
    inside = left - EDGE <= row.line.x0 and row.line.x1 <= right + EDGE
    return inside and row.line.x1 - row.line.x0 < WIDE_ROW * (right - left) and line_text(row.line)[-1] not in "。；"


def _grid(lines: Sequence[_Row], rules: Sequence[Rule]) -> PrintedGrid | None:
    columns = _columns(lines)
    if len(columns) < 2 or _is_page_list(lines, columns):
        return None
    xs = [columns[0][0] - EDGE]
    xs += [(a[1] + b[0]) / 2 for a, b in pairwise(columns)]
    xs.append(columns[-1][1] + EDGE)
    rows = _rows(lines, [r.at for r in rules if r.horizontal and r.end - r.start > WIDE_ROW * (xs[-1] - xs[0])])
    ys = [rows[0][0].line.top - 1]
    ys += [(a[-1].line.bottom + b[0].line.top) / 2 for a, b in pairwise(rows)]
    ys.append(rows[-1][-1].line.bottom + 1)
    cells = [cell for number, row in enumerate(rows) for cell in _cells(number, row, columns, xs, ys)]
    return PrintedGrid(xs, ys, cells, ruled=False)


def _rows(lines: Sequence[_Row], borders: Sequence[float]) -> list[list[_Row]]:
    """The lines of each row: those between two row rules, or else those that stand closer than rows do."""
    gaps = sorted(b.line.top - a.line.bottom for a, b in pairwise(lines))
    usual = gaps[len(gaps) // 2]
    inside = [at for at in borders if lines[0].line.middle < at < lines[-1].line.middle]
    by_rules = len(inside) > len(lines) / 3
    rows = [[lines[0]]]
    for before, line in pairwise(lines):
        if by_rules:
            same = not any(before.line.middle < at < line.line.middle for at in inside)
        else:
            wrapped = min(len(before.pieces), len(line.pieces)) == 1
            same = wrapped and line.line.top - before.line.bottom < 0.5 * usual - 0.5
        if same:
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _columns(rows: Sequence[_Row]) -> list[tuple[float, float]]:
    """Left and right edge of each column, from the rows that fill the most of them."""
    most = max(len(r.pieces) for r in rows if r.tabular)
    spans = sorted((p.x0, p.x1) for r in rows if r.tabular and len(r.pieces) >= 0.7 * most for p in r.pieces)
    columns: list[tuple[float, float]] = []
    for x0, x1 in spans:
        if columns and x0 < columns[-1][1]:
            columns[-1] = columns[-1][0], max(columns[-1][1], x1)
        else:
            columns.append((x0, x1))
    return columns


def _is_page_list(rows: Sequence[_Row], columns: Sequence[tuple[float, float]]) -> bool:
    ends = [line_text(r.pieces[-1]) for r in rows if r.tabular]
    pages = [int(e) for e in ends if e.isdigit() and len(e) <= 3]
    return len(columns) == 2 and len(pages) == len(ends) and pages == sorted(pages)


def _cells(
    number: int, row: Sequence[_Row], columns: Sequence[tuple[float, float]], xs: list[float], ys: list[float]
) -> list[PrintedCell]:
    placed: dict[int, tuple[int, list[Glyph]]] = {}
    heads = _head_spans(row[0].pieces, columns) if len(row) == 1 and not row[0].amounts else {}
    for piece in (piece for line in row for piece in line.pieces):
        first, last = heads.get(piece.x0) or _spanned(piece, columns)
        while len(row) == 1 and first in placed and first < last:
            first += 1
        span, glyphs = placed.get(first, (0, []))
        placed[first] = max(span, last - first + 1), [*glyphs, *piece.glyphs]
    cells, col = [], 0
    while col < len(columns):
        span, glyphs = placed.get(col, (1, []))
        later = [c for c in placed if col < c < col + span]
        span = min(later) - col if later else span
        cells.append(
            PrintedCell(number, col, 1, span, xs[col], ys[number], xs[col + span], ys[number + 1], list(glyphs))
        )
        col += span
    return cells


def _head_spans(pieces: Sequence[Line], columns: Sequence[tuple[float, float]]) -> dict[float, tuple[int, int]]:
    """First and last column of heads that stand over the middle of several columns, by the head's left edge."""
    middles = [(p.x0 + p.x1) / 2 for p in pieces]
    owners = [min(range(len(pieces)), key=lambda i: abs(middles[i] - (a + b) / 2)) for a, b in columns]
    spans = {}
    for number, piece in enumerate(pieces):
        own = [col for col, owner in enumerate(owners) if owner == number]
        if len(own) > 1:
            left, right = columns[own[0]][0], columns[own[-1]][1]
            if abs(middles[number] - (left + right) / 2) < 0.15 * (right - left):
                spans[piece.x0] = own[0], own[-1]
    return spans


def _spanned(piece: Line, columns: Sequence[tuple[float, float]]) -> tuple[int, int]:
    """First and last column under a piece; a piece beside every column belongs to the nearest."""
    under = [i for i, (x0, x1) in enumerate(columns) if min(piece.x1, x1) - max(piece.x0, x0) > 0.3 * (x1 - x0)]
    if under:
        return under[0], under[-1]
    middle = (piece.x0 + piece.x1) / 2
    best = max(
        range(len(columns)),
        key=lambda i: (
            min(piece.x1, columns[i][1]) - max(piece.x0, columns[i][0]),
            -abs(middle - sum(columns[i]) / 2),
        ),
    )
    return best, best
