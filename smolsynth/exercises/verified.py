"""The rules of the exercises on verified data, and of their failure lab.

Nothing that a learner's columns say is taken on trust: answers are verified again, here.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from smolsynth.exercises import measures
from smolsynth.exercises.common import (
    cell_problems,
    column_problems,
    language_problems,
    least_seeds,
    of_one_size,
    repeats,
    trials_facts,
    trials_problems,
)
from smolsynth.exercises.preference import is_number
from smolsynth.exercises.results import Problem, Sheet, is_kind
from smolsynth.exercises.words import WORDS
from smolsynth.rows import Row
from smolsynth.text.tokens import plain, tokens
from smolsynth.verify.arithmetic import check_arithmetic
from smolsynth.verify.numbers import verify_number
from smolsynth.verify.passing import difficulty, same_answer

MIN_ROWS = {"turtle": 60, "dog": 60, "lion": 30}  # as the tasks say
MIN_PROBLEMS = {"turtle": 40, "dog": 40, "lion": 30}
MIN_QUESTIONS = 40  # that the students of a second round are asked
TEXTS = {
    "turtle": ("instruction", "response"),
    "dog": ("instruction", "response", "thoughts"),
    "lion": ("instruction", "chosen", "rejected"),
}
MORE = {"turtle": ("verified", "pass_rate"), "dog": ("pass_rate", "difficulty"), "lion": ()}
COLUMN_CELLS = {
    **dict.fromkeys(("instruction", "response", "thoughts"), "samples"),
    **dict.fromkeys(("verified", "pass_rate"), "samples"),
    "difficulty": "select",
    **dict.fromkeys(("chosen", "rejected"), "pairs"),
}
MAX_REPEATS = 0.05  # the same answer to the same problem
MAX_WITHOUT_STEPS = 0.2  # thoughts in which nothing is worked out
MAX_APART = 0.1  # thoughts in which the answer does not stand
LEAST_PART = 0.1  # of the rows, for a difficulty to count
MAX_LENGTH_GAP = 0.25  # of a pair, as a share of the longer; as `verified_pairs` has it
MAX_UNFINISHED = 0.1  # rejected answers that give no number
LENGTH_TELLS = (0.25, 0.75)  # share of pairs whose chosen answer is the longer one


def problems(sheet: Sheet, known: Mapping[str, str]) -> Iterator[Problem]:
    """What is wrong with an answer; `known` are the task's problems and what is expected."""
    texts = TEXTS[sheet.tier]
    yield from column_problems(sheet, (*texts, *MORE[sheet.tier]), COLUMN_CELLS)
    yield from cell_problems(sheet, texts)
    strangers = [i for i, text in sheet.texts("instruction").items() if text not in known]
    if strangers:
        yield sheet.problem("strange_problem", "samples", strangers, "instruction")
    yield from _number_problems(sheet)
    yield from language_problems(sheet, ("instruction",))
    if sheet.tier == "lion":
        yield from _pair_problems(sheet, known)
    else:
        yield from _answer_problems(sheet, known, "response")
        yield from _rate_problems(sheet)
        if sheet.tier == "dog":
            yield from _thought_problems(sheet)
            yield from _difficulty_problems(sheet)
    yield from _repeat_problems(sheet)


def facts(sheet: Sheet, known: Mapping[str, str]) -> Iterator[str]:
    """What there is to be glad about."""
    say, asked = WORDS[sheet.lang], sheet.texts("instruction")
    different = len(set(asked.values()))
    yield say["fact_verified"].format(rows=sheet.rows, problems=different)
    if sheet.tier == "dog":
        counts = Counter(sheet.columns["difficulty"])
        yield ", ".join(f"{name} {count}" for name, count in counts.most_common())
    if sheet.tier == "lion":
        pairs = sheet.pairs("chosen", "rejected").values()
        longer = sum(_size(one) > _size(two) for one, two in pairs) / sheet.rows
        yield say["fact_chosen_longer"].format(share=longer)


def _number_problems(sheet: Sheet) -> Iterator[Problem]:
    cell, need = f"exercise-{sheet.tier}", MIN_ROWS[sheet.tier]
    if sheet.rows < need:
        yield sheet.problem("few_rows/verified", cell, need=need)
        return
    asked = set(sheet.texts("instruction").values())
    if asked and len(asked) < (need := MIN_PROBLEMS[sheet.tier]):
        yield sheet.problem("few_problems", cell, count=len(asked), need=need)


