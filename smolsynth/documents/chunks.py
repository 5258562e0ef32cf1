"""Chunks of a document: they end at headings and between sentences, and overlap by sentences."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from smolsynth.documents.blocks import WIDE, Block

Count = Callable[[str], int]  # tokens of a text

_CLOSING = "\"'”’」』）)】》〉\\]"
_END = re.compile(
    rf"(?<=[。！？；…])[{_CLOSING}]*"  # Chinese sentences end without a space
    rf"|(?<=[.!?])[{_CLOSING}]*(?=\s+[\"'“‘(\[]?[A-Z0-9\u00c0-\u00de\u0400-\u042f\u3400-\u9fff])"
    r"|(?=\n)"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|Sr|Jr|vs|No|Nos|Fig|Figs|Eq|Sec|Ch|Vol|pp?|cf|ca|approx|e\.g|i\.e"
    r"|etc|al|Inc|Ltd|Co|[A-Z])|^\s*\d{1,3})\.$"
)
_CLAUSE = re.compile(r"(?<=[，；：、])|(?<=[,;:])(?=\s)")


class Chunk(NamedTuple):
    """A piece of a document, and the headings that it stands under, outermost first."""

    text: str
    headings: tuple[str, ...]


def sentences(text: str) -> list[str]:
    """The sentences of a text, each with the white space before it: joined, they are the text.

    >>> sentences("Dr. Li came. He sat down.")
    ['Dr. Li came.', ' He sat down.']
    >>> sentences("他说：“水开了。”我去看。")
    ['他说：“水开了。”', '我去看。']
    """
    parts, start = [], 0
    for end in _END.finditer(text):
        part = text[start : end.end()]
        if part.strip() and not (_ABBREVIATION.search(part) and text[end.end()] != "\n"):
            parts.append(part)
            start = end.end()
    rest = text[start:]
    return parts + [rest] if rest.strip() or not parts else parts[:-1] + [parts[-1] + rest]


def chunks(blocks: Iterable[Block], tokens: int, overlap: int, count: Count) -> Iterator[Chunk]:
    """Cuts a document.

    A chunk belongs to one heading. It holds as many whole sentences as there is room for, and
    begins with the last ones of the chunk before, as far as these fit into `overlap`. A sentence
    that is too long by itself is cut between clauses, or else between words.

    Args:
        blocks: of the document.
        tokens: of a chunk at most.
        overlap: tokens that two chunks under the same heading share, at most.
        count: tokens of a text.
    """
    headings: list[tuple[int, str]] = []
    section: list[str] = []
    for text, level in [*blocks, Block("", 1)]:
        if not level:
            section += [
                ("\n\n" if section and not n else "") + part
                for n, part in enumerate(sentences(text))
            ]
            continue
        names = tuple(name for _, name in headings if name)
        yield from (Chunk(one, names) for one in _packed(section, tokens, overlap, count))
        section = []
        headings = [(other, name) for other, name in headings if other < level] + [(level, text)]


def _packed(parts: list[str], tokens: int, overlap: int, count: Count) -> Iterator[str]:
    """Sentences in groups, each group a text."""
    pieces = [piece for part in parts for piece in _cut(part, tokens, count)]
    sizes = [max(1, count(piece)) for piece in pieces]
    start = 0
    while start < len(pieces):
        end, size = start + 1, sizes[start]
        while end < len(pieces) and size + sizes[end] <= tokens:
            size += sizes[end]
            end += 1
        yield "".join(pieces[start:end]).strip()
        if end == len(pieces):
            return
        shared, back = 0, end
        while back - 1 > start and shared + sizes[back - 1] <= overlap:
            back -= 1
            shared += sizes[back]
        if shared + sizes[end] > tokens:  # the next sentence would find no room
            back = end
        start = back


def _cut(sentence: str, tokens: int, count: Count) -> list[str]:
    """A sentence as it is, or in pieces that fit."""
    if count(sentence) <= tokens:
        return [sentence]
    for pattern in (_CLAUSE, re.compile(r"(?<=\S)(?=\s)")):
        parts = pattern.split(sentence)
        if len(parts) > 1:
            break
    else:
        half = len(sentence) // 2  # no place to cut at: characters
        parts = [sentence[:half], sentence[half:]]
    pieces, piece = [], ""
    for part in parts:
        if piece and count(piece + part) > tokens:
            pieces.append(piece)
            piece = ""
        piece += part
    pieces.append(piece)
    if len(pieces) == 1:
        return pieces
    return [one for piece in pieces for one in _cut(piece, tokens, count)]


# ---- tokens ----
def estimated(text: str) -> int:
    """About how many tokens a text has, by its words and Chinese characters; rather too many.

    >>> estimated("Water boils at 100 degrees."), estimated("水在一百度沸腾。")
    (7, 8)
    """
    rest, wide = WIDE.subn(" ", text)
    words = sum(-(-len(word) // 6) for word in re.findall(r"\w+", rest))
    return wide + words + len(re.findall(r"[^\w\s]", rest))


def counter(model: str | None) -> tuple[Count, bool]:
    """What counts tokens as a model does, and whether it only estimates.

    Args:
        model: as `load_llm` takes it. The tokenizers of models that lie on this machine are known:
            those of the course, and folders.
    """
    import os
    from pathlib import Path

    kind, _, name = (model or "").partition(":")
    folder: Path | None = None
    if kind == "bundled":
        from smolsynth.llms.bundled import MODELS

        folder = MODELS / (name or "tutor")
    elif kind == "smollm2":
        from smolsynth.llms.smollm2 import model_folder

        folder = model_folder()
    elif kind in ("ct2", "transformers"):
        folder = Path(os.path.expanduser(name))
    file = folder / "tokenizer.json" if folder else None
    if file is None or not file.is_file():
        return estimated, True
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(file))
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids), False
