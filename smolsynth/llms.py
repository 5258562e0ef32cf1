"""Language models for distilabel: one call, `load_llm()`, chooses where the text comes from.

The bundled model runs on CTranslate2 and needs neither torch nor transformers, which take
longer to import than the model takes to write its first hundred answers.
"""

import asyncio
import contextlib
import importlib.util
import itertools
import json
import os
import secrets
import sys
import threading
import urllib.error
import urllib.request
import warnings
from collections import Counter, deque
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

from distilabel.models.llms.base import LLM, merge_responses
from distilabel.models.llms.huggingface.transformers import TransformersLLM
from distilabel.models.llms.openai import OpenAILLM
from distilabel.models.llms.utils import prepare_output
from distilabel.models.mixins.cuda_device_placement import CudaDevicePlacementMixin
from distilabel.models.mixins.magpie import MagpieChatTemplateMixin
from pydantic import Field, PrivateAttr, SecretStr, validate_call

__all__ = [
    "BatchedTransformersLLM",
    "BundledLLM",
    "EndpointLLM",
    "LLMUnavailable",
    "load_llm",
]

DEFAULTS = {"max_new_tokens": 256, "temperature": 0.7, "top_p": 1.0}
HF_ROUTER = "https://router.huggingface.co/v1"
MODELS = Path(__file__).parent / "models"

Share = Annotated[float, Field(gt=0, le=1)]
Count = Annotated[int, Field(ge=1)]
NotNegative = Annotated[float, Field(ge=0)]


class LLMUnavailable(RuntimeError):
    """The chosen model can't be used; the message says in one sentence what to do."""


def load_llm(
    spec: str | None = None,
    *,
    use_magpie_template: bool = False,
    seed: int | None = 42,
    **generation_kwargs: Any,
) -> LLM:
    """Makes the distilabel `LLM` that `spec` names; distilabel's steps call its `load()`.

    Args:
        spec: `"bundled"`, `"transformers:NAME_OR_PATH"` (Hugging Face hub or folder),
            `"openai:BASE_URL#MODEL"` (any OpenAI-compatible server; the key, if it wants one,
            from `SMOLSYNTH_API_KEY` or `OPENAI_API_KEY`) or `"hf:MODEL"` (Hugging Face Inference
            Providers; token from `HF_TOKEN` or `hf auth login`). Default: the environment
            variable `SMOLSYNTH_LLM`, else `"bundled"`.
        use_magpie_template: let the model write the user's turn, as distilabel's `Magpie` needs.
        seed: makes sampling repeatable on one machine (a server may ignore it); `None` doesn't.
        **generation_kwargs: `max_new_tokens` (default 256), `temperature` (0.7; 0 takes the most
            probable token each time) and `top_p` (1.0).

    Raises:
        ValueError: a wrong `spec`, option or value.
        LLMUnavailable: files, package, token or server are missing.
    """
    source = "spec" if spec else "SMOLSYNTH_LLM"
    spec = spec or os.environ.get("SMOLSYNTH_LLM") or "bundled"
    kind, _, name = str(spec).partition(":")
    options = {
        "seed": seed,
        "generation_kwargs": _checked_generation_kwargs(generation_kwargs),
    }
    if kind == "bundled" and not name:
        return BundledLLM(use_magpie_template=use_magpie_template, **options)
    if kind == "transformers" and name:
        _check_transformers(name)
        return BatchedTransformersLLM(
            model=name, use_magpie_template=use_magpie_template, **options
        )
    base_url, _, model = name.rpartition("#")
    is_server = kind == "openai" and base_url.startswith(("http://", "https://")) and model
    if not is_server and not (kind == "hf" and name):
        raise ValueError(
            f"{source}={spec!r} names no model: use 'bundled', 'transformers:NAME_OR_PATH', "
            "'openai:BASE_URL#MODEL' (as in openai:http://localhost:11434/v1#qwen2.5:0.5b) "
            "or 'hf:MODEL'."
        )
    if use_magpie_template:
        raise ValueError(
            "Magpie needs a model whose raw prompt we control, and a chat endpoint writes it "
            "itself: use 'bundled' or 'transformers:NAME_OR_PATH' with use_magpie_template=True."
        )
    if kind == "hf":
        return _endpoint(HF_ROUTER, name, *_hub_token(), **options)
    return _endpoint(base_url, model, *_server_key(), **options)


