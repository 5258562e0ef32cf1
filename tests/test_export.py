"""Exported data is complete or refused, has an honest card, loads offline, and TRL trains on it."""

import errno
import json
import math
import re
import shutil
from pathlib import Path

import pytest
import yaml
from datasets import Dataset, load_dataset

from smolsynth._files import free_name
from smolsynth.datasets import save as export
from smolsynth.datasets.card import TEMPLATES, fenced, model_in_words
from smolsynth.datasets.convert import PAIR, to_messages, to_preferences
from smolsynth.datasets.read import read_rows
from smolsynth.datasets.redact import without_secrets
from smolsynth.datasets.save import save
from smolsynth.errors import ConvertError
from smolsynth.llms import MODELS
from smolsynth.quality.report import QualityError, measure

TUTOR = MODELS / "tutor"
ROWS = [
    {"instruction": f"What is thing {i}?", "response": f"Thing {i} is a thing.", "topic": "things"}
    for i in range(8)
]
ABOUT = {"lang": "en", "model": "bundled", "technique": "SelfInstruct", "seed": 42}
WHY = "The form is tested here, not the texts."


def talk(*turns) -> list[dict[str, str]]:
    return [{"role": role, "content": content} for role, content in turns]


@pytest.fixture
def messages():
    return to_messages(ROWS)


# ---- to_messages ----


def test_messages_are_what_trl_takes(messages):
    assert messages.column_names == ["messages"] and len(messages) == len(ROWS)
    assert messages[2]["messages"] == talk(
        ("user", "What is thing 2?"), ("assistant", "Thing 2 is a thing.")
    )


def test_other_columns_and_system_prompts():
    data = [
        {"q": "Hi", "a": "Hello", "s": "Be kind."},
        {"q": "Bye", "a": "Bye", "s": None},
        {"q": " Hm\n", "a": "Yes", "s": ""},
    ]
    made = to_messages(Dataset.from_list(data), "q", "a", "s")["messages"]
    assert list(made) == [
        talk(("system", "Be kind."), ("user", "Hi"), ("assistant", "Hello")),
        talk(("user", "Bye"), ("assistant", "Bye")),
        talk(("user", " Hm\n"), ("assistant", "Yes")),
    ]


def test_whole_conversations():
    turns = talk(("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d"))
    data = [{"conversation": turns}, {"conversation": [*talk(("system", "s")), *turns]}]
    made = to_messages(data, conversation="conversation")
    assert [row["messages"] for row in made] == [row["conversation"] for row in data]


def test_no_rows_make_no_messages():
    assert len(to_messages([])) == 0
    assert to_messages([]).column_names == ["messages"]


BAD = {
    4: ("instruction", None, "row 4 (instruction is missing)"),
    7: ("response", "", "row 7 (response is empty)"),
    8: ("response", " \n", "row 8 (response is empty)"),
    9: ("response", ["x"], "row 9 (response is no text but list)"),
}


def test_rows_that_cannot_be_trained_on_are_named_not_dropped():
    data = [dict(ROWS[0]) for _ in range(10)]
    for i, (column, value, _) in BAD.items():
        data[i][column] = value
    with pytest.raises(ValueError) as caught:
        to_messages(data)
    said = str(caught.value)
    assert said.startswith("4 of 10 rows can't be exported (counted from 0): row 4 (instruction is")
    assert all(words in said for _, _, words in list(BAD.values())[:3])
    assert "row 9" not in said and "…" in said


@pytest.mark.parametrize("fault", BAD.values(), ids=str)
def test_each_fault_is_told_in_words(fault):
    column, value, words = fault
    with pytest.raises(ValueError, match=re.escape(words.partition("(")[2])):
        to_messages([{**ROWS[0], column: value}])


def test_half_a_character_is_refused():
    with pytest.raises(ValueError, match="half a character"):
        to_messages([{**ROWS[0], "response": "bad \ud83d"}])


def test_the_filter_in_the_error_works():
    answers = ["fine", None, "", "fine too"]
    dataset = Dataset.from_list([{"question": "Q?", "answer": a} for a in answers])
    with pytest.raises(ValueError) as caught:
        to_messages(dataset, "question", "answer")
    scope = {"dataset": dataset}
    exec(re.search(r"dataset = dataset\.filter\(.*\)$", str(caught.value))[0], scope)
    assert len(to_messages(scope["dataset"], "question", "answer")) == 2


def test_a_missing_column_is_named():
    with pytest.raises(ValueError, match=r"no column 'response'; the columns are \['instruction'"):
        to_messages([{"instruction": "Hi"}])
    with pytest.raises(ValueError, match="no column 'system_prompt'"):
        to_messages(ROWS, system="system_prompt")


