"""A department's budget: its nine tables, the explanation and the glossary, from one ledger of figures in 万元."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from eval.world.blocks import Block, Sheet, Text
from samples.tables import heading, sheet

NAMES = {
    "201": "一般公共服务支出", "20137": "网信事务", "2013701": "行政运行", "2013702": "一般行政管理事务",
    "2013704": "信息安全事务", "210": "卫生健康支出", "21011": "行政事业单位医疗", "2101101": "行政单位医疗",
    "221": "住房保障支出", "22102": "住房改革支出", "2210201": "住房公积金",
    "301": "工资福利支出", "30101": "基本工资", "30102": "津贴补贴", "30103": "奖金", "30107": "绩效工资",
    "30108": "机关事业单位基本养老保险缴费", "30110": "职工基本医疗保险缴费", "30112": "其他社会保障缴费",
    "30113": "住房公积金", "302": "商品和服务支出", "30201": "办公费", "30205": "水费", "30207": "邮电费",
    "30228": "工会经费", "30229": "福利费", "30239": "其他交通费用",
}  # fmt: skip
_CLASSES = [
    ("201", "一般公共服务支出"), ("202", "外交支出"), ("203", "国防支出"), ("204", "公共安全支出"), ("205", "教育支出"),
    ("206", "科学技术支出"), ("207", "文化旅游体育与传媒支出"), ("208", "社会保障和就业支出"), ("210", "卫生健康支出"),
    ("211", "节能环保支出"), ("212", "城乡社区支出"), ("221", "住房保障支出"),
]  # fmt: skip
_NUMERALS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
Rows = list[list[str]]


@dataclass(frozen=True)
class Ledger:
    """``basic`` and ``project`` hold amounts by 7-digit subject, ``economic`` the basic ones by 5-digit subject."""

    code: str
    agency: str
    year: int
    basic: Mapping[str, Decimal]
    project: Mapping[str, Decimal]
    economic: Mapping[str, Decimal]
    reception: Decimal | None = None

    def total(self, prefix: str = "") -> Decimal:
        return self.of(self.basic, prefix) + self.of(self.project, prefix)

    @staticmethod
    def of(amounts: Mapping[str, Decimal], prefix: str = "") -> Decimal:
        return sum((amount for code, amount in amounts.items() if code.startswith(prefix)), Decimal(0))


def ledger(
    code: str, agency: str, year: int, *, basic: str, project: str, economic: str, reception: str = ""
) -> Ledger:
    """Amounts are written "2013701 166.60, 2101101 14.53"."""

    def amounts(text: str) -> dict[str, Decimal]:
        return {code: Decimal(amount) for code, amount in (item.split() for item in text.split(","))}

    made = Ledger(
        code,
        agency,
        year,
        amounts(basic),
        amounts(project),
        amounts(economic),
        Decimal(reception) if reception else None,
    )
    if made.of(made.basic) != made.of(made.economic):
        raise ValueError("基本支出按功能分类与按经济分类的合计不等")
    return made


def money(amount: Decimal | None) -> str:
    """Two decimals; a blank for nothing."""
    return f"{amount:.2f}" if amount else ""


def nine_tables(book: Ledger) -> list[Block]:
    """收支总表 … 三公经费表, in the order of disclosure."""
    captions = [f"{book.code}{book.agency}", f"预算年度：{book.year}"]

    def made(title: str, rows: Rows, heads: int, note: str = "") -> Sheet:
        return sheet(title, captions, "万元", rows, heads=heads, note=note)

    empty_head = [
        ["序号", "功能分类科目", "<", "合计", "基本支出", "项目支出"],
        ["^", "科目编码", "科目名称", "^", "^", "^"],
    ]
    blank = [*empty_head, ["栏次", "1", "2", "3", "4", "5"], [""] * 6]
    return [
        made("部门预算收支总表", _balance(book), 3),
        made("部门预算收入总表", _income(book), 3),
        made("部门预算支出总表", _spending(book, ["经营支出", "上解上级支出", "对附属单位补助支出"]), 3),
        made("部门预算财政拨款收支总表", _appropriation(book), 3),
        made("部门预算一般公共预算财政拨款支出表", _spending(book, []), 3),
        made("部门预算一般公共预算财政拨款基本支出表", _economic(book), 3),
        made("部门预算政府性基金预算财政拨款支出表", blank, 3, "注：无政府性基金预算财政拨款预算，空表列示。"),
        made("部门预算国有资本经营预算财政拨款支出表", blank, 3, "注：无国有资本经营预算财政拨款预算，空表列示。"),
        made("部门预算财政拨款“三公”经费支出表", *_three_public(book)),
    ]


def _balance(book: Ledger) -> Rows:
    total = money(book.total())
    income = [
        "一、一般公共预算拨款收入",
        "二、政府性基金预算拨款收入",
        "三、国有资本经营预算拨款收入",
        "四、财政专户管理资金收入",
        "五、单位资金",
    ]
    rows: Rows = [
        ["序号", "收入", "<", "支出", "<"],
        ["^", "项目", "预算数", "项目", "预算数"],
        ["栏次", "1", "2", "3", "4"],
    ]
    for i, (code, name) in enumerate(_CLASSES):
        source = income[i] if i < len(income) else ""
        rows.append([str(i + 1), source, total if i == 0 else "", f"{_NUMERALS[i]}、{name}", money(book.total(code))])
    for left, right, amount in (
        ("本年收入合计", "本年支出合计", total),
        ("上年结转结余", "年终结转结余", ""),
        ("收入总计", "支出总计", total),
    ):
        rows.append([str(len(rows) - 2), left, amount, right, amount])
    return rows


def _subjects(book: Ledger) -> list[str]:
    """Subject codes from class to item, parents before children."""
    leaves = {*book.basic, *book.project}
    return sorted({code[:length] for code in leaves for length in (3, 5, 7)})


def _income(book: Ledger) -> Rows:
    kinds = ["小计", "财政拨款收入", "财政专户收入", "事业收入", "经营收入", "其他收入"]
    rows: Rows = [
        ["序号", "功能分类科目", "<", "合计", "本年收入", *["<"] * (len(kinds) - 1), "上年结转"],
        ["^", "科目编码", "科目名称", "^", *kinds, "^"],
        ["栏次", *(str(n) for n in range(1, 11))],
    ]
    for number, code in enumerate(["", *_subjects(book)], 1):
        amount = money(book.total(code))
        rows.append([str(number), code, NAMES[code] if code else "合计", amount, amount, amount])
    return rows


def _spending(book: Ledger, further: list[str]) -> Rows:
    rows: Rows = [
        ["序号", "功能分类科目", "<", "合计", "基本支出", "项目支出", *further],
        ["^", "科目编码", "科目名称", *["^"] * (3 + len(further))],
        ["栏次", *(str(n) for n in range(1, 6 + len(further)))],
    ]
    for number, code in enumerate(["", *_subjects(book)], 1):
        parts = [book.total(code), book.of(book.basic, code), book.of(book.project, code)]
        rows.append([str(number), code, NAMES[code] if code else "合计", *map(money, parts)])
    return rows


def _appropriation(book: Ledger) -> Rows:
    total = money(book.total())
    rows: Rows = [
        ["序号", "收入", "<", "支出", "<", "<", "<", "<"],
        [
            "^",
            "项目",
            "金额",
            "项目",
            "合计",
            "一般公共预算财政拨款",
            "政府性基金预算财政拨款",
            "国有资本经营预算财政拨款",
        ],
        ["栏次", *(str(n) for n in range(1, 8))],
    ]
    sources = ["一、一般公共预算拨款", "二、政府性基金预算拨款", "三、国有资本经营预算拨款"]
    for i, (code, name) in enumerate(_CLASSES):
        amount = money(book.total(code))
        left = [sources[i], total if i == 0 else ""] if i < len(sources) else ["", ""]
        rows.append([str(i + 1), *left, f"{_NUMERALS[i]}、{name}", amount, amount])
    rows.append([str(len(rows) - 2), "收入总计", total, "支出总计", total, total])
    return rows


def _economic(book: Ledger) -> Rows:
    rows: Rows = [
        ["序号", "支出部门经济分类科目", "<", "一般公共预算基本支出", "<", "<"],
        ["^", "科目编码", "科目名称", "合计", "人员经费", "公用经费"],
        ["栏次", "1", "2", "3", "4", "5"],
    ]
    codes = sorted({code[:length] for code in book.economic for length in (3, 5)})
    for number, code in enumerate(["", *codes], 1):
        staff, office = book.of(book.economic, code), Decimal(0)
        if not code:
            staff, office = book.of(book.economic, "301"), book.of(book.economic, "302")
        elif code.startswith("302"):
            staff, office = office, staff
        rows.append([str(number), code, NAMES[code] if code else "合计", *map(money, (staff + office, staff, office))])
    return rows


def _three_public(book: Ledger) -> tuple[Rows, int, str]:
    """Rows, head rows and note."""
    rows: Rows = [
        ["序号", "项目", "资金性质", "<", "<", "<"],
        ["^", "^", "合计", "一般公共预算财政拨款", "政府性基金预算拨款", "国有资本经营预算财政拨款"],
        ["栏次", "1", "2", "3", "4", "5"],
    ]
    if book.reception is None:
        return [*rows, [""] * 6], 3, "注：无财政拨款“三公”经费支出预算，空表列示。"
    names = [
        "合计",
        "因公出国（境）费",
        "公务用车购置及运行维护费",
        "其中：公务用车购置费",
        "公务用车运行维护费",
        "公务接待费",
    ]
    for number, name in enumerate(names, 1):
        shown = money(book.reception) if name in {"合计", "公务接待费"} else "0.00"
        rows.append([str(number), name, shown, shown])
    return rows, 3, ""


def explanation(book: Ledger, before: Ledger | None, office_use: str) -> list[Block]:
    """编制说明 and 名词解释, the amounts those of the tables; with the year before also the changes."""
    staff, office = book.of(book.economic, "301"), book.of(book.economic, "302")
    basic, project, total = book.of(book.basic), book.of(book.project), book.total()
    blocks: list[Block] = [
        heading(f"{book.agency}{book.year}年部门预算编制说明"),
        heading("一、主要职责和机构设置", 2),
        Text(
            "本部门承担网络安全、网上宣传和信息化建设的日常工作，组织网络舆情的监测、研判和处置，开展网络普法与执法。"
        ),
        Text("部门预算只含本级1个单位，性质为行政，经费由财政拨款保障。"),
        heading("二、收入与支出", 2),
        Text(f"{book.year}年收入预算{total}万元，全部为一般公共预算拨款。"),
        Text(
            f"{book.year}年支出预算{total}万元，其中基本支出{basic}万元，包括人员经费{staff}万元、公用经费{office}万元；"
            f"项目支出{project}万元。"
        ),
    ]
    if before:
        blocks.append(
            Text(
                f"与{before.year}年预算相比，总额{_change(total - before.total())}，其中基本支出"
                f"{_change(basic - before.of(before.basic))}，项目支出{_change(project - before.of(before.project))}。"
            )
        )
    spent = book.reception or Decimal("0.00")
    return [
        *blocks,
        heading("三、机关运行经费", 2),
        Text(f"{book.year}年机关运行经费安排{office}万元，主要用于{office_use}。"),
        heading("四、“三公”经费", 2),
        Text(f"{book.year}年“三公”经费预算{spent}万元，其中公务接待费{spent}万元，因公出国（境）费0.00万元。"),
        heading("五、名词解释", 2),
        Text("一般公共预算拨款收入：同级财政当年拨付给本部门的一般公共预算资金。"),
        Text("基本支出：为保障机构正常运转、完成日常工作而发生的人员和公用开支。"),
        Text("项目支出：在基本支出之外，为完成特定任务而安排的开支。"),
        Text("“三公”经费：因公出国（境）、公务用车购置及运行、公务接待三项开支的合称。"),
    ]


def _change(amount: Decimal) -> str:
    return f"{'增加' if amount >= 0 else '减少'}{abs(amount)}万元"
