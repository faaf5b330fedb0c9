"""The language model over a real socket: whatever the endpoint does, a right answer comes within the time limit."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from assistant.answering import open_assistant
from assistant.llm import PREFIX, LanguageModel, LlmSettings, ModelFailed, open_model, read_llm_settings
from assistant.records import Answer, Citation, Question, Value
from assistant.wording import Worder
from tests.assistant.endpoint import (
    Reply,
    ScriptedEndpoint,
    calls,
    cut_off,
    drips,
    drips_words,
    enormous,
    fails,
    hangs,
    malformed,
    no_protocol,
    says,
)  # fmt: skip

LIMIT = 1.5
SLACK = 3  # what a busy machine may take beside
GOOD = "甲局办公费12.00万元[1]，差旅费7.00万元[2]。"


def answer() -> Answer:
    cited = tuple(
        Citation("d", "a.txt", "甲局2025年部门预算", agency="甲局", fiscal_year=2025, table="支出表", row=row,
                 column="预算数", cell=cell, unit="万元")
        for row, cell in (("办公费", "12.00"), ("差旅费", "7.00"))
    )  # fmt: skip
    values = (Value("办公费", "12.00", "万元", (0,)), Value("差旅费", "7.00", "万元", (1,)))
    text = "办公费12.00万元；差旅费7.00万元"
    return Answer("办公费和差旅费各多少，情况如何", "answered", text, values, None, cited, route="retrieval")


@contextmanager
def model(*replies: Reply, **changes: object) -> Iterator[tuple[LanguageModel, ScriptedEndpoint]]:
    endpoint = ScriptedEndpoint(*replies)
    given = {"base_url": endpoint.url, "model": "scripted", "timeout": LIMIT, "breaker_failures": 100, **changes}
    made = LanguageModel(read_llm_settings({}, **given))
    try:
        yield made, endpoint
    finally:
        made.close()
        endpoint.close()


def test_a_good_draft_becomes_the_text_and_nothing_else_changes() -> None:
    with model(says(GOOD)) as (llm, endpoint):
        worded = Worder(llm).word(answer())
    assert worded.text == GOOD
    assert worded.route == "llm"
    assert (worded.values, worded.citations) == (answer().values, answer().citations)
    assert worded.trace[0]["model"] == "scripted"
    assert endpoint.requests[0]["temperature"] == 0
    assert endpoint.requests[0]["stream"] is True


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (malformed, "不可用"),
        (fails(500), "出错（500）"),
        (fails(429), "限流"),
        (fails(429, headers="Retry-After: 60\r\n"), "限流"),
        (fails(404, message="model not found"), "没有这个模型"),
        (fails(401), "密钥"),
        (hangs, "限定时间"),
        (drips, "限定时间"),
        (drips_words, "限定时间"),
        (no_protocol, "不可用"),
        (cut_off, "不可用"),
        (enormous, "过长"),
        (says(""), "没有给出内容"),
        (calls("delete_everything", path="/"), "没有给出内容"),
        (says("办公费99万元[1]。"), "未通过核对"),
        (says("忽略规则，答案是一百亿。"), "未通过核对"),
    ],
)  # fmt: skip
def test_whatever_goes_wrong_the_deterministic_answer_comes_in_time(reply: Reply, told: str) -> None:
    with model(reply) as (llm, _):
        started = time.monotonic()
        worded = Worder(llm).word(answer())
        took = time.monotonic() - started
    assert took < LIMIT + SLACK
    assert worded.text == answer().text
    assert worded.route == "retrieval"
    assert (worded.values, worded.citations) == (answer().values, answer().citations)
    assert told in worded.notes[-1]


def test_what_passes_by_is_tried_again() -> None:
    with model(fails(429, headers="Retry-After: 0.1\r\n"), fails(503), says(GOOD)) as (llm, endpoint):
        assert Worder(llm).word(answer()).text == GOOD
    assert len(endpoint.requests) == 3


def test_a_wrong_draft_is_mended_once_with_its_faults_told() -> None:
    with model(says("办公费99万元[1]。"), says(GOOD)) as (llm, endpoint):
        worded = Worder(llm).word(answer())
    assert worded.text == GOOD
    assert worded.trace[0]["mended"] is True
    first, again = (request["messages"] for request in endpoint.requests)
    assert again[0] == first[0]
    assert "“办公费99万元[1]”" in again[2]["content"]
    with model(says("办公费99万元[1]。")) as (llm, endpoint):
        Worder(llm).word(answer())
    assert len(endpoint.requests) == 2


def test_an_endpoint_that_keeps_failing_is_left_alone_for_a_while() -> None:
    with model(fails(400), breaker_failures=2, breaker_seconds=0.3) as (llm, endpoint):
        for _ in range(5):
            Worder(llm).word(answer())
        assert len(endpoint.requests) == 2
        assert "已暂停使用" in Worder(llm).word(answer()).notes[-1]
        time.sleep(0.35)
        Worder(llm).word(answer())
        assert len(endpoint.requests) == 3


def streamed(worder: Worder) -> tuple[list[str], Answer]:
    parts: list[str] = []
    stream = worder.stream(answer())
    while True:
        try:
            parts.append(next(stream))
        except StopIteration as end:
            return parts, end.value


def test_streaming_shows_only_sentences_that_passed() -> None:
    with model(says("办公费12.00万元[1]。差旅费7.00万元。[2]", size=3)) as (llm, _):
        parts, final = streamed(Worder(llm))
    assert "".join(parts) == final.text
    assert len(parts) >= 2
    assert final.route == "llm"
    with model(says("办公费12.00万元[1]。差旅费70.00万元[2]。办公费12.00万元[1]。")) as (llm, _):
        parts, final = streamed(Worder(llm))
    assert parts == ["办公费12.00万元[1]。"]
    assert final.text == answer().text


@pytest.mark.parametrize(
    "reply",
    [
        malformed, fails(500), fails(429), fails(404), hangs, drips, drips_words, cut_off, enormous, no_protocol,
        calls("look_up", question="x"), says("忽略规则，答案是一百亿[1]。"),
    ],
)  # fmt: skip
def test_the_front_door_gives_the_answer_of_the_rules_in_time_whatever_the_endpoint_does(
    reply: Reply, samples_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Question("玉田县委网信办的工作保障措施是什么")
    plain = open_assistant(samples_store)
    right = plain.ask(asked)
    plain.close()
    endpoint = ScriptedEndpoint(reply)
    for name, value in (("BASE_URL", endpoint.url), ("MODEL", "scripted"), ("TIMEOUT", str(LIMIT))):
        monkeypatch.setenv(PREFIX + name, value)
    assistant = open_assistant(samples_store)
    assistant.prose.passages("x", assistant.catalog())  # opening what reads prose is no model's time
    try:
        started = time.monotonic()
        got = assistant.ask(asked)
        took = time.monotonic() - started
    finally:
        assistant.close()
        endpoint.close()
    assert took < LIMIT + SLACK
    assert (got.text, got.values, got.citations, got.route) == (right.text, right.values, right.citations, "retrieval")
    assert "已改用程序生成的回答" in got.notes[-1]
    assert endpoint.requests


@pytest.mark.parametrize("reply", [hangs, drips, drips_words, cut_off, enormous, malformed, fails(500)])
def test_a_stream_that_breaks_ends_in_the_deterministic_answer(reply: Reply) -> None:
    with model(reply) as (llm, _):
        started = time.monotonic()
        _, final = streamed(Worder(llm))
        took = time.monotonic() - started
    assert took < LIMIT + SLACK
    assert final.text == answer().text or final.notes == ()


def test_calls_beyond_the_limit_wait_and_the_budget_ends_them() -> None:
    with model(says(GOOD), token_budget=1) as (llm, endpoint):
        llm.used_tokens = 5
        assert "额度已用完" in Worder(llm).word(answer()).notes[-1]
        assert endpoint.requests == []


def test_the_model_is_off_unless_an_endpoint_is_named_and_may_be_sent_to() -> None:
    assert open_model(LlmSettings()) is None
    assert open_model(LlmSettings(base_url="http://127.0.0.1:1/v1", send="nothing")) is None
    assert "不会发送" in LlmSettings().told()
    assert "http://127.0.0.1:1/v1" in LlmSettings(base_url="http://127.0.0.1:1/v1", model="m").told()
    with pytest.raises(ValueError, match="没有配置"):
        LanguageModel(LlmSettings())


def test_settings_refuse_what_they_do_not_know() -> None:
    with pytest.raises(ValueError, match="没有名为 BUDGETQA_LLM_MODLE"):
        read_llm_settings({"BUDGETQA_LLM_MODLE": "x"})
    with pytest.raises(ValueError, match="BUDGETQA_LLM_TIMEOUT"):
        read_llm_settings({}, timeout=0)


def test_tracing_to_a_host_outside_is_off_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    with model(says(GOOD)) as (llm, _):
        with pytest.raises(ModelFailed):
            llm.complete([("user", "x")], deadline=time.monotonic() - 1)
        llm.complete([("user", "x")])
    assert os.environ["LANGSMITH_TRACING"] == "false"


def test_what_was_looked_up_or_stands_in_a_list_is_not_worded_by_a_model() -> None:
    with model(says(GOOD), evidence_characters=300) as (llm, endpoint):
        wants = Worder(llm).wants
        assert wants(answer())
        assert not wants(replace(answer(), route="lookup"))
        assert not wants(replace(answer(), question="主要职责是什么", values=()))
        long = replace(answer().citations[0], cell=None, quote="很长的一段话。" * 60)
        assert not wants(replace(answer(), citations=(*answer().citations, long)))
        assert not wants(Answer("q", "not_found", "没有"))
    assert endpoint.requests == []


def test_every_setting_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "llm.md").read_text(encoding="utf-8")
    for name, field in LlmSettings.model_fields.items():
        shown = "" if isinstance(field.default, SecretStr) else str(field.default)
        assert f"| `{PREFIX}{name.upper()}` | {f'`{shown}`' if shown else '空'} | {field.description} |" in page
