"""Questions that prose answers: the retrieval chain, opened when first needed, with citations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from assistant.records import Citation
from assistant.understanding.catalog import Catalog
from index.fact_store import FactStore
from index.names import WORD_KINDS

if TYPE_CHECKING:
    from index.vectors import VectorReader

_MOST_SEARCHED = 40


@dataclass(frozen=True, slots=True)
class Told:
    """What prose says: the text, its places, the confidence (0 to 1) and whether every word asked about is said."""

    text: str
    cited: list[Citation]
    confidence: float
    notes: list[str]
    complete: bool


class Prose:
    """The prose answerer of a store. Nothing of it is loaded before the first prose question."""

    def __init__(self, store: FactStore, place: str | Path) -> None:
        self._store = store
        self._place = place
        self._lock = Lock()
        self._answerer: Any = None
        self._vectors: VectorReader | None = None

    def model_name(self) -> str | None:
        from index.model_files import default_model

        model = default_model()
        return model.name if model else None

    def _open(self) -> Any:
        with self._lock:
            if self._answerer is None:
                from assistant.chain import ProseAnswerer
                from assistant.retrieval import HybridRetriever
                from index.vectors import VectorReader
                from index.words import load_names

                load_names(self._store.names(WORD_KINDS))
                if self.model_name():
                    self._vectors = VectorReader(self._place, lambda: self._store.meta("vectors"))
                self._answerer = ProseAnswerer(HybridRetriever(self._store, self._vectors))
            return self._answerer

    def answer(self, question: str, documents: Sequence[str], focus: str, catalog: Catalog) -> Told | None:
        """What the documents say to a question; None when no passage fits."""
        within = None if len(documents) == len(catalog.rows) else list(documents)
        result = self._open().answer(question, within, focus or None)
        if result is None:
            return None
        cited = [self._cited(quote, catalog) for quote in result.quotes if quote.document_id in catalog.rows]
        notes = [*result.notes, *self.notices()]
        return Told(result.text, cited, result.confidence, notes, result.complete) if cited else None

    def holding(self, name: str, documents: Sequence[str], catalog: Catalog) -> list[str]:
        """The documents in whose text ``name`` stands, letter for letter."""
        from index.words import cut

        hits = self._store.search_text(cut(name), _MOST_SEARCHED, documents)
        chunks = self._store.chunks([chunk_id for chunk_id, _ in hits])
        return sorted({c.document_id for c in chunks if name in "".join(c.text.split())} & set(catalog.rows))

    def notices(self) -> list[str]:
        """What the reader should know about how was searched."""
        return [self._vectors.notice] if self._vectors and self._vectors.notice else []

    def look_again(self) -> None:
        """Documents were added here: their vectors are looked for at the next question."""
        if self._vectors is not None:
            self._vectors.look_again()

    def passages(self, question: str, catalog: Catalog, documents: Sequence[str] = ()) -> list[Citation]:
        """The passages of the given documents (none: of all) nearest to a question, for a model to word."""
        quotes = self._open().passages(question, list(documents) or None)
        return [self._cited(quote, catalog) for quote in quotes if quote.document_id in catalog.rows]

    def _cited(self, quote: Any, catalog: Catalog) -> Citation:
        row = catalog.rows[quote.document_id]
        return Citation(
            document_id=row.id, file=row.file, title=row.title, agency=row.agency, region=row.region,
            fiscal_year=row.fiscal_year, section=" / ".join(quote.section) or None, page=quote.page, quote=quote.text,
            table_id=quote.block_id,
        )  # fmt: skip

    def close(self) -> None:
        if self._vectors is not None:
            self._vectors.close()
