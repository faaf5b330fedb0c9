"""Nearness in meaning of short texts, from a small table of word vectors (see eval/train_words.py)."""

from __future__ import annotations

import math
from functools import cache, lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
_LONGEST = 4


@cache
def _table() -> tuple[dict[str, int], Vectors]:
    with files("assistant.cells").joinpath("words.npz").open("rb") as stream:
        stored = np.load(stream)
        words = bytes(stored["words"]).decode("utf-8").split("\n")
        vectors = stored["vectors"].astype(np.float32) / 127
    return {word: i for i, word in enumerate(words)}, vectors


@lru_cache(maxsize=16384)
def word_vectors(text: str) -> Vectors:
    """Unit vectors of the known words in a text, cut by longest match; shape (words, dimensions)."""
    index, vectors = _table()
    rows: list[int] = []
    at = 0
    while at < len(text):
        size = next((n for n in range(min(_LONGEST, len(text) - at), 0, -1) if text[at : at + n] in index), 0)
        if size:
            rows.append(index[text[at : at + size]])
        at += max(size, 1)
    return vectors[rows]


def nearness(question: Vectors, head: Vectors) -> tuple[float, float]:
    """How near each word of the head comes to some word of the question (mean), and the cosine of the sums."""
    if not len(question) or not len(head):
        return 0.0, 0.0
    each = head @ question.T
    a, b = question.sum(axis=0), head.sum(axis=0)
    return float(each.max(axis=1).sum()) / len(head), float(a @ b) / math.sqrt(float(a @ a) * float(b @ b) + 1e-12)
