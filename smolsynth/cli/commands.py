"""`python -m smolsynth generate`, which carries out one plan, and `python -m smolsynth studio`."""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from smolsynth.generation.plan import KINDS, TECHNIQUES, Plan, PlanError, seeds_langs

TEXT = {
    "en": {
        "loading": "Loading takes a few seconds …",
        "progress": "{rows} of {wanted} rows",
        "dropped": "Dropped on the way: {counts}.",
        "none": "No usable row: {counts}. Nothing saved.",
        "fewer": "Too few were good or new: {rows} of {wanted} rows. Choose more domains, or a"
        " larger model.",
        "spent": "Stopped at {tokens:,} tokens, because of --max-tokens: {rows} of {wanted} rows."
        " With more of them, the same command goes on.",
        "saved": "{rows} rows saved in {folder}, with a card, and pipeline.py to make them again.",
        "stopped": "Stopped, nothing saved. Finished rows are kept: the same command goes on.",
        "studio": "Dataset Studio: {address} (Ctrl+C ends it)",
        "voila": "The page needs Voilà: pip install voila. Or open notebooks/dataset_studio.ipynb.",
    },
    "zh": {
        "loading": "载入 distilabel 需要几秒钟……",
        "progress": "已有 {rows} 行，共要 {wanted} 行",
        "dropped": "中途舍弃：{counts}。",
        "none": "没有可用的数据：{counts}。什么也没保存。",
        "fewer": "合格又不重复的太少：原定 {wanted} 行，只得到 {rows} 行。多选几个领域，或者"
        "换个大些的模型。",
        "spent": "用了 {tokens:,} 个词元，再做就要超过 --max-tokens，所以停下：原定 {wanted} 行，"
        "得到 {rows} 行。调高上限，再运行同一条命令就接着做。",
        "saved": "{rows} 行已存入 {folder}，里面还有数据集卡片和 pipeline.py，用它能"
        "重新生成这些行。",
        "stopped": "已停止，什么也没保存。做完的行都留着：再运行同一条命令就接着做。",
        "studio": "数据集工作室：{address}（按 Ctrl+C 结束）",
        "voila": "网页版需要 Voilà：pip install voila。"
        "也可以打开 notebooks/dataset_studio_cn.ipynb。",
    },
}
PARTS = ".parts"  # in the output folder: parts of runs, to go on with


