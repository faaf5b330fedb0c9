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

from assistant.retrieval import Found, content_words
from index.chunks import is_definition, sentences, term_of
from index.records import Chunk

Asked = Literal["definition", "reason", "duties", "members", "basis", "means", "general"]

_ASKED: tuple[tuple[Asked, re.Pattern[str]], ...] = (
    ("definition", re.compile(r"什么意思|是指什么|指的是什么|指什么|含义|定义|什么是|怎么理解|如何理解|何谓|名词解释|啥意思")),  # noqa: E501
    ("reason", re.compile(r"为什么|为何|为啥|原因|缘由|怎么会|因为什么|怎么(?:增加|减少|涨|降|多|少)|由于什么|凭什么")),
    ("basis", re.compile(r"依据|根据(?:什么|哪)|哪(?:个|些|份)?(?:文件|政策|规定|办法|通知)|什么(?:文件|政策|规定)")),
    ("duties", re.compile(r"职责|职能|负责(?:什么|哪些)|干什么的|做什么的|管什么|是干[吗嘛什]")),
    ("members", re.compile(
        r"下属|所属|二级单位|内设|机构设置|哪些(?:单位|部门|科室|处室|机构)|哪[几些]个?(?:家|单位|科室|处室)"
        r"|几个(?:科室|处室|单位)|单位构成|牌子|加挂|挂牌|由哪些")),
    ("means", re.compile(r"如何|怎么|怎样|措施|办法|采取")),
)  # fmt: skip
# Headings under which each kind of question is answered.
_HEADING: dict[Asked, re.Pattern[str]] = {
    "definition": re.compile(r"名词|用语|术语"),
    "duties": re.compile(r"职责|职能"),
    "members": re.compile(r"机构|单位构成|构成|设置|职责|职能"),
    "means": re.compile(r"措施|保障|方案|做法|办法|安排"),
    "basis": re.compile(r"依据"),
}
_CUE: dict[Asked, re.Pattern[str]] = {
    "reason": re.compile(
        r"原因|主要是|主要系|主要由|由于|因为|是因|所致|(?<!基)因(?!公|素)|根据.{2,30}(?:增加|减少|调整)"
    ),
    "basis": re.compile(r"依据|根据|《[^》]+》|[〔［\[【(（]20\d\d[〕］\]】)）]|号文"),
    "members": re.compile(r"包括|下属|所属|内设|下设|加挂|设有|纳入|构成|牌子"),
    "duties": re.compile(r"职责|职能|负责"),
    "means": re.compile(r"通过|加强|保障|建立|完善|严格|确保|开展"),
}
_ASKING_WORDS = re.compile(
    r"^(?:原因|主要|依据|文件|职责|职能|意思|含义|定义|措施|办法|具体|情况|内容|方面|牌子|说明|理由|规定|政策)$"
)
_NUMBERING = re.compile(r"^(?:第[一二三四五六七八九十]+部分|[（(]?[一二三四五六七八九十\d]{1,3}[）)、.．])\s*")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_LONG = 260
_WHOLE_SECTION = 1500
MIN_CONFIDENCE = 0.5


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
    return re.sub(r"[\s“”\"‘’'《》·]", "", unicodedata.normalize("NFKC", text).lower())


