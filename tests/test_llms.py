"""The promises of `load_llm()`. None of them depends on what the models say."""

import importlib.util
import json
import multiprocessing
import pickle
import random
import shutil
import socket
import subprocess
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest

import smolsynth  # noqa: F401  before distilabel, to keep it quiet

# isort: split
from distilabel.models.mixins.magpie import MagpieChatTemplateMixin
from distilabel.steps.tasks import EvolInstruct, Magpie, SelfInstruct, TextGeneration
from openai_server import serve

from smolsynth.llms import (
    CT2LLM,
    MODELS,
    BundledLLM,
    LLMUnavailable,
    bundled,
    common,
    connect,
    ct2,
    load_llm,
)

WORDS = "the what river explain 水 weather moon 为什么 bread list three short cats".split()


def ask(text):
    return [{"role": "user", "content": text}]


def conversations(count, longest=120):
    draw = random.Random(0)
    return [ask(" ".join(draw.choices(WORDS, k=draw.randint(1, longest)))) for _ in range(count)]


def texts(outputs):
    return [output["generations"] for output in outputs]


def message(error, *wanted):
    """The error's text, after a look that it is one sentence that holds all of `wanted`."""
    text = str(error.value)
    assert "\n" not in text and text.endswith(".") and len(text) < 400, text
    for part in wanted:
        assert part in text, text
    return text


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    for name in ("SMOLSYNTH_LLM", "SMOLSYNTH_API_KEY", "OPENAI_API_KEY", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def tiny_llama(tmp_path_factory):
    """A folder with a Llama of random weights and the bundled model's tokenizer."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("models") / "tiny"
    tokenizer = transformers.AutoTokenizer.from_pretrained(MODELS / "tutor")
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        eos_token_id=1,
        pad_token_id=2,
    )
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(params=["bundled", "transformers"])
def spec(request):
    """Both kinds of local model: what follows holds for each of them."""
    if request.param == "bundled":
        return "bundled"
    return f"transformers:{request.getfixturevalue('tiny_llama')}"


# --- local models --------------------------------------------------------------------------------


def test_greedy_batch_equals_one_by_one(spec):
    llm = load_llm(spec)
    rows = [*conversations(10), ask("Why?")]
    settings = {"max_new_tokens": 16, "temperature": 0}
    together = llm.generate(rows, **settings)
    lengths = [output["statistics"]["input_tokens"][0] for output in together]
    assert max(lengths) > 8 * min(lengths)
    assert max(output["statistics"]["output_tokens"][0] for output in together) <= 16
    assert together == [llm.generate([row], **settings)[0] for row in rows]
    assert together[::-1] == llm.generate(rows[::-1], **settings)
    assert len({text for [text] in texts(together)}) > 1


def test_sampling_repeats(spec):
    rows = conversations(8, longest=30)
    # So hot that no model, however sure of itself, says the same thing twice.
    settings = {"num_generations": 3, "max_new_tokens": 12, "temperature": 3.0}
    llm = load_llm(spec)
    once = llm.generate(rows, **settings)
    assert once == load_llm(spec).generate(rows, **settings)
    assert all(len(set(generations)) == 3 for generations in texts(once))
    again = llm.generate(rows, **settings)
    assert texts(again) != texts(once)  # the same call once more is a new draw ...
    llm.load()
    assert llm.generate(rows, **settings) == once  # ... until load()
    assert texts(load_llm(spec, seed=7).generate(rows, **settings)) != texts(once)


def test_sampling_does_not_depend_on_the_order_of_calls(spec):
    calls = [conversations(5), [ask("One"), ask("Two")], [ask("Three")] * 8]

    def run(order):
        llm = load_llm(spec)
        return {i: texts(llm.generate(calls[i], max_new_tokens=12)) for i in order}

    orders = [run(order) for order in ((0, 1, 2), (1, 2, 0), (2, 1, 0))]  # each at each place
    assert all(result == orders[0] for result in orders)


def test_sampling_does_not_depend_on_threads_or_cores(monkeypatch):
    calls = [conversations(18), [ask("Two")] * 18, [ask("Three")] * 3]

    def call(llm, rows):
        return texts(llm.generate(rows, max_new_tokens=12))

    monkeypatch.setattr(common, "cores", lambda: 1)
    alone = [call(load_llm(), rows) for rows in calls]
    monkeypatch.setattr(common, "cores", lambda: 4)
    with ThreadPoolExecutor(3) as threads:
        assert list(threads.map(call, [load_llm()] * 3, calls)) == alone


def test_same_prompts_get_different_samples(spec):
    rows = [ask("Hello")] * 40  # more than one batch
    answers = texts(load_llm(spec).generate(rows, max_new_tokens=12, temperature=3.0))
    assert len({text for [text] in answers}) == 40


def test_without_seed_each_model_draws_anew(spec):
    settings = {"max_new_tokens": 12, "temperature": 3.0}
    first, second = (
        load_llm(spec, seed=None).generate(conversations(4), **settings) for _ in range(2)
    )
    assert texts(first) != texts(second)


def test_output_has_the_form_that_distilabel_counts(spec):
    llm = load_llm(spec)
    for temperature in (0, None, 0.7):
        outputs = llm.generate(
            conversations(3), num_generations=2, max_new_tokens=5, temperature=temperature
        )
        for output in outputs:
            assert [type(text) for text in output["generations"]] == [str, str]
            assert len(output["statistics"]["input_tokens"]) == 1
            assert all(0 <= n <= 5 for n in output["statistics"]["output_tokens"])
            assert len(output["statistics"]["output_tokens"]) == 2


def test_options_reach_the_model(spec):
    llm = load_llm(spec, max_new_tokens=3, temperature=0, top_p=0.5)
    assert llm.generation_kwargs == {"max_new_tokens": 3, "temperature": 0, "top_p": 0.5}
    assert {"max_new_tokens", "temperature", "top_p", "top_k"} <= set(
        llm.runtime_parameters_names["generation_kwargs"]
    )
    step = TextGeneration(llm=llm)
    step.load()
    (row,) = next(step.process([{"instruction": "Hello"}]))
    statistics = row["distilabel_metadata"]["statistics_text_generation_0"]
    assert statistics["output_tokens"] <= 3


def test_stop_sequences_end_an_answer(spec):
    llm = load_llm(spec)
    settings = {"max_new_tokens": 40, "temperature": 0}
    [[text]] = texts(llm.generate([ask("What is rain?")], **settings))
    assert len(text) > 4
    stop = text[3:5]
    [[cut]] = texts(llm.generate([ask("What is rain?")], stop_sequences=["\0", stop], **settings))
    assert cut == text[: text.index(stop)]


@pytest.mark.parametrize(
    ("inputs", "wanted"),
    [
        ([], "at least one conversation"),
        ("Hello", "at least one conversation"),
        (["Hello"], "inputs[0] must be a list of messages, not str"),
        ([[]], "use_magpie_template=True"),
        ([ask("fine"), ask(None)], "inputs[1]: the user message's content must be text"),
        ([ask(3)], "not int"),
        ([[{"content": "no role"}]], "needs a role"),
        ([(ask("x"), {"format": "json"})], "no structured output"),
        ([ask("fine"), ask("word " * 3000)], "inputs[1] has "),
    ],
)
def test_bad_inputs_are_named(spec, inputs, wanted):
    with pytest.raises(ValueError) as error:
        load_llm(spec).generate(inputs)
    message(error, wanted)


def test_loading_twice_and_after_unload(spec):
    llm, other = load_llm(spec), load_llm(spec)
    for one in (llm, other):
        one.load()
    loaded = "_model" if spec == "bundled" else "_pipeline"
    before, of_other = getattr(llm, loaded), getattr(other, loaded)
    llm.load()
    assert getattr(llm, loaded) is before is not None
    llm.unload()
    assert getattr(llm, loaded) is None
    assert getattr(other, loaded) is of_other  # one model's end is no other's
    assert len(llm.generate([ask("Hello")], max_new_tokens=2)) == 1


def test_unloading_frees_this_model_alone():
    tutor, novice = load_llm("bundled"), load_llm("bundled:novice")
    tutor.load()
    novice.load()
    kept = set(ct2._KEPT)
    tutor.unload()
    assert [key[0].name for key in kept - set(ct2._KEPT)] == ["tutor"]
    assert any(key[0].name == "novice" for key in ct2._KEPT)


def test_other_weights_in_the_same_folder_are_another_model(tmp_path, monkeypatch):
    """And a folder is found from another working directory, too."""
    folder = tmp_path / "student"
    shutil.copytree(MODELS / "novice", folder)
    rows = [ask("What is a kettle?"), ask("Why does it rain?"), ask("Name three animals.")]
    monkeypatch.chdir(tmp_path)
    here = CT2LLM(model="student")
    monkeypatch.chdir("/")
    first = texts(here.generate(rows, temperature=0, max_new_tokens=24))
    shutil.rmtree(folder)
    shutil.copytree(MODELS / "tutor", folder)
    again = texts(CT2LLM(model=str(folder)).generate(rows, temperature=0, max_new_tokens=24))
    tutor = load_llm("bundled").generate(rows, temperature=0, max_new_tokens=24)
    assert again == texts(tutor) != first


def answer_in_child(llm, queue):
    queue.put(texts(llm.generate(conversations(20), max_new_tokens=8)))


def test_pickles_and_survives_a_fork(spec):
    llm = load_llm(spec, use_magpie_template=True)
    rows = conversations(20)
    here = texts(llm.generate(rows, max_new_tokens=8))
    assert (
        texts(pickle.loads(pickle.dumps(load_llm(spec))).generate(rows, max_new_tokens=8)) == here
    )
    copy = pickle.loads(pickle.dumps(llm))
    copy.load()
    assert texts(copy.generate(rows, max_new_tokens=8)) == here
    if "fork" not in multiprocessing.get_all_start_methods():
        return
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    llm.load()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a fork beside threads is the point
        child = context.Process(target=answer_in_child, args=(llm, queue), daemon=True)
        child.start()
    there = queue.get(timeout=30)
    child.join(10)
    assert child.exitcode == 0
    assert there == here or spec != "bundled"  # torch rounds differently on one thread


def test_a_copy_has_seeds_of_its_own_and_shares_what_is_loaded(spec):
    llm = load_llm(spec, max_new_tokens=8)
    llm.load()
    once = texts(llm.generate([ask("Why?")], temperature=1))
    copied = llm.model_copy(deep=True)
    for name in ("_model", "_pipeline"):
        assert getattr(copied, name, None) is getattr(llm, name, None)
    copied.load()
    assert texts(copied.generate([ask("Why?")], temperature=1)) == once
    copied.generation_kwargs["max_new_tokens"] = 4
    assert llm.generation_kwargs["max_new_tokens"] == 8


# --- Magpie and the other tasks ------------------------------------------------------------------


def test_magpie_prompt_ends_with_the_opened_user_turn(spec):
    llm = load_llm(spec, use_magpie_template=True)
    assert isinstance(llm, MagpieChatTemplateMixin)
    llm.load()
    system = [{"role": "system", "content": "Talk about rain."}]
    assert llm.prepare_input([]) == "<|im_start|>user\n"
    assert llm.prepare_input(system) == (
        "<|im_start|>system\nTalk about rain.<|im_end|>\n<|im_start|>user\n"
    )
    turns = [*system, *ask("Why?"), {"role": "assistant", "content": "Because."}]
    assert llm.prepare_input(turns).endswith("assistant\nBecause.<|im_end|>\n<|im_start|>user\n")
    assert llm.prepare_input(ask("Why?")).endswith("Why?<|im_end|>\n<|im_start|>assistant\n")


LLAMA_3 = (
    "{{ bos_token }}{% for m in messages %}{{ '<|start_header_id|>' + m['role'] "
    "+ '<|end_header_id|>\n\n' + m['content'] | trim + '<|eot_id|>' }}{% endfor %}"
    "{% if add_generation_prompt %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
GEMMA = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}{% for m in messages %}"
    "{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Roles must alternate') }}{% endif %}"
    "{{ '<start_of_turn>' + ('model' if m['role'] == 'assistant' else 'user') + '\n' "
    "+ m['content'] | trim + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)


def test_magpie_fits_families_of_templates(tiny_llama):
    llm = load_llm(f"transformers:{tiny_llama}", use_magpie_template=True)
    system = [{"role": "system", "content": "Talk about rain."}]
    turns = [*system, *ask("Why?"), {"role": "assistant", "content": "So."}]
    bos = "<|im_start|>"

    llm.chat_template = LLAMA_3
    llm.load()
    user = "<|start_header_id|>user<|end_header_id|>\n\n"
    assert llm.prepare_input([]) == bos + user
    assert llm.prepare_input(system) == (
        f"{bos}<|start_header_id|>system<|end_header_id|>\n\nTalk about rain.<|eot_id|>{user}"
    )
    assert llm.prepare_input(turns).count(bos) == 1

    llm.unload()
    llm.chat_template = GEMMA
    llm.load()
    assert llm.prepare_input(system) == f"{bos}<start_of_turn>user\nTalk about rain.\n\n"
    assert llm.prepare_input(turns).endswith("model\nSo.<end_of_turn>\n<start_of_turn>user\n")
    assert "Talk about rain.\n\nWhy?" in llm.prepare_input(turns)
    with pytest.raises(ValueError) as error:
        llm.prepare_input(ask("One") + ask("Two"))
    message(error, "Roles must alternate")


@pytest.mark.parametrize(
    ("make", "row", "columns"),
    [
        (lambda llm: TextGeneration(llm=llm), {"instruction": "Rain?"}, {"generation"}),
        (lambda llm: SelfInstruct(llm=llm), {"input": "rain"}, {"instructions"}),
        (
            lambda llm: EvolInstruct(llm=llm, num_evolutions=2),
            {"instruction": "Rain?"},
            {"evolved_instruction"},
        ),
        (lambda llm: Magpie(llm=llm), {}, {"instruction", "response"}),
        (lambda llm: Magpie(llm=llm, n_turns=2), {"system_prompt": "Rain."}, {"conversation"}),
        (lambda llm: Magpie(llm=llm, only_instruction=True), {}, {"instruction"}),
    ],
    ids=["text", "self-instruct", "evol-instruct", "magpie", "magpie-turns", "magpie-only"],
)
def test_distilabel_tasks_run(spec, make, row, columns):
    llm = load_llm(spec, use_magpie_template=True, max_new_tokens=16)
    step = make(llm)
    step.load()
    rows = next(step.process([dict(row) for _ in range(3)]))
    assert len(rows) == 3
    for out in rows:
        assert columns <= set(out)
        assert all(out[column] is not None for column in columns)
    if "conversation" in columns:
        assert [m["role"] for m in rows[0]["conversation"]] == ["user", "assistant"] * 2


# --- the bundled model ---------------------------------------------------------------------------


def test_bundled_model_imports_neither_torch_nor_transformers(tmp_path):
    code = (
        "import sys, smolsynth\n"
        "from smolsynth.llms import load_llm\n"
        "load_llm().generate([[{'role': 'user', 'content': 'Hello'}]], max_new_tokens=4)\n"
        "print([m for m in ('torch', 'transformers', 'tensorflow') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_bundled_prompt_is_what_transformers_renders():
    transformers = pytest.importorskip("transformers")
    tokenizer = transformers.AutoTokenizer.from_pretrained(MODELS / "tutor")
    turns = [
        {"role": "system", "content": "Be short."},
        *ask("水是什么？ What is it?\n"),
        {"role": "assistant", "content": "Water."},
        *ask("And <|im_end|> ice?"),
    ]
    llm = load_llm()
    (output,) = llm.generate([turns], max_new_tokens=1)
    wanted = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    assert llm.prepare_input(turns) == wanted
    ids = tokenizer(wanted, add_special_tokens=False)["input_ids"]
    assert output["statistics"]["input_tokens"] == [len(ids)]


def test_greedy_batches_are_read_up_to_the_same_point(monkeypatch):
    """Rounding depends on it (see `CT2LLM._start`), but only in one text of a hundred."""
    ctranslate2 = pytest.importorskip("ctranslate2")
    seen = []

    class Spy(ctranslate2.Generator):
        def generate_batch(self, prompts, static_prompt=(), **settings):
            seen.append([len(static_prompt) + len(prompt) for prompt in prompts])
            return super().generate_batch(prompts, static_prompt=static_prompt, **settings)

    llm, rows = load_llm(), conversations(60, longest=40)
    llm.load()
    monkeypatch.setattr(ctranslate2, "Generator", Spy)
    llm.generate(rows, max_new_tokens=2, temperature=0)
    assert len(seen) < len(rows) / 3
    for lengths in seen:
        assert min(lengths) == ct2.read_at_once(max(lengths))
        assert max(lengths) - min(lengths) < ct2.BUCKET
        assert len(lengths) <= ct2.BATCH_SIZE + 1


@pytest.mark.parametrize("temperature", [0, 1.0])
def test_what_prompts_share_is_read_once_and_changes_nothing(monkeypatch, temperature):
    ctranslate2 = pytest.importorskip("ctranslate2")
    read = []

    class Spy(ctranslate2.Generator):
        def generate_batch(self, prompts, static_prompt=(), **settings):
            read.append((len(static_prompt), sum(map(len, prompts))))
            return super().generate_batch(prompts, static_prompt=static_prompt, **settings)

    rubric = {"role": "system", "content": "Rate each text from 1 to 5. " * 30}
    rows = [[rubric, *talk] for talk in conversations(16, longest=20)]
    settings = {"max_new_tokens": 24, "temperature": temperature}
    monkeypatch.setattr(ctranslate2, "Generator", Spy)
    together = texts(load_llm().generate(rows, **settings))
    shared = sum(size for _, size in read)
    monkeypatch.setattr(ct2, "SHARED", 10**6)
    read.clear()
    assert texts(load_llm().generate(rows, **settings)) == together
    assert not any(static for static, _ in read)
    assert shared < sum(size for _, size in read) / 3


def without(folder, name):
    (folder / name).unlink()


def cut_short(folder, name):
    path = folder / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("damage", "name"),
    [
        (without, "ct2/model.bin"),
        (cut_short, "ct2/model.bin"),
        (cut_short, "ct2/vocabulary.json"),
        (without, "tokenizer.json"),
        (cut_short, "tokenizer.json"),
        (without, "chat_template.jinja"),
        (cut_short, "config.json"),
        (without, "generation_config.json"),
    ],
)
def test_damaged_weights_say_reinstall(tmp_path, monkeypatch, damage, name):
    shutil.copytree(MODELS / "tutor", tmp_path / "tutor")
    monkeypatch.setattr(bundled, "MODELS", tmp_path)
    load_llm().load()
    damage(tmp_path / "tutor", name)
    with pytest.raises(LLMUnavailable) as error:
        load_llm().load()
    message(error, "'tutor'", "reinstall smolsynth")


def test_tokens_that_a_model_only_reads_are_never_written(tmp_path, monkeypatch):
    """`suppress_tokens` of a model's generation_config.json, as transformers knows it. At so high a
    temperature any token comes, the long texts of distilabel's templates too."""
    shutil.copytree(MODELS / "tutor", tmp_path / "tutor")
    monkeypatch.setattr(bundled, "MODELS", tmp_path)
    vocabulary = ct2.read_model(MODELS / "tutor").tokenizer.get_vocab()
    long = {text: number for text, number in vocabulary.items() if len(text) > 60}
    assert len(long) > 100
    settings = tmp_path / "tutor" / "generation_config.json"
    config = json.loads(settings.read_text())

    def written(only_read):
        settings.write_text(json.dumps({**config, "suppress_tokens": only_read}))
        llm = load_llm(temperature=50, max_new_tokens=200)
        llm.load()
        outputs = llm.generate([ask("Hi")] * 4, **llm.generation_kwargs)
        return {text for text in long for row in outputs if text in row["generations"][0]}

    assert not written(sorted(long.values()))
    assert written(None)


# --- choosing a model ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spec",
    ["gpt-4", "bundled:x", "transformers:", "openai:", "openai:http://x/v1", "openai:x#y", "hf:"],
)
def test_wrong_spec_lists_the_four_forms(spec, monkeypatch):
    forms = ("'bundled'", "'transformers:NAME_OR_PATH'", "'openai:BASE_URL#MODEL'", "'hf:MODEL'")
    with pytest.raises(ValueError) as error:
        load_llm(spec)
    message(error, repr(spec), *forms)
    monkeypatch.setenv("SMOLSYNTH_LLM", spec)
    with pytest.raises(ValueError) as error:
        load_llm()
    message(error, f"SMOLSYNTH_LLM={spec!r}", *forms)


