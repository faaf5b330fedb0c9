"""The words of a sentence that name its figures, without numbering, office, year and filler.

Brackets and quotation marks are kept whole: a comma inside 《…》 or “…” ends no clause.
"""

from __future__ import annotations

import re

_PAIRS = {"（": "）", "(": ")", "“": "”", "《": "》", "【": "】", "「": "」"}
_CLAUSE_END = re.compile(r"[，,：:；;。（(）)]|^、|其中|包括|以及")
_FILLER = re.compile(
    r"^(?:其中|主要是|主要为|主要原因(?:是|为)?|原因(?:是|为)?|包括|分别(?:为|是)?|以及|并|和|与|及|则|另外|同时|此外|为|是|约|的|中[，,]|"
    r"[：:，,、；;（(）)\s\-])+"
    r"|(?:为|是|约|共计|共|的|达到|达|各|[：:，,、（(\s])+$"
)
_NUMBERING = re.compile(
    r"^\s*(?:\d{1,2}\s*[.．、](?!\d)|[（(]\s*(?:\d{1,2}|[一二三四五六七八九十]{1,3})\s*[）)]|[一二三四五六七八九十]{1,3}\s*[、.．]|"
    r"\d{1,2}(?=(?:产出|效果|效益|满意度|成本)指标))\s*"
)
_WHO = re.compile(
    r"^(?:20\d\d\s*年度?(?!底|末|初)[，,]?|(?:本|我|全|该)(?:部门|单位|局|委|办|区|县|市)(?=\S{3})|当年(?!预算)|目前[，,]?)+"
)
_SAYS_NOTHING = re.compile(r"^(?:指标值|目标值|数值|金额|资金|总额|为|是|达到)+$")
_MEASURE = re.compile(
    r"^(?:(?:当年|本年|全年|上年)?(?:年初|调整后?|预计)?(?:预算|决算|执行|安排)+(?:执行数|安排|数|金额|总额|合计|总计)?|(?:支出|收入)决算数?|合计|总计|共计)$"
)
_WITH_MEASURE = re.compile(r"^(.{3,}?)((?:当年)?(?:(?:年初|调整后?)预算数?|(?:支出|收入)?决算数?|(?:预算)?执行数))$")
_FIRST_FILLER = re.compile(r"^(?:其中|主要是|主要为|主要原因(?:是|为)?|原因(?:是|为)?|并|和|及|[：:，,、；;（(）)\s])+")
_LEVEL_MARK = re.compile(r"[（(](?:类|款|项)[）)]")
_QUOTED_SUBJECT = re.compile(r"^[“\"]([^”\"]{2,90})[”\"]\s*(?:科目)?")
_PROJECT = re.compile(r"^[“\"]([^”\"]{2,50})[”\"]\s*(?:项目|专项)")


def masked(text: str) -> str:
    """``text`` with balanced brackets and quotations as NUL characters, place for place."""
    out = list(text)
    stack: list[tuple[str, int]] = []
    for at, char in enumerate(text):
        if char in _PAIRS:
            stack.append((char, at))
        elif stack and char in (_PAIRS[stack[-1][0]], {"（": ")", "(": "）"}.get(stack[-1][0])):
            start = stack.pop()[1]
            out[start : at + 1] = "\0" * (at + 1 - start)
    return "".join(out)


def unnumbered(text: str) -> str:
    """``text`` without the numbering at its start."""
    previous = None
    while previous != text:
        previous, text = text, _NUMBERING.sub("", text)
    return text


def clauses(text: str) -> list[str]:
    """The clauses of ``text`` in order, without white space; brackets stay with the clause that they belong to."""
    text = re.sub(r"\s+", "", unnumbered(text))
    hidden = masked(text)
    cuts = [0, *(at for m in _CLAUSE_END.finditer(hidden) for at in (m.start(), m.end())), len(text)]
    return [piece for a, b in zip(cuts[::2], cuts[1::2], strict=True) if (piece := text[a:b])]


def name_of(before: str, agency: str | None = None) -> str:
    """The name of the figure that follows ``before``: its last clause that says something; "" when none does."""
    found = clauses(before)
    label = ""
    for piece in reversed(found[-2:]):
        label = bare(piece + label, agency)
        if label and not _SAYS_NOTHING.match(label):
            break
    return label


def with_measure(label: str) -> tuple[str, str]:
    """(what, which figure of it): 公务接待费决算 -> (公务接待费, 决算); "" for the second when there is none."""
    found = _WITH_MEASURE.match(label)
    return (bare(found[1]), found[2]) if found else (label, "")


def said(before: str) -> str:
    """The last clause before a figure as printed, with the clause before when that names the year compared with."""
    found = clauses(before)
    last = found[-1] if found else ""
    if len(found) > 1 and found[-2].endswith(("相比", "对比", "比较")):
        last = f"{found[-2]}，{last}"
    return _FIRST_FILLER.sub("", last)


def bare(label: str, agency: str | None = None) -> str:
    """A name without numbering, office, year in front and filler at its ends."""
    previous = None
    while previous != label:
        previous = label
        label = _FILLER.sub("", _WHO.sub("", unnumbered(label)))
        if agency and label.startswith(agency) and len(label) > len(agency) + 2:
            label = re.sub(r"^[（(][^）)]{2,8}[）)]", "", label[len(agency) :])
        if label.startswith(("“", '"')) and label.endswith(("”", '"')) and not re.search(r"[”\"]", label[1:-1]):
            label = label[1:-1]
    return label


def is_measure(label: str) -> bool:
    """Whether a label only says which figure of its subject it is (年初预算数, 支出决算), not whose."""
    return bool(_MEASURE.match(label))


def subject_path(text: str) -> tuple[str, ...]:
    """The subject that a text opens with, from 类 to 项: “A-B-C”科目, A（类）B（款）C（项）, B（款）C（项）; else ()."""
    text = re.sub(r"\s+", "", unnumbered(text))
    quoted = _QUOTED_SUBJECT.match(text)
    named = quoted[1] if quoted else re.split(r"[。，；：]|(?<![\d,.])\d[\d,.]*(?:万|亿|元)", text, maxsplit=1)[0]
    *levels, rest = _LEVEL_MARK.split(named)
    if levels and all(levels):
        return (f"{levels[0]}支出",) if len(levels) == 1 and rest.startswith("支出") else tuple(levels)
    if quoted and "-" in named and "科目" in quoted[0]:
        return tuple(named.split("-"))
    return ()


def heading_subject(heading: str) -> str:
    """What a heading is about: 三、机关运行经费支出预算表情况说明 -> 机关运行经费支出预算."""
    return bare(re.sub(r"(?:预算表|决算表|表)?(?:的?总体)?(?:情况)?(?:的?说明)?[：:。]?$", "", re.sub(r"\s+", "", heading)))


def project_at_start(text: str) -> str | None:
    """The project that a paragraph opens with: 1.“X”项目年初预算…"""
    found = _PROJECT.match(re.sub(r"\s+", "", unnumbered(text)))
    return found[1] if found else None
