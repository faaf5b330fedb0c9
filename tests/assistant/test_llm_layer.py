from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from assistant.agent import StepAgent
from assistant.llm import LanguageModel, read_llm_settings
from assistant.llm_layer import LlmLayer, Reach
from assistant.records import Answer, Citation, Question, Value
from tests.assistant.endpoint import HEAD, Reply, ScriptedEndpoint, calls, event, fails, hangs, says
from tests.assistant.test_planning import OFFERED, ask, plan


def passage(quote: str, document_id: str = "d") -> Citation:
    return Citation(
        document_id, "a.txt", "乙县甲局2025年预算", agency="乙县甲局", fiscal_year=2025, section="说明", quote=quote
    )


FOUND = [passage("预算20.00万元，主要用于系统运维。"), passage("丙县支出9.00万元。", "other")]


def passages(_: str, within: Sequence[str]) -> list[Citation]:
    return [c for c in FOUND if c.document_id in within]


def named(question: Question) -> tuple[str, ...] | None:
    return None if "北京市" in question.text else ()


@contextmanager
def layer(*replies: Reply, planning: bool = False, timeout: float = 30) -> Iterator[tuple[LlmLayer, ScriptedEndpoint]]:
    endpoint = ScriptedEndpoint(*replies)
    given = read_llm_settings({}, base_url=endpoint.url, model="scripted", timeout=timeout, retries=0, planning=planning)
    model = LanguageModel(given)
    try:
        documents = ["乙县甲局 2025年"]
        yield LlmLayer(model, Reach(ask, lambda _: OFFERED, passages, lambda: documents, named)), endpoint
    finally:
        model.close()
        endpoint.close()


def prose(question: str) -> Answer:
    return Answer(
        question, "answered", "主要原因是系统扩容。", citations=(passage("主要原因是系统扩容。"),), route="retrieval"
    )


def test_prose_is_worded_from_its_own_and_further_passages_of_its_documents() -> None:
    asked = "系统的钱主要用于什么"
    with layer(says("主要原因是系统扩容[1]。预算20.00万元，主要用于系统运维[2]。")) as (llm, endpoint):
        found = llm.improve(Question(asked), prose(asked))
    assert found.text == "主要原因是系统扩容[1]。预算20.00万元，主要用于系统运维[2]。"
    assert [c.quote for c in found.citations] == ["主要原因是系统扩容。", "预算20.00万元，主要用于系统运维。"]
    assert "丙县" not in endpoint.requests[0]["messages"][0]["content"]
    assert "scripted 组织语言" in found.notes[-1]


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


def test_what_the_store_lacks_no_model_is_asked_about() -> None:
    missing = Answer("北京市网络运维费多少，为什么", "not_found", "库中没有“北京市”的文档")
    with layer(says("网络运维费30.00万元[1]。"), planning=True) as (llm, endpoint):
        assert llm.improve(Question(missing.question), missing) == missing
    assert endpoint.requests == []


def test_all_that_the_model_does_for_one_answer_shares_one_time_limit() -> None:
    asked = "网络运维费多少，为什么"
    StepAgent.prepare()
    with layer(hangs, planning=True, timeout=3) as (llm, _):
        started = time.monotonic()
        found = llm.improve(Question(asked), Answer(asked, "not_found", "没有找到"))
        took = time.monotonic() - started
    assert found == Answer(asked, "not_found", "没有找到")
    assert took < 2 * 3


def test_several_looked_up_figures_are_said_by_code() -> None:
    two = (Value("网络运维费", "30.00", "万元", (0,)), Value("干部培训经费", "8.00", "万元", (0,)))
    answer = Answer("各多少", "answered", "30.00万元和8.00万元", two, None, (passage("x"),))
    with layer(fails(500)) as (llm, endpoint):
        assert not llm.wants(Question("各多少"), answer)
        assert llm.improve(Question("各多少"), answer) == answer
    assert endpoint.requests == []


def test_a_draft_that_leaves_out_a_figure_of_the_answer_is_mended() -> None:
    asked = "预算多少，为什么增加"
    told = passage("预算20.00万元，主要用于系统运维。")
    answer = replace(prose(asked), values=(Value("预算", "20.00", "万元", (1,)),))
    answer = replace(answer, citations=(*answer.citations, told))
    half, whole = "主要原因是系统扩容[1]。", "主要原因是系统扩容[1]。预算20.00万元，主要用于系统运维[2]。"
    with layer(says(half), says(whole)) as (llm, endpoint):
        assert llm.improve(Question(asked), answer).text == whole
    assert "没有写出20.00万元" in endpoint.requests[1]["messages"][2]["content"]
    with layer(says(half)) as (llm, _):
        assert llm.improve(Question(asked), answer).text == answer.text


def test_who_asks_why_something_fell_is_told_by_how_much() -> None:
    asked = "支出总计减少的原因是什么"
    told = passage("支出总计减少56.95万元。主要原因是人员进出。")
    answer = replace(prose(asked), text=told.quote or "", citations=(told,))
    half, whole = "支出总计减少，主要原因是人员进出[1]。", "支出总计减少56.95万元，主要原因是人员进出[1]。"
    with layer(says(half), says(whole)) as (llm, endpoint):
        assert llm.improve(Question(asked), answer).text == whole
    assert "没有写出56.95万元" in endpoint.requests[1]["messages"][2]["content"]


def streamed(llm: LlmLayer, asked: str) -> tuple[list[str], Answer]:
    parts: list[str] = []
    stream = llm.stream(Question(asked), prose(asked))
    while True:
        try:
            parts.append(next(stream))
        except StopIteration as end:
            return parts, end.value


def test_a_stream_that_goes_wrong_is_mended_or_ends_in_the_answer_of_the_rules() -> None:
    asked = "为什么增加，主要花在哪"
    wrong = says("主要原因是系统扩容[1]。预算99万元[2]。")
    with layer(wrong, says("主要原因是系统扩容[1]。")) as (llm, _):
        parts, found = streamed(llm, asked)
    assert parts == ["主要原因是系统扩容[1]。"]
    assert (found.text, found.route) == ("主要原因是系统扩容[1]。", "llm")
    with layer(wrong) as (llm, _):
        parts, found = streamed(llm, asked)
    assert parts == ["主要原因是系统扩容[1]。"]
    assert (found.text, found.route) == ("主要原因是系统扩容。", "retrieval")
    assert "未通过核对" in found.notes[-1]


def test_a_stream_that_is_closed_gives_up_the_request() -> None:
    asked = "为什么增加，主要花在哪"
    given_up = threading.Event()

    def waits(connection: socket.socket, closing: threading.Event) -> None:
        connection.sendall(HEAD + event({"role": "assistant", "content": "主要原因是系统扩容[1]。预算"}))
        while not closing.is_set():
            if connection.recv(1) == b"":
                given_up.set()
                return

    with layer(waits) as (llm, _):
        stream = llm.stream(Question(asked), prose(asked))
        assert next(stream) == "主要原因是系统扩容[1]。"
        stream.close()
        assert given_up.wait(3)


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
