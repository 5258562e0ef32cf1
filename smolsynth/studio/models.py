"""Which models there are, the key for one, how it writes, who judges, and a try."""

import time
from collections.abc import Callable
from typing import Any

from ipywidgets import BoundedFloatText, Combobox, Dropdown, Password

from smolsynth.generation.plan import THINKING, Plan
from smolsynth.studio.panel import Panel
from smolsynth.studio.session import Session
from smolsynth.studio.strings import describe_error
from smolsynth.studio.widgets import (
    Plain,
    Problem,
    button,
    paragraph,
    set_text,
    set_visible,
    side_by_side,
    with_label,
)

TOKENS = 80  # of the answer to a try
_FIELDS = ("judge", "temperature", "thinking")  # of a plan


class Models(Panel):
    """What a model needs besides its name.

    Args:
        session: of the app.
        model: the field that names it.

    Attributes:
        judge, temperature, thinking: fields of a `Plan`.
    """

    def __init__(self, session: Session, model: Combobox) -> None:
        words = session.words
        super().__init__(words["models"])
        self.session, self.words, self.model = session, words, model
        self.found = with_label(Dropdown(description=words["at_hand"]), "2 1 320px")
        self.find_button = button(words["find_models"], self.find)
        self.key = with_label(Password(description=words["key"]))
        self.key_button = button(words["use_key"], self.take_key)
        self.key_note = paragraph(words["key_tip"], "note")
        self.judge = with_label(
            Combobox(description=words["judge"], placeholder=words["judge_tip"]), "2 1 240px"
        )
        self.temperature = with_label(
            BoundedFloatText(
                description=words["temperature"],
                min=0,
                max=2,
                step=0.1,
                value=Plan.temperature,
                tooltip=words["temperature_tip"],
            ),
            "1 1 110px",
        )
        self.thinking = with_label(
            Dropdown(
                description=words["thinking"],
                options=[(words[f"thinking_{name}"], name) for name in THINKING],
            )
        )
        self.question = with_label(Combobox(description=words["try_with"]), "2 1 240px")
        self.question.value = words["try_question"]
        self.try_button = button(words["try"], self.ask)
        self.status = paragraph()
        self.answer = Plain(words["answer"])
        self.problem = Problem(words)
        self.fill(
            side_by_side(self.found, self.find_button),
            side_by_side(self.key, self.key_button),
            self.key_note,
            side_by_side(self.judge, self.temperature, self.thinking),
            paragraph(words["temperature_tip"], "note"),
            side_by_side(self.question, self.try_button),
            self.problem,
            self.status,
            self.answer,
        )
        set_visible(self.answer, False)
        self.found.observe(lambda _: self._choose(), "value")

    def unfold(self, is_open: bool = True) -> None:
        """Opens or closes it; looks for models when it is opened for the first time."""
        super().unfold(is_open)
        if is_open and not self.found.options:
            self.find()

    def settings(self) -> dict[str, Any]:
        """Fields of a plan."""
        return {name: getattr(self, name).value for name in _FIELDS}

    def take(self, plan: Plan) -> None:
        """Takes over the settings of a plan."""
        for name in _FIELDS:
            getattr(self, name).value = getattr(plan, name)

    def _work(self, job: Callable[[], Any], show: Callable[[Any], None], said: str) -> None:
        """Does something in the background, and shows what it gives or what failed."""
        self.problem.clear()
        if self.problem.is_busy(self.session.worker):
            return
        set_text(self.status, self.words[said])

        def once():
            yield job()

        def end(error: Exception | None) -> None:
            if error:
                set_text(self.status, "")
                self.problem.set_text(describe_error(error, self.session.lang, "model"))

        self.session.worker.start(once, show, end)

    # ---- the list ----
    def find(self) -> None:
        """Looks for models on this machine."""

        def look() -> list[tuple[str, str]]:
            from smolsynth.llms.at_hand import PROVIDERS, at_hand  # takes seconds

            elsewhere = [(name, f"openai:{url}#") for name, url in PROVIDERS.items()]
            return [*at_hand(), *elsewhere, ("Hugging Face", "hf:")]

        self._work(look, self._list, "finding")

    def _list(self, found: list[tuple[str, str]]) -> None:
        labels = [f"{place}: {_short(spec)}" for place, spec in found]
        options = [
            (self.words["choose_model"], ""),
            *zip(labels, (s for _, s in found), strict=True),
        ]
        self.found.options = options
        specs = [spec for _, spec in found if not spec.endswith(("#", ":"))]
        self.model.options = list(dict.fromkeys([*specs, *self.model.options]))
        self.judge.options = specs
        set_text(self.status, self.words["models_found"].format(n=len(specs)))

    def _choose(self) -> None:
        if spec := self.found.value:
            self.model.value = spec
            unfinished = spec.endswith(("#", ":"))
            set_text(self.status, self.words["name_model"] if unfinished else "")

    # ---- the key ----
    def take_key(self) -> None:
        """Keeps the key in memory, for this model's server alone, and empties the field: what
        stands in a field may be saved with a notebook."""
        from smolsynth.llms.connect import HF_ROUTER, use_key

        self.problem.clear()
        kind, _, name = self.model.value.strip().partition(":")
        base = {"openai": name.rpartition("#")[0] or name, "hf": HF_ROUTER}.get(kind, "")
        key, self.key.value = self.key.value, ""
        if not base:
            self.problem.set_text(self.words["no_key_needed"])
            return
        try:
            host = use_key(base, key)
        except ValueError as error:
            self.problem.set_text(describe_error(error, self.session.lang, "model"))
            return
        said = "key_kept" if key.strip() else "key_gone"
        set_text(self.key_note, self.words[said].format(host=host), "note")

    # ---- a try ----
    def ask(self) -> None:
        """Asks the model one question, and shows its answer and how long it took."""
        spec, question = self.model.value.strip(), self.question.value.strip()
        thinking, temperature = self.thinking.value, self.temperature.value
        set_visible(self.answer, False)

        def answer() -> tuple[str, str, float]:
            plan = Plan(model=spec, thinking=thinking)  # says what is wrong with a name
            from smolsynth.llms import load_llm  # takes seconds

            llm = load_llm(
                spec, temperature=temperature, max_new_tokens=TOKENS, **plan.model_options
            )
            llm.load()
            begun = time.perf_counter()
            try:
                [made] = llm.generate([[{"role": "user", "content": question}]])
            finally:
                llm.unload()
            said = (made["generations"] or [None])[0] or ""
            thoughts = (made.get("thoughts") or [None])[0] or ""
            return said, thoughts, time.perf_counter() - begun

        self._work(answer, self._answered, "trying")

    def _answered(self, made: tuple[str, str, float]) -> None:
        said, thoughts, seconds = made
        key = "tried" if said.strip() else "tried_empty"
        set_text(self.status, self.words[key].format(seconds=seconds), "" if said else "bad")
        self.answer.set_text(f"{thoughts}\n\n{said}" if thoughts else said)
        set_visible(self.answer, bool(said or thoughts))


def _short(spec: str) -> str:
    """A spec for a list: of a file its name, of a server's model that."""
    kind, _, name = spec.partition(":")
    if kind == "gguf":
        return name.replace("\\", "/").rpartition("/")[2]
    return name.rpartition("#")[2] or "…" if kind == "openai" else spec
