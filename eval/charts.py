"""Small charts as inline SVG, so that a report is one file that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

COLOURS = ("#1f5fa8", "#c8702a", "#3c8d53", "#8a4f9e", "#6b6b6b")
WIDTH, BAR, GAP, LABEL = 640, 14, 10, 150


def bars(rows: Sequence[tuple[str, Sequence[float]]], series: Sequence[str], title: str) -> str:
    """Horizontal bars of shares (0 to 1): one group a row, one bar a series."""
    group = BAR * len(series) + GAP
    height = group * len(rows) + 46
    scale = WIDTH - LABEL - 60
    out = [_legend(series)]
    for i, (label, shares) in enumerate(rows):
        top = 36 + i * group
        middle = top + BAR * len(series) / 2 + 4
        out.append(f'<text x="{LABEL - 8}" y="{middle}" text-anchor="end">{escape(label)}</text>')
        for j, share in enumerate(shares):
            y, width = top + j * BAR, max(share, 0) * scale
            out.append(f'<rect x="{LABEL}" y="{y}" width="{width:.1f}" height="{BAR - 3}" fill="{COLOURS[j % 5]}"/>')
            out.append(f'<text x="{LABEL + width + 4:.1f}" y="{y + BAR - 4}" class="n">{share:.1%}</text>')
    return _svg(height, title, out)


def lines(curves: Sequence[tuple[str, Sequence[tuple[float, float]]]], title: str, x: str, y: str) -> str:
    """Lines through (x, y) points of shares; y is scaled to the highest point."""
    left, top, width, height = 60, 40, WIDTH - 100, 200
    highest = max((py for _, points in curves for _, py in points), default=0.0) or 1.0
    out = [
        _legend([name for name, _ in curves]),
        f'<path d="M{left} {top}V{top + height}H{left + width}" fill="none" stroke="#888"/>',
        f'<text x="{left + width}" y="{top + height + 18}" text-anchor="end">{escape(x)} → 100%</text>',
        f'<text x="{left - 6}" y="{top + 5}" text-anchor="end">{highest:.1%}</text>',
        f'<text x="{left + 6}" y="{top + 5}">{escape(y)}</text>',
    ]
    for j, (_, points) in enumerate(curves):
        path = " ".join(f"{left + px * width:.1f},{top + height * (1 - py / highest):.1f}" for px, py in points)
        out.append(f'<polyline points="{path}" fill="none" stroke="{COLOURS[j % 5]}" stroke-width="2"/>')
    return _svg(top + height + 30, title, out)


def _legend(names: Sequence[str]) -> str:
    out, x = [], LABEL
    for j, name in enumerate(names):
        out.append(f'<rect x="{x}" y="12" width="10" height="10" fill="{COLOURS[j % 5]}"/>')
        out.append(f'<text x="{x + 14}" y="21">{escape(name)}</text>')
        x += 40 + 13 * len(name)
    return "".join(out)


def _svg(height: float, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(title)}" '
        f'xmlns="http://www.w3.org/2000/svg"><title>{escape(title)}</title>{"".join(parts)}</svg>'
    )
