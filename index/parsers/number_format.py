"""A stored number as a worksheet prints it, by its number format (ECMA-376 part 1, 18.8.30 and 18.8.31).

Column widths are not considered: a General number shows all its digits. Colours, padding
(``_x``, ``*x``) and locale tags print nothing. A format beyond this module prints as General.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from math import isfinite

MAC_EPOCH = datetime(1904, 1, 1)
WINDOWS_EPOCH = datetime(1899, 12, 30)

CHINESE_BUILTIN = {
    14: "yyyy/m/d", 22: "yyyy/m/d h:mm", 27: 'yyyy"年"m"月"', 28: 'm"月"d"日"', 29: 'm"月"d"日"', 30: "m-d-yy",
    31: 'yyyy"年"m"月"d"日"', 32: 'h"时"mm"分"', 33: 'h"时"mm"分"ss"秒"', 34: '上午/下午h"时"mm"分"',
    35: '上午/下午h"时"mm"分"ss"秒"', 36: 'yyyy"年"m"月"', 50: 'yyyy"年"m"月"', 51: 'm"月"d"日"', 52: 'yyyy"年"m"月"',
    53: 'm"月"d"日"', 54: 'm"月"d"日"', 55: '上午/下午h"时"mm"分"', 56: '上午/下午h"时"mm"分"ss"秒"',
    57: 'yyyy"年"m"月"', 58: 'm"月"d"日"',
}  # fmt: skip
"""Format numbers whose pattern depends on the language; as Chinese Office and WPS print them."""

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_.|\*.|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<ampm>上午/下午|AM/PM|A/P)|(?P<date>[yY]+|[mM]+|[dD]+|[hH]+|[sS]+(?:\.0+)?|[aA]{3,4}|[bBeEgG](?![+-]))"
    r"|(?P<digits>[0#?][0#?,.]*)|(?P<exponent>E[+-]0+)|(?P<other>.)",
    re.S,
)
_ELAPSED = re.compile(r"[hms]+", re.I)
_WEEKDAYS = "一二三四五六日"


def printed(value: float | int, pattern: str, epoch: datetime = WINDOWS_EPOCH) -> str:
    """``value`` in the number format ``pattern``; dates count from ``epoch``."""
    if not isfinite(value):
        return str(value)
    sections = _sections(pattern)
    section, number = _chosen(sections, value)
    if section.strip().lower() in {"", "general", "@"} or "general" in section.lower():
        return _with_general(section, number)
    tokens = _tokens(section)
    if any(kind == "date" for kind, _ in tokens):
        return _date(tokens, value, epoch)
    if any(kind in {"exponent", "fraction"} for kind, _ in tokens):
        return general(value)
    return _number(tokens, number).strip()


def general(value: float | int) -> str:
    """All digits that a worksheet keeps (15), without an exponent."""
    text = format(Decimal(format(value, ".15g")), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _with_general(section: str, number: float | int) -> str:
    if not re.search("general", section, re.I):
        return general(number)
    before, after = re.split("general", section, maxsplit=1, flags=re.I)
    literal = ["".join(text for kind, text in _tokens(part) if kind == "text") for part in (before, after)]
    return f"{literal[0]}{general(number)}{literal[1]}".strip()


@lru_cache(maxsize=1024)
def _sections(pattern: str) -> tuple[str, ...]:
    sections, start, quoted, index = [], 0, False, 0
    while index < len(pattern):
        char = pattern[index]
        if char == '"':
            quoted = not quoted
        elif char in "\\_*" and not quoted:
            index += 1
        elif char == ";" and not quoted:
            sections.append(pattern[start:index])
            start = index + 1
        index += 1
    return (*sections, pattern[start:])


def _chosen(sections: tuple[str, ...], value: float | int) -> tuple[str, float | int]:
    """The section that applies and the number it prints: a negative section prints the bare amount."""
    numeric = sections[:3]
    conditions = [re.search(r"\[([<>=]+)\s*(-?[\d.]+)\]", s) for s in numeric]
    if any(conditions):
        for section, condition in zip(numeric, conditions, strict=True):
            if condition is None or _holds(value, condition[1], float(condition[2])):
                return section, value
        return "General", value
    if value < 0 and len(numeric) > 1:
        return numeric[1], -value
    if value == 0 and len(numeric) > 2:
        return numeric[2], value
    return numeric[0], value


def _holds(value: float | int, comparison: str, bound: float) -> bool:
    return {
        "=": value == bound, "<": value < bound, ">": value > bound,
        "<=": value <= bound, ">=": value >= bound, "<>": value != bound,
    }.get(comparison, False)  # fmt: skip


@lru_cache(maxsize=1024)
def _tokens(section: str) -> tuple[tuple[str, str], ...]:
    tokens: list[tuple[str, str]] = []
    for match in _TOKEN.finditer(section):
        kind = match.lastgroup
        if kind in {"quoted", "escaped"}:
            tokens.append(("text", match[kind]))
        elif kind == "bracket":
            text = match["bracket"]
            if text.startswith("$"):
                tokens.append(("text", text[1:].split("-")[0]))
            elif _ELAPSED.fullmatch(text):
                tokens.append(("date", f"[{text.lower()}]"))
        elif kind in {"date", "ampm"}:
            tokens.append(("date", match[0] if kind == "ampm" else match[0].lower()))
        elif kind in {"digits", "exponent"}:
            tokens.append((kind, match[0]))
        elif kind == "other":
            is_fraction = match[0] == "/" and bool(tokens) and tokens[-1][0] == "digits"
            tokens.append(("percent" if match[0] == "%" else "fraction" if is_fraction else "text", match[0]))
    return tuple(tokens)


def _number(tokens: tuple[tuple[str, str], ...], value: float | int) -> str:
    placeholders = [text for kind, text in tokens if kind == "digits"]
    if not placeholders:
        literal = "".join(text for kind, text in tokens if kind in {"text", "percent"})
        return f"-{literal}" if value < 0 else literal
    amount = Decimal(format(value, ".15g")) * 100 ** sum(kind == "percent" for kind, _ in tokens)
    whole, _, decimals = placeholders[0].partition(".")
    if len(placeholders) > 1 and "." not in placeholders[0]:
        return _split_digits(tokens, amount)
    pattern = placeholders[0]
    while pattern.endswith(","):
        pattern, amount = pattern[:-1], amount / 1000
    whole, _, decimals = pattern.partition(".")
    text = _digits(amount, whole, decimals)
    pieces, done = [], False
    for kind, literal in tokens:
        if kind == "digits":
            if not done:
                pieces.append(text)
            done = True
        else:
            pieces.append(literal)
    sign = "-" if value < 0 and text.strip("0.,") else ""
    return sign + "".join(pieces)


def _digits(amount: Decimal, whole: str, decimals: str) -> str:
    places = decimals.count("0") + decimals.count("#") + decimals.count("?")
    rounded = abs(amount).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    integer, _, fraction = format(rounded, "f").partition(".")
    integer = integer.lstrip("0").rjust(whole.count("0"), "0")
    if "," in whole:
        integer = re.sub(r"(?<=\d)(?=(\d{3})+$)", ",", integer)
    needed = decimals.rstrip("#?,")
    fraction = fraction[: len(needed)] + fraction[len(needed) :].rstrip("0")
    return f"{integer}.{fraction}" if fraction else integer


def _split_digits(tokens: tuple[tuple[str, str], ...], amount: Decimal) -> str:
    """Digits with text between their places, such as 000-0000."""
    length = sum(len(text) for kind, text in tokens if kind == "digits")
    digits = str(int(abs(amount).quantize(Decimal(1), rounding=ROUND_HALF_UP))).rjust(length, "0")
    surplus, pieces, place = len(digits) - length, [], 0
    for kind, text in tokens:
        if kind == "digits":
            end = place + len(text) + (surplus if place == 0 else 0)
            pieces.append(digits[place:end])
            place = end
        else:
            pieces.append(text)
    return ("-" if amount < 0 else "") + "".join(pieces)


def _date(tokens: tuple[tuple[str, str], ...], value: float | int, epoch: datetime) -> str:
    # The calendar of worksheets has a 29 February 1900.
    days = value + 1 if epoch == WINDOWS_EPOCH and value < 60 else value
    try:
        moment = epoch + timedelta(seconds=round(days * 86400, 3))
    except OverflowError:
        return general(value)
    if value < 0:
        return general(value)
    if not any(text.startswith("s") and "." in text for _, text in tokens):
        moment = (moment + timedelta(milliseconds=500)).replace(microsecond=0)
    codes = [text for kind, text in tokens if kind == "date"]
    half_day = any("/" in text for text in codes)
    pieces, seen = [], -1
    for kind, text in tokens:
        if kind != "date":
            pieces.append(text)
            continue
        seen += 1
        is_minute = text.startswith("m") and len(text) < 3 and _is_minute(codes, seen)
        pieces.append(_date_part(text, moment, value, is_minute=is_minute, half_day=half_day))
    return "".join(pieces).strip()


def _is_minute(codes: list[str], index: int) -> bool:
    before = codes[index - 1] if index else ""
    after = codes[index + 1] if index + 1 < len(codes) else ""
    return before.startswith(("h", "[h")) or after.startswith("s") or (bool("/" in before) and index > 1)


def _date_part(code: str, moment: datetime, value: float, *, is_minute: bool, half_day: bool) -> str:
    if code.startswith("["):
        total = {"h": value * 24, "m": value * 1440, "s": value * 86400}[code[1]]
        return str(int(total + 1e-9)).rjust(len(code) - 2, "0")
    if "/" in code:
        morning, afternoon = code.split("/")
        return morning if moment.hour < 12 else afternoon
    width = len(code)
    if code[0] in "ye":
        return f"{moment.year % 100:02d}" if code[0] == "y" and width <= 2 else str(moment.year)
    if code[0] == "a":
        return ("星期" if width > 3 else "") + _WEEKDAYS[moment.weekday()]
    if code[0] == "d" and width > 2:
        return f"星期{_WEEKDAYS[moment.weekday()]}"
    if code[0] == "m" and width > 2:
        return f"{moment.month}月"
    if code[0] == "s":
        _, _, places = code.partition(".")
        seconds = str(moment.second).rjust(min(len(code.split(".", maxsplit=1)[0]), 2), "0")
        return seconds + (f".{moment.microsecond:06d}"[: len(places) + 1] if places else "")
    hour = (moment.hour % 12 or 12) if half_day else moment.hour
    number = {"m": moment.minute if is_minute else moment.month, "d": moment.day, "h": hour}.get(code[0])
    return "" if number is None else str(number).rjust(min(width, 2), "0")
