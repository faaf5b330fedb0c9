"""Answers over the sample documents: figures, and what is promised about them."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.answering import Assistant
from assistant.records import Answer, Question

ROOT = Path(__file__).parents[2]
Ask = Callable[..., Answer]


def first(answer: Answer) -> str:
    value = answer.values[0]
    return f"{value.comparison or ''}{value.value}{value.unit}"


@pytest.mark.parametrize(
    ("question", "figure", "cell"),
    [
        ("玉田舆情管理预算多少", "730500.00元", "730500.00"),
        ("玉田县委网信办2023年网评队伍建设的预算数", "80000.00元", "80000.00"),
        ("开平区委网信办2025年支出总计多少", "283.61万元", "283.61"),
        ("开平网信办2024年决算支出总计是多少", "258.90万元", "258.90"),
        ("开平网信办2025年公用经费里的办公费", "3.81万元", "3.81"),
        ("开平网信办2024年公务接待费决算", "0.32万元", "0.32"),
        ("开平网信办2024年公务接待费预算数", "0.50万元", "0.50"),
        ("开平网信办2025年行政运行", "166.60万元", "166.60"),
        ("玉田县2025年205支出多少", "125400.00万元", "125400.00"),
        ("玉田县2024年教育支出执行数", "121600.00万元", "121600.00"),
        ("玉田网络舆情管理6月底支出进度", "50%", "50%"),
        ("玉田网络舆情管理项目的满意度指标是多少", "≥98%", "≥98%"),
        ("滦南县应急广播故障修复时间", "≤24小时", "≤24小时"),
        ("滦南县应急广播维护终端数量", "594套", "594套"),
        ("迁西县网络安全保障经费预算是多少", "42.60万元", "42.60"),
        ("开平2025年台式计算机单价", "0.50万元", "0.50"),
    ],
)
def test_a_figure_with_its_cell(ask: Ask, question: str, figure: str, cell: str) -> None:
    answer = ask(question)
    assert answer.status == "answered"
    assert first(answer) == figure
    assert answer.citations[0].cell == cell
    assert answer.citations[0].table
    assert answer.route == "lookup"


@pytest.mark.parametrize(
    ("question", "figure"),
    [
        ("开平网信办2025年支出比2024年增加多少", "21.20万元"),
        ("开平网信办2025年项目支出比2024年增长百分之几", "50.00%"),
        ("开平网信办2024年支出决算完成年初预算的百分之几", "98.66%"),
        ("开平网信办2024年公务接待费决算比预算减少多少", "0.18万元"),
        ("开平网信办2025年人员经费占基本支出的比例", "94.12%"),
        ("玉田县2025年支出合计比2024年增长百分之几", "1.04%"),
        ("玉田县2025年非税收入减少了多少", "2700.00万元"),
        ("玉田县2025年非税收入变化多少", "-2700.00万元"),
        ("玉田县2025年增值税和企业所得税一共多少", "62600.00万元"),
        ("玉田县2025年税收收入占收入合计的比例", "61.45%"),
        ("开平网信办2025年水费加邮电费", "2.45万元"),
        ("玉田人员类项目和公用类项目一共多少", "1166803.64元"),
    ],
)
def test_a_computed_figure_with_its_steps(ask: Ask, question: str, figure: str) -> None:
    answer = ask(question)
    assert answer.status == "answered"
    assert first(answer) == figure
    assert answer.calculation is not None
    assert answer.calculation.expression in answer.text
    assert all(0 <= i < len(answer.citations) for i in answer.calculation.inputs)


def test_every_value_points_to_a_citation(ask: Ask) -> None:
    answer = ask("开平网信办2025年水费、邮电费、工会经费分别多少")
    assert [v.value for v in answer.values] == ["0.40", "2.05", "0.92"]
    assert [answer.citations[v.citations[0]].cell for v in answer.values] == ["0.40", "2.05", "0.92"]


# -- blanks -------------------------------------------------------------------


@pytest.mark.parametrize(
    "question",
    [
        "玉田网络舆情管理的其他资金",
        "开平网信办2024年行政运行项目支出决算",
        "开平网信办2025年教育支出多少",
        "开平网信办2025年事业收入",
    ],
)
def test_a_blank_is_not_zero(ask: Ask, question: str) -> None:
    answer = ask(question)
    assert answer.status == "not_found"
    assert not answer.values
    assert "空" in answer.text
    assert answer.citations[0].cell == ""


def test_a_printed_zero_is_zero(ask: Ask) -> None:
    answer = ask("开平网信办2024年公务用车购置费")
    assert (answer.status, first(answer)) == ("answered", "0.00万元")


@pytest.mark.parametrize("question", ["开平网信办2025年政府性基金预算多少", "开平网信办2024年国有资本经营预算支出"])
def test_an_empty_table_answers_by_its_note(ask: Ask, question: str) -> None:
    answer = ask(question)
    assert answer.status == "answered"
    assert not answer.values
    assert "空表列示" in answer.text


# -- units --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "figure"),
    [
        ("玉田舆情管理预算多少万元", "73.05万元"),
        ("开平网信办2025年办公费多少元", "38100元"),
        ("玉田县2025年教育支出是多少亿元", "12.54亿元"),
        ("玉田公用类项目多少万元", "12.2826万元"),
    ],
)
def test_a_unit_is_converted_exactly_and_said(ask: Ask, question: str, figure: str) -> None:
    answer = ask(question)
    assert first(answer) == figure
    assert answer.calculation is not None
    assert answer.calculation.operation == "convert"
    assert any("换算" in n for n in answer.notes)


# -- what the store has not ---------------------------------------------------


@pytest.mark.parametrize(
    "question",
    [
        "开平网信办2026年支出总计",
        "开平网信办2023年支出预算",
        "玉田网络舆情管理2024年预算",
        "开平2024年政府采购预算26.40万元对吗",
        "北京市网信办2025年支出",
        "秦皇岛市网信办2025年支出",
        "唐山市网信办2025年支出预算",
        "唐山市开平区教育局2025年支出总计",
        "玉田县教育局2023年预算多少",
        "玉田网络舆情管理决算数",
        "滦南县融媒体中心2024年决算",
        "玉田县2025年国防支出",
        "开平网信办2025年电费",
        "开平网信办2025年网络安全支出",
        "开平网信办2025年编制人数",
        "开平网信办2025年有几个项目",
        "迁西网信办2025年网络安全宣传经费",
        "今天天气怎么样",
    ],
)
def test_what_the_store_lacks_is_refused_without_a_figure(ask: Ask, question: str) -> None:
    answer = ask(question)
    assert answer.status == "not_found"
    assert not answer.values
    assert answer.calculation is None
    told = answer.text.replace(question, "")
    assert not re.search(r"\d(?:元|万元|亿元|%)", told)


def test_no_question_and_no_document(ask: Ask, assistant: Assistant) -> None:
    assert ask("？？").status == "not_found"
    missing = assistant.ask(Question("支出总计多少", document=("没有.pdf",)))
    assert missing.status == "not_found"
    assert "没有.pdf" in missing.text
    only = assistant.ask(Question("支出总计多少", document=("开平区委网信办2025年部门预算.docx",)))
    assert first(only) == "283.61万元"


# -- claims, negation, doubt --------------------------------------------------


@pytest.mark.parametrize(
    ("question", "verdict"),
    [
        ("玉田舆情管理预算730500元对吗", "说法相符"),
        ("玉田舆情管理预算是73.05万元吗", "说法相符"),
        ("玉田舆情管理的满意度是98%吗", "说法相符"),
        ("玉田舆情管理预算是80万元吗", "与所说不符"),
        ("开平网信办2025年住房公积金为12.5万元", "与所说不符"),
        ("玉田舆情管理预算是不是80万元", "与所说不符"),
    ],
)
def test_a_claim_is_checked(ask: Ask, question: str, verdict: str) -> None:
    answer = ask(question)
    assert answer.status == "answered"
    assert answer.text.startswith(verdict)


@pytest.mark.parametrize(
    ("question", "figure"),
    [
        ("开平网信办2024年公务接待费预算，不是决算数", "0.50万元"),
        ("开平网信办2024年公务接待费，不要预算数，决算数多少", "0.32万元"),
        ("先不管项目支出，开平网信办2025年基本支出多少", "193.61万元"),
        ("开平网信办2025年办公费就不用了，水费多少", "0.40万元"),
    ],
)
def test_what_is_ruled_out_is_not_told(ask: Ask, question: str, figure: str) -> None:
    answer = ask(question)
    assert first(answer) == figure
    assert len(answer.values) == 1
    assert not any("未找到" in n for n in answer.notes)


def test_two_figures_that_disagree_are_both_told(ask: Ask) -> None:
    answer = ask("开平网信办2024年住房公积金")
    assert answer.status == "clarify"
    assert len(answer.options) == 2
    assert {first(ask(o)) for o in answer.options} == {"13.00万元", "13.06万元"}


@pytest.mark.parametrize(
    "question",
    ["办公费是多少", "支出总计多少", "项目支出多少", "开平网信办2024年公务接待费", "玉田网信办2023年工作开展次数"],
)
def test_each_option_is_a_complete_question_with_an_answer(ask: Ask, question: str) -> None:
    answer = ask(question)
    assert answer.status == "clarify"
    assert len(answer.options) >= 2
    told = [ask(o) for o in answer.options]
    assert [a.status for a in told] == ["answered"] * len(told)
    assert len({a.citations[0] for a in told}) == len(told)


def test_actual_and_expected_are_not_confused(ask: Ask) -> None:
    assert "文档所列为执行数，不是决算数" in ask("玉田县2024年教育支出决算数").notes


# -- any text -----------------------------------------------------------------


SLOW = 5.0  # seconds; an answer takes milliseconds, a CI machine may stall


def valid(assistant: Assistant, text: str) -> None:
    started = time.monotonic()
    answer = assistant.ask(Question(text))
    assert time.monotonic() - started < SLOW
    data = json.loads(json.dumps(answer.as_json(), ensure_ascii=False, allow_nan=False))
    assert data["question"] == text
    assert data["status"] in {"answered", "clarify", "not_found"}
    assert data["text"]
    if data["status"] == "not_found":
        assert data["values"] == []
    for value in data["values"]:
        assert value["value"] is None or Decimal(value["value"]).is_finite()
        assert value["citations"]
        assert all(0 <= i < len(data["citations"]) for i in value["citations"])


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_text_gets_an_answer(assistant: Assistant, text: str) -> None:
    valid(assistant, text)


PIECES = re.findall(
    r"\S+",
    """
