"""What a question wants, one lookup for each item, office and year that it names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.lookup import Found, Lookup
from assistant.matching import CHANGE_WORDS, COUNT_ASKED, TARGET_WORDS, Wanted, match
from assistant.parts import said_part
from assistant.prose import Prose
from assistant.shelf import Labels
from assistant.understanding import Understanding
from assistant.understanding.catalog import Catalog
from assistant.understanding.operations import PLUS
from assistant.understanding.scope import Scope, of_year
from assistant.understanding.wording import subjects_said
from assistant.understanding.wording import weights as weights_of
from index.names import folded
from index.row_tree import clean_label

# What joins two items, but not inside a word (加工, 及时, 和谐).
_AND = r"和(?![谐平解睦])|与(?![会时])|及(?![时格早])|跟(?![踪进随])"
_SPLIT = re.compile(
    rf"[、,，;；+]|以及|加上|还有|(?<=[\u4e00-\u9fff）)])(?:{_AND}|{PLUS})(?=[\u4e00-\u9fff])"
)
_SPLIT_COMPARED = re.compile(_SPLIT.pattern + r"|(?<=[\u4e00-\u9fff）)])(?:比|较)(?=[\u4e00-\u9fff])")
BARE_BUDGET = re.compile(
    r"^(?:(?:年初|调整)?[预决]算数?|总|总额|总数|数|资金|经费|钱|[万亿]?元|部门|单位|公开|年度|支出|\s|费用|财政|额|安排|收支)*$"
)

_WITHIN_WHAT = re.compile(r"(?:支出|收入|预算|决算|经费|资金|项目|费用|表|之|当)[中里内]\s*$")
_ENDS_ITEM = re.compile("(?<=[\u4e00-\u9fff]{2})(?:预算|支出|资金|总?金额|总额)+$")
_BESIDE_ITEM = re.compile("^拟购买|类$|支出$")
_SURE = 0.8
WHICH_UNIT = re.compile("哪[一几]?家(?:单位)?|哪[一几些]?个?单位")
_ENDS = re.compile(r"(年末|期末)([^比较，,]{2,12}?)(?:比|较)(年初|期初)")
_ASKS_MONEY = re.compile(r"预算|决算|支出|收入|总额|总数|资金|经费|钱|花|费用|财政|多少[万亿]?元")


@dataclass(frozen=True, slots=True)
class Ask:
    """One figure to look up: what, where, in which year."""

    wanted: Wanted
    scope: Scope
    year: int | None


class Finder:
    """Turns an understood question into lookups over the documents of a catalog."""

    def __init__(self, lookup: Lookup, prose: Prose, catalog: Catalog) -> None:
        self.lookup = lookup
        self.prose = prose
        self.catalog = catalog
        self._mendable = True
        self._found: dict[Ask, Found] = {}
        self._covered = 1.0

    def kinds(self, u: Understanding) -> tuple[str, ...]:
        """The kinds of fact that can answer, the likeliest first."""
        text = u.text
        if u.asks == "field":
            return ("text", "target", "empty")
        if u.asks in ("exists", "situation"):
            return ("amount", "empty", "target")
        if u.operation.name == "change" or (CHANGE_WORDS.search(text) and re.search(r"比|较|同比|上年", text)):
            return ("change", "amount", "empty")
        if u.periods.period or re.search(r"支出进度|支出计划|用款计划", text):
            return ("schedule", "amount", "empty")
        if TARGET_WORDS.search(text):
            return ("target", "amount", "text", "empty")
        if u.operation.name in ("difference", "compare", "sum", "ratio"):
            return ("amount", "empty")
        return ("amount", "target", "empty")

    def wanted(self, u: Understanding, *, text: str | None = None, kinds: tuple[str, ...] | None = None) -> Wanted:
        """What to look for: the question's characters with their weights, or only those of one item (``text``)."""
        weights = u.content_weights()
        shown = u.text
        if text is not None:
            shown, weights = only_words(u, text, tail=u.operation.name != "ratio")
        if len(shown) == len(u.text):
            shown = _blank(shown, (*u.naming.spans, *u.periods.spans))
            for counted in COUNT_ASKED.finditer(u.text):
                weights[counted.start() : counted.end()] = [0.0] * len(counted[0])
        bare = "".join(c for c, w in zip(shown, weights, strict=True) if w)
        if len(shown) == len(u.text) and not BARE_BUDGET.match(bare) and (unit := self._unit_named(u)):
            rest = "".join(c for i, (c, w) in enumerate(zip(shown, weights, strict=True)) if w and not unit[0] <= i < unit[1])
            bare = rest if rest != bare and BARE_BUDGET.match(rest.replace("收入", "支出")) else bare
        if (
            BARE_BUDGET.match(bare.replace("收入", "支出"))
            and _ASKS_MONEY.search(u.text)
            and not COUNT_ASKED.search(u.text)
            and not WHICH_UNIT.search(u.text)
            and u.asks == "figure"
            and (kinds or self.kinds(u))[0] != "change"
            and u.operation.name not in ("rank", "list", "count", "filter", "average")
        ):
            shown = self._whole_budget(u, bare, text)
            weights = [0.3] * len(shown)
        elif BARE_BUDGET.match(re.sub("合计|总计", "", bare)) and (kinds or self.kinds(u))[0] == "change":
            shown = "预算收支总计支出预算总额"
            weights = [0.3] * len(shown)
        # A share's side that names its office is of that office: 一中占县教育局支出总计的比重.
        own = text is not None and u.operation.name == "ratio" and self._names_office(u, text)
        return Wanted(
            shown, tuple(weights), kinds or self.kinds(u), phase=u.periods.phase, period=u.periods.period, as_of=u.periods.as_of,
            negated=u.periods.negated, hints=(text or u.text) if own else u.text, direction=u.operation.direction,
        )  # fmt: skip

    def _names_office(self, u: Understanding, words: str) -> bool:
        """Whether a stretch of a question names an office, not only a region."""
        at = u.text.find(words)
        within = [u.text[s:e] for s, e in u.naming.spans if 0 <= at <= s and e <= at + len(words)]
        return any(name not in self.catalog.region_names for name in within)

    def _unit_named(self, u: Understanding) -> tuple[int, int] | None:
        """Where a question names, in full or by no row's name, a unit whose papers stand in the one document in question."""
        ids = {d for s in u.naming.scopes for d in s.documents}
        if len(u.periods.years) == 1:
            ids = ids & self.catalog.by_year.get(u.periods.years[0], frozenset()) or ids
        if len(ids) != 1:
            return None
        (document,) = self.lookup.shelf.documents([self.catalog.rows[d] for d in ids])
        said = said_part(u.text, document.units, document.row.agency) if document.units else None
        if said is None:
            return None
        unit, (start, end) = said
        return (start, end) if unit in u.text or folded(u.text[start:end]) not in document.labels.numbers else None

    def _whole_budget(self, u: Understanding, said: str, text: str | None = None) -> str:
        """What the papers call the whole of an office's budget or accounts."""
        side, year_only = "收入" if "收入" in said else "支出", re.search("本年(?:收入|支出)", text or u.text)
        return f"本年{side}合计" if year_only or self._of_final_accounts(u) else f"{side}总计"

    def _of_final_accounts(self, u: Understanding) -> bool:
        """Whether 收入, 支出 mean the year's own: in final accounts the 总计 holds what is carried over as well."""
        if "总计" in u.text:
            return False
        rows = [self.catalog.rows[d] for s in u.naming.scopes for d in s.documents]
        return {r.phase for r in rows if not u.periods.years or r.fiscal_year in u.periods.years} == {"决算"}

    def asks(
        self, u: Understanding, parts: Sequence[str] | None = None, kinds: tuple[str, ...] | None = None
    ) -> list[Ask]:
        """One for each item, office and year that the question names; of several items each in its own, where each names one."""
        years: Sequence[int | None] = self._years(u) or (None,)
        items: Sequence[str | None] = parts or (None,)
        scopes = u.naming.scopes
        where = own_of(parts, [s.name for s in scopes]) or [list(range(len(scopes)))] * len(items)
        when = own_of(parts, [str(y) for y in years]) or [list(range(len(years)))] * len(items)
        return [
            Ask(self.wanted(u, text=part, kinds=kinds), self._level(u, scopes[place]), years[time])
            for part, places, times in zip(items, where, when, strict=True)
            for place in places
            for time in times
        ]

    def _years(self, u: Understanding) -> tuple[int, ...]:
        """The fiscal years asked for; of several, one that belongs to a name (2024年电子政务外网运营维护费) is none."""
        years = u.periods.years
        if len(years) < 2:
            return years
        ids = [d for scope in u.naming.scopes for d in scope.documents][:24]
        named = {
            year
            for year in years
            for found in re.finditer(rf"{year}年[\u4e00-\u9fff]{{4}}", u.text)
            for document in self.lookup.shelf.documents([self.catalog.rows[d] for d in ids])
            if any(label.startswith(found[0]) for label in document.labels.texts)
            and any(folded(s.stored.project).startswith(found[0]) for s in document.facts if s.stored.project)
        }
        return tuple(y for y in years if y not in named) or years

    def _level(self, u: Understanding, scope: Scope) -> Scope:
        """Of an office that publishes as 部门 and as 单位 the one that is asked for, 部门 when neither is said."""
        if not self.catalog.of_two_levels or self.catalog.of_two_levels.isdisjoint(scope.documents):
            return scope
        rows = [self.catalog.rows[d] for d in scope.documents]
        both = {r.agency for r in rows if r.level == "单位"} & {r.agency for r in rows if r.level == "部门"}
        if not both:
            return scope
        asked = "单位" if re.search(r"单位预算|单位决算|本单位|[（(]单位", u.text) else "部门"
        kept = tuple(r.id for r in rows if r.agency not in both or r.level in (asked, None))
        note = (
            None
            if asked in u.text or any(r.agency not in both for r in rows)
            else f"该部门另有{'部门' if asked == '单位' else '单位'}预算文档，此处按{asked}预算回答"
        )
        return replace(scope, documents=kept or scope.documents, note=scope.note or note)

    def find(self, ask: Ask) -> Found:
        found = self._found.get(ask)
        if found is None:
            found = self._found[ask] = self.lookup.find(ask.wanted, ask.scope, self.catalog, ask.year)
        if found.settled:
            self._mendable = False
        return found

    def name_of(self, u: Understanding) -> str | None:
        """What the documents call the thing whose figure a question asks for: its project, else its subject."""
        found = self.find(self.asks(u)[0])
        return (found.fact.project or found.fact.subject) if found.matches and not found.rivals else None

    def parts(self, u: Understanding) -> list[str] | None:
        """The several items that a question joins (水费加电费), None when it joins none."""
        splitter = _SPLIT_COMPARED if u.operation.name in ("difference", "compare", "change") else _SPLIT
        ends = _ENDS.search(u.text)
        if ends:
            return [ends[1] + ends[2], ends[3] + ends[2]]
        pieces = _pieces(splitter, u.text)
        named = [
            p for p in pieces if any(w >= 0.3 for w in only_words(u, p)[1]) and not BARE_BUDGET.match(_content(u, p))
        ]
        if len(named) < 2 and u.operation.name in ("difference", "compare") and len(pieces) == 2:
            sides = ["收入" if "收入" in p else "支出" if "支出" in p else "" for p in pieces]
            return pieces if sorted(sides) == ["支出", "收入"] else None
        within = [p for p in named if not _WITHIN_WHAT.search(p)]
        named = within if len(within) >= 2 else named  # 财政拨款支出中，甲比乙多多少
        return self._with_front(u, named) or self._with_shared(u, named) if len(named) >= 2 else None

    def _with_front(self, u: Understanding, named: list[str]) -> list[str] | None:
        """政府采购货物、工程、服务: what the first item begins with belongs to the others too, where that is what they are called."""
        first, *others = (_ENDS_ITEM.sub("", _content(u, part)) for part in named)
        ask = self.asks(u)[0]
        documents = self.lookup.documents(of_year(ask.scope, ask.year, self.catalog), ask.wanted, self.catalog)
        for begin, size in ((b, s) for b in (0, 2) for s in range(len(first) - 2, b + 1, -1)):
            front, items = first[begin:size], (first[size:], *others)
            if not any(all(_may_be_called(d.labels, front, item) for item in items) for d in documents):
                continue
            asks = [ask for item in items for ask in self.asks(u, [front + item])]
            called = [self._under_front(ask, front, item) for ask, item in zip(asks, items, strict=False)]
            if len(asks) == len(items) and all(called):
                self._found |= {ask: found for ask, found in zip(asks, called, strict=True) if found}
                return [front + item for item in items]
        return None

    def _under_front(self, ask: Ask, front: str, item: str) -> Found | None:
        """The best figure of what is called ``front`` and ``item``, in one or as an item under a title that says the front."""
        scope = of_year(ask.scope, ask.year, self.catalog)
        wanted = replace(ask.wanted, year=ask.year)
        for m in () if scope.missing else match(wanted, self.lookup.documents(scope, wanted, self.catalog)):
            heads = "".join((m.fact.table or "", *m.fact.row_path, *m.fact.column_path))
            own = _BESIDE_ITEM.sub("", clean_label(m.fact.row_path[-1])) if m.fact.row_path else ""
            of_year_asked = ask.year in (None, m.fact.fiscal_year or ask.year)
            if of_year_asked and m.fact.kind == "amount" and (front + item in heads or (front in heads and own == item)):
                return Found(matches=(m,), scope=scope, year=ask.year)
        return None

    def _with_shared(self, u: Understanding, named: list[str]) -> list[str]:
        """甲和乙的免费开放补助: what the last item is asked about is asked of the others too, where that is what they have."""
        owner, of, shared = named[-1].partition("的")
        if not of or any("的" in part for part in named[:-1]) or not any(w >= 1.0 for w in weights_of(shared)):
            return named
        each = [part + of + shared for part in named[:-1]]
        found = [self.find(a) for part in each for a in self.asks(u, [part])]
        meant = all(f.matches and not f.rivals and f.matches[0].precision >= _SURE for f in found)
        return [*each, named[-1]] if owner and meant else named


