"""Tables that run over pages: the parts of one table on consecutive pages become one Grid."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rapidfuzz.fuzz import ratio

from index.parsers.pdf_content import PageContent
from index.parsers.pdf_grid import PrintedCell, PrintedGrid
from index.parsers.pdf_words import join_lines
from index.records import Cell, Grid, Paragraph

BORDER_DRIFT = 4.0  # points that a column border may move from page to page
WIDE_DRIFT = 14.0  # the same where the number of columns is equal
FREE_DRIFT = 40.0  # the same for columns without rules, whose borders are guessed from their text
WIDTH_DRIFT = 0.03  # share of the table's width
MAX_HEAD_ROWS = 8
SAME_HEAD = 80.0  # per cent of likeness of recognised heads
FULL_LINE = 1.3  # em: a line that ends this near the cell's edge was broken there

_TITLE = re.compile(r"表(?:[（(].*[）)])?$")


@dataclass(frozen=True, slots=True)
class TablePart:
    """A table, or what stands of it so far: borders, cells, and for each cell whether its last line fills the cell."""

    xs: tuple[float, ...]
    rows: int
    cells: tuple[Cell, ...]
    full: frozenset[tuple[int, int]]
    first_page: int
    last_page: int
    ruled: bool = True

    @property
    def cols(self) -> int:
        return len(self.xs) - 1

    def row_cells(self, row: int) -> list[Cell]:
        """The cells that begin in a row."""
        return [c for c in self.cells if c.row == row]

    def grid(self) -> Grid:
        return Grid(cells=self.cells, rows=self.rows, cols=self.cols)


def table_part(grid: PrintedGrid, page: PageContent) -> TablePart:
    """The table of one page as records, boxes on the page as it is shown."""
    cells, full = [], set()
    for cell in grid.cells:
        cells.append(
            Cell(
                row=cell.row,
                col=cell.col,
                text=cell.text,
                row_span=cell.row_span,
                col_span=cell.col_span,
                page=page.number,
                box=page.shown(cell.x0, cell.top, cell.x1, cell.bottom),
                confidence=cell.confidence,
            )
        )
        if _ends_full(cell):
            full.add((cell.row, cell.col))
    return TablePart(
        tuple(grid.xs), len(grid.ys) - 1, tuple(cells), frozenset(full), page.number, page.number, grid.ruled
    )


def _ends_full(cell: PrintedCell) -> bool:
    lines = cell.lines
    if not lines:
        return False
    last = lines[-1]
    margin = max(last.x0 - cell.x0, 0)
    return cell.x1 - last.x1 < FULL_LINE * last.size + min(margin, last.size)


def joined(first: TablePart, second: TablePart) -> TablePart | None:
    """The two parts as one table, or None where their columns differ.

    Head rows that the second page repeats are dropped; a row that the page broke is put together; a merged cell
    that goes on below the break is one cell.
    """
    if second.first_page not in {first.last_page, first.last_page + 1}:
        return None
    fitted = _on_common_columns(first, second)
    if fitted is None or _has_own_title(first, second) or _is_next_form(*fitted):
        return None
    first, second = fitted
    second = _without_rows(second, repeated_heads(first, second))
    if _begins_with_rest(second):
        second = _without_rows(second, 1)
    if not second.rows:
        return replace(first, last_page=second.last_page)
    if _continues_row(first, second):
        first, second = _with_row_joined(first, second)
    first, second = _with_spans_joined(first, second)
    moved = tuple(replace(c, row=c.row + first.rows) for c in second.cells)
    full = first.full | {(r + first.rows, c) for r, c in second.full}
    cells = tuple(sorted(first.cells + moved, key=lambda c: (c.row, c.col)))
    return TablePart(
        first.xs, first.rows + second.rows, cells, frozenset(full), first.first_page, second.last_page, first.ruled
    )


def _has_own_title(first: TablePart, second: TablePart) -> bool:
    """True where a title is printed in the grid's first row, over all columns, and is not that of the first part."""
    top = second.row_cells(0)
    own = len(top) == 1 and top[0].col_span == second.cols and _TITLE.search(top[0].text) is not None
    return own and top[0].text not in {c.text for c in first.row_cells(0)}


