"""What generation says in two languages."""

from collections import Counter

from smolsynth.quality.rules import RULES

NAMES = {  # as the studio shows them
    "en": {
        "instruction": "instruction",
        "preference": "preference",
        "self-instruct": "SelfInstruct",
        "magpie": "Magpie",
        "evol-instruct": "EvolInstruct",
        "mixed": "SelfInstruct, EvolInstruct and Magpie",
        "verified": "verified by a program",
        "two-models": "two models",
        "evol-quality": "EvolQuality",
    },
    "zh": {
        "instruction": "指令",
        "preference": "偏好",
        "self-instruct": "SelfInstruct",
        "magpie": "Magpie",
        "evol-instruct": "EvolInstruct",
        "mixed": "SelfInstruct、EvolInstruct 与 Magpie",
        "verified": "由程序验证",
        "two-models": "多模型",
        "evol-quality": "EvolQuality",
    },
}
IN_WORDS = {  # for the dataset card
    "en": {
        "self-instruct": "SelfInstruct",
        "magpie": "Magpie",
        "evol-instruct": "SelfInstruct, then EvolInstruct",
        "mixed": "SelfInstruct, Magpie, EvolInstruct",
        "verified": "word problems solved eight times each; a program checks the answers, and the"
        " shortest right one is kept",
        "two-models": "SelfInstruct, model pooling, UltraFeedback (overall rating)",
        "evol-quality": "SelfInstruct, a response and its EvolQuality, UltraFeedback (overall"
        " rating)",
    },
    "zh": {
        "self-instruct": "SelfInstruct",
        "magpie": "Magpie",
        "evol-instruct": "先用 SelfInstruct 提问，再用 EvolInstruct 改写",
        "mixed": "SelfInstruct、Magpie、EvolInstruct",
        "verified": "每道应用题解八遍，由程序核对答案，从答对的里面留下最短的一个",
        "two-models": "用 SelfInstruct 提问，几个模型或几次采样各答一遍，再由 UltraFeedback 打总分",
        "evol-quality": "用 SelfInstruct 提问，用 EvolQuality 改进回答，由 UltraFeedback 打总分",
    },
}
# Of a model that isn't the course's own: its answer must be told from its working.
SOLVES = {
    "en": "Solve the problem step by step. End with a line that begins with “Answer:” and holds the"
    " number and its unit alone.",
    "zh": "请一步一步解题。最后另起一行，以“答案：”开头，只写数字和单位。",
}
SYSTEM_PROMPTS = {
    "en": "You are an assistant that answers questions about {topic}.",
    "zh": "你是一个助手，负责回答关于{topic}的问题。",
}

# A subject of one's own is asked about from these sides, for these readers.
SUBTOPICS = {
    "en": "List {n} sub-topics of “{about}”, one a line, a few words each. Write the list only.",
    "zh": "请列出“{about}”的 {n} 个子主题，每行一个，每个只写几个词。只写列表，不要解释。",
}
# The same of a model that makes no lists: it goes on with what a user says.
ESPECIALLY = {
    "en": "I am interested in {about}, especially in",
    "zh": "我对{about}感兴趣，尤其是",
}
SIDES = {
    "en": (
        "the history of {subject}",
        "what {subject} means",
        "an example of {subject}",
        "common mistakes about {subject}",
        "how {subject} works",
        "why {subject} matters",
        "what {subject} is compared with",
        "advice on {subject}",
        "the limits of {subject}",
        "people and {subject}",
    ),
    "zh": (
        "{subject}的历史",
        "{subject}的含义",
        "{subject}的例子",
        "对{subject}的常见误解",
        "{subject}是怎么运作的",
        "{subject}为什么重要",
        "{subject}和相近事物的比较",
        "关于{subject}的建议",
        "{subject}的局限",
        "{subject}与人的关系",
    ),
}
AUDIENCES = {
    "en": ("{topic}", "{topic}, for beginners", "{topic}, for children", "{topic}, for experts"),
    "zh": ("{topic}", "{topic}（面向初学者）", "{topic}（讲给孩子听）", "{topic}（面向内行）"),
}

