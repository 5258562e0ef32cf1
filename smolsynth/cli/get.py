"""`python -m smolsynth get smollm2`: fetches a model that then works offline."""

import argparse

from smolsynth.cli.parser import Parser
from smolsynth.cli.strings import strings

NAME = "get"
HELP = {
    "en": "fetch a real chat model (SmolLM2) that works offline from then on",
    "zh": "下载一个真正的对话模型（SmolLM2），之后不用联网",
}


def add_arguments(parser: Parser) -> None:
    """The options of this command."""
    text = strings(parser.ui, NAME)
    parser.add_argument(
        "model", nargs="?", choices=["smollm2"], default="smollm2", help=text["model"]
    )


def run(args: argparse.Namespace) -> int:
    """Downloads and prepares the model, step by step."""
    text = strings(args.ui, NAME)
    from smolsynth.llms import smollm2

    folder = smollm2.model_folder()
    smollm2.get(lambda step: print(text[step].format(folder=folder), flush=True))
    print(text["done"])
    return 0
