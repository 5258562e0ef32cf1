"""Runs the Python blocks of the lessons and READMEs, and keeps the outputs shown there real.

    python -m tools.lessons refresh [FILES]     puts what the blocks print into the files

Without FILES: all Markdown files beside this folder but AGENTS.md and CONTRIBUTING. The blocks of a
document run one after the other in one namespace, in a fresh interpreter and an empty folder. Two
comments steer this:

    <!-- skip: next "needs a GPU" -->      before a block that cannot run everywhere, and why

    <!-- output -->                        after a block, with at most an *italic line* between;
    ```text                                what the block prints follows
    ```
"""

import argparse
import hashlib
import io
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import traceback
import types
from collections.abc import Collection, Iterable, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple
from unittest import SkipTest

from sybil import Document, Example, Region
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.markdown import CodeBlockParser, SkipParser

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "tests" / "shown_outputs.json"
_OUTPUT = re.compile(r"^<!-- output -->\n```text\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_CAPTION = re.compile(r"\n+(\*[^\n]+\*\n+)?")


class Block(NamedTuple):
    """A Python block of a document.

    Attributes:
        line: of its opening fence.
        needs: why it is skipped, such as "needs a GPU"; None if it runs.
        shown: the output that the document shows for it, None if it shows none.
        span: where in the document's text that output stands, as (start, end).
    """

    line: int
    source: str
    needs: str | None = None
    shown: str | None = None
    span: tuple[int, int] | None = None


class Result(NamedTuple):
    """What came of a block: the output, without blanks at line ends, and the traceback, if any."""

    line: int
    printed: str
    error: str | None = None


def lessons(root: Path = ROOT) -> list[Path]:
    """The lessons and READMEs, sorted; not what is for those who work on the course."""
    others = ("AGENTS.md", "CONTRIBUTING.md", "CONTRIBUTING_cn.md")
    return [path for path in sorted(root.glob("*.md")) if path.name not in others]


def blocks(path: Path) -> list[Block]:
    """The Python blocks of a document, in order.

    Raises ValueError if a skip gives no reason, or an output doesn't directly follow a block that
    runs.
    """
    found: list[Block] = []
    document = _document(path)
    needs, end = None, 0
    for example in document.examples():
        between = document.text[end : example.start]
        if isinstance(example.region.evaluator, _Output):
            follows = found and found[-1].shown is None and _CAPTION.fullmatch(between)
            if not follows or found[-1].needs:
                raise ValueError(
                    f"{path.name}, line {example.line}: an output directly follows the block that"
                    " prints it, and that block runs."
                )
            start = example.start + document.text[example.start : example.end].index("```text\n")
            start += len("```text\n")
            span = (start, start + len(example.parsed))
            found[-1] = found[-1]._replace(shown=example.parsed, span=span)
        elif isinstance(example.parsed, tuple):  # a skip
            action, reason = example.parsed
            if action != "next" or not re.fullmatch(r'"needs [^"]+"', reason or ""):
                raise ValueError(
                    f"{path.name}, line {example.line}: a skip has the form"
                    ' <!-- skip: next "needs a GPU" -->, directly above the block.'
                )
            needs = json.loads(reason)
        else:
            if needs and between.strip("\n ->"):
                raise ValueError(
                    f"{path.name}, line {example.line}: the skip stands directly above the block."
                )
            found.append(Block(example.line, str(example.parsed), needs))
            needs = None
        end = example.end
    return found


class _Output:
    """Evaluator of shown outputs: they are compared by the test, or replaced by `refresh`."""

    def __call__(self, example: Example) -> None: ...


def _outputs(document: Document) -> Iterable[Region]:
    for match in _OUTPUT.finditer(document.text):
        yield Region(match.start(), match.end(), match["text"], _Output())


def _document(path: Path, evaluator=None) -> Document:
    python = CodeBlockParser("python", evaluator or PythonEvaluator())
    return Document.parse(str(path), python, SkipParser(), _outputs)


# ---- running ----
def run(
    path: Path,
    timeout: int = 900,  # seconds
    environment: Mapping[str, str] | None = None,
    leave: Collection[int] = (),
) -> list[Result]:
    """Runs a document in a fresh interpreter, with an empty folder as working directory.

    Args:
        path: of the document.
        timeout: in seconds.
        environment: further variables.
        leave: lines of blocks that are not run.

    Returns:
        One result per block that ran, up to the first that failed.

    Raises:
        RuntimeError: the interpreter died, or took longer than `timeout` seconds.
    """
    env = {name: value for name, value in os.environ.items() if name != "SMOLSYNTH_LLM"}
    env["OMP_NUM_THREADS"] = "1"  # as in the tests: a student trained on more sums otherwise
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), env.get("PYTHONPATH")]))
    env.update(environment or {})
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder, "results.json")
        empty = Path(folder, "empty")
        empty.mkdir()
        command = [sys.executable, "-m", "tools.lessons", "run", str(path), "--results", results]
        command += ["--leave", *map(str, leave)]
        try:
            done = subprocess.run(
                command, cwd=empty, env=env, timeout=timeout, capture_output=True, text=True
            )
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"{path.name} takes longer than {timeout} s.") from None
        if done.returncode:
            raise RuntimeError(f"{path.name}: the interpreter ended early:\n{done.stderr[-2000:]}")
        return [Result(*result) for result in json.loads(results.read_text("utf-8"))]


