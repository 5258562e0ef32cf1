"""The rules of the instruction exercises, causes before consequences."""

from collections import Counter
from collections.abc import Iterator

from smolsynth.exercises import measures
from smolsynth.exercises.common import (
    apart_problems,
    cell_problems,
    column_problems,
    duplicate_problems,
    fault_problems,
    language_problems,
    questions_in,
    same_text_problems,
)
from smolsynth.exercises.results import Problem, Sheet
from smolsynth.exercises.truth import apart, concepts_in, topics_of
from smolsynth.exercises.words import WORDS
from smolsynth.text.echoes import echo
from smolsynth.text.leaks import leak_in
from smolsynth.text.refusals import SHORT_APOLOGY, begs_off
from smolsynth.text.similarity import rouge_l
from smolsynth.text.tokens import STOP_WORDS, length, plain, says_nothing, tokens

MIN_ROWS = {"turtle": 40, "dog": 50, "lion": 30}  # as the tasks say; the lion loses rows on purpose
COLUMNS = {
    "turtle": ("instruction", "response"),
    "dog": ("document", "instruction", "response"),
    "lion": ("document", "instruction", "evolved_instruction", "response"),
}
COLUMN_CELLS = {"document": "self-instruct", "evolved_instruction": "evol-instruct"}
MAX_ECHOES = 0.05  # small models repeat the question now and then
MAX_EMPTY = 0.05  # and say nothing now and then
MAX_QUESTIONS = 0.5  # of the responses; some answers end in one
MAX_COPIED_RESPONSES = (
    0.10  # a short document may be the answer; the task forbids to copy questions
)
MIN_KNOWN_DOCUMENTS = 0.5  # seeds of one's own are welcome beside the given ones
NEARLY_EQUAL = 0.9  # ROUGE-L; a short constraint such as "Use simple words." lowers it to 0.86
MAX_NEARLY_EQUAL = 0.20  # a short constraint on a long instruction is a small, honest step
MAX_NO_GAIN = 0.05  # the learner's own rule may draw this line a little differently
SET_PHRASE = 0.5  # of the rows: words that so many evolutions add are a form, not an evolution
LEAST_DISTINCT = 0.5  # of the lion's instructions before they evolved
LEAST_SEEDS = 5  # documents that the lion's rows come from, as the task says


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
    yield from fault_problems(sheet, asked, "response")
    if sheet.tier == "turtle":
        yield from _topic_problems(sheet, given)
    else:
        yield from _unused_seed_problems(sheet, given)
        yield from _stray_problems(sheet)
    yield from apart_problems(sheet, asked, "response")


def _seed_problems(sheet: Sheet, seeds: list[str]) -> Iterator[Problem]:
    documents = sheet.texts("document")
    strangers = _strangers(sheet, seeds)
    if strangers:
        yield sheet.problem("unknown_document", "self-instruct", strangers, "document")
    library = measures.Library([*seeds, *documents.values()], sheet.lang)
    for column in ("instruction", "evolved_instruction"):
        if column not in COLUMNS[sheet.tier]:
            continue
        bad = [
            i
            for i, text in sheet.texts(column).items()
            if library.holds(text) or measures.retold(text, documents.get(i, ""), sheet.lang)
        ]
        if bad:
            yield sheet.problem("copied_seed", "self-instruct", bad, column)
    pairs = sheet.pairs("response", "document")
    bad = [i for i, (one, other) in pairs.items() if plain(one) == plain(other)]
    if len(bad) > MAX_COPIED_RESPONSES * sheet.rows:
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
    cell, used = f"exercise-{sheet.tier}", len(documents)
    if sheet.tier == "dog" and unused:
        words = {"count": len(unused), "need": len(seeds)}
        yield sheet.problem("unused_seeds", cell, samples=unused, **words)
    elif used < min(LEAST_SEEDS, len(seeds)):
        yield sheet.problem("unused_seeds/few", cell, count=used, need=LEAST_SEEDS)


def _stray_problems(sheet: Sheet) -> Iterator[Problem]:
    """Instructions about other things than their document."""
    pairs = (
        (i, concepts_in(text, sheet.lang), concepts_in(document, sheet.lang))
        for i, (text, document) in sheet.pairs("instruction", "document").items()
        if i not in sheet.reported
    )
    if rows := apart(pairs):
        cell = f"exercise-{sheet.tier}"
        yield sheet.problem("apart", cell, rows, "instruction", other="document")


