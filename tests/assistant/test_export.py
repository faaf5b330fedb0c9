"""The exported workbook, read back."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook

from assistant.export import neutral, workbook
from assistant.records import Answer, Calculation, Citation, Value


def test_figures_are_numbers_with_units_and_sources() -> None:
    source = Citation(
        "d", "甲.pdf", "甲", table="支出表", row="合计", column="预算数", cell="8.00", unit="万元", page=3
    )
    answer = Answer(
        "合计多少",
        "answered",
        "合计38.00万元。",
        (Value("合计", "38.00", "万元", (0,)), Value("满意度", "98", "%", (0,), "≥"), Value("完成", None, "")),
        Calculation("sum", "8.00 + 30.00", (0,), "38.00", "万元"),
        (source,),
        notes=("年度未指明",),
    )
    book = load_workbook(io.BytesIO(workbook(answer)))
    figures = book["数字"]
    assert (figures["C2"].value, figures["C2"].number_format, figures["D2"].value) == (38, "#,##0.00", "万元")
    assert (figures["B3"].value, figures["C3"].value) == ("≥", 98)
    assert not figures["C4"].value
    steps = [[cell.value for cell in row] for row in book["计算"].iter_rows(min_row=2)]
    assert [row[0] for row in steps] == ["取数 [1]", "列式", "结果"]
    assert steps[2][2] == 38
    assert [cell.value for cell in book["出处"][2]][:3] == [1, "甲.pdf", "甲"]
    assert book["出处"]["F2"].value == 3


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")'])
def test_text_that_looks_like_a_formula_is_neutralised(text: str) -> None:
    assert neutral(text).startswith("'")
    citation = Citation("d", text, text, row=text, cell=text, quote=text)
    answer = Answer(text, "answered", text, (Value(text, text, text, (0,)),), None, (citation,), notes=(text,))
    book = load_workbook(io.BytesIO(workbook(answer)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    assert not any(str(cell.value).startswith(("=", "+", "-", "@")) for cell in cells if isinstance(cell.value, str))


def test_what_a_workbook_cannot_hold_is_left_out_and_long_numbers_stay_exact() -> None:
    answer = Answer("a\x00b\ud800", "answered", "x" * 40_000, (Value("长", "12345678901234567.89", "元"),))
    book = load_workbook(io.BytesIO(workbook(answer)))
    assert book["回答"]["B2"].value == "ab"
    assert book["数字"]["C2"].value == "12345678901234567.89"
