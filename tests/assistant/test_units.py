"""One paper with a department's tables and those of its units; offices by short and mistyped names; sets without some members."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from assistant.answering import Assistant, open_assistant
from assistant.parts import said_part
from assistant.records import Answer, Question
from assistant.understanding.shortened import abbreviates
from index.build import ingest


def table(title: str, captions: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as a converter writes it: a line a cell, a blank line behind each row."""
    lines = [title, *(f"\t{c}" for c in captions), ""]
    for row in rows:
        lines += [*(f"\t{cell}" for cell in row), ""]
    return "\n".join(lines) + "\n\n"


def papers(kind: str, code: str, office: str, sums: Sequence[str], visits: Sequence[str] | None) -> str:
    captions = (f"{code}{office}", "单位：万元")
    heads = ["科目编码", "科目名称", "合计", "基本支出", "项目支出"]
    spending = [heads, ["", "合计", *sums], ["205", "教育支出", *sums], ["20502", "普通教育", *sums]]
    text = table(f"{kind}预算支出总表", captions, spending)
    title = f"{kind}预算财政拨款“三公”经费支出表"
    if visits is None:
        return text + table(title, captions, [["项目", "合计"], ["", ""]]) + "注：无财政拨款“三公”经费支出预算，空表列示。\n"
    return text + table(title, captions, [["项目", "合计"], ["“三公”经费小计", visits[0]], ["公务接待费", visits[1]]])


def form(number: int, project: str, office: str, amount: str) -> str:
    rows = [
        ["项目编码", f"13092925P0000{number}", "项目名称", project],
        ["预算规模及资金用途", "预算数", amount, "其中：财政资金", amount, "其他资金", ""],
        ["资金支出计划（%）", "3月底", "6月底", "10月底", "12月底"],
        ["", "20", "45", "80", "100"],
    ]
    return table(f"{number}、{project}绩效目标表", (office, "单位：万元"), rows)


PAPER = (
    "献县教育体育和科学技术局2025年部门预算\n\n"
    + papers("部门", "360", "献县教育体育和科学技术局", ("900.00", "700.00", "200.00"), ("12.60", "3.00"))
    + "第一部分 情况说明\n一、项目预算安排情况\n"
    + form(1, "校舍维修改造", "360001献县教育体育和科学技术局本级", "80.00")
    + form(2, "业务培训经费", "360001献县教育体育和科学技术局本级", "30.00")
    + form(3, "业务培训经费", "360002献县第一中学", "15.00")
    + form(4, "最低生活费补助", "360002献县第一中学", "75.00")
    + "第二部分 所属单位预算\n一、献县教育体育和科学技术局本级2025年单位预算\n"
    + papers("单位", "360001", "献县教育体育和科学技术局本级", ("400.00", "290.00", "110.00"), ("5.40", "1.00"))
    + "二、献县第一中学2025年单位预算\n"
    + papers("单位", "360002", "献县第一中学", ("300.00", "210.00", "90.00"), ("7.20", "2.00"))
    + "三、献县县直实验小学2025年单位预算\n"
    + papers("单位", "360003", "献县县直实验小学", ("200.00", "200.00", "0.00"), None)
    + "2025年，我单位现有在校学生2580人。\n"
)


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("units")
    paper: Path = folder / "020_units.txt"
    paper.write_text(PAPER, encoding="utf-8")
    ingest([paper], folder / "store", workers=1, vectors=False)
    opened = open_assistant(folder / "store")
    yield opened
    opened.close()


def ask(assistant: Assistant, *questions: str) -> Answer:
    return assistant.ask(Question(questions[-1], tuple(questions[:-1])))


@pytest.mark.parametrize(
    ("question", "value", "table_title"),
    [
        ("献县教育体育和科学技术局2025年三公经费多少", "12.60", "部门预算财政拨款“三公”经费支出表"),
        ("献县教体局2025年三公经费多少", "12.60", "部门预算财政拨款“三公”经费支出表"),
        ("献县教育体育科学技术局三公经费", "12.60", "部门预算财政拨款“三公”经费支出表"),
        ("献县教育体预和科学技术局三公经费", "12.60", "部门预算财政拨款“三公”经费支出表"),
        ("献县教育体育和科学技术局本级三公经费多少", "5.40", "单位预算财政拨款“三公”经费支出表"),
        ("献县第一中学2025年三公经费多少", "7.20", "单位预算财政拨款“三公”经费支出表"),
        ("献县教育体育和科学技术局基本支出合计多少", "700.00", "部门预算支出总表"),
        ("献县县直实验小学2025年基本支出合计多少", "200.00", "单位预算支出总表"),
    ],
)
def test_the_department_is_meant_where_no_unit_is_named(assistant: Assistant, question: str, value: str, table_title: str) -> None:
    answer = ask(assistant, question)
    assert (answer.status, answer.values[0].value, answer.values[0].unit) == ("answered", value, "万元")
    assert answer.citations[0].table == table_title


