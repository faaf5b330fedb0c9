"""Text that a converter wrote: tab lines are cells, marks are dropped, lost merges and forms are rebuilt."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.parsers.converter_text import decode, grid_of, read_converter_text
from index.parsers.errors import UnreadableFile
from index.records import Grid, Paragraph, Source


def _read(folder: Path, text: str | bytes) -> Source:
    path = folder / "a.txt"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_converter_text(path)


def _rows(grid: Grid) -> list[list[str]]:
    return [[c.text for c in grid.cells if c.row == r] for r in range(grid.rows)]


def test_tab_lines_are_cells_and_blank_lines_end_rows(tmp_path: Path) -> None:
    source = _read(tmp_path, "支出表\n\t科目\n\t金额\n\n\t办公费\n\t\n\n\t水费\n\t3.00\n\n后面的正文。\n")
    title, grid, after = source.blocks
    assert isinstance(title, Paragraph)
    assert isinstance(after, Paragraph)
    assert (title.text, after.text) == ("支出表", "后面的正文。")
    assert isinstance(grid, Grid)
    assert _rows(grid) == [["科目", "金额"], ["办公费", ""], ["水费", "3.00"]]
    assert not source.truncated


def test_marks_never_reach_a_reader(tmp_path: Path) -> None:
    heading = "[bookmark: _Toc_4_4_0000000005]一、总体目标 TC 一、总体目标 \\f C \\l 1 \n"
    marked = f"{heading}正文。\n\t[bookmark: x]甲\n\t1\n"
    source = _read(tmp_path, marked)
    assert [b.text for b in source.blocks if isinstance(b, Paragraph)] == ["一、总体目标", "正文。"]
    assert source.blocks[0].heading_level == 3  # type: ignore[union-attr]
    assert _rows(source.blocks[2]) == [["甲", "1"]]  # type: ignore[arg-type]


def test_numbers_of_pages_are_no_text(tmp_path: Path) -> None:
    source = _read(tmp_path, "正文一。\n - 3 -\n正文二。\n")
    assert [b.text for b in source.blocks] == ["正文一。", "正文二。"]  # type: ignore[union-attr]


def test_a_file_cut_inside_a_table_keeps_what_is_there(tmp_path: Path) -> None:
    source = _read(tmp_path, "表\n\t甲\n\t乙\n\n\t1\n")
    assert source.truncated
    assert source.warnings
    assert _rows(source.blocks[1]) == [["甲", "乙"], ["1"]]  # type: ignore[arg-type]


def test_a_total_merged_over_the_code_columns_stands_under_its_figures() -> None:
    grid = grid_of([["类", "款", "科目名称", "合计"], ["201", "03", "事务", "5.00"], ["合计", "5.00", "5.00"]])
    assert [(c.col, c.text) for c in grid.cells if c.row == 2] == [(0, "合计"), (1, ""), (2, "5.00"), (3, "5.00")]


def test_a_label_merged_over_words_stands_left_of_its_figures() -> None:
    heads = ["大类", "专项", "品目", "总计", "其他资金"]
    item = ["货物", "设备购置", "诊断仪", "9.80", ""]
    rows = _rows(grid_of([heads, ["货物", "9.80", "0.00"], item, ["合计", "9.80", "0.00"]]))
    assert rows[1] == ["货物", "", "", "9.80", "0.00"]
    assert rows[3] == ["合计", "", "", "9.80", "0.00"]
    beside = ["甲", "1.00", "2.00"]
    assert _rows(grid_of([["项目", "上年", "本年", "备注"], beside, ["乙", "1.00", "2.00", "续"]]))[1][:3] == beside


def test_other_short_rows_stay_as_they_are() -> None:
    grid = grid_of([["甲", "乙", "丙"], ["合计说明", "文字", "1"], ["备注", "文字"]])
    assert [c.text for c in grid.cells if c.row == 2] == ["备注", "文字"]


FORM = """2024年部门项目支出预算绩效目标表

项目名称 某项工作经费

主管部门 某某局 实施单位 某某局

项目资金
（万元）

年度资金总额（含本级和市县）：4.83万 年度资金总额（含本级）：4.83万

    其中：财政拨款4.83万     其中：财政拨款4.83万

绩效目标

年度总体绩效目标（含本级和市县） 目标1：做好
某项工作

绩
效
指
标

一级
指标

二级指标 三级指标 指标值

产
出
指
标

数量指标
 指标1：培训次数 ≥2次

 指标2：

可持续影
响指标
 指标1：影响程度 有效提升
"""


def test_a_form_flattened_to_text_is_rebuilt(tmp_path: Path) -> None:
    title, grid = _read(tmp_path, FORM).blocks
    assert isinstance(title, Paragraph)
    assert isinstance(grid, Grid)
    assert title.text == "2024年部门项目支出预算绩效目标表"
    rows = _rows(grid)
    assert ["项目名称", "某项工作经费"] in rows
    assert ["项目资金（万元）", "年度资金总额（含本级和市县）", "4.83万", "年度资金总额（含本级）", "4.83万"] in rows
    assert ["产出指标", "数量指标", "培训次数", "≥2次"] in rows
    assert ["产出指标", "可持续影响指标", "影响程度", "有效提升"] in rows
    assert not any("指标2" in text for row in rows for text in row)


@pytest.mark.parametrize("data", [b"", b"   \n ", b"PK\x03\x04\x00\x00binary", b"\x01\x02\x03\x04\x05\x06\x07\x0e\x0f"])
def test_no_text_is_said_to_be_none(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UnreadableFile, match=r"文件|文字"):
        _read(tmp_path, data)


def test_encodings() -> None:
    assert decode("预算".encode("gb18030")) == "预算"
    assert decode(b"\xef\xbb\xbf" + "预算".encode()) == "预算"
    assert decode("预算".encode("utf-16")) == "预算"
    assert decode("预算".encode()[:-1]) == "预"


def test_a_line_of_millions_is_cut_with_a_warning(tmp_path: Path) -> None:
    source = _read(tmp_path, "甲" * 300_000)
    assert len(source.blocks[0].text) == 200_000  # type: ignore[union-attr]
    assert source.warnings
