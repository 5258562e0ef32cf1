"""From the chunks of documents to what a model is asked about."""

import os
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from smolsynth.generation.world import mentioned
from smolsynth.rows import Row

if TYPE_CHECKING:
    from smolsynth.documents.read import Documents

_LEANS = ("it ", "they ", "this ", "these ", "that ", "he ", "she ", "its ", "their ")
_LEANS_ZH = "它他她这那其该"
_LEAST = 8  # tokens of a sentence that can be asked about


def passages(chunks: Iterable[Row], lang: str, model: str) -> list[Row]:
    """Rows for the pipelines of documents, one for each sentence that may be asked about.

    A larger model reads the whole chunk and is told the sentence. SmolLM2 reads the sentence alone
    (with the one before, where it begins with “it” or the like): of more, it mixes things up. The
    bundled models read whole chunks, and only those that name one of the things that they know.

    Args:
        chunks: as `read_documents` gives them.
        lang: "en" or "zh".
        model: as `load_llm` takes it.

    Returns:
        Dicts of `topic` (heading or file), `document` (heading and text), `file`, `chunk`,
        `chunk_text`, `heading`; unless the model is a bundled one also `passage` and `focus`, the
        columns of `smolsynth.documents.tasks`.

    >>> text = "Bats sleep in the old kiln behind the mill. They wake up in April every year."
    >>> chunk = {"file": "a.txt", "chunk": 1, "heading": "Bats", "text": text}
    >>> passages([chunk], "en", "smollm2")[1]["passage"] == text
    True
    >>> passages([chunk], "en", "hf:some/model")[0]["focus"]
    'Bats sleep in the old kiln behind the mill.'
    """
    rows: list[Row] = []
    for chunk in chunks:
        text, heading = chunk["text"], chunk["heading"]
        row = {
            "topic": heading or PurePath(chunk["file"]).stem,
            "document": f"{heading}\n\n{text}" if heading else text,
            "file": chunk["file"],
            "chunk": chunk["chunk"],
            "chunk_text": text,
            "heading": heading,
        }
        if model.partition(":")[0] == "bundled":
            rows += [row | {"document": text}] if mentioned(text, lang) else []
        elif model == "smollm2":
            rows += [row | {"passage": one, "focus": ""} for one in _sentences(text)]
        else:
            rows += [row | {"passage": row["document"], "focus": s} for s in _sentences(text)]
    return rows


def _sentences(text: str) -> list[str]:
    """Statements that can be asked about, each with the one before if it leans on that."""
    from smolsynth.documents.chunks import estimated, sentences

    found, before = [], ""
    for part in map(str.strip, sentences(text)):
        leans = part.lower().startswith(_LEANS) or part[:1] in _LEANS_ZH
        whole = f"{before} {part}" if before.isascii() else before + part
        if estimated(part) >= _LEAST and part[-1] in '.!。！；;”"':
            found.append(whole.strip() if leans else part)
        before = part
    return found


def documents_of(
    paths: tuple[str, ...], model: str, tokens: int, overlap: int, column: str
) -> "Documents":
    """`read_documents`, once as long as no file changes."""
    return _read(paths, model, tokens, overlap, column, state_of(paths))


@lru_cache(maxsize=4)
def _read(
    paths: tuple[str, ...], model: str, tokens: int, overlap: int, column: str, state: str
) -> "Documents":
    from smolsynth.documents.read import read_documents

    return read_documents(paths, model=model, tokens=tokens, overlap=overlap, column=column)


def state_of(paths: tuple[str, ...]) -> str:
    """A digest of names and contents of all the documents: where one changes, it is another."""
    from smolsynth.documents.read import MOST_BYTES, files_in

    parts = []
    for name, path in files_in(paths)[0]:
        if path.is_file():
            state = os.stat(path)
            small = state.st_size <= MOST_BYTES  # a larger one is not read
            parts.append((name, _sum(path, state.st_size, state.st_mtime_ns) if small else ""))
    return sha256(repr(parts).encode()).hexdigest()[:16]


@lru_cache(maxsize=1000)
def _sum(path: Path, size: int, changed: int) -> str:
    return sha256(path.read_bytes()).hexdigest()
