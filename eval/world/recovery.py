"""How much of a world's truth came back: every printed figure with its cell, unit, year, phase and agency.

    python -m eval.world.recovery --world DIR [--store DIR] [--show 20]

reads the documents of a world with the project's parsers, or takes what a store holds of them, and compares the
facts with truth.jsonl and the audit with defects.jsonl. Exit code 3 when what is promised is missed: 99.9 % of the
figures whole, no wrong unit, every planted defect found and no false alarm.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eval.world.alarms import compare_alarms
from index.records import Fact

Truth = dict[str, Any]
PROMISED = 0.999
MISSED = 3
IN_TEXT = ("prose", "change", "empty")
SAME_PHASE = {"年初预算": "预算"}  # a disclosure of the budget says either


def _tight(text: str | None) -> str:
    return re.sub(r"\s+", "", text or "")


@dataclass(slots=True)
class Recovery:
    """Counts over all figures; ``lost`` holds (what went wrong, truth) of each that did not come back whole."""

    figures: int = 0
    recovered: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    lost: list[tuple[str, Truth]] = field(default_factory=list)

    @property
    def share(self) -> float:
        return self.recovered / self.figures if self.figures else 0.0


def _stands_there(truth: Truth, fact: Fact) -> bool:
    """Whether a fact is of this truth's cell: same print, table, row label and column heads."""
    cell, printed = _tight(truth["cell"]), _tight(fact.printed)
    if truth["kind"] == "empty":
        return cell in printed + _tight(fact.source.quote)
    if truth["kind"] in IN_TEXT:
        return cell in printed and fact.source.quote is not None
    if printed != cell:
        return False
    if _tight(truth["table"]) not in _tight(" ".join((*fact.section, fact.table or ""))):
        return False
    rows, columns = _tight("".join(fact.row_path)), [_tight(c) for c in fact.column_path]
    # a head over all columns may be taken for part of the title, which says the same
    heads = [h for h in map(_tight, truth["column"]) if h not in _tight(truth["table"])]
    if truth["kind"] in ("text", "target", "schedule") or truth["project"]:
        return all(
            h in rows or any(h in c for c in columns) for h in (*heads, _tight(truth["row"]).replace("资金用途", ""))
        )
    return _tight(truth["row"]) in rows and all(any(h in c for c in columns) for h in heads)


def _differences(truth: Truth, fact: Fact) -> list[str]:
    """What of the figure's meaning differs: value, unit, year, phase, agency."""
    faults = []
    if truth["value"] is not None and (fact.value is None or str(fact.value) != truth["value"]):
        faults.append("value")
    if truth["kind"] not in ("text", "empty"):
        if fact.unit != truth["unit"]:
            faults.append("unit")
        if SAME_PHASE.get(fact.phase or "", fact.phase) != truth["phase"] and truth["kind"] in ("amount", "prose"):
            faults.append("phase")
    if fact.fiscal_year != truth["fiscal_year"]:
        faults.append("year")
    if _tight(fact.agency).removesuffix("本级") != truth["agency"]:
        faults.append("agency")
    if fact.region != truth["region"]:
        faults.append("region")
    return faults


def compare(truths: Iterable[Truth], facts_of_file: Callable[[str], Sequence[Fact]]) -> Recovery:
    """Match every truth with a fact of its document, each fact used once, the best match first."""
    by_document: dict[str, list[Truth]] = defaultdict(list)
    for truth in truths:
        by_document[truth["document"]].append(truth)
    result = Recovery()
    for document, of_document in by_document.items():
        by_print: dict[str, list[Fact]] = defaultdict(list)
        prose: list[Fact] = []
        for fact in facts_of_file(document):
            by_print[_tight(fact.printed)].append(fact)
            if fact.source.quote is not None or fact.kind == "empty":
                prose.append(fact)
        for truth in of_document:
            pool = prose if truth["kind"] in IN_TEXT else by_print[_tight(truth["cell"])]
            there = [(len(d), d, f) for f in pool if _stands_there(truth, f) for d in [_differences(truth, f)]]
            result.figures += 1
            if not there:
                faults = ["cell"]
            else:
                _, faults, used = min(there, key=lambda x: x[0])
                if truth["kind"] not in IN_TEXT:
                    pool.remove(used)
            result.recovered += not faults
            result.faults.update(faults)
            if faults:
                result.lost.append(("+".join(faults), truth))
    return result


