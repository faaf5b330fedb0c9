"""What a question says about the records it means: values of columns, dates, comparisons; the columns it names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from assistant.cells.candidates import Candidate
from assistant.cells.frames import TOTAL, Frame, day, number, says
from assistant.cells.matching import core, folded
from index.table_labels import kind_of, plain

_BLANK = re.compile(r"(为空|是空的?|空白|没有填|没有|未填)")
_ISSUED = re.compile(
    r"(?:(\d{4})年)?(\d{1,2})月份?(?:(\d{1,2})[日号])?|(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?|(\d{4})年"
)
_COMPARE = [
    (re.compile(r"(?:超过|大于|高于|多于|超出)了?(\d[\d.]*)(万|亿)?"), ">"),
    (re.compile(r"(?:不低于|不少于|不小于|大于等于|至少)了?(\d[\d.]*)(万|亿)?"), ">="),
    (re.compile(r"(?:不超过|不高于|不大于|小于等于|至多)了?(\d[\d.]*)(万|亿)?"), "<="),
    (re.compile(r"(?:小于|低于|少于|不足|不到)了?(\d[\d.]*)(万|亿)?"), "<"),
    (re.compile(r"(?:在)?(\d[\d.]*)(万|亿)?\D{0,2}(?:以上|及以上)"), ">="),
    (re.compile(r"(?:在)?(\d[\d.]*)(万|亿)?\D{0,2}(?:以下|以内)"), "<="),
]
# Words for a kind of record; a question says them of the records it asks for, not as a value.
_KINDS = frozenset("员工 人员 产品 商品 货物 项目 学生 客户 供应商 部门 合同 发票 记录 老师 单位 交易".split())  # noqa: SIM905
_FIRST_MONTHS = re.compile(r"前(\d+)个月|(上半年)|(下半年)")
_MONTH = re.compile(r"(?:\d{4}年)?(\d{1,2})月份?")
_SCALE = {"万": 10_000, "亿": 100_000_000}
_TESTS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "=": lambda a, b: a == b,
}


_BESIDE = {"above": ">", "below": "<", "equal": "="}
_BETWEEN = (
    (re.compile("\x00+\\D{0,4}(?:超过|大于|高于|多于|超出)了?\x00+"), "above"),
    (re.compile("\x00+\\D{0,4}(?:小于|低于|少于|不足)了?\x00+"), "below"),
    (re.compile("\x00+[与和跟]\x00+(?:相等|相同|1样)"), "equal"),
)


@dataclass(frozen=True, slots=True)
class Condition:
    """A test of one column. ``said`` is the place in the folded question, for the order of alternatives."""

    place: int
    test: str
    values: tuple[str, ...]
    said: tuple[int, int]

    def holds(self, cell: Candidate | None) -> bool:
        text = cell.text if cell is not None else ""
        if self.test == "blank":
            return not text or kind_of(text) == "mark"
        if self.test == "filled":
            return bool(text)
        if self.test == "day":
            found = day(text)
            return found is not None and self.values[0] <= found.isoformat() <= self.values[1]
        if self.test == "in":
            return any(_same(text, v) for v in self.values)
        value = number(text)
        return value is not None and _TESTS[self.test](value, Decimal(self.values[0]))


def _stands(condition: Condition, row: dict[int, Candidate]) -> bool:
    """A test of one column against another of the same record (实际支出超过预算)."""
    first, second = (number(row[p].text) if p in row else None for p in (condition.place, int(condition.values[0])))
    return first is not None and second is not None and _TESTS[_BESIDE[condition.test]](first, second)


def _same(text: str, value: str) -> bool:
    a, b = number(text), number(value)
    return folded(text) == folded(value) if a is None or b is None else a == b


@dataclass(frozen=True, slots=True)
class Reading:
    """A question read against a frame: conditions on the records, the columns it names, in the order it says them."""

    conditions: tuple[Condition, ...]
    named: tuple[int, ...]
    rest: str

    def rows(self, frame: Frame) -> list[dict[int, Candidate]]:
        """The records for which every tested column passes one of its tests."""
        places: dict[tuple[int, bool], list[Condition]] = {(c.place, c.test == "day"): [] for c in self.conditions}
        for c in self.conditions:
            places[c.place, c.test == "day"].append(c)
        beside = [c for c in self.conditions if c.test in _BESIDE]
        places = {k: [c for c in group if c.test not in _BESIDE] for k, group in places.items()}
        tests = [(any if dated else all, p, group) for (p, dated), group in places.items()]
        return [
            r for r in frame.rows
            if all(how(c.holds(r.get(p)) for c in group) for how, p, group in tests if group)
            and all(_stands(c, r) for c in beside)
        ]  # fmt: skip


def read(question: str, frame: Frame) -> Reading:
    """Take from the question, longest first, dates, comparisons, values of columns and heads of columns."""
    left = folded(question)
    found: list[Condition] = []
    left = _take_explicit(left, frame, found)
    left, months = _take_months(left, frame, found)
    left = _take_dates(left, frame, found)
    comparisons, left = _take_comparisons(left)
    left, named = _take_words(left, frame, found)
    for test, value, at in comparisons:
        place = _compared(frame, named, at)
        if place is not None:
            found.append(Condition(place, test, (value,), (at, at + 1)))
    numeric = [p for _, p in sorted(named) if frame.is_numeric(p)]
    for pattern, test in _BETWEEN:
        if len(numeric) == 2 and (m := pattern.search(left)):
            found.append(Condition(numeric[0], test, (str(numeric[1]),), m.span()))
    if not found:
        left = _take_parts(left, frame, found)
    return Reading(tuple(_merged(found)), (*months, *(p for _, p in sorted(named))), left)


def _take_explicit(left: str, frame: Frame, found: list[Condition]) -> str:
    """ "凭证号为1", "单位是套", "备注为空": a head, a copula, a value of that column."""
    for column in frame.columns:
        head = re.escape(folded(column.name))
        if not head:
            continue
        if m := re.search(f"{head}(都|均|全)?{_BLANK.pattern}", left):
            found.append(Condition(column.place, "blank", (), m.span()))
            left = _blot(left, m.span())
            continue
        m = re.search(f"{head}(?:为|是|等于|:)[“”\"'‘’]*([^“”\"'‘’,。?？]{{1,20}})", left)
        if m is None:
            continue
        values = sorted({folded(c.text) for c in frame.values(column.place) if c.text}, key=len, reverse=True)
        text = m[1]
        value = next((v for v in values if text.startswith(v) and says(text, v)), None)
        if value is None and (figure := re.match(r"-?\d[\d.]*", text)):
            value = next(
                (v for v in values if number(v) is not None and number(v) == number(figure[0].rstrip("."))), None
            )
        if value is not None:
            end = m.start(1) + len(value)
            alternatives = [value]
            while more := re.match(r"[和或、与](\S+)", left[end:]):
                other = next((v for v in values if more[1].startswith(v)), None)
                if other is None:
                    break
                alternatives.append(other)
                end += 1 + len(other)
            found.append(Condition(column.place, "in", tuple(alternatives), (m.start(), end)))
            left = _blot(left, (m.start(), end))
    return left


def _take_parts(left: str, frame: Frame, found: list[Condition]) -> str:
    """Where no value is said whole: a phrase that stands inside the texts of some records, but not of all."""
    for phrase in sorted(
        re.split("[\x00,。?？的了]|是多少|多少|涉及到?|报销|支付|总|金额|共|表格中?|所有|哪些", left), key=len
    )[::-1]:
        if not 2 <= len(phrase) <= 10 or phrase in _KINDS:
            continue
        for column in frame.columns:
            cells = [c for c in frame.values(column.place) if kind_of(c.text) == "text"]
            inside = tuple(dict.fromkeys(c.text for c in cells if phrase in folded(c.text)))
            if inside and len(inside) < len({c.text for c in cells}):
                at = left.index(phrase)
                found.append(Condition(column.place, "in", inside, (at, at + len(phrase))))
                return _blot(left, (at, at + len(phrase)))
    return left


def _take_months(left: str, frame: Frame, found: list[Condition]) -> tuple[str, tuple[int, ...]]:
    """前三个月, 上半年, 下半年 over a column of months, or over columns headed by months."""
    m = _FIRST_MONTHS.search(left)
    if m is None:
        return left, ()
    wanted = set(range(1, int(m[1]) + 1)) if m[1] else set(range(1, 7)) if m[2] else set(range(7, 13))

    def month(text: str) -> int:
        written = _MONTH.fullmatch(folded(text))
        return int(written[1]) if written else 0

    columns = tuple(c.place for c in frame.columns if month(c.name) in wanted)
    if columns:
        return _blot(left, m.span()), columns
    for column in frame.columns:
        values = tuple(dict.fromkeys(c.text for c in frame.values(column.place) if month(c.text) in wanted))
        if values:
            found.append(Condition(column.place, "in", values, m.span()))
            return _blot(left, m.span()), ()
    return left, ()


def _take_dates(left: str, frame: Frame, found: list[Condition]) -> str:
    dated = [c.place for c in frame.columns if frame.is_date(c.place)]
    split = {c.name: c.place for c in frame.columns if c.name in ("年", "月", "日", "月份", "年份")}
    if not dated and not split:
        return left
    spans = [(m, *_parts(m)) for m in _ISSUED.finditer(left)]
    if not spans:
        return left
    if split and not dated:
        for m, year, month, dom in spans:
            for names, value in ((("年", "年份"), year), (("月", "月份"), month), (("日",), dom)):
                place = next((split[n] for n in names if n in split), None)
                if place is not None and value:
                    found.append(Condition(place, "in", (str(value),), m.span()))
            left = _blot(left, m.span())
        return left
    place = next((p for p in dated if _name(frame, p) and _name(frame, p) in left), dated[0])
    years = sorted({d.year for c in frame.values(place) if (d := day(c.text))})
    ranges = [_range(y or (years[-1] if years else 1), mo, d) for _, y, mo, d in spans]
    if len(ranges) == 2 and re.fullmatch(r"[到至~—-]", left[spans[0][0].end() : spans[1][0].start()]):
        ranges = [(ranges[0][0], ranges[1][1])]
    for (m, *_), (first, last) in zip(spans, ranges, strict=False):
        found.append(Condition(place, "day", (first, last), m.span()))
    for m, *_ in spans:
        left = _blot(left, m.span())
    return left


def _parts(m: re.Match[str]) -> tuple[int, int, int]:
    return int(m[1] or m[4] or m[7] or 0), int(m[2] or m[5] or 0), int(m[3] or m[6] or 0)


def _range(year: int, month: int, dom: int) -> tuple[str, str]:
    try:
        if dom:
            return (one := date(year, month, dom).isoformat()), one
    except ValueError:
        return "9", "0"
    if month:
        return f"{year:04}-{month:02}-01", f"{year:04}-{month:02}-31"
    return f"{year:04}-01-01", f"{year:04}-12-31"


def _take_comparisons(left: str) -> tuple[list[tuple[str, str, int]], str]:
    found = []
    for pattern, test in _COMPARE:
        for m in pattern.finditer(left):
            value = Decimal(m[1].rstrip(".")) * _SCALE.get(m[2] or "", 1)
            found.append((test, str(value), m.start()))
            left = _blot(left, m.span())
    return found, left


def _compared(frame: Frame, named: list[tuple[int, int]], at: int) -> int | None:
    """The numeric column named last before the comparison, else the only numeric one that is named or there."""
    before = [p for start, p in sorted(named) if start < at and frame.is_numeric(p)]
    if before:
        return before[-1]
    numeric = [p for _, p in named if frame.is_numeric(p)] or [
        c.place for c in frame.columns if frame.is_numeric(c.place)
    ]
    return numeric[-1] if numeric else None


def _take_words(left: str, frame: Frame, found: list[Condition]) -> tuple[str, list[tuple[int, int]]]:
    """Values and heads that the question says, the longest first, so that 广告费 is not read as 费."""
    offers: list[tuple[int, int, str, int, str]] = []
    for column in frame.columns:
        for head in {folded(column.name), core(column.name), folded("".join(column.heads))}:
            if len(head) > 1 or (head and head in left and not frame.is_numeric(column.place)):
                offers.append((len(head), 1, head, column.place, ""))
        for text in {c.text for c in frame.values(column.place) if c.text and not TOTAL.fullmatch(plain(c.text))}:
            if (folded(text) not in _KINDS and kind_of(text) in ("text", "code")) or re.search("[a-z]", text.lower()):
                for value in _variants(text):
                    offers.append((len(value), 0, value, column.place, text))
    offers.extend(_parents(frame))
    named: list[tuple[int, int]] = []
    for size, is_head, word, place, _ in sorted(offers, key=lambda o: (-o[0], o[1])):
        if size < 2 and not is_head:
            continue
        at = 0
        while (m := _find(left, word, at)) is not None:
            at = m[1]
            taken = {c.said for c in found}
            if is_head:
                named.append((m[0], place))
            elif m not in taken:
                same = tuple(t for _, h, w, p, t in offers if not h and w == word and p == place)
                found.append(Condition(place, "in", same, m))
            left = _blot(left, m)
    leaves = {p for _, p in named if p >= 0}
    groups = [(at, under) for at, key in named if key < 0 for under in [_under(frame, key)]]
    for _, under in groups:
        leaves = leaves & under or leaves
    wide = [(at, p) for at, under in groups for p in sorted(under) if not leaves & under]
    return left, [*((at, p) for at, p in named if p in leaves), *wide]


def _parents(frame: Frame) -> list[tuple[int, int, str, int, str]]:
    """Heads over several columns; each is offered under the key -1 - (place of its first column)."""
    found: dict[str, int] = {}
    for column in frame.columns:
        for head in column.heads[:-1]:
            found.setdefault(folded(head), -1 - column.place)
    over = {h: key for h, key in found.items() if 1 < len(_under(frame, key)) < len(frame.columns) - 1}
    return [(len(w), 1, w, key, "") for h, key in over.items() for w in {h, re.sub("[数额]$", "", h)} if len(w) > 1]


def _under(frame: Frame, key: int) -> set[int]:
    first = next((c for c in frame.columns if c.place == -1 - key), None)
    return {c.place for c in frame.columns if first and len(c.heads) > 1 and c.heads[0] == first.heads[0]}


def _variants(text: str) -> set[str]:
    """A value, and it without brackets; its parts where a stroke parts them (银行存款/人民币)."""
    whole = {folded(text), core(text), re.sub("^(加|减|其中):", "", folded(text))}
    return {v for v in whole if 1 < len(v) <= 30} | {folded(p) for p in re.split(r"[/\\]", plain(text)) if len(p) > 1}


def _find(left: str, word: str, start: int) -> tuple[int, int] | None:
    edge = "[a-z0-9.]"
    before = f"(?<!{edge})" if re.match(edge, word) else ""
    after = f"(?!{edge})" if re.match(edge, word[-1]) else ""
    m = re.compile(f"{before}{re.escape(word)}{after}").search(left, start)
    return m.span() if m else None


def _merged(found: list[Condition]) -> list[Condition]:
    """Several values of one column are alternatives (销售部和财务部)."""
    by_place: dict[tuple[int, str], list[Condition]] = {}
    for c in found:
        by_place.setdefault((c.place, c.test), []).append(c)
    out = []
    for (place, test), group in by_place.items():
        if test == "in":
            values = tuple(dict.fromkeys(v for c in sorted(group, key=lambda c: c.said) for v in c.values))
            out.append(Condition(place, test, values, min(c.said for c in group)))
        else:
            out.extend(group)
    return out


def _name(frame: Frame, place: int) -> str:
    return next((folded(c.name) for c in frame.columns if c.place == place), "")


def _blot(text: str, span: tuple[int, int]) -> str:
    return text[: span[0]] + "\x00" * (span[1] - span[0]) + text[span[1] :]
