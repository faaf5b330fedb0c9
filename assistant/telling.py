"""Answers that tell figures as they stand: one, several side by side, a blank, an empty table's note."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from assistant import collections_of
from assistant.citing import Citations, both_units, citation, label, owner, said, subject, value_of, when, who
from assistant.finding import Ask, Finder
from assistant.lookup import Found, same_figure, table_kind
from assistant.matching import Match, Wanted, match
from assistant.parts import OWN
from assistant.records import Answer, Calculation
from assistant.refusal import clarify, not_found
from assistant.understanding import Understanding
from assistant.understanding.periods import PERIOD, THIS_YEAR
from assistant.understanding.scope import of_year
from index.amounts import MONEY, convert, find_amounts, plain
from index.names import folded, pairs
from index.records import Fact, Table

_ABOUT = re.compile(r"大约|大概|约|左右|上下|差不多")
ASKED_EACH = re.compile(r"多少|几[元个项辆]")

_CODE_ASKED = re.compile(r"(?:项目|科目|功能|经济|支出|分类)*(?:编码|代码|编号)(?:是|为)?(?:什么|多少|啥|几)*")
_NAMED = 0.8
HELD = 0.6
"""The least share of what a question names that an empty table itself names, for its note to answer."""
_ON_SUBJECTS = re.compile(
    "(?:都|主要)?(?:[用列花放]|体现|反映)(?:在|到|入|支|于)了?(?:哪|什么)[些个几一]*(?:功能|支出|预算)?(?:分类)?(?:的)?科目(?:里|上|中)?"
)
_PROCURED = re.compile("采购(?:货物|工程|服务)")
_EITHER = re.compile("还是|到底|究竟")


class Teller(Finder):
    """Words figures as the documents state them."""

    def _figures(self, u: Understanding) -> Answer:
        if (
            len(u.periods.phases) > 1
            and len(u.periods.years) < 2
            and (u.operation.each or len(ASKED_EACH.findall(u.text)) > 1)
        ):
            pair = self._two_phases(u)
            if pair is not None:
                return self._each(u, [Found(matches=(m,)) for m in (pair[1], pair[0])])
            phases = u.periods.phases
            asks = [replace(a, wanted=replace(a.wanted, phase=p)) for p in phases for a in self.asks(u)]
        else:
            asks = self.asks(u)
        steps = len(u.periods.named) > 1 and len(asks) == 1
        if steps:
            asks = [replace(asks[0], wanted=_of_period(asks[0].wanted, p)) for p in u.periods.named]
        founds = [self.find(a) for a in asks]
        if len(founds) == 1:
            split = self.parts(u) if u.operation.each else None
            if split:
                each = [self.find(a) for a in self.asks(u, split)]
                if all(f.matches for f in each):
                    return self._each(u, each)
            if _PROCURED.search(u.text) and not _says_project(u, founds[0]) and (called := self._with_front(u, [u.text])):
                founds = [self.find(a) for a in self.asks(u, called)]
            if not founds[0].matches and (split := self.parts(u)):
                return self._each(u, [self.find(a) for a in self.asks(u, split)])
            return self._one(u, founds[0], asks[0])
        return self._each(u, founds if steps else self.lookup.alike(founds, asks[0].wanted, self.catalog))

    def _one(self, u: Understanding, found: Found, ask: Ask) -> Answer:
        if u.asks in ("exists", "situation"):
            noted = self._empty_table(u, ask)
            if noted is not None:
                return noted
        either = self._either(u, ask)
        if either is not None:
            return either
        if not found.matches:
            if not found.settled:
                noted = self._empty_table(u, ask)
                if noted is not None:
                    return noted
            return not_found(u.text, found.missing or "没有找到相符的内容", self.catalog, u, found)
        if found.rivals:
            found = self._disagreeing(found)
        if found.rivals and u.after is not None:
            found = self._of_like_table(found, u.after)
        if found.rivals:
            return clarify(u, found)
        open_office = self._which_office(u, ask)
        if open_office is not None:
            return open_office
        top = found.matches[0]
        if top.fact.kind == "empty" and top.fact.source.row is not None:
            noted = self._empty_table(u, ask, better_than=top)
            if noted is not None:
                return noted
            note = next(
                (
                    f
                    for f in top.document.block_facts(top.fact.source.block_id)
                    if f.kind == "empty" and f.source.row is None
                ),
                None,
            )
            if note is not None:
                return self._tell(u, replace(found, matches=(replace(top, fact=note),)))
        if u.operation.name == "lookup" and (top.precision < 0.6 or top.fact.kind == "empty"):
            noted = self._empty_table(u, ask, better_than=top)
            if noted is not None:
                return noted
        return self._tell(u, found)

    def _of_like_table(self, found: Found, before: Understanding) -> Found:
        """Of figures that fit alike the one from such a table as the question before was answered from."""
        first = self.find(self.asks(before)[0])
        if not first.matches or first.rivals:
            return found
        title = table_kind(first.matches[0])
        fitting = (*found.matches, *found.rivals)
        like = [m for m in fitting if table_kind(m) == title]
        if not like or len({m.document.row.id for m in fitting}) > 1 or any(not same_figure(m.fact, like[0].fact) for m in like):
            return found
        note = f"几张表的数不同，按上一问所在的同类表（{like[0].fact.table}）回答"
        return replace(found, matches=tuple(like), rivals=(), scope=replace(found.scope, note=note))

    def _either(self, u: Understanding, ask: Ask) -> Answer | None:
        """Two amounts of which one is asked for (到底是86.50万还是85.60万), where the documents state both."""
        asked = dict.fromkeys((a.value, a.unit) for a in find_amounts(u.text) if a.unit in MONEY)
        if len(asked) < 2 or not _EITHER.search(u.text):
            return None
        scope = of_year(ask.scope, ask.year, self.catalog)
        documents = self.lookup.documents(scope, ask.wanted, self.catalog)
        held = [m for m in match(replace(ask.wanted, year=ask.year), documents, 100) if m.holds]
        claims = [replace(held[0].fact, value=v, unit=unit, comparison=None) for v, unit in asked] if held else []
        stated = [m for claim in claims for m in [next((m for m in held if same_figure(m.fact, claim)), None)] if m]
        if len(stated) < 2:
            return None
        cited = Citations()
        values = tuple(value_of(m, [cited.add(m)]) for m in stated)
        text = "文档中几处不一致：\n" + "；\n".join(f"{label(m)}为 {said(m.fact)}（{m.fact.table or '正文'}）" for m in stated) + "。"
        return Answer(u.text, "answered", text, values, citations=tuple(cited.all), notes=("同一事项在文档中有不同的数，请核对原文",))

    def _units(self, u: Understanding, told: str) -> Answer | None:
        """The units whose figures the one paper in question holds beside the office's own; None where ``told`` names one."""
        ask = self.asks(u)[0]
        scope = of_year(ask.scope, ask.year, self.catalog)
        documents = self.lookup.documents(scope, ask.wanted, self.catalog) if len(scope.documents) == 1 else []
        first = {s.part: s for d in documents for s in reversed(d.facts) if s.part}
        names = [name for name in first if name != OWN]
        if not names or any(name in told for name in names):
            return None
        cited, row = Citations(), documents[0].row
        for name in names:
            cited.put(citation(first[name].fact, row))
        text = f"{who(row)}的文件中列有 {len(names)} 个所属单位：{'、'.join(names)}。"
        return Answer(u.text, "answered", text, citations=tuple(cited.all))

    def on_subjects(self, u: Understanding) -> Answer | None:
        """用在哪个科目: the lowest subjects whose figures make up the sum in question, in one column of one table."""
        at = _ON_SUBJECTS.search(u.text)
        if at is None:
            return None
        text = u.text[: at.start()] + " " * len(at[0]) + u.text[at.end() :]
        found = self.find(self.asks(replace(u, text=text, asks="figure"), kinds=("amount",))[0])
        sums = [(m, parts) for m in (*found.matches[:1], *found.rivals) if m.fact.value and (parts := _subjects_of(m))]
        if len({m.fact.value for m, _ in sums}) != 1:
            return None
        whole, parts = sums[0]
        cited = Citations()
        numbers = [[cited.add(m)] for m in (whole, *parts)]
        listed = "；\n".join(f"{m.fact.subject_code} {m.fact.subject} {said(m.fact)}" for m in parts)
        values = (value_of(whole, numbers[0]), *(value_of(m, n) for m, n in zip(parts, numbers[1:], strict=True)))
        text = f"{label(whole)}为 {said(whole.fact)}，列在 {len(parts)} 个科目：\n{listed}。"
        return Answer(u.text, "answered", text, values, citations=tuple(cited.all), notes=tuple(self._notes(u, found)))

    def _subject_code(self, u: Understanding) -> Answer | None:
        """The code of a subject of a list, which stands at the left of its row."""
        at = _CODE_ASKED.search(u.text)
        if at is None or "项目" in at[0]:
            return None
        ask = self.asks(replace(u, asks="figure"))[0]
        weights = tuple(0.0 if at.start() <= i < at.end() else w for i, w in enumerate(ask.wanted.weights))
        found = self.find(replace(ask, wanted=replace(ask.wanted, weights=weights, kinds=("amount", "empty"))))
        code = found.fact.subject_code if found.matches else None
        if not code or found.fact.source.row is None or found.matches[0].precision < _NAMED:
            return None
        cited = Citations()
        for m in places_of([m for m in found.matches if m.fact.subject_code == code]):
            cited.add(m)
        top = found.matches[0]
        text = f"{owner(top)} {when(top.fact, top.document.row)} {found.fact.subject}的科目编码为 {code}。"
        return Answer(u.text, "answered", text, citations=tuple(cited.all), notes=tuple(self._notes(u, found)))

    def _which_office(self, u: Understanding, ask: Ask) -> Answer | None:
        """Several offices answer to the name, and nothing but a total is asked: that one alone prints it settles nothing."""
        if any(w >= 1.0 for w in ask.wanted.weights) or not ask.scope.named:
            return None
        rows = [self.catalog.rows[d] for d in of_year(ask.scope, ask.year, self.catalog).documents]
        offices = {r.agency: f"{r.fiscal_year}年" if r.fiscal_year else "" for r in rows if r.agency}
        if len(offices) < 2:
            return None
        item = re.sub(r"\s+", "", ask.wanted.text)
        options = tuple(f"{office}{year}{item}是多少" for office, year in offices.items())
        listed = "\n".join(f"{i}. {office} {year}" for i, (office, year) in enumerate(offices.items(), 1))
        return Answer(u.text, "clarify", f"问题对应几个部门，请选择：\n{listed}", options=options)

    def _disagreeing(self, found: Found) -> Found:
        """One thing that a document states twice with a hair's difference: the figure that stands in more places, the other in a note."""
        first = found.matches[0]
        value = first.fact.value
        if value is None or not all(
            r.document is first.document
            and r.fact.value is not None
            and abs(r.fact.value - value) <= abs(value) / 1000
            and r.fact.subject == first.fact.subject
            for r in found.rivals
        ):
            return found
        groups = [list(found.matches), *([r] for r in found.rivals)]
        everywhere = [
            s.fact
            for s in first.document.facts
            if s.fact.subject == first.fact.subject and s.fact.kind == first.fact.kind
        ]
        best = max(groups, key=lambda g: sum(same_figure(f, g[0].fact) for f in everywhere))
        others = [g[0] for g in groups if g is not best]
        note = "文档内该数不一致：" + "；".join(
            f"{m.fact.table or '正文'}为 {said(m.fact)}" for m in (best[0], *others)
        )
        return replace(found, matches=tuple(best), rivals=(), scope=replace(found.scope, note=note))

    def _tell(self, u: Understanding, found: Found) -> Answer:
        """One figure (or filled-in text, or blank) with its places."""
        top = found.matches[0]
        fact = top.fact
        self._covered = top.content
        cited = Citations()
        numbers = [cited.add(m) for m in places_of(found.matches)]
        notes = self._notes(u, found)
        head = f"{owner(top)} {when(fact, top.document.row)} {subject(fact)}"
        if fact.kind == "empty":
            if fact.source.row is None:
                return Answer(
                    u.text, "answered", f"{head}：{fact.printed}", citations=tuple(cited.all), notes=tuple(notes)
                )
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
            named = f"{owner(top)} {when(fact, top.document.row)} {_without_direction(subject(fact))}"
            text = f"{named}{word} {(value.value or '').lstrip('-')}{value.unit}。"
            text += f"原文：{fact.source.quote}" if fact.source.quote else ""
        else:
            text = f"{head}为 {shown}{both_units(fact.value, fact.unit) if unit is None and fact.value is not None else ''}。"
        if u.claim is not None:
            text, notes = self._against_claim(u, fact, text, notes)
        if u.bound is not None:
            text = f"{'是' if collections_of.passes(fact, *u.bound) else '否'}。{text}"
        if u.asks == "exists":
            text = f"{'有' if fact.value else '金额为 0'}。{text}"
        return Answer(
            u.text,
            "answered",
            text,
            (value,),
            calculation,
            tuple(cited.all),
            notes=tuple(notes),
            confidence=round(found.score, 3),
        )

    def _against_claim(self, u: Understanding, fact: Fact, text: str, notes: list[str]) -> tuple[str, list[str]]:
        assert u.claim is not None
        claimed, unit = u.claim
        if fact.kind == "change" and u.operation.direction == "down":
            claimed = -claimed
        agrees = same_figure(fact, replace(fact, value=claimed, unit=unit, comparison=fact.comparison))
        if unit in MONEY and fact.unit in MONEY and fact.value is not None:
            # 2亿 is rounding of 1.9亿 on paper, but nobody who asks means that.
            own = convert(fact.value, fact.unit, unit)
            near = abs(claimed - own) <= abs(own) / 200
            agrees = near and (agrees or bool(_ABOUT.search(u.text)))
        if agrees:
            return f"说法相符。{text}", notes
        return f"与所说不符：{text}", [f"问题中提到的金额与文档不符，文档为 {said(fact)}", *notes]

    def _notes(self, u: Understanding, found: Found) -> list[str]:
        top = found.matches[0]
        row = top.document.row
        notes = []
        if found.scope.note:
            notes.append(found.scope.note)
        if not u.periods.years and row.fiscal_year and u.periods.relative not in THIS_YEAR:
            notes.append(f"年度未指明，按{top.fact.fiscal_year or row.fiscal_year}年")
        if u.periods.relative and row.fiscal_year:
            notes.append(f"“{u.periods.relative}”按文档年度{row.fiscal_year}年理解")
        asked, printed, fact_kind = u.periods.phase, top.fact.phase, top.fact.kind
        if asked == "决算" and printed == "执行":
            notes.append("文档所列为执行数，不是决算数")
        if found.units:
            also = "；".join(f"{m.part} {said(m.fact)}" for m in found.units[:4])
            notes.append(f"同名的还有所属单位的：{also}")
        names = list(
            dict.fromkeys(m.fact.project for m in found.matches if m.fact.project and m.document is top.document)
        )
        if (
            fact_kind == "amount"
            and len(names) > 1
            and 2 * len(pairs(names[0]) & pairs(names[1])) > len(pairs(names[0]))
        ):
            notes.append("同一数字在文档中名称不一致：" + "；".join(names))
        recognised = self._recognised(top)
        if recognised is not None:
            notes.append(f"该处由图片识别（OCR，置信度 {recognised:.2f}），请与原件核对")
        if top.fact.approximate:
            notes.append("原文为约数")
        notes += [
            f"{f['message']}"
            for f in top.document.findings
            if set(f.get("facts", ())) & {m.fact.id for m in found.matches}
        ][:2]
        return notes

    def _recognised(self, match_: Match) -> float | None:
        """How sure the OCR engine was of the characters at a figure's place; None where they come from the file itself."""
        if not any("OCR" in warning for warning in match_.document.row.warnings):
            return None
        found = self.lookup.store.block(match_.fact.source.block_id)
        if found is None:
            return None
        block, source = found[1], match_.fact.source
        if not isinstance(block, Table):
            return block.confidence
        return next((c.confidence for c in block.cells if (c.row, c.col) == (source.row, source.col)), None)

    def _empty_table(self, u: Understanding, ask: Ask, better_than: Match | None = None) -> Answer | None:
        """A table that stands empty with a note answers by its note."""
        scope = of_year(ask.scope, ask.year, self.catalog)
        if scope.missing or not scope.documents or not any(ask.wanted.weights):
            return None
        wanted = replace(ask.wanted, kinds=("empty",))
        notes = [
            m
            for m in match(wanted, self.lookup.documents(scope, wanted, self.catalog), 1000)
            if m.fact.source.row is None and m.holds and m.own >= HELD
        ]
        titled = [m for m in notes if m.fact.table and folded(m.fact.table) in folded(u.text)]
        if titled:
            return self._tell(u, Found(matches=(titled[0],), scope=scope))
        margin = 0.02 if better_than is not None and better_than.fact.kind != "empty" else -0.001
        if not notes or (better_than is not None and notes[0].coverage <= better_than.coverage + margin):
            return None
        return self._tell(u, Found(matches=(notes[0],), scope=scope))

    def _each(self, u: Understanding, founds: Sequence[Found]) -> Answer:
        """Several figures side by side."""
        cited = Citations()
        self._covered = min(
            (f.matches[0].content if f.matches and f.fact.kind != "empty" else 0.0 for f in founds), default=0.0
        )
        values, lines, notes, missing = [], [], [], []
        for found in founds:
            if not found.matches:
                missing.append(self._scope_words(found))
                continue
            if found.rivals:
                return clarify(u, found)
            numbers = [cited.add(m) for m in places_of(found.matches)]
            if found.fact.kind == "empty":
                lines.append(
                    f"{label(found.matches[0])}：{found.fact.printed or '表中该格为空，未填列（空白不等于 0）'}"
                )
                continue
            values.append(value_of(found.matches[0], numbers, u.periods.unit))
            lines.append(f"{label(found.matches[0])}为 {said(found.fact, u.periods.unit)}")
        if lines and not values:
            return Answer(u.text, "not_found", "；\n".join(lines) + "。", citations=tuple(cited.all))
        if not values:
            return not_found(
                u.text, "；".join(missing) or "没有找到相符的内容", self.catalog, u, founds[0] if founds else None
            )
        if missing:
            notes.append("未找到：" + "；".join(missing))
        return Answer(
            u.text, "answered", "；\n".join(lines) + "。", tuple(values), None, tuple(cited.all), notes=tuple(notes)
        )

    def _scope_words(self, found: Found) -> str:
        year = f"{found.year}年" if found.year else ""
        return f"{found.scope.name}{year}：{found.missing or '没有相符的内容'}"

    def _two_phases(self, u: Understanding, item: str | None = None) -> tuple[Match, Match] | None:
        """决算 and 年初预算 of one thing (``item``: of these words alone), from one table or paragraph where both stand there."""
        ask = self.asks(u, [item] if item else None)[0]
        final_phase = next((p for p in u.periods.phases if p in ("决算", "执行")), "决算")
        first_phase = next((p for p in u.periods.phases if p not in ("决算", "执行")), "年初预算")
        budget, final = (
            self.find(replace(ask, wanted=replace(ask.wanted, phase=p))) for p in (first_phase, final_phase)
        )
        if not budget.matches or not final.matches:
            return None
        near = {m.fact.source.block_id: m for m in (*final.matches, *final.rivals)}
        first = next((m for m in budget.matches if m.fact.source.block_id in near), budget.matches[0])
        beside = match(replace(ask.wanted, phase=final_phase), [first.document], 200)
        same = [
            m
            for m in beside
            if m.fact.source.block_id == first.fact.source.block_id
            and m.fact.phase == final_phase
            and m.fact.unit in MONEY
            and m.holds
        ]
        second = near.get(first.fact.source.block_id) or (same[0] if same else final.matches[0])
        return (second, first) if first.fact.value is not None and second.fact.value is not None else None


