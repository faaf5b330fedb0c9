"""PDF files to paragraphs and grids in reading order."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pypdfium2 as pdfium

from index.parsers.errors import UnreadableFile
from index.parsers.pdf_align import aligned_grids
from index.parsers.pdf_chart import charts_of, in_chart, split_labels
from index.parsers.pdf_content import PageContent, read_content
from index.parsers.pdf_grid import CellFinder, PrintedGrid, ruled_grids, without_empty_strips
from index.parsers.pdf_prose import (
    PART_SPACE,
    ParagraphBuilder,
    TextLine,
    margins_of,
    without_contents,
    without_page_furniture,
)
from index.parsers.pdf_scan import PageScanner
from index.parsers.pdf_tables import Block, TablePart, joined_tables, table_part
from index.parsers.pdf_words import line_text, lines_of
from index.records import Box, Paragraph, Source

MAX_PAGES = 1_500
MAX_FILE_BYTES = 300_000_000
MAX_SECONDS = 900.0
MAX_GLYPHS = 3_000_000  # of one file; they are kept until tables and paragraphs are joined over the pages


@dataclass(frozen=True, slots=True)
class _PageLayout:
    """One page parted into tables, charts with their labels, and the lines outside of them."""

    page: PageContent
    grids: tuple[PrintedGrid, ...] = ()
    labels: tuple[Paragraph, ...] = ()
    lines: tuple[TextLine, ...] = ()


def read_pdf(path: Path) -> Source:
    """Reads a PDF: paragraphs and grids in reading order, boxes in points from the top left of the shown page.

    A table that runs over pages is one Grid whose cells carry their own page. Pages without readable text go
    through OCR; the confidence stays with their cells and paragraphs.

    Raises:
        UnreadableFile: the file is empty, damaged, protected by a password, or no PDF.
    """
    document = _opened(path)
    try:
        count = len(document)
        warnings: list[str] = []
        scanner = PageScanner(warnings)
        layouts: list[_PageLayout] = []
        end, glyphs = time.monotonic() + MAX_SECONDS, 0
        while len(layouts) < min(count, MAX_PAGES) and glyphs < MAX_GLYPHS and time.monotonic() < end:
            layouts.append(_layout(document, len(layouts) + 1, scanner, warnings))
            glyphs += len(layouts[-1].page.glyphs)
    finally:
        document.close()
    if len(layouts) < count:
        warnings.append(f"文件共{count}页，只读取前{len(layouts)}页。")
    scanner.finish()
    blocks = joined_tables(list(_blocks(layouts)))
    return Source(
        format="pdf",
        blocks=tuple(b.grid() if isinstance(b, TablePart) else b for b in blocks),
        pages=count,
        warnings=tuple(warnings),
        truncated=len(layouts) < count,
    )


def _opened(path: Path) -> pdfium.PdfDocument:
    size = path.stat().st_size
    if size == 0:
        raise UnreadableFile("文件为空（0 字节），请重新下载或导出后再试。")
    if size > MAX_FILE_BYTES:
        raise UnreadableFile(f"文件超过{MAX_FILE_BYTES // 1_000_000}MB，请拆分后再试。")
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise UnreadableFile("PDF 有密码保护，请先解除密码后再试。") from error
        raise UnreadableFile("无法作为 PDF 打开，文件可能不完整、已损坏或扩展名不符，请重新下载后再试。") from error
    if len(document) == 0:
        document.close()
        raise UnreadableFile("PDF 中没有页面，文件可能已损坏，请重新导出后再试。")
    return document


def _layout(document: pdfium.PdfDocument, number: int, scanner: PageScanner, warnings: list[str]) -> _PageLayout:
    try:
        page = document[number - 1]
    except pdfium.PdfiumError:
        warnings.append(f"第{number}页已损坏，未能读取。")
        return _PageLayout(PageContent.blank(number))
    try:
        content = read_content(page, number)
        if content.cut:
            warnings.append(f"第{number}页内容过多，只读取了一部分。")
        return _page_layout(scanner.completed(page, content))
    finally:
        page.close()


def _page_layout(content: PageContent) -> _PageLayout:
    charts = charts_of(content)
    grids: list[PrintedGrid] = []
    for grid in ruled_grids(content.rules):
        box = Box(grid.xs[0], grid.ys[0], grid.xs[-1], grid.ys[-1])
        if not any(in_chart(box, chart) for chart in charts) and not any(grid.within(other) for other in grids):
            grids.append(grid)
    rest = list(content.glyphs)
    for grid in grids:
        finder = CellFinder(grid)
        finder.fill([g for g in rest if finder.holds(g)])
        rest = [g for g in rest if not finder.holds(g)]
    lines = lines_of(rest)
    labels: list[Paragraph] = []
    if charts:
        sizes = sorted(g.size for g in content.glyphs)
        lines, of_charts = split_labels(lines, charts, sizes[len(sizes) // 2] if sizes else 0)
        for chart, found in zip(charts, of_charts, strict=True):
            box = content.shown(chart.x0, chart.top, chart.x1, chart.bottom)
            if found:
                labels.append(Paragraph(PART_SPACE.join(line_text(li) for li in found), content.number, box))
    aligned, lines = aligned_grids(lines, content.rules)
    grids = sorted(grids + aligned, key=lambda g: g.top)
    text = tuple(TextLine(line, content) for line in lines)
    return _PageLayout(content, tuple(without_empty_strips(g) for g in grids), tuple(labels), text)


def _blocks(layouts: Sequence[_PageLayout]) -> Iterator[Block]:
    kept = without_contents(without_page_furniture([layout.lines for layout in layouts]))
    every = [line for lines in kept for line in lines]
    sizes = sorted(g.size for line in every for g in line.line.glyphs)
    builder = ParagraphBuilder(margins_of(every), sizes[len(sizes) // 2] if sizes else 0)
    for layout, lines in zip(layouts, kept, strict=True):
        items: list[tuple[float, TextLine | PrintedGrid]] = [(line.line.middle, line) for line in lines]
        items += [(grid.top, grid) for grid in layout.grids]
        for _, item in sorted(items, key=lambda pair: pair[0]):
            if isinstance(item, TextLine):
                builder.take(item)
            else:
                yield from builder.closed()
                yield table_part(item, layout.page)
        if layout.labels:
            yield from builder.closed()
            yield from layout.labels
    yield from builder.closed()
