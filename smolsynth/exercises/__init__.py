"""The checks of the exercises. They look at the rows that came out, not at how they were made.

    check("instruction", "turtle", answer, lang=LANG, topics=TOPICS)               -> Report
    check("preference", "turtle", answer, lang=LANG, instructions=INSTRUCTIONS)    -> Report
    check("verified", "dog", answer, lang=LANG, problems=PROBLEMS)     -> Report
    check("own", "dog", folder, lang=LANG, questions=QUESTIONS)        -> Report, of one's own data
    progress("instruction", lang=LANG)                                 prints the board of tiers
    check_repair("formatter", answer, lang=LANG, rated=rated)          -> Report, of the failure lab
    check_finding("false-ties", rows, lang=LANG, ties=ties)            -> Report, of what was found
    restore("instruction", lang=LANG)                   brings back what a restart has taken away

`results` holds the report and the answer as a table; `instruction` and `preference` hold the rules,
`verified` those of answers that a program checks, `common` what they share, `own` what is asked of
one's own data, by the rules of `measure`; `repairs` has those of the failure lab, `findings` those
of what is to be found out; `measures` is what they measure texts with, `truth` what the bundled
world knows, and `words` has all sentences in both languages.
"""

from dataclasses import replace

from smolsynth.exercises import cells, done, instruction, own, preference, verified
from smolsynth.exercises.findings import check_finding
from smolsynth.exercises.repairs import check_repair
from smolsynth.exercises.restore import restore
from smolsynth.exercises.results import TIERS, Problem, Report, Sheet, read, stale
from smolsynth.exercises.words import WORDS
from smolsynth.rows import rows
from smolsynth.text.language import check_lang

__all__ = [
    "TIERS",
    "Problem",
    "Report",
    "check",
    "check_finding",
    "check_repair",
    "progress",
    "restore",
]

EXERCISES = ("instruction", "preference", "verified", "own")
# What the other notebooks call the cells that the common rules point to.
_CELLS = {
    "preference": {
        "two-steps": "two-models",
        "self-instruct": "two-models",
        "look-at-data": "make-pairs",
    },
    "verified": {"two-steps": "samples", "self-instruct": "samples", "look-at-data": "samples"},
    "own": {"two-steps": "generate", "self-instruct": "generate", "look-at-data": "read"},
}


cells.watch()

# ---- the two public functions ----
_latest: dict[tuple[str, str], Report] = {}  # of this process, for the board


def check(exercise: str, tier: str, answer, lang: str = "en", **given) -> Report:
    """Checks what a learner made and says what to mend.

    exercise  "instruction", "preference", "verified" or "own"
    tier      "turtle", "dog" or "lion"
    answer    Dataset, Distiset with one config, list of dicts or pandas DataFrame; of "own" for the
              dog a folder that `save` wrote, for the lion what `compare` gives. None means not
              started. Whatever else is handed in gives a Problem, never an exception.
    lang      "en" or "zh": language of the messages, and the one that the data should be in
    given     "instruction": topics=[...] for the turtle, seeds=[...] for dog and lion (texts, or
              the dicts of `smolsynth.seeds`); "preference": instructions=[...] (texts or dicts) and
              margin, the least difference of ratings (if left out, any difference will do);
              "verified": problems=[...], dicts of `instruction` and `expected`; "own":
              for the dog questions=[...], those that a student will be asked

    Raises ValueError for an unknown exercise, tier or language, or where `given` lacks its list.
    """
    _known(exercise, lang)
    if tier not in TIERS:
        raise ValueError(f"tier must be one of {', '.join(TIERS)}, not {tier!r}")
    sheet = Sheet(tier, lang, cells=_CELLS.get(exercise, {}))
    if error := cells.failed_cell(answer, tier):
        report = Report(exercise, tier, lang, problems=(stale(sheet, error),))
    elif answer is None:
        report = Report(exercise, tier, lang, started=False)
    else:
        key, name = _given_list(exercise, tier)
        texts = _given_texts(given.get(key), name)
        if not texts and exercise != "own":
            raise ValueError(f'check("{exercise}", "{tier}", …) needs {key}=[…], a list of texts')
        report = _report(exercise, sheet, answer, texts, given)
        report = replace(report, again=cells.is_same_again(tier, report.problems))
    _latest[exercise, tier] = report
    if report.ok:
        done.note(exercise, tier)
    return report


def progress(exercise: str, lang: str = "en") -> None:
    """Prints which tiers are done, now or before a restart, and what to do next.

    What was checked in this process counts as it was checked last.
    """
    _known(exercise, lang)
    say, todo, before = WORDS[lang], None, done.solved(exercise)
    for tier, icon in TIERS.items():
        report = _latest.get((exercise, tier))
        tried = report is not None and report.started
        is_done = report.ok if tried else tier in before
        state = "✅" if is_done else "🔧" if tried else "⬜"
        print(f"{icon} {state} {say[f'{exercise}_{tier}']}")
        if state != "✅" and todo is None:
            todo = say["mend" if tried else "start"].format(cell=f"exercise-{tier}")
    print(todo or say[f"{exercise}_all_done"].format(cell="export"))


def _known(exercise: str, lang: str) -> None:
    if exercise not in EXERCISES:
        raise ValueError(f"exercise must be one of {', '.join(EXERCISES)}, not {exercise!r}")
    check_lang(lang)


def _given_list(exercise: str, tier: str) -> tuple[str, str]:
    """Which list the task gives, and the key of its texts where they are dicts."""
    if exercise == "preference":
        return "instructions", "instruction"
    if exercise == "verified":
        return "problems", "instruction"
    if exercise == "own":
        return "questions", "instruction"
    return ("topics", "topic") if tier == "turtle" else ("seeds", "document")


def _given_texts(values, name: str) -> list[str]:
    """Texts, or rows that hold a text under `name`, as a list of distinct texts."""
    if values is None or isinstance(values, str):
        return []
    if hasattr(values, "column_names") or hasattr(values, "iloc") and hasattr(values, "columns"):
        values = rows(values)  # a Dataset, a DataFrame
    texts = [v.get(name) if isinstance(v, dict) else v for v in values]
    return list(dict.fromkeys(t for t in texts if isinstance(t, str) and t.strip()))


def _report(exercise: str, sheet: Sheet, answer, texts: list[str], given: dict) -> Report:
    if exercise == "own":
        problems, facts = own.examined(sheet, answer, texts)
        return Report(exercise, sheet.tier, sheet.lang, True, sheet.rows, problems, facts)
    if exercise == "verified" and sheet.tier == "lion" and verified.is_round(answer):
        problems = tuple(verified.round_problems(sheet, answer))
        facts = () if problems else tuple(verified.round_facts(sheet, answer))
        return Report(exercise, sheet.tier, sheet.lang, True, 0, problems, facts)
    if problem := read(answer, sheet):
        return Report(exercise, sheet.tier, sheet.lang, problems=(problem,))
    if exercise == "preference":
        problems = tuple(preference.problems(sheet, texts, given.get("margin", 0)))
        facts = () if problems else tuple(preference.facts(sheet, texts))
    elif exercise == "verified":
        known = {row["instruction"]: row["expected"] for row in rows(given["problems"])}
        problems = tuple(verified.problems(sheet, known))
        facts = () if problems else tuple(verified.facts(sheet, known))
    else:
        problems = tuple(instruction.problems(sheet, texts))
        facts = () if problems else tuple(instruction.facts(sheet, texts))
    return Report(exercise, sheet.tier, sheet.lang, True, sheet.rows, problems, facts)
