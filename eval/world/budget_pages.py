"""Pages of a department's 预算 and 决算: nine tables in one of three layouts, one ledger's figures in each.

``listed``: one code column, 序号 and 栏次, blanks for nothing, 合计 first. ``split``: the code over 类 / 款 / 项,
thousands separators, zeros printed, 合计 last. ``numbered``: 公开NN表, three lists side by side, 合计 over two columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from eval.world.blocks import Cell, Head, Mark, Money, Row, Sheet, head_rows
from eval.world.ledgers import Fund, Ledger, Line, group_name, names

CODE_HEADS: dict[str, list[Head]] = {
    "listed": [("功能分类科目", ["科目编码", "科目名称"])],
    "split": [("项目", [("功能分类科目编码", ["类", "款", "项"]), "功能分类科目名称"])],
    "numbered": ["功能科目编码", "功能科目名称"],
}
ECONOMIC_HEADS: dict[str, list[Head]] = {
    "listed": [("支出部门经济分类科目", ["科目编码", "科目名称"])],
    "split": [("项目", [("部门预算经济分类科目编码", ["类", "款"]), "经济分类科目名称"])],
    "numbered": ["科目编码", "科目名称"],
}
NUMERALS = "一二三四五六七八九十"


def numeral(n: int) -> str:
    """1 to 99 in Chinese."""
    tens, ones = divmod(n, 10)
    return ("" if tens == 0 else "十" if tens == 1 else NUMERALS[tens - 1] + "十") + (
        NUMERALS[ones - 1] if ones else ""
    )


@dataclass(frozen=True, slots=True)
class Press:
    """What a department's pages have in common: its ledger, layout, how it prints money, 预算 or 决算."""

    ledger: Ledger
    phase: str
    money: Money

    @property
    def layout(self) -> str:
        return self.ledger.department.layout

    @property
    def figure(self) -> str:
        return "决算数" if self.phase == "决算" else "金额" if self.layout == "numbered" else "预算数"

    def sheet(self, title: str, heads: Sequence[Head], body: Callable[[list[tuple[str, ...]]], list[Row]]) -> Sheet:
        """A sheet with this layout's captions; a listed one numbers its rows and columns."""
        department, year = self.ledger.department, self.ledger.year
        listed = self.layout == "listed"
        rows, paths = head_rows(["序号", *heads] if listed else heads)
        top = len(rows)
        filled = body(paths[1:] if listed else paths)
        if listed:
            rows.append([Cell("栏次"), *(Cell(str(i)) for i in range(1, len(paths)))])
            filled = [[Cell(str(i)), *row] for i, row in enumerate(filled, 1)]
        captions = {
            "listed": [
                department.code + department.agency,
                f"{'决算' if self.phase == '决算' else '预算'}年度：{year}",
            ],
            "split": [f"编制部门：{department.agency}"],
            "numbered": [f"部门：{department.agency}"],
        }[self.layout]
        name = f"{year}年部门{title}" if self.layout == "split" else f"部门{title}" if listed else title
        return Sheet(name, captions, f"单位：{self.money.unit}", rows + filled, top + listed)


def _codes(press: Press, code: str) -> list[Cell]:
    """The code in one cell, or over its columns with the lower ones empty."""
    if press.layout != "split":
        return [Cell(code)]
    parts = [code[:3], code[3:5], code[5:7]]
    return [Cell(p) for p in (parts if code[0] == "2" else parts[:2])]


def _tree(press: Press, lines: Sequence[Line]) -> list[tuple[str, str, int, int]]:
    """(code, name, 基本, 项目) of every 类, 款 and 项 in order of code; a parent holds the sum of its children."""
    sums: dict[str, tuple[str, int, int]] = {}
    for line in lines:
        for size in (3, 5, 7):
            code = line.code[:size]
            name = line.name if size == 7 else group_name(press.ledger.department, code)
            _, basic, project = sums.get(code, ("", 0, 0))
            sums[code] = (name, basic + line.basic, project + line.project)
    return [(code, *sums[code]) for code in sorted(sums)]


