"""The tables of the fact store (SQLAlchemy Core); migrations stand in index/migrations."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import TEXT

HEAD = "0003"
metadata = MetaData()
ORDERED = Text().with_variant(TEXT(collation="C"), "postgresql")
"""Text in the order of its characters' codes, as SQLite orders: names are looked up by their beginning."""

meta = Table("meta", metadata, Column("key", String(64), primary_key=True), Column("value", Text, nullable=False))

documents = Table(
    "documents",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("file", ORDERED, nullable=False, index=True),
    Column("path", Text, nullable=False),
    Column("digest", String(64), nullable=False, index=True),
    Column("format", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("agency", Text, index=True),
    Column("region", Text),
    Column("region_code", String(6), index=True),
    Column("fiscal_year", Integer, index=True),
    Column("phase", Text),
    Column("level", Text),
    Column("pages", Integer),
    Column("tables", Integer, nullable=False),
    Column("facts", Integer, nullable=False),
    Column("warnings", Text, nullable=False),
    Column("known", Text, nullable=False),
    Column("truncated", Boolean, nullable=False),
    Column("ingested_at", String(32), nullable=False),
    Column("vectors", Boolean, nullable=False, default=False),
)


def _document() -> Column[str]:
    return Column("document_id", String(32), ForeignKey("documents.id", ondelete="CASCADE"), nullable=False, index=True)


blocks = Table(
    "blocks",
    metadata,
    Column("id", String(64), primary_key=True),
    _document(),
    Column("position", Integer, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("title", Text, nullable=False),
    Column("section", Text, nullable=False),
    Column("page", Integer),
    Column("body", LargeBinary, nullable=False),
)

facts = Table(
    "facts",
    metadata,
    Column("id", String(64), primary_key=True),
    _document(),
    Column("position", Integer, nullable=False),
    Column("block_id", String(64), nullable=False),
    Column("row", Integer),
    Column("col", Integer),
    Column("page", Integer),
    Column("quote", Text),
    Column("kind", String(8), nullable=False),
    Column("row_path", Text, nullable=False),
    Column("column_path", Text, nullable=False),
    Column("printed", Text, nullable=False),
    Column("value", Text),
    Column("unit", Text, nullable=False),
    Column("agency", Text),
    Column("fiscal_year", Integer),
    Column("phase", Text),
    Column("fund", Text),
    Column("project", Text),
    Column("project_code", Text),
    Column("subject_code", Text),
    Column("subject", Text),
    Column("indicator", Text),
    Column("measure", Text),
    Column("comparison", Text),
    Column("base_year", Integer),
    Column("period", Text),
    Column("is_total", Boolean, nullable=False),
    Column("depth", Integer, nullable=False),
    Column("parent_row", Integer),
    Column("approximate", Boolean, nullable=False),
)

names = Table(
    "names",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("text", ORDERED, nullable=False, unique=True),
    Column("kind", String(12), nullable=False),
    Column("pinyin", ORDERED, nullable=False, index=True),
    Column("initials", ORDERED, nullable=False, index=True),
)

name_grams = Table(
    "name_grams",
    metadata,
    Column("gram", Text, primary_key=True),
    Column("name_id", Integer, primary_key=True, autoincrement=False),
)

name_documents = Table(
    "name_documents",
    metadata,
    Column("name_id", Integer, primary_key=True, autoincrement=False),
    Column("document_id", String(32), ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True, index=True),
)

chunks = Table(
    "chunks",
    metadata,
    Column("id", String(64), primary_key=True),
    _document(),
    Column("position", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("words", Text, nullable=False),
)

findings = Table(
    "findings",
    metadata,
    Column("id", String(96), primary_key=True),
    _document(),
    Column("rule", String(64), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("body", Text, nullable=False),
    Column("weight", Float, nullable=False, default=1.0),
)

Index("facts_place", facts.c.document_id, facts.c.position)