BAD_TALKS = [
    None,
    [],
    "Hi",
    talk(("user", "a")),
    talk(("assistant", "a"), ("user", "b")),
    talk(("user", "a"), ("user", "b"), ("assistant", "c")),
    talk(("system", "a")),
    talk(("user", "a"), ("system", "b"), ("assistant", "c")),
    talk(("user", "a"), ("bot", "b")),
    talk(("user", "a"), ("assistant", "")),
    talk(("user", None), ("assistant", "b")),
    [{"role": "user", "text": "a"}, {"role": "assistant", "text": "b"}],
    [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}],
]


@pytest.mark.parametrize("turns", BAD_TALKS, ids=str)
def test_talks_that_are_not_well_formed_are_refused(turns, tmp_path):
    good = talk(("user", "a"), ("assistant", "b"))
    with pytest.raises(ValueError, match=r"^1 of 2 rows can't .* row 1 \("):
        to_messages([{"t": good}, {"t": turns}], conversation="t")
    with pytest.raises(ValueError, match=r"^1 of 2 rows can't .* row 1 \("):
        save([{"messages": good}, {"messages": turns}], tmp_path / "out", **ABOUT)
    assert not any(tmp_path.iterdir())


# ---- save ----


def test_a_folder_loads_offline_as_it_was_saved(messages, tmp_path):
    folder = save(messages, tmp_path / "sub" / "things", **ABOUT)
    assert folder == tmp_path / "sub" / "things"
    assert sorted(p.name for p in folder.iterdir()) == ["README.md", "train.jsonl"]
    assert [p.name for p in folder.parent.iterdir()] == ["things"]
    loaded = load_dataset(str(folder), split="train", cache_dir=str(tmp_path / "cache"))
    assert list(loaded["messages"]) == list(messages["messages"])


def test_a_folder_made_again_loads_its_new_rows(messages, tmp_path):
    cache = str(tmp_path / "cache")
    for count in (8, 5):
        folder = save(messages.select(range(count)), tmp_path / "things", **ABOUT)
        assert len(load_dataset(str(folder), split="train", cache_dir=cache)) == count
        shutil.rmtree(folder)


def test_lines_are_readable_json_whatever_the_text(tmp_path):
    odd = 'Größe 水壶 👩‍🔬 "quoted" \\ back\\slash\ttab\nline\u2028line\x85line\x1b[0m \u202e'
    dataset = to_messages([{"instruction": odd, "response": "好"}] * 3)
    folder = save(dataset, tmp_path / "odd", despite=WHY, **ABOUT)
    text = (folder / "train.jsonl").read_bytes().decode("utf-8")
    assert len(text.splitlines()) == 3 and text.endswith("\n")
    assert "Größe 水壶 👩‍🔬" in text and "好" in text
    for line in text.splitlines():
        assert json.loads(line) == {"messages": talk(("user", odd), ("assistant", "好"))}
    loaded = load_dataset(str(folder), split="train", cache_dir=str(tmp_path / "cache"))
    assert loaded[0]["messages"][0]["content"] == odd


def test_the_same_rows_give_the_same_bytes(messages, tmp_path):
    one, two = (save(messages, tmp_path / d / "things", **ABOUT) for d in "ab")
    for name in ("train.jsonl", "README.md"):
        assert (one / name).read_bytes() == (two / name).read_bytes()


def test_an_existing_folder_is_refused_and_kept(messages, tmp_path):
    folder = save(messages, tmp_path / "things", **ABOUT)
    (folder / "mine.txt").write_text("kept")
    with pytest.raises(FileExistsError, match="exists already.*things-2, or delete it first"):
        save(messages, folder, **ABOUT)
    assert (folder / "mine.txt").read_text() == "kept" and len(list(tmp_path.iterdir())) == 1
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileExistsError, match="empty-2"):
        save(messages, tmp_path / "empty", **ABOUT)


def test_a_free_folder_is_found(tmp_path):
    assert free_name(tmp_path / "out") == tmp_path / "out"
    (tmp_path / "out").mkdir()
    (tmp_path / "out-2").write_text("a file")
    (tmp_path / "out-3").symlink_to(tmp_path / "nowhere")
    assert free_name(str(tmp_path / "out")) == tmp_path / "out-4"


def test_a_file_in_the_way_is_told_in_one_sentence(messages, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OSError, match=r"^The dataset can't be written to .*: choose a folder") as e:
        save(messages, tmp_path / "file" / "out", **ABOUT)
    assert not isinstance(e.value, FileExistsError)


def test_a_folder_one_may_not_write_to_is_told_in_one_sentence(messages, tmp_path, monkeypatch):
    def mkdir(self, *args, **kwargs):
        if self.name.endswith(".part"):
            raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", mkdir)
    with pytest.raises(PermissionError, match=r"^The dataset can't .*Permission denied\): choose"):
        save(messages, tmp_path / "out", **ABOUT)


