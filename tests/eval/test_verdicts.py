"""The verdicts agree with the published yardstick on the shared sets, for good, bad and odd answers."""

import importlib.util
import json
import random
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from eval.metrics import agrees
from eval.question_sets import load
from eval.verdicts import judge

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
needs_shared = pytest.mark.skipif(
    not (SHARED / "tools" / "score.py").is_file(), reason="needs the shared question sets"
)


@pytest.fixture(scope="module")
def yardstick() -> ModuleType:
    spec = importlib.util.spec_from_file_location("yardstick", SHARED / "tools" / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def good_answer(question: dict[str, Any]) -> dict[str, Any]:
    status = question.get("status", "answered")
    return {
        "id": question["id"],
        "status": status if isinstance(status, str) else status[0],
        "text": "，".join(question.get("contains", [])),
        "values": [dict(v) for v in question.get("values", [])],
        "citations": [
            {"file": c["file"], "table": c.get("where"), "cell": c.get("cell"), "page": c.get("page")}
            for c in question.get("cite", [])
        ],
        "options": [],
        "notes": [],
    }


def spoilt(answer: dict[str, Any], draw: random.Random, question: dict[str, Any]) -> dict[str, Any]:
    """One of the ways in which answers differ from what is expected, some harmless and some not."""
    values, citations = answer["values"], answer["citations"]
    match draw.randrange(12):
        case 0:
            answer["status"] = draw.choice(["answered", "clarify", "not_found"])
        case 1 if values:
            values[0]["value"] = str(float(values[0]["value"]) + draw.choice([0.004, 0.005, 0.006, 1]))
        case 2 if values:
            values[0]["unit"] = draw.choice(["元", "万元", "亿元", "", "％", "个"])
        case 3 if values and values[0]["unit"] == "万元":
            values[0] = {"value": str(int(float(values[0]["value"]) * 10000)), "unit": "元"}
        case 4:
            values.reverse()
        case 5:
            values.extend({"value": str(n), "unit": "元"} for n in range(draw.randrange(4)))
        case 6 if citations:
            citations[0]["file"] = "other.pdf"
        case 7 if citations:
            citations[0]["cell"] = draw.choice([None, "1", f"{citations[0]['cell']} ", f"¥{citations[0]['cell']}"])
        case 8 if citations:
            citations[0].update(cell=None, quote=f"安排{citations[0]['cell']}万元")
        case 9 if citations:
            citations[0].update(page=draw.choice([None, 1, 2, 9]), table=None, section=citations[0]["table"])
        case 10:
            answer["text"] = draw.choice([None, "", *question.get("absent", []), answer["text"][:3]])
        case _:
            answer["values"] = None
    return answer


@needs_shared
@pytest.mark.parametrize("name", ["hebei-dev", "east-dev"])
def test_agrees_with_the_yardstick(yardstick: ModuleType, name: str) -> None:
    draw = random.Random(name)
    differing = wrong = 0
    for question in load(SHARED / "questions" / f"{name}.jsonl").questions:
        answers: list[dict[str, Any] | None] = [None, good_answer(question)]
        answers += [spoilt(good_answer(question), draw, question) for _ in range(30)]
        for answer in answers:
            faults, cites = yardstick.judge(question, answer)
            verdict = judge(question, answer)
            differing += (bool(faults), bool(cites)) != (bool(verdict.faults), bool(verdict.cite_faults))
            wrong += bool(faults)
    assert differing == 0
    assert wrong > 500  # the comparison saw bad answers too


@needs_shared
def test_totals_agree_with_the_yardstick(
    yardstick: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from eval.runner import judged_run

    source = SHARED / "questions" / "east-dev.jsonl"
    questions = load(source).questions
    draw = random.Random(3)
    answers = [good_answer(q) if draw.random() < 0.5 else spoilt(good_answer(q), draw, q) for q in questions]
    for answer in answers:
        answer["elapsed_ms"] = round(draw.random() * 50, 2)
    file = tmp_path / "answers.jsonl"
    file.write_text("".join(json.dumps(a, ensure_ascii=False) + "\n" for a in answers), encoding="utf-8")
    # the yardstick leaves its files for the garbage collector to close
    warnings.filterwarnings("ignore", category=ResourceWarning)
    monkeypatch.setattr("sys.argv", ["score.py", str(source), str(file), "--json"])
    yardstick.main()
    theirs = json.loads(capsys.readouterr().out)
    ours = judged_run(questions, answers).summary()
    for key in ("questions", "right", "right_and_cited", "wrong_but_confident", "p50_ms", "p95_ms"):
        assert ours[key] == theirs[key], key
    assert {k: list(v) for k, v in ours["kinds"].items()} == theirs["kinds"]


@pytest.mark.parametrize(
    ("expected", "given", "same"),
    [
        (("730500", "元"), ("73.05", "万元"), True),
        (("73.05", "万元"), ("730,500.00", "元"), True),
        (("73.05", "万元"), ("73.05", "元"), False),
        (("1.2", "亿元"), ("12000", "万"), True),
        (("8.08", "%"), ("8.084", "％"), True),
        (("8.08", "%"), ("8.09", "%"), False),
        (("8.08", "%"), ("8.086", "%"), False),
        (("89", ""), ("89", "台"), True),
        (("5", "次"), ("5", "人"), False),
        (("5", "元"), (None, "元"), False),
        (("0.1", "元"), ("0.10", "元"), True),
        (("0.1", "元"), ("0.1000001", "元"), False),
        (("1", "元"), ("NaN", "元"), False),
    ],
)
def test_figures_agree_exactly(expected: tuple[str, str], given: tuple[str | None, str], same: bool) -> None:
    keys = ("value", "unit")
    assert agrees(dict(zip(keys, expected, strict=True)), dict(zip(keys, given, strict=True))) is same


def test_a_confident_wrong_figure_is_counted() -> None:
    question = {"id": "q", "kind": "lookup", "question": "?", "values": [{"value": "1", "unit": "元"}]}
    wrong = {"status": "answered", "text": "", "values": [{"value": "2", "unit": "元"}]}
    assert judge(question, wrong).misled
    assert not judge(question, {**wrong, "status": "not_found"}).misled
    assert not judge(question, {"status": "answered", "text": "说不清", "values": []}).misled
