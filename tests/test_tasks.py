"""The tasks with parsers of our own: what reaches the columns, and when a run stops."""

import pickle
from typing import Any

import pytest
from distilabel.models import LLM
from distilabel.models.llms.utils import prepare_output
from pydantic import Field

from smolsynth import load_llm
from smolsynth.errors import RepliesNotUnderstood, RowRefused, StepFailed
from smolsynth.pipelines import try_step
from smolsynth.quality.report import finish_reason_of
from smolsynth.tasks import (
    AnswersAgain,
    BriefAnswer,
    Judge,
    OpenedMagpie,
    QueryWriter,
    continued,
    openings,
)


class Says(LLM):
    """Answers with the texts that it is given, one after another, then from the start again."""

    replies: list[Any]
    said: list[int] = Field(default_factory=list)

    @property
    def model_name(self) -> str:
        return "says"

    def generate(self, inputs, num_generations: int = 1):
        made = []
        for _ in inputs:
            reply = self.replies[len(self.said) % len(self.replies)]
            made.append(prepare_output([reply], input_tokens=[1], output_tokens=[1]))
            self.said.append(1)
        return made


ROWS = [{"instruction": "Why is the sky blue?", "generations": ["Light.", "Paint."]}] * 12
QWEN = "<think>Hm.</think>\n**文本 1**\n评分：4\n理由：准确。\n\n**文本 2**\n评分：1\n理由：全错。"
BOLD = "### Text 1\n\n**Rating:** 4\n\n**Rationale:** Right.\n\n### Text 2\n\n**Rating:** high"


def judged(*replies: str | None, rows: int = 1, **options: Any) -> list[dict]:
    return try_step(Judge(name="judge", llm=Says(replies=list(replies)), **options), ROWS[:rows])


def test_a_judge_gives_a_rating_and_a_reason_for_each_text():
    (row,) = judged(QWEN)
    assert row["ratings"] == [4, 1]
    assert row["rationales"] == ["准确。", "全错。"]
    assert row["unread_reply"] is None


def test_an_unrated_text_keeps_its_place_and_the_reply_is_shown():
    (row,) = judged(BOLD)
    assert row["ratings"] == [4, None]
    assert row["rationales"] == ["Right.", None]
    assert row["unread_reply"] == BOLD


def test_a_model_that_writes_nothing_rates_nothing():
    (row,) = judged(None)
    assert row["ratings"] == [None, None] and row["unread_reply"] is None


def test_aspects_with_types_have_both_rationales():
    reply = (
        "#### Output for Text 1\nType: 2\nRationale: Useful.\nRating: 4\nRationale: Nearly all.\n\n"
        "#### Output for Text 2\nType: None\nRationale: No use.\nRating: 1\nRationale: False."
    )
    (row,) = judged(reply, aspect="helpfulness")
    assert row["types"] == [2, None]
    assert row["rationales"] == ["Useful.", "No use."]
    assert row["ratings"] == [4, 1]
    assert row["rationales-for-ratings"] == ["Nearly all.", "False."]


def test_a_run_stops_where_the_first_replies_are_not_understood_and_shows_one():
    with pytest.raises(StepFailed, match="both texts are lovely") as failed:
        judged("I think both texts are lovely.", rows=12)
    cause = failed.value.__cause__
    assert isinstance(cause, RepliesNotUnderstood)
    assert (cause.unread, cause.replies) == (10, 10)
    again = pickle.loads(pickle.dumps(cause))
    assert str(again) == str(cause) and again.reply == cause.reply


def test_a_run_goes_on_where_enough_is_understood_or_it_is_told_to():
    assert len(judged("Lovely.", BOLD, "Nice.", rows=12)) == 12  # a third
    assert len(judged("Lovely.", rows=7)) == 7  # too few to tell
    assert len(judged("Lovely.", rows=12, give_up=False)) == 12
    assert len(judged(None, rows=12)) == 12  # a model that fails is counted elsewhere


