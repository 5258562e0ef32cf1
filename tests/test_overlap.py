"""Repeating texts: cases worked by hand, and plain double loops beside the fast way."""

import random

import pytest
from rouge_score.rouge_scorer import RougeScorer

from smolsynth.quality.report import measure
from smolsynth.text.similarity import (
    Duplicate,
    duplicates,
    jaccard,
    nearest_similarity,
    overlaps,
    rouge_l,
    shingles,
)
from smolsynth.text.small_talk import small_talk
from smolsynth.text.tokens import tokens


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("What's a CAT?", ["what", "s", "a", "cat"]),
        ("Ｆｕｌｌ　width", ["full", "width"]),
        ("用token训练", ["用", "token", "训", "练"]),
        ("…?!", []),
    ],
)
def test_tokens(text, parts):
    assert list(tokens(text)) == parts


def test_shingles():
    assert shingles("Where do cats live?") == {"where do cats", "do cats live"}
    assert shingles("猫住在哪里？") == {"猫 住 在 哪", "住 在 哪 里"}
    assert shingles("A cat.") == {"a cat"} and shingles("?") == frozenset()


def test_what_is_the_same_but_for_form_is_an_exact_duplicate():
    texts = ["What is a cat?", "Where do cats live?", "what is a  cat", "", "?", "", "猫？", "猫。"]
    assert duplicates(texts) == [Duplicate(2, 0, 1.0), Duplicate(7, 6, 1.0)]


def test_near_duplicates_by_hand():
    base = "one two three four five six seven eight nine ten eleven twelve"
    changed = base.replace("twelve", "dozen")  # 9 shingles of 10 shared, 11 in all
    other = base.replace("six", "SIX!").replace("three", "thirty")  # 7 of 10 shared, 13 in all
    assert jaccard(shingles(base), shingles(changed)) == pytest.approx(9 / 11)
    assert jaccard(shingles(base), shingles(other)) == pytest.approx(7 / 13)
    assert duplicates([base, changed, other]) == [Duplicate(1, 0, round(9 / 11, 4))]
    assert duplicates([base, changed], threshold=0.82) == []
    assert duplicates([base, changed], edits=True) == [Duplicate(1, 0, round(11 / 13, 4))]


EDITED = [
    ("怎样清洗羊毛衫？", "怎样清洗羊绒衫？", "用冷水轻轻按压，平铺晾干。"),
    ("请列举四种可再生能源。", "请列出四种可再生能源。", "太阳能、风能、水能、生物质能。"),
    ("How do I cook an egg?", "How do I boil an egg?", "In hot water for a few minutes."),
]
OTHERS = [
    (
        "水的沸点是多少？标准大气压下是 100 度。",
        "水的冰点是多少？标准大气压下是 0 度。",
    ),
    ("判断情感：这家店真好吃！正面", "判断情感：这家店真难吃！负面"),
    ("What is 3 times 5? It is 15, you know.", "What is 4 times 5? It is 20, you know."),
]


@pytest.mark.parametrize(("one", "two", "answer"), EDITED)
def test_a_word_changed_in_a_short_row(one, two, answer):
    rows = [f"{one} {answer}", f"{two} {answer}"]
    assert [found.row for found in duplicates(rows, edits=True)] == [1]
    report = measure([{"instruction": asked, "response": answer} for asked in (one, two)], "zh")
    assert [one.rows for one in report.findings if one.rule == "duplicate"] == [(1,)]


@pytest.mark.parametrize("texts", OTHERS)
def test_another_question_in_the_same_words(texts):
    assert duplicates(texts, edits=True) == []


def test_what_several_questions_say_is_no_question():
    stock = "请用一句话概括下面这段文字的主要内容："
    questions = [stock + "春天到了，小草发芽了。", stock + "雨停了，孩子们跑了出去。"]
    assert overlaps([stock + "工厂改用新炉子，省了三成的煤。"], questions) == []
    (found,) = overlaps([stock + "雨停了，孩子们跑回家去。"], questions)
    assert found.of == 1 and found.share == round(25 / 28, 4)
    question = "为什么铁在潮湿的空气中容易生锈？"
    assert overlaps(["为什么面包在潮湿的空气中容易发霉？"], [question]) == []  # nine in a row
    assert overlaps([questions[0]], [questions[0], questions[0]])[0].share == 1.0


