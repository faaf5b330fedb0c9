"""Whose document it is, of which region, year and phase: read from its own text, with where and how sure.

The file's name decides nothing. A document that names none has none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from index.glossary import region_names, regions
from index.records import Document, Known, Table

_ORGAN = (
    r"(?:委员会办公室|人民政府办公室|办事处|委员会|办公室|办公厅|人民法院|人民检察院|人民政府|管理局|监督局|税务局|公安局|"
    r"法院|检察院|中心|学校|医院|大学|学院|中学|小学|幼儿园|管委会|联合会|研究院|研究所|研究室|林场|农场|牧场|有限责任公司|有限公司|服务站|支队|大队|总队|街道|"
    r"局|厅|委|办|院|站|所|馆|社|会|部|处|台|校|镇|乡|队|园)"
)
_LABELLED = re.compile(
    r"(?:编制部门|编制单位|填报部门|填报单位|预算主管部门|预算单位|部门名称|单位名称|部门（单位）|部门|主管部门及代码|实施单位|主管部门)"
    r"\s*(?:[：:]|\s)\s*(?:\d{3,9}\s*)?([\u4e00-\u9fff（）()、]{3,60})"
)
_CODED = re.compile(r"^\d{3,9}\s*[-—]?\s*([\u4e00-\u9fff（）()、]{4,60})")
_TITLED = re.compile(
    rf"^(?:关于)?([\u4e00-\u9fff（）()、]{{2,40}}?{_ORGAN}(?:[（(](?:本级|部门|单位|本部)[）)])?)\s*(?:关于)?20\d\d\s*年"
)
_YEAR_TITLED = re.compile(rf"^20\d\d\s*年度?\s*([\u4e00-\u9fff（）()、]{{2,40}}?{_ORGAN})(?:部门|单位)?(?:预算|决算)")
_OFFICE = re.compile(rf"[\u4e00-\u9fff（）()、]{{2,40}}{_ORGAN}")
_NO_OFFICE = re.compile(r"预算|决算|目录|说明|情况|公开|绩效|部门概况|^本")
_TITLE_LEVEL = re.compile(r"(部门|单位)(?:预算|决算)")
_HEAD_YEAR = re.compile(r"(20\d\d)年度?(?:部门|单位|年初)?(?:预算|决算)(?:数|额|金额)?")
_SUFFIX = re.compile(r"\s*(?:[（(](?:本级|部门|单位|本部|含所属单位|汇总)[）)]|本级|机关本级)$")
_YEAR = re.compile(r"(?<!\d)(20[0-4]\d)(?!\d)")
_BUDGET_YEAR = re.compile(r"(?:预算年度|年度|会计年度)\s*[：:]\s*(20\d\d)")
_TITLE_YEAR = re.compile(r"(20\d\d)\s*年?度?[^，。；]{0,30}(?:预算|决算|绩效|收支|总表|报表)")
_YEAR_ALONE = re.compile(r"[（(]\s*(20\d\d)\s*年度?\s*[）)]")
# 2024年预算执行情况与2025年预算草案的报告 is the paper of 2025.
_DRAFT_YEAR = re.compile(r"(20\d\d)\s*年[^，。；\d]{0,20}草案")
_PROJECT_CODE = re.compile(r"(?<![0-9A-Za-z])(\d{6})(\d{2})[A-Z][0-9A-Z]{2,3}[0-9A-Z]{6,16}(?![0-9A-Za-z])")
_PROSE_YEAR = re.compile(r"(20\d\d)\s*年度?(?:年初)?(?:申请|部门|财政|收支|支出|收入|项目)*(?:预算|决算|三公|“三公”)")
_TITLE = re.compile(r"(?:预算|决算|绩效)")
_TITLE_BANNED = re.compile(r"[。；？]|^[（(]?[一二三四五六七八九十]+[）)、]|目\s*录|[：:]|^\d+[.、．]")

LONGEST_TITLE = 60


@dataclass(frozen=True, slots=True)
class _Vote:
    value: str
    where: str
    weight: float


def bare_agency(text: str) -> str:
    """An office's name without its code and without （本级）, （部门） and the like."""
    name = re.sub(r"^\d{3,9}\s*[-—]?\s*", "", text.strip())
    name = re.split(r"\s{1,}|单位[：:]|金额", name)[0]
    return _SUFFIX.sub("", name).strip("：:、，")


