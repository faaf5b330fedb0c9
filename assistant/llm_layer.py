"""The language model around the front door: reads what the rules did not, words what they found, never brings a figure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from assistant.agent import StepAgent
from assistant.llm import LanguageModel
from assistant.planning import Candidates, Planner
from assistant.records import Answer, Citation, Question
from assistant.wording import Worder

_STEPS = re.compile(r"[，,；;].*(?:多少|几|为什么|为何|原因|哪|什么|如何)|分别|各自?是|以及|并(?:且|说明|列出)|同时")


@dataclass(frozen=True, slots=True)
class Reach:
    """What the layer may use of the assistant, all of it code: the front door without a model, and the store's words."""

    ask: Callable[[Question], Answer]
    candidates: Callable[[str], Candidates]
    passages: Callable[[str], Sequence[Citation]]
    documents: Callable[[], Sequence[str]]


class LlmLayer:
    """Improves an answer with one model; every failure gives the answer as it was."""

    def __init__(self, model: LanguageModel, reach: Reach) -> None:
        self.model = model
        self._reach = reach
        self._worder = Worder(model)
        self._planner = Planner(model, reach.candidates, reach.ask)
        self._agent = StepAgent(model, reach.ask, reach.passages, reach.documents)

    def improve(self, question: Question, answer: Answer) -> Answer:
        """The answer to show. ``answer`` is the deterministic one, and stays where the model cannot better it."""
        if answer.status != "answered" and _STEPS.search(question.text):
            stepped = self._agent.answer(question)
            if stepped is not None:
                return replace(stepped, notes=(*stepped.notes, "由大模型分步查询，数字均由程序查得并核对"))
        if answer.status == "not_found" and self.model.settings.planning:
            answer = self._planner.improve(question, answer)
        if not self._worder.wants(answer):
            return answer
        further = self._reach.passages(question.text) if answer.route == "retrieval" else ()
        owners = {c.document_id for c in answer.citations}
        return self._worder.word(answer, [c for c in further if c.document_id in owners])
