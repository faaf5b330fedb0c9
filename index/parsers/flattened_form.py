"""Project forms whose table lines were lost when a PDF was turned into text.

Order and labels are all that is left (DOMAIN, shape 6): labels are broken over
lines, a pair stands as "指标1：name  value", empty indicators as "指标2：". The
cells are rebuilt so that the form reads like any other table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.glossary import INDICATOR_LEVELS
from index.records import Cell, Grid, Paragraph

_INDICATOR = re.compile(r"^\s*指标\s*(\d+)\s*[：:]\s*(.*)$")
_GOAL = re.compile(r"目标\s*\d+\s*[：:]")
_TITLE = re.compile(r"^\s*(?:20\d\d年)?.{0,20}绩效目标(?:申报)?表\s*$")
_MONEY_PART = re.compile(
    r"(年度资金总额(?:（[^）]*）)?|其中：\s*财政拨款|其他资金)\s*[：:]?\s*([\d.,]+\s*(?:万元|元|万)?)?"
)
_PAIRS = ("项目名称", "主管部门", "实施单位", "项目属性", "项目期", "项目编码", "项目类别", "项目负责人", "联系电话")
_HEADS = ("一级指标", "二级指标", "三级指标", "指标值")


def is_flattened_form(lines: list[str]) -> bool:
    """Whether tab-free text is one or more project forms: a form's title and numbered indicators."""
    return any(_TITLE.match(line) for line in lines) and sum(bool(_INDICATOR.match(line)) for line in lines) >= 2


def read_forms(lines: list[str]) -> Iterator[Paragraph | Grid]:
    """A title paragraph and a grid for each form in the text."""
    starts = [i for i, line in enumerate(lines) if _TITLE.match(line)]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield Paragraph(lines[start].strip(), heading_level=2)
        yield _form([line for line in lines[start + 1 : end] if line.strip()])


def _form(lines: list[str]) -> Grid:
    rows: list[list[str]] = []
    goals: list[str] = []
    first_indicator = next((i for i, line in enumerate(lines) if _INDICATOR.match(line)), len(lines))
    money_head = _money_head(lines[:first_indicator])
    for line in lines[:first_indicator]:
        pairs = _pairs(line)
        money = [(m[1], m[2] or "") for m in _MONEY_PART.finditer(line)]
        if pairs:
            rows.extend([label, value] for label, value in pairs)
        elif money:
            rows.append([money_head, *(_tidy(t) for pair in money for t in pair)])
        else:
            goals.append(line)
    rows.extend(_goals(goals))
    rows.append(list(_HEADS))
    rows.extend(_indicators(lines[first_indicator - _labels_before(lines, first_indicator) :]))
    width = max(len(row) for row in rows)
    cells = [
        Cell(r, c, text, col_span=width - c if c == len(row) - 1 else 1)
        for r, row in enumerate(rows)
        for c, text in enumerate(row)
    ]
    return Grid(tuple(cells), len(rows), width)


def _money_head(lines: list[str]) -> str:
    joined = "".join(line.strip() for line in lines)
    found = re.search(r"项目资金\s*（?\s*(万元|元)?", joined)
    return f"项目资金（{found[1]}）" if found and found[1] else "项目资金"


def _pairs(line: str) -> list[tuple[str, str]]:
    places = sorted((m.start(), label) for label in _PAIRS if (m := re.search(rf"(?:^|\s){label}(?=\s|[：:]|$)", line)))
    pairs = []
    ends = [*(at for at, _ in places[1:]), len(line)]
    for (at, label), end in zip(places, ends, strict=False):
        value = line[at:end].strip()[len(label) :].strip(" ：:\u3000")
        pairs.append((label, value))
    return pairs


def _goals(lines: list[str]) -> list[list[str]]:
    text = "".join(line.strip() for line in lines)
    parts = re.split(r"(年度(?:总体)?绩效目标（[^）]*）|年度(?:总体)?绩效目标)", text)
    rows = []
    for label, body in zip(parts[1::2], parts[2::2], strict=True):
        goal = re.split(r"绩效指标一级|一级指标", body)[0].strip()
        if goal and _GOAL.search(goal):
            rows.append(["绩效目标", label, goal])
    return rows


def _labels_before(lines: list[str], first: int) -> int:
    """How many lines before the first indicator belong to its labels (产 / 出 / 指 / 标 / 数量指标)."""
    count = 0
    while first - count > 0 and "指标值" not in lines[first - count - 1].replace(" ", ""):
        count += 1
    return count


def _indicators(lines: list[str]) -> Iterator[list[str]]:
    first_level = second_level = ""
    fragment = ""
    for line in lines:
        found = _INDICATOR.match(line)
        if not found:
            fragment += re.sub(r"\s", "", line)
            continue
        labels, fragment = _split_labels(fragment), ""
        for label in labels:
            if label in INDICATOR_LEVELS["first"] and (label != "成本指标" or first_level == ""):
                first_level, second_level = label, ""
            else:
                second_level = label
        name, value = _name_and_value(found[2])
        if name:
            yield [first_level, second_level, name, value]


def _split_labels(fragment: str) -> list[str]:
    """Labels in a run of broken pieces: "产出指标数量指标" and, cut at a page's foot, "满意度指服务对象满意度指标"."""
    labels = []
    known = sorted({*INDICATOR_LEVELS["first"], *INDICATOR_LEVELS["second"]}, key=len, reverse=True)
    while fragment:
        whole = next((k for k in known if fragment.startswith(k)), None)
        cut = None if whole else next((k for k in known if fragment.startswith(k[:-1])), None)
        if whole or cut:
            labels.append(whole or str(cut))
            fragment = fragment[len(whole) if whole else len(str(cut)) - 1 :]
        else:
            fragment = fragment[1:]
    return labels


def _name_and_value(text: str) -> tuple[str, str]:
    parts = text.strip().rsplit(maxsplit=1)
    if len(parts) == 2:
        return re.sub(r"\s+", "", parts[0]), parts[1]
    return text.strip(), ""


def _tidy(text: str) -> str:
    return re.sub(r"\s+", "", text)
