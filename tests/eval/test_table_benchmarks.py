from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from assistant.cells.wording import Result
from eval import im_tqa, sstqa

BENCH = Path(__file__).resolve().parents[2].parent / "shared" / "bench"
needs_data = pytest.mark.skipif(not BENCH.is_dir(), reason="the public benchmarks are not in ../shared")


@needs_data
def test_im_tqa_dev_keeps_its_level() -> None:
    report = im_tqa.run(BENCH / "im-tqa", "dev")
    assert report.questions == 464
    assert report.right / report.questions >= 0.84
    assert sum(n["right"] for n in report.by_type.values()) == report.right


@needs_data
def test_sstqa_keeps_its_level() -> None:
    report = sstqa.run(BENCH / "sstqa")
    assert report.questions == 397
    assert report.right / report.questions >= 0.68


@pytest.mark.parametrize(
    ("text", "values", "label", "right"),
    [
        ("587.81", ["587.81"], "587.81万元", True),
        ("0.9653", ["0.96528"], "96.53%", True),
        ("1 000", ["1000"], "1,000", True),
        ("5000，4500", ["5000", "4500"], "5000,4500", True),
        ("5000", ["5000"], "5000,4500", False),
        ("人事部，销售部", [], "人事部, 销售部", True),
        ("销售部", [], "人事部, 销售部", False),
        ("对" + "多" * 300, [], "对", False),
        ("2006-05-02", [], "2006-05-02 00:00:00", True),
    ],
)
def test_what_counts_as_right(text: str, values: list[str], label: str, right: bool) -> None:
    found = Result("lookup", text, tuple(Decimal(v) for v in values))
    assert sstqa.is_right(found, label) is right


def test_a_merged_cell_repeats_its_id() -> None:
    raw = {
        "table_type": "hierarchical",
        "cell_ID_matrix": [[0, 1, 1], [0, 2, 3], [4, 5, 6]],
        "chinese_cell_value_list": ["账龄", "期末余额", "金额", "比例", "1年以内", "12.00", "84.18"],
    }
    table = im_tqa.read_table(raw)
    paths = {table.ids[i]: (c.row_path, c.column_path) for i, c in enumerate(table.candidates)}
    assert paths[6] == (("1年以内",), ("期末余额", "比例"))


def test_printed_values() -> None:
    assert [sstqa.printed(v) for v in (None, 3.0, 0.5, "x ")] == ["", "3", "0.5", "x"]
