"""What the rules take apart a text into: what it says itself, its sentences and clauses."""

import re
from functools import lru_cache

ASIDE = re.compile(  # code, and what is quoted: a text speaks about that
    r"```.*?(?:```|\Z)|`[^`\n]+`|“[^”\n]*”|「[^」\n]*」|‘[^’\n]*’|\"[^\"\n]*\""
    r"|(?<!\w)'[^'\n]*'(?!\w)",
    re.DOTALL,
)
# On one line, as in prose about words.
QUOTED = re.compile(r"`[^`\n]+`|[“\"「][^”\"」\n]*[”\"」]")
SENTENCE = re.compile(r"[^.!?。！？\n]+[.!?。！？]*")
CLAUSE = re.compile(r"[^.!?;,\n。！？；，]+")


@lru_cache(maxsize=100)
def aside(text: str) -> str:
    """A text without its code and quotations.

    >>> aside("Say `x = 1` loudly.")
    'Say   loudly.'
    """
    return ASIDE.sub(" ", text)


def start(text: str) -> str:
    """The beginning of a text, as a finding shows it."""
    return " ".join(text.split())[:40]
