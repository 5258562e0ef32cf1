"""What there is to find out about data: is the finding right?

check_finding("taught-most", names, lang=LANG, trials=trials)
check_finding("false-ties", rows, lang=LANG, ties=ties)
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from smolsynth.exercises import cells, measures
from smolsynth.exercises.common import SAME_SIZE, least_seeds
from smolsynth.exercises.results import Problem, Report, Sheet, stale
from smolsynth.exercises.truth import tells
from smolsynth.rows import Row, rows
from smolsynth.text.language import check_lang
from smolsynth.text.parts import SENTENCE
from smolsynth.text.tokens import length

LEAST_SETS = 3  # as the task says
MAX_MISSED = 0.2  # of the ties that are false for certain
# Words around facts that make no difference: "It matters because it", "Did you know?".
FRAME, OPENING = {"en": 16, "zh": 24}, {"en": 4, "zh": 8}


def check_finding(case: str, answer: Any, lang: str = "en", **given: Any) -> Report:
    """Checks what a learner has found out.

    case      what to hand over                                       given
    "taught-most"  names of the sets that may have taught most        trials=compare(…)
    "false-ties"   the rows, or their instructions, that are no ties  ties=[…]: rows with the same
                                                                      rating for two generations

    None means not started. Whatever else is handed in gives a Problem, never an exception.

    Raises ValueError for an unknown case or language, or where `given` lacks what the case needs.
    """
    if case not in FINDINGS:
        raise ValueError(f"case must be one of {', '.join(FINDINGS)}, not {case!r}")
    check_lang(lang)
    rule, name, variable = FINDINGS[case]
    sheet = Sheet(case, lang, answer=variable, place=f"exercise-{case}")
    if error := cells.failed_cell(answer, variable):
        return Report("finding", case, lang, problems=(stale(sheet, error),))
    if answer is None:
        return Report("finding", case, lang, started=False)
    if given.get(name) is None:
        raise ValueError(f'check_finding("{case}", …) needs {name}')
    problems = tuple(rule(sheet, answer, given[name]))
    again = cells.is_same_again(variable, problems)
    return Report("finding", case, lang, True, problems=problems, again=again)


def _problem(sheet: Sheet, message: str, samples: Iterable = (), **words) -> Problem:
    return sheet.problem(message, "", samples=samples, **words)


def _texts(answer: Any, name: str) -> list[str] | None:
    """A text, texts, or rows with texts under a name, as texts; `None` if it is something else."""
    if isinstance(answer, str):
        return [answer]
    try:
        items = list(answer) if isinstance(answer, list | tuple | set) else list(rows(answer))
    except (TypeError, ValueError):
        return None
    texts = [item.get(name) if isinstance(item, dict) else item for item in items]
    found = [text for text in texts if isinstance(text, str)]
    return found if len(found) == len(texts) else None


def _taught_most(sheet: Sheet, answer: Any, trials: Any) -> Iterator[Problem]:
    names = _texts(answer, "name")
    if not names or not hasattr(trials, "differences"):
        yield _problem(sheet, "no_names")
        return
    trained = [trial for trial in trials if trial.rows]
    names = [name for name in names if name not in {one.name for one in trials if not one.rows}]
    sizes = [trial.rows for trial in trained]
    seeds = least_seeds()
    if len(trained) < LEAST_SETS or min(len(trial.scores) for trial in trained) < seeds:
        yield _problem(sheet, "few_trials", need=LEAST_SETS, seeds=seeds)
        return
    if max(sizes) > (1 + SAME_SIZE) * min(sizes):
        yield _problem(sheet, "unequal_sizes", [f"{t.name}: {t.rows}" for t in trained])
        return
    unknown = [name for name in names if name not in {trial.name for trial in trained}]
    if unknown or not names:
        yield _problem(sheet, "no_names", unknown)
        return
    best = max(trained, key=lambda trial: trial.mean)
    trained_names = {trial.name for trial in trained}
    level = {best.name}
    for one in trials.differences(best.name):
        if one.name in trained_names and (one.interval is None or one.interval[1] >= 0):
            level.add(one.name)
    if less := [name for name in names if name not in level]:
        yield _problem(sheet, "clearly_less", less, best=measures.clip(best.name))
    if level.difference(names):
        yield _problem(sheet, "cannot_tell", best=measures.clip(best.name))


def _false_ties(sheet: Sheet, answer: Any, ties: Iterable[Row]) -> Iterator[Problem]:
    named = _texts(answer, "instruction")
    if named is None:
        yield _problem(sheet, "no_ties")
        return
    kinds = {row["instruction"]: false_tie(row, sheet.lang) for row in rows(ties)}
    if unknown := [text for text in named if text not in kinds]:
        yield _problem(sheet, "no_ties", unknown)
        return
    if equal := [text for text in named if kinds[text] is False]:
        yield _problem(sheet, "true_ties", equal, count=len(equal))
    false = [text for text, kind in kinds.items() if kind]
    missed = sum(text not in named for text in false)
    if missed > MAX_MISSED * len(false):
        yield _problem(sheet, "missed_ties", count=missed, need=len(false))


def false_tie(row: Row, lang: str) -> bool | None:
    """Whether two responses with the same rating differ in truth; `None` where it isn't certain.

    True where one of them says nothing but facts of what was asked, and the other does not; False
    where both say the same facts and nothing else.

    Args:
        row: with `instruction` and two `generations`.
        lang: "en" or "zh".
    """
    texts = row["generations"]
    told = [one for text in texts if (one := tells(row["instruction"], text, lang)) is not None]
    if len(texts) != 2 or len(told) != 2:
        return None
    own = [facts for facts, _ in told]
    sound = [
        not foreign and _says_only(text, facts, lang)
        for text, (facts, foreign) in zip(texts, told, strict=True)
    ]
    if sound[0] != sound[1]:
        return True
    return False if all(sound) and own[0] == own[1] else None


def _says_only(text: str, facts: set[str], lang: str) -> bool:
    """Whether each sentence holds one of these facts, and little besides."""
    rest = text.casefold()
    for fact in sorted(facts, key=len, reverse=True):
        rest = rest.replace(fact, " ※ ")
    sentences = [(part, length(part, lang)) for part in SENTENCE.findall(rest)]
    return all(size <= (FRAME if "※" in part else OPENING)[lang] for part, size in sentences)


# case: its rule, what `check_finding` is given, and what the notebooks call the answer
FINDINGS: dict[str, tuple[Callable, str, str]] = {
    "taught-most": (_taught_most, "trials", "taught_most"),
    "false-ties": (_false_ties, "ties", "false_ties"),
}
