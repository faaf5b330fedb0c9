"""A model says in the store's own words what a question means, when the rules found nothing.

The model chooses among candidates that the store offers; anything else is thrown
away. Its reading becomes a complete question that the rules can carry out, and the
reader is asked whether it was meant: a guess is never answered with a figure, since
a model may choose another office or another item than the question names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.llm import LanguageModel, ModelFailed
from assistant.records import Answer, Question
from assistant.verify import plain
from prompts import load

OPERATIONS = {
    "查数": "{what}是多少",
    "合计": "{what}合计是多少",
    "排名": "{what}从高到低排名",
    "占比": "{what}占支出总计的比例是多少",
    "同比": "{what}比上年增减多少",
    "原因": "{what}增减变化的原因是什么",
    "说明": "{what}是什么",
}
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?=年|\D|$)")
_MOST = 30


@dataclass(frozen=True, slots=True)
class Candidates:
    """What the store offers for one question; the model may choose from these only."""

    agencies: Sequence[str]
    years: Sequence[int]
    items: Sequence[str]


class _Plan(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    agency: str | None
    year: int | None
    item: str | None
    operation: str


class Planner:
    """Reads a question anew with a model; ``ask`` is the front door without this planner."""

    def __init__(
        self, model: LanguageModel, candidates: Callable[[str], Candidates], ask: Callable[[Question], Answer]
    ) -> None:
        self._model, self._candidates, self._ask = model, candidates, ask

    def improve(self, question: Question, answer: Answer, deadline: float | None = None) -> Answer:
        """A question back instead of "not found", or the answer given. Looks at ``question.document`` only, if it names any."""
        offered = self._candidates(question.text)
        if answer.status != "not_found" or not offered.items:
            return answer
        try:
            plan = self.plan(question.text, offered, deadline)
        except ModelFailed:
            return answer
        read = _question_of(plan) if plan and plan.item and _keeps(question.text, plan, offered) else None
        if read is None or plain(read) == plain(question.text):
            return answer
        if self._ask(replace(question, text=read, history=())).status != "answered":
            return answer
        step = {"step": "planning", "model": self._model.name, "prompt": load("planning").digest, "read_as": read}
        text = f"没有直接查到。您想问的是不是：{read}？"
        return Answer(question.text, "clarify", text, options=(read,), notes=answer.notes, route="llm", trace=(step,))

    def plan(self, question: str, offered: Candidates, deadline: float | None = None) -> _Plan | None:
        """The model's choice among the candidates, None where it chose anything else. Raises ModelFailed."""
        text = load("planning").fill(
            question=question,
            agencies="、".join(offered.agencies[:_MOST]) or "无",
            years="、".join(map(str, offered.years[:_MOST])) or "无",
            items="、".join(offered.items[:_MOST]),
            operations="、".join(OPERATIONS),
        )
        plan = read_plan(self._model.complete([("user", text)], deadline=deadline, schema=_schema(offered)))
        if plan is None or plan.operation not in OPERATIONS:
            return None
        chosen = ((plan.agency, offered.agencies), (plan.year, offered.years), (plan.item, offered.items))
        return plan if all(value is None or value in among[:_MOST] for value, among in chosen) else None


def _schema(offered: Candidates) -> dict[str, Any]:
    """The form of a plan with the candidates as the only values, for endpoints that hold a model to a schema."""
    among = {
        "agency": [*offered.agencies[:_MOST], None],
        "year": [*offered.years[:_MOST], None],
        "item": [*offered.items[:_MOST], None],
        "operation": [*OPERATIONS],
    }
    return (load("planning").output or {}) | {"properties": {name: {"enum": values} for name, values in among.items()}}


def read_plan(reply: str) -> _Plan | None:
    """The first JSON object of a reply as a plan, None if there is none of the right form."""
    found = re.search(r"\{[^{}]*\}", reply)
    try:
        return _Plan.model_validate(json.loads(found[0])) if found else None
    except (ValidationError, ValueError):
        return None


def _question_of(plan: _Plan) -> str:
    year = f"{plan.year}年" if plan.year else ""
    return OPERATIONS[plan.operation].format(what=f"{plan.agency or ''}{year}{plan.item}")


def _keeps(question: str, plan: _Plan, offered: Candidates) -> bool:
    """Whether the plan leaves standing what the question says: its years, and an agency that it names in full."""
    years = {int(y) for y in _YEAR.findall(question)}
    named = [a for a in offered.agencies if plain(a) in plain(question)]
    return (not years or years == {plan.year}) and (not named or plan.agency in named)