def test_environment_chooses_and_the_argument_wins(tiny_llama, monkeypatch):
    assert isinstance(load_llm(), BundledLLM)
    monkeypatch.setenv("SMOLSYNTH_LLM", f"transformers:{tiny_llama}")
    assert load_llm().model_name == str(tiny_llama)
    assert isinstance(load_llm("bundled"), BundledLLM)


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"temprature": 1}, "temprature: the options are max_new_tokens, temperature, top_p"),
        ({"n": 2}, "This kind of model doesn't take n"),
        ({"min_p": 0.1}, "doesn't take min_p"),
        ({"thinking": "on"}, "thinking must be one of"),
        ({"stop": [""]}, "stop must be"),
        ({"top_k": -1}, "top_k must be"),
        ({"temperature": -0.1}, "temperature must be"),
        ({"temperature": "hot"}, "temperature must be"),
        ({"max_new_tokens": 0}, "max_new_tokens must be"),
        ({"max_new_tokens": 2.5}, "max_new_tokens must be"),
        ({"max_new_tokens": True}, "max_new_tokens must be"),
        ({"top_p": 0}, "top_p must be"),
        ({"top_p": 1.1}, "top_p must be"),
    ],
)
def test_wrong_options_are_named(options, wanted):
    with pytest.raises(ValueError) as error:
        load_llm(**options)
    message(error, wanted)


