"""What a dataset does to a model: a small student, trained with TRL and then examined.

    student = train(to_messages(rows))              # SFT of the novice
    student = train(to_preferences(pairs), student)  # DPO on top
    score(student, quiz(LANG, concepts))            # share of right answers, 0 to 1

`compare` does so for several datasets, over several seeds, and `plot_trials` shows it. torch and
TRL are imported when training begins, not before.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from smolsynth._files import new_folder
from smolsynth.datasets.convert import PAIR
from smolsynth.llms.convert import convert
from smolsynth.pipelines.progress import text_bar
from smolsynth.rows import Row, column_names
from smolsynth.rows import rows as rows_of
from smolsynth.student.base import NOVICE, Student, check_trainers, model_path, trainers_quiet

# Set, for tests: one epoch of FEW rows; and of `compare` one seed, FEW questions and one sample.
SHORT, FEW = "SMOLSYNTH_SHORT_TRAINING", 48


@dataclass(frozen=True)
class Recipe:
    """How a student is trained. `SFT` and `DPO` suit the novice; larger models want lower rates.

    `LORA` suits a model of some hundred million parameters, on a GPU.

    Attributes:
        epochs: times that each row is seen.
        rate: learning rate at its highest; it falls to zero in a straight line.
        batch: rows a step.
        beta: DPO's: weight of the KL penalty, which keeps the student near the model that training
            began with.
        sft: DPO's: weight of SFT's loss on the chosen responses beside it, 0 for DPO alone.
        lora: rank of the adapters that are trained in place of the weights (LoRA, Hu et al.,
            arXiv:2106.09685), on all linear layers, and then added to them; 0 trains all weights.
    """

    epochs: int
    rate: float
    batch: int = 16
    beta: float = 0.1
    sft: float = 0.0
    lora: int = 0


SFT = Recipe(epochs=6, rate=5e-4)
LORA = Recipe(epochs=3, rate=2e-4, batch=8, lora=16)
# With a smaller beta or less of SFT's loss the chosen responses became less likely along with the
# rejected ones, and the quiz fell, even with good pairs.
DPO = Recipe(epochs=3, rate=3e-4, beta=1.0, sft=5.0)


def train(
    dataset: Any,
    base: str | Path | Student = NOVICE,
    *,
    recipe: Recipe | None = None,
    folder: str | Path | None = None,
    seed: int = 0,
    progress: bool | str = True,
) -> Student:
    """Fine-tunes a model with TRL: SFT on conversations, DPO on pairs.

    The loss of SFT counts the assistant's last turn alone. On two cores, 300 rows take the novice
    some seconds.

    Args:
        dataset: what `to_messages` gives, for SFT, or `to_preferences`, for DPO.
        base: "bundled:novice", "bundled:tutor", a `Student`, or a model as transformers loads it:
            a folder or a name on the Hub.
        recipe: default: SFT or DPO of this module.
        folder: where the student is written; default: a temporary folder, which goes when Python
            ends.
        seed: of the order of the rows.
        progress: whether to show a bar with the loss; a text stands before it.

    Returns:
        The `Student`.

    Raises:
        ValueError: no rows, or other columns.
        FileExistsError: the folder exists already.
        ImportError: torch, TRL or, for LoRA, PEFT is missing.
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
    if os.environ.get(SHORT):
        data = list(islice(data, FEW))
    check_trainers("peft" if recipe and recipe.lora else "")
    folder = free_folder(folder)
    source = model_path(base)
    with trainers_quiet():
        trainer, seconds = _run(data, source, recipe, seed, progress)
        write_student(trainer, source, folder)
    return Student(folder, logged(trainer, "loss"), len(data), round(seconds, 1))


def free_folder(folder: str | Path | None) -> Path:
    """Where a student is written: the folder that is asked for, or one that goes with the process.

    Raises:
        FileExistsError: it exists already.
    """
    folder = Path(folder or Path(tempfile.mkdtemp(dir=_scratch().name)) / "model").resolve()
    if folder.exists():
        raise FileExistsError(f"{folder} exists already: choose another folder.")
    return folder


def logged(trainer: Any, name: str) -> tuple[tuple[int, float], ...]:
    """(step, value) of what a trainer has logged under a name."""
    return tuple((e["step"], e[name]) for e in trainer.state.log_history if name in e)


@cache
def _scratch() -> tempfile.TemporaryDirectory:
    """Where students without a folder live; it goes with the process."""
    return tempfile.TemporaryDirectory(prefix="students-", ignore_cleanup_errors=True)


def _run(
    data: Sequence[Row], source: str, recipe: Recipe | None, seed: int, progress: bool | str
) -> tuple[Any, float]:
    import torch
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainingArguments
    from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer

    pairs = "messages" not in column_names(data)
    recipe = recipe or (DPO if pairs else SFT)
    if pairs:
        rows = [{column: row[column] for column in PAIR} for row in data]
    else:  # TRL then counts the loss of the completion alone
        talks = [row["messages"] for row in data]
        rows = [{"prompt": talk[:-1], "completion": talk[-1:]} for talk in talks]

    on_gpu = torch.cuda.is_available()
    settings = trainer_settings(recipe.rate, recipe.batch, seed) | {
        "num_train_epochs": 1 if os.environ.get(SHORT) else recipe.epochs
    }
    if pairs:
        losses: dict[str, Any] = {
            "loss_type": ["sigmoid", "sft"],
            "loss_weights": [1.0, recipe.sft],
        }
        config: TrainingArguments = DPOConfig(**settings, beta=recipe.beta, **losses)
    else:
        config = SFTConfig(**settings, train_sampling_strategy="group_by_length")
    # float32: in bfloat16 a small step is rounded away
    model = AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32)
    if on_gpu or recipe.lora:  # adapters wrap the parts that ours call
        kind: type = DPOTrainer if pairs else SFTTrainer
    else:
        kind = _dpo_of_responses() if pairs else _sft_of_responses()
    trainer = kind(
        model,
        args=config,
        train_dataset=Dataset.from_list(rows),
        processing_class=AutoTokenizer.from_pretrained(source),
        peft_config=_adapters(recipe.lora) if recipe.lora else None,
    )
    return trainer, carried_out(trainer, progress, "loss")


