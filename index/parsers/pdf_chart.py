"""Charts on a page: their place, and the labels that must not run into the text around them."""

from __future__ import annotations

from collections.abc import Sequence

from index.parsers.pdf_content import PageContent
from index.parsers.pdf_words import Line
from index.records import Box

MIN_SIDE = 40.0  # points: smaller drawings are bullets, stamps of words or rules
MIN_SHAPES = 3
NEAR = 12.0
LABEL_REACH = 36.0  # points above and below a chart where its labels stand
LABEL_SIZE = 0.85  # of the body's type size


def charts_of(page: PageContent) -> list[Box]:
    """The boxes of drawings made of several curved or slanted shapes."""
    groups: list[tuple[Box, int]] = []
    for shape in page.shapes:
        box, count = shape, 1
        apart = []
        for other, n in groups:
            if _near(box, other):
                box, count = _around(box, other), count + n
            else:
                apart.append((other, n))
        groups = [*apart, (box, count)]
    found = [b for b, n in groups if n >= MIN_SHAPES and b.x1 - b.x0 >= MIN_SIDE and b.bottom - b.top >= MIN_SIDE]
    return [_with_panels(box, page) for box in found]


def _with_panels(box: Box, page: PageContent) -> Box:
    """The drawing with the bars, walls and legend marks near it."""
    for panel in sorted(page.panels, key=lambda p: abs(p.top - box.top)):
        if _near(panel, box) and panel.bottom - panel.top < 0.6 * page.height:
            box = _around(box, panel)
    return box


def _near(a: Box, b: Box) -> bool:
    return a.x0 < b.x1 + NEAR and b.x0 < a.x1 + NEAR and a.top < b.bottom + NEAR and b.top < a.bottom + NEAR


def _around(a: Box, b: Box) -> Box:
    return Box(min(a.x0, b.x0), min(a.top, b.top), max(a.x1, b.x1), max(a.bottom, b.bottom))


def in_chart(box: Box, chart: Box) -> bool:
    """True where most of a drawn grid lies in a chart or its legend: chart frames are no tables."""
    across = min(box.x1, chart.x1 + NEAR) - max(box.x0, chart.x0 - NEAR)
    down = min(box.bottom, chart.bottom + LABEL_REACH) - max(box.top, chart.top - LABEL_REACH)
    size = (box.x1 - box.x0) * (box.bottom - box.top)
    return across > 0 and down > 0 and across * down > 0.6 * size


def is_label(line: Line, chart: Box, body_size: float) -> bool:
    """True for small type beside, just above or just below a chart."""
    level = chart.top - LABEL_REACH < line.middle < chart.bottom + LABEL_REACH
    inside = chart.top <= line.middle <= chart.bottom and line.x0 < chart.x1 and chart.x0 < line.x1
    return inside or (level and line.size < LABEL_SIZE * body_size)


def split_labels(lines: Sequence[Line], charts: Sequence[Box], body_size: float) -> tuple[list[Line], list[list[Line]]]:
    """Parts a page's lines into text and, for each chart, its labels."""
    text: list[Line] = []
    labels: list[list[Line]] = [[] for _ in charts]
    for line in lines:
        owner = next((i for i, chart in enumerate(charts) if is_label(line, chart, body_size)), None)
        (text if owner is None else labels[owner]).append(line)
    return text, labels
