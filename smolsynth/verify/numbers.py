"""Numbers as people write them, with their units, and whether one is the expected one.

No symbolic algebra: rational numbers are exact, and that is what problems in words ask for.
math-verify, which reads all of LaTeX, would bring sympy and a parser of ANTLR (over 50 MB
installed) for what `Fraction` does here.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from smolsynth.verify.extract import final_answer, plain_math
from smolsynth.verify.units import MONEY_SIGNS, UNITS
from smolsynth.verify.verdict import Verdict, verdict

_ZH_DIGITS = {
    sign: n for n, signs in enumerate("零〇 一 二两 三 四 五 六 七 八 九".split()) for sign in signs
}
_ZH_POWERS = {"十": 10, "百": 100, "千": 1000}
_ZH_MYRIADS = {"万": 10**4, "亿": 10**8}
_ZH_SIGN = "(?:[零〇一二两三四五六七八九十百万亿]|千(?![米克瓦卡]))"  # 十二千米 is 12 千米
_ZH = _ZH_SIGN + "{1,20}"
_EN_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen"
).split()
_EN = {word: n for n, word in enumerate(_EN_SMALL)}
_EN |= {
    word: 10 * (n + 2)
    for n, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split())
}
_EN_SCALES = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "dozen": 12}
_EN_PARTS = {"half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4}
_EN_PARTS |= {"fifth": 5, "fifths": 5, "tenth": 10, "tenths": 10}
_EN_WORD = "|".join([*sorted(_EN, key=len, reverse=True), *_EN_SCALES])
_EN_PART = "|".join(sorted(_EN_PARTS, key=len, reverse=True))
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?![\d])(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
_NUMBER = re.compile(
    rf"(?P<sign>(?<![\w)])-\s?|负|\b(?:minus|negative) )?(?P<money>US\$|[$¥€£])?(?P<sign2>-)?(?:"
    rf"百分之(?P<zh_percent>{_DIGITS}|{_ZH}(?:点{_ZH})?)"
    rf"|(?:(?P<zh_whole>{_ZH}|\d+)又)?(?P<zh_under>{_ZH}|\d+)分之(?P<zh_over>{_ZH}|\d+)"
    rf"|(?P<whole>\d+)(?:又| (?:and )?)(?P<over>\d+)/(?P<under>\d+)(?![\d/])"
    rf"|(?P<top>{_DIGITS})\s?/\s?(?P<bottom>{_DIGITS})(?![\d/])"
    rf"|(?P<digits>{_DIGITS})(?:[eE](?P<e>[+-]?\d+)\b|\s?[×x*]\s?10\^?(?P<power>[+-]?\d+))?"
    rf"(?P<scale>\s?(?:万亿|[万亿]|[千百](?![米克瓦卡分]))| (?:hundred|thousand|million|billion)\b"
    rf"|[kK](?![a-zA-Z]))?"
    rf"|(?P<zh>{_ZH}(?:点{_ZH})?)"
    rf"|\b(?P<en>(?:(?:a|{_EN_WORD})\b[ -]?(?:and )?){{0,12}}(?:{_EN_WORD})\b"
    rf"(?! (?:half|third|quarter|fifth|tenth))|(?:(?:a|{_EN_WORD})\b )?(?:{_EN_PART})\b))",
    re.IGNORECASE,
)
_KNOWN = sorted(UNITS, key=len, reverse=True)
_UNIT = re.compile(
    r"\s?(?:("
    + "|".join(
        re.escape(u) + (r"(?![A-Za-z])" if u[-1].isalpha() and u.isascii() else "") for u in _KNOWN
    )
    + r")|(?!(?:or|and|to|of|in|is|x|out)\b|[或和与至到])"
    r"([A-Za-z]+(?: [A-Za-z]+)?|[\u4e00-\u9fff]+))"
)
_ENDS = re.compile(
    r"[\n。;；!！?？(（]|[,，](?!\s*(?:\d|or\b|或|还是))|\.(?!\d)|\b(?:because|since|as|so|which)\b|因为|所以|由于",
    re.IGNORECASE,
)
_OR = re.compile(r"\b(?:or|and|to)\b|或|和|、|至|到|~|&|^\s*[-,/]\s*$", re.IGNORECASE)
_EITHER = re.compile(r"[\s,，]*(?:or|或者?|还是)\s*", re.IGNORECASE)  # where no answer is marked


@dataclass(frozen=True)
class Quantity:
    """A number with its unit as it is written ("" without one), and the place in the text."""

    value: Fraction
    unit: str
    text: str
    start: int
    end: int

    def __str__(self) -> str:
        return self.text


def quantities(text: str) -> list[Quantity]:
    """The numbers in a text, with their units.

    Where there are digits, numbers in words are left alone: “one of the 12”, “一共 12 个”.

    >>> [(str(q.value), q.unit) for q in quantities("1,234.5 km, −3/4, one, 2 1/2 h")]
    [('2469/2', 'km'), ('-3/4', ''), ('5/2', 'h')]
    >>> [(int(q.value), q.unit) for q in quantities("一千零五十元") + quantities("nine cats")]
    [(1050, '元'), (9, 'cats')]
    """
    text = plain_math(text)
    digits = bool(re.search(r"\d", text))
    found: list[Quantity] = []
    for match in _NUMBER.finditer(text):
        if digits and not re.search(r"\d", match.group()):
            continue
        if found and match.start() < found[-1].end:  # the 2 of m^2
            continue
        value = _value(match)
        if value is None:
            continue
        unit, end = "", match.end()
        if match["zh_percent"]:
            unit = "%"
        elif match["money"]:
            unit = MONEY_SIGNS[match["money"].upper()]
        elif after := _UNIT.match(text, match.end()):
            unit, end = after[1] or after[2], after.end()
        found.append(Quantity(value, unit, text[match.start() : end].strip(), match.start(), end))
    return found


def _value(match: re.Match) -> Fraction | None:
    group = match.groupdict()
    if len(match.group()) > 400:  # nobody's answer
        return None
    try:
        if group["zh_percent"]:
            value = _plain(group["zh_percent"])
        elif group["zh_under"]:
            value = _plain(group["zh_over"]) / _plain(group["zh_under"])
            value += _plain(group["zh_whole"]) if group["zh_whole"] else 0
        elif group["whole"]:
            value = Fraction(int(group["whole"])) + Fraction(
                int(group["over"]), int(group["under"])
            )
        elif group["top"]:
            value = _plain(group["top"]) / _plain(group["bottom"])
        elif group["digits"]:
            power = int(group["e"] or group["power"] or 0)
            if abs(power) > 400:
                return None
            value = _plain(group["digits"]) * Fraction(10) ** power * _scale(group["scale"] or "")
        elif group["zh"]:
            value = _plain(group["zh"])
        else:
            value = _english(group["en"].lower())
    except (ZeroDivisionError, ValueError, KeyError):
        return None
    return -value if group["sign"] or group["sign2"] else value


def _scale(text: str) -> int:
    text = text.strip().lower()
    scale = 1000 if text == "k" else _EN_SCALES.get(text, 1)
    for sign in text:
        scale *= _ZH_MYRIADS.get(sign) or _ZH_POWERS.get(sign) or 1
    return scale


def _plain(text: str) -> Fraction:
    if text[0].isdigit() or text[0] == ".":
        return Fraction(Decimal(text.replace(",", "")))
    whole, _, part = text.partition("点")
    digits = "".join(str(_ZH_DIGITS[sign]) for sign in part)
    return chinese_number(whole) + (Fraction(int(digits), 10 ** len(digits)) if digits else 0)


def chinese_number(text: str) -> Fraction:
    """A whole number in Chinese. Raises ValueError for what is none.

    >>> [int(chinese_number(t)) for t in "十二 一百零五 三千五 二〇二四 一亿零三百万 两万".split()]
    [12, 105, 3500, 2024, 103000000, 20000]
    """
    if all(sign in _ZH_DIGITS for sign in text):
        if len(text) > 1 and "两" in text:
            raise ValueError(text)
        return Fraction(int("".join(str(_ZH_DIGITS[sign]) for sign in text)))
    total = section = 0
    digit: int | None = None
    last = 1
    for at, sign in enumerate(text):
        if sign in _ZH_DIGITS:
            if digit:
                raise ValueError(text)
            digit = _ZH_DIGITS[sign]
            if digit and at == len(text) - 1 and last >= 100 and text[at - 1] not in "零〇":
                digit *= last // 10  # 三千五, 一万二
        elif sign in _ZH_POWERS:
            section += (1 if digit is None or (digit == 0 and sign == "十") else digit) * (
                last := _ZH_POWERS[sign]
            )
            digit = None
        else:
            section += digit or 0
            if sign == "亿":
                total = (total + section) * 10**8
            else:
                total += section * 10**4
            section, digit, last = 0, None, _ZH_MYRIADS[sign]
    return Fraction(total + section + (digit or 0))


def _english(text: str) -> Fraction:
    total = part = 0
    words = [word for word in re.split(r"[ -]+", text) if word not in ("and", "")]
    if words[-1] in _EN_PARTS:
        return Fraction(_EN.get(words[0], 1), _EN_PARTS[words[-1]])
    if words == ["a"]:
        raise ValueError(text)
    for word in words:
        if word in _EN_SCALES:
            scale = _EN_SCALES[word]
            if scale > 100:
                total, part = total + (part or 1) * scale, 0
            else:
                part = (part or 1) * scale
        elif word != "a":
            if part % 10 and _EN[word] < 100 or (part % 100 and _EN[word] >= 10):
                raise ValueError(text)
            part += _EN[word]
    return Fraction(total + part)


def verify_number(
    text: str,
    expected: str | int | float | Fraction,
    unit: str = "",
    *,
    tolerance: float | Fraction = 0,
    relative: float | Fraction = 0,
    needs_unit: bool = False,
    marked: bool = False,
) -> Verdict:
    """Whether the final answer of a text is a number.

    It is looked for behind the last `\\boxed`, `####`, “The answer is” or “答案是”; without one,
    the last number counts, as in the usual evaluation of GSM8K, whatever stands before it (but “4
    or 5” are two). Thoughts are no answer. Where a known unit is expected, a word behind the number
    that is none is passed over; else another word is a wrong unit.

    Args:
        text: the answer.
        expected: the number, also as text with a unit: "2 1/2 h", "3 元 5 角".
        unit: of `expected`; answers in other units of the same kind are converted. Without, units
            are not looked at, but for percent: 50% is 0.5.
        tolerance: how far the answer may be off, in `unit`.
        relative: how far, as a share of `expected`.
        needs_unit: a number without a unit is wrong.
        marked: an answer that is not marked is none.

    Returns:
        The outcome is "right", "wrong", "no answer", "unfinished" (thoughts without an end),
        "several answers" (“4 or 5”, two boxes), "no unit" or "wrong unit".

    Raises:
        ValueError: `expected` is no number.

    >>> verify_number("3 x 4 = 12, so the answer is twelve.", 12).right
    True
    >>> verify_number("答案是 1 小时 30 分钟。", 90, "min").right
    True
    >>> print(verify_number("The answer is 1,250 m.", "1.2 km").reason)
    The answer is 1,250 m, not 1.2 km.
    """
    wanted, unit = _expected(expected, unit)
    shown = f"{expected} {unit}".strip() if unit and unit not in str(expected) else str(expected)
    final = final_answer(text)
    if final is None:
        return verdict("unfinished" if text.strip() else "no answer")
    if not final.marked and marked:
        return verdict("no answer")
    if final.others and len({_boxed(box) for box in (final.text, *final.others)}) > 1:
        return verdict("several answers", found=", ".join((*final.others, final.text)))
    found = _found(final.text, bool(final.marked))
    if not found:
        return verdict("no answer")
    if len(found) > 1:
        listed = ", ".join(map(str, found))
        return verdict("several answers", extracted=listed, found=listed)
    [(quantity, total)] = [(one, _in_unit(one.parts, unit)) for one in found]
    if needs_unit and unit and not quantity.parts[0].unit:
        return verdict("no unit", extracted=str(quantity), found=quantity, unit=unit)
    if total is None:
        got = quantity.parts[0].unit
        return verdict("wrong unit", extracted=str(quantity), found=quantity, unit=unit, got=got)
    allowed = max(Fraction(tolerance), Fraction(relative) * abs(wanted))
    outcome = "right" if abs(total - wanted) <= allowed else "wrong"
    return verdict(outcome, extracted=str(quantity), found=quantity, expected=shown)


@dataclass(frozen=True)
class _Whole:
    """Quantities that make one: 2 hours and 30 minutes."""

    parts: tuple[Quantity, ...]

    def __str__(self) -> str:
        return " ".join(part.text for part in self.parts)


def _boxed(text: str) -> object:
    found = quantities(text)
    return found[0].value if found else text


def _expected(expected: str | int | float | Fraction, unit: str) -> tuple[Fraction, str]:
    if not isinstance(expected, str):
        return Fraction(str(expected)) if isinstance(expected, float) else Fraction(expected), unit
    wholes = _joined(quantities(expected), plain_math(expected))
    if len(wholes) != 1:
        raise ValueError(f"Expected one number, as '12' or '2.5 km', not {expected!r}.")
    parts = wholes[0].parts
    if not unit and "share" not in UNITS.get(parts[0].unit, {}):  # 50% is 0.5
        unit = parts[0].unit
    total = _in_unit(parts, unit)
    if total is None:
        raise ValueError(f"{expected!r} is not in {unit}.")
    return total, unit


def _found(text: str, marked: bool) -> list[_Whole]:
    """The final answer's numbers: one, if it is clear."""
    plain = plain_math(text)
    if not marked:
        wholes = _joined(quantities(plain), plain)
        if len(wholes) < 2:
            return wholes
        one, two = wholes[-2:]
        between = plain[one.parts[-1].end : two.parts[0].start]
        either = _EITHER.fullmatch(between) and one.parts[0].value != two.parts[0].value
        return wholes[-2:] if either else wholes[-1:]
    plain = plain.lstrip(" \n:：是为")
    end = _ENDS.search(plain)
    sentence = plain[: end.start()] if end else plain
    sentence = re.split(r"[=≈]", sentence)[-1] if "=" in sentence or "≈" in sentence else sentence
    wholes = _joined(quantities(sentence), plain_math(sentence))
    if len(wholes) < 2:
        return wholes
    plain = plain_math(sentence)
    between = [
        plain[one.parts[-1].end : two.parts[0].start] + one.parts[-1].unit
        for one, two in zip(wholes, wholes[1:], strict=False)
    ]
    if any(map(_OR.search, between)) and len({one.parts[0].value for one in wholes}) > 1:
        return wholes
    if re.search(r"[+×÷*]|\d ?x ?\d|\d ?- ?\d", plain):  # a sum that is not worked out
        return wholes
    return wholes[:1]


