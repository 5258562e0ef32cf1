"""distilabel's tasks, mended: parsers of our own, and Magpie with the first words of the question.

    judge = Judge(llm=load_llm(temperature=0, max_new_tokens=512), aspect="overall-rating")
    writer = QueryWriter(llm=load_llm(temperature=0.7), num_instructions=4)

distilabel reads a judge's reply by one pattern: with a blank line under a heading, a bold label or
a full-width colon the rating is lost. And it takes every line of a list of queries for one, “Here
are four queries:” too. These read with `smolsynth.parse_ratings` and `smolsynth.parse_queries`.

    asker = OpenedMagpie(
        llm=load_llm(use_magpie_template=True, temperature=0.2, top_p=0.9, max_new_tokens=40)
    )
    rows = openings("medieval law", "en")
    answerer = BriefAnswer(llm=load_llm(temperature=0, max_new_tokens=64))
"""

import math
import re
from typing import Any, ClassVar, Literal

from distilabel.steps import StepInput
from distilabel.steps.tasks import Magpie, SelfInstruct, TextGeneration, UltraFeedback
from distilabel.typing import StepColumns, StepOutput
from pydantic import PrivateAttr

from smolsynth.documents.chunks import sentences
from smolsynth.errors import RepliesNotUnderstood, RowRefused
from smolsynth.llms.endpoints import EndpointLLM
from smolsynth.llms.local import LocalLLM
from smolsynth.llms.queries import read_queries
from smolsynth.llms.ratings import Judgement, judgements
from smolsynth.rows import METADATA
from smolsynth.text.prompts import turns_of
from smolsynth.text.telling import telling

FIRST = 10  # rows after which it is settled whether a judge is understood
TOO_MANY = 8  # of these without a single rating

# For BriefAnswer: what the system says, and how many words that say something make an answer.
BRIEFLY = {"en": "Answer in one or two short sentences.", "zh": "请用一两句话回答。"}
ENOUGH = 4

# For OpenedMagpie: what the system says, and how a question may begin. The English ones are those
# behind which SmolLM2-135M errs least: of the rows that passed, a reader threw out 3 of 54 behind
# "What is the purpose of", 5 of 12 behind "What is the main function of".
ASKS = {
    "en": "The user asks one short question about {topic}.",
    "zh": "用户提了一个关于{topic}的简短问题。",
}
OPENERS = {
    "en": (
        "What is the purpose of {topic}",
        "Can you tell me what {topic} is",
        "What purpose does {topic} serve",
        "What is {topic}",
    ),
    "zh": (
        "{topic}是什么？它",
        "说到{topic}，怎样才能",
        "我想问一个关于{topic}的问题：有哪些",
        "我正在读关于{topic}的书，请解释一下",
        "请给我三条关于{topic}的建议，",
        "关于{topic}，我想知道为什么",
        "请比较一下{topic}和",
        "请告诉我，{topic}是怎么",
        "请把{topic}讲给",
        "请举一个{topic}的例子，",
    ),
}


