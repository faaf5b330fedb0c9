"""The language model around the front door: reads what the rules did not, words what they found, never brings a figure."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace

from assistant.agent import StepAgent
from assistant.asked import kind_of
from assistant.llm import LanguageModel, beating
from assistant.planning import Candidates, Planner
from assistant.records import Answer, Citation, Question
from assistant.wording import Worder

_STEPS = re.compile(r"[，,；;].*(?:多少|几|为什么|为何|原因|哪|什么|如何)|分别|各自?是|以及|并(?:且|说明|列出)|同时")
_MORE = ("general", "purpose", "means")
STEPPED = "由大模型 {} 分步查询，数字均由程序查得并核对"


@dataclass(frozen=True, slots=True)
class Reach:
    """What the layer may use of the assistant, all of it code: the front door without a model, and the store's words.

    ``passages`` looks into the given documents (none: all). ``named`` gives the documents that a question names
    (empty: it names none), None where the store lacks what it names.
    """

    ask: Callable[[Question], Answer]
    candidates: Callable[[str], Candidates]
    passages: Callable[[str, Sequence[str]], Sequence[Citation]]
    documents: Callable[[], Sequence[str]]
    named: Callable[[Question], tuple[str, ...] | None]


class LlmLayer:
    """Improves an answer with one model within its one time limit; every failure gives the answer as it was."""

    def __init__(self, model: LanguageModel, reach: Reach) -> None:
        self.model = model
        self._reach = reach
        self._worder = Worder(model)
        self._planner = Planner(model, reach.candidates, reach.ask)
        self._agent = StepAgent(model, reach.ask, reach.passages, reach.documents)

    def improve(self, question: Question, answer: Answer) -> Answer:
        """The answer to show. ``answer`` is the deterministic one, and stays where the model cannot better it."""
        deadline = self._deadline(question, answer)
        answer = self._read_anew(question, answer, deadline)
        if not self._worder.wants(answer):
            return answer
        return self._worder.word(answer, self._further(question, answer), deadline)

    def stream(self, question: Question, answer: Answer) -> Generator[str, None, Answer]:
        """The same with the sentences of the wording as they pass; returns the answer to show in the end.

        Empty strings come while the model is at work. Closing it gives up what the model is about.
        """
        deadline = self._deadline(question, answer)
        if answer.status == "not_found":
            answer = yield from beating(lambda: self._read_anew(question, answer, deadline))
        if not self._worder.wants(answer):
            return answer
        return (yield from self._worder.stream(answer, self._further(question, answer), deadline))

    def wants(self, question: Question, answer: Answer) -> bool:
        """Whether the model has anything to do for this answer."""
        unread = answer.status == "not_found" and (self.model.settings.planning or bool(_STEPS.search(question.text)))
        return unread or self._worder.wants(answer)

    def _deadline(self, question: Question, answer: Answer) -> float:
        if answer.status == "not_found" and _STEPS.search(question.text):
            self._agent.prepare()
        return time.monotonic() + self.model.settings.timeout

    def _read_anew(self, question: Question, answer: Answer, deadline: float) -> Answer:
        """What the rules did not find, by steps or by a reading that the model chooses among what the store offers."""
        if answer.status != "not_found":
            return answer
        within = self._reach.named(question)
        if within is None:  # what the store lacks, no reading brings
            return answer
        question = replace(question, document=within)
        if _STEPS.search(question.text):
            stepped = self._agent.answer(question, deadline)
            if stepped is not None:
                return replace(stepped, notes=(*stepped.notes, STEPPED.format(self.model.name)))
        if self.model.settings.planning:
            return self._planner.improve(question, answer, deadline)
        return answer

    def _further(self, question: Question, answer: Answer) -> Sequence[Citation]:
        """Passages beside the answer's own, where the question leaves open what kind of text answers it."""
        if answer.values or kind_of(question.text) not in _MORE:
            return ()
        return self._reach.passages(question.text, tuple(dict.fromkeys(c.document_id for c in answer.citations)))
