"""The rules of the preference exercises, causes before consequences."""

import math
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from numbers import Real

from smolsynth.exercises.common import (
    apart_problems,
    cell_problems,
    column_problems,
    commonest,
    language_problems,
    repeats,
    same_text_problems,
)
from smolsynth.exercises.results import Problem, Sheet
from smolsynth.exercises.truth import exchanged
from smolsynth.exercises.words import WORDS
from smolsynth.quality.lengths import count_longer
from smolsynth.text.endings import cut_off
from smolsynth.text.language import in_language
from smolsynth.text.leaks import leak_in, rubric_in
from smolsynth.text.refusals import refusal_in
from smolsynth.text.tokens import gains, plain, says_nothing, tokens

MIN_ROWS = {"turtle": 20, "dog": 15, "lion": 10}  # ties and failures cost rows, evolution more
MIN_INSTRUCTIONS = {"turtle": 10, "dog": 10, "lion": 5}  # different ones
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
LEAST_DISTINCT = 0.5  # of the pairs of texts, numbers aside
MAX_RUBRIC = 0.05  # "Type: mammal" may stand in an answer, and a habit of it is a leak
MAX_FORM = 0.5  # of the rejected responses may be told by their form alone
MAX_CRITIQUE = 0.1  # critiques that stand in the rewriting, or are another column's text
MAX_SAME_CRITIQUE = 0.5  # "too short" may be said often, but not of most
CRITIQUE_WORDS = 5  # tokens; a shorter one stands in many a text by chance


def problems(sheet: Sheet, given: list[str], margin: float) -> Iterator[Problem]:
    """What is wrong with an answer; `given` are the instructions of the task, `margin` the least
    difference of ratings that it asks for."""
    texts = TEXTS[sheet.tier]
    yield from column_problems(sheet, (*texts, *RATINGS), COLUMN_CELLS)
    yield from cell_problems(sheet, texts)
    yield from _rating_problems(sheet, margin)
    yield from _same_problems(sheet)
    yield from _exchange_problems(sheet)
    yield from _number_problems(sheet)
    yield from _leak_problems(sheet)
    # a response in the wrong language may well be the rejected one
    yield from language_problems(sheet, [name for name in texts if name != "rejected"])
    yield from _origin_problems(sheet, given)
    if sheet.tier in NEW:
        yield from _growth_problems(sheet, NEW[sheet.tier])
    if sheet.tier == "lion":
        yield from _critique_problems(sheet)
    yield from same_text_problems(sheet, "chosen", "two-models")
    yield from _rejected_problems(sheet)
    yield from _repeat_problems(sheet)
    yield from apart_problems(sheet, "instruction", "chosen")


def _ratings(sheet: Sheet) -> dict[int, tuple[float, float]]:
    """(chosen, rejected) of the rows where both are numbers."""
    ones, others = (sheet.columns.get(name, []) for name in RATINGS)
    rows = enumerate(zip(ones, others, strict=False))
    return {i: (float(a), float(b)) for i, (a, b) in rows if is_number(a) and is_number(b)}


def is_number(cell) -> bool:
    """Whether a cell holds a finite number."""
    real = isinstance(cell, Real | Decimal) and not isinstance(cell, bool)
    return real and math.isfinite(cell)


def _reads_as_number(cell) -> bool:
    try:
        return isinstance(cell, str) and math.isfinite(float(cell))
    except ValueError:
        return False


def _rating_problems(sheet: Sheet, margin: float) -> Iterator[Problem]:
    """Ratings must be numbers, and explain which response was chosen."""
    for column in RATINGS:
        cells = sheet.columns.get(column, ())
        bad = [i for i, cell in enumerate(cells) if not is_number(cell)]
        if bad:
            variant = "/text" if all(_reads_as_number(cells[i]) for i in bad) else ""
            yield sheet.problem(f"not_a_rating{variant}", "make-pairs", bad, column)
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
    pairs = sheet.pairs("instruction", "chosen")  # a bad response is what `rejected` is for
    echoes = [i for i, (a, b) in pairs.items() if plain(a) == plain(b)]
    if echoes:
        yield sheet.problem("echo/pair", "two-models", echoes, "chosen")


def _exchange_problems(sheet: Sheet) -> Iterator[Problem]:
    """Ratings can be right and the texts exchanged: what the bundled world knows tells."""
    if any(one <= other for one, other in _ratings(sheet).values()):
        return  # said already
    asked, sides = sheet.texts("instruction"), sheet.pairs("chosen", "rejected")
    pairs = ((i, asked[i], *texts) for i, texts in sides.items() if i in asked)
    if rows := exchanged(pairs, sheet.lang):
        yield sheet.problem("exchanged", "make-pairs", rows, "chosen")


def _number_problems(sheet: Sheet) -> Iterator[Problem]:
    cell, need = f"exercise-{sheet.tier}", MIN_ROWS[sheet.tier]
    if sheet.rows < need:
        yield sheet.problem("few_rows/pairs", cell, need=need)
        return
    asked = {plain(text) for text in sheet.texts("instruction").values()}
    if asked and len(asked) < (need := MIN_INSTRUCTIONS[sheet.tier]):
        yield sheet.problem("few_instructions", cell, count=len(asked), need=need)


