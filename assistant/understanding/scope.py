"""Which documents a question is about: the offices, regions and years it names, and those it names that the store lacks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import lru_cache

from assistant.understanding.catalog import Catalog, Mention
from assistant.understanding.shortened import extended, shortened
from assistant.understanding.wording import subjects_said, weights
from index.glossary import organs, regions

_OFFICE = re.compile(
    r"([\u4e00-\u9fff]{1,10}?(?:委员会|办公室|办公厅|人民法院|人民检察院|法院|检察院|管理局|局|厅|委|街道|镇|乡|大学|医院|中学|小学))"
    r"(?=20\d\d|\s|的|部门|单位|预算|决算|年|今年|去年|三公|基本|项目|收入|支出|一共|合计|总|有|$)"
)
_WITHIN = re.compile(r"各[县区市地]|所辖|下辖|辖区|全[省市区县]|各地|下属[县区]")
_NAME = r"[\u4e00-\u9fffA-Za-z（）()]*"
_MOST_BEFORE, _MOST_BEHIND, _LEAST_AROUND = 12, 24, 2
"""How many characters a project's name may and must have around what looks like a region or an office."""
# A place before an office's name that is no region of the store nor of the country's list.
_PLACE_BEFORE = re.compile(r"(?<![\u4e00-\u9fff])(?![我本全各该贵外每两三])[\u4e00-\u9fff]{1,3}[县市区旗]$")
_NO_OFFICE = re.compile(r"^(?:各|全部|所有|哪个|哪些|这个|该|本|我|每个|上级|其他|主管|委托|党委|纪委监委)")


@dataclass(frozen=True, slots=True)
class Scope:
    """A set of documents that belong together in the question. ``name`` is how the question calls it.

    ``missing`` says in Chinese why no document fits (then ``documents`` is empty); ``note`` what was assumed.
    """

    documents: tuple[str, ...] = field(hash=False)  # all of a store's take a millisecond to hash
    name: str = ""
    missing: str | None = None
    note: str | None = None
    named: bool = False


@dataclass(frozen=True, slots=True)
class Naming:
    """The offices and regions that a question names, and the stretches that name them."""

    scopes: tuple[Scope, ...]
    spans: tuple[tuple[int, int], ...]
    unknown: str | None = None


def read_names(text: str, catalog: Catalog) -> Naming:
    """The scopes of a plain question: one, or one for each of several offices or regions that it compares."""
    text = re.sub("县区|区县", "  ", text)  # both kinds are meant, not the 区 before an office's name
    for start, end in _projects(text, catalog):
        text = text[:start] + " " * (end - start) + text[end:]
    subjects = [(start, start + len(name)) for name, start in subjects_said(text)]
    offices = [m for m in catalog.offices(text) if not any(s <= m.start and m.end <= e for s, e in subjects)]
    offices = [extended(_behind_region(m, text, catalog), text, catalog) for m in _once(offices)]
    said = catalog.regions(_blanked(text, offices))
    regions_named = _once(said)
    again = [m for m in said if m not in regions_named and any(m.documents == r.documents for r in regions_named)]
    offices += shortened(text, offices, regions_named, catalog)
    offices = _beside(offices, regions_named)
    above = [] if regions_named else _once(catalog.above(_blanked(text, offices)))
    spans = tuple((m.start, m.end) for m in (*offices, *regions_named, *again, *above))
    own = next((m for m in above if _speaks_for(m, offices, catalog)), None)
    if own is not None and not _WITHIN.search(text):
        name = text[own.start : max([own.end, *(o.end for o in offices if o.start == own.end)])]
        missing = f"库中没有{name}本级的文档，只有所辖地区的文档"
        return Naming((Scope((), name, missing, named=True),), spans, name)
    regions_named = regions_named or above
    unknown = _unknown(
        text,
        spans,
        [(m.start + 1, m.end) for m in offices],
        [(m.start, m.end) for m in (*regions_named, *above)],
        catalog,
    )
    if unknown:
        return Naming((Scope((), unknown, f"库中没有“{unknown}”的文档", named=True),), spans, unknown)
    groups = _distinct(offices)
    places = _distinct(regions_named)
    everywhere = catalog.rows.keys()
    if len(groups) >= 2:
        around = frozenset().union(*(m.documents for m in places)) if places else everywhere
        return Naming(tuple(_scope(m.text, (m.documents & around) or m.documents) for m in groups), spans)
    if len(places) >= 2:
        around = groups[0].documents if groups else everywhere
        return Naming(tuple(_scope(m.text, (m.documents & around) or m.documents) for m in places), spans)
    if not (places or groups):
        return Naming((Scope(catalog.everything),), spans)
    documents: Set[str] = everywhere
    name = ""
    for mention in (*places, *groups):
        both = mention.documents & documents
        if not places:  # 县委网信办 may be an office's whole printed name and how people call another
            both = frozenset(d for d in both if catalog.rows[d].agency == mention.text) or both
        if not both:
            shown = "".join(m.text for m in (*places, *groups))
            return Naming((Scope((), shown, f"库中没有“{shown}”的文档", named=True),), spans, shown)
        documents, name = both, mention.text if mention.text.startswith(name) else name + mention.text
    levels = _levels(text, documents, catalog)
    if len(levels) == 2:
        return Naming(
            tuple(_scope(name + level, ids) for level, ids in levels.items()), (*spans, *_spans_of_levels(text))
        )
    return Naming((_scope(name, documents),), spans)