class Judge(UltraFeedback):
    """Rates texts from 1 to 5 by UltraFeedback's rubric (Cui et al. 2023, arXiv 2310.01377).

    As distilabel's `UltraFeedback`, but `ratings` always has one entry for each text, a number from
    1 to 5 or `None`, and what could not be read is kept.

    Attributes:
        aspect: "overall-rating", or one of the paper's four aspects.
        give_up: stop where TOO_MANY of the FIRST replies have no rating that can be read: another
            model or a longer answer is needed, and the rest of the run would be for nothing.
        prompt: another one, see `smolsynth.text.prompts`, with {instruction}, {response 1} and so
            on.

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
    prompt: str = ""
    keeps_state: ClassVar[bool] = False  # the count below decides about the run, not about its rows

    _replies: int = PrivateAttr(default=0)
    _unread: list[str] = PrivateAttr(default_factory=list)

    @property
    def outputs(self) -> StepColumns:
        return [*super().outputs, "unread_reply"]

    def load(self) -> None:
        super().load()
        self._replies, self._unread = 0, []

    def format_input(self, input: dict[str, Any]) -> Any:
        """The turns that the model is sent."""
        if not self.prompt:
            return super().format_input(input)
        texts = {f"response {n}": text for n, text in enumerate(input["generations"], 1)}
        return turns_of(self.prompt, {"instruction": input["instruction"], **texts})

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

    Attributes:
        prompt: another one, see `smolsynth.text.prompts`, with {document}.

    Input columns:
        - input (`str`)

    Output columns:
        - instructions (`list[str]`): see `smolsynth.parse_queries`.
        - lines_dropped (`dict[str, int]`): how many lines of the reply were left out, by reason,
            see `smolsynth.llms.queries.DROPPED`.
        - model_name (`str`)
    """

    prompt: str = ""

    @property
    def outputs(self) -> StepColumns:
        return [*super().outputs, "lines_dropped"]

    def format_input(self, input: dict[str, Any]) -> Any:
        """The turns that the model is sent."""
        if not self.prompt:
            return super().format_input(input)
        return turns_of(self.prompt, {"document": input["input"]})

    def format_output(
        self, output: str | None, input: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The columns above, from what the model wrote (`None` where it wrote nothing)."""
        found = read_queries(output)
        return {"instructions": found.kept, "lines_dropped": found.dropped}


def openings(topic: str, lang: str) -> list[dict[str, str]]:
    """Rows for `OpenedMagpie`, with `topic`, `system_prompt` and `opener`, one for each of OPENERS.

    >>> openings("medieval law", "en")[0]["opener"]
    'What is the purpose of medieval law'
    """
    system = ASKS[lang].format(topic=topic)
    return [
        {"topic": topic, "system_prompt": system, "opener": opener.format(topic=topic)}
        for opener in OPENERS[lang]
    ]


class OpenedMagpie(Magpie):
    """Magpie (Xu et al. 2024, arXiv 2406.08464) that is given the first words of the question.

    A small model that may begin as it likes often writes no question at all, but an answer, a
    story or small talk. A few words decide that it asks and about what, and vary the questions:
    the rest is the model's, up to the end of the line, since behind it many go on to answer. Draw
    with care (`temperature=0.2, top_p=0.9`), and let another step answer.

    Attributes:
        only_instruction: it writes the instruction alone.

    Input columns:
        - opener (`str`, optional): how the instruction begins; rows without one are Magpie's. See
            `openings`.
        - system_prompt (`str`, optional): see `Magpie`.

    Output columns:
        - instruction (`str | None`): from the opener on.
        - model_name (`str`)
        - llm_STEP_finish_reason (`str`), where it didn't end by itself: "length", cut off.

    Raises:
        TypeError: the model is none of `load_llm`, and would answer the opener.
    """

    only_instruction: Literal[True] = True

    def model_post_init(self, context: Any) -> None:
        super().model_post_init(context)
        if not isinstance(self.llm, LocalLLM | EndpointLLM):
            raise TypeError(
                f"OpenedMagpie needs a model made by smolsynth.load_llm, and "
                f"{type(self.llm).__name__} is none: use Magpie, or load_llm."
            )

    @property
    def inputs(self) -> StepColumns:
        return {**super().inputs, "opener": False}

    def _prepare_inputs_for_instruction_generation(
        self, inputs: list[dict[str, Any]]
    ) -> tuple[list[Any], list[str]]:
        talks, keys = super()._prepare_inputs_for_instruction_generation(inputs)
        for talk, row in zip(talks, inputs, strict=True):
            if row.get("opener"):
                talk.append({"role": "user", "content": row["opener"], "open": True})
        return talks, keys

    def process(self, inputs: StepInput) -> StepOutput:  # type: ignore[override]
        for rows in super().process(inputs):
            for row in rows:
                row["instruction"] = continued(row.get("opener") or "", row["instruction"])
                # the next step puts its own metadata in the place of these
                said = row.get(METADATA, {}).get(f"statistics_{self.name}", {})
                (reason,) = said.get("finish_reason") or ["stop"]
                if reason != "stop":
                    row[f"llm_{self.name}_finish_reason"] = reason
            yield rows


def continued(opener: str, rest: str | None) -> str | None:
    """A text from its opener to the end of a line that ends a sentence, or to the first blank
    line; not all models give white space between.

    >>> continued("What is", "a guild?\\n\\nA guild is"), continued("什么是", "行会？")
    ('What is a guild?', '什么是行会？')
    """
    if rest is None:
        return None
    rest = re.split(r"(?<=[.?!。？！])\s*\n|\n\s*\n", rest.strip(), maxsplit=1)[0]
    parts = opener[-1:] + rest[:1]
    apart = len(parts) == 2 and parts.isascii() and parts[1] not in ",.;:?!'"
    return f"{opener} {rest}" if apart else opener + rest


class BriefAnswer(TextGeneration):
    """Responds in a sentence or two.

    What a very small model says first is mostly right, and what it goes on to say is mostly made
    up; asked to be brief it goes on all the same. So its first sentence is the response, with the
    next one where that hardly says anything: “A kettle plays a crucial role in modern life.” Other
    names that it gives a thing are left out: of 17 that SmolLM2-135M gave (“A flute, also known as
    a clarinet, is …”) some 13 were wrong.

    Attributes:
        lang: "en" or "zh", the language of the system prompt.

    Input columns:
        - instruction (`str`)

    Output columns:
        - generation (`str | None`)
        - finish_reason (`str | None`): "stop" where that ends with a sentence: then it is whole,
            though the model would have gone on.
        - model_name (`str`)
    """

    lang: Literal["en", "zh"] = "en"

    def model_post_init(self, context: Any) -> None:
        super().model_post_init(context)
        own = self.system_prompt  # type: ignore[has-type]
        self.system_prompt = own or BRIEFLY[self.lang]

    @property
    def outputs(self) -> StepColumns:
        return [*super().outputs, "finish_reason"]

    def format_output(
        self, output: str | None, input: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The columns above, from what the model wrote (`None` where it wrote nothing)."""
        brief = None if output is None else first_sentences(output, (input or {})["instruction"])
        whole = brief is not None and brief.endswith(_ENDS)
        return {"generation": brief, "finish_reason": "stop" if whole else None}


class AnswersAgain(TextGeneration):
    """Further responses, for `SelfConsistency`, to those rows that may still be kept.

    Attributes:
        num_generations: how many.
        most_loss: a row whose `loss_given` is higher is not asked again: it is dropped anyway.

    Input columns:
        - instruction (`str`)
        - loss_given (`float`, optional): see `InstructionFollowingDifficulty`.

    Output columns:
        - generation (`list[str | None] | None`): None where it wasn't asked.
        - model_name (`str | None`)
    """

    group_generations: bool = True
    most_loss: float | None = None

    @property
    def inputs(self) -> StepColumns:
        return {**super().inputs, "loss_given": False}

    def process(self, inputs: StepInput) -> StepOutput:  # type: ignore[override]
        limit = math.inf if self.most_loss is None else self.most_loss
        places = [n for n, row in enumerate(inputs) if (row.get("loss_given") or 0) <= limit]
        made = [{**row, **dict.fromkeys(self.outputs)} for row in inputs]
        try:
            asked = super().process([inputs[n] for n in places]) if places else ()
            done = [row for rows in asked for row in rows]
        except RowRefused as error:
            if error.index is not None:
                error.index = places[error.index]
            raise
        for place, row in zip(places, done, strict=True):
            made[place] = row
        yield made


_ENDS = (".", "!", "?", "。", "！", "？", ".”", '."', "。”")


# “…, also known as the digestive system, …”
_OTHER_NAME = re.compile(r", also (?:known as|called|referred to as) [^,.!?]*,(?= )")


def first_sentences(text: str, instruction: str) -> str:
    """The first sentence of a response, and those behind it until together they have ENOUGH words
    that say something and are not the instruction's, without other names for what it is about.

    >>> first_sentences("A kettle is a tool. It boils water fast for tea. It is hot.", "A kettle?")
    'A kettle is a tool. It boils water fast for tea.'
    >>> first_sentences("The stomach, also known as the liver, digests the food we eat.", "What?")
    'The stomach digests the food we eat.'
    """
    said = ""
    for sentence in sentences(_OTHER_NAME.sub("", text.strip())):
        said += sentence
        if len(telling(said) - telling(instruction)) >= ENOUGH:
            break
    return said.strip()


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
