"""`python -m smolsynth generate`: carries out one plan."""

import argparse
import os
from functools import partial
from pathlib import Path

from smolsynth.cli.strings import strings
from smolsynth.generation.plan import KINDS, TECHNIQUES, Plan
from smolsynth.text.language import LANGS

NAME = "generate"
HELP = {
    "en": "make one dataset by one technique, as Dataset Studio does",
    "zh": "用一种技术做一份数据集，和数据集工作室做的一样",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--kind", choices=KINDS, help="default: that of the technique")
    parser.add_argument("--technique", choices=TECHNIQUES, help="default: the kind's first")
    parser.add_argument("--lang", choices=LANGS, default="en", help="default: en")
    parser.add_argument(
        "--topic", action="append", default=[], help="a domain, such as weather; may be repeated"
    )
    parser.add_argument("--about", default="", help="instead: what it is to be about, in words")
    parser.add_argument("--rows", type=int, default=Plan.rows, help="default: %(default)s")
    parser.add_argument("--model", metavar="SPEC", help="as for python -m smolsynth")
    parser.add_argument("--seed", type=int, default=Plan.seed, help="default: %(default)s")
    parser.add_argument(
        "--length", type=int, default=Plan.length, help="tokens of a response (%(default)s)"
    )
    parser.add_argument(
        "--max-tokens", type=_positive, metavar="N", help="stop before so many, read and written"
    )
    parser.add_argument(
        "--ray",
        nargs="?",
        const="",
        metavar="ADDRESS",
        help="make the rows on a Ray cluster: auto, HOST:6379, ray://HOST:10001; without an"
        " address, the one that runs here, or a new one on this machine",
    )
    parser.add_argument("--output", type=Path, default=Path("output"), help="default: output/")


def run(args: argparse.Namespace) -> int:
    """Makes the dataset, saves it and says what became of it."""
    text = strings(args.ui, NAME)
    kind = args.kind or TECHNIQUES.get(args.technique, "instruction")
    technique = args.technique or next(name for name, of in TECHNIQUES.items() if of == kind)
    plan = Plan(
        kind=kind,
        technique=technique,
        lang=args.lang,
        topics=tuple(args.topic),
        about=args.about,
        rows=args.rows,
        model=args.model or os.environ.get("SMOLSYNTH_LLM") or "bundled",
        seed=args.seed,
        length=args.length,
    )
    print(text["loading"], flush=True)

    from smolsynth._files import free_name  # after the first line: some of these take seconds
    from smolsynth.generation.run import STORE, Generation, save_rows
    from smolsynth.generation.strings import describe_counts

    made = Generation(plan, args.output / STORE / plan.digest())
    on = None
    if args.ray is not None:
        from smolsynth.pipelines.ray import on_ray

        quiet = {"logging_level": "ERROR"}
        on = partial(on_ray, address=args.ray or None, ray_options=quiet)
    try:
        for _ in made.parts(most_tokens=args.max_tokens, on=on):
            print(text["progress"].format(rows=len(made.rows), wanted=plan.rows), flush=True)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(text["stopped"]) from None
    counts = describe_counts(made.dropped, args.ui)
    if not made.rows:
        raise ValueError(text["none"].format(counts=counts))
    folder = save_rows(made.rows, plan, free_name(args.output / plan.name))
    if made.dropped:
        print(text["dropped"].format(counts=counts))
    if made.spent and len(made.rows) < plan.rows:
        print(text["spent"].format(tokens=made.spent, rows=len(made.rows), wanted=plan.rows))
    elif len(made.rows) < plan.rows:
        print(text["fewer"].format(rows=len(made.rows), wanted=plan.rows))
    print(text["saved"].format(rows=len(made.rows), folder=folder))
    return 0


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"a whole number from 1 up, not {text!r}")
    return int(text)
