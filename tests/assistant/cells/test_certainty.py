"""The probability of a result over cells: between 0 and 1, higher for a surer ranking and a question that its heads say."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files

from assistant.cells.candidates import Candidate
from assistant.cells.certainty import FEATURES, certainty, features
from assistant.cells.wording import Result

CELLS = [
    Candidate((r, c), (name,), (head,), (), text, r, c, "t")
    for r, (name, *texts) in enumerate([("甲项目", "120", "80"), ("乙项目", "60", "30")], 1)
    for c, (head, text) in enumerate(zip(("预算数", "决算数"), texts, strict=True), 1)
]


def test_a_surer_ranking_is_surer() -> None:
    low, high = (Result("lookup", "120", (), (CELLS[0],), "", chance) for chance in (0.3, 0.95))
    asked = "甲项目的预算数是多少"
    assert 0 < certainty(asked, low, CELLS) < certainty(asked, high, CELLS) < 1
    assert certainty("丙丁戊己庚辛", high, CELLS) < certainty(asked, high, CELLS)
    assert certainty(asked, replace(high, cells=()), CELLS) == 0.0


def test_every_feature_has_its_weight_and_the_measures_are_kept() -> None:
    stored = json.loads(files("assistant.cells").joinpath("certainty.json").read_text("utf-8"))
    assert set(stored["weights"]) == set(FEATURES)
    assert len(features("甲项目", Result("sum", "180", (), tuple(CELLS), "", 0.6), CELLS)) == len(FEATURES)
    assert stored["measures"]["auc"] > 0.7
