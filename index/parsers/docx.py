"""Paragraphs and grids of a .docx file.

python-docx opens the package and resolves styles; the body is walked as XML, because text
boxes, nested tables, tracked changes and content controls are outside python-docx's model.
Text that Word does not print is left out: deletions, hidden text, field codes, contents lists.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import docx

from index.parsers.docx_columns import placed_rows
from index.parsers.docx_numbering import Numbering
from index.parsers.errors import UnreadableFile
from index.parsers.nested_tables import Block, NestedCell, blocks_of
from index.parsers.office_package import DAMAGED, check_package
from index.parsers.printed_text import one_line
from index.records import Cell, Paragraph, Source

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_VAL = f"{_W}val"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_NOT_PRINTED = {f"{_W}{tag}" for tag in ("del", "moveFrom", "instrText", "delText", "pPr", "rPr", "txbxContent", "rt")}
_TEXT = {f"{_W}t", "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"}
# Wingdings check boxes and ticks, by the last byte of the private code.
_SYMBOLS = {"52": "☑", "FE": "☑", "A8": "□", "6F": "□", "FC": "√", "50": "√", "A3": "□"}
_CHARS = {f"{_W}tab": " ", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_OFF = {"0", "false", "off", "none"}


def read_docx(path: Path) -> Source:
    """Read a Word document; text boxes follow the paragraph they are anchored in.

    Raises:
        UnreadableFile: damaged, hostile or empty.
    """
    check_package(path)
    try:
        with path.open("rb") as stream:
            document = docx.Document(stream)
        blocks = _Reader(document).blocks(document.element.body)
    except Exception as error:  # python-docx lets errors of zipfile, lxml and its own through
        raise UnreadableFile(DAMAGED) from error
    if not blocks:
        raise UnreadableFile("文档中没有可读的文字（可能只有图片）。请另存为 PDF 后再导入，以便识别图片中的文字。")
    return Source("docx", tuple(blocks))


class _Reader:
    def __init__(self, document: Any) -> None:
        self._levels = _heading_levels(document)
        self._contents_styles = {
            s.style_id for s in document.styles if s.style_id and (s.name or "").lower().startswith(("toc ", "目录"))
        }
        self._numbering = Numbering(document)

    def blocks(self, parent: Any) -> list[Block]:
        """Blocks of a body, a cell, a text box or a content control."""
        blocks: list[Block] = []
        for child in parent:
            if child.tag == f"{_W}p":
                blocks.extend(self._paragraph(child))
            elif child.tag == f"{_W}tbl":
                blocks.extend(self._table(child))
            elif child.tag == f"{_W}sdt":
                gallery = child.find(f"{_W}sdtPr/{_W}docPartObj/{_W}docPartGallery")
                content = child.find(f"{_W}sdtContent")
                if content is not None and (gallery is None or gallery.get(_VAL) != "Table of Contents"):
                    blocks.extend(self.blocks(content))
            elif child.tag in {f"{_W}customXml", f"{_W}ins", f"{_W}moveTo", f"{_W}smartTag"}:
                blocks.extend(self.blocks(child))
        return blocks

    def _paragraph(self, element: Any) -> Iterator[Block]:
        style = element.find(f"{_W}pPr/{_W}pStyle")
        style_id = style.get(_VAL) if style is not None else None
        if style_id not in self._contents_styles:
            text = self._numbering.label(element, style_id) + one_line("".join(_runs(element)))
            if text:
                yield Paragraph(text.strip(), heading_level=self._level(element, style_id))
        for box in _text_boxes(element):
            yield from self.blocks(box)

    def _level(self, element: Any, style_id: str | None) -> int | None:
        own = element.find(f"{_W}pPr/{_W}outlineLvl")
        if own is not None:
            return _outline(own)
        return self._levels.get(style_id) if style_id else None

    def _table(self, table: Any) -> list[Block]:
        cells: list[NestedCell] = []
        open_cells: dict[int, int] = {}
        for row, placed in enumerate(placed_rows(table)):
            still_open: dict[int, int] = {}
            for start, end, element in placed:
                merge = element.find(f"{_W}tcPr/{_W}vMerge")
                if merge is not None and merge.get(_VAL) != "restart" and start in open_cells:
                    index = open_cells[start]
                    cells[index] = replace(cells[index], cell=_grown(cells[index].cell, row))
                    still_open[start] = index
                    continue
                if merge is not None:
                    still_open[start] = len(cells)
                cells.append(NestedCell(Cell(row, start, "", col_span=end - start), tuple(self.blocks(element))))
            open_cells = still_open
        return blocks_of(cells)


def _grown(cell: Cell, row: int) -> Cell:
    return replace(cell, row_span=row - cell.row + 1)


def _runs(element: Any) -> Iterator[str]:
    """The printed text inside ``element``, text boxes not included."""
    for child in element:
        tag = child.tag
        if tag in _NOT_PRINTED or not isinstance(tag, str):
            continue
        if tag in _CHARS:
            yield _CHARS[tag]
        elif tag in _TEXT:
            yield child.text or ""
        elif tag == f"{_W}sym":
            yield _SYMBOLS.get((child.get(f"{_W}char") or "").upper()[-2:], "")
        elif tag == f"{_MC}AlternateContent":
            choice = child.find(f"{_MC}Choice")
            yield from _runs(choice if choice is not None else child)
        elif tag != f"{_W}r" or not _is_hidden(child):
            yield from _runs(child)


def _is_hidden(run: Any) -> bool:
    vanish = run.find(f"{_W}rPr/{_W}vanish")
    return vanish is not None and vanish.get(_VAL, "true") not in _OFF


def _text_boxes(paragraph: Any) -> Iterator[Any]:
    """Contents of the text boxes anchored in ``paragraph``; of a box written twice the newer form only."""
    for box in paragraph.iter(f"{_W}txbxContent"):
        between = set()
        for ancestor in box.iterancestors():
            if ancestor is paragraph:
                break
            between.add(ancestor.tag)
        if not between & {f"{_MC}Fallback", f"{_W}txbxContent", f"{_W}del"}:
            yield box


def _heading_levels(document: Any) -> dict[str, int]:
    """Style id -> heading level, 1 for the outermost, through the styles each is based on."""
    levels: dict[str, int] = {}
    for style in document.styles:
        current, seen = style, set[str]()
        while current is not None and current.style_id not in seen:
            seen.add(current.style_id)
            level = _style_level(current)
            if level is not None:
                levels[style.style_id] = level
                break
            current = getattr(current, "base_style", None)
    return levels


def _style_level(style: Any) -> int | None:
    outline = style.element.find(f"{_W}pPr/{_W}outlineLvl")
    if outline is not None:
        return _outline(outline)
    named = re.fullmatch(r"(?:heading|标题)\s*([1-9])", (style.name or "").lower())
    if named:
        return int(named[1])
    return 1 if (style.name or "").lower() == "title" else None


def _outline(element: Any) -> int | None:
    level = int(element.get(_VAL, 9))
    return level + 1 if level < 9 else None
