"""The guard: nothing in a model's draft that the evidence it cites does not say, in that meaning.

Every sentence must cite; each of its clauses must be borne out by one place of one cited piece, word for word but for
ordinary connecting words, in that order; every figure must be that piece's figure, under its label, with its year,
unit, sign and comparison (730,500元 = 73.05万元 passes, 730,500万元 does not, nor a figure of another row). A cause
must be the cause that the piece names of that effect, and what goes on from the clause before (比上年增加, 原因是) must
go on from it in the piece too. The guard prefers to refuse: what it refuses is replaced by the deterministic answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from assistant.clauses import (
    FIGURE,
    OTHER,
    TOKENS,
    Clause,
    content,
    cut,
    dated,
    inlaid,
    money,
    plain,
    read,
    same_figure,
    sentences,
)  # fmt: skip
from assistant.evidence import Piece
from assistant.records import Value
from index.amounts import find_amounts

__all__ = ["Fault", "check", "cited", "plain", "unsaid"]

_MARK = re.compile(r"[\[［【](\d{1,3})[\]］】]")
_SENTENCE = re.compile(r"[。！？!?\n]+")
_HAN = re.compile(r"[一-鿿A-Za-z]")
_SEGMENT = 3
# Who begins so goes on from the clause before: its subject stands there.
_GOES_ON = re.compile(
    r"其中|包括|(?:主要|[比较与同](?=\d{4}年|上|去|前|预算|决算)|相比|增加|增长|上升|减少|下降|降低|持平|[^，]{0,4}原因|由于|"
    r"因(?![公素])|是因|所以|导致|造成|引起|从而)"
)
_CAUSE_AFTER = re.compile(r"的?(?:主要|具体)?原因(?:在于|[是为])?|(?:主要)?[是系]?(?:由于|因为|因(?![公素此地]))")
_CAUSE_BEFORE = re.compile(r"所致|导致|造成|引起|使得|致使|带来|因此|所以|从而")
_MAINLY = re.compile(r"主要[为是系](?!用)")

Places = dict[int, frozenset[int]]
"""The sentences of each piece that bear a clause out."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A sentence that does not pass, and why (Chinese; the model mends by it)."""

    sentence: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Source:
    """A sentence of a piece: its clauses as written and as read."""

    texts: tuple[str, ...]
    clauses: tuple[Clause, ...]

    def shown(self, figure: tuple[int, int] | None = None) -> list[str]:
        """The content of the clauses, where the one figure at (clause, place) is FIGURE and every other one OTHER."""
        out = []
        for n, clause in enumerate(self.clauses):
            parts = "".join(clause.runs).split(FIGURE)
            marks = [FIGURE if (n, m) == figure else OTHER for m in range(len(parts) - 1)]
            out.append("".join(a + b for a, b in zip(parts, [*marks, ""], strict=True)))
        return out

    def years(self, place: int) -> frozenset[str]:
        """The years that a clause speaks of: its own, else the last that were named before it."""
        return next((c.of_years for c in reversed(self.clauses[: place + 1]) if c.of_years), frozenset())

    def label(self, place: int) -> list[str]:
        """What the figure or the turn of a clause belongs to: its own words, else those of the last that has any."""
        return next((c.label for c in reversed(self.clauses[: place + 1]) if c.label), [])


def check(draft: str, pieces: Sequence[Piece], question: str = "") -> list[Fault]:
    """What is wrong with a draft; empty when every sentence is borne out by what it cites.

    A short name by which ``question`` calls an agency of the pieces may stand for that agency.
    """
    names = _short_names(plain(question), pieces)
    faults, before, says = [], None, False
    for sentence in (part.strip() for part in _SENTENCE.split(_marks_inside(draft))):
        if _says(sentence):
            says = True
            reason, before = _judged(sentence, pieces, names, before)
            faults += [Fault(sentence, reason)] if reason else []
    return faults if says else [Fault(draft[:80], "没有内容")]


