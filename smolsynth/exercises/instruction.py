"""The rules of the instruction exercises, causes before consequences."""

from collections import Counter
from collections.abc import Iterator

from smolsynth.exercises import measures
from smolsynth.exercises.common import (
    cell_problems,
    column_problems,
    duplicate_problems,
    language_problems,
)
from smolsynth.exercises.results import Problem, Sheet
from smolsynth.exercises.words import WORDS
from smolsynth.text.echoes import echo
from smolsynth.text.leaks import leak_in
from smolsynth.text.refusals import SHORT_APOLOGY, begs_off
from smolsynth.text.similarity import rouge_l
from smolsynth.text.tokens import gains, length, plain, says_nothing, tokens

MIN_ROWS = {"turtle": 40, "dog": 50, "lion": 30}  # as the tasks say; the lion loses rows on purpose
COLUMNS = {
    "turtle": ("instruction", "response"),
    "dog": ("document", "instruction", "response"),
    "lion": ("document", "instruction", "evolved_instruction", "response"),
}
COLUMN_CELLS = {"document": "self-instruct", "evolved_instruction": "evol-instruct"}
MAX_ECHOES = 0.05  # small models repeat the question now and then
MAX_SAME_RESPONSE = 0.25  # "I don't know" may be right a few times, not for a quarter of the rows
MIN_KNOWN_DOCUMENTS = 0.5  # seeds of one's own are welcome beside the given ones
NEARLY_EQUAL = 0.9  # ROUGE-L; a short constraint such as "Use simple words." lowers it to 0.86
MAX_NEARLY_EQUAL = 0.20  # a short constraint on a long instruction is a small, honest step
MAX_NO_GAIN = 0.05  # the learner's own rule may draw this line a little differently


def problems(sheet: Sheet, given: list[str]) -> Iterator[Problem]:
    """What is wrong with an answer; `given` are the topics or seed documents of the task."""
    asked = "evolved_instruction" if sheet.tier == "lion" else "instruction"
    columns = COLUMNS[sheet.tier]
    yield from column_problems(sheet, columns, COLUMN_CELLS)
    yield from cell_problems(sheet, columns)
    if sheet.rows < MIN_ROWS[sheet.tier]:
        variant = "/lion" if sheet.tier == "lion" else ""
        cell = f"exercise-{sheet.tier}"
        yield sheet.problem(f"few_rows{variant}", cell, need=MIN_ROWS[sheet.tier])
    yield from language_problems(sheet, [name for name in columns if name != "document"])
    if sheet.tier != "turtle":
        yield from _seed_problems(sheet, given)
    if sheet.tier == "lion":
        yield from _evolution_problems(sheet)
    yield from _response_problems(sheet, asked)
    yield from duplicate_problems(sheet, asked)
    if sheet.tier == "turtle":
        yield from _topic_problems(sheet, given)
    else:
        yield from _unused_seed_problems(sheet, given)


def _seed_problems(sheet: Sheet, seeds: list[str]) -> Iterator[Problem]:
    documents = sheet.texts("document")
    strangers = _strangers(sheet, seeds)
    if strangers:
        yield sheet.problem("unknown_document", "self-instruct", strangers, "document")
    library = measures.Library([*seeds, *documents.values()])
    for column in ("instruction", "evolved_instruction"):
        if column not in COLUMNS[sheet.tier]:
            continue
        bad = [i for i, text in sheet.texts(column).items() if library.holds(text)]
        if bad:
            yield sheet.problem("copied_seed", "self-instruct", bad, column)
    pairs = sheet.pairs("response", "document")
    bad = [i for i, (one, other) in pairs.items() if plain(one) == plain(other)]
    if bad:  # facts of the document belong in a response, the whole document does not
        yield sheet.problem("copied_seed", "two-steps", bad, "response")


def _strangers(sheet: Sheet, seeds: list[str]) -> list[int]:
    """Rows with a document that is no seed, if there are too many to be seeds of one's own."""
    known = {plain(seed) for seed in seeds}
    documents = sheet.texts("document")
    strangers = [i for i, text in documents.items() if plain(text) not in known]
    share_known = 1 - len(strangers) / len(documents) if documents else 1
    return strangers if share_known < MIN_KNOWN_DOCUMENTS else []


def _unused_seed_problems(sheet: Sheet, seeds: list[str]) -> Iterator[Problem]:
    documents = {plain(text) for text in sheet.texts("document").values()}
    if not documents or _strangers(sheet, seeds):
        return  # said already: the column is missing or holds something else
    unused = [seed for seed in seeds if plain(seed) not in documents]
    if unused:
        words = {"count": len(unused), "need": len(seeds)}
        yield sheet.problem("unused_seeds", f"exercise-{sheet.tier}", samples=unused, **words)


