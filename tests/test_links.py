"""Links, anchors and pictures resolve, and all that points at this repository agrees.

External links are checked for their form only: no test needs the network.
"""

import re
import shutil
import sys
import unicodedata
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import pytest
from markdown_it import MarkdownIt

from tools import lessons, notebooks, repoint

ROOT = repoint.ROOT
MARKDOWN = MarkdownIt("commonmark").enable("table")
BADGE = "https://colab.research.google.com/assets/colab-badge.svg"
TEST_COMMANDS = ["pip install uv", "uv pip install -r requirements.txt", "pytest"]


# ---- reading ----
class Page(NamedTuple):
    """A Markdown file, or the Markdown cells of a notebook.

    `links` and `images` are addresses as written; `anchors` are the fragments that a link may name.
    """

    path: Path
    text: str
    headings: list[tuple[int, str]]
    anchors: set[str]
    links: list[str]
    images: list[str]
    fences: list[tuple[str, str]]


class _Html(HTMLParser):
    def __init__(self):
        super().__init__()
        self.links, self.images, self.anchors = [], [], []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "img":
            self.images.append(given.get("src", ""))
        self.anchors += [given[name] for name in ("id", "name") if given.get(name)]


# What one language alone needs, such as the providers of its country.
ONE_LANGUAGE = re.compile("<!-- only here -->.*?<!-- end only -->", re.DOTALL)


def page(path: Path, *, of_both: bool = False) -> Page:
    text = "\n\n".join(notebooks.prose(path))
    if of_both:
        text = ONE_LANGUAGE.sub("", text)
    read = Page(path, text, [], set(), [], [], [])
    html = _Html()
    tokens = MARKDOWN.parse(text)
    for token, following in zip(tokens, tokens[1:] + tokens[:1], strict=True):
        if token.type == "heading_open":
            plain = "".join(
                c.content for c in following.children if c.type in ("text", "code_inline")
            )
            read.headings.append((int(token.tag[1]), plain))
        elif token.type == "fence":
            read.fences.append((token.info, token.content))
        elif token.type == "html_block":
            html.feed(token.content)
        for child in token.children or []:
            if child.type == "link_open":
                read.links.append(child.attrs["href"])
            elif child.type == "image":
                read.images.append(child.attrs["src"])
            elif child.type == "html_inline":
                html.feed(child.content)
    read.links.extend(html.links)
    read.images.extend(html.images)
    read.anchors.update(html.anchors, anchors([text for _, text in read.headings]))
    return read


def anchors(headings: list[str]) -> list[str]:
    """GitHub's: lower case; letters, digits, _ and - stay, a blank becomes -, repeats get -1…"""
    found = []
    for heading in headings:
        kept = (c for c in heading.lower() if c in " -_" or unicodedata.category(c)[0] in "LMN")
        anchor = "".join(kept).replace(" ", "-")
        count = sum(
            re.fullmatch(re.escape(anchor) + r"(-\d+)?", other) is not None for other in found
        )
        found.append(f"{anchor}-{count}" if anchor in found else anchor)
    return found


def pages(root: Path) -> list[Page]:
    return [page(path) for path in [*repoint.documents(root), *notebooks.notebooks(root)]]


# ---- rules; each lists its problems ----
def link_problems(read: Page) -> list[str]:
    """Links and images of a page that lead nowhere."""
    problems = []
    for link in map(unquote, read.links):
        if re.match("[a-z]+:", link):
            problems += _external_problems(link)
            continue
        target, _, fragment = link.partition("#")
        path = (read.path.parent / target) if target else read.path
        if not path.exists():
            problems.append(f"{link}: there is no such file")
        elif fragment and fragment not in (page(path).anchors if target else read.anchors):
            problems.append(f"{link}: there is no such heading")
    for image in read.images:
        if image == BADGE:
            continue
        if re.match("[a-z]+:", image):
            problems.append(f"{image}: pictures come from images/, not from the network")
        elif not (read.path.parent / unquote(image)).is_file():
            problems.append(f"{image}: there is no such picture")
    return problems


def _external_problems(link: str) -> list[str]:
    if link.startswith("mailto:"):
        return []
    parts = urlsplit(link)
    local = parts.hostname in ("localhost", "127.0.0.1")
    if parts.scheme != "https" and not local:
        return [f"{link}: not https"]
    if not local and not re.fullmatch(r"([\w-]+\.)+[a-z]{2,}", parts.netloc or "", re.ASCII):
        return [f"{link}: no proper host"]
    if link[-1] in ".,;:" or re.search(r"[<>\u3000-\u303f\uff00-\uffef]", link):
        return [f"{link}: punctuation that doesn't belong to it"]
    return []


