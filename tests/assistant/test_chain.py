from __future__ import annotations

import pytest

from assistant.asked import kind_of as asked_of
from assistant.asked import read
from assistant.chain import ProseAnswerer
from assistant.retrieval import NO_VECTORS, HybridRetriever, content_of
from assistant.stated import figures_asked
from index.chunks import chunks_of
from index.records import Cell, Document, Known, Passage, Table
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


TOLD = (
    ("一、主要职能", "戊局主管全县水务工作，为正科级，加挂乙县河长制办公室牌子，与乙县水库管理中心合署办公。"),
    ("一、主要职能", "1.负责农村供水工程的建设和验收。"),
    ("一、主要职能", "2.组织防汛抗旱物资的储备和调度。"),
    ("二、机构设置", "（1）规划科 承担水利规划编制和项目审查工作。"),
    ("二、机构设置", "（2）执法队 负责河道采砂的巡查和处罚。"),
    ("三、收支情况", "2025年收支预算总计300.00万元，与上年相比增加40.00万元。主要原因："),
    ("三、收支情况", "新建泵站，人员调入。"),
    ("三、收支情况", "公务接待费2.00万元，与上年数一致。"),
    ("四、绩效管理", "编报绩效目标的项目共8个，涉及项目预算资金260.50万元；绩效自评的项目3个。"),
    ("五、泵站工程情况说明 > 一、项目概述", "泵站坐落于东河北岸，用地面积约为1200平方米，建筑高度为9.5米，主楼2层。"),
    ("五、泵站工程情况说明 > 二、立项依据", "《乙县水网建设规划》（乙水〔2023〕4号）。"),
    ("五、泵站工程情况说明 > 三、实施周期", "2025年3月至2026年6月。"),
    ("六、节水专项情况说明 > 一、项目概述", "推广滴灌和管道输水。"),
    ("六、节水专项情况说明 > 二、立项依据", "《乙县节约用水办法》（乙政〔2022〕9号）。"),
    ("六、节水专项情况说明 > 三、实施周期", "2025年4月至10月。"),
)


@pytest.fixture(scope="module")
def water() -> ProseAnswerer:
    return ProseAnswerer(HybridRetriever(MemoryTexts(chunks_of(document("water", "乙县戊局", TOLD)))))


@pytest.mark.parametrize(
    ("question", "said", "absent"),
    [
        ("预算为什么增加", "新建泵站", "一致"),  # the reason stands on the line after the colon
        ("执法队负责什么", "河道采砂", "规划编制"),
        ("水利规划由哪个科室编制", "规划科", "采砂"),
        ("主要职能第2条", "防汛抗旱", "农村供水"),
        ("挂了什么牌子", "河长制办公室", "规划科"),
        ("和哪个单位合署办公", "水库管理中心", "规划科"),
        ("泵站建在哪里", "东河北岸", "滴灌"),
        ("泵站占地面积多大", "1200平方米", "滴灌"),
        ("泵站工程什么时候开始什么时候结束", "2025年3月至2026年6月", "2025年4月"),
        ("节水专项的政策依据", "乙政〔2022〕9号", "乙水"),
        ("《乙县水网建设规划》是哪个项目的立项依据", "五、泵站工程情况说明", "节水专项"),
        ("公务接待费跟上年比怎么样", "与上年数一致", "新建泵站"),
    ],
)
def test_how_people_ask_for_what_paragraphs_say(water: ProseAnswerer, question: str, said: str, absent: str) -> None:
    result = water.answer(question)
    assert result is not None
    assert said in result.text
    assert absent not in result.text


def table(rows: tuple[tuple[str, ...], ...]) -> Table:
    cells = tuple(Cell(r, c, text) for r, row in enumerate(rows) for c, text in enumerate(row) if text)
    return Table("units", "单位构成", ("二、单位构成",), cells, len(rows), len(rows[0]), pages=(2,))


def test_a_list_that_is_announced_is_read_from_the_table_beneath() -> None:
    line = Passage("line", "纳入己局决算编制范围的单位包括：", ("二、单位构成",), 2)
    rows = (("序号", "单位名称", "备注"), ("1", "己局（本级）", ""), ("2", "己局测绘队", "不单列预算"))
    known = Known("己局", "标题", 0.9)
    made = Document("six", "six.pdf", "pdf", "己局2024年部门决算", (line, table(rows)), agency=known)
    result = ProseAnswerer(HybridRetriever(MemoryTexts(chunks_of(made)))).answer(
        "己局部门决算包括哪些单位", None, "包括哪些单位"
    )
    assert result is not None
    assert result.text == "纳入己局决算编制范围的单位包括：\n己局（本级）\n己局测绘队：不单列预算"
    assert [q.block_id for q in result.quotes] == ["line", "units", "units"]


def test_a_sentence_that_runs_over_a_line_of_a_page_is_told_whole() -> None:
    lines = (
        ("一、项目概况", "庚馆新建工程位于人民路与解放路的路口，东至人民路，南至河滨公园的绿地，西至规划中的住宅地"),
        ("一、项目概况", "块，北至第二小学，用地面积约为900平方米。"),
        ("一、项目概况", "本工程为三级建筑。"),
    )
    result = ProseAnswerer(HybridRetriever(MemoryTexts(chunks_of(document("hall", "庚局", lines))))).answer(
        "庚馆新建工程建在哪里"
    )
    assert result is not None
    assert result.text == f"{lines[0][1]}{lines[1][1]}"


@pytest.mark.parametrize(
    ("question", "figures"),
    [
        ("编报绩效目标的项目有几个，涉及多少资金", [("8", "个"), ("260.50", "万元")]),
        ("编报绩效目标的项目数", [("8", "个")]),
        ("绩效自评的项目有几个", [("3", "个")]),
        ("绩效跟踪的场次有几场", []),
        ("项目有几个", []),  # 8 or 3: nothing is given
        ("绩效自评的项目有哪些", []),
    ],
)
def test_figures_of_a_sentence_are_given_only_where_no_doubt_is_left(
    question: str, figures: list[tuple[str, str]]
) -> None:
    sentence = next(text for _, text in TOLD if "编报" in text)
    stated = figures_asked(question, read(question, None).words, [sentence])
    assert [(str(s.figure.value), s.figure.unit) for s in stated] == figures
