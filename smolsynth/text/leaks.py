"""Words of a prompt or of a rubric that leaked into a text."""

import re

from smolsynth.text.language import CHINESE
from smolsynth.text.parts import QUOTED
from smolsynth.text.tokens import holds_any

# Labels and headings that distilabel's evolving and judging tasks print around texts, and sentences
# that only those prompts hold. A rating alone stands in any review, a rationale in any worked
# example, “Prompt:” within many a request: they count together, and as the start of a text.
_PROMPT_WORD = r"(?:prompt|instruction|response|answer)"
_NEW_ZH = r"(?:(?:改写|重写|改进|优化|进化|润色)(?:过|之?后)?|更新后|新版)"
_PROMPT_WORD_ZH = r"(?:提示词?|指令|回答|问题|请求)"
_LEAK = re.compile(
    rf"#+ ?(?:the )?(?:new |given |rewritten |re-written |created |evolved )+{_PROMPT_WORD} ?#*"
    r"|^\W*(?:the )?(?:new|given|rewritten|re-written|created|evolved)[ _-]"
    rf"{_PROMPT_WORD}\W{{0,3}}[:：]"
    r"|\A\W*(?:your )?prompt ?[:：]"
    r"|#+ ?output for text|<text \d>"
    r"|^\W{0,3}rating ?[:：] ?[1-5]\W*\n\W{0,3}rationale ?[:：]"
    rf"|\b(?:rewrite|answer|respond to) the given {_PROMPT_WORD}\b"
    rf"|\bhere is the (?:new|rewritten|evolved|created|improved) {_PROMPT_WORD} ?:"
    rf"|\A\W*(?:improved|enhanced|revised|final|better|evolved) (?:version of the )?{_PROMPT_WORD}"
    r"\W{0,3}:|\A\W*(?:user )?queries ?:|#+ ?ratings? for text|^\W{0,3}rationale for rating ?:"
    r"|^(?:text|output) 1\W{1,3}rating\b|'rewritten prompt'|^\W*\d\] ?score ?: ?[1-5]\W*$"
    r"|\brate the outputs? 1 to 5\b|asked: .*\n ?says: "
    r"|^says: (?=[^\n]*(?: of |;))[^\n]* (?:yes|no)(?:;|\s*$)"
    rf"|don't write 'given {_PROMPT_WORD}|famous ai systems"
    # headings and labels: “## 改写后的回答”, “【重写后的提示】”, “以下是改写后的回答：”
    rf"|[#【] ?(?:{_NEW_ZH}|给定|新)的?{_PROMPT_WORD_ZH} ?[#】\n]"
    rf"|(?:^\W*|以下是|下面是)(?:{_NEW_ZH}|给定|新建)的?{_PROMPT_WORD_ZH}(?:如下)?\W{{0,2}}[:：]"
    r"|^\W*新的?(?:提示词?|指令)(?:如下)?\W{0,2}[:：]|\A\W*提示词 ?[:：]"
    rf"|{_PROMPT_WORD_ZH}(?:改写|重写)(?:结果|如下|为)?[:：]|我把给定的{_PROMPT_WORD_ZH}"
    # what a judge says, and is told
    r"|^\W*(?:评分|得分|打分) ?[:：] ?\d\W*分?\W*\n\W{0,3}(?:评分|打分)?(?:理由|依据|说明) ?[:：]"
    r"|(?:^\W*(?:回答|回复|答案) ?[一二三四A-D1-4]的?(?:得分|评分"
    r"|分数)? ?[:：] ?\d{1,2} ?分?\W*$\n?){2}"
    r"|^(?:请|你的任务是|你需要|你将)[^。\n]{0,40}(?:回答|回复)[^。\n]{0,24}(?:打分|评分)"
    r"|请对这条回复写"
    # what a rewriter is told
    rf"|(?:改写|重写)给定的?{_PROMPT_WORD_ZH}|(?:提示词?|指令)(?:改写|重写)(?:者|专家|器)"
    rf"|(?:改写|重写)后的?{_PROMPT_WORD_ZH}(?:必须|不能|应)"
    rf"|给定的?(?:提示词?|指令)(?:改写|重写)(?:得更|成一?[个条])[^。\n]*(?:不要|不用"
    rf"|别)(?:去)?回答",
    re.IGNORECASE | re.MULTILINE,
)
# Judges' labels in English have no business in a text that is Chinese. “所问”, “所说” and a verdict
# behind each part are how the bundled tutor judges.
_LEAK_IN_CHINESE = re.compile(
    r"(?<![a-z])(?:(?:rating|score)\W{1,2}[1-5](?![\d.])|output for\b)|rationale ?[:：]|^type: none"
    r"|所[问说][:：][^。\n]{0,40}(?:[对错]|没写完)|[对错][;；] ?(?:列表|可补充|没写完)"
    r"|[;；] ?可补充\s*$"
    r"|[对错] 重复(?:[;；]|$)|(?:没写完|提示词) 错",
    re.IGNORECASE | re.MULTILINE,
)
# Every leak has one of these in it, and most texts have none.
_LEAK_WORDS = (
    *("prompt", "instruction", "response", "answer", "output for text", "<text ", "rationale"),
    *("queries", "rating", "asked:", "says:"),
    *(
        "famous ai systems",
        "提示",
        "指令",
        "回答",
        "回复",
        "答案",
        "分",
        "重写",
        "改写",
        "所问",
        "所说",
    ),
    *(
        "后的问题",
        "后的请求",
        "对；",
        "错；",
        "可补充",
        "重复",
        "写完",
        "output for",
        "score",
        "type:",
    ),
)
# The same in mid-sentence: right in a text about prompts, wrong in an evolved instruction.
_PHRASE = re.compile(
    r"\b(?:given|rewritten|created)[\s_-]+(?:prompt|response)\b"
    r"|(?:给定|改写后|改写过|重写后|新建|新)的?提示|(?:改写后|给定)的?回答",
    re.IGNORECASE,
)


