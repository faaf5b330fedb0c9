"""Chinese text cut into words for full-text search.

jieba's default dictionary with the corpus's own names added. Nothing is loaded
before the first cut, no cache file is written (rebuilding the prefix dictionary
takes as long as reading one back) and nothing is printed.
"""

from __future__ import annotations

import re
import sys
import unicodedata
import warnings
from collections.abc import Iterable
from functools import cache
from typing import Any


@cache
def _tokenizer() -> Any:
    missing = object()
    before = sys.modules.get("pkg_resources", missing)
    # jieba asks for pkg_resources first, which is slow, deprecated and not needed.
    sys.modules["pkg_resources"] = None  # type: ignore[assignment]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import jieba
    finally:
        if before is missing:
            del sys.modules["pkg_resources"]
        else:
            sys.modules["pkg_resources"] = before  # type: ignore[assignment]
    tokenizer = jieba.Tokenizer()
    with tokenizer.get_dict_file() as dictionary:
        tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(dictionary)
    tokenizer.initialized = True
    tokenizer.names = 0
    return tokenizer


MOST_NAMES = 50_000
"""Names that the dictionary holds before it begins anew (about 1 KB each): a run over many documents must not fill the memory."""
_NO_WORD = re.compile(r"[\W_]{9,}|[a-z0-9.,]{65,}")
"""Runs that nobody searches for, in which the tokenizer would spend minutes."""


def load_names(names: Iterable[str]) -> None:
    """Make words of the corpus's own names (projects, agencies, subjects) so that they are not cut apart.

    Their parts are still found: :func:`cut` also gives the dictionary words inside a long word.
    """
    if _tokenizer().names > MOST_NAMES:
        _tokenizer.cache_clear()  # whoever cuts with the old one meanwhile goes on with it
    tokenizer = _tokenizer()
    for name in names:
        word = unicodedata.normalize("NFKC", name).strip()
        if 2 <= len(word) <= 24 and not any(c.isspace() for c in word):
            tokenizer.names += word not in tokenizer.FREQ
            tokenizer.add_word(word)


def cut(text: str) -> list[str]:
    """Words of ``text`` for a full-text index or query, in order, with the shorter words inside long ones.

    Width and case are folded; marks and spaces are left out. Index and query must both use this.
    """
    folded = _NO_WORD.sub(" ", unicodedata.normalize("NFKC", text).lower())
    return [word for word in _tokenizer().cut_for_search(folded) if any(c.isalnum() for c in word)]


def tokens(text: str) -> list[str]:
    """``text`` cut once into known words, marks and single characters, nothing guessed and nothing left out."""
    return list(_tokenizer().lcut(text, HMM=False))
