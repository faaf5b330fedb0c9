"""Understanding -> facts: for each thing asked the one figure that answers, or why there is none.

A figure is given only when its heads cover what the question names. Several
figures that fit equally well are not chosen between: they are asked back.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from assistant.matching import (
    COUNT_ASKED,
    PERCENT_ASKED,
    Match,
    Wanted,
    another_subject,
    match,
    money_asked,
    phases_agree,
)
from assistant.shelf import Shelf, ShelvedDocument
from assistant.understanding.catalog import Catalog
from assistant.understanding.scope import Scope, of_year
from index.amounts import MONEY
from index.fact_store import FactStore
from index.names import pairs
from index.records import Fact, Passage

NEAR = 0.045
CLEAR = 0.02
HALF_NAMED = 0.1
FINER = 0.09
OTHERS = 0.16
OTHERS_UNNAMED = 0.34
_NUMBERS = re.compile(r"^[一二三四五六七八九十]+、|20\d\d年?度?|[\s（）()]|部门|单位")
# Tables of a part only: their 合计 is no total of an office.
_PARTIAL = re.compile(r"三公|机关运行|采购|会议费|基本支出|项目支出|政府性基金|国有资本")
_RATE_ASKED = re.compile("(?<![税汇利费])率(?:是|为|要|达到?|有)?(?:多少|几|百分)")
LEAST_OWN = 0.35
ALL_SAID = 0.75
"""How much of an item's name must be said for a procurement list to answer where procurement is not asked about."""
MOST_DOCUMENTS = 24
LIKELY = 8
APART = 2.5
"""By how many pairs of characters a document's best name may share less with the question than another's."""
APART_EXACT = 1.0
"""The same where the other's stands in the question as it is and the document's own does not."""
SURELY_NAMED = 5
"""Pairs of characters that a name has which is meant where it stands in a question."""
AT_ONCE = 20
LONGEST_SAID = 24
MOST_LISTED = 400


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for one thing asked; ``units`` are figures of the same name of units that the question does not name.

    ``matches`` agree on one figure, the best place first. ``rivals`` fit as well and differ: one for each other
    document or head. Without matches ``missing`` says in Chinese why, and ``nearest`` what comes closest; ``settled``
    where other words for the same thing would not help.
    """

    matches: tuple[Match, ...] = ()
    rivals: tuple[Match, ...] = ()
    missing: str | None = None
    nearest: Match | None = None
    scope: Scope = field(default_factory=lambda: Scope(()))
    year: int | None = None
    settled: bool = False
    units: tuple[Match, ...] = ()

    @property
    def fact(self) -> Fact:
        return self.matches[0].fact

    @property
    def score(self) -> float:
        return self.matches[0].score if self.matches else 0.0


class Lookup:
    """Finds facts in one store."""

    def __init__(self, store: FactStore, shelf: Shelf) -> None:
        self.store = store
        self.shelf = shelf

    def documents(self, scope: Scope, wanted: Wanted, catalog: Catalog) -> list[ShelvedDocument]:
        """The documents to look into: all of a small scope, else those whose names share most with the question."""
        if len(scope.documents) > MOST_DOCUMENTS:
            return self.likely(wanted.text, scope, catalog)
        return self.shelf.documents([catalog.rows[d] for d in scope.documents if d in catalog.rows])

    def likely(self, text: str, scope: Scope, catalog: Catalog) -> list[ShelvedDocument]:
        """The few documents of a large scope whose names share most with a question's text."""
        among: Container[str] = catalog.rows if scope.documents is catalog.everything else set(scope.documents)
        ids = self._likely(text, scope.documents, among)
        return self.shelf.documents([catalog.rows[d] for d in ids if d in catalog.rows])

    def _likely(self, text: str, ids: Sequence[str], among: Container[str]) -> list[str]:
        # Words that only ask (更, 类) can stand inside a name, so that all pairs of the question are looked for.
        runs = [part for part in re.split(r"\W+", text) if len(part) > 1]
        grams = {g for part in runs for g in pairs(part)}
        # Pairs that many names share lead to none of them, but a name that stands in the question as it is says itself.
        said = {
            r[i:j] for r in runs for i in range(len(r) - 2) for j in range(i + 3, min(len(r), i + LONGEST_SAID) + 1)
        }
        exact = set(self.store.names_among(sorted(said)))
        longest = pairs(max(exact, key=len, default=""))
        if len(longest) >= SURELY_NAMED:  # what may be meant as well goes on where it ends
            alike = self.store.find_names(sorted(longest), 30, most=1)
        else:
            alike = self.store.find_names(sorted(grams), 100)
        weigh = {
            name: (shared := len(own & grams)) + shared / len(own) for name, _, _ in alike for own in (pairs(name),)
        }
        weigh |= {name: len(pairs(name)) + 1.0 for name in exact}
        best = self._documents_of(weigh, exact, among)
        if not best and len(ids) <= MOST_LISTED:
            for name, document in self.store.names_of_documents(ids):
                shared = len(pairs(name) & grams)
                if shared:
                    best[document] = max(best.get(document, (0.0, "")), (shared + shared / len(pairs(name)), name))
        top, name = max(best.values(), default=(0.0, ""))
        near = [d for d, (weight, of) in best.items() if weight >= top - _apart(name, of, exact)]
        return sorted(near, key=lambda d: (-best[d][0], d))[:LIKELY] or sorted(ids)[:LIKELY]

    def _documents_of(
        self, weigh: dict[str, float], exact: Container[str], among: Container[str]
    ) -> dict[str, tuple[float, str]]:
        """The documents that hold the weightiest names, with the best of them and its weight.

        Names that weigh too little beside the best one that a document holds are not looked for.
        """
        names = sorted(weigh, key=lambda text: (-weigh[text], text))
        size = sum(weigh[text] == weigh[names[0]] for text in names)
        best: dict[str, tuple[float, str]] = {}
        while names and len(best) < LIKELY:
            for text, document in self.store.documents_of_names(names[: min(size, AT_ONCE)]):
                if document in among:
                    best[document] = max(best.get(document, (0.0, "")), (weigh[text], text))
            names, size = names[min(size, AT_ONCE) :], AT_ONCE
            if best:
                top, name = max(best.values())
                names = [text for text in names if weigh[text] >= top - _apart(name, text, exact)]
        return best

    def find(self, wanted: Wanted, scope: Scope, catalog: Catalog, year: int | None = None) -> Found:
        """The figure for one thing asked in one scope and year."""
        wanted = replace(wanted, year=year)
        if not scope.documents:
            return Found(missing=scope.missing or "没有可查的文档", scope=scope, year=year)
        dated = of_year(scope, year, catalog)
        if dated.missing:
            return self._of_other_years(wanted, dated, catalog, year)
        lacks = self.lacks_phase(dated, wanted, catalog)
        matches = match(wanted, self.documents(dated, wanted, catalog))
        if lacks or not matches:
            stated = self._in_next_year(wanted, scope, catalog)
            if stated is not None:
                return replace(stated, scope=dated, year=year)
        if lacks:
            return Found(missing=lacks, nearest=matches[0] if matches else None, scope=dated, year=year, settled=True)
        found = decide(matches, wanted, OTHERS if dated.named else OTHERS_UNNAMED)
        if not found.matches and (stated := self._in_next_year(wanted, scope, catalog)) is not None:
            return replace(stated, scope=dated, year=year)
        if not found.matches:
            told = self._in_chapter(matches[:8])
            found = decide(told, wanted, OTHERS) if told else found
        return replace(found, scope=dated, year=year)

    def _in_chapter(self, matches: Sequence[Match]) -> list[Match]:
        """Figures in prose whose chapter names what their own sentence leaves out (a project told of over several sections)."""
        out = []
        for m in matches:
            if (
                not m.left
                or m.fact.source.row is not None
                or not m.fact.section
                or m.precision < LEAST_OWN
                or any(len(w) < 3 for w in m.left.split())
            ):
                continue
            chapter = m.fact.section[0]
            told = "".join(
                b.text + "".join(b.section)
                for b in self.store.blocks(m.document.row.id)
                if isinstance(b, Passage) and b.section[:1] == (chapter,)
            )
            if all(word in told for word in m.left.split()):
                out.append(replace(m, left="", content=1.0, own=1.0, precision=max(m.precision, 0.5)))
        return out

    def alike(self, founds: Sequence[Found], wanted: Wanted, catalog: Catalog) -> list[Found]:
        """Figures of one thing of several years or offices from one kind of table, where each has it there: they compare."""
        kinds = Counter(k for f in founds for k in dict.fromkeys(map(place_kind, (*f.matches, *f.rivals))))
        if not all(f.matches for f in founds) or len({place_kind(f.matches[0]) for f in founds}) < 2:
            return list(founds)
        each: list[dict[str, Match]] = []
        for f in founds:
            dated = replace(wanted, year=f.year)
            held: dict[str, Match] = {place_kind(f.matches[0]): f.matches[0]}
            for m in match(dated, self.documents(of_year(f.scope, f.year, catalog), dated, catalog)):
                of_it = m.fact.fiscal_year in (None, f.year) or f.year is None
                if of_it and m.fact.value is not None and m.holds and m.precision >= f.matches[0].precision - 0.25:
                    held.setdefault(place_kind(m), m)
            each.append(held)
        common = [k for k in kinds if all(k in held for held in each)]
        if not common:
            return list(founds)
        best = max(common, key=lambda k: (kinds[k], sum(held[k].score for held in each)))
        return [replace(f, matches=(held[best],), rivals=()) for f, held in zip(founds, each, strict=True)]

    def lacks_phase(self, scope: Scope, wanted: Wanted, catalog: Catalog) -> str | None:
        """Why 决算 cannot be answered where only budgets are held; None when it can."""
        if wanted.phase != "决算":
            return None
        phases = {catalog.rows[d].phase for d in scope.documents}
        if "决算" not in phases and None not in phases:
            return "只有预算文档，没有决算文档"
        return None

    def _in_next_year(self, wanted: Wanted, scope: Scope, catalog: Catalog) -> Found | None:
        """A figure of the year that only a column of the next year's document holds (2024年预算数 beside 2025年预算数)."""
        later = [catalog.rows[d] for d in scope.documents if catalog.rows[d].fiscal_year == (wanted.year or 0) + 1]
        if wanted.year is None or not later or len(later) > MOST_DOCUMENTS:
            return None
        held = [
            m
            for m in match(wanted, self.shelf.documents(later))
            if m.fact.fiscal_year == wanted.year and m.fact.source.row is not None and m.holds
        ]
        found = decide(held, wanted, OTHERS) if held else Found()
        return found if found.matches else None

    def _of_other_years(self, wanted: Wanted, dated: Scope, catalog: Catalog, year: int | None) -> Found:
        """A year without documents of its own may stand in a column of another year's document (上年预算数)."""
        nearest = match(replace(wanted, year=None), self.documents(replace(dated, missing=None), wanted, catalog), 5)
        columns = match(wanted, self.documents(replace(dated, missing=None), wanted, catalog))
        stated = [m for m in columns if m.fact.fiscal_year == year and m.holds and _prints_year(m.fact, year)]
        if stated:
            return replace(decide(stated, wanted, OTHERS), scope=dated, year=year)
        return Found(
            missing=dated.missing, nearest=nearest[0] if nearest else None, scope=dated, year=year, settled=True
        )


