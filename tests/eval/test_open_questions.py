from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from eval.baselines.plain_rag import plain_rag
from eval.open_questions import judge_open, main, score_open
from eval.question_sets import load

SETS = sorted((Path(__file__).parents[2] / "eval" / "sets" / "open").glob("*.jsonl"))
LINE: dict[str, Any] = {
    "id": "x", "kind": "open", "question": "为什么增加", "points": [["设备更新", "更换设备"], ["人员"]],
    "figures": [{"value": "2.55", "unit": "万元"}], "cite": [{"file": "a.pdf"}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "met"),
    [
        ({"status": "answered", "text": "更换 设备，人员调入，多25,500元", "citations": [{"file": "a.pdf"}]}, 4),
        ({"status": "answered", "text": "设备更新", "citations": [{"file": "b.pdf"}]}, 1),
        ({"status": "answered", "text": "增加", "values": [{"value": "2.55", "unit": "万元"}]}, 1),
        ({"status": "answered", "text": "增加2.55元"}, 0),
        ({"status": "not_found", "text": "设备更新、人员、2.55万元"}, 0),
    ],
)
def test_points_figures_and_citations_count_alike(answer: dict[str, Any], met: int) -> None:
    score = judge_open(LINE, answer)
    assert (score.met, score.of, len(score.missed)) == (met, 4, 4 - met)


def test_the_sets_hold_forty_questions_each_with_something_to_meet() -> None:
    lines = [line for path in SETS for line in load(path).questions]
    assert len(lines) == 40
    assert all(s.of > 0 and s.met == 0 for s in score_open(lines, lambda _: {"status": "not_found"}))


def test_a_model_must_be_configured_to_be_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(SETS[0]), "--model", "--store", "nowhere"]) == 1
    assert "没有设置大模型" in capsys.readouterr().err


class Letters:
    """Texts that share letters are near each other."""

    def embed_query(self, text: str) -> list[float]:
        return [float(text.count(c)) + 0.001 for c in "预算办公会议出国增加"]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(t) for t in texts]


def test_plain_retrieval_gives_the_model_the_four_nearest_pieces() -> None:
    prompts: list[str] = []

    def complete(prompt: str) -> str:
        prompts.append(prompt)
        return "办公费12万元"

    files = {"a.txt": "办公费12万元。\n\n" * 100, "b.txt": "会议出国。"}
    ask, close = plain_rag(files, Letters(), complete)  # type: ignore[arg-type]
    try:
        answer = ask({"id": "1", "question": "办公费多少"})
        assert answer["text"] == "办公费12万元"
        assert len(answer["citations"]) == 4
        assert {c["file"] for c in answer["citations"]} <= {"a.txt", "b.txt"}
        assert max(len(c["quote"]) for c in answer["citations"]) <= 500
        assert "办公费多少" in prompts[0]
        bare, close_bare = plain_rag(files, Letters())  # type: ignore[arg-type]
        assert bare({"id": "1", "question": "办公费多少"})["status"] in ("answered", "not_found")
        close_bare()
    finally:
        close()
