"""Measures a dataset, and stops one that would spoil a model before it is exported.

    report = measure(dataset, "en", seeds=[row["document"] for row in documents])
    report                      # in a notebook: a table; print(report.json()) in a script: one line
    check_quality(dataset, "en")    # raises QualityError where a rule is broken

A rule is broken where more rows than it allows have the fault; `smolsynth.quality.rules` says how
many, and why. `smolsynth.save` refuses such data.
"""

import json
import re
import statistics
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np

from smolsynth.errors import SmolsynthError
from smolsynth.intervals import of_share
from smolsynth.quality.lengths import count_longer
from smolsynth.quality.rules import (
    RATINGS,
    RULES,
    SCORES,
    complaint,
    faults_of_pair,
    faults_of_talk,
)
from smolsynth.quality.strings import WORDS
from smolsynth.rows import METADATA, Each, Row, column_names, is_missing
from smolsynth.rows import rows as rows_of
from smolsynth.text.intents import kinds
from smolsynth.text.language import check_lang
from smolsynth.text.layout import in_words, width
from smolsynth.text.meaning import ALIKE, Embed, same_meaning
from smolsynth.text.similarity import DuplicateSearch, duplicates, nearest_similarity, overlaps
from smolsynth.text.tokens import tokens
from smolsynth.text.traditional import simplified
from smolsynth.text.wording import AskedAgain, asked_and_said, other_subject

SAMPLES = 3  # rows shown of each finding
_ARTICLE = re.compile(r"\b(?:an?|An?|The)\b")  # another one makes no other question
NEAR_A_SEED = 0.85  # similarity; a seed's question about something else may come to 0.82


class Finding(NamedTuple):
    """The rows with one fault.

    Attributes:
        rule: a key of RULES.
        rows: their numbers, from 0.
        reasons: for each of the first SAMPLES, what was found.
        broken: whether they are more than the rule allows.
        warns: whether the rule allows any number, and has it said.
    """

    rule: str
    rows: tuple[int, ...]
    reasons: tuple[str, ...]
    broken: bool
    warns: bool = False

    def limit(self, rows: int) -> str:
        """How many of so many rows may have the fault, "–" where any number may."""
        return "–" if self.warns else str(RULES[self.rule].limit(rows))


@dataclass(frozen=True)
class Report:
    """What `measure` found. Shown as a table; `json` gives one line.

    Attributes:
        kind: "instruction" or "preference".
        lang: "en" or "zh", the language that was expected.
        rows: how many.
        figures: lengths in tokens (words, or Chinese characters) at the 5th, 50th and 95th
            percentile, `nearest_rouge_l` of the instructions (`text.similarity`), and of pairs
            `chosen_longer`, the share whose chosen response is the longer one
            (`lengths.count_longer`), with `chosen_longer_low` and `_high`, its 95% interval, and
            `margin`, the mean difference of the ratings.
        findings: one for each rule that was checked, those without rows too. What concerns seeds,
            an evaluation set or ratings is checked where these are given.
        kinds: what is asked for most often: root, object, how many (`smolsynth.text.intents`).
        ui: "en" or "zh", the language in which it is told; `lang`, where none was asked for.
    """

    kind: str
    lang: str
    rows: int
    figures: dict[str, float] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    kinds: tuple[tuple[str, str, int], ...] = ()
    ui: str = ""

    def __repr__(self) -> str:
        return "\n".join(_lines(self))

    @property
    def broken(self) -> list[Finding]:
        """The findings that break their rule."""
        return [finding for finding in self.findings if finding.broken]

    def good_rows(self, *rules: str) -> list[int]:
        """Numbers of the rows without these faults (if none is named, without any that is refused).

        Raises:
            ValueError: no such rule.
        """
        names = [finding.rule for finding in self.findings]
        if unknown := [rule for rule in rules if rule not in names]:
            raise ValueError(f"There is no rule {unknown[0]!r} here; there are {', '.join(names)}.")
        bad = {
            row
            for finding in self.findings
            if (finding.rule in rules if rules else not finding.warns)
            for row in finding.rows
        }
        return [row for row in range(self.rows) if row not in bad]

    def json(self) -> str:
        """One line of JSON: kind, lang, rows, the figures, and the count of rows by rule."""
        counts = {finding.rule: len(finding.rows) for finding in self.findings}
        return json.dumps(
            {
                "kind": self.kind,
                "lang": self.lang,
                "rows": self.rows,
                **self.figures,
                "kinds": self.kinds,
                "faults": counts,
                "broken": [finding.rule for finding in self.broken],
            },
            ensure_ascii=False,
            allow_nan=False,
        )