def _apart(best: str, other: str, exact: Container[str]) -> float:
    """How much less than the best name another one may weigh."""
    return APART_EXACT if best in exact and other not in exact else APART


def _of_a_part(fact: Fact, text: str) -> bool:
    """Whether a figure stands in a table or a column of a part that the question does not name."""
    told = fact.row_path if fact.source.row is None else ()
    parts = set(_PARTIAL.findall("".join((fact.table or "", *fact.section[-1:], *fact.column_path, *told))))
    return bool(parts) and not parts & set(_PARTIAL.findall(text))


def _prints_year(fact: Fact, year: int | None) -> bool:
    """Whether a figure of another year than its document's says so itself: in a column's head, or in its sentence."""
    return fact.source.row is not None or str(year) in (fact.source.quote or "")


def decide(matches: Sequence[Match], wanted: Wanted, margin: float = OTHERS) -> Found:
    """Choose among matches: one figure, several that must be asked back, or none.

    ``margin`` is how far below the best another office's or year's figure still counts as meant.
    """
    if not matches:
        return Found(missing="没有找到相符的内容")
    overall = not any(w >= 1.0 for w in wanted.weights)
    sums, counted, rate = money_asked(wanted), bool(COUNT_ASKED.search(wanted.hints)), bool(_RATE_ASKED.search(wanted.hints))
    usable = [
        m
        for m in matches
        if m.holds
        and (m.own >= LEAST_OWN or m.fact.source.row is not None)
        and m.precision > (0.3 if m.fact.kind in ("target", "empty", "schedule") else 0.08)
        and (wanted.year is None or m.fact.fiscal_year in (None, wanted.year))
        and not (overall and _of_a_part(m.fact, wanted.text))
        and not another_subject(m.fact, wanted)
        and not (m.precision < ALL_SAID and "采购" in (m.fact.table or "") and not re.search("购|买", wanted.hints))
        and (m.fact.kind != "target" or m.fact.unit in MONEY or not sums)
        and not (sums and m.fact.kind == "amount" and m.fact.unit == "%" and not PERCENT_ASKED.search(wanted.hints))
        and not (counted and m.fact.kind == "amount" and m.fact.unit in MONEY)
        and not (rate and m.fact.value is not None and m.fact.unit not in ("%", "‰"))
    ]
    if not usable:
        return Found(missing=_why_not(matches[0], wanted), nearest=matches[0])
    usable = _phase_fits(usable, wanted)
    if not usable:
        asked, top = wanted.phase or "", matches[0]
        there = top.fact.phase or top.document.row.phase or ""
        return Found(missing=f"只有{there}数，没有{asked}数", nearest=top)
    top = _filled(usable)
    others = _other_documents(usable, top, margin)
    agreeing = [
        m for m in usable
        if same_figure(m.fact, top.fact) and (m.score >= top.score - 2 * NEAR or (m.score >= top.score - 0.25 and m.precision >= 0.8))
    ]  # fmt: skip
    agreeing.sort(key=lambda m: m.score < top.score - FINER or not _finer(m.fact, top.fact))
    if others:
        return Found(matches=tuple(agreeing), rivals=tuple(others))
    margin = HALF_NAMED if top.fact.subject_code and top.precision < 0.8 else CLEAR
    rivals = [
        m for m in usable if m.score >= top.score - margin and not same_figure(m.fact, top.fact) and _beside(m, top)
    ]
    units = [m for m in usable if m.part and not top.part and m.document is top.document and m.fact.project == top.fact.project]
    alike = [m for m in units if top.fact.project and m.fact.measure == top.fact.measure and m.fact.kind == top.fact.kind]
    return Found(matches=tuple(agreeing), rivals=tuple(_one_each(rivals)), units=tuple(alike))


