"""Vectors as the chunk store grows: how fast they are added and removed, how long searches take, how much memory they hold.

    python benchmarks/vectors.py [--chunks 15000,100000] [--place DIR or http://host:port]

The vectors are random ones of 512 numbers (a chunk's own from its text, so that a second run gives the same): the time of
the embedding model is no part of this, and real vectors, which lie closer together, are searched no slower. Documents of
15 chunks are added as ingestion does it, one at a time; searches are narrowed as questions narrow them.
"""

from __future__ import annotations

import argparse
import random
import resource
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
from index.embedding import Embedder
from index.records import Chunk

NUMBERS = 512
CHUNKS_PER_DOCUMENT = 15
PROBES = 40
TOLD = 15_000


class RandomVectors(Embedder):
    """A model that gives every text a random vector of length 1."""

    name = fingerprint = "random"

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
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def add(store: ChunkStore, first: int, last: int) -> None:
    """Documents ``first`` up to ``last``; the rate is told now and then."""
    began, used, told = time.perf_counter(), time.process_time(), 0
    for number in range(first, last):
        store.replace(f"d{number:07d}", chunks_of(f"d{number:07d}"))
        told += CHUNKS_PER_DOCUMENT
        if told >= TOLD or number == last - 1:
            wall, cpu = time.perf_counter() - began, time.process_time() - used
            whole = (number + 1) * CHUNKS_PER_DOCUMENT
            print(
                f"写到 {whole:,} 段：{told / wall:.0f} 段/秒（CPU {told / cpu:.0f}），内存 {resident():.0f} MB",
                flush=True,
            )
            began, used, told = time.perf_counter(), time.process_time(), 0


def ask(store: ChunkStore, documents: int) -> None:
    draw = random.Random(1)  # noqa: S311
    every = [f"d{n:07d}" for n in range(documents)]
    cases = {
        "全部": None,
        "1 份": 1,
        "24 份": 24,
        "200 份": 200,
        "五分之一": documents // 5,
        "百分之二": documents // 50,
    }
    for name, number in cases.items():
        times, full = [], 0
        for probe in range(PROBES):
            among = None if number is None else draw.sample(every, min(number, documents))
            found: list[Any] = []
            times.append(clocked(lambda a=among, p=probe, f=found: f.extend(store.search(f"问 {p}", 40, a))))  # type: ignore[misc]
            full += len(found) == min(40, CHUNKS_PER_DOCUMENT * (number or documents))
        wall, cpu = sorted(w * 1000 for w, _ in times), sorted(c * 1000 for _, c in times)
        middle, most = PROBES // 2, int(PROBES * 0.95)
        print(
            f"  查 40 段，{name}：{wall[middle]:.1f}/{wall[most]:.1f} 毫秒"
            f"（CPU {cpu[middle]:.1f}/{cpu[most]:.1f}），取足 {full}/{PROBES} 次",
            flush=True,
        )
    wall, cpu = clocked(lambda: store.replace(every[0], chunks_of(every[0])))
    print(f"  换一份文档：{wall * 1000:.0f} 毫秒（CPU {cpu * 1000:.0f}），内存 {resident():.0f} MB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="向量：写入、查询、内存")
    parser.add_argument("--chunks", default="15000,100000", help="逗号分隔的段数")
    parser.add_argument("--place", help="文件夹或 Chroma 服务的地址；不填用临时文件夹")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        store = ChunkStore(
            args.place if args.place and "://" in args.place else Path(args.place or temporary), RandomVectors()
        )
        before = 0
        for size in map(int, args.chunks.split(",")):
            documents = size // CHUNKS_PER_DOCUMENT
            add(store, before, documents)
            ask(store, documents)
            before = documents
        store.close()
        began = time.perf_counter()
        again = ChunkStore(
            args.place if args.place and "://" in args.place else Path(args.place or temporary), RandomVectors()
        )
        again.search("问", 8)
        print(f"重新打开并查一次：{time.perf_counter() - began:.1f} 秒")
        again.close()


if __name__ == "__main__":
    main()
