"""From generated rows to a dataset folder that TRL trains on, checked, with a card.

`to_messages` makes instruction data (`messages`), `to_preferences` preference data (`prompt`,
`chosen`, `rejected`); `save` writes either, if the rules of `smolsynth.quality` allow it.

Nothing is dropped silently: rows that can't be trained on raise, and the error says how to find
and filter them.
"""

import html
import json
import os
import re
import shutil
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from smolsynth import __version__
from smolsynth.display import column_names, rows
from smolsynth.quality import RATINGS, RULES, SCORES, QualityError, Report, measure
from smolsynth.texts import check_lang

Row = dict[str, Any]
PAIR = ("prompt", "chosen", "rejected")  # the columns of preference data
SOURCE = "source"  # where a row comes from, if that is to be kept
FORMATS = ("jsonl", "parquet", "arrow")
_SHOWN = 3  # rows named in an error, and rows shown in the card
_SAME = "chosen equals rejected"


def to_messages(
    dataset: Any,
    instruction: str = "instruction",
    response: str = "response",
    system: str | None = None,
    *,
    conversation: str | None = None,
    source: str | None = None,
):
    """Puts rows into the form that TRL's `SFTTrainer` takes for chats.

    Args:
        dataset: a `Dataset`, a `Distiset` with one dataset, or a list of dicts.
        instruction: the column of user turns.
        response: the column of assistant turns.
        system: the column of system prompts, if any; a row without one (`None`, empty) gets none.
        conversation: instead of the three above, a column of whole talks, such as Magpie makes for
            several turns: lists of dicts with `role` and `content`.
        source: a column that says where each row comes from, to be kept.

    Returns:
        A `datasets.Dataset` with as many rows and the column `messages`: a list of dicts with
        `role` ("system", "user", "assistant") and `content` (texts as they were); and `source` if
        one is given.

    Raises:
        ValueError: a column is missing; or rows have an instruction or response that is empty,
            `None` or no string; or talks are not well formed. The error says how many, which come
            first (counted from 0) and how to filter them.
    """
    data = rows(dataset)
    columns = [conversation] if conversation else [instruction, response]
    others = [system if not conversation else None, source]
    _check_columns(data, [*columns, *filter(None, others)])
    if conversation:
        _refuse_faulty(data, lambda row: _fault_of_talk(row.get(conversation)), _TALK_HINT)
        talks = [row[conversation] for row in data]
    else:
        hint = _TEXT_HINT.format(columns=columns)
        _refuse_faulty(data, lambda row: _fault_of_row(row, columns, system), hint)
        talks = [_talk(row, instruction, response, system) for row in data]
    talks = [[{"role": turn["role"], "content": turn["content"]} for turn in t] for t in talks]
    return _made({"messages": talks}, data, source)


def to_preferences(
    dataset: Any,
    instruction: str = "instruction",
    chosen: str = "chosen",
    rejected: str = "rejected",
    system: str | None = None,
    ratings: tuple[str, str] | None = None,
    *,
    source: str | None = None,
):
    """Puts pairs into the form that TRL's `DPOTrainer` takes for chats.

    Args:
        dataset: a `Dataset`, a `Distiset` with one dataset, or a list of dicts.
        instruction: the column of user turns.
        chosen: the column of the better responses.
        rejected: the column of the worse ones.
        system: the column of system prompts, if any; a row without one (`None`, empty) gets none.
        ratings: the columns of the two ratings. Where `None`, `chosen_rating` and
            `rejected_rating` are taken if there are both.
        source: a column that says where each row comes from, to be kept.

    Returns:
        A `datasets.Dataset` with as many rows and the columns `prompt` (system and user turn),
        `chosen` and `rejected` (an assistant turn each), all lists of dicts with `role` and
        `content`; and of rated pairs `score_chosen` and `score_rejected` (float or `None`), which
        trainers pass over and `smolsynth.quality` reads; and `source` if one is given.

    Raises:
        ValueError: a column is missing; or rows have a text that is empty, `None` or no string, or
            a chosen response that equals the rejected one: such a pair teaches nothing. The error
            says how many, which come first (counted from 0) and how to filter them.
    """
    data = rows(dataset)
    columns = [instruction, chosen, rejected]
    if ratings is None and len(data) and set(RATINGS) <= set(column_names(data)):
        ratings = RATINGS
    _check_columns(data, [*columns, *filter(None, (system, source)), *(ratings or ())])

    def fault(row: Row) -> str | None:
        if found := _fault_of_row(row, columns, system):
            return found
        return _SAME if row[chosen].strip() == row[rejected].strip() else None

    _refuse_faulty(
        data, fault, _PAIR_HINT.format(columns=columns, chosen=chosen, rejected=rejected)
    )
    made: dict[str, list] = {name: [] for name in PAIR}
    for name, column in zip(SCORES, ratings or (), strict=False):
        made[name] = [row[column] for row in data]
    for row in data:
        *prompt, answer = _talk(row, instruction, chosen, system)
        made["prompt"].append(prompt)
        made["chosen"].append([answer])
        made["rejected"].append([{"role": "assistant", "content": row[rejected]}])
    return _made(made, data, source)


