"""The project that a form or a section of a document is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from index.records import Cell, Passage, Section
from index.row_tree import TOTAL
from index.tables import DataCell, Layout, read_layout

_NAME = re.compile(r"^项目名称[：:]?$")
_INDICATOR_HEAD = re.compile(r"[一二三]级指标")
_LISTED = re.compile(r"(?:项目|专项|专项资金|采购项目)名称")
_CODE = re.compile(r"^项目(?:编码|代码)[：:]?$")
_FORM_TITLE = re.compile(
    r"^\s*(?:\d{1,3}\s*[.．、]|[（(]?[一二三四五六七八九十]+[）)、])?\s*(.+?)(?:项目)?(?:支出)?(?:预算)?绩效目标(?:申报)?表"
)
_GENERIC = re.compile(r"^(?:20\d\d年?度?)?(?:部门|单位|项目|支出|预算|整体|专项|资金|财政|区级|市级|省级|县级|本级)*$")
_INSIDE = re.compile(r"项目概述|立项依据|实施主体|实施方案|实施周期")
_ABOUT = re.compile(r"(?:项目)?(?:经费|支出|预算)?(?:情况)?说明$")
_UNNAMED = re.compile("项目(?:经费|支出|预算)?(?:情况)?说明")
_TOLD = re.compile(r"(?:实施|建设|承担|组织)的[“\"]?([^，。；：“”\"]{4,30}?(?:项目|工程|专项))[”\"]?(?=[，。；（(])")
_REVIEWED = re.compile(r"^([^，。：:；]{3,40}?)(?:项目)?(?:绩效)?自评(?:综述|情况|结果)?[：:]")
_NUMBERING = re.compile(r"^\s*(?:\d{1,3}\s*[.．、]|[（(]?[一二三四五六七八九十]{1,3}[）)、.．])\s*")


def project_of(title: str, layout: Layout) -> tuple[str | None, str | None]:
    """The one project that a form is about, and its code; (None, None) for a list of many."""
    names, codes = [], []
    for data in layout.data:
        label = re.sub(r"\s", "", data.row_heads[-1].text) if data.row_heads and not data.column_heads else ""
        if _NAME.match(label):
            names.append(re.sub(r"\s+", "", data.cell.text))
        elif _CODE.match(label):
            codes.append(re.sub(r"\s+", "", data.cell.text))
    if len(set(names)) == 1 and names[0]:
        return names[0], codes[0] if codes else None
    titled = _FORM_TITLE.match(title)
    if not names and titled and not _GENERIC.match(titled[1]) and "整体" not in titled[1]:
        return titled[1], None
    return None, None


def projects_of_rows(title: str, names: Iterable[DataCell]) -> dict[tuple[int, int], str]:
    """The projects that head rows, by the place of their cell in a column 项目名称 or 专项资金名称; totals are none.

    Other tables head their lines so too (项目名称 over 一、财政拨款): a list of projects says so in its title or has
    indicators, and does not number its lines.
    """
    heads = [(n.cell, re.sub(r"\s", "", n.column_heads[-1].text)) for n in names if n.column_heads]
    listed = re.search("项目|专项", title) or any(_INDICATOR_HEAD.fullmatch(head) for _, head in heads)
    named = [(c, re.sub(r"\s+", "", c.text)) for c, head in heads if _LISTED.fullmatch(head)]
    if not listed or any(_NUMBERING.match(name) for _, name in named):
        return {}
    return {(c.row, c.col): name for c, name in named if not TOTAL.match(name)}


def project_of_cells(title: str, cells: Sequence[Cell], rows: int, cols: int) -> str | None:
    """The project that a grid is about, None for most grids; only forms are read for it."""
    if not any(_NAME.match(re.sub(r"\s", "", c.text)) for c in cells) and not _FORM_TITLE.match(title):
        return None
    return project_of(title, read_layout(cells, rows, cols))[0]


def projects_told(passages: Iterable[Passage]) -> dict[str, str]:
    """Headings that only say that a project is described (项目经费情况说明), with its name where the text below tells one.

    A heading that stands over several projects names none.
    """
    found: dict[str, set[str]] = {}
    for passage in passages:
        above = next((h for h in passage.section if _UNNAMED.fullmatch(_NUMBERING.sub("", h))), None)
        told = _TOLD.search(passage.text) if above else None
        if above and told:
            found.setdefault(above, set()).add(told[1])
    return {heading: names.pop() for heading, names in found.items() if len(names) == 1}


def project_reviewed(text: str) -> str | None:
    """The project that a paragraph reviews: 1.某项目自评综述：全年预算数为…."""
    found = _REVIEWED.match(_NUMBERING.sub("", text))
    return found[1].strip("“”\"") if found else None


def projects_by_heading(sections: Iterable[Section]) -> dict[str, str]:
    """Headings of parts that describe one project each (项目概述, 立项依据 … stand below them), with its name."""
    return {
        above: name
        for section in sections
        if _INSIDE.search(section.heading)
        for above in section.path[-1:]
        if (name := _ABOUT.sub("", _NUMBERING.sub("", above)).strip()) and not _INSIDE.search(above)
    }
