"""The offices whose papers one document holds: a department's own and those of its 本级 and its subordinate units.

A question that names none of the units means the department.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence

from assistant.understanding.catalog import split_region
from assistant.understanding.shortened import LEAST_STEM, abbreviates
from index.fact_rows import FactRow
from index.words import cut

OWN = "本级"
_OWN_SAID = re.compile("本级|本部|(?<=[局委办室院厅会])机关(?!运行|事业|服务|事务|党)")
LEAST_SAID = 3
LEAST_SHARE = 0.6
MOST_SHORTENED = 6
_OF_UNIT = re.compile("单位(?:预算|决算)")  # 单位预算收支总表 beside 部门预算收支总表
_SCHOOLS = "学校|[中小大]学|学院|幼儿园|教育中心"
_OWN_NAME = re.compile("[（(]?(?:机关|本级|本部|机关本级)[）)]?")
_OWN_HEADING = re.compile(r"(?<=[局委办室院厅会府部队社])(?:机关)?本级")


def own_blocks(facts: Iterable[FactRow]) -> frozenset[str]:
    """The blocks of an office's 本级 part, where the department's own papers stand beside it."""
    one_each = {f.block_id: f for f in facts}
    own = {b: _is_own(f.block[0], f.block[1]) for b, f in one_each.items()}
    return frozenset(b for b, is_own in own.items() if is_own) if not all(own.values()) else frozenset()


def _is_own(title: str, section: Sequence[str]) -> bool:
    return bool(_OF_UNIT.match(title)) or any(_OWN_HEADING.search(t) for t in (title, *section))


def part_of(fact: FactRow, agency: str | None, own: Container[str]) -> str:
    """The unit that a figure is of, 本级 for the office without its units; empty where it is the department's."""
    if agency and fact.agency and fact.agency != agency:
        return OWN if _OWN_NAME.fullmatch(fact.agency.removeprefix(agency)) else fact.agency
    return OWN if fact.block_id in own else ""


def said_part(text: str, parts: Iterable[str], agency: str | None) -> tuple[str, tuple[int, int]] | None:
    """The unit that a question names, with the stretch that names it; None where it names none or several."""
    apart = said_parts(text, parts, agency)
    return apart[0] if len(apart) == 1 else None


def said_parts(text: str, parts: Iterable[str], agency: str | None) -> list[tuple[str, tuple[int, int]]]:
    """All units that a question names, each with the stretch that names it."""
    found: list[tuple[int, str, tuple[int, int]]] = []
    for part in sorted(set(parts)):
        if part == OWN:
            own = _OWN_SAID.search(text)
            span, size = own.span() if own else None, len(OWN)
        else:
            name = part.removeprefix(agency or "\n")
            stem = split_region(name)[1] or name
            span = _longest_common(text, stem)
            size = span[1] - span[0]
            if size < LEAST_SAID or size < LEAST_SHARE * len(stem):
                span = _shortened(text, stem.removeprefix("第"))
                size = len(stem)  # it is meant as a whole
        if span is not None:
            found.append((size, part, span))
    return [(part, span) for size, part, span in found if not any(o > size and _within(span, other) for o, _, other in found)]


def of_kind(kind: str, parts: Iterable[str]) -> list[str]:
    """The units that are what a question asks for one of: 哪个学校, 哪家医院."""
    return sorted(part for part in parts if re.search(_SCHOOLS if kind == "学校" else f"{kind}$", part))


def _shortened(text: str, name: str) -> tuple[int, int] | None:
    """Where in ``text`` a name stands by the beginnings of its words, the last one's or its last character: 职教中心, 文保所."""
    last = min((word for word in cut(name) if len(word) > 1 and name.endswith(word)), key=len, default=name[-1:])
    for size in range(min(MOST_SHORTENED, len(name) - 1), 1, -1):
        for start in range(len(text) - size + 1):
            piece = text[start : start + size]
            if piece[0] != name[0] or not last:
                continue
            if piece.endswith((last, last[0])) and abbreviates(piece, name):
                return start, start + size
            if size > LEAST_STEM and piece[-1] == name[-1] and abbreviates(piece[:-1], name[:-1]):
                return start, start + size
    return None


def _within(span: tuple[int, int], other: tuple[int, int]) -> bool:
    return other[0] <= span[0] and span[1] <= other[1]


def _longest_common(text: str, name: str) -> tuple[int, int]:
    """Where in ``text`` the longest stretch of ``name`` stands; (0, 0) where none does."""
    for size in range(len(name), LEAST_SAID - 1, -1):
        for start in range(len(name) - size + 1):
            at = text.find(name[start : start + size])
            if at >= 0:
                return at, at + size
    return 0, 0


def blanked(weights: Sequence[float], span: tuple[int, int]) -> tuple[float, ...]:
    """Weights without the stretch that only names the unit."""
    return tuple(0.0 if span[0] <= i < span[1] else w for i, w in enumerate(weights))
