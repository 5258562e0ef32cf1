"""An attack on the checks of the exercises: answers with the verdict that a teacher would give.

The answers are right ones, variations that leave them right, and faults that make them wrong.
"""

import random
import re
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from datasets import Dataset

from smolsynth import exercises, join_thoughts, seeds
from smolsynth.exercises import check, check_repair
from tests.answers import (
    COLUMNS,
    EVOLVE,
    GIVEN,
    LANGS,
    REPAIR,
    SAID,
    SAY,
    Change,
    answer,
    asked_and_said,
    backwards,
    cells,
    copies,
    cut,
    first_sentence,
    foreign,
    frame,
    given,
    instructions,
    moved,
    numbered,
    other_middle,
    pairs,
    problems,
    prompts,
    rated,
    sampled,
    say,
    solved,
    statements,
    swapped,
    template,
    to_rate,
    training,
    turns,
    unknown,
    without,
)

ANY_FORM: dict[str, Change] = {
    "as it is": lambda rows, lang: rows,
    "a Dataset": lambda rows, lang: Dataset.from_list(rows),
    "a DataFrame with more columns": frame,
    "shuffled": lambda rows, lang: random.Random(1).sample(rows, len(rows)),
    "backwards": lambda rows, lang: rows[::-1],
    "columns in another order": lambda rows, lang: [dict(reversed(row.items())) for row in rows],
    "strings of numpy": lambda rows, lang: [
        {k: np.str_(v) if isinstance(v, str) else v for k, v in row.items()} for row in rows
    ],
    "a repeated row": lambda rows, lang: [*rows, rows[3]],
}
INSTRUCTION_FORM: dict[str, Change] = {
    "a few refusals": cells(3, response=unknown),
    "bold": cells(30, response=lambda row, lang: f"**{row['response']}**"),
    "a list": cells(9, response=lambda row, lang: f"- {row['response']}\n- {row['response'][:9]}"),
    "emoji": cells(9, response=lambda row, lang: row["response"] + " 🙂"),
    "white space": cells(response=lambda row, lang: row["response"] + " \n"),
    "one without a full stop": cells(2, response=lambda row, lang: row["response"][:-1]),
    "politely asked": cells(
        9,
        instruction=lambda row, lang: (
            ("Please: " if lang == "en" else "请问，") + row["instruction"]
        ),
    ),
    "other rows beside": lambda rows, lang: (
        rows
        + [
            {**rows[0], "topic": "x", "document": "y z", "instruction": q, "response": a}
            for q, a in OWN[lang]
        ]
    ),
}
OWN = {
    "en": [
        ("Who built the old bridge?", "A mason from Bern built it."),
        ("How old is it?", "A century."),
    ],
    "zh": [("那座老桥是谁修的？", "是一位伯尔尼的石匠修的。"), ("它有多少年了？", "一百年了。")],
}
RIGHT: list[tuple[str, str, str, Change]] = [
    ("instruction", tier, name, change)
    for tier in COLUMNS
    for name, change in (ANY_FORM | INSTRUCTION_FORM).items()
    if (tier, name) != ("lion", "a few refusals")
]
RIGHT += [
    (exercise, tier, name, change)
    for exercise in ("preference", "verified")
    for tier in COLUMNS
    for name, change in ANY_FORM.items()
]


def right(exercise: str, tier: str, **changes: Change) -> None:
    RIGHT.extend((exercise, tier, name, change) for name, change in changes.items())


def system_prompts(rows: list[dict], lang: str) -> list[dict]:
    words = {"en": "You answer questions about {}.", "zh": "你回答关于{}的问题。"}[lang]
    return [{**r, "system_prompt": words.format(r["topic"]), "topic": None} for r in rows]


right("instruction", "turtle", topic_in_the_system_prompt=system_prompts)
right("instruction", "turtle", forty_rows=lambda rows, lang: rows[:40])
for _tier in ("dog", "lion"):
    right(
        "instruction",
        _tier,
        a_response_is_its_document=cells(1, response=lambda row, lang: row["document"]),
        a_name_and_no_more=cells(
            1, instruction=lambda row, lang: {"en": "A cat?", "zh": "说说合成数据。"}[lang]
        ),
    )
