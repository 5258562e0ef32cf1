"""The model that ships with the package, on CTranslate2."""

import itertools
import json
import os
from collections import Counter, deque
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from distilabel.models.llms.base import LLM
from distilabel.models.llms.utils import prepare_output
from distilabel.models.mixins.magpie import MagpieChatTemplateMixin
from pydantic import Field, PrivateAttr, validate_call

from smolsynth.errors import LLMUnavailable
from smolsynth.llms import common
from smolsynth.llms.common import (
    Count,
    NotNegative,
    Share,
    call_seeds,
    check_conversations,
    check_lengths,
    cut,
    first_line,
)

MODELS = Path(__file__).parents[1] / "models"
END_OF_TURN = "<|im_end|>"
BATCH_SIZE = 16  # rows; larger batches leave one of two cores idle more often
BUCKET = 16  # tokens; prompts of one batch differ by less


def bundled_names() -> list[str]:
    """Names of the models that ship with the package."""
    return sorted(path.parent.name for path in MODELS.glob("*/tokenizer.json"))


@lru_cache(maxsize=4)
def _read_bundled(folder: Path) -> tuple[Any, Any, dict[str, bytes], int, list[list[str]]]:
    """Reads tokenizer, chat template, CTranslate2 files, context length and the tokens that the
    model only reads and never writes (each as a list of one); once per process."""
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
        generation = json.loads((folder / "generation_config.json").read_text())
        only_read = [[tokenizer.id_to_token(i)] for i in generation.get("suppress_tokens") or []]
        files = {path.name: path.read_bytes() for path in (folder / "ct2").iterdir()}
        ctranslate2.Generator(folder.name, files=files, device="cpu", compute_type="int8")
    except Exception as error:  # tokenizers raises bare Exception
        raise LLMUnavailable(
            f"The bundled model {folder.name!r} is missing or damaged ({first_line(error)}): "
            "reinstall smolsynth."
        ) from error
    return tokenizer, template, files, context, only_read


class BundledLLM(LLM, MagpieChatTemplateMixin):
    """The small bilingual chat model that ships with the package, on CTranslate2 in int8.

    Each batch runs on a `Generator` of its own, made from files held in memory in some 5 ms:
    CTranslate2 seeds a thread once, at its first sampling, so this is what makes sampling
    repeatable. It also leaves no thread behind that a fork could lose. Seeds belong to batches,
    and batches don't depend on the number of cores, so neither does the text.

    Attributes:
        model: name of a bundled model ("tutor", "novice"), or the path of a folder like theirs.
        compute_type: CTranslate2's arithmetic.
        seed: makes sampling repeatable; `None` draws anew each time.
        use_magpie_template: if a conversation doesn't end with the user, write the user's turn.
        magpie_pre_query_template: what opens the user's turn.
    """

    model: str = "tutor"
    compute_type: str = "int8"
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
        check_conversations(inputs)
        tokenizer, _, _, context, only_read = _read_bundled(self._folder)
        prompts = [
            tokenizer.encode(self.prepare_input(conversation), add_special_tokens=False).tokens
            for conversation in inputs
        ]
        check_lengths([len(prompt) for prompt in prompts], max_new_tokens, context)
        settings = {"max_length": max_new_tokens, "sampling_topk": 1}
        if only_read:
            settings["suppress_sequences"] = only_read
        seeds, copies = None, 1
        if temperature:
            settings |= {
                "sampling_topk": top_k,
                "sampling_topp": top_p,
                "sampling_temperature": temperature,
            }
            seeds, copies = call_seeds(self, prompts, num_generations, settings), num_generations
        rows = [prompt for prompt in prompts for _ in range(copies)]
        answers = self._run_batches(rows, settings, seeds)
        results = []
        for number, prompt in enumerate(prompts):
            ids = answers[number * copies : (number + 1) * copies]
            ids *= num_generations // copies
            results.append(
                prepare_output(
                    [cut(tokenizer.decode(row), stop_sequences) for row in ids],
                    input_tokens=[len(prompt)],
                    output_tokens=[len(row) for row in ids],
                )
            )
        return results

    def _run_batches(
        self, rows: list[list[str]], settings: dict[str, Any], seeds: Iterator[int] | None
    ) -> list[list[int]]:
        """Runs prompts in batches of similar length, one per core at a time.

        Two generators with one thread each wrote 1.5 times as much as one alone (median of
        three on two cores), while one generator with two threads wrote less than with one.
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
        with common.SEEDING:
            if seed is not None:
                ctranslate2.set_random_seed(seed)
            generator = ctranslate2.Generator(
                self.model,
                files=_read_bundled(self._folder)[2],
                device="cpu",
                compute_type=self.compute_type,
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
