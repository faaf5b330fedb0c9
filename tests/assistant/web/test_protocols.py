"""The OpenAI protocol with the openai client and the MCP server with its client, over a real port."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import httpx
import openai
import pytest
import uvicorn
from fastapi.testclient import TestClient
from mcp import Client

pytestmark = pytest.mark.usefixtures("live")


@pytest.fixture
def chat(live: Any) -> Any:
    with openai.OpenAI(base_url=f"{live.url}/v1", api_key="any", max_retries=0) as client:
        yield client


def test_openai_client_gets_answer_and_citations(chat: Any) -> None:
    messages = [
        {"role": "system", "content": "请简短"},
        {"role": "user", "content": "舆情预算"},
        {"role": "assistant", "content": "730500.00元"},
        {"role": "user", "content": [{"type": "text", "text": "它的合计"}]},
    ]
    reply = chat.chat.completions.create(model="budgetqa", messages=messages)
    text = reply.choices[0].message.content
    assert "810500.00" in text
    assert "[2] 甲单位2023年预算 › 第二部分 项目绩效 › 项目支出表" in text
    assert reply.model_extra["budgetqa"]["citations"][0]["cell"] == "730500.00"
    assert "接上一问：舆情预算" in text
    assert [m.id for m in chat.models.list()] == ["budgetqa"]


def test_openai_client_streams(chat: Any) -> None:
    asked = [{"role": "user", "content": "舆情预算"}]
    chunks = list(
        chat.chat.completions.create(
            model="budgetqa", messages=asked, stream=True, stream_options={"include_usage": True}
        )
    )
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text.startswith("网络舆情管理预算730500.00元。")
    assert "出处：" in text
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].usage.total_tokens > 0


def test_openai_stream_shows_the_answer_at_once_and_then_what_a_model_says_of_it(chat: Any) -> None:
    asked = [{"role": "user", "content": "舆情预算为什么增加"}]
    chunks = list(chat.chat.completions.create(model="budgetqa", messages=asked, stream=True))
    pieces = [c.choices[0].delta.content for c in chunks if c.choices[0].delta.content]
    text = "".join(pieces)
    assert pieces[0].startswith("网络舆情管理预算730500.00元。")
    assert text.index("出处：") < text.index("大模型的表述") < text.index("系统扩容[1]。预算730500.00元[1]。")
    assert text.endswith("说明：由大模型 m 组织语言，每句话都已核对")
    assert chunks[-1].model_extra["budgetqa"]["route"] == "llm"


def test_a_client_that_leaves_a_stream_stops_the_model(app: Any, fake: Any) -> None:
    """Over a port of its own: the client closes the connection in the middle."""
    with app_on_port(app) as url, httpx.Client(base_url=url, timeout=10) as client:
        body = {"messages": [{"role": "user", "content": "舆情预算为什么一直增加"}], "stream": True}
        with client.stream("POST", "/v1/chat/completions", json=body) as reply:
            for line in reply.iter_lines():
                if "系统扩容" in line:
                    break
        until = time.monotonic() + 10
        while fake.closed == 0 and time.monotonic() < until:
            time.sleep(0.05)
    assert fake.closed == 1


@contextmanager
def app_on_port(app: Any) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


def test_openai_refusals_keep_the_form(chat: Any) -> None:
    with pytest.raises(openai.UnprocessableEntityError, match="没有用户的问题"):
        chat.chat.completions.create(model="budgetqa", messages=[{"role": "system", "content": "x"}])


def test_mcp_client_asks_and_lists(live: Any) -> None:
    async def talk() -> None:
        async with Client(f"{live.url}/mcp") as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            assert names == {"ask", "look_up_figures", "search_passages", "list_documents"}
            answer = (await client.call_tool("ask", {"question": "舆情预算"})).structured_content
            assert answer["values"][0]["value"] == "730500.00"
            assert answer["citations"][0]["table"] == "项目支出表"
            figures = (await client.call_tool("look_up_figures", {"query": "舆情预算"})).structured_content
            assert figures["citations"][0]["cell"] == "730500.00"
            listed = (await client.call_tool("list_documents", {"limit": 1})).structured_content
            assert listed["documents"][0]["id"] == "d1"
            found = (await client.call_tool("search_passages", {"query": "wang", "limit": 1})).structured_content
            assert found["result"][0]["title"] == "网络舆情管理"

    anyio.run(talk)


def test_mcp_needs_the_same_login(fake: Any, tmp_path: Any) -> None:
    from assistant.web.app import create_app
    from assistant.web.settings import WebSettings

    client = TestClient(create_app(fake, WebSettings(state=tmp_path, auth="on")), base_url="http://127.0.0.1")
    assert client.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).status_code == 401
