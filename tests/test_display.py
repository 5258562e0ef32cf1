"""Viewers show what a model wrote as text, and nothing but text; and they read well."""

import ast
import dataclasses
import io
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from datasets import Dataset, DatasetDict

from smolsynth.quality.lengths import lengths
from smolsynth.quality.report import measure
from smolsynth.rows import rows
from smolsynth.text.layout import clean, width
from smolsynth.viewers import charts as display
from smolsynth.viewers.browse import _LABELS, browse
from smolsynth.viewers.charts import _CHART, plot_counts, plot_lengths
from smolsynth.viewers.compare import diff, vote
from smolsynth.viewers.preview import preview

PAYLOADS = [
    "<script>window.PWNED = 1</script>",
    '<img src=x onerror="window.PWNED = 1">',
    "<svg onload='window.PWNED = 1'></svg>",
    "<iframe srcdoc='<script>parent.PWNED = 1</script>'></iframe>",
    "<a href='javascript:window.PWNED = 1'>click</a>",
    "<style>* { display: none }</style>",
    "</textarea><script>window.PWNED = 1</script>",
    "&lt;script&gt;window.PWNED = 1&lt;/script&gt;",
    "![PWNED](https://example.org/pixel.png?leak=1)",
    "[PWNED](javascript:alert(1))",
    "# PWNED\n\n<details open ontoggle=alert(1)>",
    r"$$\href{javascript:window.PWNED=1}{x}$$",
    r"\(\unicode{PWNED}\)",
    "\x1b[31mPWNED\x1b[0m",
    "\x1b]8;;https://example.org/\x07PWNED\x1b]8;;\x07",
    "\x9b31mPWNED\x07\x08\x00",
    "PWNED\u202egnp.exe",
]
ROWS = [{"instruction": p, "response": [p, None], p: p} for p in PAYLOADS]
ALLOWED = {
    "_Browser": set(),
    "VBox": set(),
    "HBox": set(),
    "Label": set(),
    "Button": set(),
    "IntSlider": set(),
    "Text": {"value"},
    "ReadOnly": {"value"},
}


