"""`budgetqa eval run`: asks sets, prints the figures, writes the report, and fails under a wanted share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.question_sets import QuestionSet, load
from eval.report import answers_file, write
from eval.runner import Ask, Run, judged_run, run_set

UNDER_WANTED = 3


def run(
    sets: Sequence[Path],
    out: Path | None,
    ask: Ask,
    *,
    baselines: Mapping[str, Ask] | None = None,
    as_json: bool = False,
    fail_under: float | None = None,
    settings: Mapping[str, Any] | None = None,
    corpus: Mapping[str, Any] | None = None,
    cells_of: Callable[[str], Iterable[str]] | None = None,
    earlier: Path | None = None,
    echo: Callable[[str], None] = print,
) -> int:
    """Ask every set with ``ask`` and each baseline; print the figures; write the report when ``out`` is given.

    Args:
        settings, corpus: kept with the results; ``corpus`` counts documents, facts and chunks.
        cells_of: printed cells that the store holds of a file, for the stage scores.
        fail_under: a share of right and cited answers over all sets, in percent.
        earlier: the folder of an earlier report, whose answers are judged again and compared.

    Returns 0, or 3 when ours stays under ``fail_under``.

    Raises:
        BadSetError: a set cannot be read; the message says which line.
    """
    loaded = [load(path) for path in sets]
    runs: list[Run] = []
    for questions in loaded:
        version = questions.card.get("version")
        kept = {"set_sha256": questions.digest, "set_version": version}
        kept |= {"settings": dict(settings or {}), "corpus": dict(corpus or {})}
        for name, system in {"ours": ask, **(baselines or {})}.items():
            stored = cells_of if name == "ours" else None
            runs.append(
                run_set(
                    system,
                    questions.questions,
                    system=name,
                    set_name=questions.name,
                    provenance=kept,
                    cells_of=stored,
                )
            )
        if earlier is not None:
            runs += _earlier(questions, earlier)
    ours = [r for r in runs if r.system == "ours"]
    asked, cited = sum(len(r.questions) for r in ours), sum(r.cited for r in ours)
    total = {"questions": asked, "right": sum(r.right for r in ours), "right_and_cited": cited}
    if as_json:
        total["wrong_but_confident"] = sum(r.misled for r in ours)
        echo(json.dumps({**total, "runs": [r.summary() for r in runs]}, ensure_ascii=False))
    else:
        for line in _lines(runs):
            echo(line)
    if out is not None:
        page = write(runs, out)
        if not as_json:
            echo(f"报告：{page}")
    return UNDER_WANTED if fail_under is not None and cited * 100 < fail_under * asked else 0


def _earlier(questions: QuestionSet, folder: Path) -> list[Run]:
    """Our answers to this set in an earlier report, judged by today's rules; nothing when it is not there."""
    path = answers_file(folder, questions.name, "ours")
    if not path.is_file():
        return []
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    answers = {line["id"]: line for line in lines if "status" in line}
    in_order = [answers.get(q["id"]) for q in questions.questions]
    return [judged_run(questions.questions, in_order, system="earlier", set_name=questions.name)]


def _lines(runs: Iterable[Run]) -> Iterable[str]:
    for each in runs:
        n = len(each.questions)
        if each.system == "ours":
            for kind, (asked, right, cited) in each.kinds().items():
                shares = f"答对 {right:4}（{right / asked:6.1%}）  且出处正确 {cited:4}（{cited / asked:6.1%}）"
                yield f"  {kind:12} {asked:4} 题  {shares}"
        times = [each.summary()[k] for k in ("p50_ms", "p95_ms")]
        p50, p95 = ("—" if t is None else f"{t:.1f}" for t in times)
        yield (
            f"{each.set_name} [{each.system}] {n} 题  答对 {each.right}（{each.right / n:.1%}）  "
            f"且出处正确 {each.cited}（{each.cited / n:.1%}）  答错而自信 {each.misled}  p50 {p50} 毫秒  p95 {p95} 毫秒"
        )
