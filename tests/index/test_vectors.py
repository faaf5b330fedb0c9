"""Vectors that follow behind the documents: one writer at a time, readers that see what others made."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.answering import Assistant
from assistant.cli import run
from assistant.records import Question
from benchmarks.kills import text_of
from index import vectors
from index.build import ingest
from index.chunk_store import ChunkStore
from index.embedding import Embedder
from index.fact_store import FactStore
from index.vectors import VectorReader, embed_behind, writing_vectors

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
FIRST, SECOND = SAMPLES / "开平区委网信办2025年部门预算.docx", SAMPLES / "玉田县委网信办2023年绩效文本.docx"


class Letters(Embedder):
    name, fingerprint = "字母", "letters"

    def embed_query(self, text: str) -> list[float]:
        vector = [0.001] * 64
        for letter in text:
            vector[hashlib.sha256(letter.encode()).digest()[0] % 64] += 1
        return vector

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of one document without vectors, and a model that costs nothing."""
    monkeypatch.setattr(
        vectors, "open_chunks", lambda at, *, threads=1: ChunkStore(vectors.chunk_place(at), Letters())
    )  # fmt: skip
    ingest([FIRST], tmp_path / "store", workers=1, vectors=False)
    return tmp_path / "store"


@pytest.fixture
def store(place: Path) -> Iterator[FactStore]:
    opened = FactStore(place)
    yield opened
    opened.close()


def until(store: FactStore, left: int) -> None:
    end = time.monotonic() + 90
    while store.without_vectors() != left:
        assert time.monotonic() < end, "the vectors did not follow"
        time.sleep(0.02)


def test_a_document_is_answerable_before_its_vectors(place: Path, store: FactStore, tmp_path: Path) -> None:
    (tmp_path / "水利.txt").write_text(text_of(0, 1), "utf-8")
    ingest([tmp_path / "水利.txt"], place, workers=1, vectors=False)
    assert store.without_vectors() == 2
    assistant = Assistant(place)
    figure = assistant.ask(Question("玉田县水利局2025年水利培训经费预算多少"))
    prose = assistant.ask(Question("玉田县水利局负责什么"))
    assistant.close()
    assert [v.value for v in figure.values] == ["100.00"]
    assert prose.status == "answered"
    assert "负责监测项目" in prose.text


def test_vectors_follow_behind_and_those_of_a_new_document_at_once(place: Path, store: FactStore) -> None:
    stop, wake, told = threading.Event(), threading.Event(), list[str]()
    follower = threading.Thread(target=embed_behind, args=(place, stop, wake, told.append, 600.0))
    follower.start()
    try:
        until(store, left=0)
        ingest([SECOND], place, workers=1, vectors=False)
        wake.set()
        until(store, left=0)
    finally:
        stop.set()
        wake.set()
        follower.join(90)
    assert not follower.is_alive()
    assert told == ["已为 1 份文档建立向量，还差 0 份"] * 2
    reader = VectorReader(place, lambda: store.meta("vectors"))
    assert {i for i, _ in reader.search("预算", 1000)} == {c.id for r in store.documents() for c in store.chunks_of(r.id)}
    reader.close()


def test_while_one_makes_vectors_an_ingest_leaves_them_to_it(place: Path, store: FactStore) -> None:
    with writing_vectors(place):
        report = ingest([SECOND], place, workers=1)
    assert report.count("read") == 1
    assert ["占用" in line for line in report.notices] == [True]
    assert store.without_vectors() == 2
    assert ingest([SECOND], place, workers=1).notices == []
    assert store.without_vectors() == 0


def test_a_reader_sees_what_another_wrote_meanwhile(place: Path, store: FactStore) -> None:
    ingest([FIRST], place, workers=1)
    reader = VectorReader(place, lambda: store.meta("vectors"))
    before = {i for i, _ in reader.search("预算", 1000)}
    ingest([SECOND], place, workers=1)
    assert {i for i, _ in reader.search("预算", 1000)} == before
    reader.look_again()
    after = {i for i, _ in reader.search("预算", 1000)}
    reader.close()
    assert after > before
    assert after == {c.id for r in store.documents() for c in store.chunks_of(r.id)}


def test_a_reader_whose_vectors_fail_finds_nothing_and_says_why(
    place: Path, store: FactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest([FIRST], place, workers=1)
    reader = VectorReader(place, lambda: store.meta("vectors"))
    assert reader.search("预算", 3)
    assert reader.notice is None
    with monkeypatch.context() as broken:
        broken.setattr(ChunkStore, "search", lambda *_: 1 / 0)
        assert reader.search("预算", 3) == []
    assert reader.notice is not None
    assert "语义检索不可用" in reader.notice
    reader.look_again()
    assert reader.search("预算", 3)
    assert reader.notice is None
    reader.close()


@pytest.mark.parametrize("how", ["overwritten", "cut"])
def test_damaged_vectors_are_named_and_made_again(
    how: str, place: Path, store: FactStore, capsys: pytest.CaptureFixture[str]
) -> None:
    ingest([FIRST], place, workers=1)
    file = place / "vectors" / "chroma.sqlite3"
    whole = file.read_bytes()
    file.write_bytes(b"\xa5" * len(whole) if how == "overwritten" else whole[: len(whole) // 2])
    assert run(["doctor", "--store", str(place)]) == 1
    told = capsys.readouterr().out
    assert f"{file} 已损坏" in told
    assert "再运行 budgetqa ingest 即会重建" in told
    reader = VectorReader(place, lambda: store.meta("vectors"))
    assert reader.search("预算", 3) == []
    report = ingest([FIRST], place, workers=1)
    assert ["已损坏" in line for line in report.notices] == [True]
    assert ingest([FIRST], place, workers=1).notices == []
    reader.look_again()
    assert {i for i, _ in reader.search("预算", 1000)} == {c.id for r in store.documents() for c in store.chunks_of(r.id)}
    reader.close()


def test_searches_in_flight_outlive_a_reopening(place: Path, store: FactStore) -> None:
    ingest([FIRST], place, workers=1)
    reader, over, wrong = VectorReader(place, lambda: str(time.monotonic())), threading.Event(), list[str | None]()

    def search() -> None:
        while not over.is_set():
            if not reader.search("预算", 3):
                wrong.append(reader.notice)

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        reader.look_again()
        time.sleep(0.02)
    over.set()
    for thread in threads:
        thread.join()
    reader.close()
    assert wrong == []
    assert store.without_vectors() == 0


def test_an_index_that_takes_long_to_open_is_opened_more_rarely(
    place: Path, store: FactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one process makes vectors, the searches of another wait for each opening."""
    ingest([FIRST], place, workers=1)
    opened, opening = list[float](), vectors.open_chunks

    def slowly(at: Path) -> ChunkStore | None:
        opened.append(time.monotonic())
        time.sleep(0.1)
        return opening(at)

    monkeypatch.setattr(vectors, "open_chunks", slowly)
    monkeypatch.setattr(vectors, "REOPEN_SECONDS", 0.0)
    reader = VectorReader(place, lambda: str(time.monotonic()))
    while not opened or time.monotonic() < opened[0] + 1:
        assert reader.search("预算", 3)
        time.sleep(0.01)
    reader.close()
    assert len(opened) == 1


def test_a_document_read_anew_while_it_is_embedded_is_not_marked(place: Path, store: FactStore) -> None:
    row = store.documents()[0]
    assert not store.mark_vectors(row.id, "another digest")
    assert store.without_vectors() == 1
    assert store.mark_vectors(row.id, row.digest)
    assert store.without_vectors() == 0
