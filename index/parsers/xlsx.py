"""Paragraphs and grids of an .xlsx or .xlsm workbook; macros are never run, formulas give their stored values.

openpyxl reads workbook, styles, shared strings and cells. Sheets are streamed, because a sheet of
a million formatted empty rows must cost no memory; merged cells and borders are kept, which
openpyxl's own read-only mode drops.
"""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from lxml import etree
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.numbers import BUILTIN_FORMATS
from openpyxl.styles.stylesheet import apply_stylesheet
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
MAX_SECONDS = 30.0
_NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_HOLDS_VALUE = (f"{_NS}v", f"{_NS}is", f"{_NS}f")
_MERGE = re.compile(rb"""<(?:\w+:)?mergeCell\s[^>]*?ref=["']([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})["'][^>]*>""")
_TRUE = {"1", "true"}
_BLANK_ROWS_READ = 100_000
"""After this many blank rows one after another nothing more is looked for."""
_RULED_ROWS_KEPT = 200
"""Blank bordered rows looked at after the last filled one."""


def read_xlsx(path: Path) -> Source:
    """Read every worksheet; ``page`` is the sheet's number, ``name`` its name.

    Raises:
        UnreadableFile: damaged, hostile or empty.
    """
    check_package(path)
    try:
        with path.open("rb") as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sheets = _read_sheets(ExcelReader(stream, read_only=True, data_only=True, keep_links=False))
    except Exception as error:  # openpyxl lets errors of zipfile, XML and its own schema through
        raise UnreadableFile(DAMAGED) from error
    return workbook_source("xlsx", sheets)


def _read_sheets(reader: Any) -> list[SheetCells]:
    """The steps of openpyxl.load_workbook up to the sheets, whose size it would look for through all their rows."""
    reader.read_manifest()
    reader.read_strings()
    reader.read_workbook()
    apply_stylesheet(reader.archive, reader.wb)
    deadline = time.monotonic() + MAX_SECONDS
    sheets: list[SheetCells] = []
    left = MAX_CELLS
    for entry, relation in reader.parser.find_sheets():
        sheet = SheetCells(entry.name, hidden=entry.state != "visible")
        if "chartsheet" not in relation.Type and relation.target in reader.valid_files:
            _read_sheet(reader, relation.target, sheet, left, deadline)
        left -= len(sheet.texts)
        sheets.append(sheet)
    return sheets


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
            builtin = BUILTIN_FORMATS.get(number, "General")
            custom = self.workbook._number_formats[number - 164] if number >= 164 else builtin
            self.patterns[style_id] = CHINESE_BUILTIN.get(number, custom)
        return self.patterns[style_id]

    def are_ruled(self, style_ids: list[int]) -> bool:
        """Whether most cells of a blank row are drawn with lines at their sides."""
        borders = [self.workbook._borders[self.workbook._cell_styles[i].borderId] for i in style_ids]
        ruled = sum(any(side is not None and side.style for side in (b.left, b.right)) for b in borders)
        return 2 * ruled > len(borders) > 0


class _Parser(WorkSheetParser):  # type: ignore[misc]  # openpyxl is untyped
    """openpyxl's reader of a sheet's XML, over rows and columns only."""

    def __init__(self, source: Any, shared_strings: Any) -> None:
        super().__init__(source, shared_strings, data_only=True)
        self.row_counter = 0
        self.hidden_columns: list[tuple[int, int]] = []
        self.unsaved_formulas = 0

    def rows(self) -> Iterator[tuple[Any, int, list[dict[str, Any]]]]:
        """Each row element, its number, and its cells; blank ones far below the last filled one are passed over."""
        row_tag, col_tag = f"{_NS}row", f"{_NS}col"
        last_filled = blank_rows = 0
        for _, element in etree.iterparse(self.source, tag=(row_tag, col_tag)):
            if element.tag == row_tag:
                if next(element.iter(*_HOLDS_VALUE), None) is not None:
                    blank_rows = 0
                    last_filled, cells = self.parse_row(element)
                    yield element, last_filled, cells
                else:
                    blank_rows += 1
                    self.row_counter = int(element.get("r", self.row_counter + 1))
                    if self.row_counter - last_filled < _RULED_ROWS_KEPT:
                        yield element, self.row_counter, []
                    if blank_rows > _BLANK_ROWS_READ:
                        return
            elif element.tag == col_tag and element.get("hidden") in _TRUE:
                self.hidden_columns.append((int(element.get("min")) - 1, int(element.get("max")) - 1))
            element.clear()
            before = element.getprevious()
            if before is not None:
                element.getparent().remove(before)

    def parse_cell(self, element: Any) -> dict[str, Any]:
        if len(element) == 0:
            self.col_counter += 1
            return {"value": None, "style_id": int(element.get("s", 0))}
        cell: dict[str, Any] = super().parse_cell(element)
        if cell["value"] is None and element.find(f"{_NS}f") is not None:
            self.unsaved_formulas += 1
        return cell


def _read_sheet(reader: Any, part: str, sheet: SheetCells, limit: int, deadline: float) -> None:
    """Fill ``sheet`` from the XML of ``part``, with at most ``limit`` texts and until ``deadline``."""
    formats = _Formats(reader.wb)
    with reader.archive.open(part) as source:
        parser = _Parser(source, reader.shared_strings)
        for element, number, cells in parser.rows():
            row = number - 1
            if element.get("hidden") in _TRUE:
                sheet.hidden_rows.add(row)
            texts = {
                (row, cell["column"] - 1): formats.printed(cell["value"], int(cell["style_id"]))
                for cell in cells
                if cell["value"] is not None
            }
            if len(sheet.texts) + len(texts) > limit or time.monotonic() > deadline:
                sheet.cut = True
                break
            sheet.texts.update((place, text) for place, text in texts.items() if text)
            if not texts and formats.are_ruled([int(c.get("s", 0)) for c in element]):
                sheet.ruled_rows.add(row)
    with reader.archive.open(part) as source:
        sheet.merges = _merges(source)
    sheet.hidden_columns = parser.hidden_columns
    sheet.unsaved_formulas = parser.unsaved_formulas


def _merges(source: IO[bytes]) -> list[tuple[int, int, int, int]]:
    """Merged areas (top, left, bottom, right, from 0). They stand after all rows, some of which are not read."""
    found: list[tuple[int, int, int, int]] = []
    rest = b""
    while chunk := source.read(1 << 20):
        rest += chunk
        for match in _MERGE.finditer(rest):
            left, top, right, bottom = range_boundaries(match[1].decode("ascii"))
            found.append((top - 1, left - 1, bottom - 1, right - 1))
        rest = rest[rest.rfind(b"<") :]
    return found
