"""Any chat model that transformers can load. Imports torch and transformers only when it loads."""

import contextlib
import importlib.util
import urllib.error
import urllib.request
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from distilabel.models.llms.huggingface.transformers import TransformersLLM
from distilabel.models.mixins.cuda_device_placement import CudaDevicePlacementMixin
from pydantic import PrivateAttr

from smolsynth.llms import common
from smolsynth.llms.common import Count, first_line, state_without
from smolsynth.llms.local import Answer, LocalLLM
from smolsynth.llms.strings import Unavailable


def check_transformers(name: str) -> None:
    """Says what is missing before anything heavy is imported."""
    missing = [p for p in ("torch", "transformers") if importlib.util.find_spec(p) is None]
    if missing:
        raise Unavailable("no_torch", name=name, packages=", ".join(missing))
    looks_like_path = name.startswith((".", "/", "~")) or "\\" in name or name.count("/") > 1
    folder = Path(name).expanduser()
    if looks_like_path and not folder.is_dir():
        raise Unavailable("no_folder", name=name)
    if folder.is_dir() and not (folder / "config.json").is_file():
        raise Unavailable("no_config", name=name)


def _hub_answers() -> bool:
    """Asks once, for 3 s at most: huggingface_hub itself retries for a minute without network."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    try:
        request = urllib.request.Request(constants.ENDPOINT, method="HEAD")
        urllib.request.urlopen(request, timeout=3).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def hub_options(path: Path) -> dict[str, bool]:
    """What to tell `from_pretrained` of the hub: nothing for a folder, else whether it answers."""
    return {} if path.is_dir() else {"local_files_only": not _hub_answers()}


class BatchedTransformersLLM(LocalLLM, TransformersLLM):
    """distilabel's `TransformersLLM`, generating in real batches (distilabel goes row by row).

    Rows are sorted by length and padded on the left. In float32, greedy answers are those of
    row-by-row generation; in half precision on a GPU rounding may differ. Prompts come from the
    tokenizer's chat template as it is, with no second start-of-text token.

    Attributes:
        model: name on the Hugging Face hub, or a folder.
        batch_size: rows per batch.
        torch_dtype: `"auto"` is float32 on a CPU and bfloat16 or float16 on a GPU.
        device: `None` takes the GPU if there is one.
    """

    batch_size: Count = 32

    _pipeline: Any = PrivateAttr(default=None)

    def _ready(self) -> None:
        if self._pipeline is not None:
            return
        check_transformers(self.model)
        if self.device == "cuda":
            CudaDevicePlacementMixin.load(self)
        with quietly():
            self._pipeline = self._load_pipeline()
        self._takes_system = None

    def _load_pipeline(self) -> Any:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig, pipeline

        device = self.device
        if device is None and self.device_map is None:
            device = "cuda" if torch.cuda.is_available() else "cpu"
        dtype = self.torch_dtype
        if dtype == "auto":
            on_gpu = torch.cuda.is_available() and str(device) != "cpu"
            half = "bfloat16" if on_gpu and torch.cuda.is_bf16_supported() else "float16"
            dtype = half if on_gpu else "float32"
        name = str(Path(self.model).expanduser()) if self.model.startswith("~") else self.model
        hub = {
            "revision": self.revision,
            "token": self.token.get_secret_value() if self.token else None,
            "trust_remote_code": self.trust_remote_code,
            **hub_options(Path(name)),
        }
        try:
            tokenizer = AutoTokenizer.from_pretrained(
                self.tokenizer or name, use_fast=self.use_fast, padding_side="left", **hub
            )
            model = AutoModelForCausalLM.from_pretrained(
                name, dtype=dtype, device_map=self.device_map, **hub, **(self.model_kwargs or {})
            )
        except Exception as error:  # many kinds: network, hub, JSON, safetensors
            if Path(name).is_dir():
                raise Unavailable(
                    "no_weights", name=self.model, reason=first_line(error)
                ) from error
            raise Unavailable("hub", name=self.model, reason=first_line(error)) from error
        if self.chat_template is not None:
            tokenizer.chat_template = self.chat_template
        if not tokenizer.chat_template:
            raise Unavailable("no_template", name=self.model)
        if tokenizer.pad_token is None:
            tokenizer.pad_token = tokenizer.eos_token or tokenizer.convert_ids_to_tokens(0)
        # Only the ends of a text are taken over: a model's own sampling defaults would otherwise
        # join in unseen.
        ends = model.generation_config.eos_token_id
        ends = set(ends if isinstance(ends, list) else [ends]) | {tokenizer.eos_token_id}
        model.generation_config = GenerationConfig(
            eos_token_id=sorted(end for end in ends if end is not None) or None,
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=tokenizer.bos_token_id,
        )
        if device is not None and self.device_map is None:
            model.to(device)
        model.eval()
        return pipeline("text-generation", model=model, tokenizer=tokenizer)

    def unload(self) -> None:
        """Frees the model; another `generate()` loads it again."""
        self._pipeline = None
        super().unload()

    def __getstate__(self) -> dict[str, Any]:
        return state_without(super().__getstate__(), "_pipeline")

    def _template(self, messages: list[dict[str, str]], **options: Any) -> str:
        return self._pipeline.tokenizer.apply_chat_template(messages, tokenize=False, **options)

    def _encode(self, text: str) -> list[int]:
        return self._pipeline.tokenizer(text, add_special_tokens=False)["input_ids"]

    @property
    def _context(self) -> int | None:
        config = self._pipeline.model.config.get_text_config()
        return getattr(config, "max_position_embeddings", None)

    def _settings(self, max_new_tokens: int, **sampling: Any) -> dict[str, Any]:
        return {"max_new_tokens": max_new_tokens, **sampling}

    def _run(
        self, prompts: list[list[int]], settings: dict[str, Any], seeds: Iterator[int] | None
    ) -> list[Answer]:
        with common.TORCH, quietly():
            written = self._run_batches(prompts, settings, seeds)
        return [Answer(self._decode(ids), len(ids)) for ids in written]

    def _decode(self, answer: list[int]) -> str:
        tokenizer = self._pipeline.tokenizer
        text = tokenizer.decode(answer)
        if "<|channel|>" in text or "[THINK]" in text:  # special tokens that mark thoughts
            return text
        return tokenizer.decode(answer, skip_special_tokens=True)

    def _run_batches(
        self, rows: list[list[int]], settings: dict[str, Any], seeds: Iterator[int] | None
    ) -> list[list[int]]:
        import torch

        model, tokenizer = self._pipeline.model, self._pipeline.tokenizer
        ends = set(model.generation_config.eos_token_id or [])
        order = sorted(range(len(rows)), key=lambda number: -len(rows[number]))
        answers: list[list[int]] = [[] for _ in rows]
        gpus = [model.device] if model.device.type == "cuda" else []
        with torch.inference_mode(), torch.random.fork_rng(devices=gpus):
            for start in range(0, len(order), self.batch_size):
                batch = order[start : start + self.batch_size]
                padded = tokenizer.pad(
                    {"input_ids": [rows[number] for number in batch]},
                    padding_side="left",
                    return_tensors="pt",
                ).to(model.device)
                if seeds:
                    torch.manual_seed(next(seeds))
                output = model.generate(**padded, **settings, do_sample=bool(seeds))
                new = output[:, padded["input_ids"].shape[1] :].tolist()  # (rows, new tokens)
                for number, ids in zip(batch, new, strict=True):
                    length = next((i for i, token in enumerate(ids) if token in ends), len(ids))
                    answers[number] = ids[:length]
        return answers


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """No progress bars, warnings or log lines of transformers inside; all as before after it."""
    from huggingface_hub.utils import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    hub_bars = not are_progress_bars_disabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    disable_progress_bars()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
        if hub_bars:
            enable_progress_bars()
