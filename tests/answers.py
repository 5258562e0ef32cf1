"""Right answers to the exercises, from bundled seeds and questions, and what may be done to them.

No model is asked: a response is a fact that the quiz knows.
"""

import random
import re
from collections.abc import Callable
from functools import cache

import pandas as pd

from smolsynth import join_thoughts, seeds
from smolsynth.seeds import read_data
from smolsynth.verify.numbers import verify_number
from smolsynth.verify.passing import difficulty

LANGS = ("en", "zh")
OTHER = {"en": "zh", "zh": "en"}
EVOLVE = {
    "en": "{} Explain it to a child.|{} Use at most twenty words.|{} Give one reason as well.|"
    "{} Show it by an example from daily life.|Think step by step: {}|{} Avoid foreign words.",
    "zh": "{}请讲给小朋友听。|{}答案不超过二十个字。|{}顺便说说原因。|{}举个日常生活里的例子。|"
    "分步骤想一想：{}|{}不要用术语。",
}
SAY = {
    "unknown": {
        "en": "I do not know enough about that.|Sorry, I cannot help with that.|"
        "I have not learned anything about this.",
        "zh": "这个我不太了解，答不上来。|抱歉，我无法回答这个问题。|这个我没有学过。",
    },
    "statement": {
        "en": "{} is a thing that many people know.",
        "zh": "{}是一种许多人都知道的东西。",
    },
    "ask": {"en": "Write a question about {}.", "zh": "写一个关于{}的问题。"},
    "numbered": {
        "en": "Please tell me fact number {} about the world.",
        "zh": "请说出世界上的第 {} 件事。",
    },
    "polite": {"en": "Well, {}", "zh": "那么{}"},
    "leak": {"en": "#Rewritten Prompt#: {}", "zh": "改写后的提示：{}"},
    "rubric": {"en": "{}\nRating: 5", "zh": "{}\nRating: 5"},
    "score": {"en": "{} (Score: 5/5)", "zh": "{}（评分：5）"},
    "bad": {"en": "That is a bad answer.", "zh": "这个回答不好。"},
    "critique": {
        "en": "What it says of {} is not true.",
        "zh": "关于{}的说法不对。",
    },
    "type": {"en": "It is well known.\nType: mammal", "zh": "很有名。\nType: 哺乳动物"},
    "the given": {"en": "As in the given answer, it is small.", "zh": "如给定的回答所说，它很小。"},
}


# ---- right answers ----
class Hostile:
    """Raises whatever is asked of it."""

    def __getattr__(self, name):
        raise RuntimeError("no")

    def __repr__(self):
        raise RuntimeError("no")

    __len__ = __iter__ = __eq__ = __bool__ = __str__ = __repr__


def sentence(row: dict, lang: str, name: str | None = None) -> str:
    name, fact = name or row["concept"], row["fact"].strip(".。")
    return f"{name[0].upper()}{name[1:]}: {fact}." if lang == "en" else f"{name}：{fact}。"


@cache
def _quiz(lang: str) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = {}
    for row in read_data("quiz.jsonl", lang):
        found.setdefault(row["concept"], []).append(row)
    return found


@cache
def documents(lang: str) -> list[dict]:
    return seeds.documents(lang, 20)


def questions(lang: str, number: int) -> list[dict]:
    """Of each seed document `number` questions with their answers."""
    return [
        {
            "topic": seed["topic"],
            "document": seed["document"],
            "concept": seed["concept"],
            "instruction": row["instruction"],
            "response": sentence(row, lang),
        }
        for seed in documents(lang)
        for row in _quiz(lang)[seed["concept"]][:number]
    ]


COLUMNS = {
    "turtle": ("topic", "instruction", "response"),
    "dog": ("document", "instruction", "response"),
    "lion": ("document", "instruction", "evolved_instruction", "response"),
}


@cache
def instructions(tier: str, lang: str) -> list[dict]:
    rows = questions(lang, {"turtle": 3, "dog": 3, "lion": 2}[tier])
    if tier == "turtle":  # one topic after another, as they are fed in
        rows = [row for start in range(3) for row in rows[start::3]]
    forms = EVOLVE[lang].split("|")
    for i, row in enumerate(rows):
        row["evolved_instruction"] = forms[i % len(forms)].format(row["instruction"])
    return [{name: row[name] for name in COLUMNS[tier]} for row in rows]


@cache
def pairs(tier: str, lang: str) -> list[dict]:
    rows, concepts = [], list(_quiz(lang))
    for i, row in enumerate(questions(lang, 2)):
        of, other = row["concept"], concepts[(concepts.index(row["concept"]) + 7) % len(concepts)]
        wrong = sentence(_quiz(lang)[other][i % 2], lang, name=of)
        pair = {"instruction": row["instruction"]}
        if tier != "turtle":
            pair |= {"response": wrong, "evolved_response": row["response"]}
        if tier == "lion":
            pair["rewritten"] = pair.pop("evolved_response")
            pair["critique"] = SAY["critique"][lang].format(of)
        texts = {"chosen": row["response"], "rejected": wrong}
        rows.append({**pair, **texts, "chosen_rating": 5, "rejected_rating": 2.5})
    return rows


