"""Worksheets of .xlsx and .xls: values as printed, tables and the lines around them."""

from __future__ import annotations

import datetime
import warnings
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import Border, Side

from index.parsers.printed_text import one_line
from index.parsers.xls import read_xls
from index.parsers.xlsx import read_xlsx
from index.records import Grid, Paragraph, Source

DATA = Path(__file__).resolve().parents[2] / "data" / "office"
BENCH = Path(__file__).resolve().parents[3].parent / "shared" / "bench" / "sstqa" / "table"


def book(*rows: list[Any], merges: tuple[str, ...] = ()) -> openpyxl.Workbook:
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    for merge in merges:
        workbook.active.merge_cells(merge)
    return workbook


def read(workbook: openpyxl.Workbook, folder: Path, name: str = "made.xlsx") -> Source:
    workbook.save(folder / name)
    return read_xlsx(folder / name)


def shown(source: Source) -> list[str | list[list[str]]]:
    """Paragraphs as texts, grids as rows of the texts that start in them."""
    result: list[str | list[list[str]]] = []
    for block in source.blocks:
        if isinstance(block, Paragraph):
            result.append(block.text)
        else:
            result.append([[c.text for c in block.cells if c.row == row] for row in range(block.rows)])
    return result


def test_values_print_by_their_formats(tmp_path: Path) -> None:
    workbook = book(
        ["项目", "值"], ["金额", 1234.5], ["占比", 0.625], ["日期", datetime.date(2025, 6, 30)], ["是", True]
    )
    for cell, pattern in (("B2", "#,##0.00"), ("B3", "0.0%"), ("B4", 'yyyy"年"m"月"d"日"')):
        workbook.active[cell].number_format = pattern
    (rows,) = shown(read(workbook, tmp_path))
    assert [row[1] for row in rows] == ["值", "1,234.50", "62.5%", "2025年6月30日", "TRUE"]


def test_title_captions_and_notes_stand_around_the_grid(tmp_path: Path) -> None:
    workbook = book(
        ["2025年收支总表"],
        ["编制单位：", "某办公室", None, "单位：", "人民币万元"],
        [],
        ["收入", None, "支出", None, "备注"],
        ["项目", "预算数", "项目", "预算数", None],
        ["拨款", 8, "办公", 8, None],
        ["合计", 8, "合计", 8, None],
        ["注：收支平衡。"],
        ["2.数字四舍五入。"],
        ["制表人：甲", None, "审核人：乙"],
        merges=("A1:E1", "A4:B4", "C4:D4", "E4:E5", "A8:E8"),
    )
    above, below = (
        ["2025年收支总表", "编制单位：某办公室", "单位：人民币万元"],
        ["注：收支平衡。", "2.数字四舍五入。", "制表人：甲", "审核人：乙"],
    )
    blocks = shown(read(workbook, tmp_path))
    grid = blocks.pop(3)
    assert blocks == above + below
    assert grid[0] == ["收入", "支出", "备注"]
    assert len(grid) == 4


def test_tables_parted_by_blank_rows(tmp_path: Path) -> None:
    workbook = book(
        ["表1 收入表"], ["项目", "数"], ["拨款", 8], [], ["表2 支出表"], ["项目", "数"], ["办公", 5], ["用品", 3]
    )  # fmt: skip
    assert shown(read(workbook, tmp_path)) == [
        "表1 收入表",
        [["项目", "数"], ["拨款", "8"]],
        "表2 支出表",
        [["项目", "数"], ["办公", "5"], ["用品", "3"]],
    ]


def test_blank_row_inside_a_table_does_not_part_it(tmp_path: Path) -> None:
    workbook = book(["项目", "数"], ["甲", 8], [], ["乙", 5])
    (rows,) = shown(read(workbook, tmp_path))
    assert rows == [["项目", "数"], ["甲", "8"], ["", ""], ["乙", "5"]]


def test_blank_row_drawn_with_lines_belongs_to_the_form(tmp_path: Path) -> None:
    workbook = book(["项目", "内容"], ["名称", "甲"], [], ["说明书", "无"])
    for column in "AB":
        workbook.active[f"{column}3"].border = Border(left=Side(style="thin"), right=Side(style="thin"))
    (rows,) = shown(read(workbook, tmp_path))
    assert rows == [["项目", "内容"], ["名称", "甲"], ["", ""], ["说明书", "无"]]


def test_form_with_merged_rows_in_its_middle_stays_whole(tmp_path: Path) -> None:
    workbook = book(
        ["申报表"], ["名称", "甲", "编码", "1"], ["绩效指标"], ["数量", "5次", "质量", "优"], ["注意", "无"],
        merges=("A1:D1", "A3:D3", "B5:D5"),
    )  # fmt: skip
    title, rows = shown(read(workbook, tmp_path))
    assert title == "申报表"
    assert rows == [["名称", "甲", "编码", "1"], ["绩效指标"], ["数量", "5次", "质量", "优"], ["注意", "无"]]


