"""What each threshold of the answering does on question sets: coverage and risk at values around the one in use.

    python -m eval.thresholds --store DIR --set SET.jsonl [SET.jsonl …] [--only NAME …]

A threshold is moved alone, the others stay. Coverage is the share of questions answered, risk the share of wrong ones
among those answered; the value in use is marked. Prints Markdown.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant import chain, lookup, matching, quoting
from assistant.answering import Assistant
from assistant.records import Question
from eval.question_sets import BadSetError, Line, load
from eval.verdicts import judge
from index.fact_store import StoreError


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number that decides between answering, asking back and refusing, and values around it to try."""

    name: str
    says: str
    holder: Any
    attribute: str
    tried: tuple[float, ...]

    @property
    def used(self) -> float:
        return float(self._values()[self.attribute])

    def _values(self) -> dict[str, Any]:
        # A function keeps the default of its argument beside it, a module its constants in itself.
        return self.holder.__kwdefaults__ if callable(self.holder) else vars(self.holder)  # type: ignore[no-any-return]

    @contextmanager
    def at(self, value: float) -> Iterator[None]:
        values, used = self._values(), self.used
        values[self.attribute] = value
        try:
            yield
        finally:
            values[self.attribute] = used


THRESHOLDS = (
    Threshold(
        "matching.LEAST_CONTENT",
        "数据的行头、列头须盖住问题中名称用字的比例，不足则答没有",
        matching,
        "LEAST_CONTENT",
        (0.5, 0.65, 0.75, 0.85),
    ),
    Threshold(
        "lookup.CLEAR",
        "同一文件里另一数的分数差在此之内则反问",
        lookup,
        "CLEAR",
        (0.0, 0.02, 0.08),
    ),
    Threshold(
        "quotes.MIN_CONFIDENCE",
        "原文须盖住所问的比例（按字对的稀有程度加权），不足则答没有",
        chain.ProseAnswerer.__init__,
        "min_confidence",
        (0.0, 0.3, 0.45, 0.6, 0.8),
    ),
    Threshold(
        "quoting._SURE",
        "以原文代替表中的数时，原文须盖住所问的比例",
        quoting,
        "_SURE",
        (0.3, 0.6, 0.8),
    ),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Counts over a set at one value."""

    questions: int
    answered: int
    wrong: int
    right: int
    misled: int

    def row(self) -> list[str]:
        risk = self.wrong / self.answered if self.answered else 0.0
        return [f"{self.answered / self.questions:.1%}", f"{risk:.1%}", str(self.right), str(self.misled)]


def outcome(questions: Sequence[Line], ask: Callable[[Line], dict[str, Any]]) -> Outcome:
    """Ask and judge every question; ``right`` counts due refusals too, ``wrong`` only answers."""
    judged = [(answer, judge(q, answer)) for q in questions for answer in [ask(q)]]
    answered = [v for a, v in judged if a["status"] == "answered"]
    return Outcome(
        len(judged),
        len(answered),
        sum(not v.right for v in answered),
        sum(v.right for _, v in judged),
        sum(v.misled for _, v in judged),
    )


def asked(questions: Sequence[Line], place: str) -> Outcome:
    """The outcome over a store, by an assistant of its own, which takes the thresholds as they are now."""
    assistant = Assistant(place)

    def ask(line: Line) -> dict[str, Any]:
        document = line.get("document") or ()
        documents = (document,) if isinstance(document, str) else tuple(document)
        return assistant.ask(Question(line["question"], tuple(line.get("history") or ()), documents)).as_json()

    try:
        return outcome(questions, ask)
    finally:
        assistant.close()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m eval.thresholds", description="各阈值取不同值时的覆盖和风险")
    parser.add_argument("--store", required=True, help="库的位置")
    parser.add_argument("--set", dest="sets", type=Path, nargs="+", required=True, help="题集（JSONL）")
    parser.add_argument("--only", choices=[t.name for t in THRESHOLDS], nargs="+", help="只试这几个阈值")
    args = parser.parse_args(arguments)
    try:
        questions = [q for path in args.sets for q in load(path).questions]
        in_use = asked(questions, args.store)
        for threshold in (t for t in THRESHOLDS if args.only is None or t.name in args.only):
            print(f"{threshold.name} = {threshold.used:g}：{threshold.says}\n")
            print("| 取值 | 覆盖 | 风险 | 答对 | 答错而自信 |\n| ---: | ---: | ---: | ---: | ---: |")
            for value in threshold.tried:
                if value == threshold.used:
                    shown, seen = f"**{value:g}**", in_use
                else:
                    with threshold.at(value):
                        shown, seen = f"{value:g}", asked(questions, args.store)
                print("| " + " | ".join([shown, *seen.row()]) + " |", flush=True)
            print()
    except (BadSetError, StoreError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
