"""Case tables for reading and converting Chinese amounts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from index.amounts import (
    chinese_number,
    comparison_sign,
    convert,
    digits_for_chinese,
    find_amounts,
    percent,
    read_cell,
    unit_named,
)

CELLS = [
    ("1,234.50", "1234.50", "", None), ("8.00", "8.00", "", None), ("0", "0", "", None), ("-5.2", "-5.2", "", None),
    ("(1,200.00)", "-1200.00", "", None), ("4.83万", "4.83", "万元", None), ("200 万元", "200", "万元", None),
    ("≥98%", "98", "%", "≥"), (">=98", "98", "", "≥"), ("不低于90％", "90", "%", "≥"), ("≤132万元", "132", "万元", "≤"),
    ("5434平方米", "5434", "平方米", None), ("95%以上", "95", "%", "≥"), ("2万人次", "2", "万人次", None),
    ("＜5%", "5", "%", "<"), ("24小时", "24", "小时", None), ("≥15000台件", "15000", "台件", "≥"),
    ("≤1个工作日", "1", "个工作日", "≤"), ("3百元", "3", "百元", None), ("≥2.5万立方米", "2.5", "万立方米", "≥"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value", "unit", "comparison"), CELLS)
def test_a_cell_that_is_a_figure(text: str, value: str, unit: str, comparison: str | None) -> None:
    read = read_cell(text)
    assert read is not None
    assert (read.value, read.unit, read.comparison) == (Decimal(value), unit, comparison)


@pytest.mark.parametrize("text", ["", "  ", "有效提升", "2025年12月31日前", "2025年", "—", "合计", "P01"])
def test_a_cell_that_is_no_figure(text: str) -> None:
    assert read_cell(text) is None


PROSE = [
    ("年初预算1043977.64元，其中", [("1043977.64", "元", None)]),
    ("舆情通软件服务费19.05万，举报软件10万", [("19.05", "万元", None), ("10", "万元", None)]),
    ("分别达到25、50%、75%、100%", [("25", "%", None), ("50", "%", None), ("75", "%", None), ("100", "%", None)]),
    ("较好保障90%-95%的为良", [("90", "%", "≥"), ("95", "%", "≤")]),
    ("组织2-3次委员视察", [("2", "次", "≥"), ("3", "次", "≤")]),
    ("下降-5.2%", [("-5.2", "%", None)]),
    ("完成数字化加工420万页，接收档案12万卷", [("420", "万页", None), ("12", "万卷", None)]),
    ("共安排50万，听说是86万对吗", [("50", "万元", None), ("86", "万元", None)]),
    ("大概15万块钱，超过100万的项目", [("15", "万元", None), ("100", "万元", ">")]),
    ("2024年预算安排25.77万元", [("25.77", "万元", None)]),
    ("截至2024年8月31日共有车辆8辆", [("8", "辆", None)]),
    ("培训2万人，投入300万元", [("2", "万人", None), ("300", "万元", None)]),
    ("4月、10月召开", []),
    ("第3条第（2）项", []),
]


@pytest.mark.parametrize(("text", "expected"), PROSE)
def test_amounts_of_a_sentence(text: str, expected: list[tuple[str, str, str | None]]) -> None:
    assert [(str(a.value), a.unit, a.comparison) for a in find_amounts(text)] == expected


def test_an_amount_knows_its_place() -> None:
    text = "支出预算9,101.68万元，减少2,389.52万元。"
    assert [text[a.start : a.end] for a in find_amounts(text)] == ["9,101.68万元", "2,389.52万元"]


def test_units_convert_exactly() -> None:
    assert convert(Decimal("730500.00"), "元", "万元") == Decimal("73.05")
    assert convert(Decimal("73846"), "百元", "万元") == Decimal("738.46")
    assert convert(Decimal("0.5"), "亿元", "元") == Decimal(50_000_000)
    assert percent(Decimal(1), Decimal(3)) == Decimal("33.33")


@pytest.mark.parametrize(
    ("text", "number"), [("三百二十", 320), ("十", 10), ("两万", 20000), ("一亿二千万", 120_000_000)]
)
def test_chinese_numbers(text: str, number: int) -> None:
    assert chinese_number(text) == number


def test_chinese_amounts_as_digits() -> None:
    assert digits_for_chinese("五十万元和百分之八") == "50万元和8%"


@pytest.mark.parametrize(("text", "sign"), [("≥", "≥"), ("＝", "="), ("不低于", "≥"), ("定性", None), ("", None)])
def test_a_sign_in_a_cell_of_its_own(text: str, sign: str | None) -> None:
    assert comparison_sign(text) == sign


@pytest.mark.parametrize(
    ("text", "unit"), [("％", "%"), ("个", "个"), ("人次", "人次"), ("—", ""), ("", ""), ("‰", "‰")]
)
def test_a_unit_in_a_cell_of_its_own(text: str, unit: str) -> None:
    assert unit_named(text) == unit