def unsaid(draft: str, values: Sequence[Value]) -> list[str]:
    """The figures of an answer that a draft does not say, in whatever unit of money; signs do not count."""
    text = plain(draft)
    said = {money(a.value, a.unit) for a in find_amounts(text)}
    figures = [v for v in values if v.value is not None]
    return [
        f"{v.value}{v.unit}"
        for v in figures
        if money(Decimal(v.value or 0), v.unit) not in said and (v.unit or str(v.value) not in text)
    ]


def cited(draft: str, pieces: Sequence[Piece], question: str = "") -> str:
    """The draft with citations set by code: a sentence that its marks do not bear out gets the one piece that does.

    Small models word well and cite badly; a sentence that a piece bears out word for word is true whoever cites it.
    """
    names = _short_names(plain(question), pieces)
    parts, before = re.split(f"({_SENTENCE.pattern})", _marks_inside(draft)), None
    for n, sentence in enumerate(parts):
        if n % 2 or not _says(sentence):
            continue
        bare = _MARK.sub("", sentence).rstrip()
        for said in (sentence, *(f"{bare}[{p.number}]" for p in pieces)):
            reason, after = _judged(said, pieces, names, before)
            if reason is None:
                parts[n] = said
                break
        before = after
    return "".join(parts)


def _marks_inside(draft: str) -> str:
    """Marks that stand after the end of a sentence moved before it."""
    return re.sub(r"([。！？!?；;，,])((?:\s*[\[［【]\d{1,3}[\]］】])+)", r"\2\1", draft)


def _says(sentence: str) -> bool:
    return bool(_HAN.search(_MARK.sub("", sentence)))


def _short_names(question: str, pieces: Sequence[Piece]) -> dict[int, list[str]]:
    """Stretches of the question that shorten one owner's name and no other's (开平区网信办), by piece."""
    owners = {plain(p.owner) for p in pieces}
    short: dict[str, list[str]] = {owner: [] for owner in owners}
    for start in range(len(question)):
        for end in range(len(question), start + 2, -1):
            fitting = [o for o in owners if o and _shortens(question[start:end], o)]
            if fitting:
                if len(fitting) == 1:
                    short[fitting[0]].append(question[start:end])
                break
    return {p.number: short[plain(p.owner)] for p in pieces}


def _shortens(short: str, name: str) -> bool:
    """Whether the characters of ``short`` stand in ``name`` in this order."""
    rest = iter(name)
    return all(char in rest for char in short)


def _judged(
    sentence: str, pieces: Sequence[Piece], names: dict[int, list[str]], before: Places | None
) -> tuple[str | None, Places | None]:
    """What is wrong with a sentence, None if nothing, and where its last clause stands; ``before`` is the last one's."""
    numbers = [int(n) for n in _MARK.findall(sentence)]
    known = {p.number: p for p in pieces}
    if not numbers:
        return "没有写出依据编号", None
    if any(n not in known for n in numbers):
        return "依据编号不存在", None
    cited = [known[n] for n in dict.fromkeys(numbers)]
    clauses = [c for c in cut(plain(_MARK.sub("", sentence))) if _means(c)]
    if not clauses:
        return "没有可核对的内容", None
    bearing: list[Places] = []
    for place, clause in enumerate(clauses):
        last = bearing[-1] if bearing else before
        able = {p.number: _borne(p, clauses, place, names[p.number], last) for p in cited}
        bearing.append({n: where for n, where in able.items() if where})
        if not bearing[-1]:
            return f"“{clause[:30]}”与所引依据不符", None
    if any(all(p.number not in able for able in bearing) for p in cited):
        return "有的编号没有支持这句话", None
    if not set.intersection(*map(set, bearing)) and not _each_named(clauses, bearing, known):
        return "把不同依据的内容拼在了一起", None
    return None, bearing[-1]


