"""Which stage lost a question: parsing, finding, choosing, or the outcome and wording.

For every question that expects a cell: was the cell in the store (parsing), did lookup name it among its
candidates or citations (finding), does the answer cite it (choosing), is the answer right (wording)?
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from eval.metrics import meets, number, plain
from eval.verdicts import Verdict

CANDIDATE_CELL_KEYS = ("cell", "printed")


@dataclass(frozen=True, slots=True)
class StageScores:
    """Questions that expect a cell, how many got so far, and the first stage that lost each of the others."""

    questions: int
    in_store: int
    among_candidates: int
    chosen: int
    right: int
    lost_at: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"losses": dict(Counter(self.lost_at.values()))}


def _candidates(value: object) -> Iterator[str]:
    """Every printed cell that a trace mentions, however deep."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in CANDIDATE_CELL_KEYS and isinstance(inner, str):
                yield inner
            else:
                yield from _candidates(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _candidates(inner)


def _holds(cells: Iterable[str], gold: str) -> bool:
    wanted, figure = plain(gold), number(gold)
    return any(plain(c) == wanted or (figure is not None and number(c) == figure) or wanted in plain(c) for c in cells)


def stage_scores(
    questions: Sequence[dict[str, Any]],
    answers: Sequence[dict[str, Any] | None],
    verdicts: Sequence[Verdict],
    cells_of: Callable[[str], Iterable[str]],
) -> StageScores:
    """Scores over the questions that expect a cell; ``cells_of(file)`` gives the printed cells and sentences stored."""
    reached: Counter[str] = Counter()
    lost: dict[str, str] = {}
    stored: dict[str, list[str]] = {}
    for question, answer, verdict in zip(questions, answers, verdicts, strict=True):
        golds = [c for c in question.get("cite") or [] if c.get("cell")]
        if not golds:
            continue
        cited = (answer or {}).get("citations") or []
        for gold in golds:
            if gold["file"] not in stored:
                stored[gold["file"]] = list(cells_of(gold["file"]))
        chosen = all(any(meets(g, c) for c in cited) for g in golds)
        named = list(_candidates([(answer or {}).get("trace"), cited]))
        passed = {
            "parsing": all(_holds(stored[g["file"]], g["cell"]) for g in golds),
            "finding": chosen or all(_holds(named, g["cell"]) for g in golds),
            "choosing": chosen,
            "wording": verdict.right,
        }
        reached.update(["questions", *(stage for stage, through in passed.items() if through)])
        if not verdict.cited:
            lost[question["id"]] = next(stage for stage in passed if not passed[stage])
    return StageScores(
        reached["questions"], reached["parsing"], reached["finding"], reached["choosing"], reached["wording"], lost
    )
