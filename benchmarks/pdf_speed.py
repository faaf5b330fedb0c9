"""Pages per second of the PDF reader beside pdfplumber's plain extract_tables, on one and two processes, in one run.

    python benchmarks/pdf_speed.py FILE-OR-FOLDER…

The files are the same for both. Ours also reads prose, joins tables over pages and recognises picture pages;
``--no-ocr`` leaves the last out, which pdfplumber does not do.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pdfplumber

from index.parsers import pdf_scan
from index.parsers.pdf import read_pdf
from index.records import Grid


def ours(path: Path) -> tuple[int, int]:
    """(pages, tables) that the project's reader finds."""
    source = read_pdf(path)
    return source.pages or 0, sum(1 for block in source.blocks if isinstance(block, Grid))


def plumber(path: Path) -> tuple[int, int]:
    """(pages, tables) that pdfplumber finds, page by page."""
    with pdfplumber.open(path) as document:
        tables = sum(len(page.extract_tables()) for page in document.pages)
        return len(document.pages), tables


def without_ocr() -> None:
    pdf_scan.MAX_SCANNED_PAGES = 0


def measured(read: Callable[[Path], tuple[int, int]], files: Sequence[Path], processes: int, ocr: bool) -> str:
    """One line of the result: pages, tables, seconds and pages per second."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, initializer=None if ocr else without_ocr) as pool:
        pool.map(abs, range(processes))  # the processes are up and have imported the readers
        begun = time.perf_counter()
        counts = pool.map(read, files, chunksize=1)
        seconds = time.perf_counter() - begun
    pages, tables = sum(p for p, _ in counts), sum(t for _, t in counts)
    name = "index.parsers.pdf" if read is ours else "pdfplumber extract_tables"
    return f"{name:<26} {processes:>9} {pages:>6} {tables:>7} {seconds:>8.2f} {pages / seconds:>9.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--no-ocr", action="store_true")
    options = parser.parse_args()
    files = [f for p in options.paths for f in (sorted(p.rglob("*.pdf")) if p.is_dir() else [p])]
    files.sort(key=lambda f: -f.stat().st_size)
    print(f"{'reader':<26} {'processes':>9} {'pages':>6} {'tables':>7} {'seconds':>8} {'pages/s':>9}")
    for processes in (1, 2):
        for read in (ours, plumber):
            print(measured(read, files, processes, not options.no_ocr), flush=True)


if __name__ == "__main__":
    main()
