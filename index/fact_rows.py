"""A fact as one row of the fact store, and back."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from index.records import Fact, SourceRef
from index.store_engine import StoreError, explained

PATH_END = "\x1f"
"""Stands between the heads of a path in the store."""

_PLAIN = (
    "kind", "printed", "unit", "agency", "fiscal_year", "phase", "fund", "project", "project_code", "subject_code", "subject",
    "measure", "comparison", "base_year", "period", "is_total", "depth", "parent_row", "approximate",
)  # fmt: skip

READ = (
    "id", "document_id", "block_id", "row", "col", "page", "quote", "row_path", "column_path", "indicator", "value", *_PLAIN,
)  # fmt: skip
"""The columns that a fact is made of, in order."""
_AGENCY, _KIND, _PRINTED, _FUND, _PROJECT, _SUBJECT_CODE, _SUBJECT = (
    READ.index(name) for name in ("agency", "kind", "printed", "fund", "project", "subject_code", "subject")
)


def fact_values(position: int, fact: Fact) -> dict[str, Any]:
    """The columns of a fact; ``position`` counts in reading order."""
    values = {k: getattr(fact, k) for k in _PLAIN}
    return values | {
        "id": fact.id, "document_id": fact.source.document_id, "position": position, "block_id": fact.source.block_id,
        "row": fact.source.row, "col": fact.source.col, "page": fact.source.page, "quote": fact.source.quote,
        "row_path": PATH_END.join(fact.row_path), "column_path": PATH_END.join(fact.column_path),
        "indicator": PATH_END.join(fact.indicator), "value": None if fact.value is None else str(fact.value),
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Around:
    """What the facts of a document share: title, headings and kind of each block, the region, and the store's place."""

    blocks: dict[str, tuple[str, tuple[str, ...], str]]
    region: str | None
    place: str | Path


class FactRow:
    """A stored fact: what it is found by at hand, the :class:`Fact` made when first asked for.

    A question looks through every fact of a document and answers with a few of them. Paths are joined by PATH_END.
    """

    __slots__ = (
        "_around", "_made", "_values", "agency", "block_id", "column_path", "fund", "kind", "of_indicator", "printed", "project",
        "row", "row_path", "subject", "subject_code",
    )  # fmt: skip

    def __init__(self, values: tuple[Any, ...], around: Around) -> None:
        self._values, self._around = values, around
        self._made: Fact | None = None
        self.block_id: str = values[2]
        self.row: int | None = values[3]
        self.row_path: str = values[7]
        self.column_path: str = values[8]
        self.of_indicator = bool(values[9])
        self.agency: str | None = values[_AGENCY]
        self.kind: str = values[_KIND]
        self.printed: str = values[_PRINTED]
        self.fund: str | None = values[_FUND]
        self.project: str | None = values[_PROJECT]
        self.subject_code: str | None = values[_SUBJECT_CODE]
        self.subject: str | None = values[_SUBJECT]

    @classmethod
    def of(cls, fact: Fact) -> FactRow:
        """A fact that is at hand as if it had been read."""
        values = fact_values(0, fact)
        block = (fact.table or "", fact.section, "passage" if fact.table is None else "table")
        row = cls(tuple(values[name] for name in READ), Around({fact.source.block_id: block}, fact.region, ""))
        row._made = fact
        return row

    @property
    def block(self) -> tuple[str, tuple[str, ...], str]:
        """Title, headings and kind (table, passage) of the block where it stands."""
        return self._around.blocks[self.block_id]

    @property
    def fact(self) -> Fact:
        if self._made is None:
            try:
                self._made = self._make()
            except (TypeError, ValueError, ArithmeticError) as error:
                # A page of the file that was overwritten can still hold rows, of nonsense.
                raise StoreError(explained(ValueError("malformed row"), self._around.place)) from error
        return self._made

    def _make(self) -> Fact:
        fact_id, document, block, at, col, page, quote, rows, columns, indicator, value, *rest = self._values
        title, section, kind = self.block
        plain = dict(zip(_PLAIN, rest, strict=True))
        plain["is_total"], plain["approximate"] = bool(plain["is_total"]), bool(plain["approximate"])
        return Fact(
            id=fact_id, source=SourceRef(document, block, at, col, page, quote), row_path=_path(rows),
            column_path=_path(columns), indicator=_path(indicator or ""), value=None if value is None else Decimal(value),
            table=title if kind == "table" else None, section=section, region=self._around.region, **plain,
        )  # fmt: skip


def _path(joined: str) -> tuple[str, ...]:
    return tuple(joined.split(PATH_END)) if joined else ()
