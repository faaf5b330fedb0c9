"""Amounts in prose, with the words that name them.

Each figure gets ``row_path`` = (what its sentence is about, the words before the
figure), its sentence as quote, and its kind: a change ("较2024年增加21.20万元")
carries a sign and the year it is measured against, never an amount of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from index.amounts import Amount, find_amounts
from index.records import Document, Fact

_SENTENCE = re.compile(r"[^。；;！？\n]*(?:[。；;！？\n]|$)")
_CLAUSE_END = re.compile(r"[，,、：:（(]|其中|以及|和(?=\S{2,12}\d)")
_CHANGE = re.compile(r"(增加|增长|上升|提高|多|上涨|减少|下降|降低|压减|少|下调|缩减)了?(?:约|到)?$")
_DOWN = re.compile(r"减少|下降|降低|压减|^少|下调|缩减")
_BASE = re.compile(r"(?:比|较|与|同)\s*(?:(20\d\d)\s*年|(上年|去年|上一?年度|上年度|上年同期))")
_YEAR = re.compile(r"(20\d\d)\s*年(?!\s*\d{1,2}\s*月)")
_AS_OF = re.compile(r"截[至止]\s*(20\d\d年\s*\d{1,2}月\s*\d{1,2}日|20\d\d年(?:底|末))")
_LEAD = re.compile(r"^[^。；;]{0,80}")
_PERIOD = re.compile(r"(第[一二三四]季度|\d{1,2}月底|[上下]半年|年底)")
_PHASES = (("年初预算", "年初预算"), ("调整预算", "调整预算"), ("决算", "决算"), ("执行数", "执行"), ("预算", "预算"))
_FILLER = re.compile(
    r"^(?:其中|主要是|包括|分别为|分别是|分别|合计为|共计|以及|并|和|与|及|则|另外|同时|为|是|约|的|[：:，,、；;（(“\s])+|(?:为|是|约|共计|共|的|达到|达|[：:，,、（(\s])+$"
)
_SAYS_NOTHING = re.compile(r"^(?:指标值|目标值|数值|金额|预算数?|决算数?|总额|总计|合计|共计|资金|为|是|达到)+$")
_EACH = re.compile(r"((?:[^，。；、：\s]{1,16}[、和及])+[^，。；、：\s]{1,16}?)(?:累计|金额|比例|预算|安排)?分别(?:为|是|达到|达|安排|约)?$")
_RATIO = re.compile(r"占.{0,20}(?:比重|比例)?(?:为|的)?$|完成.{0,12}的?$")


def facts_of_text(text: str, base: Fact, document: Document) -> Iterator[Fact]:
    """Every amount of ``text`` as a fact made from ``base`` (the place, agency, region, year and phase)."""
    lead = _lead(text)
    for sentence in _sentences(text):
        base_year: int | None = None
        subject = ""
        last_end = 0
        as_of = _AS_OF.search(sentence)
        change_clause = ""
        names: list[str] = []
        for amount in find_amounts(sentence):
            before = sentence[last_end : amount.start]
            each = _EACH.search(before.rstrip())
            if each:
                names = re.split(r"[、和及]", each[1])
            elif not re.fullmatch(r"[\s、，,和及]*", before):
                names = []
            against = _BASE.search(before)
            if against:
                base_year = int(against[1]) if against[1] else (base.fiscal_year - 1 if base.fiscal_year else None)
            label = names.pop(0) if names else _label(before)
            change = _CHANGE.search(label)
            if change and not (against or base_year or re.search(r"[比较]", sentence[: amount.start])):
                change = None
            if change:
                change_clause = label[: change.start()] or change_clause
            elif label and not _RATIO.search(label):
                subject = label
            yield _fact(base, amount, sentence, lead, label, subject, change, base_year, as_of)
            last_end = amount.end


def _sentences(text: str) -> Iterator[str]:
    for found in _SENTENCE.finditer(text):
        if found[0].strip():
            yield found[0]


def _lead(text: str) -> str:
    """What the paragraph is about: its words up to the first stop, colon or figure."""
    first = re.split(r"[。；;：:]|主要用于|年初预算|\d[\d,.]*\s*(?:万|亿|元|%)", text, maxsplit=1)[0]
    return re.sub(r"\s+", "", first)[:60]


def _label(before: str) -> str:
    """The words that name a figure: the last clause before it, with the clause before when it says nothing itself."""
    clauses = _CLAUSE_END.split(before)
    label = re.sub(r"\s+", "", clauses[-1])
    if (not label or _SAYS_NOTHING.match(label)) and len(clauses) > 1:
        label = re.sub(r"\s+", "", f"{clauses[-2]}{clauses[-1]}")
    if ("）" in label or ")" in label) and len(clauses) > 1:
        label = re.sub(r"\s+", "", f"{clauses[-2]}（{clauses[-1]}")
    previous = None
    while previous != label:
        previous, label = label, _FILLER.sub("", label)
    return label


def _fact(
    base: Fact, amount: Amount, sentence: str, lead: str, label: str, subject: str, change: re.Match[str] | None,
    base_year: int | None, as_of: re.Match[str] | None,
) -> Fact:  # fmt: skip
    named = label if change is None or label[: change.start()] else f"{subject}{label}"
    years = [int(y) for y in _YEAR.findall(sentence[: amount.start])]
    stated = [y for y in years if y != base_year]
    year = stated[-1] if stated and as_of is None and abs(stated[-1] - (base.fiscal_year or stated[-1])) <= 1 else base.fiscal_year
    period = _PERIOD.search(label)
    phase = next((phase for word, phase in _PHASES if word in label), base.phase)
    path = tuple(p for p in dict.fromkeys((lead if lead != named else "", named)) if p)
    value = -amount.value if change is not None and _DOWN.search(change[1]) else amount.value
    return replace(
        base, kind="change" if change is not None else "amount", row_path=path, column_path=(), printed=amount.printed,
        value=value, unit=amount.unit, comparison=amount.comparison, approximate=amount.approximate, measure=named or None,
        source=replace(base.source, quote=sentence.strip()), base_year=base_year if change is not None else None,
        fiscal_year=year, phase=phase, period=as_of[1].replace(" ", "") if as_of else period[1] if period else None,
        indicator=(), subject=named or None, subject_code=None, is_total=False, depth=0, parent_row=None,
    )  # fmt: skip
