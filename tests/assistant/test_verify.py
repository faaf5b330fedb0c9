"""The guard against drafts made wrong on purpose, and for drafts that are right."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.evidence import Piece, evidence_of
from assistant.records import Answer, Calculation, Citation, Value
from assistant.verify import check, cited

AGENCIES = ("乙县档案局", "丙市水务局", "丁区教育委员会", "戊县交通运输局")
ROWS = (
    "办公费",
    "差旅费",
    "会议费",
    "培训费",
    "电子政务运维项目",
    "堤防加固工程",
    "校舍修缮专项",
    "公务接待费",
    "劳务费",
)
REASONS = ("库房搬迁", "人员调入", "压缩会议规模", "设备更新", "工程完工", "职责划转")
TABLES = ("部门支出总表", "项目支出预算表", "一般公共预算基本支出表")


@dataclass(frozen=True)
class World:
    agency: str
    year: int
    rows: tuple[str, str, str]
    values: tuple[Decimal, Decimal, Decimal]
    change: Decimal
    up: bool
    reason: str
    unit: str
    table: str
    more: tuple[str, str, str] = ("水费", "电费", "印刷费")

    def pieces(self) -> tuple[Piece, ...]:
        base = {"document_id": "d", "file": "a.txt", "title": f"{self.agency}{self.year}年部门预算"}
        where = {"agency": self.agency, "region": None, "fiscal_year": self.year}
        cited = [
            Citation(
                **base,
                **where,
                section="第二部分",
                table=self.table,
                row=row,
                column="预算数",
                cell=f"{v:,}",
                unit=self.unit,
            )  # type: ignore[arg-type]
            for row, v in zip(self.rows[:2], self.values[:2], strict=True)
        ]
        turn = "增加" if self.up else "减少"
        quote = (
            f"{self.rows[2]}{self.values[2]}{self.unit}，比{self.year - 1}年预算{turn}{self.change}{self.unit}，"
            f"主要原因是{self.reason}。"
        )
        cited.append(Citation(**base, **where, section="三、情况说明", quote=quote))  # type: ignore[arg-type]
        listed = (
            f"{self.year - 1}年{self.more[0]}决算数为{self.change}{self.unit}，"
            f"{self.year}年{self.more[0]}和{self.more[1]}分别为{self.values[1]}{self.unit}和{self.values[2]}{self.unit}。"
            f"{self.more[1]}占公用经费的{self.share}%。未安排{self.more[2]}。"
        )
        cited.append(Citation(**base, **where, section="四、其他说明", quote=listed))  # type: ignore[arg-type]
        total = self.values[0] + self.values[1]
        step = Calculation("sum", f"{self.values[0]} + {self.values[1]}", (0, 1), str(total), self.unit)
        value = Value(f"{self.agency} {self.year}年 两项合计", str(total), self.unit)
        return evidence_of(Answer("q", "answered", "", (value,), step, tuple(cited)))

    @property
    def share(self) -> Decimal:
        return self.values[0] % 90 + 5

    def sentences(self, pick: random.Random) -> list[str]:
        """True sentences, each resting on its own evidence, worded in several ways."""
        a, u = self.agency, self.unit
        turn = "增加" if self.up else "减少"
        out = []
        for n in (0, 1):
            v, row = self.values[n], self.rows[n]
            other = f"{v * 10000:f}元" if u == "万元" else f"{(v / 10000).normalize():f}万元"
            out.append(
                pick.choice(
                    (
                        f"{row}预算数为{v}{u}[{n + 1}]",
                        f"{a}{self.year}年{row}的预算数是{v:,}{u}[{n + 1}]",
                        f"根据{self.table}，{row}为{other}[{n + 1}]",
                        f"其中，{row}{v}{u}[{n + 1}]",
                    )
                )
            )
        out.append(
            pick.choice(
                (
                    f"{a}{self.rows[2]}{self.values[2]}{u}，比{self.year - 1}年{turn}{self.change}{u}[3]",
                    f"{self.rows[2]}比{self.year - 1}年预算{turn}{self.change}{u}[3]",
                    f"预算{turn}的主要原因是{self.reason}[3]",
                    f"{self.rows[2]}为{self.values[2]}{u}[3]",
                )
            )
        )
        out.append(
            pick.choice(
                (
                    f"{self.more[0]}为{self.values[1]}{u}，{self.more[1]}为{self.values[2]}{u}[4]",
                    f"{self.year}年{self.more[0]}和{self.more[1]}分别为{self.values[1]}{u}和{self.values[2]}{u}[4]",
                    f"{self.more[0]}{self.values[1]}{u}和{self.more[1]}{self.values[2]}{u}[4]",
                    f"{self.year - 1}年{self.more[0]}决算数为{self.change}{u}[4]",
                    f"{self.more[1]}占公用经费的{self.share}%[4]",
                    f"没有安排{self.more[2]}[4]",
                )
            )
        )
        out.append(f"两项合计{self.values[0] + self.values[1]}{u}[5]")
        return out


@st.composite
def worlds(draw: st.DrawFn) -> World:
    cents = draw(st.lists(st.integers(101, 9_999_999), min_size=4, max_size=4, unique=True))
    values = [Decimal(c) / 100 for c in cents]
    return World(
        draw(st.sampled_from(AGENCIES)),
        draw(st.integers(2018, 2026)),
        tuple(draw(st.permutations(ROWS))[:3]),  # type: ignore[arg-type]
        tuple(values[:3]),  # type: ignore[arg-type]
        values[3],
        draw(st.booleans()),
        draw(st.sampled_from(REASONS)),
        draw(st.sampled_from(("元", "万元"))),
        draw(st.sampled_from(TABLES)),
    )


def plain_sentences(w: World) -> list[str]:
    turn = "增加" if w.up else "减少"
    return [
        f"{w.agency}{w.year}年{w.rows[0]}预算数为{w.values[0]}{w.unit}[1]",
        f"{w.agency}{w.year}年{w.rows[1]}预算数为{w.values[1]}{w.unit}[2]",
        f"{w.agency}{w.year}年{w.rows[2]}比{w.year - 1}年{turn}{w.change}{w.unit}，原因是{w.reason}[3]",
    ]


def mutated(w: World, kind: str, which: int, pick: random.Random) -> str:
    """One sentence of a true draft made false in one respect."""
    if kind in STRUCTURE:
        return f"{structurally_wrong(w, kind, pick)}[4]"
    s = plain_sentences(w)[which]
    value = (*w.values[:2], w.change)[which]
    figure = f"{value}{w.unit}"
    others = [x for x in (*w.values, w.change) if x != value]
    wrong = {
        "value": s.replace(figure, f"{value + Decimal(pick.randint(1, 900)) / 100}{w.unit}"),
        "unit": s.replace(figure, f"{value}{'万元' if w.unit == '元' else '元'}"),
        "other unit": s.replace(figure, f"{value}{pick.choice(('亿元', '人', '%', '个'))}"),
        "row's figure": s.replace(figure, f"{pick.choice(others)}{w.unit}"),
        "row's name": s.replace(w.rows[which], pick.choice([r for r in ROWS if r != w.rows[which]])),
        "year": s.replace(f"{w.year}年", f"{w.year + pick.choice((-3, -2, -1, 1, 2, 3))}年", 1),
        "base year": s.replace(f"{w.year - 1}年", f"{w.year - pick.choice((2, 3, 5))}年")
        if which == 2
        else s.replace("预算数", "决算数"),
        "sign": s.replace("增加", "*").replace("减少", "增加").replace("*", "减少")
        if which == 2
        else s.replace(figure, f"-{figure}"),
        "magnitude": s.replace(figure, f"{value * pick.choice((10, 100, 10000))}{w.unit}"),
        "comparison": s.replace(figure, pick.choice(("≥", "不超过", "约", "超过")) + figure),
        "citation": s.replace(f"[{which + 1}]", f"[{pick.choice([n for n in (1, 2, 3) if n != which + 1])}]"),
        "no citation": s.replace(f"[{which + 1}]", ""),
        "unknown citation": s.replace(f"[{which + 1}]", "[9]"),
        "further citation": s.replace(f"[{which + 1}]", f"[{which + 1}][{(which + 1) % 3 + 1}]"),
        "agency": s.replace(w.agency, pick.choice([a for a in AGENCIES if a != w.agency])),
        "invented": pick.choice(
            (
                "该项目已经全部完成验收",
                "资金由市领导直接审批",
                "预计明年还会继续上涨",
                "经费主要用来购买进口车辆",
                "以上数据存在造假",
                "这笔钱被挪用了",
            )
        )
        + f"[{which + 1}]",
        "negation": s.replace("为", "不为") if which < 2 else s.replace("原因是", "原因不是"),
        "reason": s.replace(w.reason, pick.choice([r for r in REASONS if r != w.reason]))
        if which == 2
        else s.replace("[", f"，原因是{pick.choice(REASONS)}["),
    }
    return wrong[kind]


def structurally_wrong(w: World, kind: str, pick: random.Random) -> str:
    """A clause that the listing sentence of a world does not say, though all its words stand there."""
    u, first, second, left_out = w.unit, *w.more
    a, b = f"{w.values[1]}{u}", f"{w.values[2]}{u}"
    wrong = {
        "figures swapped": (
            f"{first}和{second}分别为{b}和{a}", f"{first}{b}和{second}{a}", f"{second}为{a}，{first}为{b}",
            f"{second}和{first}分别为{a}和{b}",
        ),
        "phase": (f"{w.year - 1}年{first}预算数为{w.change}{u}", f"{first}决算数为{a}", f"{w.year}年{first}为{w.change}{u}"),
        "negation lost": (f"安排{left_out}", f"有{left_out}", f"{w.year}年安排了{left_out}", f"未安排{first}", f"未列示{left_out}"),
        "share": (
            f"{first}占公用经费的{w.share}%", f"公用经费占{second}的{w.share}%", f"{second}占{first}的{w.share}%",
            f"{second}占公用经费的{w.share}‰", f"{second}{w.share}%",
        ),
        "relative year": (f"上年{second}为{b}", f"明年{first}为{a}", f"去年{first}为{a}", f"本年{first}决算数为{w.change}{u}"),
        "hedge": tuple(
            f"{first}为{x}" for x in (f"{a}左右", f"{a}上下", f"{a}之内", f"近{a}", f"不到{a}", f"{a}以上", f"逾{a}", f"仅{a}")
        ),
        "range": (f"{first}为{a}至{b}", f"{first}为{w.values[1]}-{w.values[1] + 1}{u}"),
        "no unit": (f"{first}为{w.values[1]}", f"{first}为{str(w.values[1]).translate(FULL_WIDTH)}"),
        "half": (f"{first}为{a}，印刷品为{b}", f"{first}和复印纸为{a}", f"{first}为{a}，已全部支付"),
        "cause": (f"由于{first}为{a}，{second}为{b}", f"未安排{left_out}的原因是{first}为{a}", f"未安排{left_out}导致{second}为{b}"),
        "goes on": (f"{first}为{a}[4]。主要原因是{w.reason}", f"{first}为{a}，比{w.year - 1}年增加{w.change}{u}"),
    }  # fmt: skip
    return pick.choice(wrong[kind])


FULL_WIDTH = str.maketrans("0123456789.", "０１２３４５６７８９．")
STRUCTURE = (
    "figures swapped", "phase", "negation lost", "share", "relative year", "hedge", "range", "no unit", "half", "cause",
    "goes on",
)  # fmt: skip
KINDS = (
    *STRUCTURE,
    "value", "unit", "other unit", "row's figure", "row's name", "year", "base year", "sign", "magnitude", "comparison",
    "citation", "no citation", "unknown citation", "further citation", "agency", "invented", "negation", "reason",
)  # fmt: skip


@settings(
    max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True, database=None
)
@given(w=worlds(), kind=st.sampled_from(KINDS), which=st.integers(0, 2), seed=st.integers(0, 9999))
def test_no_draft_made_false_in_one_respect_passes(w: World, kind: str, which: int, seed: int) -> None:
    pick = random.Random(seed)
    true = [s for n, s in enumerate(plain_sentences(w)) if n != which]
    false = mutated(w, kind, which, pick)
    draft = "。".join([*true[:1], false, *true[1:]]) + "。"
    assert check(draft, w.pieces()), f"{kind}: {false}"


def test_nearly_all_true_drafts_pass() -> None:
    pick = random.Random(7)
    passed = 0
    failed: list[object] = []
    for _ in range(500):
        cents = pick.sample(range(101, 9_999_999), 4)
        values = [Decimal(c) / 100 for c in cents]
        rows = pick.sample(ROWS, 3)
        w = World(
            pick.choice(AGENCIES), pick.randint(2018, 2026),
            (rows[0], rows[1], rows[2]), (values[0], values[1], values[2]), values[3],
            pick.random() < 0.5, pick.choice(REASONS), pick.choice(("元", "万元")), pick.choice(TABLES),
        )  # fmt: skip
        sentences = w.sentences(pick)
        draft = "。".join(pick.sample(sentences, pick.randint(1, 4))) + "。"
        faults = check(draft, w.pieces())
        passed += not faults
        failed += faults
    assert passed >= 490, failed


def pieces(*cited: Citation) -> tuple[Piece, ...]:
    return evidence_of(Answer("q", "answered", "", citations=cited))


def prose(quote: str) -> Citation:
    return Citation(
        "d", "a.txt", "甲局2025年部门预算", agency="甲局", fiscal_year=2025, section="一、说明", quote=quote
    )


def cell(row: str, column: str, printed: str, unit: str, year: int = 2025) -> Citation:
    return Citation(
        "d", "a.txt", "甲局2025年部门预算", agency="甲局", fiscal_year=year, table="支出表", row=row, column=column,
        cell=printed, unit=unit,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("draft", "cited", "passes"),
    [
        ("网络舆情管理预算数73.05万元[1]。", cell("网络舆情管理", "预算数", "730500.00", "元"), True),
        ("网络舆情管理预算数730,500万元[1]。", cell("网络舆情管理", "预算数", "730500.00", "元"), False),
        ("满意度不低于98%[1]。", cell("满意度指标 / 满意度", "指标值", "≥98%", ""), True),
        ("满意度为98%[1]。", cell("满意度指标 / 满意度", "指标值", "≥98%", ""), False),
        ("满意度不超过98%[1]。", cell("满意度指标 / 满意度", "指标值", "≥98%", ""), False),
        ("基本支出12万元[1]。", cell("基本支出合计", "预算数", "12", "万元"), False),
        ("2024年基本支出12万元[1]。", cell("基本支出", "2024年预算数", "12", "万元", 2024), True),
        ("2025年基本支出12万元[1]。", cell("基本支出", "2024年预算数", "12", "万元", 2024), False),
        ("依据是丁宣〔2016〕26号[1]。", prose("以上指标依据为丁宣〔2016〕26号。"), True),
        ("依据是丁宣〔2016〕62号[1]。", prose("以上指标依据为丁宣〔2016〕26号。"), False),
        ("接待费1.00万元，比上年减少0.50万元[1]。", prose("接待费1.00万元，比2024年减少0.50万元。"), True),
        ("接待费1.00万元，比2024年减少0.50万元[1]。", prose("接待费1.00万元，比上年度减少0.50万元。"), True),
        ("接待费1.00万元，比上年减少0.50万元[1]。", prose("接待费1.00万元，比2023年减少0.50万元。"), False),
        ("接待费1.00万元，比2023年减少0.50万元[1]。", prose("接待费1.00万元，比上年减少0.50万元。"), False),
        ("2025年预算比上年增加3.00万元[1]。", prose("2025年预算收支安排9.00万元，较2024年预算增加3.00万元。"), True),
        ("基本支出比上年增加3.00万元[1]。", prose("2025年预算收支安排9.00万元，较2024年预算增加3.00万元。"), False),
        ("机关运行经费安排11.39万元[1]。", prose("2025年，我部门机关运行经费共计安排11.39万元。"), True),
        ("运行经费比上年增加2.55万元[1]。", prose("运行经费支出18.65万元，比2024年增加2.55万元。"), True),
        ("培训费比上年增加2.55万元[1]。", prose("运行经费支出18.65万元，比2024年增加2.55万元。"), False),
        ("三公经费增减变化的原因是无公车[1]。", prose("三公经费安排0元，增减变化的原因是无公车。"), True),
        ("甲局内设两个科室[1]。", prose("甲局内设2个科室。"), False),
        ("甲局内设2个科室[1]。", prose("甲局内设2个科室。"), True),
        ("差旅费5.00万元，办公费3.00万元[1]。", prose("其中：办公费3.00万元，差旅费5.00万元。"), True),
        ("差旅费3.00万元，办公费5.00万元[1]。", prose("其中：办公费3.00万元，差旅费5.00万元。"), False),
        ("接待费减少0.30万元[1]。", prose("接待费1.00万元，减少0.50万元，出国费2.00万元，减少0.30万元。"), False),
        ("没有安排政府采购[1]。", prose("2025年安排政府采购。"), False),
        ("", prose("2025年安排政府采购。"), False),
        ("你好！[1]", prose("2025年安排政府采购。"), False),
    ],
)  # fmt: skip
def test_what_passes_and_what_does_not(draft: str, cited: Citation, passes: bool) -> None:
    assert (check(draft, pieces(cited)) == []) is passes


def test_a_citation_after_the_full_stop_counts_for_the_sentence_before() -> None:
    assert check("办公费12万元。[1]", pieces(cell("办公费", "预算数", "12", "万元"))) == []


def test_parts_of_two_places_are_not_put_together_unless_each_says_its_name() -> None:
    two = pieces(cell("办公费", "预算数", "12", "万元"), cell("差旅费", "预算数", "7", "万元"))
    assert check("办公费12万元，差旅费7万元[1][2]。", two) == []
    assert check("办公费12万元，7万元[1][2]。", two) != []
    assert check("办公费7万元，差旅费12万元[1][2]。", two) != []


def owned(agency: str, value: str) -> Citation:
    return Citation(
        "d", "a.txt", f"{agency}预算", agency=agency, table="表", row="办公费", column="预算数", cell=value, unit="万元"
    )


def test_a_short_name_that_the_question_uses_stands_for_the_one_agency_that_it_shortens() -> None:
    two = pieces(owned("乙县财政局国库中心", "12"), owned("丙市财政局", "7"))
    draft = "乙县国库办公费12万元[1]。"
    assert check(draft, two) != []
    assert check(draft, two, "乙县国库办公费多少") == []
    assert check("乙县国库办公费7万元[2]。", two, "乙县国库办公费多少") != []


def test_citations_are_set_by_code_where_one_piece_bears_the_sentence_out() -> None:
    two = pieces(cell("办公费", "预算数", "12", "万元"), cell("差旅费", "预算数", "7", "万元"))
    said = "办公费12万元。差旅费7万元[1]。\n会议费3万元[1]。"
    assert cited(said, two) == "办公费12万元[1]。差旅费7万元[2]。\n会议费3万元[1]。"
    assert [f.sentence for f in check(cited(said, two), two)] == ["会议费3万元[1]"]
