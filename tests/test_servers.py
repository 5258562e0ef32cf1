"""Servers as they are: what they refuse, leave out, call otherwise and think; one fake for each."""

import json
import re
import warnings
from collections import Counter

import pytest
from openai_server import Refusal, serve

import smolsynth  # noqa: F401  before distilabel

# isort: split
from distilabel.steps.tasks import (
    EvolInstruct,
    EvolQuality,
    Magpie,
    SelfInstruct,
    TextGeneration,
    UltraFeedback,
)
from pydantic import BaseModel

from smolsynth.errors import LLMUnavailable, RowRefused
from smolsynth.llms import connect, endpoints, load_llm, thinking
from smolsynth.llms.habits import switch_off
from smolsynth.pipelines.pipeline import InProcessPipeline

TALK = [{"role": "user", "content": "hello"}]
WITH_SYSTEM = [{"role": "system", "content": "Be short."}, *TALK]


class Echo:
    """Answers each conversation with its own last words, at once."""

    def generate(self, inputs, **kwargs):
        texts = [f"heard {conversation[-1]['content']}" for conversation in inputs]
        tokens = {"input_tokens": [3], "output_tokens": [2]}
        return [{"generations": [text], "statistics": tokens} for text in texts]


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(connect, "_FOUND", {})
    endpoints.HABITS.clear()
    with serve(Echo(), model="echo") as server:
        yield server


def load(server, **options):
    llm = load_llm(f"openai:{server.base_url}#echo", **{"temperature": 0.5, **options})
    llm.first_wait = 0.005
    return llm


def ask(llm, talk=TALK, **options):
    """The one answer to one conversation, and the warnings that came with it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        (output,) = llm.generate([talk], **{**llm.generation_kwargs, **options})
    return output, [str(w.message) for w in caught if "echo" in str(w.message)]


# ---- what a server refuses by name ----
def refuses(name, status=400, body=None, unless=None):
    """A check of a request's body that refuses a parameter, as servers do."""

    def check(sent):
        if name in sent and sent[name] != unless:
            raise Refusal(
                status, body or {"error": {"message": f"Unsupported parameter: '{name}'"}}
            )

    return check


def refuses_system(sent):
    if sent["messages"][0]["role"] == "system":
        raise Refusal(500, {"error": {"message": "Jinja: System role not supported"}})


def wants_no_thoughts(sent):
    if sent.get("enable_thinking") is not False:
        words = "parameter.enable_thinking must be set to false for non-streaming calls"
        raise Refusal(400, {"error": {"code": "invalid_parameter_error", "message": words}})


