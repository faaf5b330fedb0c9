"""Sets of figures of one kind: the projects of an office, the parts of a row, the top rows of a table, one measure of each section."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from assistant.calculate import in_unit
from assistant.citing import owner, said, subject, when
from assistant.matching import Match, Wanted, match, refuses
from assistant.parts import OWN, blanked, said_part
from assistant.shelf import ShelvedDocument, is_neutral
from assistant.understanding import Understanding
from index.amounts import MONEY
from index.glossary import subjects
from index.records import Fact
from index.row_tree import clean_label

_PROJECTS = re.compile(r"项目(?!支出)|专项")
_MEASURE = re.compile(r"^(?:预算数|年度资金总额|项目总预算|预算金额|项目预算|总预算|本年预算数)")
QUARTERS = re.compile(r"[四每各]个?季度|哪个?季度|第?[一1]季度[到至]第?[四4]季度|分季度|全年用款计划")
_QUARTER = re.compile(r"第?[一二三四1-4]季度")
NEARLY = 0.15
LEVELS = {"类": 3, "款": 5, "项": 7}
LEVEL_ASKED = re.compile(r"(类|款|项)级|大(类)|(?:哪些?|什么|几|[一二三四五六七八九十两\d]+个?|各|每|个)(?:一)?(类|款)(?!目)")


@dataclass(frozen=True, slots=True)
class Collection:
    """Members of one kind in one unit; ``name`` says in Chinese what they are, ``by`` what they are ranked by.

    Changes and rates are ranked by their size and called by what they are the change or rate of.
    """

    name: str
    members: tuple[Match, ...]
    by: str = "金额"

    def size(self, member: Match, unit: str) -> Decimal:
        """What a member is ranked by, in ``unit``."""
        value = in_unit(member.fact, unit)
        return value if self.by == "金额" else abs(value)

    def tell(self, member: Match, unit: str | None) -> str:
        """A member's figure as it is read; a change without its sign."""
        told = said(member.fact, unit)
        return told if self.by == "金额" else told.lstrip("-")

    def call(self, member: Match) -> str:
        """What tells one member from the others."""
        fact = member.fact
        if self.by != "金额":
            return clean_label(fact.row_path[-2 if fact.source.row is None else -1])
        if self.name == "单位":
            return owner(member)
        if self.name in ("部门", "年度"):
            return owner(member) if self.name == "部门" else when(fact, member.document.row)
        if fact.kind == "target" and fact.indicator:
            return fact.indicator[-1]
        if self.name == "季度":
            return fact.row_path[-1]
        if fact.project and fact.source.row is not None and not fact.column_path:
            return f"{fact.project}（{member.part}）" if member.part and member.part != OWN else fact.project
        if fact.source.row is None and fact.section:
            return clean_label(fact.project or self._own_heading(fact))
        beside = [
            f.printed for f in member.document.row_facts(fact.source.block_id, fact.source.row or 0)
            if f.kind == "text" and f.column_path and re.search(r"名称|品目|项目|内容", f.column_path[-1])
        ] if fact.source.row is not None else []  # fmt: skip
        name = clean_label(fact.row_path[-1]) if fact.row_path else subject(fact)
        if beside and fact.source.row is not None and (beside[-1] not in name):
            return beside[-1]
        return subjects().get(fact.subject_code or name, (name,))[0] if name.isdigit() else name

    def _own_heading(self, fact: Fact) -> str:
        """The heading that tells a member's section from those of the others."""
        for place, heading in enumerate(fact.section):
            if any(m.fact.section[place : place + 1] != (heading,) for m in self.members):
                return heading
        return fact.section[-1]


def find(u: Understanding, wanted: Wanted, documents: Sequence[ShelvedDocument]) -> Collection | None:
    """The set that a question speaks of without what it leaves out (除…外); None when it speaks of none or leaves out no member."""
    found = _find(u, wanted, documents)
    for name in u.periods.excepted if found else ():
        kept = tuple(m for m in found.members if not refuses(name, found.call(m))) if found else ()
        found = replace(found, members=kept) if found and 0 < len(kept) < len(found.members) else None
    return found


