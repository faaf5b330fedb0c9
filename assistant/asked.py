"""What a prose question asks for: the kind of text that answers, its content words, a number or a direction it names.

No model is needed: a question tells by its words what kind of text answers it (a
reason, a definition, the duties of an agency, a document number), and headings of
budget disclosures are named alike everywhere.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from index.amounts import chinese_number
from index.glossary import prose_words
from index.words import tokens

Kind = Literal[
    "definition",
    "reason",
    "basis",
    "place",
    "time",
    "who",
    "change",
    "purpose",
    "duties",
    "members",
    "means",
    "general",
]

COUNTERS = "平方米|人次|批次|个|家|期|次|件|项|人|名|辆|台|套|场|批|份|册|户|所|座|处|间|层|米|年|天|分|度|本|篇|块|条"
_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("definition", re.compile(
        r"什么意思|是指什么|指的?是?(?:什么|啥)|指什么|含义|定义|(?<!为)什么是|何谓|何为|名词解释|啥意思|[是叫]啥$|啥叫|什么叫|(?:怎么|如何)(?:理解|界定|解释)")),
    ("reason", re.compile(
        r"为什么|为何|为啥|原因|缘由|怎么会|因为什么|怎么(?:增加|减少|涨|降|多|少)|由于什么|凭什么|什么因素")),
    ("basis", re.compile(
        r"依据|根据(?:什么|哪)|哪(?:个|些|份|几个)?(?:文件|政策|规定|办法|通知|批复)|什么(?:文件|政策|规定|批复)|文号|批文")),
    ("place", re.compile(r"哪里|哪儿|在哪|[什啥]么?地方|哪[条个](?:路|街|区|镇)|何处|地址|地点|位置|坐落")),
    ("change", re.compile(
        r"怎么变|如何变|变化|有何变|增减情况|(?:比|较|跟|和|与)(?:上年|去年|上一年|20\d\d年)[^，。]{0,16}(?:怎么样|怎样|如何|情况)")),
    ("time", re.compile(r"什么时候|何时|周期|多久|多长时间|起止|哪[年天]|几月|工期|时间安排")),
    ("who", re.compile(r"(?:由谁|谁来?|哪家)(?:来)?(?:负责)?(?:实施|建设|承建|承担|组织|落实|执行)|实施主体|实施单位|承办单位")),
    ("purpose", re.compile(
        r"用途|用于|用在|花在|用来|干什么用|做什么用|(?:专项|项目|资金|经费|费|工程).{0,4}(?:做|干)(?:什么|啥)")),
    ("duties", re.compile(
        r"职责|职能|谁负责|谁来负责|归谁|[做干](?:什么|啥)[?？]?$|负责(?:什么|哪些|啥)|干什么的|做什么的|管什么|管哪些|是干[吗嘛什啥]")),
    ("members", re.compile(
        r"下属|所属|二级单位|内设|机构设置|哪些(?:单位|部门|科室|处室|机构)|(?:单位|机构|部门|中心|科室|处室)[，,]?(?:分别|都)?(?:有|是|为|包括)哪"
        r"|哪[几些]个?(?:家|单位|科室|处室)|几个(?:科室|处室|单位)|单位构成|牌子|加挂|挂牌|由哪些|合署")),
    ("means", re.compile(r"如何|怎么|怎样|措施|办法|采取")),
)  # fmt: skip
# Headings under which each kind of question is answered.
HEADING: dict[Kind, re.Pattern[str]] = {
    "definition": re.compile(r"名词|用语|术语"),
    "duties": re.compile(r"职责|职能"),
    "members": re.compile(r"机构|单位构成|构成情况|^.{0,4}构成"),
    "means": re.compile(r"措施|保障|方案|做法|办法"),
    "basis": re.compile(r"依据"),
    "purpose": re.compile(r"用途|概述|概况|内容"),
    "time": re.compile(r"周期|期限|时间|工期"),
    "who": re.compile(r"主体|实施单位|建设单位"),
}
CUE: dict[Kind, re.Pattern[str]] = {
    "reason": re.compile(r"原因|主要是|主要系|主要由|主要为|由于|因为|是因|所致|导致|(?<!基)因(?!公|素|此)"),
    "basis": re.compile(r"《[^》]+》|[〔［\[【(（]20\d\d[〕］\]】)）]|号文"),
    "members": re.compile(r"包括|下属|所属|内设|下设|加挂|设有|纳入|构成|牌子|合署"),
    "duties": re.compile(r"职责|职能|负责"),
    "means": re.compile(r"通过|加强|保障|建立|完善|严格|确保|开展"),
    "purpose": re.compile(r"用于|用途|为了|目标|支持|支付|购买|促进|推动|鼓励|加强|提升|反映"),
    "place": re.compile(r"位于|坐落|地处|地址"),
    "time": re.compile(r"20\d\d\s*[年.]|[一二三四]季度|\d{1,2}月|全年"),
    "change": re.compile(r"持平|一致|增加|减少|增长|下降|上升|小于|大于|零增长|保持不变"),
    "who": re.compile(r"由.{2,20}(?:建设|实施|承担|负责)|负责"),
}
_ASKING_WORDS = re.compile(
    r"(?:立项|政策|文件|指标)?依据|请问|麻烦|帮我|帮忙|想知道|告诉我|查一下|查查|介绍一下|讲讲|解释一下|怎么回事|为什么|为何|为啥|什么"
    rf"|(?:多少|几)(?:{COUNTERS})?|[一二三四五六七八九十两]{{1,2}}大?[项条个类](?=主要|职)|哪[里儿]|有没有|是不是|包括|包含|有哪|怎么样?|怎样|如何|这么多|那么多|一下|原因|文件|职责|职能|意思|含义|定义|措施|理由|文号|批文|名词解释|理解|用途|用在|花在|用来|负责|变化|大幅"
    r"|(?:下属|所属|二级|内设|预算)(?:单位|机构)|机构设置|单位构成|部门[预决]算|单位[预决]算|(?:哪[些家一几]?个?|什么|啥)(?:科室|处室|部门|单位|机构|庭室|项目|专项|工程|文件|政策|规定|办法|[局处科庭室])|哪[条个](?:路|街)|哪[个些家一几]|(?<=[目标位构室])数量?(?=$|[\s是为有])"
)
_WHICH = re.compile(r"(?:哪一?[个些家]|什么|啥)(?:项目|专项|工程|资金)")
_ORDINAL = re.compile(r"第([一二三四五六七八九十]{1,3}|\d{1,2})(?:[条项点款个]|大?(?=职能|职责|措施))")
_PARTS = re.compile(r"包[括含](?:哪|什么|些|啥)|由(?:哪些|什么)|组成|构成")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_YEAR_SAID = re.compile(r"(?:19|20)\d\d\s*年?度?")
_UP = re.compile(r"[大猛激]增|增加|增长|上升|提高|上涨|涨|多了|变多|攀升")
_DOWN = re.compile(r"[大锐]减|减少|下降|降低|减|降|少了|变少|压减|缩减")
DIRECTION = re.compile(r"增加|减少|增长|下降|上升|降低|持平|变化|增减|提高|小于|大于|低于|高于|上年|去年")
_TOTALS = frozenset(
    ["预算", "决算", "支出", "收入", "总额", "总计", "合计", "资金", "经费", "总数", "整体", "全年", "部门", "收支", "支出预算", "收入预算"]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """A prose question read.

    ``runs`` are its content, without names of documents and asking words, ``words`` the words in them; ``said`` pairs
    each word of the question with what paragraphs print for it. ``subject`` is the folded question with those printed
    words behind it. ``ordinal`` is the number of a list item, ``falls`` whether a change asked about is a decrease
    (None where no direction is named), ``which`` whether the project that a text stands under is asked,
    ``parts`` what something is made up of.
    ``whole`` tells that nothing but the budget as a whole is named.
    """

    kind: Kind
    subject: str
    runs: tuple[str, ...]
    words: tuple[str, ...]
    years: frozenset[str]
    said: tuple[tuple[str, tuple[str, ...]], ...]
    ordinal: int | None = None
    falls: bool | None = None
    which: bool = False
    parts: bool = False
    whole: bool = False

    def also(self, text: str) -> str:
        """Folded ``text`` followed by the question's own words for what it says."""
        return text + "".join(said for said, printed in self.said if any(p in text for p in printed))


