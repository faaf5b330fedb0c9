"""The names that people search by: projects, agencies, subjects, indicators, tables; with their pinyin and character pairs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from index.records import Document, Fact

MAX_NAME = 60
WORD_KINDS = ("agency", "project", "subject", "indicator")
"""Kinds of names that full-text search keeps whole as words."""


@dataclass(frozen=True, slots=True)
class StoredName:
    """A name as printed with what it is found by. ``pinyin`` has no spaces, ``initials`` the first letters."""

    text: str
    kind: str
    pinyin: str
    initials: str
    grams: frozenset[str]


def folded(text: str) -> str:
    """A name for comparing: width folded, marks and spaces away, lower case."""
    text = unicodedata.normalize("NFKC", text).lower()
    return re.sub(r"[\s\"'“”‘’《》〈〉「」()（）\[\]【】、，,。.．:：;；·—\-_/\\]+", "", text)


def pairs(text: str) -> frozenset[str]:
    """The pairs of neighbouring characters of a folded name (the character itself for a name of one)."""
    bare = folded(text)
    return frozenset(bare[i : i + 2] for i in range(len(bare) - 1)) or frozenset({bare} if bare else ())


@lru_cache(maxsize=50_000)
def pinyin_of(text: str) -> tuple[str, str]:
    """Toneless pinyin without spaces, and the initials: 玉田县 -> ("yutianxian", "ytx")."""
    from pypinyin import lazy_pinyin

    syllables = lazy_pinyin(folded(text))
    return "".join(syllables), "".join(s[0] for s in syllables if s)


def stored_name(text: str, kind: str) -> StoredName:
    spelled, initials = pinyin_of(text)
    return StoredName(text, kind, spelled[:120], initials[:60], pairs(text))


def names_of(document: Document, facts: Sequence[Fact]) -> list[StoredName]:
    """The distinct names of a document."""
    found: dict[str, str] = {}

    def note(texts: Iterable[str | None], kind: str) -> None:
        for text in texts:
            name = re.sub(r"\s+", "", text or "")
            if 2 <= len(name) <= MAX_NAME and not re.fullmatch(r"[\d.,%\-]+", name):
                found.setdefault(name, kind)

    note([document.agency.value if document.agency else None, *(f.agency for f in facts)], "agency")
    note((f.project for f in facts), "project")
    note((f.indicator[-1] for f in facts if f.indicator), "indicator")
    note((f.subject for f in facts if f.subject_code), "subject")
    note((t.title for t in document.tables), "table")
    note((f.subject for f in facts if f.kind in ("amount", "change") and f.source.row is not None), "item")
    return [stored_name(text, kind) for text, kind in found.items()]
