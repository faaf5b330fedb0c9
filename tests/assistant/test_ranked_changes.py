"""Ranks by change against the year before and by rate of completion: stated in prose, in tables, reckoned over two years' papers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assistant.answering import Assistant, open_assistant
from assistant.records import Answer, Question
from assistant.understanding.operations import read_operation
from index.build import ingest
from tests.assistant.test_units import form, table

ARCHIVE = "江苏省方志馆"
CENTRE = "承德县森林草原防火中心"
PLAN = f"""{ARCHIVE}2025年度部门预算

第三部分 2025年度部门预算情况说明
一、收支预算总体情况说明
{ARCHIVE}2025年度收入、支出预算总计900.00万元，与上年相比收、支预算总计各减少40.00万元，减少4.26%。
五、财政拨款支出预算情况说明
{ARCHIVE}2025年财政拨款预算支出900.00万元，与上年相比减少40.00万元，减少4.26%。其中：
（一）一般公共服务支出（类）
1.档案事务（款）行政运行（项）支出500.00万元，与上年相比增加20.00万元，增长4.17%。主要原因是人员增加。
2.档案事务（款）一般行政管理事务（项）支出150.00万元，与上年相比减少90.00万元，减少37.5%。主要原因是压减展览。
（二）教育支出（类）
1.进修及培训（款）培训支出（项）支出50.00万元，与上年相比增加30.00万元，增长150%。主要原因是轮训。
（三）住房保障支出（类）
1.住房改革支出（款）住房公积金（项）支出200.00万元，与上年相比减少100.00万元，减少33.33%。主要原因是基数调整。
九、2025年“三公”经费预算情况说明
2025年“三公”经费预算数为12.00万元，比2024年预算增加4.00万元。
"""
FINAL = f"""{ARCHIVE}2024年度部门决算

