"""Rows in the form that a trainer takes, with the file that it wants beside them.

| format | instruction | preference | kto |
|---|---|---|---|
| messages | `messages` | - | - |
| prompt-completion | `prompt`, `completion` | - | - |
| preference | - | `prompt`, `chosen`, `rejected` | - |
| kto | - | two rows a pair | `prompt`, `completion`, `label` |
| sharegpt, llama-factory | `conversations` | with `chosen`, `rejected` | with `label` |
| alpaca | `instruction`, `output` … | `chosen`, `rejected` | `label` |
| openai | `messages`, `tools` | `input`, `preferred_output` … | - |
| ms-swift | `messages` | `rejected_response` | `label` |
| axolotl | `messages` | `chosen`, `rejected` | - |

What each trainer asks for, where it says so, and what is done here:

| trainer | rule | source | here |
|---|---|---|---|
| TRL | `tools` may be JSON text | trl/trainer/sft_trainer.py | is |
| TRL | arguments of calls are objects | docs/source/dataset_formats.md, tool calling | are made |
| LLaMA-Factory | who asks (human, observation) and who answers (gpt, function_call) take turns, \
a system prompt first; other rows are passed over | src/llamafactory/data/converter.py | refused |
| LLaMA-Factory | a turn is a text or a call; `tools` are text | data/README.md | refused; are |
| LLaMA-Factory | `chosen` and `rejected` are one turn, `kto_tag` true or false | same | are |
| LLaMA-Factory | columns by name in dataset_info.json | same | written |
| ms-swift | no answer is empty; the rejected one is another than the chosen \
| swift/llm/dataset/preprocessor/core.py | refused |
| ms-swift | calls of tools are turns of their own, `tools` text | Agent-support.md | are |
| Axolotl | `tools` is a list | src/axolotl/prompt_strategies/chat_template.py | is made |
| Axolotl | of pairs, roles and texts alone are read | prompt_strategies/dpo/chat_template.py \
| tools refused |
| OpenAI | ten rows at least | developers.openai.com/docs/guides/supervised-fine-tuning | said |
| OpenAI | no other keys; a call has an id, its result names it; `weight` 0 or 1 | API reference, \
fine-tuning, chat | left out and named; made; kept |
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from smolsynth._files import new_folder
from smolsynth.datasets.convert import PAIR, as_json
from smolsynth.datasets.read import Read
from smolsynth.datasets.shapes import FORM, TURNS
from smolsynth.datasets.strings import said
from smolsynth.errors import ConvertError, Said
from smolsynth.quality.rules import SCORES
from smolsynth.rows import Row
from smolsynth.text.personal import masked_in

DATA, VALIDATION = "train.jsonl", "validation.jsonl"
SHAREGPT = {"user": "human", "assistant": "gpt", "system": "system", "tool": "observation"}


@dataclass(frozen=True)
class Converted:
    """What `convert` wrote.

    Attributes:
        folder: with `train.jsonl`, and the trainer's own file where it wants one.
        rows: how many were written.
        columns: theirs.
        lost: columns, and keys of turns, that the format has no place for.
        files: their names.
        notes: what the trainer will not like, each a sentence in English and Chinese.
    """

    folder: Path
    rows: int
    columns: tuple[str, ...]
    lost: tuple[str, ...]
    files: tuple[str, ...]
    notes: tuple[Said, ...] = ()


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
    folder = Path(folder)
    with new_folder(folder) as unfinished:
        rows = map(masked_in, read.rows) if mask else read.rows
        made = write(rows, read.kind, to, unfinished, folder.name)
    return replace(made, folder=folder)


def write(
    rows: Iterable[Row], kind: str, to: str, folder: Path, name: str, data: str = DATA
) -> Converted:
    """Writes rows into a folder that is there, for `convert` and `save`.

    Args:
        rows: in the form of their kind.
        kind: of `smolsynth.datasets.shapes.KINDS`.
        to: of FORMATS.
        folder: to write into.
        name: of the dataset, in the trainer's own file.
        data: the file for the rows; VALIDATION is added to what the trainer's own file says.

    Raises:
        ConvertError: as `convert`.
    """
    writer = FORMATS[to].get(kind)
    if writer is None:
        fitting = [name for name, kinds in FORMATS.items() if kind in kinds]
        raise ConvertError(said("no_place", to=to, kind=kind, fitting=fitting))
    form = FORM[kind]
    taken = TAKEN.get(to, ()) if to in STRICT else ("tools",)
    count, lost, seen = 0, dict[str, None](), dict[str, None]()
    with (folder / data).open("w", encoding="utf-8", newline="\n") as file:
        for number, row in enumerate(rows):
            try:
                made = list(writer(row))
            except ConvertError as error:
                given = {"number": number, "to": to, "reason": error.args[0]}
                raise ConvertError(said("no_fit", **given)) from None
            others = {name: row[name] for name in row if name not in (*form, *taken)}
            if to in STRICT:
                lost |= dict.fromkeys(name for name in others if others[name] is not None)
                others = {}
            lost |= dict.fromkeys(_lost({n: row[n] for n in form if n in row}, made, to))
            lost |= dict.fromkeys(n for n in others if made[0].get(n, others[n]) != others[n])
            for one in made:
                whole = one | {name: value for name, value in others.items() if name not in one}
                seen |= dict.fromkeys(whole)
                file.write(as_json(whole) + "\n")
                count += 1
    beside = BESIDE[to](name, kind, seen, data) if to in BESIDE else {}
    for file_name, text in beside.items():
        if data == VALIDATION:
            text = WITH_VALIDATION[to]((folder / file_name).read_text("utf-8"), text)
        (folder / file_name).write_text(text, encoding="utf-8", newline="\n")
    few = to == "openai" and count < OPENAI_LEAST
    notes = (said("few", count=count, least=OPENAI_LEAST),) if few else ()
    return Converted(folder, count, tuple(seen), tuple(lost), (data, *beside), notes)


def _lost(row: Row, made: Sequence[Row], to: str) -> Iterator[str]:
    """What of a row's form the format has no place for: ratings, names and numbers of turns."""
    yield from (n for n in SCORES if row.get(n) is not None and n not in made[0])
    if to not in PLAIN_TURNS:
        return
    for column in TURNS:
        for turn in row.get(column, ()):
            yield from (f"{column}.{key}" for key in ("name", "tool_call_id") if key in turn)
            yield from (f"{column}.tool_calls.id" for c in turn.get("tool_calls", ()) if "id" in c)


