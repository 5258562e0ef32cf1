"""Measures a dataset, and stops one that would spoil a model before it is exported.

    report = measure(dataset, "en", seeds=[row["document"] for row in documents])
    report                      # in a notebook: a table; print(report.json()) in a script: one line
    check_quality(dataset, "en")    # raises QualityError where a rule is broken

A rule is broken where more rows than it allows have the fault; RULES says how many, and why.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from smolsynth.display import rows as rows_of
from smolsynth.overlap import duplicates, overlaps
from smolsynth.texts import check_lang, in_language, leak_in, refusal_in, tokens

Row = dict[str, Any]
SAMPLES = 3  # rows shown of each finding
_ENDINGS = tuple(".!?。！？…)）]】\"”’'`:：;；|")


class Rule(NamedTuple):
    """What a dataset may not have too much of.

    Attributes:
        allowed: share of the rows that may have the fault, 0 to 1.
        pairs: whether it concerns preference data alone.
        en, zh: the fault in words, and how to mend it.
    """

    allowed: float
    pairs: bool
    en: tuple[str, str]
    zh: tuple[str, str]


_DROP = "drop them: dataset.select(report.good_rows({rule!r}))"
_DROP_ZH = "去掉这些行：dataset.select(report.good_rows({rule!r}))"
RULES: dict[str, Rule] = {
    # No trainer can use these.
    "empty": Rule(0, False, ("an empty text, or None", _DROP), ("文本为空，或是 None", _DROP_ZH)),
    # A pair without a difference teaches nothing, a reversed one the opposite.
    "same_text": Rule(0, True, ("chosen equals rejected", _DROP), ("两个回答相同", _DROP_ZH)),
    "tie": Rule(0, True, ("both ratings are the same", _DROP), ("两个分数相同", _DROP_ZH)),
    "reversed": Rule(
        0, True, ("chosen is rated lower than rejected", _DROP), ("被选回答的分数反而低", _DROP_ZH)
    ),
    "unrated": Rule(0, True, ("a rating is missing", _DROP), ("缺少分数", _DROP_ZH)),
    # What is trained on can't be tested with.
    "in_evaluation": Rule(
        0, False, ("a question of the evaluation set", _DROP), ("与评测集重合", _DROP_ZH)
    ),
    "copied_seed": Rule(
        0, False, ("the instruction is a seed, nearly", _DROP), ("指令几乎照抄种子数据", _DROP_ZH)
    ),
    # A few repeats do no harm; many make a model say the same thing again and again.
    "duplicate": Rule(
        0.02,
        False,
        ("the row repeats an earlier one, nearly", _DROP),
        ("与前面的某一行几乎重复", _DROP_ZH),
    ),
    # One in a hundred is learned already: the model shows its own prompts.
    "leaked_prompt": Rule(
        0,
        False,
        ("words of a rewriting or judging prompt", _DROP),
        ("混进了提示词的内容", _DROP_ZH),
    ),
    # An honest "I do not know" is worth learning; a habit of it is not.
    "refusal": Rule(0.05, False, ("the response refuses", _DROP), ("回答是拒答", _DROP_ZH)),
    "wrong_language": Rule(
        0.01, False, ("not in the dataset's language", _DROP), ("语言不对", _DROP_ZH)
    ),
    "cut_off": Rule(
        0.05,
        False,
        ("the response ends in mid-sentence", "generate with more max_new_tokens, or " + _DROP),
        ("回答没写完", "调大 max_new_tokens 重新生成，或" + _DROP_ZH),
    ),
}


class Finding(NamedTuple):
    """The rows with one fault.

    Attributes:
        rule: a key of RULES.
        rows: their numbers, from 0.
        reasons: for each of the first SAMPLES, what was found.
        broken: whether they are more than the rule allows.
    """

    rule: str
    rows: tuple[int, ...]
    reasons: tuple[str, ...]
    broken: bool


@dataclass(frozen=True)
class Report:
    """What `measure` found. Shown as a table; `json` gives one line.

    Attributes:
        kind: "instruction" or "preference".
        lang: "en" or "zh", the language that was expected.
        rows: how many.
        figures: lengths in tokens (words, or Chinese characters) and what pairs differ in.
        findings: one for each rule that concerns this kind of data, those without rows too.
    """

    kind: str
    lang: str
    rows: int
    figures: dict[str, float] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    @property
    def broken(self) -> list[Finding]:
        """The findings that break their rule."""
        return [finding for finding in self.findings if finding.broken]

    def good_rows(self, *rules: str) -> list[int]:
        """Numbers of the rows without these faults (without any, if none is named).

        Raises:
            ValueError: no such rule.
        """
        names = [finding.rule for finding in self.findings]
        if unknown := [rule for rule in rules if rule not in names]:
            raise ValueError(f"There is no rule {unknown[0]!r} here; there are {', '.join(names)}.")
        bad = {
            row
            for finding in self.findings
            if not rules or finding.rule in rules
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
                "faults": counts,
                "broken": [finding.rule for finding in self.broken],
            },
            ensure_ascii=False,
        )


class QualityError(ValueError):
    """A dataset breaks a rule. `report` holds what was measured."""

    def __init__(self, report: Report) -> None:
        self.report = report
        super().__init__("\n".join(_complaint(report, finding) for finding in report.broken))


def _complaint(report: Report, finding: Finding) -> str:
    rule = RULES[finding.rule]
    what, mend = rule.zh if report.lang == "zh" else rule.en
    shown = "; ".join(
        f"row {row}: {reason}" for row, reason in zip(finding.rows, finding.reasons, strict=False)
    )
    return (
        f"{finding.rule}: {len(finding.rows)} of {report.rows} rows ({what};"
        f" {rule.allowed:.0%} are allowed). {shown}. To mend it, {mend.format(rule=finding.rule)}"
    )


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
            `smolsynth.overlap.duplicates`.

    Returns:
        A `Report`.

    Raises:
        ValueError: no rows, other columns, or another language.
    """
    check_lang(lang)
    data = rows_of(dataset)
    if not len(data):
        raise ValueError("The dataset has no rows: there is nothing to measure.")
    kind, read = _reader(data)
    texts = [read(row) for row in data]
    asked = [instruction for instruction, *_ in texts]
    best = [answers[0] for _, *answers in texts]
    found: dict[str, dict[int, str]] = {
        rule: {} for rule, about in RULES.items() if kind == "preference" or not about.pairs
    }
    for row, parts in enumerate(texts):
        for rule, reason in _faults(parts, lang):
            found[rule].setdefault(row, reason)
    if kind == "preference":
        for row, (raw, (_, chosen, rejected)) in enumerate(zip(data, texts, strict=True)):
            for rule, reason in _faults_of_pair(raw, chosen, rejected):
                found[rule][row] = reason
    whole = ["\n".join(parts) for parts in texts]
    for one in duplicates(whole, threshold):
        found["duplicate"][one.row] = f"like row {one.of} ({one.similarity:.2f})"
    seeds = list(seeds)
    for one in duplicates([*seeds, *asked], threshold) if seeds else ():
        if one.of < len(seeds) <= one.row:
            found["copied_seed"][one.row - len(seeds)] = f"like seed {one.of}"
    for one in overlaps(asked, evaluation):
        found["in_evaluation"][one.row] = f"like question {one.of}: {one.words}"
    return Report(
        kind,
        lang,
        len(data),
        _figures(asked, best, [parts[2] for parts in texts] if kind == "preference" else None),
        tuple(_finding(rule, rows, len(data)) for rule, rows in found.items()),
    )


