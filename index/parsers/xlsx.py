"""Paragraphs and grids of an .xlsx or .xlsm workbook; macros are never run, formulas give their stored values.

openpyxl reads workbook, styles, shared strings and cells. Sheets are streamed, because a sheet of
a million formatted empty rows must cost no memory; merged cells and borders are kept, which
openpyxl's own read-only mode drops.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
from lxml import etree
from openpyxl.utils.cell import range_boundaries
from openpyxl.worksheet._reader import WorkSheetParser

from index.parsers.errors import UnreadableFile
from index.parsers.number_format import CHINESE_BUILTIN, MAC_EPOCH, WINDOWS_EPOCH, printed
from index.parsers.office_package import DAMAGED, check_package
from index.parsers.printed_text import one_line
from index.parsers.sheet_blocks import SheetCells, workbook_source
from index.records import Source

MAX_CELLS = 400_000
"""Filled cells of a workbook; the rest is left out with a warning."""
MAX_SECONDS = 60.0
_NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RULED_ROWS_KEPT = 200
"""Blank bordered rows looked at after the last filled one."""


def read_xlsx(path: Path) -> Source:
    """Read every worksheet; ``page`` is the sheet's number, ``name`` its name.

    Raises:
        UnreadableFile: damaged, hostile or empty.
    """
    check_package(path)
    deadline = time.monotonic() + MAX_SECONDS
    try:
        with path.open("rb") as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            workbook = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
            sheets: list[SheetCells] = []
            left = MAX_CELLS
            for worksheet in workbook.worksheets:
                sheet = _read_sheet(workbook, worksheet, left, deadline)
                left -= len(sheet.texts)
                sheets.append(sheet)
            workbook.close()
    except Exception as error:  # openpyxl lets errors of zipfile, XML and its own schema through
        raise UnreadableFile(DAMAGED) from error
    return workbook_source("xlsx", sheets)


@dataclass
class _Formats:
    """Printed text of a value by the style it has."""

    workbook: Any
    patterns: dict[int, str] = field(default_factory=dict)

    def printed(self, value: object, style_id: int) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return str(value).upper()
        if not isinstance(value, (int, float)):
            return one_line(str(value))
        epoch = MAC_EPOCH if self.workbook.epoch.year == 1904 else WINDOWS_EPOCH
        return printed(value, self.pattern(style_id), epoch)

    def pattern(self, style_id: int) -> str:
        if style_id not in self.patterns:
            number = self.workbook._cell_styles[style_id].numFmtId
            builtin = openpyxl.styles.numbers.BUILTIN_FORMATS.get(number, "General")
            custom = self.workbook._number_formats[number - 164] if number >= 164 else builtin
            self.patterns[style_id] = CHINESE_BUILTIN.get(number, custom)
        return self.patterns[style_id]

    def is_ruled(self, style_id: int) -> bool:
        border = self.workbook._borders[self.workbook._cell_styles[style_id].borderId]
        return any(side is not None and side.style for side in (border.left, border.right))


class _Parser(WorkSheetParser):  # type: ignore[misc]  # openpyxl is untyped
    """openpyxl's reader of a sheet's XML, over rows, columns and merges only."""

    unsaved_formulas = 0

    def rows(self) -> Iterator[tuple[Any, int, list[dict[str, Any]]]]:
        """Each row element's attributes, its number, and its filled cells."""
        tags = [f"{_NS}{name}" for name in ("row", "col", "mergeCell")]
        self.merges: list[str] = []
        self.hidden_columns: list[tuple[int, int]] = []
        for _, element in etree.iterparse(self.source, tag=tags):
            if element.tag == tags[0]:
                _, cells = self.parse_row(element)
                yield element, self.row_counter, cells
            elif element.tag == tags[1]:
                if element.get("hidden") in {"1", "true"}:
                    self.hidden_columns.append((int(element.get("min")), int(element.get("max"))))
            else:
                self.merges.append(element.get("ref"))
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]

    def parse_cell(self, element: Any) -> dict[str, Any]:
        if len(element) == 0:
            self.col_counter += 1
            return {"value": None, "style_id": int(element.get("s", 0))}
        cell: dict[str, Any] = super().parse_cell(element)
        if cell["value"] is None and element.find(f"{_NS}f") is not None:
            self.unsaved_formulas += 1
        return cell


def _read_sheet(workbook: Any, worksheet: Any, limit: int, deadline: float) -> SheetCells:
    formats = _Formats(workbook)
    sheet = SheetCells(worksheet.title, hidden=worksheet.sheet_state != "visible")
    last_row = 0
    with worksheet._get_source() as source:
        parser = _Parser(source, worksheet._shared_strings, data_only=True)
        for element, number, cells in parser.rows():
            row = number - 1
            if element.get("hidden") in {"1", "true"}:
                sheet.hidden_rows.add(row)
            texts = [
                (cell["column"] - 1, text)
                for cell in cells
                if cell["value"] is not None and (text := formats.printed(cell["value"], int(cell["style_id"])))
            ]
            if len(sheet.texts) + len(texts) > limit or time.monotonic() > deadline:
                sheet.cut = True
                break
            sheet.texts.update({(row, col): text for col, text in texts})
            if texts:
                last_row = row
            elif cells and row - last_row < _RULED_ROWS_KEPT:
                ruled = sum(formats.is_ruled(int(cell["style_id"])) for cell in cells)
                if 2 * ruled > len(cells):
                    sheet.ruled_rows.add(row)
        sheet.merges = [_zero_based(ref) for ref in parser.merges if ref]
        sheet.hidden_columns = [(first - 1, last - 1) for first, last in parser.hidden_columns]
        sheet.unsaved_formulas = parser.unsaved_formulas
    return sheet


def _zero_based(ref: str) -> tuple[int, int, int, int]:
    left, top, right, bottom = range_boundaries(ref)
    return top - 1, left - 1, bottom - 1, right - 1
