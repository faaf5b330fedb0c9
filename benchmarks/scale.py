"""Lookup, suggestions and memory as the fact store grows.

    python benchmarks/scale.py [--facts 10000,100000,1000000] [--dir DIR]

builds a synthetic store of each size through the store's own writer (a tenth as many names as facts) and measures
each in a fresh process, so that the memory is the reader's alone. ``--facts 10000000`` takes about half an hour.
``--store postgresql://…`` fills an empty database with one size instead.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import resource
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from assistant.answering import Assistant
from assistant.records import Question
from index.fact_store import FactStore
from index.names import stored_name
from index.records import Document, Fact, Known, SourceRef, Table

NAMES_PER_DOCUMENT = 50
FACTS_PER_DOCUMENT = 500  # ten columns for each name
PROBES = 300
PLACES = "东西南北中新古长平安永福清河山林泉溪湖海江州城阳阴原川谷峰岭沙石金银玉宝龙凤鹤鹿"
MATTERS = textwrap.wrap(
    "网络舆情农村公路校舍维修安全生产环境监测文物保护就业培训医疗设备养老服务垃圾分类河道治理森林防火"
    "税源调查档案整理信访维稳法律援助科普宣传疫苗接种食品抽检人口普查招商引资民兵训练消防装备电子政务",
    4,
)
DEEDS = textwrap.wrap("建设运维检查补助改造管理评估宣传采购监测保障服务更新培训审核调查", 2)
ENDS = ("经费", "项目", "专项资金", "服务费", "补贴", "工程")
COLUMNS = (
    "合计",
    "基本支出",
    "项目支出",
    "一般公共预算",
    "政府性基金",
    "国有资本",
    "财政专户",
    "单位资金",
    "结转",
    "其他资金",
)
SPREAD = 1_000_003  # a prime, so that neighbours in number share no more words than strangers


def words_of(number: int, *lists: Sequence[str]) -> str:
    """Distinct words for each number, one of every list; numbers beyond all combinations get a 期."""
    rounds, number = divmod(number, math.prod(map(len, lists)))
    number = number * SPREAD % math.prod(map(len, lists))
    parts = []
    for words in lists:
        number, at = divmod(number, len(words))
        parts.append(words[at])
    return "".join(parts) + (f"{rounds + 1}期" if rounds else "")


def name_of(number: int) -> str:
    """A distinct project name for each number, built from words that many names share."""
    return words_of(number, PLACES, PLACES, MATTERS, DEEDS, ENDS)


def agency_of(number: int) -> str:
    return words_of(number, PLACES, PLACES, ["县"], MATTERS) + "局"


def document(number: int) -> tuple[Document, list[Fact], list[str]]:
    """A document of FACTS_PER_DOCUMENT facts and its NAMES_PER_DOCUMENT names; its number decides the figures."""
    draw = random.Random(number)  # noqa: S311
    agency, year, doc = agency_of(number // 5), 2021 + number % 5, f"d{number:07d}"
    names = [name_of(number * NAMES_PER_DOCUMENT + i) for i in range(NAMES_PER_DOCUMENT)]
    facts = []
    for i in range(FACTS_PER_DOCUMENT):
        row, column = divmod(i, len(COLUMNS))
        name = names[row]
        value = Decimal(draw.randrange(1, 10_000_000)).scaleb(-2)
        facts.append(
            Fact(
                id=f"{doc}-t0-r{row}c{column}",
                kind="amount",
                source=SourceRef(doc, f"{doc}-t0", row, column),
                row_path=(name,),
                column_path=(COLUMNS[column],),
                printed=str(value),
                value=value,
                unit="万元",
                agency=agency,
                fiscal_year=year,
                phase="预算",
                project=name,
                subject=name,
                measure=COLUMNS[column],
            )
        )
    table = Table(f"{doc}-t0", "部门预算支出总表", (), (), NAMES_PER_DOCUMENT, len(COLUMNS), unit="万元")
    known = {
        "agency": Known(agency, "", 1.0),
        "fiscal_year": Known(str(year), "", 1.0),
        "phase": Known("预算", "", 1.0),
    }
    return Document(doc, f"{doc}.txt", "txt", f"{agency}{year}年部门预算", (table,), **known), facts, names


def build(folder: Path | str, facts: int) -> float:
    """Write the store; returns facts a second."""
    store = FactStore(folder)
    began = time.perf_counter()
    for number in range(max(1, facts // FACTS_PER_DOCUMENT)):
        made, of, names = document(number)
        stored = [stored_name(n, "project") for n in names]
        if made.agency:
            stored.append(stored_name(made.agency.value, "agency"))
        store.replace(made, of, [], stored, [], path=made.file, digest=made.id, at="2025-01-01T00:00:00")
    store.close()
    return facts / (time.perf_counter() - began)


def question(draw: random.Random, documents: int, shorten: bool) -> tuple[Question, str]:
    """A question about a random fact of the store with the figure that answers it."""
    made, facts, _ = document(draw.randrange(documents))
    fact = draw.choice(facts)
    assert made.agency
    assert made.fiscal_year
    name = fact.row_path[0]
    if shorten:  # as users do
        name = next((name.removesuffix(end) for end in ENDS if name.endswith(end)), name)
    asked = f"{made.agency.value}{made.fiscal_year.value}年{name}的{fact.column_path[0]}是多少"
    return Question(asked), fact.printed


def probe(folder: Path | str) -> dict[str, float]:
    """Times in milliseconds, shares answered right and memory in MB of one process asking over the store."""
    began = time.perf_counter()
    assistant = Assistant(folder)
    documents = assistant.store.version()[0]
    draw = random.Random(1)  # noqa: S311
    assistant.ask(question(draw, documents, False)[0])
    started = time.perf_counter() - began
    figures: dict[str, float] = {"start_ms": started * 1000}
    for label, shorten in (("lookup", False), ("short", True)):
        times, right = [], 0
        for _ in range(PROBES):
            asked, printed = question(draw, documents, shorten)
            began = time.perf_counter()
            answer = assistant.ask(asked)
            times.append((time.perf_counter() - began) * 1000)
            right += bool(answer.values) and answer.values[0].value == printed
        times.sort()
        figures[f"{label}_p50"], figures[f"{label}_p95"] = times[PROBES // 2], times[int(PROBES * 0.95)]
        figures[f"{label}_right"] = right / PROBES
    times = []
    for _ in range(PROBES):
        name = stored_name(name_of(draw.randrange(documents * NAMES_PER_DOCUMENT)), "")
        prefix = draw.choice([name.text[:2], name.text[:4], name.pinyin[:5], name.initials[:3]])
        began = time.perf_counter()
        assert assistant.suggest(prefix)
        times.append((time.perf_counter() - began) * 1000)
    figures["suggest_p95"] = sorted(times)[int(PROBES * 0.95)]
    figures["rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return figures


def rows(
    sizes: list[int], folder: Path, store: str | None = None
) -> Iterator[tuple[int, float, float, dict[str, float]]]:
    """(facts, facts a second written, store in MB, figures) for each size."""
    for size in sizes:
        place = store or folder / str(size)
        speed = 0.0 if (folder / str(size) / "facts.sqlite").exists() else build(place, size)
        reader = [sys.executable, __file__, "--probe", str(place)]
        measured = subprocess.run(reader, capture_output=True, text=True, check=True)  # noqa: S603
        disk = 0.0 if isinstance(place, str) else sum(f.stat().st_size for f in place.iterdir()) / 1e6
        yield size, speed, disk, json.loads(measured.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description="随事实数增长的查找、联想与内存")
    parser.add_argument("--facts", default="10000,100000,1000000", help="逗号分隔的事实数")
    parser.add_argument("--dir", type=Path, help="保留生成的库；不填则用完即删")
    parser.add_argument("--store", help="改用这个空的 PostgreSQL 数据库（一次一个规模）")
    parser.add_argument("--probe", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.probe:
        print(json.dumps(probe(args.probe)))
        return
    sizes = [int(n) for n in args.facts.split(",")]
    with tempfile.TemporaryDirectory() as temporary:
        print(
            "      事实      名称  写入/秒   磁盘MB  启动  查p50  查p95  答对"
            "  简称p50  简称p95  答对  联想p95  内存MB（毫秒）"
        )
        first: dict[str, float] = {}
        for size, speed, disk, f in rows(sizes, args.dir or Path(temporary), args.store):
            first = first or f
            print(
                f"{size:10,}{size // 10:10,}{speed:9,.0f}{disk:9,.0f}{f['start_ms']:6.0f}"
                f"{f['lookup_p50']:7.1f}{f['lookup_p95']:7.1f}{f['lookup_right']:6.0%}"
                f"{f['short_p50']:9.1f}{f['short_p95']:9.1f}{f['short_right']:6.0%}{f['suggest_p95']:9.1f}{f['rss_mb']:8.0f}"
                f"   查p95 为最小库的 {f['lookup_p95'] / first['lookup_p95']:.1f} 倍",
                flush=True,
            )


if __name__ == "__main__":
    main()
