"""What a dataset does to a model: a small student, trained with TRL and then examined.

    student = train(to_messages(rows))              # SFT of the novice
    student = train(to_preferences(pairs), student)  # DPO on top
    score(student, quiz(LANG, concepts))            # share of right answers, 0 to 1

`compare` does so for several datasets, over several seeds, and `plot_trials` shows it. torch and
TRL are imported when training begins, not before.
"""

import importlib.util
import logging
import random
import shutil
import statistics
import tempfile
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from distilabel.models.llms.base import LLM

from smolsynth._progress import text_bar
from smolsynth.display import (
    BAR,
    INK,
    chart,
    chart_fonts,
    chart_labels,
    chart_words,
    column_names,
    width,
)
from smolsynth.display import rows as rows_of
from smolsynth.export import PAIR
from smolsynth.llms import MODELS, BundledLLM, bundled_names, load_llm
from smolsynth.seeds import read_data
from smolsynth.texts import check_lang

Row = dict[str, Any]
NOVICE = "bundled:novice"
SEEDS = (0, 1, 2)
# Student's t, two-sided 95%, for 2, 3, … 10 runs.
_T95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


@dataclass(frozen=True)
class Recipe:
    """How a student is trained. `SFT` and `DPO` suit the novice; larger models want lower rates.

    Attributes:
        epochs: times that each row is seen.
        rate: learning rate at its highest; it falls to zero in a straight line.
        batch: rows a step.
        beta: DPO's: how dear it is to leave the model that training began with.
        sft: DPO's: weight of SFT's loss on the chosen responses beside it, 0 for DPO alone.
    """

    epochs: int
    rate: float
    batch: int = 16
    beta: float = 0.1
    sft: float = 0.0


SFT = Recipe(epochs=6, rate=5e-4)
# With a smaller beta or less of SFT's loss the chosen responses became less likely along with the
# rejected ones, and the quiz fell, even with good pairs.
DPO = Recipe(epochs=3, rate=3e-4, beta=1.0, sft=5.0)


@dataclass(frozen=True)
class Student:
    """A trained model.

    Attributes:
        folder: its files, as transformers reads them; beside them `ct2`, where the model that
            training began with came with the course.
        losses: (step, loss) as training went on.
        rows: it was trained on.
        seconds: it took, without imports.
    """

    folder: Path
    losses: tuple[tuple[int, float], ...] = field(repr=False)
    rows: int
    seconds: float

    def llm(self, **options: Any) -> LLM:
        """A distilabel `LLM` of it; options as `load_llm` takes them."""
        if not (self.folder / "ct2").exists():
            return load_llm(f"transformers:{self.folder}", **options)
        seed = options.pop("seed", 42)
        return BundledLLM(model=str(self.folder), seed=seed, generation_kwargs=options)


def train(
    dataset: Any,
    base: str | Path | Student = NOVICE,
    *,
    recipe: Recipe | None = None,
    folder: str | Path | None = None,
    seed: int = 0,
    progress: bool = True,
) -> Student:
    """Fine-tunes a model with TRL: SFT on conversations, DPO on pairs.

    The loss of SFT counts the assistant's last turn alone. On two cores, 300 rows take the novice
    some seconds.

    Args:
        dataset: what `to_messages` gives, for SFT, or `to_preferences`, for DPO.
        base: "bundled:novice", "bundled:tutor", a `Student`, or a model as transformers loads it:
            a folder or a name on the Hub.
        recipe: default: SFT or DPO of this module.
        folder: where the student is written; default: a temporary folder.
        seed: of the order of the rows.
        progress: whether to show a bar with the loss.

    Returns:
        The `Student`.

    Raises:
        ValueError: no rows, or other columns.
        FileExistsError: the folder exists already.
        ImportError: torch or TRL is missing.
    """
    data = rows_of(dataset)
    if not len(data):
        raise ValueError("The dataset has no rows: there is nothing to train on.")
    names = set(column_names(data))
    if not ({"messages"} <= names or set(PAIR) <= names):
        raise ValueError(
            "The columns must be messages (see to_messages), or prompt, chosen and rejected (see"
            f" to_preferences). They are {', '.join(sorted(names))}."
        )
    _check_trainers()
    folder = Path(folder) if folder else Path(tempfile.mkdtemp(prefix="student-")) / "model"
    if folder.exists():
        raise FileExistsError(f"{folder} exists already: choose another folder.")
    source = _path_of(base)
    with _quiet():
        trainer, seconds = _run(data, source, recipe, seed, progress)
        _write(trainer, source, folder)
    losses = tuple((e["step"], e["loss"]) for e in trainer.state.log_history if "loss" in e)
    return Student(folder, losses, len(data), round(seconds, 1))