def leak_in(text: str, phrases: bool = False) -> str | None:
    """The words of a rewriting or judging prompt that a text holds, or `None`.

    Args:
        text: an instruction or a response.
        phrases: count them in mid-sentence too, as Evol-Instruct does with evolved instructions
            (Xu et al. 2023: "given prompt", "rewritten prompt"), and not as labels alone.

    >>> leak_in("#Rewritten Prompt#: What is a cat?"), leak_in("The given prompt is too short.")
    ('#Rewritten Prompt#', None)
    >>> leak_in("以下是改写后的回答：\\n喝水。"), leak_in("给出分数之后再写理由。")
    ('以下是改写后的回答：', None)
    >>> leak_in("What is a cat in the given prompt?", phrases=True)
    'given prompt'
    """
    lower = text.lower()
    if not holds_any(lower, _LEAK_WORDS):
        return None
    leaks = [_LEAK, _LEAK_IN_CHINESE] if CHINESE.search(text) else [_LEAK]
    found = next(filter(None, (leak.search(text) for leak in leaks)), None)
    if found and not phrases:  # what is quoted is spoken about
        found = found.re.search(QUOTED.sub(" ", text))
    found = found or (_PHRASE.search(text) if phrases else None)
    return found.group().strip() if found else None


# What EvolQuality's prompts and UltraFeedback's output hold, and a model's notes: none of it is to
# be learned.
_RUBRIC = re.compile(
    r"\b(?:given|rewritten|created)[\s_]+(?:response|answer)\b|####? ?output for text"
    r"|^(?:rating|rationale|score|type) ?[:：]|改写后的?回答|给定的?回答"
    r"|\b(?:rating|score) ?[:：] ?\d ?/ ?\d|(?:评分|得分|打分) ?[:：] ?\d",
    re.IGNORECASE | re.MULTILINE,
)


def rubric_in(text: str) -> str | None:
    """The words of a prompt that judges, evolves or rewrites which a response holds, or `None`.

    >>> rubric_in("It is so.\\nRating: 5"), rubric_in("It has a high rating.")
    ('Rating:', None)
    """
    if leak := leak_in(text, phrases=True):
        return leak
    found = _RUBRIC.search(text)
    return found.group() if found else None