def test_a_write_that_fails_leaves_nothing_behind(messages, tmp_path, monkeypatch):
    def write_text(self, *args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", write_text)
    with pytest.raises(OSError, match="No space left on device"):
        save(messages, tmp_path / "out", **ABOUT)
    assert not any(tmp_path.iterdir())


def test_more_files_come_into_the_folder_with_the_data(messages, tmp_path):
    folder = save(messages, tmp_path / "out", files={"pipeline.py": "print('水')\n"}, **ABOUT)
    assert sorted(p.name for p in folder.iterdir()) == ["README.md", "pipeline.py", "train.jsonl"]
    assert (folder / "pipeline.py").read_bytes() == "print('水')\n".encode()
    for name in ("README.md", "train.jsonl", "../x.py", "a/b.py", ""):
        with pytest.raises(ValueError, match="files can't hold"):
            save(messages, tmp_path / "no", files={name: "x"}, **ABOUT)


def test_what_cannot_be_saved_is_refused(messages, tmp_path):
    with pytest.raises(ValueError, match="no rows"):
        save(to_messages([]), tmp_path / "out", **ABOUT)
    with pytest.raises(ValueError, match="holds prompts and raw outputs: .*remove_columns"):
        save(messages.add_column("distilabel_metadata", ["x"] * 8), tmp_path / "out", **ABOUT)
    with pytest.raises(ValueError, match="no column 'messages'"):
        save(ROWS, tmp_path / "out", **ABOUT)
    with pytest.raises(ValueError, match='"en" or "zh"'):
        save(messages, tmp_path / "out", **{**ABOUT, "lang": "fr"})
    assert not any(tmp_path.iterdir())


# ---- the card ----


def card_of(dataset, tmp_path, **about) -> str:
    folder = save(dataset, tmp_path / "card", **{**ABOUT, **about})
    return (folder / "README.md").read_text(encoding="utf-8")


def header_of(card: str) -> dict:
    return yaml.safe_load(card.split("---\n")[1])


def test_the_header_is_what_the_hub_reads(messages, tmp_path):
    from huggingface_hub import DatasetCard

    card = card_of(messages, tmp_path)
    assert header_of(card) == {
        "language": ["en"],
        "license": "apache-2.0",
        "task_categories": ["text-generation"],
        "tags": ["synthetic", "distilabel"],
        "size_categories": ["n<1K"],
    }
    assert DatasetCard(card).data.language == ["en"]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    ("model", "license", "en", "zh"),
    [
        ("hf:meta-llama/Llama-3.1-8B-Instruct", "llama3.1", "“Built with Llama”", "“Llama”开头"),
        ("openai:http://localhost:1/v1#qwen2.5:72b", "other", "“Built with Qwen”", "“Built with"),
        ("hf:google/gemma-2-2b-it", "gemma", "Gemma Terms of Use", "衍生模型"),
        ("openai:https://api.openai.com/v1#gpt-4o", "other", "compete with OpenAI", "竞争"),
        ("transformers:/home/gemma/my-model", "unknown", "not known here", "不知道"),
        ("bundled", "apache-2.0", "asks nothing", "没有要求"),
    ],
)
def test_the_licence_is_the_model_s(lang, model, license, en, zh, messages, tmp_path):
    about = {**ABOUT, "lang": lang, "model": model, "despite": WHY}
    card = (save(messages, tmp_path / "x", **about) / "README.md").read_text("utf-8")
    assert header_of(card)["license"] == license
    part = card.split("## Licence\n" if lang == "en" else "## 许可证\n")[1].split("\n## ")[0]
    assert (en if lang == "en" else zh) in part


def test_licences_are_told_by_names_alone():
    from smolsynth.datasets.licences import ASKS, TABLE, terms_of

    assert (
        ASKS["en"].keys() == ASKS["zh"].keys() == {t.asks for _, t in TABLE} | {"unknown", "given"}
    )
    for model, license in (
        ("meta-llama/Meta-Llama-3-8B-Instruct", "llama3"),
        ("TinyLlama/TinyLlama-1.1B-Chat", "apache-2.0"),
        ("meta-llama/Llama-3.3-70B-Instruct", "llama3.3"),
        ("llama-33b", "llama3"),  # of 33 B parameters
        ("Qwen/Qwen3-4B、meta-llama/Llama-3.3-70B-Instruct；评审：zai-org/GLM-4.5", "unknown"),
        ("smolsynth/tutor、smolsynth/novice；评审：smolsynth/tutor", "apache-2.0"),
        ("deepseek-ai/DeepSeek-R1-Distill-Llama-8B", "llama3.1"),
        ("deepseek-ai/DeepSeek-R1", "mit"),
        ("Qwen/Qwen2.5-3B-Instruct", "other"),
        ("Qwen/Qwen3-4B", "apache-2.0"),
        ("mistralai/Mistral-Large-Instruct-2407", "other"),
        ("openai/gpt-oss-20b", "apache-2.0"),
        ("smollm2", "apache-2.0"),
        ("bundled and gpt-4o", "unknown"),
        ("-", "unknown"),
    ):
        assert terms_of(model).license == license, model


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("format", ["llama-factory", "openai", "alpaca", "ms-swift", "axolotl"])
def test_a_trainer_s_form_with_its_file_and_a_card(format, lang, messages, tmp_path):
    about = {**ABOUT, "lang": lang, "despite": WHY}
    folder = save(messages, tmp_path / "x", format=format, **about)
    beside = {"llama-factory": ["dataset_info.json"], "axolotl": ["axolotl.yaml"]}
    wanted = {"README.md", "train.jsonl", *beside.get(format, [])}
    assert {path.name for path in folder.iterdir()} == wanted
    back = read_rows(folder / "train.jsonl").rows
    assert [row["messages"] for row in back] == list(messages["messages"])
    card = (folder / "README.md").read_text("utf-8")
    assert f"`{format}`" in card and "from trl" not in card


