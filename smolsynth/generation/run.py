"""Carries out a plan: rows as they come, stopped whenever one likes, gone on with where it stopped.

`Generation` is what the studio's worker and `python -m smolsynth generate` have in common.
"""

import contextlib
import json
import math
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smolsynth._files import free_name, write_whole
from smolsynth.datasets.card import model_in_words
from smolsynth.generation.plan import Plan
from smolsynth.rows import Row
from smolsynth.text.language import listed

if TYPE_CHECKING:
    from smolsynth.generation.mixture import Chunks
    from smolsynth.pipelines.pipeline import InProcessPipeline

FILE = "pipeline.py"  # beside the data
SUBTOPICS = "subtopics.json"  # in a folder of parts
STORE = ".parts"  # in an output folder: finished parts, to go on with
ROWS_OF_PART = 16  # at best: see `Plan.chunk_size`
_JUDGED = {"en": "{models}; judge: {judge}", "zh": "{models}；评审：{judge}"}


@dataclass
class Generation:
    """A plan being carried out.

    Attributes:
        plan: what is to be made.
        folder: where finished parts are kept, so that another call reads them from there; None
            keeps nothing.
        rows: the good rows so far.
        dropped: how many rows were dropped, by reason (`smolsynth.generation.strings.REASONS`).
        seconds, tokens: what making each part has taken, in order, whenever it was made; tokens are
            those that the models read and wrote.
        done: whether there are enough rows, or no new ones come.
        refused: what a model or its server would not take, as `InProcessPipeline.refused`; the run
            goes on without these rows.
        left_out: the techniques of a mixture that this model can't do, or hardly; see
            `smolsynth.generation.mixture.narrowed`.
        spent: the tokens at which `most_tokens` has stopped it; None if it hasn't.
    """

    plan: Plan
    folder: Path | None = None
    rows: list[Row] = field(default_factory=list)
    dropped: Counter = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    done: bool = False
    refused: list[Row] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    spent: int | None = None

    def parts(
        self,
        enough: int | None = None,
        *,
        most_tokens: int | None = None,
        on: Callable[[Any], AbstractContextManager[Any]] | None = None,
    ) -> Iterator[None]:
        """Makes part after part, and yields after each; close it, or stop asking, to stop.

        A second call begins again with the first part, which it reads from the folder if there is
        one.

        Args:
            enough: stop at so many rows, before the plan's; for a sample.
            most_tokens: stop before the part that is likely to take all parts together, those of
                earlier calls too, past so many tokens. The first part is always made.
            on: where to make them, such as `smolsynth.pipelines.ray.on_ray`: given the pipeline, a
                context manager that yields an executor for its `stream`. It needs a folder.

        Raises:
            ValueError, LLMUnavailable, StepFailed, RunBusy, OSError: see `load_llm` and
                `InProcessPipeline.run`.
        """
        from smolsynth.generation.mixture import narrowed
        from smolsynth.generation.rows import collect
        from smolsynth.generation.techniques import build
        from smolsynth.pipelines.usage import Usage

        plan = self.plan
        self.rows, self.dropped, self.done, self.spent = [], Counter(), False, None
        begun, number, counted, waited = time.perf_counter(), 0, 0, 0.0
        self.left_out = []
        pipeline = build(plan)
        inputs = plan.inputs(self._subtopics())
        streamed: list[InProcessPipeline] = []

        def ahead() -> int:
            """Parts that are likely to be needed still, from this one on."""
            a_part = len(self.rows) / number if self.rows else ROWS_OF_PART
            likely = math.ceil((plan.rows - len(self.rows)) / a_part)
            if most_tokens:
                affordable = (most_tokens - counted) // max(1, counted // number) if number else 1
                likely = min(likely, affordable)
            return likely

        def within_limit(stream: Iterator[Any]) -> Iterator[Any]:
            for part in stream:
                yield part
                if most_tokens and counted + counted / number > most_tokens:
                    self.spent = counted
                    return

        with ExitStack() as stack:

            def stream_of(pipeline: "InProcessPipeline", part: str, start: int) -> "Chunks":
                streamed.append(pipeline)
                options: dict[str, Any] = {
                    "folder": self.folder and self.folder / part,
                    "start": start,
                }
                if on is not None:
                    options |= {"executor": stack.enter_context(on(pipeline)), "ahead": ahead}
                chunks = pipeline.stream(
                    inputs, chunk_size=plan.chunk_size, on_error="skip", **options
                )
                return stack.enter_context(closing(chunks))  # lets go of the folder

            stream = narrowed(
                pipeline, stream_of, plan.lang, self.left_out.extend, without=plan.too_hard
            )
            parts = collect(
                within_limit(stream),
                plan.rows,
                plan.lang,
                plan.seed_texts(),
                most_loss=plan.needs.most_loss,
                least_agreement=plan.needs.least_agreement,
            )
            for rows, dropped in parts:
                self.rows, self.dropped = rows, +dropped
                if self.spent:
                    return
                self.refused = [row for one in streamed for row in one.refused]
                used = Usage()  # of all parts so far, those that were read as well
                for one in streamed:
                    used.add(one.usage)
                models = sum(use.seconds for use in used.values())
                if number >= len(self.seconds):
                    # A part that was only read took, when it was made, as long as its models did.
                    self.seconds.append(max(time.perf_counter() - begun, models - waited))
                    self.tokens.append(int(used.tokens) - counted)
                number, counted, waited = number + 1, int(used.tokens), models
                yield
                if enough and len(rows) >= enough:
                    self.done = len(rows) >= plan.rows
                    return
                begun = time.perf_counter()
            self.done = True

    def _subtopics(self) -> list[str]:
        """What the model says a subject of one's own consists of; asked once, if there is a
        folder."""
        from smolsynth.generation.subtopics import subtopics
        from smolsynth.llms import load_llm

        if not self.plan.is_own:
            return []
        file = self.folder and self.folder / SUBTOPICS
        if file and file.is_file():
            return json.loads(file.read_text("utf-8"))
        plan = self.plan
        opened: dict[str, Any] = {"use_magpie_template": True} if plan.needs.openers else {}
        llm = load_llm(plan.model, seed=plan.seed, **opened, **plan.model_options)
        found = subtopics(llm, plan.about, plan.lang, opened=bool(opened))
        if file:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(file, json.dumps(found, ensure_ascii=False))
        return found

    def forecast(self, rows: int | None = None) -> tuple[float, int] | None:
        """Seconds and tokens for so many rows (the plan's), by what the rows so far have taken."""
        if not self.rows or not self.seconds:
            return None
        share = (rows or self.plan.rows) / len(self.rows)
        return sum(self.seconds) * share, math.ceil(sum(self.tokens) * share)

    def made_again_with(self, plan: Plan) -> "Generation":
        """The same parts, for a plan that differs in `rows` at most."""
        return Generation(plan, self.folder, seconds=[*self.seconds], tokens=[*self.tokens])

    def forget(self) -> None:
        """Deletes the finished parts, and the folder above them where nothing else is in it."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
            with contextlib.suppress(OSError):  # parts of other plans
                self.folder.parent.rmdir()


def generate(plan: Plan, folder: str | Path | None = None) -> list[Row]:
    """Carries out a plan to its end.

    Args:
        plan: what to make.
        folder: where to keep finished parts, so that the same call can resume; None keeps nothing.

    Returns:
        The rows, as `smolsynth.generation.rows.as_row` makes them: fewer than planned only where
        the model repeats itself too much.

    Raises:
        ValueError, LLMUnavailable, StepFailed, RunBusy, OSError: see `Generation.parts`.
    """
    made = Generation(plan, None if folder is None else Path(folder))
    for _ in made.parts():
        pass
    return made.rows


def save_rows(
    rows: list[Row],
    plan: Plan,
    folder: str | Path,
    *,
    format: str = "jsonl",
    despite: str = "",
    notes: str = "",
    validation: float = 0,
    files: Mapping[str, str] | None = None,
) -> Path:
    """Saves rows of a plan as a dataset, with its card and the file that makes the rows again.

    Args:
        rows: as `Generation.rows`, and those of `smolsynth.datasets.given`, which were read.
        folder: to be made.
        format, despite, notes, files: as `smolsynth.save`.
        validation: the share of rows that is held out, by the document that they come from, see
            `smolsynth.datasets.split`.

    Raises:
        QualityError, FileExistsError, OSError, ValueError: see `save`.
    """
    from smolsynth.datasets.given import RECORD, as_record
    from smolsynth.datasets.save import save
    from smolsynth.datasets.split import held_out
    from smolsynth.generation.script import code
    from smolsynth.generation.techniques import prompts

    made = [row for row in rows if RECORD not in row]
    sources = {row["source"] for row in made if "source" in row}
    facts: dict[str, Any] = {
        "model": "-",
        "technique": "-",
        "seed": None,
        "seeds": (),
        "files": files,
    }
    if made:
        facts = {
            "model": _models(plan),
            "technique": plan.method(sources),
            "seed": plan.seed,
            "about": plan.about or listed(plan.topics, plan.lang),
            "seeds": plan.seed_texts() if len(made) == len(rows) else (),
            "prompts": prompts(plan, sources),
            "llm_options": _options(plan),
            "files": {FILE: code(plan, sources), **(files or {})},
        }
    held = held_out([_origin(row) for row in rows], validation, plan.seed)
    records = iter(_records(made, plan))
    data = [as_record(row) if RECORD in row else next(records) for row in rows]
    return save(
        data,
        folder,
        lang=plan.lang,
        format=format,
        despite=despite,
        notes=notes,
        validation=held,
        given=len(rows) - len(made),
        **facts,
    )


def _models(plan: Plan) -> str:
    """The models that wrote and judged, for the card."""
    if plan.kind != "preference" or plan.weaker_model is None:
        return plan.model
    names = [
        f"smolsynth/{spec.partition(':')[2] or 'tutor'}" for spec in (plan.model, plan.weaker_model)
    ]
    wrote = listed(names, plan.lang)
    return wrote if plan.judge else _JUDGED[plan.lang].format(models=wrote, judge=names[0])


def _origin(row: Row) -> str:
    """What a row comes from: its document, else its topic; a row that was read, what it asks."""
    from smolsynth.datasets.given import RECORD
    from smolsynth.generation.rows import SEED

    own = row["instruction"] if RECORD in row else row["topic"]
    return row.get(SEED) or row.get("chunk_text") or own


def _options(plan: Plan) -> dict[str, Any]:
    """What the card tells of the models besides their names."""
    told = {"thinking": plan.thinking, "temperature": plan.temperature}
    told = {name: value for name, value in told.items() if value != getattr(Plan, name)}
    return told | ({"judge": model_in_words(plan.judge, plan.lang)} if plan.judge else {})


def _records(made: list[Row], plan: Plan) -> list[Row]:
    """Rows as a trainer takes them."""
    from smolsynth.datasets.convert import to_messages, to_preferences
    from smolsynth.generation.rows import PROVENANCE, THOUGHTS, VERDICT

    if not made:
        return []
    export = to_messages if plan.kind == "instruction" else to_preferences
    source = "source" if "source" in made[0] else None
    keep = [*(PROVENANCE if plan.documents else VERDICT if plan.is_verified else ())]
    if THOUGHTS not in keep and any(THOUGHTS in row for row in made):
        keep.append(THOUGHTS)
    return list(export(made, source=source, keep=keep))


def save_beside(rows: list[Row], plan: Plan, folder: Path, **options: Any) -> Path:
    """As `save_rows`, into `folder` or, where that is taken, the first free one beside it."""
    while True:
        free = free_name(folder)
        try:
            return save_rows(rows, plan, free, **options)
        except FileExistsError:  # somebody else took it while this was being written
            if free_name(folder) == free:
                raise
