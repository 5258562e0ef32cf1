"""The failure lab: each broken pipeline is told apart from its repair, in both languages."""

import numpy as np
import pytest

from smolsynth import seeds
from smolsynth.exercises import check_repair
from smolsynth.exercises.repairs import CASES
from smolsynth.exercises.words import WORDS
from training.world import LANGS

RATED = [
    {"instruction": "a?", "generations": ["one", "two"], "ratings": [5, 3]},
    {"instruction": "b?", "generations": ["three", "four"], "ratings": [4, 4]},
    {"instruction": "c?", "generations": ["five", "six"], "ratings": [1, 4]},
    {"instruction": "d?", "generations": ["seven", "eight"], "ratings": [None]},
    {"instruction": "e?", "generations": ["same", "same"], "ratings": [5, 1]},
    {"instruction": "f?", "generations": ["two", "one"], "ratings": [3, 1]},  # elsewhere worse
]
GOOD_PAIRS = [
    {"chosen": "one", "rejected": "two"},
    {"chosen": "six", "rejected": "five"},
    {"chosen": "two", "rejected": "one"},
]
SOUPS = ("soup", "broth", "stew", "stock")
PROMPTS = [f"Write a question about {soup}." for soup in SOUPS]
KNOWN = {"en": "What is {}?", "zh": "{}是什么？"}
TO_RATE = [{"instruction": f"q{i}", "generations": ["a", "b"]} for i in range(5)]
TO_RATE[2]["generations"] = None
CANDIDATES = [
    {"instruction": name, "evol_instruction_score": s, "evol_response_score": 1, "embedding": e}
    for name, s, e in (
        ("best", 5, [1, 0, 0]),
        ("copy of the best", 4, [1, 0.1, 0]),
        ("second", 3, [0, 1, 0]),
        ("third", 2, [0, 0, 1]),
        ("last", 1, [-1, 0, 0]),
    )
]