@pytest.mark.parametrize("name", ["./nowhere", "/no/where", "~/nowhere-at-all", "a/b/c", "a\\b"])
def test_missing_folder(name):
    pytest.importorskip("torch")
    with pytest.raises(LLMUnavailable) as error:
        load_llm(f"transformers:{name}")
    message(error, "There is no folder", repr(name))


def test_folder_without_a_model(tmp_path, tiny_llama):
    with pytest.raises(LLMUnavailable) as error:
        load_llm(f"transformers:{tmp_path}")
    message(error, "no config.json")
    folder = tmp_path / "damaged"
    shutil.copytree(tiny_llama, folder)
    cut_short(folder, "model.safetensors")
    with pytest.raises(LLMUnavailable) as error:
        load_llm(f"transformers:{folder}").load()
    message(error, "holds no model that transformers can load")


@pytest.mark.parametrize("switched_off", [True, False])
def test_hub_model_while_offline(monkeypatch, capfd, switched_off):
    pytest.importorskip("torch")
    # With no network, huggingface_hub by itself would retry for a minute and say so each time.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", switched_off)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    started = time.monotonic()
    with pytest.raises(LLMUnavailable) as error:
        load_llm("transformers:nobody/no-such-model").load()
    message(error, "'nobody/no-such-model'", "check the name and the network")
    assert time.monotonic() - started < 10
    assert capfd.readouterr() == ("", "")


