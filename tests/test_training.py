"""The training recipe on a very small scale: it learns, goes on after a kill, and packs a model."""

import argparse
import json
import random

import pytest

torch = pytest.importorskip("torch")

from training import corpus, prompts, train  # noqa: E402


@pytest.fixture(scope="module")
def small_corpus(tmp_path_factory):
    path = tmp_path_factory.mktemp("corpus") / "corpus.jsonl"
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps({"fixed_texts": prompts.fixed_texts()}) + "\n")
        for example in corpus.compose(300, seed=1):
            file.write(json.dumps(example, ensure_ascii=False) + "\n")
    return path


def options(small_corpus, folder, **more) -> argparse.Namespace:
    chosen = {
        "corpus": small_corpus,
        "start": None,
        "work": folder / "build",
        "output": folder / "models",
        "name": "small",
        "steps": 8,
        "rows": None,
        "batch": 1024,
        "rate": 2e-3,
        "hidden": 64,
        "layers": 1,
        "kv_heads": 1,
        "vocabulary": 600,
        "threads": 1,
        "compile": False,
        "copying": 0,
        "save_every": 3,
        "seed": 0,
        "notes": "",
    }
    return argparse.Namespace(**{**chosen, **more})


def weights(folder):
    from safetensors.torch import load_file

    return load_file(folder / "models" / "small" / "model.safetensors")


def test_a_run_that_was_killed_ends_as_one_that_was_not(small_corpus, tmp_path, monkeypatch):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    train.train(options(small_corpus, whole))

    loss_of, calls = train.loss_of, []

    def killed(*args):
        calls.append(1)
        if len(calls) == 6:  # after the checkpoint of step 3, before that of step 6
            raise KeyboardInterrupt
        return loss_of(*args)

    monkeypatch.setattr(train, "loss_of", killed)
    with pytest.raises(KeyboardInterrupt):
        train.train(options(small_corpus, broken))
    assert not (broken / "models").exists()
    monkeypatch.setattr(train, "loss_of", loss_of)
    train.train(options(small_corpus, broken))

    one, two = weights(whole), weights(broken)
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)
    notes = json.loads((broken / "models" / "small" / "training.json").read_text())
    assert notes["steps"] == 8
    assert set(notes["sha256"]) == {"model.safetensors", "ct2/model.bin"}


def test_another_run_does_not_resume_in_the_folder(small_corpus, tmp_path):
    train.train(options(small_corpus, tmp_path, steps=2))
    other = tmp_path / "other.jsonl"
    other.write_text(small_corpus.read_text("utf-8") + "\n", encoding="utf-8")
    for name, value in {"seed": 1, "batch": 512, "rate": 1e-3, "corpus": other}.items():
        with pytest.raises(SystemExit, match=f"holds another run .{name} was .* and is "):
            train.train(options(small_corpus, tmp_path, **{"steps": 2, name: value}))


def test_a_folder_whose_run_nobody_knows_is_refused(small_corpus, tmp_path):
    (tmp_path / "build" / "small").mkdir(parents=True)
    (tmp_path / "build" / "small" / "checkpoint.pt").write_bytes(b"")
    with pytest.raises(SystemExit, match="nobody knows how it began"):
        train.train(options(small_corpus, tmp_path))


def test_a_model_packed_again_replaces_the_old_one_and_leaves_nothing_else(small_corpus, tmp_path):
    (tmp_path / "models" / "small.part").mkdir(parents=True)  # another's, of the name once used
    for steps in (1, 2):
        train.train(options(small_corpus, tmp_path, steps=steps, work=tmp_path / str(steps)))
    assert sorted(p.name for p in (tmp_path / "models").iterdir()) == ["small", "small.part"]
    notes = json.loads((tmp_path / "models" / "small" / "training.json").read_text())
    assert notes["steps"] == 2


def test_a_second_stage_goes_on_from_a_finished_model(small_corpus, tmp_path):
    train.train(options(small_corpus, tmp_path, steps=3))
    first = weights(tmp_path)
    more = {"start": tmp_path / "models" / "small", "work": tmp_path / "second", "rate": 1e-9}
    train.train(options(small_corpus, tmp_path, steps=2, **more))
    second = weights(tmp_path)
    assert first.keys() == second.keys()
    assert all(torch.allclose(first[name], second[name], atol=1e-2) for name in first)
    notes = json.loads((tmp_path / "models" / "small" / "training.json").read_text())
    assert notes["steps"] == 5 and [stage["steps"] for stage in notes["stages"]] == [3, 2]


