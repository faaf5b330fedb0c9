"""Kill the writer at random moments, start again, and see whether anything is lost or mixed.

    python benchmarks/kills.py [--kills 200 | --each [N]] [--seed 1] [--store URL | --postgresql writer | --postgresql server]

Some small files are read in, replaced and removed by a process of its own that is sent SIGKILL at a random moment.
After each kill every document must be there wholly, in one version, or not at all, in both stores; an answer must come
from that version; and one further run must leave the stores as if nothing had happened. The embedding is a toy, so that
the kills fall on storing and not on a model. ``--each`` leaves nothing to chance: one document is replaced, then removed,
by a writer that is killed before its first change of a store, before its second, and so on (``--each 3``: only every
third). ``--postgresql`` starts a server of its own and kills the writer as above, or the server itself, as a crash does,
while the writer must say so in words. Prints one JSON line; exit code 1 when anything was wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from itertools import count
from pathlib import Path

from sqlalchemy import Engine, event

import index.build
import index.vectors
from assistant.answering import Assistant
from assistant.records import Question
from benchmarks.own_postgresql import PostgreSQL, own_postgresql
from index.chunk_store import ChunkStore
from index.embedding import Embedder
from index.fact_store import FactStore, StoreError
from index.store_engine import sqlite_file

FIELDS = ("水利", "交通", "教育", "民政", "司法", "农业", "卫生", "文化")
THINGS = ("监测", "宣传", "培训", "维修", "设备", "平台", "调查", "普查", "检查", "保障", "运维", "评估")
FILES = len(FIELDS)
ROWS = len(THINGS)


class Letters(Embedder):
    """A vector of a text's letters."""

    name, fingerprint = "字母", "letters"

    def embed_query(self, text: str) -> list[float]:
        vector = [0.001] * 64
        for letter in text:
            vector[ord(letter) % 64] += 1
        return vector

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]


def text_of(number: int, version: int) -> str:
    """A document in which every figure is the same, another one in each version."""
    agency, figure = f"玉田县{FIELDS[number]}局", f"{version * 100 + number}.00"
    rows = [("项目", "预算数"), *((f"{FIELDS[number]}{thing}经费", figure) for thing in THINGS)]
    table = "".join("".join(f"\t{cell}\n" for cell in row) + "\n" for row in rows)
    return (
        f"{agency}2025年部门预算公开\n\n第一部分 部门概况\n\n{agency}负责监测项目，2025年预算支出{figure}万元。\n\n"
        f"第二部分 预算表\n\n项目支出预算表\n单位：万元\n\n{table}\n"
    )


def kill(process: int) -> None:
    os.kill(process, signal.SIGKILL)


def in_a_process(
    work: Callable[[], None], kill_after: float | None = None, strike: Callable[[int], None] = kill
) -> tuple[bool, float]:
    """Fork, do ``work`` there, and strike after so many seconds. Returns whether it was stopped at work, and its time."""
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        os.setsid()
        code = 0
        try:
            work()
        except BaseException:
            traceback.print_exc()
            code = 1
        sys.stderr.flush()
        os._exit(code)
    ended = 0
    if kill_after is not None:
        time.sleep(kill_after)
        ended, status = os.waitpid(child, os.WNOHANG)
        if not ended or strike is not kill:  # a number that is free again may be another process's
            strike(child)
    if not ended:
        _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status):
        raise SystemExit("the process above failed")
    stopped = os.WIFSIGNALED(status) if kill_after is None else not ended
    return stopped, time.monotonic() - began


def dying(step: int, work: Callable[[], None]) -> Callable[[], None]:
    """The same work for a writer that kills itself before its ``step``-th change of either store, each commit counted."""

    def attempt() -> None:
        left = iter(range(step - 1, -1, -1))

        def change(*_: object) -> None:
            if next(left) == 0:
                kill(os.getpid())

        def statement(_connection: object, _cursor: object, sql: str, *_: object) -> None:
            if sql.split(maxsplit=1)[0].upper() in ("INSERT", "UPDATE", "DELETE"):
                change()

        event.listen(Engine, "before_cursor_execute", statement)
        event.listen(Engine, "commit", change)
        writing = ChunkStore._writing

        @contextmanager
        def vectors(chunks: ChunkStore) -> Iterator[None]:
            change()
            with writing(chunks):
                yield

        ChunkStore._writing = vectors  # type: ignore[method-assign]
        work()

    return attempt