def test_a_duplicate_points_to_a_text_that_stays():
    """B repeats A, and C repeats B but not A: C stays."""
    words = [f"w{i}" for i in range(40)]
    chain = [" ".join(words[i : i + 30]) for i in (0, 2, 4)]  # 26 of 30 shared; then 24 of 32
    found = duplicates(chain, threshold=0.8)
    assert [(one.row, one.of) for one in found] == [(1, 0)]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_as_a_double_loop_would_find_them(lang):
    draw = random.Random(3)
    words = (
        [f"word{i}" for i in range(300)] if lang == "en" else [chr(0x4E00 + i) for i in range(300)]
    )
    gap = " " if lang == "en" else ""
    texts: list[list[str]] = []
    for _ in range(600):
        if texts and draw.random() < 0.4:
            text = list(draw.choice(texts))
            for _ in range(draw.choice([0, 1, 2, 4])):
                text[draw.randrange(len(text))] = draw.choice(words)
        else:
            text = draw.choices(words, k=draw.randint(8, 60))
        texts.append(text)
    joined = [gap.join(text) for text in texts]
    kept: list[int] = []
    slow = set()
    sets = [shingles(text) for text in joined]
    for row, own in enumerate(sets):
        if any(jaccard(own, sets[other]) >= 0.8 for other in kept):
            slow.add(row)
        else:
            kept.append(row)
    found = duplicates(joined)
    fast = {one.row for one in found}
    assert len(slow) > 60 and len(fast - slow) == 0 and len(slow - fast) <= 2
    for one in found:
        assert one.of < one.row and one.of not in fast
        assert round(jaccard(sets[one.row], sets[one.of]), 4) == one.similarity


def test_many_copies_of_one_text_take_no_quadratic_time():
    frame = " ".join(f"word{i}" for i in range(30))
    texts = [f"{frame} {i}" for i in range(4000)]  # 28 of 30 shingles shared
    assert len(duplicates(texts)) == 3999


def test_thresholds_that_minhash_can_t_reach():
    with pytest.raises(ValueError, match=r"between 0\.7 and 1"):
        duplicates(["a"], threshold=0.6)


def test_overlap_with_an_evaluation_set():
    tests = [
        "What is the highest mountain of the Alps called?",
        "猫最喜欢在什么地方睡觉呢？",
        "Why?",
    ]
    texts = [
        "Tell me: what is the highest mountain of the Alps?",  # eight words in a row
        "What is the highest mountain of the world?",  # seven
        "说说猫最喜欢在什么地方睡觉呢，为什么。",
        "why",
        "Why is that?",
        "",
    ]
    found = overlaps(texts, tests)
    assert [(one.row, one.of) for one in found] == [(0, 0), (2, 1), (3, 2)]
    assert found[0].words == "what is the highest mountain of the alps"
    assert overlaps(texts, []) == [] and len(overlaps(texts, tests, n=7)) == 4
    with pytest.raises(ValueError, match="at least one token"):
        overlaps(texts, tests, n=0)


@pytest.mark.parametrize(
    ("one", "two", "score"),
    [
        ("What is a cat?", "what is a CAT", 1.0),
        ("What is a cat?", "What is a dog?", 0.75),  # 2 x 3 / (4 + 4)
        ("Name three cats", "Tell me about three fine cats", 4 / 9),  # three cats: 2 x 2 / (3 + 6)
        ("cats three name", "name three cats", 1 / 3),  # order counts
        ("cat", "Where does it live?", 0.0),
        ("", "", 0.0),
        ("什么是猫？", "什么是狗？", 0.75),
        ("说说 token 是什么", "token 是什么", 8 / 10),  # 说, 说, token, 是, 什, 么
    ],
)
def test_rouge_l_by_hand(one, two, score):
    assert rouge_l(one, two) == pytest.approx(score)
    assert rouge_l(two, one) == pytest.approx(score)


def test_rouge_l_is_that_of_self_instruct_s_own_code():
    scorer = RougeScorer(["rougeL"], use_stemmer=False)
    draw = random.Random(0)
    words = "write a short story about the cat, then list its 3 parts: don't explain it!".split()
    for _ in range(200):
        one, two = (" ".join(draw.choices(words, k=draw.randint(1, 15))) for _ in range(2))
        assert rouge_l(one, two) == pytest.approx(scorer.score(one, two)["rougeL"].fmeasure)


