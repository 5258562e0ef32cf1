"""The failure lab: pipelines that run and make a wrong dataset; does a repair work?

    check_repair("formatter", answer, lang=LANG, rated=rated)    -> Report

As in the exercises, what counts is what came out: rows, or for the seed a function that makes them.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np

from smolsynth.exercises import cells, measures, verified
from smolsynth.exercises.common import (
    cell_problems,
    duplicate_problems,
    language_problems,
    names_of,
    questions_in,
    same_text_problems,
)
from smolsynth.exercises.preference import is_number
from smolsynth.exercises.results import Problem, Report, Sheet, is_text, read, stale
from smolsynth.exercises.truth import concepts_in, exchanged
from smolsynth.rows import Row
from smolsynth.text.language import check_lang, in_language
from smolsynth.text.refusals import refusal_in
from smolsynth.text.requests import is_request
from smolsynth.text.tokens import plain

SIMILAR = 0.9  # Deita keeps a row whose cosine similarity to every row kept so far is at most this
ON_TOPIC = 0.9  # least share of instructions that ask about something of the bundled world
LEAST_ASKED = 16  # different instructions, of two a topic; the report says so where there are fewer
LEAST_TEXTS = 6  # of which two lists hardly ever agree by chance
MOST_TEXTS = 1_000  # that are taken from a function: it may never end
MAX_UNRATED = 0.1  # rows that a judge may fail to rate, beside the one that nobody can


def check_repair(case: str, answer: Any, lang: str = "en", **given: Any) -> Report:
    """Checks the repair of one broken pipeline, and explains it once it works.

    case         what to hand over                              given
    "seed"       a function: seed → list of texts               -
    "one-step"   rows of instruction and response               prompts=[…]: texts that were sent
    "template"   rows of instruction                            -
    "formatter"  rows of chosen and rejected                    rated=[…]: rows with their ratings
    "batches"    rows of instruction and ratings                rows=[…]: what was to be rated
    "selection"  the rows selected                              candidates=[…], budget=n
    "anywhere"   a function: text, expected → right or not       -
    "numbers"    rows of instruction                            training=[…], test=[…]: problems
    "easy"       rows of instruction and response               samples=[…]: verified rows

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
    sheet = Sheet(case, lang, answer=ANSWERS[case], place=f"lab-{case}")
    if error := cells.failed_cell(answer, ANSWERS[case]):
        return Report("repair", case, lang, problems=(stale(sheet, error),))
    if answer is None:
        return Report("repair", case, lang, started=False)
    if case not in FUNCTIONS and (problem := read(answer, sheet)):
        return Report("repair", case, lang, problems=(problem,))
    try:
        missing = [_no_column(sheet, name) for name in columns if name not in sheet.columns][:1]
        missing = missing or list(cell_problems(sheet, TEXTS.get(case, ())))
        problems = tuple(missing or rule(sheet, answer, **{name: given[name] for name in needed}))
    except (Exception, SystemExit) as error:  # of the learner's function, or of a strange cell
        name = f"{type(error).__name__}: {error}".strip(": ")
        problems = (_problem(sheet, "raised", error=measures.clip(name)),)
    again = cells.is_same_again(ANSWERS[case], problems)
    return Report("repair", case, lang, True, sheet.rows or 0, problems, (), again)


def _problem(sheet: Sheet, message: str, rows: Iterable[int] = (), column=None, **words) -> Problem:
    return sheet.problem(message, "", rows, column, **words)


def _no_column(sheet: Sheet, name: str) -> Problem:
    return _problem(sheet, "no_column", column=name, names=names_of(sheet))


def _text(cell: Any) -> str | None:
    """A text, or the content of the last turn of a conversation."""
    if isinstance(cell, list) and cell and isinstance(cell[-1], dict):
        cell = cell[-1].get("content")
    return cell if is_text(cell) else None


