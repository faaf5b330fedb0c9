"""Prompts, one file each: a head (version, variables, output) and the text with ``{{variable}}`` places.

A prompt with a head that lacks a field, a place that the head does not name, or a
variable missing or unknown when it is filled is refused with ValueError.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_PLACE = re.compile(r"\{\{(\w+)\}\}")
_FIELDS = {"version", "variables", "output"}


@dataclass(frozen=True, slots=True)
class Prompt:
    """``output`` is the JSON schema of the reply, None for plain text; ``digest`` tells versions apart in logs."""

    name: str
    version: int
    variables: frozenset[str]
    output: dict[str, Any] | None
    text: str
    digest: str

    def fill(self, **values: str) -> str:
        """The text with every variable in its place; values are put in as they are, never read as places."""
        if values.keys() != self.variables:
            unknown = sorted(values.keys() - self.variables)
            missing = sorted(self.variables - values.keys())
            raise ValueError(f"prompt {self.name}: unknown variables {unknown}, missing variables {missing}")
        return _PLACE.sub(lambda place: values[place[1]], self.text)


@cache
def load(name: str) -> Prompt:
    """The prompt of ``prompts/<name>.md``. Raises ValueError for a malformed one, FileNotFoundError for none."""
    return parse(name, (Path(__file__).parent / f"{name}.md").read_text(encoding="utf-8"))


def parse(name: str, source: str) -> Prompt:
    """Read a prompt file: ``---``, lines ``field: JSON``, ``---``, the text."""
    parts = source.split("---\n", 2)
    if len(parts) != 3 or parts[0].strip():
        raise ValueError(f"prompt {name}: no head between lines of ---")
    head = {}
    for line in filter(None, map(str.strip, parts[1].split("\n"))):
        field, _, value = line.partition(":")
        head[field.strip()] = json.loads(value)
    if head.keys() != _FIELDS:
        raise ValueError(f"prompt {name}: the head needs exactly {sorted(_FIELDS)}, has {sorted(head)}")
    text = parts[2].strip()
    places, variables = set(_PLACE.findall(text)), frozenset(head["variables"])
    if places != variables:
        raise ValueError(f"prompt {name}: places {sorted(places)} and variables {sorted(variables)} differ")
    digest = hashlib.sha256(source.encode()).hexdigest()[:12]
    return Prompt(name, int(head["version"]), variables, head["output"], text, digest)
