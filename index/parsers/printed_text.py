"""Characters of a cell or paragraph as printed, on one line."""

from __future__ import annotations

import re

_DROPPED = re.compile("[\x00-\x08\x0e-\x1f\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060\ufeff]")
_BLANKS = str.maketrans({"\xa0": " ", "\u3000": " ", "\t": " "})


def one_line(text: str) -> str:
    """``text`` with its line breaks removed, nothing put between Chinese characters.

    Two Latin words or numbers that only a line break parted keep a space between them.
    """
    lines = [line.strip() for line in _DROPPED.sub("", text).translate(_BLANKS).splitlines()]
    joined = ""
    for line in lines:
        if joined and line and _is_word(joined[-1]) and _is_word(line[0]):
            joined += " "
        joined += line
    return joined


def _is_word(char: str) -> bool:
    return char.isascii() and char.isalnum()
