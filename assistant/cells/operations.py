"""Answers that need more than finding cells: sums, differences, shares, extremes, counts, filters; Decimal only."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from assistant.cells.candidates import Candidate
from assistant.cells.conditions import Reading, read
from assistant.cells.frames import Frame, day, is_total, number, read_frames
from assistant.cells.matching import folded, pairs, units
from assistant.cells.meaning import nearness, word_vectors
from assistant.cells.selection import select

Operation = Literal[
    "lookup", "list", "count", "sum", "average", "difference", "ratio", "growth", "highest", "lowest", "check"
]

_WORDING: list[tuple[Operation, re.Pattern[str]]] = [
    ("check", re.compile("是否|有没有|是不是")),
    (
        "list",
        re.compile(
            "哪.{0,12}(超过|大于|高于|低于|小于|少于|以上|以下|不足)|(超过|大于|高于|低于|小于|少于|以上|以下|为0|为空).*哪"
        ),
    ),
    ("highest", re.compile("最高|最大|最多|最长|最贵|最晚|最久|最好")),
    ("lowest", re.compile("最低|最小|最少|最短|最便宜|最早")),
    ("count", re.compile("次数|条数|笔数|(多少|几)(条|笔|次|张)|(总共|1共|共)有?(多少|几)(个|种|位|家|项|类)")),
    ("average", re.compile("平均(?!值|分|成本|工资|年)|均值")),
    ("growth", re.compile("增长率|增幅|降幅|增长了?百分之|同比|环比|变化率")),
    ("ratio", re.compile("占.{0,20}(比例|比重|百分比|百分之|多少)|多少倍|几倍")),
    (
        "difference",
        re.compile("差额|差异(?!率)|相差|差值|之差|差多少|比.{1,30}(多|少|高|低|增加|减少|增长|下降)|变化量|变动额"),
    ),
    (
        "sum",
        re.compile(
            "总和|总额|之和|总共|1共(?!有)|合计|总计|总(?!结|分|成绩|裁|经|部|资产)|共(支出|收入|销售|发生)|加起来|全年|整个"
        ),
    ),
    ("count", re.compile("(多少|几)(个|种|位|名|家|项|类|份|所)|有多少(?!钱)")),
    ("list", re.compile("哪些|有哪|包括|列出|分别|哪几|哪两|由.{0,6}组成")),
]
_COUNTED = re.compile(
    "(?:多少|几)(个|种|条|笔|张|位|名|次|家|项|类|份|所|件)?(?:不同的?)?([^\\x00的是有在,。?？]{0,8})"
)
_ROWS = re.compile("条|笔|次|记录|条目|张")
_ENTITY = re.compile(
    "(?:哪|那)(?:1|个|种|位|名|家|项|笔|些|类|天|款|次|个)*([^\\x00的是有在,。?？最]{0,8})|谁|何人"
    "|什么([^\\x00的是有在,。?？最]{1,6})|([^\\x00的是有在,。?？最]{1,8})是(?:什么|谁|哪)"
)
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
    """What the wording asks to be done with the cells; names of rows and columns must be taken out before."""
    q = folded(question)
    if re.search("分别|各是", q) and not re.search("总和|之和|相差|差额", q):
        return "list"
    return next((name for name, pattern in _WORDING if pattern.search(q)), "lookup")


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
        return _extreme(question, frame, reading, rows, highest=wanted == "highest")
    if wanted in ("sum", "average"):
        return _total(wanted, frame, reading, rows)
    if wanted == "difference":
        return _column_difference(frame, reading, rows)
    if wanted in ("list", "lookup"):
        return _listed(question, frame, reading, rows)
    return None


def _column_difference(frame: Frame, reading: Reading, rows: Sequence[dict[int, Candidate]]) -> Result | None:
    """The difference of two columns, added up over the records that are meant."""
    places = _targets(frame, reading, numeric=True)
    if len(places) != 2:
        return None
    sides = [_total("sum", frame, Reading(reading.conditions, (p,), reading.rest), rows) for p in places]
    if sides[0] is None or sides[1] is None:
        return None
    first, second = sides[0].values[0], sides[1].values[0]
    value = abs(first - second)
    return Result(
        "difference", _show(value), (value, first, second), (*sides[0].cells, *sides[1].cells),
        f"{_show(first)} - {_show(second)}", 0.6,
    )  # fmt: skip


def _targets(frame: Frame, reading: Reading, *, numeric: bool) -> list[int]:
    tested = {c.place for c in reading.conditions}
    named = [p for p in dict.fromkeys(reading.named) if not numeric or frame.is_numeric(p)]
    return [p for p in named if p not in tested]


def _column_for(frame: Frame, words: str, places: Sequence[int] | None = None) -> int | None:
    """The column whose head is nearest to the words of a noun (产品 for 产品名称, 销售总额 for 销售金额)."""
    wanted, letters = set(pairs(folded(words))), set(units(folded(words)))
    meant = word_vectors(words)
    person = bool(re.search("员工|人员|职员|学生$", words))
    best, choice = 0.0, None
    for column in frame.columns:
        if not column.name or (places is not None and column.place not in places):
            continue
        head = folded(column.name)
        shared = len(wanted & set(pairs(head))) if len(words) > 1 else float(words == head)
        near = nearness(meant, word_vectors(column.name))[1]
        score = shared + 0.2 * len(letters & set(units(head))) - 0.02 * len(head) + (near if near > 0.6 else 0)
        score += 1.0 * (len(head) > 1 and folded(words).endswith(head[-2:])) + (person and column.name == "姓名")
        if score > max(best, 0.7):
            best, choice = score, column.place
    return choice


_NAMES = re.compile("名称|姓名|品名|名$|项目|类别|摘要|供应商|客户|员工|部门")
_CODES = re.compile("编号|编码|代码|号码|序号|号$|电话|日期|时间|备注")


def _name_column(frame: Frame, rows: Sequence[dict[int, Candidate]]) -> int | None:
    """The column that names the records: of texts, called a name rather than a code, with most different values."""

    def merit(place: int) -> tuple[int, int, int, int]:
        head = _head(frame, place)
        return (
            -bool(_CODES.search(head)), bool(_NAMES.search(head)),
            len({r[place].text for r in rows if place in r and r[place].text}), -place,
        )  # fmt: skip

    textual = [c.place for c in frame.columns if not frame.is_numeric(c.place) and not frame.is_date(c.place)]
    return max(textual, key=merit, default=None)


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
    if measure in ("名", "") and re.search("人|学生|毕业生", noun):
        heads = [c.place for c in frame.columns if re.search("人数", c.name) and frame.is_numeric(c.place)]
        if heads:
            return _total("sum", frame, Reading(reading.conditions, tuple(heads[:1]), reading.rest), rows)
    place = _column_for(frame, noun) if noun else None
    coded = place is not None and bool(_CODES.search(_head(frame, place)))
    if place is not None and frame.is_numeric(place) and not coded and measure not in ("种", "个", "类"):
        return _total("sum", frame, Reading(reading.conditions, (place,), reading.rest), rows)
    records = (
        bool(_ROWS.fullmatch(measure))
        or bool(re.search("记录|条目", noun))
        or measure in ("名", "位")
        and place is None
    )
    if place is None or records or coded:
        cells = [r[min(r)] for r in rows]
    elif place == _name_column(frame, rows):
        cells = list(dict.fromkeys(r[place] for r in rows if place in r and r[place].text))
    else:
        cells = _distinct(rows, place)
    return Result("count", str(len(cells)), (Decimal(len(cells)),), tuple(cells), f"count = {len(cells)}", 0.6)


def _extreme(
    question: str, frame: Frame, reading: Reading, rows: Sequence[dict[int, Candidate]], *, highest: bool
) -> Result | None:
    """The highest or lowest of a column: its value, or the record or group that has it; ties are all given."""
    q = folded(question)
    rows = _items(frame, rows)
    dated = bool(re.search("最早|最晚", q))
    place, shown = _measure(q, frame, reading, rows, dated=dated)
    asked = _ENTITY.search(q)
    noun = (asked[1] or asked[2] or asked[3] or "") if asked else ""
    others = [c.place for c in frame.columns if c.place != place]
    entity = _column_for(frame, noun, others) if noun else None
    named_entity = [p for p in reading.named if not frame.is_numeric(p)]
    if asked and entity is None and named_entity and noun:
        entity = named_entity[-1]
    if (
        entity is not None
        and re.search("记录|次数|笔数", q.split("最")[0])
        and not _targets(frame, reading, numeric=True)
    ):
        return _most_records(q, rows, entity, highest=highest)
    if place is None:
        return None
    if len(rows) == 1:
        free = [c.place for c in frame.columns if frame.is_numeric(c.place)]
        return _best_column(frame, rows[0], free, highest=highest, value=asked is None)
    groups = _grouped(rows, entity)
    column = _head(frame, place)
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
        return Result(operation, "，".join(c.text for c in others), _values(others), (*others, *cells), "", 0.6)
    if not asked:
        return Result(operation, cells[0].text, (top,), cells, "", 0.6)
    if entity is None:
        names = [r[p] for r in best for p in r if not frame.is_numeric(p) and r[p].text and len(r[p].text) < 40]
        names = list(dict.fromkeys(names))[:8]
    else:
        names = _distinct(best, entity)
    text = "，".join(c.text for c in names) + f"（{cells[0].text}）"
    return Result(operation, text, (top,), (*names, *cells), "", 0.6)


def _measure(
    q: str, frame: Frame, reading: Reading, rows: Sequence[dict[int, Candidate]], *, dated: bool
) -> tuple[int | None, int | None]:
    """The column that is compared (named before 最) and the one that is asked for (税率最高的发票的开票金额)."""
    fits = frame.is_date if dated else frame.is_numeric
    tested = {c.place for c in reading.conditions}
    before = q.split("最")[0]
    named = [p for p in dict.fromkeys(reading.named) if fits(p) and p not in tested]
    first = [p for p in named if folded(_head(frame, p)) in before]
    shown = next((p for p in reading.named if folded(_head(frame, p)) not in before and p not in tested), None)
    if first or named:
        return (first or named)[-1], shown if first else None
    free = [c.place for c in frame.columns if fits(c.place) and not _CODES.search(c.name) and c.place not in tested]
    guess = _column_for(frame, before[-6:].replace("\x00", ""), free)
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
    cells = tuple(c for c in _distinct(rows, entity) if c.text in names)
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
        free = [p for p in free if not re.search("序号|编号|编码|号码|电话|凭证号|年份|^[年月日]$", _head(frame, p))]
        noun = re.split("[\x00的,]", re.split("是多少|有多少|为多少", reading.rest)[0])[-1]
        guess = _column_for(frame, noun, free) if noun else None
        free = [guess] if guess is not None and len(rows) > 1 else free
        if not free or (len(free) > 1 and len(rows) > 1):
            return None
        places = free
    cells = list(
        dict.fromkeys(r[p] for r in _items(frame, rows) for p in places if p in r and number(r[p].text) is not None)
    )
    if not cells or (len(cells) == 1 and not reading.conditions):
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
    if not reading.conditions or (len(rows) == len(frame.rows) and all(c.test != "day" for c in reading.conditions)):
        return None
    q = folded(question)
    asked = _ENTITY.search(q)
    noun = (asked[1] or asked[2] or asked[3] or "") if asked else ""
    tested = {c.place for c in reading.conditions}
    textual = [c.place for c in frame.columns if not frame.is_numeric(c.place)]
    place = (_column_for(frame, noun, textual) or _column_for(frame, noun)) if noun else None
    places = _targets(frame, reading, numeric=False)
    if place is not None and (place not in tested or place in reading.named):
        places = [place]
    if not places:
        places = _asked_column(frame, reading, rows, tested, listing=asked is not None)
    cells = [
        c for p in places for c in (_distinct(_items(frame, rows), p) if asked else [r[p] for r in rows if p in r])
    ]
    cells = list(dict.fromkeys(c for c in cells if c.text))
    if not cells or (len(cells) > 12 and asked is None):
        return None
    texts = list(dict.fromkeys(c.text for c in cells)) if not _values(cells) else [c.text for c in cells]
    return Result("list", "，".join(texts), _values(cells), tuple(cells), "", 0.6)


def _asked_column(
    frame: Frame, reading: Reading, rows: Sequence[dict[int, Candidate]], tested: set[int], *, listing: bool
) -> list[int]:
    """The column meant by the last noun before 是, else the names of the records, else the only figure."""
    noun = re.split("[\x00的,]", re.split("是多少|是什么|是谁|是哪|有多少|有哪|分别|为多少", reading.rest)[0])[-1]
    free = [c.place for c in frame.columns if c.place not in tested]
    place = _column_for(frame, noun, free) if noun else None
    if place is not None:
        return [place]
    if listing:
        name = _name_column(frame, _items(frame, rows))
        return [name] if name is not None else []
    figures = [p for p in free if frame.is_numeric(p) and not re.search("号|^[年月日]$", _head(frame, p))]
    return figures if len(figures) == 1 and "多少" in reading.rest else []


def _values(cells: Iterable[Candidate]) -> tuple[Decimal, ...]:
    return tuple(v for c in cells if (v := number(c.text)) is not None)


def _over_cells(question: str, wanted: Operation, candidates: Sequence[Candidate]) -> Result:
    """The operation over the cells that the ranking selects for the question."""
    chosen = select(question, candidates)
    cells = tuple(s.candidate for s in chosen.cells)
    values = _values(cells)
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
            return Result(wanted, _show(computed), (computed, *values), cells, "", chosen.confidence)
    if wanted in ("sum", "average") and len(values) > 1:
        value = sum(values, Decimal(0)) / (len(values) if wanted == "average" else 1)
        return Result(wanted, _show(value), (value, *values), cells, " + ".join(map(_show, values)), chosen.confidence)
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
