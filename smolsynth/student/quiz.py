"""What a student knows: the quiz, and the loss of held-out rows."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from distilabel.models.llms.base import LLM

from smolsynth.llms import load_llm
from smolsynth.rows import Row, column_names
from smolsynth.rows import rows as rows_of
from smolsynth.seeds import read_data
from smolsynth.student.base import Student, check_trainers, model_path, trainers_quiet
from smolsynth.verify.numbers import verify_number

BRIEF = 96  # tokens that an answer may take; of what is asked for, one sentence is enough
WORKING = 200  # tokens that solving a problem may take; what the bundled models learned is shorter

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
        ValueError: no rows, or no column `messages`; a row whose last turn is not the assistant's
            or that is longer than the model's context; or a chat template that writes an answer
            otherwise than it asks for one, so that nobody can say where the response begins.
        ImportError: torch or transformers are missing.
    """
    data = rows_of(dataset)
    if not len(data) or "messages" not in column_names(data):
        raise ValueError("held_out_loss needs rows with a column messages (see to_messages).")
    check_trainers()
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    source = model_path(model)
    with trainers_quiet():
        tokenizer = AutoTokenizer.from_pretrained(source)
        network = AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32).eval()
    total, count = 0.0, 0
    context = getattr(network.config, "max_position_embeddings", None) or float("inf")
    for number, row in enumerate(data):
        talk = row["messages"]
        if talk[-1]["role"] != "assistant":
            raise ValueError(f"Row {number} does not end with the assistant's turn: drop it.")
        asked, whole = (
            tokenizer(
                tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=more),
                add_special_tokens=False,
            )["input_ids"]
            for turns, more in ((talk[:-1], True), (talk, False))
        )
        if len(whole) > context:
            raise ValueError(
                f"Row {number} has {len(whole)} tokens, and the model reads {context}: drop it."
            )
        if whole[: len(asked)] != asked:
            raise ValueError(
                f"Row {number}: the model's chat template writes an answer otherwise than it asks"
                " for one, as templates of thinking models do, so it can't be said where the"
                " response begins. Take another model to measure with."
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
        concepts: names as `seeds.documents` gives them; default: all.

    Returns:
        Rows of `topic`, `concept`, `instruction`, `fact`, the passage that a right answer holds,
        and `also`, passages that say the same and do as well: seven to nine rows a concept.

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


def answers(
    model: str | LLM | Student, instructions: Sequence[str], max_new_tokens: int = BRIEF
) -> list[str]:
    """What a model answers, one instruction at a time and always the likeliest word.

    Args:
        model: a `Student`, a distilabel `LLM`, or what `load_llm` takes.
        instructions: user turns.
        max_new_tokens: of an answer, thoughts included.

    Returns:
        The answers without their thoughts; "" where there is none.
    """
    return [said[0] for said in _answers(model, instructions, max_new_tokens, 0)]


def _answers(
    model: str | LLM | Student, instructions: Sequence[str], max_new_tokens: int, samples: int
) -> list[list[str]]:
    """To each instruction the likeliest answer, or so many samples at temperature 1."""
    options: dict[str, Any] = {
        "temperature": 1.0 if samples else 0,
        "max_new_tokens": max_new_tokens,
    }
    if isinstance(model, Student):
        model = model.llm(**options)
    elif isinstance(model, str):
        model = load_llm(model, **options)
    model.load()
    settings = {**model.generation_kwargs} if model.generation_kwargs else {}
    if samples > 1:
        settings["num_generations"] = samples
    talks = [[{"role": "user", "content": text}] for text in instructions]
    outputs = model.generate(inputs=talks, **settings)
    return [[text or "" for text in output["generations"]] for output in outputs]


def right_answers(
    model: str | LLM | Student, questions: Sequence[Row], samples: int = 0
) -> list[float]:
    """Of each question, the share of the model's answers that are right: those of `quiz` if they
    hold the fact (`holds_fact`); problems of `seeds.problems` by `verify_number`.

    Args:
        model: as `answers` takes it.
        questions: of `quiz` or of `seeds.problems`.
        samples: 0 for one answer, always the likeliest word, so that the share is 0 or 1; else so
            many samples at temperature 1, and the mean over the questions is pass@1.

    Raises:
        ValueError: no questions.
    """
    if not questions:
        raise ValueError("There are no questions.")
    longest = WORKING if "expected" in questions[0] else BRIEF
    said = _answers(model, [row["instruction"] for row in questions], longest, samples)
    return [
        sum(_is_right(text, row) for text in texts) / len(texts)
        for row, texts in zip(questions, said, strict=True)
    ]


def _is_right(text: str, row: Row) -> bool:
    if "expected" in row:
        return verify_number(text, row["expected"]).right
    return holds_fact(row, text)


def score(model: str | LLM | Student, questions: Sequence[Row], samples: int = 0) -> float:
    """Share of right answers, see `right_answers`, 0 to 1.

    Raises:
        ValueError: no questions.
    """
    right = right_answers(model, questions, samples)
    return sum(right) / len(right)


def holds_fact(row: Row, text: str) -> bool:
    """Whether a text holds the fact of a row of `quiz`, in one of its wordings.

    >>> holds_fact({"fact": "tadpole", "also": ["a tadpole's"]}, "It begins as a tadpole.")
    True
    """
    return any(passage in text for passage in (row["fact"], *row.get("also", ())))
