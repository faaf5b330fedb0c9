"""How fast files are read in, stage by stage and format by format, and how much memory that takes.

    python benchmarks/ingest_speed.py [--documents 60 | --folder DIR] [--store DIR] [--vectors 300] [--each 5]

Without ``--folder`` a world is generated (eval/world). First ``budgetqa ingest --no-vectors`` runs over the whole
folder in processes of its own, whose memory is read once a second (PSS: what processes share counts once; reading it is not free). Then
some files of each format go through the stages one by one, in CPU seconds; then that many chunks are embedded.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

COMMAND = "from assistant.cli import main; main()"
STAGES = ("读文件", "整理", "数据", "名称", "段落", "勾稽", "入库")


def _children(pid: int) -> list[int]:
    found = [pid]
    for parent in found:
        for tasks in Path(f"/proc/{parent}/task").glob("*/children"):
            found += map(int, tasks.read_text().split())
    return found


def _pss(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def measured(arguments: list[str]) -> dict[str, Any]:
    """Run a command of ours; its wall and CPU seconds, and the most memory that all its processes held together."""
    began = time.monotonic()
    most, over = [0, 0], threading.Event()
    command = [sys.executable, "-c", COMMAND, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603

        def watch() -> None:
            while not over.wait(1):
                try:
                    pids = _children(process.pid)
                    most[0], most[1] = max(most[0], sum(map(_pss, pids))), max(most[1], len(pids))
                except OSError:  # one of them ended while it was looked at
                    continue

        watcher = threading.Thread(target=watch)
        watcher.start()
        told = process.communicate()[0]
        over.set()
        watcher.join()
    import resource

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "seconds": round(time.monotonic() - began, 1),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_mb": most[0] >> 20,
        "processes": most[1],
        "told": told.strip().splitlines()[-1] if told else "",
    }


@contextmanager
def _clock(times: dict[str, float], stage: str) -> Iterator[None]:
    began = time.process_time()
    yield
    times[stage] += time.process_time() - began


def by_stage(files: list[Path], place: Path) -> dict[str, float]:
    """CPU seconds of each stage over ``files``."""
    from index.assemble import assemble
    from index.checks import check
    from index.chunks import chunks_of
    from index.fact_store import FactStore
    from index.facts import facts_of
    from index.names import names_of
    from index.parsers import read_file
    from index.words import cut

    times: dict[str, float] = defaultdict(float)
    store = FactStore(place)
    for number, file in enumerate(files):
        with _clock(times, "读文件"):
            source = read_file(file)
        with _clock(times, "整理"):
            document = assemble(source, file.name, f"{number:016}")
        with _clock(times, "数据"):
            facts = facts_of(document)
        with _clock(times, "名称"):
            names = names_of(document, facts)
        with _clock(times, "段落"):
            chunks = [(chunk, cut(chunk.embedded)) for chunk in chunks_of(document)]
        with _clock(times, "勾稽"):
            findings = [dict(f.as_json()) for f in check(document, facts)]
        with _clock(times, "入库"):
            store.replace(document, facts, chunks, names, findings, path=str(file), digest=str(number), at="2025")
    store.close()
    return times


def embedded(store: Path, count: int) -> tuple[int, float]:
    """How many chunks of the store were embedded, and in how many seconds."""
    from index.embedding import load_embedder
    from index.fact_store import FactStore
    from index.model_files import default_model

    model = default_model()
    if model is None:
        return 0, 0.0
    opened = FactStore(store, create=False)
    texts = [c.embedded for row in opened.documents()[: count // 10 + 1] for c in opened.chunks_of(row.id)][:count]
    opened.close()
    embedder = load_embedder(model)
    embedder.embed_documents(texts[:1])
    began = time.monotonic()
    embedder.embed_documents(texts)
    return len(texts), time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(description="导入耗时")
    parser.add_argument("--documents", type=int, default=60, help="生成多少份文件")
    parser.add_argument("--folder", type=Path, help="改用这个文件夹里的文件")
    parser.add_argument("--store", type=Path, help="库的位置；默认为临时文件夹")
    parser.add_argument("--vectors", type=int, default=300, help="嵌入多少段")
    parser.add_argument("--each", type=int, default=5, help="每种格式分阶段计时的份数")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder
        if folder is None:
            from eval.world.build import KINDS, Plan, build

            build(Plan(-(-args.documents // len(KINDS)), 1, seed=1, kinds=tuple(KINDS)), Path(temporary) / "world")
            folder = Path(temporary) / "world" / "documents"
        store = args.store or Path(temporary) / "store"
        files = sorted(p for p in folder.iterdir() if p.is_file())
        whole = measured(["ingest", str(folder), "--store", str(store), "--no-vectors"])
        speed = len(files) / whole["seconds"]
        print(f"{len(files)} 份，{speed:.1f} 份/秒；{json.dumps(whole, ensure_ascii=False)}", flush=True)
        print("每份的处理器毫秒  " + "  ".join(STAGES) + "  合计")
        for suffix in sorted({f.suffix for f in files}):
            some = [f for f in files if f.suffix == suffix][: args.each]
            times = by_stage(some, Path(temporary) / f"stages{suffix}")
            shown = [1000 * times[stage] / len(some) for stage in STAGES]
            print(f"{suffix:8}" + "".join(f"{t:8.0f}" for t in [*shown, sum(shown)]), flush=True)
        count, seconds = embedded(store, args.vectors)
        print(f"向量 {count} 段，{count / seconds:.0f} 段/秒" if count else "没有向量模型")


if __name__ == "__main__":
    main()
