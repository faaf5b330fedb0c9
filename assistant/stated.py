"""Figures that a quoted sentence states and the question asks for: how many of what, and how much money."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.asked import COUNTERS, plain
from index.amounts import MONEY, Amount, find_amounts

_COUNTED = re.compile(rf"(?:多少|几)\s*({COUNTERS})?")
_NUMBER_OF = re.compile(r"(?:项目|指标|单位|机构|科室|处室)(?:的)?(?:数量?|个数)(?=$|[，,。？?是有为])")
_MONEY_OF = re.compile(
    r"(?:多少|几)(?:资金|钱|金额|经费|万元|亿元|元)|(?:资金|金额)(?:是|为|有)?多少"
    r"|涉及(?:的|项目|预算)*(?:资金|金额)[?？]?$"
)
_CLAUSE = re.compile(r"[，,；;。：:（）()]")


@dataclass(frozen=True, slots=True)
class Stated:
    """A figure of a quote (its number among the quotes) with the words before it as its label."""

    quote: int
    figure: Amount
    label: str


def slots_of(question: str) -> list[str]:
    """What figures a question asks for, in order: a counting unit, ``money``, or "" for a number of anything."""
    found: list[tuple[int, str]] = [(m.start(), "money") for m in _MONEY_OF.finditer(question)]
    taken = {start for start, _ in found}
    found += [(m.start(), m[1] or "") for m in _COUNTED.finditer(question) if m.start() not in taken]
    found += [(m.start(), "个") for m in _NUMBER_OF.finditer(question)]
    return [slot for _, slot in sorted(found)]


def figures_asked(question: str, words: Sequence[str], quotes: Sequence[str]) -> list[Stated]:
    """The one figure for each slot of the question, only where the quotes leave no doubt which it is; else nothing.

    ``words`` are the content words of the question; the clause around a figure must say more of them than the clause
    around any other figure of that unit. Every slot must find its figure, otherwise nothing is given.
    """
    slots = slots_of(question)
    if not slots or "" in slots or len(set(slots)) != len(slots):
        return []
    out: list[Stated] = []
    for slot in slots:
        fitting = [
            (Stated(number, a, _before(quote, a)), _said(quote, a, words))
            for number, quote in enumerate(quotes)
            for a in find_amounts(quote)
            if (a.unit in MONEY if slot == "money" else a.unit == slot)
        ]
        best = max((said for _, said in fitting), default=(0, False))
        chosen = [stated for stated, said in fitting if said == best]
        figures = {(s.figure.value, s.figure.unit) for s in chosen}
        if slot == "money" and out:  # …项目11个，涉及资金6626万元: the sum beside the number
            chosen = [s for s, _ in fitting if s.quote == out[0].quote and s.figure.start > out[0].figure.end][:1]
            figures = {(s.figure.value, s.figure.unit) for s in chosen}
        elif not best[0]:
            return []
        if len(figures) != 1:
            return []
        out.append(chosen[0])
    return out


def _said(quote: str, figure: Amount, words: Sequence[str]) -> tuple[int, bool]:
    """How many characters of the question's words the clause around a figure says, and whether one stands beside it."""
    start = max((m.end() for m in _CLAUSE.finditer(quote, 0, figure.start)), default=0)
    end = next((m.start() for m in _CLAUSE.finditer(quote, figure.end)), len(quote))
    ahead = re.sub(r"(?:共计|共|约|为|有|是)+$", "", plain(quote[start : figure.start]))
    behind = plain(quote[figure.end : end])
    clause = plain(quote[start:end])
    beside = any(ahead.endswith(w) or behind.startswith(w) for w in words)
    return sum(len(w) for w in words if w in clause), beside


def _before(quote: str, figure: Amount) -> str:
    clauses = [c for c in _CLAUSE.split(quote[: figure.start]) if c.strip()]
    return re.sub(r"\s+|^\d+[.、]|(?:共计|共|为|是|有|设)$", "", clauses[-1]) if clauses else ""
