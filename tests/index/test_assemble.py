"""Headings, titles, units and notes around a grid."""

from __future__ import annotations

import pytest

from index.assemble import assemble, heading_level, is_caption
from index.records import Cell, Document, Grid, Paragraph, Source


def _grid(*rows: tuple[str, ...]) -> Grid:
    cells = tuple(Cell(r, c, text) for r, row in enumerate(rows) for c, text in enumerate(row))
    return Grid(cells, len(rows), max(len(row) for row in rows))


def _document(*blocks: Paragraph | Grid | str) -> Document:
    made = tuple(Paragraph(b) if isinstance(b, str) else b for b in blocks)
    return assemble(Source("docx", made), "a.docx", "d")


TABLE = _grid(("科目名称", "金额"), ("办公费", "3.00"))


def test_title_unit_and_note_belong_to_the_table_between_them() -> None:
    note = "注：金额含结转资金。"
    table = _document("一、总体情况", "支出预算表", "部门：某局", "单位：万元", TABLE, note, "下文。").tables[0]
    assert (table.title, table.unit, table.notes) == ("支出预算表", "万元", (note,))
    assert table.section == ("一、总体情况",)
    assert "单位：万元" in table.captions


def test_a_form_number_above_the_title_is_a_caption() -> None:
    document = _document("公开01表", "收支预算总表", "部门：某局    单位：万元", TABLE)
    assert document.tables[0].title == "收支预算总表"
    assert not document.passages


def test_the_accounting_year_above_a_table_is_its_year_not_its_title() -> None:
    table = _document("支出决算总表", "决算年度：2021", "单位：元", TABLE).tables[0]
    assert (table.title, table.fiscal_year, table.unit) == ("支出决算总表", 2021, "元")


def test_a_unit_in_the_title_counts() -> None:
    assert _document("支出预算表（万元）", TABLE).tables[0].unit == "万元"


def test_no_unit_line_means_no_unit() -> None:
    assert _document("支出预算表", TABLE).tables[0].unit is None


def test_a_unit_inside_the_first_row_is_cut_off_the_grid() -> None:
    grid = _grid(("205001某市教育局本级", "单位：元"), ("科目名称", "金额"), ("办公费", "3.00"))
    table = _document("支出预算表", grid).tables[0]
    assert (table.unit, table.rows, table.agency) == ("元", 2, "某市教育局")


def test_a_part_and_its_name_are_one_heading() -> None:
    document = _document("第二部分", "预算项目绩效目标", "正文说明如下，共分三点。")
    assert document.sections[0].heading == "第二部分 预算项目绩效目标"
    assert document.passages[0].section == ("第二部分 预算项目绩效目标",)


def test_a_sentence_cut_before_its_figure_goes_on() -> None:
    first = "2025年度项目总预算1170.00万，其中支持企业规模化发展870.00万，支持企业创新化发展70.00万，支持企业协同化发展"
    passages = _document(first, "180.00万，支持企业国际化发展50.00万。").passages
    assert [p.text for p in passages] == [f"{first}180.00万，支持企业国际化发展50.00万。"]


def test_a_table_cut_by_a_second_grid_keeps_the_title() -> None:
    titles = [t.title for t in _document("项目表", "单位：元", TABLE, TABLE).tables]
    assert titles == ["项目表", "项目表"]


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("第一部分 部门概况", 1), ("一、总体情况", 2), ("（一）收入说明", 3), ("1、收入说明", 4), ("部门职责：", 5),
        ("一、收入100万元，支出100万元。", None), ("1.预算安排8万元", None), ("注：一、说明", None),
    ],
)  # fmt: skip
def test_headings_by_their_numbering(text: str, level: int | None) -> None:
    assert heading_level(Paragraph(text)) == level


@pytest.mark.parametrize(
    "text",
    [
        "单位：万元",
        "编制部门：某局    单位：元",
        "预算年度：2025",
        "公开01表",
        "表1-2",
        "897某区办公室",
        "截止时间：2024-12-31",
    ],
)
def test_captions(text: str) -> None:
    assert is_caption(text)


def test_prose_is_no_caption() -> None:
    assert not is_caption("2025年本单位预算安排如下")


def test_units_of_a_hundred_yuan_and_a_form_number_in_two_parts() -> None:
    table = _document("支出总表", _grid(("表1-2", "单位：百元"), ("科目名称", "合计"), ("办公费", "3.00"))).tables[0]
    assert (table.unit, table.captions, table.rows) == ("百元", ("表1-2", "单位：百元"), 2)


def test_each_part_of_a_compilation_has_its_own_office() -> None:
    def part(code: str, office: str) -> tuple[Paragraph | Grid | str, ...]:
        heading = Paragraph(f"{code} {office}", heading_level=1)
        return heading, "支出预算表", "单位：万元", TABLE, f"2025年{office}“三公”经费预算5万元，与上年持平。"

    document = _document(*part("101001", "某县档案局"), *part("145001", "某县司法局"))
    assert [b.agency for b in document.blocks] == [*["某县档案局"] * 2, *["某县司法局"] * 2]


def test_a_short_name_in_a_heading_makes_no_compilation() -> None:
    document = _document(
        "中共某县委网络安全和信息化委员会办公室2025年部门预算",
        Paragraph("县委网信办2025年预算情况", heading_level=1),
        "收入5万元。",
    )
    assert {p.agency for p in document.passages} == {None}
