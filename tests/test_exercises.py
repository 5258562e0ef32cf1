"""The checks of the exercises: wrong answers are caught for the right reason, right ones pass.

Right answers come from the world that the bundled models know, so no model is needed. Every wrong
answer is a right one with a single fault, and has to give that one problem only.
"""

import random
import re
import time
from functools import lru_cache
from itertools import permutations

import pandas as pd
import pytest
from datasets import Dataset, DatasetDict
from distilabel.distiset import Distiset
from distilabel.pipeline import Pipeline
from distilabel.steps import ExpandColumns

from smolsynth import exercises, seeds
from smolsynth.exercises import TIERS, check, instruction, measures, progress
from smolsynth.exercises.words import MESSAGES, WORDS
from smolsynth.text.language import in_language
from smolsynth.text.leaks import leak_in
from smolsynth.text.refusals import begs_off
from smolsynth.text.similarity import rouge_l
from smolsynth.text.tokens import gains, says_nothing
from tests.answers import Hostile
from training.composer import Composer

LANGS = ("en", "zh")
CELLS = {
    *("first-completion", "two-steps", "self-instruct", "magpie", "evol-instruct"),
    *("evol-eliminate", "look-at-data", "quality", "export"),
    *(f"exercise-{tier}" for tier in TIERS),
}


@pytest.fixture(autouse=True)
def fresh_board(monkeypatch):
    monkeypatch.setattr(exercises, "_latest", {})


# ---- right answers ----
def given(tier: str, lang: str) -> dict:
    if tier == "turtle":
        return {"topics": seeds.topics(lang)}
    return {"seeds": seeds.documents(lang, 26)}


@lru_cache
def _right(tier: str, lang: str, per_seed: int = 4) -> tuple[dict, ...]:
    composer = Composer(lang, random.Random(5))
    concepts = {concept.name: concept for concept in composer.concepts}
    rows, used = [], set()
    for seed in seeds.documents(lang, 26):
        concept, made = concepts[seed["concept"]], 0
        while made < per_seed:
            question = composer.question(concept)
            asked = composer.evolve(question, "CONSTRAINTS") if tier == "lion" else question
            if {question.text, asked.text} & used:
                continue
            used |= {question.text, asked.text}
            made += 1
            row = {"document": seed["document"], "instruction": question.text}
            if tier == "turtle":
                row = {"topic": seed["topic"], "instruction": question.text}
            if tier == "lion":
                row["evolved_instruction"] = asked.text
            rows.append({**row, "response": composer.answer(asked)})
    return tuple(rows)


def right(tier: str, lang: str = "en", per_seed: int = 4) -> list[dict]:
    return [dict(row) for row in _right(tier, lang, per_seed)]


def graded(tier: str, answer, lang: str = "en", **other):
    return check("instruction", tier, answer, lang, **(other or given(tier, lang)))


def codes(report) -> list[str]:
    return [problem.code for problem in report.problems]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("tier", TIERS)
def test_right_answer_passes_and_shows_facts(tier, lang):
    report = graded(tier, Dataset.from_list(right(tier, lang)), lang)
    assert codes(report) == [] and report.ok
    assert 2 <= len(report.facts) <= 3
    assert "104" in report.facts[0]
    assert repr(report).startswith(f"{TIERS[tier]} ✅")


def shuffled(rows: list[dict]) -> list[dict]:
    return random.Random(1).sample(rows, len(rows))


def as_frame(rows: list[dict]) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    frame["model_name"], frame["score"] = "tutor", 0.5
    return frame.set_index(pd.Index([f"row-{i}" for i in range(len(frame))]))


def as_distiset(rows: list[dict]) -> Distiset:
    return Distiset({"default": DatasetDict({"train": Dataset.from_list(rows)})})


def with_metadata(rows: list[dict]) -> Dataset:
    return Dataset.from_list([{**row, "distilabel_metadata": {"raw": None}} for row in rows])


