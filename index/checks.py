"""The 勾稽 checks of a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from index.records import Document, Fact


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a document does not agree with itself."""

    id: str
    document_id: str
    rule: str
    severity: str
    message: str
    facts: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def check(document: Document, facts: Sequence[Fact]) -> list[Finding]:
    """The findings of a document; none yet."""
    return []
