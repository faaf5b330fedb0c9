"""Documents of the store made ready for matching: facts with their labels, found by pairs of characters.

A shelf keeps the documents used last in memory; the store stays the only truth and
a changed store empties the shelf.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from threading import Lock
from typing import Any, NamedTuple

from assistant.parts import own_blocks, part_of
from index.fact_rows import PATH_END, FactRow
from index.fact_store import DocumentRow, FactStore
from index.names import folded
from index.records import Fact
from index.row_tree import clean_label

KEPT = 96
MOST_BESIDE = 24
_LEVELS = (3, 5)  # 类, 款 of a subject's code


_NEUTRAL = re.compile(
    r"^(?:合计|总计|小计|金额|支出决算数?|预算数|决算数|预算金额|预算|决算|数值|本年预算数?|年初预算数?|总额|支出预算|收入预算|本年收入|本年支出|项目|支出|收入|指标值"
    r"|20\d\d年?(?:年初预算|调整预算|预算|决算|预计执行|执行)?数?|本年收入合计|本年支出合计|支出合计|收入合计|资金性质|总金额|年度资金总额.*)$"
)


def is_neutral(head: str) -> bool:
    """Whether a head says only that a figure stands here (合计, 金额, 预算数)."""
    return bool(_NEUTRAL.match(head))


@lru_cache(maxsize=8192)
def _bare(text: str) -> str:
    """A label folded and without its numbering; heads are the same in most documents."""
    return folded(clean_label(text))


@dataclass(slots=True)
class Labels:
    """The distinct texts of a document that name figures, by number, and which pairs of characters lead to them."""

    texts: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    neutral: list[bool] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    pairs: dict[str, list[int]] = field(default_factory=dict)

    def number(self, text: str) -> int:
        """The number of a label; -1 for one that says nothing."""
        known = self.numbers.get(text)
        if known is not None:
            return known
        bare = _bare(text)
        if not bare:
            self.numbers[text] = -1
            return -1
        if bare in self.numbers:
            self.numbers[text] = self.numbers[bare]
            return self.numbers[bare]
        number = len(self.texts)
        self.texts.append(bare)
        self.neutral.append(is_neutral(bare))
        grams = {bare[i : i + 2] for i in range(len(bare) - 1)} or {bare}
        self.sizes.append(len(grams))
        for gram in grams:
            self.pairs.setdefault(gram, []).append(number)
        self.numbers[text] = self.numbers[bare] = number
        return number


class Shelved(NamedTuple):
    """A fact with its labels' numbers (a tuple: a document has hundreds, made whenever it is read).

    ``names`` name the row (innermost first), ``beside`` are short texts filled in in the same row (an item's name in a
    procurement list), ``columns`` name the column, ``around`` the table; ``part`` is the unit that it is of (see :mod:`.parts`).
    """

    stored: FactRow
    names: tuple[int, ...]
    beside: tuple[int, ...]
    columns: tuple[int, ...]
    around: tuple[int, ...]
    order: int
    part: str = ""

    @property
    def fact(self) -> Fact:
        return self.stored.fact


@dataclass(frozen=True, slots=True)
class ShelvedDocument:
    """A document ready for matching, with what its checks found."""

    row: DocumentRow
    labels: Labels
    facts: tuple[Shelved, ...]
    findings: tuple[dict[str, Any], ...] = ()
    units: frozenset[str] = frozenset()
    """The units that some of its figures are of (see :mod:`.parts`)."""

    def row_facts(self, block_id: str, row: int) -> list[Fact]:
        return [s.fact for s in self.facts if s.stored.row == row and s.stored.block_id == block_id]

    def block_facts(self, block_id: str) -> list[Fact]:
        return [s.fact for s in self.facts if s.stored.block_id == block_id]


class Shelf:
    """Documents of one store by id, read when first asked for."""

    def __init__(self, store: FactStore) -> None:
        self.store = store
        self._lock = Lock()
        self._kept: OrderedDict[str, ShelvedDocument] = OrderedDict()

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()

    def documents(self, rows: Sequence[DocumentRow]) -> list[ShelvedDocument]:
        return [self.document(row) for row in rows]

    def document(self, row: DocumentRow) -> ShelvedDocument:
        with self._lock:
            kept = self._kept.get(row.id)
            if kept is not None and kept.row == row:
                self._kept.move_to_end(row.id)
                return kept
        made = replace(shelve(row, self.store.fact_rows(row.id)), findings=tuple(self.store.findings(row.id)))
        with self._lock:
            self._kept[row.id] = made
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return made


def shelve(row: DocumentRow, facts: Sequence[FactRow]) -> ShelvedDocument:
    """Arrange a document's facts for matching. Facts of one row, column or table share their labels."""
    labels = Labels()
    texts: dict[tuple[str, int], list[str]] = {}
    for fact in facts:
        if (
            fact.kind == "text"
            and fact.row is not None
            and fact.column_path
            and len(fact.printed) <= MOST_BESIDE
            and not fact.of_indicator
        ):
            texts.setdefault((fact.block_id, fact.row), []).append(fact.printed)
    used, own = _rows_of_heads(facts), own_blocks(facts)
    subjects = _subjects(facts)

    def numbers(texts: Iterable[str]) -> tuple[int, ...]:
        return tuple(n for n in dict.fromkeys(map(labels.number, texts)) if n >= 0)

    names: dict[tuple[object, ...], tuple[int, ...]] = {}
    columns: dict[str, tuple[int, ...]] = {}
    around: dict[tuple[str, str | None, str | None], tuple[int, ...]] = {}
    shelved = []
    for order, fact in enumerate(facts):
        named = (fact.project, fact.row_path, fact.subject_code, fact.row is None)
        if named not in names:
            names[named] = numbers(_names(fact, row.agency))
        filled = _beside(fact, texts, used)
        beside = numbers(filled) if filled else ()
        if fact.column_path not in columns:
            columns[fact.column_path] = numbers(reversed(_heads(fact.column_path)))
        placed = (fact.block_id, fact.fund, fact.subject_code)
        if placed not in around:
            title, section, kind = fact.block
            code = fact.subject_code or ""
            above = (subjects.get(code[:n]) for n in _LEVELS if n < len(code))
            headed = (t.replace(row.agency or PATH_END, "") for t in (title if kind == "table" else "", *section))
            around[placed] = numbers(t for t in (*headed, fact.fund, *above) if t)
        part = part_of(fact, row.agency, own)
        shelved.append(Shelved(fact, names[named], beside, columns[fact.column_path], around[placed], order, part))
    return ShelvedDocument(row, labels, tuple(shelved), units=frozenset(s.part for s in shelved if s.part))


