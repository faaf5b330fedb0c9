"""``python -m eval.world --out DIR --departments N --years Y --seed S --formats txt,docx,xlsx,pdf,html --defects``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from eval.world.build import KINDS, LAYOUTS, Plan, build
from eval.world.defects import PLANTERS
from eval.world.writers import WRITERS

LISTS = {"formats": tuple(WRITERS), "kinds": tuple(KINDS), "layouts": LAYOUTS, "defects": tuple(PLANTERS)}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m eval.world", description="生成部门 × 年度的预决算公开文件，并写出标准答案"
    )
    parser.add_argument("--out", type=Path, required=True, help="输出文件夹")
    parser.add_argument("--departments", type=int, default=20, help="部门数")
    parser.add_argument("--years", type=int, default=2, help="年度数，从 2021 年起")
    parser.add_argument("--seed", type=int, default=1, help="随机种子；相同的种子得到相同的文件")
    for name, known in LISTS.items():
        if name != "defects":
            parser.add_argument(f"--{name}", default=",".join(known), help=f"逗号分隔，可选 {'、'.join(known)}")
    everything = ",".join(PLANTERS)
    hint = f"埋入差错，清单写入 defects.jsonl；可只选几种：{everything}"
    parser.add_argument("--defects", nargs="?", const=everything, default="", help=hint)
    args = parser.parse_args(arguments)
    chosen = {}
    for name, known in LISTS.items():
        chosen[name] = tuple(filter(None, getattr(args, name).split(",")))
        if (not chosen[name] and name != "defects") or not set(chosen[name]) <= set(known):
            print(f"--{name} 只能取 {'、'.join(known)}", file=sys.stderr)
            return 1
    try:
        counts = build(Plan(args.departments, args.years, args.seed, **chosen), args.out)
    except (OSError, ValueError, ImportError) as error:
        print(f"没有生成：{error}", file=sys.stderr)
        return 1
    print(f"文件 {counts['documents']} 份，数值 {counts['figures']} 个，差错 {counts['defects']} 处，写在 {args.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
