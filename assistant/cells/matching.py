"""How far a head's text and a question agree: shared characters and pairs, longest common run, order."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from rapidfuzz.distance import LCSseq

from assistant.cells.meaning import Vectors, nearness, word_vectors

_DIGITS = str.maketrans("零〇一二三四五六七八九两", "001234567892")
_WORD = re.compile(r"[a-z]+|\d+(?:\.\d+)?|[\u4e00-\u9fff]|[%℃]")
_FILLER = re.compile(
    "请问|你知道|请告诉我|请告知|麻烦|帮忙?我?|查一下|我?想(要)?了?解?|一下|您?你?好|公司|企业|多少|什么|哪[些个]|是|的|吗|呢|该"
)
_ASIDE = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]")
_ORDER = re.compile(
    r"^(?:(?:其中|加|减)[:：]|[一二三四五六七八九十]+[、.]|[(（][一二三四五六七八九十\d]+[)）]|\d+[、.](?!\d))"
)


@lru_cache(maxsize=65536)
def folded(text: str) -> str:
    """One form for one meaning: NFKC, lower case, Chinese digits as digits, 至/到 between figures as -."""
    s = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).lower().translate(_DIGITS)
    return re.sub(r"(?<=\d)(年|岁|月)?[至到~—–](?=\d)", "-", s)


@lru_cache(maxsize=65536)
def core(text: str) -> str:
    """A head without its numbering and what stands in brackets."""
    bare = _ORDER.sub("", unicodedata.normalize("NFKC", text).strip())
    return folded(_ASIDE.sub("", bare) or bare)


@lru_cache(maxsize=65536)
def units(text: str) -> tuple[str, ...]:
    """Characters, Latin words and whole numbers of a folded text."""
    return tuple(_WORD.findall(text))


@lru_cache(maxsize=65536)
def pairs(text: str) -> tuple[str, ...]:
    """Neighbouring units; a text of one unit stands for itself."""
    u = units(text)
    return tuple(a + b for a, b in pairwise(u)) if len(u) > 1 else u


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def common_run(a: str, b: str) -> int:
    """Length of the longest run of characters of ``a`` that stands in ``b``."""
    best = 0
    for i in range(len(a)):
        while i + best < len(a) and a[i : i + best + 1] in b:
            best += 1
    return best


@dataclass(frozen=True)
class Asked:
    """A question prepared for matching; ``rarity`` gives the weight of a pair, ``default`` of an unseen one."""

    text: str
    rarity: Mapping[str, float] = field(default_factory=dict)
    default: float = 1.0

    def __post_init__(self) -> None:
        s = folded(self.text)
        object.__setattr__(self, "folded", s)
        object.__setattr__(self, "units", frozenset(units(s)))
        object.__setattr__(self, "pairs", frozenset(pairs(s)))
        object.__setattr__(self, "total", sum(self.weight(p) for p in self.pairs))
        object.__setattr__(self, "vectors", word_vectors(_FILLER.sub("", _plain(self.text))))

    folded: str = field(init=False, default="")
    units: frozenset[str] = field(init=False, default=frozenset())
    pairs: frozenset[str] = field(init=False, default=frozenset())

    total: float = field(init=False, default=0.0)
    vectors: Vectors = field(init=False, repr=False, compare=False)

    def weight(self, pair: str) -> float:
        return self.rarity.get(pair, self.default)

    def share(self, found: Iterable[str]) -> float:
        """Weighted share of the question's pairs that are among ``found``."""
        return sum(self.weight(p) for p in self.pairs.intersection(found)) / self.total if self.total else 0.0


MEASURES = ("pairs", "units", "run", "order", "whole", "share", "run_share", "near", "theme")


class _Head:
    """A head cut up once: its folded core, its pairs and units, the vectors of its words."""

    __slots__ = ("pairs", "text", "units", "vectors")

    def __init__(self, head: str) -> None:
        self.text = core(head)
        self.pairs, self.units = pairs(self.text), units(self.text)
        self.vectors = word_vectors(_ASIDE.sub("", _plain(head)) or _plain(head))


_head = lru_cache(maxsize=65536)(_Head)


def agreement(asked: Asked, head: str) -> tuple[float, ...]:
    """The measures of :data:`MEASURES`, each 0 to 1, for a head or a cell's text."""
    h, q = _head(head), asked.folded
    text = h.text
    if not text or not q:
        return (0.0,) * len(MEASURES)
    near = nearness(asked.vectors, h.vectors)
    said = [u for u in h.units if u in asked.units]
    if not said:
        return (0.0,) * (len(MEASURES) - 2) + near
    weight, default = asked.rarity.get, asked.default
    total = common = 0.0
    for p in h.pairs:
        w = weight(p, default)
        total += w
        if p in asked.pairs or (len(h.units) == 1 and p in asked.units):
            common += w
    run = common_run(text, q)
    return (
        common / total,
        len(said) / len(h.units),
        run / len(text),
        LCSseq.similarity(text, q) / len(text),
        float(text in q),
        asked.share(h.pairs) if common else 0.0,
        min(1.0, run / 8),
        *near,
    )
