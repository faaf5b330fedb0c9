"""SQLite: which rows of the full text are a document's, so that removing one does not read all of it."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute("CREATE TABLE chunk_rows (number INTEGER PRIMARY KEY, document_id VARCHAR(32) NOT NULL)")
    op.execute("INSERT INTO chunk_rows SELECT rowid, document_id FROM chunk_words")
    op.execute("CREATE INDEX chunk_rows_document ON chunk_rows (document_id)")
