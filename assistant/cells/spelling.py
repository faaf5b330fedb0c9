"""Names that a question spells by sound: mistyped characters (与情管里) or pinyin (yutian) put right from the heads."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_HAN = re.compile("[\u4e00-\u9fff]+")
_LATIN = re.compile("[a-z]{4,}")


@lru_cache(maxsize=65536)
def sounds(text: str) -> tuple[str, ...]:
    """The pinyin of each character, without tones; other characters stand for themselves."""
    from pypinyin import lazy_pinyin  # late: reads its dictionary when first imported

    return tuple(lazy_pinyin(text, errors=list))  # type: ignore[arg-type]


def repaired(question: str, names: Iterable[str]) -> str:
    """The question with each run that sounds like a name, but is written otherwise, replaced by the name.

    A name of two characters is never put right (和计提 is no 合计), one of three must share a character.
    Latin letters are read as the pinyin of a whole name.
    """
    known = sorted({n for n in names if 2 <= len(n) <= 12 and _HAN.fullmatch(n)}, key=len, reverse=True)
    latin = _LATIN.findall(question.lower())
    heard = sounds(question) if _HAN.search(question) else ()
    spoken = f" {' '.join(heard)} " if len(heard) == len(question) else ""
    for name in known:
        if name in question:
            continue
        sound = sounds(name)
        if latin and "".join(sound) in latin:
            question = re.sub("".join(sound), name, question, flags=re.IGNORECASE)
            return repaired(question, known)
        if len(name) < 3 or f" {' '.join(sound)} " not in spoken:
            continue
        for at in range(len(heard) - len(sound) + 1):
            run = question[at : at + len(name)]
            alike = sum(a == b for a, b in zip(run, name, strict=False))
            if heard[at : at + len(sound)] == sound and _HAN.fullmatch(run) and (alike or len(name) > 3):
                question = question[:at] + name + question[at + len(name) :]
                break
    return question
