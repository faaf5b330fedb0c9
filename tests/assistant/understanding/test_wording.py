import pytest

from assistant.understanding.wording import MAX_QUESTION, plain_question, weights


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("二〇二五年五十万元", "2025年50万元"),
        ("二○二三年预算", "2023年预算"),
        ("25年预算", "2025年预算"),
        ("ＡＢＣ１２", "ABC12"),
        ("玉田縣輿情", "玉田县舆情"),
        ("预算收人总计", "预算收入总计"),
        ("财政拔款和接侍费", "财政拨款和接待费"),
        ("接收人员和吸收人才", "接收人员和吸收人才"),
        ("选拔款项和本项日常经费", "选拔款项和本项日常经费"),
        ("9個項目", "9个项目"),
        ("  公用\t\n 经费 ", "公用 经费"),
        ("三公经费", "三公经费"),
        ("十三五规划", "十三五规划"),
        ("10年以来", "10年以来"),
        ("a\x00b\u200bc", "abc"),
        ("", ""),
    ],
)
def test_one_form(typed: str, plain: str) -> None:
    assert plain_question(typed) == plain


@pytest.mark.parametrize("typed", ["二〇二五年五十万元", "25年預算", "三公经费，前三名？"])
def test_the_plain_form_stays_as_it_is(typed: str) -> None:
    assert plain_question(plain_question(typed)) == plain_question(typed)


def test_a_long_text_is_cut() -> None:
    assert len(plain_question("预" * 10 * MAX_QUESTION)) <= MAX_QUESTION


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("办公费是多少？", "###...."),
        ("差旅费", "###"),
        ("请问", ".."),
        ("住房公积金", "#####"),
        ("支出预算", "++++"),
    ],
)
def test_what_each_character_says(text: str, shown: str) -> None:
    assert "".join("#" if w >= 1 else "+" if w else "." for w in weights(text)) == shown
