"""A sentence cut into clauses, each with its figures, years, phases, direction and negation, for the guard to compare.

Drafts and evidence are read alike: 增加 and 上升 become ↑, 减少 and 低于 ↓, 持平 and 不变 ＝, 未 and 无 ¬, a figure ¤;
words that only connect fall away, so that what is left must be matched.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from index.amounts import MONEY, Amount, find_amounts

TURNS = "↑↓＝"
TOKENS = TURNS + "¬"
FIGURE, OTHER = "¤", "·"
_SEPARATOR = re.compile(r"[，,；;：:、]")
_SENTENCE_END = re.compile(r"[。；;！？!?\n]")
_AND = re.compile(r"(?:和|以及|及(?!以[上下])|与(?!\d|上|去|前|预算|年初)|并(?=[^且列]))")
_TURN = (
    ("＝", re.compile(r"持平|不变|一致(?=$|[，,])")),
    ("↑", re.compile(r"增加|增长|上升|提高|上涨|上调|新增|增幅|多于|高于|大于|超出|超过|多出|加大|扩大")),
    ("↓", re.compile(r"减少|下降|降低|压减|下调|缩减|降幅|削减|少于|低于|小于|压缩|调减")),
    ("¬", re.compile(r"没有|不(?![断同良])|未(?!来)|无(?!线|人机)|没|非(?![常税])|零(?=增|支|预)|免(?=予|于)|停止|取消|禁止|除外")),
)  # fmt: skip
# Words that connect; none of them names, counts, judges, dates or turns a meaning round.
_CONNECTING_WORDS = """
根据 按照 依据 其中 此外 另外 同时 以及 并且 而且 因此 所以 由于 因为 主要 原因 主要是 是因为
原因是 在于 分别 具体 包括 包含 有关 相关 方面 情况 如下 即为 即 也 都 共 共计 总共 一共
合计为 达 达到 为 是 的 了 和 与 及 或 在 对 从 由 以 用于 主要用于 用 属于 来自 说明 显示
所示 提到 指出 列示 记载 规定 相比 比较 比 较 该 其 这 此 上述 以上 各 等 等等 方式 内容
安排 数额 金额 数值 而 则 并 还 又 被 将 把 到 之 于 向 给 让 使 就 自 文件 文档 资料 指 指的是 指出了
主要原因 主要原因是 具体为 具体是 分别为 分别是 均为 主要包括 主要为 所致 引起 导致 带来 造成 体现 需要 可以 进行
做好 就是 年度 之一 一是 二是 三是 四是 五是 首先 其次 再次 最后 问题 回答 答 综上 总的来说
本单位 本部门 我单位 我部门 该单位 该部门
"""
_CONNECTING = re.compile("|".join(sorted(_CONNECTING_WORDS.split(), key=len, reverse=True)))
# What tells no figure from another: every figure is a 预算 or 决算, 经费支出 is 经费.
GENERIC = re.compile(
    r"[预决]算(?:执行)?数?|执行数?|当年|支出数|数(?=$)|收支(?:总[计额体])?"
    r"|[我本](?:局|办|委|院|厅|街道|镇|乡|校|中心|区|县|市|省)|(?<=[费款金])支出"
)
_YEAR = re.compile(r"(?P<base>[比较与同](?:上年)?)?\s*(?P<year>(?:19|20)\d\d)(?=年|$|[-—~至])(?:年度?)?")
_RELATIVE = re.compile(r"上一?年|去年|前年|本年|今年|当年(?!预算)|明年|下一?年|来年|次年|往年|历年")
_BEFORE = re.compile(r"(?<=[比较与同])(?:上一?年|去年)(?:度)?")
_NUMBER = re.compile(
    r"[\[〔(]?(?:19|20)\d\d[\]〕)]\d+号|\d{1,2}月(?:\d{1,2}日)?(?:[底初末]|[中上下]旬|(?:以|之)?[前后])?|[A-Za-z]*\d[\dA-Za-z.]*"
)
_CHINESE_COUNT = re.compile(
    r"(?:百分之|千分之)[零一二三四五六七八九十百点两]+|[零〇一二三四五六七八九十百千万亿两几]{1,9}"
    r"(?:点[零一二三四五六七八九]+)?(?:个百分点|万元|亿元|元|万|亿|成|倍|个|项|人|家|辆|次|台|套|件|名|户|所|份|月|日|年)"
)
_HEDGE = re.compile(
    r"大概|将近|接近|逾|不到|不足|不止|仅|约|近(?=¤)|(?<=¤)(?:左右|上下|余|多|来|出头|起|以?[上下内外里]|之[内外]|元?以内)"
)
_PHASE = re.compile("调整预算|年初预算|预算执行|执行|决算|预算")
_COLON = re.compile(r"(?<=原因)([是为]?)[：:]")
_REASON = re.compile(
    r"(?<=[^，,；;：:、])(?<!主要)(?<!具体)(?<!的)(?<!是)(?<!系)"
    r"(?=的?(?:主要|具体)?原因|(?:主要)?(?:是|系)?(?:由于|因为))"
)
_BASE_PHASE = re.compile(rf"[比较与同](?:(?:19|20)\d\d年|上年)?(?:度|当年)*(?P<phase>{_PHASE.pattern})")
_HAN = re.compile(rf"[一-鿿A-Za-z{TOKENS}{FIGURE}]+")


@dataclass(frozen=True, slots=True)
class Clause:
    """What one clause says. ``runs`` is its content in order, each figure as ¤; ``denied`` what follows a negation."""

    text: str
    amounts: tuple[Amount, ...]
    runs: tuple[str, ...]
    of_years: frozenset[str]
    against: frozenset[str]
    relative: frozenset[str]
    numbers: frozenset[str]
    phases: frozenset[str]
    base_phases: frozenset[str]
    hedged: bool
    denied: frozenset[str]

    @property
    def content(self) -> str:
        return " ".join(self.runs)

    @property
    def turns(self) -> frozenset[str]:
        return frozenset(self.content) & frozenset(TURNS)

    @property
    def negated(self) -> bool:
        return "¬" in self.content

    @property
    def label_denied(self) -> list[str]:
        """All that a negation holds of: 未安排政府采购工程 does not say 未安排政府采购."""
        return re.sub(f"[{TURNS}{FIGURE}]", " ", self.content.rpartition("¬")[2]).split()

    @property
    def label(self) -> list[str]:
        """The content that tells one figure from another."""
        bare = re.sub(rf"[{TOKENS}{FIGURE}]", " ", self.content)
        return [run for run in GENERIC.sub(" ", bare).split() if run]


def plain(text: str) -> str:
    return re.sub(r"[\s“”\"‘’'《》]|(?<=\d),(?=\d{3})", "", unicodedata.normalize("NFKC", text).replace("％", "%"))


def sentences(text: str) -> list[str]:
    return [s for s in _SENTENCE_END.split(plain(text)) if s]


def cut(sentence: str) -> list[str]:
    """The clauses of a sentence: at its marks, before a reason, after each figure, each name with its figure of 分别."""
    parted = _REASON.sub("，", _COLON.sub(r"\1", sentence))
    return [c for c in _SEPARATOR.split(_parted(_spread(parted))) if c]


def dated(text: str, year: int | None) -> str:
    """比上年 as the year that it is where the year is known: documents say either."""
    return _BEFORE.sub(f"{year - 1}年", text) if year else text


@lru_cache(maxsize=4096)
def read(clause: str, known: tuple[str, ...] = ()) -> Clause:
    """Read one clause of plain text; the names in ``known`` are taken out of its content."""
    amounts = tuple(find_amounts(clause))
    rest = clause
    for start, end in sorted({(a.start, a.end) for a in amounts}, reverse=True):  # both bounds of a range stand in one
        rest = rest[:start] + FIGURE + rest[end:]
    found = [(m["year"], bool(m["base"])) for m in _YEAR.finditer(rest)]
    undated = _YEAR.sub(" ", rest)
    return Clause(
        clause,
        amounts,
        tuple(_runs(undated, known)),
        frozenset(y for y, base in found if not base),
        frozenset(y for y, base in found if base),
        frozenset(_RELATIVE.findall(rest)),
        frozenset(n.strip(".") for n in [*_NUMBER.findall(_dated_out(rest)), *_CHINESE_COUNT.findall(rest)]),
        frozenset(_phase(name) for name in _PHASE.findall(_BASE_PHASE.sub(" ", rest))),
        frozenset(_phase(m["phase"]) for m in _BASE_PHASE.finditer(rest)),
        bool(_HEDGE.search(rest)),
        frozenset(rest[m.end() : m.end() + 2] for m in dict(_TURN)["¬"].finditer(rest)),
    )


def _phase(name: str) -> str:
    return "执行" if name == "预算执行" else name


def _dated_out(text: str) -> str:
    """The text without its years, but for those of document numbers."""
    return re.sub(r"(?<![\[〔(\d])(?:19|20)\d\d(?:年|(?=$|[-—~至]))", " ", text)


def _runs(text: str, known: Iterable[str]) -> Iterator[str]:
    for name in sorted(known, key=len, reverse=True):
        if len(name) > 1:
            text = text.replace(name, " ")
    for token, pattern in _TURN:
        text = pattern.sub(token, text)
    text = _NUMBER.sub(" ", text)
    yield from _HAN.findall(_CONNECTING.sub(" ", text))


def content(text: str) -> list[str]:
    """The runs of a text that mean something, without figures, numbers, directions and connecting words."""
    bare = re.sub(rf"[{TOKENS}{FIGURE}]", " ", read(text).content)
    return bare.split()


def _parted(text: str) -> str:
    """A mark after each figure that another name follows: 人员经费5万元和公用经费3万元."""
    for amount in sorted(find_amounts(text), key=lambda a: -a.end):
        joined = _AND.match(text, amount.end)
        if joined:
            text = text[: amount.end] + "、" + text[joined.end() :]
    return text


def _spread(text: str) -> str:
    """甲和乙分别为1元和2元 as 甲为1元，乙为2元; unchanged where names and figures do not match in number."""
    for found in re.finditer("分别", text):
        start = max((text.rfind(mark, 0, found.start()) for mark in "，,；;：:"), default=-1) + 1
        names = [n for n in re.split(r"、|和|以及|与|及", text[start : found.start()]) if n]
        figures: list[Amount] = []
        for amount in (a for a in find_amounts(text) if a.start >= found.end()):
            between = text[figures[-1].end if figures else found.end() : amount.start]
            if not re.fullmatch(r"[、和与及以]{1,2}" if figures else r"[^，,；;：:、]{0,8}", between):
                break
            figures.append(amount)
        if len(names) == len(figures) > 1:
            verb = text[found.end() : figures[0].start]
            pairs = (f"{name}{verb}{printed(figure)}" for name, figure in zip(names, figures, strict=True))
            return text[:start] + "，".join(pairs) + text[figures[-1].end :]
    return text


def printed(amount: Amount) -> str:
    """The figure with its unit, which a bare number of a list (25、50、75%) borrows from the last."""
    return f"{amount.printed}{amount.unit}" if re.fullmatch(r"[\d.]+", amount.printed) else amount.printed


def same_figure(a: Amount, b: Amount) -> bool:
    if (a.comparison or "=") != (b.comparison or "=") or a.approximate != b.approximate:
        return False
    if a.unit in MONEY and b.unit in MONEY:
        return a.value * MONEY[a.unit] == b.value * MONEY[b.unit]
    return a.unit == b.unit and a.value == b.value


def money(value: Decimal, unit: str) -> tuple[Decimal, str]:
    """A size without its sign, money in 元, to compare by."""
    return (abs(value * MONEY[unit]), "元") if unit in MONEY else (abs(value), unit)


def inlaid(
    runs: Sequence[str],
    fragments: Sequence[str],
    free: str = "",
    accept: Callable[[frozenset[int]], bool] = lambda _: True,
) -> bool:
    """Whether ``runs`` are made of ``fragments`` in their order, those used being to the liking of ``accept``.

    Runs are stretches (two characters or more, a token with its neighbour) of the fragments from left to right.
    Who goes on to a later fragment starts at its beginning: there the subject of the earlier one still holds, while
    behind a subject of its own it does not. Stretches of ``free`` (headings) may stand between.
    """
    said = " ".join(runs)
    states = {(0, 0, -1, frozenset[int]())}
    done = set(states)
    while states:
        at, fragment, position, used = states.pop()
        if at == len(said):
            if accept(used):
                return True
            continue
        if said[at] == " ":
            following = [(at + 1, fragment, position, used)]
        else:
            following = [
                (end, where, place, used if (where, place) == (fragment, position) else used | {where})
                for end, where, place in _stretches(said, at, fragment, position, fragments, free)
            ]
        states |= {s for s in following if s not in done}
        done |= states
    return False


def _stretches(
    said: str, at: int, fragment: int, position: int, fragments: Sequence[str], free: str
) -> Iterator[tuple[int, int, int]]:
    """Where a stretch that begins at ``at`` can stand: its end, the fragment, and the place after it there."""
    run_end = said.find(" ", at) if " " in said[at:] else len(said)
    run_start = said.rfind(" ", 0, at) + 1
    for end in range(run_end, at, -1):
        stretch = said[at:end]
        if end < run_end and said[end] in TURNS and not _begins(fragments, fragment, said[end]):
            continue
        if end < run_end and at == run_start and stretch in TURNS:
            continue
        if len(stretch) == 1 and stretch not in TOKENS + FIGURE and not (at == run_start and end == run_end):
            continue
        if len(stretch) > 1 and stretch in free and not set(stretch) & set(TOKENS + FIGURE):
            yield end, fragment, position
        for where in range(fragment, len(fragments)):
            begin = max(position, 0) if where == fragment else 0
            place = fragments[where].find(stretch, begin)
            while place >= 0:
                if where == fragment or position < 0 or _leads(fragments[where][:place]):
                    yield end, where, place + len(stretch)
                if where != fragment and position >= 0:
                    break
                place = fragments[where].find(stretch, place + 1)


def _begins(fragments: Sequence[str], fragment: int, token: str) -> bool:
    """Whether a direction cut off from its subject stands at the start of a fragment after the subject's."""
    if set(fragments[fragment]) & set(TURNS):
        return False
    return any(_leads(f.partition(token)[0]) for f in fragments[fragment + 1 :] if token in f)


def _leads(before: str) -> bool:
    """Whether nothing that could be a subject stands before a place in a fragment."""
    return not GENERIC.sub("", before).strip(FIGURE + OTHER + "¬ ")
