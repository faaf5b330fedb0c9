"""How well each fact of a document answers what is asked, with the evidence for it.

A question's characters carry weights (1 what names something, 0.3 what every
figure shares, 0 what only asks). A fact's heads cover stretches of the question; a
good answer covers all that carries weight and has heads that say little else. What
stays uncovered is the reason not to answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from assistant.parts import said_part
from assistant.shelf import Labels, Shelved, ShelvedDocument, is_neutral
from assistant.understanding.wording import subject_codes, subjects_said
from index.amounts import MONEY
from index.glossary import subjects, synonyms
from index.names import folded
from index.records import Fact
from index.row_tree import clean_label

_MEASURES = ("预算数", "年度资金总额", "项目总预算", "总预算", "金额", "合计")
_PART_MEASURE = re.compile(r"^其中|财政资金|财政拨款$|其他资金|资金来源")
TARGET_WORDS = re.compile(
    r"指标|目标值|满意度|合格率|覆盖率|完成率|及时率|达标率|次数|率(?:是|为|要|多|达|有|的|$)|时限|时效|标准要求|要求多少|要求是"
)
CHANGE_WORDS = re.compile(r"增加|减少|增长|下降|降低|上升|变化|增减|提高|压减|涨|跌")
SCHEDULE_WORDS = re.compile(r"进度|支出计划|用款计划|资金计划|\d{1,2}月[底末]|季度")
_MONEY_ASKED = re.compile(r"预算|经费|资金|钱|花|费|支出|收入|元|金额")
LEAST_CONTENT = 0.75
UNSAID = 0.4  # what a fact loses for the naming characters that it does not cover
OF_PART = 0.04  # what the unit that a question names, or the department where it names none, is ahead of the others
_BY_SYNONYM = 0.85
_LEAST_BY_SYNONYM = 0.3
COUNT_ASKED = re.compile(
    r"(?:多少|几)万?((批)次|(人)次|辆|人|次|台|套|家|户|名|期|平方米|立方米|亩|公顷|公里|千米|米|吨|天|小时|场|件|份|批|条|首|部|篇|幅|块|处|座|所|株|棵|栋"
    r"|页|卷|册|张|只|头|羽|尾|盏|根|枚|例|种|个(?!项目|指标|专项|科目|月|方面|部分|大类|类|款|季度|功能|亿|百分))"
)
_SUM_ASKED = re.compile(r"多少钱|金额|预算|资金|多少[万亿]?元|(?:经费|费用|费)(?:是|有|为)?(?:多少)?[?？]?$")
PERCENT_ASKED = re.compile(r"百分|%|幅|率")
_KINDS_OF_SPENDING = re.compile("基本支出|项目支出|人员经费|公用经费")
OTHER_KIND = 0.2  # what a fact loses for each of them that is said and that its heads do not name
_PHASE = re.compile(r"(?:年初预算|支出决算|决算|预算)数?$")
_RESTRICTS = re.compile(r"机关运行|采购|财政拨款|一般公共预算|政府性基金|国有资本经营")
_COUNTS = re.compile(r"(?:人数|面积|编制数|辆数|户数|批次|人次)(?:是|为|有)?(?:多少|几[人辆户])?[?？]?$")
_CODE = re.compile(r"\d{3,}")
_ACRONYM = re.compile("[a-z]{2,}")
BY_ACRONYM = 0.7
_TOTAL_SAID = re.compile(r"合计|总计|小计|总额")


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
    direction: str | None = None

    @property
    def weight(self) -> float:
        return sum(self.weights)


@dataclass(frozen=True, slots=True)
class Match:
    """A fact with how well it answers (0 to 1), how much of the question it covers, and the words left uncovered.

    ``content`` is the share of the naming characters that it covers, ``own`` the share that heads and
    headings do, without the sentence around it; ``part`` is the unit of the document that it is of.
    """

    fact: Fact
    document: ShelvedDocument
    score: float
    coverage: float
    precision: float
    left: str
    content: float = 1.0
    own: float = 1.0
    part: str = ""

    @property
    def holds(self) -> bool:
        """Whether the fact covers what the question names: no word left over, three quarters of its characters."""
        return not self.left and self.content >= LEAST_CONTENT


def match(wanted: Wanted, documents: Sequence[ShelvedDocument], limit: int = 40) -> list[Match]:
    """The best facts for what is wanted, best first; at most ``limit``."""
    spans = _synonym_spans(wanted.text)
    found: list[Match] = []
    for document in documents:
        found += _Scorer(wanted, document, spans).matches(limit)
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


def _label_masks(
    wanted: Wanted, labels: Labels, spans: Iterable[tuple[int, int, str]]
) -> tuple[dict[int, int], dict[int, float]]:
    """For each label that shares something with the question: the characters it covers (bits), and the share of it that is said."""
    text = wanted.text
    masks: dict[int, int] = {}
    said: dict[int, set[str]] = {}
    kept = [(i, c) for i, c in enumerate(text) if c not in "()（）“”\"'‘’《》.·-"]
    codes = {i: found[0] for found in _CODE.finditer(text) for i in range(*found.span())}
    for (i, a), (j, b) in pairwise(kept):
        for number in labels.pairs.get((a + b).lower(), ()):
            if i in codes and j in codes and codes[i] not in _CODE.findall(labels.texts[number]):
                continue  # 30110 is no part of 30101, nor of 3011001
            masks[number] = masks.get(number, 0) | (1 << i) | (1 << j)
            said.setdefault(number, set()).add((a + b).lower())
    shares = {n: _share(labels.texts[n], said[n]) for n in masks}
    for acronym in _ACRONYM.findall(text.lower()):  # MQI says 公路技术状况指数（MQI）
        shares |= {n: max(s, BY_ACRONYM) for n, s in shares.items() if acronym in _ACRONYM.findall(labels.texts[n])}
    for start, end, printed in spans:
        grams = [printed[i : i + 2] for i in range(len(printed) - 1)]
        if not grams:
            continue
        for number in labels.pairs.get(grams[0], ()):
            if printed in labels.texts[number]:
                by_synonym = _BY_SYNONYM * _share(labels.texts[number], said.get(number, set()) | set(grams))
                if by_synonym < _LEAST_BY_SYNONYM:
                    continue  # 采购 is not said by the 购置 of 公务用车购置及运行维护费
                masks[number] = masks.get(number, 0) | (((1 << (end - start)) - 1) << start)
                shares[number] = max(shares.get(number, 0.0), by_synonym)
    return masks, shares


def _share(label: str, said: set[str]) -> float:
    """The share of a label's characters that stand in pairs which the question says too."""
    places = {p for i in range(len(label) - 1) if label[i : i + 2] in said for p in (i, i + 1)}
    return len(places) / len(label)