def walk(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from walk(child)


def only(viewer, kind, **traits):
    found = [w for w in walk(viewer) if type(w).__name__ == kind]
    found = [w for w in found if all(getattr(w, k) == v for k, v in traits.items())]
    assert len(found) == 1, found
    return found[0]


def texts(viewer) -> list[str]:
    return [w.value for w in walk(viewer) if type(w).__name__ == "ReadOnly"]


def position(viewer) -> str:
    (label,) = [w.value for w in viewer.children if type(w).__name__ == "Label"]
    return label


# ---- text only ----


@pytest.mark.parametrize("text", PAYLOADS)
def test_clean_leaves_markup_readable_and_nothing_that_acts(text):
    cleaned = clean(text)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", cleaned)
    if not re.search("[\x00-\x09\x1b\x9b\u202e]", text):
        assert cleaned == text


def test_clean_takes_out_whole_escapes():
    assert clean("\x1b[1;31mred\x1b[0m \x1b]0;title\x07x\x1bc\x9b2J") == "red x"
    assert clean("a\r\nb\rc\u2028d\te\ud800") == "a\nb\nc\nd    e\ufffd"
    assert clean("你好，\n世界 café 👩‍🔬") == "你好，\n世界 café 👩‍🔬"


def test_browse_shows_payloads_in_text_areas_only():
    viewer = browse(ROWS)
    slider = only(viewer, "IntSlider")
    for i, row in enumerate(ROWS):
        slider.value = i + 1
        for widget in walk(viewer):
            kind = type(widget).__name__
            assert kind in ALLOWED, f"{kind} is no widget for text"
            for name in widget.keys:
                value = getattr(widget, name)
                if isinstance(value, str) and name not in ALLOWED[kind]:
                    assert not re.search(r"[<>$\\\[\]()&\x00-\x1f\x7f-\x9f]", value), (kind, name)
            assert not getattr(widget, "description_allow_html", False)
            assert "PWNED" not in getattr(widget, "description", "")
        assert clean(row["instruction"]) in texts(viewer)


def test_a_search_term_is_not_shown_outside_its_box():
    viewer = browse(ROWS)
    only(viewer, "Text").value = "<b>nowhere</b>"
    labels = [w.value for w in walk(viewer) if type(w).__name__ == "Label"]
    assert not any("nowhere" in label for label in labels)


def test_preview_prints_payloads_as_text(capsys):
    preview(ROWS, n=len(ROWS))
    printed = capsys.readouterr().out
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", printed)
    assert "<script>window.PWNED = 1</script>" in printed
    assert "![PWNED](https://example.org/pixel.png?leak=1)" in printed


def test_a_notebook_gets_no_mime_type_that_renders_markup(tmp_path):
    import nbformat
    from nbclient import NotebookClient

    code = f"""
from smolsynth import browse, plot_counts, plot_lengths, preview
rows = {ROWS!r}
preview(rows, n=99)
plot_lengths(rows, "instruction")
plot_counts([r["instruction"] for r in rows], title=rows[0]["instruction"])
browse(rows)"""
    cells = [nbformat.v4.new_code_cell(code)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=120, store_widget_state=False).execute(cwd=str(tmp_path))
    allowed = {"text/plain", "image/png", "application/vnd.jupyter.widget-view+json"}
    kinds = [output["output_type"] for output in notebook.cells[0].outputs]
    assert kinds.count("display_data") == 2 and kinds.count("execute_result") == 1
    for output in notebook.cells[0].outputs:
        if output["output_type"] == "stream":
            assert output["name"] == "stdout", output["text"]  # no warnings
            assert "\x1b" not in output["text"]
        else:
            assert set(output["data"]) <= allowed
            assert "PWNED" not in str(output["metadata"])
            assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", output["data"]["text/plain"])


def test_the_module_names_nothing_that_renders_markup():
    tree = ast.parse(Path(display.__file__).read_text(encoding="utf-8"))
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {a.name for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for a in n.names}
    renders = {"HTML", "HTMLMath", "Markdown", "Latex", "Math", "Javascript", "SVG", "IFrame"}
    assert not names & (renders | {"to_html", "style", "Styler", "Output", "display_html"})


# ---- preview ----


def test_preview_looks_like_this(capsys):
    data = [
        {
            "instruction": "What is a kettle?",
            "response": None,
            "notes": ["one", "two\nlines"],
            "empty": "",
        },
        {"instruction": "水壶是什么？"},
    ]
    preview(data)
    assert capsys.readouterr().out == (
        "── 1/2 ─────────────────────────────────────────────────────\n"
        "instruction │ What is a kettle?\n"
        "response    │ None\n"
        "notes       │ one\n"
        "            │ two\n"
        "            │ lines\n"
        "empty       │ ''\n"
        "── 2/2 ─────────────────────────────────────────────────────\n"
        "instruction │ 水壶是什么？\n"
        "response    │ None\n"
        "notes       │ None\n"
        "empty       │ None\n"
    )


def test_preview_draws_its_rows_by_seed(capsys):
    def shown(**options):
        preview([{"n": n} for n in range(50)], n=4, **options)
        return [int(line.split("│ ")[1]) for line in capsys.readouterr().out.splitlines()[1::2]]

    assert shown() == shown(seed=0) == sorted(shown()) != shown(seed=1)
    assert len(set(shown())) == 4 and max(shown()) > 20


@pytest.mark.parametrize(
    "viewer, columns",
    [
        (lambda rows: browse(rows), ["instruction", "chosen", "rejected"]),
        (lambda rows: diff(rows, "rejected", "chosen", "instruction"), ["instruction", "rejected"]),
        (lambda rows: vote(rows), ["instruction", "A", "B"]),
    ],
)
def test_where_no_widget_is_shown_rows_stand_for_it(viewer, columns):
    names = ("instruction", "chosen", "rejected")
    data = [{name: f"{name} {n}" for name in names} for n in range(40)]
    said, *lines = viewer(data)._repr_mimebundle_()["text/plain"].splitlines()
    assert "40" in said and "run this cell" in said
    heads = [line for line in lines if line.startswith("──")]
    assert len(heads) == 3 and not heads[0].startswith("── 1/")
    assert all(sum(line.startswith(column) for line in lines) == 3 for column in columns)
    if "A" in columns:  # which of the two the judge chose is not told
        sides = {line.split("│ ")[1].split()[0] for line in lines if line.startswith("A")}
        assert sides == {"chosen", "rejected"}


def test_preview_shows_turns_line_by_line(capsys):
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    preview([{"messages": turns}])
    assert "messages │ user: Hi\n         │ assistant: Hello\n" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["word " * 90, "水壶，" * 90, "x" * 450, "A 水 b壶，" * 60])
