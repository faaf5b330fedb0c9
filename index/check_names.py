"""Names that differ between prose and tables: a project, a subject of the budget, an item in a list."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from index.check_across import kind_of_table
from index.check_figures import Finding, Part, Side, finding, in_yuan, is_money, place, side
from index.glossary import subjects
from index.records import Document, Fact, Passage

ALIKE = 75
_LISTED = re.compile(r"(人员经费|公用经费)[^。]{0,30}?。?\s*主要(?:包括|用于)[：:]?([^。；（）]*)")


def check_names(document: Document, facts: Sequence[Fact], by_table: dict[str, list[Fact]]) -> Iterator[Finding]:
    """The findings on names."""
    yield from _projects(document, facts)
    yield from _subjects(document, facts, by_table)
    for passage in document.passages:
        yield from _items(document, passage, by_table)


def _projects(document: Document, facts: Sequence[Fact]) -> Iterator[Finding]:
    """A project of the prose that no form bears, and a form of a like name with the same money."""
    cells = [f for f in facts if f.project and is_money(f) and f.source.row is not None and not f.column_path]
    forms: dict[str, list[Fact]] = defaultdict(list)
    for cell in cells:
        forms[cell.project or ""].append(cell)
    told: dict[str, Fact] = {}
    for fact in facts:
        if fact.project and is_money(fact) and fact.source.row is None:
            told.setdefault(fact.project, fact)
    for project, fact in told.items():
        if project in forms or not forms:
            continue
        near = max(forms, key=lambda n: fuzz.ratio(n, project))
        same = next((f for f in forms[near] if in_yuan(f) == in_yuan(fact)), None)
        if near not in told and fuzz.ratio(near, project) >= ALIKE and same is not None:
            message = f"{place(fact)}的项目“{project}”与{place(same)}的“{near}”金额相同而名称不同。"
            yield finding(
                document.id, "名称不一致", "warning", message, side(project, [fact], in_yuan(fact), fact.unit),
                side(near, [same], in_yuan(same), fact.unit),
            )  # fmt: skip


def _subjects(document: Document, facts: Sequence[Fact], by_table: dict[str, list[Fact]]) -> Iterator[Finding]:
    """X（款）Y（项） of the prose that no table row bears, beside a row of the same 款 and the same money."""
    rows: dict[str, Fact] = {}
    for table in document.tables:
        if kind_of_table(table.title) in ("spending", "general", "granted_spending"):
            for row in by_table.get(table.id, ()):
                if is_money(row) and row.subject_code and row.subject:
                    rows.setdefault(row.subject, row)
    seen: set[str] = set()
    for fact in facts:
        name = fact.subject or ""
        told = fact.source.row is None and is_money(fact) and len(fact.row_path) > 1
        if not told or not rows or name in rows or name in seen:
            continue
        near = max(rows, key=lambda n: fuzz.ratio(n, name))
        close = abs(in_yuan(rows[near]) - in_yuan(fact)) * 1000 <= in_yuan(fact)
        if fuzz.ratio(near, name) >= ALIKE and close and in_yuan(fact) and len(near) > 3:
            seen.add(name)
            message = f"{place(fact)}的“{name}”，{place(rows[near])}写作“{near}”。"
            yield finding(
                document.id, "名称不一致", "warning", message, side(name, [fact], in_yuan(fact), fact.unit),
                side(near, [rows[near]], in_yuan(rows[near]), fact.unit),
            )  # fmt: skip


def _items(document: Document, passage: Passage, by_table: dict[str, list[Fact]]) -> Iterator[Finding]:
    """人员经费…主要包括：A、B、C: each a subject of the economic classification, filled in where a table stands."""
    known = _economic()
    filled = _filled(document, by_table)
    for found in _LISTED.finditer(passage.text):
        listed = re.split(r"[、，,]", re.sub(r"\s", "", found[2]))
        names = [re.sub(r"等(?:支出|费用)?$|支出$", "", n) for n in listed]
        for name in (n for n in names if 2 <= len(n) <= 14):
            message = ""
            if name not in known:
                near = _mistaken_for(name, known - set(names))
                message = f"所列“{name}”不是经济分类科目，疑为“{near}”。" if near else ""
            elif filled and not any(name in f or f in name for f in filled):
                message = f"所列“{name}”在基本支出表中没有金额。"
            if message:
                quote = found[0][:200]
                part = Part(passage.id, name, "", passage.id, None, None, None, found[1], "", passage.page, quote)
                where = f"第{passage.page}页正文{found[1]}" if passage.page else f"正文{found[1]}"
                yield finding(document.id, "名称不一致", "warning", where + message, Side(name, None, "", (part,)))


def _mistaken_for(name: str, known: frozenset[str]) -> str | None:
    """The one short subject that differs from ``name`` in one character before the last (资金 for 奖金)."""
    near = [k for k in known if len(k) == len(name) <= 3 and k[-1] == name[-1] and Levenshtein.distance(k, name) == 1]
    return near[0] if len(near) == 1 else None


@lru_cache(maxsize=1)
def _economic() -> frozenset[str]:
    """Names of 部门预算支出经济分类."""
    return frozenset(name for code, names in subjects().items() if code.startswith(("30", "31")) for name in names)


def _filled(document: Document, by_table: dict[str, list[Fact]]) -> set[str]:
    """Subjects with an amount in the 基本支出 tables."""
    return {
        f.subject or ""
        for t in document.tables
        if kind_of_table(t.title) == "basic"
        for f in by_table.get(t.id, ())
        if is_money(f) and f.value and f.subject_code
    }