def _path_of(base: str | Path | Student) -> str:
    if isinstance(base, Student):
        return str(base.folder)
    kind, _, name = str(base).partition(":")
    if kind == "bundled":
        if (name or "tutor") not in bundled_names():
            known = ", ".join(f"bundled:{name}" for name in bundled_names())
            raise ValueError(f"{base!r} names no bundled model: there are {known}.")
        return str(MODELS / (name or "tutor"))
    return str(base)


def _check_trainers() -> None:
    missing = [p for p in ("torch", "transformers", "trl") if importlib.util.find_spec(p) is None]
    if missing:
        raise ImportError(
            f'Training needs {", ".join(missing)}: run `pip install "smolsynth[train]"`.'
        )


def _run(
    data: Sequence[Row], source: str, recipe: Recipe | None, seed: int, progress: bool
) -> tuple[Any, float]:
    import torch
    from datasets import Dataset
    from transformers import (
        AutoModelForCausalLM,
        AutoTokenizer,
        PrinterCallback,
        TrainerCallback,
    )
    from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer

    pairs = "messages" not in column_names(data)
    recipe = recipe or (DPO if pairs else SFT)
    if pairs:
        rows = [{column: row[column] for column in PAIR} for row in data]
    else:  # TRL then counts the loss of the completion alone
        talks = [row["messages"] for row in data]
        rows = [{"prompt": talk[:-1], "completion": talk[-1:]} for talk in talks]

    on_gpu = torch.cuda.is_available()

    class Bar(TrainerCallback):
        def on_log(self, args, state, control, logs=None, **kwargs):
            if "loss" in (logs or {}):
                bar.set_postfix_str(f"loss {float(logs['loss']):.3f}", refresh=False)

        def on_step_end(self, args, state, control, **kwargs):
            bar.total = state.max_steps
            bar.update(1)

    settings = {
        "output_dir": tempfile.mkdtemp(prefix="trainer-"),
        "num_train_epochs": recipe.epochs,
        "learning_rate": recipe.rate,
        "per_device_train_batch_size": recipe.batch,
        "lr_scheduler_type": "linear",
        "seed": seed,
        "data_seed": seed,
        "logging_steps": 1,
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "bf16": on_gpu,
        "use_cpu": not on_gpu,
        "gradient_checkpointing": False,
        "dataloader_pin_memory": False,
    }
    if pairs:
        losses = {"loss_type": ["sigmoid", "sft"], "loss_weights": [1.0, recipe.sft]}
        config = DPOConfig(**settings, beta=recipe.beta, **losses)
    else:
        config = SFTConfig(**settings, train_sampling_strategy="group_by_length")
    # float32: in bfloat16 a small step is rounded away
    model = AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32)
    kind = DPOTrainer if pairs else SFTTrainer if on_gpu else _sft_of_responses()
    try:
        with (
            text_bar(progress, unit="step") as bar,
            nullcontext() if on_gpu or not pairs else _dpo_of_responses(),
        ):
            trainer = kind(
                model,
                args=config,
                train_dataset=Dataset.from_list(rows),
                processing_class=AutoTokenizer.from_pretrained(source),
                callbacks=[Bar()],
            )
            trainer.remove_callback(PrinterCallback)
            begun = time.perf_counter()
            trainer.train()
    finally:
        shutil.rmtree(settings["output_dir"], ignore_errors=True)
    return trainer, time.perf_counter() - begun


