"""What is to be done with the figures: look up, sum, compare, subtract, share, growth, rank, count, list, average."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

from index.amounts import chinese_number, find_amounts

_RATIO = re.compile(
    r"(?P<part>.{2,40}?)(?:占|在|完成了?(?=[^，。]{0,8}预算))(?P<whole>.{2,40}?)(?:中|里|当中)?(?:所)?(?:占)?的?(?:比重|比例|百分之几|百分之多少|百分比|份额|几成|多少比例|占比)"
)
_RATIO_SHORT = re.compile(r"(?P<part>.{2,40}?)占(?P<whole>.{2,40}?)(?:的)?多少[?？]?$")
_SHARE = re.compile(r"^(?P<part>.{2,40}?)的?(?:占比|比重)(?:是|为|有)?(?:多少|几成)?[?？]?$")
_SHARE_OF = re.compile(
    r"^(?P<whole>.{2,30}?)(?:中|里|当中|里面|之中)的?(?P<part>[^占，,]{2,30}?)的?(?:所?占比例?|占多少|占百分之几|占几成|比重)(?:是|为|有)?(?:多少|几成)?[?？]?$"
)
_TIMES = re.compile(r"(?P<part>.{2,40}?)(?:是|为|相当于)(?P<whole>.{2,40}?)的?(?:几|多少)倍")
_GROWTH = re.compile(
    r"(?:同比|比上年|比去年|较上年|比20\d\d年|较20\d\d年|增长|增加|减少|下降|[降涨减增]了)[^，。？?]{0,12}(?:百分之几|百分之多少|百分比|百分点|幅度|率|几成|%)"
    r"|增长率|增幅|降幅|同比(?:增长|增减|变化)|增速"
)
_CHANGE = re.compile(
    r"(?:比|较|与|同)?(?:上年|去年|上一年|20\d\d年度?)?.{0,8}(?:增加|减少|增长|下降|增减|变化|上升|提高|降低|涨|跌|降|升|增|减|多|少)了?(?:了)?(?:多少|几)|变化(?:了)?多少|变化(?:额|值)?[?？]?$|增减(?:情况|额|多少|$|[?？])|(?:多|增加?|涨|升)了?还是(?:少|减|跌|降)|是增是减"
)
# 减少多少，降幅多大: the sum first, the rate with it.
_AMOUNT_TOO = re.compile(r"(?:增加|减少|增长|下降)了?多少(?:[万亿]?元|钱)?[，,]\s*(?:增幅|降幅|增速|幅度|同比)")
_CLAIMED_CHANGE = re.compile(
    r"(?:比|较)(?:上年|去年|上一年|20\d\d年)[^，。]{0,8}?(?:增加|减少|增长|下降|上升|降低)了?(?=\s*\d[\d.,]*\s*(?:[万亿]?元|%))"
)
_DIFFERENCE = re.compile(
    r"相差|差多少|差额|差值|差距|多多少|(?<!减)少多少|高多少|低多少|多出多少|超(?:出|支|过)?了?多少|节约了?多少|[多少](?:花|用|支|付)[了出]?多少|省[下了]{1,2}多少|多几|少几|之差|差了?多少"
)
_ENDS = re.compile(r"(?:年末|期末)[^比较，,]{2,12}?(?:比|较)(?:年初|期初)")
_COMPARE = re.compile(
    r"(?:哪个|谁的?)[^最，,。]{0,6}?(?:更)?(?:多|高|大|少|低|小)(?!于)|(?:是不是|是否|真的)比[^，,]{2,30}(?:多|高|大|少|低|小)|谁(?:更)?(?:多|高|大|少|低|小)|哪[一家个年边里](?:更)?(?:多|高|大|少)|比较|对比|孰(?:多|高)"
)
# 加 that joins, not the one in 加工, 增加, 附加.
PLUS = r"(?<![增参追附叠更])加(?![工强快大班固装密油入急速盟温注权])"
SUMMED = re.compile(
    r"一共|总共|合计(?:是|为|有)?(?:多少|几)?|加起来|加在?一起|合起来|相加|之和|总和|求和|共计|汇总|总计多少|共多少|加总"
    r"|项目(?:预算|资金|经费)*总额|" + rf"[\u4e00-\u9fff](?:{PLUS}|\+)[\u4e00-\u9fff]"
)
_JOINED = re.compile(r"加起来|加在?一起|合起来|相加|之和|总和|求和|加总|" + rf"[^、，]{PLUS}(?:上)?[^、，起在总]")
_TOP = re.compile(
    r"最(?P<high>高(?!人民|检|法|限价)|多|大|贵)|最(?P<low>低(?!生活|工资|收入)|少|小)|从(?P<down>高到低|大到小|多到少)|从(?P<up>低到高|小到大|少到多)|排(?:名|序|列|行|一下|个)|前(?P<n>[一二三四五六七八九十\d]+)(?:名|位|个|项|大)?|第(?P<nth>[一二三四五六七八九十\d]+)(?:名|高|大|多|位|的)"
)
# Ranks over changes and rates, not over amounts: 比上年减少得最多, 增幅最大, 完成年初预算比例最低.
_BY_CHANGE = re.compile(
    r"(?:(?P<down>减少|下降|降低|压减|(?<!增)减|降)|(?P<up>增加|增长|提高|上升|增|涨))(?P<rate>幅度?|速|率|比例|百分比)?(?:得|的)?"
    r"最(?P<most>多|大|快|高|明显|厉害|猛)"
)
_BY_RATE = re.compile(
    r"(?:完成|执行)(?:了)?(?:年初)?(?:预算)?的?(?:率|比例|百分比|程度|进度|情况)?(?:得|的|是)?最(?:(?P<low>低|差|慢|小|少)|(?P<high>高|好|快|大))"
)
_FIRST_N = re.compile(r"前(?P<n>[一二两三四五六七八九十\d]{1,2})(?!年|期|述|面)")
_TOP_N = re.compile(r"最[高多大贵低少小]的?(?P<n>[一二三四五六七八九十两\d]+)(?:个|项|款|类|家|名|种)")
_COUNT = re.compile(
    r"(?:有|共|一共|总共)?(?:几|多少)(?:个|项|条|类|种)(?:项目|指标|科目|子项|专项|一级指标|二级指标|三级指标|款|类|(?:功能|经济)(?:分类)?(?:大类|类|科目)|大类)|(?:项目|指标|科目|专项)(?:一共|总共|共)?(?:有|是)?(?:几|多少)(?:个|项)|(?:项目|指标|科目)(?:的)?(?:数量|个数)(?!指标|目标|的?权重)|数一数"
)
# 几个 that only says that there are several: 的几个项目加起来.
_SOME_SUMMED = re.compile(
    r"(?<![有是共])(?:这|那)?几个(?:项目|专项|科目)[^，,]{0,8}(?:加起来|加在?一起|合起来|一共|总共|合计|共计)"
)
_LIST = re.compile(
    r"(?:指标|项目|科目)(?:都)?(?:有|是|包括)(?:哪些|什么)|有哪些(?:项目|指标|科目|款|支出)|列出|列一下|(?:项目|指标)(?:清单|列表|有哪些)|都有什么项目|哪些项目|分别有哪些"
)
_EACH_PROJECT = re.compile(r"各个?(?:项目|专项)(?!支出)")
# 一共几辆车，其中执法用车几辆 asks for a whole and a part of it, which are not added.
_WITH_PART = re.compile(r"[，,]\s*其中")
_AVERAGE = re.compile(r"平均|均值|人均")
_EACH = re.compile(r"分别|各[^，,。和、]{0,5}?(?:多少|几)|各自|各年|每年|逐年")
_CONDITION = re.compile(r"(大于|超过|高于|多于|不低于|不少于|小于|低于|少于|不超过|不足|不到|不满|以上|以下)")
_N_ITEMS = re.compile(r"(?P<n>[一二两三四五六七八九十\d]+)(?:个|项|大|类|种)[^，,。、\d]{0,8}?(?:项目|专项|科目|部分|内容)")
_COLLECTION = re.compile(r"项目|专项|科目|类$|款")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation with what it needs. ``part`` and ``whole`` are words of a share; ``spans`` say nothing else.

    ``top`` is how many of a ranking are asked for (None: all), ``nth`` a single place, ``descending`` its direction;
    ``by`` what is ranked: amounts (None), what items grew (up) or shrank (down) by, in money or as a rate (up%), or how far
    their budgets were carried out (done).
    """

    name: str = "lookup"
    part: str | None = None
    whole: str | None = None
    top: int | None = None
    nth: int | None = None
    descending: bool = True
    each: bool = False
    times: bool = False
    joined: bool = False
    counted: int | None = None
    condition: tuple[str, Decimal, str] | None = None
    direction: str | None = None
    by: str | None = None
    spans: tuple[tuple[int, int], ...] = field(default=())