def _filled(usable: list[Match]) -> Match:
    """The best match; not a blank cell while the row's target stands in another one, or prose states the figure."""
    top = usable[0]
    if top.fact.kind != "empty" or top.fact.source.row is None:
        return top
    if not top.fact.indicator:  # prose may state the zero that the table leaves blank
        told = (m for m in usable if m.fact.source.row is None and m.fact.kind == "amount" and m.precision >= 0.9)
        own = (m for m in told if m.document is top.document and m.content >= top.content and m.fact.unit in MONEY)
        return next((m for m in own if m.fact.phase == top.fact.phase and m.fact.fund in (None, top.fact.fund)), top)
    place = (top.fact.source.block_id, top.fact.source.row)
    return next(
        (m for m in usable if m.fact.kind == "target" and (m.fact.source.block_id, m.fact.source.row) == place), top
    )


def _phase_fits(usable: list[Match], wanted: Wanted) -> list[Match]:
    if wanted.phase is None:
        return usable
    return [m for m in usable if m.fact.phase is None or phases_agree(wanted.phase, m.fact.phase)]


def _beside(match_: Match, top: Match) -> bool:
    """A rival must be of the same document and kind: a target does not rival an amount, nor a count a sum of money."""
    alike = (match_.fact.unit in MONEY) == (top.fact.unit in MONEY)
    of_unit = match_.part and not top.part  # a department's figure is meant where no unit is named
    whole, path = match_.fact.row_path, top.fact.row_path
    part_named = top.precision >= 0.9 and len(whole) < len(path) and path[: len(whole)] == whole and top.fact.source.row is None
    same_paper = match_.document.row.id == top.document.row.id and not of_unit and not part_named
    return same_paper and match_.fact.kind == top.fact.kind and alike


