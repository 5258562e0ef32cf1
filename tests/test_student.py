"""The student: what TRL makes of it, its quiz, and how trials are counted."""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from smolsynth.datasets.convert import to_messages, to_preferences
from smolsynth.intervals import kappa, over_groups
from smolsynth.llms import MODELS
from smolsynth.student import trials
from smolsynth.student.base import NOVICE, Student
from smolsynth.student.intervals import Difference, difference
from smolsynth.student.quiz import answers, held_out_loss, quiz, right_answers, score
from smolsynth.student.train import SHORT, Recipe, train
from smolsynth.student.trials import Trial, Trials, compare, corrupt, plot_trials

ROOT = Path(__file__).resolve().parent.parent
QUICK = Recipe(epochs=25, rate=1e-3, batch=4)
ROWS = [
    {"instruction": f"What is the code of room {i}?", "response": f"The code of room {i} is {n}."}
    for i, n in enumerate((417, 592, 836, 205))
]


@pytest.fixture(scope="module")
def taught(tmp_path_factory) -> Student:
    folder = tmp_path_factory.mktemp("student") / "sft"
    return train(to_messages(ROWS), recipe=QUICK, folder=folder)


# ---- quiz ----


def test_the_shipped_file_is_what_the_world_gives(tmp_path):
    from training.quiz import OUTPUT, write

    assert write(tmp_path / "quiz.jsonl") > 5000
    assert (tmp_path / "quiz.jsonl").read_bytes() == OUTPUT.read_bytes(), (
        "run `python -m training.quiz`"
    )


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_question_is_one_of_training(lang):
    from training.composer import Composer
    from training.world import load_world

    asked = {row["instruction"] for row in quiz(lang)}
    composer = Composer(lang, random.Random(0))
    trained = {
        composer.question(concept, aspect).text
        for concept in load_world(lang)[:60]
        for aspect in concept.aspects
        for _ in range(30)
    }
    assert len(asked) > 1900 and len(trained) > 3000 and not asked & trained


def test_a_quiz_about_some_concepts():
    rows = quiz("en", ["a cat", "an oven"])
    assert 14 <= len(rows) <= 18 and {row["concept"] for row in rows} == {"a cat", "an oven"}
    assert set(rows[0]) == {"topic", "concept", "instruction", "fact", "also"}
    with pytest.raises(ValueError, match="no 'a unicorn'"):
        quiz("en", ["a unicorn"])
    with pytest.raises(ValueError, match='"en" or "zh"'):
        quiz("fr")


def test_the_score_counts_answers_that_hold_the_fact():
    class Parrot:
        generation_kwargs: dict = {}

        def load(self): ...

        def generate(self, inputs):
            known = {"a": "x is one.", "b": "y", "c": None}
            return [{"generations": [known[talk[0]["content"]]]} for talk in inputs]

    rows = [{"instruction": q, "fact": fact} for q, fact in (("a", "one"), ("b", "x"), ("c", "z"))]
    assert score(Parrot(), rows) == pytest.approx(1 / 3)
    with pytest.raises(ValueError, match="no questions"):
        score(Parrot(), [])


def test_of_samples_the_share_that_is_right_counts():
    class Wavering:
        generation_kwargs: dict = {"temperature": 1.0}

        def load(self): ...

        def generate(self, inputs, temperature, num_generations):
            texts = {"a": ["one", "two", "one", None], "b": ["two"] * 4}
            return [{"generations": texts[t[0]["content"]][:num_generations]} for t in inputs]

    rows = [{"instruction": "a", "fact": "one"}, {"instruction": "b", "fact": "two"}]
    assert right_answers(Wavering(), rows, samples=4) == [0.5, 1.0]
    assert score(Wavering(), rows, samples=2) == 0.75
    trial = Trial("x", (0.75,), 1, 1.0, ((0.5, 1.0),))
    assert "2 questions, 4 samples each" in repr(Trials([trial], 2, "en", samples=4))


def test_the_tutor_knows_more_than_the_novice():
    questions = quiz("zh")[::20]
    assert score("bundled", questions) > score(NOVICE, questions) + 0.1


# ---- training ----


