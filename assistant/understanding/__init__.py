"""A question in Chinese turned into what is to be looked up: scopes, years, items, operation, kind of answer."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from assistant.understanding.catalog import Catalog
from assistant.understanding.operations import Operation, condition_spans, read_condition, read_operation
from assistant.understanding.periods import Periods, read_periods
from assistant.understanding.scope import Naming, read_names
from assistant.understanding.wording import plain_question, weights
from index.amounts import chinese_number, find_amounts

_PROSE = re.compile(
    r"指的是什么|指的什么|什么是|何为|啥是|啥叫|什么叫|为什么|为何|为啥|原因|职责|职能|怎么(?!样?算)|怎样|如何|措施|什么意思|是指什么|指什么|含义|定义|包括哪|包含哪|有哪几家|哪几家|哪些(?:下属|单位|机构|科室)|(?:下属|所属|内设|二级)(?:预算)?(?:单位|机构)"
    r"|牌子|内设|机构(?:有|设置|构成)|部门构成|单位构成|介绍|哪个文件|什么文件|根据什么|依据(?:是|的)?哪|实施主体|实施方案|实施周期|项目概[况述]|立项依据|编制说明|做什么的|负责什么|干什么的|保障什么|说明一下|主要内容|(?:哪个|哪家|哪一个|什么|啥)(?:部门|处室|科室|单位|机构|处|科)(?:来)?(?:负责|承担|主管|分管|牵头|管)|主要做|主要工作|是什么(?:样|情况)"
)
_TOLD = re.compile(
    r"包[括含](?:哪|什么|些什么|啥)|由(?:哪些|什么)|(?:单位|机构|科室|处室|部门|中心)(?:分别|都)?(?:有|是|为)哪|[，,](?:分别|都)(?:是|有)(?:哪|什么)"
    r"|合署|哪[条个](?:路|街)|(?:局|处|科|室|庭|办|院|中心|监理|单位|部门)(?:是)?(?:[做干](?:什么|啥)[?？]?$|主?管(?:什么|哪些|啥))|谁负责(?=[\u4e00-\u9fff])|归谁|第[一二三四五六七八九十\d]{1,3}[条项点][^，。]{0,6}(?:职能|职责|措施|目标|任务)|(?:建|位|坐落|设|办)于?在(?:哪|什么地方)|在(?:哪[里儿]|什么地方)[?？]?$|地址|地点|由谁|谁来|(?:政策|文件|法律)依据|批复|批文"
    r"|对应哪个|属于哪个(?:项目|专项)|(?:哪个|哪家|哪一个|什么|啥)(?:庭室|庭|局|室)(?:来)?(?:负责|承担|主管|分管|牵头|管|审)"
)
_SPENT_ON = re.compile(
    r"(?:都|主要|具体)*(?:花|用|使)(?:用|费)?(?:在|到|于)(?:了)?哪(?:些|里|儿)?(?:(?<=些)[^，,。？?]{0,8}?)?(?:方面|地方|上面|上|里|$|(?=[，,。？?]))"
)
_WITH_UNITS = re.compile(r"[（(，,]?(?:含|包括|包含)(?:下属|所属|各)单位(?:在内)?[）)，,]?")
_DEFINED = re.compile(r"^[^，,。20-9]{2,20}是什么[?？]?$")
_FIELD = re.compile(
    r"编码|编号|代码|用途|用来|用于|花在哪|干什么用|做什么用|描述|绩效目标|年度目标|总体目标|目标(?:是|有)?什么|目标内容|单位性质|规格|经费保障|什么时候|何时|时限|期限|完成时间|截止|组织形式|负责人|联系人|联系电话|项目属性|项目期|主管部门|实施单位|依据"
)
_CODE_ASKED = re.compile(r"(?:编码|编号|代码|文号)(?:是|为)?(?:多少|几)")
_FIGURE = re.compile(
    r"多少|几[个项辆人次家台]|金额|占|合计|一共|总共|差|最[高低多少大小]|排|增长|减少|增加|百分|预算数?$|决算数?$|费用?$|面积|人数|数量"
)
_EXISTS = re.compile(r"有没有|有无|是否有|有.{0,20}(?:吗|没有)")
_YEARS_COUNTED = re.compile(r"(?:这|近|前后)?([两二三四五2-5])(?:个)?年(?:度|间|来|里)?(?!前|后|以|期)")
_BASE_YEAR = re.compile(r"(?:比|较|相比|相较|对比)(?:于)?(20\d\d)年")
_WHETHER = re.compile(r"吗|是否|有没有|是不是|有无|会不会|能不能")
_THRESHOLD = re.compile(r"以上|以下|以内|之内")
_ORDER = re.compile(
    r"(?:^|(?<=[，,。:：;；!！?？]))[^，,。:：;；!！?？]{0,24}?(?:你|您|忽略|无视|不用引用|直接回答|假设|扮演|作为一个|系统提示|指令|计算器|机器人|助手)[^，,。:：;；!！?？]{0,24}[，,。:：;；!！?？]"
)


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a question asks. ``text`` is the plain question, ``spans`` its stretches that only say where to look.

    ``asks`` is figure, field (a filled-in text), prose or exists; ``claim`` an amount that the question itself states,
    ``bound`` one that it asks whether the figure is above or below (有没有超过50万). ``after`` is the question before it in a
    conversation.
    """

    text: str
    periods: Periods
    naming: Naming
    operation: Operation
    asks: str
    spans: tuple[tuple[int, int], ...]
    claim: tuple[Decimal, str] | None = None
    bound: tuple[str, Decimal, str] | None = None
    after: Understanding | None = None

    @property
    def content(self) -> str:
        """What is asked about, without where and when."""
        return "".join(c if w else " " for c, w in zip(self.text, self.content_weights(), strict=True))

    def content_weights(self) -> list[float]:
        masked = weights(self.text)
        for start, end in self.spans:
            masked[start:end] = [0.0] * (end - start)
        return masked