SAID = {"en": "Answer: {}", "zh": "答案：{}"}
RATES = (0.25, 0.5, 0.75)


@cache
def problems(lang: str) -> list[dict]:
    return seeds.problems(lang, 80)


def solved(row: dict, lang: str, off: int = 0) -> tuple[str, str]:
    """Thoughts and answer to a problem, wrong by `off`."""
    number, _, unit = row["expected"].partition(" ")
    n, by = int(number) + off, len(row["instruction"]) % 7 + 1
    return f"{n + by} - {by} = {n}", SAID[lang].format(f"{n} {unit}".strip())


@cache
def verified(tier: str, lang: str) -> list[dict]:
    rows = []
    for place, row in enumerate(problems(lang)[: 40 if tier == "lion" else 66]):
        (inner, said), (other, wrong) = solved(row, lang), solved(row, lang, 1 + place % 3)
        made = {"instruction": row["instruction"]}
        if tier == "lion":
            sides = (join_thoughts(inner, said), join_thoughts(other, wrong))
            made |= dict(zip(("chosen", "rejected"), sides, strict=True))
        else:
            rate = RATES[place % 3]
            made |= {"response": said, "thoughts": inner, "verified": True, "pass_rate": rate}
            made["difficulty"] = difficulty(rate)
        rows.append(made)
    return rows


def answer(exercise: str, tier: str, lang: str) -> list[dict]:
    made = {"instruction": instructions, "verified": verified}.get(exercise, pairs)
    return [dict(row) for row in made(tier, lang)]


def given(exercise: str, tier: str, lang: str) -> dict:
    if exercise == "verified":
        return {"problems": problems(lang)}
    if exercise == "preference":
        asked = [row["instruction"] for row in pairs("turtle", lang)]
        return {"instructions": asked, **({"margin": 2} if tier == "lion" else {})}
    if tier == "turtle":
        return {"topics": seeds.topics(lang)}
    return {"seeds": [row["document"] for row in documents(lang)]}


# ---- what may be done to an answer ----
Change = Callable[[list[dict], str], object]


def cells(count: float | None = None, **new) -> Change:
    """Other cells in the first rows (a number, or a share); functions get the row and language."""

    def change(rows: list[dict], lang: str) -> list[dict]:
        n = len(rows) if count is None else count if count >= 1 else round(count * len(rows))
        for row in rows[: int(n)]:
            before = dict(row)
            row |= {k: v(before, lang) if callable(v) else v for k, v in new.items()}
        return rows

    return change


def unknown(row: dict, lang: str) -> str:
    """A refusal, not always the same one."""
    return SAY["unknown"][lang].split("|")[len(row["instruction"]) % 3]


def say(name: str, column: str) -> Callable[[dict, str], str]:
    return lambda row, lang: SAY[name][lang].format(row[column])


def moved(column: str, by: int = 1) -> Change:
    """One column moved down by some rows, round the end."""

    def change(rows: list[dict], lang: str) -> list[dict]:
        texts = [row[column] for row in rows]
        return [{**row, column: texts[i - by]} for i, row in enumerate(rows)]

    return change


def swapped(one: str, other: str) -> Change:
    return lambda rows, lang: [{**row, one: row[other], other: row[one]} for row in rows]


def numbered(column: str, name: str | None = None) -> Change:
    """One text under other numbers in all rows."""

    def change(rows: list[dict], lang: str) -> list[dict]:
        text = SAY[name][lang] if name else rows[0][column] + " {}"
        return [{**row, column: text.format(i)} for i, row in enumerate(rows)]

    return change


def foreign(*columns: str) -> Change:
    """Texts of other answers, in the other language."""

    def change(rows: list[dict], lang: str) -> list[dict]:
        for row, other in zip(rows, questions(OTHER[lang], 3), strict=False):
            row |= {name: other.get(name, other["response"]) for name in columns}
        return rows

    return change


