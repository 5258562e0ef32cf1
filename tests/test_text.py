"""What a text is: its language, refusals, leaks, loops, unfinished texts, and its tokens."""

import sys
import time
import tracemalloc
from pathlib import Path

import pytest

from smolsynth.quality.rules import faults
from smolsynth.selection import elimination
from smolsynth.text.endings import cut_off
from smolsynth.text.language import about_languages, in_language
from smolsynth.text.leaks import leak_in
from smolsynth.text.refusals import apologizes, refusal_in
from smolsynth.text.similarity import duplicates, jaccard, nearest_similarity, overlaps, shingles
from smolsynth.text.tokens import tokens

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from languages import TEXTS  # noqa: E402


# ---- languages ----
def test_languages_of_short_texts():
    """All English and Chinese ones pass; of the others few do, and none in another script."""
    texts = [(lang, text) for lang, lines in TEXTS.items() for text in lines.splitlines()]
    for lang in ("en", "zh"):
        assert [text for one, text in texts if one == lang and not in_language(text, lang)] == []
    passed = [text for lang, text in texts if lang != "en" and in_language(text, "en")]
    assert len(passed) <= 5 and all(text[0].isascii() for text in passed)
    others = [one for one in texts if one[0] not in ("en", "zh")]
    assert [text for _, text in others if in_language(text, "zh")] == []


@pytest.mark.parametrize(
    ("text", "lang", "right"),
    [
        ("用 LoRA、QLoRA 和 DPO 微调 Llama-3.1-8B-Instruct。", "zh", True),
        ("```python\ndef add(a, b):\n    return a + b\n```", "zh", True),
        ("def add(a, b):\n    return a + b", "zh", True),
        ("Jane Austen", "zh", True),
        ("把“the cat sleeps and the dog barks”翻译成中文。", "zh", True),
        ("It is a cat.", "zh", False),
        ("猫は可愛い動物です。", "zh", False),
        ("Кошка — домашнее животное.", "en", False),
        ("고양이는 동물이다.", "en", False),
        ("Translate “Кошка спит” into English.", "en", True),
        ("", "en", True),
    ],
)
def test_code_names_and_quoted_words(text, lang, right):
    assert in_language(text, lang) is right


def test_what_may_be_answered_in_another_language():
    for text in ("Translate into French: good morning", "把早上好翻译成英文", "用 shimmer 造句"):
        assert about_languages(text)
    for text in ("What is tea?", "GPU 比 CPU 快在哪里？", "什么是茶？"):
        assert not about_languages(text)


# ---- refusals ----
@pytest.mark.parametrize(
    "text",
    [
        "I’m sorry, but I can’t help with that.",
        "I’m sorry. I can’t do this.",
        "I can’t help with that.",
        "I'm unable to help with that.",
        "Unfortunately, I am not able to provide this.",
        "As an AI language model, I don’t have feelings.",
        "I am afraid I cannot help.",
        "I do not know enough about kettles to answer.",
        "I have not learned anything about kettles, so I would rather not guess.",
        "Sorry, I don't know.",
        "很遗憾，我无法回答这个问题。",
        "作为一个 AI 语言模型，我没有情感。",
        "作为人工智能助手，我无法提供医疗建议。",
        "抱歉，我不了解水壶。",
        "我对水壶了解不多，没法回答。",
        "我没有学过水壶方面的知识，不想乱猜。",
        "您好！很抱歉，您没有提供文章的内容。",
        "无法回答这个问题。",
        "暂时无法解答。",
    ],
)
def test_refusals(text):
    assert refusal_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "A polite person says sorry, then mends the damage.",
        "I am sorry for your loss. Your letter was kind.",
        "I can't wait to see you at the station!",
        "I can't help but smile at the old photograph.",
        "Dear Tom, I am sorry that I was late. Yours, Ann",
        "As an AI assistant, I help people to write.",
        "“I cannot help you,” said the wolf.",
        "The phrase means: I do not know.",
        "很多人不了解茶叶。",
        "如果你不了解茶叶，可以先从绿茶开始。",
        "“抱歉”是道歉时说的话。",
        "对不起，我来晚了。",
        "我们不能浪费水。",
    ],
)
def test_what_only_sounds_like_a_refusal(text):
    assert refusal_in(text) is None


def test_apologies():
    assert apologizes("I’m sorry to hear it.") and apologizes("真的很遗憾。")
    assert not apologizes("He said “sorry” twice.") and not apologizes("她说“对不起”。")
    assert elimination("What is a cat?", "What is a cat in Rome?", "I can’t help with that.") == (
        "refused"
    )


# ---- leaks ----
@pytest.mark.parametrize(
    "text",
    [
        "#Rewritten Prompt#: What is a cat?",
        "#The Given Prompt#",
        "New Prompt: What is a cat?",
        "Prompt: What is a cat?",
        "Rating: 4\nRationale: fine",
        "评分：4\n评分理由：很好",
        "提示词：什么是猫？",
        "### Output for Text 1",
        "<text 1>",
        "改写后的提示词：什么是猫？",
        "#给定提示#",
        "新的提示词：什么是猫？",
        "【改写后的回答】：猫是动物。",
        "Says: use of stove no; care of oven yes; missing use of oven",
        "茶壶的用处。\nSays: 用途 of 茶壶 no",
    ],
)
def test_leaks(text):
    assert leak_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "The given prompt decides how long the answer gets.",
        "### Output:\n[1, 2]",
        "A rewritten response may be worse than the first.",
        "好的提示词很短，给定的提示会影响回答。",
        "Be prompt: answer letters on the same day.",
        "Write a review of this lamp.\nProduct: Lamp\nRating: 4.5/5",
        "Q: Is it wet?\nA: yes\nRationale: Rain is wet.\nQ: Is it dry?",
        "Give one answer for each subject.\nPrompt: Name a river and a lake.",
        "给这盏灯写一段评论。\n商品：台灯\n评分：4.5",
        "Says: “Do you hear the rain?” And she says no",
        "The sign says: no dogs; no bikes; yes to children",
    ],
)
def test_a_sentence_about_prompts_is_no_leak(text):
    assert leak_in(text) is None


