"""IM-TQA: which cells of a table answer a question, exact match of the set (ACL 2023, Zheng et al.).

The program sees the cells and the question; the head annotation of the data is not read here.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.cells.candidates import Candidate, table_candidates
from assistant.cells.selection import select
from index.records import Cell


@dataclass(frozen=True, slots=True)
class Report:
    """Counts over all questions; ``by_type`` holds {"questions", "right"} for each type of table."""

    questions: int
    right: int
    by_type: dict[str, dict[str, int]]
    misses: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {"questions": self.questions, "right": self.right, "by_type": self.by_type}

    def as_text(self) -> str:
        lines = [f"{'all':<14} {self.right:>5} / {self.questions:<5} {self.right / max(1, self.questions):.1%}"]
        for name, n in sorted(self.by_type.items()):
            lines.append(f"{name:<14} {n['right']:>5} / {n['questions']:<5} {n['right'] / max(1, n['questions']):.1%}")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class PublicTable:
    """A table of the benchmark: its candidates, and the id of the cell that each candidate stands for."""

    kind: str
    candidates: tuple[Candidate, ...]
    ids: tuple[int, ...]


def read_table(raw: dict[str, Any]) -> PublicTable:
    """A table from its matrix of cell ids (a merged cell repeats its id) and the cells' texts."""
    corners: dict[int, list[int]] = {}
    for r, line in enumerate(raw["cell_ID_matrix"]):
        for c, number in enumerate(line):
            box = corners.setdefault(number, [r, c, r, c])
            box[2], box[3] = max(box[2], r), max(box[3], c)
    texts = raw["chinese_cell_value_list"]
    cells = {
        number: Cell(r0, c0, texts[number].strip(), r1 - r0 + 1, c1 - c0 + 1)
        for number, (r0, c0, r1, c1) in corners.items()
    }
    number_at = {(cell.row, cell.col): number for number, cell in cells.items()}
    rows, cols = len(raw["cell_ID_matrix"]), max((len(x) for x in raw["cell_ID_matrix"]), default=0)
    candidates = table_candidates(list(cells.values()), rows, cols)
    return PublicTable(raw.get("table_type", ""), tuple(candidates), tuple(number_at[c.row, c.col] for c in candidates))


def questions(data: Path, split: str) -> Iterator[tuple[dict[str, Any], PublicTable]]:
    """Each question of a split with its table."""
    raw = json.loads((data / f"{split}_tables.json").read_text("utf-8"))
    tables = {t["table_id"]: read_table(t) for t in raw}
    for question in json.loads((data / f"{split}_questions.json").read_text("utf-8")):
        yield question, tables[question["table_id"]]


def run(data: Path, split: str) -> Report:
    """Ask every question of ``{split}_questions.json``; raises FileNotFoundError where the split is missing."""
    asked: Counter[str] = Counter()
    right: Counter[str] = Counter()
    misses: list[str] = []
    for question, table in questions(data, split):
        chosen = select(question["chinese_question"], table.candidates)
        number = {c.key: n for c, n in zip(table.candidates, table.ids, strict=True)}
        found = {number[s.candidate.key] for s in chosen.cells}
        asked[table.kind] += 1
        if found == set(question["answer_cell_list"]):
            right[table.kind] += 1
        else:
            misses.append(question["question_id"])
    by_type = {kind: {"questions": n, "right": right[kind]} for kind, n in asked.items()}
    return Report(asked.total(), right.total(), by_type, tuple(misses))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--split", default="dev")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    report = run(options.data, options.split)
    print(json.dumps(report.as_json(), ensure_ascii=False) if options.json else report.as_text())


if __name__ == "__main__":
    main()
