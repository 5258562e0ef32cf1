"""Several datasets, several seeds: what each does to a student."""

import os
import random
import statistics
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smolsynth.intervals import margin
from smolsynth.rows import Row
from smolsynth.rows import rows as rows_of
from smolsynth.student.base import NOVICE, Student
from smolsynth.student.intervals import Difference, difference
from smolsynth.student.quiz import holds_fact, right_answers
from smolsynth.student.train import FEW, SHORT, Recipe, train
from smolsynth.text.language import check_lang
from smolsynth.text.layout import in_words, shortened, width
from smolsynth.viewers.charts import BAR, INK, chart, chart_fonts, chart_words

SEEDS = (0, 1, 2)


def corrupt(rows: Any, share: float = 0.2, seed: int = 0, column: str = "response") -> list[Row]:
    """Rows of which a share has been given the response of another row.

    Args:
        rows: a dataset or a list of dicts.
        share: 0 to 1, of the rows.
        seed: of the choice.
        column: the column that is changed.

    Raises:
        ValueError: a share out of range, or fewer than two rows to change.
    """
    made = [dict(row) for row in rows_of(rows)]
    if not 0 < share <= 1 or round(share * len(made)) < 2:
        raise ValueError(f"A share of {share} of {len(made)} rows leaves nothing to exchange.")
    places = random.Random(seed).sample(range(len(made)), round(share * len(made)))
    moved = [made[place][column] for place in (*places[1:], places[0])]
    for place, text in zip(places, moved, strict=True):
        made[place][column] = text
    return made


# ---- trials ----
@dataclass(frozen=True)
class Trial:
    """One dataset, several seeds.

    Attributes:
        name: of the dataset.
        scores: share of right answers of each student, 0 to 1.
        rows: trained on, 0 for the untrained model.
        seconds: of training, the mean.
        right: share of the answers to each question that were right, one tuple for each student.
        coverage: share of the questions whose fact stands in the rows, the mean over the seeds;
            None for the untrained model, and where questions are problems.
    """

    name: str
    scores: tuple[float, ...]
    rows: int
    seconds: float
    right: tuple[tuple[float, ...], ...] = field(default=(), repr=False)
    coverage: float | None = None

    @property
    def mean(self) -> float:
        return statistics.fmean(self.scores)

    @property
    def margin(self) -> float | None:
        """Half the width of the 95% interval of the mean over the seeds (Student's t).

        >>> round(Trial("x", (0.5, 0.6, 0.7), rows=10, seconds=1.0).margin, 3)
        0.248
        """
        return margin(self.scores)


class Trials(list[Trial]):
    """What `compare` gives; shown as a table, with the differences below it.

    Attributes:
        questions: how many.
        lang: of the table.
        samples: answers to each question; 0 for one, always the likeliest word.
        groups: what each question is about, see `smolsynth.intervals.over_groups`.
        baseline: name of the row to which the differences are shown.
    """

    def __init__(
        self,
        trials: Iterable[Trial],
        questions: int,
        lang: str,
        groups: Sequence[str] = (),
        baseline: str | None = None,
        samples: int = 0,
    ) -> None:
        super().__init__(trials)
        self.questions, self.lang, self.samples = questions, lang, samples
        self.groups = tuple(groups) or tuple(map(str, range(questions)))
        self.baseline = self[0].name if baseline is None else baseline

    def differences(self, to: str | None = None) -> list[Difference]:
        """Each other row minus one, paired by seed and question.

        Args:
            to: name of that row; default: `baseline`.

        Raises:
            ValueError: no row has that name, or its seeds are others.
        """
        to = self.baseline if to is None else to
        base = next((trial for trial in self if trial.name == to), None)
        if base is None:
            raise ValueError(f"No row is called {to!r}: they are {[t.name for t in self]}.")
        return [
            difference(
                *(trial.name, trial.scores, trial.right),
                *(base.name, base.scores, base.right),
                self.groups,
            )
            for trial in self
            if trial is not base
        ]

    def __repr__(self) -> str:
        words = _WORDS[self.lang]
        wide = max(24, *(width(trial.name) + 2 for trial in self))
        head = words["head_sampled" if self.samples else "head"]
        lines = [in_words(head, n=self.questions, samples=self.samples)]
        for trial in self:
            about = "" if trial.margin is None else f" ± {trial.margin:.3f}"
            each = " ".join(f"{one:.3f}" for one in trial.scores)
            seen = in_words(words["rows"], rows=trial.rows, seconds=trial.seconds)
            if trial.coverage is not None:
                seen += words["coverage"].format(share=trial.coverage)
            lines.append(
                f"{trial.name}{' ' * (wide - width(trial.name))}{trial.mean:.3f}{about:8}"
                f"   ({each})   {seen if trial.rows else ''}".rstrip()
            )
        if len(self) > 1:
            lines.append(words["differences"].format(to=self.baseline))
        for one in self.differences() if len(self) > 1 else ():
            parts = "  ".join(
                f"{words[name]} {_signed(part)}"
                for name, part in (("seeds", one.seeds), ("questions", one.questions))
                if part
            )
            whole = _signed(one.interval) if one.interval else ""
            lines.append(
                f"{one.name}{' ' * (wide - width(one.name))}{one.mean:+.3f}   {whole:17}"
                f"   {parts}".rstrip()
            )
        return "\n".join(lines)


