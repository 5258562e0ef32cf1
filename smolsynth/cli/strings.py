"""What the command line says, in both languages, and which of them it speaks."""

import locale
import os

# By command; "main" holds what all of them share.
_MAIN = {
    "en": {
        "usage": "usage: ",
        "description": "Make synthetic datasets for language models.",
        "epilog": "Without a command, demo runs. The options of a command:"
        " python -m smolsynth COMMAND --help",
        "commands": "commands",
        "command": "COMMAND",
        "options": "options",
        "help": "show this and end",
        "version": "show the version and end",
        "ui": "language to speak (default: that of the system for help, else --lang)",
        "unknown": "there is no command {name!r}: the commands are {names}.",
        "meant": " Did you mean {name}?",
        "stopped": "Stopped.",
        "file": "{file}: {reason}. Choose another place, or make room there.",
    },
    "zh": {
        "usage": "用法：",
        "description": "为语言模型制作合成数据集。",
        "epilog": "不写命令就运行 demo。各命令的选项：python -m smolsynth COMMAND --help",
        "commands": "命令",
        "command": "COMMAND",
        "options": "选项",
        "help": "显示这段说明",
        "version": "显示版本号",
        "ui": "用哪种语言和你说话（说明默认随系统，其余默认随 --lang）",
        "unknown": "没有“{name}”这个命令，可用的有：{names}。",
        "meant": "你要的是不是 {name}？",
        "stopped": "已停止。",
        "file": "{file}：{reason}。换个位置，或者腾出空间。",
    },
}
_DEMO = {
    "en": {
        "instruction": "an instruction dataset",
        "preference": "a preference dataset",
        "start": "Generating {kind}: {rows} rows (en) with {model}. ",
        "loading": "Loading takes a few seconds …",
        "first": "Sample rows, {seconds:.1f} s after the start:",
        "dropped": "Dropped on the way: {counts}.",
        "fewer": "Too few were good: only {rows} of {wanted} rows. A larger model helps.",
        "none": "No usable row: {n} dropped ({counts}), nothing saved. Is the model trained?",
        "saved": "{rows} rows ({sources}) saved in {folder} after {seconds:.0f} s.",
        "next": "Next: jupyter lab notebooks",
        "stopped": "Stopped. ",
        "nothing": "Nothing was saved.",
        "kept": "Saved before: {folders}.",
    },
    "zh": {
        "instruction": "指令数据集",
        "preference": "偏好数据集",
        "start": "用 {model} 生成{kind}：{rows} 行（zh）。",
        "loading": "载入 distilabel 需要几秒钟……",
        "first": "开始 {seconds:.1f} 秒后，先看几行样品：",
        "dropped": "中途舍弃：{counts}。",
        "fewer": "合格的太少：原定 {wanted} 行，只得到 {rows} 行。换个大些的模型会好些。",
        "none": "没有可用的数据：{n} 行全部舍弃（{counts}），什么也没保存。这个模型训练过吗？",
        "saved": "共 {rows} 行（{sources}），用时 {seconds:.0f} 秒，已存入 {folder}。",
        "next": "下一步：jupyter lab notebooks",
        "stopped": "已停止。",
        "nothing": "什么也没有保存。",
        "kept": "此前已存好：{folders}。",
    },
}
_GENERATE = {
    "en": {
        "loading": "Loading takes a few seconds …",
        "progress": "{rows} of {wanted} rows",
        "dropped": "Dropped on the way: {counts}.",
        "none": "No usable row: {counts}. Nothing saved.",
        "fewer": "Too few were good or new: {rows} of {wanted} rows. Choose more domains, or a"
        " larger model.",
        "spent": "Stopped at {tokens:,} tokens, because of --max-tokens: {rows} of {wanted} rows."
        " With more of them, the same command goes on.",
        "saved": "{rows} rows saved in {folder}, with a card, and pipeline.py to make them again.",
        "stopped": "Stopped, nothing saved. Finished rows are kept: the same command goes on.",
    },
    "zh": {
        "loading": "载入 distilabel 需要几秒钟……",
        "progress": "已有 {rows} 行，共要 {wanted} 行",
        "dropped": "中途舍弃：{counts}。",
        "none": "没有可用的数据：{counts}。什么也没保存。",
        "fewer": "合格又不重复的太少：原定 {wanted} 行，只得到 {rows} 行。多选几个领域，或者"
        "换个大些的模型。",
        "spent": "用了 {tokens:,} 个词元，再做就要超过 --max-tokens，所以停下：原定 {wanted} 行，"
        "得到 {rows} 行。调高上限，再运行同一条命令就接着做。",
        "saved": "{rows} 行已存入 {folder}，里面还有数据集卡片和 pipeline.py，用它能"
        "重新生成这些行。",
        "stopped": "已停止，什么也没保存。做完的行都留着：再运行同一条命令就接着做。",
    },
}
_STUDIO = {
    "en": {
        "studio": "Dataset Studio: {address} (Ctrl+C ends it)",
        "voila": "The page needs Voilà: pip install voila. Or open notebooks/dataset_studio.ipynb.",
    },
    "zh": {
        "studio": "数据集工作室：{address}（按 Ctrl+C 结束）",
        "voila": "网页版需要 Voilà：pip install voila。"
        "也可以打开 notebooks/dataset_studio_cn.ipynb。",
    },
}
_TEXT = {"main": _MAIN, "demo": _DEMO, "generate": _GENERATE, "studio": _STUDIO}


def strings(ui: str, command: str = "main") -> dict[str, str]:
    """What a command says, by key, in one language."""
    return _TEXT[command][ui]


def own_language() -> str:
    """The language of this system, as far as it is one of ours: "zh", else "en"."""
    given = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    name = next(filter(None, given), None) or locale.getlocale()[0] or ""
    return "zh" if name.lower().startswith(("zh", "chinese")) else "en"


def error_in_words(error: Exception, ui: str) -> str:
    """An error as one sentence: a plan's in the language `ui`, a file's without its number."""
    if hasattr(error, "words"):
        return error.words(ui)
    if isinstance(error, OSError) and error.strerror and error.filename:
        return _MAIN[ui]["file"].format(file=error.filename, reason=error.strerror)
    return str(error) or type(error).__name__
