"""Tables inside cells of tables (.docx, .html): what is frame, what is data, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from index.parsers.grid_blocks import Shape, table_blocks
from index.parsers.printed_text import one_line
from index.records import Cell, Grid, Paragraph

Block = Paragraph | Grid

_LONG_PROSE = 200
_FEW_CELLS = 4


@dataclass(frozen=True, slots=True)
class NestedCell:
    """A cell's place and spans (its text comes from ``inner``) and the blocks inside it."""

    cell: Cell
    inner: tuple[Block, ...]

    @property
    def has_grid(self) -> bool:
        return any(isinstance(b, Grid) for b in self.inner)

    def printed(self) -> Cell:
        """The cell with the text that stands before its first inner table."""
        texts: list[str] = []
        for block in self.inner:
            if isinstance(block, Grid):
                break
            texts.append(block.text)
        return replace(self.cell, text=one_line("\n".join(texts)))

    def after_text(self) -> tuple[Block, ...]:
        """The blocks from the first inner table on."""
        first = next((i for i, b in enumerate(self.inner) if isinstance(b, Grid)), len(self.inner))
        return self.inner[first:]


def blocks_of(cells: Sequence[NestedCell], shape: Shape | None = None) -> list[Block]:
    """The table's blocks; a frame around prose or other tables gives only what it holds."""
    if _is_frame(cells):
        return [block for cell in cells for block in cell.inner]
    blocks = table_blocks((c.printed() for c in cells), shape)
    return blocks + [block for cell in cells for block in cell.after_text()]


def _is_frame(cells: Sequence[NestedCell]) -> bool:
    filled = [c for c in cells if c.inner]
    if len({c.cell.col for c in filled}) < 2:
        return True
    framing = [c for c in filled if c.has_grid]
    if not framing:
        return False
    prose = any(isinstance(b, Paragraph) and len(b.text) > _LONG_PROSE for c in framing for b in c.inner)
    return prose or len({c.cell.row for c in filled}) < 2 or len(filled) - len(framing) < _FEW_CELLS
