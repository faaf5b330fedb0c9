"""Checks between the tables of a disclosure: what two of the nine tables must both say."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from index.check_figures import Finding, in_yuan, is_money, same_finding, sum_finding
from index.records import Document, Fact

_KINDS = (
    ("three", re.compile(r"三公|因公出国")),
    ("running", re.compile(r"机关运行经费")),
    ("other", re.compile(r"采购|资产|绩效|政府性基金|国有资本|社会保险|项目支出|项目预算|增减")),
    ("basic", re.compile(r"基本支出")),
    ("granted", re.compile(r"财政拨款.*(?:收支|收入支出|收入、支出)")),
    ("both", re.compile(r"收支|收入支出|收入、支出")),
    ("general", re.compile(r"一般公共预算.*支出")),
    ("granted_spending", re.compile(r"财政拨款.*支出")),
    ("income", re.compile(r"收入")),
    ("spending", re.compile(r"支出")),
)
_GRAND = re.compile(r"^(?:收入|支出)?(?:总计|合计|总合计)$|^[收支]总计$|^(?:收入|支出)预算(?:总计|合计)$")
_YEAR_TOTAL = re.compile(r"^(?:本年|当年)(?:收入|支出)(?:合计|小计)$")
_ALL = re.compile(
    r"^(?:合计|总计|小计|金额|预算数|决算数|(?:本年)?(?:支出|收入)合计)$|^20\d\d年(?:预算|决算)数?$"
)
_GRANTED_INCOME = re.compile(
    r"^(?:财政拨款(?:收入)?|一般公共预算(?:财政)?拨款(?:收入)?|一般公共预算资金|一般公共预算)$"
)
_FUND = re.compile("政府性基金|国有资本")

_SCOPES = {"both": "all", "spending": "all", "granted": "granted", "granted_spending": "granted", "general": "granted"}


def kind_of_table(title: str) -> str:
    """Which of the nine tables a title names (both, income, spending, granted, general, basic, three …), other else."""
    squeezed = re.sub(r"\s|[“”\"]|^20\d\d年度?", "", title)
    return next((kind for kind, pattern in _KINDS if pattern.search(squeezed)), "other")


@dataclass(slots=True)
class Totals:
    """The figures of the nine tables that others must repeat, by (kind of table, role)."""

    known: dict[tuple[str, str], Fact] = field(default_factory=dict)

    def get(self, kind: str, role: str) -> Fact | None:
        return self.known.get((kind, role))

    @property
    def only_general(self) -> bool:
        """Whether all income is 一般公共预算, so that its tables repeat those of all money."""
        both, general = self.get("both", "income"), self.get("both", "general")
        return both is not None and general is not None and in_yuan(both) == in_yuan(general)


def totals_of(document: Document, by_table: dict[str, list[Fact]]) -> Totals:
    """Collect the totals; a kind of table that stands twice with two totals (本级 and 汇总) has none."""
    found: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    for table in document.tables:
        kind = kind_of_table(table.title)
        figures = [f for f in by_table.get(table.id, ()) if is_money(f) and "-a" not in f.id.rsplit("-", 1)[-1]]
        for role, fact in _roles(kind, figures):
            if not found[kind, role] or found[kind, role][-1].source.block_id != table.id:
                found[kind, role].append(fact)
    return Totals({key: facts[0] for key, facts in found.items() if len({in_yuan(f) for f in facts}) == 1})


def _roles(kind: str, figures: Sequence[Fact]) -> Iterator[tuple[str, Fact]]:
    if kind in ("both", "granted"):
        yield from _sides(figures)
    elif kind in ("spending", "general", "basic", "granted_spending", "running", "income"):
        totals = [f for f in figures if (f.is_total and _GRAND.match(_last(f))) or not f.row_path]
        for fact in totals:
            role = _column_role(fact)
            if role:
                yield role, fact
        for fact in figures:
            if fact.is_total and _last(fact) in ("人员经费合计", "公用经费合计"):
                yield _last(fact).removesuffix("合计"), fact


def _sides(figures: Sequence[Fact]) -> Iterator[tuple[str, Fact]]:
    """收入总计, 支出总计 and the like of a table with two sides; a row's first figure is its 合计 column."""
    seen: set[tuple[int | None, str]] = set()
    found: dict[str, Fact] = {}
    for fact in sorted(figures, key=lambda f: (f.source.row or 0, f.source.col or 0)):
        label = _last(fact)
        heads = "".join(fact.column_path)
        side = "income" if "收入" in label or ("收入" in heads and "支出" not in label) else "spending"
        if (fact.source.row, side) in seen:
            continue
        seen.add((fact.source.row, side))
        if fact.is_total and _YEAR_TOTAL.match(label):
            found[f"{side}_year"] = fact
        elif fact.is_total and _GRAND.match(label):
            found[side] = fact
        elif side == "income" and _GRANTED_INCOME.match(fact.subject or ""):
            role = "granted" if (fact.subject or "").startswith("财政拨款") else "general"
            found.setdefault(role, fact)
    yield from found.items()


