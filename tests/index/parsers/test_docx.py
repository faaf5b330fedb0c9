"""Word documents: what is printed, in reading order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from index.parsers.docx import read_docx
from index.parsers.docx_numbering import printed_number
from index.records import Grid, Paragraph, Source


def read(document: Any, folder: Path) -> Source:
    path = folder / "made.docx"
    document.save(path)
    return read_docx(path)


def texts(source: Source) -> list[str]:
    return [b.text for b in source.blocks if isinstance(b, Paragraph)]


def only_grid(source: Source) -> Grid:
    (grid,) = [b for b in source.blocks if isinstance(b, Grid)]
    return grid


def spans(grid: Grid) -> dict[tuple[int, int], tuple[str, int, int]]:
    return {(c.row, c.col): (c.text, c.row_span, c.col_span) for c in grid.cells}


def fill(table: Any, rows: list[list[str]]) -> None:
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            table.cell(r, c).text = text


def test_merged_cells_both_ways_come_once(tmp_path: Path) -> None:
    document = docx.Document()
    table = document.add_table(3, 4)
    fill(table, [["序号", "收入", "", ""], ["", "项目", "预算数", "备注"], ["1", "一般公共预算", "283.61", ""]])
    table.cell(0, 0).merge(table.cell(1, 0))
    table.cell(0, 1).merge(table.cell(0, 3))
    grid = only_grid(read(document, tmp_path))
    assert (grid.rows, grid.cols) == (3, 4)
    assert spans(grid)[0, 0] == ("序号", 2, 1)
    assert spans(grid)[0, 1] == ("收入", 1, 3)
    assert spans(grid)[2, 3] == ("", 1, 1)


def test_unit_line_and_note_leave_the_grid(tmp_path: Path) -> None:
    document = docx.Document()
    table = document.add_table(4, 3)
    fill(
        table,
        [
            ["374001某办公室本级", "", "单位：元"],
            ["项目", "预算数", "备注"],
            ["甲", "8.00", ""],
            ["注：空格为零。", "", ""],
        ],
    )
    table.cell(0, 0).merge(table.cell(0, 1))
    table.cell(3, 0).merge(table.cell(3, 2))
    source = read(document, tmp_path)
    kinds = [b.text if isinstance(b, Paragraph) else b.rows for b in source.blocks]
    assert kinds == ["374001某办公室本级", "单位：元", 2, "注：空格为零。"]


def test_form_with_full_width_rows_in_its_middle_stays_whole(tmp_path: Path) -> None:
    document = docx.Document()
    table = document.add_table(4, 4)
    fill(
        table,
        [
            ["项目名称", "甲", "项目编码", "1"],
            ["绩效指标", "", "", ""],
            ["数量", "5次", "质量", "优"],
            ["目标", "长期", "", ""],
        ],
    )
    table.cell(1, 0).merge(table.cell(1, 3))
    table.cell(3, 1).merge(table.cell(3, 3))
    grid = only_grid(read(document, tmp_path))
    assert grid.rows == 4
    assert spans(grid)[1, 0] == ("绩效指标", 1, 4)


def test_headings_have_levels_and_lists_their_numbers(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_heading("部门职责", 2)
    document.add_paragraph("拟订规划", style="List Number")
    document.add_paragraph("组织检查", style="List Number")
    source = read(document, tmp_path)
    assert isinstance(source.blocks[0], Paragraph)
    assert source.blocks[0].heading_level == 2
    assert texts(source)[1:] == ["1.拟订规划", "2.组织检查"]


@pytest.mark.parametrize(
    ("count", "form", "text"),
    [
        (3, "chineseCounting", "三"), (10, "chineseCountingThousand", "十"), (21, "chineseCounting", "二十一"),
        (105, "chineseCounting", "一百零五"), (2, "decimalEnclosedCircle", "②"), (4, "upperRoman", "IV"),
        (28, "lowerLetter", "bb"), (7, "decimalZero", "07"), (7, "decimal", "7"), (7, "unknown", "7"),
    ],
)  # fmt: skip
def test_list_numbers(count: int, form: str, text: str) -> None:
    assert printed_number(count, form) == text


def test_deleted_and_hidden_text_is_left_out(tmp_path: Path) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("预算")
    paragraph.add_run("草稿").font.hidden = True
    for xml in (
        "<w:del {}><w:r><w:delText>90</w:delText></w:r></w:del>",
        "<w:ins {}><w:r><w:t>80万元</w:t></w:r></w:ins>",
    ):
        paragraph._p.append(parse_xml(xml.format(nsdecls("w"))))
    assert texts(read(document, tmp_path)) == ["预算80万元"]


def test_deleted_row_is_left_out(tmp_path: Path) -> None:
    document = docx.Document()
    table = document.add_table(3, 2)
    fill(table, [["项目", "数"], ["旧", "1"], ["新", "2"]])
    table.rows[1]._tr.get_or_add_trPr().append(parse_xml(f"<w:del {nsdecls('w')}/>"))
    assert [c.text for c in only_grid(read(document, tmp_path)).cells] == ["项目", "数", "新", "2"]


def test_text_box_is_read_once(tmp_path: Path) -> None:
    document = docx.Document()
    box = "<w:txbxContent><w:p><w:r><w:t>单位：万元</w:t></w:r></w:p></w:txbxContent>"
    xml = (
        '<w:r {} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
        ' xmlns:v="urn:schemas-microsoft-com:vml"><mc:AlternateContent><mc:Choice Requires="wps">{}</mc:Choice>'
        "<mc:Fallback><w:pict><v:textbox>{}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    document.add_paragraph("收支总表")._p.append(parse_xml(xml.format(nsdecls("w"), box, box)))
    assert texts(read(document, tmp_path)) == ["收支总表", "单位：万元"]


def test_nested_table_follows_the_outer_one(tmp_path: Path) -> None:
    document = docx.Document()
    table = document.add_table(3, 2)
    fill(table, [["项目", "说明"], ["甲", "明细"], ["乙", "无"]])
    fill(table.cell(1, 1).add_table(2, 2), [["品名", "数"], ["电脑", "8"]])
    outer, inner = [b for b in read(document, tmp_path).blocks if isinstance(b, Grid)]
    assert spans(outer)[1, 1] == ("明细", 1, 1)
    assert [c.text for c in inner.cells] == ["品名", "数", "电脑", "8"]


def test_frame_around_prose_and_a_table_gives_what_it_holds(tmp_path: Path) -> None:
    document = docx.Document()
    frame = document.add_table(1, 1).cell(0, 0)
    frame.text = "编制说明"
    fill(frame.add_table(2, 2), [["项目", "数"], ["甲", "8"]])
    source = read(document, tmp_path)
    assert [type(b) for b in source.blocks] == [Paragraph, Grid]


def test_columns_dragged_by_a_hair_are_one(tmp_path: Path) -> None:
    document = docx.Document()
    cell = '<w:tc><w:tcPr><w:gridSpan w:val="{}"/></w:tcPr><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc>'
    rows = [[(2, "项目"), (1, "数")], [(1, "甲"), (2, "8.00")]]
    cells = ["<w:tr>" + "".join(cell.format(*placed) for placed in row) + "</w:tr>" for row in rows]
    widths = "".join(f'<w:gridCol w:w="{w}"/>' for w in (2000, 30, 2000))
    xml = f"<w:tbl {nsdecls('w')}><w:tblPr/><w:tblGrid>{widths}</w:tblGrid>{''.join(cells)}</w:tbl>"
    document.element.body.insert(0, parse_xml(xml))
    grid = only_grid(read(document, tmp_path))
    assert grid.cols == 2
    assert spans(grid)[1, 1] == ("8.00", 1, 1)


def test_contents_list_is_left_out(tmp_path: Path) -> None:
    document = docx.Document()
    style = document.styles.add_style("toc 1", 1)
    document.add_paragraph("一、部门职责……1", style=style)
    document.add_paragraph("正文")
    assert texts(read(document, tmp_path)) == ["正文"]
