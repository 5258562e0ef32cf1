"""Plans: what they refuse, what they start from, and the code that they hand over."""

import ast
import io
import json
import math
import os
import runpy
import shlex
import subprocess
import sys
import tokenize
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from openai_server import serve

from smolsynth import llms, seeds
from smolsynth.cli.main import build_parser, main
from smolsynth.cli.making import make, tell
from smolsynth.errors import LLMUnavailable
from smolsynth.generation import mixture
from smolsynth.generation.mixture import narrowed
from smolsynth.generation.plan import (
    KINDS,
    SAMPLES,
    TECHNIQUES,
    Plan,
    PlanError,
    mentioned,
    topics_of,
)
from smolsynth.generation.rows import as_row, collect
from smolsynth.generation.run import Generation, save_beside, save_rows
from smolsynth.generation.script import code as code_of
from smolsynth.generation.strings import IN_WORDS, NAMES
from smolsynth.generation.subtopics import documents_about, named, subtopics, with_openers
from smolsynth.generation.techniques import build, editable, prompts
from smolsynth.llms import BundledLLM, connect, load_llm
from smolsynth.pipelines.pipeline import InProcessPipeline
from smolsynth.tasks import OPENERS, Judge, QueryWriter

ROOT = Path(__file__).resolve().parent.parent
NOVICE = "bundled:novice"  # the quicker one: for tests in which the model does not matter


@pytest.mark.parametrize(
    ("settings", "field", "said"),
    [
        ({"rows": 0}, "rows", "from 1 to 5,000, not 0"),
        ({"rows": 5001}, "rows", "5001"),
        ({"rows": "7"}, "rows", "'7'"),
        ({"rows": True}, "rows", "True"),
        ({"length": 8}, "length", "16 to 1,024"),
        ({"seed": -1}, "seed", "-1"),
        ({"lang": "fr"}, "lang", "'fr'"),
        ({"kind": "critique"}, "kind", "'critique'"),
        ({"kind": "instruction", "technique": "two-models"}, "technique", "choose self-instruct"),
        ({"kind": "preference", "technique": "magpie"}, "technique", "choose two-models"),
        ({"topics": ("wether",)}, "topics", "'wether': did you mean 'weather'"),
        ({"topics": ("kettle",)}, "topics", "about it: say so"),
        ({"topics": ("Byzantium",)}, "topics", "no domain 'Byzantium'; there are: "),
        ({"topics": ("weather",), "about": "rain"}, "about", "not both"),
        ({"about": "rain " * 500}, "about", "2,000"),
        ({"about": "Byzantine tax law"}, "about", "larger model"),
        ({"technique": "verified", "about": "rain"}, "about", "among their topics"),
        ({"technique": "verified", "documents": __file__}, "documents", "among their topics"),
        ({"technique": "verified", "topics": ("weather",)}, "topics", "there are: saving money"),
        ({"technique": "verified", "model": "bundled:tutor"}, "model", "bundled:solver"),
        ({"model": " "}, "model", "Which model"),
        ({"model": "openai:http://me:secret@host/v1#m"}, "model", "SMOLSYNTH_API_KEY"),
        ({"model": "openai:https://host/v1?api_key=secret#m"}, "model", "SMOLSYNTH_API_KEY"),
        ({"model": "openai:https://host/v1#sk-secret-0123456789"}, "model", "SMOLSYNTH_API_KEY"),
        ({"model": "openai:https://host/v1?sig=secret#m"}, "model", "SMOLSYNTH_API_KEY"),
        ({"model": "openai:https://host/v1#nvapi-secret-0123456789"}, "model", "SMOLSYNTH_API_KEY"),
    ],
)
def test_what_cannot_be_carried_out_is_refused_in_both_languages(settings, field, said):
    with pytest.raises(PlanError) as caught:
        Plan(**settings)
    assert caught.value.field == field
    assert said in str(caught.value)
    chinese = caught.value.words("zh")
    assert "secret" not in str(caught.value) + chinese
    assert any("\u4e00" <= char <= "\u9fff" for char in chinese) and "{" not in chinese


@pytest.mark.parametrize(
    ("about", "lang", "found"),
    [
        ("Questions about kettles, the Moon and sandpaper", "en", "a kettle|the moon|sandpaper"),
        ("raincoats and moonlight", "en", ""),
        ("Anything about the weather", "en", "weather"),
        ("Batteries for toys", "en", "a battery"),
        ("wolves and knives", "en", ""),
        ("小朋友会问的关于月亮、雨和太空的问题", "zh", "月亮|雨|太空"),
        ("语气风格活泼一点", "zh", ""),  # no 风
        ("用铜做的锣", "zh", "铜|锣"),
    ],
)
def test_a_description_is_matched_with_what_the_bundled_model_knows(about, lang, found):
    assert mentioned(about, lang) == set(filter(None, found.split("|")))


def test_a_description_becomes_the_seeds():
    plan = Plan(about="about kettles and rain")
    assert [row["concept"] for row in plan.seed_documents()] == ["a kettle", "rain"]
    own = Plan(about="Byzantine\n tax  law", model="transformers:some/model")
    assert own.seed_documents()[0]["document"] == "the history of Byzantine tax law"
    assert len(Plan(topics=("weather",)).seed_documents()) == 15
    assert len(Plan(lang="zh").seed_documents()) == len(seeds.documents("zh"))


def test_kind_and_technique_follow_from_each_other_and_a_single_topic_needs_no_list():
    assert Plan(technique="evol-quality").kind == "preference"
    assert Plan(kind="preference").technique == "two-models"
    assert (Plan().kind, Plan().technique) == ("instruction", "self-instruct")
    plan = Plan(topics="weather", about=None)
    assert (plan.topics, plan.about) == (("weather",), "")
    assert Plan(topics=None).topics == ()


def test_inputs_follow_from_the_seed_and_not_from_the_number_of_rows(monkeypatch):
    assert Plan().inputs() == Plan(rows=7).inputs() != Plan(seed=1).inputs()
    assert Plan().digest() == Plan(rows=7).digest() != Plan(seed=1).digest()
    usual = Plan().digest()
    monkeypatch.setenv("SMOLSYNTH_LLM_OPTIONS", '{"max_concurrency": 2}')
    assert Plan().digest() == usual
    monkeypatch.setenv("SMOLSYNTH_LLM_OPTIONS", '{"top_p": 0.5}')
    assert Plan().digest() != usual
    for row in Plan(technique="magpie", topics=("space",)).inputs():
        assert row["system_prompt"].endswith("questions about space.")


