"""How much a cell's text looks like a label (a head) rather than a value, judged from the text alone."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal

Kind = Literal["blank", "number", "percent", "date", "mark", "code", "text"]

_NUMBER = re.compile(r"[-+(（]?[¥￥$]?[-+]?\d[\d,，]*(\.\d+)?[)）]?")
_AMOUNT = re.compile(r"[≥≤＞＜><=~约]*[-+]?\d[\d,]*(\.\d+)?(\D{1,5})?")
_PERCENT = re.compile(r"[≥≤＞＜><=~]*[-+(]?\d[\d,]*(\.\d+)?[)）]?[%％‰](以上|以下|以内|左右)?")
_DATE = re.compile(r"\d{4}([-/.年])\d{1,2}([-/.月]\d{1,2}日?)?(\s?\d{1,2}:\d{2}(:\d{2})?)?月?[前底]?")
_MARK = re.compile(r"[-—–/\\*×√□☑☒■无]+|不适用|n/?a|[√□☑]\S{1,4}[√□☑]\S{1,4}")
_COUNT_WORD = re.compile("[万亿]?元|[人次项个户家件天台辆处篇场期份名套米吨%分]|平方米|公里")
# Heads of budget documents, which the public tables that the weights come from do not hold.
_BUDGET_LABEL = re.compile(
    r"[一二三四]级指标|指标值?|绩效指标.{0,4}|指标值确定依据|.{0,6}编码|序号|栏次|[类款项]|项目|科目|收入|支出|预算数|决算数|执行数"
    r"|.{0,6}(预算|决算)数|项目名称|单位名称|部门名称|其中[:：].{0,8}资金|其他资金|财政资金|小计|合计|金额|数值|备注|说明"
    r"|预算规模及资金用途|资金支出计划.{0,6}|\d{1,2}月底?|绩效目标|年度目标|总体目标|.{0,8}(收入|支出)项目?|上年结转|本年收入"
    r"|主管部门|实施单位|项目(类型|属性|期限|负责人|单位|周期)|联系(人|电话)|资金(总额|来源|用途)|立项依据|.{2,6}(拨款|资金)(收入|支出)?"
)


def plain(text: str) -> str:
    """The text in NFKC form without white space: what printed labels are compared by."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


@lru_cache(maxsize=100_000)
def kind_of(text: str) -> Kind:
    """The form of a cell's text; a target such as "≥98%" or "1项" counts as a value, not as text."""
    s = plain(text)
    if not s:
        return "blank"
    if _MARK.fullmatch(s.lower()):
        return "mark"
    if re.fullmatch(r"\d{3,8}", s) and not s.startswith("0"):
        return "code"
    if _NUMBER.fullmatch(s):
        return "number"
    if _PERCENT.fullmatch(s):
        return "percent"
    if _DATE.fullmatch(s):
        return "date"
    amount = _AMOUNT.fullmatch(s)
    if amount and (_COUNT_WORD.fullmatch(amount.group(2) or "") or s[0] in "≥≤><="):
        return "number"
    return "text"


def is_value(text: str) -> bool:
    """True for figures, percentages, full dates and marks: forms that no head has."""
    return kind_of(text) in ("number", "percent", "date", "mark", "code")


@cache
def _weights() -> tuple[float, dict[str, float]]:
    loaded = json.loads(files("index").joinpath("table_labels.json").read_text("utf-8"))
    return float(loaded["bias"]), loaded["weights"]


def pieces(text: str) -> set[str]:
    """Character n-grams (1 to 3, marked at both ends, digits as 0) and the length of a text."""
    s = re.sub(r"\d+", "0", plain(text))
    marked = f"^{s}$"
    grams = {marked[i : i + n] for n in (1, 2, 3) for i in range(len(marked) - n + 1)} - {"^", "$"}
    return grams | {f"len{min(len(s), 30)}"}


@lru_cache(maxsize=50_000)
def label_score(text: str) -> float:
    """Probability (0 to 1) that the text is a label; weights are made by eval/train_labels.py from IM-TQA train."""
    kind = kind_of(text)
    if kind != "text":
        return 0.0
    if _BUDGET_LABEL.fullmatch(plain(text)) or plain(text).endswith(":"):
        return 1.0
    bias, weights = _weights()
    return 1 / (1 + math.exp(-bias - sum(weights.get(g, 0.0) for g in pieces(text))))
