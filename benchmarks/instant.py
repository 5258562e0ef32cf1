"""An LLM that answers at once, so that what remains is everything else."""

from typing import Any

from distilabel.models.llms.base import LLM


class InstantLLM(LLM):
    """Answers each conversation with one sentence and a number that no other row has."""

    @property
    def model_name(self) -> str:
        return "instant"

    def generate(self, inputs: list[Any], num_generations: int = 1) -> list[Any]:
        return [
            {
                "generations": [f"An answer to {row[-1]['content'][-40:]}"] * num_generations,
                "statistics": {"input_tokens": [8], "output_tokens": [8]},
            }
            for row in inputs
        ]
