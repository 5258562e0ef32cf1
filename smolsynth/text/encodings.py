"""What encoding bytes are in that are no UTF-8."""

# Where an encoding of Chinese keeps the everyday characters: its first rows, by their two bytes.
_EVERYDAY = {
    "gb18030": lambda code: b"\xa1\xa1" <= code <= b"\xd7\xf9" and code[1] > 0xA0,
    "big5": lambda code: b"\xa1\x40" <= code <= b"\xc6\x7e",
}
_MOSTLY = 0.9


def likely_encoding(data: bytes) -> str | None:
    """The encoding that bytes may be in: UTF-16 by its zeros, Chinese by its usual characters.

    `charset_normalizer` finds others, but takes short Chinese texts for many of them.

    >>> likely_encoding("猫是什么？".encode("gbk")), likely_encoding("貓是什麼？".encode("big5"))
    ('gb18030', 'big5')
    >>> print(likely_encoding("größer".encode("cp1252")))
    None
    """
    if b"\0" in (start := data[:100]):  # where most zeros stand: before or behind Latin letters
        return "utf-16-be" if 2 * start[::2].count(0) > start.count(0) else "utf-16-le"
    for encoding, is_everyday in _EVERYDAY.items():
        codes = [one.encode(encoding) for one in data.decode(encoding, errors="ignore")]
        pairs = [code for code in codes if len(code) == 2]  # of four are signs and rare ones
        if pairs and sum(map(is_everyday, pairs)) >= _MOSTLY * len(pairs):
            return encoding
    return None
