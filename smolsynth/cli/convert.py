"""`python -m smolsynth convert`: rows of one's own, in the form that a trainer takes."""

import argparse
import sys
from pathlib import Path

from smolsynth._files import check_new
from smolsynth.cli.parser import Parser
from smolsynth.cli.strings import ARGUMENTS, strings
from smolsynth.text.language import listed
from smolsynth.text.layout import in_words

NAME = "convert"
HELP = {
    "en": "bring a file of any shape into the form that a trainer takes",
    "zh": "把任意格式的数据文件转换成训练框架要的格式",
}
FORMATS = (
    *("messages", "prompt-completion", "preference", "kto", "sharegpt", "alpaca", "openai"),
    *("llama-factory", "ms-swift", "axolotl"),
)


def add_arguments(parser: Parser) -> None:
    """The options of this command."""
    text = strings(parser.ui, NAME)
    parser.add_argument("source", metavar="FILE", help=text["source"])
    parser.add_argument("folder", metavar="FOLDER", type=Path, help=text["folder"])
    parser.add_argument("--to", choices=FORMATS, required=True, help=text["to"])
    add_reading(parser, text)


def add_reading(parser: Parser, text: dict[str, str]) -> None:
    """The options that say how a file is read."""
    kinds = ("auto", "instruction", "preference", "kto")
    parser.add_argument("--kind", choices=kinds, default="auto", help=text["kind"])
    parser.add_argument("--split", help=text["split"])
    parser.add_argument("--encoding", help=text["encoding"])
    parser.add_argument("--skip", action="store_true", help=text["skip"])
    parser.add_argument("--mask", action="store_true", help=text["mask"])


def read(args: argparse.Namespace):
    """The rows of a file as the options say, telling how far it is; raises ReadError."""
    from smolsynth.cli.progress import counted
    from smolsynth.datasets.read import read_rows

    with counted(strings(args.ui, NAME)["so_far"]) as on_row:
        return read_rows(
            args.source,
            args.kind,
            split=args.split,
            encoding=args.encoding,
            on_error="skip" if args.skip else "raise",
            on_disk=True,
            on_row=on_row,
        )


def run(args: argparse.Namespace) -> int:
    """Reads, says what was taken for what, and writes."""
    from smolsynth.datasets.strings import in_terms
    from smolsynth.datasets.trainers import convert
    from smolsynth.errors import ConvertError, ReadError

    text = strings(args.ui, NAME)
    check_new(args.folder)
    try:
        rows = read(args)
        print("\n".join(rows.describe(args.ui)))
        made = convert(rows, args.to, args.folder, mask=args.mask)
    except (ReadError, ConvertError) as error:
        print(in_terms(error.words(args.ui), ARGUMENTS), file=sys.stderr)
        return 2
    if made.lost:
        print(text["lost"].format(to=args.to, columns=listed(made.lost, args.ui)))
    for note in made.notes:
        print(note.words(args.ui))
    files = listed(made.files, args.ui)
    print(in_words(text["done"], rows=made.rows, folder=made.folder, files=files))
    return 0