right("instruction", "lion", thirty_rows=lambda rows, lang: rows[:30])
right("instruction", "lion", no_row_of_a_document=lambda rows, lang: rows[2:])
RATINGS = {
    "half_a_point": (4.5, 4),
    "from_0_to_1": (0.9, 0.4),
    "decimals": (Decimal("4.5"), Decimal(3)),
    "floats_of_numpy": (np.float32(4), np.int64(2)),
}
for _tier in ("turtle", "dog"):
    for _name, (_high, _low) in RATINGS.items():
        right("preference", _tier, **{_name: cells(chosen_rating=_high, rejected_rating=_low)})
right("preference", "turtle", twenty_pairs=lambda rows, lang: rows[:20])
right(
    "preference", "turtle", a_rejected_echo=cells(1, rejected=lambda row, lang: row["instruction"])
)
right("preference", "turtle", some_refusals=cells(9, rejected=unknown))
right(
    "preference",
    "turtle",
    a_rejected_one_cut_off=cells(4, rejected=lambda r, la: cut(r, la, "rejected")),
)
right("preference", "turtle", a_type=cells(1, chosen=lambda row, lang: SAY["type"][lang]))
right("preference", "turtle", the_given=cells(1, chosen=lambda row, lang: SAY["the given"][lang]))
right(
    "preference",
    "turtle",
    some_rejected_alike=cells(9, rejected=lambda row, lang: SAY["bad"][lang]),
)
right(
    "preference",
    "turtle",
    two_pairs_of_an_instruction=lambda rows, lang: (
        rows
        + [{**row, "rejected": SAY["statement"][lang].format(row["rejected"][:6])} for row in rows]
    ),
)
right("preference", "dog", white_space=cells(chosen=lambda row, lang: row["chosen"] + "\n"))
right(
    "preference",
    "dog",
    the_old_one_is_better_now_and_then=cells(
        4, response=lambda r, la: r["chosen"], evolved_response=lambda r, la: r["rejected"]
    ),
)
right("preference", "lion", ten_pairs=lambda rows, lang: rows[:10])
right(
    "preference", "lion", a_critique_of_one_word=cells(1, critique=lambda r, la: r["rewritten"][:3])
)
right(
    "preference",
    "lion",
    a_critique_that_says_what_is_right=cells(1, critique=lambda r, la: r["rewritten"]),
)

# ---- wrong answers, with a problem that the report must name ----
WRONG: list[tuple[str, str, str, Change, str]] = []


def wrong(exercise: str, tiers: str, code: str, **changes: Change) -> None:
    WRONG.extend(
        (exercise, tier, name, change, code)
        for tier in tiers.split()
        for name, change in changes.items()
    )


