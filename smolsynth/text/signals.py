"""Signs that a text leaks its prompt, refuses, or stops in mid-sentence."""

import re
import unicodedata
from itertools import islice

from smolsynth.text.language import CHINESE
from smolsynth.text.tokens import holds_any, tokens

# ---- leaks ----
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
    r"|^(?:text|output) 1\W{1,3}rating\b|'rewritten prompt'"
    r"|\brate the outputs? 1 to 5\b|asked: .*\n ?says: "
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
    *("queries", "rating", "asked:"),
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
        found = found.re.search(_QUOTED.sub(" ", text))
    found = found or (_PHRASE.search(text) if phrases else None)
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
_READ = 2_000  # characters
_APOLOGY = re.compile(
    r"\b(?:sorry|apologi[sz]e|apologies)\b|抱歉|对不起|不好意思|遗憾", re.IGNORECASE
)
SHORT_APOLOGY = 80  # tokens; a longer text may well apologize and answer
_REPORTED = re.compile(r"[“\"'‘「][^”\"'’」]*[”\"'’」]")
_QUOTED = re.compile(r"`[^`\n]+`|[“\"「][^”\"」\n]*[”\"」]")
# What a model declines to do: "I can't help with that", but not "I can't wait to see you".
_DEED = (
    r"(?:help(?! but\b)|assist|answer|provide|fulfil|comply|do (?:that|this|so|it)|write|create"
    r"|generate|support|say|tell|give|offer|discuss|complete|access|browse|open|view|recommend"
    r"|process"
    r"|determine|engage|produce|respond|continue|share|perform|estimate|retrieve|summari[sz]e"
    r"|display"
    r"|read|make|show|find|verify|confirm|predict|describe|translate|comment|speak|order|book|draw"
    r"|execute|edit|see|search|check|play|speculate|identify|calculate|analy[sz]e|be of|get|feel"
    r"|know|fetch|look (?:up|into)|carry out|take part)\b"
)
_DONT = r"(?:do not|don't)"
_CANT = r"(?:can't|cannot|can not|could not|couldn't|won't|will not|would not|wouldn't)"
_BE_UNABLE = (
    r"(?:unable to|not (?:\w+ly )?(?:able|allowed|permitted|designed|programmed|authori[sz]ed"
    r"|trained|supposed|qualified|equipped|in a position) to|not capable of|incapable of)"
)
_KNOW = (
    rf"{_DONT} (?:\w+ly )?know(?= ?(?:about|enough|that|the answer|any|much|how|who|what|of|which"
    r"|where|when|why|if|whether)(?![a-z])|[.!,;]|$)(?! what i (?:expected|wanted|was|did)\b)"
)
_HAVE_NOT = (
    rf"(?:{_DONT} (?:\w+ly )?(?:have (?:\w+ )?(?:access|information|data|enough|the (?:ability"
    r"|capability|capacity|function|functionality|means|necessary|required|data|information)"
    r"|capabilit|function|knowledge|personal|real-time)|possess)"
    r"|have no (?:\w+ )?(?:information|knowledge|access|data|way (?:to|of)|means|record))"
)
_NOT_ABLE = (
    rf"(?:{_CANT}(?: and (?:won't|will not|can't))? (?:\w+ly )?{_DEED}"
    rf"|(?:am|'m|are|'re) (?:\w+ly )?{_BE_UNABLE}|(?:am|'m) (?:\w+ly )?not (?:comfortable"
    r"|going to|willing to)"
    r"|must (?:\w+ly )?(?:decline|refuse)|have to (?:\w+ly )?(?:decline|refuse)"
    rf"|(?:\w+ly )?(?:decline|refuse) to|{_DONT} feel comfortable|{_KNOW}|{_HAVE_NOT}"
    r"|(?:have not|haven't) (?:been trained|learned|(?:\w+ )?(?:access|information))"
    r"|know (?:nothing|too little|very little)|(?:would|'d) rather not|have no idea)"
)
_ADVERBS = r"(?:\w+ly |just |also |still |therefore |however,? )*"
_SORRY = (
    r"(?:i am|i'm|we're|we are) (?:\w+ )?(?:sorry|afraid)|sorry|(?:my |our )?(?:sincere )?apologies"
    r"|i (?:\w+ )?apologi[sz]e|forgive me|unfortunately|regrettably|i regret"
)
_OPENING = r"(?:(?:oh|well|hi|hello|hey|hmm|um|no|thank you|thanks)\b[^,.]{0,24}[,.]? ?)?"
_AN_AI = (
    r"an? (?:\w+ )?(?:ai|artificial|(?:large )?language|computer program|machine|chat ?bot|bot)\b"
)
_REFUSAL = re.compile(
    rf"^{_OPENING}(?:(?:{_SORRY})[,.;:]?(?: that| but| and| because| to say(?: that)?)?,? )*"
    rf"(?:but |and |because |that )?(?:i|we) ?{_ADVERBS}{_NOT_ABLE}"
    # "I'm sorry, the question is outside of what I can answer."
    rf"|^{_OPENING}(?:{_SORRY})\b.*\b(?:i|and) ?{_ADVERBS}{_NOT_ABLE}"
    rf"|^(?:(?:{_SORRY}),? (?:but )?)?as {_AN_AI}"
    rf".*?\b(?:i|and) ?{_ADVERBS}(?:{_NOT_ABLE}|{_CANT}|{_DONT}|have no|am not|'m not)"
    rf"|^(?:(?:{_SORRY}),? (?:but )?)?i(?:'m| am) (?:just |only |merely )*{_AN_AI}"
    rf".*?\b(?:i|and) ?{_ADVERBS}{_NOT_ABLE}"
    r"|\b(?:(?:not|n't) (?:be )?(?:possible|appropriate|right|ethical|proper)|impossible"
    r"|inappropriate|unethical|no way) for me to\b"
    rf"|\b(?:is|are) (?:something|nothing|not something|things?) (?:that )?(?:i|we) {_ADVERBS}"
    rf"(?:{_CANT}|refuse|{_NOT_ABLE})"
    r"|\b(?:my|our) (?:\w+ )?(?:guidelines|polic(?:y|ies)|programming|rules|principles|training)"
    rf" (?:{_DONT}|does not|doesn't|prevents?|prohibits?|forbids?)\b"
    r"|^(?:that|this|it)(?:'s| is) (?:beyond|outside)(?: of)? (?:what i|my)\b"
    rf"|^(?:{_SORRY})\b.*\b(?:beyond|outside)(?: of)? (?:what i|my)\b"
    rf"|(?:, and|\bso) (?:i|we) ?{_ADVERBS}(?:{_NOT_ABLE})\b(?!.*\bbut\b)"
    rf"|^(?:(?:{_SORRY}),? (?:but )?)?(?:you|the \w+)"
    r" (?:did not|didn't|have not|haven't) (?:provide|give|specif)",
    re.IGNORECASE,
)
# Every refusal has one of these in it, and most sentences have none.
_REFUSAL_WORDS = (
    *("not ", "n't", "cannot", "unable", "sorry", "apolog", "declin", "refus", "beyond", "outside"),
    *("impossible", "inappropriate", "unethical", "incapable", "nothing", "little", "rather not"),
    *("no way", "have no", "prevent", "prohibit", "forbid"),
)
# What follows a refusal and answers nothing: questions, offers, referrals, excuses.
_NO_ANSWER = re.compile(
    r"\?$|\b(?:help|assist|feel free|let me know|happy to|glad to|please|recommend|suggest|consult"
    r"|advise|check|visit|search|contact|refer|seek|look up|if you|you (?:can|could|may|might"
    r"|should|will need|would need)|there are many|required|needed|necessary|would need"
    r"|clarify|sorry"
    r"|apologi[sz]e|i(?:'m| am)|i (?:do not|don't|cannot|can't|won't|will not|was|only|have)"
    r"|my (?:\w+ )*(?:function|capabilit|purpose|knowledge|training|role|goal)\w*|as an ai"
    r"|it (?:is|'s|would be|may be) (?:not|always|important|best|essential|crucial|also important"
    r"|against|illegal|unethical)|violat\w*|inappropriate|harmful|illegal|unethical|respect)\b",
    re.IGNORECASE,
)
_BUT = re.compile(r"\b(?:but|however|that said|still|nevertheless)\b,?", re.IGNORECASE)
_ANSWERED = 16  # tokens that answer all the same
# Who is asked to write in somebody's voice may well write what that one can't do.
_IN_A_VOICE = re.compile(
    r"\b(?:write|compose|draft|create|generate|continue|make up|imagine|pretend|role-?play|act as"
    r"|dialogue|diary|letter|lyrics|chorus|poem|song|story|speech|excuse|translate|translation"
    r"|correct|rephrase|rewrite|paraphrase|edit|reply|respond|turn down|decline|say how"
    r"|describe your)\b",
    re.IGNORECASE,
)
_OF_A_MODEL = re.compile(
    rf"\b(?:{_AN_AI}|ai|language model|guidelines|policy|(?:your|this|that|such) (?:request"
    r"|question|task|content|information)|(?:help|assist) (?:you )?(?:with|in)|access to|for me to"
    r"|the ability to|capable of|programmed|designed to|something i|know (?:enough )?about"
    rf"|information about|learned|prefer not|comfortable|{_CANT}(?: and \S+)? (?:\w+ly )?"
    r"(?:write|create|generate|provide|fulfil|comply|produce|assist|do (?:that|this|so))"
    r"|unable to (?:\w+ly )?(?:write|create|generate|provide|fulfil|comply|produce|assist|translate"
    r"|answer|do|complete))\b|^no\.$",
    re.IGNORECASE,
)
_DEED_ZH = (
    r"(?:直接|准确|完全|为[您你]|给[您你]|替[您你]|向[您你]|帮[您你])*"
    r"(?:回答|作答|提供|帮|协助|满足|完成|生成|处理|回应|给出|讨论|访问|查看|打开|浏览|告诉|写"
    r"|创建|制作|执行|确定"
    r"|判断|进行|评估|评价|看到|做到|描述|建议|预测|总结|阅读|理解[您你]|找到|说|拥有|提出|继续"
    r"|参与"
    r"|查|获取|播放|识别|翻译|分析|协助|教|泄露|透露|支持|伪造|代替|分享)"
)
_NOT_ABLE_ZH = (
    rf"(?:(?:无法|不能|没法|没办法|不便|不方便|难以|不可以|帮不了|恕不|恕难|不会){_DEED_ZH}?"
    r"|不(?:太|是很|怎么|够)?(?:了解|知道|清楚|懂|熟悉|确定)|了解(?:不多|不够|有限)|没有?学过"
    r"|不具备"
    r"|没有(?:办法|足够|相关|这方面|个人|能力|权限|获取|.{0,8}的?(?:权限|能力))|答不(?:上来|出)"
    r"|[听看读查打写画放做办回帮]\w?(?:不了|不到|不开|不出)|超出了?我|不在我的|违反了?我)"
)
_REFUSAL_ZH = re.compile(
    rf"^(?:啊|哦|嗯|[您你]好)?[，, ]*(?:我|真的?|非常|十分|实在|很|深表|表示|感到|令人)*"
    rf"(?:抱歉|对不起|不好意思|遗憾|歉意).{{0,30}}?(?:{_NOT_ABLE_ZH}|(?:[您你](?:并?没有?"
    rf"|并?未)(?:为我)?(?:提供|给|指定|上传)))"
    rf"|^(?:由于|因为)?(?:我?(?:作为|身为)|我只?是)一?[个名款位种]?[^，]{{0,6}}(?:人工智能|AI"
    rf"|模型|程序|助[手理])"
    rf"(?:(?!人工智能|AI).){{0,28}}?(?:{_NOT_ABLE_ZH}|并?没有|不提供|不支持)"
    # “我理解你的难处，但我不能……”, “出于隐私，我不能……”
    rf"|^(?:我(?:很|完全|能)?(?:理解|明白|知道|了解)|出于|由于|因为|考虑到"
    rf"|鉴于)[^。]{{2,30}}[，,].{{0,12}}?"
    rf"(?:但|可|所以|因此|而)?我?(?:还是|也|并|实在|恐怕)*(?:无法|不能|没法|没办法|不便|不会"
    rf"|不可以){_DEED_ZH}"
    rf"|^(?:很|真|实在)?(?:抱歉|对不起).{{0,12}}(?:请求|问题|内容).{{0,6}}(?:违反|违背|涉及|不符合)"
    rf"|^(?:关于|对于?)?[^，。]{{0,16}}[，,]?我(?:目前|暂时|现在|还|真的?|恐怕|并|确实|实在|也"
    rf"|对.{{1,16}}|只能说)*"
    rf"(?:{_NOT_ABLE_ZH})"
    rf"|^(?:暂时|目前|恐怕|恕我)?(?:无法|不能|不便|没法)(?:回答|作答|提供|满足|协助|给出|回应"
    rf"|处理)",
    re.IGNORECASE,
)
# The same in traditional characters.
_SIMPLE = str.maketrans(
    "無說幫為沒對權辦應請識預測給寫們關於難從", "无说帮为没对权办应请识预测给写们关于难从"
)
_VOICE_ZH = re.compile(
    r"台词|独白|[书家情]信|[封的]信|邮件|请假|[对会]话|歌词|[首篇句]|故事|日记|造句|译|演讲|剧本"
    r"|扮演|模仿"
    r"|道歉|致歉|拒绝|婉拒|回复|口吻|语气|角色|假装"
)
_OF_A_MODEL_ZH = re.compile(
    r"AI|人工智能|模型|助手|程序|请求|准则|能力范围|权限|相关信息|提供|协助|生成|满足|完成|这类"
    r"|这样的内容"
    r"|学过|了解"
)
# "If you don't know …", "many people don't know …" decline nothing.
_NOT_I = re.compile(
    r"^(?:如果|若|要是|假如|当|即使|虽然)|^(?:很多|许多|有些|有的|不少)人|我们|我的(?!能力|知识"
    r"|使用|准则|职责)"
)
_QUOTED_ZH = re.compile(r"`[^`\n]+`|“[^”\n]*”|「[^」\n]*」|\"[^\"\n]*\"")
_READ_ZH = 400  # characters: three sentences
# What stands beside a refusal and answers nothing: excuses, referrals, offers, questions.
_CLAUSE_ZH = re.compile(r"[^，。！？；\n]+")
_NO_ANSWER_ZH = re.compile(
    r"我|[您你]|抱歉|对不起|不好意思|遗憾|无法|不能|没有|不便|请|建议|咨询|提供|帮助|需要|因为"
    r"|由于|取决于|更多|人工智能|AI"
    r"|模型|助手|问题|文本|信息|违反|违法|隐私|道德|但是?$|然而$"
)
_BUT_ZH = re.compile("[。，](?:但是?|不过|然而)，?")
_NO_MORE_ZH = re.compile(
    r"请|我(?:无法|不能|没有|可以|能|很|只|将|会)|提供|咨询|建议[您你]|更多|乐意|帮助[您你]"
)
_ANSWERED_ZH = 60  # characters
_BEFORE_REFUSAL = 40  # characters: a refusal comes first, behind a greeting or an apology
_FIRST_WORDS = 160  # characters of a sentence that may refuse
_REFUSAL_WORDS_ZH = ("不", "无", "没", "未", "难", "超出", "违", "涉及")
_SCRIPT_ZH = re.compile("脚本|对话|剧本|台词|会话")
_SPEAKER_ZH = re.compile(r"\W*[\w ]{1,8}[:：]")


