"""Recall@k, MRR and nDCG of ranked passages, computed by trec_eval.

An expected place (an entry of ``cite`` with its cell) is the document to find. A passage finds it when it comes
from the same file and shows the expected cell. recall@k = places found in the first k / places; MRR = 1 / rank of
the first place found; nDCG@10 = Σ 1/log2(rank + 1) over the places found, divided by the best possible.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eval.metrics.citations import meets
from eval.metrics.figures import plain

CUTS = (1, 4, 10)


def _finds(gold: dict[str, Any], passage: dict[str, Any]) -> bool:
    if "text" not in passage:  # a citation
        return meets({k: v for k, v in gold.items() if k != "page"}, passage)
    return passage.get("file") == gold["file"] and plain(gold.get("cell")) in plain(passage["text"])


def _golds(question: dict[str, Any]) -> list[dict[str, Any]]:
    """The expected places that name a cell; a file alone would be found too easily."""
    return [c for c in question.get("cite") or [] if c.get("cell")]


def ranking(question: dict[str, Any], answer: dict[str, Any]) -> dict[str, float]:
    """The answer's ranked passages (its citations where it names none) as trec_eval wants them: id -> score."""
    golds = _golds(question)
    shown: Sequence[dict[str, Any]] = answer.get("passages") or answer.get("citations") or []
    scores: dict[str, float] = {}
    for rank, passage in enumerate(shown):
        hits = [f"gold-{i}" for i, gold in enumerate(golds) if _finds(gold, passage)]
        for name in hits or [f"other-{rank}"]:
            scores.setdefault(name, float(len(shown) - rank))
    return scores


def retrieval_scores(pairs: Sequence[tuple[dict[str, Any], dict[str, Any] | None]]) -> dict[str, float]:
    """Means over the questions that expect a place; empty when none does."""
    import pytrec_eval

    wanted = {q["id"]: {f"gold-{i}": 1 for i in range(len(golds))} for q, _ in pairs if (golds := _golds(q))}
    if not wanted:
        return {}
    ranked = {q["id"]: ranking(q, a or {}) for q, a in pairs if q["id"] in wanted}
    measures = {"recip_rank", "ndcg_cut.10", "recall." + ",".join(map(str, CUTS))}
    # trec_eval leaves out questions with an empty ranking; they count as nothing found.
    found = pytrec_eval.RelevanceEvaluator(wanted, measures).evaluate({k: v for k, v in ranked.items() if v})
    names = {f"recall_{k}": f"recall@{k}" for k in CUTS} | {"recip_rank": "MRR", "ndcg_cut_10": "nDCG@10"}
    return {shown: sum(row[name] for row in found.values()) / len(wanted) for name, shown in names.items()}
