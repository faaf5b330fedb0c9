"""The 勾稽 checks of a document: hard ones on figures, soft ones on what reads wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from index.check_across import check_across, totals_of
from index.check_figures import Finding, Part, Side
from index.check_names import check_names
from index.check_prose import check_prose
from index.check_soft import check_soft
from index.check_sums import check_table
from index.records import Document, Fact

__all__ = ["Finding", "Part", "Side", "check"]


def check(document: Document, facts: Sequence[Fact]) -> list[Finding]:
    """The findings of a document: each names its rule, both sides with their cells, the difference, the precision."""
    by_table: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        if fact.source.row is not None:
            by_table[fact.source.block_id].append(fact)
    found: list[Finding] = []
    for table in document.tables:
        found.extend(check_table(document.id, by_table[table.id]))
    totals = totals_of(document, by_table)
    found.extend(check_across(document, totals, by_table))
    found.extend(check_prose(document, facts, totals, by_table))
    found.extend(check_names(document, facts, by_table))
    found.extend(check_soft(document, facts, totals, by_table))
    return list({f.id: f for f in found}.values())