def _checked_generation_kwargs(given: dict[str, Any]) -> dict[str, Any]:
    if unknown := sorted(set(given) - set(DEFAULTS)):
        raise ValueError(
            f"load_llm() doesn't know {', '.join(unknown)}: the options are {', '.join(DEFAULTS)}."
        )
    chosen = {**DEFAULTS, **{name: value for name, value in given.items() if value is not None}}
    if given.get("temperature", 0.7) is None:  # None means what 0 means
        chosen["temperature"] = 0.0
    for name, (kinds, is_good, wanted) in {
        "max_new_tokens": (int, lambda value: value >= 1, "a whole number of at least 1"),
        "temperature": ((int, float), lambda value: 0 <= value < 100, "a number from 0 up"),
        "top_p": ((int, float), lambda value: 0 < value <= 1, "a number above 0 and at most 1"),
    }.items():
        value = chosen[name]
        if isinstance(value, bool) or not isinstance(value, kinds) or not is_good(value):
            raise ValueError(f"{name} must be {wanted}, not {value!r}.")
    return chosen


# --- what the local models share -------------------------------------------------------------

# CTranslate2's seed and torch's random state belong to the whole process, so threads take turns.
_SEEDING = threading.Lock()
_TORCH = threading.Lock()


def _after_fork() -> None:
    """Other threads stay in the parent: neither their locks nor torch's workers can be awaited."""
    global _SEEDING, _TORCH
    _SEEDING, _TORCH = threading.Lock(), threading.Lock()
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _state_without(state: dict[str, Any], *names: str) -> dict[str, Any]:
    """A pydantic object's state for pickling, with what belongs to this process left out."""
    private = {**state["__pydantic_private__"], **dict.fromkeys(names)}
    return {**state, "__pydantic_private__": private}


def _seeds(llm: Any, *call: Any) -> Iterator[int]:
    """Yields the seeds of one call, each below 2**31.

    They follow from the model's seed, the call itself and how often this very call came before
    (since `load()`), so the order in which several steps share one model changes nothing.
    """
    if llm.seed is None:
        while True:
            yield secrets.randbits(31)
    key = sha256(json.dumps([llm.seed, *call], sort_keys=True, default=str).encode()).digest()
    with _SEEDING:
        repeat = llm._calls[key]
        llm._calls[key] += 1
    for number in itertools.count():
        digest = sha256(key + f"{repeat}/{number}".encode()).digest()
        yield int.from_bytes(digest[:4], "big") >> 1


def _check_conversations(inputs: Any) -> None:
    """Says what is wrong with chat inputs before a template turns it into something odd."""
    if not isinstance(inputs, list) or not inputs:
        raise ValueError(
            "inputs must be a list of at least one conversation, each a list of "
            '{"role": ..., "content": ...} messages.'
        )
    for number, conversation in enumerate(inputs):
        if isinstance(conversation, tuple):
            raise ValueError("A local model has no structured output: ask for JSON in the prompt.")
        if not isinstance(conversation, list):
            raise ValueError(
                f"inputs[{number}] must be a list of messages, not {type(conversation).__name__}."
            )
        for message in conversation:
            content = message.get("content") if isinstance(message, dict) else message
            if not isinstance(message, dict) or message.get("role") not in (
                "system",
                "user",
                "assistant",
            ):
                raise ValueError(
                    f"inputs[{number}]: a message needs a role (system, user or assistant) and a "
                    f"content, not {str(message)[:80]!r}."
                )
            if not isinstance(content, str):
                raise ValueError(
                    f"inputs[{number}]: the {message['role']} message's content must be text, "
                    f"not {type(content).__name__}; drop or fill such rows first."
                )


