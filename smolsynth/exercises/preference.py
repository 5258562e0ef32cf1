"""The rules of the preference exercises, causes before consequences."""

import math
from collections.abc import Iterator
from numbers import Real

from smolsynth.exercises.common import cell_problems, column_problems, language_problems
from smolsynth.exercises.results import Problem, Sheet
from smolsynth.exercises.truth import exchanged
from smolsynth.exercises.words import WORDS
from smolsynth.quality.lengths import share_longer
from smolsynth.text.leaks import rubric_in
from smolsynth.text.tokens import gains, plain, tokens

MIN_ROWS = {"turtle": 20, "dog": 15, "lion": 10}  # ties and failures cost rows, evolution more
RATINGS = ("chosen_rating", "rejected_rating")
TEXTS = {
    "turtle": ("instruction", "chosen", "rejected"),
    "dog": ("instruction", "response", "evolved_response", "chosen", "rejected"),
    "lion": ("instruction", "response", "critique", "rewritten", "chosen", "rejected"),
}
COLUMN_CELLS = {
    "instruction": "two-models",
    "response": "two-models",
    "evolved_response": "evol-quality",
    "critique": "critique-rewrite",
    "rewritten": "critique-rewrite",
    **dict.fromkeys(("chosen", "rejected", *RATINGS), "make-pairs"),
}
NEW = {"dog": "evolved_response", "lion": "rewritten"}  # the column that the tier is about
MAX_UNCHANGED = 0.20  # a good response may come back as it was; as a rule it should not
MAX_LONGER_ONLY = 0.10  # evolved texts that are longer without a new word
MIN_KNOWN = 0.5  # instructions of one's own are welcome beside the given ones
MAX_REPEATS = 0.05  # the same pair again


def problems(sheet: Sheet, given: list[str], margin: float) -> Iterator[Problem]:
    """What is wrong with an answer; `given` are the instructions of the task, `margin` the least
    difference of ratings that it asks for."""
    texts = TEXTS[sheet.tier]
    yield from column_problems(sheet, (*texts, *RATINGS), COLUMN_CELLS)
    yield from cell_problems(sheet, texts)
    yield from _rating_problems(sheet, margin)
    yield from _same_problems(sheet)
    yield from _exchange_problems(sheet)
    if sheet.rows < MIN_ROWS[sheet.tier]:
        cell = f"exercise-{sheet.tier}"
        yield sheet.problem("few_rows/pairs", cell, need=MIN_ROWS[sheet.tier])
    yield from _leak_problems(sheet)
    # a response in the wrong language may well be the rejected one
    yield from language_problems(sheet, [name for name in texts if name != "rejected"])
    yield from _origin_problems(sheet, given)
    if sheet.tier in NEW:
        yield from _growth_problems(sheet, NEW[sheet.tier])
    yield from _repeat_problems(sheet)


def _ratings(sheet: Sheet) -> dict[int, tuple[float, float]]:
    """(chosen, rejected) of the rows where both are numbers."""
    ones, others = (sheet.columns.get(name, []) for name in RATINGS)
    rows = enumerate(zip(ones, others, strict=False))
    return {i: pair for i, pair in rows if all(map(_is_number, pair))}


def _is_number(cell) -> bool:
    real = isinstance(cell, Real) and not isinstance(cell, bool)
    return real and math.isfinite(cell)


def _rating_problems(sheet: Sheet, margin: float) -> Iterator[Problem]:
    """Ratings must be numbers, and explain which response was chosen."""
    for column in RATINGS:
        bad = [i for i, c in enumerate(sheet.columns.get(column, ())) if not _is_number(c)]
        if bad:
            yield sheet.problem("not_a_rating", "make-pairs", bad, column)
    ratings = _ratings(sheet)
    ties = [i for i, (one, other) in ratings.items() if one == other]
    if ties:
        yield sheet.problem("tie", "make-pairs", ties, "chosen_rating")
    reversed_ = [i for i, (one, other) in ratings.items() if one < other]
    if reversed_:
        yield sheet.problem("wrong_order", "make-pairs", reversed_, "chosen")
    small = [i for i, (one, other) in ratings.items() if 0 < one - other < margin]
    if small:
        yield sheet.problem("small_margin", "make-pairs", small, "chosen", need=f"{margin:g}")


