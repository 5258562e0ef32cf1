"""Step 4: what the rules of quality say."""

import html
from collections.abc import Callable

from ipywidgets import HTML, VBox

from smolsynth.quality.report import Report
from smolsynth.quality.rules import RULES
from smolsynth.studio.parts import Plain, Problem, button, line, say, show, text
from smolsynth.studio.session import Session
from smolsynth.studio.words import problem_in_words


class Check(VBox):
    """The report on the rows that are not rejected.

    Args:
        session: of the app.
        go: shows another step, by name.
    """

    def __init__(self, session: Session, go: Callable[[str], None]) -> None:
        words = session.words
        self.session, self.words = session, words
        self.report: Report | None = None
        self.numbers: list[int] = []  # of the entries that were measured
        self.empty = VBox(
            [text(words["no_rows"]), button(words["go_describe"], lambda: go("describe"))]
        )
        self.empty.add_class("sds-empty")
        self.verdict = text()
        self.gate = text(words["gate_tip"], "note")
        self.table = HTML()
        self.examples = Plain(words["examples"])
        self.reject_button = button(words["reject_bad"].format(n=0), self.reject_bad, main=True)
        self.problem = Problem(words)
        self.work = VBox(
            [
                text(words["measure_hint"], "note"),
                self.verdict,
                self.gate,
                line(self.reject_button, button(words["export"], lambda: go("export"))),
                self.problem,
                self.table,
                self.examples,
            ]
        )
        super().__init__([self.empty, self.work])
        self.refresh()

    def refresh(self) -> None:
        """Measures the rows in the background."""
        session, words = self.session, self.words
        self.numbers = [i for i, e in enumerate(session.entries) if e.verdict is not False]
        rows = [session.entries[i].row for i in self.numbers]
        show(self.empty, not session.entries)
        show(self.work, bool(session.entries))
        self.report = None
        self.problem.clear()
        for part in (self.table, self.examples, self.reject_button):
            show(part, False)
        if not session.entries:
            return
        if not rows:
            say(self.verdict, words["all_rejected"], "bad")
            return
        if session.worker.busy:
            self.problem.put(words["busy"])
            return
        say(self.verdict, words["measuring"].format(n=len(rows)))

        def job():
            from smolsynth.quality.report import measure

            yield measure(rows, session.plan.lang)

        session.worker.start(job, self._show, self._end)

    def _end(self, error: Exception | None) -> None:
        if error:
            say(self.verdict, "")
            self.problem.put(problem_in_words(error, self.session.lang))

    def _show(self, report: Report) -> None:
        words, lang = self.words, self.session.lang
        self.report = report
        broken = report.broken
        if broken:
            names = words["comma"].join(RULES[one.rule].words(lang)[0] for one in broken)
            say(self.verdict, words["refuses"].format(n=report.rows, rules=names), "bad")
        else:
            say(self.verdict, words["passes"].format(n=report.rows), "good")
        self.table.value = self._as_table(report)
        lines = [
            words["example"].format(rule=RULES[one.rule].words(lang)[0], row=row + 1, reason=reason)
            for one in report.findings
            for row, reason in zip(
                (self.numbers[row] for row in one.rows), one.reasons, strict=False
            )
        ]
        self.examples.put("\n".join(lines))
        show(self.table, True)
        show(self.examples, bool(lines))
        bad = len({row for one in broken for row in one.rows})
        self.reject_button.description = words["reject_bad"].format(n=bad)
        show(self.reject_button, bool(bad))

    def _as_table(self, report: Report) -> str:
        """Rules and counts, our own words and numbers alone."""
        words, lang = self.words, self.session.lang
        head = "".join(
            f"<th>{html.escape(words[name])}</th>"
            for name in ("rule", "found_rows", "allowed", "verdict")
        )
        lines = []
        for one in report.findings:
            rule = RULES[one.rule]
            kind, verdict = ("bad", "broken") if one.broken else ("good", "ok")
            lines.append(
                f"<tr><td>{html.escape(rule.words(lang)[0])}</td>"
                f'<td class="sds-n">{len(one.rows)}</td>'
                f'<td class="sds-n">{rule.allowed_of(report.rows)}</td>'
                f'<td class="sds-{kind}">{html.escape(words[verdict])}</td></tr>'
            )
        return f"<table><tr>{head}</tr>{''.join(lines)}</table>"

    def reject_bad(self) -> None:
        """Rejects the rows that break a rule, and measures again."""
        if self.report is None:
            return
        for one in self.report.broken:
            for row in one.rows:
                self.session.entries[self.numbers[row]].verdict = False
        self.refresh()
