"""What is done with texts, whatever they are about."""

import re
import zlib

Message = dict[str, str]


def turn(role: str, content: str) -> Message:
    return {"role": role, "content": content}


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


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
