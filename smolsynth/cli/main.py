"""`python -m smolsynth [COMMAND] …`: finds the command, runs it, and says what went wrong.

A command is a module of this folder, named in COMMANDS, with

    NAME                    what is typed
    HELP                    what it does, {"en": …, "zh": …}
    add_arguments(parser)   its options; `parser.ui` is the language of their help
    run(args) -> int        carries it out; `args.ui` is the language to speak; the exit status

It imports what is heavy in `run` alone, and raises what goes wrong: an error becomes one sentence
here. Exit status: 0 done, 1 failed, 2 asked for something that can't be, 130 interrupted.
"""

import argparse
import codecs
import difflib
import os
import sys
from importlib import import_module
from types import ModuleType
from typing import TextIO

from smolsynth import __version__
from smolsynth.cli.parser import Parser
from smolsynth.cli.strings import error_in_words, own_language, strings
from smolsynth.errors import SmolsynthError
from smolsynth.text.language import LANGS, listed

COMMANDS = (
    "demo",
    "generate",
    "studio",
    "get",
    "convert_model",
    "check",
    "convert",
)  # modules of this folder
DEFAULT = "demo"  # what runs without a command


def main(arguments: list[str] | None = None) -> int:
    """Runs a command; returns the exit status."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    ui = _ui_of(arguments)
    lost = _survive_any_encoding()
    try:
        return _run(arguments, ui)
    finally:
        if lost:
            said = strings(ui)["lost"].format(encoding=lost[0])
            safe = said if _holds(sys.stderr, said) else strings("en")["lost"]
            print("\n" + safe.format(encoding=lost[0]), file=sys.stderr)


def _run(arguments: list[str], ui: str) -> int:
    modules = {module.NAME: module for module in map(_module, COMMANDS)}
    parser = build_parser(ui, modules)
    args = parser.parse_args(_with_command(arguments, modules, parser))
    args.ui = getattr(args, "ui", None) or getattr(args, "lang", None) or ui
    try:
        return modules[args.command].run(args)
    except KeyboardInterrupt as stop:
        print(f"\n{str(stop) or strings(args.ui)['stopped']}", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever reads has had enough, as in `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (SmolsynthError, OSError, ValueError, ImportError) as error:
        print("\n" + error_in_words(error, args.ui), file=sys.stderr)
        return 2 if hasattr(error, "field") else 1  # of the settings: PlanError


def build_parser(ui: str, modules: dict[str, ModuleType] | None = None) -> Parser:
    """The parser of all commands, whose help is in the language `ui`."""
    modules = modules or {module.NAME: module for module in map(_module, COMMANDS)}
    text = strings(ui)
    parser = Parser(
        prog="python -m smolsynth",
        ui=ui,
        description=text["description"],
        epilog=text["epilog"],
    )
    parser.add_argument(
        "--version", action="version", version=f"smolsynth {__version__}", help=text["version"]
    )
    commands = parser.add_subparsers(dest="command", metavar=text["command"], required=True)
    for name, module in modules.items():
        said = module.HELP[ui]
        own = commands.add_parser(name, ui=ui, help=said, description=said)
        module.add_arguments(own)
    return parser


def _module(name: str) -> ModuleType:
    return import_module(f"smolsynth.cli.{name}")


def _ui_of(arguments: list[str]) -> str:
    """The language of help and of errors in the arguments: as given, else that of the system.

    Of `check`, --lang is the language of the data alone.
    """
    early = argparse.ArgumentParser(add_help=False, exit_on_error=False, allow_abbrev=False)
    early.add_argument("--ui")
    early.add_argument("--lang")
    try:
        found = early.parse_known_args(arguments)[0]
        given = found.ui or (None if arguments[0] == "check" else found.lang)
    except (argparse.ArgumentError, SystemExit, IndexError):
        given = None
    return given if given in LANGS else own_language()


def _with_command(
    arguments: list[str], modules: dict[str, ModuleType], parser: Parser
) -> list[str]:
    """The arguments with DEFAULT put in where they name no command."""
    at = 0
    while at < len(arguments) and arguments[at].partition("=")[0] == "--ui":
        at += 1 if "=" in arguments[at] else 2
    first = arguments[at] if at < len(arguments) else ""
    if first in modules or first in ("-h", "--help", "--version"):
        return arguments
    if first == "help":
        return ["--help"]
    if first and not first.startswith("-"):
        close = difflib.get_close_matches(first, modules, 1)
        text = strings(parser.ui)
        hint = text["meant"].format(name=close[0]) if close else ""
        parser.error(text["unknown"].format(name=first, names=listed(modules, parser.ui)) + hint)
    return [*arguments[:at], DEFAULT, *arguments[at:]]


def _survive_any_encoding() -> list[str]:
    """A terminal or a log that can't hold a character gets a "?" instead of ending the run.

    Returns a list that is empty until that happens, and then holds the name of the encoding.
    """
    lost: list[str] = []

    def replaced(error: UnicodeError) -> tuple[str | bytes, int]:
        if isinstance(error, UnicodeEncodeError):
            # Codecs made of tables call themselves all alike.
            name = sys.stdout.encoding if error.encoding == "charmap" else error.encoding
            lost[:] = [name]
        return codecs.replace_errors(error)

    codecs.register_error("smolsynth", replaced)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="smolsynth")
    return lost


def _holds(stream: TextIO, text: str) -> bool:
    try:
        text.encode(stream.encoding or "ascii")
    except (UnicodeError, LookupError, AttributeError):
        return False
    return True
