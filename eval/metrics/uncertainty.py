"""How sure a measured share is, and whether two runs over the same questions differ by more than chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SEED = 7
RESAMPLES = 2000


def bootstrap_interval(outcomes: Sequence[bool], level: float = 0.95) -> tuple[float, float]:
    """Percentile bootstrap interval of the share of True; (0, 0) without outcomes.

    Resampling n outcomes with replacement makes the number of True a binomial draw, so it is drawn as one.
    """
    import numpy as np

    n = len(outcomes)
    if not n:
        return 0.0, 0.0
    draws = np.random.default_rng(SEED).binomial(n, sum(outcomes) / n, RESAMPLES) / n
    low, high = np.percentile(draws, [50 * (1 - level), 100 - 50 * (1 - level)])
    return float(low), float(high)


@dataclass(frozen=True, slots=True)
class Paired:
    """Questions that only one of two runs got right, and McNemar's exact two-sided p-value."""

    only_first: int
    only_second: int
    p_value: float


def mcnemar(first: Sequence[bool], second: Sequence[bool]) -> Paired:
    """Compare two runs over the same questions in the same order; ValueError if the lengths differ."""
    from scipy.stats import binomtest

    only_first = sum(a and not b for a, b in zip(first, second, strict=True))
    only_second = sum(b and not a for a, b in zip(first, second, strict=True))
    differing = only_first + only_second
    p = float(binomtest(only_first, differing).pvalue) if differing else 1.0
    return Paired(only_first, only_second, p)
