"""From generated rows to a dataset folder that TRL trains on, checked, with a card.

`to_messages` makes instruction data (`messages`), `to_preferences` preference data (`prompt`,
`chosen`, `rejected`); `save` writes either, or verdicts as `read_rows` gives them (`prompt`,
`completion`, `label`), if the rules of `smolsynth.quality` allow it; in a file that TRL and
`datasets` read, or in the form of another trainer.

Nothing is dropped silently: rows that can't be trained on raise, and the error says how to find
and filter them.
"""

import html
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from smolsynth._files import new_folder, refuse_existing
from smolsynth.datasets import trainers
from smolsynth.datasets.card import card, model_in_words, options_in_words
from smolsynth.datasets.convert import (
    PAIR,
    SAME,
    SOURCE,
    TALK_HINT,
    TURN_KEYS,
    as_json,
    check_columns,
    fault_of_talk,
    features,
    refuse_faulty,
)
from smolsynth.datasets.licences import ASKS, UNKNOWN, terms_of
from smolsynth.datasets.redact import one_line, without_secrets
from smolsynth.errors import ConvertError
from smolsynth.quality.report import QualityError, measure
from smolsynth.quality.rules import SCORES
from smolsynth.rows import METADATA, Each, OnDisk, Row, column_names, is_missing, rows
from smolsynth.text.language import check_lang
from smolsynth.text.personal import masked_in

FILES = ("jsonl", "parquet", "arrow")
FORMATS = (*FILES, *(name for name in trainers.FORMATS if name != "messages"))
KTO = ("prompt", "completion", "label")
DATA_FILES = (
    *("train.jsonl", "train.parquet", "validation.jsonl", "validation.parquet"),
    *("dataset_info.json", "state.json"),
)


# ---- saving ----


