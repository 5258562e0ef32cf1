"""Signs that a row is not worth having: an echo, small talk, repetition, marks, garbled words.

Each function takes texts and returns what it found there, or `None`. What a text says in code or in
quotation marks it speaks about, and is passed over.
"""

import re
import zlib
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from math import ceil
from operator import eq

from smolsynth.text.language import CHINESE, in_language, names_language
from smolsynth.text.requests import is_request, missing_request
from smolsynth.text.tokens import STOP_WORDS, holds_any, lemmas, tokens

_ASIDE = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]+`|“[^”\n]*”|「[^」\n]*」|‘[^’\n]*’|\"[^\"\n]*\""
    r"|(?<!\w)'[^'\n]*'(?!\w)",
    re.DOTALL,
)


@lru_cache(maxsize=1_000)
def _aside(text: str) -> str:
    """A text without its code and quotations."""
    return _ASIDE.sub(" ", text)


# ---- echo ----
_ECHO = 0.7  # share of the instruction that the response begins with
_BEFORE_ECHO = re.compile(
    r"^\W*(?:(?:you asked|question|task|instruction|prompt|request|user|q)\s*:|the question is"
    r"|please|i will|i'll|i am going to|let me|(?:here|below|following) (?:are|is)|here's"
    r"|this is)?\W*",
    re.IGNORECASE,
)
_BEFORE_REQUEST = re.compile(r"^\W*(?:task|question|instruction)?\W*(?:please|can you)?\W*", re.I)
_BEHIND_ECHO = re.compile(r"(?:\n\s*(?:\d+[.)]|[-*•]))+\s*$|\s*answer\s*:\s*$", re.IGNORECASE)
_BY_HAND = re.compile(  # what is asked for is much like what is given
    r"[:\"“]|\b(?:repeat|correct|fill|put|convert|sort|add|remove|complete|paraphrase|rephrase"
    r"|rewrite|extract|change|make a question|which (?:word|of)|spell|copy)\b| or ",
    re.IGNORECASE,
)
_WITH_INPUT = re.compile(r"[.!?]['”\"]?\s+\S|\n|'\w")  # a task, and what to do it with
_COVERED = 0.6  # share of the words of an instruction that say something


def echo(instruction: str, response: str) -> str | None:
    """The start of a response that says the instruction again in place of an answer, or `None`.

    An answer may begin with the words of its question, and a corrected text is much like the one
    that was given; an echo begins as the whole instruction begins, request and all, or says no word
    that the instruction has not.

    >>> echo("Tell me about tea in a cup.", "Tell me about tea in a cup, in a cup.")
    'Tell me about tea in a cup, in a cup.'
    >>> echo("Give me two tips on tea.", "Here are two tips on tea.")
    'Here are two tips on tea.'
    >>> echo("Correct it: He go home.", "He goes home."), echo("What is tea?", "Tea is a drink.")
    (None, None)
    """
    asked, said = tokens(instruction), tokens(response)
    if not asked or not said:
        return None
    if _YES_OR_NO_ZH.search(instruction):
        return None
    if _begins_alike(asked, said):
        new = sum(word not in asked for word in said)
        if new <= 0.05 * len(said):
            return _start(response)
    if len(said) > 2 * len(asked) + 12:
        return None
    if CHINESE.search(response):
        return _echo_zh(instruction, response)
    bare = _BEHIND_ECHO.sub("", _BEFORE_ECHO.sub("", response, count=1))
    request = _BEFORE_REQUEST.sub("", instruction, count=1)
    asked, said = tokens(request), tokens(bare)
    if not said or not asked:
        return _start(response)
    if _begins_alike(asked, said):  # and goes on with requests alone
        behind = " ".join(said[len(asked) :])
        if not behind or (len(asked) > 2 and said[: len(asked)] == asked and is_request(behind)):
            return _start(response) if len(asked) > 3 or bare != response else None
    if (
        _WITH_INPUT.search(instruction)
        or _BY_HAND.search(instruction)
        or re.match(r"(?:yes|no|true|false)\b", response, re.I)
    ):
        return None
    known, words = _telling(asked), _telling(said)
    if words <= known and len(words) >= max(_COVERED * len(known), 2) and is_request(instruction):
        asks = bare.rstrip(' "”').endswith("?") or not re.match(_SHORT_QUESTION, request, re.I)
        return _start(response) if asks else None
    return None


_BEFORE_ECHO_ZH = re.compile(
    r"\W*(?:(?:好的?|当然(?:可以)?|没问题|题目|问题|指令|任务|[您你](?:想要?|要|希望)我?|我(?:来"
    r"|会|将|可以|这就)|请问?|请?帮[我您你]"
    r"|麻烦[您你]?|下面(?:是|来|我来)?|以下是|接下来|这里是|关于)[，,：:！!。]?\W*)*"
)
_ENDS_ZH = re.compile(r"(?:[呢吧吗啊呀了]|如下|的(?:回答|内容))*\W*$")
_BY_HAND_ZH = re.compile(  # what is asked for is much like what is given, or chosen from it
    r"[：:“\"「\n]|改|重复|复述|朗读|照抄|标点|填|选|排|译|找|提取|摘|缩|扩|造句|加上|删|替?换成"
    r"|仿|转|还是|哪|判断"
    r"|说“|原样|背|写出"
)


def _echo_zh(instruction: str, response: str) -> str | None:
    request = _ENDS_ZH.sub("", _BEFORE_ECHO_ZH.sub("", instruction, count=1))
    bare = _ENDS_ZH.sub("", _BEFORE_ECHO_ZH.sub("", response, count=1))
    asked, said = tokens(request), tokens(bare)
    if not asked or not said or re.search(r"[:：\n]", response.strip()[12:]):
        return None
    if asked == said and len(asked) > 3 and (response.strip() != bare or is_request(instruction)):
        return None if _BY_HAND_ZH.search(instruction) and bare == response else _start(response)
    if _BY_HAND_ZH.search(instruction):
        return None
    known, words = set(asked) - STOP_WORDS, set(said) - STOP_WORDS
    if said[: len(asked)] == asked and len(words - known) <= _ADDED and is_request(instruction):
        return _start(response)
    again = words <= known and len(words) >= max(_COVERED * len(known), 2)
    if again and (is_request(instruction) or len(words) == len(known)):
        return _start(response)
    # an instruction that says something, said again
    core = [_COPULA_ZH.sub("是", text.removeprefix("所谓")) for text in (request, bare)]
    return _start(response) if len(asked) > 6 and tokens(core[0]) == tokens(core[1]) else None


_COPULA_ZH = re.compile("，?就是|的意思是|指的是")
_ADDED = 2  # characters of its own
_YES_OR_NO_ZH = re.compile(r"[吗么嘛] ?(?:[？?]|$)|是不是|是否|能不能|有没有")


# "Is a spider an insect?" is answered with its own words.
_SHORT_QUESTION = r"(?:is|are|was|were|do|does|did|can|could|has|have|which|who|what)\b"


def _begins_alike(asked: Sequence[str], said: Sequence[str]) -> bool:
    same = next(
        (i for i, (one, other) in enumerate(zip(asked, said, strict=False)) if one != other),
        min(len(asked), len(said)),
    )
    return same >= _ECHO * len(asked)


_ASKING = frozenset(
    "write give tell explain describe name list make me compare how what why".split()
)


def _telling(words: Sequence[str]) -> set[str]:
    """The words that say something, in a short form that endings do not change."""
    return {word[:5] for word in words if word not in STOP_WORDS and word not in _ASKING}


# ---- small talk ----
_OFFER = re.compile(
    r"\bi(?:'m| am) (?:here|ready|happy|glad|excited|designed|available|eager"
    r"|always happy) (?:and ready )?"
    r"(?:to (?:help|assist|support|chat)|for you)"
    r"|\b(?:what|how) (?:can|may|could|do you want|would you like)(?: i)? (?:help|assist|do for"
    r"|me to)"
    r"|\bwhat(?:'s| is) on your mind|\bwhat brings you here|\bwhat(?:'s| is) your (?:request"
    r"|question|story)"
    r"|\bwhat do you need(?: help| to)|\bwhether you(?:'re| are) (?:looking|struggling|trying)"
    r"|\b(?:just )?let me know (?:what|how|if) (?:you|i)\b|\bfeel free to (?:ask|reach|share)"
    r"|\bi(?:'d| would) be (?:happy|glad) to (?:help|assist)|\bi can (?:help"
    r"|assist)(?: you)?(?: with|\b)"
    r"|\bdo you have (?:a|any) (?:specific|questions?|problem)"
    r"|\bhave (?:a|any) questions?\b|\bi'm a helpful (?:ai )?assistant",
    re.IGNORECASE,
)
# What is said besides an offer, and answers nothing either: greetings, thanks, praise, wishes.
_COURTESY = re.compile(
    r"^(?:hi|hello|hey|greetings|welcome|sure|sure thing|of course|absolutely|certainly|yes|okay"
    r"|great|gladly|happy to help|with pleasure|no problem|i see|understood)(?: there)?[!.,]*$"
    r"|\b(?:great|good|excellent|wonderful|interesting|fantastic|lovely) (?:question|choice|idea"
    r"|topic)|\bsounds (?:like fun|good|great)|\bthank(?:s| you) for (?:your|the|reaching"
    r"|contacting|asking)|\bi (?:really )?appreciate"
    r"|\b(?:nice|pleased|glad|pleasure) to (?:meet|chat|talk)|\bi hope (?:you|all|this)\b"
    r"|\bhave a (?:great|wonderful|nice|lovely)|\bhow are you|\bi believe in you|\byou can do it"
    r"|\bi(?:'m| am) (?:so |really |always )?(?:happy|glad|excited|delighted|here|ready|available"
    r"|curious|on it|good at|just a)\b|\bmakes my day|\bwhat (?:\w+ )?can i\b|\bwhat would you like"
    r"|\bwhat do you (?:want|need)|\bhow (?:can|may) i\b|\bwould you like (?:me to|a|some|to know)"
    r"|\bshall i\b|\bare you ready|\bready when you|\blet's get started"
    r"|\b(?:could|can) you (?:please )?(?:give|tell|provide)\b.*\bmore\b"
    r"|\b(?:please )?tell me (?:more|what you)|\bjust (?:ask|say|tell)\b|\bdo(?: not|n't) hesitate"
    r"|\bget in touch|\blook(?:ing)? forward|\b(?:our|one of the) team\b|\bi(?:'d| would) (?:love"
    r"|be (?:happy|glad|delighted|pleased))|\bi can (?:certainly |gladly |surely )?(?:help|assist"
    r"|do that|draw)|\bwhatever you need|\b(?:i was designed|my (?:goal|purpose) is)"
    r"|\bas your assistant|\bi'm (?:your|an?) (?:\w+ )*assistant|\bdo my best"
    r"|\bi understand your request|\byou would like\b|\banything else|\bif you have any\b"
    r"|\bwhy would you like|\bi love\b.*\byou\b",
    re.IGNORECASE,
)
# Who asks for what is missing, or offers help on a condition, does not dodge the request.
_ASKS_BACK = re.compile(r"\bso (?:that )?i can\b", re.IGNORECASE)
_GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|good (?:morning|evening|afternoon)|thanks|thank you|how are you"
    r"|who are you"
    r"|what can you do|what are you|what(?:'s| is) your name)\b",
    re.IGNORECASE,
)
# An offer may be just what was asked for.
_ASKS_FOR_TALK = re.compile(
    r"\b(?:greeting|welcome|closing|hotline|e-?mail|letter|dialogue|conversation|script|support"
    r"|customer|reply|message|question (?:for|to|that)|line (?:for|of)|translat\w*|couplet"
    r"|chat ?bot)\b",
    re.IGNORECASE,
)
_SMALL_ZH, _TALK_ZH = 160, 0.65  # characters of small talk at most; share of its idle clauses
_CLAUSE_ZH = re.compile(r"[^，。！？；～~!?,\n]+")
_YOU = "[您你]们?"
# Greetings, thanks, wishes: right where they are asked for.
_KIND_ZH = re.compile(
    r"^(?:[你您]好[呀啊]?|嗨|哈[喽啰罗]|嘿|亲+|亲爱的|早上好|下午好|晚上好|欢迎(?:光临|来到|使用"
    r"|加入).{0,8}|多谢|谢谢)$"
    rf"|^欢迎{_YOU}?$|(?:感谢|谢谢){_YOU}?的?.{{0,4}}(?:提问|咨询|信任|支持|选择|关注|来信|耐心"
    rf"|反馈|分享|理解)"
    rf"|^祝{_YOU}|^(?:生活|工作|学习|一切|身体|万事|天天)(?:愉快|顺利|健康|开心|如意)|^期待"
)
# Offers, promises, praise, and asking what is wanted.
_IDLE_ZH = re.compile(
    r"^(?:在的?呢?|我在呢?|我一?直?都?在.{0,3}|收到|好[的呀哒嘞]*|可以的?|当然(?:可以|没问题)?"
    r"|没问题|了解|明白了?|不客气|哇+"
    r"|哈+|嗯+|哦|(?:请|让您)?稍[等候后].{0,4}|交给我吧?|马上(?:来|开始|就好)?|这就.{0,8}|是的)$"
    rf"|^(?:我|很|非常|十分|最|也|会|都|当然)*(?:高兴|乐意|愿意|荣幸|开心|喜欢)(?:能|可以)?(?:为"
    rf"|帮|和|与|认识|协助|给|陪|回答|解答|提供|服务)"
    rf"|为{_YOU}(?:提供)?(?:服务|效劳|安排|处理|解答|一一)|(?:尽|竭诚|尽我所能).{{0,6}}(?:帮"
    rf"|服务|协助|提供)"
    r"|^(?:并|就|也|那|还)?(?:我.{0,10}|可以|能|会)(?:帮助?[您你别]|帮忙|协助[您你]|陪[您你着]"
    r"|解答|回答.{0,6}问题|和[您你]聊|聊任何)"
    r"|^[您你]的.{0,8}(?:助手|顾问|管家)|^有事|吩咐|^让我来?(?:为|帮|给)|^(?:我们?)?来聊|(?:一起"
    r"|让我们)(?:来|去)?(?:聊|探索|解决|看看|开始)|^准备好(?:了|为)"
    r"|(?:随时|欢迎|尽管|可以|马上|再)(?:随时|都|来|可以)?(?:告诉我|提问|问我|咨询|联系|开口"
    r"|找我|跟我说|向我|试试|说)"
    r"|有(?:什么|任何|何|其他|别的|需要|问题|疑问|心事).{0,10}(?:帮|问|需|说|咨询|效劳|吗|疑)"
    r"|^如?果?[您你]?还?有(?:任何|其他)?(?:问题|疑问)$"
    r"|^(?:那|今天|还|请问|具体|平时|您|你|现在)*(?:想|需要|喜欢|要|在)(?:具体|了解|聊|问|知道"
    r"|学|做|看|比较|讨论)*.{0,4}?(?:什么|哪)"
    r"|想(?:了解|知道|问|聊)[^，]{0,12}(?:哪|什么|方面)|还(?:有别的|有什么|需要我|需要什么|想)"
    r"|^我(?:就)?是[^，。]{0,10}(?:助手|能手|机器人|客服|顾问|AI|人工智能|小助|伙伴)|我(?:很|最"
    r"|非常)?(?:擅长|懂一?点)|^作为.{0,6}助手$"
    r"|(?:问题|想法|话题|主意|选择)(?:问得|提得)?(?:很|真|太|非常|特别|不错)(?:好|棒|有趣|有意思"
    r"|有意义)?|好(?:问题|主意|话题)"
    rf"|^{_YOU}(?:真|太)(?:有意思|棒|聪明|有趣|是|好)|^{_YOU}今天(?:过得)?怎么样|(?:明白|了解"
    rf"|知道|收到)了?{_YOU}的(?:需求|意思|要求|问题|请求)"
    rf"|把{_YOU}的?(?:问题|需求|想法)(?:发|告诉|说)|^我会(?:认真|尽快|一直|努力)"
    rf"|请(?:随时)?告诉我{_YOU}?(?:的(?:需要|需求|问题|想法)|想|需要)"
    r"|^(?:快来|来)试试|想聊什么都行|任何.{0,4}都可以|^还有一些别的"
)
# Who names what is missing does not dodge the request.
_ASKS_BACK_ZH = re.compile(
    r"告诉我(?![您你]?(?:的需|的问|的想|想|需|您|你|$))|贴[出在上到]|上传|发(?:来|过来)|请提供"
    r"|以便|我[再才好]"
)
_GREETING_ZH = re.compile(
    r"\W*(?:[你您]好|嗨|哈喽|早|早上好|下午好|晚上好|晚安|谢谢|感谢|多谢|再见|拜拜|在吗|在不在"
    r"|嗯|哦|好的"
    r"|[你您](?:是谁|叫什么|有什么用|能做|会什么|会做|能帮|能干|懂什么|可以做|好吗)"
    r"|介绍一?下?你自己|自我介绍)"
)
_ASKS_FOR_TALK_ZH = re.compile(
    r"客服|话术|欢迎|迎宾|问候|打招呼|自动回复|开场白|台词|短信|信(?![息任心])|邮件|致辞|感谢"
    r"|前台|接待|该说什么"
    r"|怎么[说回]|^回[应答复][：:]|对话|剧本|主持|广播|通知|翻译[：:]\W*[A-Za-z]|译成中文"
    r"|译为中文|造句"
)
_ASKS_FOR_KINDNESS = re.compile(r"祝|贺|寄语|留言|节|生日|婚|感谢|欢迎")
_SENTENCE = re.compile(r"[^.!?。！？\n]+[.!?。！？]*")
_CLAUSE = re.compile(r"[^.!?;,\n。！？；，]+")
_TALK = 0.7  # share of the words that are said in offers and courtesies


def small_talk(instruction: str, response: str) -> str | None:
    """The first offer of a response that offers help in place of an answer, or `None`.

    A closing “Feel free to ask” behind an answer is none, nor is a greeting that answers one.

    >>> small_talk("# Question", "I'm here to help you. What's on your mind?")
    "I'm here to help you."
    >>> small_talk("What is tea?", "A drink, made of leaves. It is old. Feel free to ask!")
    >>> small_talk("茶", "我很乐意帮助你。请问有什么问题？")
    '我很乐意帮助你'
    """
    if _GREETING.match(instruction) and len(tokens(instruction)) < 12:
        return None
    if CHINESE.search(response):
        return _small_talk_zh(instruction, response)
    said = [part.strip() for part in _SENTENCE.findall(response.replace("’", "'"))]
    left, first = (1 - _TALK) * len(tokens(response)), None  # so many words may say something
    for part in said:
        if _idle(part):
            first = first or part
        else:
            left -= len(tokens(part))
            if left < 0:
                return None
    asked_for = _ASKS_FOR_TALK.search(instruction) and not instruction.startswith("#")
    return _start(first) if first and not asked_for else None


_IDLE_WORDS_ZH = (
    *(
        "您",
        "你",
        "我",
        "谢",
        "嗨",
        "哈",
        "亲",
        "欢迎",
        "收到",
        "祝",
        "没问题",
        "稍等",
        "早上好",
        "随时",
    ),
    *("交给", "有什么", "请", "当然", "想", "哇", "乐意", "马上", "好的", "好呀", "明白"),
)


def _small_talk_zh(instruction: str, response: str) -> str | None:
    if len(response) > _SMALL_ZH or not holds_any(response, _IDLE_WORDS_ZH):
        return None
    if _GREETING_ZH.match(instruction) and len(instruction) < 20:
        return None
    if _ASKS_FOR_TALK_ZH.search(instruction):
        return None
    kind = not _ASKS_FOR_KINDNESS.search(instruction)
    spoken = _ASIDE.sub(lambda quoted: "·" * len(quoted[0]), response)
    clauses = [part.strip() for part in _CLAUSE_ZH.findall(spoken) if part.strip()]
    left, first = (1 - _TALK_ZH) * sum(map(len, clauses)), None
    for clause in clauses:
        idle = _IDLE_ZH.search(clause) or (kind and _KIND_ZH.search(clause))
        if _ASKS_BACK_ZH.search(clause):
            return None
        if not idle:
            left -= len(clause)
            if left < 0:
                return None
        first = first or (idle and clause)
    # a remark that asks for nothing may be met with one
    return _start(first) if first and missing_request(instruction) != "statement" else None


# What idle talk has in it, and most sentences have not.
_IDLE_WORDS = (
    *("you", "i'm", "i am", " i ", "i'd", "let", "ask", "thank", "hesitate", "touch", "forward"),
    *("team", "anything", "question", "help", "assist", "my day"),
)
_SHORT_TALK = 30  # characters: "Sure thing!"


def _idle(sentence: str) -> bool:
    """Whether a sentence offers, greets, thanks or praises, and says nothing else."""
    lower = sentence.lower()
    if len(lower) > _SHORT_TALK and not holds_any(lower, _IDLE_WORDS):
        return False
    talks = _OFFER.search(sentence) or _COURTESY.search(sentence)
    return bool(talks) and not _ASKS_BACK.search(sentence)


# ---- repetition ----
_RUN = re.compile(r"(?P<unit>[^\n]{1,60}?)(?:\s*(?P=unit)){3,}")
_RUN_SHARE = 0.4  # of the text, in one run of a unit
_RUN_TIMES = 5
_STRETCH = 12  # characters
_DIGITS = 30  # of one kind
_ON_AND_ON = re.compile(
    r"(?<![^\W\d_])([\u3400-\u9fff])(?: \1){4,}(?![^\W\d_])|"
    r"(?<![^\W\d_])([^\W\d_]{2,})(?:\W{1,3}\2){7,}(?![^\W\d_])|([a-z]{2,3})\3{8,}"
)
_DIFFERENT = 0.9  # share of different stretches above which a text has no such run
_MARKS_SHARE, _MARKS_TIMES = 0.8, 20  # where the unit is no word: a rule or a table has some
_RULE = 120  # characters of a line that somebody may ask for
_LINES = 4  # times the same line, and it has to be 0.4 of all lines
_NUMBER = re.compile(r"^(?:\d+[.):]|[-*•])\s*")
_SAME_ITEMS = 0.5  # share of the lines that are different ones
_SAME = 6  # tokens of a clause that counts
_CLAUSES = 3  # times the same clause
_SAME_ZH = 4  # characters of a sentence that comes twice in a row, with a full stop
_AS_BEFORE, _AS_BEFORE_SHARE = 9, 0.75  # characters in a row that a sentence has of the one before
_LONG_ZH = 24
_LONG = 40  # tokens from which on a text must have words of its own
_NEW = 0.62  # share of its four-word sequences that are different; people's stay above 0.7
_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)


def repetition(text: str, asked: bool = False) -> str | None:
    """What a text repeats on and on, characters, words, sentences or lines, or `None`.

    A refrain is no loop, nor is a row of dashes, a table, or code.

    Args:
        text: instruction or response.
        asked: it is an instruction: its choices and examples may be much alike.

    >>> repetition("12." * 20), repetition("no no no no no no no no")
    ('12.', 'no')
    >>> repetition("It is a cup to drink from. It is a cup to drink from. Yes.")
    'It is a cup to drink from'
    >>> repetition("It is said to be so, it is, " + "it is said to be so, " * 2 + "it is.")
    >>> repetition("据说它就是这样的，" * 3)
    '据说它就是这样的'
    >>> repetition("1. A cup.\\n2. A pot.\\n3. A leaf."), repetition("| a | b |\\n|---|---|")
    (None, None)
    """
    body = _CODE.sub("", text).strip()
    if len(body) < 8:
        return None
    words = tokens(body)
    stuck = any(map(eq, words, words[1:])) or max(map(len, words), default=0) > 2 * _RUN_TIMES
    on = _ON_AND_ON.search(body) if stuck else None
    said = on[1] or on[2] or on[3] if on else _run(body) or _same_lines(body)
    return said or (None if asked else _same_words(body))


def _run(text: str) -> str | None:
    # Looking for a run takes long. Four units or more in 0.4 of a text make its short stretches of
    # characters repeat one another, and make it small when it is compressed.
    bare = "".join(text.split())
    if not _repeats(text, bare):
        return None
    size = 4 if len(bare) < 100 else 8
    stretches = len(bare) - size + 1
    if stretches > 30:
        different = len({bare[i : i + size] for i in range(stretches)})
        if different > _DIFFERENT * stretches:
            return None
    data = text.encode()
    if len(data) > 200 and len(zlib.compress(data)) > (0.45 if len(data) < 1000 else 0.35) * len(
        data
    ):
        return None
    for match in _RUN.finditer(text):
        unit, length = match["unit"].strip(), len(match[0])
        times, is_word = length / len(match["unit"]), bool(re.search(r"\w", unit))
        share = length / len(text)
        if is_word and times >= _RUN_TIMES and share >= _RUN_SHARE:
            # a third is 0.3333333333
            return None if len(unit) == 1 and unit.isdigit() and length < _DIGITS else unit
        if unit and times >= _MARKS_TIMES and share >= _MARKS_SHARE:
            return None if unit[0] in "-=_*~─—" and length <= _RULE else unit
    return None


def _repeats(text: str, bare: str) -> bool:
    """Whether what stands at 0.4 or 0.6 of a text comes again: no run goes round both places.

    `bare` is the text without its spaces, of which a run has `least` at least.
    """
    least = int(len(bare) - (1 - _RUN_SHARE) * len(text))
    size = min(least // 2, _STRETCH)  # so much of the run stands before or behind the place
    if size < 3:
        return True
    for share in (_RUN_SHARE, 1 - _RUN_SHARE):
        place = len("".join(text[: int(share * len(text))].split()))
        for stretch in (bare[max(place - size, 0) : place], bare[place : place + size]):
            if bare.find(stretch) != bare.rfind(stretch):
                return True
    return False


def _same_lines(text: str) -> str | None:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) < _LINES:
        return None
    line, times = Counter(lines).most_common(1)[0]
    if times >= max(_LINES, _RUN_SHARE * len(lines)):
        return line[:40]
    # a list that gives its items again, under other numbers
    items = [_NUMBER.sub("", line) for line in lines if "|" not in line]
    if len(items) > _LINES and len(set(items)) <= _SAME_ITEMS * len(items):
        return Counter(items).most_common(1)[0][0][:40]
    return None


def _same_words(text: str) -> str | None:
    words = tokens(text)
    new = len(set(words))
    if new > len(words) - _SAME_ZH:
        return None
    grams = list(zip(words, words[1:], words[2:], words[3:], strict=False))
    different = len(set(grams))
    if different == len(grams):
        return None
    spaced = sum(map("\u3040".__le__, words)) * 4 < len(words)
    if not spaced and (again := _same_clauses_zh(text)):
        return again
    if new > len(words) - _SAME:
        return None
    said = [part.strip(" -*•.。!！") for part in _SENTENCE.findall(text)]
    clauses = Counter(part.strip() for part in _CLAUSE.findall(text))
    again = [one for one, other in zip(said, said[1:], strict=False) if one == other]
    again += [clause for clause, times in clauses.items() if times >= _CLAUSES]
    for one in again:
        if len(tokens(one)) >= _SAME:
            return one[:40]
    if spaced and (few := _few_words(words)):
        return few
    if len(words) >= (_LONG if spaced else _LONG_ZH) and different < _NEW * len(grams):
        return " ".join(Counter(grams).most_common(1)[0][0])
    return None


_LINK_ZH = re.compile(r"^(?:因为|所以|因此|那么|而且|并且|但是?|就|而|也|[-*•\d.、\s]+)+")
_SENTENCE_ZH = re.compile(r"[\u3400-\u9fff][^:：|]*")
_PROSE_ZH = re.compile(r"[^。！？\n]+[。！？]?")


def _same_clauses_zh(text: str) -> str | None:
    """A sentence that says what the one before it said, or a clause that comes three times."""
    before = ""
    for part in _PROSE_ZH.findall(text):
        stops = part[-1] == "。"
        said = _LINK_ZH.sub("", part.strip(" 。！？"))
        if len(said) >= _SAME_ZH and said == before and (stops or len(said) >= _SAME):
            return said[:40]
        if len(said) >= _AS_BEFORE and _shared_run(before, said):
            return said[:40]
        before = said
    clauses = [_LINK_ZH.sub("", part.strip()) for part in _CLAUSE.findall(text)]
    counts = Counter(
        part for part in clauses if len(part) >= _SAME and _SENTENCE_ZH.fullmatch(part)
    )
    return next((said[:40] for said, times in counts.items() if times >= _CLAUSES), None)


def _shared_run(one: str, two: str) -> bool:
    """Whether a run of characters that both have makes up most of the shorter."""
    if holds_any(one + two, "：:|=“"):  # a label, a formula, a quotation
        return False
    if max(len(one), len(two)) > 2 * min(len(one), len(two)):
        return False
    least = max(_AS_BEFORE, ceil(_AS_BEFORE_SHARE * min(len(one), len(two))))
    return any(two[i : i + least] in one for i in range(len(two) - least + 1))


_WINDOW, _FEW_WORDS = 36, 0.32  # of so many words in a row, this share are different ones
_NEW_THREE = 0.62  # share of the different three-word sequences of a short text
_SHORT = 120  # tokens


def _few_words(words: Sequence[str]) -> str | None:
    """The words that are said most, where a stretch has hardly any others."""
    if len(words) < _WINDOW:
        return None
    threes = Counter(zip(words, words[1:], words[2:], strict=False))
    new = len(threes) / (len(words) - 2) if len(words) <= _SHORT else 1.0
    if new < _NEW_THREE:
        return " ".join(threes.most_common(1)[0][0])
    for start in range(0, len(words) - _WINDOW + 1, _WINDOW // 4):
        named = [word for word in words[start : start + _WINDOW] if len(word) > 1 and word > "a"]
        least = _FEW_WORDS + (0.04 if new < _NEW_THREE + 0.08 else 0)
        if len(named) > _WINDOW * 0.7 and len(set(named)) < least * len(named):
            return " ".join(word for word, _ in Counter(named).most_common(4))
    return None


# ---- marks ----
_TEMPLATE = re.compile(
    r"<\|[A-Za-z][A-Za-z_]{1,30}\|?>|<\|\w{0,20}\Z|<｜[^｜\n]{2,30}｜>"
    r"|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|</s>\s*(?=$|<s>|\[INST\])|\[gMASK\]|\A<s>"
    r"|<(?:pad|bos|eos|unk)>|^[ \t]*#{2,3} ?(?:Response|Instruction|Human|Assistant|Input|回答"
    r"|指令) ?[:：]"
    r"|^[ \t]*<(?:human|bot|assistant|user)>:|\A(?:assistant|user)\n"
    # the talk goes on behind the answer
    r"|(?<=[^\n:]\n)\n?(?:Human|User|USER|Question|Q): [^\n]+\n+(?:Assistant|ASSISTANT|AI): ",
    re.MULTILINE,
)
_TALK_BEGINS = re.compile(r"\W*(?:Human|User|USER|Assistant|ASSISTANT|AI|Q|A):")
_TAG = r"(?:seed:)?(?:think|thinking|thought|thoughts|reasoning|reflection|scratchpad)"
_THOUGHTS = re.compile(
    # A tag at the start of a line, a pair of tags, or the end of thoughts; one that stands in
    # mid-sentence is spoken about.
    rf"^[ \t]*</?{_TAG}\b[^>\n]{{0,40}}>(?! ?(?:标签|标记|tags?\b))"
    rf"|<{_TAG}\b[^>\n]{{0,40}}>.*</{_TAG}\b|(?<=\S)</{_TAG}>"
    r"|\[/?THINK\]|◁/?think▷"
    r"|<\|channel\|?>\s*(?:analysis|thought)|<\|(?:begin|end)_of_thought\|>"
    r"|\A\s*analysis(?=\S).*assistantfinal|\A\W*thinking process\b"
    # thinking aloud about the user, and what to answer
    r"|\A(?=.{0,400}?\b(?:i (?:need|should|must|have to|will)|i'll|let me)\b)[^\n]{0,120}"
    r"\bthe user (?:is asking|asks|asked|wants?|needs|may|might)\b"
    r"|\A[^\n]{0,40}\bi need to (?:understand|figure out) what the user\b"
    r"|\A(?=.{0,200}?(?:我(?:需要|应该|应当|得|要|先|来|想|可以|会|打算)|让我|那就))"
    r"(?:\W*(?:好的?|嗯+|哦|首先|现在|看来|分析|让我[^，。\n]{0,12}|我(?:需要|来|先"
    r"|得)[^，。\n]{0,14}|ok(?:ay)?)\W*){0,3}"
    r"(?:这个|当前)?用户(?:的(?:问题|需求|请求|意思)|想|要|问|让|希望|需要|可能|给|没)"
    r"|\A\W*(?:思考|思考过程|推理过程|思路|思维链)(?:如下)?\W{1,3}"
    r"(?=.{4,2000}?(?:最终)?(?:回答|答案|回复|答复|输出)\W{0,2}[:：】\n])",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)


def template_marks(text: str) -> str | None:
    """A mark of a chat or instruction template that a text has outside of code and quotes.

    >>> template_marks("A drink.<|im_end|>"), template_marks("### Response: A drink.")
    ('<|im_end|>', '### Response:')
    >>> template_marks("ChatML ends a turn with `<|im_end|>`.")
    """
    if not holds_any(text, ("<", "[", "##", "ser", "SER", "uman: ", "sistant", "Q: ")):
        return None
    found = _TEMPLATE.search(_aside(text))
    if not found or (found[0][-2:] == ": " and _TALK_BEGINS.match(text)):  # a talk, asked for
        return None
    return found[0].strip()


_THOUGHT_WORDS = ("<", "[", "◁", "assistantfinal", "the user", "thinking p", "用户", "思")


def thought_marks(text: str) -> str | None:
    """A mark that opens or closes thoughts, outside of code and quotes, or thoughts aloud.

    >>> thought_marks("嗯，用户想知道茶是什么，我应该简短回答。茶是一种饮料。")
    '嗯，用户想'

    >>> thought_marks("<think>Hm.</think>A drink."), thought_marks("It writes `<think>`.")
    ('<think>', None)
    >>> thought_marks("Okay, the user asks about tea. I should be brief. Tea is a drink.")
    'Okay, the user asks'
    """
    lower = text.lower()
    if not holds_any(lower, _THOUGHT_WORDS):
        return None
    found = _THOUGHTS.search(_aside(text))
    return re.split(r"(?<=>)|\n", found[0].strip())[0][:40] if found else None


# ---- garbled words ----
_LITTLE = frozenset(  # words that lemminflect has no entry for
    "although amid among amongst because beside besides beyond concerning considering despite"
    " during"
    " except inside like minus near onto opposite outside past per plus regarding since than though"
    " throughout till toward towards underneath unless unlike until upon versus via whereas whether"
    " while within without against along around before behind below beneath between above across"
    " after under over off out up down into through he him his hers her herself himself itself them"
    " themselves themself myself yourself yourselves ourselves oneself mine yours theirs she us"
    " me our"
    " ours they every each either neither both few fewer many much more most several some such"
    " other"
    " others another any none nobody nothing nowhere somebody someone something somewhere everybody"
    " everyone everything everywhere anybody anyone anything anywhere whatever whichever whoever"
    " whenever wherever whom whose why how being been had having did done does doing would could"
    " should might must shall cannot may ought once again ever never always often sometimes seldom"
    " here then now too very also just only even still yet else etc nor thus hence two three four"
    " five"
    " six seven eight nine ten eleven twelve twenty thirty forty fifty hundred thousand okay hey"
    " yeah"
    " app apps website online email internet blog smartphone dont".split()
)
_ODD = 0.08  # share of words that no dictionary has, two at least
_LATIN_WORD = re.compile(r"(?<![\w'’/.@_-])[a-z]{3,}(?![\w'’/@_-]|\.\w)")
_DOUBLED = re.compile(r"(?<![\w*'’-])([a-z]{2,}) \1(?![\w*'’-])")
_MAY_DOUBLE = frozenset(
    "very so really too had that is ha haha la na ooh oh ah no yes bye knock tick tock night blah"
    " far"
    " long many much more again way now there hey hush row chop yum nod bounce beep choo tap so"
    " well"
    " please who never please what dear come go up out on in you".split()
)
_SELF = re.compile(
    r"\b(?:between|compare|comparing|of|is|are|than|unlike|does|do|tell"
    r"|distinguish)\s+(?P<one>(?:an?|the)?\s*"
    r"[a-z-]+(?:\s[a-z-]+)?)\s+(?:and|with|or|versus|vs\.?|differ from|compared (?:to|with))\s+"
    r"(?P=one)(?=\s*(?:[?.!,;:]|$)|\s+(?:in|is|are|have|do|does|differ|step|for|when|and|a)\b)",
    re.IGNORECASE,
)
_LINK = re.compile(r"\s(?:and|with|or|versus|vs|differ|compared)\b")
_MORE_AND_MORE = re.compile(
    r"\b(?:more|less|better|over|again|up|down|on|time|day|year|one)$", re.I
)
_MIXED = re.compile(  # without a space at one side, or one character by itself
    r"(?<![\w“\"'「《(（])[A-Za-z]*[a-z][一-鿿]+(?![”\"'」》)）])|(?<![“「《(（])[一-鿿]+[a-z]+"
    r"|(?:\A|(?<=[a-z] ))[一-鿿](?= [a-z])"
)
_MIXED_ZH = re.compile(
    r"[一-鿿，。、：；] [a-z]{2,}(?: [a-z]{2,})*[一-鿿]|[一-鿿][a-z]{2,}(?: [a-z]{2,})* [一-鿿]"
)
_DOUBLED_ZH = re.compile(r"([一-鿿]{2,5})\1(?!\1)|([一-鿿])\2\2")
_MAY_DOUBLE_ZH = re.compile(
    r"很[久多]|一.|[哈呵嘿嘻啊呜嗡咚汪喵叮当铃哗啦滴答嘎咕咯叽喳吱轰隆嘟呼噜咩哞砰啪嗷哇哎呀哦嗯啾唧沙咔嚓]+$"
    r"|.*[看想说讲聊试讨研商考学练收打整活放观体]"
    r"|[两三四五几]|许多|非常|好[多久]|越来"
)
_VERSE_ZH = re.compile(r"歌|诗|谣|快板|顺口溜|绕口令|叠词|口诀|拟声")
_SELF_ZH = re.compile(
    r"(?:^|[，。？！：:；“\s]|比较|对比|请问|说说|讲讲|解释|介绍|关于|一下|说明"
    r"|分析)(?P<one>[一-鿿]{1,8}?)(?:与|和|跟|同|及)"
    r"(?P=one)(?=有|的(?:区别|不同|差|关系|异同|共)|之间|相比|各|哪|怎|[，。？?！；]|$)"
)


_BROKEN = re.compile(r"\ufffd|[ÃÂ][\u0080-\u00bf©®]|â€|ï»¿")  # bytes read in a wrong encoding
_INSIDE = re.compile(r"[a-z][\]\[;#{}@%^|~!&][a-z]")  # signs in the middle of words
_NO_WORD = re.compile(r"(?<![\w'’/.@_-])(?=[a-z]*[bcdfghjklmnpqrstvwxz]{4})[a-z]{4,}(?![\w'’/@_-])")
_NO_VOWEL = re.compile(r"(?<![\w'’/.@_-])[bcdfghjklmnpqrstvwxz]{3,}(?![\w'’/@_-])")
# Names and terms stand in lists, and behind other names.
_LISTED = re.compile(
    r"(?:\b[\w-]+(?: [\w-]+)?, )*\b[\w-]+(?: [\w-]+)?,? (?:and|or) [\w-]+"
    r"|\b[A-Z]\w+ [a-z]\w+"
)
_WANTS_NAMES = re.compile(
    r"\W*(?:name|list|which|who|give|sort|enumerate|what are)\b", re.IGNORECASE
)
_PLAYS = re.compile(
    r"\b(?:nonsense|gibberish|made-up|invent\w*|rhym\w*|sounds?|noises?|onomatop\w*|dialect|scots"
    r"|slang|gamer|names? of|pronounc\w*|spell\w*)\b",
    re.IGNORECASE,
)
_SCRAMBLED = re.compile(r"scrambl|anagram|(?:random|shuffl|jumbl|revers)\w*|pinyin|乱序|打乱", re.I)


def garbled(text: str, lang: str, given: str = "") -> str | None:
    """Words that make no sense, or `None`: of two scripts, doubled, in no dictionary, or a thing
    compared with itself.

    Args:
        text: instruction or response.
        lang: "en" or "zh".
        given: the instruction that `text` answers; its words may come again.

    >>> garbled("It grows in g台 now.", "en"), garbled("月亮和 camel有何不同？", "zh")
    ('g台', '和 camel有')
    >>> garbled("It grows grows in spring.", "en")
    'grows grows'
    >>> garbled("The shadell and pinles rise.", "en", given="Why?")
    'shadell, pinles'
    >>> garbled("Compare a flute and a flute.", "en"), garbled("键盘与键盘有何不同？", "zh")
    ('a flute and a flute', '键盘与键盘')
    >>> garbled("A flute and a fiddle.", "en"), garbled("用 pandas 读取 CSV 文件。", "zh")
    (None, None)
    """
    plain = _aside(text)
    said = _garbled_zh(plain, given) if lang == "zh" else _garbled_en(plain, given)
    if said and (names_language(given or text) or _SCRAMBLED.search(given or text)):
        return None
    return said


def _garbled_en(text: str, given: str) -> str | None:
    if not text.isascii():
        if broken := _BROKEN.search(text):
            return text[max(broken.start() - 8, 0) : broken.end() + 8].strip()
        mixed = _MIXED.search(text)
        if mixed and not CHINESE.search(given) and not _ABOUT.search(text):
            return mixed[0].strip()
    said = _said_twice(text) or (given and _no_words(text, given))
    return said if said and not _PLAYS.search(given or text) else None


def _said_twice(text: str) -> str | None:
    parts = tokens(text)
    if any(map(eq, parts, parts[1:])):
        for doubled in _DOUBLED.finditer(text):
            if doubled[1] not in _MAY_DOUBLE:
                return doubled[0]
    if _may_be_itself(text.lower()):
        for itself in _SELF.finditer(text):
            if not _MORE_AND_MORE.search(itself["one"]):
                return itself[0].split(" ", 1)[1] if " " in itself[0] else itself[0]
    return None


def _no_words(text: str, given: str) -> str | None:
    """Words of a response that are none; who asks has words of his own."""
    if holds_any(text, "];#{@%^|~&") and not re.search(r"[=(\\]", text):
        inside = _INSIDE.findall(text)
        if len(inside) > 2:
            return ", ".join(inside[:3])
    if re.search(r"[=\\{}$]", text):  # a formula
        return None
    low = given.lower()
    odd = [word for word in _LATIN_WORD.findall(text) if not _is_word(word) and word not in low]
    least = _ODD * len(re.findall(r"[^\W\d_]+", text)) if len(odd) > 1 else 2
    if len(odd) < max(least, 2):
        return None
    none = [word for word in odd if _NO_VOWEL.fullmatch(word) or _NO_WORD.fullmatch(word)]
    if len(none) > 1 and len(none) >= 2 * least:
        return ", ".join(none[:3])
    if _WANTS_NAMES.match(given):
        odd = [word for word in _LATIN_WORD.findall(_LISTED.sub(" ", text)) if word in odd]
    if len(odd) >= max(least, 2) and in_language(text, "en"):
        return ", ".join(odd[:3])
    return None


_ABOUT = re.compile(r"\b(?:chinese|mandarin|pinyin|character|means?)\b", re.IGNORECASE)


def _may_be_itself(lower: str) -> bool:
    """Whether the word before an "and", "with", "or" … comes again soon behind it."""
    for link in _LINK.finditer(lower):
        before = lower[max(link.start() - 40, 0) : link.start()].split()
        if before and before[-1] in lower[link.end() : link.end() + 60]:
            return True
    return False


@lru_cache(maxsize=50_000)
def _is_word(word: str) -> bool:
    return word in STOP_WORDS or word in _LITTLE or bool(lemmas(word))


# Words of English grammar between Chinese ones: nobody's term.
_GRAMMAR_ZH = re.compile(
    r"[一-鿿，、；] ?(?:and|very|then|into|should|only|the|is|are|of|that|which|it|how|what|why"
    r"|some|will|from|with"
    r"|by|was|were|has|have|does|but|because|when|where)(?: ?[一-鿿]| [a-z])"
)
_WRONG_BYTES = re.compile(
    r"\ufffd|锟斤拷|烫烫烫|屯屯屯|[ÃÂ][\u0080-\u00bf©®]|â€|ï»¿"
    r"|[äåæçèé][\u0080-\u00bfœšžŸˆ˜¡-¿]{1,2}"
)


def _may_be_itself_zh(text: str) -> bool:
    """Whether the character before an “和” … comes again soon behind it."""
    return any(
        text[link.start() - 1] in text[link.end() : link.end() + 8]
        for link in _LINK_SELF_ZH.finditer(text, 1)
    )


_LINK_SELF_ZH = re.compile("[与和跟同及]")


def _garbled_zh(text: str, given: str) -> str | None:
    if broken := _WRONG_BYTES.search(text):
        return text[max(broken.start() - 8, 0) : broken.end() + 8].strip()
    if re.search("[a-z]", text) and (mixed := _GRAMMAR_ZH.search(text) or _MIXED_ZH.search(text)):
        return mixed[0].strip()
    for doubled in () if _VERSE_ZH.search(given or text) else _DOUBLED_ZH.finditer(text):
        if not _MAY_DOUBLE_ZH.match(doubled[1] or doubled[2]):
            return doubled[0]
    itself = _SELF_ZH.search(text) if _may_be_itself_zh(text) else None
    if itself and not (len(itself["one"]) == 1 and "之间" in text):
        one = itself["one"]
        return itself[0][itself[0].index(one) :]
    return None


def _start(text: str) -> str:
    return " ".join(text.split())[:40]
