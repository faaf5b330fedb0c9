"""Tables that are no budget papers, beside budget papers in one store: answered by the cell engine as far as it is sure."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from openpyxl import Workbook

from assistant.answering import Assistant, open_assistant
from assistant.plain_tables import LIKELY, SURE
from assistant.records import Answer, Question
from index.build import ingest
from tests.assistant.test_units import PAPER

CONTRACTS = [
    ["合同编号", "供应商", "合同内容", "金额（元）", "签订日期"],
    ["HT-001", "蓝天科技公司", "机房设备维护", 86000, "2025-03-01"],
    ["HT-002", "清河印务公司", "宣传册印刷", 12500, "2025-04-12"],
    ["HT-003", "蓝天科技公司", "网络专线租用", 54000, "2025-05-20"],
    ["HT-004", "恒信物业公司", "办公楼保洁", 33000, "2025-06-02"],
]


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("plain")
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in CONTRACTS:
        sheet.append(row)
    book.save(folder / "合同台账.xlsx")
    (folder / "020_units.txt").write_text(PAPER, encoding="utf-8")
    ingest(sorted(folder.glob("*.*")), folder / "store", workers=1, vectors=False)
    opened = open_assistant(folder / "store")
    yield opened
    opened.close()


def ask(assistant: Assistant, question: str, document: str | None = "合同台账.xlsx") -> Answer:
    return assistant.ask(Question(question, document=(document,) if document else ()))


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("清河印务公司的金额是多少", "12500"),
        ("供应商为蓝天科技公司的合同金额总和是多少", "140000"),
        ("蓝天科技公司有几份合同", "2"),
    ],
)
def test_figures_with_their_cells(assistant: Assistant, question: str, value: str) -> None:
    answer = ask(assistant, question)
    assert answer.status in ("answered", "clarify")
    assert value in answer.text
    assert all((c.table_id, c.cell_row is None, c.file) == (answer.citations[0].table_id, False, "合同台账.xlsx") for c in answer.citations)
    assert answer.values == () or answer.values[0].value == value
    assert any("请与原表核对" in note for note in answer.notes)


def test_units_come_from_the_heads(assistant: Assistant) -> None:
    answer = ask(assistant, "清河印务公司的金额是多少")
    assert {c.unit for c in answer.citations} == {"元"}


@pytest.mark.parametrize("question", ["恒信物业公司签订日期是什么时候", "合同编号为HT-003的合同内容是什么", "玛雅历法第九周期", "谁最高兴"])
def test_the_probability_decides(assistant: Assistant, question: str) -> None:
    answer = ask(assistant, question)
    if answer.status == "answered":
        assert (answer.confidence or 0.0) >= SURE
    elif answer.status == "clarify" and answer.confidence is not None:
        assert LIKELY <= answer.confidence < SURE
        assert answer.values == ()


def test_budget_papers_come_first(assistant: Assistant) -> None:
    answer = ask(assistant, "献县教体局2025年三公经费多少", document=None)
    assert [(v.value, v.unit) for v in answer.values] == [("12.60", "万元")]
    answer = ask(assistant, "献县教体局2023年三公经费多少", document=None)
    assert answer.status == "not_found"


def test_a_table_is_found_among_papers(assistant: Assistant) -> None:
    answer = ask(assistant, "清河印务公司的合同金额是多少", document=None)
    assert answer.status in ("answered", "clarify")
    assert {c.file for c in answer.citations} == {"合同台账.xlsx"}
