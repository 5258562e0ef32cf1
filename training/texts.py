"""What is done with texts: their sentences, length and form, how they are spoiled."""

import random
import re
import zlib

Message = dict[str, str]


def turn(role: str, content: str) -> Message:
    return {"role": role, "content": content}


def kept_back(*key: str) -> bool:
    """Whether training never sees this combination: one in ten, the same for ever."""
    return zlib.crc32("|".join(key).encode()) % 10 == 0


def spaced(text: str) -> str:
    """A space between Chinese and Latin text or digits, as Chinese typography has it.

    >>> spaced("用OCR识别3页")
    '用 OCR 识别 3 页'
    """
    text = re.sub(r"([\u4e00-\u9fff])([A-Za-z0-9])", r"\1 \2", text)
    return re.sub(r"([A-Za-z0-9%])([\u4e00-\u9fff])", r"\1 \2", text)


def says(text: str, word: str) -> bool:
    """Whether a text holds a word or words, in any case."""
    if word.isascii():
        return re.search(rf"(?<![a-z]){re.escape(word.lower())}(?![a-z])", text.lower()) is not None
    return word.lower() in text.lower()


def size(text: str, lang: str) -> int:
    """How long a text is: in words, in Chinese in characters, punctuation not counted.

    >>> size("It is a cat.", "en"), size("这是猫。", "zh")
    (4, 3)
    """
    if lang == "en":
        return len(text.split())
    return len(re.findall(r"[\u4e00-\u9fff]|[A-Za-z0-9]+", text))


def cut(text: str, share: float, lang: str) -> str:
    """The first `share` of a text, cut inside a sentence, between words."""
    end = max(4, int(len(text) * share))
    part = text[:end]
    if lang == "en":
        part = part.rsplit(" ", 1)[0]
    return part.rstrip(" \n-.,;:!?，。；：！？、“”")


def garble(text: str, rng: random.Random, lang: str, scrap: str) -> str:
    """A text as small models spoil it: words spliced, doubled, of the wrong script, or strung on
    from another sentence."""
    pieces = text.split(" ") if lang == "en" else re.findall(r"[A-Za-z0-9]+|.", text)
    gap = " " if lang == "en" else ""
    other = "并司台的它" if lang == "en" else ["ase", "r p", "ing", "the", "qu"]
    pool = scrap.split(" ") if lang == "en" else list(scrap)
    for number in range(rng.choice([2, 3, 4])):
        i = rng.randrange(len(pieces))
        kind = rng.randrange(5) if number else rng.choice((0, 1, 3))  # a gap alone may do no harm
        if kind == 0:
            pieces[i] = pieces[i] + gap + pieces[i]
        elif kind == 1:
            pieces[i] = rng.choice(list(other))
        elif kind == 2 and lang == "en":
            pieces[i] = pieces[i][: len(pieces[i]) // 2] + rng.choice(pool)[-3:]
        elif kind == 3 and pool:
            start = rng.randrange(len(pool))
            pieces[i:i] = pool[start : start + rng.choice([2, 4, 6])]
        else:
            part = pieces[i : i + 3]
            rng.shuffle(part)
            pieces[i : i + 3] = part
            del pieces[i : i + rng.choice([1, 2])]
            pieces = pieces or ["…"]
    spoiled = gap.join(pieces).strip()
    end = "." if lang == "en" else "。"
    return spoiled if spoiled.endswith((end, "?", "？")) else spoiled.rstrip("，,") + end


def sentences(text: str) -> list[str]:
    """The sentences of a text, without list marks."""
    parts = re.split(r"\n|(?<=[。！？])(?![”）])|(?<=[.!?])\s", text)
    parts = [re.sub(r"^\s*(?:- |\d+[.、]\s*(?!\d))", "", part).strip() for part in parts]
    return [part for part in parts if part]


def listed(items: list[str], form: str | None) -> str:
    """The items as a list, numbered where the form says so."""
    if form == "numbered":
        return "\n".join(f"{i}. {item}" for i, item in enumerate(items, 1))
    return "\n".join(f"- {item}" for item in items)


def inner(wording: str) -> str:
    """A wording as it stands inside a sentence."""
    return "{x}" + wording[3:] if wording.startswith("{X}") else wording


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def tidy(text: str, lang: str) -> str:
    """Chinese needs no second question mark when two questions meet; nothing else is touched."""
    return text.replace("？？", "？").replace("。。", "。") if lang == "zh" else text
