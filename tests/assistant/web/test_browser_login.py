"""Logging in, being refused and a sub-path, in Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from assistant.web.identity import Gatekeeper
from assistant.web.settings import WebSettings
from assistant.web.state import State

PASSWORD = "correct horse 9"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, serving: Any) -> Iterator[Any]:
    """A service under a sub-path with a reader and a manager."""
    folder: Path = tmp_path_factory.mktemp("guarded")
    state = State(folder)
    keeper = Gatekeeper(WebSettings(state=folder), state)
    keeper.add_user("reader", PASSWORD, "reader")
    keeper.add_user("boss", PASSWORD, "manager")
    state.close()
    running: AbstractContextManager[Any] = serving(folder, root_path="/budgetqa")
    with running as service:
        yield service


def log_in(window: Any, name: str, password: str) -> None:
    window.page.get_by_label("用户名").fill(name)
    window.page.get_by_label("密码").fill(password)
    window.page.get_by_role("button", name="登录").click()


def test_log_in_be_refused_and_log_out(visit: Any, guarded: Any) -> None:
    window = visit(guarded.url)
    page = window.page
    page.goto(guarded.url + "/budgetqa/?q=舆情预算")
    log_in(window, "reader", "wrong password")
    assert "用户名或密码不正确" in page.get_by_role("alert").inner_text()
    log_in(window, "reader", PASSWORD)
    page.locator(".bq-figure").wait_for()
    page.locator("a.bq-source").first.click()
    page.frame_locator("#bq-drawer iframe").locator("#cited").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="文件").click()
    page.locator(".bq-documents").wait_for()
    assert page.locator(".bq-upload, .bq-remove").count() == 0
    refused = page.evaluate("fetch('api/documents/d1', {method: 'DELETE'}).then(r => r.json())")
    assert refused["error"]["code"] == "forbidden"
    page.get_by_role("button", name="退出").click()
    page.get_by_label("用户名").wait_for()
    log_in(window, "boss", PASSWORD)
    page.get_by_role("tab", name="文件").click()
    page.locator(".bq-upload").wait_for()
    assert guarded.outside() == []
