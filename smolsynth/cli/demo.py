"""`python -m smolsynth`: makes both kinds of dataset, offline, and says what to do next."""

import argparse
import os
import sys
import time
from collections import Counter
from pathlib import Path

from smolsynth.cli.strings import strings
from smolsynth.generation.strings import IN_WORDS, describe_counts
from smolsynth.text.language import LANGS

NAME = "demo"
HELP = {
    "en": "make an instruction dataset (SelfInstruct, Magpie, EvolInstruct) and a preference"
    " dataset (two models, rated by UltraFeedback); what runs without a command",
    "zh": "做一份指令数据集（SelfInstruct、Magpie、EvolInstruct）和一份偏好数据集（两个模型作答，"
    "UltraFeedback 打分）；不写命令时运行的就是它",
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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--lang", choices=LANGS, default="en", help="default: en")
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


def run(args: argparse.Namespace) -> int:
    """Makes the datasets, one after the other."""
    begun = time.perf_counter()
    text = strings(args.ui, NAME)
    kinds = KINDS if args.kind == "both" else (args.kind,)
    saved: list[Path] = []
    print(_start(args, kinds[0]) + text["loading"], flush=True)
    try:
        for kind in kinds:
            if kind != kinds[0]:
                print("\n" + _start(args, kind).rstrip(), flush=True)
            saved.append(_make(kind, args, begun))
    except KeyboardInterrupt:
        raise KeyboardInterrupt(text["stopped"] + _what_is_saved(saved, text)) from None
    except Exception:
        if saved:
            print(_what_is_saved(saved, text), file=sys.stderr)
        raise
    print(text["next"])
    return 0


def _start(args: argparse.Namespace, kind: str) -> str:
    text = strings(args.ui, NAME)
    return text["start"].format(kind=text[kind], rows=args.rows, model=_model(args))


def _model(args: argparse.Namespace) -> str:
    return args.model or os.environ.get("SMOLSYNTH_LLM") or "bundled"


def _make(kind: str, args: argparse.Namespace, begun: float) -> Path:
    """Generates, saves and shows one dataset. Raises ValueError where no row is good."""
    from smolsynth._files import free_name
    from smolsynth.datasets.convert import to_messages, to_preferences
    from smolsynth.datasets.save import save
    from smolsynth.generation import recipes
    from smolsynth.quality.report import QualityError
    from smolsynth.viewers.preview import preview

    text = strings(args.ui, NAME)

    def show(rows: list[dict]) -> None:
        print("\n" + text["first"].format(seconds=time.perf_counter() - begun))
        preview(rows, n=3, columns=SHOWN[kind] if rows else None)
        print(flush=True)

    generate = getattr(recipes, f"{kind}_dataset")
    data, dropped = generate(args.rows, args.lang, args.model, args.seed, on_first_rows=show)
    counts = describe_counts(dropped, args.ui)
    if not len(data):
        raise ValueError(text["none"].format(n=dropped.total(), counts=counts))

    def saved() -> Path:
        return save(
            to_messages(data, source="source") if kind == "instruction" else to_preferences(data),
            free_name(args.output / f"{kind}_{args.lang}"),
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
        counts = describe_counts(dropped, args.ui)
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


def _what_is_saved(folders: list[Path], text: dict[str, str]) -> str:
    if not folders:
        return text["nothing"]
    return text["kept"].format(folders=", ".join(map(str, folders)))