def _is_next_form(first: TablePart, second: TablePart) -> bool:
    """Whether the second part begins with the first one's labels and another value: 项目名称 | 乙 under 项目名称 | 甲."""
    above, below = ([c.text for c in sorted(part.row_cells(0), key=lambda c: c.col)] for part in (first, second))
    return len(above) == len(below) > 1 and above[::2] == below[::2] and "" not in above[::2] and above[1::2] != below[1::2]


def repeated_heads(first: TablePart, second: TablePart) -> int:
    """How many rows at the top of ``second`` repeat those at the top of ``first``."""
    count = 0
    while count < min(MAX_HEAD_ROWS, first.rows, second.rows):
        above, below = first.row_cells(count), second.row_cells(count)
        if not _same_head(above, below) or any(is_amount(c.text) for c in above):
            break
        count += 1
    if any(c.row < count < c.row + c.row_span for c in second.cells):
        return 0
    return count


def _same_head(above: Sequence[Cell], below: Sequence[Cell]) -> bool:
    """True for the same texts in the same columns; recognised texts may differ in a character."""
    if [c.col for c in above] != [c.col for c in below] or not any(c.text for c in above):
        return False
    if any(c.confidence is not None for c in (*above, *below)):
        return ratio("|".join(c.text for c in above), "|".join(c.text for c in below)) > SAME_HEAD
    return [c.text for c in above] == [c.text for c in below]


def is_amount(text: str) -> bool:
    """True for a cell that holds a figure with decimals or thousands, and nothing else."""
    bare = text.replace(",", "").replace("，", "").replace(" ", "").lstrip("-−")
    return bare.replace(".", "", 1).isdigit() and (len(bare) > 3 or "." in bare)


def _on_common_columns(first: TablePart, second: TablePart) -> tuple[TablePart, TablePart] | None:
    shift = second.xs[0] - first.xs[0]
    moved = [x - shift for x in second.xs]
    width = first.xs[-1] - first.xs[0]
    if abs(moved[-1] - first.xs[-1]) > (max(WIDTH_DRIFT * width, BORDER_DRIFT) if first.ruled else FREE_DRIFT):
        return None
    if len(moved) == len(first.xs):
        drift = WIDE_DRIFT if first.ruled else FREE_DRIFT
        near = first.ruled is second.ruled and all(abs(a - b) <= drift for a, b in zip(first.xs, moved, strict=True))
        return (first, second) if near else None
    few, many = (first.xs, moved) if len(first.xs) < len(moved) else (moved, first.xs)
    places = [min(range(len(many)), key=lambda i: abs(many[i] - x)) for x in few]
    inner = list(zip(few, places, strict=True))[1:-1]
    if any(abs(many[i] - x) > BORDER_DRIFT for x, i in inner) or len(set(places)) < len(places):
        return None
    if few is moved:
        return first, _on_borders(second, places, first.xs)
    return _on_borders(first, places, tuple(x + shift for x in second.xs)), second


def _on_borders(part: TablePart, places: list[int], xs: Sequence[float]) -> TablePart:
    cells = tuple(
        replace(c, col=places[c.col], col_span=places[c.col + c.col_span] - places[c.col]) for c in part.cells
    )
    full = frozenset((r, places[c]) for r, c in part.full)
    return replace(part, xs=tuple(xs), cells=cells, full=full)


def _without_rows(part: TablePart, count: int) -> TablePart:
    if not count:
        return part
    cells = tuple(replace(c, row=c.row - count) for c in part.cells if c.row >= count)
    full = frozenset((r - count, c) for r, c in part.full if r >= count)
    return replace(part, rows=part.rows - count, cells=cells, full=full)