def _means(clause: str) -> bool:
    said = read(clause)
    return bool(said.runs or said.amounts or said.numbers or said.of_years or said.against)


def _each_named(clauses: Sequence[str], bearing: Sequence[Places], known: dict[int, Piece]) -> bool:
    """Whether each clause that rests on other evidence than the one before says whose it is."""
    before: set[int] = set()
    for clause, able in zip(clauses, bearing, strict=True):
        same = set(able) & before
        named = {n for n in able if (label := content(plain(known[n].label))) and _covers(clause, label)}
        if before and not same and not named:
            return False
        before = same or (named if before else set(able))
    return True


def _borne(
    piece: Piece, clauses: Sequence[str], place: int, names: Sequence[str], last: Places | None
) -> frozenset[int]:
    """The sentences of a piece that say what a clause says, going on from the one before where the clause does."""
    known = tuple(plain(n) for n in (*piece.names, *names))
    clauses = [_of_year(dated(c, piece.year), piece) for c in clauses]
    if piece.label:
        return frozenset({0}) if _cell_says(piece, clauses, place, known) else frozenset()
    sources = _sources(piece, known)
    found = frozenset(n for n in range(len(sources)) if _sentence_says(piece, sources, n, clauses, place, known))
    if last is None or not _GOES_ON.match(clauses[place]):
        return found
    there = last.get(piece.number, frozenset())
    return frozenset(n for n in found if n in there or (n - 1 in there and _GOES_ON.match(sources[n].texts[0])))


def _of_year(clause: str, piece: Piece) -> str:
    """今年 as the year of the piece, where the piece does not say 本年 itself."""
    if not piece.year or "本年" in piece.text:
        return clause
    return re.sub(r"(?:今年|本年)度?(?!结转|结余)", f"{piece.year}年", clause)


@lru_cache(maxsize=64)
def _sources(piece: Piece, known: tuple[str, ...]) -> list[_Source]:
    cuts = (tuple(cut(dated(s, piece.year))) for s in sentences(piece.text))
    return [_Source(texts, tuple(read(t, known) for t in texts)) for texts in cuts if texts]


# -- a cell --------------------------------------------------------------------------


def _cell_says(piece: Piece, clauses: Sequence[str], place: int, known: tuple[str, ...]) -> bool:
    """Whether a cell says a clause: names in any order, the row's and the column's own among them."""
    clause, said = read(clauses[place], known), read(dated(plain(piece.text), piece.year), known)
    context = "，".join(clauses[: place + 1])
    told = [*content(plain(piece.label)), *content(plain(piece.column))]
    months = {n for n in read(plain(piece.column)).numbers if "月" in n}
    if not all(any(same_figure(a, b) for b in said.amounts) for a in clause.amounts):
        return False
    if clause.amounts and not (_covers(context, told) and months <= read(context).numbers):
        return False
    heading = read(plain(piece.heading))
    own = said.of_years or ({str(piece.year)} if piece.year else heading.of_years)
    return (
        _covers(f"{plain(piece.text)}|{plain(piece.topic)}", _bare(clause))
        and (clause.turns == said.turns if clause.amounts else clause.turns <= said.turns)
        and clause.negated == said.negated
        and clause.denied <= said.denied
        and clause.hedged <= said.hedged
        and _years_of(clauses, place) <= own
        and clause.against <= said.against
        and clause.relative <= said.relative
        and clause.numbers <= said.numbers | heading.numbers
        and clause.phases <= (said.phases or heading.phases)
        and clause.base_phases <= said.base_phases
    )


def _bare(clause: Clause) -> list[str]:
    return re.sub(f"[{TOKENS}{FIGURE}]", " ", clause.content).split()


def _years_of(clauses: Sequence[str], place: int) -> frozenset[str]:
    """The years that a clause of a draft speaks of: its own, else the last named before it in the sentence."""
    return next((y for c in reversed(clauses[: place + 1]) if (y := read(c).of_years)), frozenset())