_LEVEL = re.compile(r"(部门|单位)(?:预算|决算)")


def _levels(text: str, documents: Set[str], catalog: Catalog) -> dict[str, list[str]]:
    """The documents of an office's 部门预算 and of its 单位预算, in the order named, where a question compares the two."""
    said = list(dict.fromkeys(m[0] for m in _LEVEL.finditer(text)))
    of = {s: sorted(d for d in documents & catalog.of_two_levels if catalog.rows[d].level == s[:2]) for s in said}
    return {s: ids for s, ids in of.items() if ids}


def _spans_of_levels(text: str) -> list[tuple[int, int]]:
    return [m.span() for m in _LEVEL.finditer(text)]


def _projects(text: str, catalog: Catalog) -> list[tuple[int, int]]:
    """Names of projects within which a region or an office seems to be named that has no document of them.

    河西网络舆情监测项目 of another district is not the 网络舆情监测项目 of 河西区, and 江沙河道治理 does not speak of 沙河.
    """
    offices = catalog.offices(text)
    inside = [(o.start, o.end) for o in offices]
    heads = [(m.start, m.end, m.documents) for m in (*offices, *catalog.regions(text), *catalog.above(text))]
    heads += [(start, end, frozenset()) for start, end in _foreign(text, catalog)]
    said: dict[str, list[tuple[int, int, int, frozenset[str]]]] = {}
    for start, end, documents in heads:
        if any(s <= start and end <= e and (s, e) != (start, end) for s, e in inside):
            continue
        before = re.search(_NAME + "$", text[max(0, start - _MOST_BEFORE) : start])
        behind = re.match(_NAME, text[end : end + _MOST_BEHIND])
        for first in range(before.start() - before.end() if before else 0, 1):
            for last in range(max(0, _LEAST_AROUND + first), (behind.end() if behind else 0) + 1):
                said.setdefault(text[start + first : end + last], []).append((start + first, start, end, documents))
    named = catalog.projects(said) if said else {}
    rests = catalog.projects({name[e - s :] for name in named for first, s, e, _ in said[name] if first == s})
    found: dict[int, int] = {}
    for name, holding in named.items():
        held = holding & catalog.rows.keys()
        for first, start, end, documents in said[name]:
            own = held | rests.get(name[end - start :], frozenset()) if first == start else held
            if held and not documents & own:
                found[first] = max(found.get(first, 0), first + len(name))
    return list(found.items())


def _foreign(text: str, catalog: Catalog) -> Iterator[tuple[int, int]]:
    """Where a region is named that the store has no documents of."""
    known = _known_regions()
    for start in range(len(text)):
        for length in range(min(11, len(text) - start), 1, -1):
            piece = text[start : start + length]
            if piece in known and piece not in catalog.places:
                yield start, start + length


def _behind_region(office: Mention, text: str, catalog: Catalog) -> Mention:
    """县网信办 in 献县网信办 is the 网信办 of 献县: a region of the store keeps its last character."""
    end = office.start + 1
    inside = any(text[start:end] in catalog.region_names for start in range(max(0, end - 12), office.start))
    return replace(office, start=end, text=office.text[1:]) if inside and len(office.text) > 2 else office


def _speaks_for(place: Mention, offices: Sequence[Mention], catalog: Catalog) -> bool:
    """Whether the question means the office of that very region (秦皇岛市网信办), not one within it (上海万里街道)."""
    beside = [
        o
        for o in offices
        if o.start == place.end and not any(o.text[:n] in catalog.region_names for n in range(2, len(o.text)))
    ]
    return not offices or any(not re.search(r"街道|镇|乡", o.text) for o in beside)


def _scope(name: str, documents: Iterable[str]) -> Scope:
    return Scope(tuple(sorted(documents)), name, named=True)


