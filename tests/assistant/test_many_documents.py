"""More documents than are looked into one by one: the right ones are found by names, mistyped or not."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.answering import Assistant
from assistant.lookup import LIKELY, MOST_DOCUMENTS
from assistant.records import Question
from benchmarks.synthetic import COLUMNS, build, document, fill
from index.fact_store import FactStore
from index.names import pairs

DOCUMENTS = 40
TABLES = ["documents", "blocks", "facts", "names", "name_grams", "name_documents", "chunks", "chunk_words", "chunk_rows"]


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    assert DOCUMENTS > MOST_DOCUMENTS
    folder = tmp_path_factory.mktemp("many")
    fill(folder, DOCUMENTS)
    made = Assistant(folder)
    yield made
    made.close()


def test_filled_in_bulk_as_through_the_writer(tmp_path: Path) -> None:
    fill(tmp_path / "bulk", 4)
    fill(tmp_path / "bulk", 7, 4)
    build(tmp_path / "written", 7)
    rows = []
    for name in ("bulk", "written"):
        connection = sqlite3.connect(tmp_path / name / "facts.sqlite")
        rows.append({t: sorted(connection.execute(f"SELECT * FROM {t}"), key=repr) for t in TABLES})
        connection.close()
    assert all(rows[0].values())
    assert rows[0] == rows[1]


@pytest.mark.parametrize("number", [3, 17, 39])
def test_a_name_alone_finds_its_document(assistant: Assistant, number: int) -> None:
    made = document(number)
    for row in (2, 31):
        answer = assistant.ask(Question(f"{made.projects[row]}的{COLUMNS[row % 10]}是多少"))
        assert [v.value for v in answer.values] == [made.fact(row, row % 10).printed], answer.text


def test_a_name_typed_by_its_sound_finds_its_document(assistant: Assistant) -> None:
    made = next(m for m in map(document, range(DOCUMENTS)) if any("网络舆情" in p for p in m.projects))
    row = next(i for i, p in enumerate(made.projects) if "网络舆情" in p)
    typed = made.projects[row].replace("网络舆情", "往络于情")
    answer = assistant.ask(Question(f"{typed}的{COLUMNS[1]}是多少"))
    assert [v.value for v in answer.values] == [made.fact(row, 1).printed], answer.text
    assert any("理解" in note for note in answer.notes)


def test_few_documents_are_looked_into(assistant: Assistant) -> None:
    catalog = assistant.catalog()
    everywhere = catalog.everything
    assert len(everywhere) == DOCUMENTS
    from assistant.understanding.scope import Scope

    name = document(11).projects[5]
    found = assistant.lookup.likely(f"{name}是多少", Scope(everywhere), catalog)
    assert found[0].row.id == document(11).document.id
    assert len(found) <= LIKELY


def test_names_behind_common_pairs(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no pair is rare, only so many names are looked at, and the question's own words still lead to its name."""
    monkeypatch.setattr("index.fact_store._POSTINGS", 2)
    monkeypatch.setattr("index.fact_store._MOST_POSTINGS", 2)
    made = document(23)
    assert len(assistant.store.find_names(sorted(pairs(made.projects[9])))) <= 100
    answer = assistant.ask(Question(f"{made.projects[9]}的{COLUMNS[4]}是多少"))
    assert [v.value for v in answer.values] == [made.fact(9, 4).printed], answer.text


def test_a_new_document_reads_no_full_text(tmp_path: Path) -> None:
    build(tmp_path, 2)
    store = FactStore(tmp_path)
    ran: list[str] = []
    from sqlalchemy import event

    event.listen(store.engine, "before_cursor_execute", lambda c, cur, sql, *rest: ran.append(sql))
    made = document(2)
    of = made.document
    store.replace(of, made.facts(), made.chunks, made.names(), [], path=of.file, digest=of.id, at="2025-01-01T00:00:00")
    assert not [sql for sql in ran if "DELETE FROM chunk_words" in sql]
    store.replace(of, made.facts(), made.chunks, made.names(), [], path=of.file, digest=of.id, at="2025-01-01T00:00:00")
    assert [sql for sql in ran if "DELETE FROM chunk_words" in sql]
    store.close()
