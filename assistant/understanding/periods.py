"""Years, phases, dates and the unit that a question names, with the places where it names them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from index.amounts import money_unit

# A title names a paper, not the year that is asked for, unless it is a budget's own.
_TITLE = re.compile(r"《[^》]*》")
_RANGE = re.compile(r"(20\d\d)\s*年?(?:度)?\s*(?:到|至|-|—|~|－)\s*(20\d\d)\s*年?(?:度)?(?:[一二三四五六两\d]+年)?")
_AS_OF = re.compile(r"截[至止]?(?:到)?\s*20\d\d年\s*\d{1,2}月(?:\s*\d{1,2}日)?|20\d\d年\d{1,2}月\d{1,2}日")
_YEAR = re.compile(r"(?<![\d.])(20[0-4]\d)(?!\d|\.\d|\s*[万亿]?元)\s*年?度?")
_PHASES = (
    ("年初预算", re.compile(r"年初预算数?")),
    ("调整预算", re.compile(r"调整(?:后)?预算数?|预算调整数?")),
    ("执行", re.compile(r"预计执行数?|执行数|执行情况|(?<![未际])执行了?(?=多少)")),
    ("决算", re.compile(r"支出决算数?|决算数?|实际(?:支出|花费|花了|执行|完成)|实际|(?:花|用|支出|执行)(?:掉|完|光)了?")),
    ("预算", re.compile(r"预算数?")),
)
_NEGATED = re.compile(
    r"^不是([^，。？！,?!；]{2,40})[，,]|(?:而不是|并非|(?<!是)不是|不要|不含|不包括|不算|除了|除去|剔除|不看)(?:把|将)?([^，。？！,?!；]{2,20}?)(?:算进去|算在内|计算在内|包括在内|[，。？！,?!；]|$)"
)
_EXCEPT = re.compile(r"除(?:了|去|开|掉)?([^，。？！,?!；外]{2,40}?)(?:之外|以外|外)(?:的|，|,)*")
_OVERSPENT = re.compile("超(?:出|过|支)?了?(?:年初)?预算(?!执行)")
_DISMISSED = re.compile(
    r"(?:^|(?<=[，。？！,?!；;]))(?:先不管|先不说|先不看|不用管|别管|不问)[^，。？！,?!；;]{1,20}[，,]"
    r"|[^，。？！,?!；;]{1,40}?(?:先不管|先不说|先不看|不用管|不管它|别管|就不用了|不需要|已经知道了?|已知|不问|不算了)[^，。？！,?!；;]{0,6}(?:[，。？！,?!；;]|$)"
)
_UNIT_ASKED = re.compile(
    r"(?:是|为|有|约|折|换算|折算|折合|换成|改成|合|用|以)?(?:成|为|合|到)?(?:多少|几)\s*(亿元|万元|千元|元|亿|万)(?!以|的)"
    r"|(?:换算|折算|折合|换|改|转|转换|折|表示|显示)(?:成|为|到)?\s*(亿元|万元|千元|元)|(?:以|用|按)\s*(亿元|万元|千元|元)\s*(?:为单位|表示|计|显示)"
    r"|单位(?:是|为|用|换成)?\s*(亿元|万元|千元|元)"
)
# Names of funds and of a rate, in which 预算 is no phase.
_FUND = re.compile("(?:一般公共|政府性基金|国有资本经营|社会保险基金)预算(?!数)|预算(?=(?:执行|完成)率)")
PERIOD = re.compile(
    r"(\d{1,2})月(?:底|末)|第?([一二三四1-4])季度|([上下]半年)|(年底|年末)(?=.{0,6}(?:进度|支出计划|支付|累计|达到))"
)
THIS_YEAR = ("今年", "本年度")
_QUARTERS = {"1": "一", "2": "二", "3": "三", "4": "四"}


@dataclass(frozen=True, slots=True)
class Periods:
    """``years`` in the order named; ``phases`` all that are named, ``phase`` the one that is meant when years differ or one is named.

    ``spans`` are the stretches of the question that these readings used up, ``excepted`` the items left out of a set
    (除…外; they are among ``negated``), ``named`` all steps of a plan (6月底, 第三季度), ``period`` the first of them.
    """

    years: tuple[int, ...]
    relative: str | None
    as_of: str | None
    phase: str | None
    phases: tuple[str, ...]
    negated: tuple[str, ...]
    unit: str | None
    period: str | None
    spans: tuple[tuple[int, int], ...]
    text: str
    excepted: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


def read_periods(question: str) -> Periods:
    """Read the periods of a plain question; ``text`` is the question with negated words blanked out (same length)."""
    spans: list[tuple[int, int]] = []
    negated: list[str] = []
    text = question
    for found in _DISMISSED.finditer(question):
        text = text[: found.start()] + " " * (found.end() - found.start()) + text[found.end() :]
    excepted: list[str] = []
    for found in _EXCEPT.finditer(text):
        excepted += re.split("[、和与及]|以及", found[1])
        text = text[: found.start()] + " " * (found.end() - found.start()) + text[found.end() :]
    negated += excepted
    for found in _NEGATED.finditer(text):
        negated.append(found[1] or found[2])
        text = text[: found.start()] + " " * (found.end() - found.start()) + text[found.end() :]
    as_of = _AS_OF.search(text)
    searched = text
    if as_of:
        spans.append(as_of.span())
        searched = text[: as_of.start()] + " " * len(as_of[0]) + text[as_of.end() :]
    for title in _TITLE.finditer(searched):
        if not re.search(r"预算|决算", title[0]):
            searched = searched[: title.start()] + " " * len(title[0]) + searched[title.end() :]
    years: list[int] = []
    for found in _RANGE.finditer(searched):
        first, last = int(found[1]), int(found[2])
        if first <= last <= first + 10:
            years += range(first, last + 1)
        spans.append(found.span())
    for found in _YEAR.finditer(searched):
        spans.append(found.span())
        if int(found[1]) not in years:
            years.append(int(found[1]))
    relative = re.search(r"今年|本年度|去年|上一年度?|上年度?|明年", searched)
    if relative and relative[0] in THIS_YEAR:
        spans.append(relative.span())
    unit = _UNIT_ASKED.search(searched)
    asked = next((g for g in unit.groups() if g), None) if unit else None
    named = _named_periods(searched)
    phases = ("决算", "年初预算") if _OVERSPENT.search(searched) else _phases(searched)
    several = len(years) > 1 or bool(re.search(r"上年|去年", searched))
    phase = None if len(phases) > 1 and several else (phases[0] if phases else None)
    return Periods(
        tuple(years), relative[0] if relative else None, as_of[0] if as_of else None, phase, phases, tuple(negated),
        money_unit(asked) if asked else None, next(iter(named), None), tuple(spans), text, tuple(excepted), named,
    )  # fmt: skip


def _phases(text: str) -> tuple[str, ...]:
    """Phases that are named, the more special ones first; 预算 in 年初预算, 预算执行 or 一般公共预算 is not named on its own."""
    found = []
    text = _FUND.sub("  ", text)
    for name, pattern in _PHASES:
        if pattern.search(text):
            found.append(name)
            text = pattern.sub("  ", text)
    return tuple(found)


def _named_periods(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(_period, PERIOD.finditer(text))))


def _period(found: re.Match[str]) -> str:
    if found[1]:
        return f"{int(found[1])}月底"
    if found[2]:
        return f"第{_QUARTERS.get(found[2], found[2])}季度"
    return found[3] or "12月底"
