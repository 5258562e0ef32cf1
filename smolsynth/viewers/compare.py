"""Looking at pairs of texts in a notebook: differences marked, and a vote of one's own.

    compare(rows, "response", "evolved_response")    two columns side by side, changes marked
    votes = vote(pairs)                              which is better? agreement with the judge

Whatever a model wrote is shown as text: every piece is escaped before it becomes part of a page.
"""

import difflib
import html
import random
import re
from collections.abc import Sequence
from typing import Any

from smolsynth.rows import column_names, rows
from smolsynth.text.layout import as_text, words_in

_LABELS = {
    "en": {
        "previous": "Previous",
        "next": "Next",
        "row": "row {i} of {n}",
        "gone": "struck through: only on the left",
        "new": "underlined: only on the right",
        "same": "The two are the same.",
        "empty": "There are no rows to show: the dataset is empty.",
        "repr_compare": "{n} rows, two texts side by side: run this cell to use it.",
        "repr_vote": "{n} pairs to vote on: run this cell to use it.",
        "first": "A is better",
        "second": "B is better",
        "skip": "Can't tell",
        "asked": "Pair {i} of {n}: {instruction}",
        "agree": "You and the judge agree.",
        "differ": "The judge prefers {other}.",
        "score": "{hits} of {votes} votes agree with the judge.",
        "done": "That was the last pair.",
    },
    "zh": {
        "previous": "上一行",
        "next": "下一行",
        "row": "第 {i} 行，共 {n} 行",
        "gone": "划掉的：只在左边有",
        "new": "有下划线的：只在右边有",
        "same": "两边完全相同。",
        "empty": "数据集是空的，没有可显示的行。",
        "repr_compare": "{n} 行数据，两段文本并排显示：运行本单元格即可使用。",
        "repr_vote": "{n} 个等你投票的偏好对：运行本单元格即可使用。",
        "first": "A 更好",
        "second": "B 更好",
        "skip": "看不出来",
        "asked": "第 {i} 对，共 {n} 对：{instruction}",
        "agree": "你和评审模型看法一致。",
        "differ": "评审模型更喜欢 {other}。",
        "score": "你投的 {votes} 票中，有 {hits} 票和评审模型一致。",
        "done": "这是最后一对了。",
    },
}
_STYLE = "white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.5"
_NEW = "text-decoration: underline; text-decoration-thickness: 2px; font-weight: 600"
_GONE = "text-decoration: line-through; opacity: 0.75"


