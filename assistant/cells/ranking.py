"""Ranks candidate cells for a question with a small trained network (weights.npz, made by eval/train_cells.py)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from assistant.cells.candidates import Candidate
from assistant.cells.features import Matrix, features, names
from assistant.cells.matching import Asked, core, pairs, units
from assistant.cells.spelling import repaired

Whole = NDArray[np.intp]
Layer = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate with the probability (0 to 1) that it belongs to the answer, and the evidence that speaks for it."""

    candidate: Candidate
    score: float
    why: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Weights:
    """The networks of the ensemble, the scaling of the evidence, how rare pairs are in questions, and the words known
    of questions and of heads (each a row of a network's ``q.weight`` or ``h.weight``; row 0 is empty)."""

    mean: Layer
    scale: Layer
    nets: tuple[dict[str, Layer], ...]
    rarity: Mapping[str, float]
    asked: Mapping[str, int]
    heads: Mapping[str, int]


@cache
def weights() -> Weights:
    with files("assistant.cells").joinpath("weights.npz").open("rb") as stream:
        stored = dict(np.load(stream))
    rarity, asked, heads = (json.loads(bytes(stored.pop(k)).decode("utf-8")) for k in ("rarity", "asked", "heads"))
    mean, scale = stored.pop("mean").astype(np.float32), stored.pop("scale").astype(np.float32)
    nets: dict[str, dict[str, Layer]] = {}
    for key, value in stored.items():
        net, layer = key.split("/")
        nets.setdefault(net, {})[layer] = value.astype(np.float32)
    return Weights(mean, scale, tuple(nets.values()), rarity, asked, heads)


def ask(question: str) -> Asked:
    """The question prepared for matching, with the rarity of pairs learned from questions."""
    return Asked(question, weights().rarity)


def rank(question: str, candidates: Sequence[Candidate]) -> list[Scored]:
    """All candidates, the most likely first; the probabilities are of belonging to the answer, not of being it."""
    if not candidates:
        return []
    heads = {core(head) for path in {p for c in candidates for p in (c.row_path, c.column_path)} for head in path}
    asked = ask(repaired(question, heads))
    evidence = features(asked, candidates)
    chances = probabilities(asked, evidence, candidates)
    order = np.argsort(-chances, kind="stable")
    return [Scored(candidates[i], float(chances[i]), _why(evidence[i])) for i in order]


def words_of(text: str) -> list[str]:
    """The units of a folded text and their pairs, each once: what a network knows questions and heads by."""
    return sorted({*units(text), *pairs(text)})


def inner_heads(candidates: Sequence[Candidate]) -> list[tuple[str, str]]:
    """The innermost head of each candidate's row and column, folded; empty where there is none."""
    return [tuple(core(p[-1]) if p else "" for p in (c.row_path, c.column_path)) for c in candidates]  # type: ignore[misc]


def probabilities(asked: Asked, evidence: Matrix, candidates: Sequence[Candidate]) -> Matrix:
    """Mean of the networks' outputs; cells see their row, their column and their whole table by pooling."""
    w = weights()
    said = [w.asked[x] for x in words_of(asked.folded) if x in w.asked]
    heads = inner_heads(candidates)
    known = {h: [w.heads[x] for x in words_of(h) if x in w.heads] for pair in heads for h in pair}
    x = np.clip((evidence - w.mean) / w.scale, -5, 5).astype(np.float32)
    groups = [
        _groups([(c.table, c.row) for c in candidates]),
        _groups([(c.table, c.col) for c in candidates]),
        np.zeros(len(candidates), dtype=np.intp),
    ]
    outputs = []
    for net in w.nets:
        meant = {h: net["h.weight"][rows].sum(axis=0) for h, rows in known.items()}
        row, column = (np.array([meant[pair[axis]] for pair in heads]) for axis in (0, 1))
        q = net["q.weight"][said].sum(axis=0)
        wide = np.hstack([x, np.broadcast_to(q, row.shape), row, column, q * row, q * column])
        outputs.append(1 / (1 + np.exp(-_forward(net, wide, groups))))
    chances: Matrix = np.mean(outputs, axis=0)
    return chances


def _groups(keys: Sequence[tuple[str, int]]) -> Whole:
    number = {k: i for i, k in enumerate(dict.fromkeys(keys))}
    return np.array([number[k] for k in keys], dtype=np.intp)


def _forward(net: Mapping[str, Layer], x: Layer, groups: Sequence[Whole]) -> Layer:
    h = np.maximum(x @ net["inp.weight"].T + net["inp.bias"], 0)
    layer = 0
    while f"lay.{layer}.weight" in net:
        pooled = [_highest(h, g) for g in groups]
        wide = np.hstack([h, *pooled, np.broadcast_to(h.mean(axis=0), h.shape)])
        h = h + np.maximum(wide @ net[f"lay.{layer}.weight"].T + net[f"lay.{layer}.bias"], 0)
        layer += 1
    out: Layer = (h @ net["out.weight"].T + net["out.bias"])[:, 0]
    return out


def _highest(h: Layer, groups: Whole) -> Layer:
    order = np.argsort(groups, kind="stable")
    starts = np.searchsorted(groups[order], np.arange(groups.max() + 1))
    strongest: Layer = np.maximum.reduceat(h[order], starts, axis=0)
    return strongest[groups]


_SHOWN = (
    "row_pairs_all", "row_units_all", "row_near_inner", "row_beside", "row_said_value", "row_opposite",
    "column_pairs_all", "column_units_all", "column_near_inner", "column_opposite", "share_both",
)  # fmt: skip


@cache
def _places() -> dict[str, int]:
    return {name: i for i, name in enumerate(names())}


def _why(evidence: Matrix) -> dict[str, float]:
    return {
        name: round(float(evidence[_places()[name]]), 3) for name in _SHOWN if abs(evidence[_places()[name]]) > 0.01
    }
