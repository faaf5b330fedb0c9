"""Open questions, judged by a written rubric that code applies: points, figures and citations that must be there.

A line of a set (``eval/sets/open/*.jsonl``) holds ``points`` (each a list of wordings of which one must stand in
the answer's text), ``figures`` (each with value and unit, said in the text in any unit of the same kind) and
``cite`` (each a file that a citation names). Every one of them counts as one; the score is those met over all.
"""

from __future__ import annotations

import argparse
import re
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from eval.question_sets import load
from eval.runner import Ask
from index.amounts import MONEY, find_amounts


@dataclass(frozen=True, slots=True)
class OpenScore:
    """What of one question's rubric was met; ``missed`` names the rest."""

    met: int
    of: int
    missed: tuple[str, ...]


def judge_open(line: dict[str, Any], answer: dict[str, Any]) -> OpenScore:
    """Apply the rubric of a line to an answer in the contract's form. An answer that is none meets nothing."""
    text = _plain(answer.get("text")) if answer.get("status") == "answered" else ""
    said = {_base(a.value, a.unit) for a in find_amounts(text)}
    said |= {_base(Decimal(v["value"]), v["unit"]) for v in answer.get("values") or [] if v.get("value") and text}
    files = {c.get("file") for c in answer.get("citations") or []} if text else set()
    missed = ["／".join(p) for p in line.get("points") or [] if not any(_plain(w) in text for w in p)]
    missed += [
        f"{f['value']}{f['unit']}"
        for f in line.get("figures") or []
        if _base(Decimal(f["value"]), f["unit"]) not in said
    ]
    missed += [c["file"] for c in line.get("cite") or [] if c["file"] not in files]
    of = sum(len(line.get(key) or []) for key in ("points", "figures", "cite"))
    return OpenScore(of - len(missed), of, tuple(missed))


def score_open(lines: Sequence[dict[str, Any]], ask: Ask) -> list[OpenScore]:
    return [judge_open(line, ask(line)) for line in lines]


def _plain(text: object) -> str:
    return re.sub(r"[\s“”\"‘’《》]", "", unicodedata.normalize("NFKC", str(text or "")))


def _base(value: Decimal, unit: str) -> tuple[Decimal, str]:
    value = abs(value)
    return (value * MONEY[unit], "元") if unit in MONEY else (value.normalize(), unit)


def main(arguments: list[str] | None = None) -> int:
    """``python -m eval.open_questions SET… --store DIR [--model]``: the share of points met, with what was missed."""
    from assistant.answering import open_assistant
    from assistant.llm import open_model, read_llm_settings
    from assistant.records import Question
    from assistant.wording import Worder

    parser = argparse.ArgumentParser(prog="python -m eval.open_questions", description="按评分要点评测开放问题")
    parser.add_argument("sets", nargs="+", type=Path, help="题集文件")
    parser.add_argument("--store", default="var", help="文档库")
    parser.add_argument("--model", action="store_true", help="用 BUDGETQA_LLM_* 设置的大模型组织语言")
    parser.add_argument("--show", action="store_true", help="列出每题没有答到的要点")
    options = parser.parse_args(arguments)
    model = open_model(read_llm_settings()) if options.model else None
    if options.model and model is None:
        print("没有设置大模型：请先设置 BUDGETQA_LLM_BASE_URL 和 BUDGETQA_LLM_MODEL。", file=sys.stderr)
        return 1
    worder = Worder(model) if model else None
    assistant = open_assistant(options.store)

    def ask(line: dict[str, Any]) -> dict[str, Any]:
        answer = assistant.ask(Question(line["question"]))
        return (worder.word(answer) if worder and worder.wants(answer) else answer).as_json()

    for path in options.sets:
        lines = load(path).questions
        scores = score_open(lines, ask)
        met, of = sum(s.met for s in scores), sum(s.of for s in scores)
        print(f"{path.name}：{len(lines)} 题，要点 {met}/{of}（{met / of:.1%}）")
        for line, score in zip(lines, scores, strict=True):
            if options.show and score.missed:
                print(f"  {line['id']} {line['question']} 缺：{'；'.join(score.missed)}")
    assistant.close()
    if model:
        model.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
