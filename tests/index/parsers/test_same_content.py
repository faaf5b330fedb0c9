"""The same content in several formats gives the same grids and the same facts."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from eval.world.blocks import Block
from eval.world.writers import WRITERS
from index.assemble import assemble
from index.facts import facts_of
from index.parsers import read_file
from index.parsers.printed_text import one_line
from index.records import Grid
from samples import make

CONTENTS = {
    "budget": lambda: make.budget(make.KAIPING_2025, make.KAIPING_2024, "日常办公"),
    "performance": make.performance_text,
    "final account": make.final_account,
    "form": make.project_application,
    "procurement": make.procurement,
}
Placed = tuple[int, int, int, int, str]
Told = tuple[tuple[str, ...], tuple[str, ...], Decimal | None, str, str]


def grids(folder: Path, suffix: str, blocks: Sequence[Block]) -> list[list[Placed]]:
    path = folder / f"made.{suffix}"
    WRITERS[suffix](path.stem, blocks, path)
    return [placed(block) for block in read_file(path).blocks if isinstance(block, Grid)]


def placed(grid: Grid) -> list[Placed]:
    """The cells in order; a blank last row is kept only where the format draws it."""
    last = max(c.row for c in grid.cells if c.text)
    return sorted((c.row, c.col, c.row_span, c.col_span, one_line(c.text)) for c in grid.cells if c.row <= last)


@pytest.mark.parametrize("suffix", ["html", "xlsx", "pdf"])
@pytest.mark.parametrize("content", CONTENTS)
def test_same_grids_as_docx(content: str, suffix: str, tmp_path: Path) -> None:
    blocks = CONTENTS[content]()
    expected, found = grids(tmp_path, "docx", blocks), grids(tmp_path, suffix, blocks)
    assert len(expected) == sum(not hasattr(b, "text") for b in blocks)
    assert len(found) == len(expected)
    for one, other in zip(expected, found, strict=True):
        assert one == other


def facts(folder: Path, suffix: str, blocks: Sequence[Block]) -> list[Told]:
    path = folder / f"made.{suffix}"
    WRITERS[suffix](path.stem, blocks, path)
    found = facts_of(assemble(read_file(path), path.name, path.stem))
    return [(f.row_path, f.column_path, f.value, f.unit, f.kind) for f in found]


@pytest.mark.parametrize("suffix", ["html", "xlsx", "pdf"])
@pytest.mark.parametrize("content", CONTENTS)
def test_same_facts_as_docx(content: str, suffix: str, tmp_path: Path) -> None:
    blocks = CONTENTS[content]()
    expected, found = facts(tmp_path, "docx", blocks), facts(tmp_path, suffix, blocks)
    assert any(value is not None for _, _, value, _, _ in expected)
    assert found == expected