def _find(u: Understanding, wanted: Wanted, documents: Sequence[ShelvedDocument]) -> Collection | None:
    if u.operation.name in ("list", "count") and "指标" in u.text:
        return _indicators(wanted, documents)
    if QUARTERS.search(u.text):
        return _quarters(wanted, documents)
    level = LEVEL_ASKED.search(u.text)
    if level:
        return _rows_of(u, wanted, documents, LEVELS[next(g for g in level.groups() if g)])
    if _PROJECTS.search(u.text):
        found = projects(wanted, documents, u.operation.counted)
        if found is None and "专项" not in u.text and u.operation.name not in ("count", "sum", "average"):
            found = _rows_of(u, wanted, documents, None)
        return found or _sections(wanted, documents)
    if u.operation.name in ("rank", "compare") or re.search(r"科目|支出(?:项|内容)|明细|构成|下(?:有|面)", u.text):
        return _rows_of(u, wanted, documents, None)
    return None


def _quarters(wanted: Wanted, documents: Sequence[ShelvedDocument]) -> Collection | None:
    """The quarters of one plan, which a sentence lists: 第一季度用款计划248.00万元，第二季度….

    The words that count the quarters name no single one.
    """
    for m in match(wanted, documents, 60):
        source = m.fact.source
        if re.sub("全年|[第到至一二三四]|季度", "", m.left).strip() or not m.fact.row_path or not _QUARTER.match(m.fact.row_path[-1]):
            continue
        beside = (s.fact for s in m.document.facts if s.stored.block_id == source.block_id and s.stored.kind == m.fact.kind)
        each = [f for f in beside if f.row_path and _QUARTER.match(f.row_path[-1]) and f.source.quote == source.quote]
        if len(each) >= 2:
            return Collection("季度", tuple(_as_match(f, m.document) for f in each))
    return None


def _as_match(fact: Fact, document: ShelvedDocument) -> Match:
    return Match(fact, document, 1.0, 1.0, 1.0, "")


def projects(wanted: Wanted, documents: Sequence[ShelvedDocument], counted: int | None = None) -> Collection | None:
    """Each project's budget, once, from its form; content in the question narrows by name (舆情项目), or ``counted`` says all."""
    chosen: dict[tuple[str, str, int | None, str], Match] = {}  # an office's several papers of a year tell of one project once
    for document in documents:
        office = document.row.agency or document.row.id
        unit = said_part(wanted.text, document.units, document.row.agency) if document.units else None
        for shelved in document.facts:
            stored = shelved.stored
            project = stored.project
            if not project or stored.kind != "amount" or stored.row is None:
                continue
            if unit is not None and shelved.part != unit[0]:
                continue
            fact = shelved.fact
            if not fact.source.quote and fact.unit in MONEY:
                head = (*fact.column_path, *fact.row_path)[-1] if not fact.column_path else fact.column_path[-1]
                if _MEASURE.match(head):
                    year = fact.fiscal_year or document.row.fiscal_year
                    chosen.setdefault((office, shelved.part, year, project), replace(_as_match(fact, document), part=shelved.part))
        if unit is not None:
            wanted = replace(wanted, weights=blanked(wanted.weights, unit[1]))
    members = [m for m in chosen.values() if _named(wanted, m.fact.project or "")]
    if not members and counted == len(chosen):
        members = list(chosen.values())
    return Collection("项目", tuple(members)) if members else None


