"""What to ask about on a subject of one's own: its sub-topics, from several sides.

One description, asked again and again, gives the same few questions. So the model first lists
sub-topics, as persona- and topic-driven pipelines do (Cosmopedia, Ben Allal et al. 2024), and each
is looked at from several sides, for several readers.
"""

import re
from collections.abc import Sequence
from itertools import product
from typing import Any

from smolsynth.generation.strings import AUDIENCES, SIDES, SUBTOPICS
from smolsynth.rows import Row

WANTED = 12
_DETAILS = re.compile(r"[:：]\s|：|\s[-–—]\s|——")
_LONGEST = 60  # characters of a sub-topic: more is a sentence


def subtopics(llm: Any, about: str, lang: str) -> list[str]:
    """Asks a model for sub-topics of a subject; the same model gives the same ones.

    Args:
        llm: a distilabel `LLM`; it is asked once, at temperature 0.
        about: the subject, in words.
        lang: "en" or "zh".

    Returns:
        WANTED of them at most, none where its answer is no list.

    Raises:
        LLMUnavailable: the model can't be reached.
    """
    prompt = SUBTOPICS[lang].format(n=WANTED, about=about)
    llm.load()
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


def documents_about(about: str, names: Sequence[str], lang: str) -> list[Row]:
    """Rows of `topic` and `document`: each sub-topic from each side, for each kind of reader.

    >>> documents_about("medieval law", [], "en")[0]["topic"]
    'the history of medieval law'
    """
    within = "{name}（{about}）" if lang == "zh" else "{name} ({about})"
    subjects = [within.format(name=name, about=about) for name in names] or [about]
    topics = [
        audience.format(topic=side.format(subject=subject))
        for audience, side, subject in product(AUDIENCES[lang], SIDES[lang], subjects)
    ]
    return [{"topic": topic, "document": topic} for topic in topics]
