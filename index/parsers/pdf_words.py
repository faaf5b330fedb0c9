"""Glyphs to text: lines of glyphs, and strings without the spaces that only spread Chinese characters apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.parsers.pdf_content import Glyph

_FIGURE = re.compile(r"[0-9.,%+\-−]")
_LATIN = re.compile(r"[A-Za-z0-9]")
WORD_GAP = 0.22  # em: less than this between Latin letters is letter spacing
SPACE_GAP = 0.8  # em: as much as this beside Chinese characters was typed as a space
COLUMN_GAP = 2.2  # em: as much as this parts two texts that share a line (编制部门：…      单位：万元)


@dataclass(frozen=True, slots=True)
class Line:
    """Glyphs that stand beside each other, from left to right."""

    glyphs: tuple[Glyph, ...]

    @property
    def x0(self) -> float:
        return self.glyphs[0].x0

    @property
    def x1(self) -> float:
        return max(g.x1 for g in self.glyphs)

    @property
    def top(self) -> float:
        return min(g.top for g in self.glyphs)

    @property
    def bottom(self) -> float:
        return max(g.bottom for g in self.glyphs)

    @property
    def size(self) -> float:
        sizes = sorted(g.size for g in self.glyphs)
        return sizes[len(sizes) // 2]

    @property
    def middle(self) -> float:
        middles = sorted(g.middle for g in self.glyphs)
        return middles[len(middles) // 2]


def least_confidence(glyphs: Sequence[Glyph]) -> float | None:
    """The least confidence of recognised glyphs, None where there are none."""
    return min((g.confidence for g in glyphs if g.confidence is not None), default=None)


def is_figure(text: str) -> bool:
    """True for a character that a printed amount is made of."""
    return bool(_FIGURE.match(text))


def lines_of(glyphs: Sequence[Glyph]) -> list[Line]:
    """Groups glyphs into lines from top to bottom.

    Middles are compared instead of baselines: some programs set digits on another baseline than the characters
    around them.
    """
    rows: list[list[Glyph]] = []
    middle = size = 0.0
    for glyph in sorted(glyphs, key=lambda g: (g.middle, g.x0)):
        if rows and glyph.middle - middle < 0.5 * max(min(glyph.size, size), 4):
            rows[-1].append(glyph)
            if len(rows[-1]) < 200:
                middle += (glyph.middle - middle) / len(rows[-1])
            size = max(size, glyph.size)
        else:
            rows.append([glyph])
            middle, size = glyph.middle, glyph.size
    return [Line(tuple(sorted(row, key=lambda g: g.x0))) for row in rows]


def pieces_of(line: Line, gap: float = COLUMN_GAP) -> list[Line]:
    """Parts a line where the white between two glyphs is at least ``gap`` em."""
    pieces: list[list[Glyph]] = [[line.glyphs[0]]]
    edge = line.glyphs[0].x1
    for before, glyph in pairwise(line.glyphs):
        if glyph.x0 - edge >= gap * max(before.size, glyph.size, 4):
            pieces.append([])
        pieces[-1].append(glyph)
        edge = max(edge, glyph.x1)
    return [Line(tuple(piece)) for piece in pieces]


def line_text(line: Line) -> str:
    """The line as text; characters spread apart for looks (合　计) are set together again."""
    words: list[str] = []
    previous: Glyph | None = None
    for glyph in line.glyphs:
        if previous is not None and not _spaced(previous, glyph):
            words[-1] += glyph.text
        else:
            words.append(glyph.text)
        previous = glyph
    return join_spread(words)


def _spaced(before: Glyph, after: Glyph) -> bool:
    gap = (after.x0 - before.x1) / max(before.size, after.size, 1)
    if _LATIN.match(before.text) and _LATIN.match(after.text):
        return gap > WORD_GAP
    return gap > SPACE_GAP


def join_spread(words: Sequence[str]) -> str:
    """Joins words with spaces, or without where every one is a single Chinese character."""
    if len(words) > 1 and all(len(w) == 1 and not _LATIN.match(w) for w in words):
        return "".join(words)
    return " ".join(words)


def join_lines(texts: Sequence[str]) -> str:
    """Joins the lines of one cell or paragraph: a space only between Latin words, so that figures stay whole."""
    joined = ""
    for text in texts:
        if joined and text and joined[-1].isalpha() and text[0].isalpha() and (joined[-1] + text[0]).isascii():
            joined += " "
        joined += text
    return joined


def runs_of(glyphs: Sequence[Glyph]) -> list[list[Glyph]]:
    """Parts glyphs, in the order they were printed, into runs that follow closely on one baseline."""
    runs: list[list[Glyph]] = []
    for glyph in glyphs:
        last = runs[-1][-1] if runs else None
        if (
            last is not None
            and abs(last.middle - glyph.middle) < 0.3 * max(last.size, 4)
            and -0.35 * last.size < glyph.x0 - last.x1 < 0.45 * last.size
        ):
            runs[-1].append(glyph)
        else:
            runs.append([glyph])
    return runs