# ---- the six rules ----
def _seed(sheet: Sheet, make: Callable[[int], list[str]]) -> Iterator[Problem]:
    if not callable(make):
        yield _problem(sheet, "no_function")
        return
    before = np.random.get_state()
    try:
        made = [make(seed) for seed in (1, 1, 2)]
        if any(one is None or isinstance(one, str | dict) for one in made):
            yield _problem(sheet, "no_texts")
            return
        one, again, other = (list(islice(texts, MOST_TEXTS)) for texts in made)
    finally:
        np.random.set_state(before)
    if not all(is_text(text) for text in one):
        yield _problem(sheet, "no_texts")
    elif len(one) < LEAST_TEXTS:
        yield _problem(sheet, "no_texts/few", count=len(one), need=LEAST_TEXTS)
    elif one != again:
        yield _problem(sheet, "seed_not_applied")
    elif one == other:
        yield _problem(sheet, "seed_without_effect")
    elif sum(in_language(t, sheet.lang) and is_request(t) for t in one) <= len(one) / 2:
        yield _problem(sheet, "no_texts/no_instructions")


def _one_step(sheet: Sheet, _: Any, prompts: Iterable[str]) -> Iterator[Problem]:
    sent = {plain(prompt) for prompt in prompts}
    for column in ("instruction", "response"):
        texts = {i: f" {plain(text)} " for i, text in sheet.texts(column).items()}
        leaked = [i for i, text in texts.items() if any(f" {one} " in text for one in sent)]
        if leaked:
            yield _problem(sheet, "prompt_is_instruction", leaked, column)
            return
    echoes = [
        i for i, (a, b) in sheet.pairs("instruction", "response").items() if plain(a) == plain(b)
    ]
    questions = questions_in(sheet, "response")
    if echoes or len(questions) > sheet.rows / 2:
        yield _problem(sheet, "question_is_response", echoes or questions, "response")
        return
    yield from language_problems(sheet, ("instruction", "response"))
    yield from duplicate_problems(sheet, "instruction")
    refused = [i for i, text in sheet.texts("response").items() if refusal_in(text)]
    if len(refused) > sheet.rows / 2:
        yield _problem(sheet, "refusal/half", refused, "response")
    else:
        yield from same_text_problems(sheet, "response", "")
    asked = {plain(text) for text in sheet.texts("instruction").values()}
    if len(asked) < len(sent) / 2:
        yield _problem(sheet, "rows_lost", count=len(asked), need=len(sent) // 2)


def _template(sheet: Sheet, _: Any) -> Iterator[Problem]:
    asked = sheet.texts("instruction")
    if wrong := list(language_problems(sheet, ("instruction",))):
        yield from wrong
        return
    odd = [
        i
        for i, text in asked.items()
        if "<|" in text
        or not in_language(text, sheet.lang)
        or not concepts_in(text, sheet.lang)
        or not is_request(text)
    ]
    if len(odd) > (1 - ON_TOPIC) * sheet.rows:
        yield _problem(sheet, "no_instructions", odd, "instruction")
    different = len({plain(text) for text in asked.values()})
    if different < LEAST_ASKED:
        yield _problem(sheet, "rows_lost", count=different, need=LEAST_ASKED)


def _formatter(sheet: Sheet, _: Any, rated: Iterable[Row]) -> Iterator[Problem]:
    sides = {name: [_text(cell) for cell in sheet.columns[name]] for name in ("chosen", "rejected")}
    for name, texts in sides.items():
        if none := [i for i, text in enumerate(texts) if text is None]:
            yield _problem(sheet, "empty_cell", none, name)
            return
    texts = [(a.strip(), b.strip()) for a, b in zip(*sides.values(), strict=True)]
    same = [i for i, (a, b) in enumerate(texts) if a == b]
    if same:
        yield _problem(sheet, "tie_kept", same, "chosen")
        return
    clear = []  # of each row with a preference, all (better, worse) texts
    for row in rated:
        numbers, generations = row["ratings"] or [], [text.strip() for text in row["generations"]]
        if len(numbers) == len(generations) and None not in numbers and len(set(generations)) > 1:
            scored = list(zip(numbers, generations, strict=True))
            better = {(one, two) for a, one in scored for b, two in scored if a > b and one != two}
            clear += [better] * bool(better)
    times = Counter(pair for better in clear for pair in better)
    reversed_ = [i for i, pair in enumerate(texts) if pair not in times]
    if reversed_:
        yield _problem(sheet, "tie_reversed", reversed_, "chosen")
        return
    again = [pair for pair, count in Counter(texts).items() if count > times[pair]]
    if again:
        rows = [i for i, pair in enumerate(texts) if pair in again]
        yield _problem(sheet, "duplicates/pairs", rows, "chosen", count=len(rows) - len(again))
    lost = sum(better.isdisjoint(texts) for better in clear)
    if lost:
        yield _problem(sheet, "rows_lost", count=len(clear) - lost, need=len(clear))


def _batches(sheet: Sheet, _: Any, rows: Iterable[Row]) -> Iterator[Problem]:
    rows = list(rows)
    places = {row["instruction"]: place for place, row in enumerate(rows)}
    sizes = [len(row["generations"] or ()) for row in rows]
    asked, ratings = sheet.columns["instruction"], sheet.columns["ratings"]
    if strangers := [i for i, text in enumerate(asked) if text not in places]:
        yield _problem(sheet, "strangers/rows", strangers, "instruction")
        return
    none = [
        i
        for i, (text, cell) in enumerate(zip(asked, ratings, strict=True))
        if not (isinstance(cell, list | tuple) and all(map(is_number, cell)))
        or len(cell) != (sizes[places[text]] or len(cell))
    ]
    if none:
        yield _problem(sheet, "none_kept", none, "instruction")
        return
    lost = {place for text, place in places.items() if sizes[place] and text not in asked}
    beside = {place + step for place, size in enumerate(sizes) if not size for step in (-1, 1)}
    need = sum(map(bool, sizes))
    if lost & beside or len(lost) > MAX_UNRATED * len(rows):
        texts = [rows[place]["instruction"] for place in sorted(lost)]
        yield _problem(sheet, "rows_lost", count=need - len(lost), need=need, samples=texts)
    elif sheet.rows > LEAST_TEXTS and len({tuple(map(float, cell)) for cell in ratings}) == 1:
        yield _problem(sheet, "none_kept/same", range(sheet.rows), "instruction")
    elif wrong := exchanged(_by_rating(sheet, rows, places), sheet.lang):
        yield _problem(sheet, "none_kept/moved", wrong, "instruction")


def _by_rating(
    sheet: Sheet, rows: list[Row], places: Mapping[str, int]
) -> Iterator[tuple[int, str, str, str]]:
    """Row, instruction, and its responses with the highest and the lowest rating."""
    for i, (asked, ratings) in enumerate(
        zip(sheet.columns["instruction"], sheet.columns["ratings"], strict=True)
    ):
        texts = rows[places[asked]]["generations"] or ()
        if len(texts) == len(ratings) and len(set(ratings)) > 1:
            best, worst = ratings.index(max(ratings)), ratings.index(min(ratings))
            yield i, asked, texts[best], texts[worst]


def _selection(sheet: Sheet, _: Any, candidates: Iterable[Row], budget: int) -> Iterator[Problem]:
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
    "seed": (_seed, (), ()),
    "one-step": (_one_step, ("instruction", "response"), ("prompts",)),
    "template": (_template, ("instruction",), ()),
    "formatter": (_formatter, ("chosen", "rejected"), ("rated",)),
    "batches": (_batches, ("instruction", "ratings"), ("rows",)),
    "selection": (_selection, ("instruction",), ("candidates", "budget")),
    **verified.REPAIRS,
}
FUNCTIONS = ("seed", "anywhere")  # cases whose answer is a function
TEXTS = {  # the columns that hold texts; of pairs, they may hold turns
    "one-step": ("instruction", "response"),
    **dict.fromkeys(("template", "batches", "selection"), ("instruction",)),
    **verified.REPAIR_TEXTS,
}
ANSWERS = {  # what the notebooks call the answer
    "seed": "mended_evolve",
    "one-step": "mended_rows",
    "template": "mended_magpie",
    "formatter": "mended_formatted",
    "batches": "mended_results",
    "selection": "mended_selection",
    **verified.REPAIR_ANSWERS,
}
