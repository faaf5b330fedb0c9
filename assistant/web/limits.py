"""Rate limits: a token bucket for each key, user or address, in memory."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

KEPT = 10_000


class RateLimit:
    """Allows ``per_minute`` calls for each name, in bursts of at most as many."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, name: str, now: float | None = None) -> float:
        """Seconds until a call is allowed; 0 takes one."""
        moment = time.monotonic() if now is None else now
        with self._lock:
            left, then = self._buckets.pop(name, (float(self.per_minute), moment))
            left = min(float(self.per_minute), left + (moment - then) * self.per_minute / 60)
            allowed = left >= 1
            self._buckets[name] = (left - 1 if allowed else left, moment)
            # Memory stays bounded however many addresses ask.
            while len(self._buckets) > KEPT:
                self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - left) * 60 / self.per_minute