def refusal_in(text: str, asked: str = "") -> str | None:
    """The sentence with which a response begins to refuse, to beg off or not to know, or `None`.

    An apology alone is none: somebody who is asked to write one must say sorry. Nor is it one where
    the answer follows behind it.

    Args:
        text: a response.
        asked: what it responds to. Who is asked for a letter writes in another's voice.

    >>> refusal_in("I’m sorry. I can’t help with that.")
    "I can't help with that."
    >>> refusal_in("很遗憾，我无法回答这个问题。")
    '很遗憾，我无法回答这个问题。'
    >>> refusal_in("A polite person says sorry."), refusal_in("很多人不了解茶叶。")
    (None, None)
    >>> refusal_in("I can't come, my dog is ill.", "Write a letter of excuse.")
    """
    text = text[:_READ].replace("’", "'").replace("‘", "'").lstrip("*_# \n")
    if text[:1] in '"“「' and text.rstrip()[-1:] in '"”」':  # all of it in quotation marks
        text = text[1:]
    if "#" in text[:80] and "\n" in text[:80]:
        text = re.sub(r"^\W*#.*\n", "", text)
    for found in islice(_SENTENCE.finditer(text), _LOOKED_AT):
        said = found.group().strip()
        lower = said.lower()
        may = said[:1].isascii() and holds_any(lower, _REFUSAL_WORDS)
        if may and _REFUSAL.search(_QUOTED.sub(" ", said)):
            if _IN_A_VOICE.search(asked) and not _OF_A_MODEL.search(said):
                return None
            rest = [part.strip() for part in _SENTENCE.findall(text[found.end() :])]
            return None if _answers(said, rest) else said
    return _refusal_zh(text, asked) if not text.isascii() and CHINESE.search(text[:200]) else None


