"""Sums, differences, shares and growth over facts, in Decimal, with the steps to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from index.amounts import MONEY, convert, percent, plain
from index.records import Fact


class NotComparable(ValueError):
    """Figures of different kinds of unit that must not be put together; the message is Chinese."""


@dataclass(frozen=True, slots=True)
class Computed:
    """A result with its expression, in the unit of the first figure."""

    value: Decimal
    unit: str
    expression: str


def common_unit(facts: Sequence[Fact]) -> str:
    """The unit in which figures can be put together: the first one's. Raises NotComparable for mixed kinds."""
    units = {f.unit for f in facts}
    if len(units) == 1:
        return facts[0].unit
    if units <= MONEY.keys():
        return facts[0].unit
    named = "、".join(sorted(u or "未注明单位" for u in units))
    raise NotComparable(f"单位不同（{named}），不能直接计算")


def in_unit(fact: Fact, unit: str) -> Decimal:
    """A fact's value in ``unit``."""
    value = fact.value or Decimal(0)
    return value if fact.unit == unit else convert(value, fact.unit, unit)


def total(facts: Sequence[Fact]) -> Computed:
    unit = common_unit(facts)
    values = [in_unit(f, unit) for f in facts]
    return Computed(sum(values, Decimal(0)), unit, " + ".join(_shown(v) for v in values))


def difference(first: Fact, second: Fact) -> Computed:
    unit = common_unit([first, second])
    a, b = in_unit(first, unit), in_unit(second, unit)
    return Computed(a - b, unit, f"{plain(a)} - {_shown(b)}")


def share(part: Fact, whole: Fact) -> Computed:
    """``part`` in percent of ``whole``. Raises NotComparable for a whole of zero."""
    unit = common_unit([whole, part])
    a, b = in_unit(part, unit), in_unit(whole, unit)
    if b == 0:
        raise NotComparable("分母为 0，无法计算比例")
    return Computed(percent(a, b), "%", f"{plain(a)} ÷ {plain(b)} × 100%")


def times(first: Fact, second: Fact) -> Computed:
    """How many times ``second`` goes into ``first``, to two places. Raises NotComparable for a divisor of zero."""
    unit = common_unit([second, first])
    a, b = in_unit(first, unit), in_unit(second, unit)
    if b == 0:
        raise NotComparable("除数为 0，无法计算倍数")
    return Computed((a / b).quantize(Decimal("0.01"), ROUND_HALF_UP), "倍", f"{plain(a)} ÷ {plain(b)}")


def growth(now: Decimal, before: Decimal) -> Computed:
    if before == 0:
        raise NotComparable("上年数为 0，无法计算增长率")
    return Computed(percent(now - before, before), "%", f"({plain(now)} - {plain(before)}) ÷ {plain(before)} × 100%")


def average(facts: Sequence[Fact]) -> Computed:
    summed = total(facts)
    value = (summed.value / len(facts)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return Computed(value, summed.unit, f"({summed.expression}) ÷ {len(facts)}")


def _shown(value: Decimal) -> str:
    return f"({plain(value)})" if value < 0 else plain(value)