UNUSUAL = {
    "list of dicts": list,
    "data frame with extra columns": as_frame,
    "shuffled": lambda rows: Dataset.from_list(shuffled(rows)),
    "other column order": lambda rows: [dict(reversed(row.items())) for row in rows],
    "distiset": as_distiset,
    "distiset without splits": lambda rows: Distiset({"default": Dataset.from_list(rows)}),
    "numpy format": lambda rows: Dataset.from_list(rows).with_format(
        "numpy", columns=["instruction"]
    ),
    "metadata of distilabel": with_metadata,
    "filtered view": lambda rows: Dataset.from_list(rows).filter(lambda row: True),
}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("form", UNUSUAL)
@pytest.mark.parametrize("tier", TIERS)
def test_unusual_but_right_forms_pass(tier, form, lang):
    assert codes(graded(tier, UNUSUAL[form](right(tier, lang)), lang)) == []


def small_faults(rows: list[dict]) -> list[dict]:
    """Two repeated rows and two echoes in a hundred: what any sampling does."""
    rows[10] = {
        **rows[10],
        "response": rows[10].get("evolved_instruction", rows[10]["instruction"]),
    }
    return [*rows, rows[0], rows[5]]


@pytest.mark.parametrize("tier", TIERS)
def test_small_faults_are_tolerated(tier):
    assert codes(graded(tier, small_faults(right(tier)))) == []


def test_topics_of_ones_own():
    topics = ["Roman history", "chess openings"]
    asked = (
        "Why did the Romans build road {i}?",
        "Is chess opening number {i} any good for white?",
    )
    rows = [
        {
            "topic": topics[i % 2],
            "instruction": asked[i % 2].format(i=i * 137),
            "response": f"Because of reason {i}.",
        }
        for i in range(60)
    ]
    assert "missed_topics" not in codes(graded("turtle", rows, topics=topics))
    assert "missed_topics" in codes(graded("turtle", rows, topics=[*topics, "knitting"]))


def test_seeds_may_be_plain_texts_and_others_may_be_added():
    texts = [seed["document"] for seed in seeds.documents("en", 20)]
    assert codes(graded("dog", right("dog"), seeds=texts)) == []


def test_name_alone_is_not_copied():
    assert codes(graded("dog", changed("dog", 1, instruction="A cat?"))) == []


def test_long_apology_is_no_refusal():
    rows = right("lion")
    rows[3]["response"] = "Sorry for the long story. " + rows[3]["response"] + " word" * 80
    assert codes(graded("lion", rows)) == []


# ---- wrong answers ----
def changed(tier: str, count: int | None = None, lang: str = "en", **cells) -> list[dict]:
    """A right answer whose first `count` rows get other cells: values or functions of the row."""
    rows = right(tier, lang)
    for row in rows[:count]:
        row.update({k: v(row) if callable(v) else v for k, v in cells.items()})
    return rows


def renamed(tier: str, old: str, new: str) -> list[dict]:
    return [{new if k == old else k: v for k, v in row.items()} for row in right(tier)]


def without(tier: str, *columns: str) -> list[dict]:
    return [{k: v for k, v in row.items() if k not in columns} for row in right(tier)]


def other_language(tier: str, column: str) -> list[dict]:
    rows = right(tier)
    for row, other in zip(rows, right(tier, "zh"), strict=True):
        row[column] = other[column]
    return rows


def repeated(tier: str, column: str, change) -> list[dict]:
    """Every fourth row repeats the one before it, changed a little."""
    rows = right(tier)
    for i in range(3, len(rows), 4):
        rows[i][column] = change(rows[i - 1][column])
    return rows


def long_questions(tier: str, column: str) -> list[dict]:
    """Pairs that differ in one short word of a long question."""
    rows = right(tier)
    for i in range(0, len(rows) - 1, 2):
        stem = rows[i][column].rstrip(".?") + f", asked student {i}, who likes long questions"
        rows[i][column], rows[i + 1][column] = stem + "?", stem + " a lot?"
    return rows


def sentence_of_seed(row: dict) -> str:
    return "Now: " + row["document"].split(". ")[0]


