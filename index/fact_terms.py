"""What the words of a head, title or clause say of a figure: its phase, its fund, its years."""

from __future__ import annotations

import re

_PHASES = (
    (re.compile(r"年初预算"), "年初预算"),
    (re.compile(r"调整预算|预算调整|调整后预算"), "调整预算"),
    (re.compile(r"执行数|执行情况|预计执行"), "执行"),
    (re.compile(r"决算"), "决算"),
    (re.compile(r"预算"), "预算"),
)
# 预算 in these words names a fund, an office or a classification, not a phase.
_NO_PHASE = re.compile(
    r"一般公共预算|政府性基金预算|基金预算(?=收入|支出|拨款|财政)|国有资本经营预算|社会保险基金预算|公共财政预算|"
    r"预算单位|预算部门|部门预算(?=支出)?经济分类|预算绩效|预算主管|预算管理|纳入预算|预算年度"
)
_FUNDS = (
    ("政府性基金", "政府性基金预算"),
    ("国有资本经营", "国有资本经营预算"),
    ("社会保险基金", "社会保险基金预算"),
    ("财政专户", "财政专户管理资金"),
    ("一般公共预算", "一般公共预算"),
    ("公共财政", "一般公共预算"),
)
LAST_YEAR = re.compile(r"上年|去年|上一年")
_YEAR = re.compile(r"(20\d\d)\s*年")


def phase_in(text: str) -> str | None:
    """The phase (预算, 决算 …) that the words name, None when they name none."""
    bare = _NO_PHASE.sub("", text)
    return next((phase for pattern, phase in _PHASES if pattern.search(bare)), None)


def fund_in(text: str) -> str | None:
    """The one fund (四本预算) that the words name, None when they name none or several."""
    named = {fund for word, fund in _FUNDS if word in text}
    return named.pop() if len(named) == 1 else None


def years_in(text: str) -> list[int]:
    """The years that the words name, in order."""
    return [int(y) for y in _YEAR.findall(text)]