def _column_role(fact: Fact) -> str | None:
    head = fact.column_path[-1] if fact.column_path else "金额"
    for word in ("基本支出", "项目支出", "人员经费", "公用经费"):
        if head.startswith(word):
            return word
    return "all" if _ALL.match(head) or head.endswith("机关运行经费支出") else None


def _last(fact: Fact) -> str:
    return re.sub(r"^[一二三四五六七八九十]+、", "", fact.row_path[-1]) if fact.row_path else ""


def check_across(document: Document, totals: Totals, by_table: dict[str, list[Fact]]) -> Iterator[Finding]:
    """The findings between tables."""
    for rule, left, right in _pairs(totals):
        if left is None or right is None or (left.fiscal_year, left.phase) != (right.fiscal_year, right.phase):
            continue
        found = same_finding(document.id, rule, left, right)
        if found:
            yield found
    yield from _basic_parts(document, totals)
    yield from _projects(document, totals, by_table)
    yield from _same_subjects(document, by_table)


def _pairs(t: Totals) -> Iterator[tuple[str, Fact | None, Fact | None]]:
    for kind in ("both", "granted"):
        yield "收入总计＝支出总计", t.get(kind, "income"), t.get(kind, "spending")
    for side, kind in (("spending", "spending"), ("income", "income")):
        whole = t.get("both", f"{side}_year") or t.get("both", side)
        listed = t.get(kind, "all")
        other = t.get("both", side)
        if whole and listed and other and in_yuan(listed) == in_yuan(other):
            whole = other
        yield f"收支总表＝{'支出' if side == 'spending' else '收入'}总表", whole, listed
    both, granted = t.get("both", "income"), t.get("both", "granted") or t.get("both", "general")
    if both and granted and in_yuan(both) == in_yuan(granted):
        yield "财政拨款收支总表＝收支总表", t.get("granted", "income"), both
    if t.only_general:
        for role in ("all", "基本支出", "项目支出"):
            yield "一般公共预算支出表＝支出总表", t.get("general", role), t.get("spending", role)
    spending_basic = t.get("spending", "基本支出") if t.only_general else None
    yield "基本支出表合计＝基本支出", t.get("basic", "all"), t.get("general", "基本支出") or spending_basic


def _basic_parts(document: Document, t: Totals) -> Iterator[Finding]:
    """人员经费 + 公用经费 = 基本支出, where the two stand as rows of their own."""
    staff, running = t.get("basic", "人员经费"), t.get("basic", "公用经费")
    whole = t.get("basic", "all") or t.get("general", "基本支出")
    if staff and running and whole and staff.is_total and _last(staff) == "人员经费合计":
        found = sum_finding(document.id, "基本支出＝人员经费＋公用经费", whole, [staff, running], "人员经费与公用经费")
        if found:
            yield found


def _projects(document: Document, t: Totals, by_table: dict[str, list[Fact]]) -> Iterator[Finding]:
    """项目预算数 = 财政资金 + 其他资金 in each form; Σ 项目预算数 = 项目支出 of the department."""
    budgets: list[Fact] = []
    for table in document.tables:
        form = {_last(f): f for f in by_table.get(table.id, ()) if is_money(f) and f.project and not f.column_path}
        budget = form.get("预算数")
        if budget is None:
            continue
        budgets.append(budget)
        parts = [f for label, f in form.items() if label.removeprefix("其中：") in ("财政资金", "其他资金")]
        if any("财政资金" in _last(p) for p in parts):
            found = sum_finding(document.id, "预算数＝财政资金＋其他资金", budget, parts, "财政资金与其他资金")
            if found:
                yield found
    whole = t.get("spending", "项目支出")
    if whole and budgets and not document.truncated:
        found = sum_finding(document.id, "项目预算数之和＝项目支出", whole, budgets, "各项目预算数")
        if found:
            yield found


def _same_subjects(document: Document, by_table: dict[str, list[Fact]]) -> Iterator[Finding]:
    """One 类 is one figure in every spending table of one office that holds the same money."""
    firsts: dict[tuple[str | int | None, ...], Fact] = {}
    funds = [t for t in document.tables if _FUND.search(t.title)]
    funded = {f.subject for t in funds for f in by_table.get(t.id, ()) if is_money(f) and f.value}
    for table in document.tables:
        kind = kind_of_table(table.title)
        scope = _SCOPES.get(kind)
        if scope is None:
            continue
        seen: set[str] = set()
        for fact in by_table.get(table.id, ()):
            subject = fact.subject or ""
            is_class = (fact.subject_code is None and kind in ("both", "granted")) or len(fact.subject_code or "") == 3
            spends = subject.endswith("支出") and is_money(fact) and is_class and not fact.is_total and fact.depth == 0
            if not spends or subject in seen or (fact.column_path and not _ALL.match(fact.column_path[-1])):
                continue
            seen.add(subject)
            if kind == "general" and subject in funded:  # 财政拨款 and all money hold the fund's part too
                continue
            of_unit = table.title.startswith("单位预算")  # a department's own papers beside those of all its units
            first = firsts.setdefault((scope, subject, fact.agency, of_unit, fact.fiscal_year, fact.phase), fact)
            found = same_finding(document.id, "同一科目各表一致", first, fact) if first is not fact else None
            if found:
                yield found
