"""The fact store: documents, tables, facts, names, chunks with full text, findings. The only SQL of the project.

SQLite by default, PostgreSQL by URL, one schema (:mod:`index.schema`). A document
is written or removed in one transaction, full text included, so a reader sees it
wholly or not at all.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, delete, event, func, insert, inspect, select, text, update
from sqlalchemy.exc import DatabaseError, OperationalError

from index import schema
from index.names import StoredName
from index.records import Box, Cell, Chunk, Document, Fact, Known, Passage, SourceRef, Table

_IN_LIMIT = 800


class StoreError(Exception):
    """The store cannot be opened, read or written; the message is Chinese with a next step."""


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document as the store lists it."""

    id: str
    file: str
    path: str
    digest: str
    format: str
    title: str
    agency: str | None
    region: str | None
    region_code: str | None
    fiscal_year: int | None
    phase: str | None
    level: str | None
    pages: int | None
    tables: int
    facts: int
    warnings: tuple[str, ...]
    truncated: bool
    ingested_at: str
    vectors: bool


class FactStore:
    """Opened by a SQLAlchemy URL, or a folder (then ``facts.sqlite`` inside it)."""

    def __init__(self, place: str | Path, *, create: bool = True) -> None:
        self.url = place_url(place)
        if self.url.startswith("sqlite") and not create and not Path(self.url.removeprefix("sqlite:///")).exists():
            raise StoreError("库里还没有文档。请先运行：budgetqa ingest 文件或文件夹")
        self.engine = _engine(self.url)
        try:
            self._migrate(create)
        except (OperationalError, DatabaseError, sqlite3.Error) as error:
            raise StoreError(_explain(error, self.url)) from error

    def _migrate(self, create: bool) -> None:
        with self.engine.connect() as connection:
            version = None
            if inspect(connection).has_table("alembic_version"):
                version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if version == schema.HEAD:
            return
        if not create and version is None:
            raise StoreError("库里还没有文档。请先运行：budgetqa ingest 文件或文件夹")
        from index.migrations import upgrade

        upgrade(self.engine)

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        try:
            with self.engine.begin() as connection:
                yield connection
        except (OperationalError, DatabaseError, sqlite3.Error) as error:
            raise StoreError(_explain(error, self.url)) from error

    # -- writing ---------------------------------------------------------------

    def replace(
        self, document: Document, facts: Sequence[Fact], chunks: Sequence[tuple[Chunk, list[str]]],
        names: Sequence[StoredName], findings: Sequence[dict[str, Any]], *, path: str, digest: str, at: str,
    ) -> None:  # fmt: skip
        """Write a document with all that was derived from it, in place of any earlier version of the same file."""
        with self._begin() as c:
            old = c.execute(select(schema.documents.c.id).where(schema.documents.c.path == path)).scalars().all()
            for gone in {*old, document.id}:
                self._remove(c, gone)
            c.execute(insert(schema.documents), [_document_values(document, len(facts), path, digest, at)])
            _insert(c, schema.blocks, [_block_values(document.id, i, b) for i, b in enumerate(document.blocks)])
            _insert(c, schema.facts, [_fact_values(i, f) for i, f in enumerate(facts)])
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
            c.execute(text("INSERT INTO chunk_words (id, document_id, words) VALUES (:id, :document_id, :words)"), rows)

    def remove(self, document_id: str) -> bool:
        """Take a document and all that belongs to it away; False when there is none."""
        with self._begin() as c:
            return self._remove(c, document_id)

    def _remove(self, c: Connection, document_id: str) -> bool:
        if self._sqlite:
            c.execute(text("DELETE FROM chunk_words WHERE document_id = :id"), {"id": document_id})
        for table in (schema.facts, schema.blocks, schema.chunks, schema.findings, schema.name_documents):
            c.execute(delete(table).where(table.c.document_id == document_id))
        return c.execute(delete(schema.documents).where(schema.documents.c.id == document_id)).rowcount > 0

    def mark_vectors(self, document_ids: Iterable[str]) -> None:
        """Note that the vectors of these documents stand in the chunk store."""
        with self._begin() as c:
            for part in _parts(list(document_ids)):
                c.execute(update(schema.documents).where(schema.documents.c.id.in_(part)).values(vectors=True))

    def set_meta(self, key: str, value: str) -> None:
        with self._begin() as c:
            c.execute(delete(schema.meta).where(schema.meta.c.key == key))
            c.execute(insert(schema.meta).values(key=key, value=value))

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
            row = c.execute(select(func.count(), func.max(schema.documents.c.ingested_at))).one()
            return int(row[0]), str(row[1])

    def documents(self) -> list[DocumentRow]:
        with self._begin() as c:
            rows = c.execute(select(schema.documents).order_by(schema.documents.c.file)).all()
        return [_document_row(row._mapping) for row in rows]

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
        return [_block(row.kind, row.body) for row in rows]

    def block(self, block_id: str) -> tuple[str, Passage | Table] | None:
        """A block with its document's id."""
        with self._begin() as c:
            row = c.execute(
                select(schema.blocks.c.kind, schema.blocks.c.body, schema.blocks.c.document_id).where(
                    schema.blocks.c.id == block_id
                )
            ).first()
        return (row.document_id, _block(row.kind, row.body)) if row else None

    def facts(self, document_id: str) -> list[Fact]:
        """All facts of a document in reading order (``table`` and ``section`` stand with its blocks)."""
        with self._begin() as c:
            heads = {
                row.id: (row.title, tuple(json.loads(row.section)), row.kind)
                for row in c.execute(
                    select(
                        schema.blocks.c.id, schema.blocks.c.title, schema.blocks.c.section, schema.blocks.c.kind
                    ).where(schema.blocks.c.document_id == document_id)
                )
            }
            region = c.execute(select(schema.documents.c.region).where(schema.documents.c.id == document_id)).scalar()
            rows = c.execute(
                select(*(schema.facts.c[name] for name in _READ))
                .where(schema.facts.c.document_id == document_id)
                .order_by(schema.facts.c.position)
            ).all()
        return [_fact(tuple(row), heads, region) for row in rows]

    def find_names(self, grams: Sequence[str], limit: int = 200) -> list[tuple[str, str, int]]:
        """Names that share the most of ``grams`` (character pairs) as (text, kind, shared), most first."""
        if not grams:
            return []
        shared = func.count().label("shared")
        statement = (
            select(schema.names.c.text, schema.names.c.kind, shared)
            .join(schema.name_grams, schema.name_grams.c.name_id == schema.names.c.id)
            .where(schema.name_grams.c.gram.in_(list(grams)[:_IN_LIMIT]))
            .group_by(schema.names.c.id, schema.names.c.text, schema.names.c.kind)
            .order_by(shared.desc(), func.length(schema.names.c.text))
            .limit(limit)
        )
        with self._begin() as c:
            return [(row.text, row.kind, row.shared) for row in c.execute(statement)]

    def rarity(self, grams: Sequence[str], cap: int = 20_000) -> dict[str, int]:
        """In how many names each pair of characters stands, counted up to ``cap``."""
        out = {}
        with self._begin() as c:
            for gram in grams:
                some = select(schema.name_grams.c.name_id).where(schema.name_grams.c.gram == gram).limit(cap).subquery()
                out[gram] = int(c.execute(select(func.count()).select_from(some)).scalar() or 0)
        return out

    def complete(self, prefix: str, limit: int = 20) -> list[tuple[str, str]]:
        """Names that begin with ``prefix``, in characters, pinyin or initials."""
        prefix = prefix.strip().lower()
        found: dict[str, str] = {}
        with self._begin() as c:
            for column in (schema.names.c.text, schema.names.c.pinyin, schema.names.c.initials):
                if len(found) >= limit or not prefix:
                    break
                rows = c.execute(
                    select(schema.names.c.text, schema.names.c.kind)
                    .where(column >= prefix, column < prefix + "\U0010ffff")
                    .order_by(column)
                    .limit(limit)
                )
                found.update({row.text: row.kind for row in rows if row.text not in found})
        return list(found.items())[:limit]

    def documents_of_names(self, names: Sequence[str], limit: int = 2000) -> list[tuple[str, str]]:
        """(name, document id) pairs for the names given."""
        pairs: list[tuple[str, str]] = []
        with self._begin() as c:
            for part in _parts(list(names)):
                statement = (
                    select(schema.names.c.text, schema.name_documents.c.document_id)
                    .join(schema.name_documents, schema.name_documents.c.name_id == schema.names.c.id)
                    .where(schema.names.c.text.in_(part))
                    .limit(limit)
                )
                pairs += [(row.text, row.document_id) for row in c.execute(statement)]
        return pairs

    def names(self, kinds: Sequence[str], limit: int = 20_000) -> list[str]:
        with self._begin() as c:
            return list(
                c.execute(select(schema.names.c.text).where(schema.names.c.kind.in_(kinds)).limit(limit)).scalars()
            )

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """Chunks by id, in the order asked for."""
        found: dict[str, Chunk] = {}
        with self._begin() as c:
            for part in _parts(list(ids)):
                rows = c.execute(select(schema.chunks.c.id, schema.chunks.c.body).where(schema.chunks.c.id.in_(part)))
                found.update({row.id: _chunk(row.body) for row in rows})
        return [found[i] for i in ids if i in found]

    def chunks_of(self, document_id: str) -> list[Chunk]:
        with self._begin() as c:
            statement = select(schema.chunks.c.body).where(schema.chunks.c.document_id == document_id)
            return [_chunk(body) for body in c.execute(statement.order_by(schema.chunks.c.position)).scalars()]

    def search_text(
        self, tokens: list[str], k: int, document_ids: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        """Full-text search: (chunk id, score), best first, over chunks that hold any of the words."""
        words = list(dict.fromkeys(t for t in tokens if t.strip()))[:64]
        if not words or (document_ids is not None and not document_ids):
            return []
        values: dict[str, Any] = {"k": k}
        among = ""
        if document_ids is not None:
            values |= {f"d{i}": d for i, d in enumerate(list(document_ids)[:_IN_LIMIT])}
            among = f" AND document_id IN ({', '.join(f':d{i}' for i in range(min(len(document_ids), _IN_LIMIT)))})"
        if self._sqlite:
            values["q"] = " OR ".join('"' + w.replace('"', '""') + '"' for w in words)
            sql = f"SELECT id, -bm25(chunk_words) AS score FROM chunk_words WHERE chunk_words MATCH :q{among} ORDER BY score DESC LIMIT :k"
        else:
            values["q"] = " | ".join("'" + w.replace("'", "''").replace("\\", "\\\\") + "'" for w in words)
            sql = (
                "SELECT id, ts_rank_cd(array_to_tsvector(string_to_array(words, ' ')), CAST(:q AS tsquery)) AS score FROM chunks "
                f"WHERE array_to_tsvector(string_to_array(words, ' ')) @@ CAST(:q AS tsquery){among} ORDER BY score DESC LIMIT :k"
            )
        with self._begin() as c:
            return [(row.id, float(row.score)) for row in c.execute(text(sql), values)]

    def findings(self, document_id: str | None = None) -> list[dict[str, Any]]:
        statement = select(schema.findings.c.body).order_by(schema.findings.c.document_id, schema.findings.c.id)
        if document_id is not None:
            statement = statement.where(schema.findings.c.document_id == document_id)
        with self._begin() as c:
            return [json.loads(body) for body in c.execute(statement).scalars()]


def place_url(place: str | Path) -> str:
    """The SQLAlchemy URL of a store's place: a folder holds ``facts.sqlite``."""
    return str(place) if "://" in str(place) else f"sqlite:///{Path(place) / 'facts.sqlite'}"


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    path = Path(url.removeprefix("sqlite:///"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"无法在 {path.parent} 建立库：{error.strerror}。请用 --store 指定可写的文件夹。") from error
    engine = create_engine(url, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _pragmas(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA foreign_keys=ON")

    return engine


def _explain(error: Exception, url: str) -> str:
    reason = str(getattr(error, "orig", None) or error)
    where = url.rsplit("@", maxsplit=1)[-1].removeprefix("sqlite:///")
    if "readonly" in reason or "unable to open" in reason or "Permission" in reason:
        return f"无法写入库 {where}。请检查文件夹权限，或用 --store 指定可写的文件夹。"
    if "malformed" in reason or "not a database" in reason:
        return f"库文件 {where} 已损坏。请删除后用 budgetqa ingest 由原文件重建。"
    if "full" in reason:
        return f"磁盘已满，未能写入库 {where}。请清理磁盘后重试，已写入的文档不受影响。"
    if "locked" in reason:
        return f"库 {where} 正被另一个写入任务占用。请等它结束后重试。"
    return f"库 {where} 读写失败：{reason}"


def _parts(values: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), _IN_LIMIT):
        yield list(values[start : start + _IN_LIMIT])


def _insert(c: Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        c.execute(insert(table), rows)


def _document_values(d: Document, facts: int, path: str, digest: str, at: str) -> dict[str, Any]:
    def value(known: Known | None) -> str | None:
        return known.value if known else None

    known = {k: asdict(v) for k in ("agency", "region", "fiscal_year", "phase") if (v := getattr(d, k))}
    return {
        "id": d.id, "file": d.file, "path": path, "digest": digest, "format": d.format, "title": d.title,
        "agency": value(d.agency), "region": value(d.region), "region_code": d.region_code,
        "fiscal_year": int(d.fiscal_year.value) if d.fiscal_year else None, "phase": value(d.phase), "level": d.level,
        "pages": d.pages, "tables": len(d.tables), "facts": facts, "warnings": json.dumps(d.warnings, ensure_ascii=False),
        "known": json.dumps(known, ensure_ascii=False), "truncated": d.truncated, "ingested_at": at, "vectors": False,
    }  # fmt: skip


def _document_row(row: Any) -> DocumentRow:
    values = {k: row[k] for k in DocumentRow.__slots__}
    return DocumentRow(**{**values, "warnings": tuple(json.loads(row["warnings"]))})


def _block_values(document_id: str, position: int, block: Passage | Table) -> dict[str, Any]:
    is_table = isinstance(block, Table)
    page = (block.pages[0] if block.pages else None) if isinstance(block, Table) else block.page
    return {
        "id": block.id, "document_id": document_id, "position": position, "kind": "table" if is_table else "passage",
        "title": block.title if isinstance(block, Table) else "", "section": json.dumps(block.section, ensure_ascii=False),
        "page": page, "body": zlib.compress(json.dumps(asdict(block), ensure_ascii=False).encode(), 6),
    }  # fmt: skip


def _block(kind: str, body: bytes) -> Passage | Table:
    raw = json.loads(zlib.decompress(body))
    if kind == "passage":
        return Passage(**{**raw, "section": tuple(raw["section"]), "box": _box(raw["box"])})
    cells = tuple(Cell(**{**c, "box": _box(c["box"])}) for c in raw.pop("cells"))
    lists = {k: tuple(raw[k]) for k in ("section", "captions", "notes", "pages")}
    return Table(**{**raw, **lists, "cells": cells})


def _box(raw: dict[str, float] | None) -> Box | None:
    return Box(**raw) if raw else None


def _chunk(body: str) -> Chunk:
    raw = json.loads(body)
    return Chunk(**{**raw, "block_ids": tuple(raw["block_ids"]), "section": tuple(raw["section"])})


_PLAIN = (
    "kind", "printed", "unit", "agency", "fiscal_year", "phase", "fund", "project", "project_code", "subject_code", "subject",
    "measure", "comparison", "base_year", "period", "is_total", "depth", "parent_row", "approximate",
)  # fmt: skip


def _fact_values(position: int, fact: Fact) -> dict[str, Any]:
    values = {k: getattr(fact, k) for k in _PLAIN}
    return values | {
        "id": fact.id, "document_id": fact.source.document_id, "position": position, "block_id": fact.source.block_id,
        "row": fact.source.row, "col": fact.source.col, "page": fact.source.page, "quote": fact.source.quote,
        "row_path": "\x1f".join(fact.row_path), "column_path": "\x1f".join(fact.column_path),
        "indicator": "\x1f".join(fact.indicator), "value": None if fact.value is None else str(fact.value),
    }  # fmt: skip


_READ = (
    "id", "document_id", "block_id", "row", "col", "page", "quote", "row_path", "column_path", "indicator", "value", *_PLAIN,
)  # fmt: skip


def _fact(row: tuple[Any, ...], heads: dict[str, tuple[str, tuple[str, ...], str]], region: str | None) -> Fact:
    """A fact from a row with the columns of ``_READ``."""
    fact_id, document, block, at, col, page, quote, rows, columns, indicator, value, *rest = row
    title, section, kind = heads[block]
    return Fact(
        id=fact_id, source=SourceRef(document, block, at, col, page, quote), row_path=_path(rows), column_path=_path(columns),
        indicator=_path(indicator or ""), value=None if value is None else Decimal(value),
        table=title if kind == "table" else None, section=section, region=region, **dict(zip(_PLAIN, rest, strict=True)),
    )  # fmt: skip


def _path(joined: str) -> tuple[str, ...]:
    return tuple(joined.split("\x1f")) if joined else ()
