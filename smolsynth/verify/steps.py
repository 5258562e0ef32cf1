"""The verifiers as distilabel Steps: a verdict on each answer, and the best of several answers."""

from collections.abc import Callable
from typing import Any, Literal

from distilabel.steps import Step, StepInput
from distilabel.typing import StepColumns, StepOutput
from pydantic import Field

from smolsynth.text.tokens import tokens
from smolsynth.verify.choices import verify_choice
from smolsynth.verify.code import verify_code
from smolsynth.verify.constraints import verify_constraints
from smolsynth.verify.forms import verify_json, verify_pattern
from smolsynth.verify.numbers import verify_number
from smolsynth.verify.passing import difficulty
from smolsynth.verify.toolbox import verify_call
from smolsynth.verify.verdict import VERDICT_COLUMNS, Verdict

Verifier = Literal["number", "choice", "json", "pattern", "code", "constraints", "call"]
VERIFIERS: dict[Verifier, Callable[..., Verdict]] = {
    "number": verify_number,
    "choice": verify_choice,
    "json": verify_json,
    "pattern": verify_pattern,
    "code": verify_code,
    "constraints": verify_constraints,
    "call": verify_call,
}


class Verify(Step):
    """Checks each response with a verifier; the verdict goes along as columns.

    Attributes:
        verifier: which of them, see `VERIFIERS` and the functions `verify_number` …
        response: the column with the answer.
        expected: the column with what is expected (the number, the label, the schema, the pattern,
            the tests, the constraints, the call).
        options: further arguments of the function, as {"unit": "km", "tolerance": 0.1}.
        lang: of the reasons, "en" or "zh".

    Input columns:
        - response (`str`), or the one named by `response`
        - expected, or the one named by `expected`

    Output columns:
        - verified (`bool`): whether the answer is right. No answer is wrong.
        - verdict (`str`): the outcome in a word.
        - extracted (`str | None`): what was read from the answer.
        - verdict_reason (`str`): one sentence.
    """

    verifier: Verifier
    response: str = "response"
    expected: str = "expected"
    options: dict[str, Any] = Field(default_factory=dict)
    lang: Literal["en", "zh"] = "en"

    @property
    def inputs(self) -> StepColumns:
        return [self.response, self.expected]

    @property
    def outputs(self) -> StepColumns:
        return list(VERDICT_COLUMNS)

    def process(self, inputs: StepInput) -> StepOutput:  # type: ignore[override]
        verify = VERIFIERS[self.verifier]
        yield [
            {
                **row,
                **verify(row[self.response] or "", row[self.expected], **self.options).columns(
                    self.lang
                ),
            }
            for row in inputs
        ]


class PickVerified(Step):
    """Of several answers to each problem, the shortest right one, and how many were right.

    It follows a task with `group_generations=True`. Where no answer is right, the first one stays,
    and `verified` says so: dropping is for who reads it.

    Attributes:
        verifier, options, lang: as `Verify` has them.
        expected: the column with what is expected.
        thoughts: the column with the thoughts of each answer, which a model with `thinking="keep"`
            gives; `llm_NAME_thoughts` of the task NAME. Its rows may lack it.

    Input columns:
        - generations (`list[str | None]`)
        - expected, or the one named by `expected`

    Output columns:
        - response (`str | None`), thoughts (`str`): of the answer that was picked.
        - verified, verdict, extracted, verdict_reason: the verdict on it, as of `Verify`.
        - pass_rate (`float`): share of the answers that are right, 0 to 1.
        - difficulty (`str`): by that share, see `smolsynth.difficulty`.
    """

    verifier: Verifier
    expected: str = "expected"
    thoughts: str = "llm_solve_thoughts"
    options: dict[str, Any] = Field(default_factory=dict)
    lang: Literal["en", "zh"] = "en"

    @property
    def inputs(self) -> StepColumns:
        return ["generations", self.expected]

    @property
    def outputs(self) -> StepColumns:
        return ["response", "thoughts", *VERDICT_COLUMNS, "pass_rate", "difficulty"]

    def process(self, inputs: StepInput) -> StepOutput:  # type: ignore[override]
        yield [{**row, **self._picked(row)} for row in inputs]

    def _picked(self, row: dict[str, Any]) -> dict[str, Any]:
        answers = row["generations"] or [None]
        thoughts = row.get(self.thoughts) or [""] * len(answers)
        verify = VERIFIERS[self.verifier]
        verdicts = [verify(text or "", row[self.expected], **self.options) for text in answers]
        right = [place for place, verdict in enumerate(verdicts) if verdict.right]

        def size(place: int) -> int:
            return len(tokens(f"{thoughts[place]} {answers[place]}"))

        best = min(right, key=size, default=0)
        rate = len(right) / len(answers)
        return {
            "response": answers[best],
            "thoughts": thoughts[best],
            **verdicts[best].columns(self.lang),
            "pass_rate": rate,
            "difficulty": difficulty(rate),
        }