def _evolution_problems(sheet: Sheet) -> Iterator[Problem]:
    """Evol-Instruct's four eliminations, seen in the outcome. Source: arXiv 2304.12244."""
    cell, column = "evol-eliminate", "evolved_instruction"
    evolved, pairs = sheet.texts(column), sheet.pairs("instruction", column)

    leaked = [i for i, text in evolved.items() if leak_in(text, phrases=True)]
    if leaked:
        yield sheet.problem("leaked_prompt", cell, leaked, column)
    leaked = [i for i, text in sheet.texts("response").items() if leak_in(text)]
    if leaked:
        yield sheet.problem("leaked_prompt", cell, leaked, "response")

    hollow = [i for i, text in evolved.items() if says_nothing(text)]
    if hollow:
        yield sheet.problem("only_stop_words", cell, hollow, column)

    instructions = [plain(text) for text in sheet.texts("instruction").values()]
    if len(set(instructions)) < LEAST_DISTINCT * len(instructions):
        count = len(instructions) - len(set(instructions))
        yield sheet.problem("duplicates", "self-instruct", (), "instruction", count=count)

    unchanged, no_gain, close = [], [], []
    added = {i: _added(*texts) for i, texts in pairs.items()}
    counts = Counter(word for words in added.values() for word in words)
    form = {word for word, count in counts.items() if count > SET_PHRASE * len(pairs)}
    for i, (before, after) in pairs.items():
        if i in hollow:
            continue  # said already
        if plain(before) == plain(after):
            unchanged.append(i)
        elif not added[i] - form:
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


def _added(before: str, after: str) -> set[str]:
    """The words that `gains` counts, without numbers."""
    new = set(tokens(after)) - STOP_WORDS - set(tokens(before))
    return {word for word in new if not word.isdigit()}


def _response_problems(sheet: Sheet, asked: str) -> Iterator[Problem]:
    echoes = [
        i
        for i, (question, response) in sheet.pairs(asked, "response").items()
        if echo(question, response)
    ]
    evolved = asked == "evolved_instruction"
    if len(echoes) > MAX_ECHOES * sheet.rows:
        code = ("echo/evolved", "exercise-lion") if evolved else ("echo", "two-steps")
        yield sheet.problem(*code, echoes, "response")
        return
    empty = [i for i, text in sheet.texts("response").items() if says_nothing(text)]
    if len(empty) > MAX_EMPTY * sheet.rows and not evolved:  # of the lion, an elimination says it
        yield sheet.problem("empty_cell/nothing", "two-steps", empty, "response")
        return
    questions = questions_in(sheet, "response")
    if len(questions) > MAX_QUESTIONS * sheet.rows:
        yield sheet.problem("question_is_response", "two-steps", questions, "response")
        return
    yield from same_text_problems(sheet, "response", "two-steps")


LABEL_COLUMNS = ("topic", "input", "system_prompt", "system_prompt_key", "domain", "category")


def _topic_problems(sheet: Sheet, topics: list[str]) -> Iterator[Problem]:
    cell, labels = "exercise-turtle", _labels(sheet, topics)
    if not labels:
        yield sheet.problem("missed_topics/no_column", cell)
        return
    missed = [topic for topic in topics if topic not in labels.values()]
    if missed:
        words = {"count": len(missed), "need": len(topics)}
        yield sheet.problem("missed_topics", cell, samples=missed, **words)
    world = topics_of(sheet.lang)
    known = {topic for of in world.values() for topic in of}
    asked = sheet.texts("instruction")
    pairs = (
        (i, {topic for c in concepts_in(asked[i], sheet.lang) for topic in world[c]}, {topic})
        for i, topic in labels.items()
        if topic in known and i in asked and i not in sheet.reported
    )
    if rows := apart(pairs):
        yield sheet.problem("apart", cell, rows, "instruction", other="topic")


def _labels(sheet: Sheet, topics: list[str]) -> dict[int, str]:
    """The topic that each row was made from, as its label names it: the longest name in it."""
    found: dict[int, str] = {}
    for name in LABEL_COLUMNS:
        for i, label in sheet.texts(name).items():
            named = (topic for topic in topics if measures.mentions(label, topic, sheet.lang))
            if topic := max(named, key=len, default=None):
                found.setdefault(i, topic)
    return found


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
