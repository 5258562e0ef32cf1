"""What the models are sent, to be read and changed, step by step."""

from collections.abc import Callable

from ipywidgets import Dropdown, Textarea

from smolsynth.generation.plan import Plan
from smolsynth.studio.panel import Panel
from smolsynth.studio.session import Session
from smolsynth.studio.widgets import (
    button,
    paragraph,
    set_text,
    side_by_side,
    text_height,
    with_label,
)


class Prompts(Panel):
    """The prompts of the plan that the form describes.

    Args:
        session: of the app.
        plan: gives that plan without changed prompts, or None.

    Attributes:
        own: those that were changed, by step; of other techniques than the chosen one, too.
    """

    def __init__(self, session: Session, plan: Callable[[], Plan | None]) -> None:
        words = session.words
        super().__init__(words["prompts"])
        self.session, self.words, self._plan = session, words, plan
        self.own: dict[str, str] = {}
        self.usual: dict[str, str] = {}
        self.step = with_label(Dropdown(description=words["prompt_step"]), "1 1 240px")
        self.text = with_label(Textarea(description=words["prompt_text"]), "1 1 100%")
        self.text.add_class("sds-code")
        self.text.add_class("sds-prose")  # long lines
        self.default_button = button(words["prompt_default"], self.back)
        self.status = paragraph()
        self.fill(
            paragraph(words["prompts_tip"], "note"),
            side_by_side(self.step, self.default_button),
            self.status,
            self.text,
        )
        self.step.observe(lambda _: self._show(), "value")
        self.text.observe(lambda _: self._changed(), "value")

    def unfold(self, is_open: bool = True) -> None:
        """Opens or closes it; opened, it shows the prompts of the form as it is now."""
        super().unfold(is_open)
        if is_open:
            self.refresh()

    def refresh(self) -> None:
        """Shows the steps of the form's technique."""
        plan = self._plan() if self.is_open else None
        if plan is None:
            return
        from smolsynth.generation.techniques import editable  # takes seconds

        self.usual = editable(plan, usual=True)
        chosen = self.step.value
        self.step.options = list(self.usual)
        self.step.value = chosen if chosen in self.usual else next(iter(self.usual), None)
        self._show()

    def settings(self) -> dict[str, str]:
        """The changed prompts for a plan: those of its technique, as far as that is known."""
        if not self.usual:
            return dict(self.own)
        return {name: text for name, text in self.own.items() if name in self.usual}

    def take(self, prompts: tuple[tuple[str, str], ...]) -> None:
        """Takes over the prompts of a plan."""
        self.own = dict(prompts)
        self.refresh()

    def _show(self) -> None:
        name = self.step.value
        if name in self.usual:
            self.text.value = self.own.get(name, self.usual[name])
            self.text.rows = text_height(self.text.value)
            self._say()

    def _changed(self) -> None:
        name, text = self.step.value, self.text.value
        if name not in self.usual:
            return
        if text.strip() == self.usual[name].strip():
            self.own.pop(name, None)
        else:
            self.own[name] = text
        self._say()

    def _say(self) -> None:
        is_own = self.step.value in self.own
        self.default_button.disabled = not is_own
        set_text(self.status, self.words["prompt_own" if is_own else "prompt_usual"], "note")

    def back(self) -> None:
        """The usual prompt again."""
        self.own.pop(self.step.value, None)
        self._show()
