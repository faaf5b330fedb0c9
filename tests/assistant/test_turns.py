"""Questions that come at once are worked on some at a time, in the order in which they came."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from assistant.answering import AT_ONCE, open_assistant
from assistant.records import Question
from assistant.turns import Turns


def wait_for(holds: Callable[[], bool]) -> None:
    until = monotonic() + 10
    while not holds():
        assert monotonic() < until
        sleep(0.001)


def test_first_come_is_first_served_and_no_more_are_in_than_have_room() -> None:
    turns, served, leave = Turns(2), [], [threading.Event() for _ in range(8)]

    def visit(number: int) -> None:
        with turns:
            served.append(number)
            leave[number].wait(10)

    visitors = [threading.Thread(target=visit, args=(n,)) for n in range(8)]
    for number, visitor in enumerate(visitors):
        visitor.start()
        wait_for(lambda n=number: len(served) + len(turns._waiting) == n + 1)  # type: ignore[misc]
    assert served == [0, 1]
    # Whoever leaves, the one who has waited longest comes next.
    for number, come in ((1, 3), (0, 4), (2, 5), (3, 6), (4, 7), (5, 8), (6, 8), (7, 8)):
        leave[number].set()
        wait_for(lambda n=come: len(served) == n)  # type: ignore[misc]
        wait_for(lambda n=number: not visitors[n].is_alive())  # type: ignore[misc]
    assert served == list(range(8))


def test_a_failure_gives_the_turn_on() -> None:
    turns = Turns(1)
    for _ in range(2):
        with pytest.raises(ValueError), turns:
            raise ValueError
    with turns:
        pass


def test_questions_asked_at_once_are_answered_a_few_at_a_time(
    samples_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assistant = open_assistant(samples_store)
    inside, most, lock = 0, 0, threading.Lock()
    answer = assistant._answer_from

    def counted(*given: Any) -> Any:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        try:
            sleep(0.01)
            return answer(*given)
        finally:
            with lock:
                inside -= 1

    monkeypatch.setattr(assistant, "_answer_from", counted)
    told: list[str] = []
    askers = [
        threading.Thread(target=lambda: told.append(assistant.ask(Question("舆情管理预算多少")).status))
        for _ in range(12)
    ]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assistant.close()
    assert len(told) == 12
    assert most == AT_ONCE
