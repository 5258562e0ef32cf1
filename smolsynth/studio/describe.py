"""Step 1: what the dataset is to be, and five rows of it."""

import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from ipywidgets import (
    Checkbox,
    Combobox,
    Dropdown,
    HBox,
    Layout,
    RadioButtons,
    Text,
    Textarea,
    VBox,
)

from smolsynth.documents.read import SUFFIXES
from smolsynth.errors import ReadError
from smolsynth.generation.plan import (
    KINDS,
    OF_DOCUMENTS,
    TECHNIQUES,
    Plan,
    PlanError,
    topics_of,
    usual_chunk,
)
from smolsynth.generation.run import Generation
from smolsynth.generation.strings import describe_counts
from smolsynth.studio.models import Models
from smolsynth.studio.own_file import OwnFile
from smolsynth.studio.projects import Projects
from smolsynth.studio.prompts import Prompts
from smolsynth.studio.session import Session
from smolsynth.studio.store import Project
from smolsynth.studio.strings import LANGUAGES, MODELS, describe_error, duration
from smolsynth.studio.widgets import (
    Plain,
    Problem,
    Rows,
    Upload,
    Whole,
    button,
    paragraph,
    set_text,
    set_visible,
    side_by_side,
    with_label,
)
from smolsynth.text.layout import in_words

SAMPLE = 5  # rows
_FIELDS = ("kind", "technique", "lang", "about", "rows", "model", "seed", "length")  # of a plan
_NUMBERS = ("rows", "seed", "length")  # of these
_OF_CHUNKS = ("chunk", "overlap")  # of a plan


