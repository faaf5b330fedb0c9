"""Questions that ask for several things, as questions of one thing each, and their answers as one.

Budget questions of several steps ask for a figure and its reason, or a reason and what the money is for
(为什么增加了预算，主要花在哪). Several figures at once are no such thing: computing knows those.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from assistant.records import Answer, Citation
from assistant.understanding import Understanding, understand
from assistant.understanding.catalog import Catalog
from assistant.understanding.wording import weights

_BREAK = re.compile(
    r"[，,；;。？?！!]+|(?<=多少)、|(?:并且|而且|以及|同时|并)(?=[^，,；;。？?]*(?:为什么|为何|原因|哪|什么|多少|如何|怎么))"
)
_ASKS = re.compile(r"为什么|为何|为啥|原因|多少|多大|多高|多久|何时|几(?!乎)|哪|什么|如何|怎[么样]|依据|用途|是否")
_FIGURES = re.compile(r"多少|几[个项人次批辆]|百分|最[高低多大少小]|哪[个家项年].{0,4}[多少高低大小]")
_SPENDING = re.compile(r"花在哪|资金用途")
_ITEM_ENDS = re.compile(
    r"(?:(?:比|较|与|同)(?:上年|去年|20\d\d年)|的?(?:为什么|为何|为啥|增减|原因|多少|花在哪|(?:立项|指标|设立)?依据"
    r"|是什么|有?哪|有什么|如何|怎[么样])).*$"
)
_TURN = re.compile(r"增加|减少|增长|下降|上升|提高|降低")
_OF_OFFICE = re.compile(r"职责|职能|机构|牌子|单位$|措施")  # what an office has, that no money is of
_EACH = re.compile(r"各自?(?=[是为有])|分别")
_AND = re.compile(r"以及|[和与及、]")
_BASE_YEAR = re.compile(r"(?<=[比较与同])20\d\d年")
_YEAR = re.compile(r"20\d\d年度?的?")
_OF_CELLS = ("figure", "exists", "situation")
_BOTH_ENDS = re.compile("(最[多高大]的?|最[少低小]的?)(?:和|与|、|以及|跟)(最[少低小]的?|最[多高大]的?)")
MOST = 4


def part_questions(u: Understanding, catalog: Catalog, *, figures: bool = False) -> list[str]:
    """The complete questions of one thing each that a question is made of; none where it asks for one thing only.

    A clause takes the names and the year from the question, and its item from the clause before where it has none.
    Questions of ``figures`` alone are parted only on demand: computing knows most of them as they are.
    """
    if both := _BOTH_ENDS.search(u.text):  # 最多的和最少的分别是哪个
        return [u.text[: both.start()] + end + u.text[both.end() :] for end in (both[1], both[2])]
    parts = clauses(u.text)
    if len(parts) > MOST or (not figures and all(map(_FIGURES.search, parts))):
        return []
    read = [understand(part, catalog) for part in parts]
    of_cells = [bool(_FIGURES.search(c)) or r.asks in _OF_CELLS for c, r in zip(parts, read, strict=True)]
    if all(of_cells) and not figures:
        return []
    questions: list[str] = []
    item = turn = ""
    for clause, said in zip(parts, read, strict=True):
        where = "" if said.naming.scopes[0].named else _names(u, years=not said.periods.years)
        own = _item(said)
        if not _is_special(own or item) and _SPENDING.search(clause):
            questions += [f"{where}基本支出、项目支出分别是多少", f"{where}有哪些项目"]
        elif _is_special(own) or not item:
            questions += _each(where, "", clause, said)
        else:
            changed = "" if own or _TURN.search(clause) else turn
            questions += _each(where, item, changed + clause, said)
        if own and (_is_special(own) or not item):
            item = "" if _OF_OFFICE.search(own) else own
        turn = found[0] if (found := _TURN.search(clause)) else turn
    return questions if len(questions) > 1 else []


def _each(where: str, item: str, clause: str, said: Understanding) -> list[str]:
    """A clause with its item; one that asks something of each of several (甲和乙各是什么文件) once for each of them."""
    each = _EACH.search(clause)
    if said.asks in _OF_CELLS or each is None:
        return [f"{where}{item}{clause}"]
    named = _spanned(clause, [*said.naming.spans, *said.periods.spans])
    before, after = clause[: each.start()].removeprefix(named), clause[each.end() :]
    if item:
        return [f"{where}{one}{before}{after}" for one in _AND.split(item)]
    items, of, asked = before.rpartition("的")
    if not of:
        items, asked = asked, ""
    return [f"{where}{named}{one}{of}{asked}{after}" for one in _AND.split(items)]


def clauses(text: str) -> list[str]:
    """The stretches of a question that each ask something; what asks nothing opens the next one."""
    found: list[str] = []
    before = ""
    for part in filter(None, (p.strip() for p in _BREAK.split(text))):
        if _ASKS.search(part):
            found.append(before + part)
            before = ""
        else:
            before += part
    if before and found:
        found[-1] += before
    return found


def figures_of(answer: Answer) -> set[object]:
    """The figures of an answer, each with its unit."""
    return {(v.value, v.unit) for v in answer.values}


def _names(u: Understanding, *, years: bool) -> str:
    """The stretches of a question that say whose documents (and of which year) are meant, in their order."""
    compared = {m.start() for m in _BASE_YEAR.finditer(u.text)}
    spans = {*u.naming.spans, *(u.periods.spans if years else ())}
    return _spanned(u.text, [(s, e) for s, e in spans if s not in compared])


def _spanned(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The characters of a text that stand in any of the stretches."""
    return "".join(c for i, c in enumerate(text) if any(s <= i < e for s, e in spans))


