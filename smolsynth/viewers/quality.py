"""A chart of what a dataset asks for."""

from smolsynth.quality.report import Report
from smolsynth.quality.strings import WORDS
from smolsynth.text.intents import SAMPLE
from smolsynth.viewers.charts import plot_counts

_OTHER = {"en": "(none found)", "zh": "（认不出）"}


def plot_quality(report: Report) -> None:
    """Shows what is asked for most often as bars, as a PNG: root and object of the instructions."""
    words = WORDS[report.lang]
    plot_counts(
        {" ".join(filter(None, what)) or _OTHER[report.lang]: n for *what, n in report.kinds},
        report.lang,
        words["kinds"],
        words["of"].format(n=min(report.rows, SAMPLE)),
    )
