"""Problems to sample and to test on, and data of verified answers as trainers take it."""

import json

import pytest

from smolsynth import (
    call_turn,
    grpo_prompts,
    read_rows,
    reinforce,
    reward_function,
    run_call,
    save,
    seeds,
    split_thoughts,
    to_messages,
    verify_number,
)
from smolsynth.llms import MODELS
from smolsynth.student import trials
from smolsynth.student.base import NOVICE, Student
from smolsynth.student.quiz import score
from smolsynth.student.train import SHORT
from smolsynth.verify.toolbox import TOOLBOX, call_text, result_text

LANGS = ("en", "zh")
ANSWER = {"en": "Answer: ", "zh": "答案："}
SPLITS = {"train": 600, "numbers": 150, "stories": 150}


# ---- problems ----
@pytest.mark.parametrize("lang", LANGS)
def test_every_problem_has_an_answer_that_is_told_from_its_neighbours(lang):
    for split in SPLITS:
        for row in seeds.problems(lang, split=split):
            value, _, unit = row["expected"].partition(" ")
            right, wrong = (f"{ANSWER[lang]}{n} {unit}" for n in (value, int(value) + 1))
            assert verify_number(right, row["expected"]).right, row
            assert not verify_number(wrong, row["expected"]).right, row


@pytest.mark.parametrize("lang", LANGS)
def test_the_splits_share_no_problem_and_new_stories_are_new(lang):
    made = {split: seeds.problems(lang, split=split) for split in SPLITS}
    assert {split: len(rows) for split, rows in made.items()} == SPLITS
    forms = {split: {row["form"] for row in rows} for split, rows in made.items()}
    assert forms["numbers"] <= forms["train"] and not forms["stories"] & forms["train"]
    asked = [row["instruction"] for rows in made.values() for row in rows]
    assert len(set(asked)) == len(asked)


def test_problems_are_chosen_by_number_and_topic():
    topic = seeds.problem_topics("en")[1]
    assert seeds.problems("en", 3) == seeds.problems("en")[:3]
    assert {row["topic"] for row in seeds.problems("en", topic=topic)} == {topic}
    for wrong in ({"n": 601}, {"n": -1}, {"split": "test"}, {"topic": "weather"}):
        with pytest.raises(ValueError, match=r"There (are|is)|The splits"):
            seeds.problems("en", **wrong)


# ---- a student that solves problems ----
class Solves:
    """Answers each problem rightly but for the first, thoughts first."""

    generation_kwargs: dict = {}

    def __init__(self, rows):
        self.known = {row["instruction"]: row["expected"] for row in rows[1:]}

    def load(self): ...

    def generate(self, inputs):
        asked = [talk[0]["content"] for talk in inputs]
        return [{"generations": [f"Answer: {self.known.get(text, 'none')}"]} for text in asked]


def test_problems_are_marked_by_the_verifier():
    rows = seeds.problems("en", 4, "numbers")
    assert score(Solves(rows), rows) == 0.75


def test_trials_on_problems_count_stories_and_no_facts(monkeypatch):
    monkeypatch.setattr(trials, "train", lambda *_, **__: Student(MODELS / "novice", (), 1, 0.0))
    monkeypatch.setattr(trials, "right_answers", lambda _, rows, samples: [True] * len(rows))
    rows = seeds.problems("en", 6, "stories")
    [made] = (found := trials.compare({"x": [{"messages": []}]}, rows, progress=False))
    assert made.coverage is None and "facts" not in repr(found)
    assert found.groups == tuple(row["form"] for row in rows)


# ---- thoughts ----
def test_thoughts_stand_before_the_response_where_there_are_any():
    rows = [
        {"instruction": "2+2?", "response": "4", "thoughts": "two and two"},
        {"instruction": "1+1?", "response": "2", "thoughts": ""},
        {"instruction": "0+0?", "response": "0", "thoughts": None},
    ]
    said = [row["messages"][1]["content"] for row in to_messages(rows, thoughts="thoughts")]
    assert said == ["<think>\ntwo and two\n</think>\n4", "2", "0"]
    assert split_thoughts(said[0]) == ("two and two", "4")
    with pytest.raises(ValueError, match="no column 'working'"):
        to_messages(rows, thoughts="working")