def _signed(interval: tuple[float, float]) -> str:
    return f"[{interval[0]:+.3f}, {interval[1]:+.3f}]"


def compare(
    datasets: Mapping[str, Any],
    questions: Sequence[Row],
    *,
    base: str | Path | Student = NOVICE,
    recipe: Recipe | None = None,
    seeds: Sequence[int] = SEEDS,
    baseline: str | None = None,
    samples: int = 0,
    lang: str = "en",
    progress: bool = True,
) -> Trials:
    """Trains a student for each dataset and seed, and has each sit the quiz; then they go.

    Args:
        datasets: by name: what `train` takes; or a function of the seed that gives it; or a tuple
            of these, trained on one after the other; or `None` for the model as it is.
        questions: of `quiz`, or of `seeds.problems`.
        base, recipe: see `train`.
        seeds: of the order of the rows, and for functions.
        baseline: name of the dataset to which differences are shown; default: the first.
        samples: answers to a question at temperature 1, of which the share of right ones counts;
            0 for one answer, always the likeliest word.
        lang: of the table.
        progress: whether to show bars.

    Raises:
        ValueError: no seeds, no questions, a baseline that is no dataset, or see `train`.
    """
    check_lang(lang)
    if baseline is not None and baseline not in datasets:
        raise ValueError(f"The baseline {baseline!r} is no dataset: they are {list(datasets)}.")
    if os.environ.get(SHORT):
        seeds, questions, samples = seeds[:1], questions[:FEW], min(samples, 1)
    if not seeds:
        raise ValueError("There are no seeds: name at least one, better three.")
    trials = []
    of_problems = any("expected" in row for row in questions)
    trainings = len({w for d in datasets.values() for seed in seeds for w, _ in _ways(d, seed)})
    trained: dict[tuple, Student] = {}  # what several begin with is trained once
    facts: dict[tuple, set[int]] = {}
    with tempfile.TemporaryDirectory(prefix="students-", ignore_cleanup_errors=True) as folder:
        for name, made in datasets.items():
            right, seconds, covered, rows = [], [], [], 0
            for seed in seeds if made is not None else [None]:
                student, took, rows = base, 0.0, 0
                taught: set[int] = set()
                for way, part in _ways(made, seed):
                    if way not in trained:
                        data = part(seed) if callable(part) else part
                        facts[way] = _facts_in(data, questions)
                        bar = _WORDS[lang]["bar"].format(
                            number=len(trained) + 1, of=trainings, name=shortened(name, 24)
                        )
                        trained[way] = train(
                            data,
                            student,
                            recipe=recipe,
                            folder=Path(folder) / f"{len(trained)}",
                            seed=seed or 0,
                            progress=progress and bar,
                        )
                    student = trained[way]
                    took, rows = took + student.seconds, rows + student.rows
                    taught |= facts[way]
                right.append(tuple(right_answers(_examinee(student), questions, samples)))
                seconds.append(took)
                covered.append(len(taught) / len(questions))
            trials.append(
                Trial(
                    name,
                    tuple(statistics.fmean(answers) for answers in right),
                    rows,
                    statistics.fmean(seconds),
                    tuple(right),
                    None if made is None or of_problems else statistics.fmean(covered),
                )
            )
    about = "form" if of_problems else "concept"
    groups = [str(row.get(about, number)) for number, row in enumerate(questions)]
    return Trials(trials, len(questions), lang, groups, baseline, samples)