def test_preview_keeps_to_100_columns_and_loses_nothing(text, capsys):
    preview([{"document": text}], columns=["document"])
    lines = capsys.readouterr().out.splitlines()[1:]
    assert len(lines) > 3
    assert all(width(line) <= 100 for line in lines)
    assert all(width(line) >= 90 for line in lines[:-1])
    joined = "".join(line.split("│ ", 1)[1] for line in lines)
    assert joined.replace(" ", "") == text.replace(" ", "")
    assert not any(line.split("│ ", 1)[1][0] in "，。" for line in lines)


def test_width_counts_chinese_double_and_marks_not_at_all():
    assert [width(t) for t in ("ab", "水壶", "，", "e\u0301", "")] == [2, 4, 2, 1, 0]


def test_preview_chooses_columns_and_leaves_metadata_out(capsys):
    data = [{"a": "1", "b": "2", "distilabel_metadata": {"raw": "secret"}}]
    preview(data, columns=["b", "a"])
    assert capsys.readouterr().out.splitlines()[1:] == ["b │ 2", "a │ 1"]
    preview(data)
    assert "secret" not in capsys.readouterr().out
    preview(data, columns="distilabel_metadata")
    assert "raw: secret" in capsys.readouterr().out


def test_preview_of_nothing(capsys):
    preview([])
    assert capsys.readouterr().out.startswith("── 0/0 ──")
    preview(Dataset.from_dict({"a": [], "b": []}), columns=["a"])
    assert capsys.readouterr().out.splitlines()[1:] == ["a │"]
    preview([{"a": 1}], n=0)
    assert capsys.readouterr().out == ""


def test_rows_of_every_kind_of_dataset():
    import pandas
    from distilabel.distiset import Distiset

    plain = [{"a": "1"}, {"a": "2"}]
    dataset = Dataset.from_list(plain)
    distiset = Distiset({"default": DatasetDict(train=dataset)})
    for data in (plain, tuple(plain), dataset, DatasetDict(train=dataset), distiset):
        assert list(rows(data)) == plain
    assert rows(pandas.DataFrame(plain)) == plain


def test_several_datasets_are_not_guessed_at():
    dataset = Dataset.from_list([{"a": "1"}])
    with pytest.raises(ValueError, match=r"data\['one'\] or data\['two'\]"):
        preview({"one": DatasetDict(train=dataset), "two": DatasetDict(train=dataset)})
    with pytest.raises(ValueError, match=r"data\['one'\]\['train'\] or data\['one'\]\['test'\]"):
        preview({"one": DatasetDict(train=dataset, test=dataset)})
    with pytest.raises(ValueError, match="no dataset"):
        preview({})


@pytest.mark.parametrize("data", ["text", None, [1, 2], {"a": ["1"]}, 3])
def test_other_data_is_refused(data):
    with pytest.raises(TypeError, match="list of dicts"):
        preview(data)


@pytest.mark.parametrize("function", [preview, browse])
def test_an_unknown_column_is_named(function):
    with pytest.raises(ValueError, match=r"no column 'respnse'; the columns are \['response'\]"):
        function([{"response": "x"}], columns=["respnse"])


# ---- browse ----


def viewer_of(count: int, **kwargs):
    data = [{"instruction": f"Question {i}?", "response": f"ANSWER {i}"} for i in range(count)]
    return browse(data, **kwargs)


def test_browse_steps_through_the_rows():
    viewer = viewer_of(120)
    back, forth = (only(viewer, "Button", description=d) for d in ("Previous", "Next"))
    assert position(viewer) == "row 1 of 120" and texts(viewer) == ["Question 0?", "ANSWER 0"]
    assert back.disabled and not forth.disabled
    forth.click()
    forth.click()
    assert position(viewer) == "row 3 of 120" and texts(viewer) == ["Question 2?", "ANSWER 2"]
    back.click()
    assert position(viewer) == "row 2 of 120"
    only(viewer, "IntSlider").value = 120
    assert position(viewer) == "row 120 of 120" and forth.disabled and not back.disabled
    forth.click()
    assert position(viewer) == "row 120 of 120"


