"""Open questions, judged by a written rubric that code applies: points, figures and citations that must be there.

A line of a set (``eval/sets/open/*.jsonl``) holds ``points`` (each a list of wordings of which one must stand in
the answer's text), ``figures`` (each with value and unit, said in the text in any unit of the same kind) and
``cite`` (each a file that a citation names). Every one of them counts as one; the score is those met over all.
"""

from __future__ import annotations

import argparse
import json
import re
import time
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

from eval.question_sets import Line, load
from eval.runner import Ask
from index.amounts import MONEY, find_amounts
from index.fact_store import FactStore
from index.records import Passage, Table


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


def _plain(text: object) -> str:
    return re.sub(r"[\s“”\"‘’《》]", "", unicodedata.normalize("NFKC", str(text or "")))


def _base(value: Decimal, unit: str) -> tuple[Decimal, str]:
    value = abs(value)
    return (value * MONEY[unit], "元") if unit in MONEY else (value.normalize(), unit)


def texts_of(store: FactStore) -> dict[str, str]:
    """The plain text of every document by its file: paragraphs, and tables with a line for each row."""
    return {d.file: "\n".join(_lines_of(block) for block in store.blocks(d.id)) for d in store.documents()}


def _lines_of(block: Passage | Table) -> str:
    if isinstance(block, Passage):
        return block.text
    rows = [" ".join(c.text for c in block.cells if c.row == row and c.text) for row in range(block.rows)]
    unit = f"单位：{block.unit}" if block.unit else ""
    return "\n".join(line for line in (block.title, *block.captions, unit, *rows, *block.notes) if line)


@contextmanager
def _ours(store: str) -> Iterator[Ask]:
    from assistant.answering import open_assistant
    from assistant.records import Question

    assistant = open_assistant(store)
    try:
        yield lambda line: assistant.ask(Question(line["question"])).as_json()
    finally:
        assistant.close()


@contextmanager
def _plain_rag(store: str) -> Iterator[Ask]:
    from assistant.llm import ModelFailed, open_model, read_llm_settings
    from eval.baselines.plain_rag import plain_rag
    from index.embedding import OnnxEmbedder
    from index.model_files import default_model

    model, folder = open_model(read_llm_settings()), default_model()
    if model is None:
        raise SystemExit("没有设置大模型：请先设置 BUDGETQA_LLM_BASE_URL 和 BUDGETQA_LLM_MODEL。")
    if folder is None:
        raise SystemExit("没有向量模型：请先执行 make model。")
    documents = FactStore(store, create=False)
    answer, close = plain_rag(texts_of(documents), OnnxEmbedder(folder), lambda p: model.complete([("user", p)]))

    def ask(line: dict[str, Any]) -> dict[str, Any]:
        started = time.monotonic()
        try:
            said = answer(line)
        except ModelFailed as error:
            said = {"status": "not_found", "text": str(error), "citations": []}
        return said | {"elapsed_ms": round((time.monotonic() - started) * 1000, 1)}

    try:
        yield ask
    finally:
        close()
        documents.close()
        model.close()


SYSTEMS = {"ours": _ours, "plain": _plain_rag}


def _kept(path: Path | None) -> dict[str, dict[str, Any]]:
    """The answers of an earlier run by the ids of their questions."""
    if path is None or not path.is_file():
        return {}
    answers = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return {a["id"]: a for a in answers}


def _answers(lines: Sequence[Line], ask: Ask, path: Path | None) -> Iterator[dict[str, Any]]:
    """An answer for each line, written down as it comes; what a file of answers holds already is not asked again."""
    kept = _kept(path)
    for line in lines:
        known = kept.get(line["id"])
        if known is not None and known.get("question") == line["question"]:
            yield known
            continue
        answer = ask(line) | {"id": line["id"], "question": line["question"]}
        if path is not None:
            with path.open("a", encoding="utf-8") as out:
                print(json.dumps(answer, ensure_ascii=False), file=out)
        yield answer


def main(arguments: list[str] | None = None) -> int:
    """``python -m eval.open_questions SET… --store DIR``: the share of points met, and with ``--show`` those missed.

    Ours uses the language model that is configured, plain RAG needs one.
    """
    parser = argparse.ArgumentParser(prog="python -m eval.open_questions", description="按评分要点评测开放问题")
    parser.add_argument("sets", nargs="+", type=Path, help="题集文件")
    parser.add_argument("--store", default="var", help="文档库")
    parser.add_argument("--system", choices=SYSTEMS, default="ours", help="ours 为本项目，plain 为普通切块检索")
    parser.add_argument("--answers", type=Path, help="回答文件：已有的回答不再重问，新的回答逐条写入")
    parser.add_argument("--show", action="store_true", help="列出每题没有答到的要点")
    options = parser.parse_args(arguments)
    loaded = [load(path) for path in options.sets]
    with SYSTEMS[options.system](options.store) as ask:
        for questions in loaded:
            lines = questions.questions
            answers = list(_answers(lines, ask, options.answers))
            scores = [judge_open(line, answer) for line, answer in zip(lines, answers, strict=True)]
            met, of = sum(s.met for s in scores), sum(s.of for s in scores)
            worded = sum(a.get("route") == "llm" for a in answers)
            slow = median(a.get("elapsed_ms", 0) for a in answers) / 1000
            print(f"{questions.name}：{len(lines)} 题，要点 {met}/{of}（{met / of:.1%}），", end="")
            print(f"大模型组织语言 {worded} 题，用时中位数 {slow:.1f} 秒")
            for line, score in zip(lines, scores, strict=True):
                if options.show and score.missed:
                    print(f"  {line['id']} {line['question']} 缺：{'；'.join(score.missed)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
