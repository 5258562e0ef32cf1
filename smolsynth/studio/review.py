"""Step 3: look at rows one by one; edit, accept, reject; of pairs, vote and swap."""

import random
from collections.abc import Callable
from functools import partial

from ipywidgets import Dropdown, Layout, Select, Text, Textarea, VBox

from smolsynth.studio.session import TEXTS, Entry, Session
from smolsynth.studio.widgets import (
    LISTED,
    Step,
    button,
    label,
    paragraph,
    set_text,
    set_visible,
    side_by_side,
    text_height,
    with_label,
)
from smolsynth.text.layout import clean

FILTERS = ("all", "undecided", "accepted", "rejected_rows")
MARKS = {True: "✓ ", False: "✗ ", None: ""}


class Review(Step):
    """The rows, and what a person decides about them."""

    def __init__(self, session: Session, go: Callable[[str], None]) -> None:
        super().__init__(session, go)
        words = self.words
        self.search = with_label(
            Text(description=words["search"], placeholder=words["search_hint"]), "2 1 220px"
        )
        self.filter = with_label(
            Dropdown(description=words["filter"], options=[(words[f], f) for f in FILTERS])
        )
        self.count = paragraph()
        self.list = with_label(
            Select(description=words["list"], rows=16, tooltip=words["list_tip"]), "1 1 300px"
        )
        self.list.add_class("sds-list")
        self.list.add_class("sds-tall")
        self.boxes = [with_label(Textarea(continuous_update=False), "1 1 auto") for _ in range(3)]
        self.hint = paragraph()
        self.accept = button(
            words["accept"], lambda: self.decide(True), words["accept_tip"], main=True
        )
        self.reject = button(words["reject"], lambda: self.decide(False), words["reject_tip"])
        self.undo = button(words["undo"], self.take_back, words["undo_tip"])
        self.votes = [
            button(words[name], partial(self.vote, which))
            for name, which in (("a_better", 0), ("b_better", 1), ("cant_tell", None))
        ]
        self.swap = button(words["swap"], self.exchange, words["swap_tip"])
        self.voting = side_by_side(*self.votes, self.swap)
        self.verdict, self.score = paragraph(), paragraph()
        detail = VBox(
            [
                *self.boxes,
                self.voting,
                self.verdict,
                side_by_side(self.accept, self.reject, self.undo),
                self.hint,
                self.score,
            ],
            layout=Layout(flex="2 1 380px", width="auto"),
        )
        self.detail = detail
        self.work.children = [
            side_by_side(self.search, self.filter),
            self.count,
            self.problem,
            side_by_side(self.list, detail),
        ]
        self.filling = False
        self.decided: list[int] = []  # rows, in the order in which they were decided
        self.search.observe(lambda _: self.refresh(), "value")
        self.filter.observe(lambda _: self.refresh(), "value")
        self.list.observe(lambda _: self._show(), "value")
        for box in self.boxes:
            box.observe(self._edit, "value")
        self.refresh()

    # ---- the list ----
    def _found(self) -> list[int]:
        wanted = clean(self.search.value).strip().casefold()
        verdicts = {"accepted": True, "rejected_rows": False, "undecided": None}
        chosen = self.filter.value
        return [
            number
            for number, entry in enumerate(self.session.entries)
            if (chosen == "all" or entry.verdict is verdicts[chosen])
            and (not wanted or wanted in "\n".join(map(str, entry.row.values())).casefold())
        ]

    def refresh(self) -> None:
        """Shows what there is; stays at the chosen row if it is still listed."""
        entries, words = self.session.entries, self.words
        if not self.set_work(bool(entries)):
            return
        found = self._found()
        said = words["found"].format(
            n=len(found),
            all=len(entries),
            accepted=sum(entry.verdict is True for entry in entries),
            rejected=sum(entry.verdict is False for entry in entries),
            edited=sum(entry.edited or entry.swapped for entry in entries),
        )
        if len(found) > LISTED:
            said += words["gap"] + words["found_most"].format(most=LISTED)
        set_text(self.count, said if found else words["none_found"])
        chosen = self.list.value
        self.filling = True
        self.list.options = [
            (label(entries[i].row, i, MARKS[entries[i].verdict]), i) for i in found[:LISTED]
        ]
        if found:
            self.list.value = chosen if chosen in found[:LISTED] else found[0]
        self.filling = False
        set_visible(self.detail, bool(found))
        self._show()

    @property
    def entry(self) -> Entry | None:
        """The chosen row."""
        number = self.list.value
        entries = self.session.entries
        return entries[number] if number is not None and number < len(entries) else None

    # ---- a row ----
    def _columns(self) -> list[str]:
        """What the boxes show: of a pair that waits for a vote, the responses in random order."""
        columns = list(TEXTS[self.session.plan.kind])
        if self._is_blind() and random.Random(self.list.value).random() < 0.5:
            columns[1:] = columns[:0:-1]
        return columns

    def _is_blind(self) -> bool:
        entry = self.entry
        is_pair = self.session.plan.kind == "preference"
        return is_pair and entry is not None and entry.vote is None and not entry.swapped

    def _show(self) -> None:
        entry, words = self.entry, self.words
        if entry is None or self.filling:
            return
        columns, blind = self._columns(), self._is_blind()
        names = [f"{column}_text" for column in columns]
        if blind:
            names[1:] = ["response_a", "response_b"]
        self.filling = True
        for place, box in enumerate(self.boxes):
            set_visible(box, place < len(columns))
            if place < len(columns):
                shown = clean(entry.row[columns[place]])
                box.description = words[names[place]]
                box.rows = text_height(shown)
                box.value = shown
        self.filling = False
        is_pair = len(columns) == 3
        set_visible(self.voting, is_pair)
        for vote in self.votes:
            set_visible(vote, blind)
        set_visible(self.swap, is_pair and not blind)
        self._say_verdict(entry, blind, is_pair)
        blank = not all(entry.row[column].strip() for column in columns)
        set_text(self.hint, words["empty_text"] if blank else "", "bad")

    def _say_verdict(self, entry: Entry, blind: bool, is_pair: bool) -> None:
        words = self.words
        if not is_pair:
            set_text(self.verdict, "")
            return
        rated = {"high": entry.made["chosen_rating"], "low": entry.made["rejected_rating"]}
        key = {"chosen": "agree", "rejected": "differ"}.get(entry.vote or "", "no_verdict")
        said = words["vote_hint"] if blind else words[key].format(**rated)
        if entry.swapped:
            said = words["swapped"]
        set_text(self.verdict, said)
        votes = [other.vote for other in self.session.entries if other.vote]
        hits = votes.count("chosen")
        set_text(
            self.score, words["votes"].format(hits=hits, votes=len(votes)) if votes else "", "note"
        )

    def _edit(self, change: dict) -> None:
        entry = self.entry
        if self.filling or entry is None:
            return
        place = self.boxes.index(change["owner"])
        column = self._columns()[place]
        if clean(entry.row[column]) != change["new"]:
            entry.row = entry.row | {column: change["new"]}
            self._note(entry)

    # ---- decisions ----
    def decide(self, verdict: bool) -> None:
        """Accepts or rejects the row, and goes to the next in the list."""
        entry = self.entry
        if entry is None:
            return
        listed = [number for _, number in self.list.options]
        after = listed[listed.index(self.list.value) + 1 :]
        entry.verdict = verdict
        self.decided.append(self.list.value)
        if after:
            self.list.value = after[0]
        self._note(entry)

    def take_back(self) -> None:
        """Undoes what was done with the row; if that is nothing, the last decision before it.

        After a decision the next row is shown: what one regrets is the row before.
        """
        number, entries = self.list.value, self.session.entries
        shown = self.entry
        while self.decided and (shown is None or not shown.touched):
            number = self.decided.pop()
            if number < len(entries) and entries[number].verdict is not None:
                shown = entries[number]
        if shown is None:
            return
        shown.undo()
        self._note(shown)
        if number in [listed for _, listed in self.list.options]:
            self.list.value = number

    def vote(self, which: int | None) -> None:
        """Votes for the first or the second response that is shown, or for neither."""
        if entry := self.entry:
            entry.vote = "" if which is None else self._columns()[1 + which]
            self._note(entry)

    def exchange(self) -> None:
        """Makes the rejected response the chosen one."""
        if entry := self.entry:
            entry.swap()
            self._note(entry)

    def _note(self, entry: Entry) -> None:
        """Writes down what was decided, and shows it."""
        self.problem.clear()
        try:
            self.session.decided(entry)
        except OSError as error:  # it is decided all the same, for this page
            self.show_error(error)
        self.refresh()
