"""Pages about projects: 绩效文本 with prose and one 绩效目标表 a project."""

from __future__ import annotations

import re
from dataclasses import replace

from eval.world.blocks import Block, Cell, Mark, Row, Sheet, Text
from eval.world.budget_pages import Press
from eval.world.ledgers import SCHEDULE_MONTHS, Project, names
from eval.world.prose_pages import sentence

INDICATOR_HEADS = ("一级指标", "二级指标", "三级指标", "绩效指标描述", "指标值")


def _row(*cells: Cell | None) -> Row:
    """A row with the places that its merged cells reach over; None where one reaches down from above."""
    return [place for cell in cells for place in ([cell] if cell is None else [cell, *[None] * (cell.cols - 1)])]


def form(press: Press, project: Project, number: int) -> Sheet:
    """项目支出绩效目标表, seven columns wide: amounts along the row, the schedule, the indicators merged downward."""

    def text(value: str, label: str, cols: int) -> Cell:
        return Cell(value, cols=cols, mark=Mark("text", label, (), None, "", project=project.name))

    def amount(label: str, cents: int) -> tuple[Cell, Cell]:
        cell = press.money.cell(cents, "预算规模及资金用途", (label,)) if cents else Cell("")
        return Cell(label), replace(cell, mark=cell.mark and replace(cell.mark, project=project.name))

    def step(month: str, share: int, cols: int) -> Cell:
        mark = Mark("schedule", "资金支出计划（%）", (month,), str(share), "%", project=project.name)
        return Cell(f"{share}%", cols=cols, mark=mark)

    reach = (1, 1, 1, 3)
    spread = list(zip(SCHEDULE_MONTHS, project.schedule, reach, strict=True))
    rows = [
        _row(Cell("项目编码"), text(project.code, "项目编码", 2), Cell("项目名称"), text(project.name, "项目名称", 3)),
        _row(
            Cell("预算规模及资金用途", rows=2),
            *amount("预算数", project.total),
            *amount("其中：财政资金", project.fiscal),
            *amount("其他资金", project.other),
        ),
        _row(None, text(project.use, "资金用途", 6)),
        _row(Cell("资金支出计划（%）", rows=2), *(Cell(month, cols=cols) for month, _, cols in spread)),
        _row(None, *(step(*each) for each in spread)),
        _row(Cell("绩效目标"), Cell(f"1.{project.use}", cols=6)),
        _row(*(Cell(h) for h in INDICATOR_HEADS), Cell("指标值确定依据", cols=2)),
    ]
    firsts = [i.first for i in project.indicators]
    for at, indicator in enumerate(project.indicators):
        opens = at == 0 or firsts[at - 1] != indicator.first
        number_part = re.fullmatch(r"[≥≤]?(\d+)(\D+)", indicator.target)
        value, unit = number_part.groups() if number_part else (None, "")
        mark = Mark("target", indicator.third, ("指标值",), value, unit, project=project.name)
        rows.append(
            _row(
                Cell(indicator.first, rows=firsts.count(indicator.first)) if opens else None,
                Cell(indicator.second),
                Cell(indicator.third),
                Cell(project.topic + indicator.third),
                Cell(indicator.target, mark=mark),
                Cell(indicator.basis, cols=2),
            )
        )
    department = press.ledger.department
    captions = [f"{department.code}001{department.agency}本级"]
    return Sheet(f"{number}.{project.name}绩效目标表", captions, f"单位：{press.money.unit}", rows, 0)


def performance(press: Press) -> list[Block]:
    """绩效文本: the whole department's aims in prose, each project's in prose, then the forms."""
    ledger = press.ledger
    department, year = ledger.department, ledger.year
    money = press.money
    out: list[Block] = [
        Text(f"{department.agency}{year}年部门预算绩效文本", 1),
        Text("第一部分 部门整体绩效目标", 1),
        Text("一、总体绩效目标", 2),
        Text(
            f"{department.agency}{year}年度总体绩效目标："
            + names()["duties"].format(topic=department.office["group_name"])
        ),
        Text(f"围绕{year}年重点任务，推动各项工作落实。", tag="year"),
        sentence(
            f"{year}年申请预算资金支持人员经费{{a}}，公用经费{{b}}，项目支出{{c}}。",
            a=("人员经费", ledger.personnel, money),
            b=("公用经费", ledger.public, money),
            c=("项目支出", ledger.project, money),
        ),
        Text("二、分项绩效目标", 2),
    ]
    for i, project in enumerate(ledger.projects, 1):
        steps = "、".join(f"{p}%" for p in project.schedule)
        out.append(
            sentence(
                f"{i}.“{project.name}”项目年初预算{{a}}，项目主要目标是{project.use}。"
                f"资金累计支出进度{'、'.join(SCHEDULE_MONTHS)}分别达到{steps}。",
                tag=f"project:{project.name}",
                a=(f"{project.name}年初预算", project.total, money),
            )
        )
    out += [
        Text("三、工作保障措施", 2),
        Text("一是加强组织领导，明确责任分工。二是严格预算执行，加强绩效监控。三是开展绩效自评，强化结果应用。"),
        Text("第二部分 预算项目绩效目标", 1),
    ]
    out += [form(press, project, i) for i, project in enumerate(ledger.projects, 1)]
    return out
