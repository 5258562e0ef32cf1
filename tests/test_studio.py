"""Dataset Studio without a browser: the whole way, what goes wrong, and what a model may write."""

import errno
import html
import json
import os
import re
import sys
import threading
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from anywidget import _util
from ipywidgets import DOMWidget, Widget
from payloads import PAYLOADS
from traitlets import Dict

from smolsynth import InProcessPipeline
from smolsynth.cli.strings import error_in_words
from smolsynth.errors import StepFailed
from smolsynth.generation.plan import TECHNIQUES, Plan
from smolsynth.generation.run import Generation
from smolsynth.generation.script import code as code_of
from smolsynth.llms import LLMUnavailable
from smolsynth.llms.strings import Unavailable
from smolsynth.studio import _renew, describe, own_file, studio
from smolsynth.studio.strings import ORIGINAL, WORDS, describe_error
from smolsynth.studio.widgets import Plain, Problem, Upload
from smolsynth.text.layout import clean


@pytest.fixture(params=["en", "zh"])
def app(request, tmp_path):
    return studio(request.param, tmp_path / "output")


# The long ways in Chinese by night: by day test_from_a_description_to_a_folder goes the whole way
# in both languages, and the tests of WORDS see that each has all messages.
@pytest.fixture(params=["en", pytest.param("zh", marks=pytest.mark.nightly)])
def app_by_day(request, tmp_path):
    return studio(request.param, tmp_path / "output")


@pytest.fixture
def english(tmp_path):
    return studio("en", tmp_path / "output")


