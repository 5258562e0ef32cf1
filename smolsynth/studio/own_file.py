"""A training file of one's own: what it is, what is wrong with it, and on with it.

Its rows become a dataset of the studio: reviewed, mended and exported as any other, with what else
stood in them, and more can be made like them.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ipywidgets import HTML, Checkbox, Dropdown, Layout, Text, VBox

from smolsynth.datasets.given import RECORD, as_reviewed
from smolsynth.datasets.read import Read, language_of, read_rows
from smolsynth.datasets.save import as_measured
from smolsynth.datasets.strings import in_terms
from smolsynth.errors import ReadError
from smolsynth.generation.plan import Plan
from smolsynth.quality.report import Report, figures_in_words, measure
from smolsynth.rows import Row
from smolsynth.studio.panel import Panel
from smolsynth.studio.quality_step import as_table, examples
from smolsynth.studio.session import Session
from smolsynth.studio.strings import describe_error
from smolsynth.studio.widgets import (
    Plain,
    Problem,
    Upload,
    button,
    paragraph,
    set_text,
    set_visible,
    side_by_side,
    with_label,
)
from smolsynth.studio.worker import Worker
from smolsynth.text.layout import in_words
from smolsynth.text.personal import masked_in
from smolsynth.viewers.download import download_link
from smolsynth.viewers.report import page

MOST = 20_000  # rows that the page takes up
ENCODINGS = ("utf-8", "gb18030", "utf-16", "big5", "cp1252")
SUFFIXES = ".json,.jsonl,.ndjson,.csv,.tsv,.parquet,.arrow,.gz"


class OwnFile(Panel):
    """Reads a file, measures it, and takes its rows into the session.

    Args:
        session: of the app.
        plan: given kind, language and documents, the plan of what is to be made like them; None,
            and a message in the form, where the form has none.
        go: shows another step, by name.
        start: generates a plan.
    """

    def __init__(
        self,
        session: Session,
        plan: Callable[[str, str, tuple[str, ...]], Plan | None],
        go: Callable[[str], None],
        start: Callable[[Plan], None],
    ) -> None:
        words = session.words
        super().__init__(words["own_file"])
        self.session, self.words, self._plan, self._go, self._start = (
            session,
            words,
            plan,
            go,
            start,
        )
        self.reader = Worker()  # its own: a file can be read while rows are made
        self.read: Read | None = None
        self.report: Report | None = None
        self.name = ""
        self.upload = Upload(
            accept=SUFFIXES,
            description=words["own_upload"],
            tooltip=words["own_tip"],
            layout=Layout(width="auto"),
        )
        self.place = with_label(
            Text(description=words["own_place"], placeholder=words["own_place_example"]),
            "2 1 240px",
        )
        self.encoding = with_label(Dropdown(description=words["encoding"], options=ENCODINGS))
        self.split = with_label(
            Text(description=words["split"], placeholder=words["split_tip"]), "1 1 120px"
        )
        self.read_button = button(words["own_read"], self.read_place)
        self.status = paragraph()
        self.problem = Problem(words)
        self.recognised = Plain(words["recognised"])
        self.verdict = paragraph()
        self.table = HTML()
        self.figures = Plain(words["figures"])
        self.examples = Plain(words["examples"])
        self.mask = Checkbox(description=words["mask"], indent=False)
        self.review_button = button(words["own_review"].format(n=0), self.review, main=True)
        self.clean_button = button(words["own_clean"].format(n=0, bad=0), self.leave_out)
        self.extend_button = button(words["extend"], self.extend, words["extend_tip"])
        self.page = VBox()
        self.found = VBox(
            [
                self.recognised,
                self.verdict,
                self.table,
                self.figures,
                self.examples,
                self.mask,
                side_by_side(self.review_button, self.clean_button, self.extend_button),
                paragraph(words["extend_tip"], "note"),
                self.page,
            ]
        )
        self.fill(
            paragraph(words["own_tip"], "note"),
            side_by_side(self.upload, self.place, self.encoding, self.split, self.read_button),
            self.problem,
            self.status,
            self.found,
        )
        set_visible(self.found, False)
        self.upload.observe(lambda _: self._uploaded(), "value")

    # ---- reading ----
    def _uploaded(self) -> None:
        if not self.upload.files:
            return
        try:
            [folder] = self.session.keep_documents(self.upload.files)
        except OSError as error:
            self.problem.set_text(describe_error(error, self.session.lang))
            return
        [path] = Path(folder).iterdir()
        self.take(path)

    def read_place(self) -> None:
        """Reads the path or the name on the Hub that was typed, or the uploaded file again."""
        if self.place.value.strip():
            self.take(self.place.value.strip())
        else:
            self._uploaded()

    def take(self, source: str | Path) -> None:
        """Reads a file in the background and measures it."""
        words = self.words
        self.problem.clear()
        set_visible(self.found, False)
        self.reader.stop()  # another file was chosen meanwhile
        reader = self.reader = Worker()
        self.read = self.report = None
        self.name = str(source) if isinstance(source, str) else source.name
        encoding = self.encoding.value if self.encoding.value != ENCODINGS[0] else None
        split = self.split.value.strip() or None
        ui = self.session.lang
        set_text(self.status, words["own_reading"])

        def job():
            read = read_rows(source, split=split, encoding=encoding, on_error="skip")
            if len(read) > MOST:
                raise OverflowError(words["own_many"].format(n=len(read), most=MOST))
            yield read, None
            lang = language_of(read.rows)
            rows = [as_measured(row) for row in read.rows]
            yield read, measure(rows, lang, ui=ui, number=lambda row: read.number_of(row) + 1)

        def of_this_file(call: Callable[[Any], None]) -> Callable[[Any], None]:
            return lambda value: call(value) if self.reader is reader else None

        reader.start(job, of_this_file(self._show), of_this_file(self._end))

    def _end(self, error: Exception | None) -> None:
        set_text(self.status, "")
        if isinstance(error, ReadError):
            terms = {name: self.words[f"in_{name}"] for name in ("encoding", "split")}
            self.problem.set_text(in_terms(error.words(self.session.lang), terms))
        elif isinstance(error, OverflowError):
            self.problem.set_text(str(error))
        elif error:
            self.problem.set_text(describe_error(error, self.session.lang))

    def _show(self, found: tuple[Read, Report | None]) -> None:
        words, lang = self.words, self.session.lang
        self.read, self.report = found
        self.recognised.set_text("\n".join([self.name, *self.read.describe(lang)]))
        if self.report is None:
            set_text(self.status, in_words(words["measuring"], n=len(self.read)))
            return
        report, broken = self.report, self.report.broken
        faults = self.session.faults(one.rule for one in broken)
        told = words["own_broken"].format(n=report.rows, rules=faults)
        told = told if broken else words["passes"].format(n=report.rows)
        set_text(self.verdict, told, "bad" if broken else "good")
        self.table.value = as_table(report, broken, words, lang)
        self.figures.set_text("\n".join(figures_in_words(report)))
        numbers = [self.read.number_of(place) for place in range(len(self.read))]
        said = examples(report, numbers, words, lang)
        self.examples.set_text(said)
        set_visible(self.examples, bool(said))
        good, reviewable = len(report.good_rows()), self.read.kind != "kto"
        self.review_button.description = in_words(words["own_review"], n=report.rows)
        self.clean_button.description = words["own_clean"].format(n=good, bad=report.rows - good)
        for one in (self.review_button, self.extend_button, self.mask):
            set_visible(one, reviewable)
        set_visible(self.clean_button, reviewable and 0 < good < report.rows)
        if not reviewable:
            set_text(self.status, words["own_verdicts"])
        html = page(self.name, self.read, report, lang).encode()
        self.page.children = [download_link("report.html", html, "text/html", lang)]
        set_visible(self.found, True)

    # ---- on with it ----
    def review(self) -> None:
        """All rows, as they are, to the review."""
        if self._give(faulty=True):
            self._go("review")

    def leave_out(self) -> None:
        """The rows without faults to the review; the others are left out."""
        if self._give():
            self._go("review")

    def extend(self) -> None:
        """The rows without faults, and more made of what they say."""
        if plan := self._give():
            self._start(plan)

    def _give(self, faulty: bool = False) -> Plan | None:
        """Takes rows into the session, those with faults too or not; the plan of what is to be
        made like them."""
        read, report = self.read, self.report
        self.problem.clear()
        if self.problem.is_busy(self.session.worker) or read is None or report is None:
            return None
        records = list(read)
        if not faulty:
            records = [records[place] for place in report.good_rows()]
        if self.mask.value:
            records = [masked_in(record) for record in records]
        rows = [as_reviewed(record) for record in records]
        try:
            # what a record holds that JSON has no place for, as dates, goes along as text
            rows = json.loads(json.dumps(rows, default=str))
            documents = self.session.keep_documents([_texts(rows, self.name)])
            plan = self._plan(read.kind, report.lang, documents)
            if plan is not None:
                self.session.give(plan, rows)
        except (OSError, ValueError) as error:
            self.problem.set_text(describe_error(error, self.session.lang))
            return None
        return plan


def _texts(rows: list[Row], name: str) -> dict:
    """What the rows say, as a table of documents to ask about."""
    lines = [
        json.dumps({"text": f"{row['instruction']}\n\n{row.get('response', row.get('chosen'))}"})
        for row in rows
        if row[RECORD]
    ]
    plain = "".join(char if char.isalnum() or char in "-_." else "_" for char in Path(name).stem)
    return {"name": f"{plain[:60] or 'rows'}.jsonl", "content": "\n".join(lines).encode()}
