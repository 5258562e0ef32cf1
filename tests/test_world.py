"""The world, the phrasings and the corpus that the bundled model is trained on."""

import json
import re

import pytest

from training.corpus import TASKS, Composer, Question, compose, fixed_lines, spaced
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
        assert len(world) == len({c.name for c in world}) == 110
        assert len({c.domain for c in world}) == 13
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
    import random

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
    rows = list(compose(1000, seed=5))
    assert rows == list(compose(1000, seed=5))
    assert rows != list(compose(1000, seed=6))
    assert {(r["task"], r["lang"]) for r in rows} == {(t, g) for t in TASKS for g in LANGS}
    for row in rows:
        roles = [m["role"] for m in row["messages"]]
        assert roles[0] in ("system", "user") and roles[-1] == "assistant"
        assert not re.search(r"[{}]", json.dumps([m["content"] for m in row["messages"]])[1:-1])


def test_the_fixed_lines_are_distilabels_own():
    lines = fixed_lines()
    assert len(lines) > 15
    assert "I want you act as a Prompt Rewriter." in lines
    assert lines == sorted(lines, key=lambda s: (-len(s), s))
