"""Plans of documents: what they refuse, their inputs, rows, card, code, and a run on real text."""

import ast
import json
import shlex
from pathlib import Path

import pytest

from smolsynth import seeds
from smolsynth.cli.main import build_parser
from smolsynth.generation.plan import Plan, PlanError
from smolsynth.generation.rows import as_row, collect
from smolsynth.generation.run import Generation, save_rows
from smolsynth.generation.script import code
from smolsynth.llms.smollm2 import model_folder

HERE = Path(__file__).parent / "documents"
CHUNK = "A single ticket costs 3.20 euros. Children under six travel free."
MADE = {
    "topic": "Fares",
    "instruction": "What does a single ticket cost?",
    "response": "A single ticket costs 3.20 euros.",
    "file": "ferry.txt",
    "chunk": 1,
    "chunk_text": CHUNK,
    "heading": "Fares",
}


@pytest.fixture
def world(tmp_path):
    """A document from the world of the bundled models, and one from elsewhere."""
    known = [row["document"] for row in seeds.documents("en", 3)]
    (tmp_path / "world.md").write_text("\n\n".join(known), encoding="utf-8")
    (tmp_path / "law.txt").write_text("Byzantine tax law was severe to all but widows.")
    return tmp_path


@pytest.mark.parametrize(
    ("settings", "field", "said"),
    [
        ({"documents": "nowhere"}, "documents", "no file or folder nowhere"),
        ({"topics": "weather"}, "documents", "one of them"),
        ({"about": "rain"}, "documents", "one of them"),
        ({"technique": "magpie"}, "technique", "choose self-instruct"),
        ({"chunk": 15}, "chunk", "from 16 to 2,000, not 15"),
        ({"chunk": "big"}, "chunk", "not 'big'"),
        ({"chunk": 100, "overlap": 51}, "overlap", "from 0 to 50, not 51"),
        ({"overlap": -1}, "overlap", "not -1"),
        ({"documents": (), "chunk": 100}, "chunk", "name some"),
        ({"technique": "evol-quality"}, "technique", "choose two-models"),
    ],
)
def test_what_does_not_go_with_documents_is_refused(settings, field, said):
    with pytest.raises(PlanError, match=said) as caught:
        Plan(**{"documents": HERE, **settings})
    assert caught.value.field == field
    assert any("\u4e00" <= char <= "\u9fff" for char in caught.value.words("zh"))


def test_another_content_is_another_run(world):
    plan = Plan(documents=[str(world)])
    before = plan.digest()
    assert Plan(documents=str(world), rows=7).digest() == before
    (world / "law.txt").write_text("Byzantine tax law was mild to all but widows.")
    assert plan.digest() != before
    assert Plan(documents=str(world), model="smollm2").seed_texts()[0].endswith("widows.")


def test_the_tutor_is_asked_about_what_it_knows_alone(world):
    rows = Plan(documents=str(world)).seed_documents()
    assert {row["file"] for row in rows} == {"world.md"}
    with pytest.raises(PlanError, match="no chunk of these documents"):
        Plan(documents=str(world / "law.txt")).inputs()


def test_a_small_model_reads_sentences_and_a_larger_one_the_chunk():
    small = Plan(documents=str(HERE / "ferry.txt"), model="smollm2").seed_documents()
    assert "Children under six travel free." not in small[0]["passage"]
    assert all(row["focus"] == "" for row in small)
    large = Plan(documents=str(HERE / "ferry.txt"), model="hf:a/b").seed_documents()
    assert (
        large[0]["passage"] == large[0]["document"]
        and large[0]["focus"] in CHUNK + " and" + (large[0]["passage"])
    )


