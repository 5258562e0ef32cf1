"""Composed questions, answers, faults and the corpus that the bundled models are trained on."""

import json
import random
import re
from collections import Counter

import pytest

from training import prompts
from training.corpus import TASKS, compose, read_real
from training.grading import ASPECTS, RATINGS, facts_in, grade, rating, statements
from training.judge import (
    RIGHT,
    asked_for,
    candidates,
    contrast,
    named,
    note_of_text,
    quality_score,
    verdict,
)
from training.prompts import MARK, fixed_texts, ultrafeedback
from training.questions import Question, keeps_form
from training.texts import kept_back, says, sentences
from training.understand import Reader
from training.world import LANGS, bare, by_id
from training.writer import Writer

OPPOSITE = {"wrong_fact": ("all_wrong", "other_topic"), "other_topic": ("all_wrong",)}


def writer(lang: str, seed: int = 0, held_out: bool = False, **more) -> Writer:
    return Writer(lang, random.Random(seed), held_out, **more)


# ---- questions and answers ----
@pytest.mark.parametrize("lang", LANGS)
def test_answers_are_right_by_construction(lang):
    c = writer(lang)
    for _ in range(250):
        q = c.any_question()
        text = c.answer(q)
        assert grade(text, q, lang) == "none", (q, text)
        assert keeps_form(text, q, c.lang_of(q))
        assert "{" not in q.text + text


@pytest.mark.parametrize("lang", LANGS)
def test_a_plain_answer_says_what_was_asked_and_no_more(lang):
    c = writer(lang)
    assert {len(facts_in(c.answer(c.question()), lang)) for _ in range(600)} == {1}


@pytest.mark.parametrize("lang", LANGS)
def test_later_sentences_do_without_the_name(lang):
    c, repeats = writer(lang), 0
    for concept in c.concepts:
        first, *rest = c.several(concept, c.some(concept, 3))
        assert says(first, bare(concept.name))
        repeats += sum(says(text, bare(concept.name)) for text in rest)
    # again after a sentence with another subject: "酱油的深色来自……"
    assert repeats < 0.3 * 2 * len(c.concepts)


@pytest.mark.parametrize("lang", LANGS)
def test_an_evolution_changes_something_and_keeps_its_subject(lang):
    c = writer(lang)
    for _ in range(150):
        q = c.question()
        for mutation in prompts.EVOL_INSTRUCT:
            made = c.evolve(q, mutation)
            assert made.text != q.text
            near = made.concept.domain == q.concept.domain
            assert near if mutation == "BREADTH" else made.concept == q.concept
            assert made.other != made.concept


@pytest.mark.parametrize("lang", LANGS)
def test_a_question_that_a_model_writes_is_read_as_what_it_asks(lang, readers):
    c, reader, missed = writer(lang, held_out=True), readers[lang], []
    for _ in range(150):
        q = c.any_question()
        read = reader.read(q.text)
        same = read and (read.concept.id, set(read.aspects)) == (q.concept.id, set(q.aspects))
        if not (same and (read.form, read.number) == (q.form, q.number)):
            missed.append((q.text, read))
    assert len(missed) < 4, missed


@pytest.fixture(scope="module")
def readers():
    return {lang: Reader(lang) for lang in LANGS}


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "Compare a flute and a flute."),
        ("en", "It grows grows in g台 about twenty司 question screen."),
        ("en", "What is the habitat of the kidneys?"),
        ("en", "How does a kettle a frog?"),
        ("zh", "长笛和长笛有什么区别？"),
        ("zh", "肾脏的家在哪里？"),
        ("zh", "猫 ase 是什么？"),
    ],
)
def test_a_question_that_nobody_could_ask_is_not_read(lang, text, readers):
    assert readers[lang].read(text) is None


@pytest.mark.parametrize("lang", LANGS)
def test_a_question_survives_as_plain_data(lang):
    c = writer(lang)
    for _ in range(100):
        q = c.any_question()
        again = Question.from_row(json.loads(json.dumps(q.to_row())), lang)
        assert again == q