# Without a GPU, TRL 1.16 projects every position on the vocabulary, prompts and padding too, and a
# small model spends four fifths of its training there. Both ways round it give the same losses.


def _sft_of_responses() -> type:
    """`SFTTrainer`, but scoring the positions of the responses only."""
    import torch
    from trl import SFTTrainer

    class ResponsesTrainer(SFTTrainer):
        def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
            labels = inputs["labels"][:, 1:]
            scored = labels != -100
            hidden = model.base_model(
                input_ids=inputs["input_ids"],
                attention_mask=inputs["attention_mask"],
                use_cache=False,
            ).last_hidden_state[:, :-1][scored]
            logits = model.get_output_embeddings()(hidden).float()
            loss = torch.nn.functional.cross_entropy(logits, labels[scored], reduction="sum")
            loss = loss / (num_items_in_batch or scored.sum())
            return (loss, {"logits": logits}) if return_outputs else loss

    return ResponsesTrainer


@contextmanager
def _dpo_of_responses() -> Iterator[None]:
    """Lets `DPOTrainer` leave out what it leaves out on a GPU; no effect on other releases."""
    from trl.trainer import utils

    name = "_use_triton"
    before = getattr(utils, name, None)
    if before is None:
        yield
        return
    setattr(utils, name, lambda device: True)
    try:
        yield
    finally:
        setattr(utils, name, before)


