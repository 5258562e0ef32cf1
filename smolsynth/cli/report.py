"""The report of `check` as one page of HTML: no outside resource, all text escaped."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from smolsynth.cli.strings import strings
from smolsynth.quality.rules import RULES

SHOWN = 20  # faulty rows of each rule


def page(source: str, rows: Any, report: Any, ui: str) -> str:
    """The page.

    Args:
        source: the file that was read.
        rows: what `read_rows` gave.
        report: what `measure` found in them.
        ui: "en" or "zh", the language of the page.
    """
    environment = Environment(
        loader=PackageLoader("smolsynth.cli"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    findings = [
        {
            "rule": finding.rule,
            "what": RULES[finding.rule].words(ui)[0],
            "count": len(finding.rows),
            "share": 100 * len(finding.rows) / report.rows,
            "allowed": finding.limit(report.rows),
            "broken": finding.broken,
            "rows": [
                {"number": rows.number_of(place), "turns": list(_turns(rows.rows[place]))}
                for place in finding.rows[:SHOWN]
            ],
        }
        for finding in report.findings
    ]
    return environment.get_template("report.html.j2").render(
        ui=ui,
        source=str(source),
        notes=rows.describe(ui),
        findings=findings,
        figures=report.figures,
        text=strings(ui, "check"),
    )


def _turns(row: dict[str, Any]) -> Any:
    """(who, what) of a row, both sides of a pair named."""
    for name in ("messages", "prompt", "chosen", "rejected", "completion"):
        turns = row.get(name)
        for turn in turns if isinstance(turns, list) else ():
            who = turn["role"] if name in ("messages", "prompt") else name
            yield who, turn["content"]
