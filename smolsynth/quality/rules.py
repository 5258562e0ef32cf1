"""What a row may have wrong: the rules of a dataset, and the faults of one row or one pair."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from smolsynth.quality.strings import WORDS
from smolsynth.rows import is_missing
from smolsynth.text.echoes import echo
from smolsynth.text.endings import cut_off
from smolsynth.text.garbled import garbled
from smolsynth.text.language import LANGS, about_languages, asks_in, in_language
from smolsynth.text.leaks import leak_in
from smolsynth.text.marks import template_marks, thought_marks
from smolsynth.text.parts import start
from smolsynth.text.personal import MASKS, personal_data
from smolsynth.text.refusals import refusal_in
from smolsynth.text.repetition import repetition
from smolsynth.text.requests import missing_request
from smolsynth.text.small_talk import small_talk
from smolsynth.text.traditional import traditional_in

# Columns of the ratings of a pair: as generated, and as exported.
RATINGS = ("chosen_rating", "rejected_rating")
SCORES = ("score_chosen", "score_rejected")


class Rule(NamedTuple):
    """What a dataset may not have too much of.

    Attributes:
        allowed: share of the rows that may have the fault, 0 to 1.
        pairs: whether it concerns preference data alone.
        en, zh: the fault in words, and how to mend it.
        langs: of the datasets that it concerns.
        unsure_in: languages in which it is too often wrong, or misses too much, to refuse data
            (tests/test_calibration.py): there it warns.
    """

    allowed: float
    pairs: bool
    en: tuple[str, str]
    zh: tuple[str, str]
    langs: tuple[str, ...] = LANGS
    unsure_in: tuple[str, ...] = ()

    def warns(self, lang: str) -> bool:
        """Whether the fault is said and no more: rows that have it can be saved."""
        return self.allowed >= 1 or lang in self.unsure_in

    def words(self, lang: str) -> tuple[str, str]:
        """The fault and how to mend it, in one language."""
        return self.zh if lang == "zh" else self.en

    def limit(self, rows: int) -> int:
        """How many of so many rows may have the fault."""
        return int(self.allowed * rows)


def complaint(rule: str, lang: str) -> tuple[str, str]:
    """The fault of a rule in words, and the code that mends it, filled in."""
    what, mend = RULES[rule].words(lang)
    return what, mend.format(rule=rule, lang=lang, given=_GIVEN.get(rule, ""))


_CALL = "dataset = dataset.select(measure(dataset, {lang!r}{given}).good_rows({rule!r}))"
_DROP, _DROP_ZH = "drop them: " + _CALL, "去掉这些行：" + _CALL
_GIVEN = {
    "copied_seed": ", seeds=seeds",
    "in_evaluation": ", evaluation=evaluation",
    "paraphrase": ", embed=embed",
}
RULES: dict[str, Rule] = {
    # No trainer can use these.
    "empty": Rule(0, False, ("an empty text, or None", _DROP), ("文本为空，或是 None", _DROP_ZH)),
    # A pair without a difference teaches nothing, a reversed one the opposite.
    "same_text": Rule(0, True, ("chosen equals rejected", _DROP), ("两个回答相同", _DROP_ZH)),
    "tie": Rule(0, True, ("both ratings are the same", _DROP), ("两个分数相同", _DROP_ZH)),
    "reversed": Rule(
        0, True, ("chosen is rated lower than rejected", _DROP), ("被选回答的分数反而低", _DROP_ZH)
    ),
    "unrated": Rule(0, True, ("a rating is missing", _DROP), ("缺少分数", _DROP_ZH)),
    # What is trained on can't be tested with.
    "in_evaluation": Rule(
        0, False, ("a question of the evaluation set", _DROP), ("与评测集重合", _DROP_ZH)
    ),
    "copied_seed": Rule(
        0, False, ("the instruction is a seed, nearly", _DROP), ("指令几乎照抄种子数据", _DROP_ZH)
    ),
    # A few repeats do no harm; many make a model say the same thing again and again.
    "duplicate": Rule(
        0.02,
        False,
        ("the row repeats an earlier one, nearly", _DROP),
        ("与前面的某一行几乎重复", _DROP_ZH),
    ),
    # One in a hundred is learned already: the model shows its own prompts.
    "leaked_prompt": Rule(
        0,
        False,
        ("words of a rewriting or judging prompt", _DROP),
        ("混进了提示词的内容", _DROP_ZH),
    ),
    # An honest "I do not know" is worth learning; a habit of it is not.
    "refusal": Rule(0.05, False, ("the response refuses", _DROP), ("回答是拒答", _DROP_ZH)),
    "wrong_language": Rule(
        0.01, False, ("not in the dataset's language", _DROP), ("语言不对", _DROP_ZH)
    ),
    "loop": Rule(
        0.01,
        False,
        ("a text says the same thing again and again", _DROP),
        ("同样的话翻来覆去", _DROP_ZH),
    ),
    # A remark that asks for nothing can be answered all the same, as people do; scraps can't.
    "no_request": Rule(
        0.08,
        False,
        ("the instruction asks for nothing", _DROP),
        ("指令没有提出要求", _DROP_ZH),
    ),
    "echo": Rule(
        0.01,
        False,
        ("the response repeats the instruction", _DROP),
        ("回答照搬指令", _DROP_ZH),
    ),
    "small_talk": Rule(
        0.01,
        False,
        ("the response offers help in place of an answer", _DROP),
        ("回答只说客套话，没有作答", _DROP_ZH),
    ),
    # What stands between texts is never part of one.
    "template_marks": Rule(
        0.01,
        False,
        ("a mark of a chat template, such as <|im_end|>", _DROP),
        ("混进了对话模板的标记，如 <|im_end|>", _DROP_ZH),
    ),
    "thoughts": Rule(
        0,
        False,
        (
            "a model's thoughts, such as <think>",
            "generate with thinking='drop' or 'off', or " + _DROP,
        ),
        ("混进了模型的思考过程，如 <think>", "用 thinking='drop' 或 'off' 重新生成，或" + _DROP_ZH),
    ),
    "garbled": Rule(
        0.01,
        False,
        ("words that make no sense", _DROP),
        ("有不成话的字词", _DROP_ZH),
        unsure_in=("zh",),  # words in an order that nobody would say need a model to be found
    ),
    "cut_off": Rule(
        0.05,
        False,
        ("the response ends in mid-sentence", "generate with more max_new_tokens, or " + _DROP),
        ("回答没写完", "调大 max_new_tokens 重新生成，或" + _DROP_ZH),
    ),
    # Whose they are, and whether they may be published, only people know.
    "personal_data": Rule(
        1,
        False,
        (
            "mail addresses, phone, identity or card numbers, or keys",
            "save with mask=True, or " + _DROP,
        ),
        ("有邮箱、电话、证件号、卡号或密钥", "保存时加 mask=True，或" + _DROP_ZH),
    ),
    # What a model of embeddings finds alike may differ in a number or a name.
    "paraphrase": Rule(
        1,
        False,
        ("the same is asked in other words", _DROP),
        ("换个说法问同一件事", _DROP_ZH),
    ),
    "traditional": Rule(
        1,
        False,
        ("traditional characters among simplified ones", _DROP),
        ("简体里混有繁体字", _DROP_ZH),
        ("zh",),
    ),
}


# ---- faults ----
_AGAIN = 3  # times that one response is given in a talk


def faults_of_talk(
    exchanges: Sequence[Sequence[str]],
    lang: str,
    finish_reason: str | None = None,
    ui: str | None = None,
) -> Iterable[tuple[str, str]]:
    """What is wrong with a talk, exchange by exchange; arguments and result as of `faults`.

    Who goes on may say “And why?”, which asks for nothing by itself. The last response alone ended
    for the reason given.

    >>> talk = [("What is tea?", "A drink made of"), ("Go on.", "A drink made of leaves.")]
    >>> list(faults_of_talk(talk, "en"))
    [('cut_off', '… A drink made of')]
    """
    for place, parts in enumerate(exchanges, 1):
        reason = finish_reason if place == len(exchanges) else None
        for rule, found in faults(parts, lang, reason, ui):
            if rule != "no_request" or place == 1:
                yield rule, found
    said = Counter(parts[1].strip() for parts in exchanges)
    response, times = said.most_common(1)[0]
    if times >= _AGAIN and len(response.split()) > 1:
        yield "loop", start(response)


def faults(
    parts: Sequence[str],
    lang: str,
    finish_reason: str | None = None,
    ui: str | None = None,
) -> Iterable[tuple[str, str]]:
    """What is wrong with one row by itself: rules of RULES, each with what was found.

    Args:
        parts: instruction and response, or instruction, chosen and rejected response.
        lang: "en" or "zh".
        finish_reason: why the server stopped writing the response, where it said so.
        ui: the language in which what was found is told (default: `lang`).

    >>> list(faults(("什么是猫？", "抱歉，我不了解猫。"), "zh"))
    [('refusal', '抱歉，我不了解猫。')]
    """
    words = WORDS[ui or lang]
    if any(map(_blank, parts)):
        yield "empty", words["empty"]
    instruction, response = parts[:2]  # a rejected response may be as bad as it likes
    if not in_language(instruction, lang) and not asks_in(instruction, lang):
        yield "wrong_language", start(instruction)
    elif not in_language(response, lang) and not about_languages(instruction):
        yield "wrong_language", start(response)
    if leak := leak_in(instruction) or leak_in(response):
        yield "leaked_prompt", start(leak)
    if refusal := refusal_in(response, instruction):
        yield "refusal", start(refusal)
    if said := repetition(response) or repetition(instruction, asked=True):
        yield "loop", start(said)
    if instruction.strip() and (reason := missing_request(instruction)):
        yield "no_request", words["no_request"][reason].format(text=start(instruction))
    if said := echo(instruction, response):
        yield "echo", said
    if said := small_talk(instruction, response):
        yield "small_talk", said
    for part in parts[:2]:
        if mark := template_marks(part):
            yield "template_marks", mark
        if mark := thought_marks(part):
            yield "thoughts", mark
    if said := garbled(instruction, lang) or garbled(response, lang, instruction):
        yield "garbled", start(said)
    if end := cut_off(response, finish_reason, instruction):
        yield "cut_off", end
    if kinds := {one.kind: None for part in parts for one in personal_data(part)}:
        yield "personal_data", " ".join(MASKS[ui or lang][kind] for kind in kinds)
    if lang == "zh" and (said := traditional_in(instruction, response)):
        yield "traditional", said


def faults_of_pair(
    rated: tuple[Any, ...], chosen: str, rejected: str, ui: str
) -> Iterable[tuple[str, str]]:
    """What is wrong with a pair as a pair, told in `ui`; `rated` holds two ratings, or nothing."""
    if _spaced(chosen) == _spaced(rejected):
        yield "same_text", start(chosen)
    if rated:
        high, low = rated
        reason = WORDS[ui]["rated"].format(high=high, low=low)
        if is_missing(high) or is_missing(low):
            yield "unrated", reason
        elif high <= low:
            yield "tie" if high == low else "reversed", reason


def _blank(text: str) -> bool:
    """Whether nothing of a text can be seen: spaces, marks of direction, a byte order mark."""
    return not any(char.isprintable() and char != " " for char in text)


def _spaced(text: str) -> list[str]:
    """A text without what spaces alone change, but that lines of code keep their indentation."""
    if re.search(r"^(?: {2,}|\t)\S", text, re.MULTILINE):
        return text.rstrip().split("\n")
    return text.split()
