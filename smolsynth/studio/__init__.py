"""Dataset Studio: the pipelines of the course without code, in a notebook or as a page.

    from smolsynth.studio import studio
    studio("en")

Each step is a module: `describe`, `produce`, `review`, `quality_step`, `output`. What they share is
in `session`, what they are built from in `widgets`, what they say in `strings`.
"""

import html
from functools import partial
from pathlib import Path
from typing import Any

from ipywidgets import HTML, VBox

from smolsynth.generation.plan import Plan
from smolsynth.studio.access import Access
from smolsynth.studio.describe import Describe
from smolsynth.studio.output import Code, Export
from smolsynth.studio.produce import Produce
from smolsynth.studio.quality_step import Check
from smolsynth.studio.review import Review
from smolsynth.studio.session import Session
from smolsynth.studio.strings import WORDS
from smolsynth.studio.widgets import STYLE, button, paragraph, set_visible, side_by_side
from smolsynth.studio.worker import warm_up
from smolsynth.text.layout import words_in
from smolsynth.viewers.pager import focus


class Studio(VBox):
    """The app.

    Attributes:
        session: plan, rows and what was decided about them.
        steps: the six steps by name.
    """

    def __init__(self, lang: str, folder: Path) -> None:
        words = words_in(WORDS, lang)
        self.words = words
        self.session = session = Session(lang, words, folder)
        describe = Describe(session, self._start, self.go)
        self.steps: dict[str, Any] = {
            "describe": describe,
            "generate": Produce(session, self.go),
            "review": Review(session, self.go),
            "quality": Check(session, self.go),
            "export": Export(session, self.go),
            "code": Code(session, describe.plan),
        }
        self.buttons = {name: button(words[name], partial(self.go, name)) for name in self.steps}
        bar = side_by_side(*self.buttons.values())
        bar.add_class("sds-steps")
        title = HTML(f"<h1>{words['title']}</h1>")
        gone = HTML()
        session.worker.beat(partial(_renew, gone, words["gone"]))
        access = Access(lang=lang, title=words["title"], steps=words["steps"])
        head = [access, HTML(STYLE), gone, title, paragraph(words["lead"], "note"), bar]
        super().__init__([*head, *self.steps.values()])
        self.add_class("sds")
        for name, step in self.steps.items():
            set_visible(step, name == "describe")
        self.buttons["describe"].add_class("sds-here")

    def __repr__(self) -> str:
        return self.words["repr"]

    @property
    def rows(self) -> list[dict]:
        """The rows that are not rejected, edited ones as they are now."""
        return self.session.kept()

    def go(self, name: str) -> None:
        """Shows a step."""
        for other, step in self.steps.items():
            set_visible(step, other == name)
            self.buttons[other].remove_class("sds-here")
        self.buttons[name].add_class("sds-here")
        self.steps[name].refresh()
        focus(self.buttons[name])  # brings the top of the step into view, too

    def _start(self, plan: Plan, enough: int | None = None) -> None:
        self.go("generate")
        self.steps["generate"].start(plan, enough)


def _renew(widget: HTML, words: str, beat: int) -> bool:
    """Begins the wait anew after which the page itself, by its style, says that nobody answers."""
    widget.value = f'<p class="sds-gone" role="alert" data-beat="{beat}">{html.escape(words)}</p>'
    return widget.comm is not None


def studio(lang: str = "en", folder: str | Path = "output") -> Studio:
    """Opens Dataset Studio: let it be the last line of a cell.

    Args:
        lang: language of the labels, and of the rows until another is chosen: "en" or "zh".
        folder: where datasets are saved, and parts of runs, to go on with.

    Returns:
        The app, an ipywidgets box.

    Raises:
        ValueError: another `lang`.
    """
    app = Studio(lang, Path(folder))
    warm_up()
    return app
