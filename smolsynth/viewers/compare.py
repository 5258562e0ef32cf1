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

from ipywidgets import HTML, Label

from smolsynth.rows import Each, Row, column_names, rows
from smolsynth.text.layout import as_text, in_words, words_in
from smolsynth.viewers.pager import Pager, focus, in_a_row, small_button, two_sides

_LABELS = {
    "en": {
        "previous": "Previous",
        "next": "Next",
        "row": "row {i} of {n}",
        "gone": "struck through: only on the left",
        "new": "underlined: only on the right",
        "same": "The two are the same.",
        "empty": "There are no rows to show: the dataset is empty.",
        "repr_compare": "{n} rows, two texts side by side: run this cell to use it. A few of them,"
        " drawn at random:",
        "repr_vote": "{n} pairs to vote on: run this cell to use it. A few of them, drawn at"
        " random:",
        "first": "A is better",
        "second": "B is better",
        "skip": "Can't tell",
        "asked": "Pair {i} of {n}: {instruction}",
        "agree": "You and the judge agree.",
        "differ": "The judge prefers {other}.",
        "score": "{hits} of {votes} votes agree with the judge.",
        "done": "That was the last pair.",
        "previous_pair": "Previous",
        "next_pair": "Next",
    },
    "zh": {
        "previous": "上一行",
        "next": "下一行",
        "row": "第 {i} 行，共 {n} 行",
        "gone": "划掉的：只在左边有",
        "new": "有下划线的：只在右边有",
        "same": "两边完全相同。",
        "empty": "数据集是空的，没有可显示的行。",
        "repr_compare": "{n} 行数据，两段文本并排显示：运行本单元格即可使用。随机抽出几行：",
        "repr_vote": "{n} 个等你投票的偏好对：运行本单元格即可使用。随机抽出几对：",
        "first": "A 更好",
        "second": "B 更好",
        "skip": "分不出高下",
        "asked": "第 {i} 对，共 {n} 对：{instruction}",
        "agree": "你和评审模型看法一致。",
        "differ": "评审模型更喜欢 {other}。",
        "score": "你投的 {votes} 票中，有 {hits} 票和评审模型一致。",
        "done": "这是最后一对了。",
        "previous_pair": "上一对",
        "next_pair": "下一对",
    },
}
_STYLE = "white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.5"
_NEW = "text-decoration: underline; text-decoration-thickness: 2px; font-weight: 600"
_GONE = "text-decoration: line-through; opacity: 0.75"


