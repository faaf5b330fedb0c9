"""The 勾稽 checks: rules on made-up tables, and all findings on the real documents, each read against the page."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

import pytest

from index.assemble import assemble
from index.check_figures import allowed_for_same, allowed_for_sum
from index.checks import Finding, check
from index.facts import facts_of
from index.records import Cell, Document, Fact, Grid, Paragraph, Source, SourceRef

RealDocument = Callable[[str], tuple[Document, list[Fact]]]
Row = tuple[str, ...]


def _grid(*rows: Row) -> Grid:
    cells = tuple(Cell(r, c, text) for r, row in enumerate(rows) for c, text in enumerate(row))
    return Grid(cells, len(rows), max(len(row) for row in rows))


def _table(title: str, *rows: Row) -> list[Paragraph | Grid]:
    return [Paragraph(title), Paragraph("单位：万元"), _grid(*rows)]


def _findings(*blocks: Paragraph | Grid) -> list[Finding]:
    opening = Paragraph("某市某某局2025年部门预算")
    document = assemble(Source("docx", (opening, *blocks)), "a.docx", "d")
    return check(document, facts_of(document))


def _rules(*blocks: Paragraph | Grid) -> list[str]:
    return [f.rule for f in _findings(*blocks)]


HEAD = ("科目编码", "科目名称", "合计", "基本支出", "项目支出")


def _spending(total: Row, *rows: Row) -> list[Paragraph | Grid]:
    return _table("2025年部门支出预算总表", HEAD, *rows, total)


GOOD = (
    ("201", "一般公共服务支出", "80.00", "50.00", "30.00"), ("20137", "网信事务", "80.00", "50.00", "30.00"),
    ("2013701", "行政运行", "50.00", "50.00", ""), ("2013702", "一般行政管理事务", "30.00", "", "30.00"),
    ("210", "卫生健康支出", "20.00", "20.00", ""),
)  # fmt: skip


def test_a_table_that_adds_up_has_no_finding() -> None:
    assert _rules(*_spending(("", "合计", "100.00", "70.00", "30.00"), *GOOD)) == []


def test_a_total_that_is_off_is_found_with_both_sides_and_their_cells() -> None:
    found = _findings(*_spending(("", "合计", "102.00", "72.00", "30.00"), *GOOD))
    assert {f.rule for f in found} == {"合计"}
    first = found[0]
    assert first.severity == "error"
    assert first.left is not None
    assert first.right is not None
    assert (first.left.value, first.right.value, first.difference, first.unit) == ("102.00", "100.00", "2", "万元")
    assert [(c.row, c.col, c.printed) for c in first.left.cells] == [(6, 2, "102.00")]
    assert [c.printed for c in first.right.cells] == ["80.00", "20.00"]
    assert first.allowed == "0.01"
    assert "102.00万元" in first.message


def test_a_finding_is_plain_json_with_its_cells() -> None:
    found = _findings(*_spending(("", "合计", "102.00", "70.00", "30.00"), *GOOD))[0]
    data = json.loads(json.dumps(found.as_json(), ensure_ascii=False))
    assert data["cells"][0]["table_id"] == "d-t0"
    assert {c["fact"] for c in data["cells"]} == set(data["facts"])
    assert data["severity"] == "error"


def test_a_second_run_gives_the_same_ids() -> None:
    blocks = _spending(("", "合计", "102.00", "70.00", "30.00"), *GOOD)
    assert [f.id for f in _findings(*blocks)] == [f.id for f in _findings(*blocks)]


def test_a_class_that_is_not_the_sum_of_its_items_is_found() -> None:
    rows = (*GOOD[:3], ("2013702", "一般行政管理事务", "31.00", "", "31.00"), GOOD[4])
    assert "类款项之和" in _rules(*_spending(("", "合计", "100.00", "70.00", "30.00"), *rows))


def test_rounding_is_no_finding() -> None:
    rows = [("201", "甲", "33.33", "", ""), ("203", "乙", "33.33", "", ""), ("204", "丙", "33.33", "", "")]
    assert _rules(*_spending(("", "合计", "100.00", "", ""), *rows)) == []


def test_parts_that_need_not_be_complete_are_not_summed() -> None:
    rows = [("一、财政拨款", "50.00"), ("其中：专项资金", "20.00"), ("二、其他收入", "10.00"), ("合计", "60.00")]
    assert _rules(*_table("收入预算总表", ("项目", "预算数"), *rows)) == []


def test_income_and_spending_of_the_two_sides_must_agree() -> None:
    head = ("收入", "预算数", "支出", "预算数")
    rows = (("一、财政拨款收入", "90.00", "一、一般公共服务支出", "95.00"), ("收入总计", "90.00", "支出总计", "95.00"))
    assert "收入总计＝支出总计" in _rules(*_table("部门收支预算总表", head, *rows))


def test_basic_spending_is_the_same_in_both_tables() -> None:
    general = _table("一般公共预算支出表", HEAD, *GOOD, ("", "合计", "100.00", "70.00", "30.00"))
    rows = (("301", "工资福利支出", "60.00", "60.00", ""), ("302", "商品和服务支出", "15.00", "", "15.00"))
    basic = _table(
        "一般公共预算基本支出表", ("科目编码", "科目名称", "合计", "人员经费", "公用经费"), *rows,
        ("", "合计", "75.00", "60.00", "15.00"),
    )  # fmt: skip
    assert "基本支出表合计＝基本支出" in _rules(*general, *basic)


def test_prose_must_say_what_the_table_says() -> None:
    table = _spending(("", "合计", "100.00", "70.00", "30.00"), *GOOD)
    good = Paragraph("2025年支出预算100.00万元，其中：基本支出70.00万元，项目支出30.00万元。")
    wrong = Paragraph("2025年本年支出合计100.00万元，其中：基本支出75.00万元，项目支出30.00万元。")
    assert _rules(*table, good) == []
    assert set(_rules(*table, wrong)) == {"正文＝表", "正文分项之和"}


def test_a_coarser_print_of_the_same_figure_is_the_same() -> None:
    rows = (("201", "一般公共服务支出", "80.004", "", "80.004"), ("", "合计", "80.004", "", "80.004"))
    table = _table("2025年部门支出预算总表", HEAD, *rows)
    assert _rules(*table, Paragraph("本年支出合计80.00万元。")) == []


def _three(total: str, running: str) -> list[Paragraph | Grid]:
    rows = [
        ("项目", "预算数"), ("合计", total), ("一、因公出国（境）费", "4.00"), ("二、公务用车购置及运行费", "5.00"),
        ("其中：公务用车购置费", "2.00"), ("其中：公务用车运行费", running), ("三、公务接待费", "1.00"),
    ]  # fmt: skip
    return _table("“三公”经费预算表", *rows)


def test_three_public_expenses_add_up() -> None:
    assert _rules(*_three("10.00", "3.00")) == []
    assert _rules(*_three("12.00", "3.00")) == ["合计"]
    assert _rules(*_three("10.00", "4.00")) == ["分项之和"]


def test_this_year_less_the_change_is_last_year() -> None:
    head = ("科目编码", "科目名称", "2024年预算数", "2025年预算数", "增减额")
    good = _table("支出预算对比表", head, ("201", "一般公共服务支出", "10.00", "12.00", "2.00"))
    wrong = _table("支出预算对比表", head, ("201", "一般公共服务支出", "10.00", "12.00", "3.00"))
    less = _table("支出预算对比表", head, ("201", "一般公共服务支出", "12.00", "10.00", "2.00"))
    assert _rules(*good) == []
    assert _rules(*wrong) == ["本年−增减额＝上年"]
    assert _rules(*less) == []


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("机关运行经费184.65万元，比2024年增加2.55万元，增长1.40%。", []),
        ("机关运行经费184.65万元，比2024年增加2.55万元，增长2.40%。", ["增减率与金额"]),
        ("机关运行经费20.00万元，比2024年减少5.00万元，下降20.00%。", []),
        ("政府采购预算34万元，其中：货物4万元、工程0万元、服务30万元。", []),
        ("政府采购预算34万元，其中：货物4万元、工程0万元、服务33万元。", ["正文分项之和"]),
        ("共有车辆8辆，其中：一般公务用车3辆、其他用车4辆。", ["正文分项之和"]),
        ("培训费5万元，比2024年减少2万元。主要原因是培训经费增加。", ["增减与原因相反"]),
        ("2021年底网上可办的事项不低于90%。", ["年度不符"]),
        ("根据2021年印发的办法，安排预算5万元。", []),
    ],
)  # fmt: skip
def test_prose_against_itself(text: str, rules: list[str]) -> None:
    assert _rules(Paragraph(text)) == rules


PLAN = ("", "25%", "50%", "75%", "100%")
GOOD_RATE = ("产出指标", "质量指标", "合格率", "", "≥95%", "")
SHORT_PLAN = ("", "25%", "50%", "75%", "90%")


def _form(money: str, fiscal: str, *indicators: Row, schedule: Row = PLAN) -> list[Paragraph | Grid]:
    rows: list[Row] = [
        ("项目编码", "P01", "项目名称", "培训经费"),
        ("预算规模及资金用途", "预算数", money, "其中：财政资金", fiscal, "其他资金", ""),
        ("", "用于培训。"),
        ("资金支出计划（%）", "3月底", "6月底", "10月底", "12月底"),
        schedule,
        ("一级指标", "二级指标", "三级指标", "绩效指标描述", "指标值", "指标值确定依据"),
        *indicators,
    ]
    return _table("1.培训经费绩效目标表", *rows)


def test_a_form_that_is_right() -> None:
    assert _rules(*_form("8.00", "8.00", GOOD_RATE)) == []


@pytest.mark.parametrize(
    ("blocks", "rule"),
    [
        (_form("8.00", "7.00", GOOD_RATE), "预算数＝财政资金＋其他资金"),
        (_form("8.00", "8.00", ("产出指标", "质量指标", "系统故障率", "", "≤98%", "")), "指标方向"),
        (_form("8.00", "8.00", ("满意度指标", "服务对象满意度指标", "群众满意度", "", "≤90%", "")), "指标方向"),
        (_form("8.00", "8.00", GOOD_RATE, schedule=SHORT_PLAN), "支出计划未到100%"),
    ],
)  # fmt: skip
def test_a_form_that_reads_wrong(blocks: list[Paragraph | Grid], rule: str) -> None:
    assert _rules(*blocks) == [rule]


def test_a_project_named_otherwise_in_prose() -> None:
    prose = Paragraph("1.“培训费用”项目年初预算8.00万元，主要用于培训。")
    form = _form("8.00", "8.00", GOOD_RATE)
    assert _rules(prose, *form) == ["名称不一致"]


def test_a_project_named_otherwise_with_money_of_two_kinds() -> None:
    form = _table(
        "1.培训经费绩效目标表", ("项目编码", "P01", "项目名称", "培训经费"),
        ("预算规模及资金用途", "预算数", "8.00", "其中：财政资金", "7.00", "其他资金", "1.00"),
    )  # fmt: skip
    assert _rules(Paragraph("1.“培训费用”项目年初预算8.00万元，主要用于培训。"), *form) == ["名称不一致", "有预算无指标"]


def test_a_class_paid_from_a_fund_too_is_more_than_its_general_part() -> None:
    head = ("科目编码", "科目名称", "合计")
    general = _table("一般公共预算财政拨款支出表", head, ("212", "城乡社区支出", "5.00"))
    granted = _table("财政拨款支出表", head, ("212", "城乡社区支出", "7.00"))
    fund = _table("政府性基金预算财政拨款支出表", head, ("212", "城乡社区支出", "2.00"))
    assert _rules(*granted, *general) == ["同一科目各表一致"]
    assert _rules(*granted, *general, *fund) == []


def _fact(printed: str, unit: str) -> Fact:
    value = Decimal(printed.replace(",", ""))
    return Fact("f", "amount", SourceRef("d", "b", 0, 0), (), (), printed, value, unit)


def test_precision_is_half_a_digit_of_each_addend() -> None:
    parts = [_fact("1.00", "万元"), _fact("2.5", "万元"), _fact("0", "万元")]
    assert allowed_for_sum(parts, _fact("3.50", "万元")) == Decimal(50 + 500)
    assert allowed_for_same(_fact("3.50", "万元"), _fact("35,004.00", "元")) == Decimal(50)
    assert allowed_for_same(_fact("3.50", "万元"), _fact("3.51", "万元")) == 0


# file -> (rule, severity, a word of the message) of every finding, each seen on the page.
KNOWN: dict[str, list[tuple[str, str, str]]] = {
    "000_fb8bd9d118eee45e.txt": [],
    "001_619d5e0cc2c255b8.txt": [("名称不一致", "warning", "网络安全检查、态势感知平台服务")],
    "002_a6201561a2d39595.txt": [("指标方向", "warning", "专线故障率")],
    "003_e0f29716db1f2352.txt": [
        ("正文分项之和", "info", "193.61"), ("年度不符", "warning", "2020年"), ("年度不符", "warning", "2021年"),
    ],
    "004_eb891ce6d0faf58b.txt": [],
    "江苏省政协办公厅2017年度部门预算公开表.pdf": [],
    "江苏省政协办公厅2018年度部门预算公开表.pdf": [],
    "江苏省政协办公厅2019年预算公开表.pdf": [],
    "江苏省政协办公厅2018年度部门预算.pdf": [
        ("增减率与金额", "info", "66.69%"), ("名称不一致", "warning", "资金"), ("名称不一致", "warning", "资金"),
    ],
    "江苏省高级人民法院2017年度部门预算公开.pdf": [
        ("增减率与金额", "info", "79.05%"), ("名称不一致", "warning", "一般行政事务管理"),
    ],
    "万里街道2024年预算.pdf": [
        ("正文＝表", "error", "352.67"), ("增减率与金额", "error", "0.53%"), ("正文分项之和", "error", "8013"),
        ("增减与原因相反", "warning", "2.98%"),
        ("有数却注空表", "warning", "空表"),
        ("科目编码缺位", "info", "津贴补贴"), ("绩效目标资金与项目支出", "info", "5634.81"),
    ],
    "万里街道2025年预算.pdf": [("正文分项之和", "error", "8013"), ("绩效目标资金与项目支出", "info", "8825.98")],
    "上海市普陀区人民政府办公室2025年部门预算.pdf": [("绩效目标资金与项目支出", "info", "6626")],
    "上海市普陀区商务委员会2025年单位预算.pdf": [
        ("绩效目标资金与项目支出", "info", "11381.60"), ("比较口径不同", "warning", "执行数"),
    ],
    "上海市普陀区商务委员会2025年部门预算.pdf": [
        ("绩效目标资金与项目支出", "info", "11381.60"), ("比较口径不同", "warning", "执行数"),
    ],
    "上海市普陀区财政局2024年度部门决算.pdf": [
        ("同一科目各表一致", "info", "326.72"), ("同一科目各表一致", "info", "326.72"),
        ("正文＝表", "error", "0.3万元"), ("正文分项之和", "info", "251.25"),
        ("名称不一致", "warning", "个人农业生产补贴"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
def test_the_findings_on_a_real_document_are_those_seen_on_its_pages(real: RealDocument, name: str) -> None:
    document, facts = real(name)
    found = check(document, facts)
    assert [(f.rule, f.severity) for f in found] == [(rule, severity) for rule, severity, _ in KNOWN[name]]
    assert all(word in f.message for f, (_, _, word) in zip(found, KNOWN[name], strict=True))
    assert all(f.left is not None and f.left.cells for f in found)
