"""Chat models in CTranslate2's format: int8 on a CPU, without torch and transformers.

Such a folder holds `ct2/` (the converted model) and beside it transformers' tokenizer.json,
chat_template.jinja, config.json and generation_config.json; `smolsynth.llms.convert` makes one.
"""

import itertools
import json
import os
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import PrivateAttr

from smolsynth.errors import LLMUnavailable
from smolsynth.llms import common
from smolsynth.llms.common import first_line, state_without
from smolsynth.llms.local import Answer, LocalLLM
from smolsynth.llms.strings import Unavailable
from smolsynth.llms.templates import chat_template

FILES = ("tokenizer.json", "chat_template.jinja", "config.json", "generation_config.json")
BATCH_SIZE = 16  # rows; larger batches leave one of two cores idle more often
BUCKET = 16  # tokens; prompts of one batch differ by less, but for long ones
SHARED = 32  # tokens; what a batch's prompts share is read once if it is as long, in such steps
AT_ONCE = 8  # tokens at least that are read in one go: fewer are computed otherwise, see `_start`
MOST_KEPT = 4  # models that stay in memory though nobody may use them any more


class Model(NamedTuple):
    """What a folder holds, read."""

    tokenizer: Any
    template: Callable[..., str]
    files: dict[str, bytes]  # of ct2/
    context: int
    ends: list[str]  # tokens that end an answer
    only_read: list[list[str]]  # tokens that the model never writes, each as a list of one


_KEPT: OrderedDict[tuple, Model] = OrderedDict()
_READING = threading.Lock()


def read_model(folder: Path) -> Model:
    """Reads a folder, once per process as long as its files stay as they are.

    Raises whatever is wrong with them.
    """
    key = _key(folder)
    with _READING:
        if key not in _KEPT:
            _KEPT[key] = _read(folder)
            while len(_KEPT) > MOST_KEPT:
                _KEPT.popitem(last=False)
        _KEPT.move_to_end(key)
        return _KEPT[key]


def _key(folder: Path) -> tuple:
    """Path, names, sizes and times: other weights in the same place are another model."""
    paths = sorted([folder / name for name in FILES] + list((folder / "ct2").iterdir()))
    states = [(path.name, path.stat()) for path in paths]
    return (folder, *((name, state.st_size, state.st_mtime_ns) for name, state in states))


def _read(folder: Path) -> Model:
    import ctranslate2
    from tokenizers import Tokenizer

    tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
    generation = json.loads((folder / "generation_config.json").read_text("utf-8"))
    names = {
        name: tokenizer.id_to_token(generation[f"{name}_id"])
        for name in ("bos_token", "eos_token")
        if isinstance(generation.get(f"{name}_id"), int)
    }
    template = chat_template((folder / "chat_template.jinja").read_text("utf-8"), **names)
    ends = generation["eos_token_id"]
    files = {path.name: path.read_bytes() for path in (folder / "ct2").iterdir()}
    ctranslate2.Generator(folder.name, files=files, device="cpu", compute_type="int8")
    return Model(
        tokenizer,
        template,
        files,
        json.loads((folder / "config.json").read_text("utf-8"))["max_position_embeddings"],
        [tokenizer.id_to_token(end) for end in (ends if isinstance(ends, list) else [ends])],
        [[tokenizer.id_to_token(i)] for i in generation.get("suppress_tokens") or []],
    )