def _refusal_zh(text: str, asked: str) -> str | None:
    plain = text[:_READ_ZH].translate(_SIMPLE)
    if not holds_any(plain[: _BEFORE_REFUSAL + _FIRST_WORDS], _REFUSAL_WORDS_ZH):
        return None
    plain = _QUOTED_ZH.sub(" ", plain)
    if _SCRIPT_ZH.search(asked) and _SPEAKER_ZH.match(plain):
        return None
    for found in islice(_SENTENCE.finditer(plain), _LOOKED_AT):
        said = found.group().strip()
        if found.start() > _BEFORE_REFUSAL:
            return None
        if not _NOT_I.search(said) and _REFUSAL_ZH.search(said):
            in_a_voice = _VOICE_ZH.search(asked) and not _OF_A_MODEL_ZH.search(said)
            return None if in_a_voice or _answers_zh(plain[found.start() :]) else said
    return None


def _answers_zh(text: str) -> bool:
    """Whether what follows a refusing clause tells something all the same."""
    turn = _BUT_ZH.search(text)
    behind = _CLAUSE_ZH.findall(text[turn.end() :]) if turn else []
    if sum(len(part) for part in behind if not _NO_MORE_ZH.search(part)) >= _ANSWERED_ZH:
        return True
    told = (part for part in _CLAUSE_ZH.findall(text) if not _NO_ANSWER_ZH.search(part))
    return sum(map(len, told)) >= _ANSWERED_ZH


