"""Models on a server that speaks OpenAI's protocol."""

import asyncio
import inspect
import json
import random
import re
import warnings
from collections import Counter, defaultdict, deque
from typing import Any

import tenacity
from distilabel.models.llms.base import LLM
from distilabel.models.llms.openai import OpenAILLM
from distilabel.models.mixins.magpie import MagpieChatTemplateMixin
from pydantic import BaseModel, PrivateAttr, field_validator

from smolsynth.errors import RowRefused
from smolsynth.llms.common import (
    Count,
    NotNegative,
    call_seeds,
    output_of,
    state_without,
    tls_context,
)
from smolsynth.llms.habits import Habits, switch_off
from smolsynth.llms.replies import Answer, Fault, Malformed, answers_in, fault_of, starts_inside
from smolsynth.llms.strings import Unavailable
from smolsynth.llms.templates import Prompt, family_of, is_users_turn, open_user_turn
from smolsynth.llms.thinking import Thinking

# What is known of (base URL, model), for all objects of this process.
HABITS: defaultdict[tuple[str, str], Habits] = defaultdict(Habits)
HOPELESS = 8  # answers without text, and none with: the run ends
JSON_TRIES = 3
# Answers without text that are worth a word of what to set; refusals are the model's good right.
_TELLING = ("thoughts", "length", "tool_calls", "no_json")
NO_KEY = "none"  # local servers want none, but the client does
_ASK_FOR_JSON = "Answer with JSON alone, following this JSON schema:\n{schema}"
_ASK_AGAIN = "That is not right: {reason}. Answer again, with JSON alone that follows the schema."