def home_problems(root: Path) -> list[str]:
    """Colab links, install lines and clone commands that don't follow pyproject.toml."""
    home = repoint.read_home(root)
    names = {path.name for path in notebooks.notebooks(root)}
    problems = []
    for path in [*repoint.documents(root), *notebooks.notebooks(root)]:
        text = path.read_text("utf-8").replace('\\"', '"')
        for url in re.findall(r"https://colab\.research\.google\.com/github/[^\s)\"'<>]+", text):
            if not url.startswith(home.colab) or url.removeprefix(home.colab) not in names:
                problems.append(f"{path.name}: {url} is none of the notebooks under {home.colab}")
        for source in re.findall(r"git\+[^\s\"'`)]+", text):
            if source != home.source:
                problems.append(f"{path.name}: {source}, not {home.source}")
        for url in re.findall(r"git clone [^\n]*?(https://\S+?)(?:\.git)?(?=[\s`\"]|\\n|$)", text):
            if url != home.github:
                problems.append(f"{path.name}: git clone {url}, not {home.github}")
    return problems


def badge_problems(read: Page, root: Path) -> list[str]:
    """A notebook opens itself on Colab, and links its twin; a README, those of its language."""
    home = repoint.read_home(root)
    colab = [link.removeprefix(home.colab) for link in read.links if link.startswith(home.colab)]
    if read.path.suffix == ".ipynb":
        stem = read.path.stem.removesuffix("_cn")
        twin = f"{stem}.ipynb" if read.path.stem.endswith("_cn") else f"{stem}_cn.ipynb"
        problems = [] if colab == [read.path.name] else [f"one Colab link, to itself, not {colab}"]
        return problems + ([] if twin in read.links else [f"no link to its twin {twin}"])
    language = notebooks.language(read.path)
    mine = [p.name for p in notebooks.notebooks(root) if notebooks.language(p) == language]
    linked = [link.removeprefix("notebooks/") for link in read.links if ".ipynb" in link]
    linked = [name for name in linked if not name.startswith("https:")]
    problems = []
    if sorted(colab) != sorted(mine):
        problems.append(f"Colab links to {sorted(colab)}, notebooks are {sorted(mine)}")
    if not set(mine) <= set(linked):
        problems.append(f"no relative link to {sorted(set(mine) - set(linked))}")
    if others := [name for name in linked if name not in mine]:
        problems.append(f"links to notebooks of the other language: {others}")
    return problems


_SHELLS = ("sh", "bash")


def outline(read: Page) -> dict[str, list]:
    """What both languages of a document share: `_cn` files count as their English twins.

    A command of the Chinese page may ask for Chinese data.
    """

    def shared(addresses: list[str]) -> list[str]:
        names = [re.sub(r"_cn(?=\.\w+$)", "", address.partition("#")[0]) for address in addresses]
        return [name for name in names if not name.startswith("http")]

    return {
        "headings": [level for level, _ in read.headings],
        "links": [name for name in shared(read.links) if name != re.sub("_cn", "", read.path.name)],
        "pictures": shared(read.images),
        "fences": [language for language, _ in read.fences],
        "commands": [
            code.replace(" --lang zh", "") for language, code in read.fences if language in _SHELLS
        ],
        "tables": [line.count("|") for line in read.text.splitlines() if line.startswith("|")],
    }


