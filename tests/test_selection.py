"""Selection as the papers do it: cases worked by hand, and the papers' own tools beside ours."""

import itertools
import random
import re

import numpy as np
import pytest

import smolsynth  # noqa: F401  before distilabel, to keep it quiet

# isort: split
from distilabel.steps import DeitaFiltering
from distilabel.steps.tasks import EvolInstruct, EvolQuality, SelfInstruct

from smolsynth.chinese import CRITERIA, EVOL_INSTRUCT, EVOL_QUALITY
from smolsynth.errors import StepFailed
from smolsynth.llms import load_llm
from smolsynth.pipelines import InProcessPipeline, try_step
from smolsynth.selection import (
    COMPLICATE_INPUT,
    DeitaSelection,
    DistinctTexts,
    EvolEliminations,
    LongestResponses,
    NovelInstructions,
    SelfConsistency,
    agreement,
    elimination,
    with_complicate_input,
)
from smolsynth.text.leaks import leak_in
from smolsynth.text.similarity import rouge_l


def instructions(*texts):
    return [{"instruction": text} for text in texts]


# --- Self-Instruct -------------------------------------------------------------------------------


def test_an_instruction_joins_the_pool_only_if_it_is_new_to_all_of_it():
    step = NovelInstructions(pool=["What is a cat?"], input_batch_size=2)
    rows = instructions(
        "What is a dog?",  # 0.75 with the seed
        "Where do cats live?",
        "Where do dogs live?",  # 0.75 with the one before, in another batch
        "Tell me something about the moon.",
        None,
        "?!",
    )
    kept = try_step(step, rows)
    assert [row["instruction"] for row in kept] == [
        "Where do cats live?",
        "Tell me something about the moon.",
    ]
    assert kept[0]["rouge_l"] == 0 and kept[0]["nearest"] == "What is a cat?"


def test_rows_can_be_compared_by_another_column():
    rows = [
        {"instruction": question, "response": response}
        for question, response in (
            ("What is a cat?", "A cat is a small mammal."),
            ("Tell me what a cat is.", "A cat is a small mammal."),
            ("What is a cat?", "It hunts mice at night."),
        )
    ]
    kept = try_step(NovelInstructions(column="response"), rows)
    assert [row["response"] for row in kept] == [rows[0]["response"], rows[2]["response"]]
    assert all(set(row) == {"instruction", "response", "rouge_l", "nearest"} for row in kept)


def test_the_threshold_itself_is_no_longer_new():
    rows = instructions("a b c d e f g h i j", "a b c d e f g x y z")  # 2 x 7 / 20
    assert len(try_step(NovelInstructions(), rows)) == 1
    assert len(try_step(NovelInstructions(threshold=0.71), rows)) == 2


def test_the_pool_is_the_one_of_a_plain_double_loop():
    draw = random.Random(1)
    words = "what is the use of a cat dog oven moon bread in winter or summer".split()
    texts = [" ".join(draw.choices(words, k=draw.randint(3, 8))) for _ in range(300)]
    pool: list[str] = []
    for text in texts:
        if all(rouge_l(text, other) < 0.7 for other in pool):
            pool.append(text)
    kept = [row["instruction"] for row in try_step(NovelInstructions(), instructions(*texts))]
    assert kept == pool and 10 < len(pool) < 300


def test_a_second_round_goes_on_from_the_pool():
    first = try_step(NovelInstructions(), instructions("What is a cat?"))
    pool = [row["instruction"] for row in first]
    assert not try_step(NovelInstructions(pool=pool), instructions("what is a cat"))