def reader(folder: Path, messages: dict[str, list[str]]) -> Callable[[str], Sequence[Fact]]:
    """Facts straight from the parsers, without a store; what the audit says of each file goes into ``messages``."""
    from index.assemble import assemble
    from index.checks import check
    from index.facts import facts_of
    from index.parsers import read_file

    def facts_of_file(file: str) -> Sequence[Fact]:
        document = assemble(read_file(folder / file), file, file)
        facts = facts_of(document)
        # info says that rounding may explain a difference: a hint, not an alarm
        messages[file] = [f.message for f in check(document, facts) if f.severity != "info"]
        return facts

    return facts_of_file


def stored(place: str, messages: dict[str, list[str]]) -> Callable[[str], Sequence[Fact]]:
    """Facts and audit as a store holds them of each file; a file that is not there has none."""
    from index.fact_store import FactStore

    store = FactStore(place, create=False)
    ids = {row.file: row.id for row in store.documents()}

    def facts_of_file(file: str) -> Sequence[Fact]:
        if file not in ids:
            return []
        messages[file] = [f["message"] for f in store.findings(ids[file]) if f["severity"] != "info"]
        return store.facts(ids[file])

    return facts_of_file


def _lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m eval.world.recovery", description="核对生成的文件能否完整读回")
    parser.add_argument("--world", type=Path, required=True, help="python -m eval.world 的输出文件夹")
    parser.add_argument("--store", help="已导入这些文件的库；不填则现读")
    parser.add_argument("--show", type=int, default=20, help="列出多少个没有读回的数值")
    args = parser.parse_args(arguments)
    messages: dict[str, list[str]] = {}
    try:
        truths, defects = _lines(args.world / "truth.jsonl"), _lines(args.world / "defects.jsonl")
    except OSError as error:
        print(f"读不了标准答案：{error}", file=sys.stderr)
        return 1
    facts_of_file = stored(args.store, messages) if args.store else reader(args.world / "documents", messages)
    result = compare(truths, facts_of_file)
    print(f"数值 {result.figures} 个，完整读回 {result.recovered} 个（{result.share:.3%}）")
    print("不符：" + "，".join(f"{name} {count}" for name, count in result.faults.most_common()))
    groups = Counter((what, Path(t["document"]).suffix, t["kind"]) for what, t in result.lost)
    for (what, suffix, kind), count in groups.most_common(40):
        print(f"  {count:6} {what:16} {suffix:6} {kind}")
    for what, t in result.lost[:: max(1, len(result.lost) // max(args.show, 1))][: args.show]:
        shown = t["quote"] or f"{t['table']}｜{t['row']}｜{' / '.join(t['column'])}"
        print(f"{what}  {t['document']}  {shown}  {t['cell']} {t['unit']}")
    alarms = compare_alarms(defects, messages)
    print(f"差错 {len(defects)} 处，查出 {len(alarms.found)} 处；误报 {len(alarms.false_alarms)} 条")
    for defect in alarms.missed[: args.show]:
        print(f"漏报 {defect['kind']}  {defect['document']}  {defect['table'] or ''}  {defect['printed']}")
    for document, message in alarms.false_alarms[: args.show]:
        print(f"误报 {document}  {message}")
    kept = result.share >= PROMISED and not result.faults["unit"] and not alarms.missed and not alarms.false_alarms
    return 0 if kept else MISSED


if __name__ == "__main__":
    sys.exit(main())
