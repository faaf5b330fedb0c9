"""Ruling lines to grids: which cells a table has, which are merged, and which glyphs stand in which cell."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from index.parsers.pdf_content import Glyph, Rule
from index.parsers.pdf_words import Line, is_figure, join_lines, least_confidence, line_text, lines_of, runs_of

SNAP = 2.5  # points: lines nearer than this are one line
REACH = 4.0  # points: a line that ends this near another one touches it
WALL_SHARE = 0.5  # of a cell's edge that must be ruled to part two cells
NARROW = 1.6  # em: a line that leaves this much of its cell's width was not broken for want of room
MAX_LINES = 4_000
MAX_GRID_CELLS = 60_000
OPEN_GAP = 6.0  # points that column lines run past the outermost row line where a page cuts the table
_AMOUNT = re.compile(r"-?\d{1,3}(?:,\d{3})*\.\d\d")
_AMOUNTS = re.compile(rf"(?:{_AMOUNT.pattern}){{2,}}")
BORDER_GAP = 12.0  # points: rows ruled this far beyond the outermost column line have an open side


@dataclass(slots=True)
class PrintedCell:
    """A cell on a page: place in the grid (spans at least 1), box and glyph lines."""

    row: int
    col: int
    row_span: int
    col_span: int
    x0: float
    top: float
    x1: float
    bottom: float
    glyphs: list[Glyph] = field(default_factory=list)

    @property
    def confidence(self) -> float | None:
        """The least sure character's confidence, None where none was recognised from a picture."""
        return least_confidence(self.glyphs)

    @property
    def lines(self) -> list[Line]:
        return lines_of(self.glyphs)

    @property
    def text(self) -> str:
        texts: list[str] = []
        before: Line | None = None
        for line in self.lines:
            # A figure goes on in the next line only where the cell was too narrow; else these are two figures.
            apart = before is not None and self.x1 - self.x0 - (before.x1 - before.x0) > NARROW * line.size
            both = before is not None and before.glyphs[-1].text.isdigit() and line.glyphs[0].text.isdigit()
            texts.append((" " if apart and both else "") + line_text(line))
            before = line
        return join_lines(texts)


@dataclass(slots=True)
class PrintedGrid:
    """A table on one page; ``xs`` and ``ys`` are its column and row borders."""

    xs: list[float]
    ys: list[float]
    cells: list[PrintedCell]
    open_top: bool = False
    open_bottom: bool = False
    ruled: bool = True

    @property
    def top(self) -> float:
        return self.ys[0]

    def within(self, other: PrintedGrid) -> bool:
        """True for boxes drawn inside a cell of another table (places to tick)."""
        across = other.xs[0] <= self.xs[0] and self.xs[-1] <= other.xs[-1]
        return across and other.ys[0] <= self.ys[0] and self.ys[-1] <= other.ys[-1]


def merged_rules(rules: Iterable[Rule]) -> list[Rule]:
    """Joins pieces of one line: double borders, and borders drawn cell by cell."""
    merged: list[Rule] = []
    for horizontal in (True, False):
        chosen = sorted((r for r in rules if r.horizontal is horizontal and r.end - r.start > 1), key=lambda r: r.at)
        band: list[Rule] = []
        for rule in chosen:
            if band and rule.at - band[0].at > SNAP:
                merged += _joined_band(band)
                band = []
            band.append(rule)
        merged += _joined_band(band)
    return merged


def _joined_band(band: Sequence[Rule]) -> list[Rule]:
    if not band:
        return []
    at = sum(r.at for r in band) / len(band)
    spans: list[list[float]] = []
    for rule in sorted(band, key=lambda r: r.start):
        if spans and rule.start <= spans[-1][1] + SNAP:
            spans[-1][1] = max(spans[-1][1], rule.end)
        else:
            spans.append([rule.start, rule.end])
    return [Rule(band[0].horizontal, at, start, end) for start, end in spans]


def ruled_grids(rules: Sequence[Rule]) -> list[PrintedGrid]:
    """The tables that ruling lines draw, from top to bottom; frames of one cell and single lines are none."""
    lines = merged_rules(rules)
    if len(lines) > MAX_LINES:
        return []
    grids = [grid for group in _touching(lines) if (grid := _grid(group)) is not None]
    return sorted(grids, key=lambda g: (g.top, g.xs[0]))


