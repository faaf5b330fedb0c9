"""Paragraphs and grids of an HTML page (.html, .htm, and the HTML that many systems export as .xls)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree
from lxml import html as lxml_html

from index.parsers.converter_text import decode
from index.parsers.errors import UnreadableFile
from index.parsers.grid_blocks import Shape
from index.parsers.nested_tables import Block, NestedCell, blocks_of
from index.parsers.printed_text import one_line
from index.records import Cell, Paragraph, Source

MAX_BYTES = 64 * 1024 * 1024
MAX_SPAN = 1000
MAX_PLACES = 2_000_000
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w-]{3,20})""", re.I)
_CHINESE_LABELS = {"gb2312", "gbk", "gb18030", "x-gbk", "gb_2312-80"}
_NOT_SHOWN = {
    "script", "style", "noscript", "template", "head", "svg", "select", "option", "button", "input", "textarea",
    "iframe", "object", "nav", "footer", "audio", "video", "canvas", "map",
}  # fmt: skip
_INLINE = {
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i", "img", "ins", "kbd",
    "label", "mark", "nobr", "o:p", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "tt", "u",
    "var", "wbr",
}  # fmt: skip
_INVISIBLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)


def read_html(path: Path) -> Source:
    """Read a page as shown: no scripts, styles, menus, or parts set to be invisible.

    Raises:
        UnreadableFile: too large, not text, or nothing shown.
    """
    if path.stat().st_size > MAX_BYTES:
        raise UnreadableFile(f"网页文件超过 {MAX_BYTES // 1024 // 1024} MB，未读取。请拆分后再导入。")
    text = decode_html(path.read_bytes())
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text)
    try:
        root = lxml_html.document_fromstring(text, parser=lxml_html.HTMLParser(remove_comments=True, remove_pis=True))
        blocks = _Flow().blocks(root)
    except (etree.LxmlError, ValueError, RecursionError) as error:
        raise UnreadableFile("网页内容无法解析。请用浏览器打开后另存为网页或 PDF，再导入。") from error
    if not blocks:
        raise UnreadableFile("网页中没有可读的文字（内容可能由脚本生成）。请用浏览器打开后另存为 PDF，再导入。")
    return Source("html", tuple(blocks))


def decode_html(data: bytes) -> str:
    """The page as text, by the encoding it declares where that fits its bytes, else by its bytes."""
    declared = _DECLARED.search(data[:4096])
    if declared and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        label = declared[1].decode("ascii").lower()
        try:
            return data.decode("gb18030" if label in _CHINESE_LABELS else label)
        except (LookupError, UnicodeDecodeError):
            pass  # pages of old systems declare gb2312 and are UTF-8, and the reverse
    return decode(data)


class _Flow:
    """Collects inline text into paragraphs; a block element or a table ends the paragraph."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._text: list[str] = []

    def blocks(self, element: Any) -> list[Block]:
        """Blocks of everything inside ``element``."""
        self._inside(element, None)
        self._end(None)
        return self._blocks

    def _inside(self, element: Any, level: int | None) -> None:
        self._text.append(_spaces(element.text))
        for child in element:
            if isinstance(child.tag, str):
                self._child(child, level)
            self._text.append(_spaces(child.tail))

    def _child(self, element: Any, level: int | None) -> None:
        tag = element.tag
        if _not_shown(element):
            return
        if tag == "br":
            self._text.append("\n" if level is not None else "\n\n")
        elif tag == "table":
            self._end(level)
            self._blocks.extend(_table(element))
        elif tag in _INLINE:
            self._inside(element, level)
        else:
            self._end(level)
            own = int(tag[1]) if re.fullmatch(r"h[1-6]", tag) else level
            self._inside(element, own)
            self._end(own)

    def _end(self, level: int | None) -> None:
        for part in re.split(r"\n\n+", "".join(self._text)):
            text = one_line(part)
            if text:
                self._blocks.append(Paragraph(text, heading_level=level))
        self._text = []


def _table(table: Any) -> list[Block]:
    captions = [c for c in table if c.tag == "caption" and not _not_shown(c)]
    name = one_line(_spaces(captions[0].text_content())) if captions else ""
    cells = [NestedCell(cell, tuple(_Flow().blocks(element))) for cell, element in _placed(_rows(table))]
    return blocks_of(cells, Shape(name=name or None))


def _rows(parent: Any) -> Iterator[Any]:
    for child in parent:
        if not isinstance(child.tag, str) or _not_shown(child):
            continue
        if child.tag == "tr":
            yield child
        elif child.tag in {"thead", "tbody", "tfoot"}:
            yield from _rows(child)


def _placed(rows: Iterator[Any]) -> Iterator[tuple[Cell, Any]]:
    """Cells at their places, by the table model of the HTML standard."""
    elements = list(rows)
    taken: dict[int, set[int]] = {}
    places = MAX_PLACES
    for row, element in enumerate(elements):
        col = 0
        here = taken.pop(row, set())
        for cell in element:
            if cell.tag not in {"td", "th"} or _not_shown(cell):
                continue
            while col in here:
                col += 1
            wide = max(_span(cell, "colspan"), 1)
            high = min(_span(cell, "rowspan") or len(elements), len(elements) - row)
            places -= wide * high
            if places < 0:
                raise UnreadableFile("网页中的表格大得异常，未读取。请用浏览器打开后另存为 PDF，再导入。")
            for below in range(row + 1, row + high):
                taken.setdefault(below, set()).update(range(col, col + wide))
            yield Cell(row, col, "", row_span=high, col_span=wide), cell
            col += wide


def _span(cell: Any, name: str) -> int:
    match = re.match(r"\s*(\d{1,6})", cell.get(name, "1"))
    return min(int(match[1]), MAX_SPAN) if match else 1


def _not_shown(element: Any) -> bool:
    return (
        element.tag in _NOT_SHOWN
        or element.get("hidden") is not None
        or bool(_INVISIBLE.search(element.get("style") or ""))
    )


def _spaces(text: str | None) -> str:
    return re.sub(r"[ \t\r\n\f]+", " ", text or "")
