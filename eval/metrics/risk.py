"""Risk and coverage: the share of wrong answers among those at least so confident.

Questions are sorted by the answer's confidence, highest first. After the first k of n: coverage = k / n,
risk = wrong among them / k. Answers that refuse or ask back are not covered. AURC is the mean risk over the curve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    confidence: float
    coverage: float
    risk: float


def risk_coverage(outcomes: Sequence[tuple[float, bool]], questions: int) -> list[Point]:
    """The curve from (confidence, right) of the answered questions; ties share one point."""
    ordered = sorted(outcomes, key=lambda o: -o[0])
    points: list[Point] = []
    wrong = 0
    for k, (confidence, right) in enumerate(ordered, 1):
        wrong += not right
        if k == len(ordered) or ordered[k][0] != confidence:
            points.append(Point(confidence, k / questions, wrong / k))
    return points


def area_under(points: Sequence[Point]) -> float | None:
    """AURC: mean risk weighted by the coverage each point adds; None without points."""
    if not points:
        return None
    before, area = 0.0, 0.0
    for point in points:
        area += (point.coverage - before) * point.risk
        before = point.coverage
    return area / before


def least_confidence(points: Sequence[Point], risk: float) -> Point | None:
    """The point of the largest coverage at which no more than ``risk`` is wrong: where a threshold would be set."""
    return max((p for p in points if p.risk <= risk), key=lambda p: p.coverage, default=None)
