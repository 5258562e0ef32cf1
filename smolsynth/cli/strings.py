"""What the command line says, in both languages, and which of them it speaks."""

import errno
import locale
import os
import re
from collections.abc import Callable

from smolsynth.errors import LLMUnavailable, RepliesNotUnderstood, StepFailed, error_said
from smolsynth.specs import SPECS
from smolsynth.text.language import listed
from smolsynth.text.layout import clean, shortened

# By command; "main" holds what all of them share.
_MAIN = {
    "en": {
        "usage": "usage: ",
        "error": "{prog}: error: {message}\n",
        "description": "Make synthetic datasets for language models.",
        "epilog": "Without a command, demo runs. The options of a command:"
        " python -m smolsynth COMMAND --help",
        "commands": "commands",
        "command": "COMMAND",
        "options": "options",
        "help": "show this and end",
        "version": "show the version and end",
        "ui": "language to speak (default: that of --lang; without it, of help, the system's)",
        "unknown": "there is no command {name!r}: the commands are {names}.",
        "meant": " Did you mean {name}?",
        "stopped": "Stopped.",
        "file": "{file}: {reason}. Choose another place{room}.",
        "room": ", or make room there",
        "lost": "What shows as ? is a character that {encoding}, the encoding of this terminal or"
        " file, lacks. The dataset has them all. Set PYTHONUTF8=1 to see them.",
        "unread": "Most replies of the judge ({unread} of the first {replies}) hold no rating that"
        " can be read: choose another model, or a kind of data that needs no judge"
        " (--kind instruction). Nothing saved. One of them:\n{reply}",
    },
    "zh": {
        "usage": "用法：",
        "error": "{prog}：{message}\n",
        "description": "为语言模型制作合成数据集。",
        "epilog": "不写命令就运行 demo。各命令的选项：python -m smolsynth COMMAND --help",
        "commands": "命令",
        "command": "COMMAND",
        "options": "选项",
        "help": "显示这段说明",
        "version": "显示版本号",
        "ui": "界面和提示用哪种语言（默认随 --lang；没写 --lang，说明就随系统）",
        "unknown": "没有“{name}”这个命令，可用的有：{names}。",
        "meant": "你要的是不是 {name}？",
        "stopped": "已停止。",
        "file": "{file}：{reason}。换个位置{room}。",
        "room": "，或者腾出空间",
        "lost": "这个终端或文件用的编码是 {encoding}，有些字符它没有，只好显示成 ?；"
        "数据集里一个也没丢。"
        "设 PYTHONUTF8=1 就能看到。",
        "unread": "评审模型的头 {replies} 条回复里，有 {unread} 条读不出分数：请换个模型，或者改做"
        "不用评审的数据（--kind instruction）。什么也没保存。其中一条：\n{reply}",
    },
}


def _one_of(found: re.Match[str]) -> str:
    """The choices as a list in Chinese, which Python 3.12 and later write without quotes."""
    names = (name.strip("'") for name in found[2].split(", "))
    return f"不能填 {found[1]}，可选：{listed(names, 'zh')}"


# What argparse says, in the words of Python 3.10 to 3.14, and the same in Chinese.
_ARGPARSE_ZH: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"^argument ([^:]+): ", r"\1："),
    (r"unrecognized arguments: ", "不认识的参数："),
    (r"the following arguments are required: ", "还缺参数："),
    (r"expected one argument$", "后面要写一个值"),
    (r"expected at least one argument$", "后面至少要写一个值"),
    (r"expected at most one argument$", "后面最多写一个值"),
    (r"expected (\d+) arguments?$", r"后面要写 \1 个值"),
    (r"ignored explicit argument (.+)$", r"后面不能写值 \1"),
    (r"not allowed with argument (.+)$", r"不能和 \1 一起用"),
    (r"invalid int value: (.+)$", r"\1 不是整数"),
    (r"invalid \w+ value: (.+)$", r"不能填 \1"),
    (r"invalid choice: (.+) \(choose from (.+)\)$", _one_of),
)


_REASONS_ZH = {
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EROFS: "这里只能读，不能写",
    errno.ENOSPC: "磁盘满了",
    errno.ENOENT: "没有这个文件或文件夹",
    errno.ENOTDIR: "不是文件夹",
    errno.EISDIR: "是文件夹，不是文件",
    errno.EEXIST: "已经有了",
}


def argparse_in_words(message: str, ui: str) -> str:
    """What argparse says of wrong arguments, in the language `ui`.

    >>> argparse_in_words("argument --rows: invalid int value: 'many'", "zh")
    "--rows：'many' 不是整数"
    """
    for pattern, words in _ARGPARSE_ZH if ui == "zh" else ():
        message = re.sub(pattern, words, message)
    return message


