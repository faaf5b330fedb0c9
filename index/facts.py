"""Document -> facts: the figures, targets, steps, texts and blanks of its tables, the amounts of its prose."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from index.amounts import Amount, comparison_sign, money_unit, read_cell, unit_named
from index.fact_terms import LAST_YEAR, fund_in, phase_in, years_in
from index.glossary import INDICATOR_LEVELS
from index.identity import is_office
from index.projects import project_of, project_reviewed, projects_by_heading, projects_of_rows, projects_told
from index.prose_facts import facts_of_text
from index.prose_names import subject_path
from index.records import Cell, Document, Fact, FactKind, Passage, SourceRef, Table
from index.row_heads import with_row_heads
from index.row_tree import TOTAL, Place, Row, clean_label, join_codes, tree
from index.tables import DataCell, Layout, read_layout

_PERIOD = re.compile(r"^(\d{1,2}月底|第?[一二三四1-4]季度|[上下]半年|年底|全年)$")
_SCHEDULE = re.compile(r"支出计划|支出进度|用款计划|资金计划")
_HEAD_UNIT = re.compile(
    r"[（(](?:金额|计量)?(?:单位[：:])?\s*(亿元|百万元|万元|千元|百元|元|%|平方米|人次|人|个|台|辆|套|次)[^）)]*[）)]"
)
_HEAD_SHARE = re.compile(r"占比|比重|比例|增减%|增长率|完成率|％|%|百分比|幅度")
_NO_MONEY = re.compile(r"权重|分值|得分|数量|面积|人数|个数|编制|户数|次数|序号|栏次|台数|辆数|计量")
_SIGN_HEAD = re.compile(r"(?:指标|绩效)?(?:性质|方向|符号)|(?:比较|计算|运算)(?:符号?|关系)")
_UNIT_HEAD = re.compile(r"(?:度量|计量|指标值?|指标值计量)?单位")
_CHANGE_HEAD = re.compile(r"增减|增长|(?:较|比|同)上年|同比")
_YEAR_ROW = re.compile(
    r"(?:20\d\d年?度?|上年度?|本年度?)(?:年初)?(?:预算|决算|执行)数?"
    r"|(?:年初|调整|全年)?预算数?|(?:支出)?决算数?|(?:全年|预计)?执行数"
)
_RATIO_HEAD = re.compile(r"[为占是](?:20\d\d年|上年|去年|上一年)[^/]*[%％比]")
_EXECUTED = re.compile(r"(?:预算|收支).{0,6}执行情况|决算情况")
_AS_OF = re.compile(r"截[止至](?:时间|日期)?[：:]?\s*(20\d\d)[-年./](\d{1,2})[-月./](\d{1,2})")
_EMPTY_NOTE = re.compile(
    r"空表|无此|无该|无.{0,40}(?:预算|决算|支出|拨款|收支|安排|数据|经费|项目|内容)|不涉及|无数据|没有"
)


@dataclass(frozen=True, slots=True)
class _TableContext:
    document: Document
    table: Table
    layout: Layout
    places: dict[tuple[int, int], Place]
    project: str | None
    project_code: str | None
    as_of: str | None
    figures: frozenset[int]
    bounds: dict[int, tuple[str | None, str]]
    projects: dict[tuple[int, int], str]


def facts_of(document: Document) -> list[Fact]:
    """All facts of a document in reading order; ids come from the place, so a second run gives the same."""
    facts: list[Fact] = []
    projects = projects_by_heading(document.sections) | projects_told(document.passages)
    for block in document.blocks:
        if isinstance(block, Table):
            facts.extend(_table_facts(document, block))
        else:
            project = next((projects[h] for h in reversed(block.section) if h in projects), None)
            facts.extend(_passage_facts(document, block, project))
    return facts


def _table_facts(document: Document, table: Table) -> Iterator[Fact]:
    layout = read_layout(table.cells, table.rows, table.cols)
    layout = replace(layout, data=with_row_heads(layout, table.cells))
    project, code = project_of(table.title, layout)
    context = _TableContext(
        document, table, layout, _row_places(layout), project or table.project, code, _as_of(table), _figure_columns(layout),
        _bounds_by_row(layout), projects_of_rows(table.title, layout.names),
    )  # fmt: skip
    any_figure = False
    for data in layout.data:
        fact = _cell_fact(context, data)
        if fact is None:
            continue
        any_figure = any_figure or bool(fact.value) or fact.kind == "target"
        yield fact
        if fact.kind == "text" and len(fact.printed) > 6:
            yield from _amounts_in_cell(fact)
    if not any_figure:
        yield from _empty_note(context)


def _as_of(table: Table) -> str | None:
    """截止时间：2024-12-31 above a table, as 2024年12月31日."""
    found = next((m for c in table.captions if (m := _AS_OF.search(c))), None)
    return f"{found[1]}年{int(found[2])}月{int(found[3])}日" if found else None


def _bounds_by_row(layout: Layout) -> dict[int, tuple[str | None, str]]:
    """The comparison and the unit of a target that stand in cells of their own (指标性质 | 指标值 | 度量单位), by row."""
    found: dict[int, tuple[str | None, str]] = {}
    for data in layout.data:
        head = _squeezed(data.column_heads[-1].text) if data.column_heads else ""
        sign, unit = found.get(data.cell.row, (None, ""))
        if _SIGN_HEAD.fullmatch(head):
            found[data.cell.row] = (comparison_sign(data.cell.text), unit)
        elif _UNIT_HEAD.fullmatch(head):
            found[data.cell.row] = (sign, unit_named(data.cell.text))
    return found


def _base(context: _TableContext, block_id: str) -> Fact:
    document, table = context.document, context.table
    year = table.fiscal_year or (int(document.fiscal_year.value) if document.fiscal_year else None)
    return Fact(
        id=f"{block_id}", kind="amount", source=SourceRef(document.id, block_id), row_path=(), column_path=(),
        printed="", value=None, unit="", table=table.title, section=table.section,
        agency=table.agency or (document.agency.value if document.agency else None),
        region=document.region.value if document.region else None, fiscal_year=year,
        phase=phase_in(table.title) or (document.phase.value if document.phase else None),
        fund=fund_in(table.title), project=context.project, project_code=context.project_code,
    )  # fmt: skip


def _empty_note(context: _TableContext) -> Iterator[Fact]:
    """A table without figures is an answer of its own when a note says why it is empty."""
    for number, note in enumerate(context.table.notes):
        if _EMPTY_NOTE.search(note):
            base = _base(context, context.table.id)
            page = context.table.pages[-1] if context.table.pages else None
            source = replace(base.source, page=page, quote=note)
            yield replace(base, id=f"{context.table.id}-n{number}", kind="empty", source=source, printed=note)
            return


def _row_places(layout: Layout) -> dict[tuple[int, int], Place]:
    """The place of each row in its list, by (row, list): two lists may stand side by side."""
    figures = _figure_columns(layout)
    sides: dict[int, dict[int, Row]] = {}
    for data in layout.data:
        named = _naming_head(data)
        if named is not None and data.column_heads:
            heads = tuple(_squeezed(h.text) for h in data.row_heads)
            code = join_codes([h for h in heads if re.fullmatch(r"\d{1,9}", h)])
            side = _side(data, figures)
            path = tuple(h for h in heads if not h.isdigit())
            known = sides.setdefault(side, {}).get(data.cell.row)
            if known is None or len(path) > len(known.path):
                unit = code is None and any(re.fullmatch(r"\d{6,9}", h) for h in heads)
                sides[side][data.cell.row] = Row(data.cell.row, named.text, code, path, unit)
    places = {}
    for side, rows in sides.items():
        for row, place in tree([rows[r] for r in sorted(rows)]).items():
            places[row, side] = place
    if len({p.unit for p in places.values() if p.unit}) < 2:  # the paper's own office, named once more
        places = {at: replace(place, unit=None) for at, place in places.items()}
    return places


def _figure_columns(layout: Layout) -> frozenset[int]:
    return frozenset(d.cell.col for d in layout.data if d.column_heads and read_cell(d.cell.text))


def _side(data: DataCell, figures: frozenset[int]) -> int:
    """Which list of a row a cell belongs to: the number of figure columns left of its heads."""
    first = min((h.col for h in data.row_heads), default=0)
    return sum(f < first for f in figures)


def _lone_place(label: str) -> Place:
    """The place of a row that stands in no list."""
    total = bool(TOTAL.match(label))
    return Place(-1 if total else 0, None, total)


def _project_of_row(context: _TableContext, data: DataCell) -> str | None:
    return next((p for h in data.row_heads if (p := context.projects.get((h.row, h.col)))), None)


def _naming_head(data: DataCell) -> Cell | None:
    words = [h for h in data.row_heads if not re.fullmatch(r"[\d\s]*", h.text)]
    return words[-1] if words else (data.row_heads[-1] if data.row_heads else None)


def _cell_fact(context: _TableContext, data: DataCell) -> Fact | None:
    table, cell = context.table, data.cell
    base = _base(context, table.id)
    rows = tuple(_squeezed(h.text) for h in data.row_heads)
    columns = tuple(_squeezed(h.text) for h in data.column_heads)
    amount = read_cell(cell.text)
    code = join_codes([r for r in rows if re.fullmatch(r"\d{1,9}", r)])
    named = _naming_head(data)
    label = _squeezed(named.text) if named is not None else ""
    place = context.places.get((cell.row, _side(data, context.figures)), _lone_place(label))
    fact = replace(
        base, id=f"{table.id}-r{cell.row}c{cell.col}", row_path=tuple(r for r in rows if r),
        column_path=tuple(c for c in columns if c), printed=cell.text.strip(), subject_code=code,
        source=SourceRef(context.document.id, table.id, cell.row, cell.col, cell.page),
        subject=clean_label(label) or None, measure=columns[-1] if columns else (rows[-1] if rows else None),
        is_total=place.is_total, depth=place.depth, parent_row=place.parent,
        agency=place.unit if place.unit and is_office(place.unit) else base.agency,
    )  # fmt: skip
    fact = _dated(replace(fact, project=fact.project or _project_of_row(context, data)), (*columns, *filter(_YEAR_ROW.fullmatch, rows)))
    if not cell.text.strip():
        return replace(fact, kind="empty") if rows or columns else None
    if _is_schedule(rows, columns):
        period = next((h for h in (*reversed(columns), *rows) if _PERIOD.match(h)), None)
        if amount and period:
            unit = amount.unit or _head_unit((*rows, *columns)) or "%"
            return _figure(fact, amount, "schedule", unit, period)
    indicator = _indicator(rows)
    if indicator and columns and re.search(r"^(?:年度|预期)?(?:指标|目标)?值(?:[（(].*)?$", columns[-1]):
        fact = replace(fact, indicator=indicator, measure=indicator[-1], kind="target")
        if amount:
            sign, unit = context.bounds.get(cell.row, (None, ""))
            amount = replace(amount, comparison=amount.comparison or sign)
            return _figure(fact, amount, "target", amount.unit or unit or _head_unit((rows[-1],)) or "")
        return fact
    if amount is None or _is_code_cell(rows, columns, cell.text):
        return replace(fact, kind="text", indicator=indicator)
    unit = amount.unit or _unit(context, rows, columns)
    if any(_CHANGE_HEAD.search(c) for c in columns):
        return replace(_figure(fact, amount, "change", unit), base_year=fact.fiscal_year and fact.fiscal_year - 1)
    return _figure(fact, amount, "amount", unit, context.as_of)


def _figure(fact: Fact, amount: Amount, kind: FactKind, unit: str, period: str | None = None) -> Fact:
    return replace(
        fact, kind=kind, value=amount.value, unit=unit, comparison=amount.comparison, approximate=amount.approximate,
        period=period,
    )  # fmt: skip


def _dated(fact: Fact, heads: Sequence[str]) -> Fact:
    """Year, phase and fund that a column's own heads, or a row's that is named by them alone, state."""
    text = "/".join(heads)
    # 预算数为上年执行数的%: a share of this year's figure, measured against another.
    text = _RATIO_HEAD.sub("", text)
    years = set(years_in(text))
    if _CHANGE_HEAD.search(text):
        return replace(fact, phase=phase_in(text) or fact.phase, fund=fund_in(text) or fact.fund)
    year = years.pop() if len(years) == 1 else fact.fiscal_year
    if not years and LAST_YEAR.search(text) and fact.fiscal_year and not re.search(r"结转|结余", text):
        year = fact.fiscal_year - 1
    return replace(fact, fiscal_year=year, phase=phase_in(text) or fact.phase, fund=fund_in(text) or fact.fund)


def _unit(context: _TableContext, rows: Sequence[str], columns: Sequence[str]) -> str:
    """The unit of a figure: from its column's head, from its row's head, else the table's one unit."""
    heads = [*reversed(columns), *reversed(rows)]
    for head in heads:
        found = _HEAD_UNIT.search(head)
        if found:
            return money_unit(found[1]) or found[1]
    if any(_HEAD_SHARE.search(h) for h in columns):
        return "%"
    if any(_NO_MONEY.search(h) for h in columns):
        return ""
    return context.table.unit or ""


