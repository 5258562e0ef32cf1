"""Rows of a training file as rows to review, and back, with all that they had.

row = as_reviewed(record)            instruction and response, or chosen and rejected
as_record(row | {"response": "…"})   the record again, with the text that a person wrote
"""

from typing import Any

from smolsynth.rows import Row

RECORD = "record"  # the column that holds the record as it was read
_SIDES = ("chosen", "rejected")


def as_reviewed(record: Row) -> Row | None:
    """A row to review, of one that `read_rows` gives; None of one with a single verdict.

    Of a talk of several turns it is the last question and the last answer.

    >>> talk = [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}]
    >>> row = as_reviewed({"messages": talk, "lot": 7})
    >>> row["instruction"], row["response"], row["record"]["lot"]
    ('Why?', 'So.', 7)
    """
    if "messages" in record:
        turns = record["messages"]
        texts = {"response": turns[-1]["content"]}
    elif "chosen" in record:
        turns = record["prompt"]
        texts = {side: record[side][0]["content"] for side in _SIDES}
        texts |= {f"{side}_rating": record.get(f"{side}_rating") for side in _SIDES}
    else:
        return None
    return {
        "topic": str(record.get("topic") or record.get("source") or ""),
        "instruction": _asked(turns)["content"],
        **texts,
        RECORD: record,
    }


def as_record(row: Row) -> Row:
    """The record of a reviewed row, with its texts as they are now; the rest is as it was.

    >>> talk = [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}]
    >>> row = as_reviewed({"messages": talk}) | {"response": "Because."}
    >>> as_record(row)["messages"][1]["content"], talk[1]["content"]
    ('Because.', 'So.')
    """
    record = row[RECORD]
    column = "messages" if "messages" in record else "prompt"
    turns = [dict(turn) for turn in record[column]]
    _asked(turns)["content"] = row["instruction"]
    made = {**record, column: turns}
    if column == "messages":
        turns[-1]["content"] = row["response"]
        return made
    for side in _SIDES:
        made[side] = [{**record[side][0], "content": row[side]}]
        if f"{side}_rating" in record:
            made[f"{side}_rating"] = row[f"{side}_rating"]
    return made


def _asked(turns: list[Any]) -> Any:
    """The last turn of the user, or the first of all where there is none."""
    return next((turn for turn in reversed(turns) if turn["role"] == "user"), turns[0])
