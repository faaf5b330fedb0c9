"""Answers over sets of figures: sums, ranks, lists and counts, over projects, rows, offices and years."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant import calculate, collections_of, ranked_changes
from assistant.citing import Citations, label, owner, said, value_of, when
from assistant.collections_of import Collection
from assistant.computing import Computer
from assistant.finding import BARE_BUDGET, Ask
from assistant.lookup import Found, same_figure
from assistant.matching import Match
from assistant.parts import of_kind, said_parts
from assistant.records import Answer, Calculation, Value
from assistant.refusal import not_found
from assistant.understanding import Understanding
from assistant.understanding.operations import SUMMED
from assistant.understanding.scope import Scope, of_year
from index.amounts import plain

MOST_GROUPED = 500
"""Documents that are read for one question; each takes some ten milliseconds."""
MOST_NAMED = 10
_SET = re.compile(
    r"项目(?:的)?(?:预算|经费|资金|金额)*(?:数|额)?(?:一共|总共|合计|加|总和|总额|之和|共|总计)|(?:所有|全部|各个?)[^，。]{0,8}(?:项目|专项|科目|类|款)|各(?:类|款|项)"
)
_OFFICES = re.compile(
    r"(?:(?:这|那)?[两三四五六七八九十\d]+[个家](?:县区|区县|部门|单位|街道|县|区|市)(?!级))|(?:各个?|哪个|哪些|哪家|所有|全部|每个)(?:部门|单位|街道|区县|县区|地区|区|县|市)|(?:部门|单位)(?:里|中|当中)?谁的?|谁的"
)
_KIND = re.compile(
    r"(?:下属|所属)?(?:学校|单位)?[里中]?[^，,]{0,8}?哪(?:一)?(?:个|家|所|几[个家所])"
    r"(学校|中学|小学|幼儿园|医院|林场|中心|[站所馆院园场校])"
)
_YEARS = re.compile(r"(?:哪一?年|各年度?|每年|历年|逐年)")


_ALL_UNITS = re.compile(
    r"(?:\d+|[两二三四五六七八九十]+)?(?:个|家)?(?:预算|下属|所属)*单位(?:里面?|中|之中|当中)|含下属单位"
    r"|(?:本级)?和下属单位中?"
)


class Grouper(Computer):
    """Finds the set of figures that a question speaks of and works over it."""

    def _sum(self, u: Understanding) -> Answer | None:
        several = len(u.naming.scopes) > 1 or len(u.periods.years) > 1
        quarters = self._collection(u) if collections_of.QUARTERS.search(u.text) else None
        if quarters is not None:
            return self._total(u, list(quarters.members), quarters)
        if several and u.operation.each and re.search(r"(?:合计|总计)数?(?:分别|各)", u.text):
            return None
        parts = self._exact_parts(u) if not several else None
        if not several and not u.operation.joined and not parts:
            single = self.find(self.asks(u)[0])
            if not self._names_collection(u):
                several_named = self._separate(u, single)
                if single.matches and not single.rivals:
                    top = single.matches[0]
                    if not several_named and (top.precision >= 0.5 or top.content >= 1.0):
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
        if together.matches and together.matches[0].precision >= 0.9 and _all_said(together.matches[0]):
            return None
        each = [self.find(a) for a in self.asks(u, parts)]
        return parts if all(f.matches and not f.rivals and f.matches[0].precision >= 0.8 for f in each) else None

    def _separate(self, u: Understanding, single: Found) -> bool:
        """Whether the items that a question joins are found each on its own, and are not all one figure (a name with 、 in it)."""
        parts = self.parts(u)
        each = [self.find(a) for a in self.asks(u, parts)] if parts else []
        if not each or not all(f.matches for f in each):
            return False
        return not single.matches or not all(same_figure(f.fact, single.fact) for f in each)

    def _all_projects(self, u: Understanding) -> Answer | None:
        """The sum of an office's projects, where a question names nothing but them."""
        collection = self._collection(u)
        if collection is None or collection.name != "项目" or len(collection.members) < 2:
            return None
        return self._total(u, list(collection.members), collection)

    def _stated_total(self, u: Understanding) -> Answer | None:
        """A total that the table itself prints is looked up, not added up: 三公、会议、培训…合计."""
        if not re.search(r"表里|表中|合计数|总计数", u.text):
            return None
        found = self.find(self.asks(u)[0])
        return self._tell(u, found) if found.matches and not found.rivals else None

    def _names_collection(self, u: Understanding) -> bool:
        return bool(u.operation.counted) or bool(_SET.search(u.text))

    def _apart(self, u: Understanding) -> Answer | None:
        """Two things compared: single figures, or the sums of two offices' projects (两地项目预算总额哪个多)."""
        if len(u.naming.scopes) != 2 or not self._names_collection(u):
            return self._difference(u)
        cited, sums, values = Citations(), [], []
        for ask in self.asks(u):
            scope = of_year(ask.scope, ask.year, self.catalog)
            documents = self.lookup.documents(scope, ask.wanted, self.catalog)
            members = None if scope.missing else collections_of.projects(ask.wanted, documents, u.operation.counted)
            if members is None:
                return self._difference(u)
            numbers = tuple(cited.add(m) for m in members.members)
            try:
                computed = calculate.total([m.fact for m in members.members])
            except calculate.NotComparable as error:
                return Answer(u.text, "clarify", f"{error}。请分别查询。")
            first = members.members[0]
            label = (
                f"{owner(first)} {when(first.fact, first.document.row)} {len(members.members)} 个项目合计"
            )
            sums.append(replace(first.fact, value=computed.value, unit=computed.unit))
            values.append(Value(label, plain(computed.value), computed.unit, numbers))
        apart = calculate.difference(sums[0], sums[1])
        more = values[0] if apart.value >= 0 else values[1]
        used = tuple(n for value in values for n in value.citations)
        calculation = Calculation("difference", apart.expression, used, plain(apart.value), apart.unit)
        delta = Value("差额", plain(abs(apart.value)), apart.unit, used)
        told = "；\n".join(f"{v.label} {v.value}{v.unit}" for v in values)
        text = f"{told}。\n{more.label}更多，多 {delta.value}{delta.unit}。\n计算：{apart.expression} = {calculation.result}{apart.unit}"
        return Answer(u.text, "answered", text, (*values, delta), calculation, tuple(cited.all))

    def _by_owner(self, u: Understanding) -> Answer | None:
        """One figure of each office (各部门…, 哪个部门…最高) or of each year (哪一年…最高); None when the question asks no such thing."""
        office, year = _OFFICES.search(u.text), _YEARS.search(u.text)
        if u.operation.by is not None:
            return None
        compared = u.operation.name in ("compare", "difference", "rank")
        if not (office or year or compared) or len(u.naming.scopes) != 1 or u.asks == "prose":
            return None
        ask = self.asks(replace(u, operation=replace(u.operation, name="lookup")))[0]
        rows = [self.catalog.rows[d] for d in of_year(ask.scope, ask.year, self.catalog).documents]
        owners: dict[object, list[str]] = {}
        for row in rows:
            owners.setdefault(row.agency if office else row.fiscal_year, []).append(row.id)
        owners.pop(None, None)
        if len(rows) == 1 and (units := self._units_asked(u, ask)):
            return self._by_unit(u, ask, *units)
        if not (office or year):
            return None
        if len(owners) < 2 or of_year(ask.scope, ask.year, self.catalog).missing:
            return None
        if len(rows) > MOST_GROUPED:
            return Answer(
                u.text,
                "clarify",
                f"问题涉及 {len(rows)} 份文档，一次最多逐份比较 {MOST_GROUPED} 份。请加上地区或年度，缩小范围后再问。",
            )
        blanked = (office or year).span()  # type: ignore[union-attr]
        weights = tuple(0.0 if blanked[0] <= i < blanked[1] else w for i, w in enumerate(ask.wanted.weights))
        text = (
            ask.wanted.text
            if len(ask.wanted.text) != len(u.text)
            else ask.wanted.text[: blanked[0]] + " " * (blanked[1] - blanked[0]) + ask.wanted.text[blanked[1] :]
        )
        wanted = replace(ask.wanted, text=text, weights=weights[: len(text)])
        found = {
            owner: self.lookup.find(wanted, Scope(tuple(ids), str(owner), named=True), self.catalog, ask.year)
            for owner, ids in owners.items()
        }
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

    def _units_asked(self, u: Understanding, ask: Ask) -> tuple[list[str], list[tuple[int, int]]] | None:
        """The units of the one document in question of which each is asked for, with the words that say so.

        All of them (哪个单位), those of a kind (哪个学校), or two and more that are named (妇幼保健院和疾控中心哪家).
        """
        row = self.catalog.rows[of_year(ask.scope, ask.year, self.catalog).documents[0]]
        units = self.lookup.shelf.documents([row])[0].units
        if not units:
            return None
        if office := _OFFICES.search(u.text):
            return sorted(units), [office.span()]
        if (kind := _KIND.search(u.text)) and (of := of_kind(kind[1], units)):
            return of, [kind.span()]
        said = sorted(said_parts(u.text, units, row.agency), key=lambda s: s[1])
        return ([unit for unit, _ in said], [span for _, span in said]) if len(said) > 1 else None

    def _by_unit(self, u: Understanding, ask: Ask, units: list[str], spans: list[tuple[int, int]]) -> Answer | None:
        """One figure of each of the units whose papers one document holds: 哪个单位的项目支出最少."""
        text = ask.wanted.text
        for start, end in (*spans, *u.operation.spans, *(m.span() for m in _ALL_UNITS.finditer(u.text))):
            text = text[:start] + " " * (end - start) + text[end:] if len(text) == len(u.text) else text
        weights = tuple(w if c.strip() else 0.0 for c, w in zip(text, ask.wanted.weights, strict=True))
        bare = "".join(c for c, w in zip(text, weights, strict=True) if w)
        if BARE_BUDGET.match(bare.replace("收入", "支出")):
            text = self._whole_budget(u, bare)
            weights = (0.3,) * len(text)
        wanted = replace(ask.wanted, text=text, weights=weights)
        members, missing = [], []
        asked = _blanked(u.text, spans)
        for unit in units:
            of_unit = replace(wanted, hints=f"{_ALL_UNITS.sub('', asked)} {unit}")
            found = self.lookup.find(of_unit, ask.scope, self.catalog, ask.year)
            if found.matches and not found.rivals and found.matches[0].part == unit and found.fact.value is not None:
                members.append(found.matches[0])
            else:
                missing.append(unit)
        if len(members) < 2 or len({(m.fact.table, m.fact.column_path) for m in members}) > 1:
            return None
        if u.operation.name in ("compare", "difference") and len(units) == 2:
            return self._differs(u, members[0], members[1], sides_first=True, compare=True)
        collection = Collection("单位", tuple(members))
        notes = (f"没有可比数字的：{'、'.join(missing)}",) if missing else ()
        if u.operation.name in ("rank", "compare"):
            down = not u.operation.descending or u.operation.direction == "down"
            u = replace(u, operation=replace(u.operation, name="rank", descending=not down))
            answer = self._ranked(u, collection)
        else:
            answer = self._each(u, [Found(matches=(m,)) for m in members])
        return replace(answer, notes=(*answer.notes, *notes))

    def _collection(self, u: Understanding) -> Collection | None:
        if len(u.naming.scopes) != 1:
            return None
        ask = self.asks(u)[0]
        scope = of_year(ask.scope, ask.year, self.catalog)
        if scope.missing or self.lookup.lacks_phase(scope, ask.wanted, self.catalog):
            return None
        documents = self.lookup.documents(scope, ask.wanted, self.catalog)
        if u.operation.by is not None:
            return ranked_changes.find(u, documents)
        return collections_of.find(u, ask.wanted, documents)

    def _rank(self, u: Understanding) -> Answer | None:
        collection = self._collection(u)
        if collection is None or len(collection.members) < 2:
            return self._projects_moved(u) if u.operation.by in ("up", "down") else None
        return self._ranked(u, collection)

    def _projects_moved(self, u: Understanding) -> Answer | None:
        """The projects that grew or shrank most against the year before, reckoned from the papers of both years."""
        if len(u.naming.scopes) != 1 or not re.search(r"项目(?!支出)|专项", u.text):
            return None
        ask = self.asks(u)[0]
        latest = max(self.catalog.years(ask.scope.documents), default=None)
        year = ask.year or latest
        if year is None:
            return None
        sets = []
        for of in (year, year - 1):
            documents = self.lookup.documents(of_year(ask.scope, of, self.catalog), ask.wanted, self.catalog)
            sets.append(collections_of.projects(ask.wanted, [d for d in documents if d.row.fiscal_year == of]))
        now, before = sets
        if now is None or before is None or len({owner(m) for c in (now, before) for m in c.members}) != 1:
            return None
        try:
            pairs, alone = ranked_changes.of_two_years(u.operation.by or "", now, before)
        except calculate.NotComparable as error:
            return Answer(u.text, "clarify", f"{error}。请分别查询。")
        if not pairs:
            return None
        cited = Citations()
        numbers = [(cited.add(m), cited.add(was)) for m, was in pairs[: u.operation.top]]
        word = "增加" if u.operation.by == "up" else "减少"
        values, lines = [], []
        for (m, was), used in zip(pairs, numbers, strict=False):
            apart = calculate.difference(m.fact, was.fact)
            values.append(Value(f"{label(m)} 比{year - 1}年{word}", plain(abs(apart.value)), apart.unit, used))
            values += [value_of(m, used[:1]), value_of(was, used[1:])]
            lines.append(f"{m.fact.project} {word} {plain(abs(apart.value))}{apart.unit}（{said(was.fact)} → {said(m.fact)}）")
        first = calculate.difference(pairs[0][0].fact, pairs[0][1].fact)
        calculation = Calculation("rank", first.expression, numbers[0], plain(abs(first.value)), first.unit)
        text = f"{year}年比{year - 1}年{word}的同名项目共 {len(pairs)} 个，按{word}额从高到低：\n" + "\n".join(
            f"{i}. {line}" for i, line in enumerate(lines, 1)
        )
        more = f"等 {len(alone)} 个" if len(alone) > MOST_NAMED else ""
        notes = (f"只在一年列出、没有比较的项目：{'、'.join(alone[:MOST_NAMED])}{more}",) if alone else ()
        return Answer(
            u.text, "answered", text, tuple(values), calculation, tuple(cited.all), notes=(*self._assumed(u, pairs[0][0]), *notes)
        )

    def _ranked(self, u: Understanding, collection: Collection) -> Answer:
        try:
            unit = calculate.common_unit([m.fact for m in collection.members])
        except calculate.NotComparable as error:
            return Answer(u.text, "clarify", f"{error}。请分别查询。")
        ordered = sorted(
            collection.members,
            key=lambda m: (collection.size(m, unit) * (-1 if u.operation.descending else 1), m.fact.id),
        )
        chosen = ordered[u.operation.nth - 1 : u.operation.nth] if u.operation.nth else ordered[: u.operation.top]
        if not chosen:
            return not_found(
                u.text, f"只有 {len(ordered)} 个{collection.name}，没有第 {u.operation.nth} 名。", self.catalog, u
            )
        cited = Citations()
        numbers = [cited.add(m) for m in chosen]
        values = tuple(
            value_of(m, [n], u.periods.unit, magnitude=collection.by != "金额") for m, n in zip(chosen, numbers, strict=True)
        )
        start = u.operation.nth or 1
        lines = [f"{i}. {collection.call(m)} {collection.tell(m, u.periods.unit)}" for i, m in enumerate(chosen, start)]
        order = "从高到低" if u.operation.descending else "从低到高"
        text = f"{collection.name}共 {len(ordered)} 个，按{collection.by}{order}：\n" + "\n".join(lines)
        expression = (" > " if u.operation.descending else " < ").join(
            plain(collection.size(m, unit)) for m in ordered[:20]
        )
        calculation = Calculation("rank", expression, tuple(numbers), values[0].value or "", values[0].unit)
        return Answer(
            u.text, "answered", text, values, calculation, tuple(cited.all), notes=self._assumed(u, chosen[0])
        )

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
        if op.name == "filter" and members and SUMMED.search(u.text):
            return self._total(u, members, replace(collection, members=tuple(members)))
        cited = Citations()
        numbers = [cited.add(m) for m in members]
        lines = [f"{i}. {collection.call(m)} {said(m.fact)}" for i, m in enumerate(members, 1)]
        listed = tuple(value_of(m, [n]) for m, n in zip(members, numbers, strict=True))
        if op.name == "average" and members:
            try:
                computed = calculate.average([m.fact for m in members])
            except calculate.NotComparable as error:
                return Answer(u.text, "clarify", f"{error}。请分别查询。")
            calculation = Calculation(
                "average", computed.expression, tuple(numbers), plain(computed.value), computed.unit
            )
            text = (
                f"{len(members)} 个{collection.name}平均 {plain(computed.value)}{computed.unit}。\n计算：{computed.expression}\n"
                + "\n".join(lines)
            )
            values: tuple[Value, ...] = (Value("平均", plain(computed.value), computed.unit, tuple(numbers)), *listed)
        elif op.name == "count":
            calculation = Calculation("count", f"共 {len(members)} 个", tuple(numbers), str(len(members)), "个")
            text = f"共 {len(members)} 个{collection.name}：\n" + "\n".join(lines)
            values = (Value(f"{collection.name}数量", str(len(members)), "个", tuple(numbers)),)
            if members and re.search(r"多少(?:钱|资金|[万亿]?元)|金额|资金(?:是|有|共)?多少", u.text):
                summed = self._total(u, members, collection)
                text = f"共 {len(members)} 个{collection.name}，{summed.text}"
                values, calculation = (*values, *summed.values[:1]), summed.calculation or calculation
        else:
            calculation = None
            text = (
                f"{collection.name} {len(members)} 个：\n" + "\n".join(lines)
                if members
                else f"没有符合条件的{collection.name}。"
            )
            values = listed
        return Answer(
            u.text,
            "answered",
            text,
            values,
            calculation,
            tuple(cited.all),
            notes=self._assumed(u, members[0]) if members else (),
        )


def _blanked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _all_said(m: Match) -> bool:
    """Whether one figure's own heads hold all that the question names, joined or not (商品和服务支出)."""
    return m.own >= 0.95
