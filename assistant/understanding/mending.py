"""Mistyped words mended by sound and shape against the names of the documents in question: 与情 -> 舆情, 接道 -> 街道."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from rapidfuzz.distance import Levenshtein

from assistant.understanding import Understanding, understand
from assistant.understanding.catalog import Catalog
from assistant.understanding.wording import subjects_said
from index.glossary import question_words

if TYPE_CHECKING:
    from assistant.lookup import Lookup

_LATIN = re.compile(r"[A-Za-z]{2,}(?:\s+[A-Za-z]+)*")
MOST_LABELS = 3000
MOST_DOCUMENTS = 12


@lru_cache(maxsize=60_000)
def syllables(text: str) -> tuple[str, ...]:
    """Toneless pinyin of each character."""
    from pypinyin import lazy_pinyin

    return tuple(s for c in text for s in lazy_pinyin(c))


def mended(u: Understanding, catalog: Catalog, lookup: Lookup) -> tuple[Understanding, str] | None:
    """The question with mistyped words put right and a note that says so; None when nothing is close enough."""
    names = [*catalog.office_names, *catalog.region_names]
    text, notes = _spelled_out(u.text, names, catalog, u, lookup)
    if text != u.text:
        return understand(text, catalog), "；".join(notes)
    changed = _by_sound(text, [n for n in names if len(n) >= 3])
    text, notes = (changed[0], [*notes, changed[1]]) if changed else (text, notes)
    u2 = understand(text, catalog) if text != u.text else u
    labels = _labels(u2, catalog, lookup)
    weights = u2.content_weights()
    changed = _by_sound(u2.text, labels, "".join(c if w else " " for c, w in zip(u2.text, weights, strict=True)))
    if changed is None:
        changed = _by_shape(
            u2.text, labels, "".join(c if w >= 1.0 else " " for c, w in zip(u2.text, weights, strict=True))
        )
    if changed is not None:
        text, note = changed
        notes.append(note)
    if text == u.text:
        return None
    return understand(text, catalog), "；".join(notes)


def spelled_in_letters(text: str) -> bool:
    """Whether a question may be typed in pinyin, wholly or in part."""
    return any(len(m[0].replace(" ", "")) >= 4 for m in _LATIN.finditer(text))


def _labels(u: Understanding, catalog: Catalog, lookup: Lookup) -> list[str]:
    ids = [d for scope in u.naming.scopes for d in scope.documents][:MOST_DOCUMENTS]
    found: dict[str, None] = {}
    for document in lookup.shelf.documents([catalog.rows[d] for d in ids]):
        for label in document.labels.texts:
            if 2 <= len(label) <= 20 and re.search(r"[\u4e00-\u9fff]{2}", label):
                found[label] = None
    return sorted(found, key=len, reverse=True)[:MOST_LABELS]


def _pieces(label: str) -> list[str]:
    """A label and the runs of three characters and more inside it."""
    if len(label) <= 4:
        return [label]
    return [label, *(label[i : i + n] for n in (6, 5, 4, 3) for i in range(len(label) - n + 1) if n < len(label))]


@lru_cache(maxsize=64)
def _sounds(names: tuple[str, ...]) -> dict[tuple[str, ...], str]:
    """Names and the pieces of them by how they sound."""
    sounds: dict[tuple[str, ...], str] = {}
    for name in names:
        for piece in _pieces(name):
            if re.fullmatch(r"[\u4e00-\u9fff]+", piece):
                sounds.setdefault(syllables(piece), piece)
    return sounds


@lru_cache(maxsize=16)
def _spellings(words: tuple[str, ...]) -> dict[str, str]:
    """Words and the pieces of them by their pinyin without spaces, the earlier word first."""
    spelled: dict[str, str] = {}
    for sounds, piece in _sounds(words).items():
        spelled.setdefault("".join(sounds), piece)
    return spelled


def _masked(shown: str, text: str) -> str:
    """Names of subjects blanked: 专用燃料费 is not 专用材料费 mistyped."""
    for name, start in subjects_said(text):
        shown = shown[:start] + " " * len(name) + shown[start + len(name) :]
    return shown


def _by_sound(text: str, names: list[str], content: str | None = None) -> tuple[str, str] | None:
    """Replace the longest stretch that sounds like a name and is written otherwise."""
    sounds = _sounds(tuple(names))
    shown = _masked(content if content is not None else text, text)
    for length in range(8, 1, -1):
        for at in range(len(text) - length + 1):
            piece = text[at : at + length]
            if not re.fullmatch(r"[\u4e00-\u9fff]+", piece) or not shown[at : at + length].strip():
                continue
            meant = sounds.get(syllables(piece))
            if (
                meant is not None
                and meant != piece
                and not any(piece in n for n in names)
                and (length > 2 or piece not in question_words())
            ):
                return text[:at] + meant + text[at + length :], f"已将“{piece}”按“{meant}”理解"
    return None


def _by_shape(text: str, labels: list[str], content: str) -> tuple[str, str] | None:
    """Replace a stretch of four characters and more that differs from a name in one Chinese character of content."""
    content = _masked(content, text)
    for label in labels:
        if len(label) < 4:
            continue
        for at in range(len(text) - len(label) + 1):
            piece = text[at : at + len(label)]
            if Levenshtein.distance(piece, label, score_cutoff=1) != 1:
                continue
            place = next((i for i, (a, b) in enumerate(zip(piece, label, strict=True)) if a != b), None)
            if (
                place is not None
                and content[at + place].strip()
                and re.fullmatch(r"[\u4e00-\u9fff]{2}", piece[place] + label[place])
            ):
                return text[:at] + label + text[at + len(label) :], f"已将“{piece}”按“{label}”理解"
    return None


def _spelled_out(
    text: str, names: list[str], catalog: Catalog, u: Understanding, lookup: Lookup
) -> tuple[str, list[str]]:
    """A question typed in pinyin: the runs of Latin letters that spell names become the names."""
    runs = [m for m in _LATIN.finditer(text) if len(m[0].replace(" ", "")) >= 4]
    if not runs:
        return text, []
    words = (*names, *(w for w in question_words() if len(w) >= 2), *_labels(u, catalog, lookup))
    spelled = _spellings(words)
    longest = max((len(s) for s in spelled), default=0)
    out, notes, end = "", [], 0
    for run in runs:
        letters, at, written = run[0].replace(" ", "").lower(), 0, ""
        while at < len(letters):
            size = next(
                (n for n in range(min(longest, len(letters) - at), 3, -1) if letters[at : at + n] in spelled), 0
            )
            if not size:
                written = ""
                break
            written += spelled[letters[at : at + size]]
            at += size
        if written:
            notes.append(f"已将“{run[0]}”按“{written}”理解")
        out += text[end : run.start()] + (written or run[0])
        end = run.end()
    return out + text[end:], notes