class QualityError(SmolsynthError, ValueError):
    """A dataset breaks a rule. `report` holds what was measured."""

    def __init__(self, report: Report) -> None:
        self.report = report
        super().__init__("\n".join(_complaint(report, finding) for finding in report.broken))


def _complaint(report: Report, finding: Finding) -> str:
    rule, words = RULES[finding.rule], WORDS[report.lang]
    what, mend = complaint(finding.rule, report.lang)
    return words["complaint"].format(
        rule=finding.rule,
        what=what,
        count=len(finding.rows),
        rows=report.rows,
        allowed=f"{rule.allowed:.0%}",
        shown=words["and"].join(_shown(finding, report.lang)),
        mend=mend,
    )


def _shown(finding: Finding, lang: str) -> list[str]:
    """The first rows of a finding, each with what was found."""
    line = WORDS[lang]["row"]
    return [
        line.format(row=row, reason=reason)
        for row, reason in zip(finding.rows, finding.reasons, strict=False)
    ]


def check_quality(dataset: Any, lang: str, **options: Any) -> Report:
    """`measure`, and an error where a rule is broken.

    Raises:
        QualityError: with each rule that is broken, its count, the first rows and what mends it.
        ValueError: as `measure`.
    """
    report = measure(dataset, lang, **options)
    if report.broken:
        raise QualityError(report)
    return report


def measure(
    dataset: Any,
    lang: str,
    *,
    seeds: Iterable[str] = (),
    evaluation: Iterable[str] = (),
    threshold: float = 0.8,
    embed: Embed | None = None,
    alike: float = ALIKE,
    on_row: Callable[[int], None] | None = None,
    ui: str | None = None,
    number: Callable[[int], int] = int,
) -> Report:
    """Measures an instruction or a preference dataset.

    Args:
        dataset: a `Dataset`, a `Distiset` with one dataset, or a list of dicts, with the columns
            `messages`; or `instruction` and `response`; or `prompt`, `chosen` and `rejected`; or
            `instruction`, `chosen` and `rejected`, if need be with `chosen_rating` and
            `rejected_rating`.
        lang: "en" or "zh", the language that the texts should have.
        seeds: the texts that generation began with.
        evaluation: the questions that the trained model will be tested with.
        threshold: Jaccard similarity from which on a text is a near duplicate, see
            `smolsynth.text.similarity.duplicates`.
        embed: texts to vectors, as `smolsynth.text.meaning.load_embedder` gives it, so that
            instructions are found that ask the same in other words.
        alike: cosine similarity from which on they do, see `smolsynth.text.meaning.same_meaning`.
        on_row: is called with the number of each row as it is looked at, to tell how far it is.
        ui: "en" or "zh", the language in which to tell what was found (default: `lang`).
        number: what a row is called in the reasons, as in "like row 7"; by default its place.

    Returns:
        A `Report`.

    Raises:
        ValueError: no rows, other columns, or another language.
    """
    check_lang(lang)
    ui = ui or lang
    data = rows_of(dataset)
    if not len(data):
        raise ValueError("The dataset has no rows: there is nothing to measure.")
    kind, read = _reader(data)
    texts = Each(data, read)  # made anew each time: rows of a large file lie on the disk
    asked = Each(texts, itemgetter(0))
    seeds, evaluation = list(seeds), list(evaluation)
    scores = _ratings(data) if kind == "preference" else []
    unchecked = {
        rule
        for rule, about in RULES.items()
        if lang not in about.langs or (about.pairs and kind != "preference")
    }
    unchecked |= {"tie", "reversed", "unrated"} if not any(scores) else set()
    unchecked |= {"copied_seed"} if not seeds else set()
    unchecked |= {"in_evaluation"} if not evaluation else set()
    unchecked |= {"paraphrase"} if embed is None else set()
    found: dict[str, dict[int, str]] = {rule: {} for rule in RULES if rule not in unchecked}
    repeats = DuplicateSearch(threshold, edits=True)
    again = AskedAgain(lambda row: asked_and_said([tokens(part) for part in texts[row]]))
    counts = [array("L") for _ in texts[0]]
    like = WORDS[ui]
    for row, (parts, given) in enumerate(zip(texts, data, strict=True)):
        if on_row:
            on_row(row)
        reason_to_stop = finish_reason_of(given)
        for rule, reason in faults_of_talk(_exchanges(given, parts), lang, reason_to_stop, ui):
            found[rule].setdefault(row, reason)
        split = [tokens(part) for part in parts]
        repeats.add([word for words in split for word in words])
        if (of := again.add(row, *asked_and_said(split))) is not None:
            found["duplicate"][row] = like["in_part"].format(of=number(of))
        for sizes, words in zip(counts, split, strict=True):
            sizes.append(len(words))
    names = ("chosen", "rejected") if kind == "preference" else ("response",)
    figures: dict[str, float] = {}
    for name, sizes in zip(("instruction", *names), counts, strict=True):
        figures |= _lengths(f"{name}_tokens", sizes)
    if kind == "preference":
        for row, (rated, (_, chosen, rejected)) in enumerate(zip(scores, texts, strict=True)):
            for rule, reason in faults_of_pair(rated, chosen, rejected, ui):
                found[rule][row] = reason
        figures |= _figures_of_pairs((parts[1:] for parts in texts), scores, lang)
    for one in repeats.found(lambda row: tokens("\n".join(texts[row]))):
        if one.similarity < 1 and other_subject(texts[one.row], texts[one.of]):
            continue
        found["duplicate"][one.row] = like["like"].format(
            of=number(one.of), similarity=one.similarity
        )
    near = max(threshold, NEAR_A_SEED)
    alike_in_both = simplified if lang == "zh" else str  # who copies may change the characters
    asking = [_ARTICLE.sub("the", alike_in_both(text)) for text in (*seeds, *asked) if seeds]
    for one in duplicates(asking, near, edits=True):
        if one.of < len(seeds) <= one.row:
            found["copied_seed"][one.row - len(seeds)] = like["seed"].format(of=one.of)
    for one in overlaps(Each(asked, alike_in_both), [*map(alike_in_both, evaluation)]):
        found["in_evaluation"][one.row] = like["question"].format(
            of=one.of, words=one.words, share=one.share
        )
    for one in same_meaning(asked, embed, alike) if embed else ():
        if one.row not in found["duplicate"]:
            found["paraphrase"][one.row] = like["like"].format(
                of=number(one.of), similarity=one.similarity
            )
    if (nearest := nearest_similarity(asked)) is not None:
        figures["nearest_rouge_l"] = round(nearest, 4)
    return Report(
        kind,
        lang,
        len(data),
        figures,
        tuple(_finding(rule, rows, len(data), lang) for rule, rows in found.items()),
        tuple((*what, count) for what, count in kinds(asked, lang).most_common(_KINDS)),
        ui,
    )