def _says_project(u: Understanding, found: Found) -> bool:
    """Whether what was found is of a project that the question calls by its whole name (宣传采购服务费)."""
    return any(m.fact.project and m.fact.project in u.text for m in found.matches[:1])


def _subjects_of(whole: Match) -> list[Match]:
    """The lowest subjects under a sum: those of its project, else the rows of a column that add up to it."""
    fact = whole.fact
    coded = [
        s for s in whole.document.facts
        if s.stored.kind == "amount" and s.stored.row is not None and s.part == whole.part and s.fact.value
        and (s.fact.subject_code or "")[:1] == "2" and s.fact.unit in MONEY and s.fact.fiscal_year == fact.fiscal_year
        and (fact.fund is None or s.fact.fund in (None, fact.fund))
    ]  # fmt: skip
    columns: dict[tuple[str, int | None], list[Fact]] = {}
    for s in coded:
        columns.setdefault((s.stored.block_id, s.fact.source.col), []).append(s.fact)
    for rows in columns.values():
        above = {f.parent_row for f in rows}
        lowest = [f for f in rows if f.source.row not in above and f.subject]
        own = [f for f in lowest if fact.project and f.project == fact.project]
        for chosen in (own, lowest):
            total = sum((f.value * MONEY[f.unit] for f in chosen if f.value is not None), Decimal(0))
            if chosen and fact.value is not None and total == fact.value * MONEY.get(fact.unit, Decimal(0)):
                return [Match(f, whole.document, 1.0, 1.0, 1.0, "") for f in chosen]
    return []


def places_of(matches: Sequence[Match]) -> list[Match]:
    """Where a figure stands, the best place first, one for each table or paragraph, three at most."""
    out: list[Match] = []
    for m in matches:
        if all(m.fact.source.block_id != o.fact.source.block_id for o in out):
            out.append(m)
    return out[:3]


def _of_period(wanted: Wanted, period: str) -> Wanted:
    """What is wanted for one of several steps of a plan, without the names of all of them."""
    spans = [found.span() for found in PERIOD.finditer(wanted.text)]
    weights = tuple(0.0 if any(s <= i < e for s, e in spans) else w for i, w in enumerate(wanted.weights))
    return replace(wanted, period=period, weights=weights)


def _same_direction(u: Understanding, fact: Fact) -> bool:
    return (u.operation.direction == "down") == ((fact.value or 0) < 0)


def _without_direction(words: str) -> str:
    return re.sub(r"(?:增加|减少|增长|下降|上升|降低|提高)了?$", "", words)
