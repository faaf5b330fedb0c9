"""Follow-ups: a question that leaves out what the ones before it said."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.records import Question
from assistant.understanding import Understanding, understand
from assistant.understanding.catalog import Catalog
from index.amounts import chinese_number
from index.glossary import INDICATOR_LEVELS

if TYPE_CHECKING:
    from assistant.solve import Solver

_POINTS_BACK = re.compile(
    r"这[一个]?(?:项|个|科目|项目|指标|笔)|那[一个]?(?:项|个|科目|项目|指标|笔)|它|该(?:项|项目|科目)|同一项|两者|上述|前面"
)
_OPENS = re.compile(r"^(?:那么?|那|再|还有|以及|换成?|改成|如果是?|要是|我是说|我说的是|不对|不是|只看|呢)")
_PICKS = re.compile(r"^(?:选|选择|就|要)?第?\s*([1-9]|10|[一二三四五六七八九十])\s*(?:个|项|号|条)?(?:吧|呢)?[。.!！]?$")
_SHARE = re.compile(r"^(?:那么?|它|其|这|该)?(?:项|项目|科目)?占")
_INDICATOR = re.compile(
    "|".join(sorted({n for names in INDICATOR_LEVELS.values() for n in names}, key=len, reverse=True)) + "|满意度|指标值?|目标值?|呢"
)
_ELLIPSIS = re.compile(r"呢[?？]?$|^(?:换算|折算|折合|换成|改成|折成)|^(?:为什么|为何|怎么来的|依据|出处)[?？]?$")


def resolve(question: Question, catalog: Catalog, solver: Solver) -> Understanding:
    """Understand the last question of a conversation; what it leaves out is taken from the one before it.

    A bare number picks one of the questions that the earlier answer offered; ``solver`` answers it again to see them.
    """
    before: Understanding | None = None
    for earlier in question.history[-6:]:
        before = _next(earlier, before, catalog, solver)
    return _next(question.text, before, catalog, solver)


def _next(text: str, before: Understanding | None, catalog: Catalog, solver: Solver) -> Understanding:
    picked = _PICKS.match(text.strip())
    if picked and before is not None:
        options = solver.solve(before).options
        number = int(picked[1]) if picked[1].isdigit() else chinese_number(picked[1]) or 0
        if 1 <= number <= len(options):
            return understand(options[number - 1], catalog)
    if before is not None and _SHARE.match(text.strip()):
        text = re.sub(r"\s+", "", _item(before)) + _SHARE.sub("占", text.strip())
    said = understand(text, catalog)
    return said if before is None else _joined(said, before)


def _joined(current: Understanding, before: Understanding) -> Understanding:
    """A question completed from the one before: place, year, item, unit, kind, each unless it says its own."""
    text = current.text
    content = "".join(c for c, w in zip(text, current.content_weights(), strict=True) if w >= 0.3)
    bare = re.sub(r"亿元|万元|元|合计|总计|总额|名|预算|决算|部门|单位|年初|支出|数$|[这那]?一?项|多少|这|那", "", content)
    named = current.naming.scopes[0].named
    if named and not (_POINTS_BACK.search(text) or _OPENS.search(text) or _ELLIPSIS.search(text)):
        return current
    if bare.strip():
        return _with_place(current, before)
    # Place, year, unit, rank or phase alone was said: all else is the earlier question's.
    return _with_words(before, current)


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
    operation = current.operation if current.operation.name != "lookup" else before.operation
    asks = current.asks if current.asks in ("prose", "field") else before.asks
    spans, text = before.spans, before.text
    if current.periods.phase and before.periods.phase and current.periods.phase != before.periods.phase:
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
    if periods.phase is None:
        periods = replace(periods, phase=before.periods.phase)
    merged = replace(current, periods=periods, naming=naming)
    if current.asks in ("field", "prose") or _POINTS_BACK.search(current.text) or not _INDICATOR.sub("", _item(current)).strip():
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