第三部分 2024年度部门决算情况说明
五、财政拨款支出决算情况说明
（一）一般公共服务支出（类）
1.档案事务（款）行政运行（项）。年初预算为480.00万元，支出决算为470.00万元，完成年初预算的97.92%。
（二）教育支出（类）
1.进修及培训（款）培训支出（项）。年初预算为20.00万元，支出决算为15.00万元，完成年初预算的75%。
（三）住房保障支出（类）
1.住房改革支出（款）住房公积金（项）。年初预算为300.00万元，支出决算为303.00万元，完成年初预算的101%。
"""
OFFICIAL = table("表9 部门“三公”经费预算情况表", (f"360{CENTRE}", "单位：元"), [
    ["项目", "2024年预算数", "2025年预算数", "增减额"], ["合计", "30000.00", "24000.00", "-6000.00"],
    ["公务用车运行维护费", "20000.00", "16000.00", "-4000.00"], ["公务接待费", "10000.00", "8000.00", "-2000.00"],
])  # fmt: skip

BASIC = table("表6 一般公共预算财政拨款基本支出表", (f"360{CENTRE}", "单位：万元"), [
    ["科目编码", "科目名称", "合计", "人员经费", "公用经费"], ["", "合计", "190.00", "120.00", "70.00"],
    ["301", "工资福利支出", "120.00", "120.00", "0.00"], ["30101", "基本工资", "120.00", "120.00", "0.00"],
    ["302", "商品和服务支出", "70.00", "0.00", "70.00"], ["30201", "办公费", "25.00", "0.00", "25.00"],
    ["30205", "水费", "5.00", "0.00", "5.00"], ["30229", "福利费", "40.00", "0.00", "40.00"],
])  # fmt: skip

TOLD = "2025年瞭望塔维护经费36.00万元，较2024年预算增加6.05万元。\n"


def centre(year: int, sums: dict[str, str]) -> str:
    forms = "".join(form(i, name, CENTRE, value) for i, (name, value) in enumerate(sums.items(), 1))
    return f"{CENTRE}{year}年部门预算\n\n{OFFICIAL + BASIC if year == 2025 else ''}第一部分 情况说明\n{TOLD if year == 2025 else ''}{forms}"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("ranked")
    before = {"森林防火经费": "80.00", "瞭望塔维护经费": "29.954", "无人机租赁经费": "12.00"}
    now = {"森林防火经费": "95.00", "瞭望塔维护经费": "36.00", "视频监控经费": "50.00"}
    papers = {"plan": PLAN, "final": FINAL, "c24": centre(2024, before), "c25": centre(2025, now)}
    for name, text in papers.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    ingest(sorted(folder.glob("*.txt")), folder / "store", workers=1, vectors=False)
    opened = open_assistant(folder / "store")
    yield opened
    opened.close()


def ask(assistant: Assistant, question: str) -> Answer:
    return assistant.ask(Question(question))


@pytest.mark.parametrize(
    ("question", "figure", "name"),
    [
        ("省方志馆2025年财政拨款哪个项级科目比上年减少得最多，减少了多少", ("100", "万元"), "住房公积金"),
        ("省方志馆2025年财政拨款里哪个项级科目比上年增加最多", ("30", "万元"), "培训支出"),
        ("省方志馆2025年财政拨款各科目里降幅最大的是哪个", ("37.5", "%"), "一般行政管理事务"),
        ("省方志馆2024年财政拨款各科目里完成年初预算比例最低的是哪个", ("75", "%"), "培训支出"),
        ("省方志馆2024年财政拨款哪个科目完成年初预算的比例最高", ("101", "%"), "住房公积金"),
        ("承德县森林草原防火中心2025年三公经费里哪项减少最多", ("4000", "元"), "公务用车运行维护费"),
        ("承德县森林草原防火中心2025年哪个项目比上年增加最多，增加多少", ("15", "万元"), "森林防火经费"),
    ],
)
def test_the_item_that_moved_most(assistant: Assistant, question: str, figure: tuple[str, str], name: str) -> None:
    answer = ask(assistant, question)
    assert answer.status == "answered", answer.text
    first = answer.values[0]
    assert (first.value.rstrip("0").rstrip("."), first.unit) == figure
    assert name in answer.text
    assert answer.citations


def test_projects_of_one_year_only_are_told_and_not_compared(assistant: Assistant) -> None:
    answer = ask(assistant, "承德县森林草原防火中心2025年哪个项目比上年增加最多")
    assert [v.value for v in answer.values] == ["15.00", "95.00", "80.00"]
    assert len(answer.citations) == 2
    assert any("视频监控经费" in note and "无人机租赁经费" in note for note in answer.notes)


def test_amounts_are_not_ranked_where_changes_are_asked_for(assistant: Assistant) -> None:
    for question in ("承德县森林草原防火中心2025年哪个项目比上年减少最多", "承德县森林草原防火中心2025年哪个项目执行率最低"):
        answer = ask(assistant, question)
        assert answer.status == "not_found"
        assert not answer.values


def test_of_economic_subjects_those_are_listed_that_say_what_is_bought(assistant: Assistant) -> None:
    answer = ask(assistant, "承德县森林草原防火中心2025年公用经费里哪些科目超过20万元")
    assert sorted(v.value for v in answer.values) == ["25.00", "40.00"]


def test_a_change_and_its_rate_are_asked_at_once_or_in_turn(assistant: Assistant) -> None:
    first = "省方志馆2025年收支预算总计比上年减少多少"
    both = ask(assistant, f"{first}，降幅多大")
    assert {(v.value, v.unit) for v in both.values} >= {("40.00", "万元"), ("4.26", "%")}
    rate = assistant.ask(Question("降了百分之几", (first,)))
    assert (rate.values[0].value, rate.values[0].unit) == ("4.26", "%")


def test_a_change_told_in_fewer_digits_stands_beside_the_reckoned_one(assistant: Assistant) -> None:
    answer = ask(assistant, "承德县森林草原防火中心2025年瞭望塔维护经费比2024年增加多少")
    assert [v.value for v in answer.values] == ["6.046", "29.954", "36.00", "6.05"]
    assert any("6.05" in (c.quote or "") for c in answer.citations)


def test_a_heading_that_says_the_year_takes_it_from_no_question(assistant: Assistant) -> None:
    answer = ask(assistant, "省方志馆2025年三公经费比2024年增长百分之几")
    assert answer.status == "answered", answer.text
    assert (answer.values[0].value, answer.values[0].unit) == ("50.00", "%")


@pytest.mark.parametrize(
    ("text", "by", "descending"),
    [
        ("哪个科目比上年减少得最多", "down", True),
        ("哪个项目增幅最大", "up%", True),
        ("哪类支出增长最快", "up%", True),
        ("完成年初预算比例最低的是哪个", "done", False),
        ("哪个项目执行率最高", "done", True),
        ("哪个项目预算最多", None, True),
    ],
)
def test_what_is_ranked(text: str, by: str | None, descending: bool) -> None:
    read = read_operation(text)
    assert (read.name, read.by, read.descending) == ("rank", by, descending)
