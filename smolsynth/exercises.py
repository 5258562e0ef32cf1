"""The checks of the exercises. They look at the rows that came out, not at how they were made.

    check("instruction", "turtle", answer, lang=LANG, topics=TOPICS)   -> Report
    progress("instruction", lang=LANG)                                 prints the board of tiers

Reads top to bottom: limits, results (`Problem`, `Report`), `check`, `progress`, the rules of each
tier, and last measures of text. The sentences stand in `smolsynth._exercise_words`.
"""

import difflib
import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from smolsynth._exercise_words import MESSAGES, WORDS
from smolsynth.display import WIDTH, clean, wrap

# ---- limits ----
TIERS = {"turtle": "🐢", "dog": "🐕", "lion": "🦁"}
MIN_ROWS = {"turtle": 40, "dog": 50, "lion": 30}  # as the tasks say; the lion loses rows on purpose
COLUMNS = {
    "turtle": ("instruction", "response"),
    "dog": ("document", "instruction", "response"),
    "lion": ("document", "instruction", "evolved_instruction", "response"),
}
MAX_DUPLICATES = 0.05  # any sampling repeats itself now and then; more than this is a pattern
MAX_NEAR_DUPLICATES = 0.15  # "What is a wok?" in a few forms is fine, a dataset of them isn't
NEAR_DUPLICATE = 0.8  # Jaccard; one phrasing about two different things reaches 0.75 at the most
NEAR_DUPLICATE_ROWS = 2_000  # the first rows show the pattern; keeps the check under a second
MAX_ECHOES = 0.05  # small models repeat the question now and then
MAX_SAME_RESPONSE = 0.25  # "I don't know" may be right a few times, not for a quarter of the rows
MAX_WRONG_LANGUAGE = 0.20  # single rows go astray; every fifth row means the prompts are wrong
RIGHT_LANGUAGE = 0.5  # share of words in the language; Chinese about Self-Instruct holds English
COPIED = 0.8  # share of words in one run; right questions reach 0.6, none of 6,000 reached 0.7
COPIED_WORDS = 4  # shorter runs are names and set phrases
MIN_KNOWN_DOCUMENTS = 0.5  # seeds of one's own are welcome beside the given ones
NEARLY_EQUAL = 0.9  # Jaccard; a short constraint such as "Use simple words." lowers it to 0.86
MAX_NEARLY_EQUAL = 0.20  # a short constraint on a long instruction is a small, honest step
MAX_NO_GAIN = 0.05  # the learner's own rule may draw this line a little differently
REFUSAL_WORDS = 80  # Evol-Instruct's own rule: "sorry" in a response shorter than this
SHOWN_PROBLEMS = 3  # more than three at once are not read
SHOWN_ROWS = 3
SHOWN_WIDTH = 60  # columns of a sample; a Chinese character takes two


# ---- results ----
@dataclass(frozen=True)
class Problem:
    """One thing to mend.

    `code` is stable; `message` says what is wrong and what to do, in the learner's language; `cell`
    is the id of the notebook cell to look at; `rows` holds up to three row numbers (from 0), and
    `samples` short texts, of those rows where there are rows.
    """

    code: str
    message: str
    cell: str
    rows: tuple[int, ...] = ()
    samples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """What a check found. `ok` is True only if the exercise is solved; prints itself readably."""

    exercise: str
    tier: str
    lang: str
    started: bool = True
    rows: int = 0
    problems: tuple[Problem, ...] = ()  # causes before consequences
    facts: tuple[str, ...] = ()  # measured, only when ok

    @property
    def ok(self) -> bool:
        return self.started and not self.problems

    def __repr__(self) -> str:
        say, icon = WORDS[self.lang], TIERS[self.tier]
        if not self.started:
            return f"{icon} ⬜ {say['not_started'].format(cell=f'exercise-{self.tier}')}"
        if self.ok:
            return f"{icon} ✅ {say['praise_' + self.tier]}\n   {' · '.join(self.facts)}"
        lines = [f"{icon} 🔧 {say['not_yet'].format(count=_things(self))}"]
        for number, problem in enumerate(self.problems[:SHOWN_PROBLEMS], 1):
            message = "\n   ".join(wrap(problem.message, WIDTH - 3))
            lines += ["", f"{number}. {message}"]
            where = [say["row"].format(row=row) for row in problem.rows]
            for i, sample in enumerate(problem.samples):
                quoted = say["quote"].format(text=sample) if sample else say["nothing"]
                lines.append(f"{where[i] if where else '   · '}{quoted}")
            lines.append(say["see"].format(cell=problem.cell))
        if (hidden := len(self.problems) - SHOWN_PROBLEMS) > 0:
            lines += ["", say["more"].format(count=hidden)]
        if any(problem.rows for problem in self.problems[:SHOWN_PROBLEMS]):
            lines += ["", say["from_zero"]]
        return "\n".join(lines)

    def _repr_pretty_(self, printer, cycle: bool) -> None:
        printer.text(repr(self))


