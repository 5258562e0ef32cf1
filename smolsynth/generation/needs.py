"""What a model needs in order to write rows worth having: the smaller it is, the more help."""

from typing import NamedTuple


class Needs(NamedTuple):
    """The help that generation gives a model.

    Attributes:
        penalty: `repetition_penalty` of responses; without it those of small models go round in
            circles.
        openers: whether Magpie is given the first words of its questions, see
            `smolsynth.tasks.OpenedMagpie`.
        brief: whether responses are a sentence or two, see `smolsynth.tasks.BriefAnswer`.
        longest: tokens of a response, at most, whatever the plan allows.
        most_loss: of a response behind its instruction, in nats per token, by the model itself: one
            that the model finds less likely than that is a guess, and dropped.
        least_agreement: of a response with others to the same instruction, see
            `smolsynth.selection.SelfConsistency`: what a model says once and not again is made up,
            and dropped.
        again: how many others.
        too_hard: techniques of a mixture that are beyond the model.
        langs: the languages that it writes.
        unknown: domains of the bundled topics that it knows nothing of; they are left out unless
            they are asked for.
    """

    penalty: float | None = None
    openers: bool = False
    brief: bool = False
    longest: int | None = None
    most_loss: float | None = None
    least_agreement: float | None = None
    again: int = 0
    too_hard: tuple[str, ...] = ()
    langs: tuple[str, ...] = ("en", "zh")
    unknown: tuple[str, ...] = ()


_OF_ANY_SIZE = Needs(penalty=1.15)  # what people run on a machine of their own is mostly small
_BY_KIND = {
    # Asked for a list of questions, SmolLM2-135M writes scraps, and their like when it evolves one.
    "smollm2": Needs(
        penalty=1.1,
        openers=True,
        brief=True,
        longest=64,
        most_loss=0.85,
        least_agreement=0.4,
        again=4,
        too_hard=("SelfInstruct", "EvolInstruct"),
        langs=("en",),
        # Of ten responses on animals and plants that passed all else, a reader kept one.
        unknown=("animals", "plants", "synthetic data and language models"),
    ),
    "ct2": _OF_ANY_SIZE,
    "gguf": _OF_ANY_SIZE,
    "transformers": _OF_ANY_SIZE,
}


def needs_of(model: str) -> Needs:
    """What the model of this spec, as `load_llm` takes it, needs.

    >>> needs_of("smollm2").langs, needs_of("openai:http://localhost:8000/v1#m") == Needs()
    (('en',), True)
    """
    return _BY_KIND.get(model.partition(":")[0], Needs())
