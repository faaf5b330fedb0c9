"""The records that pass from a question to its answer; the answer's JSON is fixed: programs outside rely on it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Status = Literal["answered", "clarify", "not_found"]
Route = Literal["lookup", "retrieval", "llm"]


@dataclass(frozen=True, slots=True)
class Question:
    """What a user asks, with the earlier questions of the conversation, oldest first."""

    text: str
    history: tuple[str, ...] = ()
    document: tuple[str, ...] = ()
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a figure or a sentence stands; for prose only ``quote`` names the place."""

    document_id: str
    file: str
    title: str
    agency: str | None = None
    region: str | None = None
    fiscal_year: int | None = None
    section: str | None = None
    table: str | None = None
    row: str | None = None
    column: str | None = None
    cell: str | None = None
    unit: str | None = None
    page: int | None = None
    quote: str | None = None
    table_id: str | None = None
    cell_row: int | None = None
    cell_col: int | None = None
    box: tuple[float, float, float, float] | None = None
    confidence: float | None = None
    evidence: tuple[float, ...] = field(default=(), compare=False, repr=False)
    """How well the figure answers (score, content, precision of its match); it is weighed, never shown."""


@dataclass(frozen=True, slots=True)
class Value:
    """One figure of the answer. ``value`` is a plain decimal string, None for a target in words."""

    label: str
    value: str | None
    unit: str
    citations: tuple[int, ...] = ()
    comparison: str | None = None


@dataclass(frozen=True, slots=True)
class Calculation:
    """How a computed figure came about; ``inputs`` are citation numbers."""

    operation: Literal["sum", "difference", "ratio", "growth", "rank", "count", "convert", "derive", "average"]
    expression: str
    inputs: tuple[int, ...]
    result: str
    unit: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The one result of a question; ``as_json`` gives the contract's object."""

    question: str
    status: Status
    text: str
    values: tuple[Value, ...] = ()
    calculation: Calculation | None = None
    citations: tuple[Citation, ...] = ()
    options: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    route: Route = "lookup"
    elapsed_ms: float = 0.0
    id: str | None = None
    confidence: float | None = None
    trace: tuple[dict[str, Any], ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        data = asdict(self)
        for key in ("id", "confidence"):
            if data[key] is None:
                del data[key]
        if not data["trace"]:
            del data["trace"]
        for cited in data["citations"]:
            del cited["evidence"]
        for value in data["values"]:
            if value["comparison"] is None:
                del value["comparison"]
        return data