def _things(report: Report) -> str:
    say, count = WORDS[report.lang], len(report.problems)
    return say["one_thing" if count == 1 else "things"].format(count=count)


# ---- the two public functions ----
_latest: dict[tuple[str, str], Report] = {}  # of this process, for the board


def check(exercise: str, tier: str, answer, lang: str = "en", **given) -> Report:
    """Checks what a learner made and says what to mend.

    exercise  "instruction"
    tier      "turtle", "dog" or "lion"
    answer    Dataset, Distiset with one config, list of dicts or pandas DataFrame; None means not
              started. Whatever else is handed in gives a Problem, never an exception.
    lang      "en" or "zh": language of the messages, and the one that the data should be in
    given     topics=[...] for the turtle, seeds=[...] for dog and lion (texts, or the dicts of
              `smolsynth.seeds`)

    Raises ValueError for an unknown exercise, tier or language, or where `given` lacks its list.
    """
    _known(exercise, lang)
    if tier not in TIERS:
        raise ValueError(f"tier must be one of {', '.join(TIERS)}, not {tier!r}")
    if answer is None:
        report = Report(exercise, tier, lang, started=False)
    else:
        key = "topics" if tier == "turtle" else "seeds"
        texts = _given_texts(given.get(key), "topic" if tier == "turtle" else "document")
        if not texts:
            raise ValueError(f'check("{exercise}", "{tier}", …) needs {key}=[…], a list of texts')
        try:
            report = _report(exercise, tier, answer, lang, texts)
        except Exception:  # a strange answer must not end in a traceback
            problem = _Sheet(tier, lang).problem("unreadable", "look-at-data")
            report = Report(exercise, tier, lang, problems=(problem,))
    _latest[exercise, tier] = report
    return report


def progress(exercise: str, lang: str = "en") -> None:
    """Prints which tiers are done, from the checks run in this process, and what to do next."""
    _known(exercise, lang)
    say, todo = WORDS[lang], None
    for tier, icon in TIERS.items():
        report = _latest.get((exercise, tier))
        tried = report is not None and report.started
        state = "✅" if tried and report.ok else "🔧" if tried else "⬜"
        print(f"{icon} {state} {say[f'{exercise}_{tier}']}")
        if state != "✅" and todo is None:
            todo = say["mend" if tried else "start"].format(cell=f"exercise-{tier}")
    print(todo or say["all_done"].format(cell="export"))


def _known(exercise: str, lang: str) -> None:
    if exercise != "instruction":
        raise ValueError(f'exercise must be "instruction", not {exercise!r}')
    if lang not in WORDS:
        raise ValueError(f'lang must be "en" or "zh", not {lang!r}')


def _given_texts(values, name: str) -> list[str]:
    """Texts, or dicts that hold a text under `name`, as a list of distinct texts."""
    texts = [v.get(name) if isinstance(v, dict) else v for v in values or ()]
    return list(dict.fromkeys(t for t in texts if isinstance(t, str) and t.strip()))


