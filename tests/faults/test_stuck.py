"""A Chroma that does not come back from being closed: the terminal is given back, and nothing is lost."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from benchmarks.kills import FIELDS, Letters, text_of
from index import vectors
from index.chunk_store import ChunkStore
from index.fact_store import FactStore

ROOT = Path(__file__).resolve().parents[2]
STUCK = """
import ctypes, sys, threading
from assistant.cli import run
from benchmarks.kills import Letters
from chromadb.api.client import Client
from index import chunk_store, vectors

chunk_store._CLOSING_PATIENCE = 1.0
vectors.open_chunks = lambda at, *, threads=1: chunk_store.ChunkStore(vectors.chunk_place(at), Letters())
# Called like this it keeps the interpreter's lock, as Chroma does: no thread, timer or handler of Python runs any more.
Client.close = lambda self: ctypes.PyDLL(None).pause()
run(["ingest", *sys.argv[2:], "--store", sys.argv[1], "--workers", "1"])
"""


def test_a_chroma_that_never_closes_gives_the_terminal_back_and_loses_nothing(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for number in range(len(FIELDS)):
        (files / f"{number}.txt").write_text(text_of(number, 1), "utf-8")
    place = tmp_path / "store"
    command = [sys.executable, "-c", STUCK, str(place), str(files)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        try:
            told = process.communicate(timeout=40)[1]
        finally:
            process.kill()
    assert process.returncode == -signal.SIGKILL
    assert "没有丢失；再次运行同一命令" in told.splitlines()[-1]
    store = FactStore(place, create=False)
    assert len(store.documents()) == len(FIELDS)
    assert store.without_vectors() == 0
    chunks = ChunkStore(vectors.chunk_place(place), Letters())
    assert chunks.ids() == store.chunk_ids()
    chunks.close()
    store.close()


def test_work_that_comes_back_is_let_go_on() -> None:
    code = (
        "import time; from index.watcher import ended_if_stuck\n"
        "with ended_if_stuck(0.2, 'x'): pass\n"
        "time.sleep(0.5); print('done')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("done\n", "")
