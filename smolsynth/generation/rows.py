"""From what a pipeline gives to the rows of a dataset: each is kept, or dropped for a reason."""

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import zip_longest

from smolsynth.documents.answers import why_unanswered
from smolsynth.quality.report import NEAR_A_SEED, finish_reason_of
from smolsynth.quality.rules import faults, faults_of_pair
from smolsynth.rows import Row, is_missing
from smolsynth.text.endings import cut_off
from smolsynth.text.language import CHINESE
from smolsynth.text.similarity import NearDuplicates
from smolsynth.text.tokens import tokens
from smolsynth.text.wording import AskedAgain, asked_and_said

# A model that repeats itself is not asked for ever: collecting ends where so many chunks in a row
# have given fewer good new rows than that, or the first ones none at all.
_PATIENCE, _LEAST, _FIRST = 10, 3, 3
_PATIENCE_IN_DOUBT = 5  # chunks of a model whose doubtful answers are dropped take long
PROVENANCE = ("file", "chunk", "chunk_text")  # of rows about documents
TOO_LOW = 3  # a rating of the better response below it: the document hardly answers
THOUGHTS = "thoughts"
VERDICT = (  # of answers that a program has checked
    THOUGHTS,
    "verified",
    "verdict",
    "extracted",
    "verdict_reason",
    "pass_rate",
    "difficulty",
)
SEED = "seed_document"  # tells apart the documents that rows come from
# Of steps that ask, rate or answer once more; what others say of themselves is of the response.
_BESIDES = "ask_|expand_|evolve_|magpie_|again_|measure_|judge_"
_THOUGHTS = re.compile(rf"llm_(?!{_BESIDES})\w+_thoughts")
_ASKED = re.compile(rf"llm_({_BESIDES})finish_reason")
_TEXTS = ("instruction", "response", "chosen", "rejected")


def as_row(
    made: Row,
    lang: str,
    most_loss: float | None = None,
    least_agreement: float | None = None,
) -> tuple[Row, str | None]:
    """A row of a dataset, made of one that a technique's pipeline gives.

    Args:
        made: with `topic`, `instruction` (and `evolved_instruction`) and either `response` or,
            for pairs, `generations` and their `ratings` (and `models`); also, where they are
            known, `loss_given` and `agreement` (see `InstructionFollowingDifficulty` and
            `SelfConsistency` of `smolsynth.selection`) and why the model stopped; of documents the
            columns PROVENANCE and `heading`; of answers that a program checked the columns VERDICT.
        lang: "en" or "zh", the language that the texts should have.
        most_loss: the highest `loss_given` that is let through.
        least_agreement: the lowest `agreement`.

    Returns:
        The row, and the rule of `smolsynth.quality` that it breaks (or "unverified", "not_evolved",
        "unsure", "inconsistent"), if any.
        Either `topic`, `instruction`, `response`; or `topic`, `instruction`, `chosen`, `rejected`,
        `chosen_rating`, `rejected_rating` and, where known, `chosen_model`, `rejected_model`: the
        response that the judge rates highest and the one that it rates lowest. Of documents also
        the columns PROVENANCE; SEED where there was a document; THOUGHTS, as `read_rows` has them,
        where they are kept;
        what the document doesn't answer is "unanswered" (by its words, see
        `smolsynth.documents.answers`, and by a judge's 1 or 2 of 5 for the better response).

    >>> as_row({"topic": "rain", "instruction": "What is rain?", "response": ""}, "en")
    ({'topic': 'rain', 'instruction': 'What is rain?', 'response': ''}, 'empty')
    """
    is_pair = "generations" in made and "verified" not in made
    asked = made.get("evolved_instruction", made["instruction"])
    row = {"topic": made["topic"], "instruction": asked}
    row |= _best_and_worst(made) if is_pair else {"response": made["response"]}
    row |= {name: made[name] for name in (*PROVENANCE, *VERDICT) if name in made}
    if not is_pair and THOUGHTS not in row and (thoughts := _thoughts(made)) is not None:
        row[THOUGHTS] = thoughts
    if made.get("document"):
        row[SEED] = sha256(made["document"].encode(errors="replace")).hexdigest()[:12]
    texts = [row[name] or "" for name in _TEXTS if name in row]
    answered = {name: value for name, value in made.items() if not _ASKED.fullmatch(name)}
    broken = [rule for rule, _ in faults(texts, lang, finish_reason_of(answered))]
    # A question that was cut off at the limit, the last of its list; those before it are whole.
    was_cut = any(made.get(f"llm_{step}_finish_reason") == "length" for step in ("ask", "magpie"))
    if was_cut and cut_off(made["instruction"]):
        broken.append("cut_off")
    # Who slips into Chinese for a word or two, as small models do, has lost the thread.
    if lang == "en" and any(CHINESE.search(text) for text in texts[:2]):
        broken.insert(0, "wrong_language")
    if is_pair:
        rated = (row["chosen_rating"], row["rejected_rating"])
        broken += [rule for rule, _ in faults_of_pair(rated, texts[1], texts[2], lang)]
    elif "evolved_instruction" in made and asked == made["instruction"]:
        broken.append("not_evolved")
    if "verified" in made:  # a program knows better than the model how sure one may be
        most_loss = least_agreement = None
        broken = broken if made["verified"] else ["unverified"]
    if most_loss is not None and (made.get("loss_given") or 0) > most_loss:
        broken.append("unsure")
    # Not every technique asks again: of documents, the text says whether a response is right.
    agreed = made.get("agreement", least_agreement) or 0
    if least_agreement is not None and agreed < least_agreement:
        broken.append("inconsistent")
    if not broken and "chunk_text" in row:
        about = f"{made.get('heading', '')}\n{row['chunk_text']}"
        why = why_unanswered(texts[0], texts[1], about)
        if not why and (row.get("chosen_rating") or TOO_LOW) < TOO_LOW:
            why = "unanswered"
        broken += [why] if why else []
    return row, broken[0] if broken else None


