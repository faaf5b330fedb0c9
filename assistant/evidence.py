"""An answer's places and its calculation as numbered evidence, for a model to word and code to check."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from assistant.records import Answer, Citation
from index.amounts import find_amounts, read_cell

_BRACKETED = re.compile(r"[（(][^）)]{0,12}[）)]")
_NUMBERING = re.compile(
    r"^(?:第[一二三四五六七八九十]+部分|[（(]?[一二三四五六七八九十\d]{1,3}[）)、.．])\s*|^(?:其中|加|减)[：:]"
)
# In the form of one project the rows of its money are the project's own, whose name the title holds.
_PROJECT = re.compile(r"(?:^|[\d.、．\s）)])([^\d.、．\s（）()]{2,60}?)(?:项目)?(?:支出)?绩效目标(?:申报)?表")
_FORM_ROW = re.compile(r"预算规模及资金用途|项目资金|资金情况|年度资金总额|预算数")
_PLAIN_COLUMN = re.compile(
    r"(?:(?:19|20)\d\d年)?(?:年初|年度|本年|当年|全年)?(?:预算|决算|执行|调整预算|完成)?(?:数|金额|数额|数值|额)?|[合小总]计|"
    r"(?:绩效)?(?:指标|目标)?值|内容|收入|支出|项目"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing that a sentence may rest on.

    ``heading`` names document, agency, year and headings; ``text`` holds the figure with its heads, or the quoted
    sentence. ``label`` must be said where the figure is said ("" for prose, whose own words are the label).
    ``citation`` is the place among the answer's citations, None for the calculation; ``owner`` the region and
    agency that the piece is about; ``brief`` the heading as a model is shown it.
    """

    number: int
    heading: str
    text: str
    label: str
    citation: int | None
    year: int | None = None
    owner: str = ""
    brief: str = ""
    column: str = ""
    topic: str = ""
    names: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        return f"[{self.number}] {self.heading}｜{self.text}"


def evidence_of(answer: Answer, further: Sequence[Citation] = ()) -> tuple[Piece, ...]:
    """The citations of an answer in order, its calculation, then further passages, numbered from 1.

    ``Piece.citation`` counts through the answer's citations and the further ones.
    """
    pieces = [_cited(number, c) for number, c in enumerate(answer.citations, start=1)]
    if answer.calculation and answer.values:
        step, value = answer.calculation, answer.values[0]
        heading = " ".join(dict.fromkeys(pieces[i].heading for i in step.inputs if i < len(pieces)))
        text = f"{value.label}：{step.result}{step.unit}（{step.expression}）"
        pieces.append(Piece(len(pieces) + 1, heading, text, leaf(value.label.split(" ")), None))
    for place, citation in enumerate(further, start=len(answer.citations)):
        pieces.append(replace(_cited(len(pieces) + 1, citation), citation=place))
    return tuple(pieces)


def leaf(path: Iterable[str]) -> str:
    """The last name of a path without its number, brackets and figures."""
    names = [_BRACKETED.sub("", _NUMBERING.sub("", part.strip())) for part in path]
    named = [n for n in names if re.search(r"[一-鿿A-Za-z]", n) and not re.fullmatch(r"(?:19|20)\d\d年?", n)]
    return named[-1] if named else ""


def _cited(number: int, c: Citation) -> Piece:
    year = f"{c.fiscal_year}年" if c.fiscal_year else None
    parts = [c.agency, c.region, year, c.title, c.section, c.table]
    heading = " ".join(dict.fromkeys(p for p in parts if p))
    owner = f"{c.region or ''}{c.agency or ''}"
    nearest = c.table or (c.section or "").rpartition(" / ")[2]
    brief = " ".join(p for p in (c.agency or c.title, year, nearest) if p)
    topic = " ".join(p for p in (c.section, c.table) if p)
    names = tuple(p for p in (f"{c.region or ''}{c.agency or ''}", c.agency, c.title) if p)
    if c.quote is not None and c.cell is None:
        return Piece(number, heading, c.quote, "", number - 1, c.fiscal_year, owner, brief, "", topic, names)
    path = " ".join(p for p in (c.row, c.column) if p)
    cell = c.cell or ""
    read = read_cell(cell)
    unit = c.unit or "" if read is not None and not read.unit else ""
    if read is None and not list(find_amounts(cell)):
        unit = ""
    label = leaf((c.row or "").split(" / "))
    project = _PROJECT.search(c.table or c.section or "")
    if project and _FORM_ROW.fullmatch(label):
        label = project[1]
    column = leaf((c.column or "").split(" / "))
    if _PLAIN_COLUMN.fullmatch(column):
        column = ""
    text = f"{path}：{cell}{unit}"
    return Piece(number, heading, text, label, number - 1, c.fiscal_year, owner, brief, column, topic, names)