def _answer_problems(sheet: Sheet, known: Mapping[str, str], column: str) -> Iterator[Problem]:
    """Answers that are not right, or are what is expected, copied."""
    pairs = {i: p for i, p in sheet.pairs("instruction", column).items() if p[0] in known}
    wrong = [i for i, (asked, said) in pairs.items() if not _is_right(said, known[asked])]
    if wrong:
        yield sheet.problem("not_right", "verifier", wrong, column)
    copied = [i for i, (asked, said) in pairs.items() if plain(said) == plain(known[asked])]
    if len(copied) > sheet.rows / 2:
        yield sheet.problem("copied_answer", "samples", copied, column)


def _is_right(text: str, expected: str) -> bool:
    return verify_number(text, expected).right


def _rate_problems(sheet: Sheet) -> Iterator[Problem]:
    """Rates and verdicts must be there, and be those of several tries."""
    unverified = [i for i, cell in enumerate(sheet.columns.get("verified", ())) if not _true(cell)]
    if unverified:
        yield sheet.problem("not_verified", "samples", unverified, "verified")
    rates = sheet.columns.get("pass_rate", ())
    bad = [i for i, cell in enumerate(rates) if not (is_number(cell) and 0 < cell <= 1)]
    if bad:
        yield sheet.problem("bad_rate", "select", bad, "pass_rate")
    elif rates and len(set(rates)) < 2:
        yield sheet.problem("one_rate", "samples", range(sheet.rows), "pass_rate")
    else:
        by_problem: dict[str, set] = {}
        for i, asked in sheet.texts("instruction").items():
            by_problem.setdefault(asked, set()).update([rates[i]] if rates else [])
        torn = [i for i, a in sheet.texts("instruction").items() if len(by_problem[a]) > 1]
        if torn:
            yield sheet.problem("bad_rate/two", "select", torn, "pass_rate")


def _true(cell: Any) -> bool:
    return type(cell).__name__ in ("bool", "bool_") and bool(cell)


def _thought_problems(sheet: Sheet) -> Iterator[Problem]:
    marked = [
        i
        for name in ("response", "thoughts")
        for i, text in sheet.texts(name).items()
        if re.search(r"</?think", text)
    ]
    if marked:
        yield sheet.problem("thoughts_in_answer", "samples", sorted(set(marked)), "response")
        return
    worked = {i: check_arithmetic(text) for i, text in sheet.texts("thoughts").items()}
    wrong = [i for i, lines in worked.items() if not all(line.true for line in lines)]
    if wrong:
        yield sheet.problem("wrong_step", "steps", wrong, "thoughts")
    idle = [i for i, lines in worked.items() if not lines]
    if len(idle) > MAX_WITHOUT_STEPS * sheet.rows:
        yield sheet.problem("no_steps", "samples", idle, "thoughts")
    apart = [
        i
        for i, (inner, said) in sheet.pairs("thoughts", "response").items()
        if worked.get(i) and not set(re.findall(r"\d+", said)) & set(re.findall(r"\d+", inner))
    ]
    if len(apart) > MAX_APART * sheet.rows:
        yield sheet.problem("thoughts_apart", "samples", apart, "thoughts")


def _difficulty_problems(sheet: Sheet) -> Iterator[Problem]:
    rates, said = (sheet.columns.get(name, ()) for name in ("pass_rate", "difficulty"))
    pairs = list(zip(rates, said, strict=False))
    usable = [i for i, (rate, _) in enumerate(pairs) if is_number(rate) and 0 <= rate <= 1]
    wrong = [i for i in usable if pairs[i][1] != difficulty(float(pairs[i][0]))]
    if wrong:
        yield sheet.problem("wrong_difficulty", "select", wrong, "difficulty")
    always = [i for i in usable if pairs[i][0] == 1]
    if always:
        yield sheet.problem("always_kept", "select", always, "instruction")
    counts = Counter(name for name in said if isinstance(name, str))
    parts = [name for name, count in counts.items() if count >= LEAST_PART * sheet.rows]
    if said and not wrong and len(parts) < 2:
        yield sheet.problem("one_difficulty", "select", range(sheet.rows), "difficulty")


