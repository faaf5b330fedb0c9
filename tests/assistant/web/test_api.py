"""The contract's HTTP paths, their refusals and their error form."""

from __future__ import annotations

import asyncio
import io
import threading
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from assistant.answering import StoreError
from assistant.records import Question
from assistant.web.app import ASKERS, create_app
from assistant.web.settings import WebSettings


def refusal(response: Any) -> str:
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message"}
    assert any("一" <= c <= "鿿" for c in body["error"]["message"])
    return str(body["error"]["code"])


def test_ask_gives_the_contracts_object(client: TestClient, fake: Any) -> None:
    body = client.post("/api/ask", json={"question": " 舆情预算 ", "history": ["上一问"], "document": "d1"}).json()
    assert body["status"] == "answered"
    assert body["values"][0] == {
        "label": "甲单位 2023年 网络舆情管理 预算数", "value": "730500.00", "unit": "元", "citations": [0],
    }  # fmt: skip
    assert body["citations"][0]["cell"] == "730500.00"
    assert "trace" not in body
    assert fake.asked[0].history == ("上一问",)
    assert fake.asked[0].document == ("d1",)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "bad_request"),
        (b"{}", 422, "invalid"),
        (b'{"question": "   "}', 422, "invalid"),
        (('{"question": "' + "问" * 10_001 + '"}').encode(), 422, "invalid"),
        ('{"question": "出错"}'.encode(), 500, "internal"),
    ],
)
def test_ask_refuses_in_one_form(client: TestClient, body: bytes, status: int, code: str) -> None:
    response = client.post("/api/ask", content=body, headers={"content-type": "application/json"})
    assert response.status_code == status
    assert refusal(response) == code


@pytest.mark.parametrize(("model", "inside"), [(None, ASKERS), (object(), 3 * ASKERS)])
def test_questions_of_programs_wait_in_line_unless_a_model_is_waited_for(
    model: object, inside: int, fake: Any, settings: WebSettings
) -> None:
    """Answers are held back until nobody else comes in; then all are let go."""
    fake.model = model
    come: list[str] = []
    go, answer = threading.Event(), fake.ask

    def held(question: Question) -> Any:
        come.append(question.text)
        assert go.wait(30)
        return answer(question)

    fake.ask = held
    app = create_app(fake, settings)
    asked = [f"舆情预算{n}" for n in range(3 * ASKERS)]

    async def all_at_once() -> list[int]:
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            asking = [asyncio.create_task(client.post("/api/ask", json={"question": q})) for q in asked]
            while len(come) < inside:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)
            assert len(come) == inside
            go.set()
            return [(await one).status_code for one in asking]

    assert asyncio.run(all_at_once()) == [200] * len(asked)
    assert set(come[:inside]) == set(asked[:inside])
    assert sorted(come) == sorted(asked)


def test_search_returns_links_inside_the_service(client: TestClient, fake: Any) -> None:
    rows = client.get("/api/search", params={"q": "wangluo", "limit": 1}).json()["results"]
    assert rows == [
        {"kind": "project", "title": "网络舆情管理", "snippet": "甲单位 2023年", "link": "source/table/t1?cell=1,1"}
    ]
    assert client.get("/api/search", params={"q": ""}).json()["results"] == []
    for bad in ("javascript:alert(1)", "https://evil.example/x", "//evil.example", "\\\\evil", "data:text/html,x"):
        fake.suggest = lambda text, limit, bad=bad: [{"kind": "x", "title": "t", "snippet": "", "link": bad}]
        link = client.get("/api/search", params={"q": "x"}).json()["results"][0]["link"]
        assert ":" not in link
        assert not link.startswith(("/", "\\"))


def test_documents_are_listed_page_by_page(client: TestClient, fake: Any) -> None:
    fake.store["d3"] = {**fake.store["d1"], "id": "d3"}
    body = client.get("/api/documents", params={"offset": 1, "limit": 1}).json()
    assert (body["total"], [d["id"] for d in body["documents"]]) == (2, ["d3"])
    assert client.get("/api/documents", params={"q": "无此"}).json()["total"] == 0
    assert client.get("/api/documents/d1").json()["agency"] == "甲单位"


@pytest.mark.parametrize(
    "path",
    ["/api/documents/nope", "/api/tables/nope", "/api/documents/..%2f..%2fetc%2fpasswd", "/api/tables/..%5c..%5cx"],
)
def test_an_unknown_id_is_not_found(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert refusal(response) == "not_found"


def test_a_table_comes_with_its_cells(client: TestClient) -> None:
    body = client.get("/api/tables/t1").json()
    assert (body["unit"], body["cells"][4]["text"]) == ("元", "730500.00")


def test_upload_then_remove(client: TestClient, fake: Any) -> None:
    response = client.post("/api/documents", files={"file": ("../../乙.txt", io.BytesIO(b"x"))})
    assert (response.status_code, response.json()["document_id"]) == (201, "d2")
    assert fake.store["d2"]["file"] == "乙.txt"
    kept = fake.files["d2"]
    assert kept.read_bytes() == b"x"
    assert "乙" not in kept.name
    client.post("/api/documents", files={"file": ("坏.txt", io.BytesIO(b"y"))})
    assert list(kept.parent.iterdir()) == [kept]
    assert client.delete("/api/documents/d2").json() == {"removed": True}
    assert client.delete("/api/documents/d2").status_code == 404
    assert not kept.exists()


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("a.exe", b"x", 422, "invalid"),
        ("空.txt", b"", 422, "invalid"),
        ("坏.txt", b"x", 422, "unreadable"),
        ("大.txt", b"x" * (51 << 20), 413, "too_large"),
        ("略大.txt", b"x" * ((50 << 20) + 1), 413, "too_large"),
    ],
)
def test_upload_refuses(client: TestClient, name: str, content: bytes, status: int, code: str) -> None:
    response = client.post("/api/documents", files={"file": (name, io.BytesIO(content))})
    assert (response.status_code, refusal(response)) == (status, code)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/documents"), ("GET", "/api/search?q=a"), ("POST", "/api/ask"), ("GET", "/source/document/d1")],
)
def test_a_store_that_cannot_be_read_is_503_with_a_next_step(
    method: str, path: str, client: TestClient, fake: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise StoreError("库文件 /var/lib/x/facts.sqlite 已损坏。")

    for name in ("ask", "suggest", "documents", "document"):
        setattr(fake, name, broken)
    response = client.request(method, path, json={"question": "舆情预算"} if method == "POST" else None)
    error = response.json()["error"]
    assert (response.status_code, error["code"], response.headers["retry-after"]) == (503, "unavailable", "5")
    assert "budgetqa doctor" in error["message"]
    assert "/var/lib" not in error["message"]
    assert "facts.sqlite 已损坏" in caplog.text


def test_accounts_that_cannot_be_read_are_503_too(client: TestClient, settings: WebSettings) -> None:
    (settings.state / "web.sqlite3").write_bytes(b"no database" * 1000)
    response = client.post("/api/feedback", json={"question": "问", "vote": "up"})
    assert (response.status_code, response.json()["error"]["code"]) == (503, "unavailable")


def test_health_is_503_until_ready(client: TestClient, fake: Any) -> None:
    assert client.get("/api/health").json()["ready"] is True
    fake.health = lambda: {"ready": False, "message": "正在载入"}
    response = client.get("/api/health")
    assert (response.status_code, response.json()["message"]) == (503, "正在载入")


def test_wrong_method_and_unknown_path_keep_the_form(client: TestClient) -> None:
    assert refusal(client.get("/api/ask")) == "method_not_allowed"
    assert refusal(client.get("/api/nothing")) == "not_found"
