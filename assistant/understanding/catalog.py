"""What the store holds, arranged for understanding: offices with the ways people call them, regions, years, phases."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from index.fact_store import DocumentRow
from index.glossary import organs, regions

_COMMITTEE = re.compile("[省市区县]?委(?!员)")
_REGION_END = re.compile(r"(?:特别行政区|自治区|自治州|自治县|自治旗|地区|新区|省|市|区|县|旗|盟)$")


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of the question (start, end) that names a region or an office, with the documents that fit it."""

    start: int
    end: int
    text: str
    documents: frozenset[str]
    name: str


class Names(tuple[str, ...]):
    """Names of a store; to hash twenty thousand of them one by one takes a quarter of a millisecond."""

    __slots__ = ()

    def __hash__(self) -> int:
        return hash((len(self), self[:1], self[-1:]))


@dataclass(slots=True)
class Catalog:
    """The documents of a store and the names that lead to them."""

    rows: dict[str, DocumentRow]
    office_names: dict[str, frozenset[str]] = field(default_factory=dict)
    region_names: dict[str, frozenset[str]] = field(default_factory=dict)
    above_names: dict[str, frozenset[str]] = field(default_factory=dict)
    lengths: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """How long the names of offices and regions are, longest first, by the two characters that they begin with."""
    names: Names = field(default_factory=Names)
    """What offices and regions are called."""
    everything: tuple[str, ...] = ()
    """The ids of all documents in order."""
    by_year: dict[int | None, frozenset[str]] = field(default_factory=dict)
    places: frozenset[str] = frozenset()
    """The regions of the documents and those around them, with and without their ending."""
    agencies: str = ""
    """The offices' printed names, one a line: to look for a part of a name in all of them at once."""
    of_two_levels: frozenset[str] = frozenset()
    """The documents of offices that publish as 部门 and as 单位."""
    names_between: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    """The offices' names without a region, by their first and their last character."""
    streets: dict[str, frozenset[str]] = field(default_factory=dict)
    """The names of streets and towns that are longer than their bare kind and place."""
    plain: frozenset[str] = frozenset()
    """The documents of no office and no region: no budget papers."""
    projects: Callable[[Iterable[str]], dict[str, frozenset[str]]] = lambda _texts: {}
    """Which texts are names of projects in the store, with the documents that hold them: a million are not kept here."""

    around_names: dict[str, frozenset[str]] = field(default_factory=dict)
    """The regions above those of the documents, those included that hold documents themselves."""
    by_owner: dict[tuple[str | None, str | None], frozenset[str]] = field(default_factory=dict)
    """The documents of each office and level."""

    @classmethod
    def of(
        cls, rows: Sequence[DocumentRow], projects: Callable[[Iterable[str]], dict[str, frozenset[str]]] | None = None
    ) -> Catalog:
        return Catalog({}, projects=projects or (lambda _texts: {})).changed(rows)

    def changed(self, rows: Sequence[DocumentRow], gone: Iterable[str] = ()) -> Catalog:
        """The catalog with these documents, new or in place of those of their ids, and without those that are gone.

        It is the same as one made of all documents at once, and takes as long as there are changed ones.
        """
        left = {*gone, *(row.id for row in rows)}
        old = [row for document in left if (row := self.rows.get(document))]
        kept = [*(row for row in self.rows.values() if row.id not in left), *rows]
        held = {row.id: row for row in sorted(kept, key=lambda row: (row.file, row.id))}

        def moved(
            groups: dict[_Key, frozenset[str]], of: Callable[[DocumentRow], _Of], keys: Callable[[_Of], Iterable[_Key]]
        ) -> dict[_Key, frozenset[str]]:
            return _moved(groups, _grouped((of(row), row.id) for row in old), _grouped((of(row), row.id) for row in rows), keys)

        offices = moved(self.office_names, lambda row: row.agency, lambda agency: office_calls(agency) if agency else ())
        places = moved(self.region_names, lambda row: row.region_code, region_calls)
        around = moved(self.around_names, lambda row: row.region_code, _above)
        by_owner = moved(self.by_owner, lambda row: (row.agency, row.level), lambda owner: [owner])
        both = {a for a, level in by_owner if level == "单位"} & {a for a, level in by_owner if level == "部门"}
        above = {name: documents for name, documents in around.items() if name not in places}
        named = offices.keys() | places.keys() | above.keys()
        other = named ^ (self.office_names.keys() | self.region_names.keys() | self.above_names.keys())
        same_names = offices.keys() == self.office_names.keys() and places.keys() == self.region_names.keys()
        return Catalog(
            held,
            office_names=offices,
            region_names=places,
            above_names=above,
            lengths=_again(self.lengths, other, named, _lengths, lambda n: n[:2]),
            names=self.names if same_names else Names((*sorted(offices), *sorted(places))),
            everything=self.everything if held.keys() == self.rows.keys() else tuple(sorted(held)),
            by_year=moved(self.by_year, lambda row: row.fiscal_year, lambda year: [year]),
            places=frozenset(name for full in {r.region for r in held.values() if r.region} for name in _places(full)),
            agencies="\n".join(sorted({agency for agency, _ in by_owner if agency})),
            of_two_levels=frozenset(d for (a, _), documents in by_owner.items() if a in both for d in documents),
            names_between=_again(
                self.names_between, offices.keys() ^ self.office_names.keys(), offices, _between, lambda n: (n[0], n[-1])
            ),
            streets={n: offices[n] for n in (self.streets if same_names else filter(_of_street, offices))},
            plain=frozenset(row.id for row in held.values() if not row.agency and not row.region),
            projects=self.projects,
            around_names=around,
            by_owner=by_owner,
        )

    def offices(self, text: str) -> list[Mention]:
        """Offices that ``text`` names, longest names first, without overlaps."""
        return _mentions(text, self.office_names, self.lengths)

    def regions(self, text: str) -> list[Mention]:
        """Regions of the store's documents that ``text`` names."""
        return _mentions(text, self.region_names, self.lengths)

    def above(self, text: str) -> list[Mention]:
        """Regions that hold none of the documents themselves but others within them: 河北省, 上海."""
        return _mentions(text, self.above_names, self.lengths)

    def years(self, documents: Iterable[str] | None = None) -> list[int]:
        ids = self.rows if documents is None else documents
        return sorted({year for d in ids if (year := self.rows[d].fiscal_year) is not None})


