"""Chinese prompts for distilabel's tasks, whose own are in English.

The bundled models answer distilabel's English prompts in the language of the text in them. Other
models may begin to write English; asked in Chinese they keep to it. Contents as in distilabel
1.5.3, in words that `smolsynth.text.leaks` knows where a model copies them.

    SelfInstruct(llm=llm, criteria_for_query_generation=CRITERIA)
    EvolInstruct(llm=llm, num_evolutions=1, mutation_templates=EVOL_INSTRUCT)
    EvolQuality(llm=llm, num_evolutions=1, mutation_templates=EVOL_QUALITY)
"""

# `criteria_for_query_generation` of SelfInstruct.
CRITERIA = (
    "请用中文提问。\n"
    "动词要多样，不要重复。只提文本模型做得到的要求，每条一两句话。\n"
    "每条都要完整，不看上下文也知道在问什么。\n"
    "疑问句（如“某某有什么意义？”）和祈使句（如“说说某某的过程。”）都要有。\n"
)

_REWRITE = """请把下面的指令改写得更复杂，让 ChatGPT、GPT-4 这样的 AI 系统更难应付。
但改写后的指令必须合情合理，人看得懂，也答得上来。
给定指令里的表格、代码等非文字内容不能省略，其中的输入也不能省略。
请用这个办法让它变复杂：{how}
尽量不要写得啰唆，最多比给定指令多二三十个字。
用中文写，只写改写后的指令，里面不要出现“给定指令”“改写后的指令”这样的字眼。

#给定指令#：
<PROMPT>

#改写后的指令#：
"""
_CREATE = """请从下面的指令得到启发，另写一条全新的指令。
新指令要和给定指令属于同一个领域，但更少见；长短和难度要差不多。
新指令必须合情合理，人看得懂，也答得上来。
用中文写，只写新指令，里面不要出现“给定指令”“新指令”这样的字眼。

#给定指令#：
<PROMPT>

#新指令#：
"""
_HARDER = {
    "CONSTRAINTS": "在给定指令上再加一条约束或要求。",
    "DEEPENING": "给定指令要是在问某件事，就问得更深、更广。",
    "CONCRETIZING": "把笼统的说法换成更具体的说法。",
    "INCREASED_REASONING_STEPS": "给定指令要是想一两步就能答，就改成明确要求多步推理。",
    "COMPLICATE_INPUT": "加上作答要用到的数据，例如一张小表、一段代码、一组数字、JSON 或 XML；"
    "数据要写全（字数不受下面的限制），问题要靠它才能回答。",
}
# `mutation_templates` of EvolInstruct: its own five, and `smolsynth.selection.COMPLICATE_INPUT`.
EVOL_INSTRUCT = {
    **{name: _REWRITE.format(how=how) for name, how in _HARDER.items()},
    "BREADTH": _CREATE,
}

_IMPROVE = """下面是一条指令，和 AI 助手对它的回答。请改写回答，让它质量更高。
但改写后的回答必须合情合理，人看得懂。
指令和回答里的表格、代码等非文字内容不能省略，指令里的输入也不能省略。
请用这个办法改进：{how}
尽量不要写得啰唆，最多比给定回答多二三十个字。
用中文写，只写改写后的回答，里面不要出现“给定回答”“改写后的回答”这样的字眼。

#指令#：
<PROMPT>

#给定回答#：
<RESPONSE>

#改写后的回答#：
"""
_BETTER = {
    "HELPFULNESS": "让回答对用户更有用。",
    "RELEVANCE": "让回答更切合指令。",
    "DEEPENING": "让回答更深入。",
    "CREATIVITY": "让回答更有创意。",
    "DETAILS": "让回答更详细。",
}
# `mutation_templates` of EvolQuality.
EVOL_QUALITY = {name: _IMPROVE.format(how=how) for name, how in _BETTER.items()}
