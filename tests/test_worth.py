"""Rows worth having, and rows that are not, in both languages."""

import time

import pytest

from smolsynth.quality import rules
from smolsynth.text.requests import is_request, missing_request

REQUESTS = [
    "What is tea?",
    "what is tea",
    "Summarize.",
    "Name three teas.",
    "A poem about rain, please",
    "Ideas for a garden party",
    "Classify: tea, milk, chair",
    "Sentiment:\nThe tea was cold.",
    "Given the text below, find the verb.",
    "Using the table, work out the mean.",
    "In two sentences, explain tides.",
    "1. What is tea?",
    "Q: Is tea a drink?",
    "I need a name for my cafe.",
    "You are a poet. The poem should be about tea.",
    "Tea is a drink. Rewrite it as a question.",
    "```python\nprint(tea)\n```",
    "def brew(tea):\n    return tea",
    "3 + 4 * 2 =",
    "Fill the gap: tea is ____.",
    "写一首关于雨的诗",
    "茶是什么？",
    "茶怎么泡",
    "请介绍茶",
    "把下面的句子译成英文：茶很好喝。",
    "用“茶”造句。",
    "根据表格，算出平均数。",
    "一首关于雨的诗",
    "泡茶的步骤",
    "跟我讲讲茶吧。",
    "网络安全的重要性。",
    "情感：\n茶凉了。",
    "What is the difference between polish and Polish?",
    "How does red wine differ from red wine vinegar?",
    "Compare black cats and cats.",
    "What is the difference between tea and the tea plant?",
    "How do prices differ from year to year?",
    "How similar are A and B, again and again?",
    "黑猫和猫有什么区别？",
    "火车和火车站的区别是什么？",
    "“大”和“大家”有什么不同？",
]
NO_REQUESTS = [
    ("12.", "blank"),
    ("```", "blank"),
    ("1. 1.1.1.1.1.", "blank"),
    ("2022-06-14 12:00pm", "blank"),
    ("14/06/2022, 10:30", "blank"),
    ("1999-2003", "blank"),
    ("555-1234", "blank"),
    ("# Output", "fragment"),
    ("# List of User Questions", "fragment"),
    ("1. Pizza", "fragment"),
    ("3. Tea with milk and sugar", "fragment"),
    ("AI application.", "fragment"),
    ("I", "fragment"),
    ("7. Is a", "fragment"),
    ("Available alternatives:", "label"),
    ("Tea is a drink.", "statement"),
    ("A: I am a user of the assistant.", "statement"),
    ("This page provides users with data. It helps them understand it.", "statement"),
    ("Makes the talk easier to follow", "statement"),
    ("I'm ready to help.\n\nI'm ready to help.", "statement"),
    ("茶", "fragment"),
    ("茶是一种饮料。", "statement"),
    ("他昨天买了一辆新车。", "statement"),
    ("What is the difference between a cat and a cat?", "itself"),
    ("A drought or a drought: what sets them apart?", "itself"),
    ("How does a kettle differ from a kettle?", "itself"),
    ("Compare a kettle with a kettle in two sentences.", "itself"),
    ("What do tea and tea have in common?", "itself"),
    ("A hair or hair: what is the difference?", "itself"),
    ("What is the difference between hair and the hair?", "itself"),
    ("把游泳和游泳放在一起比一比。", "itself"),
    ("请比较蜂蜜与蜂蜜的异同。", "itself"),
    ("鲸和鲸有什么区别？", "itself"),
]


@pytest.mark.parametrize("text", REQUESTS)
def test_a_request_asks_for_something(text):
    assert missing_request(text) is None and is_request(text)


@pytest.mark.parametrize(("text", "reason"), NO_REQUESTS)
def test_what_asks_for_nothing_is_named(text, reason):
    assert missing_request(text) == reason


PAIRS = {  # rule: (rows that have the fault, rows that don't)
    "echo": (
        [
            ("Tell me about tea", "Tell me about tea."),
            ("10. Fish", "10. Fish."),
            (
                "A plan for tea and for cakes in a garden. Go!",
                "A plan for tea and for cakes in a garden.",
            ),
            ("介绍一下茶的做法。", "介绍一下茶的做法。"),
        ],
        [
            ("What is tea?", "Tea is a drink."),
            ("Correct this: he drink tea.", "He drinks tea."),
            ("The capital of France is", "The capital of France is Paris."),
            ("3和4的和是多少？", "3和4的和是7。"),
        ],
    ),
    "small_talk": (
        [
            ("# Question", "I'm here to help with tea. What can I help you with today?"),
            ("Data", "I’m ready to assist you. Whether you're looking for tea or milk, ask."),
            ("茶", "我很乐意为您服务。请问有什么可以帮您？"),
        ],
        [
            ("Hi there!", "Hello! How can I help you?"),
            ("What is tea?", "A drink made of leaves. It is old. Feel free to ask more!"),
            ("Fix my text.", "Please paste the text, so that I can help you with it."),
            ("你好", "你好！有什么可以帮您？"),
        ],
    ),
}