ALL, SEEDED = "turtle dog lion", "dog lion"
wrong(
    "instruction", "turtle dog", "question_is_response", swapped=swapped("instruction", "response")
)
wrong(
    "instruction",
    "lion",
    "copied_seed",
    swapped=swapped("evolved_instruction", "response"),
)
wrong("instruction", "turtle dog", "duplicates", one_row=copies())
wrong("instruction", "turtle", "duplicates", one_row_a_topic=copies("topic"))
wrong("instruction", "dog", "duplicates", one_row_a_document=copies("document"))
wrong(
    "instruction",
    "lion",
    "duplicates",
    one_row=copies(),
    one_instruction=copies("evolved_instruction"),
)
wrong("instruction", "turtle dog", "near_duplicates", numbered=numbered("instruction", "numbered"))
wrong("instruction", ALL, "same_response", template=template, one_response=copies("instruction"))
wrong("instruction", ALL, "wrong_language", other_language=foreign("response"))
wrong("instruction", "turtle dog", "wrong_language", asked_in_another=foreign("instruction"))
wrong(
    "instruction",
    "turtle dog",
    "faulty",
    begging_off=cells(0.4, response=unknown),
)
wrong("instruction", ALL, "faulty", cut=cells(response=cut), some_cut=cells(0.4, response=cut))
wrong("instruction", "turtle", "apart", statements=statements)
wrong(
    "instruction",
    "turtle dog",
    "faulty",
    marks=cells(0.3, response=lambda row, lang: row["response"] + "<|im_end|>"),
)
wrong(
    "instruction",
    "turtle dog",
    "question_is_response",
    fault_of_the_lab=cells(
        response=lambda row, lang: row["instruction"], instruction=say("ask", "response")
    ),
)
wrong(
    "instruction", "turtle", "apart", responses_moved=moved("response"), topics_moved=moved("topic")
)
wrong(
    "instruction",
    SEEDED,
    "apart",
    responses_moved=moved("response", 3),
    documents_moved=moved("document", 3),
)
wrong("instruction", "dog", "apart", responses_moved_by_one=moved("response", 1))
wrong(
    "instruction",
    "turtle",
    "missed_topics",
    no_topic=without("topic"),
    topics_none=cells(topic=None),
    one_topic=cells(topic=lambda row, lang: seeds.topics(lang)[0]),
    seven_lost=lambda rows, lang: [
        r for r in rows + rows if r["topic"] not in seeds.topics(lang)[:7]
    ],
)
wrong(
    "instruction",
    ALL,
    "empty_cell",
    no_responses=cells(5, response=None),
    blank=cells(1, response=" \n"),
)
wrong(
    "instruction",
    ALL,
    "missing_column",
    renamed=lambda rows, lang: [
        {"generation" if k == "response" else k: v for k, v in row.items()} for row in rows
    ],
)
wrong("instruction", ALL, "few_rows", few=lambda rows, lang: rows[:24])
wrong("instruction", ALL, "list_cell", lists=cells(response=lambda row, lang: [row["response"]]))
wrong(
    "instruction",
    "turtle dog",
    "echo",
    echoes=cells(0.5, response=lambda row, lang: row["instruction"]),
)
wrong("instruction", "dog", "unused_seeds", a_document_lost=lambda rows, lang: rows[3:])
wrong(
    "instruction",
    SEEDED,
    "unknown_document",
    topics=cells(document=lambda row, lang: row["instruction"]),
)
wrong(
    "instruction",
    SEEDED,
    "copied_seed",
    sentences=cells(instruction=first_sentence),
    middle_changed=cells(instruction=other_middle),
    reversed_words=cells(instruction=backwards),
    documents=cells(1, instruction=lambda row, lang: row["document"]),
    all_responses=cells(response=lambda row, lang: row["document"]),
)
EVOLVED = "evolved_instruction"
wrong(
    "instruction",
    "lion",
    "unused_seeds",
    four_documents=lambda rows, lang: [
        {**row, "instruction": f"{row['instruction']} ({i})", EVOLVED: f"{row[EVOLVED]} ({i})"}
        for i in range(5)
        for row in rows[:8]
    ],
)
wrong(
    "instruction",
    "lion",
    "evolved_unchanged",
    unchanged=cells(1, **{EVOLVED: lambda r, la: r["instruction"]}),
)
wrong(
    "instruction",
    "lion",
    "no_information_gain",
    politely=cells(**{EVOLVED: say("polite", "instruction")}),
    a_word_without_sense=cells(**{EVOLVED: lambda r, la: f"{r['instruction']} xyzzy"}),
    a_number=lambda rows, lang: [
        {**r, EVOLVED: f"{r['instruction']} {i}"} for i, r in enumerate(rows)
    ],
    one_form=cells(**{EVOLVED: lambda r, la: EVOLVE[la].split("|")[0].format(r["instruction"])}),
)
wrong(
    "instruction",
    "lion",
    "leaked_prompt",
    leaked=cells(1, **{EVOLVED: say("leak", EVOLVED)}),
    leaked_into_the_response=cells(1, response=say("leak", "response")),
)
wrong("instruction", "lion", "refusal", begging_off=cells(1, response=unknown))
wrong(
    "instruction",
    "lion",
    "duplicates",
    one_instruction_evolved=cells(
        instruction=lambda row, lang: instructions("lion", lang)[0]["instruction"]
    ),
)