def agency_in_caption(captions: Iterable[str]) -> str | None:
    """The office that a table's own captions name, None when they name none."""
    for caption in captions:
        coded, labelled = _CODED.match(caption), _LABELLED.search(caption)
        name = coded[1] if coded else labelled[1] if labelled else ""
        name = bare_agency(name)
        if len(name) >= 3 and re.search(rf"{_ORGAN}$", name):
            return name
    return None


def is_office(name: str) -> bool:
    """Whether a row's name is that of an office or a unit of one."""
    return len(name) >= 4 and bool(_OFFICE.fullmatch(_SUFFIX.sub("", name).removesuffix("机关"))) and not _NO_OFFICE.search(name)


def agency_of_heading(heading: str) -> str | None:
    """The office whose part of a document a heading opens (145001 某某局, 某某局2025年部门预算), None for other headings."""
    bare = re.sub(r"^第[一二三四五六七八九十]+部分\s*|^[（(]?[一二三四五六七八九十]+[）)、.．]\s*", "", heading.strip())
    coded, titled = _CODED.match(bare), _TITLED.match(bare)
    name = bare_agency(coded[1] if coded else titled[1] if titled else bare)
    return name if len(name) >= 4 and _OFFICE.fullmatch(name) and not _NO_OFFICE.search(name) else None


def year_in_caption(lines: Iterable[str]) -> int | None:
    """The fiscal year that a table's captions or title name, None when they name none or several."""
    found: list[int] = []
    for line in lines:
        stated = _BUDGET_YEAR.search(line)
        if stated:
            return int(stated[1])
        if "截止" in line or "制表" in line or "编制日期" in line:
            continue
        found += [int(m) for m in _YEAR.findall(line)]
    return found[0] if len(set(found)) == 1 else None


def identify(document: Document, opening: Sequence[str]) -> Document:
    """Fill in agency, region, fiscal year, phase, level and title; ``opening`` is the text of the first paragraphs."""
    agency = _winner(_agency_votes(document, opening))
    year = _winner(_year_votes(document, opening)) or _winner(_head_year_votes(document))
    phase = _winner(_phase_votes(document, opening))
    region, code = _region(document, opening, agency)
    level = _level(document, opening)
    return replace(
        document, agency=agency, fiscal_year=year, phase=phase, region=region, region_code=code, level=level,
        title=_title(replace(document, level=level), opening, agency, year, phase),
    )  # fmt: skip


def _winner(votes: Iterable[_Vote]) -> Known | None:
    weights: Counter[str] = Counter()
    first: dict[str, str] = {}
    for vote in votes:
        weights[vote.value] += round(vote.weight * 100)
        first.setdefault(vote.value, vote.where)
    if not weights:
        return None
    (value, weight), *rest = weights.most_common(2)
    total = weight + sum(w for _, w in rest)
    return Known(value, first[value], round(min(0.99, weight / total * min(1.0, weight / 300)), 2))


