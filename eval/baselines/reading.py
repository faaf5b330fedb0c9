"""Reads an answer out of passages without a model: the figure whose surroundings share most with the question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from eval.metrics import plain

FIGURE = re.compile(r"(?<![\d.])-?\d[\d,]*(?:\.\d+)?\s*(亿元|万元|元|%|％|万|个|人|次|项|辆|平方米)?")
UNIT_LINE = re.compile(r"单位[:：]\s*(亿元|万元|千元|元)")
READ = 4
BEFORE = 40
YEAR = re.compile(r"^(19|20)\d\d$")


def _pairs(text: str) -> set[str]:
    kept = plain(text)
    return {kept[i : i + 2] for i in range(len(kept) - 1)}


def _best_figure(question: str, passages: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    asked = _pairs(question)
    best: tuple[float, dict[str, Any]] | None = None
    for rank, passage in enumerate(passages):
        text = passage["text"]
        unit_line = UNIT_LINE.search(passage.get("embedded") or text)
        for match in FIGURE.finditer(text):
            digits = match.group().removesuffix(match.group(1) or "").replace(",", "").strip()
            if YEAR.match(digits) and not match.group(1):
                continue
            shared = len(asked & _pairs(text[max(0, match.start() - BEFORE) : match.end()])) - 0.5 * rank
            if best is None or shared > best[0]:
                unit = match.group(1) or (unit_line.group(1) if unit_line else "")
                citation = {"file": passage["file"], "quote": text, "cell": match.group().strip()}
                best = shared, {"value": digits, "unit": unit, "citation": citation}
    return best[1] if best else None


def read_answer(question: str, passages: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """An answer in the contract's form from ranked passages ({file, text, embedded?}), best first.

    The text is the first four passages, and the one figure the best of theirs; ``passages`` keeps the whole ranking.
    """
    shown = list(passages[:READ])
    figure = _best_figure(question, shown)
    values = [{"label": "", "value": figure["value"], "unit": figure["unit"], "citations": [0]}] if figure else []
    citations = [figure["citation"]] if figure else []
    citations += [{"file": p["file"], "quote": p["text"]} for p in shown]
    return {
        "status": "answered" if shown else "not_found",
        "text": "\n".join(p["text"] for p in shown),
        "values": values,
        "citations": citations,
        "passages": list(passages),
        "route": "retrieval",
    }