def _indicators(wanted: Wanted, documents: Sequence[ShelvedDocument]) -> Collection | None:
    """The indicators of the project, and of the level (产出指标, 成本指标), that the question names."""
    targets = [
        _as_match(s.fact, d)
        for d in documents
        for s in d.facts
        if s.stored.kind == "target" and s.stored.row is not None
    ]
    named = {m.fact.project for m in targets if m.fact.project}
    best = max(named, key=lambda p: (_overlap(wanted, p), -len(p)), default=None)
    if len(named) > 1 and (best is None or _overlap(wanted, best) < 2):
        return None
    members = [m for m in targets if m.fact.project == best or len(named) <= 1]
    levels = {level for m in members for level in m.fact.indicator[:-1] if level in wanted.text}
    if levels:
        members = [m for m in members if levels & set(m.fact.indicator[:-1])]
    return Collection("指标", tuple(members)) if members else None


def _overlap(wanted: Wanted, name: str) -> int:
    """How many pairs of content characters of the question stand in a name."""
    said = {
        wanted.text[i : i + 2]
        for i in range(len(wanted.text) - 1)
        if wanted.weights[i] >= 1.0 or wanted.weights[i + 1] >= 1.0
    }
    return sum(pair in name for pair in said)


def _named(wanted: Wanted, name: str) -> bool:
    """Whether a project's name holds the content words of the question (all do when there are none)."""
    content = "".join(c if w >= 1.0 else " " for c, w in zip(wanted.text, wanted.weights, strict=True))
    words = re.findall(r"[\u4e00-\u9fffA-Za-z0-9]{2,}", content)
    return all(w in name or all(w[i : i + 2] in name for i in range(len(w) - 1)) for w in words)


def _sections(wanted: Wanted, documents: Sequence[ShelvedDocument]) -> Collection | None:
    """One measure stated in several sections or projects of prose: 项目总预算 of each 专项."""
    found = [
        m for m in match(wanted, documents, 200)
        if m.fact.kind == "amount" and m.fact.unit in MONEY and (m.fact.project or m.fact.source.row is None)
    ]  # fmt: skip
    if not found:
        return None
    heads: dict[str, list[Match]] = {}
    for m in found:
        heads.setdefault(_measure_of(m.fact), []).append(m)
    sets: list[tuple[float, list[Match]]] = []
    for group in heads.values():
        each: dict[str, Match] = {}
        for m in group:
            each.setdefault(m.fact.project or " / ".join(m.fact.section), m)
        if len(each) >= 2:
            sets.append((sum(m.score for m in each.values()) / len(each), list(each.values())))
    least = max((mean for mean, _ in sets), default=0.0) - NEARLY
    # Of measures that fit about equally well the one that most projects state: some add up their parts, all have a total.
    best = max(((len(members), mean, members) for mean, members in sets if mean >= least), default=(0, 0.0, []), key=lambda s: s[:2])[2]
    best.sort(key=lambda m: (m.document.row.file, m.fact.id))
    return Collection("专项", tuple(best)) if best else None


def _measure_of(fact: Fact) -> str:
    return re.sub(r"20\d\d年(?:度)?|^\d+[.、]", "", fact.row_path[-1]) if fact.row_path else ""


def _rows_of(
    u: Understanding, wanted: Wanted, documents: Sequence[ShelvedDocument], code_length: int | None
) -> Collection | None:
    """The parts of the row that the question names, or the top rows of the table that it names."""
    matches = [m for m in match(wanted, documents, 60) if m.fact.source.row is not None and m.fact.kind == "amount"]
    named = [m for m in matches if m.precision >= 0.75 and m.holds and not m.fact.is_total]
    for parent in named[:12]:
        for length in dict.fromkeys((code_length, None)):
            children = _children(parent, length)
            if len(children) >= (1 if u.operation.name == "count" else 2):
                return Collection(_call(length, "下级科目"), tuple(children))
    tables: dict[str, Match] = {}
    kind = "2" if "功能" in u.text else "35" if "经济" in u.text else ""
    for m in matches:
        tables.setdefault(m.fact.source.block_id, m)
    ranked = sorted(tables.values(), key=lambda m: -_title_share(wanted, m))
    for m in ranked:
        if not _named(wanted, f"{m.fact.table} 功能分类 经济分类 科目"):
            continue
        rows = [r for r in _top_rows(wanted, m, code_length) if not kind or (r.fact.subject_code or "")[:1] in kind]
        if len(rows) >= 2:
            return Collection(_call(code_length, "科目"), tuple(rows))
    return None