# ---- faults ----
@pytest.mark.parametrize("held_out", [False, True])
@pytest.mark.parametrize("lang", LANGS)
def test_a_planted_fault_is_the_one_that_grading_finds(lang, held_out):
    c = writer(lang, 1, held_out)
    seen, missed = set(), []
    for _ in range(600):
        q = c.any_question()
        for fault in ["none", *c.possible_faults(q)]:
            text = c.flawed(q, fault)
            found = grade(text, q, lang)
            seen.add(found)
            if found not in (fault, *OPPOSITE.get(fault, ())):
                missed.append((fault, found, q.text, text))
    assert seen | {"brief"} == set(RATINGS)
    assert len(missed) < 12, missed


def test_what_a_model_really_writes_is_graded():
    c, concept = writer("en"), by_id("en")["frog"]
    q = Question("How does a frog grow up?", concept, ["breeds"])
    right = c.sentence(concept, "breeds")
    unnamed = c.sentence(concept, "breeds", named=False)
    for text, faults in (
        (right, ("none",)),
        (unnamed, ("none",)),
        (right.replace("lungs", "wings"), ("garbled",)),
        (right.replace("tadpole", "tad司 pole"), ("garbled",)),
        (right.replace("A frog", "A cat"), ("all_wrong", "other_topic")),
        (right.replace("A frog", "A frogel"), ("garbled",)),
        (right.rsplit(" ", 3)[0], ("cut_off",)),
        (f"{right} {unnamed}", ("repeated",)),
        (f"{right} {c.sentence(concept, 'what', named=False)}", ("none",)),
        ("I am sorry, but I do not know about a frog.", ("refusal",)),
        ("", ("wrong_language", "too_short")),
    ):
        assert grade(text, q, "en") in faults, text


def test_an_unasked_fact_gains_nothing_and_a_second_telling_loses():
    c = writer("en")
    for concept in c.concepts[::9]:
        aspect, other = concept.aspects[:2]
        q = c.question(concept, aspect)
        brief, long = (c.join(c.several(concept, a)) for a in ([aspect], [aspect, other]))
        twice = c.join([brief, c.sentence(concept, aspect, named=False)])
        marks = [rating(grade(text, q, "en")) for text in (brief, long, twice)]
        assert marks == [5, 5, 3]


@pytest.mark.parametrize("lang", LANGS)
def test_a_contrasting_pair_differs_in_one_fact_alone(lang):
    c, seen = writer(lang, 2), 0
    for _ in range(200):
        q = c.any_question()
        made = contrast(c, q)
        if len(made) < 2:
            continue
        seen += 1
        (good, fine), (bad, fault) = made
        assert fault in ("wrong_fact", "all_wrong", "other_topic") and fine == "none"
        one, two = (set(statements(text, q, lang)) for text in (good, bad))
        assert len(one - two) == len(two - one) == 1
    assert seen > 80


@pytest.mark.parametrize("lang", LANGS)
def test_training_and_measurement_share_no_wrong_fact(lang):
    """One in ten combinations of concept, aspect and donor is kept from training."""
    for held_out in (False, True):
        c = writer(lang, 3, held_out)
        for concept in c.concepts:
            for donor in c.donors(concept, concept.aspects[2]):
                key = ("wrong_fact", concept.id, concept.aspects[2], donor.id)
                assert kept_back(*key) == held_out


@pytest.mark.parametrize("lang", LANGS)
def test_a_novice_s_mistakes_are_clean_and_lasting(lang):
    c, faults = writer(lang, novice=True), Counter()
    for _ in range(300):
        q = c.any_question()
        text = c.reply(q)
        faults[grade(text, q, lang)] += 1
    assert not {"garbled", "cut_off", "wrong_language", "leak", "rude"} & set(faults), faults
    assert 0.3 < faults["none"] / 300 < 0.75, faults
    concept = next(x for x in c.concepts if c.mixes_up(x, "wonder"))
    q = c.question(concept, "wonder")
    said = {tuple(statements(c.reply(q), q, lang)) for _ in range(5)}
    assert len(said) == 1 and (concept.id, "wonder") not in said


