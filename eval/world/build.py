"""Builds the world: writes every disclosure, truth.jsonl, defects.jsonl and documents.jsonl."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any

from eval.world.blocks import Block, Mark, Money, Sheet, Text
from eval.world.budget_pages import Press, tables
from eval.world.defects import plant
from eval.world.ledgers import Department, departments, ledger
from eval.world.project_pages import form, performance
from eval.world.prose_pages import prose
from eval.world.writers import WRITERS

LAYOUTS = ("listed", "split", "numbered")
KINDS = {"budget": "部门预算公开", "performance": "绩效文本", "final": "部门决算公开"}
FIRST_YEAR = 2021


@dataclass(frozen=True, slots=True)
class Plan:
    """What to generate: ``count`` departments over ``years`` years, a format each in turn, these kinds of defects."""

    count: int
    years: int
    seed: int
    formats: tuple[str, ...] = tuple(WRITERS)
    kinds: tuple[str, ...] = ("budget",)
    layouts: tuple[str, ...] = LAYOUTS
    defects: tuple[str, ...] = ()


def _pages(department: Department, year: int, seed: int, kind: str) -> tuple[list[Block], str]:
    """The blocks of one disclosure and the phase of its figures."""
    phase = "决算" if kind == "final" else "预算"
    now = ledger(department, year, seed, phase)
    now = replace(now, before=ledger(department, year - 1, seed, phase).spent())
    split = department.layout == "split"
    money = Money(department.unit, 2, grouped=department.layout != "listed", zero="0.00" if split else "")
    press = Press(now, phase, money)
    if kind == "performance":
        return performance(replace(press, money=Money(department.unit))), phase
    budget = ledger(department, year, seed, "预算") if kind == "final" else None
    blocks: list[Block] = [*tables(press, budget), *prose(press, budget)]
    if kind == "budget" and department.layout == "listed":
        blocks.append(Text("六、部门项目预算安排情况及绩效目标", 2))
        blocks += [form(replace(press, money=Money(department.unit)), p, i) for i, p in enumerate(now.projects, 1)]
    return blocks, phase


def _marks(blocks: Sequence[Block]) -> Iterator[tuple[str | None, str, str | None, Mark]]:
    """(table, printed, quote, mark) of every figure in reading order."""
    for block in blocks:
        if isinstance(block, Text):
            yield from ((None, m.printed or "", block.text, m) for m in block.marks)
            continue
        yield from ((block.title, c.text, None, c.mark) for row in block.rows for c in row if c and c.mark)
        yield from ((block.title, n.printed or "", n.printed, n) for n in block.notes)


def _truths(
    file: str, department: Department, year: int, phase: str, blocks: Sequence[Block]
) -> Iterator[dict[str, Any]]:
    for number, (table, printed, quote, mark) in enumerate(_marks(blocks)):
        yield {
            "id": f"{file}#{number}",
            "document": file,
            "agency": department.agency,
            "region": department.region,
            "fiscal_year": year,
            "phase": "预算" if mark.column[-1:] == ("预算数",) else phase,  # a 决算 prints both beside each other
            "kind": mark.kind,
            "table": table,
            "project": mark.project,
            "row": mark.row,
            "code": mark.code,
            "column": list(mark.column),
            "cell": printed,
            "value": mark.value,
            "unit": mark.unit,
            "quote": quote,
        }


def _put(file: IO[str], record: dict[str, Any]) -> None:
    file.write(json.dumps(record, ensure_ascii=False) + "\n")


def build(plan: Plan, out: Path) -> dict[str, int]:
    """Write the world into ``out`` (documents/, truth.jsonl, defects.jsonl, documents.jsonl); returns the counts."""
    folder = out / "documents"
    folder.mkdir(parents=True, exist_ok=True)
    counts = {"documents": 0, "figures": 0, "defects": 0}
    with (
        (out / "truth.jsonl").open("w", encoding="utf-8") as truth,
        (out / "defects.jsonl").open("w", encoding="utf-8") as planted,
        (out / "documents.jsonl").open("w", encoding="utf-8") as listed,
    ):
        for department, year, kind in _disclosures(plan):
            form_at = plan.formats[counts["documents"] % len(plan.formats)]
            file = f"{department.region_code}_{department.agency}{year}年{KINDS[kind]}.{form_at}"
            blocks, phase = _pages(department, year, plan.seed, kind)
            draw = random.Random(f"defects-{plan.seed}-{file}")  # noqa: S311
            defects = plant(blocks, draw, plan.defects)
            WRITERS[form_at](f"{department.agency}{year}年{KINDS[kind]}", blocks, folder / file)
            for record in _truths(file, department, year, phase, blocks):
                _put(truth, record)
                counts["figures"] += 1
            for defect in defects:
                _put(planted, {"document": file, **defect.as_json()})
            about = {k: v for k, v in asdict(department).items() if k not in ("office", "topics")}
            _put(listed, {"document": file, "kind": kind, "fiscal_year": year, "phase": phase, **about,
                          "sheets": sum(isinstance(b, Sheet) for b in blocks)})  # fmt: skip
            counts["documents"] += 1
            counts["defects"] += len(defects)
    return counts


def _disclosures(plan: Plan) -> Iterator[tuple[Department, int, str]]:
    for department in departments(plan.count, plan.seed, plan.layouts):
        for year in range(FIRST_YEAR, FIRST_YEAR + plan.years):
            for kind in plan.kinds:
                yield department, year, kind