def _report(exercise: str, tier: str, answer, lang: str, given: list[str]) -> Report:
    sheet = _Sheet(tier, lang)
    if problem := _read(answer, sheet):
        return Report(exercise, tier, lang, problems=(problem,))
    problems = tuple(_problems(sheet, given))
    facts = () if problems else tuple(_facts(sheet, given))
    return Report(exercise, tier, lang, True, sheet.rows, problems, facts)


# ---- the learner's answer as a table ----
@dataclass
class _Sheet:
    tier: str
    lang: str
    columns: dict[str, list] = field(default_factory=dict)
    rows: int = 0

    def texts(self, name: str) -> dict[int, str]:
        """The usable cells of a column by row; what is empty or no text has its own rule."""
        return {i: cell for i, cell in enumerate(self.columns.get(name, ())) if _is_text(cell)}

    def pairs(self, one: str, other: str) -> dict[int, tuple[str, str]]:
        """The rows where two columns both hold a text."""
        ones, others = self.texts(one), self.texts(other)
        return {i: (ones[i], others[i]) for i in ones if i in others}

    def problem(
        self,
        message: str,
        cell: str,
        bad: Iterable[int] = (),
        column: str | None = None,
        samples: Iterable = (),
        **words,
    ) -> Problem:
        """A Problem from MESSAGES (`code` or `code/variant`); shows `column` of the `bad` rows."""
        bad = list(bad)
        rows = tuple(bad[:SHOWN_ROWS])
        cells = [self.columns[column][i] for i in rows] if rows else samples
        source = WORDS[self.lang]["topic" if self.tier == "turtle" else "document"]
        words = {"bad": len(bad), "n": self.rows, "column": column, "source": source, **words}
        text = MESSAGES[message][self.lang].format(**words)
        clipped = tuple("" if _is_empty(c) else _clip(c) for c in list(cells)[:SHOWN_ROWS])
        return Problem(message.split("/")[0], text, cell, rows, clipped)


def _read(answer, sheet: _Sheet) -> Problem | None:
    """Fills the sheet; returns a Problem if the answer is not a dataset with rows."""
    if _is(answer, "distilabel", "Distiset") and len(answer) == 1:
        (answer,) = answer.values()
        if _is(answer, "datasets", "DatasetDict") and "train" in answer:
            answer = answer["train"]
    if _is(answer, "datasets", "Dataset"):
        answer = answer.with_format(None)
        sheet.columns = {name: list(answer[name]) for name in answer.column_names}
        sheet.rows = len(answer)
    elif _is(answer, "pandas", "DataFrame"):
        names = [str(name) for name in answer.columns]
        sheet.columns = {name: answer.iloc[:, i].tolist() for i, name in enumerate(names)}
        sheet.rows = len(answer)
    elif isinstance(answer, list) and all(isinstance(row, dict) for row in answer):
        names = dict.fromkeys(str(name) for row in answer for name in row)
        sheet.columns = {name: [row.get(name) for row in answer] for name in names}
        sheet.rows = len(answer)
    else:
        return _not_a_dataset(answer, sheet)
    return None if sheet.rows else sheet.problem("empty_dataset", "two-steps")


def _not_a_dataset(answer, sheet: _Sheet) -> Problem:
    if _is(answer, "distilabel", "Distiset"):
        if not answer:
            return sheet.problem("empty_dataset", "two-steps")
        names = ", ".join(f"`{_clip(name)}`" for name in answer)
        return sheet.problem("not_a_dataset/configs", "two-steps", names=names)
    kinds = {
        "pipeline": _is(answer, "", "BasePipeline"),
        "step": _is(answer, "", "_Step"),
        "splits": _is(answer, "datasets", "DatasetDict"),
        "columns": isinstance(answer, dict),
        "text": isinstance(answer, str),
        "rows": isinstance(answer, list),
    }
    variant = next((kind for kind, fits in kinds.items() if fits), "other")
    message = f"not_a_dataset/{variant}"
    return sheet.problem(message, "two-steps", kind=_clip(type(answer).__name__))


