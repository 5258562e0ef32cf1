"""Rows in the form that a trainer takes, with the file that it wants beside them.

| format | instruction | preference | kto | rules |
|---|---|---|---|---|
| messages | `messages` | - | - | TRL |
| prompt-completion | `prompt`, `completion` | - | - | TRL |
| preference | - | `prompt`, `chosen`, `rejected` | - | TRL |
| kto | - | two rows a pair | `prompt`, `completion`, `label` | TRL |
| sharegpt | `conversations` | with `chosen`, `rejected` | with `label` | LLaMA-Factory |
| alpaca | `instruction`, `output` … | `chosen`, `rejected` | `label` | LLaMA-Factory |
| llama-factory | as sharegpt, with `dataset_info.json` | | | LLaMA-Factory |
| openai | `messages`, `tools` | `input`, `preferred_output` … | - | OpenAI, fine-tuning |
| ms-swift | `messages` | `rejected_response` | `label` | ms-swift, custom datasets |
| axolotl | `messages` | `chosen`, `rejected` | - | Axolotl, dataset formats |
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smolsynth._files import new_folder
from smolsynth.datasets.convert import PAIR, as_json
from smolsynth.datasets.read import Read
from smolsynth.datasets.shapes import FORM
from smolsynth.datasets.strings import said
from smolsynth.errors import ConvertError
from smolsynth.quality.rules import SCORES
from smolsynth.rows import Row
from smolsynth.text.personal import masked_in

DATA = "train.jsonl"
SHAREGPT = {"user": "human", "assistant": "gpt", "system": "system", "tool": "observation"}


@dataclass(frozen=True)
class Converted:
    """What `convert` wrote.

    Attributes:
        folder: with `train.jsonl`, and the trainer's own file where it wants one.
        rows: how many were written.
        lost: columns, and keys of turns, that the format has no place for.
        files: their names.
    """

    folder: Path
    rows: int
    lost: tuple[str, ...]
    files: tuple[str, ...]


def convert(read: Read, to: str, folder: str | Path, *, mask: bool = False) -> Converted:
    """Writes rows in the form that a trainer takes, into a new folder, whole or not at all.

    Args:
        read: what `read_rows` gives, a stream too.
        to: of FORMATS.
        folder: to be made.
        mask: put what kind it is in the place of personal data and keys, as `save`.

    Raises:
        ConvertError: the format has no place for rows of this kind, or for tools in them.
        FileExistsError: the folder exists already.
        ValueError: another format.
    """
    if to not in FORMATS:
        raise ValueError(f"There is no format {to!r}; there are {', '.join(FORMATS)}.")
    writer = FORMATS[to].get(read.kind)
    if writer is None:
        fitting = [name for name, kinds in FORMATS.items() if read.kind in kinds]
        raise ConvertError(said("no_place", to=to, kind=read.kind, fitting=fitting))
    folder, count, lost, seen = Path(folder), 0, dict[str, None](), set[str]()
    form = FORM[read.kind]
    with new_folder(folder) as unfinished:
        with (unfinished / DATA).open("w", encoding="utf-8", newline="\n") as file:
            for number, row in enumerate(map(masked_in, read.rows) if mask else read.rows):
                try:
                    made = list(writer(row))
                except ConvertError as error:
                    reason = error.args[0]
                    raise ConvertError(
                        said("no_fit", number=number, to=to, reason=reason)
                    ) from None
                others = {name: row[name] for name in row if name not in form}
                taken = {"tools"} if to in TAKE_TOOLS else set()
                if to in STRICT:
                    lost |= dict.fromkeys(name for name in others if name not in taken)
                    others = {}
                lost |= dict.fromkeys(_lost(row, made, to))
                for one in made:
                    kept = {k: v for k, v in others.items() if k not in taken and k not in one}
                    seen |= set(one)
                    file.write(as_json({**one, **kept}) + "\n")
                    count += 1
        beside = BESIDE[to](folder.name, read.kind, seen) if to in BESIDE else {}
        for name, text in beside.items():
            (unfinished / name).write_text(text, encoding="utf-8", newline="\n")
    return Converted(folder, count, tuple(lost), (DATA, *beside))


def _lost(row: Row, made: Sequence[Row], to: str) -> Iterator[str]:
    """What of a row's form the format has no place for: ratings, names and numbers of turns."""
    yield from (n for n in SCORES if row.get(n) is not None and n not in made[0])
    if to not in PLAIN_TURNS:
        return
    for column in ("messages", *PAIR, "completion"):
        for turn in row.get(column, ()):
            yield from (f"{column}.{key}" for key in ("name", "tool_call_id") if key in turn)
            yield from (f"{column}.tool_calls.id" for c in turn.get("tool_calls", ()) if "id" in c)


