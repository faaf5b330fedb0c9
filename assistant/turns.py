"""Threads let in some at a time, first come first served."""

from __future__ import annotations

from collections import deque
from threading import Lock


class Turns:
    """A context that at most ``width`` threads are in; the others wait in the order in which they came.

    A semaphore would let a newcomer in before those who wait. Not to be entered again inside itself.
    """

    def __init__(self, width: int) -> None:
        self._lock = Lock()
        self._free = width
        self._waiting: deque[Lock] = deque()

    def __enter__(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            turn = Lock()
            turn.acquire()
            self._waiting.append(turn)
        turn.acquire()

    def __exit__(self, *_: object) -> None:
        with self._lock:
            if self._waiting:
                # Handed over, so that nobody can come between.
                self._waiting.popleft().release()
            else:
                self._free += 1
