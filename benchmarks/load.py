"""The service under many users at once: its start, the times of lookups, its memory over many questions.

    python benchmarks/load.py --store DIR --set eval/sets/public.jsonl [--users 50] [--rounds 20] [--total 10000]

starts ``budgetqa serve`` in a process of its own; the store is only read. Every user keeps one connection and asks
the next question as soon as the one before is answered. Beside the wall time stands the server's CPU time for each
question, which other work on the same machine changes less.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from eval.metrics import percentile
from eval.question_sets import load

SERVE = "import sys; from assistant.cli import main; raise SystemExit(main(sys.argv[1:]))"
TICKS = os.sysconf("SC_CLK_TCK")
SETTLED = 15
"""Seconds after the first answer by which the chat page is built too."""


@contextmanager
def serving(store: str, more: dict[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], int, float]]:
    """The service's process, its port and when it was started (monotonic)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-c", SERVE, "serve", "--store", store, "--port", str(port)]
    environment = {**os.environ, "BUDGETQA_WEB_ASK_PER_MINUTE": "10000000", **more}
    began = time.monotonic()
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:  # noqa: S603 -- our own program
        try:
            yield process, port, began
        finally:
            process.terminate()
            process.wait(timeout=300)


def used(pid: int) -> tuple[float, float]:
    """CPU seconds and resident megabytes of a process (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    status = Path(f"/proc/{pid}/status").read_text()
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return (int(fields[11]) + int(fields[12])) / TICKS, int(resident.split()[1]) / 1024


class User:
    """One kept connection; plain sockets, so that the client takes little of the machine."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def __aenter__(self) -> User:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()

    async def ask(self, body: bytes) -> int:
        """The HTTP status of one question."""
        head = f"POST /api/ask HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Type: application/json\r\n"
        self.writer.write(head.encode() + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await self.reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        await self.reader.readexactly(length)
        return int(answer[9:12])


def body_of(question: str, history: Sequence[str] = ()) -> bytes:
    return json.dumps({"question": question, "history": list(history)}).encode()


async def first_answer(port: int, body: bytes, began: float) -> float:
    """Seconds from the start of the process to its first answer."""
    while time.monotonic() - began < 120:
        try:
            async with User(port) as user:
                if await user.ask(body) == 200:
                    return time.monotonic() - began
        except (OSError, asyncio.IncompleteReadError):
            await asyncio.sleep(0.02)
    raise TimeoutError


async def run(port: int, bodies: Sequence[bytes], users: int, rounds: int) -> tuple[list[float], int]:
    """Milliseconds of every question, and how many failed."""
    times: list[float] = []
    failed = 0
    cycle = itertools.cycle(bodies)

    async def ask_on() -> None:
        nonlocal failed
        async with User(port) as user:
            for _ in range(rounds):
                began = time.perf_counter()
                status = await user.ask(next(cycle))
                times.append((time.perf_counter() - began) * 1000)
                failed += status != 200

    await asyncio.gather(*[ask_on() for _ in range(users)])
    return times, failed


def row(name: str, times: Sequence[float], failed: int, cpu: float) -> str:
    shown = "  ".join(f"p{round(share * 100)} {percentile(times, share) or 0:.0f}" for share in (0.5, 0.95, 1.0))
    return f"{name}：{len(times)} 问，出错 {failed}，{shown} 毫秒，服务每问用 CPU {cpu / len(times) * 1000:.1f} 毫秒"


def main() -> None:
    parser = argparse.ArgumentParser(description="多人同时提问")
    parser.add_argument("--store", required=True)
    parser.add_argument("--set", type=Path, nargs="+", required=True, dest="sets")
    parser.add_argument("--kind", default="lookup", help="题集中哪一类问题")
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=20, help="每人问几次")
    parser.add_argument("--starts", type=int, default=3, help="启动几次")
    parser.add_argument("--total", type=int, default=0, help="另外连问多少次（全部类别），看内存")
    args = parser.parse_args()
    lines = [q for path in args.sets for q in load(path).questions]
    lookups = [body_of(q["question"]) for q in lines if q["kind"] == args.kind]
    bodies = [body_of(q["question"], q.get("history") or ()) for q in lines]
    with tempfile.TemporaryDirectory() as state:
        more = {"BUDGETQA_WEB_STATE": state}
        for _ in range(args.starts - 1):
            with serving(args.store, more) as (process, port, began):
                seconds = asyncio.run(first_answer(port, lookups[0], began))
                print(f"启动到第一个回答 {seconds:.2f} 秒（CPU {used(process.pid)[0]:.2f} 秒）")
        with serving(args.store, more) as (process, port, began):
            seconds = asyncio.run(first_answer(port, lookups[0], began))
            print(f"启动到第一个回答 {seconds:.2f} 秒（CPU {used(process.pid)[0]:.2f} 秒）", flush=True)
            time.sleep(SETTLED)
            asyncio.run(run(port, lookups, 2, len(lookups)))
            for users in (1, args.users):
                before, _ = used(process.pid)
                times, failed = asyncio.run(run(port, lookups, users, args.rounds))
                print(row(f"{users} 人", times, failed, used(process.pid)[0] - before), flush=True)
            for part in range(10 if args.total else 0):
                times, failed = asyncio.run(run(port, bodies, 4, max(1, args.total // 40)))
                print(f"{(part + 1) * len(times)} 问后内存 {used(process.pid)[1]:.0f} MB，出错 {failed}", flush=True)


if __name__ == "__main__":
    main()
