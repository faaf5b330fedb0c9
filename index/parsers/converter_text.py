"""Text that a converter (Apache Tika) wrote from .doc, .docx or .pdf, and other plain text.

A table cell is a line that begins with a tab, a blank line ends a table row, and
a line of text without a tab ends the table (DOMAIN: plain text made by a
converter). Bookmark and TC marks never reach a reader but tell headings. A PDF
form whose cells are gone is rebuilt by :mod:`index.parsers.flattened_form`.
"""

from __future__ import annotations

import re
from pathlib import Path

from index.parsers.errors import UnreadableFile
from index.parsers.flattened_form import is_flattened_form, read_forms
from index.records import Cell, Grid, Paragraph, Source

MAX_BYTES = 64 * 1024 * 1024
MAX_LINE = 200_000
_BOOKMARK = re.compile(r"\[bookmark:\s*([^\]]*)\]")
_CONTENTS_ENTRY = re.compile(r"\s*TC\s+(.+?)\s*\\f\s+\S+\s+\\l\s+(\d+)\s*$")
_FIELD = re.compile(r"\s*(?:TOC|PAGEREF|HYPERLINK)\s+\\?\S.*$")
_TOTAL = re.compile(r"(?:本年)?(?:收入|支出)?(?:合计|总计|小计)")
_ENDINGS = "。；;！？!?”）)】》"


def read_converter_text(path: Path) -> Source:
    """Read a .txt file into paragraphs and grids.

    Raises:
        UnreadableFile: the file is empty, too large, or holds no text (a renamed binary).
    """
    if path.stat().st_size > MAX_BYTES:
        raise UnreadableFile(f"文本文件超过 {MAX_BYTES // 1024 // 1024} MB，未读取。请拆分后再导入。")
    text = decode(path.read_bytes())
    warnings: list[str] = []
    lines = text.split("\n")
    if any(len(line) > MAX_LINE for line in lines):
        lines = [line[:MAX_LINE] for line in lines]
        warnings.append(f"有超过 {MAX_LINE} 个字符的行，已截断。")
    if not any("\t" in line for line in lines) and is_flattened_form(lines):
        return Source("txt", tuple(read_forms(lines)), warnings=tuple(warnings), form_text=True)
    blocks, cut = _read_lines(lines)
    if not blocks:
        raise UnreadableFile("文件中没有可读的文字。请确认文件内容后再导入。")
    if cut:
        warnings.append("文件在表格中间中断，已保留中断前的内容。")
    return Source("txt", tuple(blocks), warnings=tuple(warnings), truncated=cut)


def decode(data: bytes) -> str:
    """Bytes of a text file as text: UTF-8 (a last character cut in the middle is dropped), UTF-16 or GB18030."""
    if not data.strip():
        raise UnreadableFile("文件是空的。请重新下载或导出后再导入。")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace").replace("\r\n", "\n")
    if b"\x00" in data[:65536]:
        raise UnreadableFile("这不是文本文件（含有二进制内容），扩展名可能有误。请用原来的格式保存后再导入。")
    for encoding in ("utf-8-sig", "gb18030"):
        text = _decoded(data, encoding)
        if text is None:
            continue
        if sum(c < " " and c not in "\t\n\r\f\v" for c in text[:20000]) > 5:
            raise UnreadableFile("这不是文本文件（含有二进制内容），扩展名可能有误。请用原来的格式保存后再导入。")
        return text.replace("\r\n", "\n").replace("\r", "\n")
    raise UnreadableFile("无法识别文件的文字编码。请另存为 UTF-8 文本后再导入。")


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        # A file cut off may end inside a character; an error anywhere else means another encoding.
        cut = error.reason in ("unexpected end of data", "incomplete multibyte sequence") and error.end == len(data)
        return data[: error.start].decode(encoding) if cut else None


def _read_lines(lines: list[str]) -> tuple[list[Paragraph | Grid], bool]:
    blocks: list[Paragraph | Grid] = []
    rows: list[list[str]] = []
    row: list[str] = []
    for line in lines:
        if line.startswith("\t"):
            row.append(_clean(line))
            continue
        if not line.strip():
            if row:
                rows.append(row)
                row = []
            continue
        if row:
            rows.append(row)
            row = []
        if rows:
            blocks.append(grid_of(rows))
            rows = []
        paragraph = _paragraph(line)
        if paragraph:
            blocks.append(paragraph)
    if row:
        rows.append(row)
    # A file cut off inside a table ends with a row that has fewer cells than the row above it.
    cut = len(rows) > 1 and len(rows[-1]) < len(rows[-2])
    if rows:
        blocks.append(grid_of(rows, truncated=cut))
    return _numbers_of_pages_dropped(blocks), cut


def _paragraph(line: str) -> Paragraph | None:
    contents = _CONTENTS_ENTRY.search(line)
    level = None
    if contents:
        line = line[: contents.start()]
        level = 3
    marks = _BOOKMARK.findall(line)
    text = _BOOKMARK.sub("", line)
    text = _FIELD.sub("", text).strip()
    if any(m.startswith("_Toc") for m in marks) and len(text) <= 80 and not text.endswith(tuple(_ENDINGS[:5])):
        level = 3
    if not text:
        return None
    return Paragraph(re.sub(r"[ \t\u3000]{2,}", " ", text), heading_level=level)


def _clean(line: str) -> str:
    return _BOOKMARK.sub("", line).replace("\u3000", " ").strip()


def _numbers_of_pages_dropped(blocks: list[Paragraph | Grid]) -> list[Paragraph | Grid]:
    return [b for b in blocks if isinstance(b, Grid) or not re.fullmatch(r"[-—\s]*\d{1,3}[-—\s]*", b.text)]


def grid_of(rows: list[list[str]], truncated: bool = False) -> Grid:
    """Rows of texts (ragged ones too) as a grid without spans; a short row of one label and figures stands under its figures."""
    width = max(len(row) for row in rows)
    whole = [row for row in rows if len(row) == width]
    placed = [_total_in_place(row, width, whole) for row in rows]
    cells = tuple(Cell(r, c, text) for r, row in enumerate(placed) for c, text in enumerate(row))
    return Grid(cells, len(rows), width, truncated=truncated)


def _columns_of(rows: list[list[str]], figures: bool) -> set[int]:
    """Columns whose filled cells in whole rows below the first are mostly figures, or mostly words."""
    found = set()
    for col, texts in enumerate(zip(*rows[1:], strict=True)):
        filled = [_is_figure(t) == figures for t in texts if t]
        if sum(filled) * 2 > len(filled):
            found.add(col)
    return found


def _total_in_place(row: list[str], width: int, whole: list[list[str]]) -> list[str]:
    """合计, merged over the code columns, is written once: its figures belong at the right end of the row.

    So does any other label (货物 above its items) whose figures would stand under columns of words else.
    """
    if not 2 < len(row) < width or not all(_is_figure(t) or not t for t in row[1:]):
        return row
    if not _TOTAL.fullmatch(re.sub(r"\s", "", row[0])):
        here = {c for c, t in enumerate(row) if c and t}
        there = {c + width - len(row) for c in here}
        words = _columns_of(whole, figures=False)
        fits = here & words and not there & words and there & _columns_of(whole, figures=True)
        if not fits or not re.search(r"[\u4e00-\u9fff]", row[0]):
            return row
    return [row[0], *[""] * (width - len(row)), *row[1:]]


def _is_figure(text: str) -> bool:
    return bool(text) and not re.search(r"[^\d.,\-−%\s]", text)