ABOUTS = ["it's \"rain\"; $(echo no) `ls` & 'snow'", "-rain", "--lang zh rain \\", "100% rain"]


@pytest.mark.parametrize("about", ABOUTS)
def test_the_command_is_read_back_as_the_same_plan(about):
    plan = Plan(about=about, rows=3, length=99, technique="evol-instruct")
    words = shlex.split(plan.command(windows=False))
    assert words[:4] == ["python", "-m", "smolsynth", "generate"]
    args = build_parser("en").parse_args(words[3:])
    assert args.about == plan.about and args.rows == 3 and args.length == 99
    again = shlex.split(Plan(topics=("weather", "space")).command(windows=False))
    assert build_parser("en").parse_args(again[3:]).topic == ["weather", "space"]


def test_on_windows_the_command_is_quoted_for_its_shell():
    command = Plan(about='it\'s "rain" & snow').command(windows=True)
    assert '"--about=it\'s \\"rain\\" & snow"' in command and "'--about" not in command


HOSTILE = [
    '"""; import os; os.system("touch owned"); """ rain',
    "rain\n import os",
    "rain \\",
    "rain {imports} {0} %s",
    "rain\u2028import os\x00\x1b[31m",
    "'; raise SystemExit #rain",
]


@pytest.mark.parametrize("about", HOSTILE)
@pytest.mark.parametrize("model", ["bundled", "transformers:some/model"])
def test_a_description_stays_data_in_the_code(about, model):
    tree = ast.parse(code_of(Plan(about=about, model=model)))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    known = {"itertools", "random", "smolsynth", "distilabel.steps", "distilabel.steps.tasks"}
    assert imported == known
    assert not any(isinstance(node, ast.Import) for node in ast.walk(tree))
    assert not any(isinstance(node, ast.Raise) for node in ast.walk(tree))


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_the_code_is_tidy_and_says_nothing_about_other_techniques(technique, tmp_path):
    topics = {"topics": ("厨房" if technique == "verified" else "天气",)}
    what = {"about": "天气"} if technique == "magpie" else topics
    plan = Plan(technique=technique, lang="zh", **what)
    check_tidy(plan, tmp_path)
    others = {"magpie": "Magpie(", "evol-instruct": "EvolInstruct(", "evol-quality": "EvolQuality("}
    for other, call in others.items():
        assert (call in code_of(plan)) == (other == technique) or technique == "mixed"


@pytest.mark.parametrize("about", ["", "medieval law"])
@pytest.mark.parametrize("technique", ["mixed", "magpie", "two-models"])
def test_the_code_for_a_small_model_is_tidy(technique, about, tmp_path):
    check_tidy(Plan(technique=technique, model="smollm2", about=about), tmp_path)