# ---- the judge ----
def test_worse_faults_get_lower_ratings():
    for fault, marks in RATINGS.items():
        assert len(marks) == len(ASPECTS) and set(marks) <= {1, 2, 3, 4, 5}
        assert rating("none") >= rating(fault) >= rating("all_wrong")
        if fault not in ("wrong_fact", "all_wrong", "other_topic", "garbled"):
            assert rating(fault, "truthfulness") == 5


@pytest.mark.parametrize("lang", LANGS)
def test_the_judge_takes_notes_and_distilabel_parses_past_them(lang):
    c = writer(lang, 4)
    for aspect in ASPECTS:
        judge = prompts.task(prompts.UltraFeedback, aspect=aspect)
        for _ in range(20):
            q = c.any_question()
            made = candidates(c, q, 4)
            row = {"instruction": q.text, "generations": [text for text, _ in made]}
            parsed = judge.format_output(verdict(c, q, made, aspect), row)
            assert parsed["ratings"] == [rating(fault, aspect) for _, fault in made]


@pytest.mark.parametrize("lang", LANGS)
def test_a_judge_s_notes_tell_the_fault(lang):
    c = writer(lang, 5)
    words = c.phrases["notes"]["words"]
    end = words["between"].strip()
    right, wrong = (f" {words[mark]}{end}" for mark in ("yes", "no"))
    told = {  # fault: what the notes on such a text have, and no flawless one has
        "repeated": words["again"],
        "incomplete": words["missing"],
        "cut_off": words["cut_off"],
        "wrong_language": words["other_language"],
        "rude": words["insult"],
        "leak": words["prompt_words"],
        "refusal": words["unknown"],
        "garbled": words["garbled"],
    }
    for _ in range(80):
        q = c.any_question()
        for fault in ["none", *c.possible_faults(q)]:
            text = c.flawed(q, fault)
            fault, note = grade(text, q, lang), note_of_text(c, q, text) + end
            if fault == "none":
                assert right in note and wrong not in note, (q.text, text, note)
            elif fault in ("wrong_fact", "all_wrong", "other_topic", "ignores_constraint", "brief"):
                if q.form != "verify":
                    assert wrong in note or words["missing"] in note, (q.text, text, note)
            elif fault == "too_short":  # says nothing, or other true things than were asked
                asked = [named(c, *fact) for fact in asked_for(q)]
                assert not any(f"{name}{right}" in note for name in asked)
            else:
                assert told[fault] in note, (fault, q.text, text, note)


@pytest.mark.parametrize("lang", LANGS)
def test_what_a_judge_s_prompt_marks_as_right_is_right(lang):
    rows = [r for r in compose(500, seed=7) if r["task"] in ("ultrafeedback", "quality_scorer")]
    spans = [
        (m["content"], a, z) for r in rows for m in r["messages"] for a, z in m.get("learn", [])
    ]
    assert len(spans) > 40
    for content, start, end in spans:  # whole answers, as the template puts them
        assert content[:start].endswith(("> ", "] ")) and content[end : end + 1] in ("\n", "")
    c = writer(lang, 6)
    for _ in range(60):
        q = c.any_question()
        for text, fault in candidates(c, q, 3):
            said = [fact for fact in statements(text, q, lang) if fact[0]]
            own = {q.concept.id, *([q.other.id] if q.other else [])}
            assert fault not in RIGHT or {owner for owner, _ in said} <= own


def test_quality_scores_keep_to_the_scale_of_the_template():
    for count in (1, 2, 3, 4, 6):
        scores = {fault: quality_score(fault, count) for fault in RATINGS}
        assert scores.pop("none") == count + 1
        assert set(scores.values()) <= set(range(1, count + 1))
    assert [quality_score(f, 4) for f in ("all_wrong", "cut_off", "rude", "brief")] == [1, 2, 3, 4]


