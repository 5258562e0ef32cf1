"""What the studio says of a training file, models, prompts and files, in both languages."""

MORE: dict[str, dict[str, str]] = {
    "en": {
        # a training file
        "own_file": "A training file: check it, mend it, make more of it",
        "own_upload": "Upload a training file",
        "own_tip": "JSON, JSONL, CSV, TSV, Parquet or Arrow, in any usual form (messages, ShareGPT,"
        " Alpaca, pairs). Uploads: up to 100 MB on the page that smolsynth studio opens, 10 MB in"
        " JupyterLab; for larger files give the path.",
        "own_place": "Or a path on this computer, or a name on the Hub",
        "own_place_example": "data/train.jsonl, or you/dataset",
        "encoding": "Encoding",
        "split": "Split",
        "split_tip": "of several, as train",
        "own_read": "Read",
        "own_reading": "Reading …",
        "own_many": "The file has {n:,} rows; the page takes up {most:,}. For more there are"
        " `python -m smolsynth check` and `convert`.",
        "own_verdicts": "Rows with one verdict each are checked here, and converted by"
        " `python -m smolsynth convert`.",
        "in_encoding": "{} in the field “Encoding”",  # said of an argument of `read_rows`
        "in_split": "the field “Split”",
        "recognised": "What it was taken for",
        "figures": "Figures",
        "own_broken": "{n} rows. Rules that are broken: {rules}.",
        "mask": "put [email] and the like in the place of personal data and keys",
        "own_review": "Review all {n} rows",
        "own_clean": "Review the {n} rows without faults, leave out {bad}",
        "extend": "Make more rows like these",
        "extend_tip": "More rows: the model above asks about what the good rows say and answers;"
        " old and new rows are then reviewed and exported together.",
        "own_notes": "{n} rows come from the file {name}, {made} were made.",
        # documents
        "documents_place": "Or the path of a file or folder",
        # models
        "models": "Models at hand, key, temperature, judge, a try",
        "at_hand": "Models at hand",
        "choose_model": "choose one",
        "find_models": "Look again",
        "finding": "Looking for models on this machine …",
        "models_found": "{n} models on this machine.",
        "name_model": "Write the model's name at the end of the field Model.",
        "key": "Key for this model's server",
        "key_tip": "Kept in memory until the page's server ends, for this host alone; it goes into"
        " no file, code or card. An empty field takes it back.",
        "use_key": "Use this key",
        "key_kept": "The key is kept in memory, for {host} alone.",
        "key_gone": "There is no typed key for {host} any more.",
        "no_key_needed": "A key is for a model on a server: choose one first, as"
        " openai:https://…#MODEL or hf:MODEL.",
        "judge": "Judge of pairs",
        "judge_tip": "the same model",
        "temperature": "Temperature of responses",
        "temperature_tip": "At temperature 0 the most probable token is taken each time; the"
        " higher, the more varied, and the more often wrong. The judge is always at 0.",
        "thinking": "Thoughts of models",
        "thinking_drop": "leave them out",
        "thinking_off": "ask the model not to think",
        "thinking_keep": "keep them in a column",
        "try_with": "Question for a try",
        "try_question": "What is a kettle used for?",
        "try": "Try this model",
        "trying": "Asking …",
        "tried": "Answered in {seconds:.1f} s.",
        "tried_empty": "No answer in {seconds:.1f} s: nothing but thoughts, or nothing at all."
        " Leave thoughts off, or choose another model.",
        "answer": "Answer",
        # files
        "validation": "Held out, %",
        "validation_tip": "Rows held out go into a file of their own, to validate with; all rows"
        " that come from one seed document are on the same side.",
        "with_report": "with a report as a page (report.html)",
        "push_token": "Token for the Hub",
        "push_token_tip": "if HF_TOKEN isn't set",
        # prompts
        "prompts": "Prompts: read and change what the models are sent",
        "prompt_step": "Prompt of",
        "prompt_text": "Text",
        "prompt_default": "Back to the default",
        "prompts_tip": "Names in braces, as {topic}, and <PROMPT> stand for what differs from row"
        " to row;"
        " [user] and [system] begin what each says. A changed prompt makes another dataset, and"
        " goes into pipeline.py and the card.",
        "prompt_own": "Changed by you.",
        "prompt_usual": "The default.",
    },
    "zh": {
        "own_file": "自己的训练数据：检查、改好、再扩充",
        "own_upload": "上传训练数据",
        "own_tip": "JSON、JSONL、CSV、TSV、Parquet、Arrow 都行，格式不限（messages、ShareGPT、"
        "Alpaca、偏好对……）。上传有大小限制：smolsynth studio 打开的网页里 100 MB，JupyterLab 里"
        " 10 MB；再大就填路径。",
        "own_place": "或者填本机路径、Hub 上的名称",
        "own_place_example": "data/train.jsonl 或 用户名/数据集",
        "encoding": "编码",
        "split": "子集",
        "split_tip": "有好几个时填，如 train",
        "own_read": "读取",
        "own_reading": "正在读取……",
        "own_many": "这个文件有 {n:,} 行，网页最多收 {most:,} 行。更大的请用命令"
        " python -m smolsynth check 和 convert。",
        "own_verdicts": "每行只有一个评判的数据，这里可以检查；转换请用命令"
        " python -m smolsynth convert。",
        "in_encoding": "{}（填在“编码”一栏）",
        "in_split": "填在“子集”一栏",
        "recognised": "识别结果",
        "figures": "统计",
        "own_broken": "共 {n} 行，违反了：{rules}。",
        "mask": "把个人信息和密钥换成[邮箱]之类的标记",
        "own_review": "审阅全部 {n} 行",
        "own_clean": "只审阅没毛病的 {n} 行，略去 {bad} 行",
        "extend": "照着再做一些",
        "extend_tip": "扩充：上面选的模型读没毛病的行，就里面讲到的内容再提问、作答；"
        "新旧两部分一起审阅、"
        "一起导出。",
        "own_notes": "{n} 行来自文件 {name}，{made} 行是生成的。",
        "documents_place": "或者填文件、文件夹的路径",
        "models": "现成的模型、密钥、温度、评审模型、试一试",
        "at_hand": "现成的模型",
        "choose_model": "请选择",
        "find_models": "再找一遍",
        "finding": "正在这台电脑上找模型……",
        "models_found": "这台电脑上有 {n} 个模型。",
        "name_model": "请在“模型”一栏末尾写上模型名。",
        "key": "这个模型的密钥",
        "key_tip": "只放在内存里，服务一停就没了，也只发给这一个网址；不会写进任何文件、代码和"
        "卡片。留空就是撤回。",
        "use_key": "用这个密钥",
        "key_kept": "密钥已放进内存，只会发给 {host}。",
        "key_gone": "{host} 的密钥已撤回。",
        "no_key_needed": "服务器上的模型才要密钥：请先填模型，写成 openai:https://…#模型"
        " 或 hf:模型。",
        "judge": "给偏好对打分的评审模型",
        "judge_tip": "同一个模型",
        "temperature": "回答的温度",
        "temperature_tip": "温度为 0 时，每次都取最可能的词元；越高越多样，也越容易出错。评审模型"
        "总是 0。",
        "thinking": "模型的思考过程",
        "thinking_drop": "不要",
        "thinking_off": "让模型别思考",
        "thinking_keep": "留在单独一列",
        "try_with": "试用的问题",
        "try_question": "烧水壶有什么用？",
        "try": "试试这个模型",
        "trying": "正在提问……",
        "tried": "{seconds:.1f} 秒答完。",
        "tried_empty": "等了 {seconds:.1f} 秒，没有回答：只有思考过程，或者什么也没写。可以让它别"
        "思考，或者换个模型。",
        "answer": "回答",
        "validation": "留作验证（%）",
        "validation_tip": "留出来的行另放一个文件，用来验证；出自同一份种子文档的行，总在同一边。",
        "with_report": "附一份网页报告（report.html）",
        "push_token": "Hub 令牌",
        "push_token_tip": "没有设置 HF_TOKEN 时填",
        "prompts": "提示词：看看发给模型的是什么，也可以改",
        "prompt_step": "哪一步的提示词",
        "prompt_text": "内容",
        "prompt_default": "恢复默认",
        "prompts_tip": "花括号里的名字（如 {topic}）和 <PROMPT> 是占位，每一行填入不同的内容；"
        "[user]、[system] 标明是谁说的。改了提示词，就是另一份数据；改动会写进"
        " pipeline.py 和卡片。",
        "prompt_own": "你改过。",
        "prompt_usual": "这是默认的。",
    },
}