_SAYS = {
    "en": {
        "lang": 'The language is "en" or "zh", not {value!r}.',
        "kind": "The kind is instruction or preference, not {value!r}.",
        "technique": "{value!r} is no technique for {kind} data: choose {names}.",
        "topics": "There is no domain {value!r}; there are: {names}.",
        "mistyped": "There is no domain {value!r}: did you mean {close!r}? There are: {names}.",
        "concept": "There is no domain {value!r}, but the data can be about it: say so in the"
        ' description, in a command by --about "{value}". The domains are: {names}.',
        "both": "Choose domains, or write what the data is to be about, not both.",
        "both_documents": "Choose documents, or domains, or a description: one of them.",
        "of_documents": "{value} goes beyond what a document says: choose {names}.",
        "documents": "There is no file or folder {value}.",
        "no_documents": "The size of chunks and their overlap are those of documents: name some.",
        "chunk": "A chunk has a whole number of tokens from {least} to {most:,}, not {value!r}.",
        "overlap": "Two chunks of this size share a whole number of tokens from {least} to"
        " {most:,}, not {value!r}.",
        "of_problems": "Verified answers are to problems that come with the course: choose among"
        " their topics, or another technique.",
        "no_sums": "{value} can't count: choose bundled:solver, or a larger model.",
        "unknown_documents": "The bundled model knows {concepts} things in {topics} domains, and no"
        " chunk of these documents is about any of them. Choose a larger model, such as smollm2.",
        "no_passages": "There is no sentence in these documents that could be asked about.",
        "about": "The description has {value:,} characters; at most {most:,} are read.",
        "unknown": "The bundled model knows {concepts} things in {topics} domains, and nothing of"
        " this description is among them. Name one of them, such as {names}; choose a domain; or"
        " choose a larger model.",
        "rows": "The number of rows is a whole number from 1 to {most:,}, not {value!r}.",
        "length": "The longest response has a whole number of tokens from 16 to {most:,}, not"
        " {value!r}.",
        "seed": "The random seed is a whole number from 0 to {most:,}, not {value!r}.",
        "english": "{value} writes English alone: choose another model for other languages.",
        "model": "Which model? Write bundled, or one of the forms in the list.",
        "temperature": "The temperature is a number from 0 to 2, not {value!r}.",
        "thinking": "Thoughts are one of {names}, not {value!r}.",
        "no_step": "There is no prompt {value!r}; there are: {names}.",
        "prompts": "The prompt of {value} lacks {names}: it stands for what differs from row to"
        " row.",
        "no_prompt": "The prompt of {value} is empty: take the usual one, or write something.",
        "key": "The model's address holds a key or a password, which would stand in every file and"
        " command made of it: put the key in SMOLSYNTH_API_KEY, and take it out of the address.",
    },
    "zh": {
        "lang": "语言只能填 en 或 zh，不能填 {value!r}。",
        "kind": "数据集的种类只有 instruction（指令）和 preference（偏好），没有“{value}”。",
        "technique": "{kind}数据没有“{value}”这种技术，可选：{names}。",
        "topics": "没有“{value}”这个领域，可选：{names}。",
        "mistyped": "没有“{value}”这个领域，你要的是不是“{close}”？可选：{names}。",
        "concept": "没有“{value}”这个领域，不过可以就它做数据：请写进描述里，命令里写"
        ' --about "{value}"。领域有：{names}。',
        "both": "领域和描述二者选一：要么选领域，要么用自己的话说。",
        "both_documents": "文档、领域、描述三者选一。",
        "of_documents": "{value} 会问到文档以外的内容，请改选：{names}。",
        "documents": "没有“{value}”这个文件或文件夹。",
        "no_documents": "块的大小和重叠是给文档用的：请先指定文档。",
        "chunk": "每块的词元数要填 {least} 到 {most:,} 之间的整数，不能是 {value!r}。",
        "overlap": "这样大小的两块之间，重叠的词元数要填 {least} 到 {most:,} 之间的整数，不能是"
        " {value!r}。",
        "of_problems": "由程序验证的回答，答的是课程自带的应用题：请在题目的领域里选，或者换一种"
        "技术。",
        "no_sums": "{value} 不会算数：请改用 bundled:solver，或者换个大些的模型。",
        "unknown_documents": "自带的模型只认得 {topics} 个领域里的 {concepts} 样事物，这些文档里"
        "一样也没有。请换个大些的模型，比如 smollm2。",
        "no_passages": "这些文档里没有可以提问的句子。",
        "about": "描述有 {value:,} 个字符，超过了上限 {most:,} 个。",
        "unknown": "自带的模型只认得 {topics} 个领域里的 {concepts} 样事物，这段描述里一样"
        "也没有。可以写上其中某一样，比如{names}；也可以改选领域，或者换个大些的模型。",
        "rows": "行数要填 1 到 {most:,} 之间的整数，不能是 {value!r}。",
        "length": "回答长度上限（词元数）要填 16 到 {most:,} 之间的整数，不能是 {value!r}。",
        "seed": "随机种子要填 0 到 {most:,} 之间的整数，不能是 {value!r}。",
        "english": "{value} 只会英语，写不出像样的中文：请换一个会中文的模型，比如自带的 bundled，"
        "或者 Qwen、GLM；也可以改做英文数据。",
        "model": "用哪个模型？可以填 bundled，也可以照列表里的写法填别的。",
        "temperature": "温度要填 0 到 2 之间的数，不能是 {value!r}。",
        "thinking": "思考过程只能选 {names}，没有“{value}”。",
        "no_step": "没有“{value}”这条提示词，可改的有：{names}。",
        "prompts": "{value} 的提示词里少了 {names}：每一行不同的内容要填在那里。",
        "no_prompt": "{value} 的提示词是空的：请填写，或者恢复默认。",
        "key": "模型地址里带着密钥或密码，会写进由它生成的每个文件和命令：请把密钥放进"
        " SMOLSYNTH_API_KEY，再从地址里去掉。",
    },
}

# Why a row is dropped: the rules of `smolsynth.quality`, and what generation itself can get wrong.
REASONS: dict[str, tuple[str, str]] = {
    **{name: (rule.en[0], rule.zh[0]) for name, rule in RULES.items()},
    "repeated": ("an instruction that is there already", "指令重复"),
    "unanswered": ("the document doesn't answer it", "文档里没有答案"),
    "about_text": ("a question about “the text”", "问的是“这段文字”"),
    "not_evolved": ("evolved into itself", "进化后没变"),
    "unsure": ("a response that the model itself finds unlikely", "模型自己也没把握的回答"),
    "unverified": ("no right answer in eight tries", "答了八遍都不对"),
    "inconsistent": ("a response that the model does not give again", "再问一次就变了样的回答"),
}


def describe_counts(dropped: Counter, lang: str) -> str:
    """How many rows were dropped, by reason, most first.

    >>> describe_counts(Counter(tie=2, repeated=5), "en")
    '5 x an instruction that is there already, 2 x both ratings are the same'
    """
    counts = dropped.most_common()
    if lang == "zh":
        return "；".join(f"{REASONS[reason][1]}（{n} 行）" for reason, n in counts) or "0 行"
    return ", ".join(f"{n} x {REASONS[reason][0]}" for reason, n in counts) or "0"
