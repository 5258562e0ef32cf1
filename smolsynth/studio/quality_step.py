"""Step 4: what the rules of quality say."""

import html
from collections.abc import Callable, Sequence

from ipywidgets import HTML

from smolsynth.quality.report import Finding, Report
from smolsynth.quality.rules import RULES
from smolsynth.studio.session import Session
from smolsynth.studio.widgets import (
    Plain,
    Step,
    button,
    paragraph,
    set_text,
    set_visible,
    side_by_side,
)
from smolsynth.text.layout import in_words


class Check(Step):
    """The report on the rows that are not rejected."""

    def __init__(self, session: Session, go: Callable[[str], None]) -> None:
        super().__init__(session, go)
        words = self.words
        self.report: Report | None = None
        self.numbers: list[int] = []  # of the entries that were measured
        self.verdict = paragraph()
        self.gate = paragraph(words["gate_tip"], "note")
        self.table = HTML()
        self.examples = Plain(words["examples"])
        self.reject_button = button(words["reject_bad"].format(n=0), self.reject_bad, main=True)
        self.work.children = [
            paragraph(words["measure_hint"], "note"),
            self.verdict,
            self.gate,
            side_by_side(self.reject_button, button(words["export"], lambda: go("export"))),
            self.problem,
            self.table,
            self.examples,
        ]
        self.refresh()

    def refresh(self) -> None:
        """Measures the rows in the background."""
        session, words = self.session, self.words
        self.numbers = session.kept_numbers()
        rows = [session.entries[i].row for i in self.numbers]
        self.report = None
        self.problem.clear()
        for part in (self.table, self.examples, self.reject_button):
            set_visible(part, False)
        if not self.set_work(bool(session.entries)):
            return
        if not rows:
            set_text(self.verdict, words["all_rejected"], "bad")
            return
        if self.problem.is_busy(session.worker):
            return
        set_text(self.verdict, in_words(words["measuring"], n=len(rows)))

        def job():
            from smolsynth.quality.report import measure

            yield measure(
                rows,
                session.plan.lang,
                ui=session.lang,
                number=lambda row: self.numbers[row] + 1,
            )

        session.worker.start(job, self._show, self._end)

    def _end(self, error: Exception | None) -> None:
        if error:
            set_text(self.verdict, "")
            self.show_error(error)

    def _show(self, report: Report) -> None:
        words, lang = self.words, self.session.lang
        self.report = report
        broken = self._unexplained(report)
        if broken:
            faults = self.session.faults(one.rule for one in broken)
            set_text(self.verdict, words["refuses"].format(n=report.rows, rules=faults), "bad")
        else:
            set_text(self.verdict, words["passes"].format(n=report.rows), "good")
        self.table.value = as_table(report, broken, words, lang)
        found = examples(report, self.numbers, words, lang)
        self.examples.set_text(found)
        set_visible(self.table, True)
        set_visible(self.examples, bool(found))
        bad = len({row for one in broken for row in one.rows})
        self.reject_button.description = words["reject_bad"].format(n=bad)
        set_visible(self.reject_button, bool(bad))

    def reject_bad(self) -> None:
        """Rejects the rows that break a rule, and measures again."""
        if self.report is None:
            return
        bad = {self.numbers[i] for one in self._unexplained(self.report) for i in one.rows}
        failed = None
        try:
            self.session.decisions.set(
                (self.session.entries[n] for n in sorted(bad)), verdict=False
            )
        except OSError as error:  # it is decided all the same, for this page
            failed = error
        self.refresh()
        if failed:
            self.show_error(failed)

    def _unexplained(self, report: Report) -> list[Finding]:
        return self.session.unexplained(report, self.numbers)


def as_table(report: Report, broken: list[Finding], words: dict[str, str], lang: str) -> str:
    """Rules and counts as HTML, our own words and numbers alone; `broken` of them are so marked."""
    head = "".join(
        f"<th>{html.escape(words[name])}</th>"
        for name in ("rule", "found_rows", "allowed", "verdict")
    )
    lines = []
    for one in report.findings:
        rule = RULES[one.rule]
        kind, verdict = ("bad", "broken") if one in broken else ("good", "ok")
        lines.append(
            f"<tr><td>{html.escape(rule.words(lang)[0])}</td>"
            f'<td class="sds-n">{len(one.rows)}</td>'
            f'<td class="sds-n">{one.limit(report.rows)}</td>'
            f'<td class="sds-{kind}">{html.escape(words[verdict])}</td></tr>'
        )
    return f"<table><tr>{head}</tr>{''.join(lines)}</table>"


def examples(report: Report, numbers: Sequence[int], words: dict[str, str], lang: str) -> str:
    """What was found, the first rows of each rule, a line each; `numbers` are those of the rows."""
    return "\n".join(
        words["example"].format(
            rule=RULES[one.rule].words(lang)[0], row=numbers[row] + 1, reason=reason
        )
        for one in report.findings
        for row, reason in zip(one.rows, one.reasons, strict=False)
    )
