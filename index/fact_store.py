"""The fact store: documents, tables, facts, names, chunks with full text, findings. The only SQL of the project.

SQLite by default, PostgreSQL by URL, one schema (:mod:`index.schema`). A document
is written or removed in one transaction, full text included, so a reader sees it
wholly or not at all; every method that reads does so in one transaction as well.
"""

from __future__ import annotations

import heapq
import json
import threading
import uuid
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    bindparam,
    delete,
    exists,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)

from index import schema
from index.fact_rows import READ, Around, FactRow, fact_values
from index.full_text import FullText, search_words
from index.names import StoredName, pairs
from index.records import Chunk, Document, Fact, Passage, Table
from index.store_engine import FAILURES, StoreError, engines_of, explained, sqlite_file
from index.stored_rows import DocumentRow, block, block_values, chunk, document_row, document_values

__all__ = ["DocumentRow", "FactStore", "StoreError"]

_IN_LIMIT = 800
_COMPOUND = 100
_POSTINGS = 1_500
_MOST_POSTINGS = 2_000
_NEXT_RAREST = 2
_CLOSELY = 3
"""Of the names that hold a rare pair, how many times as many as are wanted are read, those first that hold most of them."""
# Built once: for a question's dozen statements that takes longer than running them.
_FACTS = (
    select(*(schema.facts.c[name] for name in READ))
    .where(schema.facts.c.document_id == bindparam("id"))
    .order_by(schema.facts.c.position)
)
_HEADS = text(
    "SELECT b.id, b.title, b.section, b.kind, d.region FROM documents AS d JOIN blocks AS b ON b.document_id = d.id WHERE d.id = :id"
)
_MARKS = text("SELECT id, digest, ingested_at, vectors FROM documents")
_FINDINGS_OF = text("SELECT body FROM findings WHERE document_id = :id ORDER BY id")


