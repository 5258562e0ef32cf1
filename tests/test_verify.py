# ruff: noqa: E501  (a line of a table is a case)
"""Verifiers: right answers in unusual form, and wrong ones that look right, in both languages."""

from itertools import combinations

import numpy as np
import pytest

from smolsynth.verify.arithmetic import check_arithmetic
from smolsynth.verify.choices import verify_choice
from smolsynth.verify.constraints import KINDS, verify_constraints
from smolsynth.verify.forms import verify_json, verify_pattern
from smolsynth.verify.numbers import quantities, verify_number
from smolsynth.verify.passing import (
    pass_at_k,
    pass_at_k_interval,
    select_verified,
    verified_pairs,
)
from smolsynth.verify.rewards import reward_function
from smolsynth.verify.steps import VERIFIERS, Verify

# ---- numbers ----
RIGHT_NUMBERS = [  # answer, expected, unit
    ("12", 12, ""),
    ("12.0", 12, ""),
    ("The answer is 12.", 12, ""),
    ("The answer is twelve.", 12, ""),
    ("Answer: 12", 12, ""),
    ("**Answer:** 12 apples", 12, "apples"),
    ("The final answer is $12$.", 12, ""),
    ("So the answer is:\n\n12", 12, ""),
    ("3 x 4 = 12. The answer is 3 x 4 = 12.", 12, ""),
    ("The answer is 12 (that is 3 times 4).", 12, ""),
    ("The answer is 12 because 3 x 4 is 12.", 12, ""),
    ("The answer is 12, not 13.", 12, ""),
    ("The answer is 11. Wait, no. The answer is 12.", 12, ""),
    ("<think>Is it 13? The answer is 13.</think>The answer is 12.", 12, ""),
    ("The answer is 1,234.", 1234, ""),
    ("The answer is 1 234.".replace("1 2", "1\u202f2"), 1234, ""),
    ("\\boxed{1{,}234}", 1234, ""),
    ("Hence \\boxed{\\frac{1}{2}}.", "1/2", ""),
    ("\\boxed{\\dfrac12}", 0.5, ""),
    ("The answer is ½.", 0.5, ""),
    ("The answer is 2½ hours.", 150, "min"),
    ("The answer is one half.", "0.5", ""),
    ("The answer is three quarters.", 0.75, ""),
    ("The answer is 50%.", 0.5, ""),
    ("The answer is 0.5.", "50%", ""),
    ("The answer is 20 percent.", 20, "%"),
    ("20\\%", 20, "%"),
    ("#### 72", 72, ""),
    ("#### -5", -5, ""),
    ("The answer is −5.", -5, ""),
    ("The answer is minus five.", -5, ""),
    ("The answer is 1.5 × 10^3 m.", 1.5, "km"),
    ("The answer is 1.5e3.", 1500, ""),
    ("The answer is 3 million.", 3_000_000, ""),
    ("The answer is two hundred and five.", 205, ""),
    ("The answer is $5.50.", 5.5, "dollars"),
    ("The answer is 550 cents.", 5.5, "dollars"),
    ("The answer is 1 hour and 30 minutes.", 90, "min"),
    ("The answer is 5 feet 6 inches.", 66, "inches"),
    ("The answer is 2 m^2.", 20000, "cm^2"),
    ("The answer is 36 km/h.", 10, "m/s"),
    ("\\boxed{12\\text{ cm}}", 0.12, "m"),
    ("She has 12 apples.", 12, "apples"),
    ("答案是 12。", 12, ""),
    ("答案是十二。", 12, ""),
    ("答案：12", 12, ""),
    ("答：一共有 12 个苹果。", 12, "个"),
    ("所以答案应该是１２。", 12, ""),
    ("最终答案为：1,234 元", 1234, "元"),
    ("答案是三千五百。", 3500, ""),
    ("答案是3.2万。", 32000, ""),
    ("答案是一亿零三百万。", 103_000_000, ""),
    ("答案是三分之二。", "2/3", ""),
    ("答案是一又二分之一。", 1.5, ""),
    ("答案是百分之五。", 0.05, ""),
    ("答案是百分之五。", 5, "%"),
    ("答案是 3 元 5 角。", 3.5, "元"),
    ("答案是 1 小时 30 分钟。", 1.5, "小时"),
    ("答案是 2 斤。", 1, "千克"),
    ("答案是 3千米。", 3000, "米"),
    ("答案是十二千米。", 12, "千米"),
    ("答案是三千米。", 3, "千米"),
    ("答案是两千五百克。", 2.5, "千克"),
    ("答案是一千二百千克。", 1200, "千克"),
    ("答案是负五。", -5, ""),
    ("答案是 11。不对，答案是 12。", 12, ""),
    ("<think>答案是 13？</think>答案是 12 只。", 12, "只"),
    ("一共 3×4=12（个）。", 12, "个"),
    ("所以 \\boxed{12} 个。", 12, "个"),
]
WRONG_NUMBERS = [  # answer, expected, unit, outcome
    ("There are 12 cats. The answer is 13.", 12, "", "wrong"),
    ("The answer is 120.", 12, "", "wrong"),
    ("The answer is 1.2.", 12, "", "wrong"),
    ("The answer is -12.", 12, "", "wrong"),
    ("The answer is 12/5.", 12, "", "wrong"),
    ("The answer is 12 or 13.", 12, "", "several answers"),
    ("It is 13 km or 12 km.", 12, "km", "several answers"),
    ("The answer is 12 km, or 13 km.", 12, "km", "several answers"),
    ("The answer is 11, 12 or 13.", 12, "", "several answers"),
    ("\\boxed{12} or \\boxed{13}", 12, "", "several answers"),
    ("\\boxed{13}, \\boxed{12}", 12, "", "several answers"),
    ("The answer is between 12 and 13.", 12, "", "several answers"),
    ("The answer is not 12.", 12, "", "no answer|wrong"),
    ("The answer is 12. No, the answer is 13.", 12, "", "wrong"),
    ("The answer is unclear. It may be 12.", 12, "", "no answer"),
    ("<think>The answer is 12.", 12, "", "unfinished"),
    ("<think>The answer is 12.</think>", 12, "", "unfinished"),
    ("<think>12</think>The answer is 13.", 12, "", "wrong"),
    ("I don't know.", 12, "", "no answer"),
    ("", 12, "", "no answer"),
    ("The answer is 3 x 4.", 12, "", "several answers"),
    ("The answer is 12 kg.", 12, "g", "wrong"),
    ("The answer is 12 kg.", 12, "km", "wrong unit"),
    ("The answer is 12 km.", 12, "apples", "wrong unit"),
    ("The answer is 12 pears.", 12, "apples", "wrong unit"),
    ("The answer is 12 minutes.", 12, "hours", "wrong"),
    ("The answer is 12 m.", 12, "m^2", "wrong unit"),
    ("The answer is 1,23.", 123, "", "wrong|several answers"),
    ("The answer is 50.", 0.5, "", "wrong"),
    ("The answer is 0.2.", 20, "%", "wrong"),
    ("The answer is $5.", 5, "euros", "wrong unit"),
    ("The answer is 0.33.", "1/3", "", "wrong"),
    ("The answer is 1e999999999.", 12, "", "no answer"),
    ("#### 72\n#### 73", 72, "", "wrong"),
    ("The answer is twelve hundred.", 12, "", "wrong"),
    ("\\boxed{}", 12, "", "no answer"),
    ("\\boxed{x}", 12, "", "no answer"),
    ("共有 12 只猫。答案是 13。", 12, "", "wrong"),
    ("答案是 120。", 12, "", "wrong"),
    ("答案是一百二。", 12, "", "wrong"),
    ("答案是二十。", 12, "", "wrong"),
    ("答案是负十二。", 12, "", "wrong"),
    ("答案是 12 或 13。", 12, "", "several answers"),
    ("13 千米或者 12 千米。", 12, "千米", "several answers"),
    ("答案是 12 千米，或者 13 千米。", 12, "千米", "several answers"),
    ("答案是 12 到 13。", 12, "", "several answers"),
    ("答案不是 12。", 12, "", "wrong|no answer"),
    ("答案是 12。不对，答案是 13。", 12, "", "wrong"),
    ("答案是不知道。12？", 12, "", "no answer"),
    ("<think>答案是 12。", 12, "", "unfinished"),
    ("答案是 12 千克。", 12, "克", "wrong"),
    ("答案是 12 千克。", 12, "米", "wrong unit"),
    ("答案是 12 分钟。", 12, "小时", "wrong"),
    ("答案是 12 米。", 12, "平方米", "wrong unit"),
    ("答案是 12 万。", 12, "", "wrong"),
    ("答案是百分之十二。", 12, "", "wrong"),
    ("答案是十二分之一。", 12, "", "wrong"),
    ("答案是 3 元 5 分。", 3.5, "元", "wrong"),
    ("我不会。", 12, "", "no answer"),
    ("答案是 12 角。", 12, "元", "wrong"),
    ("答案是 12 美元。", 12, "元", "wrong unit"),
    ("\\boxed{12} 或 \\boxed{13}", 12, "", "several answers"),
    ("答案是三点一四。", 314, "", "wrong"),
    ("答案是 3×4。", 12, "", "several answers"),
]