def _answers(said: str, rest: list[str]) -> bool:
    """Whether a refusing sentence and what follows it answer all the same."""
    turn = _BUT.search(said, 24)  # not the one of "I'm sorry, but"
    behind = said[turn.end() :].strip() if turn else ""
    rest = rest if _REFUSAL.search(behind) else [behind, *rest]
    told = [part for part in rest if not _NO_ANSWER.search(part)]
    return sum(len(tokens(part)) for part in told) >= _ANSWERED


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
_ENDINGS = tuple(".!?。！？…)）]】」』》>\"”’'`;；|～~}।॥؟۔։")
_MARKUP = "*_~ \t"  # bold and italics around the end of a sentence
_FEW = 4  # tokens: a word or two need no full stop
_LONG_ITEM = 12  # tokens: whether such an item is whole, one other tells
_SHORT_ZH = 16  # characters of a slogan or a title
_VERSE = re.compile(r"(?:[^，。！？；：、\n]{1,8}[：:])?[^。！？；：\n]{2,20}[，。！？；,]?")
_DATE = re.compile(r"\d ?[年月日号时分秒点]$")
_WANTS_A_PHRASE = re.compile(
    r"标题|题目|题名|口号|标语|广告|对联|[春婚挽寿]联|译|改正|改错|修改|纠正|分类|归类|判断"
    r"|名[字称]?[。：]?$|起.{0,6}名"
    r"|取.{0,6}名|命名|[诗词歌曲]|成语|词语|找出|提取|填空|[主谓宾]语|情感|落款|签名|横批"
    r"|[同近反]义|列[出举]|给出"
    r"|一句|短语|关键词|句子|改[写成]|是谁|哪[个种位年]|多少|几"
)
_LATIN_END = re.compile(r"[：:] ?[A-Za-z][\w ,.'-]*$")
_ENUMERATION_ZH = re.compile(
    r"(?:^|[:：] ?)[^,，、：是由有把对在]{1,12}(?:、[^,，、。]{1,12})*[、和与及][^,，、。]{1,12}$"
)
_ENUMERATION = re.compile(r"(?:^|[:：] ?)[^,，、]{1,24}(?:[,，、]\s*[^,，、]{1,24}){2,}$")
_ITEM = re.compile(r"\s*(?:[-*•|#>+]|\d+[.)、]|[(（]?[a-zA-Z一二三四五六七八九十][.)、）]).*")
_BARE_MARK = re.compile(r"\s*(?:[-*•+]|\d+[.)、])")  # an item without its text
_SMALL = frozenset("a an and at by for from in of on or the to with".split())  # in titles
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+$|\S+@\S+\.\S+$|#\w+$|[\"”] ?[-–—] ?\S.{0,40}$")
_FORMULA = re.compile(r"[=≈<>≤≥+×÷^→⇌]\s*(?:[\d.]+ )?\S+$|\$$|\\\)$|\\\]$")
_NO_RIGHT_SIDE = re.compile(r"(?:^|[\s\w)])(?:=|[+×÷≈<≤≥→*/-](?<=\s.))$|[\[({,]$")
_CODE = re.compile(r"^(?: {4}|\t)|[{};]$|^\s*(?:return|import|print|def|if|for|while)\b")
_CUT = (  # no phrase ends like this,
    "the|a|an|of|and|or|to|with|for|from|at|by|is|are|was|were|that|which|because|but|as|their|its"
    "|your|my|our|has|have|had|can|will|would|should|could|may|must|into|about|than|after|before"
    "|between|when|if|not|very|when|while|where|whose|and/or"
)
_MAY_END = "in|on|over|under|through|so|more|most|also"  # no sentence like this
_VERB = re.compile(r"\b(?:is|are|was|were|has|have|had|can|will|does|do)\b", re.IGNORECASE)
_DANGLING = re.compile(
    rf"(?:[,，]|\b(?:{_CUT}|{_MAY_END})|[的和与或及是在把被从对])$", re.IGNORECASE
)
_CUT_PHRASE = re.compile(rf"(?:[,，]|\s(?:{_CUT}))$", re.IGNORECASE)


