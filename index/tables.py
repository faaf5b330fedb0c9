"""Heads and data of a printed table, found from its content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from index.records import Cell


@dataclass(frozen=True, slots=True)
class DataCell:
    """A cell that holds data (blank ones too) with the heads that apply to it, outermost first."""

    cell: Cell
    row_heads: tuple[Cell, ...]
    column_heads: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is to be read. ``head_rows`` is the number of rows at the top that only hold heads."""

    head_rows: int
    data: tuple[DataCell, ...]


def read_layout(cells: Sequence[Cell], rows: int, cols: int) -> Layout:
    """Tell heads from data in a grid of ``rows`` x ``cols`` places."""
    raise NotImplementedError