class _Scorer:
    """Scores the facts of one document; what a question's words cover is kept as bits, one for each character."""

    def __init__(self, wanted: Wanted, document: ShelvedDocument, spans: list[tuple[int, int, str]]) -> None:
        self.wanted, self.document, self.labels = wanted, document, document.labels
        self.masks, self.shares = _label_masks(wanted, document.labels, spans)
        self.identity = _identity_mask(wanted, document)
        self.part, self.unit = "", 0
        if document.units:
            units, own = document.units, document.row.agency
            here = said_part(wanted.text, units, own)
            if here is not None:
                self.part, (start, end) = here
                self.unit = ((1 << (end - start)) - 1) << start
            elif (asked := said_part(wanted.hints, units, own)) is not None:
                self.part = asked[0]
        # What names the unit names no row of it: the row 图书馆 is not what is asked of 市图书馆.
        self.unit_shares = {n: s if self.masks[n] & ~self.unit else 0.0 for n, s in self.shares.items()}
        self.total = max(wanted.weight, 1e-9)
        self.content = sum((w >= 1.0) << i for i, w in enumerate(wanted.weights))
        self.size = self.content.bit_count()
        self.totals = _TOTAL_SAID.findall(wanted.text)
        self._weights: dict[int, float] = {}
        self._merged: dict[tuple[int, ...], int] = {(): 0}
        self._quotes: dict[str, int] = {}
        self._triples = [(wanted.text[i : i + 3], 7 << i) for i in range(len(wanted.text) - 2)]

    def matches(self, limit: int) -> list[Match]:
        """The document's best facts. What covers less than half of what the best one covers is not looked at closer."""
        rough = list(self._rough())
        least = max((coverage for *_, coverage in rough), default=0.0) / 2
        found = [(self._score(*r), r) for r in rough if r[-1] >= least]
        found.sort(key=lambda f: -f[0][0])
        out = []
        for (score, precision), (shelved, names, columns, around, coverage) in found[:limit]:
            mask = names | columns | around | self._identity(shelved)
            held = (mask & self.content).bit_count() / self.size if self.size else 1.0
            left = _left(self.wanted, mask)
            heads = names | columns | self._of(shelved.around) | (self._identity(shelved) & self.unit)
            own = (heads & self.content).bit_count() / self.size if self.size else 1.0
            least_said = score - UNSAID * (1 - held)
            out.append(Match(shelved.fact, self.document, least_said, coverage, precision, left, held, own, shelved.part))
        out.sort(key=lambda m: (-m.score, m.fact.source.row is None, m.fact.id))
        return out

    def _rough(self) -> Iterator[tuple[Shelved, int, int, int, float]]:
        """Each fact that shares something with the question, with what its row, its column and its table cover."""
        for shelved in self.document.facts:
            if shelved.stored.kind not in self.wanted.kinds or not _fits(self.wanted, shelved):
                continue
            if self.part and shelved.part != self.part and (shelved.part or not self.unit):
                continue
            names = self._of(shelved.names) | self._of(shelved.beside) if shelved.beside else self._of(shelved.names)
            columns, around = self._of(shelved.columns), self._of(shelved.around)
            if shelved.stored.row is None and (quote := shelved.fact.source.quote):
                around |= self._quoted(quote)
            if names | columns | around or self.total <= 0.9:
                yield (
                    shelved,
                    names,
                    columns,
                    around,
                    self._covered(names | columns | around | self._identity(shelved)) / self.total,
                )

    def _identity(self, shelved: Shelved) -> int:
        """What of the question names the document, or the unit in it that this figure is of."""
        return self.identity | self.unit if self.unit and shelved.part == self.part else self.identity

    def _of(self, numbers: tuple[int, ...]) -> int:
        mask = self._merged.get(numbers)
        if mask is None:
            mask = 0
            for number in numbers:
                mask |= self.masks.get(number, 0)
            self._merged[numbers] = mask
        return mask

    def _quoted(self, quote: str) -> int:
        """Prose around a figure names it too, word by word (three characters and more); figures share a sentence."""
        mask = self._quotes.get(quote)
        if mask is None:
            mask = 0
            for triple, bits in self._triples:
                if triple in quote:
                    mask |= bits
            self._quotes[quote] = mask
        return mask

    def _covered(self, mask: int) -> float:
        weight = self._weights.get(mask)
        if weight is None:
            weight = self._weights[mask] = sum(w for i, w in enumerate(self.wanted.weights) if mask >> i & 1)
        return weight

    def _score(self, shelved: Shelved, names: int, columns: int, around: int, coverage: float) -> tuple[float, float]:
        fact, wanted = shelved.fact, self.wanted
        shares = self.unit_shares if self.unit and shelved.part == self.part else self.shares
        precision, key = _precision(shelved, shares, self.labels)
        if self.totals and _is_total(fact, self.totals) and (fact.is_total or not shelved.names) and self.size:
            precision = max(precision, 0.9 * ((around | names) & self.content).bit_count() / self.size)
        if fact.is_total and not self.content & ~around and self._covered(around | self._identity(shelved)) >= 0.9 * self.total:
            precision = max(precision, 0.8)
        focus = self._covered(self.masks.get(key, 0)) / self.total
        core = self._covered(names | columns | self._identity(shelved)) / self.total
        score = 0.4 * coverage + 0.2 * core + 0.28 * precision**2 * (0.6 + 0.4 * focus) + 0.12 * focus
        score += _preference(wanted, shelved, self.shares, self._own_said(shelved)) - 0.06 * self._silent(shelved, key, names)
        if self.document.units:
            score += OF_PART if shelved.part == self.part else -OF_PART
        row = self.document.row
        if wanted.phase == "预算" and row.phase == "决算":
            score -= 0.05
        if wanted.phase is None and row.phase == "决算" and fact.phase not in (None, "决算", "执行"):
            score -= 0.05  # final accounts print the budget beside what was spent
        if row.phase == "决算" and "总" not in wanted.text and fact.row_path and fact.row_path[-1].endswith("总计"):
            score -= 0.04  # their 总计 holds what is carried over as well
        if wanted.year is None and fact.fiscal_year is not None and row.fiscal_year not in (None, fact.fiscal_year):
            score -= 0.08
        return score, precision

    def _own_said(self, shelved: Shelved) -> float:
        """How much of a form's row is said, apart from what only names the form's project (修缮 of 设施修缮经费, 纪念碑修缮)."""
        row = shelved.names[0] if shelved.names else -1
        project = self.labels.numbers.get(shelved.fact.project or "", -1)
        if row != project and self.shares.get(project, 0.0) >= 0.99 and not self.masks.get(row, 0) & ~self.masks[project]:
            return 0.0
        return self.shares.get(row, 0.0)

    def _silent(self, shelved: Shelved, key: int, names: int) -> int:
        """How many of the column's heads say something that the question does not."""
        return sum(
            n != key
            and not self.labels.neutral[n]
            and (self.shares.get(n, 0.0) < 0.6 or not self.masks.get(n, 0) & ~names)
            for n in shelved.columns
        )