# ---- the project ----
PAGES = pytest.mark.parametrize(
    "path",
    [*repoint.documents(), *notebooks.notebooks()],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
READMES = [path for path in (ROOT / "README.md", ROOT / "README_cn.md") if path.exists()]
BADGED = [*READMES, *notebooks.notebooks()]


@PAGES
def test_links_and_pictures_resolve(path):
    problems = link_problems(page(path))
    assert not problems, "\n".join(problems)


def test_all_that_names_the_repository_agrees():
    problems = home_problems(ROOT)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("path", BADGED, ids=lambda path: path.name)
def test_colab_badges_and_language_links(path):
    problems = badge_problems(page(path), ROOT)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("path", lessons.lessons(), ids=lambda path: path.name)
def test_both_languages_have_the_same_sections(path):
    english = notebooks.english_of(path)
    chinese = english.with_name(f"{english.stem}_cn.md")
    assert chinese.exists(), f"{english.name} has no Chinese twin"
    assert outline(page(english, of_both=True)) == outline(page(chinese, of_both=True))
    assert chinese.name in page(english).links and english.name in page(chinese).links


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_ci_runs_the_commands_of_the_readme(path):
    commands = [command for language, command in page(path).fences if language == "sh"]
    assert " && ".join(TEST_COMMANDS) + "\n" in commands
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert [line for line in lines if line in TEST_COMMANDS] == TEST_COMMANDS
    assert lines[-1] == TEST_COMMANDS[-1]


# ---- the rules themselves, on a small course ----
HOME = repoint.Home("me/my-course", "dev", "part_2")


@pytest.fixture
def course(tmp_path):
    """A small course with both languages, at the place that the real pyproject.toml names."""
    home = repoint.read_home()
    root = tmp_path / "course"
    (root / "notebooks").mkdir(parents=True)
    shutil.copy(ROOT / "pyproject.toml", root)
    (root / "picture.png").touch()
    for suffix, other, title in (("", "_cn", "A title"), ("_cn", "", "标题 一")):
        badge = f"[![Colab]({BADGE})]({home.colab}n{suffix}.ipynb)"
        (root / f"README{suffix}.md").write_text(
            f"# {title}\n\n[other](README{other}.md) [there](#{anchors([title])[0]})\n\n"
            f"![a picture](picture.png)\n\n```sh\ngit clone {home.github} && cd {home.checkout}\n"
            f'pip install "smolsynth @ {home.source}"\n```\n\n| Link | Colab |\n|---|---|\n'
            f"| [N](notebooks/n{suffix}.ipynb) | {badge} |\n",
            "utf-8",
        )
        install = f'if colab:\n    %pip install -q "smolsynth @ {home.source}"'
        cells = [
            notebooks.nbformat.v4.new_markdown_cell(
                f"# {title}\n\n{badge} [twin](n{other}.ipynb)", id="title"
            ),
            notebooks.nbformat.v4.new_code_cell(install, id="setup"),
        ]
        notebook = notebooks.nbformat.v4.new_notebook(cells=cells)
        notebooks.write(root / "notebooks" / f"n{suffix}.ipynb", notebook)
    notebooks.stamp(root / "notebooks" / "n.ipynb")
    return root


def all_problems(root: Path) -> list[str]:
    read = pages(root)
    problems = home_problems(root)
    for each in read:
        problems += link_problems(each) + badge_problems(each, root)
    for path in notebooks.notebooks(root):
        problems += [p for p in notebooks.check(path) if "stale" in p or "differs" in p]
    if outline(read[0]) != outline(read[1]):
        problems.append("other sections")
    return problems


def test_a_good_course_has_no_problems(course):
    assert len(pages(course)) == 4
    assert all_problems(course) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("(#a-title)", "(#another-title)", "#another-title: there is no such heading"),
        ("(README_cn.md)", "(README_zh.md)", "README_zh.md: there is no such file"),
        (
            "(README_cn.md)",
            "(README_cn.md#标题-二)",
            "README_cn.md#标题-二: there is no such heading",
        ),
        ("(picture.png)", "(drawing.png)", "drawing.png: there is no such picture"),
        ("(picture.png)", "(https://example.org/a.png)", "pictures come from images/"),
        ("![a picture](picture.png)", '<img src="x.png">', "x.png: there is no such picture"),
        ("(README_cn.md)", "(http://example.org)", "http://example.org: not https"),
        ("(README_cn.md)", "(https://example)", "https://example: no proper host"),
        ("(README_cn.md)", "(https://example.org/a，)", "punctuation that doesn't belong"),
        ("(README_cn.md)", "(https://example.org/a.)", "punctuation that doesn't belong"),
        ("git clone https://github.com/", "git clone https://github.com/x/", "git clone https"),
        ("smolsynth @ git+https://", "smolsynth @ git+https://x", "git+https://xgithub.com"),
        ("notebooks/n.ipynb) |\n", "notebooks/n_cn.ipynb) |\n", "Colab links to ['n_cn.ipynb']"),
        ("[N](notebooks/n.ipynb)", "[N](notebooks/n_cn.ipynb)", "of the other language"),
        ("[N](notebooks/n.ipynb)", "N", "no relative link to ['n.ipynb']"),
        ("notebooks/n.ipynb) |\n", "notebooks/m.ipynb) |\n", "m.ipynb is none of the notebooks"),
        ("# A title", "## A title", "other sections"),
        ("```sh\n", "```sh\npip list\n", "other sections"),
        ("| [N]", "| more | [N]", "other sections"),
    ],
)
def test_what_is_broken_is_named(course, old, new, message):
    readme = course / "README.md"
    text = readme.read_text("utf-8")
    assert old in text
    readme.write_text(text.replace(old, new), "utf-8")
    assert message in "\n".join(all_problems(course))


def test_a_notebook_opens_itself(course):
    path = course / "notebooks" / "n_cn.ipynb"
    path.write_text(path.read_text("utf-8").replace("/n_cn.ipynb", "/n.ipynb"), "utf-8")
    assert "one Colab link, to itself, not ['n.ipynb']" in "\n".join(all_problems(course))