def walk(widget: Widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from walk(child)


def wait(app) -> None:
    app.session.worker.wait()
    app.steps["describe"].own_file.reader.wait()
    assert not app.session.worker.busy


def shown(app, key: str, **values) -> bool:
    """Whether some message is on the page that is shown."""
    start = app.words[key].format(**values) if values else app.words[key].partition("{")[0]
    said = [plain(w.value) for w in visible(app) if type(w).__name__ == "HTML"]
    return any(start in words for words in said)


def plain(markup: str) -> str:
    """What a reader sees of an HTML widget."""
    return html.unescape(re.sub("<[^>]+>", "", markup))


def visible(widget: Widget):
    if getattr(widget.layout, "display", None) == "none":
        return
    yield widget
    for child in getattr(widget, "children", ()):
        yield from visible(child)


def problems(app) -> list[str]:
    return [w.message.value for w in visible(app) if isinstance(w, Problem)]


def generate(app, **settings) -> None:
    form = app.steps["describe"]
    for name, value in settings.items():
        getattr(form, name).value = value
    form.start_button.click()
    wait(app)


# ---- the whole way ----
def test_from_a_description_to_a_folder(app, tmp_path):
    lang = app.session.lang
    form = app.steps["describe"]
    form.rows.value = 20
    form.topics.children[0].value = True
    assert app.words["start"].format(rows=20) == form.start_button.description
    form.sample_button.click()
    wait(app)
    assert len(form.shown.list.options) == 5
    assert app.words["forecast"].partition("{")[0] in plain(form.forecast.value)
    assert form.sample_button.description == app.words["sample_again"]

    form.start_button.click()
    wait(app)
    assert shown(app, "done", rows=20) and app.steps["generate"].bar.value == 20
    assert len(app.rows) == 20

    app.buttons["review"].click()
    review = app.steps["review"]
    by_hand = "A response by hand." if lang == "en" else "这是手写的回答。"
    review.boxes[1].value = by_hand
    review.accept.click()
    review.reject.click()
    assert [entry.verdicts for entry in app.session.entries[:3]] == [{"": True}, {"": False}, {}]
    assert app.rows[0]["response"] == by_hand and len(app.rows) == 19

    app.buttons["quality"].click()
    wait(app)
    assert shown(app, "passes", n=19)

    app.buttons["export"].click()
    step = app.steps["export"]
    step.save_button.click()
    assert shown(app, "saved", n=19), problems(app)
    [folder] = (tmp_path / "output").glob("[!.]*")
    assert folder.name == f"instruction_self-instruct_{lang}"
    assert sorted(p.name for p in folder.iterdir()) == ["README.md", "pipeline.py", "train.jsonl"]
    lines = (folder / "train.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == 19
    assert json.loads(lines[0])["messages"][1]["content"] == by_hand
    card = (folder / "README.md").read_text("utf-8")
    by_hand = {"en": "1 row edited, 1 rejected", "zh": "改过 1 行，拒绝 1 行"}
    assert by_hand[lang] in card
    step.refresh()
    assert step.name.value.endswith("-2")  # another export does not overwrite the first
    assert "preference" not in step.format.options
    step.format.value = "llama-factory"
    step.save_button.click()
    assert (app.session.saved / "dataset_info.json").is_file(), problems(app)

    app.buttons["code"].click()
    code = app.steps["code"]
    assert code.file.value == clean(code_of(app.session.plan))
    code.save_button.click()
    code.save_button.click()
    for name in ("pipeline.py", "pipeline-2.py"):
        assert (tmp_path / "output" / name).read_text("utf-8") == code_of(app.session.plan)


def test_the_sample_is_the_beginning_of_the_dataset(english):
    form = english.steps["describe"]
    form.sample_button.click()
    wait(english)
    sampled = [text for text, _ in form.shown.list.options]
    assert form.forecast.value
    form.rows.value = 25
    assert not form.forecast.value  # it was for 100 rows
    generate(english, rows=30)
    made = [text for text, _ in english.steps["generate"].shown.list.options]
    assert made[:5] == sampled
    # Rows of one description don't stand below what is wrong with another.
    assert form.shown.layout.display is None
    form.about.value = "Byzantine tax law"
    form.sample_button.click()
    wait(english)
    assert form.problem.message.value and not form.status.value
    assert form.shown.layout.display == "none"


@pytest.mark.parametrize(
    ("lang", "about"), [("en", "questions about rain and kettles"), ("zh", "关于月亮和雨的问题")]
)
def test_a_forecast_says_where_it_will_not_hold(lang, about, tmp_path):
    """300 rows about two things took ten times what five of them made one expect."""
    app = studio(lang, tmp_path / "output")
    form = app.steps["describe"]
    form.about.value = about
    for rows in (300, 30):
        form.rows.value = rows
        form.sample_button.click()
        wait(app)
        assert (app.words["narrow"].format(n=2) in plain(form.forecast.value)) == (rows == 300)


def test_pairs_are_voted_on_blind_and_can_be_swapped(app_by_day):
    app = app_by_day
    generate(app, kind="preference", rows=6)
    app.buttons["review"].click()
    review, words = app.steps["review"], app.words
    assert [box.description for box in review.boxes] == [
        words["instruction_text"],
        words["response_a"],
        words["response_b"],
    ]
    entry = app.session.entries[0]
    before = dict(entry.row)
    first_is_chosen = review.boxes[1].value == before["chosen"]
    assert str(before["chosen_rating"]) not in review.verdict.value
    review.votes[1 if first_is_chosen else 0].click()  # for what the judge rejected
    assert entry.votes == {"": "rejected"} and review.table.number == 1  # on to the next
    rated = {"high": before["chosen_rating"], "low": before["rejected_rating"]}
    assert words["differ"].format(**rated) in plain(review.said.value)
    review.table.go(0)
    assert shown(app, "differ", **rated)
    assert review.boxes[1].description == words["chosen_text"]
    review.swap.click()
    assert entry.row["chosen"] == before["rejected"] and entry.swapped and not entry.edited
    # The judge's scores were for the other order: nobody has given any to this one.
    assert entry.row["chosen_rating"] is None and entry.row["rejected_rating"] is None
    app.buttons["quality"].click()
    wait(app)
    assert shown(app, "passes", n=6)
    app.buttons["export"].click()
    app.steps["export"].save_button.click()
    assert shown(app, "saved", n=6), problems(app)
    made = json.loads((app.session.saved / "train.jsonl").read_text("utf-8").splitlines()[0])
    assert made["score_chosen"] is None and made["score_rejected"] is None
    app.buttons["review"].click()
    review.swap.click()
    assert entry.row == before and not entry.swapped
    review.undo.click()
    assert entry.swapped  # the last action alone: the swap back
    review.undo.click()
    review.undo.click()
    assert entry.row == before and not entry.touched
    orders = {review_order(app, number) for number in range(6)}
    assert len(orders) == 2  # A is not always the chosen one


def review_order(app, number: int) -> bool:
    review = app.steps["review"]
    review.table.go_to(number)
    return review.boxes[1].value == app.session.entries[number].row["chosen"]


# ---- what goes wrong ----
def test_steps_without_rows_say_what_to_do(app):
    for name in ("generate", "review", "quality", "export"):
        app.buttons[name].click()
        assert shown(app, "nothing_made" if name == "generate" else "no_rows")
    app.buttons["code"].click()  # of the description, as it stands
    assert "--technique self-instruct" in app.steps["code"].command.value


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("rows", 0, ("1 to 5,000", "1 到 5,000")),
        ("length", 2, ("16 to 1,024", "16 到 1,024")),
        ("model", "", ("Which model", "哪个模型")),
        ("model", "gpt", ("names no model", "模型的写法不对")),
        ("about", "Byzantine tax law", ("larger model", "大些的模型")),
        ("model", "openai:http://127.0.0.1:9/v1#m", ("127.0.0.1:9", "127.0.0.1:9")),
        ("model", "transformers:/no/such/folder", ("folder", "folder")),
    ],
)
def test_wrong_input_is_explained_and_mended(app, field, value, said):
    form = app.steps["describe"]
    widget = getattr(form, field)
    before = widget.value
    widget.value = value
    form.sample_button.click()
    wait(app)
    [problem] = problems(app)
    assert app.session.lang == "en" or "\u4e00" <= problem[1] <= "\u9fff"
    assert said[["en", "zh"].index(app.session.lang)] in problem and "Traceback" not in problem
    widget.value = before
    form.sample_button.click()
    wait(app)
    assert not problems(app) and len(form.shown.list.options) == 5