@pytest.mark.parametrize("shape", [(24, 16), (16, 24), (16, 16)])
def test_muon_moves_as_the_library_s_own(shape):
    torch.manual_seed(0)
    start, grads = torch.randn(shape), torch.randn(4, *shape)
    ours, theirs = (torch.nn.Parameter(start.clone()) for _ in range(2))
    one = train.Muon([ours], lr=0.01)
    two = torch.optim.Muon(
        [theirs], lr=0.01, weight_decay=0.05, adjust_lr_fn="match_rms_adamw", ns_steps=5
    )
    for grad in grads:
        ours.grad, theirs.grad = grad.clone(), grad.clone()
        one.step()
        two.step()
    # theirs iterates in bfloat16, and so does ours where the CPU has it: each rounds on its own
    assert torch.allclose(ours, theirs, atol=0.05 * (start - ours).abs().max().item() + 2e-4)
    assert not torch.allclose(ours, start, atol=1e-3)


def test_only_the_turns_that_count_are_learned(small_corpus):
    example = {
        "messages": [
            {"role": "system", "content": "s"},
            {"role": "user", "content": "ask"},
            {"role": "assistant", "content": "reply"},
        ],
        "learn_user": False,
    }
    lines = [json.loads(line) for line in small_corpus.read_text("utf-8").splitlines()[1:]]
    tokenizer = train.train_tokenizer(lines, [], 600)

    def learned(**more) -> str:
        _, labels, _ = train.encode({**example, **more}, tokenizer, stray_header=False)
        kept = [label for label in labels if label != train.IGNORE]
        return tokenizer.decode(kept, skip_special_tokens=False)

    assert learned() == "reply<|im_end|>"
    assert learned(learn_user=True) == "ask<|im_end|>reply<|im_end|>"
    judged = {
        "role": "user",
        "content": "1: so it is. 2: not so.",
        "learn": [(3, 12)],
    }
    judged = [judged, example["messages"][-1]]
    assert learned(messages=judged).strip() == "so it is.reply<|im_end|>"


def test_questions_cut_at_random_stay_the_same_text_and_are_not_learned(small_corpus):
    lines = [json.loads(line) for line in small_corpus.read_text("utf-8").splitlines()[1:]]
    tokenizer = train.train_tokenizer(lines, [], 3000)
    rows = [x for x in lines if x["lang"] == "zh" and x["task"] == "talk" and x["learn_user"]]
    other = set()
    for number, row in enumerate(rows * 5):
        whole, _, _ = train.encode(row, tokenizer, stray_header=False)
        ids, labels, _ = train.encode(row, tokenizer, False, cuts=random.Random(number))
        assert tokenizer.decode(ids, False) == tokenizer.decode(whole, False)
        assert ids == train.encode(row, tokenizer, False, cuts=random.Random(number))[0]
        kept = [label for label in labels if label != train.IGNORE]
        reply = row["messages"][-1]["content"]
        assert tokenizer.decode(kept, skip_special_tokens=False) == reply + "<|im_end|>"
        if ids != whole:
            other.add(number % len(rows))
    assert len(other) > 0.5 * len(rows)  # each question has five chances


def test_the_digits_of_a_verdict_weigh_more_and_questions_less(small_corpus):
    lines = [json.loads(line) for line in small_corpus.read_text("utf-8").splitlines()[1:]]
    tokenizer = train.train_tokenizer(lines, [], 600)
    reply = "#### Output for Text 1\nRating: 4\nRationale: It has 3 facts. Rating: none"
    example = {
        "messages": [
            {"role": "user", "content": "Rating: 2"},
            {"role": "assistant", "content": reply},
        ],
        "learn_user": True,
    }
    ids, labels, weights = train.encode(example, tokenizer, stray_header=False)
    heavy = [tokenizer.decode([i]) for i, w in zip(ids, weights, strict=True) if w > train.SAID]
    assert [text.strip() for text in heavy] == ["4"]
    light = [i for i, n, w in zip(ids, labels, weights, strict=True) if n >= 0 and w < train.SAID]
    assert tokenizer.decode(light, skip_special_tokens=False) == "Rating: 2<|im_end|>"