def test_anchors_are_those_of_github():
    headings = [
        "A title",
        "A `code` title!",
        "什么是 Magpie？",
        "🐢 Turtle",
        "A title",
        "a_b-c",
        "A title",
    ]
    assert anchors(headings) == [
        "a-title",
        "a-code-title",
        "什么是-magpie",
        "-turtle",
        "a-title-1",
        "a_b-c",
        "a-title-2",
    ]


# ---- another place ----
def test_the_home_of_the_course():
    assert repoint.read_home() == repoint.Home(
        "huggingface/smol-course", "main", "6_synthetic_datasets"
    )
    assert HOME.colab.endswith("/github/me/my-course/blob/dev/part_2/notebooks/")
    assert HOME.source == "git+https://github.com/me/my-course@dev#subdirectory=part_2"
    root = repoint.Home("me/my-course", "dev")
    assert root.colab.endswith("/github/me/my-course/blob/dev/notebooks/")
    assert root.source == "git+https://github.com/me/my-course@dev"


@pytest.mark.parametrize(
    "new",
    [HOME, repoint.Home("me/fork", "main"), repoint.Home("huggingface/smol-course", "v2", "x")],
)
def test_repoint_takes_everything_along_and_back(course, new):
    before = {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}
    old = repoint.read_home(course)
    assert len(repoint.repoint(new, course)) == 5
    assert repoint.read_home(course) == new
    assert all_problems(course) == []
    assert not any(old.colab.encode() in path.read_bytes() for path in before)
    assert repoint.repoint(new, course) == []
    repoint.repoint(old, course)
    assert {path: path.read_bytes() for path in before} == before


def test_repoint_leaves_stale_cells_stale(course):
    path = course / "notebooks" / "n_cn.ipynb"
    notebook = notebooks.read(path)
    notebook.cells[0].metadata["source_hash"] = "0" * 12
    notebooks.write(path, notebook)
    repoint.repoint(HOME, course)
    stale = [problem for problem in notebooks.check(path) if "stale" in problem]
    assert len(stale) == 1 and "'title'" in stale[0]


def test_repoint_works_on_the_whole_project(tmp_path):
    files = ["pyproject.toml", "images", "notebooks", *(p.name for p in ROOT.glob("*.md"))]
    for name in files:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name)
        elif (ROOT / name).exists():
            shutil.copy(ROOT / name, tmp_path / name)
    repoint.repoint(HOME, tmp_path)
    problems = home_problems(tmp_path)
    for path in [*(tmp_path / readme.name for readme in READMES), *notebooks.notebooks(tmp_path)]:
        problems += badge_problems(page(path), tmp_path)
    assert not problems, "\n".join(problems)
    old = repoint.read_home()
    texts = [
        path.read_text("utf-8") for path in tmp_path.rglob("*") if path.suffix in (".md", ".ipynb")
    ]
    assert not [text for text in texts if old.colab in text or old.source in text]


@pytest.mark.parametrize(
    "arguments",
    [["course", "folder", "main"], ["me/course", "../x", "main"], ["me/course", "x", "feature/y"]],
)
def test_repoint_refuses_what_it_cannot_write(arguments, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["repoint", *arguments])
    with pytest.raises(SystemExit):
        repoint.main()
    assert "error: '" in capsys.readouterr().err


def test_without_arguments_git_says_where_the_course_is(tmp_path, monkeypatch, capsys):
    import subprocess

    def git(*words):
        subprocess.run(["git", *words], cwd=tmp_path, check=True, capture_output=True)

    git("init", "-b", "dev")
    with pytest.raises(ValueError, match="origin is not set"):
        repoint.from_git(tmp_path)
    (tmp_path / "part_2").mkdir()
    for remote in ("git@github.com:me/my-course.git", "https://github.com/me/my-course"):
        git("remote", "add", "origin", remote)
        assert repoint.from_git(tmp_path / "part_2") == HOME
        assert repoint.from_git(tmp_path) == repoint.Home("me/my-course", "dev")
        git("remote", "remove", "origin")
    git("remote", "add", "origin", "https://example.org/me/my-course")
    with pytest.raises(ValueError, match="no repository on GitHub"):
        repoint.from_git(tmp_path)
    monkeypatch.setattr(repoint, "from_git", lambda: HOME)
    seen = []
    monkeypatch.setattr(repoint, "repoint", lambda new: seen.append(new) or [])
    monkeypatch.setattr(sys, "argv", ["repoint"])
    assert repoint.main() == 0 and seen == [HOME]
    monkeypatch.setattr(sys, "argv", ["repoint", "me/my-course"])
    with pytest.raises(SystemExit):
        repoint.main()
    assert "name all three" in capsys.readouterr().err