# -- prose ---------------------------------------------------------------------------


def _sentence_says(
    piece: Piece, sources: Sequence[_Source], n: int, clauses: Sequence[str], place: int, known: tuple[str, ...]
) -> bool:
    source, heading = sources[n], read(plain(piece.heading))
    years = _years_of(clauses, place)
    parts = list(_parts(clauses[place]))
    first = max(place - 1, 0)
    while first and _GOES_ON.match(clauses[first]):
        first -= 1
    for m, text in enumerate(parts):
        said = read(text, known)
        context = "，".join([*clauses[first:place], *parts[: m + 1]])
        if said.amounts:
            figures = _figures(source, said)
            if not any(_figure_says(piece, source, at, said, context, years, heading) for at in figures):
                return False
        elif not _words_say(piece, source, said, context, years, heading):
            return False
    return _cause_holds(piece, sources, n, clauses, place, known)


def _parts(clause: str) -> Iterator[str]:
    """A clause after each of its figures, so that every figure stands with the words before it."""
    start = 0
    ends = sorted({a.end for a in find_amounts(clause)})
    for end in ends[:-1]:
        yield clause[start:end]
        start = end
    yield clause[start:]


def _figures(source: _Source, said: Clause) -> Iterator[tuple[int, int]]:
    """The places in a sentence of the figures that a part of a draft names."""
    for n, clause in enumerate(source.clauses):
        spans = sorted({(a.start, a.end) for a in clause.amounts})
        for m, span in enumerate(spans):
            here = [a for a in clause.amounts if (a.start, a.end) == span]
            if len(here) == len(said.amounts) and all(any(same_figure(a, b) for b in here) for a in said.amounts):
                yield n, m


def _figure_says(
    piece: Piece,
    source: _Source,
    at: tuple[int, int],
    said: Clause,
    context: str,
    years: frozenset[str],
    heading: Clause,
) -> bool:
    """Whether the figure of a source at (clause, place) is the one of a part of a draft, with all that it is said to be."""
    n, own = at[0], source.clauses[at[0]]
    first = max(n - 1, 0)
    near = source.clauses[first : n + 1]
    named = source.years(n) or ({str(piece.year)} if piece.year else heading.of_years)
    months = {x for x in own.numbers if "月" in x}
    label = own.label or ([] if own.of_years or months else source.label(n))
    return (
        inlaid(said.runs, source.shown(at)[first : n + 1], plain(piece.topic))
        and _covers(said.text if own.label else context, label)
        and said.turns == own.turns
        and said.negated == own.negated
        and said.denied <= own.denied
        and said.hedged == own.hedged
        and years <= named
        and said.against <= own.against
        and said.relative <= frozenset().union(*(c.relative for c in near))
        and said.numbers <= frozenset().union(*(c.numbers for c in near), heading.numbers)
        and months <= said.numbers
        and said.phases <= (frozenset().union(*(c.phases for c in near)) or heading.phases)
        and said.base_phases <= own.base_phases
    )


def _words_say(
    piece: Piece, source: _Source, said: Clause, context: str, years: frozenset[str], heading: Clause
) -> bool:
    """Whether a sentence says a clause without figures."""

    # 预算增加的原因 names no subject, and needs none where one thing alone goes up or down
    subject = read(_CAUSE_AFTER.split(context)[0], piece.names).label
    unnamed = not subject and sum(bool(c.turns and (c.amounts or not c.label)) for c in source.clauses) == 1

    def fits(used: frozenset[int]) -> bool:
        places = used or frozenset(range(len(source.clauses)))
        clauses = [source.clauses[n] for n in places]
        turned = [n for n in used if source.clauses[n].turns and not source.clauses[n].label]
        named = frozenset().union(*(source.years(n) for n in places)) or (
            {str(piece.year)} if piece.year else heading.of_years
        )
        return (
            said.negated == (bool(used) and any(c.negated for c in clauses))
            and said.denied <= frozenset().union(*(c.denied for c in clauses))
            and all(_covers(context, c.label_denied) for c in clauses if used and c.negated)
            and (not said.turns or unnamed or all(_covers(context, source.label(n)) for n in turned))
            and years <= named
            and said.against <= frozenset().union(*(c.against for c in clauses))
            and said.relative <= frozenset().union(*(c.relative for c in clauses))
        )

    return (
        said.hedged <= any(c.hedged for c in source.clauses)
        and said.numbers <= frozenset().union(*(c.numbers for c in source.clauses), heading.numbers)
        and said.phases <= (frozenset().union(*(c.phases for c in source.clauses)) or heading.phases)
        and said.base_phases <= frozenset().union(*(c.base_phases for c in source.clauses))
        and inlaid(said.runs, source.shown(), plain(piece.topic), fits)
    )


