"""Mistyped words mended by sound and shape against the names of the documents in question: 与情 -> 舆情, 接道 -> 街道."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from rapidfuzz.distance import Levenshtein

from assistant.understanding import Understanding, understand
from assistant.understanding.catalog import Catalog, names_region
from assistant.understanding.wording import subjects_said
from index.glossary import question_words
from index.names import folded

if TYPE_CHECKING:
    from assistant.lookup import Lookup

_LATIN = re.compile(r"[A-Za-z]{2,}(?:\s+[A-Za-z]+)*")
_CHINESE = re.compile(r"[\u4e00-\u9fff]+")
MOST_LABELS = 3000
LONGEST = 20
MOST_DOCUMENTS = 12


@lru_cache(maxsize=60_000)
def syllables(text: str) -> tuple[str, ...]:
    """Toneless pinyin of each character."""
    return tuple(s for c in text for s in _sounds_of(c))


@lru_cache(maxsize=20_000)
def _sounds_of(char: str) -> tuple[str, ...]:
    from pypinyin import lazy_pinyin

    return tuple(lazy_pinyin(char))


def mended(u: Understanding, catalog: Catalog, lookup: Lookup) -> tuple[Understanding, str] | None:
    """The question with mistyped words put right and a note that says so; None when nothing is close enough."""
    text, notes = _spelled_out(u.text, catalog, u, lookup)
    if text != u.text:
        return understand(text, catalog), "；".join(notes)
    changed = _by_sound(text, _places(catalog.names))
    text, notes = (changed[0], [*notes, changed[1]]) if changed else (text, notes)
    u2 = understand(text, catalog) if text != u.text else u
    labels = _alike(_labels(u2, catalog, lookup), u2.text)
    weights = u2.content_weights()
    changed = _by_sound(
        u2.text,
        _heard(labels, _sounds_beside(u2.text)),
        "".join(c if w else " " for c, w in zip(u2.text, weights, strict=True)),
    )
    if changed is None:
        changed = _by_shape(
            u2.text, labels, "".join(c if w >= 1.0 else " " for c, w in zip(u2.text, weights, strict=True))
        )
    if changed is not None:
        text, note = changed
        notes.append(note)
    if text == u.text:
        return None
    return u2 if changed is None else understand(text, catalog), "；".join(notes)


def misspelled_office(u: Understanding, catalog: Catalog) -> tuple[Understanding, str] | None:
    """The question with the office that it names written as one of the store that sounds alike; None when none does.

    A region of another name is another region, however alike it sounds (陕西, 山西).
    """
    unknown = u.naming.unknown or ""
    at = u.text.find(unknown)
    changed = _by_sound(u.text, _places(catalog.names)) if unknown and at >= 0 else None
    if changed is None:
        return None
    text, note = changed
    places = [i for i, (a, b) in enumerate(zip(u.text, text, strict=True)) if a != b]
    first, last = places[0], places[-1]
    within = at <= first and last < at + len(unknown)
    stretches = (u.text[i : j + 1] for i in range(max(0, first - 3), first + 1) for j in range(last, last + 3))
    again = understand(text, catalog) if within and not any(map(names_region, stretches)) else None
    return None if again is None or again.naming.unknown else (again, note)


def spelled_in_letters(text: str) -> bool:
    """Whether a question may be typed in pinyin, wholly or in part."""
    return any(len(m[0].replace(" ", "")) >= 4 for m in _LATIN.finditer(text))


def _labels(u: Understanding, catalog: Catalog, lookup: Lookup) -> list[str]:
    """The labels of the documents in question, longest first; of many documents those that are likely meant.

    There also the names of the whole store that sound as a stretch of the question does.
    """
    of_years = [catalog.by_year.get(y, frozenset[str]()) for y in u.periods.years]
    dated = [[d for d in s.documents if any(d in of for of in of_years)] if of_years else () for s in u.naming.scopes]
    scopes = [documents or s.documents for s, documents in zip(u.naming.scopes, dated, strict=True)]
    ids = [d for documents in scopes for d in documents][: MOST_DOCUMENTS + 1]
    found: dict[str, None] = {}
    if len(ids) > MOST_DOCUMENTS and len(u.naming.scopes) == 1:
        documents = lookup.likely(u.text, u.naming.scopes[0], catalog)
        found = dict.fromkeys(map(folded, lookup.store.names_spelled(sorted(_spelled_stretches(u.text)))))
    else:
        documents = lookup.shelf.documents([catalog.rows[d] for d in ids[:MOST_DOCUMENTS]])
    for document in documents:
        found |= dict.fromkeys(document.labels.texts)
    kept = (label for label in found if 2 <= len(label) <= LONGEST and re.search(r"[\u4e00-\u9fff]{2}", label))
    return sorted(kept, key=len, reverse=True)[:MOST_LABELS]


def _spelled_stretches(text: str) -> set[str]:
    """The pinyin of every stretch of a question that may be a whole name, mistyped or in letters."""
    runs = [[_syllable(c) for c in run] for run in re.findall(r"[\u4e00-\u9fff]{3,}", text)]
    runs += [list(run[0].replace(" ", "").lower()) for run in _LATIN.finditer(text)]
    sizes = (range(3, LONGEST + 1), range(6, 6 * LONGEST))
    return {"".join(run[i : i + n]) for run in runs for n in sizes[len(run[0]) == 1] for i in range(len(run) - n + 1)}


def _alike(labels: list[str], text: str) -> list[str]:
    """The labels of which two neighbouring characters sound as two in the question do; no other can be meant."""
    said = _sounds_beside(text)
    return [label for label in labels if not said.isdisjoint(pairwise(map(_syllable, label)))]


@lru_cache(maxsize=20_000)
def _syllable(char: str) -> str:
    return "".join(syllables(char))


def _pieces(label: str) -> list[tuple[int, int]]:
    """Where a label and the runs of three characters and more inside it begin and end."""
    whole = [(0, len(label))]
    if len(label) <= 4:
        return whole
    return whole + [(i, i + n) for n in (6, 5, 4, 3) for i in range(len(label) - n + 1) if n < len(label)]


@dataclass(frozen=True, slots=True)
class _Heard:
    """Names and the pieces of them by how they sound, and all the names, one a line."""

    sounds: dict[tuple[str, ...], str]
    written: str


def _sounds_beside(text: str) -> set[tuple[str, str]]:
    """How the neighbouring characters of a text sound."""
    return set(pairwise(map(_syllable, text)))


def _heard(names: Iterable[str], beside: Container[tuple[str, str]] | None = None) -> _Heard:
    """Names as they sound; only the pieces of them whose neighbouring characters all sound as two of ``beside`` do."""
    names = tuple(names)
    sounds: dict[tuple[str, ...], str] = {}
    seen: set[str] = set()
    for name in names:
        said, chinese = tuple(map(_syllable, name)), bool(_CHINESE.fullmatch(name))
        apart = "" if beside is None else "".join(" |"[two not in beside] for two in pairwise(said))
        for start, end in _pieces(name):
            piece = name[start:end]
            if "|" not in apart[start : end - 1] and piece not in seen:
                seen.add(piece)
                if chinese or _CHINESE.fullmatch(piece):
                    sounds.setdefault(said[start:end], piece)
    return _Heard(sounds, "\n".join(names))


@lru_cache(maxsize=2)
def _places(names: tuple[str, ...]) -> _Heard:
    """A store's names of places as they sound, some megabytes: of three characters and more."""
    return _heard(n for n in names if len(n) >= 3)