def _leak_problems(sheet: Sheet) -> Iterator[Problem]:
    """Words of the prompts that judge, evolve and rewrite must not stand in a chosen response."""
    chosen = sheet.texts("chosen")
    leaked = [i for i, text in chosen.items() if leak_in(text)]
    signs = [i for i, text in chosen.items() if rubric_in(text)]
    if len(signs) > MAX_RUBRIC * sheet.rows:
        leaked = signs
    if leaked:
        cell = {"turtle": "make-pairs", "dog": "evol-quality", "lion": "critique-rewrite"}
        yield sheet.problem("leaked_rubric", cell[sheet.tier], leaked, "chosen")


def _rejected_problems(sheet: Sheet) -> Iterator[Problem]:
    """What is rejected may be bad in any way, but not always in the same one."""
    texts = sheet.texts("rejected")
    again = list(same_text_problems(sheet, "rejected", "two-models", MAX_FORM))
    yield from again
    pairs = sheet.pairs("chosen", "rejected") if sheet.tier == "turtle" else {}
    cut = [i for i, (a, b) in pairs.items() if f"{plain(a)} ".startswith(f"{plain(b)} ")]
    tests: dict[str, Callable[[str], object]] = {
        "language": lambda text: not in_language(text, sheet.lang),
        "leak": rubric_in,
        "empty": says_nothing,
        "cut_off": cut_off,
        "refusal": refusal_in,
    }
    forms = {name: [i for i, text in texts.items() if test(text)] for name, test in tests.items()}
    forms["cut_off"] = sorted({*forms["cut_off"], *cut})
    name, rows = max(forms.items(), key=lambda form: len(form[1]))
    if len(rows) > MAX_FORM * sheet.rows and not again:
        form = WORDS[sheet.lang][f"form_{name}"]
        yield sheet.problem("rejected_by_form", "two-models", rows, "rejected", form=form)


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
            if all(i in texts[s] for s in sources)
            and text.strip() not in [texts[s][i].strip() for s in sources]
        ]
        if foreign:
            words = {"sources": " / ".join(f"`{name}`" for name in sources)}
            yield sheet.problem("foreign_response", "make-pairs", foreign, column, **words)
    if sheet.tier == "lion":  # as the task says: the rewriting, or no pair
        kept = [
            i
            for i, text in texts["chosen"].items()
            if i not in sheet.reported
            and i in texts["response"]
            and i in texts["rewritten"]
            and text.strip() == texts["response"][i].strip() != texts["rewritten"][i].strip()
        ]
        if kept:
            yield sheet.problem("not_rewritten", "critique-rewrite", kept, "chosen")


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


def _critique_problems(sheet: Sheet) -> Iterator[Problem]:
    """A critique names the fault of this response: no other text of the row, nor one for all."""
    cell, critiques = "critique-rewrite", sheet.texts("critique")
    most = MAX_CRITIQUE * sheet.rows
    said = sheet.pairs("critique", "rewritten")
    copied = [
        i
        for i, (a, b) in said.items()
        if len(tokens(a)) >= CRITIQUE_WORDS and f" {plain(a)} " in f" {plain(b)} "
    ]
    if len(copied) > most:
        yield sheet.problem("critique_in_answer", cell, copied, "rewritten")
        return
    others = [sheet.texts(name) for name in ("instruction", "response")]
    same = [
        i for i, a in critiques.items() if any(plain(a) == plain(o[i]) for o in others if i in o)
    ]
    if len(same) > most:
        yield sheet.problem("no_critique", cell, same, "critique")
    rows = commonest({i: plain(re.sub(r"\d+", "", text)) for i, text in critiques.items()})
    if len(rows) > MAX_SAME_CRITIQUE * sheet.rows:
        yield sheet.problem("no_critique/same", cell, rows, "critique")


def _repeat_problems(sheet: Sheet) -> Iterator[Problem]:
    columns = [sheet.texts(name) for name in ("instruction", "chosen", "rejected")]
    rows = [i for i in columns[0] if all(i in column for column in columns)]
    pairs = {i: tuple(plain(column[i]) for column in columns) for i in rows}
    again = [i for _, i in repeats(pairs)]
    if len(again) > MAX_REPEATS * sheet.rows:
        yield sheet.problem("duplicates/pairs", "make-pairs", again, "chosen", count=len(again))
        return
    texts = {tuple(re.sub(r"\d+", "", text) for text in pair[1:]) for pair in pairs.values()}
    if len(texts) < LEAST_DISTINCT * len(rows):
        count = len(rows) - len(texts)
        yield sheet.problem("duplicates/texts", "make-pairs", (), "chosen", count=count)


def facts(sheet: Sheet, given: list[str]) -> Iterator[str]:
    """What there is to be glad about in an answer without problems."""
    say, lang = WORDS[sheet.lang], sheet.lang
    asked = len({plain(text) for text in sheet.texts("instruction").values()})
    yield say["fact_pairs"].format(rows=sheet.rows, distinct=asked)
    margins = [one - other for one, other in _ratings(sheet).values()]
    yield say["fact_margin"].format(mean=sum(margins) / len(margins))
    longer, unequal = count_longer(sheet.pairs("chosen", "rejected").values(), lang)
    if unequal:
        yield say["fact_chosen_longer"].format(share=longer / unequal)
