"""The comparison of truth and facts sees a lost cell and a wrong unit, year, phase or agency."""

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest

from eval.world.alarms import compare_alarms
from eval.world.build import Plan, build
from eval.world.defects import PLANTERS
from eval.world.recovery import MISSED, Truth, compare, main
from index.records import Fact, FactKind, SourceRef


@pytest.fixture(scope="module")
def truths(tmp_path_factory: pytest.TempPathFactory) -> list[Truth]:
    out = tmp_path_factory.mktemp("world")
    build(Plan(2, 1, seed=2, formats=("html",), kinds=("budget", "performance")), out)
    return [json.loads(line) for line in (out / "truth.jsonl").read_text(encoding="utf-8").splitlines()]


def perfect(truth: Truth) -> Fact:
    in_text = truth["kind"] in ("prose", "change")
    return Fact(
        id=truth["id"],
        kind=cast(FactKind, "amount" if in_text else truth["kind"]),
        source=SourceRef(truth["document"], "b", quote=truth["quote"]),
        row_path=(truth["row"],),
        column_path=tuple(truth["column"]),
        printed=truth["cell"],
        value=None if truth["value"] is None else Decimal(truth["value"]),
        unit=truth["unit"],
        table=truth["table"],
        agency=truth["agency"],
        region=truth["region"],
        fiscal_year=truth["fiscal_year"],
        phase=truth["phase"],
    )


def of(facts: list[Fact]) -> Any:
    def by_file(file: str) -> Sequence[Fact]:
        return [f for f in facts if f.source.document_id == file]

    return by_file


def test_perfect_facts_are_all_recovered(truths: list[Truth]) -> None:
    result = compare(truths, of([perfect(t) for t in truths]))
    assert (result.figures, result.share, result.lost) == (len(truths), 1.0, [])
    assert len(truths) > 300


@pytest.mark.parametrize(
    ("fault", "change"),
    [
        ("unit", {"unit": "千元"}),
        ("year", {"fiscal_year": 1999}),
        ("phase", {"phase": "决算"}),
        ("agency", {"agency": "别的单位"}),
        ("region", {"region": None}),
        ("value", {"value": Decimal(1)}),
        ("cell", {"printed": "1"}),
        ("cell", {"table": "别的表"}),
        ("cell", {"row_path": ("别的行",)}),
        ("cell", {"column_path": ("别的列",)}),
    ],
)
def test_one_spoilt_fact_is_seen(truths: list[Truth], fault: str, change: dict[str, Any]) -> None:
    at = next(i for i, t in enumerate(truths) if t["kind"] == "amount" and t["code"] and t["value"] != "1")
    facts = [perfect(t) for t in truths]
    facts[at] = replace(facts[at], **change)
    result = compare(truths, of(facts))
    assert result.faults == {fault: 1}
    assert result.recovered == len(truths) - 1


def test_a_fact_serves_one_cell_only(truths: list[Truth]) -> None:
    facts = [perfect(t) for t in truths]
    at = next(i for i, t in enumerate(truths) if t["kind"] == "amount")
    del facts[at]
    assert compare(truths, of(facts)).faults == {"cell": 1}


def test_alarms_are_matched_with_what_was_planted() -> None:
    planted = [
        {"document": "a", "kind": "total_off", "printed": "1,234.00", "should_be": "1,034.00"},
        {"document": "a", "kind": "stray_year", "printed": "2018", "should_be": "2021"},
        {"document": "b", "kind": "schedule_short", "printed": "90%", "should_be": "100%"},
        {"document": "d", "kind": "total_off", "table": "支出总表", "printed": "7.00", "should_be": "6.00"},
    ]
    messages = {
        "a": ["合计 1234.00 与各行之和 1034.00 不符", "日期有误"],
        "b": [],
        "c": ["没有问题却报了"],
        "d": ["《部门支出总表》合计不符"],
    }
    alarms = compare_alarms(planted, messages)
    assert [d["document"] for d in alarms.found] == ["a", "d"]
    assert [d["kind"] for d in alarms.missed] == ["stray_year", "schedule_short"]
    assert alarms.false_alarms == [("a", "日期有误"), ("c", "没有问题却报了")]


def test_a_world_of_all_formats_is_recovered_and_its_defects_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The 2,007 documents of docs/testing.md in small."""
    plan = Plan(4, 1, seed=77, kinds=("budget", "performance", "final"), defects=tuple(PLANTERS))
    counts = build(plan, tmp_path)
    assert len({p.suffix for p in (tmp_path / "documents").iterdir()}) == 5
    assert counts["defects"] >= 5
    assert main(["--world", str(tmp_path)]) == 0, capsys.readouterr().out
    told = capsys.readouterr().out
    assert f"数值 {counts['figures']} 个，完整读回 {counts['figures']} 个" in told
    assert f"差错 {counts['defects']} 处，查出 {counts['defects']} 处；误报 0 条" in told


def test_a_wrong_unit_and_a_defect_that_is_not_found_miss_the_promise(tmp_path: Path) -> None:
    build(Plan(1, 1, seed=2, formats=("txt",)), tmp_path)
    truth, planted = tmp_path / "truth.jsonl", tmp_path / "defects.jsonl"
    assert main(["--world", str(tmp_path)]) == 0
    first, *others = truth.read_text("utf-8").splitlines()
    file = json.loads(first)["document"]
    defect = {"document": file, "kind": "total_off", "table": "支出总表", "printed": "7", "should_be": "8"}
    planted.write_text(json.dumps(defect), "utf-8")
    assert main(["--world", str(tmp_path)]) == MISSED
    planted.write_text("", "utf-8")
    truth.write_text("\n".join([json.dumps(json.loads(first) | {"unit": "千元"}), *others]), "utf-8")
    assert main(["--world", str(tmp_path)]) == MISSED