def _head_unit(heads: Sequence[str]) -> str | None:
    for head in reversed(heads):
        if re.search(r"[（(]\s*[%％]\s*[）)]", head):
            return "%"
        found = _HEAD_UNIT.search(head)
        if found:
            return found[1]
    return None


def _is_schedule(rows: Sequence[str], columns: Sequence[str]) -> bool:
    return any(_SCHEDULE.search(r) for r in (*rows, *columns)) or any(re.fullmatch(r"\d{1,2}月底", c) for c in columns)


def _indicator(rows: Sequence[str]) -> tuple[str, ...]:
    """The indicator path when the row stands under 产出指标, 效益指标 and the like."""
    levels = {*INDICATOR_LEVELS["first"], *INDICATOR_LEVELS["second"]}
    start = next((i for i, r in enumerate(rows) if r in levels), None)
    return tuple(rows[start:]) if start is not None and len(rows) > start + 1 else ()


def _is_code_cell(rows: Sequence[str], columns: Sequence[str], text: str) -> bool:
    head = columns[-1] if columns else rows[-1] if rows else ""
    coded = re.search(r"编码|代码|电话|序号|目录|^[类款项]$", head)
    return coded is not None and bool(re.fullmatch(r"[\dA-Za-z\s.\-]+", text.strip()))