def _identity_mask(wanted: Wanted, document: ShelvedDocument) -> int:
    """Characters of the question that the document's own title covers: they name the document, not the figure.

    Its office's name is read by the understanding; here 网络安全 in it would stand for a project of that name.
    """
    title = folded(document.row.title.replace(document.row.agency or "\n", "\n") + (document.row.phase or ""))
    mask = 0
    text = wanted.text
    for i in range(len(text) - 1):
        if text[i : i + 2] in title:
            mask |= 3 << i
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


def _fits(wanted: Wanted, shelved: Shelved) -> bool:
    if wanted.period and shelved.stored.kind == "schedule" and shelved.fact.period != wanted.period:
        return False
    if not wanted.negated:
        return True
    fact = shelved.fact
    heads = (*fact.row_path[-1:], *fact.column_path[-1:])
    return not any(refuses(n, h) for n in wanted.negated for h in heads)


def refuses(negated: str, head: str) -> bool:
    """Whether a head names what the question leaves out, shortened or not: 运行费 leaves out 公务用车运行维护费."""
    rest = iter(folded(head))
    word = folded(negated)
    return len(word) >= 2 and all(c in rest for c in word)


def _precision(shelved: Shelved, shares: dict[int, float], labels: Labels) -> tuple[float, int]:
    """How much of the fact's own name is said, and which head that is.

    A row's name, a project's, an item's beside; where the row is a total or has no name, the innermost column's.
    """
    fact = shelved.fact
    column = next((n for n in shelved.columns if not labels.neutral[n]), -1)
    column_share = shares.get(column, 0.0)
    # In prose 年初预算 and 支出决算 name a phase; what the figure is of stands before.
    first = int(
        fact.source.row is None and len(shelved.names) > 1 and bool(_PHASE.match(labels.texts[shelved.names[0]]))
    )
    named = (*shelved.names[first : first + 1], *shelved.beside)
    if not named:
        return (column_share, column) if column >= 0 else (0.5, shelved.columns[0] if shelved.columns else -1)
    if fact.kind == "target":
        return shares.get(named[0], 0.0), named[0]
    if fact.kind == "text" and fact.indicator:
        return column_share, column
    own = max(named, key=lambda n: shares.get(n, 0.0))
    if fact.project and fact.source.row is not None:
        project = labels.numbers.get(fact.project, -1)
        if project in shares:
            return shares[project], project
        return 0.6 * shares.get(own, 0.0), own
    share = max(
        shares.get(own, 0.0), *(shares.get(n, 0.0) if labels.texts[n].isdigit() else 0.0 for n in (own, *shelved.names))
    )
    if fact.is_total or labels.neutral[own] or (fact.subject and fact.subject == fact.agency):  # a unit's own row
        return (column_share, column) if column >= 0 else (max(share, 0.5), own)
    if share < 0.3 and column_share > share:
        return max(0.0, column_share - 0.4), column
    return share, own