_Key = TypeVar("_Key")
_Of = TypeVar("_Of")
_Value = TypeVar("_Value")


def _grouped(pairs: Iterable[tuple[_Of, str]]) -> dict[_Of, list[str]]:
    groups: dict[_Of, list[str]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


def _moved(
    groups: dict[_Key, frozenset[str]],
    gone: dict[_Of, list[str]],
    come: dict[_Of, list[str]],
    keys: Callable[[_Of], Iterable[_Key]],
) -> dict[_Key, frozenset[str]]:
    """Groups of documents with some taken out and others put in, each under all its keys; none is empty."""
    touched: dict[_Key, set[str]] = {}
    for of, documents in gone.items():
        for key in keys(of):
            touched.setdefault(key, set(groups[key])).difference_update(documents)
    for of, documents in come.items():
        for key in keys(of):
            if key not in touched:
                touched[key] = set(groups.get(key, ()))
            touched[key].update(documents)
    after = groups | {key: frozenset(documents) for key, documents in touched.items()}
    return {key: documents for key, documents in after.items() if documents} if gone else after


def _again(
    groups: dict[_Key, _Value],
    moved: Collection[str],
    names: Iterable[str],
    grouped: Callable[[Iterable[str]], dict[_Key, _Value]],
    key: Callable[[str], _Key],
) -> dict[_Key, _Value]:
    """Groups of names made again where a name came or went; the others as they are."""
    if not moved:
        return groups
    keys = set(map(key, moved))
    return {k: v for k, v in groups.items() if k not in keys} | grouped(n for n in names if key(n) in keys)


def _of_street(name: str) -> bool:
    return len(name) >= 6 and name.endswith(("街道", "镇", "乡"))


def _between(names: Iterable[str]) -> dict[tuple[str, str], frozenset[str]]:
    groups: dict[tuple[str, str], set[str]] = {}
    for name in names:
        if len(name) > 3 and not split_region(name)[0]:
            groups.setdefault((name[0], name[-1]), set()).add(name)
    return {key: frozenset(of) for key, of in groups.items()}


@lru_cache(maxsize=4096)
def _above(code: str | None) -> tuple[str, ...]:
    """What the regions around a region are called."""
    above = {(code or "")[:digits].ljust(6, "0") for digits in (2, 4)} - {code}
    return tuple({name for region in above for name in region_calls(region)}) if code else ()


def _places(full: str) -> list[str]:
    parts = re.findall(r".+?(?:省|市|自治区|自治州|地区|盟|区|县|旗)", full)
    return [*parts, *(p[:-1] for p in parts), full]


def _lengths(names: Iterable[str]) -> dict[str, tuple[int, ...]]:
    found: dict[str, set[int]] = {}
    for name in names:
        if len(name) > 1:
            found.setdefault(name[:2], set()).add(len(name))
    return {front: tuple(sorted(sizes, reverse=True)) for front, sizes in found.items()}


def _mentions(text: str, names: dict[str, frozenset[str]], lengths: dict[str, tuple[int, ...]]) -> list[Mention]:
    found: list[Mention] = []
    at = 0
    while at < len(text):
        for length in lengths.get(text[at : at + 2], ()):
            piece = text[at : at + length]
            if len(piece) == length and piece in names:
                found.append(Mention(at, at + length, piece, names[piece], piece))
                at += length
                break
        else:
            at += 1
    return found


@lru_cache(maxsize=4096)
def region_calls(code: str | None) -> tuple[str, ...]:
    """How people call a region: 唐山市玉田县, 玉田县, 玉田; not the regions above it."""
    region = regions().get(code or "")
    if region is None:
        return ()
    bare = _REGION_END.sub("", region.name)
    names = {region.full, region.name}
    if len(bare) >= 2:
        names.add(bare)
    parents = [regions().get((code or "")[:digits].ljust(6, "0")) for digits in (2, 4)]
    for parent in parents:
        if parent is not None and parent.code != code:
            short = _REGION_END.sub("", parent.name)
            names |= {parent.name + region.name, short + region.name, short + bare, parent.name + bare}
    return tuple(names)


@lru_cache(maxsize=65_536)
def office_calls(agency: str) -> tuple[str, ...]:
    """How people call an office, without its region: 网络安全和信息化委员会办公室, 网信办; 万里街道办事处, 万里街道, 万里."""
    return tuple(dict.fromkeys(_office_calls(agency)))


def _office_calls(agency: str) -> Iterator[str]:
    name = re.sub(r"[()（）\s]", "", agency)
    yield name
    name = name.removeprefix("中共")
    yield name
    region, organ = split_region(name)
    committee = _COMMITTEE.match(organ) if region else None
    if committee and len(organ) > 3:
        organ = organ[committee.end() :]
    organ = re.sub(r"^人民政府(?=.{2,}(?:街道|镇|乡))", "", organ)
    variants = {organ}
    for short, printed in organs():
        for variant in list(variants):
            if printed in variant:
                variants.add(variant.replace(printed, short))
    for variant in list(variants):
        for ending, short in (
            ("委员会", "委"),
            ("办公室", "办"),
            ("街道办事处", "街道"),
            ("街道办事处", ""),
            ("人民政府", "政府"),
            ("办公厅", ""),
        ):
            cut = variant.removesuffix(ending)
            if cut != variant and len(cut) >= 2:
                variants.add(cut + short)
                if ending == "人民政府" and cut.endswith(("镇", "乡")):
                    variants.add(cut)
    yield from _without_bureau(region, variants)
    league = re.fullmatch(r"共青团(.{2,8})委员会", name)
    if league:
        yield from (f"共青团{league[1]}委", f"团{league[1]}委", f"团{league[1][-1]}委", f"共青团{league[1]}")
    level = region[-1:] if region else ""
    for variant in variants:
        if len(variant) >= 2:
            yield variant
            if level in tuple("省市区县"):
                yield level + variant
                if committee:
                    yield f"{level}委{variant}"


def _without_bureau(region: str, variants: Iterable[str]) -> Iterator[str]:
    """普陀财政, 普陀区财政 for 普陀区财政局, 平山疾控 for its 疾控中心: only with the region before it, as 财政 alone means much else."""
    place = re.search(r"([^省市区县]+)[省市区县]$", region)
    for variant in variants if place else ():
        stem = re.sub("(?:局|中心|委)$", "", variant)
        if place and stem != variant and len(stem) > 1:
            for front in (place[0], place[1]) if len(place[1]) > 1 else (place[0],):
                yield front + variant
                yield front + stem


@lru_cache(maxsize=65_536)
def split_region(name: str) -> tuple[str, str]:
    """The regions at the front of an office's name, and the rest: 唐山市开平区 + 委网络安全…."""
    known = _region_fronts()
    at = 0
    while True:
        for length in range(min(12, len(name) - at), 1, -1):
            if name[at : at + length] in known and len(name) - at - length >= 1:
                at += length
                break
        else:
            return name[:at], name[at:]


@lru_cache(maxsize=1)
def _region_fronts() -> frozenset[str]:
    return frozenset(r.name for r in regions().values())


def names_region(text: str) -> bool:
    """Whether a text is what some region of the country is called, with or without its ending."""
    return text in _all_region_calls()


@lru_cache(maxsize=1)
def _all_region_calls() -> frozenset[str]:
    names = {r.name for r in regions().values()}
    return frozenset(names | {bare for n in names if len(bare := _REGION_END.sub("", n)) >= 2})
