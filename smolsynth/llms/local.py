"""What models that run in this process share: conversations become prompts, tokens answers."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple, Self

from distilabel.models.llms.base import LLM
from distilabel.models.mixins.magpie import MagpieChatTemplateMixin
from pydantic import Field, PrivateAttr, validate_call

from smolsynth.llms.common import (
    Count,
    NotNegative,
    Share,
    as_output,
    call_seeds,
    check_conversations,
    check_lengths,
    first_line,
)
from smolsynth.llms.templates import is_users_turn, merged_system, split_opener
from smolsynth.llms.thinking import Thinking, ends_open, template_options

SENTINEL = "smolsynthsentinel"
_LOADED = ("_model", "_pipeline", "_servers", "_render_by")  # where kinds of model keep what is big


class Answer(NamedTuple):
    """What a model wrote, without special tokens, and how many tokens it took."""

    text: str
    tokens: int


class LocalLLM(LLM, MagpieChatTemplateMixin):
    """A chat model whose raw prompt we write. A kind of model says how it renders, tokenizes and
    runs; what is checked, sampled and counted is the same for all.

    Attributes:
        seed: makes sampling repeatable on one machine; `None` draws anew each time.
        thinking: what becomes of thoughts; see `smolsynth.llms.thinking`.
        use_magpie_template: if a conversation doesn't end with the user, write the user's turn;
            if it ends with a message of the user that has `"open": True`, the rest of it.
        magpie_pre_query_template: what opens the user's turn. `"auto"` renders the conversation
            plus a user's turn with the model's own chat template and stops where the user's text
            starts, so it fits every family; any other text is appended as it is.
    """

    seed: int | None = 42
    thinking: Thinking = "drop"
    magpie_pre_query_template: str | None = "auto"

    _calls: Counter = PrivateAttr(default_factory=Counter)
    _takes_system: bool | None = PrivateAttr(default=None)

    # ---- what each kind of model says ----

    @abstractmethod
    def _ready(self) -> None:
        """Loads what is not loaded yet."""

    @abstractmethod
    def _template(self, messages: list[dict[str, str]], **options: Any) -> str:
        """Renders by the model's chat template, which may raise. Options are for the template."""

    @abstractmethod
    def _encode(self, text: str) -> list[Any]:
        """The tokens of a prompt, in the form that `_run` takes."""

    @property
    @abstractmethod
    def _context(self) -> int | None:
        """Tokens of prompt and answer together, at most."""

    @abstractmethod
    def _settings(self, max_new_tokens: int, **sampling: Any) -> dict[str, Any]:
        """What `_run` is told: `sampling` holds `repetition_penalty`, and where tokens are drawn,
        `temperature`, `top_p` and `top_k`."""

    @abstractmethod
    def _run(
        self, prompts: list[list[Any]], settings: dict[str, Any], seeds: Iterator[int] | None
    ) -> list[Answer]:
        """Answers prompts, in their order; without seeds by the most probable tokens."""

    # ---- the same for all ----

    def load(self) -> None:
        """Loads the model (a second time: nothing) and starts the sequence of seeds anew.

        Raises:
            LLMUnavailable: files or packages are missing or damaged; the message says what to do.
        """
        LLM.load(self)
        self._calls.clear()
        self._ready()

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """A copy of its own options and seeds; what is loaded, it shares."""
        private = self.__pydantic_private__ or {}
        loaded = [private[name] for name in _LOADED if private.get(name) is not None]
        memo = {} if memo is None else memo
        memo |= {id(thing): thing for thing in loaded}
        return super().__deepcopy__(memo)

    def prepare_input(self, input: list[dict[str, str]]) -> str:
        """Renders a conversation with the model's template, up to where it has to go on."""
        if not self.use_magpie_template or not is_users_turn(input):
            return self._render(input, True) if input else ""
        input, opener = split_opener(input)
        if self.magpie_pre_query_template != "auto":
            prompt = self._render(input, False) if input else ""
            return self.apply_magpie_pre_query_template(prompt, input) + opener
        prompt = self._render([*input, {"role": "user", "content": SENTINEL}], False)
        return prompt[: prompt.rindex(SENTINEL)] + opener

    def _render(self, messages: list[dict[str, str]], generation_prompt: bool) -> str:
        from jinja2.exceptions import TemplateError

        self._ready()
        try:
            return self._template(
                self._without_system(messages),
                add_generation_prompt=generation_prompt,
                **template_options(self.thinking),
            )
        except (TemplateError, TypeError) as error:
            roles = ", ".join(message["role"] for message in messages)
            raise ValueError(
                f"The chat template of {self.model!r} doesn't take a conversation of {roles} "
                f"({first_line(error)}): choose another model or change the messages."
            ) from error

    def _without_system(self, messages: list[dict[str, str]]) -> list[dict[str, str]]:
        """Puts the system prompt before the first user's text where a template has no such role."""
        if messages[0]["role"] != "system":
            return messages
        if self._takes_system is None:
            self._takes_system = self._asks_for_system()
        return messages if self._takes_system else merged_system(messages)

    def _asks_for_system(self) -> bool:
        from jinja2.exceptions import TemplateError

        probe = [{"role": "system", "content": SENTINEL}, {"role": "user", "content": "Hi"}]
        try:
            return SENTINEL in self._template(probe, add_generation_prompt=True)
        except (TemplateError, TypeError):  # some families' templates raise
            return False

    @validate_call
    def generate(  # distilabel reads the parameters' names, so no **kwargs
        self,
        inputs: Any,
        num_generations: Count = 1,
        max_new_tokens: Count = 256,
        temperature: NotNegative | None = 0.7,
        repetition_penalty: Annotated[float, Field(gt=0)] = 1.0,
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
            repetition_penalty: above 1 makes tokens less probable that came before.
            top_p: draw among the most probable tokens that hold this share of the probability.
            top_k: draw among this many most probable tokens; 0 means all.
            stop_sequences: an answer ends before the first of these.

        Returns:
            Per conversation what `common.output_of` says: answers, token counts, and why each
            answer ended.

        Raises:
            ValueError: a conversation is malformed or doesn't fit into the context.
            LLMUnavailable: files or packages are missing or damaged.
        """
        check_conversations(inputs)
        self._ready()
        texts = [self.prepare_input(conversation) for conversation in inputs]
        prompts = [self._encode(text) for text in texts]
        check_lengths([len(prompt) for prompt in prompts], max_new_tokens, self._context)
        sampling: dict[str, Any] = {"repetition_penalty": repetition_penalty}
        if temperature:
            sampling |= {"temperature": temperature, "top_p": top_p, "top_k": top_k}
        settings = self._settings(max_new_tokens, **sampling)
        seeds, copies = None, 1
        if temperature:
            seeds, copies = call_seeds(self, prompts, num_generations, settings), num_generations
        rows = [prompt for prompt in prompts for _ in range(copies)]
        answers = self._run(rows, settings, seeds)
        results = []
        for number, prompt in enumerate(prompts):
            own = answers[number * copies : (number + 1) * copies]
            own *= num_generations // copies
            results.append(
                as_output(
                    [answer.text for answer in own],
                    self.thinking,
                    input_tokens=len(prompt),
                    output_tokens=[answer.tokens for answer in own],
                    finish_reasons=[
                        "length" if a.tokens == max_new_tokens else "stop" for a in own
                    ],
                    opened=ends_open(texts[number]),
                    stop_sequences=stop_sequences,
                    count_tokens=lambda thoughts: len(self._encode(thoughts)),
                )
            )
        return results
