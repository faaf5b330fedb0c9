"""Paragraphs and grids of an .xls workbook, and of WPS's .et, which holds the same records."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import xlrd

from index.parsers.errors import UnreadableFile
from index.parsers.number_format import CHINESE_BUILTIN, MAC_EPOCH, WINDOWS_EPOCH, printed
from index.parsers.office_package import DAMAGED
from index.parsers.printed_text import one_line
from index.parsers.sheet_blocks import SheetCells, workbook_source
from index.records import Source

MAX_BYTES = 128 * 1024 * 1024
MAX_CELLS = 400_000


def read_xls(path: Path) -> Source:
    """Read every worksheet; ``page`` is the sheet's number, ``name`` its name.

    Raises:
        UnreadableFile: protected by a password, damaged, too large or empty.
    """
    if path.stat().st_size > MAX_BYTES:
        raise UnreadableFile("工作簿过大，未读取。请用 Excel 或 WPS 另存为 .xlsx 后再导入。")
    try:
        book = xlrd.open_workbook(str(path), formatting_info=True, logfile=io.StringIO(), ragged_rows=True)
        sheets: list[SheetCells] = []
        left = MAX_CELLS
        for index in range(book.nsheets):
            sheets.append(_read_sheet(book, book.sheet_by_index(index), left))
            left -= len(sheets[-1].texts)
    except Exception as error:  # xlrd lets struct, assertion and lookup errors of broken files through
        if "encrypted" in str(error).lower():
            raise UnreadableFile("工作簿设有打开密码，无法读取。请用 Excel 或 WPS 取消密码后另存，再导入。") from error
        raise UnreadableFile(DAMAGED) from error
    return workbook_source("xls", sheets)


def _read_sheet(book: Any, sheet: Any, limit: int) -> SheetCells:
    cells = SheetCells(sheet.name, hidden=sheet.visibility != 0)
    for row in range(sheet.nrows):
        for col in range(sheet.row_len(row)):
            text = _printed(book, sheet.cell(row, col))
            if text:
                cells.texts[row, col] = text
        if len(cells.texts) > limit:
            cells.cut = True
            break
        if not any((row, col) in cells.texts for col in range(sheet.row_len(row))) and _is_ruled(book, sheet, row):
            cells.ruled_rows.add(row)
    cells.merges = [(top, left, bottom - 1, right - 1) for top, bottom, left, right in sheet.merged_cells]
    cells.hidden_rows = {row for row, info in sheet.rowinfo_map.items() if info.hidden}
    cells.hidden_columns = [(col, col) for col, info in sheet.colinfo_map.items() if info.hidden]
    return cells


def _printed(book: Any, cell: Any) -> str:
    if cell.ctype == xlrd.XL_CELL_TEXT:
        return one_line(cell.value)
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return "TRUE" if cell.value else "FALSE"
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, "#N/A"))
    if cell.ctype in {xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE}:
        key = book.xf_list[cell.xf_index].format_key
        pattern = CHINESE_BUILTIN.get(key) or book.format_map[key].format_str
        return printed(cell.value, pattern, MAC_EPOCH if book.datemode else WINDOWS_EPOCH)
    return ""


def _is_ruled(book: Any, sheet: Any, row: int) -> bool:
    """Whether most cells of a blank row are drawn with lines at their sides."""
    borders = [book.xf_list[sheet.cell_xf_index(row, col)].border for col in range(sheet.row_len(row))]
    ruled = sum(bool(b.left_line_style or b.right_line_style) for b in borders)
    return 2 * ruled > len(borders) > 0
