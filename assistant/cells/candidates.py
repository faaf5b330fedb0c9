"""The cells among which an answer is sought, each with the heads that apply to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.records import Cell
from index.table_labels import plain
from index.tables import DataCell, Layout, read_layout


@dataclass(frozen=True, slots=True)
class Candidate:
    """A cell with its heads, outermost first; ``row`` and ``col`` count from 0 inside ``table``.

    ``context`` holds texts that apply to the whole table or document (title, section, agency). ``name`` is
    True for a cell that heads a row or a column itself: it answers "which", seldom "how much".
    """

    key: object
    row_path: tuple[str, ...]
    column_path: tuple[str, ...]
    context: tuple[str, ...] = ()
    text: str = ""
    row: int = 0
    col: int = 0
    table: str = ""
    name: bool = False
    row_span: int = 1


def table_candidates(
    cells: Sequence[Cell], rows: int, cols: int, *, table: str = "", context: tuple[str, ...] = ()
) -> list[Candidate]:
    """Every cell of a table as a candidate, keyed by (row, col); heads are found by content."""
    layout = read_layout(cells, rows, cols)
    around = (*context, *(c.text for c in layout.captions))
    found: dict[tuple[int, int], Candidate] = {}
    for cell, row_path, column_path, name in _placed(layout, cells):
        place = (cell.row, cell.col)
        if place not in found:
            found[place] = Candidate(
                place, row_path, column_path, around, plain(cell.text), cell.row, cell.col, table, name, cell.row_span
            )
    return list(found.values())


def _placed(layout: Layout, cells: Sequence[Cell]) -> Iterator[tuple[Cell, tuple[str, ...], tuple[str, ...], bool]]:
    def texts(heads: Sequence[Cell]) -> tuple[str, ...]:
        return tuple(plain(h.text) for h in heads)

    def path(item: DataCell, name: bool) -> tuple[Cell, tuple[str, ...], tuple[str, ...], bool]:
        return item.cell, texts(item.row_heads), texts(item.column_heads), name

    yield from (path(d, False) for d in layout.data)
    yield from (path(d, True) for d in layout.names)
    captions = {(c.row, c.col) for c in layout.captions}
    yield from ((c, (), (), True) for c in cells if plain(c.text) and (c.row, c.col) not in captions)
