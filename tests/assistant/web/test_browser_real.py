"""The whole service as ``budgetqa serve`` runs it over the sample documents, used in Chromium from question to workbook."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook

HERE = Path(__file__).resolve().parent
SERVE = """
import sys
from pathlib import Path
from run_fake import record_outside
from assistant.cli import main
record_outside(Path(sys.argv[1]))
raise SystemExit(main(["serve", "--store", sys.argv[2], "--port", sys.argv[3]]))
"""
LIBRARY = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>青山县图书馆2025年部门预算</title>
<h1>青山县图书馆2025年部门预算</h1><p>单位名称：青山县图书馆　预算年度：2025</p><h2>项目支出预算表</h2><p>单位：万元</p>
<table><tr><th>项目名称</th><th>预算数</th></tr><tr><td>合计</td><td>86.50</td></tr>
<tr><td>古籍修复经费</td><td>36.50</td></tr><tr><td>阅读推广活动经费</td><td>50.00</td></tr></table></html>"""


@pytest.fixture(scope="module")
def service(samples_store: Path, tmp_path_factory: pytest.TempPathFactory, free: int) -> Iterator[tuple[str, Path]]:
    """Its address, and the file of hosts outside that it called."""
    folder = tmp_path_factory.mktemp("real")
    store, record = folder / "store", folder / "outside.log"
    shutil.copytree(samples_store, store)
    words = [sys.executable, "-c", SERVE, str(record), str(store), str(free)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parents[2])])}
    with subprocess.Popen(words, env=environment, stderr=subprocess.DEVNULL) as process:
        url = f"http://127.0.0.1:{free}"
        until = time.monotonic() + 120
        while time.monotonic() < until:
            try:
                if httpx.get(url, timeout=30).status_code == 200:
                    break
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        yield url, record
        process.terminate()
        process.wait(timeout=30)


def test_from_a_question_to_its_cell_its_workbook_and_a_document_of_ones_own(
    visit: Any, service: tuple[str, Path]
) -> None:
    url, record = service
    window = visit(url)
    page = window.open()
    turn = window.ask("玉田舆情管理预算多少")
    assert turn.locator(".bq-figure").inner_text().split() == ["730,500.00", "元", "即", "73.05", "万元"]
    turn.locator(".bq-sources a.bq-source").first.click()
    cell = page.frame_locator("#bq-drawer iframe").locator("td#cited")
    cell.wait_for()
    assert cell.locator("mark").inner_text() == "730500.00"
    box = cell.bounding_box()
    assert 0 <= box["y"] <= 850 - box["height"]
    page.keyboard.press("Escape")
    changed = window.ask("开平区委网信办2025年支出总计比2024年增加了多少")
    assert changed.locator(".bq-figure strong").inner_text() == "21.20"
    with page.expect_download() as download:
        changed.get_by_role("button", name="导出 Excel").click()
    book = load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert (book["数字"]["C2"].value, book["数字"]["D2"].value) == (21.2, "万元")
    page.get_by_role("tab", name="文件").click()
    page.locator(".bq-upload input[type=file]").set_input_files(
        [{"name": "图书馆.html", "mimeType": "text/html", "buffer": LIBRARY.encode()}]
    )
    row = page.locator(".bq-list tbody tr", has_text="青山县图书馆")
    row.wait_for()
    page.get_by_role("tab", name="提问").click()
    page.get_by_role("button", name="新对话").click()
    page.locator(".bq-welcome").wait_for()
    question = "青山县图书馆2025年古籍修复经费预算多少"
    assert window.ask(question).locator(".bq-figure").inner_text().split()[:2] == ["36.50", "万元"]
    page.get_by_role("tab", name="核对").click()
    page.locator(".bq-audit").wait_for()
    page.get_by_role("tab", name="文件").click()
    page.on("dialog", lambda dialog: dialog.accept())
    row.get_by_role("button", name="移除").click()
    row.wait_for(state="detached")
    page.get_by_role("tab", name="提问").click()
    gone = window.ask(question)
    assert gone.locator(".bq-figure").count() == 0
    assert "36.50" not in gone.locator(".bq-answer").inner_text()
    assert not record.exists(), record.read_text()