# Arguments of `read_rows`, of which errors speak, as options.
ARGUMENTS = {
    "encoding": "--encoding {}",
    "kind": "--kind {}",
    "split": "--split {}",
    "on_error": "--skip",
}
_OPTIONS = {  # of both commands that make data
    "en": {
        "lang": "language of the rows (default: en)",
        "seed": "of everything that is drawn (default: %(default)s)",
        "max_tokens": "end each dataset before a part that, if it takes what those before it took,"
        " would go past so many; the same command with a higher limit goes on",
        "output": "folder of the datasets (default: %(default)s/)",
        "loading": "Loading takes a few seconds …",
    },
    "zh": {
        "lang": "数据用哪种语言（默认 en）",
        "seed": "随机种子（默认 %(default)s）",
        "max_tokens": "每份数据的词元上限：照前面的用量，下一批会超就停；调高上限，再运行就接着做",
        "output": "数据集存到哪个文件夹（默认 %(default)s/）",
        "loading": "载入 distilabel 需要几秒钟……",
    },
}
_MAKING = {
    "en": {
        "model": f"{', '.join(SPECS)}; or set SMOLSYNTH_LLM (default: bundled)",
        "topic": "a domain, such as weather; may be repeated (default: all)",
        "about": "instead: what the rows are to be about, in your own words",
        "left_out": "Left out, because far fewer of its first rows were good than of the best's:"
        " {names}.",
        "topics_left_out": "Not asked about, because this model knows too little of them: {names}."
        " With --topic it is asked all the same.",
        "may_be_wrong": "So small a model is wrong now and then where it sounds sure: read the rows"
        " before you use them.",
        "positive": "a whole number from 1 up, not {given!r}",
        "progress": "{rows} of {wanted} rows",
        "left": ", about {seconds:.0f} s left",
        "dropped": "Dropped on the way: {counts}.",
        "llm_options": 'options of the model in JSON, as in \'{"thinking": "off", "top_k": 20}\''
        " (default: SMOLSYNTH_LLM_OPTIONS)",
        "refused": "Not taken by a model: {n} rows, the first because: {reason}",
        "none": "No usable row: {n} dropped ({counts}). Nothing saved. This model knows too little"
        " of it, or isn't trained to chat: take a larger one, or a subject that it knows.",
        "solved": ", {n} of {tried} problems solved",
        "hard": "Not one right answer to the first {n} problems, in eight tries each ({counts})."
        " {model} may be too weak for them; some more are tried before it ends.",
        "too_hard": "Not one usable row of {n} problems, in eight tries each ({counts}): {model} is"
        " too weak for them. Nothing saved. Take a larger model, or the course's own, which is"
        " taught them: --model bundled:solver.",
        "fewer": "Too few were good or new: {rows} of {wanted} rows. A larger model or more domains"
        " help.",
        "spent": "Stopped at {tokens:,} tokens, because of --max-tokens: {rows} of {wanted} rows."
        " With more of them, the same command goes on.",
        "stopped": "Stopped. Finished rows are kept: the same command goes on.",
    },
    "zh": {
        "model": f"{listed(SPECS, 'zh')}；也可以设环境变量 SMOLSYNTH_LLM（默认 bundled）",
        "llm_options": '模型的选项，写成 JSON，例如 \'{"thinking": "off", "top_k": 20}\''
        "（默认取 SMOLSYNTH_LLM_OPTIONS）",
        "topic": "领域，比如天气；可以写几次（默认全部）",
        "about": "不选领域时，用自己的话说数据要讲什么",
        "left_out": "用下面的技术写的头几行，合格的比最好的那种少得多，所以没用：{names}。",
        "topics_left_out": "这个模型懂得太少，所以没问：{names}。想问也行，用 --topic 指定。",
        "may_be_wrong": "这么小的模型，说得再肯定也可能是错的：用之前逐行读一遍。",
        "positive": "要填不小于 1 的整数，不能是 {given!r}",
        "progress": "已有 {rows} 行，共要 {wanted} 行",
        "left": "，大约还要 {seconds:.0f} 秒",
        "dropped": "中途舍弃：{counts}。",
        "refused": "模型拒收 {n} 行，第一行的原因：{reason}",
        "none": "没有可用的数据：{n} 行全部舍弃（{counts}），什么也没保存。"
        "这个模型不懂这个题材，或者不是训练好的对话模型：请换个大些的模型，或者换个它懂的题材。",
        "solved": "，解出 {tried} 道题里的 {n} 道",
        "hard": "头 {n} 道题，每道答了八遍，一遍也没答对（{counts}）。{model} 可能太弱；再试几道，"
        "还是不行就停下。",
        "too_hard": "{n} 道题，每道答了八遍，没有一行可用（{counts}）：这些题对 {model} 来说太难。"
        "什么也没保存。请换个大些的模型，或者用课程自带、专门学过这些题的那个："
        "--model bundled:solver。",
        "fewer": "合格又不重复的太少：原定 {wanted} 行，只得到 {rows} 行。换个大些的模型，或者多选"
        "几个领域，会好些。",
        "spent": "用了 {tokens:,} 个词元，再做就要超过 --max-tokens，所以停下：原定 {wanted} 行，"
        "得到 {rows} 行。调高上限，再运行同一条命令就接着做。",
        "stopped": "已停止。做完的行都留着：再运行同一条命令就接着做。",
    },
}
_DEMO = {
    "en": {
        "kind": "which of the two (default: both)",
        "rows": "rows wanted of each (default: %(default)s)",
        "start_instruction": "Generating an instruction dataset: {plan.rows} rows in {language}"
        " with {plan.model}. ",
        "start_preference": "Generating a preference dataset: {plan.rows} rows in {language} with"
        " {plan.model}. ",
        "in_en": "English",
        "in_zh": "Chinese",
        "first": "Sample rows, {seconds:.1f} s after the start:",
        "saved": "{rows} rows ({sources}) saved in {folder} after {seconds:.0f} s.",
        "kept": "Saved before: {folders}.",
        "next": "Next: jupyter lab notebooks",
        "next_elsewhere": "Next: python -m smolsynth check {folder}",
    },
    "zh": {
        "kind": "做哪一种（默认两种都做）",
        "rows": "每种要多少行（默认 %(default)s）",
        "start_instruction": "用 {plan.model} 生成指令数据集：{plan.rows} 行，{language}。",
        "start_preference": "用 {plan.model} 生成偏好数据集：{plan.rows} 行，{language}。",
        "in_en": "英文",
        "in_zh": "中文",
        "first": "头几行样例，开始后 {seconds:.1f} 秒：",
        "saved": "共 {rows} 行（{sources}），用时 {seconds:.0f} 秒，已存入 {folder}。",
        "kept": "此前已存好：{folders}。",
        "next": "下一步：jupyter lab notebooks",
        "next_elsewhere": "下一步：python -m smolsynth check {folder}",
    },
}
_GENERATE = {
    "en": {
        "kind": "default: that of the technique",
        "technique": "default: the kind's first",
        "documents": "instead: files and folders to ask about (TXT, Markdown, HTML, PDF, DOCX,"
        " EPUB, CSV, JSONL …)",
        "column": "of tables among the documents: the column with the text",
        "chunk": "tokens of a chunk of a document, at most (default: 80 for a small model, else"
        " 200)",
        "overlap": "tokens that two chunks of a document share, at most (default: an eighth of a"
        " chunk)",
        "rows": "rows wanted (default: %(default)s)",
        "length": "tokens of a response, at most (default: %(default)s)",
        "judge": "of preference data: the model that rates the responses (default: the same)",
        "temperature": "of responses; 0 takes the most probable token each time (default: 0)",
        "prompt": "another prompt for a step, as the dataset card shows them, with the same {names}"
        " in it; any number of times",
        "ray": "make the rows on a Ray cluster: auto, HOST:6379, ray://HOST:10001; without an"
        " address, the one that runs here, or a new one on this machine",
        "saved": "{rows} rows saved in {folder}, with a card, and pipeline.py to make them again.",
    },
    "zh": {
        "kind": "默认由技术决定",
        "technique": "默认用这一种类的第一个",
        "documents": "不选领域时，从这些文件和文件夹里出题（TXT、Markdown、HTML、PDF、DOCX、"
        "EPUB、CSV、JSONL 等）",
        "column": "文档里有表格时，文字在哪一列",
        "chunk": "文档每块的长度上限，按词元算（默认小模型 80，其他模型 200）",
        "overlap": "相邻两块最多重叠多少词元（默认是每块的八分之一）",
        "rows": "要多少行（默认 %(default)s）",
        "length": "回答长度上限，按词元算（默认 %(default)s）",
        "judge": "偏好数据由哪个模型打分（默认同一个模型）",
        "temperature": "回答的温度；0 表示每次都取最可能的词元（默认 0）",
        "prompt": "换掉某一步的提示词，写法照数据集卡片，{花括号}里的名字要保留；可以写多次",
        "ray": "在 Ray 集群上生成：auto、HOST:6379、ray://HOST:10001；不写地址就用这里正在运行的"
        "集群，没有就在本机新开一个",
        "saved": "{rows} 行已存入 {folder}，里面还有数据集卡片和 pipeline.py，用它能"
        "重新生成这些行。",
    },
}
_STUDIO = {
    "en": {
        "studio": "Dataset Studio: {address} (Ctrl+C ends it)",
        "taken": "Another program uses port {asked}, so it is {port} this time.",
        "no_port": "No port is free from {asked} on: choose another, as in --port 9000.",
        "voila": "The page needs Voilà: pip install voila. Or open notebooks/dataset_studio.ipynb.",
    },
    "zh": {
        "studio": "数据集工作室：{address}（按 Ctrl+C 结束）",
        "taken": "端口 {asked} 被别的程序占用，这次用 {port}。",
        "no_port": "从 {asked} 往后没有空闲的端口：换一个，例如 --port 9000。",
        "voila": "网页版需要 Voilà：pip install voila。"
        "也可以打开 notebooks/dataset_studio_cn.ipynb。",
    },
}
_GET = {
    "en": {
        "model": "the model (default: %(default)s)",
        "there": "SmolLM2 is there already: {folder}",
        "download": "Downloading SmolLM2-135M-Instruct (98 MB) …",
        "read": "Reading its weights …",
        "convert": "Converting it to int8 …",
        "done": "Ready, offline from now on: python -m smolsynth --model smollm2",
    },
    "zh": {
        "model": "模型（默认 %(default)s）",
        "there": "SmolLM2 已经在这里了：{folder}",
        "download": "正在下载 SmolLM2-135M-Instruct（98 MB）……",
        "read": "正在读取权重……",
        "convert": "正在转换成 int8……",
        "done": "好了，从此不用联网：python -m smolsynth --model smollm2",
    },
}
_CONVERT_MODEL = {
    "en": {
        "source": "name on the Hugging Face hub, folder made by save_pretrained(), or GGUF file",
        "output": "folder to make (default: the model's name, here)",
        "read": "Reading {source} …",
        "convert": "Converting it to int8 …",
        "done": "{folder} is ready: use it as ct2:{folder}",
    },
    "zh": {
        "source": "Hugging Face Hub 上的模型名、save_pretrained() 保存的文件夹，或者 GGUF 文件",
        "output": "要生成的文件夹（默认在当前目录，以模型命名）",
        "read": "正在读取 {source}……",
        "convert": "正在转换成 int8……",
        "done": "{folder} 已就绪，这样使用：ct2:{folder}",
    },
}
_READING = {
    "en": {
        "source": "a file (JSON, JSONL, CSV, TSV, Parquet, Arrow, gzipped or not), a folder, or the"
        " name of a dataset on the Hub",
        "kind": "what the rows are (default: what the columns say)",
        "split": "of several, as train",
        "encoding": "of a text file that is not UTF-8, as gb18030",
        "skip": "leave rows out that can't be read, instead of giving up",
        "so_far": "{n} rows read …",
        "mask": "in what is written, put [email], [phone number] and the like in the place of"
        " personal data and keys",
    },
    "zh": {
        "source": "文件（JSON、JSONL、CSV、TSV、Parquet、Arrow，可以是 gzip 压缩的）、文件夹，"
        "或 Hub 上的数据集名",
        "kind": "数据的类别（默认由列名判断）",
        "split": "有好几份时取哪一份，如 train",
        "encoding": "文本文件不是 UTF-8 时的编码，如 gb18030",
        "skip": "读不了的行略去，不中断",
        "so_far": "已读 {n} 行……",
        "mask": "写出的数据里，邮箱、电话、证件号、卡号和密钥换成[邮箱]、[电话号码]等",
    },
}
_CONVERT = {
    "en": {
        "folder": "folder to make",
        "to": "the form: what the trainer takes",
        "lost": "{to} has no place for these columns, they are left out: {columns}",
        "done": "{rows} rows written to {folder}: {files}",
    },
    "zh": {
        "folder": "要生成的文件夹",
        "to": "目标格式，即训练框架要的格式",
        "lost": "{to} 放不下这些列，已略去：{columns}",
        "done": "{rows} 行已写入 {folder}：{files}",
    },
}
_CHECK = {
    "en": {
        "lang": "language that the texts should have (default: the one most answers are in)",
        "evaluation": "questions that the trained model will be tested with: none may be in the"
        " data",
        "seeds": "texts that generation began with: copies of them are found",
        "semantic": "also find what is asked again in other words, by this model: use (offline, a"
        " package of 33 MB), one of sentence-transformers, or model2vec:NAME",
        "json": "one line of JSON, last, for programs",
        "html": "write a page with charts and the faulty rows",
        "clean": "write the rows without faults to a new folder, with a card",
        "reading": "Reading {file} …",
        "measuring": "Measuring {rows} rows …",
        "measured": "{n} of {rows} rows measured …",
        "fine": "No rule is broken.",
        "broken": "Broken: {rules}.",
        "rule": "{rule} ({what})",
        "and": "; ",
        "hint": " Rows without faults: python -m smolsynth check {file} --clean FOLDER",
        "page": "The page is {file}.",
        "none_good": "No row is without faults: nothing written.",
        "cleaned": "{good} of {all} rows have no fault that is refused: they are in {folder}."
        " Faults that only warn are still in them.",
        "left_out": "Of {all} rows, {good} have none of the faults that are refused; those that"
        " only warn, such as personal data, are still in them. Left out, by rule: {counts}.",
        "despite": "What is left after the others were taken out.",
    },
    "zh": {
        "lang": "文本应当是哪种语言（默认看多数回答用的是哪种）",
        "evaluation": "将来用来测试模型的题目，数据里不能有",
        "seeds": "生成时用的种子文本，照抄的行会被找出来",
        "semantic": "再用这个模型找出换了说法的重复：use（不用联网，33 MB 的一个包）、"
        "sentence-transformers 的模型，或 model2vec:模型名",
        "json": "最后输出一行 JSON，供程序读取",
        "html": "写一份网页报告，有图，也列出有毛病的行",
        "clean": "把没有毛病的行写到一个新文件夹，附数据集卡片",
        "reading": "正在读取 {file}……",
        "measuring": "正在检查 {rows} 行……",
        "measured": "已检查 {n}/{rows} 行……",
        "fine": "没有违反任何规则。",
        "broken": "违反规则：{rules}。",
        "rule": "{rule}（{what}）",
        "and": "；",
        "hint": "只留没有毛病的行：python -m smolsynth check {file} --clean FOLDER",
        "page": "网页报告：{file}",
        "none_good": "没有一行是没毛病的，什么也没写。",
        "cleaned": "{all} 行里有 {good} 行没有要拦的毛病，已写入 {folder}。"
        "只提醒的毛病还留在里面。",
        "left_out": "原有 {all} 行，其中 {good} 行没有要拦的毛病；"
        "只提醒的（如个人信息）还留在里面。略去的行数（按规则）：{counts}。",
        "despite": "去掉其他行之后剩下的数据。",
    },
}
_OF = {  # command -> its texts
    "main": [_MAIN],
    "making": [_MAKING],
    "demo": [_OPTIONS, _DEMO],
    "generate": [_OPTIONS, _GENERATE],
    "studio": [_STUDIO],
    "get": [_GET],
    "convert-model": [_CONVERT_MODEL],
    "convert": [_READING, _CONVERT],
    "check": [_READING, _CHECK],
}


