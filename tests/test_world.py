"""The world, the phrasings and the corpus that the bundled model is trained on."""

import json
import random
import re

import pytest

from training import prompts
from training.composer import Composer, Question, bare, kept_back, spaced
from training.corpus import (
    RIGHT,
    TASKS,
    asked_for,
    candidates,
    compose,
    contrast,
    named,
    note_of_text,
    quality_score,
    verdict,
)
from training.grading import ASPECTS, RATINGS, facts_in, grade, rating
from training.prompts import MARK, fixed_texts, ultrafeedback
from training.world import HERE, LANGS, SLOTS, load_outside, load_phrases, load_world, read_domain

DOMAINS = sorted(p for p in (HERE / "world").glob("*.yaml") if p.stem != "outside")


@pytest.mark.parametrize("path", DOMAINS, ids=lambda path: path.stem)
def test_every_domain_has_the_form_that_it_should(path):
    data = read_domain(path)
    ids = [concept["id"] for concept in data["concepts"]]
    assert len(ids) == len(set(ids)) >= 8


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("how:", "hwo:", "must have exactly"),
        ("from time to time.", "from time to time", "whole sentence"),
        ("zh: 厨房用具", "cn: 厨房用具", "exactly en and zh"),
        ("domain: kitchen", "domain: kitchens", "the file's own name"),
    ],
)
def test_a_wrong_form_is_named(tmp_path, old, new, said):
    text = (HERE / "world" / "kitchen.yaml").read_text(encoding="utf-8")
    text = re.sub(r'(tip: \{en: )"?[^"{}]+?"?(, zh)', r'\1"Clean it from time to time."\2', text)
    assert old in text
    path = tmp_path / "kitchen.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=said) as error:
        read_domain(path)
    assert "kitchen.yaml" in str(error.value)


def test_the_world_is_as_large_as_the_readme_says():
    for lang in LANGS:
        world = load_world(lang)
        assert len(world) == len({c.name for c in world}) == 244
        assert len({c.domain for c in world}) == 16
    assert [c.id for c in load_world("en")] == [c.id for c in load_world("zh")]


@pytest.mark.parametrize("lang", LANGS)
def test_names_outside_are_outside(lang):
    known = {c.name for c in load_world(lang)}
    train, held_out = load_outside(lang), load_outside(lang, held_out=True)
    assert not known & {*train, *held_out}
    assert not set(train) & set(held_out)
    assert len(held_out) >= 40


@pytest.mark.parametrize("lang", LANGS)
def test_chinese_uses_chinese_punctuation_and_spaces(lang):
    for concept in load_world(lang):
        for text in concept.slots.values():
            assert text == text.strip()
            if lang == "zh":
                assert not re.search(r"[,;:!?()]", text), text
                assert spaced(text) == text, text
            else:
                assert text.isascii(), text


@pytest.mark.parametrize("lang", LANGS)
def test_held_out_phrasings_are_never_trained_on(lang):
    phrases = load_phrases(lang)
    for slot, held_out in phrases["held_out"].items():
        assert not set(held_out) & set(phrases["questions"][slot])


@pytest.mark.parametrize("lang", LANGS)
def test_answers_are_right_by_construction(lang):
    """An answer holds the fact that was asked for, whatever the constraint."""
    composer = Composer(lang, random.Random(0))
    for concept in composer.concepts:
        for slot in SLOTS:
            plain = composer.question(concept, slot)
            assert concept.slots[slot] in composer.answer(plain)
            one = Question(plain.text, concept, [slot], "one")
            answer = composer.answer(one)
            assert concept.slots[slot] in answer
            listed = composer.answer(Question(plain.text, concept, [slot], "list"))
            assert [line[:2] for line in listed.split("\n")] == ["- "] * 3


def test_the_corpus_is_repeatable_and_holds_every_task_in_both_languages():
    one, same, other = (list(compose(200, seed=seed)) for seed in (5, 5, 6))
    assert one == same != other
    rows = list(compose(1500, seed=5))
    assert {(r["task"], r["lang"]) for r in rows} == {(t, g) for t in TASKS for g in LANGS}
    for row in rows:
        roles = [m["role"] for m in row["messages"]]
        assert roles[0] in ("system", "user") and roles[-1] == "assistant"
        if row["task"] == "json_answer":
            assert set(json.loads(row["messages"][-1]["content"])) <= {
                *("topic", "answer", "name", "kind", "parts", "role", "question")
            }
        else:  # no placeholder was left unfilled
            assert not any(re.search(r"[{}]", m["content"]) for m in row["messages"])


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


@pytest.mark.parametrize("lang", LANGS)
def test_every_fact_belongs_to_one_concept_alone(lang):
    """Else a right answer could be graded as a wrong one."""
    for concept in load_world(lang):
        for slot, text in concept.slots.items():
            assert facts_in(text, lang) == [(concept.id, slot)]


@pytest.mark.parametrize("held_out", [False, True])
@pytest.mark.parametrize("lang", LANGS)
def test_a_planted_fault_is_the_one_that_grading_finds(lang, held_out):
    composer = Composer(lang, random.Random(1), held_out)
    seen, missed = set(), []
    for _ in range(200):
        q = composer.any_question()
        for fault in ["none", *composer.possible_faults(q)]:
            text = composer.flawed(q, fault)
            found = grade(text, q, lang)
            seen.add(found)
            near = {"wrong_fact": "all_wrong", "other_topic": "all_wrong"}
            if found not in (fault, near.get(fault)):
                missed.append((fault, found, q.text, text))
    assert seen == set(RATINGS)
    assert len(missed) < 5, missed


