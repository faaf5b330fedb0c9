"""Which sentences of the found chunks answer a prose question, and how surely. What does not fit is not quoted."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.asked import CUE, DIRECTION, HEADING, plain, read
from assistant.following import Unit, before, following, is_table, number_of, units_of, unnumbered
from assistant.retrieval import Found
from index.chunks import is_definition, sentences, term_of
from index.records import Chunk

_RISES = re.compile(r"增加|增长|上升|提高|上涨")
_FALLS = re.compile(r"减少|下降|降低|压减|缩减|小于")
_OF_BOTH = re.compile(r"收支|收入、?支出|收、支")
_OF_ALL = re.compile(r"总计|收入预算|(?<!项目)(?<!基本)支出预算(?!表)")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_AMONG = re.compile(r"其中[：:]\s*$")
_LONG = 260
_WHOLE_SECTION = 2000
_LEADING = 40
NAMED = 2.0  # the question says a heading word for word
MIN_CONFIDENCE = 0.45


@dataclass(frozen=True, slots=True)
class Quote:
    """A piece of a passage, word for word, with its place."""

    document_id: str
    block_id: str
    page: int | None
    section: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """Quotes in reading order, the confidence (0 to 1) that they answer, and whether they say every word asked about.

    ``under`` is the heading that names what the quotes are of, where the question asks for just that.
    """

    quotes: tuple[Quote, ...] = ()
    confidence: float = 0.0
    complete: bool = False
    under: str = ""


@dataclass(frozen=True, slots=True)
class _Scored:
    unit: Unit
    score: float
    coverage: float


class QuoteFinder:
    """Chooses quotes for one question among what retrieval found.

    ``focus`` is the question without the names that only tell which documents are meant.
    """

    def __init__(self, question: str, focus: str | None, found: Sequence[Found]) -> None:
        self._ask = read(question, focus)
        self._found = [f for f in found if not is_table(f.chunk)]
        self._around = {f.chunk.id: self._ask.also(plain(f.chunk.embedded)) for f in self._found}
        self._doubt = 1.0
        self._weights = self._rarity()
        self._blocks = _pieces_of_blocks(self._found)
        self._families: dict[tuple[str, ...], str] = {}
        for chunk in (f.chunk for f in self._found if len(f.chunk.section) > 1):
            family = (chunk.document_id, *chunk.section[:-1])
            self._families[family] = self._families.get(family, "") + plain(chunk.text)
        self._total = sum(self._weights.values()) or 1.0

    def _rarity(self) -> dict[str, float]:
        """Pairs of characters of the question, each with how rare it is among what was found.

        Pairs, not words, because names of offices and projects are in no dictionary.
        """
        texts = list(self._around.values())
        weights = {}
        firm_words = [w for w in self._ask.words if not DIRECTION.match(w)]
        for run in self._ask.runs:
            for pair in {run[i : i + 2] for i in range(len(run) - 1)}:
                df = sum(pair in text for text in texts)
                # A pair that crosses from one word to the next, or tells a direction, is often said otherwise.
                firm = any(pair in word for word in firm_words)
                weights[pair] = math.log(1 + (len(texts) + 1) / (df + 0.5)) * (1.0 if firm else 0.3)
        if any(not any(word[:2] in text for text in texts) for word in firm_words):
            self._doubt *= 0.7  # a word that stands nowhere is most often the very thing asked about
        if len(set(self._ask.words)) == 1 and self._ask.kind == "general":
            self._doubt *= 0.7  # one word alone tells too little
        return weights

    def best(self, section_of: Callable[[Chunk, int], list[Chunk]]) -> Chosen:
        """The quotes that answer; none where nothing fits."""
        defined = self._definition()
        if defined:
            whole = [*before(defined, chunks := section_of(defined.chunk, 0)), defined, *following(defined, chunks)]
            return Chosen(tuple(_quote(u, u.text) for u in whole), 0.95, True)
        units = [unit for found in self._found for unit in units_of(found.chunk, found.similarity or 0.0)]
        if not units:
            return Chosen()
        top = max((self._score(unit) for unit in units), key=lambda s: s.score)
        quotes = self._around_top(top.unit, section_of)
        under = top.unit.chunk.section[0] if self._ask.which and top.unit.chunk.section else ""
        return Chosen(tuple(quotes), top.coverage, self._complete(top.unit, "".join(q.text for q in quotes)), under)

    def _around_top(self, top: Unit, section_of: Callable[[Chunk, int], list[Chunk]]) -> list[Quote]:
        """The line that fits best, its section where that is what is asked for, and what either goes on with."""
        heading, depth = self._heading(top.chunk)
        section = [c for c in section_of(top.chunk, depth) if not is_table(c)] if depth else []
        whole = [u for c in section for u in units_of(c)]
        chunks = section_of(top.chunk, 0)
        if self._ask.ordinal is not None:
            return [_quote(u, u.text) for u in whole if number_of(u.text) == self._ask.ordinal][:1]
        names_it = any(len(run) >= 4 and run in self._ask.also(plain(top.text)) for run in self._ask.runs)
        if whole and (heading == NAMED or (heading >= 0.6 and not names_it)):
            kept = _capped(whole, top)
            return [_quote(u, u.text) for u in [*kept, *self._after(kept[-1], chunks)]]
        return [
            *(_quote(u, u.text) for u in before(top, chunks)),
            *self._trimmed(top),
            *(_quote(u, u.text) for u in self._after(top, chunks)),
        ]

    def _after(self, last: Unit, chunks: Sequence[Chunk]) -> list[Unit]:
        """What ``last`` goes on with; a reason is told before 其中：, the parts after it have their own."""
        apart = self._ask.kind in ("reason", "change") and _AMONG.search(last.text)
        return [] if apart else following(last, chunks)

    def _complete(self, unit: Unit, quoted: str) -> bool:
        """Whether what is quoted around a line and the headings over it say every word that the question is about."""
        family = self._families.get((unit.chunk.document_id, *unit.chunk.section[:-1]), "")
        heads = plain(" ".join(unit.chunk.section))
        said = self._ask.also(
            plain(unit.text + quoted) + heads + (family if self._heading(unit.chunk)[0] == NAMED else "")
        )
        return bool(self._ask.words) and all(w in said for w in self._ask.words if not DIRECTION.match(w))

    def _definition(self) -> Unit | None:
        """The paragraph of a definition list whose term is what the question is about."""
        if self._ask.kind not in ("definition", "members", "general"):
            return None
        about = "".join(self._ask.runs)
        best: tuple[float, Unit] | None = None
        for found in self._found:
            listed = is_definition(found.chunk.section)
            if not listed and self._ask.kind != "definition":
                continue
            for unit in units_of(found.chunk):
                term = plain(term_of(unit.text) or "")
                if term and term in self._ask.subject and len(term) >= 0.6 * len(about):
                    share = len(term) + (0.5 if listed else 0)
                    if best is None or share > best[0]:
                        best = (share, unit)
        return best[1] if best else None

    def _heading(self, chunk: Chunk) -> tuple[float, int]:
        """How well a heading names what is asked, 0 to 1 or NAMED, and how many headings deep it stands."""
        best = (0.0, 0)
        cue = HEADING.get(self._ask.kind)
        for depth, printed in enumerate(chunk.section, start=1):
            heading = plain(unnumbered(printed.strip()))
            if len(heading) < 2:
                continue
            pairs = {heading[i : i + 2] for i in range(len(heading) - 1)}
            asked = sum(w for pair, w in self._weights.items() if pair in pairs) / self._total
            named = sum(pair in self._ask.subject for pair in pairs) / len(pairs)
            fit = 2 * asked * named / (asked + named) if asked and named else 0.0
            if len(heading) >= 4 and heading in self._ask.subject:
                fit = NAMED
            elif cue and cue.search(heading):
                fit = 1.0
            best = max(best, (fit, depth))
        return best

    def _score(self, unit: Unit) -> _Scored:
        text = self._ask.also(plain(unit.text))
        heads = plain(" ".join(unit.chunk.section))
        around = self._around[unit.chunk.id]
        beside = plain("".join(self._blocks.get(unit.block_id, ())))
        heading = self._heading(unit.chunk)[0]
        if heading == NAMED:  # 三、实施主体 does not repeat the project's name, a section beside it says it
            beside += self._families.get((unit.chunk.document_id, *unit.chunk.section[:-1]), "")
        got = 0.0
        for pair, weight in self._weights.items():
            near = 0.9 if pair in heads else 0.8 if pair in beside else 0.6 if pair in around else 0.0
            got += weight * (1.0 if pair in text else near)
        cue = CUE.get(self._ask.kind)
        if self._weights:
            coverage = got / self._total
        else:
            coverage = 0.9 if heading >= 1 else 0.6 if cue and cue.search(unit.text) else 0.0
        coverage *= self._doubt
        if self._ask.years - set(_YEAR.findall(around)):
            coverage *= 0.5
        bonus = 0.3 * heading + self._leaning(unit, text)
        if cue and self._ask.kind in ("reason", "place"):
            bonus += 0.35 if cue.search(unit.text) else -0.35
        elif cue and cue.search(unit.text):
            bonus += 0.2
        if self._ask.kind != "definition" and is_definition(unit.chunk.section):
            bonus -= 0.4
        if len(text) < 12 or (len(text) < 30 and text[-1] not in "。；;！!"):
            bonus -= 0.3
        return _Scored(unit, coverage + 0.6 * unit.similarity + bonus, coverage)

    def _leaning(self, unit: Unit, text: str) -> float:
        """What a line opens with, whether it tells of the whole budget, and which way it says that something went."""
        opening = plain(unnumbered(self._blocks.get(unit.block_id, [unit.text])[0]))[:_LEADING]
        lean = 0.2 if any(len(run) > 2 and run in opening for run in self._ask.runs) else 0.0
        if self._ask.parts and any(
            re.search(re.escape(r) + r"[^。；]{0,20}(?:包括|包含|由|构成)", text) for r in self._ask.runs
        ):
            lean += 0.3
        if self._ask.kind not in ("reason", "change"):
            return lean
        if self._ask.whole:
            lean += 0.3 if _OF_BOTH.search(opening) else 0.2 if _OF_ALL.search(opening) else -0.1
        if self._ask.falls is not None:
            same, other = (_FALLS, _RISES) if self._ask.falls else (_RISES, _FALLS)
            lean -= 0.3 if other.search(text) and not same.search(text) else 0.0
            # 项目支出…增加30.00万元 tells of that change; 项目支出增加、… only gives it as the reason of another.
            told = rf"[^。；]{{0,30}}(?:。与[^。]{{0,12}})?(?:{same.pattern})\d"
            lean += 0.4 if any(re.search(re.escape(run) + told, text) for run in self._named_runs()) else 0.0
        return lean

    def _named_runs(self) -> list[str]:
        """The runs of the question without the direction that they end in."""
        return [bare for run in self._ask.runs if len(bare := DIRECTION.sub("", run)) > 2]

    def _trimmed(self, unit: Unit) -> list[Quote]:
        """A paragraph, or of a long one the sentences that answer after the one that opens it."""
        parts = sentences(unit.text)
        opening = sentences(self._blocks.get(unit.block_id, [unit.text])[0])[0]
        if len(unit.text) <= _LONG and opening == parts[0]:
            return [_quote(unit, unit.text)]
        cue = CUE.get(self._ask.kind)

        def worth(part: str) -> float:
            folded = plain(part)
            said = sum(w for pair, w in self._weights.items() if pair in folded) / self._total
            return said + (1.0 if cue and cue.search(part) else 0)

        first = last = max(range(len(parts)), key=lambda i: (worth(parts[i]), -i))
        while last + 1 < len(parts) and len("".join(parts[first : last + 2])) <= _LONG // 2:
            last += 1
        while first > 0 and len("".join(parts[first - 1 : last + 1])) <= _LONG:
            first -= 1
        quotes = [_quote(unit, "".join(parts[first : last + 1]))]
        if opening not in quotes[0].text and len(opening) <= _LONG:
            quotes.insert(0, _quote(unit, opening))
        return quotes


def _pieces_of_blocks(found: Sequence[Found]) -> dict[str, list[str]]:
    """The texts of paragraphs that are cut over several chunks, in order, by block."""
    pieces: dict[str, list[str]] = {}
    for chunk in sorted((f.chunk for f in found), key=lambda c: c.metadata.get("number", 0)):
        if len(chunk.block_ids) == 1 and not is_table(chunk):
            pieces.setdefault(chunk.block_ids[0], []).append(chunk.text)
    return pieces


def _capped(units: list[Unit], top: Unit) -> list[Unit]:
    """The units of a section, or where that is too long those from the one that fits best on."""
    if sum(len(u.text) for u in units) > _WHOLE_SECTION:
        start = next((i for i, u in enumerate(units) if u.text == top.text), 0)
        units = units[start:]
    size = 0
    kept: list[Unit] = []
    for unit in units:
        size += len(unit.text)
        if kept and size > _WHOLE_SECTION:
            break
        kept.append(unit)
    return kept


def _quote(unit: Unit, text: str) -> Quote:
    chunk = unit.chunk
    return Quote(chunk.document_id, unit.block_id, chunk.page, chunk.section, text)