@pytest.mark.parametrize("text, expected, unit", RIGHT_NUMBERS)
def test_a_right_number_in_any_form(text, expected, unit):
    found = verify_number(text, expected, unit)
    assert found.right and found.outcome == "right" and found.score == 1, found


@pytest.mark.parametrize("text, expected, unit, outcome", WRONG_NUMBERS)
def test_a_wrong_number_that_looks_right(text, expected, unit, outcome):
    found = verify_number(text, expected, unit)
    assert not found.right and found.outcome in outcome.split("|"), found
    assert found.reason and found.reason.words("zh") != found.reason


def test_numbers_take_a_tolerance_and_may_have_to_be_marked():
    assert verify_number("The answer is 0.33.", "1/3", tolerance=0.01).right
    assert verify_number("The answer is 101 m.", 100, "m", relative=0.01).right
    assert not verify_number("The answer is 102 m.", 100, "m", relative=0.01).right
    assert verify_number("It makes 12.", 12).right
    assert verify_number("It makes 12.", 12, marked=True).outcome == "no answer"
    assert verify_number("The answer is 12.", 12, "kg", needs_unit=True).outcome == "no unit"
    with pytest.raises(ValueError, match="one number"):
        verify_number("12", "twelve or thirteen")


def test_long_texts_of_digits_take_no_time():
    for sign in ("1", "一", "1,", "a ", "one ", "{", "\\frac{", "$", "1/", "- "):
        quantities(sign * 3000)


