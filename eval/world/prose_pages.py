"""Prose of a 预算 or 决算: 编制说明 and 名词解释, every figure in it marked."""

from __future__ import annotations

from eval.world.blocks import Block, Mark, MarkKind, Money, Text
from eval.world.budget_pages import Press
from eval.world.ledgers import Ledger, names


def sentence(text: str, tag: str | None = None, **figures: tuple[str, int, Money]) -> Text:
    """A sentence with ``{name}`` where a figure stands; each figure is (what it is, amount, how it is printed)."""
    marks, printed = [], {}
    for key, (label, amount, money) in figures.items():
        change = label.startswith("较上年")  # the words carry the sign
        shown, signed = money(abs(amount), "0.00"), money(amount, "0.00")
        printed[key] = shown + money.unit
        kind: MarkKind = "change" if change else "prose"
        marks.append(Mark(kind, label, (), signed.replace(",", ""), money.unit, printed=shown))
    return Text(text.format(**printed), marks=marks, tag=tag)


def prose(press: Press, budget: Ledger | None) -> list[Block]:
    """编制说明 and 名词解释; figures in 万元 where the tables are in 元 too, as many disclosures do."""
    ledger, department = press.ledger, press.ledger.department
    year, word = ledger.year, "决算" if budget is not None else "预算"
    spoken = Money("万元" if press.layout == "split" else press.money.unit, 2)
    change = ledger.spent() - ledger.before
    direction = "增加" if change >= 0 else "减少"
    out: list[Block] = [
        Text(f"{department.agency}{year}年部门{word}情况说明", 1),
        Text("一、部门职责", 2),
        Text(names()["duties"].format(topic=department.office["group_name"])),
        Text(f"按照{year}年工作安排，现将有关情况说明如下。", tag="year"),
        Text(f"二、部门{word}总体情况", 2),
        sentence(
            "1、收入说明："
            + f"{year}年{word}收入{{a}}，其中：一般公共预算收入{{b}}，政府性基金收入{{c}}，单位资金收入{{d}}。",
            a=(f"{word}收入", ledger.spent(), spoken),
            b=("一般公共预算收入", ledger.spent("general"), spoken),
            c=("政府性基金收入", ledger.spent("government"), spoken),
            d=("单位资金收入", ledger.spent("other"), spoken),
        ),
        sentence(
            f"2、支出说明：{year}年{word}支出{{a}}，其中基本支出{{b}}，包括人员经费{{c}}和公用经费{{d}}；项目支出{{e}}。",
            tag="spending",
            a=(f"{word}支出", ledger.spent(), spoken),
            b=("基本支出", ledger.basic, spoken),
            c=("人员经费", ledger.personnel, spoken),
            d=("公用经费", ledger.public, spoken),
            e=("项目支出", ledger.project, spoken),
        ),
        sentence(
            f"3、比上年增减情况：{year}年{word}收支安排{{a}}，较{year - 1}年{word}{direction}{{b}}。",
            a=(f"{word}收支", ledger.spent(), spoken),
            b=(f"较上年{direction}", change, spoken),
        ),
        Text("三、机关运行经费情况", 2),
        sentence(
            f"{year}年机关运行经费{'支出' if budget else '安排'}{{a}}。", a=("机关运行经费", ledger.public, spoken)
        ),
        Text("四、“三公”经费情况", 2),
        sentence(
            f"{year}年“三公”经费{word}{{a}}，其中：因公出国（境）费{{b}}；公务用车购置及运行费{{c}}；公务接待费{{d}}。",
            a=("“三公”经费", ledger.three_public, Money("万元")),
            b=("因公出国（境）费", ledger.abroad, Money("万元")),
            c=("公务用车购置及运行费", ledger.vehicles, Money("万元")),
            d=("公务接待费", ledger.reception, Money("万元")),
        ),
        Text("五、名词解释", 2),
        *(Text(f"{i}、{word_}：{meaning}") for i, (word_, meaning) in enumerate(names()["glossary"], 1)),
    ]
    return out