def test_a_trainer_without_a_place_for_pairs_is_refused_in_the_card_s_language(messages, tmp_path):
    about = {**ABOUT, "lang": "zh", "despite": WHY}
    with pytest.raises(ConvertError, match="preference 格式放不下 instruction 类的数据"):
        save(messages, tmp_path / "x", format="preference", **about)
    assert not list(tmp_path.iterdir())


def test_another_license_is_kept(messages, tmp_path):
    assert header_of(card_of(messages, tmp_path, license="cc-by-4.0"))["license"] == "cc-by-4.0"


def test_the_card_tells_how_and_how_much(tmp_path):
    from importlib.metadata import version

    data = [
        {"t": talk(("user", "ab"), ("assistant", "abcd"))},
        {
            "t": talk(
                ("system", "s"),
                ("user", "abcd"),
                ("assistant", "a"),
                ("user", "abc"),
                ("assistant", "a"),
            )
        },
    ]
    dataset = to_messages(data, conversation="t")
    card = card_of(
        dataset, tmp_path, technique="Magpie", seed=7, notes="Two turns at **most**.", despite=WHY
    )
    for line in (
        "| technique | Magpie |",
        "| model | the small tutor model that comes with smolsynth |",
        "| seed | 7 |",
        f"| distilabel | {version('distilabel')} |",
        "| rows | 2 |",
        "| user turns per row, mean | 1.5 |",
        "| rows with a system prompt | 1 |",
        "| characters per user turn, mean | 3 |",
        "| characters per assistant turn, mean | 2 |",
        "Two turns at **most**.",
    ):
        assert f"\n{line}\n" in card
    assert not re.search(r"\b20\d\d-\d\d", card)  # no date


def test_the_card_is_chinese_for_chinese_data(tmp_path):
    dataset = to_messages([{"instruction": "水壶是什么？", "response": "一种容器。"}])
    card = card_of(dataset, tmp_path, lang="zh", technique="SelfInstruct，再用 EvolInstruct")
    assert header_of(card)["language"] == ["zh"]
    assert (
        "| 技术 | SelfInstruct，再用 EvolInstruct |" in card and '"content": "水壶是什么？"' in card
    )
    assert 'Trainer("Qwen/' in card  # a student that knows Chinese
    cards = [(TEMPLATES / f"card_{lang}.md.j2").read_text("utf-8") for lang in ("en", "zh")]
    titles = [len(re.findall(r"^#+ ", text, re.M)) for text in cards]
    fields = [re.findall(r"{[{%].*?[%}]}", text) for text in cards]
    assert titles[0] == titles[1] and fields[0] == fields[1]


def blocks(card: str) -> list[tuple[str, str]]:
    """Code blocks as CommonMark sees them: (info, text)."""
    found, fence, lines = [], None, []
    for line in card.split("\n"):
        if fence is None:
            if opened := re.match(r" {0,3}(`{3,})([^`]*)$", line):
                fence, info, lines = opened[1], opened[2], []
        elif re.fullmatch(rf" {{0,3}}`{{{len(fence)},}} *", line):
            found.append((info, "\n".join(lines)))
            fence = None
        else:
            lines.append(line)
    assert fence is None, "a code block is not closed"
    return found


def test_examples_are_drawn_from_all_rows(messages, tmp_path):
    shown = [body for info, body in blocks(card_of(messages, tmp_path)) if info == "json"]
    numbers = [list(messages).index(json.loads(body)) for body in shown]
    assert numbers == sorted(set(numbers)) and len(numbers) == 3 and max(numbers) > 2


@pytest.mark.parametrize(
    "text",
    [
        "```\n# No heading\n```",
        "````` `` `",
        "~~~\n</details><script>alert(1)</script>",
        "`" * 30,
        "---\nlicense: mit\n---",
        "{rows} {0} %s",
    ],
)
def test_examples_stay_inside_their_fences(text, tmp_path):
    dataset = to_messages([{"instruction": text, "response": text}] * 5)
    card = card_of(dataset, tmp_path, despite=WHY)
    examples = [json.loads(body) for info, body in blocks(card) if info == "json"]
    assert examples == list(dataset.select(range(3)))
    outside = card
    for _, body in blocks(card):
        outside = outside.replace(body, "")
    assert "script" not in outside and "No heading" not in outside
    assert header_of(card)["license"] == "apache-2.0"


