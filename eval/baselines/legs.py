"""The two legs of hybrid search, each alone: full text only and vectors only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from assistant.retrieval import ChunkTexts, ChunkVectors, content_words
from eval.baselines.reading import read_answer
from eval.runner import Ask

K = 10


def _answer(question: str, ids: list[str], texts: ChunkTexts, file_of: Callable[[str], str]) -> dict[str, Any]:
    chunks = {c.id: c for c in texts.chunks(ids)}
    found = [chunks[i] for i in ids if i in chunks]
    passages = [{"file": file_of(c.document_id), "text": c.text, "embedded": c.embedded} for c in found]
    return read_answer(question, passages)


def full_text(texts: ChunkTexts, file_of: Callable[[str], str]) -> Ask:
    """Full text alone. ``file_of`` names the file of a document id."""

    def ask(question: dict[str, Any]) -> dict[str, Any]:
        words = content_words(question["question"])
        hits = texts.search_text(words, K) if words else []
        return _answer(question["question"], [i for i, _ in hits], texts, file_of)

    return ask


def vectors_only(texts: ChunkTexts, vectors: ChunkVectors, file_of: Callable[[str], str]) -> Ask:
    """Vectors alone; the texts come from the store that keeps them."""

    def ask(question: dict[str, Any]) -> dict[str, Any]:
        hits = vectors.search(question["question"], K)
        return _answer(question["question"], [i for i, _ in hits], texts, file_of)

    return ask
