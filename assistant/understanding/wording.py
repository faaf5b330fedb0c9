"""A question in one form: simplified characters, plain digits, years written out; and how much each character says."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

from index.amounts import digits_for_chinese
from index.glossary import question_words

MAX_QUESTION = 2000
_CHINESE_YEAR = re.compile(r"二[〇零○](?:[一二三四][〇零○一二三四五六七八九])年")
_SHORT_YEAR = re.compile(r"(?<![\d.])([12]\d)年(?!\d|前|以|来|内|期|间)")
_YEAR_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_FILLED = "()（）"


@lru_cache(maxsize=1)
def _simplifier() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


def plain_question(text: str) -> str:
    """Width folded, traditional characters simplified, 二〇二五年 and 25年 as 2025年, 五十万元 as 50万元.

    At most MAX_QUESTION characters are read.
    """
    text = unicodedata.normalize("NFKC", text)[:MAX_QUESTION]
    text = "".join(c for c in text if c.isprintable() or c in "\n\t ")
    text = re.sub(r"\s+", " ", text).strip()
    text = _simplifier().convert(text)
    text = _CHINESE_YEAR.sub(lambda m: m[0].translate(_YEAR_DIGITS), text)
    text = re.sub(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])", " ", text)
    text = digits_for_chinese(text)
    return _SHORT_YEAR.sub(lambda m: f"20{m[1]}年", text)


@lru_cache(maxsize=1)
def _by_length() -> tuple[int, dict[str, float]]:
    words = question_words()
    return max(len(w) for w in words), words


def weights(text: str) -> list[float]:
    """How much each character of a plain question says: 1 for content, 0.3 for words every figure shares, 0 for asking."""
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
    return out
