"""Rules that all exercises share: columns, cells, language, repeats, faults, moved columns."""

import difflib
import os
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

from smolsynth.exercises import measures
from smolsynth.exercises.results import Problem, Sheet, is_empty, is_list
from smolsynth.exercises.truth import apart, concepts_in, nameless, told_of
from smolsynth.exercises.words import WORDS
from smolsynth.quality.rules import RULES, faults
from smolsynth.text.language import in_language, listed
from smolsynth.text.similarity import duplicates
from smolsynth.text.tokens import plain

MAX_DUPLICATES = 0.05  # any sampling repeats itself now and then; more than this is a pattern
MAX_NEAR_DUPLICATES = 0.15  # "What is a wok?" in a few forms is fine, a dataset of them isn't
NEAR_DUPLICATE_ROWS = 2_000  # the first rows show the pattern; keeps the check under a second
MAX_NUMBERED = 0.5  # one text with other numbers in it, again and again
MAX_WRONG_LANGUAGE = 0.20  # single rows go astray; every fifth row means the prompts are wrong
MAX_SAME_RESPONSE = 0.25  # "I don't know" may be right a few times, not for a quarter of the rows
MAX_FAULTY = 0.20  # as the tasks say: rows in which `measure` finds a fault
LOOKED_AT = 300  # rows, for faults; more show nothing new
# Of the faults that `measure` finds, those that have no rule of their own here.
FORM = frozenset(
    "no_request loop cut_off garbled small_talk template_marks thoughts refusal".split()
)
SHOWN_NAMES = 12  # columns
SAME_SIZE = 0.05  # how far the rows of two sets that are compared may differ

NEAR_NAMES = {  # what steps call these columns, and what comes to mind
    "instruction": "instructions prompt prompts question questions query queries user",
    "response": "responses generation generations output outputs completion answer answers reply",
    "document": "documents input seed seeds context text passage source",
    "file": "files source document path url",
    "evolved_instruction": "evolved_instructions evolved instruction_evolved evolved_prompt "
    "evolution evol_instruction evolved_instruct",
    "evolved_response": "evolved_responses evolved evolution response_evolved evolved_answer",
    "critique": "critiques critic feedback review generation",
    "rewritten": "rewrite rewriting rewritten_response revised improved generation",
    "chosen": "chosen_response preferred better best winner",
    "rejected": "rejected_response worse worst loser",
    "chosen_rating": "chosen_score score_chosen rating_chosen chosen_ratings",
    "thoughts": "llm_solve_thoughts trace traces reasoning thinking",
    "verified": "right correct is_right is_correct verdict",
    "pass_rate": "rate share pass@1 accuracy",
    "difficulty": "level hardness",
    "rejected_rating": "rejected_score score_rejected rating_rejected rejected_ratings",
}


def column_problems(
    sheet: Sheet, needed: Iterable[str], cells: dict[str, str]
) -> Iterator[Problem]:
    """Columns that are missing; `cells` says which cell of the notebook makes which column."""
    names = names_of(sheet)
    spare = {n.strip().lower().replace(" ", "_"): n for n in sheet.columns if n not in needed}
    for column in needed:
        if column in sheet.columns:
            continue
        cell = cells.get(column, "two-steps")
        near = next((spare[n] for n in (column, *NEAR_NAMES[column].split()) if n in spare), None)
        if near is None and (close := difflib.get_close_matches(column, spare, 1, 0.85)):
            near = spare[close[0]]
        talk = next((spare[n] for n in ("messages", "conversation") if n in spare), None)
        variant = ""
        if (near, column) == ("input", "document"):  # distilabel refuses to map its inputs away
            variant = "/input"
        elif near is not None:
            lists = [cell for cell in sheet.columns[near] if is_list(cell)]
            variant = "/expand" if lists else "/rename"
            if any(isinstance(item, Mapping) for cell in lists for item in cell):
                variant = "/turns"
        elif talk is not None and column in ("instruction", "response", "chosen", "rejected"):
            near, variant = talk, "/messages"
        near = near and measures.clip(near)
        yield sheet.problem(f"missing_column{variant}", cell, column=column, names=names, near=near)


def least_seeds() -> int:
    """How often each set of a comparison has to be trained on, as the tasks say."""
    from smolsynth.student.train import SHORT  # takes seconds, if it isn't there for the trials

    return 1 if os.environ.get(SHORT) else 3  # `compare` takes one seed in a short run


def trials_problems(sheet: Sheet, trials: Any) -> Iterator[Problem]:
    """Trials with too few students to a set, or without a control."""
    need = least_seeds()
    seeds = min((len(trial.scores) for trial in trials if trial.rows), default=0)
    if seeds < need:
        yield sheet.problem("few_seeds", "student", count=seeds, need=need)
    if not of_one_size(trials):
        base = next(trial for trial in trials if trial.name == trials.baseline)
        yield sheet.problem("no_control", "student", to=measures.clip(base.name), rows=base.rows)


def of_one_size(trials: Any) -> list[str]:
    """Names of the datasets that are as large as the one that they are compared with."""
    base = next(trial for trial in trials if trial.name == trials.baseline)
    return [
        trial.name
        for trial in trials
        if base.rows and trial is not base and abs(trial.rows - base.rows) <= SAME_SIZE * base.rows
    ]


def trials_facts(sheet: Sheet, differences: Iterable[Any]) -> Iterator[str]:
    """Differences in words, where they have an interval."""
    say = WORDS[sheet.lang]
    for one in differences:
        if one.interval:
            low, high = one.interval
            verdict = say["fact_holds_zero" if low <= 0 <= high else "fact_without_zero"]
            yield say["fact_difference"].format(
                name=one.name, to=one.to, mean=one.mean, low=low, high=high, verdict=verdict
            )


