"""More documents than are looked into one by one: the right ones are found by names, mistyped or not."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from assistant.answering import Assistant
from assistant.lookup import LIKELY, MOST_DOCUMENTS
from assistant.records import Question
from benchmarks.scale import question
from benchmarks.synthetic import COLUMNS, build, copy, document, fill
from index.fact_store import FactStore
from index.names import names_of, pairs
from index.words import cut

DOCUMENTS = 40
TABLES = [
    "documents",
    "blocks",
    "facts",
    "names",
    "name_grams",
    "name_documents",
    "chunks",
    "chunk_words",
    "chunk_rows",
]


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


def test_copied_into_postgresql_as_through_the_writer(tmp_path: Path, postgresql: Any) -> None:
    fill(tmp_path, 3)
    places = [postgresql.new_store() for _ in range(2)]
    copy(tmp_path, places[0])
    build(places[1], 3)
    held = []
    for place in places:
        store = FactStore(place)
        ids = [row.id for row in store.documents()]
        facts = [store.facts(i) for i in ids]
        with store.engine.connect() as connection:
            indexes = connection.exec_driver_sql("SELECT indexdef FROM pg_indexes ORDER BY indexname").scalars().all()
        held.append((ids, facts, sorted(store.names_of_documents(ids)), store.search_text(["为什么", "增加"], 9), indexes))
        store.close()
    assert len(held[0][1][2]) == 500
    assert held[0] == held[1]


@pytest.mark.parametrize("kind", ["full", "bare"])
def test_what_the_benchmark_asks_in_full_is_answered_right(assistant: Assistant, kind: str) -> None:
    draw = random.Random(1)
    asked = [question(draw, DOCUMENTS, kind) for _ in range(120)]
    answers = [assistant.ask(Question(text)) for text, _ in asked]
    wrong = [text for (text, printed), a in zip(asked, answers, strict=True) if not a.values or a.values[0].value != printed]
    assert wrong == []


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


def test_no_document_is_written_or_removed_by_reading_all_full_text(tmp_path: Path) -> None:
    build(tmp_path, 2)
    store = FactStore(tmp_path)
    ran: list[tuple[str, Any]] = []
    event.listen(store.engine, "before_cursor_execute", lambda c, cur, sql, values, *rest: ran.append((sql, values)))
    made = document(1)
    of = made.document
    store.replace(of, made.facts(), made.chunks[:3], made.names(), [], path=of.file, digest=of.id, at="")
    told = [(sql, values) for sql, values in ran if "chunk_words" in sql or "chunk_rows" in sql]
    assert len(told) >= 3
    with sqlite3.connect(tmp_path / "facts.sqlite") as c:
        for sql, values in told:
            row = values[0] if isinstance(values, list) else values
            plan = " ".join(line[3] for line in c.execute(f"EXPLAIN QUERY PLAN {sql}", row))
            # FTS5 tells by = that it goes to a row; a bare INDEX 0: would read them all.
            assert "SCAN chunk_rows" not in plan
            assert "chunk_words VIRTUAL TABLE INDEX 0:" not in plan.replace("INDEX 0:=", ""), plan
        assert c.execute("SELECT count(*) FROM chunk_words WHERE document_id = ?", (of.id,)).fetchone() == (3,)
    c.close()
    store.close()


def test_common_words_are_ranked_over_a_part_of_their_chunks(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With every word too common to fetch all its chunks, those that hold all words come first."""
    made = document(31)
    words = [*cut(made.agency), *cut(made.projects[0]), "增加", "没有这个词"]
    want = next(c.id for c, _ in made.chunks if "主要原因" in c.text)
    for ranked in (1_000, 3):
        monkeypatch.setattr("index.full_text.MOST_RANKED", ranked)
        monkeypatch.setattr("index.full_text.ENOUGH", ranked)
        assert assistant.store.search_text(words, 3)[0][0] == want
        within = [document(n).document.id for n in range(20, 40)]
        assert assistant.store.search_text(words, 3, within)[0][0] == want
        assert not assistant.store.search_text(["增加"], 3, ["no"])
        elsewhere = assistant.store.search_text(words, 3, within[:5])
        assert elsewhere
        assert {chunk.rsplit("-", 1)[0] for chunk, _ in elsewhere} <= set(within[:5])


@pytest.mark.parametrize(
    ("before", "place"), [("", "河南"), ("", "山西"), ("", "东城"), ("江", "东城"), ("平长", "河南")]
)
def test_a_project_within_whose_name_a_place_stands(tmp_path: Path, before: str, place: str) -> None:
    """A project's name wins over a region that stands in it, unless a document of that region holds it."""
    build(tmp_path, 30)
    name = f"{before}{place}网络舆情监测经费"
    store = FactStore(tmp_path)
    made = document(27)
    of, first = made.document, made.projects[0]
    facts = [
        replace(f, project=name, row_path=(name,), subject=name) if f.project == first else f for f in made.facts()
    ]
    store.replace(of, facts, made.chunks, names_of(of, facts), [], path=of.file, digest=of.id, at="")
    store.close()
    assistant = Assistant(tmp_path)
    answer = assistant.ask(Question(f"{name}的{COLUMNS[3]}是多少"))
    assert [v.value for v in answer.values] == [made.fact(0, 3).printed], answer.text
    there = f"{made.agency}{made.year}年"
    answer = assistant.ask(Question(f"{there}{name}的{COLUMNS[3]}是多少"))
    assert [v.value for v in answer.values] == [made.fact(0, 3).printed], answer.text
    unknown = assistant.ask(Question(f"{place}民兵训练的{COLUMNS[3]}是多少"))
    assert unknown.status != "answered"
    assistant.close()


def test_a_name_that_ends_in_procured_services_is_one_name(tmp_path: Path) -> None:
    """采购服务 within a project's whole name is no item of a procurement list: another office's 谷福科普… is not meant."""
    build(tmp_path, 30)
    store = FactStore(tmp_path)
    for number, name in ((27, "福中科普宣传采购服务费"), (12, "谷福科普宣传采购服务费")):
        made = document(number)
        of, first = made.document, made.projects[0]
        facts = [
            replace(f, project=name, row_path=(name,), subject=name) if f.project == first else f for f in made.facts()
        ]
        store.replace(of, facts, made.chunks, names_of(of, facts), [], path=of.file, digest=of.id, at="")
    store.close()
    assistant = Assistant(tmp_path)
    answer = assistant.ask(Question(f"福中科普宣传采购服务费的{COLUMNS[3]}是多少"))
    assert [v.value for v in answer.values] == [document(27).fact(0, 3).printed], answer.text
    assistant.close()


def test_no_question_reads_all_documents_of_a_large_store(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = Question(f"2024年哪个部门的{document(3).projects[0]}最多")
    monkeypatch.setattr("assistant.grouping.MOST_GROUPED", 5)
    assistant.shelf.clear()
    read: list[str] = []
    rows = assistant.store.fact_rows
    monkeypatch.setattr(assistant.store, "fact_rows", lambda document: read.append(document) or rows(document))
    answer = assistant.ask(question)
    assert len(read) <= LIKELY  # for mistyped words
    assert answer.status == "clarify"
    assert "缩小范围" in answer.text
