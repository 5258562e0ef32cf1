"""The dataset card."""

import html
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from smolsynth import __version__
from smolsynth.datasets.convert import _SHOWN, PAIR, SOURCE, as_json
from smolsynth.datasets.redact import last_part, one_line, without_secrets
from smolsynth.quality.report import Report
from smolsynth.quality.rules import RULES, SCORES
from smolsynth.rows import Row

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


def card(name: str, records: list[Row], facts: dict[str, Any], report: Report) -> str:
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
        name=one_line(name),
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
        examples="\n\n".join(_fenced(as_json(r, indent=2), "json") for r in records[:_SHOWN]),
        code=_fenced(code, "python"),
    )
    return f"---\n{_header(len(records), facts)}---\n\n{body}"


def _columns_in_words(columns: str, lang: str, record: Row) -> str:
    scores = _SCORES[lang] if SCORES[0] in record else ""
    return columns.replace("{scores}", scores) + (_SOURCES[lang][0] if SOURCE in record else "")


def _source_rows(records: list[Row], lang: str) -> Iterator[str]:
    if SOURCE in records[0]:
        for source, count in Counter(record[SOURCE] for record in records).most_common():
            yield _SOURCES[lang][1].format(source=one_line(source), count=count)


def _prompts(prompts: Mapping[str, str], lang: str) -> str:
    """The section of the card that shows what was sent, folded."""
    if not prompts:
        return ""
    folded = [
        f"<details><summary>{one_line(html.escape(name))}</summary>\n\n"
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
