"""How well each fact of a document answers what is asked, with the evidence for it.

A question's characters carry weights (1 what names something, 0.3 what every
figure shares, 0 what only asks). A fact's heads cover stretches of the question; a
good answer covers all that carries weight and has heads that say little else. What
stays uncovered is the reason not to answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.shelf import Labels, Shelved, ShelvedDocument
from index.glossary import synonyms
from index.names import folded
from index.records import Fact

_NEUTRAL = re.compile(
    r"^(?:合计|总计|小计|金额|预算数|决算数|预算金额|预算|决算|数值|本年预算数?|年初预算数?|总额|支出预算|收入预算|本年收入|本年支出|项目|支出|收入|指标值"
    r"|20\d\d年?(?:预算|决算|预算数|决算数)?|本年收入合计|本年支出合计|支出合计|收入合计|资金性质|机关运行经费支出|总金额|年度资金总额.*)$"
)
_MEASURES = ("预算数", "年度资金总额", "项目总预算", "总预算", "金额", "合计")
_PART_MEASURE = re.compile(r"^其中|财政资金|财政拨款$|其他资金|资金来源")
TARGET_WORDS = re.compile(r"指标|目标值|满意度|合格率|覆盖率|完成率|及时率|达标率|次数|率(?:是|为|要|多|达|有|的|$)|时限|时效|标准要求|要求多少|要求是")
CHANGE_WORDS = re.compile(r"增加|减少|增长|下降|降低|上升|变化|增减|提高|压减|涨|跌")
SCHEDULE_WORDS = re.compile(r"进度|支出计划|用款计划|资金计划|\d{1,2}月[底末]|季度")
LEAST_CONTENT = 0.75


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is sought in one document set: the plain question's characters with their weights, and the kind of fact."""

    text: str
    weights: tuple[float, ...]
    kinds: tuple[str, ...] = ("amount",)
    phase: str | None = None
    year: int | None = None
    period: str | None = None
    as_of: str | None = None
    negated: tuple[str, ...] = ()
    hints: str = ""

    @property
    def weight(self) -> float:
        return sum(self.weights)


@dataclass(frozen=True, slots=True)
class Match:
    """A fact with how well it answers (0 to 1), how much of the question it covers, and the words left uncovered."""

    fact: Fact
    document: ShelvedDocument
    score: float
    coverage: float
    precision: float
    left: str
    content: float = 1.0

    @property
    def holds(self) -> bool:
        """Whether the fact covers what the question names: no word left over, three quarters of its characters."""
        return not self.left and self.content >= LEAST_CONTENT


def match(wanted: Wanted, documents: Sequence[ShelvedDocument], limit: int = 40) -> list[Match]:
    """The best facts for what is wanted, best first; at most ``limit``."""
    spans = _synonym_spans(wanted.text)
    found: list[Match] = []
    for document in documents:
        found += _in_document(wanted, document, spans, limit)
    found.sort(key=lambda m: (-m.score, m.document.row.file, m.fact.id))
    return found[:limit]


def _synonym_spans(text: str) -> list[tuple[int, int, str]]:
    spans = []
    for said, printed in synonyms():
        at = text.find(said)
        while at >= 0:
            spans.append((at, at + len(said), folded(printed)))
            at = text.find(said, at + 1)
    return spans


def _label_masks(wanted: Wanted, labels: Labels, spans: Iterable[tuple[int, int, str]]) -> tuple[dict[int, int], dict[int, float]]:
    """For each label that shares something with the question: the characters it covers (bits), and the share of it that is said."""
    text = wanted.text
    masks: dict[int, int] = {}
    said: dict[int, set[str]] = {}
    kept = [(i, c) for i, c in enumerate(text) if c not in "()（）“”\"'‘’《》、,，.。·- "]
    for (i, a), (j, b) in zip(kept, kept[1:], strict=False):
        for number in labels.pairs.get((a + b).lower(), ()):
            masks[number] = masks.get(number, 0) | (1 << i) | (1 << j)
            said.setdefault(number, set()).add((a + b).lower())
    shares = {n: _share(labels.texts[n], said[n]) for n in masks}
    for start, end, printed in spans:
        grams = [printed[i : i + 2] for i in range(len(printed) - 1)]
        if not grams:
            continue
        for number in labels.pairs.get(grams[0], ()):
            if printed in labels.texts[number]:
                masks[number] = masks.get(number, 0) | (((1 << (end - start)) - 1) << start)
                said[number] = said.get(number, set()) | set(grams)
                shares[number] = _share(labels.texts[number], said[number])
    return masks, shares


def _share(label: str, said: set[str]) -> float:
    """The share of a label's characters that stand in pairs which the question says too."""
    places = {p for i in range(len(label) - 1) if label[i : i + 2] in said for p in (i, i + 1)}
    return len(places) / len(label)