def _begins_with_rest(part: TablePart) -> bool:
    """True where the first row is the lower edge of a row that the page cut: empty, and lower than the others."""
    heights = sorted(c.box.bottom - c.box.top for c in part.cells if c.box and c.col == 0 and c.row_span == 1)
    first = part.row_cells(0)
    if any(c.text or c.row_span > 1 or c.box is None for c in first) or len(heights) < 3:
        return False
    return max(c.box.bottom - c.box.top for c in first if c.box) < 0.8 * heights[len(heights) // 2]


def _ending_in(part: TablePart, row: int) -> dict[int, Cell]:
    return {c.col: c for c in part.cells if c.row <= row < c.row + c.row_span}


def _continues_row(first: TablePart, second: TablePart) -> bool:
    """True where the page broke inside a row: only texts that were full to their cell's edge go on, no figures."""
    last = _ending_in(first, first.rows - 1)
    going_on = [c for c in second.row_cells(0) if c.text]
    if not going_on or any(is_amount(c.text) or c.text.isdigit() for c in going_on):
        return False
    filled = sum(1 for c in last.values() if c.text)
    if len(going_on) >= filled > 1:
        return False
    return all(
        c.col in last and last[c.col].text and (last[c.col].row, c.col) in first.full and c.row_span == 1
        for c in going_on
    )


def _with_row_joined(first: TablePart, second: TablePart) -> tuple[TablePart, TablePart]:
    last = _ending_in(first, first.rows - 1)
    texts = {(last[c.col].row, c.col): c.text for c in second.row_cells(0) if c.text}
    cells = tuple(
        replace(c, text=join_lines([c.text, texts[c.row, c.col]])) if (c.row, c.col) in texts else c
        for c in first.cells
    )
    return replace(first, cells=cells), _without_rows(second, 1)


def _with_spans_joined(first: TablePart, second: TablePart) -> tuple[TablePart, TablePart]:
    """Joins a merged cell that goes on over the page: below the break it is printed as an empty merged cell."""
    last = _ending_in(first, first.rows - 1)
    longer: dict[tuple[int, int], int] = {}
    gone: set[int] = set()
    for cell in second.cells:
        above = last.get(cell.col)
        if cell.row or cell.text or cell.row_span < 2 or above is None or not above.text:
            continue
        if above.col_span == cell.col_span and not is_amount(above.text):
            longer[above.row, above.col] = cell.row_span
            gone.add(cell.col)
    if not longer:
        return first, second
    grown = tuple(replace(c, row_span=c.row_span + longer.get((c.row, c.col), 0)) for c in first.cells)
    return (
        replace(first, cells=grown),
        replace(second, cells=tuple(c for c in second.cells if c.row or c.col not in gone)),
    )


Block = Paragraph | TablePart


def joined_tables(blocks: Sequence[Block]) -> list[Block]:
    """Joins the parts of each table that runs over pages; drawings of lines without any text are no tables."""
    result: list[Block] = []
    for block in blocks:
        if isinstance(block, TablePart):
            between = _since_last_table(result)
            first = result[-1 - between] if between < len(result) else None
            if (
                isinstance(first, TablePart)
                and block.first_page == first.last_page + 1
                and _only_repeats(result, between, first, block)
                and (whole := joined(first, block)) is not None
            ):
                del result[-1 - between :]
                result.append(whole)
                continue
        result.append(block)
    return [b for b in result if isinstance(b, Paragraph) or any(c.text for c in b.cells)]


def _since_last_table(blocks: Sequence[Block]) -> int:
    """How many paragraphs stand after the last table."""
    count = 0
    while count < len(blocks) and not isinstance(blocks[-1 - count], TablePart):
        count += 1
    return count


def _only_repeats(blocks: Sequence[Block], between: int, first: TablePart, second: TablePart) -> bool:
    """True where the paragraphs between two parts only repeat the title and unit lines above the first one."""
    if between == 0:
        return True
    place = len(blocks) - 1 - between
    above = [_title_key(b) for b in blocks[max(place - between, 0) : place]]
    if above != [_title_key(b) for b in blocks[-between:]]:
        return False
    return any(_TITLE.search(text) for text in above) or repeated_heads(first, second) > 0


def _title_key(block: Block) -> str:
    if isinstance(block, TablePart):
        return ""
    return re.sub(r"[（(]?续表?[）)]?$", "", "".join(block.text.split()))
