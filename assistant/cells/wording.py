"""What the wording of a question asks to be done, and the form of a computed answer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from assistant.cells.candidates import Candidate
from assistant.cells.frames import number
from assistant.cells.matching import folded

Operation = Literal[
    "lookup", "list", "count", "sum", "average", "difference", "ratio", "growth", "highest", "lowest", "check"
]


WORDING: list[tuple[Operation, re.Pattern[str]]] = [
    ("check", re.compile("是否|有没有|是不是")),
    (
        "list",
        re.compile(
            "哪.{0,12}(超过|大于|高于|低于|小于|少于|以上|以下|不足)|(超过|大于|高于|低于|小于|少于|以上|以下|为0|为空).*哪"
        ),
    ),
    ("highest", re.compile("最高|最大|最多|最长|最贵|最晚|最久|最好")),
    ("lowest", re.compile("最低|最小|最少|最短|最便宜|最早")),
    ("count", re.compile("次数|条数|笔数|(多少|几)(条|笔|次|张)|(总共|1共|共)有?(多少|几)(个|种|位|家|项|类)")),
    ("average", re.compile("平均(?!值|分|成本|工资|年)|均值")),
    ("growth", re.compile("增长率|增幅|降幅|增长了?百分之|同比|环比|变化率")),
    ("ratio", re.compile("占.{0,20}(比例|比重|百分比|百分之|多少)|多少倍|几倍")),
    (
        "difference",
        re.compile("差额|差异(?!率)|相差|差值|之差|差多少|比.{1,30}(多|少|高|低|增加|减少|增长|下降)|变化量|变动额"),
    ),
    (
        "sum",
        re.compile(
            "总和|总额|之和|总共|1共(?!有)|合计|总计|总(?!结|分|成绩|裁|经|部|资产)|共(支出|收入|销售|发生)|加起来|全年|整个"
        ),
    ),
    ("count", re.compile("(多少|几)(个|种|位|名|家|项|类|份|所)|有多少(?!钱)")),
    ("list", re.compile("哪些|有哪|包括|列出|分别|哪几|哪两|由.{0,6}组成")),
]


COUNTED = re.compile("(?:多少|几)(个|种|条|笔|张|位|名|次|家|项|类|份|所|件)?(?:不同的?)?([^\\x00的是有在,。?？]{0,8})")


ENTITY = re.compile(
    "(?:哪|那)(?:1|个|种|位|名|家|项|笔|些|类|天|款|次|个)*([^\\x00的是有在,。?？最]{0,8})|谁|何人"
    "|什么([^\\x00的是有在,。?？最]{1,6})|([^\\x00的是有在,。?？最]{1,8})是(?:什么|谁|哪)"
)


@dataclass(frozen=True, slots=True)
class Result:
    """An answer with its cells: ``values`` are its figures, asked-for ones first, ``text`` what a person reads."""

    operation: Operation
    text: str
    values: tuple[Decimal, ...] = ()
    cells: tuple[Candidate, ...] = ()
    expression: str = ""
    confidence: float = 0.0


def operation_of(question: str) -> Operation:
    """What the wording asks to be done with the cells; names of rows and columns must be taken out before."""
    q = folded(question)
    if re.search("分别|各是", q) and not re.search("总和|之和|相差|差额", q):
        return "list"
    return next((name for name, pattern in WORDING if pattern.search(q)), "lookup")


def shown(value: Decimal) -> str:
    return f"{value.normalize():f}"


def figures(cells: Iterable[Candidate]) -> tuple[Decimal, ...]:
    return tuple(v for c in cells if (v := number(c.text)) is not None)
