"""A language model words an answer from numbered evidence; code checks every sentence and sets the citations.

The figures, the citations and the calculation of the answer stay as code found
them: a model changes the text only, and only to what :mod:`assistant.verify` lets through.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from langchain_core.runnables import Runnable, RunnableLambda

from assistant.evidence import Piece, evidence_of
from assistant.llm import LanguageModel, ModelFailed
from assistant.records import Answer, Citation
from assistant.verify import Fault, check, cited
from prompts import load

_LOG = logging.getLogger("budgetqa.llm")
_MARK = re.compile(r"[\[［【](\d{1,3})[\]］】]")
_SENTENCE = re.compile(r".*?(?:[。！？!?](?:\s*[\[［【]\d{1,3}[\]］】])*|\n|$)", re.S)
_EVIDENCE_SIZE = 3000
_PIECE_SIZE = 500
REPLACED = "大模型的表述未通过核对，已改用程序生成的回答"


@dataclass(frozen=True, slots=True)
class _Draft:
    answer: Answer
    further: tuple[Citation, ...]
    pieces: tuple[Piece, ...]
    deadline: float
    text: str = ""
    mended: bool = False


class Worder:
    """Words answers with one model; what the model cannot do leaves the answer as it was, with a note."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self.chain: Runnable[Any, Any] = (
            RunnableLambda(self._draft) | RunnableLambda(self._mend) | RunnableLambda(self._finish)
        )

    @staticmethod
    def wants(answer: Answer) -> bool:
        """Whether wording helps: prose, or several figures. One looked-up figure is already said best by code."""
        return (
            answer.status == "answered"
            and bool(answer.citations)
            and (answer.route == "retrieval" or len(answer.values) > 1)
        )

    def word(self, answer: Answer, further: Sequence[Citation] = ()) -> Answer:
        """The answer in the model's words, or unchanged with a note why not; within the model's time limit.

        ``further`` are passages beside the answer's own that the text may use; those it cites become citations.
        """
        try:
            worded: Answer = self.chain.invoke(self._start(answer, further))
        except ModelFailed as error:
            return _with_note(answer, f"{error}，已改用程序生成的回答")
        return worded

    def stream(self, answer: Answer, further: Sequence[Citation] = ()) -> Generator[str, None, Answer]:
        """Sentences as the model writes them, each shown only after it has passed; returns the final answer.

        A sentence that does not pass ends the stream; the returned answer is then the deterministic one.
        """
        draft = self._start(answer, further)
        passed = waiting = ""
        numbering = _Numbering(draft)
        try:
            for piece in self._model.stream(self._messages(draft), deadline=draft.deadline):
                waiting += piece
                *complete, waiting = [m[0] for m in _SENTENCE.finditer(waiting)][:-1] or [waiting]
                for sentence in (self._cited(draft, s) for s in complete):
                    if self._faults(draft, sentence):
                        return _with_note(answer, REPLACED)
                    passed += sentence
                    yield numbering.applied(sentence)
            waiting = self._cited(draft, waiting)
            if waiting.strip() and self._faults(draft, waiting):
                return _with_note(answer, REPLACED)
        except ModelFailed as error:
            return _with_note(answer, f"{error}，已改用程序生成的回答")
        if waiting.strip():
            yield numbering.applied(waiting)
        return self._finish(replace(draft, text=passed + waiting))

    # -- the chain ---------------------------------------------------------------

    def _start(self, answer: Answer, further: Sequence[Citation]) -> _Draft:
        more = tuple(c for c in further if c not in answer.citations)
        deadline = time.monotonic() + self._model.settings.timeout
        return _Draft(answer, more, _fitting(evidence_of(answer, more)), deadline)

    def _messages(self, draft: _Draft) -> list[tuple[str, str]]:
        text = load("wording").fill(
            question=draft.answer.question, evidence=_lines(draft.pieces), answer=draft.answer.text[:600]
        )
        return [("user", text)]

    def _draft(self, draft: _Draft) -> _Draft:
        return replace(
            draft, text=self._cited(draft, self._model.complete(self._messages(draft), deadline=draft.deadline))
        )

    def _mend(self, draft: _Draft) -> _Draft:
        faults = self._faults(draft, draft.text)
        if not faults:
            return draft
        told = "\n".join(f"“{f.sentence}”：{f.reason}" for f in faults)
        text = load("mending").fill(
            question=draft.answer.question, evidence=_lines(draft.pieces), draft=draft.text, faults=told
        )
        mended = self._model.complete([("user", text)], deadline=draft.deadline)
        return replace(draft, text=self._cited(draft, mended), mended=True)

    def _cited(self, draft: _Draft, text: str) -> str:
        return cited(text, draft.pieces, draft.answer.question)

    def _faults(self, draft: _Draft, text: str) -> list[Fault]:
        return check(text, draft.pieces, draft.answer.question)

    def _finish(self, draft: _Draft) -> Answer:
        faults = self._faults(draft, draft.text)
        prompt = load("wording")
        step = {
            "step": "wording",
            "model": self._model.name,
            "prompt": f"{prompt.name}@{prompt.version}:{prompt.digest}",
            "mended": draft.mended,
            "passed": not faults,
            "faults": [f.reason for f in faults],
        }
        _LOG.info("wording %s", step)
        if faults:
            return replace(_with_note(draft.answer, REPLACED), trace=(*draft.answer.trace, step))
        numbering = _Numbering(draft)
        text = numbering.applied(draft.text)
        return replace(
            draft.answer,
            text=text,
            citations=numbering.citations(),
            route="llm",
            trace=(*draft.answer.trace, step),
        )


class _Numbering:
    """Turns numbers of evidence into numbers of citations, from 1: the answer's own, then the further ones as used."""

    def __init__(self, draft: _Draft) -> None:
        self._answer, self._further = draft.answer, draft.further
        self._place = {p.number: p.citation for p in draft.pieces}
        self._used: list[int] = []

    def applied(self, text: str) -> str:
        return _MARK.sub(lambda mark: self._mark(int(mark[1])), text)

    def citations(self) -> tuple[Citation, ...]:
        own = len(self._answer.citations)
        return (*self._answer.citations, *(self._further[i - own] for i in self._used))

    def _mark(self, number: int) -> str:
        place = self._place[number]
        own = len(self._answer.citations)
        if place is None:  # a calculation rests on what it was made of
            step = self._answer.calculation
            return "".join(f"[{i + 1}]" for i in step.inputs) if step else ""
        if place >= own:
            if place not in self._used:
                self._used.append(place)
            place = own + self._used.index(place)
        return f"[{place + 1}]"


def _lines(pieces: Sequence[Piece]) -> str:
    """The evidence as the model sees it: one line each, marks that could pass for numbers of evidence taken out."""
    lines = []
    for piece in pieces:
        text = _MARK.sub(r"（\1）", re.sub(r"\s+", " ", piece.text))[:_PIECE_SIZE]
        lines.append(f"[{piece.number}] {piece.heading}｜{text}")
    return "\n".join(lines)


def _fitting(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """The first pieces that fit into the prompt."""
    kept: list[Piece] = []
    size = 0
    for piece in pieces:
        size += min(len(piece.text), _PIECE_SIZE) + len(piece.heading)
        if kept and size > _EVIDENCE_SIZE:
            break
        kept.append(piece)
    return tuple(kept)


def _with_note(answer: Answer, note: str) -> Answer:
    return replace(answer, notes=(*answer.notes, note))
