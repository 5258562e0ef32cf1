"""What judges and question writers reply, in the manner of the families of models."""

import doctest

import pytest

from smolsynth.llms import queries as queries_module
from smolsynth.llms import ratings as ratings_module
from smolsynth.llms.queries import parse_queries, read_queries
from smolsynth.llms.ratings import judgements, parse_ratings
from smolsynth.text import requests as requests_module

NO = None

READ = {  # name: (reply, ratings)
    "tutor": (
        "#### Output for Text 1\nRating: 5\nRationale: Right and clear.\n\n"
        "#### Output for Text 2\nRating: 1\nRationale: All of it is wrong.",
        [5, 1],
    ),
    "tutor, in Chinese": (
        "#### Output for Text 1\nRating: 4\nRationale: 正确，但很简短。\n\n"
        "#### Output for Text 2\nRating: 2\nRationale: 答非所问。",
        [4, 2],
    ),
    "GPT: preamble, bold, a blank line under the heading": (
        "Sure! Here is my evaluation of both texts.\n\n### Output for Text 1\n\n**Rating:** 4\n\n"
        "**Rationale:** Accurate, if a little terse.\n\n### Output for Text 2\n\n**Rating:** 2\n\n"
        "**Rationale:** It answers another question.",
        [4, 2],
    ),
    "GPT: bold number behind a plain label": (
        "**Text 1**\nRating: **4**\nRationale: Ok.\n\n**Text 2**\nRating: **3**\nRationale: Thin.",
        [4, 3],
    ),
    "GPT: fenced JSON": (
        'Here you go:\n\n```json\n{\n  "ratings": [5, 3],\n  "rationales": ["a", "b"]\n}\n```',
        [5, 3],
    ),
    "GPT: list of objects": (
        '[{"text": 1, "rating": 4, "rationale": "fine"}, {"text": 2, "rating": 1}]',
        [4, 1],
    ),
    "GPT: objects in another order": (
        '[{"text": "Text 2", "rating": 1}, {"text": "Text 1", "rating": 4}]',
        [4, 1],
    ),
    "GPT: an object for each text": (
        '{"Text 1": {"rating": 4, "rationale": "x"}, "Text 2": {"rating": 5, "rationale": "y"}}',
        [4, 5],
    ),
    "GPT: flat keys": ('{"text_1_rating": 3, "text_2_rating": 4}', [3, 4]),
    "GPT: a table": (
        "| Text | Rating | Rationale |\n|---|---|---|\n| Text 1 | 4 | ok |\n| Text 2 | 2 | no |",
        [4, 2],
    ),
    "GPT: gpt-oss, harmony": (
        "<|channel|>analysis<|message|>Text 1 may be a 3.<|end|><|start|>assistant<|channel|>final"
        "<|message|>#### Output for Text 1\nRating: 4\nRationale: Good.<|return|>",
        [4],
    ),
    "Claude: paragraphs before and after": (
        "I'll assess each text on its own.\n\n## Text 1\n\nThis one names the organ and its place."
        " Nothing in it is false.\n\n**Rating: 5**\n\n## Text 2\n\nThe second sentence"
        " is a slip.\n\n**Rating: 3**\n\nBoth stay on topic.",
        [5, 3],
    ),
    "Claude: tags": (
        "<text_1>\n<rating>4</rating>\n<rationale>Fine.</rationale>\n</text_1>\n"
        "<text_2>\n<rating>2</rating>\n<rationale>Off.</rationale>\n</text_2>",
        [4, 2],
    ),
    "Claude: comparison in the rationale": (
        "#### Output for Text 1\nRating: 4\nRationale: Shorter than Text 2, which is better.\n\n"
        "#### Output for Text 2\nRating: 5\nRationale: Says all that Text 1 says and more.",
        [4, 5],
    ),
    "Claude: criteria, then the whole": (
        "**Text 1**\n- Correctness: 5\n- Honesty: 4\n- Overall rating: 4\n\n"
        "**Text 2**\n- Correctness: 2\n- Honesty: 3\n- Overall rating: 2",
        [4, 2],
    ),
    "Llama: one line each": ("Text 1: Rating: 4\nText 2: Rating: 2", [4, 2]),
    "Llama: out of five": (
        "Output for Text 1:\nRating: 4 out of 5\nRationale: ok\n\nOutput for Text 2:\n"
        "Rating: 3 out of 5\nRationale: ok",
        [4, 3],
    ),
    "Llama: first heading left out": (
        "Rating: 4\nRationale: Right.\n\n#### Output for Text 2\nRating: 2\nRationale: Wrong.",
        [4, 2],
    ),
    "Llama: label, then the text": ("Rating for Text 1: 5\nRating for Text 2: 4", [5, 4]),
    "Llama: possessive": ("Text 1's rating is 5.\nText 2's rating is 2.", [5, 2]),
    "Llama: prose": (
        "I would say both are fine. I give Text 1 a 4 and Text 2 a 3.",
        [4, 3],
    ),
    "Llama: prose, longer": ("I give Text 1 a rating of 4. I give Text 2 a rating of 3.", [4, 3]),
    "Qwen: thoughts, then full-width colons": (
        "<think>\n文本 1 大概 3 分？Rating: 3\n</think>\n\n文本 1\n评分：4\n理由：准。\n\n"
        "文本 2\n评分：2\n理由：跑题。",
        [4, 2],
    ),
    "Qwen: orphan closing mark": ("Rating: 2? No.\n</think>\n\nText 1\nRating: 4", [4]),
    "Qwen: bold in Chinese": ("**文本1**\n**评分：** 5\n\n**文本2**\n**评分：** 3", [5, 3]),
    "Qwen: points": ("文本1：4分\n文本2：3分", [4, 3]),
    "Qwen: points of five": ("文本1得分：4/5\n文本2得分：2/5", [4, 2]),
    "GLM: headings in Chinese": (
        "### 对文本一的评价\n评分：4\n理由：说得对。\n\n### 对文本二的评价\n评分：1\n理由：全错。",
        [4, 1],
    ),
    "GLM: ordinal": ("第一个回答的评分：3\n第二个回答的评分：5", [3, 5]),
    "GLM: the whole score": (
        "文本 1\n准确性评分：5\n简洁性评分：3\n总分：4\n\n"
        "文本 2\n准确性评分：2\n简洁性评分：3\n总分：2",
        [4, 2],
    ),
    "GLM: prose": ("我给文本1打4分。我给文本2打2分。", [4, 2]),
    "DeepSeek: thoughts with numbers": (
        "<think>Scale 1 to 5. Text 1: 3/5 perhaps. Text 2: 1.</think>\n**Text 1**\n- Rating: 4 (Ok)"
        "\n- Rationale: …\n\n**Text 2**\n- Rating: 2 (Moderate)\n- Rationale: …",
        [4, 2],
    ),
    "DeepSeek: boxed": ("Text 1 – Rating: $\\boxed{4}$\nText 2 – Rating: $\\boxed{5}$", [4, 5]),
    "DeepSeek: table in Chinese": (
        "| 文本 | 评分 | 理由 |\n|:--|:-:|--|\n| 文本1 | 4 | 好 |\n| 文本2 | 3 | 中 |",
        [4, 3],
    ),
    "Gemma: stars": ("**Text 1:** ★★★★☆\n**Text 2:** ★★☆☆☆", [4, 2]),
    "Gemma: bullets": (
        "* **Text 1**\n    * **Rating:** 5\n* **Text 2**\n    * **Rating:** 4",
        [5, 4],
    ),
    "Gemma: word behind the number": (
        "Text 1\nRating: 4 - Very Good\n\nText 2\nRating: 1. Low Quality",
        [4, 1],
    ),
    "Mistral: in brackets": (
        "#### Output for Text 1\nRating: [4]\n\n#### Output for Text 2\nRating: [3]",
        [4, 3],
    ),
    "Mistral: in sequence, no headings": (
        "Rating: 4\nRationale: a\n\nRating: 2\nRationale: b",
        [4, 2],
    ),
    "Mistral: on one line": ("Ratings: 4, 2", [4, 2]),
    "Mistral: number under the label": ("Text 1\nRating:\n4\n\nText 2\nRating:\n2", [4, 2]),
    "Mistral: scale in the label": ("Text 1 - Rating (1-5): 4\nText 2 - Rating (1-5): 5", [4, 5]),
    "Magistral": ("[THINK]Rating: 1[/THINK]Text 1: 4/5\nText 2: 3/5", [4, 3]),
    "SmolLM: number alone": ("4", [4]),
    "SmolLM: numbers alone": ("4\n2", [4, 2]),
    "SmolLM: numbered": ("1. 4/5\n2. 2/5", [4, 2]),
    "SmolLM: in words": ("Rating: four", [4]),
    "SmolLM: letters": ("Response A: 4\nResponse B: 3", [4, 3]),
    "four texts, one line": ("Text 1: 4, Text 2: 2, Text 3: 5, Text 4: 1", [4, 2, 5, 1]),
    "a type before the rating": (
        "#### Output for Text 1\nType: 1, 2\nRationale: x\nRating: 4\nRationale: y\n\n"
        "#### Output for Text 2\nType: None\nRationale: x\nRating: 3\nRationale: y",
        [4, 3],
    ),
    "said twice, the same": (
        "Text 1\nRating: 4\n\nText 2\nRating: 2\n\nSummary: Text 1: 4, Text 2: 2",
        [4, 2],
    ),
    "whole number with a point": ("Rating: 4.0", [4]),
    "Windows line ends": ("Text 1\r\nRating: 4\r\n\r\nText 2\r\nRating: 2\r\n", [4, 2]),
    # one of two
    "the second was cut off": ("Text 1\nRating: 4\nRationale: good\n\nText 2\nRat", [4, NO]),
    "one in words": ("Text 1\nRating: 4\n\nText 2\nRating: high", [4, NO]),
    "one beyond the scale": ("Text 1\nRating: 4\n\nText 2\nRating: 10", [4, NO]),
    "one rated twice": ("Text 1\nRating: 4\n\nText 2\nRating: 2\nRating: 3", [4, NO]),
}