# ---- rows ----


def _as_it_is(row: Row) -> Iterator[Row]:
    names = [name for name in row if name in FORM_NAMES]
    yield {name: row[name] for name in names} | _tools(row)


def _prompt_completion(row: Row) -> Iterator[Row]:
    *prompt, answer = row["messages"]
    yield {"prompt": prompt, "completion": [answer], **_tools(row)}


def _unpaired(row: Row) -> Iterator[Row]:
    for side, label in (("chosen", True), ("rejected", False)):
        yield {"prompt": row["prompt"], "completion": row[side], "label": label, **_tools(row)}


def _tools(row: Row) -> Row:
    return {"tools": row["tools"]} if "tools" in row else {}


def _sharegpt(row: Row) -> Iterator[Row]:
    if "messages" in row:
        made: Row = {"conversations": _said(row["messages"])}
    elif "chosen" in row:
        made = {"conversations": _said(row["prompt"])}
        made |= {side: _said(row[side])[0] for side in ("chosen", "rejected")} | _scores(row)
    else:
        made = {"conversations": _said([*row["prompt"], *row["completion"]])}
        made["label"] = row["label"]
    yield made | _tools(row)


def _said(turns: Sequence[Row]) -> list[Row]:
    """Turns of `from` and `value`; calls of tools are turns of their own."""
    made = []
    for turn in turns:
        calls = turn.get("tool_calls")
        if turn["content"] or not calls:
            made.append({"from": SHAREGPT[turn["role"]], "value": turn["content"]})
        if calls:
            if turn["content"]:
                raise ConvertError(said("text_and_call"))
            made.append({"from": "function_call", "value": _calls(calls)})
    return made


def _calls(calls: Sequence[Mapping[str, Any]]) -> str:
    """Tool calls as JSON: one object, or a list of several."""
    plain = []
    for call in calls:
        inner = call["function"]
        try:
            arguments = json.loads(inner["arguments"])
        except ValueError:
            arguments = inner["arguments"]
        plain.append({"name": inner["name"], "arguments": arguments})
    return json.dumps(plain if len(plain) > 1 else plain[0], ensure_ascii=False)


def _scores(row: Row) -> Row:
    return {name: row[name] for name in SCORES if name in row}


def _alpaca(row: Row) -> Iterator[Row]:
    if "tools" in row or any(
        turn.get("tool_calls") or turn["role"] == "tool"
        for name in ("messages", "prompt")
        for turn in row.get(name, ())
    ):
        raise ConvertError(said("no_tools"))
    if "messages" in row:
        *asked, answer = row["messages"]
        yield _question(asked) | {"output": answer["content"]}
    elif "chosen" in row:
        sides = {side: row[side][0]["content"] for side in ("chosen", "rejected")}
        yield _question(row["prompt"]) | sides | _scores(row)
    else:
        answer = row["completion"][0]["content"]
        yield _question(row["prompt"]) | {"output": answer, "label": row["label"]}


def _question(turns: Sequence[Row]) -> Row:
    """The columns of alpaca before the answer; `system` and `history` where there are any."""
    system = {"system": turns[0]["content"]} if turns[0]["role"] == "system" else {}
    *before, last = turns[len(system) :]
    texts = [turn["content"] for turn in before]
    history = [list(pair) for pair in zip(texts[::2], texts[1::2], strict=True)]
    made = {"instruction": last["content"], "input": "", **system}
    return made | ({"history": history} if history else {})