@pytest.mark.parametrize("text", ["```\nx\n```", "a\n``````\nb", "plain"])
def test_a_fence_holds_lines_of_backticks(text):
    assert blocks(fenced(text, "text")) == [("text", text)]


def test_secrets_and_machine_paths_stay_out(messages, tmp_path):
    token = "hf_" + "a1B2" * 8
    card = card_of(
        messages,
        tmp_path,
        model="transformers:/home/someone/models/mine",
        technique=f"prompts of C:\\Users\\someone\\prompts.txt, with {token}",
        notes=(
            f"Logged in as {token}; see /home/someone/run.py, path:/srv/data/, ~/notes.txt and"
            " https://me:pw@example.org/page?key=s3cret, file:///home/someone/x.txt."
            " Either/or 1/2 and <b>bold</b> stay."
        ),
    )
    for secret in (token, "someone", "/srv", "~/", "me:pw", "s3cret", "C:", str(tmp_path)):
        assert secret not in card, secret
    assert "| model | mine |" in card and "prompts.txt, with …" in card
    assert "see run.py, path:data notes.txt" not in card and "https://example.org/page" in card
    assert "Either/or 1/2 and <b>bold</b> stay." in card


KEYS = (
    "hf_" + "a1B2" * 8,
    "sk-proj-" + "Ab3_" * 10,
    "sk-ant-api03-" + "Ab3-" * 10,
    "gsk_" + "a1B2" * 12,
    "AKIA" + "IOSFODNN7EXAMPLE",
    "ghp_" + "a1B2" * 9,
    "AIza" + "Sy-1_" * 7,
    "xoxb-123456789012-abcdefGHIJ",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1g",
)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("around", ["{}", "key={}", '"{}",', "密钥：{}。", "Bearer {}\n"])
def test_keys_are_masked_whatever_stands_around_them(key, around):
    assert without_secrets(around.format(key)) == around.format("…")


AS_THEY_ARE = (
    "[INST] <<SYS>>Be kind.<</SYS>> Why? [/INST]",
    r"\frac{1}{2} + \sqrt{2}, \n and \t, \\begin{cases}",
    "/top_p, /no_think, and/or, 1/2, TCP/IP, 10 km/h, </think> <br/>",
    "sk-learn, task-based work, risk-averse, hf_hub, disk-usage-of-the-whole-machine",
    "A: /a/b/c.py is a path. //comment, C: it is. https://example.org/a/b?q=how+to#top",
    "https://example.org/搜索?q=猫。",
)


@pytest.mark.parametrize("text", AS_THEY_ARE)
def test_texts_without_secrets_stay_as_they_are(text):
    assert without_secrets(text) == text


def test_the_templates_of_distilabel_stay_as_they_are():
    import distilabel

    folder = Path(distilabel.__file__).parent / "steps" / "tasks" / "templates"
    templates = list(folder.rglob("*.jinja2"))
    assert len(templates) > 10
    for path in templates:
        text = path.read_text("utf-8")
        assert without_secrets(text) == text, path.name


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("bundled:novice", "the small novice model that comes with smolsynth"),
        ("bundled", "the small tutor model that comes with smolsynth"),
        ("transformers:HuggingFaceTB/SmolLM2-135M-Instruct", "HuggingFaceTB/SmolLM2-135M-Instruct"),
        ("transformers:./models/mine/", "mine"),
        ("transformers:D:\\models\\mine", "mine"),
        ("/opt/models/mine", "mine"),
        ("openai:http://10.1.2.3:8000/v1#Qwen/Qwen3", "Qwen/Qwen3, served at an OpenAI"),
        ("hf:Qwen/Qwen3", "Qwen/Qwen3, through Hugging Face Inference Providers"),
        ("two | models\nof mine", "two \\| models of mine"),
    ],
)
def test_models_are_named_without_their_place(spec, words):
    said = model_in_words(spec, "en")
    assert said.startswith(words) and "10.1.2.3" not in said


# ---- preferences ----

PAIRS = [
    {
        "instruction": f"What is thing {i}?",
        "chosen": f"Thing {i} is a thing.",
        "rejected": f"Thing {i} is no thing, and that is all there is to say.",
        "system": "You are kind." if i % 2 else None,
    }
    for i in range(8)
]


@pytest.fixture
def preferences():
    return to_preferences(PAIRS, system="system")


@pytest.fixture
def rated():
    rows = [{**row, "chosen_rating": 5, "rejected_rating": 2} for row in PAIRS]
    return to_preferences(rows, system="system")