def cut_off(text: str, finish_reason: str | None = None, asked: str = "") -> str | None:
    """The end of a text that stops in mid-sentence, or `None`.

    Whole without a full stop are lists, tables, names, code, formulas, figures, addresses, verse,
    phrases, and what ends in an emoji. Not whole are a heading, a number or a colon with nothing
    behind it, code in an open fence, and an open bracket.

    Args:
        text: a response.
        finish_reason: what the server said of it, if it did: "length" is cut off, "stop" is not.
        asked: what it responds to. A title or a slogan in Chinese looks as a sentence begins.

    >>> cut_off("A cat is an animal that")
    '… A cat is an animal that'
    >>> [cut_off(text) for text in ("Learn something new 😊", "It **is forty two**.", "x = 4")]
    [None, None, None]
    >>> cut_off("You need:"), cut_off("1. Salt\\n2.")
    ('… You need:', '… 2.')
    """
    lines = [line for line in text.rstrip().split("\n") if line.strip()]
    if not lines or finish_reason == "stop":
        return None
    end = "… " + lines[-1].strip()[-24:]
    if finish_reason == "length":
        return end
    last, before = lines[-1].rstrip(_MARKUP), lines[:-1]
    if _nothing_behind(lines[-1].strip(), before, text):
        return end
    if (
        last.endswith(_ENDINGS)
        or text.rstrip().endswith(("**", "__"))
        or _whole_without_a_stop(last, before, text, asked)
    ):
        return None
    return end


