"""Evidence for each candidate as numbers: what the ranking weighs and the explanation names."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from assistant.cells.candidates import Candidate
from assistant.cells.matching import MEASURES, Asked, agreement, core, folded, pairs, units
from index.table_labels import kind_of

Matrix = NDArray[np.float64]
Path = tuple[str, ...]

# Words that exclude each other: a head with the one does not answer a question with the other.
_OPPOSITES = [
    (re.compile(a), re.compile(b))
    for a, b in (
        ("期末|年末|期未", "期初|年初"),
        ("期末余额|本期|本年|今年|当年|当期", "上年|上期|去年|上一年|前期"),
        ("期末|年末", "上年|上期"),
        ("增加|增长|上升|增减", "减少|下降|降低"),
        ("收入|收到|流入", "支出|支付|流出|成本|费用"),
        ("资产", "负债"),
        ("借方|借款", "贷方|贷款"),
        ("原值|账面余额", "折旧|摊销|坏账准备|减值"),
        ("最高|最大|上限", "最低|最小|下限"),
        ("直接", "间接"),
        ("流动", "非流动|长期"),
        ("预算", "决算|执行"),
        ("合计|总计|总额|总数", "其中"),
        ("比例|占比|百分比|%|率", "金额|余额|数量|数"),
    )
]
_TOTAL = re.compile(r"合计|总计|小计|总额|总数|总和|一共|共计|总共")
_ASKS = [
    re.compile(p)
    for p in (
        "多少|几|金额|数量|数额|多大|多高|多长|多重",
        "比例|占比|百分|率|占",
        "时间|日期|何时|什么时候|哪天|哪年|哪一年|几号|多久|期限",
        "谁|哪位|何人|姓名|叫什么|名字",
        "哪里|在哪|地址|地点|何处|地方",
        "哪些|哪几|有哪|分别|各|列|都有|包括|包含",
        "是否|有没有|是不是|有无|吗",
        "分别|各是|各自|各有",
        "和|与|及|、|跟|以及|还有",
        "项目|名称|哪个|哪家|哪种|什么",
    )
]
_KINDS = ("blank", "number", "percent", "date", "mark", "code", "text")


def names() -> list[str]:
    """The evidence's names, in the order of the columns that :func:`features` returns."""
    axis = [f"{m}_{part}" for part in ("inner", "any", "all") for m in MEASURES]
    relative = [
        "score", "lead", "rank", "ties", "opposite", "levels", "inner_lead", "own_units", "own_pairs", "own_lead",
        "own_best", "own_full", "count", "near_lead", "theme_lead", "added", "alone", "inside",
        "figures_said", "figures_clash",
        "beside", "beside_lead", "before", "said_value", "said_lead",
    ]  # fmt: skip
    return [
        *(f"row_{n}" for n in (*axis, *relative)),
        *(f"column_{n}" for n in (*axis, *relative)),
        "share_both", "share_lead", "share_rank", "product", "product_lead", "own_said", "own_pairs",
        "row_beyond", "row_beyond_own", "column_beyond", "column_beyond_own",
        "is_name", "row_total", "column_total", "top", "left", "no_column", "no_row", "same_text",
        *(f"kind_{k}" for k in _KINDS),
        "context_share", "asks_total", "rows", "cols", "size", *(f"asks_{i}" for i in range(len(_ASKS))),
        "said_items", "length",
    ]  # fmt: skip


def features(asked: Asked, candidates: Sequence[Candidate]) -> Matrix:
    """A row of evidence for each candidate; the candidates are judged against each other."""
    n = len(candidates)
    if n == 0:
        return np.zeros((0, len(names())))
    seen: dict[str, tuple[float, ...]] = {}

    def agree(text: str) -> tuple[float, ...]:
        if text not in seen:
            seen[text] = agreement(asked, text)
        return seen[text]

    rows = _axis(asked, candidates, agree, by_row=True)
    columns = _axis(asked, candidates, agree, by_row=False)
    shares = _shares(asked, candidates)
    product = (rows[:, _SCORE] + 0.1) * (columns[:, _SCORE] + 0.1)
    judged = [shares, shares - shares.max(), (shares[:, None] + 1e-9 < shares[None, :]).sum(axis=1) / 5, product,
              product - product.max(), *_own(asked, candidates, agree).T, *_beyond(asked, candidates).T]  # fmt: skip
    return np.hstack(
        [rows, columns, np.array(judged).T, _fixed(candidates), np.tile(_question(asked, candidates), (n, 1))]
    )


