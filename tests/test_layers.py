"""Which module may import which: the table in CONTRIBUTING.md, held against what is imported."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import networkx as nx
import pytest

import smolsynth

ROOT = Path(__file__).resolve().parent.parent
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in (ROOT / "smolsynth").rglob("*.py")
}


def imported(source: str, package: str) -> set[str]:
    """The modules of this package that a module imports, at its top or later, in a function.

    `import_module("smolsynth…")` counts, too.
    """
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: -node.level + 1 or None] if node.level else []
            module = ".".join([*base, *filter(None, [node.module])])
            names = {f"{module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else module for name in names}
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            found |= {arg.value for arg in node.args if isinstance(arg, ast.Constant)}
    return found & MODULES.keys()


def graph() -> nx.DiGraph:
    """Modules and what they import. The package itself is a face: a name of it is a module's."""
    edges = nx.DiGraph()
    for name, path in MODULES.items():
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        if name == "smolsynth":
            continue
        for other in imported(path.read_text("utf-8"), package) - {name, "smolsynth"}:
            edges.add_edge(name, other)
    return edges


def layers() -> list[set[str]]:
    """The rooms of each layer, the highest first, as CONTRIBUTING.md draws them."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    table = text.partition("## Layers")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| [^|`]+ \| (`[^|]+) \|$", table, re.MULTILINE)
    return [set(re.findall(r"`([\w.]+)`", cell)) for cell in cells]


def room_of(module: str) -> str:
    return module.removeprefix("smolsynth.").split(".")[0]


def test_every_module_has_its_layer():
    drawn = [room for layer in layers() for room in layer]
    rooms = {room_of(name) for name in MODULES if name not in ("smolsynth", "smolsynth.__main__")}
    assert sorted(drawn) == sorted(rooms)


def test_no_module_imports_one_above_it():
    height = {room: -place for place, layer in enumerate(layers()) for room in layer}
    upward = [
        f"{one} imports {other}"
        for one, other in graph().edges
        if one != "smolsynth.__main__" and height[room_of(one)] < height[room_of(other)]
    ]
    assert not upward, "\n".join(upward)


def test_there_is_no_circle():
    circles = [circle for circle in nx.strongly_connected_components(graph()) if len(circle) > 1]
    assert not circles


def test_the_reader_of_imports_sees_all_kinds():
    source = (
        "import smolsynth.rows\nfrom smolsynth import errors\n"
        "def f():\n    from smolsynth.text.tokens import tokens\n    from . import seeds\n"
        "import_module('smolsynth.judging')\n"
    )
    found = imported(source, "smolsynth")
    wanted = {"rows", "errors", "text.tokens", "seeds", "judging"}
    assert {f"smolsynth.{name}" for name in wanted} <= found
    assert graph().number_of_edges() > 150


# ---- the public face ----
def test_each_public_name_is_there_and_documented():
    for name in smolsynth.__all__:
        value = getattr(smolsynth, name)
        assert value.__doc__, name
        assert value.__module__.startswith("smolsynth."), name
    assert set(smolsynth.__all__) <= set(dir(smolsynth))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        getattr(smolsynth, "nothing")  # noqa: B009


def test_the_public_face_is_the_documented_one():
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    told = text.partition("## The public face")[2].partition("\n## ")[0]
    [line] = [line for line in told.splitlines() if line.startswith("`") and " `" in line[:40]]
    assert line == " ".join(f"`{name}`" for name in smolsynth.__all__)  # this is what to write


def test_importing_the_package_imports_nothing_heavy():
    code = (
        "import smolsynth, sys; print(sorted({name.partition('.')[0] for name in sys.modules} &"
        " {'torch', 'transformers', 'distilabel', 'datasets', 'numpy', 'pandas', 'matplotlib',"
        " 'ipywidgets', 'ctranslate2', 'openai', 'pyarrow', 'huggingface_hub', 'scipy'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_generating_imports_nothing_that_only_others_need():
    """2.3 s of 4.4: JupyterLab brings checkers of formats that build a grammar on import."""
    heavy = "jsonschema torch transformers matplotlib lark lemminflect scipy"
    code = (
        "import smolsynth.generation.run, smolsynth.generation.techniques, sys;"
        f" print(sorted(set('{heavy}'.split()) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.nightly
def test_the_types_of_the_package_hold():
    """mypy, as pyproject.toml sets it."""
    command = [sys.executable, "-m", "mypy", "-p", "smolsynth"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