def _write(trainer: Any, source: str, folder: Path) -> None:
    """The trained model, whole or not at all; converted for CTranslate2 where its base is."""
    unfinished = folder.with_name(folder.name + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        trainer.model.save_pretrained(unfinished)
        trainer.processing_class.save_pretrained(unfinished)
        if (Path(source) / "ct2").is_dir():
            from ctranslate2.converters import TransformersConverter

            for name in ("tokenizer.json", "chat_template.jinja", "generation_config.json"):
                shutil.copy(Path(source) / name, unfinished / name)
            converter = TransformersConverter(str(unfinished))
            converter.convert(str(unfinished / "ct2"), quantization="int8")
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps the notices of training out of the notebook, beyond what `smolsynth._quiet` does."""
    from transformers.utils import logging as notices

    bars = notices.is_progress_bar_enabled()
    loggers = [logging.getLogger(name) for name in ("trl", "accelerate")]
    levels = [logger.level for logger in loggers]
    notices.disable_progress_bar()
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        if bars:
            notices.enable_progress_bar()
        for logger, before in zip(loggers, levels, strict=True):
            logger.setLevel(before)


# ---- for models and subjects without a quiz ----
def held_out_loss(model: str | Path | Student, dataset: Any) -> float:
    """How surprising the responses of rows that a model was not trained on are to it.

    For subjects of your own, where no quiz knows the truth: below the loss before training, the
    student has learned something that the rows have in common; above it, it only memorised.

    Args:
        model: a `Student`, or what `train` begins with.
        dataset: conversations, as `to_messages` gives them.

    Returns:
        The mean loss of a token of the assistant's last turns, in nats.

    Raises:
        ValueError: no rows, or no column `messages`.
        ImportError: torch or transformers are missing.
    """
    data = rows_of(dataset)
    if not len(data) or "messages" not in column_names(data):
        raise ValueError("held_out_loss needs rows with a column messages (see to_messages).")
    _check_trainers()
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    source = _path_of(model)
    with _quiet():
        tokenizer = AutoTokenizer.from_pretrained(source)
        network = AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32).eval()
    total, count = 0.0, 0
    for row in data:
        talk = row["messages"]
        asked, whole = (
            tokenizer(
                tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=more),
                add_special_tokens=False,
            )["input_ids"]
            for turns, more in ((talk[:-1], True), (talk, False))
        )
        with torch.inference_mode():
            logits = network(torch.tensor([whole])).logits[0, len(asked) - 1 : -1]
            wanted = torch.tensor(whole[len(asked) :])
            total += torch.nn.functional.cross_entropy(logits, wanted, reduction="sum").item()
        count += len(wanted)
    return total / count


# ---- the quiz ----
def quiz(lang: str, concepts: Iterable[str] | None = None) -> list[Row]:
    """Questions with a known answer about the bundled world, in phrasings no bundled model saw.

    Args:
        lang: "en" or "zh".
        concepts: names as `seeds.documents` gives them; default: all 244.

    Returns:
        Rows of `topic`, `concept`, `instruction` and `fact`, the passage that a right answer
        holds: eight for each concept.

    Raises:
        ValueError: another language or concept.
    """
    rows = read_data("quiz.jsonl", lang)
    if concepts is None:
        return [dict(row) for row in rows]
    wanted = set(concepts)
    if unknown := wanted - {row["concept"] for row in rows}:
        raise ValueError(f"The world holds no {sorted(unknown)[0]!r}.")
    return [dict(row) for row in rows if row["concept"] in wanted]


def answers(model: str | LLM | Student, instructions: Sequence[str]) -> list[str]:
    """What a model answers, one instruction at a time and always the likeliest word.

    Args:
        model: a `Student`, a distilabel `LLM`, or what `load_llm` takes.
        instructions: user turns.
    """
    options = {"temperature": 0, "max_new_tokens": 96}
    if isinstance(model, Student):
        model = model.llm(**options)
    elif isinstance(model, str):
        model = load_llm(model, **options)
    model.load()
    settings = {**model.generation_kwargs} if model.generation_kwargs else {}
    talks = [[{"role": "user", "content": text}] for text in instructions]
    return [out["generations"][0] or "" for out in model.generate(inputs=talks, **settings)]


def score(model: str | LLM | Student, questions: Sequence[Row]) -> float:
    """Share of the questions of `quiz` whose answer holds the fact, 0 to 1.

    Raises:
        ValueError: no questions.
    """
    if not questions:
        raise ValueError("There are no questions.")
    said = answers(model, [row["instruction"] for row in questions])
    return sum(row["fact"] in text for row, text in zip(questions, said, strict=True)) / len(said)


def corrupt(rows: Any, share: float = 0.2, seed: int = 0, column: str = "response") -> list[Row]:
    """Rows of which a share has been given the response of another row.

    Args:
        rows: a dataset or a list of dicts.
        share: 0 to 1, of the rows.
        seed: of the choice.
        column: the column that is changed.

    Raises:
        ValueError: a share out of range, or fewer than two rows to change.
    """
    made = [dict(row) for row in rows_of(rows)]
    if not 0 < share <= 1 or round(share * len(made)) < 2:
        raise ValueError(f"A share of {share} of {len(made)} rows leaves nothing to exchange.")
    places = random.Random(seed).sample(range(len(made)), round(share * len(made)))
    moved = [made[place][column] for place in (*places[1:], places[0])]
    for place, text in zip(places, moved, strict=True):
        made[place][column] = text
    return made


# ---- trials ----
@dataclass(frozen=True)
class Trial:
    """One dataset, several seeds.

    Attributes:
        name: of the dataset.
        scores: share of right answers of each student, 0 to 1.
        rows: trained on, 0 for the untrained model.
        seconds: of training, the mean.
    """

    name: str
    scores: tuple[float, ...]
    rows: int
    seconds: float

    @property
    def mean(self) -> float:
        return statistics.fmean(self.scores)

    @property
    def margin(self) -> float | None:
        """Half the width of the 95% interval of the mean over the seeds (Student's t)."""
        count = len(self.scores)
        if count < 2:
            return None
        t = _T95[min(count - 2, len(_T95) - 1)]
        return t * statistics.stdev(self.scores) / count**0.5


class Trials(list[Trial]):
    """What `compare` gives; shown as a table."""

    def __init__(self, trials: Iterable[Trial], questions: int, lang: str) -> None:
        super().__init__(trials)
        self.questions, self.lang = questions, lang

    def __repr__(self) -> str:
        words = _WORDS[self.lang]
        wide = max(24, *(width(trial.name) + 2 for trial in self))
        lines = [words["head"].format(n=self.questions)]
        for trial in self:
            about = "" if trial.margin is None else f" ± {trial.margin:.3f}"
            each = " ".join(f"{one:.3f}" for one in trial.scores)
            seen = words["rows"].format(rows=trial.rows, seconds=trial.seconds)
            lines.append(
                f"{trial.name}{' ' * (wide - width(trial.name))}{trial.mean:.3f}{about:8}"
                f"   ({each})   {seen if trial.rows else ''}".rstrip()
            )
        return "\n".join(lines)


def compare(
    datasets: Mapping[str, Any],
    questions: Sequence[Row],
    *,
    base: str | Path | Student = NOVICE,
    seeds: Sequence[int] = SEEDS,
    lang: str = "en",
    progress: bool = True,
) -> Trials:
    """Trains a student for each dataset and seed, and has each sit the quiz.

    Args:
        datasets: by name: what `train` takes; or a function of the seed that gives it; or a tuple
            of these, trained on one after the other; or `None` for the model as it is.
        questions: of `quiz`.
        base: see `train`.
        seeds: of the order of the rows, and for functions.
        lang: of the table.
        progress: whether to show bars.

    Raises:
        ValueError: no seeds, no questions, or see `train`.
    """
    check_lang(lang)
    if not seeds:
        raise ValueError("There are no seeds: name at least one, better three.")
    trials = []
    trained: dict[tuple, Student] = {}  # what several begin with is trained once
    for name, made in datasets.items():
        parts = made if isinstance(made, tuple) else (made,)
        scores, seconds, rows = [], [], 0
        for seed in seeds if made is not None else [None]:
            student, took, rows, way = base, 0.0, 0, (seed,)
            for part in parts if made is not None else ():
                way = (*way, id(part))
                if way not in trained:
                    data = part(seed) if callable(part) else part
                    trained[way] = train(data, student, seed=seed, progress=progress)
                student = trained[way]
                took, rows = took + student.seconds, rows + student.rows
            scores.append(score(_examinee(student), questions))
            seconds.append(took)
        trials.append(Trial(name, tuple(scores), rows, statistics.fmean(seconds)))
    return Trials(trials, len(questions), lang)


def _examinee(base: str | Path | Student) -> str | Student:
    """What `train` begins with, as `answers` takes it."""
    if isinstance(base, Student) or str(base).startswith("bundled"):
        return base
    return f"transformers:{base}"


_WORDS = {
    "en": {
        "head": "{n} questions; share of right answers, mean ± 95% interval (each seed)",
        "rows": "{rows} rows, {seconds:.0f} s",
        "title": "Right answers in the quiz",
        "figures": "{n} questions; line: 95% interval",
    },
    "zh": {
        "head": "共 {n} 题；答对的比例：平均 ± 95% 区间（各随机种子的成绩）",
        "rows": "{rows} 行，{seconds:.0f} 秒",
        "title": "答对的比例",
        "figures": "共 {n} 题；横线：95% 区间",
    },
}


def plot_trials(trials: Trials) -> None:
    """Shows the means as bars with their intervals, and each seed as a dot, as a PNG."""
    fonts = chart_fonts()
    words = chart_words(_WORDS, trials.lang, fonts)
    labels, legend = chart_labels([trial.name for trial in trials], fonts)
    with chart(words["title"], words["figures"].format(n=trials.questions), fonts) as ax:
        places = range(len(trials))
        ax.barh(places, [trial.mean for trial in trials], color=BAR, height=0.55)
        for place, trial in zip(places, trials, strict=True):
            if trial.margin is not None:
                ax.errorbar(trial.mean, place, xerr=trial.margin, color=INK, capsize=3, linewidth=1)
                ax.plot(trial.scores, [place] * len(trial.scores), "o", color=INK, markersize=2.5)
            edge = trial.mean + (trial.margin or 0)
            ax.annotate(
                f"{trial.mean:.2f}", (edge, place), (5, 0), textcoords="offset points", va="center"
            )
        ax.set_yticks(places, labels)
        ax.tick_params(axis="y", length=0)
        ax.set_xlim(0, 1)
        ax.set_ylim(len(trials) - 0.4, -0.6)
    if legend:
        print("\n".join(legend))