def _nothing_behind(last: str, before: list[str], text: str) -> bool:
    """Whether the last line only begins something."""
    if text.count("```") % 2 or (before and _BARE_MARK.fullmatch(last)):
        return True
    if last.endswith((":", "：")):
        return True
    if before and re.match(r"#{1,6} ", last) and any(not line.startswith("#") for line in before):
        return True
    if last[:1] == "|" and last[-1] != "|" and before and before[-1].rstrip()[-1:] == "|":
        return True
    if text.lstrip()[:1] in "{[" and not last.endswith(_ENDINGS):
        return text.count("{") != text.count("}") or text.count("[") != text.count("]")
    return False


def _whole_without_a_stop(last: str, before: list[str], text: str, asked: str) -> bool:
    words = last.split()
    if not words:
        return True
    if _NO_RIGHT_SIDE.search(last):
        return False
    if unicodedata.category(last[-1]) in ("So", "Sk", "Sc", "Sm", "Mn", "Mc", "Cf"):
        return True  # an emoji, a currency, a letter with a mark
    if last[-1] in "%°‰" or re.search(r"\*[^*\n]+\*\s*$", text):  # a share, *a smile*
        return True
    if _CODE.search(last) or _ADDRESS.search(last) or re.search(r"\w*[./\\_]\w+$", words[-1]):
        return True
    listed = bool(_ITEM.fullmatch(last))
    choice = last.endswith(" A")  # of a question with choices
    if len(tokens(last)) > 1 and not choice and (_CUT_PHRASE if listed else _DANGLING).search(last):
        return False
    size = len(tokens(last))
    if listed:  # whole as the items before it are, and these end as sentences do
        others = [line for line in before if _ITEM.fullmatch(line)]
        stopped = all(_stops(line) for line in others) and len(others) > (size < _LONG_ITEM)
        return not (stopped and (len(words) > 3 or (size > _FEW and not last.isascii())))
    if (size < _FEW and not _broken_verse(last, before)) or _FORMULA.search(last):
        return True
    if last[-1].isdigit() or _DATE.search(last):
        return True
    if CHINESE.search(last):
        return _whole_in_chinese(last, size, before, asked)
    if all(word in _SMALL or not word[0].islower() for word in words):
        return last.isascii()  # a title
    if not before and last[0].islower() and len(words) <= 8 and not _VERB.search(last):
        return last.isascii()  # a phrase
    return bool(_ENUMERATION.search(last)) or (len(before) >= 2 and _open_ended(before))


