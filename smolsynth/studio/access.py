"""What a screen reader and a keyboard need, and ipywidgets don't give: see `access.js`."""

from pathlib import Path

from anywidget import AnyWidget
from traitlets import Unicode


class Access(AnyWidget):
    """Goes over the app that it stands in, and keeps to it as it changes.

    Args:
        lang: of the labels.
        title: of the page, where the app is a page of its own.
        steps: name of the row of steps.
    """

    _esm = Path(__file__).parent / "access.js"
    lang = Unicode().tag(sync=True)
    title = Unicode().tag(sync=True)
    steps = Unicode().tag(sync=True)
