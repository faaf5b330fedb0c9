"""The guard: nothing in a model's draft that the evidence it cites does not say, in that meaning.

Every sentence must cite; each of its clauses must be covered by one cited piece of
evidence, word for word but for ordinary connecting words; every figure must be that
piece's figure, under its label, with its unit, sign and comparison (730,500元 =
73.05万元 passes, 730,500万元 does not, nor a figure of another row). The guard
prefers to refuse: what it refuses is replaced by the deterministic answer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from assistant.evidence import Piece
from assistant.records import Value
from index.amounts import MONEY, Amount, find_amounts

_MARK = re.compile(r"[\[［【](\d{1,3})[\]］】]")
_SENTENCE = re.compile(r"[。！？!?\n]+")
_CLAUSE = re.compile(r"[，,；;：:、]")
_DIGITS = re.compile(r"[A-Za-z]*\d[\dA-Za-z.]*")
_CHINESE_COUNT = re.compile(
    r"(?:百分之|千分之)[零一二三四五六七八九十百点两]+|[零一二三四五六七八九十百千万亿两几]{1,9}"
    r"(?:点[零一二三四五六七八九]+)?(?:个百分点|万元|亿元|元|万|亿|成|倍|个|项|人|家|辆|次|台|套|件|名|户|所|份|月|日|年)"
)
_UP = re.compile(r"增加|增长|上升|提高|上涨|上调|新增|多于|高于|增幅")
_DOWN = re.compile(r"减少|下降|降低|压减|下调|缩减|少于|低于|降幅|削减")
_NEGATION = re.compile(r"不(?!断)|未|无(?!线|人机)|没有|没|非(?!常|税)|零")
_YEAR = re.compile(r"(?P<base>[比较与同](?:上年)?)?\s*(?P<year>(?:19|20)\d\d)(?=年|$)")
_YEAR_BEFORE = re.compile(r"(?<=[比较与同])(?:上一?年|去年)(?:度)?")
_HEDGE = re.compile(r"约|大概|左右|将近|接近|超过|逾|近(?=\d)|多(?=[万亿元])")
# Words that connect; none of them names, counts, judges or turns a meaning round.
_CONNECTING_WORDS = """
根据 按照 依据 其中 此外 另外 同时 以及 并且 而且 因此 所以 由于 因为 主要 原因 主要是 是因为
原因是 在于 分别 具体 包括 包含 有关 相关 方面 情况 如下 即为 即 也 都 均 共 共计 总共 一共
合计为 达 达到 为 是 的 了 和 与 及 或 在 对 从 由 以 用于 主要用于 用 属于 来自 说明 显示
所示 提到 指出 列示 记载 规定 相比 比较 比 较 该 其 这 此 上述 以上 本 各 等 等等 方式 内容 有
中 上 下 安排 数额 金额 数值 数 值 而 则 并 还 又 被 将 把 到 之 所 于 向 给 让 使 就 至
自 文件 文档 资料 依 据 年 月 日 指 指的是 指出了 主要原因 主要原因是 具体为 具体是 分别为 分别是
主要包括 主要为 所致 引起 导致 带来 体现 需要 可以 进行 做好 就是 年度 之一 一是 二是 三是 四是
五是 首先 其次 再次 最后 问题 回答 答 综上 总的来说
"""
_CONNECTING = re.compile("|".join(sorted(_CONNECTING_WORDS.split(), key=len, reverse=True)))
# What tells no figure from another: every figure is a 预算 or 决算, 我部门 is the piece's owner, 经费支出 is 经费.
_GENERIC = re.compile(
    r"[预决]算数?|支出数|执行数|收支(?:总[计额体])?|[我本](?:部门|单位|局|办|委|院|厅|街道|镇|乡|校|中心|区|县|市|省)|(?<=[费款金])支出"
)
_SEGMENT = 3
_HAN = re.compile(r"[一-鿿A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Fault:
    """A sentence that does not pass, and why (Chinese; the model mends by it)."""

    sentence: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Said:
    """A figure of a piece: the words beside it (``own``), with those just before (``words``), in their sentence."""

    piece: Piece
    amount: Amount
    own: str
    words: str
    sentence: str


def plain(text: str) -> str:
    return re.sub(r"[\s“”\"‘’'《》]|(?<=\d),(?=\d{3})", "", unicodedata.normalize("NFKC", text).replace("％", "%"))


def check(draft: str, pieces: Sequence[Piece], question: str = "") -> list[Fault]:
    """What is wrong with a draft; empty when every sentence is borne out by what it cites.

    A short name by which ``question`` calls an agency of the pieces may stand for that agency.
    """
    sentences = [s for s in (part.strip() for part in _SENTENCE.split(_marks_inside(draft))) if _says(s)]
    if not sentences:
        return [Fault(draft[:80], "没有内容")]
    names = _short_names(plain(question), pieces)
    return [Fault(s, reason) for s in sentences if (reason := _fault_of(s, pieces, names))]


def unsaid(draft: str, values: Sequence[Value]) -> list[str]:
    """The figures of an answer that a draft does not say, in whatever unit of money; signs do not count."""
    text = plain(draft)
    said = {_money(a.value, a.unit) for a in find_amounts(text)}
    figures = [v for v in values if v.value is not None]
    return [
        f"{v.value}{v.unit}"
        for v in figures
        if _money(Decimal(v.value or 0), v.unit) not in said and (v.unit or str(v.value) not in text)
    ]


def _money(value: Decimal, unit: str) -> tuple[Decimal, str]:
    return (abs(value * MONEY[unit]), "元") if unit in MONEY else (abs(value), unit)


def cited(draft: str, pieces: Sequence[Piece], question: str = "") -> str:
    """The draft with citations set by code: a sentence that its marks do not bear out gets the one piece that does.

    Small models word well and cite badly; a sentence that a piece bears out word for word is true whoever cites it.
    """
    names = _short_names(plain(question), pieces)

    def recited(sentence: str) -> str:
        if not _says(sentence) or _fault_of(sentence, pieces, names) is None:
            return sentence
        bare = _MARK.sub("", sentence).rstrip()
        numbers = (p.number for p in pieces if _fault_of(f"{bare}[{p.number}]", pieces, names) is None)
        number = next(numbers, None)
        return sentence if number is None else f"{bare}[{number}]"

    parts = re.split(f"({_SENTENCE.pattern})", _marks_inside(draft))
    return "".join(part if n % 2 else recited(part) for n, part in enumerate(parts))


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


def _fault_of(sentence: str, pieces: Sequence[Piece], names: dict[int, list[str]]) -> str | None:
    numbers = [int(n) for n in _MARK.findall(sentence)]
    if not numbers:
        return "没有写出依据编号"
    known = {p.number: p for p in pieces}
    if any(n not in known for n in numbers):
        return "依据编号不存在"
    cited = [known[n] for n in dict.fromkeys(numbers)]
    clauses = [c for c in _CLAUSE.split(plain(_MARK.sub("", sentence))) if _content(c) or _DIGITS.search(c)]
    if not clauses:
        return "没有可核对的内容"
    bearing: list[set[int]] = []
    for place, clause in enumerate(clauses):
        able = {p.number for p in cited if _bears(p, clauses[: place + 1], names[p.number])}
        if not able:
            return f"“{clause[:30]}”与所引依据不符"
        bearing.append(able)
    if any(all(p.number not in able for able in bearing) for p in cited):
        return "有的编号没有支持这句话"
    if not set.intersection(*bearing) and not _each_named(clauses, bearing, known):
        return "把不同依据的内容拼在了一起"
    return None


def _each_named(clauses: Sequence[str], bearing: Sequence[set[int]], known: dict[int, Piece]) -> bool:
    """Whether each clause that rests on other evidence than the one before says whose it is."""
    before: set[int] = set()
    for clause, able in zip(clauses, bearing, strict=True):
        same = able & before
        named = {n for n in able if (label := _content(plain(known[n].label))) and _covers(clause, label)}
        if before and not same and not named:
            return False
        before = same or (named if before else able)
    return True


def _bears(piece: Piece, clauses: Sequence[str], names: Sequence[str]) -> bool:
    """Whether one place in a piece says what the last of the clauses says; those before it are its context."""
    clauses = [_dated(c, piece) for c in clauses]
    clause, text = clauses[-1], _dated(plain(piece.text), piece)
    if bool(_HEDGE.search(clause)) and not _HEDGE.search(text):
        return False
    amounts = list(find_amounts(clause))
    if not _bare_numbers_stand(clause, amounts, plain(piece.heading) + "|" + text):
        return False
    known = [*(plain(n) for n in piece.heading.split(" ")), plain(piece.label), *names]
    if amounts:
        said = list(_figures(piece))
        return all(any(_same_figure(a, s, clauses, known) for s in said) for a in amounts)
    return any(
        _covers("|".join((s, *known)), _content(clause, known)) and _turn(clause, s) and _same_years(clause, s, piece)
        for s in _sentences(piece)
    )


def _same_figure(amount: Amount, said: _Said, clauses: Sequence[str], known: Sequence[str]) -> bool:
    if not _equal(amount, said.amount):
        return False
    clause, label = clauses[-1], _content(plain(said.piece.label))
    if label:
        context = "，".join(clauses)
    else:  # prose: the words beside the figure are its label, and must stand beside it in the draft too
        label = _label(said.own, known)
        context = clause if _label(clause) else "，".join(clauses[-2:])
    return (
        _covers("|".join((said.words, *known)), _content(clause, known))
        and _covers(context, label)
        and _turn(clause, said.own, exactly=True)
        and _same_years(clause, said.sentence, said.piece)
    )


def _sentences(piece: Piece) -> list[str]:
    return [s for s in re.split(r"[。；;！？!?\n]", _dated(plain(piece.text), piece)) if s]


def _dated(text: str, piece: Piece) -> str:
    """比上年 as the year that it is for a piece of a known year: documents say either."""
    return _YEAR_BEFORE.sub(f"{piece.year - 1}年", text) if piece.year else text


def _figures(piece: Piece) -> Iterator[_Said]:
    """Each figure of a piece with the words it stands among."""
    for sentence in _sentences(piece):
        for amount in find_amounts(sentence):
            if piece.label:
                yield _Said(piece, amount, sentence, sentence, sentence)
                continue
            start = max(sentence.rfind(mark, 0, amount.start) for mark in "，,：:、") + 1
            end = min((i for mark in "，," if (i := sentence.find(mark, amount.end)) >= 0), default=len(sentence))
            before = max((sentence.rfind(mark, 0, max(start - 1, 0)) for mark in "，,：:、"), default=-1) + 1
            own = sentence[start:end]
            words = sentence[before:end]
            yield _Said(piece, amount, own if _label(own) else words, words, sentence)


def _equal(a: Amount, b: Amount) -> bool:
    if (a.comparison or "=") != (b.comparison or "=") or a.approximate != b.approximate:
        return False
    if a.unit in MONEY and b.unit in MONEY:
        return a.value * MONEY[a.unit] == b.value * MONEY[b.unit]
    return a.unit == b.unit and a.value == b.value


def _without(text: str, amounts: Iterable[Amount]) -> str:
    for amount in sorted(amounts, key=lambda a: -a.start):
        text = text[: amount.start] + " " + text[amount.end :]
    return text


def _bare_numbers_stand(clause: str, amounts: Sequence[Amount], source: str) -> bool:
    """Years, codes, document numbers and bare figures must stand in the piece as they are."""
    rest = _without(clause, amounts)
    numbers = {n.strip(".") for n in _DIGITS.findall(source)}
    return all(n.strip(".") in numbers for n in _DIGITS.findall(rest)) and all(
        count in source for count in _CHINESE_COUNT.findall(rest)
    )


def _years(text: str) -> tuple[set[str], set[str]]:
    """The years that a text speaks of, and those that it compares with."""
    found = [(m["year"], bool(m["base"])) for m in _YEAR.finditer(text)]
    return {y for y, base in found if not base}, {y for y, base in found if base}


def _same_years(clause: str, said: str, piece: Piece) -> bool:
    of, against = _years(clause)
    own, own_against = _years(said)
    if not own:
        own = {str(piece.year)} if piece.year else _years(plain(piece.heading))[0]
    return of <= own and against <= own_against


def _turn(clause: str, own: str, exactly: bool = False) -> bool:
    """Up stays up, down stays down, and no negation comes in; beside a figure none gets lost either."""
    clause, own = (_without(text, find_amounts(text)) for text in (clause, own))
    pairs = [(bool(p.search(clause)), bool(p.search(own))) for p in (_UP, _DOWN)]
    if any(mine != theirs if exactly else mine > theirs for mine, theirs in pairs):
        return False
    return bool(_NEGATION.search(clause)) <= bool(_NEGATION.search(own))


def _content(text: str, known: Iterable[str] = ()) -> list[str]:
    """Runs of characters that mean something, without figures, units, directions, connecting words and known names."""
    text = _without(text, find_amounts(text))
    for name in sorted(known, key=len, reverse=True):
        if len(name) > 1:
            text = text.replace(name, " ")
    for pattern in (_DIGITS, _UP, _DOWN, _CONNECTING):
        text = pattern.sub(" ", text)
    return _HAN.findall(text)


def _label(text: str, known: Iterable[str] = ()) -> list[str]:
    """The content that tells one figure of a sentence from another: every figure is a 预算 or 决算."""
    return _content(_GENERIC.sub(" ", text), known)


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
