from __future__ import annotations

import subprocess
import sys

import pytest

from index import words
from index.words import cut, load_names


def test_words_fold_width_and_case_and_leave_out_marks() -> None:
    assert cut("“三公”经费，ＯＡ系统！") == ["三公", "经费", "oa", "系统"]


def test_a_corpus_name_is_one_word_and_its_parts_are_found_too() -> None:
    load_names(["网评队伍建设", "", "有 空格 的名字"])
    words = cut("玉田网评队伍建设预算")
    assert "网评队伍建设" in words
    assert {"队伍", "建设", "预算"} <= set(words)


def test_the_dictionary_does_not_grow_with_every_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run over a million names would fill the memory of every reader."""
    words._tokenizer.cache_clear()
    monkeypatch.setattr(words, "MOST_NAMES", 90)
    every: list[str] = []
    for document in range(4):
        own = [f"网评甲{document}项目{number}" for number in range(50)]
        load_names(own)
        assert own[7] in cut(f"玉田{own[7]}预算")
        every += own
    assert sum(name in words._tokenizer().FREQ for name in every) <= 90 + 50
    words._tokenizer.cache_clear()


def test_cutting_prints_nothing_and_writes_no_cache(tmp_path: object) -> None:
    code = "import os, tempfile, index.words; index.words.cut('网络'); print(os.listdir(tempfile.gettempdir()))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={"TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert done.stdout.strip() == "[]"