def _finding(rule: str, rows: Mapping[int, str], total: int) -> Finding:
    numbers = sorted(rows)
    reasons = tuple(rows[row] for row in numbers[:SAMPLES])
    return Finding(rule, tuple(numbers), reasons, len(numbers) > RULES[rule].allowed * total)


# ---- reading rows ----
def _reader(data: Sequence[Row]) -> tuple[str, Callable[[Row], tuple[str, ...]]]:
    """The kind of data, and what takes its texts from a row: two, or three of a pair."""
    names = set(data[0])
    if {"chosen", "rejected"} <= names and names & {"prompt", "instruction"}:
        asked = "prompt" if "prompt" in names else "instruction"
        columns = (asked, "chosen", "rejected")
        return "preference", lambda row: tuple(_as_text(row.get(column)) for column in columns)
    if "messages" in names:
        return "instruction", lambda row: tuple(
            _as_text([turn for turn in row["messages"] or () if turn["role"] == role])
            for role in ("user", "assistant")
        )
    if {"instruction", "response"} <= names:
        return "instruction", lambda row: (_as_text(row["instruction"]), _as_text(row["response"]))
    raise ValueError(
        "The columns must be messages; or instruction and response; or prompt (or instruction),"
        f" chosen and rejected. They are {', '.join(sorted(names))}."
    )


def _as_text(value: Any) -> str:
    """A text, the turns of a talk as one (without system prompts), "" for `None`."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return "\n".join(turn["content"] or "" for turn in value if turn.get("role") != "system")
    return "" if value is None else str(value)


# ---- faults ----
def _faults(parts: Sequence[str], lang: str) -> Iterable[tuple[str, str]]:
    response = parts[1]
    for part in parts:
        if not part.strip():
            yield "empty", "an empty text"
        elif not in_language(part, lang):
            yield "wrong_language", _start(part)
        if leak := leak_in(part):
            yield "leaked_prompt", leak
    if refusal := refusal_in(response):
        yield "refusal", refusal
    if response.strip() and not response.rstrip().endswith(_ENDINGS):
        yield "cut_off", "… " + response.rstrip()[-24:]


def _faults_of_pair(row: Row, chosen: str, rejected: str) -> Iterable[tuple[str, str]]:
    if chosen.strip() == rejected.strip():
        yield "same_text", _start(chosen)
    if "chosen_rating" not in row or "rejected_rating" not in row:
        return
    high, low = row["chosen_rating"], row["rejected_rating"]
    if high is None or low is None:
        yield "unrated", f"{high} and {low}"
    elif high == low:
        yield "tie", f"{high} and {low}"
    elif high < low:
        yield "reversed", f"{high} and {low}"


def _start(text: str) -> str:
    return " ".join(text.split())[:40]


def _figures(asked: list[str], best: list[str], worse: list[str] | None) -> dict[str, float]:
    def lengths(name: str, texts: list[str]) -> dict[str, float]:
        counts = sorted(len(tokens(text)) for text in texts)
        last = len(counts) - 1
        return {
            f"{name}_{label}": counts[round(last * share)]
            for label, share in (("p5", 0.05), ("median", 0.5), ("p95", 0.95))
        }

    figures = lengths("instruction_tokens", asked)
    if worse is None:
        return figures | lengths("response_tokens", best)
    figures |= lengths("chosen_tokens", best) | lengths("rejected_tokens", worse)
    longer = sum(len(a) > len(b) for a, b in zip(best, worse, strict=True))
    equal = sum(len(a) == len(b) for a, b in zip(best, worse, strict=True))
    share = longer / (len(best) - equal) if len(best) > equal else 0.5
    return figures | {"chosen_longer": round(share, 4)}