def test_a_number_is_said_to_be_wrong_when_it_is_typed(app):
    """A field for numbers alone made 2 of 2.5, 1 of 1e3 and "Generate -3 rows"."""
    form = app.steps["describe"]
    for field, typed in (("rows", "-3"), ("rows", "2.5"), ("rows", ""), ("length", "1e3")):
        getattr(form, field).value = typed
        [said] = problems(app)
        assert repr(typed) in said or typed == "-3" in said
        assert form.plan() is None
        unsure = form.start_button.description == app.words["start_unsure"]
        assert unsure == (field == "rows")
        getattr(form, field).value = 1000
        assert problems(app) == []
    form.rows.value = "1,000"
    assert problems(app) == [] and form.plan().rows == 1000
    assert form.start_button.description == app.words["start"].format(rows=1000)


def test_a_run_whose_page_dies_is_offered_by_the_next_page(english, tmp_path, monkeypatch):
    monkeypatch.setattr(english.steps["generate"], "_end", lambda *_: None)  # it never comes to it
    generate(english, rows=8)
    again = studio("en", tmp_path / "output").steps["describe"]
    assert [(one.plan, one.rows) for one in again.before.found] == [(english.session.plan, 8)]


def test_a_run_is_cancelled_and_gone_on_with(app_by_day, monkeypatch):
    app = app_by_day
    first = threading.Event()
    step = app.steps["generate"]
    more = step._more

    def cancel_after_the_first(rows):
        more(rows)
        if not first.is_set():
            first.set()
            step.cancel_button.click()

    monkeypatch.setattr(step, "_more", cancel_after_the_first)
    generate(app, rows=40)
    kept = [dict(row) for row in app.rows]
    assert 0 < len(kept) < 40
    assert shown(app, "cancelled", rows=len(kept), wanted=40)
    app.steps["code"].refresh()  # which is for what was made
    assert f"--rows {len(kept)} " in app.steps["code"].command.value + " "
    app.session.decisions.set(app.session.entries[:1], verdict=True)  # outlives the rest of the run
    step.go_on_button.click()
    wait(app)
    assert shown(app, "done", rows=40)
    assert app.rows[: len(kept)] == kept and app.session.entries[0].verdicts == {"": True}
    straight = Generation(app.session.plan)
    for _ in straight.parts():
        pass
    assert app.rows == straight.rows


def test_a_run_goes_on_after_an_error(app_by_day, monkeypatch):
    app = app_by_day
    parts = Generation.parts
    calls = []

    def failing(self, enough=None):
        for number, _ in enumerate(parts(self, enough)):
            if not calls and number == 1:
                calls.append(1)
                raise StepFailed("Step 'answer' failed: the endpoint is gone", "answer")
            yield

    monkeypatch.setattr(Generation, "parts", failing)
    generate(app, rows=40)
    step = app.steps["generate"]
    [problem] = problems(app)
    assert problem.endswith("Step 'answer' failed: the endpoint is gone")
    assert problem.startswith("流水线" if app.session.lang == "zh" else "Step 'answer'")
    assert step.go_on_button.description == app.words["again"] and app.rows
    step.go_on_button.click()
    wait(app)
    assert not problems(app) and shown(app, "done", rows=40)


