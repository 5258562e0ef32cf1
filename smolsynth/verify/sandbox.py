"""Programs that nobody has read, run in a child process that can do no harm.

Nothing is ever run in the own process. The child is a Python of its own (`-I -S`: the standard
library alone), in an empty folder that is deleted afterwards, with no environment, no inherited
files, and in a session of its own that is killed whole. What else holds depends on the system, and
`Run.guards` says for each run what did:

| guard | Linux, x86-64 and arm64 | other Linux | macOS | Windows |
|---|---|---|---|---|
| network | kernel (seccomp) | python | python | python |
| files outside the folder | kernel (Landlock, Linux 5.13), else python | python | python | python |
| other processes: starting, signals | kernel (seccomp) | python | python | python |
| memory | kernel (RLIMIT_AS) | kernel | none | none |
| time | parent and kernel | parent and kernel | parent and kernel | parent |
| output, size of the folder | parent | parent | parent | parent |

"kernel" can't be got around by a program. "python" is an audit hook: it stops what models write by
mistake, and no one who means harm. "none" is none. On Linux, names and sizes of files outside the
folder can still be seen (not their content), system libraries can be read, and root's rights are
dropped. A process that has the "python" guard alone may leave children behind: run what strangers
wrote in a container or a virtual machine there, or demand `guards="kernel"`.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal

_CHILD = Path(__file__).with_name("_child.py")
_START = 60.0  # seconds for Python itself to start, on a machine that is busy
_ANSWERS = 1 << 20  # bytes that results may take
OUTCOMES = (
    *("done", "syntax", "error", "exited", "timeout", "memory", "output", "files", "forbidden"),
    "crashed",
)
Step = tuple[Literal["run", "value"], str]


class Unknown:
    """A value that can't leave the sandbox, by the name of its type; equal to nothing."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __repr__(self) -> str:
        return f"<{self.kind}>"

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = object.__hash__


@dataclass(frozen=True)
class Result:
    """What one step gave: "done" with its value, or another of OUTCOMES with the error."""

    outcome: str
    value: Any = None
    error: str = ""


@dataclass(frozen=True)
class Run:
    """What became of a program.

    Attributes:
        outcome: of OUTCOMES. "done": it ran to its end, and so did all steps, though some of these
            may have failed; "syntax": it is no Python; "error": it raised; "exited": it left before
            the end (`sys.exit`, `os._exit`); "timeout": of processor or clock; "memory": it asked
            for more than it may have; "output": it printed too much; "files": it wrote too much;
            "forbidden": it raised because the sandbox refused the network, a file, a process or a
            signal; "crashed": a signal ended it.
        results: of the steps, as many as came to an end.
        output: what it printed, both streams, cut at the limit.
        error: the exception, or the signal.
        guards: what held "network", "files", "processes", "memory" and "time": "kernel", "parent",
            "python" or "none", see above; empty if the child did not start.
        seconds: by the clock, without the start of Python.
    """

    outcome: str
    results: tuple[Result, ...] = ()
    output: str = ""
    error: str = ""
    guards: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0


def run_python(
    program: str,
    steps: Sequence[Step] = (),
    *,
    seconds: float = 2.0,
    memory: int = 256,
    output: int = 64,
    files: int = 1024,
    kernel: bool = True,
    demand: Sequence[str] = (),
) -> Run:
    """Runs a program in a child process that can do no harm, and steps after it.

    Args:
        program: Python, with the standard library alone.
        steps: what is run after the program, among its names: ("run", statements) or ("value",
            an expression), whose value comes back. An error in one doesn't stop the next.
        seconds: of the processor; by the clock it may take three times as long.
        memory: megabytes.
        output: kilobytes that may be printed.
        files: kilobytes that its folder may hold.
        kernel: use the kernel's locks, where there are any; without, to see what is left.
        demand: guards that the kernel must hold, as ["network", "files", "processes"].

    Raises:
        RuntimeError: a guard that is demanded is not held by the kernel; nothing was run. Or Python
            can't be started.

    >>> run_python("def double(n):\\n    return 2 * n", [("value", "double(21)")]).results
    (Result(outcome='done', value=42, error=''),)
    >>> run_python("while True: pass", seconds=0.2).outcome
    'timeout'
    """
    job = {
        "program": program,
        "steps": [list(step) for step in steps],
        "name": "solution" if steps else "__main__",
        "seconds": seconds,
        "memory": memory << 20,
        "files": files << 10,
        "kernel": kernel,
        "demand": list(demand),
    }
    scratch = tempfile.mkdtemp(prefix="sandbox-")
    try:
        return _watched(job, scratch, seconds, output << 10, files << 10)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


class _Reader(threading.Thread):
    """Reads a pipe to its end; `full` once there is more than the limit."""

    def __init__(self, pipe: IO[bytes], limit: int) -> None:
        super().__init__(daemon=True)
        self.pipe, self.limit = pipe, limit
        self.data = bytearray()
        self.full = False
        self.start()

    def run(self) -> None:
        with suppress(OSError, ValueError):
            while piece := os.read(self.pipe.fileno(), 1 << 16):
                room = self.limit - len(self.data)
                self.data += piece[:room]
                if len(piece) > room:
                    self.full = True
                    return


