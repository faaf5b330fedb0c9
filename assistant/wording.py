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
from functools import partial
from typing import Any

from langchain_core.runnables import Runnable, RunnableLambda

from assistant.asked import kind_of
from assistant.clauses import cut, money, plain, read, sentences
from assistant.evidence import Piece, evidence_of
from assistant.llm import LanguageModel, ModelFailed, beating
from assistant.records import Answer, Citation
from assistant.verify import Fault, check, cited, unsaid
from index.amounts import MONEY, find_amounts
from prompts import load

_LOG = logging.getLogger("budgetqa.llm")
_MARK = re.compile(r"[\[［【](\d{1,3})[\]］】]")
_SENTENCE = re.compile(r".*?(?:[。！？!?](?:\s*[\[［【]\d{1,3}[\]］】])*|\n|$)", re.S)
_PIECE_SIZE = 500
_SHORTEST = 10
_ALL = "问题所问的全部内容"
MOST_PIECES = 8
_VERBATIM = ("definition", "duties", "members", "basis", "place", "time", "who")
_ASKS_WHY = re.compile(r"为什么|为何|为啥|原因|缘由")
_SAYS_WHY = re.compile(r"原因|由于|因为|所致|导致|主要[为是系]|是因")
WORDED = "由大模型 {} 组织语言，每句话都已由程序对照出处核对"
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

    def wants(self, answer: Answer) -> bool:
        """Whether wording helps: reasons, purposes, several things at once.

        A looked-up figure is said best by code, a definition or a list by the document itself; and what the model
        would see a part of only is not given to it.
        """
        if answer.status != "answered" or not answer.citations or answer.route != "retrieval":
            return False
        own = _needed(answer, evidence_of(answer))
        if len(own) > MOST_PIECES or len(_fitting(own, self._model.settings.evidence_characters)) < len(own):
            return False
        return kind_of(answer.question) not in _VERBATIM or bool(answer.values)

    def word(self, answer: Answer, further: Sequence[Citation] = (), deadline: float | None = None) -> Answer:
        """The answer in the model's words, or unchanged with a note why not; within the model's time limit.

        ``further`` are passages beside the answer's own that the text may use; those it cites become citations.
        """
        try:
            worded: Answer = self.chain.invoke(self._start(answer, further, deadline))
        except ModelFailed as error:
            return _with_note(answer, f"{error}，已改用程序生成的回答")
        return worded

    def stream(
        self, answer: Answer, further: Sequence[Citation] = (), deadline: float | None = None
    ) -> Generator[str, None, Answer]:
        """Sentences as the model writes them, each shown only after it has passed; returns the final answer.

        Empty strings come between them while the model is at work.
        A sentence that does not pass ends the stream; the returned answer is then the mended or the deterministic one.
        """
        draft = self._start(answer, further, deadline)
        passed = last = waiting = ""
        numbering = _Numbering(draft)
        try:
            for piece in self._model.stream(self._messages(draft), deadline=draft.deadline):
                if not piece:
                    yield ""
                    continue
                waiting += piece
                *complete, waiting = [m[0] for m in _SENTENCE.finditer(waiting)][:-1] or [waiting]
                for sentence in (self._cited(draft, s) for s in complete):
                    if self._faults(draft, last + sentence):  # it may go on from the one before
                        return (yield from beating(partial(self._mended, replace(draft, text=passed + sentence))))
                    passed, last = passed + sentence, sentence
                    yield numbering.applied(sentence)
            waiting = self._cited(draft, waiting)
            if self._faults(draft, passed + waiting, whole=True):
                return (yield from beating(partial(self._mended, replace(draft, text=passed + waiting))))
        except ModelFailed as error:
            return _with_note(answer, f"{error}，已改用程序生成的回答")
        if waiting.strip():
            yield numbering.applied(waiting)
        return self._finish(replace(draft, text=passed + waiting))

    # -- the chain ---------------------------------------------------------------

    def _start(self, answer: Answer, further: Sequence[Citation], deadline: float | None) -> _Draft:
        said = {c.table_id for c in answer.citations}
        more = tuple(c for c in further if c.table_id is None or c.table_id not in said)
        settings = self._model.settings
        ends = deadline if deadline is not None else time.monotonic() + settings.timeout
        return _Draft(
            answer, more, _fitting(_needed(answer, evidence_of(answer, more)), settings.evidence_characters), ends
        )

    def _messages(self, draft: _Draft) -> list[tuple[str, str]]:
        text = load("wording").fill(
            question=draft.answer.question,
            evidence=_lines(draft.pieces),
            points="、".join(_points(draft.answer)) or _ALL,
        )
        return [("user", text)]

    def _draft(self, draft: _Draft) -> _Draft:
        return replace(
            draft, text=self._cited(draft, self._model.complete(self._messages(draft), deadline=draft.deadline))
        )

    def _mend(self, draft: _Draft) -> _Draft:
        faults = self._faults(draft, draft.text, whole=True)
        if not faults:
            return draft
        told = "\n".join(f"“{f.sentence}”：{f.reason}" for f in faults)
        # The first prompt is repeated word for word: endpoints keep what they have read.
        said = [*self._messages(draft), ("assistant", draft.text), ("user", load("mending").fill(faults=told))]
        mended = self._model.complete(said, deadline=draft.deadline)
        return replace(draft, text=self._cited(draft, mended), mended=True)

    def _cited(self, draft: _Draft, text: str) -> str:
        return cited(text, draft.pieces, draft.answer.question)

    def _faults(self, draft: _Draft, text: str, *, whole: bool = False) -> list[Fault]:
        """What is wrong with a text; of a ``whole`` draft also what it leaves out of the answer."""
        faults = check(text, draft.pieces, draft.answer.question)
        return [*faults, *(Fault(text[:80], reason) for reason in _left_out(draft, text))] if whole else faults

    def _mended(self, draft: _Draft) -> Answer:
        return self._finish(self._mend(draft))

    def _finish(self, draft: _Draft) -> Answer:
        faults = self._faults(draft, draft.text, whole=True)
        prompt = load("mending" if draft.mended else "wording")
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
            _with_note(draft.answer, WORDED.format(self._model.name)),
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


