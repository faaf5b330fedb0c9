"""Precision and recall of the three outcomes: answered, clarify (asks back), not_found (refuses).

A question may allow several outcomes; an allowed one counts as expected, else the first allowed stands for it.
precision = given and allowed / given; recall = given and expected / expected.

FinanceBench's three labels part what a wrong answer hides: right (a due refusal too), wrong, and no answer given
(https://arxiv.org/abs/2311.11944, section 4: correct, incorrect, failed to answer).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

STATUSES = ("answered", "clarify", "not_found")
LABELS = ("correct", "incorrect", "failed")


@dataclass(frozen=True, slots=True)
class StatusScore:
    """Counts for one outcome; ``precision`` and ``recall`` are None where nothing was given or expected."""

    status: str
    given: int
    expected: int
    agreed: int

    @property
    def precision(self) -> float | None:
        return self.agreed / self.given if self.given else None

    @property
    def recall(self) -> float | None:
        return self.agreed / self.expected if self.expected else None


def allowed(question: dict[str, Any]) -> list[str]:
    """The outcomes that count as right for a question."""
    status = question.get("status", "answered")
    return [status] if isinstance(status, str) else list(status)


def status_scores(pairs: Iterable[tuple[list[str], str | None]]) -> list[StatusScore]:
    """Scores from (allowed outcomes, given outcome) of each question; a missing answer has outcome None."""
    seen = [(given if given in want else want[0], given) for want, given in pairs]
    return [
        StatusScore(
            s,
            sum(given == s for _, given in seen),
            sum(want == s for want, _ in seen),
            sum(given == s == want for want, given in seen),
        )
        for s in STATUSES
    ]


def three_labels(outcomes: Iterable[tuple[bool, str | None]]) -> dict[str, int]:
    """How many questions have each label, from (right, given outcome); a missing or broken answer is a failed one."""
    seen = Counter(
        "correct" if right else "incorrect" if given == "answered" else "failed" for right, given in outcomes
    )
    return {label: seen[label] for label in LABELS}
