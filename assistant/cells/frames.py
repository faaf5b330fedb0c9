"""Lists read as records: each row of a table with its values by column, for filtering and computing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from assistant.cells.candidates import Candidate
from assistant.cells.matching import core, folded
from index.table_labels import plain

TOTAL = re.compile(
    r"总(人数|金额|数|额|量|价|分|费用)?|(本[年月期]|全[年月部])?(合计|总计|小计|总和|总额|共计|累计)(数|金额)?|.{2,10}(合计|总计|小计)"
)
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?")
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?")
_UNIT = re.compile(r"(?<=\d)(元|万元|亿元|人|次|项|个|户|家|件|天|台|辆|份|名|套|吨|张|月|年|分|%)$")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list: its heads, outermost first, and its place."""

    place: int
    heads: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.heads[-1] if self.heads else ""


@dataclass(frozen=True, slots=True)
class Frame:
    """Records under common columns. ``rows`` maps a column's place to the cell; a merged cell is in all its rows."""

    columns: tuple[Column, ...]
    rows: tuple[dict[int, Candidate], ...]
    stubs: tuple[int, ...]

    def values(self, place: int) -> list[Candidate]:
        return [row[place] for row in self.rows if place in row]

    def is_numeric(self, place: int) -> bool:
        filled = [c for c in self.values(place) if c.text]
        return bool(filled) and sum(number(c.text) is not None for c in filled) * 2 > len(filled)

    def is_date(self, place: int) -> bool:
        filled = [c for c in self.values(place) if c.text]
        return bool(filled) and sum(day(c.text) is not None for c in filled) * 2 > len(filled)


def number(text: str) -> Decimal | None:
    """The value of a printed figure without its unit: "￥1,200.00", "13%" (0.13), "(5.00)" as negative."""
    s = plain(text).replace(",", "").replace("￥", "").replace("¥", "").replace("$", "")
    s = _UNIT.sub("", s) if not s.endswith("%") else s
    percent = s.endswith("%")
    negative = s.startswith("(") and s.endswith(")")
    s = s.rstrip("%").strip("()") if percent or negative else s
    if not _NUMBER.fullmatch(s):
        return None
    try:
        value = Decimal(s)
    except InvalidOperation:
        return None
    return -value if negative else value / 100 if percent else value


def day(text: str) -> date | None:
    """A date as printed; a month alone stands for its first day."""
    found = _DATE.match(plain(text))
    if not found or len(plain(text)) > 19:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3] or 1))
    except ValueError:
        return None


def is_total(row: dict[int, Candidate], frame: Frame) -> bool:
    """A row that adds up others: one of its names says so."""
    names = [row[s].text for s in frame.stubs if s in row] or [c.text for c in row.values()][:2]
    return any(TOTAL.fullmatch(plain(n)) for n in names if n)


def read_frames(candidates: Sequence[Candidate]) -> list[Frame]:
    """The lists of a table: consecutive rows whose cells stand under the same heads."""
    by_row: dict[tuple[str, int], dict[int, Candidate]] = {}
    for c in candidates:
        if c.column_path:
            for r in range(c.row, c.row + c.row_span):
                by_row.setdefault((c.table, r), {}).setdefault(c.col, c)
    groups: list[list[dict[int, Candidate]]] = []
    last: tuple[str, int] | None = None
    for key in sorted(by_row):
        row = by_row[key]
        follows = last is not None and last[0] == key[0] and key[1] - last[1] <= 3
        if not (follows and groups and _fits(groups[-1][-1], row)):
            groups.append([])
        groups[-1].append(row)
        last = key
    return [_frame(rows) for rows in groups]


def _fits(above: dict[int, Candidate], row: dict[int, Candidate]) -> bool:
    common = set(above) & set(row)
    return bool(common) and all(above[c].column_path == row[c].column_path for c in common)


def _frame(rows: list[dict[int, Candidate]]) -> Frame:
    heads: dict[int, tuple[str, ...]] = {}
    for row in rows:
        for place, cell in row.items():
            heads.setdefault(place, cell.column_path)
    stubs = sorted({p for row in rows for p, c in row.items() if c.name})
    columns = tuple(Column(p, tuple(core(h) for h in heads[p])) for p in sorted(heads))
    return Frame(columns, tuple(rows), tuple(stubs))


def says(question: str, text: str) -> bool:
    """Whether the question says this value, not merely as part of a longer number or Latin word."""
    value = folded(text)
    if not value:
        return False
    edge = r"[a-z0-9.]"
    before = rf"(?<!{edge})" if re.match(edge, value) else ""
    after = rf"(?!{edge})" if re.match(edge, value[-1]) else ""
    return re.search(f"{before}{re.escape(value)}{after}", question) is not None
