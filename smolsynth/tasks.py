"""distilabel's tasks with parsers of our own: the prompts are distilabel's, and so are the columns.

    judge = Judge(llm=load_llm(temperature=0, max_new_tokens=512), aspect="overall-rating")
    writer = QueryWriter(llm=load_llm(temperature=0.7), num_instructions=4)

distilabel reads a judge's reply by one pattern: with a blank line under a heading, a bold label or
a full-width colon the rating is lost. And it takes every line of a list of queries for one, “Here
are four queries:” too. These read with `smolsynth.parse_ratings` and `smolsynth.parse_queries`.
"""

import re
from typing import Any, ClassVar

from distilabel.steps import StepInput
from distilabel.steps.tasks import SelfInstruct, UltraFeedback
from distilabel.typing import StepColumns, StepOutput
from pydantic import PrivateAttr

from smolsynth.errors import RepliesNotUnderstood
from smolsynth.llms.queries import read_queries
from smolsynth.llms.ratings import Judgement, judgements

FIRST = 10  # rows after which it is settled whether a judge is understood
TOO_MANY = 8  # of these without a single rating


class Judge(UltraFeedback):
    """Rates texts from 1 to 5 by UltraFeedback's rubric (Cui et al. 2023, arXiv 2310.01377).

    As distilabel's `UltraFeedback`, but `ratings` always has one entry for each text, a number from
    1 to 5 or `None`, and what could not be read is kept.

    Attributes:
        aspect: "overall-rating", or one of the paper's four aspects.
        give_up: stop where TOO_MANY of the FIRST replies have no rating that can be read: another
            model or a longer answer is needed, and the rest of the run would be for nothing.

    Input columns:
        - instruction (`str`)
        - generations (`list[str]`)

    Output columns:
        - ratings (`list[int | None]`): one a text, see `smolsynth.parse_ratings`.
        - rationales (`list[str | None]`): why.
        - types, rationales-for-ratings: with the aspects helpfulness and truthfulness, as
            `UltraFeedback` has them.
        - unread_reply (`str | None`): what the model wrote, where a text is unrated.
        - model_name (`str`)

    Raises:
        RepliesNotUnderstood: see `give_up`; the message shows one of the replies.
    """

    give_up: bool = True
    keeps_state: ClassVar[bool] = False  # the count below decides about the run, not about its rows

    _replies: int = PrivateAttr(default=0)
    _unread: list[str] = PrivateAttr(default_factory=list)

    @property
    def outputs(self) -> StepColumns:
        return [*super().outputs, "unread_reply"]

    def load(self) -> None:
        super().load()
        self._replies, self._unread = 0, []

    def format_output(
        self, output: str | None, input: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The columns above, from what the model wrote (`None` where it wrote nothing)."""
        found = judgements(output, len((input or {})["generations"]))
        ratings = [one.rating for one in found]
        reasons = [_fields(one, "rationale|reason|explanation|理由|原因") for one in found]
        made = {
            "ratings": ratings,
            "rationales": [texts[0] if texts else None for texts in reasons],
        }
        if "types" in self.outputs:
            made["types"] = [_first_number(_fields(one, "types?|类型")) for one in found]
            made["rationales-for-ratings"] = [t[-1] if len(t) > 1 else None for t in reasons]
        return made | {"unread_reply": output if None in ratings else None}

    def process(self, inputs: StepInput) -> StepOutput:  # type: ignore[override]
        for rows in super().process(inputs):
            self._count(rows)
            yield rows

    def _count(self, rows: list[dict[str, Any]]) -> None:
        replies = [row for row in rows if not _is_silent(row)][: max(0, FIRST - self._replies)]
        self._replies += len(replies)
        self._unread += [row["unread_reply"] for row in replies if not _any_rating(row)]
        if self.give_up and len(self._unread) >= TOO_MANY:
            raise RepliesNotUnderstood(len(self._unread), self._replies, self._unread[0])


class QueryWriter(SelfInstruct):
    """Writes instructions about a text by Self-Instruct's prompt (Wang et al. 2022).

    As distilabel's `SelfInstruct`, but what is no instruction is left out, and counted.

    Input columns:
        - input (`str`)

    Output columns:
        - instructions (`list[str]`): see `smolsynth.parse_queries`.
        - lines_dropped (`dict[str, int]`): how many lines of the reply were left out, by reason,
            see `smolsynth.llms.queries.DROPPED`.
        - model_name (`str`)
    """

    @property
    def outputs(self) -> StepColumns:
        return [*super().outputs, "lines_dropped"]

    def format_output(
        self, output: str | None, input: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The columns above, from what the model wrote (`None` where it wrote nothing)."""
        found = read_queries(output)
        return {"instructions": found.kept, "lines_dropped": found.dropped}


def _is_silent(row: dict[str, Any]) -> bool:
    """Whether the model wrote nothing (it failed, which is counted elsewhere)."""
    return not _any_rating(row) and not (row.get("unread_reply") or "").strip()


def _any_rating(row: dict[str, Any]) -> bool:
    return any(rating is not None for rating in row.get("ratings") or ())


_FIELD = (
    r"(?:^|(?<=[\n ]))[-*\s]*\**(?:{names})\**\s*[:：]\**[ \t]*(.*?)"
    r"\s*(?=\n[-*\s#]*(?:type|rationale|rating|reason|explanation|理由|原因|评分|类型)\w*\**\s*[:：]|\Z)"
)


def _fields(one: Judgement, names: str) -> list[str]:
    """What a passage says behind one of these labels, each up to the next label."""
    pattern = _FIELD.format(names=names)
    return re.findall(pattern, one.passage, re.IGNORECASE | re.DOTALL)


def _first_number(texts: list[str]) -> int | None:
    number = re.search(r"\d+", texts[0]) if texts else None
    return int(number[0]) if number else None