def test_errors_are_told_in_the_language_of_the_page_first():
    missing = LLMUnavailable("no such model")
    failed = StepFailed("Step 'ask' failed: no such model", "ask")
    assert describe_error(missing, "en") == "no such model"
    for error in (missing, failed, FileExistsError("there"), PermissionError(), KeyError("x")):
        told, original = describe_error(error, "zh").split(ORIGINAL)
        assert told.endswith("。\n") and original == (str(error) or type(error).__name__)
    assert describe_error(ValueError("x"), "zh", "model").startswith("“模型”")
    told = describe_error(failed, "zh")
    failed.__cause__ = missing  # the model is at fault, not the step
    assert told.startswith("流水线") and describe_error(failed, "zh").startswith("这个模型")
    failed.__cause__ = Unavailable("unreachable", url="http://localhost/v1", reason="refused")
    assert describe_error(failed, "zh").startswith("连不上 http://localhost/v1/models（refused）")
    assert error_in_words(failed, "zh") == describe_error(failed, "zh")


def test_a_full_disk_is_told_without_its_number_and_with_what_to_do():
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert describe_error(full, "en").startswith("No space left on device. Check the space")
    parts = OSError(errno.ENOSPC, "x can't be written (No space left): call again to go on")
    assert describe_error(parts, "en") == parts.strerror
    locked = OSError(errno.EACCES, os.strerror(errno.EACCES), "output/.parts")
    for lang in ("en", "zh"):
        said = describe_error(locked, lang)
        assert "output/.parts: Permission denied" in said and "Errno" not in said
    assert describe_error(locked, "zh").startswith("读写文件时出错。请检查")


def test_another_plan_and_back_loses_nothing_done_by_hand(english):
    generate(english, rows=10)
    english.steps["review"].refresh()
    english.steps["review"].reject.click()
    generate(english, seed=7)
    assert len(english.session.entries) == 10 and len(english.rows) == 10 and not problems(english)
    generate(english, seed=Plan.seed)
    assert len(english.session.entries) == 10 and len(english.rows) == 9


# ---- a page that is reloaded, or whose server has gone ----
def test_a_review_outlives_the_page(app_by_day, tmp_path):
    app = app_by_day
    generate(app, kind="preference", rows=6, about="rain" if app.session.lang == "en" else "雨")
    app.buttons["review"].click()
    review = app.steps["review"]
    review.boxes[0].value = "Edited by hand?"
    review.accept.click()
    review.reject.click()
    review.vote(None)
    review.table.go(2)
    review.exchange()
    before = [vars(entry) for entry in app.session.entries]
    assert sum(entry.touched for entry in app.session.entries) == 3
    # the last line was cut short by a power failure, and says nothing
    [store] = (tmp_path / "output" / ".parts").glob("*.review.jsonl")
    store.write_text(store.read_text("utf-8") + '{"by": "", "set": {"', "utf-8")

    again = studio(app.session.lang, tmp_path / "output")
    form = again.steps["describe"]
    [(label, _)] = form.before.list.options
    assert label == app.words["earlier_one"].format(
        name=f"{app.session.plan.name} {app.session.plan.about}", rows=6, decided=3
    )
    form.before.open_button.click()
    wait(again)
    assert [vars(entry) for entry in again.session.entries] == before
    assert form.plan() == app.session.plan
    assert shown(again, "done", rows=6)  # and not that it was stopped, with more to make
    assert again.steps["generate"].go_on_button not in list(visible(again))
    assert not sum(again.session.generation.tokens[6:])

    by_description = studio(app.session.lang, tmp_path / "output")
    generate(by_description, kind="preference", rows=6, about=app.session.plan.about)
    assert [vars(entry) for entry in by_description.session.entries] == before


def test_an_earlier_dataset_is_opened_without_making_more_of_it(english, tmp_path, monkeypatch):
    step = english.steps["generate"]
    more = step._more
    monkeypatch.setattr(step, "_more", lambda rows: (more(rows), english.session.worker.stop()))
    generate(english, rows=60)
    rows = list(english.rows)
    assert 0 < len(rows) < 60

    again = studio("en", tmp_path / "output")

    def asked_for_more(*_):
        raise AssertionError("it was asked for more")

    monkeypatch.setattr(InProcessPipeline, "make_chunk", asked_for_more)
    again.steps["describe"].before.open_button.click()
    wait(again)
    assert not problems(again)
    assert again.rows == rows
    assert shown(again, "cancelled", rows=len(rows), wanted=60)


