"""The generated world: figures add up, the truth tells what is printed, and the same seed gives the same bytes."""

import hashlib
import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from lxml import html

from eval.world.__main__ import main
from eval.world.blocks import Money, head_rows
from eval.world.budget_pages import numeral
from eval.world.build import Plan, build
from eval.world.defects import PLANTERS
from eval.world.ledgers import departments, ledger


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("world")
    build(Plan(10, 1, seed=4, kinds=("budget", "performance", "final")), out)
    return out


def test_every_format_layout_and_kind_is_written(world: Path) -> None:
    listed = lines(world / "documents.jsonl")
    assert {Path(d["document"]).suffix for d in listed} == {".txt", ".html", ".docx", ".xlsx", ".pdf"}
    assert {(d["layout"], d["kind"]) for d in listed} >= {("split", "final"), ("numbered", "budget")}
    assert len(listed) == len(list((world / "documents").iterdir())) == 30
    assert lines(world / "defects.jsonl") == []


def shown(path: Path) -> list[str]:
    """Cells and paragraphs as another library reads them."""
    match path.suffix:
        case ".txt":
            return [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
        case ".html":
            page = html.fromstring(path.read_bytes())
            return [e.text or "" for e in page.iter("td", "th", "p")]
        case ".docx":
            read = docx.Document(str(path))
            cells = [c.text for t in read.tables for c in t._cells]
            return [*cells, *(p.text for p in read.paragraphs)]
        case ".xlsx":
            return [_printed(c) for s in openpyxl.load_workbook(path) for row in s.iter_rows() for c in row]
    return []


def _printed(cell: Any) -> str:
    """A typed number as its format shows it."""
    if not isinstance(cell.value, int | float):
        return str(cell.value)
    decimals = len(cell.number_format.partition(".")[2])
    return f"{cell.value:,.{decimals}f}" if "," in cell.number_format else f"{cell.value:.{decimals}f}"


def test_the_truth_is_what_is_printed(world: Path) -> None:
    by_document: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for truth in lines(world / "truth.jsonl"):
        by_document[truth["document"]].append(truth)
    checked = 0
    for document, truths in by_document.items():
        texts = shown(world / "documents" / document)
        for truth in truths if texts else []:
            if truth["kind"] in ("prose", "change"):
                assert truth["quote"] in texts
                assert truth["cell"] in truth["quote"]
            else:
                assert truth["cell"] in texts
            checked += 1
    assert checked > 2000


def test_the_printed_figures_add_up(world: Path) -> None:
    """合计 = Σ 类 = Σ 款 = Σ 项 and 合计 = 基本 + 项目, within half of the last digit of each addend."""
    sums: dict[tuple[str, str, str, int], list[Decimal]] = defaultdict(list)
    totals: dict[tuple[str, str, str], Decimal] = {}
    for truth in lines(world / "truth.jsonl"):
        if truth["kind"] != "amount" or "收支" in truth["table"] or "“三公”" in truth["table"]:
            continue
        key = (truth["document"], truth["table"], truth["column"][-1] if truth["column"] else "")
        if truth["row"] == "合计":
            totals[key] = Decimal(truth["value"])
        elif truth["code"]:
            sums[(*key, len(truth["code"]))].append(Decimal(truth["value"]))
    assert len(totals) > 100
    for key, total in totals.items():
        for size in (3, 5) if "基本支出" in key[1] else (3, 5, 7):
            addends = sums[(*key, size)]
            assert abs(sum(addends) - total) <= Decimal("0.005") * (len(addends) + 1), (key, size)


def test_a_ledger_balances() -> None:
    for department in departments(200, 2, ("listed", "split", "numbered")):
        for phase in ("预算", "决算"):
            drawn = ledger(department, 2024, 2, phase)
            assert drawn.spent() == drawn.basic + drawn.project
            assert drawn.basic == drawn.personnel + drawn.public
            assert drawn.project == sum(p.total for p in drawn.projects)
            assert drawn.three_public == drawn.abroad + drawn.car_purchase + drawn.car_running + drawn.reception
            assert all(x.basic >= 0 and x.project >= 0 for x in drawn.lines)
            assert all(p.code.startswith(department.region_code + "24P00") for p in drawn.projects)


def test_departments_differ() -> None:
    agencies = [d.agency for d in departments(5000, 1, ("listed",))]
    assert len(set(agencies)) == 5000


def digests(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*") if p.is_file()}


def test_the_seed_decides_every_byte(tmp_path: Path) -> None:
    for name, seed in (("a", 9), ("b", 9), ("c", 10)):
        arguments = ["--out", str(tmp_path / name), "--departments", "5", "--years", "1", "--seed", str(seed)]
        assert main([*arguments, "--kinds", "budget", "--defects"]) == 0
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert digests(tmp_path / "a") != digests(tmp_path / "c")


def test_each_kind_of_defect_is_planted_and_printed(tmp_path: Path) -> None:
    plan = Plan(12, 1, seed=3, formats=("txt",), kinds=("budget", "performance"), defects=tuple(PLANTERS))
    build(plan, tmp_path)
    planted = lines(tmp_path / "defects.jsonl")
    assert {d["kind"] for d in planted} == set(PLANTERS)
    truths = lines(tmp_path / "truth.jsonl")
    for defect in planted:
        assert defect["printed"] != defect["should_be"]
        text = (tmp_path / "documents" / defect["document"]).read_text(encoding="utf-8")
        assert defect["printed"] in text
        if defect["table"] is not None:
            assert any(
                t["document"] == defect["document"] and t["table"] == defect["table"] and t["cell"] == defect["printed"]
                for t in truths
            )


def test_merged_heads_are_laid_out() -> None:
    rows, paths = head_rows(["序号", ("甲", ["乙", ("丙", ["丁", "戊"])])])
    assert paths == [("序号",), ("甲", "乙"), ("甲", "丙", "丁"), ("甲", "丙", "戊")]
    assert [[(c.text, c.rows, c.cols) if c else None for c in row] for row in rows] == [
        [("序号", 3, 1), ("甲", 1, 3), None, None],
        [None, ("乙", 2, 1), ("丙", 1, 2), None],
        [None, None, ("丁", 1, 1), ("戊", 1, 1)],
    ]


@pytest.mark.parametrize(
    ("money", "cents", "printed"),
    [
        (Money("万元"), 123_456_789, "123.46"),
        (Money("万元"), 500_000, "0.50"),
        (Money("万元"), 5_000, "0.01"),
        (Money("元", grouped=True), 123_456_789, "1,234,567.89"),
        (Money("元", 0, True), 123_456_789, "1,234,568"),
        (Money("元", zero="0"), 0, "0"),
        (Money("万元"), 0, ""),
    ],
)
def test_money_is_printed_half_up(money: Money, cents: int, printed: str) -> None:
    assert money(cents) == printed


@pytest.mark.parametrize(("n", "text"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (25, "二十五")])
def test_numerals(n: int, text: str) -> None:
    assert numeral(n) == text


def test_an_unknown_format_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--out", str(tmp_path), "--formats", "doc"]) == 1
    assert "--formats 只能取" in capsys.readouterr().err
    assert main(["--out", str(tmp_path), "--defects", "nonsense"]) == 1
    assert "--defects 只能取" in capsys.readouterr().err
