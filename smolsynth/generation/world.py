"""What a text names of the small world that the bundled models know."""

import re

from smolsynth import seeds

_ARTICLE = re.compile(r"^(?:an?|the|a pair of) (?=\w)", re.IGNORECASE)


def mentioned(about: str, lang: str) -> set[str]:
    """The topics and concepts of the bundled world that a description names.

    English words count in singular and plural; Chinese ones by word, so that the wind is not found
    in what happens to be written with its character.
    """
    documents = seeds.documents(lang)
    names = {row["topic"] for row in documents} | {row["concept"] for row in documents}
    if lang == "en":
        text = about.casefold()
        return {name for name in names if _english_pattern(name).search(text)}
    import rjieba

    words = set(rjieba.cut(about))
    return {name for name in names if name in words or (len(name) > 1 and name in about)}


def _english_pattern(name: str) -> re.Pattern:
    stem = re.escape(_ARTICLE.sub("", name).casefold().removeprefix("pair of "))
    if stem.endswith("y"):
        stem = f"(?:{stem}|{stem[:-1]}ies)"
    return re.compile(rf"\b{stem}(?:e?s)?\b")
