"""Which pages of a PDF need optical character recognition, and their content with what it read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pypdfium2 as pdfium

from index.parsers.ocr import OcrMissing, RecognisedPage, recognise
from index.parsers.pdf_content import Glyph, PageContent
from index.records import Box

MAX_SCANNED_PAGES = 200
RENDER_SCALE = 200 / 72  # pixels a point
MAX_RENDER_PIXELS = 4_000  # the longer side; a poster page must not fill the memory
FEW_GLYPHS = 30
SMALL_PICTURE = 0.005  # of the page's area: a bullet, a rule, a seal
LARGE_PICTURE = 0.12
MANY_SHAPES = 60  # curved shapes on a page without text: characters drawn as outlines


class PageScanner:
    """Completes pages that hold pictures of text; collects Chinese warnings for the reader."""

    def __init__(self, warnings: list[str]) -> None:
        self._warnings = warnings
        self._scanned: list[int] = []
        self._left_out: list[int] = []
        self._missing: str | None = None

    def completed(self, page: pdfium.PdfPage, content: PageContent) -> PageContent:
        """The page's content, with text read from its pictures where the file itself has none."""
        whole = _needs_whole_page(content)
        pictures = [] if whole else _unread_pictures(content)
        if not whole and not pictures:
            return content
        if self._missing or len(self._scanned) >= MAX_SCANNED_PAGES:
            self._left_out.append(content.number)
            return _without_ocr(content)
        try:
            read = _recognised(page, content, whole)
        except OcrMissing as error:
            self._missing = str(error)
            self._left_out.append(content.number)
            return _without_ocr(content)
        self._scanned.append(content.number)
        return _whole_page(content, read) if whole else _with_pictures(content, pictures, read)

    def finish(self) -> None:
        """Adds the warnings about recognised and unread pages."""
        if self._scanned:
            self._warnings.append(f"第{_pages(self._scanned)}页由图片识别（OCR），数字请与原件核对。")
        if self._left_out:
            reason = self._missing or f"一份文件最多识别{MAX_SCANNED_PAGES}页图片。"
            self._warnings.append(f"第{_pages(self._left_out)}页是图片，未能读取。{reason}")


def _without_ocr(content: PageContent) -> PageContent:
    """What is left of a picture page: the text that the scanner laid under the picture, if any."""
    if content.unreadable:
        return replace(content, glyphs=())
    return replace(content, glyphs=content.glyphs + content.unseen)


def _pages(numbers: list[int]) -> str:
    """Page numbers with runs drawn together: 1、3–7."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return "、".join(str(a) if a == b else f"{a}–{b}" for a, b in runs)


def _area(box: Box) -> float:
    return max(box.x1 - box.x0, 0) * max(box.bottom - box.top, 0)


def _needs_whole_page(content: PageContent) -> bool:
    if content.unreadable:
        return True
    if len(content.glyphs) > FEW_GLYPHS:
        return False
    page = content.width * content.height
    return any(_area(p) > SMALL_PICTURE * page for p in content.pictures) or len(content.shapes) > MANY_SHAPES


def _unread_pictures(content: PageContent) -> list[Box]:
    """Large pictures on a page of text that hold no text themselves: a scanned table pasted in."""
    least = LARGE_PICTURE * content.width * content.height
    return [box for box in content.pictures if _area(box) > least and sum(1 for g in content.glyphs if _in(g, box)) < 5]


def _in(glyph: Glyph, box: Box) -> bool:
    return box.x0 <= (glyph.x0 + glyph.x1) / 2 <= box.x1 and box.top <= glyph.middle <= box.bottom


def _recognised(page: pdfium.PdfPage, content: PageContent, whole: bool) -> RecognisedPage:
    scale = min(RENDER_SCALE, MAX_RENDER_PIXELS / max(content.width, content.height, 1))
    picture = page.render(scale=scale, rev_byteorder=True).to_numpy()
    picture = np.repeat(picture, 3, axis=2) if picture.shape[2] == 1 else picture[:, :, :3]
    if not whole and content.turn:
        picture = np.rot90(picture, -content.turn // 90)
    return recognise(np.ascontiguousarray(picture), scale, may_turn=whole)


def _whole_page(content: PageContent, read: RecognisedPage) -> PageContent:
    width, height = content.width, content.height
    if (content.turn in {90, 270}) is not (read.turn in {90, 270}):
        width, height = height, width
    return replace(
        content,
        width=width,
        height=height,
        turn=read.turn,
        glyphs=read.glyphs,
        rules=read.rules,
        shapes=(),
        panels=(),
        pictures=(),
        unreadable=False,
    )


def _with_pictures(content: PageContent, pictures: list[Box], read: RecognisedPage) -> PageContent:
    glyphs = tuple(g for g in read.glyphs if any(_in(g, box) for box in pictures))
    rules = tuple(
        r
        for r in read.rules
        if any(
            (b.top <= r.at <= b.bottom and r.start < b.x1 and b.x0 < r.end)
            if r.horizontal
            else (b.x0 <= r.at <= b.x1 and r.start < b.bottom and b.top < r.end)
            for b in pictures
        )
    )
    return replace(content, glyphs=content.glyphs + glyphs, rules=content.rules + rules)
