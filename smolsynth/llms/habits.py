"""What a server won't take, learnt from its refusals; and the switches for thoughts.

Servers that speak OpenAI's protocol differ in what they take: a temperature, a seed, the system's
role. Where one refuses something by its name, it is left out (or put otherwise) from then on.
"""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from smolsynth.llms.replies import NO_SYSTEM, Fault
from smolsynth.llms.templates import merged_system

_ESSENTIAL = {"messages", "model", "prompt", "max_tokens", "max_completion_tokens"}
_REFUSED = re.compile(
    r"unsupported|support|unknown|unrecogni[sz]ed|unexpected|permitted|allowed|extra|invalid"
    r"|deprecated|only the default|must|cannot|can't|not (?:available|accepted|implemented)|不支持",
    re.IGNORECASE,
)
_MUST_NOT_THINK = re.compile(r"enable_thinking.{0,80}(?:false|non-?stream)", re.IGNORECASE)


@dataclass
class Habits:
    """What is known of one model on one server.

    Attributes:
        left_out: parameters that it refuses.
        renamed: parameters that it wants under another name.
        added: parameters that it insists on.
        merges_system: whether it knows no system role.
        starts_inside: whether its thoughts come without the mark that opens them.
        takes_n: whether it gives several answers to one request.
        said: what was changed, in words.
    """

    left_out: set[str] = field(default_factory=set)
    renamed: dict[str, str] = field(default_factory=dict)
    added: dict[str, Any] = field(default_factory=dict)
    merges_system: bool = False
    starts_inside: bool = False
    takes_n: bool = True
    said: list[str] = field(default_factory=list)

    def applied(self, body: dict[str, Any]) -> dict[str, Any]:
        """A request's body as this server takes it."""
        body = {
            self.renamed.get(name, name): value
            for name, value in body.items()
            if name not in self.left_out
        } | self.added
        if self.merges_system and "messages" in body:
            body["messages"] = merged_system(body["messages"])
        return body

    def learn(self, fault: Fault, body: dict[str, Any], may_switch_off: bool) -> str | None:
        """What to do otherwise after a refusal, in words; `None` if it names nothing to change.

        Args:
            fault: of the request.
            body: that was sent.
            may_switch_off: whether thoughts may be switched off.
        """
        words = f"{fault.parameter or ''} {fault.words}"
        messages = body.get("messages") or [{"role": ""}]
        if messages[0]["role"] == "system" and NO_SYSTEM.search(words):
            self.merges_system = True
            return "the system's message goes before the first user's"
        if may_switch_off and _MUST_NOT_THINK.search(words) and body.get("enable_thinking", True):
            self.added["enable_thinking"] = False
            return "thoughts are switched off (enable_thinking=False)"
        if "max_completion_tokens" in words and "max_tokens" in body:
            self.renamed["max_tokens"] = "max_completion_tokens"
            return "max_tokens is sent as max_completion_tokens"
        name = next((name for name in body if name == fault.parameter), None) or next(
            (name for name in body if _is_named(name, fault.words)), None
        )
        if name is None or name in _ESSENTIAL or not _REFUSED.search(words):
            return None
        least = next((e for e in ("minimal", "low") if re.search(rf"\b{e}\b", words)), None)
        if name == "reasoning_effort" and least and body[name] == "none":
            self.added[name] = least
            return f"reasoning_effort={least!r} is the least it takes"
        self.left_out.add(name)
        self.added.pop(name, None)
        return f"{name} is left out"


def _is_named(name: str, words: str) -> bool:
    """Whether a text speaks of a parameter; names that are also words must be marked as such.

    >>> _is_named("seed", "Unknown parameter: 'seed'"), _is_named("stop", "please stop it")
    (True, False)
    """
    if "_" in name:
        return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", words) is not None
    before = rf"""['"`“‘.]{name}\b|(?:parameter|argument|field|option|input)s?:? {name}\b"""
    after = rf"\b{name} (?:parameter|argument|field|is not|isn't|not)|support {name}\b"
    return re.search(f"{before}|{after}", words, re.IGNORECASE) is not None


# ---- switching thoughts off ----

_DISABLED = {"thinking": {"type": "disabled"}}
_QWEN = {"enable_thinking": False}
_EFFORT = {"reasoning_effort": "none"}
# By the end of the host's name.
_SWITCHES: dict[str, dict[str, Any]] = {
    "openai.com": _EFFORT,
    "openrouter.ai": {"reasoning": {"enabled": False}},
    "aliyuncs.com": _QWEN,
    "modelscope.cn": _QWEN,
    "siliconflow.cn": _QWEN,
    "siliconflow.com": _QWEN,
    "deepseek.com": _DISABLED,
    "bigmodel.cn": _DISABLED,
    "z.ai": _DISABLED,
    "moonshot.cn": _DISABLED,
    "moonshot.ai": _DISABLED,
    "volces.com": _DISABLED,
}
# vLLM, SGLang and llama.cpp hand arguments to the chat template; Ollama knows the effort alone
# (its `think` is not for this protocol).
_OF_ONES_OWN = {"chat_template_kwargs": {"enable_thinking": False, "thinking": False}, **_EFFORT}


def switch_off(base_url: str) -> dict[str, Any]:
    """What a request carries to ask for no thoughts; each family has its own switch.

    >>> switch_off("https://dashscope.aliyuncs.com/compatible-mode/v1")
    {'enable_thinking': False}
    """
    host = urlsplit(base_url).hostname or ""
    ends = (s for end, s in _SWITCHES.items() if host == end or host.endswith(f".{end}"))
    return next(ends, _OF_ONES_OWN)
