"""The failure lab: six pipelines that run and make a wrong dataset; does a repair work?

    check_repair("ties", answer, lang=LANG, rated=rated)    -> Report

As in the exercises, what counts is what came out: rows, or for the seed a function that makes them.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from smolsynth.exercises import cells, measures
from smolsynth.exercises.results import Problem, Report, Sheet, is_text, read, stale
from smolsynth.rows import Row
from smolsynth.text.language import check_lang, in_language
from smolsynth.text.tokens import plain

SIMILAR = 0.9  # Deita keeps a row whose cosine similarity to every row kept so far is at most this
ON_TOPIC = 0.7  # least share of instructions that name something of the bundled world


def check_repair(case: str, answer: Any, lang: str = "en", **given: Any) -> Report:
    """Checks the repair of one broken pipeline, and explains it once it works.

    case      what to hand over                              given
    "dead-seed"      a function: seed → list of texts         -
    "leaked-prompt"  rows of instruction and response         prompts=[…]: texts sent to the model
    "pre-query"      rows of instruction                      -
    "ties"           rows of chosen and rejected              rated=[…]: rows with their ratings
    "none-batch"     rows of instruction and ratings          rows=[…]: what was to be rated
    "deita"          the rows selected                        candidates=[…], budget=n

    Rows are a Dataset, a Distiset with one config, a list of dicts or a DataFrame; None means not
    started. Whatever else is handed in gives a Problem, never an exception.

    Raises ValueError for an unknown case or language, or where `given` lacks what the case needs.
    """
    if case not in CASES:
        raise ValueError(f"case must be one of {', '.join(CASES)}, not {case!r}")
    check_lang(lang)
    rule, columns, needed = CASES[case]
    if missing := [name for name in needed if given.get(name) is None]:
        raise ValueError(f'check_repair("{case}", …) needs {", ".join(missing)}')
    sheet = Sheet(case, lang)
    if error := cells.failed_cell(answer, ANSWERS[case]):
        return Report("repair", case, lang, problems=(stale(sheet, error),))
    if answer is None:
        return Report("repair", case, lang, started=False)
    if case != "dead-seed" and (problem := read(answer, sheet)):
        return Report("repair", case, lang, problems=(problem,))
    try:
        missing = [_no_column(sheet, name) for name in columns if name not in sheet.columns][:1]
        problems = tuple(missing or rule(sheet, answer, **{name: given[name] for name in needed}))
    except Exception as error:  # the learner's own function may raise, a column may hold anything
        problems = (_problem(sheet, "raised", error=measures.clip(f"{error}")),)
    rows = sheet.rows or 0
    return Report("repair", case, lang, True, rows, problems, ())


def _problem(sheet: Sheet, message: str, rows: Iterable[int] = (), column=None, **words) -> Problem:
    return sheet.problem(message, f"lab-{sheet.tier}", rows, column, **words)


def _no_column(sheet: Sheet, name: str) -> Problem:
    return _problem(sheet, "no_column", column=name, names=", ".join(sheet.columns))


def _text(cell: Any) -> str | None:
    """A text, or the content of the last turn of a conversation."""
    if isinstance(cell, list) and cell and isinstance(cell[-1], dict):
        cell = cell[-1].get("content")
    return cell if is_text(cell) else None


# ---- the six rules ----
def _dead_seed(sheet: Sheet, make: Callable[[int], list[str]]) -> Iterator[Problem]:
    if not callable(make):
        yield _problem(sheet, "no_function")
        return
    one, again, other = (list(make(seed)) for seed in (1, 1, 2))
    if not one:
        yield _problem(sheet, "no_texts")
    elif one != again:
        yield _problem(sheet, "seed_not_applied")
    elif one == other:
        yield _problem(sheet, "seed_without_effect")


def _leaked_prompt(sheet: Sheet, _: Any, prompts: Iterable[str]) -> Iterator[Problem]:
    sent = {plain(prompt) for prompt in prompts}
    asked = sheet.texts("instruction")
    leaked = [i for i, text in asked.items() if plain(text) in sent]
    if leaked:
        yield _problem(sheet, "prompt_is_instruction", leaked, "instruction")
        return
    echoes = [
        i for i, (a, b) in sheet.pairs("instruction", "response").items() if plain(a) == plain(b)
    ]
    questions = [i for i, text in sheet.texts("response").items() if text.strip()[-1] in "?？"]
    if echoes or len(questions) > sheet.rows / 2:
        yield _problem(sheet, "question_is_response", echoes or questions, "response")
    if sheet.rows < len(list(prompts)) / 2:
        yield _problem(sheet, "rows_lost", need=len(list(prompts)) // 2)


def _pre_query(sheet: Sheet, _: Any) -> Iterator[Problem]:
    asked = sheet.texts("instruction")
    known = [name for names in measures.concepts(sheet.lang).values() for name in names]
    odd = [
        i
        for i, text in asked.items()
        if "<|" in text
        or not in_language(text, sheet.lang)
        or not any(measures.mentions(text, name, sheet.lang) for name in known)
    ]
    if len(odd) > (1 - ON_TOPIC) * sheet.rows:
        yield _problem(sheet, "no_instructions", odd, "instruction")


def _ties(sheet: Sheet, _: Any, rated: Iterable[Row]) -> Iterator[Problem]:
    sides = zip(sheet.columns["chosen"], sheet.columns["rejected"], strict=True)
    texts = [(_text(a), _text(b)) for a, b in sides]
    same = [i for i, (a, b) in enumerate(texts) if a is None or a == b]
    if same:
        yield _problem(sheet, "tie_kept", same, "chosen")
        return
    clear, better = 0, set()  # rows with a clear preference, and all (better, worse) texts
    for row in rated:
        numbers, generations = row["ratings"] or [], row["generations"]
        if len(numbers) == len(generations) and None not in numbers and len(set(generations)) > 1:
            clear += max(numbers) > min(numbers)
            scored = list(zip(numbers, generations, strict=True))
            better |= {(one, two) for a, one in scored for b, two in scored if a > b}
    reversed_ = [i for i, pair in enumerate(texts) if pair not in better]
    if reversed_:
        yield _problem(sheet, "tie_reversed", reversed_, "chosen")
    if sheet.rows < clear:
        yield _problem(sheet, "rows_lost", need=clear)


def _none_batch(sheet: Sheet, _: Any, rows: Iterable[Row]) -> Iterator[Problem]:
    asked, ratings = sheet.columns["instruction"], sheet.columns["ratings"]
    rows = list(rows)
    none = [i for i, cell in enumerate(ratings) if not cell or None in list(cell)]
    if none:
        yield _problem(sheet, "none_kept", none, "instruction")
    missing = {row["instruction"] for row in rows} - set(asked)
    least = len(rows) - max(1, len(rows) // 10)  # one can't be rated; the judge may fail elsewhere
    if len(rows) - len(missing) < least:
        yield _problem(sheet, "rows_lost", need=least)


def _deita(sheet: Sheet, _: Any, candidates: Iterable[Row], budget: int) -> Iterator[Problem]:
    asked = sheet.columns["instruction"]
    pool = {row["instruction"]: row for row in candidates}
    if strangers := [i for i, text in enumerate(asked) if text not in pool]:
        yield _problem(sheet, "strangers", strangers, "instruction")
        return
    if sheet.rows > budget:
        yield _problem(sheet, "over_budget", need=budget)
    vectors = {text: _unit(row["embedding"]) for text, row in pool.items()}
    alike = [
        i
        for i, text in enumerate(asked)
        if any(vectors[text] @ vectors[other] > SIMILAR for other in asked[:i])
    ]
    if alike:
        yield _problem(sheet, "alike_kept", alike, "instruction")
    scores = {t: r["evol_instruction_score"] * r["evol_response_score"] for t, r in pool.items()}
    worst = min(scores[text] for text in asked)
    for text in sorted(set(pool) - set(asked), key=scores.get, reverse=True):
        better = [kept for kept in asked if scores[kept] >= scores[text]]
        new = all(vectors[text] @ vectors[kept] <= SIMILAR for kept in better)
        if new and (scores[text] > worst or sheet.rows < budget):
            yield _problem(sheet, "best_lost", text=measures.clip(text))
            return


def _unit(vector: Any) -> np.ndarray:
    vector = np.asarray(vector, dtype=float)
    return vector / np.linalg.norm(vector)


# case: its rule, the columns that the answer needs, and what `check_repair` is given
CASES: dict[str, tuple[Callable, tuple[str, ...], tuple[str, ...]]] = {
    "dead-seed": (_dead_seed, (), ()),
    "leaked-prompt": (_leaked_prompt, ("instruction", "response"), ("prompts",)),
    "pre-query": (_pre_query, ("instruction",), ()),
    "ties": (_ties, ("chosen", "rejected"), ("rated",)),
    "none-batch": (_none_batch, ("instruction", "ratings"), ("rows",)),
    "deita": (_deita, ("instruction",), ("candidates", "budget")),
}
ANSWERS = {  # what the notebooks call the answer
    "dead-seed": "mended_evolve",
    "leaked-prompt": "mended_rows",
    "pre-query": "mended_magpie",
    "ties": "mended_formatted",
    "none-batch": "mended_results",
    "deita": "mended_selection",
}
