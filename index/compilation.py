"""Which office each part of a compilation belongs to: several disclosures in one file, one heading an office."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from index.identity import agency_of_heading
from index.records import Document, Passage, Table


def with_offices(document: Document) -> Document:
    """The passages and the tables without an office of their own, each with the office whose part they stand in.

    A document whose headings name one office only, or short forms of its name, comes back as it is.
    """
    offices = {s.heading: name for s in document.sections if (name := agency_of_heading(s.heading))}
    own = document.agency.value if document.agency else next(iter(offices.values()), "")
    if not any(_is_other(name, own) for name in offices.values()):
        return document
    return replace(document, blocks=tuple(_placed(document, offices)))


def _placed(document: Document, offices: dict[str, str]) -> Iterator[Passage | Table]:
    for block in document.blocks:
        office = next((offices[h] for h in reversed(block.section) if h in offices), None)
        yield replace(block, agency=office) if office and block.agency is None else block


def _is_other(name: str, own: str) -> bool:
    """Whether two names are of two offices: neither is the other one shortened (县委网信办)."""
    return not (_shortens(name, own) or _shortens(own, name))


def _shortens(short: str, full: str) -> bool:
    rest = iter(full)
    return all(char in rest for char in short)