def test_browse_searches_whatever_the_case_and_goes_back():
    viewer = viewer_of(30)
    search, slider = only(viewer, "Text"), only(viewer, "IntSlider")
    slider.value = 30
    search.value = "answer 2"
    assert slider.max == 11 and texts(viewer) == ["Question 2?", "ANSWER 2"]
    assert position(viewer) == "row 1 of 11 found, row 3 of 30"
    only(viewer, "Button", description="Next").click()
    assert position(viewer) == "row 2 of 11 found, row 21 of 30"
    search.value = "question 7"
    assert position(viewer) == "row 1 of 1 found, row 8 of 30"
    search.value = ""
    assert position(viewer) == "row 1 of 30" and slider.max == 30


def test_browse_says_when_nothing_is_found():
    viewer = viewer_of(5)
    search = only(viewer, "Text")
    search.value = "nowhere"
    assert position(viewer) == "No row matches the search. Change or clear it."
    assert [c.layout.display for c in viewer.children if c.layout.display == "none"] == ["none"] * 2
    search.value = "QUESTION 4"
    assert texts(viewer) == ["Question 4?", "ANSWER 4"]
    assert all(c.layout.display is None for c in viewer.children)


def test_browse_searches_only_the_columns_shown():
    viewer = viewer_of(5, columns=["response"])
    only(viewer, "Text").value = "question"
    assert position(viewer).startswith("No row")


def test_browse_finds_chinese():
    viewer = browse([{"a": "水壶用来烧水"}, {"a": "桥"}], lang="zh")
    only(viewer, "Text").value = "桥"
    assert texts(viewer) == ["桥"]
    assert position(viewer) == "找到 1 行，当前是其中第 1 行（全部 2 行中的第 2 行）"


def test_text_areas_take_no_changes_but_stay_readable():
    viewer = viewer_of(3)
    (box, _) = [w for w in walk(viewer) if type(w).__name__ == "ReadOnly"]
    assert not box.disabled  # it would be grey, and out of the keyboard's reach
    box.value = "edited"
    assert box.value == "Question 0?"


@pytest.mark.parametrize(
    ("lang", "empty"),
    [
        ("en", "There are no rows to show: the dataset is empty."),
        ("zh", "数据集是空的，没有可显示的行。"),
    ],
)
def test_browse_of_nothing(lang, empty):
    for data in ([], Dataset.from_dict({"instruction": []})):
        viewer = browse(data, lang=lang)
        assert [w.value for w in walk(viewer) if type(w).__name__ == "Label"] == [empty]
        assert texts(viewer) == []


def test_browse_of_one_row():
    viewer = viewer_of(1)
    assert position(viewer) == "row 1 of 1"
    assert all(w.disabled for w in walk(viewer) if type(w).__name__ == "Button")


def test_browse_speaks_chinese():
    viewer = viewer_of(3, lang="zh")
    only(viewer, "Button", description="下一行").click()
    assert position(viewer) == "第 2 行，共 3 行"
    assert {w.description for w in walk(viewer) if type(w).__name__ == "Text"} == {"搜索"}
    assert set(_LABELS["en"]) == set(_LABELS["zh"])
    with pytest.raises(ValueError, match='"en" or "zh"'):
        viewer_of(3, lang="fr")


def test_a_saved_notebook_keeps_no_row_that_is_too_long_to_read():
    said = browse([{"text": "word " * 2000}])._repr_mimebundle_()["text/plain"]
    assert len(said) < 1500 and said.endswith("│ …")


# ---- charts ----


@pytest.fixture
def pictures(monkeypatch):
    """What the charts show: images. Any warning, such as one of missing glyphs, is an error."""
    import IPython.display

    shown = []
    monkeypatch.setattr(IPython.display, "display", shown.append)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield shown


@pytest.fixture
def drawn(monkeypatch):
    """The texts of the chart drawn last."""
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    found: list[str] = []
    save = Figure.savefig

    def savefig(figure, *args, **kwargs):
        save(figure, *args, **kwargs)
        found[:] = [t.get_text() for t in figure.findobj(Text) if t.get_text() and t.get_visible()]

    monkeypatch.setattr(Figure, "savefig", savefig)
    return found