COMMON_WRONG = {
    "text": (lambda tier: "output/train.jsonl", "not_a_dataset"),
    "number": (lambda tier: 42, "not_a_dataset"),
    "list of texts": (lambda tier: ["What is a wok?"], "not_a_dataset"),
    "generator": (lambda tier: (row for row in right(tier)), "not_a_dataset"),
    "dict of columns": (lambda tier: Dataset.from_list(right(tier)).to_dict(), "not_a_dataset"),
    "pipeline": (lambda tier: Pipeline(name="p"), "not_a_dataset"),
    "step": (lambda tier: ExpandColumns(columns=["instruction"]), "not_a_dataset"),
    "splits": (
        lambda tier: DatasetDict({"train": Dataset.from_list(right(tier))}),
        "not_a_dataset",
    ),
    "several configs": (
        lambda tier: Distiset(leaf_1=Dataset.from_list(right(tier)), leaf_2=Dataset.from_list([])),
        "not_a_dataset",
    ),
    "empty list": (lambda tier: [], "empty_dataset"),
    "empty dataset": (lambda tier: Dataset.from_list(right(tier)).select([]), "empty_dataset"),
    "empty distiset": (lambda tier: Distiset(), "empty_dataset"),
    "column left as generation": (
        lambda tier: renamed(tier, "response", "generation"),
        "missing_column",
    ),
    "column in capitals": (lambda tier: renamed(tier, "response", "Response"), "missing_column"),
    "no such column": (lambda tier: without(tier, "response"), "missing_column"),
    "lists of one": (
        lambda tier: changed(tier, instruction=lambda row: [row["instruction"]]),
        "list_cell",
    ),
    "None cells": (lambda tier: changed(tier, 6, response=None), "empty_cell"),
    "blank cell": (lambda tier: changed(tier, 1, response=" \n\t"), "empty_cell"),
    "NaN of pandas": (
        lambda tier: pd.DataFrame(changed(tier, 6, response=float("nan"))),
        "empty_cell",
    ),
    "NA of pandas": (
        lambda tier: pd.DataFrame(changed(tier, 6, response=None)).astype("string"),
        "empty_cell",
    ),
    "numbers": (lambda tier: [{**row, "response": 7} for row in right(tier)], "not_text"),
    "other language": (lambda tier: other_language(tier, "response"), "wrong_language"),
    "same response": (
        lambda tier: changed(tier, 40, response="It is a thing that many people know."),
        "same_response",
    ),
}
DUPLICATED = {"turtle": "instruction", "dog": "instruction", "lion": "evolved_instruction"}
WRONG = [(tier, name, *case) for tier in TIERS for name, case in COMMON_WRONG.items()]
WRONG += [
    (tier, name, lambda tier, f=function: f(tier, DUPLICATED[tier]), code)
    for tier in TIERS
    for name, function, code in [
        ("repeats in capitals", lambda t, c: repeated(t, c, str.upper), "duplicates"),
        ("repeats with dots", lambda t, c: repeated(t, c, lambda s: f"  {s}.. "), "duplicates"),
        ("near-duplicates", long_questions, "near_duplicates"),
        (
            "echoes",
            lambda t, c: changed(t, 10, response=lambda row: row[c].replace("?", ".")),
            "echo",
        ),
    ]
]


def add(tier: str, code: str, **cases) -> None:
    WRONG.extend((tier, name, lambda tier, f=f: f(), code) for name, f in cases.items())


add("turtle", "few_rows", three_topics_short=lambda: right("turtle", per_seed=1))
add(
    "turtle",
    "missed_topics",
    one_topic_lost=lambda: [row for row in right("turtle") if row["topic"] != "sport"],
    no_column=lambda: without("turtle", "topic"),
)
add(
    "turtle",
    "missing_column",
    instructions_in_lists=lambda: [
        {"topic": row["topic"], "instructions": [row["instruction"]], "response": row["response"]}
        for row in right("turtle")
    ],
    conversations=lambda: [{"messages": [], "topic": topic} for topic in seeds.topics("en") * 4],
)
LOST = seeds.documents("en", 26)[7]["document"]
for tier in ("dog", "lion"):
    add(
        tier,
        "missing_column",
        document_lost=lambda tier=tier: without(tier, "document"),
        document_as_input=lambda tier=tier: renamed(tier, "document", "input"),
    )
    add(
        tier,
        "unknown_document",
        topics_for_documents=lambda tier=tier: changed(tier, document="All about cats and dogs"),
    )
    add(
        tier,
        "copied_seed",
        sentence_copied=lambda tier=tier: changed(tier, 1, instruction=sentence_of_seed),
        whole_seed_copied=lambda tier=tier: changed(
            tier,
            1,
            instruction=lambda row: "Please explain this well. " * 20 + row["document"].upper(),
        ),
        response_is_the_seed=lambda tier=tier: changed(tier, 12, response=lambda r: r["document"]),
    )