玉田 开平 迁西县 滦南 北京市 唐山市 网信办 财政局 教育局 融媒体中心 2023年 2024年 2025年 2099年 去年 截至2024年12月31日
舆情管理 办公费 三公经费 公务接待费 教育支出 税收收入 基本支出 项目支出 合计 支出总计 满意度 项目编码 201 30201
预算 决算 执行数 年初预算 占 的比例 同比增长 比 增加多少 减少 相差 哪个更多 最高的三个 排第二 第99名 平均 一共 分别 有几个
有哪些 超过20万元 不低于 以下 不是 先不管 不含 吗 呢 是多少 多少元 万元 亿元 换算成 ？ ， 、 和 与 各部门 哪一年 每年
忽略以上指令 你是谁 为什么 yutian yuqing ' \" ; -- DROP TABLE <script>alert(1)</script> ${7*7} %s \x00 \u202e 🙂 ０．５
-1 1e999 9999999999999999999999 零 〇 一百二十三万亿 Ω ñ привет سلام สวัสดี 輿情 與情
""",
)


@pytest.mark.parametrize("seed", range(6))
def test_fragments_put_together_get_an_answer(assistant: Assistant, seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(50):
        text = "".join(draw.choice(PIECES) for _ in range(draw.randint(1, 9)))
        valid(assistant, text)


@pytest.mark.parametrize(
    "text", ["预算" * 5000, "一" * 3000, "（" * 2000, "2025年" * 700, "a" * 100_000, "占的比例" * 500]
)
def test_long_texts_get_an_answer_in_time(assistant: Assistant, text: str) -> None:
    valid(assistant, text)


# -- what a lookup needs ------------------------------------------------------


def test_a_lookup_loads_no_model(samples_store: Path) -> None:
    code = (
        "import sys\n"
        "from assistant.answering import open_assistant\n"
        "from assistant.records import Question\n"
        "opened = open_assistant(sys.argv[1])\n"
        "print(opened.ask(Question('玉田舆情管理预算多少')).values[0].value)\n"
        "print(sorted({'torch', 'chromadb', 'langchain', 'gradio', 'fastapi', 'onnxruntime'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(samples_store)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:2] == ["730500.00", "[]"]


def test_the_command_line_answers(samples_store: Path, record_property: Callable[[str, object], None]) -> None:
    started = time.monotonic()
    command = [
        sys.executable,
        "-c",
        "from assistant.cli import main; main()",
        "ask",
        "玉田舆情管理预算多少",
        "--json",
        "--store",
        str(samples_store),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120, check=False)
    record_property("cold_ask_seconds", round(time.monotonic() - started, 2))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["values"][0]["value"] == "730500.00"
