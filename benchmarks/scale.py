"""Lookup, suggestions, full text, start and memory as the store grows, with plain RAG beside them.

    python benchmarks/scale.py [--documents 20,200,1000,5000,20000] [--dir DIR] [--plain-rag 20]

fills a synthetic store (:mod:`synthetic`: 500 facts, 50 names and 15 chunks a document), stops at each size and measures
it in a fresh process, so that the memory is the reader's alone. 20,000 documents are 10 million facts, a million names
and 300,000 chunks in 6 GB. The catalog (目录) is what a change of one document costs a process that has the others at
hand. Times are wall time; the CPU time of the same questions stands beside them, because on a busy machine
only that tells what the program does. A yardstick, the CPU time of a loop that adds to a million, tells how fast the
machine was meanwhile. ``--postgresql`` copies the store of each size into a server of our own and measures there.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))
from assistant.answering import Assistant
from assistant.records import Question
from benchmarks.own_postgresql import PostgreSQL, own_postgresql
from benchmarks.synthetic import (
    COLUMNS,
    ENDS,
    FACTS_PER_DOCUMENT,
    NAMES_PER_DOCUMENT,
    Made,
    build,
    copy,
    document,
    fill,
    name_of,
)
from index.names import stored_name

PROBES = 200
WRITTEN = 20
_HEARD = str.maketrans(
    "网农校安环文就养垃河森税档信法科疫食人招民消电", "往龙笑岸还闻旧氧拉和深睡荡新发颗义时仁昭敏销店"
)
KINDS = {
    "full": "全称",
    "short": "简称",
    "typo": "错字",
    "bare": "只有名称",
}


def question(draw: random.Random, documents: int, kind: str) -> tuple[str, str]:
    """A question about a random fact of the store with the figure that answers it."""
    made = document(draw.randrange(documents))
    fact = made.fact(draw.randrange(NAMES_PER_DOCUMENT), draw.randrange(len(COLUMNS)))
    name = fact.row_path[0]
    if kind == "short":  # as users do
        name = next((name.removesuffix(end) for end in ENDS if name.endswith(end)), name)
    if kind == "typo":  # characters of the same sound
        name = name[:2] + name[2:6].translate(_HEARD) + name[6:]
    where = "" if kind == "bare" else f"{made.agency}{made.year}年"
    return f"{where}{name}的{fact.column_path[0]}是多少", fact.printed


def measured(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Wall and CPU milliseconds that ``work`` takes, and what it gives."""
    began, used = time.perf_counter(), time.process_time()
    result = work()
    return (time.perf_counter() - began) * 1000, (time.process_time() - used) * 1000, result


def summary(name: str, times: Sequence[tuple[float, float]], right: int | None = None) -> dict[str, float]:
    wall, cpu = sorted(w for w, _ in times), sorted(c for _, c in times)
    middle, most = len(times) // 2, int(len(times) * 0.95)
    out = {
        f"{name}_p50": wall[middle],
        f"{name}_p95": wall[most],
        f"{name}_cpu50": cpu[middle],
        f"{name}_cpu95": cpu[most],
    }
    return out | ({} if right is None else {f"{name}_right": right / len(times)})


def yardstick() -> float:
    """CPU milliseconds that adding to a million takes now, the best of three."""

    def add() -> None:
        total = 0
        for number in range(1_000_000):
            total += number

    return min(measured(add)[1] for _ in range(3))


