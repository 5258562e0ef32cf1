"""Selection as the papers do it, where distilabel leaves it out, as distilabel Steps.

| step | paper | what distilabel has instead |
|---|---|---|
| `NovelInstructions` | Self-Instruct (Wang et al. 2022) | no pool: `SelfInstruct` is one prompt |
| `EvolEliminations` | Evol-Instruct (Xu et al. 2023) | none |
| `DeitaSelection` | Deita (Liu et al. 2023) | `DeitaFiltering`: distances to all rows |
| `InstructionFollowingDifficulty` | Superfiltering (Li et al. 2024) | none |
| `SelfConsistency` | SelfCheckGPT (Manakul et al. 2023) | none |
| `DistinctTexts` | none: a judge need not read a text twice | none |
| `LongestResponses` | the last filter of Magpie's published sets (Xu et al. 2024) | none |

`COMPLICATE_INPUT` is the operation in depth that distilabel's `EvolInstruct` lacks.
"""

import math
from array import array
from typing import Annotated

import numpy as np
from distilabel.steps import GlobalStep, Step, StepInput
from distilabel.steps.tasks.evol_instruct.utils import MUTATION_TEMPLATES
from distilabel.typing import StepColumns, StepOutput
from pydantic import Field, PrivateAttr

from smolsynth.llms.ct2 import CT2LLM
from smolsynth.llms.scoring import losses
from smolsynth.text.leaks import leak_in
from smolsynth.text.refusals import begs_off
from smolsynth.text.similarity import Alphabet
from smolsynth.text.telling import telling
from smolsynth.text.tokens import gains, says_nothing

Share = Annotated[float, Field(ge=0, le=1)]

COMPLICATE_INPUT = (
    "Rewrite the given prompt so that it is harder to answer for an AI system, yet still makes"
    " sense to people and can be answered by them.\n"
    "Do so by adding data that the answer has to use: a small table, a piece of code, a list of"
    " figures, JSON or XML. Write the data out in full, and let the question depend on it.\n"
    "Don't write 'given prompt' or 'rewritten prompt'.\n\n"
    "#Given Prompt#:\n<PROMPT>\n#Rewritten Prompt#:\n"
)


def with_complicate_input() -> dict[str, str]:
    """`mutation_templates` for distilabel's `EvolInstruct`: its own five and COMPLICATE_INPUT."""
    return {**MUTATION_TEMPLATES, "COMPLICATE_INPUT": COMPLICATE_INPUT}


class NovelInstructions(GlobalStep):
    """Keeps an instruction only if its ROUGE-L with each one kept so far stays below a threshold.

    Self-Instruct's pool: it begins with `pool`, and what is kept joins it, row after row; so it is
    a global step, which is given all rows at once. For another round of generation make a new step
    with the pool so far.

    Attributes:
        pool: instructions to begin with: the seeds, and what earlier rounds have kept.
        threshold: the ROUGE-L F1 from which on an instruction is no longer novel; the paper's 0.7.
        column: the texts compared; with "response", rows that say something new are kept.

    Input columns:
        - instruction (`str`), or the one named by `column`

    Output columns:
        - rouge_l (`float`): the highest with what was in the pool before, 0 to 1.
        - nearest (`str | None`): the pooled text that has it.
    """

    pool: list[str] = Field(default_factory=list)
    threshold: Share = 0.7
    column: str = "instruction"

    _words: Alphabet = PrivateAttr(default_factory=Alphabet)
    _texts: list[str] = PrivateAttr(default_factory=list)
    _encoded: list[array] = PrivateAttr(default_factory=list)

    @property
    def inputs(self) -> StepColumns:
        return [self.column]

    @property
    def outputs(self) -> StepColumns:
        return ["rouge_l", "nearest"]

    def load(self) -> None:
        super().load()
        self._words, self._texts, self._encoded = Alphabet(), [], []
        for text in self.pool:
            self._add(text, self._words.encode(text))

    def _add(self, text: str, encoded: array) -> None:
        self._texts.append(text)
        self._encoded.append(encoded)

    def process(self, inputs: StepInput) -> StepOutput:  # type: ignore[override]
        from rapidfuzz import process
        from rapidfuzz.distance import Indel

        kept = []
        for row in inputs:
            text = row[self.column]
            encoded = self._words.encode(text if isinstance(text, str) else "")
            if not encoded:  # nothing to ask
                continue
            best = process.extractOne(
                encoded, self._encoded, scorer=Indel.normalized_similarity, processor=None
            )
            score, place = (best[1], best[2]) if best else (0.0, None)
            if score < self.threshold:
                nearest = None if place is None else self._texts[place]
                kept.append({**row, "rouge_l": round(score, 4), "nearest": nearest})
                self._add(text, encoded)
        yield kept