def _check_lengths(lengths: list[int], max_new_tokens: int, context: int | None) -> None:
    for number, length in enumerate(lengths):
        if not length:
            raise ValueError(
                f"inputs[{number}] is an empty conversation: give it a message, or load the model "
                "with use_magpie_template=True to let it write the user's turn."
            )
        if context and length + max_new_tokens > context:
            raise ValueError(
                f"inputs[{number}] has {length} tokens, which with max_new_tokens={max_new_tokens} "
                f"is more than the model's {context}: shorten the prompt or lower max_new_tokens."
            )


def _cut(text: str, stop_sequences: list[str] | None) -> str:
    """Cuts `text` where the first stop sequence starts."""
    ends = [text.find(stop) for stop in stop_sequences or [] if stop and stop in text]
    return text[: min(ends)] if ends else text


# --- the bundled model -----------------------------------------------------------------------

END_OF_TURN = "<|im_end|>"
BATCH_SIZE = 16  # rows; larger batches leave one of two cores idle more often
BUCKET = 16  # tokens; prompts of one batch differ by less


@lru_cache(maxsize=4)
def _read_bundled(folder: Path) -> tuple[Any, Any, dict[str, bytes], int]:
    """Reads tokenizer, chat template, CTranslate2 files and context length; once per process."""
    import ctranslate2
    from jinja2.sandbox import ImmutableSandboxedEnvironment
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        # The same two flags as in transformers, so that both render the same prompt.
        template = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True).from_string(
            (folder / "chat_template.jinja").read_text(encoding="utf-8")
        )
        context = json.loads((folder / "config.json").read_text())["max_position_embeddings"]
        files = {path.name: path.read_bytes() for path in (folder / "ct2").iterdir()}
        ctranslate2.Generator(folder.name, files=files, device="cpu", compute_type="int8")
    except Exception as error:  # tokenizers raises bare Exception
        raise LLMUnavailable(
            f"The bundled model {folder.name!r} is missing or damaged ({_first_line(error)}): "
            "reinstall smolsynth."
        ) from error
    return tokenizer, template, files, context


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200].rstrip(". ")