def probe(place: Path | str, probes: int) -> dict[str, float]:
    """Milliseconds, shares answered right and MB of one process that asks over the store."""
    from assistant.retrieval import HybridRetriever

    assistant = Assistant(place)
    documents = assistant.store.version()[0]
    draw = random.Random(1)  # noqa: S311
    asked, _ = question(draw, documents, "full")
    figures: dict[str, float] = {"start": measured(lambda: assistant.ask(Question(asked)))[0], "yardstick": yardstick()}
    for kind in KINDS:
        if kind == "typo":
            assistant.ask(Question(question(draw, documents, kind)[0]))  # the sounds of all offices are heard once
        times, right = [], 0
        for _ in range(probes):
            asked, printed = question(draw, documents, kind)
            wall, cpu, answer = measured(lambda q=asked: assistant.ask(Question(q)))  # type: ignore[misc]
            times.append((wall, cpu))
            right += bool(answer.values) and answer.values[0].value == printed
        figures |= summary(kind, times, right)
    times = []
    for _ in range(probes):
        name = stored_name(name_of(draw.randrange(documents * NAMES_PER_DOCUMENT)), "")
        prefix = draw.choice([name.text[:2], name.text[:4], name.pinyin[:5], name.initials[:3]])
        wall, cpu, found = measured(lambda p=prefix: assistant.suggest(p))  # type: ignore[misc]
        assert found
        times.append((wall, cpu))
    figures |= summary("suggest", times)
    some = next(iter(assistant.catalog().rows))
    assistant._catalog, assistant._version = assistant.catalog().changed((), [some]), None  # as if it had just been written
    figures["catalog"] = measured(assistant.catalog)[1]
    figures["rss"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    retriever, times, right = HybridRetriever(assistant.store), [], 0
    retriever.find("经费为什么增加", 1)  # the dictionary is read once
    for _ in range(max(1, probes // 4)):
        made: Made = document(draw.randrange(documents))
        why = f"{made.agency}{made.year}年{made.projects[0]}为什么增加"
        wall, cpu, hits = measured(lambda q=why: retriever.find(q, 8))  # type: ignore[misc]
        times.append((wall, cpu))
        right += any(made.reason in hit.chunk.text and hit.chunk.document_id == made.document.id for hit in hits)
    return (
        figures
        | summary("text", times, right)
        | {"text_rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    )


def plain_rag(documents: int, probes: int) -> dict[str, float] | None:
    """The textbook pipeline over the same documents and the same questions; None where no embedding model is."""
    from eval.baselines.plain_rag import plain_rag as baseline
    from index.embedding import load_embedder
    from index.model_files import default_model

    model = default_model()
    if model is None:
        return None
    texts = {m.document.file: "\n".join(c.embedded for c, _ in m.chunks) for m in map(document, range(documents))}
    began = time.perf_counter()
    ask, close = baseline(texts, load_embedder(model))
    figures: dict[str, float] = {"seconds": time.perf_counter() - began}
    draw = random.Random(1)  # noqa: S311
    times, right = [], 0
    for _ in range(probes):
        asked, printed = question(draw, documents, "full")
        wall, cpu, answer = measured(lambda q=asked: ask({"question": q}))  # type: ignore[misc]
        times.append((wall, cpu))
        right += bool(answer["values"]) and answer["values"][0]["value"] == printed
    close()
    return figures | summary("rag", times, right) | {"rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def in_process(*arguments: str) -> Any:
    command = [sys.executable, __file__, *arguments]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)  # noqa: S603


def stores(sizes: Sequence[int], folder: Path) -> Iterator[tuple[int, Path]]:
    """A store of each size; what stands already is taken as it is, and the next size goes on from the one before."""
    before, last = None, 0
    for size in sizes:
        place = folder / str(size)
        if not (place / "facts.sqlite").exists():
            place.mkdir(parents=True, exist_ok=True)
            if before is not None:
                shutil.copy(before / "facts.sqlite", place / "facts.sqlite")
            fill(place, size, last)
        before, last = place, size
        yield size, place


def copies(server: PostgreSQL, places: Iterator[tuple[int, Path]]) -> Iterator[tuple[int, str]]:
    """The same stores in databases, one at a time; what filling them and asking took the server is told."""
    for size, folder in places:
        place, began = server.new_store(), time.perf_counter()
        copy(folder, place)
        print(f"{size:,} 份抄入 PostgreSQL：{time.perf_counter() - began:.0f} 秒", flush=True)
        time.sleep(1)  # until the connection is gone, whose time counts only then
        used = server.cpu()
        yield size, place
        time.sleep(1)
        print(f"{size:,} 份提问，数据库 CPU {server.cpu() - used:.1f} 秒", flush=True)
        server.drop(place)


def line(size: int, f: dict[str, float]) -> str:
    cells = [f"{size:,}", f"{size * FACTS_PER_DOCUMENT:,}", f"{size * NAMES_PER_DOCUMENT:,}", f"{f['start']:.0f}"]
    for kind in (*KINDS, "suggest", "text"):
        cells += [
            f"{f[kind + '_p50']:.1f}/{f[kind + '_p95']:.1f}",
            f"{f[kind + '_cpu50']:.1f}/{f[kind + '_cpu95']:.1f}",
        ]
        cells += [f"{f[kind + '_right']:.0%}"] if kind + "_right" in f else []
    cells += [f"{f['catalog']:.0f}", f"{f['rss']:.0f}/{f['text_rss']:.0f}", f"{f['yardstick']:.0f}"]
    return "| " + " | ".join(cells) + " |"


def ratios(first: int, last: int, a: dict[str, float], b: dict[str, float]) -> str:
    shown = [f"{n} p95 {b[k + '_p95'] / a[k + '_p95']:.1f}（CPU {b[k + '_cpu95'] / a[k + '_cpu95']:.1f}）"
             for k, n in {**KINDS, "suggest": "联想", "text": "全文检索"}.items()]  # fmt: skip
    return f"{first:,} → {last:,} 份文档的倍数：{'，'.join(shown)}，内存 {b['rss'] / a['rss']:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description="随文档数增长的查数、联想、全文检索、启动与内存")
    parser.add_argument("--documents", default="20,200,1000,5000,20000", help="逗号分隔的文档数")
    parser.add_argument("--dir", type=Path, help="保留生成的库；不填则用完即删")
    parser.add_argument("--probes", type=int, default=PROBES)
    parser.add_argument("--plain-rag", type=int, default=20, help="朴素 RAG 的文档数，0 为不测")
    parser.add_argument("--postgresql", action="store_true", help="抄入自己启动的 PostgreSQL 后在那里量")
    parser.add_argument("--probe", help=argparse.SUPPRESS)
    parser.add_argument("--rag-probe", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.probe or args.rag_probe:
        print(json.dumps(probe(args.probe, args.probes) if args.probe else plain_rag(args.rag_probe, args.probes)))
        return
    sizes = [int(n) for n in args.documents.split(",")]
    heads = ["文档", "数据", "名称", "启动"]
    for name in (*KINDS.values(), "联想", "全文检索"):
        heads += [f"{name} p50/p95", "CPU", *(["对"] if name != "联想" else [])]
    with ExitStack() as stack:
        temporary = stack.enter_context(tempfile.TemporaryDirectory())
        server = stack.enter_context(own_postgresql("2GB")) if args.postgresql else None
        seconds = build(server.new_store() if server else Path(temporary) / "written", WRITTEN)
        print(f"写入（库自己的写入，含全文）：{WRITTEN * FACTS_PER_DOCUMENT / seconds:,.0f} 条数据/秒\n")
        heads += ["目录 CPU", "内存 MB/全文检索后", "标尺"]
        print("| " + " | ".join(heads) + " |（毫秒）\n|" + " ---: |" * len(heads))
        found: dict[int, dict[str, float]] = {}
        folders = stores(sizes, args.dir or Path(temporary))
        places: Iterable[tuple[int, str | Path]] = copies(server, folders) if server else folders
        for size, place in places:
            if server:
                in_process("--probe", str(place), "--probes", str(args.probes))  # the server reads its pages once
            found[size] = in_process("--probe", str(place), "--probes", str(args.probes))
            print(line(size, found[size]), flush=True)
        for a, b in ((min(found), max(found)), (1000, max(found))):
            if a in found and a < b:
                print(ratios(a, b, found[a], found[b]))
        print("向量检索：这些库没有向量，见 benchmarks/vectors.py")
        if args.plain_rag:
            rag = in_process("--rag-probe", str(args.plain_rag), "--probes", str(args.probes))
            if rag is None:
                print("朴素 RAG：没有向量模型，未测")
            else:
                print(
                    f"朴素 RAG（{args.plain_rag} 份文档，建索引 {rag['seconds']:.0f} 秒）：全称 "
                    f"{rag['rag_p50']:.1f}/{rag['rag_p95']:.1f} 毫秒，答对 {rag['rag_right']:.0%}，内存 {rag['rss']:.0f} MB"
                )


if __name__ == "__main__":
    main()
