"""Figures in prose, with the words that name them.

Each figure gets ``row_path`` = (what its paragraph is about, what it is part of, its
own name), its sentence as quote, and its kind: a change ("较2024年增加21.20万元")
carries a sign and the year it is measured against, never an amount of its own; a
percentage of a spending plan is a schedule step; a 指标值 is a target.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import pairwise

from index.amounts import Amount, decimal_of, find_amounts
from index.fact_terms import fund_in, phase_in, years_in
from index.prose_names import (
    bare,
    clauses,
    heading_subject,
    is_measure,
    masked,
    name_of,
    project_at_start,
    said,
    subject_path,
    unnumbered,
    with_measure,
)
from index.records import Fact

_SENTENCE = re.compile(r"[^。；;！？\n]*(?:[。；;！？\n]|$)")
_CHANGE = re.compile(r"(增加|增长|上升|提高|上涨|减少|下降|降低|压减|下调|缩减|新增|增|减|多|少)了?(?:约|到|额)?$")
_CHANGED_OBJECT = re.compile(r"(增加|减少|新增|压减|减去)([^，。；、增减]{2,24})$")
_DOWN = re.compile(r"减|下降|降低|少|下调")
_BASE = re.compile(r"(?:比|较|与|同|对比)\s*(?:(20\d\d)\s*年|上年|去年|上一年)")
_COMPARED = re.compile(
    r"(?:比|较|与|同)\s*(?:20\d\d\s*年度?|上年度?|去年|上一年度?)\s*(?:同期)?(?:年初)?(?:预算|决算)?(?:执行)?数?"
    r"(?:相比|对比|比较)?[，,]?"
)
_LEVEL = re.compile(
    r"(?:比|较|与|同)(?:(20\d\d)年度?|上年|去年|上一年)[^。；，]{0,24}?(?:，[^。；，]{0,24}?)?"
    r"(?:持平|(?<!不)一致|(?<!不)相同|无变化|没有变化|无增减)"
)
_AS_OF = re.compile(r"截[至止]\s*(20\d\d年\s*\d{1,2}月\s*\d{1,2}日|20\d\d年(?:底|末))")
_PERIOD = re.compile(r"(20\d\d年底|第[一二三四]季度|\d{1,2}月底|[上下]半年|年底)")
_PLAN = re.compile(r"进度|支出计划|用款计划|资金计划|支出比例")
_EACH = re.compile(r"分别(?:为|是|达到|达|安排|约)?$")
_RATIO = re.compile(r"^占|所占|比重|完成[^，。]{0,12}$|执行率|比例")
_INDICATOR = re.compile(r"指标值?(?:为|是|[：:])?$")
_BARE_TARGET = re.compile(r"指标值(?:为|是|[：:])?\s*(>=|<=|≥|≤|>|<|=)\s*(\d+(?:\.\d+)?)(?![\d.]|\s*%)")
_LIMIT = re.compile(r"\s*(?:（含[^）]*）)?以[上下](?!的?[为，。；、]|$)")
_PARTS = re.compile(r"其中|包括|其[：:]")
_TARGETS = re.compile(r"^\s*绩效指标[：:]")
_OPENING_YEAR = re.compile(r"\s*(20\d\d)年度?[，,]")
_SIGNS = {">=": "≥", "<=": "≤"}


@dataclass(slots=True)
class _Reader:
    """What the figures read so far say of those that follow. ``parents`` are (path, year) of what 其中 opened."""

    base: Fact
    topic: tuple[str, ...]
    subject: tuple[str, ...] = ()
    phase: str | None = None
    year: int | None = None
    base_year: int | None = None
    parents: list[tuple[tuple[str, ...], int | None]] = field(default_factory=list)

    @property
    def above(self) -> tuple[str, ...]:
        return self.parents[-1][0] if self.parents else self.topic


def facts_of_text(text: str, base: Fact, above: tuple[str, ...] = ()) -> Iterator[Fact]:
    """Every figure of ``text`` as a fact made from ``base`` (the place, agency, region, year and phase).

    ``above`` are subjects that headings over the text name (（一）一般公共服务支出（类）).
    """
    project = project_at_start(text)
    opened = subject_path(text)
    topic = (*above, *opened) if opened else (project,) if project else ()
    reader = _Reader(replace(base, project=project or base.project), topic, subject=topic)
    for found in _SENTENCE.finditer(text):
        if found[0].strip():
            reader.base = _dated(reader.base, found[0])
            yield from _sentence(reader, found[0], bool(_TARGETS.match(text)))


def _dated(base: Fact, sentence: str) -> Fact:
    """2024年，全县完成…: the year that opens a sentence holds for what follows, until another opens one."""
    opened, fiscal = _OPENING_YEAR.match(sentence), base.fiscal_year
    near = opened is not None and fiscal is not None and abs(int(opened[1]) - fiscal) <= 1
    return replace(base, fiscal_year=int(opened[1])) if opened and near else base


def _sentence(reader: _Reader, sentence: str, is_target: bool) -> Iterator[Fact]:
    as_of = _AS_OF.search(sentence)
    del reader.parents[1:]
    last, label = 0, ""
    names: list[str] = []
    for figure in _figures(sentence):
        if _LIMIT.match(sentence[figure.end :]):
            continue
        before = sentence[last : figure.start]
        if figure.start >= last:
            _note_parts(reader, before)
            _note_base(reader, before)
            names = _listed(before) or (names if re.fullmatch(r"[\s、，,和及]*", before) else [])
            yield from _level_fact(reader, before, sentence)
            label = names.pop(0) if names else name_of(before, reader.base.agency)
        stated = sentence[: figure.start]
        fact = _target(reader, figure, before) if _aims(figure, before, is_target) else None
        fact = fact or _fact(reader, figure, label, stated, before)
        quoted = replace(fact.source, quote=sentence.strip())
        yield replace(fact, source=quoted, period=as_of[1].replace(" ", "") if as_of else fact.period)
        last = max(last, figure.end)
    yield from _level_fact(reader, sentence[last:], sentence)
    if sentence.rstrip().endswith("。") and reader.parents:
        reader.subject = reader.parents[0][0]
        reader.parents.clear()
    _note_parts(reader, sentence[last:])


def _figures(sentence: str) -> list[Amount]:
    figures = list(find_amounts(sentence))
    for found in _BARE_TARGET.finditer(sentence):
        start, end = found.start(1), found.end(2)
        value = decimal_of(found[2])
        if value is not None and not any(a.start < end and start < a.end for a in figures):
            figures.append(Amount(value, "", sentence[start:end], _SIGNS.get(found[1], found[1]), False, start, end))
    return sorted(figures, key=lambda a: a.start)


def _note_base(reader: _Reader, before: str) -> None:
    """比2024年, 较上年: the year that the changes from here on are measured against."""
    against = _BASE.search(before)
    if against:
        fiscal = reader.base.fiscal_year
        reader.base_year = int(against[1]) if against[1] else fiscal and fiscal - 1


def _note_parts(reader: _Reader, before: str) -> None:
    """其中 after a figure: what follows is part of it, to the end of the sentence or the bracket."""
    if "）" in masked(before) and reader.parents:
        reader.parents.pop()
    if _PARTS.search(before) and reader.subject and reader.subject not in [path for path, _ in reader.parents]:
        reader.parents.append((reader.subject, reader.year))


def _listed(before: str) -> list[str]:
    """A、B、C分别为…: the names, in order."""
    text = re.sub(r"\s+", "", before)
    if not _EACH.search(text):
        return []
    head = re.sub(r"(?:累计|金额|比例|预算|安排)$", "", _EACH.sub("", text))
    hidden = masked(head)
    start = max((hidden.rfind(c) for c in "，,：:；。"), default=-1) + 1
    cuts = [start, *(m.start() for m in re.finditer(r"[、和及]", hidden) if m.start() >= start), len(head)]
    return [head[a:b].strip("、和及") for a, b in pairwise(cuts)]


def _aims(figure: Amount, before: str, is_target: bool) -> bool:
    return is_target or bool(figure.comparison and _INDICATOR.search(before.rstrip("，,（( ")))


def _target(reader: _Reader, figure: Amount, before: str) -> Fact:
    """产出指标-质量指标-项目完成率（…），指标值>=98%: the indicator is the clause before, cut at the dashes."""
    words = re.sub(r"^.*具体为[：:]|^\s*绩效指标[：:]", "", re.sub(r"\s+", "", before))
    words = re.sub(r"[，,]?指标值?(?:为|是|[：:])?$", "", unnumbered(words.lstrip("，,。；;、")))
    words = words if "-" in words else name_of(words)
    path = tuple(p.strip("（）()") if p.startswith(("（", "(")) else p for p in words.split("-") if p)
    last = path[-1] if path else None
    return _made(reader.base, figure, (*reader.topic, *path), kind="target", indicator=path, measure=last, subject=last)


def _fact(reader: _Reader, figure: Amount, label: str, stated: str, before: str) -> Fact:
    change = _change(reader, before)
    if change:
        return _changed(reader, figure, said(before), change)
    period = _PERIOD.search(label)
    if figure.unit == "%" and period and (_PLAN.search(stated) or re.fullmatch(r"\d{1,2}月底", label)):
        plan = next((c for c in reversed(clauses(stated)) if _PLAN.search(c)), "")
        measure = _PERIOD.split(plan)[0] or None
        path = (*reader.topic, measure or "", period[1])
        return _made(reader.base, figure, path, kind="schedule", measure=measure, period=period[1], subject=measure)
    return replace(_plain(reader, figure, label, before), period=period[1] if period else None)


def _plain(reader: _Reader, figure: Amount, label: str, before: str) -> Fact:
    """An amount, a count or a share: whose it is, and which figure of it."""
    base = reader.base
    label = re.sub(r"^[“\"].{2,50}[”\"]项目(?=.)", "", label) if base.project else label
    opened = subject_path(label)
    name, measure = (label, "") if opened else with_measure(label)
    reader.year = _year(reader, before)
    if reader.subject and (not label or is_measure(label) or _RATIO.search(label)):
        summed = label in ("合计", "总计") and reader.parents
        subject, measure = (reader.parents[-1][0] if summed else reader.subject), label
    elif reader.topic and (opened or label in reader.topic):
        subject = reader.topic
    else:
        subject = (*reader.above, *(opened or (name,))) if label else reader.topic
    phase = phase_in(label) or base.phase
    if not _RATIO.search(label):
        reader.subject, reader.phase = subject, phase
    last = subject[-1] if subject else None
    return _made(
        base, figure, (*subject, measure), measure=measure or last, phase=phase, fiscal_year=reader.year, subject=last,
        fund=fund_in(label) or base.fund,
    )  # fmt: skip


def _change(reader: _Reader, before: str) -> tuple[str, str] | None:
    """(direction, what changed) when the figure is an increase or a decrease, measured against some year."""
    if reader.base_year is None:
        return None
    label = said(before)
    found = _CHANGE.search(label)
    if not found:
        found = _CHANGED_OBJECT.search(label)
        return (found[1], found[2]) if found else None
    head = re.split(r"增加|增长|减少|下降|导致", _COMPARED.sub("", label)[: -len(found[0])])[-1]
    changed = bare(head, reader.base.agency).strip("，、")
    named = len(changed) > 1 and not is_measure(changed) and changed != "本年" and "相比" not in changed
    return found[1], changed if named else ""


def _changed(reader: _Reader, figure: Amount, label: str, change: tuple[str, str]) -> Fact:
    direction, changed = change
    subject = reader.subject or reader.topic or tuple(heading_subject(h) for h in reader.base.section[-1:])
    if changed and changed not in subject:
        subject = (*reader.above, changed)
    value = -figure.value if _DOWN.search(direction) else figure.value
    if figure.unit != "%":
        reader.subject = subject
    return _made(
        reader.base, replace(figure, value=value), (*subject, label), kind="change", measure=label,
        phase=reader.phase or reader.base.phase, base_year=reader.base_year, subject=subject[-1] if subject else label,
    )  # fmt: skip


def _level_fact(reader: _Reader, before: str, sentence: str) -> Iterator[Fact]:
    """与2024年预算持平: a change without a figure; none is invented."""
    found = _LEVEL.search(before)
    if not found or not reader.subject:
        return
    fiscal = reader.base.fiscal_year
    printed = re.sub(r"\s+", "", found[0])
    base = replace(reader.base, source=replace(reader.base.source, quote=sentence.strip()))
    level = _made(
        base, Amount(Decimal(0), "", printed), (*reader.subject, printed), kind="change", measure=printed,
        subject=reader.subject[-1], base_year=int(found[1]) if found[1] else fiscal and fiscal - 1,
        phase=reader.phase or base.phase,
    )  # fmt: skip
    yield replace(level, value=None)


def _year(reader: _Reader, before: str) -> int | None:
    """The year that the words before a figure state, else its parent's, else the document's; a date states none."""
    fiscal = reader.base.fiscal_year
    words = _COMPARED.sub("", re.sub(r"20\d\d年\s*(?:\d{1,2}\s*月|底|末)", "", before))
    stated = [y for y in years_in(words) if fiscal is None or abs(y - fiscal) <= 1]
    if stated:
        return stated[-1]
    if fiscal and re.search(r"上年(?!结转|结余|末)|去年", words):
        return fiscal - 1
    return reader.parents[-1][1] if reader.parents else fiscal


def _made(base: Fact, figure: Amount, path: tuple[str, ...], **known: object) -> Fact:
    plain: dict[str, object] = {
        "kind": "amount", "fiscal_year": base.fiscal_year, "indicator": (), "subject_code": None, "is_total": False,
        "depth": 0, "parent_row": None, "period": None, "base_year": None,
    }  # fmt: skip
    return replace(
        base, row_path=tuple(dict.fromkeys(p for p in path if p)), column_path=(), printed=figure.printed,
        value=figure.value, unit=figure.unit, comparison=figure.comparison, approximate=figure.approximate,
        **(plain | known),  # type: ignore[arg-type]
    )  # fmt: skip
