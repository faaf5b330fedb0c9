"""Row heads and column heads of a list: one table, or several side by side, under common head rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property

from index.records import Cell
from index.row_tree import TOTAL
from index.table_labels import is_value, kind_of, label_score, plain
from index.table_rows import Grid

# A column whose head says so names the rows; figures and remarks never do.
_NAMING = re.compile(
    r".*(名称|编码|代码|科目|项目|[一二三四五]级指标|内容|类别|事项|姓名|部门|单位|分类)|[类款项目]|收入|支出|指标"
)
_OTHER_SIDE = re.compile(r".*(支出|收入|负债|权益).*|项目|科目|.*功能分类.*")
_INDICATOR = re.compile(r"[一二三四五]级指标")
_LEVEL = re.compile(r"[一二三四五]级指标|[类款项]")
_FIGURES = re.compile(r".*(预算|决算|执行|支出)数|.*金额|合计|小计|总计")
_CODE = re.compile("编码|代码")
_SERIAL = re.compile(r"序号|行次|编号|no\.?", re.I)
_SUBJECT_LEVELS = ("类", "款", "项")
_BLANK = Cell(0, 0, "")

Path = tuple[Cell, ...]


class ListBlock:
    """Consecutive data rows ``body`` of a grid with the rows ``heads`` above that head their columns."""

    def __init__(self, grid: Grid, heads: Sequence[int], body: Sequence[int]) -> None:
        self.grid, self.head_rows, self.body = grid, tuple(heads), tuple(body)
        self.late = self._late_heads()
        self.over = [(*self._heads_over(c), *self.late.get(c, ())) for c in range(grid.cols)]

    def data(self) -> Iterator[tuple[Cell, Path, Path]]:
        """Each data cell with its row heads and its column heads."""
        for stubs, columns in self.sides:
            for row, path in self._paths(stubs):
                for c in columns:
                    value = self.grid.places[row][c]
                    if value is None or value.row != row or (c > 0 and self.grid.places[row][c - 1] is value):
                        continue
                    if (value,) == self.late.get(c):
                        continue
                    label = self._cell(row, c - 1) if c - 1 in self.labels else _BLANK
                    if plain(label.text):
                        yield value, (*path, label), self.over[c]
                    elif stubs and stubs[0] < c < stubs[-1]:  # a fact about the outer name, left of the inner ones
                        outer = tuple(h for h in path if h.col < c)
                        below = any(_INDICATOR.fullmatch(self._head(s)) for s in stubs)
                        if plain(value.text) or not below or any(h.row == row for h in outer):
                            yield value, outer, self.over[c]
                    elif path or not stubs or plain(value.text):  # else the shorter of two lists has ended
                        yield value, path, self.over[c]

    def names(self) -> Iterator[tuple[Cell, Path, Path]]:
        """Each row head with the row heads outside it and its column heads."""
        for stubs, columns in self.sides:
            for row, path in self._paths(stubs):
                for c in columns:
                    label = self._cell(row, c - 1) if c - 1 in self.labels else _BLANK
                    if label.row == row and plain(label.text):
                        yield label, path, self.over[c]
                for k, cell in enumerate(path):
                    if cell.row == row:
                        yield cell, path[:k], self.over[cell.col] if cell.row in self.body else ()

    @cached_property
    def sides(self) -> list[tuple[list[int], list[int]]]:
        """The lists that stand side by side, each as (columns of row heads, columns of data)."""
        found: list[tuple[list[int], list[int]]] = []
        stubs: list[int] = []
        columns: list[int] = []
        notes: list[int] = []
        for col in range(self.grid.cols):
            if self._is_serial(col) or col in self.labels:
                continue
            if stubs and not columns and self._notes(col, stubs[-1]):
                notes.append(col)
            elif self._opens_indicators(col, stubs):
                stubs.append(col)
                notes, columns = [*notes, *columns], []
            elif col - 1 not in self.labels and self._names_rows(col, stubs, columns):
                if columns:
                    found.append((stubs, [*notes, *columns]))
                    stubs, columns, notes = [], [], []
                stubs.append(col)
            else:
                columns.append(col)
        if not found and not stubs:
            stubs = self._names_at_the_right(columns)
            columns = [c for c in columns if c not in stubs]
        return [*found, (stubs, [*notes, *columns])]

    def _names_at_the_right(self, columns: Sequence[int]) -> list[int]:
        """项目支出 | 基本支出 | 合计 | 功能科目 | 科目编码: the last columns name the figures left of them."""
        run: list[int] = []
        for col in reversed(columns):
            if not _NAMING.fullmatch(self._head(col)) or any(
                kind_of(t) not in ("text", "code") for t in self._filled(col)
            ):
                break
            run.insert(0, col)
        figures = any(is_value(t) for c in columns if c not in run for t in self._filled(c))
        worded = any(kind_of(t) == "text" for c in run for t in self._filled(c))
        return run if figures and worded else []

    def _opens_indicators(self, col: int, stubs: Sequence[int]) -> bool:
        """一级指标 right of 项目名称 | 项目资金 | 年度目标: the levels name rows inside the project's."""
        outer = stubs and not any(_INDICATOR.fullmatch(self._head(s)) for s in stubs)
        return bool(outer and _INDICATOR.fullmatch(self._head(col)))

    @cached_property
    def labels(self) -> frozenset[int]:
        """Columns of labels for the values to their right, under one head merged over both (参数 | 参数)."""
        found = set()
        for col in range(self.grid.cols - 1):
            both = self.over[col] and self.over[col + 1] and self.over[col][-1] is self.over[col + 1][-1]
            words = [label_score(t) for t in self._filled(col)]
            right = [label_score(t) for t in self._filled(col + 1)]
            if both and words and right and sum(words) / len(words) > max(0.5, sum(right) / len(right) + 0.2):
                found.add(col)
        return frozenset(found)

    def _cell(self, row: int, col: int) -> Cell:
        cell = self.grid.places[row][col] or _BLANK
        return _BLANK if (cell,) == self.late.get(col) else cell

    def _late_heads(self) -> dict[int, Path]:
        """类 | 款 | 项 printed in the row of the first figures (类 | 款 | 项 | 合计 | 2,946.25) are heads."""
        if not self.head_rows or not self.body:
            return {}
        line = self.grid.places[self.body[0]]
        return {c: (cell,) for c, cell in enumerate(line) if cell is not None and plain(cell.text) in _SUBJECT_LEVELS}

    def _head(self, col: int) -> str:
        return plain(self.over[col][-1].text) if self.over[col] else ""

    def _filled(self, col: int) -> list[str]:
        return [t for r in self.body if plain(t := self._cell(r, col).text)]

    def _heads_over(self, col: int) -> Path:
        """The heads of a column, outermost first; a head left blank beside a filled one is covered by it."""
        found: list[Cell] = []
        for level, row in enumerate(self.head_rows):
            cell = self._cell(row, col)
            deeper = self.head_rows[level + 1 :]
            if not plain(cell.text) and not found and any(plain(self._cell(r, col).text) for r in deeper):
                left = next((c for c in range(col - 1, -1, -1) if plain(self._cell(row, c).text)), None)
                if left is not None:
                    cell = self._cell(row, left)
                    if not any(plain((b := self._cell(r, left)).text) and b is not cell for r in deeper):
                        continue
            if plain(cell.text) and cell not in found:
                found.append(cell)
        return tuple(found)

    def _is_serial(self, col: int) -> bool:
        head, figures = self._head(col), self._filled(col)
        if _SERIAL.fullmatch(head):
            return True
        counted = [int(f) for t in figures if (f := plain(t)).isascii() and f.isdigit()]
        ascending = bool(counted) and counted == list(range(counted[0], counted[0] + len(counted)))
        return not head and len(counted) > 1 and len(counted) == len(figures) and ascending

    def _names_rows(self, col: int, stubs: Sequence[int], columns: Sequence[int]) -> bool:
        """Whether this column holds the names of rows; ``stubs`` and ``columns`` are what stands left of it."""
        head, filled = self._head(col), self._filled(col)
        if not filled and _FIGURES.fullmatch(head):
            return False
        wordy = sum(kind_of(t) == "text" for t in filled) * 2 >= len(filled)
        if columns:
            named = wordy or bool(_LEVEL.fullmatch(head) or _CODE.search(head))
            return bool(stubs) and named and self._second_side(col, head, stubs, columns)
        if not stubs:
            return wordy or bool(_NAMING.fullmatch(head)) or kind_of(filled[0]) == "code"
        if _LEVEL.fullmatch(head):
            return True
        last = stubs[-1]
        before = self._filled(last)
        if not filled or not wordy:
            return bool(filled) and self._codes_of_names(col, last)
        if (
            _CODE.search(self._head(last))
            or self._head(last) in _SUBJECT_LEVELS
            or sum(kind_of(t) == "code" for t in before) * 2 > len(before)
        ):
            return True
        if self.over[col] and self.over[last] and self.over[col][-1] is self.over[last][-1]:
            return True
        if (
            col + 1 < self.grid.cols
            and self.over[col]
            and self.over[col + 1]
            and self.over[col][-1] is self.over[col + 1][-1]
        ):
            return False  # one head over several columns of facts
        hanging = any(
            (self._cell(r, last).row < r or not plain(self._cell(r, last).text)) and plain(self._cell(r, col).text)
            for r in self.body
        )
        return hanging and not _LEVEL.fullmatch(self._head(last))

    def _codes_of_names(self, col: int, last: int) -> bool:
        """单位代码 between 类 | 款 | 项 and the column of names."""
        codes = self._head(last) in _SUBJECT_LEVELS and bool(_CODE.search(self._head(col)))
        right = self._filled(col + 1) if col + 1 < self.grid.cols else []
        return codes and bool(right) and sum(kind_of(t) == "text" for t in right) * 2 >= len(right)

    def _notes(self, col: int, last: int) -> bool:
        """Facts about what a merged row head names (its maker, its address), merged over the same rows."""
        cells = [(self._cell(r, last), self._cell(r, col)) for r in self.body]
        alike = all(
            a.row == b.row and a.row_span == b.row_span and (plain(a.text) or not plain(b.text)) for a, b in cells
        )
        coded = _CODE.search(self._head(last)) or any(kind_of(a.text) == "code" for a, _ in cells)
        named = bool(self.over[col]) and self.over[col][-1] is not (self.over[last] or (None,))[-1]
        return alike and named and not coded and any(a.row_span > 1 for a, _ in cells)

    def _second_side(self, col: int, head: str, stubs: Sequence[int], columns: Sequence[int]) -> bool:
        """A second list begins where names follow figures and figures follow again, under a head like the first's."""
        right = [t for c in range(col + 1, self.grid.cols) for t in self._filled(c)]
        if col + 1 >= self.grid.cols:
            return False
        if head and head in {self._head(s) for s in stubs}:
            return True
        after = self._head(col + 1)
        if after and after in {self._head(c) for c in columns} and any(is_value(t) for t in right):
            return True
        return bool(_OTHER_SIDE.fullmatch(head)) and bool(self._filled(col)) and any(is_value(t) for t in right)

    def _paths(self, stubs: Sequence[int]) -> Iterator[tuple[int, Path]]:
        """Each row with its heads; a blank head left of a filled one means "as above", except beside a code."""
        above: dict[int, Cell] = {}
        corner = self._corner(stubs)
        for row in self.body:
            path: list[Cell] = []
            for k, col in enumerate(stubs):
                cell = self._cell(row, col)
                if plain(cell.text):
                    above[col] = cell
                    for s in stubs[k + 1 :]:
                        above.pop(s, None)
                else:
                    inner = stubs[k + 1 :]
                    if self._head(col) in _SUBJECT_LEVELS:  # only an inner level goes on under an outer one
                        inner = [s for s in inner if self._head(s) in _SUBJECT_LEVELS]
                    goes_on = any(plain(self._cell(row, s).text) for s in inner)
                    cell = above.get(col, _BLANK) if goes_on and not self._codes(col, above.get(col)) else _BLANK
                if plain(cell.text) and cell not in path:
                    path.append(cell)
            yield row, tuple(path) or self._serial_total(row, stubs) or corner

    def _serial_total(self, row: int, stubs: Sequence[int]) -> Path:
        """合计 printed in the column 序号 left of the names, which are blank then."""
        col = min(stubs, default=0) - 1
        cell = self._cell(row, col) if col >= 0 and self._is_serial(col) else _BLANK
        return (cell,) if TOTAL.match(plain(cell.text)) else ()

    def _codes(self, col: int, above: Cell | None) -> bool:
        """A column of whole codes: a blank there is no code. In 类 | 款 | 项 a blank goes on from above."""
        head = self._head(col)
        if _LEVEL.fullmatch(head):
            return False
        return bool(_CODE.search(head)) or (above is not None and kind_of(above.text) == "code")

    def _corner(self, stubs: Sequence[int]) -> Path:
        """The head over an empty column of row heads names its rows (资金支出计划 | 3月底 | 6月底 over one row)."""
        if not stubs or not self.head_rows or any(self._filled(s) for s in stubs):
            return ()
        cell = self._cell(self.head_rows[-1], stubs[0])
        return (cell,) if plain(cell.text) else ()
