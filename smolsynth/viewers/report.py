"""A report on training data as one page of HTML: no outside resource, all text escaped."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from smolsynth.quality.report import figures_in_words
from smolsynth.quality.rules import RULES
from smolsynth.text.layout import words_in

SHOWN = 20  # faulty rows of each rule
_LABELS = {
    "en": {
        "faults": "Faults",
        "allowed": "of",
        "figures": "Figures",
        "rows": "Faulty rows",
        "row": "Row {n}",
        "counted": "{what}: {n}",
    },
    "zh": {
        "faults": "毛病",
        "allowed": "上限",
        "figures": "统计",
        "rows": "有毛病的行",
        "row": "第 {n} 行",
        "counted": "{what}：{n} 行",
    },
}


def page(source: str, rows: Any, report: Any, ui: str) -> str:
    """The page.

    Args:
        source: the file that was read.
        rows: what `read_rows` gave.
        report: what `measure` found in them, told in `ui`.
        ui: "en" or "zh", the language of the page.
    """
    environment = Environment(
        loader=PackageLoader("smolsynth.viewers"),
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
        figures=list(figures_in_words(report)),
        text=words_in(_LABELS, ui),
    )


def _turns(row: dict[str, Any]) -> Any:
    """(who, what) of a row, both sides of a pair named."""
    for name in ("messages", "prompt", "chosen", "rejected", "completion"):
        turns = row.get(name)
        for turn in turns if isinstance(turns, list) else ():
            who = turn["role"] if name in ("messages", "prompt") else name
            yield who, turn["content"]