def trainer_settings(rate: float, batch: int, seed: int) -> dict[str, Any]:
    """What all trainers are given: nothing is kept, reported or printed."""
    import torch

    on_gpu = torch.cuda.is_available()
    return {
        "output_dir": tempfile.mkdtemp(prefix="trainer-"),
        "learning_rate": rate,
        "per_device_train_batch_size": batch,
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


def carried_out(trainer: Any, progress: bool | str, shown: str) -> float:
    """Trains with a bar, whose end shows a figure that the trainer logs; the seconds it took."""
    from transformers import PrinterCallback, TrainerCallback

    name = progress if isinstance(progress, str) else None

    class Bar(TrainerCallback):
        def on_log(self, args, state, control, logs=None, **kwargs):
            if shown in (logs or {}):
                bar.set_postfix_str(f"{shown} {float(logs[shown]):.3f}", refresh=False)

        def on_step_end(self, args, state, control, **kwargs):
            bar.total = state.max_steps
            bar.update(1)

    try:
        with text_bar(bool(progress), unit="step", desc=name) as bar:
            trainer.add_callback(Bar())
            trainer.remove_callback(PrinterCallback)
            begun = time.perf_counter()
            trainer.train()
    finally:
        shutil.rmtree(trainer.args.output_dir, ignore_errors=True)
    return time.perf_counter() - begun


def _adapters(rank: int) -> Any:
    from peft import LoraConfig

    return LoraConfig(
        r=rank, lora_alpha=2 * rank, target_modules="all-linear", task_type="CAUSAL_LM"
    )


# Without a GPU, TRL 1.16 projects every position on the vocabulary, prompts and padding too, and a
# small model spends four fifths of its training there. Both ways round it give the same losses.


def _logits_of(model: Any, inputs: Any, scored: Any) -> Any:
    """Of the scored positions, [positions, vocabulary]; `scored` is [rows, tokens - 1]."""
    hidden = model.base_model(
        input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], use_cache=False
    ).last_hidden_state
    return model.get_output_embeddings()(hidden[:, :-1][scored]).float()


def _sft_of_responses() -> type:
    """`SFTTrainer`, but scoring the positions of the responses only."""
    import torch
    from trl import SFTTrainer

    class ResponsesTrainer(SFTTrainer):
        def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
            labels = inputs["labels"][:, 1:]
            scored = labels != -100
            logits = _logits_of(model, inputs, scored)
            loss = torch.nn.functional.cross_entropy(logits, labels[scored], reduction="sum")
            loss = loss / (num_items_in_batch or scored.sum())
            return (loss, {"logits": logits}) if return_outputs else loss

    return ResponsesTrainer


def _dpo_of_responses() -> type:
    """`DPOTrainer` with the losses of `DPO`, but scoring the positions of the responses only.

    The reference model reads each pair once, not once an epoch.
    """
    import torch
    from torch.nn.functional import cross_entropy, logsigmoid
    from trl import DPOTrainer

    class ResponsesTrainer(DPOTrainer):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.by_reference: dict[tuple[int, ...], float] = {}

        def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
            ids, scored = inputs["input_ids"], inputs["completion_mask"][:, 1:] == 1
            rows = [
                tuple(row[there == 1].tolist())
                for row, there in zip(ids, inputs["attention_mask"], strict=True)
            ]
            if not all(row in self.by_reference for row in rows):
                with torch.no_grad():
                    said = self.log_probs(self.ref_model, inputs, scored).sum(1).tolist()
                self.by_reference.update(zip(rows, said, strict=True))
            logs = self.log_probs(model, inputs, scored)
            gains = logs.sum(1) - torch.tensor([self.by_reference[row] for row in rows])
            chosen, rejected = gains.chunk(2)  # TRL puts the rejected behind the chosen
            preference = -logsigmoid(self.beta * (chosen - rejected)).mean()
            imitation = -logs.chunk(2)[0].sum() / scored.chunk(2)[0].sum()
            weights = self.args.loss_weights
            loss = weights[0] * preference + weights[1] * imitation
            return (loss, {}) if return_outputs else loss

        @staticmethod
        def log_probs(model, inputs, scored):
            """Of the responses' tokens, 0 elsewhere: [rows, positions - 1]."""
            logits = _logits_of(model, inputs, scored)
            told = -cross_entropy(logits, inputs["input_ids"][:, 1:][scored], reduction="none")
            return logits.new_zeros(scored.shape).masked_scatter(scored, told)

    return ResponsesTrainer


def write_student(trainer: Any, source: str, folder: Path) -> None:
    """The trained model, whole or not at all; converted for CTranslate2 where its base is."""
    model = trainer.model
    if hasattr(model, "merge_and_unload"):  # adapters: a student is a model like any other
        model = model.merge_and_unload()
    with new_folder(folder) as unfinished:
        model.save_pretrained(unfinished)
        trainer.processing_class.save_pretrained(unfinished)
        if (Path(source) / "ct2").is_dir():
            for name in ("tokenizer.json", "chat_template.jinja", "generation_config.json"):
                shutil.copy(Path(source) / name, unfinished / name)
            convert(unfinished, unfinished / "ct2")