LEAST = "Unsupported value: 'reasoning_effort' does not support 'none'. Supported: 'low', 'high'."
NAMED = [  # what refuses, with which options, what is said, what the next request holds
    (refuses("temperature"), {}, "temperature is left out", {"temperature": None}),
    (
        refuses("temperature", body={"error": {"param": "temperature", "message": "Unsupported."}}),
        {},
        "temperature is left out",
        {"temperature": None},
    ),
    (
        refuses(
            "seed",
            422,
            {"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]},
        ),
        {},
        "seed is left out",
        {"seed": None},
    ),
    (
        refuses("top_k", body="top_k is not supported"),
        {"top_k": 5},
        "top_k is left",
        {"top_k": None},
    ),
    (
        refuses(
            "max_tokens",
            body={"error": {"message": "Unsupported parameter: use 'max_completion_tokens'."}},
        ),
        {},
        "max_tokens is sent as max_completion_tokens",
        {"max_tokens": None, "max_completion_tokens": 256},
    ),
    (wants_no_thoughts, {}, "enable_thinking=False", {"enable_thinking": False}),
    (
        refuses("chat_template_kwargs"),
        {"thinking": "off"},
        "chat_template_kwargs is left out",
        {"chat_template_kwargs": None, "reasoning_effort": "none"},
    ),
    (
        refuses("reasoning_effort", body={"error": {"message": LEAST}}, unless="low"),
        {"thinking": "off"},
        "reasoning_effort='low' is the least",
        {"reasoning_effort": "low"},
    ),
]


@pytest.mark.parametrize(("check", "options", "said", "next_holds"), NAMED)
def test_what_is_refused_by_name_is_left_out_once_and_said(
    server, check, options, said, next_holds
):
    heard = server.chat
    server.chat = lambda body: check(body) or heard(body)
    llm = load(server, **options)
    output, warned = ask(llm)
    assert output["generations"] == ["heard hello"]
    assert len(warned) == 1 and said in warned[0] and server.base_url in warned[0]
    assert len(server.requests) == 2
    assert ask(llm) == (output, []) or ask(llm)[1] == []  # remembered
    assert ask(load(server, **options))[1] == []  # by all objects
    for name, value in next_holds.items():
        assert all(body.get(name) == value for body in server.requests[1:])
    assert llm.faults == {}


def test_many_requests_at_once_learn_it_once(server):
    heard, check = server.chat, refuses("temperature")
    server.chat = lambda body: check(body) or heard(body)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        outputs = load(server).generate([TALK] * 30)
    assert [output["generations"] for output in outputs] == [["heard hello"]] * 30
    assert sum("left out" in str(w.message) for w in caught) == 1
    assert len(server.requests) <= 30 + 16


def test_a_system_role_that_is_refused_is_merged(server):
    heard = server.chat
    server.chat = lambda body: refuses_system(body) or heard(body)
    llm = load(server)
    output, warned = ask(llm, WITH_SYSTEM)
    assert output["generations"] == ["heard Be short.\n\nhello"]
    assert "before the first user's" in warned[0] and llm.faults == {}


def test_max_tokens_is_never_left_out(server):
    """It would be the user's money."""
    heard = server.chat
    check = refuses("max_tokens", body={"error": {"message": "Unsupported value: 'max_tokens'"}})
    server.chat = lambda body: check(body) or heard(body)
    with pytest.raises(RowRefused, match="max_tokens"):
        load(server).generate([TALK])


# ---- the server's own words, and what they mean ----
WORDS = [
    (400, {"error": {"message": "row is odd"}}, RowRefused, "row is odd"),
    (400, {"message": "row is odd"}, RowRefused, "row is odd"),
    (400, {"error": "row is odd"}, RowRefused, "row is odd"),
    (422, {"detail": [{"loc": ["body", "x"], "msg": "odd"}]}, RowRefused, "body.x: odd"),
    (413, "<html><h1>413</h1><p>Too long</p></html>", RowRefused, "413 Too long"),
    (400, "plain words", RowRefused, "plain words"),
    (400, {"code": 1210, "说明": "参数有误"}, RowRefused, "参数有误"),
    (401, {"error": {"message": "who are you"}}, LLMUnavailable, "who are you.*check the key"),
    (404, {"message": "gone"}, LLMUnavailable, "gone.*/v1"),
    (402, {"error": {"message": "Insufficient Balance"}}, LLMUnavailable, "exhausted.*resume"),
    (429, {"error": {"code": "insufficient_quota"}}, LLMUnavailable, "exhausted.*resume"),
    (
        403,
        {"code": 30001, "message": "your account balance is insufficient"},
        LLMUnavailable,
        "exh",
    ),
    (400, {"code": "Arrearage", "message": "Access denied"}, LLMUnavailable, "exhausted"),
    (429, {"error": {"code": "1113", "message": "您的账户余额不足"}}, LLMUnavailable, "exhausted"),
]


@pytest.mark.parametrize(("status", "body", "error", "words"), WORDS)
def test_the_server_s_words_reach_the_user_and_nothing_is_sent_twice(
    server, status, body, error, words
):
    llm = load(server)

    def chat(sent):
        raise Refusal(status, body)

    server.chat = chat
    with pytest.raises(error, match=words) as raised:
        llm.generate([TALK])
    assert len(server.requests) == 1
    if error is LLMUnavailable:  # in Chinese too, with the same words of the server
        own = re.search(r"\((.*)\)", str(raised.value))[1]
        chinese = raised.value.words("zh")
        assert f"（{own}）" in chinese and "：" in chinese and "check" not in chinese


def test_a_limit_per_minute_is_no_exhausted_account(server):
    llm = load(server)
    heard, said = (
        server.chat,
        "You exceeded your current quota, please retry in 1 s. Check billing.",
    )

    def chat(sent):
        if len(server.requests) == 1:
            raise Refusal(429, {"error": {"message": said}})
        return heard(sent)

    server.chat = chat
    assert ask(llm)[0]["generations"] == ["heard hello"]
    assert llm.faults == {"429": 1}


# ---- answers without text ----
THOUGHT = "Let me think: SECRET"
EMPTY = [  # message, finish_reason of the server, ours, what is said
    ({"content": None, "refusal": "I can't."}, "stop", "refusal", None),
    ({"content": None}, "content_filter", "content_filter", None),
    ({"content": None, "tool_calls": [{"id": "1"}]}, "tool_calls", "tool_calls", "tool_choice"),
    ({"content": ""}, "length", "length", "max_new_tokens"),
    ({"content": "", "reasoning": THOUGHT}, "length", "thoughts", "thinking='off'"),
    ({"content": None, "reasoning_content": THOUGHT}, "stop", "thoughts", "thinking_tokens"),
    ({"content": f"<think>{THOUGHT}"}, "length", "thoughts", "thinking='off'"),
    ({"content": [{"type": "thinking", "thinking": THOUGHT}]}, "length", "thoughts", "thinking"),
]


@pytest.mark.parametrize(("message", "ended", "reason", "advice"), EMPTY)
def test_null_content_by_cause(server, message, ended, reason, advice):
    llm = load(server)
    heard = server.chat

    def chat(sent):
        if sent["messages"][0]["content"] != "hello":
            return heard(sent)
        answer = server.message(message)
        answer["choices"][0]["finish_reason"] = ended
        return answer

    server.chat = chat
    with InProcessPipeline() as pipeline:
        TextGeneration(name="answer", llm=llm)
    rows = [{"instruction": text} for text in ("a", "hello", "b")]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made = pipeline.run(dataset=rows, progress=False)["default"]["train"].to_list()
    assert [row["generation"] for row in made] == ["heard a", None, "heard b"]
    assert [row["llm_answer_finish_reason"] for row in made] == [None, reason, None]
    assert pipeline.none_counts == {"answer": {"generation": 1}}
    assert len(server.requests) == 3  # deterministic: not sent again
    said = [str(w.message) for w in caught if "without text" in str(w.message)]
    assert len(said) == (advice is not None) and (not said or advice in said[0])

    if advice:  # no answer at all: the run ends at once, and says the same
        llm = load(server)
        llm.max_concurrency = 1
        with (
            pytest.raises(LLMUnavailable, match=advice) as raised,
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            llm.generate([TALK] * 100)
        chinese = raised.value.words("zh")
        assert advice in chinese and "since" not in chinese
        assert len(server.requests) - 3 - endpoints.HOPELESS in (0, 1)  # one was on its way


def test_a_cut_answer_is_known(server):
    llm = load(server)
    answer = server.message({"content": "half an"})
    answer["choices"][0]["finish_reason"] = "length"
    server.chat = lambda sent: answer
    with InProcessPipeline() as pipeline:
        TextGeneration(name="answer", llm=llm)
    made = pipeline.run(dataset=[{"instruction": "a"}], progress=False)["default"]["train"]
    assert made[0]["generation"] == "half an"
    assert made[0]["llm_answer_finish_reason"] == "length"


# ---- thoughts ----
def said_with(opening, closing):
    return lambda answer: {"content": f"{opening}{THOUGHT}{closing}\n\n{answer}"}


WAYS = {
    **{opening: said_with(opening, closing) for opening, closing in thinking._MARKS},
    "opened in the prompt": said_with("", "</think>"),
    "harmony": said_with(
        "<|channel|>analysis<|message|>",
        "<|end|><|start|>assistant<|channel|>final<|message|>",
    ),
    "bare harmony": lambda answer: {"content": f"analysis{THOUGHT}assistantfinal{answer}"},
    "reasoning": lambda answer: {"content": answer, "reasoning": THOUGHT},
    "reasoning_content": lambda answer: {"content": answer, "reasoning_content": THOUGHT},
    "parts": lambda answer: {
        "content": [
            {"type": "thinking", "thinking": [{"type": "text", "text": THOUGHT}]},
            {"type": "text", "text": answer},
        ]
    },
    "reasoning parts": lambda answer: {
        "content": [{"type": "reasoning", "text": THOUGHT}, {"type": "output_text", "text": answer}]
    },
}


def answer_of(prompt):
    """What a model that thinks well answers to distilabel's prompts."""
    if "Overall Quality" in prompt or "Text Quality" in prompt or "Rating:" in prompt:
        return "Rating: 4\nRationale: good.\n\nRating: 2\nRationale: bad."
    return "What is rain?\nWhat is a cat?"


@pytest.mark.parametrize(
    ("way", "thinking_option"),
    [
        *((way, "drop") for way in WAYS),
        *((way, option) for way in ("<think>", "reasoning") for option in ("keep", "off")),
    ],
)
def test_no_technique_takes_a_thought_for_data(server, way, thinking_option):
    def chat(body):
        answer = server.message(WAYS[way](answer_of(body["messages"][-1]["content"])))
        answer["usage"]["completion_tokens_details"] = {"reasoning_tokens": 7}
        return answer

    def complete(body):
        answer = chat({"messages": [{"content": ""}]})
        content = answer["choices"][0].pop("message")["content"]
        answer["choices"][0]["text"] = content if isinstance(content, str) else "What is rain?"
        return answer

    server.chat, server.complete, server.completes = chat, complete, True
    options = {"thinking": thinking_option}
    llm, asker = load(server, **options), load(server, use_magpie_template=True, **options)

    with InProcessPipeline() as pipeline:
        TextGeneration(name="TextGeneration", llm=llm)
        EvolInstruct(name="EvolInstruct", llm=llm, num_evolutions=1, generate_answers=True)
        EvolQuality(name="EvolQuality", llm=llm, num_evolutions=1)
        SelfInstruct(name="SelfInstruct", llm=llm)
        Magpie(name="Magpie", llm=asker)
        UltraFeedback(name="UltraFeedback", llm=llm, aspect="overall-rating")
    row = {
        "input": "rain",
        "system_prompt": "Talk of rain.",
        "instruction": "rain?",
        "response": "a",
    }
    row["generations"] = ["a", "b"]
    done = pipeline.run(dataset=[row], progress=False)
    made = {name: done[name]["train"].to_list() for name in done}
    assert pipeline.none_counts == {} and len(made) == 6
    for use in pipeline.usage.values():
        assert use.reasoning_tokens >= 7
    assert made["UltraFeedback"][0]["ratings"] == [4, 2]
    assert made["SelfInstruct"][0]["instructions"] == ["What is rain?", "What is a cat?"]
    kept = 0
    for name, rows in made.items():
        for row in rows:
            kept += THOUGHT in (row.pop(f"llm_{name}_thoughts", None) or "")
            assert "SECRET" not in json.dumps(row, default=str)
    assert kept == (3 if thinking_option == "keep" else 0)


def test_without_an_opening_mark_what_is_cut_off_is_a_thought(server):
    """As vLLM sends DeepSeek-R1's without its parser: known from the answers that are whole."""
    llm = load(server)

    def chat(body):
        number = int(body["messages"][0]["content"])
        whole = f"{THOUGHT}</think>4"
        answer = server.message({"content": THOUGHT if number % 2 else whole})
        answer["choices"][0]["finish_reason"] = "length" if number % 2 else "stop"
        return answer

    server.chat = chat
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outputs = llm.generate([[{"role": "user", "content": str(i)}] for i in range(10)])
    assert [output["generations"] for output in outputs] == [["4"], [None]] * 5
    assert llm.missing == {"thoughts": 5}


@pytest.mark.parametrize(
    ("url", "body"),
    [
        ("https://api.openai.com/v1", {"reasoning_effort": "none"}),
        ("https://dashscope.aliyuncs.com/compatible-mode/v1", {"enable_thinking": False}),
        ("https://api.siliconflow.cn/v1", {"enable_thinking": False}),
        ("https://api.deepseek.com", {"thinking": {"type": "disabled"}}),
        ("https://open.bigmodel.cn/api/paas/v4", {"thinking": {"type": "disabled"}}),
        (
            "http://localhost:11434/v1",
            {
                "chat_template_kwargs": {"enable_thinking": False, "thinking": False},
                "reasoning_effort": "none",
            },
        ),
    ],
)
def test_each_family_has_its_own_switch(url, body):
    assert switch_off(url) == body


def test_off_asks_and_options_of_one_s_own_win(server, monkeypatch):
    ask(load(server, thinking="off"))
    assert (
        server.requests[-1]["chat_template_kwargs"]
        == switch_off("http://x")["chat_template_kwargs"]
    )
    own = {"chat_template_kwargs": {"budget": 9}}
    monkeypatch.setenv(
        "SMOLSYNTH_LLM_OPTIONS",
        json.dumps({"thinking": "off", "extra_body": own, "top_k": 20, "min_p": 0.1, "stop": "\n"}),
    )
    llm = load(server, top_k=5)
    ask(llm)
    sent = server.requests[-1]
    assert sent["chat_template_kwargs"] == {"budget": 9}
    assert (sent["top_k"], sent["min_p"], sent["stop"]) == (5, 0.1, "\n")
    assert load_llm("bundled").generation_kwargs["stop_sequences"] == ["\n"]  # what it knows
    llm.thinking_tokens = 1000
    ask(llm, max_new_tokens=10)
    assert server.requests[-1]["max_tokens"] == 1010


@pytest.mark.parametrize("text", ["[]", "off", '{"thinking": "maybe"}', '{"tempreture": 1}'])
def test_wrong_options_in_the_environment_are_named(monkeypatch, text):
    monkeypatch.setenv("SMOLSYNTH_LLM_OPTIONS", text)
    with pytest.raises(ValueError, match="SMOLSYNTH_LLM_OPTIONS|thinking must be"):
        load_llm("bundled")


# ---- several answers to one request ----
@pytest.mark.parametrize("honest", [True, False])
def test_n(server, honest):
    heard = server.chat

    def chat(body):
        answer = heard(body)
        if honest:
            answer["choices"] *= body.get("n", 1)
        return answer

    server.chat = chat
    llm = load(server, n=2)
    (output,) = llm.generate([TALK], num_generations=5)
    assert output["generations"] == ["heard hello"] * 5
    assert sum(output["statistics"]["output_tokens"]) == 2 * len(server.requests)
    if honest:
        # in whatever order they arrive
        assert Counter(body.get("n") for body in server.requests) == {2: 2, None: 1}
    else:  # it gives one, whatever is asked for: known after the first answers
        assert "n" not in server.requests[-1] and len(server.requests) == 5


# ---- structured output ----
class City(BaseModel):
    name: str
    people: int


GOOD = '{"name": "Bonn", "people": 330000}'


@pytest.mark.parametrize("can", [True, False])
def test_structured_output(server, can):
    replies = iter([f"```json\n{GOOD}\n```"] if can else ['{"name": "Bonn"}', "Sorry!", GOOD])
    check = refuses("response_format")

    def chat(body):
        if not can:
            check(body)
        return server.message({"content": next(replies)})

    server.chat = chat
    llm = load(server)
    llm.structured_output = {"schema": City}
    output, _ = ask(llm)
    assert output["generations"] == [GOOD]
    first, last = server.requests[0], server.requests[-1]
    schema = first["response_format"]["json_schema"]["schema"]
    assert schema["required"] == ["name", "people"]
    if not can:
        assert "response_format" not in last and "JSON schema" in last["messages"][0]["content"]
        said = [m["content"] for m in last["messages"]]
        assert said[1:3] == ["hello", '{"name": "Bonn"}'] and said[4] == "Sorry!"
        assert "'people' is a required property" in said[3] and "no JSON" in said[5]


def test_what_never_fits_the_schema_is_no_answer(server):
    llm = load(server)
    llm.structured_output = {"schema": City}
    output, warned = ask(llm)
    assert output["generations"] == [None] and output["finish_reason"] == ["no_json"]
    assert len(server.requests) == endpoints.JSON_TRIES and "simplify the schema" in warned[0]


# ---- Magpie ----
LLAMA_3 = (
    "{{ bos_token }}{% for m in messages %}{{ '<|start_header_id|>' + m['role'] "
    "+ '<|end_header_id|>\n\n' + m['content'] | trim + '<|eot_id|>' }}{% endfor %}"
)
GEMMA = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}"
    "{% endif %}{% for m in messages %}{{ '<start_of_turn>' + m['role'] + '\n' + m['content']"
    " + '<end_of_turn>\n' }}{% endfor %}"
)