def _touching(lines: list[Rule]) -> list[list[Rule]]:
    """Groups lines that cross or meet."""
    parent = list(range(len(lines)))

    def find(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    upright = [i for i, r in enumerate(lines) if not r.horizontal]
    for i, h in enumerate(lines):
        if not h.horizontal:
            continue
        for j in upright:
            v = lines[j]
            if h.start - REACH <= v.at <= h.end + REACH and v.start - REACH <= h.at <= v.end + REACH:
                parent[find(i)] = find(j)
    groups: dict[int, list[Rule]] = {}
    for i, line in enumerate(lines):
        groups.setdefault(find(i), []).append(line)
    return list(groups.values())


def _borders(places: Iterable[float]) -> list[float]:
    groups: list[list[float]] = []
    for place in sorted(places):
        if groups and place - groups[-1][-1] <= SNAP:
            groups[-1].append(place)
        else:
            groups.append([place])
    return [sum(g) / len(g) for g in groups]


def _grid(group: list[Rule]) -> PrintedGrid | None:
    across = [r for r in group if r.horizontal]
    down = [r for r in group if not r.horizontal]
    if not across or not down:
        return None
    xs = _borders([r.at for r in down])
    ys = _borders([r.at for r in across])
    # A table over two pages is often open where the page cuts it, and some have no side borders at all.
    left, right = min(r.start for r in across), max(r.end for r in across)
    top, bottom = min(r.start for r in down), max(r.end for r in down)
    xs = _opened(xs, left, right, BORDER_GAP)
    open_top, open_bottom = ys[0] - top > OPEN_GAP, bottom - ys[-1] > OPEN_GAP
    ys = _opened(ys, top, bottom, OPEN_GAP)
    if len(xs) < 2 or len(ys) < 2 or (len(xs) == 2 and len(ys) == 2):
        return None
    if (len(xs) - 1) * (len(ys) - 1) > MAX_GRID_CELLS:
        return None
    return PrintedGrid(xs, ys, _cells(xs, ys, across, down), open_top, open_bottom)


def _opened(places: list[float], low: float, high: float, gap: float) -> list[float]:
    return ([low] if places[0] - low > gap else []) + places + ([high] if high - places[-1] > gap else [])


def _cells(xs: list[float], ys: list[float], across: list[Rule], down: list[Rule]) -> list[PrintedCell]:
    rows, cols = len(ys) - 1, len(xs) - 1
    floor = _walls(ys, xs, across)
    side = _walls(xs, ys, down)
    owner = list(range(rows * cols))

    def find(i: int) -> int:
        while owner[i] != i:
            owner[i] = owner[owner[i]]
            i = owner[i]
        return i

    for r in range(rows):
        for c in range(cols):
            if c + 1 < cols and (c + 1, r) not in side:
                owner[find(r * cols + c)] = find(r * cols + c + 1)
            if r + 1 < rows and (r + 1, c) not in floor:
                owner[find(r * cols + c)] = find((r + 1) * cols + c)
    regions: dict[int, list[tuple[int, int]]] = {}
    for r in range(rows):
        for c in range(cols):
            regions.setdefault(find(r * cols + c), []).append((r, c))
    cells = [cell for region in regions.values() for cell in _rectangles(region, xs, ys)]
    return sorted(cells, key=lambda cell: (cell.row, cell.col))


def _walls(borders: list[float], along: list[float], rules: list[Rule]) -> set[tuple[int, int]]:
    """(border, step) pairs where a rule runs on the border along most of the step."""
    covered: dict[tuple[int, int], float] = {}
    for rule in rules:
        border = min(range(len(borders)), key=lambda i: abs(borders[i] - rule.at))
        if abs(borders[border] - rule.at) > 2 * SNAP:
            continue
        first = max(bisect_right(along, rule.start) - 1, 0)
        for step in range(first, len(along) - 1):
            if along[step] >= rule.end:
                break
            length = min(rule.end, along[step + 1]) - max(rule.start, along[step])
            covered[border, step] = covered.get((border, step), 0.0) + max(length, 0.0)
    return {
        (border, step)
        for (border, step), length in covered.items()
        if length >= WALL_SHARE * (along[step + 1] - along[step])
    }


def _rectangles(region: list[tuple[int, int]], xs: list[float], ys: list[float]) -> list[PrintedCell]:
    """The region as one merged cell; a region that is no rectangle (a missing piece of border) row by row."""
    rows, cols = [r for r, _ in region], [c for _, c in region]
    r0, r1, c0, c1 = min(rows), max(rows), min(cols), max(cols)
    if len(region) == (r1 - r0 + 1) * (c1 - c0 + 1):
        return [PrintedCell(r0, c0, r1 - r0 + 1, c1 - c0 + 1, xs[c0], ys[r0], xs[c1 + 1], ys[r1 + 1])]
    return [
        PrintedCell(r, start, 1, end - start + 1, xs[start], ys[r], xs[end + 1], ys[r + 1])
        for r in sorted(set(rows))
        for start, end in _stretches(sorted(c for row, c in region if row == r))
    ]


def _stretches(numbers: list[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for n in numbers:
        if found and n == found[-1][1] + 1:
            found[-1] = found[-1][0], n
        else:
            found.append((n, n))
    return found


def without_empty_strips(grid: PrintedGrid) -> PrintedGrid:
    """Drops the strip that a page break leaves at an open top or bottom, if nothing is printed in it."""
    first, last = 0, len(grid.ys) - 1
    if grid.open_top and last - first > 1 and _is_empty(grid, first):
        first += 1
    if grid.open_bottom and last - first > 1 and _is_empty(grid, last - 1):
        last -= 1
    cells = []
    for cell in grid.cells:
        top, bottom = max(cell.row, first), min(cell.row + cell.row_span, last)
        if top < bottom:
            cell.row, cell.row_span, cell.top, cell.bottom = top - first, bottom - top, grid.ys[top], grid.ys[bottom]
            cells.append(cell)
    return PrintedGrid(grid.xs, grid.ys[first : last + 1], cells, ruled=grid.ruled)


def _is_empty(grid: PrintedGrid, row: int) -> bool:
    return not any(g for cell in grid.cells for g in cell.glyphs if grid.ys[row] <= g.middle <= grid.ys[row + 1])


class CellFinder:
    """Puts glyphs into the cells of a grid."""

    def __init__(self, grid: PrintedGrid) -> None:
        self.grid = grid
        self._owner = {
            (r, c): cell
            for cell in grid.cells
            for r in range(cell.row, cell.row + cell.row_span)
            for c in range(cell.col, cell.col + cell.col_span)
        }

    def holds(self, glyph: Glyph) -> bool:
        """True where the glyph's middle is inside the grid."""
        xs, ys = self.grid.xs, self.grid.ys
        return xs[0] - 1 <= (glyph.x0 + glyph.x1) / 2 <= xs[-1] + 1 and ys[0] <= glyph.middle <= ys[-1]

    def at(self, x: float, y: float) -> PrintedCell:
        """The cell at a point, or the nearest one."""
        xs, ys = self.grid.xs, self.grid.ys
        col = min(max(bisect_right(xs, x) - 1, 0), len(xs) - 2)
        row = min(max(bisect_right(ys, y) - 1, 0), len(ys) - 2)
        return self._owner[row, col]

    def fill(self, glyphs: Sequence[Glyph]) -> None:
        """Puts every glyph into a cell, figures always whole."""
        for run in runs_of(glyphs):
            for piece in (part for whole in self._split(run) for part in _separate_amounts(whole)):
                middle = sum(g.middle for g in piece) / len(piece)
                self.at((piece[0].x0 + piece[-1].x1) / 2, middle).glyphs.extend(piece)

    def _split(self, run: list[Glyph]) -> list[list[Glyph]]:
        """Parts a run at the cell borders that fall between its glyphs.

        A border through a glyph means that the text hangs over the edge of its cell, so the run stays whole; but
        a figure set against the label in the next cell, with no white between, is parted from it.
        """
        cell = self.at((run[0].x0 + run[-1].x1) / 2, run[0].middle)
        if cell.x0 - 1 <= run[0].x0 and run[-1].x1 <= cell.x1 + 1:
            return [run]
        pieces: list[list[Glyph]] = [[run[0]]]
        for before, glyph in pairwise(run):
            here = self.at((before.x0 + before.x1) / 2, before.middle)
            there = self.at((glyph.x0 + glyph.x1) / 2, before.middle)
            if here is not there and self._between(before, glyph, here) and not _one_figure(pieces[-1], before, glyph):
                pieces.append([])
            pieces[-1].append(glyph)
        return pieces

    @staticmethod
    def _between(before: Glyph, glyph: Glyph, cell: PrintedCell) -> bool:
        if is_figure(before.text) is not is_figure(glyph.text):
            return True
        slack = 0.2 * glyph.size
        return before.x1 <= cell.x1 + slack and glyph.x0 >= cell.x1 - slack


def _separate_amounts(piece: list[Glyph]) -> list[list[Glyph]]:
    """Parts amounts with two decimals that run together, which recognised text does at close cells."""
    text = "".join(g.text[0] for g in piece)
    if not _AMOUNTS.fullmatch(text):
        return [piece]
    return [piece[m.start() : m.end()] for m in _AMOUNT.finditer(text)]


def _one_figure(piece: Sequence[Glyph], before: Glyph, glyph: Glyph) -> bool:
    """True where a border falls inside one figure, False between two that stand close (46,140,000.00|46,140,000.00)."""
    if not (is_figure(before.text) and is_figure(glyph.text)):
        return False
    if before.text in ",." or glyph.text in ",.%":
        return True
    whole = re.search(r"\.\d{2}$", "".join(g.text for g in piece)) is not None
    return not whole and glyph.x0 - before.x1 < 0.1 * glyph.size