@pytest.mark.parametrize("rule", PAIRS)
def test_a_response_in_place_of_an_answer_is_found(rule):
    found = getattr(rules, rule)
    bad, good = PAIRS[rule]
    assert all(found(*row) for row in bad)
    assert not any(found(*row) for row in good)


TEXTS = {
    "repetition": (
        ["12." * 30, "The tea is hot. " * 9, "| \n" * 40, "So it is.\n\n" * 6, "好的，" * 20],
        [
            "A cup of tea.\nA cup of milk.\nA cup of tea.",
            "| a | b |\n|---|---|\n| 1 | 2 |",
            "-" * 60 + "\nTea is a drink that is made of leaves.",
            "```\n" + "0 0 0 0\n" * 20 + "```\nThis matrix is all zeros.",
            "Row, row, row your boat,\nGently down the stream.",
        ],
    ),
    "template_marks": (
        ["Tea.<|im_end|>", "[INST] What is tea? [/INST]", "Tea.\n### Response: Tea.", "Tea.</s>"],
        [
            "A turn ends with `<|im_end|>`.",
            "The mark “[INST]” opens it.",
            "```\n### Response: x\n```",
            "# Response\nTea.",
        ],
    ),
    "thought_marks": (
        ["<think>Tea?</think>Tea.", "Tea?</think>Tea.", "[THINK]x", "◁think▷x"],
        ["Models write `<think>` first.", "I think it is tea."],
    ),
}


@pytest.mark.parametrize("rule", TEXTS)
def test_a_text_with_a_fault_is_found(rule):
    found = getattr(rules, rule)
    bad, good = TEXTS[rule]
    assert all(map(found, bad))
    assert not any(map(found, good))


GARBLED = {
    "en": (
        [
            "It grows grows in spring.",
            "It lies in g台 near the sea.",
            "孩 with a cup in one sentence?",
            "A lift is ase r places并 Weing.",
            "What is the difference between the heart and the heart?",
            "How does a flute differ from a flute?",
            "Compare a cup and a cup step by step.",
            "The shadell and the pinles rise.",
        ],
        [
            "A very very long time ago there was a cup.",
            "Compare a customer and a customer agent.",
            "He said that that was fine.",
            "It gets hotter and hotter, more and more.",
            "Use numpy or pandas for tables of numbers, and plot what you find in them.",
            "The Chinese word 茶 means tea.",
        ],
    ),
    "zh": (
        [
            "月亮和 camel有何不同？",
            "键盘与键盘有何不同？",
            "请比较茶和茶。",
            "茶是一种饮料饮料。",
            "茶茶茶很好喝。",
            "心脏是一种活动活动活动植物。",
        ],
        [
            "用Python处理数据，再用 pandas 读取。",
            "人与人之间要互相尊重。",
            "很久很久以前有一棵树。",
            "游戏和游戏数据都要保存。",
            "哈哈哈，真好笑。",
            "先研究研究，再说一说。",
            "加油加油加油，你能行！这件事非常非常非常要紧。",
        ],
    ),
}


@pytest.mark.parametrize("lang", GARBLED)
def test_words_that_make_no_sense_are_found(lang):
    bad, good = GARBLED[lang]
    asked = {"en": "What is it?", "zh": "这是什么？"}[lang]
    missed = [text for text in bad if not rules.garbled(text, lang, asked)]
    wrong = [text for text in good if rules.garbled(text, lang, asked)]
    assert (missed, wrong) == ([], [])


@pytest.mark.parametrize("text", ["a" * 20_000, "ab " * 7_000, "x y z w " * 3_000, "1 " * 9_000])
def test_a_long_line_takes_no_long(text):
    start = time.process_time()
    missing_request(text)
    rules.repetition(text)
    rules.garbled(text, "en", "Why?")
    rules.small_talk("Why?", text)
    assert time.process_time() - start < 3