def _blanked(text: str, mentions: Sequence[Mention]) -> str:
    """Office names blanked, but for the regions at their front, which are read on their own."""
    for mention in mentions:
        text = text[: mention.start] + " " * (mention.end - mention.start) + text[mention.end :]
    return text


def _once(mentions: list[Mention]) -> list[Mention]:
    """An office's short name said beside its longer one is part of something else: 政协 in 政协事务."""
    return [
        m
        for m in mentions
        if not any(m.documents >= o.documents and m.text in o.text and len(o.text) > len(m.text) for o in mentions)
    ]


def _beside(offices: list[Mention], places: list[Mention]) -> list[Mention]:
    """Keep office names that can be meant: one that a region named here does not have falls away when a word only."""
    if not places:
        return offices
    around = frozenset().union(*(m.documents for m in places))
    fitting = [m for m in offices if m.documents & around]
    return fitting or offices


def _distinct(mentions: Sequence[Mention]) -> list[Mention]:
    out: list[Mention] = []
    for mention in mentions:
        same = next((i for i, m in enumerate(out) if m.documents & mention.documents), None)
        if same is None:
            out.append(mention)
        else:
            both = out[same].documents & mention.documents
            out[same] = replace(out[same], documents=both, text=max(out[same].text, mention.text, key=len))
    return out


@lru_cache(maxsize=1)
def _known_regions() -> dict[str, int]:
    """Names that surely mean a region: full names of three characters and more, and provinces without their ending."""
    out = {}
    for region in regions().values():
        if len(region.name) >= 3:
            out[region.name] = region.level
        if region.level == 0:
            out[re.sub(r"(?:省|市|自治区|壮族自治区|回族自治区|维吾尔自治区|特别行政区)$", "", region.name)] = 0
    return out


def _unknown(
    text: str,
    spans: Sequence[tuple[int, int]],
    offices: Sequence[tuple[int, int]],
    places: Sequence[tuple[int, int]],
    catalog: Catalog,
) -> str | None:
    """A region or an office that the question names and the store does not have.

    An office's name may begin with the last character of a foreign region (噶尔县 + 县委网信办), so that one stays readable.
    """
    free = _without(text, (*offices, *places))
    for start, end in _foreign(free, catalog):
        tail = re.match(r"[\u4e00-\u9fff]{0,8}?(?:局|委|办|厅|院|街道|会)", text[end:])
        return free[start:end] + (tail[0] if tail else "")
    for start, end in offices:
        before = next((m for cut in (start, start - 1) if (m := _PLACE_BEFORE.search(text[:cut]))), None)
        if before and max(weights(before[0][:-1])) < 1.0:  # 现在问县委网信办, 2024年县委网信办
            before = None
        if before and not any(s < before.end() and before.start() < e for s, e in places):
            return text[before.start() : end]
    if offices:
        return None
    for start, end in places:
        organ = next((w for w in _organ_words() if text.startswith(w, end)), None)
        held = "\n".join(catalog.rows[d].agency or "" for d in catalog.region_names.get(text[start:end], ()))
        if organ and not any(word in held for pair in organs() if organ in pair for word in pair):
            return text[start:end] + organ
    found = _OFFICE.search(_without(text, spans))
    if found and not _NO_OFFICE.match(found[1]) and len(found[1]) >= 3:
        name = found[1].strip()
        if name not in catalog.agencies:
            return text[: found.end(1)].strip() if len(text[: found.end(1)]) <= 20 else name
    return None


@lru_cache(maxsize=1)
def _organ_words() -> tuple[str, ...]:
    """What kinds of offices are called, the longest first; 街道 alone is none."""
    words = {word for pair in organs() for word in pair} - {"街道"}
    return tuple(sorted(words, key=len, reverse=True))


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    return "".join(" " if any(s <= i < e for s, e in spans) else c for i, c in enumerate(text))


def of_year(scope: Scope, year: int | None, catalog: Catalog) -> Scope:
    """The documents of a scope for one fiscal year; a document of the year after may still hold last year's column."""
    if year is None or not scope.documents:
        return scope
    same = catalog.by_year.get(year, frozenset())
    exact = tuple(d for d in scope.documents if d in same)
    if exact:
        return replace(scope, documents=exact)
    near = tuple(d for d in scope.documents if (y := catalog.rows[d].fiscal_year) is not None and abs(y - year) <= 1)
    years = catalog.years(scope.documents)
    undated = [d for d in scope.documents if catalog.rows[d].fiscal_year is None]
    there = "、".join(f"{y}年" for y in years) or "未注明年度"
    also = "，另有未注明年度的文档" if undated and years else ""
    who = scope.name or "库中"
    missing = f"没有{who}{year}年的文档，现有{there}的文档{also}"
    return replace(scope, documents=near, missing=missing)
