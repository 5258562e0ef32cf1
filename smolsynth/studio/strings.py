"""What Dataset Studio says, in both languages."""

import os

from smolsynth.errors import error_said
from smolsynth.studio.strings_data import MORE
from smolsynth.studio.strings_review import REVIEW

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Dataset Studio",
        "lead": "Describe a dataset, look at samples, generate, review, export. Nothing leaves"
        " this"
        " machine unless you choose a model elsewhere or push.",
        "repr": "Dataset Studio: run this cell to use it.",
        # steps
        "describe": "1 Describe",
        "generate": "2 Generate",
        "review": "3 Review",
        "quality": "4 Quality",
        "export": "5 Export",
        "code": "6 Code",
        # describe
        "kind": "Kind",
        "kind_tip": "What a row holds: one good response, or two to compare",
        "instruction": "Instructions: a task and a response (to teach a model what to do)",
        "preference": "Preferences: a task, a better and a worse response (to teach what is good)",
        "lang": "Language",
        "lang_tip": "The language of the rows",
        "technique": "Technique",
        "technique_tip": "How the rows are made; the line below says it in short",
        "self-instruct": "SelfInstruct",
        "self-instruct_is": "The model reads a short text, asks four questions about it and"
        " answers"
        " them.",
        "magpie": "Magpie",
        "magpie_is": "The model is told its field only, makes up what a user would ask, and"
        " answers. Needs a bundled or local model, or a server with /completions.",
        "evol-instruct": "EvolInstruct",
        "evol-instruct_is": "As SelfInstruct, but each question is first rewritten: harder, more"
        " concrete, or something new.",
        "mixed": "SelfInstruct, EvolInstruct and Magpie",
        "mixed_is": "All three side by side, for a mixture of questions. Magpie is left out where"
        " the model can't do it.",
        "verified": "Verified by a program",
        "verified_is": "A model that counts solves each word problem eight times; a program checks"
        " the answers, and the shortest right one stays.",
        "two-models": "Two models",
        "two-models_is": "A strong and a weak model answer, or a model of your own twice, the"
        " second time at random; a judge, also a model, rates both. Ties are dropped, so it takes"
        " longer.",
        "evol-quality": "EvolQuality",
        "evol-quality_is": "A model answers, another one improves the answer; a judge, also a"
        " model,"
        " rates both.",
        "topics": "Domains (none chosen: all of them)",
        "about": "Or in your own words",
        "about_tip": "What the rows are to be about; leave the domains empty then",
        "about_hint": "For example: questions that children ask about the moon and about rain",
        "documents": "Or documents of your own",
        "documents_tip": "TXT, Markdown, HTML, PDF, DOCX, EPUB, CSV, JSONL: the model asks about"
        " what stands in them; leave domains and description empty then",
        "documents_clear": "Without documents",
        "documents_read": "Documents",
        "chunk": "Tokens of a chunk at most (empty: what suits the model)",
        "overlap": "Tokens that two chunks share at most (empty: an eighth)",
        "rows": "Rows",
        "rows_tip": "How many rows you want, 1 to 5,000",
        "model": "Model",
        "model_tip": "bundled comes with the course and runs offline. Others:"
        " transformers:NAME_OR_PATH, openai:BASE_URL#MODEL, hf:MODEL",
        "seed": "Random seed",
        "seed_tip": "The same seed makes the same rows again; another one makes others",
        "length": "Longest response",
        "length_tip": "In tokens: pieces of words; 100 tokens are some 75 English words",
        "sample": "Show five sample rows",
        "sample_again": "Sample again",
        "start": "Generate {rows} rows",
        "start_unsure": "Generate",
        "earlier": "Earlier datasets",
        "earlier_one": "{name}, {rows} rows, {decided} reviewed",
        "open": "Go on with it",
        "gone": "The server behind this page does not answer any more. Reload the page; if nothing"
        " comes, start the server again and open its new address. Rows and decisions are kept.",
        "no_sample": "No rows yet. Sample five: with the bundled model it takes a few seconds.",
        "sampling": "Making sample rows …",
        "loading": "Loading distilabel, once, for a few seconds …",
        "sampled": "{n} sample rows in {seconds:.1f} s. The same description and seed give the same"
        " rows: change one to see others.",
        "sample_none": "All {n} rows of the sample were dropped: {counts}. Change the description.",
        "forecast": "All {rows} rows: about {seconds} and {tokens:,} tokens, if it goes on so.",
        "narrow": "It will not: the model's world says too little of this (texts: {n}), repeats are"
        " dropped, and it may take several times as much. Name more things, or ask for fewer"
        " rows.",
        # generate
        "nothing_made": "Nothing generated yet. Describe a dataset and sample it first.",
        "go_describe": "Go to 1 Describe",
        "cancel": "Cancel",
        "go_on": "Go on",
        "again": "Try again",
        "cancelling": "Stopping after the part that is being made …",
        "cancelled": "Stopped with {rows} of {wanted} rows. They are kept: review them, or go on.",
        "running": "{rows} of {wanted} rows",
        "done": "Done: {rows} rows.",
        "fewer": "No new rows came any more: {rows} of {wanted}. Choose more domains, another"
        " technique or a larger model.",
        "none": "No usable row: {counts}. Change the description or the model.",
        "forecast_is": "Forecast: {seconds}, {tokens:,} tokens.",
        "actual_is": "So far: {seconds}, {tokens:,} tokens.",
        "stored": "Part of this was there from an earlier run and cost nothing.",
        "dropped": "Dropped on the way: {counts}.",
        "go_review": "Review the rows",
        # review
        "no_rows": "No rows to review yet. Generate some first.",
        "search": "Search",
        "search_hint": "a word in any text",
        "filter": "Show",
        "all": "all rows",
        "accepted": "accepted",
        "rejected_rows": "rejected",
        "undecided": "not decided",
        "list": "List of rows",
        "list_tip": "Arrow keys choose a row",
        "found": "{n} of {all} rows found. {accepted} accepted, {rejected} rejected, {edited}"
        " edited.",
        "none_found": "No row matches. Change the search, or show all rows.",
        "accept": "Accept",
        "reject": "Reject",
        "undo": "Undo",
        "accept_tip": "Keep this row and go to the next",
        "reject_tip": "Leave this row out of the dataset and go to the next",
        "undo_tip": "Take back your last action, on this row or another",
        "instruction_text": "Instruction",
        "response_text": "Response",
        "chosen_text": "Chosen response",
        "rejected_text": "Rejected response",
        "response_a": "Response A",
        "response_b": "Response B",
        "a_better": "A is better",
        "b_better": "B is better",
        "cant_tell": "Can't tell",
        "vote_hint": "Which is better? Vote first, then see what the judge chose.",
        "swap": "Swap",
        "swap_tip": "Exchange chosen and rejected: your verdict instead of the judge's. The scores"
        " go, because nobody gave them to this order",
        "agree": "You and the judge agree ({high} against {low}).",
        "differ": "The judge chose the other one ({high} against {low}). Swap them if you are"
        " sure.",
        "no_verdict": "The judge gave {high} to the chosen response, {low} to the other.",
        "votes": "{hits} of your {votes} votes agree with the judge.",
        "swapped": "swapped by you",
        "empty_text": "A text is empty: write something, or reject the row.",
        # quality
        "measure_hint": "Measures the rows that you have not rejected.",
        "measuring": "Measuring {n} rows …",
        "passes": "The gate lets these {n} rows pass: no rule is broken.",
        "refuses": "The gate refuses these {n} rows: {rules} broken. Reject the rows named, mend"
        " them in 3 Review, or export with a reason.",
        "rule": "Rule",
        "found_rows": "Rows",
        "allowed": "Allowed",
        "verdict": "Verdict",
        "ok": "ok",
        "broken": "broken",
        "examples": "What was found, first rows",
        "reject_bad": "Reject the {n} rows that break rules",
        "gate_tip": "The gate: what breaks a rule is not saved without a reason in writing",
        # export
        "name": "Folder name",
        "name_tip": "Letters, digits, dot, hyphen and underscore",
        "bad_name": "A folder name has at most 100 letters, digits, dots, hyphens and underscores;"
        " it begins with a letter or a digit, does not end in a dot, and is none that Windows"
        " keeps for itself, such as CON.",
        "format": "File format",
        "format_tip": "JSONL can be read by people; Parquet is smaller; Arrow is what datasets"
        " writes itself; the others are what trainers take, with the file that they want beside it",
        "despite": "Why it is to be saved all the same",
        "despite_tip": "A rule is broken: your reason goes into the dataset card",
        "save": "Save {n} rows",
        "saved": "Saved {n} rows:",
        "files": "Files",
        "push_to": "Hub repository",
        "push_example": "you/dataset",
        "push_tip": "you/dataset, on the Hugging Face Hub; the access token is taken from HF_TOKEN",
        "private": "private: only you can see it",
        "push": "Push to the Hub",
        "pushing": "Pushing …",
        "pushed": "Pushed:",
        "push_hint": "Optional, and the only step that sends your rows anywhere: these {n} rows, as"
        " they were saved above.",
        "all_rejected": "All rows are rejected: accept some in 3 Review.",
        # code
        "code_hint": "The same rows without the app: a distilabel pipeline with the models and"
        " helpers of this course, yours to change. With the same seed it makes the same rows,"
        " before what you changed by hand.",
        "command": "As a command",
        "pipeline": "pipeline.py",
        "save_code": "Save pipeline.py",
        "saved_code": "Saved:",
        "no_plan": "The description is not complete: see 1 Describe.",
        # errors
        "failed": "That did not work",
        "busy": "Something else is still running here. Wait until it is done, or cancel it in"
        " 2 Generate.",
        "second": "{n:.0f} s",
        "minutes": "{n:.0f} min",
        # between sentences, and between names in a list
        "gap": " ",
        "comma": ", ",
        "example": "{rule}: {row}. {reason}",
    },
    "zh": {
        "title": "数据集工作室",
        "lead": "描述想要的数据，看几行样例，再生成、审阅、导出。只要不用别处的模型、不推送，数据就"
        "不会离开这台电脑。",
        "repr": "数据集工作室：运行本单元格即可使用。",
        "describe": "1 描述",
        "generate": "2 生成",
        "review": "3 审阅",
        "quality": "4 质量",
        "export": "5 导出",
        "code": "6 代码",
        "kind": "种类",
        "kind_tip": "一行里放什么：一个好回答，还是一好一差两个回答",
        "instruction": "指令数据：一条指令，一个回答（教模型做事）",
        "preference": "偏好数据：一条指令，一好一差两个回答（教模型分好坏）",
        "lang": "语言",
        "lang_tip": "数据用哪种语言写",
        "technique": "技术",
        "technique_tip": "用什么办法生成，下面一行有简单说明",
        "self-instruct": "SelfInstruct",
        "self-instruct_is": "模型读一小段文字，就这段文字提四个问题，再逐个作答。",
        "magpie": "Magpie",
        "magpie_is": "只告诉模型它负责哪个领域，让它自己写出用户会问什么，再作答。只能用自带的、"
        "本地的模型，或者带 /completions 接口的服务。",
        "evol-instruct": "EvolInstruct",
        "evol-instruct_is": "同 SelfInstruct，但先把每个问题改写一遍：改难、改具体，或者换个"
        "新问题。",
        "mixed": "SelfInstruct、EvolInstruct 与 Magpie",
        "mixed_is": "三种技术一起用，问题更多样。模型做不了 Magpie 时，就只用另外两种。",
        "verified": "由程序验证",
        "verified_is": "会算数的模型把每道应用题解八遍，由程序核对答案，"
        "从答对的里面留下最短的一个。",
        "two-models": "多模型",
        "two-models_is": "一强一弱两个模型来答（自己的模型就答两遍，第二遍更随机），再由"
        "评审模型打分。平分的会去掉，所以慢一些。",
        "evol-quality": "EvolQuality",
        "evol-quality_is": "一个模型作答，另一个把回答改好，再由评审模型给两个回答打分。",
        "topics": "领域（不选就是全部）",
        "about": "或者用自己的话说",
        "about_tip": "说说数据要讲什么；写了这里，就别选上面的领域",
        "about_hint": "例如：小朋友会问的关于月亮和雨的问题",
        "documents": "或者上传自己的文档",
        "documents_tip": "TXT、Markdown、HTML、PDF、DOCX、EPUB、CSV、JSONL：就里面的内容提问；"
        "这时不选领域，也不写描述",
        "documents_clear": "不用文档",
        "documents_read": "文档",
        "chunk": "每块最多多少词元（不填就按模型来）",
        "overlap": "相邻两块最多重叠多少词元（不填就是八分之一）",
        "rows": "行数",
        "rows_tip": "想要多少行，1 到 5,000",
        "model": "模型",
        "model_tip": "bundled 是课程自带的模型，不用联网。别的写法：transformers:名称或路径、"
        "openai:网址#模型、hf:模型",
        "seed": "随机种子",
        "seed_tip": "随机种子不变，得到的行也不变；换一个，就是另一批",
        "length": "回答长度上限",
        "length_tip": "按词元算。词元是模型读写的最小单位，100 个词元大约是 100 多个汉字",
        "sample": "先看五行样例",
        "sample_again": "再看五行样例",
        "start": "生成 {rows} 行",
        "start_unsure": "生成",
        "earlier": "以前的数据集",
        "earlier_one": "{name}，{rows} 行，审阅过 {decided} 行",
        "open": "接着做",
        "gone": "这个页面背后的服务没有回应了。请刷新页面；还是打不开，就重新启动服务，"
        "再打开新的网址。做好的行和审阅的结果都还在。",
        "no_sample": "还没有数据。先看五行样例，用自带的模型只要几秒钟。",
        "sampling": "正在生成样例……",
        "loading": "正在载入 distilabel，只载入一次，要几秒钟……",
        "sampled": "{n} 行样例，用时 {seconds:.1f} 秒。描述和随机种子不变，样例就不变；"
        "想看别的，改其中一样。",
        "sample_none": "{n} 行样例全部舍弃：{counts}。请改一改描述。",
        "forecast": "按样例推算，生成 {rows} 行大约要 {seconds}，用掉 {tokens:,} 个词元。",
        "narrow": "不过实际会多出好几倍：模型的世界里只有 {n} 段文字讲到这些，要这么多行，就会反复"
        "做出重复的再舍弃。可以多写几样事物，或者少要几行。",
        "nothing_made": "还没有生成。先描述想要的数据，看几行样例。",
        "go_describe": "回到“1 描述”",
        "cancel": "取消",
        "go_on": "接着做",
        "again": "再试一次",
        "cancelling": "做完手头这一批就停……",
        "cancelled": "已停下：共要 {wanted} 行，做好了 {rows} 行，都留着。可以去审阅，"
        "也可以接着做。",
        "running": "已有 {rows} 行，共要 {wanted} 行",
        "done": "做完了：{rows} 行。",
        "fewer": "做不出新的行了：要 {wanted} 行，只做出 {rows} 行。可以多选几个领域，换一种技术，"
        "或者换个大些的模型。",
        "none": "没有一行能用：{counts}。请改一改描述，或者换个模型。",
        "forecast_is": "预计：{seconds}，{tokens:,} 个词元。",
        "actual_is": "已用：{seconds}，{tokens:,} 个词元。",
        "stored": "其中一部分是上次做好的，这次没有花费。",
        "dropped": "中途舍弃：{counts}。",
        "go_review": "去审阅",
        "no_rows": "还没有可审阅的行。请先生成。",
        "search": "搜索",
        "search_hint": "要找的词",
        "filter": "显示",
        "all": "全部",
        "accepted": "已接受",
        "rejected_rows": "已拒绝",
        "undecided": "未决定",
        "list": "数据行",
        "list_tip": "用方向键选择一行",
        "found": "共 {all} 行，找到 {n} 行。接受 {accepted} 行，拒绝 {rejected} 行，改过"
        " {edited} 行。",
        "none_found": "没有符合条件的行。换个搜索词，或者显示全部。",
        "accept": "接受",
        "reject": "拒绝",
        "undo": "撤销",
        "accept_tip": "留下这一行，再看下一行",
        "reject_tip": "这一行不要了，再看下一行",
        "undo_tip": "撤销你的上一个操作，不管是在哪一行",
        "instruction_text": "指令",
        "response_text": "回答",
        "chosen_text": "被选回答",
        "rejected_text": "被拒回答",
        "response_a": "回答 A",
        "response_b": "回答 B",
        "a_better": "A 更好",
        "b_better": "B 更好",
        "cant_tell": "分不出高下",
        "vote_hint": "哪个更好？先投票，再看评审模型选了哪个。",
        "swap": "对调",
        "swap_tip": "对调被选回答和被拒回答：以你的判断为准。原来的分数不是照这个顺序打的，"
        "不再保留",
        "agree": "你和评审模型看法一致（{high} 分对 {low} 分）。",
        "differ": "评审模型选的是另一个（{high} 分对 {low} 分）。有把握的话，可以对调。",
        "no_verdict": "评审模型给被选回答 {high} 分，给另一个 {low} 分。",
        "votes": "你投的 {votes} 票中，有 {hits} 票和评审模型一致。",
        "swapped": "你对调过",
        "empty_text": "有一处没有填：请补上，或者拒绝这一行。",
        "measure_hint": "只检查你没有拒绝的行。",
        "measuring": "正在检查 {n} 行……",
        "passes": "这 {n} 行通过了质量关：没有违反任何规则。",
        "refuses": "这 {n} 行没有通过质量关，违反了：{rules}。下面列出的行，可以拒绝，也可以回"
        "“3 审阅”改好；或者写明理由再导出。",
        "rule": "规则",
        "found_rows": "行数",
        "allowed": "最多允许",
        "verdict": "结论",
        "ok": "通过",
        "broken": "违反",
        "examples": "查到的问题（前几行）",
        "reject_bad": "拒绝违反规则的 {n} 行",
        "gate_tip": "质量关：违反规则的数据，不写明理由就不能保存",
        "name": "文件夹名",
        "name_tip": "可用字母、数字、点、连字符和下划线",
        "bad_name": "文件夹名最多 100 个字符，只能用字母、数字、点、连字符和下划线，"
        "以字母或数字开头，不能以点结尾，也不能用 CON 这类 Windows 保留的名字。",
        "format": "文件格式",
        "format_tip": "JSONL 可以直接打开看；Parquet 更小；Arrow 是 datasets 自己的格式；"
        "其余是各训练框架"
        "要的格式，附上它要的文件",
        "despite": "为什么仍要保存",
        "despite_tip": "违反了规则：你写的理由会写进数据集卡片",
        "save": "保存 {n} 行",
        "saved": "已保存 {n} 行：",
        "files": "文件",
        "push_to": "Hub 仓库",
        "push_example": "用户名/数据集",
        "push_tip": "Hugging Face Hub 上的“用户名/数据集”，令牌取自 HF_TOKEN",
        "private": "私有：只有你能看到",
        "push": "推送到 Hub",
        "pushing": "正在推送……",
        "pushed": "已推送：",
        "push_hint": "这一步可以不做；只有它会把数据发到别处：推送的就是上面存好的这 {n} 行。",
        "all_rejected": "全部行都已拒绝：请到“3 审阅”接受几行。",
        "code_hint": "不用这个界面也能得到同样的行：下面是一条 distilabel 流水线，用的是课程里的"
        "模型和辅助函数，你可以随意改。随机种子不变，行就不变；你手工改的不算在内。",
        "command": "一条命令",
        "pipeline": "pipeline.py",
        "save_code": "保存 pipeline.py",
        "saved_code": "已保存：",
        "no_plan": "描述还不完整，请回到“1 描述”。",
        "failed": "出错了",
        "busy": "还有事情没做完。请等一等，或者到“2 生成”里取消。",
        "second": "{n:.0f} 秒",
        "minutes": "{n:.0f} 分钟",
        # between sentences, and between names in a list
        "gap": "",
        "comma": "、",
        "example": "{rule}：第 {row} 行，{reason}",
    },
}
for _lang in WORDS:
    WORDS[_lang] |= MORE[_lang] | REVIEW[_lang]
