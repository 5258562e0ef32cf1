"""A part of a step that opens when it is asked for."""

from ipywidgets import VBox, Widget

from smolsynth.studio.widgets import button, set_visible


class Panel(VBox):
    """A button that shows and hides what belongs to it.

    Args:
        title: on the button.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self.toggle = button("", lambda: self.unfold(not self.is_open))
        self.toggle.add_class("sds-toggle")
        self.body = VBox()
        self.body.add_class("sds-panel")
        super().__init__([self.toggle, self.body])
        self.unfold(False)

    def fill(self, *parts: Widget) -> None:
        """What is shown where it is open."""
        self.body.children = parts

    @property
    def is_open(self) -> bool:
        """Whether it is."""
        return self.body.layout.display != "none"

    def unfold(self, is_open: bool = True) -> None:
        """Opens or closes it."""
        self.toggle.description = f"{'▾' if is_open else '▸'} {self.title}"
        self.toggle.tooltip = self.title
        set_visible(self.body, is_open)