# ---- choices: B is right ----
RIGHT_CHOICES = """B|b|(B)|B.|B) Paris|B. Paris|B: Paris|**B**|[B]|"B"|b)|The answer is B.|The answer is (B).
The answer is **B**.|Answer: B|answer: (b)|The correct answer is B, Paris.|The correct choice is B.
I choose B.|I would go with B.|A is too small, so the answer is B.|A and C are wrong. Answer: B
\\boxed{B}|\\boxed{\\text{B}}|So \\boxed{(B)}.|#### B|The answer is A. No, the answer is B.
<think>A? The answer is A.</think>B|The answer to the question is B.|The best option is B.
答案是 B。|答案是B|答案：B|答案为（B）。|正确答案是 B。|正确选项是 B。|故选 B。|应选 B|我选 B。|选B
因此选 B，因为 A 太小。|A 太小，答案是 B。|答案应该是 B。|B。巴黎|B、巴黎|（B）|【B】|Ｂ
所以 \\boxed{B}。|答案是 A。不对，答案是 B。|<think>选 A。</think>选 B。|选择 B|最终答案：B|选项是 B
本题选 B。|B，因为巴黎是首都。|The right option is: B|I pick B|The answer is B because A is small.
The answer should be B|**Answer: B**|The final answer is $B$.|Choice: B|答：选 B。""".replace(
    "\n", "|"
).split("|")
WRONG_CHOICES = """A|C.|(D)|The answer is A.|The answer is C, not B.|B is tempting, but the answer is A.|Bees
Both A and B are good.|The answer is A or B.|The answer is B or C.|Answer: A, B|\\boxed{A} \\boxed{B}
\\boxed{AB}|\\boxed{}|The answer is not B.|The answer is B. No, the answer is C.|I don't know.
But why?|Be quiet.|A B C D|<think>The answer is B.|<think>B</think>A|<think>B</think>|B+ is a grade.
Vitamin B is good.|The answer is E.|The answer is a banana.|I choose A.|The answer is Berlin.|B-flat
The answer is BB.|#### C|Option A|I would go with C, though B is near.|The answer is unclear: A, B.
A cat is here.|b-side|B or C|(A) or (B)|A, B|答案是 A。|答案是 C，不是 B。|B 看起来对，但答案是 A。|选 A 或 B。
答案是 A、B。|答案是 B 和 C。|答案不是 B。|答案是 B。不对，答案是 C。|我不知道。|维生素B很好。|<think>选 B。
<think>选 B</think>选 C|故选 D。|应选 C|答案：AB|A 和 B 都对。|\\boxed{C}|选项 B 错，选 A。|B超|本题选 C。
正确答案是 D|最终答案：A|B 或 C|【A】""".replace("\n", "|").split("|")