PAIR = "chosen", "rejected"
wrong("preference", ALL, "exchanged", exchanged=swapped(*PAIR))
wrong("preference", ALL, "tie", ties=cells(2, rejected_rating=5))
wrong(
    "preference", ALL, "wrong_order", reversed_ratings=swapped("chosen_rating", "rejected_rating")
)
wrong(
    "preference",
    ALL,
    "not_a_rating",
    as_text=cells(chosen_rating="5"),
    none=cells(1, rejected_rating=None),
    nan=cells(1, chosen_rating=float("nan")),
    true=cells(chosen_rating=True),
)
wrong("preference", ALL, "same_pair", same=cells(1, rejected=lambda row, lang: row["chosen"] + " "))
wrong("preference", "turtle", "echo", echo=cells(1, chosen=lambda row, lang: row["instruction"]))
wrong("preference", ALL, "few_rows", few=lambda rows, lang: rows[:9])
wrong(
    "preference",
    ALL,
    "few_instructions",
    one_instruction=cells(instruction=lambda row, lang: pairs("turtle", lang)[0]["instruction"]),
)
wrong(
    "preference", "turtle", "duplicates", one_pair=copies(), one_pair_of_texts=copies("instruction")
)
wrong(
    "preference",
    "turtle",
    "duplicates",
    numbered=lambda rows, lang: numbered("rejected")(numbered("chosen")(rows, lang), lang),
)
wrong("preference", "turtle", "duplicates", twice=lambda rows, lang: rows * 2)
wrong(
    "preference",
    "turtle",
    "apart",
    instructions_moved=moved("instruction", 2),
    chosen_moved=moved("chosen", 2),
)
wrong(
    "preference",
    "turtle",
    "unknown_instruction",
    others=cells(instruction=lambda row, lang: row["instruction"] + "?!" + row["rejected"]),
)
wrong(
    "preference",
    "turtle",
    "same_response",
    bad=cells(rejected=lambda row, lang: SAY["bad"][lang]),
    x=cells(rejected="xxxx"),
)
wrong(
    "preference",
    "turtle",
    "rejected_by_form",
    cut=cells(rejected=lambda row, lang: cut(row, lang, "chosen")),
    other_language=foreign("rejected"),
    rubric=cells(rejected=say("rubric", "rejected")),
    refusals=cells(rejected=unknown),
)
wrong(
    "preference",
    "turtle",
    "leaked_rubric",
    rating_in_all=cells(chosen=say("rubric", "chosen")),
    score_in_all=cells(chosen=say("score", "chosen")),
    prompt=cells(1, chosen=say("leak", "chosen")),
)
wrong("preference", "turtle", "wrong_language", other_language=foreign("chosen"))
wrong("preference", ALL, "empty_cell", blank=cells(1, chosen=" "))
wrong(
    "preference",
    ALL,
    "list_cell",
    turns=cells(chosen=lambda row, lang: [{"role": "assistant", "content": row["chosen"]}]),
)
wrong("preference", SEEDED, "foreign_response", other=cells(1, chosen=say("bad", "chosen")))
wrong(
    "preference",
    "lion",
    "not_rewritten",
    old_ones=swapped("response", "rewritten"),
    an_old_one=cells(
        1, response=lambda r, la: r["rewritten"], rewritten=lambda r, la: r["response"]
    ),
)
wrong("preference", "lion", "small_margin", one_apart=cells(1, rejected_rating=4))
for _tier in ("turtle", "dog"):
    wrong("instruction", _tier, "empty_cell", dots=cells(response="..."))
wrong(
    "preference",
    "lion",
    "no_critique",
    one=cells(critique=lambda row, lang: SAY["bad"][lang]),
    the_instruction=cells(critique=lambda row, lang: row["instruction"]),
    the_response=cells(critique=lambda row, lang: row["response"]),
    numbered=lambda rows, lang: [
        {**row, "critique": f"{SAY['bad'][lang]} {number}"} for number, row in enumerate(rows)
    ],
)
wrong(
    "preference",
    "lion",
    "critique_in_answer",
    the_rewriting=cells(critique=lambda r, la: r["rewritten"]),
)
wrong(
    "preference",
    "dog",
    "response_unchanged",
    unchanged=lambda rows, lang: [
        {
            **row,
            "evolved_response": row["response"],
            "chosen": row["response"],
            "rejected": row["response"] + "!",
        }
        for row in rows
    ],
)
wrong(
    "preference",
    "dog",
    "longer_only",
    twice=cells(
        evolved_response=lambda r, la: r["response"] * 2,
        chosen=lambda r, la: r["response"] * 2,
        rejected=lambda r, la: r["response"],
    ),
)


# ---- verified ----
def off_by_one(row: dict, lang: str) -> str:
    return solved(expected_of(row, lang), lang, 1)[1]


def expected_of(row: dict, lang: str) -> dict:
    return next(one for one in problems(lang) if one["instruction"] == row["instruction"])


def boxed(row: dict, lang: str) -> str:
    return rf"\boxed{{{expected_of(row, lang)['expected']}}}"


