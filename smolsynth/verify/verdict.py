"""What a verifier says of an answer."""

from dataclasses import dataclass
from typing import Any

from smolsynth.errors import Said
from smolsynth.rows import Row
from smolsynth.verify.strings import said

VERDICT_COLUMNS = ("verified", "verdict", "extracted", "verdict_reason")


@dataclass(frozen=True)
class Verdict:
    """What a verifier says of an answer.

    Attributes:
        right: whether the answer is right.
        outcome: in one word or two: "right", "wrong", "no answer", "several answers" …; each
            verifier says which there are.
        extracted: what it read from the answer, as text; `None` if it found nothing.
        reason: one sentence, in English and Chinese (`reason.words("zh")`).
        score: the share of the parts that are right (tests, constraints), 0 to 1.
    """

    right: bool
    outcome: str
    extracted: str | None
    reason: Said
    score: float

    def columns(self, lang: str = "en") -> Row:
        """The verdict as columns, which `save` keeps with the rows.

        >>> verdict("wrong", "wrong", "4", found="4", expected="5").columns("zh")
        {'verified': False, 'verdict': 'wrong', 'extracted': '4', \
'verdict_reason': '答案是 4，应为 5。'}
        """
        values = (self.right, self.outcome, self.extracted, self.reason.words(lang))
        return dict(zip(VERDICT_COLUMNS, values, strict=True))


def verdict(
    outcome: str,
    key: str = "",
    extracted: str | None = None,
    score: float | None = None,
    **values: Any,
) -> Verdict:
    """A verdict whose reason is the sentence `key` (by default named as the outcome), filled in."""
    right = outcome == "right"
    return Verdict(
        right,
        outcome,
        extracted,
        said(key or outcome, **values),
        float(right) if score is None else score,
    )