def test_the_first_page_offers_nothing_where_nothing_was_made(english, tmp_path):
    form = english.steps["describe"]
    assert form.before not in list(visible(english))
    parts = tmp_path / "output" / ".parts"
    parts.mkdir(parents=True)
    (parts / "x.plan.json").write_text("no JSON")
    (parts / "y.plan.json").write_text('{"plan": {"colour": 1}, "rows": 3}')
    form.refresh()
    assert form.before not in list(visible(english))


def test_decisions_that_cannot_be_written_are_said_to_be_so(english, tmp_path, monkeypatch):
    generate(english, rows=5)
    english.buttons["review"].click()

    def refuse(*_):
        raise PermissionError("the disk is read-only")

    monkeypatch.setattr(Path, "open", refuse)
    english.steps["review"].reject.click()
    assert problems(english) == ["the disk is read-only"]
    assert len(english.rows) == 4


def test_a_page_hears_from_its_server_every_five_seconds(english):
    """Without that, its style shows the message; test_browser sees it."""
    [gone] = [
        widget for widget in walk(english) if "sds-gone" in str(getattr(widget, "value", ""))[:20]
    ]
    assert WORDS["en"]["gone"] in plain(gone.value)

    class Loop:
        waiting: list = []

        def call_later(self, *call):
            self.waiting.append(call)

    english.session.worker.loop = Loop()
    seen = []
    english.session.worker.beat(lambda number: seen.append(gone.value) or number < 2)
    while Loop.waiting:
        seconds, call, *rest = Loop.waiting.pop()
        assert seconds == 5
        call(*rest)
    assert len(seen) == 3
    values = [gone.value]
    for number in (1, 2):
        _renew(gone, WORDS["en"]["gone"], number)
        values.append(gone.value)
    assert len(set(values)) == 3  # each a new paragraph for the browser, whose wait begins anew
    gone.close()
    assert not _renew(gone, WORDS["en"]["gone"], 3)  # a page that was closed


def test_a_reason_names_rows_as_the_table_does_and_speaks_the_page_s_language(english):
    """With rows rejected before them, "like row 2" was said of what the table calls row 4."""
    session = english.session
    generate(english, rows=8, lang="zh")
    session.take([*session.generation.rows, session.generation.rows[3]])
    session.decisions.set(session.entries[:2], verdict=False)
    english.go("quality")
    wait(english)
    said = english.steps["quality"].examples.value.splitlines()
    [again] = [line for line in said if "repeats" in line]
    assert re.search(r": 9\. (?:like row 4 |the question or the answer of row 4 again)", again)


def test_bad_rows_are_refused_until_there_is_a_reason(english, tmp_path):
    generate(english, rows=12)
    english.buttons["review"].click()
    english.steps["review"].boxes[1].value = "I'm sorry, but as an AI I cannot answer that."
    english.buttons["quality"].click()
    wait(english)
    assert shown(english, "refuses", n=12, rules="the response refuses")
    assert "the response refuses: 1." in english.steps["quality"].examples.value
    english.buttons["export"].click()
    step = english.steps["export"]
    step.save_button.click()
    assert "the response refuses" in problems(english)[0]
    assert not list((tmp_path / "output").glob("[!.]*"))
    step.despite.value = "A test of refusals."
    step.save_button.click()
    [folder] = (tmp_path / "output").glob("[!.]*")
    assert "A test of refusals." in (folder / "README.md").read_text("utf-8")
    english.buttons["quality"].click()
    wait(english)
    english.steps["quality"].reject_button.click()
    wait(english)
    assert shown(english, "passes", n=11) and len(english.rows) == 11


def test_folders_get_plain_names(english, tmp_path):
    generate(english, rows=5)
    english.buttons["export"].click()
    step = english.steps["export"]
    names = ["", "../up", "a/b", ".hidden", "a b", "C:\\x", "<b>", "x" * 200]
    for name in [*names, "CON", "aux", "nul.txt", "data."]:
        step.name.value = name
        step.save_button.click()
        assert problems(english) == [WORDS["en"]["bad_name"]], name
        assert not list((tmp_path / "output").glob("[!.]*")), name


