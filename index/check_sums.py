"""Checks inside one table: rows that contain rows, totals, columns that contain columns."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from index.amounts import MONEY
from index.check_figures import Finding, in_yuan, is_money, sum_finding
from index.records import Fact

_TOTAL_HEAD = re.compile(r"^(?:本年|全年)?(?:收入|支出)?(?:预算|决算)?(?:合计|小计|总计)(?:数)?$")
_NO_PART = re.compile(r"^其中|数量|单价|面积|人数|编制|增减|上年|比|占|率|序号|计量|备注")
_PART_ROW = re.compile(r"^其\s*中")
_CAR = re.compile(r"公务用车购置(?:及|和)运行")
_SUBTOTAL = re.compile(r"小计")


def check_table(document_id: str, facts: Sequence[Fact]) -> Iterator[Finding]:
    """The findings inside one table; ``facts`` are all of its facts, blanks too."""
    columns: dict[int, list[Fact]] = defaultdict(list)
    for fact in facts:
        if fact.source.col is not None and fact.kind in ("amount", "empty") and "-a" not in fact.id.rsplit("-", 1)[-1]:
            columns[fact.source.col].append(fact)
    for column in columns.values():
        figures = sorted((f for f in column if is_money(f)), key=lambda f: f.source.row or 0)
        if len({f.unit for f in figures}) == 1:
            yield from _contained(document_id, figures)
            yield from _totals(document_id, figures)
    yield from _across_columns(document_id, columns)
    yield from _changes(document_id, facts)


def _contained(document_id: str, figures: Sequence[Fact]) -> Iterator[Finding]:
    """类 = Σ款 = Σ项 by code, a numbered row = its numbered parts; 其中 need not be complete."""
    by_row = {f.source.row: f for f in figures}
    children: dict[int, list[Fact]] = defaultdict(list)
    for fact in figures:
        if fact.parent_row is not None and fact.parent_row in by_row and not fact.is_total:
            children[fact.parent_row].append(fact)
    for row, parts in children.items():
        parent = by_row[row]
        if parent.is_total or any(_PART_ROW.match(p.row_path[-1]) for p in parts if p.row_path):
            names = "".join(p.row_path[-1] for p in parts if p.row_path)
            if not (_CAR.search("".join(parent.row_path)) and "购置" in names and "运行" in names):
                continue
        coded = parent.subject_code is not None and all(p.subject_code for p in parts)
        rule = "类款项之和" if coded else "分项之和"
        found = sum_finding(document_id, rule, parent, parts, "下级科目" if coded else "所列分项")
        if found:
            yield found


def _totals(document_id: str, figures: Sequence[Fact]) -> Iterator[Finding]:
    """合计 = Σ of the top level. A total may stand above its parts or below, and a later one may add to an earlier."""
    top = [f for f in figures if f.is_total or f.depth == 0]
    plain = [f for f in top if not f.is_total]
    totals = [f for f in top if f.is_total and not (_SUBTOTAL.search(_name(f)) and len(f.row_path) > 1)]
    if not plain or not totals:
        return
    if totals[0].source.row is not None and totals[0].source.row < (plain[0].source.row or 0):
        below = _until_total(top, totals[0])
        found = sum_finding(document_id, "合计", totals[0], below, "各项") if below else None
        if found:
            yield found
        return
    run: list[Fact] = []
    before: Fact | None = None
    for fact in top:
        if not fact.is_total:
            run.append(fact)
        elif fact in totals:
            every = plain[: sum((p.source.row or 0) < (fact.source.row or 0) for p in plain)]
            candidates = [[*([before] if before else []), *run], every]
            results = [sum_finding(document_id, "合计", fact, c, "各项") for c in candidates if c]
            # A second total with nothing new above it repeats the first or sums another side.
            if results and all(results) and run:
                yield results[0]  # type: ignore[misc]
            before, run = fact, []


def _until_total(top: Sequence[Fact], total: Fact) -> list[Fact]:
    rest = list(top[list(top).index(total) + 1 :])
    end = next((i for i, f in enumerate(rest) if f.is_total), len(rest))
    return rest[:end]


def _name(fact: Fact) -> str:
    return fact.row_path[-1] if fact.row_path else ""


def _changes(document_id: str, facts: Sequence[Fact]) -> Iterator[Finding]:
    """本年 − 增减额 = 上年, where a table prints all three beside each other."""
    rows: dict[tuple[int | None, tuple[str, ...]], list[Fact]] = defaultdict(list)
    for fact in facts:
        if fact.source.col is not None and fact.value is not None and fact.unit in MONEY:
            rows[fact.source.row, fact.row_path].append(fact)
    for row in rows.values():
        changes = [f for f in row if f.kind == "change"]
        amounts = sorted((f for f in row if f.kind == "amount"), key=lambda f: f.fiscal_year or 0)
        years = [f.fiscal_year for f in amounts]
        if len(changes) != 1 or len(amounts) != 2 or None in years or years[0] == years[1]:
            continue
        before, now = amounts
        change = changes[0]
        if in_yuan(now) < in_yuan(before) and change.value is not None:
            change = replace(change, value=-abs(change.value))  # a decrease may be printed without its sign
        found = sum_finding(document_id, "本年−增减额＝上年", now, [before, change], "上年数与增减额")
        if found:
            yield found


def _across_columns(document_id: str, columns: dict[int, list[Fact]]) -> Iterator[Finding]:
    """A 合计 column = the columns beside it under the same head, row by row."""
    paths = {col: facts[0].column_path for col, facts in columns.items() if facts[0].column_path}
    cells = {(f.source.row, col): f for col, facts in columns.items() for f in facts if is_money(f)}
    rows = sorted({row for row, _ in cells if row is not None})
    for total_col, path in paths.items():
        at = next((i for i, head in enumerate(path) if _TOTAL_HEAD.match(head)), None)
        if at is None:
            continue
        groups = _groups({c: p for c, p in paths.items() if c != total_col}, path, at)
        if len(groups) < 2:
            continue
        for row in rows:
            total = cells.get((row, total_col))
            parts = [cells[row, c] for group in groups for c in group if (row, c) in cells]
            if total is None or not parts or not _alike(total, parts):
                continue
            found = sum_finding(document_id, "横向合计", total, parts, "同行各栏")
            if found:
                yield found


def _groups(paths: dict[int, tuple[str, ...]], total: tuple[str, ...], at: int) -> list[list[int]]:
    """The columns that a total column sums: a list for each head beside it, that head's own total or all its parts."""
    prefix, suffix = total[:at], total[at + 1 :]
    found: dict[str, dict[int, tuple[str, ...]]] = {}
    for col, path in paths.items():
        if path[:at] != prefix or len(path) <= at or (suffix and path[-len(suffix) :] != suffix):
            continue
        inner = path[at : len(path) - len(suffix)]
        if not inner or _TOTAL_HEAD.match(inner[0]):
            continue
        if any(_NO_PART.search(head) for head in inner):
            if re.search(r"数量|单价|面积|增减|上年", "".join(inner)):
                return []
            continue
        found.setdefault(inner[0], {})[col] = inner
    groups = []
    for inside in found.values():
        own = [c for c, p in inside.items() if len(p) == 1 or (len(p) == 2 and _TOTAL_HEAD.match(p[1]))]
        groups.append(own or list(inside))
    return groups


def _alike(total: Fact, parts: Sequence[Fact]) -> bool:
    return all(p.unit == total.unit and p.fiscal_year == total.fiscal_year and p.phase == total.phase for p in parts)
