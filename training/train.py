"""Trains a bundled model from random initialisation and packs it for shipping.

    python -m training.train
    python -m training.train --corpus build/judge.jsonl --start smolsynth/models/tutor --steps 1500

writes `build/tutor/checkpoint.pt` while it runs (the same command resumes from it after a kill) and
at the end the model folder that ships, `smolsynth/models/tutor`: bf16 safetensors for transformers
and TRL, `ct2/` in int8 for generation, the tokenizer with its chat template, and `training.json`,
what `training.evaluate --card` writes the model card from. `--name` trains another of SIZES;
`--start` goes on from a finished model, with another corpus. Uses a GPU where one is at hand. Needs
torch, transformers, tokenizers and ctranslate2.
"""

import argparse
import copy
import hashlib
import itertools
import json
import math
import os
import random
import re
import shutil
import time
from array import array
from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from tqdm import tqdm
from transformers import (
    AttentionInterface,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

from smolsynth._files import free_name, new_folder, whole_file, write_whole
from smolsynth.llms.convert import convert

SHIPPED = Path(__file__).resolve().parent.parent / "smolsynth" / "models"
SPECIAL = ["<|im_start|>", "<|im_end|>", "<|pad|>"]  # ids 0, 1, 2
CHAT_TEMPLATE = (
    "{% for m in messages %}"
    "{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
CONTEXT = 2048
LONGEST = 1024  # examples above it are left out of training (a handful)
SIZES = {
    name: {"hidden": hidden, "layers": layers, "kv_heads": kv_heads, "vocabulary": vocabulary}
    | {"steps": steps, "corpus": corpus, "rows": rows}
    for name, hidden, layers, kv_heads, vocabulary, steps, corpus, rows in (
        ("tutor", 256, 6, 1, 6144, 10000, "corpus.jsonl", None),
        ("novice", 128, 5, 1, 6144, 6000, "novice.jsonl", None),
        ("solver", 128, 6, 2, 3000, 6000, "solver.jsonl", None),
        ("solver_base", 128, 3, 2, 3000, 3000, "solver_base.jsonl", None),
    )
}
IGNORE = -100
# a judge's ratings and the marks in its notes
VERDICTS = re.compile(r"(?:Rating|Score): \d|(?<= )(?:yes|no|对|错)(?=[;；\n]| again| 重复|$)")
# Which question comes next can't be known, so its tokens hold two thirds of the loss that is left
# and most of the gradient's noise: learned for Magpie, they weigh little beside an answer's.
ASKED, SAID, VERDICT = 1, 5, 40
PLAIN = 0.03  # share of examples whose prompts are read without the tokens for fixed texts
# Chinese has no spaces, so whole phrases of a question become one token, and a phrasing that is new
# meets tokens that were never trained. In this share of Chinese conversations questions are cut in
# other ways too: at random places, with this chance between two characters (in the spirit of BPE
# dropout, Provilkov et al. 2020, but repeatable).
CUT_SHARE, CUT = 0.3, 0.2
TALK = (
    *("talk", "long_talk", "quiz", "unknown", "which", "verify", "restyle", "reading"),
    *("order", "odd", "list_group", "json_answer", "copying"),
    *("word", "sum", "tools", "no_tool", "json_word"),  # of the solver
)


# ---- tokenizer ----
def train_tokenizer(
    examples: list[dict], fixed_texts: list[str], vocabulary: int, digits: bool = False
) -> Tokenizer:
    """Byte-level BPE of both languages, without distilabel's fixed texts, which become tokens.

    With `digits` each digit is a token of its own: who reads 144 as one thing can't carry a one.
    """

    def texts():
        for i, example in enumerate(examples):
            for message in example["messages"]:
                text = message["content"]
                if i % 30:  # else merges would be spent on the prompts that all rows share
                    for piece in fixed_texts:
                        text = text.replace(piece, "")
                yield text

    tokenizer = Tokenizer(models.BPE())
    cuts = [pre_tokenizers.Digits(individual_digits=True)] if digits else []
    cuts.append(pre_tokenizers.ByteLevel(add_prefix_space=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(cuts) if digits else cuts[0]
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts(), trainer)
    return tokenizer


def plain_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a finished model, without the tokens for fixed texts."""
    made = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    made["added_tokens"] = [t for t in made["added_tokens"] if t["content"] in SPECIAL]
    return Tokenizer.from_str(json.dumps(made))


def with_fixed_texts(tokenizer: Tokenizer, fixed_texts: list[str]) -> Tokenizer:
    """A copy of the tokenizer with the fixed texts added as tokens."""
    copy = Tokenizer.from_str(tokenizer.to_str())
    copy.add_tokens([AddedToken(piece, normalized=False) for piece in fixed_texts])
    return copy


# ---- examples ----
Example = tuple[array, array, array]  # ids, labels, weights


def encode(
    example: dict, tokenizer: Tokenizer, stray_header: bool, cuts: random.Random | None = None
) -> tuple[list[int], list[int], list[int]]:
    """Token ids, labels and weights of one conversation in ChatML.

    Assistant turns are learned, user turns where `learn_user` says so, each with its end token; of
    a turn with `learn`, those passages alone (start and end, in characters). With `cuts`, user
    turns are cut at random before they become tokens, and not learned.
    A token of the user's weighs ASKED, one of an answer SAID, and one of a judge's VERDICTS, which
    carries a whole verdict, VERDICT.
    `stray_header` puts an assistant header before the first user turn: distilabel 1.5.3 sends one
    so when Magpie has a system prompt, and the model should not stumble over it.
    """
    ids: list[int] = []
    labels: list[int] = []
    weights: list[int] = []

    def add(text: str, learn: bool | list[tuple[int, int]], weight: int = SAID) -> None:
        encoding = tokenizer.encode(text, add_special_tokens=False)
        ids.extend(encoding.ids)
        spans = [(0, len(text))] if learn is True else learn or []
        labels.extend(  # a word's token begins with the space before it
            token if any(a - 1 <= start and end <= z for a, z in spans) else IGNORE
            for token, (start, end) in zip(encoding.ids, encoding.offsets, strict=True)
        )
        verdicts = {m.end() for m in VERDICTS.finditer(text)} if learn and weight == SAID else ()
        weights.extend(VERDICT if end in verdicts else weight for _, end in encoding.offsets)

    messages = example["messages"]
    for i, message in enumerate(messages):
        role = message["role"]
        learn = role == "assistant" or (role == "user" and example["learn_user"])
        if stray_header and role == "user" and i == 1 and messages[0]["role"] == "system":
            add("<|im_start|>assistant\n", False)
        add(f"<|im_start|>{role}\n", False)
        if cuts and role == "user":
            for piece in cut_at_random(message["content"], cuts):
                add(piece, False)
            add("<|im_end|>", False)
        else:
            asks = role == "user" and "learn" not in message
            text = message["content"] + "<|im_end|>"
            add(text, message.get("learn", learn), ASKED if asks else SAID)
        add("\n", False)
    return ids, labels, weights


def cut_at_random(text: str, rng: random.Random) -> list[str]:
    """Pieces of a text, with a chance of CUT for a cut between any two characters."""
    pieces = text[:1]
    for char in text[1:]:
        pieces += ("\0" if rng.random() < CUT else "") + char
    return pieces.split("\0")


def batches(examples: list[Example], tokens: int, rng: random.Random):
    """Lists of example numbers for one epoch: alike in length, at most `tokens` with padding."""
    order = list(range(len(examples)))
    rng.shuffle(order)
    result = []
    for start in range(0, len(order), 4000):
        batch: list[int] = []
        for i in sorted(order[start : start + 4000], key=lambda i: len(examples[i][0])):
            if batch and (len(batch) + 1) * len(examples[i][0]) > tokens:
                result.append(batch)
                batch = []
            batch.append(i)
        result.append(batch)
    rng.shuffle(result)
    return result


def collate(rows: list[Example]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """ids, labels, weights: [rows, longest]; padded right: causal attention needs no mask then."""
    width = max(len(row[0]) for row in rows)
    fill = (SPECIAL.index("<|pad|>"), IGNORE, 1)
    columns = tuple(torch.full((len(rows), width), value) for value in fill)
    for i, row in enumerate(rows):
        for column, values in zip(columns, row, strict=True):
            column[i, : len(values)] = torch.tensor(values)
    return columns


# ---- training ----
def plain_attention(module, query, key, value, mask, scaling: float, **_):
    """Causal attention by plain matrix products.

    For the short sequences here it takes a step on a CPU from 0.42-0.47 s to 0.35-0.38 s (4,096
    tokens, sequences of 64-256): the fused kernel's backward pass is made for long ones.
    """
    length = query.shape[2]
    future = torch.full((length, length), -torch.inf, dtype=query.dtype, device=query.device)
    scores = (query * scaling) @ key.transpose(2, 3) + future.triu(1)
    return (scores.softmax(-1) @ value).transpose(1, 2).contiguous(), None


AttentionInterface.register("plain", plain_attention)


def build_model(vocabulary: int, hidden: int, layers: int, kv_heads: int) -> LlamaForCausalLM:
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=hidden,
        intermediate_size=int(hidden * 2.75) // 64 * 64,
        num_hidden_layers=layers,
        num_attention_heads=hidden // 64,
        num_key_value_heads=kv_heads,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=2,
    )
    return prepared(LlamaForCausalLM(config))


def prepared(model: LlamaForCausalLM) -> LlamaForCausalLM:
    model.set_attn_implementation("plain")  # concerns training only, nothing of it is saved
    model.generation_config.update(bos_token_id=0, eos_token_id=1, pad_token_id=2)
    return model


def with_kv_heads(model: LlamaForCausalLM, kv_heads: int) -> LlamaForCausalLM:
    """The model with another number of key and value heads.

    Fewer ones are each the mean of those whose place they take, which a share of the steps that
    made the model mends (Ainslie et al. 2023, arXiv 2305.13245); more ones are copies, and change
    nothing until they are trained apart.
    """
    config = copy.deepcopy(model.config)
    heads, config.num_key_value_heads = config.num_key_value_heads, kv_heads
    width = config.hidden_size // config.num_attention_heads

    def regrouped(weight: torch.Tensor) -> torch.Tensor:
        parts = weight.view(heads, width, -1)
        if kv_heads < heads:
            parts = parts.view(kv_heads, -1, width, weight.shape[1]).mean(1)
        return parts.repeat_interleave(max(1, kv_heads // heads), 0).flatten(0, 1)

    other = LlamaForCausalLM(config)
    other.load_state_dict(
        {
            name: regrouped(weight) if name.endswith(("k_proj.weight", "v_proj.weight")) else weight
            for name, weight in model.state_dict().items()
        }
    )
    return other


class Muon(torch.optim.Optimizer):
    """Momentum whose matrices are made orthogonal before each step (Jordan et al. 2024).

    As `torch.optim.Muon` with `adjust_lr_fn="match_rms_adamw"`, but matrices of one shape go
    through the iteration together, and in float32 where a CPU has no bfloat16 of its own: there
    that is five times as fast.
    """

    def __init__(self, matrices, lr: float, weight_decay: float = 0.05) -> None:
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay, "momentum": 0.95})

    @torch.no_grad()
    def step(self, closure=None) -> None:
        for group in self.param_groups:
            shapes: dict[torch.Size, list[torch.Tensor]] = {}
            for matrix in group["params"]:
                if matrix.grad is not None:
                    shapes.setdefault(matrix.shape, []).append(matrix)
            for shape, matrices in shapes.items():
                moved = []
                for matrix in matrices:
                    state = self.state[matrix]
                    if "momentum" not in state:
                        state["momentum"] = torch.zeros_like(matrix)
                    state["momentum"].lerp_(matrix.grad, 1 - group["momentum"])
                    moved.append(matrix.grad.lerp(state["momentum"], group["momentum"]))
                rate = group["lr"] * 0.2 * math.sqrt(max(shape))
                for matrix, update in zip(matrices, orthogonal(torch.stack(moved)), strict=True):
                    matrix.mul_(1 - group["lr"] * group["weight_decay"])
                    matrix.add_(update.to(matrix.dtype), alpha=-rate)


def orthogonal(matrices: torch.Tensor) -> torch.Tensor:
    """The nearest orthogonal matrices, roughly: five Newton-Schulz steps.

    Takes and gives [count, rows, columns]; singular values end between 0.7 and 1.2.
    """
    made = matrices.to(fast_dtype(matrices.device.type))
    wide = made.shape[1] <= made.shape[2]
    made = made if wide else made.transpose(1, 2)
    made = made / (made.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(5):
        square = made @ made.transpose(1, 2)
        made = 3.4445 * made + (-4.7750 * square + 2.0315 * square @ square) @ made
    return made if wide else made.transpose(1, 2)


def fast_dtype(device: str) -> torch.dtype:
    """bfloat16 where the hardware multiplies it, else float32: emulated, it takes four times as
    long (0.0145 s instead of 0.0041 s for 1024 x 256 x 704 on one core with AVX-512 alone)."""
    checks = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    able = device == "cuda" or any(getattr(torch.cpu, check, bool)() for check in checks)
    return torch.bfloat16 if able else torch.float32


def optimizers(model: LlamaForCausalLM, rate: float) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the layers, AdamW for the embedding and the norms."""
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "layers" in n]
    others = [p for n, p in model.named_parameters() if not (p.ndim == 2 and "layers" in n)]
    adam = torch.optim.AdamW(others, lr=rate, betas=(0.9, 0.95), weight_decay=0.0)
    return [Muon(matrices, lr=rate), adam]


def rate_factor(step: int, steps: int, fall: float = 0.5) -> float:
    """Warm up for 100 steps, hold, fall to zero over the share `fall` at the end.

    While the rate holds, a run can be cut short. One that goes on from a finished model falls all
    the way: what is left to learn there are single facts, and a high rate shakes them out again.
    """
    return min(1.0, (step + 1) / 100, (steps - step) / (fall * steps))


def loss_of(
    model: LlamaForCausalLM, ids: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor
) -> torch.Tensor:
    """Weighted mean cross-entropy over the learned tokens (logits are made for those alone)."""
    dtype = fast_dtype(ids.device.type)
    with torch.autocast(ids.device.type, dtype=dtype, enabled=dtype == torch.bfloat16):
        hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
        wanted = labels[:, 1:] != IGNORE
        logits = model.lm_head(hidden[wanted])
    losses = torch.nn.functional.cross_entropy(
        logits.float(), labels[:, 1:][wanted], reduction="none"
    )
    weights = weights[:, 1:][wanted].float()
    return (losses * weights).sum() / weights.sum()


def random_twice(vocabulary: int, tokens: int, rng: random.Random) -> list[torch.Tensor]:
    """ids, labels, weights of rows of random tokens that are said twice, the second time learned.

    With something between in half of the cases. What is known by heart is no help here: attention
    has to find the same token further up and say what stood behind it (an induction head, Olsson
    et al. 2022, arXiv 2209.11895).
    """
    length, gap = rng.choice((10, 20, 30, 40, 60)), rng.choice((0, 0, 5, 15))
    rows = tokens // (2 * length + gap)
    low = min(300, vocabulary // 2)  # beyond the special tokens and the single bytes
    said = torch.randint(low, vocabulary, (rows, length))
    ids = torch.cat([said, torch.randint(low, vocabulary, (rows, gap)), said], 1)
    labels = ids.clone()
    labels[:, : length + gap + 1] = IGNORE
    return [ids, labels, torch.ones_like(ids)]


MAKES_THE_RUN = (
    "start",
    "rows",
    "batch",
    "rate",
    "hidden",
    "layers",
    "kv_heads",
    "vocabulary",
    "steps",
    "copying",
    "seed",
)


def claim(work: Path, args: argparse.Namespace) -> None:
    """Notes in the work folder what makes the run, so that nothing but the same run resumes in it.

    Raises:
        SystemExit: the folder holds another run; the message says in what it differs.
    """
    with args.corpus.open("rb") as file:
        wanted = {"corpus": hashlib.file_digest(file, "sha256").hexdigest()}
    wanted |= {name: getattr(args, name) for name in MAKES_THE_RUN}
    wanted["start"] = (
        args.start and hashlib.sha256((args.start / "model.safetensors").read_bytes()).hexdigest()
    )
    notes = work / "run.json"
    if notes.exists():
        there = json.loads(notes.read_text("utf-8"))
        others = [
            f"{name} was {there.get(name)} and is {value}"
            for name, value in wanted.items()
            if there.get(name) != value
        ]
    else:
        others = ["nobody knows how it began"] if (work / "checkpoint.pt").exists() else []
    if others:
        raise SystemExit(
            f"{work} holds another run ({'; '.join(others)}): delete it, or take another --work."
        )
    write_whole(notes, json.dumps(wanted, indent=1) + "\n")


def train(args: argparse.Namespace) -> None:
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)  # numbers that small are slow to multiply, and as good as none
    device = "cuda" if torch.cuda.is_available() else "cpu"
    work = args.work / args.name
    work.mkdir(parents=True, exist_ok=True)
    claim(work, args)

    with args.corpus.open(encoding="utf-8") as file:
        head = json.loads(next(file))
        fixed_texts = head["fixed_texts"]
        corpus = [json.loads(line) for line in itertools.islice(file, args.rows)]
    file = work / "tokenizer.json"
    if file.exists():
        plain = Tokenizer.from_file(str(file))
    elif args.start:
        plain = plain_tokenizer(args.start)
        plain.save(str(file))
    else:
        digits = head.get("digits", False)
        plain = train_tokenizer(corpus[:40_000], fixed_texts, args.vocabulary, digits)
        plain.save(str(file))
    tokenizer = with_fixed_texts(plain, fixed_texts)

    rng = random.Random(args.seed)
    examples = []
    for example in corpus:  # a few are read without the shortened prompts
        cut = example["lang"] == "zh" and example["task"] in TALK and rng.random() < CUT_SHARE
        row = encode(
            example,
            plain if rng.random() < PLAIN else tokenizer,
            stray_header=rng.random() < 0.15,
            cuts=rng if cut else None,
        )
        if len(row[0]) <= LONGEST:
            ids, labels, weights = row
            # arrays are 7 x smaller than lists
            examples.append((array("i", ids), array("i", labels), array("b", weights)))
    del corpus
    total = sum(len(row[0]) for row in examples)
    vocabulary = tokenizer.get_vocab_size()
    print(f"{len(examples)} examples, {total / 1e6:.1f} M tokens, vocabulary {vocabulary}")
    learned = {label for _, labels, _ in examples for label in set(labels)}
    only_read = sorted(set(map(tokenizer.token_to_id, fixed_texts)) - learned)

    if args.start:
        model = LlamaForCausalLM.from_pretrained(args.start, dtype=torch.float32)
        args.hidden, args.layers = model.config.hidden_size, model.config.num_hidden_layers
        if model.config.num_key_value_heads != args.kv_heads:
            model = with_kv_heads(model, args.kv_heads)
        model = prepared(model).to(device)
    else:
        model = build_model(vocabulary, args.hidden, args.layers, args.kv_heads).to(device)
    model.generation_config.suppress_tokens = only_read  # at temperature 1 one could slip out
    if args.compile:
        model.model.compile(dynamic=True)
    count = sum(p.numel() for p in model.parameters())
    print(f"{count / 1e6:.2f} M parameters on {device}, {args.threads} threads")
    optims = optimizers(model, args.rate)
    size = {"rows": len(examples), "tokens": total}

    state = {"step": 0, "seconds": 0.0, "tokens": 0}
    checkpoint = work / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint, map_location=device, weights_only=True)
        model.load_state_dict(saved["model"])
        for optim, old in zip(optims, saved["optimizers"], strict=True):
            optim.load_state_dict(old)
        state = saved["state"]
        print(f"resuming from step {state['step']}")

    def save() -> None:
        saved = {
            "model": model.state_dict(),
            "optimizers": [o.state_dict() for o in optims],
            "state": state,
        }
        with whole_file(checkpoint) as unfinished:
            torch.save(saved, unfinished)

    schedule: list[list[int]] = []
    for epoch in range(math.ceil(args.steps / max(1, total // args.batch)) + 1):
        schedule += batches(examples, args.batch, random.Random(args.seed + 1 + epoch))
        if len(schedule) >= args.steps:
            break

    model.train()
    log = (work / "log.jsonl").open("a", encoding="utf-8")
    bar = tqdm(total=args.steps, initial=state["step"], unit="step", mininterval=10)
    recent: list[float] = []
    for step in range(state["step"], args.steps):
        begun = time.perf_counter()
        for optim in optims:
            for group in optim.param_groups:
                group["lr"] = args.rate * rate_factor(step, args.steps, 1.0 if args.start else 0.5)
        batch = [t.to(device) for t in collate([examples[i] for i in schedule[step]])]
        loss = loss_of(model, *batch)
        loss.backward()
        if step < args.copying:
            twice = random_twice(plain.get_vocab_size(), args.batch // 2, random.Random(step))
            loss_of(model, *[t.to(device) for t in twice]).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optim in optims:
            optim.step()
            optim.zero_grad(set_to_none=True)
        recent.append(loss.item())
        state["step"] = step + 1
        state["seconds"] += time.perf_counter() - begun
        state["tokens"] += batch[0].numel()
        bar.update()
        if (step + 1) % 50 == 0:
            mean = sum(recent) / len(recent)
            recent.clear()
            log.write(json.dumps({**state, "loss": round(mean, 4)}) + "\n")
            log.flush()
            speed = state["tokens"] / state["seconds"]
            bar.set_postfix_str(f"loss {mean:.3f}, {speed:.0f} tokens/s")
        if (step + 1) % args.save_every == 0:
            save()
    bar.close()
    save()
    template = head.get("chat_template", CHAT_TEMPLATE)
    pack(model, tokenizer, template, args.output / args.name, args, state, size)


# ---- shipping ----
def pack(
    model, tokenizer: Tokenizer, template: str, folder: Path, args, state: dict, size: dict
) -> None:
    """Writes the model folder whole, beside the old one, and then swaps them."""
    made = free_name(folder)
    device = "cuda" if torch.cuda.is_available() else f"cpu, {args.threads} threads"
    with new_folder(made) as fresh:
        wrapped = PreTrainedTokenizerFast(
            tokenizer_object=tokenizer,
            bos_token=SPECIAL[0],
            eos_token=SPECIAL[1],
            pad_token=SPECIAL[2],
            padding_side="left",
            model_max_length=CONTEXT,
            clean_up_tokenization_spaces=False,
        )
        wrapped.chat_template = template
        wrapped.save_pretrained(fresh)
        model.to("cpu", torch.bfloat16).save_pretrained(fresh)
        (fresh / "model.safetensors").chmod(0o644)
        convert(fresh, fresh / "ct2")
        stage = {
            "steps": state["step"],
            "examples": size,
            "tokens_seen": state["tokens"],
            "minutes": round(state["seconds"] / 60, 1),
            "device": device,
        }
        before = json.loads((args.start / "training.json").read_text()) if args.start else {}
        only = [{key: before[key] for key in stage}] if before else []
        stages = [*before.get("stages", only), stage]
        notes = {
            "name": args.name,
            "parameters": sum(p.numel() for p in model.parameters()),
            "hidden": args.hidden,
            "layers": args.layers,
            "kv_heads": args.kv_heads,
            "vocabulary": tokenizer.get_vocab_size(),
            "stages": stages,
            "steps": sum(s["steps"] for s in stages),
            "examples": {
                key: sum(s["examples"][key] for s in stages) for key in ("rows", "tokens")
            },
            "tokens_seen": sum(s["tokens_seen"] for s in stages),
            "minutes": round(sum(s["minutes"] for s in stages), 1),
            "device": device,
            "seed": args.seed,
            "notes": args.notes,
            "sha256": {
                str(p.relative_to(fresh)): hashlib.sha256(p.read_bytes()).hexdigest()
                for p in sorted(fresh.rglob("*"))
                if p.suffix in (".safetensors", ".bin")
            },
        }
        (fresh / "training.json").write_text(json.dumps(notes, indent=1) + "\n")
    if made != folder:
        shutil.rmtree(folder)
        made.rename(folder)
    print(f"packed {folder.name}: {sum(p.stat().st_size for p in folder.rglob('*')) / 1e6:.1f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--corpus", type=Path, help="default: the model's own, in the work folder")
    parser.add_argument("--start", type=Path, help="the folder of a finished model to go on from")
    parser.add_argument("--work", type=Path, default=Path("build"))
    parser.add_argument("--output", type=Path, default=SHIPPED)
    parser.add_argument("--name", default="tutor", help=f"{', '.join(SIZES)}, or another")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--rows", type=int, help="read only the first rows of the corpus")
    parser.add_argument("--batch", type=int, default=4096, help="tokens a step, padding included")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--hidden", type=int)
    parser.add_argument("--layers", type=int)
    parser.add_argument(
        "--kv-heads",
        type=int,
        help="of keys and values; fewer than --start has are their means, more are copies",
    )
    parser.add_argument("--vocabulary", type=int)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument(
        "--compile",
        action="store_true",
        help="fuse the model's operations (torch.compile; on a CPU needs a C++ compiler): a minute"
        " at the start, then a quarter less time a step",
    )
    parser.add_argument(
        "--copying",
        type=int,
        default=300,
        help="steps at the start in which random tokens said twice are learned beside each batch",
    )
    parser.add_argument("--save-every", type=int, default=250)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--notes", default="", help="for the card: what departs from the recipe")
    args = parser.parse_args()
    if args.start and args.kv_heads is None:
        config = json.loads((args.start / "config.json").read_text("utf-8"))
        args.kv_heads = config["num_key_value_heads"]
    for option, value in SIZES.get(args.name, SIZES["tutor"]).items():
        if getattr(args, option) is None:
            setattr(args, option, args.work / value if option == "corpus" else value)
    train(args)


if __name__ == "__main__":
    main()
