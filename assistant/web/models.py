"""What the HTTP API takes and gives; the answer's shape is fixed by the contract."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from assistant.records import Question

QUESTION_LENGTH = 10_000
QuestionText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=QUESTION_LENGTH)]

EarlierText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=QUESTION_LENGTH)]


class AskBody(BaseModel):
    """One question with the earlier questions of its conversation, oldest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"question": "玉田舆情管理预算多少", "history": [], "document": None}]}
    )
    question: QuestionText
    history: list[EarlierText] = Field(default_factory=list, max_length=50)
    document: str | list[str] | None = Field(default=None, description="文件名或文件编号；只在这些文件里查找")

    def as_question(self) -> Question:
        named = (self.document,) if isinstance(self.document, str) else tuple(self.document or ())
        earlier = tuple(text for text in self.history if text)
        return Question(text=self.question, history=earlier, document=tuple(name for name in named if name))


class ValueModel(BaseModel):
    label: str
    value: str | None = Field(description="十进制数字串，无千位分隔符；文字指标为 null")
    unit: str
    citations: list[int]
    comparison: str | None = None


class CalculationModel(BaseModel):
    operation: str
    expression: str
    inputs: list[int]
    result: str
    unit: str


class CitationModel(BaseModel):
    document_id: str
    file: str
    title: str
    agency: str | None = None
    region: str | None = None
    fiscal_year: int | None = None
    section: str | None = None
    table: str | None = None
    row: str | None = None
    column: str | None = None
    cell: str | None = None
    unit: str | None = None
    page: int | None = None
    quote: str | None = None
    table_id: str | None = None
    cell_row: int | None = None
    cell_col: int | None = None
    box: tuple[float, float, float, float] | None = None
    confidence: float | None = None


ANSWERED: JsonDict = {
    "question": "玉田舆情管理预算多少",
    "status": "answered",
    "text": "玉田县委网信办 2023年 网络舆情管理 预算数为 730500.00元（即73.05万元）。",
    "values": [
        {"label": "玉田县委网信办 2023年 网络舆情管理 预算数", "value": "730500.00", "unit": "元", "citations": [0]}
    ],
    "calculation": None,
    "citations": [
        {"document_id": "d0c1", "file": "玉田县委网信办2023年绩效文本.docx", "title": "玉田县委网信办2023年预算绩效目标",
         "fiscal_year": 2023, "table": "2.网络舆情管理绩效目标表", "row": "预算规模及资金用途 / 预算数",
         "cell": "730500.00", "unit": "元", "table_id": "t0b2", "cell_row": 1, "cell_col": 2}
    ],
    "options": [],
    "notes": ["年度未指明，按2023年"],
    "route": "lookup",
    "elapsed_ms": 7.9,
}  # fmt: skip


class AnswerModel(BaseModel):
    """The answer; every figure names the citations it stands on."""

    model_config = ConfigDict(json_schema_extra={"examples": [ANSWERED]})
    id: str | None = None
    question: str
    status: Literal["answered", "clarify", "not_found"]
    text: str
    values: list[ValueModel]
    calculation: CalculationModel | None
    citations: list[CitationModel]
    options: list[str]
    notes: list[str]
    route: Literal["lookup", "retrieval", "llm"]
    elapsed_ms: float
    confidence: float | None = None


class Suggestion(BaseModel):
    kind: str = Field(description="document、project、subject 或 passage")
    title: str
    snippet: str = ""
    link: str = Field(default="", description="相对于服务根地址")


class SuggestionList(BaseModel):
    query: str
    results: list[Suggestion]


class DocumentModel(BaseModel):
    """One document of the store; further fields tell how well it was read."""

    model_config = ConfigDict(extra="allow")
    id: str
    file: str
    title: str | None = None
    agency: str | None = None
    region: str | None = None
    fiscal_year: int | None = None
    phase: str | None = None


class DocumentPage(BaseModel):
    total: int
    offset: int
    limit: int
    documents: list[DocumentModel]


class AddedDocument(BaseModel):
    status: str
    document_id: str | None = None
    message: str


class Removed(BaseModel):
    removed: bool


class CellModel(BaseModel):
    model_config = ConfigDict(extra="allow")
    row: int
    col: int
    row_span: int = 1
    col_span: int = 1
    text: str
    page: int | None = None
    box: Any = None


class TableModel(BaseModel):
    model_config = ConfigDict(extra="allow")
    id: str
    document_id: str
    title: str | None = None
    section: Any = None
    unit: str | None = None
    rows: int
    cols: int
    cells: list[CellModel]
    notes: list[str] = Field(default_factory=list)
    captions: list[str] = Field(default_factory=list)


class Health(BaseModel):
    model_config = ConfigDict(extra="allow")
    ready: bool
    message: str


class FeedbackBody(BaseModel):
    """A reader's judgement of one answer."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"question": "玉田舆情管理预算多少", "vote": "down", "comment": "年度不对"}]}
    )
    question: QuestionText
    text: str = Field(default="", max_length=20_000)
    vote: Literal["up", "down"]
    comment: str = Field(default="", max_length=2_000)


class Stored(BaseModel):
    id: str
