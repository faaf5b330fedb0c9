"""Soft checks: what adds up but reads wrong (DOMAIN, also worth reporting)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

from index.amounts import MONEY
from index.check_across import Totals
from index.check_figures import Finding, Part, Side, finding, in_yuan, is_money, place, shown, side
from index.records import Document, Fact, Passage

_LOW = re.compile(
    r"(?:故障|事故|差错|错误|投诉|违规|违纪|失误|误差|流失|空置|逾期|损失|返修|发病|死亡)(?:发生)?率|事件发生率"
)
_HIGH = re.compile(
    r"满意(?:度|率)|(?:合格|完成|达标|覆盖|及时|准确|知晓|可用|畅通|响应|处置|参与|出席|普及)率"
)
_NEGATED = re.compile(r"不满意|不合格|未完成|不达标")
_YEAR = re.compile(r"(?<![\d\-—~至到])(20\d\d)年(?!以来|成立|发布|印发|颁布|修订|起|出台|[\-—~至])")
_PAST = re.compile(r"成立|组建|批准|建成|获|印发|精神|文件|规定|办法|条例|曾|历年|以来|截[至止]|规划|〔|《[^》]*$")
_REASON = re.compile(r"原因[是为]?[：:是为]*([^。；]*)")
_GOAL_MONEY = re.compile(r"涉及项目预算(?:资金|金额)|涉及预算(?:资金|金额)")


def check_soft(
    document: Document, facts: Sequence[Fact], totals: Totals, by_table: dict[str, list[Fact]]
) -> Iterator[Finding]:
    """The soft findings of a document."""
    for fact in facts:
        if fact.kind == "target":
            yield from _backwards(document, fact)
    yield from _schedules(document, facts)
    yield from _without_target(document, facts)
    yield from _stray_years(document)
    yield from _reasons(document, facts)
    yield from _empty_notes(document, by_table)
    yield from _codes(document, by_table)
    yield from _goals_short(document, facts, totals)
    yield from _bases(document, facts)


def _backwards(document: Document, fact: Fact) -> Iterator[Finding]:
    """A rate that should be low has a high limit, or one that should be high is capped."""
    name = (fact.indicator or fact.row_path)[-1:] or ("",)
    value, sign = fact.value, fact.comparison
    if value is None or fact.unit != "%" or sign is None or _NEGATED.search(name[0]):
        return
    low = _LOW.search(name[0]) and value >= 50
    capped = _HIGH.search(name[0]) and not _LOW.search(name[0]) and sign in ("≤", "<")
    if low or capped:
        why = "这类指标应当越低越好" if low else "这类指标应当有下限而不是上限"
        message = f"{place(fact)}指标“{name[0]}”的指标值为{fact.printed}，{why}，方向可能写反。"
        yield finding(document.id, "指标方向", "warning", message, side(name[0], [fact], None, fact.unit))


def _schedules(document: Document, facts: Sequence[Fact]) -> Iterator[Finding]:
    """A cumulative plan must rise to 100 % by the end of the year."""
    plans: dict[tuple[str, str | None], list[Fact]] = defaultdict(list)
    for fact in facts:
        if fact.kind == "schedule" and fact.value is not None and fact.unit == "%":
            plans[fact.source.block_id, fact.project].append(fact)
    for plan in plans.values():
        steps = [f.value for f in plan if f.value is not None]
        label = plan[0].project or plan[0].table or "资金支出计划"
        if steps[-1] != 100 and "12月" in (plan[-1].period or "12月"):
            message = f"{place(plan[0])}“{label}”的资金支出计划到{plan[-1].period}为{plan[-1].printed}，未到100%。"
            yield finding(document.id, "支出计划未到100%", "warning", message, side(label, plan[-1:], steps[-1], "%"))
        elif any(b < a for a, b in pairwise(steps)):
            message = f"{place(plan[0])}“{label}”的资金支出计划（累计）有回落：{'、'.join(f.printed for f in plan)}。"
            yield finding(document.id, "支出计划回落", "warning", message, side(label, plan, None, "%"))


def _without_target(document: Document, facts: Sequence[Fact]) -> Iterator[Finding]:
    """A project with money in its form and not one target."""
    cut = {t.id for t in document.tables if t.truncated}
    budgets = {
        f.project: f for f in facts
        if f.project and is_money(f) and f.source.row is not None and f.source.block_id not in cut
        and re.search(r"预算数$|年度资金总额|项目资金总额|资金总额", f.row_path[-1] if f.row_path else "") and f.value
    }  # fmt: skip
    aimed = {f.project for f in facts if f.kind == "target"}
    for project, budget in budgets.items():
        if project not in aimed:
            message = f"{place(budget)}项目“{project}”有预算{budget.printed}{budget.unit}，但没有绩效指标值。"
            yield finding(document.id, "有预算无指标", "warning", message, _one(str(project), budget))


def _stray_years(document: Document) -> Iterator[Finding]:
    """A year left over from an earlier disclosure: neither the fiscal year nor the one before."""
    if document.fiscal_year is None:
        return
    fiscal = int(document.fiscal_year.value)
    for passage in document.passages:
        for found in _YEAR.finditer(passage.text):
            year = int(found[1])
            start = max(passage.text.rfind(c, 0, found.start()) for c in "。；")
            sentence = passage.text[start + 1 : found.end() + 24]
            if fiscal - 8 <= year < fiscal - 1 and not _PAST.search(sentence):
                around = passage.text[max(0, found.start() - 8) : found.end() + 14]
                message = f"{_page(passage)}正文出现{year}年（“…{around}…”），与{fiscal}年的年度不符。"
                yield finding(document.id, "年度不符", "warning", message, _said(passage, sentence, f"{year}年"))


def _reasons(document: Document, facts: Sequence[Fact]) -> Iterator[Finding]:
    """A decrease explained by an increase, or the other way round."""
    changes: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        if fact.kind == "change" and fact.value and fact.source.row is None:
            changes[fact.source.block_id].append(fact)
    texts = {p.id: p for p in document.passages}
    for block, inside in changes.items():
        passage = texts.get(block)
        directions = {f.value > 0 for f in inside if f.value is not None}
        reason = _REASON.search(passage.text) if passage else None
        if passage is None or reason is None or len(directions) > 1:
            continue
        grows, said = directions.pop(), reason[1]
        up, down = re.search(r"增加|增长|新增|上升|提高", said), re.search(r"减少|下降|压减|降低|缩减", said)
        if (up and not down and not grows) or (down and not up and grows):
            fact = inside[-1]
            told = f"{place(fact)}“{fact.subject}”{fact.measure}{fact.printed}"
            message = f"{told}，而说明的原因是“{said[:30]}”，方向相反。"
            yield finding(document.id, "增减与原因相反", "warning", message, _one(str(fact.subject), fact))


def _empty_notes(document: Document, by_table: dict[str, list[Fact]]) -> Iterator[Finding]:
    """A table with figures that a note calls empty."""
    for table in document.tables:
        note = next((n for n in table.notes if re.search(r"空表|本表无数据", n)), None)
        figures = [f for f in by_table.get(table.id, ()) if is_money(f) and f.value]
        if note and figures:
            message = f"{place(figures[0])}有数，而表下注明“{note[:40]}”。"
            yield finding(document.id, "有数却注空表", "warning", message, _one(table.title, figures[0]))


def _codes(document: Document, by_table: dict[str, list[Fact]]) -> Iterator[Finding]:
    """A 款 or 项 code printed with one digit (2 for 02) where the others have two."""
    for table in document.tables:
        facts = [f for f in by_table.get(table.id, ()) if f.kind == "amount" and f.subject_code]
        split = [f for f in facts if len(f.row_path) > 1 and re.fullmatch(r"\d{3}", f.row_path[0])]
        short = [f for f in split if any(re.fullmatch(r"\d", h) for h in f.row_path[1:3])]
        two = [f for f in split if any(re.fullmatch(r"\d\d", h) for h in f.row_path[1:3])]
        if short and two:
            rows = list({f.source.row: f for f in short}.values())
            named = "、".join(" ".join((*(h for h in f.row_path if h.isdigit()), f.subject or "")) for f in rows)
            message = f"{place(short[0])}科目编码缺位：{named[:80]}。"
            yield finding(document.id, "科目编码缺位", "info", message, side(table.title, rows, None, ""))


def _goals_short(document: Document, facts: Sequence[Fact], totals: Totals) -> Iterator[Finding]:
    """编报绩效目标的项目资金 against 项目支出: the rest of the money has no goals."""
    whole = totals.get("spending", "项目支出")
    prose = (f for f in facts if is_money(f) and f.source.row is None)
    goals = next((f for f in prose if _GOAL_MONEY.search(f.subject or "")), None)
    if whole is None or goals is None or goals.value == 0 or goals.phase != whole.phase:
        return
    difference = in_yuan(goals) - in_yuan(whole)
    if abs(difference) <= Decimal(100):
        return
    unit, less = goals.unit, "少于" if difference < 0 else "多于"
    message = (
        f"{place(goals)}编报绩效目标的项目资金{goals.printed}，{less}{place(whole)}项目支出"
        f"{shown(in_yuan(whole), unit)}，相差{shown(abs(difference), unit)}。"
    )
    yield finding(
        document.id, "绩效目标资金与项目支出", "info", message,
        side("编报绩效目标的资金", [goals], in_yuan(goals), unit),
        side("项目支出", [whole], in_yuan(whole), unit), difference, Decimal(100),
    )  # fmt: skip


def _bases(document: Document, facts: Sequence[Fact]) -> Iterator[Finding]:
    """财政拨款收入 against last year's 执行数 beside 财政拨款支出 against last year's 预算: no comparison."""
    changes = [f for f in facts if f.kind == "change" and f.source.row is None and f.unit in MONEY]
    for income in (f for f in changes if re.search(r"财政拨款收入", f.subject or "")):
        for spending in (f for f in changes if re.search(r"^财政拨款支出", f.subject or "")):
            against = [re.search(r"执行数|决算|预算", f.measure or "") for f in (income, spending)]
            used = [m[0] for m in against if m]
            if len(used) == 2 and ("执行" in (income.measure or "")) != ("执行" in (spending.measure or "")):
                message = (
                    f"{place(income)}“{income.subject}”{income.measure}{income.printed}，“{spending.subject}”"
                    f"{spending.measure}{spending.printed}：收入与支出的比较口径不同。"
                )
                yield finding(
                    document.id, "比较口径不同", "warning", message, _one(str(income.subject), income),
                    _one(str(spending.subject), spending),
                )  # fmt: skip


def _one(label: str, fact: Fact) -> Side:
    """A side that is one figure."""
    return side(label, [fact], in_yuan(fact), fact.unit)


def _page(passage: Passage) -> str:
    return f"第{passage.page}页" if passage.page else ""


def _said(passage: Passage, sentence: str, label: str) -> Side:
    """A side that is a sentence without a figure."""
    part = Part(passage.id, label, "", passage.id, None, None, None, "", "", passage.page, sentence)
    return Side(label, None, "", (part,))