def test_there_are_sixty_of_each_kind():
    for table in (RIGHT_NUMBERS, WRONG_NUMBERS, RIGHT_CHOICES, WRONG_CHOICES):
        assert len(table) >= 60


@pytest.mark.parametrize("text", RIGHT_CHOICES)
def test_a_right_choice_in_any_wording(text):
    assert verify_choice(text, "B").right, verify_choice(text, "B")


@pytest.mark.parametrize("text", WRONG_CHOICES)
def test_a_wrong_choice_that_looks_right(text):
    assert not verify_choice(text, "B").right, verify_choice(text, "B")


# ---- JSON and patterns ----
SCHEMA = {
    "type": "object",
    "required": ["name", "age"],
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    "additionalProperties": False,
}
GOOD = '{"name": "Li 李", "age": 3}'


@pytest.mark.parametrize(
    "form",
    [
        "%s",
        " %s\n",
        "```json\n%s\n```",
        "```\n%s\n```",
        "Here: %s",
        "好的：\n%s\n希望有用。",
        "<think>{}</think>%s",
    ]
    + ["See [1] and {this}: %s", "```JSON\n%s\n```\nDone.", "\ufeff%s"],
)
def test_right_json_in_any_form(form):
    assert verify_json(form % GOOD, SCHEMA).right, verify_json(form % GOOD, SCHEMA)


