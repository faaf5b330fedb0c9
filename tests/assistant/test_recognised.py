"""A figure read from a picture says so, with how sure the recognition was."""

from __future__ import annotations

from pathlib import Path

from assistant.answering import open_assistant
from assistant.records import Question
from index.assemble import assemble
from index.fact_store import FactStore
from index.facts import facts_of
from index.names import names_of
from index.records import Cell, Grid, Paragraph, Source

ROWS = [("科目名称", "预算数"), ("办公费", "12.30"), ("差旅费", "4.50")]


def test_the_confidence_of_a_recognised_cell_is_told(tmp_path: Path) -> None:
    cells = tuple(
        Cell(r, c, text, page=1, confidence=0.87 if text == "12.30" else 0.99)
        for r, row in enumerate(ROWS)
        for c, text in enumerate(row)
    )
    lines = ("江心县财政局2025年部门预算", "2025年基本支出预算表", "编制部门：江心县财政局 单位：万元")
    source = Source(
        "pdf", (*(Paragraph(t, page=1, confidence=0.9) for t in lines), Grid(cells, 3, 2)), pages=1,
        warnings=("第1页由图片识别（OCR），数字请与原件核对。",),
    )  # fmt: skip
    document = assemble(source, "扫描件.pdf", "scanned")
    facts = facts_of(document)
    store = FactStore(tmp_path)
    store.replace(document, facts, [], names_of(document, facts), [], path="x", digest="d", at="2025-01-01T00:00:00")
    store.close()
    assistant = open_assistant(tmp_path)
    answer = assistant.ask(Question("江心县财政局2025年办公费预算多少"))
    assistant.close()
    assert [(v.value, v.unit) for v in answer.values] == [("12.30", "万元")]
    assert any("OCR，置信度 0.87" in note for note in answer.notes)