class BundledLLM(LLM, MagpieChatTemplateMixin):
    """The small bilingual chat model that ships with the package, on CTranslate2 in int8.

    Each batch runs on a `Generator` of its own, made from files held in memory in some 5 ms:
    CTranslate2 seeds a thread once, at its first sampling, so this is what makes sampling
    repeatable. It also leaves no thread behind that a fork could lose. Seeds belong to batches,
    and batches don't depend on the number of cores, so neither does the text.

    Attributes:
        model: name of a bundled model.
        seed: makes sampling repeatable; `None` draws anew each time.
        use_magpie_template: if a conversation doesn't end with the user, write the user's turn.
        magpie_pre_query_template: what opens the user's turn.
    """

    model: str = "tutor"
    seed: int | None = 42
    magpie_pre_query_template: str | None = "<|im_start|>user\n"

    _calls: Counter = PrivateAttr(default_factory=Counter)

    @property
    def model_name(self) -> str:
        """Name of the model, as it stands in distilabel's `model_name` column."""
        return f"smolsynth/{self.model}"

    @property
    def _folder(self) -> Path:
        return MODELS / self.model

    def load(self) -> None:
        """Reads the model (a second time: nothing) and starts the sequence of seeds anew.

        Raises:
            LLMUnavailable: the model's files are missing or damaged.
        """
        super().load()
        self._calls.clear()
        _read_bundled(self._folder)

    def unload(self) -> None:
        """Frees the model; another `generate()` reads it again."""
        _read_bundled.cache_clear()
        super().unload()

    def prepare_input(self, input: list[dict[str, str]]) -> str:
        """Renders a conversation as ChatML, up to where the model has to go on."""
        magpie = self.use_magpie_template and (not input or input[-1]["role"] != "user")
        template = _read_bundled(self._folder)[1]
        prompt = template.render(messages=input, add_generation_prompt=not magpie) if input else ""
        return self.apply_magpie_pre_query_template(prompt, input)

    @validate_call
    def generate(  # distilabel reads the parameters' names, so no **kwargs
        self,
        inputs: Any,
        num_generations: Count = 1,
        max_new_tokens: Count = 256,
        temperature: NotNegative | None = 0.7,
        top_p: Share = 1.0,
        top_k: Annotated[int, Field(ge=0)] = 0,
        stop_sequences: list[str] | None = None,
    ) -> list[Any]:
        """Generates for a batch of conversations.

        Args:
            inputs: conversations, each a list of `{"role", "content"}` messages.
            num_generations: answers per conversation.
            max_new_tokens: tokens per answer, at most.
            temperature: 0 or `None` takes the most probable token each time.
            top_p: draw among the most probable tokens that hold this share of the probability.
            top_k: draw among this many most probable tokens; 0 means all.
            stop_sequences: an answer ends before the first of these.

        Returns:
            Per conversation `{"generations": [str, ...], "statistics": {...}}`, with the token
            counts `input_tokens` (one) and `output_tokens` (one per generation).

        Raises:
            ValueError: a conversation is malformed or doesn't fit into the context.
            LLMUnavailable: the model's files are missing or damaged.
        """
        _check_conversations(inputs)
        tokenizer, _, _, context = _read_bundled(self._folder)
        prompts = [
            tokenizer.encode(self.prepare_input(conversation), add_special_tokens=False).tokens
            for conversation in inputs
        ]
        _check_lengths([len(prompt) for prompt in prompts], max_new_tokens, context)
        settings = {"max_length": max_new_tokens, "sampling_topk": 1}
        seeds, copies = None, 1
        if temperature:
            settings |= {
                "sampling_topk": top_k,
                "sampling_topp": top_p,
                "sampling_temperature": temperature,
            }
            seeds, copies = _seeds(self, prompts, num_generations, settings), num_generations
        rows = [prompt for prompt in prompts for _ in range(copies)]
        answers = self._run_batches(rows, settings, seeds)
        results = []
        for number, prompt in enumerate(prompts):
            ids = answers[number * copies : (number + 1) * copies]
            ids *= num_generations // copies
            results.append(
                prepare_output(
                    [_cut(tokenizer.decode(row), stop_sequences) for row in ids],
                    input_tokens=[len(prompt)],
                    output_tokens=[len(row) for row in ids],
                )
            )
        return results

    def _run_batches(
        self, rows: list[list[str]], settings: dict[str, Any], seeds: Iterator[int] | None
    ) -> list[list[int]]:
        """Runs prompts in batches of similar length, one per core at a time.

        Two generators with one thread each wrote 1.7 times as much as one alone here, while one
        generator with two threads wrote less than with one.
        """
        longest_first = sorted(range(len(rows)), key=lambda number: -len(rows[number]))
        batches = [
            bucket[start : start + BATCH_SIZE]
            for _, group in itertools.groupby(longest_first, lambda number: _bucket(rows[number]))
            for bucket in [list(group)]
            for start in range(0, len(bucket), BATCH_SIZE)
        ]
        answers: dict[int, list[int]] = {}
        running: deque[tuple[list[int], Any, list[Any]]] = deque()
        while batches or running:
            if batches and len(running) < _cores():
                batch = batches.pop(0)
                prompts = [rows[number] for number in batch]
                running.append((batch, *self._start_batch(prompts, settings, seeds)))
            else:
                batch, generator, results = running.popleft()
                for number, result in zip(batch, results, strict=True):
                    answers[number] = result.result().sequences_ids[0]
                del generator  # with it goes its thread
        return [answers[number] for number in range(len(rows))]

    def _start_batch(
        self, prompts: list[list[str]], settings: dict[str, Any], seeds: Iterator[int] | None
    ) -> tuple[Any, list[Any]]:
        """Starts one batch on a generator of its own; returns that and the results to come."""
        import ctranslate2

        seed = next(seeds) if seeds else None
        with _SEEDING:
            if seed is not None:
                ctranslate2.set_random_seed(seed)
            generator = ctranslate2.Generator(
                self.model,
                files=_read_bundled(self._folder)[2],
                device="cpu",
                compute_type="int8",
                intra_threads=1,
            )
            if seed is not None:  # the first draw is when the generator's thread is seeded
                generator.generate_batch([prompts[0][:1]], max_length=1, sampling_topk=0)
        # CTranslate2 reads a batch at once up to its shortest prompt and the rest token by token,
        # which rounds differently. A shorter row that ends at the bucket's start makes that the
        # same point in every batch, so greedy answers don't depend on their neighbours.
        # Two tokens at least: with a row of one, CTranslate2 4.8 returns the prompts as well.
        start = max(2, _bucket(prompts[0]) * BUCKET + 1)
        needs_helper = seed is None and min(map(len, prompts)) > start
        helper = [prompts[0][:start]] if needs_helper else []
        results = generator.generate_batch(
            helper + prompts,
            beam_size=1,
            end_token=END_OF_TURN,
            include_prompt_in_result=False,
            asynchronous=True,
            **settings,
        )
        return generator, results[len(helper) :]


