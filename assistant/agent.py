"""A bounded agent for questions of several steps: the model chooses what to look up, code finds and computes.

The tools answer with numbered evidence. What the model then writes passes the
same guard as any draft; without passing, the caller keeps its own answer. Every
call is kept in the trace.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from assistant.evidence import Piece, evidence_of, leaf
from assistant.llm import LanguageModel, ModelFailed
from assistant.records import Answer, Calculation, Citation, Question, Value
from assistant.verify import check, cited
from assistant.verify import plain as spaceless
from index.amounts import MONEY, convert, percent, plain
from prompts import load

MODEL_CALLS = 6
TOOL_CALLS = 10
_MARK = re.compile(r"\[(\d{1,3})\]")
_OPERATIONS = ("sum", "difference", "ratio")


class Findings:
    """What the tools have found so far, numbered across all calls."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.citations: list[Citation] = []
        self.values: dict[int, Value] = {}
        self.calculation: Calculation | None = None

    def add(self, answer: Answer) -> str:
        """The evidence of an answer as lines with their numbers here."""
        if answer.status != "answered":
            return answer.text
        lines = []
        for piece in evidence_of(replace(answer, calculation=None)):
            number = self._number(answer.citations[piece.citation or 0], piece)
            lines.append(self.pieces[number - 1].line)
            figure = next((v for v in answer.values if (piece.citation or 0) in v.citations and v.value), None)
            if figure:
                self.values[number] = replace(figure, citations=(self.pieces[number - 1].citation or 0,))
        return "\n".join(lines) or answer.text

    def _number(self, citation: Citation, piece: Piece) -> int:
        if citation in self.citations:
            place = self.citations.index(citation)
            return next(p.number for p in self.pieces if p.citation == place)
        self.citations.append(citation)
        self.pieces.append(replace(piece, number=len(self.pieces) + 1, citation=len(self.citations) - 1))
        return len(self.pieces)

    def calculate(self, operation: str, numbers: Sequence[int]) -> str:
        """A sum, a difference or a share of figures by their numbers, in Decimal, as evidence of its own."""
        figures = [self.values.get(n) for n in numbers]
        known = [f for f in figures if f is not None and f.value is not None]
        if operation not in _OPERATIONS or len(known) != len(figures) or len(known) < 2:
            return f"不能计算：operation 须是 {'、'.join(_OPERATIONS)}，numbers 须是两个以上查到的数字的编号。"
        unit = known[0].unit
        if any(f.unit != unit and not {f.unit, unit} <= MONEY.keys() for f in known):
            return "不能计算：单位不同。"
        values = [_in(f, unit) for f in known]
        if operation == "sum":
            result, sign = sum(values, Decimal(0)), " + "
        elif operation == "difference":
            result, sign = values[0] - sum(values[1:], Decimal(0)), " - "
        elif values[1] == 0:
            return "不能计算：分母为 0。"
        else:
            result, sign, unit = percent(values[0], values[1]), " ÷ ", "%"
        expression = sign.join(plain(v) for v in values)
        made_of = tuple(self.pieces[n - 1].citation or 0 for n in numbers)
        kind = {"sum": "sum", "difference": "difference", "ratio": "ratio"}[operation]
        self.calculation = Calculation(kind, expression, made_of, plain(result), unit)  # type: ignore[arg-type]
        name = {"sum": "合计", "difference": "差额", "ratio": "占比"}[operation]
        heading = " ".join(dict.fromkeys(self.pieces[n - 1].heading for n in numbers))
        text = f"{'、'.join(f.label for f in known)} {name}：{plain(result)}{unit}（{expression}）"
        piece = Piece(len(self.pieces) + 1, heading, text, leaf([name]), None)
        self.pieces.append(piece)
        self.values[piece.number] = Value(name, plain(result), unit, made_of)
        return piece.line


def _in(value: Value, unit: str) -> Decimal:
    number = Decimal(value.value or 0)
    return number if value.unit == unit else convert(number, value.unit, unit)


