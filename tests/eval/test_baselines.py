from collections.abc import Sequence

from eval.baselines.legs import full_text, vectors_only
from eval.baselines.reading import read_answer
from index.records import Chunk

CHUNKS = {
    "1": Chunk("1", "d1", ("b",), (), "项目支出 90.00 基本支出 193.61", "单位：万元 项目支出 90.00 基本支出 193.61"),
    "2": Chunk("2", "d2", ("b",), (), "2025年机关运行经费安排11.39万元，比2024年减少", ""),
}


class Texts:
    def search_text(
        self, tokens: list[str], k: int, document_ids: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        found = {i: sum(t in c.text for t in tokens) for i, c in CHUNKS.items()}
        return sorted(((i, float(n)) for i, n in found.items() if n), key=lambda x: -x[1])[:k]

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        return [CHUNKS[i] for i in ids if i in CHUNKS]


class Vectors:
    def search(self, query: str, k: int, document_ids: Sequence[str] | None = None) -> list[tuple[str, float]]:
        return [("gone", 0.9), ("2", 0.8)][:k]


def test_each_leg_answers_alone() -> None:
    answer = full_text(Texts(), lambda d: d + ".txt")({"question": "项目支出是多少"})
    assert answer["values"][0] == {"label": "", "value": "90.00", "unit": "万元", "citations": [0]}
    assert answer["passages"][0]["file"] == "d1.txt"
    answer = vectors_only(Texts(), Vectors(), lambda d: d + ".txt")({"question": "机关运行经费多少"})
    assert [p["file"] for p in answer["passages"]] == ["d2.txt"]  # a chunk that is being replaced is left out
    assert (answer["values"][0]["value"], answer["values"][0]["unit"]) == ("11.39", "万元")


def test_nothing_found_is_not_found() -> None:
    answer = read_answer("水费", [])
    assert (answer["status"], answer["values"]) == ("not_found", [])


def test_words_without_figures_are_still_an_answer() -> None:
    answer = read_answer("主要职责是什么", [{"file": "a", "text": "贯彻执行法律法规"}])
    assert (answer["status"], answer["values"]) == ("answered", [])