def _amounts_in_cell(fact: Fact) -> Iterator[Fact]:
    """Amounts inside a filled-in text: 舆情通软件服务费19.05万，…"""
    if re.search(r"名称|编码|电话|日期", fact.measure or "") or fact.indicator:
        return
    for number, found in enumerate(facts_of_text(fact.printed, fact)):
        yield replace(found, id=f"{fact.id}-a{number}", row_path=(*fact.row_path, *found.row_path))


def _passage_facts(document: Document, passage: Passage, project: str | None) -> Iterator[Fact]:
    year = int(document.fiscal_year.value) if document.fiscal_year else None
    base = Fact(
        id=passage.id, kind="amount", source=SourceRef(document.id, passage.id, page=passage.page), row_path=(),
        column_path=(), printed="", value=None, unit="", section=passage.section,
        agency=passage.agency or (document.agency.value if document.agency else None),
        region=document.region.value if document.region else None, fiscal_year=year,
        phase=document.phase.value if document.phase else None, project=project or project_reviewed(passage.text),
    )  # fmt: skip
    base = _executed(base)
    above = tuple(name for heading in passage.section for name in subject_path(heading))
    for number, fact in enumerate(facts_of_text(passage.text, base, above)):
        yield replace(fact, id=f"{passage.id}-a{number}")


def _executed(base: Fact) -> Fact:
    """Prose under 2024年预算执行情况 tells of that year, whatever year the document budgets for."""
    heading = base.section[-1] if base.section else ""
    years = set(years_in(heading))
    if len(years) != 1 or not _EXECUTED.search(heading):
        return base
    return replace(base, fiscal_year=years.pop(), phase=phase_in(heading) or base.phase)


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)