def _finding(rule: str, rows: Mapping[int, str], total: int, lang: str) -> Finding:
    numbers = sorted(rows)
    reasons = tuple(rows[row] for row in numbers[:SAMPLES])
    warns = RULES[rule].warns(lang)
    broken = not warns and len(numbers) > RULES[rule].allowed * total
    return Finding(rule, tuple(numbers), reasons, broken, warns)


# ---- reading rows ----
def texts_of(data: Sequence[Row]) -> list[tuple[str, ...]]:
    """Instruction and response of each row, or instruction, chosen and rejected response.

    Raises ValueError for other columns than those that `measure` reads.
    """
    _, read = _reader(data)
    return [read(row) for row in data]


def _reader(data: Sequence[Row]) -> tuple[str, Callable[[Row], tuple[str, ...]]]:
    """The kind of data, and what takes its texts from a row: two, or three of a pair."""
    names = column_names(data)
    if {"chosen", "rejected"} <= set(names) and {"prompt", "instruction"} & set(names):
        asked = "prompt" if "prompt" in names else "instruction"
        columns = (asked, "chosen", "rejected")
        return "preference", lambda row: tuple(_as_text(row.get(column)) for column in columns)
    if "messages" in names:
        return "instruction", lambda row: tuple(
            _as_text(row.get("messages"), role) for role in ("user", "assistant")
        )
    if {"instruction", "response"} <= set(names):
        columns = ("instruction", "response")
        return "instruction", lambda row: tuple(_as_text(row.get(column)) for column in columns)
    raise ValueError(
        "The columns must be messages; or instruction and response; or prompt (or instruction),"
        f" chosen and rejected. They are {', '.join(sorted(names))}."
    )


def _exchanges(row: Row, parts: tuple[str, ...]) -> list[tuple[str, ...]]:
    """What was asked and answered, turn by turn; `parts` where there are no several turns."""
    talk = row.get("messages") or ()
    turns = [turn for turn in talk if turn.get("role") in ("user", "assistant")]
    if sum(turn["role"] == "user" for turn in turns) < 2:
        return [parts]
    exchanges = []
    for role, group in groupby(turns, key=lambda turn: turn["role"]):
        text = _as_text(list(group))
        if role == "user":
            exchanges.append((text, ""))
        elif exchanges:
            exchanges[-1] = (exchanges[-1][0], text)
    return exchanges


