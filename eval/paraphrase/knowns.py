"""Knowns: figures that one question asks for and that have one answer in the whole collection."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

YUAN = {"元": Decimal(1), "千元": Decimal(10) ** 3, "万元": Decimal(10) ** 4, "亿元": Decimal(10) ** 8}
MEASURES = {"合计": "", "金额": "", "预算数": "", "决算数": "", "基本支出": "基本支出", "项目支出": "项目支出"}
TOTALS = ("收入总计", "支出总计")
Key = tuple[str, int | None, str, str | None, str]


@dataclass(frozen=True, slots=True)
class Known:
    """``item`` is what is asked for ("办公费", a project, an indicator); ``measure`` a column to name or empty.

    ``kind`` is amount, project, target, schedule or code. ``files`` are all files that print this figure.
    """

    kind: str
    agency: str
    region: str | None
    year: int | None
    phase: str
    project: str | None
    item: str
    measure: str
    cell: str
    value: str | None
    unit: str
    files: tuple[str, ...]


def records_of_world(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a world's truth.jsonl."""
    with path.open(encoding="utf-8") as file:
        yield from (json.loads(line) for line in file if line.strip())


def _named(record: dict[str, Any]) -> tuple[str, str, str] | None:
    """(kind, item, measure) of a record, or None when nobody would ask for it in these words."""
    column = [c for c in record["column"] if c]
    last = column[-1] if column else ""
    row = re.sub(r"^(其中：|[一二三四五六七八九十]+、|[0-9]+[.、])", "", record["row"] or "")
    if record["kind"] == "target" and record["project"]:
        return ("target", row, "指标值") if last == "指标值" else None
    if record["kind"] == "schedule" and record["project"]:
        return "schedule", last, "支出进度计划"
    if record["kind"] == "text" and record["row"] == "项目编码" and record["project"]:
        return "code", "项目编码", ""
    if record["kind"] != "amount":
        return None
    if record["project"]:
        return ("project", record["project"], "") if "预算数" in (last, row) else None
    if "三公" in (record["table"] or ""):
        names = [c for c in (*column, row) if c not in ("预算数", "决算数", "合计", "小计", "一般公共预算财政拨款")]
        names = [c for c in names if "资" not in c]
        if last == "机关运行经费预算数" or not names or last == "一般公共预算财政拨款":
            return None
        return "amount", names[-1].replace("“三公”经费预算数", "三公经费").replace("财政拨款“三公”经费", "三公经费"), ""
    if (record["code"] or row in TOTALS) and last in MEASURES:
        return "amount", row, MEASURES[last]
    return None


def _size(value: str | None, unit: str, printed: str) -> tuple[str, Decimal | str]:
    """What makes two printed figures the same: the amount in 元, or the number with its unit, or the words."""
    try:
        number = Decimal(value or "")
    except InvalidOperation:
        return "", printed
    return ("元", number * YUAN[unit]) if unit in YUAN else (unit, number)


def knowns(records: Iterable[dict[str, Any]]) -> list[Known]:
    """Every figure that has one answer: all cells with the same name, year and phase print the same amount."""
    found: dict[Key, list[dict[str, Any]]] = defaultdict(list)
    kinds: dict[Key, tuple[str, str, str]] = {}
    for record in records:
        named = _named(record) if record["agency"] else None
        if named is None or not (named[1] and record["cell"].strip()):
            continue
        key = (record["agency"], record["fiscal_year"], record["phase"], record["project"], named[1] + named[2])
        found[key].append(record)
        kinds.setdefault(key, named)
    result = []
    for key, same in found.items():
        if len({_size(r["value"], r["unit"], r["cell"]) for r in same}) > 1:
            continue
        first, (kind, item, measure) = same[0], kinds[key]
        files = tuple(sorted({r["document"] for r in same}))
        result.append(
            Known(
                kind,
                first["agency"],
                first["region"],
                first["fiscal_year"],
                first["phase"],
                first["project"],
                item,
                measure,
                first["cell"],
                first["value"],
                first["unit"],
                files,
            )
        )
    return result