def read_operation(text: str) -> Operation:
    """The operation that a plain question asks for; lookup when it asks for none."""
    each = bool(_EACH.search(text))
    spans: list[tuple[int, int]] = []
    counted = _N_ITEMS.search(text)
    number = _number(counted["n"]) if counted else None
    condition = read_condition(text)
    if condition:
        spans += condition_spans(text)
    for pattern in (_AVERAGE, _TOP_N):
        spans += [found.span() for found in pattern.finditer(text)]
    common = {"each": each, "counted": number, "spans": tuple(spans)}
    changed, done = _BY_CHANGE.search(text), _BY_RATE.search(text)
    if moved := changed or done:
        by = ("down" if changed["down"] else "up") + "%" * bool(changed["rate"] or changed["most"] == "快") if changed else "done"
        high = changed is not None or bool(moved["high"])
        return Operation("rank", top=1, by=by, descending=high, counted=number, spans=(*spans, moved.span()))
    ratio = _RATIO.search(text) or _RATIO_SHORT.search(text)
    if ratio:
        return Operation("ratio", part=ratio["part"], whole=ratio["whole"], each=each, counted=number)
    times = _TIMES.search(text)
    if times:
        return Operation("ratio", part=times["part"], whole=times["whole"], each=each, counted=number, times=True)
    share_of = _SHARE_OF.search(text)
    if share_of:
        return Operation("ratio", part=share_of["part"], whole=share_of["whole"], each=each, counted=number)
    share = _SHARE.search(text)
    if share:
        whole = "收入总计" if "收入" in share["part"] else "支出总计"
        return Operation("ratio", part=share["part"], whole=whole, each=each, counted=number)
    if _AVERAGE.search(text):
        return Operation("average", **common)  # type: ignore[arg-type]
    if _COUNT.search(text) and not _SOME_SUMMED.search(text):
        return Operation("count", **common, condition=condition)  # type: ignore[arg-type]
    if _GROWTH.search(text) and not _AMOUNT_TOO.search(text):
        return Operation("growth", direction=_direction(text), **common)  # type: ignore[arg-type]
    top = _TOP.search(text)
    if top:
        spans.append(top.span())
    top_n = _TOP_N.search(text)
    if _COMPARE.search(text) and not (top and "最" in top[0]):
        return Operation("compare", direction=_direction(text), **common)  # type: ignore[arg-type]
    if _DIFFERENCE.search(text) or _ENDS.search(text):
        return Operation("difference", direction=_direction(text), **common)  # type: ignore[arg-type]
    if top:
        return _ranking(top, top_n, number, each, tuple(spans))
    if _CHANGE.search(text) or _CLAIMED_CHANGE.search(text):
        return Operation("change", direction=_direction(text), **common)  # type: ignore[arg-type]
    if condition and re.search(r"哪|列|有什么|的(?:项目|科目|指标)|项目$", text):
        return Operation("filter", condition=condition, **common)  # type: ignore[arg-type]
    if _LIST.search(text) or (_EACH_PROJECT.search(text) and not SUMMED.search(text)):
        return Operation("list", **common)  # type: ignore[arg-type]
    if SUMMED.search(text) and not _WITH_PART.search(text):
        return Operation("sum", joined=bool(_JOINED.search(text)), **common)  # type: ignore[arg-type]
    return Operation("lookup", **common)  # type: ignore[arg-type]


