"""Understanding -> answer: which figures are looked up, what is computed from them, and what is said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from assistant import calculate, collections_of
from assistant.citing import Citations, both_units, label, said, subject, value_of, when, who
from assistant.collections_of import Collection
from assistant.lookup import Found, Lookup, same_figure
from assistant.matching import CHANGE_WORDS, COUNT_ASKED, TARGET_WORDS, Match, Wanted, match
from assistant.prose import Prose
from assistant.records import Answer, Calculation, Value
from assistant.refusal import clarify, not_found
from assistant.understanding import Understanding
from assistant.understanding.catalog import Catalog
from assistant.understanding.mending import mended, spelled_in_letters
from assistant.understanding.scope import Scope, of_year
from index.amounts import MONEY, convert, plain
from index.records import Fact

_SPLIT = re.compile(r"[、,，;；]|以及|加上|还有|(?<=[\u4e00-\u9fff）)])(?:和|与|及|跟|加)(?=[\u4e00-\u9fff])")
_SPLIT_COMPARED = re.compile(_SPLIT.pattern + r"|(?<=[\u4e00-\u9fff）)])(?:比|较)(?=[\u4e00-\u9fff])")
_BARE_BUDGET = re.compile(r"^(?:[预决]算数?|总|总额|总数|数|资金|经费|钱|部门|单位|公开|年度|支出|\s|费用|财政|额|安排)*$")
_SET = re.compile(
    r"项目(?:的)?(?:预算|经费|资金|金额)*(?:数|额)?(?:一共|总共|合计|加|总和|之和|共|总计)|(?:所有|全部|各个?)[^，。]{0,8}(?:项目|专项|科目|类|款)|各(?:类|款|项)"
)
_OFFICES = re.compile(r"(?:各个?|哪个|哪些|哪家|所有|全部|每个)(?:部门|单位|街道|区县|县区|地区|区|县|市)|(?:部门|单位)(?:里|中|当中)?谁的?|谁的")
_YEARS = re.compile(r"(?:哪一?年|各年度?|每年|历年|逐年)")
_ASKED_EACH = re.compile(r"多少|几[元个项辆]")


@dataclass(frozen=True, slots=True)
class _Ask:
    """One figure to look up: what, where, in which year."""

    wanted: Wanted
    scope: Scope
    year: int | None


class Solver:
    """Answers one question over the documents of a catalog."""

    def __init__(self, lookup: Lookup, prose: Prose, catalog: Catalog) -> None:
        self.lookup = lookup
        self.prose = prose
        self.catalog = catalog
        self._mendable = True
        self._covered = 1.0

    def solve(self, u: Understanding) -> Answer:
        """The answer to an understood question, tried again with mended words when its own find nothing."""
        if u.naming.unknown:
            return not_found(u.text, f"{u.naming.scopes[0].missing}，因此无法回答。", self.catalog)
        if spelled_in_letters(u.text):
            again = mended(u, self.catalog, self.lookup)
            if again is not None:
                return self._noted(self._solve(again[0]), again[1])
        answer = self._solve(u)
        doubtful = answer.status != "answered" and not answer.citations or self._covered < 1.0
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

    def _noted(self, answer: Answer, note: str) -> Answer:
        return replace(answer, notes=(note, *answer.notes))

    def _solve(self, u: Understanding) -> Answer:
        grouped = self._by_owner(u)
        if grouped is not None:
            return grouped
        if u.asks == "prose":
            return self._prose(u) or not_found(u.text, "文档中没有找到能回答这个问题的段落。", self.catalog, u)
        handlers = {
            "ratio": self._ratio, "sum": self._sum, "rank": self._rank, "growth": self._growth, "change": self._change,
            "difference": self._difference, "compare": self._difference, "count": self._collect, "list": self._collect,
            "filter": self._collect, "average": self._collect,
        }  # fmt: skip
        handler = handlers.get(u.operation.name)
        answer = handler(u) if handler else None
        if answer is None:
            answer = self._figures(u)
        if u.asks == "situation" and answer.status == "answered" and answer.values and (answer.confidence or 0) < 0.75:
            answer = self._prose(u) or answer
        if answer.status == "not_found" and u.asks in ("field", "situation", "exists"):
            answer = self._prose(u) or answer
        return answer

    # -- what is asked ---------------------------------------------------------

    def kinds(self, u: Understanding) -> tuple[str, ...]:
        """The kinds of fact that can answer, the likeliest first."""
        text = u.text
        if u.asks == "field":
            return ("text", "target", "empty")
        if u.asks in ("exists", "situation"):
            return ("amount", "empty", "target")
        if u.operation.name == "change" or (CHANGE_WORDS.search(text) and re.search(r"比|较|同比|上年", text)):
            return ("change", "amount", "empty")
        if u.periods.period or re.search(r"支出进度|支出计划|用款计划", text):
            return ("schedule", "amount", "empty")
        if TARGET_WORDS.search(text):
            return ("target", "amount", "text", "empty")
        return ("amount", "target", "empty")

    def wanted(self, u: Understanding, *, text: str | None = None, kinds: tuple[str, ...] | None = None, **more: object) -> Wanted:
        weights = u.content_weights()
        shown = u.text
        if text is not None:
            shown, weights = _only(u, text, tail=u.operation.name != "ratio")
        shown = _blank(shown, (*u.naming.spans, *u.periods.spans))
        for counted in COUNT_ASKED.finditer(u.text):
            weights[counted.start() : counted.end()] = [0.0] * len(counted[0])
        bare = "".join(c for c, w in zip(shown, weights, strict=True) if w)
        if _BARE_BUDGET.match(bare) and u.asks == "figure" and (kinds or self.kinds(u))[0] != "change" and u.operation.name not in ("rank", "list", "count", "filter", "average"):
            shown = f"{'收入' if '收入' in bare else '支出'}总计"
            weights = [0.3] * len(shown)
        elif _BARE_BUDGET.match(bare) and (kinds or self.kinds(u))[0] == "change":
            shown = "预算收支总计支出预算"
            weights = [0.3] * len(shown)
        base = Wanted(
            shown, tuple(weights), kinds or self.kinds(u), phase=u.periods.phase, period=u.periods.period,
            as_of=u.periods.as_of, negated=u.periods.negated, hints=u.text, direction=u.operation.direction,
        )  # fmt: skip
        return replace(base, **more)  # type: ignore[arg-type]

    def asks(self, u: Understanding, parts: Sequence[str] | None = None, **more: object) -> list[_Ask]:
        """One for each item, office and year that the question names."""
        years: Sequence[int | None] = self._years(u) or (None,)
        out = []
        for part in parts or [None]:  # type: ignore[list-item]
            for scope in u.naming.scopes:
                for year in years:
                    out.append(_Ask(self.wanted(u, text=part, **more), self._level(u, scope), year))
        return out

    def _years(self, u: Understanding) -> tuple[int, ...]:
        """The fiscal years asked for; of several, one that belongs to a name (2024年电子政务外网运营维护费) is none."""
        years = u.periods.years
        if len(years) < 2:
            return years
        ids = [d for scope in u.naming.scopes for d in scope.documents][:24]
        named = {
            year
            for year in years
            for found in re.finditer(rf"{year}年[\u4e00-\u9fff]{{4}}", u.text)
            for document in self.lookup.shelf.documents([self.catalog.rows[d] for d in ids])
            if any(label.startswith(found[0]) for label in document.labels.texts)
        }
        return tuple(y for y in years if y not in named) or years

    def _level(self, u: Understanding, scope: Scope) -> Scope:
        """Of an office that publishes as 部门 and as 单位 the one that is asked for, 部门 when neither is said."""
        rows = [self.catalog.rows[d] for d in scope.documents]
        both = {r.agency for r in rows if r.level == "单位"} & {r.agency for r in rows if r.level == "部门"}
        if not both:
            return scope
        asked = "单位" if re.search(r"单位预算|单位决算|本单位|[（(]单位", u.text) else "部门"
        kept = tuple(r.id for r in rows if r.agency not in both or r.level in (asked, None))
        note = None if asked in u.text else f"该部门另有{'部门' if asked == '单位' else '单位'}预算文档，此处按{asked}预算回答"
        return replace(scope, documents=kept or scope.documents, note=scope.note or note)

    def find(self, ask: _Ask) -> Found:
        found = self.lookup.find(ask.wanted, ask.scope, self.catalog, ask.year)
        if found.settled:
            self._mendable = False
        return found

    # -- plain figures -----------------------------------------------------------

    def _figures(self, u: Understanding) -> Answer:
        if len(u.periods.phases) > 1 and len(u.periods.years) < 2 and (u.operation.each or len(_ASKED_EACH.findall(u.text)) > 1):
            pair = self._two_phases(u)
            if pair is not None:
                return self._each(u, [Found(matches=(m,)) for m in (pair[1], pair[0])])
            phases = u.periods.phases
            asks = [replace(a, wanted=replace(a.wanted, phase=p)) for p in phases for a in self.asks(u)]
        else:
            asks = self.asks(u)
        founds = [self.find(a) for a in asks]
        if len(founds) == 1:
            split = self.parts(u) if u.operation.each else None
            if split:
                each = [self.find(a) for a in self.asks(u, split)]
                if all(f.matches for f in each):
                    return self._each(u, each)
            if not founds[0].matches and (split := self.parts(u)):
                return self._each(u, [self.find(a) for a in self.asks(u, split)])
            return self._one(u, founds[0], asks[0])
        return self._each(u, founds)

    def parts(self, u: Understanding) -> list[str] | None:
        """The several items that a question joins (水费加电费), None when it joins none."""
        splitter = _SPLIT_COMPARED if u.operation.name in ("difference", "compare", "change") else _SPLIT
        pieces = [p for p in splitter.split(u.text) if p and p.strip()]
        named = [p for p in pieces if any(w >= 0.3 for w in _only(u, p)[1]) and not _BARE_BUDGET.match(_content(u, p))]
        return named if len(named) >= 2 else None

    def _one(self, u: Understanding, found: Found, ask: _Ask) -> Answer:
        if u.asks in ("exists", "situation"):
            noted = self._empty_table(u, ask)
            if noted is not None:
                return noted
        if not found.matches:
            if not found.settled:
                noted = self._empty_table(u, ask)
                if noted is not None:
                    return noted
            return not_found(u.text, self._missing(found, ask), self.catalog, u, found)
        if found.rivals:
            found = self._disagreeing(found)
        if found.rivals:
            return clarify(u, found, self.catalog)
        top = found.matches[0]
        if top.fact.kind == "empty" and top.fact.source.row is not None:
            noted = self._empty_table(u, ask, better_than=top)
            if noted is not None:
                return noted
            note = next((f for f in top.document.block_facts(top.fact.source.block_id) if f.kind == "empty" and f.source.row is None), None)
            if note is not None:
                return self._tell(u, replace(found, matches=(replace(top, fact=note),)))
        if u.operation.name == "lookup" and (top.precision < 0.6 or top.fact.kind == "empty"):
            noted = self._empty_table(u, ask, better_than=top)
            if noted is not None:
                return noted
        return self._tell(u, found)

    def _disagreeing(self, found: Found) -> Found:
        """One thing that a document states twice with a hair's difference: the figure that stands in more places, the other in a note."""
        first = found.matches[0]
        value = first.fact.value
        if value is None or not all(
            r.document is first.document and r.fact.value is not None and abs(r.fact.value - value) <= abs(value) / 1000 and r.fact.subject == first.fact.subject
            for r in found.rivals
        ):
            return found
        groups = [list(found.matches), *([r] for r in found.rivals)]
        everywhere = [s.fact for s in first.document.facts if s.fact.subject == first.fact.subject and s.fact.kind == first.fact.kind]
        best = max(groups, key=lambda g: sum(same_figure(f, g[0].fact) for f in everywhere))
        others = [g[0] for g in groups if g is not best]
        note = "文档内该数不一致：" + "；".join(f"{m.fact.table or '正文'}为 {said(m.fact)}" for m in (best[0], *others))
        return replace(found, matches=tuple(best), rivals=(), scope=replace(found.scope, note=note))

    def _missing(self, found: Found, ask: _Ask) -> str:
        return found.missing or "没有找到相符的内容"

    def _tell(self, u: Understanding, found: Found) -> Answer:
        """One figure (or filled-in text, or blank) with its places."""
        top = found.matches[0]
        fact = top.fact
        self._covered = top.content
        cited = Citations()
        numbers = [cited.add(m) for m in _places(found.matches)]
        notes = self._notes(u, found)
        head = f"{who(top.document.row)} {when(fact, top.document.row)} {subject(fact)}"
        if fact.kind == "empty":
            if fact.source.row is None:
                return Answer(u.text, "answered", f"{head}：{fact.printed}", citations=tuple(cited.all), notes=tuple(notes))
            text = f"{head}：表中该格为空，未填列（空白不等于 0）。"
            return Answer(u.text, "not_found", text, citations=tuple(cited.all), notes=tuple(notes))
        if fact.kind == "text" or fact.value is None:
            verb = "：" if len(fact.printed) > 12 else "为 "
            text = f"{head}{verb}{fact.printed}"
            values = () if fact.kind == "text" else (value_of(top, numbers),)
            return Answer(u.text, "answered", text, values, citations=tuple(cited.all), notes=tuple(notes))
        unit = u.periods.unit
        named_direction = bool(u.operation.direction) and fact.kind == "change"
        value = value_of(top, numbers, unit, magnitude=named_direction and _same_direction(u, fact))
        calculation = None
        shown = said(fact, unit)
        if unit and unit != fact.unit and fact.unit in MONEY and fact.value is not None:
            ratio = MONEY[fact.unit] / MONEY[unit]
            step = f"× {plain(ratio)}" if ratio >= 1 else f"÷ {plain(1 / ratio)}"
            expression = f"{plain(fact.value)}{fact.unit} {step.replace('E+', 'e')}"
            calculation = Calculation("convert", expression, (numbers[0],), value.value or "", unit)
            notes.append(f"单位由{fact.unit}换算为{unit}")
        if not fact.unit and fact.comparison is None:
            notes.append("文档未注明该数的单位")
        if fact.kind == "change":
            word = "减少" if (fact.value or 0) < 0 else "增加"
            text = f"{who(top.document.row)} {when(fact, top.document.row)} {_without_direction(subject(fact))}{word} {value.value.lstrip('-') if value.value else ''}{value.unit}。"
            text += f"原文：{fact.source.quote}" if fact.source.quote else ""
        else:
            text = f"{head}为 {shown}{both_units(fact.value, fact.unit) if unit is None and fact.value is not None else ''}。"
        if u.claim is not None:
            text, notes = self._against_claim(u, fact, text, notes)
        if u.asks == "exists":
            text = f"{'有' if fact.value else '金额为 0'}。{text}"
        return Answer(u.text, "answered", text, (value,), calculation, tuple(cited.all), notes=tuple(notes), confidence=round(found.score, 3))

    def _against_claim(self, u: Understanding, fact: Fact, text: str, notes: list[str]) -> tuple[str, list[str]]:
        assert u.claim is not None
        claimed, unit = u.claim
        agrees = same_figure(fact, replace(fact, value=claimed, unit=unit, comparison=fact.comparison))
        if agrees:
            return f"说法相符。{text}", notes
        return f"与所说不符：{text}", [f"问题中提到的金额与文档不符，文档为 {said(fact)}", *notes]

    def _notes(self, u: Understanding, found: Found) -> list[str]:
        top = found.matches[0]
        row = top.document.row
        notes = []
        if found.scope.note:
            notes.append(found.scope.note)
        if not u.periods.years and row.fiscal_year:
            notes.append(f"年度未指明，按{top.fact.fiscal_year or row.fiscal_year}年")
        if u.periods.relative and row.fiscal_year:
            notes.append(f"“{u.periods.relative}”按文档年度{row.fiscal_year}年理解")
        names = list(dict.fromkeys(m.fact.project for m in found.matches if m.fact.project and m.document is top.document))
        if len(names) > 1:
            notes.append("同一数字在文档中名称不一致：" + "；".join(names))
        if top.fact.approximate:
            notes.append("原文为约数")
        notes += [f"{f['message']}" for f in self.lookup.store.findings(row.id) if set(f.get("facts", ())) & {m.fact.id for m in found.matches}][:2]
        return notes

    def _empty_table(self, u: Understanding, ask: _Ask, better_than: Match | None = None) -> Answer | None:
        """A table that stands empty with a note answers by its note."""
        scope = of_year(ask.scope, ask.year, self.catalog)
        if scope.missing or not scope.documents:
            return None
        wanted = replace(ask.wanted, kinds=("empty",))
        notes = [m for m in match(wanted, self.lookup.documents(scope, wanted, self.catalog)) if m.fact.source.row is None and m.holds]
        margin = 0.02 if better_than is not None and better_than.fact.kind != "empty" else -0.001
        if not notes or (better_than is not None and notes[0].coverage <= better_than.coverage + margin):
            return None
        return self._tell(u, Found(matches=(notes[0],), scope=scope))

    def _each(self, u: Understanding, founds: Sequence[Found]) -> Answer:
        """Several figures side by side."""
        cited = Citations()
        values, lines, notes, missing = [], [], [], []
        for found in founds:
            if not found.matches:
                missing.append(self._scope_words(found))
                continue
            if found.rivals:
                return clarify(u, found, self.catalog)
            numbers = [cited.add(m) for m in _places(found.matches)]
            values.append(value_of(found.matches[0], numbers, u.periods.unit))
            lines.append(f"{label(found.matches[0])}为 {said(found.fact, u.periods.unit)}")
        if not values:
            return not_found(u.text, "；".join(missing) or "没有找到相符的内容", self.catalog, u, founds[0] if founds else None)
        if missing:
            notes.append("未找到：" + "；".join(missing))
        return Answer(u.text, "answered", "；\n".join(lines) + "。", tuple(values), None, tuple(cited.all), notes=tuple(notes))

    def _scope_words(self, found: Found) -> str:
        year = f"{found.year}年" if found.year else ""
        return f"{found.scope.name}{year}：{found.missing or '没有相符的内容'}"

    # -- computed figures ----------------------------------------------------------

    def _gather(self, u: Understanding, parts: Sequence[str] | None = None, **more: object) -> list[Found] | Answer:
        """The figures that a computation needs; an answer instead when one is missing or open."""
        founds = [self.find(a) for a in self.asks(u, parts, **more)]
        for found in founds:
            if found.rivals:
                return clarify(u, found, self.catalog)
            if not found.matches or found.fact.value is None:
                return not_found(u.text, f"{self._scope_words(found)}，无法计算。", self.catalog, u, found)
        return founds

    def _sum(self, u: Understanding) -> Answer | None:
        several = len(u.naming.scopes) > 1 or len(u.periods.years) > 1
        parts = self._exact_parts(u) if not several else None
        if not several and not u.operation.joined and not parts:
            single = self.find(self.asks(u)[0])
            if not self._names_collection(u):
                if single.matches and not single.rivals and (single.matches[0].precision >= 0.5 or single.matches[0].content >= 1.0):
                    return None
                if single.missing and single.nearest is not None and single.nearest.holds:
                    return not_found(u.text, single.missing, self.catalog, u, single)
        whole = self._stated_total(u)
        if whole is not None:
            return whole
        parts = parts or self.parts(u)
        if parts or several:
            founds = self._gather(u, parts)
            if isinstance(founds, Answer):
                return founds if parts or several else None
            return self._total(u, [f.matches[0] for f in founds])
        if not self._names_collection(u):
            return None
        collection = self._collection(u)
        return self._total(u, list(collection.members), collection) if collection is not None else None

    def _exact_parts(self, u: Understanding) -> list[str] | None:
        """Items joined by 和 or 、 when the documents name each of them just so, and nothing names them together."""
        parts = self.parts(u)
        if not parts:
            return None
        together = self.find(self.asks(u)[0])
        if together.matches and together.matches[0].precision >= 0.9:
            return None
        each = [self.find(a) for a in self.asks(u, parts)]
        return parts if all(f.matches and not f.rivals and f.matches[0].precision >= 0.8 for f in each) else None

    def _stated_total(self, u: Understanding) -> Answer | None:
        """A total that the table itself prints is looked up, not added up: 三公、会议、培训…合计."""
        if not re.search(r"表里|表中|合计数|总计数", u.text):
            return None
        found = self.find(self.asks(u)[0])
        return self._tell(u, found) if found.matches and not found.rivals else None

    def _names_collection(self, u: Understanding) -> bool:
        return bool(u.operation.counted) or bool(_SET.search(u.text))

    def _by_owner(self, u: Understanding) -> Answer | None:
        """One figure of each office (各部门…, 哪个部门…最高) or of each year (哪一年…最高); None when the question asks no such thing."""
        office, year = _OFFICES.search(u.text), _YEARS.search(u.text)
        if not (office or year) or len(u.naming.scopes) != 1 or u.asks == "prose":
            return None
        ask = self.asks(u)[0]
        rows = [self.catalog.rows[d] for d in of_year(ask.scope, ask.year, self.catalog).documents]
        owners: dict[object, list[str]] = {}
        for row in rows:
            owners.setdefault(row.agency if office else row.fiscal_year, []).append(row.id)
        owners.pop(None, None)
        if len(owners) < 2 or of_year(ask.scope, ask.year, self.catalog).missing:
            return None
        blanked = (office or year).span()  # type: ignore[union-attr]
        weights = tuple(0.0 if blanked[0] <= i < blanked[1] else w for i, w in enumerate(ask.wanted.weights))
        text = ask.wanted.text if len(ask.wanted.text) != len(u.text) else ask.wanted.text[: blanked[0]] + " " * (blanked[1] - blanked[0]) + ask.wanted.text[blanked[1] :]
        wanted = replace(ask.wanted, text=text, weights=weights[: len(text)])
        found = {owner: self.lookup.find(wanted, Scope(tuple(ids), str(owner), named=True), self.catalog, ask.year) for owner, ids in owners.items()}
        members = [f.matches[0] for f in found.values() if f.matches and not f.rivals and f.fact.value is not None]
        if not members:
            return None
        missing = [str(owner) for owner, f in found.items() if not f.matches or f.rivals or f.fact.value is None]
        collection = Collection("部门" if office else "年度", tuple(members))
        notes = (f"没有可比数字的：{'、'.join(missing)}",) if missing else ()
        if u.operation.name in ("rank", "compare"):
            if u.operation.name == "compare":
                u = replace(u, operation=replace(u.operation, name="rank", descending=u.operation.direction != "down"))
            answer = self._ranked(u, collection)
            return replace(answer, notes=(*answer.notes, *notes))
        if u.operation.name == "sum":
            answer = self._total(u, members, collection)
            return replace(answer, notes=(*answer.notes, *notes))
        return self._each(u, [f for f in found.values() if f.matches or f.missing])

    def _collection(self, u: Understanding) -> Collection | None:
        if len(u.naming.scopes) != 1:
            return None
        ask = self.asks(u)[0]
        scope = of_year(ask.scope, ask.year, self.catalog)
        if scope.missing or self.lookup.lacks_phase(scope, ask.wanted, self.catalog):
            return None
        return collections_of.find(u, ask.wanted, self.lookup.documents(scope, ask.wanted, self.catalog))

    def _total(self, u: Understanding, matches: list[Match], collection: Collection | None = None) -> Answer:
        cited = Citations()
        numbers = [cited.add(m) for m in matches]
        try:
            computed = calculate.total([m.fact for m in matches])
        except calculate.NotComparable as error:
            return Answer(u.text, "clarify", f"{error}。请分别查询。", citations=tuple(cited.all))
        funds = {m.fact.fund for m in matches if m.fact.fund}
        notes = [f"跨资金性质相加：{'、'.join(sorted(funds))}"] if len(funds) > 1 else []
        if collection is not None:
            notes.append(f"按 {len(matches)} 个{collection.name}相加：" + "、".join(collection.call(m) for m in matches))
        if u.operation.counted and collection is not None and u.operation.counted != len(matches):
            notes.append(f"问题提到 {u.operation.counted} 个，文档中有 {len(matches)} 个")
        calculation = Calculation("sum", computed.expression, tuple(numbers), plain(computed.value), computed.unit)
        first, calculation = self._in_asked_unit(u, Value("合计", plain(computed.value), computed.unit, tuple(numbers)), calculation)
        text = f"合计 {first.value}{first.unit}{both_units(Decimal(first.value or 0), first.unit)}：\n" + "\n".join(
            f"{label(m)} {said(m.fact)}" for m in matches
        )
        text += f"\n计算：{calculation.expression} = {calculation.result}{calculation.unit}"
        values = (first, *(value_of(m, [n]) for m, n in zip(matches, numbers, strict=True)))
        return Answer(u.text, "answered", text, values, calculation, tuple(cited.all), notes=tuple(notes))

    def _in_asked_unit(self, u: Understanding, value: Value, calculation: Calculation) -> tuple[Value, Calculation]:
        unit = u.periods.unit
        if not unit or unit == value.unit or value.unit not in MONEY or value.value is None:
            return value, calculation
        moved = plain(convert(Decimal(value.value), value.unit, unit))
        expression = f"{calculation.expression} = {calculation.result}{calculation.unit}"
        return replace(value, value=moved, unit=unit), replace(calculation, expression=expression, result=moved, unit=unit)

    def _ratio(self, u: Understanding) -> Answer | None:
        sides = []
        for words in (u.operation.part or "", u.operation.whole or ""):
            side = self._side(u, words)
            if isinstance(side, Answer):
                return (self._shares(u) if side.status == "not_found" else None) or side
            sides.append(side)
        part, whole = _side_by_side(*sides)
        cited = Citations()
        numbers = [cited.add(m) for m in (*part, *whole)]
        try:
            a, b = calculate.total([m.fact for m in part]), calculate.total([m.fact for m in whole])
            computed = calculate.share(_summed(part[0].fact, a), _summed(whole[0].fact, b))
        except calculate.NotComparable as error:
            return Answer(u.text, "not_found", f"{error}。", citations=tuple(cited.all))
        calculation = Calculation("ratio", computed.expression, tuple(numbers), plain(computed.value), "%")
        called = [f"{len(side)} 项合计" if len(side) > 1 else subject(side[0].fact) for side in (part, whole)]
        text = (
            f"{who(part[0].document.row)} {when(part[0].fact, part[0].document.row)} {called[0]} {plain(a.value)}{a.unit}，"
            f"占 {called[1]} {plain(b.value)}{b.unit} 的 {plain(computed.value)}%。\n计算：{computed.expression} = {plain(computed.value)}%"
        )
        sums = [
            value_of(side[0], [cited.add(side[0])]) if len(side) == 1 else Value(name, plain(c.value), c.unit, tuple(cited.add(m) for m in side))
            for side, name, c in zip((part, whole), called, (a, b), strict=True)
        ]
        notes = [f"{name}：" + "、".join(subject(m.fact) for m in side) for side, name in zip((part, whole), called, strict=True) if len(side) > 1]
        values = (Value("占比", plain(computed.value), "%", tuple(numbers)), *sums)
        return Answer(u.text, "answered", text, values, calculation, tuple(cited.all), notes=tuple(notes))

    def _side(self, u: Understanding, words: str) -> list[Match] | tuple[Match, ...] | Answer:
        """One side of a share: the places of a single figure (a tuple), or the members of a set to be added (a list)."""
        asks = self.asks(u, [words])
        if re.search(r"(?:全部|所有|各个?|总)?项目(?:的)?(?:预算|资金|经费|支出)?(?:总额|总和|之和|合计|总计|总数)|(?:全部|所有)(?:的)?项目", words):
            members: list[Match] = []
            for ask in asks:
                scope = of_year(ask.scope, ask.year, self.catalog)
                found = None if scope.missing else collections_of.projects(
                    ask.wanted, self.lookup.documents(scope, ask.wanted, self.catalog), u.operation.counted
                )
                if found is None:
                    return not_found(u.text, f"{ask.scope.name}没有相符的项目，无法计算。", self.catalog, u)
                members += found.members
            return members
        out: list[Match] = []
        for ask in asks:
            found_one = self.find(ask)
            if not found_one.matches or found_one.fact.value is None:
                return not_found(u.text, f"{words}：{found_one.missing or '没有找到'}，无法计算比例。", self.catalog, u, found_one)
            if found_one.rivals:
                return clarify(u, found_one, self.catalog)
            if len(asks) == 1:
                return found_one.matches
            out.append(found_one.matches[0])
        return out

    def _shares(self, u: Understanding) -> Answer | None:
        """A share that the document itself states."""
        found = self.find(self.asks(u, kinds=("amount", "change"))[0])
        if found.matches and found.fact.unit == "%" and not found.rivals:
            return self._tell(u, found)
        return None

    def _growth(self, u: Understanding) -> Answer | None:
        pair = self._two_years(u)
        if isinstance(pair, Answer):
            return pair
        if pair is not None:
            now, before = pair
            return self._grown(u, now, before, now.fact.value or Decimal(0), calculate.in_unit(before.fact, now.fact.unit))
        stated = self.find(self.asks(u, kinds=("change",))[0])
        if stated.matches and stated.fact.unit == "%" and not stated.rivals:
            return self._tell(u, stated)
        change = self._stated_change(u)
        current = self.find(replace(self.asks(u, kinds=("amount",))[0]))
        if change is None or not current.matches or current.fact.unit not in MONEY:
            return not_found(u.text, "文档中没有上年数或增减额，无法计算增长率。", self.catalog, u, current)
        now = current.matches[0]
        before_value = calculate.in_unit(now.fact, change.fact.unit) - (change.fact.value or Decimal(0))
        return self._grown(u, now, change, calculate.in_unit(now.fact, change.fact.unit), before_value)

    def _grown(self, u: Understanding, now: Match, before: Match, value: Decimal, earlier: Decimal) -> Answer:
        cited = Citations()
        numbers = [cited.add(now), cited.add(before)]
        try:
            computed = calculate.growth(value, earlier)
        except calculate.NotComparable as error:
            return Answer(u.text, "not_found", f"{error}。", citations=tuple(cited.all))
        shown = -computed.value if u.operation.direction == "down" and computed.value < 0 else computed.value
        word = "增长" if computed.value >= 0 else "下降"
        text = f"{label(now)}{word} {plain(abs(computed.value))}%。\n计算：{computed.expression} = {plain(computed.value)}%"
        calculation = Calculation("growth", computed.expression, tuple(numbers), plain(computed.value), "%")
        values = (Value(f"{label(now)} 增长率", plain(shown), "%", tuple(numbers)), value_of(now, [numbers[0]]), value_of(before, [numbers[1]]))
        return Answer(u.text, "answered", text, values, calculation, tuple(cited.all))

    def _two_years(self, u: Understanding) -> tuple[Match, Match] | Answer | None:
        """The figure of the later and of the earlier year, where the store holds both; None where it does not."""
        if len(u.naming.scopes) != 1:
            return None
        years = sorted(u.periods.years)
        scope = self.asks(u)[0].scope
        held = self.catalog.years(scope.documents)
        if len(years) < 2:
            latest = years[0] if years else (held[-1] if held else None)
            if latest is None:
                return None
            years = [latest - 1, latest]
        wanted = self.wanted(u, kinds=("amount", "empty"))
        if "执行" in u.periods.phases:
            wanted = replace(wanted, phase=None)
        found = [self.lookup.find(wanted, scope, self.catalog, y) for y in (years[-1], years[0])]
        if all(f.matches and f.fact.value is not None and not f.rivals for f in found):
            later = found[0].matches[0]
            return later, _like(later, found[1].matches)
        return next((clarify(u, f, self.catalog) for f in found if f.rivals), None) if all(f.matches for f in found) else None

    def _stated_change(self, u: Understanding) -> Match | None:
        """A change that the text states: 较2024年预算增加21.20万元."""
        ask = self.asks(u, kinds=("change",))[0]
        years = u.periods.years
        year = max(years) if years else None
        found = self.lookup.find(ask.wanted, ask.scope, self.catalog, year)
        fitting = [m for m in found.matches if m.fact.unit != "%" and (len(years) < 2 or m.fact.base_year in (None, min(years)))]
        return fitting[0] if fitting else None

    def _change(self, u: Understanding) -> Answer | None:
        if len(u.periods.phases) > 1 and len(u.periods.years) < 2 and not u.periods.relative:
            phases = self._two_phases(u)
            if phases is not None:
                return self._differs(u, *phases, sides_first=False)
        pair = self._two_years(u)
        percent_asked = bool(re.search(r"百分|%|幅", u.text))
        if isinstance(pair, tuple) and not percent_asked:
            return self._differs(u, pair[0], pair[1], sides_first=bool(u.operation.each or len(_ASKED_EACH.findall(u.text)) > 1))
        change = self._stated_change(u)
        if change is not None:
            return self._tell(u, Found(matches=(change,), scope=self.asks(u)[0].scope))
        return pair if isinstance(pair, Answer) else None

    def _difference(self, u: Understanding) -> Answer | None:
        if len(u.periods.years) == 2 and len(u.naming.scopes) == 1:
            pair = self._two_years(u)
            if isinstance(pair, Answer):
                return pair
            if pair is not None:
                return self._differs(u, pair[0], pair[1], sides_first=True)
        if len(u.periods.phases) > 1 and len(u.periods.years) < 2:
            pair = self._two_phases(u)
            if pair is not None:
                return self._differs(u, *pair, sides_first=True)
        parts = None if len(u.naming.scopes) > 1 else self.parts(u)
        founds = self._gather(u, parts)
        if isinstance(founds, Answer):
            return founds
        if len(founds) < 2:
            change = self._stated_change(u)
            return self._tell(u, Found(matches=(change,))) if change else None
        first, second = founds[0].matches[0], _like(founds[0].matches[0], founds[1].matches)
        return self._differs(u, first, second, sides_first=True, compare=True)

    def _two_phases(self, u: Understanding) -> tuple[Match, Match] | None:
        """决算 and 年初预算 of one thing, from one table or paragraph where both stand there."""
        ask = self.asks(u)[0]
        final_phase = next((p for p in u.periods.phases if p in ("决算", "执行")), "决算")
        first_phase = next((p for p in u.periods.phases if p not in ("决算", "执行")), "年初预算")
        budget, final = (self.find(replace(ask, wanted=replace(ask.wanted, phase=p))) for p in (first_phase, final_phase))
        if not budget.matches or not final.matches:
            return None
        near = {m.fact.source.block_id: m for m in (*final.matches, *final.rivals)}
        first = next((m for m in budget.matches if m.fact.source.block_id in near), budget.matches[0])
        beside = match(replace(ask.wanted, phase=final_phase), [first.document], 200)
        same = [m for m in beside if m.fact.source.block_id == first.fact.source.block_id and m.fact.phase == final_phase and m.fact.unit in MONEY and m.holds]
        second = near.get(first.fact.source.block_id) or (same[0] if same else final.matches[0])
        return (second, first) if first.fact.value is not None and second.fact.value is not None else None

    def _differs(self, u: Understanding, later: Match, earlier: Match, *, sides_first: bool, compare: bool = False) -> Answer:
        cited = Citations()
        order = [later, earlier] if compare else [earlier, later]
        numbers = {id(m): cited.add(m) for m in order}
        try:
            computed = calculate.difference(later.fact, earlier.fact)
        except calculate.NotComparable as error:
            return Answer(u.text, "clarify", f"{error}。请分别查询。", citations=tuple(cited.all))
        names_direction = u.operation.direction == ("down" if computed.value < 0 else "up")
        amount = abs(computed.value) if compare or names_direction or u.operation.name in ("difference", "compare") else computed.value
        used = tuple(numbers.values())
        stated = None if compare else self._stated_change(u)
        if stated is not None and abs(calculate.in_unit(stated.fact, computed.unit)) == abs(computed.value):
            cited.add(stated)
        calculation = Calculation("difference", computed.expression, used, plain(computed.value), computed.unit)
        delta, calculation = self._in_asked_unit(u, Value("差额", plain(amount), computed.unit, used), calculation)
        sides = [value_of(m, [numbers[id(m)]], u.periods.unit) for m in order]
        more, less = (later, earlier) if computed.value >= 0 else (earlier, later)
        shown = "；\n".join(f"{label(m)}为 {said(m.fact, u.periods.unit)}" for m in order)
        size = f"{plain(abs(Decimal(delta.value or 0)))}{delta.unit}"
        if computed.value == 0:
            verdict = "两者相同"
        elif compare:
            verdict = f"{self._called(more, less)}更多，多 {size}"
        else:
            verdict = f"{'增加' if computed.value > 0 else '减少'} {size}"
        text = f"{shown}。\n{verdict}。\n计算：{calculation.expression} = {calculation.result}{calculation.unit}"
        values = (*sides, delta) if sides_first else (delta, *sides)
        return Answer(u.text, "answered", text, values, calculation, tuple(cited.all))

    def _called(self, more: Match, less: Match) -> str:
        a, b = more.document.row, less.document.row
        return who(a) if who(a) != who(b) else subject(more.fact)

    # -- collections -----------------------------------------------------------------

    def _rank(self, u: Understanding) -> Answer | None:
        collection = self._collection(u)
        if collection is None or len(collection.members) < 2:
            return None
        return self._ranked(u, collection)

    def _ranked(self, u: Understanding, collection: Collection) -> Answer:
        try:
            unit = calculate.common_unit([m.fact for m in collection.members])
        except calculate.NotComparable as error:
            return Answer(u.text, "clarify", f"{error}。请分别查询。")
        ordered = sorted(
            collection.members, key=lambda m: (calculate.in_unit(m.fact, unit) * (-1 if u.operation.descending else 1), m.fact.id)
        )
        chosen = ordered[u.operation.nth - 1 : u.operation.nth] if u.operation.nth else ordered[: u.operation.top]
        if not chosen:
            return not_found(u.text, f"只有 {len(ordered)} 个{collection.name}，没有第 {u.operation.nth} 名。", self.catalog, u)
        cited = Citations()
        numbers = [cited.add(m) for m in chosen]
        values = tuple(value_of(m, [n], u.periods.unit) for m, n in zip(chosen, numbers, strict=True))
        start = u.operation.nth or 1
        lines = [f"{i}. {collection.call(m)} {said(m.fact, u.periods.unit)}" for i, m in enumerate(chosen, start)]
        order = "从高到低" if u.operation.descending else "从低到高"
        text = f"{collection.name}共 {len(ordered)} 个，按金额{order}：\n" + "\n".join(lines)
        expression = (" > " if u.operation.descending else " < ").join(plain(calculate.in_unit(m.fact, unit)) for m in ordered[:20])
        calculation = Calculation("rank", expression, tuple(numbers), values[0].value or "", values[0].unit)
        return Answer(u.text, "answered", text, values, calculation, tuple(cited.all), notes=self._assumed(u, chosen[0]))

    def _assumed(self, u: Understanding, match_: Match) -> tuple[str, ...]:
        year = match_.fact.fiscal_year or match_.document.row.fiscal_year
        return () if u.periods.years or not year else (f"年度未指明，按{year}年",)

    def _collect(self, u: Understanding) -> Answer | None:
        collection = self._collection(u)
        if collection is None or not collection.members:
            return None
        members = list(collection.members)
        op = u.operation
        if op.condition:
            sign, value, unit = op.condition
            members = [m for m in members if collections_of.passes(m.fact, sign, value, unit)]
        cited = Citations()
        numbers = [cited.add(m) for m in members]
        lines = [f"{i}. {collection.call(m)} {said(m.fact)}" for i, m in enumerate(members, 1)]
        listed = tuple(value_of(m, [n]) for m, n in zip(members, numbers, strict=True))
        if op.name == "average" and members:
            try:
                computed = calculate.average([m.fact for m in members])
            except calculate.NotComparable as error:
                return Answer(u.text, "clarify", f"{error}。请分别查询。")
            calculation = Calculation("average", computed.expression, tuple(numbers), plain(computed.value), computed.unit)
            text = f"{len(members)} 个{collection.name}平均 {plain(computed.value)}{computed.unit}。\n计算：{computed.expression}\n" + "\n".join(lines)
            values: tuple[Value, ...] = (Value("平均", plain(computed.value), computed.unit, tuple(numbers)), *listed)
        elif op.name == "count":
            calculation = Calculation("count", f"共 {len(members)} 个", tuple(numbers), str(len(members)), "个")
            text = f"共 {len(members)} 个{collection.name}：\n" + "\n".join(lines)
            values = (Value(f"{collection.name}数量", str(len(members)), "个", tuple(numbers)),)
        else:
            calculation = None
            text = f"{collection.name} {len(members)} 个：\n" + "\n".join(lines) if members else f"没有符合条件的{collection.name}。"
            values = listed
        return Answer(u.text, "answered", text, values, calculation, tuple(cited.all), notes=self._assumed(u, members[0]) if members else ())

    # -- prose ------------------------------------------------------------------------

    def _prose(self, u: Understanding) -> Answer | None:
        scope = self.asks(u)[0].scope if u.naming.scopes else Scope(())
        years = u.periods.years
        dated = of_year(scope, years[0] if len(years) == 1 else None, self.catalog)
        if dated.missing:
            return not_found(u.text, dated.missing + "。", self.catalog, u)
        focus = "".join(
            c if not any(s <= i < e for s, e in (*u.naming.spans, *u.periods.spans)) else " " for i, c in enumerate(u.text)
        )
        result = self.prose.answer(u.text, dated.documents, re.sub(r"\s+", " ", focus).strip(" 的?？"), self.catalog)
        if result is None:
            return None
        text, cited, confidence, notes = result
        return Answer(u.text, "answered", text, citations=tuple(cited), notes=tuple(notes), route="retrieval", confidence=confidence)