@pytest.mark.parametrize(
    ("shown", "option", "prompt", "stop"),
    [
        (None, None, "<|im_start|>system\nRain.<|im_end|>\n<|im_start|>user\n", "<|im_end|>"),
        (
            LLAMA_3,
            None,
            "<|start_header_id|>system<|end_header_id|>\n\nRain.<|eot_id|>"
            "<|start_header_id|>user<|end_header_id|>\n\n",
            "<|eot_id|>",
        ),
        (GEMMA, None, "<start_of_turn>user\nRain.\n\n", "<end_of_turn>"),
        (LLAMA_3, "gemma", "<start_of_turn>user\nRain.\n\n", "<end_of_turn>"),
        (None, GEMMA, "<start_of_turn>user\nRain.\n\n", "<end_of_turn>"),
    ],
)
def test_magpie_over_completions(server, shown, option, prompt, stop):
    server.completes, server.template = True, shown
    server.complete = lambda body: {
        "choices": [{"text": "What is rain?", "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 4},
    }
    llm = load(server, use_magpie_template=True, template=option)
    with InProcessPipeline() as pipeline:
        Magpie(name="ask", llm=llm)
    system = {"role": "system", "content": "Rain."}
    assert llm.prepare_input([system]) == prompt  # as a notebook shows it
    with pytest.raises(ValueError, match="the server makes the prompt"):
        llm.prepare_input([system, {"role": "user", "content": "Hi"}])
    made = pipeline.run(dataset=[{"system_prompt": "Rain."}], progress=False)["default"]["train"]
    assert made[0]["instruction"] == "What is rain?"
    assert made[0]["response"] == "heard What is rain?"  # by chat, with the server's own template
    sent = [body for body in server.requests if "prompt" in body][-1]
    assert (sent["prompt"], sent["stop"]) == (prompt, [stop])


def test_an_opened_question_over_completions(server):
    from smolsynth.tasks import OpenedMagpie

    server.completes = True
    server.complete = lambda body: {"choices": [{"text": " rain?", "finish_reason": "stop"}]}
    llm = load(server, use_magpie_template=True)
    with InProcessPipeline() as pipeline:
        OpenedMagpie(name="ask", llm=llm)
    rows = [{"system_prompt": "Rain.", "opener": "What is"}]
    made = pipeline.run(dataset=rows, progress=False)["default"]["train"]
    assert made[0]["instruction"] == "What is rain?"
    sent = [body for body in server.requests if "prompt" in body][-1]
    assert sent["prompt"].endswith("Rain.<|im_end|>\n<|im_start|>user\nWhat is")
    assert not any("messages" in body for body in server.requests)


def test_a_wrong_template_is_named(server):
    server.completes = True
    server.complete = lambda body: {"choices": [{"text": "x"}]}
    with pytest.raises(ValueError, match="no chat template.*chatml, llama3"):
        load(server, use_magpie_template=True, template="alpaca")


# ---- what tells of the options ----
def test_options_stand_in_card_command_and_file(monkeypatch, tmp_path):
    from smolsynth import Plan, measure, save, to_messages
    from smolsynth.generation.script import code

    monkeypatch.delenv("SMOLSYNTH_LLM_OPTIONS", raising=False)
    plan = Plan(technique="magpie", model="openai:http://localhost:8080/v1#m")
    before = plan.digest()
    secret = "hf_" + "abcdefghijklmnopqrstuvwxyz012345"
    options = json.dumps({"thinking": "off", "extra_body": {"token": secret}})
    monkeypatch.setenv("SMOLSYNTH_LLM_OPTIONS", options)
    assert plan.digest() != before
    assert "--llm-options" in plan.command()
    compile(code(plan), "pipeline.py", "exec")
    assert 'os.environ.setdefault("SMOLSYNTH_LLM_OPTIONS"' in code(plan)
    rows = to_messages([{"instruction": f"What is {w}?", "response": f"It is {w}."} for w in "abc"])
    for lang, word in (("en", "options"), ("zh", "选项")):
        facts = {"model": plan.model, "technique": "t", "seed": 1, "despite": "a test"}
        folder = save(rows, tmp_path / lang, lang=lang, **facts)
        card = (folder / "README.md").read_text("utf-8")
        assert f'| {word} | `{{"thinking": "off"' in card and "hf_abc" not in card
        given = {"top_k": 20, "stop": ["\n"], "extra_body": {"token": "s3cret", "seed": 1}}
        folder = save(rows, tmp_path / f"{lang}2", lang=lang, llm_options=given, **facts)
        card = (folder / "README.md").read_text("utf-8")
        assert '"thinking": "off", "extra_body": {"token": "…", "seed": 1}, "top_k": 20' in card
        assert '"stop": ["' in card and "s3cret" not in card
    made = [
        {"instruction": "What?", "response": "It is so, or", "llm_a_finish_reason": why}
        for why in ("length", None)
    ]
    cut = next(f for f in measure(made, "en").findings if f.rule == "cut_off")
    assert list(cut.rows) == [0]  # known, not guessed


def test_the_command_line_takes_options(monkeypatch, capsys):
    import os

    from smolsynth.cli.main import main

    monkeypatch.setenv("SMOLSYNTH_LLM_OPTIONS", "")
    assert main(["generate", "--llm-options", '{"tempreture": 1}']) != 0
    assert "--llm-options doesn't know tempreture" in capsys.readouterr().err
    assert os.environ["SMOLSYNTH_LLM_OPTIONS"] == ""
