"""The metrics of the evaluation, one a module; this is their face."""

from eval.metrics.citations import meets, places, same_cell, unmet
from eval.metrics.figures import agrees, amount, number, plain
from eval.metrics.latency import percentile
from eval.metrics.retrieval import retrieval_scores
from eval.metrics.risk import Point, area_under, least_confidence, risk_coverage
from eval.metrics.statuses import LABELS, StatusScore, allowed, status_scores, three_labels
from eval.metrics.uncertainty import Paired, bootstrap_interval, mcnemar

__all__ = [
    "LABELS",
    "Paired",
    "Point",
    "StatusScore",
    "agrees",
    "allowed",
    "amount",
    "area_under",
    "bootstrap_interval",
    "least_confidence",
    "mcnemar",
    "meets",
    "number",
    "percentile",
    "places",
    "plain",
    "retrieval_scores",
    "risk_coverage",
    "same_cell",
    "status_scores",
    "three_labels",
    "unmet",
]
