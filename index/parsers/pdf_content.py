"""What is drawn on one PDF page: glyphs, ruling lines, shapes and pictures, in points from the top left.

Coordinates are those of the *upright* page: the page as a viewer shows it (its /Rotate applied) and then, where
the text itself stands sideways on the page, turned until it reads from left to right. :meth:`PageContent.shown`
turns a box back to the page as it is shown.
"""

from __future__ import annotations

import ctypes
import math
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import pypdfium2 as pdfium
from pypdfium2 import raw

from index.records import Box

MAX_CHARS_PER_PAGE = 60_000
MAX_OBJECTS_PER_PAGE = 40_000
MAX_FORM_DEPTH = 6
THIN = 3.2  # points: a filled bar at most this thick is a ruling line (WPS and Word draw table borders so)
UNREADABLE_SHARE = 0.1
UNREADABLE = "\ufffd"

_PAINTED_TEXT_MODES = {0, 1, 2, 4, 5, 6}
_LINE_END_HYPHENS = {0x02, 0xFFFE}
_WHITE = {0x00, 0x09, 0x0A, 0x0D, 0x20, 0xA0, 0x3000}
_NOT_CONTENT = {"Cc", "Cf", "Zs", "Zl", "Zp"}


class Glyph(NamedTuple):
    """One printed character: its advance box left and right, the middle of its line box, and its em size.

    ``confidence`` is the OCR engine's, None for characters of the file itself.
    """

    text: str
    x0: float
    x1: float
    middle: float
    size: float
    confidence: float | None = None

    @property
    def top(self) -> float:
        return self.middle - self.size / 2

    @property
    def bottom(self) -> float:
        return self.middle + self.size / 2


class Rule(NamedTuple):
    """A horizontal or vertical ruling line: ``at`` across, ``start`` to ``end`` along."""

    horizontal: bool
    at: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class PageContent:
    """Everything the reader needs of one page.

    ``turn`` is how far the content was turned clockwise to read upright, ``unseen`` the invisible text that scanners
    lay over a picture, ``shapes`` are drawings that are no rectangles, ``panels`` filled rectangles; ``unreadable``
    says that many characters have no Unicode meaning.
    """

    number: int
    width: float
    height: float
    turn: int
    glyphs: tuple[Glyph, ...]
    unseen: tuple[Glyph, ...]
    rules: tuple[Rule, ...]
    shapes: tuple[Box, ...]
    panels: tuple[Box, ...]
    pictures: tuple[Box, ...]
    unreadable: bool
    cut: bool = False

    @classmethod
    def blank(cls, number: int) -> PageContent:
        """A page on which nothing could be read."""
        return cls(number, 0, 0, 0, (), (), (), (), (), (), unreadable=False)

    def shown(self, x0: float, top: float, x1: float, bottom: float) -> Box:
        """The box on the page as a viewer shows it, rounded to a tenth of a point."""
        corners = [_turn(x, y, (360 - self.turn) % 360, self.width, self.height) for x, y in ((x0, top), (x1, bottom))]
        (ax, ay), (bx, by) = corners
        return Box(round(min(ax, bx), 1), round(min(ay, by), 1), round(max(ax, bx), 1), round(max(ay, by), 1))


class _Frame:
    """Maps PDF user space to the page as shown."""

    def __init__(self, page: pdfium.PdfPage) -> None:
        left, low, right, high = page.get_bbox()
        self.left, self.low, self.right, self.high = left, low, right, high
        self.rotation = page.get_rotation()
        across, up = right - left, high - low
        self.width, self.height = (up, across) if self.rotation in {90, 270} else (across, up)

    def point(self, x: float, y: float) -> tuple[float, float]:
        if self.rotation == 90:
            return y - self.low, x - self.left
        if self.rotation == 180:
            return self.right - x, y - self.low
        if self.rotation == 270:
            return self.high - y, self.right - x
        return x - self.left, self.high - y


class _TextStyle(NamedTuple):
    size: float
    angle: int | None
    clip: tuple[float, float, float, float] | None
    painted: bool


_Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: _Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def read_content(page: pdfium.PdfPage, number: int) -> PageContent:
    """Collects what is drawn on a page; text outside its clipping path or off the page is left out.

    Text that a printer driver clipped away (one sheet cut over two pages, each carrying the text of both) would
    otherwise appear twice.
    """
    frame = _Frame(page)
    drawing = _Drawing(frame)
    drawing.walk(page.raw, _IDENTITY, 0)
    angled, unseen, unreadable, cut = _glyphs(page, frame, drawing.nested_text)
    turn = _reading_turn(angled or unseen)
    width, height = frame.width, frame.height
    upright, hidden = (
        tuple(_turn_glyph(g, turn, width, height) for angle, g in found if angle is not None)
        for found in (angled, unseen)
    )
    if turn in {90, 270}:
        width, height = height, width
    return PageContent(
        number=number,
        width=width,
        height=height,
        turn=turn,
        glyphs=_without_overprint(upright),
        unseen=hidden,
        rules=tuple(_turn_rule(r, turn, frame.width, frame.height) for r in drawing.rules),
        shapes=tuple(_turn_box(b, turn, frame.width, frame.height) for b in drawing.shapes),
        panels=tuple(_turn_box(b, turn, frame.width, frame.height) for b in drawing.panels),
        pictures=tuple(_turn_box(b, turn, frame.width, frame.height) for b in drawing.pictures),
        unreadable=unreadable,
        cut=cut or drawing.cut,
    )


class _RawGlyph(NamedTuple):
    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float


_Angled = list[tuple[int | None, _RawGlyph]]


def _glyphs(page: pdfium.PdfPage, frame: _Frame, nested: set[int]) -> tuple[_Angled, _Angled, bool, bool]:
    """Painted glyphs with their angles, unpainted ones, whether most are unreadable, and whether some are left out."""
    textpage = page.get_textpage()
    handle = textpage.raw
    count = textpage.count_chars()
    styles: dict[int, _TextStyle] = {}
    x, y, box = ctypes.c_double(), ctypes.c_double(), raw.FS_RECTF()
    found: _Angled = []
    unseen: _Angled = []
    bad = 0
    for i in range(min(count, MAX_CHARS_PER_PAGE)):
        code = raw.FPDFText_GetUnicode(handle, i)
        text = "-" if code in _LINE_END_HYPHENS and raw.FPDFText_IsHyphen(handle, i) == 1 else _character(code)
        if not text:
            continue
        item = raw.FPDFText_GetTextObject(handle, i)
        if not item:
            continue
        key = ctypes.addressof(item.contents)
        style = styles.get(key)
        if style is None:
            style = styles[key] = _style(handle, i, item, frame, key in nested)
        raw.FPDFText_GetCharOrigin(handle, i, x, y)
        raw.FPDFText_GetLooseCharBox(handle, i, box)
        glyph = _placed(text, (x.value, y.value), box, style, frame)
        if not _visible(glyph, style, frame):
            continue
        if not style.painted:
            unseen.append((style.angle, glyph))
            continue
        bad += _is_unreadable(text) or raw.FPDFText_HasUnicodeMapError(handle, i) == 1
        found.append((style.angle, glyph))
    textpage.close()
    return found, unseen, bool(found) and bad > UNREADABLE_SHARE * len(found), count > MAX_CHARS_PER_PAGE


def _character(code: int) -> str:
    if code in _WHITE:
        return ""
    if code < 0x20 or code > 0x10FFFF or 0xD800 <= code < 0xE000:
        return UNREADABLE  # a font without a Unicode map: its own numbers of glyphs come out
    text = chr(code)
    if unicodedata.category(text) in _NOT_CONTENT:
        return ""
    # Some fonts map common characters to radicals or compatibility forms, which no search would find.
    if 0x2E80 <= code <= 0x2FDF or 0xF900 <= code <= 0xFAFF:
        return unicodedata.normalize("NFKC", text)
    return text


def _is_unreadable(text: str) -> bool:
    return text == UNREADABLE or unicodedata.category(text[0]) in {"Co", "Cn"}


