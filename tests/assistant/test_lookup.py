"""Lookups over the sample documents: one figure with all its places, rivals, or why there is none."""

from __future__ import annotations

import pytest

from assistant.answering import Assistant
from assistant.finding import Ask, Finder
from assistant.lookup import Found
from assistant.understanding import understand


@pytest.fixture
def finder(assistant: Assistant) -> Finder:
    return Finder(assistant.lookup, assistant.prose, assistant.catalog())


def asks(finder: Finder, question: str) -> list[Ask]:
    return finder.asks(understand(question, finder.catalog))


def find(finder: Finder, question: str) -> Found:
    return finder.find(asks(finder, question)[0])


def test_a_figure_stands_in_several_places(finder: Finder) -> None:
    found = find(finder, "开平网信办2025年行政运行多少")
    assert {str(m.fact.value) for m in found.matches} == {"166.60"}
    assert len({m.fact.source.block_id for m in found.matches}) >= 3
    assert not found.rivals


def test_other_years_and_offices_are_rivals(finder: Finder) -> None:
    found = find(finder, "办公费多少")
    assert {(m.fact.fiscal_year, str(m.fact.value)) for m in (*found.matches, *found.rivals)} == {
        (2024, "4.00"),
        (2025, "3.81"),
    }


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("开平网信办2026年支出总计", "没有开平网信办2026年的文档"),
        ("滦南县融媒体中心2024年决算", "没有决算文档"),
        ("玉田县2025年国防支出", "国防"),
    ],
)
def test_why_there_is_none(finder: Finder, question: str, missing: str) -> None:
    found = find(finder, question)
    assert not found.matches
    assert missing in (found.missing or "")
    assert found.nearest is not None


def test_last_years_column_answers_for_its_year(finder: Finder) -> None:
    found = find(finder, "玉田县2024年教育支出")
    assert (str(found.fact.value), found.fact.fiscal_year) == ("121600.00", 2024)


@pytest.mark.parametrize(
    ("question", "count"),
    [
        ("开平网信办2024年和2025年办公费", 2),
        ("玉田和迁西的预算", 2),
        ("玉田、迁西2023年和2025年预算", 4),
        ("办公费", 1),
    ],
)
def test_one_lookup_for_each_place_and_year(finder: Finder, question: str, count: int) -> None:
    assert len(asks(finder, question)) == count


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("开平网信办2025年水费、邮电费分别多少", 2),
        ("开平网信办2025年水费加邮电费", 2),
        ("开平网信办2025年水费", None),
        ("开平网信办2025年基本支出和项目支出分别是多少", 2),
    ],
)
def test_items_that_a_question_joins(finder: Finder, question: str, parts: int | None) -> None:
    found = finder.parts(understand(question, finder.catalog))
    assert (len(found) if found else None) == parts