class QuoteFinder:
    """Chooses quotes for one question among what retrieval found."""

    def __init__(self, question: str, focus: str | None, found: Sequence[Found]) -> None:
        self._asked = asked_of(question)
        self._subject = plain(focus or question)
        self._years = set(_YEAR.findall(plain(question)))
        self._found = found
        words = content_words(focus or question)
        self._words = [w for w in words if not _ASKING_WORDS.match(w)] or words
        self._weights = self._rarity()

    def _rarity(self) -> dict[str, float]:
        texts = [plain(f.chunk.embedded) for f in self._found]
        weights = {}
        for word in self._words:
            df = sum(word in text for text in texts)
            weights[word] = math.log(1 + (len(texts) + 1) / (df + 0.5)) * (0.4 if len(word) == 1 else 1.0)
        return weights

    def best(self, section_of: Callable[[Chunk], list[Chunk]]) -> tuple[list[Quote], float]:
        """Quotes in reading order and the confidence (0 to 1) that they answer; no quotes if nothing fits."""
        defined = self._definition()
        if defined:
            return [_quote(defined, defined.text)], 0.95
        scored = sorted(
            (self._score(unit) for found in self._found for unit in _units(found)),
            key=lambda s: -s.score,
        )
        if not scored:
            return [], 0.0
        top = scored[0]
        if self._heading(top.unit.chunk) >= 0.6:
            whole = section_of(top.unit.chunk)
            if sum(len(c.text) for c in whole) <= _WHOLE_SECTION:
                units = [u for c in whole for u in _units(Found(c, 0, ()))]
                return [_quote(u, u.text) for u in units], top.coverage
        chosen = [top]
        return [_quote(s.unit, self._trimmed(s.unit)) for s in chosen], top.coverage

    def _definition(self) -> _Unit | None:
        """The paragraph of a definition list whose term is what the question is about."""
        if self._asked not in ("definition", "members", "general"):
            return None
        best: tuple[float, _Unit] | None = None
        for found in self._found:
            if not is_definition(found.chunk.section) and self._asked != "definition":
                continue
            for unit in _units(found):
                term = plain(term_of(unit.text) or "")
                about = plain("".join(self._words))
                if not term or term not in self._subject or len(term) < 0.6 * len(about):
                    continue
                share = len(term) + (0.5 if is_definition(found.chunk.section) else 0)
                if best is None or share > best[0]:
                    best = (share, unit)
        return best[1] if best else None

    def _heading(self, chunk: Chunk) -> float:
        """How well the nearest heading names what is asked: 0 to 1."""
        if not chunk.section:
            return 0.0
        heading = plain(_NUMBERING.sub("", chunk.section[-1]))
        cue = _HEADING.get(self._asked)
        if cue and cue.search(heading):
            return 1.0
        total = sum(self._weights.values())
        said = sum(weight for word, weight in self._weights.items() if word in heading)
        letters = sum(len(w) for w in set(content_words(heading)) if w in self._subject)
        of_heading = min(1.0, letters / max(len(heading), 1))
        return 2 * (said / total) * of_heading / (said / total + of_heading) if said and of_heading else 0.0

    def _score(self, unit: _Unit) -> _Scored:
        text = plain(unit.text)
        head = plain(unit.chunk.section[-1]) if unit.chunk.section else ""
        around = plain(unit.chunk.embedded)
        got = total = 0.0
        for word, weight in self._weights.items():
            total += weight
            got += weight * (1.0 if word in text else 0.9 if word in head else 0.6 if word in around else 0.0)
        coverage = got / total if total else 0.0
        if self._years - set(_YEAR.findall(around)):
            coverage *= 0.5
        heading = self._heading(unit.chunk)
        cue = _CUE.get(self._asked)
        bonus = 0.35 * heading
        if cue:
            bonus += 0.35 if cue.search(unit.text) else -0.35 if self._asked == "reason" else 0.0
        if len(text) < 12:
            bonus -= 0.3
        if unit.chunk.metadata.get("kind") == "table" and self._asked in ("reason", "duties", "definition", "means"):
            bonus -= 0.3
        return _Scored(unit, coverage + 0.6 * unit.similarity + bonus, min(1.0, coverage + max(0.0, bonus) / 2))

    def _trimmed(self, unit: _Unit) -> str:
        """The sentences of a long paragraph that answer, with one before where it names the subject."""
        if len(unit.text) <= _LONG:
            return unit.text
        parts = sentences(unit.text)
        cue = _CUE.get(self._asked)

        def worth(part: str) -> float:
            folded = plain(part)
            said = sum(w for word, w in self._weights.items() if word in folded) / (sum(self._weights.values()) or 1)
            return said + (0.5 if cue and cue.search(part) else 0)

        best = max(range(len(parts)), key=lambda i: (worth(parts[i]), -i))
        first = best
        last = best
        while first > 0 and len("".join(parts[first - 1 : last + 1])) <= _LONG:
            first -= 1
        while last + 1 < len(parts) and len("".join(parts[first : last + 2])) <= _LONG:
            last += 1
        return "".join(parts[first : last + 1])


def _units(found: Found) -> Iterable[_Unit]:
    """The lines of a chunk, each with the block it stands in."""
    chunk = found.chunk
    lines = [line for line in chunk.text.split("\n") if line.strip()]
    if chunk.metadata.get("kind") == "table":
        yield _Unit(chunk, chunk.block_ids[0], chunk.text, found.similarity or 0.0)
        return
    matched = len(lines) == len(chunk.block_ids)
    for number, line in enumerate(lines):
        yield _Unit(chunk, chunk.block_ids[number if matched else 0], line, found.similarity or 0.0)


def _quote(unit: _Unit, text: str) -> Quote:
    chunk = unit.chunk
    return Quote(chunk.document_id, unit.block_id, chunk.page, chunk.section, text)
