"""Step 2: all rows, in the background, with a bar, a forecast and a way to stop."""

from collections.abc import Callable

from ipywidgets import IntProgress, Layout, VBox

from smolsynth.generation.plan import Plan
from smolsynth.generation.run import Generation
from smolsynth.generation.strings import describe_counts
from smolsynth.studio.parts import Problem, Rows, button, line, say, show, text
from smolsynth.studio.session import Session
from smolsynth.studio.words import duration, problem_in_words


class Produce(VBox):
    """The run of a plan.

    Args:
        session: of the app.
        go: shows another step, by name.
    """

    def __init__(self, session: Session, go: Callable[[str], None]) -> None:
        words = session.words
        self.session, self.words = session, words
        self.sure = None  # the plan whose start would replace changed rows, once it was said
        self.forecast: tuple[float, int] | None = None
        self.empty = VBox(
            [text(words["nothing_made"]), button(words["go_describe"], lambda: go("describe"))]
        )
        self.empty.add_class("sds-empty")
        self.bar = IntProgress(layout=Layout(width="100%"))
        self.status, self.costs, self.dropped = text(), text(), text()
        self.cancel_button = button(words["cancel"], self.cancel)
        self.go_on_button = button(words["go_on"], self.go_on)
        self.review_button = button(words["go_review"], lambda: go("review"), main=True)
        self.problem = Problem(words)
        self.shown = Rows(words)
        self.work = VBox(
            [
                self.bar,
                self.status,
                self.costs,
                self.dropped,
                line(self.cancel_button, self.go_on_button, self.review_button),
                self.problem,
                self.shown,
            ]
        )
        super().__init__([self.empty, self.work])
        self.refresh()

    def refresh(self) -> None:
        """Shows what there is."""
        made = self.session.generation
        show(self.empty, made is None)
        show(self.work, made is not None)
        if made is None:
            return
        busy = self.session.worker.busy
        show(self.cancel_button, busy)
        show(self.go_on_button, not busy and not made.done)
        show(self.review_button, not busy and bool(made.rows))

    def start(self, plan: Plan) -> None:
        """Begins with a plan, or goes on with it."""
        session, words = self.session, self.words
        if session.worker.busy:
            self.problem.put(words["busy"])
            return
        if session.would_lose(plan) and self.sure != plan.digest():
            self.sure = plan.digest()
            self.refresh()
            self.problem.put(words["changed"])
            return
        self.sure = None
        self.problem.clear()
        made = session.prepare(plan)
        self.forecast = session.forecast(plan)
        self.bar.max, self.bar.value, self.bar.bar_style = plan.rows, 0, ""
        self.cancel_button.disabled = False
        say(self.status, words["running"].format(rows=len(made.rows), wanted=plan.rows))
        say(self.dropped, "")

        def job():
            for _ in made.parts():
                yield list(made.rows)

        session.worker.start(job, self._more, lambda error: self._end(made, error))
        self.go_on_button.description = words["go_on"]
        self.refresh()

    def _more(self, rows: list[dict]) -> None:
        made = self.session.generation
        self.session.take(rows)
        self.shown.put(rows)
        if rows:
            self.shown.list.value = len(rows) - 1
        self.bar.value = len(rows)
        say(self.status, self.words["running"].format(rows=len(rows), wanted=made.plan.rows))
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
        say(self.costs, words["gap"].join(parts), "note")

    def _end(self, made: Generation, error: Exception | None) -> None:
        words, plan = self.words, made.plan
        counts = describe_counts(made.dropped, self.session.lang)
        self._say_costs(made)
        say(self.dropped, words["dropped"].format(counts=counts) if made.dropped else "", "note")
        if error:
            self.bar.bar_style = "danger"
            self.problem.put(problem_in_words(error, self.session.lang, "model"))
            say(self.status, words["running"].format(rows=len(made.rows), wanted=plan.rows))
            self.go_on_button.description = words["again"]
        elif not made.done:
            said = words["cancelled"].format(rows=len(made.rows), wanted=plan.rows)
            say(self.status, said)
        elif not made.rows:
            self.bar.bar_style = "danger"
            say(self.status, words["none"].format(counts=counts), "bad")
        elif len(made.rows) < plan.rows:
            self.bar.bar_style = "warning"
            say(self.status, words["fewer"].format(rows=len(made.rows), wanted=plan.rows))
        else:
            self.bar.bar_style = "success"
            say(self.status, words["done"].format(rows=len(made.rows)), "good")
        self.refresh()

    def cancel(self) -> None:
        """Stops after the part that is being made."""
        self.session.worker.stop()
        self.cancel_button.disabled = True
        say(self.status, self.words["cancelling"])

    def go_on(self) -> None:
        """Goes on after a stop or an error."""
        self.start(self.session.plan)