@pytest.mark.parametrize(
    "text, outcome",
    [
        ('{"name": "Li", "age": "3"}', "wrong"),
        ('{"name": "Li"}', "wrong"),
        ('{"name": "Li", "age": -1}', "wrong"),
        ('{"name": "Li", "age": 1.5}', "wrong"),
        ('{"name": "Li", "age": true}', "wrong"),
        ('{"name": "Li", "age": 3, "more": 1}', "wrong"),
        ('[{"name": "Li", "age": 3}]', "wrong"),
        ('"{}"', "wrong"),
        ('{"name": "Li", "age": 3', "bad JSON"),
        ("{'name': 'Li', 'age': 3}", "bad JSON"),
        ('{"name": "Li", "age": 3,}', "bad JSON"),
        ('{"name": "Li", "age": NaN}', "bad JSON"),
        ('{"name": "Li", "name": "Wu", "age": 3}', "bad JSON"),
        ('{name: "Li", age: 3}', "bad JSON"),
        ('{"name": "Li", "age": 3} // ok'.replace('"age": 3}', '"age": 03}'), "bad JSON"),
        ("[" * 100_000, "bad JSON"),
        ("没有。", "no answer"),
        ("", "no answer"),
        ("<think>" + GOOD, "unfinished"),
        ("<think>" + GOOD + "</think>", "unfinished"),
    ],
)
def test_json_that_is_not_right(text, outcome):
    assert verify_json(text, SCHEMA).outcome == outcome, verify_json(text, SCHEMA)


def test_json_alone_and_wrong_schemas():
    assert verify_json(f"```json\n{GOOD}\n```", SCHEMA, only=True).right
    assert verify_json(f"Here: {GOOD}", SCHEMA, only=True).outcome == "bad JSON"
    with pytest.raises(ValueError, match="schema is wrong"):
        verify_json("{}", {"type": "thing"})


def test_patterns():
    assert verify_pattern("<think>no</think> 2026-11-27 ", r"(\d{4})-\d\d-\d\d").extracted == "2026"
    assert not verify_pattern("2026-11-27.", r"\d{4}-\d\d-\d\d").right
    assert verify_pattern("今天是 2026-11-27。", r"\d{4}-\d\d-\d\d", whole=False).right
    assert verify_pattern("<think>42", "42").outcome == "unfinished"
    with pytest.raises(ValueError, match="pattern"):
        verify_pattern("x", "(")


# ---- constraints: kind and options, what keeps to it, what doesn't ----
CONSTRAINTS = [
    (
        {"kind": "words", "exactly": 3},
        ["One two three.", "它很好", "it's well-made, no?"],
        ["a b", "它很好啊"],
    ),
    ({"kind": "words", "at_least": 2, "at_most": 3}, ["a b", "a b c"], ["a", "a b c d"]),
    (
        {"kind": "characters", "exactly": 4},
        ["猫爱睡觉。", "a b cd", "《猫》爱睡觉"],
        ["猫爱睡", "abc"],
    ),
    (
        {"kind": "sentences", "exactly": 2},
        ["Yes. No.", "好。不好！", "Dr. Li paid $3.50. Why?", "He said “Go.” I went."],
        ["Yes.", "好。", "A. B. C."],
    ),
    ({"kind": "paragraphs", "exactly": 2}, ["a\n\nb", "a\n \n\nb\n"], ["a\nb", "a"]),
    (
        {"kind": "bullets", "exactly": 2},
        ["- a\n- b", "1. a\n2. b", "* a\n  • b", "1、猫\n2、狗", "（1）猫\n（2）狗"],
        ["- a", "a - b - c", "-5\n", "1.5\n2.5"],
    ),
    ({"kind": "lines", "at_most": 1}, ["a", "a\n"], ["a\nb"]),
    ({"kind": "use", "words": ["cat", "猫"]}, ["A Cat 和猫", "cat, 小猫"], ["category 猫", "cat"]),
    ({"kind": "use", "words": "cat", "at_least": 2}, ["cat cat", "Cat's cat"], ["cat cats", "cat"]),
    (
        {"kind": "avoid", "words": ["cat", "猫"]},
        ["dogs", "concatenate", "狗"],
        ["the cat", "CAT", "小猫"],
    ),
    ({"kind": "starts with", "text": "Dear"}, ["Dear Li,", " Dear"], ["dear", "Oh Dear"]),
    ({"kind": "ends with", "text": "谢谢。"}, ["好，谢谢。", "谢谢。\n"], ["谢谢", "谢谢。好"]),
    ({"kind": "json"}, ["{}", "```json\n[1]\n```"], ["Here: {}", "{a: 1}", "{} {}"]),
    (
        {"kind": "case", "case": "title"},
        ["The Cat in the Hat", "A Day"],
        ["the Cat", "The cat", "猫"],
    ),
    ({"kind": "case", "case": "upper"}, ["HELLO 1"], ["Hello", "1 2"]),
    ({"kind": "case", "case": "lower"}, ["hello 1"], ["Hello", "猫"]),
    ({"kind": "language", "lang": "zh"}, ["猫在睡觉。"], ["The cat is asleep.", "42"]),
    ({"kind": "language", "lang": "en"}, ["The cat is asleep."], ["猫在睡觉。"]),
    ({"kind": "no commas"}, ["a b", "好。"], ["a, b", "好，", "猫、狗"]),
]


