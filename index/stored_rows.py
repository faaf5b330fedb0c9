"""Documents, their blocks and their chunks as rows of the fact store, and back; facts stand in :mod:`index.fact_rows`."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from index.records import Box, Cell, Chunk, Document, Known, Passage, Table


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document as the store lists it."""

    id: str
    file: str
    path: str
    digest: str
    format: str
    title: str
    agency: str | None
    region: str | None
    region_code: str | None
    fiscal_year: int | None
    phase: str | None
    level: str | None
    pages: int | None
    tables: int
    facts: int
    warnings: tuple[str, ...]
    truncated: bool
    ingested_at: str
    vectors: bool


_WARNINGS = DocumentRow.__slots__.index("warnings")


def document_values(d: Document, facts: int, path: str, digest: str, at: str) -> dict[str, Any]:
    def value(known: Known | None) -> str | None:
        return known.value if known else None

    known = {k: asdict(v) for k in ("agency", "region", "fiscal_year", "phase") if (v := getattr(d, k))}
    return {
        "id": d.id, "file": d.file, "path": path, "digest": digest, "format": d.format, "title": d.title,
        "agency": value(d.agency), "region": value(d.region), "region_code": d.region_code,
        "fiscal_year": int(d.fiscal_year.value) if d.fiscal_year else None, "phase": value(d.phase), "level": d.level,
        "pages": d.pages, "tables": len(d.tables), "facts": facts, "warnings": json.dumps(d.warnings, ensure_ascii=False),
        "known": json.dumps(known, ensure_ascii=False), "truncated": d.truncated, "ingested_at": at, "vectors": False,
    }  # fmt: skip


def document_row(values: Sequence[Any]) -> DocumentRow:
    """A document from its columns in the order of DocumentRow's fields."""
    columns = list(values)
    warnings = columns[_WARNINGS]
    columns[_WARNINGS] = tuple(json.loads(warnings)) if warnings != "[]" else ()
    return DocumentRow(*columns)


def block_values(document_id: str, position: int, block: Passage | Table) -> dict[str, Any]:
    is_table = isinstance(block, Table)
    page = (block.pages[0] if block.pages else None) if isinstance(block, Table) else block.page
    return {
        "id": block.id, "document_id": document_id, "position": position, "kind": "table" if is_table else "passage",
        "title": block.title if isinstance(block, Table) else "", "section": json.dumps(block.section, ensure_ascii=False),
        "page": page, "body": zlib.compress(json.dumps(asdict(block), ensure_ascii=False).encode(), 6),
    }  # fmt: skip


def block(kind: str, body: bytes) -> Passage | Table:
    raw = json.loads(zlib.decompress(body))
    if kind == "passage":
        return Passage(**{**raw, "section": tuple(raw["section"]), "box": _box(raw["box"])})
    cells = tuple(Cell(**{**c, "box": _box(c["box"])}) for c in raw.pop("cells"))
    lists = {k: tuple(raw[k]) for k in ("section", "captions", "notes", "pages")}
    return Table(**{**raw, **lists, "cells": cells})


def _box(raw: dict[str, float] | None) -> Box | None:
    return Box(**raw) if raw else None


def chunk(body: str) -> Chunk:
    raw = json.loads(body)
    return Chunk(**{**raw, "block_ids": tuple(raw["block_ids"]), "section": tuple(raw["section"])})
