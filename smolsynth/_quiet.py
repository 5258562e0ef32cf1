"""Keeps notebooks quiet and honest. `import smolsynth` runs `prepare()`, before distilabel comes.

Standard library only: `import smolsynth` has to stay light.
"""

import logging
import os
import sys
import warnings
from contextlib import contextmanager

from smolsynth import _notebook

# Defaults only: a value that the user has set stays.
_ENVIRONMENT = {
    "DISTILABEL_LOG_LEVEL": "WARNING",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
}


def prepare() -> None:
    """Sets defaults, silences known noise and stops distilabel from installing rich tracebacks.

    May be called again; has its full effect when called before distilabel is imported.
    """
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    # pydantic >= 2.12 says this five times about distilabel's own fields.
    warnings.filterwarnings("ignore", message="The 'default' attribute with value None")
    # The handler that prints when nobody has configured logging, as in a notebook.
    if logging.lastResort and _is_worth_saying not in logging.lastResort.filters:
        logging.lastResort.addFilter(_is_worth_saying)
    if not any(isinstance(finder, _DistilabelFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _DistilabelFinder())
    if "distilabel" in sys.modules:
        _uninstall_rich_tracebacks()
    _notebook.install()
    if "datasets" in sys.modules:  # it has read its environment variable by now
        sys.modules["datasets"].disable_progress_bars()


def _is_worth_saying(record: logging.LogRecord) -> bool:
    # Previewing a step by hand, outside of a pipeline, is normal in this course.
    return "hasn't received a pipeline" not in str(record.msg)


class _DistilabelFinder:
    """Import hook: while distilabel's `__init__` runs, `rich.traceback.install` does nothing.

    Rich tracebacks replace IPython's error output, and nbval then passes cells that fail.
    """

    def find_spec(self, name, path=None, target=None):
        if name != "distilabel":
            return None
        for finder in sys.meta_path:
            if isinstance(finder, _DistilabelFinder) or not hasattr(finder, "find_spec"):
                continue
            if spec := finder.find_spec(name, path, target):
                break
        else:
            return None
        if spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module):
                with _no_rich_tracebacks():
                    execute(module)

            spec.loader.exec_module = exec_module
        return spec


@contextmanager
def _no_rich_tracebacks():
    import rich.traceback

    install = rich.traceback.install
    rich.traceback.install = lambda *args, **kwargs: sys.excepthook
    try:
        yield
    finally:
        rich.traceback.install = install


def _uninstall_rich_tracebacks() -> None:
    """Undoes what distilabel's import did if it came first."""

    def is_rich(function) -> bool:
        return getattr(function, "__module__", None) == "rich.traceback"

    if is_rich(sys.excepthook):
        sys.excepthook = sys.__excepthook__
    if "IPython" in sys.modules and (shell := sys.modules["IPython"].get_ipython()):
        for name in ("showtraceback", "_showtraceback", "showsyntaxerror"):
            if is_rich(vars(shell).get(name)):
                delattr(shell, name)  # the class's own method shows through again
