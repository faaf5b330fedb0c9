"""The report of one or several runs: report.html (self-contained), report.md, results.json and the answers.

history.jsonl keeps the figures of every run that was written into the same folder.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

from eval.charts import bars, lines
from eval.metrics import area_under, bootstrap_interval, least_confidence, mcnemar, percentile
from eval.runner import Run

STYLE = """body{font:15px/1.6 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;max-width:64em;margin:2em auto;
padding:0 1em;color:#222}table{border-collapse:collapse;margin:.6em 0}td,th{border:1px solid #ccc;padding:.2em .6em;
text-align:left;vertical-align:top}th{white-space:nowrap}th{background:#f3f5f8}svg{width:100%;max-width:44em;font:12px sans-serif}
svg .n{font-size:10px;fill:#555}details{margin:.4em 0}code{overflow-wrap:anywhere}"""
STATUS_NAMES = {"answered": "回答", "clarify": "反问", "not_found": "未找到"}
SYSTEM_NAMES = {
    "ours": "本系统",
    "full_text": "只用全文检索，取前 10 段",
    "vectors": "只用向量，取前 10 段",
    "plain_rag": "常见的分段检索：500 字一段、重叠 50 字，取最近 4 段",
    "earlier": "以前的报告中本系统的回答，按现在的规则重新评分",
}
RISK_NOTE = (
    "各行：只保留风险不超过左列的最多的回答时，置信度要求多高、能覆盖多少题。三类回答的置信度算法不同，不能互比。"
)
BY_RULE = "基线不用大模型，由规则从找到的段落中取与问题最相符的数。"
STAGE_NAMES = {"parsing": "解析入库", "finding": "找到候选", "choosing": "选中单元格", "wording": "结论与表述"}
LABEL_NAMES = {"correct": "答对", "incorrect": "答错", "failed": "没有回答"}
LEVEL_NAMES = {"document": "文件", "table": "表或页", "cell": "单元格"}
ROUTE_NAMES = {"lookup": "查数", "retrieval": "引用原文", "llm": "大语言模型"}
RISKS = (0.0, 0.01, 0.02, 0.05)
Rows = list[list[str]]


def answers_file(out_dir: Path, set_name: str, system: str) -> Path:
    """Where the answers of one system to one set are kept."""
    return out_dir / f"answers-{set_name or 'set'}-{system}.jsonl"


def write(runs: Run | Sequence[Run], out_dir: Path) -> Path:
    """Write the report of the runs into a folder (made when missing) and return the path of report.html."""
    runs = [runs] if isinstance(runs, Run) else list(runs)
    out_dir.mkdir(parents=True, exist_ok=True)
    for run in runs:
        with answers_file(out_dir, run.set_name, run.system).open("w", encoding="utf-8") as file:
            for question, answer in zip(run.questions, run.answers, strict=True):
                file.write(json.dumps({"id": question["id"], **(answer or {})}, ensure_ascii=False) + "\n")
    summaries = [json.dumps(r.summary(), ensure_ascii=False) for r in runs]
    (out_dir / "results.json").write_text("[" + ",\n".join(summaries) + "]\n", encoding="utf-8")
    with (out_dir / "history.jsonl").open("a", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in summaries)
    blocks = [b for _, of_set in groupby(runs, key=lambda r: r.set_name) for b in _blocks(list(of_set))]
    (out_dir / "report.md").write_text(_markdown(blocks), encoding="utf-8")
    html = out_dir / "report.html"
    html.write_text(_html(blocks), encoding="utf-8")
    return html


Block = tuple[
    str, Any
]  # ("heading", text) | ("table", rows) | ("svg", markup) | ("faults", rows) | ("text" or "note", text)


def _legend(runs: list[Run]) -> str:
    named = [f"{r.system}：{SYSTEM_NAMES[r.system]}" for r in runs if r.system in SYSTEM_NAMES]
    return "；".join(named) + "。" + (BY_RULE if len(runs) > 1 else "")


def _share(value: float | None) -> str:
    return "—" if value is None else f"{value:.1%}"


def _blocks(runs: list[Run]) -> list[Block]:
    """The parts of one set's report, in reading order; the first run is the one that the others stand beside."""
    first = runs[0]
    blocks: list[Block] = [("heading", f"题集 {first.set_name or '（未命名）'}：{len(first.questions)} 题")]
    blocks += [("table", _totals(runs)), ("note", _legend(runs)), ("table", _labels(runs)), ("table", _places(runs))]
    if len(runs) > 1:
        blocks.append(("table", _comparisons(runs)))
    kinds = [(k, [r.kinds()[k][1] / r.kinds()[k][0] for r in runs]) for k in first.kinds()]
    blocks.append(("svg", bars(kinds, [r.system for r in runs], "各类题目答对的比例")))
    blocks.append(("table", _kinds(first)))
    blocks.append(("table", _statuses(first)))
    curves = [(r.system, [(p.coverage, p.risk) for p in r.risk_curve]) for r in runs if r.risk_curve]
    if curves:
        blocks.append(("svg", lines(curves, "风险—覆盖曲线", "覆盖（作答的比例）", "风险（作答中答错的比例）")))
    if first.risk_curve:
        blocks += [("table", risk_table(first)), ("note", RISK_NOTE)]
    if first.stages:
        blocks.append(("table", _stages(first)))
    blocks.append(("faults", _faults(first)))
    provenance = " · ".join(f"{k}: {json.dumps(v, ensure_ascii=False)}" for k, v in first.provenance.items())
    blocks.append(("text", provenance))
    return blocks


def _totals(runs: list[Run]) -> Rows:
    measures = list(next((r.retrieval for r in runs if r.retrieval), {}))
    rows = [["系统", "答对", "95% 区间", "答对且出处正确", "答错而自信", "p50 毫秒", "p95 毫秒", *measures]]
    for run in runs:
        s = run.summary()
        low, high = s["right_interval"]
        share, cited = run.right / s["questions"], run.cited / s["questions"]
        found = [f"{run.retrieval[m]:.3f}" if run.retrieval else "—" for m in measures]
        times = ["—" if s[k] is None else f"{s[k]:.1f}" for k in ("p50_ms", "p95_ms")]
        counts = [
            f"{run.right}（{share:.1%}）",
            f"{low:.1%}–{high:.1%}",
            f"{run.cited}（{cited:.1%}）",
            str(run.misled),
        ]
        rows.append([run.system, *counts, *times, *found])
    return rows


def _comparisons(runs: list[Run]) -> Rows:
    rows = [["对比（McNemar 精确检验，按答对且出处正确）", "仅前者对", "仅后者对", "p 值"]]
    for other in runs[1:]:
        paired = mcnemar([v.cited for v in runs[0].verdicts], [v.cited for v in other.verdicts])
        name = f"{runs[0].system} / {other.system}"
        rows.append([name, str(paired.only_first), str(paired.only_second), f"{paired.p_value:.2g}"])
    return rows


def _labels(runs: list[Run]) -> Rows:
    """FinanceBench's three labels of every system."""
    rows = [["三种结果（同 FinanceBench）", *LABEL_NAMES.values()]]
    for run in runs:
        rows.append([run.system, *(f"{n}（{n / len(run.questions):.1%}）" for n in run.labels.values())])
    return rows


def _places(runs: list[Run]) -> Rows:
    rows = [["出处到哪一层", *LEVEL_NAMES.values()]]
    for run in runs:
        rows.append([run.system, *(f"{cited} / {expected}" for cited, expected in run.places.values())])
    return rows


def risk_table(run: Run) -> Rows:
    """For each route and each risk that may be borne: the confidence that an answer needs, and what it covers.

    A risk that covers no more than the one before it is left out.
    """
    rows = [["风险不超过", "回答", "置信度不低于", "覆盖", "其中答错", "AURC"]]
    for route, name in ((None, "全部"), *ROUTE_NAMES.items()):
        curve = run.risk_curve_of(route)
        area, before = area_under(curve), None
        for risk in (*RISKS, 1.0) if curve else ():
            point = least_confidence(curve, risk)
            if risk and point == before:
                continue
            before = point
            shown = ["—", "0.0%", "—"]
            if point is not None:
                shown = [f"{point.confidence:.3f}", f"{point.coverage:.1%}", f"{point.risk:.1%}"]
            rows.append([f"{risk:.0%}" if risk < 1 else "不限", name, *shown, f"{area:.4f}"])
    return rows


def _kinds(run: Run) -> Rows:
    rows = [["类别", "题数", "答对", "95% 区间", "答对且出处正确", "p50 毫秒", "p95 毫秒"]]
    for kind, (n, right, cited) in run.kinds().items():
        low, high = bootstrap_interval([v.right for v in run.verdicts if v.kind == kind])
        times = [percentile(run.took(kind), share) for share in (0.5, 0.95)]
        shown = ["—" if t is None else f"{t:.1f}" for t in times]
        counts = [str(n), f"{right}（{right / n:.1%}）", f"{low:.1%}–{high:.1%}", f"{cited}（{cited / n:.1%}）"]
        rows.append([kind, *counts, *shown])
    return rows


def _statuses(run: Run) -> Rows:
    body = [[STATUS_NAMES[s.status], str(s.given), _share(s.precision), _share(s.recall)] for s in run.statuses]
    return [["结论", "给出次数", "查准率", "查全率"], *body]


def _stages(run: Run) -> Rows:
    assert run.stages is not None
    stages = run.stages
    counts = (stages.in_store, stages.among_candidates, stages.chosen, stages.right)
    reached = dict(zip(STAGE_NAMES, counts, strict=True))
    lost = list(stages.lost_at.values())
    body = [[STAGE_NAMES[k], f"{reached[k]} / {stages.questions}", str(lost.count(k))] for k in STAGE_NAMES]
    return [["环节（仅有标准单元格的题）", "到达", "在此处失分"], *body]


def _faults(run: Run) -> Rows:
    rows = [["编号", "类别", "问题", "不足", "回答"]]
    for question, answer, verdict in zip(run.questions, run.answers, run.verdicts, strict=True):
        if not verdict.cited:
            faults = "；".join((*verdict.faults, *verdict.cite_faults))
            text = str((answer or {}).get("text") or "")[:200]
            rows.append([verdict.id, verdict.kind, question["question"], faults, text])
    return rows


def _html_table(rows: Rows) -> str:
    head = "".join(f"<th>{escape(c)}</th>" for c in rows[0])
    body = "".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>" for row in rows[1:])
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _html(blocks: list[Block]) -> str:
    shown: dict[str, Callable[[Any], str]] = {
        "heading": lambda x: f"<h2>{escape(x)}</h2>",
        "table": _html_table,
        "svg": lambda x: x,
        "faults": lambda x: f"<details open><summary>未得满分的题 {len(x) - 1} 道</summary>{_html_table(x)}</details>",
        "note": lambda x: f"<p>{escape(x)}</p>",
        "text": lambda x: f"<p><code>{escape(x)}</code></p>",
    }
    body = "\n".join(shown[kind](content) for kind, content in blocks)
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>预算问答评测报告</title>'
        f"<style>{STYLE}</style></head><body><h1>预算问答评测报告</h1>\n{body}\n</body></html>\n"
    )


def _markdown_table(rows: Rows) -> str:
    clean = [[c.replace("|", "\\|").replace("\n", " ") for c in row] for row in rows]
    lines_ = ["| " + " | ".join(row) + " |" for row in clean]
    return "\n".join([lines_[0], "| " + " | ".join("---" for _ in rows[0]) + " |", *lines_[1:]])


def _markdown(blocks: list[Block]) -> str:
    parts = ["# 预算问答评测报告"]
    for kind, content in blocks:
        if kind == "heading":
            parts.append(f"## {content}")
        elif kind in ("table", "faults"):
            parts.append(_markdown_table(content))
        elif kind == "note":
            parts.append(content)
        elif kind == "text":
            parts.append(f"`{content}`")
    return "\n\n".join(parts) + "\n"