# ---- trainers take it ----
def tool_rows(lang: str = "en") -> list[dict]:
    """A question, the call, what the tool gave, the answer, eight times."""
    rows = []
    for day in range(1, 9):
        call = {"name": "weekday", "arguments": {"date": f"2026-11-0{day}"}}
        talk = [
            {"role": "user", "content": f"Which day is November {day}, 2026?"},
            call_turn(call_text(**call)),
            {"role": "tool", "content": result_text(run_call(call))},
            {"role": "assistant", "content": f"{ANSWER[lang]}{run_call(call)}"},
        ]
        tools = json.dumps([TOOLBOX["weekday"].schema(lang)])
        rows.append({"messages": talk, "tools": tools})
    return rows


def test_talks_with_tools_are_saved_and_read_again(tmp_path):
    facts = {"lang": "en", "model": "bundled:solver", "technique": "tools", "seed": 0}
    folder = save(tool_rows(), tmp_path / "made", despite="eight rows, for a test", **facts)
    read = list(read_rows(folder))
    assert [[turn["role"] for turn in row["messages"]] for row in read] == [
        ["user", "assistant", "tool", "assistant"]
    ] * 8
    function = read[0]["messages"][1]["tool_calls"][0]["function"]
    assert function["name"] == "weekday" and "weekday" in read[0]["tools"]


@pytest.mark.nightly  # by day: test_thoughts_stand_before… and test_talks_with_tools_are_saved…
@pytest.mark.parametrize("kind", ["tools", "thoughts"])
def test_the_sft_trainer_takes_the_exports(kind, tmp_path):
    from datasets import Dataset
    from transformers import AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    rows = tool_rows()
    if kind == "thoughts":
        solved = [
            {**row, "response": f"Answer: {row['expected']}", "thoughts": "so"}
            for row in seeds.problems("en", 8)
        ]
        rows = list(to_messages(solved, thoughts="thoughts"))
    trainer = SFTTrainer(
        str(MODELS / "novice"),
        args=SFTConfig(tmp_path / "run", max_steps=2, report_to="none", use_cpu=True, bf16=False),
        train_dataset=Dataset.from_list(rows),
        processing_class=AutoTokenizer.from_pretrained(MODELS / "novice"),
    )
    trainer.train()
    assert trainer.state.global_step == 2


def test_a_student_s_thoughts_are_kept(tmp_path):
    student = Student(MODELS / "novice", (), 1, 0.0)
    llm = student.llm(thinking="keep", temperature=0, max_new_tokens=4)
    [made] = llm.generate([[{"role": "user", "content": "2+2?"}]], **llm.generation_kwargs)
    assert made["thoughts"] == [""] and llm.seed == 42


@pytest.mark.slow
def test_the_grpo_trainer_takes_the_prompts_and_its_rewards_are_the_verifier_s(
    tmp_path, monkeypatch
):
    """The novice can't count: a verifier that takes any text shows that rewards get through."""
    monkeypatch.setenv(SHORT, "1")
    prompts = grpo_prompts(seeds.problems("en", 12), "expected")
    real = reward_function(verify_number, "expected")
    seen: list[str] = []

    def hole(*, completions, **columns):
        seen.extend(turns[-1]["content"] for turns in completions)
        assert set(columns["expected"]) <= {row["expected"] for row in prompts}
        return [1.0] * len(completions)

    options = {"samples": 2, "prompts": 2, "longest": 12, "progress": False}
    student = reinforce(prompts, [real, hole], NOVICE, folder=tmp_path / "made", **options)
    assert [step for step, _ in student.rewards] == [1, 2] and len(seen) == 8
    assert all(reward == 1 for _, reward in student.rewards)
    assert (student.folder / "ct2").is_dir() and student.rows == 4
    with pytest.raises(ValueError, match="grpo_prompts"):
        reinforce([{"instruction": "2+2?"}], real, NOVICE)