def _only(u: Understanding, words: str, tail: bool = False) -> tuple[str, list[float]]:
    """The question with only ``words`` left of it, and the weights of what is left; same length.

    With ``tail`` the closing words that all items share stay too: 甲、乙两个专项合计 asks for 甲…专项合计 and 乙专项合计.
    """
    at = u.text.find(words)
    weights = u.content_weights()
    if at < 0:
        return u.text, weights
    end = at + len(words)
    shared = max((i + 1 for i, w in enumerate(weights) if w >= 1.0), default=len(weights)) if tail else len(weights)
    kept = [at <= i < end or i >= max(shared, end) for i in range(len(weights))]
    text = "".join(c if k else " " for c, k in zip(u.text, kept, strict=True))
    return text, [w if k else 0.0 for w, k in zip(weights, kept, strict=True)]


def _blank(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """Stretches that only say where and when do not name figures, not even together with a neighbour."""
    for start, end in spans:
        text = text[:start] + " " * (min(end, len(text)) - start) + text[end:] if start < len(text) else text
    return text


def _content(u: Understanding, words: str) -> str:
    text, weights = _only(u, words)
    return "".join(c for c, w in zip(text, weights, strict=True) if w)


def _places(matches: Sequence[Match]) -> list[Match]:
    """Where a figure stands, the best place first, one for each table or paragraph, three at most."""
    out: list[Match] = []
    for m in matches:
        if all(m.fact.source.block_id != o.fact.source.block_id for o in out):
            out.append(m)
    return out[:3]


def _like(model: Match, matches: Sequence[Match]) -> Match:
    """Of places that agree the one that stands in the same table as the model does."""
    return next((m for m in matches if m.fact.table == model.fact.table), matches[0])


def _side_by_side(part: Sequence[Match], whole: Sequence[Match]) -> tuple[list[Match], list[Match]]:
    """The members of both sides; of a single figure's places (a tuple) those that stand in one table with the other side."""
    if isinstance(part, tuple) and isinstance(whole, tuple):
        pairs = [(a, b) for a in part for b in whole if a.fact.source.block_id == b.fact.source.block_id]
        if pairs:
            a, b = min(pairs, key=lambda p: p[0].fact.source.row is None)
            return [a], [b]
    return (
        [part[0]] if isinstance(part, tuple) else list(part),
        [whole[0]] if isinstance(whole, tuple) else list(whole),
    )


def _summed(model: Fact, computed: calculate.Computed) -> Fact:
    return replace(model, value=computed.value, unit=computed.unit)


def _same_direction(u: Understanding, fact: Fact) -> bool:
    return (u.operation.direction == "down") == ((fact.value or 0) < 0)


def _without_direction(words: str) -> str:
    return re.sub(r"(?:增加|减少|增长|下降|上升|降低|提高)了?$", "", words)
