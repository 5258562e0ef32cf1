"""Tokens of a text, and the words that say nothing by themselves."""

import re
import unicodedata

_CJK = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_TOKEN = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+")
# Words that say nothing by themselves: a reply made of nothing else is empty.
STOP_WORDS = frozenset(
    "a about all an and any are as at be but by can do for from has have i if in is it its me my no"
    " not of on or our so that the their them there these they this to was we were what when which"
    " who will with you your"
    " 的 了 是 在 和 也 就 都 而 及 与 着 或 一 个 我 你 他 她 它 这 那 有 不 吗 呢 吧 啊".split()
)


def tokens(text: str) -> list[str]:
    """Words in lower case, without punctuation; Chinese, Japanese and Korean by character."""
    return _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())