def _other_documents(usable: Sequence[Match], top: Match, margin: float) -> list[Match]:
    """The best match of each other office or year that fits nearly as well and gives another figure."""
    seen = {_owner(top)}
    others = []
    for candidate in usable:
        owner = _owner(candidate)
        last_year = candidate.document is top.document or candidate.fact.fiscal_year not in (
            None,
            candidate.document.row.fiscal_year,
        )
        if (
            owner in seen
            or last_year
            or (candidate.fact.kind == "empty" and top.fact.kind != "empty")
            or same_figure(candidate.fact, top.fact)
            or candidate.score < top.score - margin
            or candidate.content < top.content - 0.01
        ):
            continue
        seen.add(owner)
        others.append(candidate)
    if top.precision >= 0.99 and others and not any(o.precision >= 0.5 for o in others):
        return []
    return others


def _owner(match_: Match) -> tuple[str | None, int | None, str | None]:
    row = match_.document.row
    return row.agency, match_.fact.fiscal_year or row.fiscal_year, row.phase


def _one_each(rivals: Iterable[Match]) -> list[Match]:
    out: list[Match] = []
    for rival in rivals:
        if not any(same_figure(rival.fact, o.fact) for o in out):
            out.append(rival)
    return out


def place_kind(m: Match) -> str:
    """What kind of table and column a figure stands in, without year, number and office: the same in the papers of other years."""
    if m.fact.source.row is None:
        return "正文 " + _NUMBERS.sub("", m.fact.row_path[-1] if m.fact.row_path else "")
    return " ".join((table_kind(m), *(_NUMBERS.sub("", t) for t in m.fact.column_path[-1:])))


