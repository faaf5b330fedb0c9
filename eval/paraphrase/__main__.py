"""``python -m eval.paraphrase (--store DIR | --truth truth.jsonl) --count 300 --seed 1 --out Q.jsonl``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from eval.paraphrase.knowns import knowns, records_of_world
from eval.paraphrase.questions import write_questions


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m eval.paraphrase", description="由已知数据生成带标准答案的多种问法")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--store", type=Path, help="已入库的数据文件夹")
    source.add_argument("--truth", type=Path, help="python -m eval.world 写出的 truth.jsonl")
    parser.add_argument("--count", type=int, default=300, help="题数")
    parser.add_argument("--seed", type=int, default=1, help="随机种子")
    parser.add_argument("--out", type=Path, required=True, help="题集文件")
    args = parser.parse_args(arguments)
    try:
        if args.store:
            from eval.paraphrase.stored import records_of_store

            records = records_of_store(args.store)
        else:
            records = records_of_world(args.truth)
        lines = write_questions(knowns(records), args.count, args.seed)
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        args.out.write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:
        print(f"没有出题：{error}", file=sys.stderr)
        return 1
    print(f"写了 {len(lines)} 题：{args.out}")
    return 0 if len(lines) == args.count else 2


if __name__ == "__main__":
    sys.exit(main())
