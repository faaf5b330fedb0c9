"""Two things in one sentence, parts of what was asked before, ranks over units, what a sum is made of: two made-up papers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assistant.answering import Assistant, open_assistant
from assistant.records import Answer, Question
from index.build import ingest
from index.words import load_names
from tests.assistant.test_units import form, table

PARTS = "涉县安陵镇人民政府2025年部门预算\n\n" + table("4、烈士纪念设施修缮管护经费绩效目标表", ("702涉县安陵镇人民政府", "单位：万元"), [
    ["项目编码", "13092925P00009", "项目名称", "烈士纪念设施修缮管护经费"],
    ["预算规模及资金用途", "预算数", "76.40", "其中：财政资金", "76.40", "其他资金", ""],
    ["", "用于陵园纪念碑修缮和零散烈士墓迁移，其中纪念碑修缮42万元，零散烈士墓迁移34.4万元"],
    ["资金支出计划（%）", "3月底", "6月底", "10月底", "12月底"], ["", "20", "45", "80", "100"],
])  # fmt: skip
HEADS = ["科目编码", "科目名称", "合计", "基本支出", "项目支出"]
TOWN = "魏县柳河镇人民政府"
BUREAU = "承德县林业和草原局"


def spending(title: str, captions: tuple[str, str], rows: list[list[str]]) -> str:
    return table(title, captions, [HEADS, *rows])


TOWN_PAPER = (
    f"{TOWN}2025年部门预算\n\n"
    + spending("部门预算支出总表", (f"701{TOWN}", "单位：万元"), [
        ["", "合计", "130.00", "80.00", "50.00"],
        ["201", "一般公共服务支出", "100.00", "80.00", "20.00"], ["20103", "政府办公厅（室）及相关机构事务", "100.00", "80.00", "20.00"],
        ["2010301", "行政运行", "80.00", "80.00", "0.00"], ["2010302", "一般行政管理事务", "20.00", "0.00", "20.00"],
        ["212", "城乡社区支出", "30.00", "0.00", "30.00"],
        ["21208", "国有土地使用权出让收入安排的支出", "30.00", "0.00", "30.00"],
        ["2120816", "农业农村生态环境支出", "30.00", "0.00", "30.00"],
    ])
    + spending("部门预算政府性基金预算财政拨款支出表", (f"701{TOWN}", "单位：万元"), [
        ["", "合计", "30.00", "0.00", "30.00"], ["212", "城乡社区支出", "30.00", "0.00", "30.00"],
        ["21208", "国有土地使用权出让收入安排的支出", "30.00", "0.00", "30.00"],
        ["2120816", "农业农村生态环境支出", "30.00", "0.00", "30.00"],
    ])
    + "第一部分 情况说明\n"
    + form(1, "专职消防队经费", TOWN, "20.00") + form(2, "农村人居环境整治经费", TOWN, "30.00")
    + "2025年，安排政府采购预算66.00万元，其中：政府采购货物预算11.00万元、政府采购工程预算15.00万元、政府采购服务预算40.00万元。\n"
    + "全年改造厕所420万个，接收档案3万卷。\n"
)  # fmt: skip
BUREAU_PAPER = (
    f"{BUREAU}2025年部门预算\n\n"
    + spending("部门预算支出总表", (f"360{BUREAU}", "单位：万元"), [["", "合计", "900.00", "700.00", "200.00"]])
    + "第一部分 情况说明\n" + form(1, "森林防火经费", f"360001{BUREAU}本级", "80.00")
    + "第二部分 所属单位预算\n一、本级2025年单位预算\n"
    + spending("单位预算支出总表", (f"360001{BUREAU}本级", "单位：万元"), [["", "合计", "400.00", "290.00", "110.00"]])
    + "二、承德县第一林场2025年单位预算\n"
    + spending("单位预算支出总表", ("360002承德县第一林场", "单位：万元"), [["", "合计", "300.00", "280.00", "20.00"]])
    + "三、承德县森林草原防火中心2025年单位预算\n"
    + spending("单位预算支出总表", ("360003承德县森林草原防火中心", "单位：万元"), [["", "合计", "200.00", "130.00", "70.00"]])
)  # fmt: skip


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("compound")
    for name, text in (("030_town.txt", TOWN_PAPER), ("031_bureau.txt", BUREAU_PAPER), ("032_parts.txt", PARTS)):
        (folder / name).write_text(text, encoding="utf-8")
    ingest(sorted(folder.glob("*.txt")), folder / "store", workers=1, vectors=False)
    opened = open_assistant(folder / "store")
    yield opened
    opened.close()


def ask(assistant: Assistant, *questions: str) -> Answer:
    return assistant.ask(Question(questions[-1], tuple(questions[:-1])))


def figures(answer: Answer) -> list[tuple[str | None, str]]:
    return [(v.value, v.unit) for v in answer.values]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("柳河镇专职消防队经费多少，农村人居环境整治经费多少", [("20.00", "万元"), ("30.00", "万元")]),
        ("柳河镇一般公共服务支出合计多少，其中基本支出多少", [("100.00", "万元"), ("80.00", "万元")]),
        ("柳河镇2025年政府采购货物、工程、服务各多少", [("11.00", "万元"), ("15.00", "万元"), ("40.00", "万元")]),
        ("柳河镇2025年政府性基金预算多少，用在哪个科目", [("30.00", "万元"), ("30.00", "万元")]),
        ("承德县林草局2025年哪个单位的项目支出最少", [("20.00", "万元")]),
        ("柳河镇项目里预算最多的和最少的分别是哪个", [("30.00", "万元"), ("20.00", "万元")]),
        ("承德县第一林场项目支出合计多少", [("20.00", "万元")]),
        ("承德县一林场项目支出合计多少", [("20.00", "万元")]),
        ("承德县林草局防火中心项目支出合计多少", [("70.00", "万元")]),
    ],
)
def test_each_thing_that_is_asked_is_answered(assistant: Assistant, question: str, expected: list[tuple[str, str]]) -> None:
    answer = ask(assistant, question)
    assert answer.status == "answered"
    assert figures(answer) == expected
    assert all(v.citations for v in answer.values)


def test_the_subjects_of_a_sum_add_up_to_it(assistant: Assistant) -> None:
    answer = ask(assistant, "柳河镇政府性基金用在哪个科目")
    assert "2120816 农业农村生态环境支出" in answer.text
    assert "行政运行" not in answer.text


def test_what_a_later_clause_asks_and_nothing_answers_is_told(assistant: Assistant) -> None:
    answer = ask(assistant, "柳河镇专职消防队经费多少，校园足球经费多少")
    assert figures(answer) in ([("20.00", "万元")], [])
    assert answer.status != "answered" or any("校园足球" in note for note in answer.notes)


def test_a_part_of_what_was_asked_before(assistant: Assistant) -> None:
    answer = ask(assistant, "柳河镇一般公共服务支出合计多少", "其中基本支出多少")
    assert figures(answer) == [("80.00", "万元")]


@pytest.mark.parametrize("measure", ["420万元", "3万元"])
def test_a_count_in_ten_thousands_is_no_money(assistant: Assistant, measure: str) -> None:
    told = ask(assistant, "柳河镇全年改造厕所多少万个").text + ask(assistant, "柳河镇接收档案多少万卷").text
    assert measure not in told


def test_names_do_not_depend_on_what_was_asked_before(assistant: Assistant) -> None:
    before = ask(assistant, "承德县林草局2025年项目支出合计多少")
    load_names([BUREAU, "林业和草原局", "林业和草原"])  # as the first question for prose does
    assert figures(ask(assistant, "承德县林草局2025年项目支出合计多少")) == figures(before) == [("200.00", "万元")]


def test_findings_do_not_set_a_department_against_its_units(assistant: Assistant) -> None:
    assert not [f for f in assistant.findings() if f["rule"] == "同一科目各表一致"]


@pytest.mark.parametrize(
    ("question", "figures"),
    [
        ("承德县森林草原防火中心2025年预算一共多少钱", ["200.00"]),
        ("承德县第一林场2025年支出预算多少", ["300.00"]),
        ("承德县第一林场和森林草原防火中心哪家支出多，多多少", ["100.00", "300.00", "200.00"]),
        ("承德县森林草原防火中心的项目支出占承德县林业和草原局部门项目支出的比重", ["35.00", "70.00", "200.00"]),
        ("承德县森林草原防火中心的预算占承德县林业和草原局部门预算的比重", ["22.22", "200.00", "900.00"]),
    ],
)
def test_units_of_one_paper_by_their_names(assistant: Assistant, question: str, figures: list[str]) -> None:
    answer = ask(assistant, question)
    assert answer.status == "answered", answer.text
    assert [v.value for v in answer.values] == figures


def test_all_of_the_projects_is_the_total_that_is_printed(assistant: Assistant) -> None:
    answer = ask(assistant, "承德县林业和草原局森林防火经费占全部项目支出的百分之几")
    assert [v.value for v in answer.values] == ["40.00", "80.00", "200.00"]
    assert {c.cell for c in answer.citations} == {"80.00", "200.00"}


def test_a_part_of_a_project_is_not_named_by_the_words_of_its_project(assistant: Assistant) -> None:
    whole = ask(assistant, "安陵镇烈士纪念设施修缮管护经费是多少万元")
    assert [(v.value, v.unit) for v in whole.values] == [("76.40", "万元")]
    part = ask(assistant, "安陵镇烈士纪念设施修缮管护经费里纪念碑修缮多少钱")
    assert [(v.value, v.unit) for v in part.values] == [("42", "万元")]


def test_a_step_of_the_plan_is_asked_after_the_budget(assistant: Assistant) -> None:
    answer = ask(assistant, "柳河镇专职消防队经费2025年预算多少", "10月底要花到百分之几")
    assert [(v.value, v.unit) for v in answer.values] == [("80", "%")]


def test_a_name_that_holds_a_word_that_joins_is_added_once(assistant: Assistant) -> None:
    answer = ask(assistant, "柳河镇2025年农村人居环境整治经费和专职消防队经费、农村人居环境整治经费一共多少")
    assert answer.values[0].value == "50.00"
    assert len(answer.citations) == 2