REFUSED = {  # name: (reply, n); all are None
    "nothing": (None, 2),
    "blank": (" \n", 1),
    "GPT: in words": ("Rating: high", 1),
    "GPT: not applicable": ("Rating: N/A\nRationale: no text was given", 1),
    "GPT: out of ten": ("Rating: 8/10", 1),
    "GPT: four out of ten": ("Text 1\nRating: 4/10\n\nText 2\nRating: 5/10", 2),
    "GPT: zero": ("Rating: 0", 1),
    "GPT: six": ("Rating: 6", 1),
    "GPT: negative": ("Rating: -1", 1),
    "GPT: a hundred": ("Score: 85", 1),
    "GPT: percent": ("Rating: 5%", 1),
    "GPT: half": ("Rating: 3.5", 1),
    "GPT: half, as words": ("Text 1: 3.5/5\nText 2: 4.5/5", 2),
    "GPT: JSON with a word": ('{"ratings": ["high", "low"]}', 2),
    "GPT: JSON, too few": ('{"ratings": [4]}', 2),
    "GPT: JSON, too many": ('{"ratings": [4, 3, 2]}', 2),
    "GPT: JSON out of range": ('{"ratings": [0, 9]}', 2),
    "GPT: JSON, true": ('{"rating": true}', 1),
    "GPT: refuses": ("I'm sorry, but I can't rate these texts.", 2),
    "Claude: asks back": ("Could you share the texts? I see only the instruction.", 2),
    "Claude: a range": ("Rating: 3-4", 1),
    "Claude: two at choice": ("Rating: 3 or 4", 1),
    "Claude: between": ("Rating: between 3 and 4", 1),
    "Claude: about": ("Rating: about 4", 1),
    "Claude: plus": ("Rating: 4+", 1),
    "Claude: doubt": ("Rating: 4?", 1),
    "Claude: second thoughts aloud": ("Rating: 3\nActually, rating: 4", 1),
    "Claude: compares alone": ("Text 1 is better than Text 2: it has 4 examples, Text 2 has 2.", 2),
    "Llama: one rating for two": ("Rating: 4\nRationale: Both are fine.", 2),
    "Llama: three ratings for two": ("Rating: 4\n\nRating: 3\n\nRating: 5", 2),
    "Llama: a text that was not there": ("Text 1: 4\nText 2: 3\nText 3: 5", 2),
    "Llama: echoes the form": ("Rating: [Rating for text 1]\nRationale: [Rationale]", 1),
    "Llama: echoes the scale": ("1. Low Quality\n2. Moderate Quality\n3. Good\n4. Very Good", 1),
    "Llama: ranking": ("Text 2 > Text 1", 2),
    "Qwen: only thoughts": ("<think>\nText 1: Rating: 4\nText 2: Rating: 2", 2),
    "Qwen: thoughts, then nothing": ("<think>Rating: 4</think>", 1),
    "Qwen: in words": ("评分：较高", 1),
    "Qwen: tens": ("评分：8分", 1),
    "Qwen: scale of ten": ("评分：4分/10分", 1),
    "Qwen: a range": ("评分：3到4分", 1),
    "Qwen: about": ("评分：大约4分", 1),
    "GLM: half": ("评分：四分半", 1),
    "GLM: or more": ("评分：4分以上", 1),
    "GLM: two differ": ("评分：4\n评分：3", 1),
    "GLM: none": ("评分：无", 1),
    "DeepSeek: two wholes": ("Overall rating: 4\nFinal rating: 5", 1),
    "DeepSeek: two criteria, no whole": ("Correctness rating: 4\nHonesty rating: 5", 1),
    "DeepSeek: if": ("It would be a 5/5 if it named the place.", 1),
    "Gemma: six stars": ("Rating: ★★★★★★", 1),
    "Gemma: stars of ten": ("Rating: ★★★★☆☆☆☆☆☆", 1),
    "Gemma: decimal comma": ("Rating: 4,5", 1),
    "Gemma: errors counted": ("Text 1: 4 errors\nText 2: 2 errors", 2),
    "Mistral: an arrow": ("Rating: 3 -> 4", 1),
    "Mistral: letters": ("Rating: B+", 1),
    "Mistral: twice": ("Text 1\nRating: 4\nRating: 2", 1),
    "Mistral: too many in a list": ("Ratings: 4, 2, 3", 2),
    "SmolLM: goes on with the list": ("4. Very Good: Near perfect.\n5. Excellent: Accurate.", 1),
    "SmolLM: one of two numbers": ("4/5", 2),
    "SmolLM: a loop": ("Rating: Rating: Rating: Rating:", 1),
    "SmolLM: the text once more": ("The heart pumps blood through the body 5 times.", 1),
    "SmolLM: date": ("Rated on 4 May 2024", 1),
}