# What needs a word of explanation wherever it is said; shown when the pointer rests on it.
TERMS = {
    "tokens": "Pieces of words, the units in which models read, write and are paid",
    "gate": "The rules of quality: what breaks one is not saved without a reason in writing",
    "judge": "A model that rates the responses of others",
    "access token": "A kind of password for programs, from your account on the Hub",
    "词元": "模型读写的最小单位，计费也按它算",
    "质量关": "一组质量规则，违反了就要写明理由才能保存",
    "评审模型": "给别的模型的回答打分的模型",
    "令牌": "给程序用的密码，在 Hub 的账户里领取",
}
# Errors of generation and of files are written in English. Where the page speaks another language,
# a sentence by kind of error comes first: what failed, and what to do.
FAILURES: dict[str, dict[str, str]] = {
    "zh": {
        "LLMUnavailable": "这个模型现在用不了。请检查“模型”一栏的写法、模型名、网络和密钥，或者改用"
        "自带的 bundled。",
        "StepFailed": "流水线有一步出错，停了下来。做完的行都留着，可以再试一次；还是不行，就换个"
        "模型，或者改一改描述。",
        "RunBusy": "另一个程序正在做同一份数据。请等它做完，或者先让它停下。",
        "RunChanged": "上次存下的半成品读不了，或者和这次对不上。换个随机种子，就能另做一份。",
        "PushFailed": "没有推送成功。请检查令牌、仓库名和网络；数据仍在这台电脑上，没有丢。",
        "FileExistsError": "这个文件夹已经有了。请换个文件夹名。",
        "OSError": "读写文件时出错。请检查磁盘空间和文件夹的权限。",
        "ValueError": "有一处不合要求，没有做成。下面的原始信息说明是哪里。",
        "model": "“模型”一栏填得不对。可以填 bundled，也可以照下面列出的写法填别的模型。",
        "repository": "没有推送：仓库名要写成“用户名/数据集”，文件要存成 jsonl 或 parquet。",
        "Exception": "出现了意料之外的错误。可以再试一次；还是不行，就换个模型。",
    },
}
# What to do about a file, where the system says in English what failed.
ROOM = "Check the space on the disk and the permissions of the folder."
ORIGINAL = "原始信息："  # before the error itself
LANGUAGES = {"en": "English", "zh": "中文"}
MODELS = (
    "bundled",
    "transformers:Qwen/Qwen2.5-0.5B-Instruct",
    "openai:http://localhost:11434/v1#qwen2.5:0.5b",
    "hf:Qwen/Qwen2.5-7B-Instruct",
)