def _classified(
    press: Press, codes: int, rows: list[tuple[str, str, list[int]]], total: list[int]
) -> Callable[..., list[Row]]:
    """Rows of codes, names and figures under the total row of this layout. ``codes`` counts the code columns."""

    def body(paths: list[tuple[str, ...]]) -> list[Row]:
        columns = paths[codes + 1 :]

        def figures(amounts: list[int], name: str, code: str | None) -> Row:
            return [press.money.cell(a, name, c, code) for a, c in zip(amounts, columns, strict=True)]

        if press.layout == "listed":
            label: Row = [Cell(""), Cell("合计")]
        else:
            label = [Cell("合计", cols=codes + 1), *[None] * codes]
        summed = [*label, *figures(total, "合计", None)]
        filled = [[*_codes(press, code), Cell(name), *figures(amounts, name, code)] for code, name, amounts in rows]
        return [*filled, summed] if press.layout == "split" else [summed, *filled]

    return body


def spending_sheet(press: Press, title: str, funds: tuple[Fund, ...], group: str, extra: Sequence[str] = ()) -> Sheet:
    """支出 by 功能分类: 合计, 基本支出, 项目支出, and columns that stay empty."""
    lines = [x for x in press.ledger.lines if x.fund in funds]
    tree = _tree(press, lines)
    none = [0] * len(extra)
    rows = [(code, name, [basic + project, basic, project, *none]) for code, name, basic, project in tree]
    basic, project = sum(x.basic for x in lines), sum(x.project for x in lines)
    columns: list[Head] = ["合计", "基本支出", "项目支出", *extra]
    heads: list[Head] = [*CODE_HEADS[press.layout], *([(group, columns)] if press.layout == "split" else columns)]
    codes = 3 if press.layout == "split" else 1
    return press.sheet(title, heads, _classified(press, codes, rows, [basic + project, basic, project, *none]))


def income_sheet(press: Press, title: str) -> Sheet:
    """收入 by 功能分类 and source."""

    def split(lines: Sequence[Line]) -> dict[str, list[int]]:
        sums: dict[str, list[int]] = {}
        for line in lines:
            for size in (3, 5, 7):
                row = sums.setdefault(line.code[:size], [0, 0, 0])
                row[0] += line.project + line.basic
                row[2 if line.fund == "other" else 1] += line.project + line.basic
        return sums

    by_code = split(press.ledger.lines)
    rows = [(code, name, by_code[code]) for code, name, _, _ in _tree(press, press.ledger.lines)]
    total = [press.ledger.spent(), press.ledger.spent("general", "government"), press.ledger.spent("other")]
    columns: list[Head] = ["合计", "财政拨款收入", "单位资金收入" if press.layout == "listed" else "其他收入"]
    heads: list[Head] = [
        *CODE_HEADS[press.layout],
        *([("收入" + press.phase, columns)] if press.layout == "split" else columns),
    ]
    return press.sheet(title, heads, _classified(press, 3 if press.layout == "split" else 1, rows, total))


def economic_sheet(press: Press, title: str) -> Sheet:
    """基本支出 by 经济分类: 合计, 人员经费, 公用经费."""
    ledger = press.ledger
    rows: list[tuple[str, str, list[int]]] = []
    for code in sorted({c[:3] for c, _, _ in ledger.economic}):
        inner = [(c, name, amount) for c, name, amount in ledger.economic if c[:3] == code]
        for c, name, amount in [(code, group_name(ledger.department, code), sum(x[2] for x in inner)), *inner]:
            rows.append((c, name, [amount, 0, amount] if code == "302" else [amount, amount, 0]))
    columns: list[Head] = [("一般公共预算基本支出", ["合计", "人员经费", "公用经费"])]
    heads = [*ECONOMIC_HEADS[press.layout], *columns]
    total = [ledger.basic, ledger.personnel, ledger.public]
    return press.sheet(title, heads, _classified(press, 2 if press.layout == "split" else 1, rows, total))


