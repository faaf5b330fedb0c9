"""Fits how sure a result over the cells of a table is, and writes assistant/cells/certainty.json with its measures.

    python -m eval.train_certainty --im-tqa ../shared/bench/im-tqa --sstqa ../shared/bench/sstqa

Both development sets are asked without any change; the measures are of ten-fold cross-validation.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from assistant.cells.certainty import FEATURES, features
from assistant.cells.operations import answer
from assistant.cells.selection import select
from assistant.cells.wording import Result, figures
from eval import im_tqa, sstqa

WRITTEN = Path(__file__).parents[1] / "assistant" / "cells" / "certainty.json"
TRIED = (0.5, 0.6, 0.7, 0.8, 0.9)


def outcomes(im_tqa_data: Path, sstqa_data: Path) -> Iterator[tuple[list[float], bool]]:
    """The features of each answer and whether it was right."""
    for question, table in im_tqa.questions(im_tqa_data, "dev"):
        text = question["chinese_question"]
        chosen = select(text, table.candidates)
        cells = tuple(s.candidate for s in chosen.cells)
        ids = {i for i, c in zip(table.ids, table.candidates, strict=True) if c in cells}
        result = Result("lookup", "", figures(cells), cells, "", chosen.confidence)
        yield features(text, result, table.candidates), ids == set(question["answer_cell_list"])
    for line in (sstqa_data / "questions.jsonl").read_text("utf-8").splitlines():
        question = json.loads(line)
        candidates = sstqa.read_workbook(sstqa_data / "table" / question["document"])
        result = answer(question["question"], candidates)
        yield features(question["question"], result, candidates), sstqa.is_right(result, str(question["label"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--im-tqa", type=Path, required=True)
    parser.add_argument("--sstqa", type=Path, required=True)
    options = parser.parse_args()
    found = list(outcomes(options.im_tqa, options.sstqa))
    x, right = np.array([f for f, _ in found]), np.array([r for _, r in found])
    model = LogisticRegression(C=1.0, fit_intercept=False, max_iter=1000)
    folds = StratifiedKFold(10, shuffle=True, random_state=0)
    chance = cross_val_predict(model, x, right, cv=folds, method="predict_proba")[:, 1]
    measures = {"questions": len(right), "right": int(right.sum()), "auc": round(float(roc_auc_score(right, chance)), 3),
                "brier": round(float(brier_score_loss(right, chance)), 3)}  # fmt: skip
    curve = {str(t): [round(float((chance >= t).mean()), 3), round(float(1 - right[chance >= t].mean()), 3)] for t in TRIED}
    weights = dict(zip(FEATURES, (round(float(w), 3) for w in model.fit(x, right).coef_[0]), strict=True))
    written = {"weights": weights, "measures": measures, "coverage_and_risk": curve}
    WRITTEN.write_text(json.dumps(written, indent=1) + "\n", "utf-8")
    print(json.dumps(written, indent=1))


if __name__ == "__main__":
    main()