def _agency_votes(document: Document, opening: Sequence[str]) -> Iterator[_Vote]:
    for table in document.tables:
        if table.agency:
            yield _Vote(table.agency, f"表“{table.title}”的表头", 3)
        for cells in _form_pairs(table, ("实施单位", "主管部门", "主管部门及代码", "预算单位", "填报单位", "项目单位")):
            yield _Vote(bare_agency(cells), f"表“{table.title}”", 1)
    for line in [*opening, *(p.text for p in document.passages[:60] if len(p.text) < 80)]:
        labelled, titled, later = _LABELLED.search(line), _TITLED.match(line.strip()), _YEAR_TITLED.match(line.strip())
        if labelled and re.search(rf"{_ORGAN}$", bare_agency(labelled[1])):
            yield _Vote(bare_agency(labelled[1]), f"“{line[:40]}”", 3)
        for match in (titled, later):
            if match and len(bare_agency(match[1])) >= 4:
                yield _Vote(bare_agency(match[1]), f"“{line[:40]}”", 2)
    for line, below in pairwise(re.sub(r"\s+", "", line) for line in opening):
        # The cover: the office on a line of its own, 2024年单位预算编制说明 below it.
        alone = _OFFICE.fullmatch(line) and len(line) >= 4 and not _NO_OFFICE.search(line)
        if alone and re.match(r"20\d\d年", below) and _TITLE.search(below) and len(below) <= LONGEST_TITLE:
            yield _Vote(bare_agency(line), f"“{line[:40]}”", 2)
    for section in document.sections[:40]:
        titled = _TITLED.match(re.sub(r"^第[一二三四五六七八九十]+部分\s*", "", section.heading))
        if titled:
            yield _Vote(bare_agency(titled[1]), f"标题“{section.heading[:40]}”", 2)


def _form_pairs(table: Table, labels: tuple[str, ...]) -> Iterator[str]:
    by_place = {(c.row, c.col): c.text.strip() for c in table.cells}
    for cell in table.cells:
        if cell.text.strip().rstrip("：:") in labels:
            value = by_place.get((cell.row, cell.col + cell.col_span), "")
            if len(value) >= 3 and value not in labels and re.search(rf"{_ORGAN}$", bare_agency(value)):
                yield value


def _year_votes(document: Document, opening: Sequence[str]) -> Iterator[_Vote]:
    for line in opening:
        found = _DRAFT_YEAR.search(line) or _TITLE_YEAR.search(line)
        if found and len(line) <= 80:
            yield _Vote(found[1], f"“{line[:40]}”", 4)
        elif below := _YEAR_ALONE.fullmatch(line.strip()):
            yield _Vote(below[1], f"“{line[:40]}”", 3)
    for table in document.tables:
        stated = next((m for c in table.captions if (m := _BUDGET_YEAR.search(c))), None)
        if stated:
            yield _Vote(stated[1], f"表“{table.title}”的预算年度", 4)
        titled = _TITLE_YEAR.search(table.title)
        if titled:
            yield _Vote(titled[1], f"表名“{table.title}”", 3)
        for cell in table.cells:
            code = _PROJECT_CODE.search(cell.text)
            if code and code[1] in regions():
                yield _Vote(f"20{code[2]}", f"项目编码{code[0]}", 2)
    for section in document.sections:
        titled = _TITLE_YEAR.search(section.heading)
        if titled:
            yield _Vote(titled[1], f"标题“{section.heading[:40]}”", 3)
    for passage in document.passages:
        for found in _PROSE_YEAR.finditer(passage.text[:400]):
            before = passage.text[max(0, found.start() - 2) : found.start()]
            if not before.endswith(("比", "与", "较", "比上")):
                yield _Vote(found[1], f"正文“{found[0]}”", 0.6)


def _head_year_votes(document: Document) -> Iterator[_Vote]:
    """The latest year that heads of columns budget for (2022年预算): where no title, caption or sentence names one."""
    for table in document.tables:
        years = [m[1] for c in table.cells if (m := _HEAD_YEAR.fullmatch(re.sub(r"\s", "", c.text)))]
        if years:
            yield _Vote(max(years), f"表“{table.title}”的列名", 1)


def _phase_votes(document: Document, opening: Sequence[str]) -> Iterator[_Vote]:
    titles = [("表名", t.title, 1.0) for t in document.tables]
    titles += [("标题", s.heading, 1.0) for s in document.sections]
    titles += [("开头", line, 2.0) for line in opening if len(line) <= 80]
    for kind, text, weight in titles:
        if "决算" in text:
            yield _Vote("决算", f"{kind}“{text[:40]}”", weight)
        elif re.search(r"预算|绩效目标", text):
            yield _Vote("预算", f"{kind}“{text[:40]}”", weight)