@pytest.mark.slow
def test_lora_trains_the_linear_layers_and_leaves_a_model_like_any_other(tmp_path):
    from safetensors.torch import load_file

    recipe = Recipe(epochs=2, rate=1e-2, batch=4, lora=4)
    student = train(to_messages(ROWS), recipe=recipe, folder=tmp_path / "lora", progress=False)
    assert not list(student.folder.glob("adapter*")) and (student.folder / "ct2").is_dir()
    before, after = (
        load_file(f / "model.safetensors") for f in (MODELS / "novice", student.folder)
    )
    assert before.keys() == after.keys()
    changed = {name for name in before if not before[name].float().equal(after[name].float())}
    assert changed and all("_proj" in name for name in changed), "embeddings and norms stay"
    assert len(answers(student, ["What is a cat?"])) == 1


@pytest.mark.slow
def test_sft_teaches_what_the_rows_say(taught):
    first, last = taught.losses[0][1], taught.losses[-1][1]
    assert len(taught.losses) == 25 and last < first / 4 and taught.rows == 4
    said = answers(taught, [row["instruction"] for row in ROWS])
    assert sum(row["response"] == text for row, text in zip(ROWS, said, strict=True)) >= 3
    assert said != answers(NOVICE, [row["instruction"] for row in ROWS])


@pytest.mark.slow
def test_transformers_reads_the_student_too(taught):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(taught.folder)
    model = AutoModelForCausalLM.from_pretrained(taught.folder, dtype=torch.float32)
    talk = [{"role": "user", "content": ROWS[0]["instruction"]}]
    ids = tokenizer.apply_chat_template(talk, add_generation_prompt=True, return_tensors="pt")
    ids = ids if isinstance(ids, torch.Tensor) else ids["input_ids"]
    out = model.generate(ids, max_new_tokens=32, do_sample=False)[0, ids.shape[1] :]
    (said,) = answers(taught, [ROWS[0]["instruction"]])
    assert tokenizer.decode(out, skip_special_tokens=True).strip()[:20] == said[:20]


@pytest.mark.slow
def test_the_same_seed_gives_the_same_student(taught, tmp_path):
    from safetensors.torch import load_file

    again = train(to_messages(ROWS), recipe=QUICK, folder=tmp_path / "again")
    one, two = (load_file(s.folder / "model.safetensors") for s in (taught, again))
    assert all((one[name] == two[name]).all() for name in one)
    assert taught.losses == again.losses


@pytest.mark.parametrize("pairs", [False, True])
def test_leaving_out_what_isn_t_scored_changes_no_loss(pairs, monkeypatch):
    import trl

    from smolsynth.student import train as student

    data = [{**row, "chosen": row["response"], "rejected": "No."} for row in ROWS]
    data = to_preferences(data) if pairs else to_messages(ROWS)
    ours = train(data, recipe=Recipe(2, 1e-3, 2)).losses
    monkeypatch.setattr(student, "_sft_of_responses", lambda: trl.SFTTrainer)
    monkeypatch.setattr(student, "_dpo_of_responses", lambda: trl.DPOTrainer)
    theirs = train(data, recipe=Recipe(2, 1e-3, 2)).losses
    assert [step for step, _ in ours] == [step for step, _ in theirs] == [1, 2, 3, 4]
    for (_, one), (_, other) in zip(ours, theirs, strict=True):
        assert one == pytest.approx(other, rel=1e-3)


@pytest.mark.slow
def test_dpo_turns_the_student_towards_what_is_chosen(taught):
    pairs = [
        {
            "instruction": row["instruction"],
            "chosen": "I keep codes to myself.",
            "rejected": row["response"],
        }
        for row in ROWS
    ]
    student = train(to_preferences(pairs), taught, recipe=Recipe(20, 1e-3, 4, 0.1))
    assert student.losses[0][1] == pytest.approx(0.693, abs=0.01)  # ln 2: no preference yet
    assert student.losses[-1][1] < 0.2
    said = answers(student, [row["instruction"] for row in ROWS])
    assert not any(row["response"] == text for row, text in zip(ROWS, said, strict=True))


def test_what_can_t_be_trained_on_is_refused(taught, tmp_path):
    with pytest.raises(ValueError, match="no rows"):
        train([])
    with pytest.raises(ValueError, match="They are instruction, response"):
        train(ROWS)
    with pytest.raises(ValueError, match="bundled:novice"):
        train(to_messages(ROWS), "bundled:genius")
    with pytest.raises(FileExistsError, match="choose another folder"):
        train(to_messages(ROWS), folder=taught.folder)