def test_what_is_said_twice_is_learned_the_second_time():
    for seed in range(8):
        ids, labels, weights = train.random_twice(600, 1000, random.Random(seed))
        assert ids.shape == labels.shape == weights.shape and (weights == 1).all()
        said = (labels[0] != train.IGNORE).sum() + 1  # the first one can't be known
        assert (ids[:, :said] == ids[:, -said:]).all() and len(ids) * ids.shape[1] <= 1000
        assert (labels[:, -said + 1 :] == ids[:, -said + 1 :]).all()


@pytest.mark.parametrize("kv_heads", [1, 2])
def test_plain_attention_is_the_library_s_own(kv_heads):
    model = train.build_model(600, 128, 2, kv_heads).eval()
    ids = torch.randint(3, 600, (3, 40))
    with torch.no_grad():
        ours = model(ids).logits
        model.set_attn_implementation("sdpa")
        assert torch.allclose(ours, model(ids).logits, atol=1e-4)


def test_heads_that_are_alike_are_shared_and_copied_without_a_change():
    model = train.build_model(600, 128, 2, kv_heads=2).eval()
    for layer in model.model.layers:
        for projection in (layer.self_attn.k_proj, layer.self_attn.v_proj):
            projection.weight.data[64:] = projection.weight.data[:64]
    fewer = train.prepared(train.with_kv_heads(model, 1)).eval()
    ids = torch.randint(3, 600, (3, 40))
    with torch.no_grad():
        assert torch.allclose(model(ids).logits, fewer(ids).logits, atol=1e-4)
    assert fewer.model.layers[0].self_attn.k_proj.weight.shape == (64, 128)
    torch.nn.init.normal_(fewer.model.layers[1].self_attn.v_proj.weight)
    more = train.prepared(train.with_kv_heads(fewer, 2)).eval()
    with torch.no_grad():
        assert torch.allclose(fewer(ids).logits, more(ids).logits, atol=1e-4)
    assert more.model.layers[0].self_attn.k_proj.weight.shape == (128, 128)


def test_the_engine_knows_that_heads_are_shared(tmp_path):
    """Else it keeps a copy for each head; the answers are the same."""
    import ctranslate2

    from smolsynth.llms.convert import convert

    torch.manual_seed(0)
    model = train.build_model(600, 128, 2, kv_heads=1).eval()
    model.save_pretrained(tmp_path / "plain")
    tokens = [f"t{number}" for number in range(597)]
    vocabulary = {t: i for i, t in enumerate([*train.SPECIAL, *tokens])}
    made = train.Tokenizer(train.models.WordLevel(vocabulary, unk_token="<|pad|>"))
    train.PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token="<|im_start|>", eos_token="<|im_end|>", pad_token="<|pad|>"
    ).save_pretrained(tmp_path / "plain")
    convert(tmp_path / "plain", tmp_path / "ct2", "float32")
    assert b"self_attention/multi_query" in (tmp_path / "ct2" / "model.bin").read_bytes()
    engine = ctranslate2.Generator(str(tmp_path / "ct2"), compute_type="float32")
    ids = torch.randint(3, 600, (1, 40))
    [written] = engine.generate_batch(
        [[tokens[i - 3] for i in ids[0]]],
        max_length=20,
        min_length=20,
        sampling_topk=1,
        include_prompt_in_result=False,
    )
    with torch.no_grad():
        expected = model.generate(ids, max_new_tokens=20, min_new_tokens=20, do_sample=False)
    assert written.sequences_ids[0] == expected[0, 40:].tolist()


def test_the_rate_warms_up_holds_and_falls_to_zero():
    factors = [train.rate_factor(step, 1000) for step in range(1001)]
    assert factors[0] == pytest.approx(0.01)
    assert factors[100] == factors[499] == 1.0
    assert factors[750] == pytest.approx(0.5)
    assert factors[1000] == 0.0
