"""Heads and data of a printed table, found from its content."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.records import Cell
from index.table_labels import plain
from index.table_lists import ListBlock
from index.table_rows import Grid, classify_rows, is_label

_NAMES = re.compile("(?:项目|单位|部门)(?:名称|编码|代码)[:：]?")
"""Labels that a name or a code follows, whatever words it is made of."""


@dataclass(frozen=True, slots=True)
class DataCell:
    """A cell that holds data (blank ones too) with the heads that apply to it, outermost first."""

    cell: Cell
    row_heads: tuple[Cell, ...]
    column_heads: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is to be read. ``head_rows`` is the number of rows at the top that only hold heads.

    ``names`` are the cells at the left that head a row, each with the heads above it and the row heads
    outside it; ``captions`` the lines above the heads (title, agency, unit).
    """

    head_rows: int
    data: tuple[DataCell, ...]
    names: tuple[DataCell, ...] = ()
    captions: tuple[Cell, ...] = ()


def read_layout(cells: Sequence[Cell], rows: int, cols: int) -> Layout:
    """Tell heads from data in a grid of ``rows`` x ``cols`` places.

    A printed table may hold several blocks one below the other (form rows, a schedule, indicators), each
    with its own heads; two lists may stand side by side. Row and column heads are found by content.
    """
    grid = Grid(cells, rows, cols)
    kinds = classify_rows(grid)
    data: list[DataCell] = []
    names: list[DataCell] = []
    section: tuple[Cell, ...] = ()
    heads: list[int] = []
    body: list[int] = []
    outer: Cell | None = None

    def close() -> None:
        if body:
            block = ListBlock(grid, heads, body)
            data.extend(DataCell(c, (*section, *rows), over) for c, rows, over in block.data())
            names.extend(DataCell(c, (*section, *rows), over) for c, rows, over in block.names())
            body.clear()

    for row, kind in enumerate(kinds):
        if kind == "data":
            body.append(row)
        elif kind == "head":
            if body and not any(grid.words(row) == grid.words(r) for r in heads):
                close()
                heads = []
            if not body:
                heads.append(row)
        elif kind in ("form", "section"):
            close()
            if kind == "section":
                section = tuple(grid.line(row)[:1])
                continue
            heads = []
            found_form, outer = _read_form(grid, row, outer if row and kinds[row - 1] == "form" else None, section)
            data.extend(found_form)
    close()
    first = next((r for r, k in enumerate(kinds) if k in ("form", "data")), rows)
    while first and kinds[first - 1] == "blank":
        first -= 1
    captions = tuple(c for r, k in enumerate(kinds) if k == "caption" for c in grid.own(r))
    return Layout(first, tuple(data), tuple(names), captions)


def _names(labels: Sequence[Cell]) -> bool:
    return bool(labels) and bool(_NAMES.fullmatch(plain(labels[-1].text)))


def _read_form(
    grid: Grid, row: int, outer: Cell | None, section: tuple[Cell, ...]
) -> tuple[list[DataCell], Cell | None]:
    """Read a row of labels and values; ``outer`` is the label at the left that goes on from the row above."""
    found: list[DataCell] = []
    line = grid.line(row)
    left: Cell | None = None
    labels: list[Cell] = []
    for place, cell in enumerate(line):
        if place == 0 and not plain(cell.text) and outer is not None:
            left = outer
        elif place < len(line) - 1 and is_label(grid, row, place) and not _names(labels):
            labels.append(cell)
        else:
            if len(labels) > 1 and left is None:
                left = labels.pop(0)
            around = (*section, *((left,) if left is not None else ()), *labels)
            found.append(DataCell(cell, around, ()))
            labels = []
            if place == 1 and left is None and len(line) == 2:
                left = line[0]
    return found, left if left is not None else (line[0] if is_label(grid, row, 0) else None)
