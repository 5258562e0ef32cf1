"""`python -m smolsynth convert-model`: makes a folder that `ct2:FOLDER` takes."""

import argparse
from pathlib import Path

from smolsynth.cli.parser import Parser
from smolsynth.cli.strings import strings

NAME = "convert-model"
HELP = {
    "en": "convert a chat model to CTranslate2, quick on a CPU: used as ct2:FOLDER",
    "zh": "把对话模型转换成 CTranslate2 格式，在 CPU 上跑得快：用作 ct2:FOLDER",
}


def add_arguments(parser: Parser) -> None:
    """The options of this command."""
    text = strings(parser.ui, NAME)
    parser.add_argument("source", metavar="NAME_OR_PATH", help=text["source"])
    parser.add_argument("--output", type=Path, metavar="FOLDER", help=text["output"])


def run(args: argparse.Namespace) -> int:
    """Converts the model and says how to use it."""
    text = strings(args.ui, NAME)
    from smolsynth._files import free_name
    from smolsynth.llms.convert import convert_model

    name = Path(args.source.rstrip("/\\")).name
    name = name[: -len(".gguf")] if name.lower().endswith(".gguf") else name
    folder = args.output or free_name(Path(f"{name}-ct2"))

    def say(step: str) -> None:
        print(text[step].format(source=args.source), flush=True)

    convert_model(args.source, folder, say)
    print(text["done"].format(folder=folder))
    return 0
