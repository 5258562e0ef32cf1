"""`python -m smolsynth`: makes both kinds of dataset, offline, and says what to do next."""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

from smolsynth.cli.making import add_model, add_subject, make, plan_of, positive, tell
from smolsynth.cli.parser import Parser
from smolsynth.cli.strings import strings
from smolsynth.generation.plan import KINDS, Plan
from smolsynth.text.language import LANGS, listed
from smolsynth.text.layout import in_words

NAME = "demo"
HELP = {
    "en": "make an instruction dataset (SelfInstruct, EvolInstruct, Magpie) and a preference"
    " dataset (two models, rated by UltraFeedback); what runs without a command",
    "zh": "做一份指令数据集（SelfInstruct、EvolInstruct、Magpie）和一份偏好数据集（两个模型作答，"
    "UltraFeedback 打分）；不写命令时运行的就是它",
}
TECHNIQUES = {"instruction": "mixed", "preference": "two-models"}
ROWS = 500
SHOWN = {  # columns of the sample rows
    "instruction": ["source", "instruction", "response"],
    "preference": ["instruction", "chosen", "rejected", "chosen_rating", "rejected_rating"],
}
COUNTED = {"instruction": "source", "preference": "chosen_model"}


def add_arguments(parser: Parser) -> None:
    """The options of this command."""
    text = strings(parser.ui, NAME)
    parser.add_argument("--lang", choices=LANGS, default="en", help=text["lang"])
    parser.add_argument("--kind", choices=["both", *KINDS], default="both", help=text["kind"])
    add_subject(parser)
    parser.add_argument("--rows", type=int, default=ROWS, help=text["rows"])
    add_model(parser)
    parser.add_argument("--seed", type=int, default=Plan.seed, help=text["seed"])
    parser.add_argument(
        "--max-tokens", type=positive(parser.ui), metavar="N", help=text["max_tokens"]
    )
    parser.add_argument("--output", type=Path, default=Path("output"), help=text["output"])


def run(args: argparse.Namespace) -> int:
    """Makes the datasets, one after the other."""
    begun = time.perf_counter()
    text = strings(args.ui, NAME)
    kinds = KINDS if args.kind == "both" else (args.kind,)
    plans = [plan_of(args, technique=TECHNIQUES[kind]) for kind in kinds]
    saved: list[Path] = []
    try:
        for number, plan in enumerate(plans):
            loading = "" if number else text["loading"]
            language = text[f"in_{plan.lang}"]
            start = in_words(text[f"start_{plan.kind}"], plan=plan, language=language)
            print(start + loading, flush=True)
            saved.append(_make(plan, args, begun))
    finally:
        if saved and len(saved) < len(plans):
            kept = listed(saved, args.ui)
            print("\n" + text["kept"].format(folders=kept), file=sys.stderr)
    here = Path("notebooks").is_dir()
    print(text["next"] if here else text["next_elsewhere"].format(folder=saved[0]))
    return 0


def _make(plan: Plan, args: argparse.Namespace, begun: float) -> Path:
    """Makes, saves and shows one dataset."""
    from smolsynth.viewers.preview import preview  # takes seconds

    text, kind = strings(args.ui, NAME), plan.kind

    def show(rows: list[dict]) -> None:
        print("\n" + text["first"].format(seconds=time.perf_counter() - begun))
        preview(rows, n=3, columns=SHOWN[kind])
        print(flush=True)

    made, folder = make(
        plan,
        args.output / f"{kind}_{plan.lang}",
        args.ui,
        on_first_rows=show,
        most_tokens=args.max_tokens,
    )
    preview(made.rows[-4:], n=4, columns=["topic", *SHOWN[kind]])
    print()
    tell(made, args.ui)
    counts = sorted(Counter(row[COUNTED[kind]] for row in made.rows).items())
    sources = listed((f"{source} {n}" for source, n in counts), args.ui)
    seconds = time.perf_counter() - begun
    saved = in_words(
        text["saved"], rows=len(made.rows), sources=sources, folder=folder, seconds=seconds
    )
    print(saved + "\n", flush=True)
    return folder