def check_tidy(plan: Plan, folder: Path) -> None:
    file = folder / "pipeline.py"
    file.write_text(code_of(plan), encoding="utf-8")
    config = ["--config", str(ROOT / "pyproject.toml"), "--no-cache"]
    for command in (["check", "--ignore", "I001"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, *config, str(file)]
        done = subprocess.run(ruff, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def pipeline_in(code: str) -> ast.With:
    """The statement of a file that builds its pipeline."""
    return next(node for node in ast.parse(code).body if isinstance(node, ast.With))


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_a_chinese_file_explains_the_same_code_in_chinese(technique):
    english, chinese = (code_of(Plan(technique=technique, lang=lang)) for lang in ("en", "zh"))
    assert ast.dump(pipeline_in(english)) == ast.dump(pipeline_in(chinese))
    said = [ast.get_docstring(ast.parse(chinese))]
    tokens = tokenize.generate_tokens(io.StringIO(chinese).readline)
    said += [token.string for token in tokens if token.type == tokenize.COMMENT]
    assert len(said) > 6
    for words in said:
        assert any("\u4e00" <= char <= "\u9fff" for char in words), words
    assert f"技术：{IN_WORDS['zh'][technique]}。" in chinese


LOCAL = f"ct2:{llms.BundledLLM()._folder}"  # a folder like those of small models from the hub
MODELS = ["bundled", "bundled:tutor", "bundled:novice", LOCAL]


@pytest.mark.parametrize(
    ("technique", "model"),
    [
        (technique, model)
        for technique in TECHNIQUES
        for model in MODELS
        if technique != "verified" or model in ("bundled", LOCAL)
    ],
)
def test_the_file_shows_the_pipeline_that_the_studio_runs(technique, model):
    plan = Plan(technique=technique, model=model, seed=7, length=99)
    namespace = {"__name__": "pipeline"}
    exec(compile(code_of(plan), "pipeline.py", "exec"), namespace)  # noqa: S102
    own, file = build(plan).dump(), namespace["pipeline"].dump()
    for dumped in (own, file):
        graph = dumped["pipeline"]
        graph["steps"].sort(key=lambda step: step["name"])
        graph["connections"].sort(key=lambda edge: edge["from"])
    assert file == own
    shown = json.dumps(own["pipeline"])
    assert ("novice" in shown) == (
        model.endswith("novice") or (TECHNIQUES[technique] == "preference" and model != LOCAL)
    )


def test_an_endpoint_is_connected_to_once(monkeypatch):
    from smolsynth.generation import techniques

    asked = []

    def load(spec, **options):
        asked.append(spec)
        return load_llm("bundled", **options)

    load_llm = techniques.load_llm
    monkeypatch.setattr(techniques, "load_llm", load)
    for technique in ("self-instruct", "two-models", "evol-quality"):
        asked.clear()
        plan = Plan(technique=technique, model="openai:http://127.0.0.1:9/v1#m")
        pipeline = build(plan)
        assert asked == [plan.model]
        temperatures = {m.generation_kwargs["temperature"] for m in pipeline.models()}
        assert temperatures == ({0, 0.7, 1} if technique == "two-models" else {0, 0.7})


@pytest.mark.parametrize("completes", [True, False])
def test_the_server_says_whether_it_can_do_magpie(completes, monkeypatch):
    monkeypatch.setattr(connect, "_FOUND", {})
    with serve(load_llm("bundled")) as server:
        server.completes = completes
        server.complete = lambda body: {"choices": [{"text": "What is rain?"}]}
        model = f"openai:{server.base_url}#tutor"
        leaves = build(Plan(technique="mixed", model=model)).leaves()
        assert leaves == ["SelfInstruct", "EvolInstruct"] + ["Magpie"] * completes
        if completes:
            assert build(Plan(technique="magpie", model=model)).leaves() == ["default"]
        else:
            with pytest.raises(LLMUnavailable, match="another technique"):
                build(Plan(technique="magpie", model=model))


def test_a_mixture_without_magpie_says_so_in_file_and_card(tmp_path):
    plan = Plan(technique="mixed", rows=2)
    rows = [
        {"source": source, **answered(f"What is {thing}?", f"A {thing} is old. {source}.")}
        for source, thing in (("SelfInstruct", "rain"), ("EvolInstruct", "snow"))
    ]
    folder = save_rows(rows, plan, tmp_path / "data", despite="two rows")
    assert "Magpie" not in (folder / "pipeline.py").read_text("utf-8")
    assert "Magpie" not in (folder / "README.md").read_text("utf-8")
    assert "Magpie(" in code_of(plan)


def row_of_card(folder: Path, name: str) -> str:
    lines = (folder / "README.md").read_text("utf-8").splitlines()
    (line,) = [line for line in lines if line.startswith(f"| {name} |")]
    return line.removeprefix(f"| {name} | ").removesuffix(" |")


@pytest.mark.parametrize(
    ("plan", "name", "about"),
    [
        (Plan(topics=("weather", "space")), "about", "weather, space"),
        (Plan(lang="zh", topics=("天气", "太空")), "题材", "天气、太空"),
        (
            Plan(about="tea | <b>law</b>", model="smollm2"),
            "about",
            r"tea \| &lt;b&gt;law&lt;/b&gt;",
        ),
    ],
)
def test_the_card_says_what_the_data_is_about(plan, name, about, tmp_path):
    folder = save_rows([answered("What?", "That.")], plan, tmp_path / "data", despite="one row")
    assert row_of_card(folder, name) == about


@pytest.mark.parametrize(
    ("plan", "name", "models"),
    [
        (Plan(), "model", "the small tutor model that comes with smolsynth"),
        (
            Plan(technique="two-models"),
            "model",
            "smolsynth/tutor, smolsynth/novice; judge: smolsynth/tutor",
        ),
        (
            Plan(technique="two-models", lang="zh"),
            "模型",
            "smolsynth/tutor、smolsynth/novice；评审：smolsynth/tutor",
        ),
    ],
)
def test_the_card_names_who_wrote_and_who_judged(plan, name, models, tmp_path):
    row = answered("What is rain?", "Rain is water that falls.")
    if plan.kind == "preference":
        row |= {"chosen": row.pop("response"), "rejected": "Rain is a pan."}
        row |= {"chosen_rating": 5, "rejected_rating": 1}
    folder = save_rows([row], plan, tmp_path / "data", despite="one row")
    assert row_of_card(folder, name) == models


def leaves_of(name: str, good: int, bad: int) -> list[dict]:
    rows = [answered(f"What is {name} {n}?", f"{name} {n} is a thing.") for n in range(good)]
    return rows + [answered(f"What is {name} {n}?", "") for n in range(bad)]


def test_a_mixture_goes_on_with_the_techniques_that_the_model_can_do():
    pipeline, streamed, told = build(Plan(technique="mixed")), [], []
    chunk = {
        "SelfInstruct": leaves_of("cup", 1, 7),
        "EvolInstruct": leaves_of("pan", 6, 2),
        "Magpie": leaves_of("jug", 8, 0),
    }

    def stream(pipeline, part, start):
        streamed.append((list(pipeline.dag), part, start))
        leaves = pipeline.leaves()
        for _ in range(3):
            yield {leaf: chunk.get(leaf, chunk["Magpie"]) for leaf in leaves}

    made = list(narrowed(pipeline, stream, "en", told.extend))
    assert told == ["SelfInstruct"]
    whole = ["ask", "expand", "SelfInstruct", "evolve", "EvolInstruct", "magpie", "Magpie"]
    narrow = [name for name in whole if name != "SelfInstruct"]
    assert streamed == [(whole, "", 0), (narrow, "EvolInstruct-Magpie", 2)]
    assert [set(part) for part in made] == [set(chunk)] * 2 + [{"EvolInstruct", "Magpie"}] * 3

    chunk["EvolInstruct"] = leaves_of("pan", 1, 7)
    streamed.clear()
    made = list(narrowed(pipeline, stream, "en"))
    assert streamed[1] == (["magpie", "Magpie"], "Magpie", 2)  # nothing that led to the others
    assert [set(part) for part in made] == [set(chunk)] * 2 + [{"Magpie"}] * 3

    streamed.clear()
    hard = Plan(technique="mixed", model="smollm2").too_hard
    assert {"Magpie"} == set(next(narrowed(pipeline, stream, "en", told.extend, without=hard)))
    assert streamed == [(["magpie", "Magpie"], "Magpie", 0)] and told[1:] == list(hard)

    chunk |= {"SelfInstruct": chunk["Magpie"], "EvolInstruct": chunk["Magpie"]}
    streamed.clear()
    assert len(list(narrowed(pipeline, stream, "en"))) == 3 and len(streamed) == 1


def test_a_narrowed_mixture_resumes_and_its_file_makes_the_same_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(mixture, "hopeless", lambda seen: ["SelfInstruct", "EvolInstruct"])
    monkeypatch.setattr(mixture, "TRIAL", 1)
    plan = Plan(technique="mixed", topics=("weather",), rows=44, model=NOVICE)
    whole = Generation(plan)
    for _ in whole.parts():
        pass
    assert whole.left_out == ["SelfInstruct", "EvolInstruct"] and len(whole.rows) == 44
    assert {row["source"] for row in whole.rows[36:]} == {"Magpie"}
    first = Generation(plan, tmp_path / "parts")
    for number, _ in enumerate(first.parts()):
        if number == 1:
            break
    again = first.made_again_with(plan)
    for _ in again.parts():
        pass
    assert again.rows == whole.rows and again.tokens == whole.tokens
    made = again.made_again_with(plan)  # all of it is read
    monkeypatch.setattr(InProcessPipeline, "make_chunk", None)
    for _ in made.parts():
        pass
    assert made.rows == whole.rows and made.left_out == whole.left_out


# ---- a subject of one's own ----
class Listing:
    """A model that lists sub-topics."""

    generation_kwargs = {"temperature": 0.7}

    def __init__(self, reply: str | None) -> None:
        self.reply, self.asked = reply, []

    def load(self) -> None:
        pass

    def generate(self, inputs, **options):
        self.asked.append((inputs, options))
        return [{"generations": [self.reply]}]


@pytest.mark.parametrize(
    ("reply", "lang", "found"),
    [
        ("Sure!\n1. **Guilds**\n2. Oaths: how one swore\n2. Oaths", "en", ["Guilds", "Oaths"]),
        ('["Guilds", "Oaths"]', "en", ["Guilds", "Oaths"]),
        ("- Medieval law\n- Guilds - of crafts", "en", ["Guilds"]),
        ("1. 行会：手艺人的组织\n2. 神判", "zh", ["行会", "神判"]),
        ("Medieval law is a wide field, and there is much that one could say of it.", "en", []),
        (None, "en", []),
    ],
)
def test_a_model_names_the_sub_topics_of_a_subject(reply, lang, found):
    llm = Listing(reply)
    assert subtopics(llm, "medieval law", lang) == found
    [(inputs, options)] = llm.asked
    assert "medieval law" in inputs[0][0]["content"] and options["temperature"] == 0


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("technique", ["self-instruct", "magpie", "mixed"])
def test_no_two_prompts_about_a_subject_are_the_same(technique, lang):
    names = [f"part {n}" for n in range(12)]
    plan = Plan(technique=technique, lang=lang, about="medieval law", model="transformers:some")
    inputs = plan.inputs(names)
    prompts = [row.get("magpie_prompt") or row["document"] for row in inputs]
    assert len(set(prompts[:480])) == 480 and inputs == plan.inputs(names)
    assert all("medieval law" in prompt for prompt in prompts)
    if technique != "self-instruct":
        asked = [(row["opener"], row["magpie_prompt"]) for row in inputs]
        assert len(set(asked[:480])) == 480 and len(set(asked[:960])) == 960
        assert all("medieval law" in opener for opener, _ in asked)
    assert len({row["topic"] for row in plan.inputs()}) == 40  # where the model lists nothing
    tree = ast.parse(code_of(plan))
    called = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert {"subtopics", "documents_about"} < called


def test_openers_name_the_subject_and_questions_the_side_of_it():
    [first, *_] = rows = with_openers(documents_about("law", ["Guilds"], "en"), "en")
    assert first["opener"] == OPENERS["en"][0].format(topic="law")
    assert "the history of law" in first["magpie_prompt"] and "system_prompt" not in first
    assert {row["subject"] for row in rows} == {"law", "Guilds in law"}
    rows = documents_about("law", ["the Law of contract"], "en")
    assert {row["subject"] for row in rows} == {"law", "the Law of contract"}


def test_what_a_very_small_model_says_once_or_of_itself_is_no_subtopic():
    said = (
        "-bike sports. Which?",
        "the 2020s. How",
        "the 2020s, and",
        "my car and on the road.",
        "the road I am on",
        "general. Can you",
        "general terms.",
        "the game of 3rd",
        "the game of Black",
        "the country of Germany",
        "the area of safety.",
        "terms of safety and design",
        "terms of design. Can",
        "electric bicycles.",
        "the market of electric bikes.",
        "bicycles. They",
        "bicycles",
    )
    found = ["safety and design", "safety", "design", "electric bicycles"]
    assert named(said, "bicycles") == [*found, "the market of electric bikes"]


def test_what_a_very_small_model_knows_too_little_of_is_not_asked_about(capsys):
    plan = Plan(technique="mixed", model="smollm2")
    assert {"animals", "plants"} < set(plan.topics_left_out)
    assert set(plan.topics_left_out) | set(plan.topics) == set(topics_of("mixed", "en"))
    for other in ({"topics": "animals"}, {"about": "medieval law"}):
        assert Plan(technique="mixed", model="smollm2", **other).topics_left_out == ()
    made = Generation(plan, rows=[{}] * plan.rows)
    for ui, warning in (("en", "read the rows"), ("zh", "逐行读一遍")):
        tell(made, ui)
        said = capsys.readouterr().out
        assert "animals" in said and "plants" in said and warning in said
    tell(Generation(Plan(), rows=[{}] * plan.rows), "en")
    assert capsys.readouterr().out == ""
    assert f"num_generations={plan.needs.again}" in code_of(plan)


def test_a_model_without_chinese_is_refused_for_chinese_rows():
    with pytest.raises(PlanError, match="只会英语") as raised:
        Plan(lang="zh", model="smollm2")
    assert raised.value.field == "model" and "English alone" in raised.value.words("en")
    assert Plan(model="smollm2").needs.langs == ("en",) and Plan(lang="zh").needs.langs


def test_guesses_and_answers_cut_off_are_dropped():
    made = answered("What is rain?", "Rain is water that falls.")
    assert as_row(made | {"loss_given": 1.2}, "en")[1] is None
    assert as_row(made | {"loss_given": 1.2}, "en", 1.1)[1] == "unsure"
    assert as_row(made | {"loss_given": 1.0}, "en", 1.1)[1] is None
    assert as_row(made | {"llm_answer_finish_reason": "length"}, "en")[1] == "cut_off"
    cut = {"llm_ask_finish_reason": "length", "llm_answer_finish_reason": None}
    assert as_row(made | cut, "en")[1] is None  # an instruction before the one that was cut
    begun = {"instruction": "What do you know about a"}
    assert as_row(made | begun, "en")[1] is None  # people write so, too
    assert as_row(made | begun | cut, "en")[1] == "cut_off"
    for step in ("ask", "magpie", "judge"):  # and no step before or behind it speaks for the answer
        assert as_row(made | {f"llm_{step}_finish_reason": "length"}, "en")[1] is None
    assert as_row(made | begun | {"llm_magpie_finish_reason": "length"}, "en")[1] == "cut_off"
    chunks = [{"default": [made | {"loss_given": 2.0}]}]
    [(rows, dropped)] = collect(chunks, 1, "en", most_loss=1.1)
    assert not rows and dropped == {"unsure": 1}
    assert as_row(made | {"agreement": 0.3}, "en", least_agreement=0.3)[1] is None
    assert as_row(made, "en", least_agreement=0.3)[1] is None  # nothing else was asked for
    assert as_row(made | {"agreement": None}, "en", least_agreement=0.3)[1] == "inconsistent"
    chunks = [{"default": [made | {"agreement": 0.2}]}]
    [(rows, dropped)] = collect(chunks, 1, "en", least_agreement=0.3)
    assert not rows and dropped == {"inconsistent": 1}


def test_sub_topics_are_asked_for_once(tmp_path, monkeypatch):
    llm = Listing("1. Guilds\n2. Oaths")
    monkeypatch.setattr(llms, "load_llm", lambda spec, **options: llm)
    plan = Plan(about="medieval law", model="transformers:some/model")
    for _ in range(2):
        assert Generation(plan, tmp_path / "parts")._subtopics() == ["Guilds", "Oaths"]
    assert len(llm.asked) == 1
    assert Generation(plan)._subtopics() == ["Guilds", "Oaths"] and len(llm.asked) == 2
    assert Generation(Plan(about="rain"))._subtopics() == [] and len(llm.asked) == 2


def test_names_and_cards_are_in_both_languages():
    from smolsynth.studio.strings import WORDS

    for lang in ("en", "zh"):
        assert list(IN_WORDS[lang]) == list(TECHNIQUES)
        assert list(NAMES[lang]) == [*KINDS, *TECHNIQUES]
        for name in TECHNIQUES:
            assert NAMES[lang][name].casefold() == WORDS[lang][name].casefold()


PLANS = [
    Plan(topics=("weather",), rows=20, model=NOVICE),
    Plan(technique="magpie", lang="zh", rows=12, model=NOVICE),
    Plan(technique="evol-instruct", about="the moon and kettles", rows=12, seed=7, model=NOVICE),
    Plan(technique="evol-instruct", lang="zh", topics=("太空",), rows=12, model=NOVICE),
    Plan(technique="mixed", rows=24),
    Plan(kind="preference", technique="two-models", rows=6),  # by night
    Plan(kind="preference", technique="evol-quality", lang="zh", rows=6, length=128),
]


# Two models by night: by day test_the_file_shows_the_pipeline_that_the_studio_runs compares these
# pipelines step by step.
@pytest.mark.parametrize(
    "plan",
    [
        pytest.param(plan, id=plan.name, marks=[pytest.mark.nightly] * (plan is PLANS[-2]))
        for plan in PLANS
    ],
)
def test_the_file_makes_the_rows_of_the_studio(plan, tmp_path, monkeypatch):
    """The studio's run was stopped on the way and gone on with; the file's was not."""
    made = Generation(plan, tmp_path / "parts")
    next(made.parts())
    first = list(made.rows)
    made = made.made_again_with(plan)
    for _ in made.parts():
        pass
    assert made.done and len(made.rows) == plan.rows and made.rows[: len(first)] == first

    file = tmp_path / "pipeline.py"
    file.write_text(code_of(plan), encoding="utf-8")
    if plan is PLANS[0]:  # as its owner would; the others without a new interpreter
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, file.name], cwd=tmp_path, env=env, check=True, timeout=200)
    else:
        monkeypatch.chdir(tmp_path)
        runpy.run_path(str(file), run_name="__main__")
    lines = (tmp_path / "output" / plan.name / "train.jsonl").read_text("utf-8").splitlines()
    assert [texts_of(json.loads(line)) for line in lines] == [texts_of(row) for row in made.rows]


