"""The verifiers as a distilabel Step."""

from collections.abc import Callable
from typing import Any, Literal

from distilabel.steps import Step, StepInput
from distilabel.typing import StepColumns, StepOutput
from pydantic import Field

from smolsynth.verify.choices import verify_choice
from smolsynth.verify.code import verify_code
from smolsynth.verify.constraints import verify_constraints
from smolsynth.verify.forms import verify_json, verify_pattern
from smolsynth.verify.numbers import verify_number
from smolsynth.verify.toolbox import verify_call
from smolsynth.verify.verdict import VERDICT_COLUMNS, Verdict

VERIFIERS: dict[str, Callable[..., Verdict]] = {
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

    verifier: Literal["number", "choice", "json", "pattern", "code", "constraints", "call"]
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