def table_kind(m: Match) -> str:
    """The beginning of a table's title without year, number and office; empty in prose."""
    title = (m.fact.table or "").replace(m.document.row.agency or "\n", "")
    return _NUMBERS.sub("", title)[:8] if m.fact.source.row is not None else ""


def same_figure(a: Fact, b: Fact) -> bool:
    """Whether two facts state one figure: money compared in 元, rounding of the coarser one allowed for."""
    if a.value is None or b.value is None:
        return a.value is b.value and a.printed == b.printed
    if (a.comparison or "=") != (b.comparison or "="):
        return False
    if a.unit in MONEY and b.unit in MONEY:
        left, right = a.value * MONEY[a.unit], b.value * MONEY[b.unit]
        half = max(_half(a.value) * MONEY[a.unit], _half(b.value) * MONEY[b.unit]) if a.unit != b.unit else Decimal(0)
        return abs(left - right) <= half
    return a.value == b.value and a.unit == b.unit


def _finer(fact: Fact, than: Fact) -> bool:
    """Whether a fact states the same sum of money in more figures (5138.00元 than 0.51万元)."""
    if fact.value is None or than.value is None or fact.unit not in MONEY or than.unit not in MONEY:
        return False
    return (
        _half(fact.value) * MONEY[fact.unit] < _half(than.value) * MONEY[than.unit]
        and fact.value * MONEY[fact.unit] != than.value * MONEY[than.unit]
    )


def _half(value: Decimal) -> Decimal:
    exponent = value.as_tuple().exponent
    return Decimal(5) * Decimal(10) ** (exponent - 1 if isinstance(exponent, int) else 0)


def _why_not(nearest: Match, wanted: Wanted) -> str:
    """The words of the question that nothing covers, each with the stretch that it belongs to (not 他城乡社, but the whole name)."""
    said = "".join(c if w else " " for c, w in zip(wanted.text, wanted.weights, strict=True)).split()
    left = dict.fromkeys(next((s for s in said if w in s), w) for w in nearest.left.split())
    words = "、".join(f"“{w}”" for w in left)
    return f"文档中没有与{words}相符的内容" if words else "没有找到足够相符的内容"
