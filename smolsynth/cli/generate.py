"""`python -m smolsynth generate`: carries out one plan."""

import argparse
from functools import partial
from pathlib import Path

from smolsynth.cli.making import add_model, add_subject, make, plan_of, positive, tell
from smolsynth.cli.parser import Parser
from smolsynth.cli.strings import strings
from smolsynth.generation.plan import KINDS, TECHNIQUES, Plan
from smolsynth.text.language import LANGS
from smolsynth.text.layout import in_words

NAME = "generate"
HELP = {
    "en": "make one dataset by one technique, as Dataset Studio does",
    "zh": "用一种技术做一份数据集，和数据集工作室做的一样",
}


def add_arguments(parser: Parser) -> None:
    """The options of this command."""
    text = strings(parser.ui, NAME)
    parser.add_argument("--kind", choices=KINDS, help=text["kind"])
    parser.add_argument("--technique", choices=TECHNIQUES, help=text["technique"])
    parser.add_argument("--lang", choices=LANGS, default="en", help=text["lang"])
    add_subject(parser)
    parser.add_argument(
        "--documents", nargs="+", default=[], metavar="PATH", help=text["documents"]
    )
    parser.add_argument("--column", default="", metavar="NAME", help=text["column"])
    parser.add_argument("--chunk", type=int, metavar="TOKENS", help=text["chunk"])
    parser.add_argument("--overlap", type=int, metavar="TOKENS", help=text["overlap"])
    parser.add_argument("--rows", type=int, default=Plan.rows, help=text["rows"])
    add_model(parser)
    parser.add_argument("--seed", type=int, default=Plan.seed, help=text["seed"])
    parser.add_argument("--length", type=int, default=Plan.length, help=text["length"])
    parser.add_argument("--judge", default="", metavar="SPEC", help=text["judge"])
    parser.add_argument("--temperature", type=float, default=0.0, help=text["temperature"])
    parser.add_argument(
        "--prompt", action="append", default=[], metavar="STEP=TEXT", help=text["prompt"]
    )
    parser.add_argument(
        "--max-tokens", type=positive(parser.ui), metavar="N", help=text["max_tokens"]
    )
    parser.add_argument("--ray", nargs="?", const="", metavar="ADDRESS", help=text["ray"])
    parser.add_argument("--output", type=Path, default=Path("output"), help=text["output"])


def run(args: argparse.Namespace) -> int:
    """Makes the dataset, saves it and says what became of it."""
    text = strings(args.ui, NAME)
    plan = plan_of(
        args,
        kind=args.kind or "",
        technique=args.technique or "",
        length=args.length,
        documents=args.documents,
        column=args.column,
        judge=args.judge,
        temperature=args.temperature,
        prompts={name: prompt for name, _, prompt in (one.partition("=") for one in args.prompt)},
        chunk=args.chunk,
        overlap=args.overlap,
    )
    if plan.documents:
        print("\n".join(plan.read().describe(args.ui)), flush=True)
    print(text["loading"], flush=True)
    on = None
    if args.ray is not None:
        from smolsynth.pipelines.ray import on_ray

        quiet = {"logging_level": "ERROR"}
        on = partial(on_ray, address=args.ray or None, ray_options=quiet)
    made, folder = make(plan, args.output / plan.name, args.ui, most_tokens=args.max_tokens, on=on)
    tell(made, args.ui)
    print(in_words(text["saved"], rows=len(made.rows), folder=folder))
    return 0