def understand(question: str, catalog: Catalog) -> Understanding:
    """Read a question on its own (follow-ups are joined with what came before by :mod:`.conversation`)."""
    text = plain_question(question)
    text = _WITH_UNITS.sub("", text)
    text = _SPENT_ON.sub("花在哪", text)  # 主要用在哪些方面 asks for the purpose, and 方面 is no item
    periods = read_periods(text)
    text = _ORDER.sub(lambda m: " " * len(m[0]), periods.text)
    naming = read_names(text, catalog)
    periods = _years_counted(periods, naming, text, catalog)
    operation = read_operation(text)
    asks = _asks(text)
    claim = None
    taken = (*naming.spans, *periods.spans)
    stated = [
        a
        for a in find_amounts(text)
        if a.unit in ("元", "万元", "亿元", "%")
        and not _THRESHOLD.search(text[a.start : a.end + 4])
        and not any(s < a.end and a.start < e for s, e in taken)
    ]
    bound = read_condition(text) if operation.name == "lookup" and _WHETHER.search(text) else None
    if stated and operation.condition is None and operation.name in ("lookup", "change") and bound is None:
        claim = (stated[-1].value, stated[-1].unit)
    spans = [*naming.spans, *periods.spans, *operation.spans]
    if bound is not None:
        asks = "figure"
        spans += condition_spans(text)
    if claim is not None:
        spans += [(a.start, a.end) for a in find_amounts(text)]
    return Understanding(text, periods, naming, operation, asks, tuple(spans), claim, bound)


def _years_counted(periods: Periods, naming: Naming, text: str, catalog: Catalog) -> Periods:
    """两年, 三年: all years that the documents hold, where they are as many; 比2024年: the year before the documents' own."""
    counted, based = _YEARS_COUNTED.search(text), _BASE_YEAR.search(text)
    if not (counted or based):
        return periods
    held = catalog.years([d for scope in naming.scopes for d in scope.documents])
    if counted and not periods.years:
        number = int(counted[1]) if counted[1].isdigit() else chinese_number(counted[1])
        if number == len(held):
            return replace(periods, years=tuple(held), spans=(*periods.spans, counted.span()))
    if based and periods.years == (int(based[1]),) and int(based[1]) + 1 in held:
        return replace(periods, years=(int(based[1]) + 1, int(based[1])))
    return periods


def field_of(text: str) -> str:
    """The word that names the filled-in text that a question asks for (用途, 编码); empty when none does."""
    found = _FIELD.search(text)
    return found[0] if found else ""


def _asks(text: str) -> str:
    figure = bool(_FIGURE.search(text))
    if (_PROSE.search(text) or _TOLD.search(text)) and (
        not re.search(r"多少|几个|几项|哪个(?:多|高|大|少)|最[多高大少低小]", text)
        or re.search(r"(?:分别|都)(?:是|有)(?:哪|什么)", text)
    ):
        return "prose"
    if _CODE_ASKED.search(text):
        return "field"
    if _FIELD.search(text) and not re.search(r"多少|百分|金额|几[个项辆]", text):
        return "field"
    if _DEFINED.match(text) or re.search(r"是?谁(?!更|最|的|[多高大少低小的])", text):
        return "field"
    if _EXISTS.search(text) and not figure:
        return "exists"
    if re.search(r"情况$|情况[?？]?$|有什么|什么数", text) and not re.search(r"多少", text):
        return "situation"
    return "figure"


__all__ = ["Understanding", "field_of", "replace", "understand"]
