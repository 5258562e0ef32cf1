"""What `demo` and `generate` have in common: a plan is carried out, saved and told about."""

import argparse
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smolsynth._files import check_folder
from smolsynth.cli.parser import Parser
from smolsynth.cli.progress import Progress
from smolsynth.cli.strings import strings
from smolsynth.errors import RepliesNotUnderstood, StepFailed
from smolsynth.generation.plan import Plan
from smolsynth.text.language import listed
from smolsynth.text.layout import in_words

if TYPE_CHECKING:
    from smolsynth.generation.run import Generation


def add_model(parser: Parser) -> None:
    """The options `--model` and `--llm-options`."""
    text = strings(parser.ui, "making")
    parser.add_argument("--model", metavar="SPEC", help=text["model"])
    parser.add_argument("--llm-options", metavar="JSON", help=text["llm_options"])


def add_subject(parser: Parser) -> None:
    """The options `--topic` and `--about`."""
    text = strings(parser.ui, "making")
    parser.add_argument("--topic", action="append", default=[], help=text["topic"])
    parser.add_argument("--about", default="", help=text["about"])


def plan_of(args: argparse.Namespace, **settings: Any) -> Plan:
    """The plan that the options of either command describe, with further settings.

    Raises PlanError, or ValueError as `model_of`.
    """
    return Plan(
        lang=args.lang,
        topics=args.topic,
        about=args.about,
        rows=args.rows,
        model=model_of(args),
        seed=args.seed,
        **settings,
    )


def model_of(args: argparse.Namespace) -> str:
    """The model that is asked for; its options go where `load_llm` looks for them.

    Raises ValueError if these are wrong.
    """
    if args.llm_options:
        from smolsynth.llms.options import VARIABLE, parsed  # takes seconds

        parsed(args.llm_options, "--llm-options")
        os.environ[VARIABLE] = args.llm_options
    return args.model or os.environ.get("SMOLSYNTH_LLM") or Plan.model


def positive(ui: str) -> Callable[[str], int]:
    """Reads a whole number from 1 up, for argparse."""

    def read(given: str) -> int:
        if not given.isdecimal() or not int(given):
            raise argparse.ArgumentTypeError(strings(ui, "making")["positive"].format(given=given))
        return int(given)

    return read


def make(
    plan: Plan,
    folder: Path,
    ui: str,
    *,
    on_first_rows: Callable[[list[dict]], None] | None = None,
    first: int = 3,
    most_tokens: int | None = None,
    on: Any = None,
) -> tuple["Generation", Path]:
    """Carries out a plan, telling how far it is, and saves what it gave.

    Interrupted, it goes on when it is called again: finished parts are kept beside `folder` until
    the dataset is whole.

    Args:
        plan: what to make.
        folder: where to save it; the first free name like that is taken.
        ui: the language to speak.
        on_first_rows: is given the first rows as soon as there are `first` of them.
        most_tokens, on: as `Generation.parts`.

    Returns:
        What was made, and the folder that it was saved in.

    Raises:
        ValueError: no row was usable.
        OSError: nothing can be written there; this comes first.
        RepliesNotUnderstood: the judge writes no ratings that can be read.
        Exception: as `Generation.parts` and `save_rows`.
    """
    from smolsynth.generation.run import STORE, Generation, save_beside  # takes seconds
    from smolsynth.generation.strings import describe_counts
    from smolsynth.pipelines.refusals import RefusedWarning

    text = strings(ui, "making")
    check_folder(folder.parent)
    made = Generation(plan, folder.parent / STORE / plan.digest())
    try:
        with Progress() as progress, warnings.catch_warnings():
            warnings.simplefilter("ignore", RefusedWarning)  # `tell` says it
            for number, _ in enumerate(made.parts(most_tokens=most_tokens, on=on)):
                if not number and plan.is_verified and not made.rows:
                    progress.clear()
                    print(_unsolved("hard", made, ui), flush=True)
                if on_first_rows and len(made.rows) >= min(first, plan.rows):
                    progress.clear()
                    on_first_rows(made.rows[: min(first, plan.rows)])
                    on_first_rows = None
                if not made.done and len(made.rows) < plan.rows:
                    progress.show(_how_far(made, text))
    except StepFailed as error:
        if not made.rows:
            made.forget()
        if isinstance(error.__cause__, RepliesNotUnderstood):  # it tells all that there is to say
            raise error.__cause__ from None
        raise
    except KeyboardInterrupt:
        raise KeyboardInterrupt(text["stopped"]) from None
    counts = describe_counts(made.dropped, ui)
    if not made.rows:
        made.forget()
        if plan.is_verified:
            raise ValueError(_unsolved("too_hard", made, ui))
        raise ValueError(text["none"].format(n=made.dropped.total(), counts=counts))
    folder = save_beside(made.rows, plan, folder)
    if made.done:
        made.forget()
    return made, folder


def tell(made: "Generation", ui: str) -> None:
    """Prints what was dropped on the way, and why there are fewer rows than wanted, if so."""
    from smolsynth.generation.strings import describe_counts

    text, wanted = strings(ui, "making"), made.plan.rows
    if made.dropped:
        print(text["dropped"].format(counts=describe_counts(made.dropped, ui)))
    if made.refused:
        reason = made.refused[0]["reason"]
        print(in_words(text["refused"], n=len(made.refused), reason=reason))
    if made.left_out:
        print(text["left_out"].format(names=listed(made.left_out, ui)))
    if made.plan.topics_left_out:
        print(text["topics_left_out"].format(names=listed(made.plan.topics_left_out, ui)))
    if made.rows and made.plan.needs.brief:
        print(text["may_be_wrong"])
    if len(made.rows) < wanted:
        key = "spent" if made.spent else "fewer"
        print(in_words(text[key], tokens=made.spent, rows=len(made.rows), wanted=wanted))


def _unsolved(key: str, made: "Generation", ui: str) -> str:
    """That a model has solved none of its problems, and what to do."""
    from smolsynth.generation.strings import describe_counts

    tried = made.dropped.total()
    counts = describe_counts(made.dropped, ui)
    return in_words(strings(ui, "making")[key], n=tried, counts=counts, model=made.plan.model)


def _how_far(made: "Generation", text: dict[str, str]) -> str:
    line = in_words(text["progress"], rows=len(made.rows), wanted=made.plan.rows)
    if made.plan.is_verified:
        tried = len(made.rows) + made.dropped.total()
        line += in_words(text["solved"], n=tried - made.dropped["unverified"], tried=tried)
    if whole := made.forecast():
        line += text["left"].format(seconds=whole[0] - sum(made.seconds))
    return line