def image(pictures):
    from PIL import Image

    (shown,) = pictures
    assert type(shown).__name__ == "Image" and len(shown.data) < 60_000
    return Image.open(io.BytesIO(shown.data))


def test_lengths_are_words_or_characters():
    data = [{"t": "one two  three"}, {"t": None}, {"t": ["水壶 烧水", "桥"]}]
    assert lengths(data, "t", "en") == [3, 2, 1]
    assert lengths(data, "t", "zh") == [11, 4, 1]
    talk = [{"t": [{"role": "user", "content": "a b"}, {"role": "assistant", "content": "c"}]}]
    assert lengths(talk, "t", "en") == [2, 1]


def test_plot_lengths_draws_a_picture_of_6_by_2_5_inches(pictures, drawn):
    plot_lengths([{"t": "word " * n} for n in (3, 5, 5, 9)], "t")
    assert image(pictures).size == (864, 360)
    assert {"t: length in words", "4 texts, median 5, longest 9", "words"} <= set(drawn)


@pytest.mark.parametrize("values", [[1], [5, 5, 5], [0, 3000]])
def test_plot_lengths_of_few_or_extreme_values(values, pictures):
    plot_lengths([{"t": "w " * n} for n in values], "t")
    assert image(pictures)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_charts_of_nothing_say_so(lang, pictures, drawn):
    plot_lengths([], "t", lang)
    plot_counts([], lang)
    assert len(pictures) == 2
    assert {"nothing to draw", "没有可画的数据"} & set(drawn)  # the latter needs a font


def test_plot_counts_orders_and_groups(pictures, drawn):
    values = [f"topic {i}" for i in range(20) for _ in range(20 - i)]
    plot_counts(values, title="Topics")
    assert image(pictures).size == (864, 360)
    labels = [text for text in drawn if text.startswith("topic")]
    assert labels == [f"topic {i}" for i in range(13)]
    assert {"Topics", "7 others", "210 in all", "28"} <= set(drawn)


def test_plot_counts_takes_counts_and_numbers(pictures, drawn):
    plot_counts({"b": 1, "a": 5})
    assert drawn.index("a") < drawn.index("b") and "6 in all" in drawn
    plot_counts([10, 2, 2, 2, 9])
    assert [t for t in drawn if t in ("2", "9", "10")] == ["2", "9", "10"]


def test_model_text_in_charts_is_no_formula(pictures, drawn):
    plot_counts([r"$\frac{1}{", "$x$", "_^{", None], title=r"$\href{x}$")
    assert {r"$\frac{1}{", "$x$", "None", r"$\href{x}$"} <= set(drawn)


@pytest.fixture(params=["no Chinese font", "a Chinese font"])
def chinese(request, monkeypatch, tmp_path) -> bool:
    """A matplotlib that knows no font with Chinese characters, or one, whatever this machine has.

    The font is made here: each character that the charts need as a square.
    """
    from matplotlib import font_manager as fonts

    manager = fonts.fontManager
    known = [font for font in manager.ttflist if "DejaVu" in font.name]
    monkeypatch.setattr(manager, "ttflist", known)
    manager._findfont_cached.cache_clear()
    monkeypatch.setattr(fonts, "findSystemFonts", lambda: [])
    display._learn_new_fonts.cache_clear()
    has = request.param == "a Chinese font"
    if has:  # installed after matplotlib wrote its cache
        path = tmp_path / "new.ttf"
        square_font(path, "Noto Sans CJK SC")
        monkeypatch.setattr(fonts, "findSystemFonts", lambda: [str(path), str(tmp_path / "no.ttf")])
    yield has
    display._learn_new_fonts.cache_clear()
    manager._findfont_cached.cache_clear()