def test_rows_keep_their_passage_and_what_it_does_not_answer_is_counted():
    row, why = as_row(MADE, "en")
    assert why is None and (row["file"], row["chunk"], row["chunk_text"]) == ("ferry.txt", 1, CHUNK)
    wrong = MADE | {"instruction": "Who built the ferry?", "response": "A shipyard in Norway did."}
    vague = MADE | {"instruction": "What does the text say of a ticket and its cost?"}
    [(rows, dropped)] = collect([{"default": [MADE, wrong, vague]}], 3, "en")
    assert len(rows) == 1 and dropped == {"unanswered": 1, "about_text": 1}


def test_a_judge_drops_what_it_rates_low():
    pair = {name: value for name, value in MADE.items() if name != "response"}
    pair |= {"generations": [MADE["response"], "Children travel for free, I believe."]}
    assert as_row(pair | {"ratings": [5, 2]}, "en")[1] is None
    assert as_row(pair | {"ratings": [2, 1]}, "en")[1] == "unanswered"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_passage_reaches_the_saved_dataset_and_its_card(lang, tmp_path):
    row, _ = as_row(MADE, "en")
    plan = Plan(documents=str(HERE / "ferry.txt"), model="hf:a/b", lang=lang)
    folder = save_rows([row], plan, tmp_path / "data", despite="a test")
    [saved] = map(json.loads, (folder / "train.jsonl").read_text("utf-8").splitlines())
    assert (saved["file"], saved["chunk"], saved["chunk_text"]) == ("ferry.txt", 1, CHUNK)
    card = (folder / "README.md").read_text("utf-8")
    assert "| `ferry.txt` | 1 | 1 |" in card and "TextQuestion" in card


@pytest.mark.parametrize("technique", ["self-instruct", "two-models"])
@pytest.mark.parametrize("model", ["smollm2", "bundled"])
def test_the_file_reads_the_same_documents(technique, model):
    plan = Plan(documents=[str(HERE), "pyproject.toml"], technique=technique, model=model)
    tree = ast.parse(code(plan))
    found = {node.targets[0].id: node.value for node in tree.body if isinstance(node, ast.Assign)}
    assert ast.literal_eval(found["PATHS"]) == list(plan.documents)
    assert "tokens=80, overlap=10" in ast.unparse(found["CHUNKS"])
    assert ast.unparse(found["DOCUMENTS"]) == "passages(CHUNKS, LANG, MODEL)"
    assert "keep=['file', 'chunk', 'chunk_text']" in ast.unparse(tree)
    assert ("TextQuestion(" in ast.unparse(tree)) == (model == "smollm2")


def test_the_command_names_the_documents():
    paths = (str(HERE), str(HERE / "faq.jsonl"))
    plan = Plan(documents=paths, column="text", chunk=50, overlap=0, model="smollm2")
    args = build_parser("en").parse_args(shlex.split(plan.command(windows=False))[3:])
    assert tuple(args.documents) == plan.documents and args.column == "text"
    assert (args.chunk, args.overlap) == (50, 0)
    assert "tokens=50, overlap=0" in code(plan)


def test_the_size_of_chunks_is_that_of_the_plan():
    texts = {
        size: [row["text"] for row in Plan(documents=HERE / "ferry.txt", chunk=size).read()]
        for size in (16, 60)
    }
    assert len(texts[16]) > len(texts[60])
    assert Plan(documents=HERE, chunk=100).chunk_overlap == 12
    assert Plan(documents=HERE).digest() != Plan(documents=HERE, overlap=0).digest()


# By day the tests above see the prompts and the rows, and test_smollm2 the model that answers.
@pytest.mark.nightly
@pytest.mark.skipif(not model_folder().is_dir(), reason="python -m smolsynth get smollm2")
def test_smollm2_asks_about_real_text():
    plan = Plan(documents=str(HERE / "ferry.txt"), model="smollm2", rows=2, length=48)
    made = Generation(plan)
    for _ in made.parts():
        pass
    assert made.rows and {row["file"] for row in made.rows} == {"ferry.txt"}
    assert all(row["chunk_text"] and row["instruction"].endswith("?") for row in made.rows)
