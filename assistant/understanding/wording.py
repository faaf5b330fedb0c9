"""A question in one form: simplified characters, plain digits, years written out; and how much each character says."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

from index.amounts import digits_for_chinese
from index.glossary import misprints, question_words, subjects

MAX_QUESTION = 2000
_CHINESE_YEAR = re.compile(r"二[〇零○](?:[一二三四][〇零○一二三四五六七八九])年")
_SHORT_YEAR = re.compile(r"(?<![\d.])([12]\d)年(?!\d|前|以|来|内|期|间)")
_YEAR_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_CODE_SAID = re.compile(r"(?:科目|功能|经济|分类)*(?:编码|编号|代码)(?:为|是|:|：)?\s*(?=\d{3})")
_ENDING = re.compile(r"(?:经费|费用|支出|费)$")
_SHORT = re.compile(r"[会办水电](?=经?费)")  # words that ask, but for 会费, 办费
_FILLED = "()（）"


@lru_cache(maxsize=1)
def _simplifier() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


def plain_question(text: str) -> str:
    """Width folded, traditional characters simplified, the field's misprints mended, 二〇二五年 and 25年 as 2025年, 五十万元 as 50万元.

    At most MAX_QUESTION characters are read.
    """
    text = unicodedata.normalize("NFKC", text)[:MAX_QUESTION]
    text = "".join(c for c in text if c.isprintable() or c in "\n\t ")
    text = re.sub(r"\s+", " ", text).strip()
    text = _simplifier().convert(text)
    for typed, meant in misprints():
        text = typed.sub(meant, text)
    text = _CODE_SAID.sub("", text)
    text = _CHINESE_YEAR.sub(lambda m: m[0].translate(_YEAR_DIGITS), text)
    text = re.sub(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])", " ", text)
    text = digits_for_chinese(text)
    return _SHORT_YEAR.sub(lambda m: f"20{m[1]}年", text)


@lru_cache(maxsize=1)
def _by_length() -> tuple[int, dict[str, float]]:
    words = question_words()
    return max(len(w) for w in words), words


@lru_cache(maxsize=1)
def subject_codes() -> dict[str, tuple[str, ...]]:
    """The codes under which each subject's name stands; names of two characters only where they say a cost (水费)."""
    codes: dict[str, tuple[str, ...]] = {}
    for code, names in subjects().items():
        for name in (unicodedata.normalize("NFKC", n) for n in names):
            if len(name) >= 3 or name.endswith("费"):
                codes[name] = (*codes.get(name, ()), code)
    return codes


@lru_cache(maxsize=4096)
def subjects_said(text: str) -> tuple[tuple[str, int], ...]:
    """The names of subjects that a text says and where each begins; of names that overlap the longest."""
    known, said, at = subject_codes(), [], 0
    while at < len(text):
        size = next((n for n in range(min(24, len(text) - at), 1, -1) if text[at : at + n] in known), 0)
        if size:
            said.append((text[at : at + size], at))
        at += size or 1
    return tuple(said)


def weights(text: str) -> list[float]:
    """How much each character of a plain question says: 1 for content, 0.3 for words every figure shares, 0 for asking.

    A subject's name names, even where a part of it is a word that asks (会 in 工会经费).
    """
    longest, words = _by_length()
    out = [1.0 if c.isalnum() else 0.0 for c in text]
    at = 0
    while at < len(text):
        for length in range(min(longest, len(text) - at), 0, -1):
            weight = words.get(text[at : at + length])
            if weight is not None:
                out[at : at + length] = [weight] * length
                at += length
                break
        else:
            at += 1
    for found in _SHORT.finditer(text):
        out[found.start()] = 1.0
    for name, start in subjects_said(text):
        stem = range(start, start + len(_ENDING.sub("", name)))
        if any(out[i] == 0.0 and text[i].isalnum() for i in stem):
            for i in stem:
                out[i] = 1.0 if text[i].isalnum() else 0.0
    return out
