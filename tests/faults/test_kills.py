"""Killed writers and killed servers lose and mix nothing."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from assistant.answering import Assistant
from assistant.records import Question
from benchmarks import in_flight
from benchmarks.kills import FIELDS, ROWS, text_of
from benchmarks.own_postgresql import programs
from index.build import ingest
from index.fact_rows import FactRow
from index.fact_store import FactStore, StoreError

ROOT = Path(__file__).resolve().parents[2]
KILLS = 8


def kills(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "benchmarks/kills.py", *arguments]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "ANONYMIZED_TELEMETRY": "False"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout))


def test_a_writer_killed_at_any_moment_leaves_every_document_whole() -> None:
    """``benchmarks/kills.py`` does it 200 times."""
    done = kills("--kills", str(KILLS), "--seed", "3")
    assert done["kills"] == KILLS
    assert done["wrong"] == 0


def test_a_writer_killed_before_its_changes_in_turn_leaves_every_document_whole() -> None:
    """No luck is needed: half of a document, made visible before the other half, is seen."""
    done = kills("--each", "3")
    assert done["replace"] > 6
    assert done["remove"] > 3


def test_a_writer_to_postgresql_killed_before_its_changes_in_turn_leaves_every_document_whole(postgresql: Any) -> None:
    assert kills("--each", "6", "--store", postgresql.new_store())["kills"] > 5


@pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed (apt install postgresql)")
def test_a_database_server_killed_at_any_moment_loses_and_mixes_nothing() -> None:
    assert kills("--kills", "4", "--seed", "6", "--postgresql", "server")["kills"] == 4


def figures(place: str) -> dict[str, set[str]]:
    """The figures of each document; each has but one in a version."""
    store = FactStore(place)
    try:
        held = {row.file: [f.printed.removesuffix("万元") for f in store.facts(row.id)] for row in store.documents()}
    finally:
        store.close()
    assert all(len(of) == ROWS + 1 for of in held.values()), held
    return {file: set(of) for file, of in held.items()}


def test_a_database_server_that_crashes_while_documents_are_written_keeps_them_whole(
    postgresql: Any, tmp_path: Path
) -> None:
    place, draw, told = postgresql.new_store(), random.Random(5), []
    FactStore(place).close()
    for version in (1, 2, 3):
        for number in range(len(FIELDS)):
            (tmp_path / f"{number}.txt").write_text(text_of(number, version), "utf-8")

        def write() -> None:
            try:
                ingest([tmp_path], place, workers=1, vectors=False)
            except StoreError as error:
                told.append(str(error))

        writer = threading.Thread(target=write)
        writer.start()
        time.sleep(draw.uniform(0.05, 0.4))
        postgresql.stop(signal.SIGQUIT)
        writer.join()
        postgresql.start()
        assert all(len(of) == 1 for of in figures(place).values())
        ingest([tmp_path], place, workers=1, vectors=False)
        assert figures(place) == {f"{n}.txt": {f"{version * 100 + n}.00"} for n in range(len(FIELDS))}
    assert all("连不上数据库" in line for line in told), told


def test_questions_in_flight_while_documents_are_replaced_are_answered_from_one_version(
    store_place: str, tmp_path: Path
) -> None:
    files = tmp_path / "files"
    files.mkdir()

    def write(version: int) -> None:
        for number in range(3):
            (files / f"{number}.txt").write_text(text_of(number, version), "utf-8")
        ingest([files], store_place, workers=1, vectors=False)

    write(1)
    assistant = Assistant(store_place)
    over, wrong, asked = threading.Event(), [], []

    def ask(number: int) -> None:
        question = in_flight.sum_question(number)
        while not over.is_set():
            answer = assistant.ask(Question(question))
            inputs = [c.cell for c in answer.citations if c.cell]
            asked.append(set(inputs))
            if answer.status != "answered" or len(inputs) != in_flight.SUMMED or len(set(inputs)) != 1:
                wrong.append(answer)

    readers = [threading.Thread(target=ask, args=(n,)) for n in (0, 1, 2, 0)]
    for reader in readers:
        reader.start()
    for version in range(2, 8):
        write(version)
    over.set()
    for reader in readers:
        reader.join()
    assistant.close()
    assert wrong == []
    assert len(asked) > 10
    assert len({figure for inputs in asked for figure in inputs}) > 3


def test_an_answer_is_of_one_state_however_often_documents_change(
    store_place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All documents are replaced each time that the answerer looks at one of them."""
    (tmp_path / "files").mkdir()
    in_flight.write(tmp_path / "files", store_place, 1)
    assistant, read, versions = Assistant(store_place), FactStore.fact_rows, [1]

    def fact_rows(store: FactStore, document_id: str) -> list[FactRow]:
        if store is assistant.store:
            versions.append(versions[-1] + 1)
            in_flight.write(tmp_path / "files", store_place, versions[-1])
        return read(store, document_id)

    monkeypatch.setattr(FactStore, "fact_rows", fact_rows)
    for number in range(in_flight.DOCUMENTS):
        now = versions[-1]
        answer = assistant.ask(Question(in_flight.sum_question(number)))
        assert in_flight.fault(number, answer.as_json()) is None
        assert answer.citations[0].cell == f"{now * 100 + number}.00"
    assistant.close()
    assert len(versions) > in_flight.DOCUMENTS


def test_over_http_every_answer_comes_from_one_version_while_documents_are_replaced(
    store_place: str, tmp_path: Path
) -> None:
    """``benchmarks/in_flight.py`` asks a thousand times."""
    done = in_flight.run(100, 4, store_place, tmp_path)
    assert done["wrong"] == []
    assert done["questions"] >= 100
    assert done["replacements"] >= 3
    assert done["versions_seen"] > 1