def test_the_judge_reads_what_models_really_answered(tmp_path):
    c = writer("en")
    q = c.question(by_id("en")["frog"], "breeds")
    texts = ["Zorkel zorkel of the the frog并.", c.answer(q, extra=False)]
    answers = [{"text": t, "model": "novice", "temperature": 1.0} for t in texts]
    row = {"lang": "en", "question": q.to_row(), "answers": answers}
    gone = {**row, "question": {**row["question"], "concept": "no such thing"}}
    path = tmp_path / "real.jsonl"
    path.write_text("\n".join(json.dumps(r) for r in (row, gone)), encoding="utf-8")
    real = read_real(path)
    assert len(real["en"]) == 1 and real["zh"] == []
    seen = set()
    judge = writer("en", real=real)
    for _ in range(40):
        messages = TASKS["ultrafeedback"].compose(judge)
        if texts[0] in messages[-2]["content"] and "overall" in messages[-2]["content"].lower():
            seen.add(re.findall(r"Rating: (\d)", messages[-1]["content"])[0])
    assert seen


# ---- the corpus ----
def test_the_corpus_is_repeatable():
    one, same, other = (list(compose(60, seed=seed)) for seed in (5, 5, 6))
    assert one == same != other


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("lang", LANGS)
def test_every_task_is_a_whole_talk(lang, task):
    c = writer(lang, 5)
    for _ in range(8):
        messages = TASKS[task].compose(c)
        roles = [m["role"] for m in messages]
        assert roles[0] in ("system", "user") and roles[-2:] == ["user", "assistant"]
        for message in messages:  # no place was left unfilled
            assert not re.search(r"\{[a-zA-Z_]+\}", message["content"]), message
        if task == "json_answer":
            assert json.loads(messages[-1]["content"])


def test_no_latin_letters_stand_inside_chinese_words():
    """But for names such as “U 盘”, with spaces around; judged texts may be garbled."""
    tasks = ("talk", "quiz", "long_talk", "self_instruct", "evol_instruct", "restyle", "reading")
    for row in compose(300, seed=8):
        if row["lang"] == "zh" and row["task"] in tasks:
            said = row["messages"][-1]["content"]
            assert not re.search("[\u4e00-\u9fff][A-Za-z]|[A-Za-z][\u4e00-\u9fff]", said), said


def test_a_novice_s_corpus_has_no_judging():
    tasks = {row["task"] for row in compose(400, seed=9, of="novice")}
    assert "talk" in tasks and not tasks & {"ultrafeedback", "critique", "notes"}


def test_the_number_of_queries_is_the_one_asked_for():
    for row in compose(250, seed=10):
        if row["task"] == "self_instruct":
            asked = re.search(r"Develop (\d+) user queries", row["messages"][-2]["content"])
            queries = row["messages"][-1]["content"].split("\n")
            assert len(set(queries)) == len(queries) == int(asked[1])


def test_the_fixed_texts_are_distilabels_own():
    texts = fixed_texts()
    assert "I want you act as a Prompt Rewriter." in texts
    assert texts == sorted(texts, key=lambda s: (-len(s), s))
    # nothing of a judge's prompt is left but the answers and a few short words
    prompt = ultrafeedback(MARK, [MARK] * 3, "honesty")
    rest = "".join(message["content"] for message in prompt)
    for text in texts:
        rest = rest.replace(text, "")
    assert len(rest.replace(MARK, "")) < 60


def test_sentences_are_told_apart():
    assert sentences("- One is 3.5 m.\n- Two.") == ["One is 3.5 m.", "Two."]
    assert sentences("1. 一。\n2. 二，三。") == ["一。", "二，三。"]
    assert sentences("他说“好。”接着走了。") == ["他说“好。”接着走了。"]