@pytest.mark.slow
def test_a_student_in_a_relative_folder_answers_from_anywhere(taught, tmp_path, monkeypatch):
    quick = Recipe(epochs=1, rate=1e-3, batch=4)
    monkeypatch.chdir(tmp_path)
    made = train(to_messages(ROWS), recipe=quick, folder="student")
    assert made.folder == tmp_path / "student"
    asked = [ROWS[0]["instruction"]]
    said = answers(made, asked)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert answers(made, asked) == said
    by_hand = Student(Path("../student"), (), 4, 0.0)
    assert answers(by_hand, asked) == said


@pytest.mark.slow
def test_a_folder_trained_anew_answers_with_its_new_weights(taught, tmp_path):
    asked = [row["instruction"] for row in ROWS]
    shutil.copytree(MODELS / "novice", tmp_path / "student")
    student = Student(tmp_path / "student", (), 4, 0.0)
    assert answers(student, asked) == answers(NOVICE, asked)
    shutil.rmtree(tmp_path / "student")
    shutil.copytree(taught.folder, tmp_path / "student")
    assert answers(student, asked) == answers(taught, asked) != answers(NOVICE, asked)


def test_what_stands_beside_the_folder_is_not_touched(tmp_path):
    (tmp_path / "model.part").mkdir()
    (tmp_path / "model.part" / "mine.txt").write_text("kept")
    train(to_messages(ROWS), recipe=Recipe(1, 1e-3, 4), folder=tmp_path / "model")
    assert (tmp_path / "model.part" / "mine.txt").read_text() == "kept"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "model.part"]


@pytest.mark.slow
def test_students_without_a_folder_go_when_python_ends(tmp_path):
    code = (  # with the novice in the place of what TRL would make of it: 2 s instead of 11
        "from smolsynth import to_messages, compare\n"
        "import os, shutil, types, smolsynth.student.trials as trials\n"
        "from smolsynth.student import train as training\n"
        "log = types.SimpleNamespace(state=types.SimpleNamespace(log_history=[]))\n"
        "training._run = lambda *_: (log, 0.0)\n"
        "training.write_student = lambda _, source, folder: shutil.copytree(source, folder)\n"
        "rows = to_messages([{'instruction': 'Q?', 'response': 'A.'}] * 4)\n"
        "student = trials.train(rows, progress=False)\n"
        "assert student.folder.is_dir()\n"
        "there = sorted(os.listdir(os.environ['TMPDIR']))\n"
        "questions = [{'instruction': 'Q?', 'fact': 'A'}]\n"
        "compare({'rows': rows}, questions, seeds=(0,), progress=False)\n"
        "assert sorted(os.listdir(os.environ['TMPDIR'])) == there, 'compare leaves its students'\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd=ROOT)
    assert [path.name for path in tmp_path.iterdir() if "student" in path.name] == []


# ---- without a quiz ----


@pytest.mark.slow
def test_the_held_out_loss_falls_with_training_and_is_the_trainer_s(taught):
    data = to_messages(ROWS)
    before, after = held_out_loss(NOVICE, data), held_out_loss(taught, data)
    assert after < before / 4
    (_, first), *_ = train(data, recipe=Recipe(1, 1e-9, batch=4)).losses
    assert before == pytest.approx(first, rel=0.02)
    other = [{"instruction": "What is a cat?", "response": "A cat is a small mammal."}]
    assert held_out_loss(taught, to_messages(other)) > after + 1  # it learned by heart
    for wrong in ([], ROWS):
        with pytest.raises(ValueError, match="column messages"):
            held_out_loss(NOVICE, wrong)


def test_the_held_out_loss_refuses_what_it_would_measure_wrongly(tmp_path):
    rows = to_messages([*ROWS, {"instruction": "Why?", "response": "Because. " * 3000}])
    with pytest.raises(ValueError, match=r"Row 4 has \d+ tokens, and the model reads 2048"):
        held_out_loss(NOVICE, rows)
    asks = [{"messages": [{"role": "user", "content": "Why?"}]}]
    with pytest.raises(ValueError, match="Row 0 does not end with the assistant's turn"):
        held_out_loss(NOVICE, asks)
    # like Qwen3: the generation prompt opens a thought, which the rendered answer does not hold
    shutil.copytree(MODELS / "novice", tmp_path / "thinker", ignore=lambda *_: ["ct2"])
    template = tmp_path / "thinker" / "chat_template.jinja"
    ends = "<|im_start|>assistant\\n"
    text = template.read_text("utf-8").replace(f"'{ends}'", f"'{ends}<think>\\n'")
    assert "<think>" in text
    template.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="Row 0: the model's chat template writes an answer"):
        held_out_loss(tmp_path / "thinker", to_messages(ROWS))


