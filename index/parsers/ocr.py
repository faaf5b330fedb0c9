"""Pictures of pages to glyphs and ruling lines, by optical character recognition (rapidocr, models in its wheel).

Nothing is loaded before the first scanned page: the engine takes seconds and a few hundred megabytes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.parsers.pdf_content import Glyph, Rule

INSTALL_HINT = "扫描页需要文字识别：请先执行 pip install rapidocr，再重新导入。"
TYPE_SHARE = 0.8  # of the height of a recognised line box that is the type's em
DETECTION_PIXELS = 1_600  # the longer side of the picture in which lines are searched
LEAST_SCORE = 0.5
GOOD_SCORE = 0.75  # mean score under which a page may stand on its head
ROW_RULE = 30.0  # points: shorter dark bars may be strokes of large characters
COLUMN_RULE = 24.0
CLEARED = 2.5  # times the least length of a rule: strokes of large characters must not be cleared away
THICKEST = 6.0
MAX_SKEW = 10.0  # degrees

Picture = NDArray[np.uint8]


class OcrMissing(Exception):
    """The recognition engine is not installed; the message is Chinese and names the command."""


@dataclass(frozen=True, slots=True)
class RecognisedPage:
    """Glyphs with confidence and ruling lines, in points of the picture after ``turn`` degrees clockwise."""

    glyphs: tuple[Glyph, ...]
    rules: tuple[Rule, ...]
    turn: int


@dataclass(frozen=True, slots=True)
class _Piece:
    """A recognised word: text, its four corners in pixels, and the score of its line."""

    text: str
    corners: NDArray[np.float64]
    score: float


@lru_cache(maxsize=1)
def _engine() -> Any:
    try:
        from rapidocr import RapidOCR
    except ImportError as error:
        raise OcrMissing(INSTALL_HINT) from error
    # Looked at whole, a page of more pixels loses thin strokes at the left of a line (一、), and takes longer.
    return RapidOCR(
        params={"Global.log_level": "error", "Det.limit_type": "max", "Det.limit_side_len": DETECTION_PIXELS}
    )


def recognise(picture: Picture, scale: float, may_turn: bool = True) -> RecognisedPage:
    """Reads a page picture (height × width × 3 bytes) drawn at ``scale`` pixels a point.

    With ``may_turn`` a page that lies on its side or stands on its head is turned first.

    Raises:
        OcrMissing: rapidocr is not installed.
    """
    clear = _without_rules(picture, scale)
    turn, lines = _best_turn(clear) if may_turn else (0, _lines(clear))
    picture = _turned(picture, turn)
    rotation, rules = _rotation(0.0, picture), _rules(picture, scale)
    if skew := _skew(lines):
        straight = _rotation(-skew, picture)
        straight_rules = _rules(_rotated(picture, straight), scale)
        if _length(straight_rules) >= _length(rules):  # slopes of short words may mislead, rules do not
            rotation, rules = straight, straight_rules
    glyphs = [g for line in lines for g in _glyphs(line, rotation, scale)]
    return RecognisedPage(tuple(glyphs), tuple(rules), turn)


def _length(rules: Sequence[Rule]) -> float:
    return sum(rule.end - rule.start for rule in rules)


def _lines(picture: Picture) -> list[list[_Piece]]:
    result = _engine()(np.ascontiguousarray(picture), use_cls=False, return_word_box=True)
    if result is None or result.boxes is None:
        return []
    found: list[list[_Piece]] = []
    words = result.word_results or [()] * len(result.boxes)
    for box, text, score, parts in zip(result.boxes, result.txts, result.scores, words, strict=True):
        if score < LEAST_SCORE or not text.strip():
            continue
        outline = np.asarray(box, dtype=np.float64)
        pieces = [_Piece(t, _within(np.asarray(c, dtype=np.float64), outline), score) for t, _, c in parts if c]
        whole = "".join(p.text for p in pieces) == "".join(text.split())
        found.append(pieces if whole else [_Piece(text, outline, score)])
    return found


def _within(word: NDArray[np.float64], line: NDArray[np.float64]) -> NDArray[np.float64]:
    """The word's corners with the line's top and bottom, so that all words of a line stand at one height."""
    (left_top, right_top, right_low, left_low) = line
    span = max(right_top[0] - left_top[0], 1.0)
    if abs(right_low[1] - right_top[1]) > span:
        return word
    corners = []
    for index, (x, _) in enumerate(word):
        a, b = (left_top, right_top) if index < 2 else (left_low, right_low)
        share = (x - a[0]) / max(b[0] - a[0], 1.0)
        corners.append((x, a[1] + share * (b[1] - a[1])))
    return np.asarray(corners)


def _best_turn(picture: Picture) -> tuple[int, list[list[_Piece]]]:
    lines = _lines(picture)
    long = [line for line in lines if len("".join(p.text for p in line)) > 1]
    tall = sum(1 for line in long if _is_tall(line))
    if long and tall > 0.6 * len(long):
        turns = [90, 270]
    elif lines and _mean_score(lines) < GOOD_SCORE:
        turns = [180]
    else:
        return 0, lines
    tried = [(turn, _lines(_turned(picture, turn))) for turn in turns]
    if turns == [180]:
        tried.append((0, lines))
    return max(tried, key=lambda pair: _mean_score(pair[1]) * math.sqrt(len(pair[1])))


def _is_tall(line: Sequence[_Piece]) -> bool:
    corners = np.concatenate([p.corners for p in line])
    across, down = np.ptp(corners[:, 0]), np.ptp(corners[:, 1])
    return bool(down > 1.5 * across)


def _mean_score(lines: Sequence[Sequence[_Piece]]) -> float:
    return sum(line[0].score for line in lines) / len(lines) if lines else 0.0


def _turned(picture: Picture, turn: int) -> Picture:
    return np.ascontiguousarray(np.rot90(picture, -turn // 90))


def _skew(lines: Sequence[Sequence[_Piece]]) -> float:
    """Degrees that the lines run down to the right; 0 where that is too little to matter."""
    slopes = []
    for line in lines:
        (ax, ay), (bx, by) = line[0].corners[0], line[-1].corners[1]
        if bx - ax > 4 * abs(line[0].corners[3][1] - ay):
            slopes.append(math.degrees(math.atan2(by - ay, bx - ax)))
    middle = sorted(slopes)[len(slopes) // 2] if slopes else 0.0
    return middle if 0.25 < abs(middle) < MAX_SKEW else 0.0


def _rotation(degrees: float, picture: Picture) -> NDArray[np.float64]:
    """The 2 × 3 matrix that turns points clockwise around the picture's middle."""
    x, y = picture.shape[1] / 2, picture.shape[0] / 2
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[cos, -sin, x - cos * x + sin * y], [sin, cos, y - sin * x - cos * y]])


