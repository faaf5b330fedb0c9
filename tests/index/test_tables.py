from __future__ import annotations

import pytest

from index.records import Cell
from index.table_labels import kind_of
from index.tables import Layout, read_layout


def printed(text: str) -> Layout:
    """A table as a converter writes it: one line a row, cells parted by |, no spans."""
    rows = [[part.strip() for part in line.split("|")] for line in text.strip().splitlines()]
    cells = [Cell(r, c, part) for r, row in enumerate(rows) for c, part in enumerate(row)]
    return read_layout(cells, len(rows), max(len(row) for row in rows))


def paths(layout: Layout, value: str) -> list[tuple[str, str]]:
    return [
        ("/".join(h.text for h in d.row_heads), "/".join(h.text for h in d.column_heads))
        for d in layout.data
        if d.cell.text == value
    ]


LIST = """
897某单位 | 预算年度：2025 | 单位：万元
序号 | 功能分类科目 | 合计 | 本年收入 | 上年结转
 | 科目编码 | 科目名称 |  | 小计 | 财政拨款收入 | 其他收入 |
栏次 | 1 | 2 | 3 | 4 | 5 | 6 | 7
1 |  | 合计 | 283.61 | 283.60 | 283.59 |  |
2 | 201 | 一般公共服务支出 | 256.59 | 256.58 | 256.57 |  | 7.00
3 | 2013701 | 行政运行 | 166.59 | 166.58 | 166.57 | 0.00 |
"""


@pytest.mark.parametrize(
    ("value", "rows", "columns"),
    [
        ("283.61", "合计", "合计"),
        ("256.58", "201/一般公共服务支出", "本年收入/小计"),
        ("166.57", "2013701/行政运行", "本年收入/财政拨款收入"),
        ("0.00", "2013701/行政运行", "本年收入/其他收入"),
        ("7.00", "201/一般公共服务支出", "上年结转"),
    ],
)
def test_list_with_heads_of_two_levels_that_lost_their_spans(value: str, rows: str, columns: str) -> None:
    assert paths(printed(LIST), value) == [(rows, columns)]


def test_captions_column_numbers_and_serial_numbers_are_neither_heads_nor_data() -> None:
    layout = printed(LIST)
    assert [c.text for c in layout.captions] == ["897某单位", "预算年度：2025", "单位：万元"]
    assert layout.head_rows == 4
    used = {h.text for d in layout.data for h in (*d.row_heads, *d.column_heads)} | {d.cell.text for d in layout.data}
    assert not used & {"序号", "栏次", "1", "3"}


def test_heads_printed_again_on_the_next_page_are_dropped() -> None:
    layout = printed(
        """
        科目编码 | 科目名称 | 金额
        201 | 一般公共服务支出 | 5.00
        科目编码 | 科目名称 | 金额
        210 | 卫生健康支出 | 6.00
        """
    )
    assert paths(layout, "6.00") == [("210/卫生健康支出", "金额")]
    assert [d.cell.text for d in layout.data] == ["5.00", "6.00"]


def test_a_head_row_of_labels_only_is_no_form() -> None:
    layout = printed(
        """
        截止时间：2024-12-31 | 单位：万元
        序号 | 支出部门经济分类科目 | 一般公共预算基本支出
         | 科目编码 | 科目名称 | 合计 | 人员经费 | 公用经费
        1 |  | 合计 | 193.61 | 182.21 | 11.39
        2 | 30101 | 基本工资 | 69.49 | 69.48 |
        """
    )
    assert paths(layout, "69.48") == [("30101/基本工资", "一般公共预算基本支出/人员经费")]
    assert paths(layout, "11.39") == [("合计", "一般公共预算基本支出/公用经费")]


def test_merged_heads_with_spans() -> None:
    cells = [
        Cell(0, 0, "项目", row_span=2),
        Cell(0, 1, "基本支出", col_span=2),
        Cell(0, 3, "项目支出", row_span=2),
        Cell(1, 1, "人员经费"),
        Cell(1, 2, "公用经费"),
        *(Cell(2, c, t) for c, t in enumerate(["行政运行", "1.00", "2.00", "3.00"])),
    ]
    layout = read_layout(cells, 3, 4)
    assert paths(layout, "2.00") == [("行政运行", "基本支出/公用经费")]
    assert paths(layout, "3.00") == [("行政运行", "项目支出")]


