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
    r"|当年(?:收入|支出)(?:合计|小计)|(?:收入|支出)小计|人员经费合计|公用经费合计|.{0,12}(?:总计|合计|总额))(?:[（(].*[）)])?[：:]?$"
)
_SUBTOTAL = re.compile(r"小计[：:]?$")
_NUMBERING = (
    re.compile(r"^[一二三四五六七八九十]{1,3}\s*[、.．]"),
    re.compile(r"^[（(]\s*[一二三四五六七八九十]{1,3}\s*[）)]"),
    re.compile(r"^\d{1,2}\s*[、.．](?!\d)"),
    re.compile(r"^[（(]\s*\d{1,2}\s*[）)]"),
)
_FIRST = re.compile(r"^[（(]?\s*[一1]\s*[）)、.．]")
_PART = re.compile(r"^其\s*中\s*[：:]?")
CODE = re.compile(r"\d{2,9}")


@dataclass(frozen=True, slots=True)
class Row:
    """A row's place and what names it: ``code`` is the whole subject code or None, ``path`` the heads from the left.

    A ``unit`` row (142301 某某局) holds the subjects that follow it.
    """

    row: int
    label: str
    code: str | None
    path: tuple[str, ...] = ()
    unit: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands in the tree: 0 is the top level, a total stands above it with depth -1; ``unit`` is its unit's label."""

    depth: int
    parent: int | None
    is_total: bool
    unit: str | None = None


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


_KIND_MARKS = frozenset("ABC")


def clean_label(text: str) -> str:
    """A row's name without numbering, 其中 and the letter that procurement lists mark their kinds with (货物A)."""
    label = re.sub(r"\s+", "", text)
    label = _PART.sub("", label)
    for pattern in _NUMBERING:
        label = pattern.sub("", label)
    if label[-1:] in _KIND_MARKS and label[:-1] in ("货物", "工程", "服务"):
        label = label[:-1]
    return _PART.sub("", label)


def tree(rows: Sequence[Row]) -> dict[int, Place]:
    """The place of each row, in the order they are printed."""
    grower = _Grower()
    for row in rows:
        label = re.sub(r"\s+", "", row.label)
        if TOTAL.match(label) and not (row.code and len(row.code) >= 3):
            grower.total(row, label)
        elif row.code:
            grower.coded(row, row.code)
        else:
            grower.named(row, label)
    return grower.places


class _Grower:
    """Places rows one after the other. ``_open`` are the numbered rows that may still get parts: (row, style)."""

    def __init__(self) -> None:
        self.places: dict[int, Place] = {}
        self._open: list[tuple[int, int]] = []
        self._codes: dict[str, int] = {}
        self._paths: list[tuple[tuple[str, ...], int]] = []
        self._part_of: int | None = None
        self._last: int | None = None
        self._plain: int | None = None
        self._begun: set[int] = set()
        self._unit: int | None = None
        self._unit_label: str | None = None

    def total(self, row: Row, label: str) -> None:
        self.places[row.row] = Place(-1, None, True)
        self._part_of = row.row if _SUBTOTAL.search(label) else None
        self._open, self._plain = [], None

    def coded(self, row: Row, code: str) -> None:
        above = next((self._codes[code[:n]] for n in range(len(code) - 1, 2, -1) if code[:n] in self._codes), None)
        self._place(row, self._unit if above is None else above)
        self._codes[code] = row.row
        self._part_of = None

    def named(self, row: Row, label: str) -> None:
        if row.unit:
            self._unit_label = label
            self._place(row, None)
            self._unit, self._codes, self._part_of = row.row, {}, None
            self._open, self._plain = [], None
            return
        style = next((i for i, pattern in enumerate(_NUMBERING) if pattern.match(label)), None)
        outer = next((r for path, r in reversed(self._paths) if path == row.path[: len(path)] != row.path), None)
        self._paths.append((row.path, row.row))
        if _PART.match(label):
            self._part_of = self._last if self._part_of is None else self._part_of
            self._place(row, self._part_of, least=1)
        elif outer is not None:
            self._place(row, outer)
        elif style is not None:
            self._numbered(row, label, style)
        else:
            inside = self._part_of if self._part_of is not None and not self.places[self._part_of].is_total else None
            self._place(row, inside)
            if inside is None:
                self._open, self._plain = [], row.row

    def _numbered(self, row: Row, label: str, style: int) -> None:
        first = bool(_FIRST.match(label))
        if first and style in self._begun and self._plain is not None:
            # 年初结转和结余 followed by 一、二、三、again: the numbers count its parts.
            self._open = [(self._plain, -1)]
        self._open = [(r, s) for r, s in self._open if s < style]
        self._place(row, self._open[-1][0] if self._open else None)
        self._open.append((row.row, style))
        self._begun.add(style)
        self._part_of = None

    def _place(self, row: Row, parent: int | None, least: int = 0) -> None:
        depth = self.places[parent].depth + 1 if parent is not None else 0
        self.places[row.row] = Place(max(depth, least), parent, False, self._unit_label)
        self._last = row.row
