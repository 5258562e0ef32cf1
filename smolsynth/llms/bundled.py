"""The models that ship with the package."""

from pathlib import Path

from smolsynth.llms.ct2 import CT2LLM
from smolsynth.llms.strings import Unavailable

MODELS = Path(__file__).parents[1] / "models"
APART = ("solver", "solver_base")  # models that a copy of the course may lack


def bundled_names() -> list[str]:
    """Names of the models that ship with the package."""
    return sorted(path.parent.name for path in MODELS.glob("*/tokenizer.json"))


class BundledLLM(CT2LLM):
    """The small bilingual chat model that ships with the package.

    Attributes:
        model: "tutor", "novice", "solver" or "solver_base".
    """

    model: str = "tutor"
    magpie_pre_query_template: str | None = "<|im_start|>user\n"

    @property
    def model_name(self) -> str:
        """Name of the model, as it stands in distilabel's `model_name` column."""
        return f"smolsynth/{self.model}"

    def _find(self) -> Path:
        return MODELS / self.model

    def _damaged(self, reason: str) -> Unavailable:
        if self.model in APART and not self._folder.is_dir():
            return Unavailable("no_bundled", name=self.model)
        return Unavailable("bundled", name=self.model, reason=reason)
