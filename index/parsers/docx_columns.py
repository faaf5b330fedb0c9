"""Which columns each cell of a Word table covers.

Word draws a table on a grid of column edges. Rows whose edges were dragged by a hair's breadth get
grid columns of their own; edges closer than a millimetre or so are taken for one, as an eye does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_VAL = f"{_W}val"
_HAIR = 80
"""Twips (1/20 point)."""
_MAX_SPAN = 1000
_WRAPPERS = {f"{_W}sdt", f"{_W}sdtContent", f"{_W}customXml", f"{_W}ins", f"{_W}moveTo"}


def placed_rows(table: Any) -> list[list[tuple[int, int, Any]]]:
    """For each printed row its cells as (first column, column after the last, ``w:tc``)."""
    rows = [_row(element) for element in _unwrapped(table, f"{_W}tr") if not _is_deleted(element)]
    edge_of = _edges(table, rows)
    return [[(edge_of(start), edge_of(end), cell) for start, end, cell in row] for row in rows]


def _row(row: Any) -> list[tuple[int, int, Any]]:
    position = _number(row.find(f"{_W}trPr/{_W}gridBefore"), 0)
    placed: list[tuple[int, int, Any]] = []
    for cell in _unwrapped(row, f"{_W}tc"):
        end = position + max(_number(cell.find(f"{_W}tcPr/{_W}gridSpan"), 1), 1)
        merge = cell.find(f"{_W}tcPr/{_W}hMerge")
        if merge is not None and merge.get(_VAL) != "restart" and placed:
            placed[-1] = (placed[-1][0], end, placed[-1][2])
        else:
            placed.append((position, end, cell))
        position = end
    return placed


def _edges(table: Any, rows: list[list[tuple[int, int, Any]]]) -> Any:
    """A function from an edge of the drawn grid to its column number."""
    widths = [_number(c, 0, "w") for c in table.findall(f"{_W}tblGrid/{_W}gridCol")]
    alone = {start for row in rows for start, end, _ in row if end == start + 1}
    last = max((end for row in rows for _, end, _ in row), default=0)
    columns, column = [0], 0
    for index in range(last):
        width = widths[index] if index < len(widths) else _HAIR
        if index in alone or width >= _HAIR:
            column += 1
        columns.append(column)
    return columns.__getitem__


def _unwrapped(parent: Any, tag: str) -> Iterator[Any]:
    for child in parent:
        if child.tag == tag:
            yield child
        elif child.tag in _WRAPPERS:
            yield from _unwrapped(child, tag)


def _is_deleted(row: Any) -> bool:
    return row.find(f"{_W}trPr/{_W}del") is not None


def _number(element: Any, default: int, attribute: str = "val") -> int:
    text = element.get(f"{_W}{attribute}") if element is not None else None
    try:
        return min(int(float(text)), _MAX_SPAN if attribute == "val" else 1 << 20) if text else default
    except ValueError:
        return default
