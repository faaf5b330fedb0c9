"""Whether an answer gives the expected figure: same dimension, same amount.

Money is compared in 元. An expected percentage was computed to its printed digits, so it may differ by half
of its last digit; every other figure must agree exactly.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

YUAN_IN = {
    "元": Decimal(1),
    "千元": Decimal(10) ** 3,
    "万元": Decimal(10) ** 4,
    "万": Decimal(10) ** 4,
    "百万元": Decimal(10) ** 6,
    "亿元": Decimal(10) ** 8,
    "亿": Decimal(10) ** 8,
}
PERCENT_NAMES = frozenset({"%", "百分比"})
_UNCOUNTED = re.compile(r"[\s,“”\"'‘’《》]")


def plain(text: object) -> str:
    """Text with full-width forms folded and spaces, commas, quotes and book marks gone; nothing for None."""
    return _UNCOUNTED.sub("", unicodedata.normalize("NFKC", str(text))) if text else ""


def number(text: object) -> Decimal | None:
    """The finite decimal that a text is, or None."""
    try:
        found = Decimal(plain(text))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


@dataclass(frozen=True, slots=True)
class Amount:
    """``size`` in the dimension's base unit, ``slack`` half of the last printed digit in that unit."""

    dimension: str
    size: Decimal
    slack: Decimal


def amount(value: object, unit: object) -> Amount | None:
    """The amount that a printed value and unit name, or None when the value is no number."""
    read = number(value)
    if read is None:
        return None
    exponent = read.as_tuple().exponent
    assert isinstance(exponent, int)  # finite, so never a letter
    name = plain(unit)
    factor = YUAN_IN.get(name, Decimal(1))
    dimension = "元" if name in YUAN_IN else "%" if name in PERCENT_NAMES else name
    return Amount(dimension, read * factor, Decimal((0, (5,), exponent - 1)) * factor)


def agrees(expected: dict[str, Any], given: dict[str, Any]) -> bool:
    """Whether a given value is the expected one; a unit missing on either side leaves the dimension open."""
    want, got = amount(expected["value"], expected["unit"]), amount(given.get("value"), given.get("unit"))
    if want is None or got is None:
        return False
    if want.dimension and got.dimension and want.dimension != got.dimension:
        return False
    tolerance = want.slack if want.dimension == "%" else Decimal(0)
    return abs(want.size - got.size) <= tolerance