class CT2LLM(LocalLLM):
    """A chat model in CTranslate2's format.

    Sampling: each batch runs on a `Generator` of its own, made from files held in memory:
    CTranslate2 seeds a thread once, at its first sampling, so this is what makes sampling
    repeatable. Seeds belong to batches, and batches don't depend on the number of cores, so neither
    does the text. No thread outlives a call, so a fork can lose none.

    Attributes:
        model: the folder.
        compute_type: CTranslate2's arithmetic.
    """

    model: str
    compute_type: str = "int8"

    _folder: Path = PrivateAttr()
    _model: Any = PrivateAttr(default=None)  # a Model, once it is loaded

    def model_post_init(self, context: Any) -> None:
        """Makes the path absolute: it must be found from another working directory, too."""
        super().model_post_init(context)
        self._folder = self._find()

    def _find(self) -> Path:
        return Path(self.model).expanduser().absolute()

    @property
    def model_name(self) -> str:
        """Name of the model, as it stands in distilabel's `model_name` column."""
        return self.model

    def _ready(self) -> None:
        if self._model is None:
            try:
                self._model = read_model(self._folder)
            except Exception as error:  # tokenizers raises bare Exception
                raise self._damaged(first_line(error)) from error

    def _damaged(self, reason: str) -> LLMUnavailable:
        return Unavailable("no_ct2", name=self.model, reason=reason)

    def unload(self) -> None:
        """Frees the model, unless others use it; another `generate()` reads it again."""
        with _READING:
            for key in [key for key, model in _KEPT.items() if model is self._model]:
                del _KEPT[key]
        self._model = None
        super().unload()

    def __getstate__(self) -> dict[str, Any]:
        return state_without(super().__getstate__(), "_model")

    def _template(self, messages: list[dict[str, str]], **options: Any) -> str:
        return self._model.template(messages=messages, **options)

    def _encode(self, text: str) -> list[str]:
        return self._model.tokenizer.encode(text, add_special_tokens=False).tokens

    @property
    def _context(self) -> int:
        return self._model.context

    def _settings(self, max_new_tokens: int, **sampling: Any) -> dict[str, Any]:
        settings: dict[str, Any] = {"max_length": max_new_tokens, "sampling_topk": 1}
        if self._model.only_read:
            settings["suppress_sequences"] = self._model.only_read
        if "temperature" in sampling:
            settings |= {
                "sampling_topk": sampling["top_k"],
                "sampling_topp": sampling["top_p"],
                "sampling_temperature": sampling["temperature"],
            }
        if sampling["repetition_penalty"] != 1:
            settings["repetition_penalty"] = sampling["repetition_penalty"]
        return settings

    def _run(
        self, prompts: list[list[str]], settings: dict[str, Any], seeds: Iterator[int] | None
    ) -> list[Answer]:
        """Runs prompts in batches of similar length, one per core at a time.

        Two generators with one thread each wrote 1.5 times as much as one alone (median of
        three on two cores), while one generator with two threads wrote less than with one.
        """
        longest_first = sorted(range(len(prompts)), key=lambda number: -len(prompts[number]))
        batches = [
            bucket[start : start + BATCH_SIZE]
            for _, group in itertools.groupby(
                longest_first, lambda number: read_at_once(len(prompts[number]))
            )
            for bucket in [list(group)]
            for start in range(0, len(bucket), BATCH_SIZE)
        ]
        shared = None if seeds else self._generator(common.cores())  # greedy: nothing to seed
        answers: dict[int, list[int]] = {}
        running: deque[tuple[list[int], Any, list[Any]]] = deque()
        while batches or running:
            if batches and len(running) < common.cores():
                batch = batches.pop(0)
                rows = [prompts[number] for number in batch]
                generator = self._seeded(next(seeds), rows[0][0]) if seeds else shared
                running.append((batch, generator, self._start(generator, rows, settings)))
            else:
                batch, generator, results = running.popleft()
                for number, result in zip(batch, results, strict=True):
                    answers[number] = result.result().sequences_ids[0]
                del generator  # with it goes its thread
        written = [answers[number] for number in range(len(prompts))]
        texts = self._model.tokenizer.decode_batch(written)
        return [Answer(text, len(ids)) for text, ids in zip(texts, written, strict=True)]

    def _generator(self, workers: int) -> Any:
        import ctranslate2

        return ctranslate2.Generator(
            self.model,
            files=self._model.files,
            device="cpu",
            compute_type=self.compute_type,
            inter_threads=workers,
            intra_threads=1,
        )

    def _seeded(self, seed: int, token: str) -> Any:
        import ctranslate2

        with common.SEEDING:
            ctranslate2.set_random_seed(seed)
            generator = self._generator(1)
            # the first draw is when the generator's thread is seeded
            generator.generate_batch([[token]], max_length=1, sampling_topk=0)
        return generator

    def _start(
        self, generator: Any, prompts: list[list[str]], settings: dict[str, Any]
    ) -> list[Any]:
        """Starts one batch, the longest prompt first; returns the results to come.

        CTranslate2 reads a batch at once up to its shortest prompt and the rest token by token,
        which rounds differently. A shorter row that ends at the bucket's start makes that the same
        point in every batch, so greedy answers don't depend on their neighbours.

        What all prompts of a batch share is read once for all of them, up to that point: reading
        in two goes rounds as in one, as long as each has a handful of tokens.
        """
        at_once = read_at_once(len(prompts[0]))
        greedy = settings["sampling_topk"] == 1
        helper = [prompts[0][:at_once]] if greedy and min(map(len, prompts)) > at_once else []
        common_start = os.path.commonprefix(prompts)[: max(0, at_once - AT_ONCE)]
        shared = len(common_start) // SHARED * SHARED if len(prompts) > 1 else 0
        if shared:
            settings = {**settings, "static_prompt": common_start[:shared]}
        results = generator.generate_batch(
            [prompt[shared:] for prompt in helper + prompts],
            beam_size=1,
            end_token=self._model.ends,
            include_prompt_in_result=False,
            asynchronous=True,
            **settings,
        )
        return results[len(helper) :]


def read_at_once(length: int) -> int:
    """How many tokens of a prompt are read in one go; prompts with the same number are neighbours.

    Two at least: with a row of one, CTranslate2 4.8 returns the prompts as well.

    >>> read_at_once(16), read_at_once(17), read_at_once(32), read_at_once(700)
    (2, 17, 17, 641)
    """
    width = BUCKET if length <= 256 else 2 * BUCKET if length <= 512 else 4 * BUCKET
    return max(2, (length - 1) // width * width + 1)