@pytest.mark.parametrize("lang", LANGS)
def test_the_judge_takes_notes_and_distilabel_parses_past_them(lang):
    composer = Composer(lang, random.Random(4))
    for aspect in ASPECTS:
        for _ in range(50):
            q = composer.any_question()
            made = candidates(composer, q, 4)
            output = verdict(composer, q, made, aspect)
            judge = prompts.task(prompts.UltraFeedback, aspect=aspect)
            row = {"instruction": q.text, "generations": [text for text, _ in made]}
            parsed = judge.format_output(output, row)
            assert parsed["ratings"] == [rating(fault, aspect) for _, fault in made]


@pytest.mark.parametrize("held_out", [False, True])
@pytest.mark.parametrize("lang", LANGS)
def test_a_judge_s_notes_tell_the_fault(lang, held_out):
    composer = Composer(lang, random.Random(5), held_out)
    words = composer.phrases["notes"]
    end = words["between"].strip()
    right, wrong = (f" {words[mark]}{end}" for mark in ("yes", "no"))
    told = {  # fault: what the notes on such a text have, and no flawless one has
        "wrong_fact": wrong,
        "all_wrong": wrong,
        "other_topic": wrong,
        "repeated": words["again"],
        "incomplete": words["missing"],
        "cut_off": words["cut_off"],
        "wrong_language": words["other_language"],
        "rude": words["insult"],
        "leak": words["prompt_words"],
        "refusal": words["unknown"],
    }
    for _ in range(150):
        q = composer.any_question()
        for fault in ["none", *composer.possible_faults(q)]:
            text = composer.flawed(q, fault)
            fault, note = grade(text, q, lang), note_of_text(composer, q, text) + end
            if fault in ("none", "brief"):
                assert right in note
                assert wrong not in note and words["missing"] not in note
            elif fault == "ignores_constraint":
                assert wrong in note or words["missing"] in note, (q.text, text)
            elif fault == "too_short":  # says nothing, or other true things than were asked
                asked = [named(composer, *fact) for fact in asked_for(composer, q)]
                assert not any(f"{name}{right}" in note for name in asked)
            else:
                assert told[fault] in note, (fault, q.text, text, note)


@pytest.mark.parametrize("lang", LANGS)
def test_what_a_judge_s_prompt_marks_as_right_is_right(lang):
    rows = [r for r in compose(600, seed=7) if r["task"] in ("ultrafeedback", "quality_scorer")]
    spans = [
        (m["content"], a, z) for r in rows for m in r["messages"] for a, z in m.get("learn", [])
    ]
    assert len(spans) > 50
    for content, start, end in spans:  # whole answers, as the template puts them
        assert content[:start].endswith(("> ", "] ")) and content[end : end + 1] in ("\n", "")
    composer = Composer(lang, random.Random(6))
    for _ in range(100):
        q = composer.any_question()
        for text, fault in candidates(composer, q, 3):
            owners = {owner for owner, _ in facts_in(text, lang)}
            own = {q.concept.id, *([q.other.id] if q.other else [])}
            assert fault not in RIGHT or owners <= own


def test_quality_scores_keep_to_the_scale_of_the_template():
    for count in (1, 2, 3, 4, 6):
        scores = {fault: quality_score(fault, count) for fault in RATINGS}
        assert scores.pop("none") == count + 1
        assert set(scores.values()) <= set(range(1, count + 1))
    assert [quality_score(f, 4) for f in ("all_wrong", "cut_off", "rude", "brief")] == [1, 2, 3, 4]


def test_worse_faults_get_lower_ratings():
    for fault, marks in RATINGS.items():
        assert len(marks) == len(ASPECTS) and set(marks) <= {1, 2, 3, 4, 5}
        assert rating("none") >= rating(fault) >= rating("all_wrong")
        if "fact" not in fault and "wrong" not in fault and fault != "other_topic":
            assert rating(fault, "truthfulness") == 5


@pytest.mark.parametrize("lang", LANGS)
def test_a_contrasting_pair_differs_in_one_fact_alone(lang):
    composer = Composer(lang, random.Random(2))
    for _ in range(200):
        q = composer.any_question()
        (good, fine), (bad, fault) = contrast(composer, q)
        assert fault in ("wrong_fact", "all_wrong") and rating(fault) < rating(fine)
        mine = {slot for owner, slot in facts_in(good, lang) if owner == q.concept.id}
        kept = {slot for owner, slot in facts_in(bad, lang) if owner == q.concept.id}
        assert len(mine - kept) == 1 and kept <= mine


@pytest.mark.parametrize("lang", LANGS)
def test_training_and_measurement_share_no_wrong_fact(lang):
    """One in ten combinations of concept, slot and donor is kept from training."""
    world = {c.id: c for c in load_world(lang)}
    owners = {c.slots[slot]: c.id for c in world.values() for slot in SLOTS}
    for held_out in (False, True):
        composer = Composer(lang, random.Random(3), held_out)
        for concept in composer.concepts:
            slot = composer.rng.choice(SLOTS)
            text = composer.swapped(concept, slot).slots[slot]
            donor = owners[text]
            assert donor != concept.id and bare(world[donor].name) not in text.lower()
            assert kept_back("wrong_fact", concept.id, slot, donor) == held_out