def _made(columns: dict[str, list], data: Sequence[Row], source: str | None):
    from datasets import Dataset

    if source:
        columns[SOURCE] = [str(row[source]) for row in data]
    return Dataset.from_dict(columns, features=_features(*columns))


def _features(*columns: str):
    from datasets import Features, Value

    turns = [{"role": Value("string"), "content": Value("string")}]
    plain = dict.fromkeys(SCORES, Value("float64")) | {SOURCE: Value("string")}
    return Features({column: plain.get(column, turns) for column in columns})


def _talk(row: Row, instruction: str, response: str, system: str | None) -> list[dict[str, str]]:
    before = [{"role": "system", "content": row[system]}] if system and row.get(system) else []
    return [
        *before,
        {"role": "user", "content": row[instruction]},
        {"role": "assistant", "content": row[response]},
    ]


# ---- checks ----

_TEXT_HINT = (
    "Look at them, then drop them: dataset = dataset.filter(lambda row: all(isinstance(row[c], str)"
    " and row[c].strip() for c in {columns}))"
)
_PAIR_HINT = (
    "Look at them, then drop them: dataset = dataset.filter(lambda row: all(isinstance(row[c], str)"
    " and row[c].strip() for c in {columns})"
    " and row[{chosen!r}].strip() != row[{rejected!r}].strip())"
)
_TALK_HINT = (
    "Each must be a list of dicts with role and content: an optional system turn, then user and"
    " assistant in turns, the last one an assistant's. Drop the others with dataset.filter(...)."
)


def _check_columns(data: Sequence[Row], columns: list[str]) -> None:
    if not len(data):  # a list without rows has no columns either
        return
    names = column_names(data)
    for column in columns:
        if column not in names:
            raise ValueError(f"There is no column {column!r}; the columns are {names}.")


def _refuse_faulty(data: Sequence[Row], fault: Callable[[Row], str | None], hint: str) -> None:
    faults = [(i, found) for i, row in enumerate(data) if (found := fault(row))]
    if not faults:
        return
    first = ", ".join(f"row {i} ({found})" for i, found in faults[:_SHOWN])
    more = ", …" if len(faults) > _SHOWN else ""
    raise ValueError(
        f"{len(faults)} of {len(data)} rows can't be exported (counted from 0): {first}{more}."
        f" {hint}"
    )


def _fault_of_row(row: Row, columns: list[str], system: str | None) -> str | None:
    for column in columns:
        if found := _fault_of_text(row.get(column)):
            return f"{column} {found}"
    prompt = row.get(system) if system else None
    if prompt and (found := _fault_of_text(prompt)):
        return f"{system} {found}"
    return None


def _fault_of_text(text: Any) -> str | None:
    if text is None:
        return "is None"
    if not isinstance(text, str):
        return f"is no text but {type(text).__name__}"
    if not text.strip():
        return "is empty"
    if any("\ud800" <= char <= "\udfff" for char in text):
        return "holds half a character, which UTF-8 can't store"
    return None


