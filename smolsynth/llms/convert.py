"""Makes chat models ready for `ct2:FOLDER`: CTranslate2 in int8, without torch to generate."""

import contextlib
import gc
import importlib.util
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from smolsynth._files import new_folder
from smolsynth.llms.common import first_line
from smolsynth.llms.smooth import smooth_activations
from smolsynth.llms.strings import Unavailable

BYTES = 3  # per parameter while a model is converted: bfloat16 and int8


def convert_model(
    source: str | Path, output: str | Path, say: Callable[[str], None] = lambda step: None
) -> Path:
    """Converts a chat model to CTranslate2 in int8, about one byte per parameter.

    Args:
        source: name on the Hugging Face hub, a folder made by save_pretrained(), or a GGUF file.
        output: the folder to make; it appears whole or not at all.
        say: is told each step before it begins: "read", "convert".

    Returns:
        The folder, which `load_llm("ct2:FOLDER")` takes.

    Raises:
        LLMUnavailable: packages or room are missing, the model is none that CTranslate2 converts,
            or has no chat template.
        FileExistsError: `output` is there.
    """
    name = str(source)
    check_packages("gguf" if name.lower().endswith(".gguf") else "transformers")
    with new_folder(output) as folder:
        say("read")
        plain = folder / "plain"
        save_plain(name, plain, smooth=True)
        say("convert")
        _to_ct2(name, plain, folder / "ct2")
        _write_settings(name, plain, folder)
        shutil.rmtree(plain)
    return Path(output)


def check_packages(*names: str) -> None:
    """Raises LLMUnavailable, with the command that mends it, where packages are missing."""
    wanted = dict.fromkeys(("torch", "transformers", *names))
    missing = [name for name in wanted if importlib.util.find_spec(name) is None]
    if missing:
        raise Unavailable("packages", packages=", ".join(missing))


def check_space(folder: Path, wanted: int) -> None:
    """Raises LLMUnavailable where the disk of a folder has less than `wanted` bytes left."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free
    if free < wanted:
        raise Unavailable("space", folder=there, wanted=wanted // 10**6, free=free // 10**6)


def save_plain(name: str, folder: Path, smooth: bool = False) -> None:
    """Saves model and tokenizer as transformers does, in bfloat16, whatever they come as."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from smolsynth.llms.batched import check_transformers, hub_options, quietly

    path = Path(name).expanduser()
    if name.lower().endswith(".gguf"):
        if not path.is_file():
            raise Unavailable("no_file", name=name)
        options: dict[str, Any] = {"gguf_file": path.name}
        where = str(path.parent.absolute())
    else:
        check_transformers(name)
        where, options = (str(path) if path.is_dir() else name), hub_options(path)
    try:
        with quietly(), _without_bar():
            tokenizer = AutoTokenizer.from_pretrained(where, **options)
            model = AutoModelForCausalLM.from_pretrained(where, dtype=torch.bfloat16, **options)
    except Exception as error:  # many kinds: network, hub, JSON, safetensors, an unknown GGUF
        raise Unavailable("unreadable", name=name, reason=first_line(error)) from error
    if not tokenizer.chat_template:
        raise Unavailable("no_template", name=name)
    if not tokenizer.is_fast:
        raise Unavailable("slow_tokenizer", name=name)
    with quietly():
        model = _without_quantization(model)
        if smooth:
            smooth_activations(model, tokenizer)
        check_space(folder, BYTES * sum(weights.numel() for weights in model.parameters()))
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    ends = model.generation_config.eos_token_id
    ends = set(ends if isinstance(ends, list) else [ends]) | {tokenizer.eos_token_id}
    settings = {
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": sorted(end for end in ends if end is not None),
        "suppress_tokens": model.generation_config.suppress_tokens,
    }
    (folder / "generation_config.json").write_text(json.dumps(settings), encoding="utf-8")


@contextlib.contextmanager
def _without_bar() -> Iterator[None]:
    """Without the bar that transformers shows for a GGUF, whatever it was told of bars."""
    from transformers import modeling_gguf_pytorch_utils as gguf

    bar = gguf.tqdm
    gguf.tqdm = lambda tensors, **options: tensors
    try:
        yield
    finally:
        gguf.tqdm = bar


def _without_quantization(model: Any) -> Any:
    """A model read from a GGUF can't be saved as it is: the same weights in a plain model."""
    import torch

    config = model.config.to_dict()
    if config.pop("quantization_config", None) is None:
        return model
    plain = type(model)(type(model.config)(**config)).to(torch.bfloat16)
    plain.load_state_dict(model.state_dict())
    return plain


def convert(plain: Path, output: Path, quantization: str = "int8") -> None:
    """A model as transformers saves it, for CTranslate2.

    Where all heads share one key and value head, that is said to CTranslate2, whose converter
    (4.8) forgets it: else the engine keeps a copy for each head and reads them all for each token.
    Of a model of 256 x 6, a token after 256 others took a quarter of the time.

    The converter collects garbage after each layer: a third of a second in a process that has
    loaded torch and TRL, unless what is there already is set aside.
    """
    from ctranslate2.converters import TransformersConverter

    class Converter(TransformersConverter):
        def _load(self) -> Any:
            spec = super()._load()
            for layer in getattr(getattr(spec, "decoder", None), "layer", ()):
                heads = layer.self_attention
                usual = not hasattr(heads, "head_dim") and not hasattr(heads, "q_norm")
                if usual and getattr(heads, "num_heads_kv", None) == 1:
                    # a name that the engine reads and the specification doesn't know
                    object.__setattr__(heads, "multi_query", np.int8(1))
            return spec

    gc.freeze()
    try:
        Converter(str(plain)).convert(str(output), quantization=quantization)
    finally:
        gc.unfreeze()


def _to_ct2(name: str, plain: Path, output: Path) -> None:
    from smolsynth.llms.batched import quietly

    try:
        with quietly():
            convert(plain, output)
    except (ValueError, NotImplementedError, KeyError, AttributeError) as error:
        config = json.loads((plain / "config.json").read_text("utf-8"))
        kind = (config.get("architectures") or [config.get("model_type")])[0]
        reason = first_line(error).partition(" (supported")[0]
        raise Unavailable("architecture", name=name, kind=kind, reason=reason) from error


def _write_settings(name: str, plain: Path, folder: Path) -> None:
    for file in ("tokenizer.json", "chat_template.jinja", "generation_config.json"):
        if not (plain / file).is_file():
            raise Unavailable("no_template" if "template" in file else "slow_tokenizer", name=name)
        shutil.copy(plain / file, folder / file)
    config = json.loads((plain / "config.json").read_text("utf-8"))
    config |= {"max_position_embeddings": _context(config)}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def _context(config: dict[str, Any]) -> int:
    inner = config.get("text_config") or {}
    names = ("max_position_embeddings", "n_positions", "seq_length", "max_seq_len")
    return next((c[name] for c in (config, inner) for name in names if c.get(name)), 2048)
