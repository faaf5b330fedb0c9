"""Answers as HTML: figures, other units, links, and nothing that runs."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.records import Answer, Calculation, Citation, Value
from assistant.web.api import answer_json, safe_link
from assistant.web.cards import (
    answer_card,
    common_beginning,
    in_other_unit,
    page_path,
    short_places,
    source_path,
    with_separators,
)
from assistant.web.errors import ApiError
from assistant.web.findings import shown_findings
from assistant.web.page_head import plain_head
from assistant.web.source import box_query, cited_places, shown_rows
from assistant.web.uploads import clean_name


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        ("730500.00", "元", "73.05 万元"),
        ("1000", "元", "0.1 万元"),
        ("999", "元", ""),
        ("-21.20", "万元", "-212,000 元"),
        ("0.5", "亿元", "50,000,000 元"),
        ("123456789.01", "元", "1.2345678901 亿元"),
        ("0.00", "元", ""),
        ("98", "%", ""),
        (None, "元", ""),
        ("NaN", "元", ""),
    ],
)
def test_the_other_unit_is_exact(value: str | None, unit: str, shown: str) -> None:
    assert in_other_unit(value, unit) == shown


def test_printed_digits_stay() -> None:
    assert [with_separators(v) for v in ("730500.00", "-1234", "0.50", "12", "见附表")] == [
        "730,500.00",
        "-1,234",
        "0.50",
        "12",
        "见附表",
    ]


def place(**more: Any) -> dict[str, Any]:
    return {"document_id": "d/1", "file": "甲.pdf", "title": "甲", "table_id": None, "cell_row": None, **more}


def test_every_kind_of_citation_has_its_page() -> None:
    cells = [place(table_id="t", cell_row=3, cell_col=1), place(table_id="t", cell_row=4, cell_col=1)]
    assert source_path(cells, 1) == "source/table/t?cell=4%2C1&cell=3%2C1"
    assert source_path([place(table_id="p", quote="句")], 0) == "source/table/p?quote=%E5%8F%A5"
    assert source_path([place(quote="a&b")], 0) == "source/document/d%2F1?quote=a%26b"
    assert page_path(place(page=3, box=(1, 2, 3, 4))) == "source/page/d%2F1/3?box=1.0,2.0,3.0,4.0"
    assert page_path(place(page=3, **{"table_id": "t", "cell_row": 0, "cell_col": 2})).endswith("?table=t&cell=0%2C2")
    assert page_path(place(page=3, file="甲.xlsx")) == ""


def test_a_comparison_names_no_unit_it_does_not_have() -> None:
    answer = Answer("q", "answered", "满意度≥98。", (Value("满意度", "98", "", (), "≥"),))
    card = answer_card(answer_json(answer), "/")
    assert "（未注明单位）" in card
    assert "≥" in card


@pytest.mark.parametrize(
    ("labels", "shared"),
    [
        (["甲局 2024年 行政运行 年初预算", "甲局 2024年 行政运行 支出决算", "差额"], "甲局 2024年 行政运行"),
        (["甲局 2024年 支出", "乙局 2024年 支出"], ""),
        (["甲局 2024年 支出", "甲局 2024年 支出"], "甲局 2024年"),
        (["甲局 支出", "差额"], ""),
        (["甲", "乙"], ""),
        ([], ""),
    ],
)
def test_what_all_rows_begin_with_is_said_once(labels: list[str], shared: str) -> None:
    assert common_beginning(labels) == shared


def test_a_long_list_shows_the_steps_folded() -> None:
    values = tuple(Value(f"项{i}", str(i), "元", ()) for i in range(40))
    calculation = Calculation("sum", "…", tuple(range(40)), "780", "元")
    card = answer_card(answer_json(Answer("q", "answered", "首行\n其余", values, calculation)), "/")
    assert "另有 10 项未列出" in card
    assert '<details class="bq-steps">' in card
    assert card.index("首行") < card.index("完整文字") < card.index("其余")


@pytest.mark.parametrize(
    ("operation", "count", "large"), [(None, 1, True), (None, 2, False), ("rank", 2, False), ("difference", 3, True)]
)
def test_large_stands_what_was_asked_for_and_no_single_figure_of_a_list(
    operation: Any, count: int, large: bool
) -> None:
    values = tuple(Value(f"项{i}", "8", "元", ()) for i in range(count))
    calculation = Calculation(operation, "8 - 8", (), "0", "元") if operation else None
    card = answer_card(answer_json(Answer("q", "answered", "文字", values, calculation)), "/")
    assert ("bq-figure" in card) is large


def test_steps_tell_cells_of_the_same_name_apart() -> None:
    same = {"title": "甲", "file": "甲.pdf", "row": "预算数", "column": None}
    assert short_places([{**same, "table": "一"}, {**same, "row": "决算数", "table": "一"}]) == ["预算数", "决算数"]
    assert short_places([{**same, "table": "一"}, {**same, "table": "二"}]) == ["一 › 预算数", "二 › 预算数"]
    assert short_places([same, {**same, "title": "乙"}]) == ["甲 › 预算数", "乙 › 预算数"]
    assert short_places([]) == []


def test_hostile_text_is_shown_and_not_run() -> None:
    bad = "\"'><script>x</script>{{value}}${x}"
    source = Citation(bad, bad, bad, table=bad, row=bad, cell=bad, unit=bad, table_id=bad, cell_row=1, cell_col=1)
    answer = Answer(
        bad, "answered", bad, (Value(bad, "1", bad, (0,)), Value(bad, "2", bad)), None, (source,), (bad,), (bad,)
    )
    card = answer_card(answer_json(answer), "/")
    assert "<script" not in card
    assert "\"'>" not in card


def test_links_stay_inside() -> None:
    assert safe_link("/?q=三公 经费") == "?q=三公%20经费"
    assert [safe_link(x) for x in ("javascript:x", "//h", "https://h", None, "a\nb", "\\\\h")] == [
        "",
        "h",
        "",
        "",
        "",
        "",
    ]


def test_upload_names_lose_their_folders() -> None:
    assert clean_name("..\\..\\甲\x00.txt") == "甲.txt"
    assert len(clean_name("长" * 300 + ".txt")) == 200
    for bad in (None, "", "/", "..", "\n"):
        with pytest.raises(ApiError):
            clean_name(bad)


def test_merged_cells_fill_their_area_once() -> None:
    cells = [
        {"row": 0, "col": 0, "row_span": 2, "col_span": 1, "text": "a"},
        {"row": 0, "col": 1, "row_span": 9, "col_span": 9, "text": "1,234.50"},
    ]
    rows = shown_rows({"rows": 2, "cols": 3, "cells": cells}, cited_places(["1,2", "x", "9"]))
    assert [[(c.text, c.row_span, c.col_span, c.cited) for c in row] for row in rows] == [
        [("a", 2, 1, ""), ("1,234.50", 2, 2, "first")],
        [],
    ]
    assert rows[0][1].numeric
    with pytest.raises(ApiError):
        shown_rows({"rows": 10_000, "cols": 1000, "cells": []}, [])


def test_boxes_come_in_two_forms() -> None:
    assert box_query({"x0": 1, "top": 2, "x1": 3, "bottom": 4.25}) == "1.0,2.0,3.0,4.2"
    assert box_query([1, 2, 3]) == ""
    assert box_query(None) == ""


def test_findings_come_worst_first_with_links() -> None:
    sentence = {"table_id": "p", "table": None, "row": None, "col": None, "quote": "句"}
    cells = [{"table_id": "t", "table": "支出表", "row": 1, "col": c, "quote": None} for c in (2, 3)]
    found = [
        {"rule": "年度", "severity": "warning", "message": "m", "document_id": "d", "cells": [sentence]},
        {"rule": "合计", "severity": "error", "message": "n", "document_id": "d", "cells": cells},
    ]
    shown = shown_findings(found, [{"id": "d", "title": "甲"}])
    assert [(f["check"], f["status"], f["file"]) for f in shown] == [("合计", "不符", "甲"), ("年度", "请留意", "甲")]
    assert shown[0]["links"] == [{"path": "source/table/t?cell=1%2C2&cell=1%2C3", "label": "查看支出表"}]
    assert shown[1]["links"] == [{"path": "source/table/p?quote=%E5%8F%A5", "label": "查看正文"}]


def test_link_previews_are_taken_out() -> None:
    previews = b'<meta property="og:url" content="https://x/" />\n<meta name="twitter:title" content="y" />'
    html = b'<html lang="en">' + previews + b'<meta charset="utf-8">'
    assert plain_head(html) == b'<html lang="zh-CN"><meta charset="utf-8">'
