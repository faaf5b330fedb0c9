"""Asks a question set and keeps everything needed to judge, compare and repeat the run."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eval.metrics import (
    StatusScore,
    allowed,
    area_under,
    bootstrap_interval,
    percentile,
    places,
    retrieval_scores,
    risk_coverage,
    status_scores,
    three_labels,
)
from eval.metrics.risk import Point
from eval.stages import StageScores, stage_scores
from eval.verdicts import Verdict, judge

Ask = Callable[[dict[str, Any]], dict[str, Any]]
ASKED_KEYS = ("id", "question", "history", "document")
HTTP_TIMEOUT = 120.0
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # the server stands on this machine or intranet


@dataclass(frozen=True, slots=True)
class Run:
    """One system over one set: questions, answers (None where asking failed) and verdicts in the same order."""

    system: str
    set_name: str
    questions: tuple[dict[str, Any], ...]
    answers: tuple[dict[str, Any] | None, ...]
    verdicts: tuple[Verdict, ...]
    provenance: dict[str, Any] = field(default_factory=dict)
    stages: StageScores | None = None

    @property
    def right(self) -> int:
        return sum(v.right for v in self.verdicts)

    @property
    def cited(self) -> int:
        return sum(v.cited for v in self.verdicts)

    @property
    def misled(self) -> int:
        return sum(v.misled for v in self.verdicts)

    @property
    def statuses(self) -> list[StatusScore]:
        return status_scores((allowed(q), (a or {}).get("status")) for q, a in self._pairs)

    @property
    def labels(self) -> dict[str, int]:
        """FinanceBench's three labels: correct, incorrect, failed."""
        return three_labels(
            (v.right, (a or {}).get("status")) for a, v in zip(self.answers, self.verdicts, strict=True)
        )

    @property
    def places(self) -> dict[str, tuple[int, int]]:
        """Expected documents, tables and cells that were cited, out of how many."""
        return places(self._pairs)

    @property
    def retrieval(self) -> dict[str, float]:
        return retrieval_scores(self._pairs)

    @property
    def risk_curve(self) -> list[Point]:
        """Over the answers that say how sure they are; empty when none does."""
        return self.risk_curve_of(None)

    def risk_curve_of(self, route: str | None) -> list[Point]:
        """The curve of the answers of one route alone: each route measures its confidence in its own way."""
        sure = [
            (float(a["confidence"]), v.right)
            for a, v in zip(self.answers, self.verdicts, strict=True)
            if a
            and a.get("status") == "answered"
            and isinstance(a.get("confidence"), int | float)
            and route in (None, a.get("route"))
        ]
        return risk_coverage(sure, len(self.questions))

    @property
    def _pairs(self) -> list[tuple[dict[str, Any], dict[str, Any] | None]]:
        return list(zip(self.questions, self.answers, strict=True))

    def kinds(self) -> dict[str, tuple[int, int, int]]:
        """Questions, right, right and cited, of each kind by name."""
        return {
            kind: (len(of), sum(v.right for v in of), sum(v.cited for v in of))
            for kind in sorted({v.kind for v in self.verdicts})
            for of in [[v for v in self.verdicts if v.kind == kind]]
        }

    def took(self, kind: str | None = None) -> list[float]:
        """Milliseconds of each answer that tells them, of all questions or of one kind."""
        return [
            a["elapsed_ms"]
            for a, v in zip(self.answers, self.verdicts, strict=True)
            if a and isinstance(a.get("elapsed_ms"), int | float) and kind in (None, v.kind)
        ]

    def summary(self) -> dict[str, Any]:
        """The figures of the run as one JSON object; shares are floats 0 to 1, times in milliseconds."""
        took = self.took()
        return {
            "system": self.system,
            "set": self.set_name,
            "questions": len(self.questions),
            "right": self.right,
            "right_and_cited": self.cited,
            "wrong_but_confident": self.misled,
            "right_interval": bootstrap_interval([v.right for v in self.verdicts]),
            "cited_interval": bootstrap_interval([v.cited for v in self.verdicts]),
            "p50_ms": percentile(took, 0.5),
            "p95_ms": percentile(took, 0.95),
            "kinds": self.kinds(),
            "labels": self.labels,
            "places": self.places,
            "statuses": {s.status: {"precision": s.precision, "recall": s.recall} for s in self.statuses},
            "retrieval": self.retrieval,
            "aurc": area_under(self.risk_curve),
            "stages": self.stages.as_json() if self.stages else None,
            "provenance": self.provenance,
        }