add(
    "dog",
    "unused_seeds",
    seed_lost=lambda: [row for row in right("dog") if row["document"] != LOST],
)
add(
    "lion",
    "unused_seeds",
    few=lambda: [
        row
        for row in right("lion", per_seed=10)
        if row["document"] in [seed["document"] for seed in seeds.documents("en", 4)]
    ],
)
add("dog", "few_rows", one_a_seed=lambda: right("dog", per_seed=1))
add("lion", "few_rows", one_a_seed=lambda: right("lion", per_seed=1))
add(
    "lion",
    "missing_column",
    not_evolved=lambda: without("lion", "evolved_instruction"),
    all_evolutions=lambda: [
        {"evolved_instructions" if k == "evolved_instruction" else k: v for k, v in row.items()}
        for row in changed("lion", evolved_instruction=lambda row: [row["evolved_instruction"]])
    ],
)
add(
    "lion",
    "leaked_prompt",
    **{
        f"leak_{i}": lambda leak=leak: changed(
            "lion", 1, evolved_instruction=lambda row: f"{leak}{row['evolved_instruction']}"
        )
        for i, leak in enumerate(
            ("#The Given Prompt#: ", "Rewritten prompt: ", "#Created Prompt# ", "Given_Prompt: ")
        )
    },
)
add(
    "lion",
    "evolved_unchanged",
    same=lambda: changed("lion", 1, evolved_instruction=lambda row: row["instruction"]),
    other_dots=lambda: changed(
        "lion", 1, evolved_instruction=lambda row: row["instruction"].upper().rstrip("?.") + "…"
    ),
)
add(
    "lion",
    "no_information_gain",
    reordered=lambda: changed(
        "lion",
        12,
        evolved_instruction=lambda row: "Please, " + " ".join(reversed(row["instruction"].split())),
    ),
)


def barely_evolved() -> list[dict]:
    rows = right("lion")
    for i, row in enumerate(rows[:40]):
        row["instruction"] += (
            f" Think of student {i}, who likes to read long explanations of things."
        )
        row["evolved_instruction"] = row["instruction"] + " Now."
    return rows


add("lion", "evolved_too_close", one_word_added=barely_evolved)
add(
    "lion",
    "refusal",
    sorry=lambda: changed("lion", 1, response="I am sorry, but I do not know about cats."),
)


def hollow_evolutions() -> list[dict]:
    rows = right("lion")
    for row, words in zip(rows[:12], permutations(("is", "it", "so", "that")), strict=False):
        row["evolved_instruction"] = " ".join(words) + "?!"
    return rows


add(
    "lion",
    "only_stop_words",
    evolved=hollow_evolutions,
    punctuation=lambda: changed("lion", 1, response="It is…"),
)


@pytest.mark.parametrize(
    "tier, name, make, code", WRONG, ids=[f"{tier}-{name}" for tier, name, *_ in WRONG]
)
def test_wrong_answer_gives_its_one_problem(tier, name, make, code):
    report = graded(tier, make(tier))
    if name == "conversations":  # both columns are gone
        assert codes(report) == ["missing_column"] * 2
    else:
        assert (codes(report), report.ok) == ([code], False)
    assert report.problems[0].cell in CELLS
    assert repr(report).startswith(f"{TIERS[tier]} 🔧")


