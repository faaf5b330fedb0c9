"""Follow-ups: a question that leaves out what the ones before it said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.records import Answer, Question
from assistant.understanding import Understanding, understand
from assistant.understanding.catalog import Catalog
from assistant.understanding.periods import PERIOD
from index.amounts import chinese_number
from index.glossary import INDICATOR_LEVELS
from index.words import cut

if TYPE_CHECKING:
    from assistant.solve import Solver

_POINTS_BACK = re.compile(
    r"这[一个]?(?:项|个|科目|项目|指标|笔)|那[一个]?(?:项|个|科目|项目|指标|笔)|它|该(?:项|项目|科目)|同一项|两者|上述|前面"
)
_OPENS = re.compile(r"^(?:那么?|那|再|还有|以及|换成?|改成|如果是?|要是|我是说|我说的是|不对|不是|只看|呢)")
_PICKS = re.compile(
    r"^(?:选|选择|就|要)?第?\s*([1-9]|10|[一二三四五六七八九十])\s*(?:个|项|号|条)?(?:吧|呢)?[。.!！]?$"
)
_SHARE = re.compile(r"^(?:那么?|它|这|该)?(?:其中的?)?(?P<part>[^占]{2,20}?)??的?(?:项|项目|科目)?占(?:比|总)?")
_NARROWS = re.compile(r"^(?:那?只看|仅看|光看|只要|只算)(.{2,20}?)(?:的|呢)?[?？。]?$")
_SOURCE = re.compile(
    r"^(?:出处|来源|在?(?:哪|第几)一?(?:页|张表|份文件|个表)|(?:这个数)?(?:怎么|如何)(?:算|来)(?:出来)?的)"
    r"(?:呢|是什么|是哪.{0,4}|在哪.{0,2})?[?？]?$"
)
_SAYS_SUM = re.compile("收入|支出|预算|决算|总|合计|拨款|经费")
_PART_OF = re.compile("^(?:这)?(?:其中|里面|当中)的?(.{2,})$")
_OF_ANOTHER = re.compile(r"^那么?([\u4e00-\u9fff]{2,10}?)的?呢[?？]?$")
_OPERANDS = re.compile(
    r"(?P<two>两者|它们|二者|两边|双方)|(?:这|那|以上|上述|前面|上面)?(?P<n>[两二三四五六2-6])(?:个|项|家|年|者|笔|地)?(?:都)?"
)
_LAST_YEAR = re.compile(r"去年|前一年|上一?年")
_RATE = re.compile("(?:预算)?(?:执行|完成)率")
_INDICATOR = re.compile(
    "|".join(sorted({n for names in INDICATOR_LEVELS.values() for n in names}, key=len, reverse=True))
    + f"|满意度|指标值?|目标值?|{_RATE.pattern}|呢"
)
_ELLIPSIS = re.compile(r"呢[?？]?$|^(?:换算|折算|折合|换成|改成|折成)|^(?:为什么|为何|怎么来的|依据|出处)[?？]?$")


def resolve(question: Question, catalog: Catalog, solver: Solver) -> Understanding:
    """Understand the last question of a conversation; what it leaves out is taken from the ones before it.

    A bare number picks one of the questions that the earlier answer offered; ``solver`` answers it again to see them.
    """
    said: list[Understanding] = []
    for text in (*question.history[-8:], question.text):
        said.append(_next(text, said, catalog, solver))
    return replace(said[-1], after=said[-2]) if len(said) > 1 else said[-1]


def _next(text: str, said: Sequence[Understanding], catalog: Catalog, solver: Solver) -> Understanding:
    text = text.strip()
    if not said:
        first = understand(text, catalog)
        return (solver.of_unit(first) if first.naming.unknown else None) or first
    before = said[-1]
    picked = _PICKS.match(text)
    if picked:
        options = solver.solve(before).options
        number = int(picked[1]) if picked[1].isdigit() else chinese_number(picked[1]) or 0
        if 1 <= number <= len(options):
            return understand(options[number - 1], catalog)
    if _SOURCE.match(text):
        return before
    completed = _share_of(text, said) or _narrowed(text, before, catalog) or _together(text, said, catalog)
    if completed is not None:
        return understand(completed, catalog)
    if _ELLIPSIS.search(text) and (other := solver.of_other_unit(text, before)) is not None:
        named = understand(other, catalog)
        return solver.of_unit(named) or named
    for guessed in (*_of_which(text, before, solver), _exchanged(text, before, catalog)):
        meant = understand(guessed, catalog) if guessed else None
        answer = solver.solve(meant) if meant is not None else None
        if meant is not None and answer is not None and answer.status == "answered" and _new(answer, solver.solve(before)):
            return meant
    return _joined(understand(text, catalog), before, catalog)


def _share_of(text: str, said: Sequence[Understanding]) -> str | None:
    """占多少: of the total; of the set or the figure that was asked before, where the new question names a part of it."""
    found = _SHARE.match(text)
    if not found:
        return None
    before, part, rest = said[-1], found["part"] or "", _SHARE.sub("占", text)
    if not part:
        whole = "" if rest.strip("占?？的比重例多少几成 ") else "的占比"
        return f"{_called(before)}{whole or rest}"
    if before.operation.name in ("sum", "list", "count", "rank", "average") and "项目" in before.text:
        return f"{_place(before)}{part}占全部项目的比例"
    return f"{_place(before)}{part}占{_bare_item(before)}的比例"


def _narrowed(text: str, before: Understanding, catalog: Catalog) -> str | None:
    """只看舆情 after a question for a set asks for that set's members of that name; after a figure, for its column."""
    found = _NARROWS.match(text)
    if not found or not _item(understand(found[1], catalog)).strip():
        return None
    at = re.search(r"项目(?!支出)|专项", before.text)
    if at and before.operation.name != "lookup":
        return before.text[: at.start()] + found[1] + before.text[at.start() :]
    return f"{_called(before)}{found[1]}"


