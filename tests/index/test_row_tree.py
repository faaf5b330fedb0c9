"""Which rows contain which, on the shapes that budget tables use."""

from __future__ import annotations

import pytest

from index.row_tree import Row, clean_label, join_codes, tree


def _tree(*rows: tuple[str, str | None] | str) -> list[tuple[int, int | None, bool]]:
    made = [Row(i, r, None, (r,)) if isinstance(r, str) else Row(i, r[0], r[1], (r[0],)) for i, r in enumerate(rows)]
    placed = tree(made)
    return [(placed[i].depth, placed[i].parent, placed[i].is_total) for i in range(len(rows))]


def test_codes_nest_by_their_digits() -> None:
    rows = [("合计", None), ("公共服务", "201"), ("网信事务", "20137"), ("行政运行", "2013701"), ("卫生", "210")]
    assert _tree(*rows) == [(-1, None, True), (0, None, False), (1, 1, False), (2, 2, False), (0, None, False)]


def test_a_code_without_the_level_above_belongs_to_the_next_higher() -> None:
    assert _tree(("社会保障和就业支出", "208"), ("行政单位离退休", "2080501")) == [(0, None, False), (1, 0, False)]


def test_numbering_nests_by_its_kind() -> None:
    assert _tree("一、财政拨款收入", "1.一般公共预算资金", "2.政府性基金", "二、事业收入", "收入总计") == [
        (0, None, False), (1, 0, False), (1, 0, False), (0, None, False), (-1, None, True),
    ]  # fmt: skip


def test_a_row_marked_as_part_belongs_to_the_row_above() -> None:
    assert _tree("公务用车购置及运行费", "其中：公务用车购置费", "公务用车运行费")[1:] == [(1, 0, False), (1, 0, False)]


def test_numbers_that_begin_again_count_the_parts_of_the_row_above() -> None:
    rows = ("一、一般公共预算", "二、政府性基金", "本年收入合计", "年初结转和结余", "一、一般公共预算", "总计")
    assert _tree(*rows)[3:] == [(0, None, False), (1, 3, False), (-1, None, True)]


def test_a_longer_path_of_names_is_part_of_the_shorter() -> None:
    rows = [
        Row(1, "一、货物", None, ("一、货物",)), Row(2, "办公设备", None, ("一、货物", "办公设备")),
        Row(3, "打印机", None, ("一、货物", "办公设备", "打印机")), Row(4, "二、服务", None, ("二、服务",)),
    ]  # fmt: skip
    assert [(p.depth, p.parent) for p in tree(rows).values()] == [(0, None), (1, 1), (2, 2), (0, None)]


@pytest.mark.parametrize("label", ["合计", "本年支出合计", "支出总计", "人员经费合计", "小 计", "资产总额"])
def test_totals_stand_above_the_top_level(label: str) -> None:
    assert _tree("一、甲", label)[1] == (-1, None, True)


@pytest.mark.parametrize(
    ("parts", "code"),
    [(("201", "03", "01"), "2010301"), (("301", "2"), "30102"), (("2010301",), "2010301"), ((), None), (("12",), None)],
)
def test_split_codes_join(parts: tuple[str, ...], code: str | None) -> None:
    assert join_codes(parts) == code


@pytest.mark.parametrize(
    ("label", "name"), [("一、财政拨款", "财政拨款"), ("其中：办公费", "办公费"), ("（一）基本支出", "基本支出")]
)
def test_a_clean_label(label: str, name: str) -> None:
    assert clean_label(label) == name