def _is(thing, package: str, name: str) -> bool:
    """isinstance by name: the check needn't import what the learner did not use."""
    return any(c.__name__ == name and c.__module__.startswith(package) for c in type(thing).__mro__)


def _is_text(cell) -> bool:
    return isinstance(cell, str) and bool(cell.strip())


def _is_empty(cell) -> bool:
    if isinstance(cell, str):
        return not cell.strip()
    is_nan = isinstance(cell, float) and math.isnan(cell)
    return cell is None or is_nan or type(cell).__name__ in ("NAType", "NaTType")


def _is_list(cell) -> bool:
    return isinstance(cell, (list, tuple)) or type(cell).__name__ == "ndarray"


# ---- the rules, causes before consequences ----
def _problems(sheet: _Sheet, given: list[str]) -> Iterator[Problem]:
    asked = "evolved_instruction" if sheet.tier == "lion" else "instruction"
    yield from _column_problems(sheet)
    yield from _cell_problems(sheet)
    yield from _row_count_problems(sheet)
    yield from _language_problems(sheet)
    if sheet.tier != "turtle":
        yield from _seed_problems(sheet, given)
    if sheet.tier == "lion":
        yield from _evolution_problems(sheet)
    yield from _response_problems(sheet, asked)
    yield from _duplicate_problems(sheet, asked)
    if sheet.tier == "turtle":
        yield from _topic_problems(sheet, given)
    else:
        yield from _unused_seed_problems(sheet, given)


NEAR_NAMES = {  # what steps call these columns, and what comes to mind
    "instruction": "instructions prompt prompts question questions query queries user",
    "response": "responses generation generations output outputs completion answer answers reply",
    "document": "documents input seed seeds context text passage source",
    "evolved_instruction": "evolved_instructions evolved instruction_evolved evolved_prompt "
    "evolution evol_instruction evolved_instruct",
}
COLUMN_CELLS = {"document": "self-instruct", "evolved_instruction": "evol-instruct"}


def _column_problems(sheet: _Sheet) -> Iterator[Problem]:
    needed = COLUMNS[sheet.tier]
    names = ", ".join(f"`{_clip(name)}`" for name in sheet.columns)
    spare = {n.strip().lower().replace(" ", "_"): n for n in sheet.columns if n not in needed}
    for column in needed:
        if column in sheet.columns:
            continue
        cell = COLUMN_CELLS.get(column, "two-steps")
        near = next((spare[n] for n in (column, *NEAR_NAMES[column].split()) if n in spare), None)
        if near is None and (close := difflib.get_close_matches(column, spare, 1, 0.85)):
            near = spare[close[0]]
        talk = next((spare[n] for n in ("messages", "conversation") if n in spare), None)
        variant = ""
        if near is not None:
            variant = "/expand" if any(map(_is_list, sheet.columns[near])) else "/rename"
        elif talk is not None and column in ("instruction", "response"):
            near, variant = talk, "/messages"
        near = near and _clip(near)
        yield sheet.problem(f"missing_column{variant}", cell, column=column, names=names, near=near)


def _cell_problems(sheet: _Sheet) -> Iterator[Problem]:
    for column in COLUMNS[sheet.tier]:
        cells = list(enumerate(sheet.columns.get(column, ())))
        lists = [i for i, cell in cells if _is_list(cell)]
        empty = [i for i, cell in cells if _is_empty(cell)]
        other = [
            i
            for i, cell in cells
            if not (isinstance(cell, str) or _is_list(cell) or _is_empty(cell))
        ]
        if lists:
            yield sheet.problem("list_cell", "self-instruct", lists, column)
        if other:
            yield sheet.problem("not_text", "look-at-data", other, column)
        if empty:
            yield sheet.problem("empty_cell", "look-at-data", empty, column)