# --- Evol-Instruct -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("evolved", "response", "reason"),
    [
        ("What is a cat, in one sentence?", "A small animal.", None),
        ("What is the cat?", "A small animal.", "nothing gained"),
        ("What is a cat? #Rewritten Prompt#", "A small animal.", "leaked prompt"),
        ("Answer the given prompt about a cat kindly.", "A small animal.", "leaked prompt"),
        ("What is a cat in Rome?", "Sorry, I can't say.", "refused"),
        ("What is a cat in Rome?", "Sorry! " + "It is an animal of note. " * 20, None),
        ("What is a cat in Rome?", "It is what it is ...", "empty answer"),
        ("What is a cat in Rome?", "", "empty answer"),
        ("用一句话说说猫是什么？", "一种小动物。", None),
        ("什么是猫呢？", "一种小动物。", "nothing gained"),
        ("请改写后的提示词：猫？", "一种小动物。", "leaked prompt"),
        ("用一句话说说猫是什么？", "抱歉，我不清楚。", "refused"),
        ("用一句话说说猫是什么？", "这是……的。", "empty answer"),
    ],
)
def test_the_four_eliminations(evolved, response, reason):
    before = "什么是猫？" if "猫" in evolved else "What is a cat?"
    assert elimination(before, evolved, response) == reason


def test_eliminated_rows_go_or_say_why():
    rows = [
        {"instruction": "What is a cat?", "evolved_instruction": evolved, "answer": answer}
        for evolved, answer in [("What is a cat in Rome?", "A pet."), ("What is a cat?", None)]
    ]
    assert [row["answer"] for row in try_step(EvolEliminations(), rows)] == ["A pet."]
    marked = try_step(EvolEliminations(keep=True), rows)
    assert [row["eliminated"] for row in marked] == [None, "empty answer"]


def test_distilabel_evolves_with_the_operation_that_it_lacks():
    templates = with_complicate_input()
    assert len(templates) == 6 and "<PROMPT>" in COMPLICATE_INPUT
    task = EvolInstruct(
        llm=load_llm(temperature=0),
        num_evolutions=1,
        mutation_templates={"COMPLICATE_INPUT": templates["COMPLICATE_INPUT"]},
    )
    (row,) = try_step(task, instructions("What is a cat?"))
    assert isinstance(row["evolved_instruction"], str)


def test_chinese_prompts_are_distilabel_s_in_chinese():
    """The same ways of evolving, with the same places to fill; and a copied heading is a leak."""
    for templates, task in ((EVOL_INSTRUCT, EvolInstruct), (EVOL_QUALITY, EvolQuality)):
        usual = set(task.model_fields["mutation_templates"].default)
        assert set(templates) - {"COMPLICATE_INPUT"} == usual
        for text in templates.values():
            places = re.findall(r"<[A-Z]+>", text)
            assert places == (["<PROMPT>", "<RESPONSE>"] if task is EvolQuality else ["<PROMPT>"])
            assert "{" not in text
            headings = re.findall(r"(?m)^#.+#：$", text)
            assert len(headings) == len(places) + 1
            assert all(leak_in(f"{one}\n什么是猫？") for one in headings if one != "#指令#：")
    task = SelfInstruct(llm=load_llm(), criteria_for_query_generation=CRITERIA)
    task.load()
    assert "请用中文提问" in task.format_input({"input": "猫"})[0]["content"]


# --- Deita ---------------------------------------------------------------------------------------


def candidate(name, score, *vector):
    return {
        "name": name,
        "evol_instruction_score": score,
        "evol_response_score": 1,
        "embedding": [float(x) for x in vector],
    }


def names(rows):
    return [row["name"] for row in rows]


def test_deita_by_hand():
    rows = [
        candidate("low", 1, 0, 1),
        candidate("copy of the best", 9, 1, 0),
        candidate("best", 10, 2, 0),  # same direction, other length
        candidate("near the best", 8, 0.95, 0.3122),  # cosine 0.95
        candidate("further", 7, 0.8, 0.6),  # 0.8 with the best
        candidate("near the further", 6, 0.7, 0.7141),  # 0.7 with the best, 0.99 with "further"
    ]
    selected = try_step(DeitaSelection(budget=6), rows)
    assert names(selected) == ["best", "further", "low"]
    assert selected[0]["deita_score"] == 10 and selected[0]["nearest_similarity"] is None
    assert selected[1]["nearest_similarity"] == pytest.approx(0.8, abs=1e-6)
    assert names(try_step(DeitaSelection(budget=2), rows)) == ["best", "further"]
    assert names(try_step(DeitaSelection(budget=6, threshold=1), rows))[:2] == [
        "best",
        "copy of the best",
    ]
    assert "best" not in names(
        try_step(DeitaFiltering(data_budget=6, diversity_threshold=0.1), rows)
    )


