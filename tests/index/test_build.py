"""Ingest: what bad input says, what a second run changes, and what is left when it is stopped in the middle."""

from __future__ import annotations

import functools
import gc
import importlib
import inspect
import multiprocessing
import os
import pkgutil
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import index
from index import build
from index.build import ingest, remove
from index.fact_store import FactStore, StoreError
from index.locks import writing
from index.model_files import default_model
from index.vectors import open_chunks

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "samples" / "迁西县委网信办2025年绩效文本.txt"
DOCX = ROOT / "samples" / "玉田县委网信办2023年绩效文本.docx"


def contents(place: Path) -> dict[str, list[str]]:
    """Everything that a store holds, by id."""
    store = FactStore(place, create=False)
    try:
        rows = store.documents()
        return {
            "documents": [f"{r.id} {r.ingested_at}" for r in rows],
            "blocks": [b.id for r in rows for b in store.blocks(r.id)],
            "facts": [f.id for r in rows for f in store.facts(r.id)],
            "chunks": [c.id for r in rows for c in store.chunks_of(r.id)],
        }
    finally:
        store.close()


def rows_without_document(place: Path) -> dict[str, int]:
    """Rows of the fact store that belong to no document, by table; names are shared and stay for completion."""
    import sqlite3

    with sqlite3.connect(place / "facts.sqlite") as connection:
        return {
            table: connection.execute(
                f"SELECT count(*) FROM {table} WHERE document_id NOT IN (SELECT id FROM documents)"
            ).fetchone()[0]
            for table in ("blocks", "facts", "chunks", "chunk_words", "chunk_rows", "findings", "name_documents")
        }


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    shutil.copy(SAMPLE, folder / "甲.txt")
    shutil.copy(DOCX, folder / "乙.docx")
    return folder


def test_a_second_run_changes_nothing_and_says_so(files: Path, tmp_path: Path) -> None:
    first = ingest([files], tmp_path / "store", workers=1, vectors=False)
    assert [o.state for o in first.outcomes] == ["read", "read"]
    before = contents(tmp_path / "store")
    second = ingest([files], tmp_path / "store", workers=1, vectors=False)
    assert [o.state for o in second.outcomes] == ["unchanged", "unchanged"]
    assert [o.document_id for o in second.outcomes] != [None, None]
    assert contents(tmp_path / "store") == before


def test_another_store_gets_the_same_ids_from_a_pool_of_readers(files: Path, tmp_path: Path) -> None:
    ingest([files], tmp_path / "one", workers=1, vectors=False)
    ingest([files], tmp_path / "two", workers=2, vectors=False)
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert {k: v for k, v in one.items() if k != "documents"} == {k: v for k, v in two.items() if k != "documents"}
    assert len(one["facts"]) > 100


