"""The rules for notebooks, and for the two languages of a file, as functions that list problems.

Each problem is a sentence that names the cell. See CONTRIBUTING.md for the rules themselves.
"""

import ast
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

LARGEST = 600_000  # bytes of a notebook
LONGEST = 30  # lines of a code cell
CHINESE = re.compile("[\u4e00-\u9fff]")
MACHINE_PATH = re.compile(
    r"(?<![\w.:/])/(?:home|root|tmp|work|Users|var/folders)/\S+|\S*site-packages\S*|\b[A-Z]:\\\S+"
)
ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,}")  # of an object in memory
# Strings without blanks or other punctuation are names, not text for readers.
_NAME = re.compile(r"[\w\-./:#<>|{}]*")
_ID = re.compile(r"[a-z]+[0-9]?(-[a-z0-9]+)*")
_RANDOM_ID = re.compile(r"[0-9a-f]{8,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SOLUTION = re.compile(r"<details>.*</summary>\n\n.*```python\n.*```\n+</details>", re.DOTALL)
_EXEMPTIONS = re.compile("NBVAL_|PYTEST_VALIDATE_", re.IGNORECASE)
_EXEMPT_TAGS = {"raises-exception", "skip-execution"}


def language(path: Path) -> str:
    """The language of a page or notebook by its name, "en" or "zh"."""
    return "zh" if path.stem.endswith("_cn") else "en"


def source_hash(source: str) -> str:
    """First 12 hex digits of the SHA-256 of a cell's source."""
    return hashlib.sha256(source.encode()).hexdigest()[:12]


# ---- one notebook ----
def structure_problems(notebook: NotebookNode) -> list[str]:
    """Format, kernel, ids, lengths, tags, and the parts of the exercises."""
    problems = []
    if (notebook.nbformat, notebook.nbformat_minor) != (4, 5):
        problems.append(f"nbformat {notebook.nbformat}.{notebook.nbformat_minor}, not 4.5")
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        problems.append("the kernelspec is not 'python3'")
    if "widgets" in notebook.metadata:
        problems.append("there is widget state in the notebook's metadata")
    ids = [cell.id for cell in notebook.cells]
    for cell in notebook.cells:
        if not _ID.fullmatch(cell.id) or _RANDOM_ID.fullmatch(cell.id):
            problems.append(f"cell '{cell.id}': give it an id in words, such as 'load-seeds'")
        if ids.count(cell.id) > 1:
            problems.append(f"cell '{cell.id}': another cell has the same id")
        if unknown := set(cell.metadata) - {"source_hash", "tags"}:
            problems.append(f"cell '{cell.id}': volatile metadata {sorted(unknown)}")
        if cell.cell_type == "code":
            if (lines := len(cell.source.splitlines())) > LONGEST:
                problems.append(f"cell '{cell.id}': {lines} lines of code; at most {LONGEST}")
            tags = set(cell.metadata.get("tags", []))
            if _EXEMPTIONS.search(cell.source) or any(
                tag in _EXEMPT_TAGS or _EXEMPTIONS.match(tag.replace("-", "_")) for tag in tags
            ):
                problems.append(f"cell '{cell.id}': no cell may be exempt from the tests")
    return problems + _exercise_problems(notebook)


def _exercise_problems(notebook: NotebookNode) -> list[str]:
    cells = {cell.id: cell for cell in notebook.cells}
    ids = list(cells)
    tiers = {
        cell.id.split("-", 1)[1]: None
        for cell in notebook.cells
        if re.match("(exercise|check|solution)-", cell.id)
    }
    problems = []
    for tier in tiers:
        parts = [f"exercise-{tier}", f"check-{tier}", f"solution-{tier}"]
        if missing := [part for part in parts if part not in cells]:
            problems.append(f"exercise '{tier}': no cell '{missing[0]}'")
            continue
        if [cells[part].cell_type for part in parts] != ["code", "code", "markdown"]:
            problems.append(f"exercise '{tier}': exercise and check are code, solution is markdown")
            continue
        first, second, third = (ids.index(part) for part in parts)
        if not first < second < third:
            problems.append(f"exercise '{tier}': the order is exercise, check, solution")
        if len(cells[parts[0]].source.splitlines()) > 10:
            problems.append(f"cell '{parts[0]}': a stub is at most ten lines")
        hints = 0
        for cell in reversed(notebook.cells[:first]):
            if cell.cell_type != "markdown" or cell.id.startswith("solution-"):
                break
            hints += cell.source.count("<details>")
        if hints != 2:
            problems.append(f"cell '{parts[0]}': {hints} hints (<details>) before it, not two")
        solution = cells[parts[2]].source
        if solution.count("```python\n") != 1 or solution.count("```") != 2:
            problems.append(f"cell '{parts[2]}': a solution has exactly one ```python fence")
        elif not re.search(
            r"<details>.*</summary>\n\n.*```python\n.*```\n+</details>", solution, re.S
        ):
            problems.append(
                f"cell '{parts[2]}': <details>, <summary>, a blank line, the fence, </details>"
            )
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            if cell.source.count("<details>") != cell.source.count("</details>"):
                problems.append(f"cell '{cell.id}': a <details> is not closed")
            if re.search(r"</summary>\n(?!\n)", cell.source):
                problems.append(f"cell '{cell.id}': leave a blank line after </summary>")
    return problems


def output_problems(notebook: NotebookNode) -> list[str]:
    """What must not be in committed outputs, and what must."""
    problems = []
    count = 0
    for cell in notebook.cells:
        texts_of_cell = cell.source
        if cell.cell_type == "code":
            count += bool(cell.source.strip())
            if cell.source.strip() and cell.execution_count != count:
                problems.append(
                    f"cell '{cell.id}': execution count {cell.execution_count}, not {count}: "
                    "run `python -m tools.notebooks run`"
                )
            if cell.id.startswith("check-"):
                shown = "\n".join(texts(output) for output in cell.outputs)
                if not shown.strip():
                    problems.append(f"cell '{cell.id}': a check shows its report")
                elif "✅" in shown:
                    problems.append(f"cell '{cell.id}': the committed stub seems to be solved")
            for output in cell.outputs:
                problems += [f"cell '{cell.id}': {problem}" for problem in _bad_output(output)]
                texts_of_cell += "\n" + texts(output)
        if match := MACHINE_PATH.search(texts_of_cell):
            problems.append(f"cell '{cell.id}': a path of this machine, {match[0][:60]!r}")
    return problems


def _bad_output(output: NotebookNode) -> Iterator[str]:
    if output.output_type == "error":
        yield f"{output.ename}: {output.evalue}"
    if output.output_type == "stream" and output.name == "stderr":
        yield f"writes to stderr: {output.text.strip()[:200]!r}"
    if any("widget" in kind for kind in output.get("data", {})):
        yield "a widget without its state"
    if match := ADDRESS.search(texts(output)):
        yield f"an address in memory, {match[0]!r}: print something readable"


def texts(output: NotebookNode) -> str:
    """What an output shows as text (pictures left out)."""
    if output.output_type == "stream":
        return output.text
    if output.output_type == "error":
        return "\n".join(output.traceback)
    return "\n".join(
        value if isinstance(value, str) else str(value)
        for kind, value in output.data.items()
        if not kind.startswith("image/")
    )


# ---- two notebooks ----
def twin_problems(english: NotebookNode, chinese: NotebookNode) -> list[str]:
    """Where the Chinese notebook is not the English one in Chinese, or no longer."""
    ids = [cell.id for cell in english.cells]
    if (other := [cell.id for cell in chinese.cells]) != ids:
        for left, right in zip(ids + [None], other + [None], strict=False):
            if left != right:
                return [f"cell '{right}' stands where the English twin has cell '{left}'"]
    problems = []
    for left, right in zip(english.cells, chinese.cells, strict=True):
        name = f"cell '{right.id}'"
        if left.cell_type != right.cell_type:
            problems.append(f"{name}: {right.cell_type}, but {left.cell_type} in English")
            continue
        if left.metadata.get("tags", []) != right.metadata.get("tags", []):
            problems.append(f"{name}: other tags than in English")
        if left.cell_type == "code":
            if difference := code_difference(left.source, right.source):
                problems.append(f"{name}: {difference}")
            if bool(left.outputs) != bool(right.outputs):
                problems.append(f"{name}: only one of the twins has outputs")
        else:
            problems += [f"{name}: {problem}" for problem in _prose_problems(left, right)]
        if right.metadata.get("source_hash") != source_hash(left.source):
            problems.append(
                f"{name}: stale: the English cell has changed since it was translated; bring it up "
                "to date, then run `python -m tools.notebooks stamp`"
            )
    return problems


def _prose_problems(english: NotebookNode, chinese: NotebookNode) -> Iterator[str]:
    fence = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    left, right = fence.findall(english.source), fence.findall(chinese.source)
    if [language for language, _ in left] != [language for language, _ in right]:
        yield "other code fences than in English"
    else:
        for (language, code), (_, other) in zip(left, right, strict=True):
            if language == "python" and (difference := code_difference(code, other)):
                yield f"in its code, {difference}"
    prose = re.sub(r"<[^>]*>|\(\S*\)|`[^`]*`", "", fence.sub("", english.source))
    if len(re.findall(r"[A-Za-z]{3,}", prose)) > 5 and not CHINESE.search(chinese.source):
        yield "not translated"


# ---- code ----
def code_difference(english: str, chinese: str, words: bool = False) -> str | None:
    """Compares two cells by syntax tree: comments, layout and display strings may differ.

    A display string is one that is more than a name in English: it has a blank or punctuation that
    names don't have. `LANG = "en"` goes with `LANG = "zh"`.

    Args:
        words: for lessons, which have no `LANG`: "rain" goes with "雨" too, and "en" with "zh".

    Returns:
        None, or a sentence that names the first line (of the Chinese code) that differs.
    """
    trees = []
    for name, source in (("English", english), ("Chinese", chinese)):
        try:
            trees.append(ast.parse(TransformerManager().transform_cell(source)))
        except SyntaxError as error:
            return f"the {name} code is no Python: {error}"
    if line := _difference(*trees, words):
        lines = chinese.splitlines() or [""]
        shown = lines[min(line, len(lines)) - 1].strip()
        return f"the code differs from the English twin at line {line}: {shown!r}"
    return None


def _difference(left, right, words: bool, line: int = 1) -> int | None:
    """The line where two trees, lists of trees or values differ first, or None."""
    line = getattr(right, "lineno", line)
    if isinstance(left, ast.Constant) and isinstance(right, ast.Constant):
        same = type(left.value) is type(right.value) and left.value == right.value
        return None if same or _is_display(left.value, right.value, words) else line
    if type(left) is not type(right):
        return line
    if isinstance(left, list):
        for one, other in zip(left, right, strict=False):
            if found := _difference(one, other, words, line):
                return found
        return line if len(left) != len(right) else None
    if not isinstance(left, ast.AST):
        return None if left == right else line
    if isinstance(left, ast.JoinedStr):
        return _f_string_difference(left, right, words, line)
    if _language(left) == "en" and _language(right) == "zh":
        return None
    for name in left._fields:
        if name != "kind" and (
            found := _difference(getattr(left, name, None), getattr(right, name, None), words, line)
        ):
            return found
    return None


def _is_display(left: object, right: object, words: bool) -> bool:
    if not (isinstance(left, str) and isinstance(right, str)):
        return False
    if words and (CHINESE.search(right) or (left, right) == ("en", "zh")):
        return True
    return not _NAME.fullmatch(left)


def _f_string_difference(
    left: ast.JoinedStr, right: ast.JoinedStr, words: bool, line: int
) -> int | None:
    """A display f-string may say the same values in another order, with other words."""
    fixed = [value.value for value in left.values if isinstance(value, ast.Constant)]
    if all(_NAME.fullmatch(text) for text in fixed):
        return _difference(left.values, right.values, words, line)
    said = [value for value in right.values if not isinstance(value, ast.Constant)]
    for value in left.values:
        if isinstance(value, ast.Constant):
            continue
        match = next((other for other in said if _difference(value, other, words) is None), None)
        if match is None:
            return line
        said.remove(match)
    return line if said else None


def _language(node: ast.AST) -> str | None:
    """ "en" or "zh" for the statement `LANG = …`."""
    if (
        isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and [getattr(target, "id", None) for target in node.targets] == ["LANG"]
    ):
        return node.value.value
    return None
