"""Hybrid search over chunks: by meaning and by words, fused.

Vectors miss names and numbers that the words hit; words miss what is said
differently. Reciprocal rank fusion needs no common scale of the two. Either leg
may be missing: without a model the words alone still find.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from index.records import Chunk
from index.words import cut

RRF_K = 60
POOL = 40
NO_VECTORS = "未启用向量模型，本次只做了全文检索。"
# What asks, not what is asked about; these words stand in no document.
_ASKING = re.compile(
    r"请问|请|麻烦|帮我|帮忙|我想知道|想知道|告诉我|查一下|查查|说说|介绍一下|介绍|讲讲|解释一下|解释|"
    r"是什么意思|什么意思|是指什么|指的是什么|指什么|是什么|有什么|什么|是怎么回事|怎么回事|为什么|为何|为啥|"
    r"怎么样|怎么|怎样|如何|哪些|哪几家|哪几个|哪几|哪家|哪个|哪里|哪儿|哪|多少|几家|几个|吗|呢|呀|啊|吧|"
    r"一下|这么多|那么多|这么|那么|有没有|是不是|有哪些|包括|的|了|是|有|里面|里|我们|你们|我|你|[？?！!。，,、]"
)


class ChunkTexts(Protocol):
    """What retrieval needs of the fact store: full-text search and the chunks themselves."""

    def search_text(
        self, tokens: list[str], k: int, document_ids: Sequence[str] | None = None
    ) -> list[tuple[str, float]]: ...

    def chunks(self, ids: Sequence[str]) -> list[Chunk]: ...

    def chunks_of(self, document_id: str) -> list[Chunk]: ...


class ChunkVectors(Protocol):
    """What retrieval needs of the chunk store: the chunks nearest in meaning."""

    def search(self, query: str, k: int, document_ids: Sequence[str] | None = None) -> list[tuple[str, float]]: ...


@dataclass(frozen=True, slots=True)
class Found:
    """A chunk with its fused score, the legs that found it and its cosine similarity where vectors did."""

    chunk: Chunk
    score: float
    legs: tuple[str, ...]
    similarity: float | None = None


def content_of(question: str) -> str:
    """The question without the words that only ask."""
    return re.sub(r"\s+", " ", _ASKING.sub(" ", question)).strip()


def content_words(question: str) -> list[str]:
    """Search words of a question: what it is about, each once."""
    return list(dict.fromkeys(cut(content_of(question))))


class HybridRetriever:
    """Finds chunks in both stores; ``vectors`` is None where there is no model."""

    def __init__(self, texts: ChunkTexts, vectors: ChunkVectors | None = None, *, text_weight: float = 1.0) -> None:
        self.texts = texts
        self._vectors = vectors
        self._text_weight = text_weight

    @property
    def notices(self) -> tuple[str, ...]:
        """What the reader should know about how was searched."""
        return () if self._vectors else (NO_VECTORS,)

    def find(self, question: str, k: int = 8, document_ids: Sequence[str] | None = None) -> list[Found]:
        """The ``k`` best chunks, best first. ``document_ids`` keeps to those documents."""
        pool = max(k, POOL)
        legs: list[tuple[str, float, list[tuple[str, float]]]] = []
        words = content_words(question)
        if words:
            legs.append(("全文", self._text_weight, self.texts.search_text(words, pool, document_ids)))
        if self._vectors:
            legs.append(("向量", 1.0, self._vectors.search(question, pool, document_ids)))
        scores: dict[str, float] = defaultdict(float)
        found_by: dict[str, list[str]] = defaultdict(list)
        similar: dict[str, float] = {}
        for leg, weight, hits in legs:
            for rank, (chunk_id, score) in enumerate(hits):
                scores[chunk_id] += weight / (RRF_K + rank + 1)
                found_by[chunk_id].append(leg)
                if leg == "向量":
                    similar[chunk_id] = score
        best = sorted(scores, key=lambda i: (-scores[i], i))[:k]
        chunks = {c.id: c for c in self.texts.chunks(best)}
        # An id that only one store knows belongs to a document that is being replaced.
        return [Found(chunks[i], scores[i], tuple(found_by[i]), similar.get(i)) for i in best if i in chunks]

    def section_of(self, chunk: Chunk, depth: int) -> list[Chunk]:
        """The chunks below the first ``depth`` headings of ``chunk``, in reading order."""
        above = chunk.section[:depth]
        return [c for c in self.texts.chunks_of(chunk.document_id) if c.section[:depth] == above]
