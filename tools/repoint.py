"""Points Colab links and install lines at another repository, such as a fork.

    python -m tools.repoint                               by the git remote, branch and folder
    python -m tools.repoint OWNER/REPO FOLDER BRANCH      (FOLDER is . for the repository's root)

The one place that says where the course lives is `Homepage` in pyproject.toml; this rewrites it,
and with it every link to Colab, Kaggle and ModelScope, every install line and every clone command
in Markdown files and notebooks.
"""

import argparse
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tools import notebooks, twins

ROOT = Path(__file__).resolve().parent.parent
_HOMEPAGE = re.compile(
    r'^Homepage = "https://github\.com/(?P<repository>[^/"]+/[^/"]+)/tree/'
    r'(?P<branch>[^/"]+)(?:/(?P<folder>[^"]+))?"$',
    re.MULTILINE,
)
_GENERATED = {"build", "dist", "output", "node_modules"}


@dataclass(frozen=True)
class Home:
    """Where the course lives: GitHub repository (OWNER/REPO), branch, folder ("" for the root)."""

    repository: str
    branch: str
    folder: str = ""

    @property
    def github(self) -> str:
        return f"https://github.com/{self.repository}"

    @property
    def page(self) -> str:
        return "/".join(filter(None, [self.github, "tree", self.branch, self.folder]))

    @property
    def colab(self) -> str:
        """What Colab links start with; a notebook's file name follows."""
        parts = [self.repository, "blob", self.branch, self.folder, "notebooks/"]
        return "https://colab.research.google.com/github/" + "/".join(filter(None, parts))

    @property
    def kaggle(self) -> str:
        """As `colab`: Kaggle imports what GitHub shows."""
        shown = self.page.replace("/tree/", "/blob/")
        return f"https://kaggle.com/kernels/welcome?src={shown}/notebooks/"

    @property
    def modelscope(self) -> str:
        """As `colab`, for ModelScope's notebooks."""
        return self.colab.replace(
            "https://colab.research.google.com/github/",
            "https://modelscope.cn/notebook/share/github/",
        )

    @property
    def source(self) -> str:
        """What pip installs: `pip install "smolsynth @ SOURCE"`."""
        subdirectory = f"#subdirectory={self.folder}" if self.folder else ""
        return f"git+{self.github}@{self.branch}{subdirectory}"

    @property
    def checkout(self) -> str:
        """The course's folder after a `git clone`."""
        return "/".join(filter(None, [self.repository.split("/")[1], self.folder]))


def read_home(root: Path = ROOT) -> Home:
    """Raises ValueError if pyproject.toml has no `Homepage` of the form …/tree/BRANCH/FOLDER."""
    match = _HOMEPAGE.search((root / "pyproject.toml").read_text(encoding="utf-8"))
    if not match:
        raise ValueError(
            "pyproject.toml: under [project.urls], Homepage must read"
            ' "https://github.com/OWNER/REPO/tree/BRANCH/FOLDER".'
        )
    return Home(match["repository"], match["branch"], match["folder"] or "")


def documents(root: Path = ROOT) -> list[Path]:
    """All Markdown files of the project, sorted; not those of hidden or generated folders."""
    return sorted(
        path
        for path in root.rglob("*.md")
        if not any(
            part.startswith(".") or part in _GENERATED for part in path.relative_to(root).parts
        )
    )


def repoint(new: Home, root: Path = ROOT) -> list[Path]:
    """Rewrites pyproject.toml, Markdown files and notebooks. Returns the files that changed.

    Chinese cells that were up to date before stay so: their `source_hash` is renewed.
    """
    old = read_home(root)
    fresh = _fresh_cells(root)
    changed = []
    for path in [root / "pyproject.toml", *documents(root), *notebooks.notebooks(root)]:
        before = path.read_text(encoding="utf-8")
        after = _HOMEPAGE.sub(f'Homepage = "{new.page}"', before)
        after = _rewritten(after, old, new)
        if after != before:
            path.write_text(after, encoding="utf-8")
            changed.append(path)
    for path, ids in fresh.items():
        before = path.read_bytes()
        notebooks.stamp(path, only=ids)
        if path.read_bytes() != before and path not in changed:
            changed.append(path)
    return changed


def _rewritten(text: str, old: Home, new: Home) -> str:
    names = {
        old.colab: new.colab,
        old.kaggle: new.kaggle,
        old.modelscope: new.modelscope,
        old.source: new.source,
        old.page: new.page,
        old.page.replace("/tree/", "/blob/"): new.page.replace("/tree/", "/blob/"),
        f"git clone {old.github}": f"git clone {new.github}",
        f"cd {old.checkout}": f"cd {new.checkout}",
    }
    # One pass, longest first, so that nothing is rewritten twice; no longer name is cut in two.
    either = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.sub(rf"({either})(?<=/)|({either})(?![\w#-])", lambda match: names[match[0]], text)


def _fresh_cells(root: Path) -> dict[Path, set[str]]:
    """Ids of the up-to-date cells of each Chinese notebook."""
    fresh = {}
    for path in notebooks.notebooks(root):
        english = notebooks.english_of(path)
        if path != english and english.exists():
            hashes = {c.id: twins.source_hash(c.source) for c in notebooks.read(english).cells}
            fresh[path] = {
                cell.id
                for cell in notebooks.read(path).cells
                if cell.metadata.get("source_hash") == hashes.get(cell.id)
            }
    return fresh


def from_git(root: Path = ROOT) -> Home:
    """Where this checkout is pushed to: its remote `origin`, branch and folder.

    Raises ValueError where that is no repository on GitHub, or no branch is checked out.
    """

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True)
        return done.stdout.strip()

    remote, branch = git("remote", "get-url", "origin"), git("branch", "--show-current")
    found = re.search(r"github\.com[:/]([\w.-]+/[\w.-]+?)(?:\.git)?/?$", remote)
    if not found:
        raise ValueError(f"the remote origin is {remote or 'not set'}, no repository on GitHub.")
    if not branch:
        raise ValueError("no branch is checked out: git switch BRANCH.")
    return Home(found[1], branch, git("rev-parse", "--show-prefix").strip("/"))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("repository", metavar="OWNER/REPO", nargs="?")
    parser.add_argument(
        "folder", metavar="FOLDER", nargs="?", help="the course's folder; . for the root"
    )
    parser.add_argument("branch", metavar="BRANCH", nargs="?")
    arguments = parser.parse_args()
    if not arguments.repository:
        try:
            arguments = argparse.Namespace(**vars(from_git()))
        except ValueError as error:
            parser.error(str(error))
        arguments.folder = arguments.folder or "."
    if not (arguments.folder and arguments.branch):
        parser.error("name all three: OWNER/REPO FOLDER BRANCH; or none, to go by git.")
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", arguments.repository):
        parser.error(f"'{arguments.repository}' is no OWNER/REPO.")
    if not re.fullmatch(r"[\w.-]+", arguments.branch):
        parser.error(f"'{arguments.branch}': use a branch or tag without / in its name.")
    folder = arguments.folder.strip("/")
    if ".." in folder.split("/") or not re.fullmatch(r"[\w./-]+", folder):
        parser.error(f"'{arguments.folder}' is no folder inside the repository.")
    new = Home(arguments.repository, arguments.branch, "" if folder == "." else folder)
    for path in repoint(new):
        print(f"changed {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