# -- causes --------------------------------------------------------------------------


def _cause_holds(
    piece: Piece, sources: Sequence[_Source], n: int, clauses: Sequence[str], place: int, known: tuple[str, ...]
) -> bool:
    """Whether what a clause names as cause of something is named so by the sentence, if it names any."""
    clause = clauses[place]
    after, before = _CAUSE_AFTER.search(clause), _CAUSE_BEFORE.search(clause)
    if after:
        effect, cause = clause[: after.start()], clause[after.end() :]
        if not _means(effect):
            effect = clauses[place - 1] if place else ""
            if "原因" not in after[0] and not read(effect, known).runs:
                effect = "".join(clauses[place + 1 : place + 2])
    elif before:
        cause, effect = clause[: before.start()], clause[before.end() :]
        if not _means(cause):
            cause = clauses[place - 1] if place else ""
        elif not _means(effect):
            effect = clauses[place - 1] if place else ""
    else:
        return True
    sides = [[r for run in read(x, known).runs if (r := run.replace(FIGURE, ""))] for x in (cause, effect)]
    free = plain(piece.topic)
    return any(all(map(inlaid, sides, pair, (free, free))) for pair in _causes(sources, n, known))


def _causes(sources: Sequence[_Source], n: int, known: tuple[str, ...]) -> Iterator[tuple[list[str], list[str]]]:
    """What a sentence names as cause and as its effect, each as the content of clauses."""
    source = sources[n]
    shown, start = source.shown(), 0
    for m, text in enumerate(source.texts):
        after = _CAUSE_AFTER.search(text) or _MAINLY.search(text)
        before = _CAUSE_BEFORE.search(text)
        found = after or before
        if found is None:
            continue
        head, tail = (
            "".join(read(x, known).runs).replace(FIGURE, OTHER) for x in (text[: found.start()], text[found.end() :])
        )
        earlier, later = [*shown[start:m], *([head] if head else [])], [*([tail] if tail else []), *shown[m + 1 :]]
        if after and not earlier:
            if "原因" in after[0]:
                yield later, sources[n - 1].shown() if n else []
            else:
                yield [tail, *shown[m + 1 :]], shown[m + 1 :]
        elif after:
            yield later, earlier
        elif found[0] == "所致":
            yield [head], shown[start:m]
        else:
            yield earlier, later
        start = m


def _covers(source: str, runs: Iterable[str]) -> bool:
    """Whether the runs are made of what stands in ``source``: each pair of neighbours, or whole stretches side by side."""
    return all(
        all(run[i : i + 2] in source for i in range(max(len(run) - 1, 1))) or _of_segments(run, source) for run in runs
    )


def _of_segments(run: str, source: str) -> bool:
    """Whether a run is stretches of ``source`` set side by side (三公经费 + 增减变化), none shorter than _SEGMENT."""
    reached = {0}
    for end in range(_SEGMENT, len(run) + 1):
        if any(start in reached and run[start:end] in source for start in range(end - _SEGMENT + 1)):
            reached.add(end)
    return len(run) in reached