def test_tokenizer_without_chat_template(tmp_path, tiny_llama):
    shutil.copytree(tiny_llama, tmp_path / "base")
    (tmp_path / "base" / "chat_template.jinja").unlink()
    with pytest.raises(LLMUnavailable) as error:
        load_llm(f"transformers:{tmp_path / 'base'}").load()
    message(error, "has no chat template")


def test_missing_packages_are_named(monkeypatch):
    find = importlib.util.find_spec
    hidden = {"torch", "transformers", "openai"}
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in hidden else find(name)
    )
    with pytest.raises(LLMUnavailable) as error:
        load_llm("transformers:some/model")
    message(error, "torch, transformers", 'pip install "smolsynth[train]"')
    with pytest.raises(LLMUnavailable) as error:
        load_llm("openai:http://127.0.0.1:9/v1#x")
    message(error, "pip install openai")


def test_transformers_stay_quiet(tiny_llama, capfd, recwarn):
    llm = load_llm(f"transformers:{tiny_llama}")
    for temperature in (0, None, 0.7):
        llm.generate(conversations(3), max_new_tokens=4, temperature=temperature)
    assert capfd.readouterr() == ("", "")
    assert [str(warning.message) for warning in recwarn] == []


def test_torch_random_state_is_left_alone(tiny_llama):
    torch = pytest.importorskip("torch")
    llm = load_llm(f"transformers:{tiny_llama}")
    torch.manual_seed(3)
    wanted = torch.rand(2).tolist()
    torch.manual_seed(3)
    llm.generate(conversations(3), max_new_tokens=4)
    assert torch.rand(2).tolist() == wanted


