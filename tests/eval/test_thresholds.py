"""The sweep of thresholds moves one number alone, puts it back, and counts what it does."""

from pathlib import Path
from typing import Any

import pytest

from assistant.chain import ProseAnswerer
from eval import thresholds
from eval.thresholds import THRESHOLDS, Outcome, Threshold, main, outcome

QUESTIONS: list[dict[str, Any]] = [
    {"id": "1", "kind": "lookup", "question": "甲", "values": [{"value": "5", "unit": "元"}]},
    {"id": "2", "kind": "lookup", "question": "乙", "values": [{"value": "6", "unit": "元"}]},
    {"id": "3", "kind": "missing", "question": "丙", "status": "not_found"},
    {"id": "4", "kind": "missing", "question": "丁", "status": "not_found"},
]


def answered(value: str) -> dict[str, Any]:
    return {"status": "answered", "text": value, "values": [{"value": value, "unit": "元"}]}


def test_outcomes_part_coverage_and_risk() -> None:
    answers = {"1": answered("5"), "2": answered("5"), "3": answered("5"), "4": {"status": "not_found", "text": ""}}
    seen = outcome(QUESTIONS, lambda q: answers[q["id"]])
    assert seen == Outcome(questions=4, answered=3, wrong=2, right=2, misled=2)
    assert seen.row() == ["75.0%", "66.7%", "2", "2"]


@pytest.mark.parametrize("threshold", THRESHOLDS, ids=lambda t: t.name)
def test_each_threshold_is_moved_and_put_back(threshold: Threshold) -> None:
    used = threshold.used
    assert used in threshold.tried
    with threshold.at(0.123):
        assert threshold.used == 0.123
    with pytest.raises(ValueError, match="broken"), threshold.at(0.456):
        raise ValueError("broken")
    assert threshold.used == used


def test_a_moved_threshold_reaches_the_answering(
    samples_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Passages that must say more than there is to say are never quoted."""
    question = "开平区委网信办的主要职责有哪些"
    strict = Threshold("prose", "…", ProseAnswerer.__init__, "min_confidence", (0.45, 1.01))
    monkeypatch.setattr(thresholds, "THRESHOLDS", (strict,))
    file = tmp_path / "q.jsonl"
    file.write_text('{"id": "1", "kind": "text", "question": "' + question + '"}\n', "utf-8")
    assert main(["--store", str(samples_store), "--set", str(file)]) == 0
    told = capsys.readouterr().out
    assert "| **0.45** | 100.0% | 0.0% | 1 | 0 |" in told
    assert "| 1.01 | 0.0% |" in told
