"""`python -m smolsynth`: makes both kinds of dataset, offline, and says what to do next."""

import argparse
import os
import sys
import time
from collections import Counter
from pathlib import Path

from smolsynth.cli import commands
from smolsynth.generation.strings import IN_WORDS

TEXT = {
    "en": {
        "instruction": "an instruction dataset",
        "preference": "a preference dataset",
        "start": "Generating {kind}: {rows} rows (en) with {model}. ",
        "loading": "Loading takes a few seconds …",
        "first": "Sample rows, {seconds:.1f} s after the start:",
        "dropped": "Dropped on the way: {counts}.",
        "fewer": "Too few were good: only {rows} of {wanted} rows. A larger model helps.",
        "none": "No usable row: {n} dropped ({counts}), nothing saved. Is the model trained?",
        "saved": "{rows} rows ({sources}) saved in {folder} after {seconds:.0f} s.",
        "next": "Next: jupyter lab notebooks",
        "stopped": "Stopped. ",
        "nothing": "Nothing was saved.",
        "kept": "Saved before: {folders}.",
    },
    "zh": {
        "instruction": "指令数据集",
        "preference": "偏好数据集",
        "start": "用 {model} 生成{kind}：{rows} 行（zh）。",
        "loading": "载入 distilabel 需要几秒钟……",
        "first": "开始 {seconds:.1f} 秒后，先看几行样品：",
        "dropped": "中途舍弃：{counts}。",
        "fewer": "合格的太少：原定 {wanted} 行，只得到 {rows} 行。换个大些的模型会好些。",
        "none": "没有可用的数据：{n} 行全部舍弃（{counts}），什么也没保存。这个模型训练过吗？",
        "saved": "共 {rows} 行（{sources}），用时 {seconds:.0f} 秒，已存入 {folder}。",
        "next": "下一步：jupyter lab notebooks",
        "stopped": "已停止。",
        "nothing": "什么也没有保存。",
        "kept": "此前已存好：{folders}。",
    },
}
KINDS = ("instruction", "preference")
TECHNIQUES = {  # for the dataset card
    "en": {
        "instruction": "SelfInstruct, Magpie, EvolInstruct",
        "preference": IN_WORDS["en"]["two-models"],
    },
    "zh": {
        "instruction": "SelfInstruct、Magpie、EvolInstruct",
        "preference": IN_WORDS["zh"]["two-models"],
    },
}
SHOWN = {  # columns of the sample rows
    "instruction": ["source", "instruction", "response"],
    "preference": ["instruction", "chosen", "rejected", "chosen_rating", "rejected_rating"],
}
COUNTED = {"instruction": "source", "preference": "chosen_model"}


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; returns the exit status (0 done, 1 failed, 130 stopped)."""
    begun = time.perf_counter()
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments and arguments[0] in commands.COMMANDS:
        return commands.COMMANDS[arguments[0]](arguments[1:])
    args = _parser().parse_args(arguments)
    text = TEXT[args.lang]
    kinds = KINDS if args.kind == "both" else (args.kind,)
    saved: list[Path] = []
    print(_start(args, kinds[0]) + text["loading"], flush=True)

    from smolsynth.errors import StepFailed
    from smolsynth.llms import LLMUnavailable  # after the first line: these imports take seconds

    try:
        for kind in kinds:
            if kind != kinds[0]:
                print("\n" + _start(args, kind).rstrip(), flush=True)
            saved.append(_make(kind, args, begun))
    except KeyboardInterrupt:
        print("\n" + text["stopped"] + _what_is_saved(saved, text), file=sys.stderr)
        return 130
    except (LLMUnavailable, StepFailed, OSError, ValueError) as error:
        print(f"\n{error}", file=sys.stderr)
        if saved:
            print(_what_is_saved(saved, text), file=sys.stderr)
        return 1
    print(text["next"])
    return 0


def _start(args: argparse.Namespace, kind: str) -> str:
    text = TEXT[args.lang]
    return text["start"].format(kind=text[kind], rows=args.rows, model=_model(args))


def _model(args: argparse.Namespace) -> str:
    return args.model or os.environ.get("SMOLSYNTH_LLM") or "bundled"


def _make(kind: str, args: argparse.Namespace, begun: float) -> Path:
    """Generates, saves and shows one dataset. Raises ValueError where no row is good."""
    from smolsynth.datasets.convert import to_messages, to_preferences
    from smolsynth.datasets.save import free_folder, save
    from smolsynth.generation import recipes
    from smolsynth.quality.report import QualityError
    from smolsynth.viewers.preview import preview

    text = TEXT[args.lang]

    def show(rows: list[dict]) -> None:
        print("\n" + text["first"].format(seconds=time.perf_counter() - begun))
        preview(rows, n=3, columns=SHOWN[kind] if rows else None)
        print(flush=True)

    generate = getattr(recipes, f"{kind}_dataset")
    data, dropped = generate(args.rows, args.lang, args.model, args.seed, on_first_rows=show)
    counts = _counts(dropped, args.lang)
    if not len(data):
        raise ValueError(text["none"].format(n=dropped.total(), counts=counts))

    def saved() -> Path:
        return save(
            to_messages(data, source="source") if kind == "instruction" else to_preferences(data),
            free_folder(args.output / f"{kind}_{args.lang}"),
            lang=args.lang,
            model=_model(args),
            technique=TECHNIQUES[args.lang][kind],
            seed=args.seed,
            prompts=recipes.prompts(kind, args.lang),
            notes=text["dropped"].format(counts=counts),
        )

    try:
        folder = saved()
    except QualityError as error:  # what rows by themselves don't show: near duplicates, chiefly
        broken = error.report.broken
        for finding in broken:
            dropped[finding.rule] += len(finding.rows)
        counts = _counts(dropped, args.lang)
        data = data.select(error.report.good_rows(*(finding.rule for finding in broken)))
        folder = saved()
    preview(data, n=4, columns=["topic", *SHOWN[kind]])
    print("\n" + text["dropped"].format(counts=counts))
    if len(data) < args.rows:
        print(text["fewer"].format(rows=len(data), wanted=args.rows))
    made_by = sorted(Counter(data[COUNTED[kind]]).items())
    sources = ", ".join(f"{source} {n}" for source, n in made_by)
    seconds = time.perf_counter() - begun
    print(text["saved"].format(rows=len(data), sources=sources, folder=folder, seconds=seconds))
    return folder


def _counts(dropped: Counter, lang: str) -> str:
    from smolsynth.generation.recipes import REASONS

    if lang == "zh":
        return "；".join(f"{REASONS[r][1]}（{n} 行）" for r, n in dropped.most_common()) or "0 行"
    return ", ".join(f"{n} x {REASONS[r][0]}" for r, n in dropped.most_common()) or "0"


def _what_is_saved(folders: list[Path], text: dict[str, str]) -> str:
    if not folders:
        return text["nothing"]
    return text["kept"].format(folders=", ".join(map(str, folders)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m smolsynth",
        description="Generate an instruction dataset (SelfInstruct, Magpie, EvolInstruct) and a"
        " preference dataset (two models, rated by UltraFeedback).",
        epilog="More: `python -m smolsynth generate --help` makes one dataset by one technique;"
        " `python -m smolsynth studio` opens Dataset Studio, which does so without code.",
    )
    parser.add_argument("--lang", choices=sorted(TEXT), default="en", help="default: en")
    parser.add_argument("--kind", choices=["both", *KINDS], default="both", help="default: both")
    parser.add_argument("--rows", type=int, default=500, help="rows wanted of each (default: 500)")
    parser.add_argument("--output", type=Path, default=Path("output"), help="default: output/")
    parser.add_argument("--seed", type=int, default=42, help="default: 42")
    parser.add_argument(
        "--model",
        metavar="SPEC",
        help="bundled (default), bundled:novice, transformers:NAME_OR_PATH,"
        " openai:BASE_URL#MODEL or hf:MODEL; or set SMOLSYNTH_LLM",
    )
    return parser
