"""Sums, ranks, counts and lists over the sample documents."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from assistant.collections_of import passes
from assistant.records import Answer
from index.records import Fact, SourceRef

Ask = Callable[..., Answer]


def shown(answer: Answer) -> list[str]:
    return [f"{v.value}{v.unit}" for v in answer.values]


def test_a_sum_shows_its_addends(ask: Ask) -> None:
    answer = ask("玉田县网信办2023年所有项目预算合计")
    assert shown(answer)[0] == "2187303.64元"
    assert len(answer.values) == 1
    assert sum(Decimal(c.cell or 0) for c in answer.citations) == Decimal("2187303.64")
    assert answer.calculation is not None
    assert answer.calculation.operation == "sum"


@pytest.mark.parametrize(
    ("question", "figures"),
    [
        ("玉田县网信办2023年有几个项目", ["5个"]),
        ("迁西县有几个项目", ["2个"]),
        ("开平网信办2025年201类下有几个款", ["1个"]),
        ("玉田网信办2023年哪个项目预算最多", ["1043977.64元"]),
        ("玉田县2025年一般公共预算支出前三名科目", ["125400.00万元", "102300.00万元", "60900.00万元"]),
        ("玉田县2025年最少的支出科目是哪个", ["19200.00万元"]),
        ("玉田县2025年支出排第二的科目", ["102300.00万元"]),
        ("玉田网信办2023年预算超过20万元的项目有哪些", ["210000.00元", "730500.00元", "1043977.64元"]),
        ("玉田县2025年支出低于6亿元的科目", ["51300.00万元", "19200.00万元", "30900.00万元"]),
        ("开平网信办2025年支出最大的三个类级科目", ["256.60万元", "14.53万元", "12.48万元"]),
    ],
)
def test_sets(ask: Ask, question: str, figures: list[str]) -> None:
    answer = ask(question)
    assert answer.status == "answered"
    assert shown(answer) == figures


def test_an_average_tells_what_it_is_taken_over(ask: Ask) -> None:
    answer = ask("玉田网信办2023年项目平均预算")
    assert shown(answer)[0] == "437460.73元"
    assert len(answer.values) == 6


@pytest.mark.parametrize(
    ("question", "total"),
    [
        ("开平网信办2025年网信事务和行政运行加起来", "256.60万元"),
        ("开平网信办2025年301类下各款合计", "182.22万元"),
        ("开平网信办2025年一般公共服务支出、卫生健康支出、住房保障支出合计", "283.61万元"),
        ("开平网信办2025年类级科目之和", "283.61万元"),
        ("玉田县2025年税收收入加非税收入", "200000.00万元"),
        ("玉田县2025年税收收入、增值税、非税收入加起来", "200000.00万元"),
    ],
)
def test_a_part_is_never_added_to_its_whole(ask: Ask, question: str, total: str) -> None:
    assert shown(ask(question))[0] == total


def test_what_is_left_out_of_a_sum_is_said(ask: Ask) -> None:
    answer = ask("开平网信办2025年网信事务和行政运行加起来")
    assert any("行政运行" in n and "未重复相加" in n for n in answer.notes)


def test_there_is_no_place_beyond_the_last(ask: Ask) -> None:
    answer = ask("玉田网信办2023年预算排第9的项目")
    assert answer.status == "not_found"
    assert "5" in answer.text


def test_a_sum_of_another_number_of_projects_is_asked_back(ask: Ask) -> None:
    answer = ask("迁西网信办三个项目合计")
    assert answer.status == "clarify"
    assert "问题提到 3 个" in answer.text


@pytest.mark.parametrize(
    ("value", "unit", "condition", "result"),
    [
        ("21", "万元", (">", "20", "万元"), True),
        ("200000", "元", (">", "20", "万元"), False),
        ("200000", "元", ("≥", "20", "万元"), True),
        ("98", "%", ("<", "99", "%"), True),
        ("98", "%", ("<", "99", "元"), False),
    ],
)
def test_conditions(value: str, unit: str, condition: tuple[str, str, str], result: bool) -> None:
    fact = Fact("f", "amount", SourceRef("d", "b"), (), (), value, Decimal(value), unit)
    assert passes(fact, condition[0], Decimal(condition[1]), condition[2]) is result


def test_a_blank_meets_no_condition() -> None:
    assert not passes(Fact("f", "empty", SourceRef("d", "b"), (), (), "", None, "元"), "<", Decimal(1), "元")


def test_two_offices_are_compared_by_the_sums_of_their_projects(ask: Ask) -> None:
    answer = ask("玉田县委网信办和迁西县委网信办的项目预算总额哪个多")
    assert shown(answer) == ["2187303.64元", "61.00万元", "1577303.64元"]
    assert answer.calculation is not None
    assert answer.calculation.expression == "2187303.64 - 610000"
