"""Synthetic documents of any number, each decided by its number alone: budgets of made-up offices of real districts.

A document holds 500 facts (one table, fifty projects of ten columns each) and 15 chunks (the table in ten, and prose,
some of which every document repeats word by word, as real ones do). Names are built from words that many of them share.
:func:`build` writes them through the store's own writer, :func:`fill` the same rows many times faster.
"""

from __future__ import annotations

import json
import math
import random
import re
import sqlite3
import textwrap
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Boolean

from index.fact_store import FactStore
from index.glossary import regions
from index.names import StoredName, pairs, pinyin_of, stored_name
from index.records import Chunk, Document, Fact, Known, Passage, SourceRef, Table
from index.schema import metadata
from index.stored_rows import block_values, document_values
from index.words import cut

NAMES_PER_DOCUMENT = 50
FACTS_PER_DOCUMENT = 500  # ten columns for each name
CHUNKS_PER_DOCUMENT = 15
PLACES = "东西南北中新古长平安永福清河山林泉溪湖海江州城阳阴原川谷峰岭沙石金银玉宝龙凤鹤鹿"
FRONTS = tuple(a + b for b in PLACES for a in PLACES)
MATTERS = textwrap.wrap(
    "网络舆情农村公路校舍维修安全生产环境监测文物保护就业培训医疗设备养老服务垃圾分类河道治理森林防火"
    "税源调查档案整理信访维稳法律援助科普宣传疫苗接种食品抽检人口普查招商引资民兵训练消防装备电子政务",
    4,
)
DEEDS = textwrap.wrap("建设运维检查补助改造管理评估宣传采购监测保障服务更新培训审核调查", 2)
ENDS = ("经费", "项目", "专项资金", "服务费", "补贴", "工程")
COLUMNS = (
    "合计",
    "基本支出",
    "项目支出",
    "一般公共预算",
    "政府性基金",
    "国有资本",
    "财政专户",
    "单位资金",
    "结转",
    "其他资金",
)
REASONS = ("人员增加", "设备老化", "上级要求提高", "覆盖范围扩大", "标准调整", "合同到期重新招标", "往年结余减少")
TERMS = (
    "基本支出：指为保障机构正常运转、完成日常工作任务而发生的人员支出和公用支出。"
    "项目支出：指在基本支出之外为完成特定行政任务和事业发展目标所发生的支出。"
    "机关运行经费：指为保障行政单位运行用于购买货物和服务的各项资金，包括办公及印刷费、邮电费、差旅费、会议费等。"
)
DISTRICTS = 250
SPREAD = 1_000_003  # a prime, so that neighbours in number share no more words than strangers
ROWS_PER_CHUNK = 5
BATCH = 500
AT = "2025-01-01T00:00:00"


def figure(number: int, row: int, column: int) -> int:
    """The figure of a cell in hundredths of its unit; SQLite works out the same (see ``_FACTS``)."""
    return (number * 1_000_003 + row * 7_919 + column * 104_729) % 9_999_991 * 48_271 % 9_999_991 + 1


def _printed(hundredths: int) -> str:
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def words_of(number: int, *lists: Sequence[str]) -> str:
    """Distinct words for each number, one of every list; numbers beyond all combinations get a 期."""
    combinations = math.prod(map(len, lists))
    rounds, number = divmod(number, combinations)
    number = number * SPREAD % combinations
    parts = []
    for words in lists:
        number, at = divmod(number, len(words))
        parts.append(words[at])
    return "".join(parts) + (f"{rounds + 1}期" if rounds else "")


def name_of(number: int) -> str:
    """A distinct project name for each number, built from words that many names share."""
    return words_of(number, FRONTS, MATTERS, DEEDS, ENDS)


@lru_cache(maxsize=1)
def _districts() -> tuple[list[str], dict[str, str]]:
    found = [r for r in regions().values() if r.level == 2][:DISTRICTS]
    return [r.full for r in found], {r.full: r.code for r in found}


@dataclass(frozen=True, slots=True)
class Made:
    """A document with its chunks and their search words, its distinct projects, and why the first of them grew."""

    number: int
    document: Document
    chunks: list[tuple[Chunk, list[str]]]
    projects: list[str]
    reason: str
    agency: str
    year: int

    def names(self) -> list[StoredName]:
        return [*(_stored(n, "project") for n in self.projects), stored_name(self.agency, "agency")]

    def fact(self, row: int, column: int) -> Fact:
        name, printed, doc = self.projects[row], _printed(figure(self.number, row, column)), self.document.id
        return Fact(
            id=f"{doc}-t0-r{row}c{column}", kind="amount", source=SourceRef(doc, f"{doc}-t0", row, column),
            row_path=(name,), column_path=(COLUMNS[column],), printed=printed, value=Decimal(printed), unit="万元",
            agency=self.agency, fiscal_year=self.year, phase="预算", project=name, subject=name, measure=COLUMNS[column],
        )  # fmt: skip

    def facts(self) -> list[Fact]:
        return [self.fact(row, column) for row in range(NAMES_PER_DOCUMENT) for column in range(len(COLUMNS))]