class StepAgent:
    """Answers questions of several steps. ``ask`` looks up one thing, ``search`` finds passages (both by code)."""

    def __init__(
        self,
        model: LanguageModel,
        ask: Callable[[Question], Answer],
        search: Callable[[str, Sequence[str]], Sequence[Citation]],
        documents: Callable[[], Sequence[str]],
    ) -> None:
        self._model, self._ask, self._search, self._documents = model, ask, search, documents

    @staticmethod
    def prepare() -> None:
        """Import what agents need: that takes a second, which is no model's fault, and is done before time runs."""
        import langchain.agents.middleware  # noqa: F401

    def answer(self, question: Question, deadline: float | None = None) -> Answer | None:
        """An answer whose every sentence is borne out by what the tools found; None where there is none.

        The tools look at the documents of ``question.document`` only, at all where it names none.
        """
        findings, steps = Findings(), list[dict[str, Any]]()
        agent = self._agent(findings, steps, question.document)
        try:
            state = self._model.run(lambda: agent.ainvoke({"messages": [("user", question.text)]}), deadline)
        except ModelFailed:
            return None
        said = state["messages"][-1].content
        text = cited(said, findings.pieces, question.text) if isinstance(said, str) else ""
        faults = check(text, findings.pieces, question.text)
        passed = not faults and _on_the_question(question.text, text, findings.pieces)
        steps.append({"step": "draft", "model": self._model.name, "prompt": load("agent").digest, "passed": passed})
        if not passed:
            return None
        return _answer(question, text, findings, steps)

    def _agent(self, findings: Findings, steps: list[dict[str, Any]], within: tuple[str, ...]) -> Any:
        from langchain.agents import create_agent
        from langchain.agents.middleware import ModelCallLimitMiddleware, ToolCallLimitMiddleware

        limits: list[Any] = [
            ModelCallLimitMiddleware(run_limit=MODEL_CALLS),
            ToolCallLimitMiddleware(run_limit=TOOL_CALLS),
        ]
        return create_agent(
            self._model.chat(),
            self._tools(findings, steps, within),
            system_prompt=load("agent").fill(documents="\n".join(self._documents()[:50]) or "无"),
            middleware=limits,
        )

    def _tools(
        self, findings: Findings, steps: list[dict[str, Any]], within: tuple[str, ...]
    ) -> list[Callable[..., str]]:
        def kept(tool: str, given: object, result: str) -> str:
            steps.append({"step": tool, "given": given, "found": result[:500]})
            return result

        def look_up(question: str) -> str:
            """查一个数字或一项内容。question 写完整，例如“某局2025年三公经费预算多少”。"""
            return kept("look_up", question, findings.add(self._ask(Question(question, document=within))))

        def search_passages(query: str) -> str:
            """在文档正文里找原因、职责、依据等段落。"""
            cited = tuple(self._search(query, within))
            found = Answer(query, "answered" if cited else "not_found", "没有找到相关段落", citations=cited)
            return kept("search_passages", query, findings.add(found))

        def calculate(operation: str, numbers: list[int]) -> str:
            """计算查到的数字。operation：sum 合计、difference 前减后、ratio 前占后的百分比；numbers：编号。"""
            return kept("calculate", [operation, numbers], findings.calculate(operation, numbers))

        def list_documents() -> str:
            """列出现有文档的单位、年份和名称。"""
            return kept("list_documents", None, "\n".join(self._documents()[:50]))

        return [look_up, search_passages, calculate, list_documents]


def _on_the_question(question: str, text: str, pieces: Sequence[Piece]) -> bool:
    """Whether the question says the item of each figure that the text cites: a true figure of another item is no answer."""
    used = {int(n) for n in _MARK.findall(text)}
    return all(_said(question, p.label) for p in pieces if p.number in used and p.label and p.citation is not None)


def _said(question: str, item: str) -> bool:
    """Whether a question says an item, apart from its smallest words."""
    text, item = spaceless(question), spaceless(item)
    pairs = {item[i : i + 2] for i in range(max(len(item) - 1, 1))}
    return sum(pair in text for pair in pairs) >= 0.8 * len(pairs)


def _answer(question: Question, text: str, findings: Findings, steps: Sequence[dict[str, Any]]) -> Answer:
    """The text with its marks as citation numbers, its own figures and the citations that it uses."""
    place = {p.number: p.citation for p in findings.pieces}
    used: list[int] = []
    cited_numbers = list(dict.fromkeys(int(n) for n in _MARK.findall(text)))
    for number in cited_numbers:
        own = place[number]
        made_of = findings.values[number].citations if own is None else (own,)
        used += [i for i in made_of if i not in used]
    if findings.calculation:
        used += [i for i in findings.calculation.inputs if i not in used]
    at = {old: new for new, old in enumerate(used)}

    def mark(found: re.Match[str]) -> str:
        own = place[int(found[1])]
        made_of = findings.values[int(found[1])].citations if own is None else (own,)
        return "".join(f"[{at[i] + 1}]" for i in made_of)

    step = findings.calculation
    values = [findings.values[n] for n in cited_numbers if n in findings.values]
    return Answer(
        question.text,
        "answered",
        _MARK.sub(mark, text),
        tuple(replace(v, citations=tuple(at[i] for i in v.citations)) for v in values),
        replace(step, inputs=tuple(at[i] for i in step.inputs)) if step else None,
        tuple(findings.citations[i] for i in used),
        route="llm",
        trace=tuple(steps),
    )
