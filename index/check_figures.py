"""What the 勾稽 checks compare: figures with their precision, and findings with both sides.

A printed figure certifies its value to half of its last digit; a sum is held to what
its addends certify together (DOMAIN, checks inside a document).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, Literal

from index.amounts import MONEY, plain
from index.records import Fact

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Part:
    """A cell or a sentence of one side. ``row`` and ``col`` count from 0 inside the table, None in prose."""

    fact: str
    printed: str
    unit: str
    table_id: str
    table: str | None
    row: int | None
    col: int | None
    row_label: str
    column_label: str
    page: int | None
    quote: str | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: ``value`` is a plain decimal in ``unit``, None for words."""

    label: str
    value: str | None
    unit: str
    cells: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a document does not agree with itself.

    ``severity``: error (beyond what the printed digits allow), warning (reads wrong), info (a last digit, a gap
    that may have its reason). ``difference`` is left − right and ``allowed`` the precision of both, in ``unit``.
    """

    id: str
    document_id: str
    rule: str
    severity: Severity
    message: str
    facts: tuple[str, ...] = ()
    left: Side | None = None
    right: Side | None = None
    difference: str | None = None
    allowed: str | None = None
    unit: str = ""
    table_id: str | None = field(default=None)

    def as_json(self) -> dict[str, Any]:
        """JSON values only; ``cells`` holds the cells of both sides for marking them."""
        cells = [asdict(c) for side in (self.left, self.right) if side for c in side.cells]
        return asdict(self) | {"cells": cells}


def is_money(fact: Fact) -> bool:
    """Whether a fact is a printed amount of money of a cell or a sentence."""
    return fact.kind == "amount" and fact.value is not None and fact.unit in MONEY


def in_yuan(fact: Fact) -> Decimal:
    """The value in 元 for money, as printed for anything else."""
    assert fact.value is not None
    return fact.value * MONEY.get(fact.unit, Decimal(1))


def half_digit(fact: Fact) -> Decimal:
    """Half of the last printed digit in 元; a printed zero is exact."""
    assert fact.value is not None
    if fact.value == 0:
        return Decimal(0)
    return Decimal(5).scaleb(_exponent(fact.value) - 1) * MONEY.get(fact.unit, Decimal(1))


def allowed_for_sum(parts: Sequence[Fact], total: Fact) -> Decimal:
    """What rounding may make of a sum: half a digit of each addend, and of a total printed more coarsely than they."""
    own = sum((half_digit(p) for p in parts), Decimal(0))
    coarse = half_digit(total)
    return own + (coarse if all(coarse > half_digit(p) for p in parts) else 0)


def allowed_for_same(left: Fact, right: Fact) -> Decimal:
    """Two prints of one figure may differ only where one of them is coarser."""
    a, b = half_digit(left), half_digit(right)
    if 0 in (a, b):
        return max(a, b)
    return Decimal(0) if a == b else max(a, b)


def part(fact: Fact) -> Part:
    """Where a fact stands, for showing it."""
    source = fact.source
    return Part(
        fact.id, fact.printed, fact.unit, source.block_id, fact.table, source.row, source.col,
        " / ".join(fact.row_path), " / ".join(fact.column_path), source.page,
        source.quote if source.row is None else None,
    )  # fmt: skip


def side(label: str, facts: Sequence[Fact], value: Decimal | None, unit: str) -> Side:
    """One side of a finding, its value in ``unit``."""
    return Side(label, None if value is None else shown_value(value, unit, facts), unit, tuple(part(f) for f in facts))


def name(fact: Fact) -> str:
    """How a finding calls a figure: its row or, in a table without row names, its column."""
    if fact.source.row is None:
        return " ".join(fact.row_path[-2:]) or fact.printed
    return (fact.row_path or fact.column_path or (fact.printed,))[-1]


def place(fact: Fact) -> str:
    """Page and table, or the prose, in words."""
    page = f"第{fact.source.page}页" if fact.source.page else ""
    return f"{page}《{fact.table}》" if fact.table else f"{page}正文"


def finding(
    document_id: str, rule: str, severity: Severity, message: str, left: Side, right: Side | None = None,
    difference: Decimal | None = None, allowed: Decimal | None = None,
) -> Finding:  # fmt: skip
    """A finding with an id made from the rule and its places, so that a second run gives the same."""
    facts = tuple(dict.fromkeys(c.fact for s in (left, right) if s for c in s.cells))
    key = hashlib.sha256("|".join((rule, *facts)).encode()).hexdigest()[:12]
    unit = left.unit
    return Finding(
        f"{document_id}-f{key}", document_id, rule, severity, message, facts, left, right, _plain(difference, unit),
        _plain(allowed, unit), unit, next((c.table_id for c in left.cells if c.row is not None), None),
    )  # fmt: skip


def sum_finding(document_id: str, rule: str, total: Fact, parts: Sequence[Fact], label: str = "") -> Finding | None:
    """``total`` against the sum of ``parts``; None when they agree within what the printed digits certify."""
    added = sum((in_yuan(p) for p in parts), Decimal(0))
    difference, allowed = in_yuan(total) - added, allowed_for_sum(parts, total)
    severity = severity_of(difference, allowed)
    if severity is None or (severity == "info" and total.source.row is not None) or _multiple(added, in_yuan(total)):
        return None
    unit = total.unit
    message = (
        f"{place(total)}“{name(total)}”{_head(total)}为{total.printed}{_unit(total)}，"
        f"{label or '各分项'}之和为{shown(added, unit, parts)}，相差{shown(abs(difference), unit, [total])}"
    )
    message += "（在末位四舍五入的边缘）。" if severity == "info" else "。"
    return finding(
        document_id, rule, severity, message, side(name(total), [total], in_yuan(total), unit),
        side(label or "各分项之和", parts, added, unit), difference, allowed,
    )  # fmt: skip


def _multiple(added: Decimal, total: Decimal) -> bool:
    """A sum that is the total two or three times over: levels of the table were read as one, the table is not wrong."""
    return total > 0 and added > total and added % total == 0 and added / total <= 4


def same_finding(document_id: str, rule: str, left: Fact, right: Fact) -> Finding | None:
    """Two prints of what must be one figure; None when they agree."""
    difference, allowed = in_yuan(left) - in_yuan(right), allowed_for_same(left, right)
    if abs(difference) <= allowed:
        return None
    rounding = abs(difference) <= 2 * max(half_digit(left), half_digit(right))
    unit = left.unit
    message = (
        f"{place(left)}“{name(left)}”{_head(left)}为{left.printed}{_unit(left)}，"
        f"{place(right)}“{name(right)}”{_head(right)}为{right.printed}{_unit(right)}，"
        f"相差{shown(abs(difference), unit, [left])}" + ("（末位之差）。" if rounding else "。")
    )
    return finding(
        document_id, rule, "info" if rounding else "error", message, side(name(left), [left], in_yuan(left), unit),
        side(name(right), [right], in_yuan(right), unit), difference, allowed,
    )  # fmt: skip


def severity_of(difference: Decimal, allowed: Decimal) -> Severity | None:
    """None within the precision, info on its very edge, error beyond it.

    On the edge a table of rounded figures is right one time in four, so only prose, where the parts
    stand in one sentence with their sum, is told of it.
    """
    if abs(difference) < allowed or difference == 0:
        return None
    return "info" if abs(difference) == allowed else "error"


def shown(value: Decimal, unit: str, like: Sequence[Fact] = ()) -> str:
    """A value of 元 in ``unit`` for a message, with as many decimals as the figures it is made from."""
    return f"{shown_value(value, unit, like)}{unit}"


def shown_value(value: Decimal, unit: str, like: Sequence[Fact] = ()) -> str:
    """A value of 元 in ``unit`` as a plain decimal."""
    moved = value / MONEY.get(unit, Decimal(1))
    moved = moved.quantize(Decimal(1)) if moved == moved.to_integral() else moved.normalize()
    places = min((_exponent(f.value) for f in like if f.unit == unit and f.value is not None), default=0)
    return plain(moved.quantize(Decimal(1).scaleb(places)) if places < _exponent(moved) else moved)


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    return exponent


def _plain(value: Decimal | None, unit: str) -> str | None:
    return None if value is None else shown_value(value, unit)


def _head(fact: Fact) -> str:
    heads = [c for c in fact.column_path[-1:] if c != name(fact)]
    return f"（{heads[0]}）" if heads else ""


def _unit(fact: Fact) -> str:
    """The unit when the print does not carry it."""
    return fact.unit if fact.source.row is not None and not fact.printed.endswith(fact.unit[:1]) else ""
