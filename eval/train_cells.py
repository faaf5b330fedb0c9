"""Trains the ranking of cells on IM-TQA train and writes assistant/cells/weights.npz.

    python -m eval.train_cells --data ../shared/bench/im-tqa [--seeds 5] [--folds 5]

With ``--folds`` nothing is written: exact match by cross-validation over tables is printed instead.
Only training needs torch; at run time the networks are evaluated with numpy.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from assistant.cells.features import Matrix, features
from assistant.cells.matching import Asked, folded, pairs
from assistant.cells.ranking import inner_heads, words_of
from assistant.cells.selection import LIKELY
from eval.im_tqa import questions

Places = NDArray[np.intp]
Bag = tuple[torch.Tensor, torch.Tensor]
Known = tuple[dict[str, int], dict[str, int]]
VECTOR = 16
WEIGHTS = Path(__file__).parents[1] / "assistant" / "cells" / "weights.npz"


@dataclass(frozen=True)
class Example:
    """A question with the evidence for its candidates and which of them are the answer.

    ``asked`` and ``heads`` hold the words of the question and of each candidate's two innermost heads.
    """

    table: str
    evidence: Matrix
    answer: Matrix
    rows: Places
    columns: Places
    asked: list[str]
    heads: list[tuple[list[str], list[str]]]


def rarity(texts: Sequence[str]) -> dict[str, float]:
    """Weight of a pair of characters: log inverse share of the questions that hold it, 1 for an unseen pair."""
    often = Counter(p for t in texts for p in set(pairs(folded(t))))
    most = math.log(1 + len(texts))
    return {p: round(math.log(1 + len(texts) / (n + 1)) / most, 3) for p, n in sorted(often.items()) if n >= 5}


def examples(data: Path, split: str, weight: dict[str, float]) -> list[Example]:
    found = []
    for question, table in questions(data, split):
        answer = set(question["answer_cell_list"])
        evidence = features(Asked(question["chinese_question"], weight), table.candidates)
        target = np.array([float(n in answer) for n in table.ids])
        rows, columns = (_numbered([getattr(c, axis) for c in table.candidates]) for axis in ("row", "col"))
        asked = words_of(folded(question["chinese_question"]))
        heads = [(words_of(r), words_of(c)) for r, c in inner_heads(table.candidates)]
        found.append(Example(question["table_id"], evidence.astype(np.float32), target, rows, columns, asked, heads))
    return found


def vocabulary(found: Sequence[Example]) -> tuple[dict[str, int], dict[str, int]]:
    """Numbers of the words that enough questions and enough heads hold; 0 stays free."""
    asked = Counter(w for e in found for w in e.asked)
    heads = Counter(w for e in found for h in {tuple(x) for pair in e.heads for x in pair} for w in h)
    return _often(asked, 15), _often(heads, 30)


def _often(words: Counter[str], least: int) -> dict[str, int]:
    return {w: i for i, w in enumerate(sorted(w for w, n in words.items() if n >= least), 1)}


def _numbered(places: Sequence[int]) -> Places:
    return np.unique(np.array(places), return_inverse=True)[1].reshape(-1)


class Network(nn.Module):
    """Each cell sees the strongest of its row, of its column and of the table, twice.

    Beside the evidence stand learned vectors of the question's words and of the cell's heads, and their products.
    """

    def __init__(self, width: int, words: tuple[int, int], hidden: int, layers: int, drop: float) -> None:
        super().__init__()
        self.q, self.h = (nn.EmbeddingBag(n + 1, VECTOR, mode="sum", padding_idx=0) for n in words)
        for table in (self.q, self.h):
            nn.init.normal_(table.weight, 0, 0.1)
        self.inp = nn.Linear(width + 5 * VECTOR, hidden)
        self.lay = nn.ModuleList([nn.Linear(hidden * 5, hidden) for _ in range(layers)])
        self.out = nn.Linear(hidden, 1)
        self.drop = nn.Dropout(drop)

    def forward(self, x: torch.Tensor, groups: Sequence[torch.Tensor], words: Sequence[Bag]) -> torch.Tensor:
        asked = self.q(*words[0])[groups[2]]
        row, column = self.h(*words[1]), self.h(*words[2])
        said = self.drop(torch.cat([asked, row, column, asked * row, asked * column], 1))
        h = torch.relu(self.inp(torch.cat([x, said], 1)))
        for layer in self.lay:
            h = self.drop(h)
            pooled = [_pool(h, g, "amax") for g in groups]
            h = h + torch.relu(layer(torch.cat([h, *pooled, _pool(h, groups[2], "mean")], 1)))
        out: torch.Tensor = self.out(self.drop(h))[:, 0]
        return out


def _pool(h: torch.Tensor, group: torch.Tensor, how: str) -> torch.Tensor:
    empty = torch.zeros((int(group.max()) + 1, h.shape[1]))
    return empty.scatter_reduce(0, group[:, None].expand_as(h), h, how, include_self=False)[group]


def _bag(lists: Sequence[list[int]]) -> Bag:
    starts = np.cumsum([0, *(len(x) for x in lists[:-1])])
    return torch.tensor([n for x in lists for n in x], dtype=torch.long), torch.tensor(starts)


def _batch(
    chosen: Sequence[Example], mean: Matrix, scale: Matrix, known: Known
) -> tuple[torch.Tensor, torch.Tensor, list[torch.Tensor], list[Bag]]:
    x = np.clip((np.vstack([e.evidence for e in chosen]) - mean) / scale, -5, 5)
    groups: list[list[Places]] = [[], [], []]
    shift = [0, 0]
    for k, e in enumerate(chosen):
        for axis, places in enumerate((e.rows, e.columns)):
            groups[axis].append(places + shift[axis])
            shift[axis] += int(places.max()) + 1
        groups[2].append(np.full(len(e.answer), k))
    answer = torch.tensor(np.concatenate([e.answer for e in chosen]), dtype=torch.float32)
    asked, heads = known
    words = [
        _bag([[asked[w] for w in e.asked if w in asked] for e in chosen]),
        *(_bag([[heads[w] for w in pair[axis] if w in heads] for e in chosen for pair in e.heads]) for axis in (0, 1)),
    ]
    return torch.tensor(x, dtype=torch.float32), answer, [torch.tensor(np.concatenate(g)) for g in groups], words


def train(
    found: Sequence[Example], seed: int, known: Known, epochs: int = 20, batch: int = 24
) -> tuple[Network, Matrix, Matrix]:
    """One network; the loss of a question is the sum over its cells, so that all questions weigh alike."""
    torch.manual_seed(seed)
    order = np.random.default_rng(seed)
    evidence = np.vstack([e.evidence for e in found])
    mean, scale = evidence.mean(0), evidence.std(0) + 1e-2
    net = Network(evidence.shape[1], (len(known[0]), len(known[1])), hidden=64, layers=2, drop=0.2)
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-2)
    steps = epochs * math.ceil(len(found) / batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps, pct_start=0.15)
    for _ in range(epochs):
        shuffled = order.permutation(len(found))
        for start in range(0, len(found), batch):
            chosen = [found[i] for i in shuffled[start : start + batch]]
            x, answer, groups, words = _batch(chosen, mean, scale, known)
            loss = nn.functional.binary_cross_entropy_with_logits(net(x, groups, words), answer, reduction="sum")
            optimizer.zero_grad()
            (loss / len(chosen) / 3).backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(net.parameters(), 2.0)
            optimizer.step()
            schedule.step()
    net.eval()
    return net, mean, scale


def exact_match(nets: Sequence[tuple[Network, Matrix, Matrix]], found: Sequence[Example], known: Known) -> float:
    right = 0
    for e in found:
        outputs = []
        for net, mean, scale in nets:
            x, _, groups, words = _batch([e], mean, scale, known)
            with torch.no_grad():
                outputs.append(torch.sigmoid(net(x, groups, words)).numpy())
        chance = np.mean(outputs, axis=0)
        chosen = chance > LIKELY if (chance > LIKELY).any() else chance >= chance.max()
        right += bool((chosen == (e.answer > 0)).all())
    return right / max(1, len(found))


def save(
    nets: Sequence[tuple[Network, Matrix, Matrix]], weight: dict[str, float], known: Known, path: Path
) -> None:
    arrays: dict[str, Any] = {
        "mean": nets[0][1].astype(np.float32),
        "scale": nets[0][2].astype(np.float32),
        "rarity": _packed(weight),
        "asked": _packed(known[0]),
        "heads": _packed(known[1]),
    }
    for i, (net, _, _) in enumerate(nets):
        for name, value in net.state_dict().items():
            arrays[f"{i}/{name}"] = value.numpy().astype(np.float16)
    np.savez_compressed(path, **arrays)


def _packed(table: Mapping[str, float]) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(table, ensure_ascii=False).encode(), dtype=np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--folds", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    raw = json.loads((options.data / "train_questions.json").read_text("utf-8"))
    weight = rarity([q["chinese_question"] for q in raw])
    found = examples(options.data, "train", weight)
    known = vocabulary(found)
    if options.folds:
        tables = sorted({e.table for e in found})
        for fold in range(options.folds):
            held = set(tables[fold :: options.folds])
            net = train([e for e in found if e.table not in held], fold, known)
            print(f"fold {fold}: {exact_match([net], [e for e in found if e.table in held], known):.3f}", flush=True)
        return
    nets = [train(found, seed, known) for seed in range(options.seeds)]
    save(nets, weight, known, WEIGHTS)
    dev = exact_match(nets, examples(options.data, "dev", weight), known)
    print(f"train {exact_match(nets, found, known):.3f}  dev {dev:.3f}")


if __name__ == "__main__":
    main()
