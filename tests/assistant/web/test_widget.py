"""The search box's server side: site keys, tokens, cross-origin answers, iframe and plain pages."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from assistant.web.app import create_app
from assistant.web.pages import FOLDER
from assistant.web.settings import WebSettings

PORTAL = "https://portal.example"
EVIL = "https://evil.example"


@pytest.fixture
def guarded(fake: Any, tmp_path: Path) -> TestClient:
    app = create_app(fake, WebSettings(state=tmp_path, auth="on"))
    return TestClient(app, base_url="http://service", client=("192.0.2.9", 1))


@pytest.fixture
def site(guarded: TestClient) -> str:
    return str(guarded.app.state.state.add_site("门户", [PORTAL]))  # type: ignore[attr-defined]


def bearer(client: TestClient, site: str) -> dict[str, str]:
    reply = client.post("/widget/token", json={"site": site}, headers={"origin": PORTAL})
    assert reply.headers["access-control-allow-origin"] == PORTAL
    return {"authorization": f"Bearer {reply.json()['token']}", "origin": PORTAL}


def test_a_site_key_lets_its_own_pages_ask(guarded: TestClient, site: str) -> None:
    headers = bearer(guarded, site)
    reply = guarded.post("/api/ask", json={"question": "舆情"}, headers=headers)
    assert (reply.status_code, reply.headers["access-control-allow-origin"]) == (200, PORTAL)
    assert "Origin" in reply.headers["vary"]
    assert "access-control-allow-credentials" not in reply.headers
    assert guarded.get("/api/search?q=wang", headers=headers).json()["results"]
    preflight = guarded.options("/api/ask", headers={"origin": PORTAL, "access-control-request-method": "POST"})
    assert (preflight.status_code, preflight.headers["access-control-allow-headers"]) == (
        204,
        "Authorization, Content-Type",
    )


def test_a_site_key_is_worth_nothing_elsewhere(guarded: TestClient, site: str) -> None:
    for headers in ({"origin": EVIL}, {}, {"origin": "null"}):
        assert guarded.post("/widget/token", json={"site": site}, headers=headers).status_code == 403
    headers = {**bearer(guarded, site), "origin": EVIL}
    reply = guarded.post("/api/ask", json={"question": "舆情"}, headers=headers)
    assert reply.status_code == 401
    assert "access-control-allow-origin" not in reply.headers
    assert guarded.options("/api/ask", headers={"origin": EVIL}).status_code in (401, 405)


def test_a_site_token_only_asks(guarded: TestClient, site: str) -> None:
    headers = bearer(guarded, site)
    for method, path in [("GET", "/api/documents"), ("DELETE", "/api/documents/d1"), ("POST", "/api/feedback"),
                         ("GET", "/source/table/t1"), ("POST", "/v1/chat/completions"), ("POST", "/mcp")]:  # fmt: skip
        assert (path, guarded.request(method, path, headers=headers).status_code) == (path, 403)


def test_tokens_end_with_time_and_with_the_site_key(
    guarded: TestClient, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = bearer(guarded, site)
    with monkeypatch.context() as patch:
        patch.setattr("assistant.web.identity.SITE_TOKEN_SECONDS", -1)
        assert guarded.get("/api/search?q=x", headers=headers).status_code == 401
    assert guarded.get("/api/search?q=x", headers=headers).status_code == 200
    guarded.app.state.state.revoke_site(site)  # type: ignore[attr-defined]
    assert guarded.get("/api/search?q=x", headers=headers).status_code == 401
    forged = {**headers, "authorization": headers["authorization"][:-3] + "abc"}
    assert guarded.get("/api/search?q=x", headers=forged).status_code == 401


def test_only_the_sites_own_pages_may_frame(guarded: TestClient, site: str) -> None:
    frame = {"sec-fetch-dest": "iframe", "referer": f"{PORTAL}/home"}
    shown = guarded.get(f"/widget/frame?site={site}", headers=frame)
    assert f"frame-ancestors 'self' {PORTAL};" in shown.headers["content-security-policy"] + ";"
    assert "x-frame-options" not in shown.headers
    token = re.search(r'token="([^"]+)"', shown.text)
    assert token
    ours = {"authorization": f"Bearer {token[1]}", "origin": "http://service"}
    assert guarded.post("/api/ask", json={"question": "舆情"}, headers=ours).status_code == 200
    for headers in ({**frame, "referer": f"{EVIL}/"}, {"referer": f"{PORTAL}/"}, {"sec-fetch-dest": "iframe"}):
        assert "token=" not in guarded.get(f"/widget/frame?site={site}", headers=headers).text
    stranger = guarded.get("/widget/frame?site=other").headers
    assert (stranger["x-frame-options"], PORTAL in stranger["content-security-policy"]) == ("SAMEORIGIN", False)


def test_the_plain_page_answers_without_script(client: TestClient) -> None:
    page = client.get("/widget/plain", params={"q": "舆情预算"})
    assert "730,500.00" in page.text
    assert "即 73.05 万元" in page.text
    assert 'href="/source/table/t1?cell=1%2C1"' in page.text
    assert "<script" not in page.text
    hostile = client.get("/widget/plain", params={"q": '脚本"><img src=x onerror=alert(1)>'})
    assert "<img" not in hostile.text


def test_the_script_is_small_old_enough_and_runs_under_a_strict_policy(client: TestClient) -> None:
    reply = client.get("/widget/budgetqa.js")
    assert reply.headers["content-type"].startswith("text/javascript")
    assert reply.headers["cross-origin-resource-policy"] == "cross-origin"
    source = (FOLDER / "widget" / "budgetqa.js").read_text("utf-8")
    assert len(gzip.compress(source.encode())) <= 25 * 1024
    # Newer than ES2017: optional chaining, ??, object spread, catch without a name; and what a strict policy refuses.
    for banned in (r"\?\.[a-zA-Z(\[]", r"\?\?", r"\{\s*\.\.\.", r"catch\s*\{", r"\beval\(", r"new Function",
                   r"innerHTML", r"WebAssembly", r"https?://"):  # fmt: skip
        assert not re.search(banned, source), banned
