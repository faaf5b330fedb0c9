"""Chunks in memory with BM25, in place of the fact store."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from index.records import Chunk
from index.words import cut


class MemoryTexts:
    def __init__(self, chunks: Iterable[Chunk]) -> None:
        self._chunks = {c.id: c for c in chunks}
        self._words = {i: Counter(cut(c.embedded)) for i, c in self._chunks.items()}
        self._mean = sum(map(Counter.total, self._words.values())) / max(len(self._words), 1)

    def search_text(
        self, tokens: list[str], k: int, document_ids: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        weight = {}
        for token in set(tokens):
            df = sum(token in words for words in self._words.values())
            weight[token] = math.log(1 + (len(self._words) - df + 0.5) / (df + 0.5))
        scores = {}
        for i, words in self._words.items():
            if document_ids is not None and self._chunks[i].document_id not in document_ids:
                continue
            length = 1.2 * (0.25 + 0.75 * words.total() / self._mean)
            score = sum(w * words[t] * 2.2 / (words[t] + length) for t, w in weight.items() if words[t])
            if score:
                scores[i] = score
        return sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:k]

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        return [self._chunks[i] for i in ids if i in self._chunks]

    def chunks_of(self, document_id: str) -> list[Chunk]:
        return [c for c in self._chunks.values() if c.document_id == document_id]
