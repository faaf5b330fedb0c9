"""Worksheets as read from .xlsx and .xls -> a Source, the same for both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from index.parsers.errors import UnreadableFile
from index.parsers.grid_blocks import Shape, table_blocks
from index.records import Cell, Grid, Paragraph, Source

MAX_MERGED_PLACES = 500_000


@dataclass
class SheetCells:
    """Printed texts by (row, column), all counted from 0; ``merges`` are top, left, bottom, right inclusive."""

    name: str
    hidden: bool = False
    texts: dict[tuple[int, int], str] = field(default_factory=dict)
    merges: Sequence[tuple[int, int, int, int]] = ()
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: Sequence[tuple[int, int]] = ()
    ruled_rows: set[int] = field(default_factory=set)
    unsaved_formulas: int = 0
    cut: bool = False


def workbook_source(form: str, sheets: Sequence[SheetCells]) -> Source:
    """All sheets in order; sheet n is page n.

    Raises:
        UnreadableFile: no sheet holds anything.
    """
    blocks: list[Paragraph | Grid] = []
    warnings: list[str] = []
    for page, sheet in enumerate(sheets, 1):
        shape = Shape(sheet=True, name=sheet.name, hidden=sheet.hidden, page=page, truncated=sheet.cut)
        found = table_blocks(_cells(sheet, page), shape, frozenset(sheet.ruled_rows))
        blocks.extend(found)
        if sheet.hidden and found:
            warnings.append(f"工作表“{sheet.name}”是隐藏的。")
        if sheet.unsaved_formulas:
            warnings.append(
                f"工作表“{sheet.name}”有 {sheet.unsaved_formulas} 个公式没有保存计算结果，按空白读取。"
                "请用 Excel 或 WPS 打开并保存后重新导入。"
            )
        if sheet.cut:
            warnings.append(f"工作表“{sheet.name}”过大，只读取了前面的部分。")
    if not blocks:
        raise UnreadableFile("工作簿中没有内容。请确认文件后再导入。")
    cut = any(sheet.cut for sheet in sheets)
    return Source(form, tuple(blocks), pages=len(sheets), warnings=tuple(warnings), truncated=cut)


def _last_column(sheet: SheetCells) -> int:
    """The last filled column, or the end of a merged text beside another: the last column of a form may be blank.

    A title alone in its row may be merged over more columns than its table has.
    """
    beside = Counter(row for row, _ in sheet.texts)
    ends = [right for top, left, _, right in sheet.merges if (top, left) in sheet.texts and beside[top] > 1]
    return max(*(c for _, c in sheet.texts), *ends, 0)


def _cells(sheet: SheetCells, page: int) -> list[Cell]:
    """Cells with their spans; what a merged area hides under its first cell is not printed."""
    if not sheet.texts:
        return []
    last_row, last_col = max(r for r, _ in sheet.texts), _last_column(sheet)
    spans: dict[tuple[int, int], tuple[int, int]] = {}
    covered: set[tuple[int, int]] = set()
    for top, left, bottom, right in sheet.merges:
        rows, cols = min(bottom, last_row) - top + 1, max(min(right, last_col) - left + 1, 1)
        if rows < 1 or (top, left) in covered or len(covered) + rows * cols > MAX_MERGED_PLACES:
            continue
        spans[top, left] = (rows, cols)
        covered.update(
            (r, c) for r in range(top, top + rows) for c in range(left, left + cols) if (r, c) != (top, left)
        )
    places = sorted((sheet.texts.keys() - covered) | spans.keys())
    cells: list[Cell] = []
    for row, col in places:
        rows, cols = spans.get((row, col), (1, 1))
        hidden = row in sheet.hidden_rows or any(first <= col <= last for first, last in sheet.hidden_columns)
        text = sheet.texts.get((row, col), "")
        cells.append(Cell(row, col, text, row_span=rows, col_span=cols, page=page, hidden=hidden))
    return cells
