"""Fits how much a text looks like a label (index/table_labels.json) on the annotated heads of IM-TQA train.

    python -m eval.train_labels --data ../shared/bench/im-tqa

Logistic regression over character n-grams with an L1 penalty, so that few weights remain; prints the accuracy on
every fifth table, held out, before fitting on all. Only this script needs scikit-learn.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from index.table_labels import pieces

WEIGHTS = Path(__file__).parents[1] / "index" / "table_labels.json"
RARE = 4
SMALL = 0.05


def labelled(data: Path) -> list[tuple[int, str, int]]:
    """(table number, text, 1 for a head that names an attribute or 0 for data); names of records are left out."""
    found: dict[tuple[int, str, int], None] = {}
    for number, table in enumerate(json.loads((data / "train_tables.json").read_text("utf-8"))):
        heads = {*table["column_attribute"], *table["row_attribute"]}
        names = {*table["column_index"], *table["row_index"]}
        for i, text in enumerate(table["chinese_cell_value_list"]):
            if text.strip() and i not in names:
                found[number, text, int(i in heads)] = None
    return list(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    cases = labelled(options.data)
    cut = [pieces(text) for _, text, _ in cases]
    often = Counter(p for c in cut for p in c)
    places = {p: i for i, p in enumerate(sorted(p for p, n in often.items() if n >= RARE))}
    cells = [(row, places[p]) for row, c in enumerate(cut) for p in c if p in places]
    rows, cols = zip(*cells, strict=True)
    x = csr_matrix((np.ones(len(cells)), (rows, cols)), shape=(len(cases), len(places)))
    y = np.array([label for _, _, label in cases])
    held = np.array([number % 5 == 0 for number, _, _ in cases])
    model = LogisticRegression(C=0.3, l1_ratio=1.0, solver="liblinear", max_iter=2000)
    print(f"held out {model.fit(x[~held], y[~held]).score(x[held], y[held]):.3f} of {held.sum()}")
    model.fit(x, y)
    weights = {p: round(float(model.coef_[0][i]), 2) for p, i in places.items() if abs(model.coef_[0][i]) > SMALL}
    stored = {"bias": round(float(model.intercept_[0]), 2), "weights": weights}
    WEIGHTS.write_text(json.dumps(stored, ensure_ascii=False), "utf-8")
    print(f"{len(weights)} weights written to {WEIGHTS.name}")


if __name__ == "__main__":
    main()