@pytest.mark.skipif(default_model() is None, reason="needs the embedding model: make model")
def test_a_changed_file_leaves_no_orphans_in_either_store(files: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    ingest([files], store, workers=1)
    before = contents(store)
    (files / "甲.txt").write_text(SAMPLE.read_text("utf-8") + "\n附注。", "utf-8")
    changed = ingest([files], store, workers=1)
    assert sorted(o.state for o in changed.outcomes) == ["read", "unchanged"]
    after = contents(store)
    gone = set(before["documents"]) - set(after["documents"])
    assert len(gone) == 1
    assert len(after["documents"]) == 2
    assert set(rows_without_document(store).values()) == {0}
    assert vectors_of(store) == set(after["chunks"])
    assert remove(after["documents"][0].split()[0], store)
    assert vectors_of(store) == set(contents(store)["chunks"])
    assert set(rows_without_document(store).values()) == {0}


def vectors_of(place: Path) -> set[str]:
    """The ids of the chunks whose vectors are kept."""
    chunks = open_chunks(place)
    assert chunks is not None
    try:
        return {hit[0] for hit in chunks.search("预算", 10_000)}
    finally:
        chunks.close()


def _truncated(target: Path) -> None:
    target.write_bytes(DOCX.read_bytes()[:9000])


def _damaged(target: Path) -> None:
    with zipfile.ZipFile(DOCX) as source, zipfile.ZipFile(target, "w") as out:
        for name in source.namelist():
            data = source.read(name)
            out.writestr(name, data[: len(data) // 2] if name == "word/document.xml" else data)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("空.txt", lambda path: path.write_bytes(b"")),
        ("空.docx", lambda path: path.write_bytes(b"")),
        ("二进制.txt", lambda path: path.write_bytes(bytes(range(256)) * 400)),
        ("程序.txt", lambda path: path.write_bytes(b"\x7fELF\x02\x01\x01" + os.urandom(50_000))),
        ("图片.txt", lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + os.urandom(5_000))),
        ("截断.docx", _truncated),
        ("损坏.docx", _damaged),
        ("假.pdf", lambda path: path.write_bytes(b"%PDF-1.7\n" + b"0" * 3000)),
        ("假.xlsx", lambda path: path.write_text("不是表格" * 99, "utf-8")),
        ("坏.zip", lambda path: path.write_bytes(b"PK\x03\x04" + b"0" * 300)),
    ],
)  # fmt: skip
def test_a_bad_file_is_told_and_the_rest_is_read(name: str, make: object, files: Path, tmp_path: Path) -> None:
    make(files / name)  # type: ignore[operator]
    report = ingest([files], tmp_path / "store", workers=1, vectors=False)
    outcomes = {o.file: o for o in report.outcomes}
    assert [outcomes[f].state for f in ("甲.txt", "乙.docx")] == ["read", "read"]
    bad = outcomes[name]
    # A sheet that is plain text is read as what it is, with a warning; all else has nothing to read.
    assert bad.state == ("read" if name == "假.xlsx" else "failed"), bad
    assert re.search(r"[\u4e00-\u9fff]{4}.*。", bad.message), bad.message
    assert not re.search(r"Error|Exception|Traceback", bad.message), bad.message
    assert len(contents(tmp_path / "store")["documents"]) == (3 if name == "假.xlsx" else 2)


