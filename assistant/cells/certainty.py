"""How likely a result over cells is right: a logistic model of few features (certainty.json, made by eval/train_certainty.py)."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from assistant.cells.candidates import Candidate
from assistant.cells.matching import folded, pairs
from assistant.cells.ranking import ask
from assistant.cells.wording import Result

FEATURES = ("bias", "ranked", "logit", "share", "list", "sum", "count", "extreme", "share_of_computed")


def features(question: str, result: Result, candidates: Sequence[Candidate]) -> list[float]:
    """The numbers of :data:`FEATURES`; a result of ranked cells has the ranking's own probability, a computed one its kind."""
    rows = {(c.table, c.row) for c in result.cells}
    used = [t for c in candidates if (c.table, c.row) in rows for t in (c.text, *c.row_path, *c.column_path, *c.context)]
    share = ask(question).share({p for text in used for p in pairs(folded(text))})
    ranked = result.operation in ("lookup", "check", "growth")
    chance = min(max(result.confidence, 0.001), 0.999)
    kind = {"highest": "extreme", "lowest": "extreme", "average": "sum", "difference": "sum", "ratio": "sum"}
    named = kind.get(result.operation, result.operation)
    return [
        1.0, float(ranked), math.log(chance / (1 - chance)) if ranked else 0.0, share if ranked else 0.0,
        *(float(not ranked and named == k) for k in FEATURES[4:8]), 0.0 if ranked else share,
    ]  # fmt: skip


@cache
def _weights() -> tuple[float, ...]:
    stored = json.loads(files("assistant.cells").joinpath("certainty.json").read_text("utf-8"))
    return tuple(stored["weights"][name] for name in FEATURES)


def certainty(question: str, result: Result, candidates: Sequence[Candidate]) -> float:
    """The probability, 0 to 1, that the result is right."""
    if not result.cells:
        return 0.0
    z = sum(w * x for w, x in zip(_weights(), features(question, result, candidates), strict=True))
    return 1 / (1 + math.exp(-z))