def save(
    dataset: Any,
    folder: str | Path,
    *,
    lang: str,
    model: str,
    technique: str,
    seed: int | None,
    about: str = "",
    llm_options: Mapping[str, Any] | None = None,
    notes: str = "",
    prompts: Mapping[str, str] | None = None,
    license: str = "",
    format: str = "jsonl",
    seeds: Iterable[str] = (),
    evaluation: Iterable[str] = (),
    despite: str = "",
    files: Mapping[str, str] | None = None,
    mask: bool = False,
    validation: Collection[int] = (),
    given: int = 0,
) -> Path:
    """Writes the data and a dataset card, `README.md`, into a new folder.

    Data that breaks a rule of `smolsynth.quality` is refused. The folder appears whole or not at
    all, and `datasets.load_dataset(folder)` loads it, offline too (`load_from_disk` for "arrow").
    The same rows give the same bytes, but for "arrow".

    Args:
        dataset: what `to_messages` gives (`messages`) or `to_preferences` (`prompt`, `chosen`,
            `rejected`, and the scores if there are any), or `prompt`, `completion` and `label`;
            with or without `source`. Other columns go along, as those that `read_rows` keeps; the
            card lists them.
        folder: the folder to make; folders above it are made, too.
        lang: language of the texts and of the card, "en" or "zh".
        model: what wrote the rows, as given to `load_llm` or in words. Of a path or an address
            only the model's name goes into the card.
        technique: how, as "SelfInstruct, then EvolInstruct".
        seed: of the run.
        about: the subject, as "medieval law".
        llm_options: what `load_llm` was given besides, as {"top_k": 20, "extra_body": {…}}; those
            in `SMOLSYNTH_LLM_OPTIONS` go into the card by themselves.
        notes: more to tell in the card (Markdown).
        prompts: what the models were sent, by the name of the step.
        license: of the dataset, as the Hugging Face Hub names it; by default that of the model's
            family, as far as `smolsynth.datasets.licences` knows it, else "unknown". What it asks
            stands in the card.
        format: "jsonl" (`train.jsonl`, to be read by people), "parquet" (`train.parquet`, small),
            "arrow" (what `Dataset.save_to_disk` writes), or the form of a trainer, as
            "llama-factory", with its own file beside it (see `smolsynth.datasets.trainers`).
        seeds: the texts that generation began with, so that copies of them are found.
        evaluation: the questions that the trained model will be tested with, so that none of them
            is trained on.
        despite: why the data is to be saved even if it breaks a rule; goes into the card.
        files: more text files for the folder, by name, as {"pipeline.py": "…"}.
        mask: put what kind it is in the place of each mail address, phone, card and identity number
            and key (`smolsynth.text.personal`), in all columns.
        validation: the numbers of rows that are not to be trained on, as
            `smolsynth.datasets.split.held_out` draws them: they go into a file `validation`, which
            `load_dataset` gives as that split.
        given: how many of the rows were read from a file, so that the card does not say that a
            model wrote them, nor which licence they have.

    Returns:
        The folder.

    Raises:
        QualityError: the data breaks a rule and `despite` is empty. The error names the rule, how
            many rows, the first three and the call that mends it.
        ConvertError: the trainer has no place for such rows.
        FileExistsError: the folder exists already.
        OSError: it can't be written.
        ValueError: no rows, none of those columns, talks or pairs that are not well formed, or
            another `lang` or `format`, or `files` names one that is written here or a path.
    """
    from smolsynth.llms.options import from_environment  # takes seconds

    check_lang(lang)
    for name in files or ():
        if not name or name != Path(name).name or name in ("README.md", *DATA_FILES):
            raise ValueError(
                f"files can't hold {name!r}: take a plain name of no file of the data."
            )
    if format not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}, not {format!r}.")
    folder = Path(folder)
    refuse_existing(folder)  # before rows are measured, which may take minutes
    checked = _checked_records(dataset)
    records = OnDisk(map(masked_in, checked) if mask else checked)
    report = measure(Each(records, as_measured), lang, seeds=seeds, evaluation=evaluation)
    if report.broken and not despite.strip():
        raise QualityError(report)
    terms = terms_of(model)
    words = terms.words(lang) if given < len(records) else ""
    facts = {
        "lang": lang,
        "license": license or (UNKNOWN if given else terms).license,
        "terms": f"{words} {ASKS[lang]['given']}".strip() if given else words,
        "given": given,
        "model": model_in_words(model, lang),
        "technique": one_line(without_secrets(technique)),
        "seed": "-" if seed is None else str(seed),
        "about": one_line(html.escape(without_secrets(about))),
        "options": options_in_words({**from_environment(), **(llm_options or {})}),
        "notes": without_secrets(notes).strip(),
        "prompts": {name: without_secrets(text) for name, text in (prompts or {}).items()},
        "despite": one_line(without_secrets(despite)) if report.broken else "",
        "format": format,
    }
    try:
        with new_folder(folder) as unfinished:
            aside = set(validation)
            held = Each(sorted(aside), records.__getitem__)
            rest = [number for number in range(len(records)) if number not in aside]
            train = Each(rest, records.__getitem__)
            if format in FILES:
                _write(train, held, unfinished, format)
            else:
                place = (_kind(records), format, unfinished, folder.name)
                made = trainers.write(train, *place)
                if len(held):
                    trainers.write(held, *place, trainers.VALIDATION)
                facts |= {"columns": made.columns, "lost": made.lost, "notes_of": made.notes}
            extra = {**(files or {}), "README.md": card(folder.name, records, facts, report)}
            for name, text in extra.items():
                (unfinished / name).write_text(text, encoding="utf-8", newline="\n")
    except ConvertError as error:
        raise ConvertError(error.words(lang)) from None
    except OSError as error:
        if isinstance(error, FileExistsError) and error.errno is None:  # something of that name
            raise
        # Where a file stands in place of a folder above, Python speaks of a file that exists.
        kind = NotADirectoryError if isinstance(error, FileExistsError) else type(error)
        raise kind(
            f"The dataset can't be written to {folder} ({error.strerror or error}): choose a folder"
            " that you may write to, on a disk with space left."
        ) from error
    return folder