def _is_total(fact: Fact, said: Sequence[str]) -> bool:
    """Whether a head of the fact is one of the totals that the question says (合计 and 总计 stand for each other)."""
    heads = (*fact.row_path[-1:], *fact.column_path)
    return any(h.endswith(t) or (t in ("合计", "总计") and h in ("合计", "总计")) for h in heads for t in said)


def _preference(wanted: Wanted, shelved: Shelved, shares: dict[int, float], own: float) -> float:
    """Small leanings that decide between facts which the words alone leave equal; ``own`` is how much of the row is said."""
    fact = shelved.fact
    lean = 0.0
    totals = _TOTAL_SAID.findall(wanted.text)
    if totals:
        lean += 0.12 if _is_total(fact, totals) else -0.04
        lean += 0.05 if fact.is_total else 0.0
    if kinds := _KINDS_OF_SPENDING.findall(wanted.text):
        heads = (*fact.row_path, *fact.column_path, fact.table or "", *fact.section[-1:], fact.source.quote or "")
        lean -= sum(OTHER_KIND for kind in kinds if kind not in "".join(heads))
    if fact.source.row is None and "表" in wanted.text:
        lean -= 0.15
    if fact.source.row is None:
        lean -= 0.09
    if wanted.kinds[0] == "change":
        lean += 0.0 if fact.kind == "change" else -0.2
        lean -= 0.1 if fact.unit == "%" and not PERCENT_ASKED.search(wanted.hints) else 0.0
    lean += _by_name(wanted, shelved, shares)
    restricted = _RESTRICTS.search(fact.table or (fact.section[-1] if fact.section else ""))
    if restricted and restricted[0] not in wanted.text:
        lean -= {"采购": 0.15, "机关运行": 0.06}.get(restricted[0], 0.03)
    if fact.source.quote and fact.source.row is not None:
        lean -= 0.03
    if wanted.phase and fact.phase:
        if fact.phase == wanted.phase:
            lean += 0.06
        elif not phases_agree(wanted.phase, fact.phase):
            lean -= 0.25
    if wanted.as_of:
        lean += 0.3 if fact.period and fact.period in wanted.as_of else -0.1
    if wanted.direction and fact.kind == "change" and fact.value is not None:
        lean += 0.06 if (fact.value < 0) == (wanted.direction == "down") else -0.2
    counted = COUNT_ASKED.search(wanted.hints)
    if counted and fact.kind in ("amount", "change", "empty"):
        lean += 0.15 if fact.unit and fact.unit.removeprefix("万") in counted.groups() else -0.6
    elif fact.kind in ("amount", "change") and fact.unit not in MONEY and _MONEY_ASKED.search(wanted.hints):
        unnamed = not fact.unit and (fact.measure or "").startswith(_MEASURES)  # a budget whose table names no unit
        lean -= 0.0 if unnamed else 0.15
    if wanted.year is not None and fact.fiscal_year is not None and fact.fiscal_year != wanted.year:
        lean -= 0.3
    if (
        fact.kind == "target"
        and fact.unit not in MONEY
        and _MONEY_ASKED.search(wanted.hints)
        and not TARGET_WORDS.search(wanted.hints)
    ):
        lean -= 0.2
    if fact.project and fact.measure and fact.source.row is not None:
        lean -= 0.25 if wanted.period and fact.kind == "amount" else 0.0  # its sums are of the whole year
        lean += 0.03 if any(fact.measure.startswith(m) for m in _MEASURES) else 0.0
        lean += 0.12 * own if (own >= 0.75 or fact.kind == "text") and not is_neutral(fact.measure) else 0.0
        lean -= 0.05 if _PART_MEASURE.search(fact.measure) and own < 0.5 else 0.0
    lean -= 0.01 * min(fact.depth, 3) if fact.depth > 0 else 0.0
    if len(wanted.kinds) > 1:
        lean -= 0.02 * wanted.kinds.index(fact.kind)
    return lean


