"""The verdict on one answer: what is wrong with it and with its citations.

The rules are those of the published yardstick (docs/contract.md): a line is right only if all of it is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eval.metrics import agrees, allowed, plain, unmet

# Kinds whose answers hold several figures in a given shape; everywhere else one figure is asked for.
SEVERAL_FIGURES = frozenset({"rank", "compare", "aggregate", "ratio"})
MOST_VALUES_FOR_ONE = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """``faults`` of the answer, ``cite_faults`` of its sources; ``misled`` when it confidently gave a wrong figure."""

    id: str
    kind: str
    faults: tuple[str, ...]
    cite_faults: tuple[str, ...]
    misled: bool

    @property
    def right(self) -> bool:
        return not self.faults

    @property
    def cited(self) -> bool:
        return not self.faults and not self.cite_faults


def _named(value: dict[str, Any]) -> str:
    return f"{value.get('value')}{value.get('unit')}"


def _figure_faults(question: dict[str, Any], given: list[dict[str, Any]]) -> list[str]:
    expected = question.get("values") or []
    faults = [f"缺 {_named(e)}" for e in expected if not any(agrees(e, g) for g in given)]
    if len(expected) == 1 and question["kind"] not in SEVERAL_FIGURES:
        if given and not agrees(expected[0], given[0]):
            faults.append(f"首个数值是 {_named(given[0])}")
        if len(given) > MOST_VALUES_FOR_ONE:
            faults.append(f"问一个数给了 {len(given)} 个")
    return faults


def _everything_shown(answer: dict[str, Any]) -> str:
    """All that a reader sees of an answer, as one plain text."""
    parts = [answer.get("text"), *(answer.get("notes") or []), *(answer.get("options") or [])]
    for citation in answer.get("citations") or []:
        parts += [citation.get(key) for key in ("cell", "quote", "row", "table")]
    return plain(" ".join(map(str, parts)))


def judge(question: dict[str, Any], answer: dict[str, Any] | None) -> Verdict:
    """Judge one answer (None: no answer came) against its question line."""
    if answer is None:
        return Verdict(question["id"], question["kind"], ("没有回答",), (), False)
    faults: list[str] = []
    status = answer.get("status")
    if status not in allowed(question):
        faults.append(f"状态 {status}，应为 {'/'.join(allowed(question))}")
    values = answer.get("values") or []
    faults += _figure_faults(question, values)
    shown = _everything_shown(answer)
    faults += [f"没有“{s}”" for s in question.get("contains") or [] if plain(s) not in shown]
    faults += [f"不该有“{s}”" for s in question.get("absent") or [] if plain(s) in plain(answer.get("text"))]
    misled = bool(faults) and status == "answered" and bool(values or question.get("status") == "not_found")
    return Verdict(question["id"], question["kind"], tuple(faults), tuple(unmet(question, answer)), misled)