def _row_count_problems(sheet: _Sheet) -> Iterator[Problem]:
    if sheet.rows < MIN_ROWS[sheet.tier]:
        variant = "/lion" if sheet.tier == "lion" else ""
        cell = f"exercise-{sheet.tier}"
        yield sheet.problem(f"few_rows{variant}", cell, need=MIN_ROWS[sheet.tier])


def _language_problems(sheet: _Sheet) -> Iterator[Problem]:
    """One problem at the most, for the column that is worst."""
    worst, column = [], None
    for name in COLUMNS[sheet.tier]:
        if name == "document":
            continue
        bad = [i for i, t in sheet.texts(name).items() if not _is_language(t, sheet.lang)]
        if len(bad) > max(len(worst), MAX_WRONG_LANGUAGE * sheet.rows):
            worst, column = bad, name
    if column:
        yield sheet.problem("wrong_language", f"exercise-{sheet.tier}", worst, column)


def _seed_problems(sheet: _Sheet, seeds: list[str]) -> Iterator[Problem]:
    documents = sheet.texts("document")
    strangers = _strangers(sheet, seeds)
    if strangers:
        yield sheet.problem("unknown_document", "self-instruct", strangers, "document")
    library = _Library([*seeds, *documents.values()])
    for column in ("instruction", "evolved_instruction"):
        if column not in COLUMNS[sheet.tier]:
            continue
        bad = [i for i, text in sheet.texts(column).items() if library.holds(text)]
        if bad:
            yield sheet.problem("copied_seed", "self-instruct", bad, column)
    pairs = sheet.pairs("response", "document")
    bad = [i for i, (response, document) in pairs.items() if _plain(response) == _plain(document)]
    if bad:  # facts of the document belong in a response, the whole document does not
        yield sheet.problem("copied_seed", "two-steps", bad, "response")


def _strangers(sheet: _Sheet, seeds: list[str]) -> list[int]:
    """Rows with a document that is no seed, if there are too many to be seeds of one's own."""
    known = {_plain(seed) for seed in seeds}
    documents = sheet.texts("document")
    strangers = [i for i, text in documents.items() if _plain(text) not in known]
    share_known = 1 - len(strangers) / len(documents) if documents else 1
    return strangers if share_known < MIN_KNOWN_DOCUMENTS else []


def _unused_seed_problems(sheet: _Sheet, seeds: list[str]) -> Iterator[Problem]:
    documents = {_plain(text) for text in sheet.texts("document").values()}
    if not documents or _strangers(sheet, seeds):
        return  # said already: the column is missing or holds something else
    unused = [seed for seed in seeds if _plain(seed) not in documents]
    if unused:
        words = {"count": len(unused), "need": len(seeds)}
        yield sheet.problem("unused_seeds", f"exercise-{sheet.tier}", samples=unused, **words)


def _evolution_problems(sheet: _Sheet) -> Iterator[Problem]:
    """Evol-Instruct's four eliminations, seen in the outcome. Source: arXiv 2304.12244."""
    cell, column = "evol-eliminate", "evolved_instruction"
    evolved, pairs = sheet.texts(column), sheet.pairs("instruction", column)

    leaked = [i for i, text in evolved.items() if _leaks(text)]
    if leaked:
        yield sheet.problem("leaked_prompt", cell, leaked, column)

    hollow = [i for i, text in evolved.items() if _only_stop_words(text)]
    if hollow:
        yield sheet.problem("only_stop_words", cell, hollow, column)

    unchanged, no_gain, close = [], [], []
    for i, (before, after) in pairs.items():
        if i in hollow:
            continue  # said already
        if _plain(before) == _plain(after):
            unchanged.append(i)
        elif not _gains(before, after):
            no_gain.append(i)
        elif _similarity(before, after) >= NEARLY_EQUAL:
            close.append(i)
    if unchanged:
        yield sheet.problem("evolved_unchanged", cell, unchanged, column)
    if len(no_gain) > MAX_NO_GAIN * sheet.rows:
        yield sheet.problem("no_information_gain", cell, no_gain, column)
    if len(close) > MAX_NEARLY_EQUAL * sheet.rows:
        yield sheet.problem("evolved_too_close", "evol-instruct", close, column)

    responses = sheet.texts("response")
    hollow = [i for i, text in responses.items() if _only_stop_words(text)]
    if hollow:
        yield sheet.problem("only_stop_words", cell, hollow, "response")

    refusals = [i for i, text in responses.items() if _is_refusal(text)]
    if refusals:
        yield sheet.problem("refusal", cell, refusals, "response", words=REFUSAL_WORDS)


