"""Answers in the documents' own sentences: from prose, where no table answers, and of offices that a document speaks of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.asked import kind_of, read
from assistant.grouping import Grouper
from assistant.records import Answer, Citation, Value
from assistant.refusal import not_found
from assistant.stated import figures_asked, slots_of
from assistant.understanding import Understanding
from assistant.understanding.periods import THIS_YEAR
from assistant.understanding.scope import Naming, Scope, of_year
from index.amounts import plain as digits

_OPEN = re.compile(
    r"什么|啥|哪(?!个?(?:最|更|多|少|高|低))|谁(?!更|最|[多高大少低小])|如何|怎[么样]|为何|何[时处]|地址|地点"
)
_PERSON = re.compile(r"(?<!主体)(?<!单位)(?<!部门)是谁|谁是|叫什么名字|姓名|电话|联系方式|负责人(?!大|员)|谁负责[?？]?(?:\s|$)")
_CONTACT = re.compile(r"负责人|联系|电话|姓名")
_MOVED = re.compile(r"增|减|降|升|持平|一致")
_RANKS = re.compile(r"最[高低多少大小]|排|第[一二三四五](?:[大高多少低小名位]|$)")
_SURE = 0.6
_WEAK = 0.3
_LEAST_NAME = 5


class Quoter(Grouper):
    """Tells what prose says."""

    def _prose(self, u: Understanding, *, surely: bool = False) -> Answer | None:
        """The passages that answer, quoted; with ``surely`` only those that say every word asked about."""
        if _PERSON.search(u.text):
            return None
        scope = self.asks(u)[0].scope if u.naming.scopes else Scope(())
        years = u.periods.years
        year = years[0] if len(years) == 1 else None
        if u.periods.relative in THIS_YEAR and not years:
            year = max((y for d in scope.documents if (y := self.catalog.rows[d].fiscal_year)), default=None)
        dated = of_year(scope, year, self.catalog)
        if dated.missing:
            return None if surely else not_found(u.text, dated.missing + "。", self.catalog, u)
        spans = (*u.naming.spans, *u.periods.spans)
        focus = "".join(c if not any(s <= i < e for s, e in spans) else " " for i, c in enumerate(u.text))
        focus = re.sub(r"\s+", " ", focus).strip(" 的?？")
        newest = dated.documents if year or years else self._newest(dated)
        result = self.prose.answer(u.text, newest, focus, self.catalog)
        if newest != dated.documents and (result is None or (surely and not result.complete)):
            newest = dated.documents
            result = self.prose.answer(u.text, newest, focus, self.catalog)
        if result is None or (surely and not (result.complete and result.confidence >= _SURE)):
            return None
        values = _values(u.text, read(u.text, focus).words, result.cited) if result.complete else ()
        notes = list(result.notes)
        held = {self.catalog.rows[d].fiscal_year for d in dated.documents} - {None}
        own = result.cited[0].fiscal_year
        if year and not years:
            notes.append(f"“{u.periods.relative}”按文档年度{year}年理解")
        elif not years and own and len(held) > 1 and scope.named:
            notes.append(f"年度未指明，按{own}年")
        return Answer(
            u.text, "answered", result.text, values, citations=tuple(result.cited), notes=tuple(notes),
            route="retrieval", confidence=result.confidence,
        )  # fmt: skip

    def _newest(self, scope: Scope) -> tuple[str, ...]:
        """The documents of each office's latest year; those of no year stay."""
        latest: dict[str | None, int] = {}
        for d in scope.documents:
            row = self.catalog.rows[d]
            latest[row.agency] = max(latest.get(row.agency, 0), row.fiscal_year or 0)
        rows = [self.catalog.rows[d] for d in scope.documents]
        return tuple(r.id for r in rows if r.fiscal_year in (None, latest[r.agency]))

    def _told_instead(self, u: Understanding, answer: Answer) -> Answer:
        """What prose surely says, where the tables hold nothing for an open question or for a number of things."""
        slots = slots_of(u.text)
        compares = u.operation.name in ("rank", "compare", "ratio", "growth")
        if compares or (u.operation.name == "difference" and not any(slots)):
            return answer
        if answer.status == "answered":
            if _PERSON.search(u.text) and not any(_CONTACT.search(f"{c.row}{c.column}") for c in answer.citations):
                return not_found(u.text, "文档没有写明所问的人", self.catalog, u)
            return (_beside_the_point(u, answer, slots) and self._prose(u, surely=True)) or answer
        if _RANKS.search(u.text) or not (_OPEN.search(u.text) or slots) or "money" in slots[:1]:
            return answer
        told = self._prose(u, surely=True)
        if told is None or (slots and not told.values and not (_OPEN.search(u.text) and "" not in slots)):
            return answer
        return told

    def _second_figure(self, u: Understanding, answer: Answer) -> Answer:
        """A question for two figures that one sentence states: the second one beside the first."""
        slots = slots_of(u.text)
        if answer.status != "answered" or len(slots) != 2 or len(answer.values) != 1 or not answer.citations:
            return answer
        cited = answer.citations[0]
        if cited.quote is None or cited.cell is not None:
            return answer
        both = _values(u.text, read(u.text, None).words, [cited])
        if len(both) != 2 or (both[0].value, both[0].unit) != (answer.values[0].value, answer.values[0].unit):
            return answer
        second = both[1]
        text = f"{answer.text.rstrip('。')}；{second.label}为 {second.value}{second.unit}。"
        return replace(answer, text=text, values=(*answer.values, second))

    def _within_documents(self, u: Understanding) -> Answer | None:
        """An office that has no document of its own but is spoken of by name in another's; None where it is not.

        Every sentence or figure of the answer must stand under that very name.
        """
        name = re.sub(r"20\d\d年?度?|\s", "", u.naming.unknown or "")
        if len(name) < _LEAST_NAME:
            return None
        documents = [d for _, d in self.lookup.store.documents_of_names([name]) if d in self.catalog.rows]
        documents = documents or self.prose.holding(name, list(self.catalog.rows), self.catalog)
        if not documents:
            return None
        naming = Naming((Scope(tuple(documents), name, named=True),), ())
        kept = tuple(s for s in u.spans if s not in u.naming.spans)
        inside = replace(u, naming=naming, spans=kept)
        answer = self._prose(inside, surely=True) if u.asks != "figure" or _OPEN.search(u.text) else self._solve(inside)
        if answer is None or answer.status != "answered":
            return None
        return answer if all(name in _place(c) or name == c.agency for c in answer.citations[:1]) else None

    def _solve(self, u: Understanding) -> Answer:
        raise NotImplementedError


def _beside_the_point(u: Understanding, answer: Answer, slots: Sequence[str]) -> bool:
    """Whether a figure was found where words are asked for: what something is for, its aim, how it changed."""
    if slots or not answer.values or answer.calculation is not None:
        return False
    if kind_of(u.text) == "change":
        return not _MOVED.search(answer.text)
    if "目标" in u.text and not re.search("指标|目标值", u.text):
        return not any("目标" in f"{c.row}{c.column}" for c in answer.citations[:1])
    return (answer.confidence or 1.0) < _WEAK and bool(_OPEN.search(u.text))


def _place(c: Citation) -> str:
    return re.sub(r"\s", "", " ".join(t for t in (c.section, c.table, c.row, c.column, c.quote) if t))


def _values(question: str, words: Sequence[str], cited: Sequence[Citation]) -> tuple[Value, ...]:
    """The figures of the quotes that the question asks for, each with the quote that states it."""
    stated = figures_asked(question, words, [c.quote or "" for c in cited])
    return tuple(
        Value(
            s.label or (cited[s.quote].agency or ""),
            digits(s.figure.value),
            s.figure.unit,
            (s.quote,),
            s.figure.comparison,
        )
        for s in stated
    )


__all__ = ["Quoter"]
