"""What each row of a printed table is: caption, heads, column numbers, form, section or data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Literal

from index.records import Cell
from index.table_labels import is_value, kind_of, label_score, plain
from index.table_spans import infer_spans

RowKind = Literal["blank", "caption", "head", "numbering", "form", "section", "data"]

_CAPTION = re.compile(
    r"(金额)?单位[:：]|预算年度|决算年度|截[止至](时间|日期)|编制(单位|日期)|填报(单位|日期)|公开\d*表|表\d+|附[表件]"
)
_FORM_LABEL = re.compile(
    r"项目(名称|编码|代码|类别|类型|属性|期限?|周期|负责人|单位|起止时间)[:：]?|(主管|实施|预算|填报)(部门|单位)(名称)?(及代码)?[:：]?|联系(人|电话)[:：]?"
)
_TARGET_HEADS = {"指标值", "三级指标", "目标值"}
_NUMBERING = re.compile(r"[栏列行]次")


class Grid:
    """Cells by place. A merged cell stands in all its places; ``widened`` heads stand where they belong."""

    def __init__(self, cells: Sequence[Cell], rows: int, cols: int) -> None:
        self.rows, self.cols = rows, cols
        self.places: list[list[Cell | None]] = [[None] * cols for _ in range(rows)]
        self.widened: set[int] = set()
        originals = sorted(cells, key=lambda c: (c.row, c.col))
        for cell, placed in zip(originals, infer_spans(originals, rows), strict=True):
            if placed is not cell:
                self.widened.add(placed.row)
            for r in range(placed.row, min(placed.row + placed.row_span, rows)):
                for c in range(placed.col, min(placed.col + placed.col_span, cols)):
                    if self.places[r][c] is None:
                        self.places[r][c] = cell

    def line(self, row: int) -> list[Cell]:
        """The cells of a row from left to right, each once, with those merged from above."""
        found: list[Cell] = []
        for cell in self.places[row]:
            if cell is not None and (not found or cell is not found[-1]):
                found.append(cell)
        return found

    def own(self, row: int) -> list[Cell]:
        """The filled cells that begin in this row."""
        return [c for c in self.line(row) if c.row == row and plain(c.text)]

    def width(self, row: int, cell: Cell) -> int:
        return sum(c is cell for c in self.places[row])

    def shape(self, row: int) -> tuple[int, ...]:
        """Where the cells of a row begin: rows of one list have one shape."""
        return tuple(c for c in range(self.cols) if self.places[row][c] is not (self.places[row][c - 1] if c else self))

    def words(self, row: int) -> tuple[str, ...]:
        return tuple(plain(c.text) for c in self.line(row) if plain(c.text))

    @cached_property
    def target_heads(self) -> int | None:
        """The first row that heads a column 指标值, None when there is none."""
        rows = (r for r in range(self.rows) if _TARGET_HEADS & {plain(c.text) for c in self.own(r)})
        return next(rows, None)

    @cached_property
    def column_scores(self) -> dict[tuple[tuple[int, ...], int], tuple[float, int]]:
        """Mean label score and count by row shape and place: one odd text does not hide a column of labels."""
        found: dict[tuple[tuple[int, ...], int], list[float]] = {}
        for row in range(self.rows):
            shape = self.shape(row)
            for place, cell in enumerate(self.line(row)):
                if plain(cell.text):
                    found.setdefault((shape, place), []).append(label_score(cell.text))
        return {key: (sum(scores) / len(scores), len(scores)) for key, scores in found.items()}


def is_label(grid: Grid, row: int, place: int) -> bool:
    """Whether the cell at this place of a form row is a label."""
    cell = grid.line(row)[place]
    if kind_of(cell.text) != "text" or len(plain(cell.text)) > 30:
        return False
    own = label_score(cell.text)
    column, count = grid.column_scores.get((grid.shape(row), place), (own, 1))
    left, _ = grid.column_scores.get((grid.shape(row), place - 1), (0.0, 0))
    if count > 3 and own < 1 and left >= 0.6 and column < left - 0.25 and len(grid.shape(row)) >= 4:
        return False  # the column beside one of labels holds their values, whatever one of them looks like
    share = 0.65 if count > 3 and len(grid.shape(row)) >= max(4, grid.cols) else 0.4
    return own >= 0.99 or (1 - share) * own + share * column >= 0.5


def classify_rows(grid: Grid) -> list[RowKind]:
    """One kind for each row, decided from the top down because heads and forms depend on what stands above."""
    kinds: list[RowKind] = []
    for row in range(grid.rows):
        kinds.append(_kind(grid, row, kinds))
    return kinds


def _kind(grid: Grid, row: int, above: list[RowKind]) -> RowKind:
    own = grid.own(row)
    if not own:
        return "blank"
    opened = any(k in ("head", "form", "data") for k in above)
    if not opened and (_alone(grid, row) or _is_caption(own)):
        return "caption"
    if _alone(grid, row):
        return "section"
    if _is_numbering(own) and (above[-1:] == ["head"] or _NUMBERING.search(own[0].text)):
        return "numbering"
    heads = [r for r, k in enumerate(above) if k == "head"]
    if any(grid.words(r) == grid.words(row) for r in heads) and len(own) > 1:
        return "head"
    if above[-1:] == ["head"] and _continues_head(grid, row):
        return "head"
    if _in_list(grid, row, above):
        return "data"
    if row in grid.widened:
        return "head"
    if not opened and _opens_form(grid, row):
        return "form"
    if _over_figures(grid, row) or (not opened and (_all_labels(grid, row) or _splits(grid, row))):
        return "head"
    if is_form(grid, row) or (above[-1:] == ["form"] and _goes_on(grid, row)):
        return "form"
    return "head" if _is_head(grid, row, first=not opened) else "data"


def _alone(grid: Grid, row: int) -> bool:
    """One text over the whole width."""
    line = grid.line(row)
    return (
        len(line) == 1 and grid.cols > 1 and kind_of(line[0].text) == "text" and (grid.width(row, line[0]) == grid.cols)
    )


def _is_caption(own: Sequence[Cell]) -> bool:
    found = _CAPTION.search if len(own) == 1 else _CAPTION.match
    return len(own) <= 4 and any(found(plain(c.text)) and len(c.text) < 40 for c in own)


def _is_numbering(own: Sequence[Cell]) -> bool:
    words = [plain(c.text) for c in own]
    if _NUMBERING.fullmatch(words[0]):
        words = words[1:]
    figures = [int(w) for w in words if w.isascii() and w.isdigit() and len(w) < 3]
    rest = len(words) - len(figures)
    return len(figures) >= 2 and rest <= 2 and figures == list(range(figures[0], figures[0] + len(figures)))


def _continues_head(grid: Grid, row: int) -> bool:
    """A further level of heads: it splits a head above, or stands beside one that goes on downward."""
    own = grid.own(row)
    if row + 1 >= grid.rows or any(_is_figure(c.text) for c in own):
        return False
    split = [c for c in own if len([u for u in grid.places[row - 1] if u is grid.places[row - 1][c.col]]) > 1]
    if any(_dated(c.text) and c not in split for c in own):
        return False
    for cell in grid.line(row - 1):
        under = [c for c in range(grid.cols) if grid.places[row - 1][c] is cell]
        below = {id(grid.places[row][c]) for c in under}
        if plain(cell.text) and len(under) > 1 and len(below) > 1:
            counted = sum(label_score(c.text) + _dated(c.text) for c in split)
            return bool(split) and (counted >= 0.6 * len(split) or _between_heads(grid, row))
    first, upper = grid.places[row][0], grid.places[row - 1]
    went_on = any(c.row < row and plain(c.text) for c in grid.line(row))
    blank_first = first is not None and not plain(first.text) and len(own) > 1
    blanks = any(
        u is not None and not plain(u.text) and plain((grid.places[row][i] or u).text) for i, u in enumerate(upper)
    )
    return (went_on or (blank_first and blanks)) and all(label_score(c.text) > 0.3 for c in own if c.row == row)


def _between_heads(grid: Grid, row: int) -> bool:
    """Each head above is merged down into this row or over several texts of it: drawn so, these are heads.

    Where spans were lost, a blank stands for the head that goes on downward.
    """
    line = grid.line(row)
    under = [[c for c in line if grid.places[row - 1][c.col] is cell] for cell in grid.line(row - 1)]
    lost = row - 1 in grid.widened
    reach = [cell in below or (lost and not any(plain(c.text) for c in below))
             for cell, below in zip(grid.line(row - 1), under, strict=True)]  # fmt: skip
    split = [len(below) > 1 and all(kind_of(c.text) == "text" for c in below) for below in under]
    return any(reach) and all(a or b for a, b in zip(reach, split, strict=True))


def _in_list(grid: Grid, row: int, above: list[RowKind]) -> bool:
    """Below heads a row is data, as long as its cells begin where those of the rows before it did."""
    last = len(above) - 1
    while last >= 0 and above[last] in ("blank", "numbering", "section"):
        last -= 1
    if last < 0 or above[last] not in ("head", "data"):
        return False
    if "head" not in above:
        return above[last] == "data" and not _strong_head(grid, row)
    if grid.shape(row) == grid.shape(last) or above[last] == "head" or _same_figures(grid, row, last):
        return not _strong_head(grid, row)
    return not (is_form(grid, row) or _is_head(grid, row, first=False))


def _same_figures(grid: Grid, row: int, last: int) -> bool:
    """The figures stand in the same columns as in the row before: only the names are merged differently."""
    now, before = ({c.col for c in grid.line(r) if c.row == r and is_value(c.text)} for r in (row, last))
    return bool(now) and now == before


def is_form(grid: Grid, row: int) -> bool:
    """Labels and values alternate: one or more labels, then one value or blank, again and again."""
    line = grid.line(row)
    pattern = "".join("L" if is_label(grid, row, i) else "V" for i in range(len(line)))
    if names_of_a_form(line) or _label_and_text(grid, line):
        return True
    if pattern.startswith("V") and len(line) > 1 and not plain(line[0].text):
        pattern = "L" + pattern[1:]
    if re.fullmatch(r"(L{1,3}V){2,}|(L{1,3}V)+L{2,}V?", pattern):
        return True
    if not re.fullmatch(r"L{1,2}V", pattern):
        return False
    merged = line[0].row_span > 1 or not plain(line[0].text) or is_value(line[-1].text)
    return len(line) < grid.cols or len(line) == 2 or (len(line) == 3 and merged)


def _label_and_text(grid: Grid, line: Sequence[Cell]) -> bool:
    """A label and one text over the rest of a wide table (绩效目标 | 1.保障…), whatever the text looks like."""
    if len(line) != 2 or grid.cols - line[1].col < 3:
        return False
    return label_score(line[0].text) >= 0.99 and kind_of(line[1].text) == "text" and label_score(line[1].text) < 0.99


def names_of_a_form(line: Sequence[Cell]) -> bool:
    """Pairs whose labels only a form has (项目名称 | X | 实施单位 | Y), whatever the values look like."""
    labels, values = line[::2], line[1::2]
    return (
        len(line) % 2 == 0
        and all(_FORM_LABEL.fullmatch(plain(c.text)) for c in labels)
        and not any(_FORM_LABEL.fullmatch(plain(c.text)) for c in values)
    )


def _opens_form(grid: Grid, row: int) -> bool:
    """项目名称 | X over the first row of a form, whose rows are merged differently: no heads of the row below."""
    line = grid.line(row)
    return (
        row + 1 < grid.rows
        and names_of_a_form(line)
        and grid.shape(row) != grid.shape(row + 1)
        and not any(c.row_span > 1 for c in line)
        and not any(label_score(c.text) >= 0.99 for c in line[1::2])
    )


def _goes_on(grid: Grid, row: int) -> bool:
    """A form's label merged downward, and one text beside it."""
    line = grid.line(row)
    return len(line) == 2 and (line[0].row < row or not plain(line[0].text))