@pytest.mark.parametrize("name", READ)
def test_a_judges_reply_is_read(name):
    reply, ratings = READ[name]
    assert parse_ratings(reply, len(ratings)) == ratings


@pytest.mark.parametrize("name", REFUSED)
def test_a_judges_reply_is_refused(name):
    reply, n = REFUSED[name]
    assert parse_ratings(reply, n) == [None] * n


def test_half_of_the_replies_are_refused():
    assert len(READ) + len(REFUSED) >= 60
    assert len(REFUSED) >= len(READ)


def test_each_rating_comes_with_its_passage():
    reply = READ["GPT: preamble, bold, a blank line under the heading"][0]
    first, second = judgements(reply, 2)
    assert "little terse" in first.passage and "another" not in first.passage
    assert "another question" in second.passage and "terse" not in second.passage


TEA, MAKE, POEM = "What is tea?", "Describe how tea is made.", "Write a poem about tea."
茶, 做, 诗 = "茶是什么？", "介绍一下茶的做法。", "写一首关于茶的诗。"
ALL, 全 = [TEA, MAKE, POEM], [茶, 做, 诗]

QUERIES = {  # name: (reply, queries)
    "as asked for": (f"{TEA}\n{MAKE}\n{POEM}", ALL),
    "blank lines": (f"\n{TEA}\n\n\n{MAKE}\n \n{POEM}\n", ALL),
    "GPT: numbered": (f"1. {TEA}\n2. {MAKE}\n3. {POEM}", ALL),
    "GPT: preamble": (f"Here are three queries:\n\n1) {TEA}\n2) {MAKE}\n3) {POEM}", ALL),
    "GPT: quoted": (f'"{TEA}"\n"{MAKE}"\n"{POEM}"', ALL),
    "GPT: curly quotes and numbers": (f"1. “{TEA}”\n2. “{MAKE}”\n3. “{POEM}”", ALL),
    "GPT: fenced": (f"```\n{TEA}\n{MAKE}\n{POEM}\n```", ALL),
    "GPT: fenced with a name": (f"```text\n{TEA}\n{MAKE}\n{POEM}\n```", ALL),
    "GPT: JSON": (f'["{TEA}", "{MAKE}", "{POEM}"]', ALL),
    "GPT: JSON in a fence": (f'```json\n["{TEA}",\n "{MAKE}",\n "{POEM}"]\n```', ALL),
    "GPT: JSON object": (f'{{"queries": ["{TEA}", "{MAKE}", "{POEM}"]}}', ALL),
    "GPT: JSON objects": (
        f'[{{"id": 1, "query": "{TEA}"}}, {{"id": 2, "query": "{MAKE}"}}]',
        ALL[:2],
    ),
    "GPT: JSON cut off": (f'["{TEA}", "{MAKE}", "Write a po', ALL[:2]),
    "GPT: JSON, a comma too many": (f'["{TEA}", "{MAKE}",]', ALL[:2]),
    "GPT: lines as in a list": (f'"{TEA}",\n"{MAKE}",\n"{POEM}"', ALL),
    "Claude: bold labels": (f"**Interrogative:** {TEA}\n**Imperative:** {MAKE}", ALL[:2]),
    "Claude: kinds behind": (f"{TEA} (Interrogative)\n{MAKE} (Imperative)", ALL[:2]),
    "Claude: remark at the end": (f"{TEA}\n{MAKE}\n\nLet me know if you'd like more!", ALL[:2]),
    "Claude: offer at the end": (f"{TEA}\n{MAKE}\n\nWould you like me to add some?", ALL[:2]),
    "Claude: tags": (f"<query>{TEA}</query>\n<query>{MAKE}</query>", ALL[:2]),
    "Claude: headings between": (f"## Questions\n{TEA}\n\n## Tasks\n{MAKE}\n{POEM}", ALL),
    "Llama: bullets": (f"* {TEA}\n* {MAKE}\n* {POEM}", ALL),
    "Llama: sure": (
        f"Sure! Here are three user queries that fit the context:\n{TEA}\n{MAKE}",
        ALL[:2],
    ),
    "Llama: names": (f"Query 1: {TEA}\nQuery 2: {MAKE}\nQuery 3: {POEM}", ALL),
    "Llama: bold": (f"**{TEA}**\n**{MAKE}**\n**{POEM}**", ALL),
    "Gemma: bold numbers": (f"1. **{TEA}**\n2. **{MAKE}**\n3. **{POEM}**", ALL),
    "Gemma: rule": (f"{TEA}\n---\n{MAKE}\n---\n{POEM}", ALL),
    "Mistral: dots": (f"• {TEA}\n• {MAKE}\n• {POEM}", ALL),
    "Mistral: backticks": (f"`{TEA}`\n`{MAKE}`", ALL[:2]),
    "Mistral: indented": (f"   - {TEA}\n   - {MAKE}", ALL[:2]),
    "Magistral": (f"[THINK]What is a query?[/THINK]{TEA}\n{MAKE}", ALL[:2]),
    "DeepSeek: thoughts": (
        f"<think>\nThree queries. What is coffee?\n</think>\n\n{TEA}\n{MAKE}",
        ALL[:2],
    ),
    "DeepSeek: only thoughts": (f"<think>\n{TEA}\n{MAKE}", []),
    "Qwen": (f"以下是三个问题：\n\n1. {茶}\n2. {做}\n3. {诗}", 全),
    "Qwen: Chinese numbers": (f"一、{茶}\n二、{做}\n三、{诗}", 全),
    "Qwen: circled": (f"① {茶}\n② {做}\n③ {诗}", 全),
    "Qwen: thoughts": (f"<think>\n先想想。\n</think>\n{茶}\n{做}", 全[:2]),
    "GLM: names": (f"问题1：{茶}\n问题2：{做}\n问题3：{诗}", 全),
    "GLM: brackets": (f"（1）{茶}\n（2）{做}", 全[:2]),
    "GLM: corner quotes": (f"「{茶}」\n「{做}」", 全[:2]),
    "GLM: remark": (
        f"好的，以下是符合要求的三个查询：\n{茶}\n{做}\n\n希望这些问题对你有帮助。",
        全[:2],
    ),
    "DeepSeek: JSON": (f'{{"问题": ["{茶}", "{做}"]}}', 全[:2]),
    "Kimi": (f"◁think▷想◁/think▷- {茶}\n- {做}", 全[:2]),
    "the same twice": (f"{TEA}\n{TEA}\n{MAKE}", ALL[:2]),
    "no verb, no question mark": ("A haiku about tea, please\nIdeas for a tea party", None),
    "a colon within": ("Translate into French: I like tea.\nSort these: tea, milk", None),
    "numbers within": ("Name 3 teas.\nWhat is 3.5 times 2?\n2024 in tea: what happened?", None),
    "quotes within": ('Who said "tea is life"?\nExplain the idiom "my cup of tea".', None),
    "SmolLM: headings and scraps": (
        f"# Output\n12.\n```\n1. Pizza\n{TEA}\nSmolLM\n2. 2.1.1",
        [TEA],
    ),
    "SmolLM: statements": (f"Tea is a drink.\nThis page provides data.\n{MAKE}", [MAKE]),
    "SmolLM: labels": (f"Available alternatives:\nA: I am a user.\nQ: {TEA}", [TEA]),
    "SmolLM: statements in Chinese": (f"茶是一种饮料。\n茶\n{诗}", [诗]),
    "SmolLM: a verb that is no command": ("Makes the conversation easier to understand", []),
    "a refusal": ("I'm sorry, but I can't help with that.", []),
    "nothing": (None, []),
    "blank": ("\n \n", []),
}


@pytest.mark.parametrize("name", QUERIES)
def test_queries_are_read(name):
    reply, queries = QUERIES[name]
    assert parse_queries(reply) == (reply.splitlines() if queries is None else queries)


def test_there_are_many_replies():
    assert len(QUERIES) >= 40


def test_lines_left_out_are_counted_by_reason():
    reply = f"Sure!\n\n# Output\n```\n1. {TEA}\nTea is a drink.\n12.\n1. Pizza\nTopics:\n{TEA}\n```"
    reply += "\nHow does tea differ from tea?"
    assert read_queries(reply) == (
        [TEA],
        {
            "blank": 1,
            "fence": 2,
            "heading": 1,
            "remark": 1,
            "label": 1,
            "statement": 1,
            "fragment": 2,
            "itself": 1,
            "repeated": 1,
        },
    )


@pytest.mark.parametrize("module", [ratings_module, queries_module, requests_module])
def test_examples_in_docstrings(module):
    result = doctest.testmod(module)
    assert result.attempted and not result.failed