def texts_of(row: dict) -> list[str]:
    """Of a row as generated, or as exported."""
    if "messages" in row:
        return [turn["content"] for turn in row["messages"]]
    if "prompt" in row:
        return [row[name][0]["content"] for name in ("prompt", "chosen", "rejected")]
    return [row[name] for name in ("instruction", "response", "chosen", "rejected") if name in row]


def test_the_command_makes_the_rows_of_the_studio(tmp_path, capsys):
    plan = Plan(topics=("weather",), rows=10, model=NOVICE)
    words = shlex.split(plan.command())[4:]
    assert main(["generate", *words, "--output", str(tmp_path)]) == 0
    assert "10 rows saved" in capsys.readouterr().out
    made = Generation(plan)
    for _ in made.parts():
        pass
    lines = (tmp_path / plan.name / "train.jsonl").read_text("utf-8").splitlines()
    assert [texts_of(json.loads(line)) for line in lines] == [texts_of(row) for row in made.rows]
    assert (tmp_path / plan.name / "pipeline.py").read_text("utf-8") == code_of(plan)


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["--rows", "0"], 2, "from 1 to 5,000"),
        (["--about", "拜占庭税法", "--lang", "zh"], 2, "只认得"),
        (["--model", "gpt"], 1, "names no model"),
    ],
)
def test_bad_input_gets_one_clear_sentence(words, status, said, tmp_path, capsys):
    assert main(["generate", *words, "--output", str(tmp_path)]) == status
    assert said in capsys.readouterr().err
    assert not list(tmp_path.glob("*"))


