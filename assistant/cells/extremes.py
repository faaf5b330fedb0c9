"""The highest and the lowest: a value, or the record, group or column that has it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from assistant.cells.candidates import Candidate
from assistant.cells.columns import CODES, column_for, distinct, head_of, items, name_column, targets
from assistant.cells.conditions import Reading
from assistant.cells.frames import TOTAL, Frame, day, number
from assistant.cells.matching import folded
from assistant.cells.wording import ENTITY, Operation, Result, figures

_RATES = re.compile("率|价|比|均|系数|指数|年龄|工龄|天数|年限|余额|标准")


def extreme(
    question: str, frame: Frame, reading: Reading, rows: Sequence[dict[int, Candidate]], *, highest: bool
) -> Result | None:
    """The highest or lowest of a column: its value, or the record or group that has it; ties are all given."""
    q = folded(question)
    rows = items(frame, rows)
    dated = bool(re.search("最早|最晚", q))
    place, shown = _measure(q, frame, reading, dated=dated)
    asked = ENTITY.search(q)
    noun = (asked[1] or asked[2] or asked[3] or "") if asked else ""
    others = [c.place for c in frame.columns if c.place != place]
    textual = [p for p in others if not frame.is_numeric(p)]
    entity = column_for(frame, noun, textual, others) if noun else None
    named_entity = [p for p in reading.named if not frame.is_numeric(p)]
    if asked and entity is None and named_entity and noun:
        entity = named_entity[-1]
    if (
        entity is not None
        and re.search("记录|次数|笔数", q.split("最")[0])
        and not targets(frame, reading, numeric=True)
    ):
        return _most_records(q, rows, entity, highest=highest)
    if place is None:
        return None
    if len(rows) == 1:
        free = [c.place for c in frame.columns if frame.is_numeric(c.place)]
        return _best_column(frame, rows[0], free, highest=highest, value=asked is None)
    groups = _grouped(rows, entity)
    column = head_of(frame, place)
    adds = len(groups) < len(rows) and not dated and not _RATES.search(column)
    scored: list[tuple[Decimal, list[dict[int, Candidate]]]] = []
    for group in groups:
        amounts = [v for r in group if place in r and (v := _ordinal(r[place].text, dated=dated)) is not None]
        if amounts:
            scored.append((sum(amounts, Decimal(0)) if adds else (max if highest else min)(amounts), group))
    if not scored:
        return None
    top = (max if highest else min)(s for s, _ in scored)
    best = [r for s, g in scored if s == top for r in g if adds or _at(r, place, dated=dated) == top]
    return _shown_extreme(frame, best, top, (place, shown, entity), asked=asked is not None, highest=highest)


def _shown_extreme(
    frame: Frame, best: Sequence[dict[int, Candidate]], top: Decimal,
    places: tuple[int, int | None, int | None], *, asked: bool, highest: bool,
) -> Result:  # fmt: skip
    """The value asked for beside the extreme one, or the extreme value, or what has it."""
    place, shown, entity = places
    operation: Operation = "highest" if highest else "lowest"
    cells = tuple(dict.fromkeys(r[place] for r in best if place in r))
    if shown is not None and not asked:
        others = tuple(dict.fromkeys(r[shown] for r in best if shown in r))
        return Result(operation, "，".join(c.text for c in others), figures(others), (*others, *cells), "", 0.6)
    if not asked:
        return Result(operation, cells[0].text, (top,), cells, "", 0.6)
    if entity is None and len(best) > 1:
        entity = name_column(frame, best)
    if entity is None:
        names = [r[p] for r in best for p in r if not frame.is_numeric(p) and r[p].text and len(r[p].text) < 40]
        names = list(dict.fromkeys(names))[:8]
    else:
        names = distinct(best, entity)
    text = "，".join(c.text for c in names) + f"（{cells[0].text}）"
    return Result(operation, text, (top,), (*names, *cells), "", 0.6)


def _measure(q: str, frame: Frame, reading: Reading, *, dated: bool) -> tuple[int | None, int | None]:
    """The column that is compared (named before 最) and the one that is asked for (税率最高的发票的开票金额)."""
    fits = frame.is_date if dated else frame.is_numeric
    tested = {c.place for c in reading.conditions}
    before = q.split("最", maxsplit=1)[0]
    named = [p for p in dict.fromkeys(reading.named) if fits(p) and p not in tested]
    first = [p for p in named if folded(head_of(frame, p)) in before]
    shown = next((p for p in reading.named if folded(head_of(frame, p)) not in before and p not in tested), None)
    if first or named:
        return (first or named)[-1], shown if first else None
    free = [c.place for c in frame.columns if fits(c.place) and not CODES.search(c.name) and c.place not in tested]
    guess = column_for(frame, before[-6:].replace("\x00", ""), free)
    return guess if guess is not None else free[-1] if free else None, shown


def _grouped(rows: Sequence[dict[int, Candidate]], entity: int | None) -> list[list[dict[int, Candidate]]]:
    groups: dict[str, list[dict[int, Candidate]]] = {}
    for i, row in enumerate(rows):
        key = row[entity].text if entity is not None and entity in row else f"\x00{i}"
        groups.setdefault(key, []).append(row)
    return list(groups.values())


def _most_records(q: str, rows: Sequence[dict[int, Candidate]], entity: int, *, highest: bool) -> Result:
    counts = Counter(r[entity].text for r in rows if entity in r and r[entity].text)
    few = re.search("哪([2-9])|前([2-9])", q)
    ordered = counts.most_common() if highest else counts.most_common()[::-1]
    edge = ordered[min(len(ordered), int(few[1] or few[2]) if few else 1) - 1][1]
    names = [n for n, k in ordered if (k >= edge if highest else k <= edge)]
    cells = tuple(c for c in distinct(rows, entity) if c.text in names)
    return Result("highest" if highest else "lowest", "，".join(names), (Decimal(ordered[0][1]),), cells, "", 0.6)


def _at(row: dict[int, Candidate], place: int, *, dated: bool) -> Decimal | None:
    return _ordinal(row[place].text, dated=dated) if place in row else None


def _ordinal(text: str, *, dated: bool) -> Decimal | None:
    if dated:
        found = day(text)
        return Decimal(found.toordinal()) if found else None
    return number(text)


def _best_column(
    frame: Frame, row: dict[int, Candidate], targets: Sequence[int], *, highest: bool, value: bool
) -> Result | None:
    parts = [p for p in targets if not TOTAL.fullmatch(head_of(frame, p))] or targets
    amounts = [(v, p) for p in parts if p in row and (v := number(row[p].text)) is not None]
    if not amounts:
        return None
    top = (max if highest else min)(v for v, _ in amounts)
    names = [c.name for c in frame.columns if (top, c.place) in amounts]
    cells = tuple(row[p] for v, p in amounts if v == top)
    text = cells[0].text if value else "，".join(names)
    return Result("highest" if highest else "lowest", text, (top,), cells, "", 0.5)