def _rotated(picture: Picture, rotation: NDArray[np.float64]) -> Picture:
    import cv2

    turned = cv2.warpAffine(picture, rotation, picture.shape[1::-1], borderValue=(255, 255, 255))
    return np.asarray(turned, np.uint8)


def _glyphs(line: Sequence[_Piece], rotation: NDArray[np.float64], scale: float) -> list[Glyph]:
    found = []
    for piece in line:
        points = (piece.corners @ rotation[:, :2].T + rotation[:, 2]) / scale
        left, right = float(points[:, 0].min()), float(points[:, 0].max())
        high, low = float(points[:2, 1].mean()), float(points[2:, 1].mean())
        text = "".join(piece.text.split())
        step = (right - left) / max(len(text), 1)
        size = round(2 * TYPE_SHARE * (low - high)) / 2
        for place, character in enumerate(text):
            x = left + place * step
            found.append(Glyph(character, x, x + step, (high + low) / 2, size, round(piece.score, 3)))
    return found


def _rules(picture: Picture, scale: float) -> list[Rule]:
    """Long straight dark bars of the picture."""
    import cv2

    rules = []
    for horizontal, bars in zip((True, False), _bars(picture, scale, 1.0), strict=True):
        count, _, stats, _ = cv2.connectedComponentsWithStats(bars)
        for x, y, width, height, _ in stats[1:count]:
            thick, length = (height, width) if horizontal else (width, height)
            if thick > THICKEST * scale or length < 4 * thick:
                continue
            at = (y + height / 2 if horizontal else x + width / 2) / scale
            start = (x if horizontal else y) / scale
            rules.append(Rule(horizontal, float(at), float(start), float(start + length / scale)))
    return rules


def _bars(picture: Picture, scale: float, longer: float) -> tuple[Picture, Picture]:
    """Masks of the horizontal and the vertical bars, ``longer`` times the least length of a rule at least."""
    import cv2

    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    ink = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 31, 12)
    # Closing more than a pixel would make rules of the strokes of digits that stand below each other.
    ink = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    row = np.ones((1, int(longer * ROW_RULE * scale)), np.uint8)
    column = np.ones((int(longer * COLUMN_RULE * scale), 1), np.uint8)
    across, down = (np.asarray(cv2.morphologyEx(ink, cv2.MORPH_OPEN, bar), np.uint8) for bar in (row, column))
    return across, down


def _without_rules(picture: Picture, scale: float) -> Picture:
    """The picture without its ruling lines, next to which the engine overlooks thin characters (一般…)."""
    import cv2

    across, down = _bars(picture, scale, CLEARED)
    mask = cv2.dilate(across | down, np.ones((3, 3), np.uint8))
    cleared = picture.copy()
    cleared[mask > 0] = 255
    return cleared
