from typing import Any

import pytest

from eval.metrics import (
    area_under,
    bootstrap_interval,
    least_confidence,
    mcnemar,
    percentile,
    places,
    retrieval_scores,
    risk_coverage,
    status_scores,
    three_labels,
)


def test_status_precision_and_recall() -> None:
    pairs = [
        (["answered"], "answered"),
        (["answered"], "not_found"),
        (["not_found"], "answered"),
        (["clarify", "answered"], "answered"),  # an allowed outcome counts as expected
        (["clarify", "answered"], "not_found"),
        (["not_found"], None),
    ]
    answered, clarify, refused = status_scores(pairs)
    assert (answered.given, answered.expected, answered.agreed) == (3, 3, 2)
    assert answered.precision == pytest.approx(2 / 3)
    assert (clarify.expected, clarify.given, clarify.precision, clarify.recall) == (1, 0, None, 0.0)
    assert (refused.given, refused.expected, refused.recall) == (2, 2, 0.0)


def test_three_labels() -> None:
    outcomes = [(True, "answered"), (True, "not_found"), (False, "answered"), (False, "clarify"), (False, None)]
    assert three_labels(outcomes) == {"correct": 2, "incorrect": 1, "failed": 2}


def test_citations_count_by_document_table_and_cell() -> None:
    gold: dict[str, Any] = {"cite": [{"file": "a", "where": "支出总表", "cell": "5.00"}, {"file": "b"}]}
    other = {"file": "a", "table": "收入总表", "cell": "5.00"}  # the right cell of another table is no right cell
    assert places([(gold, {"citations": [other]})]) == {"document": (1, 2), "table": (0, 1), "cell": (0, 1)}
    right = {"file": "a", "table": "部门支出总表", "cell": "5"}
    assert places([(gold, {"citations": [other, right, {"file": "b"}]})]) == {
        "document": (2, 2),
        "table": (1, 1),
        "cell": (1, 1),
    }
    assert places([(gold, None), ({}, {})]) == {"document": (0, 2), "table": (0, 1), "cell": (0, 1)}


def test_retrieval_by_hand() -> None:
    first: dict[str, Any] = {"id": "1", "cite": [{"file": "a", "cell": "1,200"}]}
    second: dict[str, Any] = {"id": "2", "cite": [{"file": "a", "cell": "7"}]}
    uncited: dict[str, Any] = {"id": "3"}
    passages = [{"file": "b", "text": "1200"}, {"file": "a", "text": "共1,200元"}]
    scores = retrieval_scores([(first, {"passages": passages}), (second, None), (uncited, None)])
    assert scores["recall@1"] == 0
    assert scores["recall@4"] == 0.5
    assert scores["MRR"] == pytest.approx(0.25)  # rank 2 and nothing
    assert scores["nDCG@10"] == pytest.approx(0.5 * 0.6309, abs=1e-3)
    assert retrieval_scores([(uncited, None)]) == {}


def test_citations_rank_where_no_passages_are_given() -> None:
    question = {"id": "1", "cite": [{"file": "a", "where": "收支总表", "cell": "5.00"}]}
    answer = {"citations": [{"file": "a", "table": "部门收支总表", "cell": "5"}]}
    assert retrieval_scores([(question, answer)])["recall@1"] == 1


def test_percentiles() -> None:
    assert percentile([3, 1, 2], 0.5) == 2
    assert percentile(range(100), 0.95) == 95
    assert percentile([], 0.5) is None


def test_interval_holds_the_share_and_narrows() -> None:
    few, many = bootstrap_interval([True, False] * 10), bootstrap_interval([True, False] * 1000)
    assert few[0] < many[0] < 0.5 < many[1] < few[1]
    assert bootstrap_interval([True] * 9) == (1.0, 1.0)
    assert bootstrap_interval([]) == (0.0, 0.0)


def test_mcnemar_counts_only_what_differs() -> None:
    paired = mcnemar([True] * 10 + [False], [True] * 2 + [False] * 8 + [True])
    assert (paired.only_first, paired.only_second) == (8, 1)
    assert paired.p_value == pytest.approx(0.0391, abs=1e-3)  # 2 × (C(9,0) + C(9,1)) / 2^9
    assert mcnemar([True], [True]).p_value == 1


def test_risk_and_coverage() -> None:
    points = risk_coverage([(0.9, True), (0.5, False), (0.9, True), (0.2, True)], questions=8)
    assert [(p.confidence, p.coverage, round(p.risk, 3)) for p in points] == [
        (0.9, 0.25, 0.0),
        (0.5, 0.375, 0.333),
        (0.2, 0.5, 0.25),
    ]
    assert area_under(points) == pytest.approx((0.125 * 1 / 3 + 0.125 * 0.25) / 0.5)
    assert area_under([]) is None
    assert (
        least_confidence(points, 0.3) == points[2]
    )  # the most that can be covered, not the first point that is too risky
    assert least_confidence(points, 0.2) == points[0]
    assert least_confidence(points[1:], 0.2) is None
