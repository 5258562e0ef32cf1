"""What the exercises of a notebook build on: read out of the notebook, for `restore()`.

`python -m tools.notebooks stamp` writes it to `smolsynth/data/cells`, where a kernel finds it that
knows nothing of the notebook's file, on Colab too.
"""

import ast
import builtins
import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

from nbformat import NotebookNode

from smolsynth._files import write_whole
from smolsynth._notebook import CELLS
from tools import twins

BEGIN, END = "restore", "progress"  # the cells between which the exercises stand
_Key = TypeVar("_Key")
_FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_GIVEN = {*dir(builtins), "LANG"}  # restore() is told the language


def path_of(notebook: Path) -> Path:
    """Where the cells of a notebook are written."""
    stem = notebook.stem
    return CELLS / f"{stem.partition('_')[0]}_{twins.language(notebook)}.json"


def write(notebook: Path, read: NotebookNode) -> None:
    """Writes the cells of a notebook that has exercises; does nothing for another."""
    if any(cell.id == BEGIN for cell in read.cells):
        path_of(notebook).parent.mkdir(exist_ok=True)
        write_whole(path_of(notebook), text(read))


def text(notebook: NotebookNode) -> str:
    """The file's content: `made`, which cell makes which name first, and the cells `needed`."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    made: dict[str, str] = {}
    for cell in code:
        for name in sorted(stored(ast.parse(cell.source))):
            if not name.startswith("_"):
                made.setdefault(name, cell.id)
    content: dict[str, Any] = {"made": made, "needed": needed(notebook)}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def needed(notebook: NotebookNode) -> list[dict[str, Any]]:
    """What of the code before the exercises these, their solutions and hints make use of.

    By cell: its `id`, the `names` of it that are used, and as `source` the statements that make
    them. What only shows something is left out.

    Raises ValueError where they use a name that no cell makes.
    """
    ids = [cell.id for cell in notebook.cells]
    begin, end = ids.index(BEGIN), ids.index(END)
    above = [cell for cell in notebook.cells[:begin] if cell.cell_type == "code"]
    live: set[str] = set()
    for cell in reversed(notebook.cells[begin + 1 : end + 1]):
        sources = [cell.source]
        if cell.cell_type == "markdown":
            quoted = set(re.findall(r"`([\w-]+)`", cell.source))
            for one in above:
                names = stored(ast.parse(one.source))
                live |= names if one.id in quoted else names & quoted
            sources = _FENCE.findall(cell.source)
        for source in sources:
            live = before(source, live)
    kept: list[dict[str, Any]] = []
    for cell in reversed(above):
        names, statements = stored(ast.parse(cell.source)) & live, []
        for node in reversed(ast.parse(cell.source).body):
            if stored(node) & live or _changed(node) & live:
                statements.insert(0, ast.get_source_segment(cell.source, node) or "")
                live = _before([node], live)
        if names:
            source = "\n".join(statements)
            kept.insert(0, {"id": cell.id, "names": sorted(names), "source": source})
    if unknown := live - _GIVEN:
        raise ValueError(f"The exercises use what no cell makes: {', '.join(sorted(unknown))}")
    return kept


def _changed(node: ast.stmt) -> set[str]:
    """Names of what a statement changes without giving it a name: by a call, `x.load()`, or in
    part, `x["a"] = 1`; within a loop, too.

    >>> sorted(_changed(ast.parse("for a in b: x[a].append(print(a))").body[0]))
    ['x']
    """
    parts = [
        part
        for part in ast.walk(node)
        if isinstance(part, ast.Attribute | ast.Subscript) and isinstance(part.ctx, ast.Store)
    ]
    parts += [
        part.value.func
        for part in ast.walk(node)
        if isinstance(part, ast.Expr) and isinstance(part.value, ast.Call)
        if isinstance(part.value.func, ast.Attribute)
    ]
    names = set()
    for part in parts:
        root: ast.AST = part
        while isinstance(root, ast.Attribute | ast.Subscript):
            root = root.value
        names |= {root.id} if isinstance(root, ast.Name) else set()
    return names


def going_on(sources: Mapping[_Key, str], first: Collection[_Key]) -> set[_Key]:
    """Some cells, and those that go on with what they make.

    >>> cells = {1: "x = 1", 2: "y = x", 3: "z = 3", 4: "print(y)"}
    >>> sorted(going_on(cells, {1})), sorted(going_on({**cells, 2: "y = z"}, {1}))
    ([1, 2, 4], [1])
    """
    found: set[_Key] = set()
    made: set[str] = set()
    for key, source in sources.items():
        if key in first or before(source, set()) & made:
            found.add(key)
            made |= stored(ast.parse(source))
        else:
            made -= stored(ast.parse(source))
    return found


def before(source: str, live: set[str]) -> set[str]:
    """The names that must be there before a cell, given those that are used after it.

    >>> sorted(before("x = f(y)\\nz = x", {"x", "a"}))
    ['a', 'f', 'y']
    """
    return _before(ast.parse(source).body, live) - set(dir(builtins))


def _before(body: list[ast.stmt], live: set[str]) -> set[str]:
    for node in reversed(body):
        if isinstance(node, ast.With):
            live = _before(node.body, live)
            for item in node.items:
                bound = stored(item.optional_vars) if item.optional_vars else set()
                live = (live - bound) | loaded(item.context_expr)
        elif isinstance(node, ast.For):
            live = (live | _before(node.body, live)) - stored(node.target) | loaded(node.iter)
        elif isinstance(node, ast.If):
            live = _before(node.body, live) | _before(node.orelse, live) | loaded(node.test)
        elif isinstance(node, ast.Try):
            caught = [_before(one.body, live) - {str(one.name)} for one in node.handlers]
            live = _before(node.body, live).union(*caught)
        else:
            live = (live - stored(node)) | loaded(node)
    return live


def stored(tree: ast.AST) -> set[str]:
    """Names that code makes where it stands: not those within functions and comprehensions.

    >>> sorted(stored(ast.parse("import a.b as c\\nfor d in e: f = [g for g in h]")))
    ['c', 'd', 'f']
    """
    names: set[str] = set()
    todo = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
            continue
        if isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp):
            continue
        if isinstance(node, ast.GeneratorExp):
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        todo += ast.iter_child_nodes(node)
    return names


def loaded(tree: ast.AST) -> set[str]:
    """Names that code makes use of, within its functions too, but for those that are their own.

    >>> sorted(loaded(ast.parse("def f(a):\\n    b = a + c\\n    return [d for d in b]")))
    ['c']
    """
    scopes = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    comprehensions = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp

    def walk(node: ast.AST, own: frozenset[str]) -> set[str]:
        if isinstance(node, scopes):
            arguments = node.args
            every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            every += [a for a in (arguments.vararg, arguments.kwarg) if a]
            inner = {a.arg for a in every}
            body = node.body if isinstance(node.body, list) else [node.body]
            for statement in body:
                inner |= stored(statement)
            outside = [*arguments.defaults, *filter(None, arguments.kw_defaults)]
            outside += getattr(node, "decorator_list", [])
            found = {name for one in outside for name in walk(one, own)}
            within = own | inner
            return found.union(*(walk(statement, within) for statement in body))
        if isinstance(node, comprehensions):
            targets = {
                name.id
                for loop in node.generators
                for name in ast.walk(loop.target)
                if isinstance(name, ast.Name)
            }
            own = own | targets
        if isinstance(node, ast.ExceptHandler) and node.name:
            own = own | {node.name}
        if isinstance(node, ast.Name):
            return {node.id} - own if isinstance(node.ctx, ast.Load) else set()
        return set().union(*(walk(child, own) for child in ast.iter_child_nodes(node)))

    return walk(tree, frozenset())