def strings(ui: str, command: str = "main") -> dict[str, str]:
    """What a command says, by key, in one language."""
    return {key: said for texts in _OF[command] for key, said in texts[ui].items()}


def own_language() -> str:
    """The language of this system, as far as it is one of ours: "zh", else "en"."""
    given = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    name = next(filter(None, given), None) or locale.getlocale()[0] or ""
    return "zh" if name.lower().startswith(("zh", "chinese")) else "en"


def error_in_words(error: Exception, ui: str) -> str:
    """An error as one sentence in the language `ui`, a file's without its number."""
    if isinstance(error, StepFailed) and isinstance(error.__cause__, LLMUnavailable):
        error = error.__cause__  # it tells all that there is to say
    if isinstance(error, RepliesNotUnderstood):
        shown = shortened(" ".join(clean(error.reply).split()), 500) or "…"
        return _MAIN[ui]["unread"].format(unread=error.unread, replies=error.replies, reply=shown)
    if isinstance(error, OSError) and error.strerror and error.filename:
        room = _MAIN[ui]["room"] if error.errno == errno.ENOSPC else ""
        reason = _REASONS_ZH.get(error.errno or 0) if ui == "zh" else None
        reason = reason or error.strerror
        return _MAIN[ui]["file"].format(file=error.filename, reason=reason, room=room)
    return error_said(error, ui) or type(error).__name__
