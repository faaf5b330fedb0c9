"""Answers that are computed: shares, growth, changes and differences, with their steps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from assistant import calculate, collections_of
from assistant.citing import Citations, both_units, label, owner, said, subject, value_of, when, who
from assistant.collections_of import Collection
from assistant.finding import only_words, own_of
from assistant.lookup import Found
from assistant.matching import Match
from assistant.records import Answer, Calculation, Value
from assistant.refusal import clarify, not_found
from assistant.telling import ASKED_EACH, Teller
from assistant.understanding import Understanding
from assistant.understanding.periods import read_periods
from assistant.understanding.scope import of_year
from index.amounts import MONEY, convert, plain
from index.records import Fact

_EXECUTION_RATE = re.compile("(?:预算|支出|资金)?(?:执行|完成)(?:率|进度|比例)")
_EACH_OF = re.compile(r"(?:各自|各|分别)(?=占|$)")
_WHOLE = re.compile(r"总|合计|全部|收入|支出|项目")


class Computer(Teller):
    """Computes with figures and shows how."""

    def _gather(self, u: Understanding, parts: Sequence[str] | None = None) -> list[Found] | Answer:
        """The figures that a computation needs; an answer instead when one is missing or open."""
        founds = [self.find(a) for a in self.asks(u, parts)]
        for found in founds:
            if found.rivals:
                return clarify(u, found)
            if not found.matches or found.fact.value is None:
                return not_found(u.text, f"{self._scope_words(found)}，无法计算。", self.catalog, u, found)
        return founds

    def _total(self, u: Understanding, matches: list[Match], collection: Collection | None = None) -> Answer:
        matches, contained = _once(matches)
        cited = Citations()
        numbers = [cited.add(m) for m in matches]
        if collection is None and any(_is_sum(m) != _is_sum(matches[0]) and _one_set(m, matches[0]) for m in matches):
            why = "所列的数中有合计数也有它的组成部分，不能相加。请逐项指明。"
            return Answer(u.text, "clarify", why, citations=tuple(cited.all))
        try:
            computed = calculate.total([m.fact for m in matches])
        except calculate.NotComparable as error:
            return Answer(u.text, "clarify", f"{error}。请分别查询。", citations=tuple(cited.all))
        funds = {m.fact.fund for m in matches if m.fact.fund}
        notes = [f"“{subject(a.fact)}”已包含在“{subject(b.fact)}”中，未重复相加" for a, b in contained]
        notes += [f"跨资金性质相加：{'、'.join(sorted(funds))}"] if len(funds) > 1 else []
        offices = dict.fromkeys(owner(m) for m in matches)
        if collection is not None and len(offices) > 1:
            notes.append(f"跨 {len(offices)} 个部门相加：{'、'.join(offices)}")
        if collection is not None:
            notes.append(
                f"按 {len(matches)} 个{collection.name}相加：" + "、".join(collection.call(m) for m in matches)
            )
        if u.operation.counted and collection is not None and u.operation.counted != len(matches):
            named = "、".join(collection.call(m) for m in matches)
            why = f"问题提到 {u.operation.counted} 个，文档中只认出 {len(matches)} 个：{named}。请逐项指明。"
            return Answer(u.text, "clarify", why, citations=tuple(cited.all))
        calculation = Calculation("sum", computed.expression, tuple(numbers), plain(computed.value), computed.unit)
        first, calculation = self._in_asked_unit(
            u, Value("合计", plain(computed.value), computed.unit, tuple(numbers)), calculation
        )
        text = f"合计 {first.value}{first.unit}{both_units(Decimal(first.value or 0), first.unit)}：\n" + "\n".join(
            f"{label(m)} {said(m.fact)}" for m in matches
        )
        text += f"\n计算：{calculation.expression} = {calculation.result}{calculation.unit}"
        each = tuple(value_of(m, [n]) for m, n in zip(matches, numbers, strict=True)) if u.operation.each else ()
        return Answer(u.text, "answered", text, (first, *each), calculation, tuple(cited.all), notes=tuple(notes))

    def _in_asked_unit(self, u: Understanding, value: Value, calculation: Calculation) -> tuple[Value, Calculation]:
        unit = u.periods.unit
        if not unit or unit == value.unit or value.unit not in MONEY or value.value is None:
            return value, calculation
        moved = plain(convert(Decimal(value.value), value.unit, unit))
        expression = f"{calculation.expression} = {calculation.result}{calculation.unit}"
        return replace(value, value=moved, unit=unit), replace(
            calculation, expression=expression, result=moved, unit=unit
        )

    def _ratio(self, u: Understanding) -> Answer | None:
        if self._names_phase_only(u, u.operation.whole or ""):
            return self._executed(u)
        if len(u.naming.scopes) > 1 and _EACH_OF.search(u.text):
            return self._ratio_of_each(u)
        sides: list[list[Match] | tuple[Match, ...]] = []
        for words in (u.operation.part or "", u.operation.whole or ""):
            side = self._side(u, words)
            if isinstance(side, Answer) and side.status == "not_found" and sides and words not in u.text:
                side = self._side(u, "全部项目总额")  # the whole was not named, and this paper prints no total
            if isinstance(side, Answer) and side.status == "clarify" and (in_table := self._sides_in_table(u)) is not None:
                sides = in_table
                break
            if isinstance(side, Answer):
                return (self._shares(u) if side.status == "not_found" else None) or side
            sides.append(side)
        part, whole = _side_by_side(*sides)
        if part[0].fact is whole[0].fact or (len(u.naming.scopes) == 1 and who(part[0].document.row) != who(whole[0].document.row)):
            why = "没有找到可以相除的两个数：所问的两项是同一个数，或不属于同一个部门"
            return not_found(u.text, why, self.catalog, u)
        cited = Citations()
        numbers = [cited.add(m) for m in (*part, *whole)]
        try:
            a, b = calculate.total([m.fact for m in part]), calculate.total([m.fact for m in whole])
            computed = calculate.share(_summed(part[0].fact, a), _summed(whole[0].fact, b))
            if u.operation.times:
                return self._times(u, part[0], whole[0], _summed(part[0].fact, a), _summed(whole[0].fact, b), cited, numbers)
        except calculate.NotComparable as error:
            return Answer(u.text, "not_found", f"{error}。", citations=tuple(cited.all))
        apart = part[0].document is whole[0].document and not _one_table(part[0], whole[0])
        of_all = _is_sum(whole[0]) or bool(re.search("总|合计|全部", u.operation.whole or ""))
        if computed.value > 100 and (apart or of_all):
            why = f"“{subject(part[0].fact)}”大于“{subject(whole[0].fact)}”，两数口径不同，不能算作占比"
            return Answer(u.text, "not_found", f"未找到：{why}。", citations=tuple(cited.all))
        calculation = Calculation("ratio", computed.expression, tuple(numbers), plain(computed.value), "%")
        called = [f"{len(side)} 项合计" if len(side) > 1 else subject(side[0].fact) for side in (part, whole)]
        text = (
            f"{owner(part[0])} {when(part[0].fact, part[0].document.row)} {called[0]} {plain(a.value)}{a.unit}，"
            f"占 {called[1]} {plain(b.value)}{b.unit} 的 {plain(computed.value)}%。\n计算：{computed.expression} = {plain(computed.value)}%"
        )
        sums = [
            value_of(side[0], [cited.add(side[0])])
            if len(side) == 1
            else Value(name, plain(c.value), c.unit, tuple(cited.add(m) for m in side))
            for side, name, c in zip((part, whole), called, (a, b), strict=True)
        ]
        notes = [
            f"{name}：" + "、".join(subject(m.fact) for m in side)
            for side, name in zip((part, whole), called, strict=True)
            if len(side) > 1
        ]
        values = (Value("占比", plain(computed.value), "%", tuple(numbers)), *sums)
        return Answer(u.text, "answered", text, values, calculation, tuple(cited.all), notes=tuple(notes))

    def _ratio_of_each(self, u: Understanding) -> Answer | None:
        """One share for each office: 两家的基本支出各占总支出多少."""
        operation = replace(u.operation, part=_EACH_OF.sub("", u.operation.part or ""))
        cited, texts, values = Citations(), [], []
        for scope in u.naming.scopes:
            one = self._ratio(replace(u, naming=replace(u.naming, scopes=(scope,)), operation=operation))
            if one is None or one.status != "answered":
                return one
            moved = [cited.put(c) for c in one.citations]
            texts.append(one.text)
            share = one.values[0]
            label_of = f"{scope.name} {share.label}"
            values.append(replace(share, label=label_of, citations=tuple(moved[i] for i in share.citations)))
        return Answer(u.text, "answered", "\n".join(texts), tuple(values), None, tuple(cited.all))

    def _times(
        self, u: Understanding, part: Match, whole: Match, a: Fact, b: Fact, cited: Citations, numbers: Sequence[int]
    ) -> Answer:
        """How many times the one figure is the other."""
        computed = calculate.times(a, b)
        calculation = Calculation("ratio", computed.expression, tuple(numbers), plain(computed.value), "倍")
        told = "；\n".join(f"{label(m)}为 {said(m.fact)}" for m in (part, whole))
        text = f"{told}。\n前者是后者的 {plain(computed.value)} 倍。\n计算：{computed.expression} = {plain(computed.value)}"
        sides = (value_of(part, [cited.add(part)]), value_of(whole, [cited.add(whole)]))
        values = (Value("倍数", plain(computed.value), "倍", tuple(numbers)), *sides)
        return Answer(u.text, "answered", text, values, calculation, tuple(cited.all))

    def _names_phase_only(self, u: Understanding, words: str) -> bool:
        """Whether one side of a share is only another phase of the other side (支出完成年初预算的百分之几)."""
        bare = only_words(u, words)
        if self._names_office(u, words) and self._unit_named(u):
            return False  # 图书馆的预算占文旅局部门预算的比重 is a share of another office's
        return bool(read_periods(words).phases) and not any(w >= 1.0 for w in bare[1]) and not _WHOLE.search(words)

    def _executed(self, u: Understanding) -> Answer:
        """How much of its budget was spent: 决算 over 年初预算 of the one thing, else as the document states it."""
        pair = self._two_phases(u, u.operation.part)
        if pair is None or _is_sum(pair[0]) != _is_sum(pair[1]) or (_is_sum(pair[0]) and not _one_table(*pair)):
            return self._shares(u) or not_found(u.text, "没有找到同一项目的预算数和决算数，无法计算比例", self.catalog, u)
        final, budget = pair
        cited = Citations()
        numbers = (cited.add(final), cited.add(budget))
        try:
            computed = calculate.share(final.fact, budget.fact)
        except calculate.NotComparable as error:
            return Answer(u.text, "not_found", f"{error}。", citations=tuple(cited.all))
        calculation = Calculation("ratio", computed.expression, numbers, plain(computed.value), "%")
        sides = (value_of(final, [numbers[0]]), value_of(budget, [numbers[1]]))
        told = "；\n".join(f"{label(m)}为 {said(m.fact)}" for m in (final, budget))
        text = f"{told}。\n完成 {plain(computed.value)}%。\n计算：{computed.expression} = {plain(computed.value)}%"
        values = (Value("完成比例", plain(computed.value), "%", numbers), *sides)
        return Answer(u.text, "answered", text, values, calculation, tuple(cited.all))

    def _execution_rate(self, u: Understanding) -> Answer | None:
        """执行率, 完成率 that no cell and no sentence states, from the budget and what was spent of it."""
        rate = _EXECUTION_RATE.search(u.text)
        if rate is None:
            return None
        text = u.text[: rate.start()] + " " * len(rate[0]) + u.text[rate.end() :]
        periods = replace(u.periods, phase=None, phases=())
        answer = self._executed(replace(u, text=text, periods=periods, asks="figure"))
        return replace(answer, question=u.text) if answer.status == "answered" else None

    def _side(self, u: Understanding, words: str) -> list[Match] | tuple[Match, ...] | Answer:
        """One side of a share: the places of a single figure (a tuple), or the members of a set to be added (a list)."""
        asks = self.asks(u, [words])
        own = [a for a in asks if a.scope.name and a.scope.name in words]
        asks = own if own and len(u.naming.scopes) > 1 else asks
        phases = read_periods(words).phases
        if len(u.periods.phases) > 1 and len(phases) == 1:
            asks = [replace(a, wanted=replace(a.wanted, phase=phases[0])) for a in asks]
        if re.search(
            r"(?:全部|所有|各个?|总)?项目(?:的)?(?:预算|资金|经费|支出)?(?:总额|总和|之和|合计|总计|总数)|(?:全部|所有)(?:的)?项目",
            words,
        ):
            if "项目支出" in words and u.operation.counted is None and (printed := self._projects_printed(u)):
                return printed
            members: list[Match] = []
            for ask in asks:
                scope = of_year(ask.scope, ask.year, self.catalog)
                found = (
                    None
                    if scope.missing
                    else collections_of.projects(
                        ask.wanted, self.lookup.documents(scope, ask.wanted, self.catalog), u.operation.counted
                    )
                )
                if found is None:
                    break  # the documents may state the sum of a kind of projects that no project's name holds
                members += found.members
            else:
                return members
        out: list[Match] = []
        for ask in asks:
            found_one = self.find(ask)
            if not found_one.matches or found_one.fact.value is None:
                return not_found(
                    u.text, f"{words}：{found_one.missing or '没有找到'}，无法计算比例。", self.catalog, u, found_one
                )
            if found_one.rivals:
                return clarify(u, found_one)
            if len(asks) == 1:
                return found_one.matches
            out.append(found_one.matches[0])
        return out

    def _projects_printed(self, u: Understanding) -> tuple[Match, ...] | None:
        """The total of 项目支出 that the papers print, which also holds what no form lists; None where they print none or several."""
        asks = self.asks(u, ["项目支出合计"])
        found = self.find(asks[0]) if len(asks) == 1 else None
        if found is None or not found.matches or found.rivals or found.fact.value is None:
            return None
        heads = (*found.fact.row_path, *found.fact.column_path)
        said = any("项目支出" in head for head in heads) and (found.fact.is_total or len(heads) == 1)
        return found.matches if said and not found.fact.project else None

    def _sides_in_table(self, u: Understanding) -> list[list[Match] | tuple[Match, ...]] | None:
        """Part and whole of which several figures fit, where only one table has both in one column or row."""
        asks = [self.asks(u, [words]) for words in (u.operation.part or "", u.operation.whole or "")]
        if any(len(a) != 1 for a in asks):
            return None
        parts, wholes = ([*(f := self.find(a[0])).matches, *f.rivals] for a in asks)
        both = [(p, w) for p in parts for w in wholes if p.fact is not w.fact and _one_table(p, w) and _in_line(p, w)]
        figures = {(p.fact.value, w.fact.value) for p, w in both}
        return [(both[0][0],), (both[0][1],)] if len(figures) == 1 else None

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
            return self._grown(
                u, now, before, now.fact.value or Decimal(0), calculate.in_unit(before.fact, now.fact.unit)
            )
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
        values = (
            Value(f"{label(now)} 增长率", plain(shown), "%", tuple(numbers)),
            value_of(now, [numbers[0]]),
            value_of(before, [numbers[1]]),
        )
        return Answer(u.text, "answered", text, values, calculation, tuple(cited.all))

    def _less(self, u: Understanding) -> Answer:
        """A figure without parts of it that are named (商品和服务支出除物业管理费外还有多少)."""
        ask = self.asks(u)[0]
        whole = self.find(ask)
        parts = [self.find(replace(ask, wanted=replace(self.wanted(u, text=name), negated=()))) for name in u.periods.excepted]
        if any(not f.matches or f.rivals or f.fact.value is None for f in (whole, *parts)):
            return not_found(u.text, "没有找到要减去的项目，无法计算", self.catalog, u)
        pairs = [next(((w, p) for w in whole.matches for p in f.matches if _contains(w, p)), None) for f in parts]
        taken = [pair for pair in pairs if pair is not None]
        if len(taken) < len(pairs) or len({id(w.fact) for w, _ in taken}) > 1:
            return not_found(u.text, "文档没有表明要减去的项目包含在所问的数里，无法计算", self.catalog, u)
        top, cited = taken[0][0], Citations()
        numbers = tuple(cited.add(m) for m in (top, *(p for _, p in taken)))
        unit = top.fact.unit
        try:
            each = [calculate.in_unit(p.fact, unit) for _, p in taken]
        except calculate.NotComparable as error:
            return Answer(u.text, "not_found", f"{error}。", citations=tuple(cited.all))
        value = calculate.in_unit(top.fact, unit) - sum(each, Decimal(0))
        expression = " - ".join(plain(v) for v in (calculate.in_unit(top.fact, unit), *each))
        calculation = Calculation("difference", expression, numbers, plain(value), unit)
        name = f"{label(top)}，除{'、'.join(subject(p.fact) for _, p in taken)}外"
        first, calculation = self._in_asked_unit(u, Value(name, plain(value), unit, numbers), calculation)
        text = f"{name}为 {first.value}{first.unit}。\n计算：{calculation.expression} = {calculation.result}{calculation.unit}"
        return Answer(u.text, "answered", text, (first,), calculation, tuple(cited.all), notes=tuple(self._notes(u, whole)))

    def _derived(self, u: Understanding) -> Answer | None:
        """A year before the papers that are held: the next year's figure less the change that the next year's text states."""
        years = u.periods.years
        if len(years) != 1 or len(u.naming.scopes) != 1 or u.operation.name != "lookup":
            return None
        later = replace(u, periods=replace(u.periods, years=(years[0] + 1,)))
        if years[0] in self.catalog.years(u.naming.scopes[0].documents):
            return None
        now = self.find(self.asks(later, kinds=("amount",))[0])
        change = self._stated_change(later)
        if not now.matches or now.rivals or change is None or change.content < 1.0:
            return None
        fact = now.fact
        if change.fact.base_year not in (None, years[0]) or {fact.unit, change.fact.unit} - MONEY.keys() or fact.value is None:
            return None
        unit, moved = change.fact.unit, change.fact.value or Decimal(0)
        whole = convert(fact.value, fact.unit, unit)
        value = (whole - moved).quantize(moved) if fact.unit != unit else whole - moved  # no finer than the change is told
        cited = Citations()
        numbers = (cited.add(now.matches[0]), cited.add(change))
        sign = "-" if moved >= 0 else "+"
        calculation = Calculation("derive", f"{plain(whole)} {sign} {plain(abs(moved))}", numbers, plain(value), unit)
        first, calculation = self._in_asked_unit(
            u, Value(f"{owner(now.matches[0])} {years[0]}年 {subject(fact)}", plain(value), unit, numbers), calculation
        )
        text = f"{first.label}为 {first.value}{first.unit}（由{years[0] + 1}年数倒推）。\n计算：{calculation.expression}"
        text += f" = {calculation.result}{calculation.unit}。\n原文：{change.fact.source.quote or ''}"
        note = f"库中没有{years[0]}年的文档，此数由{years[0] + 1}年的数和所述增减额倒推"
        return Answer(u.text, "answered", text, (first,), calculation, tuple(cited.all), notes=(note,))

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
        found = [_in_phase_of(found[0], found[1]), _in_phase_of(found[1], found[0])]
        found = self.lookup.alike(found, wanted, self.catalog)
        if all(f.matches and f.fact.value is not None and not f.rivals for f in found):
            later = found[0].matches[0]
            return later, _like(later, found[1].matches)
        return (
            next((clarify(u, f) for f in found if f.rivals), None)
            if all(f.matches for f in found)
            else None
        )

    def _stated_change(self, u: Understanding) -> Match | None:
        """A change that the text states: 较2024年预算增加21.20万元."""
        ask = self.asks(u, kinds=("change",))[0]
        years = u.periods.years
        year = max(years) if years else None
        found = self.lookup.find(ask.wanted, ask.scope, self.catalog, year)
        fitting = [
            m
            for m in found.matches
            if m.fact.unit != "%" and (len(years) < 2 or m.fact.base_year in (None, min(years)))
        ]
        return fitting[0] if fitting else None

    def _change(self, u: Understanding) -> Answer | None:
        if len(u.periods.phases) > 1 and len(u.periods.years) < 2 and not u.periods.relative:
            phases = self._two_phases(u)
            if phases is not None:
                return self._differs(u, *phases, sides_first=False)
        if len(u.periods.years) > 2:
            return None
        pair = self._two_years(u)
        percent_asked = bool(re.search(r"百分|%|幅", u.text))
        if isinstance(pair, tuple) and not percent_asked:
            return self._differs(
                u, pair[0], pair[1], sides_first=bool(u.operation.each or len(ASKED_EACH.findall(u.text)) > 1)
            )
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
        parts = self.parts(u)
        if len(u.naming.scopes) > 1 and own_of(parts, [s.name for s in u.naming.scopes]) is None:
            parts = None
        founds = self._gather(u, parts)
        if isinstance(founds, Answer):
            return founds
        if len(founds) < 2:
            change = self._stated_change(u)
            return self._tell(u, Found(matches=(change,))) if change else None
        first, second = founds[0].matches[0], _like(founds[0].matches[0], founds[1].matches)
        return self._differs(u, first, second, sides_first=True, compare=True)

    def _differs(
        self, u: Understanding, later: Match, earlier: Match, *, sides_first: bool, compare: bool = False
    ) -> Answer:
        cited = Citations()
        order = [later, earlier] if compare else [earlier, later]
        numbers = {id(m): cited.add(m) for m in order}
        try:
            computed = calculate.difference(later.fact, earlier.fact)
        except calculate.NotComparable as error:
            return Answer(u.text, "clarify", f"{error}。请分别查询。", citations=tuple(cited.all))
        names_direction = u.operation.direction == ("down" if computed.value < 0 else "up")
        amount = (
            abs(computed.value)
            if compare or names_direction or u.operation.name in ("difference", "compare")
            else computed.value
        )
        used = tuple(numbers.values())
        stated = None if compare else self._stated_change(u)
        told: tuple[Value, ...] = ()
        if stated is not None and stated.fact.unit in MONEY and stated.fact.value is not None:
            exact = abs(convert(computed.value, computed.unit, stated.fact.unit))
            if exact == abs(stated.fact.value):
                cited.add(stated)
            elif exact.quantize(stated.fact.value, ROUND_HALF_UP) == abs(stated.fact.value):  # told in 万元, reckoned from 元
                told = (value_of(stated, [cited.add(stated)], magnitude=names_direction),)
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
        alone = u.operation.name == "difference" and not u.operation.each and len(ASKED_EACH.findall(u.text)) < 2
        values = (*sides, delta, *told) if sides_first and not alone else (delta, *sides, *told)
        text += "".join(f"\n文档写作 {v.value}{v.unit}" for v in told)
        return Answer(u.text, "answered", text, values, calculation, tuple(cited.all))

    def _called(self, more: Match, less: Match) -> str:
        return owner(more) if owner(more) != owner(less) else subject(more.fact)


def _in_phase_of(found: Found, other: Found) -> Found:
    """Of a budget and a final account that both fit a year, the one that the other year's figure is compared with."""
    if not found.rivals or not other.matches or other.rivals:
        return found
    phase = other.fact.phase or other.matches[0].document.row.phase
    fits = [m for m in (found.matches[0], *found.rivals) if (m.fact.phase or m.document.row.phase) == phase]
    return replace(found, matches=(fits[0],), rivals=()) if len(fits) == 1 else found


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


