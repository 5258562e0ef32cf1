"""The sandbox of `smolsynth.verify`: what strangers' programs can't do, and how it is told."""

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from smolsynth.verify.code import verify_code
from smolsynth.verify.sandbox import OUTCOMES, Result, run_python
from tests.hostile import HOSTILE

HOLDS = ("network", "files", "processes")
GUARDS = run_python("").guards
locked = all(GUARDS[name] == "kernel" for name in HOLDS)
needs_locks = pytest.mark.skipif(not locked, reason="this system's kernel does not hold them")


def value(source: str, **options):
    [result] = run_python("", [("value", source)], **options).results
    return result


# ---- what means harm ----
@pytest.fixture(scope="module")
def verdicts(tmp_path_factory):
    """All programs against one number, four at a time, beside a process and a file to be hurt."""
    home = tmp_path_factory.mktemp("home") / "kept.txt"
    home.write_text("kept")
    victim = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True
    )
    os.environ["A_SECRET"] = "8123"
    before = set(os.listdir(tempfile.gettempdir()))

    def judged(name):
        program = HOSTILE[name][1]
        for word, real in (("HOME", home), ("PARENT", victim.pid)):
            program = program.replace(word, str(real))
        return verify_code(f"```python\n{program}\n```", "assert f() == 8123", seconds=0.25)

    try:
        with ThreadPoolExecutor(4) as pool:
            found = dict(zip(HOSTILE, pool.map(judged, HOSTILE), strict=True))
        left = {n for n in set(os.listdir(tempfile.gettempdir())) - before if "sandbox-" in n}
        yield found | {
            "": (victim.poll(), home.read_text(), oct(home.stat().st_mode & 0o777), left)
        }
    finally:
        del os.environ["A_SECRET"]
        victim.kill()
        victim.wait()


@needs_locks
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_program_is_told_apart(verdicts, name):
    found = verdicts[name]
    assert not found.right and found.score == 0
    assert found.outcome in HOSTILE[name][0].split("|"), found.reason
    assert found.reason.words("zh") != found.reason


@needs_locks
def test_hostile_programs_hurt_nothing(verdicts):
    victim, text, mode, left = verdicts[""]
    assert victim is None and text == "kept" and mode == "0o644"
    assert not left  # folders
    assert len(HOSTILE) >= 60


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks /proc")
def test_no_process_is_left_behind(verdicts):
    mine = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and b"_child.py" in (entry / "cmdline").read_bytes():
                status = (entry / "status").read_text()
                mine += [entry.name] if f"PPid:\t{os.getpid()}\n" in status else []
        except OSError:
            continue
    assert not mine


# ---- what doesn't ----
@pytest.mark.parametrize("kernel", [True, False])
def test_usual_programs_run(kernel):
    run = run_python(
        "import asyncio, collections, dataclasses, datetime, decimal, fractions, functools, heapq\n"
        "import itertools, json, math, random, re, statistics, string, threading, typing\n"
        "async def add(a, b):\n    await asyncio.sleep(0)\n    return a + b\n"
        "done = []\nt = threading.Thread(target=done.append, args=(1,)); t.start(); t.join()\n"
        "with open('x.txt', 'w') as f: f.write('öffentlich')\nprint('hi', 'ä')",
        [("value", "asyncio.run(add(1, 2)), done, open('x.txt').read()"), ("run", "assert 0")],
        kernel=kernel,
    )
    assert run.outcome == "done" and run.output == "hi ä\n"
    assert run.results[0].value == (3, [1], "öffentlich")
    assert run.results[1] == Result("error", None, "AssertionError")


@pytest.mark.parametrize(
    "source, wanted",
    [
        ("None", None),
        ("10 ** 3000", 10**3000),
        ("[1.5, float('inf'), 1j, b'x', 'ß']", [1.5, float("inf"), 1j, b"x", "ß"]),
        ("{(1, 2): {3}, 'a': frozenset('b')}", {(1, 2): {3}, "a": frozenset("b")}),
        ("__import__('collections').Counter('aab')", {"a": 2, "b": 1}),
        ("True", True),
    ],
)
def test_values_come_back_as_they_were(source, wanted):
    found = value(source).value
    assert found == wanted and type(found) is type(wanted)


def test_what_is_no_value_equals_nothing():
    found = value("object()").value
    assert found != found and repr(found) == "<object>"
    assert repr(value("10 ** 5000").value) == "<huge>"


def test_without_the_kernels_locks_an_audit_hook_stops_accidents(tmp_path):
    tried = {
        "import socket; socket.socket()": "forbidden",
        "import subprocess; subprocess.run(['ls'])": "forbidden",
        "import os; os.kill(os.getppid(), 0)": "forbidden",
        f"open({str(tmp_path / 'x')!r}, 'w')": "forbidden",
        f"open({str(Path(__file__))!r})": "forbidden",
        "import os; os.listdir('/')": "forbidden",
        "import os; os.remove('/nothing')": "forbidden",
    }
    found = {program: run_python(program, kernel=False) for program in tried}
    assert {program: run.outcome for program, run in found.items()} == tried
    assert {run.guards[name] for run in found.values() for name in HOLDS} == {"python"}
    assert not list(tmp_path.iterdir())


def test_guards_that_are_demanded_are_held_or_nothing_runs():
    with pytest.raises(RuntimeError, match="does not guard network, files"):
        run_python("print(1)", kernel=False, demand=["network", "files"])
    if locked:
        assert run_python("print(1)", demand=HOLDS).output == "1\n"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what Linux can hold")
def test_linux_holds_what_the_table_says():
    assert locked and GUARDS["memory"] == "kernel", GUARDS


def test_the_limits_are_those_that_are_given():
    assert run_python("x = bytearray(100 << 20)", memory=300).outcome == "done"
    assert run_python("x = bytearray(100 << 20)", memory=100).outcome == "memory"
    assert run_python("print('x' * 3000)", output=2).outcome == "output"
    assert len(run_python("print('x' * 3000)", output=2).output) == 2048
    assert run_python("with open('x', 'w') as f: f.write('x' * 3000)", files=2).outcome == "files"
    begun = time.monotonic()
    assert run_python("import time; time.sleep(99)", seconds=0.1).outcome == "timeout"
    assert time.monotonic() - begun < 30


def test_outcomes_are_those_documented():
    words = {outcome for outcomes, _ in HOSTILE.values() for outcome in outcomes.split("|")}
    assert words - {"wrong"} <= set(OUTCOMES)
    for outcome in OUTCOMES:
        assert f'"{outcome}"' in run_python.__globals__["Run"].__doc__
