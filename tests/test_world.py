"""The world of the bundled models: the form of its files, its questions and its answers."""

import re
from pathlib import Path

import pytest

from training.check import Check, check
from training.composer import Composer
from training.grading import stated
from training.teller import NUMBER
from training.texts import capital
from training.world import (
    ASPECTS,
    LANGS,
    TYPES,
    WORLD,
    by_id,
    domain_files,
    load_groups,
    load_outside,
    load_phrases,
    load_sequences,
    load_world,
    pairs,
    read_yaml,
    spaced,
)


def test_every_file_has_the_form_that_it_should():
    assert check(domain_files()).faults == []


KITCHEN = (WORLD / "kitchen.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("type: device", "type: divice", "is none of"),
        ("      use:\n", "      uze:\n", "is no aspect"),
        ("zh: 厨房用具", "cn: 厨房用具", "exactly en and zh"),
        ("domain: kitchen", "domain: kitchens", "the file's own name"),
        ('en: ["{X} boils', 'en: ["{x} boils', "{X} at the start"),
        ("instant noodles.", "instant noodles", "full stop"),
        ("{x}用来烧开水", "所谓{x}，用来烧开水", "不用“所谓”"),
        ("泡方便面。", "泡方便面,都靠它。", "标点应为全角"),
        ("泡方便面。", "泡方便面都要用它。", "以“它”收尾"),
        ("short: {en: container", "short: {en: bottle", "does not stand in"),
        ("What removes the white crust inside {x}?", "What is inside a kettle?", "{x} once"),
        ("  cookers: {en:", "  coookers: {en:", "not among the file's groups"),
    ],
)
def test_a_wrong_form_is_named(tmp_path, old, new, said):
    assert old in KITCHEN
    path = tmp_path / "kitchen.yaml"
    path.write_text(KITCHEN.replace(old, new, 1), encoding="utf-8")
    found = Check()
    found.file(path, read_yaml(path))
    assert any(said in fault and fault.startswith("kitchen.yaml") for fault in found.faults), (
        found.faults
    )


def test_an_id_or_a_name_stands_in_one_place():
    found, data = Check(), read_yaml(WORLD / "kitchen.yaml")
    data["concepts"][0]["name"]["en"] = load_outside("en")[0]
    found.together({"kitchen.yaml": data, "copy.yaml": read_yaml(WORLD / "kitchen.yaml")})
    for said in ("stands there 2 times", "outside.yaml", "the same sentence in"):
        assert any(said in fault for fault in found.faults) == (said != "the same sentence in")


def test_the_world_is_the_same_in_both_languages():
    english, chinese = load_world("en"), load_world("zh")
    assert [(c.id, c.aspects) for c in english] == [(c.id, c.aspects) for c in chinese]
    assert len(english) == len(by_id("en")) >= 280
    for lang in LANGS:
        assert len({c.name for c in load_world(lang)}) == len(english)
        assert all(len(g.members) >= 3 for g in load_groups(lang))
        assert all(4 <= len(s.items) <= 6 for s in load_sequences(lang))


@pytest.mark.parametrize("lang", LANGS)
def test_names_outside_are_outside(lang):
    known = {c.name for c in load_world(lang)}
    train, held_out = load_outside(lang), load_outside(lang, held_out=True)
    assert not known & {*train, *held_out}
    assert not set(train) & set(held_out)
    assert len(held_out) >= 40


# ---- phrasings ----
@pytest.mark.parametrize("lang", LANGS)
def test_every_aspect_can_be_asked_about(lang, composer):
    c = composer(lang)
    for concept in c.concepts:
        for aspect in concept.aspects:
            asked, held_out = (c.phrasings(concept, aspect, k) for k in ("questions", "held_out"))
            assert len(asked) >= 5 and held_out and not set(asked) & set(held_out), aspect
            texts = (*asked, *held_out)
            assert all(re.search(r"\{(x|X|the|The)\}", text) for text in texts), aspect
            for kind in ("deepen", "follow_ups", "clause"):
                assert c.phrasings(concept, aspect, kind), (aspect, kind)
    known = {key for o in c.concepts for key in (o.id, o.type, *o.groups)}
    assert all(set(keys) <= known for keys in c.phrases["not_for"].values())
    assert set(load_phrases(lang)["aspects"]) == set(ASPECTS) >= {*TYPES["idiom"], *TYPES["sport"]}


@pytest.mark.parametrize("lang", LANGS)
def test_no_two_aspects_of_a_thing_share_a_question(lang, composer):
    """Else nobody knows which of the two facts is the answer."""
    c, twice = composer(lang), []
    for concept in c.concepts[::2]:
        seen: dict[str, str] = {}
        for aspect in concept.aspects:
            for q in c.all_questions(concept, aspect):
                if seen.setdefault(q.text, aspect) != aspect:
                    twice.append((concept.id, seen[q.text], aspect, q.text))
    assert twice == []


@pytest.mark.parametrize("lang", LANGS)
def test_questions_and_answers_are_well_formed(lang, composer):
    c = composer(lang)
    for concept in c.concepts[::4]:
        for aspect in concept.aspects:
            for q in c.all_questions(concept, aspect):
                assert "{" not in q.text and q.text == q.text.strip()
                assert q.text[-1] in ("？。！" if lang == "zh" else "?.!"), q.text
                if lang == "zh":
                    assert spaced(q.text) == q.text and not re.search("[,;:?()]", q.text), q.text
                else:
                    assert not re.search("[\u4e00-\u9fff]", q.text), q.text
            for wording in concept.facts[aspect].wordings:
                for named in (True, False):
                    if not named and wording not in c.unnamed_wordings(concept, aspect):
                        continue
                    text = c.spoken(concept, wording, named)
                    assert "{" not in text and (lang == "zh" or not text[0].islower()), text
                    assert stated(text, lang) == (concept.id, aspect), text


def test_all_pairs_of_a_concept_can_be_listed():
    for lang in LANGS:
        lines = list(pairs(["frog"], lang))
        assert len(lines) > 50 and "frog" in lines[0]
        assert all(" → " in line for line in lines[1:])


@pytest.fixture(scope="module")
def composer():
    import random

    made = {lang: Composer(lang, random.Random(0)) for lang in LANGS}
    return made.__getitem__


def test_the_texts_of_the_world_are_files_of_this_folder():
    assert all(Path(path).parent == WORLD for path in domain_files())


@pytest.mark.parametrize("lang", LANGS)
def test_more_questions_suit_any_concept_and_none_is_held_out(lang):
    def all_of(lists):
        return sum(lists.values(), []) if isinstance(lists, dict) else lists

    def letters(text):
        return re.sub(r"[\W_]+", "", text.lower())

    places = {"x", "X", "the", "The", *NUMBER, *map(capital, NUMBER)}
    for aspect, lists in load_phrases(lang)["aspects"].items():
        more = lists["more"]
        assert len(more) >= 12, aspect
        assert len({*map(letters, more)}) == len(more), aspect
        known = [*all_of(lists["questions"]), *all_of(lists["held_out"])]
        assert not {*map(letters, known)} & {*map(letters, more)}, aspect
        for text in more:
            found = set(re.findall(r"\{(\w+)\}", text))
            assert found & {"x", "X"} and found <= places, text
