"""The chain for questions that prose answers: find | word | check.

Without a language model the wording is the quoted passages themselves, so every
sentence is its own evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.runnables import Runnable, RunnableLambda

from assistant.asked import printed_words
from assistant.following import broken, numbered
from assistant.quotes import MIN_CONFIDENCE, Chosen, Quote, QuoteFinder
from assistant.retrieval import POOL, Found, HybridRetriever
from assistant.tracing import no_tracing
from index.chunks import is_definition


@dataclass(frozen=True, slots=True)
class ProseResult:
    """A worded answer with the quotes that carry it; ``confidence`` is 0 to 1.

    ``complete`` tells whether the quotes say every word that the question is about.
    """

    text: str
    quotes: tuple[Quote, ...]
    confidence: float
    notes: tuple[str, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class _Asked:
    question: str
    document_ids: tuple[str, ...] | None
    focus: str | None


@dataclass(frozen=True, slots=True)
class _Step:
    asked: _Asked
    found: list[Found]
    chosen: Chosen = field(default_factory=Chosen)


class ProseAnswerer:
    """Answers a prose question from the chunks of the given documents."""

    def __init__(self, retriever: HybridRetriever, *, min_confidence: float = MIN_CONFIDENCE) -> None:
        no_tracing()
        self._retriever = retriever
        self._min_confidence = min_confidence
        self.chain: Runnable[Any, Any] = (
            RunnableLambda(self._find) | RunnableLambda(self._word) | RunnableLambda(self._check)
        )

    def answer(
        self, question: str, document_ids: Sequence[str] | None = None, focus: str | None = None
    ) -> ProseResult | None:
        """The passages that answer, quoted; None where nothing fits.

        ``document_ids`` keeps to the documents that the question is about;
        ``focus`` is the question without the names that only tell which documents.
        """
        asked = _Asked(question, tuple(document_ids) if document_ids is not None else None, focus)
        result: ProseResult | None = self.chain.invoke(asked)
        return result

    def passages(self, question: str, document_ids: Sequence[str] | None = None, k: int = 2) -> list[Quote]:
        """The ``k`` passages nearest to a question that define no terms, for a model that words an answer."""
        found = [f for f in self._retriever.find(question, 2 * k, document_ids) if not is_definition(f.chunk.section)]
        return [
            Quote(f.chunk.document_id, f.chunk.block_ids[0], f.chunk.page, f.chunk.section, f.chunk.text) for f in found[:k]
        ]

    def _find(self, asked: _Asked) -> _Step:
        sought = asked.focus or asked.question
        sought = " ".join([sought, *printed_words(sought)])
        return _Step(asked, self._retriever.find(sought, POOL, asked.document_ids))

    def _word(self, step: _Step) -> _Step:
        finder = QuoteFinder(step.asked.question, step.asked.focus, step.found)
        return _Step(step.asked, step.found, finder.best(self._retriever.section_of))

    def _check(self, step: _Step) -> ProseResult | None:
        chosen = step.chosen
        if not chosen.quotes or chosen.confidence < self._min_confidence:
            return None
        text = _text_of(chosen.quotes)
        if chosen.under and chosen.under not in text:
            text = f"{chosen.under}：\n{text}"
        return ProseResult(text, chosen.quotes, round(chosen.confidence, 3), self._retriever.notices, chosen.complete)


def _text_of(quotes: Sequence[Quote]) -> str:
    """The quotes below each other, with the headings that part them."""
    lines: list[str] = []
    before: Quote | None = None
    above = quotes[0].section
    for quote in quotes:
        if quote.section != above and len(quote.section) >= len(above):
            lines.append(quote.section[-1])
        above = quote.section
        if before is not None and broken(before.text, before.page) and not numbered(quote.text):
            lines[-1] += quote.text  # a line of a page that the sentence runs over
        else:
            lines.append(quote.text)
        before = quote
    return "\n".join(lines)