def test_a_push_without_token_says_what_is_missing(english, monkeypatch):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    generate(english, rows=5)
    english.buttons["export"].click()
    step = english.steps["export"]
    step.save_button.click()
    for repository, said in (("you", '"you/dataset"'), ("you/data", "HF_TOKEN")):
        step.repository.value = repository
        step.push_button.click()
        wait(english)
        assert said in problems(english)[0]
    assert not step.push_button.disabled


def test_only_what_was_just_saved_can_be_pushed(english, monkeypatch):
    pushed = []
    monkeypatch.setattr(
        "smolsynth.studio.output.push", lambda folder, *_, **__: pushed.append(folder) or "address"
    )
    step, review = english.steps["export"], english.steps["review"]

    def save() -> Path:
        english.buttons["export"].click()
        step.save_button.click()
        assert step.pushing in list(visible(english)) and "20 rows" in step.push_status.value
        return english.session.saved

    def is_stale() -> bool:
        english.buttons["export"].click()
        step.push_button.click()  # a page that was not drawn anew
        return english.session.saved is None and step.pushing not in list(visible(english))

    generate(english, rows=20)
    first = save()
    step.push_button.click()
    wait(english)
    assert pushed == [first]
    generate(english, seed=7)  # another plan
    assert is_stale()
    generate(english, seed=Plan.seed)  # the first one again: its rows are those of the folder
    assert english.session.saved == first
    english.buttons["review"].click()
    review.boxes[1].value = "A response by hand."
    assert is_stale()
    second = save()
    assert second != first
    english.buttons["review"].click()
    review.reject.click()
    assert is_stale()
    assert pushed == [first]


def test_an_export_never_overwrites(english, tmp_path):
    generate(english, rows=5)
    (tmp_path / "output" / "mine").mkdir()
    english.buttons["export"].click()
    step = english.steps["export"]
    step.name.value = "mine"
    step.save_button.click()
    assert "exists already" in problems(english)[0]
    assert not list((tmp_path / "output" / "mine").iterdir())


# ---- what a model may write ----
def hostile_rows(kind: str) -> list[dict]:
    columns = ("instruction", "response") if kind == "instruction" else ("instruction", "chosen")
    made = [{"topic": text} | dict.fromkeys(columns, text) for text in PAYLOADS]
    if kind == "preference":
        for row in made:
            row |= {"rejected": row["chosen"] + "!", "chosen_rating": 5, "rejected_rating": 1}
    return made


@pytest.mark.parametrize("kind", ["instruction", "preference"])
def test_what_a_model_wrote_is_shown_as_text_alone(app, kind, monkeypatch):
    def hostile(self, enough=None):
        self.rows, self.dropped = hostile_rows(kind), Counter()
        self.seconds, self.tokens = [1.0], [10]
        yield
        if enough is None:
            raise StepFailed("Step 'x' failed: " + " ".join(PAYLOADS), "x")

    monkeypatch.setattr(Generation, "parts", hostile)
    app.steps["describe"].kind.value = kind
    app.steps["describe"].sample_button.click()
    wait(app)
    generate(app)
    for name in ("review", "quality", "export", "code"):
        app.buttons[name].click()
        wait(app)
        if name == "review":
            app.steps["review"].vote(0)
    app.steps["export"].save_button.click()
    held = 0
    for widget in walk(app):
        kind_of_widget = type(widget).__name__
        assert not getattr(widget, "description_allow_html", False)
        for trait in ("description", "tooltip", "placeholder", "value", "label"):
            value = getattr(widget, trait, None)
            if isinstance(value, str) and any(clean(text)[:12] in value for text in PAYLOADS):
                assert (
                    trait == "value"
                    and isinstance(widget, Plain | Problem)
                    or (kind_of_widget == "Textarea" and trait == "value")
                    or (kind_of_widget in ("Select", "Dropdown") and trait == "label")
                ), (kind_of_widget, trait)
                held += 1
    assert held > 5


def test_every_control_has_a_name_and_every_technique_an_explanation(app):
    for widget in walk(app):
        name = type(widget).__name__
        if name in ("Text", "Textarea", "Select", "Dropdown", "IntText", "Combobox", "Button"):
            assert widget.description or widget in app.steps["review"].boxes
    for lang in WORDS:
        assert set(WORDS[lang]) == set(WORDS["en"])
        assert all(f"{name}_is" in WORDS[lang] for name in TECHNIQUES)


