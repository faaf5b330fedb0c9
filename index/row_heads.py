"""Codes and names that a layout left among the data, given back to the rows that they name.

In final accounts the words 类 | 款 | 项 stand in the row of 合计, and a second list at the
right has its own code columns: both leave codes looking like figures. In procurement
tables the item stands in a later column, and the columns before it are blank as above.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from index.amounts import read_cell
from index.records import Cell
from index.row_tree import TOTAL
from index.tables import DataCell, Layout

_LEVELS = frozenset("类款项")
_CODES = re.compile(r"[类款项]|.{0,8}(?:科目|分类)(?:编码|代码|名称)|(?:科目|分类)?(?:编码|代码)")
_NAMES = re.compile(r".{0,8}(?:名称|科目|品目|专项|内容|事项)")
_ITEMS = re.compile(r"名称|.{0,6}(?:项目|事项|专项|资金|课题|工程)(?:名称)?")
_CODE = re.compile(r"\d{1,7}")


def with_row_heads(layout: Layout, cells: Sequence[Cell]) -> tuple[DataCell, ...]:
    """The data of a layout, code cells moved to the row heads of what stands right of them, names added there.

    ``cells`` are those of the table: a name column that is blank in a row is as above.
    """
    rows: dict[int, list[DataCell]] = defaultdict(list)
    for data in layout.data:
        rows[data.cell.row].append(data)
    filled: dict[int, set[int]] = defaultdict(set)
    for cell in cells:
        if _plain(cell.text):
            for row in range(cell.row, cell.row + cell.row_span):
                filled[row].update(range(cell.col, cell.col + cell.col_span))
    figures = {d.cell.col for d in layout.data if not _is_code(d) and read_cell(d.cell.text)}
    named = _rows_are_named(layout)
    out: dict[int, DataCell] = {}
    above: tuple[Cell, ...] = ()
    for row in sorted(rows):
        codes = [d for d in rows[row] if _is_code(d)]
        names = [d for d in rows[row] if d not in codes and _is_name(d)]
        for data in rows[row]:
            if data not in codes:
                headed = _headed(data, [*codes, *names], rows[row], named)
                out[id(data)] = _as_above(headed, above, filled[row], figures)
        heads = [d.row_heads for d in (out[id(d)] for d in rows[row] if id(d) in out)]
        above = max(heads, key=len, default=())
    return tuple(out[id(data)] for data in layout.data if id(data) in out)


def _rows_are_named(layout: Layout) -> bool:
    """Whether the first column of names (项目名称, 采购项目) tells every row apart.

    A text right of it (品目, 科室) is then no name inside it but a kind that several rows may share.
    """
    first = min((n.cell.col for n in layout.names), default=-1)
    names = [n for n in layout.names if n.cell.col == first and n.column_heads]
    words = [_plain(n.cell.text) for n in names]
    rows = {d.cell.row for d in layout.data if d.column_heads}
    items = all(_ITEMS.fullmatch(_plain(n.column_heads[-1].text)) for n in names)
    return bool(names) and items and len(set(words)) == len(words) and {n.cell.row for n in names} >= rows


def _is_code(data: DataCell) -> bool:
    """A cell under 类, 款, 项, 科目编码 or 科目名称 that is a code or a name, blank, or one of these words itself."""
    text, head = _plain(data.cell.text), _head(data)
    if not _CODES.fullmatch(head):
        return False
    return not text or text in _LEVELS or bool(_CODE.fullmatch(text)) == (not head.endswith("名称"))


def _is_name(data: DataCell) -> bool:
    """A filled text under 采购物品名称, 经济科目 and the like, right of the row's first heads."""
    text = _plain(data.cell.text)
    right = not data.row_heads or data.cell.col > max(h.col for h in data.row_heads)
    return bool(text) and right and bool(_NAMES.fullmatch(_head(data))) and read_cell(text) is None


def _headed(data: DataCell, names: Sequence[DataCell], row: Sequence[DataCell], named_row: bool) -> DataCell:
    """``data`` with the nearest run of names to its left among its row heads, outside the name of a ``named_row``."""
    named = {id(n) for n in names}
    left = [c.col for c in (*(n.cell for n in names), *data.row_heads) if c.col < data.cell.col]
    figures = [d.cell.col for d in row if id(d) not in named and read_cell(d.cell.text)]
    start = max((f for f in figures if f < max(left, default=0)), default=-1)
    kept = [h for h in data.row_heads if _plain(h.text) not in _LEVELS]
    columns = {h.col for h in data.row_heads}
    run = [n.cell for n in names if start < n.cell.col < data.cell.col and n.cell.col not in columns]
    run = [c for c in run if _plain(c.text) not in {"", *_LEVELS}]
    heads = sorted((*kept, *run), key=lambda c: c.col)
    if named_row and kept and not any(_CODE.fullmatch(_plain(c.text)) for c in heads):
        heads = [*run, *kept]
    return replace(data, row_heads=tuple(heads))


def _as_above(data: DataCell, above: Sequence[Cell], filled: set[int], figures: set[int]) -> DataCell:
    """A name column left blank before the row's last name is as above, unless an outer name has changed.

    Figures between two name columns part two lists.
    """
    heads = list(data.row_heads)
    if not heads or not data.column_heads or TOTAL.match(_plain(heads[-1].text)):
        return data
    for head in above:
        if any(head.col < f < heads[-1].col for f in figures):
            continue
        inside = head.col not in filled and head.col < heads[-1].col and not any(h.col == head.col for h in heads)
        if inside and not _plain(head.text).isdigit() and all(h in above for h in heads if h.col < head.col):
            heads.append(head)
            heads.sort(key=lambda c: c.col)
    return replace(data, row_heads=tuple(heads))


def _head(data: DataCell) -> str:
    return _plain(data.column_heads[-1].text) if data.column_heads else ""


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", text)