def _openai(row: Row) -> Iterator[Row]:
    tools = {"tools": json.loads(row["tools"])} if "tools" in row else {}
    if "messages" in row:
        yield {"messages": row["messages"], **tools}
    else:
        yield {
            "input": {"messages": row["prompt"], **tools},
            "preferred_output": row["chosen"],
            "non_preferred_output": row["rejected"],
        }


def _swift(row: Row) -> Iterator[Row]:
    if "messages" in row:
        made: Row = {"messages": _swift_turns(row["messages"])}
    elif "chosen" in row:
        made = {"messages": _swift_turns([*row["prompt"], *row["chosen"]])}
        made |= {"rejected_response": row["rejected"][0]["content"]} | _scores(row)
    else:
        made = {"messages": _swift_turns([*row["prompt"], *row["completion"]])}
        made["label"] = row["label"]
    yield made | _tools(row)


def _swift_turns(turns: Sequence[Row]) -> list[Row]:
    roles = {"human": "user", "gpt": "assistant", "system": "system"}
    roles |= {"observation": "tool_response", "function_call": "tool_call"}
    return [{"role": roles[turn["from"]], "content": turn["value"]} for turn in _said(turns)]


def _axolotl(row: Row) -> Iterator[Row]:
    if "messages" in row:
        yield from _as_it_is(row)
    else:
        sides = {side: row[side][0] for side in ("chosen", "rejected")}
        yield {"messages": row["prompt"], **sides, **_scores(row), **_tools(row)}


# ---- files beside them ----


def _dataset_info(name: str, kind: str, seen: set[str]) -> dict[str, str]:
    columns = {"messages": "conversations"}
    if "tools" in seen:  # a column that is named must be there
        columns["tools"] = "tools"
    about: dict[str, Any] = {"file_name": DATA, "formatting": "sharegpt", "columns": columns}
    if kind == "preference":
        about["ranking"] = True
        columns |= {"chosen": "chosen", "rejected": "rejected"}
    elif kind == "kto":
        columns["kto_tag"] = "label"
    return {"dataset_info.json": json.dumps({name: about}, ensure_ascii=False, indent=2) + "\n"}


def _axolotl_config(name: str, kind: str, seen: set[str]) -> dict[str, str]:
    lines = ["datasets:", f"  - path: {json.dumps(f'./{name}/{DATA}')}", "    ds_type: json"]
    if kind == "preference":
        lines = ["rl: dpo", *lines, "    split: train", "    type: chat_template.default"]
        lines += [
            "    field_messages: messages",
            "    field_chosen: chosen",
            "    field_rejected: rejected",
        ]
    else:
        lines += ["    type: chat_template", "    field_messages: messages"]
    lines += ["    message_property_mappings:", "      role: role", "      content: content"]
    return {"axolotl.yaml": "\n".join(lines) + "\n"}


FORM_NAMES = {name for names in FORM.values() for name in names}
FORMATS: dict[str, dict[str, Callable[[Row], Iterator[Row]]]] = {
    "messages": {"instruction": _as_it_is},
    "prompt-completion": {"instruction": _prompt_completion},
    "preference": {"preference": _as_it_is},
    "kto": {"kto": _as_it_is, "preference": _unpaired},
    "sharegpt": dict.fromkeys(FORM, _sharegpt),
    "alpaca": dict.fromkeys(FORM, _alpaca),
    "openai": dict.fromkeys(("instruction", "preference"), _openai),
    "llama-factory": dict.fromkeys(FORM, _sharegpt),
    "ms-swift": dict.fromkeys(FORM, _swift),
    "axolotl": dict.fromkeys(("instruction", "preference"), _axolotl),
}
BESIDE = {"llama-factory": _dataset_info, "axolotl": _axolotl_config}
PLAIN_TURNS = ("sharegpt", "llama-factory", "ms-swift", "alpaca")  # who, what, and no more
STRICT = ("openai",)  # further columns are refused there
TAKE_TOOLS = tuple(name for name in FORMATS if name != "alpaca")
