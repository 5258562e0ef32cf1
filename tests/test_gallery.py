"""Rows mended by a reader with a log of it, and the folder that shows a dataset to others."""

import json

import pytest

from smolsynth.datasets.convert import to_messages
from smolsynth.datasets.gallery import STORY, gallery
from smolsynth.datasets.mend import LOG, contradicted, mend
from smolsynth.datasets.read import read_rows
from smolsynth.datasets.save import save
from smolsynth.quality.report import texts_of

WORDS = "bread oven moon river cat violin paper copper garden winter ship lamp".split()
VERDICTS = {
    1: {},
    2: {"fault": "wrong", "response": "A river is water that flows to the sea."},
    4: {"fault": "nobody asks that"},
}
TOLD = dict.fromkeys(STORY, "Write to jo@city.org.")


def rows(count=6):
    return [
        {
            "instruction": f"What has a {WORDS[i % 12]} to do with number {i}?",
            "response": f"Number {i} was painted on the {WORDS[i % 12]}, long ago.",
            "file": f"{WORDS[i % 2]}.md",
        }
        for i in range(count)
    ]


def saved(folder, given, log=""):
    data = to_messages(given, keep=("file",))
    files = {LOG: log, "pipeline.py": "pass\n"} if log else None
    facts = {"lang": "en", "model": "bundled", "technique": "by hand", "seed": 1}
    return save(data, folder, files=files, despite="a test", **facts)


# ---- mending ----
def test_what_a_reader_decides_is_done_and_logged():
    given = rows()
    mended = mend(given, VERDICTS)
    assert given == rows(), "the rows that were given are not touched"
    assert len(mended.rows) == 5 and mended.rows[2]["response"].startswith("A river is water")
    assert mended.rows[3] == given[3] and given[4] not in mended.rows
    assert [(one["row"], one["action"]) for one in mended.log] == [
        (1, "left"),
        (2, "mended"),
        (4, "dropped"),
    ]
    assert mended.log[1]["was"]["response"] == given[2]["response"]
    assert mended.log[2]["now"] is None and mended.log[2]["fault"] == "nobody asks that"
    assert [json.loads(line) for line in mended.jsonl().splitlines()] == mended.log
    assert "3 rows read" in repr(mended) and "人工读过 3 行" in mended.describe("zh")


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        ({6: {}}, "from 0 to 5"),
        ({True: {}}, "no row True"),
        ({0: {"answer": "x", "fault": "y"}}, "'answer' is neither"),
        ({0: {"fault": "wrong", "response": " "}}, "a text is empty"),
        ({0: {"response": "x"}}, "say why"),
    ],
)
def test_verdicts_that_can_not_be_meant_are_refused(verdicts, said):
    with pytest.raises(ValueError, match=said):
        mend(rows(), verdicts)


def test_a_log_is_held_against_the_data():
    mended = mend(rows(), VERDICTS)
    assert contradicted(mended.log, mended.rows) == []
    assert contradicted(mended.log, to_messages(rows())) == [1, 2]


def test_pairs_are_mended_too():
    pair = {"instruction": "Why?", "chosen": "So.", "rejected": "No."}
    mended = mend([pair], {0: {"fault": "curt", "chosen": "Because it is so."}})
    assert mended.rows == [{**pair, "chosen": "Because it is so."}]
    assert contradicted(mended.log, [pair]) == [0]


# ---- showing ----
def test_a_gallery_shows_story_log_and_a_drawn_sample(tmp_path):
    mended = mend(rows(40), VERDICTS)
    data = saved(tmp_path / "data", mended.rows, mended.jsonl())
    shown = gallery(data, tmp_path / "shown", TOLD, title="Old | numbers", trials="a table")
    names = {path.name for path in shown.iterdir()}
    assert names == {"README.md", "card.md", "sample.jsonl", LOG, "pipeline.py"}
    page = (shown / "README.md").read_text("utf-8")
    assert page.startswith("# Old \\| numbers\n") and "```text\na table\n```" in page
    assert "3 rows read by a person: 1 left as they are, 1 mended, 1 dropped" in page
    assert "apache-2.0" in page and page.count("Write to [email].") == len(STORY)
    sample = read_rows(shown / "sample.jsonl").rows
    every = texts_of(mended.rows)
    assert len(sample) == 20 and set(texts_of(sample)) < set(every)
    assert texts_of(sample) != every[:20], "drawn, not the first ones"
    assert all(f"user: {asked}\nassistant: {told}" in page for asked, told in texts_of(sample))


def test_what_a_model_wrote_stays_text(tmp_path):
    given = [{**row, "response": "```\n# Buy <b>now</b> at jo@city.org"} for row in rows(3)]
    shown = gallery(saved(tmp_path / "data", given), tmp_path / "shown", TOLD, lang="zh")
    page = (shown / "README.md").read_text("utf-8")
    assert "````text\nuser: " in page and "jo@city.org" not in page
    assert "还没有记录" in page and "## 目的" in page
    assert "jo@city.org" not in (shown / "card.md").read_text("utf-8")


def test_a_gallery_without_story_or_card_is_refused(tmp_path):
    data = saved(tmp_path / "data", rows())
    with pytest.raises(ValueError, match="lacks reading, again"):
        gallery(data, tmp_path / "shown", {"aim": "x", "outcome": "y", "reading": " "})
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="no card"):
        gallery(tmp_path / "empty", tmp_path / "shown", TOLD)
    assert not (tmp_path / "shown").exists()
    gallery(data, tmp_path / "shown", TOLD)
    with pytest.raises(FileExistsError):
        gallery(data, tmp_path / "shown", TOLD)
