"""Words questions about knowns in several manners; each manner is a way in which users write."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from eval.paraphrase.knowns import YUAN, Known
from eval.paraphrase.slips import (
    bare_place,
    mistyped,
    pinyin,
    place_of,
    short_agency,
    short_year,
    traditional,
    without_ending,
)

ASK_AMOUNT = ("多少", "是多少", "有多少", "是多少？", "多少钱")
ASK_OTHER = ("是多少", "是多少？", "要求多少", "")
ASK_TEXT = ("是什么", "是什么？", "")
ORDERS = (
    "{year}{agency}{item}{measure}{phase}{ask}",
    "{agency}{year}{item}{measure}{phase}{ask}",
    "{agency}{year}的{item}{measure}{phase}{ask}",
    "{item}{measure}，{agency}{year}{phase}{ask}",
)
KIND_WEIGHTS = {"amount": 4, "project": 3, "target": 2, "schedule": 1, "code": 1}
POLITE = ("请问{}，谢谢", "您好，麻烦帮我看看{}", "劳驾，我想知道{}", "同志你好，{}？急用", "领导要数据，{}")
UNASKED_YEARS = range(2012, 2035)


@dataclass(frozen=True, slots=True)
class Form:
    """How the parts of a question are said; an empty part is left out."""

    agency: str
    year: str
    item: str
    measure: str
    phase: str

    def say(self, draw: random.Random) -> str:
        amount = self.phase or self.item.endswith("总计")
        asks = ASK_AMOUNT if amount else ASK_TEXT if self.item.endswith("编码") else ASK_OTHER
        return draw.choice(ORDERS).format(
            agency=self.agency,
            year=self.year,
            item=self.item,
            measure=("的" if self.measure else "") + self.measure,
            phase=self.phase,
            ask=draw.choice(asks),
        )


def _form(known: Known) -> Form:
    item = f"{known.project}的{known.item}" if known.kind in ("target", "code") else known.item
    if known.kind == "schedule":
        item = f"{known.project}{known.item}"
    phase = known.phase if known.kind in ("amount", "project") else ""
    if known.item in ("收入总计", "支出总计"):
        phase, item = "", known.phase + known.item
    return Form(known.agency, f"{known.year}年" if known.year else "", item, known.measure, phase)


class Writer:
    """Writes one question at a time from knowns of a collection; every draw comes from ``seed``."""

    def __init__(self, knowns: Sequence[Known], seed: int) -> None:
        self.draw = random.Random(f"paraphrase-{seed}")  # noqa: S311
        self.knowns = sorted(knowns, key=lambda k: (k.agency, k.year or 0, k.phase, k.project or "", k.item, k.measure))
        self.agencies = sorted({k.agency for k in self.knowns})
        self.items = {a: {k.item for k in self.knowns if k.agency == a} for a in self.agencies}
        self.projects = {a: {k.project for k in self.knowns if k.agency == a and k.project} for a in self.agencies}
        self.years = {a: {k.year for k in self.knowns if k.agency == a} for a in self.agencies}
        shorts = {k.agency: short_agency(k.agency, k.region) for k in self.knowns}
        said = Counter(pinyin(s) for s in shorts.values() if s)  # a short form that two share leads nowhere
        self.shorts = {a: s if s and said[pinyin(s)] == 1 else None for a, s in shorts.items()}
        self.by_kind: dict[str, list[Known]] = {}
        for known in self.knowns:
            self.by_kind.setdefault(known.kind, []).append(known)

    def pick(self) -> Known:
        """A known of any kind, the kinds by how often people ask for them."""
        kinds = sorted(self.by_kind)
        return self.draw.choice(self.by_kind[self.draw.choices(kinds, [KIND_WEIGHTS[k] for k in kinds])[0]])

    def plain(self, known: Known) -> str | None:
        return _form(known).say(self.draw)

    def polite(self, known: Known) -> str | None:
        return self.draw.choice(POLITE).format(_form(known).say(self.draw).rstrip("？"))

    def typo(self, known: Known) -> str | None:
        form = _form(known)
        subject = known.project or known.item
        wrong = mistyped(subject, self.draw)
        if wrong is None or wrong in self.items[known.agency] | self.projects[known.agency]:
            return None
        return replace(form, item=form.item.replace(subject, wrong, 1)).say(self.draw)

    def traditional(self, known: Known) -> str | None:
        plain = _form(known).say(self.draw)
        changed = traditional(plain)
        return changed if changed != plain else None

    def pinyin(self, known: Known) -> str | None:
        place, short = place_of(known.agency, known.region), self.shorts[known.agency]
        if place is None or short is None:
            return None
        bare = bare_place(place)
        return replace(_form(known), agency=pinyin(bare) + short.removeprefix(bare)).say(self.draw)

    def short(self, known: Known) -> str | None:
        form = _form(known)
        form = replace(form, agency=self.shorts[known.agency] or form.agency)
        subject = known.project or known.item
        brief = without_ending(subject) if known.project else None
        others = self.items[known.agency] | self.projects[known.agency]
        if brief is not None and sum(brief in o for o in others) == 1:
            form = replace(form, item=form.item.replace(subject, brief, 1))
        if known.year:
            form = replace(form, year=short_year(known.year))
        return form.say(self.draw) if form != _form(known) else None

    def distractor(self, known: Known) -> str | None:
        question = _form(known).say(self.draw)
        others = [a for a in self.agencies if a != known.agency]
        ways: list[str] = []
        if others:
            other = self.draw.choice(others)
            ways += [f"{other}的我已经知道了，现在问{question}", f"不是{other}，{question}"]
        if known.year:
            before = known.year - 1
            ways += [f"{question}，不要{before}年的", f"{before}年的先不管，{question}"]
        return self.draw.choice(ways) if ways else None

    def unit(self, known: Known) -> str | None:
        if known.unit not in YUAN or known.kind not in ("amount", "project"):
            return None
        wanted = "万元" if known.unit == "元" else "元"
        said = _form(known).say(self.draw).rstrip("？")
        for ending in ("多少钱", "是多少", "有多少", "多少"):
            said = said.removesuffix(ending)
        return f"{said}是多少{wanted}"

    def missing_year(self, known: Known) -> str | None:
        """The same agency in a year that the collection does not hold."""
        years = {y for y in self.years[known.agency] if y}
        free = [y for y in UNASKED_YEARS if all(abs(y - held) > 1 for held in years)]
        if known.year is None or not free:
            return None
        return replace(_form(known), year=f"{self.draw.choice(free)}年").say(self.draw)

    def missing_agency(self, known: Known) -> str | None:
        """An agency of another place, which the collection does not hold."""
        place = place_of(known.agency, known.region)
        free = [p for p in ("临泽县", "澄迈县", "噶尔县", "阿荣旗", "西吉县") if not any(p in a for a in self.agencies)]
        named = f"{known.project}{known.item}"
        if place is None or not free or bare_place(place) in named:  # the item itself would lead back
            return None
        agency = self.draw.choice(free) + known.agency.split(place, 1)[1]
        return replace(_form(known), agency=agency).say(self.draw)

    def missing_item(self, known: Known) -> str | None:
        """Another agency's project, which shares no pair of characters with anything that this agency has."""
        own = "\n".join(self.items[known.agency] | {p for p in self.projects[known.agency] if p})
        foreign = [
            p
            for a in self.agencies
            if a != known.agency
            for p in sorted(x for x in self.projects[a] if x)
            if not any(
                p[i : i + 2] in own for i in range(len(p) - 1) if p[i : i + 2] not in ("经费", "项目", "资金", "服务")
            )
        ]
        if known.kind != "project" or not foreign:
            return None
        return replace(_form(known), item=self.draw.choice(foreign)).say(self.draw)

    def manners(self) -> Iterator[tuple[str, int, Callable[[Known], str | None]]]:
        """(name, weight, wording) of every manner."""
        yield from (
            ("plain", 4, self.plain),
            ("polite", 4, self.polite),
            ("typo", 8, self.typo),
            ("traditional", 4, self.traditional),
            ("pinyin", 2, self.pinyin),
            ("short", 6, self.short),
            ("distractor", 6, self.distractor),
            ("unit", 2, self.unit),
            ("missing_year", 3, self.missing_year),
            ("missing_agency", 2, self.missing_agency),
            ("missing_item", 2, self.missing_item),
        )


