"""PostgreSQL: text of any length as in SQLite, names in the order of their codes, words kept as a vector.

A unit or a code of a badly printed table can be longer than any limit, and one
such cell must not keep its document out.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

TEXT = {
    "documents": ("phase", "level"),
    "facts": ("unit", "phase", "fund", "subject_code", "comparison"),
    "name_grams": ("gram",),
}
ORDERED = {"documents": ("file",), "names": ("text", "pinyin", "initials")}


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    for table, columns in TEXT.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE text")
    for table, columns in ORDERED.items():
        for column in columns:
            op.execute(f'ALTER TABLE {table} ALTER COLUMN {column} TYPE text COLLATE "C"')
    op.execute("DROP INDEX IF EXISTS chunk_words")
    op.execute(
        "ALTER TABLE chunks ADD COLUMN vector tsvector "
        "GENERATED ALWAYS AS (array_to_tsvector(array_remove(string_to_array(words, ' '), ''))) STORED"
    )
    op.execute("CREATE INDEX chunk_vectors ON chunks USING gin (vector)")