def kind_of(question: str) -> Kind:
    """The kind of text that the question wants."""
    return next((kind for kind, pattern in _KINDS if pattern.search(question)), "general")


def plain(text: str) -> str:
    """Text folded for comparing: width, case, spaces and quotation marks do not count."""
    return re.sub(r"[\s“”\"‘’'《》·]|[（(]境[）)]", "", unicodedata.normalize("NFKC", text).lower())


def printed_words(question: str) -> list[str]:
    """What paragraphs print for words of the question, for a search to look for as well."""
    return [p for _, printed in _said(question) for p in printed]


def read(question: str, focus: str | None) -> Asked:
    """Read a question; ``focus`` is the question without the names that only tell which documents are meant."""
    said = _said(question)
    content = _ORDINAL.sub(" ", _YEAR_SAID.sub(" ", focus or question))
    runs = tuple(run for part in re.split(r"[\s|，,。；;、：:？?！!]+", content) for run in _content_runs(part))
    words = tuple(dict.fromkeys(w for run in runs for w in words_of(run)))
    rises, falls = bool(_UP.search(question)), bool(_DOWN.search(question))
    ordinal = _ORDINAL.search(focus or question)
    return Asked(
        kind_of(question),
        plain(focus or question) + "".join(plain(p) for _, printed in said for p in printed),
        runs,
        words,
        frozenset(_YEAR.findall(plain(question))),
        said,
        (int(ordinal[1]) if ordinal[1].isdigit() else chinese_number(ordinal[1])) if ordinal else None,
        falls if rises != falls else None,
        bool(_WHICH.search(question)),
        bool(_PARTS.search(question)),
        bool(words) and not [w for w in words if w not in _TOTALS and not DIRECTION.match(w)],
    )


def _said(question: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    text = plain(question)
    found = [(said, printed) for said, printed in prose_words()[0].items() if said in text]
    return tuple((s, tuple(map(plain, p))) for s, p in found if not any(s != o and s in o for o, _ in found))


def _content_runs(part: str) -> list[str]:
    """Stretches of words that say something; words that only join or ask part them."""
    empty = prose_words()[1]
    runs: list[str] = []
    open_run = False
    for place, piece in enumerate(re.split(f"({_ASKING_WORDS.pattern})", part)):
        if place % 2:
            open_run = False
            continue
        for token in tokens(piece):
            if token in empty or not any(c.isalnum() for c in token):
                open_run = False
            elif open_run:
                runs[-1] += token
            else:
                runs.append(token)
                open_run = True
    return [r for run in runs if len(r := plain(run)) > 1]


@lru_cache(maxsize=4096)
def words_of(run: str) -> tuple[str, ...]:
    """The words of a run of two characters and more; single characters beside each other count as one word."""
    out: list[str] = []
    single = ""
    for token in [*tokens(run), ""]:
        if len(token) == 1:
            single += token
            continue
        if len(single) > 1:
            out.append(single)
        single = ""
        if token:
            out.append(token)
    return tuple(out)