def test_split_code_columns_are_row_heads_in_order() -> None:
    layout = printed(
        """
        功能分类科目编码 |  |  | 功能分类科目名称 | 合计 | 基本支出 | 项目支出
        类 | 款 | 项 |  |  |  |
        201 |  |  | 一般公共服务支出 | 9.00 | 4.00 | 5.00
        201 | 03 |  | 政府办公厅（室）及相关机构事务 | 9.01 | 4.01 | 5.01
        201 | 03 | 01 | 行政运行 | 9.02 | 4.02 | 5.02
        """
    )
    assert paths(layout, "4.02") == [("201/03/01/行政运行", "基本支出")]
    assert paths(layout, "5.01") == [("201/03/政府办公厅（室）及相关机构事务", "项目支出")]


def test_two_lists_side_by_side_keep_to_their_side() -> None:
    layout = printed(
        """
        收入 | 支出
        项  目 | 预算数 | 项  目 | 预算数
        一、一般公共预算拨款收入 | 283.61 | 一、一般公共服务支出 | 256.59
        二、政府性基金预算拨款收入 |  | 二、外交支出 |
         |  | 三、国防支出 | 1.00
        收入总计 | 283.62 | 支出总计 | 283.63
        """
    )
    assert paths(layout, "283.61") == [("一、一般公共预算拨款收入", "收入/预算数")]
    assert paths(layout, "256.59") == [("一、一般公共服务支出", "支出/预算数")]
    assert paths(layout, "1.00") == [("三、国防支出", "支出/预算数")]
    assert paths(layout, "283.63") == [("支出总计", "支出/预算数")]
    assert [p for p, _ in paths(layout, "")] == ["二、政府性基金预算拨款收入", "二、外交支出"]


MIXED = """
374001某办公室 | 单位：元
项目编码 | 13022923P00X | 项目名称 | 网络舆情管理
预算规模及资金用途 | 预算数 | 730500.00 | 其中：财政资金 | 730400.00 | 其他资金 |
 | 保障网络安全
资金支出计划（%） | 3月底 | 6月底 | 10月底 | 12月底
 |  | 50% | 75% | 100%
绩效目标 | 1.目标内容
一级指标 | 二级指标 | 三级指标 | 绩效指标描述 | 指标值 | 指标值确定依据
产出指标 | 数量指标 | 监测覆盖率 | 覆盖率说明 | ≥98% | 依情况确定
 | 质量指标 | 处置率(%) | 处置率 | ≥97% | 依情况确定
效益指标 | 社会效益指标 | 网络环境 | 网络环境 | 有效提升 | 依情况确定
满意度指标 | 服务对象满意度指标 | 满意度 | 群众满意度 | ≥96% | 依情况确定
"""


@pytest.mark.parametrize(
    ("value", "rows", "columns"),
    [
        ("13022923P00X", "项目编码", ""),
        ("网络舆情管理", "项目名称", ""),
        ("730500.00", "预算规模及资金用途/预算数", ""),
        ("730400.00", "预算规模及资金用途/其中：财政资金", ""),
        ("保障网络安全", "预算规模及资金用途", ""),
        ("50%", "资金支出计划（%）", "6月底"),
        ("100%", "资金支出计划（%）", "12月底"),
        ("1.目标内容", "绩效目标", ""),
        ("≥98%", "产出指标/数量指标/监测覆盖率", "指标值"),
        ("≥97%", "产出指标/质量指标/处置率(%)", "指标值"),
        ("有效提升", "效益指标/社会效益指标/网络环境", "指标值"),
        ("群众满意度", "满意度指标/服务对象满意度指标/满意度", "绩效指标描述"),
    ],
)
def test_form_schedule_and_indicators_in_one_table(value: str, rows: str, columns: str) -> None:
    assert paths(printed(MIXED), value) == [(rows, columns)]


def test_blank_places_of_a_form_and_a_schedule_are_data() -> None:
    assert paths(printed(MIXED), "") == [("预算规模及资金用途/其他资金", ""), ("资金支出计划（%）", "3月底")]


