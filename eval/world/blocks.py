"""Blocks of a generated disclosure: text and sheets of cells, each figure carrying its truth as a mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

MarkKind = Literal["amount", "target", "schedule", "text", "empty", "prose", "change"]


@dataclass(frozen=True, slots=True)
class Mark:
    """What a printed figure is: the label of its row, the subject code if any, the path of its column, its unit."""

    kind: MarkKind
    row: str
    column: tuple[str, ...]
    value: str | None
    unit: str
    code: str | None = None
    printed: str | None = None
    project: str | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """A printed cell over ``rows`` × ``cols`` places."""

    text: str
    rows: int = 1
    cols: int = 1
    mark: Mark | None = None


Row = list[Cell | None]  # None stands where a merged cell reaches over


@dataclass(slots=True)
class Sheet:
    """A table: title and captions above, head rows first, notes below. ``unit`` is its unit line or empty."""

    title: str
    captions: list[str]
    unit: str
    rows: list[Row]
    heads: int
    notes: list[Mark] = field(default_factory=list)
    number: str | None = None
    titled: bool = True


@dataclass(slots=True)
class Text:
    """A paragraph; ``level`` makes it a heading. ``tag`` names a sentence that a defect can be planted in."""

    text: str
    level: int | None = None
    marks: list[Mark] = field(default_factory=list)
    tag: str | None = None


Block = Sheet | Text
Head = str | tuple[str, Sequence[Any]]  # text alone, or text over the heads below it


def _depth(head: Head) -> int:
    return 1 if isinstance(head, str) else 1 + max(map(_depth, head[1]))


def _leaves(head: Head) -> int:
    return 1 if isinstance(head, str) else sum(map(_leaves, head[1]))


def head_rows(heads: Sequence[Head]) -> tuple[list[Row], list[tuple[str, ...]]]:
    """Lay nested heads out in rows with merged cells; also the path of every column, outermost first."""
    depth = max(map(_depth, heads))
    rows: list[Row] = [[] for _ in range(depth)]
    paths: list[tuple[str, ...]] = []

    def place(head: Head, level: int, above: tuple[str, ...]) -> None:
        text, below = (head, ()) if isinstance(head, str) else head
        reach = depth - level if not below else 1
        width = _leaves(head)
        rows[level].append(Cell(text, reach, width))
        rows[level].extend([None] * (width - 1))
        for lower in range(level + 1, level + reach):
            rows[lower].extend([None] * width)
        if not below:
            paths.append((*above, text))
        for inner in below:
            place(inner, level + 1, (*above, text))

    for head in heads:
        place(head, 0, ())
    return rows, paths


@dataclass(frozen=True, slots=True)
class Money:
    """How a sheet prints 分: in 元 or 万元, with thousands separators or not, and zero as "0", "0.00" or blank."""

    unit: str
    decimals: int = 2
    grouped: bool = False
    zero: str = ""

    def __call__(self, cents: int, zero: str | None = None) -> str:
        """The printed form, rounded half up; ``zero`` overrides how nothing is printed."""
        if cents == 0:
            return self.zero if zero is None else zero
        divisor = {"元": 100, "万元": 1_000_000}[self.unit]
        scaled, rest = divmod(abs(cents) * 10**self.decimals, divisor)
        scaled += rest * 2 >= divisor
        whole, part = divmod(scaled, 10**self.decimals)
        text = f"{whole:,}" if self.grouped else str(whole)
        return ("-" if cents < 0 else "") + text + (f".{part:0{self.decimals}d}" if self.decimals else "")

    def cell(self, cents: int, row: str, column: tuple[str, ...], code: str | None = None) -> Cell:
        """A figure's cell with its mark; a blank has none, for nothing was filled in."""
        text = self(cents)
        mark = Mark("amount", row, column, text.replace(",", ""), self.unit, code) if text else None
        return Cell(text, mark=mark)


def reprinted(cell: Cell, text: str) -> Cell:
    """The same cell with another printed text, so that the truth tells what is printed."""
    value = None if cell.mark is None or cell.mark.value is None else text.replace(",", "").strip("≥≤<>%％")
    return replace(cell, text=text, mark=None if cell.mark is None else replace(cell.mark, value=value))