def _over_figures(grid: Grid, row: int) -> bool:
    """Texts only, above a row of one name and figures of the same shape: names of columns, whatever they say."""
    if row + 1 >= grid.rows or len(grid.line(row)) < 3 or grid.shape(row) != grid.shape(row + 1):
        return False
    below = grid.line(row + 1)
    filled = [c.text for c in below[1:] if plain(c.text)]
    texts = not any(_is_figure(c.text) for c in grid.line(row))
    texts = texts and not any(_dated(c.text) for c in below)
    return texts and bool(filled) and all(is_value(t) for t in filled) and kind_of(below[0].text) == "text"


def _splits(grid: Grid, row: int) -> bool:
    """A merged text over several labels of the next row heads them all (2021年 over 股本 | 资本公积)."""
    if row + 1 >= grid.rows or any(_is_figure(c.text) for c in (*grid.own(row), *grid.own(row + 1))):
        return False
    for cell in grid.own(row):
        under = [c for c in grid.own(row + 1) if cell.col <= c.col < cell.col + grid.width(row, cell)]
        if len(under) > 1 and sum(label_score(c.text) for c in under) >= 0.6 * len(under):
            return True
    return False


def _is_figure(text: str) -> bool:
    """A value that no head is: dates and years do head columns."""
    return is_value(text) and not _dated(text)


