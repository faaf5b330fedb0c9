"""How long questions take over a store: start, first answer, each kind, several at once, and memory.

    python benchmarks/ask_speed.py --store DIR --set eval/sets/public.jsonl [--repeat 3] [--threads 1,4]

Retrieval alone (full text and, with a model, vectors) stands beside the whole answer.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from eval.metrics import percentile
from eval.question_sets import load


def timed(work: Callable[[], Any]) -> float:
    """Milliseconds that ``work`` takes."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def row(name: str, times: Sequence[float]) -> str:
    shown = [percentile(times, share) or 0.0 for share in (0.5, 0.95, 1.0)]
    return f"{name:12}{len(times):7}{shown[0]:10.1f}{shown[1]:10.1f}{shown[2]:10.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description="问答耗时")
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--set", type=Path, nargs="+", required=True, dest="sets")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--threads", default="1,4", help="逗号分隔的并发数")
    args = parser.parse_args()
    lines = [q for path in args.sets for q in load(path).questions]

    began = time.perf_counter()
    from assistant.answering import Assistant
    from assistant.records import Question
    from assistant.retrieval import HybridRetriever

    assistant = Assistant(args.store)
    opened = (time.perf_counter() - began) * 1000
    questions = [(q["kind"], Question(q["question"], tuple(q.get("history") or ()))) for q in lines]
    first = timed(lambda: assistant.ask(questions[0][1]))
    print(f"打开 {opened:.0f} 毫秒，第一问 {first:.0f} 毫秒")

    print(f"{'类别':10}{'次数':>6}{'p50':>9}{'p95':>9}{'最慢':>8}（毫秒）")
    by_kind: dict[str, list[float]] = defaultdict(list)
    for _ in range(args.repeat):
        for kind, question in questions:
            by_kind[kind].append(timed(lambda q=question: assistant.ask(q)))
    for kind, times in sorted(by_kind.items()):
        print(row(kind, times))
    print(row("全部", [t for times in by_kind.values() for t in times]))
    texts = HybridRetriever(assistant.store)
    print(row("仅全文检索", [timed(lambda q=question: texts.find(q.text)) for _, question in questions]))

    for threads in map(int, args.threads.split(",")):
        with ThreadPoolExecutor(threads) as pool:
            began = time.perf_counter()
            times = list(pool.map(lambda pair: timed(lambda: assistant.ask(pair[1])), questions * args.repeat))
            speed = len(times) / (time.perf_counter() - began)
        print(row(f"并发 {threads}", times) + f"   每秒 {speed:.0f} 问")
    print(f"内存 {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