def _fault_of_talk(talk: Any) -> str | None:
    if not isinstance(talk, list | tuple) or not talk:
        return "no turns"
    for i, turn in enumerate(talk):
        if not isinstance(turn, Mapping) or set(turn) != {"role", "content"}:
            return f"turn {i} is no dict of role and content"
        if found := _fault_of_text(turn["content"]):
            return f"turn {i} {found}"
    roles = [turn["role"] for turn in talk]
    spoken = roles[1:] if roles[0] == "system" else roles
    if not spoken or spoken != ["user", "assistant"] * (len(spoken) // 2):
        return f"roles {', '.join(map(str, roles[:6]))}"
    return None


# ---- saving ----


def save(
    dataset: Any,
    folder: str | Path,
    *,
    lang: str,
    model: str,
    technique: str,
    seed: int | None,
    notes: str = "",
    prompts: Mapping[str, str] | None = None,
    license: str = "apache-2.0",
    format: str = "jsonl",
    seeds: Iterable[str] = (),
    evaluation: Iterable[str] = (),
    despite: str = "",
) -> Path:
    """Writes the data and a dataset card, `README.md`, into a new folder.

    Data that breaks a rule of `smolsynth.quality` is refused. The folder appears whole or not at
    all, and `datasets.load_dataset(folder)` loads it, offline too (`load_from_disk` for "arrow").
    The same rows give the same bytes, but for "arrow".

    Args:
        dataset: what `to_messages` gives (`messages`) or `to_preferences` (`prompt`, `chosen`,
            `rejected`, and the scores if there are any); with or without `source`.
        folder: the folder to make; folders above it are made, too.
        lang: language of the texts and of the card, "en" or "zh".
        model: what wrote the rows, as given to `load_llm` or in words. Of a path or an address
            only the model's name goes into the card.
        technique: how, as "SelfInstruct, then EvolInstruct".
        seed: of the run.
        notes: more to tell in the card (Markdown).
        prompts: what the models were sent, by the name of the step.
        license: of the dataset, as the Hugging Face Hub names it.
        format: "jsonl" (`train.jsonl`, to be read by people), "parquet" (`train.parquet`, small)
            or "arrow" (what `Dataset.save_to_disk` writes).
        seeds: the texts that generation began with, so that copies of them are found.
        evaluation: the questions that the trained model will be tested with, so that none of them
            is trained on.
        despite: why the data is to be saved even if it breaks a rule; goes into the card.

    Returns:
        The folder.

    Raises:
        QualityError: the data breaks a rule and `despite` is empty. The error names the rule, how
            many rows, the first three and the call that mends it.
        FileExistsError: the folder exists already.
        OSError: it can't be written.
        ValueError: no rows, other columns than those, talks or pairs that are not well formed, or
            another `lang` or `format`.
    """
    check_lang(lang)
    if format not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}, not {format!r}.")
    folder = Path(folder)
    records = _checked_records(dataset)
    report = measure(records, lang, seeds=seeds, evaluation=evaluation)
    if report.broken and not despite.strip():
        raise QualityError(report)
    facts = {
        "lang": lang,
        "license": license,
        "model": _model_in_words(model, lang),
        "technique": _one_line(_without_secrets(technique)),
        "seed": "-" if seed is None else str(seed),
        "notes": _without_secrets(notes).strip(),
        "prompts": {name: _without_secrets(text) for name, text in (prompts or {}).items()},
        "despite": _one_line(_without_secrets(despite)) if report.broken else "",
        "format": format,
    }
    unfinished = folder.parent / f".{folder.name}.{uuid.uuid4().hex[:8]}.part"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        unfinished.mkdir()
        _write(records, unfinished, format)
        card = _card(folder.name, records, facts, report)
        (unfinished / "README.md").write_text(card, encoding="utf-8", newline="\n")
        if os.path.lexists(folder):  # asked last, as a rename replaces an empty folder
            raise _exists(folder)
        unfinished.rename(folder)
    except OSError as error:
        if isinstance(error, FileExistsError) and error.errno is None:  # ours
            raise
        # Where a file stands in place of a folder above, Python speaks of a file that exists.
        kind = NotADirectoryError if isinstance(error, FileExistsError) else type(error)
        raise kind(
            f"The dataset can't be written to {folder} ({error.strerror or error}): choose a folder"
            " that you may write to, on a disk with space left."
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def _write(records: list[Row], folder: Path, format: str) -> None:
    if format == "jsonl":
        lines = "".join(_json(record) + "\n" for record in records)
        (folder / "train.jsonl").write_text(lines, encoding="utf-8", newline="\n")
        return
    from datasets import Dataset

    data = Dataset.from_list(records, features=_features(*records[0]))
    if format == "parquet":
        data.to_parquet(folder / "train.parquet")
    else:
        data.save_to_disk(folder)


def free_folder(base: str | Path) -> Path:
    """`base` if nothing is there yet, else the first free one of `base-2`, `base-3`, …"""
    base = Path(base)
    candidate, number = base, 1
    while os.path.lexists(candidate):
        number += 1
        candidate = base.with_name(f"{base.name}-{number}")
    return candidate


def _exists(folder: Path) -> FileExistsError:
    return FileExistsError(
        f"{folder} exists already, and nothing in it was touched: choose another folder, such as"
        f" {free_folder(folder)}, or delete it first."
    )


def _checked_records(dataset: Any) -> list[Row]:
    """The rows as they are written: `messages`, or PAIR with or without SCORES; and SOURCE."""
    data = rows(dataset)
    if not len(data):
        raise ValueError("The dataset has no rows: there is nothing to save.")
    names = column_names(data)
    columns = list(PAIR) if set(PAIR) & set(names) and "messages" not in names else ["messages"]
    scores = [name for name in SCORES if name in names and len(columns) > 1]
    extra = [*scores, *([SOURCE] if SOURCE in names else [])]
    _check_columns(data, columns + (list(SCORES) if scores else []))
    if others := [name for name in names if name not in [*columns, *extra]]:
        kept = "Only the column 'messages' is" if len(columns) == 1 else f"Only {columns} are"
        raise ValueError(
            f"{kept} saved, but there are others, {others}: leave them out"
            f" with dataset.select_columns({columns})."
        )
    if len(columns) == 1:
        _refuse_faulty(data, lambda row: _fault_of_talk(row.get("messages")), _TALK_HINT)
    else:
        _refuse_faulty(data, _fault_of_pair, _TALK_HINT)
    return [
        {
            column: [{"role": turn["role"], "content": turn["content"]} for turn in row[column]]
            for column in columns
        }
        | {column: row[column] for column in extra}
        for row in data
    ]


def _fault_of_pair(row: Row) -> str | None:
    if not isinstance(row.get("prompt"), list | tuple):
        return "prompt has no turns"
    for column in ("chosen", "rejected"):
        answer = row.get(column)
        if not isinstance(answer, list | tuple) or len(answer) != 1:
            return f"{column} is no single turn"
        if found := _fault_of_talk([*row["prompt"], *answer]):
            return f"prompt with {column}: {found}"
    return _SAME if row["chosen"][0]["content"] == row["rejected"][0]["content"] else None


# Line ends that some readers split at, and characters that are invisible or turn text around.
_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def _json(value: Any, indent: int | None = None) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


# ---- the card ----

_CARDS = {
    "en": """\
# {name}

{title}

## How it was made

| | |
|---|---|
| technique | {technique} |
| model | {model} |
| seed | {seed} |
| distilabel | {distilabel} |
| smolsynth | {smolsynth} |
{notes}{prompts}
## Columns

{columns}

## Size

| | |
|---|---|
| rows | {rows} |
{sizes}

## Quality

By `smolsynth.quality`, which refuses data with more faults than are allowed:

| fault | rows | allowed |
|---|---|---|
{quality}
{despite}
## Examples

The first rows, as they came:

{examples}

## Known limits

- A model wrote these texts: they may hold wrong facts, and nobody has checked each of them.
- What the model does not know is missing, and its habits of wording come again and again.
- The smaller the model, the more so. Look at the rows before you train on them.

## Train on it

In the folder above this one, with `pip install trl`:

{code}
""",
    "zh": """\
# {name}

{title}

## 制作方法

| | |
|---|---|
| 技术 | {technique} |
| 模型 | {model} |
| 随机种子 | {seed} |
| distilabel | {distilabel} |
| smolsynth | {smolsynth} |
{notes}{prompts}
## 数据列

{columns}

## 规模

| | |
|---|---|
| 行数 | {rows} |
{sizes}

## 质量

由 `smolsynth.quality` 检查；有毛病的行超过上限，数据就不收：

| 毛病 | 行数 | 上限 |
|---|---|---|
{quality}
{despite}
## 示例

以下是最前面的几行，未作改动：

{examples}

## 已知局限

- 文本由模型生成，可能包含事实错误，也没有人逐条核对过。
- 模型不懂的，数据里就没有；模型的用词习惯，数据里会反复出现。
- 模型越小，这些问题越明显。训练之前，请先看看数据。

## 用它训练

先运行 `pip install trl`，然后在本文件夹的上一级目录中执行：

{code}
""",
}
# What differs between instruction data ("messages") and preference data ("prompt").
_PARTS = {
    ("en", "messages"): (
        """{rows} synthetic conversations in English to fine-tune a chat model on, written by a
language model and not by people.""",
        """- `messages`: the conversation, a list of turns, each with `role` (`system`, `user` or
  `assistant`) and `content` (text). This is the format that TRL's `SFTTrainer` takes.""",
        """| user turns per row, mean | {turns} |
| rows with a system prompt | {systems} |
| characters per user turn, mean | {user} |
| characters per assistant turn, mean | {assistant} |""",
    ),
    ("en", "prompt"): (
        """{rows} synthetic preference pairs in English to align a chat model with. Language models
wrote the responses and judged which is better; people did neither.""",
        """- `prompt`: the turns before the response, each with `role` (`system` or `user`) and
  `content` (text);
- `chosen`, `rejected`: the better and the worse response, one assistant turn each. This is the
  format that TRL's `DPOTrainer` takes.{scores}""",
        """| rows with a system prompt | {systems} |
| characters per user turn, mean | {user} |
| characters per chosen response, mean | {chosen} |
| characters per rejected response, mean | {rejected} |
| pairs whose chosen response is the longer one | {longer} |""",
    ),
    ("zh", "messages"): (
        """{rows} 条中文合成对话，用于微调聊天模型。全部文本由语言模型生成，并非真人撰写。""",
        """- `messages`：一段对话，由若干轮组成，每轮包含 `role`（`system`、`user` 或
  `assistant`）和 `content`（文本）。TRL 的 `SFTTrainer` 可以直接使用这种格式。""",
        """| 每行用户轮数（平均） | {turns} |
| 带系统提示词的行数 | {systems} |
| 每轮用户文本的字符数（平均） | {user} |
| 每轮助手文本的字符数（平均） | {assistant} |""",
    ),
    ("zh", "prompt"): (
        """{rows} 个中文合成偏好对，用于聊天模型的偏好对齐。回答由语言模型撰写，好坏也由语言模型
评定，均非人工。""",
        """- `prompt`：回答之前的各轮对话，每轮包含 `role`（`system` 或 `user`）和
  `content`（文本）；
- `chosen`、`rejected`：较好和较差的回答，各是一轮助手发言。TRL 的
  `DPOTrainer` 可以直接使用这种格式。{scores}""",
        """| 带系统提示词的行数 | {systems} |
| 每轮用户文本的字符数（平均） | {user} |
| 被选回答的字符数（平均） | {chosen} |
| 被拒回答的字符数（平均） | {rejected} |
| 被选回答较长的偏好对 | {longer} |""",
    ),
}
_SCORES = {
    "en": "\n- `score_chosen`, `score_rejected`: the judge's ratings of the two.",
    "zh": "\n- `score_chosen`、`score_rejected`：评审模型给这两个回答的分数。",
}
_SOURCES = {
    "en": ("\n- `source`: where the row comes from.", "| rows from {source} | {count} |"),
    "zh": ("\n- `source`：这一行的出处。", "| 来自 {source} 的行数 | {count} |"),
}
_PROMPTS = {
    "en": "### Prompts\n\nWhat the models were sent; texts in braces differ from row to row.",
    "zh": "### 提示词\n\n发给模型的内容如下，花括号里的文字每行不同。",
}
_DESPITE = {
    "en": "\nIt was saved although more rows than allowed are faulty (✗): {reason}\n",
    "zh": "\n有毛病的行超过了上限（✗），但仍保存，理由是：{reason}\n",
}
# load_dataset(".") fails: `datasets` wants a name.
_TRAINING_CODE = """\
from datasets import {loader}
from trl import {kind}Config, {kind}Trainer

dataset = {call}
config = {kind}Config(output_dir="student")
trainer = {kind}Trainer("HuggingFaceTB/SmolLM2-135M-Instruct", {arguments})
trainer.train()"""


def _card(name: str, records: list[Row], facts: dict[str, Any], report: Report) -> str:
    kind = next(iter(records[0]))
    lang = facts["lang"]
    title, columns, sizes = _PARTS[lang, kind]
    talks = [
        [turn for column in (*PAIR, "messages") for turn in record.get(column, ())]
        for record in records
    ]
    texts = {
        role: [turn["content"] for talk in talks for turn in talk if turn["role"] == role]
        for role in ("system", "user", "assistant")
    }
    measured = {
        "rows": len(records),
        "turns": f"{len(texts['user']) / len(records):.1f}",
        "systems": len(texts["system"]),
        "user": _mean_length(texts["user"]),
        "assistant": _mean_length(texts["assistant"]),
    }
    if kind == "prompt":
        sides = {side: [r[side][0]["content"] for r in records] for side in PAIR[1:]}
        measured |= {side: _mean_length(answers) for side, answers in sides.items()}
        longer = sum(len(c) > len(r) for c, r in zip(*sides.values(), strict=True))
        measured["longer"] = f"{longer / len(records):.0%}"
    on_disk, folder = facts["format"] == "arrow", json.dumps(f"./{name}")
    loader = "load_from_disk" if on_disk else "load_dataset"
    code = _TRAINING_CODE.format(
        kind="DPO" if kind == "prompt" else "SFT",
        loader=loader,
        call=f"{loader}({folder})" if on_disk else f'{loader}({folder}, split="train")',
        arguments=("args=" if kind == "prompt" else "") + "config, train_dataset=dataset",
    )
    body = _CARDS[lang].format(
        name=_one_line(name),
        title=title.format(**measured),
        columns=_columns_in_words(columns, lang, records[0]),
        quality="\n".join(_quality_rows(report)),
        despite=_DESPITE[lang].format(reason=facts["despite"]) if facts["despite"] else "",
        sizes="\n".join([sizes.format(**measured), *_source_rows(records, lang)]),
        technique=facts["technique"],
        model=facts["model"],
        seed=facts["seed"],
        notes=f"\n{facts['notes']}\n" if facts["notes"] else "",
        prompts=_prompts(facts["prompts"], lang),
        distilabel=_version("distilabel"),
        smolsynth=__version__,
        rows=len(records),
        examples="\n\n".join(_fenced(_json(r, indent=2), "json") for r in records[:_SHOWN]),
        code=_fenced(code, "python"),
    )
    return f"---\n{_header(len(records), facts)}---\n\n{body}"


def _columns_in_words(columns: str, lang: str, record: Row) -> str:
    scores = _SCORES[lang] if SCORES[0] in record else ""
    return columns.replace("{scores}", scores) + (_SOURCES[lang][0] if SOURCE in record else "")


def _source_rows(records: list[Row], lang: str) -> Iterator[str]:
    if SOURCE in records[0]:
        for source, count in Counter(record[SOURCE] for record in records).most_common():
            yield _SOURCES[lang][1].format(source=_one_line(source), count=count)


def _prompts(prompts: Mapping[str, str], lang: str) -> str:
    """The section of the card that shows what was sent, folded."""
    if not prompts:
        return ""
    folded = [
        f"<details><summary>{_one_line(html.escape(name))}</summary>\n\n"
        f"{_fenced(text, 'text')}\n\n</details>"
        for name, text in prompts.items()
    ]
    return "\n".join(["", _PROMPTS[lang], "", *folded, ""])


def _quality_rows(report: Report) -> Iterator[str]:
    for finding in report.findings:
        rule = RULES[finding.rule]
        what, _ = rule.words(report.lang)
        mark = " ✗" if finding.broken else ""
        yield f"| {what} | {len(finding.rows)}{mark} | {rule.allowed_of(report.rows)} |"


def _header(count: int, facts: dict[str, str]) -> str:
    """The YAML that the Hugging Face Hub and `load_dataset` read."""
    import yaml

    header = {
        "language": [facts["lang"]],
        "license": facts["license"],
        "task_categories": ["text-generation"],
        "tags": ["synthetic", "distilabel"],
        "size_categories": [_size_category(count)],
        # No `configs`: with them `load_dataset` (datasets 5.2) takes a folder's new files for its
        # old ones, and gives the rows of another folder of that name, from its cache. Without,
        # it finds the file by its name.
    }
    return yaml.safe_dump(header, sort_keys=False, allow_unicode=True)


def _size_category(count: int) -> str:
    """The Hub's name for a number of rows, as "1K<n<10K"."""
    if count < 1_000:
        return "n<1K"
    for low, high, limit in (
        ("1K", "10K", 10_000),
        ("10K", "100K", 100_000),
        ("100K", "1M", 1_000_000),
        ("1M", "10M", 10_000_000),
    ):
        if count < limit:
            return f"{low}<n<{high}"
    return "n>10M"


def _fenced(text: str, info: str) -> str:
    """A code block of Markdown that its text can't end, whatever backticks are in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{info}\n{text}\n{fence}"


def _mean_length(texts: list[str]) -> str:
    return f"{sum(map(len, texts)) / len(texts):.0f}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "-"


# ---- what must not go into a card ----

_SECRET = re.compile(r"\b(?:hf_|sk-|ghp_|github_pat_|AIza|xox[abp]-)[\w-]{8,}")
_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
# An absolute path, of Unix, a home folder or Windows.
_PATH = re.compile(r"(?<![\w./~<])(?:~|[A-Za-z]:)?[/\\](?=[^\s/\\])[^\s]*")


def _without_secrets(text: str) -> str:
    """Tokens removed, addresses without user, password and query, paths cut to their last part."""

    def address(match: re.Match) -> str:
        parts = urlsplit(match[0])
        if parts.scheme == "file":
            return _last_part(parts.path)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))

    def without_paths(part: str) -> str:
        return _PATH.sub(lambda match: _last_part(match[0]), part)

    text = _SECRET.sub("…", text)
    pieces, end = [], 0
    for match in _ADDRESS.finditer(text):
        pieces += [without_paths(text[end : match.start()]), address(match)]
        end = match.end()
    return "".join([*pieces, without_paths(text[end:])])


def _last_part(path: str) -> str:
    return re.split(r"[/\\]", path.rstrip("/\\"))[-1]


_MODELS = {
    "en": {
        "bundled": "the small {name} model that comes with smolsynth",
        "openai": "{name}, served at an OpenAI-compatible endpoint",
        "hf": "{name}, through Hugging Face Inference Providers",
    },
    "zh": {
        "bundled": "smolsynth 自带的小型 {name} 模型",
        "openai": "{name}，由兼容 OpenAI 的接口提供",
        "hf": "{name}，通过 Hugging Face Inference Providers 调用",
    },
}


def _model_in_words(model: str, lang: str) -> str:
    """The model for the card, from a spec as `load_llm` takes it or from words."""
    words = _MODELS[lang]
    kind, _, name = model.partition(":")
    if kind == "bundled":
        return words["bundled"].format(name=_one_line(name) or "tutor")
    if kind == "openai":  # the endpoint may be a machine of one's own: its address stays out
        name = name.rpartition("#")[2] if "#" in name else "-"
    if kind in ("openai", "hf"):
        return words[kind].format(name=_one_line(_without_secrets(name)))
    if kind == "transformers":
        # A name of the Hub has one slash at most; anything else is a folder.
        is_folder = name.startswith((".", "~")) or name.count("/") > 1 or "\\" in name
        model = _last_part(name) if is_folder else name
    return _one_line(_without_secrets(model))


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