def test_pairs_of_label_and_value() -> None:
    layout = printed(
        "成立时间 | 2007年5月16日\n挂牌时间 | 2016年1月28日\n分层情况 | 创新层\n普通股总股本（股） | 28,955,382.00"
    )
    assert paths(layout, "2016年1月28日") == [("挂牌时间", "")]
    assert paths(layout, "28,955,382.00") == [("普通股总股本（股）", "")]


def test_entities_in_columns() -> None:
    layout = printed(
        "款项性质 | 往来款 | 押金保证金\n"
        "期末账面余额 | 679,348.62 | 508,167.31\n"
        "上年年末账面余额 | 346,959.00 | 205,067.00"
    )
    assert paths(layout, "205,067.00") == [("上年年末账面余额", "押金保证金")]


def test_dates_head_columns() -> None:
    layout = printed(
        """
        项目 | 2024年12月31日 | 2023年12月31日
        资产总额 | 89.00 | 20.61
        负债总额 | 3.00 | 4.00
        """
    )
    assert paths(layout, "20.61") == [("资产总额", "2023年12月31日")]


def test_labels_and_values_under_one_merged_head() -> None:
    cells = [
        Cell(0, 0, "设备名称"),
        Cell(0, 1, "主要参数", col_span=2),
        Cell(1, 0, "A型散热器", row_span=2),
        *(
            Cell(r, c, t)
            for r, row in enumerate([["额定电压", "135kV"], ["生产厂家", "某公司"]], 1)
            for c, t in enumerate(row, 1)
        ),
    ]
    assert paths(read_layout(cells, 3, 3), "某公司") == [("A型散热器/生产厂家", "主要参数")]


def test_facts_merged_like_the_row_head_are_data() -> None:
    cells = [
        *(Cell(0, c, t) for c, t in enumerate(["设备名称", "厂家", "部件名称", "数量"])),
        Cell(1, 0, "散热器", row_span=2),
        Cell(1, 1, "清风公司", row_span=2),
        *(Cell(r, c, t) for r, row in enumerate([["风扇", "2"], ["水管", "4"]], 1) for c, t in enumerate(row, 2)),
    ]
    layout = read_layout(cells, 3, 4)
    assert paths(layout, "清风公司") == [("散热器", "厂家")]
    assert paths(layout, "4") == [("散热器/水管", "数量")]


def test_empty_table() -> None:
    assert read_layout([], 0, 0) == Layout(0, ())


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "blank"),
        ("283.61", "number"),
        ("≥98%", "percent"),
        ("≤132万元", "number"),
        ("2025年12月31日前", "date"),
        ("2013701", "code"),
        ("—", "mark"),
        ("3月底", "text"),
        ("行政运行", "text"),
    ],
)
def test_kinds(text: str, kind: str) -> None:
    assert kind_of(text) == kind


def test_code_heads_printed_beside_the_first_figures() -> None:
    cells = [
        Cell(0, 0, "项目", col_span=4),
        Cell(0, 4, "本年收入合计", row_span=2),
        Cell(1, 0, "科目编码", col_span=3),
        Cell(1, 3, "科目名称"),
        *(Cell(2, c, t) for c, t in enumerate(["类", "款", "项", "合计", "2,946.25"])),
        *(Cell(3, c, t) for c, t in enumerate(["201", "06", "01", "行政运行", "1,503.52"])),
    ]
    layout = read_layout(cells, 4, 5)
    assert paths(layout, "2,946.25") == [("合计", "本年收入合计")]
    assert paths(layout, "1,503.52") == [("201/06/01/行政运行", "本年收入合计")]
    assert [d.cell.text for d in layout.data] == ["2,946.25", "1,503.52"]


def test_two_coded_lists_side_by_side() -> None:
    layout = printed(
        """
        类 | 款 | 科目名称 | 决算数 | 类 | 款 | 科目名称 | 决算数
        301 |  | 工资福利支出 | 20.85 | 302 |  | 商品和服务支出 | 17.07
        301 | 01 | 基本工资 | 2.33 | 302 | 01 | 办公费 | 1.44
        """
    )
    assert paths(layout, "2.33") == [("301/01/基本工资", "决算数")]
    assert paths(layout, "1.44") == [("302/01/办公费", "决算数")]