def test_the_words_of_both_languages_take_the_same_values():
    import string

    for key, english in WORDS["en"].items():
        fields = [
            sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)
            for text in (english, WORDS["zh"][key])
        ]
        assert fields[0] == fields[1], key


def test_the_model_of_the_environment_is_proposed(tmp_path, monkeypatch):
    monkeypatch.setitem(os.environ, "SMOLSYNTH_LLM", "bundled:novice")
    app = studio("en", tmp_path)
    assert app.steps["describe"].model.value == "bundled:novice"
    assert Plan.model == "bundled"


def test_terms_are_explained_where_they_are_said(app):
    app.steps["describe"].sample_button.click()
    wait(app)
    term = "tokens" if app.session.lang == "en" else "词元"
    assert f">{term}</abbr>" in app.steps["describe"].forecast.value


# ---- documents ----
def test_uploaded_documents_are_kept_told_of_and_asked_about(app, tmp_path):
    form = app.steps["describe"]
    uploads = [("C:\\up\\kettle.txt", b"A kettle is a pot."), ("scan.pdf", b"%PDF-1.4 nothing")]
    form.upload.value = tuple(
        {"name": name, "type": "", "size": 1, "content": data, "last_modified": datetime.now(UTC)}
        for name, data in uploads
    )
    [folder] = form.documents
    assert sorted(path.name for path in Path(folder).iterdir()) == ["kettle.txt", "scan.pdf"]
    assert Path(folder).is_relative_to(tmp_path / "output")
    said = form.documents_read.value
    assert "scan.pdf" in said and ("damaged" in said or "损坏" in said)
    form.model.value = "hf:a/b"
    assert form.plan().documents == form.documents
    form.about.value = "rain"
    assert form.plan() is None and problems(app)
    form.about.value = ""
    form.clear_button.click()
    assert form.plan().documents == () and form.documents_read not in list(visible(app))


# ---- Colab ----
def test_the_studio_opens_as_on_colab(tmp_path, monkeypatch):
    """With what ipywidgets 7.7 lacks, and with leave for widgets that aren't of ipywidgets."""

    class Old(Upload):
        value = Dict(read_only=True)

    asked = []
    colab = SimpleNamespace(enable_custom_widget_manager=lambda: asked.append(True))
    monkeypatch.setitem(sys.modules, "google.colab.output", colab)
    monkeypatch.delattr(DOMWidget, "focus")
    monkeypatch.setattr(describe, "Upload", Old)
    monkeypatch.setattr(own_file, "Upload", Old)
    _util.enable_custom_widget_manager_once.cache_clear()
    app = studio("en", tmp_path / "output")
    assert asked == [True]
    for step in app.steps:
        app.go(step)
    first = app.steps["describe"]
    content = b"A kettle boils water. Rain falls from clouds."
    first.upload.set_trait("value", {"a.txt": {"metadata": {"name": "a.txt"}, "content": content}})
    [folder] = first.documents
    assert (Path(folder) / "a.txt").read_bytes() == content
    first.take_documents(())
    assert first.upload.files == []


def test_the_size_of_chunks_can_be_said(app, tmp_path):
    form = app.steps["describe"]
    assert form.chunk not in list(visible(app))
    text = " ".join(f"The kettle number {n} stands on the stove." for n in range(12))
    (tmp_path / "kettles.txt").write_text(text)
    form.documents_place.value = str(tmp_path / "kettles.txt")
    assert form.chunk in list(visible(app)) and form.chunk.placeholder == "80"
    form.model.value = "hf:a/b"
    assert (form.chunk.placeholder, form.overlap.placeholder) == ("200", "25")
    assert "200" in form.documents_read.value and form.plan().chunk is None
    form.chunk.value, form.overlap.value = "40", "10"
    said = form.documents_read.value
    assert "40" in said and "200" not in said
    plan = form.plan()
    assert (plan.chunk, plan.overlap, len(plan.read())) == (40, 10, 4)
    form.overlap.value = "30"  # more than half
    assert form.plan() is None and "30" in form.documents_read.value
    assert "sds-wrong" in form.overlap._dom_classes
    form.chunk.value = "many"
    assert form.plan() is None and "sds-wrong" in form.chunk._dom_classes
    form.clear_button.click()
    assert form.plan().chunk is None  # of documents alone