def test_preferences_are_what_trl_takes(preferences):
    assert preferences.column_names == ["prompt", "chosen", "rejected"]
    assert len(preferences) == len(PAIRS)
    assert preferences[1] == {
        "prompt": talk(("system", "You are kind."), ("user", "What is thing 1?")),
        "chosen": talk(("assistant", "Thing 1 is a thing.")),
        "rejected": talk(("assistant", PAIRS[1]["rejected"])),
    }
    assert preferences[2]["prompt"] == talk(("user", "What is thing 2?"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"chosen": None}, r"row 3 \(chosen is missing\)"),
        ({"rejected": "  "}, r"row 3 \(rejected is empty\)"),
        ({"rejected": " Thing 3 is a thing.\n"}, r"row 3 \(chosen equals rejected\)"),
    ],
)
def test_pairs_that_teach_nothing_are_named_not_dropped(change, said):
    faulty = [{**row, **change} if i == 3 else row for i, row in enumerate(PAIRS)]
    with pytest.raises(ValueError, match=said) as error:
        to_preferences(faulty)
    filtered = Dataset.from_list(faulty)
    code = str(error.value).split("dataset = ")[1]
    kept = eval(code, {"dataset": filtered})  # the way out that the error names
    assert len(to_preferences(kept)) == len(PAIRS) - 1


def test_a_missing_column_of_pairs_is_named():
    with pytest.raises(ValueError, match="no column 'better'"):
        to_preferences(PAIRS, chosen="better")


@pytest.mark.parametrize(("lang", "said"), [("en", "0%"), ("zh", "0%")])
def test_a_folder_of_pairs_loads_and_its_card_tells_lengths(preferences, tmp_path, lang, said):
    folder = save(preferences, tmp_path / "pairs", despite=WHY, **{**ABOUT, "lang": lang})
    cache = str(tmp_path / "cache")
    loaded = load_dataset(str(folder), split="train", cache_dir=cache)
    assert loaded.to_list() == preferences.to_list()
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert f"| {said} [" in card and "DPOTrainer" in card and "SFTTrainer" not in card
    assert ("偏好对" in card) == (lang == "zh")


def test_pairs_that_are_not_well_formed_are_not_saved(preferences, tmp_path):
    good = preferences.to_list()
    for change, said in (
        ({"rejected": good[0]["chosen"]}, "chosen equals rejected"),
        ({"chosen": []}, "chosen is no single turn"),
        ({"prompt": talk(("assistant", "Hi"))}, "prompt with chosen: roles"),
        ({"prompt": "What?"}, "prompt has no turns"),
    ):
        with pytest.raises(ValueError, match=said):
            save([{**good[0], **change}], tmp_path / "pairs", **ABOUT)
    assert not (tmp_path / "pairs").exists()


@pytest.mark.parametrize("format", ["jsonl", "parquet", "arrow"])
@pytest.mark.parametrize(("lang", "said"), [("en", "other columns"), ("zh", "其他列")])
def test_other_columns_and_calls_of_tools_go_along(format, lang, said, tmp_path):
    call = {"type": "function", "function": {"name": "weather", "arguments": "{}"}}
    turns = [
        {"role": "user", "content": "Rain?"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "no"},
        {"role": "assistant", "content": "No."},
    ]
    rows = [{"messages": turns, "topic": "sky", "turn_weight": [None, 0, None, 1]}] * 2
    about = {**ABOUT, "lang": lang, "despite": WHY}
    folder = save(rows, tmp_path / "out", format=format, **about)
    assert read_rows(folder).rows == rows
    assert f"- `topic`{'、' if lang == 'zh' else ', '}`turn_weight`" in (
        card := (folder / "README.md").read_text("utf-8")
    )
    assert said in card


def test_ratings_go_along(rated, tmp_path):
    assert rated.column_names == [*PAIR, *export.SCORES]
    assert rated["score_chosen"][:] == [5.0] * 8 and rated["score_rejected"][:] == [2.0] * 8
    folder = save(rated, tmp_path / "pairs", **ABOUT)
    loaded = load_dataset(str(folder), split="train", cache_dir=str(tmp_path / "cache"))
    assert loaded.to_list() == rated.to_list()
    assert "- `score_chosen`, `score_rejected`: " in (folder / "README.md").read_text("utf-8")
    named = [{**row, "a": 1.5, "b": None} for row in PAIRS]
    made = to_preferences(named, ratings=("a", "b"))
    assert made[0]["score_chosen"] == 1.5 and made[0]["score_rejected"] is None