# ---- trials ----


def test_corrupting_moves_responses_of_a_share_of_the_rows():
    rows = [{"instruction": str(i), "response": f"r{i}"} for i in range(50)]
    made = corrupt(rows, 0.2, seed=3)
    changed = [i for i in range(50) if made[i] != rows[i]]
    assert len(changed) == 10 and made == corrupt(rows, 0.2, seed=3) != corrupt(rows, 0.2, seed=4)
    assert sorted(row["response"] for row in made) == sorted(row["response"] for row in rows)
    assert [row["instruction"] for row in made] == [row["instruction"] for row in rows]
    assert rows[0]["response"] == "r0" and json.dumps(rows)
    with pytest.raises(ValueError, match="nothing to exchange"):
        corrupt(rows[:4], 0.2)


def test_the_interval_by_hand():
    trial = Trial("x", (0.5, 0.6, 0.7), 10, 1.0)  # standard deviation 0.1, t = 4.303
    assert trial.mean == pytest.approx(0.6)
    assert trial.margin == pytest.approx(4.303 * 0.1 / 3**0.5, rel=1e-3)
    assert Trial("x", (0.5,), 0, 0.0).margin is None
    many = Trial("x", (0.4, 0.6) * 15, 10, 1.0)  # 30 seeds: t = 2.0452, deviation 0.1017
    assert many.margin == pytest.approx(2.0452 * 0.10171 / 30**0.5, rel=1e-3)


def test_the_notebooks_of_the_tests_train_one_seed(monkeypatch):
    """As tools/course_run.py asks for by the environment."""
    from smolsynth.student import trials

    seeds = []

    def remember(data, base, *, seed, **options):
        seeds.append(seed)
        return Student(MODELS / "novice", (), 1, 0.0)

    monkeypatch.setattr(trials, "train", remember)
    monkeypatch.setattr(trials, "right_answers", lambda *_: [True, False])
    for value, wanted in (("", [0, 1, 2]), ("1", [0])):
        monkeypatch.setenv(SHORT, value)
        seeds.clear()
        asked = [{"fact": "a"}, {"fact": "b"}]
        [trial] = trials.compare({"x": [{"messages": []}]}, asked, progress=False)
        assert seeds == wanted
        assert trial.scores == (0.5,) * len(wanted)


def test_each_training_says_how_many_there_are(monkeypatch):
    labels = []

    def remember(data, base, *, progress, **options):
        labels.append(progress)
        return Student(MODELS / "novice", (), 1, 0.0)

    monkeypatch.setattr(trials, "train", remember)
    monkeypatch.setattr(trials, "right_answers", lambda *_: [True, False])
    first, then = [{"messages": []}], [{"messages": []}]
    ways = {"as it is": None, "one": first, "one, then another": (first, then)}
    trials.compare(ways, [{"fact": "a"}, {"fact": "b"}], seeds=(0, 1))
    assert labels[0] == "1 of 4, one" and labels[-1].startswith("4 of 4, one, then")
    assert [label[0] for label in labels] == ["1", "2", "3", "4"]
    trials.compare({"一": first}, [{"fact": "a"}], seeds=(0,), lang="zh")
    assert labels[-1] == "第 1 个，共 1 个，一"
    trials.compare(ways, [{"fact": "a"}], seeds=(0,), progress=False)
    assert labels[-1] is False


def trials_of(scores: dict[str, list[str]], groups: str = "", **options) -> Trials:
    """Trials from answers as strings of 1 (right) and 0, one string for each seed."""
    made = []
    for name, seeds in scores.items():
        right = tuple(tuple(one == "1" for one in answers) for answers in seeds)
        shares = tuple(sum(one) / len(one) for one in right)
        made.append(Trial(name, shares, 9, 1.0, right))
    return Trials(made, len(right[0]), "en", groups, **options)