def duration(seconds: float, words: dict[str, str]) -> str:
    """Seconds in words: "12 s", "3 min"."""
    if seconds < 100:
        return words["second"].format(n=max(1, seconds))
    return words["minutes"].format(n=seconds / 60)


def describe_error(error: Exception, lang: str, about: str = "ValueError") -> str:
    """An error for the page: what failed and what to do, in its language; then the error itself.

    Of a step that failed for want of a model, it is the model that is named. `about` is the key in
    FAILURES for a ValueError: "model" or "repository", where it is clear what it is about.
    """
    causes = [error.__cause__, error] if type(error).__name__ == "StepFailed" else [error]
    said = error_said(error, lang) or type(error).__name__
    known = FAILURES.get(lang)
    if isinstance(error, OSError) and error.errno and error.strerror:  # without its number
        said = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
        if not known and error.strerror == os.strerror(error.errno):
            return f"{said}. {ROOM}"
    if not known:
        return said
    for cause in causes:  # one that speaks this language tells all that there is to say
        own = type(cause).__name__ in known  # what to do is said for this page
        if cause and not own and error_said(cause, lang) != str(cause):
            return error_said(cause, lang)
    names = [kind.__name__ for cause in causes for kind in type(cause).__mro__]
    name = "LLMUnavailable" if "LLMUnavailable" in names else ""
    name = name or next(kind.__name__ for kind in type(error).__mro__ if kind.__name__ in known)
    name = about if name == "ValueError" else name
    return f"{known[name]}\n{ORIGINAL}{said}"
