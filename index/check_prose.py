"""Checks of prose against the tables and against itself: amounts, parts, shares, increases."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal

from index.check_across import Totals, kind_of_table
from index.check_figures import (
    Finding,
    Severity,
    finding,
    half_digit,
    in_yuan,
    is_money,
    place,
    same_finding,
    severity_of,
    side,
    sum_finding,
)
from index.records import Document, Fact

Roles = tuple[tuple[str, str], ...]

# What prose calls a total, and which totals of the tables it may repeat.
_NAMES: tuple[tuple[re.Pattern[str], Roles], ...] = tuple(
    (re.compile(pattern), roles)
    for pattern, roles in (
        (r"^财政拨款(?:收入支出|收、支|收支|收入、支出)(?:总|决算|预算)*(?:总计|预算|计)?$", (("granted", "income"),)),
        (r"^(?:收入支出|收、支|收支|收入、支出)(?:预算|决算)?总计$", (("both", "income"), ("both", "spending"))),
        (r"^收入(?:预算|决算)?(?:总计)?$|^(?:预算|决算)收入$", (("both", "income"), ("both", "income_year"))),
        (r"^支出(?:预算|决算)?(?:总计)?$|^(?:预算|决算)支出$", (("both", "spending"), ("both", "spending_year"))),
        (r"^本年收入(?:预算|决算)?合计$", (("both", "income_year"), ("income", "all"), ("both", "income"))),
        (r"^本年支出(?:预算|决算)?合计$", (("both", "spending_year"), ("spending", "all"), ("both", "spending"))),
        (r"^财政拨款收入(?:预算)?(?:总计)?$", (("both", "granted"), ("both", "general"), ("granted", "income"))),
        (r"^一般公共预算收入(?:预算)?$", (("both", "general"), ("granted", "general"))),
        (r"^财政拨款(?:预算支出|支出|支出预算)$", (("granted", "spending"), ("granted", "spending_year"))),
        (r"^一般公共预算(?:财政)?拨款支出(?:预算)?$", (("general", "all"),)),
        (r"^(?:一般公共预算)?财政拨款基本支出(?:预算)?$", (("basic", "all"), ("general", "基本支出"))),
        (r"^一般公共预算基本支出(?:预算)?$", (("basic", "all"), ("general", "基本支出"))),
        (r"^基本支出(?:预算数)?$", (("spending", "基本支出"), ("general", "基本支出"), ("basic", "all"))),
        (r"^项目支出(?:预算数)?$", (("spending", "项目支出"), ("general", "项目支出"))),
        (r"^人员经费$", (("basic", "人员经费"),)),
        (r"^(?:日常)?公用经费$", (("basic", "公用经费"),)),
    )
)
_SPENDING = ("spending", "general", "granted_spending", "both", "granted")
_ALL_HEAD = re.compile(r"合计|总计|^金额$|预算数$|决算数$")
_THREE = (
    ("“三公”经费", re.compile(r"^(?:财政拨款)?“?三公”?经费(?:预算数|合计|小计)?$|^合计$|^小计$")),
    ("因公出国（境）费", re.compile(r"^因公出国[（(]境[）)]费?用?(?:预算)?(?:支出)?$")),
    ("公务用车购置及运行费", re.compile(r"^公务用车购置(?:及|和)运行(?:维护)?费(?:预算)?(?:支出)?$")),
    ("公务用车购置费", re.compile(r"^(?:公务用车)?购置费?(?:预算)?(?:支出)?$")),
    ("公务用车运行费", re.compile(r"^(?:公务用车)?运行(?:维护)?费?(?:预算)?(?:支出)?$")),
    ("公务接待费", re.compile(r"^公务接待费(?:预算)?(?:支出)?$")),
    ("机关运行经费", re.compile(r"^.{0,24}机关运行经费(?:预算数|预算支出|支出|预算|共计安排)*$")),
)
_COMPLETE = (
    re.compile(r"货物.*工程.*服务"),
    re.compile(r"因公出国.*公务用车.*公务接待|因公出国.*公务接待.*公务用车"),
    re.compile(r"基本支出.*项目支出"),
    re.compile(r"人员经费.*公用经费"),
    re.compile(r"财政拨款收入.*其他收入"),
    re.compile(r"用车.*其他用车"),
)


def check_prose(
    document: Document, facts: Sequence[Fact], totals: Totals, by_table: dict[str, list[Fact]]
) -> Iterator[Finding]:
    """The findings of the prose of a document."""
    prose = [f for f in facts if f.source.row is None and f.kind in ("amount", "change")]
    three = _three(document, by_table)
    subjects = _subject_rows(document, by_table)
    for fact in prose:
        if is_money(fact) and fact.comparison is None:
            yield from _against_tables(document, fact, totals, three, subjects)
    passages: dict[str, list[Fact]] = defaultdict(list)
    for fact in prose:
        passages[fact.source.block_id].append(fact)
    for inside in passages.values():
        yield from _parts(document, inside)
        yield from _rates(document, inside)
        yield from _shares(document, inside)


def _alike(prose: Fact, cell: Fact) -> bool:
    budget = {"预算", "年初预算"}
    same_phase = prose.phase == cell.phase or {prose.phase, cell.phase} <= budget
    return prose.fiscal_year == cell.fiscal_year and same_phase


def _against_tables(
    document: Document, fact: Fact, totals: Totals, three: dict[str, list[Fact]],
    subjects: dict[tuple[str, ...], list[Fact]],
) -> Iterator[Finding]:  # fmt: skip
    named = re.sub(r"(?:20\d\d年度?)", "", fact.subject or "")
    candidates: list[Fact] = []
    for pattern, roles in _NAMES:
        if pattern.match(named):
            candidates = [c for r in roles if (c := totals.get(*r)) is not None]
            if roles[0][0] == "spending" and totals.get(*roles[0]) is None and not totals.only_general:
                candidates = []
            break
    else:
        label = next((k for k, p in _THREE if p.match(named)), None)
        path = fact.row_path[:-1] if fact.measure != fact.subject else fact.row_path
        if label:
            candidates = three.get(label, [])
        elif path:
            candidates = subjects.get(path[-2:], [])
    candidates = [c for c in candidates if _alike(fact, c)]
    results = [same_finding(document.id, "正文＝表", fact, c) for c in candidates]
    if results and all(results):
        yield results[0]  # type: ignore[misc]


def _three(document: Document, by_table: dict[str, list[Fact]]) -> dict[str, list[Fact]]:
    """三公 figures of the tables by name, from rows or from columns."""
    found: dict[str, list[Fact]] = defaultdict(list)
    for table in document.tables:
        kind = kind_of_table(table.title)
        for fact in by_table.get(table.id, ()):
            if not is_money(fact):
                continue
            if kind == "running" and fact.is_total:
                found["机关运行经费"].append(fact)
            if kind != "three":
                continue
            label = _three_label(fact)
            if label:
                found[label].append(fact)
    return found


def _three_label(fact: Fact) -> str | None:
    heads = [h for h in (*fact.row_path, *fact.column_path) if not re.match(r"^(?:年初)?(?:预算|决算)数$|^项目$", h)]
    heads = [re.sub(r"^[一二三四1-9][、.．]|^[（(][一二三1-3][）)]|^其中[：:]", "", h) for h in heads]
    if not heads:
        return None
    last, above = heads[-1], heads[-2] if len(heads) > 1 else ""
    if last in ("小计", "合计", "总计"):
        whole = "会议费" in (fact.table or "") or "培训费" in (fact.table or "")
        if "公务用车" in above:
            return "公务用车购置及运行费"
        return "“三公”经费" if "三公" in above or (not whole and last == "合计") else None
    return next((k for k, p in _THREE if p.match(last)), None)


def _subject_rows(document: Document, by_table: dict[str, list[Fact]]) -> dict[tuple[str, ...], list[Fact]]:
    """合计 figures of the spending tables by (name of the 类 or 款 above, name), those of a 类 by its name."""
    found: dict[tuple[str, ...], list[Fact]] = defaultdict(list)
    for table in document.tables:
        if kind_of_table(table.title) not in _SPENDING:
            continue
        facts = [f for f in by_table.get(table.id, ()) if is_money(f) and f.subject and not f.is_total]
        names = {f.source.row: f.subject for f in facts if f.subject_code}
        for fact in facts:
            above = names.get(fact.parent_row)
            if fact.column_path and not _ALL_HEAD.search(fact.column_path[-1]):
                continue
            if above and fact.subject and fact.subject_code:
                found[above, fact.subject].append(fact)
            elif fact.subject and fact.depth == 0 and fact.subject.endswith("支出"):
                found[fact.subject,].append(fact)
    return found


def _parts(document: Document, inside: Sequence[Fact]) -> Iterator[Finding]:
    """A，其中：B、C、D: the parts of a complete list add up, and no list exceeds its whole."""
    amounts = [f for f in inside if f.kind == "amount" and f.value is not None and f.unit != "%"]
    for whole in amounts:
        path = whole.row_path
        parts = [
            f for f in amounts
            if f is not whole and f.row_path[:-1] == path and f.unit == whole.unit and f.measure not in ("合计", "总计")
            and f.source.quote == whole.source.quote and f.comparison is None and f.fiscal_year == whole.fiscal_year
        ]  # fmt: skip
        if len(parts) < 2 or len({p.row_path for p in parts}) < len(parts):
            continue
        complete = any(p.search("".join(f.row_path[-1] for f in parts)) for p in _COMPLETE)
        added = sum((in_yuan(p) for p in parts), Decimal(0))
        if complete or added > in_yuan(whole):
            found = sum_finding(document.id, "正文分项之和", whole, parts)
            if found:
                yield found
    yield from _stated_sums(document, amounts)


def _stated_sums(document: Document, amounts: Sequence[Fact]) -> Iterator[Finding]:
    """A，其中B、C，合计D: D sums the parts."""
    for total in (f for f in amounts if f.measure in ("合计", "总计") and len(f.row_path) > 1):
        path = total.row_path[:-1]
        parts = [f for f in amounts if f.row_path[:-1] == path and f is not total and f.unit == total.unit]
        if len(parts) > 1:
            found = sum_finding(document.id, "正文分项之和", total, parts)
            if found:
                yield found


def _rates(document: Document, inside: Sequence[Fact]) -> Iterator[Finding]:
    """本年 − 增减额 = 上年: the printed rate must follow from the printed amounts."""
    this: Fact | None = None
    last: Fact | None = None
    change: Fact | None = None
    for fact in inside:
        if is_money(fact) and fact.comparison is None:
            if document.fiscal_year and fact.fiscal_year and fact.fiscal_year < int(document.fiscal_year.value):
                last = fact
            else:
                this, change = fact, None
        elif fact.kind == "change" and fact.value is not None and fact.unit == "%":
            if this is not None and this.subject == fact.subject and (change is not None or last is not None):
                yield from _rate(document, fact, this, change, last)
            change = last = None
        elif fact.kind == "change" and fact.value is not None and this is not None:
            change = fact if fact.subject == this.subject else None


def _rate(document: Document, rate: Fact, this: Fact, change: Fact | None, last: Fact | None) -> Iterator[Finding]:
    half = half_digit(this)
    if change is not None:
        moved, precise = in_yuan(change), half_digit(change)
        before = in_yuan(this) - moved
    else:
        assert last is not None
        if last.fiscal_year != rate.base_year or last.subject != rate.subject:
            return
        before, precise = in_yuan(last), half + half_digit(last)
        moved = in_yuan(this) - before
    if before <= 0 or rate.value is None:
        return
    expected = moved * 100 / before
    allowed = half_digit(rate) + (precise + abs(expected) / 100 * (half + precise)) * 100 / before
    difference = rate.value - expected
    if abs(difference) <= allowed:
        return
    shown = expected.quantize(Decimal("0.01"))
    others = [this, *([change] if change else [last] if last else [])]
    message = f"{place(rate)}“{rate.subject}”的增减率为{rate.printed}，按金额计算为{abs(shown)}%。"
    opposite = rate.value * expected < 0
    severity: Severity = "error" if opposite or abs(difference) > 10 * allowed else "info"
    yield finding(
        document.id, "增减率与金额", severity, message, side(rate.subject or "", [rate], rate.value, "%"),
        side("按金额计算", others, shown, "%"), _rounded(difference), _rounded(allowed),
    )  # fmt: skip


def _shares(document: Document, inside: Sequence[Fact]) -> Iterator[Finding]:
    """B，占A的x%: the share must follow from the amounts; shares of one whole are of the sum of its parts."""
    pairs: list[tuple[Fact, Fact]] = []
    amount: Fact | None = None
    for fact in inside:
        if is_money(fact):
            amount = fact
        elif fact.unit == "%" and (fact.measure or "").startswith("占") and amount and amount.subject == fact.subject:
            pairs.append((amount, fact))
    for amount, share in pairs:
        alike = [p for p in pairs if p[1].measure == share.measure and p[0].row_path[:-1] == amount.row_path[:-1]]
        if len(alike) < 2 or share.value is None:
            continue
        whole = next((f for f in inside if is_money(f) and f.row_path == amount.row_path[:-1]), None)
        if whole is None and abs(sum((s.value or Decimal(0) for _, s in alike), Decimal(0)) - 100) > Decimal("0.05"):
            continue
        of = [whole] if whole else [a for a, _ in alike]
        total = sum((in_yuan(f) for f in of), Decimal(0))
        if total <= 0:
            continue
        expected = in_yuan(amount) * 100 / total
        allowed = half_digit(share) + half_digit(amount) * 200 / total
        difference = share.value - expected
        if severity_of(difference, allowed) != "error":
            continue
        shown = expected.quantize(Decimal("0.01"))
        severity: Severity = "error" if abs(difference) > 10 * allowed else "info"
        message = f"{place(share)}“{share.subject}”{share.measure}{share.printed}，按金额计算为{shown}%。"
        yield finding(
            document.id, "占比与金额", severity, message, side(share.subject or "", [share], share.value, "%"),
            side("按金额计算", [amount, *of], shown, "%"), _rounded(difference), _rounded(allowed),
        )  # fmt: skip


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.0001"))
