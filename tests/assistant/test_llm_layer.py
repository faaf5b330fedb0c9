from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from assistant.llm import LanguageModel, read_llm_settings
from assistant.llm_layer import LlmLayer, Reach
from assistant.records import Answer, Citation, Question, Value
from tests.assistant.endpoint import Reply, ScriptedEndpoint, calls, fails, says
from tests.assistant.test_planning import OFFERED, ask, plan


def passage(quote: str, document_id: str = "d") -> Citation:
    return Citation(
        document_id, "a.txt", "乙县甲局2025年预算", agency="乙县甲局", fiscal_year=2025, section="说明", quote=quote
    )


FOUND = [passage("预算20.00万元，主要用于系统运维。"), passage("丙县支出9.00万元。", "other")]


@contextmanager
def layer(*replies: Reply, planning: bool = False) -> Iterator[tuple[LlmLayer, ScriptedEndpoint]]:
    endpoint = ScriptedEndpoint(*replies)
    given = read_llm_settings({}, base_url=endpoint.url, model="scripted", timeout=5, retries=0, planning=planning)
    model = LanguageModel(given)
    try:
        yield LlmLayer(model, Reach(ask, lambda _: OFFERED, lambda _: FOUND, lambda: ["乙县甲局 2025年"])), endpoint
    finally:
        model.close()
        endpoint.close()


def prose(question: str) -> Answer:
    return Answer(
        question, "answered", "主要原因是系统扩容。", citations=(passage("主要原因是系统扩容。"),), route="retrieval"
    )


def test_prose_is_worded_from_its_own_and_further_passages_of_its_documents() -> None:
    asked = "为什么增加，主要花在哪"
    with layer(says("主要原因是系统扩容[1]。预算20.00万元，主要用于系统运维[2]。")) as (llm, endpoint):
        found = llm.improve(Question(asked), prose(asked))
    assert found.text == "主要原因是系统扩容[1]。预算20.00万元，主要用于系统运维[2]。"
    assert [c.quote for c in found.citations] == ["主要原因是系统扩容。", "预算20.00万元，主要用于系统运维。"]
    assert "丙县" not in endpoint.requests[0]["messages"][0]["content"]


def test_a_looked_up_figure_asks_no_model() -> None:
    answer = ask(Question("网络运维费多少"))
    with layer(fails(500)) as (llm, endpoint):
        assert llm.improve(Question("网络运维费多少"), answer) == answer
    assert endpoint.requests == []


def test_a_question_of_several_steps_goes_to_the_agent() -> None:
    asked = "网络运维费多少，干部培训经费多少"
    script = (calls("look_up", question="网络运维费多少"), says("网络运维费30.00万元[1]。"))
    with layer(*script) as (llm, _):
        found = llm.improve(Question(asked), Answer(asked, "not_found", "没有找到"))
    assert found.values == (Value("网络运维费", "30.00", "万元", (0,)),)
    assert "数字均由程序查得" in found.notes[0]


def test_planning_is_off_unless_switched_on() -> None:
    missing = Answer("上课花了多少", "not_found", "没有找到")
    with layer(says(plan())) as (llm, endpoint):
        assert llm.improve(Question("上课花了多少"), missing) == missing
        assert endpoint.requests == []
    with layer(says(plan()), planning=True) as (llm, _):
        assert llm.improve(Question("上课花了多少"), missing).status == "clarify"


def test_a_model_that_fails_leaves_every_answer_as_it_was() -> None:
    asked = "网络运维费多少，干部培训经费多少"
    missing = Answer(asked, "not_found", "没有找到")
    with layer(fails(500), planning=True) as (llm, _):
        assert llm.improve(Question(asked), missing) == missing
        assert llm.improve(Question("为什么"), prose("为什么")).text == "主要原因是系统扩容。"