def answered(instruction: str, response: str = "It is a thing that one uses every day.") -> dict:
    return {"topic": "t", "instruction": instruction, "response": response}


def test_collecting_ends_when_nothing_new_comes_and_drops_what_nearly_repeats():
    cup, pan = answered("Please say what a cup is for."), answered("What is a pan?", "")
    chunks = [{"default": [cup, cup, pan]}] * 50
    *_, (rows, dropped) = collect(iter(chunks), 5, "en")
    assert len(rows) == 1
    assert dropped == {"repeated": 19, "empty": 10}  # ten chunks

    close = "It is a thing that one uses in a kitchen every day and a pan is not one of those."
    made = [answered(f"Please say what {it} is for.", close) for it in ("it", "it now")]
    made.append(answered("Please say what snow is for.", "It is cold."))
    *_, (rows, dropped) = collect([{"default": made}], 9, "en")
    assert [row["response"] for row in rows] == [close, "It is cold."]
    assert dropped == {"duplicate": 1}


def test_a_model_that_yields_only_near_repeats_is_not_asked_for_long():
    """Instructions that differ in a number: all but the first nearly repeat it."""
    long = "Tell me in a few words why the kettle in the kitchen whistles when its water boils"
    long += ", and say it so that a child who has never seen a kettle understands it"
    chunks = ({"default": [answered(f"{long}, part {n}.")]} for n in range(800))
    *_, (rows, dropped) = collect(chunks, 50, "en")
    assert len(rows) == 1 and dropped == {"duplicate": 9}
    assert next(chunks)["default"][0]["instruction"].endswith("part 10.")  # nothing beyond