def _points(answer: Answer) -> list[str]:
    """What a draft must say: the figures of the answer, and the reason where one is asked for."""
    figures = [f"{v.value}{v.unit}" for v in answer.values if v.value is not None]
    return [*dict.fromkeys(figures), *(["原因"] if _ASKS_WHY.search(answer.question) else [])]


def _left_out(draft: _Draft, text: str) -> list[str]:
    """Figures, reasons and quoted passages of the answer that a whole draft does not bring."""
    used = {int(n) for n in _MARK.findall(text)}
    said = {i for v in draft.answer.values for i in v.citations}
    quoted = [p for p in draft.pieces if not p.label and p.citation in set(range(len(draft.answer.citations))) - said]
    out = ["没有回答问题"] if len(_MARK.sub("", text)) < _SHORTEST else []
    out += [f"没有写出{figure}" for figure in unsaid(text, draft.answer.values)]
    if _ASKS_WHY.search(draft.answer.question) and not _SAYS_WHY.search(text):
        out.append("没有写出原因")
    out += _change_left_out(draft.answer.question, quoted, text)
    return out + [f"没有用到依据[{p.number}]" for p in quoted if p.number not in used]


def _change_left_out(question: str, quoted: Sequence[Piece], text: str) -> list[str]:
    """Who asks why something went up or down is told by how much, where the passages of the answer say it."""
    turns = read(plain(question)).turns & set("↑↓")
    if not turns or not _ASKS_WHY.search(question):
        return []
    clauses = [read(c) for p in quoted for s in sentences(p.text) for c in cut(s)]
    changes = [a for c in clauses if c.turns & turns for a in c.amounts if a.unit in MONEY]
    said = {money(a.value, a.unit) for a in find_amounts(plain(text))}
    told = any(money(a.value, a.unit) in said for a in changes)
    return [f"没有写出{changes[0].printed}"] if changes and not told else []


def _lines(pieces: Sequence[Piece]) -> str:
    """The evidence as the model sees it: one line each, marks that could pass for numbers of evidence taken out."""
    lines = []
    for piece in pieces:
        text = _MARK.sub(r"（\1）", re.sub(r"\s+", " ", piece.text))[:_PIECE_SIZE]
        lines.append(f"[{piece.number}] {text}（出处：{piece.brief or piece.heading}）")
    return "\n".join(lines)


def _needed(answer: Answer, pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces without the further places where a figure stands as well."""
    first = {v.citations[0] for v in answer.values if v.citations} | set(
        answer.calculation.inputs if answer.calculation else ()
    )
    elsewhere = {i for i, c in enumerate(answer.citations) if c.cell is not None} - first
    return [p for p in pieces if p.citation not in elsewhere]


def _fitting(pieces: Sequence[Piece], characters: int) -> tuple[Piece, ...]:
    """The first pieces that fit into the prompt."""
    kept: list[Piece] = []
    size = 0
    for piece in pieces:
        size += min(len(piece.text), _PIECE_SIZE) + len(piece.brief or piece.heading)
        if kept and size > characters:
            break
        kept.append(piece)
    return tuple(kept)


def _with_note(answer: Answer, note: str) -> Answer:
    return replace(answer, notes=(*answer.notes, note))