# ---- differences ----
def differences(before: str, after: str) -> list[tuple[str, str]]:
    """What changed between two texts: (kind, piece) in order; kind is "same", "gone" or "new".

    Compared are words with the space before them, marks, and single Chinese characters.

    >>> differences("A tail.", "A tail, too.")
    [('same', 'A tail'), ('new', ', too'), ('same', '.')]
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
    word = rf"(?:(?![{_WIDE}])\w|(?<=\w)['’-](?=\w))+"
    return re.findall(rf"\s*(?:[{_WIDE}]|{word}|[^\w\s])|\s+$", text)


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
    words = words_in(_LABELS, lang)
    data = _checked(data, [before, after, *([context] if context else [])])
    return _Comparison(data, words, before, after, context)


class _Comparison(Pager):
    def __init__(
        self, data: Any, words: dict[str, str], before: str, after: str, context: str | None
    ) -> None:
        shown = [*([context] if context else []), before, after]
        super().__init__(data, words, in_words(words["repr_compare"], n=len(data)), shown)
        self.before, self.after, self.context = before, after, context
        if not self.total:
            return
        self.position, self.hint, self.above, self.sides = Label(), Label(), HTML(), two_sides()
        steps = in_a_row(self.back, self.forth, self.position)
        self.children = [steps, self.above, in_a_row(*self.sides), self.hint]
        self.show()

    def show(self) -> None:
        row, words = self.data[self.place], self.words
        pieces = differences(as_text(row.get(self.before)), as_text(row.get(self.after)))
        for side, kind, style in zip(self.sides, ("gone", "new"), (_GONE, _NEW), strict=True):
            side.value = _marked(pieces, kind, style)
        if self.context:
            self.above.value = _as_block(html.escape(as_text(row.get(self.context))))
        kinds = [kind for kind in ("gone", "new") if any(k == kind for k, _ in pieces)]
        self.hint.value = " · ".join(words[kind] for kind in kinds) or words["same"]
        self.position.value = words["row"].format(i=self.place + 1, n=self.total)
        self.back.disabled, self.forth.disabled = self.place == 0, self.place == self.total - 1


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
    By the keyboard, Enter votes and Enter goes on, since the focus moves from one button to the
    other. A vote can be changed: go back to its pair.

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
    words = words_in(_LABELS, lang)
    data = _checked(data, [instruction, chosen, rejected])
    return _Voting(data, words, instruction, chosen, rejected, seed)


class _Voting(Pager):
    def __init__(
        self,
        data: Any,
        words: dict[str, str],
        instruction: str,
        chosen: str,
        rejected: str,
        seed: int,
    ) -> None:
        words = words | {"previous": words["previous_pair"], "next": words["next_pair"]}
        told = in_words(words["repr_vote"], n=len(data))
        super().__init__(data, words, told, [instruction, "A", "B"])
        self.votes: dict[int, str | None] = {}
        self.instruction, self.chosen = instruction, chosen
        rng = random.Random(seed)
        self.orders = [rng.sample([chosen, rejected], 2) for _ in range(self.total)]
        if not self.total:
            return
        self.asked, self.sides = HTML(), two_sides()
        self.verdict, self.score = Label(), Label()
        self.buttons = [small_button(words[name]) for name in ("first", "second", "skip")]
        for preferred, button in zip((0, 1, None), self.buttons, strict=True):
            button.on_click(lambda _, preferred=preferred: self.cast(preferred))
        buttons = in_a_row(*self.buttons, self.back, self.forth)
        self.children = [self.asked, in_a_row(*self.sides), buttons, self.verdict, self.score]
        self.show()

    def show(self) -> None:
        row = self.data[self.place]
        question = self.words["asked"].format(
            i=self.place + 1, n=self.total, instruction=as_text(row.get(self.instruction))
        )
        self.asked.value = _as_block(html.escape(question))
        for name, side, column in zip("AB", self.sides, self.orders[self.place], strict=True):
            side.value = _as_block(f"<b>{name}</b>\n{html.escape(as_text(row.get(column)))}")
        self._tell()

    def still(self) -> Sequence[Row]:
        def blind(place: int) -> Row:
            row, sides = self.data[place], self.orders[place]
            return {self.instruction: row.get(self.instruction)} | {
                name: row.get(column) for name, column in zip("AB", sides, strict=True)
            }

        return Each(range(self.total), blind)

    def step(self, by: int) -> None:
        super().step(by)
        focus(self.buttons[0])

    def cast(self, preferred: int | None) -> None:
        """Votes for the first or the second text, or for neither; shows what the judge chose."""
        order = self.orders[self.place]
        self.votes[self.place] = None
        if preferred is not None:
            self.votes[self.place] = "chosen" if order[preferred] == self.chosen else "rejected"
        self._tell()
        if not self.forth.disabled:
            focus(self.forth)

    def _tell(self) -> None:
        """What the judge chose, once there is a vote; how often the two agree."""
        words, last = self.words, self.place == self.total - 1
        voted = self.place in self.votes
        self.back.disabled, self.forth.disabled = self.place == 0, last or not voted
        self.verdict.value = ""
        if voted:
            other = "AB"[self.orders[self.place].index(self.chosen)]
            agree = self.votes[self.place] == "chosen"
            self.verdict.value = words["agree"] if agree else words["differ"].format(other=other)
            self.verdict.value += f" {words['done']}" if last else ""
        counted = [vote for vote in self.votes.values() if vote]
        hits = counted.count("chosen")
        score = in_words(words["score"], hits=hits, votes=len(counted))
        self.score.value = score if counted else ""


def _checked(data: Any, columns: list[str]) -> Sequence[dict[str, Any]]:
    data = rows(data)
    names = column_names(data)
    for column in columns:
        if len(data) and column not in names:
            raise ValueError(f"There is no column {column!r}; the columns are {names}.")
    return data