right("verified", "turtle", sixty_rows=lambda rows, lang: rows[:60])
right("verified", "turtle", no_thoughts=without("thoughts"), in_boxes=cells(response=boxed))
right(
    "verified",
    "dog",
    two_answers_to_a_problem=lambda rows, lang: [
        *rows,
        *({**row, "thoughts": f"1 + 1 = 2\n{row['thoughts']}"} for row in rows[:20]),
    ],
    one_difficulty_less=lambda rows, lang: (
        [r for r in rows + rows[:1] if r["pass_rate"] != 0.25]
        + [{**r, "thoughts": "2 + 2 = 4\n" + r["thoughts"]} for r in rows if r["pass_rate"] == 0.5]
    ),
    numpys=cells(pass_rate=lambda r, la: np.float64(r["pass_rate"]), verified=np.bool_(True)),
)
right("verified", "lion", thirty_pairs=lambda rows, lang: rows[:30])
ANSWERED = "turtle dog"
wrong("verified", ANSWERED, "not_right", one_of_them=cells(1, response=off_by_one))
wrong(
    "verified",
    ANSWERED,
    "not_right",
    shifted=moved("response"),
    two_answers=cells(
        1, response=lambda r, la: f"{SAID[la].format(1)} {'or' if la == 'en' else '或者'} 2"
    ),
    a_number_on_its_way=cells(1, response=lambda r, la: f"{r['thoughts']}. {SAID[la].format(0)}"),
)
wrong("verified", ANSWERED, "bad_rate", zero=cells(1, pass_rate=0), text=cells(pass_rate="0.5"))
wrong("verified", "turtle", "one_rate", one=cells(pass_rate=1.0))
wrong("verified", "turtle", "not_verified", no=cells(1, verified=False), words=cells(verified="y"))
wrong("verified", ANSWERED, "few_rows", few=lambda rows, lang: rows[:59])
wrong("verified", ANSWERED, "few_problems", few=lambda rows, lang: rows[:20] * 3)
wrong("verified", ANSWERED, "duplicates", twice=lambda rows, lang: rows * 2)
wrong("verified", ALL, "strange_problem", polite=cells(1, instruction=say("polite", "instruction")))
wrong("verified", ANSWERED, "missing_column", no_rate=without("pass_rate"))
wrong(
    "verified",
    ANSWERED,
    "copied_answer",
    the_key=cells(response=lambda r, la: expected_of(r, la)["expected"]),
)
wrong("verified", "dog", "wrong_step", one=cells(1, thoughts=lambda r, la: "2 + 2 = 5\n4 + 1 = 5"))
wrong("verified", "dog", "no_steps", words=cells(thoughts=lambda r, la: "Hmm."))
wrong("verified", "dog", "thoughts_apart", shifted=moved("thoughts", 3))
wrong(
    "verified",
    "dog",
    "thoughts_in_answer",
    whole=cells(response=lambda r, la: join_thoughts(r["thoughts"], r["response"])),
)
wrong("verified", "dog", "wrong_difficulty", medium=cells(difficulty="medium"))
wrong("verified", "dog", "always_kept", one=cells(1, pass_rate=1.0, difficulty="always"))
wrong(
    "verified",
    "dog",
    "one_difficulty",
    all_medium=cells(pass_rate=0.5, difficulty="medium"),
)
wrong("verified", "lion", "rejected_right", same=cells(1, rejected=lambda r, la: r["chosen"] + " "))
wrong("verified", "lion", "not_right", exchanged=swapped("chosen", "rejected"))
wrong(
    "verified",
    "lion",
    "rejected_unfinished",
    cut=cells(rejected=lambda r, la: r["rejected"].split("</think>")[0]),
)
wrong("verified", "lion", "lengths_apart", long=cells(rejected=lambda r, la: r["rejected"] * 2))
wrong(
    "verified",
    "lion",
    "length_tells",
    one_longer=cells(
        chosen=lambda r, la: r["chosen"].replace("<think>\n", "<think>\n1 + 1 = 2\n"),
        rejected=lambda r, la: r["rejected"].replace("<think>\n", "<think>\n1 + 1 =\n"),
    ),
)
wrong(
    "verified", "lion", "wrong_step", one=cells(1, chosen=lambda r, la: f"1 + 1 = 3\n{r['chosen']}")
)
wrong("verified", "lion", "few_rows", few=lambda rows, lang: rows[:29])
wrong("verified", "lion", "duplicates", twice=lambda rows, lang: rows * 2)

