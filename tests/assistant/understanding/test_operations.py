from decimal import Decimal
from typing import Any

import pytest

from assistant.understanding.operations import read_operation


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("办公费多少", {"name": "lookup"}),
        ("水费、邮电费分别多少", {"name": "lookup", "each": True}),
        ("办公费占基本支出的比例", {"name": "ratio", "part": "办公费", "whole": "基本支出"}),
        ("教育支出占支出合计多少", {"name": "ratio", "part": "教育支出", "whole": "支出合计"}),
        ("支出决算完成年初预算的百分之几", {"name": "ratio", "part": "支出决算", "whole": "年初预算"}),
        ("同比增长百分之几", {"name": "growth", "direction": "up"}),
        ("比上年下降百分之多少", {"name": "growth", "direction": "down"}),
        ("减少了多少", {"name": "change", "direction": "down"}),
        ("比上年增加多少", {"name": "change", "direction": "up"}),
        ("与2017年相比变化", {"name": "change", "direction": None}),
        ("水费和邮电费相差多少", {"name": "difference"}),
        ("预算数和决算数分别多少，少花了多少", {"name": "difference", "each": True}),
        ("水费和邮电费哪个更多", {"name": "compare"}),
        ("金额最高的三个项目", {"name": "rank", "top": 3, "descending": True}),
        ("预算最少的项目", {"name": "rank", "top": 1, "descending": False}),
        ("前5名", {"name": "rank", "top": 5}),
        ("排第二的科目", {"name": "rank", "nth": 2}),
        ("从低到高排", {"name": "rank", "descending": False, "top": None}),
        ("三个项目合计", {"name": "sum", "counted": 3}),
        ("水费加邮电费", {"name": "sum", "joined": True}),
        ("项目总额", {"name": "sum"}),
        ("平均多少", {"name": "average"}),
        ("有几个项目", {"name": "count"}),
        ("有哪些项目", {"name": "list"}),
        ("超过20万元的项目有哪些", {"name": "filter", "condition": (">", Decimal(20), "万元")}),
        ("不低于1亿元的科目", {"name": "filter", "condition": ("≥", Decimal(1), "亿元")}),
        ("不超过5000元的项目", {"name": "filter", "condition": ("≤", Decimal(5000), "元")}),
    ],
)
def test_what_is_to_be_done(text: str, expected: dict[str, Any]) -> None:
    read = read_operation(text)
    assert {name: getattr(read, name) for name in expected} == expected
