"""Questions over tables that are no budget papers (lists of staff, of contracts, of assets): the cell engine answers.

What it finds is inferred from the wording of heads alone. A measured probability decides: a sure result is an
answer, a likely one is shown and asked back, another is no answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.cells.candidates import Candidate, table_candidates
from assistant.cells.certainty import certainty
from assistant.cells.frames import number
from assistant.cells.operations import answer
from assistant.cells.wording import Result
from assistant.records import Answer, Calculation, Citation, Value
from index.amounts import plain, read_cell, unit_named
from index.fact_store import DocumentRow, FactStore
from index.records import Table
from index.words import cut

SURE = 0.8
LIKELY = 0.5
MOST_CELLS = 3_000
"""Cells that are ranked for one question; larger tables than that are left to search."""
MOST_TRIED = 3
_MOST_TOLD = 6
_BRACKETED = re.compile(r"[（(](?:单位[:：]?)?([^（）()]{1,6})[）)]")
_CALLED = {
    "sum": "合计", "average": "平均", "count": "数量", "difference": "差额", "ratio": "比例", "growth": "增长率",
}  # fmt: skip
_OPERATION = {"highest": "rank", "lowest": "rank"}


def from_tables(question: str, rows: Sequence[DocumentRow], store: FactStore) -> Answer | None:
    """The answer of the likeliest of these documents; None where no result is even likely."""
    for row in _likely(question, rows, store):
        tables = {b.id: b for b in store.blocks(row.id) if isinstance(b, Table)}
        if not tables or sum(len(t.cells) for t in tables.values()) > MOST_CELLS:
            continue
        candidates = [c for t in tables.values() for c in _candidates(t)]
        result = answer(question, candidates)
        sure = certainty(question, result, candidates)
        if sure >= LIKELY and result.text:
            return _told(question, result, sure, row, tables)
    return None


def _candidates(table: Table) -> list[Candidate]:
    around = tuple(t for t in (table.title, *table.captions) if t)
    return table_candidates(table.cells, table.rows, table.cols, table=table.id, context=around)


def _likely(question: str, rows: Sequence[DocumentRow], store: FactStore) -> list[DocumentRow]:
    """The documents whose text shares most with the question, best first."""
    if len(rows) == 1:
        return list(rows)
    by_id = {row.id: row for row in rows}
    found = store.search_text(cut(question), 4 * MOST_TRIED, list(by_id))
    chunks = {c.id: c.document_id for c in store.chunks([chunk for chunk, _ in found])}
    return [by_id[d] for d in dict.fromkeys(chunks[chunk] for chunk, _ in found if chunk in chunks)][:MOST_TRIED]


def _told(question: str, result: Result, sure: float, row: DocumentRow, tables: dict[str, Table]) -> Answer:
    citations = tuple(_citation(c, row, tables[c.table]) for c in result.cells)
    numbers = tuple(range(len(citations)))
    calculation = None
    if result.operation in _CALLED and result.values:
        units = {c.unit or "" for c in citations}
        unit = "" if len(units) > 1 or result.operation in ("count", "ratio", "growth") else units.pop()
        called, value = _CALLED[result.operation], plain(result.values[0])
        values: tuple[Value, ...] = (Value(called, value, unit, numbers),)
        text = f"{called}：{value}{unit}（{len(numbers)} 格，见出处）"
        if result.operation != "count" and result.expression:
            text += f"\n计算：{result.expression} = {value}{unit}"
            calculation = Calculation(result.operation, result.expression, numbers, value, unit)  # type: ignore[arg-type]
    else:
        values = tuple(v for c, n in zip(citations, numbers, strict=True) if (v := _value(c, n)) is not None)
        lines = [f"{_label(c)}：{c.cell}" for c in citations]
        listed = "\n".join(lines) if len(lines) <= _MOST_TOLD else result.text
        text = result.text if result.operation in ("check", *_OPERATION) and result.text not in listed else listed
    note = f"《{row.title or row.file}》不是预决算公开文件，此答按表头字样推断，把握约 {sure:.0%}，请与原表核对"
    if sure >= SURE:
        return Answer(question, "answered", text, values, calculation, citations, notes=(note,), confidence=round(sure, 3))
    text = f"不能确定所问的是不是下面的内容，请换用表中的字样再问，或直接查看出处：\n{text}"
    return Answer(question, "clarify", text, citations=citations, notes=(note,), confidence=round(sure, 3))


def _citation(c: Candidate, row: DocumentRow, table: Table) -> Citation:
    cell = next(x for x in table.cells if (x.row, x.col) == c.key)
    return Citation(
        document_id=row.id, file=row.file, title=row.title, section=" / ".join(table.section) or None, table=table.title,
        row=" / ".join(c.row_path) or None, column=" / ".join(c.column_path) or None, cell=c.text,
        unit=_unit(c, table), page=cell.page, table_id=table.id, cell_row=cell.row, cell_col=cell.col, confidence=cell.confidence,
    )  # fmt: skip


def _unit(c: Candidate, table: Table) -> str | None:
    """The unit of a cell: its own, its heads' (金额（元）), the table's."""
    amount = read_cell(c.text)
    own = amount.unit if amount else ""
    heads = (m[1] for text in (*reversed(c.column_path), *reversed(c.row_path)) for m in _BRACKETED.finditer(text))
    return own or next((unit for h in heads if (unit := unit_named(h))), None) or table.unit if number(c.text) is not None else None


def _value(cited: Citation, place: int) -> Value | None:
    """The figure of a cited cell as it is printed (13% stays 13 of the unit %)."""
    amount = read_cell(cited.cell or "")
    value = amount.value if amount else number(cited.cell or "")
    return Value(_label(cited), plain(value), cited.unit or "", (place,)) if value is not None else None


def _label(cited: Citation) -> str:
    heads = [*(cited.row or "").split(" / ")[-1:], *(cited.column or "").split(" / ")[-1:]]
    return " ".join(h for h in heads if h and h != cited.cell) or cited.table or cited.file