def _thoughts(made: Row) -> list[str] | None:
    """Those behind the response, where they are kept; the steps before it have their own."""
    found = [made[name] for name in made if _THOUGHTS.fullmatch(name)]
    if not found:
        return None
    said = found[-1][0] if isinstance(found[-1], list) and found[-1] else found[-1]
    return [said if isinstance(said, str) else ""]


def _best_and_worst(made: Row) -> Row:
    """Chosen and rejected with their ratings, which are `None` if the judge was not understood."""
    texts, ratings = made["generations"] or [None, None], made.get("ratings") or []
    understood = len(ratings) == len(texts) and not any(map(is_missing, ratings))
    # The first of the best and the last of the worst: a tie is not the same text.
    order = sorted(range(len(texts)), key=lambda n: -ratings[n] if understood else n)
    row = {}
    for name, place in (("chosen", order[0]), ("rejected", order[-1])):
        row[name] = texts[place]
        row[f"{name}_rating"] = ratings[place] if understood else None
        if made.get("models"):
            row[f"{name}_model"] = made["models"][place]
    return row


def collect(
    chunks: Iterable[dict[str, list[Row]]],
    rows: int,
    lang: str,
    seeds: Sequence[str] = (),
    *,
    most_loss: float | None = None,
    least_agreement: float | None = None,
) -> Iterator[tuple[list[Row], Counter]]:
    """Keeps the good rows, chunk by chunk, until there are enough or hardly any new ones come.

    Dropped are rows that break a rule (`as_row`), copy a seed, or repeat a row that is kept, be it
    nearly. Where the pipeline has several leaf steps, the column `source` names that of each row.
    It ends after three chunks without a good row, and after any ten in a row (five with `most_loss`
    or `least_agreement`) with fewer than three new ones: a model that goes on repeating itself, or
    knows too little of the subject, is not paid for long.

    Args:
        chunks: what each chunk of a run gave, by leaf step, as `InProcessPipeline.stream` yields.
        rows: how many rows are wanted.
        lang: "en" or "zh", the language that the rows should have.
        seeds: the documents that generation began with.
        most_loss, least_agreement: as in `as_row`.

    Yields:
        After each chunk the rows so far, and how many were dropped, by reason.
    """
    kept: list[Row] = []
    dropped: Counter = Counter()
    instructions: set[str] = set()
    # As `measure` compares them: what it would find is not kept in the first place.
    known, copies = NearDuplicates(edits=True), NearDuplicates(NEAR_A_SEED, edits=True)
    again = AskedAgain(lambda row: _asked_and_said(kept[row]))
    for text in seeds:
        copies.add(text)
    in_doubt = most_loss is not None or least_agreement is not None
    new_rows: deque[int] = deque(maxlen=_PATIENCE_IN_DOUBT if in_doubt else _PATIENCE)
    for chunk in chunks:
        before = len(kept)
        for leaf, made in _varied(chunk):
            row, reason = as_row(made, lang, most_loss, least_agreement)
            if not reason:
                reason = _repeats(row, instructions, known, copies)
            if not reason and again.add(len(kept), *_asked_and_said(row)) is not None:
                reason = "duplicate"
            if reason:
                dropped[reason] += 1
                continue
            instructions.add(row["instruction"])
            kept.append(row if leaf == "default" else {"source": leaf, **row})
        new_rows.append(len(kept) - before)
        yield kept[:rows], dropped
        hopeless = len(new_rows) == _FIRST and not kept
        slow = len(new_rows) == new_rows.maxlen and sum(new_rows) < _LEAST
        if len(kept) >= rows or hopeless or slow:
            return


def _asked_and_said(row: Row) -> tuple[Sequence[str], Sequence[str]]:
    return asked_and_said([tokens(row[name]) for name in _TEXTS if name in row])


def _repeats(
    row: Row, instructions: set[str], known: NearDuplicates, copies: NearDuplicates
) -> str | None:
    """Why a row is nothing new, if so; else it is known from now on."""
    if row["instruction"] in instructions:
        return "repeated"
    if copies.find(row["instruction"]) is not None:
        return "copied_seed"
    whole = "\n".join(row[name] for name in _TEXTS if name in row)
    return "duplicate" if known.add(whole) is not None else None


def _varied(chunk: dict[str, list[Row]]) -> Iterator[tuple[str, Row]]:
    """The rows of a chunk, leaf steps and topics in turn, so that the first rows differ most."""
    columns = []
    for shift, (leaf, rows) in enumerate(chunk.items()):
        by_topic: dict[str, list[Row]] = {}
        for row in rows:
            by_topic.setdefault(row["topic"], []).append(row)
        turns = [row for turn in zip_longest(*by_topic.values()) for row in turn if row is not None]
        columns.append([(leaf, row) for row in turns[shift:] + turns[:shift]])
    return (pair for turn in zip_longest(*columns) for pair in turn if pair is not None)
