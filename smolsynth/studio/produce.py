"""Step 2: all rows, in the background, with a bar, a forecast and a way to stop."""

from collections.abc import Callable
from contextlib import suppress

from ipywidgets import IntProgress, Layout

from smolsynth.generation.plan import Plan
from smolsynth.generation.run import Generation
from smolsynth.generation.strings import describe_counts
from smolsynth.studio.session import Session
from smolsynth.studio.strings import duration
from smolsynth.studio.widgets import (
    Rows,
    Step,
    button,
    paragraph,
    set_text,
    set_visible,
    side_by_side,
)
from smolsynth.text.layout import in_words


class Produce(Step):
    """The run of a plan."""

    def __init__(self, session: Session, go: Callable[[str], None]) -> None:
        super().__init__(session, go, "nothing_made")
        words = self.words
        self.forecast: tuple[float, int] | None = None
        self.bar = IntProgress(layout=Layout(width="100%"))
        self.status, self.costs, self.dropped = paragraph(), paragraph(), paragraph()
        self.cancel_button = button(words["cancel"], self.cancel)
        self.go_on_button = button(words["go_on"], self.go_on)
        self.review_button = button(words["go_review"], lambda: go("review"), main=True)
        self.shown = Rows(words)
        self.work.children = [
            self.bar,
            self.status,
            self.costs,
            self.dropped,
            side_by_side(self.cancel_button, self.go_on_button, self.review_button),
            self.problem,
            self.shown,
        ]
        self.refresh()

    def refresh(self) -> None:
        """Shows what there is."""
        made = self.session.generation
        if not self.set_work(made is not None):
            return
        busy = self.session.worker.busy
        set_visible(self.cancel_button, busy)
        set_visible(self.go_on_button, not busy and not made.done)
        set_visible(self.review_button, not busy and bool(made.rows))

    def start(self, plan: Plan, enough: int | None = None) -> None:
        """Begins with a plan, or goes on with it; up to so many rows, if `enough` is given."""
        session, words = self.session, self.words
        if self.problem.is_busy(session.worker):
            return
        self.problem.clear()
        made = session.prepare(plan)
        self.forecast = session.forecast(plan)
        self.bar.max, self.bar.value, self.bar.bar_style = plan.rows, 0, ""
        self.cancel_button.disabled = False
        set_text(self.status, in_words(words["running"], rows=len(made.rows), wanted=plan.rows))
        set_text(self.dropped, "")

        def job():
            for _ in made.parts(enough):
                yield list(made.rows)

        session.worker.start(job, self._more, lambda error: self._end(made, error))
        self.go_on_button.description = words["go_on"]
        self.refresh()

    def _more(self, rows: list[dict]) -> None:
        made = self.session.generation
        self.session.take(rows)
        if rows:
            with suppress(OSError):  # of which the end tells
                self.session.remember()  # for the next page, whatever becomes of this one
        self.shown.set_rows(rows)
        if rows:
            self.shown.list.value = len(rows) - 1
        self.bar.value = len(rows)
        set_text(
            self.status, in_words(self.words["running"], rows=len(rows), wanted=made.plan.rows)
        )
        self._say_costs(made)

    def _say_costs(self, made: Generation) -> None:
        words = self.words
        parts = []
        for key, cost in (
            ("forecast_is", self.forecast),
            ("actual_is", (sum(made.seconds), sum(made.tokens))),
        ):
            if cost:
                seconds = duration(cost[0], words)
                parts.append(words[key].format(seconds=seconds, tokens=cost[1]))
        if 0 in made.tokens:
            parts.append(words["stored"])
        set_text(self.costs, words["gap"].join(parts), "note")

    def _end(self, made: Generation, error: Exception | None) -> None:
        words, plan = self.words, made.plan
        counts = describe_counts(made.dropped, self.session.lang)
        self._say_costs(made)
        try:
            self.session.remember()
        except OSError as unwritable:
            error = error or unwritable
        set_text(
            self.dropped, words["dropped"].format(counts=counts) if made.dropped else "", "note"
        )
        if error:
            self.bar.bar_style = "danger"
            self.show_error(error, "model")
            set_text(self.status, in_words(words["running"], rows=len(made.rows), wanted=plan.rows))
            self.go_on_button.description = words["again"]
        elif not made.done:
            said = words["cancelled"].format(rows=len(made.rows), wanted=plan.rows)
            set_text(self.status, said)
        elif not made.rows:
            self.bar.bar_style = "danger"
            set_text(self.status, words["none"].format(counts=counts), "bad")
        elif len(made.rows) < plan.rows:
            self.bar.bar_style = "warning"
            set_text(self.status, words["fewer"].format(rows=len(made.rows), wanted=plan.rows))
        else:
            self.bar.bar_style = "success"
            set_text(self.status, in_words(words["done"], rows=len(made.rows)), "good")
        self.refresh()

    def cancel(self) -> None:
        """Stops after the part that is being made."""
        self.session.worker.stop()
        self.cancel_button.disabled = True
        set_text(self.status, self.words["cancelling"])

    def go_on(self) -> None:
        """Goes on after a stop or an error."""
        self.start(self.session.plan)