# ---- repairs ----
REPAIRED: list[tuple[str, str, Change]] = [
    ("one-step", "half_of_them", lambda rows, lang: rows[:8]),
    (
        "template",
        "with_turns_beside",
        cells(conversation=lambda row, lang: turns(row["instruction"])),
    ),
    (
        "formatter",
        "turns",
        cells(chosen=lambda r, la: turns(r["chosen"]), rejected=lambda r, la: turns(r["rejected"])),
    ),
    (
        "formatter",
        "turns_in_a_DataFrame",
        lambda rows, lang: pd.DataFrame(
            [{k: np.array(turns(v)) for k, v in row.items()} for row in rows]
        ),
    ),
    ("formatter", "white_space", cells(chosen=lambda r, la: r["chosen"] + "\n")),
    (
        "batches",
        "arrays",
        lambda rows, lang: pd.DataFrame(
            [{**row, "ratings": np.array(row["ratings"])} for row in rows]
        ),
    ),
    ("batches", "means", cells(ratings=lambda r, la: [n - 0.5 for n in r["ratings"]])),
    (
        "batches",
        "the_lost_one_rated_again",
        lambda rows, lang: [
            *rows,
            {"instruction": to_rate(lang)[17]["instruction"], "ratings": [5, 1]},
        ],
    ),
    ("batches", "one_that_the_judge_failed_on", lambda rows, lang: rows[1:]),
    ("seed", "with_more_texts", lambda make, lang: lambda seed: make(seed) * 2),
    ("seed", "a_tuple", lambda make, lang: lambda seed: tuple(make(seed))),
]
REPAIRED += [
    (case, name, change)
    for case in REPAIR
    for name, change in ANY_FORM.items()
    if case not in ("seed", "anywhere") and not (case == "formatter" and name == "a repeated row")
]
BROKEN: list[tuple[str, str, Change, str]] = []


def broken(case: str, code: str, **changes: Change) -> None:
    BROKEN.extend((case, name, change, code) for name, change in changes.items())


