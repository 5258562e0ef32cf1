"""The dataset card."""

import html
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from smolsynth import __version__
from smolsynth.datasets.convert import PAIR, SHOWN, SOURCE, as_json
from smolsynth.datasets.redact import last_part, one_line, without_secrets
from smolsynth.quality.report import Report
from smolsynth.quality.rules import RULES, SCORES
from smolsynth.rows import Row, sample_of
from smolsynth.text.language import listed

KNOWN = (*PAIR, *SCORES, "messages", "completion", "label", SOURCE)
TEMPLATES = Path(__file__).parent / "templates"
# load_dataset(".") fails: `datasets` wants a name.
_TRAINING_CODE = """\
from datasets import {loader}
from trl import {kind}Config, {kind}Trainer

dataset = {call}{reshape}
config = {kind}Config(output_dir="student")
trainer = {kind}Trainer("{student}", {arguments})
trainer.train()"""
_LAST_TURN = """
dataset = dataset.map(
    lambda row: {"prompt": row["messages"][:-1], "completion": row["messages"][-1:]},
    remove_columns="messages",
)"""
_STUDENTS = {"en": "HuggingFaceTB/SmolLM2-135M-Instruct", "zh": "Qwen/Qwen2.5-0.5B-Instruct"}


def card(name: str, records: Sequence[Row], facts: dict[str, Any], report: Report) -> str:
    """The card of checked records, as Markdown with the header that the Hub reads.

    Args:
        name: of the folder.
        records: at least one row, as `save` writes them.
        facts: `lang`, `license`, `terms`, `given`, `model`, `options`, `technique`, `about`,
            `seed`, `notes`, `prompts`, `despite` and `format`, without anything that must not be
            shown; of a trainer's format also its `columns`, what is `lost` in it, and
            `notes_of` it.
        report: of `measure`.
    """
    from distilabel.utils.card.dataset_card import size_categories_parser
    from huggingface_hub import DatasetCard, DatasetCardData

    kind, lang = next(iter(records[0])), facts["lang"]
    kind = "label" if "label" in records[0] else kind
    scored = kind == "prompt" and SCORES[0] in records[0]
    shown = [records[number] for number in sample_of(len(records), SHOWN)]
    apart = kind == "messages" and all(map(_has_one_answer, records))
    header = DatasetCardData(
        language=[lang],
        license=facts["license"],
        task_categories=["text-generation"],
        tags=["synthetic", "distilabel"] if facts["given"] < len(records) else None,
        size_categories=[size_categories_parser(len(records))],
        # No `configs`: with them `load_dataset` (datasets 5.2) takes a folder's new files for its
        # old ones, and gives the rows of another folder of that name, from its cache. Without,
        # it finds the file by its name.
    )
    made = DatasetCard.from_template(
        header,
        template_path=str(TEMPLATES / f"card_{lang}.md.j2"),
        kind=kind,
        name=one_line(name),
        distilabel=_version("distilabel"),
        smolsynth=__version__,
        rows=len(records),
        made=len(records) - facts["given"],
        scores=scored,
        others=_names(
            lang, [c for c in records[0] if c not in KNOWN or c in SCORES and not scored]
        ),
        form=facts["format"] if "columns" in facts else "",
        columns=_names(lang, facts.get("columns", ())),
        lost=_names(lang, facts.get("lost", ())),
        warnings=[note.words(lang) for note in facts.get("notes_of", ())],
        sources=_sources(records),
        documents=_documents(records),
        quality=_quality(report),
        examples=[fenced(as_json(row, indent=2), "json") for row in shown],
        how=_TRAINERS[lang].get(facts["format"], "").format(name=one_line(name)),
        terms=facts["terms"],
        code=fenced(_training_code(name, kind, lang, facts["format"], apart), "python"),
        apart=apart,
        prompts=[
            {"name": one_line(html.escape(step)), "text": fenced(text, "text")}
            for step, text in facts["prompts"].items()
        ],
        **_sizes(records, kind, report),
        **{
            fact: facts[fact]
            for fact in ("technique", "about", "model", "options", "seed", "notes", "despite")
        },
    )
    return made.content + "\n"


def _names(lang: str, columns: Iterable[str]) -> str:
    return listed((f"`{one_line(column)}`" for column in columns), lang)


def _sizes(records: Sequence[Row], kind: str, report: Report) -> dict[str, Any]:
    columns = {"messages": ("messages",), "label": ("prompt", "completion")}.get(kind, PAIR)
    count, length = Counter[str](), Counter[str]()  # by role, and by side of a pair
    for record in records:
        for column in columns:
            for turn in record[column]:
                for of in {turn["role"], column}:
                    count[of] += 1
                    length[of] += len(turn["content"])
        count["good"] += bool(record.get("label"))
    sizes: dict[str, Any] = {
        "turns": f"{count['user'] / len(records):.1f}",
        "systems": count["system"],
        **{role: f"{length[role] / count[role]:.0f}" for role in ("user", "assistant")},
    }
    if kind == "label":
        sizes["good"] = count["good"]
    elif kind == "prompt":
        sizes |= {side: f"{length[side] / count[side]:.0f}" for side in PAIR[1:]}
        names = [f"chosen_longer{part}" for part in ("", "_low", "_high")]
        parts = [report.figures[name] for name in names if name in report.figures]
        sizes["longer"] = "{:.0%} [{:.0%}, {:.0%}]".format(*parts) if parts else "–"
    return sizes