def square_font(path: Path, name: str) -> None:
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    pen = TTGlyphPen(None)
    pen.moveTo((50, 0))
    for corner in ((50, 700), (750, 700), (750, 0)):
        pen.lineTo(corner)
    pen.closePath()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "square"])
    builder.setupCharacterMap(
        {code: "square" for code in (*range(0x3000, 0xA000), *range(0xFF00, 0xFFF0))}
    )
    builder.setupGlyf({".notdef": pen.glyph(), "square": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (800, 0), "square": (800, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": name, "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)


def all_charts(lang: str) -> dict:
    """Every chart of the package, with texts in that language, as calls by name."""
    from smolsynth.judging import Audit, plot_audit
    from smolsynth.quality.report import measure
    from smolsynth.student.trials import Trial, Trials, plot_trials
    from smolsynth.viewers.quality import plot_quality

    question = "月亮为什么会发光？" if lang == "zh" else "Why does the moon shine?"
    row = {"instruction": question, "response": question}
    trials = Trials([Trial("月亮" if lang == "zh" else "moon", (0.5, 0.6), 9, 1.0)], 20, lang)
    shares = {f.name: 0.5 for f in dataclasses.fields(Audit) if f.default is dataclasses.MISSING}
    counts = {"pairs": 9, "own_pairs": 20, "own_verdicts": 20, "agreement_by_fault": {}}
    audit = Audit(**(shares | {n: v for n, v in counts.items() if n in shares}), **{"lang": lang})
    return {
        "lengths": lambda: plot_lengths([row], "response", lang),
        "a Chinese column": lambda: plot_lengths([{"文本": question}], "文本", lang),
        "nothing": lambda: plot_counts([], lang, title=question),
        "counts": lambda: plot_counts(["水壶", "水壶", "bridge", "👩‍🔬"], lang, title="主题"),
        "quality": lambda: plot_quality(measure([row], lang)),
        "trials": lambda: plot_trials(trials),
        "audit": lambda: plot_audit(audit),
    }


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", all_charts("en"))
def test_every_chart_is_right_with_and_without_a_chinese_font(
    pictures, drawn, chinese, capsys, caplog, name, lang
):
    all_charts(lang)[name]()  # a warning of a missing glyph is an error here
    assert image(pictures)
    assert not caplog.records  # matplotlib logs what it finds no font for
    is_chinese = any(ord(char) >= 0x3000 for text in drawn for char in text)
    assert chinese or not is_chinese
    if chinese and lang == "zh":
        assert is_chinese
        assert not re.search("[\u3000-\u9fff]", capsys.readouterr().out)


def test_what_no_font_can_draw_is_printed(pictures, drawn, monkeypatch, capsys):
    monkeypatch.setattr(display, "chart_fonts", lambda: ["DejaVu Sans"])
    plot_lengths([{"文本": "水壶烧水"}], "文本", "zh")
    assert "characters" in drawn
    assert capsys.readouterr().out == "文本: length in characters\n"
    plot_counts(["水壶", "水壶", "bridge", "👩‍🔬"], "zh", title="主题", figures="共 4 条")
    assert {"(1)", "bridge", "(3)"} <= set(drawn)
    assert capsys.readouterr().out == "主题\n共 4 条\n(1) 水壶\n(3) 👩‍🔬\n"


def test_labels_are_chinese_where_there_is_a_font(pictures, drawn, chinese):
    plot_lengths([{"文本": "水壶烧水"}], "文本", "zh")
    assert ({"文本：长度（字符数）", "共 1 条，中位数 4，最长 4"} <= set(drawn)) == chinese
    assert set(_CHART["en"]) == set(_CHART["zh"])


def test_charts_leave_matplotlib_as_it_was(pictures):
    import matplotlib

    before = dict(matplotlib.rcParams)
    plot_counts(["a"])
    assert dict(matplotlib.rcParams) == before
    assert (
        "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()
    )


def test_importing_display_imports_nothing_heavy():
    code = (
        "import smolsynth.viewers.preview, sys; print([m for m in"
        " ('matplotlib', 'ipywidgets', 'pandas', 'datasets', 'IPython') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_narrow_terminal_gets_narrow_rows(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "60")
    rows = [{"instruction": "word " * 40, "response": "词" * 60}]
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    preview(rows)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(width, lines)) <= 60
    monkeypatch.setattr("sys.stdout.isatty", lambda: False, raising=False)
    preview(rows)  # a log or a notebook
    assert 90 < max(map(width, capsys.readouterr().out.splitlines())) <= 100


def test_one_row_is_called_a_row():
    made = [{"instruction": "What is a cat?", "response": "An animal with whiskers."}]
    assert str(measure(made, "en")).startswith("1 row of instruction data\n")
    assert repr(browse(made)).startswith("A viewer of 1 row:")
    assert str(measure(made * 21, "en")).startswith("21 rows of")
