"""Rows for a person: ruled on a terminal, tab-separated where another program reads."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence


def print_rows(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under their heads on standard output."""
    shown = [["" if item is None else str(item) for item in row] for row in rows]
    if not sys.stdout.isatty():
        for row in [list(heads), *shown]:
            print("\t".join(" ".join(item.split()) for item in row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*heads)
    for row in shown:
        table.add_row(*map(Text, row))
    Console().print(table)
