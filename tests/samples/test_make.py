"""The sample documents: the script writes what is committed, and the figures add up."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from index.parsers import read_file
from index.records import Grid
from samples import make
from samples.department_budget import ledger

FOLDER = Path(__file__).resolve().parents[2] / "samples"


def test_the_script_writes_the_committed_documents(tmp_path: Path) -> None:
    make.main(tmp_path)
    for name in make.SAMPLES:
        assert (FOLDER / name).stat().st_size < 100_000
        if not name.endswith((".docx", ".xlsx", ".pdf")):  # libraries of other versions pack and draw differently
            assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()
        assert read_file(tmp_path / name).blocks == read_file(FOLDER / name).blocks


def test_a_second_run_writes_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("1", "2"):
        make.main(tmp_path / folder)
    for name in make.SAMPLES:
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


@pytest.mark.parametrize("name", make.SAMPLES)
def test_every_sample_is_read_without_warning(name: str) -> None:
    source = read_file(FOLDER / name)
    assert source.warnings == ()
    assert any(isinstance(b, Grid) for b in source.blocks)


def test_the_form_of_one_project_holds_its_amount() -> None:
    source = read_file(FOLDER / "玉田县委网信办2023年绩效文本.docx")
    forms = [b for b in source.blocks if isinstance(b, Grid) and any(c.text == "网络舆情管理" for c in b.cells)]
    places = {(c.row, c.col): c.text for c in forms[0].cells}
    assert places[1, 1] == "预算数"
    assert places[1, 2] == "730500.00"


@pytest.mark.parametrize("book", [make.KAIPING_2024, make.KAIPING_2025])
def test_ledgers_add_up(book: make.Ledger) -> None:
    assert book.total() == book.of(book.basic) + book.of(book.project)
    assert book.of(book.basic) == book.of(book.economic, "301") + book.of(book.economic, "302")


def test_year_on_year_change() -> None:
    assert make.KAIPING_2025.total() - make.KAIPING_2024.total() == Decimal("21.20")


def test_ledger_that_does_not_add_up_is_refused() -> None:
    with pytest.raises(ValueError, match="不等"):
        ledger("1", "某办", 2025, basic="2013701 1.00", project="2013702 1.00", economic="30101 2.00")