class World:
    """The files as they should be, the store, and what is found wrong with it."""

    def __init__(self, folder: Path, place: str, seed: int) -> None:
        self.files, self.place, self.draw = folder / "files", place, random.Random(seed)  # noqa: S311
        self.files.mkdir()
        self.versions: dict[int, list[int]] = {}
        index.vectors.open_chunks = lambda _place, *, threads=1: ChunkStore(index.vectors.chunk_place(place), Letters())  # noqa: ARG005
        for number in range(FILES):
            self.write(number)

    def write(self, number: int) -> None:
        versions = self.versions.setdefault(number, [])
        versions.append(len(versions) + 1)
        (self.files / f"{number:02}.txt").write_text(text_of(number, versions[-1]), "utf-8")

    def ingest(self) -> None:
        report = index.build.ingest([self.files], self.place, workers=self.workers)
        while any("正在读取" in o.message for o in report.outcomes):  # a server may not have missed the killed one yet
            time.sleep(0.1)
            report = index.build.ingest([self.files], self.place, workers=self.workers)
        assert report.count("failed") == 0, report
        assert report.notices == [], report.notices

    def remove_some(self, every: int = FILES // 2) -> None:
        store = FactStore(self.place, create=False)
        ids = [row.id for row in store.documents()]
        store.close()
        for document_id in ids[::every]:
            index.build.remove(document_id, self.place)

    def remove_one(self) -> None:
        self.remove_some(FILES)

    def next_work(self) -> tuple[str, Callable[[], None]]:
        """Change some files and say what the victim does: read in anew, replace, or remove."""
        self.workers = self.draw.choice([1, 1, 2])
        kind = self.draw.choice(["replace", "replace", "add", "remove"])
        if kind == "remove":
            return kind, self.remove_some
        if kind == "add":
            in_a_process(self.remove_some)
            return kind, self.ingest
        for number in self.draw.sample(range(FILES), FILES // 2):
            self.write(number)
        return kind, self.ingest

    def settle(self) -> None:
        """Run once more undisturbed; all must be as if nothing had happened."""
        self.workers = 1
        self.ingest()
        self.check(settled=True)

    def check_and_settle(self) -> None:
        self.check(settled=False)
        self.settle()

    # -- what must hold ----------------------------------------------------------

    def check(self, *, settled: bool) -> None:
        """Raises AssertionError; ``settled`` after a run that nobody killed: nothing may be missing or left over."""
        store = FactStore(self.place, create=False)
        chunks = index.vectors.open_chunks(self.place)
        assert chunks is not None
        try:
            rows = store.documents()
            held: dict[int, str] = {}
            for row in rows:
                number = int(row.file.removesuffix(".txt"))
                assert number not in held, f"two versions of {row.file}"
                held[number] = self._whole(store, row.id, number, row.facts)
                wanted = {c.id for c in store.chunks_of(row.id)}
                assert {i for i, _ in store.search_text(["监测", "项目"], 100, [row.id])} <= wanted
                if row.vectors:
                    assert {i for i, _ in chunks.search("监测", 100, [row.id])} == wanted, f"vectors of {row.file}"
            self._ask(held)
            if settled:
                assert chunks.ids() == store.chunk_ids(), "vectors without a document"
                assert all(row.vectors for row in rows)
                newest = {number: f"{versions[-1] * 100 + number}.00" for number, versions in self.versions.items()}
                assert held == newest
        finally:
            chunks.close()
            store.close()
        self._check_file()

    def _whole(self, store: FactStore, document_id: str, number: int, count: int) -> str:
        """The one figure of a document's version, wherever it stands."""
        facts = store.facts(document_id)
        figures = {f.printed.removesuffix("万元") for f in facts}
        assert len(figures) == 1, f"{number}: {figures}"
        assert len(facts) == count == ROWS + 1, f"{number}: {len(facts)} of {count} facts"
        figure = figures.pop()
        assert figure in {f"{v * 100 + number}.00" for v in self.versions[number]}
        assert sum(text.count(figure) for text in map(repr, store.blocks(document_id))) == ROWS + 1
        assert all(figure in c.text for c in store.chunks_of(document_id) if "万元" in c.text)
        return figure

    def _ask(self, held: dict[int, str]) -> None:
        if not held:
            return
        number = self.draw.choice(sorted(held))
        assistant = Assistant(self.place)
        answer = assistant.ask(Question(f"玉田县{FIELDS[number]}局2025年{FIELDS[number]}培训经费预算多少"))
        assistant.close()
        assert [v.value for v in answer.values] == [held[number]], answer
        assert answer.citations[0].cell == held[number]

    def _check_file(self) -> None:
        file = sqlite_file(self.place)
        if file is None:
            return
        import sqlite3

        connection = sqlite3.connect(file)
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        for table in ("blocks", "facts", "chunks", "chunk_words", "chunk_rows", "findings", "name_documents"):
            sql = f"SELECT count(*) FROM {table} WHERE document_id NOT IN (SELECT id FROM documents)"
            assert connection.execute(sql).fetchone() == (0,), table
        counts = connection.execute(
            "SELECT (SELECT count(*) FROM chunks), (SELECT count(*) FROM chunk_words), (SELECT count(*) FROM chunk_rows)"
        ).fetchone()
        assert len(set(counts)) == 1, "full text"
        connection.close()


def _load(place: str) -> None:
    """Load what every child would load anew; opens no vector store, whose threads would not live through a fork."""
    import_module("langchain_chroma")
    assistant = Assistant(place)
    assistant.ask(Question("玉田县水利局2025年水利培训经费预算多少"))
    assistant.close()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "甲.txt"
        file.write_text(text_of(0, 1), "utf-8")
        index.build.ingest([file], folder, workers=1, vectors=False)


def told(work: Callable[[], None]) -> Callable[[], None]:
    """The same work for a writer whose server is killed: it must end in words."""

    def attempt() -> None:
        try:
            work()
        except (StoreError, AssertionError) as error:  # the latter holds a notice: documents stand, vectors do not
            if "连不上数据库" not in str(error):
                raise

    return attempt


def run(
    kills: int, seed: int, place: str | None, say: Callable[[str], None], server: PostgreSQL | None = None
) -> dict[str, object]:
    """Kill so many times, the writer or else ``server``; returns counts.

    Raises SystemExit when a check fails, its traceback on standard error.
    """

    def crash(_process: int) -> None:
        assert server is not None
        server.stop(signal.SIGQUIT)
        server.start()

    killed: Counter[str] = Counter()
    with _world(place, seed) as world:
        for number in range(FILES):
            world.write(number)
        _, usual = in_a_process(world.ingest)
        times = {"add": usual, "replace": usual, "remove": usual}
        while sum(killed.values()) < kills:
            kind, work = world.next_work()
            after = world.draw.uniform(0, times[kind] * 1.1)
            was, took = in_a_process(work, after) if server is None else in_a_process(told(work), after, crash)
            if not was:
                times[kind] = max(0.05, times[kind] * 0.9)
            in_a_process(lambda: world.check(settled=False))
            if was:
                killed[kind] += 1
                in_a_process(world.settle)
                say(f"{sum(killed.values())}/{kills} {kind} {took:.2f}s")
    return {"kills": sum(killed.values()), **killed, "wrong": 0, "seed": seed}


def run_each(nth: int, place: str | None, say: Callable[[str], None]) -> dict[str, object]:
    """Kill the writer before every ``nth`` of its changes; counts and SystemExit as in :func:`run`."""
    killed: Counter[str] = Counter()
    with _world(place, 1) as world:
        for kind, work in (("replace", world.ingest), ("remove", world.remove_one)):
            for step in count(1, nth):
                if kind == "replace":
                    world.write(0)
                stopped, _ = in_a_process(dying(step, work))
                in_a_process(world.check_and_settle)
                if not stopped:
                    break
                killed[kind] += 1
                say(f"{kind} {step}")
    return {"kills": sum(killed.values()), **killed, "wrong": 0}


@contextmanager
def _world(place: str | None, seed: int) -> Iterator[World]:
    """All files read in, in a folder of its own or at ``place``."""
    with tempfile.TemporaryDirectory(prefix="kills-") as temporary:
        os.environ["BUDGETQA_CHROMA"] = str(Path(temporary) / "vectors")
        world = World(Path(temporary), place or str(Path(temporary) / "store"), seed)
        world.workers = 1
        in_a_process(world.ingest)
        _load(world.place)
        yield world


def main() -> None:
    parser = argparse.ArgumentParser(description="在随机时刻杀死写入进程，检查两个库")
    parser.add_argument("--kills", type=int, default=200, help="杀多少次")
    parser.add_argument(
        "--each", type=int, nargs="?", const=1, help="逐步杀：写入进程依次死在每一次（或每几次）改动之前"
    )
    parser.add_argument("--seed", type=int, default=1, help="随机数种子")
    parser.add_argument("--store", help="库地址（PostgreSQL）；不填用临时文件夹")
    parser.add_argument(
        "--postgresql", choices=["writer", "server"], help="自己启动一个 PostgreSQL，杀写入进程或服务器"
    )
    args = parser.parse_args()

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    if args.each and args.postgresql == "server":
        parser.error("--each kills the writer")
    with own_postgresql() if args.postgresql else nullcontext() as server:
        place = server.new_store() if server else args.store
        victim = server if args.postgresql == "server" else None
        counts = run_each(args.each, place, say) if args.each else run(args.kills, args.seed, place, say, victim)
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