broken(
    "one-step",
    "prompt_is_instruction",
    as_it_was=lambda rows, lang: [
        {"instruction": p, "response": r["instruction"]}
        for p, r in zip(prompts(lang), rows, strict=True)
    ],
    swapped=lambda rows, lang: [
        {"instruction": r["instruction"], "response": p}
        for p, r in zip(prompts(lang), rows, strict=True)
    ],
    prompt_and_question=lambda rows, lang: [
        {**r, "instruction": f"{p} {r['instruction']}"}
        for p, r in zip(prompts(lang), rows, strict=True)
    ],
)
broken("one-step", "empty_cell", none=cells(response=None), blank=cells(response=""))
broken("one-step", "duplicates", one_row=copies(times=8))
broken("one-step", "wrong_language", other_language=foreign("instruction", "response"))
broken("one-step", "refusal", begging_off=cells(response=unknown))
broken("one-step", "same_response", one=cells(response=say("bad", "response")))
broken("one-step", "question_is_response", echo=cells(response=lambda r, la: r["instruction"]))
broken("one-step", "rows_lost", three=lambda rows, lang: rows[:3])
broken("template", "empty_cell", none=cells(instruction=None), blank=cells(instruction=""))
broken("template", "list_cell", lists=cells(instruction=lambda r, la: [r["instruction"]]))
broken("template", "rows_lost", one=lambda rows, lang: rows[:1], copies=copies(times=32))
broken("template", "no_instructions", garbage=cells(4, instruction="6 <|x|> 1"))
broken(
    "template",
    "no_instructions",
    statements=lambda rows, lang: [
        {"instruction": row["response"].split("：")[-1].split(": ")[-1]}
        for row in asked_and_said(lang)
    ],
)
broken("template", "wrong_language", other_language=foreign("instruction"))
broken("formatter", "tie_kept", tie=lambda rows, lang: [*rows, dict.fromkeys(PAIR, "so")])
broken(
    "formatter",
    "tie_reversed",
    exchanged=swapped(*PAIR),
    a_tie_with_two_texts=lambda rows, lang: [
        *rows,
        dict(zip(PAIR, rated(lang)[3]["generations"], strict=True)),
    ],
)
broken("formatter", "rows_lost", one=lambda rows, lang: rows[:1])
broken("formatter", "duplicates", copies=copies(times=15), repeats=lambda rows, lang: rows * 2)
broken("formatter", "empty_cell", none=cells(1, chosen=None))
broken(
    "batches",
    "rows_lost",
    as_it_was=lambda rows, lang: rows[:10],
    batches_of_two=lambda rows, lang: [r for i, r in enumerate(rows) if i != 16],
    batches_of_three=lambda rows, lang: [r for i, r in enumerate(rows) if i not in (15, 16)],
    copies=copies(times=20),
)
broken(
    "batches",
    "none_kept",
    words=cells(ratings="ok"),
    none=cells(1, ratings=None),
    a_dict=cells(1, ratings={0: None}),
    nan=cells(1, ratings=[5, float("nan")]),
    strings=cells(ratings=["5", "1"]),
    one_number=cells(ratings=[5]),
    three_numbers=cells(ratings=[5, 1, 2]),
    all_the_same=cells(ratings=[3, 3]),
    the_wrong_way_round=cells(ratings=lambda r, la: r["ratings"][::-1]),
)
broken("batches", "strangers", made_up=cells(2, instruction="?"))
broken(
    "seed",
    "no_texts",
    ints=lambda make, lang: lambda seed: [seed] * 12,
    nothing=lambda make, lang: lambda seed: None,
    a_dict=lambda make, lang: lambda seed: {"a": 1},
    one=lambda make, lang: lambda seed: make(seed)[:1],
    made_up=lambda make, lang: lambda seed: [f"The number is {seed} {i}." for i in range(12)],
)
broken("seed", "seed_without_effect", fixed=lambda make, lang: lambda seed: make(1))
broken(
    "seed",
    "seed_not_applied",
    dead=lambda make, lang: lambda seed, n=[0]: (n.append(0), make(len(n)))[1],
)
broken(
    "anywhere",
    "lets_in",
    as_it_was=lambda _, lang: lambda text, expected: expected.split()[0] in text,
    the_last_number=lambda _, lang: (
        lambda text, expected: (re.findall(r"\d+", text) or [""])[-1] == expected.split()[0]
    ),
    all_of_them=lambda _, lang: lambda text, expected: True,
)
broken(
    "anywhere",
    "loses",
    nothing=lambda _, lang: lambda text, expected: False,
    word_for_word=lambda _, lang: lambda text, expected: text == SAID[lang].format(expected),
)
broken("anywhere", "no_function", a_list=lambda _, lang: [True])
broken("anywhere", "raised", leaves=lambda _, lang: lambda text, expected: exit(1))
broken("numbers", "leak_kept", as_it_was=lambda rows, lang: training(lang))
broken("numbers", "rows_lost", few=lambda rows, lang: rows[:20])
broken("numbers", "strangers", made_up=cells(1, instruction="How much is 2 and 2?"))
broken(
    "easy",
    "hard_lost",
    easy_ones=lambda rows, lang: [
        row for row in rows if sum(r["instruction"] == row["instruction"] for r in rows) > 2
    ],
)
broken("easy", "not_right", all_of_them=lambda rows, lang: sampled(lang))
broken(
    "easy",
    "always_kept",
    all_right=lambda rows, lang: [row for row in sampled(lang) if row["verified"]],
)
broken("seed", "raised", leaves=lambda make, lang: lambda seed: exit(1))


@pytest.fixture(autouse=True)
def fresh_board(monkeypatch):
    monkeypatch.setattr(exercises, "_latest", {})


def codes(report) -> list[str]:
    return [problem.code for problem in report.problems]


def verdicts(lang: str):
    """(name, wanted code or None, codes of the report) of every answer."""
    for exercise, tier, name, change, *code in [*RIGHT, *WRONG]:
        made = change(answer(exercise, tier, lang), lang)
        report = check(exercise, tier, made, lang, **given(exercise, tier, lang))
        yield f"{exercise} {tier}: {name}", *(code or [None]), codes(report)
    for case, name, change, *code in [*REPAIRED, *BROKEN]:
        made = change(REPAIR[case](lang), lang)
        report = check_repair(case, made, lang, **GIVEN.get(case, lambda _: {})(lang))
        yield f"{case}: {name}", *(code or [None]), codes(report)


@pytest.mark.parametrize("lang", LANGS)
def test_every_answer_gets_the_verdict_that_it_deserves(lang):
    found = list(verdicts(lang))
    assert len(found) >= 300
    bad = [one for one in found if (one[1] not in one[2] if one[1] else one[2])]
    assert not bad, "\n" + "\n".join(
        f"{name}: wanted {want or 'ok'}, got {got}" for name, want, got in bad
    )