def _has_one_answer(record: Row) -> bool:
    """Whether the last turn is all that there is to learn: no earlier answer, no call of a tool."""
    roles = [turn["role"] for turn in record["messages"]]
    return roles[-1] == "assistant" and roles.count("assistant") == 1


def _training_code(name: str, kind: str, lang: str, format: str, apart: bool) -> str:
    on_disk, folder = format == "arrow", json.dumps(f"./{name}")
    loader = "load_from_disk" if on_disk else "load_dataset"
    return _TRAINING_CODE.format(
        kind={"prompt": "DPO", "label": "KTO"}.get("label" if format == "kto" else kind, "SFT"),
        loader=loader,
        student=_STUDENTS[lang],
        reshape=_LAST_TURN if apart else "",
        call=f"{loader}({folder})" if on_disk else f'{loader}({folder}, split="train")',
        arguments=("" if kind == "messages" else "args=") + "config, train_dataset=dataset",
    )


def _sources(records: Sequence[Row]) -> list[tuple[str, int]]:
    """How many rows come from where, the most first; nothing where that is not known."""
    counts = Counter(record[SOURCE] for record in records if SOURCE in record)
    return [(one_line(str(source)), count) for source, count in counts.most_common()]


def _documents(records: Sequence[Row]) -> list[tuple[str, int, int]]:
    """Of rows about documents: each file, how many rows are about it, and how many chunks of it."""
    if not {"file", "chunk"} <= set(records[0]):
        return []
    rows = Counter(record["file"] for record in records)
    chunks = Counter(file for file, _ in {(one["file"], one["chunk"]) for one in records})
    return [(one_line(str(file)), count, chunks[file]) for file, count in rows.most_common()]


def _quality(report: Report) -> list[dict[str, Any]]:
    return [
        {
            "what": one_line(html.escape(RULES[finding.rule].words(report.lang)[0], quote=False)),
            "rows": len(finding.rows),
            "broken": finding.broken,
            "allowed": finding.limit(report.rows),
        }
        for finding in report.findings
    ]


def fenced(text: str, info: str) -> str:
    """A code block of Markdown that its text can't end, whatever backticks are in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{info}\n{text}\n{fence}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "-"


_SECRET = re.compile(
    r"(?:^|[_-])(?:key|token|secret|password|authorization|credentials?)$", re.IGNORECASE
)


def options_in_words(options: Mapping[str, Any]) -> str:
    """The options of a model for the card, as JSON; values that their names call secret are hidden.

    >>> options_in_words({"top_k": 20, "extra_body": {"api_key": "s3cret"}})
    '{"top_k": 20, "extra_body": {"api_key": "…"}}'
    """

    def shown(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {
            name: "…" if _SECRET.search(str(name)) else shown(one) for name, one in value.items()
        }

    words = json.dumps(shown(options), ensure_ascii=False, default=str)
    return one_line(without_secrets(words)) if options else ""


_TRAINERS = {  # how other trainers than TRL find the rows
    "en": {
        "llama-factory": "LLaMA-Factory finds it with `dataset_dir: ./{name}` and `dataset: {name}`"
        " in its configuration.",
        "ms-swift": "ms-swift takes it as `--dataset ./{name}/train.jsonl`.",
        "axolotl": "`axolotl.yaml` holds the lines for Axolotl's configuration.",
        "openai": "Upload `train.jsonl` with the purpose `fine-tune`.",
        "sharegpt": "`train.jsonl` is in the form of ShareGPT, which many trainers read.",
        "alpaca": "`train.jsonl` is in the form of Alpaca, which many trainers read.",
    },
    "zh": {
        "llama-factory": "LLaMA-Factory 的配置里写上 `dataset_dir: ./{name}` 和 `dataset: {name}`"
        " 即可。",
        "ms-swift": "ms-swift 用 `--dataset ./{name}/train.jsonl` 读取。",
        "axolotl": "`axolotl.yaml` 里是 Axolotl 配置所需的几行。",
        "openai": "上传 `train.jsonl`，用途选 `fine-tune`。",
        "sharegpt": "`train.jsonl` 是 ShareGPT 格式，多数训练框架都能读。",
        "alpaca": "`train.jsonl` 是 Alpaca 格式，多数训练框架都能读。",
    },
}
_MODELS = {
    "en": {
        "bundled": "the small {name} model that comes with smolsynth",
        "openai": "{name}, served at an OpenAI-compatible endpoint",
        "hf": "{name}, through Hugging Face Inference Providers",
    },
    "zh": {
        "bundled": "smolsynth 自带的小模型 {name}",
        "openai": "{name}，由兼容 OpenAI 的接口提供",
        "hf": "{name}，通过 Hugging Face Inference Providers 调用",
    },
}


def model_in_words(model: str, lang: str) -> str:
    """The model for the card, from a spec as `load_llm` takes it or from words."""
    words = _MODELS[lang]
    kind, _, name = model.partition(":")
    if kind == "bundled":
        return words["bundled"].format(name=one_line(name) or "tutor")
    if kind == "openai":  # the endpoint may be a machine of one's own: its address stays out
        name = name.rpartition("#")[2] if "#" in name else "-"
    if kind in ("openai", "hf"):
        return words[kind].format(name=one_line(without_secrets(name)))
    if kind == "transformers":
        # A name of the Hub has one slash at most; anything else is a folder.
        is_folder = name.startswith((".", "~")) or name.count("/") > 1 or "\\" in name
        model = last_part(name) if is_folder else name
    return one_line(without_secrets(model))