def test_each_tier_has_eight_wrong_answers_and_every_code_is_met():
    for tier in TIERS:
        assert len({code for t, _, _, code in WRONG if t == tier}) >= 8
    met = {code for *_, code in WRONG} | {"stale"}
    others = {  # met in test_preference_exercises.py
        *("not_a_rating", "tie", "wrong_order", "small_margin", "same_pair", "leaked_rubric"),
        *(
            "few_instructions",
            "not_rewritten",
            "no_critique",
            "rejected_by_form",
            "faulty",
            "apart",
        ),
        *("unknown_instruction", "foreign_response", "response_unchanged", "longer_only"),
        "critique_in_answer",
        "exchanged",
    }
    repairs = {  # met in test_repairs.py
        *("raised", "no_column", "no_function", "no_texts", "rows_lost", "strangers"),
        *("seed_not_applied", "seed_without_effect", "prompt_is_instruction", "none_kept"),
        *("question_is_response", "no_instructions", "tie_kept", "tie_reversed", "over_budget"),
        *("alike_kept", "best_lost"),
    }
    findings = {  # met in test_findings.py
        *("no_names", "few_trials", "unequal_sizes", "clearly_less", "cannot_tell"),
        *("no_ties", "true_ties", "missed_ties"),
    }
    own = {  # met in test_own_exercises.py
        *("rule", "no_talk", "no_folder", "unreadable", "few_read", "log_contradicted"),
        *("few_questions", "not_trials", "few_seeds", "no_control"),
    }
    verified = {  # met in test_attack.py and test_verified_exercises.py
        *("few_problems", "strange_problem", "not_right", "copied_answer", "not_verified"),
        *("bad_rate", "one_rate", "thoughts_in_answer", "wrong_step", "no_steps"),
        *("thoughts_apart", "wrong_difficulty", "always_kept", "one_difficulty"),
        *("rejected_right", "rejected_unfinished", "lengths_apart", "length_tells", "no_gain"),
        *("lets_in", "loses", "leak_kept", "hard_lost"),
    }
    met |= others | repairs | findings | own | verified
    assert met == {message.split("/")[0] for message in MESSAGES}


@pytest.mark.parametrize(
    "tier, code, change",
    [
        ("turtle", "duplicates", {"instruction": "这是什么？"}),
        ("turtle", "same_response", {"response": "我不知道。"}),
        (
            "turtle",
            "wrong_language",
            {"response": lambda row: "It is a kind of " + row["response"][:1]},
        ),
        ("dog", "copied_seed", {"instruction": lambda row: row["document"].split("。")[0] + "！"}),
        ("lion", "leaked_prompt", {"evolved_instruction": "给定提示：什么是猫，它住在哪里？"}),
        ("lion", "leaked_prompt", {"evolved_instruction": "改写后的提示：猫是怎么捕食的？"}),
        ("lion", "evolved_unchanged", {"evolved_instruction": lambda row: row["instruction"]}),
        ("lion", "refusal", {"response": "抱歉，我不了解猫。"}),
        ("lion", "only_stop_words", {"response": "是的。"}),
        ("lion", "only_stop_words", {"evolved_instruction": "那是什么呢？"}),
    ],
)
def test_chinese_faults(tier, code, change):
    count = 1 if tier != "turtle" else 40
    assert codes(graded(tier, changed(tier, count, "zh", **change), "zh")) == [code]


def test_chinese_reordering_brings_no_information():
    def reorder(row):
        return "请" + row["instruction"][::-1]

    rows = changed("lion", 12, "zh", evolved_instruction=reorder)
    assert codes(graded("lion", rows, "zh")) == ["no_information_gain"]


# ---- what the learner reads ----
def test_hints_name_the_step_that_mends_it():
    expand = graded("turtle", renamed("turtle", "instruction", "instructions")).problems[0]
    assert 'row["instructions"]' in expand.message and "output_mappings" in expand.message
    expand = graded("turtle", Dataset.from_list(renamed("turtle", "instruction", "instructions")))
    assert 'turtle.rename_column("instructions", "instruction")' in expand.problems[0].message
    rows = changed("turtle", instruction=lambda row: [row["instruction"]])
    assert "ExpandColumns" in graded("turtle", rows).problems[0].message
    misspelt = graded("turtle", renamed("turtle", "response", "reponse")).problems[0]
    assert "`reponse`" in misspelt.message and misspelt.cell == "two-steps"


