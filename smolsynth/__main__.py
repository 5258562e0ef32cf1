"""`python -m smolsynth`: makes an instruction dataset, offline, and says what to do next."""

import argparse
import os
import sys
import time
from pathlib import Path

TEXT = {
    "en": {
        "start": "Generating {rows} rows ({lang}) with {model}. Loading takes a few seconds …",
        "first": "Sample rows, {seconds:.1f} s after the start:",
        "dropped": "Dropped on the way: {counts}.",
        "fewer": "The model repeats itself: only {rows} of {wanted} rows. A larger model helps.",
        "none": "No usable row: {n} dropped ({counts}), nothing saved. Is the model trained?",
        "saved": "{rows} rows ({sources}) saved in {folder} after {seconds:.0f} s.",
        "next": "Next: jupyter lab notebooks",
        "stopped": "Stopped. Nothing was saved.",
    },
    "zh": {
        "start": "用 {model} 生成 {rows} 行数据（{lang}）。载入 distilabel 需要几秒钟……",
        "first": "开始 {seconds:.1f} 秒后，先看几行样品：",
        "dropped": "中途舍弃：{counts}。",
        "fewer": "模型重复太多：原定 {wanted} 行，只得到 {rows} 行。换个大些的模型会好些。",
        "none": "没有可用的数据：{n} 行全部舍弃（{counts}），什么也没保存。这个模型训练过吗？",
        "saved": "共 {rows} 行（{sources}），用时 {seconds:.0f} 秒，已存入 {folder}。",
        "next": "下一步：jupyter lab notebooks",
        "stopped": "已停止，什么也没有保存。",
    },
}
REASONS = {  # of `recipes`, in Chinese
    "empty instruction": "指令为空",
    "empty response": "回答为空",
    "wrong language": "语言不对",
    "evolved into itself": "进化后没变",
    "words of the evolving prompt leaked": "泄漏进化提示词",
    "response begs off": "回答推托",
    "repeated instruction": "指令重复",
}


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; returns the exit status (0 done, 1 failed, 130 stopped)."""
    begun = time.perf_counter()
    args = _parser().parse_args(arguments)
    text = TEXT[args.lang]
    model = args.model or os.environ.get("SMOLSYNTH_LLM") or "bundled"
    print(text["start"].format(rows=args.rows, model=model, lang=args.lang), flush=True)

    from smolsynth.display import preview  # after the first line: these imports take seconds
    from smolsynth.export import free_folder, save, to_messages
    from smolsynth.llms import LLMUnavailable
    from smolsynth.pipelines import StepFailed
    from smolsynth.recipes import instruction_dataset

    def show(rows: list[dict[str, str]]) -> None:
        print("\n" + text["first"].format(seconds=time.perf_counter() - begun))
        preview(rows, n=3, columns=["source", "instruction", "response"])
        print(flush=True)

    try:
        data, dropped = instruction_dataset(
            args.rows, args.lang, args.model, args.seed, on_first_rows=show
        )
        if args.lang == "zh":
            counts = "，".join(f"{REASONS[r]} {n} 条" for r, n in dropped.most_common()) or "0 条"
        else:
            counts = ", ".join(f"{n} x {reason}" for reason, n in dropped.most_common()) or "0"
        if not len(data):
            print(text["none"].format(n=dropped.total(), counts=counts), file=sys.stderr)
            return 1
        folder = save(
            to_messages(data),
            free_folder(args.output / f"instruction_{args.lang}"),
            lang=args.lang,
            model=model,
            technique="SelfInstruct, Magpie, EvolInstruct",
            seed=args.seed,
            notes=f"Dropped before saving: {counts}.",
        )
    except KeyboardInterrupt:
        print("\n" + text["stopped"], file=sys.stderr)
        return 130
    except (LLMUnavailable, StepFailed, OSError, ValueError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    preview(data, n=4, columns=["source", "topic", "instruction", "response"])
    print("\n" + text["dropped"].format(counts=counts))
    if len(data) < args.rows:
        print(text["fewer"].format(rows=len(data), wanted=args.rows))
    made_by = {source: data["source"].count(source) for source in sorted(set(data["source"]))}
    sources = ", ".join(f"{source} {n}" for source, n in made_by.items())
    seconds = time.perf_counter() - begun
    print(text["saved"].format(rows=len(data), sources=sources, folder=folder, seconds=seconds))
    print(text["next"])
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m smolsynth",
        description="Generate an instruction dataset with SelfInstruct, Magpie and EvolInstruct.",
    )
    parser.add_argument("--lang", choices=sorted(TEXT), default="en", help="default: en")
    parser.add_argument("--rows", type=int, default=500, help="rows wanted (default: 500)")
    parser.add_argument("--output", type=Path, default=Path("output"), help="default: output/")
    parser.add_argument("--seed", type=int, default=42, help="default: 42")
    parser.add_argument(
        "--model",
        metavar="SPEC",
        help="bundled (default), bundled:novice, transformers:NAME_OR_PATH,"
        " openai:BASE_URL#MODEL or hf:MODEL; or set SMOLSYNTH_LLM",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
