"""Takes the pictures of this folder: every page in light, in dark and at a phone's width, over the sample documents.

    python docs/screenshots/take.py [--chromium /usr/bin/chromium]

reads samples/ into a store of its own, serves it twice (open, and with a login) and uses the pages as people do.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
COMMAND = "import sys; from assistant.cli import main; raise SystemExit(main(sys.argv[1:]))"
MODES: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1200, "height": 820}},
    "dark": {"viewport": {"width": 1200, "height": 820}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 780}, "has_touch": True},
}
COLOURS = 64
FIGURE = "玉田舆情管理预算多少"
CHANGE = "开平区委网信办2025年支出总计比2024年增加了多少"
LISTED = "玉田县委网信办2023年有哪些项目"
UNCLEAR = "项目支出是多少"
MISSING = "火星探测经费是多少"
PRINTED = "开平区委网信办2024年决算支出合计多少"


def command(*words: str) -> list[str]:
    return [sys.executable, "-c", COMMAND, *words]


@contextmanager
def serving(store: Path, state: Path, **settings: str) -> Iterator[str]:
    """The address of a service over ``store`` until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "BUDGETQA_WEB_STATE": str(state), **settings}
    words = command("serve", "--store", str(store), "--port", str(port))
    with subprocess.Popen(words, env=environment, stderr=subprocess.DEVNULL) as process:  # noqa: S603 -- our own program
        try:
            home = f"http://127.0.0.1:{port}"
            until = time.monotonic() + 120
            while time.monotonic() < until:
                try:
                    urlopen(home + "/login").close()  # noqa: S310 -- this machine
                    urlopen(home + "/").close()  # noqa: S310
                    break
                except HTTPError as error:
                    if error.code == 401:
                        break
                    time.sleep(0.2)
                except URLError:
                    time.sleep(0.2)
            yield home
        finally:
            process.terminate()
            process.wait(timeout=30)


class Camera:
    """A window in one mode that keeps what it shows as small PNGs."""

    def __init__(self, browser: Browser, mode: str, home: str) -> None:
        context = browser.new_context(locale="zh-CN", **MODES[mode])
        context.set_default_timeout(90_000)
        self.page: Page = context.new_page()
        self.mode, self.home = mode, home

    def keep(self, name: str) -> None:
        self.page.mouse.move(0, 0)
        self.page.wait_for_timeout(700)  # until scrolling and the theme's transitions are over
        image = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
        small = image.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        small.save(HERE / f"{self.mode}-{name}.png", optimize=True)

    def open(self, path: str = "/") -> None:
        self.page.goto(self.home + path)
        if path == "/":
            self.page.locator(".bq-welcome").wait_for()

    def ask(self, question: str) -> Any:
        number = self.page.locator(".bq-turn").count()
        self.page.get_by_label("问题", exact=True).fill(question)
        self.page.get_by_role("button", name="提问", exact=True).click()
        turn = self.page.locator(".bq-turn").nth(number)
        turn.locator(".bq-actions").wait_for()
        return turn

    def begin_anew(self) -> None:
        self.page.get_by_role("button", name="新对话").click()
        self.page.locator(".bq-welcome").wait_for()

    def drawer(self, link: Any, name: str) -> None:
        link.click()
        self.page.frame_locator("#bq-drawer iframe").locator("#cited").wait_for()
        self.keep(name)
        self.page.get_by_role("button", name="关闭", exact=True).click()

    def close(self) -> None:
        self.page.context.close()


def chat(camera: Camera) -> None:
    page = camera.page
    # The first one waits for the models, and its time stands in the picture.
    page.request.post(camera.home + "/api/ask", data={"question": MISSING}, timeout=120_000)
    camera.open()
    camera.keep("welcome")
    turn = camera.ask(FIGURE)
    camera.keep("answer")
    camera.drawer(turn.locator(".bq-sources a.bq-source").first, "source")
    for name, question in (("change", CHANGE), ("list", LISTED)):
        camera.ask(question)
        camera.keep(name)
    camera.begin_anew()
    camera.ask(UNCLEAR)
    camera.keep("options")
    camera.ask(MISSING)
    camera.keep("missing")
    camera.begin_anew()
    turn = camera.ask(PRINTED)
    camera.drawer(turn.locator("a.bq-page").first, "page")
    page.get_by_role("button", name="历史对话", exact=True).click()
    camera.keep("history")
    page.get_by_role("button", name="打开或关闭历史对话").click()
    for tab, ready, name in (("文件", ".bq-documents", "documents"), ("核对", ".bq-audit", "audit")):
        page.get_by_role("tab", name=tab).click()
        page.locator(ready).wait_for()
        camera.keep(name)


def others(camera: Camera) -> None:
    page = camera.page
    document = json.loads(page.request.get(camera.home + "/api/documents").text())["documents"][0]["id"]
    camera.open(f"/source/document/{document}")
    camera.keep("document")
    camera.open("/widget/frame")
    page.get_by_role("combobox").fill(FIGURE)
    page.get_by_role("combobox").press("Enter")
    page.get_by_text("730,500.00").first.wait_for()
    camera.keep("widget")
    camera.open("/docs")
    camera.keep("api")


def main() -> None:
    parser = argparse.ArgumentParser(description="为文档截图")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--mode", choices=list(MODES), action="append")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        store, open_state, closed_state = (Path(folder) / name for name in ("store", "open", "closed"))
        words = command("ingest", str(ROOT / "samples"), "--store", str(store))
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
        arguments = ["--no-sandbox", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=args.chromium, args=arguments)
        login = {"BUDGETQA_WEB_AUTH": "on"}
        with serving(store, open_state) as home, serving(store, closed_state, **login) as closed:
            for mode in args.mode or MODES:
                for use, address in ((chat, home), (others, home), (log_in, closed)):
                    camera = Camera(browser, mode, address)
                    use(camera)
                    camera.close()
        with suppress(Exception):
            browser.close()


def log_in(camera: Camera) -> None:
    camera.open("/login")
    camera.page.get_by_label("用户名").fill("张三")
    camera.page.get_by_label("密码").fill("no such password")
    camera.page.get_by_role("button", name="登录").click()
    camera.page.get_by_role("alert").wait_for()
    camera.keep("login")


if __name__ == "__main__":
    main()