def _own(asked: Asked, candidates: Sequence[Candidate], agree: Callable[[str], tuple[float, ...]]) -> Matrix:
    """Whether the question says the cell's own text, and the share of the text's pairs that it says."""
    out = np.zeros((len(candidates), 2))
    for i, c in enumerate(candidates):
        if 1 < len(c.text) <= 40:
            if kind_of(c.text) in ("text", "code", "date"):
                measures = agree(c.text)
                out[i] = measures[4], measures[0]
            else:
                out[i, 0] = float(folded(c.text) in asked.folded)
    return out


def _fixed(candidates: Sequence[Candidate]) -> Matrix:
    """What does not depend on the question: the form of the cell and its place."""
    height, width = 1 + max(c.row for c in candidates), 1 + max(c.col for c in candidates)
    counts = Counter(c.text for c in candidates)
    kinds = np.eye(len(_KINDS))[[_KINDS.index(kind_of(c.text)) for c in candidates]]
    places = [
        [
            float(c.name), _is_total(c.row_path), _is_total(c.column_path), c.row / height, c.col / width,
            float(not c.column_path), float(not c.row_path), min(counts[c.text], 5) / 5,
        ]
        for c in candidates
    ]  # fmt: skip
    return np.hstack([np.array(places), kinds])


def _question(asked: Asked, candidates: Sequence[Candidate]) -> list[float]:
    """What is the same for all candidates: what the question asks for, and the size of the table."""
    height, width = 1 + max(c.row for c in candidates), 1 + max(c.col for c in candidates)
    context = asked.share(p for t in candidates[0].context for p in pairs(folded(t)))
    said = len(re.findall("[、和与及跟,，]", asked.text))
    return [
        context, float(bool(_TOTAL.search(asked.text))), min(height, 40) / 20, min(width, 20) / 10,
        min(len(candidates), 200) / 100, *(float(bool(p.search(asked.text))) for p in _ASKS), min(said, 5) / 3,
        min(len(asked.folded), 60) / 30,
    ]  # fmt: skip


@lru_cache(maxsize=16384)
def _is_total(path: Path) -> float:
    return float(any(_TOTAL.search(t) for t in path))


_SCORE = 3 * len(MEASURES)


@lru_cache(maxsize=4096)
def _poles(text: str) -> tuple[tuple[bool, bool], ...]:
    return tuple((bool(a.search(text)), bool(b.search(text))) for a, b in _OPPOSITES)


def opposed(question: str, path: Sequence[str]) -> float:
    """How many pairs of opposites the question and the path are on different sides of."""
    head = _poles(" ".join(path))
    return float(sum((q == (True, False) and h == (False, True)) or (q == (False, True) and h == (True, False))
                     for q, h in zip(_poles(question), head, strict=True)))  # fmt: skip


# One figure for how well a head agrees; the ranking sees all measures, this only orders the paths of an axis.
_BLEND = np.array([0.35, 0.15, 0.2, 0.0, 0.0, 0.6, 0.0, 0.0, 0.0])


def _axis(
    asked: Asked, candidates: Sequence[Candidate], agree: Callable[[str], tuple[float, ...]], *, by_row: bool
) -> Matrix:
    """Evidence from one axis: the path's heads, and texts beside the cell that are no heads of its."""
    paths = [c.row_path if by_row else c.column_path for c in candidates]
    number = {p: k for k, p in enumerate(dict.fromkeys(paths))}
    by_path = _path_evidence(asked, list(number), agree)
    beside, before = _beside(candidates, agree, by_row=by_row)
    said = _said_values(asked, candidates, by_row=by_row)
    table = by_path[[number[p] for p in paths]]
    columns = [beside, beside - beside.max(), before, said, said - said.max()]
    return np.hstack([table, np.array(columns).T])


