"""The front door that every web surface calls; :mod:`assistant.answering` provides it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

from assistant.records import Answer, Question


class Assistant(Protocol):
    """Answers and the store behind them; every method may be called from several threads at once.

    Raises :class:`assistant.answering.StoreError` while the store cannot be read.
    """

    @property
    def model(self) -> object | None:
        """The language model that may take part in an answer, which can take long then; None for none."""
        ...

    def ask(self, question: Question) -> Answer: ...

    def stream(self, question: Question) -> Iterator[Answer | str]:
        """The answer of the rules at once; then, where a model has more to say, checked sentences and the last answer.

        An empty string says that the model is at work; closing the iterator stops it.
        """
        ...

    def suggest(self, text: str, limit: int) -> list[dict[str, Any]]:
        """Rows of ``kind`` (document, project, subject, passage), ``title``, ``snippet`` and ``link``."""
        ...

    def documents(self) -> list[dict[str, Any]]: ...

    def document(self, id: str, /) -> dict[str, Any] | None: ...

    def table(self, id: str, /) -> dict[str, Any] | None:
        """``rows`` x ``cols`` with ``cells`` of row, col, row_span, col_span, text, page and box."""
        ...

    def examples(self) -> list[str]: ...

    def findings(self) -> list[dict[str, Any]]: ...

    def health(self) -> dict[str, Any]: ...

    def add(self, path: Path, name: str, progress: Callable[[str], None] | None = None) -> dict[str, Any]: ...

    def remove(self, id: str, /) -> bool: ...

    def original(self, id: str, /) -> Path | None:
        """The file as ingested, for page images; None where it is gone."""
        ...
