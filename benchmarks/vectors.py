"""Vectors as the chunk store grows: how fast they are added and removed, how long searches take, how much they hold.

    python benchmarks/vectors.py [--chunks 30000,60000,120000,300000] [--place DIR or http://host:port] [--minutes 8]

The vectors are random ones of 512 numbers (a chunk's own from its text, so that a second run gives the same): the time of
the embedding model is no part of this, and real vectors, which lie closer together, are searched no slower. They pass for
those of the default model, and their ids are those of a synthetic store (:mod:`synthetic`), so that a service can be tried
on both. Documents of 15 chunks are added as ingestion does it, one at a time; searches are narrowed as questions narrow
them, in a process of its own, whose memory is a reader's alone.

With ``--minutes`` a run stops in time, with exit code 3; the next one with the same ``--place`` goes on from there.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy

sys.path.insert(0, str(Path(__file__).parent.parent))
from index.chunk_store import ChunkStore
from index.embedding import Embedder, load_embedder
from index.model_files import default_model
from index.records import Chunk

NUMBERS = 512
CHUNKS_PER_DOCUMENT = 15
PROBES = 40
TOLD = 15_000
UNFINISHED = 3


class RandomVectors(Embedder):
    """A model that gives every text a random vector of length 1."""

    def __init__(self) -> None:
        model = default_model()
        like = load_embedder(model) if model else None
        self.name, self.fingerprint = (like.name, like.fingerprint) if like else ("random", "random")

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        vector = numpy.random.default_rng(crc32(text.encode())).standard_normal(NUMBERS)
        out: list[float] = (vector / numpy.linalg.norm(vector)).tolist()
        return out


def chunks_of(document_id: str) -> list[Chunk]:
    return [
        Chunk(f"{document_id}-c{at}", document_id, (f"{document_id}-t0",), (), "", f"{document_id} {at}")
        for at in range(CHUNKS_PER_DOCUMENT)
    ]


def clocked(work: Callable[[], Any]) -> tuple[float, float]:
    """Wall and CPU seconds of all threads."""
    began, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - used


def resident() -> float:
    """The most MB that this process held."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    # Not ru_maxrss: a process inherits that of the one that started it.
    return int(next(line for line in status.read_text().splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def on_disk(place: str | Path) -> float | None:
    """MB of a folder; None for a server's address."""
    if "://" in str(place):
        return None
    return sum(f.stat().st_size for f in Path(place).rglob("*") if f.is_file()) / (1 << 20)


class Progress:
    """How many documents stand, and what adding those beyond ``measured`` took; kept beside the vectors."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        kept = json.loads(file.read_text()) if file and file.exists() else {}
        self.documents: int = kept.get("documents", 0)
        self.measured: int = kept.get("measured", 0)
        self.wall: float = kept.get("wall", 0.0)
        self.cpu: float = kept.get("cpu", 0.0)

    def keep(self) -> None:
        if self._file:
            shown = ("documents", "measured", "wall", "cpu")
            self._file.write_text(json.dumps({name: getattr(self, name) for name in shown}))

    def begin_section(self) -> None:
        self.measured, self.wall, self.cpu = self.documents, 0.0, 0.0
        self.keep()


def add(store: ChunkStore, progress: Progress, last: int, until: float) -> bool:
    """Documents up to ``last``; False when time was up before. The rate is told now and then."""
    while progress.documents < last:
        first = progress.documents
        step = min(last, first + TOLD // CHUNKS_PER_DOCUMENT)

        def work(first: int = first, step: int = step) -> None:
            for number in range(first, step):
                store.add(f"d{number:07d}", chunks_of(f"d{number:07d}"))

        wall, cpu = clocked(work)
        progress.documents, progress.wall, progress.cpu = step, progress.wall + wall, progress.cpu + cpu
        progress.keep()
        number = (step - first) * CHUNKS_PER_DOCUMENT
        print(
            f"写到 {step * CHUNKS_PER_DOCUMENT:,} 段：{number / wall:.0f} 段/秒（CPU {number / cpu:.0f}），"
            f"内存 {resident():.0f} MB",
            flush=True,
        )
        if time.monotonic() > until:
            return progress.documents >= last
    return True


def probe(place: str | Path, documents: int) -> dict[str, Any]:
    """What a process that only searches takes."""
    began = time.perf_counter()
    store = ChunkStore(place, RandomVectors())
    store.search("问", 8)
    out: dict[str, Any] = {"open": time.perf_counter() - began, "open_rss": resident()}
    draw = random.Random(1)  # noqa: S311
    every = [f"d{n:07d}" for n in range(documents)]
    cases = {
        "全部": None,
        "1 份": 1,
        "24 份": 24,
        "200 份": 200,
        "百分之二": documents // 50,
        "五分之一": documents // 5,
    }
    for name, number in cases.items():
        times, full = [], 0
        for at in range(PROBES):
            among = None if number is None else draw.sample(every, min(number, documents))
            found: list[Any] = []
            times.append(clocked(lambda a=among, p=at, f=found: f.extend(store.search(f"问 {p}", 40, a))))  # type: ignore[misc]
            full += len(found) == min(40, CHUNKS_PER_DOCUMENT * (number or documents))
        wall, cpu = sorted(w * 1000 for w, _ in times), sorted(c * 1000 for _, c in times)
        middle, most = PROBES // 2, int(PROBES * 0.95)
        out[name] = [wall[middle], wall[most], cpu[middle], cpu[most], full]
    out["rss"] = resident()
    out["ids"] = clocked(store.ids)
    out["remove"] = clocked(lambda: store.remove(every[0]))
    out["add"] = clocked(lambda: store.add(every[0], chunks_of(every[0])))
    out["close"] = clocked(store.close)
    out["end_rss"] = resident()
    return out


def told(progress: Progress, place: str | Path, p: dict[str, Any]) -> str:
    added, disk = (progress.documents - progress.measured) * CHUNKS_PER_DOCUMENT, on_disk(place)
    lines = [
        f"== {progress.documents * CHUNKS_PER_DOCUMENT:,} 段，磁盘 {disk or 0:,.0f} MB",
        f"  写入 {added / (progress.wall or 1):.0f} 段/秒（CPU {added / (progress.cpu or 1):.0f}）",
        f"  打开并查一次 {p['open']:.1f} 秒，内存 {p['open_rss']:.0f} MB，查完 {p['rss']:.0f} MB，"
        f"列出并换一份文档后 {p['end_rss']:.0f} MB",
    ]
    for name, case in p.items():
        if isinstance(case, list) and len(case) == 5:
            w50, w95, c50, c95, full = case
            lines.append(
                f"  查 40 段，{name}：{w50:.1f}/{w95:.1f} 毫秒（CPU {c50:.1f}/{c95:.1f}），取足 {full}/{PROBES} 次"
            )
    for key, name in (("ids", "列出段落"), ("remove", "移除一份文档"), ("add", "加一份文档"), ("close", "关闭")):
        lines.append(f"  {name} {p[key][0] * 1000:.0f} 毫秒（CPU {p[key][1] * 1000:.0f}）")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description="向量：写入、查询、内存")
    parser.add_argument("--chunks", default="15000,30000", help="逗号分隔的段数")
    parser.add_argument("--place", help="文件夹或 Chroma 服务的地址；不填用临时文件夹")
    parser.add_argument("--minutes", type=float, default=1e6, help="到时停下，退出码 3，下次接着做")
    parser.add_argument("--probe", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    until = time.monotonic() + 60 * args.minutes
    if args.probe:
        print(json.dumps(probe(args.place, args.probe)))
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        place = args.place or temporary
        progress = Progress(None if "://" in place else Path(place).with_suffix(".progress.json"))
        for size in map(int, args.chunks.split(",")):
            documents = size // CHUNKS_PER_DOCUMENT
            if progress.documents > documents:
                continue
            store = ChunkStore(place if "://" in place else Path(place), RandomVectors())
            whole = add(store, progress, documents, until)
            store.close()
            if not whole:
                return UNFINISHED
            command = [sys.executable, __file__, "--place", str(place), "--probe", str(documents)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
            print(told(progress, place, json.loads(done.stdout)), flush=True)
            progress.begin_section()
    return 0


if __name__ == "__main__":
    sys.exit(main())
