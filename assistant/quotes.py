"""Which sentences of the found chunks answer a prose question, and how surely.

No model is needed: a question tells by its words what kind of text answers it (a
reason, a definition, the duties of an agency, a document number), and headings
of budget disclosures are named alike everywhere. What does not fit is not quoted.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.retrieval import Found, content_of
from index.chunks import is_definition, sentences, term_of
from index.records import Chunk
from index.words import cut

Asked = Literal["definition", "reason", "duties", "members", "basis", "purpose", "means", "general"]

_ASKED: tuple[tuple[Asked, re.Pattern[str]], ...] = (
    ("definition", re.compile(
        r"什么意思|是指什么|指的是什么|指什么|含义|定义|什么是|怎么理解|如何理解|何谓|名词解释|啥意思|[是叫]啥$")),
    ("reason", re.compile(
        r"为什么|为何|为啥|原因|缘由|怎么会|因为什么|怎么(?:增加|减少|涨|降|多|少)|由于什么|凭什么|什么因素")),
    ("basis", re.compile(r"依据|根据(?:什么|哪)|哪(?:个|些|份)?(?:文件|政策|规定|办法|通知)|什么(?:文件|政策|规定)")),
    ("purpose", re.compile(
        r"用途|用于|用在|花在|用来|干什么用|做什么用|(?:专项|项目|资金|经费|费|工程).{0,4}(?:做|干)(?:什么|啥)")),
    ("duties", re.compile(r"职责|职能|负责(?:什么|哪些)|干什么的|做什么的|管什么|是干[吗嘛什啥]")),
    ("members", re.compile(
        r"下属|所属|二级单位|内设|机构设置|哪些(?:单位|部门|科室|处室|机构)|哪[几些]个?(?:家|单位|科室|处室)"
        r"|几个(?:科室|处室|单位)|单位构成|牌子|加挂|挂牌|由哪些")),
    ("means", re.compile(r"如何|怎么|怎样|措施|办法|采取")),
)  # fmt: skip
# Headings under which each kind of question is answered.
_HEADING: dict[Asked, re.Pattern[str]] = {
    "definition": re.compile(r"名词|用语|术语"),
    "duties": re.compile(r"职责|职能"),
    "members": re.compile(r"机构|单位构成|构成|设置"),
    "means": re.compile(r"措施|保障|方案|做法|办法"),
    "basis": re.compile(r"依据"),
    "purpose": re.compile(r"用途|概述|概况|内容"),
}
_CUE: dict[Asked, re.Pattern[str]] = {
    "reason": re.compile(r"原因|主要是|主要系|主要由|主要为|由于|因为|是因|所致|导致|(?<!基)因(?!公|素|此)"),
    "basis": re.compile(r"《[^》]+》|[〔［\[【(（]20\d\d[〕］\]】)）]|号文"),
    "members": re.compile(r"包括|下属|所属|内设|下设|加挂|设有|纳入|构成|牌子"),
    "duties": re.compile(r"职责|职能|负责"),
    "means": re.compile(r"通过|加强|保障|建立|完善|严格|确保|开展"),
    "purpose": re.compile(r"用于|用途|为了|目标|支持|支付|购买|促进|推动|鼓励|加强|提升"),
}
_ASKING_WORDS = re.compile(
    r"原因|主要|依据|文件|职责|职能|意思|含义|定义|措施|具体|方面|牌子|理由|名词解释|用途|用在|花在|用来|(?:下属|所属|二级|内设|预算)(?:单位|机构)|机构设置|单位构成|部门[预决]算|单位[预决]算"
)
_NUMBERING = re.compile(r"^(?:第[一二三四五六七八九十]+部分|[（(]?[一二三四五六七八九十\d]{1,3}[）)、.．])\s*")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_DIRECTION = re.compile(r"增加|减少|增长|下降|上升|降低|持平|变化|增减|提高|小于|大于|低于|高于|上年|去年")
_YEAR_SAID = re.compile(r"(?:19|20)\d\d\s*年?度?")
_LONG = 260
_WHOLE_SECTION = 2000
_ANNOUNCES = re.compile(r"(?:[：:]|包括|如下|具体[为是])\s*$|具体包括|分别[为是]")
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
class _Unit:
    chunk: Chunk
    block_id: str
    text: str
    similarity: float


@dataclass(frozen=True, slots=True)
class _Scored:
    unit: _Unit
    score: float
    coverage: float


def asked_of(question: str) -> Asked:
    """The kind of text that the question wants."""
    return next((kind for kind, pattern in _ASKED if pattern.search(question)), "general")


def plain(text: str) -> str:
    """Text folded for comparing: width, case, spaces and quotation marks do not count."""
    return re.sub(r"[\s“”\"‘’'《》·]|[（(]境[）)]", "", unicodedata.normalize("NFKC", text).lower())


class QuoteFinder:
    """Chooses quotes for one question among what retrieval found.

    ``focus`` is the question without the names that only tell which documents are meant.
    """

    def __init__(self, question: str, focus: str | None, found: Sequence[Found]) -> None:
        self._asked = asked_of(question)
        self._subject = plain(focus or question)
        self._years = set(_YEAR.findall(plain(question)))
        self._found = found
        content = plain(_YEAR_SAID.sub("", content_of(focus or question).replace(" ", "|")))
        self._runs = [r for r in (_ASKING_WORDS.sub("", run) for run in content.split("|")) if len(r) > 1]
        self._doubt = 1.0
        self._weights = self._rarity()
        self._blocks = _pieces_of_blocks(found)
        self._families: dict[tuple[str, ...], str] = {}
        for chunk in (f.chunk for f in found if len(f.chunk.section) > 1):
            family = (chunk.document_id, *chunk.section[:-1])
            self._families[family] = self._families.get(family, "") + plain(chunk.text)
        self._total = sum(self._weights.values()) or 1.0

    def _rarity(self) -> dict[str, float]:
        """Pairs of characters of the question, each with how rare it is among what was found.

        Pairs, not words, because names of offices and projects are in no dictionary.
        """
        texts = [plain(f.chunk.embedded) for f in self._found]
        weights = {}
        content: set[str] = set()
        for run in self._runs:
            words = [word for word in cut(run) if len(word) > 1 and not _DIRECTION.match(word)]
            content.update(words)
            for pair in {run[i : i + 2] for i in range(len(run) - 1)}:
                df = sum(pair in text for text in texts)
                # A pair that crosses from one word to the next, or tells a direction, is often said otherwise.
                firm = any(pair in word for word in words)
                weights[pair] = math.log(1 + (len(texts) + 1) / (df + 0.5)) * (1.0 if firm else 0.3)
        if any(not any(word[:2] in text for text in texts) for word in content):
            self._doubt *= 0.7  # a word that stands nowhere is most often the very thing asked about
        if len(content) == 1 and self._asked == "general":
            self._doubt *= 0.7  # one word alone tells too little
        return weights

    def best(self, section_of: Callable[[Chunk, int], list[Chunk]]) -> tuple[list[Quote], float]:
        """Quotes in reading order and the confidence (0 to 1) that they answer; no quotes if nothing fits."""
        defined = self._definition()
        if defined:
            return [_quote(defined, defined.text)], 0.95
        units = [unit for found in self._found for unit in _units(found)]
        if not units:
            return [], 0.0
        top = max((self._score(unit) for unit in units), key=lambda s: s.score)
        heading, depth = self._heading(top.unit.chunk)
        of_text = depth and not _is_table(top.unit.chunk)
        section = [c for c in section_of(top.unit.chunk, depth) if not _is_table(c)] if of_text else []
        whole = [u for c in section for u in _units(Found(c, 0, ()))]
        names_it = any(len(run) >= 5 and run in plain(top.unit.text) for run in self._runs)
        if whole and (heading == NAMED or (heading >= 0.6 and not names_it)):
            return [_quote(u, u.text) for u in _capped(whole, top.unit)], top.coverage
        listed = _list_after(top.unit, whole or list(_units(Found(top.unit.chunk, 0, ()))))
        return [*self._trimmed(top.unit), *(_quote(u, u.text) for u in listed)], top.coverage

    def _definition(self) -> _Unit | None:
        """The paragraph of a definition list whose term is what the question is about."""
        if self._asked not in ("definition", "members", "general"):
            return None
        about = "".join(self._runs)
        best: tuple[float, _Unit] | None = None
        for found in self._found:
            listed = is_definition(found.chunk.section)
            if not listed and self._asked != "definition":
                continue
            for unit in _units(found):
                term = plain(term_of(unit.text) or "")
                if term and term in self._subject and len(term) >= 0.6 * len(about):
                    share = len(term) + (0.5 if listed else 0)
                    if best is None or share > best[0]:
                        best = (share, unit)
        return best[1] if best else None

    def _heading(self, chunk: Chunk) -> tuple[float, int]:
        """How well a heading names what is asked, 0 to 1 or NAMED, and how many headings deep it stands."""
        best = (0.0, 0)
        cue = _HEADING.get(self._asked)
        for depth, printed in enumerate(chunk.section, start=1):
            heading = plain(_NUMBERING.sub("", printed.strip()))
            if len(heading) < 2:
                continue
            pairs = {heading[i : i + 2] for i in range(len(heading) - 1)}
            asked = sum(w for pair, w in self._weights.items() if pair in pairs) / self._total
            named = sum(pair in self._subject for pair in pairs) / len(pairs)
            fit = 2 * asked * named / (asked + named) if asked and named else 0.0
            if len(heading) >= 4 and heading in self._subject:
                fit = NAMED
            elif cue and cue.search(heading):
                fit = 1.0
            best = max(best, (fit, depth))
        return best

    def _score(self, unit: _Unit) -> _Scored:
        text = plain(unit.text)
        heads = plain(" ".join(unit.chunk.section))
        around = plain(unit.chunk.embedded)
        beside = plain("".join(self._blocks.get(unit.block_id, ())))
        heading = self._heading(unit.chunk)[0]
        if heading == NAMED:  # 三、实施主体 does not repeat the project's name, a section beside it says it
            beside += self._families.get((unit.chunk.document_id, *unit.chunk.section[:-1]), "")
        got = 0.0
        for pair, weight in self._weights.items():
            near = 0.9 if pair in heads else 0.8 if pair in beside else 0.6 if pair in around else 0.0
            got += weight * (1.0 if pair in text else near)
        cue = _CUE.get(self._asked)
        if self._weights:
            coverage = got / self._total
        else:
            coverage = 0.9 if heading >= 1 else 0.6 if cue and cue.search(unit.text) else 0.0
        coverage *= self._doubt
        if self._years - set(_YEAR.findall(around)):
            coverage *= 0.5
        bonus = 0.3 * heading
        if cue and self._asked == "reason":
            bonus += 0.35 if cue.search(unit.text) else -0.35
        elif cue and cue.search(unit.text):
            bonus += 0.2
        if self._asked != "definition" and is_definition(unit.chunk.section):
            bonus -= 0.4
        if len(text) < 12 or (len(text) < 30 and text[-1] not in "。；;！!"):
            bonus -= 0.3
        if _is_table(unit.chunk) and self._asked not in ("general", "purpose"):
            bonus -= 0.3
        return _Scored(unit, coverage + 0.6 * unit.similarity + bonus, coverage)

    def _trimmed(self, unit: _Unit) -> list[Quote]:
        """A paragraph, or of a long one the sentences that answer after the one that opens it."""
        parts = sentences(unit.text)
        opening = sentences(self._blocks.get(unit.block_id, [unit.text])[0])[0]
        if len(unit.text) <= _LONG and (opening == parts[0] or _is_table(unit.chunk)):
            return [_quote(unit, unit.text)]
        cue = _CUE.get(self._asked)

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
        if len(chunk.block_ids) == 1 and not _is_table(chunk):
            pieces.setdefault(chunk.block_ids[0], []).append(chunk.text)
    return pieces


def _capped(units: list[_Unit], top: _Unit) -> list[_Unit]:
    """The units of a section, or where that is too long those from the one that fits best on."""
    if sum(len(u.text) for u in units) > _WHOLE_SECTION:
        start = next((i for i, u in enumerate(units) if u.text == top.text), 0)
        units = units[start:]
    size = 0
    kept: list[_Unit] = []
    for unit in units:
        size += len(unit.text)
        if kept and size > _WHOLE_SECTION:
            break
        kept.append(unit)
    return kept


def _list_after(top: _Unit, units: list[_Unit]) -> list[_Unit]:
    """The numbered lines that follow a line which announces them (…包括：)."""
    place = next((i for i, u in enumerate(units) if u.text == top.text), None)
    if place is None or not _ANNOUNCES.search(top.text):
        return []
    listed = []
    for unit in units[place + 1 : place + 31]:
        if not _NUMBERING.match(unit.text):
            break
        listed.append(unit)
    return listed


def _units(found: Found) -> Iterable[_Unit]:
    """The lines of a chunk, each with the block it stands in."""
    chunk = found.chunk
    lines = [line for line in chunk.text.split("\n") if line.strip()]
    matched = len(lines) == len(chunk.block_ids)
    for number, line in enumerate(lines):
        yield _Unit(chunk, chunk.block_ids[number if matched else 0], line, found.similarity or 0.0)


def _is_table(chunk: Chunk) -> bool:
    return chunk.metadata.get("kind") == "table"


def _quote(unit: _Unit, text: str) -> Quote:
    chunk = unit.chunk
    return Quote(chunk.document_id, unit.block_id, chunk.page, chunk.section, text)