def _ways(made: Any, seed: int | None) -> Iterator[tuple[tuple, Any]]:
    """The trainings of one dataset by one seed: what makes each of them what it is, and its rows.

    Students that begin with the same rows in the same order have that training in common.
    """
    parts = made if isinstance(made, tuple) else () if made is None else (made,)
    for end, part in enumerate(parts, 1):
        yield (seed, *map(id, parts[:end])), part


def _facts_in(dataset: Any, questions: Sequence[Row]) -> set[int]:
    """Numbers of the questions whose fact stands in what a dataset teaches to say."""
    said = "\n".join(
        turn["content"]
        for row in rows_of(dataset)
        for turn in row.get("messages") or row.get("chosen") or ()
        if turn["role"] == "assistant"
    )
    return {
        number for number, row in enumerate(questions) if row.get("fact") and holds_fact(row, said)
    }


def _examinee(base: str | Path | Student) -> str | Student:
    """What `train` begins with, as `answers` takes it."""
    if isinstance(base, Student):
        return base
    if str(base).startswith("bundled"):
        return str(base)
    return f"transformers:{base}"


_WORDS = {
    "en": {
        "head": "{n} questions; share of right answers, mean ± 95% interval (each seed)",
        "head_sampled": "{n} questions, {samples} samples each; share of right answers,"
        " mean ± 95% interval (each seed)",
        "rows": "{rows} rows, {seconds:.0f} s",
        "coverage": ", {share:.2f} of the facts in them",
        "differences": "difference to “{to}”, paired by seed, 95% interval:",
        "seeds": "seeds",
        "questions": "questions",
        "title": "Right answers in the quiz",
        "figures": "{n} questions; line: 95% interval",
        "bar": "{number} of {of}, {name}",
    },
    "zh": {
        "head": "共 {n} 题；答对的比例：平均 ± 95% 区间（各随机种子的成绩）",
        "head_sampled": "共 {n} 题，每题采样 {samples} 次；"
        "答对的比例：平均 ± 95% 区间（各随机种子的成绩）",
        "rows": "{rows} 行，{seconds:.0f} 秒",
        "coverage": "，含考点的 {share:.2f}",
        "differences": "与“{to}”之差，同一随机种子相减，95% 区间：",
        "seeds": "种子",
        "questions": "题目",
        "title": "答对的比例",
        "figures": "共 {n} 题；横线：95% 区间",
        "bar": "第 {number} 个，共 {of} 个，{name}",
    },
}


def plot_trials(trials: Trials) -> None:
    """Shows the means as bars with their intervals, and each seed as a dot, as a PNG."""
    fonts = chart_fonts()
    words = chart_words(_WORDS, trials.lang, fonts)
    with chart(words["title"], words["figures"].format(n=trials.questions), fonts) as ax:
        places = range(len(trials))
        ax.barh(places, [trial.mean for trial in trials], color=BAR, height=0.55)
        for place, trial in zip(places, trials, strict=True):
            if trial.margin is not None:
                ax.errorbar(trial.mean, place, xerr=trial.margin, color=INK, capsize=3, linewidth=1)
                ax.plot(trial.scores, [place] * len(trial.scores), "o", color=INK, markersize=2.5)
            edge = trial.mean + (trial.margin or 0)
            ax.annotate(
                f"{trial.mean:.2f}", (edge, place), (5, 0), textcoords="offset points", va="center"
            )
        ax.set_yticks(places, [trial.name for trial in trials])
        ax.tick_params(axis="y", length=0)
        ax.set_xlim(0, 1)
        ax.set_ylim(len(trials) - 0.4, -0.6)