def test_merged_columns_are_pressed_together(tmp_path: Path) -> None:
    workbook = book(["项目", None, "数"], ["甲", None, 8], merges=("A1:B1", "A2:B2"))
    (grid,) = read(workbook, tmp_path).blocks
    assert isinstance(grid, Grid)
    assert (grid.rows, grid.cols) == (2, 2)
    assert {c.col_span for c in grid.cells} == {1}


def test_a_blank_last_column_of_a_form_is_kept(tmp_path: Path) -> None:
    workbook = book(
        ["申报表"], ["项目编码", "P1", None, "项目名称", "甲"], ["预算数", 8, "财政资金", 8, "其他资金"],
        merges=("A1:H1", "B2:C2", "E2:F2"),
    )  # fmt: skip
    _, rows = shown(read(workbook, tmp_path))
    assert rows == [["项目编码", "P1", "项目名称", "甲"], ["预算数", "8", "财政资金", "8", "其他资金", ""]]


def test_hidden_rows_columns_and_sheets_are_marked(tmp_path: Path) -> None:
    workbook = book(["项目", "数", "密"], ["甲", 8, 1], ["乙", 5, 2])
    workbook.active.row_dimensions[3].hidden = True
    workbook.active.column_dimensions["C"].hidden = True
    other = workbook.create_sheet("底稿")
    other.append(["项目", "数"])
    other.append(["丙", 1])
    other.sheet_state = "hidden"
    source = read(workbook, tmp_path)
    first, second = source.blocks
    assert isinstance(first, Grid)
    assert isinstance(second, Grid)
    assert {c.text for c in first.cells if c.hidden} == {"密", "1", "乙", "5", "2"}
    assert (first.hidden, second.hidden, second.name) == (False, True, "底稿")
    assert {c.page for c in second.cells} == {2}
    assert source.pages == 2
    assert any("底稿" in warning for warning in source.warnings)


def test_formula_without_stored_value_is_blank_and_told(tmp_path: Path) -> None:
    source = read(book(["项目", "数"], ["甲", 8], ["合计", "=SUM(B2:B2)"]), tmp_path)
    (rows,) = shown(source)
    assert rows[2] == ["合计", ""]
    assert "1 个公式没有保存计算结果" in source.warnings[0]


def test_text_under_a_merged_area_is_not_printed(tmp_path: Path) -> None:
    workbook = book(["项目", "数"], ["甲", 8])
    workbook.active["A3"] = "合计"
    workbook.active["A4"] = "藏"
    workbook.active["B3"], workbook.active["B4"] = 8, 9
    workbook.save(tmp_path / "made.xlsx")
    merged = (tmp_path / "made.xlsx", tmp_path / "merged.xlsx")
    rewritten(*merged, b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A3:A4"/></mergeCells>')
    (rows,) = shown(read_xlsx(merged[1]))
    assert rows == [["项目", "数"], ["甲", "8"], ["合计", "8"], ["9"]]


def rewritten(source: Path, target: Path, old: bytes, new: bytes) -> None:
    """``source`` with a replacement in its first sheet's XML."""
    with zipfile.ZipFile(source) as package, zipfile.ZipFile(target, "w") as changed:
        for name in package.namelist():
            data = package.read(name)
            changed.writestr(name, data.replace(old, new) if name.endswith("sheet1.xml") else data)


def test_xls_reads_as_xlsx_does() -> None:
    source = read_xls(DATA / "book.xls")
    assert shown(source) == [
        "2025年支出表",
        "单位：万元",
        [
            ["项目", "预算数", "完成日期"],
            ["合计", "占比"],
            ["基本支出", "1,234.50", "62.5%", "2025年6月30日"],
            ["项目支出", "740.70", "37.5%", "2025年12月31日"],
            ["合计", "1,975.20", "100.0%", ""],
        ],
        "注：本表不含结转。",
        [["项目", "数"], ["甲", "3"]],
    ]
    first, second = (b for b in source.blocks if isinstance(b, Grid))
    assert {c.row for c in first.cells if c.hidden} == {3}
    assert second.hidden


@pytest.mark.skipif(not BENCH.is_dir(), reason="the public workbooks are not beside the project")
def test_every_filled_cell_of_the_public_workbooks_is_read_once() -> None:
    for path in sorted(BENCH.glob("*.xlsx")):
        source = read_xlsx(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            workbook = openpyxl.load_workbook(path, data_only=True)
        values = [
            cell.value for sheet in workbook for row in sheet.iter_rows() for cell in row if cell.value is not None
        ]
        values = [value for value in values if one_line(str(value))]
        texts = [b.text for b in source.blocks if isinstance(b, Paragraph)]
        grids = [b for b in source.blocks if isinstance(b, Grid)]
        texts += [c.text for grid in grids for c in grid.cells if c.text]
        joined = sum(text.count("：") > 0 and text not in map(str, values) for text in texts[:4])
        assert len(texts) + joined == len(values), path.name
        assert {one_line(v) for v in values if isinstance(v, str)} <= set(texts) | {t for x in texts for t in halves(x)}
        assert len(grids) == 1, path.name


def halves(text: str) -> list[str]:
    """A caption's label and value, which stood in two cells."""
    label, colon, value = text.partition("：")
    return [label + colon, value]