# --- servers -------------------------------------------------------------------------------------


@pytest.fixture
def server():
    with serve(load_llm(), delay=0.05) as chats:
        yield chats


def test_endpoint_answers_concurrently_and_in_order(server):
    llm = load_llm(f"openai:{server.base_url}#tutor", temperature=0, max_new_tokens=12)
    llm.max_concurrency = 4
    rows = conversations(12, longest=30)
    step = TextGeneration(llm=llm)
    step.load()
    out = next(step.process([{"instruction": row[0]["content"]} for row in rows]))
    wanted = load_llm().generate(rows, temperature=0, max_new_tokens=12)
    assert [[row["generation"]] for row in out] == texts(wanted)
    assert 1 < server.most_at_once <= 4
    assert {body["max_tokens"] for body in server.requests} == {12}
    statistics = out[0]["distilabel_metadata"]["statistics_text_generation_0"]
    assert statistics["input_tokens"] == wanted[0]["statistics"]["input_tokens"][0]


def test_endpoint_gives_all_generations_though_servers_ignore_n(server):
    llm = load_llm(f"openai:{server.base_url}#tutor", max_new_tokens=8)
    outputs = llm.generate(conversations(3), num_generations=2, max_new_tokens=8)
    assert [len(output["generations"]) for output in outputs] == [2, 2, 2]
    seeds = [body["seed"] for body in server.requests]
    assert len(set(seeds)) == 6
    load_llm(llm_spec := f"openai:{server.base_url}#tutor").generate(
        conversations(3), num_generations=2, max_new_tokens=8
    )
    assert sorted(body["seed"] for body in server.requests[6:]) == sorted(seeds)
    load_llm(llm_spec, seed=None).generate(conversations(1), max_new_tokens=8)
    assert "seed" not in server.requests[-1]