def _same_problems(sheet: Sheet) -> Iterator[Problem]:
    pairs = sheet.pairs("chosen", "rejected")
    same = [i for i, (a, b) in pairs.items() if plain(a) == plain(b)]
    if same:
        yield sheet.problem("same_pair", "make-pairs", same, "chosen")
    for column in ("chosen", "rejected"):
        pairs = sheet.pairs("instruction", column)
        echoes = [i for i, (a, b) in pairs.items() if plain(a) == plain(b)]
        if echoes:
            yield sheet.problem("echo", "two-models", echoes, column)


def _exchange_problems(sheet: Sheet) -> Iterator[Problem]:
    """Ratings can be right and the texts exchanged: what the bundled world knows tells."""
    if any(one <= other for one, other in _ratings(sheet).values()):
        return  # said already
    asked, sides = sheet.texts("instruction"), sheet.pairs("chosen", "rejected")
    pairs = ((i, asked[i], *texts) for i, texts in sides.items() if i in asked)
    if rows := exchanged(pairs, sheet.lang):
        yield sheet.problem("exchanged", "make-pairs", rows, "chosen")


def _leak_problems(sheet: Sheet) -> Iterator[Problem]:
    """Words of the prompts that judge, evolve and rewrite must not stand in a chosen response."""
    leaked = [i for i, text in sheet.texts("chosen").items() if rubric_in(text)]
    if leaked:
        yield sheet.problem("leaked_rubric", "evol-quality", leaked, "chosen")


def _origin_problems(sheet: Sheet, given: list[str]) -> Iterator[Problem]:
    """Pairs are of the task's instructions, and of the responses that stand in the same row."""
    known = {plain(text) for text in given}
    asked = sheet.texts("instruction")
    strangers = [i for i, text in asked.items() if plain(text) not in known]
    if asked and len(strangers) > (1 - MIN_KNOWN) * len(asked):
        yield sheet.problem("unknown_instruction", "two-models", strangers, "instruction")
    if sheet.tier == "turtle":
        return
    sources = ("response", NEW[sheet.tier])
    texts = {name: sheet.texts(name) for name in (*sources, "chosen", "rejected")}
    for column in ("chosen", "rejected"):
        foreign = [
            i
            for i, text in texts[column].items()
            if all(i in texts[s] for s in sources) and text not in [texts[s][i] for s in sources]
        ]
        if foreign:
            words = {"sources": " / ".join(f"`{name}`" for name in sources)}
            yield sheet.problem("foreign_response", "make-pairs", foreign, column, **words)


def _growth_problems(sheet: Sheet, column: str) -> Iterator[Problem]:
    """What was evolved or rewritten must differ from the response, by more than its length."""
    cell = COLUMN_CELLS[column]
    pairs = sheet.pairs("response", column)
    same = [i for i, (a, b) in pairs.items() if plain(a) == plain(b)]
    if len(same) > MAX_UNCHANGED * sheet.rows:
        yield sheet.problem("response_unchanged", cell, same, column)
    padded = [
        i
        for i, (before, after) in pairs.items()
        if i not in same and len(tokens(after)) > len(tokens(before)) and not gains(before, after)
    ]
    if len(padded) > MAX_LONGER_ONLY * sheet.rows:
        yield sheet.problem("longer_only", cell, padded, column)
    if sheet.tier == "lion":
        said = sheet.pairs("critique", column)
        copied = [i for i, (a, b) in said.items() if plain(a) in plain(b)]
        if copied:
            yield sheet.problem("critique_in_answer", cell, copied, column)


def _repeat_problems(sheet: Sheet) -> Iterator[Problem]:
    columns = [sheet.texts(name) for name in ("instruction", "chosen", "rejected")]
    seen: dict[tuple[str, ...], int] = {}
    again = []
    for i in columns[0]:
        if all(i in column for column in columns):
            key = tuple(plain(column[i]) for column in columns)
            if seen.setdefault(key, i) != i:
                again.append(i)
    if len(again) > MAX_REPEATS * sheet.rows:
        yield sheet.problem("duplicates", "make-pairs", again, "instruction", count=len(again))


def facts(sheet: Sheet, given: list[str]) -> Iterator[str]:
    """What there is to be glad about in an answer without problems."""
    say, lang = WORDS[sheet.lang], sheet.lang
    asked = len({plain(text) for text in sheet.texts("instruction").values()})
    yield say["fact_pairs"].format(rows=sheet.rows, distinct=asked)
    margins = [one - other for one, other in _ratings(sheet).values()]
    yield say["fact_margin"].format(mean=sum(margins) / len(margins))
    longer = share_longer(sheet.pairs("chosen", "rejected").values(), lang)
    if longer is not None:
        yield say["fact_chosen_longer"].format(share=longer)
