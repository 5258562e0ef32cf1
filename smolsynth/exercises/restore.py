"""After a restart of the kernel: what the exercises build on, without the whole notebook."""

import time
from typing import Any

from smolsynth import _notebook
from smolsynth.exercises.words import WORDS
from smolsynth.text.language import check_lang


def restore(exercise: str, lang: str = "en") -> None:
    """Makes the names again that the exercises of a notebook use, by the cells that make them.

    Only the cells that are needed run, and of these only those whose names are missing; what they
    print is left out. Answers of the learner's own are not made again: run the exercise cells.

    Args:
        exercise: "instruction", "preference" or "verified".
        lang: "en" or "zh", of the notebook.

    Raises:
        ValueError: another exercise or language.
        RuntimeError: no notebook runs this.
    """
    check_lang(lang)
    if not (_notebook.CELLS / f"{exercise}_{lang}.json").is_file():
        known = "instruction, preference, verified"
        raise ValueError(f"exercise must be one of {known}, not {exercise!r}")
    running = _notebook.shell()
    if running is None:
        raise RuntimeError("restore() brings names back into a notebook: call it in one.")
    say, begun = WORDS[lang], time.perf_counter()
    namespace: dict[str, Any] = running.user_ns
    namespace.setdefault("LANG", lang)
    notebook = _notebook.cells_of(exercise, lang)
    missing = [
        cell for cell in notebook["needed"] if any(name not in namespace for name in cell["names"])
    ]
    if not missing:
        print(say["all_there"])
        return
    _run(missing, namespace)
    seconds = time.perf_counter() - begun
    print(say["restored"].format(cells=len(missing), seconds=seconds))


def _run(cells: list[dict[str, Any]], namespace: dict[str, Any]) -> None:
    from IPython.utils.capture import capture_output

    from smolsynth.pipelines.progress import text_bar  # takes seconds

    bar_format = "{desc} {n_fmt}/{total_fmt}|{bar}| {elapsed}"
    with text_bar(True, total=len(cells), bar_format=bar_format) as bar:
        for cell in cells:
            bar.set_description_str(cell["id"])
            code = compile(cell["source"], f"<cell {cell['id']}>", "exec")
            with capture_output():
                exec(code, namespace)  # noqa: S102  the notebook's own code, of this package
            bar.update(1)
