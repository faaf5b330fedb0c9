from __future__ import annotations

from dataclasses import replace

import pytest

from index.chunks import SIZE, chunks_of, sentences, term_of
from index.records import Cell, Document, Known, Passage, Table


def passage(number: int, text: str, *section: str) -> Passage:
    return Passage(id=f"p{number}", text=text, section=section, page=number)


def table(rows: list[list[str]], **changes: object) -> Table:
    cells = tuple(Cell(r, c, text) for r, row in enumerate(rows) for c, text in enumerate(row))
    plain = Table(id="t1", title="项目支出表", section=("部门预算表",), cells=cells, rows=len(rows), cols=len(rows[0]))
    return replace(plain, **changes)  # type: ignore[arg-type]


def document(*blocks: Passage | Table) -> Document:
    return Document(
        id="doc",
        file="a.txt",
        format="txt",
        title="甲局2025年部门预算",
        blocks=blocks,
        agency=Known("某县甲局", "标题", 0.9),
        region=Known("某县", "标题", 0.9),
        fiscal_year=Known("2025", "标题", 0.9),
    )


def test_short_paragraphs_of_a_section_share_a_chunk_and_sections_never_do() -> None:
    chunks = chunks_of(
        document(passage(1, "一段。", "一、职责"), passage(2, "二段。", "一、职责"), passage(3, "三段。", "二、机构"))
    )
    assert [c.text for c in chunks] == ["一段。\n二段。", "三段。"]
    assert [c.block_ids for c in chunks] == [("p1", "p2"), ("p3",)]
    assert chunks[0].section == ("一、职责",)


def test_what_is_embedded_names_document_place_year_and_unit_but_the_shown_text_does_not() -> None:
    chunk = chunks_of(document(table([["项目", "预算数"], ["网络建设", "3.00"]], unit="万元")))[0]
    for said in ("甲局2025年部门预算", "某县甲局", "部门预算表", "项目支出表", "单位：万元", "网络建设 | 3.00"):
        assert said in chunk.embedded
    assert chunk.text == "项目支出表　单位：万元\n项目 | 预算数\n网络建设 | 3.00"
    assert chunk.metadata == {
        "document_id": "doc",
        "kind": "table",
        "number": 0,
        "agency": "某县甲局",
        "region": "某县",
        "fiscal_year": 2025,
    }


def test_a_long_table_is_cut_between_rows_and_repeats_its_heads() -> None:
    rows = [["项目", "金额"], *([f"第{n}个建设项目的名称写得比较长一些", f"{n}.00"] for n in range(1, 60))]
    chunks = chunks_of(document(table(rows)))
    assert len(chunks) > 2
    assert all("项目 | 金额" in c.text and len(c.text) < 1.4 * SIZE for c in chunks)
    body = [line for c in chunks for line in c.text.split("\n") if line.startswith("第")]
    assert body == [" | ".join(row) for row in rows[1:]]


def test_a_cell_merged_downward_is_repeated_in_every_row_it_covers() -> None:
    cells = (
        Cell(0, 0, "一级指标"),
        Cell(0, 1, "三级指标"),
        Cell(0, 2, "指标值"),
        Cell(1, 0, "产出指标", row_span=2),
        Cell(1, 1, "培训人数"),
        Cell(1, 2, "≥30人"),
        Cell(2, 1, "合格率"),
        Cell(2, 2, "≥98%"),
    )
    text = chunks_of(document(table([["a"] * 3] * 3, cells=cells)))[0].text
    assert "产出指标 | 培训人数 | ≥30人\n产出指标 | 合格率 | ≥98%" in text


def test_an_empty_table_is_found_by_its_note() -> None:
    chunk = chunks_of(document(table([["项目", "预算数"]], notes=("注：本部门无政府性基金预算，空表列示。",))))[0]
    assert "空表列示" in chunk.text


def test_each_term_of_a_definition_list_is_a_chunk_with_the_lines_that_continue_it() -> None:
    chunks = chunks_of(
        document(
            passage(1, "1、事业收入：指开展业务取得的收入。", "十、名词解释"),
            passage(2, "2、“三公”经费：是指三项经费。", "十、名词解释"),
            passage(3, "其中不含会议费。", "十、名词解释"),
        )
    )
    assert [c.block_ids for c in chunks] == [("p1",), ("p2", "p3")]


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("（三）“三公”经费：是与财政有领拨关系的…", "三公经费"),
        ("10、机关运行经费：是指各部门的公用经费", "机关运行经费"),
        ("事业收入是指事业单位开展活动取得的收入", "事业收入"),
        ("一、财政拨款收入：指本级财政当年拨付的资金", "财政拨款收入"),
        ("本年没有安排。", None),
    ],
)
def test_the_term_that_a_paragraph_explains(text: str, term: str | None) -> None:
    assert term_of(text) == term


def test_a_line_without_any_sentence_end_is_still_cut() -> None:
    chunks = chunks_of(document(passage(1, "字" * 20_000, "一、说明")))
    assert max(len(c.text) for c in chunks) <= 2 * SIZE
    assert "".join(c.text for c in chunks) == "字" * 20_000


def test_sentences_lose_nothing_and_keep_closing_marks_with_their_sentence() -> None:
    text = "他说：“先这样。”然后走了；又回来。完"
    assert "".join(sentences(text)) == text
    assert sentences(text)[0] == "他说：“先这样。”然后走了；"


def test_ids_are_the_same_every_time_and_different_for_every_chunk() -> None:
    made = document(passage(1, "同样。", "一"), passage(2, "同样。", "二"))
    first, second = chunks_of(made), chunks_of(made)
    assert [c.id for c in first] == [c.id for c in second]
    assert len({c.id for c in first}) == 2


def test_hidden_tables_and_blank_paragraphs_make_no_chunk() -> None:
    assert chunks_of(document(table([["a"]], hidden=True), passage(1, " ", "一"))) == []
