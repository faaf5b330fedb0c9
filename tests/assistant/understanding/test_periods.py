import pytest

from assistant.understanding.periods import read_periods


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("2025年支出预算", (2025,)),
        ("2025支出", (2025,)),
        ("2023到2025年支出", (2023, 2024, 2025)),
        ("2023-2025年", (2023, 2024, 2025)),
        ("2025年比2024年", (2025, 2024)),
        ("2025年和2025年度", (2025,)),
        ("编码13022023年", ()),
        ("截至2024年12月31日的资产", ()),
        ("2051年", ()),
        ("支出多少", ()),
    ],
)
def test_years(text: str, years: tuple[int, ...]) -> None:
    assert read_periods(text).years == years


@pytest.mark.parametrize(
    ("text", "phases"),
    [
        ("支出预算", ("预算",)),
        ("年初预算数和决算数", ("年初预算", "决算")),
        ("调整后预算", ("调整预算",)),
        ("预计执行数", ("执行",)),
        ("实际花了", ("决算",)),
        ("办公费", ()),
    ],
)
def test_phases(text: str, phases: tuple[str, ...]) -> None:
    read = read_periods(text)
    assert read.phases == phases
    assert read.phase == (phases[0] if phases else None)


def test_two_phases_of_two_years_mean_neither() -> None:
    assert read_periods("2024年决算与2025年预算").phase is None


@pytest.mark.parametrize(
    ("text", "rest", "negated"),
    [
        ("2024年预算，不是决算数", "2024年预算，", ("决算数",)),
        ("不含公务接待费，三公经费多少", "三公经费多少", ("公务接待费",)),
        ("先不管项目支出，基本支出多少", "基本支出多少", ()),
        ("2025年的，先不说决算，预算多少", "2025年的，预算多少", ()),
        ("公用经费就不用了，人员经费多少", "人员经费多少", ()),
        ("水费已经知道了，邮电费呢", "邮电费呢", ()),
        (
            "不是中共山海关区委网络安全和信息化委员会办公室，万里街道预算多少",
            "万里街道预算多少",
            ("中共山海关区委网络安全和信息化委员会办公室",),
        ),
        ("是不是73万元", "是不是73万元", ()),
        ("支出预算多少", "支出预算多少", ()),
    ],
)
def test_what_is_ruled_out_is_blanked(text: str, rest: str, negated: tuple[str, ...]) -> None:
    read = read_periods(text)
    assert len(read.text) == len(text)
    assert read.text.replace(" ", "") == rest
    assert read.negated == negated


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("是多少万元", "万元"),
        ("换算成亿元", "亿元"),
        ("以元为单位", "元"),
        ("单位用元", "元"),
        ("多少亿", "亿元"),
        ("预算多少", None),
        ("超过20万元的项目", None),
    ],
)
def test_the_unit_asked_for(text: str, unit: str | None) -> None:
    assert read_periods(text).unit == unit


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("6月底支出进度", "6月底"),
        ("06月末进度", "6月底"),
        ("第三季度", "第三季度"),
        ("2季度", "第二季度"),
        ("上半年", "上半年"),
        ("年底支出计划", "12月底"),
        ("2025年支出", None),
    ],
)
def test_the_part_of_the_year(text: str, period: str | None) -> None:
    assert read_periods(text).period == period


def test_relative_years_and_dates_are_kept_apart() -> None:
    assert read_periods("去年支出").relative == "去年"
    assert read_periods("截至2024年12月31日").as_of == "截至2024年12月31日"
