"""The small parts that the steps of the studio are built from: style, fields, texts, a row list.

Whatever a model or a user wrote stands in a Textarea or in the options of a Select, which show
text and nothing but text. HTML and Label widgets hold our own words and numbers alone: both render
formulas, and the first one markup.
"""

import html
import re
from collections.abc import Callable, Sequence
from typing import Any

from ipywidgets import HTML, Button, FileUpload, HBox, Layout, Select, Text, VBox, Widget
from traitlets import CUnicode

from smolsynth.rows import Row
from smolsynth.studio.strings import TERMS, describe_error
from smolsynth.studio.worker import Worker
from smolsynth.text.layout import as_text
from smolsynth.viewers.pager import ReadOnly, height

LISTED = 500  # rows of a list at most
_TERM = re.compile("|".join(rf"\b{t}\b" if t.isascii() else t for t in TERMS))
_WHOLE = re.compile(r"[-+]?(?:\d+|\d{1,3}(?:[,，]\d{3})+)")
_LABEL = 70  # characters of a row in a list

STYLE = """<style>
.sds { max-width: 1180px; color: var(--jp-ui-font-color1, inherit); --sds-line:
  var(--jp-border-color1, rgba(128,128,128,.5)); --sds-accent: var(--jp-brand-color1, #1976d2);
  --sds-good: #2e7d32; --sds-bad: #c62828; padding: 4px 8px 16px }
body.theme-dark .sds, [data-jp-theme-light="false"] .sds, html[theme="dark"] .sds {
  --sds-good: #81c784; --sds-bad: #ff8a80;
  color-scheme: dark; --jp-widgets-dropdown-arrow: none }
body.theme-dark .sds select, [data-jp-theme-light="false"] .sds select,
html[theme="dark"] .sds select { appearance: auto }
.sds .widget-html-content, .sds .jupyter-widgets { overflow: visible }
.sds h1 { margin: 4px 0 2px; font-size: 1.45em; line-height: 1.3; font-weight: 600 }
.sds p { margin: 2px 0; line-height: 1.5; white-space: normal }
.sds .sds-note p, .sds p.sds-note { color: var(--jp-ui-font-color2, inherit) }
.sds abbr { text-decoration: underline dotted; cursor: help }
.sds table { border-collapse: collapse; margin: 6px 0 }
.sds td, .sds th { border-bottom: 1px solid var(--sds-line); padding: 3px 14px 3px 0;
  text-align: left; line-height: 1.4; vertical-align: top }
.sds td.sds-n { text-align: right; font-variant-numeric: tabular-nums }
.sds .sds-bad { color: var(--sds-bad); font-weight: 600 }
.sds .sds-good { color: var(--sds-good); font-weight: 600 }
.sds .jupyter-button { height: auto; min-height: 32px; width: auto; padding: 4px 14px;
  line-height: 1.4; white-space: normal; overflow: visible }
.sds .jupyter-button:focus-visible, .sds input:focus-visible, .sds select:focus-visible,
.sds textarea:focus-visible { box-shadow: 0 0 0 2px var(--sds-accent) }
.sds .sds-steps { border-bottom: 1px solid var(--sds-line); padding-bottom: 6px; margin: 4px 0 8px }
.sds .sds-steps .jupyter-button { background: transparent; border: 1px solid transparent;
  color: inherit; border-radius: 4px }
.sds .sds-steps .sds-here { border-color: var(--sds-accent); font-weight: 600 }
.sds .sds-field { display: flex; flex-direction: column; align-items: stretch; height: auto;
  width: auto; margin: 4px 14px 4px 0 }
.sds .sds-field > label { width: auto !important; text-align: left; justify-content: flex-start;
  color: inherit; height: auto; line-height: 1.6; font-weight: 600; overflow: visible }
.sds .sds-field textarea { font-size: 14px; line-height: 1.5; resize: vertical }
.sds .sds-field input, .sds .sds-field select { font-size: 14px; color: inherit }
.sds .sds-field textarea { font-family: inherit; color: inherit }
.sds .widget-dropdown.sds-field > select { flex: none; height: 30px; padding: 0 24px 0 8px }
.sds .widget-text.sds-field > input { flex: none; height: 30px }
.sds .widget-combobox.sds-field > input { flex: none; height: 30px }
.sds .widget-radio-box { margin: 0; height: auto }
.sds .widget-html, .sds .widget-checkbox, .sds .jupyter-button { margin: 2px 8px 2px 0 }
.sds .widget-hprogress { margin: 2px 0; height: 18px }
.sds p.sds-label { font-weight: 600; margin-top: 6px }
.sds .sds-code.sds-field textarea { font-family: var(--jp-code-font-family, monospace);
  font-size: 12.5px; white-space: pre; overflow: auto }
.sds .sds-command.sds-field textarea, .sds .sds-prose.sds-field textarea {
  white-space: pre-wrap }
.sds .sds-wrong input, .sds .sds-wrong textarea, .sds .sds-wrong select {
  box-shadow: 0 0 0 2px var(--sds-bad) }
.sds .sds-problem { border-left: 4px solid var(--sds-bad); padding: 2px 0 2px 10px;
  margin: 6px 0 }
.sds .sds-problem label { color: var(--sds-bad) }
.sds .sds-topics .widget-checkbox { width: auto; margin: 0 16px 0 0 }
.sds .sds-topics .widget-checkbox label { white-space: nowrap }
.sds .sds-empty { border: 1px dashed var(--sds-line); border-radius: 6px; padding: 14px 16px;
  margin: 8px 0 }
.sds .sds-list > select { font-size: 13px; padding: 2px; flex: none; min-height: 150px }
.sds .sds-list option { padding: 2px 4px; color: inherit }
.sds .sds-list option:checked { color: #fff;
  background: #1565c0 linear-gradient(0deg, #1565c0 0%, #1565c0 100%) }
.sds .progress { height: 14px }
.sds .sds-unseen { position: absolute; width: 1px; height: 1px; overflow: hidden;
  clip-path: inset(50%) }
.sds .widget-radio-box > label { display: flex; flex-direction: row-reverse;
  justify-content: flex-end; align-items: flex-start; gap: 6px; height: auto; white-space: normal;
  line-height: 1.5 }
.sds .sds-toggle { align-self: flex-start }
.sds .sds-gone { visibility: hidden; height: 0; margin: 0; animation: sds-gone 1s 20s forwards }
@keyframes sds-gone { to { visibility: visible; height: auto; padding: 8px; font-weight: 600;
  border: 2px solid var(--sds-bad); color: var(--sds-bad) } }
</style>"""


