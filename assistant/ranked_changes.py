"""What grew or shrank most against the year before, and what carried out least of its budget, where documents state it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.calculate import difference
from assistant.collections_of import LEVEL_ASKED, LEVELS, Collection
from assistant.matching import Match
from assistant.shelf import ShelvedDocument
from assistant.understanding import Understanding
from assistant.understanding.wording import subject_codes
from index.amounts import MONEY
from index.names import folded
from index.records import Fact
from index.row_tree import clean_label

_CARRIED_OUT = re.compile("完成[^，。]{0,6}预算|执行率|完成率")
_OF_ONE_YEAR = re.compile("^(?!.*(?:上年|去年|20\\d\\d)).*(?:预算|计划)")  # a change against the year's own budget
_FUNDS = re.compile("财政拨款|一般公共预算|政府性基金|国有资本经营")
_OFFICIAL = re.compile("因公出国|公务用车|公务接待")


def find(u: Understanding, documents: Sequence[ShelvedDocument]) -> Collection | None:
    """The items of which one document states the change or rate that is ranked; two and more of one level, else None."""
    by = u.operation.by or ""
    sets: dict[object, dict[str, Match]] = {}
    for document in documents:
        for shelved in document.facts:
            stored = shelved.stored
            if stored.kind not in ("change", "amount") or not _ranks(shelved.fact, by):
                continue
            fact = shelved.fact
            path = fact.row_path[:-1] if fact.source.row is None else fact.row_path
            kind = _kind(u, fact, path)
            if kind is not None:
                place = fact.source.block_id if fact.source.row is not None else _chapter(fact)
                key = (document.row.id, place, kind)
                match = Match(fact, document, 1.0, 1.0, 1.0, "")
                sets.setdefault(key, {}).setdefault("/".join(map(clean_label, path)), match)
    funds = _FUNDS.findall(u.text)
    each = [tuple(named.values()) for named in sets.values()]
    fitting = [ms for ms in each if len(ms) >= 2 and all(fund in _heads(ms[0].fact) for fund in funds)]
    # Without a year in the question the latest papers are meant.
    latest = max((ms[0].document.row.fiscal_year or 0 for ms in fitting), default=0)
    fitting = [ms for ms in fitting if (ms[0].document.row.fiscal_year or 0) == latest]
    if len({ms[0].document.row.id for ms in fitting}) != 1:
        return None
    what = {"up": "增加额", "up%": "增幅", "down": "减少额", "down%": "降幅", "done": "完成比例"}[by]
    return Collection(f"写明{what}的内容", max(fitting, key=len), what)


def of_two_years(by: str, now: Collection, before: Collection) -> tuple[list[tuple[Match, Match]], list[str]]:
    """Projects of one name in two years' papers that grew (or shrank), most first, and the names that stand in one year only.

    Raises NotComparable for sums in units that cannot be put together.
    """
    earlier = {folded(m.fact.project or ""): m for m in before.members}
    later = {folded(m.fact.project or ""): m for m in now.members}
    both = [(m, earlier[name]) for name, m in later.items() if name in earlier]
    alone = [m.fact.project or "" for name, m in (*later.items(), *earlier.items()) if (name in later) != (name in earlier)]
    grew = {m.fact.id: difference(m.fact, was.fact).value * (1 if by == "up" else -1) for m, was in both}
    return sorted((pair for pair in both if grew[pair[0].fact.id] > 0), key=lambda pair: -grew[pair[0].fact.id]), alone


def _ranks(fact: Fact, by: str) -> bool:
    head = "".join((*fact.row_path, *fact.column_path)[-1:])
    if fact.value is None or fact.is_total:
        return False
    if by == "done":
        return fact.unit == "%" and bool(_CARRIED_OUT.search(head))
    if fact.kind != "change" or not fact.value or _OF_ONE_YEAR.search(head):
        return False
    return (fact.value > 0) == by.startswith("up") and (fact.unit == "%" if by.endswith("%") else fact.unit in MONEY)


def _kind(u: Understanding, fact: Fact, named: Sequence[str]) -> object | None:
    """Of which kind an item is, where it is of the kind that the question names; of one kind only what can be compared."""
    if not named:
        return None
    name = clean_label(named[-1])
    if "三公" in u.text:
        return "三公" if _OFFICIAL.search(name) else None
    if re.search("项目(?!支出)|专项", u.text):
        return "项目" if fact.project else None
    level = LEVEL_ASKED.search(u.text)
    length = LEVELS[next(g for g in level.groups() if g)] if level else 0
    if length or "收入" not in u.text:
        own = len(fact.subject_code) if fact.subject_code else _level_said(fact, named)
        return own if own and length in (0, own) else None
    return "收入" if "收入" in name and not re.search("总计|合计|总", name) else None


def _level_said(fact: Fact, named: Sequence[str]) -> int:
    """The length of the code of a subject that a sentence names, from its 类 down; 0 where it names none."""
    top = subject_codes().get(re.sub("支出支出$", "支出", clean_label(named[0])), ())
    of_subjects = any(len(code) == LEVELS["类"] for code in top) or any("（类）" in heading for heading in fact.section)
    return {1: 3, 2: 5, 3: 7}.get(len(named), 0) if of_subjects else 0


def _chapter(fact: Fact) -> tuple[str, ...]:
    """The headings over a sentence but for those that name subjects: （二）教育支出（类）."""
    return tuple(heading for heading in fact.section if not re.search("（[类款项]）", heading))


def _heads(fact: Fact) -> str:
    return "".join((fact.table or "", *fact.section, *fact.row_path))