def _style(handle: Any, index: int, item: Any, frame: _Frame, nested: bool) -> _TextStyle:
    matrix = raw.FS_MATRIX()
    raw.FPDFText_GetMatrix(handle, index, matrix)
    size = raw.FPDFText_GetFontSize(handle, index) * math.hypot(matrix.c, matrix.d)
    degrees = math.degrees(math.atan2(matrix.b, matrix.a)) - frame.rotation
    quarter = round(degrees / 90)
    angle = quarter * 90 % 360 if abs(degrees - quarter * 90) < 8 else None
    painted = raw.FPDFTextObj_GetTextRenderMode(item) in _PAINTED_TEXT_MODES and size > 0.5
    clip = None if nested else _clip_box(item)
    return _TextStyle(size, angle, clip, painted)


def _clip_box(item: Any) -> tuple[float, float, float, float] | None:
    path = raw.FPDFPageObj_GetClipPath(item)
    count = raw.FPDFClipPath_CountPaths(path) if path else -1
    if count <= 0:
        return None
    left, low, right, high = -math.inf, -math.inf, math.inf, math.inf
    x, y = ctypes.c_float(), ctypes.c_float()
    for p in range(count):
        xs, ys = [], []
        for s in range(raw.FPDFClipPath_CountPathSegments(path, p)):
            if raw.FPDFPathSegment_GetPoint(raw.FPDFClipPath_GetPathSegment(path, p, s), x, y):
                xs.append(x.value)
                ys.append(y.value)
        if xs:
            left, right = max(left, min(xs)), min(right, max(xs))
            low, high = max(low, min(ys)), min(high, max(ys))
    return left, low, right, high


def _placed(text: str, origin: tuple[float, float], box: Any, style: _TextStyle, frame: _Frame) -> _RawGlyph:
    """The glyph's box from baseline and em: fonts without metrics give boxes that hug each shape ("一" and "，")."""
    (x, y), size = origin, style.size
    down, up = 0.14 * size, 0.86 * size
    angle = ((style.angle or 0) + frame.rotation) % 360
    if angle == 0:
        corners = (box.left, y - down), (box.right, y + up)
    elif angle == 90:
        corners = (x - up, box.bottom), (x + down, box.top)
    elif angle == 180:
        corners = (box.left, y - up), (box.right, y + down)
    else:
        corners = (x - down, box.bottom), (x + up, box.top)
    (ax, ay), (bx, by) = frame.point(*corners[0]), frame.point(*corners[1])
    return _RawGlyph(text, min(ax, bx), min(ay, by), max(ax, bx), max(ay, by), size)


def _visible(glyph: _RawGlyph, style: _TextStyle, frame: _Frame) -> bool:
    mx, my = (glyph.x0 + glyph.x1) / 2, (glyph.y0 + glyph.y1) / 2
    if not (0 <= mx <= frame.width and 0 <= my <= frame.height):
        return False
    if style.clip is None:
        return True
    left, low, right, high = style.clip
    (ax, ay), (bx, by) = frame.point(left, low), frame.point(right, high)
    return min(ax, bx) - 1 <= mx <= max(ax, bx) + 1 and min(ay, by) - 1 <= my <= max(ay, by) + 1


def _reading_turn(angled: _Angled) -> int:
    """How far to turn the shown page clockwise so that most of its text reads upright."""
    angles = Counter(angle for angle, _ in angled if angle is not None)
    return angles.most_common(1)[0][0] if angles else 0


def _turn(x: float, y: float, turn: int, width: float, height: float) -> tuple[float, float]:
    """Turns a point of a page (its size after turning back being width × height) clockwise."""
    if turn == 90:
        return height - y, x
    if turn == 180:
        return width - x, height - y
    if turn == 270:
        return y, width - x
    return x, y


def _turn_box(box: Box, turn: int, width: float, height: float) -> Box:
    if not turn:
        return box
    (ax, ay), (bx, by) = _turn(box.x0, box.top, turn, width, height), _turn(box.x1, box.bottom, turn, width, height)
    return Box(min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))