def _run_here(path: Path, leave: Collection[int]) -> list[Result]:
    """Runs a document in this interpreter, whose `__main__` it becomes."""
    results: list[Result] = []
    execute = PythonEvaluator()

    def evaluate(example: Example) -> None:
        if example.line in leave:
            return
        buffer, error = io.StringIO(), None
        try:
            with redirect_stdout(buffer):
                execute(example)
        except Exception:
            error = traceback.format_exc()
        printed = "".join(f"{line.rstrip()}\n" for line in buffer.getvalue().splitlines())
        results.append(Result(example.line, printed, error))

    document = _document(path, evaluate)
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    document.namespace = vars(main)
    for example in document.examples():
        try:
            example.evaluate()
        except SkipTest:
            continue
        if results and results[-1].error:
            break
    return results


# ---- shown outputs ----
def weights() -> str:
    """The first digits of the SHA-256 of the tutor's weights, which the outputs come from."""
    from smolsynth.llms import MODELS

    return hashlib.sha256((MODELS / "tutor" / "ct2" / "model.bin").read_bytes()).hexdigest()[:16]


def fingerprint() -> dict[str, str]:
    """What exact outputs depend on: the weights (`model`) and this CPU's arithmetic (`sample`).

    Sampling follows the last bits of the logits, and those differ from one kind of CPU to another,
    even where it multiplies integers by the same instructions: how a product of floats is cut up
    depends on its shape and on the caches. So prompts of all lengths are tried, one and many at
    a time, and the losses are compared to the last bit.
    """
    import ctranslate2

    from smolsynth.llms import MODELS, load_llm

    llm = load_llm("bundled", seed=1, temperature=1.0, max_new_tokens=64)
    llm.load()
    topics = ["salt", "the moon", "rain", "a cat", "a token", "steel", "a drum", "the heart"]
    prompts = [[{"role": "user", "content": f"Tell me about {topic}."}] for topic in topics * 4]
    generated = [output["generations"] for output in llm.generate_outputs(inputs=prompts)]
    folder = str(MODELS / "tutor" / "ct2")
    engine = ctranslate2.Generator(folder, compute_type="int8", intra_threads=1)
    tokens = llm._encode(", ".join(topics) * 40)
    losses = [
        [result.log_probs for result in engine.score_batch([tokens[:length]] * rows)]
        for rows, length in itertools.product((1, 8, 32), (8, 60, 250))
    ]
    read = json.dumps([generated, losses]).encode()
    return {"model": weights(), "sample": hashlib.sha256(read).hexdigest()[:16]}


def refresh(path: Path) -> bool:
    """Puts what the blocks print into the document. Returns whether it changed.

    Raises RuntimeError if a block fails, or prints something that can't be shown.
    """
    shown = {block.line: block for block in blocks(path) if block.span}
    text = path.read_text("utf-8")
    for result in reversed(run(path)):  # from the end, so that the spans before stay right
        if result.error:
            raise RuntimeError(f"{path.name}, block at line {result.line}:\n{result.error}")
        if block := shown.get(result.line):
            if "```" in result.printed:
                raise RuntimeError(f"{path.name}, block at line {result.line}: prints a ``` fence.")
            start, end = block.span
            text = text[:start] + result.printed + text[end:]
    changed = text != path.read_text("utf-8")
    if changed:
        path.write_text(text, "utf-8")
    return changed


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["refresh", "run"])
    parser.add_argument("files", nargs="*", type=Path, help="Markdown files (all lessons)")
    parser.add_argument("--results", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--leave", nargs="*", type=int, default=[], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    files = [path.resolve() for path in arguments.files]  # blocks run in a folder of their own
    if arguments.command == "run":  # how `run` calls itself
        results = _run_here(files[0], arguments.leave)
        arguments.results.write_text(json.dumps(results), "utf-8")
        return 0
    try:
        for path in files or lessons():
            print(f"{path.name}: {'changed' if refresh(path) else 'as it was'}")
    except (RuntimeError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    REFERENCE.write_text(json.dumps(fingerprint(), indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