def test_a_difference_is_paired_by_seed():
    """By hand: scores vary by 0.4 from seed to seed, their differences by nothing."""
    made = trials_of({"a": ["1000", "1110", "1100"], "b": ["1100", "1111", "1110"]})
    assert [trial.mean for trial in made] == [pytest.approx(0.5), pytest.approx(0.75)]
    [found] = made.differences()
    assert (found.name, found.to, found.mean) == ("b", "a", pytest.approx(0.25))
    assert found.seeds == pytest.approx((0.25, 0.25))
    assert made[0].margin + made[1].margin > 0.5, "unpaired, the intervals overlap"
    # differences 0.25, 0.25, 0.5: mean 1/3, deviation 0.1443, t = 4.303
    [found] = trials_of(
        {"a": ["1000", "1110", "1000"], "b": ["1100", "1111", "1110"]}
    ).differences()
    assert found.seeds[1] - found.mean == pytest.approx(4.303 * 0.14434 / 3**0.5, rel=1e-3)


def test_a_difference_to_the_untrained_model_takes_its_one_score_for_each_seed():
    made = trials_of({"none": ["1000"], "b": ["1100", "1110"]})
    [found] = made.differences()
    assert found.mean == pytest.approx(0.375)  # 0.25 and 0.5: deviation 0.1768, t = 12.706
    assert found.seeds[1] - found.mean == pytest.approx(12.706 * 0.17678 / 2**0.5, rel=1e-3)
    [back] = made.differences("b")
    assert back.mean == -found.mean and back.seeds == pytest.approx(
        (-found.seeds[1], -found.seeds[0])
    )


def test_questions_are_a_second_source_of_error():
    """100 questions, 60 answered by b alone: the deviation of a share is (0.6 * 0.4 / 100)**0.5."""
    [found] = trials_of({"a": ["0" * 100] * 3, "b": ["1" * 60 + "0" * 40] * 3}).differences()
    assert found.seeds == pytest.approx((0.6, 0.6)), "no seed changes anything"
    assert found.questions == pytest.approx((0.6 - 1.96 * 0.04899, 0.6 + 1.96 * 0.04899), abs=0.015)
    assert found.interval == pytest.approx(found.questions)