def empty_sheet(press: Press, title: str, group: str, note: str) -> Sheet:
    """A table in which nothing is filled in, with the note that says so."""
    sheet = spending_sheet(press, title, (), group)
    width = len(sheet.rows[0])
    first = sheet.heads
    sheet.rows[first:] = (
        [[Cell("") for _ in range(width)]] if press.layout == "listed" else sheet.rows[first : first + 1]
    )
    sheet.notes = [Mark("empty", "", (), None, "", printed=note)]
    return sheet


Item = tuple[str, int]  # label and amount in 分


def two_sided_sheet(
    press: Press, title: str, income: list[Item], sides: list[list[Item]], heads: Sequence[Head]
) -> Sheet:
    """Lists side by side, each with its own labels; the last item of every list stands in the last row."""

    def body(paths: list[tuple[str, ...]]) -> list[Row]:
        lists = [income, *sides]
        longest = max(map(len, lists))
        padded = [[*items[:-1], *[("", 0)] * (longest - len(items)), items[-1]] for items in lists]
        rows: list[Row] = []
        for items in zip_longest(*padded):
            row: Row = []
            for number, (label, amount) in enumerate(items):
                cell = press.money.cell(amount, label, paths[2 * number + 1]) if label else Cell("")
                row += [Cell(label), cell if amount or not label or press.money.zero else Cell("")]
            rows.append(row)
        return rows

    return press.sheet(title, heads, body)


def _sides(press: Press, funds: tuple[Fund, ...]) -> tuple[list[Item], list[list[Item]], list[Head]]:
    """Income, spending and heads of a 收支总表 in this layout over these funds."""
    ledger, figure = press.ledger, press.figure
    by_class: dict[str, int] = {}
    for line in ledger.lines:
        if line.fund in funds:
            name = group_name(ledger.department, line.code[:3])
            by_class[name] = by_class.get(name, 0) + line.basic + line.project
    shown = [c for c in names()["classes"] if press.layout != "split" or c in by_class]
    spending: list[Item] = [(f"{numeral(i)}、{c}", by_class.get(c, 0)) for i, c in enumerate(shown, 1)]
    total = ledger.spent(*funds)
    income: list[Item] = [
        ("一、一般公共预算拨款收入", ledger.spent("general")),
        ("二、政府性基金预算拨款收入", ledger.spent("government")),
        ("三、国有资本经营预算拨款收入", 0),
    ]
    income += [("四、单位资金收入", ledger.spent("other"))] * ("other" in funds)
    if press.layout != "split":
        income.append(("本年收入合计", total))
        spending.append(("本年支出合计", total))
    income.append(("收入总计", total))
    spending.append(("支出总计", total))
    if press.layout != "numbered":
        label = "项  目" if press.layout == "listed" else "项目"
        words = ("收入", "支出") if press.layout == "listed" else ("本年收入", "本年支出")
        return income, [spending], [(w, [label, figure]) for w in words]
    use: list[Item] = [("一、基本支出", ledger.basic), ("二、项目支出", total - ledger.basic), ("支出总计", total)]
    heads: list[Head] = [
        ("收入", ["项目名称", figure]),
        ("支出", [("功能分类", ["功能科目名称", figure]), ("支出用途", ["项目名称", figure])]),
    ]
    return income, [spending, use], heads