def _below_said(fact: Fact, text: str) -> bool:
    """Whether a question names a subject and one above it: 组织事务一般行政管理事务 is the row under 组织事务."""
    said = subjects_said(text)
    if len(said) < 2 or clean_label(fact.subject or "") not in (name for name, _ in said):
        return False
    code = fact.subject_code or ""
    return any(code.startswith(c) and code != c for name, _ in said for c in subject_codes()[name])


def _by_name(wanted: Wanted, shelved: Shelved, shares: dict[int, float]) -> float:
    """Leanings by the very name of a subject or an indicator."""
    fact, lean = shelved.fact, 0.0
    if _asks_all_of_cars(wanted.hints) and fact.row_path and _CARS_TOTAL.search("".join((*fact.row_path[-1:], *fact.column_path[-1:]))):
        lean += 0.1  # buying and running together, where neither is asked for
    if fact.subject_code:
        if fact.subject_code[0] == "2" and "收入" not in wanted.text and _income(fact):
            lean -= 0.03  # a subject of spending that an income table lists too
        lean += 0.15 if _below_said(fact, wanted.text) else 0.0
    if fact.kind == "target" and fact.indicator and len(fact.indicator[-1]) >= 4 and fact.project:
        last = fact.indicator[-1]
        beyond = sum(last[i : i + 2] not in fact.project for i in range(len(last) - 1))
        if shares.get(shelved.names[0], 0.0) >= 0.99 and beyond >= 2:
            lean += 0.25  # an indicator said word for word is what is asked, not its project's budget
    return lean


