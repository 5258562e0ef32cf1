"""Keeps secrets and paths out of a card."""

import re
from urllib.parse import urlsplit, urlunsplit

# ---- what must not go into a card ----

_SECRET = re.compile(r"\b(?:hf_|sk-|ghp_|github_pat_|AIza|xox[abp]-)[\w-]{8,}")
_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
# An absolute path, of Unix, a home folder or Windows.
_PATH = re.compile(r"(?<![\w./~<])(?:~|[A-Za-z]:)?[/\\](?=[^\s/\\])[^\s]*")


def without_secrets(text: str) -> str:
    """Tokens removed, addresses without user, password and query, paths cut to their last part."""

    def address(match: re.Match) -> str:
        parts = urlsplit(match[0])
        if parts.scheme == "file":
            return last_part(parts.path)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))

    def without_paths(part: str) -> str:
        return _PATH.sub(lambda match: last_part(match[0]), part)

    text = _SECRET.sub("…", text)
    pieces, end = [], 0
    for match in _ADDRESS.finditer(text):
        pieces += [without_paths(text[end : match.start()]), address(match)]
        end = match.end()
    return "".join([*pieces, without_paths(text[end:])])


def last_part(path: str) -> str:
    return re.split(r"[/\\]", path.rstrip("/\\"))[-1]


def one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
