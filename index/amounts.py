"""Chinese amounts: printed text to exact values, and between units.

An amount is a Decimal in the unit that is printed; nothing is converted while
reading. Units of money are 元, 百元, 千元, 万元, 百万元 and 亿元 (万 and 亿 after a figure
mean 万元 and 亿元 only where money is spoken of, see :func:`find_amounts`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

MONEY: dict[str, Decimal] = {
    "元": Decimal(1),
    "百元": Decimal(100),
    "千元": Decimal(1000),
    "万元": Decimal(10_000),
    "百万元": Decimal(1_000_000),
    "亿元": Decimal(100_000_000),
}
_MONEY_SHORT = {
    "万": "万元", "亿": "亿元", "万块": "万元", "亿块": "亿元", "块": "元", "块钱": "元", "圆": "元", "元整": "元", "人民币元": "元",
}  # fmt: skip
_COUNTS = (
    "平方公里|平方千米|平方米|立方米|公里|千米|公顷|公斤|千克|毫克|个?小时|分钟|个?工作日|个?自然日|个月|个百分点|百分点|人次|人天|"
    "台套|台件|台次|件套|人份|例次|台（套）|台\\(套\\)|批次|户次|场次|车次|课时|学时|"
    "人|名|位|户|家|个|项|次|场|期|辆|台|套|件|份|篇|部|条|张|册|本|所|座|处|间|栋|株|棵|头|只|吨|亩|米|天|日|周|月|年|"
    "分|倍|种|类|批|支|组|班|轮|幅|块|秒|度|字|票|页|卷|尾|羽|枚|盒|艘|架|盏|根|例|床|㎡|m2|km|元/人|元/月|元/平方米|套/个|个/套|‰"
)
# 420万页 is no sum of money; what else may follow a sum without 元 ends a clause or goes on about the sum.
_NO_MEASURE = r"(?![\u4e00-\u9fff])|(?=多(?![\u4e00-\u9fff])|[以左的资经用是对吗和与及比还之有吧呢块钱为到至给这那哪呀啊或不])"
_MONEY_UNITS = rf"亿元|百万元|千万元|万元|千元|百元|元整|元(?![/／])|(?:亿|万)(?:{_NO_MEASURE})"
_LARGE = rf"[万亿](?:立方米|{_COUNTS}|[宗起口道门面片包粒袋瓶箱匹段])"
_UNITS = f"%|{_LARGE}|{_MONEY_UNITS}|{_COUNTS}"
_COMPARISONS = {
    "≥": "≥", "≧": "≥", ">=": "≥", "=>": "≥", "⩾": "≥", "不低于": "≥", "不少于": "≥", "至少": "≥", "大于等于": "≥",
    "高于等于": "≥", "≤": "≤", "≦": "≤", "<=": "≤", "=<": "≤", "⩽": "≤", "不超过": "≤", "不高于": "≤", "不多于": "≤",
    "不大于": "≤", "小于等于": "≤", "控制在": "≤", ">": ">", "大于": ">", "高于": ">", "超过": ">", "<": "<",
    "小于": "<", "低于": "<", "少于": "<", "=": "=", "等于": "=",
}  # fmt: skip
_COMPARISON = "|".join(re.escape(c) for c in sorted(_COMPARISONS, key=len, reverse=True))
_NUMBER = r"[-−－+]?\d+(?:,\d{3})+(?:\.\d+)?|[-−－+]?\d+(?:\.\d+)?"
_CELL = re.compile(
    rf"^(?P<cmp>{_COMPARISON})?\s*(?P<about>约|近|大约|左右)?\s*(?P<num>{_NUMBER})\s*"
    rf"(?P<unit>{_UNITS})?(?P<after>以上|以下|以内|左右|及以上|之内|以前|前|内)?$"
)
_BRACKETED_NEGATIVE = re.compile(r"^\((\d[\d,]*(?:\.\d+)?)\)$")
_PROSE = re.compile(
    rf"(?P<cmp>{_COMPARISON})?\s*(?P<about>约|近|大约)?\s*(?<![\d.%A-Za-z])(?P<num>{_NUMBER})\s*"
    rf"(?P<unit>{_UNITS})(?P<after>以上|以下|以内|左右|及以上)?"
)
_RANGE = re.compile(
    rf"(?<![\d.%A-Za-z-])(?P<low>\d+(?:\.\d+)?)\s*(?:{_UNITS})?\s*[-—–~至]\s*"
    rf"(?P<high>\d+(?:\.\d+)?)\s*(?P<unit>{_UNITS})"
)
_LISTED = re.compile(r"分别\D{0,4}((?:\d+(?:\.\d+)?、)+)$")
_AFTER = {"以上": "≥", "及以上": "≥", "以下": "≤", "以内": "≤", "之内": "≤", "内": "≤"}
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "壹": 1, "贰": 2, "叁": 3}
_STEPS = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
_CHINESE_NUMBER = re.compile(r"[零〇一二两三四五六七八九十百千万亿]*[十百千万亿][零〇一二两三四五六七八九十百千万亿]*")


@dataclass(frozen=True, slots=True)
class Amount:
    """A figure as printed. ``start`` and ``end`` are its place in the text that was read."""

    value: Decimal
    unit: str
    printed: str
    comparison: str | None = None
    approximate: bool = False
    start: int = 0
    end: int = 0


def normal(text: str) -> str:
    """Full-width forms to plain ones and thin spaces away; Chinese brackets become plain brackets."""
    return unicodedata.normalize("NFKC", text).replace("\u3000", " ").replace("，", ",")


def plain(value: Decimal) -> str:
    """A Decimal as digits without exponent or thousands separators, trailing places kept."""
    return f"{value:f}"


def money_unit(unit: str) -> str | None:
    """The canonical name of a unit of money, or None for anything else."""
    unit = _MONEY_SHORT.get(unit, unit)
    return unit if unit in MONEY else None


def convert(value: Decimal, unit: str, target: str) -> Decimal:
    """``value`` in ``unit`` expressed in ``target``, exactly; both must be units of money."""
    moved = value * MONEY[unit] / MONEY[target]
    return moved.normalize() if moved != moved.to_integral() else moved.quantize(Decimal(1))


def percent(part: Decimal, whole: Decimal) -> Decimal:
    """``part / whole`` in percent to two places, half up. Raises ZeroDivisionError for a zero whole."""
    if whole == 0:
        raise ZeroDivisionError("the whole is zero")
    return (part * 100 / whole).quantize(Decimal("0.01"), ROUND_HALF_UP)


def decimal_of(text: str) -> Decimal | None:
    """The Decimal of digits with or without thousands separators, None when it is no number."""
    try:
        return Decimal(text.replace(",", "").replace("−", "-").replace("－", "-").strip())
    except InvalidOperation:
        return None


def _unit(raw: str | None) -> str:
    if not raw:
        return ""
    if raw == "％":
        return "%"
    if raw == "千万元":
        return raw
    return {"㎡": "平方米", "m2": "平方米", "km": "公里"}.get(raw, _MONEY_SHORT.get(raw, raw))


def comparison_sign(text: str) -> str | None:
    """The sign (≥ ≤ > < =) that a whole cell names ("≥", "不低于"), None for 定性 and other words."""
    return _COMPARISONS.get(re.sub(r"\s+", "", normal(text)))


def unit_named(text: str) -> str:
    """The unit that a whole cell names (个, ％, 万元), any short word of measure; "" for a blank or a mark."""
    unit = re.sub(r"\s+", "", normal(text))
    return _unit(unit) if len(unit) <= 8 and re.search(r"[^\W\d_]|[%‰]", unit) else ""


def read_cell(text: str) -> Amount | None:
    """The figure that fills a whole cell ("≥98%", "1,234.50", "4.83万"), or None for words, dates, blanks."""
    squeezed = re.sub(r"\s+", "", normal(text)).replace("，", ",")
    negative = _BRACKETED_NEGATIVE.match(squeezed)
    if negative and ("," in squeezed or "." in squeezed):
        squeezed = "-" + negative[1]
    found = _CELL.match(squeezed)
    if not found:
        return None
    value = decimal_of(found["num"])
    if value is None:
        return None
    unit = _unit(found["unit"])
    if unit == "年" and len(found["num"]) == 4 and found["num"].isdigit():
        return None
    comparison = _COMPARISONS.get(found["cmp"] or "") or _AFTER.get(found["after"] or "")
    approximate = bool(found["about"]) or found["after"] == "左右"
    return Amount(value, unit, text.strip(), comparison, approximate, 0, len(text))


def find_amounts(text: str) -> Iterator[Amount]:
    """Every figure with a unit inside prose, in order; years, dates, codes and bare numbers are passed over.

    A range (90%-95%) gives its two bounds as ≥ and ≤, each printed as the whole range. In a list
    (分别达到25、50%、75%) a bare number takes the unit that follows.
    """
    plain_text = _same_length(text)
    found = [a for m in _RANGE.finditer(plain_text) for a in _bounds(m, text)]
    taken = [(a.start, a.end) for a in found]
    for match in _PROSE.finditer(plain_text):
        if not any(start < match.end("unit") and match.start("num") < end for start, end in taken):
            found.extend(_one(match, text, plain_text))
    yield from sorted(found, key=lambda a: a.start)


def _bounds(match: re.Match[str], text: str) -> Iterator[Amount]:
    if match["unit"] in {"年", "月", "日", "天"} or len(match["low"]) == 4 == len(match["high"]):
        return
    for group, comparison in (("low", "≥"), ("high", "≤")):
        start, end = match.span()
        yield Amount(Decimal(match[group]), _unit(match["unit"]), text[start:end], comparison, False, start, end)


def _one(found: re.Match[str], text: str, plain_text: str) -> Iterator[Amount]:
    raw_unit, number = found["unit"], found["num"]
    value = decimal_of(number)
    rest = plain_text[found.end() : found.end() + 3]
    before = plain_text[: found.start("num")]
    if value is None:
        return
    if raw_unit in {"月", "日"}:
        return
    if raw_unit in {"年", "周"} and (rest[:1] not in {"", *",。;）)的"} or len(number) == 4):
        return
    if raw_unit == "万" and rest[:1] in set("人户亩字个次件份台套辆名平吨"):
        return
    if re.search(r"[第〔\[【(（]\s*$", before) and raw_unit in {"条", "项", "部", "期", "次", "个", "类", "年", "章"}:
        return
    listed = _LISTED.search(before)
    if listed:
        for item in re.finditer(r"[\d.]+", listed[1]):
            at = listed.start(1) + item.start()
            yield Amount(Decimal(item[0]), _unit(raw_unit), item[0], None, False, at, at + len(item[0]))
    comparison = _COMPARISONS.get(found["cmp"] or "") or _AFTER.get(found["after"] or "")
    start = found.start("cmp") if found["cmp"] else found.start("num")
    approximate = bool(found["about"]) or found["after"] == "左右"
    yield Amount(value, _unit(raw_unit), text[start : found.end("unit")], comparison, approximate, start, found.end())


def _same_length(text: str) -> str:
    """Full-width digits, points and signs as plain ones, one character for one so that places stay true."""
    out = []
    for char in text:
        folded = unicodedata.normalize("NFKC", char)
        out.append(folded if len(folded) == 1 else char)
    return "".join(out)


def chinese_number(text: str) -> int | None:
    """三百二十 -> 320, 十 -> 10, 两万 -> 20000; None when ``text`` is no Chinese whole number."""
    if not text or any(c not in _DIGITS and c not in _STEPS for c in text):
        return None
    total = section = digit = 0
    for char in text:
        if char in _DIGITS:
            digit = _DIGITS[char]
            continue
        step = _STEPS[char]
        if step >= 10_000:
            total = (total + section + digit) * step if step == 100_000_000 else total + (section + digit) * step
            section = 0
        else:
            section += (digit or 1) * step
        digit = 0
    return total + section + digit


def digits_for_chinese(text: str) -> str:
    """Chinese numbers before a unit of money or a percent sign as digits: 五十万元 -> 50万元, 百分之八 -> 8%."""

    def share(found: re.Match[str]) -> str:
        number = chinese_number(found[1])
        return found[0] if number is None else f"{number}%"

    def amount(found: re.Match[str]) -> str:
        words = found[1]
        tail = words[-1] if words[-1] in "万亿" and found[2] in {"元", "块钱"} else ""
        number = chinese_number(words[:-1] if tail else words)
        return found[0] if number is None else f"{number}{tail}{found[2]}"

    text = re.sub(r"百分之([零〇一二两三四五六七八九十百]+)", share, text)
    return re.sub(r"([零〇一二两三四五六七八九十百千万亿]+)(万元|亿元|元|块钱)", amount, text)