@pytest.mark.parametrize("constraint, right, wrong", CONSTRAINTS)
def test_constraints_hold_or_not(constraint, right, wrong):
    for text in right:
        assert verify_constraints(text, [constraint]).right, text
    for text in wrong:
        found = verify_constraints(text, [constraint])
        assert found.outcome == "wrong" and found.score == 0, text
        assert found.reason.words("zh") != found.reason


def test_constraints_are_all_tested_and_wrong_ones_refused():
    assert {one["kind"] for one, _, _ in CONSTRAINTS} == set(KINDS)
    assert sum(len(right) + len(wrong) for _, right, wrong in CONSTRAINTS) >= 60
    for wrong in ([], [{"kind": "rhyme"}], [{"kind": "words"}]):
        with pytest.raises(ValueError, match="constraint"):
            verify_constraints("x", wrong)


# ---- from verdicts to data ----
def test_pass_at_k_is_the_share_of_draws_with_a_right_answer():
    for n, c, k in [(5, 2, 1), (5, 2, 3), (6, 1, 4), (4, 4, 2), (4, 0, 2)]:
        draws = [any(one < c for one in draw) for draw in combinations(range(n), k)]
        assert pass_at_k(n, c, k) == pytest.approx(sum(draws) / len(draws))
    with pytest.raises(ValueError, match="pass@k"):
        pass_at_k(2, 1, 3)


def test_the_interval_of_pass_at_k_covers_its_truth():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(100):
        counts = [(8, int(rng.binomial(8, rate))) for rate in rng.random(60)]
        low, high = pass_at_k_interval(counts, 1).interval
        covered += low <= 0.5 <= high
    assert 88 <= covered <= 100
    assert pass_at_k_interval([(8, 8)] * 2, 1) == (1, (1, 1))
    assert pass_at_k_interval([(8, 8)], 1) == (1, None)
    with pytest.raises(ValueError, match="no problems"):
        pass_at_k_interval([], 1)


def answers(problem, *texts):
    return [
        {"instruction": problem, "response": text, "verified": text.endswith("4")} for text in texts
    ]


def test_selection_drops_what_teaches_nothing():
    rows = answers("always", "4", "it is 4") + answers("never", "5", "6")
    rows += answers("some", "2 + 2 = 4", "2+2 = 4!4", "2 + 2 = 4", "2 - 2 = 4", "5")
    kept = select_verified(rows)
    assert {row["instruction"] for row in kept} == {"some"}
    texts = [row["response"] for row in kept]
    assert texts == ["2 + 2 = 4", "2+2 = 4!4", "2 - 2 = 4"]
    assert {row["pass_rate"] for row in kept} == {0.8}
    assert len(select_verified(rows, keep_always=True)) == 5
    assert [row["response"] for row in select_verified(rows, most=1)] == ["2 + 2 = 4"]
    with pytest.raises(ValueError, match="verify first"):
        select_verified([{"instruction": "x", "response": "y"}])


