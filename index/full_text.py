"""Full-text search over the words of chunks: FTS5 in SQLite, tsvector in PostgreSQL, ranked alike.

Neither ranks quickly where words are common: FTS5's bm25() visits every chunk of every word, and PostgreSQL's own ranks
know no rarity of words. So the chunks that hold the rarest words are fetched, as many as MOST_RANKED, and ranked by BM25
here (k1 = 1.2, b = 0.75 and the rarity as in https://sqlite.org/fts5.html#the_bm25_function); where those are few, the
chunks follow that hold the commoner words together. A search takes as long in 300,000 chunks as in 10,000.
"""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, text

MOST_WORDS = 64
MOST_RANKED = 1_000
ENOUGH = 200
"""Chunks that are enough to rank; only where the rarest words bring fewer are common ones asked for."""
_COUNTED = 20_000
_COMMON = 1_000
"""In how many chunks a word must stand for its number to be kept: it is counted again after _KEPT_SECONDS only."""
_KEPT_SECONDS = 60.0
_SAMPLE = 2_000
_K1, _B = 1.2, 0.75
_STATISTICS = """
SELECT e.word, e.share
FROM pg_stats AS s, unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs) AS e(word, share)
WHERE s.schemaname = current_schema() AND s.tablename = 'chunks' AND s.attname = 'vector' AND e.word IS NOT NULL
"""
Hits = list[tuple[str, float]]


def search_words(tokens: Sequence[str]) -> list[str]:
    """The distinct words of a query, at most MOST_WORDS."""
    return list(dict.fromkeys(t for t in tokens if t.strip()))[:MOST_WORDS]


