"""Grids of a .csv file: encoding and delimiter are found from the content."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

from index.parsers.converter_text import decode
from index.parsers.errors import UnreadableFile
from index.parsers.grid_blocks import Shape, table_blocks
from index.parsers.printed_text import one_line
from index.records import Cell, Source

MAX_BYTES = 64 * 1024 * 1024
MAX_CELLS = 400_000
_DELIMITERS = (",", "\t", ";", "|", "，")
_LOOKED_AT = 200


def read_csv(path: Path) -> Source:
    """Read a table of values parted by commas, tabs, semicolons or bars.

    Raises:
        UnreadableFile: empty, too large or not a table of text.
    """
    if path.stat().st_size > MAX_BYTES:
        raise UnreadableFile(f"CSV 文件超过 {MAX_BYTES // 1024 // 1024} MB，未读取。请拆分后再导入。")
    text = decode(path.read_bytes())
    cells: list[Cell] = []
    cut = False
    try:
        for row, values in enumerate(csv.reader(io.StringIO(text), delimiter=delimiter_of(text))):
            cells.extend(Cell(row, col, one_line(value)) for col, value in enumerate(values) if value.strip())
            if len(cells) > MAX_CELLS:
                cut = True
                break
    except csv.Error as error:
        raise UnreadableFile(
            "CSV 内容无法解析（可能有过长的单元格）。请用 Excel 或 WPS 另存为 .xlsx 后再导入。"
        ) from error
    blocks = table_blocks(cells, Shape(sheet=True, truncated=cut))
    if not blocks:
        raise UnreadableFile("CSV 文件中没有内容。请确认文件后再导入。")
    warnings = (f"表格超过 {MAX_CELLS} 个单元格，只读取了前面的部分。",) if cut else ()
    return Source("csv", tuple(blocks), warnings=warnings, truncated=cut)


def delimiter_of(text: str) -> str:
    """The delimiter that parts most lines into one and the same number of values, at least two."""
    sample = io.StringIO(text[:200_000])
    lines = [line for line, _ in zip(sample, range(_LOOKED_AT), strict=False) if line.strip()]

    def agreement(delimiter: str) -> tuple[int, int]:
        try:
            counts = Counter(len(values) for values in csv.reader(lines, delimiter=delimiter) if len(values) > 1)
        except csv.Error:
            return (0, 0)
        return max(((times, width) for width, times in counts.items()), default=(0, 0))

    return max(_DELIMITERS, key=agreement)