def _joined(found: list[Quantity], plain: str) -> list[_Whole]:
    wholes: list[list[Quantity]] = []
    for one in found:
        if wholes and _continues(wholes[-1][-1], one, plain):
            wholes[-1].append(one)
        else:
            wholes.append([one])
    return [_Whole(tuple(parts)) for parts in wholes]


def _continues(one: Quantity, two: Quantity, plain: str) -> bool:
    """Whether the second is the smaller part of the first, as the minutes behind the hours."""
    if not re.fullmatch(r"\s*(?:and\s|,\s|零|又)?\s*", plain[one.end : two.start]):
        return False
    first, second = UNITS.get(one.unit, {}), UNITS.get(two.unit, {})
    return any(first[kind] > second[kind] for kind in first if kind in second)


def _in_unit(parts: tuple[Quantity, ...], unit: str) -> Fraction | None:
    """The sum in a unit; `None` if one of them is of another kind."""
    total = Fraction(0)
    for part in parts:
        value = _converted(part, unit)
        if value is None:
            return None
        total += value
    return total


def _converted(part: Quantity, unit: str) -> Fraction | None:
    known, wanted = UNITS.get(part.unit), UNITS.get(unit)
    if not unit:
        return part.value * (known["share"] if known and "share" in known else 1)
    if not part.unit:
        return part.value
    if known and wanted:
        kinds = [kind for kind in wanted if kind in known]
        return part.value * known[kinds[0]] / wanted[kinds[0]] if kinds else None
    if wanted:  # a word that is no unit: “12 in all”, “12 km altogether” is found above
        return part.value if not _UNIT_LIKE.match(part.unit) else None
    if known:
        return None
    one, two = part.unit.lower(), unit.lower()
    same = one.split()[0].rstrip("s") == two.rstrip("s") or one.startswith(two) or two in one
    return part.value if same or one in two else None


_UNIT_LIKE = re.compile(r"[个只本张条头棵支瓶件辆]")
