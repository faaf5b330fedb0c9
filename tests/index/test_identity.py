"""Whose, of which region, year, phase and level: all documents at hand, and names that stand alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from index.assemble import assemble
from index.identity import agency_in_caption, bare_agency, region_in_text, year_in_caption
from index.records import Cell, Document, Fact, Grid, Paragraph, Source

RealDocument = Callable[[str], tuple[Document, list[Fact]]]
TANGSHAN = "中共唐山市委网络安全和信息化委员会办公室"
KAIPING = "中共唐山市开平区委网络安全和信息化委员会办公室"
YUTIAN = "中共玉田县委网络安全和信息化委员会办公室"
SHANHAIGUAN = "中共山海关区委网络安全和信息化委员会办公室"
OFFICE = "上海市普陀区人民政府办公室"
WANLI = "上海市普陀区人民政府万里街道办事处"
COMMERCE = "上海市普陀区商务委员会"
# file, agency, region, year, phase, level
KNOWN = (
    ("000_fb8bd9d118eee45e.txt", TANGSHAN, "河北省唐山市", 2025, "预算", "部门"),
    ("001_619d5e0cc2c255b8.txt", YUTIAN, "河北省唐山市玉田县", 2023, "预算", "部门"),
    ("002_a6201561a2d39595.txt", "县委网信办", None, 2024, "预算", "部门"),
    ("003_e0f29716db1f2352.txt", KAIPING, "河北省唐山市开平区", 2025, "预算", "部门"),
    ("004_eb891ce6d0faf58b.txt", SHANHAIGUAN, "河北省秦皇岛市山海关区", None, "预算", "部门"),
    ("江苏省政协办公厅2017年度部门预算.pdf", "江苏省政协办公厅", "江苏省", 2017, "预算", "部门"),
    ("江苏省政协办公厅2017年度部门预算公开表.pdf", "江苏省政协办公厅", "江苏省", 2017, "预算", "部门"),
    ("江苏省政协办公厅2018年度部门预算.pdf", "江苏省政协办公厅", "江苏省", 2018, "预算", "部门"),
    ("江苏省政协办公厅2018年度部门预算公开表.pdf", "江苏省政协办公厅", "江苏省", 2018, "预算", "部门"),
    ("江苏省政协办公厅2019年度部门预算.pdf", "江苏省政协办公厅", "江苏省", 2019, "预算", "部门"),
    ("江苏省政协办公厅2019年预算公开表.pdf", "江苏省政协办公厅", "江苏省", 2019, "预算", "部门"),
    ("江苏省高级人民法院2017年度部门预算公开.pdf", "江苏省高级人民法院", "江苏省", 2017, "预算", "部门"),
    ("万里街道2024年预算.pdf", WANLI, "上海市普陀区", 2024, "预算", "部门"),
    ("万里街道2025年预算.pdf", WANLI, "上海市普陀区", 2025, "预算", "部门"),
    ("上海市普陀区人民政府办公室2025年部门预算.pdf", OFFICE, "上海市普陀区", 2025, "预算", "部门"),
    ("上海市普陀区商务委员会2025年单位预算.pdf", COMMERCE, "上海市普陀区", 2025, "预算", "单位"),
    ("上海市普陀区商务委员会2025年部门预算.pdf", COMMERCE, "上海市普陀区", 2025, "预算", "部门"),
    ("上海市普陀区财政局2024年度部门决算.pdf", "上海市普陀区财政局", "上海市普陀区", 2024, "决算", "部门"),
)


@pytest.mark.parametrize(("name", "agency", "region", "year", "phase", "level"), KNOWN)
def test_a_document_is_known_from_its_own_text(
    real: RealDocument, name: str, agency: str, region: str | None, year: int | None, phase: str, level: str
) -> None:
    document, _ = real(name)
    found = [k.value if k else None for k in (document.agency, document.region, document.fiscal_year, document.phase)]
    assert found == [agency, region, str(year) if year else None, phase]
    assert document.level == level
    assert all(k is None or (k.where and 0 < k.certainty <= 1) for k in (document.agency, document.region))


def test_titles_tell_near_identical_documents_apart(real: RealDocument) -> None:
    titles = [real(row[0])[0].title for row in KNOWN]
    assert len(set(titles)) == len(titles)
    by_name = {row[0]: title for row, title in zip(KNOWN, titles, strict=True)}
    assert by_name["万里街道2024年预算.pdf"] == f"{WANLI}2024年部门预算"
    assert by_name["上海市普陀区商务委员会2025年单位预算.pdf"] == f"{COMMERCE}2025年单位预算"
    assert by_name["江苏省政协办公厅2019年预算公开表.pdf"] == "江苏省政协办公厅2019年部门预算公开表"
    assert by_name["004_eb891ce6d0faf58b.txt"] == f"{SHANHAIGUAN}预算绩效目标"


def test_the_office_above_a_table() -> None:
    assert agency_in_caption(["374001某县财政局本级", "单位：元"]) == "某县财政局"
    assert agency_in_caption(["编制部门：某区教育局    单位：元"]) == "某区教育局"
    assert agency_in_caption(["单位：万元"]) is None


def test_an_office_without_code_and_suffix() -> None:
    assert bare_agency("205001某市教育局本级") == "某市教育局"
    assert bare_agency("某市教育局（部门）") == "某市教育局"


def test_the_year_above_a_table() -> None:
    assert year_in_caption(["预算年度：2025"]) == 2025
    assert year_in_caption(["2024年和2025年对比表"]) is None
    assert year_in_caption(["截止时间：2024-12-31"]) is None


def test_a_region_that_several_bear_needs_its_parent() -> None:
    assert region_in_text("普陀区某局") is None
    assert region_in_text("上海市普陀区某局") == "310107"
    assert region_in_text("玉田县某局") == "130229"


def _document(*lines: str, heads: tuple[str, ...] = ()) -> Document:
    cells = tuple(Cell(r, c, t) for r, row in enumerate((heads, ("办公费", "1.00"))) for c, t in enumerate(row))
    grid = (Grid(cells, 2, 2),) if heads else ()
    return assemble(Source("docx", (*(Paragraph(line) for line in lines), *grid)), "a.docx", "d")


@pytest.mark.parametrize(
    ("lines", "agency"),
    [
        (("共青团某某市委员会", "2024年单位预算编制说明"), "共青团某某市委员会"),
        (("某县国有某某林场2025年部门预算",), "某县国有某某林场"), (("某县史志研究室2025年部门预算公开",), "某县史志研究室"),
        (("某县水务投资有限公司2025年预算",), "某县水务投资有限公司"), (("部门预算公开工作领导小组办公室", "2024年预算"), None),
    ],
)  # fmt: skip
def test_the_office_on_the_cover(lines: tuple[str, ...], agency: str | None) -> None:
    found = _document(*lines, "一、收支情况", "收入100万元。").agency
    assert (found.value if found else None) == agency


def test_the_title_decides_whether_it_is_a_unit() -> None:
    tables = ("2024年部门收支总表", "2024年部门支出总表", "2024年部门收入总表")
    assert _document("某市第二中学2024年度单位预算公开", *tables).level == "单位"


def test_a_year_only_in_the_heads_of_columns() -> None:
    year = _document("某市残联单位预算", heads=("项目", "2022年预算")).fiscal_year
    assert year is not None
    assert year.value == "2022"
    stated = _document("某市残联2023年单位预算", heads=("项目", "2022年预算")).fiscal_year
    assert stated is not None
    assert stated.value == "2023"