def _bucket(prompt: list[str]) -> int:
    return (len(prompt) - 1) // BUCKET


def _cores() -> int:
    """Cores that this process may use, at most 8: more don't help so small a model."""
    can_tell = hasattr(os, "sched_getaffinity")
    return min(8, len(os.sched_getaffinity(0)) if can_tell else os.cpu_count() or 1)


# --- any transformers model ------------------------------------------------------------------

SENTINEL = "smolsynthsentinel"


def _check_transformers(name: str) -> None:
    missing = [p for p in ("torch", "transformers") if importlib.util.find_spec(p) is None]
    if missing:
        raise LLMUnavailable(
            f"'transformers:{name}' needs {' and '.join(missing)}: run "
            '`pip install "smolsynth[train]"`, or use the bundled model.'
        )
    looks_like_path = name.startswith((".", "/", "~")) or "\\" in name or name.count("/") > 1
    folder = Path(name).expanduser()
    if looks_like_path and not folder.is_dir():
        raise LLMUnavailable(
            f"There is no folder {name!r}: give a folder made by save_pretrained(), or a model's "
            "name on the Hugging Face hub."
        )
    if folder.is_dir() and not (folder / "config.json").is_file():
        raise LLMUnavailable(
            f"The folder {name!r} holds no transformers model (no config.json): give a folder "
            "made by save_pretrained()."
        )


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


