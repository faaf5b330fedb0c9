"""Which columns of a list a question's nouns mean, and which column names its records."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from assistant.cells.candidates import Candidate
from assistant.cells.conditions import Reading
from assistant.cells.frames import Frame, is_total
from assistant.cells.matching import folded, pairs, units
from assistant.cells.meaning import nearness, word_vectors


def targets(frame: Frame, reading: Reading, *, numeric: bool) -> list[int]:
    tested = {c.place for c in reading.conditions}
    named = [p for p in dict.fromkeys(reading.named) if not numeric or frame.is_numeric(p)]
    return [p for p in named if p not in tested]


def column_for(frame: Frame, words: str, *choices: Sequence[int]) -> int | None:
    """The column whose head is nearest to the words of a noun, from the first of the choices that has one."""
    found = (_nearest(frame, words, places) for places in choices or [[c.place for c in frame.columns]])
    return next((place for place in found if place is not None), None)


def _nearest(frame: Frame, words: str, places: Sequence[int]) -> int | None:
    """产品 means 产品名称, 销售总额 means 销售金额; a head that ends like the noun is preferred."""
    wanted, letters = set(pairs(folded(words))), set(units(folded(words)))
    meant = word_vectors(words)
    person = bool(re.search("员工|人员|职员|学生$", words))
    best, choice = 0.0, None
    for column in frame.columns:
        if not column.name or column.place not in places:
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


CODES = re.compile("编号|编码|代码|号码|序号|号$|电话|日期|时间|备注")


def name_column(frame: Frame, rows: Sequence[dict[int, Candidate]]) -> int | None:
    """The column that names the records: of texts, called a name rather than a code, with most different values."""

    def merit(place: int) -> tuple[int, int, int, int]:
        head = head_of(frame, place)
        return (
            -bool(CODES.search(head)), bool(_NAMES.search(head)),
            len({r[place].text for r in rows if place in r and r[place].text}), -place,
        )  # fmt: skip

    textual = [c.place for c in frame.columns if not frame.is_numeric(c.place) and not frame.is_date(c.place)]
    return max(textual, key=merit, default=None)


def items(frame: Frame, rows: Sequence[dict[int, Candidate]]) -> list[dict[int, Candidate]]:
    """Records without the totals that contain them; a parent is never added to its parts."""
    parts = [r for r in rows if not is_total(r, frame)]
    return parts or list(rows)


def distinct(rows: Iterable[dict[int, Candidate]], place: int) -> list[Candidate]:
    found: dict[str, Candidate] = {}
    for row in rows:
        if place in row and row[place].text:
            found.setdefault(row[place].text, row[place])
    return list(found.values())


def head_of(frame: Frame, place: int) -> str:
    return next((c.name for c in frame.columns if c.place == place), "")