def _call(code_length: int | None, otherwise: str) -> str:
    return {3: "类级科目", 5: "款级科目", 7: "项级科目"}.get(code_length or 0, otherwise)


def _title_share(wanted: Wanted, m: Match) -> float:
    title = m.fact.table or ""
    pairs_said = [wanted.text[i : i + 2] for i in range(len(wanted.text) - 1)]
    hit = sum(p in title for p in pairs_said if p.strip())
    return hit + 0.5 * (m.fact.source.row is not None) - 0.02 * len(title)


def _same_column(a: Fact, b: Fact) -> bool:
    return a.column_path == b.column_path and a.source.col == b.source.col


def _children(parent: Match, code_length: int | None) -> list[Match]:
    facts = parent.document.block_facts(parent.fact.source.block_id)
    code = parent.fact.subject_code
    out = []
    for fact in facts:
        # The fact's own parent: one row of a table may hold two lists side by side.
        under = fact.parent_row is not None and fact.parent_row == parent.fact.source.row
        if code and code_length and fact.subject_code:
            under = (
                fact.subject_code.startswith(code)
                and len(fact.subject_code) == code_length
                and fact.subject_code != code
            )
        if under and fact.kind == "amount" and _same_column(fact, parent.fact):
            out.append(_as_match(fact, parent.document))
    return out


def _top_rows(wanted: Wanted, m: Match, code_length: int | None) -> list[Match]:
    """The rows of one level of a table, in the column that the question names, else in its total column."""
    facts = [f for f in m.document.block_facts(m.fact.source.block_id) if f.kind == "amount" and not f.is_total]
    level = [
        f
        for f in facts
        if (code_length and len(f.subject_code or "") == code_length) or (not code_length and f.depth == 0)
    ]
    level = [f for f in level if f.unit in MONEY] or level
    parts = [f for f in facts if f.subject_code and f.subject_code[0] in "35" and len(f.subject_code) == LEVELS["款"]]
    if not code_length and parts and {len(f.subject_code or "") for f in level} == {LEVELS["类"]}:
        level = parts  # 301, 302 say only what kind of spending it is
    if len({f.source.row for f in level}) == 1:  # all under one heading (302): its parts
        level = [f for f in facts if f.depth == 1 and len(f.subject_code or "") > len(level[0].subject_code or "")] or level
    columns = {f.source.col: f.column_path for f in level}
    if not columns:
        return []
    own = {f.source.col for f in level if f.fiscal_year in (None, m.document.row.fiscal_year)}
    column = max(columns, key=lambda c: (_said(wanted, columns[c]), c in own, -(c or 0)))
    return [_as_match(f, m.document) for f in level if f.source.col == column]


def _said(wanted: Wanted, path: Sequence[str]) -> float:
    """How far a question means a column: its head word for word, or a total when it names none."""
    head = path[-1] if path else ""
    if len(head) > 2 and head in wanted.text and not is_neutral(head):
        return 1.0
    return 0.5 if not head or is_neutral(head) else 0.0


def passes(fact: Fact, sign: str, value: Decimal, unit: str) -> bool:
    """Whether a fact meets a condition such as > 100 万元."""
    if fact.value is None:
        return False
    if fact.unit in MONEY and unit in MONEY:
        left, right = fact.value * MONEY[fact.unit], value * MONEY[unit]
    elif fact.unit == unit:
        left, right = fact.value, value
    else:
        return False
    return {">": left > right, "≥": left >= right, "<": left < right, "≤": left <= right}[sign]
