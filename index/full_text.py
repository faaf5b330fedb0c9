"""Full-text search over the words of chunks: FTS5 in SQLite, tsvector in PostgreSQL, ranked alike.

SQLite ranks by BM25 itself. PostgreSQL's own ranks know no rarity of words, so there
the chunks that hold the rarest words are fetched and ranked by the same BM25 here
(k1 = 1.2, b = 0.75 and the rarity as in https://sqlite.org/fts5.html#the_bm25_function).
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

MOST_WORDS = 64
_CANDIDATES = 400
_COUNTED = 20_000
_FETCHED = 3_000
_K1, _B = 1.2, 0.75
Hits = list[tuple[str, float]]


def search_words(tokens: Sequence[str]) -> list[str]:
    """The distinct words of a query, at most MOST_WORDS."""
    return list(dict.fromkeys(t for t in tokens if t.strip()))[:MOST_WORDS]


def search_sqlite(c: Connection, words: Sequence[str], k: int, document_ids: Sequence[str] | None) -> Hits:
    """(chunk id, BM25), best first, over chunks that hold any of the words."""
    values: dict[str, Any] = {"k": k, "q": " OR ".join('"' + w.replace('"', '""') + '"' for w in words)}
    among = ""
    if document_ids is not None:
        # One value however many documents: a list of them would meet SQLite's limit.
        values["documents"] = json.dumps(list(document_ids))
        among = " AND document_id IN (SELECT value FROM json_each(:documents))"
    sql = (
        "SELECT id, -bm25(chunk_words) AS score FROM chunk_words "
        f"WHERE chunk_words MATCH :q{among} ORDER BY score DESC, id LIMIT :k"
    )
    return [(row.id, float(row.score)) for row in c.execute(text(sql), values)]


def search_postgresql(
    c: Connection, words: Sequence[str], k: int, document_ids: Sequence[str] | None, sizes: tuple[int, float]
) -> Hits:
    """(chunk id, BM25), best first; ``sizes`` is the number of chunks and their mean number of words."""
    quoted = {f"w{i}": "'" + w.replace("\\", "\\\\").replace("'", "''") + "'" for i, w in enumerate(words)}
    chunks, mean = sizes
    counts = " UNION ALL ".join(
        f"SELECT CAST('{key}' AS text) AS word, (SELECT count(*) FROM (SELECT 1 FROM chunks "
        f"WHERE vector @@ CAST(:{key} AS tsquery) LIMIT {_COUNTED}) AS few) AS held"
        for key in quoted
    )
    held = {row.word: int(row.held) for row in c.execute(text(counts), quoted)}
    rarity = {
        key: max(1e-6, math.log((chunks - n + 0.5) / (n + 0.5))) if n < chunks else 1e-6 for key, n in held.items()
    }
    values: dict[str, Any] = {**quoted, "q": " | ".join(quoted[key] for key in _rarest(held))}
    among = ""
    if document_ids is not None:
        values["documents"] = list(document_ids)
        among = " AND document_id = ANY(CAST(:documents AS text[]))"
    weight = " + ".join(
        f"CASE WHEN vector @@ CAST(:{key} AS tsquery) THEN {rarity[key]:.6f} ELSE 0 END" for key in quoted
    )
    sql = (
        f"SELECT id, words FROM chunks WHERE vector @@ CAST(:q AS tsquery){among} "
        f"ORDER BY {weight} DESC, id LIMIT {max(k, _CANDIDATES)}"
    )
    by_word = {word: rarity[f"w{i}"] for i, word in enumerate(words)}
    hits = [(row.id, _bm25(row.words.split(" "), by_word, mean)) for row in c.execute(text(sql), values)]
    return sorted(hits, key=lambda hit: (-hit[1], hit[0]))[:k]


def _rarest(held: dict[str, int]) -> list[str]:
    """The words to fetch by: the rarest, as many as few enough chunks hold. A word of every chunk ranks none."""
    chosen: list[str] = []
    fetched = 0
    for key in sorted(held, key=lambda key: (held[key], key)):
        fetched += held[key]
        if any(held[k] for k in chosen) and fetched > _FETCHED:
            break
        chosen.append(key)
    return chosen


def _bm25(words: list[str], rarity: dict[str, float], mean: float) -> float:
    times = Counter(words)
    length = 1 - _B + _B * len(words) / (mean or 1)
    return sum(weight * times[w] * (_K1 + 1) / (times[w] + _K1 * length) for w, weight in rarity.items() if w in times)