# ---- rows ----


def _trl(row: Row) -> Iterator[Row]:
    made = {name: row[name] for name in row if name in FORM_NAMES}
    yield made | {name: _objects(made[name]) for name in made if name in TURNS} | _tools(row)


def _objects(turns: Sequence[Row]) -> list[Row]:
    """Turns whose calls of tools have arguments as objects, as chat templates want them."""
    return [
        {**turn, "tool_calls": [_object(call) for call in turn["tool_calls"]]}
        if turn.get("tool_calls")
        else turn
        for turn in turns
    ]


def _object(call: Row) -> Row:
    inner = call["function"]
    return {**call, "function": {**inner, "arguments": _arguments(inner)}}


def _arguments(function: Mapping[str, Any]) -> Any:
    """The arguments of a call: what their JSON says, or their text if it is none."""
    try:
        return json.loads(function["arguments"])
    except ValueError:
        return function["arguments"]


def _prompt_completion(row: Row) -> Iterator[Row]:
    *prompt, answer = _objects(row["messages"])
    yield {"prompt": prompt, "completion": [answer], **_tools(row)}


def _unpaired(row: Row) -> Iterator[Row]:
    for side, label in (("chosen", True), ("rejected", False)):
        made = {"prompt": _objects(row["prompt"]), "completion": _objects(row[side])}
        yield {**made, "label": label, **_tools(row)}


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
    asks = [t["from"] in ("human", "observation") for t in made["conversations"]]
    asks = asks[made["conversations"][0]["from"] == "system" :]
    if asks != [number % 2 == 0 for number in range(len(asks))]:
        raise ConvertError(said("not_by_turns"))
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
    plain = [
        {"name": call["function"]["name"], "arguments": _arguments(call["function"])}
        for call in calls
    ]
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
    if row.get("parallel_tool_calls") is not None:
        tools["parallel_tool_calls"] = row["parallel_tool_calls"]
    if "messages" in row:
        turns = _with_ids(row["messages"])
        for turn, weight in zip(turns, row.get("turn_weight") or (), strict=False):
            if weight is not None:
                turn["weight"] = weight
        yield {"messages": turns, **tools}
    else:
        yield {
            "input": {"messages": _with_ids(row["prompt"]), **tools},
            "preferred_output": _with_ids(row["chosen"]),
            "non_preferred_output": _with_ids(row["rejected"]),
        }


