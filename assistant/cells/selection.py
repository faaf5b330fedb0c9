"""Chooses the set of cells that answers a question from the ranked candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.cells.candidates import Candidate
from assistant.cells.ranking import Scored, rank

LIKELY = 0.5


@dataclass(frozen=True, slots=True)
class Selection:
    """The chosen cells in reading order, and the probability that the set is exactly right as far as is known."""

    cells: tuple[Scored, ...]
    confidence: float


def select(question: str, candidates: Sequence[Candidate]) -> Selection:
    """One cell, a row, a column or several items by several columns: what together answers the question."""
    return choose(rank(question, candidates))


def choose(ranked: Sequence[Scored]) -> Selection:
    """Every cell more likely in than out, the best one at least."""
    if not ranked:
        return Selection((), 0.0)
    chosen = [s for s in ranked if s.score > LIKELY] or [ranked[0]]
    inside = {id(s) for s in chosen}
    confidence = 1.0
    for s in ranked:
        confidence *= s.score if id(s) in inside else 1 - s.score
    ordered = sorted(chosen, key=lambda s: (s.candidate.table, s.candidate.row, s.candidate.col))
    return Selection(tuple(ordered), confidence)
