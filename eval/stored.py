"""What a store holds, as the evaluation needs it: its counts, and the printed cells and plain text of each file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from index.fact_store import FactStore
from index.records import Passage, Table


def counts_of(store: FactStore) -> dict[str, Any]:
    """Documents, tables, facts and chunks of a store, kept with every result."""
    documents = store.documents()
    return {
        "documents": len(documents),
        "tables": sum(d.tables for d in documents),
        "facts": sum(d.facts for d in documents),
        "chunks": store.chunk_count(),
        "formats": sorted({d.format for d in documents}),
    }


def _plain(block: Passage | Table) -> str:
    if isinstance(block, Passage):
        return block.text
    rows: dict[int, list[str]] = {}
    for cell in block.cells:
        rows.setdefault(cell.row, []).append(cell.text)
    unit = [f"单位：{block.unit}"] if block.unit else []
    return "\n".join([block.title, *unit, *(" ".join(rows[r]) for r in sorted(rows)), *block.notes])


def texts_of(store: FactStore) -> dict[str, str]:
    """Each file's text in reading order, a table's row a line: what a pipeline without tables would read."""
    return {d.file: "\n".join(_plain(b) for b in store.blocks(d.id)) for d in store.documents()}


def cells_of(store: FactStore) -> Callable[[str], Iterable[str]]:
    """A function from a file's name to the printed cells and quoted sentences of its facts, for the stage scores."""
    ids = {d.file: d.id for d in store.documents()}

    def cells(file: str) -> list[str]:
        facts = store.facts(ids[file]) if file in ids else []
        return [text for f in facts for text in (f.printed, f.source.quote) if text]

    return cells
