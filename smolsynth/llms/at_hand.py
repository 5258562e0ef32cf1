"""Models that are at hand: those that lie on this machine, and servers that run on it.

Servers are asked for their list of models at the ports where they usually are, all at once, for a
moment, and never with a key.
"""

import json
import os
import urllib.request
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from smolsynth.llms.bundled import bundled_names
from smolsynth.llms.smollm2 import cache_folder, model_folder

PORTS = {"Ollama": 11434, "LM Studio": 1234, "llama.cpp": 8080, "vLLM": 8000}
PROVIDERS = {  # servers elsewhere; a key is needed, and a model's name behind the #
    "OpenAI": "https://api.openai.com/v1",
    "OpenRouter": "https://openrouter.ai/api/v1",
    "DeepSeek": "https://api.deepseek.com/v1",
    "DashScope": "https://dashscope.aliyuncs.com/compatible-mode/v1",
    "SiliconFlow": "https://api.siliconflow.cn/v1",
    "ModelScope": "https://api-inference.modelscope.cn/v1",
    "Zhipu": "https://open.bigmodel.cn/api/paas/v4",
    "Moonshot": "https://api.moonshot.cn/v1",
}
TIMEOUT = 0.6  # seconds for a server's answer
_MOST_BYTES = 1_000_000
_MOST_MODELS, _LONGEST = 50, 200
_FILES = 40


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Follows none: another host may be meant."""


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)


def at_hand(ports: Mapping[str, int] = PORTS, timeout: float = TIMEOUT) -> list[tuple[str, str]]:
    """What `load_llm` can be given here and now: where each model is found, and its spec.

    >>> at_hand(ports={})[0]
    ('smolsynth', 'bundled')
    """
    found = [("smolsynth", "bundled")]
    found += [("smolsynth", f"bundled:{name}") for name in bundled_names() if name != "tutor"]
    if model_folder().is_dir():
        found.append(("smolsynth", "smollm2"))
    found += [(path.parent.name, f"gguf:{path}") for path in gguf_files(gguf_folders())]
    return found + local_servers(ports, timeout)


def local_servers(
    ports: Mapping[str, int] = PORTS, timeout: float = TIMEOUT
) -> list[tuple[str, str]]:
    """Name and spec of each model that a server on this machine lists, at the usual ports."""
    if not ports:
        return []
    with ThreadPoolExecutor(len(ports)) as pool:
        bases = [f"http://127.0.0.1:{port}/v1" for port in ports.values()]
        answers = pool.map(lambda base: _models(base, timeout), bases)
        return [
            (name, f"openai:{base}#{model}")
            for name, base, models in zip(ports, bases, answers, strict=True)
            for model in models
        ]


def _models(base: str, timeout: float) -> list[str]:
    """The names in a server's list; none where there is no server, or something else answers."""
    try:
        with _OPENER.open(f"{base}/models", timeout=timeout) as reply:
            said = json.loads(reply.read(_MOST_BYTES))
        names = [one["id"] for one in said["data"]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []
    return [
        name
        for name in names
        if isinstance(name, str) and 0 < len(name) <= _LONGEST and name.isprintable()
    ][:_MOST_MODELS]


def gguf_folders() -> list[Path]:
    """Where GGUF files usually lie: this folder and `models/` in it, and those of other programs.

    Ollama keeps its own without names that say what they are: it is asked as a server.
    """
    home = Path.home()
    cached = os.environ.get("HF_HUB_CACHE") or Path(
        os.environ.get("HF_HOME") or home / ".cache/huggingface", "hub"
    )
    return [
        Path("."),
        Path("models"),
        home / "models",
        home / ".lmstudio/models",
        home / ".cache/lm-studio/models",
        home / ".cache/llama.cpp",
        home / "Library/Caches/llama.cpp",
        cache_folder(),
        Path(cached),
    ]


def gguf_files(folders: Iterable[Path]) -> list[Path]:
    """GGUF files in these folders, up to four folders below; each once, the first part of several.

    A folder below which there is none of them isn't gone through further than that.
    """
    found: dict[Path, Path] = {}
    for folder in folders:
        depths = 1 if folder in (Path("."), Path("models")) else 5
        for depth in range(depths):
            try:
                paths = sorted(folder.glob("*/" * depth + "*.gguf"))
                for path in paths:
                    is_first = "-of-" not in path.name or "-00001-of-" in path.name
                    if path.is_file() and is_first and "mmproj" not in path.name.lower():
                        found.setdefault(path.resolve(), path)
            except OSError:  # not ours to read
                continue
    return list(found.values())[:_FILES]
