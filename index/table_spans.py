"""Spans of merged cells, inferred for tables whose source lost them (text made by a converter)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from index.records import Cell
from index.table_labels import is_value, label_score, plain

_BEGINS = frozenset(("合计", "总计", "小计"))


def infer_spans(cells: Sequence[Cell], rows: int) -> list[Cell]:
    """Widen the cells of head rows that are shorter than the row below; the order is row by row.

    A converter writes a merged head once, so the row "序号 | 收入 | 支出" stands above
    "(empty) | 项目 | 预算数 | 项目 | 预算数". An empty cell below is where the head above goes on
    downward; a run of filled cells below belongs to one head above, and the same label twice below
    means two heads above. Form rows are ragged too but are read along the row, so they stay.
    """
    if any(c.row_span > 1 or c.col_span > 1 for c in cells):
        return sorted(cells, key=lambda c: (c.row, c.col))
    lines: dict[int, list[Cell]] = {}
    widened_rows: set[int] = set()
    for cell in sorted(cells, key=lambda c: (c.row, c.col)):
        lines.setdefault(cell.row, []).append(cell)
    for row in range(rows - 2, -1, -1):
        upper, lower = lines.get(row, []), lines.get(row + 1, [])
        if len(upper) == 1 and row + 1 in widened_rows and plain(upper[0].text):
            lines[row] = [replace(upper[0], col_span=sum(c.col_span for c in lower))]
            continue
        if not 2 <= len(upper) < len(lower) or not _heads(upper) or not _heads(lower):
            continue
        if row + 1 not in widened_rows and not _related(upper, lower):
            continue
        widths = _spread([plain(c.text) for c in lower], len(upper))
        if widths is None:
            continue
        col, widened = lower[0].col, []
        for cell, width in zip(upper, widths, strict=True):
            span = sum(c.col_span for c in lower[:width])
            lower = lower[width:]
            widened.append(replace(cell, col=col, col_span=span))
            col += span
        lines[row] = widened
        widened_rows.add(row)
    return [cell for row in sorted(lines) for cell in lines[row]]


def _heads(line: Sequence[Cell]) -> bool:
    return not any(is_value(c.text) for c in line) and all(len(c.text) <= 30 for c in line)


def _related(upper: Sequence[Cell], lower: Sequence[Cell]) -> bool:
    """Heads over heads, not a form row that happens to stand above the heads of a list."""
    words = [plain(c.text) for c in lower]
    return len(set(words)) < len(words) or "" in words or all(label_score(c.text) >= 0.99 for c in upper)


def _spread(below: list[str], above: int) -> list[int] | None:
    """How many of the places ``below`` each of the ``above`` heads covers; None where none fits."""
    # What begins one run of heads begins the others too (预算数 | 决算数 | 预算数 | 决算数).
    begins = _BEGINS | set([b for b in below if b][:1])

    def cost(part: list[str]) -> float:
        filled = [p for p in part if p]
        if not filled:
            return 5.0 * (len(part) - 1)
        # A blank inside a run would be a head of its own that has gone astray.
        astray = 10.0 * (len(part) - len(filled)) + 6.0 * (len(filled) - len(set(filled)))
        return astray + sum(p in begins for p in part[1:]) + 0.1 * abs(len(part) - 2)

    @cache
    def best(start: int, heads: int) -> tuple[float, tuple[int, ...]]:
        if heads == 1:
            return cost(below[start:]), (len(below) - start,)
        options = [
            (cost(below[start : start + w]) + rest, (w, *widths))
            for w in range(1, len(below) - start - heads + 2)
            for rest, widths in [best(start + w, heads - 1)]
        ]
        return min(options)

    price, widths = best(0, above)
    return list(widths) if price < 10 else None