def _item(u: Understanding) -> str:
    """What a clause asks about, without names, years and the words that ask; empty where it leaves that out."""
    said = "".join(" " if any(s <= i < e for s, e in u.naming.spans) else c for i, c in enumerate(u.text))
    words = "".join(_YEAR.sub("", _ITEM_ENDS.sub("", said)).replace("今年", "").split()).strip("的了")
    words = re.sub(f"(?:{_TURN.pattern})$|(?<=.)[预决]算数?$", "", words)
    return words if any(weights(words)) else ""


def _is_special(item: str) -> bool:
    """Whether an item is more than the budget as a whole."""
    return any(weight >= 1.0 for weight in weights(item))


def together(question: str, questions: Sequence[str], answers: Sequence[Answer]) -> Answer:
    """One answer out of those to the parts of which at least one is answered, citations numbered anew."""
    told = [a for a in answers if a.status == "answered"]
    citations: list[Citation] = []
    joined = replace(told[0], question=question, values=(), calculation=None)
    texts, notes = list[str](), list[str]()
    for answer in told:
        at = {n: _placed(citation, citations) for n, citation in enumerate(answer.citations)}
        values = tuple(replace(v, citations=tuple(at[n] for n in v.citations)) for v in answer.values)
        step = answer.calculation and replace(
            answer.calculation, inputs=tuple(at[n] for n in answer.calculation.inputs)
        )
        joined = replace(joined, values=(*joined.values, *values), calculation=joined.calculation or step)
        texts += [line for line in answer.text.split("\n") if line not in texts]
        notes += [note for note in answer.notes if note not in notes]
    missing = [q for q, a in zip(questions, answers, strict=True) if a.status != "answered"]
    notes += [f"没有找到“{q}”的答案" for q in missing]
    prose = any(a.route == "retrieval" for a in told)
    sure = [a.confidence for a in told if a.confidence is not None]
    return replace(
        joined,
        text="\n".join(_said_once(texts)),
        citations=tuple(citations),
        notes=tuple(notes),
        route="retrieval" if prose else "lookup",
        confidence=min(sure, default=None),
    )


def _placed(citation: Citation, known: list[Citation]) -> int:
    """The number of a citation among the known ones; of two sentences of one place the longer is kept."""
    for number, other in enumerate(known):
        if _place(other) == _place(citation) and citation.cell is None and other.cell is None:
            if (citation.quote or "") in (other.quote or ""):
                return number
            if (other.quote or "") in (citation.quote or ""):
                known[number] = citation
                return number
        if other == citation:
            return number
    known.append(citation)
    return len(known) - 1


def _place(citation: Citation) -> tuple[str, str | None, str | None, int | None]:
    return citation.document_id, citation.section, citation.table_id, citation.page


def _said_once(lines: Sequence[str]) -> list[str]:
    """Lines without the original that they quote, where another line gives that original whole."""
    out = []
    for line in lines:
        said, _, original = line.partition("原文：")
        repeated = original and any(original in other for other in lines if other != line)
        out.append(said if repeated else line)
    return out
