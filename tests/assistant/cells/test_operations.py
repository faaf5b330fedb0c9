from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from assistant.cells.candidates import Candidate, table_candidates
from assistant.cells.frames import day, number, read_frames
from assistant.cells.operations import answer
from assistant.cells.wording import operation_of
from index.records import Cell


def table(text: str) -> list[Candidate]:
    rows = [[part.strip() for part in line.split("|")] for line in text.strip().splitlines()]
    cells = [Cell(r, c, part) for r, row in enumerate(rows) for c, part in enumerate(row)]
    return table_candidates(cells, len(rows), max(len(row) for row in rows))


EXPENSES = table(
    """
    日期 | 费用类别 | 部门 | 支出金额 | 负责人
    2024-01-05 | 办公费 | 行政部 | 1,200.00 | 张三
    2024-01-09 | 差旅费 | 销售部 | 800.00 | 李四
    2024-01-20 | 差旅费 | 行政部 | 650.00 | 张三
    2024-02-03 | 办公费 | 销售部 | 2,000.00 | 王五
    2024-02-11 | 广告费 | 企划部 | 3,500.50 | 李四
    合计 |  |  | 8,150.50 |
    """
)

MONTHS = table(
    """
    产品名称 | 1月份 | 2月份 | 3月份
    豆奶 | 1200 | 600 | 1100
    薯条 | 900 | 940 | 1100
    """
)

BUDGET = table(
    """
    费用类别 | 预算 | 实际支出
    会务费 | 5000 | 7800
    通讯费 | 3000 | 2800
    福利费 | 2000 | 4800
    """
)


@pytest.mark.parametrize(
    ("candidates", "question", "values"),
    [
        (EXPENSES, "2024年1月行政部的支出金额总和是多少？", ["1850.00"]),
        (EXPENSES, "所有记录的支出金额总和是多少？", ["8150.50"]),
        (EXPENSES, "行政部的平均支出金额是多少？", ["925"]),
        (EXPENSES, "差旅费的记录有多少条？", ["2"]),
        (EXPENSES, "张三负责的记录中，支出金额最高的是多少？", ["1200.00"]),
        (EXPENSES, "2024年2月11日的广告费支出金额是多少？", ["3500.50"]),
        (MONTHS, "薯条前两个月的销量总和是多少？", ["1840"]),
        (BUDGET, "所有费用的预算和实际支出相差多少？", ["5400"]),
    ],
)
def test_computed_values(candidates: list[Candidate], question: str, values: list[str]) -> None:
    found = answer(question, candidates)
    assert list(found.values[: len(values)]) == [Decimal(v) for v in values]


@pytest.mark.parametrize(
    ("candidates", "question", "words", "absent"),
    [
        (EXPENSES, "哪些部门的支出金额超过了1000？", ["行政部", "销售部", "企划部"], []),
        (EXPENSES, "支出金额最高的是哪个部门？", ["企划部"], ["销售部"]),
        (EXPENSES, "哪位负责人的记录最多？", ["张三", "李四"], ["王五"]),
        (EXPENSES, "2024年1月20日的费用类别是什么？", ["差旅费"], ["办公费"]),
        (MONTHS, "豆奶在哪个月份的销量最高？", ["1月份"], ["3月份"]),
        (BUDGET, "哪些费用类别的实际支出超过了预算？", ["会务费", "福利费"], ["通讯费"]),
    ],
)
def test_answers_in_words(candidates: list[Candidate], question: str, words: list[str], absent: list[str]) -> None:
    text = answer(question, candidates).text
    assert all(w in text for w in words)
    assert not any(w in text for w in absent)


def test_a_total_is_not_added_to_its_parts() -> None:
    found = answer("所有部门的支出金额总和是多少？", EXPENSES)
    assert "8,150.50" not in [c.text for c in found.cells]
    assert found.expression.count("+") == 4


def test_a_merged_cell_belongs_to_each_of_its_rows() -> None:
    cells = [
        *(Cell(0, c, t) for c, t in enumerate(["类目", "名称", "金额"])),
        Cell(1, 0, "研发成本", row_span=2),
        *(Cell(1, c, t) for c, t in enumerate(["设计费", "10"], 1)),
        *(Cell(2, c, t) for c, t in enumerate(["材料费", "20"], 1)),
        *(Cell(3, c, t) for c, t in enumerate(["办公成本", "文具", "5"])),
    ]
    candidates = table_candidates(cells, 4, 3)
    frame = read_frames(candidates)[0]
    assert [row[0].text for row in frame.rows] == ["研发成本", "研发成本", "办公成本"]
    assert answer("研发成本的金额总和是多少？", candidates).values[0] == 30


def test_no_candidates() -> None:
    assert answer("合计是多少", []).cells == ()


@pytest.mark.parametrize(
    ("question", "operation"),
    [
        ("基金收入和支出的差额是多少", "difference"),
        ("失业保险支出占收入的比例是多少", "ratio"),
        ("预算数分别是多少", "list"),
        ("办公费是多少", "lookup"),
        ("一共有几个项目", "count"),
    ],
)
def test_wording(question: str, operation: str) -> None:
    assert operation_of(question) == operation


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("￥1,200.00", "1200.00"),
        ("13%", "0.13"),
        ("(5.00)", "-5.00"),
        ("6730万元", "6730"),
        ("办公费", None),
        ("", None),
    ],
)
def test_numbers(text: str, value: str | None) -> None:
    assert number(text) == (None if value is None else Decimal(value))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2024年1月5日", date(2024, 1, 5)), ("2024/2/30", None), ("2024-03", date(2024, 3, 1)), ("合计", None)],
)
def test_days(text: str, expected: date | None) -> None:
    assert day(text) == expected
