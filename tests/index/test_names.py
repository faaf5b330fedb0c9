import pytest

from index.glossary import organs, question_words, region_names, regions, subjects, synonyms
from index.names import folded, pairs, pinyin_of, stored_name


def test_folding() -> None:
    assert folded("“三公” 经费（Ａ）、1.2") == "三公经费a12"
    assert folded("——") == ""


def test_pairs() -> None:
    assert pairs("网络舆情") == {"网络", "络舆", "舆情"}
    assert pairs("水") == {"水"}
    assert pairs("，") == frozenset()


def test_pinyin() -> None:
    assert pinyin_of("玉田县") == ("yutianxian", "ytx")
    assert stored_name("玉田县", "agency").initials == "ytx"


def test_regions() -> None:
    assert regions()["130229"].full == "河北省唐山市玉田县"
    assert [regions()[c].level for c in ("130000", "130200", "130229", "310107")] == [0, 1, 2, 2]
    assert len(region_names()["鼓楼区"]) > 1


@pytest.mark.parametrize(
    ("code", "name"), [("201", "一般公共服务支出"), ("30206", "电费"), ("30207", "邮电费"), ("2210201", "住房公积金")]
)
def test_subjects(code: str, name: str) -> None:
    assert name in subjects()[code]


def test_the_glossary_is_sound() -> None:
    assert all(said and printed for said, printed in synonyms())
    assert all(short and len(short) <= len(printed) for short, printed in organs())
    assert set(question_words().values()) <= {0.0, 0.3, 1.0}
    assert len(set(synonyms())) == len(synonyms())
