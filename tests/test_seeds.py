"""The seed documents: shipped as the world gives them, three sentences each, spread over topics."""

import re
import subprocess
import sys
from collections import Counter

import pytest

from smolsynth import seeds

LANGS = ("en", "zh")


def sentences(text: str, lang: str) -> int:
    return len(re.findall(r"[。！？]" if lang == "zh" else r"[.!?](?=\s|$)", text))


def test_the_shipped_file_is_what_the_world_gives(tmp_path):
    from training.seeds import OUTPUT, write

    assert write(tmp_path / "seeds.jsonl") > 200
    assert (tmp_path / "seeds.jsonl").read_bytes() == OUTPUT.read_bytes(), (
        "run `python -m training.seeds`"
    )


def test_the_command_writes_the_same_bytes_in_another_process(tmp_path):
    from training.seeds import OUTPUT

    output = tmp_path / "again.jsonl"
    command = [sys.executable, "-m", "training.seeds", "--output", str(output)]
    subprocess.run(command, check=True, cwd=OUTPUT.parents[2], capture_output=True)
    assert output.read_bytes() == OUTPUT.read_bytes()


@pytest.mark.parametrize("lang", LANGS)
def test_topics_are_those_of_the_world_in_its_order(lang):
    from training.world import load_world

    assert seeds.topics(lang) == list(dict.fromkeys(c.domain_name for c in load_world(lang)))
    assert len(seeds.topics(lang)) >= 20


@pytest.mark.parametrize("lang", LANGS)
def test_documents_are_three_sentences_on_a_known_concept(lang):
    from training.world import core, load_world

    kinds = {c.name: [core(w) for w in c.facts["what"].wordings] for c in load_world(lang)}
    documents = seeds.documents(lang)
    assert {d["concept"] for d in documents} == set(kinds)
    assert len({d["document"] for d in documents}) == len(documents)
    for d in documents:
        assert list(d) == ["topic", "concept", "document"]
        assert sentences(d["document"], lang) == 3, d
        assert any(kind in d["document"] for kind in kinds[d["concept"]]), d


def test_chinese_documents_are_chinese():
    for d in seeds.documents("zh"):
        assert re.search("[\u4e00-\u9fff]", d["document"]) and " is " not in d["document"]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("n", [0, 1, 5, 13, 20, 60])
def test_n_documents_are_spread_over_the_topics(lang, n):
    documents = seeds.documents(lang, n)
    counts = Counter(d["topic"] for d in documents)
    assert len(documents) == n and len({d["concept"] for d in documents}) == n
    assert len(counts) == min(n, len(seeds.topics(lang)))
    assert not counts or max(counts.values()) - min(counts.values()) <= 1
    assert documents == seeds.documents(lang, n + 7)[:n]


def test_all_documents_come_either_way():
    every = seeds.documents("en")
    rounds = seeds.documents("en", len(every))
    assert sorted(d["concept"] for d in every) == sorted(d["concept"] for d in rounds)


def test_changing_a_row_changes_no_other_call():
    seeds.documents("en")[0]["document"] = "mine"
    assert seeds.documents("en")[0]["document"] != "mine"


@pytest.mark.parametrize("n", [-1, 1000])
def test_an_impossible_number_is_refused(n):
    with pytest.raises(ValueError, match=r"There are \d+ documents"):
        seeds.documents("en", n)


@pytest.mark.parametrize("call", [seeds.topics, seeds.documents])
def test_an_unknown_language_is_refused(call):
    with pytest.raises(ValueError, match='"en" or "zh"'):
        call("fr")


def test_importing_seeds_imports_nothing_of_training():
    code = "import smolsynth.seeds as s, sys; s.topics('en'); print('training' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("lang", LANGS)
def test_seed_tasks_are_of_many_kinds_and_none_is_like_another(lang):
    from smolsynth.quality.rules import faults
    from smolsynth.text.similarity import rouge_l

    made = seeds.tasks(lang)
    assert len(made) == 30 and len({row["kind"] for row in made}) == 20
    said = {"en": "This will do as an answer.", "zh": "这样回答就可以了。"}[lang]
    for number, row in enumerate(made):
        assert list(row) == ["kind", "instruction"]
        assert not list(faults((row["instruction"], said), lang)), row
        alike = (rouge_l(row["instruction"], one["instruction"]) for one in made[:number])
        assert max(alike, default=0) < 0.5, row
