"""The prompts that distilabel's tasks really send, made by distilabel itself.

Training prompts come from here, so they can't drift apart from what a pipeline of the pinned
distilabel version sends.
"""

from functools import cache

import smolsynth  # noqa: F401  (first: it keeps distilabel's noise away)

# isort: split
from distilabel.steps.tasks import ComplexityScorer, QualityScorer, SelfInstruct, UltraFeedback
from distilabel.steps.tasks.evol_instruct.utils import MUTATION_TEMPLATES as EVOL_INSTRUCT
from distilabel.steps.tasks.evol_quality.utils import MUTATION_TEMPLATES as EVOL_QUALITY
from distilabel.steps.tasks.magpie.base import (
    MAGPIE_MULTI_TURN_SYSTEM_PROMPT as MAGPIE_MULTI_TURN,
)

from smolsynth.llms import load_llm
from training.grading import ASPECTS
from training.texts import Message

MARK = "@@"  # stands where the fixed text of a template ends and a row's own text begins
SHORTEST = 25  # characters: shorter pieces of a template stay ordinary text, but for these:
MARKERS = (
    *(f"<text {n}>" for n in range(1, 5)),  # UltraFeedback's texts, and its output on each
    *(f"#### Output for Text {n}" for n in range(1, 5)),
    *(f"\n[{n}]" for n in range(1, 7)),  # the scorers' lists
)


@cache
def task(kind: type, **options):
    """A loaded task of distilabel; its LLM is never called, the prompt is all that is wanted."""
    made = kind(llm=load_llm(), **options)
    made.load()
    return made


def self_instruct(
    context: str, count: int, application: str, criteria: str | None
) -> list[Message]:
    given = {"criteria_for_query_generation": criteria} if criteria else {}
    made = task(SelfInstruct, num_instructions=count, application_description=application, **given)
    return made.format_input({"input": context})


def evol_instruct(instruction: str, mutation: str) -> list[Message]:
    content = EVOL_INSTRUCT[mutation].replace("<PROMPT>", instruction)
    return [{"role": "user", "content": content}]


def evol_quality(instruction: str, response: str, mutation: str) -> list[Message]:
    content = EVOL_QUALITY[mutation].replace("<PROMPT>", instruction)
    return [{"role": "user", "content": content.replace("<RESPONSE>", response)}]


def ultrafeedback(instruction: str, generations: list[str], aspect: str) -> list[Message]:
    made = task(UltraFeedback, aspect=aspect)
    return made.format_input({"instruction": instruction, "generations": generations})


def complexity(instructions: list[str]) -> list[Message]:
    return task(ComplexityScorer).format_input({"instructions": instructions})


def quality(instruction: str, responses: list[str]) -> list[Message]:
    made = task(QualityScorer)
    return made.format_input({"instruction": instruction, "responses": responses})


def fixed_texts() -> list[str]:
    """Pieces of distilabel's templates that are the same in every prompt, longest first.

    Whole passages between two places that a row fills, and their single lines (for a template that
    somebody has reworded in part), of SHORTEST characters or more. Each becomes one token: a
    judge's prompt shrinks to a tenth, and the texts to compare stand close together. The MARKERS
    that number the texts become tokens too: so each word of a text can tell which text it is of.
    """
    prompts = [
        *(self_instruct(MARK, n, MARK, None) for n in range(1, 11)),
        *(evol_instruct(MARK, mutation) for mutation in EVOL_INSTRUCT),
        *(evol_quality(MARK, MARK, mutation) for mutation in EVOL_QUALITY),
        *(ultrafeedback(MARK, [MARK] * n, aspect) for aspect in ASPECTS for n in range(1, 5)),
        *(complexity([MARK] * n) for n in range(1, 7)),
        *(quality(MARK, [MARK] * n) for n in range(1, 7)),
        [{"role": "system", "content": MAGPIE_MULTI_TURN}],
    ]
    texts = [message["content"] for prompt in prompts for message in prompt]
    passages = {piece for text in texts for piece in text.split(MARK)}
    lines = {line for text in texts for line in text.split("\n") if MARK not in line}
    keep = {piece for piece in passages | lines if len(piece) >= SHORTEST}
    keep |= set(MARKERS)
    return sorted(keep, key=lambda piece: (-len(piece), piece))
