"""Whether a response is courtesy, offers and small talk, in place of an answer."""

import re

from smolsynth.text.language import CHINESE
from smolsynth.text.parts import ASIDE, SENTENCE, start
from smolsynth.text.requests import missing_request
from smolsynth.text.tokens import holds_any, tokens

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
    r"|\bdo you have (?:a|any) (?:specific )?(?:questions?|problem|project|idea|topic|task|request)"
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
    r"|curious|on it|good at|just a)\b|\bmakes my day|\bwhat (?:\w+ )?can i\b"
    r"|\bwhat would you like(?! (?:the|your|its?|in)\b)"
    r"(?! to (?:name|call|title|include|set|add)\b)"
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
# Who thanks, or takes leave, is answered in kind.
_TAKES_LEAVE = re.compile(
    r"\b(?:thanks|thank you|thx|cheers|bye|goodbye|that(?:'s| is| will be| would be) all)\b[^?]*$",
    re.IGNORECASE,
)
_YES = re.compile(r"\W*(?:yes|no|ok(?:ay)?)\W*", re.IGNORECASE)
_YES_OR_NO = re.compile(
    r"\?|\b(?:yes|no|true|false|whether|if|agree|classify|determine|decide|judge)\b|:\s*$",
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
_LEAVE = 30  # tokens of a turn that takes leave, at most
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
    if _TAKES_LEAVE.search(instruction.replace("’", "'")) and len(tokens(instruction)) < _LEAVE:
        return None
    if _YES.fullmatch(response) and _YES_OR_NO.search(instruction):
        return None
    if CHINESE.search(response):
        return _small_talk_zh(instruction, response)
    response = response.replace("’", "'")
    spoken = ASIDE.sub(lambda quoted: "·" * len(quoted[0]), response)
    if not tokens(spoken):  # all of it in quotation marks
        spoken = response
    left, first = (1 - _TALK) * len(tokens(response)), None  # so many words may say something
    for found in SENTENCE.finditer(spoken):
        part = response[slice(*found.span())].strip()
        if _idle(found[0].strip()):
            first = first or part
        else:
            left -= len(tokens(part))
            if left < 0:
                return None
    asked_for = _ASKS_FOR_TALK.search(instruction) and not instruction.startswith("#")
    return start(first) if first and not asked_for else None


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
    spoken = ASIDE.sub(lambda quoted: "·" * len(quoted[0]), response)
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
    return start(first) if first and missing_request(instruction) != "statement" else None


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
