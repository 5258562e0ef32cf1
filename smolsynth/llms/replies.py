"""What a server sends back: an answer, taken apart, or a fault, understood.

Pure functions: `answers_in` reads the body of an answer, `fault_of` an error of OpenAI's client.
"""

import email.utils
import html
import json
import re
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from smolsynth.llms.common import first_line
from smolsynth.llms.thinking import begins_inside, split_thoughts

LONGEST_WORDS = 300  # characters of what a server says


class Answer(NamedTuple):
    """One answer: its text, or `None` and the reason in `finish_reason`."""

    text: str | None
    thoughts: str = ""
    finish_reason: str = "stop"
    input_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0


class Fault(NamedTuple):
    """What went wrong with a request.

    Attributes:
        kind: as counted in `EndpointLLM.faults`.
        words: what the server said, without the key.
        passes: whether it may go away by itself.
        asked_for: seconds to wait, as the server says.
        cause: what it is about: "busy", "lost", "account", "key", "address", "row" or "refusal".
        parameter: the server's name for what it refuses, where it gives one apart.
    """

    kind: str
    words: str
    passes: bool = False
    asked_for: float | None = None
    cause: str = "busy"
    parameter: str | None = None


class Malformed(ValueError):
    """A body that is no answer. Not for callers: it becomes a `Fault`."""


# ---- answers ----


def answers_in(body: Any) -> list[Answer]:
    """The answers in the body of a chat or text completion; each choice is one.

    Args:
        body: parsed JSON.

    Raises:
        Malformed: the body is none that the protocol knows.
    """
    choices = body.get("choices") if isinstance(body, dict) else None
    if not isinstance(choices, list) or not choices:
        raise Malformed("no choices")
    usage = body.get("usage") if isinstance(body.get("usage"), dict) else {}
    details = usage.get("completion_tokens_details")
    tokens = [
        _count(usage.get("prompt_tokens")),
        _count(usage.get("completion_tokens")),
        _count(details.get("reasoning_tokens")) if isinstance(details, dict) else 0,
    ]
    answers = []
    for choice in choices:
        answer = _answer_in(choice, bool(tokens[2]))
        answers.append(Answer(*answer[:3], *tokens))
        tokens = [0, 0, 0]  # of all choices together: the first has them
    return answers


def _answer_in(choice: Any, has_thought: bool) -> Answer:
    if not isinstance(choice, dict):
        raise Malformed("a choice that is none")
    reason = choice.get("finish_reason") or "stop"
    message = choice.get("message")
    if message is None and isinstance(choice.get("text"), str):  # of /completions
        message = {"content": choice["text"]}
    if not isinstance(message, dict):
        raise Malformed("no message")
    text, apart = _parts_of(message.get("content"))
    fields = ("reasoning_content", "reasoning", "thinking")
    apart += [message[name] for name in fields if isinstance(message.get(name), str)][:1]
    within, answer = "", None
    if text is not None:
        within, answer = split_thoughts(text)
    thoughts = "\n\n".join(part.strip() for part in (*apart, within) if part.strip())
    if answer or (answer == "" and not thoughts and reason not in ("length", "tool_calls")):
        return Answer(answer, thoughts, reason)
    if isinstance(message.get("refusal"), str) and message["refusal"]:
        return Answer(None, thoughts, "refusal")
    if message.get("tool_calls") or message.get("function_call"):
        return Answer(None, thoughts, "tool_calls")
    if thoughts or has_thought:
        return Answer(None, thoughts, "thoughts")
    if reason in ("length", "content_filter", "tool_calls"):
        return Answer(None, thoughts, reason)
    raise Malformed("no text")


def starts_inside(body: dict[str, Any]) -> bool:
    """Whether an answer begins in a thought that only the prompt has opened."""
    messages = [choice.get("message") or {} for choice in body["choices"]]
    texts = [message.get("content") for message in messages]
    return any(isinstance(text, str) and begins_inside(text) for text in texts)


def _parts_of(content: Any) -> tuple[str | None, list[str]]:
    """Text and thoughts of a message's content, which is a text or a list of parts."""
    if not isinstance(content, list):
        return (content if isinstance(content, str) else None), []
    texts: list[str] = []
    thoughts: list[str] = []
    for part in content:
        if isinstance(part, str):
            part = {"type": "text", "text": part}
        if not isinstance(part, dict):
            raise Malformed("a part that is none")
        kind = str(part.get("type"))
        said = part.get("text") or part.get(kind) or part.get("content") or ""
        if isinstance(said, list):  # Magistral: a part of parts
            said = "".join(_parts_of(said)[0] or "")
        if isinstance(said, str):
            is_thought = re.search("think|reason|thought", kind)
            (thoughts if is_thought else texts).append(said)
    return "".join(texts) if texts else None, thoughts


def _count(number: Any) -> int:
    return number if isinstance(number, int) else 0


# ---- faults ----