def test_deita_is_the_paper_s_loop_on_random_data():
    draw = np.random.default_rng(0)
    rows = [
        candidate(i, float(draw.integers(1, 30)), *draw.normal(size=4)) | {"name": i}
        for i in range(200)
    ]
    kept: list[dict] = []
    for row in sorted(rows, key=lambda row: -row["evol_instruction_score"]):
        vector = np.array(row["embedding"])
        cosines = [
            vector @ other / np.linalg.norm(vector) / np.linalg.norm(other)
            for other in (np.array(k["embedding"]) for k in kept)
        ]
        if all(cosine <= 0.9 for cosine in cosines):
            kept.append(row)
    selected = try_step(DeitaSelection(budget=200), rows)
    assert names(selected) == names(kept) and 20 < len(kept) < 200
    for one, two in itertools.combinations(selected[:30], 2):
        a, b = np.array(one["embedding"]), np.array(two["embedding"])
        assert a @ b / np.linalg.norm(a) / np.linalg.norm(b) <= 0.9 + 1e-6


def test_deita_says_what_is_wrong_with_embeddings():
    step = DeitaSelection(budget=2)
    with pytest.raises(StepFailed, match="differ in length"):
        try_step(step, [candidate("a", 1, 1, 0), candidate("b", 1, 1)])
    with pytest.raises(StepFailed, match="row 1 is all zeros"):
        try_step(DeitaSelection(budget=2), [candidate("a", 1, 1, 0), candidate("b", 1, 0, 0)])
    assert try_step(DeitaSelection(budget=2), []) == []


# --- Magpie --------------------------------------------------------------------------------------


def test_of_equal_texts_a_judge_reads_one():
    row = {
        "generations": ["It rains.", "It rains. ", None, "Water falls.", None],
        "models": ["a", "b", "b", "c", "a"],
    }
    [kept] = try_step(DistinctTexts(), [row])
    assert kept["generations"] == ["It rains.", None, "Water falls."]
    assert kept["models"] == ["a", "b", "c"]


def test_the_longest_responses_stay_whatever_they_are_worth():
    rows = [{"response": text} for text in ("Yes.", "bla " * 50, None, "A small animal, a pet.")]
    kept = try_step(LongestResponses(budget=2), rows)
    assert kept == [rows[1], rows[3]]


def test_the_steps_run_in_a_pipeline():
    from distilabel.steps import LoadDataFromDicts

    with InProcessPipeline(name="select") as pipeline:
        data = LoadDataFromDicts(data=instructions("What is a cat?", "what is a cat", "Why?"))
        data >> NovelInstructions()
    assert len(pipeline.run()["default"]["train"]) == 2


def test_agreement_by_hand():
    asked, said = "What does a kettle do?", "A kettle boils water quickly."
    others = ["It boils the water for tea.", "It is for water."]
    # of boils, water, quickly: two of three, and one of three
    assert agreement(asked, said, others) == pytest.approx((2 / 3 + 1 / 3) / 2)
    assert agreement(asked, said, ["It does what a kettle does."]) == 0
    assert agreement(asked, "A kettle does what a kettle does.", others) == 0  # nothing of its own


def test_what_a_model_says_again_is_told_from_what_it_says_once():
    row = {"instruction": "What is rain?", "response": "Rain is water that falls from clouds."}
    rows = [
        row | {"others": ["Water falls from the clouds.", "It falls from clouds as water."]},
        row | {"others": ["A festival in June.", "The name of a song."]},
        row | {"others": None},
        row | {"response": None, "others": ["Water."]},
        row | {"others": [None, "Water falls from clouds."]},
    ]
    again, once, none, empty, half = try_step(SelfConsistency(name="compare"), rows)
    assert again["agreement"] == half["agreement"] == 1 and once["agreement"] == 0
    assert none["agreement"] is None is empty["agreement"]
