"""Step 3: the rows as a table, and the chosen one whole; edit, accept, reject; of pairs, vote."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from ipywidgets import Dropdown, Layout, Text, Textarea, VBox

from smolsynth.intervals import kappa
from smolsynth.quality.report import Report, measure
from smolsynth.quality.rules import RULES
from smolsynth.studio import listing
from smolsynth.studio.decisions import TEXTS, Decisions, Entry
from smolsynth.studio.listing import ANY_FAULT, NO_FAULT, STATES, Wanted
from smolsynth.studio.session import Session
from smolsynth.studio.table import Table
from smolsynth.studio.widgets import (
    Plain,
    Step,
    Whole,
    button,
    paragraph,
    set_text,
    set_visible,
    side_by_side,
    text_height,
    with_label,
)
from smolsynth.studio.worker import Worker
from smolsynth.text.layout import as_text, clean

COLUMNS = ("number", "state", "instruction", "faults", "length", "technique", "source")
_VOTES = {"1": 0, "2": 1, "0": None}
LONGEST_NAME = 40  # characters, of a reviewer's


class Review(Step):
    """The rows, and what people decide about them."""

    def __init__(self, session: Session, go: Callable[[str], None]) -> None:
        super().__init__(session, go)
        words = self.words
        self.wanted = Wanted()
        self.faults: dict[int, list[str]] = {}
        self.checker = Worker()  # its own: nobody is to wait for it
        self.checked: list[Any] = []  # the rows that `faults` is about
        self.listed: Decisions | None = None  # whose rows the table lists
        self.filling = False

        def dropdown(name: str, options: list[tuple[str, Any]]) -> Dropdown:
            return with_label(Dropdown(description=words[name], options=options), "1 1 140px")

        self.search = with_label(
            Text(description=words["search"], placeholder=words["search_hint"]), "2 1 180px"
        )
        self.filter = dropdown("filter", [(words[state], state) for state in STATES])
        self.rule = dropdown("rule", [(words["all"], "")])
        self.technique = dropdown("technique", [(words["all"], None)])
        self.source = dropdown("source", [(words["all"], None)])
        self.least, self.most = (
            with_label(Whole(description=words[name], value=0), "0 1 90px")
            for name in ("least", "most")
        )
        self.reviewer = with_label(
            Text(
                description=words["reviewer"],
                placeholder=words["reviewer_hint"],
                continuous_update=False,
            ),
            "1 1 140px",
        )
        self.count = paragraph()
        self.table = Table(
            {name: words[f"column_{name}"] for name in COLUMNS}
            | {"table": words["list"], "select": words["select"]},
            self._cells,
            {
                "key": self.press,
                "sort": self.sort,
                "chosen": self._show,
                "selected": self._name_bulk,
            },
        )
        self.bulk = [button("", partial(self.decide_all, verdict)) for verdict in (True, False)]
        self._name_bulk()
        self.legend = paragraph("", "note")
        self.boxes = [with_label(Textarea(continuous_update=False), "1 1 auto") for _ in range(3)]
        for box in self.boxes:
            box.add_class("sds-text")
        self.hint = paragraph()
        self.broken = paragraph("", "note")
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
        self.voting.add_class("sds-votes")  # named by the sentence below it
        self.verdict, self.score = paragraph(), paragraph()
        self.said = paragraph()  # of the vote that led to the next pair
        self.agreement = Plain(words["agreement"])
        self.detail = VBox(
            [
                self.said,
                *self.boxes,
                self.voting,
                self.verdict,
                side_by_side(self.accept, self.reject, self.undo),
                self.hint,
                self.broken,
                self.score,
            ],
            layout=Layout(flex="1 1 340px", width="auto", min_width="0"),
        )
        listed = VBox(
            [self.table, side_by_side(*self.bulk)],
            layout=Layout(flex="2 1 440px", width="auto", min_width="0", margin="0 14px 0 0"),
        )
        self.work.children = [
            side_by_side(self.search, self.filter, self.rule, self.technique, self.source),
            side_by_side(self.least, self.most, self.reviewer),
            self.count,
            self.legend,
            self.problem,
            side_by_side(listed, self.detail),
            self.agreement,
        ]
        self.add_class("sds-review")
        filters = (self.search, self.filter, self.rule, self.technique, self.source)
        for field in (*filters, self.least, self.most):
            field.observe(lambda _: self._list(), "value")
        self.reviewer.observe(lambda change: self._become(change["new"]), "value")
        for box in self.boxes:
            box.observe(self._edit, "value")
        self.refresh()

    # ---- what is listed ----
    @property
    def by(self) -> str:
        """The reviewer."""
        return self.session.decisions.reviewer

    def refresh(self) -> None:
        """Shows what there is; stays at the chosen row if it is still listed.

        Of another project, or where that row is gone, it begins at the first, and nothing is
        selected.
        """
        if not self.set_work(bool(self.session.entries)):
            return
        gone = (self.table.number or 0) >= len(self.session.entries)  # made again with fewer rows
        if gone or self.session.decisions is not self.listed:
            self.listed = self.session.decisions
            self.table.clear()
            self.faults, self.checked = {}, []
        self.session.decisions.catch_up()
        pairs = self.session.plan.kind == "preference"
        set_text(self.legend, self.words["keys_pairs" if pairs else "keys"], "note")
        self.filling = True
        self.reviewer.value = self.by
        self._offer_columns()
        self.filling = False
        self._list()
        self._check()

    def _offer_columns(self) -> None:
        """Filters for what these rows tell apart."""
        rows = [entry.row for entry in self.session.entries]
        for field, of in (
            (self.technique, listing.technique_of),
            (self.source, listing.source_of),
        ):
            chosen, values = field.value, sorted({of(row) for row in rows})
            set_visible(field, len(values) > 1)
            named = [(clean(value)[:60] or self.words["none_given"], value) for value in values]
            field.options = [(self.words["all"], None), *named]
            field.value = chosen if chosen in values else None

    def _offer_rules(self) -> None:
        words, lang, chosen = self.words, self.session.lang, self.rule.value
        counts = Counter(rule for rules in self.faults.values() for rule in rules)
        named = [(f"{RULES[rule].words(lang)[0]} ({n})", rule) for rule, n in counts.items()]
        self.filling = True
        self.rule.options = [
            (words["all"], ""),
            (words["any_fault"].format(n=len(self.faults)), ANY_FAULT),
            (words["no_fault"], NO_FAULT),
            *named,
        ]
        self.rule.value = chosen if chosen in ("", ANY_FAULT, NO_FAULT, *counts) else ""
        self.filling = False

    def _list(self) -> None:
        """Lists what fits the filters. Rows that are decided then stay until the next time."""
        if self.filling or not self.session.entries:
            return
        self.wanted = replace(
            self.wanted,
            text=self.search.value,
            state=self.filter.value,
            rule=self.rule.value,
            technique=self.technique.value,
            source=self.source.value,
            least=self._limit(self.least),
            most=self._limit(self.most),
        )
        entries, wanted = self.session.entries, self.wanted
        order = listing.found(entries, wanted, self.faults, self.by, self.session.plan.lang)
        shown = [
            name
            for name in COLUMNS
            if name not in ("technique", "source") or len(getattr(self, name).options) > 2
        ]
        self.table.show(order, shown, wanted.by, wanted.down)
        set_visible(self.detail, bool(order))
        self._say()
        self._show()

    @staticmethod
    def _limit(field: Whole) -> int:
        """Of lengths; none where the field is empty, and none, in red, where it is no number."""
        number = field.number or 0
        limit = number if isinstance(number, int) and number >= 0 else None
        (field.add_class if limit is None else field.remove_class)("sds-wrong")
        return limit or 0

    def sort(self, by: str) -> None:
        """Sorts by a column; by the same one again, from the end."""
        if by in COLUMNS:
            down = self.wanted.by == by and not self.wanted.down
            self.wanted = replace(self.wanted, by=by, down=down)
            self._list()

    def _cells(self, number: int) -> dict[str, Any]:
        words, session = self.words, self.session
        entry = session.entries[number]
        found = listing.cells(entry, number, self.faults, self.by, session.plan.lang)
        state = [words[f"is_{found['state']}"]] if found["state"] else []
        state += [words["is_edited"]] if found.pop("edited") else []
        found["state"] = words["comma"].join(state)
        return found | {"faults": session.faults(found["faults"])}

    def _say(self) -> None:
        entries, words, n = self.session.entries, self.words, len(self.table.order)
        said = words["found"].format(
            n=n,
            all=len(entries),
            accepted=sum(entry.verdicts.get(self.by) is True for entry in entries),
            rejected=sum(entry.verdicts.get(self.by) is False for entry in entries),
            edited=sum(entry.edited or entry.swapped for entry in entries),
        )
        set_text(self.count, said if n else words["none_found"])
        self._name_bulk()
        self._say_agreement()

    def _name_bulk(self) -> None:
        chosen = len(self.table.selected)
        of = "selected" if chosen else "found"
        for one, verb in zip(self.bulk, ("accept", "reject"), strict=True):
            one.description = self.words[f"{verb}_{of}"].format(n=chosen or len(self.table.order))
            one.disabled = not self.table.order

    # ---- faults ----
    def _check(self) -> None:
        """Looks in the background which rules the rows break, if they have changed."""
        session = self.session
        rows, lang = [entry.row for entry in session.entries], session.plan.lang
        if self.checker.busy or rows == self.checked:
            return

        def job():
            yield measure(rows, lang)

        def take(report: Report) -> None:
            self.checked, self.faults = rows, {}
            swapped = {n for n, entry in enumerate(session.entries) if entry.swapped}
            for one in report.findings:
                for number in one.rows:
                    if one.rule != "unrated" or number not in swapped:
                        self.faults.setdefault(number, []).append(one.rule)
            self._offer_rules()
            self._list()

        def end(error: Exception | None) -> None:
            if error:
                self.show_error(error)

        self.checker.start(job, take, end)
        if self.checker.loop is None:  # without a page nothing is drawn meanwhile
            self.checker.wait()

    # ---- a row ----
    @property
    def entry(self) -> Entry | None:
        """The chosen row."""
        number, entries = self.table.number, self.session.entries
        return entries[number] if number is not None and number < len(entries) else None

    def _columns(self, entry: Entry) -> list[str]:
        """What the boxes show: of a pair that waits for a vote, the responses in random order."""
        columns = list(TEXTS[self.session.plan.kind])
        if self._is_blind(entry):
            drawn = random.Random(f"{self.session.plan.seed} {entry.key}").random()
            columns[1:] = columns[1:] if drawn < 0.5 else columns[:0:-1]
        return columns

    def _is_blind(self, entry: Entry) -> bool:
        is_pair = self.session.plan.kind == "preference"
        return is_pair and self.by not in entry.votes and not entry.swapped

    def _show(self) -> None:
        entry, words = self.entry, self.words
        if entry is None or self.filling:
            return
        columns, blind = self._columns(entry), self._is_blind(entry)
        names = [f"{column}_text" for column in columns]
        if blind:
            names[1:] = ["response_a", "response_b"]
        row = entry.row
        self.filling = True
        for place, box in enumerate(self.boxes):
            set_visible(box, place < len(columns))
            if place < len(columns):
                shown = _to_edit(row[columns[place]])
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
        blank = not all(_to_edit(row[column]).strip() for column in columns)
        set_text(self.hint, words["empty_text"] if blank else "", "bad")
        faults = self.session.faults(self.faults.get(self.table.number or 0, ()))
        said = words["breaks"].format(rules=faults) if faults else ""
        set_text(self.broken, said, "note")

    def _say_verdict(self, entry: Entry, blind: bool, is_pair: bool) -> None:
        words = self.words
        if not is_pair:
            set_text(self.verdict, "")
            return
        said = words["vote_hint"] if blind else self._judged(entry)
        set_text(self.verdict, words["swapped"] if entry.swapped else said)
        votes = [vote for one in self.session.entries if (vote := one.votes.get(self.by))]
        hits = votes.count("chosen")
        set_text(
            self.score, words["votes"].format(hits=hits, votes=len(votes)) if votes else "", "note"
        )

    def _judged(self, entry: Entry) -> str:
        """What the judge thought, beside the reviewer's vote."""
        high, low = (entry.made.get(f"{name}_rating") for name in ("chosen", "rejected"))
        if high is None or low is None:
            return ""
        key = {"chosen": "agree", "rejected": "differ"}.get(entry.votes.get(self.by, ""))
        return self.words[key or "no_verdict"].format(high=high, low=low)

    def _edit(self, change: dict) -> None:
        entry = self.entry
        if self.filling or entry is None:
            return
        column = self._columns(entry)[self.boxes.index(change["owner"])]
        if _to_edit(entry.row[column]) != change["new"]:
            self._do({entry.key: entry.edit(column, change["new"])})

    # ---- decisions ----
    def press(self, key: str) -> None:
        """What a key does; `table.js` moves through the table by itself."""
        if key == "a" or key == "r":
            self.decide(key == "a")
        elif key == "u":
            self.take_back()
        elif key == "s" and self.entry and not self._is_blind(self.entry):
            self.exchange()
        elif key in _VOTES:
            self.vote(_VOTES[key])

    def decide(self, verdict: bool) -> None:
        """Accepts or rejects the row, and goes to the next in the list."""
        if entry := self.entry:
            self._do({entry.key: {"verdict": verdict}}, forth=True)

    def decide_all(self, verdict: bool) -> None:
        """Accepts or rejects the selected rows, or else all that are listed; one action."""
        numbers = self.table.selected or self.table.order
        changes = {self.session.entries[n].key: {"verdict": verdict} for n in numbers}
        self.table.selected = set()
        self._do(changes)

    def vote(self, which: int | None) -> None:
        """Votes for the first or the second response that is shown, or for neither."""
        entry = self.entry
        if entry is None or not self._is_blind(entry):
            return
        voted = "" if which is None else self._columns(entry)[1 + which]
        number = self.table.number or 0
        self._do({entry.key: {"vote": voted}}, forth=True)
        judged = self.words["row"].format(n=number + 1) + self._judged(entry)
        set_text(self.said, "" if self.table.number == number else judged, "note")

    def exchange(self) -> None:
        """Makes the rejected response the chosen one."""
        entry = self.entry
        if entry and self.session.plan.kind == "preference":
            self._do({entry.key: {"swapped": not entry.swapped}})

    def take_back(self) -> None:
        """Undoes the reviewer's last action, on whatever rows, and shows the first of them."""
        self._try(self.session.decisions.undo, self._undone)

    def _undone(self, keys: list[str] | None) -> None:
        undone = set(keys or ())
        numbers = [n for n, entry in enumerate(self.session.entries) if entry.key in undone]
        if numbers and not set(numbers) & set(self.table.order):
            self._list()
        listed = set(self.table.order)
        first = next((number for number in numbers if number in listed), None)
        if first is not None:
            self.table.go_to(first)

    def _do(self, changes: dict[str, dict[str, Any]], forth: bool = False) -> None:
        self._try(lambda: self.session.decisions.decide(changes), lambda _: None)
        if forth and self.table.at is not None:
            self.table.go(self.table.at + 1)

    def _try(self, act: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Does what is written down, and shows it; says where it could not be written."""
        self.problem.clear()
        set_text(self.said, "")
        result = None
        try:
            result = act()
        except OSError as error:  # it is decided all the same, for this page
            self.show_error(error)
        then(result)
        self._say()
        self.table.draw()
        self._show()

    # ---- reviewers ----
    def _become(self, name: str) -> None:
        if not self.filling:
            self.session.decisions.reviewer = " ".join(clean(name).split())[:LONGEST_NAME]
            self.refresh()

    def _say_agreement(self) -> None:
        """With each other reviewer, of what both have decided or voted on."""
        words, entries, mine = self.words, self.session.entries, self.by
        lines = []
        for other in self.session.decisions.reviewers:
            for kind in ("verdicts", "votes"):
                both = [
                    (opinions[mine], opinions[other])
                    for entry in entries
                    if other != mine and {mine, other} <= (opinions := getattr(entry, kind)).keys()
                ]
                if both:
                    found = kappa(*zip(*both, strict=True))
                    said = words[f"same_{kind}"].format(
                        name=other or words["nameless"], n=found.n, share=found.agreement
                    )
                    if found.value is None:
                        said += words["gap"] + words["no_kappa"]
                    else:
                        said += words["gap"] + words["kappa"].format(value=found.value)
                        if found.interval:
                            low, high = found.interval
                            said += words["kappa_interval"].format(low=low, high=high)
                        said += words["stop"]
                    lines.append(said)
        self.agreement.set_text("\n".join(lines))
        set_visible(self.agreement, bool(lines))


def _to_edit(value: Any) -> str:
    """A text as a person edits it: nothing is an empty box, not the `''` that other places show."""
    return as_text(value) if value else ""