class BatchedTransformersLLM(TransformersLLM):
    """distilabel's `TransformersLLM`, generating in real batches (distilabel goes row by row).

    Rows are sorted by length and padded on the left. In float32, greedy answers are those of
    row-by-row generation; in half precision on a GPU rounding may differ. Prompts come from the
    tokenizer's chat template as it is, with no second start-of-text token.

    Attributes:
        model: name on the Hugging Face hub, or a folder.
        seed: makes sampling repeatable on one machine; `None` draws anew each time.
        batch_size: rows per batch.
        torch_dtype: `"auto"` is float32 on a CPU and bfloat16 or float16 on a GPU.
        device: `None` takes the GPU if there is one.
        magpie_pre_query_template: `"auto"` renders the conversation plus a user's turn with the
            tokenizer's own chat template and stops where the user's text starts, so it fits
            every family; any other text is appended as it is.
    """

    seed: int | None = 42
    batch_size: Count = 32
    magpie_pre_query_template: str | None = "auto"

    _pipeline: Any = PrivateAttr(default=None)
    _calls: Counter = PrivateAttr(default_factory=Counter)
    _takes_system: bool = PrivateAttr(default=True)

    def load(self) -> None:
        """Loads tokenizer and model (a second time: nothing); starts the seeds anew.

        Raises:
            LLMUnavailable: package or model are missing, or the tokenizer has no chat template.
        """
        LLM.load(self)
        self._calls.clear()
        if self._pipeline is not None:
            return
        _check_transformers(self.model)
        if self.device == "cuda":
            CudaDevicePlacementMixin.load(self)
        with _quietly():
            self._pipeline = self._load_pipeline()
        try:
            probe = [{"role": "system", "content": SENTINEL}, {"role": "user", "content": "Hi"}]
            self._takes_system = SENTINEL in self._render(probe, True)
        except ValueError:  # some families' templates raise
            self._takes_system = False

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
        }
        if not Path(name).is_dir():
            hub["local_files_only"] = not _hub_answers()
        try:
            tokenizer = AutoTokenizer.from_pretrained(
                self.tokenizer or name, use_fast=self.use_fast, padding_side="left", **hub
            )
            model = AutoModelForCausalLM.from_pretrained(
                name, dtype=dtype, device_map=self.device_map, **hub, **(self.model_kwargs or {})
            )
        except Exception as error:  # many kinds: network, hub, JSON, safetensors
            if Path(name).is_dir():
                raise LLMUnavailable(
                    f"The folder {self.model!r} holds no model that transformers can load "
                    f"({_first_line(error)}): save it again with save_pretrained()."
                ) from error
            raise LLMUnavailable(
                f"Could not get {self.model!r} from the Hugging Face hub "
                f"({_first_line(error)}): check the name and the network, or give a folder."
            ) from error
        if self.chat_template is not None:
            tokenizer.chat_template = self.chat_template
        if not tokenizer.chat_template:
            raise LLMUnavailable(
                f"The tokenizer of {self.model!r} has no chat template: choose a chat model, such "
                "as HuggingFaceTB/SmolLM2-135M-Instruct."
            )
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
        return _state_without(super().__getstate__(), "_pipeline")

    def _render(self, messages: list[dict[str, str]], generation_prompt: bool) -> str:
        from jinja2.exceptions import TemplateError

        try:
            return self._pipeline.tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=generation_prompt
            )
        except (TemplateError, TypeError) as error:
            roles = ", ".join(message["role"] for message in messages)
            raise ValueError(
                f"The chat template of {self.model!r} doesn't take a conversation of {roles} "
                f"({_first_line(error)}): choose another model or change the messages."
            ) from error

    def prepare_input(self, input: list[dict[str, str]]) -> str:
        """Renders a conversation with the model's template, up to where it has to go on."""
        if not self.use_magpie_template or (input and input[-1]["role"] == "user"):
            return self._render(self._without_system(input), True) if input else ""
        if self.magpie_pre_query_template != "auto":
            prompt = self._render(self._without_system(input), False) if input else ""
            return self.apply_magpie_pre_query_template(prompt, input)
        user = {"role": "user", "content": SENTINEL}
        prompt = self._render(self._without_system([*input, user]), False)
        return prompt[: prompt.rindex(SENTINEL)]

    def _without_system(self, messages: list[dict[str, str]]) -> list[dict[str, str]]:
        """Puts the system prompt before the first user's text where a template has no such role."""
        if self._takes_system or messages[0]["role"] != "system":
            return messages
        if len(messages) == 1:
            return [{"role": "user", "content": messages[0]["content"]}]
        text = "\n\n".join(message["content"] for message in messages[:2])
        return [{"role": messages[1]["role"], "content": text}, *messages[2:]]

    @validate_call
    def generate(
        self,
        inputs: Any,
        num_generations: Count = 1,
        max_new_tokens: Count = 256,
        temperature: NotNegative | None = 0.7,
        repetition_penalty: Annotated[float, Field(gt=0)] = 1.0,
        top_p: Share = 1.0,
        top_k: Annotated[int, Field(ge=0)] = 0,
        do_sample: bool = True,
        stop_sequences: list[str] | None = None,
    ) -> list[Any]:
        """Generates for a batch of conversations; see `BundledLLM.generate`.

        Args:
            inputs: conversations, each a list of `{"role", "content"}` messages.
            num_generations: answers per conversation.
            max_new_tokens: tokens per answer, at most.
            temperature: 0 or `None` takes the most probable token each time.
            repetition_penalty: above 1 makes tokens less probable that came before.
            top_p: draw among the most probable tokens that hold this share of the probability.
            top_k: draw among this many most probable tokens; 0 means all.
            do_sample: `False` takes the most probable token each time.
            stop_sequences: an answer ends before the first of these.

        Returns:
            Per conversation `{"generations": [str, ...], "statistics": {...}}`.

        Raises:
            ValueError: a conversation is malformed or doesn't fit into the context.
            LLMUnavailable: package or model are missing.
        """
        _check_conversations(inputs)
        if self._pipeline is None:
            self.load()
        tokenizer, config = self._pipeline.tokenizer, self._pipeline.model.config
        texts = [self.prepare_input(conversation) for conversation in inputs]
        prompts = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts]
        context = getattr(config.get_text_config(), "max_position_embeddings", None)
        _check_lengths([len(prompt) for prompt in prompts], max_new_tokens, context)
        settings = {"max_new_tokens": max_new_tokens, "repetition_penalty": repetition_penalty}
        seeds, copies = None, 1
        if do_sample and temperature:
            settings |= {"temperature": temperature, "top_p": top_p, "top_k": top_k}
            seeds, copies = _seeds(self, texts, num_generations, settings), num_generations
        rows = [prompt for prompt in prompts for _ in range(copies)]
        with _TORCH, _quietly():
            answers = self._run_batches(rows, settings, seeds)
        results = []
        for number, prompt in enumerate(prompts):
            ids = answers[number * copies : (number + 1) * copies]
            ids *= num_generations // copies
            decoded = [tokenizer.decode(row, skip_special_tokens=True) for row in ids]
            results.append(
                prepare_output(
                    [_cut(text, stop_sequences) for text in decoded],
                    input_tokens=[len(prompt)],
                    output_tokens=[len(row) for row in ids],
                )
            )
        return results

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
def _quietly() -> Iterator[None]:
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