def as_measured(row: Row) -> Row:
    """A row as `measure` reads it; the talk of a verdict counts as any other."""
    if "completion" in row:
        return {"messages": [*row["prompt"], *row["completion"]]}
    return row


def _kind(records: Sequence[Row]) -> str:
    columns = {"messages": "instruction", "chosen": "preference", "label": "kto"}
    return next(kind for column, kind in columns.items() if column in records[0])


def _write(train: Sequence[Row], held: Sequence[Row], folder: Path, format: str) -> None:
    splits = {"train": train, **({"validation": held} if len(held) else {})}
    if format == "jsonl":
        for split, records in splits.items():
            place = folder / f"{split}.jsonl"
            with place.open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(as_json(record) + "\n" for record in records)
        return
    from datasets import DatasetDict

    tables = {split: _table([*records]) for split, records in splits.items()}
    if format == "parquet":
        for split, table in tables.items():
            table.to_parquet(folder / f"{split}.parquet")
    elif len(held):
        DatasetDict(tables).save_to_disk(folder)
    else:
        tables["train"].save_to_disk(folder)


def _table(records: list[Row]) -> Any:
    from datasets import Dataset

    turns = [turn for row in records for name in trainers.TURNS for turn in row.get(name, ())]
    plain = {*PAIR, *SCORES, "messages", SOURCE}
    known = set(records[0]) <= plain and all(set(turn) == {"role", "content"} for turn in turns)
    return Dataset.from_list(records, features=features(*records[0]) if known else None)


def _checked_records(dataset: Any) -> Iterable[Row]:
    """The rows as they are written: `messages`, or PAIR with or without SCORES, or KTO; SOURCE;
    others."""
    data = rows(dataset)
    if not len(data):
        raise ValueError("The dataset has no rows: there is nothing to save.")
    names = column_names(data)
    columns = list(PAIR) if set(PAIR) & set(names) and "messages" not in names else ["messages"]
    columns = list(KTO) if columns != ["messages"] and {*KTO} <= {*names} else columns
    scores = [name for name in SCORES if name in names and columns == [*PAIR]]
    extra = [*scores, *([SOURCE] if SOURCE in names else [])]
    check_columns(data, columns + (list(SCORES) if scores else []))
    if METADATA in names:
        raise ValueError(
            f"The column {METADATA!r} holds prompts and raw outputs: leave it out with"
            f" dataset.remove_columns({METADATA!r})."
        )
    others = [name for name in names if name not in [*columns, *extra]]
    if len(columns) == 1:
        refuse_faulty(data, lambda row: fault_of_talk(row.get("messages")), TALK_HINT)
    else:
        refuse_faulty(data, _fault_of_pair if "chosen" in columns else _fault_of_verdict, TALK_HINT)
    return (
        {
            column: [_turn(turn) for turn in row[column]] if column != "label" else row[column]
            for column in columns
        }
        | {name: None if is_missing(row.get(name)) else row[name] for name in [*extra, *others]}
        for row in data
    )


def _turn(turn: Row) -> Row:
    return {key: turn[key] for key in TURN_KEYS if turn.get(key) is not None}


def _fault_of_verdict(row: Row) -> str | None:
    if not isinstance(row.get("label"), bool):
        return "label is not true or false"
    return _fault_of_answers(row, "completion")


def _fault_of_pair(row: Row) -> str | None:
    if found := _fault_of_answers(row, "chosen", "rejected"):
        return found
    return SAME if row["chosen"][0]["content"] == row["rejected"][0]["content"] else None


def _fault_of_answers(row: Row, *columns: str) -> str | None:
    if not isinstance(row.get("prompt"), list | tuple):
        return "prompt has no turns"
    for column in columns:
        answer = row.get(column)
        if not isinstance(answer, list | tuple) or len(answer) != 1:
            return f"{column} is no single turn"
        if found := fault_of_talk([*row["prompt"], *answer]):
            return f"prompt with {column}: {found}"
    return None
