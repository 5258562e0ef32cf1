"""Personal data and keys in a text: found where they stand, and masked.

Numbers are taken for what they are only where they can be: a phone number by the plans of its
country (the library phonenumbers, Google's), a card by Luhn's checksum and its issuer's first
digits, an identity number of China by its birthday and checksum (GB 11643), one of the United
States by the ranges that were never issued. (python-stdnum would check the same, but is under the
LGPL, for thirty lines; presidio brings a language model.) Names and addresses are not looked for.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from smolsynth.text.language import CHINESE
from smolsynth.text.tokens import holds_any


class Found(NamedTuple):
    """A piece of personal data, or a key.

    Attributes:
        kind: "email", "phone", "card", "id" (China), "ssn" (United States), "key".
        start, end: where it stands in the text.
    """

    kind: str
    start: int
    end: int


# What stands in the place of each kind.
MASKS = {
    "en": {
        "email": "[email]",
        "phone": "[phone number]",
        "card": "[card number]",
        "id": "[ID number]",
        "ssn": "[SSN]",
        "key": "[key]",
    },
    "zh": {
        "email": "[邮箱]",
        "phone": "[电话号码]",
        "card": "[卡号]",
        "id": "[身份证号]",
        "ssn": "[社会安全号]",
        "key": "[密钥]",
    },
}

# Keys by the marks that their issuers give them. (The entropy rules of detect-secrets would take
# hashes, model names and formulas for keys; here a text that is no key must stay as it is.)
KEY = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"hf_[A-Za-z0-9]{16,}"  # Hugging Face
    r"|(?:sk|rk|pk)-[A-Za-z0-9_-]{16,}"  # OpenAI, Anthropic, DeepSeek, Moonshot, OpenRouter
    r"|(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}"  # Stripe
    r"|gsk_[A-Za-z0-9]{16,}|xai-[A-Za-z0-9]{16,}|r8_[A-Za-z0-9]{16,}|nvapi-[A-Za-z0-9_-]{16,}"
    r"|gh[opsur]_[A-Za-z0-9]{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}"  # GitHub, GitLab
    r"|AIza[A-Za-z0-9_-]{30,}|(?:AKIA|ASIA)[A-Z0-9]{16}|LTAI[A-Za-z0-9]{12,}"  # Google, AWS, Aliyun
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,}|pypi-[A-Za-z0-9_-]{16,}|npm_[A-Za-z0-9]{16,}"
    r"|eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"  # JSON Web Tokens
    r"|-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----.*?(?:-----END (?:[A-Z]+ )*PRIVATE KEY-----|\Z)"
    r")(?![A-Za-z0-9])",
    re.DOTALL,
)
_KEY_MARKS = (
    "hf_ sk- rk- pk- k_live_ k_test_ gsk_ xai- r8_ nvapi- gho_ ghp_ ghs_ ghu_ ghr_ github_pat_"
    " glpat- PRIVATE AIza AKIA ASIA LTAI xox pypi- npm_ eyJ"
).split()
_PLACEHOLDER = re.compile(r"(?i)(.)\1{5}|x{4}|your")  # sk-xxxxxxxx, hf_YourTokenGoesHere

_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+/=:-])[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,24}(?![A-Za-z0-9:/@]|\.[A-Za-z]\w)"
)
# Digits in groups, as people write numbers; full-width ones are made narrow before.
_GROUPED = re.compile(
    r"(?<![A-Za-z0-9_.%=/#&$€£¥+-])(?:\+\d{1,3}[ .-]?)?(?:\(\+?\d{1,4}\)[ -]?)?\d(?:[ .-]?\d){6,18}"
    r"[Xx]?(?![A-Za-z0-9_%]|[.-]\d)"
)
_MAY_BE_NUMBER = re.compile(r"[0-9](?:[ .()-]{0,2}[0-9]){6}")  # quicker to look for
_CARD = re.compile(
    r"4\d{15}(?:\d{3})?|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"
    r"|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|4[4-9]\d|5\d\d)\d{12}|35\d{14}|62\d{14,17}"
)
_ID = re.compile(
    r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])\d{4}((?:18|19|20)\d{6})\d{3}[\dX]"
)
_SSN = re.compile(r"(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}")
# How numbers of a country are written within it: a region, and its forms.
_NATIONAL = (
    (
        "CN",
        re.compile(
            r"(?:\(?\+?86\)?[ -]?)?(1[3-9]\d[ -]?\d{4}[ -]?\d{4}|1[3-9]\d[ -]?\d{3}[ -]?\d{5}"
            r"|(?:0\d{2,3}[ -]|\(0\d{2,3}\) ?)\d{3,4}[ -]?\d{4})"
        ),
    ),
    ("US", re.compile(r"((?:1[ .-])?(?:\(\d{3}\) ?|(?!400|0|1(?!23))\d{3}[.-])\d{3}[.-]\d{4})")),
)
_WIDE = re.compile("[０-９＠]")
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def personal_data(text: str) -> list[Found]:
    """Mail addresses, phone, card and identity numbers, keys, in the order of the text.

    >>> text = "Mail jo@city.org or call (212) 555-0123, not version 1.2.3."
    >>> [(one.kind, text[one.start : one.end]) for one in personal_data(text)]
    [('email', 'jo@city.org'), ('phone', '(212) 555-0123')]
    >>> personal_data("身份证号 11010519491231002X，订单号 110105194912310021。")
    [Found(kind='id', start=5, end=23)]
    """
    found = []
    narrow = text.translate(_NARROW) if _WIDE.search(text) else text
    if "@" in narrow:
        found += [Found("email", *match.span()) for match in _EMAIL.finditer(narrow)]
    for match in _GROUPED.finditer(narrow) if _MAY_BE_NUMBER.search(narrow) else ():
        if kind := _number(match[0]):
            found.append(Found(kind, *match.span()))
    if holds_any(narrow, _KEY_MARKS):
        for match in KEY.finditer(narrow):
            if not _PLACEHOLDER.search(match[0]):
                found.append(Found("key", *match.span()))
    return sorted(found, key=lambda one: one.start)


def masked(text: str, lang: str | None = None) -> str:
    """A text with what `personal_data` finds in it replaced by its kind, see MASKS.

    Args:
        text: any.
        lang: "en" or "zh", of what is put in; Chinese where the text has Chinese characters.

    >>> masked("Pay with 4111 1111 1111 1111."), masked("请打 13812345678")
    ('Pay with [card number].', '请打 [电话号码]')
    """
    pieces, end = [], 0
    for one in personal_data(text):
        if one.start >= end:
            marks = MASKS[lang or ("zh" if CHINESE.search(text) else "en")]
            pieces += [text[end : one.start], marks[one.kind]]
            end = one.end
    return "".join([*pieces, text[end:]])


def masked_in(value: Any) -> Any:
    """A row, or any lists and dictionaries, with all its texts `masked`.

    >>> masked_in({"messages": [{"role": "user", "content": "I am jo@city.org"}]})
    {'messages': [{'role': 'user', 'content': 'I am [email]'}]}
    """
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, Mapping):
        return {key: masked_in(item) for key, item in value.items()}
    return [masked_in(item) for item in value] if isinstance(value, list | tuple) else value


def _number(text: str) -> str | None:
    """What kind of number this is, by its form and its checksum."""
    digits = re.sub(r"\D", "", text) + ("X" if text[-1] in "Xx" else "")
    if _ID.fullmatch(digits) and _id_holds(digits):
        return "id"
    if digits.endswith("X"):
        return None
    if _SSN.fullmatch(text):
        return "ssn"
    if "." not in text and _CARD.fullmatch(digits) and _luhn(digits):
        return "card"
    return "phone" if _is_phone(text) else None


def _luhn(digits: str) -> bool:
    """The checksum of payment cards (Luhn 1960)."""
    doubled = (2 * int(digit) for digit in digits[-2::-2])
    return (sum(map(int, digits[::-2])) + sum(map(sum, (divmod(n, 10) for n in doubled)))) % 10 == 0


def _id_holds(digits: str) -> bool:
    """Birthday and checksum of a Chinese identity number (GB 11643-1999: ISO 7064, MOD 11-2)."""
    try:
        date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * 2 ** (17 - i) for i, digit in enumerate(digits[:17]))
    return "10X98765432"[total % 11] == digits[17]


@lru_cache(maxsize=10_000)
def _is_phone(text: str) -> bool:
    import phonenumbers  # a quarter of a second, so only where a text needs it

    region = None
    for name, form in _NATIONAL:
        if match := form.fullmatch(text):
            region, text = name, match[1]
    if not region and not text.startswith("+"):
        return False
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return False
    # 555-123-4567 stands for a number in America, whose plan has no area 555
    return phonenumbers.is_valid_number(number) or (
        region == "US" and phonenumbers.is_possible_number(number)
    )
