"""What quality says in two languages."""

WORDS = {
    "en": {
        "instruction": "{rows} rows of instruction data",
        "preference": "{rows} rows of preference data",
        "head": ("fault", "rows", "allowed"),
        "row": "row {row}: {reason}",
        "and": "; ",
        "like": "like row {of} ({similarity:.2f})",
        "in_part": "the question or the answer of row {of} again",
        "seed": "like seed {of}",
        "question": "{share:.0%} of question {of}: {words}",
        "empty": "an empty text",
        "rated": "{high} and {low}",
        "no_request": {
            "blank": "no words: {text}",
            "label": "a label: {text}",
            "statement": "a statement: {text}",
            "fragment": "a fragment: {text}",
            "itself": "a thing compared with itself: {text}",
        },
        "complaint": "{rule}: {count} of {rows} rows ({what}; {allowed} are allowed). {shown}."
        " To mend it, {mend}",
        "tokens": "{unit} in the {name}, median {median} (5 in 100 below {p5}, 5 above {p95})",
        "units": {"en": "words", "zh": "characters"},  # by the language of the data
        "names": {
            "instruction": "instruction",
            "response": "response",
            "chosen": "chosen response",
            "rejected": "rejected response",
        },
        "longer": "chosen response longer in {chosen_longer:.0%} of the pairs of unequal length,"
        " 95% interval {chosen_longer_low:.0%} to {chosen_longer_high:.0%}",
        "margin": "ratings {margin:.2f} apart in the mean",
        "nearest": "ROUGE-L with the most similar instruction {nearest_rouge_l:.2f} in the mean",
        "kinds": "Asked for most often",
        "of": "of {n} instructions",
    },
    "zh": {
        "instruction": "指令数据，共 {rows} 行",
        "preference": "偏好数据，共 {rows} 行",
        "head": ("毛病", "行数", "上限"),
        "row": "第 {row} 行：{reason}",
        "and": "；",
        "like": "与第 {of} 行相似（{similarity:.2f}）",
        "in_part": "与第 {of} 行同问或同答",
        "seed": "与第 {of} 条种子数据相似",
        "question": "与评测集第 {of} 题重合 {share:.0%}：{words}",
        "empty": "空文本",
        "rated": "{high} 和 {low}",
        "no_request": {
            "blank": "没有文字：{text}",
            "label": "只是标签：{text}",
            "statement": "只是陈述：{text}",
            "fragment": "只是片段：{text}",
            "itself": "拿自己跟自己比：{text}",
        },
        "complaint": "{rule}：{rows} 行中有 {count} 行{what}，上限是 {allowed}。{shown}。"
        "解决办法：{mend}",
        "tokens": "{name}{unit}：中位数 {median}（5% 低于 {p5}，5% 高于 {p95}）",
        "units": {"en": "词数", "zh": "字数"},
        "names": {
            "instruction": "指令",
            "response": "回答",
            "chosen": "被选回答",
            "rejected": "被拒回答",
        },
        "longer": "被选回答较长的占 {chosen_longer:.0%}，95% 区间 {chosen_longer_low:.0%} 到"
        " {chosen_longer_high:.0%}（一样长的不算）",
        "margin": "两个分数平均相差 {margin:.2f}",
        "nearest": "与最相似指令的 ROUGE-L 平均为 {nearest_rouge_l:.2f}",
        "kinds": "最常见的要求",
        "of": "共 {n} 条指令",
    },
}