def test_how_alike_texts_are():
    assert nearest_similarity(["What is a cat?", "what is a cat", "x y", "x z"]) == 0.75
    assert nearest_similarity(["什么是猫？", "什么是狗？", ""]) == 0.75
    assert nearest_similarity(["only one", "?"]) is None
    many = [f"{i} and {i // 2} again" for i in range(3000)]
    assert nearest_similarity(many) == nearest_similarity(many) < nearest_similarity(many, 2500)


AGAIN = [
    (  # the same answer to a question about the same thing
        ("What limits a kite?", "Without wind it drops, and in a storm its string snaps."),
        (
            "Which problems can a kite have?",
            "Without wind it drops, and in a storm its string snaps.",
        ),
        (
            "Which problems can a tent have?",
            "Without pegs it flies off, and in a storm its poles snap.",
        ),
    ),
    (  # the same question, answered much alike
        ("说说风筝的弱点。", "要当心的是：没有风它就会掉下来，风太大线又会断。"),
        ("说说风筝的弱点。", "它的毛病在于：没有风它就会掉下来，风太大线又会断。"),
        ("说说风筝的弱点。", "骨架多用竹条，一摔就容易折断，收进包里也嫌太长。"),
    ),
]


@pytest.mark.parametrize("rows", AGAIN)
def test_rows_that_share_one_part_and_much_of_the_other(rows):
    data = [{"instruction": asked, "response": said} for asked, said in rows]
    report = measure(data, "zh")
    assert [one.rows for one in report.findings if one.rule == "duplicate"] == [(1,)]


@pytest.mark.parametrize(
    ("seed", "asked", "near"),
    [
        ("怎样挑选新鲜的鱼？", "请问如何挑选新鲜的鱼呢？", True),
        ("怎样挑选新鲜的鱼？", "怎样挑选新鲜的虾？", False),
        ("What's the colour of jade?", "Please tell me, what is the color of jade?", True),
        ("What's the colour of jade?", "What is the price of jade?", False),
    ],
)
def test_courtesies_and_spellings_make_no_other_question(seed, asked, near):
    report = measure([{"instruction": asked, "response": "."}], "en", seeds=[seed])
    (finding,) = [one for one in report.findings if one.rule == "copied_seed"]
    assert bool(finding.rows) is near


REORDERED = {
    "en": (
        ("Who is the author of Emma?", "Jane Austen."),
        ("Emma: who is its author?", "Jane Austen."),
        ("Did Emma meet Jane?", "Yes."),
        ("Did Jane meet Emma?", "Yes."),
        ("Make it passive: Anna saw Tom.", "Tom was seen by Anna."),
        ("Make it passive: Tom saw Anna.", "Anna was seen by Tom."),
    ),
    "zh": (
        ("《家》的作者是谁？", "巴金。"),
        ("谁是《家》的作者？", "巴金。"),
        ("猫比狗跑得快吗？", "不是。"),
        ("狗比猫跑得快吗？", "不是。"),
        ("午睡有什么好处？", "午睡能恢复体力，增强记忆，改善心情。"),
        ("说说午睡的好处。", "午睡能改善心情，恢复体力，增强记忆。"),
    ),
}


@pytest.mark.parametrize(("lang", "again"), [("en", (1,)), ("zh", (1, 5))])
def test_the_same_words_in_another_order_are_a_repeat_unless_they_change_places(lang, again):
    rows = [{"instruction": q, "response": a} for q, a in REORDERED[lang]]
    [found] = [one for one in measure(rows, lang).findings if one.rule == "duplicate"]
    assert found.rows == again


def test_a_copy_in_traditional_characters_is_a_copy():
    rows = [
        {"instruction": "請說明三角形的內角和為什麼是一百八十度。", "response": "可以拼成平角。"},
        {"instruction": "为什么天空是蓝色的？", "response": "蓝光散射得最多。"},
    ]
    seeds, exam = ["為什麼天空是藍色的？"], ["请说明三角形的内角和为什么是一百八十度。"]
    found = {
        one.rule: one.rows for one in measure(rows, "zh", seeds=seeds, evaluation=exam).findings
    }
    assert (found["copied_seed"], found["in_evaluation"]) == ((1,), (0,))


def test_kind_words_in_a_quotation_are_no_small_talk():
    asked = "Can you find me a saying about friendship?"
    said = 'Here is one: "I love my friends, and you can do it too: just say hello."'
    assert small_talk(asked, said) is None
    assert small_talk("Name three rivers.", '"I\'m here to help! What can I do for you?"')
