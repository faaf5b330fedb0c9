"""SSTQA-zh: questions over real workbooks with nested and merged heads (SIGMOD 2026, weAIDB/ST-Raptor).

Right is an answer whose values hold every number of the label, or, for a label in words, whose text holds every
comma-separated part of it; the text may not be longer than the label by more than 200 characters.
"""

from __future__ import annotations

import argparse
import json
import re
import unicodedata
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import openpyxl

from assistant.cells.candidates import Candidate, table_candidates
from assistant.cells.operations import answer
from assistant.cells.wording import Result
from index.records import Cell

_FIGURE = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(%?)")


@dataclass(frozen=True, slots=True)
class Report:
    questions: int
    right: int
    by_type: dict[str, dict[str, int]]
    misses: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {"questions": self.questions, "right": self.right, "by_type": self.by_type}

    def as_text(self) -> str:
        lines = [f"{'all':<28} {self.right:>5} / {self.questions:<5} {self.right / max(1, self.questions):.1%}"]
        for name, n in sorted(self.by_type.items()):
            lines.append(f"{name:<28} {n['right']:>5} / {n['questions']:<5} {n['right'] / max(1, n['questions']):.1%}")
        return "\n".join(lines)


@lru_cache(maxsize=8)
def read_workbook(path: Path) -> tuple[Candidate, ...]:
    """All cells of all sheets as candidates; figures in full precision, dates as year-month-day."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of styles that it drops
        book = openpyxl.load_workbook(path, data_only=True)
    found: list[Candidate] = []
    for sheet in book.worksheets:
        cells = _cells(sheet)
        if cells:
            rows = max(c.row + c.row_span for c in cells)
            cols = max(c.col + c.col_span for c in cells)
            found.extend(table_candidates(cells, rows, cols, table=sheet.title))
    return tuple(found)


def _cells(sheet: Any) -> list[Cell]:
    spans = {(m.min_row, m.min_col): (m.max_row, m.max_col) for m in sheet.merged_cells.ranges}
    covered = {
        (r, c)
        for (r0, c0), (r1, c1) in spans.items()
        for r in range(r0, r1 + 1)
        for c in range(c0, c1 + 1)
        if (r, c) != (r0, c0)
    }
    used = [(x.row, x.column) for line in sheet.iter_rows() for x in line if x.value is not None]
    if not used:
        return []
    top, left = min(r for r, _ in used), min(c for _, c in used)
    bottom, right = max(r for r, _ in used), max(c for _, c in used)
    filled_rows = sorted(
        {r for r, _ in used} | {r for r0, c0 in used for r in range(r0, spans.get((r0, c0), (r0, 0))[0] + 1)}
    )
    place = {r: i for i, r in enumerate(filled_rows)}
    cells = []
    for r in filled_rows:
        for c in range(left, right + 1):
            if (r, c) in covered or r < top or r > bottom:
                continue
            r1, c1 = spans.get((r, c), (r, c))
            height = sum(r <= x <= r1 for x in filled_rows)
            text = printed(sheet.cell(r, c).value)
            cells.append(Cell(place[r], c - left, text, max(1, height), max(1, min(c1, right) - c + 1)))
    return cells


def printed(value: object) -> str:
    """A cell's value as text: no rounding, no trailing ".0", a date without an empty time."""
    if value is None:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value).removesuffix(" 00:00:00").strip()


def run(data: Path) -> Report:
    """Ask every question of ``questions.jsonl`` of its workbook under ``table/``."""
    asked: Counter[str] = Counter()
    right: Counter[str] = Counter()
    misses: list[str] = []
    for line in (data / "questions.jsonl").read_text("utf-8").splitlines():
        question = json.loads(line)
        found = answer(question["question"], read_workbook(data / "table" / question["document"]))
        kind = f"{question['type']} / {question['difficulty']}"
        asked[kind] += 1
        if is_right(found, str(question["label"])):
            right[kind] += 1
        else:
            misses.append(question["id"])
    by_type = {kind: {"questions": n, "right": right[kind]} for kind, n in asked.items()}
    return Report(asked.total(), right.total(), by_type, tuple(misses))


def is_right(found: Result, label: str) -> bool:
    """The rule of the benchmark's README; a number counts as equal at the precision of the label."""
    if len(found.text) > len(label) + 200:
        return False
    words = [_plain(p) for p in re.split(r"[,，、;；]", label) if _plain(p)]
    numbers = list(_FIGURE.finditer(label.replace("，", " ").replace("、", " ")))
    only_numbers = bool(numbers) and not re.search(r"[\u4e00-\u9fff]{3,}", label) and not re.search("[A-Za-z]", label)
    text = _plain(found.text)
    if only_numbers and not re.search(r"\d{4}-\d\d-\d\d", label):
        said = [*found.values, *_numbers(found.text)]
        return all(_among(m, said) for m in numbers)
    return bool(words) and all(w in text for w in words)


def _plain(text: str) -> str:
    s = unicodedata.normalize("NFKC", text)
    return re.sub(r"\s+|00:00:00|[\"'‘’“”。\[\]]", "", s).strip()


def _numbers(text: str) -> list[Decimal]:
    found = []
    for m in _FIGURE.finditer(text):
        value = Decimal(m[0].rstrip("%").replace(",", ""))
        found.append(value / 100 if m[1] else value)
    return found


def _among(label: re.Match[str], said: Sequence[Decimal]) -> bool:
    value = Decimal(label[0].rstrip("%").replace(",", ""))
    places = -int(value.as_tuple().exponent)
    wanted = [value] if not label[1] else [value, value / 100]
    step = Decimal(1).scaleb(-places) / 2
    return any(abs(s - w) <= (step if w == value else step / 100) if places else s == w for s in said for w in wanted)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    report = run(options.data)
    print(json.dumps(report.as_json(), ensure_ascii=False) if options.json else report.as_text())


if __name__ == "__main__":
    main()
