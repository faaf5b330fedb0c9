from __future__ import annotations

import pytest

from assistant.cells.candidates import Candidate, table_candidates
from assistant.cells.matching import MEASURES, Asked, agreement, core, folded
from assistant.cells.meaning import nearness, word_vectors
from assistant.cells.ranking import rank
from assistant.cells.selection import select
from index.records import Cell


def table(text: str) -> list[Candidate]:
    rows = [[part.strip() for part in line.split("|")] for line in text.strip().splitlines()]
    cells = [Cell(r, c, part) for r, row in enumerate(rows) for c, part in enumerate(row)]
    return table_candidates(cells, len(rows), max(len(row) for row in rows))


RECEIVABLES = table(
    """
    单位名称 | 期末余额 | 坏账准备 | 期初余额
    扬州华翔公司 | 7,700,000.00 | 700,000.00 | 5,100,000.00
    安化循环公司 | 2,160,000.00 | 216,000.00 | 1,800,000.00
    合计 | 9,860,000.00 | 916,000.00 | 6,900,000.00
    """
)


@pytest.mark.parametrize(
    ("question", "texts"),
    [
        ("扬州华翔公司的期末余额是多少？", {"7,700,000.00"}),
        ("安化循环公司的期初余额和坏账准备分别是多少？", {"1,800,000.00", "216,000.00"}),
        ("期末余额合计是多少？", {"9,860,000.00"}),
    ],
)
def test_selected_cells(question: str, texts: set[str]) -> None:
    chosen = select(question, RECEIVABLES)
    assert {s.candidate.text for s in chosen.cells} == texts
    assert 0 < chosen.confidence <= 1


def test_a_mistyped_name_is_found_by_its_sound() -> None:
    chosen = select("安画循环公司的期默余额是多少？", RECEIVABLES)
    assert [s.candidate.text for s in chosen.cells] == ["2,160,000.00"]


def test_ranking_is_explained_and_ordered() -> None:
    ranked = rank("扬州华翔公司的期末余额是多少？", RECEIVABLES)
    assert len(ranked) == len(RECEIVABLES)
    assert [s.score for s in ranked] == sorted((s.score for s in ranked), reverse=True)
    assert ranked[0].why["row_pairs_all"] > 0.9
    assert ranked[0].why["column_pairs_all"] > 0.9


def test_candidates_of_several_tables_do_not_mix() -> None:
    two = [
        Candidate(("a", 0), ("网络舆情管理",), ("预算数",), text="730500.00", table="a"),
        Candidate(("b", 0), ("网评队伍建设",), ("预算数",), text="80000.00", table="b"),
    ]
    assert [s.candidate.key for s in select("网评队伍建设预算数是多少", two).cells] == [("b", 0)]


def test_nothing_to_choose_from() -> None:
    assert rank("多少", []) == []
    assert select("多少", []).cells == ()


def test_an_empty_question_chooses_without_error() -> None:
    assert len(select("", RECEIVABLES).cells) >= 1


@pytest.mark.parametrize(
    ("text", "same"), [("１～２ 年", "1-2年"), ("一至二年", "1-2年"), ("iPad", "ipad"), ("两个", "2个")]
)
def test_folding(text: str, same: str) -> None:
    assert folded(text) == folded(same)


def test_core_drops_numbering_and_asides() -> None:
    assert core("其中：财政资金（万元）") == "财政资金"
    assert core("二、外交支出") == "外交支出"


def test_agreement_is_between_0_and_1() -> None:
    measures = agreement(Asked("玉田县舆情管理的预算是多少"), "舆情管理")
    assert len(measures) == len(MEASURES)
    assert all(-0.02 <= m <= 1.02 for m in measures)
    assert measures[MEASURES.index("whole")] == 1
    assert agreement(Asked(""), "舆情") == (0.0,) * len(MEASURES)


def test_words_near_in_meaning() -> None:
    near = nearness(word_vectors("尺寸"), word_vectors("大小"))[0]
    far = nearness(word_vectors("尺寸"), word_vectors("国籍"))[0]
    assert near > far
