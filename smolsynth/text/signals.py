"""Signs that a text leaks its prompt, refuses, or stops in mid-sentence."""

import re
import unicodedata

from smolsynth.text.tokens import tokens

# ---- leaks ----
# Labels and headings that distilabel's evolving and judging tasks print around texts, and sentences
# that only those prompts hold. A rating alone stands in any review, a rationale in any worked
# example, “Prompt:” within many a request: they count together, and as the start of a text.
_PROMPT_WORD = r"(?:prompt|instruction|response|answer)"
_LEAK = re.compile(
    rf"#+ ?(?:the )?(?:new |given |rewritten |re-written |created |evolved )+{_PROMPT_WORD} ?#*"
    r"|^\W*(?:the )?(?:new|given|rewritten|re-written|created|evolved)[ _-]"
    rf"{_PROMPT_WORD}\W{{0,3}}[:：]"
    r"|\A\W*(?:your )?prompt ?[:：]"
    r"|#+ ?output for text|<text \d>"
    r"|^\W{0,3}rating ?[:：] ?[1-5]\W*\n\W{0,3}rationale ?[:：]"
    rf"|\b(?:rewrite|answer|respond to) the given {_PROMPT_WORD}\b"
    rf"|don't write 'given {_PROMPT_WORD}|famous ai systems"
    r"|#+ ?(?:给定|改写后|重写后|新)的?(?:提示词?|指令|回答) ?#*"
    r"|^\W*(?:给定|改写后|重写后|新建|新|进化后)的?(?:提示词?|指令|回答)\W{0,2}[:：]"
    r"|\A\W*提示词 ?[:：]|^\W*评分 ?[:：] ?[1-5]\W*\n\W{0,3}(?:评分)?理由 ?[:：]"
    r"|改写给定的提示",
    re.IGNORECASE | re.MULTILINE,
)
# Every leak has one of these in it, and most texts have none.
_LEAK_WORDS = (
    *("prompt", "instruction", "response", "answer", "output for text", "<text ", "rationale"),
    *("famous ai systems", "提示", "指令", "回答", "理由"),
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
    >>> leak_in("What is a cat in the given prompt?", phrases=True)
    'given prompt'
    """
    lower = text.lower()
    if not any(word in lower for word in _LEAK_WORDS):
        return None
    found = _LEAK.search(text) or (phrases and _PHRASE.search(text))
    return found.group().strip() if found else None


# What EvolQuality's prompts and UltraFeedback's output hold, and a model's notes: none of it is to
# be learned.
_RUBRIC = re.compile(
    r"\b(?:given|rewritten|created)[\s_]+(?:response|answer)\b|####? ?output for text"
    r"|^(?:rating|rationale|score|type) ?[:：]|改写后的?回答|给定的?回答",
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


# ---- refusals ----
_SENTENCE = re.compile(r"[^.!?。！？\n]+(?:[.!?。！？]+|\n|\Z)")
_LOOKED_AT = 3  # sentences: a refusal comes first, perhaps behind a greeting or an apology
_APOLOGY = re.compile(
    r"\b(?:sorry|apologi[sz]e|apologies)\b|抱歉|对不起|不好意思|遗憾", re.IGNORECASE
)
SHORT_APOLOGY = 80  # tokens; a longer text may well apologize and answer
_REPORTED = re.compile(r"[“\"'‘「][^”\"'’」]*[”\"'’」]")
# What a model declines to do: "I can't help with that", but not "I can't wait to see you".
_DEED = (
    r"(?:help(?! but\b)|assist|answer|provide|fulfil|comply|do (?:that|this|so|it)|write|create"
    r"|generate|support|say|tell|give|offer|discuss|complete|access|browse|open|view|recommend|process"
    r"|determine|engage|produce|respond|continue|share|perform|estimate|retrieve|summari[sz]e|display"
    r"|read|make|show|find|verify|confirm|predict|describe|translate|comment|speak|be of)\b"
)
_NOT_ABLE = (
    rf"(?:(?:can't|cannot|can not|could not|couldn't|won't|will not) (?:\w+ly )?{_DEED}"
    rf"|(?:am|'m) (?:\w+ly )?(?:unable|not able|not allowed|not permitted|not designed"
    r"|not programmed|not capable|not comfortable)"
    r"|must decline|have to decline|decline to|must refuse|don't feel comfortable"
    r"|(?:do not|don't) (?:really )?(?:know|have (?:\w+ )?(?:access|information|data|enough|the)"
    r"|possess)"
    r"|(?:have not|haven't) (?:been trained|learned)|know (?:nothing|too little|very little)"
    r"|would rather not|have no (?:information|knowledge|access|idea|data))"
)
_REFUSAL = re.compile(
    rf"^(?:(?:oh|well|hi|hello|hmm|no|thank you[^,]*|thanks[^,]*)[,.]? )?"
    r"(?:(?:i am|i'm|we're) (?:\w+ )?sorry[,.;]?|sorry[,.;]?|(?:my )?apologies[,.;]?"
    r"|i apologi[sz]e[,.;]?"
    r"|unfortunately,?|regrettably,?|i(?:'m| am) afraid(?: that)?|no,)* ?(?:but |and |because )?"
    rf"(?:that )?(?:i|we) ?{_NOT_ABLE}"
    # "I'm sorry, the question is outside of what I can answer."
    r"|^(?:(?:i am|i'm) (?:\w+ )?sorry|sorry|unfortunately|i apologi[sz]e)\b"
    rf".*\b(?:i|and) ?{_NOT_ABLE}"
    r"|^(?:i(?:'m| am) (?:\w+ )?sorry,? (?:but )?)?as an? (?:ai|artificial|(?:large )?language)\b"
    rf".*?\b(?:i|and) ?(?:{_NOT_ABLE}|can't|cannot|can not|don't|do not|have no|am not|'m not)"
    rf"|^i(?:'m| am) (?:just |only )?an? (?:ai|language model)\b.*?\b(?:i|and) ?{_NOT_ABLE}"
    r"|^(?:it is|it's) (?:not possible|impossible|not appropriate) for me to"
    r"|^(?:i(?:'m| am) (?:\w+ )?sorry,? (?:but )?)?(?:you|the \w+)"
    r" (?:did not|didn't|have not|haven't) (?:provide|give|specif)",
    re.IGNORECASE,
)
_DEED_ZH = (
    r"(?:直接|准确|完全|为[您你]|给[您你]|替[您你]|向[您你]|帮[您你])*"
    r"(?:回答|作答|提供|帮|协助|满足|完成|生成|处理|回应|给出|讨论|访问|查看|打开|浏览|告诉|写|创建|制作|执行|确定"
    r"|判断|进行|评估|评价|看到|做到|描述|建议|预测|总结|阅读|理解[您你]|找到|说|拥有|提出|继续|参与)"
)
_NOT_ABLE_ZH = (
    rf"(?:(?:无法|不能|没法|没办法|不便|不方便|难以|不可以|帮不了|恕不|恕难|不会){_DEED_ZH}?"
    r"|不(?:太|是很|怎么|够)?(?:了解|知道|清楚|懂|熟悉|确定)|了解(?:不多|不够|有限)|没有?学过|不具备"
    r"|没有(?:足够|相关|这方面|个人|能力|权限|获取)|答不(?:上来|出))"
)
_REFUSAL_ZH = re.compile(
    rf"^(?:啊|哦|嗯|[您你]好)?[，, ]*(?:我|真的?|非常|十分|实在|很|深表|表示|感到|令人)*"
    rf"(?:抱歉|对不起|不好意思|遗憾|歉意).{{0,30}}?(?:{_NOT_ABLE_ZH}|(?:[您你](?:并?没有?|并?未)(?:为我)?(?:提供|给|指定)))"
    rf"|^(?:由于|因为)?我?(?:作为|身为|只?是)一?[个名款位种]?.{{0,6}}(?:人工智能|AI|语言模型|大模型|虚拟助[手理])"
    rf".{{0,16}}?[，,]?.{{0,12}}?(?:{_NOT_ABLE_ZH}|并?没有|不提供|不支持)"
    rf"|^(?:关于|对于?)?[^，。]{{0,16}}[，,]?我(?:目前|暂时|现在|还|真的?|恐怕|并|确实|实在|也|对.{{1,16}}|只能说)*"
    rf"(?:{_NOT_ABLE_ZH})"
    rf"|^(?:暂时|目前|恐怕|恕我)?(?:无法|不能|不便|没法)(?:回答|作答|提供|满足|协助|给出|回应|处理)",
    re.IGNORECASE,
)
# "If you don't know …", "many people don't know …" decline nothing.
_NOT_I = re.compile(
    r"^(?:如果|若|要是|假如|当|即使|虽然)|^(?:很多|许多|有些|有的|不少)人|我们|我的"
)


def refusal_in(text: str) -> str | None:
    """The sentence with which a response begins to refuse, to beg off or not to know, or `None`.

    An apology alone is none: somebody who is asked to write one must say sorry.

    >>> refusal_in("I’m sorry. I can’t help with that.")
    "I can't help with that."
    >>> refusal_in("很遗憾，我无法回答这个问题。")
    '很遗憾，我无法回答这个问题。'
    >>> refusal_in("A polite person says sorry."), refusal_in("很多人不了解茶叶。")
    (None, None)
    """
    text = text[:600].replace("’", "'").replace("‘", "'").lstrip("*_# \n")
    if text[:1] in '"“「' and text.rstrip()[-1:] in '"”」':  # all of it in quotation marks
        text = text[1:]
    if "#" in text[:80] and "\n" in text[:80]:
        text = re.sub(r"^\W*#.*\n", "", text)
    for sentence in _SENTENCE.findall(text)[:_LOOKED_AT]:
        said = sentence.strip()
        if said[:1].isascii():
            if _REFUSAL.search(said):
                return said
        if not said.isascii() and not _NOT_I.search(said) and _REFUSAL_ZH.search(said):
            return said
    return None


def apologizes(text: str) -> bool:
    """Whether a text says sorry in its own voice, not in quotation marks.

    >>> apologizes("Sorry, no."), apologizes('The word is "sorry".'), apologizes("很抱歉！")
    (True, False, True)
    """
    return bool(_APOLOGY.search(_REPORTED.sub("", text)))


def begs_off(text: str) -> bool:
    """Whether a response refuses, or apologizes in under 80 words as Evol-Instruct has it.

    >>> begs_off("Sorry, no."), begs_off("I can't help with that."), begs_off("A cat sleeps.")
    (True, True, False)
    """
    sorry = apologizes(text) and len(tokens(text)) < SHORT_APOLOGY
    return sorry or refusal_in(text) is not None


# ---- unfinished texts ----
_ENDINGS = tuple(".!?。！？…)）]】」』》>\"”’'`:：;；|~～}")
_MARKUP = "*_~ \t"  # bold and italics around the end of a sentence
_FEW = 4  # tokens: a word or two need no full stop
_ITEM = re.compile(r"\s*(?:[-*•|#>+]|\d+[.)、]|[(（]?[a-zA-Z一二三四五六七八九十][.)、）]).*")
_SMALL = frozenset("a an and at by for from in of on or the to with".split())  # in titles
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+$|\S+@\S+\.\S+$|#\w+$|[\"”] ?[-–—] ?\S.{0,40}$")
_FORMULA = re.compile(r"[=≈<>≤≥+×÷^]\s*\S+$|\$$|\\\)$|\\\]$")
_CODE = re.compile(r"^(?: {4}|\t)|[{};]$|^\s*(?:return|import|print|def|if|for|while)\b")
_DANGLING = re.compile(  # no sentence ends like this
    r"(?:[,，]|\b(?:the|a|an|of|and|or|to|with|for|from|in|on|at|by|is|are|was|were|that|which"
    r"|because|but|as|their|its|your|has|have|can|will|into|about|than|over|under|after|before"
    r"|between|through|when|if|so|not|very|more|most|also)|[的和与或及是在把被从对])$",
    re.IGNORECASE,
)


def cut_off(text: str, finish_reason: str | None = None) -> str | None:
    """The end of a text that stops in mid-sentence, or `None`.

    Whole without a full stop are lists, tables, headings, names, code, formulas, figures,
    addresses, verse, and what ends in an emoji.

    Args:
        text: a response.
        finish_reason: what the server said of it, if it did: "length" is cut off, "stop" is not.

    >>> cut_off("A cat is an animal that")
    '… A cat is an animal that'
    >>> [cut_off(text) for text in ("Learn something new 😊", "It **is forty two**.", "x = 4")]
    [None, None, None]
    """
    lines = [line for line in text.rstrip().split("\n") if line.strip()]
    if not lines or finish_reason == "stop":
        return None
    end = "… " + lines[-1].strip()[-24:]
    if finish_reason == "length":
        return end
    last = lines[-1].rstrip(_MARKUP)
    if (
        last.endswith(_ENDINGS)
        or text.rstrip().endswith(("**", "__"))
        or _whole_without_a_stop(last, lines[:-1], text)
    ):
        return None
    return end


def _whole_without_a_stop(last: str, before: list[str], text: str) -> bool:
    words = last.split()
    if not words:
        return True
    if unicodedata.category(last[-1]) in ("So", "Sk", "Sc", "Sm", "Mn", "Cf") or last[-1] in "%°‰":
        return True  # an emoji, a currency, a share
    if text.count("```") % 2 or _CODE.search(last) or _ADDRESS.search(last):
        return True
    if len(tokens(last)) > 1 and _DANGLING.search(last):
        return bool(_ITEM.fullmatch(last)) and not last.endswith((",", "，"))
    if len(tokens(last)) < _FEW or _ITEM.fullmatch(last) or _FORMULA.search(last):
        return True
    if last[-1].isdigit() or all(word in _SMALL or not word[0].islower() for word in words):
        return last[-1].isdigit() or last.isascii()  # a figure, a title
    if re.search(r"^[^,，、]{1,24}(?:[,，、]\s*[^,，、]{1,24}){2,}$", last):
        return True  # an enumeration
    # verse, and lists without marks: the lines before have no full stop either
    open_ended = sum(not line.rstrip(_MARKUP).endswith(_ENDINGS) for line in before)
    return len(before) >= 2 and open_ended * 2 > len(before)
