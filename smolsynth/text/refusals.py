"""Whether a text refuses, apologizes or begs off."""

import re
from itertools import islice

from smolsynth.text.language import CHINESE
from smolsynth.text.parts import QUOTED
from smolsynth.text.tokens import holds_any, tokens

_SENTENCE = re.compile(r"[^.!?。！？\n]+(?:[.!?。！？]+|\n|\Z)")
_LOOKED_AT = 3  # sentences: a refusal comes first, perhaps behind a greeting or an apology
_READ = 2_000  # characters
_APOLOGY = re.compile(
    r"\b(?:sorry|apologi[sz]e|apologies)\b|抱歉|对不起|不好意思|遗憾", re.IGNORECASE
)
SHORT_APOLOGY = 80  # tokens; a longer text may well apologize and answer
_REPORTED = re.compile(r"[“\"'‘「][^”\"'’」]*[”\"'’」]")
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
_GIVEN = 0.25  # of the words of a corrected sentence, those that are new, at most
_ANSWERED = 16  # tokens that answer all the same
# Who is asked to write in somebody's voice may well write what that one can't do.
_IN_A_VOICE = re.compile(
    r"\b(?:write|compose|draft|create|generate|continue|make up|imagine|pretend|role-?play|act as"
    r"|dialogue|diary|letter|lyrics|chorus|poem|song|story|speech|excuse|translate|translation"
    r"|correct|fix the|rephrase|rewrite|paraphrase|edit|reply|respond|turn down|decline|say how"
    r"|describe your)\b",
    re.IGNORECASE,
)
_OF_A_MODEL = re.compile(
    rf"\b(?:{_AN_AI}|ai|language model|guidelines|policy|(?:your|this|that|such) (?:request"
    r"|question|task|content|information)|(?:help|assist) (?:you )?(?:with|in)|access to|for me to"
    r"|the ability to|capable of|programmed|designed to|something i|know (?:enough )?about"
    rf"|information about|learned|prefer not|comfortable|{_CANT}(?: and \S+)? (?:\w+ly )?"
    r"(?:write|create|generate|provide|fulfil|comply|produce|assist|access|do (?:that|this|so))"
    r"|unable to (?:\w+ly )?(?:write|create|generate|provide|fulfil|comply|produce|assist|translate"
    r"|answer|do|complete))\b|^no\.$",
    re.IGNORECASE,
)
_DEED_ZH = (
    r"(?:直接|准确|完全|为[您你]|给[您你]|替[您你]|向[您你]|帮[您你])*"
    r"(?:回答|作答|提供|帮|协助|满足|完成|生成|处理|回应|给出|讨论|访问|查看|打开|浏览|告诉|写"
    r"|创建|制作|执行|确定|解答"
    r"|判断|进行|评估|评价|看到|做到|描述|建议|预测|总结|阅读|理解[您你]|找到|说|拥有|提出|继续"
    r"|参与"
    r"|查|获取|播放|识别|翻译|分析|协助|教|泄露|透露|支持|伪造|代替|分享)"
)
_NOT_ABLE_ZH = (
    rf"(?:(?:无法|不能|没法|没办法|不便|不方便|难以|不可以|帮不了|恕不|恕难|不会){_DEED_ZH}?"
    r"|不(?:太|是很|怎么|够)?(?:了解|知道|清楚|懂|熟悉|确定)|了解(?:不多|不够|有限)|没有?学过"
    r"|不具备"
    r"|没有(?:办法|足够|相关|这方面|个人|能力|权限|获取|实体|自我意识|.{0,8}的?(?:权限|能力))"
    r"|没有?(?:看|收|见)到[^，。]{0,8}(?:附件|图片?|照片|文件|文档|文本|原文|表格|链接|数据)"
    r"|答不(?:上来|出)"
    r"|[听看读查打写画放做办回帮]\w?(?:不了|不到|不开|不出)|超出了?我|不在我的|违反了?我)"
)
_REFUSAL_ZH = re.compile(
    rf"^(?:啊|哦|嗯|[您你]好)?[，, ]*(?:我|真的?|非常|十分|实在|很|深表|表示|感到|令人)*"
    rf"(?:抱歉|对不起|不好意思|遗憾|歉意).{{0,30}}?(?:{_NOT_ABLE_ZH}|(?:[您你](?:并?没有?"
    rf"|并?未)(?:为我)?(?:提供|给|指定|上传)))"
    rf"|^(?:由于|因为)?(?:我?(?:作为|身为)|我只?是)一?[个名款位种]?[^，]{{0,6}}(?:人工智能|AI"
    rf"|模型|程序|助[手理])"
    rf"(?:(?!人工智能|AI).){{0,28}}?(?:{_NOT_ABLE_ZH}|并?没有|不提供|不支持)"
    # “您没有提供表格，请补充后……”
    r"|^(?:[您你]好)?[，, ]*[您你](?:似乎|好像|还|目前)*(?:并?没有?|并?未)(?:为我|给我)?"
    r"(?:提供|附上|上传|给出|指定|指明).{0,20}(?:[，。]|$)"
    # “我理解你的难处，但我不能……”, “出于隐私，我不能……”
    rf"|^(?:我(?:很|完全|能)?(?:理解|明白|知道|了解)|出于|由于|因为|考虑到"
    rf"|鉴于)[^。]{{2,30}}[，,].{{0,12}}?"
    rf"(?:但|可|所以|因此|而)?我?(?:还是|也|并|实在|恐怕)*(?:无法|不能|没法|没办法|不便|不会"
    rf"|不可以){_DEED_ZH}"
    rf"|^(?:很|真|实在)?(?:抱歉|对不起).{{0,12}}(?:请求|问题|内容).{{0,6}}(?:违反|违背|涉及|不符合)"
    rf"|^(?:关于|对于?)?[^，。]{{0,16}}[，,]?我(?:目前|暂时|现在|还|真的?|恐怕|并|确实|实在|也"
    rf"|对.{{1,16}}|只能说)*"
    rf"(?:{_NOT_ABLE_ZH})"
    rf"|^(?:暂时|目前|恐怕|恕我)?(?:无法|不能|不便|没法)(?:回答|作答|解答|提供|满足|协助|给出"
    rf"|回应|处理)",
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
        if may and _REFUSAL.search(QUOTED.sub(" ", said)):
            if _IN_A_VOICE.search(asked) and not (_OF_A_MODEL.search(said) and _own(said, asked)):
                return None
            rest = [part.strip() for part in _SENTENCE.findall(text[found.end() :])]
            return None if _answers(said, rest) else said
    return _refusal_zh(text, asked) if not text.isascii() and CHINESE.search(text[:200]) else None


def _own(said: str, asked: str) -> bool:
    """Whether a sentence is no corrected one of those that were given."""
    words = set(tokens(said))
    return len(words - set(tokens(asked))) > _GIVEN * len(words)


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