def test_a_model_that_yields_nothing_good_is_given_up_at_once():
    chunks = ({"default": [answered(f"What is {n}?", "")]} for n in range(800))
    *_, (rows, dropped) = collect(chunks, 50, "en")
    assert not rows and dropped == {"empty": 3}


def test_a_model_that_is_seldom_sure_is_given_up_sooner():
    def chunks():
        yield {"default": [answered("Please say what a cup is for.") | {"agreement": 1.0}]}
        for n in range(800):
            yield {"default": [answered(f"What is {n} for?") | {"agreement": 0.1}]}

    *_, (rows, dropped) = collect(chunks(), 50, "en", least_agreement=0.4)
    assert len(rows) == 1 and dropped == {"inconsistent": 4}


def test_rows_that_trickle_in_go_on():
    names = "cup pan pot jug bowl fork knife spoon plate glass tray lid".split()
    chunks = [{"default": [answered(f"Is a {name} old?", f"No {name} is.")] * 4} for name in names]
    *_, (rows, _) = collect(iter(chunks), 12, "en")
    assert len(rows) == 12


def test_copies_of_the_seeds_are_no_rows():
    seed = "Describe how a kettle heats water until it boils, and why it whistles then."
    chunks = [{"default": [answered(seed), answered("What is a kettle?")]}]
    [(rows, dropped)] = collect(chunks, 5, "en", seeds=[seed])
    assert [row["instruction"] for row in rows] == ["What is a kettle?"]
    assert dropped == {"copied_seed": 1}


def test_the_first_rows_differ_in_technique_and_topic():
    chunk = {
        leaf: [
            answered(f"{leaf} asks {n} of {topic}?", f"{leaf[0]}{n}{topic} is old.")
            | {"topic": topic}
            for topic in "ab"
            for n in (1, 2)
        ]
        for leaf in ("SelfInstruct", "Magpie")
    }
    [(rows, _)] = collect([chunk], 8, "en")
    assert len(rows) == 8
    firsts = [(row["source"], row["topic"]) for row in rows[:4]]
    assert firsts == [(s, t) for t, s in zip("abba", ["SelfInstruct", "Magpie"] * 2, strict=True)]


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (answered("What is 猫?"), "wrong_language"),
        (answered("What is tea?") | {"evolved_instruction": "What is tea?"}, "not_evolved"),
        (answered("What is tea?") | {"evolved_instruction": "Who drinks tea?"}, None),
    ],
)
def test_a_row_or_the_reason_why_not(made, reason):
    row, found = as_row(made, "en")
    assert found == reason
    assert row["instruction"] == made.get("evolved_instruction", made["instruction"])


@pytest.mark.parametrize(
    "made",
    [
        {"instruction": None, "response": None},
        {"instruction": "What is tea?", "response": None},
        {"instruction": "What is tea?", "generations": None, "ratings": None},
        {"instruction": "What is tea?", "generations": [None, "A drink."], "ratings": [1, 5]},
        {"instruction": "What is tea?", "evolved_instruction": None, "response": None},
    ],
)
def test_what_a_step_has_refused_is_an_empty_row(made):
    assert as_row({"topic": "t"} | made, "en")[1] == "empty"
    [(rows, dropped)] = collect([{"default": [{"topic": "t"} | made]}], 1, "en")
    assert not rows and dropped == {"empty": 1}


def test_the_seed_is_that_of_the_mutations_too():
    """EvolInstruct draws them from numpy's global generator, which a plan's seed reaches."""
    inputs = Plan(technique="evol-instruct", model=NOVICE).inputs()[:4]
    made = []
    for seed in (1, 2, 1):
        plan = Plan(technique="evol-instruct", seed=seed, model=NOVICE)
        pipeline = build(plan)
        assert pipeline.seed == seed
        for model in pipeline.models():
            model.seed = 7  # so that nothing but the mutations differs
        [chunk] = pipeline.stream(inputs, chunk_size=4)
        made.append([row["evolved_instruction"] for row in chunk["default"]])
    assert made[0] == made[2] != made[1]


@pytest.mark.parametrize(
    ("ratings", "reason", "chosen"),
    [
        ([1, 5], None, "Tea is a drink."),
        ([5, 1], None, "Tea is hot."),
        ([3, 3], "tie", None),
        ([math.nan, 4], "unrated", None),
        ([None, 4], "unrated", None),
        ([4], "unrated", None),
        (None, "unrated", None),
    ],
)
def test_a_pair_needs_two_ratings(ratings, reason, chosen):
    texts = ["Tea is hot.", "Tea is a drink."]
    made = {"topic": "t", "instruction": "What is tea?", "generations": texts, "ratings": ratings}
    row, found = as_row(made | {"models": ["a", "b"]}, "en")
    assert found == reason
    assert sorted([row["chosen"], row["rejected"]]) == sorted(texts)
    assert sorted([row["chosen_model"], row["rejected_model"]]) == ["a", "b"]
    if reason is None:
        assert row["chosen"] == chosen and row["chosen_rating"] == 5
    if reason == "unrated":
        assert row["chosen_rating"] is row["rejected_rating"] is None


