"""Understanding -> answer: the way an understood question takes through lookups, computations and prose."""

from __future__ import annotations

import re
from dataclasses import replace

from assistant.finding import WHICH_UNIT
from assistant.parts import OWN, said_part
from assistant.plain_tables import from_tables
from assistant.quoting import Quoter
from assistant.records import Answer
from assistant.refusal import not_found
from assistant.understanding import Understanding, field_of
from assistant.understanding.mending import MOST_DOCUMENTS, mended, misspelled_office, spelled_in_letters
from assistant.understanding.scope import Naming, Scope
from index.amounts import MONEY

_UNITS = re.compile("(?:下属|所属|二级)(?:预算)?(?:单位|机构)")
# Nothing but the projects of an office is named: 某中心的项目预算有多少.
_BARE_PROJECTS = re.compile(r"(?:的|年度?|全部|所有)(?:项目|专项)(?:预算|资金|经费)+(?:总额|总数|数)?(?:一共|总共|共)?(?:是|有|为)?多少")


class Solver(Quoter):
    """Answers one question over the documents of a catalog."""

    def solve(self, u: Understanding) -> Answer:
        """The answer to an understood question, tried again with mended words when its own find nothing.

        Tables that are no budget papers are asked first where only they are in question, else last.
        """
        scopes = u.naming.scopes
        rows = [self.catalog.rows[d] for s in scopes for d in s.documents if d in self.catalog.plain] if self.catalog.plain else []
        only = bool(rows) and len(rows) == sum(len(s.documents) for s in scopes)
        told = from_tables(u.text, rows, self.lookup.store) if only else None
        if told is not None:
            return told
        answer = self._solve_papers(u)
        if answer.status == "not_found" and rows and not only:
            told = from_tables(u.text, rows, self.lookup.store)
        return told or answer

    def _solve_papers(self, u: Understanding) -> Answer:
        if u.naming.unknown:
            unit = self.of_unit(u)
            meant = self._solve(unit) if unit is not None else self._within_documents(u)
            if meant is None and (again := misspelled_office(u, self.catalog)) is not None:
                meant = self._noted(self.solve(again[0]), again[1])
            return meant or not_found(u.text, f"{u.naming.scopes[0].missing}，因此无法回答。", self.catalog)
        if spelled_in_letters(u.text):
            again = mended(u, self.catalog, self.lookup)
            if again is not None:
                return self._noted(self._solve(again[0]), again[1])
        answer = self._solve(u)
        doubtful = (answer.status != "answered" and not answer.citations) or self._covered < 1.0
        if doubtful and u.asks != "prose" and self._mendable:
            covered = self._covered
            again = mended(u, self.catalog, self.lookup)
            if again is not None:
                second = self._solve(again[0])
                if answer.status == "answered" and (second.status != "answered" or self._covered <= covered):
                    return answer
                if second.status == "answered" or answer.status == "not_found" != second.status:
                    return self._noted(second, again[1])
        return answer

    def of_other_unit(self, text: str, before: Understanding) -> str | None:
        """The question before with the unit of its paper that it names exchanged for the one that ``text`` names."""
        ids = [d for s in before.naming.scopes for d in s.documents]
        for document in self.lookup.shelf.documents([self.catalog.rows[d] for d in ids]) if len(ids) <= MOST_DOCUMENTS else ():
            old, new = (said_part(words, document.units, document.row.agency) for words in (before.text, text))
            if old and new and old[0] != new[0]:
                return before.text[: old[1][0]] + text[slice(*new[1])] + before.text[old[1][1] :]
        return None

    def of_unit(self, u: Understanding) -> Understanding | None:
        """A question for a unit without a paper of its own, asked of the one paper of its region that holds it; None without one."""
        regions = self.catalog.regions(u.text)
        ids = sorted(frozenset().union(*(m.documents for m in regions)))
        if not 0 < len(ids) <= MOST_DOCUMENTS:
            return None
        holding = [
            d.row for d in self.lookup.shelf.documents([self.catalog.rows[i] for i in ids])
            if any(said_part(u.text, [unit], d.row.agency) for unit in d.units if unit != OWN)
        ]  # fmt: skip
        if len({row.agency for row in holding}) != 1:
            return None
        spans = tuple((m.start, m.end) for m in regions)
        naming = Naming((Scope(tuple(row.id for row in holding), holding[0].agency or "", named=True),), spans)
        return replace(u, naming=naming, spans=(*(s for s in u.spans if s not in u.naming.spans), *spans))

    def _noted(self, answer: Answer, note: str) -> Answer:
        return replace(answer, notes=(note, *answer.notes))

    def _solve(self, u: Understanding) -> Answer:
        grouped = self._by_owner(u)
        if grouped is not None:
            return grouped
        if u.asks == "field" and (coded := self._subject_code(u)) is not None:
            return coded
        if u.asks == "prose":
            told = self._prose(u)
            if _UNITS.search(u.text):
                told = self._units(u, told.text if told else "") or told
            if told is not None:
                return told
            field = self._figures(replace(u, asks="field"))
            if field.status == "answered":
                return field
            return not_found(u.text, "文档中没有找到能回答这个问题的段落。", self.catalog, u)
        if u.operation.name in ("change", "difference", "lookup") and WHICH_UNIT.search(u.text) and not self.parts(u):
            return self._prose(u) or not_found(u.text, "文档中没有找到能回答这个问题的段落。", self.catalog, u)
        handlers = {
            "ratio": self._ratio, "sum": self._sum, "rank": self._rank, "growth": self._growth, "change": self._change,
            "difference": self._apart, "compare": self._apart, "count": self._collect, "list": self._collect,
            "filter": self._collect, "average": self._collect,
        }  # fmt: skip
        handler = handlers.get(u.operation.name)
        answer = handler(u) if handler else None
        if answer is None and u.periods.excepted:
            return self._less(u)
        if answer is None:
            answer = self._figures(u)
            if _one_sum_instead(u, answer):
                return not_found(u.text, "文档没有逐项列出所问的内容，无法计数、排序、相加或求平均", self.catalog, u)
        if answer.status == "clarify" and u.operation.name == "lookup" and _BARE_PROJECTS.search(u.text):
            answer = self._all_projects(u) or answer
        if answer.status == "not_found" and u.asks == "figure":
            answer = self._execution_rate(u) or self._derived(u) or answer
        if u.asks == "situation" and answer.status == "answered" and answer.values and (answer.confidence or 0) < 0.75:
            answer = self._prose(u) or answer
        listed = u.operation.name in ("list", "count") and not answer.citations
        unsure = answer.status == "not_found" or (answer.status == "clarify" and u.asks == "field")
        if unsure and (u.asks in ("field", "situation", "exists") or listed):
            told = self._prose(u)
            counts = told is not None and any(v.unit not in MONEY for v in told.values)
            answer = told if told is not None and (counts or u.operation.name != "count") else answer
        if answer.status == "clarify" and u.asks == "field" and not any(field_of(u.text) in o for o in answer.options):
            return not_found(u.text, "文档没有填列所问的内容", self.catalog, u)
        return self._second_figure(u, self._told_instead(u, answer))


def _one_sum_instead(u: Understanding, answer: Answer) -> bool:
    """Whether a set of figures was asked to be worked over and a single sum of money came out."""
    if len(answer.values) != 1 or answer.values[0].unit not in (*MONEY, ""):
        return False
    label = answer.values[0].label
    if u.operation.name in ("change", "growth", "difference", "ratio"):
        reckoned = answer.calculation is not None and answer.calculation.operation != "convert"
        return not reckoned and not re.search("增|减|升|降|差|持平|占|率|比|净|节约|盘盈", f"{label}{answer.text[:80]}")
    if u.operation.name == "sum":
        several = u.operation.joined or (u.operation.counted or 0) > 1 or re.search("各[项类个]|所有|全部", u.text)
        return bool(several) and not re.search("合计|总|计$|三公", label)
    words = {"count": "数", "average": "均", "rank": "最|第"}
    return u.operation.name in words and not re.search(words[u.operation.name], label)