def test_names_merged_differently_from_row_to_row() -> None:
    cells = [
        *(Cell(0, c, t) for c, t in enumerate(["项目名称", "", "金额"])),
        Cell(1, 0, "收入总计", col_span=2),
        Cell(1, 2, "9.38"),
        Cell(2, 0, "一般公共预算资金", row_span=2),
        *(Cell(2, c, t) for c, t in enumerate(["小计", "8.38"], 1)),
        *(Cell(3, c, t) for c, t in enumerate(["公共财政拨款资金", "7.38"], 1)),
    ]
    layout = read_layout(cells, 4, 3)
    assert paths(layout, "9.38") == [("收入总计", "金额")]
    assert paths(layout, "7.38") == [("一般公共预算资金/公共财政拨款资金", "金额")]


def test_one_head_over_several_columns_of_facts_names_no_rows() -> None:
    cells = [
        Cell(0, 0, "相关参数"),
        Cell(0, 1, "型号", col_span=2),
        Cell(1, 0, "标配风机", row_span=2),
        *(
            Cell(r, c, t)
            for r, row in enumerate([["F2E-92S", "SP9225"], ["F3E-10", "SP10"]], 1)
            for c, t in enumerate(row, 1)
        ),
    ]
    assert paths(read_layout(cells, 3, 3), "SP9225") == [("标配风机", "型号")]


def test_a_value_that_looks_like_a_label_stays_a_value() -> None:
    layout = printed(
        """
        品牌名称 | 甲 | 机芯类型 | 石英机芯 | 表扣类型 | 针扣
        发售价格 | 890元 | 表壳材质 | 树脂 | 表盘直径 | 44mm
        发售日期 | 2015.6 | 显示方式 | 指针式 | 表盘颜色 | 白色
        表带材质 | 皮 | 使用季节 | 春夏 | 防水深度 | 200米
        """
    )
    assert paths(layout, "石英机芯") == [("机芯类型", "")]
    assert paths(layout, "200米") == [("防水深度", "")]


@pytest.mark.parametrize(
    ("text", "value", "columns"),
    [
        (
            """
            项目 | 一般公共预算支出
            功能分类科目编码 | 功能分类科目名称 | 合计 | 基本支出 | 项目支出
            类 | 款 | 项 |  |  |  |
            208 |  |  | 社会保障和就业支出 | 7.00 | 5.00 | 2.00
            208 | 05 |  | 养老支出 | 7.00 | 5.00 | 2.01
            合计 |  |  |  | 7.00 | 5.00 | 2.02
            """,
            "2.01",
            "一般公共预算支出/项目支出",
        ),
        (
            """
            财政拨款“三公”经费
            合计 | 因公出国（境）费 | 公务用车购置及运行费 | 公务接待费
            预算数 | 决算数 | 预算数 | 决算数 | 小计 | 购置费 | 运行费 | 预算数 | 决算数
             |  |  |  | 预算数 | 决算数 | 预算数 | 决算数 | 预算数 | 决算数 |  |
            19.4 | 12.7 | 0.0 | 0.1 | 13.9 | 11.9 | 0.2 | 0.3 | 13.8 | 11.8 | 5.4 | 0.8
            """,
            "11.8",
            "公务用车购置及运行费/运行费/决算数",
        ),
    ],
)
def test_heads_of_three_levels_that_lost_their_spans(text: str, value: str, columns: str) -> None:
    (found,) = paths(printed(text), value)
    assert found[1] == columns


def test_a_row_under_heads_merged_downward_and_sideways_is_heads_whatever_it_says() -> None:
    cells = [
        Cell(0, 0, "项目", row_span=2),
        Cell(0, 1, "资金性质", col_span=2),
        Cell(1, 1, "合计"),
        Cell(1, 2, "一般公共预算财政拨款"),
        *(Cell(2, c, t) for c, t in enumerate(["公务接待费", "2.00", "3.00"])),
    ]
    assert paths(read_layout(cells, 3, 3), "3.00") == [("公务接待费", "资金性质/一般公共预算财政拨款")]


