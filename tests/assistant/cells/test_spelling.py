from __future__ import annotations

import pytest

from assistant.cells.spelling import repaired

NAMES = ["网络舆情管理", "玉田", "预算数", "收入", "合计", "一般公共预算"]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("网络与情管里的预算数", "网络舆情管理的预算数"),
        ("yutian的收入", "玉田的收入"),
        ("网络舆情管理的预算数", "网络舆情管理的预算数"),
        ("预祘数是多少", "预算数是多少"),
        ("寿如是多少", "寿如是多少"),
        ("坏账和计提比例", "坏账和计提比例"),
        ("abc 123 ≥98%", "abc 123 ≥98%"),
        ("", ""),
    ],
)
def test_repaired(question: str, expected: str) -> None:
    assert repaired(question, NAMES) == expected