def _new(answer: Answer, before: Answer) -> bool:
    """Whether an answer gives another figure than the one before."""
    return not answer.values or {v.value for v in answer.values} != {v.value for v in before.values}


def _of_which(text: str, before: Understanding, solver: Solver) -> tuple[str, ...]:
    """其中财政拨款多少 after a question for a figure asks for that part of it: in its own words, or by the name found for it."""
    found = _PART_OF.match(text)
    if not found or before.asks != "figure" or not _bare_item(before):
        return ()
    name = solver.name_of(before)
    return (f"{_called(before)}{found[1]}", *((f"{_place(before)}{name}{found[1]}",) if name else ()))


def _exchanged(text: str, before: Understanding, catalog: Catalog) -> str | None:
    """那文化馆的呢 after 图书馆免费开放补助每周开放多少小时: the one word of its kind exchanged, where more than it was asked about."""
    found = _OF_ANOTHER.match(text)
    current = understand(text, catalog) if found else None
    if found is None or current is None or current.naming.scopes[0].named or current.periods.years:
        return None
    alike = {w for w in cut(before.content) if len(w) >= 2 and w[-1] == found[1][-1] and w != found[1]}
    rest = re.sub(r"\s", "", _item(before))
    if len(alike) != 1 or len(rest) < 2 * len(min(alike)) + 2 or found[1] in before.text:
        return None
    return before.text.replace(min(alike), found[1])


def _together(text: str, said: Sequence[Understanding], catalog: Catalog) -> str | None:
    """An operation without operands works on the figures asked before: 差多少, 三个加起来, 哪年最高."""
    operation = understand(text, catalog).operation.name
    rest = _OPERANDS.sub("", text)
    if operation not in ("difference", "compare", "sum", "rank", "change", "growth") or _item(understand(rest, catalog)).strip(" 哪年个家"):
        return None
    looked: list[Understanding] = []
    for u in reversed(said):
        if u.operation.name != "lookup" or u.asks != "figure":
            break
        looked.insert(0, u)
    counted = _OPERANDS.search(text)
    number = chinese_number(counted["n"]) if counted and counted["n"] else None
    number = number or (2 if operation in ("difference", "compare", "change", "growth") or (counted and counted["two"]) else len(looked))
    chosen = looked[-number:]
    if len(chosen) < 2 or len(chosen) < number or any(len(u.naming.scopes) != 1 for u in chosen):
        return None
    if operation == "rank":
        return f"{chosen[0].naming.scopes[0].name}{_bare_item(chosen[0])}{rest}" if "年" in rest else None
    return "、".join(_called(u) for u in chosen) + rest


def _place(u: Understanding) -> str:
    """The office and the year of a question, as it names them."""
    year = f"{u.periods.years[0]}年" if len(u.periods.years) == 1 else ""
    return u.naming.scopes[0].name + year


def _called(u: Understanding) -> str:
    return _place(u) + _bare_item(u)


def _bare_item(u: Understanding) -> str:
    """What a question is about, from its first word that says something to its last."""
    weights = u.content_weights()
    said = [i for i, w in enumerate(weights) if w >= 0.3]
    taken = {i for start, end in u.spans for i in range(start, end)}
    return "".join(u.text[i] for i in range(said[0], said[-1] + 1) if i not in taken).replace(" ", "") if said else ""