def _response_problems(sheet: _Sheet, asked: str) -> Iterator[Problem]:
    echoes = [
        i
        for i, (question, response) in sheet.pairs(asked, "response").items()
        if _similarity(question, response) >= NEARLY_EQUAL
    ]
    if len(echoes) > MAX_ECHOES * sheet.rows:
        yield sheet.problem("echo", "two-steps", echoes, "response")
        return
    responses = {i: _plain(text) for i, text in sheet.texts("response").items()}
    for common, count in Counter(responses.values()).most_common(1):
        if count > max(1, MAX_SAME_RESPONSE * sheet.rows):
            same = [i for i, text in responses.items() if text == common]
            yield sheet.problem("same_response", "two-steps", same, "response")


def _duplicate_problems(sheet: _Sheet, column: str) -> Iterator[Problem]:
    texts = sheet.texts(column)
    first: dict[str, int] = {}
    exact = [(i, j) for i, text in texts.items() if (j := first.setdefault(_plain(text), i)) != i]
    cell = "look-at-data"
    if len(exact) > MAX_DUPLICATES * sheet.rows:
        pair = exact[0][::-1]
        yield sheet.problem("duplicates", cell, pair, column, count=len(exact))
        return
    rows = list(texts)[:NEAR_DUPLICATE_ROWS]
    near = _near_duplicates([texts[i] for i in rows])
    if len(near) > MAX_NEAR_DUPLICATES * len(rows):
        pair = [rows[i] for i in near[0][::-1]]
        yield sheet.problem("near_duplicates", cell, pair, column, count=len(near))


LABEL_COLUMNS = ("topic", "input", "system_prompt", "system_prompt_key", "domain", "category")


def _topic_problems(sheet: _Sheet, topics: list[str]) -> Iterator[Problem]:
    if "instruction" not in sheet.columns:
        return
    missed = [topic for topic in topics if not _covers(sheet, topic)]
    if missed:
        has_label = any(sheet.texts(name) for name in LABEL_COLUMNS)
        message = "missed_topics" if has_label else "missed_topics/no_column"
        words = {"count": len(missed), "need": len(topics)}
        yield sheet.problem(message, "exercise-turtle", samples=missed, **words)


def _covers(sheet: _Sheet, topic: str) -> bool:
    """Whether a row is about the topic: its label or text names it, or what belongs to it."""
    labels = (text for name in LABEL_COLUMNS for text in sheet.texts(name).values())
    if any(_mentions(label, topic, sheet.lang) for label in labels):
        return True
    names = {topic, *_topic_words(topic, sheet.lang), *_concepts(sheet.lang).get(topic, ())}
    texts = [*sheet.texts("instruction").values(), *sheet.texts("response").values()]
    return any(_mentions(text, name, sheet.lang) for name in names for text in texts)


