"""Questions of several things: how they are parted, and their answers put together."""

from __future__ import annotations

import pytest

from assistant.answering import Assistant
from assistant.part_questions import part_questions
from assistant.understanding import understand
from tests.assistant.conftest import Ask

KP = "开平区委网信办2025年"


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (f"{KP}预算为什么比上年增加，主要花在哪",
         [f"{KP}预算为什么比上年增加", f"{KP}基本支出、项目支出分别是多少", f"{KP}有哪些项目"]),
        (f"{KP}基本支出为什么减少，减少了多少", [f"{KP}基本支出为什么减少", f"{KP}基本支出减少了多少"]),
        (f"{KP}培训专项的立项依据是什么，2025年预算多少",
         [f"{KP}培训专项的立项依据是什么", "开平区委网信办培训专项2025年预算多少"]),
        (f"{KP}主要职责是什么，有几个项目", [f"{KP}主要职责是什么", f"{KP}有几个项目"]),
        (f"{KP}培训费减少、会议费增加分别是什么原因", [f"{KP}培训费减少是什么原因", f"{KP}会议费增加是什么原因"]),
        (f"{KP}公务用车购置费比2024年减少了多少，为什么",
         [f"{KP}公务用车购置费比2024年减少了多少", f"{KP}公务用车购置费减少为什么"]),
        (f"{KP}基本支出和项目支出各多少，哪个多", []),
        (f"{KP}预算为什么增加", []),
        (f"{KP}支出总计是多少", []),
    ],
)  # fmt: skip
def test_each_part_is_a_complete_question(question: str, parts: list[str], assistant: Assistant) -> None:
    catalog = assistant.catalog()
    assert part_questions(understand(question, catalog), catalog) == parts


def test_the_answers_to_the_parts_become_one_with_their_places(ask: Ask) -> None:
    answer = ask(f"{KP}预算为什么比上年增加，主要花在哪")
    assert answer.status == "answered"
    figures = {(v.value, v.unit) for v in answer.values}
    assert {("193.61", "万元"), ("90.00", "万元")} <= figures
    assert len(set(answer.citations)) == len(answer.citations)
    assert all(n < len(answer.citations) for v in answer.values for n in v.citations)