def _level(document: Document, opening: Sequence[str]) -> str | None:
    for line in opening:
        named: set[str] = set(_TITLE_LEVEL.findall(line))
        if len(named) == 1 and _YEAR.search(line) and len(line) <= LONGEST_TITLE and not _TITLE_BANNED.search(line):
            return named.pop()
    texts = [*opening, *(t.title for t in document.tables), *(s.heading for s in document.sections)]
    kinds = r"(部门|单位)(?:预算|决算|财务|收支|收入|支出|财政|整体|一般|政府|国有|主要|机构|项目)"
    counts = Counter(m for text in texts for m in re.findall(kinds, text))
    if not counts:
        labelled = re.compile(r"^(?:编制|填报)?(部门|单位)(?:名称)?[：:]\D")
        counts = Counter(m[1] for t in document.tables for c in t.captions if (m := labelled.match(c)))
    if not counts:
        return None
    return "单位" if counts["单位"] > counts["部门"] else "部门"


def _region(document: Document, opening: Sequence[str], agency: Known | None) -> tuple[Known | None, str | None]:
    known = regions()
    codes = Counter(
        m[1] for t in document.tables for c in t.cells for m in [_PROJECT_CODE.search(c.text)] if m and m[1] in known
    )
    texts = [(agency.value, f"部门名称“{agency.value}”")] if agency else []
    texts += [(line, f"“{line[:40]}”") for line in opening if len(line) <= 80]
    texts += [(p.text, f"正文“{p.text[:30]}…”") for p in document.passages[:80]]
    for text, where in texts:
        code = region_in_text(text, hints=tuple(codes))
        if code:
            return Known(known[code].full, where, 0.95 if agency and text == agency.value else 0.8), code
    if codes:
        code, count = codes.most_common(1)[0]
        return Known(known[code].full, f"{count} 个项目编码的前六位 {code}", 0.9), code
    return None, None


def region_in_text(text: str, hints: Sequence[str] = ()) -> str | None:
    """The GB/T 2260 code of the lowest region that ``text`` names in full, None when it names none or stays ambiguous.

    A name that several regions bear (普陀区) counts only with its parent named before it or with a code in ``hints``.
    """
    known, names = regions(), region_names()
    best: tuple[int, int, str] | None = None
    for start in range(min(len(text), 400)):
        for length in range(12, 1, -1):
            codes = names.get(text[start : start + length], ())
            fitting = [c for c in codes if _fits(known[c].full, known[c].name, text[:start], hints, c)]
            chosen = codes if len(codes) == 1 else fitting
            if len(chosen) == 1:
                candidate = (known[chosen[0]].level, -start, chosen[0])
                best = max(best, candidate) if best else candidate
                break
    return best[2] if best else None


def _fits(full: str, name: str, before: str, hints: Sequence[str], code: str) -> bool:
    if code in hints:
        return True
    parents = full[: -len(name)]
    parts = re.findall(r".+?(?:省|市|自治区|自治州|地区|盟|特别行政区)", parents)
    return any(part in before for part in parts)


def _title(
    document: Document, opening: Sequence[str], agency: Known | None, year: Known | None, phase: Known | None
) -> str:
    """The cover's own line when it names the office and the year, else office, year, level and kind put together."""
    name = agency.value if agency else ""
    for line in opening:
        text = re.sub(r"^第[一二三四五六七八九十]+部分", "", re.sub(r"\s+", "", line))
        titles = _TITLE.search(text) and not _TITLE_BANNED.search(text) and _YEAR.search(text)
        if 8 <= len(text) <= 60 and titles and name in text:
            return text
    goals = len([t for t in document.tables if "绩效目标" in t.title]) * 2 > len(document.tables) > 0
    kind = "预算绩效目标" if goals else f"{document.level or ''}{phase.value}" if phase else ""
    only_tables = not goals and len(document.tables) >= 3 and len(document.passages) < 3
    words = f"{name}{f'{year.value}年' if year else ''}{kind}{'公开表' if only_tables and kind else ''}"
    return words or next((t for t in opening if t.strip()), document.file)[:LONGEST_TITLE]
