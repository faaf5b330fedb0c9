"""Several services on one PostgreSQL and one Chroma server, asked at once while another process reads documents in.

    python benchmarks/many_serves.py [--documents 200] [--serves 3] [--users 6] [--questions 300]

A PostgreSQL server and a Chroma server of our own are started, the database is filled with a synthetic store
(:mod:`synthetic`), and ``budgetqa serve`` is started so many times over both. Users ask each service in turn for figures
that are known, first while nothing is written, then while ``budgetqa ingest`` reads new files in, vectors included. Then
every service must answer from a document that was just read in. Prints one JSON line; exit code 1 when anything was wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))
from benchmarks.in_flight import COMMAND, service
from benchmarks.kills import FIELDS, THINGS, text_of
from benchmarks.own_postgresql import own_postgresql
from benchmarks.scale import question
from benchmarks.synthetic import build, copy, fill
from eval.metrics import percentile
from eval.runner import http_ask
from index.fact_store import FactStore
from index.model_files import default_model

SEEN_WITHIN = 10.0
"""Seconds after which every service must know what was read in (it looks every second, busy machines later)."""

MOST_EMBEDDED = 500
"""Documents beyond which vectors are left out: an ingest makes those of all documents that have none."""


@contextmanager
def own_chroma(folder: Path) -> Iterator[str]:
    """The address of a Chroma server over a folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = Path(sys.executable).with_name("chroma")
    command = [str(program), "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    quiet = {**os.environ, "ANONYMIZED_TELEMETRY": "False", "DO_NOT_TRACK": "1", "HOME": str(folder)}
    with subprocess.Popen(  # noqa: S603
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=quiet, cwd=folder
    ) as process:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def asked(
    urls: Sequence[str], documents: int, users: int, going_on: Callable[[int], bool], seed: int
) -> dict[str, Any]:
    """What users were answered who asked the services in turn as long as ``going_on`` (how many were asked) says so."""
    times: list[float] = []
    wrong: list[str] = []
    done = count(1)

    def ask(user: int) -> None:
        draw = random.Random(seed + user)  # noqa: S311
        asks = [http_ask(url) for url in urls]
        while going_on(at := next(done)):
            text, printed = question(draw, documents, draw.choice(("full", "short", "bare")))
            began = time.monotonic()
            try:
                answer = asks[(user + at) % len(asks)]({"question": text})
                if answer["status"] == "answered" and answer["values"][0]["value"] != printed:
                    wrong.append(f"{text}：{answer['text'][:80]}")
                elif answer["status"] != "answered":
                    wrong.append(f"{text}：{answer['status']}")
            except (OSError, ValueError, KeyError, IndexError) as error:
                wrong.append(repr(error))
            times.append((time.monotonic() - began) * 1000)

    began = time.monotonic()
    threads = [threading.Thread(target=ask, args=(user,)) for user in range(users)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - began
    shown = {f"p{round(share * 100)}_ms": round(percentile(times, share) or 0) for share in (0.5, 0.95)}
    return {
        "questions": len(times),
        "a_second": round(len(times) / seconds, 1),
        **shown,
        "wrong": len(wrong),
        "examples": wrong[:3],
    }


def ingesting(files: Path, place: str, *, with_vectors: bool) -> subprocess.Popen[bytes]:
    vectors = [] if with_vectors else ["--no-vectors"]
    command = [sys.executable, "-c", COMMAND, "ingest", str(files), "--store", place, "--workers", "1", *vectors]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603


def seen(urls: Sequence[str], version: int) -> bool:
    """Whether every service answers from the version that was read in last, soon enough."""
    text = f"玉田县{FIELDS[0]}局2025年{FIELDS[0]}{THINGS[0]}经费预算多少"
    until = time.monotonic() + SEEN_WITHIN
    left = list(urls)
    while left and time.monotonic() < until:
        left = [
            u
            for u in left
            if [v["value"] for v in http_ask(u)({"question": text})["values"]] != [f"{version * 100}.00"]
        ]
        time.sleep(0.2)
    return not left


def run(
    documents: int, serves: int, users: int, questions: int, folder: Path, filled: Path | None = None
) -> dict[str, Any]:
    """What users were answered; ``filled`` is a folder of :mod:`scale` with a store of so many documents."""
    files = folder / "files"
    files.mkdir()
    (folder / "chroma").mkdir()
    with ExitStack() as stack:
        place = stack.enter_context(own_postgresql("512MB")).new_store()
        os.environ["BUDGETQA_CHROMA"] = stack.enter_context(own_chroma(folder / "chroma"))
        stack.callback(os.environ.pop, "BUDGETQA_CHROMA")
        if documents < 50:
            build(place, documents)
        else:
            if filled is None:
                fill(filled := folder / "filled", documents)
            copy(filled, place)
        with_vectors = default_model() is not None and documents <= MOST_EMBEDDED
        urls = []
        for number in range(serves):
            (folder / f"serve{number}").mkdir()
            urls.append(stack.enter_context(service(place, folder / f"serve{number}")))
        asked(urls, documents, serves, lambda at: at <= 4 * serves, 1)  # what is loaded once
        out: dict[str, Any] = {"documents": documents, "serves": serves, "users": users}
        out["still"] = asked(urls, documents, users, lambda at: at <= questions, 2)
        read, failed, over = 0, 0, threading.Event()

        def work() -> None:
            nonlocal read, failed
            for version in count(1):
                for number in range(len(FIELDS)):
                    (files / f"{number}.txt").write_text(text_of(number, version), "utf-8")
                failed += ingesting(files, place, with_vectors=with_vectors).wait() != 0
                read = version
                if over.is_set():
                    return

        worker = threading.Thread(target=work)
        worker.start()
        out["ingesting"] = asked(urls, documents, users, lambda at: at <= questions, 3)
        over.set()
        worker.join()
        out |= {"documents_read_in": read * len(FIELDS), "ingests_failed": failed, "seen_by_all": seen(urls, read)}
        store = FactStore(place)
        out["without_vectors"] = sum(not d.vectors for d in store.documents() if d.file[0].isdigit())
        store.close()
    return out


def main() -> int:
    parser = argparse.ArgumentParser(description="几个服务同用一个 PostgreSQL 和一个 Chroma，边导入边提问")
    parser.add_argument("--documents", type=int, default=200, help="合成文档数")
    parser.add_argument("--serves", type=int, default=3, help="几个服务")
    parser.add_argument("--users", type=int, default=6, help="几人同时问")
    parser.add_argument("--questions", type=int, default=300, help="每轮问多少次")
    parser.add_argument("--filled", type=Path, help="已生成的库（benchmarks/scale.py --dir 下与文档数同名的文件夹）")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="many-serves-") as temporary:
        done = run(args.documents, args.serves, args.users, args.questions, Path(temporary), args.filled)
    print(json.dumps(done, ensure_ascii=False))
    good = (
        done["seen_by_all"] and not done["ingests_failed"] and not done["still"]["wrong"] + done["ingesting"]["wrong"]
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
