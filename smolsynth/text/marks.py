"""Marks of chat templates and of thoughts."""

import re

from smolsynth.text.parts import aside
from smolsynth.text.tokens import holds_any

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
    found = _TEMPLATE.search(aside(text))
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
    found = _THOUGHTS.search(aside(text))
    return re.split(r"(?<=>)|\n", found[0].strip())[0][:40] if found else None
