"""A term is explained where it first stands; the terms are those of CONTRIBUTING's glossary."""

import re
from functools import cache
from pathlib import Path

import pytest

from tools import notebooks

ROOT = notebooks.ROOT
# in the order in which the course is read
PAGES = (
    "instruction_datasets.md",
    "notebooks/instruction_sft_dataset.ipynb",
    "preference_datasets.md",
    "notebooks/preference_alignment_dataset.ipynb",
    "dataset_quality.md",
    "verified_datasets.md",
    "notebooks/verified_dataset.ipynb",
    "scaling_up.md",
    "notebooks/your_own_dataset.ipynb",
    "notebooks/dataset_studio.ipynb",
    "README.md",
)
# Words of everyday Chinese, and the course's own names, which need no English.
EVERYDAY = set(
    "讲义 练习 故障实验室 单元格 行 列 题 批 一轮 笔记 样例 审阅 对照 领域 测验 改写 改写稿"
    " 分类 难度 奖励 方面 推托 分不出高下".split()
)
# What may hold terms, and is no first use: code, addresses, headings, links.
UNREAD = re.compile(
    r"```[\s\S]*?```|`[^`\n]*`|<[^>]+>|!?\[[^\]]*\]\([^)]*\)"
    r"|^#.*$|^!?\[!?\[.*$",
    re.MULTILINE,
)
# What explains a term, in the paragraph in which the course first uses it.
EXPLAINED = {
    "instruction tuning": "is trained on examples, instructions with good responses",
    "instruction dataset": "is a table of conversations",
    "token": "a word or a piece of one",
    "temperature": "the likeliest is always taken",
    "greedy decoding": "the likeliest is always taken",
    "top-p": "likeliest tokens that together have the probability p",
    "supervised fine-tuning": "trained to write these responses",
    "chat template": "marks whose turn it is",
    "user header": "the mark that a user's turn begins",
    "endpoint": "the address at which a server offers a model",
    "system prompt": "what the assistant is to be",
    "persona": "the person who asks",
    "perplexity": "how much it surprises a model",
    "nats": "minus the natural logarithm",
    "embedding": "turns each text into a list of numbers",
    "cluster": "machines that share the work",
    "preference dataset": "and which is better",
    "reward model": "trained to give scores",
    "position bias": "the first text, or the second",
    "self-preference": "one's own style looks better",
    "verbosity bias": "longer looks better",
    "on-policy": "the model that will be trained wrote the responses",
    "rejection sampling": "the best one of each for SFT",
    "bootstrap": "drawing the questions again, with replacement",
    "precision": "the share of the rows a rule names that are faulty",
    "recall": "the share of the faulty rows that it names",
    "model collapse": "the rare things go first",
    "padding": "bring short rows to one length",
    "attention": "looks at those before it",
    "verifier": "says whether it is right",
    "pass@k": "the chance that at least one of",
    "epoch": "rounds through the data",
    "learning rate": "the size of a step",
    "rate limit": "so many requests or tokens a minute",
    "exponential back-off": "a wait that doubles each time",
    "adapter": "small matrices beside each linear layer",
}


@cache
def glossary() -> dict[str, str]:
    """The Chinese terms with their English."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    table = text.split("### Glossary 术语表")[1].split("\n\n")[1]
    terms = {}
    for line in table.splitlines()[2:]:
        chinese, english = (cell.strip() for cell in line.split("|")[1:3])
        names = chinese.split("、")
        glosses = [re.sub(r"\s*\([^)]*\)", "", e).strip() for e in english.split(",")]
        if len(names) != len(glosses):  # several names of one thing, or several words for it
            glosses = glosses[:1] * len(names)
        terms.update(zip(names, glosses, strict=True))
    return terms


@cache
def prose(path: Path) -> str:
    text = "\n\n".join(notebooks.prose(path))
    # `chosen` stands for its own English, `--prompt 步骤=提示词` for nothing
    return UNREAD.sub(lambda m: m[0] if re.fullmatch("`[ -~]*`", m[0]) else "", text)


def line_at(text: str, place: int) -> str:
    return text[text.rfind("\n", 0, place) + 1 :].split("\n", 1)[0]


def unglossed(text: str, terms: dict[str, str]) -> list[str]:
    """The terms that first stand in a line without their English."""
    found = []
    for chinese in sorted(terms, key=len, reverse=True):
        place = text.find(chinese)
        if place >= 0 and chinese not in EVERYDAY:
            line = line_at(text, place)
            if terms[chinese].lower() not in line.lower():
                found.append(f"{chinese} ({terms[chinese]}): {line[:60]}")
        text = text.replace(chinese, "□" * len(chinese))  # not as a part of a longer term
    return found


def test_an_english_word_beside_the_first_use_is_enough():
    terms = {"词元": "token", "随机种子": "random seed", "种子": "seed"}
    assert unglossed("随机种子（random seed）和词元（token）。\n词元又来了。", terms) == []
    assert unglossed("一个词元。\n词元（token）。", terms) == ["词元 (token): 一个词元。"]


@pytest.mark.parametrize("page", PAGES)
def test_chinese_terms_come_with_their_english(page):
    path = ROOT / page
    assert unglossed(prose(path.with_stem(f"{path.stem}_cn")), glossary()) == []


@pytest.mark.parametrize("term", EXPLAINED)
def test_an_english_term_is_explained_where_it_first_stands(term):
    use = re.compile(rf"(?<![\w-]){term}(?:s|es)?(?!\w)", re.IGNORECASE)
    for page in PAGES[:-1]:  # the README shows the way to the pages that explain
        text = prose(ROOT / page).replace("access token", "password")
        if first := use.search(text):
            assert EXPLAINED[term] in line_at(text, first.start())
            return
    raise AssertionError(f"{term} is used nowhere")
