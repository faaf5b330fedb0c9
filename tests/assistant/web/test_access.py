"""Who may come in, and what each defence refuses."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from assistant.web.app import create_app, serve
from assistant.web.guard import needs_manager
from assistant.web.identity import SESSION_COOKIE
from assistant.web.limits import RateLimit
from assistant.web.login import local_path
from assistant.web.settings import SettingsError, WebSettings, read_settings, settings_table

ASK = {"question": "舆情预算"}
PASSWORD = "correct horse 9"


def service(fake: Any, folder: Path, address: str = "127.0.0.1", **given: Any) -> TestClient:
    app = create_app(fake, WebSettings(state=folder, **given))
    keeper = app.state.gatekeeper
    keeper.add_user("reader", PASSWORD, "reader")
    keeper.add_user("boss", PASSWORD, "manager")
    return TestClient(
        app, base_url="http://127.0.0.1", client=(address, 50000), follow_redirects=False, raise_server_exceptions=False
    )


def log_in(client: TestClient, name: str) -> Any:
    return client.post("/login", data={"name": name, "password": PASSWORD, "next": "/docs"})


@pytest.fixture
def guarded(fake: Any, tmp_path: Path) -> TestClient:
    return service(fake, tmp_path)


def test_without_login_nothing_is_answered(guarded: TestClient) -> None:
    for method, path in [("POST", "/api/ask"), ("GET", "/api/documents"), ("POST", "/v1/chat/completions"),
                         ("POST", "/mcp"), ("GET", "/source/table/t1"), ("GET", "/openapi.json"), ("GET", "/docs"),
                         ("POST", "/gradio_api/queue/join"), ("GET", "/widget/plain")]:  # fmt: skip
        response = guarded.request(method, path, json=ASK if method == "POST" else None)
        assert (path, response.status_code) == (path, 401)
    page = guarded.get("/?q=x", headers={"accept": "text/html"})
    assert (page.status_code, page.headers["location"]) == (303, "/login?next=/%3Fq%3Dx")
    assert guarded.get("/api/health").status_code == 200


def test_a_path_that_only_begins_like_an_open_one_is_closed(guarded: TestClient) -> None:
    for path in (
        "/loginx",
        "/login/x",
        "/logout/",
        "/api/healthx",
        "/widget/framex",
        "/favicon.icox",
        "/ui",
        "/widget/",
    ):
        assert (path, guarded.get(path).status_code) == (path, 401)
    with pytest.raises(WebSocketDisconnect), guarded.websocket_connect("/gradio_api/queue/join"):
        pass


def test_login_gives_a_session_that_scripts_cannot_read(guarded: TestClient) -> None:
    response = log_in(guarded, "reader")
    assert (response.status_code, response.headers["location"]) == (303, "/docs")
    cookie = response.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert guarded.post("/api/ask", json=ASK).status_code == 200
    guarded.post("/logout")
    assert guarded.post("/api/ask", json=ASK).status_code == 401


def test_cookies_are_secure_behind_tls(fake: Any, tmp_path: Path) -> None:
    client = service(fake, tmp_path, secure_cookies=True)
    response = log_in(client, "reader")
    assert "secure" in response.headers["set-cookie"].lower()
    assert "max-age" in response.headers["strict-transport-security"]
    encrypted = service(fake, tmp_path)
    encrypted.base_url = "https://127.0.0.1"
    assert "secure" in log_in(encrypted, "reader").headers["set-cookie"].lower()


def test_a_planted_session_is_worth_nothing_after_login(guarded: TestClient) -> None:
    log_in(guarded, "reader")
    planted = guarded.cookies[SESSION_COOKIE]
    log_in(guarded, "boss")
    assert guarded.cookies[SESSION_COOKIE] != planted
    guarded.cookies.clear()
    assert guarded.post("/api/ask", json=ASK, headers={"cookie": f"{SESSION_COOKIE}={planted}"}).status_code == 401
    assert guarded.post("/api/ask", json=ASK, headers={"cookie": f"{SESSION_COOKIE}=chosen"}).status_code == 401


def test_wrong_password_and_unknown_user_look_alike(guarded: TestClient) -> None:
    wrong = guarded.post("/login", data={"name": "reader", "password": "x"})
    unknown = guarded.post("/login", data={"name": "nobody", "password": "x"})
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert wrong.text == unknown.text


def test_guessing_passwords_is_slowed(fake: Any, tmp_path: Path) -> None:
    client = service(fake, tmp_path, login_per_minute=3)
    codes = [client.post("/login", data={"name": "reader", "password": "x"}).status_code for _ in range(4)]
    assert codes == [401, 401, 401, 429]
    assert log_in(client, "reader").status_code == 429


def test_passwords_and_keys_are_not_stored(guarded: TestClient, tmp_path: Path) -> None:
    _, token = guarded.app.state.state.add_key("脚本", "ask")  # type: ignore[attr-defined]
    log_in(guarded, "reader")
    guarded.app.state.state.close()  # type: ignore[attr-defined]
    content = (tmp_path / "web.sqlite3").read_bytes()
    assert b"$argon2id$" in content
    for secret in (PASSWORD, token, guarded.cookies[SESSION_COOKIE]):
        assert secret.encode() not in content


def test_a_reader_cannot_manage(guarded: TestClient, fake: Any) -> None:
    log_in(guarded, "reader")
    upload = guarded.post("/api/documents", files={"file": ("乙.txt", io.BytesIO(b"x"))})
    assert upload.status_code == 403
    assert guarded.delete("/api/documents/d1").status_code == 403
    assert "d1" in fake.store
    assert guarded.post("/gradio_api/upload", files={"files": ("a.txt", b"x")}).status_code == 403
    log_in(guarded, "boss")
    assert guarded.delete("/api/documents/d1").status_code == 200


def test_every_changing_path_needs_a_manager_unless_it_only_asks(app: Any) -> None:
    asking = {"/api/ask", "/api/export", "/api/feedback", "/v1/chat/completions", "/widget/token"}
    for path, methods in app.openapi()["paths"].items():
        for method in methods:
            if method.upper() not in ("GET", "HEAD") and path not in asking:
                assert needs_manager(method.upper(), path), path


def test_api_keys_have_a_scope_and_can_be_revoked(guarded: TestClient) -> None:
    state = guarded.app.state.state  # type: ignore[attr-defined]
    id, token = state.add_key("脚本", "ask")
    headers = {"authorization": f"Bearer {token}"}
    assert guarded.post("/api/ask", json=ASK, headers=headers).status_code == 200
    assert guarded.delete("/api/documents/d1", headers=headers).status_code == 403
    _, managing = state.add_key("管理", "manage")
    assert guarded.delete("/api/documents/d1", headers={"authorization": f"Bearer {managing}"}).status_code == 200
    assert state.revoke_key(id)
    assert guarded.post("/api/ask", json=ASK, headers=headers).status_code == 401


def test_proxy_header_counts_only_from_the_proxy(fake: Any, tmp_path: Path) -> None:
    given = {"proxy_header": "X-Remote-User", "proxy_addresses": ("10.0.0.0/8",), "proxy_managers": ("主任",)}
    header = {"x-remote-user": "someone"}
    inside = service(fake, tmp_path, "10.1.2.3", **given)
    assert inside.post("/api/ask", json=ASK, headers=header).status_code == 200
    assert inside.delete("/api/documents/d1", headers=header).status_code == 403
    assert service(fake, tmp_path, "192.0.2.7", **given).post("/api/ask", json=ASK, headers=header).status_code == 401


def test_another_sites_form_is_refused(guarded: TestClient) -> None:
    log_in(guarded, "boss")
    for headers in ({"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
        assert guarded.delete("/api/documents/d1", headers=headers).status_code == 403
        assert guarded.post("/logout", headers=headers).status_code == 403
    assert guarded.post("/api/ask", json=ASK, headers={"origin": "http://127.0.0.1"}).status_code == 200


def test_an_open_service_answers_only_this_machine_by_its_own_name(fake: Any, tmp_path: Path) -> None:
    app = create_app(fake, WebSettings(state=tmp_path))
    far = TestClient(app, base_url="http://127.0.0.1", client=("192.0.2.7", 1))
    rebound = TestClient(app, base_url="http://evil.example", client=("127.0.0.1", 1))
    near = TestClient(app, base_url="http://localhost", client=("127.0.0.1", 1))
    assert far.post("/api/ask", json=ASK).status_code == 401
    assert rebound.post("/api/ask", json=ASK).status_code == 401
    assert near.post("/api/ask", json=ASK).status_code == 200
    assert far.post("/api/ask", json=ASK, headers={"authorization": "Bearer x"}).status_code == 401


def test_insecure_lets_others_read_but_not_manage(fake: Any, tmp_path: Path) -> None:
    app = create_app(fake, WebSettings(state=tmp_path, insecure=True))
    far = TestClient(app, base_url="http://server", client=("192.0.2.7", 1))
    assert far.post("/api/ask", json=ASK).status_code == 200
    assert far.delete("/api/documents/d1").status_code == 403


def test_serve_refuses_an_open_address_without_login(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="insecure"):
        serve(tmp_path, host="0.0.0.0")
    assert not list(tmp_path.iterdir())


def test_rate_limit_names_the_wait(fake: Any, tmp_path: Path) -> None:
    app = create_app(fake, WebSettings(state=tmp_path, ask_per_minute=2))
    client = TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 1))
    assert [client.post("/api/ask", json=ASK).status_code for _ in range(2)] == [200, 200]
    refused = client.post("/api/ask", json=ASK)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")


def test_rate_limit_refills_and_forgets() -> None:
    limit = RateLimit(60)
    assert [limit.wait("a", 0.0) for _ in range(60)] == [0.0] * 60
    assert limit.wait("a", 0.0) == pytest.approx(1.0)
    assert limit.wait("b", 0.0) == 0.0
    assert limit.wait("a", 1.0) == 0.0


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil",
        "javascript:alert(1)",
        "/x\r\nSet-Cookie: a=b",
        "",
        "x",
        "/ü",
    ],
)
def test_after_login_nobody_is_led_away(guarded: TestClient, target: str) -> None:
    assert local_path(target) == "/"
    response = guarded.post("/login", data={"name": "reader", "password": PASSWORD, "next": target})
    assert response.headers["location"] == "/"
    assert "a=b" not in response.headers["set-cookie"]


def test_headers_cannot_be_injected(client: TestClient) -> None:
    response = client.post("/api/ask", json=ASK, headers={"x-request-id": "a\tb"})
    assert response.headers["x-request-id"] != "a\tb"
    for question in ("yuqing\r\nX-Evil: 1", "舆情\r\nX-Evil: 1"):
        exported = client.post("/api/export", json={"question": question})
        assert exported.status_code == 200
        assert "Evil" not in str(exported.headers)
        assert all(value.isprintable() for value in exported.headers.values())


def test_security_headers_stand_on_every_answer(client: TestClient) -> None:
    for path in ("/api/health", "/login", "/source/table/t1", "/api/nothing", "/", "/ui/page.css"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'self'" in headers["content-security-policy"]
        assert headers["x-request-id"]
    assert "unsafe" not in client.get("/source/table/t1").headers["content-security-policy"]
    crashed = client.post("/api/ask", json={"question": "出错"})
    assert (crashed.status_code, crashed.headers["x-content-type-options"]) == (500, "nosniff")


def test_a_body_that_hides_its_length_is_still_bounded(client: TestClient) -> None:
    def flood() -> Any:
        for _ in range(40):
            yield b"x" * (1 << 16)

    response = client.post("/api/ask", content=flood(), headers={"content-type": "application/json"})
    assert response.status_code == 413
    assert client.post("/api/ask", content=b"{}", headers={"content-length": "9999999999"}).status_code == 413


def test_settings_are_known_and_described() -> None:
    assert read_settings({}, ask_per_minute=5).ask_per_minute == 5
    with pytest.raises(SettingsError, match="没有名为"):
        read_settings({"BUDGETQA_WEB_COLOUR": "red"})
    with pytest.raises(SettingsError, match="ROOT_PATH"):
        read_settings({}, root_path="x/")
    text = (Path(__file__).resolve().parents[3] / "docs" / "deploy.md").read_text("utf-8")
    assert settings_table() in text
