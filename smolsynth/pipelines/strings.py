"""Why a run stops, in two languages."""

from typing import Any

from smolsynth.errors import Said, error_said
from smolsynth.text.language import filled, told

_SAYS = {
    "not_loaded": (
        "Step '{step}' could not be loaded: {error}",
        "步骤“{step}”载入失败：{error}",
    ),
    "after": (
        "Step '{step}' failed after {rows} rows: {error}",
        "步骤“{step}”做了 {rows} 行之后出错：{error}",
    ),
    "failed": (
        "Step '{step}' failed on {place}: {error}. First of them: {first}",
        "步骤“{step}”在{place}上出错：{error}。其中第一行：{first}",
    ),
    "refused": (
        "{count} rows were refused, and max_errors is {most}. The last was {place}, by step"
        " '{step}': {reason}",
        "已有 {count} 行被拒收，超过了 max_errors 的上限 {most}。最后一处是{place}，步骤“{step}”："
        "{reason}",
    ),
    "busy": (
        "Another run is at work in {folder}, in another tab, notebook or terminal: wait for it, or"
        " stop it there.",
        "另一个标签页、notebook 或终端正在 {folder} 里运行：请等它做完，或者到那里停下它。",
    ),
    "damaged": (
        "{path} is damaged, so nobody can tell what the parts beside it belong to: choose another"
        " folder, or delete this one.",
        "{path} 已损坏，旁边的分块属于哪次运行已无从知道：请换一个文件夹，或者删掉这一个。",
    ),
    "changed": (
        "{folder} holds another run, and nothing in it was touched. What differs: {differences}."
        " Put that back to go on with it, or choose another folder.",
        "{folder} 里是另一次运行的结果，没有动它。不同之处：{differences}。改回去就能接着做，"
        "否则请换一个文件夹。",
    ),
    "differs": ("{place} was {one} and is {two}", "{place} 原来是 {one}，现在是 {two}"),
    "more": ("{count} more", "另有 {count} 处"),
}
_PLACE = {
    "en": ("row {first} of the input", "rows {first} to {last} of the input"),
    "zh": ("输入的第 {first} 行", "输入的第 {first} 到 {last} 行"),
}


def in_words(error: BaseException, lang: str = "en") -> str:
    """An error with its kind.

    >>> in_words(ValueError("no such thing."))
    'ValueError: no such thing'
    """
    return f"{type(error).__name__}: {error_said(error, lang)}".rstrip(": .。")


def in_input(rows: range, lang: str = "en") -> str:
    """A place in words.

    >>> in_input(range(3, 4)), in_input(range(3, 6))
    ('row 3 of the input', 'rows 3 to 5 of the input')
    """
    return _PLACE[lang][len(rows) > 1].format(first=rows[0], last=rows[-1])


def said(key: str, **values: Any) -> Said:
    """One of these sentences; errors, places (`range`) and lists become text."""
    return filled(_SAYS[key], values, _in)


def _in(value: Any, lang: str) -> Any:
    if isinstance(value, BaseException):
        return in_words(value, lang)
    if isinstance(value, range):
        return in_input(value, lang)
    if isinstance(value, list):
        return ("；" if lang == "zh" else "; ").join(_in(one, lang) for one in value)
    return told(value, lang)