def names_of(sheet: Sheet) -> str:
    """The columns that there are, for a message."""
    names = [f"`{measures.clip(name)}`" for name in islice(sheet.columns, SHOWN_NAMES)]
    names += ["…"] if len(sheet.columns) > SHOWN_NAMES else []
    return listed(names, sheet.lang)


def cell_problems(sheet: Sheet, columns: Iterable[str]) -> Iterator[Problem]:
    """Cells of text columns that hold lists, nothing, or something else."""
    for column in columns:
        cells = list(enumerate(sheet.columns.get(column, ())))
        lists = [i for i, cell in cells if is_list(cell)]
        empty = [i for i, cell in cells if is_empty(cell)]
        other = [
            i for i, cell in cells if not (isinstance(cell, str) or is_list(cell) or is_empty(cell))
        ]
        if lists:
            items = [item for i in lists for item in sheet.columns[column][i]]
            turns = "/turns" if items and all(isinstance(one, dict) for one in items) else ""
            yield sheet.problem(f"list_cell{turns}", "self-instruct", lists, column)
        if other:
            yield sheet.problem("not_text", "look-at-data", other, column)
        if empty:
            yield sheet.problem("empty_cell", "look-at-data", empty, column)


def language_problems(sheet: Sheet, columns: Iterable[str]) -> Iterator[Problem]:
    """One problem at the most, for the column that is worst."""
    worst, column = [], None
    for name in columns:
        bad = [i for i, t in sheet.texts(name).items() if not in_language(t, sheet.lang)]
        if len(bad) > max(len(worst), MAX_WRONG_LANGUAGE * sheet.rows):
            worst, column = bad, name
    if column:
        yield sheet.problem("wrong_language", f"exercise-{sheet.tier}", worst, column)


def duplicate_problems(sheet: Sheet, column: str) -> Iterator[Problem]:
    """Texts that come again, exactly, nearly, or with another number in them."""
    texts = sheet.texts(column)
    exact = repeats({i: plain(text) for i, text in texts.items()})
    cell = "look-at-data"
    if len(exact) > max(1, MAX_DUPLICATES * sheet.rows):
        yield sheet.problem("duplicates", cell, exact[0], column, count=len(exact))
        return
    rows = list(texts)[:NEAR_DUPLICATE_ROWS]
    near = duplicates([texts[i] for i in rows])
    pairs = [(rows[one.of], rows[one.row]) for one in near]
    if len(pairs) <= MAX_NEAR_DUPLICATES * len(rows):
        pairs = repeats({i: plain(re.sub(r"\d+", "", text)) for i, text in texts.items()})
        if len(pairs) <= MAX_NUMBERED * len(texts):
            return
    yield sheet.problem("near_duplicates", cell, pairs[0], column, count=len(pairs))


def repeats(texts: Mapping[int, Hashable]) -> list[tuple[int, int]]:
    """For each text, or texts, that came before: the first row with it, and its row."""
    first: dict[Hashable, int] = {}
    return [(j, i) for i, text in texts.items() if (j := first.setdefault(text, i)) != i]


def commonest(texts: dict[int, str]) -> list[int]:
    """The rows of the text that comes most often."""
    [(most, _)] = Counter(texts.values()).most_common(1) or [(None, 0)]
    return [i for i, text in texts.items() if text == most]


def questions_in(sheet: Sheet, column: str) -> list[int]:
    """The rows whose text ends as a question does."""
    return [i for i, text in sheet.texts(column).items() if text.rstrip()[-1] in "?？"]


def same_text_problems(
    sheet: Sheet, column: str, cell: str, most: float = MAX_SAME_RESPONSE
) -> Iterator[Problem]:
    """One response to all, or one sentence in which only the name of the subject differs."""
    texts = sheet.texts(column)
    for form in (plain, lambda text: plain(nameless(text, sheet.lang))):
        same = commonest({i: said for i, text in texts.items() if (said := form(text))})
        if len(same) > max(1, most * sheet.rows):
            yield sheet.problem("same_response", cell, same, column)
            return


def fault_problems(sheet: Sheet, asked: str, said: str) -> Iterator[Problem]:
    """Rows in which `measure` finds a fault of form, but for those that were named already."""
    pairs = list(islice(sheet.pairs(asked, said).items(), LOOKED_AT))
    found: dict[int, str] = {}
    for i, pair in pairs:
        if i not in sheet.reported and (rule := _form_fault(*pair, sheet.lang)):
            found[i] = rule
    if len(found) > MAX_FAULTY * len(pairs):
        [(rule, _)] = Counter(found.values()).most_common(1)
        fault, _ = RULES[rule].words(sheet.lang)
        rows = [i for i, other in found.items() if other == rule]
        column = asked if rule == "no_request" else said
        yield sheet.problem("faulty", "quality", rows, column, bad=len(found), fault=fault)


@lru_cache(maxsize=5_000)  # a check is run again and again on nearly the same rows
def _form_fault(asked: str, said: str, lang: str) -> str | None:
    """The first fault of form that `measure` finds in a row, or `None`."""
    rules = (rule for rule, _ in faults((asked, said), lang) if rule in FORM)
    return next((rule for rule in rules if not RULES[rule].warns(lang)), None)


def apart_problems(sheet: Sheet, asked: str, said: str) -> Iterator[Problem]:
    """Responses that tell of other things than those that are asked about."""
    pairs = (
        (i, concepts_in(one, sheet.lang), told_of(two, sheet.lang))
        for i, (one, two) in sheet.pairs(asked, said).items()
        if i not in sheet.reported
    )
    if rows := apart(pairs):
        yield sheet.problem("apart", f"exercise-{sheet.tier}", rows, said, other=asked)