def _spelled(sounds: dict[tuple[str, ...], str]) -> dict[str, str]:
    """Words and the pieces of them by their pinyin without spaces, the earlier word first."""
    spelled: dict[str, str] = {}
    for said, piece in sounds.items():
        spelled.setdefault("".join(said), piece)
    return spelled


def _masked(shown: str, text: str) -> str:
    """Names of subjects blanked: 专用燃料费 is not 专用材料费 mistyped."""
    for name, start in subjects_said(text):
        shown = shown[:start] + " " * len(name) + shown[start + len(name) :]
    return shown


@lru_cache(maxsize=2)
def _spellings_of_places(names: tuple[str, ...]) -> dict[str, str]:
    return _spelled(_heard(names).sounds)


def _by_sound(text: str, names: _Heard, content: str | None = None) -> tuple[str, str] | None:
    """Replace the longest stretch that sounds like a name and is written otherwise."""
    shown = _masked(content if content is not None else text, text)
    said = tuple(_syllable(c) if _CHINESE.match(c) else "" for c in text)
    for length in range(8, 1, -1):
        for at in range(len(text) - length + 1):
            meant = names.sounds.get(said[at : at + length])
            piece = text[at : at + length]
            if (
                meant is not None
                and meant != piece
                and shown[at : at + length].strip()
                and piece not in names.written
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


def _spelled_out(text: str, catalog: Catalog, u: Understanding, lookup: Lookup) -> tuple[str, list[str]]:
    """A question typed in pinyin: the runs of Latin letters that spell names become the names."""
    runs = [m for m in _LATIN.finditer(text) if len(m[0].replace(" ", "")) >= 4]
    if not runs:
        return text, []
    asking = tuple(w for w in question_words() if len(w) >= 2)
    labels = _labels(u, catalog, lookup)
    spelled = (_spellings_of_places(catalog.names), _spellings_of_places(asking), _spelled(_heard(labels).sounds))
    longest = max((len(s) for words in spelled for s in words), default=0)
    out, notes, end = "", [], 0
    for run in runs:
        letters, at, written = run[0].replace(" ", "").lower(), 0, ""
        while at < len(letters):
            size = next(
                (
                    n
                    for n in range(min(longest, len(letters) - at), 3, -1)
                    if any(letters[at : at + n] in words for words in spelled)
                ),
                0,
            )
            if not size:
                written = ""
                break
            written += next(words[letters[at : at + size]] for words in spelled if letters[at : at + size] in words)
            at += size
        if written:
            notes.append(f"已将“{run[0]}”按“{written}”理解")
        out += text[end : run.start()] + (written or run[0])
        end = run.end()
    return out + text[end:], notes
