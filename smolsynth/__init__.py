"""smolsynth: the small package behind the course on synthetic datasets.

Import it before distilabel: it keeps distilabel's log walls, warnings and rich tracebacks away
(see `smolsynth._quiet`). What stands in `__all__` is the public face; each name is imported when
it is first used (PEP 562), so `import smolsynth` stays light.
"""

from importlib import import_module
from typing import Any

from smolsynth import _quiet

__version__ = "0.1.0"

_FACE = {  # where each public name comes from
    "smolsynth._files": "free_name",
    "smolsynth.datasets.convert": "to_messages to_preferences",
    "smolsynth.datasets.gallery": "gallery",
    "smolsynth.datasets.hub": "push",
    "smolsynth.datasets.mend": "mend",
    "smolsynth.datasets.mix": "mix",
    "smolsynth.datasets.read": "read_rows",
    "smolsynth.datasets.save": "save",
    "smolsynth.datasets.trainers": "convert",
    "smolsynth.documents.read": "read_documents",
    "smolsynth.documents.tasks": "TextAnswer TextQuestion",
    "smolsynth.errors": "SmolsynthError",
    "smolsynth.generation.mixture": "narrowed",
    "smolsynth.generation.passages": "passages",
    "smolsynth.generation.plan": "Plan",
    "smolsynth.generation.rows": "as_row collect",
    "smolsynth.generation.run": "Generation generate save_rows",
    "smolsynth.generation.subtopics": "documents_about subtopics with_openers",
    "smolsynth.judging": "audit equal_pairs known_pairs plot_audit",
    "smolsynth.llms": "load_llm",
    "smolsynth.llms.queries": "parse_queries",
    "smolsynth.llms.ratings": "parse_ratings",
    "smolsynth.llms.thinking": "join_thoughts split_thoughts",
    "smolsynth.pipelines": "InProcessPipeline RefusedWarning StepFailed try_step",
    "smolsynth.pipelines.forecast": "forecast",
    "smolsynth.pipelines.ray": "run_on_ray",
    "smolsynth.quality.lengths": "lengths",
    "smolsynth.quality.report": "check_quality measure",
    "smolsynth.intervals": "kappa",
    "smolsynth.student.quiz": "answers held_out_loss quiz score",
    "smolsynth.student.reinforce": "reinforce",
    "smolsynth.student.train": "train",
    "smolsynth.student.trials": "compare corrupt plot_trials",
    "smolsynth.tasks": "BriefAnswer Judge OpenedMagpie QueryWriter",
    "smolsynth.verify.arithmetic": "check_arithmetic",
    "smolsynth.verify.choices": "verify_choice",
    "smolsynth.verify.code": "code_in verify_code",
    "smolsynth.verify.constraints": "verify_constraints",
    "smolsynth.verify.forms": "verify_json verify_pattern",
    "smolsynth.verify.numbers": "verify_number",
    "smolsynth.verify.passing": "difficulty pass_at_k pass_at_k_interval select_verified"
    " verified_pairs",
    "smolsynth.verify.rewards": "grpo_prompts reward_function",
    "smolsynth.verify.sandbox": "run_python",
    "smolsynth.verify.steps": "PickVerified Verify",
    "smolsynth.verify.toolbox": "call_turn calls_in run_call tool_prompt verify_call",
    "smolsynth.viewers.browse": "browse",
    "smolsynth.viewers.charts": "plot_counts plot_lengths",
    "smolsynth.viewers.compare": "diff vote",
    "smolsynth.viewers.download": "download",
    "smolsynth.viewers.preview": "preview",
    "smolsynth.viewers.quality": "plot_quality",
}
_HOME = {name: module for module, names in _FACE.items() for name in names.split()}
__all__ = sorted(_HOME)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'smolsynth' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


_quiet.prepare()
