"""An answer as a person reads it at the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.records import Answer, Citation


def answer_text(answer: Answer) -> str:
    """The text, the calculation, notes and numbered sources; each cell with the command that shows it in its table."""
    return "\n".join(_lines(answer))


def _lines(answer: Answer) -> Iterator[str]:
    yield answer.text
    calculation = answer.calculation
    if calculation and calculation.expression not in answer.text:
        yield f"计算：{calculation.expression} = {calculation.result}{calculation.unit}"
    for number, option in enumerate(answer.options, start=1):
        if number == 1:
            yield "\n可以这样问："
        yield f"  {number}. {option}"
    if answer.notes:
        yield "\n说明："
        yield from (f"  · {note}" for note in answer.notes)
    for number, citation in enumerate(answer.citations, start=1):
        if number == 1:
            yield "\n出处："
        yield from _source(number, citation)


def _source(number: int, citation: Citation) -> Iterator[str]:
    page = f"第 {citation.page} 页" if citation.page else None
    table = citation.table and f"表“{citation.table}”"
    yield f"  [{number}] " + " · ".join(p for p in (citation.file, page, table or citation.section) if p)
    if citation.cell is not None:
        row = citation.row and f"行“{citation.row}”"
        column = citation.column and f"列“{citation.column}”"
        cell = f"单元格“{citation.cell}”" + (f"（单位：{citation.unit}）" if citation.unit else "")
        yield "      " + " · ".join(p for p in (row, column, cell) if p)
    elif citation.quote:
        yield f"      原文：{citation.quote}"
    if citation.table_id and citation.cell_row is not None:
        place = f"--table {citation.table_id} --cell {citation.cell_row},{citation.cell_col}"
        yield f"      核对：budgetqa documents show {citation.document_id} {place}"