def generate(arguments: list[str]) -> int:
    """Makes one dataset by one technique; returns the exit status (0, 1 failed, 130 stopped)."""
    args = _generate_parser().parse_args(arguments)
    kind = args.kind or TECHNIQUES.get(args.technique, "instruction")
    technique = args.technique or next(name for name, of in TECHNIQUES.items() if of == kind)
    text = TEXT[args.lang]
    try:
        plan = Plan(
            kind=kind,
            technique=technique,
            lang=args.lang,
            topics=tuple(args.topic),
            about=args.about,
            rows=args.rows,
            model=args.model or os.environ.get("SMOLSYNTH_LLM") or "bundled",
            seed=args.seed,
            length=args.length,
        )
    except PlanError as error:
        print(error, file=sys.stderr)
        return 2
    print(text["loading"], flush=True)

    from smolsynth.datasets.save import free_folder
    from smolsynth.errors import RunBusy, StepFailed
    from smolsynth.generation.run import Generation, save_rows
    from smolsynth.llms import LLMUnavailable

    made = Generation(plan, args.output / PARTS / plan.digest())
    on = None
    if args.ray is not None:
        from smolsynth.pipelines.ray import on_ray

        quiet = {"logging_level": "ERROR"}
        on = partial(on_ray, address=args.ray or None, ray_options=quiet)
    try:
        for _ in made.parts(most_tokens=args.max_tokens, on=on):
            print(text["progress"].format(rows=len(made.rows), wanted=plan.rows), flush=True)
        counts = in_words(made.dropped, args.lang)
        if not made.rows:
            raise ValueError(text["none"].format(counts=counts))
        folder = save_rows(made.rows, plan, free_folder(args.output / plan.name))
    except KeyboardInterrupt:
        print("\n" + text["stopped"], file=sys.stderr)
        return 130
    except (LLMUnavailable, StepFailed, RunBusy, ImportError, OSError, ValueError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    if made.dropped:
        print(text["dropped"].format(counts=counts))
    if made.spent and len(made.rows) < plan.rows:
        print(text["spent"].format(tokens=made.spent, rows=len(made.rows), wanted=plan.rows))
    elif len(made.rows) < plan.rows:
        print(text["fewer"].format(rows=len(made.rows), wanted=plan.rows))
    print(text["saved"].format(rows=len(made.rows), folder=folder))
    return 0


def in_words(dropped: dict[str, int], lang: str) -> str:
    """How many rows were dropped, by reason, most first."""
    from smolsynth.generation.recipes import REASONS

    counts = sorted(dropped.items(), key=lambda one: -one[1])
    if lang == "zh":
        return "；".join(f"{REASONS[reason][1]}（{n} 行）" for reason, n in counts) or "0 行"
    return ", ".join(f"{n} x {REASONS[reason][0]}" for reason, n in counts) or "0"


def _generate_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m smolsynth generate",
        description="Make one dataset by one technique, as Dataset Studio does.",
    )
    parser.add_argument("--kind", choices=KINDS, help="default: that of the technique")
    parser.add_argument("--technique", choices=TECHNIQUES, help="default: the kind's first")
    parser.add_argument("--lang", choices=seeds_langs(), default="en", help="default: en")
    parser.add_argument(
        "--topic", action="append", default=[], help="a domain, such as weather; may be repeated"
    )
    parser.add_argument("--about", default="", help="instead: what it is to be about, in words")
    parser.add_argument("--rows", type=int, default=Plan.rows, help="default: %(default)s")
    parser.add_argument("--model", metavar="SPEC", help="as for python -m smolsynth")
    parser.add_argument("--seed", type=int, default=Plan.seed, help="default: %(default)s")
    parser.add_argument(
        "--length", type=int, default=Plan.length, help="tokens of a response (%(default)s)"
    )
    parser.add_argument(
        "--max-tokens", type=_positive, metavar="N", help="stop before so many, read and written"
    )
    parser.add_argument(
        "--ray",
        nargs="?",
        const="",
        metavar="ADDRESS",
        help="make the rows on a Ray cluster: auto, HOST:6379, ray://HOST:10001; without an"
        " address, the one that runs here, or a new one on this machine",
    )
    parser.add_argument("--output", type=Path, default=Path("output"), help="default: output/")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"a whole number from 1 up, not {text!r}")
    return int(text)


# ---- the page ----
# The page loads nothing from elsewhere, whatever stands in it.
POLICY = (
    "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval';"
    " connect-src 'self' ws://127.0.0.1:*; frame-ancestors 'self'"
)
PAGE = """\
import os

from smolsynth.studio import studio

os.chdir({here!r})  # where the command was given
studio({lang!r}, folder={folder!r})
"""


def studio(arguments: list[str]) -> int:
    """Serves Dataset Studio as a page on this machine alone, until interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m smolsynth studio", description="Open Dataset Studio as a page."
    )
    parser.add_argument("--lang", choices=seeds_langs(), default="en", help="default: en")
    parser.add_argument("--port", type=int, default=8866, help="default: 8866")
    parser.add_argument("--theme", choices=["light", "dark"], default="light")
    parser.add_argument("--output", type=Path, default=Path("output"), help="default: output/")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    args = parser.parse_args(arguments)
    text = TEXT[args.lang]
    from importlib.util import find_spec

    if not find_spec("voila"):
        print(text["voila"], file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="smolsynth-studio-") as folder:
        page = Path(folder) / "dataset_studio.ipynb"
        _write_page(page, PAGE.format(lang=args.lang, here=os.getcwd(), folder=str(args.output)))
        print(text["studio"].format(address=f"http://127.0.0.1:{args.port}/"), flush=True)
        command = [
            *(sys.executable, "-m", "voila", str(page), f"--port={args.port}"),
            "--Voila.ip=127.0.0.1",  # nobody else's machine can reach it
            f"--Voila.tornado_settings={ {'headers': {'Content-Security-Policy': POLICY}} }",
            f"--theme={args.theme}",
            *(["--no-browser"] if args.no_browser else []),
        ]
        # However this process ends, the server ends with it, and ends its kernels first.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        server = subprocess.Popen(command)
        try:
            return server.wait()
        except KeyboardInterrupt:
            return 0
        finally:
            server.terminate()
            server.wait()


def _write_page(path: Path, source: str) -> None:
    """A notebook with a single cell."""
    import nbformat
    from nbformat.v4 import new_code_cell, new_notebook

    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    cells = [new_code_cell(source, id="studio")]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)


COMMANDS: dict[str, Callable[[list[str]], int]] = {"generate": generate, "studio": studio}