def _as_text(value: Any, role: str | None = None) -> str:
    """A cell as text: of a talk the turns of one role, or all but system prompts; "" for nothing.

    A turn's content may come in parts, as images and text do: its texts count.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        text = _as_text(value.get("content", value.get("text")))
        return text or "\n".join(map(_as_call, value.get("tool_calls") or ()))
    if isinstance(value, list | tuple | np.ndarray):
        parts = [part for part in value if not isinstance(part, Mapping) or _speaks(part, role)]
        return "\n".join(filter(None, map(_as_text, parts)))
    return "" if is_missing(value) else str(value)


def _as_call(call: Mapping[str, Any]) -> str:
    """A call of a tool as text: what a turn says that has no other words is not nothing."""
    function = call.get("function") or {}
    return f"{function.get('name')}({function.get('arguments')})"


def _speaks(turn: Mapping[str, Any], role: str | None) -> bool:
    return "role" not in turn or (turn["role"] == role if role else turn["role"] != "system")


def finish_reason_of(row: Row) -> str | None:
    """Why the model stopped: from a column of the row, the last `llm_STEP_finish_reason` (empty
    where it stopped by itself), or distilabel's metadata."""
    columns = [name for name in row if name.startswith("llm_") and name.endswith("_finish_reason")]
    metadata = row.get(METADATA)
    given = row.get("finish_reason") or (isinstance(metadata, Mapping) and metadata or {}).get(
        "finish_reason"
    )
    if not given and columns:
        given = row[columns[-1]] or "stop"
    return given if isinstance(given, str) else None


def _ratings(data: Sequence[Row]) -> list[tuple[Any, ...]]:
    """The ratings of chosen and rejected of each row; () for all where there are no such columns.

    A row of a list that lacks what others have is unrated.
    """
    names = column_names(data)
    for columns in (RATINGS, SCORES):
        if all(column in names for column in columns):
            return [tuple(row.get(column) for column in columns) for row in data]
    return [()] * len(data)


def _lengths(name: str, counts: Sequence[int]) -> dict[str, float]:
    low, high = np.percentile(counts, (5, 95), method="nearest")
    return {
        f"{name}_p5": int(low),
        f"{name}_median": statistics.median(counts),
        f"{name}_p95": int(high),
    }


def _figures_of_pairs(
    pairs: Iterable[tuple[str, ...]], scores: Sequence[tuple[Any, ...]], lang: str
) -> dict[str, float]:
    figures = {}
    longer, unequal = count_longer(((chosen, rejected) for chosen, rejected in pairs), lang)
    if unequal:
        low, high = of_share(longer, unequal)
        shares = {"": longer / unequal, "_low": low, "_high": high}
        figures |= {f"chosen_longer{part}": round(share, 4) for part, share in shares.items()}
    margins = [pair[0] - pair[1] for pair in scores if pair and not any(map(is_missing, pair))]
    if margins:
        figures["margin"] = round(sum(margins) / len(margins), 4)
    return figures


# ---- the table ----
_KINDS = 14  # kept in a report: as many as a plot has bars


def _lines(report: Report) -> Iterable[str]:
    ui = report.ui or report.lang
    words = WORDS[ui]
    yield in_words(words[report.kind], rows=report.rows)
    head = words["head"]
    yield f"{_wide(head[0], 24)}{_wide(head[1], 7, right=True)}{_wide(head[2], 9, right=True)}"
    for finding in report.findings:
        rule = RULES[finding.rule]
        allowed = finding.limit(report.rows)
        mark = " ✗" if finding.broken else "  "
        first = ("；" if ui == "zh" else "; ").join([rule.words(ui)[0], *_shown(finding, ui)[:1]])
        yield (
            f"{_wide(finding.rule, 24)}{len(finding.rows):7}{allowed:>9}{mark}  {first}"
        ).rstrip()
    yield from figures_in_words(report)


def figures_in_words(report: Report) -> Iterable[str]:
    """The figures, a line each, in the language of the report's `ui`."""
    words, figures = WORDS[report.ui or report.lang], report.figures
    for name, label in words["names"].items():
        if f"{name}_tokens_median" in figures:
            numbers = {
                part: f"{figures[f'{name}_tokens_{part}']:g}" for part in ("p5", "median", "p95")
            }
            yield words["tokens"].format(name=label, unit=words["units"][report.lang], **numbers)
    for key, line in (
        ("chosen_longer", "longer"),
        ("margin", "margin"),
        ("nearest_rouge_l", "nearest"),
    ):
        if key in figures:
            yield words[line].format(**figures)


def _wide(text: str, columns: int, right: bool = False) -> str:
    blanks = " " * (columns - width(text))
    return blanks + text if right else text + blanks
