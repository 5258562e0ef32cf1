"""What to ask about on a subject of one's own: its sub-topics, from several sides.

One description, asked again and again, gives the same few questions. So the model first lists
sub-topics, as persona- and topic-driven pipelines do (Cosmopedia, Ben Allal et al. 2024), and each
is looked at from several sides, for several readers.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any

from smolsynth.generation.strings import AUDIENCES, ESPECIALLY, SIDES, SUBTOPICS
from smolsynth.rows import Row

WANTED = 12
TRIES = 32
_DETAILS = re.compile(r"[:：]\s|：|\s[-–—]\s|——")
_LONGEST = 60  # characters of a sub-topic: more is a sentence
_WORDS = 5
_CLAUSE = re.compile(r"[^\w\s'’-]|\n")
_LEAD = re.compile(
    r"^(?:(?:in )?(?:the )?(?:(?:regards?|relation|reference|respect) to|(?:area|case|concept"
    r"|context|field|form|kind|process|realm|role|style|term|topic|type|use|world)s? of) )+",
    re.IGNORECASE,
)
# What belongs to a speaker or a year, is cut off, or is no part but all of it.
_SCRAP = re.compile(
    r"\d|\b(?:i|me|my|we|us|our|you|your|he|his|she|her|they|them|their|general)\b"
    r"|\b(?:a|an|and|for|from|in|of|on|or|the|to|with)$",
    re.IGNORECASE,
)


def subtopics(llm: Any, about: str, lang: str, *, opened: bool = False) -> list[str]:
    """Asks a model for sub-topics of a subject; the same model and seed give the same ones.

    Args:
        llm: a distilabel `LLM`; it is asked once, at temperature 0.
        about: the subject, in words.
        lang: "en" or "zh".
        opened: for a model too small for a list, with `use_magpie_template`: it goes on with what a
            user says, TRIES times.

    Returns:
        WANTED of them at most, none where its answer is no list.

    Raises:
        LLMUnavailable: the model can't be reached.
    """
    llm.load()
    if opened:
        said = {"role": "user", "content": ESPECIALLY[lang].format(about=about), "open": True}
        drawn = {"temperature": 0.8, "top_p": 0.9, "max_new_tokens": 24}
        replies = llm.generate([[said]] * TRIES, **{**llm.generation_kwargs, **drawn})
        return named([(reply["generations"] or [None])[0] or "" for reply in replies], about)
    prompt = SUBTOPICS[lang].format(n=WANTED, about=about)
    [made] = llm.generate(
        [[{"role": "user", "content": prompt}]],
        **{**llm.generation_kwargs, "temperature": 0, "max_new_tokens": 200},
    )
    return listed((made["generations"] or [None])[0] or "", about)


def listed(reply: str, about: str) -> list[str]:
    """The sub-topics in a model's reply: short lines of a list, each once, not the subject itself.

    >>> listed("Here they are:\\n1. **Trial by ordeal**: a test\\n2. Guilds\\n3. Law", "law")
    ['Trial by ordeal', 'Guilds']
    """
    from smolsynth.llms.queries import list_items  # takes seconds

    found: dict[str, str] = {}
    for item in list_items(reply):
        name = _DETAILS.split(item, maxsplit=1)[0].strip(" .。,，;；")
        fits = 1 < len(name) <= _LONGEST and not name.endswith((":", "：", "?", "？", "!", "！"))
        if fits and name.casefold() != about.casefold():
            found.setdefault(name.casefold(), name)
    return list(found.values())[:WANTED]


def named(replies: Iterable[str], about: str) -> list[str]:
    """What is named in the first clause of a text, and by its words in that of another one: what a
    model says once is often a scrap. Each once, the most frequent first, not the subject itself.

    >>> named([" the law of contract. Can you", "regards to oaths, and", "law?", "oaths."], "law")
    ['oaths']
    """
    from smolsynth.text.telling import telling  # takes seconds

    subject = telling(about)
    found: dict[str, str] = {}
    told: list[set[str]] = []
    for reply in replies:
        name = _LEAD.sub("", _CLAUSE.split(reply.strip(), maxsplit=1)[0].strip())
        fits = 1 < len(name) <= _LONGEST and len(name.split()) <= _WORDS and name[0].isalnum()
        if fits and not _SCRAP.search(name) and (own := telling(name) - subject):
            told.append(own)
            found.setdefault(name.casefold(), name)

    others = {
        name: sum(bool(words & (telling(name) - subject)) for words in told) - 1
        for name in found.values()
    }
    return sorted(filter(others.get, others), key=others.__getitem__, reverse=True)[:WANTED]


def documents_about(about: str, names: Sequence[str], lang: str) -> list[Row]:
    """Rows of `topic`, `document` and `subject`: the whole and each sub-topic from each side, for
    each reader.

    >>> documents_about("medieval law", [], "en")[0]["topic"]
    'the history of medieval law'
    """
    within = "{about}里的{name}" if lang == "zh" else "{name} in {about}"
    parts = [
        name if about.casefold() in name.casefold() else within.format(name=name, about=about)
        for name in names
    ]
    subjects = [about, *parts]
    rows = []
    for audience, side, subject in product(AUDIENCES[lang], SIDES[lang], subjects):
        topic = audience.format(topic=side.format(subject=subject))
        rows.append({"topic": topic, "document": topic, "subject": subject})
    return rows


def with_openers(rows: Sequence[Row], lang: str, asks: str = "") -> list[Row]:
    """Rows for `smolsynth.tasks.OpenedMagpie`, each with the first words of a question, in turn.

    Args:
        rows: with a `topic`, and what is asked about as `subject` or `concept` where that is not
            the topic.
        lang: "en" or "zh".
        asks: another system prompt for the question than the usual one, with {topic}.

    Returns:
        Copies of the rows with `opener` and `magpie_prompt`, the system prompt for the question.
    """
    from smolsynth.tasks import ASKS, OPENERS  # takes seconds

    made = []
    turns: dict[str, int] = {}
    for number, row in enumerate(rows):
        subject = row.get("subject") or row.get("concept") or row["topic"]
        whole = row["topic"] if subject in row["topic"] else subject  # with side and reader, if any
        # another one when the same is asked about again
        turns[whole] = turns.get(whole, number + number // len(OPENERS[lang]) - 1) + 1
        opener = OPENERS[lang][turns[whole] % len(OPENERS[lang])]
        given = {
            "magpie_prompt": (asks or ASKS[lang]).replace("{topic}", whole),
            "opener": opener.format(topic=subject),
        }
        made.append({**row, **given})
    return made