def test_an_evolved_instruction_may_not_even_speak_of_its_prompt():
    for text in ("Answer it as in the given prompt.", "请按给定的提示回答。", "a created prompt"):
        assert leak_in(text, phrases=True)


# ---- texts that stop in mid-sentence ----
@pytest.mark.parametrize(
    "text",
    [
        "You can learn something new every day 😊",
        "The share of water in a melon is about 92%",
        "The answer to this question is **forty two**",
        "Therefore the area is $a^2 + b^2 = c^2$",
        "Here it is:\n```python\ndef f(x):\n    return x\n```",
        "def add(a, b):\n    total = a + b\n    return total",
        "- one thing that is long enough\n- another thing of that kind",
        "1. the first of all things\n2. the second of all things",
        "See the page at https://example.org/cats",
        "The Old Man and the Sea",
        "apple, banana, cherry, plum",
        "Rain on the silent roof\nleaves that fall beside the gate\nautumn walks with me",
        "It was said by “someone.”",
        "答案是 **四十二个苹果。**",
        "学到新知识真让人高兴😊",
        "水在西瓜里的占比大约是 92%",
        "#cats #dogs #birds #animals",
        "Berlin",
        "a",
        "是",
    ],
)
def test_whole_without_a_full_stop(text):
    assert cut_off(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "A cat is a small animal that likes to",
        "A cat is a small animal that likes to sleep in the warm",
        "The first reason is this. The second reason is that the",
        "猫是一种小动物，喜欢在太阳下睡",
        "猫是一种小动物，喜欢和",
    ],
)
def test_cut_off(text):
    assert cut_off(text)


def test_the_server_knows_best():
    assert cut_off("A cat is a small animal that likes to", "stop") is None
    assert cut_off("A cat sleeps. It purrs.", "length") == "… A cat sleeps. It purrs."


# ---- similarity ----
@pytest.mark.parametrize(
    ("text", "question", "found"),
    [
        (
            "Please answer: how many legs does a spider have? Explain.",
            "How many legs does a spider have?",
            True,
        ),
        ("Q: What is 2 + 2?", "What is 2 + 2?", True),
        ("Tell me what is a cat flap made of", "What is a cat?", False),
        ("请回答：什么是猫？", "什么是猫？", True),
        ("什么是猫头鹰？", "什么是猫？", False),
        ("你知道猫为什么怕水吗？", "猫为什么怕水？", True),
        ("Why is that so?", "Why?", False),
    ],
)
def test_short_questions_inside_longer_texts(text, question, found):
    assert bool(overlaps([text], [question])) is found


@pytest.mark.parametrize("size", [600, 1000])
def test_no_near_repeat_is_missed_in_templated_data(size):
    import random

    draw = random.Random(1)
    templates = (
        "Please explain to me in simple words what a {a} is and how one uses it with a {b} at home",
        "Write a short story about a {a} and a {b} who meet in the old town by the sea one day",
        "List the differences between a {a} and a {b} and say which one you would rather have",
        "Tell me how one makes a {a} out of a {b} without any tools in less than {c} hours",
        "In the year {c} a {a} and a {b} were found in the garden of a house in the city of {a}",
    )
    words = [f"w{i}" for i in range(60)]
    texts = [
        draw.choice(templates).format(
            a=draw.choice(words), b=draw.choice(words), c=draw.randrange(100)
        )
        for _ in range(size)
    ]
    kept, slow, sets = [], set(), [shingles(text) for text in texts]
    for row, own in enumerate(sets):
        if any(jaccard(own, sets[other]) >= 0.8 for other in kept):
            slow.add(row)
        else:
            kept.append(row)
    assert {one.row for one in duplicates(texts)} == slow and slow


def test_more_distinct_words_than_there_are_characters():
    """Only a sample is encoded, and words are numbers: 1,114,112 are no limit."""
    texts = [" ".join(f"w{row}x{i}" for i in range(1000)) for row in range(1200)]
    assert nearest_similarity(texts, sample=50) == 0


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_long_word_a_gap_or_a_blank_to_fill_in_takes_no_time(lang):
    """Patterns that try each place with each other one took minutes for data in one word of 20,000
    letters, and for a line of 50 underscores before a few words of another language."""
    parts = ["ab" * 10_000, "1" * 20_000, "水" * 20_000, "a@" * 10_000, "水" + " " * 20_000 + "火"]
    parts += [
        "a" + " " * 20_000 + "b",
        "ab" + "-" * 20_000 + "cd",
        "_" * 60 + " nombre del cliente",
    ]
    begun = time.perf_counter()
    for part in parts:
        for text in (part, f"Das ist ein Text ohne Ende: {part}"):
            list(faults((text, text), lang))
    assert time.perf_counter() - begun < 30  # alone two


def test_tokens_of_long_texts_are_not_held():
    """1,000 of them, as many as of short ones, would take some 400 MB."""
    tracemalloc.start()
    for n in range(40):
        assert len(tokens(f"{n} " + "word " * 4_000)) == 4_001
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert held < 4_000_000
