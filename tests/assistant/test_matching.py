"""A small document of facts, matched by words."""

from __future__ import annotations

from decimal import Decimal

import pytest

from assistant.lookup import decide
from assistant.matching import Wanted, another_subject, match
from assistant.shelf import ShelvedDocument, is_neutral, shelve
from assistant.understanding.wording import weights
from index.fact_rows import FactRow
from index.fact_store import DocumentRow
from index.records import Fact, SourceRef

ROW = DocumentRow(
    "d", "a.txt", "a.txt", "x", "txt", "某县网络安全和信息化办公室2025年部门预算", "某县网络安全和信息化办公室", None, None, 2025,
    "预算", "部门", None, 1, 5, (), False, "", False,
)  # fmt: skip


def fact(number: int, name: str, printed: str, column: str = "合计", **more: object) -> Fact:
    made = {"fiscal_year": 2025, "phase": "预算", "subject": name, "table": "支出总表", **more}
    value = Decimal(printed) if printed else None
    return Fact(
        f"f{number}",
        "amount" if printed else "empty",
        SourceRef("d", "b", number, 1),
        (name,),
        (column,),
        printed,
        value,
        "万元",
        **made,  # type: ignore[arg-type]
    )


DOCUMENT: ShelvedDocument = shelve(
    ROW,
    [
        FactRow.of(f)
        for f in (
            fact(1, "合计", "100.00", is_total=True),
            fact(2, "办公费", "3.81", depth=1),
            fact(3, "邮电费", "2.05", depth=1),
            fact(4, "水费", "", depth=1),
            fact(5, "信息安全事务", "10.00", depth=1),
            fact(6, "公务接待费", "0.50", depth=1),
            fact(7, "公务接待费", "0.32", column="决算数", depth=1, phase="决算"),
        )
    ],
)


def wanted(text: str, **more: object) -> Wanted:
    kinds = ("amount", "target", "empty")
    return Wanted(text, tuple(weights(text)), kinds, hints=text, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("办公费多少", "3.81"),
        ("邮电费是多少钱", "2.05"),
        ("信息安全事务", "10.00"),
        ("水费", ""),
        ("合计", "100.00"),
    ],
)
def test_the_fact_that_its_own_name_names(text: str, printed: str) -> None:
    found = decide(match(wanted(text), [DOCUMENT]), wanted(text))
    assert [m.fact.printed for m in found.matches] == [printed]
    assert not found.rivals


@pytest.mark.parametrize("text", ["国防支出", "电费", "会议费", "网络安全支出", "编制人数", "办公费培训费"])
def test_words_that_no_head_covers_refuse_an_answer(text: str) -> None:
    found = decide(match(wanted(text), [DOCUMENT]), wanted(text))
    assert not found.matches or found.fact.value is None


def test_another_year_is_not_given() -> None:
    asked = wanted("办公费", year=2024)
    assert not decide(match(asked, [DOCUMENT]), asked).matches


@pytest.mark.parametrize(("phase", "printed"), [("预算", "0.50"), ("年初预算", "0.50"), ("决算", "0.32")])
def test_phases_are_kept_apart(phase: str, printed: str) -> None:
    asked = wanted("公务接待费", phase=phase)
    assert decide(match(asked, [DOCUMENT]), asked).fact.printed == printed


def test_two_figures_that_fit_as_well_are_both_told() -> None:
    asked = wanted("公务接待费")
    found = decide(match(asked, [DOCUMENT]), asked)
    assert {m.fact.printed for m in (*found.matches, *found.rivals)} == {"0.50", "0.32"}


def test_what_is_left_out_is_not_given() -> None:
    asked = wanted("公务接待费", negated=("接待费",))
    assert not decide(match(asked, [DOCUMENT]), asked).matches


def test_a_fee_by_its_own_name() -> None:
    assert another_subject(DOCUMENT.facts[2].fact, wanted("电费"))
    assert not another_subject(DOCUMENT.facts[2].fact, wanted("邮电费"))
    assert not another_subject(DOCUMENT.facts[2].fact, wanted("电费和邮电费"))


@pytest.mark.parametrize(
    ("head", "neutral"),
    [
        ("合计", True),
        ("2024年执行数", True),
        ("2025年预算数", True),
        ("2024年", True),
        ("教育支出", False),
        ("项目支出", False),
    ],
)
def test_heads_that_only_say_that_a_figure_stands_here(head: str, neutral: bool) -> None:
    assert is_neutral(head) is neutral