def _once(matches: Sequence[Match]) -> tuple[list[Match], list[tuple[Match, Match]]]:
    """The figures that no other one contains, each cell once, and those left out, each with the one that contains it.

    One cell comes twice where a name holds a word that joins (群众文艺创作与演出).
    """
    matches = list({m.fact.id: m for m in reversed(matches)}.values())[::-1]
    contained = [(m, o) for m in matches for o in matches if _contains(o, m)]
    out = {id(m) for m, _ in contained}
    return [m for m in matches if id(m) not in out], contained


def _contains(whole: Match, part: Match) -> bool:
    """Whether a figure is part of another: a row under its row, or a subject under its subject, of the same document."""
    a, b = whole.fact, part.fact
    if a is b or whole.document is not part.document or (a.fiscal_year, a.phase) != (b.fiscal_year, b.phase):
        return False
    if a.subject_code and b.subject_code:
        return b.subject_code.startswith(a.subject_code) and a.subject_code != b.subject_code
    if a.source.block_id != b.source.block_id or a.source.col != b.source.col or a.source.row is None:
        return False
    rows = {f.source.row: f.parent_row for f in whole.document.block_facts(a.source.block_id)}
    above, seen = rows.get(b.source.row), set()
    while above is not None and above not in seen:
        if above == a.source.row:
            return True
        seen.add(above)
        above = rows.get(above)
    return False


def _one_table(a: Match, b: Match) -> bool:
    return a.fact.source.block_id == b.fact.source.block_id


def _one_set(a: Match, b: Match) -> bool:
    """Whether two figures stand in one table, or in one list of a project's parts."""
    return _one_table(a, b) or (a.document is b.document and a.fact.row_path[:-1] == b.fact.row_path[:-1] != ())


def _in_line(a: Match, b: Match) -> bool:
    """Whether two cells stand in one column, or in one row."""
    return a.fact.source.col == b.fact.source.col or a.fact.source.row == b.fact.source.row


def _is_sum(m: Match) -> bool:
    return m.fact.is_total or m.fact.row_path[-1:] in (("合计",), ("总计",), ("小计",))


def _summed(model: Fact, computed: calculate.Computed) -> Fact:
    return replace(model, value=computed.value, unit=computed.unit)
