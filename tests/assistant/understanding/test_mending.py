import pytest

from assistant.answering import Assistant
from assistant.understanding import understand
from assistant.understanding.mending import mended, spelled_in_letters, syllables


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("玉田网络与情管理预算多少", "玉田网络舆情管理预算多少"),
        ("yutian yuqing guanli yusuan duoshao", "玉田舆情管理预算多少"),
        ("迁西网络安全保帐经费", "迁西网络安全保障经费"),
    ],
)
def test_mistyped_words_are_put_right_and_said(assistant: Assistant, typed: str, meant: str) -> None:
    catalog = assistant.catalog()
    found = mended(understand(typed, catalog), catalog, assistant.lookup)
    assert found is not None
    assert found[0].text == meant
    assert "理解" in found[1]


@pytest.mark.parametrize("typed", ["玉田网络舆情管理预算多少", "开平2025年水费", "GDP是多少", "教育支出"])
def test_what_is_written_right_stays(assistant: Assistant, typed: str) -> None:
    catalog = assistant.catalog()
    assert mended(understand(typed, catalog), catalog, assistant.lookup) is None


def test_letters() -> None:
    assert spelled_in_letters("yutian预算")
    assert not spelled_in_letters("GDP预算")
    assert syllables("舆情") == syllables("与情")
