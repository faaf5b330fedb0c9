"""Facts of real documents against listings checked cell by cell, and facts of small made-up tables."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from index.amounts import read_cell
from index.assemble import assemble
from index.facts import facts_of
from index.records import Cell, Document, Fact, Grid, Paragraph, Source
from index.tables import read_layout

RealDocument = Callable[[str], tuple[Document, list[Fact]]]
GOLDEN = Path(__file__).resolve().parents[1] / "data" / "facts"
HEBEI = (
    "000_fb8bd9d118eee45e.txt", "001_619d5e0cc2c255b8.txt", "002_a6201561a2d39595.txt", "003_e0f29716db1f2352.txt",
    "004_eb891ce6d0faf58b.txt",
)  # fmt: skip
PDFS_WITH_TABLES = (
    "江苏省政协办公厅2017年度部门预算公开表.pdf",
    "江苏省政协办公厅2018年度部门预算公开表.pdf",
    "江苏省政协办公厅2019年预算公开表.pdf",
    "江苏省高级人民法院2017年度部门预算公开.pdf", "万里街道2024年预算.pdf", "万里街道2025年预算.pdf",
    "上海市普陀区人民政府办公室2025年部门预算.pdf", "上海市普陀区商务委员会2025年单位预算.pdf",
    "上海市普陀区商务委员会2025年部门预算.pdf", "上海市普陀区财政局2024年度部门决算.pdf",
)  # fmt: skip
NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
# Numbers of a text that are no figures: marks of the converter, codes, file numbers, dates, numbering.
EXPLAINED = tuple(
    re.compile(pattern)
    for pattern in (
        r"\[bookmark:[^\]]*\]", r"TC .*?\\l \d+", r"\d{6}2\dP[0-9A-Z]+", r"\d{3}-\d{4}-[A-Z]{3}-[0-9A-Z]{4}",
        r"[【〔［\[]20\d\d[】〕］\]]\s*\d+号", r"截止时间：[\d-]+",
        r"20\d\d年\s*\d{1,2}月\s*\d{1,2}日?", r"20\d\d\s*年",
        r"预算年度：20\d\d", r"^\s*\d{1,3}(?:、|\.|．)(?!\d)", r"^\s*\d{1,3}[、.](?=[\u4e00-\u9fff])", r"IPv6",
        r"(?<=[。：；])\d{1,2}、?(?=(?:产出|效果|满意度)指标)", r"指标\d+：?", r"目标\d+", r"目标内容\d",
        r"\d+月底", r"\d{1,2}月",
        r"^\t\d{6}(?=中共)", r"^\t\d{3}(?=中共)", r"^\t\d{3}(?:\d\d){0,2}$", r"^\s*\d{1,2}$", r"单价在20万元以上",
    )
)  # fmt: skip


def _row(fact: Fact) -> str:
    def path(parts: tuple[str, ...]) -> str:
        return "/".join(p[:24] for p in parts)

    value = "" if fact.value is None else str(fact.value)
    where = fact.project or fact.table or (fact.section[-1] if fact.section else "")
    printed = re.sub(r"\s+", " ", fact.printed)[:24]
    return "\t".join(
        (fact.kind, where, path(fact.row_path), path(fact.column_path), fact.comparison or "", value, fact.unit,
         printed, str(fact.fiscal_year or ""), str(fact.base_year or ""), fact.period or "")
    )  # fmt: skip


def _listing(facts: list[Fact]) -> list[str]:
    kinds = ("amount", "target", "schedule", "change")
    shown = [f for f in facts if f.kind in kinds or (f.kind == "empty" and f.printed)]
    head = "kind\twhere\trow\tcolumn\tcomparison\tvalue\tunit\tprinted\tfiscal_year\tbase_year\tperiod"
    return [head, *(_row(f) for f in shown)]


@pytest.mark.parametrize("name", HEBEI)
def test_facts_are_those_of_the_checked_listing(real: RealDocument, name: str) -> None:
    """REGENERATE=1 writes the listings anew; read the difference before committing it."""
    listing = _listing(real(name)[1])
    path = GOLDEN / f"{name.partition('_')[0]}.tsv"
    if os.environ.get("REGENERATE"):
        path.write_text("\n".join(listing) + "\n", encoding="utf-8")
    assert listing == path.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", HEBEI)
def test_every_number_of_the_text_is_in_a_fact_or_explained(real: RealDocument, name: str) -> None:
    _, facts = real(name)
    corpus = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
    needed: Counter[str] = Counter()
    for line in (corpus / "hebei" / name).read_text(encoding="utf-8", errors="replace").split("\n"):
        bare = line.replace("\u3000", " ")
        for pattern in EXPLAINED:
            bare = pattern.sub(" ", bare)
        needed.update(NUMBER.findall(bare))
    held: Counter[str] = Counter()
    for fact in facts:
        if fact.kind in ("amount", "target", "schedule", "change"):
            held.update(NUMBER.findall(fact.printed))
    assert dict(needed - held) == {}


@pytest.mark.parametrize("name", PDFS_WITH_TABLES)
def test_every_figure_of_a_table_is_one_fact(real: RealDocument, name: str) -> None:
    document, facts = real(name)
    known = {(f.source.block_id, f.source.row, f.source.col) for f in facts if f.kind in ("amount", "change")}
    for table in document.tables:
        layout = read_layout(table.cells, table.rows, table.cols)
        heads = {id(h) for d in layout.data for h in (*d.row_heads, *d.column_heads)}
        figures = {
            (table.id, c.row, c.col)
            for c in table.cells
            if re.search(r"[,.]\d", c.text) and id(c) not in heads and (read := read_cell(c.text)) and not read.unit
        }
        assert figures <= known, (table.title, sorted(figures - known)[:5])


@pytest.mark.parametrize("name", PDFS_WITH_TABLES)
def test_money_of_a_table_has_a_unit_and_codes_are_no_money(real: RealDocument, name: str) -> None:
    _, facts = real(name)
    amounts = [f for f in facts if f.kind == "amount" and f.source.row is not None]
    assert amounts
    assert {f.unit for f in amounts} <= {"元", "万元"}
    assert not [f for f in amounts if re.search(r"编码|^[类款项]$", f.measure or "")]


def _facts(blocks: list[Paragraph | Grid]) -> list[Fact]:
    return facts_of(assemble(Source("docx", tuple(blocks)), "a.docx", "d"))


def _grid(rows: list[list[str]]) -> Grid:
    cells = tuple(Cell(r, c, text) for r, row in enumerate(rows) for c, text in enumerate(row))
    return Grid(cells, len(rows), max(len(r) for r in rows))


def test_years_phases_and_changes_come_from_the_heads_of_columns() -> None:
    grid = _grid([
        ["科目编码", "科目名称", "2024年预算数", "2025年预算数", "增减额", "增减%"],
        ["201", "一般公共服务支出", "100.00", "120.00", "20.00", "20.00"],
        ["20103", "政府办公厅（室）及相关机构事务", "100.00", "120.00", "20.00", "20.00"],
    ])  # fmt: skip
    facts = _facts([Paragraph("某某局2025年支出预算表"), Paragraph("单位：万元"), grid])
    first = {f.source.col: f for f in facts if f.source.row == 1 and f.value is not None}
    assert [(first[c].kind, first[c].fiscal_year, first[c].unit) for c in (2, 3, 4, 5)] == [
        ("amount", 2024, "万元"), ("amount", 2025, "万元"), ("change", 2025, "万元"), ("change", 2025, "%"),
    ]  # fmt: skip
    assert first[4].base_year == 2024
    assert first[3].subject_code == "201"


def test_codes_of_a_second_list_name_its_rows() -> None:
    grid = _grid([
        ["类", "款", "科目名称", "决算数", "类", "款", "科目名称", "决算数"],
        ["301", "", "工资福利支出", "20.00", "302", "", "商品和服务支出", "5.00"],
        ["301", "01", "基本工资", "20.00", "302", "01", "办公费", "5.00"],
    ])  # fmt: skip
    facts = _facts([Paragraph("基本支出决算表"), Paragraph("单位：万元"), grid])
    assert [f.subject_code for f in facts if f.kind == "amount"] == ["301", "30101", "302", "30201"]
    office = next(f for f in facts if f.subject == "办公费" and f.kind == "amount")
    assert (office.subject_code, office.value, office.unit) == ("30201", Decimal("5.00"), "万元")


def test_a_blank_table_with_a_note_gives_the_note() -> None:
    grid = _grid([["科目编码", "科目名称", "合计"], ["", "", ""]])
    note = "注：本单位无政府性基金预算，空表列示。"
    facts = _facts([Paragraph("政府性基金预算支出表"), Paragraph("单位：万元"), grid, Paragraph(note)])
    notes = [f for f in facts if f.kind == "empty" and f.printed]
    assert [(f.printed, f.value, f.fund) for f in notes] == [(note, None, "政府性基金预算")]


def test_a_table_with_figures_keeps_them_beside_a_stray_note() -> None:
    grid = _grid([["科目编码", "科目名称", "合计"], ["201", "一般公共服务支出", "3.00"]])
    facts = _facts([Paragraph("支出表"), Paragraph("单位：万元"), grid, Paragraph("注：故本表为空表。")])
    assert [f.printed for f in facts if f.kind == "amount"] == ["3.00"]
    assert not [f for f in facts if f.kind == "empty" and f.printed]


def test_forms_under_one_title_are_told_apart_by_project() -> None:
    def form(name: str) -> Grid:
        return _grid([
            ["项目编码", "P01", "项目名称", name],
            ["预算规模及资金用途", "预算数", "8.00", "其中：财政资金", "8.00", "其他资金", ""],
            ["", "用于有关工作。"],
            ["资金支出计划（%）", "3月底", "6月底", "10月底", "12月底"],
            ["", "25%", "50%", "75%", "100%"],
            ["一级指标", "二级指标", "三级指标", "绩效指标描述", "指标值", "指标值确定依据"],
            ["产出指标", "数量指标", "培训次数", "办班次数", "≥2次", "工作计划"],
        ])  # fmt: skip

    title = Paragraph("2024年项目支出绩效目标表")
    facts = _facts([title, Paragraph("单位：万元"), form("培训经费"), title, Paragraph("单位：万元"), form("宣传经费")])
    targets = [f for f in facts if f.kind == "target"]
    assert [(f.project, f.table) for f in targets] == [
        ("培训经费", "2024年项目支出绩效目标表（培训经费）"), ("宣传经费", "2024年项目支出绩效目标表（宣传经费）"),
    ]  # fmt: skip
    assert [(f.value, f.comparison, f.unit) for f in targets] == [(Decimal(2), "≥", "次")] * 2


def test_a_target_with_its_sign_and_its_unit_in_cells_of_their_own() -> None:
    grid = _grid([
        ["单位名称", "项目名称", "项目资金", "一级指标", "二级指标", "三级指标", "指标性质", "指标值", "度量单位", "权重"],
        ["某某局", "审计服务", "320.00", "产出指标", "数量指标", "审计项目个数", "≥", "45", "个", "20"],
        ["", "", "", "", "时效指标", "出具时限", "≤", "60", "天", "10"],
        ["", "", "", "效益指标", "社会效益指标", "整改成效", "定性", "良好", "", "10"],
        ["", "系统运维", "64.50", "产出指标", "质量指标", "可用率", "≥", "99.5", "％", "60"],
    ])  # fmt: skip
    facts = _facts([Paragraph("2025年部门预算项目绩效目标表"), Paragraph("单位：万元"), grid])
    targets = [(f.project, f.measure, f.comparison, f.value, f.unit) for f in facts if f.kind == "target"]
    assert targets == [
        ("审计服务", "审计项目个数", "≥", Decimal(45), "个"), ("审计服务", "出具时限", "≤", Decimal(60), "天"),
        ("审计服务", "整改成效", None, None, ""), ("系统运维", "可用率", "≥", Decimal("99.5"), "%"),
    ]  # fmt: skip
    money = [(f.project, f.printed) for f in facts if f.kind == "amount" and f.unit == "万元"]
    assert money == [("审计服务", "320.00"), ("系统运维", "64.50")]
    assert {f.unit for f in facts if f.measure == "权重"} == {""}


def test_a_share_of_last_years_figure_belongs_to_this_year() -> None:
    heads = ["项目", "2024年执行数", "2025年预算数", "预算数为上年执行数的%", "预算数为2024年执行数的%"]
    grid = _grid([heads, ["增值税", "62.00", "65.00", "104.8", "104.9"]])
    facts = _facts([Paragraph("2025年一般公共预算收入表"), Paragraph("单位：万元"), grid])
    assert [(f.printed, f.fiscal_year, f.unit, f.phase) for f in facts] == [
        ("62.00", 2024, "万元", "执行"), ("65.00", 2025, "万元", "预算"), ("104.8", 2025, "%", "预算"),
        ("104.9", 2025, "%", "预算"),
    ]  # fmt: skip


def test_subjects_are_parts_of_the_unit_above_them() -> None:
    grid = _grid([
        ["类", "款", "项", "单位代码", "单位名称（科目）", "合计"], ["", "", "", "", "合计", "9.00"],
        ["", "", "", "142301", "某某局", "8.00"], ["201", "29", "01", "142301", "行政运行", "8.00"],
        ["", "", "", "142302", "某某中心", "1.00"], ["201", "29", "50", "142302", "事业运行", "1.00"],
    ])  # fmt: skip
    facts = _facts([Paragraph("2025年支出总表"), Paragraph("单位：万元"), grid])
    assert [(f.subject, f.subject_code, f.depth, f.parent_row) for f in facts if f.kind == "amount"] == [
        ("合计", None, -1, None), ("某某局", None, 0, None), ("行政运行", "2012901", 1, 2), ("某某中心", None, 0, None),
        ("事业运行", "2012950", 1, 4),
    ]  # fmt: skip


def test_prose_of_a_compilation_belongs_to_the_office_of_its_part() -> None:
    def part(heading: str, sentence: str) -> list[Paragraph | Grid]:
        return [Paragraph(heading, heading_level=1), Paragraph(sentence)]

    facts = _facts([
        *part("101001 某县档案局", "2025年某县档案局“三公”经费预算24.60万元。"),
        *part("145001 某县司法局", "2025年某县司法局“三公”经费预算42.80万元。"),
    ])  # fmt: skip
    assert [(f.agency, f.printed) for f in facts] == [("某县档案局", "24.60万元"), ("某县司法局", "42.80万元")]


def test_the_item_not_its_kind_is_the_name_of_a_row() -> None:
    grid = _grid([
        ["采购项目", "采购品目", "数量", "计量单位", "采购预算"], ["执法记录仪", "A02091107视频监控设备", "160", "台", "34.88"],
        ["快检设备", "A02100305分析仪器", "12", "台", "46.20"], ["合计", "", "", "", "81.08"],
    ])  # fmt: skip
    facts = _facts([Paragraph("2025年政府采购预算表"), Paragraph("单位：万元"), grid])
    money = [(f.subject, f.row_path, f.is_total) for f in facts if f.measure == "采购预算"]
    assert money == [
        ("执法记录仪", ("A02091107视频监控设备", "执法记录仪"), False),
        ("快检设备", ("A02100305分析仪器", "快检设备"), False), ("合计", ("合计",), True),
    ]  # fmt: skip


def test_prose_of_last_years_execution_tells_of_that_year() -> None:
    facts = _facts([
        Paragraph("关于某县2024年财政预算执行情况与2025年财政预算草案的报告"), Paragraph("一、2024年财政预算执行情况"),
        Paragraph("全县完成一般公共预算收入23.86亿元，同比增长4.8%。一般公共预算支出78.45亿元。"),
        Paragraph("二、2025年财政预算草案"), Paragraph("一般公共预算支出安排76.20亿元。"),
    ])  # fmt: skip
    assert [(f.printed, f.fiscal_year, f.phase) for f in facts] == [
        ("23.86亿元", 2024, "执行"), ("4.8%", 2024, "执行"), ("78.45亿元", 2024, "执行"), ("76.20亿元", 2025, "预算"),
    ]  # fmt: skip


def test_the_year_that_opens_a_sentence_holds_until_another_opens_one() -> None:
    text = "2024年，收入5万元，其中税收收入4万元。支出3万元。2025年，收入6万元，支出7万元。"
    facts = _facts([Paragraph("某局2025年部门预算"), Paragraph(text)])
    assert [(f.printed, f.fiscal_year) for f in facts] == [
        ("5万元", 2024), ("4万元", 2024), ("3万元", 2024), ("6万元", 2025), ("7万元", 2025),
    ]  # fmt: skip


def test_a_form_whose_first_row_is_a_name_over_merged_columns() -> None:
    cells = (
        Cell(0, 0, "项目名称", 1, 2), Cell(0, 2, "山塘扩容", 1, 3), Cell(1, 0, "主管部门及代码", 1, 2),
        Cell(1, 2, "某县水利局 310"), Cell(1, 3, "实施单位"), Cell(1, 4, "某县农水股"), Cell(2, 0, "项目资金（万元）", 2, 2),
        Cell(2, 2, "年度资金总额："), Cell(2, 3, "980.00", 1, 2), Cell(3, 2, "其他资金"), Cell(3, 3, "200.00", 1, 2),
        Cell(4, 0, "一级指标"), Cell(4, 1, "二级指标"), Cell(4, 2, "三级指标"), Cell(4, 3, "指标值"), Cell(4, 4, "备注"),
        Cell(5, 0, "产出指标"), Cell(5, 1, "数量指标"), Cell(5, 2, "清淤座数"), Cell(5, 3, "≥186座"), Cell(5, 4, ""),
    )  # fmt: skip
    document = assemble(
        Source("html", (Paragraph("项目支出绩效目标申报表"), Paragraph("（2025年度）"), Grid(cells, 6, 5))), "a.html", "d"
    )
    facts = [f for f in facts_of(document) if f.value is not None]
    assert [(f.project, f.agency, f.fiscal_year) for f in facts] == [("山塘扩容", "某县水利局", 2025)] * 3
    assert [(f.row_path, f.column_path, f.printed) for f in facts] == [
        (("项目资金（万元）", "年度资金总额："), (), "980.00"), (("项目资金（万元）", "其他资金"), (), "200.00"),
        (("产出指标", "数量指标", "清淤座数"), ("指标值",), "≥186座"),
    ]  # fmt: skip


def test_a_list_headed_like_a_form_stays_a_list() -> None:
    grid = _grid([["项目名称", "金额", "项目单位", "备注"], ["普法", "5.00", "某某局", ""], ["助学", "6.00", "某某局", ""]])
    facts = _facts([Paragraph("2025年项目支出表"), Paragraph("单位：万元"), grid])
    assert [(f.row_path, f.column_path) for f in facts if f.kind == "amount"] == [
        (("普法",), ("金额",)), (("助学",), ("金额",)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("title", "names", "projects"),
    [
        ("2025年项目支出预算表", ("平台运维", "租机费"), ["平台运维", "租机费", None]),
        ("2025年收支总表", ("财政拨款", "其他资金"), [None, None, None]),
        ("2025年基本支出和项目支出表", ("一、财政拨款", "二、其他资金"), [None, None, None]),
    ],
)
def test_a_list_of_projects_names_the_project_of_each_row(
    title: str, names: tuple[str, ...], projects: list[str | None]
) -> None:
    grid = _grid([["项目名称", "上年金额", "金额"], *([name, "4.00", "5.00"] for name in names), ["合计", "8.00", "10.00"]])
    facts = _facts([Paragraph(title), Paragraph("单位：万元"), grid])
    assert [f.project for f in facts if f.measure == "金额"] == projects