def _facts(sheet: _Sheet, given: list[str]) -> Iterator[str]:
    say, lang = WORDS[sheet.lang], sheet.lang
    asked = "evolved_instruction" if sheet.tier == "lion" else "instruction"
    distinct = len({_plain(text) for text in sheet.texts(asked).values()})
    yield say["fact_rows"].format(rows=sheet.rows, distinct=distinct)
    if sheet.tier == "lion":
        pairs = sheet.pairs("instruction", asked).values()
        before, after = (sum(len(_words(pair[side])) for pair in pairs) for side in (0, 1))
        yield say["fact_longer"].format(ratio=after / max(1, before))
    else:
        yield say["fact_topics" if sheet.tier == "turtle" else "fact_seeds"].format(need=len(given))
    lengths = [_length(text, lang) for text in sheet.texts("response").values()]
    yield say["fact_length"].format(mean=sum(lengths) / len(lengths))


# ---- measures of text; Chinese is taken by character ----
_CHINESE = "\u3400-\u9fff"
_WORD = re.compile(rf"[{_CHINESE}]|[^\W_{_CHINESE}]+(?:['’][^\W_{_CHINESE}]+)*")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_LEAK = re.compile(
    r"\b(?:given|rewritten|created)[\s_]+prompt\b"
    r"|给定的?提示|(?:改写|重写)后?的?提示|新建的?提示",
    re.IGNORECASE,
)
_SORRY = re.compile(r"\bsorry\b|抱歉|对不起", re.IGNORECASE)
# Question words are apart: asking why instead of what is new, though it says nothing alone.
_QUESTION_WORDS = frozenset(
    "what who whom which when where why how 什 么 谁 哪 怎 何 为 几".split()
)
_STOP_WORDS = frozenset(
    "a an the and or but if of at by for with about to from in on as is are was were be been it "
    "its this that these those i you he she we they me my your his her our their do does did have "
    "has had can could will would shall should may so than too very just also please then there "
    "here 的 了 吗 呢 吧 啊 呀 是 在 和 与 及 或 也 都 就 而 且 但 这 那 它 他 她 我 你 您 们 "
    "个 请 有 会 能 一 把 被 对 从 到 着 过 得 地 之 以 其 于".split()
)


