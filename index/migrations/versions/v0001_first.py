"""The first schema: documents, blocks, facts, names, chunks with full text, findings."""

from alembic import op
from sqlalchemy import text

from index.schema import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    bind = op.get_bind()
    metadata.create_all(bind)
    if bind.dialect.name == "sqlite":
        op.execute(
            text(
                "CREATE VIRTUAL TABLE chunk_words USING fts5(id UNINDEXED, document_id UNINDEXED, words, tokenize='unicode61')"
            )
        )
    else:
        op.execute(
            text("CREATE INDEX chunk_words ON chunks USING gin (array_to_tsvector(string_to_array(words, ' ')))")
        )
