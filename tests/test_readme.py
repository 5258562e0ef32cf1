"""What READMEs and code both say is written from one place."""

import re

import pytest

from smolsynth.cli.main import COMMANDS, build_parser
from smolsynth.cli.strings import strings
from smolsynth.specs import SPECS
from tools import readme, twins

READMES = [readme.ROOT / "README.md", readme.ROOT / "README_cn.md"]


def name_of(page):
    return str(page.relative_to(readme.ROOT))


@pytest.mark.parametrize("page", readme.pages(), ids=name_of)
def test_nothing_is_stale(page):
    text = page.read_text(encoding="utf-8")
    assert readme.refreshed(text, twins.language(page)) == text, "python -m tools.readme refresh"


@pytest.mark.parametrize("page", READMES, ids=name_of)
def test_both_readmes_hold_every_block(page):
    text = page.read_text(encoding="utf-8")
    assert set(re.findall(r"<!-- from: (.+?) -->", text)) == set(readme.BLOCKS)


def test_every_figure_is_found_and_a_stale_one_is_mended():
    texts = {page: page.read_text(encoding="utf-8") for page in readme.pages()}
    for pattern, figure in readme.FIGURES:
        found = [page for page, text in texts.items() if re.search(pattern, text)]
        assert found, pattern
        page = found[0]
        stale = re.sub(pattern, lambda match: re.sub(r"\d", "7", match[0]), texts[page])
        assert figure() not in re.findall(pattern, stale)
        assert readme.refreshed(stale, twins.language(page)) == texts[page]


def test_a_stale_block_is_mended():
    page = READMES[0]
    text = page.read_text(encoding="utf-8")
    stale = text.replace("| `hf:MODEL` |", "| `hug:MODEL` |")
    assert stale != text and readme.refreshed(stale, "en") == text


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_help_lists_every_command_and_every_form_of_a_model(lang):
    text = build_parser(lang).format_help()
    for name in COMMANDS:
        assert re.search(rf"^ +{name.replace('_', '-')}\s", text, re.MULTILINE)
    said = strings(lang, "making")["model"]
    assert all(spec in said for spec in SPECS)


def test_a_name_that_is_no_model_is_told_every_form():
    from smolsynth.llms import load_llm

    with pytest.raises(ValueError, match="names no model") as caught:
        load_llm("gpt")
    assert all(spec in str(caught.value) for spec in SPECS)
