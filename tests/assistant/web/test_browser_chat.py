"""The chat page in Chromium, used as people use it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from openpyxl import load_workbook

from assistant.web.state import State

PHONE = {"viewport": {"width": 375, "height": 760}, "has_touch": True}


def faults(page: Any) -> list[str]:
    """What axe-core calls serious or critical."""
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found if v["impact"] in ("serious", "critical")]


def source_frame(page: Any) -> Any:
    page.locator("#bq-drawer[open]").wait_for()
    return page.frame_locator("#bq-drawer iframe")


def test_ask_follow_up_and_pick_an_option(visit: Any) -> None:
    window = visit()
    page = window.open()
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    assert "已读入" in page.locator(".bq-welcome").inner_text()
    turn = window.ask("舆情预算")
    assert turn.locator(".bq-figure").inner_text().split() == ["730,500.00", "元", "即", "73.05", "万元"]
    assert "年度未指明" in turn.locator(".bq-notes").inner_text()
    follow = window.ask("它的合计")
    assert "接上一问：舆情预算" in follow.locator(".bq-notes").inner_text()
    assert "730500.00 + 80000.00" in follow.locator(".bq-steps").inner_text()
    window.ask("哪个项目")
    page.get_by_role("button", name="网络舆情管理预算多少").last.click()
    page.locator(".bq-turn").nth(3).locator(".bq-figure").wait_for()
    assert page.locator(".bq-question").nth(3).inner_text().endswith("网络舆情管理预算多少")


def test_a_model_s_sentences_stream_in_under_the_answer_and_become_its_text(visit: Any) -> None:
    window = visit()
    page = window.open()
    assert page.locator(".bq-sent").inner_text() == "未使用大模型"
    turn = window.ask("舆情预算为什么增加")
    assert "730,500.00" in turn.locator(".bq-figure").inner_text()
    turn.locator(".bq-wording .bq-text", has_text="系统扩容").wait_for()
    turn.locator(".bq-notes", has_text="由大模型 m 组织语言").wait_for()
    assert turn.locator(".bq-wording").count() == 0
    assert "增加的主要原因是系统扩容[1]。预算730500.00元[1]。" in turn.locator(".bq-answer").inner_text()


def test_a_model_at_work_is_stopped_and_the_answer_stays(visit: Any) -> None:
    window = visit()
    page = window.open()
    turn = window.ask("舆情预算为什么一直增加")
    turn.locator(".bq-wording .bq-text", has_text="系统扩容").wait_for()
    assert faults(page) == []
    turn.get_by_role("button", name="停止").click()
    turn.locator(".bq-notes", has_text="已按要求停止大模型").wait_for()
    assert turn.locator(".bq-wording").count() == 0
    assert "730,500.00" in turn.locator(".bq-figure").inner_text()
    again = window.ask("运维预算")
    assert "300,000.00" in again.locator(".bq-figure").inner_text()


def test_an_example_and_a_question_in_the_address_are_asked(visit: Any) -> None:
    window = visit()
    page = window.open()
    page.locator(".bq-examples button").first.click()
    page.locator(".bq-figure").wait_for()
    window.open("/?q=" + "两项合计")
    page.locator(".bq-steps").wait_for()


def test_a_citation_opens_its_cell_in_view(visit: Any) -> None:
    window = visit()
    window.open()
    turn = window.ask("运维预算")
    turn.locator(".bq-sources a.bq-source").click()
    frame = source_frame(window.page)
    cell = frame.locator("td#cited")
    cell.wait_for()
    assert cell.locator("mark").inner_text() == "300000.00"
    assert cell.locator("xpath=..").locator("td").first.inner_text() == "信息化运维"
    box = cell.bounding_box()
    assert 0 <= box["y"] <= 850 - box["height"]
    assert 0 <= box["x"] <= 1200 - box["width"]
    assert frame.locator("td.cited").count() == 1
    window.page.keyboard.press("Escape")
    window.page.locator("#bq-drawer").wait_for(state="hidden")


def test_a_ranking_has_bars_and_every_row_its_source(visit: Any) -> None:
    window = visit()
    window.open()
    rows = window.ask("项目排名").locator(".bq-values tbody tr")
    widths = [rows.nth(i).locator("rect").get_attribute("width") for i in range(3)]
    assert widths == ["100.00", "41.07", "10.95"]
    rows.nth(1).locator("a.bq-source").click()
    frame = source_frame(window.page)
    frame.locator("#cited").wait_for()
    assert frame.locator("#cited mark").inner_text() == "300000.00"
    assert frame.locator("td.cited").count() == 3


def test_export_is_a_workbook_with_numbers(visit: Any) -> None:
    window = visit()
    window.open()
    turn = window.ask("两项合计多少")
    with window.page.expect_download() as download:
        turn.get_by_role("button", name="导出 Excel").click()
    assert download.value.suggested_filename == "预算问答-两项合计多少.xlsx"
    book = load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert (book["数字"]["C2"].value, book["数字"]["D2"].value) == (810500, "元")
    assert book["计算"]["B4"].value == "730500.00 + 80000.00"
    assert book["出处"]["K3"].value == "80000.00"


def test_copy_brings_the_sources_and_votes_are_kept(visit: Any, live: Any) -> None:
    window = visit()
    window.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = window.open()
    turn = window.ask("舆情预算")
    turn.get_by_role("button", name="复制（含出处）").click()
    turn.get_by_text("已复制").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "出处[1]：甲.txt" in copied
    assert "730500.00" in copied
    turn.get_by_role("button", name="没有帮助").click()
    turn.get_by_label("您的意见").fill("数字不对")
    turn.get_by_role("button", name="提交").click()
    turn.get_by_text("意见已记录").wait_for()
    kept = State(live.state).feedback()[0]
    assert (kept["vote"], kept["comment"], kept["question"]) == ("down", "数字不对", "舆情预算")


def test_upload_ask_and_remove(visit: Any) -> None:
    window = visit()
    page = window.open()
    page.get_by_role("tab", name="文件").click()
    chooser = page.locator(".bq-upload input[type=file]")
    chooser.set_input_files(
        [
            {"name": "坏.txt", "mimeType": "text/plain", "buffer": b"x"},
            {"name": "<b>乙.txt", "mimeType": "text/plain", "buffer": b"x"},
        ]
    )
    row = page.locator("tr[data-id=d2]")
    row.wait_for()
    assert "文件已损坏" in page.locator(".bq-failed").inner_text()
    assert row.locator("small").inner_text() == "<b>乙.txt"
    assert "1 条提示" in row.inner_text()
    page.get_by_role("tab", name="提问").click()
    assert "12人" in window.ask("全景人数").inner_text()
    page.get_by_role("tab", name="文件").click()
    page.on("dialog", lambda dialog: dialog.accept())
    row.get_by_role("button", name="移除").click()
    row.wait_for(state="detached")
    page.get_by_role("tab", name="提问").click()
    assert "未找到" in window.ask("全景人数").inner_text()


def test_filters_narrow_the_documents(visit: Any) -> None:
    window = visit()
    page = window.open()
    page.get_by_text("限定查找范围").click()
    page.get_by_label("地区").click()
    page.get_by_role("option", name="某县").click()
    assert "730,500.00" in window.ask("舆情预算").inner_text()
    assert '["d1"]' in page.locator(".bq-answer").get_attribute("data-document")


def test_a_question_taken_as_a_follow_up_can_be_asked_alone(visit: Any) -> None:
    window = visit()
    page = window.open()
    first = window.ask("没有的东西")
    assert first.get_by_role("button", name="不接上文").count() == 0
    window.ask("没有的东西").get_by_role("button", name="不接上文").click()
    page.locator(".bq-turn").nth(1).wait_for(state="detached")
    page.locator(".bq-turn .bq-actions").wait_for()
    assert page.locator(".bq-question").inner_text().endswith("没有的东西")
    page.get_by_role("button", name="历史对话", exact=True).click()
    page.locator(".bq-open").nth(1).wait_for()


def test_the_list_of_documents_is_narrowed_and_one_of_them_asked(visit: Any) -> None:
    window = visit()
    page = window.open()
    page.get_by_role("tab", name="文件").click()
    rows = page.locator(".bq-list tbody tr")
    rows.first.wait_for()
    page.get_by_label("筛选").first.fill("某县 2024")
    page.get_by_text("没有符合的文件").wait_for()
    assert rows.first.is_hidden()
    page.get_by_label("筛选").first.fill("某县 2023")
    rows.first.wait_for()
    rows.first.get_by_role("link", name="只在这份文件中查").click()
    page.locator(".bq-welcome", has_text="只在《甲单位2023年预算》中查找").wait_for()
    turn = window.ask("舆情预算")
    assert turn.locator(".bq-within").inner_text() == "只在《甲单位2023年预算》中查找"
    assert '["d1"]' in turn.locator(".bq-answer").get_attribute("data-document")


def test_history_is_kept_opened_and_deleted(visit: Any) -> None:
    window = visit()
    page = window.open()
    window.ask("网络舆情管理预算多少")
    window.open()
    page.get_by_role("button", name="打开或关闭历史对话").click()
    page.locator(".bq-open").first.click()
    page.locator(".bq-turn .bq-figure").wait_for()
    stranger = visit()
    stranger.open().get_by_role("button", name="打开或关闭历史对话").click()
    stranger.page.get_by_text("还没有历史对话").wait_for()
    page.get_by_role("button", name="删除对话").click()
    page.get_by_text("还没有历史对话").wait_for()
    assert page.locator(".bq-turn").count() == 0


def test_nothing_from_outside_becomes_a_script(visit: Any) -> None:
    window = visit()
    page = window.open()
    turn = window.ask('脚本<img src=x onerror="window.hacked=1">${window.hacked=1}{{value}}')
    assert "onerror" in turn.inner_text()
    assert "${window.hacked=1}{{value}}" in turn.inner_text()
    assert turn.locator("img, script").count() == 0
    window.open("/source/table/t1?cell=62,0")
    assert "onerror" in page.locator("#cited").inner_text()
    assert page.locator("table img, table script").count() == 0
    window.open("/source/document/d1?quote=<script>window.hacked=1</script>")
    assert "window.hacked" in page.locator("#cited").inner_text()
    window.open("/login?next=%22%3E%3Cscript%3Ewindow.hacked=1%3C/script%3E")
    assert page.evaluate("window.hacked") is None


def test_a_failure_and_an_empty_find_are_told(visit: Any) -> None:
    window = visit()
    window.open()
    failed = window.ask("出错")
    assert "服务内部出错" in failed.inner_text()
    failed.get_by_role("button", name="再试一次").wait_for()
    assert "未找到" in window.ask("没有的东西").inner_text()


def test_a_pdf_citation_frames_its_place(visit: Any) -> None:
    window = visit()
    page = window.open("/source/page/d4/1?box=100,200,180,215")
    size = page.locator("svg.pdf-page image").evaluate("i => [i.getBBox().width, i.getBBox().height]")
    assert size == [595, 842]
    frame = page.locator("rect#cited")
    frame.wait_for()
    assert (frame.get_attribute("x"), frame.get_attribute("width")) == ("98.0", "84.0")
    assert page.request.get(window.home + "/source/page/d4/1.png").headers["content-type"] == "image/png"
    assert page.request.get(window.home + "/source/page/d4/2").status == 404


def test_by_keyboard_alone(visit: Any) -> None:
    window = visit()
    page = window.open()
    page.get_by_label("问题", exact=True).focus()
    page.keyboard.type("舆情预算")
    page.keyboard.press("Enter")
    page.locator(".bq-figure").wait_for()
    page.locator("body > [role=status]", has_text="网络舆情管理预算730500.00元").wait_for(state="attached")
    page.locator(".bq-sources a.bq-source").focus()
    page.keyboard.press("Enter")
    source_frame(page).locator("#cited").wait_for()
    page.keyboard.press("Escape")
    page.locator("#bq-drawer").wait_for(state="hidden")
    page.get_by_role("tab", name="提问").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.locator(".bq-documents").wait_for()


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, id="light"),
        pytest.param({"color_scheme": "dark"}, id="dark"),
        pytest.param(PHONE, id="phone"),
        pytest.param({"viewport": {"width": 600, "height": 425}}, id="zoom"),
    ],
)
def test_every_page_is_usable_and_axe_finds_no_serious_fault(visit: Any, options: dict[str, Any]) -> None:
    window = visit(**options)
    page = window.open()
    page.locator(".bq-welcome").wait_for()
    found = {"welcome": faults(page)}
    for question in ("两项合计多少", "项目排名", "哪个项目", "没有的东西", "出错"):
        window.ask(question)
    found["answers"] = faults(page)
    wide = "document.documentElement.scrollWidth > window.innerWidth + 1"
    assert not page.evaluate(wide)
    page.locator("a.bq-source").first.click()
    source_frame(page).locator("#cited").wait_for()
    page.get_by_role("button", name="关闭", exact=True).click()
    for tab, ready in (("文件", ".bq-documents"), ("核对", ".bq-audit")):
        page.get_by_role("tab", name=tab).click()
        page.locator(ready).wait_for()
        found[tab] = faults(page)
        assert not page.evaluate(wide), tab
    for path in ("/source/table/t1?cell=1,1", "/login", "/docs", "/widget/plain?q=舆情"):
        window.open(path)
        found[path] = faults(page)
        assert not page.evaluate(wide), path
    assert not any(found.values()), found
