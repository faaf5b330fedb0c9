"""Answers that need more than finding cells: sums, differences, shares, extremes, counts, filters; Decimal only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from assistant.cells.candidates import Candidate
from assistant.cells.columns import CODES, column_for, distinct, head_of, items, name_column, targets
from assistant.cells.conditions import Reading, read
from assistant.cells.extremes import extreme
from assistant.cells.frames import Frame, number, read_frames
from assistant.cells.matching import folded
from assistant.cells.selection import select
from assistant.cells.wording import COUNTED, ENTITY, Operation, Result, figures, operation_of, shown

_ROWS = re.compile("条|笔|次|记录|条目|张")


def answer(question: str, candidates: Sequence[Candidate]) -> Result:
    """Read the question against the lists of the table, then compute; else give the cells that the ranking selects."""
    readings = [(frame, read(question, frame)) for frame in read_frames(candidates)]
    best = max(readings, key=lambda x: _weight(x[1]), default=None)
    wanted = operation_of(best[1].rest if best is not None else question)
    if best is not None:
        computed = _computed(question, wanted, *best)
        if computed is not None:
            return computed
    return _over_cells(question, wanted, candidates)


def _weight(reading: Reading) -> float:
    return sum(1 + 0.1 * (c.said[1] - c.said[0]) for c in reading.conditions) + 0.5 * len(set(reading.named))


def _computed(question: str, wanted: Operation, frame: Frame, reading: Reading) -> Result | None:
    rows = reading.rows(frame)
    if not rows:
        return None
    if wanted == "count":
        return _count(question, frame, reading, rows)
    if wanted in ("highest", "lowest"):
        return extreme(question, frame, reading, rows, highest=wanted == "highest")
    if wanted in ("sum", "average"):
        return _total(wanted, frame, reading, rows)
    if wanted in ("difference", "ratio"):
        return _two_sides(wanted, frame, reading, rows)
    if wanted in ("list", "lookup"):
        return _listed(question, frame, reading, rows)
    return None


def _two_sides(
    wanted: Operation, frame: Frame, reading: Reading, rows: Sequence[dict[int, Candidate]]
) -> Result | None:
    """Two columns over the same records, or one column over two groups of records, each added up and compared."""
    places = targets(frame, reading, numeric=True)
    split = next((c for c in reading.conditions if c.test == "in" and len(c.values) == 2), None)
    if len(places) == 2 and split is None and wanted == "difference":
        sides = [_total("sum", frame, Reading(reading.conditions, (p,), reading.rest), rows) for p in places]
    elif len(places) == 1 and split is not None and len(rows) > 2:
        groups = [[r for r in rows if replace(split, values=(v,)).holds(r.get(split.place))] for v in split.values]
        sides = [_total("sum", frame, reading, g) if g else None for g in groups]
    else:
        return None
    if sides[0] is None or sides[1] is None:
        return None
    first, second = sides[0].values[0], sides[1].values[0]
    if wanted == "ratio" and not second:
        return None
    value = abs(first - second) if wanted == "difference" else first / second
    sign = "-" if wanted == "difference" else "÷"
    expression = f"{shown(first)} {sign} {shown(second)}"
    return Result(wanted, shown(value), (value, first, second), (*sides[0].cells, *sides[1].cells), expression, 0.6)


def _count(question: str, frame: Frame, reading: Reading, rows: Sequence[dict[int, Candidate]]) -> Result | None:
    rows = items(frame, rows)
    asked = COUNTED.search(folded(question))
    measure, noun = (asked[1] or "", asked[2]) if asked else ("", "")
    if measure in ("名", "") and re.search("人|学生|毕业生", noun):
        heads = [c.place for c in frame.columns if re.search("人数", c.name) and frame.is_numeric(c.place)]
        if heads:
            return _total("sum", frame, Reading(reading.conditions, tuple(heads[:1]), reading.rest), rows)
    place = column_for(frame, noun) if noun else None
    coded = place is not None and bool(CODES.search(head_of(frame, place)))
    if place is not None and frame.is_numeric(place) and not coded and measure not in ("种", "个", "类"):
        return _total("sum", frame, Reading(reading.conditions, (place,), reading.rest), rows)
    records = (
        bool(_ROWS.fullmatch(measure))
        or bool(re.search("记录|条目", noun))
        or (measure in ("名", "位") and place is None)
    )
    if place is None or records or coded:
        cells = [r[min(r)] for r in rows]
    elif place == name_column(frame, rows):
        cells = list(dict.fromkeys(r[place] for r in rows if place in r and r[place].text))
    else:
        cells = distinct(rows, place)
    return Result("count", str(len(cells)), (Decimal(len(cells)),), tuple(cells), f"count = {len(cells)}", 0.6)


def _total(wanted: Operation, frame: Frame, reading: Reading, rows: Sequence[dict[int, Candidate]]) -> Result | None:
    places = targets(frame, reading, numeric=True)
    tested = {c.place for c in reading.conditions}
    if not places:
        free = [c.place for c in frame.columns if frame.is_numeric(c.place) and c.place not in tested]
        free = [p for p in free if not re.search("序号|编号|编码|号码|电话|凭证号|年份|^[年月日]$", head_of(frame, p))]
        counted = re.search("多少(件|台|个|箱|辆|套|只)", reading.rest)
        noun = re.split("[\x00的,]", re.split("是多少|有多少|为多少", reading.rest)[0])[-1]
        noun = "数量" if counted else noun
        guess = column_for(frame, noun, free) if noun else None
        free = [guess] if guess is not None and len(rows) > 1 else free
        if not free or (len(free) > 1 and len(rows) > 1):
            return None
        places = free
    cells = list(
        dict.fromkeys(r[p] for r in items(frame, rows) for p in places if p in r and number(r[p].text) is not None)
    )
    if not cells or (len(cells) == 1 and not reading.conditions):
        return None
    amounts = [number(c.text) or Decimal(0) for c in cells]
    value = sum(amounts, Decimal(0))
    if wanted == "average":
        value /= len(amounts)
    expression = " + ".join(shown(a) for a in amounts)
    return Result(wanted, shown(value), (value,), tuple(cells), expression, 0.6)


def _listed(question: str, frame: Frame, reading: Reading, rows: Sequence[dict[int, Candidate]]) -> Result | None:
    """Values of the named columns in the records that the conditions leave."""
    if not reading.conditions or (len(rows) == len(frame.rows) and all(c.test != "day" for c in reading.conditions)):
        return None
    q = folded(question)
    asked = ENTITY.search(q)
    noun = (asked[1] or asked[2] or asked[3] or "") if asked else ""
    tested = {c.place for c in reading.conditions}
    textual = [c.place for c in frame.columns if not frame.is_numeric(c.place)]
    place = column_for(frame, noun, textual, [c.place for c in frame.columns]) if noun else None
    places = targets(frame, reading, numeric=False)
    if place is not None and (place not in tested or place in reading.named):
        places = [place]
    if not places:
        places = _asked_column(frame, reading, rows, tested, listing=asked is not None and asked[3] is None)
    cells = [c for p in places for c in (distinct(items(frame, rows), p) if asked else [r[p] for r in rows if p in r])]
    cells = list(dict.fromkeys(c for c in cells if c.text))
    if not cells or (len(cells) > 12 and asked is None):
        return None
    texts = list(dict.fromkeys(c.text for c in cells)) if not figures(cells) else [c.text for c in cells]
    return Result("list", "，".join(texts), figures(cells), tuple(cells), "", 0.6)


def _asked_column(
    frame: Frame, reading: Reading, rows: Sequence[dict[int, Candidate]], tested: set[int], *, listing: bool
) -> list[int]:
    """The column meant by the last noun before 是, else the names of the records, else the only figure."""
    noun = re.split("[\x00的,]", re.split("是多少|是什么|是谁|是哪|有多少|有哪|分别|为多少", reading.rest)[0])[-1]
    free = [c.place for c in frame.columns if c.place not in tested]
    place = column_for(frame, noun, free) if noun else None
    if place is not None:
        return [place]
    if listing:
        name = name_column(frame, items(frame, rows))
        return [name] if name is not None else []
    figures = [p for p in free if frame.is_numeric(p) and not re.search("号|^[年月日]$", head_of(frame, p))]
    return figures if len(figures) == 1 and "多少" in reading.rest else []


def _over_cells(question: str, wanted: Operation, candidates: Sequence[Candidate]) -> Result:
    """The operation over the cells that the ranking selects for the question."""
    chosen = select(question, candidates)
    cells = tuple(s.candidate for s in chosen.cells)
    values = figures(cells)
    text = "，".join(c.text for c in cells)
    if wanted == "check":
        verdict = _verdict(question, cells, values)
        if verdict:
            return Result("check", verdict, values, cells, "", chosen.confidence)
    if wanted == "count" and not (len(cells) == 1 and values):
        return Result("count", str(len(cells)), (Decimal(len(cells)),), cells, "", chosen.confidence)
    if wanted in ("difference", "ratio", "growth") and len(values) == 2:
        around = {(c.table, c.row): [x.text for x in candidates if (x.table, x.row) == (c.table, c.row)] for c in cells}
        computed = _pair(question, wanted, cells, values, around)
        if computed is not None:
            return Result(wanted, shown(computed), (computed, *values), cells, "", chosen.confidence)
    if wanted in ("sum", "average") and len(values) > 1:
        value = sum(values, Decimal(0)) / (len(values) if wanted == "average" else 1)
        return Result(wanted, shown(value), (value, *values), cells, " + ".join(map(shown, values)), chosen.confidence)
    return Result("lookup", text, values, cells, "", chosen.confidence)


def _verdict(question: str, cells: Sequence[Candidate], values: Sequence[Decimal]) -> str:
    """是 or 否, where two figures are compared or a cell says it itself."""
    q = folded(question)
    if len(values) == 2:
        first, second = values
        if re.search("相同|1样|相等|1致", q):
            return "是" if first == second else "否"
        if re.search("高于|大于|超过|多于", q):
            return "是" if first > second else "否"
        if re.search("低于|小于|少于", q):
            return "是" if first < second else "否"
    if len(cells) == 1 and cells[0].text in ("是", "√", "否", "×"):
        return "是" if cells[0].text in ("是", "√") else "否"
    return ""


def _pair(
    question: str, wanted: Operation, cells: Sequence[Candidate], values: Sequence[Decimal],
    around: dict[tuple[str, int], list[str]],
) -> Decimal | None:  # fmt: skip
    """Two cells in the order in which the question says what sets them apart."""
    q = folded(question)
    first, second = values

    def said(cell: Candidate, other: Candidate) -> int:
        texts = [*cell.row_path, *cell.column_path, *around[cell.table, cell.row]]
        known = {*other.row_path, *other.column_path, *around[other.table, other.row]}
        if cell.row == other.row:
            texts, known = list(cell.column_path), set(other.column_path)
        places = [q.find(folded(t)) for t in texts if t and t not in known and folded(t) in q]
        return min(places, default=len(q))

    if said(cells[1], cells[0]) < said(cells[0], cells[1]):
        first, second = second, first
    if wanted == "difference":
        return abs(first - second)
    if wanted == "growth":
        return (first - second) / second if second else None
    return first / second if second else None
