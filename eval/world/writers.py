"""Writes the blocks of a disclosure as converter text, HTML, .docx, .xlsx or PDF.

Libraries are loaded when a format is written, so that the others work without them.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Sequence
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

from eval.world.blocks import Block, Cell, Sheet, Text

CREATED = (2025, 1, 1, 0, 0, 0)  # archives hold times; a fixed one makes the bytes depend on the figures alone


def _above(sheet: Sheet) -> list[str]:
    return [*([sheet.number] if sheet.number else []), *sheet.captions, *([sheet.unit] if sheet.unit else [])]


def write_txt(_title: str, blocks: Sequence[Block], path: Path) -> None:
    """As a converter writes a .docx: a tab and a line for each cell, a blank line after each row.

    A cell merged sideways comes once, one merged downward leaves an empty cell in the rows below.
    """
    out: list[str] = []
    marks = 0
    for block in blocks:
        if isinstance(block, Text):
            marks += block.level is not None
            out.append((f"[bookmark: _Toc_2_2_{marks:010d}]" if block.level else "") + block.text + "\n")
            continue
        marks += 1
        out.append(f"[bookmark: _Toc_4_4_{marks:010d}]{block.title}\n")
        out.append("".join(f"\t{line}\n" for line in _above(block)) + "\n")
        out += ["".join(f"\t{text}\n" for text in _flat(block, r)) + "\n" for r in range(len(block.rows))]
        out.append("\n" + "".join(f"{note.printed}\n" for note in block.notes))
    path.write_text("".join(out), encoding="utf-8")


def _flat(sheet: Sheet, r: int) -> list[str]:
    """The cells of a row as the converter leaves them: those from above empty, those from the left gone."""
    texts: list[str] = []
    below: list[tuple[int, int]] = []  # (first column, columns) of cells that reach down into this row
    for upper in range(r):
        below += [(c, cell.cols) for c, cell in enumerate(sheet.rows[upper]) if cell and upper + cell.rows > r]
    starts = {c for c, _ in below}
    for c, cell in enumerate(sheet.rows[r]):
        if cell is not None:
            texts.append(cell.text)
        elif c in starts:
            texts.append("")
    return texts


def write_html(title: str, blocks: Sequence[Block], path: Path) -> None:
    """One page with headings, paragraphs and tables with rowspan and colspan."""
    body: list[str] = []
    for block in blocks:
        if isinstance(block, Text):
            tag = f"h{block.level + 1}" if block.level else "p"
            body.append(f"<{tag}>{escape(block.text)}</{tag}>")
            continue
        body.append(f"<h3>{escape(block.title)}</h3>")
        body += [f"<p>{escape(line)}</p>" for line in _above(block)]
        body.append('<table border="1">')
        for r, row in enumerate(block.rows):
            tag = "th" if r < block.heads else "td"
            body.append("<tr>" + "".join(_html_cell(cell, tag) for cell in row if cell is not None) + "</tr>")
        body.append("</table>")
        body += [f"<p>{escape(note.printed or '')}</p>" for note in block.notes]
    head = f'<head><meta charset="utf-8"><title>{escape(title)}</title></head>'
    page = f'<!doctype html>\n<html lang="zh-CN">{head}\n<body>\n' + "\n".join(body) + "\n</body></html>\n"
    path.write_text(page, encoding="utf-8")


def _html_cell(cell: Cell, tag: str) -> str:
    rows = f' rowspan="{cell.rows}"' if cell.rows > 1 else ""
    cols = f' colspan="{cell.cols}"' if cell.cols > 1 else ""
    return f"<{tag}{rows}{cols}>{escape(cell.text)}</{tag}>"


def _repacked(raw: bytes, path: Path) -> None:
    """An office archive with fixed times, so that the same seed gives the same bytes."""
    with zipfile.ZipFile(BytesIO(raw)) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "docProps/core.xml":  # openpyxl writes the time of saving, whatever is set
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2025-01-01T00:00:00Z", data)
            target.writestr(zipfile.ZipInfo(name, CREATED), data, zipfile.ZIP_DEFLATED)


def write_docx(title: str, blocks: Sequence[Block], path: Path) -> None:
    """Headings, paragraphs and tables with merged cells."""
    from datetime import datetime

    import docx

    document = docx.Document()
    document.core_properties.title = title
    document.core_properties.created = document.core_properties.modified = datetime(*CREATED)
    for block in blocks:
        if isinstance(block, Text):
            document.add_heading(block.text, block.level) if block.level else document.add_paragraph(block.text)
            continue
        document.add_heading(block.title, 3)
        for line in _above(block):
            document.add_paragraph(line)
        width = max(map(len, block.rows))
        table = document.add_table(len(block.rows), width)
        table.style = "Table Grid"
        cells: list[Any] = list(table._cells)  # the property is slow for every single cell
        for r, row in enumerate(block.rows):
            for c, cell in enumerate(row):
                if cell is None:
                    continue
                first = cells[r * width + c]
                if cell.rows > 1 or cell.cols > 1:
                    first = first.merge(cells[(r + cell.rows - 1) * width + c + cell.cols - 1])
                first.text = cell.text
        for note in block.notes:
            document.add_paragraph(note.printed)
    raw = BytesIO()
    document.save(raw)
    _repacked(raw.getvalue(), path)


def write_xlsx(title: str, blocks: Sequence[Block], path: Path) -> None:
    """A worksheet for each table and one for each stretch of text, a paragraph a row.

    In every other workbook figures are numbers with a format, as people type them; else they stand as text.
    """
    from datetime import datetime

    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    book.properties.title, book.properties.created = title, datetime(*CREATED)
    typed = zlib.crc32(title.encode()) % 2 == 0
    prose: Any = None
    for number, block in enumerate(blocks, 1):
        if isinstance(block, Text):
            if prose is None:
                prose = book.create_sheet(f"说明{number}")
            prose.append([block.text])
            continue
        prose = None
        sheet = book.create_sheet(f"{number}")
        width = max(map(len, block.rows))
        for line in (block.title, *_above(block)):
            sheet.append([line])
            sheet.merge_cells(start_row=sheet.max_row, end_row=sheet.max_row, start_column=1, end_column=width)
        top = len(_above(block)) + 1
        for r, row in enumerate(block.rows, top + 1):
            for c, cell in enumerate(row, 1):
                if cell is None:
                    continue
                _fill(sheet.cell(r, c), cell, typed)
                if cell.rows > 1 or cell.cols > 1:
                    sheet.merge_cells(
                        start_row=r, start_column=c, end_row=r + cell.rows - 1, end_column=c + cell.cols - 1
                    )
        for k, note in enumerate(block.notes):
            sheet.cell(top + len(block.rows) + 1 + k, 1, note.printed)
    raw = BytesIO()
    book.save(raw)
    _repacked(raw.getvalue(), path)


def _fill(place: Any, cell: Cell, typed: bool) -> None:
    """Print a cell; an amount as a number whose format shows it as printed."""
    if typed and cell.mark is not None and cell.mark.kind == "amount" and cell.mark.value is not None:
        whole, _, part = cell.text.partition(".")
        place.value = float(cell.mark.value) if part else int(cell.mark.value)
        place.number_format = ("#,##0" if "," in whole else "0") + ("." + "0" * len(part) if part else "")
    else:
        place.value = cell.text or None


def write_pdf(title: str, blocks: Sequence[Block], path: Path) -> None:
    """A4 pages on their side with ruled tables that run over pages, heads repeated; the built-in song type."""
    from reportlab import rl_config
    from reportlab.lib import colors
    from reportlab.lib.pagesizes import A4, landscape
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table

    rl_config.invariant = 1
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    plain = ParagraphStyle("plain", fontName="STSong-Light", fontSize=10, leading=15, wordWrap="CJK")
    head = ParagraphStyle("head", plain, fontSize=13, leading=20, spaceBefore=6)
    small = ParagraphStyle("small", plain, fontSize=8, leading=10)
    page = landscape(A4)
    flow: list[Any] = []
    for block in blocks:
        if isinstance(block, Text):
            flow.append(Paragraph(escape(block.text), head if block.level else plain))
            continue
        flow += [PageBreak(), Paragraph(escape(block.title), head)]
        flow.append(Paragraph(escape("　　".join(_above(block))), plain))
        width = max(map(len, block.rows))
        data = [[Paragraph(escape(c.text), small) if c else "" for c in row] for row in block.rows]
        style: list[tuple[Any, ...]] = [
            ("GRID", (0, 0), (-1, -1), 0.5, colors.black),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ]
        for r, row in enumerate(block.rows):
            for c, cell in enumerate(row):
                if cell is not None and (cell.rows > 1 or cell.cols > 1):
                    style.append(("SPAN", (c, r), (c + cell.cols - 1, r + cell.rows - 1)))
        table = Table(data, colWidths=_widths(block, width, page[0] - 72), repeatRows=block.heads, style=style)
        flow += [Spacer(1, 4), table, *(Paragraph(escape(n.printed or ""), plain) for n in block.notes), Spacer(1, 8)]
    margins = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), 36)
    SimpleDocTemplate(str(path), pagesize=page, title=title, **margins).build(flow)


def _widths(sheet: Sheet, width: int, whole: float) -> list[float]:
    """Column widths by the longest text that stands in one column alone, within bounds."""
    longest = [3.0] * width
    for row in sheet.rows:
        for c, cell in enumerate(row):
            if cell is not None and cell.cols == 1:
                longest[c] = max(longest[c], min(len(cell.text), 18))
    return [whole * n / sum(longest) for n in longest]


WRITERS: dict[str, Callable[[str, Sequence[Block], Path], None]] = {
    "txt": write_txt,
    "html": write_html,
    "docx": write_docx,
    "xlsx": write_xlsx,
    "pdf": write_pdf,
}
