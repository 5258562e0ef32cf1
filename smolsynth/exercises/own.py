"""What is asked of a learner's own data. Rows are judged by `smolsynth.measure`: no rule is new."""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from smolsynth.datasets.convert import fault_of_talk
from smolsynth.datasets.mend import LOG, contradicted
from smolsynth.datasets.read import read_rows
from smolsynth.datasets.save import as_measured
from smolsynth.errors import ReadError
from smolsynth.exercises import measures
from smolsynth.exercises.common import (
    cell_problems,
    column_problems,
    of_one_size,
    trials_facts,
    trials_problems,
)
from smolsynth.exercises.results import Problem, Sheet, is_kind, read
from smolsynth.exercises.words import WORDS
from smolsynth.quality.report import measure
from smolsynth.quality.rules import RULES, complaint

MIN_ROWS, MIN_READ, MIN_QUESTIONS = 30, 20, 20  # as the tasks say


def examined(
    sheet: Sheet, answer: Any, questions: list[str]
) -> tuple[tuple[Problem, ...], tuple[str, ...]]:
    """What is wrong with an answer, and what there is to be glad about if nothing is."""
    look, tell = _TIERS[sheet.tier]
    problems = tuple(look(sheet, answer, questions))
    return problems, () if problems else tuple(tell(sheet, answer, questions))


# ---- 🐢 rows ----
def _rows_problems(sheet: Sheet, answer: Any, *_: Any) -> Iterator[Problem]:
    if problem := read(answer, sheet):
        yield problem
        return
    texts = ["messages"] if "messages" in sheet.columns else ["instruction", "response"]
    missing = list(column_problems(sheet, (*texts, "file"), {"file": "generate"}))
    unfit = list(cell_problems(sheet, texts) if len(texts) > 1 else _talk_problems(sheet))
    yield from missing + unfit
    yield from _few_rows(sheet)
    if not missing and not unfit:
        yield from _rule_problems(sheet, _rows_of(sheet))


def _talk_problems(sheet: Sheet) -> Iterator[Problem]:
    bad = [i for i, talk in enumerate(sheet.columns["messages"]) if fault_of_talk(talk)]
    if bad:
        yield sheet.problem("no_talk", "generate", bad, "messages")


def _rows_of(sheet: Sheet) -> list[dict]:
    return [
        dict(zip(sheet.columns, cells, strict=True))
        for cells in zip(*sheet.columns.values(), strict=True)
    ]


def _few_rows(sheet: Sheet) -> Iterator[Problem]:
    if sheet.rows < MIN_ROWS:
        yield sheet.problem("few_rows/own", f"exercise-{sheet.tier}", need=MIN_ROWS)


def _rule_problems(sheet: Sheet, rows: Any, questions: Iterable[str] = ()) -> Iterator[Problem]:
    """One for each rule of `measure` that the rows break."""
    report = measure(rows, sheet.lang, evaluation=questions)
    for finding in report.broken:
        what, mend = complaint(finding.rule, sheet.lang)
        yield sheet.problem(
            "rule",
            "quality",
            finding.rows,
            samples=finding.reasons,
            count=len(finding.rows),
            what=what,
            rule=finding.rule,
            allowed=RULES[finding.rule].limit(report.rows),
            mend=mend,
        )


def _rows_facts(sheet: Sheet, *_: Any) -> Iterator[str]:
    files = len({measures.clip(cell) for cell in sheet.columns["file"]})
    yield WORDS[sheet.lang]["fact_own_rows"].format(rows=sheet.rows, files=files)


# ---- 🐕 a folder ----
def _folder_problems(sheet: Sheet, answer: Any, questions: list[str]) -> Iterator[Problem]:
    is_path = isinstance(answer, str | os.PathLike)
    if not is_path or not (Path(answer) / "README.md").is_file():
        yield sheet.problem("no_folder", "card")
        return
    try:
        rows = [as_measured(row) for row in read_rows(Path(answer))]
    except ReadError as error:
        yield sheet.problem("unreadable", "card", reason=measures.clip(error.words(sheet.lang)))
        return
    sheet.rows = len(rows)
    yield from _few_rows(sheet)
    log = _log(answer)
    if len(log) < MIN_READ:
        yield sheet.problem("few_read", "verdicts", read=len(log), need=MIN_READ)
    if there := contradicted(log, rows):
        texts = [next(iter(log[place]["was"].values())) for place in there]
        yield sheet.problem("log_contradicted", "verdicts", samples=texts, count=len(there))
    yield from _few_questions(sheet, len(questions))
    yield from _rule_problems(sheet, rows, questions)


def _log(folder: Any) -> list[dict]:
    """The entries of the log, each row once; what is none is passed over."""
    entries: dict[Any, dict] = {}
    try:
        for line in (Path(folder) / LOG).read_text("utf-8").splitlines():
            entry = json.loads(line)
            if {"row", "action", "was"} <= set(entry) and all(
                isinstance(text, str) for text in entry["was"].values()
            ):
                entries[entry["row"]] = entry
    except (OSError, ValueError, TypeError, AttributeError):
        return []
    return list(entries.values())


def _few_questions(sheet: Sheet, count: int) -> Iterator[Problem]:
    if count < MIN_QUESTIONS:
        yield sheet.problem("few_questions", "questions", count=count, need=MIN_QUESTIONS)


def _folder_facts(sheet: Sheet, answer: Any, questions: list[str]) -> Iterator[str]:
    say, log = WORDS[sheet.lang], _log(answer)
    changed = sum(entry["action"] != "left" for entry in log)
    yield say["fact_read"].format(read=len(log), changed=changed)
    yield say["fact_apart"].format(count=len(questions))


# ---- 🦁 trials ----
def _trials_problems(sheet: Sheet, trials: Any, *_: Any) -> Iterator[Problem]:
    if not is_kind(trials, "smolsynth.student", "Trials") or not trials:
        yield sheet.problem("not_trials", "student")
        return
    yield from _few_questions(sheet, trials.questions)
    yield from trials_problems(sheet, trials)


def _trials_facts(sheet: Sheet, trials: Any, *_: Any) -> Iterator[str]:
    names = of_one_size(trials)
    yield from trials_facts(sheet, (one for one in trials.differences() if one.name in names))


_TIERS: dict[str, tuple[Callable[..., Iterator[Problem]], Callable[..., Iterator[str]]]] = {
    "turtle": (_rows_problems, _rows_facts),
    "dog": (_folder_problems, _folder_facts),
    "lion": (_trials_problems, _trials_facts),
}