def turn(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": "a?"}, {"role": "assistant", "content": text}]


def drawn(generator: np.random.Generator) -> list[str]:
    return [f"{n} + {n} = ?" for n in generator.integers(10**6, size=9)]


def seeded(seed: int) -> list[str]:
    return drawn(np.random.default_rng(seed))


def selected(*names: str) -> list[dict]:
    return [row for name in names for row in CANDIDATES if row["instruction"] == name]


def rated(*numbers: int) -> list[dict]:
    return [{"instruction": f"q{i}", "ratings": [5, 3]} for i in numbers]


# case: (what else check_repair needs, [good answers], [(bad answer, code of its first problem)])
SHEETS = {
    "seed": (
        {},
        [seeded],
        [
            (
                lambda seed: drawn(np.random.default_rng()),
                "seed_not_applied",
            ),
            (lambda seed: ["1 + 1 = ?"] * 6, "seed_without_effect"),
            (lambda seed: [], "no_texts"),
            (["no function"], "no_function"),
            (lambda: ["no seed"], "raised"),
        ],
    ),
    "one-step": (
        {"prompts": PROMPTS},
        [],  # in test_attack.py, where it is in both languages
        [
            (
                [{"instruction": p, "response": "What is soup?"} for p in PROMPTS],
                "prompt_is_instruction",
            ),
            ([{"instruction": "Soup?", "response": "What is soup?"}] * 4, "question_is_response"),
            ([{"instruction": "Soup.", "response": "soup"}] * 4, "question_is_response"),
            ([{"instruction": "What is soup?"}], "no_column"),
        ],
    ),
    "formatter": (
        {"rated": RATED},
        [
            GOOD_PAIRS,
            [{name: turn(text) for name, text in pair.items()} for pair in GOOD_PAIRS],
        ],
        [
            ([*GOOD_PAIRS, {"chosen": "three", "rejected": "three"}], "tie_kept"),
            ([*GOOD_PAIRS, {"chosen": "three", "rejected": "four"}], "tie_reversed"),
            ([{"chosen": "five", "rejected": "six"}, *GOOD_PAIRS[::2]], "tie_reversed"),
            (GOOD_PAIRS[:1], "rows_lost"),
            ([{"chosen": "one"}], "no_column"),
        ],
    ),
    "batches": (
        {"rows": TO_RATE},
        [rated(0, 1, 3, 4), rated(0, 1, 2, 3, 4)],
        [
            (rated(0, 1), "rows_lost"),
            ([*rated(0, 1, 2, 3), {"instruction": "q4", "ratings": None}], "none_kept"),
            ([*rated(0, 1, 2, 3), {"instruction": "q4", "ratings": [5, None]}], "none_kept"),
            ([{"instruction": "q1"}], "no_column"),
        ],
    ),
    "selection": (
        {"candidates": CANDIDATES, "budget": 3},
        [selected("best", "second", "third")],
        [
            (selected("second", "third", "last"), "best_lost"),
            (selected("copy of the best", "second", "third"), "best_lost"),
            (selected("best", "second"), "best_lost"),
            (selected("best", "copy of the best", "second"), "alike_kept"),
            (selected("best", "second", "third", "last"), "over_budget"),
            ([{"instruction": "new"}], "strangers"),
        ],
    ),
}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("case", SHEETS)
def test_repairs_pass_and_what_is_broken_does_not(case, lang):
    given, good, bad = SHEETS[case]
    for answer in good:
        report = check_repair(case, answer, lang=lang, **given)
        assert report.ok, report
        assert WORDS[lang][f"praise_repair_{case}"][:4] in repr(report)
    for answer, code in bad:
        report = check_repair(case, answer, lang=lang, **given)
        assert not report.ok
        assert f"lab-{case}" in repr(report)
        assert report.problems[0].code == code


@pytest.mark.parametrize("lang", LANGS)
def test_pre_query(lang):
    names = [row["concept"] for row in seeds.documents(lang, 16)]
    good = [{"instruction": KNOWN[lang].format(name)} for name in names]
    assert check_repair("template", good, lang=lang).ok
    for text in ("<|im_start|>assistant", "It helps a lot.", KNOWN["zh" if lang == "en" else "en"]):
        report = check_repair("template", [*good[:5], *[{"instruction": text}] * 5], lang=lang)
        assert not report.ok and report.problems[0].rows == (5, 6, 7)


def test_not_started_and_what_is_no_dataset():
    for case, (_, _, needed) in CASES.items():
        given = {name: [] if name != "budget" else 1 for name in needed}
        report = check_repair(case, None, **given)
        assert not report.ok and f"exercise-{case}" in repr(report)
        if case != "seed":
            for answer in ("text", [1, 2], [], {"a": [1]}):
                assert not check_repair(case, answer, **given).ok


def test_what_it_refuses():
    with pytest.raises(ValueError, match="case must be one of"):
        check_repair("flat-tyre", [])
    with pytest.raises(ValueError, match='"en" or "zh"'):
        check_repair("formatter", [], lang="fr", rated=[])
    with pytest.raises(ValueError, match="needs rated"):
        check_repair("formatter", [])


def test_messages_say_what_happened_and_where():
    def message(case, answer, **given):
        problem = check_repair(case, answer, **given).problems[0]
        assert problem.cell == f"lab-{case}"
        return problem.message

    assert "KeyError: 'x'" in message("seed", lambda seed: {}["x"])
    assert "AssertionError" in message("seed", lambda seed: (_ for _ in ()).throw(AssertionError()))
    assert "SystemExit" in message("seed", lambda seed: exit())
    assert "list of texts" in message("seed", lambda seed: None)
    assert "mended_formatted" in message("formatter", {"train": 1}, rated=RATED)
    many = {f"\x1b[31mcolumn {i}\n": "" for i in range(300)}
    assert len(text := message("formatter", [many], rated=RATED)) < 500
    assert "\x1b" not in text and text.count("\n") == 1


def test_a_function_that_never_ends_is_stopped_and_random_numbers_are_left_alone():
    def endless(seed):
        rng = np.random.default_rng(seed)
        while True:
            yield from drawn(rng)

    np.random.seed(3)
    before = np.random.get_state()[1].tolist()
    assert check_repair("seed", endless).ok
    assert not check_repair("seed", lambda seed: np.random.seed(seed)).ok
    assert np.random.get_state()[1].tolist() == before