def paragraph(words: str = "", kind: str = "") -> HTML:
    """A paragraph of our own words. `set_text` changes it: one that begins empty is read out."""
    widget = HTML()
    if not words:
        widget.add_class("sds-live")
    set_text(widget, words, kind)
    return widget


def set_text(widget: HTML, words: str, kind: str = "") -> None:
    """Puts our own words, with numbers at most, into what `text` made."""
    found = f' class="sds-{kind}"' if kind else ""
    widget.value = f"<p{found}>{_explained(words)}</p>" if words else ""


def _explained(words: str) -> str:
    """As HTML; the first mention of each term with its explanation."""
    seen = set()

    def explain(match: re.Match) -> str:
        term = match[0]
        if term in seen:
            return term
        seen.add(term)
        return f'<abbr title="{html.escape(TERMS[term])}">{term}</abbr>'

    return _TERM.sub(explain, html.escape(words))


def with_label(widget: Widget, grow: str = "1 1 180px") -> Widget:
    """A control with its label above it."""
    widget.add_class("sds-field")
    widget.layout = Layout(width="auto", height="auto", flex=grow)
    if hasattr(widget, "style") and hasattr(widget.style, "description_width"):
        widget.style.description_width = "initial"
    return widget


def side_by_side(*children: Widget, wrap_at: str = "row wrap") -> HBox:
    """Widgets side by side, and below each other where there is no room."""
    return HBox(list(children), layout=Layout(flex_flow=wrap_at, align_items="flex-start"))


def button(words: str, do: Callable[[], None], tip: str = "", main: bool = False) -> Button:
    """A button; the main one of a step is coloured."""
    made = Button(description=words, tooltip=tip or words, layout=Layout(width="auto"))
    if main:
        made.button_style = "primary"
    made.on_click(lambda _: do())
    return made


def set_visible(widget: Widget, visible: bool) -> None:
    """Shows or hides a widget."""
    widget.layout.display = None if visible else "none"


class Plain(ReadOnly):
    """Text to read and to copy, with its label above it."""

    def __init__(self, label: str, lines: int = 0, code: bool = False) -> None:
        super().__init__(description=label)
        self.lines = lines
        with_label(self, "1 1 auto")
        if code:
            self.add_class("sds-code")

    def set_text(self, value: Any) -> None:
        """Shows a cell of a row, or any text; nothing where there is none."""
        super().set_text("" if value in ("", None) else as_text(value))
        self.rows = self.lines or text_height(self.shown)


def text_height(shown: str) -> int:
    """Lines for a text area of the studio."""
    return height(shown, most=12, least=2, columns=70)