def _whole_in_chinese(last: str, size: int, before: list[str], asked: str) -> bool:
    """An enumeration, the last line of verse, or a title, slogan or label that was asked for."""
    if _ENUMERATION_ZH.search(last) or _LATIN_END.search(last):
        return True
    if _broken_verse(last, before):
        return False
    if before and _VERSE.fullmatch(before[-1].strip()) and _VERSE.fullmatch(last):
        lengths = {len(tokens(line)) for line in [*before[-3:], last]}
        if len(lengths) == 1 or _open_ended(before):
            return True
    if before and not _open_ended(before):
        return False
    return size <= _SHORT_ZH and bool(_WANTS_A_PHRASE.search(asked))


def _broken_verse(last: str, before: list[str]) -> bool:
    """Whether a line is much shorter than those before it, which are equally long."""
    lengths = {len(tokens(line)) for line in before[-3:]}
    short = len(lengths) == 1 and len(tokens(last)) < lengths.pop() > _FEW
    return short and len(before) > 1 and "：" not in last


def _open_ended(lines: list[str]) -> bool:
    """Whether most lines have no full stop, as in verse, and in lists without marks."""
    return sum(not _stops(line) for line in lines) * 2 > len(lines)


def _stops(line: str) -> bool:
    return line.rstrip(_MARKUP).endswith(_ENDINGS)
