from __future__ import annotations

import pytest

from assistant.asked import kind_of as asked_of
from assistant.chain import ProseAnswerer
from assistant.retrieval import NO_VECTORS, HybridRetriever, content_of
from index.chunks import chunks_of
from index.records import Document, Known, Passage
from tests.assistant.chunk_texts import MemoryTexts

FIRST = (
    ("一、部门职责", "根据机构编制规定，甲局的主要职责是："),
    ("一、部门职责", "1.统筹全县档案事业发展规划，监督指导各单位档案管理。"),
    ("一、部门职责", "2.负责档案接收、保管和提供利用。"),
    ("二、机构设置", "甲局本年预算由本级和所属单位构成，具体包括："),
    ("二、机构设置", "1.甲局（本级）。"),
    ("二、机构设置", "2.乙县档案馆。"),
    ("三、收支情况", "本年收入预算100.00万元，支出预算100.00万元。"),
    ("三、收支情况", "比2024年预算增加20.00万元，主要原因是库房搬迁，租赁费用上升。"),
    ("四、“三公”经费", "公务接待费1.00万元，比2024年减少0.50万元，主要原因是压缩接待批次。"),
    ("五、数字化专项经费说明 > （一）项目概述", "为抢救老旧卷宗，对历史档案进行扫描和著录，促进开放利用。"),
    ("五、数字化专项经费说明 > （二）立项依据", "《乙县档案数字化三年方案》（乙档〔2024〕7号）。"),
    ("六、工作保障措施", "1.健全制度，细化分工。"),
    ("六、工作保障措施", "2.加强绩效运行监控，发现偏差及时纠正。"),
    ("七、名词解释", "1、基本支出：指为保障机构运转而发生的人员支出和公用支出。"),
    ("七、名词解释", "2、“三公”经费：是指因公出国（境）费、公务用车购置及运行费和公务接待费。"),
)
SECOND = (
    ("一、主要职能", "丙局负责全县水利工程建设与管理。"),
    ("二、收支情况", "比2024年预算减少5.00万元，主要原因是灌溉工程完工。"),
)


def document(name: str, agency: str, lines: tuple[tuple[str, str], ...]) -> Document:
    passages = tuple(
        Passage(f"{name}-{n}", text, tuple(section.split(" > ")), n + 1) for n, (section, text) in enumerate(lines)
    )
    known = Known(agency, "标题", 0.9)
    year = Known("2025", "标题", 0.9)
    return Document(name, f"{name}.txt", "txt", f"{agency}2025年部门预算", passages, agency=known, fiscal_year=year)


@pytest.fixture(scope="module")
def answerer() -> ProseAnswerer:
    documents = (document("first", "乙县甲局", FIRST), document("second", "乙县丙局", SECOND))
    return ProseAnswerer(HybridRetriever(MemoryTexts(c for d in documents for c in chunks_of(d))))


@pytest.mark.parametrize(
    ("question", "focus", "said", "absent"),
    [
        ("甲局的主要职责是什么", "主要职责", "档案接收", "扫描"),
        ("甲局有哪些下属单位", "下属单位", "乙县档案馆", "职责"),
        ("甲局2025年预算为什么增加", "预算为什么增加", "库房搬迁", "灌溉"),
        ("甲局公务接待费减少的原因", "公务接待费减少的原因", "压缩接待批次", "库房"),
        ("数字化专项的立项依据是什么", None, "乙档〔2024〕7号", "抢救"),
        ("数字化专项是做什么用的", None, "扫描和著录", "〔2024〕"),
        ("甲局如何加强绩效运行监控", "如何加强绩效运行监控", "发现偏差及时纠正", "健全制度"),
        ("甲局的工作保障措施有哪些", "工作保障措施有哪些", "健全制度", "扫描"),
        ("什么是基本支出", None, "保障机构运转", "公务用车"),
        ("“三公”经费包括哪些", None, "公务用车购置及运行费", "压缩"),
    ],
)
def test_a_question_gets_the_text_of_its_kind(
    answerer: ProseAnswerer, question: str, focus: str | None, said: str, absent: str
) -> None:
    result = answerer.answer(question, ["first"], focus)
    assert result is not None
    assert said in result.text
    assert absent not in result.text
    assert all(quote.text in result.text for quote in result.quotes)
    assert NO_VECTORS in result.notes


@pytest.mark.parametrize(
    "question",
    [
        "今天天气怎么样",
        "甲局食堂的卫生制度是什么",
        "丙局为什么要采购无人机",
        "碳达峰是什么意思",
        "甲局2023年预算为什么增加",
    ],
)
def test_what_no_document_says_is_not_answered(answerer: ProseAnswerer, question: str) -> None:
    assert answerer.answer(question) is None


def test_an_answer_keeps_to_the_documents_asked_about(answerer: ProseAnswerer) -> None:
    result = answerer.answer("丙局预算减少的原因", ["second"], "预算减少的原因")
    assert result is not None
    assert {quote.document_id for quote in result.quotes} == {"second"}
    assert answerer.answer("数字化专项的立项依据是什么", ["second"]) is None


def test_every_quote_stands_word_for_word_in_its_passage(answerer: ProseAnswerer) -> None:
    passages = {f"first-{n}": (text, n + 1) for n, (_, text) in enumerate(FIRST)}
    result = answerer.answer("甲局的主要职责是什么", ["first"], "主要职责")
    assert result is not None
    for quote in result.quotes:
        text, _ = passages[quote.block_id]
        assert quote.text in text
    assert [q.block_id for q in result.quotes] == ["first-0", "first-1", "first-2"]


def test_of_a_long_paragraph_only_what_answers_is_quoted_after_the_sentence_that_names_it() -> None:
    filler = "".join(f"产出指标第{n}项按计划完成，指标值为百分之九十八以上。" for n in range(40))
    lines = (("一、分项目标", f"“网评队伍”项目年初预算8万元。{filler}以上指标依据丁宣〔2016〕26号文件。"),)
    chunks = chunks_of(document("long", "丁局", lines))
    result = ProseAnswerer(HybridRetriever(MemoryTexts(chunks))).answer("网评队伍的指标依据是哪个文件", ["long"])
    assert result is not None
    assert result.text.startswith("“网评队伍”项目年初预算8万元。")
    assert "丁宣〔2016〕26号" in result.text
    assert len(result.text) < 400


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("开支为啥减少", "reason"),
        ("单位资金是什么意思", "definition"),
        ("这个局是干什么的", "duties"),
        ("这笔经费干什么用", "purpose"),
        ("加挂哪些牌子", "members"),
        ("依据哪个文件", "basis"),
        ("怎样落实", "means"),
        ("资产情况", "general"),
    ],
)
def test_the_kind_of_text_that_a_question_wants(question: str, kind: str) -> None:
    assert asked_of(question) == kind


def test_words_that_only_ask_are_not_searched() -> None:
    assert content_of("请问甲局的主要职责是什么？") == "甲局 主要职责"
