"""Offices, regions and years against a made-up list of documents."""

from __future__ import annotations

import pytest

from assistant.understanding import understand
from assistant.understanding.catalog import Catalog, office_calls, region_calls, split_region
from assistant.understanding.scope import of_year, read_names
from index.fact_store import DocumentRow

COUNTY, DISTRICT = "中共玉田县委网络安全和信息化委员会办公室", "中共唐山市开平区委网络安全和信息化委员会办公室"


def row(name: str, agency: str | None, region: str, code: str, year: int | None, phase: str = "预算") -> DocumentRow:
    title = f"{agency}{year or ''}"
    return DocumentRow(
        name, f"{name}.txt", f"{name}.txt", name, "txt", title, agency, region, code, year, phase,
        "部门", None, 1, 1, (), False, "", False,
    )  # fmt: skip


CATALOG = Catalog.of(
    [
        row("y23", COUNTY, "河北省唐山市玉田县", "130229", 2023),
        row("y25", COUNTY, "河北省唐山市玉田县", "130229", 2025),
        row("k24", DISTRICT, "河北省唐山市开平区", "130205", 2024),
        row("k24f", DISTRICT, "河北省唐山市开平区", "130205", 2024, "决算"),
        row("f", "玉田县财政局", "河北省唐山市玉田县", "130229", None),
        row("w", "上海市普陀区人民政府万里街道办事处", "上海市普陀区", "310107", 2024),
    ]
)


@pytest.mark.parametrize(
    ("text", "documents"),
    [
        ("玉田县委网信办2023年预算", {"y23", "y25"}),
        ("玉田网信办预算", {"y23", "y25"}),
        ("玉田县预算", {"y23", "y25", "f"}),
        ("玉田县财政局支出", {"f"}),
        ("唐山市开平区委网络安全和信息化委员会办公室支出", {"k24", "k24f"}),
        ("开平区网信办支出", {"k24", "k24f"}),
        ("万里街道支出", {"w"}),
        ("普陀区万里街道办事处支出", {"w"}),
        ("网信办支出", {"y23", "y25", "k24", "k24f"}),
        ("办公费多少", set(CATALOG.rows)),
    ],
)
def test_the_documents_meant(text: str, documents: set[str]) -> None:
    naming = read_names(text, CATALOG)
    assert naming.unknown is None
    assert [set(s.documents) for s in naming.scopes] == [documents]


def test_a_short_name_goes_on_to_its_end() -> None:
    catalog = Catalog.of([row("v24", "廊坊市退役军人事务局", "河北省廊坊市", "131000", 2024)])
    for text in ("廊坊退役军人局2024年预算", "廊坊退役2024年预算"):
        naming = read_names(text, catalog)
        assert naming.unknown is None
        covered = "".join(c for i, c in enumerate(text) if not any(s <= i < e for s, e in naming.spans))
        assert covered == "2024年预算"


def test_an_office_printed_without_its_place_is_known_behind_words_that_ask() -> None:
    catalog = Catalog.of([row("x24", "县委网信办", "", "", 2024)])
    for text in ("现在问县委网信办2024年的预算", "2024年县委网信办预算"):
        assert read_names(text, catalog).unknown is None
    assert read_names("新县县委网信办预算", catalog).unknown == "新县县委网信办"


@pytest.mark.parametrize("text", ["玉田网信办和开平网信办哪个多", "玉田和开平的预算分别多少"])
def test_each_place_compared_has_its_own_scope(text: str) -> None:
    assert len(read_names(text, CATALOG).scopes) == 2


@pytest.mark.parametrize(
    "text",
    [
        "北京市网信办2025年支出",
        "玉田县教育局2023年预算",
        "唐山市网信办支出",
        "秦皇岛市预算多少",
        "西藏阿里地区噶尔县委网信办预算",
        "海淀区支出",
        "财政厅2025年支出",
    ],
)
def test_what_the_store_lacks_is_named(text: str) -> None:
    naming = read_names(text, CATALOG)
    assert naming.unknown
    assert naming.scopes[0].documents == ()
    assert naming.scopes[0].missing is not None
    assert naming.unknown in naming.scopes[0].missing


@pytest.mark.parametrize(
    ("year", "documents", "missing"), [(2023, ("y23",), False), (2024, ("y23", "y25"), True), (2020, (), True)]
)
def test_a_year(year: int, documents: tuple[str, ...], missing: bool) -> None:
    scope = of_year(read_names("玉田县委网信办", CATALOG).scopes[0], year, CATALOG)
    assert scope.documents == documents
    assert (scope.missing is not None) is missing
    assert not missing or f"{year}年" in (scope.missing or "")


def test_an_office_by_its_printed_name_is_no_other_one() -> None:
    both = Catalog.of([row("a", COUNTY, "河北省唐山市玉田县", "130229", 2023), row("b", "县委网信办", "", "", 2024)])
    assert read_names("县委网信办预算", both).scopes[0].documents == ("b",)
    assert read_names("玉田县委网信办预算", both).scopes[0].documents == ("a",)


def test_how_people_call_offices_and_regions() -> None:
    calls = set(office_calls(COUNTY))
    assert {COUNTY, COUNTY.removeprefix("中共"), "网信办", "县委网信办"} <= calls
    assert {"万里街道", "万里"} <= set(office_calls("上海市普陀区人民政府万里街道办事处"))
    assert {"玉田", "玉田县", "唐山市玉田县", "唐山玉田", "河北省唐山市玉田县"} <= set(region_calls("130229"))
    assert region_calls("999999") == ()
    assert split_region("唐山市开平区委网信办") == ("唐山市开平区", "委网信办")


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("办公费多少", "figure"),
        ("主要职责是什么", "prose"),
        ("为什么增加", "prose"),
        ("项目编码", "field"),
        ("资金用途", "field"),
        ("有没有政府性基金", "exists"),
        ("三公经费情况", "situation"),
    ],
)
def test_the_kind_of_answer(text: str, asks: str) -> None:
    assert understand(text, CATALOG).asks == asks


def test_a_claim_is_no_condition() -> None:
    claim = understand("玉田舆情管理预算是73万元吗", CATALOG).claim
    assert claim is not None
    assert (str(claim[0]), claim[1]) == ("73", "万元")
    assert understand("超过20万元的项目有哪些", CATALOG).claim is None
