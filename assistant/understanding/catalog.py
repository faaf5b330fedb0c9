"""What the store holds, arranged for understanding: offices with the ways people call them, regions, years, phases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from index.fact_store import DocumentRow
from index.glossary import organs, regions
from index.names import folded, pinyin_of

_REGION_END = re.compile(r"(?:特别行政区|自治区|自治州|自治县|自治旗|地区|新区|省|市|区|县|旗|盟)$")


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of the question (start, end) that names a region or an office, with the documents that fit it."""

    start: int
    end: int
    text: str
    documents: frozenset[str]
    name: str


@dataclass(slots=True)
class Catalog:
    """The documents of a store and the names that lead to them."""

    rows: dict[str, DocumentRow]
    office_names: dict[str, set[str]] = field(default_factory=dict)
    region_names: dict[str, set[str]] = field(default_factory=dict)
    above_names: dict[str, set[str]] = field(default_factory=dict)
    longest: int = 0

    @classmethod
    def of(cls, rows: Sequence[DocumentRow]) -> Catalog:
        catalog = cls({row.id: row for row in rows})
        by_agency: dict[str, set[str]] = {}
        for row in rows:
            if row.agency:
                by_agency.setdefault(row.agency, set()).add(row.id)
            for name in region_calls(row.region_code):
                catalog.region_names.setdefault(name, set()).add(row.id)
            for digits in (2, 4):
                above = (row.region_code or "")[:digits].ljust(6, "0")
                if row.region_code and above != row.region_code:
                    for name in region_calls(above):
                        catalog.above_names.setdefault(name, set()).add(row.id)
        for agency, documents in by_agency.items():
            for name in office_calls(agency):
                catalog.office_names.setdefault(name, set()).update(documents)
        for name in set(catalog.above_names) & set(catalog.region_names):
            del catalog.above_names[name]
        names = [*catalog.office_names, *catalog.region_names, *catalog.above_names]
        catalog.longest = max((len(n) for n in names), default=0)
        return catalog

    def offices(self, text: str) -> list[Mention]:
        """Offices that ``text`` names, longest names first, without overlaps."""
        return _mentions(text, self.office_names, self.longest)

    def regions(self, text: str) -> list[Mention]:
        """Regions of the store's documents that ``text`` names."""
        return _mentions(text, self.region_names, self.longest)

    def above(self, text: str) -> list[Mention]:
        """Regions that hold none of the documents themselves but others within them: 河北省, 上海."""
        return _mentions(text, self.above_names, self.longest)

    def years(self, documents: Iterable[str] | None = None) -> list[int]:
        ids = self.rows if documents is None else documents
        return sorted({year for d in ids if (year := self.rows[d].fiscal_year) is not None})


def _mentions(text: str, names: dict[str, set[str]], longest: int) -> list[Mention]:
    found: list[Mention] = []
    at = 0
    while at < len(text):
        for length in range(min(longest, len(text) - at), 1, -1):
            piece = text[at : at + length]
            if piece in names:
                found.append(Mention(at, at + length, piece, frozenset(names[piece]), piece))
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


def office_calls(agency: str) -> Iterator[str]:
    """How people call an office, without its region: 网络安全和信息化委员会办公室, 网信办; 万里街道办事处, 万里街道, 万里."""
    name = re.sub(r"[()（）\s]", "", agency)
    yield name
    name = name.removeprefix("中共")
    yield name
    region, organ = split_region(name)
    committee = bool(region) and organ.startswith("委")
    if committee:
        organ = organ[1:] if len(organ) > 3 else organ
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
    yield from _without_bureau(region, variants)
    level = region[-1:] if region else ""
    for variant in variants:
        if len(variant) >= 2:
            yield variant
            if level in tuple("省市区县"):
                yield level + variant
                if committee:
                    yield f"{level}委{variant}"


def _without_bureau(region: str, variants: Iterable[str]) -> Iterator[str]:
    """普陀财政, 普陀区财政 for 普陀区财政局: only with the region before it, as 财政 alone means much else."""
    place = re.search(r"([^省市区县]+)[省市区县]$", region)
    for variant in variants if place else ():
        if place and variant.endswith("局") and len(variant) > 2:
            for front in (place[0], place[1]) if len(place[1]) > 1 else (place[0],):
                yield front + variant
                yield front + variant[:-1]


@lru_cache(maxsize=4096)
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


def spelled(text: str) -> str:
    """Pinyin of a name for questions typed in Latin letters."""
    return pinyin_of(folded(text))[0]
