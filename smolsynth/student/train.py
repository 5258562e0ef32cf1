"""What a dataset does to a model: a small student, trained with TRL and then examined.

    student = train(to_messages(rows))              # SFT of the novice
    student = train(to_preferences(pairs), student)  # DPO on top
    score(student, quiz(LANG, concepts))            # share of right answers, 0 to 1

`compare` does so for several datasets, over several seeds, and `plot_trials` shows it. torch and
TRL are imported when training begins, not before.
"""

import importlib.util
import logging
import shutil
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from distilabel.models.llms.base import LLM

from smolsynth.datasets.convert import PAIR
from smolsynth.llms import MODELS, BundledLLM, bundled_names, load_llm
from smolsynth.pipelines.progress import text_bar
from smolsynth.rows import Row, column_names
from smolsynth.rows import rows as rows_of

NOVICE = "bundled:novice"


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