def _with_ids(turns: Sequence[Row]) -> list[Row]:
    """Turns where each call of a tool has an id and each result names the call, in their order."""
    made, open_calls, count = [], [], 0
    for turn in turns:
        if turn.get("tool_calls"):
            calls = [{"id": f"call_{count + n}", **c} for n, c in enumerate(turn["tool_calls"])]
            count += len(calls)
            open_calls = [call["id"] for call in calls]
            made.append({**turn, "tool_calls": calls})
        elif turn["role"] == "tool":
            own = turn.get("tool_call_id") or (open_calls[0] if open_calls else None)
            if own not in open_calls:
                raise ConvertError(said("no_call"))
            open_calls.remove(own)
            made.append({**turn, "tool_call_id": own})
        else:
            made.append(dict(turn))
    return made


def _swift(row: Row) -> Iterator[Row]:
    if "messages" in row:
        made: Row = {"messages": _swift_turns(row["messages"])}
    elif "chosen" in row:
        if row["chosen"] == row["rejected"]:
            raise ConvertError(said("same_sides"))
        if row["rejected"][0].get("tool_calls"):
            raise ConvertError(said("no_tools"))
        made = {"messages": _swift_turns([*row["prompt"], *row["chosen"]])}
        made |= {"rejected_response": row["rejected"][0]["content"]} | _scores(row)
    else:
        made = {"messages": _swift_turns([*row["prompt"], *row["completion"]])}
        made["label"] = row["label"]
    yield made | _tools(row)


def _swift_turns(turns: Sequence[Row]) -> list[Row]:
    """Turns of `role` and `content`; calls of tools are turns of their own, one each."""
    made = []
    for turn in turns:
        calls = turn.get("tool_calls") or ()
        if turn["role"] == "assistant" and not turn["content"] and not calls:
            raise ConvertError(said("empty_answer"))
        if turn["content"] or not calls:
            role = "tool_response" if turn["role"] == "tool" else turn["role"]
            made.append({"role": role, "content": turn["content"]})
        made += [{"role": "tool_call", "content": _calls([call])} for call in calls]
    return made


def _axolotl(row: Row) -> Iterator[Row]:
    tools = {"tools": json.loads(row["tools"])} if "tools" in row else {}
    if "messages" in row:
        yield {"messages": row["messages"], **tools}
        return
    turns = [*row["prompt"], *row["chosen"], *row["rejected"]]
    if tools or any(turn["role"] == "tool" or turn.get("tool_calls") for turn in turns):
        raise ConvertError(said("no_tools_in_pairs"))
    yield {"messages": row["prompt"], **{side: row[side][0] for side in PAIR[1:]}, **_scores(row)}


# ---- files beside them ----


def _dataset_info(name: str, kind: str, seen: Iterable[str], data: str) -> dict[str, str]:
    columns = {"messages": "conversations"}
    if "tools" in seen:  # a column that is named must be there
        columns["tools"] = "tools"
    about: dict[str, Any] = {"file_name": data, "formatting": "sharegpt", "columns": columns}
    if kind == "preference":
        about["ranking"] = True
        columns |= {"chosen": "chosen", "rejected": "rejected"}
    elif kind == "kto":
        columns["kto_tag"] = "label"
    name += "_validation" if data == VALIDATION else ""
    return {"dataset_info.json": json.dumps({name: about}, ensure_ascii=False, indent=2) + "\n"}


def _axolotl_config(name: str, kind: str, seen: Iterable[str], data: str) -> dict[str, str]:
    lines = ["datasets:", f"  - path: {json.dumps(f'./{name}/{data}')}", "    ds_type: json"]
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
    "messages": {"instruction": _trl},
    "prompt-completion": {"instruction": _prompt_completion},
    "preference": {"preference": _trl},
    "kto": {"kto": _trl, "preference": _unpaired},
    "sharegpt": dict.fromkeys(FORM, _sharegpt),
    "alpaca": dict.fromkeys(FORM, _alpaca),
    "openai": dict.fromkeys(("instruction", "preference"), _openai),
    "llama-factory": dict.fromkeys(FORM, _sharegpt),
    "ms-swift": dict.fromkeys(FORM, _swift),
    "axolotl": dict.fromkeys(("instruction", "preference"), _axolotl),
}
BESIDE = {"llama-factory": _dataset_info, "axolotl": _axolotl_config}
WITH_VALIDATION: dict[str, Callable[[str, str], str]] = {  # both of a trainer's own files in one
    "llama-factory": lambda train, held: (
        json.dumps(json.loads(train) | json.loads(held), ensure_ascii=False, indent=2) + "\n"
    ),
    "axolotl": lambda train, held: train + "test_" + held[held.index("datasets:") :],
}
PLAIN_TURNS = ("sharegpt", "llama-factory", "ms-swift", "alpaca")  # who, what, and no more
STRICT = ("openai",)  # further columns are refused there
TAKEN = {"openai": ("tools", "parallel_tool_calls", "turn_weight")}
OPENAI_LEAST = 10