@lru_cache(maxsize=20_000)  # the rules read the same texts again and again
def _words(text: str) -> tuple[str, ...]:
    """Words in lower case; each Chinese character is one."""
    return tuple(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def _plain(text: str) -> str:
    """The text without capitals, punctuation and double spaces."""
    return " ".join(_words(text))


def _length(text: str, lang: str) -> int:
    """Words in English, characters (字) in Chinese, where a foreign word counts as one."""
    return len(text.split()) if lang == "en" else len(_words(text))


def _is_language(text: str, lang: str) -> bool:
    words = [w for w in _words(text) if not w.isdigit()]
    chinese = sum(1 for w in words if "\u3400" <= w[0] <= "\u9fff")
    latin = sum(1 for w in words if _LATIN.match(w))
    right = chinese if lang == "zh" else latin
    if not words:
        return any(c.isdigit() for c in text)  # a bare number is fine in any language
    return right / len(words) >= RIGHT_LANGUAGE


@lru_cache(maxsize=20_000)
def _grams(text: str) -> frozenset[str]:
    """Character 5-grams, about a word long; in Chinese, with words of two characters, 2-grams."""
    plain = _plain(text)
    if re.search(f"[{_CHINESE}]", plain):
        plain, n = plain.replace(" ", ""), 2
    else:
        n = 5
    plain = f" {plain} "
    return frozenset(plain[i : i + n] for i in range(max(1, len(plain) - n + 1)))


def _jaccard(one: frozenset, other: frozenset) -> float:
    return len(one & other) / len(one | other)


def _similarity(one: str, other: str) -> float:
    return _jaccard(_grams(one), _grams(other))


def _near_duplicates(texts: list[str]) -> list[tuple[int, int]]:
    """(row, earlier row) of texts with Jaccard >= NEAR_DUPLICATE; each row once.

    Exact, yet without comparing all pairs: two sets this similar share one of their rarest grams
    (prefix filtering, Chaudhuri et al. 2006).
    """
    grams = [_grams(text) for text in texts]
    frequency = Counter(gram for own in grams for gram in own)
    seen: dict[str, list[int]] = defaultdict(list)
    found = []
    for row, own in enumerate(grams):
        rare_first = sorted(own, key=lambda gram: (frequency[gram], gram))
        prefix = rare_first[: len(own) - math.ceil(NEAR_DUPLICATE * len(own)) + 1]
        earlier = sorted({i for gram in prefix for i in seen[gram]})
        match = next((i for i in earlier if _jaccard(own, grams[i]) >= NEAR_DUPLICATE), None)
        if match is not None:
            found.append((row, match))
        for gram in prefix:
            seen[gram].append(row)
    return found


class _Library:
    """Documents to look up copied texts in."""

    def __init__(self, documents: list[str]):
        self.documents = list(dict.fromkeys(_plain(document) for document in documents))
        self.shelf = " | ".join(["", *self.documents, ""])  # no run of words crosses a bar
        self.openings = [_runs(document) for document in self.documents]

    def holds(self, text: str) -> bool:
        """Whether most of the text stands in one document as one run of words, or the reverse."""
        page = f" {_plain(text)} "
        if any(run in self.shelf for run in _runs(_plain(text))):
            return True
        # a whole document with a few words around it
        longest = len(page) / COPIED
        return any(
            run in page
            for document, runs in zip(self.documents, self.openings, strict=True)
            if len(document) <= longest
            for run in runs
        )


def _runs(plain: str) -> list[str]:
    """All runs that hold COPIED of the words of a text, or none if it is too short to tell."""
    words = plain.split()
    size = math.ceil(COPIED * len(words))
    if size < COPIED_WORDS:
        return []
    return [f" {' '.join(words[i : i + size])} " for i in range(len(words) - size + 1)]


def _leaks(text: str) -> bool:
    return bool(_LEAK.search(text))


def _is_refusal(text: str) -> bool:
    return bool(_SORRY.search(text)) and len(_words(text)) < REFUSAL_WORDS


def _only_stop_words(text: str) -> bool:
    return not set(_words(text)) - _STOP_WORDS - _QUESTION_WORDS


def _gains(before: str, after: str) -> bool:
    """Whether `after` holds a word that says something and that `before` lacks."""
    return bool(set(_words(after)) - _STOP_WORDS - set(_words(before)))


def _mentions(text: str, name: str, lang: str) -> bool:
    if lang == "zh":
        return name.casefold() in text.casefold()
    return bool(_name_pattern(name).search(text))


@lru_cache(maxsize=1_000)
def _name_pattern(name: str) -> re.Pattern:
    bare = re.sub(r"^(?:an?|the)\s+", "", name.strip(), flags=re.IGNORECASE)
    return re.compile(rf"(?<!\w){re.escape(bare)}(?:e?s)?(?!\w)", re.IGNORECASE)


def _topic_words(topic: str, lang: str) -> list[str]:
    """The words of a topic's name that say something; in Chinese all pairs of characters."""
    if lang == "zh":
        parts = re.split(r"[的里与和及、，\s]+", topic)
        return [part[i : i + 2] for part in parts for i in range(len(part) - 1)]
    words = [w for w in _words(topic) if w not in _STOP_WORDS and len(w) > 2]
    return words + [w[:-1] for w in words if w.endswith("s") and len(w) > 4]


@lru_cache(maxsize=2)
def _concepts(lang: str) -> dict[str, set[str]]:
    """What belongs to the course's own topics: "kitchen tools" -> "a kettle", "a wok", …"""
    from smolsynth import seeds

    concepts = defaultdict(set)
    for seed in seeds.documents(lang):
        concepts[seed["topic"]].add(seed["concept"])
    return dict(concepts)


def _clip(cell) -> str:
    """A short sample on one line, without control characters."""
    lines = wrap(" ".join(clean(str(cell)[:500]).split()), SHOWN_WIDTH) or [""]
    return lines[0] + "…" if len(lines) > 1 else lines[0]
