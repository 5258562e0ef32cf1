"""What a check takes and gives: the learner's answer as a table, problems, and the report."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from smolsynth.exercises import measures
from smolsynth.exercises.words import IN_CODE, MESSAGES, WORDS
from smolsynth.rows import is_missing
from smolsynth.text.layout import WIDTH, wrap

TIERS = {"turtle": "🐢", "dog": "🐕", "lion": "🦁"}
SHOWN_PROBLEMS = 3  # more than three at once are not read
SHOWN_ROWS = 3


# ---- results ----
@dataclass(frozen=True)
class Problem:
    """One thing to mend.

    `code` is stable; `message` says what is wrong and what to do, in the learner's language; `cell`
    is the id of the notebook cell to look at; `rows` holds up to three row numbers (from 0), and
    `samples` short texts, of those rows where there are rows.
    """

    code: str
    message: str
    cell: str
    rows: tuple[int, ...] = ()
    samples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """What a check found. `ok` is True only if the exercise is solved; prints itself readably."""

    exercise: str  # "instruction", "preference", "own" or "repair"
    tier: str  # of a repair, its case
    lang: str
    started: bool = True
    rows: int = 0
    problems: tuple[Problem, ...] = ()  # causes before consequences
    facts: tuple[str, ...] = ()  # measured, only when ok
    again: bool = False  # the same as at the last check, of an answer that no cell has set since

    @property
    def ok(self) -> bool:
        return self.started and not self.problems

    def __repr__(self) -> str:
        say, icon = WORDS[self.lang], TIERS.get(self.tier, "🧪")
        if not self.started:
            return f"{icon} ⬜ {say['not_started'].format(cell=f'exercise-{self.tier}')}"
        if self.ok:
            praise = wrap(say[f"praise_{self.exercise}_{self.tier}"], WIDTH - 3)
            facts = [" · ".join(self.facts)] if self.facts else []
            return f"{icon} ✅ " + "\n   ".join([*praise, *facts])
        lines = [f"{icon} 🔧 {say['not_yet'].format(count=_things(self))}"]
        if self.again:
            lines.append(f"   {say['again'].format(cell=f'exercise-{self.tier}')}")
        for number, problem in enumerate(self.problems[:SHOWN_PROBLEMS], 1):
            message = "\n   ".join(wrap(problem.message, WIDTH - 3))
            lines += ["", f"{number}. {message}"]
            where = [say["row"].format(row=row) for row in problem.rows]
            for i, sample in enumerate(problem.samples):
                quoted = say["quote"].format(text=sample) if sample else say["nothing"]
                lines.append(f"{where[i] if where else '   · '}{quoted}")
            lines.append(say["see"].format(cell=problem.cell))
        if (hidden := len(self.problems) - SHOWN_PROBLEMS) > 0:
            lines += ["", say["more"].format(count=hidden)]
        if any(problem.rows for problem in self.problems[:SHOWN_PROBLEMS]):
            lines += ["", say["from_zero"]]
        return "\n".join(lines)

    def _repr_pretty_(self, printer, cycle: bool) -> None:
        printer.text(repr(self))


def _things(report: Report) -> str:
    say, count = WORDS[report.lang], len(report.problems)
    return say["one_thing" if count == 1 else "things"].format(count=count)


# ---- the learner's answer as a table ----
@dataclass
class Sheet:
    tier: str
    lang: str
    columns: dict[str, list] = field(default_factory=dict)
    rows: int = 0
    cells: dict[str, str] = field(default_factory=dict)  # this notebook's names for common cells
    answer: str = ""  # what the learner's variable is called, if not like the tier
    place: str = ""  # the one cell that all problems point to, if there is one
    kind: str = "list"  # of the answer: "dataset", "frame" or "list"
    reported: set[int] = field(default_factory=set)  # rows that a problem has named already

    def texts(self, name: str) -> dict[int, str]:
        """The usable cells of a column by row; what is empty or no text has its own rule."""
        return {i: cell for i, cell in enumerate(self.columns.get(name, ())) if is_text(cell)}

    def pairs(self, one: str, other: str) -> dict[int, tuple[str, str]]:
        """The rows where two columns both hold a text."""
        ones, others = self.texts(one), self.texts(other)
        return {i: (ones[i], others[i]) for i in ones if i in others}

    def problem(
        self,
        message: str,
        cell: str,
        at: Iterable[int] = (),
        column: str | None = None,
        samples: Iterable = (),
        **words,
    ) -> Problem:
        """A Problem from MESSAGES (`code` or `code/variant`) with samples, or with `column` of the
        rows `at`."""
        at = list(at)
        self.reported.update(at)
        rows = tuple(at[:SHOWN_ROWS])
        cells = list(samples) or [self.columns[column][i] for i in rows]
        source = WORDS[self.lang]["topic" if self.tier == "turtle" else "document"]
        words = {"bad": len(at), "n": self.rows, "column": column, "source": source, **words}
        words["answer"] = name = self.answer or self.tier
        for how, calls in IN_CODE.items():
            words[how] = calls[self.kind].format(**{"near": None, **words, "answer": name})
        text = MESSAGES[message][self.lang].format(**words)
        clipped = tuple("" if is_empty(c) else measures.clip(c) for c in list(cells)[:SHOWN_ROWS])
        cell = self.place or self.cells.get(cell, cell)
        return Problem(message.split("/")[0], text, cell, rows, clipped)


def read(answer, sheet: Sheet) -> Problem | None:
    """Fills the sheet; returns a Problem if the answer is not a dataset with rows."""
    if is_kind(answer, "distilabel", "Distiset") and len(answer) == 1:
        (answer,) = answer.values()
        if is_kind(answer, "datasets", "DatasetDict") and "train" in answer:
            answer = answer["train"]
    if is_kind(answer, "datasets", "Dataset"):
        sheet.kind, answer = "dataset", answer.with_format(None)
        sheet.columns = {name: list(answer[name]) for name in answer.column_names}
        sheet.rows = len(answer)
    elif is_kind(answer, "pandas", "DataFrame"):
        sheet.kind, names = "frame", [str(name) for name in answer.columns]
        sheet.columns = {
            name: [cell.tolist() if _is_array(cell) else cell for cell in answer.iloc[:, i]]
            for i, name in enumerate(names)
        }
        sheet.rows = len(answer)
    elif isinstance(answer, list) and all(isinstance(row, dict) for row in answer):
        names = dict.fromkeys(str(name) for row in answer for name in row)
        sheet.columns = {name: [row.get(name) for row in answer] for name in names}
        sheet.rows = len(answer)
    else:
        return _not_a_dataset(answer, sheet)
    return None if sheet.rows else sheet.problem("empty_dataset", "two-steps")


def stale(sheet: Sheet, error: str) -> Problem:
    """The cell that makes the answer has failed: what is there is of an earlier run."""
    problem = sheet.problem("stale", "", error=measures.clip(error))
    return replace(problem, cell=f"exercise-{sheet.tier}")


def _not_a_dataset(answer, sheet: Sheet) -> Problem:
    if is_kind(answer, "distilabel", "Distiset"):
        if not answer:
            return sheet.problem("empty_dataset", "two-steps")
        names = ", ".join(f"`{measures.clip(name)}`" for name in answer)
        return sheet.problem("not_a_dataset/configs", "two-steps", names=names)
    kinds = {
        "pipeline": is_kind(answer, "", "BasePipeline"),
        "step": is_kind(answer, "", "_Step"),
        "splits": is_kind(answer, "datasets", "DatasetDict"),
        "columns": isinstance(answer, dict),
        "text": isinstance(answer, str),
        "rows": isinstance(answer, list),
        "class": isinstance(answer, type),
    }
    variant = next((kind for kind, fits in kinds.items() if fits), "other")
    kind = type(answer)
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    return sheet.problem(f"not_a_dataset/{variant}", "two-steps", kind=measures.clip(name))


def is_kind(thing, package: str, name: str) -> bool:
    """isinstance by name: the check needn't import what the learner did not use."""
    return any(c.__name__ == name and c.__module__.startswith(package) for c in type(thing).__mro__)


def is_text(cell) -> bool:
    return isinstance(cell, str) and bool(cell.strip())


def is_empty(cell) -> bool:
    if isinstance(cell, str):
        return not cell.strip()
    return is_missing(cell)


def is_list(cell) -> bool:
    return isinstance(cell, (list, tuple)) or _is_array(cell)


def _is_array(cell) -> bool:
    return type(cell).__name__ == "ndarray"
