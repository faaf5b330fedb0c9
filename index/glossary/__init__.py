"""Names and codes that budget documents share: regions, subjects, field terms, synonyms.

The data stands in CSV files beside this module: ``regions.csv`` (GB/T 2260),
``subjects.csv`` (支出功能分类 and 部门预算支出经济分类, every name printed for a code,
today's first), ``synonyms.csv`` (how people say what figures are called),
``prose_words.csv`` (how people say what paragraphs say, and words that say nothing there),
``misprints.csv`` (the field's words as they are often mistyped or misread, as patterns).
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

INDICATOR_LEVELS: dict[str, tuple[str, ...]] = {
    "first": ("产出指标", "效益指标", "效果指标", "满意度指标", "成本指标"),
    "second": (
        "数量指标", "质量指标", "时效指标", "成本指标", "经济效益指标", "社会效益指标", "生态效益指标",
        "可持续影响指标", "服务对象满意度指标", "经济成本指标", "社会成本指标", "生态环境成本指标", "满意度指标",
    ),
}  # fmt: skip
_UNNAMED = {"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"}


@dataclass(frozen=True, slots=True)
class Region:
    """One administrative unit. ``full`` is the name with those above it: 河北省唐山市玉田县."""

    code: str
    name: str
    full: str
    level: int


def _rows(name: str) -> list[dict[str, str]]:
    with resources.files(__package__).joinpath(name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@lru_cache(maxsize=1)
def regions() -> dict[str, Region]:
    """Regions by GB/T 2260 code; ``level`` 0 province, 1 prefecture, 2 county."""
    raw = {r["code"]: r for r in _rows("regions.csv")}
    out: dict[str, Region] = {}
    for code, row in raw.items():
        names: list[str] = []
        at, level = code, -1
        while at:
            if raw[at]["name"] not in _UNNAMED:
                names.insert(0, raw[at]["name"])
            at, level = raw[at]["parent"], level + 1
        if row["name"] not in _UNNAMED:
            out[code] = Region(code, row["name"], "".join(names), level)
    return out


@lru_cache(maxsize=1)
def region_names() -> dict[str, tuple[str, ...]]:
    """Codes by a region's own name (玉田县); one name may belong to several (普陀区, 鼓楼区)."""
    out: dict[str, list[str]] = {}
    for region in regions().values():
        out.setdefault(region.name, []).append(region.code)
    return {name: tuple(codes) for name, codes in out.items()}


@lru_cache(maxsize=1)
def subjects() -> dict[str, tuple[str, ...]]:
    """Names by subject code (2013701, 30101), the current name first."""
    return {r["code"]: tuple(r["names"].split("|")) for r in _rows("subjects.csv")}


@lru_cache(maxsize=1)
def synonyms() -> tuple[tuple[str, str], ...]:
    """Pairs (said, printed): each lets a question that says the first find what prints the second."""
    return tuple((r["said"], r["printed"]) for r in _rows("synonyms.csv"))


@lru_cache(maxsize=1)
def misprints() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Look-alikes inside the field's own words (收人, 拔款, 接侍), each with the word that is meant."""
    return tuple((re.compile(r["typed"]), r["meant"]) for r in _rows("misprints.csv"))


@lru_cache(maxsize=1)
def prose_words() -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
    """What paragraphs print for a word of a question (建在: 位于), and words of questions that no paragraph repeats."""
    said: dict[str, tuple[str, ...]] = {}
    rows = _rows("prose_words.csv")
    for row in rows:
        if row["printed"]:
            said[row["said"]] = (*said.get(row["said"], ()), row["printed"])
    return said, frozenset(r["said"] for r in rows if not r["printed"])


@lru_cache(maxsize=1)
def organs() -> tuple[tuple[str, str], ...]:
    """Pairs (short, printed) of kinds of offices: 网信办 is 网络安全和信息化委员会办公室."""
    return tuple((r["short"], r["printed"]) for r in _rows("organs.csv"))


@lru_cache(maxsize=1)
def question_words() -> dict[str, float]:
    """Words that ask rather than name (weight 0) or that nearly every figure shares (0.3), by phrase."""
    return {r["phrase"]: float(r["weight"]) for r in _rows("question_words.csv")}