class Describe(VBox):
    """The form of a `Plan`, and a sample.

    Args:
        session: of the app.
        start: called with a plan that is to be generated, and with the number of rows to stop at
            for one that was generated before.
        go: shows another step, by name.
    """

    def __init__(
        self, session: Session, start: Callable[..., None], go: Callable[[str], None]
    ) -> None:
        words = session.words
        self.session, self.words = session, words
        self._start, self._go = start, go
        self.kind = with_label(
            RadioButtons(
                description=words["kind"],
                options=[(words[kind], kind) for kind in KINDS],
                tooltip=words["kind_tip"],
            ),
            "1 1 100%",
        )
        self.technique = with_label(
            Dropdown(description=words["technique"], tooltip=words["technique_tip"])
        )
        self.technique_note = paragraph()
        self.technique_note.add_class("sds-note")
        self.lang = with_label(
            Dropdown(
                description=words["lang"],
                options=[(name, lang) for lang, name in LANGUAGES.items()],
                value=session.lang,
                tooltip=words["lang_tip"],
            )
        )
        self.topics = HBox(layout=Layout(flex_flow="row wrap"))
        self.topics.add_class("sds-topics")
        self.about = with_label(
            Textarea(
                description=words["about"],
                placeholder=words["about_hint"],
                rows=2,
                tooltip=words["about_tip"],
            ),
            "1 1 100%",
        )
        self.documents: tuple[str, ...] = ()  # paths of what was uploaded
        self.upload = Upload(
            accept=",".join(SUFFIXES),
            multiple=True,
            description=words["documents"],
            tooltip=words["documents_tip"],
            layout=Layout(width="auto"),
        )
        self.clear_button = button(words["documents_clear"], lambda: self.take_documents(()))
        self.documents_place = with_label(Text(description=words["documents_place"]), "1 1 240px")
        self.documents_read = Plain(words["documents_read"])
        self.chunk, self.overlap = (
            with_label(Whole(description=words[name])) for name in ("chunk", "overlap")
        )
        self.chunks = side_by_side(self.chunk, self.overlap)
        self.prompts = Prompts(session, lambda: self.plan(prompts={}))
        self.own_file = OwnFile(session, self.plan_like, go, start)
        self.rows = with_label(
            Whole(description=words["rows"], value=100, tooltip=words["rows_tip"]), "1 1 90px"
        )
        self.model = with_label(
            Combobox(
                description=words["model"],
                options=MODELS,
                value=os.environ.get("SMOLSYNTH_LLM") or "bundled",
                tooltip=words["model_tip"],
            ),
            "2 1 240px",
        )
        self.seed = with_label(
            Whole(description=words["seed"], value=Plan.seed, tooltip=words["seed_tip"]),
            "1 1 90px",
        )
        self.length = with_label(
            Whole(description=words["length"], value=Plan.length, tooltip=words["length_tip"]),
            "1 1 110px",
        )
        self.models = Models(session, self.model)
        self.model_note = paragraph(words["model_tip"], "note")
        self.sample_button = button(words["sample"], self.sample, main=True)
        self.start_button = button("", self.start)
        self.status = paragraph(words["no_sample"])
        self.status.add_class("sds-live")
        self.forecast = paragraph()
        self.problem = Problem(words)
        self.shown = Rows(words, lines=6)
        self.before = Projects(session, self.reopen)
        super().__init__(
            [
                self.before,
                self.kind,
                side_by_side(self.technique, self.lang),
                self.technique_note,
                paragraph(words["topics"], "label"),
                self.topics,
                self.about,
                side_by_side(self.upload, self.documents_place, self.clear_button),
                self.chunks,
                self.documents_read,
                self.own_file,
                side_by_side(self.rows, self.model, self.seed, self.length),
                self.model_note,
                self.models,
                self.prompts,
                side_by_side(self.sample_button, self.start_button),
                self.problem,
                self.status,
                self.forecast,
                self.shown,
            ]
        )
        self.kind.observe(lambda _: self._fit_techniques(), "value")
        self.technique.observe(lambda _: self._fit_topics(), "value")
        self.lang.observe(lambda _: self._fit_topics(), "value")
        self.rows.observe(lambda _: self._count(), "value")
        for name in _NUMBERS:
            getattr(self, name).observe(partial(self._check, name), "value")
        self.upload.observe(lambda _: self._uploaded(), "value")
        self.documents_place.observe(lambda _: self._placed(), "value")
        for field in (self.chunk, self.overlap):
            field.observe(lambda _: self._rechunked(), "value")
        self.model.observe(lambda _: self._fit_chunks(), "value")
        self._fit_chunks()
        self.take_documents(())
        self._fit_techniques()
        self._name_start()
        self.refresh()

    def refresh(self) -> None:
        """Offers the datasets that were made before."""
        self.before.refresh()

    def reopen(self, one: Project) -> None:
        """Goes on with a dataset of before: its rows, its decisions, its description."""
        for name in _FIELDS:
            getattr(self, name).value = getattr(one.plan, name)
        for box in self.topics.children:
            box.value = box.description in one.plan.topics
        for name in _OF_CHUNKS:
            size = getattr(one.plan, name)
            getattr(self, name).value = "" if size is None else str(size)
        self.take_documents(one.plan.documents)
        self.models.take(one.plan)
        self.prompts.take(one.plan.prompts)
        given = len(self.session.given(one.plan))
        if one.rows > given:
            self._start(one.plan, one.rows - given)
        else:  # a training file, of which no more was made
            self.session.prepare(one.plan)
            self.session.take([])
            self._go("review")

    # ---- documents ----
    def _uploaded(self) -> None:
        if self.upload.files:
            self.problem.clear()
            try:
                self.take_documents(self.session.keep_documents(self.upload.files))
            except OSError as error:
                self.problem.set_text(describe_error(error, self.session.lang))

    def _placed(self) -> None:
        """Documents that lie on this computer need no upload."""
        if place := self.documents_place.value.strip():
            self.take_documents((place,))
        elif self.documents:
            self.take_documents(())

    def take_documents(self, paths: tuple[str, ...]) -> None:
        """Asks about these documents, and says what can be read of them; about none if empty."""
        self.documents = paths
        said = ""
        if paths:
            try:  # any technique: they are read alike
                plan = Plan(documents=paths, model=self.model.value, **self._sizes())
                said = "\n".join(plan.read().describe(self.session.lang))
            except (PlanError, ReadError) as error:
                said = error.words(self.session.lang)
        else:
            self.upload.clear()
            self.documents_place.value = ""
        self.documents_read.set_text(said)
        for widget in (self.documents_read, self.chunks, self.clear_button):
            set_visible(widget, bool(paths))

    def _sizes(self) -> dict[str, Any]:
        """Settings of a plan, of which it says what is wrong; empty fields are what is usual."""
        given = {name: getattr(self, name).number for name in _OF_CHUNKS}
        return {name: None if v == "" else v for name, v in given.items()}

    def _fit_chunks(self) -> None:
        """Shows what is usual for the model, and reads the documents anew where that changes."""
        usual = str(usual_chunk(self.model.value))
        if usual != self.chunk.placeholder:
            self.chunk.placeholder = usual
            self._rechunked()

    def _rechunked(self) -> None:
        size = self.chunk.value.strip() or self.chunk.placeholder
        self.overlap.placeholder = str(int(size) // 8) if size.isdecimal() else ""
        if self.documents:
            self.take_documents(self.documents)

    # ---- the form ----
    def _fit_techniques(self) -> None:
        names = [name for name, kind in TECHNIQUES.items() if kind == self.kind.value]
        self.technique.options = [(self.words[name], name) for name in names]
        self.technique.value = names[0]
        self._fit_topics()

    def _fit_topics(self) -> None:
        """Explains the technique, and shows its topics; what is ticked stays as far as it can."""
        if not self.technique.value:
            return
        set_text(self.technique_note, self.words[f"{self.technique.value}_is"], "note")
        topics = topics_of(self.technique.value, self.lang.value)
        if topics != [box.description for box in self.topics.children]:
            self.topics.children = [
                Checkbox(description=topic, indent=False, layout=Layout(width="auto"))
                for topic in topics
            ]
        self.prompts.refresh()

    def _count(self) -> None:
        """The forecast was for another number of rows."""
        self._name_start()
        set_text(self.forecast, "")

    def _name_start(self) -> None:
        named = in_words(self.words["start"], rows=self.rows.number)
        self.start_button.description = self.words["start_unsure"] if self._wrong("rows") else named

    def _wrong(self, name: str) -> PlanError | None:
        """What is wrong with a number by itself."""
        try:
            Plan(**{name: getattr(self, name).number})
        except PlanError as error:
            return error
        return None

    def _check(self, name: str, _: Any = None) -> None:
        """Says what is wrong with a number when it is typed, not when something is made of it."""
        widget, error = getattr(self, name), self._wrong(name)
        if error:
            widget.add_class("sds-wrong")
            self.problem.set_text(error.words(self.session.lang))
        elif "sds-wrong" in widget._dom_classes:
            widget.remove_class("sds-wrong")
            self.problem.clear()

    def plan_like(self, kind: str, lang: str, documents: tuple[str, ...]) -> Plan | None:
        """A plan for more rows like given ones, with the form's numbers and its model."""
        return self.plan(
            kind=kind,
            lang=lang,
            technique=next(name for name in OF_DOCUMENTS if TECHNIQUES[name] == kind),
            prompts={},
            topics=(),
            about="",
            documents=documents,
            chunk=None,
            overlap=None,
            column="text",
        )

    def plan(self, **instead: Any) -> Plan | None:
        """The plan that the form describes; None, and a message beside it, where there is none.

        Args:
            instead: of what the form says, settings of the plan.
        """
        fields = {name: getattr(self, name) for name in _FIELDS}
        marked = fields | {"documents": self.upload, "judge": self.models.judge}
        marked |= {name: getattr(self, name) for name in _OF_CHUNKS}
        marked |= {"temperature": self.models.temperature, "prompts": self.prompts.text}
        for widget in marked.values():
            widget.remove_class("sds-wrong")
        try:
            chosen = tuple(box.description for box in self.topics.children if box.value)
            values = {name: widget.value for name, widget in fields.items()}
            values |= {name: fields[name].number for name in _NUMBERS}
            values |= {"topics": chosen, "documents": self.documents}
            values |= self._sizes() if self.documents else {}
            values |= {**self.models.settings(), "prompts": self.prompts.settings()} | instead
            plan = Plan(**values)
        except PlanError as error:
            if error.field in marked:
                marked[error.field].add_class("sds-wrong")
            self.problem.set_text(error.words(self.session.lang))
            return None
        self.problem.clear()
        return plan

    # ---- the sample ----
    def sample(self) -> None:
        """Makes rows in the background and shows five of them."""
        plan = self.plan()
        if plan is None:
            self._forget_sample()
            return
        if self.problem.is_busy(self.session.worker):
            return
        generation = Generation(plan, self.session.folder_of(plan))
        self.sample_button.disabled = True
        set_text(self.forecast, "")
        loaded = "smolsynth.generation.techniques" in sys.modules
        set_text(self.status, self.words["sampling" if loaded else "loading"])

        def job():
            for _ in generation.parts(SAMPLE):
                yield generation

        self.session.worker.start(job, lambda _: None, lambda e: self._sampled(generation, e))

    def _sampled(self, generation: Generation, error: Exception | None) -> None:
        words, rows = self.words, generation.rows
        self.sample_button.disabled = False
        if error:
            self._forget_sample()
            self.problem.set_text(describe_error(error, self.session.lang, "model"))
            return
        self.sample_button.description = words["sample_again"]
        self.session.sampled = generation
        self.shown.set_rows(rows[:SAMPLE])
        counts = describe_counts(generation.dropped, self.session.lang)
        if not rows:
            total = generation.dropped.total()
            set_text(self.status, words["sample_none"].format(n=total, counts=counts), "bad")
            return
        seconds, tokens = generation.forecast() or (0.0, 0)  # rows were made: it is known
        took = sum(generation.seconds)
        set_text(self.status, words["sampled"].format(n=len(rows[:SAMPLE]), seconds=took))
        told = in_words(
            words["forecast"],
            rows=generation.plan.rows,
            seconds=duration(seconds, words),
            tokens=tokens,
        )
        if few := generation.plan.few_seeds():
            told += words["gap"] + in_words(words["narrow"], n=few)
        set_text(self.forecast, told)

    def _forget_sample(self) -> None:
        """Shows no rows of another description below what is wrong with this one."""
        for said in (self.status, self.forecast):
            set_text(said, "")
        set_visible(self.shown, False)

    def start(self) -> None:
        """Hands the plan over to the next step."""
        if plan := self.plan():
            self._start(plan)