def test_what_pandas_calls_missing_is_missing(tmp_path):
    import pandas

    rows = [{**row, "chosen_rating": 5, "rejected_rating": 2, "where": "x"} for row in PAIRS]
    rows[3] |= {"rejected_rating": None, "where": None}
    frame = pandas.DataFrame(rows)
    made = to_preferences(frame, system="system", source="where")
    assert made[3]["score_rejected"] is None and made[3]["source"] is None
    assert made[0]["prompt"] == talk(("user", "What is thing 0?"))  # its system prompt is NaN
    nan = {**made[3], "score_rejected": float("nan")}
    folder = save([nan, made[4], made[5]], tmp_path / "pairs", despite=WHY, **ABOUT)
    for path in folder.iterdir():
        assert "NaN" not in path.read_text("utf-8")
    frame.loc[2, "chosen"] = None
    with pytest.raises(ValueError, match=r"row 2 \(chosen is missing\)"):
        to_preferences(frame)
    with pytest.raises(ValueError, match=r"row 1 \(response is missing\)"):
        to_messages(pandas.DataFrame(ROWS).assign(response=["x", None] * 4))


def test_the_source_is_kept_if_named(tmp_path):
    rows = [{**row, "technique": "a|b" if i else "c"} for i, row in enumerate(ROWS)]
    dataset = to_messages(rows, source="technique")
    assert dataset.column_names == ["messages", "source"] and dataset[1]["source"] == "a|b"
    card = card_of(dataset, tmp_path)
    assert "| rows from a\\|b | 7 |" in card.splitlines()
    pairs = [{**row, "technique": "c"} for row in PAIRS]
    assert to_preferences(pairs, source="technique")[0]["source"] == "c"
    with pytest.raises(ValueError, match="no column 'where'"):
        to_messages(rows, source="where")


def test_prompts_are_shown_as_they_are(messages, tmp_path):
    prompts = {"<b>ask</b>": "Say ```{x}```\n</details> with hf_abcdefghijklmnop", "judge": "Rate."}
    card = card_of(messages, tmp_path, prompts=prompts)
    shown = [body for info, body in blocks(card) if info == "text"]
    assert shown == ["Say ```{x}```\n</details> with …", "Rate."]
    assert "<summary>&lt;b&gt;ask&lt;/b&gt;</summary>" in card and card.count("### Prompts") == 1
    assert "### Prompts" not in card_of(messages, tmp_path / "other")


# ---- the gate ----


def tied(rated):
    return [{**row, "score_rejected": 5.0} if i == 3 else row for i, row in enumerate(rated)]


def test_data_that_breaks_a_rule_is_refused_and_the_error_mends_it(rated, tmp_path):
    dataset = Dataset.from_list(tied(rated), features=rated.features)
    with pytest.raises(QualityError) as error:
        save(dataset, tmp_path / "pairs", **ABOUT)
    assert not any(tmp_path.iterdir())
    call = re.search(r"drop them: dataset = (.*)$", str(error.value))[1]
    mended = eval(call, {"dataset": dataset, "measure": measure})
    assert len(mended) == 7 and save(mended, tmp_path / "pairs", **ABOUT).is_dir()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_each_line_of_a_card_s_table_has_as_many_cells(messages, tmp_path, lang):
    """A fault may be named by what ends a cell or is taken for HTML: <|im_end|>, <think>."""
    card = card_of(messages, tmp_path, lang=lang, despite="They are in English.")
    faults = re.findall(r"(?m)^\|.*\| \d+(?: ✗)? \| [\d–]+ \|$", card)
    assert len(faults) > 9 and {len(re.findall(r"(?<!\\)\|", line)) for line in faults} == {4}
    assert "&lt;\\|im_end\\|&gt;" in card and "<think>" not in card


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_written_reason_overrides_and_goes_into_the_card(rated, tmp_path, lang):
    about = {**ABOUT, "lang": lang, "despite": "Ties | are\nwanted: /home/me/why.txt"}
    card = card_of(tied(rated), tmp_path, **about)
    reason = "Ties \\| are wanted: why.txt"
    words = {"en": f"are faulty (✗): {reason}\n", "zh": f"理由是：{reason}\n"}
    assert words[lang] in card
    row = {"en": "| both ratings are the same | 1 ✗ | 0 |", "zh": "| 两个分数相同 | 1 ✗ | 0 |"}
    assert row[lang] in card.splitlines()


def test_without_a_broken_rule_there_is_nothing_to_override(rated, tmp_path):
    card = card_of(rated, tmp_path, despite="To be sure.")
    assert "To be sure" not in card and "✗" not in card
    assert "| the row repeats an earlier one, nearly | 0 | 0 |" in card.splitlines()


def test_seeds_and_evaluation_questions_are_kept_out(messages, tmp_path):
    for given, said in (({"seeds": ["What is thing 4?"]}, "copied_seed"), ({}, "in_evaluation")):
        given = given or {"evaluation": ["what is THING 4"]}
        with pytest.raises(QualityError, match=f"{said}: 1 of 8"):
            save(messages, tmp_path / "out", **given, **ABOUT)
    assert not any(tmp_path.iterdir())


# ---- other formats ----


