"""Slips of the pen and of the keyboard: homophones, look-alikes, traditional characters, pinyin, short forms."""

from __future__ import annotations

import random
import re
from functools import cache
from typing import Any

# Characters that are taken for the one at the same place in the other line, in print or in a scan.
ONE = "己未人日土采贷拨折侯微帐治析券抢晴请员经费购训待园辆宣管测项网府政培服专防险场村技科农卫"
OTHER = "已末入曰士菜货拔拆候徽账冶折卷枪睛情贝径废构川侍圆俩宜营侧顷冈俯攻陪报传妨检扬材枝料衣工"
LOOKALIKES = dict(zip(ONE + OTHER, OTHER + ONE, strict=True))
# What people call offices; the longer name first.
ABBREVIATIONS = (
    ("委网络安全和信息化委员会办公室", "网信办"),
    ("人民政府办公室", "政府办"),
    ("人民政府", ""),
    ("街道办事处", "街道"),
    ("高级人民法院", "高院"),
    ("商务委员会", "商务委"),
    ("政协办公厅", "政协"),
    ("发展和改革", "发改"),
    ("住房和城乡建设", "住建"),
    ("自然资源和规划", "自然资源"),
    ("人力资源和社会保障", "人社"),
    ("文化广电和旅游", "文旅"),
    ("卫生健康", "卫健"),
)
ENDINGS = ("专项资金", "工作经费", "项目", "经费", "服务费", "费用", "费")


@cache
def _homophones() -> dict[str, list[str]]:
    """Common characters by their sound without tone: the first level of GB 2312."""
    from pypinyin import lazy_pinyin

    by_sound: dict[str, list[str]] = {}
    for high in range(0xB0, 0xD8):
        for low in range(0xA1, 0xFF):
            try:
                char = bytes([high, low]).decode("gb2312")
            except UnicodeDecodeError:
                continue
            by_sound.setdefault(lazy_pinyin(char)[0], []).append(char)
    return by_sound


def mistyped(text: str, draw: random.Random) -> str | None:
    """One character replaced by one that sounds or looks the same; None for a text too short to survive it."""
    from pypinyin import lazy_pinyin

    places = [i for i, c in enumerate(text) if "一" <= c <= "鿿"]
    if len(places) < 4:
        return None
    draw.shuffle(places)
    for at in places:
        char = text[at]
        sound = [c for c in _homophones().get(lazy_pinyin(char)[0], []) if c != char]
        chosen = LOOKALIKES.get(char) if draw.random() < 0.5 else None
        chosen = chosen or (draw.choice(sound) if sound else None)
        if chosen:
            return text[:at] + chosen + text[at + 1 :]
    return None


@cache
def _converter() -> Any:
    import opencc

    return opencc.OpenCC("s2t")


def traditional(text: str) -> str:
    """The text in traditional characters."""
    return str(_converter().convert(text))


def pinyin(text: str) -> str:
    """The text in letters without tones."""
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(text))


def short_year(year: int) -> str:
    return f"{year % 100:02d}年"


def without_ending(name: str) -> str | None:
    """A name as people say it, without 经费, 项目 and the like; None when little would be left."""
    for ending in ENDINGS:
        if name.endswith(ending) and len(name) - len(ending) >= 4:
            return name.removesuffix(ending)
    return None


def place_of(agency: str, region: str | None) -> str | None:
    """The place that an agency's name carries, as the last part of its region, without the word for its level."""
    parts = re.findall(r".+?(?:省|自治区|市|区|县|旗|盟|自治州)", region or "")
    for part in reversed(parts):
        bare = re.sub(r"(省|自治区|市|区|县|旗|盟|自治州)$", "", part)
        if part in agency and len(bare) >= 2:
            return str(part)
    return None


def bare_place(place: str) -> str:
    return re.sub(r"(省|自治区|市|区|县|旗|盟|自治州)$", "", place)


def short_agency(agency: str, region: str | None) -> str | None:
    """An agency as people say it: 中共玉田县委网络安全和信息化委员会办公室 -> 玉田网信办; None without a place."""
    place = place_of(agency, region)
    if place is None:
        return None
    rest = agency.split(place, 1)[1]
    for whole, brief in ABBREVIATIONS:
        rest = rest.replace(whole, brief)
    return bare_place(place) + rest