def _turn_glyph(glyph: _RawGlyph, turn: int, width: float, height: float) -> Glyph:
    box = _turn_box(Box(glyph.x0, glyph.y0, glyph.x1, glyph.y1), turn, width, height)
    return Glyph(glyph.text, box.x0, box.x1, (box.top + box.bottom) / 2, glyph.size)


def _turn_rule(rule: Rule, turn: int, width: float, height: float) -> Rule:
    if not turn:
        return rule
    if rule.horizontal:
        box = _turn_box(Box(rule.start, rule.at, rule.end, rule.at), turn, width, height)
    else:
        box = _turn_box(Box(rule.at, rule.start, rule.at, rule.end), turn, width, height)
    horizontal = rule.horizontal if turn in {0, 180} else not rule.horizontal
    return Rule(True, box.top, box.x0, box.x1) if horizontal else Rule(False, box.x0, box.top, box.bottom)


def _without_overprint(glyphs: tuple[Glyph, ...]) -> tuple[Glyph, ...]:
    """Drops a character printed again on the same spot, which is how some programs make bold type."""
    kept: list[Glyph] = []
    seen: dict[tuple[str, int, int], Glyph] = {}
    for glyph in glyphs:
        column, row = int(glyph.x0 // 4), int(glyph.middle // 4)
        near = (seen.get((glyph.text, column + i, row + j)) for i in (0, -1, 1) for j in (0, -1, 1))
        reach = 0.12 * glyph.size
        if any(o and abs(o.x0 - glyph.x0) < reach and abs(o.middle - glyph.middle) < reach for o in near):
            continue
        seen[glyph.text, column, row] = glyph
        kept.append(glyph)
    return tuple(kept)


class _Drawing:
    """Walks the page's objects and keeps ruling lines, shapes, panels and pictures."""

    def __init__(self, frame: _Frame) -> None:
        self.frame = frame
        self.rules: list[Rule] = []
        self.shapes: list[Box] = []
        self.panels: list[Box] = []
        self.pictures: list[Box] = []
        self.nested_text: set[int] = set()
        self.cut = False
        self._left = MAX_OBJECTS_PER_PAGE

    def walk(self, container: Any, outer: _Matrix, depth: int) -> None:
        if depth == 0:
            count, get = raw.FPDFPage_CountObjects(container), raw.FPDFPage_GetObject
        else:
            count, get = raw.FPDFFormObj_CountObjects(container), raw.FPDFFormObj_GetObject
        for i in range(count):
            self._left -= 1
            if self._left < 0:
                self.cut = True
                return
            item = get(container, i)
            kind = raw.FPDFPageObj_GetType(item)
            if kind == raw.FPDF_PAGEOBJ_PATH:
                self._path(item, outer)
            elif kind == raw.FPDF_PAGEOBJ_IMAGE:
                self._picture(item, outer)
            elif kind == raw.FPDF_PAGEOBJ_TEXT and depth:
                self.nested_text.add(ctypes.addressof(item.contents))
            elif kind == raw.FPDF_PAGEOBJ_FORM and depth < MAX_FORM_DEPTH:
                self.walk(item, _times(_matrix(item), outer), depth + 1)

    def _picture(self, item: Any, outer: _Matrix) -> None:
        a, b, c, d, e, f = _times(_matrix(item), outer)
        xs, ys = (e, e + a, e + c, e + a + c), (f, f + b, f + d, f + b + d)
        box = self._box(min(xs), min(ys), max(xs), max(ys))
        if not self._bar(box):
            self.pictures.append(box)

    def _box(self, x0: float, y0: float, x1: float, y1: float) -> Box:
        (ax, ay), (bx, by) = self.frame.point(x0, y0), self.frame.point(x1, y1)
        return Box(min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))

    def _bar(self, box: Box) -> bool:
        """Keeps a thin bar as a ruling line along its middle; False if the box is no thin bar."""
        across, down = box.x1 - box.x0, box.bottom - box.top
        if down <= THIN and across > down:
            self.rules.append(Rule(True, (box.top + box.bottom) / 2, box.x0, box.x1))
        elif across <= THIN and down > across:
            self.rules.append(Rule(False, (box.x0 + box.x1) / 2, box.top, box.bottom))
        else:
            return across <= THIN and down <= THIN
        return True

    def _path(self, item: Any, outer: _Matrix) -> None:
        fill, stroke = ctypes.c_int(), ctypes.c_int()
        raw.FPDFPath_GetDrawMode(item, fill, stroke)
        stroked = bool(stroke.value) and _inked(item, raw.FPDFPageObj_GetStrokeColor)
        filled = bool(fill.value) and _inked(item, raw.FPDFPageObj_GetFillColor)
        if not stroked and not filled:
            return
        matrix = _times(_matrix(item), outer)
        for points, straight in self._subpaths(item, matrix):
            xs, ys = [p[0] for p in points], [p[1] for p in points]
            box = Box(min(xs), min(ys), max(xs), max(ys))
            if self._bar(box):
                continue
            if stroked and straight:
                self._edges(points)
            if not straight or not _rectangular(points):
                self.shapes.append(box)
            elif filled:
                self.panels.append(box)

    def _edges(self, points: list[tuple[float, float]]) -> None:
        for (ax, ay), (bx, by) in pairwise(points):
            if abs(ay - by) < 1 < abs(ax - bx):
                self.rules.append(Rule(True, (ay + by) / 2, min(ax, bx), max(ax, bx)))
            elif abs(ax - bx) < 1 < abs(ay - by):
                self.rules.append(Rule(False, (ax + bx) / 2, min(ay, by), max(ay, by)))

    def _subpaths(self, item: Any, matrix: _Matrix) -> Iterator[tuple[list[tuple[float, float]], bool]]:
        points: list[tuple[float, float]] = []
        straight = True
        x, y = ctypes.c_float(), ctypes.c_float()
        a, b, c, d, e, f = matrix
        for i in range(min(raw.FPDFPath_CountSegments(item), MAX_OBJECTS_PER_PAGE)):
            segment = raw.FPDFPath_GetPathSegment(item, i)
            kind = raw.FPDFPathSegment_GetType(segment)
            raw.FPDFPathSegment_GetPoint(segment, x, y)
            point = self.frame.point(a * x.value + c * y.value + e, b * x.value + d * y.value + f)
            if kind == raw.FPDF_SEGMENT_MOVETO and points:
                if len(points) > 1:
                    yield points, straight
                points, straight = [], True
            straight = straight and kind != raw.FPDF_SEGMENT_BEZIERTO
            points.append(point)
            if raw.FPDFPathSegment_GetClose(segment):
                points.append(points[0])
        if len(points) > 1:
            yield points, straight


def _rectangular(points: list[tuple[float, float]]) -> bool:
    return all(abs(ax - bx) < 1 or abs(ay - by) < 1 for (ax, ay), (bx, by) in pairwise(points))


def _matrix(item: Any) -> _Matrix:
    m = raw.FS_MATRIX()
    if not raw.FPDFPageObj_GetMatrix(item, m):
        return _IDENTITY
    return m.a, m.b, m.c, m.d, m.e, m.f


def _times(m: _Matrix, n: _Matrix) -> _Matrix:
    """The matrix that applies ``m`` first, then ``n``."""
    return (
        m[0] * n[0] + m[1] * n[2],
        m[0] * n[1] + m[1] * n[3],
        m[2] * n[0] + m[3] * n[2],
        m[2] * n[1] + m[3] * n[3],
        m[4] * n[0] + m[5] * n[2] + n[4],
        m[4] * n[1] + m[5] * n[3] + n[5],
    )


def _inked(item: Any, colour_of: Any) -> bool:
    """False for white or fully transparent ink: such bars hide something and are no lines."""
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if not colour_of(item, red, green, blue, alpha):
        return True
    return alpha.value > 8 and min(red.value, green.value, blue.value) < 246