def _watched(job: dict, scratch: str, seconds: float, output: int, files: int) -> Run:
    environment = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    child = subprocess.Popen(
        [sys.executable, "-I", "-S", "-B", "-u", "-X", "utf8", str(_CHILD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=scratch,
        env=environment,
        start_new_session=os.name == "posix",
        bufsize=0,
    )
    answers, printed = _Reader(child.stdout, _ANSWERS), _Reader(child.stderr, output)  # type: ignore[arg-type]
    ended = ""
    try:
        with suppress(BrokenPipeError):
            with child.stdin as pipe:  # type: ignore[union-attr]
                pipe.write(json.dumps(job).encode())
        begun, ready, took = time.monotonic(), False, 0.0
        used_before = None
        while not ended and not _gone(child):
            time.sleep(0.004 if took < 0.1 else 0.02)
            now = time.monotonic()
            if not ready:
                ready = b"\n" in answers.data
                if not ready:
                    ended = "timeout" if now - begun > _START else ""
                    continue
                begun, used_before = now, _processor(child.pid)
            took = now - begun
            used = _processor(child.pid)
            if took > 3 * seconds or (used and used_before and used - used_before > seconds):
                ended = "timeout"
            elif printed.full or answers.full:
                ended = "output"
            elif _size(scratch) > files:
                ended = "files"
            elif b'{"done": true}\n' in answers.data[-40:]:
                break
    finally:
        _kill(child)
    for reader in (answers, printed):
        reader.join(2)
    for pipe in (child.stdout, child.stderr):
        if pipe is not None:
            pipe.close()
    return _told(job, child.returncode, answers, printed, ended, took)


def _gone(child: subprocess.Popen) -> bool:
    """Whether it has ended; where the system can say so, its number stays taken until `_kill`."""
    if hasattr(os, "waitid"):
        return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    return child.poll() is not None


def _processor(pid: int) -> float | None:
    """Seconds of the processor that another process has used; Linux alone says so cheaply."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        return time.clock_gettime(
            (~pid << 3) | 2
        )  # the clock of a process, see clock_getcpuclockid
    except OSError:
        return None


def _size(folder: str) -> int:
    """Bytes in a folder; an entry counts at least as a block, and a missing one as none."""
    total = 0
    waiting = [folder]
    while waiting and total < 1 << 40:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    with suppress(OSError):
                        status = entry.stat(follow_symlinks=False)
                        total += max(status.st_size, getattr(status, "st_blocks", 0) * 512, 512)
                        if entry.is_dir(follow_symlinks=False):
                            waiting.append(entry.path)
        except OSError:
            continue
    return total


def _kill(child: subprocess.Popen) -> None:
    """Ends the child and all of its session; waits until it is gone."""
    if os.name == "posix":
        # Before `wait`, while the number is still the child's own.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    with suppress(OSError):
        child.kill()
    child.wait()


def _told(
    job: dict, status: int, answers: _Reader, printed: _Reader, ended: str, took: float
) -> Run:
    facts = list(_facts(bytes(answers.data)))
    printed_text = printed.data.decode("utf-8", "replace")
    if not facts or "ready" not in facts[0]:
        raise RuntimeError(f"The sandbox did not start: {ended or status}. {printed_text[-500:]}")
    guards = facts[0]["ready"]
    if missing := facts[0].get("missing"):
        raise RuntimeError(
            f"The kernel of this system does not guard {', '.join(missing)}; nothing was run."
            " Run it in a container or a virtual machine of its own, without `demand`."
        )
    results: list[Result] = []
    outcome, error = "", ""
    done = False
    for fact in facts[1:]:
        done = done or bool(fact.get("done"))
        if fact.get("step") == len(results) < len(job["steps"]):
            results.append(_result(fact))
        elif "outcome" in fact and fact["outcome"] in OUTCOMES and "step" not in fact:
            outcome, error = str(fact["outcome"]), str(fact.get("error", ""))
    if done and len(results) == len(job["steps"]) and not printed.full:
        outcome = "done"
    elif ended or printed.full:
        outcome = ended or "output"
    elif not outcome:
        outcome, error = _by_status(status, took >= job["seconds"])
    return Run(outcome, tuple(results), printed_text, error, guards, round(took, 3))


def _by_status(status: int, late: bool) -> tuple[str, str]:
    if status >= 0:
        return "exited", f"exit status {status}"
    if -status == getattr(signal, "SIGXCPU", 0) or (late and -status == 9):
        return "timeout", "RLIMIT_CPU"
    if -status == getattr(signal, "SIGXFSZ", 0):
        return "files", "SIGXFSZ"
    with suppress(ValueError):
        return "crashed", signal.Signals(-status).name
    return "crashed", f"signal {-status}"


def _facts(data: bytes) -> list[dict]:
    """The lines that came, as far as they are whole; the program may have written some of them."""
    facts = []
    for line in data.split(b"\n")[:-1]:
        with suppress(ValueError, RecursionError):
            fact = json.loads(line)
            if isinstance(fact, dict):
                facts.append(fact)
    return facts


def _result(fact: dict) -> Result:
    if "value" not in fact:
        outcome = fact.get("outcome")
        return Result(outcome if outcome in OUTCOMES else "error", None, str(fact.get("error", "")))
    try:
        return Result("done", _decoded(fact["value"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return Result("error", None, "a value that can't be read")


def _decoded(value: Any) -> Any:
    """The inverse of `encoded` in `_child.py`; builds plain values and runs nothing."""
    kind, held = value
    match kind:
        case "plain" if held is None or isinstance(held, bool | str):
            return held
        case "int":
            return int(held)
        case "float":
            return float(held)
        case "complex":
            return complex(held)
        case "bytes":
            return bytes.fromhex(held)
        case "dict":
            return {_decoded(k): _decoded(v) for k, v in held}
        case "list" | "tuple" | "set" | "frozenset":
            makers = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}
            return makers[kind](_decoded(one) for one in held)
    return Unknown(str(held))