def test_fewer_rows_than_asked_for_are_saved_and_said(tmp_path, capsys, monkeypatch):
    def few(self, **options):
        self.rows = [{"topic": "t", "instruction": "What is it?", "response": "It is a thing."}]
        yield

    monkeypatch.setattr(Generation, "parts", few)
    assert main(["generate", "--rows", "2", "--output", str(tmp_path)]) == 0
    assert "Too few were good or new: 1 of 2 rows" in capsys.readouterr().out


def test_streaming_gives_the_rows_of_a_run_with_a_folder_part_by_part(tmp_path):
    plan = Plan(technique="magpie", model=NOVICE)
    pipeline, inputs = build(plan), plan.inputs()[:20]
    parts = list(pipeline.stream(inputs, chunk_size=8))
    assert [len(part["default"]) for part in parts] == [8, 8, 4]
    sizes = [len(part["default"]) for part in pipeline.stream(inputs, chunk_size=(2, 4, 8))]
    assert sizes == [2, 4, 8, 6]
    kept = list(pipeline.stream(inputs, folder=tmp_path, chunk_size=8))
    assert kept == parts == list(pipeline.stream(inputs, folder=tmp_path, chunk_size=8))
    whole = pipeline.run(dataset=inputs, folder=tmp_path, chunk_size=8, progress=False)
    assert whole["default"]["train"].to_list() == [row for part in parts for row in part["default"]]
    with pytest.raises(ValueError, match="chunk_size"):
        next(pipeline.stream(inputs, chunk_size=0))


@pytest.mark.parametrize("technique", ["self-instruct", "magpie"])
def test_parts_made_elsewhere_in_any_order_give_the_same_rows(technique, tmp_path):
    waves: list[list[int]] = []

    @contextmanager
    def backwards(pipeline):
        def executor(chunks):
            chunks = list(chunks)
            waves.append([chunk.number for chunk in chunks])
            for chunk in reversed(chunks):
                yield chunk.number, pipeline.make_chunk(chunk)

        yield executor

    plan = Plan(technique=technique, topics=("weather",), rows=40, model=NOVICE)
    here = Generation(plan)
    for _ in here.parts():
        pass
    there = Generation(plan, tmp_path)
    for _ in there.parts(on=backwards):
        pass
    assert there.done and there.rows == here.rows and there.dropped == here.dropped
    assert waves[0] == [0, 1, 2] and sorted(sum(waves, [])) == [0, 1, 2]
    next(there.made_again_with(replace(plan, rows=3)).parts())
    with pytest.raises(ValueError, match="name a folder"):
        next(Generation(plan).parts(on=backwards))


def test_a_limit_of_tokens_ends_with_what_is_finished_and_more_go_on(tmp_path, capsys):
    plan = Plan(rows=90, model=NOVICE)
    whole = Generation(plan)
    for _ in whole.parts():
        pass
    words = ["--rows", "90", "--model", NOVICE, "--output", str(tmp_path)]
    assert len(whole.tokens) > 2
    limit = sum(whole.tokens[:2]) + max(whole.tokens) // 2
    assert main(["generate", *words, "--max-tokens", str(limit)]) == 0
    said = capsys.readouterr().out
    assert f"Stopped at {sum(whole.tokens[:2]):,} tokens" in said and "Too few" not in said
    name = plan.name
    lines = (tmp_path / name / "train.jsonl").read_text("utf-8").splitlines()
    assert 0 < len(lines) < 90
    assert main(["generate", *words, "--max-tokens", str(10 * limit)]) == 0
    assert "90 rows saved" in capsys.readouterr().out
    lines = (tmp_path / f"{name}-2" / "train.jsonl").read_text("utf-8").splitlines()
    assert [texts_of(json.loads(line)) for line in lines] == [texts_of(row) for row in whole.rows]


