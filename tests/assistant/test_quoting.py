"""Answers from prose over a small ingested document: offices named inside it, counts, second figures, persons."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistant.answering import open_assistant
from assistant.records import Answer, Question
from index.build import ingest

TEXT = """玉田县档案局2025年部门预算信息公开

一、部门职责

玉田县档案局的主要职责是：

1.统筹全县档案事业发展规划，监督指导各单位档案管理。

2.负责档案接收、保管和提供利用。

本部门纳入本年预算的下属单位如下：玉田县第二档案馆，其工作职责主要是保管民国时期的卷宗并向公众开放。

二、机构设置

玉田县档案局内设3个科室：综合科、接收科、利用科。

三、预算安排情况

2025年支出预算283.61万元，其中：基本支出193.61万元，项目支出90.00万元。

本部门2个预算单位开展了绩效目标编报工作，编报绩效目标的项目5个，涉及项目预算资金90.00万元。

全年计划编辑出版4期《玉田史料》刊物，举办展览2次。

四、名词解释

1、基本支出：指为保障机构运转而发生的人员支出和公用支出。
"""
Ask = Callable[[str], Answer]


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    folder = tmp_path_factory.mktemp("archives")
    file = folder / "玉田县档案局2025年部门预算.txt"
    file.write_text(TEXT, encoding="utf-8")
    place: Path = folder / "store"
    ingest([file], place, workers=1, vectors=False)
    assistant = open_assistant(place)
    yield lambda question: assistant.ask(Question(question))
    assistant.close()


def test_an_office_without_a_document_is_told_from_the_one_that_names_it(archives: Ask) -> None:
    answer = archives("玉田县第二档案馆的工作职责是什么")
    assert answer.status == "answered"
    assert "民国时期的卷宗" in answer.text
    assert answer.citations[0].file == "玉田县档案局2025年部门预算.txt"


@pytest.mark.parametrize("question", ["玉田县第二档案馆2025年支出预算多少", "遵化市档案馆的工作职责是什么"])
def test_nothing_is_told_of_an_office_that_stands_over_no_figure_or_nowhere(archives: Ask, question: str) -> None:
    answer = archives(question)
    assert answer.status == "not_found"
    assert answer.values == ()


@pytest.mark.parametrize(
    ("question", "values"),
    [
        ("玉田县档案局设几个科室", [("3", "个")]),
        ("玉田县档案局2025年《玉田史料》计划出几期", [("4", "期")]),
        ("玉田县档案局编报绩效目标的项目有几个，涉及多少资金", [("5", "个"), ("90.00", "万元")]),
        ("玉田县档案局有几个科室，分别是哪些", [("3", "个")]),
    ],
)
def test_counts_that_only_a_sentence_states_are_given_with_it(
    archives: Ask, question: str, values: list[tuple[str, str]]
) -> None:
    answer = archives(question)
    assert answer.status == "answered"
    assert [(v.value, v.unit) for v in answer.values] == values
    assert all(values[0][0] in (answer.citations[n].quote or "") for v in answer.values[:1] for n in v.citations)


@pytest.mark.parametrize("question", ["玉田县档案局局长是谁", "玉田县档案局有几名保安", "玉田县档案局的食堂在哪里"])
def test_what_no_sentence_says_is_not_told(archives: Ask, question: str) -> None:
    assert archives(question).status == "not_found"


def test_what_something_is_made_up_of_is_its_definition_not_its_figure(archives: Ask) -> None:
    answer = archives("玉田县档案局的基本支出包括什么")
    assert "保障机构运转" in answer.text
    assert answer.values == ()