def test_a_label_and_one_text_over_the_rest_end_a_schedule() -> None:
    layout = printed(
        """
        资金支出计划（%） | 3月底 | 6月底 | 10月底 | 12月底
         | 30% | 60% | 90% | 100%
        绩效目标 | 1.主要支付项目的委托服务费用
        """
    )
    assert paths(layout, "30%") == [("资金支出计划（%）", "3月底")]
    assert paths(layout, "1.主要支付项目的委托服务费用") == [("绩效目标", "")]


def test_a_blank_column_of_figures_names_no_row() -> None:
    layout = printed(
        """
        序号 | 合计 | 合计 | 公务接待费 | 公务接待费
         | 预算数 | 决算数 | 预算数 | 决算数
        1 |  | 21.22 |  | 1.30
        """
    )
    assert paths(layout, "21.22") == [("", "合计/决算数")]
    assert paths(layout, "1.30") == [("", "公务接待费/决算数")]


INDICATORS = """
项目名称 | 年度目标 | 一级指标 | 二级指标 | 三级指标 | 指标性质 | 指标值 | 度量单位 | 权重
普法 | 开展普法宣传。 | 产出指标 | 数量指标 | 宣传场次 | ≥ | 60 | 场 | 20
 |  |  | 质量指标 | 接通率 | ≥ | 95 | % | 30
 |  | 效益指标 | 社会效益指标 | 犯罪率 | ≤ | 3 | ‰ | 10
助学 | 资助学生。 | 产出指标 | 数量指标 | 资助人数 | = | 180 | 人 | 40
"""


@pytest.mark.parametrize(
    ("value", "rows", "columns"),
    [
        ("60", "普法/产出指标/数量指标/宣传场次", "指标值"), ("95", "普法/产出指标/质量指标/接通率", "指标值"),
        ("3", "普法/效益指标/社会效益指标/犯罪率", "指标值"), ("40", "助学/产出指标/数量指标/资助人数", "权重"),
        ("资助学生。", "助学", "年度目标"),
    ],
)  # fmt: skip
def test_indicators_inside_projects_whose_spans_were_lost(value: str, rows: str, columns: str) -> None:
    assert paths(printed(INDICATORS), value) == [(rows, columns)]


def test_a_goal_left_blank_below_its_project_is_no_blank_of_its_own() -> None:
    goals = [d.cell.row for d in printed(INDICATORS).data if d.column_heads[-1].text == "年度目标"]
    assert goals == [1, 4]


UNITS = """
科目编码 |  |  | 单位代码 | 单位名称（科目） | 合计 | 基本支出
类 | 款 | 项 |  |  |  |
 |  |  |  | 合 计 | 9.00 | 4.00
 |  |  | 142301 | 某某局 | 8.00 | 3.00
201 | 29 | 01 | 142301 | 行政运行 | 7.00 | 2.00
 |  |  | 142302 | 某某中心 | 1.00 | 1.50
201 | 29 | 50 | 142302 | 事业运行 | 1.01 | 1.51
"""


@pytest.mark.parametrize(
    ("value", "rows"),
    [
        ("9.00", "合 计"), ("8.00", "142301/某某局"), ("2.00", "201/29/01/142301/行政运行"),
        ("1.50", "142302/某某中心"), ("1.51", "201/29/50/142302/事业运行"),
    ],
)  # fmt: skip
def test_names_that_follow_a_column_of_unit_codes(value: str, rows: str) -> None:
    assert [row for row, _ in paths(printed(UNITS), value)] == [rows]


def test_names_at_the_right_of_their_figures() -> None:
    layout = printed(
        """
        项目支出 | 基本支出 | 合计 | 功能科目 | 功能科目编码
        1.00 | 2.00 | 3.00 | 合计 |
         | 3.50 | 3.51 | 卫生健康支出 | 210
        """
    )
    assert paths(layout, "1.00") == [("合计", "项目支出")]
    assert paths(layout, "3.51") == [("卫生健康支出/210", "合计")]


def test_a_total_in_the_column_of_serial_numbers() -> None:
    layout = printed(
        """
        序号 | 项目名称 | 预算单位 | 项目金额
        1 | 消防租机费 | 局本级 | 5.20
        2 | 平台运维 | 指挥中心 | 3.60
        合计 |  |  | 8.80
        """
    )
    assert paths(layout, "8.80") == [("合计", "项目金额")]
    assert paths(layout, "3.60") == [("平台运维", "项目金额")]
