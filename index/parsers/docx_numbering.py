"""Automatic list numbers of a Word document: printed on the page, absent from the runs' text."""

from __future__ import annotations

import re
from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_VAL = f"{_W}val"
_MAX_LEVEL = 8
_DIGITS = "〇一二三四五六七八九"
_FORMAL_DIGITS = "零壹贰叁肆伍陆柒捌玖"


class Numbering:
    """Counts the numbered paragraphs; :meth:`label` must be asked in reading order."""

    def __init__(self, document: Any) -> None:
        root = _root(document)
        self._levels: dict[str, dict[int, Any]] = {}
        self._counts: dict[str, list[int | None]] = {}
        self._abstract: dict[str, str] = {}
        self._of_style = {
            s.style_id: s.element.find(f"{_W}pPr/{_W}numPr") for s in document.styles if s.element is not None
        }
        if root is None:
            return
        abstract = {a.get(f"{_W}abstractNumId"): a for a in root.findall(f"{_W}abstractNum")}
        for num in root.findall(f"{_W}num"):
            link = num.find(f"{_W}abstractNumId")
            source = abstract.get(link.get(_VAL)) if link is not None else None
            if source is None:
                continue
            levels = {int(lvl.get(f"{_W}ilvl", 0)): lvl for lvl in source.findall(f"{_W}lvl")}
            for override in num.findall(f"{_W}lvlOverride/{_W}lvl"):
                levels[int(override.get(f"{_W}ilvl", 0))] = override
            number = num.get(f"{_W}numId")
            self._levels[number] = levels
            # A list with a restart counts on its own; the others share the counters of their pattern.
            restarts = num.find(f"{_W}lvlOverride/{_W}startOverride") is not None
            self._abstract[number] = number if restarts else f"a{link.get(_VAL)}"

    def label(self, paragraph: Any, style_id: str | None) -> str:
        """The number printed before ``paragraph`` ("一、", "（二）", "3."), "" for none and for bullets."""
        own = paragraph.find(f"{_W}pPr/{_W}numPr")
        inherited = self._of_style.get(style_id) if style_id else None
        number = _value(own, "numId") or _value(inherited, "numId")
        levels = self._levels.get(number or "")
        if not levels or number is None:
            return ""
        level = min(int(_value(own, "ilvl") or _value(inherited, "ilvl") or 0), _MAX_LEVEL)
        if level not in levels:
            return ""
        counts = self._counts.setdefault(self._abstract[number], [None] * (_MAX_LEVEL + 1))
        current = counts[level]
        counts[level] = _start(levels[level]) if current is None else current + 1
        counts[level + 1 :] = [None] * (_MAX_LEVEL - level)
        return self._text(levels, level, counts)

    @staticmethod
    def _text(levels: dict[int, Any], level: int, counts: list[int | None]) -> str:
        if _value(levels[level], "numFmt") == "bullet":
            return ""
        pattern = _value(levels[level], "lvlText") or ""

        def number(match: re.Match[str]) -> str:
            index = int(match[1]) - 1
            if index not in levels:
                return ""
            count = counts[index]
            return printed_number(
                count if count is not None else _start(levels[index]), _value(levels[index], "numFmt") or "decimal"
            )

        text = re.sub(r"%([1-9])", number, pattern)
        return text + (" " if text[-1:].isalnum() and text[-1:].isascii() else "")


def printed_number(count: int, form: str) -> str:
    """``count`` in one of Word's number formats; an unknown format prints as decimal."""
    if form in {"none", "bullet"}:
        return ""
    if form.startswith(("chineseCounting", "japaneseCounting", "taiwaneseCounting", "ideographTraditional")):
        return _chinese(count, _DIGITS, "十百千")
    if form == "chineseLegalSimplified":
        return _chinese(count, _FORMAL_DIGITS, "拾佰仟")
    if form.startswith("decimalEnclosedCircle"):
        return chr(0x2460 + count - 1) if 1 <= count <= 20 else str(count)
    if form in {"lowerLetter", "upperLetter"} and count >= 1:
        letter = chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)
        return letter if form == "lowerLetter" else letter.upper()
    if form in {"lowerRoman", "upperRoman"} and 0 < count < 4000:
        roman = _roman(count)
        return roman if form == "upperRoman" else roman.lower()
    return f"{count:02d}" if form == "decimalZero" else str(count)


def _chinese(count: int, digits: str, units: str) -> str:
    if not 0 < count < 10000:
        return str(count)
    text, pending_zero = "", False
    for power in range(3, -1, -1):
        digit = count // 10**power % 10
        if digit == 0:
            pending_zero = bool(text)
            continue
        if pending_zero:
            text += digits[0] if digits[0] == "零" else "零"
            pending_zero = False
        text += digits[digit] + (units[power - 1] if power else "")
    return text[1:] if text.startswith(digits[1] + units[0]) else text


def _roman(count: int) -> str:
    text = ""
    for value, letters in zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ("M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"),
        strict=True,
    ):
        text += letters * (count // value)
        count %= value
    return text


def _root(document: Any) -> Any:
    for relation in document.part.rels.values():
        if relation.reltype.endswith("/numbering") and not relation.is_external:
            return relation.target_part.element
    return None


def _start(level: Any) -> int:
    return int(_value(level, "start") or 1)


def _value(element: Any, tag: str) -> str | None:
    child = element.find(f"{_W}{tag}") if element is not None else None
    return child.get(_VAL) if child is not None else None