_ACCOUNT = re.compile(
    r"insufficient[\s_-]*(?:account[\s_-]*)?(?:quota|balance|funds|credits?)"
    r"|balance.{0,30}(?:insufficient|exhausted|not enough|too low)"
    r"|exceeded your (?:current )?(?:quota|.{0,20}credits)|out of credits"
    r"|credit balance|arrear|accountoverdue|billing|payment required|余额不足|欠费",
    re.IGNORECASE,
)
_LATER = re.compile(r"(?:retry|try again) in|retrydelay|per (?:minute|second)", re.IGNORECASE)
NO_SYSTEM = re.compile(
    r"(?:system|developer)[\s'\"`]*(?:role|prompt|message|instruction)s?.{0,40}"
    r"(?:not |n't |un)\s*(?:be )?(?:supported|support|allowed|accepted|enabled)"
    r"|not support.{0,30}system|only user and assistant roles|roles must alternate",
    re.IGNORECASE,
)
_POLICY = re.compile(
    r"content[\s_-]*(?:filter|policy|management)|data[\s_-]*inspection|safety system"
    r"|moderation|sensitive[\s_-]*content|inappropriate content|敏感|违规|不安全",
    re.IGNORECASE,
)


def fault_of(error: Exception, secret: str) -> Fault:
    """What an error of OpenAI's client says of a request.

    Args:
        error: as raised by the client.
        secret: the key, which some servers quote.
    """
    import openai

    if isinstance(error, openai.APIStatusError):
        return _fault_of_status(error, secret)
    reason = _without(first_line(error.__cause__ or error) or str(error), secret)
    if isinstance(error, openai.APITimeoutError):
        return Fault("time-out", "no answer in time", True, cause="lost")
    if isinstance(error, openai.APIConnectionError):
        return Fault("cut connection", reason, True, cause="lost")
    return Fault("malformed body", reason, True)


def _fault_of_status(error: Any, secret: str) -> Fault:
    status, headers = error.status_code, error.response.headers
    body = _parsed(error.response.text)
    said = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    kind, words = str(status), _without(words_of(error.response.text), secret)
    words = f"{status}: {words}" if words else kind
    wait = retry_after(headers)
    is_limit = status == 429 and (wait is not None or _LATER.search(said))
    if 300 <= status < 400:
        to = _without(headers.get("location", "elsewhere"), secret)
        return Fault(kind, f"{status}: it redirects to {to}", cause="address")
    if status == 402 or (status in (400, 403, 429) and not is_limit and _ACCOUNT.search(said)):
        return Fault(kind, words, cause="account")
    if status in (400, 403, 422, 451) and _POLICY.search(said):
        return Fault(kind, words, cause="refusal")
    if status in (401, 403):
        return Fault(kind, words, cause="key")
    if status in (404, 405, 410):
        return Fault(kind, words, cause="address")
    if status in (408, 409, 425, 429) or (status >= 500 and not NO_SYSTEM.search(said)):
        return Fault(kind, words, True, wait)
    return Fault(kind, words, cause="row", parameter=_parameter_in(body))


def _parsed(body: str) -> Any:
    """The JSON in a body; as text, what is none."""
    try:
        return json.loads(body)
    except ValueError:
        return html.unescape(re.sub(r"(?s)<(style|script).*?</\1>|<[^>]*>", " ", body))


def words_of(body: str) -> str:
    """What the body of an error says, in one line, whatever its form.

    >>> words_of('{"error": {"message": "no such model", "code": 1}}')
    'no such model'
    >>> words_of('{"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]}')
    'body.seed: Extra inputs are not permitted'
    >>> words_of("<html><body><h1>502</h1>Bad gateway</body></html>")
    '502 Bad gateway'
    """
    said = _words_in(_parsed(body))
    said = " ".join(said.split()).rstrip(". ")
    return said if len(said) <= LONGEST_WORDS else said[: LONGEST_WORDS - 1] + "…"


def _words_in(said: Any) -> str:
    if isinstance(said, list):
        return "; ".join(filter(None, map(_words_in, said)))
    if not isinstance(said, dict):
        return "" if said is None else str(said)
    for name in ("error", "message", "msg", "detail", "details", "errors", "error_msg", "reason"):
        if words := _words_in(said.get(name)):
            place = said.get("loc")
            return f"{'.'.join(map(str, place))}: {words}" if isinstance(place, list) else words
    return json.dumps(said, ensure_ascii=False) if said else ""


def _parameter_in(body: Any) -> str | None:
    error = body.get("error", body) if isinstance(body, dict) else None
    name = error.get("param") if isinstance(error, dict) else None
    return name if isinstance(name, str) else None


def _without(text: str, secret: str) -> str:
    return text.replace(secret, "***") if secret else text


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a server asks to wait: a number of them, or a date."""
    text = headers.get("retry-after", "")
    try:
        if milliseconds := headers.get("retry-after-ms"):
            return max(0.0, float(milliseconds) / 1000)
        return max(0.0, float(text))
    except ValueError:
        date = email.utils.parsedate_tz(text)
        return max(0.0, email.utils.mktime_tz(date) - time.time()) if date else None