def test_only_the_first_replies_count(monkeypatch):
    judge = Judge(name="judge", llm=Says(replies=[QWEN] * 3 + ["Lovely."] * 30), input_batch_size=4)
    judge.load()
    for _ in range(4):  # 3 of the first 10 are understood
        next(judge.process(ROWS[:4]))
    judge.load()
    with pytest.raises(RepliesNotUnderstood):
        for _ in range(3):
            next(judge.process(ROWS[:4]))


def test_a_writer_gives_queries_and_counts_what_it_left_out():
    reply = "Here are two queries:\n\n1. **What is tea?**\n2. Tea is a drink.\n3. Brew some tea."
    llm = Says(replies=[reply, None])
    made = try_step(QueryWriter(name="ask", llm=llm), [{"input": "Tea"}, {"input": "Milk"}])
    assert [row["instructions"] for row in made] == [["What is tea?", "Brew some tea."], []]
    assert {k: n for k, n in made[0]["lines_dropped"].items() if n} == {
        "remark": 1,
        "blank": 1,
        "statement": 1,
    }
    assert not any(made[1]["lines_dropped"].values())


# ---- OpenedMagpie ----
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_opened_question_begins_as_it_was_opened(lang):
    llm = load_llm(use_magpie_template=True, temperature=0.5, max_new_tokens=40)
    rows = openings({"en": "saffron", "zh": "彩虹"}[lang], lang)
    made = try_step(OpenedMagpie(name="ask", llm=llm), rows)
    assert list(made[0]) == ["topic", "system_prompt", "opener", "instruction", "model_name"]
    for row in made:
        assert row["instruction"].startswith(row["opener"])
        assert len(row["instruction"]) > len(row["opener"]) and "  " not in row["instruction"]


def test_a_question_that_was_cut_off_is_known():
    rows = openings("rain", "en")[:1]
    for limit, reason in ((1, "length"), (40, None)):
        llm = load_llm(use_magpie_template=True, temperature=0, max_new_tokens=limit)
        [made] = try_step(OpenedMagpie(name="ask", llm=llm), rows)
        assert made.get("llm_ask_finish_reason") == reason


@pytest.mark.parametrize(
    ("opener", "rest", "whole"),
    [
        ("What is", " rain?\n", "What is rain?"),
        ("What is", "rain?", "What is rain?"),  # of a server that strips
        ("the law (of guilds)", " and", "the law (of guilds) and"),
        ("What is rain", "?", "What is rain?"),
        ("什么是", "雨？", "什么是雨？"),
        ("说到 AI", "，怎样", "说到 AI，怎样"),
        ("What is", " rain?\n\nThe answer is water.", "What is rain?"),
        ("What is", " rain?\nThe answer is water.", "What is rain?"),
        ("什么是", "雨？\n雨是水。", "什么是雨？"),
        ("Write code:", "\nprint(1)\nprint(2)", "Write code: print(1)\nprint(2)"),
        ("", " What?", "What?"),
        ("What is", "", "What is"),
    ],
)
def test_opener_and_rest_are_one_text(opener, rest, whole):
    assert continued(opener, rest) == whole


def test_the_prompt_ends_with_the_opener_and_answers_are_as_before():
    llm = load_llm(use_magpie_template=True)
    opened = {"role": "user", "content": "What is", "open": True}
    system = {"role": "system", "content": "Talk about rain."}
    start = "<|im_start|>system\nTalk about rain.<|im_end|>\n<|im_start|>user\n"
    assert llm.prepare_input([system, opened]) == start + "What is"
    llm.magpie_pre_query_template = "<|im_start|>user\n"
    assert llm.prepare_input([system, opened]) == start + "What is"
    whole = {"role": "user", "content": "What is"}
    assert llm.prepare_input([system, whole]).endswith("What is<|im_end|>\n<|im_start|>assistant\n")


