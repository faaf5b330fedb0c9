"""Answers without a figure: what is missing and what comes nearest, or what must be asked back."""

from __future__ import annotations

from assistant.citing import label, owner, subject, when
from assistant.lookup import Found
from assistant.matching import Match
from assistant.records import Answer
from assistant.understanding import Understanding
from assistant.understanding.catalog import Catalog


def not_found(
    question: str, why: str, catalog: Catalog, u: Understanding | None = None, found: Found | None = None
) -> Answer:
    """Say what is missing, what the documents in question are, and the name of the nearest thing; never its figure."""
    lines = [f"未找到：{why.rstrip('。')}。"]
    if found is not None and found.nearest is not None:
        near = found.nearest
        lines.append(f"最接近的内容是：{label(near)}（{near.document.row.file}）。")
    held = _held(catalog, u)
    if held:
        lines.append(f"现有文档：{held}。")
    return Answer(question, "not_found", "\n".join(lines), options=_nearest_questions(found))


def _held(catalog: Catalog, u: Understanding | None) -> str:
    rows = [catalog.rows[d] for scope in u.naming.scopes for d in scope.documents] if u is not None else []
    rows = rows or list(catalog.rows.values())
    distinct = list(dict.fromkeys((row.agency or row.title, row.fiscal_year, row.phase == "决算") for row in rows))
    shown = (
        f"{owner}{f'{year}年' if year else '（未注明年度）'}{'决算' if final else '预算'}"
        for owner, year, final in distinct[:6]
    )
    return "、".join(shown) + (f"等 {len(distinct)} 份" if len(distinct) > 6 else "")


def _nearest_questions(found: Found | None) -> tuple[str, ...]:
    if found is None or found.nearest is None:
        return ()
    return (_question(found.nearest),)


def _question(m: Match) -> str:
    """A complete question for one candidate."""
    row = m.document.row
    asked = subject(m.fact)
    phase = "决算" if row.phase == "决算" else "预算"
    figure = m.fact.kind != "amount" or any(w in asked for w in ("预算", "决算", "率", "指标"))
    tail = "是什么" if m.fact.kind == "text" else "是多少" if figure else f"{phase}是多少"
    year = when(m.fact, row).replace("（未注明年度）", "")
    return f"{owner(m)}{year}{asked}{tail}".replace(" ", "")


def clarify(u: Understanding, found: Found) -> Answer:
    """Several things fit: name each one and offer a complete question for it."""
    candidates = _distinct([found.matches[0], *found.rivals])
    options = tuple(dict.fromkeys(_question(m) for m in candidates))
    named = "\n".join(f"{i}. {_named(m)}" for i, m in enumerate(candidates, 1))
    return Answer(u.text, "clarify", f"问题对应多项内容，请选择：\n{named}", options=options)


def _named(m: Match) -> str:
    row = m.document.row
    region = f"（{row.region}）" if row.region and row.agency and row.region not in row.agency else ""
    table = (
        f"，见{m.fact.table}" if m.fact.table else f"，见“{m.fact.source.quote[:60]}”" if m.fact.source.quote else ""
    )
    return f"{owner(m)}{region} {when(m.fact, row)} {subject(m.fact)}{table}"


def _distinct(matches: list[Match]) -> list[Match]:
    seen: dict[tuple[str, str], Match] = {}
    for m in matches:
        seen.setdefault((_question(m), m.fact.table or m.fact.source.quote or ""), m)
    return list(seen.values())[:10]