def commit_of(folder: Path) -> str | None:
    """The git commit that a folder is at, with ``+`` when files differ from it; None outside a checkout."""
    try:
        head = ["git", "-C", str(folder), "describe", "--always", "--abbrev=40", "--dirty=+"]
        out = subprocess.run(head, capture_output=True, text=True, check=True, timeout=10)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return out.stdout.strip() or None


def _answer(ask: Ask, question: dict[str, Any]) -> dict[str, Any] | None:
    """Ask one question; a failing system gives no answer, which counts as wrong, and the run goes on."""
    began = time.perf_counter()
    try:
        answer = ask({k: question[k] for k in ASKED_KEYS if k in question})
    except Exception as error:  # whatever a system under test throws is its result
        return {"status": "error", "text": f"{type(error).__name__}: {error}"}
    answer.setdefault("elapsed_ms", round((time.perf_counter() - began) * 1000, 3))
    return answer


def run_set(
    ask: Ask,
    questions: Sequence[dict[str, Any]],
    *,
    system: str = "ours",
    set_name: str = "",
    provenance: dict[str, Any] | None = None,
    cells_of: Callable[[str], Iterable[str]] | None = None,
) -> Run:
    """Ask every question through ``ask`` (a batch question line -> the contract's answer) and judge the answers.

    ``ask`` never sees what is expected. ``cells_of`` gives the printed cells that the store holds of a file, for
    the stage scores; without it they stay out.
    """
    answers = tuple(_answer(ask, q) for q in questions)
    return judged_run(questions, answers, system=system, set_name=set_name, provenance=provenance, cells_of=cells_of)


def judged_run(
    questions: Sequence[dict[str, Any]],
    answers: Sequence[dict[str, Any] | None],
    *,
    system: str = "ours",
    set_name: str = "",
    provenance: dict[str, Any] | None = None,
    cells_of: Callable[[str], Iterable[str]] | None = None,
) -> Run:
    """A run from answers that are already there, in the order of the questions."""
    verdicts = tuple(judge(q, a) for q, a in zip(questions, answers, strict=True))
    kept = {"commit": commit_of(Path(__file__).parent), "time": datetime.now(UTC).isoformat(timespec="seconds")}
    stages = stage_scores(questions, answers, verdicts, cells_of) if cells_of else None
    return Run(system, set_name, tuple(questions), tuple(answers), verdicts, kept | (provenance or {}), stages)


def http_ask(base_url: str) -> Ask:
    """An ``ask`` that posts to a server's /api/ask; an HTTP error becomes a failed answer."""
    if not base_url.startswith(("http://", "https://")):
        raise ValueError(f"服务地址 {base_url} 应以 http:// 或 https:// 开头")
    url = base_url.rstrip("/") + "/api/ask"

    def ask(question: dict[str, Any]) -> dict[str, Any]:
        body = {k: question.get(k) for k in ("question", "history", "document") if question.get(k) is not None}
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked above
            url, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with OPENER.open(request, timeout=HTTP_TIMEOUT) as reply:
            answer: dict[str, Any] = json.load(reply)
        return answer

    return ask


def run_over_http(base_url: str, questions: Sequence[dict[str, Any]], **settings: Any) -> Run:
    """Like :func:`run_set`, against a running server; raises ConnectionError when none answers at all."""
    reached(base_url)
    return run_set(http_ask(base_url), questions, **settings)


def reached(base_url: str) -> dict[str, Any]:
    """What a server tells of itself, nothing where it tells none.

    Raises ConnectionError when no server answers there at all, ValueError for an address of another kind.
    """
    http_ask(base_url)
    try:
        with OPENER.open(base_url.rstrip("/") + "/api/health", timeout=10) as reply:
            return dict(json.load(reply))
    except (urllib.error.HTTPError, ValueError):
        return {}  # it speaks HTTP; each question then shows what is wrong
    except OSError as error:
        raise ConnectionError(f"连不上服务 {base_url}：{error}，请确认 budgetqa serve 已启动") from None
