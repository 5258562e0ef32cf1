"""What tests shorten in the notebooks that they run again: nbval runs every cell as it stands."""

from nbformat import NotebookNode


def train_once(notebook: NotebookNode) -> None:
    """One seed instead of three for the students, in place."""
    for cell in notebook.cells:
        if cell.id == "student":
            assert "lang=LANG" in cell.source
            cell.source = cell.source.replace("lang=LANG", "lang=LANG, seeds=[0]")
