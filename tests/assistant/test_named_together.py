"""Questions that name several things at once, and things that are not there, over the sample documents."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.records import Answer

Ask = Callable[..., Answer]


@pytest.mark.parametrize(
    ("question", "figure"),
    [
        ("玉田网络舆情管理和迁西网上宣传经费相差多少", "546500.00元"),
        ("玉田的网络舆情管理加上迁西的网上宣传经费一共多少", "914500.00元"),
        ("玉田网络舆情管理是迁西网上宣传经费的几倍", "3.97倍"),
        ("开平网信办2025年办公费水费一共多少", "4.21万元"),
        ("开平网信办办公费两年差多少", "0.19万元"),
        ("开平网信办2024年公务接待费决算完成预算的百分之几", "64.00%"),
        ("玉田县网信办有几个项目，一共多少钱", "5个"),
        ("开平 30205", "0.40万元"),
    ],
)
def test_the_asked_figure_comes_first(ask: Ask, question: str, figure: str) -> None:
    answer = ask(question)
    assert answer.status == "answered", answer.text
    assert f"{answer.values[0].value}{answer.values[0].unit}" == figure


@pytest.mark.parametrize(
    "question",
    [
        "开平网信办2025年专用燃料费多少",
        "开平网信办2025年取暖费多少",
        "开平网信办2025年有多少人",
        "开平网信办2025年会费多少",
        "开平 3020",
        "开平 302011",
        "玉田网络宣传经费预算",
    ],
)
def test_what_is_near_does_not_stand_in_for_what_is_asked(ask: Ask, question: str) -> None:
    answer = ask(question)
    assert answer.status == "not_found", answer.text
    assert not answer.values


def test_an_office_named_by_its_kind_alone_is_asked_back(ask: Ask) -> None:
    answer = ask("网信办2025年预算多少")
    assert answer.status == "clarify"
    assert len(answer.options) == 2
    assert all(ask(option).question for option in answer.options)


def test_a_sum_is_not_made_of_one_of_its_items(ask: Ask) -> None:
    answer = ask("开平网信办2025年办公费和专用燃料费合计多少")
    assert answer.status == "not_found"


def test_a_year_in_a_title_is_not_the_year_asked_for(ask: Ask) -> None:
    assert "没有开平网信办2019年" not in ask("开平网信办2025年办公费是按《2019年管理办法》定的吗").text


def test_a_claim_is_held_to_the_figure(ask: Ask) -> None:
    assert ask("听说开平网信办2025年办公费是38200元，是真的吗").text.startswith("与所说不符")
    assert ask("听说开平网信办2025年办公费大约是38200元，是真的吗").text.startswith("说法相符")