# ---- differences ----
def differences(before: str, after: str) -> list[tuple[str, str]]:
    """What changed between two texts: (kind, piece) in order; kind is "same", "gone" or "new".

    Compared are words with the space behind them, and single Chinese characters.
    """
    one, two = _pieces(before), _pieces(after)
    found: list[tuple[str, str]] = []
    matcher = difflib.SequenceMatcher(None, one, two, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            found.append(("same", "".join(one[a:b])))
        else:
            found += [("gone", "".join(one[a:b]))] if a < b else []
            found += [("new", "".join(two[c:d]))] if c < d else []
    return found


_WIDE = "\u3000-\u9fff\uff00-\uffef"  # Chinese characters and their punctuation


def _pieces(text: str) -> list[str]:
    return re.findall(rf"[{_WIDE}]|[^\s{_WIDE}]+\s*|\s+", text)


def _marked(pieces: Sequence[tuple[str, str]], kind: str, style: str) -> str:
    """One side as HTML: what both have, and the pieces of that kind, marked."""
    shown = [
        html.escape(piece) if k == "same" else f'<span style="{style}">{html.escape(piece)}</span>'
        for k, piece in pieces
        if k in ("same", kind)
    ]
    return _as_block("".join(shown))


def _as_block(inner: str) -> str:
    return f'<div style="{_STYLE}">{inner}</div>'


# ---- viewers ----
def diff(data: Any, before: str, after: str, context: str | None = None, lang: str = "en"):
    """A viewer for notebooks: two columns of a row side by side, their differences marked.

    Args:
        data: a `Dataset`, a `Distiset` with one dataset, or a list of dicts; may be empty.
        before, after: the two columns.
        context: a column to show above them, such as "instruction".
        lang: language of the labels, "en" or "zh".

    Returns:
        An ipywidgets box: let it be the last line of a cell.

    Raises:
        ValueError: a column that the data lacks, or another `lang`.
        TypeError: the data is no dataset.
    """
    from ipywidgets import HTML, Button, HBox, Label, Layout, VBox

    words = words_in(_LABELS, lang)
    data = _checked(data, [before, after, *([context] if context else [])])
    total = len(data)

    class Comparison(VBox):
        def __repr__(self) -> str:
            return words["repr_compare"].format(n=total)

    if not total:
        return Comparison([Label(words["empty"])])
    back = Button(description=words["previous"], icon="arrow-left", layout=Layout(width="auto"))
    forth = Button(description=words["next"], icon="arrow-right", layout=Layout(width="auto"))
    position, hint = Label(), Label()
    above = HTML()
    half = Layout(flex="1 1 260px", width="auto", padding="0 16px 0 0")
    left, right = HTML(layout=half), HTML(layout=half)
    place = 0

    def show() -> None:
        row = data[place]
        pieces = differences(as_text(row.get(before)), as_text(row.get(after)))
        left.value = _marked(pieces, "gone", _GONE)
        right.value = _marked(pieces, "new", _NEW)
        above.value = _as_block(html.escape(as_text(row.get(context)))) if context else ""
        kinds = [kind for kind in ("gone", "new") if any(k == kind for k, _ in pieces)]
        hint.value = " · ".join(words[kind] for kind in kinds) or words["same"]
        position.value = words["row"].format(i=place + 1, n=total)
        back.disabled, forth.disabled = place == 0, place == total - 1

    def step(by: int) -> None:
        nonlocal place
        place = min(max(place + by, 0), total - 1)
        show()

    back.on_click(lambda _: step(-1))
    forth.on_click(lambda _: step(1))
    show()
    sides = HBox([left, right], layout=Layout(flex_flow="row wrap"))
    steps = HBox([back, forth, position], layout=Layout(align_items="center"))
    return Comparison([steps, above, sides, hint])


def vote(
    data: Any,
    instruction: str = "instruction",
    chosen: str = "chosen",
    rejected: str = "rejected",
    seed: int = 0,
    lang: str = "en",
):
    """A viewer for notebooks in which one votes on pairs and sees whether the judge agrees.

    The two responses stand in random order, A and B; what the judge preferred shows after the vote.

    Args:
        data: pairs, as a `Dataset` or a list of dicts; may be empty.
        instruction, chosen, rejected: the columns.
        seed: of the order of A and B.
        lang: language of the labels, "en" or "zh".

    Returns:
        An ipywidgets box: let it be the last line of a cell. Its attribute `votes` maps the number
        of a pair (from 0) to "chosen", "rejected" or None (can't tell).

    Raises:
        ValueError: a column that the data lacks, or another `lang`.
        TypeError: the data is no dataset.
    """
    from ipywidgets import HTML, Button, HBox, Label, Layout, VBox

    words = words_in(_LABELS, lang)
    data = _checked(data, [instruction, chosen, rejected])
    total = len(data)
    rng = random.Random(seed)
    orders = [rng.sample([chosen, rejected], 2) for _ in range(total)]

    class Voting(VBox):
        votes: dict[int, str | None] = {}

        def __repr__(self) -> str:
            return words["repr_vote"].format(n=total)

    if not total:
        return Voting([Label(words["empty"])])
    fit = Layout(width="auto")
    buttons = [Button(description=words[name], layout=fit) for name in ("first", "second", "skip")]
    forth = Button(description=words["next"], icon="arrow-right", layout=fit, disabled=True)
    asked = HTML()
    half = Layout(flex="1 1 260px", width="auto", padding="0 16px 0 0")
    sides = [HTML(layout=half), HTML(layout=half)]
    verdict, score = Label(), Label()
    votes: dict[int, str | None] = {}
    place = 0

    def show() -> None:
        row = data[place]
        question = as_text(row.get(instruction))
        asked.value = _as_block(
            html.escape(words["asked"].format(i=place + 1, n=total, instruction=question))
        )
        for name, side, column in zip("AB", sides, orders[place], strict=True):
            text = html.escape(as_text(row.get(column)))
            side.value = _as_block(f"<b>{name}</b>\n{text}")
        verdict.value = ""
        forth.disabled = True
        for button in buttons:
            button.disabled = False

    def cast(preferred: int | None) -> None:
        order = orders[place]
        votes[place] = None
        better = "AB"[order.index(chosen)]
        if preferred is not None:
            votes[place] = "chosen" if order[preferred] == chosen else "rejected"
        agree = votes[place] == "chosen"
        verdict.value = words["agree"] if agree else words["differ"].format(other=better)
        counted = [v for v in votes.values() if v]
        if counted:
            hits = counted.count("chosen")
            score.value = words["score"].format(hits=hits, votes=len(counted))
        for button in buttons:
            button.disabled = True
        forth.disabled = place == total - 1
        if forth.disabled:
            verdict.value = f"{verdict.value} {words['done']}"

    def step(_) -> None:
        nonlocal place
        place += 1
        show()

    for preferred, button in zip((0, 1, None), buttons, strict=True):
        button.on_click(lambda _, preferred=preferred: cast(preferred))
    forth.on_click(step)
    show()
    box = Voting(
        [
            asked,
            HBox(sides, layout=Layout(flex_flow="row wrap")),
            HBox([*buttons, forth], layout=Layout(flex_flow="row wrap")),
            verdict,
            score,
        ]
    )
    box.votes = votes
    return box


def _checked(data: Any, columns: list[str]) -> Sequence[dict[str, Any]]:
    data = rows(data)
    names = column_names(data)
    for column in columns:
        if len(data) and column not in names:
            raise ValueError(f"There is no column {column!r}; the columns are {names}.")
    return data
