"""The metrics of the evaluation, one a module; this is their face."""

from eval.metrics.citations import meets, same_cell, unmet
from eval.metrics.figures import agrees, amount, number, plain
from eval.metrics.latency import percentile
from eval.metrics.retrieval import retrieval_scores
from eval.metrics.risk import Point, area_under, risk_coverage
from eval.metrics.statuses import StatusScore, allowed, status_scores
from eval.metrics.uncertainty import Paired, bootstrap_interval, mcnemar

__all__ = [
    "Paired",
    "Point",
    "StatusScore",
    "agrees",
    "allowed",
    "amount",
    "area_under",
    "bootstrap_interval",
    "mcnemar",
    "meets",
    "number",
    "percentile",
    "plain",
    "retrieval_scores",
    "risk_coverage",
    "same_cell",
    "status_scores",
    "unmet",
]
