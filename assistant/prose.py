"""Questions that prose answers: the retrieval chain, opened when first needed, with citations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from assistant.records import Citation
from assistant.understanding.catalog import Catalog
from index.fact_store import FactStore
from index.names import WORD_KINDS


class Prose:
    """The prose answerer of a store. Nothing of it is loaded before the first prose question."""

    def __init__(self, store: FactStore, place: str | Path) -> None:
        self._store = store
        self._place = place
        self._lock = Lock()
        self._answerer: Any = None
        self._chunks: Any = None
        self._notes: list[str] = []

    def model_name(self) -> str | None:
        from index.model_files import default_model

        model = default_model()
        return model.name if model else None

    def _open(self) -> Any:
        with self._lock:
            if self._answerer is None:
                from assistant.chain import ProseAnswerer
                from assistant.retrieval import HybridRetriever
                from index.build import open_chunks
                from index.words import load_names

                try:
                    self._chunks = open_chunks(self._place)
                except Exception as error:  # a broken vector store must not take lookups and full text with it
                    self._notes.append(f"语义检索不可用：{error}")
                load_names(self._store.names(WORD_KINDS))
                self._answerer = ProseAnswerer(HybridRetriever(self._store, self._chunks))
            return self._answerer

    def answer(
        self, question: str, documents: Sequence[str], focus: str, catalog: Catalog
    ) -> tuple[str, list[Citation], float, list[str]] | None:
        """Text, citations, confidence and notes; None when no passage fits."""
        within = None if len(documents) == len(catalog.rows) else list(documents)
        result = self._open().answer(question, within, focus or None)
        if result is None:
            return None
        cited = [self._cited(quote, catalog) for quote in result.quotes if quote.document_id in catalog.rows]
        return (result.text, cited, result.confidence, [*result.notes, *self._notes]) if cited else None

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
        if self._chunks is not None:
            self._chunks.close()
