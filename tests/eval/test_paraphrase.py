import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from eval.metrics import amount
from eval.paraphrase.__main__ import main
from eval.paraphrase.knowns import Known, knowns, records_of_world
from eval.paraphrase.questions import Writer, write_questions
from eval.paraphrase.slips import bare_place, mistyped, pinyin, place_of, short_agency, traditional, without_ending
from eval.question_sets import load
from eval.world.build import Plan, build


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("world")
    build(Plan(8, 2, seed=6, formats=("txt",), kinds=("budget", "performance", "final")), out)
    return out / "truth.jsonl"


def test_every_question_has_one_known_answer(truth: Path, tmp_path: Path) -> None:
    out = tmp_path / "q.jsonl"
    assert main(["--truth", str(truth), "--count", "300", "--seed", "5", "--out", str(out)]) == 0
    questions = load(out).questions
    assert len(questions) == len({q["question"] for q in questions}) == 300
    kinds = Counter(q["kind"] for q in questions)
    assert len(kinds) == 11
    assert min(kinds.values()) >= 2
    printed: dict[tuple[str, str], set[str]] = {}
    for record in records_of_world(truth):
        printed.setdefault((record["document"], record["cell"]), set()).add(record["unit"])
    for question in questions:
        if question["kind"].startswith("missing"):
            assert question["status"] == "not_found"
            assert "values" not in question
            continue
        assert question.get("values") or question.get("contains")
        for cite in question.get("cite", []):
            assert (cite["file"], cite["cell"]) in printed


def test_the_seed_decides_the_questions(truth: Path) -> None:
    records = list(records_of_world(truth))
    once, again, other = (write_questions(knowns(records), 40, seed) for seed in (1, 1, 2))
    assert once == again
    assert once != other


def record(**changed: Any) -> dict[str, Any]:
    base = {
        "document": "a.txt",
        "agency": "玉田县教育局",
        "region": "河北省唐山市玉田县",
        "fiscal_year": 2024,
        "phase": "预算",
        "kind": "amount",
        "table": "支出总表",
        "project": None,
        "row": "办公费",
        "code": "30201",
        "column": ["合计"],
        "cell": "1.20",
        "value": "1.20",
        "unit": "万元",
    }
    return {**base, **changed}


def test_figures_that_disagree_are_not_asked_for() -> None:
    same = record(document="b.txt", cell="12,000.00", value="12000.00", unit="元")
    assert [k.files for k in knowns([record(), same])] == [("a.txt", "b.txt")]
    assert knowns([record(), record(document="b.txt", cell="1.30", value="1.30")]) == []
    assert len(knowns([record(), record(phase="决算", cell="1.30", value="1.30")])) == 2
    assert knowns([record(agency=None)]) == []


def test_unit_questions_expect_the_other_unit() -> None:
    writer = Writer(knowns([record()]), 1)
    asked = writer.unit(writer.knowns[0])
    assert asked is not None
    assert asked.endswith("是多少元")
    unit_lines = [q for q in write_questions(knowns([record()]), 8, 3) if q["kind"] == "unit"]
    for line in unit_lines:
        assert line["values"] == [{"value": "12000", "unit": "元"}]
    expected, original = amount("12000", "元"), amount("1.20", "万元")
    assert expected is not None
    assert original is not None
    assert expected.size == original.size


def test_a_missing_year_is_far_from_every_held_one() -> None:
    known: Known = knowns([record()])[0]
    writer = Writer([known], 2)
    for _ in range(50):
        question = writer.missing_year(known)
        assert question is not None
        assert not any(str(year) in question for year in (2023, 2024, 2025))


def test_slips() -> None:
    draw = random.Random(1)
    for _ in range(50):
        wrong = mistyped("网络舆情管理经费", draw)
        assert wrong is not None
        assert len(wrong) == 8
        assert sum(a != b for a, b in zip(wrong, "网络舆情管理经费", strict=True)) == 1
    assert mistyped("水费", draw) is None
    assert traditional("财政局预算") == "財政局預算"
    assert pinyin("玉田") == "yutian"
    assert without_ending("校园安保服务经费") == "校园安保服务"
    assert without_ending("办公费") is None
    assert place_of("芜湖市湾沚区审计局", "安徽省芜湖市湾沚区") == "湾沚区"
    assert place_of("省政协办公厅", "江苏省") is None
    assert bare_place("玉田县") == "玉田"
    assert short_agency("中共玉田县委网络安全和信息化委员会办公室", "河北省唐山市玉田县") == "玉田网信办"
    assert short_agency("省政协办公厅", None) is None


def test_nothing_to_ask_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "truth.jsonl"
    empty.write_text(json.dumps(record(agency=None)) + "\n", encoding="utf-8")
    assert main(["--truth", str(empty), "--out", str(tmp_path / "q.jsonl")]) == 1
    assert "没有可以出题的数据" in capsys.readouterr().err