class FullText:
    """Searches the chunks of one store. How common words are is counted now and then: ranks hardly move with it."""

    def __init__(self, *, sqlite: bool) -> None:
        self._sqlite = sqlite
        self._counted = -math.inf
        self._sizes = (0, 0.0)
        self._common: dict[str, int] = {}

    def search(self, c: Connection, words: Sequence[str], k: int, document_ids: Sequence[str] | None) -> Hits:
        """(chunk id, BM25), best first, over chunks that hold any of the words."""
        self._count_again(c)
        chunks, mean = self._sizes
        held = {w: n for w, n in self._held(c, words).items() if n}
        if not held:
            return []
        rows = self._rows_of(c, document_ids) if document_ids is not None else None
        if rows is None:
            rows = self._candidates(c, held, max(k, ENOUGH), document_ids)
        rarity = {
            w: max(1e-6, math.log((chunks - n + 0.5) / (n + 0.5))) if n < chunks else 1e-6 for w, n in held.items()
        }
        hits = [(chunk, score) for chunk, words in rows.items() if (score := _bm25(words, rarity, mean))]
        return sorted(hits, key=lambda hit: (-hit[1], hit[0]))[:k]

    def _count_again(self, c: Connection) -> None:
        """The number of chunks and their mean number of words."""
        if time.monotonic() - self._counted <= _KEPT_SECONDS:
            return
        number = c.execute(text("SELECT count(*) FROM chunks")).scalar_one()
        some = c.execute(
            text(
                f"SELECT avg(length(words) - length(replace(words, ' ', '')) + 1) FROM (SELECT words FROM chunks LIMIT {_SAMPLE}) AS few"
            )
        )
        self._sizes = (int(number), float(some.scalar() or 0))
        # Counting a common word takes PostgreSQL long; its own statistics know how many hold it.
        known = [] if self._sqlite else c.execute(text(_STATISTICS)).all()
        self._common = {word: int(share * number) for word, share in known if share * number >= _COMMON}
        self._counted = time.monotonic()

    def _held(self, c: Connection, words: Sequence[str]) -> dict[str, int]:
        """In how many chunks each word stands, guessed beyond _COUNTED."""
        common = self._common
        fresh = [w for w in words if w not in common]
        held = {w: common[w] for w in words if w in common}
        for word, number in self._counts(c, fresh) if fresh else ():
            held[word] = number
            if number >= _COMMON:
                common[word] = number
        return held

    def _counts(self, c: Connection, words: Sequence[str]) -> Iterator[tuple[str, int]]:
        if self._sqlite:
            some = f"SELECT rowid AS at FROM chunk_words WHERE chunk_words MATCH :%s LIMIT {_COUNTED}"
            last = "max(at)"
        else:
            some, last = f"SELECT 1 FROM chunks WHERE vector @@ CAST(:%s AS tsquery) LIMIT {_COUNTED}", "0"
        marks = [f"w{i}" for i in range(len(words))]
        sql = " UNION ALL ".join(
            f"SELECT {i}, count(*), {last} FROM ({some % mark}) AS s{i}" for i, mark in enumerate(marks)
        )
        for at, number, row in c.execute(text(sql), dict(zip(marks, map(self._quoted, words), strict=True))):
            # Rows are numbered as they were written: the rest of them holds a common word as often as the first do.
            yield words[at], max(number, number * self._sizes[0] // row) if row and number == _COUNTED else number

    def _candidates(
        self, c: Connection, held: dict[str, int], enough: int, document_ids: Sequence[str] | None
    ) -> dict[str, str]:
        rows: dict[str, str] = {}
        for words, joined in _steps(held):
            rows |= self._fetched(c, words, joined, MOST_RANKED - len(rows), document_ids)
            if len(rows) >= enough:
                break
        return rows

    def _fetched(
        self, c: Connection, words: Sequence[str], joined: str, most: int, document_ids: Sequence[str] | None
    ) -> dict[str, str]:
        """Chunks with their words that hold any (OR) or all (AND) of some words."""
        sign = f" {joined} " if self._sqlite else {"OR": " | ", "AND": " & "}[joined]
        values: dict[str, object] = {"q": sign.join(map(self._quoted, words))}
        if self._sqlite:
            sql, key = "SELECT w.id, w.words FROM chunk_words AS w {} WHERE chunk_words MATCH :q", "r.document_id"
            sql = sql.format("" if document_ids is None else "JOIN chunk_rows AS r ON r.number = w.rowid")
        else:
            sql, key = "SELECT id, words FROM chunks WHERE vector @@ CAST(:q AS tsquery)", "document_id"
        if document_ids is not None:
            sql += f" AND {self._among(key)}"
            values["documents"] = self._listed(document_ids)
        return {row[0]: row[1] for row in c.execute(text(f"{sql} LIMIT {most}"), values)}

    def _rows_of(self, c: Connection, document_ids: Sequence[str]) -> dict[str, str] | None:
        """All chunks of some documents with their words; None where they are too many to look at each."""
        of_them = f"FROM chunks WHERE {self._among('document_id')}"
        values = {"documents": self._listed(document_ids)}
        number = c.execute(text(f"SELECT count(*) FROM (SELECT 1 {of_them} LIMIT {MOST_RANKED + 1}) AS few"), values)
        if number.scalar_one() > MOST_RANKED:
            return None
        return {row[0]: row[1] for row in c.execute(text(f"SELECT id, words {of_them}"), values)}

    def _among(self, column: str) -> str:
        if self._sqlite:
            return f"{column} IN (SELECT value FROM json_each(:documents))"
        return f"{column} = ANY(CAST(:documents AS text[]))"

    def _listed(self, document_ids: Sequence[str]) -> object:
        # One value however many documents: a list of them would meet SQLite's limit.
        return json.dumps(list(document_ids)) if self._sqlite else list(document_ids)

    def _quoted(self, word: str) -> str:
        if self._sqlite:
            return '"' + word.replace('"', '""') + '"'
        return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def _steps(held: dict[str, int]) -> Iterator[tuple[list[str], str]]:
    """The words to fetch by, step by step: any of the rarest, then all of the commoner ones together, and ever fewer of them."""
    words = sorted(held, key=lambda w: (held[w], w))
    rare: list[str] = []
    number = 0
    for word in words:
        number += held[word]
        if number > MOST_RANKED:
            break
        rare.append(word)
    if rare:
        yield rare, "OR"
    common = words[len(rare) :]
    for size in range(len(common), 0, -1):
        yield common[:size], "AND"


def _bm25(words: str, rarity: dict[str, float], mean: float) -> float:
    """BM25 of a chunk by its words in a row with a space between them."""
    every = words.split(" ")
    length = _K1 * (1 - _B + _B * len(every) / (mean or 1))
    times = Counter(filter(rarity.__contains__, every))
    return sum(rarity[word] * number * (_K1 + 1) / (number + length) for word, number in times.items())