def cut(row: dict, lang: str, column: str = "response") -> str:
    parts = row[column].split() if lang == "en" else list(row[column])
    return (
        (" " if lang == "en" else "").join(parts[: max(3, len(parts) * 6 // 10)]).rstrip(".,。，")
    )


def first_sentence(row: dict, lang: str) -> str:
    return re.split(r"(?<=[.。])", row["document"])[0].strip()


def other_middle(row: dict, lang: str) -> str:
    parts = first_sentence(row, lang).split() if lang == "en" else list(first_sentence(row, lang))
    parts[len(parts) // 2] = "very" if lang == "en" else "很"
    return (" " if lang == "en" else "").join(parts)


def backwards(row: dict, lang: str) -> str:
    text = first_sentence(row, lang).rstrip(".。")
    return " ".join(reversed(text.split())) if lang == "en" else text[::-1]


def statements(rows: list[dict], lang: str) -> list[dict]:
    facts = [re.split(r": |：", row["response"])[-1] for row in rows]
    return [{**row, "instruction": facts[i - 5]} for i, row in enumerate(rows)]


def template(rows: list[dict], lang: str) -> list[dict]:
    names = [seed["concept"] for seed in documents(lang)]
    return [
        {**r, "response": SAY["statement"][lang].format(names[i % 20])} for i, r in enumerate(rows)
    ]


def copies(column: str | None = None, times: int = 60) -> Change:
    """One row again and again; with a column, only the rest of the row comes again."""
    return lambda rows, lang: [
        {**rows[0], **({column: rows[i % len(rows)][column]} if column else {})}
        for i in range(max(times, len(rows)))
    ]


def without(*columns: str) -> Change:
    return lambda rows, lang: [{k: v for k, v in row.items() if k not in columns} for row in rows]


def frame(rows: list[dict], lang: str) -> pd.DataFrame:
    return pd.DataFrame(rows).assign(model_name="tutor", length=3)


# ---- repairs ----
def asked_and_said(lang: str, number: int = 16) -> list[dict]:
    return [{k: row[k] for k in ("instruction", "response")} for row in questions(lang, 1)[:number]]


def prompts(lang: str) -> list[str]:
    return [SAY["ask"][lang].format(topic) for topic in seeds.topics(lang)]


def rated(lang: str) -> list[dict]:
    """Rows with two responses; every fourth is a tie, the last one was never rated."""
    rows = [
        {
            "instruction": row["instruction"],
            "generations": [row["chosen"], row["rejected"]],
            "ratings": [4, 4] if i % 4 == 3 else [5 - i % 2, 2],
        }
        for i, row in enumerate(pairs("turtle", lang)[:20])
    ]
    return rows


def formatted(lang: str) -> list[dict]:
    """The pairs that the repaired formatter gives."""
    return [
        {"chosen": row["generations"][0], "rejected": row["generations"][1]}
        for row in rated(lang)
        if row["ratings"][0] > row["ratings"][1]
    ]


def to_rate(lang: str) -> list[dict]:
    rows = [{k: v for k, v in row.items() if k != "ratings"} for row in rated(lang)]
    rows[-3]["generations"] = None
    return rows


def results(lang: str) -> list[dict]:
    rows = [{k: row[k] for k in ("instruction", "ratings")} for row in rated(lang)]
    return [row for i, row in enumerate(rows) if i != 17]


def seeded(seed: int, lang: str) -> list[str]:
    return random.Random(seed).sample([row["instruction"] for row in asked_and_said(lang)], 12)


def turns(text: str) -> list[dict]:
    return [{"role": "user", "content": "?"}, {"role": "assistant", "content": text}]


def training(lang: str) -> list[dict]:
    """Problems, and among them ten of the test's with other numbers."""
    rows = seeds.problems(lang, 40)
    leaks = [{**row, "instruction": shifted(row["instruction"])} for row in test_problems(lang)]
    return [*rows[:15], *leaks, *rows[15:]]


def test_problems(lang: str) -> list[dict]:
    return seeds.problems(lang, 10, "stories")


test_problems.__test__ = False  # no test, whatever pytest takes it for


def shifted(text: str) -> str:
    """A problem with other numbers."""
    return re.sub(r"\d+", lambda m: str(int(m[0]) + 1), text)


def sampled(lang: str) -> list[dict]:
    """Four verified answers to each of 24 problems: never, now and then, or always right."""
    rows = []
    for place, row in enumerate(problems(lang)[:24]):
        for number in range(4):
            off = 0 if number < place % 5 else number + 1
            inner, said = solved(row, lang, off)
            text = join_thoughts(f"{number} + 0 = {number}\n{inner}", said)
            rows.append({"instruction": row["instruction"], "response": text, "verified": not off})
    return rows


def chosen_samples(lang: str) -> list[dict]:
    """The right ones of problems that are right now and then."""
    tries: dict[str, list[bool]] = {}
    for row in sampled(lang):
        tries.setdefault(row["instruction"], []).append(row["verified"])
    return [r for r in sampled(lang) if r["verified"] and not all(tries[r["instruction"]])]


GIVEN = {
    "one-step": lambda lang: {"prompts": prompts(lang)},
    "formatter": lambda lang: {"rated": rated(lang)},
    "batches": lambda lang: {"rows": to_rate(lang)},
    "numbers": lambda lang: {"training": training(lang), "test": test_problems(lang)},
    "easy": lambda lang: {"samples": sampled(lang)},
}
REPAIR = {
    "one-step": asked_and_said,
    "template": lambda lang: [{"instruction": row["instruction"]} for row in asked_and_said(lang)],
    "formatter": formatted,
    "batches": results,
    "seed": lambda lang: lambda seed: seeded(seed, lang),
    "anywhere": lambda lang: verify_number,
    "numbers": lambda lang: [dict(row) for row in seeds.problems(lang, 40)],
    "easy": chosen_samples,
}