def _subjects(facts: Sequence[FactRow]) -> dict[str, str]:
    """The subjects' names by their codes."""
    named = {fact.subject_code: fact.subject for fact in facts if fact.subject_code and fact.subject}
    return {code: clean_label(name) for code, name in named.items()}


def _names(fact: FactRow, agency: str | None) -> list[str]:
    """What names a fact's row, innermost first, then its subject's code."""
    heads = [t for t in (fact.project, *_heads(fact.row_path)) if t and not re.fullmatch(r"[\d\s]+", t)]
    if fact.row is None:
        heads = [h for t in heads if (h := _prose_label(t, agency))]
    return [*reversed(heads), *([fact.subject_code] if fact.subject_code else ())]


def _heads(path: str) -> list[str]:
    return path.split(PATH_END) if path else []


def _rows_of_heads(facts: Sequence[FactRow]) -> dict[tuple[str, str], set[int]]:
    """In which rows of a table each head but the innermost stands."""
    used: dict[tuple[str, str], set[int]] = {}
    for fact in facts:
        if fact.row is not None and PATH_END in fact.row_path:
            for head in _heads(fact.row_path)[:-1]:
                used.setdefault((fact.block_id, head), set()).add(fact.row)
    return used


def _beside(fact: FactRow, texts: dict[tuple[str, int], list[str]], used: dict[tuple[str, str], set[int]]) -> list[str]:
    """What names an amount's row besides its innermost head: short texts in the row, and heads of this row alone."""
    if fact.kind != "amount" or fact.row is None or not fact.column_path:
        return []
    alone = []
    if PATH_END in fact.row_path:
        alone = [h for h in _heads(fact.row_path)[:-1] if len(used[fact.block_id, h]) == 1 and not h.isdigit()]
    return [*alone, *texts.get((fact.block_id, fact.row), ())]


_DIRECTION_ONLY = re.compile(
    r"^(?:(?:与|比|较|同)?(?:20\d\d年度?|上年度?|去年|上一?年)?(?:预算|决算|执行|同期|数|相比|比)*)?(?:各|均)?(?:增加|增长|减少|下降|上升|降低|提高|持平)$"
)


_DIRECTION_BEHIND = re.compile(r"(?<=[\u4e00-\u9fff]{2})(?:增加|增长|减少|下降|上升|降低|提高)了?$")


def _prose_label(text: str, agency: str | None) -> str:
    """A label of prose without the office, the year and the 本部门 that every sentence repeats, and the direction behind.

    Empty when only a direction is left.
    """
    if agency:
        text = text.replace(agency, "")
    text = re.sub(r"[（(](?:部门|单位|本级|本部)[）)]", "", text)
    text = re.sub(
        r"^(?:截至.{4,12}日[，,]?)?(?:20\d\d年度?)?[，,]?(?:本部门|本单位|我部门|我单位|我局|我办)?(?:20\d\d年度?)?(?:(?:部门|单位)预算(?:共)?安排(?=\S{4}))?",
        "",
        text,
    )
    return "" if _DIRECTION_ONLY.match(text) else _DIRECTION_BEHIND.sub("", text)
