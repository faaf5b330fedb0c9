"""What is said where there is no figure, and where there are several."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from assistant.records import Answer

Ask = Callable[..., Answer]


@pytest.mark.parametrize(
    ("question", "missing", "held"),
    [
        ("开平网信办2026年支出总计", "没有开平网信办2026年的文档", "2025年"),
        ("北京市网信办2025年支出", "没有“北京市网信办”的文档", "玉田县财政局"),
        ("唐山市网信办2025年支出预算", "只有所辖地区的文档", "开平区"),
        ("玉田网络舆情管理决算数", "没有决算文档", "2023年预算"),
        ("玉田县2025年国防支出", "“国防支出”", "玉田县财政局2025年预算"),
    ],
)
def test_what_is_missing_and_what_there_is(ask: Ask, question: str, missing: str, held: str) -> None:
    answer = ask(question)
    assert answer.status == "not_found"
    assert missing in answer.text
    assert held in answer.text


@pytest.mark.parametrize("question", ["开平网信办2026年支出总计", "玉田县2025年国防支出", "玉田网络舆情管理决算数"])
def test_the_nearest_thing_is_named_without_its_figure_and_can_be_asked(ask: Ask, question: str) -> None:
    answer = ask(question)
    assert "最接近的内容是" in answer.text
    assert not re.search(r"\d\.\d|\d(?:元|万)", answer.text)
    assert len(answer.options) == 1
    assert ask(answer.options[0]).status == "answered"


def test_a_question_that_fits_several_names_each_with_its_place(ask: Ask) -> None:
    answer = ask("办公费是多少")
    assert answer.status == "clarify"
    assert not answer.values
    lines = answer.text.split("\n")[1:]
    assert len(lines) == len(answer.options) == 2
    assert all("办公费" in line and "见" in line for line in lines)
    assert all(not re.search(r"\d\.\d", line) for line in lines)
