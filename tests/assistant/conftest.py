"""One assistant over the sample documents for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistant.answering import Assistant, open_assistant
from assistant.records import Answer, Question

Ask = Callable[..., Answer]


@pytest.fixture(scope="session")
def assistant(samples_store: Path) -> Iterator[Assistant]:
    opened = open_assistant(samples_store)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def ask(assistant: Assistant) -> Ask:
    """Ask the last question of a conversation; the ones before it are its history."""

    def answer(*questions: str) -> Answer:
        return assistant.ask(Question(questions[-1], tuple(questions[:-1])))

    return answer
