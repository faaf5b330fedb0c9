"""Answers that need more than finding cells: sums, differences, shares, extremes, counts, filters; Decimal only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from assistant.cells.candidates import Candidate
from assistant.cells.conditions import Reading, read
from assistant.cells.frames import Frame, day, is_total, number, read_frames
from assistant.cells.matching import folded, pairs
from assistant.cells.selection import select

Operation = Literal[
    "lookup", "list", "count", "sum", "average", "difference", "ratio", "growth", "highest", "lowest", "check"
]

_WORDING: list[tuple[Operation, re.Pattern[str]]] = [
    ("check", re.compile("是否|有没有|是不是")),
    ("highest", re.compile("最高|最大|最多|最长|最贵|最晚|最久|排名第1|最好")),
    ("lowest", re.compile("最低|最小|最少|最短|最便宜|最早")),
    ("average", re.compile("平均(?!值|分|成本|价|工资|年)|平均.{0,8}(是多少|为多少)|均值")),
    ("growth", re.compile("增长率|增幅|降幅|增长了?百分之|同比|环比|变化率")),
    ("ratio", re.compile("占.{0,20}(比例|比重|百分比|百分之|多少)|多少倍|几倍|.{1,12}和.{1,12}的比例")),
    ("difference", re.compile("差额|差异(?!率)|相差|差值|之差|差多少|比.{1,30}(多|少|高|低|增加|减少|增长|下降)|变化量|变动额")),
    ("sum", re.compile("总和|总额|之和|总共|1共(?!有)|合计|总计|总(?!结|分|成绩|裁|经|部|资产)|共(支出|收入|销售|发生)|全年|加起来")),
    ("count", re.compile("(多少|几)(个|种|条|笔|张|位|名|次|家|项|类|份|所)|次数|条数|有多少(?!钱)")),
    ("list", re.compile("哪些|有哪|包括|列出|分别|哪几|哪两|由.{0,6}组成")),
]
_COUNTED = re.compile("(?:多少|几)(个|种|条|笔|张|位|名|次|家|项|类|份|所|件)?(?:不同的?)?([^\\x00的是有在,。?？]{0,8})")
_ROWS = re.compile("条|笔|次|记录|条目|张")
_ENTITY = re.compile("(?:哪|那)(?:1|个|种|位|名|家|项|笔|些|类|天|款|次|个)*([^\\x00的是有在,。?？最]{0,8})|谁|何人|什么([^\\x00的是有在,。?？最]{1,6})")
_VALUE_ASKED = re.compile("(最高|最大|最多|最长|最低|最小|最少|最短).{0,8}(是多少|为多少|多少)|(是|为)多少")
_RATES = re.compile("率|价|比|均|系数|指数|年龄|工龄|天数|年限|余额|标准")


@dataclass(frozen=True, slots=True)
class Result:
    """An answer with its cells: ``values`` are its figures, asked-for ones first, ``text`` what a person reads."""

    operation: Operation
    text: str
    values: tuple[Decimal, ...] = ()
    cells: tuple[Candidate, ...] = ()
    expression: str = ""
    confidence: float = 0.0


def operation_of(question: str) -> Operation:
    """What the wording asks to be done with the cells."""
    q = folded(question)
    return next((name for name, pattern in _WORDING if pattern.search(q)), "lookup")


def answer(question: str, candidates: Sequence[Candidate]) -> Result:
    """Read the question against the lists of the table, then compute; else give the cells that the ranking selects."""
    wanted = operation_of(question)
    readings = [(frame, read(question, frame)) for frame in read_frames(candidates)]
    best = max(readings, key=lambda x: _weight(x[1]), default=None)
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
        return _extreme(question, frame, reading, rows, highest=wanted == "highest")
    if wanted in ("sum", "average"):
        return _total(wanted, frame, reading, rows)
    if wanted in ("list", "lookup"):
        return _listed(question, frame, reading, rows)
    return None


def _targets(frame: Frame, reading: Reading, *, numeric: bool) -> list[int]:
    tested = {c.place for c in reading.conditions}
    named = [p for p in dict.fromkeys(reading.named) if not numeric or frame.is_numeric(p)]
    return [p for p in named if p not in tested] or named


def _column_for(frame: Frame, words: str) -> int | None:
    """The column whose head shares most with the words of a noun (产品 for 产品名称)."""
    wanted = set(pairs(folded(words))) if len(words) > 1 else set()
    best = max(
        ((len(wanted & set(pairs(folded(c.name)))), -len(c.name), c.place) for c in frame.columns if c.name),
        default=(0, 0, 0),
    )
    return best[2] if best[0] else None


def _name_column(frame: Frame, rows: Sequence[dict[int, Candidate]]) -> int | None:
    """The column that names the records: of texts, with most different values, leftmost."""
    textual = [c.place for c in frame.columns if not frame.is_numeric(c.place) and not frame.is_date(c.place)]
    stubs = [p for p in frame.stubs if p in textual]
    choice = stubs or textual
    return max(choice, key=lambda p: (len({r[p].text for r in rows if p in r and r[p].text}), -p), default=None)


def _items(frame: Frame, rows: Sequence[dict[int, Candidate]]) -> list[dict[int, Candidate]]:
    """Records without the totals that contain them; a parent is never added to its parts."""
    parts = [r for r in rows if not is_total(r, frame)]
    return parts or list(rows)


def _distinct(rows: Iterable[dict[int, Candidate]], place: int) -> list[Candidate]:
    found: dict[str, Candidate] = {}
    for row in rows:
        if place in row and row[place].text:
            found.setdefault(row[place].text, row[place])
    return list(found.values())


def _show(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _count(question: str, frame: Frame, reading: Reading, rows: Sequence[dict[int, Candidate]]) -> Result | None:
    rows = _items(frame, rows)
    asked = _COUNTED.search(folded(question))
    measure, noun = (asked[1] or "", asked[2]) if asked else ("", "")
    place = _column_for(frame, noun) if noun else None
    if place is not None and frame.is_numeric(place) and measure not in ("种", "个", "类"):
        return _total("sum", frame, Reading(reading.conditions, (place,), reading.rest), rows)
    if measure in ("名", "件", "") and not _ROWS.search(question):
        numeric = _targets(frame, reading, numeric=True)
        if numeric:
            return _total("sum", frame, reading, rows)
    counting_rows = bool(_ROWS.fullmatch(measure)) or place is None or bool(re.search("记录|条目", noun))
    cells = [r[min(r)] for r in rows] if counting_rows or place is None else _distinct(rows, place)
    return Result("count", str(len(cells)), (Decimal(len(cells)),), tuple(cells), f"count = {len(cells)}", 0.6)


def _extreme(
    question: str, frame: Frame, reading: Reading, rows: Sequence[dict[int, Candidate]], *, highest: bool
) -> Result | None:
    q = folded(question)
    rows = _items(frame, rows)
    dated = bool(re.search("最早|最晚", q))
    targets = [p for p in _targets(frame, reading, numeric=False) if (frame.is_date(p) if dated else frame.is_numeric(p))]
    if not targets:
        free = [c.place for c in frame.columns if (frame.is_date(c.place) if dated else frame.is_numeric(c.place))]
        tested = {c.place for c in reading.conditions}
        targets = [p for p in free if p not in tested][-1:] if len(rows) > 1 else [p for p in free if p not in tested]
    asked = _ENTITY.search(q)
    noun = (asked[1] or asked[2] or "") if asked else ""
    entity = (_column_for(frame, noun) if noun else None) if asked else None
    wants_value = asked is None and bool(_VALUE_ASKED.search(q))
    if not targets:
        return None
    if len(rows) == 1 or (len(targets) > 1 and len(rows) == 1):
        return _best_column(frame, rows[0], targets, highest=highest, value=wants_value)
    place = targets[-1]
    if entity is None and not wants_value:
        entity = _name_column(frame, rows)
    groups: dict[str, list[dict[int, Candidate]]] = {}
    for i, row in enumerate(rows):
        key = row[entity].text if entity is not None and entity in row else str(i)
        groups.setdefault(key if not wants_value else str(i), []).append(row)
    column = next((c.name for c in frame.columns if c.place == place), "")
    adds = not dated and not _RATES.search(column) and bool(re.search("总|合计|最多|哪个部门|哪个月", q))
    scored: list[tuple[Decimal, list[dict[int, Candidate]]]] = []
    for group in groups.values():
        amounts = [v for r in group if place in r and (v := _ordinal(r[place].text, dated=dated)) is not None]
        if amounts:
            scored.append((sum(amounts) if adds else (max if highest else min)(amounts), group))  # type: ignore[arg-type]
    if not scored:
        return None
    top = (max if highest else min)(s for s, _ in scored)
    best = [r for s, g in scored if s == top for r in g if adds or _ordinal(r.get(place, r[min(r)]).text, dated=dated) == top]
    cells = tuple(r[place] for r in best if place in r)
    if wants_value or entity is None:
        return Result("highest" if highest else "lowest", cells[0].text, (top,), cells, "", 0.6)
    names = _distinct(best, entity)
    text = "，".join(c.text for c in names) + f"（{_show(top)}）"
    return Result("highest" if highest else "lowest", text, (top,), (*names, *cells), "", 0.6)


def _ordinal(text: str, *, dated: bool) -> Decimal | None:
    if dated:
        found = day(text)
        return Decimal(found.toordinal()) if found else None
    return number(text)


def _best_column(
    frame: Frame, row: dict[int, Candidate], targets: Sequence[int], *, highest: bool, value: bool
) -> Result | None:
    amounts = [(v, p) for p in targets if p in row and (v := number(row[p].text)) is not None]
    if not amounts:
        return None
    top = (max if highest else min)(v for v, _ in amounts)
    names = [c.name for c in frame.columns if (top, c.place) in amounts]
    cells = tuple(row[p] for v, p in amounts if v == top)
    text = cells[0].text if value else "，".join(names)
    return Result("highest" if highest else "lowest", text, (top,), cells, "", 0.5)


def _total(wanted: Operation, frame: Frame, reading: Reading, rows: Sequence[dict[int, Candidate]]) -> Result | None:
    places = _targets(frame, reading, numeric=True)
    tested = {c.place for c in reading.conditions}
    if not places:
        free = [c.place for c in frame.columns if frame.is_numeric(c.place) and c.place not in tested]
        free = [p for p in free if not re.search("序号|编号|编码|号码|电话|凭证号|年份|^月$|^日$", _head(frame, p))]
        if not free or (len(free) > 1 and len(rows) > 1):
            return None
        places = free
    cells = list(dict.fromkeys(r[p] for r in _items(frame, rows) for p in places if p in r and number(r[p].text) is not None))
    if not cells or (not reading.conditions and not reading.named):
        return None
    amounts = [number(c.text) or Decimal(0) for c in cells]
    value = sum(amounts, Decimal(0))
    if wanted == "average":
        value /= len(amounts)
    expression = " + ".join(_show(a) for a in amounts)
    return Result(wanted, _show(value), (value,), tuple(cells), expression, 0.6)


def _head(frame: Frame, place: int) -> str:
    return next((c.name for c in frame.columns if c.place == place), "")


def _listed(question: str, frame: Frame, reading: Reading, rows: Sequence[dict[int, Candidate]]) -> Result | None:
    """Values of the named columns in the records that the conditions leave."""
    if not reading.conditions or len(rows) == len(frame.rows):
        return None
    q = folded(question)
    asked = _ENTITY.search(q)
    noun = (asked[1] or asked[2] or "") if asked else ""
    tested = {c.place for c in reading.conditions}
    place = _column_for(frame, noun) if noun else None
    places = [place] if place is not None and place not in tested else [p for p in _targets(frame, reading, numeric=False) if p not in tested]
    if not places:
        if asked is None:
            return None
        name = _name_column(frame, _items(frame, rows))
        places = [name] if name is not None else []
    cells = [c for p in places for c in (_distinct(_items(frame, rows), p) if asked else [r[p] for r in rows if p in r])]
    cells = list(dict.fromkeys(c for c in cells if c.text))
    if not cells or (len(cells) > 12 and asked is None):
        return None
    return Result("list", "，".join(c.text for c in cells), _values(cells), tuple(cells), "", 0.6)


def _values(cells: Iterable[Candidate]) -> tuple[Decimal, ...]:
    return tuple(v for c in cells if (v := number(c.text)) is not None)


def _over_cells(question: str, wanted: Operation, candidates: Sequence[Candidate]) -> Result:
    """The operation over the cells that the ranking selects for the question."""
    chosen = select(question, candidates)
    cells = tuple(s.candidate for s in chosen.cells)
    values = _values(cells)
    text = "，".join(c.text for c in cells)
    if wanted == "count" and not (len(cells) == 1 and values):
        return Result("count", str(len(cells)), (Decimal(len(cells)),), cells, "", chosen.confidence)
    if wanted in ("difference", "ratio", "growth") and len(values) == 2:
        computed = _pair(question, wanted, cells, values)
        if computed is not None:
            return Result(wanted, _show(computed), (computed, *values), cells, "", chosen.confidence)
    if wanted in ("sum", "average") and len(values) > 1:
        value = sum(values, Decimal(0)) / (len(values) if wanted == "average" else 1)
        return Result(wanted, _show(value), (value, *values), cells, " + ".join(map(_show, values)), chosen.confidence)
    return Result("lookup", text, values, cells, "", chosen.confidence)


def _pair(question: str, wanted: Operation, cells: Sequence[Candidate], values: Sequence[Decimal]) -> Decimal | None:
    """Two cells in the order in which the question says what sets them apart."""
    q = folded(question)
    first, second = values
    if _said(q, cells[1], cells[0]) < _said(q, cells[0], cells[1]):
        first, second = second, first
    if wanted == "difference":
        return abs(first - second)
    if wanted == "growth":
        return (first - second) / second if second else None
    return first / second if second else None


def _said(question: str, cell: Candidate, other: Candidate) -> int:
    own = [folded(t) for t in (*cell.row_path, *cell.column_path) if t not in (*other.row_path, *other.column_path)]
    places = [question.find(t) for t in own if t in question]
    return min(places, default=len(question))