class FactStore:
    """Opened by a SQLAlchemy URL, or a folder (then ``facts.sqlite`` inside it)."""

    def __init__(self, place: str | Path, *, create: bool = True) -> None:
        self.place = place
        file = sqlite_file(place)
        if file is not None and not create and not file.exists():
            raise StoreError("库里还没有文档。请先运行：budgetqa ingest 文件或文件夹")
        self.engine, self._writer = engines_of(place)
        self._full_text = FullText(sqlite=self._sqlite)
        self._reading = threading.local()
        self._common: dict[int, set[str]] = {}
        try:
            self._migrate(create)
        except FAILURES as error:
            self.close()
            raise StoreError(explained(error, place)) from error
        except StoreError:
            self.close()
            raise

    def _migrate(self, create: bool) -> None:
        with self.engine.connect() as connection:
            version = None
            if inspect(connection).has_table("alembic_version"):
                version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            if not self._sqlite and (coded := connection.execute(text("SHOW server_encoding")).scalar()) != "UTF8":
                raise StoreError(f"数据库的编码是 {coded}，存不下中文。请另建编码为 UTF8 的数据库。")
        if version == schema.HEAD:
            return
        if not create and version is None:
            raise StoreError("库里还没有文档。请先运行：budgetqa ingest 文件或文件夹")
        if version is not None and version > schema.HEAD:
            raise StoreError(
                f"库由更新版本的程序建立（结构 {version}，本程序为 {schema.HEAD}）。请升级程序，或用 --store 另建一个库。"
            )
        from index.migrations import upgrade

        upgrade(self._writer)

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All that this thread reads inside is of one state of the store, whatever is written meanwhile."""
        if self._snapshot() is not None:
            yield
            return
        try:
            connection = self.engine.connect()
        except FAILURES as error:
            raise StoreError(explained(error, self.place)) from error
        self._reading.connection = connection
        try:
            yield
        finally:
            self._reading.connection = None
            with suppress(*FAILURES):  # a connection that was lost has nothing to give back
                connection.close()

    def _snapshot(self) -> Connection | None:
        return getattr(self._reading, "connection", None)

    @contextmanager
    def _begin(self, *, write: bool = False) -> Iterator[Connection]:
        try:
            held = None if write else self._snapshot()
            with (
                nullcontext(held)
                if held is not None
                else (self._writer if write else self.engine).begin() as connection
            ):
                yield connection
        except FAILURES as error:
            raise StoreError(explained(error, self.place)) from error
        except (zlib.error, KeyError, ValueError, ArithmeticError) as error:
            if write:
                raise
            # A page of the file that was overwritten can still hold rows, of nonsense.
            raise StoreError(explained(ValueError("malformed row"), self.place)) from error

    # -- writing ---------------------------------------------------------------

    def replace(
        self, document: Document, facts: Sequence[Fact], chunks: Sequence[tuple[Chunk, list[str]]],
        names: Sequence[StoredName], findings: Sequence[dict[str, Any]], *, path: str, digest: str, at: str,
    ) -> None:  # fmt: skip
        """Write a document with all that was derived from it, in place of any earlier version of the same file."""
        with self._begin(write=True) as c:
            self._changed(c)
            old = c.execute(select(schema.documents.c.id).where(schema.documents.c.path == path)).scalars().all()
            for gone in {*old, document.id}:
                self._remove(c, gone)
            c.execute(insert(schema.documents), [document_values(document, len(facts), path, digest, at)])
            _insert(c, schema.blocks, [block_values(document.id, i, b) for i, b in enumerate(document.blocks)])
            _insert(c, schema.facts, [fact_values(i, f) for i, f in enumerate(facts)])
            self._write_names(c, document.id, names)
            _insert(c, schema.findings, [
                {"id": f["id"], "document_id": document.id, "rule": f["rule"], "severity": f["severity"],
                 "body": json.dumps(f, ensure_ascii=False), "weight": 1.0}
                for f in findings
            ])  # fmt: skip
            self._write_chunks(c, document.id, chunks)

    def _write_names(self, c: Connection, document_id: str, names: Sequence[StoredName]) -> None:
        texts = sorted({n.text for n in names})
        known = self._name_ids(c, texts)
        fresh = {n.text: n for n in names if n.text not in known}
        _insert(c, schema.names, [
            {"text": n.text, "kind": n.kind, "pinyin": n.pinyin, "initials": n.initials} for n in fresh.values()
        ])  # fmt: skip
        known |= self._name_ids(c, sorted(fresh))
        _insert(
            c,
            schema.name_grams,
            [{"gram": g, "name_id": known[n.text]} for n in fresh.values() for g in sorted(n.grams)],
        )
        _insert(c, schema.name_documents, [{"name_id": known[t], "document_id": document_id} for t in texts])

    def _name_ids(self, c: Connection, texts: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for part in _parts(texts):
            rows = c.execute(select(schema.names.c.text, schema.names.c.id).where(schema.names.c.text.in_(part)))
            found.update({row.text: row.id for row in rows})
        return found

    def _write_chunks(self, c: Connection, document_id: str, chunks: Sequence[tuple[Chunk, list[str]]]) -> None:
        rows = [
            {"id": chunk.id, "document_id": document_id, "position": i, "words": " ".join(words),
             "body": json.dumps(asdict(chunk), ensure_ascii=False)}
            for i, (chunk, words) in enumerate(chunks)
        ]  # fmt: skip
        _insert(c, schema.chunks, rows)
        if self._sqlite and rows:
            last = c.exec_driver_sql("SELECT coalesce(max(number), 0) FROM chunk_rows").scalar_one()
            numbered = [
                {"rowid": last + 1 + i, **{k: row[k] for k in ("id", "document_id", "words")}}
                for i, row in enumerate(rows)
            ]
            _insert(c, "chunk_words", numbered)
            _insert(c, "chunk_rows", [{"number": row["rowid"], "document_id": document_id} for row in numbered])

    def remove(self, document_id: str) -> bool:
        """Take a document and all that belongs to it away; False when there is none."""
        with self._begin(write=True) as c:
            self._changed(c)
            return self._remove(c, document_id)

    def _remove(self, c: Connection, document_id: str) -> bool:
        if self._sqlite:  # full text has no index of documents
            of_it = "(SELECT number FROM chunk_rows WHERE document_id = :id)"
            c.execute(text(f"DELETE FROM chunk_words WHERE rowid IN {of_it}"), {"id": document_id})
            c.execute(text("DELETE FROM chunk_rows WHERE document_id = :id"), {"id": document_id})
        for table in (schema.facts, schema.blocks, schema.chunks, schema.findings, schema.name_documents):
            c.execute(delete(table).where(table.c.document_id == document_id))
        return c.execute(delete(schema.documents).where(schema.documents.c.id == document_id)).rowcount > 0

    def mark_vectors(self, document_id: str, digest: str) -> bool:
        """Note that a document's vectors stand in the chunk store; False when it is gone or was read anew since."""
        here = (schema.documents.c.id == document_id, schema.documents.c.digest == digest)
        with self._begin(write=True) as c:
            self._set_meta(c, "vectors", uuid.uuid4().hex)
            return c.execute(update(schema.documents).where(*here).values(vectors=True)).rowcount > 0

    def without_vectors(self) -> int:
        """How many documents have no vectors yet."""
        with self._begin() as c:
            statement = select(func.count()).select_from(schema.documents).where(~schema.documents.c.vectors)
            return int(c.execute(statement).scalar() or 0)

    def set_meta(self, key: str, value: str) -> None:
        with self._begin(write=True) as c:
            self._set_meta(c, key, value)

    def _set_meta(self, c: Connection, key: str, value: str) -> None:
        c.execute(delete(schema.meta).where(schema.meta.c.key == key))
        c.execute(insert(schema.meta).values(key=key, value=value))

    def _changed(self, c: Connection) -> None:
        # Neither a time, which a clock set back would repeat, nor a number, which a restored store would.
        self._set_meta(c, "change", uuid.uuid4().hex)

    @contextmanager
    def claiming(self) -> Iterator[Callable[[str], bool]]:
        """A function that claims a piece of work until the block or this process ends; False where another worker has it.

        A folder has one writer, who holds its lock; workers on a database server share the work by advisory locks.
        """
        if self._sqlite:
            yield lambda _work: True
            return
        claim = text("SELECT pg_try_advisory_lock(hashtextextended(:work, 0))")
        try:
            with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                yield lambda work: bool(connection.execute(claim, {"work": work}).scalar())
                connection.execute(text("SELECT pg_advisory_unlock_all()"))
        except FAILURES as error:
            raise StoreError(explained(error, self.place)) from error

    # -- reading ---------------------------------------------------------------

    @property
    def _sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def meta(self, key: str) -> str | None:
        with self._begin() as c:
            return c.execute(select(schema.meta.c.value).where(schema.meta.c.key == key)).scalar()

    def version(self) -> tuple[int, str]:
        """Changes whenever a document is written or removed: for caches of readers."""
        with self._begin() as c:
            count, change = c.execute(_VERSION).one()
            return int(count), str(change)

    def documents(self, ids: Sequence[str] | None = None) -> list[DocumentRow]:
        """All documents, or those of some ids, by file."""
        columns = schema.documents.c
        rows = select(*(columns[name] for name in DocumentRow.__slots__)).order_by(columns.file, columns.id)
        with self._begin() as c:
            parts = [rows] if ids is None else [rows.where(columns.id.in_(part)) for part in _parts(ids)]
            return [document_row(row) for part in parts for row in c.execute(part)]

    def marks(self) -> dict[str, tuple[str, str, bool]]:
        """By id what tells whether a document was written since: its digest, when it was read, if its vectors stand."""
        with self._begin() as c:
            rows = c.execute(_MARKS).cursor
            return {row[0]: tuple(row[1:]) for row in rows.fetchall()} if rows else {}

    def known(self, document_id: str) -> dict[str, Any]:
        """Where agency, region, year and phase were read and how sure."""
        with self._begin() as c:
            raw = c.execute(select(schema.documents.c.known).where(schema.documents.c.id == document_id)).scalar()
        return dict(json.loads(raw)) if raw else {}

    def blocks(self, document_id: str) -> list[Passage | Table]:
        with self._begin() as c:
            rows = c.execute(
                select(schema.blocks.c.kind, schema.blocks.c.body)
                .where(schema.blocks.c.document_id == document_id)
                .order_by(schema.blocks.c.position)
            ).all()
            return [block(row.kind, row.body) for row in rows]

    def block(self, block_id: str) -> tuple[str, Passage | Table] | None:
        """A block with its document's id."""
        with self._begin() as c:
            row = c.execute(
                select(schema.blocks.c.kind, schema.blocks.c.body, schema.blocks.c.document_id).where(
                    schema.blocks.c.id == block_id
                )
            ).first()
            return (row.document_id, block(row.kind, row.body)) if row else None

    def facts(self, document_id: str) -> list[Fact]:
        """All facts of a document in reading order (``table`` and ``section`` stand with its blocks)."""
        return [row.fact for row in self.fact_rows(document_id)]

    def fact_rows(self, document_id: str) -> list[FactRow]:
        """All facts of a document in reading order, each made only when asked for."""
        with self._begin() as c:
            blocks = c.execute(_HEADS, {"id": document_id}).all()
            heads = {row[0]: (row[1], tuple(json.loads(row[2])), row[3]) for row in blocks}
            around = Around(heads, blocks[0][4] if blocks else None, self.place)
            read = c.execute(_FACTS, {"id": document_id}).cursor
            rows = [FactRow(values, around) for values in read.fetchall()] if read else []
        if any(row.block_id not in heads for row in rows):
            raise StoreError(explained(ValueError("malformed row"), self.place))
        return rows

    def find_names(self, grams: Sequence[str], limit: int = 200, most: int | None = None) -> list[tuple[str, str, int]]:
        """Names that share the most of ``grams`` (character pairs) as (text, kind, shared), most first.

        Only names that hold one of the rarest pairs are looked at, ``most`` of them or those of the rarest pair, and of
        many only those that hold the next rarest as well: names with 的项目 would be half of a million.
        """
        wanted = list(dict.fromkeys(grams))[:_IN_LIMIT]
        held = self.rarity(wanted, _POSTINGS)
        ordered = sorted((g for g in wanted if held[g]), key=lambda g: (held[g], g))
        rare: list[str] = []
        number = 0
        for gram in ordered[:_COMPOUND]:
            number += held[gram]
            if rare and number > (most or _MOST_POSTINGS):
                break
            rare.append(gram)
        if not rare:
            return []
        looked = ordered[: len(rare) + _NEXT_RAREST]
        some = " UNION ALL ".join(
            f"SELECT * FROM (SELECT name_id FROM name_grams WHERE gram = :g{i} LIMIT {_POSTINGS}) AS n{i}"
            for i in range(len(rare))
        )
        more = "0"  # how many of the next rarest pairs a name holds one after the other
        for i in range(len(looked) - 1, len(rare) - 1, -1):
            all_of_it = f"name_id IN (SELECT name_id FROM name_grams WHERE gram = :g{i})"
            looked_up = f"EXISTS (SELECT 1 FROM name_grams AS g WHERE g.gram = :g{i} AND g.name_id = n.name_id)"
            more = f"CASE WHEN {all_of_it if held[looked[i]] < _POSTINGS else looked_up} THEN 1 + {more} ELSE 0 END"
        best = f"SELECT name_id FROM ({some}) AS n GROUP BY name_id ORDER BY count(*) + {more} DESC, name_id"
        statement = _said(f"SELECT text, kind FROM names WHERE id IN ({best} LIMIT {_CLOSELY * limit})")
        with self._begin() as c:
            rows = c.execute(statement, {f"g{i}": g for i, g in enumerate(looked)}).all()
        # Most of the names share little: only those that may be among the best are looked at closely.
        rows = heapq.nlargest(limit, rows, key=lambda row: sum(map(row[0].__contains__, wanted)))
        found = [(row.text, row.kind, len(pairs(row.text).intersection(wanted))) for row in rows]
        return sorted(found, key=lambda name: (-name[2], len(name[0]), name[0]))[:limit]

    def rarity(self, grams: Sequence[str], cap: int = 20_000) -> dict[str, int]:
        """In how many names each pair of characters stands, counted up to ``cap``."""
        distinct = list(dict.fromkeys(grams))
        common = self._common.setdefault(cap, set())  # and stays so: names are not removed
        out = {gram: cap for gram in distinct if gram in common}
        each = "json_each(:grams) AS g" if self._sqlite else "unnest(CAST(:grams AS text[])) AS g(value)"
        number = "SELECT count(*) FROM (SELECT 1 FROM name_grams WHERE gram = g.value LIMIT :cap) AS n"
        with self._begin() as c:
            values = {"grams": self._listed([g for g in distinct if g not in out]), "cap": cap}
            out |= {gram: int(n) for gram, n in c.execute(_said(f"SELECT g.value, ({number}) FROM {each}"), values)}
        common |= {gram for gram, n in out.items() if n >= cap}
        return out

    def names_among(self, texts: Iterable[str]) -> list[str]:
        """Which of these texts are names of the store as they stand."""
        found: list[str] = []
        with self._begin() as c:
            for part in _parts(list(texts)):
                statement = _said(f"SELECT text FROM names WHERE text {self._one_of}")
                found += c.execute(statement, {"texts": self._listed(part)}).scalars()
        return found

    def projects_among(self, texts: Iterable[str]) -> dict[str, frozenset[str]]:
        """Which of these texts are names of projects as they stand, each with the documents that hold it."""
        found: dict[str, set[str]] = {}
        with self._begin() as c:
            for part in _parts(list(texts)):
                statement = _said(
                    "SELECT n.text, d.document_id FROM names AS n JOIN name_documents AS d ON d.name_id = n.id "
                    f"WHERE n.kind = 'project' AND n.text {self._one_of}"
                )
                for name, document in c.execute(statement, {"texts": self._listed(part)}):
                    found.setdefault(name, set()).add(document)
        return {name: frozenset(documents) for name, documents in found.items()}

    @property
    def _one_of(self) -> str:
        # One value however many texts, so that the statement stays the same.
        return "IN (SELECT value FROM json_each(:texts))" if self._sqlite else "= ANY(CAST(:texts AS text[]))"

    def _listed(self, texts: list[str]) -> object:
        return json.dumps(texts) if self._sqlite else texts

    def complete(self, prefix: str, limit: int = 20) -> list[tuple[str, str]]:
        """Names that begin with ``prefix``, in characters, pinyin or initials."""
        prefix = prefix.strip().lower()
        found: dict[str, str] = {}
        # A removed document leaves its names, which others may share, but no longer stands by them.
        held = exists().where(schema.name_documents.c.name_id == schema.names.c.id)
        with self._begin() as c:
            for column in (schema.names.c.text, schema.names.c.pinyin, schema.names.c.initials):
                if len(found) >= limit or not prefix:
                    break
                rows = c.execute(
                    select(schema.names.c.text, schema.names.c.kind)
                    .where(column >= prefix, column < prefix + "\U0010ffff", held)
                    .order_by(column)
                    .limit(limit)
                )
                found.update({row.text: row.kind for row in rows if row.text not in found})
        return list(found.items())[:limit]

    def names_spelled(self, pinyin: Sequence[str], limit: int = 200) -> list[str]:
        """Names whose whole pinyin (without spaces) is one of these."""
        found: list[str] = []
        with self._begin() as c:
            for part in _parts(list(pinyin)):
                statement = select(schema.names.c.text).where(schema.names.c.pinyin.in_(part)).limit(limit)
                found += c.execute(statement).scalars()
        return sorted(found)

    def documents_of_names(self, names: Sequence[str], limit: int = 2000) -> list[tuple[str, str]]:
        """(name, document id) pairs for the names given."""
        found: list[tuple[str, str]] = []
        statement = _said(
            "SELECT n.text, d.document_id FROM names AS n JOIN name_documents AS d ON d.name_id = n.id "
            f"WHERE n.text {self._one_of} ORDER BY n.text, d.document_id LIMIT {limit}"
        )
        with self._begin() as c:
            for part in _parts(list(names)):
                found += ((row[0], row[1]) for row in c.execute(statement, {"texts": self._listed(part)}))
        return found

    def names_of_documents(self, document_ids: Sequence[str]) -> list[tuple[str, str]]:
        """(name, document id) for all names of these documents."""
        found: list[tuple[str, str]] = []
        with self._begin() as c:
            for part in _parts(list(document_ids)):
                statement = (
                    select(schema.names.c.text, schema.name_documents.c.document_id)
                    .join(schema.name_documents, schema.name_documents.c.name_id == schema.names.c.id)
                    .where(schema.name_documents.c.document_id.in_(part))
                )
                found += [(row.text, row.document_id) for row in c.execute(statement)]
        return found

    def names(self, kinds: Sequence[str], limit: int = 20_000) -> list[str]:
        with self._begin() as c:
            statement = select(schema.names.c.text).where(schema.names.c.kind.in_(kinds)).order_by(schema.names.c.id)
            return list(c.execute(statement.limit(limit)).scalars())

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """Chunks by id, in the order asked for."""
        found: dict[str, Chunk] = {}
        with self._begin() as c:
            for part in _parts(list(ids)):
                rows = c.execute(select(schema.chunks.c.id, schema.chunks.c.body).where(schema.chunks.c.id.in_(part)))
                found.update({row.id: chunk(row.body) for row in rows})
        return [found[i] for i in ids if i in found]

    def chunks_of(self, document_id: str) -> list[Chunk]:
        with self._begin() as c:
            statement = select(schema.chunks.c.body).where(schema.chunks.c.document_id == document_id)
            return [chunk(body) for body in c.execute(statement.order_by(schema.chunks.c.position)).scalars()]

    def chunk_ids(self) -> set[str]:
        with self._begin() as c:
            return set(c.execute(select(schema.chunks.c.id)).scalars())

    def documents_of_chunks(self, ids: Iterable[str]) -> set[str]:
        statement = text(f"SELECT DISTINCT document_id FROM chunks WHERE id {self._one_of}")
        with self._begin() as c:
            return set(c.execute(statement, {"texts": self._listed(list(ids))}).scalars())

    def chunk_count(self) -> int:
        with self._begin() as c:
            return int(c.execute(select(func.count()).select_from(schema.chunks)).scalar() or 0)

    def search_text(
        self, tokens: list[str], k: int, document_ids: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        """Full-text search: (chunk id, score), best first, over chunks that hold any of the words."""
        words = search_words(tokens)
        if not words or (document_ids is not None and not document_ids):
            return []
        with self._begin() as c:
            return self._full_text.search(c, words, k, document_ids)

    def findings(self, document_id: str | None = None) -> list[dict[str, Any]]:
        everything = select(schema.findings.c.body).order_by(schema.findings.c.document_id, schema.findings.c.id)
        with self._begin() as c:
            found = c.execute(everything) if document_id is None else c.execute(_FINDINGS_OF, {"id": document_id})
            return [json.loads(body) for body in found.scalars()]


_said = lru_cache(maxsize=64)(text)
# Asked for with every question, so in one statement.
_VERSION = select(
    select(func.count()).select_from(schema.documents).scalar_subquery(),
    select(schema.meta.c.value).where(schema.meta.c.key == "change").scalar_subquery(),
)


def _parts(values: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), _IN_LIMIT):
        yield list(values[start : start + _IN_LIMIT])


def _insert(c: Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    """Rows of one table, each with the same keys in the same order."""
    if not rows:
        return
    if c.dialect.name != "sqlite":
        c.execute(insert(table), rows)
        return
    # SQLite stores these values as they are: what SQLAlchemy does to each one takes longer than storing it.
    columns = ", ".join(f'"{name}"' for name in rows[0])
    marks = ", ".join("?" * len(rows[0]))
    c.exec_driver_sql(f"INSERT INTO {table} ({columns}) VALUES ({marks})", [tuple(row.values()) for row in rows])