def _path_evidence(asked: Asked, paths: list[Path], agree: Callable[[str], tuple[float, ...]]) -> Matrix:
    """A row for each path: its measures, and how they stand to those of the other paths of the axis."""
    m = len(MEASURES)
    rows: list[list[float]] = []
    for path in paths:
        each = [agree(t) for t in path] or [(0.0,) * m]
        whole = agree("".join(core(t) for t in path)) if len(path) > 1 else each[-1]
        rows.append([*each[-1], *(max(col) for col in zip(*each, strict=True)), *whole])
    measured = np.array(rows)
    inner = measured[:, :m] @ _BLEND
    # Rounded, because sums over sets differ in the last digits from run to run and ties are ranked.
    strength = np.round(np.maximum(measured[:, 2 * m :] @ _BLEND, 0.9 * inner), 6)
    own = np.array(_distinct(asked, paths))
    near = np.maximum(measured[:, m - 2], measured[:, 3 * m - 2])
    theme = np.maximum(measured[:, m - 1], measured[:, 3 * m - 1])
    steps = np.unique(strength)
    count = np.ones(len(paths))
    relative = [
        strength, strength - strength.max(), (len(steps) - 1 - np.searchsorted(steps, strength)) / 5,
        (strength[:, None] >= strength[None, :]).sum(axis=0) / 5,
        np.array([opposed(asked.text, p) for p in paths]), np.array([len(p) / 3 for p in paths]),
        inner - inner.max(), own[:, 0], own[:, 1], own[:, 0] - own[:, 0].max(), own[:, 0].max() * count,
        count * min(int((own[:, 0] > 0.85).sum()), 6) / 4, count * min(len(paths), 30) / 15,
        near - near.max(), theme - theme.max(), *_credit(asked, paths, strength), *_figures(asked, paths),
    ]  # fmt: skip
    return np.hstack([measured, np.array(relative).T])


def _beside(
    candidates: Sequence[Candidate], agree: Callable[[str], tuple[float, ...]], *, by_row: bool
) -> tuple[Matrix, Matrix]:
    """The best agreement of another text of the cell's line, and that of the nearest one before the cell."""
    lines: dict[tuple[str, int], list[tuple[int, int, float]]] = {}
    for i, c in enumerate(candidates):
        if c.text and len(c.text) <= 40 and kind_of(c.text) in ("text", "code", "date"):
            line, place = (c.row, c.col) if by_row else (c.col, c.row)
            lines.setdefault((c.table, line), []).append((place, i, float(np.dot(agree(c.text), _BLEND))))
    best, before = np.zeros(len(candidates)), np.zeros(len(candidates))
    for i, c in enumerate(candidates):
        line, place = (c.row, c.col) if by_row else (c.col, c.row)
        for at, j, score in sorted(lines.get((c.table, line), ())):
            if j != i:
                best[i] = max(best[i], score)
                before[i] = score if at < place else before[i]
    return best, before