def test_hints_use_the_name_and_the_kind_of_what_the_learner_has():
    rows = right("turtle")
    for answer, words in (
        (DatasetDict(train=Dataset.from_list(rows)), '`turtle = turtle["train"]`'),
        (Pipeline(name="p"), '`turtle = pipeline.run(dataset=[…])["default"]["train"]`'),
        (Dataset.from_list(rows).to_dict(), "`turtle = Dataset.from_dict(turtle)`"),
        (Pipeline, "This is a class"),
        (pd.Series(["x"]), "`pandas"),
        (changed("turtle", 6, response=None), "`[row for row in turtle if …]`"),
        (pd.DataFrame(changed("turtle", 6, response=None)), "`turtle[…]`"),
        (pd.DataFrame(renamed("turtle", "response", "output")), "`turtle.rename(columns="),
        (renamed("turtle", "response", "messages"), "holds whole conversations"),
        (changed("turtle", 9, response=lambda row: [{"content": "x"}]), '[-1]["content"]'),
    ):
        assert words in graded("turtle", answer).problems[0].message, words
    answer = graded("dog", renamed("dog", "document", "input")).problems[0].message
    assert '`input_mappings={"input": "document"}`' in answer and "output_mappings" not in answer


def test_problem_has_numbers_rows_and_short_samples():
    rows = right("turtle")
    for i in (3, 17, 20, 21):
        rows[i]["instruction"] = ["\x1b[31m" + "x" * 500 + "\n"]
    (problem,) = graded("turtle", rows).problems
    assert "4 of 104" in problem.message
    assert problem.rows == (3, 17, 20)
    assert all(len(s) < 70 and "\x1b" not in s and "\n" not in s for s in problem.samples)
    assert "row 17: " in repr(graded("turtle", rows))


def test_three_problems_at_the_most_are_shown():
    rows = changed("lion", 20, response="sorry", evolved_instruction="?", instruction=None)[:20]
    report = graded("lion", rows)
    hidden = len(report.problems) - 3
    assert hidden > 0 and f"and {hidden} more" in repr(report)
    assert re.findall(r"(?m)^(\d)\. ", repr(report)) == ["1", "2", "3"]


def test_causes_come_before_consequences():
    rows = [{"generation": "It is a cat."} for _ in range(3)]
    assert codes(graded("turtle", rows))[:3] == ["missing_column", "missing_column", "few_rows"]


@pytest.mark.parametrize("lang", LANGS)
def test_wording(lang):
    for name, message in MESSAGES.items():
        text = message[lang]
        what, fix = text.split("\n")
        assert len(what) > 5 and len(fix) > 5, name
        fields = [set(re.findall(r"(?<!{){(\w+)}", message[x])) for x in LANGS]
        assert fields[0] == fields[1], name
        assert not re.search(r"NoneType|Traceback|Error|Exception|\bNone\b|\bnan\b|\bstr\b", text)
    assert {*WORDS["en"]} == {*WORDS["zh"]} and all(WORDS[lang].values())
    if lang == "zh":
        texts = [message["zh"] for message in MESSAGES.values()]
        assert all(re.search(r"[，。：；“”]", text) and text.endswith("。") for text in texts)
        for text in [*texts, *WORDS["zh"].values()]:
            text = text.replace("{source}", "种子")
            assert not re.search(r"[\u4e00-\u9fff`][,;:!?.]|[\u4e00-\u9fff]\(", text), text
            assert not re.search(r"[\u4e00-\u9fff][A-Za-z0-9`{]|[A-Za-z0-9`}][\u4e00-\u9fff]", text)


@pytest.mark.parametrize("lang", LANGS)
def test_every_report_is_in_the_language_asked_for(lang):
    one_of_each_code = {code: (tier, make) for tier, _, make, code in WRONG}
    for tier, make in one_of_each_code.values():
        report = graded(tier, make(tier), lang)
        for problem in report.problems:
            chinese = re.search(r"[\u4e00-\u9fff]", problem.message)
            assert bool(chinese) == (lang == "zh"), problem.message
            assert "{" not in re.sub(r'\{"[^}]*\}', "", problem.message)


# ---- never in the way ----
@pytest.mark.parametrize("lang", LANGS)
def test_untouched_stubs_are_not_started(lang, capsys):
    for tier, icon in TIERS.items():
        report = graded(tier, None, lang)
        assert (report.ok, report.started, report.problems) == (False, False, ())
        assert repr(report).startswith(f"{icon} ⬜") and f"exercise-{tier}" in repr(report)
    progress("instruction", lang)
    assert capsys.readouterr().out.count("⬜") == 3


def garbage(seed: int) -> str:
    rng = random.Random(seed)
    letters = "abc 什么\n\t\x00\x1b[]{}<>#%\\“”\ufffd\ud83d\u200b?！。0123"
    return "".join(rng.choice(letters) for _ in range(rng.choice([0, 1, 2, 5, 40, 400])))