def test_a_row_without_opener_is_magpies_own():
    from distilabel.steps.tasks import Magpie

    llm = load_llm(use_magpie_template=True, temperature=0, max_new_tokens=24)
    plain = try_step(Magpie(name="ask", llm=llm, only_instruction=True), [{}])
    for row in ({}, {"opener": None}, {"opener": ""}):
        made = try_step(OpenedMagpie(name="ask", llm=llm), [row])
        assert made[0]["instruction"] == plain[0]["instruction"].strip()


def test_a_model_that_would_answer_the_opener_is_refused():
    from distilabel.models.mixins.magpie import MagpieChatTemplateMixin

    class Other(Says, MagpieChatTemplateMixin):
        magpie_pre_query_template: str | None = "<|user|>"

    with pytest.raises(TypeError, match="OpenedMagpie needs a model made by smolsynth.load_llm"):
        OpenedMagpie(llm=Other(replies=["x"]))
    with pytest.raises(ValueError, match="only_instruction"):
        OpenedMagpie(llm=load_llm(use_magpie_template=True), only_instruction=False)


@pytest.mark.parametrize(
    ("written", "lang", "brief", "reason"),
    [
        ("A kettle heats water.", "en", "A kettle heats water.", "stop"),
        (
            "A kettle is a container with a spout in which one heats water. It was invented by",
            "en",
            "A kettle is a container with a spout in which one heats water.",
            "stop",
        ),
        (
            "Good question. A kettle, e.g. one of steel, heats water for tea. It glows.",
            "en",
            "Good question. A kettle, e.g. one of steel, heats water for tea.",
            "stop",
        ),
        ("A kettle is a container with a spout for", "en", None, None),
        (
            "水壶是烧水用的容器，有嘴有把。它是宋朝的",
            "zh",
            "水壶是烧水用的容器，有嘴有把。",
            "stop",
        ),
        (None, "en", None, None),
    ],
)
def test_a_brief_answer_ends_with_its_first_sentences(written, lang, brief, reason):
    step = BriefAnswer(name="answer", llm=Says(replies=[written]), lang=lang)
    (row,) = try_step(step, [{"instruction": "What is a kettle?"}])
    assert row["generation"] == (brief or written)
    assert row["finish_reason"] == reason
    step.load()
    asked = step.format_input({"instruction": "What is a kettle?"})
    assert asked[0]["role"] == "system" and ("一两句" in asked[0]["content"]) == (lang == "zh")


def test_only_rows_that_may_be_kept_are_asked_again():
    rows = [{"instruction": name, "loss_given": loss} for name, loss in (("a", 0.9), ("b", 0.5))]
    rows += [{"instruction": "c", "loss_given": None}]
    step = AnswersAgain(name="again", llm=Says(replies=["so"]), num_generations=1, most_loss=0.75)
    made = try_step(step, rows)
    assert [row["generation"] for row in made] == [None, ["so"], ["so"]]
    assert [row["instruction"] for row in made] == ["a", "b", "c"] and len(step.llm.said) == 2
    assert try_step(step, rows[:1])[0]["generation"] is None and len(step.llm.said) == 2
    every = AnswersAgain(name="again", llm=Says(replies=["so"]), num_generations=1)
    assert all(row["generation"] for row in try_step(every, rows))


def test_a_row_refused_on_being_asked_again_is_the_right_one():
    class Refuses(Says):
        def generate(self, inputs, num_generations: int = 1):
            raise RowRefused("no", 1)

    rows = [{"instruction": "a", "loss_given": loss} for loss in (9.0, 0.5, 0)]
    step = AnswersAgain(name="again", llm=Refuses(replies=[]), most_loss=0.75)
    step.load()
    with pytest.raises(RowRefused) as refused:
        list(step.process(rows))
    assert refused.value.index == 2


def test_what_is_whole_after_all_is_not_cut_off():
    llm = load_llm("bundled", temperature=0, max_new_tokens=20)
    step = BriefAnswer(name="answer", llm=llm)
    for row in try_step(step, [{"instruction": "What is a kettle? And what is a cat?"}]):
        row["llm_answer_finish_reason"] = "length"
        assert finish_reason_of(row) == (row["finish_reason"] or "length")