def elimination(instruction: str, evolved: str, response: str) -> str | None:
    """Which of Evol-Instruct's four eliminations an evolved instruction falls under, if any.

    Args:
        instruction: before it evolved.
        evolved: after.
        response: a model's answer to the evolved instruction.

    Returns:
        `None`, or "leaked prompt" (it shows words of the evolving prompt), "refused" (the answer
        apologizes in under 80 words, or declines), "empty answer" (only punctuation and stop words)
        or "nothing gained". The paper lets a model say whether information was gained; here an
        instruction gains nothing if it has no word that is new and no stop word.
    """
    if leak_in(evolved, phrases=True):
        return "leaked prompt"
    if begs_off(response):
        return "refused"
    if says_nothing(response):
        return "empty answer"
    if not gains(instruction, evolved):
        return "nothing gained"
    return None


class EvolEliminations(Step):
    """Drops evolved instructions as Evol-Instruct does, see `elimination`.

    Attributes:
        keep: keep all rows and say in `eliminated` what is wrong with them.

    Input columns:
        - instruction (`str`)
        - evolved_instruction (`str`)
        - answer (`str`): to the evolved one, by `EvolInstruct(generate_answers=True)`.

    Output columns:
        - eliminated (`str | None`): why; `None` for what is good.
    """

    keep: bool = False

    @property
    def inputs(self) -> StepColumns:
        return ["instruction", "evolved_instruction", "answer"]

    @property
    def outputs(self) -> StepColumns:
        return ["eliminated"]

    def process(self, inputs: StepInput) -> StepOutput:  # type: ignore[override]
        judged = [
            {**row, "eliminated": elimination(*(row[name] or "" for name in self.inputs))}
            for row in inputs
        ]
        yield [row for row in judged if self.keep or row["eliminated"] is None]


class DeitaSelection(GlobalStep):
    """Deita's selection: walk by score, keep what differs from everything kept so far.

    The score is `evol_instruction_score` times `evol_response_score`. A row is kept if the cosine
    similarity of its embedding to each kept row's is `threshold` at most, until `budget` rows are
    kept. (distilabel's `DeitaFiltering` compares with the nearest of *all* rows instead, so both
    copies of a repeated row go.)

    Attributes:
        budget: rows to select, at most.
        threshold: cosine similarity, the paper's 0.9.

    Input columns:
        - evol_instruction_score (`float`)
        - evol_response_score (`float`)
        - embedding (`list[float]`)

    Output columns:
        - deita_score (`float`)
        - nearest_similarity (`float | None`): to the nearest row that was kept before.

    Raises:
        ValueError: embeddings differ in length or are all zeros: a cosine needs a direction.
    """

    budget: Annotated[int, Field(ge=1)]
    threshold: Annotated[float, Field(ge=-1, le=1)] = 0.9

    @property
    def inputs(self) -> StepColumns:
        return ["evol_instruction_score", "evol_response_score", "embedding"]

    @property
    def outputs(self) -> StepColumns:
        return ["deita_score", "nearest_similarity"]

    def process(self, inputs: StepInput) -> StepOutput:  # type: ignore[override]
        rows = list(inputs)
        vectors = directions([row["embedding"] for row in rows])
        scores = [row["evol_instruction_score"] * row["evol_response_score"] for row in rows]
        selected: list[dict] = []
        kept = np.empty((min(self.budget, len(rows)), vectors.shape[1]), np.float32)
        by_score = sorted(range(len(rows)), key=lambda i: -scores[i])  # ties keep their order
        for i in by_score:
            if len(selected) == self.budget:
                break
            nearest = None
            if selected:
                nearest = float((kept[: len(selected)] @ vectors[i]).max())
            if nearest is None or nearest <= self.threshold:
                kept[len(selected)] = vectors[i]
                selected.append(
                    {**rows[i], "deita_score": scores[i], "nearest_similarity": nearest}
                )
        yield selected


def directions(embeddings: list[list[float]]) -> np.ndarray:
    """Embeddings scaled to length 1: float32, [rows, dimensions].

    Raises:
        ValueError: they differ in length, or one is all zeros: a cosine needs a direction.
    """
    if not embeddings:
        return np.empty((0, 0), np.float32)
    if len({len(vector) for vector in embeddings}) > 1:
        raise ValueError("Embeddings differ in length: make them all with one model.")
    vectors = np.array(embeddings, dtype=np.float32)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not norms.all():
        raise ValueError(
            f"The embedding of row {int(norms.argmin())} is all zeros: drop that row first."
        )
    return vectors / norms


class LongestResponses(GlobalStep):
    """Keeps the rows with the longest responses, as the published Magpie sets were cut to size.

    It is here to be looked at: what it selects for is length, whatever the text is worth.

    Attributes:
        budget: rows to keep.

    Input columns:
        - response (`str`)
    """

    budget: Annotated[int, Field(ge=1)]

    @property
    def inputs(self) -> StepColumns:
        return ["response"]

    def process(self, inputs: StepInput) -> StepOutput:  # type: ignore[override]
        yield sorted(inputs, key=lambda row: -len(row["response"] or ""))[: self.budget]