_ALL_OF_CARS = re.compile("^(?!.*(?:购|买|运行|维护|运维|改革|保有|辆|数量)).*(?:公车|公务车|公务用车)")
_CARS_TOTAL = re.compile("公务用车购置费?[及和与](?:公务用车)?(?:运行维护|运行|运维)费")


@lru_cache(maxsize=64)
def _asks_all_of_cars(hints: str) -> bool:
    return bool(_ALL_OF_CARS.search(hints))


def _income(fact: Fact) -> bool:
    heads = "".join((fact.table or "", *fact.column_path))
    return "收入" in heads and "支出" not in heads


def money_asked(wanted: Wanted) -> bool:
    """Whether a sum of money is asked for, not a count nor a target."""
    hints = wanted.hints
    return bool(_SUM_ASKED.search(hints)) and not TARGET_WORDS.search(hints) and not COUNT_ASKED.search(hints)


def phases_agree(asked: str, printed: str) -> bool:
    if asked == "预算":
        return printed in {"预算", "年初预算", "调整预算"}
    if asked == "执行":
        return printed in {"执行", "决算"}
    return asked == printed or (asked == "年初预算" and printed == "预算") or (asked == "决算" and printed == "执行")


def another_subject(fact: Fact, wanted: Wanted) -> bool:
    """Whether a fact is of another thing than asked: 邮电费 where 电费 has a code of its own, money where heads are counted."""
    if fact.unit in MONEY and fact.kind == "amount" and _COUNTS.search(wanted.hints):
        return True
    name = clean_label(fact.subject or "")
    if _other_code(fact, name or "".join(fact.column_path[-1:]), wanted.text) or _another_stock(fact, wanted.hints):
        return True
    return name not in wanted.text and any(s in wanted.text for s in _subjects_within().get(name, ()))


def _other_code(fact: Fact, name: str, text: str) -> bool:
    """Whether the question says a subject's whole name and the fact is of one outside of it: 福利费 is not 工资福利支出."""
    if not name or name in text:
        return False
    heads = folded("".join((fact.project or "", *fact.section, *fact.row_path, *fact.column_path)))
    own = (fact.subject_code,) if fact.subject_code else subject_codes().get(name, ())
    for said, _ in subjects_said(text):
        codes = subject_codes()[said]
        if folded(said) in heads or any(o.startswith(c) for o in own for c in codes) or said in (fact.agency or ""):
            continue  # 妇幼保健 may be the unit's name
        # An economic subject's name is an everyday word too (会议费): it excludes only other subjects.
        if own or (len(said) >= 4 and all(c[0] == "2" for c in codes)):
            return True
    return False


def _another_stock(fact: Fact, hints: str) -> bool:
    """Whether things to be bought are asked for and the fact counts those that are there, or the other way round."""
    bought = re.search("购|采|新增|更新", "".join((*fact.row_path, *fact.column_path)))
    return fact.unit in ("辆", "台", "套") and bool(re.search("买|购", hints)) and not bought


@lru_cache(maxsize=1)
def _subjects_within() -> dict[str, tuple[str, ...]]:
    """For a name of an economic subject the names of other ones that stand inside it."""
    codes = {n: c for c, names in subjects().items() if c[0] == "3" for n in names}
    within = {
        n: tuple(s for s in codes if s in n and s != n and codes[s] != c and n.removesuffix("费") != s and len(s) > 1)
        for n, c in codes.items()
        if not n.startswith("其他")
    }
    return {n: found for n, found in within.items() if found}
