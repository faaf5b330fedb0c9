"""The service behind deploy/nginx.conf: TLS, a sub-path, a login, streaming, the search box from another site."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from assistant.web.identity import Gatekeeper
from assistant.web.settings import WebSettings
from assistant.web.state import State

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
CONFIG = Path(__file__).resolve().parents[3] / "deploy" / "nginx.conf"
ROOT = "/budgetqa"
PASSWORD = "correct horse 9"
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


@dataclass(frozen=True)
class Proxied:
    url: str
    state: Path
    key: str


def write_certificate(folder: Path) -> None:
    """A key and a certificate of its own making for localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    certificate = made.add_extension(names, critical=False).sign(key, hashes.SHA256())
    (folder / "budget.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    kind = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "budget.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, *kind))


@contextmanager
def nginx(folder: Path, service: str, port: int) -> Iterator[None]:
    """Run the deployed file as it is but for names, ports and the sub-path that its comment tells to set."""
    write_certificate(folder)
    server = CONFIG.read_text("utf-8")
    for was, now in (
        ("listen 443", f"listen 127.0.0.1:{port}"),
        ("server_name budget.example", "server_name localhost"),
        ("/etc/nginx/tls", str(folder)),
        ("location / {", f"location {ROOT}/ {{"),
        ("http://127.0.0.1:7860", service),
    ):
        assert was in server
        server = server.replace(was, now)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = f"daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}"
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(f"{user}{main} http {{ access_log off; {temporary} {server} }}", "utf-8")
    command = [str(NGINX), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    with subprocess.Popen(command) as process:
        try:
            until = time.monotonic() + 10
            while time.monotonic() < until and process.poll() is None:
                try:
                    httpx.get(f"https://localhost:{port}{ROOT}/api/health", verify=False, timeout=5)
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            yield
        finally:
            process.terminate()
            process.wait(timeout=10)


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory, serving: Any, free: int) -> Iterator[Proxied]:
    state_folder, folder = tmp_path_factory.mktemp("state"), tmp_path_factory.mktemp("nginx")
    state = State(state_folder)
    Gatekeeper(WebSettings(state=state_folder), state).add_user("boss", PASSWORD, "manager")
    _, key = state.add_key("脚本", "ask")
    state.close()
    with serving(state_folder, root_path=ROOT, secure_cookies=True) as live, nginx(folder, live.url, free):
        yield Proxied(f"https://localhost:{free}", state_folder, key)


@pytest.fixture
def reader(visit: Any, proxied: Proxied) -> Any:
    """A window that has logged in over TLS, the sub-path written without its slash."""
    window = visit(proxied.url, ignore_https_errors=True)
    page = window.page
    page.goto(proxied.url + ROOT)
    page.get_by_label("用户名").fill("boss")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.locator(".bq-welcome").wait_for()
    return window


def test_the_chat_page_works_under_its_sub_path(reader: Any) -> None:
    page = reader.page
    assert page.url.endswith(f"{ROOT}/")
    cookies = {cookie["name"]: cookie for cookie in reader.context.cookies()}
    assert cookies["budgetqa_session"]["secure"]
    turn = reader.ask("舆情预算")
    assert "730,500.00" in turn.locator(".bq-figure").inner_text()
    turn.locator(".bq-sources a.bq-source").click()
    page.frame_locator("#bq-drawer iframe").locator("td#cited").wait_for()
    page.get_by_role("button", name="关闭", exact=True).click()
    with page.expect_download() as download:
        turn.get_by_role("button", name="导出 Excel").click()
    assert Path(download.value.path()).read_bytes().startswith(b"PK")
    page.get_by_role("tab", name="文件").click()
    page.locator(".bq-upload input[type=file]").set_input_files(
        [{"name": "乙.txt", "mimeType": "text/plain", "buffer": b"x" * (2 << 20)}]
    )
    page.locator("tr[data-id=d2]").wait_for()


def test_what_is_shown_first_is_not_held_back(reader: Any) -> None:
    page = reader.page
    page.get_by_label("问题", exact=True).fill("慢慢查舆情预算")
    page.get_by_role("button", name="提问", exact=True).click()
    page.locator(".bq-loading").wait_for(timeout=1400)
    page.locator(".bq-figure").wait_for()


def test_a_program_streams_through_the_proxy(proxied: Proxied) -> None:
    body = {"model": "budgetqa", "stream": True, "messages": [{"role": "user", "content": "舆情预算"}]}
    headers = {"Authorization": f"Bearer {proxied.key}"}
    with httpx.stream("POST", f"{proxied.url}{ROOT}/v1/chat/completions", json=body, headers=headers, verify=False) as r:  # fmt: skip
        lines = [line for line in r.iter_lines() if line]
        assert (r.status_code, r.headers["content-type"].split(";")[0]) == (200, "text/event-stream")
    assert lines[-1] == "data: [DONE]"
    said = [json.loads(line[6:])["choices"][0]["delta"].get("content", "") for line in lines[:-1]]
    assert "730500.00元" in "".join(said)


def test_a_stranger_cannot_name_himself_or_his_address(proxied: Proxied) -> None:
    headers = {"X-Remote-User": "boss", "X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "evil.example"}
    response = httpx.get(f"{proxied.url}{ROOT}/api/documents", headers=headers, verify=False)
    assert response.status_code == 401


class Portal(BaseHTTPRequestHandler):
    page = b""
    policy = ""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", self.policy)
        self.end_headers()
        self.wfile.write(self.page)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the test tells."""


def test_the_search_box_of_another_site_asks_through_the_proxy(visit: Any, proxied: Proxied) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Portal)
    origin = f"http://127.0.0.1:{server.server_port}"
    state = State(proxied.state)
    site = state.add_site("门户", [origin])
    state.close()
    box = f'<budgetqa-search site-key="{site}"></budgetqa-search>'
    script = f'<script src="{proxied.url}{ROOT}/widget/budgetqa.js" defer></script>'
    Portal.page = f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>门户</title>{script}{box}'.encode()
    Portal.policy = f"default-src 'self' {proxied.url}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        window = visit(origin, ignore_https_errors=True)
        page = window.open("/portal")
        field = page.get_by_role("combobox", name="查询预算数字")
        field.fill("舆情预算")
        field.press("Enter")
        figure = page.locator("budgetqa-search .figure")
        figure.wait_for()
        assert figure.inner_text() == "730,500.00 元"
        link = page.locator("budgetqa-search .source a").get_attribute("href")
        assert link == f"{proxied.url}{ROOT}/source/table/t1?cell=1,1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