def _credit(asked: Asked, paths: list[Path], strength: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    """What a path says of the question that stronger paths do not, that no other does, and whether it is part of one.

    现金 is said by a question about 库存现金 only inside the longer name.
    """
    total = sum(asked.weight(p) for p in asked.pairs) or 1.0
    found = [asked.pairs & _parts(p)[1] for p in paths]
    often = Counter(x for f in found for x in f)
    names = [core(p[-1]) if p else "" for p in paths]
    whole = {n for n in names if n and n in asked.folded}
    covered: set[str] = set()
    added, alone, inside = np.zeros(len(paths)), np.zeros(len(paths)), np.zeros(len(paths))
    for k in sorted(range(len(paths)), key=lambda k: (-strength[k], paths[k])):
        added[k] = sum(asked.weight(x) for x in found[k] - covered) / total
        covered |= found[k]
    for k, name in enumerate(names):
        alone[k] = sum(asked.weight(x) for x in found[k] if often[x] == 1) / total
        inside[k] = float(any(name != w and _within(name, w, asked.folded) for w in whole))
    return added, alone, inside


def _figures(asked: Asked, paths: list[Path]) -> tuple[Matrix, Matrix]:
    """Whether the question says a path's years and numbers; and whether it says another path's instead."""
    said = {u for u in asked.units if u[0].isdigit()}
    own = [{u for u in _parts(p)[0] if u[0].isdigit()} for p in paths]
    matched = np.array([float(bool(n) and n <= said) for n in own])
    clash = np.array([float(bool(n - said)) for n in own]) * float(matched.max())
    return matched, clash


def _beyond(asked: Asked, candidates: Sequence[Candidate]) -> Matrix:
    """What each path says of the question that the cell's other path does not, and the share of its own pairs."""
    found: dict[tuple[Path, Path], list[float]] = {}
    out = np.zeros((len(candidates), 4))
    for i, c in enumerate(candidates):
        key = (c.row_path, c.column_path)
        if key not in found:
            row, column = _parts(c.row_path)[1], _parts(c.column_path)[1]
            only_row, only_column = (row - column) & asked.pairs, (column - row) & asked.pairs
            found[key] = [
                asked.share(only_row), len(only_row) / max(1, len(row)),
                asked.share(only_column), len(only_column) / max(1, len(column)),
            ]  # fmt: skip
        out[i] = found[key]
    return out


def _within(name: str, longer: str, question: str) -> bool:
    """Whether the question says a name only as a part of a longer one that it says."""
    if not name or len(name) >= len(longer):
        return False
    if name in longer:
        return question.count(name) == question.count(longer)
    letters = iter(longer)
    return name not in question and all(ch in letters for ch in name)


def _said_values(asked: Asked, candidates: Sequence[Candidate], *, by_row: bool) -> Matrix:
    """Whether another cell of the same line is a value that the question says (利率为4.75%的贷款)."""
    lines: dict[tuple[str, int], list[int]] = {}
    for i, c in enumerate(candidates):
        text = folded(c.text)
        if len(text) > 1 and text in asked.folded and not c.name:
            lines.setdefault((c.table, c.row if by_row else c.col), []).append(i)
    return np.array(
        [
            float(any(j != i for j in lines.get((c.table, c.row if by_row else c.col), ())))
            for i, c in enumerate(candidates)
        ]
    )


@lru_cache(maxsize=65536)
def _parts(path: Path) -> tuple[frozenset[str], frozenset[str]]:
    """The units and the pairs of a path's heads."""
    texts = [core(t) for t in path]
    return frozenset(u for t in texts for u in units(t)), frozenset(p for t in texts for p in pairs(t))


def _distinct(asked: Asked, paths: list[Path]) -> list[tuple[float, float]]:
    """How much of what sets a path apart from the others of its axis the question says, by units and by pairs."""
    columns: list[list[float]] = []
    for k, said in enumerate((asked.units, asked.pairs)):
        parts = [_parts(p)[k] for p in paths]
        often = Counter(u for part in parts for u in part)
        weight = {u: math.log((len(parts) + 1) / n) for u, n in often.items()}
        totals = [sum(weight[u] for u in part) for part in parts]
        columns.append(
            [sum(weight[u] for u in part & said) / t if t else 0.0 for part, t in zip(parts, totals, strict=True)]
        )
    return list(zip(*columns, strict=True))


def _shares(asked: Asked, candidates: Sequence[Candidate]) -> Matrix:
    """Weighted share of the question that the two paths explain together."""
    found: dict[tuple[tuple[str, ...], tuple[str, ...]], float] = {}
    out = np.zeros(len(candidates))
    for i, c in enumerate(candidates):
        key = (c.row_path, c.column_path)
        if key not in found:
            said = [part for path in key for part in _parts(path)]
            found[key] = asked.share(frozenset().union(*said))
        out[i] = found[key]
    return out