# --- servers ---------------------------------------------------------------------------------


class EndpointLLM(OpenAILLM):
    """distilabel's `OpenAILLM` for any OpenAI-compatible server.

    Several generations are several requests, because Ollama and others ignore `n`; at most
    `max_concurrency` of them run at once, so that a slow server isn't flooded into timeouts.

    Attributes:
        seed: sent along, different for each request and the same in each run; a server may
            ignore it. `None` sends none.
        max_concurrency: requests at a time.
    """

    seed: int | None = 42
    max_concurrency: Count = 16

    _num_generations_param_supported: bool = PrivateAttr(default=False)
    _calls: Counter = PrivateAttr(default_factory=Counter)

    def load(self) -> None:
        """Makes the clients (a second time: nothing) and starts the sequence of seeds anew."""
        self._calls.clear()
        if self._aclient is None:
            super().load()

    def __getstate__(self) -> dict[str, Any]:
        return _state_without(super().__getstate__(), "_client", "_aclient", "_event_loop")

    async def _agenerate(
        self, inputs: list[Any], num_generations: int = 1, **kwargs: Any
    ) -> list[Any]:
        import openai

        if self._aclient is None:
            self.load()
        seeds = _seeds(self, inputs, num_generations, kwargs)
        turns = asyncio.Semaphore(self.max_concurrency)

        async def ask(conversation: Any, seed: int) -> Any:
            extra = {} if self.seed is None else {"seed": seed}
            extra |= kwargs.get("extra_body") or {}
            async with turns:
                return await self.agenerate(
                    input=conversation, **{**kwargs, "extra_body": extra or None}
                )

        requests = [ask(row, next(seeds)) for row in inputs for _ in range(num_generations)]
        try:
            answers = await asyncio.gather(*requests)
        except openai.APIError as error:
            key = self.api_key.get_secret_value()
            reason = _first_line(error).replace(key, "***")
            # `from None`: the original text may hold the key.
            raise LLMUnavailable(
                f"{self.base_url} did not answer for {self.model!r} ({reason}): check the server "
                "and the model's name, then run again."
            ) from None
        return merge_responses(list(answers), n=num_generations)


