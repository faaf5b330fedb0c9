"""Ask a running service over HTTP while its documents are replaced: no error, every answer from one version.

    python benchmarks/in_flight.py [--questions 1000] [--readers 8] [--store URL | --postgresql]

``budgetqa serve`` runs in a process of its own, another one reads new versions of three documents in again and again,
and readers ask for a sum of figures that are equal within a version: an answer that mixed two would show it.
Prints one JSON line; exit code 1 when anything was wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from benchmarks.kills import FIELDS, THINGS, text_of
from benchmarks.own_postgresql import own_postgresql
from eval.metrics import percentile
from eval.runner import OPENER, http_ask
from index.build import ingest

COMMAND = "from assistant.cli import main; main()"
DOCUMENTS = 3
SUMMED = 5


@contextmanager
def service(place: str, folder: Path) -> Iterator[str]:
    """The address of a ``budgetqa serve`` over the store at ``place``; raises TimeoutError when it does not come up."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", COMMAND, "serve", "--port", str(port), "--store", place, "--no-vectors"]
    environment = {**os.environ, "BUDGETQA_WEB_STATE": str(folder), "BUDGETQA_WEB_ASK_PER_MINUTE": "1000000"}
    url = f"http://127.0.0.1:{port}"
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)  # noqa: S603
    try:
        until = time.monotonic() + 120
        while True:
            try:
                OPENER.open(f"{url}/api/health", timeout=5).close()
                break
            except OSError as error:
                if time.monotonic() > until or process.poll() is not None:
                    raise TimeoutError((folder / "serve.log").read_text("utf-8")) from error
                time.sleep(0.1)
        yield url
    finally:
        process.kill()
        process.wait()


def write(files: Path, place: str, version: int) -> None:
    for number in range(DOCUMENTS):
        (files / f"{number}.txt").write_text(text_of(number, version), "utf-8")
    ingest([files], place, workers=1, vectors=False)


def sum_question(number: int) -> str:
    """A question whose answer adds several figures of a document up."""
    field, *others, last = FIELDS[number], *THINGS[:SUMMED]
    listed = "、".join(f"{field}{thing}经费" for thing in others)
    return f"玉田县{field}局2025年{listed}和{field}{last}经费一共多少"


def fault(number: int, answer: dict[str, Any]) -> str | None:
    """What is wrong with an answer to a document's question: its figures must be of one version, and add up."""
    cells = [c["cell"] for c in answer["citations"] if c["cell"]]
    if answer["status"] != "answered" or len(cells) != SUMMED or len(set(cells)) != 1:
        return json.dumps(answer, ensure_ascii=False)
    version = (float(cells[0]) - number) / 100
    whole = float(answer["values"][0]["value"])
    return None if version == int(version) > 0 and whole == SUMMED * float(cells[0]) else f"{cells[0]}: {whole}"


def run(questions: int, readers: int, place: str, folder: Path) -> dict[str, Any]:
    """Ask so many questions while documents change; returns counts, wrong answers first."""
    files = folder / "files"
    files.mkdir()
    write(files, place, 1)
    wrong: list[str] = []
    times: list[float] = []
    cells: set[str] = set()
    over = threading.Event()

    def ask(url: str, number: int) -> None:
        asked, text = http_ask(url), sum_question(number)
        while not over.is_set():
            began = time.monotonic()
            try:
                answer = asked({"question": text})
                if found := fault(number, answer):
                    wrong.append(found)
                cells.update(c["cell"] for c in answer["citations"] if c["cell"])
            except urllib.error.HTTPError as error:
                with error:
                    wrong.append(f"{error.code} {error.read().decode()}")
            except (OSError, ValueError, KeyError, IndexError) as error:
                wrong.append(repr(error))
            times.append(time.monotonic() - began)
            if len(times) >= questions:
                over.set()

    version = 1
    with service(place, folder) as url:
        threads = [threading.Thread(target=ask, args=(url, n % DOCUMENTS)) for n in range(readers)]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        while not over.is_set():
            version += 1
            write(files, place, version)
        for thread in threads:
            thread.join()
    took = time.monotonic() - began
    return {
        "questions": len(times),
        "wrong": wrong[:5],
        "errors": len(wrong),
        "replacements": (version - 1) * DOCUMENTS,
        "versions_seen": len(cells),
        "seconds": round(took, 1),
        "p50_ms": round(1000 * (percentile(times, 0.5) or 0)),
        "p95_ms": round(1000 * (percentile(times, 0.95) or 0)),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="文档替换时提问")
    parser.add_argument("--questions", type=int, default=1000, help="问多少次")
    parser.add_argument("--readers", type=int, default=8, help="几个同时问")
    parser.add_argument("--store", help="库地址（PostgreSQL）；不填用临时文件夹")
    parser.add_argument("--postgresql", action="store_true", help="自己启动一个 PostgreSQL")
    args = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="in-flight-") as temporary,
        own_postgresql() if args.postgresql else nullcontext() as server,
    ):
        place = server.new_store() if server else args.store or str(Path(temporary) / "store")
        done = run(args.questions, args.readers, place, Path(temporary))
    print(json.dumps(done, ensure_ascii=False))
    return 1 if done["errors"] else 0


if __name__ == "__main__":
    sys.exit(main())