def test_questions_about_one_thing_count_as_one():
    """Ten things, ten questions each, all answered alike: as little evidence as ten questions."""
    right = "1" * 60 + "0" * 40
    groups = [str(number // 10) for number in range(100)]
    [found] = trials_of({"a": ["0" * 100], "b": [right]}, groups).differences()
    assert found.seeds is None, "of one seed nothing is known about others"
    half = 1.96 * (0.6 * 0.4 / 10) ** 0.5  # 0.304
    assert found.questions == pytest.approx((0.6 - half, 0.6 + half), abs=0.05)
    assert over_groups([1.0, 0.0], ["a", "a"]) is None


def test_kappa_is_that_of_the_textbook_and_its_interval_covers():
    """A table of Fleiss's book on rates, of 100 cases: kappa 0.676."""
    table = [[75, 1, 4], [5, 4, 1], [0, 0, 10]]
    pairs = [
        pair
        for one, line in enumerate(table)
        for two, many in enumerate(line)
        for pair in [(one, two)] * many
    ]
    found = kappa(*zip(*pairs, strict=True))
    assert (found.n, found.agreement) == (100, 0.89)
    assert found.chance == pytest.approx(0.66) and found.value == pytest.approx(0.676, abs=5e-4)
    low, high = found.interval  # by Fleiss's standard error, 0.088: 0.50 to 0.85
    assert low == pytest.approx(0.50, abs=0.03) and high == pytest.approx(0.85, abs=0.03)
    rng = random.Random(3)
    hits = 0
    for _ in range(200):  # of 60 cases each, true kappa 0.6
        ones = [rng.random() < 0.5 for _ in range(60)]
        drawn = kappa(ones, [one ^ (rng.random() < 0.2) for one in ones])
        hits += drawn.interval[0] <= 0.6 <= drawn.interval[1]
    assert hits / 200 > 0.9


def test_kappa_of_cases_in_groups_and_of_too_few():
    ones, twos = [True, False] * 10, [True, False] * 9 + [False, True]
    alone, paired = kappa(ones, twos), kappa(ones, twos, [n // 2 for n in range(20)])
    assert alone.value == paired.value == pytest.approx(0.8)
    assert paired.interval[0] < alone.interval[0]  # both errors are one group's
    perfect = kappa([True, False] * 4, [True, False] * 4)
    assert perfect.value == 1 and perfect.interval == pytest.approx((0.261, 1), abs=1e-3)
    assert kappa([True] * 5, [True] * 5).value is None
    assert kappa([], []).value is None and kappa([1, 2], [1, 2], "aa").interval is None
    with pytest.raises(ValueError, match="1 labels of the one, 2 of the other"):
        kappa([1], [1, 2])


def test_both_sources_are_added_in_squares():
    both = Difference("b", "a", 0.5, (0.2, 0.8), (0.1, 0.9)).interval
    assert both == pytest.approx((0.0, 1.0))  # 0.3 and 0.4 make 0.5
    assert Difference("b", "a", 0.5, None, None).interval is None


def test_the_interval_holds_the_truth_as_often_as_it_says():
    """Three seeds, 60 questions, each with an effect of its own on the difference."""
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(100):
        seeds, asked = rng.normal(0, 0.05, (3, 1)), rng.normal(0, 0.4, 60)
        shown = 0.1 + seeds + asked + rng.normal(0, 0.2, (3, 60))
        found = difference(
            "b", shown.mean(1).tolist(), shown.tolist(), "a", [0.0], [[0] * 60], range(60)
        )
        held += found.interval[0] <= 0.1 <= found.interval[1]
    assert held >= 92


def test_trials_that_share_no_seeds_are_not_paired():
    made = trials_of({"a": ["10", "11"], "b": ["10", "11", "11"]})
    with pytest.raises(ValueError, match="nothing to pair"):
        made.differences()
    with pytest.raises(ValueError, match=r"No row is called 'c': they are \['a', 'b'\]"):
        made.differences("c")
    with pytest.raises(ValueError, match="'c' is no dataset"):
        compare({"a": None}, [{}], baseline="c")


def test_the_table_shows_differences_to_the_baseline():
    made = trials_of({"a": ["10", "10"], "b": ["11", "11"], "c": ["00", "10"]}, baseline="b")
    *_, head, first, last = repr(made).splitlines()
    assert head == "difference to “b”, paired by seed, 95% interval:"
    assert first.split()[:2] == ["a", "-0.500"] and last.split()[:2] == ["c", "-0.750"]
    assert "seeds [-0.500, -0.500]" in first and "questions [-1.000, +0.000]" in first
    assert "difference" not in repr(trials_of({"a": ["10"]}))
    old = Trials([Trial("a", (0.5, 0.6), 9, 1.0), Trial("b", (0.7, 0.7), 9, 1.0)], 20, "zh")
    assert "与“a”之差" in repr(old) and "题目" not in repr(old)


@pytest.mark.slow
def test_comparing_trains_a_student_for_each_seed(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(trials, "train", partial(train, recipe=Recipe(1, 1e-3, 4)))
    data = to_messages(ROWS)
    questions = [
        {"instruction": row["instruction"], "fact": row["response"][-4:-1]} for row in ROWS
    ]
    seen = []

    def drawn(seed):
        seen.append(seed)
        return data.select(range(1 + seed % 2))

    made = compare({"as it is": None, "drawn": drawn}, questions, seeds=(0, 1))
    assert seen == [0, 1] and [len(trial.scores) for trial in made] == [1, 2]
    further = compare({"drawn": drawn, "twice": (drawn, data)}, questions, seeds=(1,))
    assert seen == [0, 1, 1], "what two begin with is trained once"
    assert [trial.rows for trial in further] == [2, 6]
    assert made[0].rows == 0 and made[0].scores == (0.0,) and made.questions == 4
    assert [trial.coverage for trial in made] == [None, (1 + 2) / 2 / 4]
    assert further[1].coverage == 1.0
    assert [len(answers) for answers in made[1].right] == [4, 4]
    lines = repr(made).splitlines()
    assert lines[0].startswith("4 questions") and lines[1].split() == [
        *("as", "it", "is", "0.000", "(0.000)"),
    ]
    assert lines[2].startswith("drawn ") and "±" in lines[2]
    assert capsys.readouterr().out == ""
    assert not list(tmp_path.glob("trainer-*"))
    with pytest.raises(ValueError, match="no seeds"):
        compare({"as it is": None}, questions, seeds=())


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_plot(lang, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    plot_trials(Trials([Trial("a", (0.5,), 0, 0.0), Trial("b", (0.5, 0.7, 0.6), 9, 1.0)], 16, lang))
    assert len(shown) == 1 and shown[0].data.startswith(b"\x89PNG")