def test_a_units_empty_table_answers_by_its_note_not_by_the_departments_figure(assistant: Assistant) -> None:
    answer = ask(assistant, "献县县直实验小学2025年三公经费多少")
    assert answer.status == "answered"
    assert "空表列示" in answer.text
    assert answer.values == ()


def test_prose_behind_a_table_is_not_under_its_title(assistant: Assistant) -> None:
    answer = ask(assistant, "献县县直实验小学有多少在校学生")
    assert answer.values[0].value == "2580"
    assert "三公" not in (answer.citations[0].section or "")


def test_a_project_of_one_name_in_two_units_is_told_of_both(assistant: Assistant) -> None:
    answer = ask(assistant, "献县教体局业务培训经费预算多少")
    assert answer.values[0].value == "30.00"
    assert any("献县第一中学" in note and "15.00" in note for note in answer.notes)


@pytest.mark.parametrize(
    ("question", "total", "members"),
    [
        ("献县教体局项目预算一共多少", "200.00", 4),
        ("献县教体局的几个项目加起来一共多少", "200.00", 4),
        ("献县第一中学的项目预算一共多少", "90.00", 2),
        ("献县教体局除校舍维修改造外，其他项目合计多少", "120.00", 3),
        ("献县教体局除了校舍维修和最低生活费补助以外，其余项目一共多少钱", "45.00", 2),
    ],
)
def test_sums_over_the_projects_that_are_meant(assistant: Assistant, question: str, total: str, members: int) -> None:
    answer = ask(assistant, question)
    assert (answer.status, answer.values[0].value) == ("answered", total)
    assert answer.calculation is not None
    assert len(answer.calculation.inputs) == members


def test_what_is_left_out_must_be_there(assistant: Assistant) -> None:
    answer = ask(assistant, "献县教体局除校园足球外，其他项目合计多少")
    assert answer.status != "answered"


def test_a_figure_less_a_part_of_it(assistant: Assistant) -> None:
    answer = ask(assistant, "献县教体局三公经费小计除公务接待费外还有多少")
    assert answer.status != "answered" or answer.values[0].value == "9.60"


def test_several_steps_of_a_plan(assistant: Assistant) -> None:
    answer = ask(assistant, "献县校舍维修改造6月底和10月底支出计划分别是多少")
    assert [v.value for v in answer.values] == ["45", "80"]


def test_the_code_of_a_subject(assistant: Assistant) -> None:
    answer = ask(assistant, "献县教体局普通教育的科目编码是什么")
    assert answer.status == "answered"
    assert "20502" in answer.text


def test_a_name_with_a_word_that_ranks_is_looked_up(assistant: Assistant) -> None:
    answer = ask(assistant, "献县第一中学最低生活费补助多少")
    assert answer.values[0].value == "75.00"


@pytest.mark.parametrize(
    "question",
    [
        "陕县教育体育和科学技术局三公经费",
        "陕县教体局三公经费",
        "献县教育局2024年三公经费多少",
        "献县卫生健康局三公经费多少",
    ],
)
def test_another_office_region_or_year_is_not_answered(assistant: Assistant, question: str) -> None:
    answer = ask(assistant, question)
    assert answer.status == "not_found"
    assert answer.values == ()


@pytest.mark.parametrize(
    ("short", "name", "fits"),
    [
        ("绿化市容", "绿化和市容管理局", True),
        ("文广旅", "文化广播电视和旅游局", True),
        ("卫健", "卫生健康局", True),
        ("市容绿化", "绿化和市容管理局", False),
        ("化和", "绿化和市容管理局", False),
        ("水务", "水利局", False),
        ("绿化和市容管理局", "绿化和市容管理局", False),
    ],
)
def test_an_abbreviation_keeps_to_the_beginnings_of_words(short: str, name: str, fits: bool) -> None:
    assert abbreviates(short, name) is fits


def test_two_units_named_at_once_are_none() -> None:
    units = ("献县第一中学", "献县县直实验小学")
    assert said_part("献县第一中学三公经费", units, "献县教育局") == ("献县第一中学", (2, 6))
    assert said_part("第一中学和县直实验小学的三公经费", units, "献县教育局") is None
    assert said_part("三公经费多少", units, "献县教育局") is None
