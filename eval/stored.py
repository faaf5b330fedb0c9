"""What a store holds, as the evaluation needs it: its counts, and the printed cells of each file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from index.fact_store import FactStore


def counts_of(store: FactStore) -> dict[str, Any]:
    """Documents, tables and facts of a store, kept with every result."""
    documents = store.documents()
    return {
        "documents": len(documents),
        "tables": sum(d.tables for d in documents),
        "facts": sum(d.facts for d in documents),
        "formats": sorted({d.format for d in documents}),
    }


def cells_of(store: FactStore) -> Callable[[str], Iterable[str]]:
    """A function from a file's name to the printed cells and quoted sentences of its facts, for the stage scores."""
    ids = {d.file: d.id for d in store.documents()}

    def cells(file: str) -> list[str]:
        facts = store.facts(ids[file]) if file in ids else []
        return [text for f in facts for text in (f.printed, f.source.quote) if text]

    return cells