def _stored(name: str, kind: str) -> StoredName:
    """A project's name as stored, its sound put together from its parts'."""
    sounds = [pinyin_of(part) for part in _parts(name)]
    return StoredName(name, kind, "".join(s for s, _ in sounds), "".join(i for _, i in sounds), pairs(name))


def _parts(name: str) -> tuple[str, str, str]:
    """A project's front, its matter, and what is done."""
    return name[:2], name[2:6], name[6:]


def office_of(number: int) -> tuple[str, int]:
    """The office and the year of a document: five years follow each other."""
    return words_of(number // 5, _districts()[0], MATTERS) + "局", 2021 + number % 5


def document(number: int) -> Made:
    """The document of a number: the budget of one of its office's five years."""
    draw = random.Random(number)  # noqa: S311
    codes = _districts()[1]
    (agency, year), doc = office_of(number), f"d{number:07d}"
    full = next(agency[:n] for n in range(len(agency), 0, -1) if agency[:n] in codes)
    projects = [name_of(number * NAMES_PER_DOCUMENT + i) for i in range(NAMES_PER_DOCUMENT)]
    table = Table(f"{doc}-t0", "部门预算支出总表", (), (), NAMES_PER_DOCUMENT, len(COLUMNS), unit="万元")
    reason = draw.choice(REASONS)
    prose = _prose(draw, agency, year, projects, reason)
    made = Document(
        doc, f"{doc}.txt", "txt", f"{agency}{year}年部门预算",
        (table, *(Passage(f"{doc}-p{i}", text, (head,)) for i, (head, text) in enumerate(prose))),
        agency=Known(agency, "", 1.0), region=Known(full, "", 1.0), region_code=codes[full],
        fiscal_year=Known(str(year), "", 1.0), phase=Known("预算", "", 1.0),
    )  # fmt: skip
    return Made(number, made, _chunks(number, made, projects), projects, reason, agency, year)


def _prose(draw: random.Random, agency: str, year: int, projects: Sequence[str], reason: str) -> list[tuple[str, str]]:
    """Heading and text of each paragraph; the fourth tells why the first project grew."""
    duties = "，".join(f"负责全区{draw.choice(MATTERS)}{draw.choice(DEEDS)}工作" for _ in range(12))
    goals = "，".join(f"{name}按期完成，群众满意度达到{draw.randrange(85, 99)}%以上" for name in projects[1:9])
    change = f"{projects[0]}比上年增加{draw.randrange(1, 900)}万元，主要原因是{reason}"
    return [
        ("一、部门职责", f"{agency}贯彻执行国家有关方针政策，{duties}。"),
        ("二、机构设置", f"{agency}内设机构{draw.randrange(3, 20)}个，另有下属事业单位{draw.randrange(1, 9)}个。"),
        ("三、绩效目标", f"{year}年{agency}的工作目标：{goals}。"),
        ("四、收支增减变化情况", f"{year}年部门预算安排支出，其中{change}，其他项目按照过紧日子的要求从严控制。"),
        ("五、名词解释", TERMS),
    ]


@lru_cache(maxsize=100_000)
def _cut(text: str) -> tuple[str, ...]:
    return tuple(cut(text))


def _chunks(number: int, of: Document, projects: Sequence[str]) -> list[tuple[Chunk, list[str]]]:
    """Chunks as the product makes them: the title, the office and the year stand before what is searched."""
    assert of.agency
    assert of.fiscal_year
    assert of.region
    front = f"{of.title} {of.region.value} {of.agency.value} {of.fiscal_year.value}年 "
    front_words = _cut(front)
    head = f"部门预算支出总表　单位：万元\n项目 | {' | '.join(COLUMNS)}\n"
    out = []
    for at, first in enumerate(range(0, NAMES_PER_DOCUMENT, ROWS_PER_CHUNK)):
        lines, words = [], [*front_words, *_cut(head)]
        for row in range(first, first + ROWS_PER_CHUNK):
            figures = [_printed(figure(number, row, column)) for column in range(len(COLUMNS))]
            lines.append(" | ".join((projects[row], *figures)))
            words += [*(w for part in _parts(projects[row]) for w in _cut(part)), *figures]
        text = head + "\n".join(lines)
        out.append((_chunk(of, at, f"{of.id}-t0", (), text, front), words))
    for at, passage in enumerate(of.passages, len(out)):
        said = (w for clause in re.split("[，。、]", passage.text) for w in _cut(clause))
        words = [*front_words, *_cut(passage.section[0]), *said]
        out.append((_chunk(of, at, passage.id, passage.section, passage.text, front), words))
    return out


def _chunk(of: Document, at: int, block: str, section: tuple[str, ...], text: str, front: str) -> Chunk:
    embedded = f"{front}{' '.join(section)}\n{text}"
    return Chunk(f"{of.id}-c{at}", of.id, (block,), section, text, embedded, metadata={"document_id": of.id})


def build(place: Path | str, documents: int, first: int = 0) -> float:
    """Write the documents from ``first`` on into the store, through its own writer; returns seconds."""
    store = FactStore(place)
    began = time.perf_counter()
    for made in map(document, range(first, documents)):
        of = made.document
        store.replace(of, made.facts(), made.chunks, made.names(), [], path=of.file, digest=of.id, at=AT)
    store.close()
    return time.perf_counter() - began


_FACTS = f"""
INSERT INTO facts (id, document_id, position, block_id, row, col, kind, row_path, column_path, printed, value, unit, agency,
  fiscal_year, phase, project, subject, indicator, measure, is_total, depth, approximate)
SELECT doc || '-t0-r' || row || 'c' || col, doc, row * {len(COLUMNS)} + col, doc || '-t0', row, col, 'amount', name, head,
  {{printed}}, {{printed}}, '万元', agency,
  year, '预算', name, name, '', head, {{no}}, 0, {{no}}
FROM (SELECT *, (number * 1000003 + row * 7919 + col * 104729) % 9999991 * 48271 % 9999991 + 1 AS cents
      FROM filling CROSS JOIN heads ORDER BY number, row, col) AS cells
"""


_IN_SQLITE = _FACTS.format(printed="printf('%d.%02d', cents / 100, cents % 100)", no="0")
_IN_POSTGRESQL = _FACTS.format(printed="cents / 100 || '.' || lpad((cents % 100)::text, 2, '0')", no="false")


def fill(folder: Path, documents: int, first: int = 0) -> None:
    """Write the same rows as :func:`build` into a folder's store, in bulk: nobody else may use it meanwhile."""
    FactStore(folder).close()
    c = sqlite3.connect(folder / "facts.sqlite", isolation_level=None)
    for setting in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-300000", "foreign_keys=OFF"):
        c.execute(f"PRAGMA {setting}")
    c.execute("CREATE TEMP TABLE filling (number, doc, row, name, agency, year)")
    c.execute("CREATE TEMP TABLE heads (col, head)")
    c.execute("CREATE TEMP TABLE grams (gram, name_id)")
    c.executemany("INSERT INTO heads VALUES (?, ?)", enumerate(COLUMNS))
    last = c.execute("SELECT coalesce(max(id), 0) FROM names").fetchone()[0]
    for start in range(first, documents, BATCH):
        c.execute("BEGIN")
        last = _fill(c, [document(n) for n in range(start, min(start + BATCH, documents))], last)
        c.execute(_IN_SQLITE)
        c.execute("DELETE FROM filling")
        c.execute("COMMIT")
    c.execute("BEGIN")
    c.execute("INSERT INTO name_grams SELECT gram, name_id FROM grams ORDER BY gram, name_id")
    c.execute("INSERT OR REPLACE INTO meta VALUES ('change', ?)", (f"{documents}",))
    c.execute("COMMIT")
    c.execute("PRAGMA journal_mode=WAL")
    c.close()


def _fill(c: sqlite3.Connection, batch: Sequence[Made], last: int) -> int:
    """All rows of some documents but their facts; returns the highest id of a name."""
    for made in batch:
        of = made.document
        _put(c, "documents", [document_values(of, FACTS_PER_DOCUMENT, of.file, of.id, AT)])
        _put(c, "blocks", [block_values(of.id, at, b) for at, b in enumerate(of.blocks)])
        rows = [
            {"id": chunk.id, "document_id": of.id, "position": at, "words": " ".join(words),
             "body": json.dumps(asdict(chunk), ensure_ascii=False)}
            for at, (chunk, words) in enumerate(made.chunks)
        ]  # fmt: skip
        _put(c, "chunks", rows)
        written = c.execute("SELECT coalesce(max(number), 0) FROM chunk_rows").fetchone()[0]
        _put(c, "chunk_words", [
            {"rowid": at, **{k: row[k] for k in ("id", "document_id", "words")}} for at, row in enumerate(rows, written + 1)
        ])  # fmt: skip
        _put(
            c,
            "chunk_rows",
            [{"number": at, "document_id": of.id} for at in range(written + 1, written + 1 + len(rows))],
        )
        names = made.names()
        known = c.execute("SELECT id FROM names WHERE text = ?", (made.agency,)).fetchone()
        fresh = names[:-1] if known else names
        ids = range(last + 1, last + 1 + len(fresh))
        last += len(fresh)
        _put(c, "names", [
            {"id": i, "text": n.text, "kind": n.kind, "pinyin": n.pinyin, "initials": n.initials}
            for i, n in zip(ids, fresh, strict=True)
        ])  # fmt: skip
        _put(c, "grams", [{"gram": g, "name_id": i} for i, n in zip(ids, fresh, strict=True) for g in n.grams])
        _put(c, "name_documents", [{"name_id": i, "document_id": of.id} for i in (*ids, *(known or ()))])
        _put(c, "filling", [
            {"number": made.number, "doc": of.id, "row": row, "name": name, "agency": made.agency, "year": made.year}
            for row, name in enumerate(made.projects)
        ])  # fmt: skip
    return last


def _put(c: sqlite3.Connection, table: str, rows: Sequence[dict[str, Any]]) -> None:
    marks = ", ".join("?" * len(rows[0]))
    c.executemany(f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES ({marks})", [tuple(r.values()) for r in rows])


def copy(folder: Path, place: str) -> None:
    """Write the store that :func:`fill` wrote into a folder into an empty PostgreSQL database, in bulk.

    The facts, most of all rows, are made in the database by the numbers of their documents. Indexes are made last.
    """
    store = FactStore(place)
    rows = sqlite3.connect((folder / "facts.sqlite").resolve().as_uri() + "?mode=ro", uri=True)
    with store.engine.begin() as connection, connection.connection.cursor() as into:
        into.execute("SET LOCAL maintenance_work_mem = '512MB'")
        into.execute(
            "SELECT indexname, indexdef FROM pg_indexes LEFT JOIN pg_constraint ON conname = indexname "
            "WHERE schemaname = current_schema() AND conname IS NULL AND indexdef NOT LIKE 'CREATE UNIQUE%'"
        )
        indexes = into.fetchall()
        for name, _ in indexes:
            into.execute(f'DROP INDEX "{name}"')
        for table in metadata.sorted_tables:
            columns = list(table.columns)
            marks = ", ".join(f'"{c.name}"' for c in columns)
            flags = [i for i, c in enumerate(columns) if isinstance(c.type, Boolean)]
            into.execute(f"TRUNCATE {table.name} CASCADE")
            if table.name == "facts":
                _copy_facts(into, [row[0] for row in rows.execute("SELECT id FROM documents ORDER BY id")])
                continue
            with into.copy(f"COPY {table.name} ({marks}) FROM STDIN") as lines:
                for row in rows.execute(f"SELECT {marks} FROM {table.name}"):
                    lines.write_row([bool(v) if i in flags else v for i, v in enumerate(row)] if flags else row)
        into.execute("SELECT setval(pg_get_serial_sequence('names', 'id'), (SELECT max(id) FROM names))")
        for _, definition in indexes:
            into.execute(definition)
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    rows.close()
    store.close()


def _copy_facts(into: Any, documents: Sequence[str]) -> None:
    """The facts of documents by their ids, which hold their numbers."""
    into.execute("CREATE TEMP TABLE heads (col int, head text)")
    into.executemany("INSERT INTO heads VALUES (%s, %s)", list(enumerate(COLUMNS)))
    into.execute("CREATE TEMP TABLE filling (number bigint, doc text, row bigint, name text, agency text, year int)")
    for start in range(0, len(documents), BATCH):
        with into.copy("COPY filling FROM STDIN") as lines:
            for doc in documents[start : start + BATCH]:
                number = int(doc.removeprefix("d"))
                agency, year = office_of(number)
                for row in range(NAMES_PER_DOCUMENT):
                    lines.write_row((number, doc, row, name_of(number * NAMES_PER_DOCUMENT + row), agency, year))
        into.execute(_IN_POSTGRESQL)
        into.execute("TRUNCATE filling")
    into.execute("DROP TABLE filling, heads")
