"""Disks that are full or read-only: nothing is lost, questions go on, and the words say what to do."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from assistant.answering import Assistant
from assistant.cli import run
from assistant.records import Question
from assistant.web.app import create_app
from assistant.web.settings import read_settings
from benchmarks.kills import FIELDS, Letters, text_of
from index import vectors
from index.build import ingest, remove
from index.chunk_store import ChunkStore
from index.fact_store import FactStore, StoreError

FIGURE = "玉田县水利局2025年水利培训经费预算多少"
PROSE = "玉田县水利局负责什么"


class Disk:
    """A small disk of its own, whose size and writability can be changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def mount(self, options: str) -> None:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.folder)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")

    def change(self, options: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{options}", str(self.folder)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    if os.geteuid() != 0:
        pytest.skip("only root can mount a disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    yield Disk(folder)
    subprocess.run(["umount", "-l", str(folder)], check=False, capture_output=True)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Some documents, and a model that costs nothing."""
    monkeypatch.setattr(
        vectors, "open_chunks", lambda at, *, threads=1: ChunkStore(vectors.chunk_place(at), Letters())
    )  # fmt: skip
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(len(FIELDS)):
        (folder / f"{number}.txt").write_text(text_of(number, 1), "utf-8")
    return folder


def held(place: Path) -> tuple[int, int, int]:
    """Documents, facts, and documents without vectors."""
    store = FactStore(place)
    try:
        rows = store.documents()
        assert all(len(store.facts(row.id)) == row.facts > 0 for row in rows)
        return len(rows), sum(row.facts for row in rows), store.without_vectors()
    finally:
        store.close()


def test_a_full_disk_keeps_what_is_written_and_the_next_run_goes_on(disk: Disk, files: Path) -> None:
    disk.mount("size=700k")
    place = disk.folder / "store"
    with pytest.raises(StoreError, match="磁盘已满"):
        ingest([files], place, workers=1, vectors=False)
    assert 0 < held(place)[0] < len(FIELDS)
    disk.change("size=16m")
    assert ingest([files], place, workers=1, vectors=False).count("failed") == 0
    assert held(place)[0] == len(FIELDS)


@pytest.mark.parametrize("size", ["100k", "300k"])
def test_vectors_on_a_full_disk_wait_and_documents_are_answered(
    size: str, disk: Disk, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk.mount(f"size={size}")
    monkeypatch.setenv("BUDGETQA_CHROMA", str(disk.folder / "vectors"))
    place = tmp_path / "store"
    report = ingest([files], place, workers=1)
    assert (report.count("read"), len(report.notices)) == (len(FIELDS), 1)
    assert "语义检索没有更新" in report.notices[0]
    assert held(place)[2] > 0
    assistant = Assistant(place)
    assert [v.value for v in assistant.ask(Question(FIGURE)).values] == ["100.00"]
    assert assistant.ask(Question(PROSE)).status == "answered"
    assistant.close()
    disk.change("size=32m")
    assert ingest([files], place, workers=1).notices == []
    assert held(place)[2] == 0
    chunks = vectors.open_chunks(place)
    assert chunks is not None
    assert len({i for i, _ in chunks.search("监测", 1000)}) == 3 * len(FIELDS)
    chunks.close()


@pytest.fixture
def read_only(disk: Disk, files: Path) -> Path:
    """A store on a disk that nobody can write to any more."""
    disk.mount("size=32m")
    assert ingest([files], disk.folder / "store", workers=1).notices == []
    disk.change("ro")
    return disk.folder / "store"


def test_a_read_only_disk_answers(read_only: Path, tmp_path: Path) -> None:
    assistant = Assistant(read_only)
    assert [v.value for v in assistant.ask(Question(FIGURE)).values] == ["100.00"]
    prose = assistant.ask(Question(PROSE))
    assert prose.status == "answered"
    assert ["语义检索不可用" in note for note in prose.notes] == [True]
    app = create_app(assistant, read_settings(None, state=tmp_path / "state"))
    client = TestClient(app, base_url="http://127.0.0.1:7860", client=("127.0.0.1", 5000))
    reply = client.post("/api/ask", json={"question": FIGURE})
    assert reply.status_code == 200, reply.text
    assert [v["value"] for v in reply.json()["values"]] == ["100.00"]
    assert client.get("/api/health").json()["ready"] is True
    client.close()
    app.state.state.close()
    assistant.close()


def test_writing_to_a_read_only_disk_is_refused_with_words(
    read_only: Path, files: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    works: list[Callable[[], object]] = [lambda: ingest([files], read_only), lambda: remove("x", read_only)]
    for work in works:
        with pytest.raises(StoreError, match=r"无法写入库.*请检查权限"):
            work()
    assert run(["ask", FIGURE, "--store", str(read_only)]) == 0
    run(["doctor", "--store", str(read_only)])
    told = capsys.readouterr().out
    assert "只读：可以提问，不能导入或移除文档" in told
    assert "损坏" not in told
    monkeypatch.setenv("BUDGETQA_WEB_STATE", str(read_only))
    assert run(["serve", "--port", "0", "--store", str(read_only)]) == 1
    assert "BUDGETQA_WEB_STATE" in capsys.readouterr().err
