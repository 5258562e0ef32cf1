"""Signs that a row is not worth having: an echo, small talk, repetition, marks, garbled words.

Each function takes texts and returns what it found there, or `None`. What a text says in code or in
quotation marks it speaks about, and is passed over.
"""

import re
import zlib
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from operator import eq

from smolsynth.text.language import CHINESE, in_language, names_language
from smolsynth.text.requests import is_request
from smolsynth.text.tokens import STOP_WORDS, lemmas, tokens

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
    if _begins_alike(asked, said):
        new = sum(word not in asked for word in said)
        if new <= 0.05 * len(said):
            return _start(response)
    if len(said) > 2 * len(asked) + 12 or CHINESE.search(response):
        return None
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
    r"|\bhave (?:a|any) questions?\b|\bi'm a helpful (?:ai )?assistant"
    r"|我(?:是|会|可以|能|很?乐意|很?高兴|随时|在这里)[^，。！？]{0,12}(?:帮助?[您你]|帮忙|协助"
    r"|为[您你]服务|解答|提供帮助)"
    r"|有(?:什么|任何|何)[^，。！？]{0,8}(?:帮|问题|需要)|(?:随时|欢迎"
    r"|尽管)[^，。！？]{0,6}(?:告诉我|提问|问我|联系)"
    r"|[您你](?:想|需要)(?:了解|聊|问|知道)?(?:些)?什么|请告诉我[您你](?:的|想|需要)",
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
_ASKS_BACK = re.compile(r"\bso (?:that )?i can\b|请提供|以便|如果[您你]|若[您你]", re.IGNORECASE)
_GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|good (?:morning|evening|afternoon)|thanks|thank you|how are you"
    r"|who are you"
    r"|what can you do|what are you|what(?:'s| is) your name"
    r"|你好|您好|嗨|早上好|谢谢|在吗|你是谁|你能做什么|你会什么)\b",
    re.IGNORECASE,
)
# An offer may be just what was asked for.
_ASKS_FOR_TALK = re.compile(
    r"\b(?:greeting|welcome|closing|hotline|e-?mail|letter|dialogue|conversation|script|support"
    r"|customer|reply|message|question (?:for|to|that)|line (?:for|of)|translat\w*|couplet"
    r"|chat ?bot)\b",
    re.IGNORECASE,
)
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
    '我很乐意帮助你。'
    """
    if _GREETING.match(instruction) and len(tokens(instruction)) < 12:
        return None
    said = [part.strip() for part in _SENTENCE.findall(response.replace("’", "'"))]
    sizes = [len(tokens(part)) for part in said]
    left, first = (1 - _TALK) * sum(sizes), None  # so many words may say something
    for part, size in zip(said, sizes, strict=True):
        if _idle(part):
            first = first or part
        else:
            left -= size
            if left < 0:
                return None
    asked_for = _ASKS_FOR_TALK.search(instruction) and not instruction.startswith("#")
    return _start(first) if first and not asked_for else None


# What idle talk has in it, and most sentences have not.
_IDLE_WORDS = (
    *("you", "i'm", "i am", " i ", "i'd", "let", "ask", "thank", "hesitate", "touch", "forward"),
    *("team", "anything", "question", "help", "assist", "my day", "帮", "服务", "解答", "问题"),
    *("需要", "告诉", "问我", "联系", "提问", "想", "知道", "您", "你"),
)
_SHORT_TALK = 30  # characters: "Sure thing!"


def _idle(sentence: str) -> bool:
    """Whether a sentence offers, greets, thanks or praises, and says nothing else."""
    lower = sentence.lower()
    if len(lower) > _SHORT_TALK and not any(word in lower for word in _IDLE_WORDS):
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
    r"(?<![^\W\d_])([^\W\d_]{2,})(?:\W{1,3}\1){7,}(?![^\W\d_])|([a-z]{2,3})\2{8,}"
)
_DIFFERENT = 0.9  # share of different stretches above which a text has no such run
_MARKS_SHARE, _MARKS_TIMES = 0.8, 20  # where the unit is no word: a rule or a table has some
_LINES = 4  # times the same line, and it has to be 0.4 of all lines
_NUMBER = re.compile(r"^(?:\d+[.):]|[-*•])\s*")
_SAME_ITEMS = 0.5  # share of the lines that are different ones
_SAME = 6  # tokens of a clause that counts
_CLAUSES = 3  # times the same clause
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
    said = on[1] or on[2] if on else _run(body) or _same_lines(body)
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
            return unit
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
    if len(set(words)) > len(words) - _SAME:
        return None
    grams = list(zip(words, words[1:], words[2:], words[3:], strict=False))
    different = len(set(grams))
    if different == len(grams):
        return None
    said = [part.strip(" -*•.。!！") for part in _SENTENCE.findall(text)]
    clauses = Counter(part.strip() for part in _CLAUSE.findall(text))
    again = [one for one, other in zip(said, said[1:], strict=False) if one == other]
    again += [clause for clause, times in clauses.items() if times >= _CLAUSES]
    for one in again:
        if len(tokens(one)) >= _SAME:
            return one[:40]
    spaced = sum(word >= "\u3040" for word in words) * 4 < len(words)
    if spaced and (few := _few_words(words)):
        return few
    if len(words) >= _LONG and different < _NEW * len(grams):
        return " ".join(Counter(grams).most_common(1)[0][0])
    return None


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
    rf"^[ \t]*</?{_TAG}\b[^>\n]{{0,40}}>|<{_TAG}\b[^>\n]{{0,40}}>.*</{_TAG}\b|(?<=\S)</{_TAG}>"
    r"|\[/?THINK\]|◁/?think▷"
    r"|<\|channel\|?>\s*(?:analysis|thought)|<\|(?:begin|end)_of_thought\|>"
    r"|\A\s*analysis(?=\S).*assistantfinal|\A\W*thinking process\b"
    # thinking aloud about the user, and what to answer
    r"|\A(?=.{0,400}?\b(?:i (?:need|should|must|have to|will)|i'll|let me)\b)[^\n]{0,120}"
    r"\bthe user (?:is asking|asks|asked|wants?|needs|may|might)\b"
    r"|\A[^\n]{0,40}\bi need to (?:understand|figure out) what the user\b",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)


def template_marks(text: str) -> str | None:
    """A mark of a chat or instruction template that a text has outside of code and quotes.

    >>> template_marks("A drink.<|im_end|>"), template_marks("### Response: A drink.")
    ('<|im_end|>', '### Response:')
    >>> template_marks("ChatML ends a turn with `<|im_end|>`.")
    """
    if not any(mark in text for mark in ("<", "[", "##", "ser", "SER", "uman: ", "sistant", "Q: ")):
        return None
    found = _TEMPLATE.search(_aside(text))
    if not found or (found[0][-2:] == ": " and _TALK_BEGINS.match(text)):  # a talk, asked for
        return None
    return found[0].strip()


def thought_marks(text: str) -> str | None:
    """A mark that opens or closes thoughts, outside of code and quotes, or thoughts aloud.

    >>> thought_marks("<think>Hm.</think>A drink."), thought_marks("It writes `<think>`.")
    ('<think>', None)
    >>> thought_marks("Okay, the user asks about tea. I should be brief. Tea is a drink.")
    'Okay, the user asks'
    """
    lower = text.lower()
    if not any(
        mark in lower for mark in ("<", "[", "◁", "assistantfinal", "the user", "thinking p")
    ):
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
    r"[一-鿿，。、：；] ?[a-z]{2,}(?: [a-z]{2,})+ ?[一-鿿，。、]|[一-鿿，。、] [a-z]{2,}[一-鿿]"
    r"|[一-鿿][a-z]{2,} [一-鿿]"
)
_DOUBLED_ZH = re.compile(r"([一-鿿]{2,5})\1(?!\1)|([一-鿿])\2\2")
_MAY_DOUBLE_ZH = re.compile(
    r"很[久多]|一.|[哈呵嘿啊呜嗡咚汪喵叮当哗啦滴答]+$|.*[看想说讲聊试讨研商考学练收打整活放观体]"
    r"|[两三四五几]|许多|非常|好[多久]|越来"
)
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
    said = _garbled_zh(plain) if lang == "zh" else _garbled_en(plain, given)
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
    if any(sign in text for sign in "];#{@%^|~&") and not re.search(r"[=(\\]", text):
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


def _garbled_zh(text: str) -> str | None:
    if mixed := _MIXED_ZH.search(text):
        return mixed[0].strip()
    for doubled in _DOUBLED_ZH.finditer(text):
        if not _MAY_DOUBLE_ZH.match(doubled[1] or doubled[2]):
            return doubled[0]
    itself = _SELF_ZH.search(text)
    if itself and not (len(itself["one"]) == 1 and "之间" in text):
        one = itself["one"]
        return itself[0][itself[0].index(one) :]
    return None


def _start(text: str) -> str:
    return " ".join(text.split())[:40]
