"""The records that pass from a source file to the stores.

A parser turns a file into a :class:`Source`: paragraphs and grids of cells in
reading order, nothing interpreted. :mod:`index.assemble` turns a Source into a
:class:`Document`; :mod:`index.facts` and :mod:`index.chunks` derive the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

Phase = Literal["预算", "执行", "决算", "调整预算", "年初预算"]
FactKind = Literal["amount", "target", "schedule", "change", "text", "empty"]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page as people see it, in points from the top left corner."""

    x0: float
    top: float
    x1: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Cell:
    """One printed cell; a merged cell stands once, at its top left place.

    ``row`` and ``col`` count from 0 inside the grid. ``text`` is as printed with
    line breaks inside the cell removed (no space put between Chinese characters).
    ``page`` counts from 1. ``confidence`` is the OCR engine's, 0 to 1, or None
    where the characters come from the file itself.
    """

    row: int
    col: int
    text: str
    row_span: int = 1
    col_span: int = 1
    page: int | None = None
    box: Box | None = None
    confidence: float | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text outside of tables. ``heading_level`` is set where the format itself names headings."""

    text: str
    page: int | None = None
    box: Box | None = None
    heading_level: int | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as printed. ``name`` is a worksheet's name or a caption that the format attaches."""

    cells: tuple[Cell, ...]
    rows: int
    cols: int
    name: str | None = None
    hidden: bool = False
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """What a parser read: blocks in reading order. ``pages`` is None for formats without pages."""

    format: str
    blocks: tuple[Paragraph | Grid, ...]
    pages: int | None = None
    warnings: tuple[str, ...] = ()
    truncated: bool = False
    form_text: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """A property of a document with the text it was read from and how sure that is (0 to 1)."""

    value: str
    where: str
    certainty: float


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its place: ``path`` holds the headings above it, outermost first."""

    id: str
    heading: str
    level: int
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph of prose with the headings above it; ``agency`` where it is not the document's (a compilation)."""

    id: str
    text: str
    section: tuple[str, ...]
    page: int | None = None
    box: Box | None = None
    confidence: float | None = None
    agency: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table with what stands around it: title and unit line above, notes below.

    ``unit`` is the table's one unit, None when none is printed. ``captions`` are
    the other lines above the heads (agency, budget year, form number).
    """

    id: str
    title: str
    section: tuple[str, ...]
    cells: tuple[Cell, ...]
    rows: int
    cols: int
    unit: str | None = None
    captions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    pages: tuple[int, ...] = ()
    agency: str | None = None
    fiscal_year: int | None = None
    project: str | None = None
    truncated: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """One disclosure. ``id`` comes from the content, so a second run gives the same."""

    id: str
    file: str
    format: str
    title: str
    blocks: tuple[Passage | Table, ...]
    sections: tuple[Section, ...] = ()
    agency: Known | None = None
    region: Known | None = None
    region_code: str | None = None
    fiscal_year: Known | None = None
    phase: Known | None = None
    level: str | None = None
    pages: int | None = None
    warnings: tuple[str, ...] = ()
    truncated: bool = False

    @property
    def tables(self) -> tuple[Table, ...]:
        return tuple(b for b in self.blocks if isinstance(b, Table))

    @property
    def passages(self) -> tuple[Passage, ...]:
        return tuple(b for b in self.blocks if isinstance(b, Passage))


@dataclass(frozen=True, slots=True)
class SourceRef:
    """Where a fact stands: a cell of a table, or a sentence (``quote``) of a passage."""

    document_id: str
    block_id: str
    row: int | None = None
    col: int | None = None
    page: int | None = None
    quote: str | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure, target, schedule step, change or filled-in text, with all that it depends on.

    ``row_path`` and ``column_path`` are the heads that apply, outermost first.
    ``value`` is None for a target in words, a text cell, or a printed blank; money
    is in ``unit`` as printed, never converted. ``depth`` is the row's level in the
    hierarchy of its table and ``parent`` the row it is part of, so that a parent is
    never added to its child.
    """

    id: str
    kind: FactKind
    source: SourceRef
    row_path: tuple[str, ...]
    column_path: tuple[str, ...]
    printed: str
    value: Decimal | None
    unit: str
    table: str | None = None
    section: tuple[str, ...] = ()
    agency: str | None = None
    region: str | None = None
    fiscal_year: int | None = None
    phase: str | None = None
    fund: str | None = None
    project: str | None = None
    project_code: str | None = None
    subject_code: str | None = None
    subject: str | None = None
    indicator: tuple[str, ...] = ()
    measure: str | None = None
    comparison: str | None = None
    base_year: int | None = None
    period: str | None = None
    is_total: bool = False
    depth: int = 0
    parent_row: int | None = None
    approximate: bool = False


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece for retrieval: ``text`` is shown, ``embedded`` (with headings, agency, year, unit) is searched."""

    id: str
    document_id: str
    block_ids: tuple[str, ...]
    section: tuple[str, ...]
    text: str
    embedded: str
    title: str | None = None
    page: int | None = None
    metadata: dict[str, str | int] = field(default_factory=dict)