def test_a_missing_path_and_an_empty_folder_are_told(files: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    report = ingest([tmp_path / "none.txt", tmp_path / "empty", files], tmp_path / "store", workers=1, vectors=False)
    assert [o.state for o in report.outcomes] == ["failed", "read", "read"]
    assert "不存在" in report.outcomes[0].message
    assert "没有可读的文件" in report.notices[0]


@pytest.mark.parametrize(
    "text",
    ["预算公开说明" * 290_000, "9" * 5_000_000, "\t" * 5_000_000, "(" * 2_000_000],
    ids=["words", "digits", "tabs", "brackets"],
)
def test_five_megabytes_in_one_line_are_read_in_bounded_time(text: str, tmp_path: Path) -> None:
    source = tmp_path / "长.txt"
    source.write_text(text, "utf-8")
    began = time.monotonic()
    report = ingest([source], tmp_path / "store", workers=1, vectors=False)
    assert report.outcomes[0].state in {"read", "failed"}
    assert report.outcomes[0].message == "" or "。" in report.outcomes[0].message
    assert time.monotonic() - began < 60


def test_a_store_that_cannot_be_written_is_told(files: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    for place in (blocked, blocked / "store", Path("/proc/none")):
        with pytest.raises(StoreError, match="无法"):
            ingest([files], place, workers=1, vectors=False)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "facts.sqlite").write_text("no database " * 99)
    with pytest.raises(StoreError, match="已损坏"):
        ingest([files], tmp_path / "broken", workers=1, vectors=False)


def test_two_writers_do_not_meet(files: Path, tmp_path: Path) -> None:
    with writing(tmp_path / "store"), pytest.raises(StoreError, match="另一个写入任务"):
        ingest([files], tmp_path / "store", workers=1, vectors=False)


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Enough files that an ingest can be stopped in the middle."""
    folder = tmp_path / "many"
    folder.mkdir()
    text = SAMPLE.read_text("utf-8")
    for number in range(40):
        (folder / f"{number:02}.txt").write_text(f"{text}\n附注{number}。", "utf-8")
    return folder


def test_readers_do_not_run_ahead_of_a_slow_writer(many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read and is not yet written fills the memory, so the readers wait for the writer."""
    files = sorted(many.iterdir())[:14]
    held: list[int] = []
    write, slow = build._store, iter([0.3, 0.3, 0.3])  # seconds; a reader needs 0.03 for such a file

    def slowly(*arguments: object) -> None:
        until = time.monotonic() + next(slow, 0)
        while True:
            held.append(sum(isinstance(o, build._Derived) for o in gc.get_objects()))
            if time.monotonic() > until:
                break
            time.sleep(0.02)
        write(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(build, "_store", slowly)
    assert ingest(files, tmp_path / "store", workers=2, vectors=False).count("read") == 14
    assert 2 <= max(held) <= 4


def test_what_readers_remember_of_files_is_bounded() -> None:
    """A cache by a cell's text grows with every file read; one without arguments holds what it holds."""
    unbounded = []
    for module in pkgutil.walk_packages(index.__path__, "index."):
        if "migrations" in module.name:
            continue
        for name, kept in vars(importlib.import_module(module.name)).items():
            if isinstance(kept, functools._lru_cache_wrapper) and kept.cache_info().maxsize is None:
                unbounded += [f"{module.name}.{name}"] if inspect.signature(kept).parameters else []
    assert unbounded == []


@pytest.fixture
def ingesting(many: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """An ingest in its own group of processes, some files in."""
    listen = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"  # a background shell turns it off
    )
    code = f"{listen}; from assistant.cli import main; main()"
    command = [sys.executable, "-c", code, "ingest", str(many), "--store", str(tmp_path / "store"), "--no-vectors"]
    command += ["--workers", "2"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("[3/"):
                break
        yield process
        process.kill()


def test_ctrl_c_keeps_what_was_stored(ingesting: subprocess.Popen[str], many: Path, tmp_path: Path) -> None:
    os.killpg(ingesting.pid, signal.SIGINT)
    assert ingesting.wait(20) == 130
    assert ingesting.stderr is not None
    told = [line for line in ingesting.stderr.read().splitlines() if not line.startswith("[")]
    assert told == ["已中断：已读入的文档都保留在库中，再次运行同一命令即可接着读。"]
    goes_on_after(many, tmp_path / "store")


def test_a_kill_keeps_what_was_stored(ingesting: subprocess.Popen[str], many: Path, tmp_path: Path) -> None:
    ingesting.kill()
    assert ingesting.wait(20) == -signal.SIGKILL
    until = time.monotonic() + 10
    while _group_lives(ingesting.pid):
        assert time.monotonic() < until, "its readers live on"
        time.sleep(0.05)
    goes_on_after(many, tmp_path / "store")


@pytest.mark.skipif(sys.platform != "linux", reason="readers are bound to their parent on Linux only")
def test_a_reader_whose_parent_died_before_it_was_bound_ends() -> None:
    from index.build import _bind_to_parent

    for parent, code in ((os.getpid(), 0), (os.getppid(), 1)):
        reader = multiprocessing.get_context("fork").Process(target=_bind_to_parent, args=(parent,))
        reader.start()
        reader.join(20)
        assert reader.exitcode == code


def _group_lives(group: int) -> bool:
    """Whether a process of the group still runs; the dead that nobody has waited for do not count."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] not in "ZX":
            return True
    return False


def goes_on_after(many: Path, place: Path) -> None:
    kept = contents(place)
    assert 3 <= len(kept["documents"]) < 40
    assert set(rows_without_document(place).values()) == {0}
    report = ingest([many], place, workers=1, vectors=False)
    assert report.count("unchanged") == len(kept["documents"])
    assert report.count("read") == 40 - len(kept["documents"])
    assert set(kept["facts"]) <= set(contents(place)["facts"])


WATCH = """
import sys

def watch(event, args):
    if event == "socket.connect" and isinstance(args[1], tuple) and args[1][0] not in ("127.0.0.1", "::1"):
        print("OUTSIDE connect", args[1], file=sys.stderr)
    if event in ("socket.getaddrinfo", "socket.gethostbyname") and args[0] not in ("127.0.0.1", "::1", "localhost", None):
        print("OUTSIDE lookup", args[0], file=sys.stderr)

sys.addaudithook(watch)
from assistant.cli import run
store = sys.argv[1]
assert run(["ingest", *sys.argv[2:], "--store", store]) == 0
assert run(["ask", "玉田舆情管理预算多少", "--store", store]) == 0
assert run(["ask", "迁西县委网信办的工作保障措施有哪些", "--store", store]) == 0
"""


def test_ingest_and_ask_call_no_outside_host(files: Path, tmp_path: Path) -> None:
    """No telemetry of any library, watched where Python opens sockets, in workers too."""
    command = [sys.executable, "-c", WATCH, str(tmp_path / "store"), str(files)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "730500.00" in done.stdout
    assert "OUTSIDE" not in done.stderr
