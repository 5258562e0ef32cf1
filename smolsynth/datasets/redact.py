"""Secrets, and paths of the machine: found, and kept out of what is published."""

import re
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from smolsynth.text.personal import KEY

_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s<>\"'`)\]}，。；）】]+", re.IGNORECASE)
_SECRET_PARAMETER = re.compile(
    r"((?:^|&)(?:[^=&]*(?:key|token|secret|passw|sign|auth|credential)[^=&]*|sig)=)[^&]*",
    re.IGNORECASE,
)
# Paths below the folders where people and machines keep their things, of Unix and of Windows.
# "[/INST]", "\frac{1}{2}", "/top_p" and "and/or" are none.
_PATH = re.compile(
    r"(?<![\w./~<\\])(?:"
    r"~/[^\s\"'`<>|]+"
    r"|/(?:home|Users|root|tmp|var|mnt|media|srv|opt|data|workspace|private|scratch|content|usr|etc"
    r"|Volumes|nfs|lustre|gpfs)/[^\s\"'`<>|]+"
    r"|[A-Za-z]:\\[^\s\"'`<>|]+|[A-Za-z]:/(?!/)[^\s\"'`<>|]+"
    r"|\\\\[\w.-]+\\[^\s\"'`<>|]+"
    r")"
)


def without_secrets(text: str) -> str:
    r"""Keys become "…", addresses lose user and password, paths all but their last part.

    Of an address's query, only what its name calls a key, a token or the like becomes "…".

    >>> without_secrets("key gsk_abcdefghijklmnop0123 in /home/me/run.py")
    'key … in run.py'
    >>> without_secrets("https://me:pw@example.org/page?key=s3cret&lang=en")
    'https://example.org/page?key=…&lang=en'
    >>> without_secrets(r"[INST] What is \frac{1}{2}? [/INST] /top_p and/or")
    '[INST] What is \\frac{1}{2}? [/INST] /top_p and/or'
    """
    text = KEY.sub("…", text)
    pieces, end = [], 0
    for match in _ADDRESS.finditer(text):
        pieces += [_without_paths(text[end : match.start()]), _address(match[0])]
        end = match.end()
    return "".join([*pieces, _without_paths(text[end:])])


def holds_secret(spec: str) -> bool:
    """Whether a model's spec carries a key or a password that `without_secrets` would mask.

    >>> [holds_secret(f"openai:http://{place}/v1#m") for place in ("me:pw@host", "host")]
    [True, False]
    """
    if KEY.search(spec):
        return True
    try:
        parts = urlsplit(spec.partition(":")[2])
    except ValueError:  # no address
        return False
    return "@" in parts.netloc or bool(_SECRET_PARAMETER.search(parts.query))


def _address(address: str) -> str:
    try:
        scheme, place, path, query, fragment = urlsplit(address)
    except ValueError:  # as "http://[x": nothing that a machine could open
        return address
    if scheme == "file":
        return last_part(path)
    place = place.rpartition("@")[2]
    query = _SECRET_PARAMETER.sub(r"\1…", query)
    return urlunsplit((scheme, place, path, query, fragment))


def _without_paths(text: str) -> str:
    home = str(Path.home())
    if len(home) > 3:  # as in "C:\Users\Jane Doe", where a space would end the path
        text = text.replace(home, "~")
    return _PATH.sub(lambda match: last_part(match[0]), text)


def last_part(path: str) -> str:
    """The last part of a path of any system.

    >>> last_part("/home/me/models/mine/"), last_part(r"C:\\models\\mine")
    ('mine', 'mine')
    """
    return re.split(r"[/\\]", path.rstrip("/\\"))[-1]


def one_line(text: str) -> str:
    r"""A text for a cell of a Markdown table.

    >>> one_line("two | models\nof mine")
    'two \\| models of mine'
    """
    return " ".join(text.split()).replace("|", "\\|")
