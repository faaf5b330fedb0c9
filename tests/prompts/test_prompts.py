from __future__ import annotations

import re
from pathlib import Path

import pytest

import prompts
from assistant.evidence import Piece
from assistant.verify import check
from prompts import load, parse

NAMES = sorted(p.stem for p in Path(prompts.__file__).parent.glob("*.md"))
GOOD = '---\nversion: 1\nvariables: ["question"]\noutput: null\n---\n问题：{{question}}\n'


@pytest.mark.parametrize("name", NAMES)
def test_every_prompt_loads_and_fills(name: str) -> None:
    prompt = load(name)
    filled = prompt.fill(**dict.fromkeys(prompt.variables, "值"))
    assert "{{" not in filled
    assert len(prompt.digest) == 12
    assert prompt.output is None or prompt.output["type"] == "object"


def test_unknown_and_missing_variables_are_refused() -> None:
    prompt = parse("p", GOOD)
    with pytest.raises(ValueError, match="missing variables"):
        prompt.fill()
    with pytest.raises(ValueError, match="unknown variables"):
        prompt.fill(question="x", other="y")


def test_a_value_is_never_read_as_a_place() -> None:
    assert parse("p", GOOD).fill(question="{{question}} \\1") == "问题：{{question}} \\1"


@pytest.mark.parametrize(
    "source",
    [
        "问题：{{question}}",
        GOOD.replace("version: 1\n", ""),
        GOOD.replace("output", "extra: 1\noutput"),
        GOOD.replace("{{question}}", "{{other}}"),
        GOOD.replace("{{question}}", ""),
    ],
)
def test_a_malformed_prompt_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="prompt p"):
        parse("p", source)


def test_the_example_of_the_wording_prompt_keeps_its_own_rules() -> None:
    """The example's reply passes the guard against the example's own evidence, and says all that it must."""
    example = re.search(
        r"问题：(?P<question>.+)\n依据：\n(?P<evidence>(?:\[\d\].+\n)+)必须写到：(?P<points>.+)\n回答：(?P<reply>.+)",
        load("wording").text,
    )
    assert example
    pieces = []
    for line in example["evidence"].splitlines():
        number, said, heading = re.fullmatch(r"\[(\d)\] (.+)（出处：(.+)）", line).groups()  # type: ignore[union-attr]
        label, _, cell = said.partition("：") if "表" in heading else ("", "", "")
        pieces.append(Piece(int(number), heading, said, label if cell else "", int(number) - 1, 2024, "甲局"))
    assert check(example["reply"], pieces, example["question"]) == []
    assert check(example["reply"].replace("3.00", "5.00"), pieces, example["question"])
    assert all(point in example["reply"] for point in example["points"].split("、"))