def _may_be_called(labels: Labels, front: str, item: str) -> bool:
    """Whether some head of a document says the words together, or one says the front and another is the item."""

    def printed(words: str) -> bool:
        words = folded(words)
        return any(words in labels.texts[n] for n in labels.pairs.get(words[:2], ()))

    return printed(front + item) or (printed(front) and printed(item))


def _pieces(splitter: re.Pattern[str], text: str) -> list[str]:
    """A question cut at what joins its items; never inside a subject's name (商品和服务支出), and between names that follow each other."""
    named = [(start, start + len(name)) for name, start in subjects_said(text)]
    cuts = [m.span() for m in splitter.finditer(text) if not any(s < m.end() and m.start() < e for s, e in named)]
    cuts += [(e, e) for _, e in named if any(s == e for s, _ in named)]
    bounds = [0, *(place for cut in sorted(cuts) for place in cut), len(text)]
    return [p for p in (text[a:b] for a, b in zip(bounds[::2], bounds[1::2], strict=True)) if p.strip()]


def own_of(parts: Sequence[str] | None, names: Sequence[str]) -> list[list[int]] | None:
    """Which name each part stands under (甲县的公用经费和乙县的项目支出); None where the parts share them all.

    A part that names none belongs to the one before it.
    """
    if not parts or len(names) < 2:
        return None
    said = [[i for i, name in enumerate(names) if name and name in part] for part in parts]
    if not said[0] or any(len(s) > 1 for s in said) or {i for s in said for i in s} != set(range(len(names))):
        return None
    out: list[list[int]] = []
    for own in said:
        out.append(own or out[-1])
    return out


def only_words(u: Understanding, words: str, tail: bool = False) -> tuple[str, list[float]]:
    """The question with only ``words`` left of it, and the weights of what is left; same length.

    Words that the question only implies (a share's whole) stand alone. With ``tail`` the closing words that
    all items share stay too: 甲、乙两个专项合计 asks for 甲…专项合计 and 乙专项合计.
    """
    at = u.text.find(words)
    weights = u.content_weights()
    if at < 0:
        return words, weights_of(words)
    end = at + len(words)
    shared = max((i + 1 for i, w in enumerate(weights) if w >= 1.0), default=len(weights)) if tail else len(weights)
    kept = [at <= i < end or i >= max(shared, end) for i in range(len(weights))]
    text = "".join(c if k else " " for c, k in zip(u.text, kept, strict=True))
    return text, [w if k else 0.0 for w, k in zip(weights, kept, strict=True)]


def _blank(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """Stretches that only say where and when do not name figures, not even together with a neighbour."""
    for start, end in spans:
        text = text[:start] + " " * (min(end, len(text)) - start) + text[end:] if start < len(text) else text
    return text


def _content(u: Understanding, words: str) -> str:
    text, weights = only_words(u, words)
    return "".join(c for c, w in zip(text, weights, strict=True) if w)
