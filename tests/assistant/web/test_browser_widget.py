"""The search box on a page of another origin under a strict policy, by mouse, keyboard and input method."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from assistant.web.state import State

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "intranet.html"


class Portal(BaseHTTPRequestHandler):
    """Serves the example page as an intranet would: nothing but itself and our origin allowed."""

    def __init__(self, service: str, site: str, *args: Any) -> None:
        self.service, self.site = service, site
        super().__init__(*args)

    def do_GET(self) -> None:
        text = EXAMPLE.read_text("utf-8").replace("http://127.0.0.1:7860", self.service).replace("site_示例", self.site)
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", f"default-src 'self' {self.service}")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the test tells."""


@pytest.fixture(scope="module")
def portal(live: Any) -> Iterator[str]:
    state = State(live.state)
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    origin = f"http://127.0.0.1:{server.server_port}"
    server.RequestHandlerClass = partial(Portal, live.url, state.add_site("门户", [origin]))  # type: ignore[assignment]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield origin
    server.shutdown()
    server.server_close()
    thread.join()
    state.close()


@pytest.fixture
def box(visit: Any, portal: str) -> Any:
    window = visit(portal)
    window.refused = []
    window.page.on("console", lambda m: window.refused.append(m.text) if m.type == "error" else None)
    window.open("/portal")
    window.field = window.page.get_by_role("combobox", name="查询预算数字")
    window.field.wait_for()
    yield window
    assert [text for text in window.refused if "Content Security Policy" in text] == []


def sent(window: Any, path: str) -> list[str]:
    return [url for url in window.requested if path in url]


def test_by_mouse(box: Any, live: Any) -> None:
    box.field.click()
    box.field.press_sequentially("wangluo", delay=30)
    box.page.get_by_role("option").first.click()
    figure = box.page.locator("budgetqa-search .figure")
    figure.wait_for()
    assert figure.inner_text() == "730,500.00 元"
    assert box.page.locator("budgetqa-search .source a").get_attribute("href") == f"{live.url}/source/table/t1?cell=1,1"
    with box.context.expect_page() as opened:
        box.page.get_by_role("link", name="在预算问答中打开").click()
    opened.value.locator(".bq-figure").wait_for()
    found = Axe().run(box.page).response["violations"]
    assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []


def test_by_keyboard(box: Any) -> None:
    page = box.page
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.tagName") == "BUDGETQA-SEARCH"
    page.keyboard.type("wangluo")
    page.get_by_role("option").nth(1).wait_for()
    assert box.field.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert box.field.get_attribute("aria-activedescendant") == "row1"
    page.keyboard.press("ArrowUp")
    assert page.get_by_role("option", selected=True).inner_text().startswith("项目")
    page.keyboard.press("Escape")
    assert box.field.get_attribute("aria-expanded") == "false"
    assert box.field.input_value() == "wangluo"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator("budgetqa-search .figure").wait_for()
    assert "730500.00元" in page.locator("budgetqa-search").get_by_role("status").inner_text()
    page.keyboard.press("Escape")
    page.locator("budgetqa-search .card").wait_for(state="hidden")
    page.locator("body").click(position={"x": 5, "y": 5})
    page.keyboard.press("Control+k")
    assert page.evaluate("document.activeElement.tagName") == "BUDGETQA-SEARCH"
    box.field.fill("哪个项目")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="网络安全检查预算多少").wait_for()


def test_a_slash_typed_elsewhere_stays_there(box: Any) -> None:
    other = box.page.get_by_label("站内搜索")
    other.focus()
    box.page.keyboard.type("a/b")
    assert other.input_value() == "a/b"


def test_half_typed_pinyin_is_not_sent(box: Any) -> None:
    box.field.focus()
    method = box.context.new_cdp_session(box.page)
    for typed in ("y", "yu", "yu q", "yu qing"):
        method.send(
            "Input.imeSetComposition", {"text": typed, "selectionStart": len(typed), "selectionEnd": len(typed)}
        )
        box.page.wait_for_timeout(120)
    box.field.evaluate(
        "e => e.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', keyCode: 229, bubbles: true}))"
    )
    box.page.wait_for_timeout(400)
    assert sent(box, "/api/search") == []
    assert sent(box, "/api/ask") == []
    method.send("Input.insertText", {"text": "舆情"})
    box.page.get_by_role("option").first.wait_for()
    assert len(sent(box, "/api/search")) == 1


def test_typing_fast_asks_once(box: Any) -> None:
    box.field.press_sequentially("wangluo", delay=10)
    box.page.get_by_role("option").first.wait_for()
    assert len(sent(box, "/api/search")) == 1


def test_in_english_and_when_refused(visit: Any, portal: str, live: Any) -> None:
    window = visit(portal)
    window.open("/portal")
    window.page.evaluate("document.querySelector('budgetqa-search').remove()")
    window.page.evaluate(
        """() => { const e = document.createElement('budgetqa-search'); e.setAttribute('lang', 'en');
        e.setAttribute('site-key', 'site_unknown'); document.body.append(e); }"""
    )
    window.page.get_by_role("combobox", name="Search budget figures").fill("舆情")
    window.page.keyboard.press("Enter")
    window.page.get_by_role("alert").get_by_text("This page may not use Budget Q&A.").wait_for()


def test_the_iframe_page_works_for_its_site_only(visit: Any, portal: str, live: Any) -> None:
    window = visit(portal)
    window.open("/portal")
    frame = window.page.frame_locator("iframe")
    frame.get_by_role("combobox").fill("舆情预算")
    frame.get_by_role("button", name="提问").click()
    frame.locator(".figure").wait_for()
    stranger = visit(portal.replace("127.0.0.1", "localhost"))
    stranger.open("/portal")
    stranger.page.wait_for_timeout(500)
    assert stranger.page.frames[1].url.startswith("chrome-error:")


def test_hostile_answers_are_text(box: Any) -> None:
    box.field.fill("脚本")
    box.page.keyboard.press("Enter")
    box.page.locator("budgetqa-search .figure").wait_for()
    assert "onerror" in box.page.locator("budgetqa-search .card").inner_text()
    assert box.page.locator("budgetqa-search img").count() == 0
    assert box.page.evaluate("window.hacked") is None