def three_public_sheet(press: Press, title: str, budget: Ledger | None) -> Sheet:
    """三公经费: a list of items in the listed layout, else one row under heads merged sideways.

    A 决算 prints 预算数 and 决算数 under each head, the 预算数 from ``budget``.
    """
    ledger = press.ledger
    if press.layout == "listed" and budget is None:
        items = [
            ("合计", ledger.three_public),
            ("一、因公出国（境）费", ledger.abroad),
            ("二、公务用车购置及运维费", ledger.vehicles),
            ("其中：公务用车购置费", ledger.car_purchase),
            ("公务用车运维费", ledger.car_running),
            ("三、公务接待费", ledger.reception),
        ]
        heads: list[Head] = ["项  目", ("资 金 性 质", ["合计", "一般公共预算财政拨款"])]
        return press.sheet(
            title, heads, lambda p: [[Cell(n), *(press.money.cell(a, n, c) for c in p[1:])] for n, a in items]
        )
    vehicles = ("公务用车购置及运行费", ["小计", "公务用车购置费", "公务用车运行费"])

    def amounts(of: Ledger) -> list[int]:
        return [of.three_public, of.abroad, of.vehicles, of.car_purchase, of.car_running, of.reception]

    both: list[Head] = ["预算数", "决算数"]
    flat: list[Head] = ["合计", "因公出国（境）费", vehicles, "公务接待费"]
    if budget is None:
        heads, row = [("“三公”经费预算数", flat), "机关运行经费预算数"], [*amounts(ledger), ledger.public]
    else:
        inner: list[Head] = [("小计", both), ("公务用车购置费", both), ("公务用车运行费", both)]
        wide: list[Head] = [("合计", both), ("因公出国（境）费", both)]
        heads = [("财政拨款“三公”经费", [*wide, (vehicles[0], inner), ("公务接待费", both)])]
        row = [x for pair in zip(amounts(budget), amounts(ledger), strict=True) for x in pair]
    money = Money("万元", 2, press.money.grouped, "0.00" if press.layout == "split" else "")
    within = Press(ledger, press.phase, money)  # this one table is printed in 万元 whatever the others are in
    return within.sheet(title, heads, lambda p: [[money.cell(a, "", c) for a, c in zip(row, p, strict=True)]])


def tables(press: Press, budget: Ledger | None) -> list[Sheet]:
    """The nine tables of a 预算, or of a 决算 when the ``budget`` that it is held against is given."""
    word = "决算" if budget is not None else "预算"
    all_funds: tuple[Fund, ...] = ("general", "government", "other")
    public_funds: tuple[Fund, ...] = ("general", "government")
    ledger, year = press.ledger, press.ledger.year
    government = "政府性基金预算财政拨款支出" + ("决算表" if budget else "表")
    state = "国有资本经营预算财政拨款支出" + ("决算表" if budget else "表")
    note = "注：本部门{}年无{}财政拨款安排的支出，故本表为空表。"
    sheets = [
        two_sided_sheet(press, f"收支{word}总表", *_sides(press, all_funds)),
        income_sheet(press, f"收入{word}总表"),
        spending_sheet(
            press, f"支出{word}总表", all_funds, f"支出{word}", ["经营支出"] if press.layout == "listed" else []
        ),
        two_sided_sheet(press, f"财政拨款收支{word}总表", *_sides(press, public_funds)),
        spending_sheet(press, f"一般公共预算财政拨款支出{word}表", ("general",), "一般公共预算支出"),
        economic_sheet(press, f"一般公共预算财政拨款基本支出{word}表"),
        spending_sheet(press, government, ("government",), "政府性基金预算支出")
        if ledger.spent("government")
        else empty_sheet(press, government, "政府性基金预算支出", note.format(year, "政府性基金预算")),
        empty_sheet(press, state, "国有资本经营预算支出", note.format(year, "国有资本经营预算")),
    ]
    three = f"财政拨款“三公”经费支出{word}表"
    if ledger.three_public or (budget is not None and budget.three_public):
        sheets.append(three_public_sheet(press, three, budget))
    else:
        sheets.append(empty_sheet(press, three, "“三公”经费", f"注：本部门{year}年无“三公”经费支出，故本表为空表。"))
    if press.layout == "numbered":
        for i, sheet in enumerate(sheets, 1):
            sheet.number = f"公开{i:02d}表"
    return sheets