def _dated(text: str) -> bool:
    return kind_of(text) == "date" or bool(re.fullmatch(r"(19|20)\d\d", plain(text)))


def _all_labels(grid: Grid, row: int) -> bool:
    own = grid.own(row)
    if row + 1 < grid.rows and is_form(grid, row) and is_form(grid, row + 1):
        return False
    scores = [label_score(c.text) for c in own]
    return len(own) > 2 and sum(scores) >= 0.6 * len(own) and sum(s > 0.4 for s in scores) >= 0.8 * len(own)


def _is_head(grid: Grid, row: int, *, first: bool) -> bool:
    own = grid.own(row)
    if len(own) < 2 or any(_is_figure(c.text) for c in own) or row + 1 >= grid.rows:
        return False
    if first:
        dates = [grid.places[row + 1][c.col] for c in own if _dated(c.text)]
        return not any(d is not None and _dated(d.text) for d in dates) and not _dated(own[0].text)
    return _strong_head(grid, row)


def _among_indicators(grid: Grid, row: int) -> bool:
    """Below a head row with 指标值 a target in words (有效提升) looks like a head, but no other head row follows."""
    first = grid.target_heads
    return first is not None and first < row and not (_TARGET_HEADS & {plain(c.text) for c in grid.own(row)})


def _strong_head(grid: Grid, row: int) -> bool:
    """Only labels, short ones, three at least: heads in the middle of a table."""
    if _among_indicators(grid, row):
        return False
    own = grid.own(row)
    if len(own) < 3 or row + 1 >= grid.rows or any(is_value(c.text) or len(c.text) > 20 for c in own):
        return False
    scores = [label_score(c.text) for c in own]
    below = grid.own(row + 1)
    return (
        sum(scores) / len(scores) >= 0.75
        and min(scores) >= 0.25
        and (sum(label_score(c.text) for c in below) / max(1, len(below)) < sum(scores) / len(scores) - 0.2)
    )
