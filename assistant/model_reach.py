"""What a configured language model may use of the assistant, opened when the first question needs it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from assistant.lookup import Lookup
from assistant.prose import Prose
from assistant.records import Answer, Citation, Question
from assistant.understanding import understand
from assistant.understanding.catalog import Catalog
from assistant.understanding.scope import of_year
from index.names import pairs

if TYPE_CHECKING:
    from assistant.llm_layer import LlmLayer

OFFERED = 40
_URL = "BUDGETQA_LLM_BASE_URL"


def layer_of(
    ask: Callable[[Question], Answer], lookup: Lookup, prose: Prose, catalog: Callable[[], Catalog]
) -> LlmLayer | None:
    """The layer around the front door when an endpoint is configured, None (and nothing imported) when none is."""
    if not os.environ.get(_URL):
        return None
    from assistant.llm import open_model, read_llm_settings
    from assistant.llm_layer import LlmLayer, Reach
    from assistant.planning import Candidates

    model = open_model(read_llm_settings())
    if model is None:
        return None

    def candidates(text: str) -> Candidates:
        rows = catalog().rows.values()
        items = [name for name, _kind, _shared in lookup.store.find_names(sorted(pairs(text)), OFFERED)]
        agencies = sorted({row.agency for row in rows if row.agency})
        return Candidates(agencies, sorted({row.fiscal_year for row in rows if row.fiscal_year}), items)

    def passages(text: str, documents: Sequence[str]) -> Sequence[Citation]:
        return prose.passages(text, catalog(), documents)

    def named(question: Question) -> tuple[str, ...] | None:
        held = catalog()
        u = understand(question.text, held)
        found: list[str] = list(question.document)
        for scope in u.naming.scopes if u.naming.scopes[0].named or u.periods.years else ():
            dated = [of_year(scope, year, held) for year in u.periods.years or (None,)]
            if u.naming.unknown or any(s.missing for s in (scope, *dated)):
                return None
            found += [d for s in dated for d in s.documents]
        return tuple(dict.fromkeys(found))

    def documents() -> Sequence[str]:
        return [
            f"{row.agency or row.title} {row.fiscal_year or ''}年{row.phase or ''}" for row in catalog().rows.values()
        ]

    return LlmLayer(model, Reach(ask, candidates, passages, documents, named))


def told() -> str:
    """What the interface says about what leaves this machine."""
    settings: Any = None
    if os.environ.get(_URL):
        from assistant.llm import read_llm_settings

        settings = read_llm_settings()
    return settings.told() if settings is not None else "未使用大模型，问题和文档内容不会发送到任何地方。"