def test_endpoint_pickles_after_use(server):
    llm = load_llm(f"openai:{server.base_url}#tutor")
    llm.generate([ask("Hello")], max_new_tokens=4)
    copy = pickle.loads(pickle.dumps(llm))
    copy.load()
    assert len(copy.generate([ask("Hello")], max_new_tokens=4)) == 1


def test_a_chat_endpoint_cannot_do_magpie(server):
    with pytest.raises(LLMUnavailable) as error:
        load_llm(f"openai:{server.base_url}#tutor", use_magpie_template=True)
    message(error, "Magpie needs a model whose raw prompt we write", "404")


def test_endpoint_lists_its_models(server):
    with pytest.raises(LLMUnavailable) as error:
        load_llm(f"openai:{server.base_url}#other")
    message(error, "no model 'other'", "(tutor)")


def test_wrong_path_of_a_server(server):
    with pytest.raises(LLMUnavailable) as error:
        load_llm(f"openai:{server.base_url.removesuffix('/v1')}#tutor")
    message(error, "(404: no model tutor)", "mostly ends in /v1")


def test_unreachable_server():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(LLMUnavailable) as error:
        load_llm(f"openai:http://127.0.0.1:{port}/v1#tutor")
    message(error, f"Could not reach http://127.0.0.1:{port}/v1", "start the server")
    assert error.value.words("zh").startswith(f"连不上 http://127.0.0.1:{port}/v1/models")