def test_pairs_are_right_over_wrong_at_the_same_length():
    rows = answers("p", "a b c 4", "4", "a b c 5", "a b c d e f g h i j 5", "6")
    pairs = verified_pairs(rows, most=5)
    assert [(pair["chosen"], pair["rejected"]) for pair in pairs] == [
        ("a b c 4", "a b c 5"),
        ("4", "6"),
    ]
    assert verified_pairs(answers("p", "4", "a b c d e f 5")) == []


@pytest.mark.parametrize(
    "text, true",
    [
        ("12 x 3 = 36", [True]),
        ("12 × 3 = 35", [False]),
        ("(2 + 3) * 4 = 20", [True]),
        ("2 + 3 * 4 = 20", [False]),
        ("1,200 ÷ 4 = 300", [True]),
        ("10 / 3 = 3.33", [True]),
        ("10 / 3 = 3.34", [False]),
        ("10 / 3 = 3", [False]),
        ("$5 + $6 = $11", [True]),
        ("20% * 50 = 10", [True]),
        ("3 + 4 = 7 = 6 + 1", [True]),
        ("<think>3 - 5 = -2</think>所以 5×6＝30。", [True, True]),
        ("x = 4, y + 1 = 2", []),
        ("2026 = 2026", []),
        ("0.1 + 0.2 = 0.3", [True]),
        ("1 / 0 = 0", []),
        ("\\frac{1}{2} + \\frac{1}{2} = 1", [True]),
        ("9" * 5000 + " + 1 = 2", []),
    ],
)
def test_steps_that_are_arithmetic_are_checked(text, true):
    assert [line.true for line in check_arithmetic(text)] == true


# ---- the Step and the reward ----
def test_each_verifier_is_a_step_whose_verdict_is_kept():
    cases = {
        "number": ("The answer is 4.", "4", "5"),
        "choice": ("B", "B", "C"),
        "json": ("[1]", '{"type": "array"}', '{"type": "object"}'),
        "pattern": ("abc", "a.c", "b"),
        "code": ("```python\ndef f(): return 1\n```", "assert f() == 1", "assert f() == 2"),
        "constraints": (
            "a b",
            [{"kind": "words", "exactly": 2}],
            [{"kind": "lines", "exactly": 2}],
        ),
        "call": (
            '<tool_call>{"name": "calculate", "arguments": {"expression": "2*3"}}</tool_call>',
            '{"name": "calculate", "arguments": {"expression": "6"}}',
            {"name": "calculate", "arguments": {"expression": "7"}},
        ),
    }
    assert set(cases) == set(VERIFIERS)
    for name, (text, right, wrong) in cases.items():
        rows = [{"response": text, "expected": right}, {"response": text, "expected": wrong}]
        rows.append({"response": None, "expected": right})
        step = Verify(name=name, verifier=name, lang="zh")
        [found] = list(step.process(rows))
        assert [row["verified"] for row in found] == [True, False, False], name
        assert all(set(step.outputs) <= set(row) for row in found)
        assert found[2]["verdict"] == "no answer" and found[2]["verdict_reason"].endswith("。")


def test_a_reward_has_the_form_that_trl_calls():
    reward = reward_function(verify_number, "expected", unit="km")
    assert reward.__name__ == "verify_number"
    more = {"completion_ids": [[1], [2], [3]], "trainer_state": None, "log_extra": print}
    talk = [[{"role": "assistant", "content": "It is 2 km."}], "It is 2 m.", ""]
    assert reward(prompts=[""] * 3, completions=talk, expected=[2, 2, None], **more) == [1, 0, None]
    asked = [{"kind": "words", "exactly": 2}, {"kind": "lines", "exactly": 2}]
    share = reward_function(verify_constraints, "rules", partial=True)
    assert share(prompts=[""], completions=["a b"], rules=[asked]) == [0.5]
    with pytest.raises(ValueError, match="no column 'expected'"):
        reward(prompts=[""], completions=["2"])
