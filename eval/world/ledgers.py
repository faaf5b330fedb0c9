"""Ledgers: the figures of one department and year, drawn so that every sum of the disclosure holds.

Amounts are integers in 分 (0.01 元). A department that prints 万元 from amounts in 元 gets the rounding
differences of real disclosures; every other one adds up to the last digit.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

Fund = Literal["general", "government", "other"]
HERE = Path(__file__).parent
REGIONS = HERE.parents[1] / "index" / "glossary" / "regions.csv"
DISTRICTS_OF_NO_NAME = ("市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划")
SCHEDULE_MONTHS = ("3月底", "6月底", "10月底", "12月底")


@cache
def names() -> dict[str, Any]:
    """The name lists of this world (names.json)."""
    data: dict[str, Any] = json.loads((HERE / "names.json").read_text(encoding="utf-8"))
    return data


@dataclass(frozen=True, slots=True)
class Department:
    """An agency in a county: ``region`` from the province down, ``topics`` (matter, ending) of its lasting projects."""

    code: str
    agency: str
    place: str
    region: str
    region_code: str
    office: dict[str, Any]
    topics: tuple[tuple[str, str], ...]
    layout: str
    unit: str
    rounds: bool


@dataclass(frozen=True, slots=True)
class Line:
    """Spending on one 项 out of one fund, split into 基本支出 and 项目支出."""

    code: str
    name: str
    fund: Fund
    basic: int = 0
    project: int = 0


@dataclass(frozen=True, slots=True)
class Indicator:
    first: str
    second: str
    third: str
    target: str
    basis: str


@dataclass(frozen=True, slots=True)
class Project:
    name: str
    code: str
    topic: str
    fiscal: int
    other: int
    use: str
    schedule: tuple[int, ...]
    indicators: tuple[Indicator, ...]

    @property
    def total(self) -> int:
        return self.fiscal + self.other


@dataclass(frozen=True, slots=True)
class Ledger:
    """One department's year. ``economic`` holds 基本支出 by 5-digit code and name; ``before`` is last year's total."""

    department: Department
    year: int
    lines: tuple[Line, ...]
    economic: tuple[tuple[str, str, int], ...]
    projects: tuple[Project, ...]
    abroad: int
    car_purchase: int
    car_running: int
    reception: int
    before: int = 0

    def spent(self, *funds: Fund) -> int:
        return sum(x.basic + x.project for x in self.lines if not funds or x.fund in funds)

    @property
    def basic(self) -> int:
        return sum(x.basic for x in self.lines)

    @property
    def project(self) -> int:
        return sum(x.project for x in self.lines)

    @property
    def personnel(self) -> int:
        return sum(amount for code, _, amount in self.economic if code[:3] != "302")

    @property
    def public(self) -> int:
        return sum(amount for code, _, amount in self.economic if code[:3] == "302")

    @property
    def vehicles(self) -> int:
        return self.car_purchase + self.car_running

    @property
    def three_public(self) -> int:
        return self.abroad + self.vehicles + self.reception


def _counties() -> list[tuple[str, str, str]]:
    """(code, whole name, short name) of every county whose short name no other place has."""
    with REGIONS.open(encoding="utf-8", newline="") as file:
        rows = {row["code"]: row for row in csv.DictReader(file)}
    found = []
    for code, row in rows.items():
        above = rows.get(row["parent"])
        if code.endswith("00") or above is None or len(row["name"]) > 5 or row["name"][-1] not in "县区市旗":
            continue
        upper = rows.get(above["parent"])
        parts = [x["name"] for x in (upper, above, row) if x and x["name"] not in DISTRICTS_OF_NO_NAME]
        short = "".join(parts[-2:]) if row["name"].endswith("区") else row["name"]
        found.append((code, "".join(parts), short))
    shorts = [short for _, _, short in found]
    once = {s for s in shorts if shorts.count(s) == 1}
    return [c for c in found if c[2] in once]


def departments(count: int, seed: int, layouts: tuple[str, ...]) -> Iterator[Department]:
    """That many different agencies; ValueError when there are not so many names."""
    draw = random.Random(f"departments-{seed}")  # noqa: S311
    offices = names()["offices"]
    counties = _counties()
    if count > len(counties) * len(offices):
        raise ValueError(f"最多能生成 {len(counties) * len(offices)} 个部门")
    draw.shuffle(counties)
    for number in range(count):
        code, region, place = counties[number % len(counties)]
        # A county's further offices come round after every county had one.
        office = offices[(number + number // len(counties)) % len(offices)]
        topics = draw.sample(office["topics"], draw.randint(2, min(5, len(office["topics"]))))
        yield Department(
            code=f"{draw.randint(101, 899)}",
            agency=place + office["name"],
            place=place,
            region=region,
            region_code=code,
            office=office,
            topics=tuple((topic, draw.choice(names()["suffixes"])) for topic in topics),
            layout=layouts[number % len(layouts)],
            unit=draw.choice(("万元", "万元", "元")),
            rounds=draw.random() < 0.3,
        )


def _economic(draw: random.Random, money: Any, running: int, reception: int) -> list[tuple[str, str, int]]:
    lists = names()
    chosen = [(c, n, money(20, 900)) for c, n in lists["personnel"] if c == "30101" or draw.random() < 0.75]
    chosen += [("30108", "机关事业单位基本养老保险缴费", money(15, 120))]
    chosen += [("30110", "职工基本医疗保险缴费", money(10, 80)), ("30113", "住房公积金", money(15, 100))]
    chosen += [(c, n, money(1, 30)) for c, n in lists["public"] if c == "30201" or draw.random() < 0.6]
    chosen += [("30217", "公务接待费", reception)] * bool(reception)
    chosen += [("30231", "公务用车运行维护费", running)] * bool(running)
    if draw.random() < 0.6:
        chosen.append(("30302", "退休费", money(5, 60)))
    return sorted(chosen)


def _schedule(draw: random.Random) -> tuple[int, ...]:
    return draw.choice(((25, 50, 75, 100), (20, 45, 80, 100), (10, 40, 70, 100), (30, 60, 90, 100), (0, 50, 80, 100)))


def _indicators(draw: random.Random, year: int, cost: str) -> tuple[Indicator, ...]:
    pool = names()["indicators"]
    seconds = list(dict.fromkeys(second for _, second, _, _ in pool))
    chosen = [draw.choice([row for row in pool if row[1] == second]) for second in seconds]
    fill = {"year": year, "cost": cost}
    return tuple(
        Indicator(
            first,
            second,
            third,
            target.format(
                **fill,
                big=draw.randint(100, 9000),
                small=draw.randint(1, 40),
                high=draw.randint(85, 99),
                low=draw.randint(1, 10),
            ),
            draw.choice(names()["bases"]),
        )
        for first, second, third, target in chosen
    )


def _projects(
    draw: random.Random, department: Department, year: int, general: list[int], extra: tuple[int, int]
) -> tuple[Project, ...]:
    """Projects from what each gets of 一般公共预算; the first also gets ``extra``: 政府性基金 and 其他资金."""
    made = []
    for number, (topic, suffix) in enumerate(department.topics):
        land, other = extra if number == 0 else (0, 0)
        fiscal = general[number] + land
        cost = f"{-(-(fiscal + other) // 1_000_000)}万元"
        made.append(
            Project(
                name=topic + suffix,
                code=f"{department.region_code}{year % 100:02d}P00{draw.randrange(16**7):07X}{draw.choice('ABCDEFGH')}",
                topic=topic,
                fiscal=fiscal,
                other=other,
                use=draw.choice(names()["uses"]).format(topic=topic),
                schedule=_schedule(draw),
                indicators=_indicators(draw, year, cost),
            )
        )
    return tuple(made)


def ledger(department: Department, year: int, seed: int, phase: str) -> Ledger:
    """The figures of a department, year and phase; the same arguments always give the same figures."""
    draw = random.Random(f"{seed}-{department.agency}-{year}-{phase}")  # noqa: S311
    step = 100 if department.rounds or department.unit == "元" else 10_000  # 1 元, or 0.01 万元

    def money(low: int, high: int) -> int:
        """An amount between low and high 万元, in the steps that this department prints."""
        return draw.randint(low * 1_000_000 // step, high * 1_000_000 // step) * step

    running, reception = (money(1, 20), money(0, 6)) if draw.random() < 0.7 else (0, 0)
    abroad, purchase = (money(2, 30) if draw.random() < 0.2 else 0), (money(12, 30) if draw.random() < 0.2 else 0)
    economic = _economic(draw, money, running, reception)
    by_code = {code: amount for code, _, amount in economic}
    placed = [("2080505", "机关事业单位基本养老保险缴费支出", "30108"), ("2101101", "行政单位医疗", "30110")]
    placed += [("2210201", "住房公积金", "30113"), ("2080501", "行政单位离退休", "30302")]
    lines = [Line(code, name, "general", basic=by_code[of]) for code, name, of in placed if of in by_code]
    group, special = department.office["group"], department.office["special"]
    rest = sum(by_code.values()) - sum(x.basic for x in lines)
    lines.append(Line(f"{group}01", "行政运行", "general", basic=rest))
    other = money(1, 50) if draw.random() < 0.2 else 0
    land = money(50, 800) if draw.random() < 0.15 else 0
    general = [money(2, 400) for _ in department.topics]
    heads = [(f"{group}02", "一般行政管理事务"), (group + special[0], special[1])]
    for k, (code, name) in enumerate(heads):
        lines.append(Line(code, name, "general", project=sum(general[k::2])))
    if other:
        lines.append(Line(*heads[0], "other", project=other))
    if land:
        lines.append(Line("2120899", "其他国有土地使用权出让收入安排的支出", "government", project=land))
    return Ledger(
        department,
        year,
        tuple(sorted(lines, key=lambda x: x.code)),
        tuple(economic),
        _projects(draw, department, year, general, (land, other)),
        abroad,
        purchase,
        running,
        reception,
    )


GROUP_NAMES = {
    "208": "社会保障和就业支出",
    "20805": "行政事业单位养老支出",
    "210": "卫生健康支出",
    "21011": "行政事业单位医疗",
    "212": "城乡社区支出",
    "21208": "国有土地使用权出让收入安排的支出",
    "221": "住房保障支出",
    "22102": "住房改革支出",
    "301": "工资福利支出",
    "302": "商品和服务支出",
    "303": "对个人和家庭的补助",
}


def group_name(department: Department, code: str) -> str:
    """The name of a 类 or 款 in this department's tables."""
    own = {department.office["group"]: "group_name", department.office["group"][:3]: "class_name"}
    return str(department.office[own[code]]) if code in own else GROUP_NAMES[code]
