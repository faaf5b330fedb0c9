"""Which rows of a list contain which: by subject codes, by numbering, by 其中 and by totals.

A parent must never be added to its child (DOMAIN, trap 5), so each row gets the
row that it is part of and its depth below the top level.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

TOTAL = re.compile(
    r"^(?:[一二三四五六七八九十]+、)?(?:总计|合计|总合计|小计|本年合计|共计|收入总计|支出总计|收入合计|支出合计|本年(?:收入|支出)(?:合计|小计)"
    r"|当年(?:收入|支出)(?:合计|小计)|(?:收入|支出)小计|人员经费合计|公用经费合计|.{0,12}(?:总计|合计))(?:[（(].*[）)])?[：:]?$"
)
_SUBTOTAL = re.compile(r"小计[：:]?$")
_NUMBERING = (
    re.compile(r"^[一二三四五六七八九十]{1,3}\s*[、.．]"),
    re.compile(r"^[（(]\s*[一二三四五六七八九十]{1,3}\s*[）)]"),
    re.compile(r"^\d{1,2}\s*[、.．](?!\d)"),
    re.compile(r"^[（(]\s*\d{1,2}\s*[）)]"),
)
_PART = re.compile(r"^其\s*中\s*[：:]?")
CODE = re.compile(r"\d{2,9}")


@dataclass(frozen=True, slots=True)
class Row:
    """A row's place and what names it. ``code`` is the whole subject code or None."""

    row: int
    label: str
    code: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands in the tree: 0 is the top level, a total stands above it with depth -1."""

    depth: int
    parent: int | None
    is_total: bool


def join_codes(parts: Sequence[str]) -> str | None:
    """One code from split columns 类 / 款 / 项: ("201", "03", "01") -> "2010301"; "2" for "02" is mended."""
    digits = [re.sub(r"\s", "", p) for p in parts]
    digits = [d for d in digits if d]
    if not digits or not all(d.isdigit() for d in digits):
        return None
    head, *rest = digits
    if len(head) >= 5 or not rest:
        return head if len(head) in (3, 5, 7, 9) else None
    return head + "".join(d.zfill(2) for d in rest if len(d) <= 2)


def clean_label(text: str) -> str:
    """A row's name without numbering and 其中."""
    label = re.sub(r"\s+", "", text)
    label = _PART.sub("", label)
    for pattern in _NUMBERING:
        label = pattern.sub("", label)
    return _PART.sub("", label)


def tree(rows: Sequence[Row]) -> dict[int, Place]:
    """The place of each row, in the order they are printed."""
    places: dict[int, Place] = {}
    stack: list[tuple[int, int]] = []
    codes: dict[str, tuple[int, int]] = {}
    part_of: int | None = None
    for at in rows:
        label = re.sub(r"\s+", "", at.label)
        if TOTAL.match(label) and not (at.code and len(at.code) >= 3):
            places[at.row] = Place(-1, None, True)
            part_of = at.row if _SUBTOTAL.search(label) else None
            continue
        if at.code:
            above = next((codes[at.code[:n]] for n in range(len(at.code) - 1, 2, -1) if at.code[:n] in codes), None)
            depth = above[1] + 1 if above else 0
            places[at.row] = Place(depth, above[0] if above else None, False)
            codes[at.code] = (at.row, depth)
            stack = [(at.row, depth)]
            part_of = None
            continue
        style = next((i for i, pattern in enumerate(_NUMBERING) if pattern.match(label)), None)
        if _PART.match(label):
            part_of = stack[-1][0] if stack else part_of
            depth = (places[part_of].depth if part_of is not None and part_of in places else -1) + 1
            places[at.row] = Place(max(depth, 1), part_of, False)
            continue
        if style is None:
            inside = part_of if part_of is not None and places[part_of].is_total is False else None
            places[at.row] = Place(1 if inside is not None else 0, inside, False)
            if inside is None:
                stack = [(at.row, 0)]
            continue
        stack = [(row, depth) for row, depth in stack if _style_of(rows, row) is not None and (_style_of(rows, row) or 0) < style]
        parent = stack[-1] if stack else None
        depth = parent[1] + 1 if parent else 0
        places[at.row] = Place(depth, parent[0] if parent else None, False)
        stack.append((at.row, depth))
        part_of = None
    return places


def _style_of(rows: Sequence[Row], row: int) -> int | None:
    label = next((r.label for r in rows if r.row == row), "")
    label = re.sub(r"\s+", "", label)
    return next((i for i, pattern in enumerate(_NUMBERING) if pattern.match(label)), None)
