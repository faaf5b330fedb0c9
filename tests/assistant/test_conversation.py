"""Follow-ups over the sample documents."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.records import Answer

Ask = Callable[..., Answer]


@pytest.mark.parametrize(
    ("questions", "figure"),
    [
        (("开平网信办2024年部门预算支出总计", "2025年呢"), "283.61万元"),
        (("开平网信办2025年办公费多少", "水费呢"), "0.40万元"),
        (("开平网信办2025年办公费多少", "水费呢", "换算成元"), "4000元"),
        (("玉田舆情管理预算多少", "换算成万元"), "73.05万元"),
        (("玉田舆情管理预算多少", "那网评队伍建设呢"), "80000.00元"),
        (("开平网信办2024年公务接待费预算数", "决算数呢"), "0.32万元"),
        (("迁西县网上宣传经费预算", "玉田县网评队伍建设的预算是多少"), "80000.00元"),
        (("玉田网信办2023年哪个项目预算最多", "第二名呢"), "730500.00元"),
        (("玉田县2025年教育支出多少", "占支出合计的比例是多少"), "32.15%"),
        (("办公费是多少", "2025年"), "3.81万元"),
        (("办公费是多少", "2"), "3.81万元"),
        (("办公费是多少", "第一个"), "4.00万元"),
        (("办公费是多少", "选二"), "3.81万元"),
        (("开平网信办2025年办公费", "去年呢"), "4.00万元"),
        (("开平网信办2025年办公费", "水费呢", "两个加起来多少"), "4.21万元"),
        (("开平网信办2025年办公费", "水费呢", "差多少"), "3.41万元"),
        (("开平网信办2025年办公费", "占多少"), "1.34%"),
        (("玉田网络舆情管理预算多少", "迁西的网上宣传经费呢", "两者差多少"), "546500.00元"),
        (("玉田网络舆情管理预算多少", "出处"), "730500.00元"),
        (("玉田县网信办有哪些项目", "只看舆情"), "730500.00元"),
    ],
)
def test_what_is_left_out_comes_from_before(ask: Ask, questions: tuple[str, ...], figure: str) -> None:
    answer = ask(*questions)
    assert answer.status == "answered"
    assert f"{answer.values[0].value}{answer.values[0].unit}" == figure


@pytest.mark.parametrize(
    ("questions", "said"),
    [
        (("玉田舆情管理预算多少", "它的编码"), "13022923P00JXC4148046"),
        (("玉田舆情管理预算多少", "满意度指标是多少"), "网络舆情管理 群众满意度"),
        (("玉田舆情管理预算多少", "有哪些指标"), "重大负面事件次数"),
        (("迁西县网络安全保障经费预算是多少", "主要用途是什么"), "等级保护测评"),
    ],
)
def test_an_item_asked_about_further_keeps_its_name(ask: Ask, questions: tuple[str, ...], said: str) -> None:
    answer = ask(*questions)
    assert answer.status == "answered"
    assert said in answer.text


def test_a_number_beyond_the_options_picks_none(ask: Ask) -> None:
    answer = ask("办公费是多少", "9")
    assert answer.status != "answered"


def test_a_place_that_lacks_the_item_has_no_figure(ask: Ask) -> None:
    answer = ask("玉田舆情管理预算多少", "迁西呢")
    assert answer.status == "not_found"
    assert not answer.values


def test_a_whole_question_owes_nothing_to_the_one_before(ask: Ask) -> None:
    whole = "开平区委网信办2025年支出总计多少"
    assert ask("玉田舆情管理预算多少", whole).values == ask(whole).values
