"""A chart of what a dataset asks for."""

from smolsynth.quality.report import Report
from smolsynth.quality.strings import WORDS
from smolsynth.text.intents import SAMPLE
from smolsynth.viewers.charts import plot_counts


def plot_quality(report: Report) -> None:
    """Shows what is asked for most often as bars, as a PNG: root and object of the instructions."""
    words = WORDS[report.lang]
    plot_counts(
        {" ".join(filter(None, what)) or "-": count for *what, count in report.kinds},
        report.lang,
        words["kinds"],
        words["of"].format(n=min(report.rows, SAMPLE)),
    )