def _server_key() -> tuple[str, str]:
    """The key for a server, and how to set it. Local servers want none, but the client does."""
    for variable in ("SMOLSYNTH_API_KEY", "OPENAI_API_KEY"):
        if key := os.environ.get(variable):
            return key, f"the key in {variable}"
    return "none", "no key; set SMOLSYNTH_API_KEY or OPENAI_API_KEY"


def _hub_token() -> tuple[str, str]:
    from huggingface_hub import get_token

    if not (token := get_token()):
        raise LLMUnavailable(
            "'hf:MODEL' needs a Hugging Face token: set HF_TOKEN to one from "
            "https://huggingface.co/settings/tokens, or use the bundled model."
        )
    return token, "the token in HF_TOKEN"


def _endpoint(base_url: str, model: str, key: str, key_name: str, **options: Any) -> EndpointLLM:
    """Makes the `EndpointLLM` once the server has said that it has the model.

    Hugging Face's Inference Providers come here too: distilabel's `InferenceEndpointsLLM.load()`
    calls functions that huggingface_hub 1.0 took away, and it turns every error into `None`.
    """
    if importlib.util.find_spec("openai") is None:
        raise LLMUnavailable("Models on a server need the OpenAI client: run `pip install openai`.")
    base_url = base_url.rstrip("/")
    listed = _listed_models(base_url, key, key_name)
    # Ollama adds ":latest" by itself; Inference Providers take "MODEL:PROVIDER".
    accepted = {model, f"{model}:latest"}
    if base_url == HF_ROUTER:
        accepted.add(model.split(":")[0])
    if not accepted & set(listed):
        shown = ", ".join(listed[:10]) + (", ..." if len(listed) > 10 else "")
        raise LLMUnavailable(
            f"{base_url} has no model {model!r}: choose one of those it lists ({shown or 'none'})."
        )
    return EndpointLLM(
        model=model,
        base_url=base_url,
        api_key=SecretStr(key),
        timeout=600,  # a laptop's server may take its time
        max_retries=2,
        **options,
    )


def _listed_models(base_url: str, key: str, key_name: str) -> list[str]:
    headers = {"Authorization": f"Bearer {key}", "User-Agent": "smolsynth"}
    request = urllib.request.Request(f"{base_url}/models", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            models = json.load(answer)
        return [str(model["id"]) for model in models["data"]]
    except urllib.error.HTTPError as error:
        if error.code in (401, 403):
            raise LLMUnavailable(
                f"{base_url} refuses access ({error.code}) with {key_name}: check the key."
            ) from None
        raise LLMUnavailable(
            f"{base_url}/models answered {error.code}: check the base URL, which mostly ends "
            "in /v1."
        ) from None
    except (OSError, ValueError) as error:
        if isinstance(error, ValueError):
            reason = "it sent no JSON"
        else:
            reason = _first_line(getattr(error, "reason", None) or error)
        raise LLMUnavailable(
            f"Could not reach {base_url}/models ({reason}): start the server or check the URL."
        ) from None
    except (KeyError, TypeError):
        raise LLMUnavailable(
            f"{base_url}/models lists no models, so this is no OpenAI-compatible server: check "
            "the base URL, which mostly ends in /v1."
        ) from None
