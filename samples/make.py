"""Writes the sample documents: ``python -m samples.make [FOLDER]``.

Eight small disclosures in five formats. Sentences are the project's own; figures are partly those
of public documents and partly made up so that every sum holds. Every run writes the same bytes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from eval.world.blocks import Block, Text
from eval.world.writers import WRITERS
from samples.department_budget import Ledger, explanation, ledger, nine_tables
from samples.tables import heading, project_form, sheet

YUTIAN = "中共玉田县委网络安全和信息化委员会办公室"
KAIPING = "中共唐山市开平区委网络安全和信息化委员会办公室"
KAIPING_2025 = ledger(
    "897", KAIPING, 2025,
    basic="2013701 166.60, 2101101 14.53, 2210201 12.48",
    project="2013702 80.00, 2013704 10.00",
    economic="30101 69.49, 30102 24.68, 30103 4.26, 30107 39.72, 30108 16.15, 30110 14.53, 30112 0.91, 30113 12.48,"
    "30201 3.81, 30205 0.40, 30207 2.05, 30228 0.92, 30229 1.15, 30239 3.06",
)  # fmt: skip
KAIPING_2024 = ledger(
    "897", KAIPING, 2024,
    basic="2013701 174.15, 2101101 15.20, 2210201 13.06",
    project="2013702 50.00, 2013704 10.00",
    economic="30101 72.10, 30102 25.90, 30103 4.50, 30107 41.80, 30108 17.03, 30110 15.20, 30112 1.02, 30113 13.06,"
    "30201 4.00, 30205 0.40, 30207 2.10, 30228 0.95, 30229 1.20, 30239 3.15",
    reception="0.50",
)  # fmt: skip


def performance_text() -> list[Block]:
    """部门绩效文本 with one form a project; the unit stands once above each form."""
    monitoring = "舆情监测软件服务费19.05万，举报受理软件10万，咨询服务8万，舆论管理软件24万，音视频平台监测软件12万"
    inspection = "检查重点单位的网络安全，购买态势感知平台服务"
    projects = [
        (("13022923P00JXC414791W", "网络安全检查、态势感知平台服务", "210000.00", inspection), "≥98%", "≥5次"),
        (("13022923P00JXC4148046", "网络舆情管理", "730500.00", monitoring), "≥98%", "≥12期"),
        (("13022923P00JXC414788A", "网评队伍建设", "80000.00", "培训网评员，开展网上正面宣传"), "≥95%", "≥4次"),
        (("13022923P00JXC414650R", "人员类项目", "1043977.64", "发放工资并缴纳各项保险"), "100%", "12次"),
        (("13022923P00JXC414651K", "公用类项目", "122826.00", "保障机关日常办公"), "100%", "≥12次"),
    ]
    blocks: list[Block] = [
        heading("第一部分 部门整体绩效目标"),
        heading("一、总体绩效目标", 2),
        Text(f"{YUTIAN}为县委议事协调机构的办事机构，内设2个科室。"),
        Text("2023年申请预算资金，其中人员类项目1043977.64元，公用类项目122826元，运转类特定项目1020500元。"),
        heading("二、分项绩效目标", 2),
    ]
    for (_, name, amount, purpose), rate, _ in projects:
        blocks.append(Text(f"“{name}”项目预算{amount}元，用于{purpose}；完成率{rate}，满意度≥98%。"))
    blocks += [heading("三、工作保障措施", 2), Text("明确分工，按季检查支出进度；软件和服务依法采购，签订保密协议。")]
    blocks.append(heading("第二部分 预算项目绩效目标"))
    for number, (project, rate, times) in enumerate(projects, 1):
        indicators = [
            ("数量指标", "工作开展次数", times), ("质量指标", "任务完成率", rate), ("时效指标", "按时完成率", "≥95%"),
            ("成本指标", "预算控制数", f"≤{project[2]}元"), ("社会效益指标", "重大负面事件次数", "≤2次"),
            ("可持续影响指标", "长期使用性", "持续有效"), ("服务对象满意度指标", "群众满意度", "≥98%"),
        ]  # fmt: skip
        title = f"{number}.{project[1]}绩效目标表"
        blocks.append(project_form(title, f"374001{YUTIAN}本级", "元", project, indicators))
    return blocks


def budget(book: Ledger, before: Ledger | None, use: str) -> list[Block]:
    """部门预算公开: nine tables, then the explanation."""
    title = heading(f"{book.agency}{book.year}年部门预算公开")
    return [title, *nine_tables(book), *explanation(book, before, use)]


def final_account() -> list[Block]:
    """部门决算: budgeted and actual figures side by side."""
    captions = [f"部门：{KAIPING}", "年度：2024年度"]
    return [
        heading(f"{KAIPING}2024年度部门决算公开"),
        Text("2024年度收入决算258.90万元，支出决算258.90万元，其中基本支出199.90万元，项目支出59.00万元。"),
        sheet(
            "收入支出决算总表", captions, "万元",
            [
                ["收入", "<", "<", "支出", "<", "<"],
                ["项目", "年初预算数", "决算数", "项目", "年初预算数", "决算数"],
                ["一、一般公共预算财政拨款收入", "262.41", "258.90", "一、一般公共服务支出", "234.15", "231.00"],
                ["二、政府性基金预算财政拨款收入", "", "", "九、卫生健康支出", "15.20", "14.90"],
                ["三、其他收入", "", "", "十二、住房保障支出", "13.06", "13.00"],
                ["本年收入合计", "262.41", "258.90", "本年支出合计", "262.41", "258.90"],
                ["年初结转和结余", "", "", "年末结转和结余", "", ""],
                ["总计", "262.41", "258.90", "总计", "262.41", "258.90"],
            ],
            heads=2,
        ),
        sheet(
            "支出决算表", captions, "万元",
            [
                ["科目编码", "科目名称", "本年支出合计", "基本支出", "项目支出"],
                ["", "合计", "258.90", "199.90", "59.00"],
                ["201", "一般公共服务支出", "231.00", "172.00", "59.00"],
                ["20137", "网信事务", "231.00", "172.00", "59.00"],
                ["2013701", "行政运行", "172.00", "172.00", ""],
                ["2013702", "一般行政管理事务", "49.50", "", "49.50"],
                ["2013704", "信息安全事务", "9.50", "", "9.50"],
                ["210", "卫生健康支出", "14.90", "14.90", ""],
                ["21011", "行政事业单位医疗", "14.90", "14.90", ""],
                ["2101101", "行政单位医疗", "14.90", "14.90", ""],
                ["221", "住房保障支出", "13.00", "13.00", ""],
                ["22102", "住房改革支出", "13.00", "13.00", ""],
                ["2210201", "住房公积金", "13.00", "13.00", ""],
            ],
        ),
        sheet(
            "“三公”经费支出决算表", captions, "万元",
            [
                ["项目", "预算数", "决算数"],
                ["合计", "0.50", "0.32"],
                ["因公出国（境）费", "0.00", "0.00"],
                ["公务用车购置及运行维护费", "0.00", "0.00"],
                ["公务接待费", "0.50", "0.32"],
            ],
        ),
        Text("公务接待费决算0.32万元，比预算减少0.18万元，全年接待3批次、26人次。"),
    ]  # fmt: skip


def project_application() -> list[Block]:
    """项目支出绩效目标申报表, one project of a county, as it is published in PDF."""
    return [
        heading("滦南县2024年项目支出绩效目标公开"),
        Text("滦南县融媒体中心2024年申报1个项目，预算36.80万元，申报表附后。"),
        sheet(
            "项目支出绩效目标申报表（2024年度）", ["填报单位：滦南县融媒体中心"], "万元",
            [
                ["项目名称", "<", "应急广播平台运行维护", "<", "项目编码", "13022424P00LNRM000127"],
                ["主管部门", "<", "滦南县委宣传部", "<", "实施单位", "滦南县融媒体中心"],
                ["项目资金", "<", "年度资金总额", "36.80", "其中：财政拨款", "36.80"],
                ["年度目标", "<", "全县行政村应急广播终端在线运行，故障及时修复", "<", "<", "<"],
                ["绩效指标", "一级指标", "二级指标", "三级指标", "<", "指标值"],
                ["^", "产出指标", "数量指标", "维护终端数量", "<", "594套"],
                ["^", "^", "质量指标", "终端在线率", "<", "≥95%"],
                ["^", "^", "时效指标", "故障修复时间", "<", "≤24小时"],
                ["^", "^", "成本指标", "单套年维护费", "<", "≤620元"],
                ["^", "效益指标", "社会效益指标", "应急信息覆盖率", "<", "≥98%"],
                ["^", "满意度指标", "服务对象满意度指标", "村民满意度", "<", "≥90%"],
            ],
            heads=0,
        )
    ]  # fmt: skip


def procurement() -> list[Block]:
    """政府采购预算表, a page of a website."""
    return [
        heading(f"{KAIPING}2025年政府采购预算"),
        Text("2025年政府采购预算26.40万元，全部为一般公共预算拨款。"),
        sheet(
            "部门政府采购预算表", [f"897{KAIPING}", "预算年度：2025"], "万元",
            [
                ["序号", "采购项目名称", "采购品目", "计量单位", "数量", "单价", "采购金额", "<", "<"],
                ["^", "^", "^", "^", "^", "^", "合计", "一般公共预算拨款", "政府性基金预算拨款"],
                ["", "合计", "", "", "", "", "26.40", "26.40", ""],
                ["1", "网络安全监测服务", "信息技术服务", "项", "1", "10.00", "10.00", "10.00", ""],
                ["2", "舆情监测软件", "应用软件", "套", "2", "6.20", "12.40", "12.40", ""],
                ["3", "台式计算机", "办公设备", "台", "8", "0.50", "4.00", "4.00", ""],
            ],
            heads=2,
        ),
    ]  # fmt: skip


def county_budget() -> list[Block]:
    """政府预算草案 of a county: revenue and spending, two tables of one workbook."""
    captions = ["编制单位：玉田县财政局", "预算年度：2025"]
    heads = ["科目名称", "2024年执行数", "2025年预算数", "增减额"]
    return [
        sheet(
            "2025年玉田县一般公共预算收入表", captions, "万元",
            [
                heads,
                ["一、税收收入", "118200.00", "122900.00", "4700.00"],
                ["其中：增值税", "46300.00", "48100.00", "1800.00"],
                ["企业所得税", "13900.00", "14500.00", "600.00"],
                ["个人所得税", "2600.00", "2700.00", "100.00"],
                ["其他各税", "55400.00", "57600.00", "2200.00"],
                ["二、非税收入", "79800.00", "77100.00", "-2700.00"],
                ["收入合计", "198000.00", "200000.00", "2000.00"],
            ],
        ),
        sheet(
            "2025年玉田县一般公共预算支出表", captions, "万元",
            [
                ["科目编码", *heads],
                ["201", "一般公共服务支出", "52100.00", "51300.00", "-800.00"],
                ["204", "公共安全支出", "18700.00", "19200.00", "500.00"],
                ["205", "教育支出", "121600.00", "125400.00", "3800.00"],
                ["208", "社会保障和就业支出", "98800.00", "102300.00", "3500.00"],
                ["210", "卫生健康支出", "61500.00", "60900.00", "-600.00"],
                ["212", "城乡社区支出", "33300.00", "30900.00", "-2400.00"],
                ["", "支出合计", "386000.00", "390000.00", "4000.00"],
            ],
        ),
    ]  # fmt: skip


def converted_text() -> list[Block]:
    """绩效文本 as a converter leaves it, in 万元."""
    agency = "中共迁西县委网络安全和信息化委员会办公室"
    projects = [
        (("13022725P00QXWX000213", "网络安全保障经费", "42.60", "等级保护测评、应急演练和宣传周活动"), "≥3个", "≥95%"),
        (("13022725P00QXWX000214", "网上宣传经费", "18.40", "制作短视频，维护县级新媒体账号"), "≥60条", "≥90%"),
    ]
    blocks: list[Block] = [
        heading("第一部分 部门整体绩效目标"),
        Text(f"{agency}2025年项目支出预算61.00万元，共2个项目。"),
        heading("第二部分 预算项目绩效目标"),
    ]
    for number, (project, count, rate) in enumerate(projects, 1):
        indicators = [
            ("数量指标", "完成数量", count),
            ("质量指标", "验收合格率", rate),
            ("时效指标", "完成时间", "2025年12月31日前"),
            ("社会效益指标", "群众安全意识", "有效提升"),
            ("服务对象满意度指标", "服务对象满意度", "≥92%"),
        ]
        title = f"{number}.{project[1]}绩效目标表"
        blocks.append(project_form(title, f"205001{agency}本级", "万元", project, indicators))
    return blocks


SAMPLES: dict[str, Callable[[], Sequence[Block]]] = {
    "玉田县委网信办2023年绩效文本.docx": performance_text,
    "开平区委网信办2025年部门预算.docx": lambda: budget(KAIPING_2025, KAIPING_2024, "日常办公、水电和邮电"),
    "开平区委网信办2024年部门预算.xlsx": lambda: budget(KAIPING_2024, None, "日常办公、水电和公务接待"),
    "开平区委网信办2024年部门决算.pdf": final_account,
    "滦南县融媒体中心2024年项目绩效目标申报表.pdf": project_application,
    "开平区委网信办2025年政府采购预算.html": procurement,
    "玉田县2025年政府预算草案.xlsx": county_budget,
    "迁西县委网信办2025年绩效文本.txt": converted_text,
}


def main(folder: Path) -> None:
    """Write all samples into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in SAMPLES.items():
        path = folder / name
        WRITERS[path.suffix.removeprefix(".")](path.stem, content(), path)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