def _in_document(wanted: Wanted, document: ShelvedDocument, spans: list[tuple[int, int, str]], limit: int) -> list[Match]:
    masks, shares = _label_masks(wanted, document.labels, spans)
    identity = _identity_mask(wanted, document)
    weights, total = wanted.weights, max(wanted.weight, 1e-9)
    content = 0
    for i, w in enumerate(weights):
        content |= (w >= 1.0) << i
    size = content.bit_count()
    known: dict[int, float] = {}

    def covered(mask: int) -> float:
        weight = known.get(mask)
        if weight is None:
            weight = known[mask] = sum(w for i, w in enumerate(weights) if mask >> i & 1)
        return weight

    found = []
    for shelved in document.facts:
        fact = shelved.fact
        if not _fits(wanted, fact):
            continue
        names = _merged(shelved.names, masks)
        columns = _merged(shelved.columns, masks)
        around = _merged(shelved.around, masks)
        if fact.source.row is None and fact.source.quote:
            around |= _quote_mask(wanted, fact)
        core = names | columns
        if not core | around and total > 0.9:
            continue
        mask = core | around | identity
        coverage = covered(mask) / total
        core_coverage = covered(core | identity) / total
        precision = _precision(shelved, masks, shares, document.labels, covered)
        score = 0.45 * coverage + 0.25 * core_coverage + 0.3 * precision
        score += _preference(wanted, shelved, document.labels, masks, shares)
        found.append((score, mask, coverage, precision, fact))
    found.sort(key=lambda f: -f[0])
    matches = [
        Match(fact, document, score, coverage, precision, _left(wanted, mask), (mask & content).bit_count() / size if size else 1.0)
        for score, mask, coverage, precision, fact in found[:limit]
    ]
    matches.sort(key=lambda m: (-m.score, m.fact.source.row is None, m.fact.id))
    return matches


def _merged(numbers: Iterable[int], masks: dict[int, int]) -> int:
    mask = 0
    for number in numbers:
        mask |= masks.get(number, 0)
    return mask


def _identity_mask(wanted: Wanted, document: ShelvedDocument) -> int:
    """Characters of the question that the document's own title covers: they name the document, not the figure."""
    title = folded(document.row.title + (document.row.phase or ""))
    mask = 0
    text = wanted.text
    for i in range(len(text) - 1):
        if text[i : i + 2] in title:
            mask |= 3 << i
    return mask


def _quote_mask(wanted: Wanted, fact: Fact) -> int:
    """Prose around a figure names it too, word by word (three characters and more)."""
    quote = fact.source.quote or ""
    text, mask = wanted.text, 0
    for i in range(len(text) - 2):
        if text[i : i + 3] in quote:
            mask |= 7 << i
    return mask


def _left(wanted: Wanted, mask: int) -> str:
    """The stretches of content that nothing covers, two characters and more; single ones do not refuse an answer."""
    out, run = [], ""
    for i, char in enumerate(wanted.text + " "):
        uncovered = i < len(wanted.text) and wanted.weights[i] >= 1.0 and not mask >> i & 1
        if uncovered:
            run += char
        else:
            if len(run) >= 2:
                out.append(run)
            run = ""
    return " ".join(out)


def _fits(wanted: Wanted, fact: Fact) -> bool:
    if fact.kind not in wanted.kinds:
        return False
    if wanted.period and fact.kind == "schedule" and fact.period != wanted.period:
        return False
    if wanted.year is not None and fact.fiscal_year is not None and fact.fiscal_year != wanted.year:
        return False
    heads = "".join((*fact.row_path, *fact.column_path))
    return not any(_refuses(n, heads) for n in wanted.negated)


def _refuses(negated: str, heads: str) -> bool:
    word = folded(negated)
    return len(word) >= 2 and word in folded(heads)


def _precision(shelved: Shelved, masks: dict[int, int], shares: dict[int, float], labels: Labels, covered: object) -> float:
    """How much of the fact's own name is said: of the head that covers most, a row's, a project's or a column's."""
    best, best_weight = 0.0, 0.0
    weigh = covered if callable(covered) else lambda _mask: 0.0
    candidates = [*shelved.names[:3], *shelved.columns]
    for number in candidates:
        mask = masks.get(number, 0)
        if not mask:
            continue
        weight = weigh(mask)
        share = shares.get(number, 0.0)
        if (weight, share) > (best_weight, best) and weight >= best_weight - 0.01:
            best, best_weight = share, weight
    return best


def _preference(wanted: Wanted, shelved: Shelved, labels: Labels, masks: dict[int, int], shares: dict[int, float]) -> float:
    """Small leanings that decide between facts which the words alone leave equal."""
    fact = shelved.fact
    lean = 0.0
    for number in shelved.columns:
        if shares.get(number, 0) < 0.5 and not _NEUTRAL.match(labels.texts[number]):
            lean -= 0.06
    if fact.source.row is None:
        lean -= 0.05
    if fact.source.quote and fact.source.row is not None:
        lean -= 0.03
    if fact.phase == wanted.phase and wanted.phase:
        lean += 0.06
    elif wanted.phase and fact.phase and not _phases_agree(wanted.phase, fact.phase):
        lean -= 0.25
    if wanted.as_of and fact.period:
        lean += 0.05
    own = shelved.names[0] if shelved.names else -1
    if fact.project and fact.measure:
        lean += 0.03 if any(fact.measure.startswith(m) for m in _MEASURES) else 0.0
        lean -= 0.05 if _PART_MEASURE.search(fact.measure) and shares.get(own, 0) < 0.5 else 0.0
    elif own >= 0 and not fact.is_total and own not in masks and not (shelved.names and any(n in masks for n in shelved.names)):
        lean -= 0.08
    lean -= 0.01 * min(fact.depth, 3) if fact.depth > 0 else 0.0
    if len(wanted.kinds) > 1:
        lean -= 0.02 * wanted.kinds.index(fact.kind)
    return lean


def _phases_agree(asked: str, printed: str) -> bool:
    if asked == "预算":
        return printed in {"预算", "年初预算", "调整预算"}
    return asked == printed or (asked == "年初预算" and printed == "预算") or (asked == "决算" and printed == "执行")
