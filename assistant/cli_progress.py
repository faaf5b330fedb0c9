"""Progress of an ingest on standard error: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from assistant.cli_words import say


@contextmanager
def progress_shown() -> Iterator[Callable[[str, int, int], None]]:
    """A function that takes a line, how many are done and how many there are."""
    if not sys.stderr.isatty():
        yield lambda line, done, total: say(f"[{done}/{total}] {line}")
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("正在读取……", total=None)
        yield lambda line, done, total: bar.update(task, description=escape(line), completed=done, total=total)
