"""PDF files to paragraphs and grids in reading order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pypdfium2 as pdfium

from index.parsers.errors import UnreadableFile
from index.parsers.pdf_content import PageContent, read_content
from index.parsers.pdf_grid import CellFinder, PrintedGrid, ruled_grids, without_empty_strips
from index.parsers.pdf_prose import ParagraphBuilder, TextLine, margins_of, without_contents, without_page_furniture
from index.parsers.pdf_tables import TablePart, joined, repeated_heads, table_part
from index.parsers.pdf_words import lines_of
from index.records import Paragraph, Source

MAX_PAGES = 1_500
MAX_FILE_BYTES = 300_000_000

Block = Paragraph | TablePart


@dataclass(frozen=True, slots=True)
class _PageLayout:
    """One page parted into tables and the lines outside of them."""

    page: PageContent
    grids: tuple[PrintedGrid, ...]
    lines: tuple[TextLine, ...]


def read_pdf(path: Path) -> Source:
    """Reads a PDF: paragraphs and grids in reading order, boxes in points from the top left of the shown page.

    A table that runs over pages is one Grid whose cells carry their own page.

    Raises:
        UnreadableFile: the file is empty, damaged, protected by a password, or no PDF.
    """
    document = _opened(path)
    try:
        count = len(document)
        warnings: list[str] = []
        if count > MAX_PAGES:
            warnings.append(f"文件共{count}页，只读取前{MAX_PAGES}页。")
        layouts = [_layout(document, number, warnings) for number in range(1, min(count, MAX_PAGES) + 1)]
    finally:
        document.close()
    blocks = _joined_tables(list(_blocks(layouts)))
    return Source(
        format="pdf",
        blocks=tuple(b.grid() if isinstance(b, TablePart) else b for b in blocks),
        pages=count,
        warnings=tuple(warnings),
        truncated=count > MAX_PAGES,
    )


def _opened(path: Path) -> pdfium.PdfDocument:
    size = path.stat().st_size
    if size == 0:
        raise UnreadableFile("文件为空（0 字节），请重新下载或导出后再试。")
    if size > MAX_FILE_BYTES:
        raise UnreadableFile(f"文件超过{MAX_FILE_BYTES // 1_000_000}MB，请拆分后再试。")
    try:
        document = pdfium.PdfDocument(path)
        if len(document) == 0:
            raise UnreadableFile("PDF 中没有页面，文件可能已损坏，请重新导出后再试。")
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise UnreadableFile("PDF 有密码保护，请先解除密码后再试。") from error
        raise UnreadableFile("无法作为 PDF 打开，文件可能不完整、已损坏或扩展名不符，请重新下载后再试。") from error
    return document


def _layout(document: pdfium.PdfDocument, number: int, warnings: list[str]) -> _PageLayout:
    try:
        page = document[number - 1]
    except pdfium.PdfiumError:
        warnings.append(f"第{number}页已损坏，未能读取。")
        return _PageLayout(PageContent(number, 0, 0, 0, (), (), (), (), False), (), ())
    try:
        content = read_content(page, number)
    finally:
        page.close()
    if content.cut:
        warnings.append(f"第{number}页内容过多，只读取了一部分。")
    return _page_layout(content)


def _page_layout(content: PageContent) -> _PageLayout:
    grids = ruled_grids(content.rules)
    rest = list(content.glyphs)
    for grid in grids:
        finder = CellFinder(grid)
        finder.fill([g for g in rest if finder.holds(g)])
        rest = [g for g in rest if not finder.holds(g)]
    lines = tuple(TextLine(line, content) for line in lines_of(rest))
    return _PageLayout(content, tuple(grids), lines)


def _blocks(layouts: Sequence[_PageLayout]) -> Iterator[Block]:
    kept = without_contents(without_page_furniture([layout.lines for layout in layouts]))
    every = [line for lines in kept for line in lines]
    builder: ParagraphBuilder | None = None
    if every:
        margins = margins_of(every)
        sizes = sorted(g.size for line in every for g in line.line.glyphs)
        builder = ParagraphBuilder(margins, sizes[len(sizes) // 2])
    for layout, lines in zip(layouts, kept, strict=True):
        items: list[tuple[float, TextLine | PrintedGrid]] = [(line.line.middle, line) for line in lines]
        items += [(grid.top, grid) for grid in layout.grids]
        for _, item in sorted(items, key=lambda pair: pair[0]):
            if isinstance(item, TextLine):
                assert builder is not None
                builder.take(item)
                continue
            if builder is not None:
                yield from builder.close()
                builder.done = []
            yield table_part(without_empty_strips(item), layout.page)
    if builder is not None:
        yield from builder.close()


def _joined_tables(blocks: list[Block]) -> list[Block]:
    """Joins the parts of tables that run over pages."""
    result: list[Block] = []
    for block in blocks:
        if isinstance(block, TablePart):
            between = _since_last_table(result)
            first = result[-1 - between] if between < len(result) else None
            if (
                isinstance(first, TablePart)
                and block.first_page == first.last_page + 1
                and _only_repeats(result, between, first, block)
                and (whole := joined(first, block)) is not None
            ):
                del result[-1 - between :]
                result.append(whole)
                continue
        result.append(block)
    return result


def _since_last_table(blocks: Sequence[Block]) -> int:
    """How many paragraphs stand after the last table."""
    count = 0
    while count < len(blocks) and not isinstance(blocks[-1 - count], TablePart):
        count += 1
    return count


def _only_repeats(blocks: Sequence[Block], between: int, first: TablePart, second: TablePart) -> bool:
    """True where the paragraphs between two parts only repeat the title and unit lines above the first one."""
    if between == 0:
        return True
    place = len(blocks) - 1 - between
    above = blocks[max(place - between, 0) : place]
    texts = [_title_key(b) for b in blocks[-between:]]
    return [_title_key(b) for b in above] == texts and repeated_heads(first, second) > 0


def _title_key(block: Block) -> str:
    if isinstance(block, TablePart):
        return ""
    text = "".join(block.text.split())
    for mark in ("（续表）", "(续表)", "（续）", "(续)", "续表"):
        text = text.replace(mark, "")
    return text