def _ranking(
    top: re.Match[str], top_n: re.Match[str] | None, number: int | None, each: bool, spans: tuple[tuple[int, int], ...]
) -> Operation:
    descending = not (top["low"] or top["up"])
    count: int | None = None
    if top["high"] or top["low"]:
        count = 1
    if top["n"]:
        count = _number(top["n"])
    if top_n:
        count = _number(top_n["n"])
    if count is None and (first := _FIRST_N.search(top.string)):  # 排名前三 begins with 排名
        count = _number(first["n"])
    nth = _number(top["nth"]) if top["nth"] else None
    return Operation("rank", top=count, nth=nth, descending=descending, each=each, counted=number, spans=spans)


def _number(word: str | None) -> int | None:
    if not word:
        return None
    return int(word) if word.isdigit() else chinese_number(word)


def read_condition(text: str) -> tuple[str, Decimal, str] | None:
    """A condition on figures as (sign, amount, unit), the sign one of > ≥ < ≤."""
    found = _CONDITION.search(text)
    if not found:
        return None
    amounts = [a for a in find_amounts(text) if a.unit in ("元", "万元", "亿元", "千元", "%")]
    if not amounts:
        return None
    word = found[1]
    sign = {"大于": ">", "超过": ">", "高于": ">", "多于": ">", "不低于": "≥", "不少于": "≥", "以上": "≥"}.get(word)
    sign = (
        sign
        or {"小于": "<", "低于": "<", "少于": "<", "不足": "<", "不到": "<", "不满": "<", "不超过": "≤", "以下": "≤"}[
            word
        ]
    )
    return sign, amounts[0].value, amounts[0].unit


def condition_spans(text: str) -> list[tuple[int, int]]:
    """The stretches that state a condition: its word and its amounts."""
    found = _CONDITION.search(text)
    return [*([found.span()] if found else []), *((a.start, a.end) for a in find_amounts(text))]


def _direction(text: str) -> str | None:
    down = re.search(r"减少|下降|降低|少了|减了|降幅|降了|跌|少多少", text)
    up = re.search(r"增加|增长|上升|提高|多了|增了|增幅|涨|升了|多多少", text)
    if down and up and "还是" in text:
        return None
    return "down" if down else "up" if up else None


__all__ = ["Operation", "condition_spans", "read_condition", "read_operation"]
