"""Offices called by fewer words than they print: 绿化市容局 for 绿化和市容管理局, 文广旅局 for 文化广播电视和旅游局."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from assistant.understanding.catalog import Catalog, Mention
from index.words import cut

_ENDINGS = "委员会|办公室|办公厅|街道|中心|委|办|局|厅|院|会|处|队|所|馆|镇|乡"
_PLACE = re.compile(_ENDINGS)
# Before an office's name stands its region, a word that joins, or nothing.
_OPENS = "和与跟及、，,；;。：:（( 的把"
_COMMITTEE = re.compile(r"^(?:中共)?[省市区县]?委")
LONGEST = 14
LEAST_STEM = 2


def shortened(text: str, known: Sequence[Mention], places: Sequence[Mention], catalog: Catalog) -> list[Mention]:
    """Offices that a text calls by an abbreviation of their own words; ``name`` is the name that is meant.

    An abbreviation begins as the name does, goes on at beginnings of its words and ends as the name does. It counts
    only where no known name stands, behind a region or where a name can begin, and within the region that is named.
    """
    taken = [(m.start, m.end) for m in known]
    around = frozenset().union(*(m.documents for m in places)) if places else None
    found: list[Mention] = []
    for ending in _PLACE.finditer(text):
        if any(s < ending.end() and ending.start() < e for s, e in (*taken, *((m.start, m.end) for m in found))):
            continue
        for start in range(max(0, ending.end() - LONGEST), ending.start() - LEAST_STEM + 1):
            opens = start == 0 or text[start - 1] in _OPENS or any(p.end == start for p in places)
            if not opens or any(s < ending.end() and start < e for s, e in taken):
                continue
            meant = [
                (name, documents)
                for name, documents in _names(catalog, text[start], ending[0])
                if abbreviates(text[start : ending.start()], name.removesuffix(ending[0]))
                and (around is None or documents & around)
            ]
            if meant:
                documents = frozenset().union(*(d for _, d in meant))
                name = min((n for n, _ in meant), key=len)
                found.append(Mention(start, ending.end(), text[start : ending.end()], documents, name))
                break
    return found or _by_front(text, known, places, catalog)


def extended(office: Mention, text: str, catalog: Catalog) -> Mention:
    """An office's short name with the rest of what it is called by: 退役 in 退役军人局 is a part of 退役军人事务局 shortened."""
    for ending in _PLACE.finditer(text, office.end, office.start + LONGEST):
        stem = text[office.start : ending.start()]
        for name, documents in _names(catalog, text[office.start], ending[0]):
            if documents & office.documents and abbreviates(stem, name.removesuffix(ending[0])):
                said = text[office.start : ending.end()]
                return Mention(office.start, ending.end(), said, documents & office.documents, name)
    return office


def _by_front(text: str, known: Sequence[Mention], places: Sequence[Mention], catalog: Catalog) -> list[Mention]:
    """凉城 for 凉城新村街道: the beginning of a street's or town's own name, where a question begins with it and names nothing else."""
    if known or places:
        return []
    meant = [
        (name, documents)
        for name, documents in catalog.streets.items()
        if name[:2] == text[:2]
    ]
    owners = {documents for _, documents in meant}
    if len(owners) != 1:
        return []
    name, documents = min(meant, key=lambda m: len(m[0]))
    end = next((i for i, (a, b) in enumerate(zip(text, name, strict=False)) if a != b), len(name))
    return [Mention(0, end, text[:end], documents, name)]


def _names(catalog: Catalog, first: str, ending: str) -> Iterator[tuple[str, frozenset[str]]]:
    for name in catalog.names_between.get((first, ending[-1]), ()):
        if name.endswith(ending) and not _COMMITTEE.match(name):
            yield name, catalog.office_names[name]


def abbreviates(short: str, name: str) -> bool:
    """Whether ``short`` is made of the beginnings of some of a name's words in order, from its first word on."""
    if len(short) < LEAST_STEM or len(short) >= len(name) or short[0] != name[0]:
        return False
    starts = _starts(name)

    def fits(at: int, place: int) -> bool:
        if at == len(short):
            return True
        for start in starts:
            if start < place or name[start] != short[at]:
                continue
            size = 0
            while at + size < len(short) and start + size < len(name) and name[start + size] == short[at + size]:
                size += 1
                if fits(at + size, start + size):
                    return True
        return False

    return fits(0, 0)


@lru_cache(maxsize=4096)
def _starts(name: str) -> tuple[int, ...]:
    """Where the words of a name begin; the name as a whole may have become a word of the dictionary meanwhile."""
    return tuple(sorted({0, *(found.start() for word in cut(name) for found in re.finditer(re.escape(word), name))}))
