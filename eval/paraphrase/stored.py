"""The facts of a store as the records that questions are written from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from index.fact_store import FactStore, StoreError


def records_of_store(place: Path | str) -> Iterator[dict[str, Any]]:
    """A record for every fact of a cell; raises ValueError with what to do when there is no store."""
    try:
        store = FactStore(place, create=False)
    except StoreError as error:
        raise ValueError(str(error)) from None
    try:
        for document in store.documents():
            for fact in store.facts(document.id):
                if fact.source.quote is not None:
                    continue
                yield {
                    "document": document.file,
                    "agency": fact.agency,
                    "region": fact.region,
                    "fiscal_year": fact.fiscal_year,
                    "phase": fact.phase or "预算",
                    "kind": fact.kind,
                    "table": fact.table,
                    "project": fact.project,
                    "row": fact.row_path[-1] if fact.row_path else "",
                    "code": fact.subject_code,
                    "column": list(fact.column_path),
                    "cell": fact.printed,
                    "value": None if fact.value is None else str(fact.value),
                    "unit": fact.unit,
                }
    finally:
        store.close()