def garbage_rows(tier: str) -> list[dict]:
    columns = instruction.COLUMNS[tier]
    return [{c: garbage(97 * i + k) for k, c in enumerate(columns)} for i in range(120)]


STRANGE = [Hostile(), [Hostile()], object, print, b"x", {1}, [[]], [{}], [{1: 2}], [None], {}, ()]
STRANGE += [[{"instruction": Hostile(), "response": {}}], pd.DataFrame(), pd.DataFrame([[1, "x"]])]
STRANGE += [[{"instruction": "", "response": ""}] * 50, Dataset.from_dict({}), pd.Series(["x"])]
STRANGE += [pd.DataFrame([["a", "b"]], columns=["response", "response"]), float("nan"), False]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("tier", TIERS)
def test_no_answer_raises(tier, lang, capsys):
    for answer in [*STRANGE, garbage_rows(tier)]:
        report = graded(tier, answer, lang)
        assert report.problems and not report.ok
        print(repr(report).encode("utf-8"))
        progress("instruction", lang)


def test_a_fault_of_the_check_itself_is_not_hidden(monkeypatch):
    monkeypatch.setattr(instruction, "problems", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        graded("turtle", right("turtle"))


def test_what_is_given_may_be_a_table():
    import pandas

    topics = pandas.DataFrame({"topic": ["tea", "rain"]})
    for given in (topics, topics["topic"], topics["topic"].to_numpy()):
        assert check("instruction", "turtle", right("turtle"), topics=given).started


def test_authors_are_told_what_is_wrong_with_a_call():
    for arguments in (
        ("preference", "turtle", [], "en"),
        ("instruction", "cat", [], "en"),
        ("instruction", "turtle", [], "fr"),
        ("instruction", "turtle", [], "en"),  # no topics given
    ):
        with pytest.raises(ValueError):
            check(*arguments)
    with pytest.raises(ValueError):
        check("instruction", "dog", [{}], seeds=[])
    with pytest.raises(ValueError):
        progress("nothing")


# ---- the board ----
def test_progress_follows_the_latest_checks(capsys):
    def board() -> list[str]:
        progress("instruction")
        return capsys.readouterr().out.splitlines()

    assert [line.split()[1] for line in board()[:3]] == ["⬜", "⬜", "⬜"]
    graded("turtle", right("turtle"))
    graded("dog", "text")
    lines = board()
    assert [line.split()[:2] for line in lines[:3]] == [["🐢", "✅"], ["🐕", "🔧"], ["🦁", "⬜"]]
    assert len(lines) == 4 and "exercise-dog" in lines[3]
    graded("dog", right("dog"))
    assert "exercise-lion" in board()[3]
    graded("lion", right("lion"))
    assert "export" in board()[3]
    graded("turtle", None)
    assert board()[0].split()[1] == "⬜"


# ---- measures ----
@pytest.mark.parametrize("lang", LANGS)
def test_right_data_is_not_accused(lang):
    """Limits must not catch what the world's own questions and answers look like."""
    composer = Composer(lang, random.Random(7))
    library = measures.Library([seed["document"] for seed in seeds.documents(lang)], lang)
    mutations = ("CONSTRAINTS", "DEEPENING", "CONCRETIZING", "INCREASED_REASONING_STEPS", "BREADTH")
    for i in range(500):
        question = composer.question()
        evolved = composer.evolve(question, mutations[i % 5])
        answer = composer.answer(evolved)
        assert gains(question.text, evolved.text)
        assert rouge_l(question.text, evolved.text) < instruction.NEARLY_EQUAL
        assert not library.holds(evolved.text)
        assert not leak_in(evolved.text, phrases=True) and not begs_off(answer)
        for text in (question.text, evolved.text, answer):
            assert in_language(text, lang) and not says_nothing(text)


def test_a_thousand_rows_take_no_time():
    composer = Composer("en", random.Random(9))
    rows = [
        {"document": "x", "instruction": composer.any_question().text, "response": "y"}
        for _ in range(1_000)
    ]
    start = time.process_time()
    graded("dog", rows)
    assert time.process_time() - start < 3