def _pair_problems(sheet: Sheet, known: Mapping[str, str]) -> Iterator[Problem]:
    yield from _answer_problems(sheet, known, "chosen")
    asked, sides = sheet.texts("instruction"), sheet.pairs("chosen", "rejected")
    there = {i: (known[asked[i]], *two) for i, two in sides.items() if asked.get(i) in known}
    right = [i for i, (wanted, _, two) in there.items() if _is_right(two, wanted)]
    if right:
        yield sheet.problem("rejected_right", "pairs", right, "rejected")
    none = [
        i
        for i, (wanted, _, two) in there.items()
        if verify_number(two, wanted).outcome in ("no answer", "unfinished")
    ]
    if len(none) > MAX_UNFINISHED * sheet.rows:
        yield sheet.problem("rejected_unfinished", "pairs", none, "rejected")
    steps = [
        i for i, (one, _) in sides.items() if not all(line.true for line in check_arithmetic(one))
    ]
    if steps:
        yield sheet.problem("wrong_step", "steps", steps, "chosen")
    sizes = {i: (_size(one), _size(two)) for i, (one, two) in sides.items()}
    far = [i for i, (a, b) in sizes.items() if abs(a - b) > MAX_LENGTH_GAP * max(a, b)]
    if far:
        yield sheet.problem("lengths_apart", "pairs", far, "chosen")
    differ = [(a, b) for a, b in sizes.values() if a != b]
    longer = sum(a > b for a, b in differ) / len(sizes) if sizes else 0.5
    low, high = LENGTH_TELLS
    if len(differ) > sheet.rows / 2 and not low <= longer <= high:
        yield sheet.problem("length_tells", "pairs", share=f"{longer:.0%}")


def _size(text: str) -> int:
    return len(tokens(text))


def _repeat_problems(sheet: Sheet) -> Iterator[Problem]:
    names = TEXTS[sheet.tier]
    columns = [sheet.columns.get(name, ()) for name in names]
    texts = {
        i: (asked, *map(same_answer, said))
        for i, (asked, *said) in enumerate(zip(*columns, strict=False))
        if all(isinstance(cell, str) for cell in (asked, *said))
    }
    again = [i for _, i in repeats(texts)]
    if len(again) > MAX_REPEATS * sheet.rows:
        yield sheet.problem("duplicates/verified", "select", again, names[0], count=len(again))


# ---- the second round ----
def round_problems(sheet: Sheet, trials: Any) -> Iterator[Problem]:
    """What is wrong with trials that are to show that a second round beats the first."""
    least = MIN_QUESTIONS if least_seeds() > 1 else 1
    if trials.questions < least:
        yield sheet.problem("few_questions/verified", "student", count=trials.questions, need=least)
    yield from trials_problems(sheet, trials)
    if not (fair := of_one_size(trials)):
        return
    gains = {one.name: one.mean for one in trials.differences() if one.name in fair}
    if max(gains.values()) <= 0:
        best = max(gains, key=lambda name: gains[name])
        gain = f"{gains[best]:+.3f}"
        yield sheet.problem("no_gain", "exercise-lion", name=measures.clip(best), gain=gain)


def round_facts(sheet: Sheet, trials: Any) -> Iterator[str]:
    """The differences, with their intervals."""
    yield from trials_facts(sheet, (one for one in trials.differences() if one.mean > 0))


def is_round(answer: Any) -> bool:
    """Whether a learner hands over what `compare` gives, and not pairs."""
    return is_kind(answer, "smolsynth.student", "Trials") and bool(answer)


# ---- the failure lab ----
_UNITS = {"en": "km", "zh": "千米"}
_CASES: dict[str, tuple[tuple[str, bool], ...]] = {
    "en": (
        ("Answer: 42 km", True),
        ("The answer is 42 kilometers.", True),
        ("6 × 7 = 42\n\\boxed{42 \\text{ km}}", True),
        ("Answer: 42,000 m", True),
        ("First I took 40 km. No, the answer is 42 km.", True),
        ("Answer: 43 km, not 42 km", False),
        ("He rides 42 km and then 3 km more. Answer: 45 km", False),
        ("Answer: 142 km", False),
        ("Answer: 420 km", False),
        ("Answer: 42 kg", False),
        ("Answer: 4.2 km", False),
        ("<think>6 × 7 = 42</think>\nAnswer: 24 km", False),
        ("Answer: 42 km or 43 km", False),
        ("", False),
    ),
    "zh": (
        ("答案：42 千米", True),
        ("答案是 42 公里。", True),
        ("6 × 7 = 42\n\\boxed{42 \\text{ 千米}}", True),
        ("答案：42000 米", True),
        ("起初我算成 40 千米。不对，答案是 42 千米。", True),
        ("答案：43 千米，不是 42 千米", False),
        ("他骑了 42 千米，又骑 3 千米。答案：45 千米", False),
        ("答案：142 千米", False),
        ("答案：420 千米", False),
        ("答案：42 千克", False),
        ("答案：4.2 千米", False),
        ("<think>6 × 7 = 42</think>\n答案：24 千米", False),
        ("答案：42 千米或者 43 千米", False),
        ("", False),
    ),
}


