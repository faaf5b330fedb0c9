"""The web service around a fake assistant, in this process and on a port."""

from __future__ import annotations

import importlib.util
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import sync_playwright

from assistant.web.app import create_app
from assistant.web.settings import WebSettings

CHROMIUM = Path("/usr/bin/chromium")
HERE = Path(__file__).resolve().parent


def load_fake() -> Any:
    spec = importlib.util.spec_from_file_location("web_fake", HERE / "fake_assistant.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Live:
    """A service in its own process; ``outside`` lists the other hosts that it called."""

    url: str
    state: Path
    record: Path

    def outside(self) -> list[str]:
        return self.record.read_text().splitlines() if self.record.exists() else []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(url: str, method: str, path: str) -> None:
    """Wait for a part that is built behind the running service."""
    until = time.monotonic() + 180
    while time.monotonic() < until:
        try:
            if httpx.request(method, url + path, timeout=5).status_code != 503:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise TimeoutError(path)


@contextmanager
def serve_fake(folder: Path, **settings: Any) -> Iterator[Live]:
    """The fake's service on a free port of this machine until the block ends."""
    port, record = free_port(), folder / "outside.log"
    command = [sys.executable, str(HERE / "run_fake.py"), str(port), str(folder), str(record), json.dumps(settings)]
    with subprocess.Popen(command) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            root = settings.get("root_path", "")
            wait_until(url, "POST", root + "/mcp")
            wait_until(url, "GET", root + "/")
            yield Live(url, folder, record)
        finally:
            process.terminate()
            process.wait(timeout=15)


@pytest.fixture(scope="module")
def free() -> int:
    """A port that nothing listens on."""
    return free_port()


@pytest.fixture(scope="session")
def serving() -> Any:
    """The context manager that runs a service of its own; a test module cannot import from this one."""
    return serve_fake


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One open service for all tests that need a port; building the chat page takes seconds."""
    with serve_fake(tmp_path_factory.mktemp("live"), ask_per_minute=100_000) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium; closed with the module, for its event loop would be in other tests' way."""
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-background-networking"]
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=arguments)
        yield running
        running.close()


class Visit:
    """A browser window that records every request to another host and every script error."""

    def __init__(self, browser: Any, home: str, **options: Any) -> None:
        self.home = home
        self.context = browser.new_context(locale="zh-CN", **{"viewport": {"width": 1200, "height": 850}, **options})
        self.context.set_default_timeout(60_000)
        self.requested: list[str] = []
        self.errors: list[str] = []
        self.context.on("request", lambda request: self.requested.append(request.url))
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, path: str = "/") -> Any:
        self.page.goto(self.home + path)
        if path == "/" or path.startswith("/?"):
            self.page.wait_for_selector(".bq-log")
        return self.page

    def ask(self, question: str) -> Any:
        """Ask as people do; gives the card of the answer."""
        before = self.page.locator(".bq-turn").count()
        field = self.page.get_by_label("问题", exact=True)
        # Right after a source was closed Chromium can still send the text to the drawer's frame.
        for _ in range(10):
            field.fill(question)
            if field.input_value() == question:
                break
        self.page.get_by_role("button", name="提问", exact=True).click()
        turn = self.page.locator(".bq-turn").nth(before)
        turn.locator(".bq-actions, .bq-error").wait_for()
        return turn

    def outside(self) -> list[str]:
        local = (
            "http://127.0.0.1:",
            "http://localhost:",
            "https://localhost:",
            "data:",
            "blob:",
            "about:",
            "ws://127.0.0.1:",
        )
        return [url for url in self.requested if not url.startswith(local)]


@pytest.fixture
def visit(browser: Any, live: Live) -> Iterator[Any]:
    """Opens windows on the open service; afterwards none has failed or called another host."""
    windows: list[Visit] = []

    def start(home: str | None = None, **options: Any) -> Visit:
        windows.append(Visit(browser, home or live.url, **options))
        return windows[-1]

    yield start
    for window in windows:
        assert window.outside() == []
        assert window.errors == []
        window.context.close()
    assert live.outside() == []


@pytest.fixture
def fake() -> Any:
    return load_fake().FakeAssistant()


@pytest.fixture
def settings(tmp_path: Path) -> WebSettings:
    return WebSettings(state=tmp_path)


@pytest.fixture
def app(fake: Any, settings: WebSettings) -> FastAPI:
    return create_app(fake, settings)


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    # Without the lifespan the chat page is not built: API tests need no Gradio.
    return TestClient(app, raise_server_exceptions=False, base_url="http://127.0.0.1", client=("127.0.0.1", 50000))