def _expected(known: Known, manner: str) -> dict[str, Any]:
    """What the answer must hold, in the keys of a question set."""
    if manner.startswith("missing"):
        return {"status": "not_found"}
    expected: dict[str, Any] = {"status": "answered"}
    if known.value is not None and known.kind != "code":
        expected["values"] = [{"value": _printed(known, manner), "unit": _unit(known, manner)}]
    else:
        expected["contains"] = [known.cell]
    if manner == "unit":
        expected["contains"] = [_unit(known, manner)]
    if len(known.files) == 1:
        expected["cite"] = [{"file": known.files[0], "cell": known.cell}]
    return expected


def _unit(known: Known, manner: str) -> str:
    return ("万元" if known.unit == "元" else "元") if manner == "unit" else known.unit


def _printed(known: Known, manner: str) -> str:
    assert known.value is not None
    if manner != "unit":
        return known.value
    return f"{(Decimal(known.value) * YUAN[known.unit] / YUAN[_unit(known, manner)]).normalize():f}"


def write_questions(knowns: Sequence[Known], count: int, seed: int) -> list[dict[str, Any]]:
    """``count`` question lines with known answers, the manners by their weights; ValueError without knowns."""
    if not knowns:
        raise ValueError("没有可以出题的数据，请先入库文件，或检查标准答案文件")
    writer = Writer(knowns, seed)
    manners = list(writer.manners())
    lines: list[dict[str, Any]] = []
    seen: set[str] = set()
    for _ in range(count * 60):
        if len(lines) == count:
            break
        name, _, wording = writer.draw.choices(manners, [w for _, w, _ in manners])[0]
        known = writer.pick()
        question = wording(known)
        if question is None or question in seen:
            continue
        seen.add(question)
        line = {"id": f"para-{len(lines) + 1:04d}", "kind": name, "question": question, **_expected(known, name)}
        lines.append(line)
    return lines
