"""Rules that all exercises share: columns, cells, language, repeats."""

import difflib
from collections.abc import Iterable, Iterator

from smolsynth.exercises import measures
from smolsynth.exercises.results import Problem, Sheet, is_empty, is_list
from smolsynth.text.language import in_language
from smolsynth.text.similarity import duplicates
from smolsynth.text.tokens import plain

MAX_DUPLICATES = 0.05  # any sampling repeats itself now and then; more than this is a pattern
MAX_NEAR_DUPLICATES = 0.15  # "What is a wok?" in a few forms is fine, a dataset of them isn't
NEAR_DUPLICATE_ROWS = 2_000  # the first rows show the pattern; keeps the check under a second
MAX_WRONG_LANGUAGE = 0.20  # single rows go astray; every fifth row means the prompts are wrong

NEAR_NAMES = {  # what steps call these columns, and what comes to mind
    "instruction": "instructions prompt prompts question questions query queries user",
    "response": "responses generation generations output outputs completion answer answers reply",
    "document": "documents input seed seeds context text passage source",
    "evolved_instruction": "evolved_instructions evolved instruction_evolved evolved_prompt "
    "evolution evol_instruction evolved_instruct",
    "evolved_response": "evolved_responses evolved evolution response_evolved evolved_answer",
    "critique": "critiques critic feedback review generation",
    "rewritten": "rewrite rewriting rewritten_response revised improved generation",
    "chosen": "chosen_response preferred better best winner",
    "rejected": "rejected_response worse worst loser",
    "chosen_rating": "chosen_score score_chosen rating_chosen chosen_ratings",
    "rejected_rating": "rejected_score score_rejected rating_rejected rejected_ratings",
}


def column_problems(
    sheet: Sheet, needed: Iterable[str], cells: dict[str, str]
) -> Iterator[Problem]:
    """Columns that are missing; `cells` says which cell of the notebook makes which column."""
    names = ", ".join(f"`{measures.clip(name)}`" for name in sheet.columns)
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
        if near is not None:
            variant = "/expand" if any(map(is_list, sheet.columns[near])) else "/rename"
        elif talk is not None and column in ("instruction", "response", "chosen", "rejected"):
            near, variant = talk, "/messages"
        near = near and measures.clip(near)
        yield sheet.problem(f"missing_column{variant}", cell, column=column, names=names, near=near)


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
            yield sheet.problem("list_cell", "self-instruct", lists, column)
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
    """Texts that come again, exactly or nearly."""
    texts = sheet.texts(column)
    first: dict[str, int] = {}
    exact = [(i, j) for i, text in texts.items() if (j := first.setdefault(plain(text), i)) != i]
    cell = "look-at-data"
    if len(exact) > MAX_DUPLICATES * sheet.rows:
        pair = exact[0][::-1]
        yield sheet.problem("duplicates", cell, pair, column, count=len(exact))
        return
    rows = list(texts)[:NEAR_DUPLICATE_ROWS]
    near = duplicates([texts[i] for i in rows])
    if len(near) > MAX_NEAR_DUPLICATES * len(rows):
        pair = [rows[i] for i in (near[0].of, near[0].row)]
        yield sheet.problem("near_duplicates", cell, pair, column, count=len(near))
