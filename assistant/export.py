"""An answer as a workbook: figures as numbers with their units, the formula's steps, every source."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from assistant.records import Answer, Citation

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
# Characters that XML, and so a workbook, cannot hold.
UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
CELL_LIMIT = 32_000
STATUS = {"answered": "已回答", "clarify": "需要确认", "not_found": "未找到"}
# A spreadsheet keeps 15 digits; a longer figure would be rounded, so it stays text.
EXACT_DIGITS = 15


def neutral(text: object) -> str:
    """Text that no spreadsheet program takes for a formula."""
    plain = UNWRITABLE.sub("", str(text if text is not None else ""))[:CELL_LIMIT]
    return "'" + plain if plain.startswith(DANGEROUS) else plain


def number_of(value: str | None) -> tuple[Decimal, str] | None:
    """The number and the format that shows it as printed; None where a spreadsheet would round it."""
    try:
        number = Decimal(value) if value is not None else None
    except InvalidOperation:
        return None
    if number is None or not number.is_finite() or len(number.as_tuple().digits) > EXACT_DIGITS:
        return None
    exponent = number.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    return number, "#,##0" + ("." + "0" * places if places else "")


def _source_row(number: int, citation: Citation) -> list[object]:
    return [
        number,
        citation.file,
        citation.title,
        citation.agency,
        citation.fiscal_year,
        citation.page,
        citation.section,
        citation.table,
        citation.row,
        citation.column,
        citation.cell,
        citation.unit,
        citation.quote,
    ]


SOURCE_HEADS = [
    "编号", "文件", "标题", "部门", "年度", "页", "章节", "表", "行", "列", "单元格原文", "单位", "原文句子",
]  # fmt: skip


def _fill(sheet: Worksheet, heads: Sequence[str], rows: Sequence[Sequence[object]], widths: Sequence[int]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill

    sheet.append(list(heads))
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="DCE6F1")
    for row in rows:
        sheet.append([item if isinstance(item, int | Decimal) else neutral(item) for item in row])
    for line in sheet.iter_rows(min_row=2):
        for cell in line:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if isinstance(cell.value, str):
                # Never let the library guess a formula from text.
                cell.data_type = "s"
    sheet.freeze_panes = "A2"
    for index, width in enumerate(widths):
        sheet.column_dimensions["ABCDEFGHIJKLMNOP"[index]].width = width


def _figures(sheet: Worksheet, answer: Answer) -> None:
    rows: list[list[object]] = []
    formats: list[str] = []
    for value in answer.values:
        number = number_of(value.value)
        where = "、".join(f"[{i + 1}]" for i in value.citations)
        rows.append([value.label, value.comparison, number[0] if number else value.value, value.unit, where])
        formats.append(number[1] if number else "@")
    _fill(sheet, ["项目", "比较", "数字", "单位", "出处编号"], rows, [48, 8, 20, 10, 14])
    for line, shown in enumerate(formats, start=2):
        sheet.cell(line, 3).number_format = shown


def _steps(sheet: Worksheet, answer: Answer) -> None:
    rows: list[list[object]] = []
    if calculation := answer.calculation:
        for index in calculation.inputs:
            if index < len(answer.citations):
                citation = answer.citations[index]
                place = " × ".join(p for p in (citation.row, citation.column) if p) or citation.quote or ""
                rows.append([f"取数 [{index + 1}]", place, citation.cell, citation.unit])
        rows.append(["列式", calculation.expression, "", ""])
        result = number_of(calculation.result)
        rows.append(["结果", "", result[0] if result else calculation.result, calculation.unit])
    _fill(sheet, ["步骤", "内容", "数字", "单位"], rows, [14, 60, 22, 10])
    if answer.calculation and (result := number_of(answer.calculation.result)):
        sheet.cell(sheet.max_row, 3).number_format = result[1]


def workbook(answer: Answer) -> bytes:
    """An .xlsx of four sheets: 回答, 数字, 计算, 出处. Text that looks like a formula is made harmless."""
    from openpyxl import Workbook

    book = Workbook()
    sheet: Any = book.active
    sheet.title = "回答"
    rows: list[list[object]] = [
        ["问题", answer.question],
        ["状态", STATUS.get(answer.status, answer.status)],
        ["回答", answer.text],
        *[list[object](("说明", note)) for note in answer.notes],
        *[list[object](("可选问题", option)) for option in answer.options],
    ]
    _fill(sheet, ["项目", "内容"], rows, [12, 100])
    _figures(book.create_sheet("数字"), answer)
    _steps(book.create_sheet("计算"), answer)
    sources = [_source_row(i, citation) for i, citation in enumerate(answer.citations, start=1)]
    _fill(book.create_sheet("出处"), SOURCE_HEADS, sources, [6, 30, 30, 26, 8, 6, 30, 30, 30, 20, 18, 8, 60])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