class EndpointLLM(OpenAILLM, MagpieChatTemplateMixin):
    """distilabel's `OpenAILLM` for any OpenAI-compatible server, as servers are.

    **Faults that pass** (429, 408, 409, 5xx, a time-out, a cut connection, a body that is no
    answer): the request is retried with exponential back-off and jitter; where the server says how
    long (`Retry-After`), after that. It keeps its place meanwhile, so a busy server gets less.

    **What a server refuses by name** (a temperature, the system's role, `max_tokens`) is left out
    or put otherwise, once, and said in a warning.

    **A row that it refuses** (400, 413, 422) raises `RowRefused` with the row's index, once the
    other answers of the batch are there; called again with the rest, these are not paid again.

    **An answer without text** is `None`, with the reason as `finish_reason` (see
    `common.output_of`), and never retried: refusals, tool calls, nothing but thoughts. `missing`
    counts them. Where none of the first answers has text, the run ends and says what to set.

    Attributes:
        seed: sent along, different for each request and the same in each run; a server may
            ignore it. `None` sends none.
        thinking: what becomes of thoughts; see `smolsynth.llms.thinking`.
        thinking_tokens: that thoughts may take besides `max_new_tokens`.
        n: generations asked for in one request; with 1, several generations are several requests,
            because Ollama and others ignore `n`.
        structured_output: `{"schema": a JSON schema or a pydantic model}`. Sent to the server,
            and checked: an answer that doesn't fit is asked for again, with the reason.
        template: for Magpie, the chat template or a family's name (`smolsynth.llms.templates`).
        max_concurrency: requests at a time.
        max_retries: how often one request is sent again before the run ends.
        first_wait: seconds before a request is sent again for the first time, give or take half.
        longest_wait: seconds that no wait exceeds, whatever the server asks for.
        timeout: seconds in which an answer must have come.
    """

    seed: int | None = 42
    thinking: Thinking = "drop"
    thinking_tokens: int = 0
    n: Count = 1
    structured_output: dict[str, Any] | None = None
    template: str | None = None
    magpie_pre_query_template: str | None = "auto"  # it is `template` that decides
    max_concurrency: Count = 16
    first_wait: NotNegative = 0.5
    longest_wait: NotNegative = 60.0
    timeout: NotNegative = 600.0  # a laptop's server may take its time
    max_retries: int = 6  # 30 s and more, until a server is back

    _calls: Counter = PrivateAttr(default_factory=Counter)
    _faults: Counter = PrivateAttr(default_factory=Counter)
    _missing: Counter = PrivateAttr(default_factory=Counter)
    _with_text: int = PrivateAttr(default=0)
    _paid: dict[str, deque] = PrivateAttr(default_factory=dict)
    _variable: str = PrivateAttr(default="SMOLSYNTH_API_KEY")  # that holds the key

    @field_validator("structured_output")
    @classmethod
    def _as_schema(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        schema = (value or {}).get("schema")
        if isinstance(schema, type) and issubclass(schema, BaseModel):
            return {**value, "schema": schema.model_json_schema()}
        return value

    @property
    def faults(self) -> dict[str, int]:
        """The faults that requests have met and got over so far, by kind."""
        return dict(self._faults)

    @property
    def missing(self) -> dict[str, int]:
        """How many answers had no text so far, by reason."""
        return dict(self._missing)

    @property
    def habits(self) -> Habits:
        """What this server was found not to take."""
        return HABITS[self.base_url, self.model]

    def load(self) -> None:
        """Makes the client (a second time: nothing) and starts the sequence of seeds anew."""
        import openai

        self._calls.clear()
        LLM.load(self)
        if self._aclient is None:
            self._aclient = openai.AsyncOpenAI(
                base_url=self.base_url,
                api_key=self.api_key.get_secret_value(),
                default_headers=self.default_headers,
                timeout=self.timeout,
                max_retries=0,  # its own retries know nothing of malformed bodies and accounts
                # A redirect may lead to another host, and the key is for this one.
                http_client=openai.DefaultAsyncHttpxClient(
                    follow_redirects=False, verify=tls_context()
                ),
            )

    def unload(self) -> None:
        """Closes the connections; another `load()` makes new ones."""
        if self._aclient is not None:
            self.event_loop.run_until_complete(self._aclient.close())
            self._aclient = None

    def __getstate__(self) -> dict[str, Any]:
        return state_without(super().__getstate__(), "_client", "_aclient", "_event_loop")

    async def agenerate(
        self,
        input: Any,
        num_generations: int = 1,
        max_new_tokens: int = 256,
        temperature: float | None = 0.7,
        top_p: float | None = None,
        top_k: int | None = None,
        min_p: float | None = None,
        stop: str | list[str] | None = None,
        frequency_penalty: float | None = None,
        presence_penalty: float | None = None,
        extra_body: dict[str, Any] | None = None,
    ) -> Any:
        """Generates for one conversation; `generate` does so for many at a time.

        Args:
            input: a list of `{"role", "content"}` messages, or a pair of that and a structured
                output.
            num_generations: answers.
            max_new_tokens: tokens per answer, at most; thoughts may take `thinking_tokens` more.
            temperature: 0 or `None` takes the most probable token each time.
            top_p: draw among the most probable tokens that hold this share of the probability.
            top_k: draw among this many most probable tokens.
            min_p: draw among tokens at least this share as probable as the most probable one.
            stop: an answer ends before this, or the first of these.
            frequency_penalty: makes tokens less probable the more often they came before.
            presence_penalty: makes tokens less probable that came before.
            extra_body: sent along as it is, and wins over everything else.

        Returns:
            See `smolsynth.llms.common.output_of`.
        """
        settings = {name: value for name, value in locals().items() if name in _SETTINGS}
        return (await self._agenerate([input], num_generations, **settings))[0]

    async def _agenerate(
        self, inputs: list[Any], num_generations: int = 1, **settings: Any
    ) -> list[Any]:
        if unknown := sorted(set(settings) - _SETTINGS):
            raise TypeError(f"generate() doesn't know {', '.join(unknown)}: use extra_body.")
        if self._aclient is None:
            self.load()
        seeds = call_seeds(self, inputs, num_generations, settings)
        turns = asyncio.Semaphore(self.max_concurrency)
        per_request = self.n if self.habits.takes_n else 1
        shares = [
            min(per_request, num_generations - first)
            for first in range(0, num_generations, per_request)
        ]
        requests = [
            asyncio.ensure_future(self._share(row, size, next(seeds), turns, **settings))
            for row in inputs
            for size in shares
        ]
        try:
            results = await asyncio.gather(*requests)
        except BaseException:
            for request in requests:  # or they would go on during the next call
                request.cancel()
            await asyncio.gather(*requests, return_exceptions=True)
            raise
        rows = [results[i : i + len(shares)] for i in range(0, len(results), len(shares))]
        self._refuse_rows(inputs, rows)
        return [
            self._output([answer for share in row for answer in share][:num_generations])
            for row in rows
        ]

    def _output(self, answers: list[Answer]) -> dict[str, Any]:
        # Another answer of this call may have told how the model's thoughts begin.
        settled = [self._settled(answer) for answer in answers]
        if late := sum(a is not b for a, b in zip(answers, settled, strict=True)):
            self._missing["thoughts"] += late
        answers = settled
        columns = {name: [getattr(a, name) for a in answers] for name in Answer._fields}
        texts, thoughts, reasons = (columns.pop(name) for name in Answer._fields[:3])
        return output_of(texts, thoughts, reasons, self.thinking, **columns)

    def _refuse_rows(self, inputs: list[Any], rows: list[list[Any]]) -> None:
        """Raises RowRefused for the first row that was refused, and keeps what the others got."""
        refused = [i for i, row in enumerate(rows) if any(isinstance(s, Fault) for s in row)]
        self._paid.clear()
        if not refused:
            return
        for i, row in enumerate(rows):
            if i != refused[0]:
                self._paid.setdefault(_digest(inputs[i]), deque()).extend(row)
        fault = next(s for s in rows[refused[0]] if isinstance(s, Fault))
        raise RowRefused(
            f"{self.base_url} refuses inputs[{refused[0]}] ({fault.words}): change or drop the"
            " row.",
            refused[0],
        )

    async def _share(
        self, row: Any, size: int, seed: int, turns: asyncio.Semaphore, **settings: Any
    ) -> list[Answer] | Fault:
        """So many answers to one row, or the fault with which the server refuses it."""
        if paid := self._paid.get(_digest(row)):
            return paid.popleft()
        answers: list[Answer] = []
        while len(answers) < size:
            wanted = size - len(answers) if self.habits.takes_n else 1
            async with turns:
                got = await self._checked(row, wanted, seed + len(answers), settings)
            if isinstance(got, Fault):
                return got
            if len(got) < wanted:
                self.habits.takes_n = False
            answers += got[:wanted]
        return answers

    async def _checked(
        self, row: Any, n: int, seed: int, settings: dict[str, Any]
    ) -> list[Answer] | Fault:
        """Answers that fit the schema, if there is one; what doesn't is asked for again."""
        messages, structure = row if isinstance(row, tuple) else (row, self.structured_output)
        schema = _schema_of(structure)
        for _ in range(JSON_TRIES if schema else 1):
            answers = await self._ask(messages, 1 if schema else n, seed, settings, schema)
            if isinstance(answers, Fault) or not schema or answers[0].text is None:
                break
            said = {"role": "assistant", "content": answers[0].text}
            text, reason = _as_json(answers[0].text, schema)
            answers = [answers[0]._replace(text=text)]
            if text is not None:
                break
            messages = [
                *messages,
                said,
                {"role": "user", "content": _ASK_AGAIN.format(reason=reason)},
            ]
            answers = [answers[0]._replace(finish_reason="no_json")]
        if isinstance(answers, Fault):
            return answers
        answers = [self._settled(answer) for answer in answers]
        for answer in answers:
            self._note(answer)
        return answers

    def _settled(self, answer: Answer) -> Answer:
        """Where a model's thoughts have no opening mark, an answer that is cut off is a thought."""
        is_thought = self.habits.starts_inside and answer.finish_reason == "length"
        if not is_thought or answer.text is None or answer.thoughts:
            return answer
        return answer._replace(text=None, thoughts=answer.text, finish_reason="thoughts")

    def _note(self, answer: Answer) -> None:
        """Counts an answer; one without text says what to set, and ends a run that is hopeless."""
        if answer.text is not None:
            self._with_text += 1
            return
        reason = answer.finish_reason
        self._missing[reason] += 1
        if reason not in _TELLING:
            return
        said = Unavailable(reason, model=self.model, url=self.base_url, tries=JSON_TRIES)
        if not self._with_text and self._missing[reason] >= HOPELESS:
            raise said
        if self._missing[reason] == 1:
            warnings.warn(f"{said} Such rows have None and are counted.", stacklevel=2)

    async def _ask(
        self, messages: Any, n: int, seed: int, settings: dict[str, Any], schema: Any
    ) -> list[Answer] | Fault:
        """The answers to one request, however often it takes to ask, or a refusal of the row."""
        while True:
            path, body = self._request(messages, n, seed, schema, **settings)
            retry = tenacity.AsyncRetrying(
                retry=tenacity.retry_if_result(lambda r: isinstance(r, Fault) and r.passes),
                stop=tenacity.stop_after_attempt(self.max_retries + 1),
                wait=lambda state: self._wait(
                    state.attempt_number - 1, state.outcome.result().asked_for
                ),
                before_sleep=lambda state: self._faults.update([state.outcome.result().kind]),
                retry_error_callback=lambda state: state.outcome.result(),
            )
            reply = await retry(self._send, path, body)
            if not isinstance(reply, Fault):
                return reply
            if not self._learn(reply, body, path, messages, n, seed, schema, settings):
                break
        if reply.cause == "refusal":
            return [Answer(None, finish_reason="content_filter")] * n
        if reply.cause == "row":
            return reply
        raise self._complaint(reply)

    def _learn(self, fault: Fault, body: dict[str, Any], *request: Any) -> bool:
        """Whether the request is worth sending again, put otherwise."""
        path, messages, n, seed, schema, settings = request
        if fault.cause not in ("row", "busy", "refusal") or fault.kind == "429":
            return False
        if self._request(messages, n, seed, schema, **settings)[1] != body:
            return True  # another request has learnt it meanwhile
        what = self.habits.learn(fault, body, self.thinking != "keep")
        if what is None:
            return False
        self.habits.said.append(what)
        warnings.warn(
            f"{self.base_url} refuses a request for {self.model!r} ({fault.words}): {what} from "
            "now on.",
            stacklevel=2,
        )
        return True

    def _complaint(self, fault: Fault) -> Unavailable:
        """What a fault means and what to do."""
        key, times = fault.cause, self.max_retries + 1
        if key == "key":
            key = "no_access" if self.api_key.get_secret_value() == NO_KEY else "access"
        elif key not in ("account", "address"):
            key = "unanswered_often" if fault.passes and times > 1 else "unanswered"
        return Unavailable(
            key,
            url=self.base_url,
            model=self.model,
            reason=fault.words,
            variable=self._variable,
            times=times,
        )

    def prepare_input(self, input: list[dict[str, Any]]) -> str:
        """The prompt after which the model goes on as the user, as it is sent for Magpie.

        Raises:
            ValueError: a chat, which is sent as messages: the server makes its prompt.
        """
        if not self.use_magpie_template or not is_users_turn(input):
            raise ValueError(
                "A chat is sent as messages, and the server makes the prompt of them. To see what"
                " Magpie sends: load_llm(…, use_magpie_template=True), and messages that end before"
                " a user's turn."
            )
        return self._opened(input).text

    def _opened(self, messages: list[dict[str, Any]]) -> Prompt:
        return open_user_turn(messages, self.template or family_of(self.model))

    def _request(
        self,
        messages: list[dict[str, Any]],
        n: int,
        seed: int,
        schema: Any,
        *,
        extra_body: dict[str, Any] | None = None,
        max_new_tokens: int = 256,
        temperature: float | None = 0.7,
        **settings: Any,
    ) -> tuple[str, dict[str, Any]]:
        """Path and body of a request, as this server takes it."""
        body: dict[str, Any] = {"messages": messages}
        is_raw = self.use_magpie_template and is_users_turn(messages)
        if is_raw:
            prompt = self._opened(messages)
            stop = settings.get("stop") or []
            settings["stop"] = [*([stop] if isinstance(stop, str) else stop), prompt.end]
            body = {"prompt": prompt.text}
        body |= {
            "max_tokens": max_new_tokens + (0 if is_raw else self.thinking_tokens),
            "temperature": temperature or 0,
            "n": n if n > 1 else None,
            "seed": None if self.seed is None else seed % 2**31,
            **settings,
        }
        if self.thinking == "off" and not is_raw:
            body |= switch_off(self.base_url)
        if schema:
            form = {"name": "answer", "strict": True, "schema": schema}
            body["response_format"] = {"type": "json_schema", "json_schema": form}
            if "response_format" in self.habits.left_out:
                asked = _ASK_FOR_JSON.format(schema=json.dumps(schema, ensure_ascii=False))
                body["messages"] = [{"role": "system", "content": asked}, *messages]
                if messages[0]["role"] == "system":
                    asked = f"{messages[0]['content']}\n\n{asked}"
                    body["messages"] = [{"role": "system", "content": asked}, *messages[1:]]
        body = {name: value for name, value in body.items() if value is not None}
        body = self.habits.applied(body) | (extra_body or {})
        return ("/completions" if is_raw else "/chat/completions"), body

    async def _send(self, path: str, body: dict[str, Any]) -> list[Answer] | Fault:
        """One request. Faults come back as values: an exception's text may hold the key."""
        import openai

        body = {"model": self.model, **body}
        try:
            reply = await self._aclient.post(path, body=body, cast_to=object)
            answers = answers_in(reply)
        except openai.APIError as error:
            fault = fault_of(error, self.api_key.get_secret_value())
        except (json.JSONDecodeError, UnicodeDecodeError, Malformed):
            fault = Fault("malformed body", "it sent something that is no answer", passes=True)
        else:
            self.habits.starts_inside |= starts_inside(reply)
            return answers
        return fault

    def _wait(self, attempt: int, asked_for: float | None) -> float:
        """Seconds; random, so that requests that failed together don't come back together."""
        if asked_for is None:
            asked_for = self.first_wait * 2**attempt * random.uniform(0.5, 1.5)
        return min(asked_for, self.longest_wait)


_SETTINGS = set(inspect.signature(EndpointLLM.agenerate).parameters) - {
    "self",
    "input",
    "num_generations",
}


def _digest(row: Any) -> str:
    return json.dumps(row, sort_keys=True, default=str)


# ---- structured output ----


def _schema_of(structure: dict[str, Any] | None) -> Any:
    schema = (structure or {}).get("schema")
    if isinstance(schema, str):  # as it stands in a dataset
        return json.loads(schema)
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        return schema.model_json_schema()
    return schema


def _as_json(text: str, schema: Any) -> tuple[str | None, str]:
    """The JSON in an answer, without fences, if it fits the schema; else `None` and why not.

    >>> _as_json('```json\\n{"a": 1}\\n```', {"type": "object", "required": ["a"]})
    ('{"a": 1}', '')
    >>> _as_json('{"b": 1}', {"type": "object", "required": ["a"]})
    (None, "'a' is a required property")
    """
    text = re.sub(r"\A\s*```\w*\n(.*?)\n?```\s*\Z", r"\1", text, flags=re.DOTALL).strip()
    import jsonschema  # takes seconds where JupyterLab is installed: its format checkers

    try:
        jsonschema.validate(json.loads(text), schema)
    except jsonschema.ValidationError as error:
        return None, error.message
    except ValueError as error:
        return None, f"it is no JSON ({error})"
    return text, ""