class DistinctTexts(Step):
    """Of each row's texts keeps one of those that are the same, so that a judge reads none twice.

    Candidates of one small model, or of two, are often the same word for word. Whoever rates both
    pays twice, and a judge that hangs on the order of texts may find one of them better.

    Input and output columns:
        - generations (`list[str | None]`): texts are the same but for space around them; one row
            may end with one text.
        - models (`list[str]`): whose text each is; of the same texts, the first model's name stays.
    """

    @property
    def inputs(self) -> StepColumns:
        return ["generations", "models"]

    @property
    def outputs(self) -> StepColumns:
        return ["generations", "models"]

    def process(self, inputs: StepInput) -> StepOutput:  # type: ignore[override]
        for row in inputs:
            first: dict[str | None, int] = {}
            for place, text in enumerate(row["generations"]):
                first.setdefault(text and text.strip(), place)
            for column in ("generations", "models"):
                row[column] = [row[column][place] for place in first.values()]
        yield inputs


class InstructionFollowingDifficulty(Step):
    """How little an instruction helps to expect its response (Li et al. 2024, arXiv 2402.00530).

    The score is the perplexity of the response behind the instruction, divided by its perplexity
    without. Near 0 the instruction tells all of it; near 1 it hardly helps, which is hard to learn,
    and hence what the authors select; above 1 the response fits other instructions better than
    this one, so they leave it out. Their finding is that small models rank rows as large ones do.
    (The first paper, arXiv 2308.12032, divides the losses themselves: both are in the columns.)

    Attributes:
        llm: a model in CTranslate2's format, as `load_llm()` gives it.

    Input columns:
        - instruction (`str`)
        - response (`str`)

    Output columns:
        - loss_given (`float`): of the response behind the instruction, in nats per token.
        - loss_alone (`float`): of the response alone.
        - ifd (`float | None`): exp(loss_given - loss_alone). The three are `None` where a text is
            empty.

    Raises:
        ValueError: a row is longer than the model's context.
    """

    llm: CT2LLM

    @property
    def inputs(self) -> StepColumns:
        return ["instruction", "response"]

    @property
    def outputs(self) -> StepColumns:
        return ["loss_given", "loss_alone", "ifd"]

    def load(self) -> None:
        super().load()
        self.llm.load()

    def process(self, inputs: StepInput) -> StepOutput:  # type: ignore[override]
        rows = [{**row, **dict.fromkeys(self.outputs)} for row in inputs]
        whole = [r for r in rows if all((r[name] or "").strip() for name in self.inputs)]
        asked = [[{"role": "user", "content": row["instruction"]}] for row in whole]
        found = losses(self.llm, asked, [row["response"] for row in whole]) if whole else []
        for row, (given, alone) in zip(whole, found, strict=True):
            row |= {"loss_given": given, "loss_alone": alone, "ifd": math.exp(given - alone)}
        yield rows


class SelfConsistency(Step):
    """How much of a response the same model says again when it is asked again.

    After SelfCheckGPT (Manakul et al. 2023, arXiv 2303.08896): what a model knows it says each
    time, and what it makes up differs from time to time. Their strongest variants ask a model
    whether two texts agree; this is the plain one, which counts words.

    Attributes:
        others: the column with the further responses, drawn with some temperature, such as
            `TextGeneration(num_generations=2, group_generations=True)` makes.

    Input columns:
        - instruction (`str`)
        - response (`str`)
        - the column named by `others` (`list[str]`)

    Output columns:
        - agreement (`float | None`): see `agreement`; `None` where a text is missing.
    """

    others: str = "others"

    @property
    def inputs(self) -> StepColumns:
        return ["instruction", "response", self.others]

    @property
    def outputs(self) -> StepColumns:
        return ["agreement"]

    def process(self, inputs: StepInput) -> StepOutput:  # type: ignore[override]
        yield [row | {"agreement": _agreement_of(row, self.others)} for row in inputs]


def _agreement_of(row: dict, others: str) -> float | None:
    texts = [text for text in row[others] or () if text]
    whole = row["instruction"] and row["response"] and texts
    return agreement(row["instruction"], row["response"], texts) if whole else None


def agreement(instruction: str, response: str, others: list[str]) -> float:
    """The share of a response's own words that other responses have too, in the mean over these.

    Its own are those that say something (`smolsynth.text.telling`) and are not the instruction's;
    a response without any only says the instruction again, and has 0.

    >>> agreement("What is a kettle?", "A kettle boils water.", ["It boils water.", "A cooker."])
    0.5
    >>> agreement("What is a frog?", "A frog is a frog.", ["A frog is a frog."])
    0.0
    """
    own = telling(response) - telling(instruction)
    if not own or not others:
        return 0.0
    return sum(len(own & telling(text)) for text in others) / (len(own) * len(others))