def test_without_ray_the_command_says_what_to_install(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main(["generate", "--rows", "3", "--ray", "--output", str(tmp_path)]) == 1
    assert "pip install 'smolsynth[ray]'" in capsys.readouterr().err


def test_the_forecast_of_parts_that_are_read_is_that_of_making_them(tmp_path):
    plan = Plan(rows=64, model=NOVICE)
    first = Generation(plan, tmp_path)
    for _ in first.parts(5):
        pass
    again = Generation(plan, tmp_path)
    for _ in again.parts(5):
        pass
    assert again.rows == first.rows
    assert again.forecast()[1] == first.forecast()[1]
    assert again.forecast()[0] > first.forecast()[0] / 4


def test_parts_can_be_asked_for_twice(tmp_path):
    @contextmanager
    def here(pipeline):
        def executor(chunks):
            for chunk in chunks:
                yield chunk.number, pipeline.make_chunk(chunk)

        yield executor

    made = Generation(Plan(rows=10, model=NOVICE), tmp_path)
    for _ in range(2):
        for _ in made.parts(on=here):
            pass
        assert len(made.rows) == 10 and made.done


def test_another_dataset_of_that_name_is_never_in_the_way(tmp_path, monkeypatch):
    """Nor if it comes while this one is being written."""
    rows, plan = [answered("What is it?")], Plan()
    from smolsynth.generation import run

    free = run.free_name
    taken = iter([tmp_path / "data"])
    monkeypatch.setattr(run, "free_name", lambda base: next(taken, None) or free(base))
    (tmp_path / "data").mkdir()
    assert save_beside(rows, plan, tmp_path / "data") == tmp_path / "data-2"
    assert [path.name for path in (tmp_path / "data").iterdir()] == []


def test_the_forecast_comes_from_the_sample():
    made = Generation(Plan(rows=64, model=NOVICE))
    assert made.forecast() is None
    for _ in made.parts(5):
        pass
    seconds, tokens = made.forecast()
    assert 5 <= len(made.rows) < 64 and not made.done
    share = 64 / len(made.rows)
    assert seconds == pytest.approx(sum(made.seconds) * share) and tokens > sum(made.tokens) > 500


# ---- verified ----
def solved(*answers: str | None, expected: str = "12 km", **more) -> dict:
    """What the solver's task gives for one problem."""
    asked = {"topic": "travel", "instruction": "Ann rides 3 km four times. How far is that?"}
    return {**asked, "expected": expected, "generations": list(answers), **more}


def test_the_shortest_right_answer_is_picked_with_its_verdict():
    from smolsynth import PickVerified, try_step

    made = solved(
        *("Answer: 12 km", None, "Answer: 13 km", "Answer: 12 km"),
        llm_solve_thoughts=["3 + 3 = 6\n6 + 6 = 12", "3 × 4", "3 × 4 = 13", "3 × 4 = 12"],
    )
    pick = PickVerified(name="pick", verifier="number")
    [row] = try_step(pick, [made])
    row, reason = as_row(row, "en")
    assert reason is None
    assert {name: row[name] for name in ("response", "thoughts", "pass_rate", "difficulty")} == {
        "response": "Answer: 12 km",
        "thoughts": "3 × 4 = 12",
        "pass_rate": 0.5,
        "difficulty": "medium",
    }
    assert (row["verified"], row["verdict"], row["extracted"]) == (True, "right", "12 km")


def test_a_problem_without_a_right_answer_is_dropped():
    from smolsynth import PickVerified, try_step

    pick = PickVerified(name="pick", verifier="number", lang="zh")
    for made in (solved("Answer: 13 km", None), solved(None), solved()):
        [row] = try_step(pick, [made])
        assert (row["verified"], row["pass_rate"], row["difficulty"]) == (False, 0, "never")
        assert as_row(row, "en", most_loss=1.0, least_agreement=0.3)[1] == "unverified"


def test_a_model_that_solves_nothing_is_told_of_early_and_at_the_end(monkeypatch, tmp_path, capsys):
    plan = Plan(technique="verified", model="smollm2", rows=3)
    sizes = plan.chunk_size
    assert sizes[0] * SAMPLES <= 16 and Plan(technique="verified").chunk_size[0] == 16

    def parts(made, **options):
        for n in sizes[:3]:
            made.dropped["unverified"] += n
            yield

    monkeypatch.setattr(Generation, "parts", parts)
    with pytest.raises(ValueError, match="14 problems.*: smollm2 is too weak.*bundled:solver"):
        make(plan, tmp_path / "en", "en")
    said = capsys.readouterr().out
    assert "Not one right answer to the first 2 problems" in said and said.count("\n") == 1
    with pytest.raises(ValueError, match="14 道题.*太难.*bundled:solver"):
        make(plan, tmp_path / "zh", "zh")

    def one(made, **options):
        made.rows, made.dropped["unverified"] = [{}], 1
        yield

    shown = []
    monkeypatch.setattr(Generation, "parts", one)
    monkeypatch.setattr(
        "smolsynth.cli.progress.Progress.show", lambda self, line: shown.append(line)
    )
    monkeypatch.setattr("smolsynth.generation.run.save_beside", lambda *rows: tmp_path)
    make(plan, tmp_path / "en", "en")
    assert "1 of 2 problems solved" in shown[0]


def test_verified_rows_keep_the_verdict_when_they_are_saved(tmp_path):
    from smolsynth import save_rows

    plan = Plan(technique="verified", rows=3)
    assert plan.model == "bundled:solver" and not plan.seed_texts()
    rows = []
    for problem in plan.inputs()[:3]:
        answer = f"Answer: {problem['expected']}"
        judged = {"response": answer, "thoughts": "so", "pass_rate": 1.0, "difficulty": "always"}
        found = {"verified": True, "verdict": "right", "extracted": "", "verdict_reason": "."}
        rows.append(as_row({**problem, **judged, **found}, "en")[0])
    folder = save_rows(rows, plan, tmp_path / "made")
    line = json.loads((folder / "train.jsonl").read_text("utf-8").splitlines()[0])
    assert line["messages"][1]["content"] == rows[0]["response"]
    assert (line["thoughts"], line["verified"], line["pass_rate"]) == ("so", True, 1.0)
    card = (folder / "README.md").read_text("utf-8")
    assert "`verified`" in card and "`pass_rate`" in card and "a program checks" in card
    assert "PickVerified" in (folder / "pipeline.py").read_text("utf-8")


def test_a_copy_of_the_course_without_the_solver_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr("smolsynth.llms.bundled.MODELS", tmp_path)
    for name in ("solver", "solver_base"):
        with pytest.raises(LLMUnavailable, match=f"lacks the model '{name}'"):
            load_llm(f"bundled:{name}").load()


@pytest.mark.parametrize("technique", [name for name in TECHNIQUES if name != "verified"])
def test_changed_prompts_stand_in_the_code_and_the_card_and_are_sent(technique):
    settings = {"technique": technique, "model": "openai:http://localhost:1/v1#m"}
    usual = Plan(topics="weather", **settings)
    own = {name: f'{text}\nA "{{mark}}".' for name, text in editable(usual).items()}
    plan = Plan(
        topics="weather", prompts=own, judge="hf:a/b", temperature=0.3, thinking="off", **settings
    )
    assert editable(plan) == own and editable(plan, usual=True) == editable(usual)
    assert set(own) <= set(prompts(plan)) and plan.digest() != usual.digest()
    assert Plan(**json.loads(json.dumps(asdict(plan)))) == plan
    written = code_of(plan)
    compile(written, "pipeline.py", "exec")
    assert written.count("{mark}") >= len(own) and '"off"' in plan.command()
    assert ("hf:a/b" in written) == (plan.kind == "preference")
    for name in own:
        with pytest.raises(PlanError):
            Plan(prompts={name: " "}, **settings)


def test_tasks_send_the_prompt_they_are_given():
    llm, prompt = BundledLLM(), "[system]\nBe {kind}.\n\n[user]\n{document} {instruction}"
    ask = QueryWriter(llm=llm, prompt=prompt)
    ask.load()
    said = ask.format_input({"input": "[system]\n{instruction}"})
    assert said[0] == {"role": "system", "content": "Be {kind}."}
    assert said[1]["content"] == "[system]\n{instruction} {instruction}"
    judge = Judge(llm=llm, aspect="overall-rating", prompt="{response 2} or {response 1}?")
    judge.load()
    said = judge.format_input({"instruction": "x", "generations": ["{response 2}", "b"]})
    assert said == [{"role": "user", "content": "b or {response 2}?"}]