@pytest.mark.parametrize("kind", ["messages", "rated"])
def test_parquet_and_arrow_load_as_they_were_saved(kind, tmp_path, request):
    from datasets import load_from_disk

    data = request.getfixturevalue(kind)
    parquet = save(data, tmp_path / "parquet", format="parquet", **ABOUT)
    assert sorted(p.name for p in parquet.iterdir()) == ["README.md", "train.parquet"]
    loaded = load_dataset(str(parquet), split="train", cache_dir=str(tmp_path / "cache"))
    assert loaded.to_list() == data.to_list()
    arrow = save(data, tmp_path / "arrow", format="arrow", **ABOUT)
    assert load_from_disk(str(arrow)).to_list() == data.to_list()
    assert 'load_from_disk("./arrow")' in (arrow / "README.md").read_text("utf-8")


def test_another_format_is_refused(messages, tmp_path):
    with pytest.raises(ValueError, match="jsonl, parquet, arrow"):
        save(messages, tmp_path / "out", format="csv", **ABOUT)


# ---- training ----


def trained(folder: Path, tmp_path: Path, monkeypatch):
    """The trainer after the card's own lines, with a small model and two steps."""
    import torch

    [code] = [body for info, body in blocks((folder / "README.md").read_text()) if info == "python"]
    assert len([line for line in code.split("\n") if line]) == (10 if "SFT" in code else 6)
    for old, new in (
        ('"HuggingFaceTB/SmolLM2-135M-Instruct"', repr(str(TUTOR))),
        (
            'output_dir="student"',
            "output_dir='out', max_steps=2, per_device_train_batch_size=2, use_cpu=True,"
            " bf16=False, logging_steps=1, save_strategy='no', report_to='none', disable_tqdm=True",
        ),
    ):
        assert code.count(old) == 1
        code = code.replace(old, new)
    monkeypatch.chdir(folder.parent)
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", str(tmp_path / "cache"))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        scope: dict = {}
        exec(code, scope)
    finally:
        torch.set_num_threads(threads)
    trainer = scope["trainer"]
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert len(losses) == 2 and all(math.isfinite(loss) and loss > 0 for loss in losses)
    return trainer


def test_the_code_of_a_card_leaves_calls_of_tools_and_earlier_answers_to_be_learned(tmp_path):
    asked = {"role": "user", "content": "What is a cat?"}
    said = {"role": "assistant", "content": "A cat is a small mammal."}
    folders = {
        count: save([{"messages": [asked, said] * count}], tmp_path / f"talk{count}", **ABOUT)
        for count in (1, 2)
    }
    codes = [(folder / "README.md").read_text("utf-8") for folder in folders.values()]
    assert ['row["messages"][-1:]' in code for code in codes] == [True, False]
    assert ["assistant_only_loss" in code for code in codes] == [False, True]


def test_sft_trainer_trains_on_the_folder_with_the_code_of_its_card(tmp_path, monkeypatch):
    rows = [{**row, "system": "You are kind."} for row in ROWS]
    folder = save(to_messages(rows, system="system"), tmp_path / "things", **ABOUT)
    trainer = trained(folder, tmp_path, monkeypatch)
    example = trainer.train_dataset[2]
    decode = trainer.processing_class.decode
    assert decode(example["input_ids"]).rstrip("\n") == (
        "<|im_start|>system\nYou are kind.<|im_end|>\n"
        "<|im_start|>user\nWhat is thing 2?<|im_end|>\n"
        "<|im_start|>assistant\nThing 2 is a thing.<|im_end|>"
    )
    labels = trainer.data_collator([example])["labels"][0]
    learned = decode(labels[labels != -100])  # the response alone, as in lesson 4
    assert learned.rstrip("\n") == "Thing 2 is a thing.<|im_end|>"


def test_dpo_trainer_trains_on_the_folder_with_the_code_of_its_card(rated, tmp_path, monkeypatch):
    folder = save(rated, tmp_path / "pairs", **ABOUT)
    trainer = trained(folder, tmp_path, monkeypatch)
    example = trainer.train_dataset[1]
    decode = trainer.processing_class.decode
    assert decode(example["prompt_ids"]).endswith(
        "You are kind.<|im_end|>\n<|im_start|>user\nWhat is thing 1?<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
    assert "no thing" in decode(example["rejected_ids"])
    assert "no thing" not in decode(example["chosen_ids"])


def test_reward_trainer_learns_from_the_folder_which_text_is_better(tmp_path):
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer
    from trl import RewardConfig, RewardTrainer

    folder = save(to_preferences(PAIRS), tmp_path / "pairs", **ABOUT)
    novice = TUTOR.parent / "novice"
    trainer = RewardTrainer(
        AutoModelForSequenceClassification.from_pretrained(novice, num_labels=1, dtype="float32"),
        args=RewardConfig(
            str(tmp_path / "out"),
            max_steps=12,
            learning_rate=1e-3,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=False,
            seed=0,
        ),
        train_dataset=load_dataset(str(folder), split="train", cache_dir=str(tmp_path / "cache")),
        processing_class=AutoTokenizer.from_pretrained(novice),
    )
    torch.manual_seed(0)
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert losses[-1] < losses[0] / 2