def _evolution_problems(sheet: Sheet) -> Iterator[Problem]:
    """Evol-Instruct's four eliminations, seen in the outcome. Source: arXiv 2304.12244."""
    cell, column = "evol-eliminate", "evolved_instruction"
    evolved, pairs = sheet.texts(column), sheet.pairs("instruction", column)

    leaked = [i for i, text in evolved.items() if leak_in(text, phrases=True)]
    if leaked:
        yield sheet.problem("leaked_prompt", cell, leaked, column)

    hollow = [i for i, text in evolved.items() if says_nothing(text)]
    if hollow:
        yield sheet.problem("only_stop_words", cell, hollow, column)

    unchanged, no_gain, close = [], [], []
    for i, (before, after) in pairs.items():
        if i in hollow:
            continue  # said already
        if plain(before) == plain(after):
            unchanged.append(i)
        elif not gains(before, after):
            no_gain.append(i)
        elif rouge_l(before, after) >= NEARLY_EQUAL:
            close.append(i)
    if unchanged:
        yield sheet.problem("evolved_unchanged", cell, unchanged, column)
    if len(no_gain) > MAX_NO_GAIN * sheet.rows:
        yield sheet.problem("no_information_gain", cell, no_gain, column)
    if len(close) > MAX_NEARLY_EQUAL * sheet.rows:
        yield sheet.problem("evolved_too_close", "evol-instruct", close, column)

    responses = sheet.texts("response")
    hollow = [i for i, text in responses.items() if says_nothing(text)]
    if hollow:
        yield sheet.problem("only_stop_words", cell, hollow, "response")

    refusals = [i for i, text in responses.items() if begs_off(text)]
    if refusals:
        yield sheet.problem("refusal", cell, refusals, "response", words=SHORT_APOLOGY)


def _response_problems(sheet: Sheet, asked: str) -> Iterator[Problem]:
    echoes = [
        i
        for i, (question, response) in sheet.pairs(asked, "response").items()
        if echo(question, response)
    ]
    if len(echoes) > MAX_ECHOES * sheet.rows:
        yield sheet.problem("echo", "two-steps", echoes, "response")
        return
    responses = {i: plain(text) for i, text in sheet.texts("response").items()}
    for common, count in Counter(responses.values()).most_common(1):
        if count > max(1, MAX_SAME_RESPONSE * sheet.rows):
            same = [i for i, text in responses.items() if text == common]
            yield sheet.problem("same_response", "two-steps", same, "response")


LABEL_COLUMNS = ("topic", "input", "system_prompt", "system_prompt_key", "domain", "category")


def _topic_problems(sheet: Sheet, topics: list[str]) -> Iterator[Problem]:
    if "instruction" not in sheet.columns:
        return
    missed = [topic for topic in topics if not _covers(sheet, topic)]
    if missed:
        has_label = any(sheet.texts(name) for name in LABEL_COLUMNS)
        message = "missed_topics" if has_label else "missed_topics/no_column"
        words = {"count": len(missed), "need": len(topics)}
        yield sheet.problem(message, "exercise-turtle", samples=missed, **words)


def _covers(sheet: Sheet, topic: str) -> bool:
    """Whether a row is about the topic: its label or text names it, or what belongs to it."""
    labels = (text for name in LABEL_COLUMNS for text in sheet.texts(name).values())
    if any(measures.mentions(label, topic, sheet.lang) for label in labels):
        return True
    belonging = measures.concepts(sheet.lang).get(topic, ())
    names = {topic, *measures.topic_words(topic, sheet.lang), *belonging}
    texts = [*sheet.texts("instruction").values(), *sheet.texts("response").values()]
    return any(measures.mentions(text, name, sheet.lang) for name in names for text in texts)


def facts(sheet: Sheet, given: list[str]) -> Iterator[str]:
    """What there is to be glad about in an answer without problems."""
    say, lang = WORDS[sheet.lang], sheet.lang
    asked = "evolved_instruction" if sheet.tier == "lion" else "instruction"
    distinct = len({plain(text) for text in sheet.texts(asked).values()})
    yield say["fact_rows"].format(rows=sheet.rows, distinct=distinct)
    if sheet.tier == "lion":
        pairs = sheet.pairs("instruction", asked).values()
        before, after = (sum(len(tokens(pair[side])) for pair in pairs) for side in (0, 1))
        yield say["fact_longer"].format(ratio=after / max(1, before))
    else:
        yield say["fact_topics" if sheet.tier == "turtle" else "fact_seeds"].format(need=len(given))
    lengths = [length(text, lang) for text in sheet.texts("response").values()]
    yield say["fact_length"].format(mean=sum(lengths) / len(lengths))
