"""Time a question takes: the median and the 95th percentile, in milliseconds."""

from __future__ import annotations

from collections.abc import Iterable


def percentile(times: Iterable[float], share: float) -> float | None:
    """The value at place floor(n × share) of the sorted times; None without times."""
    ordered = sorted(times)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else None