def test_silent_server(monkeypatch):
    monkeypatch.setattr(connect, "LIST_TIMEOUT", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(LLMUnavailable) as error:
            load_llm(f"openai:http://127.0.0.1:{silent.getsockname()[1]}/v1#tutor")
    message(error, "Could not reach", "timed out")


def test_server_that_goes_away(server):
    llm = load_llm(f"openai:{server.base_url}#tutor")
    llm.max_retries = 0
    server.model = "another"
    with pytest.raises(LLMUnavailable) as error:
        llm.generate([ask("Hello")])
    message(error, server.base_url, "did not answer for 'tutor'")


def test_keys_are_asked_for_and_never_shown(monkeypatch):
    secret = "sk-very-secret-1234"
    with serve(load_llm(), key=secret) as server:
        spec = f"openai:{server.base_url}#tutor"
        with pytest.raises(LLMUnavailable) as error:
            load_llm(spec)
        message(error, "401", "without a key: set SMOLSYNTH_API_KEY")

        monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai-1234")  # not for this server
        with pytest.raises(LLMUnavailable) as error:
            load_llm(spec)
        message(error, "401", "without a key: set SMOLSYNTH_API_KEY")
        assert set(server.keys) == {"none"}

        monkeypatch.setenv("SMOLSYNTH_API_KEY", wrong := "sk-wrong-key-5678")
        with pytest.raises(LLMUnavailable) as error:
            load_llm(spec)
        assert wrong not in message(error, "401", "the key in SMOLSYNTH_API_KEY", "***")

        monkeypatch.setenv("SMOLSYNTH_API_KEY", secret)
        llm = load_llm(spec)
        assert len(llm.generate([ask("Hello")], max_new_tokens=4)) == 1
        shown = repr(llm) + str(llm) + json.dumps(llm.dump(), default=str)
        assert secret not in shown

        server.key = "changed"
        with pytest.raises(LLMUnavailable) as error:
            llm.generate([ask("Hello")], max_new_tokens=4)
        assert secret not in message(error, "Incorrect API key provided: ***")


def test_hf_needs_a_token_and_uses_it(monkeypatch):
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    with pytest.raises(LLMUnavailable) as error:
        load_llm("hf:some/model")
    message(error, "HF_TOKEN")
    monkeypatch.setattr("huggingface_hub.get_token", lambda: "hf_secret")
    with serve(load_llm(), model="some/model", key="hf_secret") as server:
        monkeypatch.setattr(connect, "HF_ROUTER", server.base_url)
        llm = load_llm("hf:some/model", max_new_tokens=4)
        assert len(llm.generate([ask("Hello")], **llm.generation_kwargs)) == 1
        assert "hf_secret" not in repr(llm)
        assert load_llm("hf:some/model:fastest").model_name == "some/model:fastest"