def _joined(current: Understanding, before: Understanding, catalog: Catalog) -> Understanding:
    """A question completed from the one before: place, year, item, unit, kind, each unless it says its own."""
    text = current.text
    content = "".join(c for c, w in zip(text, current.content_weights(), strict=True) if w >= 0.3)
    bare = re.sub(
        r"亿元|万元|元|合计|总计|总额|名|预算|决算|部门|单位|年初|支出|数$|[这那]?一?项|多少|这|那|\d{1,2}月[底末]|第?[一二三四]季度|年[底末]",
        "",
        content,
    )
    current = _last_year(current, before, catalog)
    named = current.naming.scopes[0].named
    if named and content and not (_POINTS_BACK.search(text) or _OPENS.search(text) or _ELLIPSIS.search(text)):
        return current
    if bare.strip():
        return _with_place(current, before)
    # Place, year, unit, rank or phase alone was said: all else is the earlier question's.
    return _with_words(before, current)


def _last_year(current: Understanding, before: Understanding, catalog: Catalog) -> Understanding:
    """去年呢 is the year before the one that was spoken of."""
    if current.periods.years or current.operation.name != "lookup" or not _LAST_YEAR.search(current.text):
        return current
    held = catalog.years(before.naming.scopes[0].documents)
    spoken = before.periods.years[-1] if before.periods.years else held[-1] if held else None
    if spoken is None:
        return current
    return replace(current, periods=replace(current.periods, years=(spoken - 1,), relative=None))


def _with_words(before: Understanding, current: Understanding) -> Understanding:
    """The earlier question asked again for what the new one names."""
    periods, naming = before.periods, before.naming
    if current.naming.scopes[0].named:
        naming = replace(current.naming, spans=naming.spans)
    for field in ("years", "phase", "unit", "period"):
        value = getattr(current.periods, field)
        if value:
            periods = replace(periods, **{field: value})
    if current.periods.phases:
        periods = replace(periods, phases=current.periods.phases)
    if before.periods.phase in ("执行", "决算") and not current.periods.phase and "安排" in current.text:
        periods = replace(periods, phase="预算", phases=("预算",))
    operation = current.operation if current.operation.name != "lookup" else before.operation
    asks = current.asks if current.asks in ("prose", "field") else before.asks
    spans, text = before.spans, before.text
    if current.periods.period and before.periods.period:
        text = PERIOD.sub(lambda m: " " * len(m[0]), text)
    if current.periods.period and before.periods.phase and not before.periods.period:  # a step of a plan is no budget
        text, periods = _reworded(text, before.periods.phase, ""), replace(periods, phase=None, phases=())
    elif current.periods.phase and before.periods.phase and current.periods.phase != before.periods.phase:
        text = _reworded(text, before.periods.phase, current.periods.phase)
    if asks == "prose":
        text = f"{before.text.rstrip('?？')} {current.text}"
    level = re.search(r"(?:部门|单位)预算", current.text)
    if level and level[0] not in text:
        text, spans = f"{text} {level[0]}", (*spans, (len(text), len(text) + 1 + len(level[0])))
    return replace(
        before, text=text, periods=periods, naming=naming, operation=operation, asks=asks, spans=_within(spans, text)
    )


def _reworded(text: str, old: str, new: str) -> str:
    """The phase exchanged, in as many characters, so that places in the text stay true."""
    at = text.find(old)
    return text if at < 0 else text[:at] + new[: len(old)].ljust(len(old)) + text[at + len(old) :]


def _within(spans: tuple[tuple[int, int], ...], text: str) -> tuple[tuple[int, int], ...]:
    return tuple((s, min(e, len(text))) for s, e in spans if s < len(text))


def _with_place(current: Understanding, before: Understanding) -> Understanding:
    """A new item in the place, year and phase of the earlier question; a field of the earlier item keeps that item's name."""
    periods = current.periods
    naming = current.naming if current.naming.scopes[0].named else replace(before.naming, spans=current.naming.spans)
    if not periods.years:
        periods = replace(periods, years=before.periods.years)
    if periods.phase is None and not _RATE.search(current.text):
        periods = replace(periods, phase=before.periods.phase)
    if periods.as_of is None:
        periods = replace(periods, as_of=before.periods.as_of)
    merged = replace(current, periods=periods, naming=naming)
    names = any(w >= 1.0 for w in current.content_weights()) or _SAYS_SUM.search(current.text)
    if (
        current.asks in ("field", "prose")
        or _POINTS_BACK.search(current.text)
        or not (names and _INDICATOR.sub("", _item(current)).strip())
    ):
        words = re.sub(r"多少|是什么|预算(?:数)?|是|[?？]", " ", _item(before))
        shift = len(current.text) + 1
        spans = (*current.spans, *((s + shift, e + shift) for s, e in before.spans))
        text = f"{current.text} {_padded(before.text, words)}"
        merged = replace(
            merged,
            text=text,
            spans=_within(tuple(spans), text),
            naming=replace(naming, spans=_within(tuple(spans), text)),
        )
    return merged


def _item(u: Understanding) -> str:
    return "".join(c if w >= 0.3 else " " for c, w in zip(u.text, u.content_weights(), strict=True))


def _padded(text: str, kept: str) -> str:
    """``text`` with only the characters of its item, same length."""
    return kept.ljust(len(text))[: len(text)]
