"""Facts -> citations and labels: where a figure stands, and how it is called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from assistant.matching import Match
from assistant.parts import OWN
from assistant.records import Citation, Value
from assistant.shelf import ShelvedDocument
from index.amounts import MONEY, convert, plain
from index.fact_store import DocumentRow
from index.records import Fact
from index.row_tree import clean_label

_SAYS_LITTLE = re.compile(
    r"^(?:20\d\d年度?)?(?:年初预算|支出决算|决算|预算|支出|收入|合计|小计|总计|金额|.{0,10}(?:增加|减少|增长|下降))(?:数|为)?$"
)
_PLAIN_HEAD = re.compile(r"^(?:合计|小计|金额|预算数|决算数|数值|项目|支出|收入|指标值)$")


class Citations:
    """The citations of one answer, each place once; ``add`` gives a fact's number."""

    def __init__(self) -> None:
        self.all: list[Citation] = []

    def add(self, match: Match) -> int:
        cited = citation(match.fact, match.document.row)
        return self.put(replace(cited, evidence=(match.score, match.content, match.precision)))

    def put(self, cited: Citation) -> int:
        if cited in self.all:
            return self.all.index(cited)
        self.all.append(cited)
        return len(self.all) - 1


def citation(fact: Fact, row: DocumentRow) -> Citation:
    """The place of a fact; a figure in prose (or inside a filled-in text) is cited by its sentence."""
    in_table = fact.source.row is not None
    return Citation(
        document_id=row.id, file=row.file, title=row.title, agency=fact.agency or row.agency, region=row.region,
        fiscal_year=fact.fiscal_year if fact.fiscal_year is not None else row.fiscal_year,
        section=" / ".join(fact.section) or None, table=fact.table if in_table or fact.kind == "empty" else None,
        row=" / ".join(fact.row_path) or None if in_table else None,
        column=" / ".join(fact.column_path) or None if in_table else None,
        cell=fact.printed if in_table and not fact.source.quote else None,
        unit=fact.unit or None, page=fact.source.page, quote=fact.source.quote,
        table_id=fact.source.block_id, cell_row=fact.source.row, cell_col=fact.source.col,
    )  # fmt: skip


def who(row: DocumentRow) -> str:
    """The office (or the region, or the document) that a figure belongs to."""
    return row.agency or row.region or row.title


def owner(match: Match) -> str:
    """The office that a figure is of: in a volume of several offices the table's own, 本级 where it is without its units."""
    name = match.fact.agency or who(match.document.row)
    beside = match.part == OWN and len(match.document.units) > 1
    return f"{name}（{OWN}）" if beside and OWN not in name else name


def when(fact: Fact, row: DocumentRow) -> str:
    year = fact.fiscal_year if fact.fiscal_year is not None else row.fiscal_year
    return f"{year}年" if year else "（未注明年度）"


def subject(fact: Fact) -> str:
    """What a figure is called in its document: project, row and column, without heads that say nothing."""
    if fact.kind == "empty" and fact.source.row is None:
        return fact.table or ""
    parts: list[str] = []
    rows = [clean_label(r) for r in fact.row_path if not re.fullmatch(r"[\d\s]*", r)]
    if fact.project:
        parts.append(fact.project)
        rows = [r for r in rows if r not in ("预算规模及资金用途",)]
    if fact.indicator:
        parts.append(fact.indicator[-1])
    elif fact.source.row is None:
        parts += rows[-2:] if rows and _SAYS_LITTLE.match(rows[-1]) else rows[-1:]
    else:
        parts += rows[-2:] if fact.project or len(rows) == 1 else rows[-1:]
    columns = [c for c in fact.column_path if c not in parts]
    said = "".join(parts)
    keep = [
        c for c in columns if c not in said and not (_PLAIN_HEAD.match(c) and parts and c not in ("预算数", "决算数"))
    ]
    if not fact.indicator or fact.kind != "target":
        parts += keep[-2:]
    year = f"{fact.fiscal_year}年" if fact.fiscal_year else ""
    parts = [p.removeprefix(year) if year else p for p in parts]
    return " ".join(dict.fromkeys(p for p in parts if p)) or (fact.table or "")


def label(match: Match) -> str:
    return f"{owner(match)} {when(match.fact, match.document.row)} {subject(match.fact)}".strip()


def figure(fact: Fact, unit: str | None = None) -> tuple[str, str]:
    """A fact's figure as (plain digits, unit), converted where another unit of money is asked for."""
    if fact.value is None:
        return fact.printed, ""
    value, own = fact.value, fact.unit
    if unit and unit != own and own in MONEY and unit in MONEY:
        value, own = convert(value, own, unit), unit
    return plain(value), own


def said(fact: Fact, unit: str | None = None) -> str:
    """A figure as a reader reads it: ≥98%, 730500.00元."""
    if fact.value is None:
        return fact.printed
    digits, own = figure(fact, unit)
    return f"{fact.comparison or ''}{digits}{own}"


def both_units(value: Decimal, unit: str) -> str:
    """A sum of money in the other unit of 元 and 万元, for reading: 730500.00元（73.05万元）."""
    if unit not in ("元", "万元") or value == 0:
        return ""
    other = "万元" if unit == "元" else "元"
    if unit == "元" and abs(value) < 10_000:
        return ""
    return f"（即{plain(convert(value, unit, other))}{other}）"


def value_of(match: Match, citations: Sequence[int], unit: str | None = None, *, magnitude: bool = False) -> Value:
    fact = match.fact
    if fact.value is None:
        return Value(label(match), None, "", tuple(citations))
    digits, own = figure(fact, unit)
    if magnitude:
        digits = digits.lstrip("-")
    return Value(label(match), digits, own, tuple(citations), fact.comparison)


def same_row(match: Match) -> Sequence[Fact]:
    """The other facts of a fact's row."""
    fact, document = match.fact, match.document
    return document.row_facts(fact.source.block_id, fact.source.row) if fact.source.row is not None else ()


__all__ = [
    "Citations",
    "ShelvedDocument",
    "both_units",
    "citation",
    "figure",
    "label",
    "said",
    "subject",
    "value_of",
    "when",
    "who",
]