class Whole(Text):
    """A field for a whole number. What else is typed stays, so that it can be said to be wrong: a
    field for numbers alone makes 2 of 2.5 and 1 of 1e3, and tells nobody."""

    value = CUnicode().tag(sync=True)

    def __init__(self, **settings: Any) -> None:
        super().__init__(continuous_update=False, **settings)

    @property
    def number(self) -> int | str:
        """The number, "5,000" too, or else what the field says.

        >>> [Whole(value=text).number for text in ("-3", " 5,000", "2.5", "１０", "")]
        [-3, 5000, '2.5', 10, '']
        """
        said = self.value.strip()
        return int(re.sub("[,，]", "", said)) if _WHOLE.fullmatch(said) else said


class Upload(FileUpload):
    """A button that takes files, in ipywidgets 8 and in 7, which Colab has."""

    @property
    def files(self) -> list[dict[str, Any]]:
        """What was chosen: each file's `name` and `content`, among others."""
        if isinstance(self.value, dict):  # ipywidgets 7
            return [{"name": name, **one} for name, one in self.value.items()]
        return list(self.value)

    def clear(self) -> None:
        """Forgets the files."""
        self.set_trait("value", type(self.value)())  # read-only in ipywidgets 7


class Problem(VBox):
    """What went wrong and what to do, or nothing."""

    def __init__(self, words: dict[str, str]) -> None:
        self.words = words
        self.message = Plain(words["failed"])
        super().__init__([self.message])
        self.add_class("sds-problem")
        self.clear()

    def set_text(self, message: str) -> None:
        self.message.set_text(message)
        set_visible(self, True)

    def clear(self) -> None:
        self.message.set_text("")
        set_visible(self, False)

    def is_busy(self, worker: Worker) -> bool:
        """Whether a job runs that has to be waited for; then it says so."""
        if busy := worker.busy:
            self.set_text(self.words["busy"])
        return busy


class Step(VBox):
    """A step of the studio: its work, or a way to go where there is nothing to work on yet.

    Args:
        session: of the app.
        go: shows another step, by name.
        nothing: key of what is said where there is nothing yet.
    """

    def __init__(self, session: Any, go: Callable[[str], None], nothing: str = "no_rows") -> None:
        super().__init__()
        self.session, self.words, self.go = session, session.words, go
        self.problem = Problem(self.words)
        self.nothing = VBox(
            [
                paragraph(self.words[nothing]),
                button(self.words["go_describe"], lambda: go("describe")),
            ]
        )
        self.nothing.add_class("sds-empty")
        self.work = VBox()
        self.children = [self.nothing, self.work]

    def set_work(self, is_there: bool) -> bool:
        """Shows the work, or that there is none yet; returns which."""
        set_visible(self.nothing, not is_there)
        set_visible(self.work, is_there)
        return is_there

    def show_error(self, error: Exception, about: str = "ValueError") -> None:
        """Shows what failed and what to do; see `describe_error`."""
        self.problem.set_text(describe_error(error, self.session.lang, about))


class Rows(HBox):
    """A list of rows beside the texts of the chosen one, to read.

    Args:
        words: labels.
        lines: of the list.
    """

    def __init__(self, words: dict[str, str], lines: int = 8) -> None:
        self.words = words
        self.data: Sequence[Row] = []
        self.list = with_label(
            Select(description=words["list"], rows=lines, tooltip=words["list_tip"]), "1 1 300px"
        )
        self.list.add_class("sds-list")
        self.texts = {
            column: Plain(words[f"{column}_text"])
            for column in ("instruction", "response", "chosen", "rejected")
        }
        detail = VBox(list(self.texts.values()), layout=Layout(flex="2 1 380px", width="auto"))
        super().__init__([self.list, detail], layout=Layout(flex_flow="row wrap", width="100%"))
        self.list.observe(lambda _: self._show(), "value")
        set_visible(self, False)

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Shows rows, the latest LISTED of them; stays at the chosen one."""
        chosen = self.list.value
        self.data = rows
        first = max(0, len(rows) - LISTED)
        self.list.options = [(label(rows[i], i), i) for i in range(first, len(rows))]
        if len(rows):
            stays = chosen is not None and first <= chosen < len(rows)
            self.list.value = chosen if stays else first
        self._show()
        set_visible(self, bool(len(rows)))

    def _show(self) -> None:
        place = self.list.value
        row = self.data[place] if place is not None and place < len(self.data) else {}
        for column, box in self.texts.items():
            box.set_text(row.get(column, ""))
            set_visible(box, column in row)


def label(row: Row, number: int) -> str:
    """A row as one line of a list: number and the start of its instruction."""
    start = " ".join(as_text(row.get("instruction")).split())
    return f"{number + 1}. {start[:_LABEL]}{'…' if len(start) > _LABEL else ''}"
