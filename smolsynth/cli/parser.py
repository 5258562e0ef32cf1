"""An argument parser that speaks the language of the person."""

import argparse
import re
import sys
from typing import Any, NoReturn

from smolsynth.cli.strings import argparse_in_words, strings
from smolsynth.text.language import LANGS
from smolsynth.text.layout import wrap


class _Help(argparse.HelpFormatter):
    """Breaks lines by columns: a Chinese character takes two, and a name stays whole."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrap(" ".join(text.split()), width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + line for line in self._split_lines(text, width))


class Parser(argparse.ArgumentParser):
    """An argument parser that speaks the language `ui`, and whose commands know it."""

    def __init__(self, *args: Any, ui: str = "en", **kwargs: Any) -> None:
        text = strings(ui)
        ours = {"add_help": False, "allow_abbrev": False, "formatter_class": _Help}
        super().__init__(*args, **{**kwargs, **ours})
        self.ui = ui
        self._positionals.title, self._optionals.title = text["commands"], text["options"]
        self.add_argument("-h", "--help", action="help", help=text["help"])
        self.add_argument("--ui", choices=LANGS, default=argparse.SUPPRESS, help=text["ui"])

    def format_usage(self) -> str:
        return super().format_usage().replace("usage: ", strings(self.ui)["usage"], 1)

    def format_help(self) -> str:
        said = super().format_help().replace("usage: ", strings(self.ui)["usage"], 1)
        return re.sub(r"(?m)^([\u4e00-\u9fff]+):$", r"\1：", said)  # a heading in Chinese

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        said = argparse_in_words(message, self.ui)
        self.exit(2, strings(self.ui)["error"].format(prog=self.prog, message=said))
