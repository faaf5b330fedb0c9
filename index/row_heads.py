"""Codes and names that a layout left among the data, given back to the rows that they name.

In final accounts the words 类 | 款 | 项 stand in the row of 合计, and a second list at the
right has its own code columns; both leave codes looking like figures.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from index.records import Cell
from index.tables import DataCell, Layout

_LEVELS = frozenset("类款项")
_NAMING = re.compile(r"[类款项]|.{0,8}(?:科目|分类)(?:编码|代码|名称)|(?:科目|分类)?(?:编码|代码)")
_CODE = re.compile(r"\d{1,7}")


def with_row_heads(layout: Layout) -> tuple[DataCell, ...]:
    """The data of a layout, code and name cells moved from the data to the row heads of what stands right of them."""
    rows: dict[int, list[DataCell]] = defaultdict(list)
    for data in layout.data:
        rows[data.cell.row].append(data)
    naming = {id(d) for d in layout.data if _names(d)}
    if not naming:
        return layout.data
    return tuple(
        _headed(data, [d.cell for d in rows[data.cell.row] if id(d) in naming], rows[data.cell.row], naming)
        for data in layout.data
        if id(data) not in naming
    )


def _names(data: DataCell) -> bool:
    """Whether a cell under 类, 款, 项, 科目编码 or 科目名称 is a code or a name, blank, or one of these words itself."""
    text = _plain(data.cell.text)
    head = _plain(data.column_heads[-1].text) if data.column_heads else ""
    if not _NAMING.fullmatch(head):
        return False
    return not text or text in _LEVELS or bool(_CODE.fullmatch(text)) == (not head.endswith("名称"))


def _headed(data: DataCell, names: Sequence[Cell], row: Sequence[DataCell], naming: set[int]) -> DataCell:
    """``data`` with the nearest run of names to its left among its row heads."""
    figures = {d.cell.col for d in row if id(d) not in naming}
    heads = {h.col for h in data.row_heads}
    run = [c for c in names if c.col < data.cell.col and not any(c.col < f < min(_right(data, names)) for f in figures)]
    kept = [h for h in data.row_heads if _plain(h.text) not in _LEVELS]
    added = [c for c in run if c.col not in heads and _plain(c.text) not in {"", *_LEVELS}]
    return replace(data, row_heads=tuple(sorted((*kept, *added), key=lambda c: c.col)))


def _right(data: DataCell, names: Sequence[Cell]) -> list[int]:
    """Columns of the names and heads of ``data``: figures between two of them part two lists."""
    left = [c.col for c in (*names, *data.row_heads) if c.col < data.cell.col]
    return [max(left)] if left else [data.cell.col]


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", text)