def anywhere(sheet: Sheet, verify: Any) -> Iterator[Problem]:
    """A verifier of the learner's own: a function of a text and what is expected."""
    if not callable(verify):
        yield sheet.problem("no_function/verifier", "")
        return
    expected = f"42 {_UNITS[sheet.lang]}"
    said = [
        (text, right, _says_right(verify(text, expected))) for text, right in _CASES[sheet.lang]
    ]
    let_in = [text for text, right, found in said if found and not right]
    if let_in:
        yield sheet.problem("lets_in", "", samples=let_in, count=len(let_in))
    lost = [text for text, right, found in said if right and not found]
    if lost:
        yield sheet.problem("loses", "", samples=lost, count=len(lost))


def _says_right(found: Any) -> bool:
    """Of a truth value, or of a verdict."""
    return bool(getattr(found, "right", found))


def without_numbers(text: str) -> str:
    """A problem as it is without its numbers.

    >>> without_numbers("Ann buys 12 pens.") == without_numbers("Ann buys 7 pens.")
    True
    """
    return re.sub(r"\d+", "#", plain(text))


def numbers(sheet: Sheet, _: Any, training: list[Row], test: list[Row]) -> Iterator[Problem]:
    """Training rows without those that are a test problem with other numbers."""
    asked = sheet.texts("instruction")
    pool = {row["instruction"] for row in training}
    if strangers := [i for i, text in asked.items() if text not in pool]:
        yield sheet.problem("strangers/training", "", strangers, "instruction")
        return
    plans = {without_numbers(row["instruction"]) for row in test}
    leaked = [i for i, text in asked.items() if without_numbers(text) in plans]
    if leaked:
        yield sheet.problem("leak_kept", "", leaked, "instruction")
    good = {text for text in pool if without_numbers(text) not in plans}
    left = good & set(asked.values())
    if len(left) < len(good):
        yield sheet.problem("rows_lost", "", count=len(left), need=len(good))


def easy(sheet: Sheet, _: Any, samples: list[Row]) -> Iterator[Problem]:
    """Right answers to all problems that are right now and then, the hard ones, too."""
    tries: dict[str, list[bool]] = {}
    right: dict[str, set[str]] = {}
    for row in samples:
        tries.setdefault(row["instruction"], []).append(row["verified"])
        if row["verified"]:
            right.setdefault(row["instruction"], set()).add(row["response"].strip())
    pairs = sheet.pairs("instruction", "response")
    if strangers := [i for i, (asked, _) in pairs.items() if asked not in tries]:
        yield sheet.problem("strange_problem", "", strangers, "instruction")
        return
    wrong = [i for i, (asked, said) in pairs.items() if said.strip() not in right.get(asked, ())]
    if wrong:
        yield sheet.problem("not_right", "", wrong, "response")
    always = [i for i, (asked, _) in pairs.items() if all(tries[asked])]
    if always:
        yield sheet.problem("always_kept", "", always, "instruction")
    wanted = {asked for asked, found in tries.items() if any(found) and not all(found)}
    lost = wanted - {asked for asked, _ in pairs.values()}
    if lost:
        rates = {asked: sum(tries[asked]) / len(tries[asked]) for asked in lost}
        hardest = sorted(lost, key=lambda asked: rates[asked])
        yield sheet.problem("hard_lost", "", samples=hardest, count=len(lost), need=len(wanted))


# as CASES, TEXTS and ANSWERS of `repairs`
REPAIRS: dict[str, tuple[Callable, tuple[str, ...], tuple[str, ...]]] = {
    "anywhere": (anywhere, (), ()),
    "numbers": (numbers, ("instruction",), ("training", "test")),
    "easy": (easy, ("instruction", "response"), ("samples",)),
}
REPAIR_TEXTS = {"numbers": ("instruction",), "easy": ("instruction", "response")}
REPAIR_ANSWERS = {
    "anywhere": "mended_verifier",
    "numbers": "mended_training",
    "easy": "mended_choice",
}
