from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import calculate
from assistant.lookup import same_figure
from index.records import Fact, SourceRef


def fact(value: str | None, unit: str = "万元", comparison: str | None = None) -> Fact:
    number = None if value is None else Decimal(value)
    return Fact(
        "f",
        "amount",
        SourceRef("d", "b", 0, 0),
        ("办公费",),
        ("合计",),
        value or "",
        number,
        unit,
        comparison=comparison,
    )


@pytest.mark.parametrize(
    ("values", "total", "unit"),
    [
        ([("8.00", "万元"), ("30.00", "万元")], "38.00", "万元"),
        ([("73.05", "万元"), ("80000.00", "元")], "81.05", "万元"),
        ([("730500.00", "元"), ("19.05", "万元")], "921000.00", "元"),
        ([("-8.80", "万元"), ("30.00", "万元")], "21.20", "万元"),
        ([("0.1", "万元")] * 3, "0.3", "万元"),
    ],
)
def test_total(values: list[tuple[str, str]], total: str, unit: str) -> None:
    computed = calculate.total([fact(*v) for v in values])
    assert (computed.value, computed.unit) == (Decimal(total), unit)


def test_money_is_never_put_together_with_other_things() -> None:
    with pytest.raises(calculate.NotComparable, match="单位不同"):
        calculate.total([fact("1", "万元"), fact("1", "人")])
    with pytest.raises(calculate.NotComparable, match="未注明单位"):
        calculate.difference(fact("1", "万元"), fact("1", ""))


def test_share_growth_and_average_round_half_up_to_two_places() -> None:
    assert calculate.share(fact("182.22"), fact("193.61")).value == Decimal("94.12")
    assert calculate.share(fact("1"), fact("800")).value == Decimal("0.13")
    assert calculate.share(fact("80000", "元"), fact("16", "万元")).value == Decimal("50.00")
    assert calculate.growth(Decimal(90), Decimal(60)).value == Decimal("50.00")
    assert calculate.growth(Decimal(60), Decimal(90)).value == Decimal("-33.33")
    assert calculate.average([fact("1"), fact("2"), fact("2.015")]).value == Decimal("1.67")


def test_nothing_is_divided_by_zero() -> None:
    with pytest.raises(calculate.NotComparable, match="0"):
        calculate.share(fact("1"), fact("0"))
    with pytest.raises(calculate.NotComparable, match="0"):
        calculate.growth(Decimal(1), Decimal(0))


def test_expressions_can_be_read() -> None:
    assert calculate.difference(fact("1.5"), fact("-2")).expression == "1.5 - (-2)"
    assert calculate.total([fact("8.00"), fact("-30.00")]).expression == "8.00 + (-30.00)"


amounts = st.decimals("-1e9", "1e9", places=2)


@given(st.lists(amounts, min_size=1, max_size=8))
def test_totals_are_exact_in_either_unit(values: list[Decimal]) -> None:
    ten_thousands = calculate.total([fact(str(v), "万元") for v in values])
    ones = calculate.total([fact(str(v * 10_000), "元") for v in values])
    assert ten_thousands.value * 10_000 == ones.value


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (fact("73.05"), fact("730500.00", "元"), True),
        (fact("0.51"), fact("5138.00", "元"), True),
        (fact("0.51"), fact("5150.01", "元"), False),
        (fact("0.50"), fact("0.32"), False),
        (fact("98", "%", "≥"), fact("98", "%"), False),
        (fact("12", "次"), fact("12", "期"), False),
        (fact("0"), fact(None), False),
    ],
)
def test_two_places_state_one_figure(a: Fact, b: Fact, same: bool) -> None:
    assert same_figure(a, b) is same
    assert same_figure(b, a) is same
