"""All sentences of the checks in `smolsynth.exercises`, in both languages."""

# By code or `code/variant`: what is wrong, and on the next line what to do.
MESSAGES = {
    "stale": {
        "en": "The last run of the exercise cell ended in an error: {error}\n"
        "What is checked here would be the answer of an earlier run. Mend the cell and run it.",
        "zh": "练习单元格上一次运行报了错：{error}\n"
        "现在能检查的只是更早那次运行的结果。请先改好那个单元格，再运行一遍。",
    },
    "not_a_dataset/configs": {
        "en": "This Distiset holds several datasets: {names}.\n"
        'Pick the one you mean: `{answer} = distiset["…"]["train"]`.',
        "zh": "这个 Distiset 里有好几个数据集：{names}。\n"
        '请从中选一个：`{answer} = distiset["…"]["train"]`。',
    },
    "not_a_dataset/pipeline": {
        "en": "This is a pipeline, not yet the data that it makes.\n"
        "Run it and hand over the rows: "
        '`{answer} = pipeline.run(dataset=[…])["default"]["train"]`.',
        "zh": "这是一条流水线，还不是它产出的数据。\n"
        "请先运行它，再提交数据行："
        '`{answer} = pipeline.run(dataset=[…])["default"]["train"]`。',
    },
    "not_a_dataset/step": {
        "en": "This is a single step, not the data that it makes.\n"
        "Put it into a pipeline, run that, and hand over what comes out.",
        "zh": "这只是一个步骤，还不是它产出的数据。\n请把它放进流水线，运行之后提交得到的数据集。",
    },
    "not_a_dataset/splits": {
        "en": "This is a DatasetDict: a box around datasets.\n"
        'Hand over the dataset in it: `{answer} = {answer}["train"]`.',
        "zh": "这是一个 DatasetDict，数据集还装在里面。\n"
        '请取出其中的数据集：`{answer} = {answer}["train"]`。',
    },
    "not_a_dataset/columns": {
        "en": "This is a dictionary, not a dataset.\n"
        "If it maps columns to lists, `from datasets import Dataset` and then "
        "`{answer} = Dataset.from_dict({answer})` makes a dataset of it.",
        "zh": "这是一个字典，不是数据集。\n"
        "如果其中每一列对应一个列表，先 `from datasets import Dataset`，再 "
        "`{answer} = Dataset.from_dict({answer})`，就能变成数据集。",
    },
    "not_a_dataset/text": {
        "en": "This is a text, not a dataset.\n"
        'Hand over the rows themselves: `{answer} = distiset["default"]["train"]`.',
        "zh": "这是一段文本，不是数据集。\n"
        '请提交数据行本身：`{answer} = distiset["default"]["train"]`。',
    },
    "not_a_dataset/rows": {
        "en": "This is a list, but not every item of it is a row.\n"
        "A row is a dict, with a text for each column that the task names.",
        "zh": "这是一个列表，但其中有些元素不是数据行。\n"
        "一行数据应是一个字典，任务里列出的每一列都各有一段文本。",
    },
    "not_a_dataset/class": {
        "en": "This is a class, not a dataset.\n"
        "Make a pipeline of it, run that, and hand over what comes out.",
        "zh": "这是一个类，不是数据集。\n请用它搭成流水线，运行之后提交得到的数据集。",
    },
    "not_a_dataset/other": {
        "en": "This is something of the type `{kind}`, not a dataset.\n"
        "Hand over a Dataset, a list of dicts or a DataFrame of pandas: "
        '`{answer} = distiset["default"]["train"]`.',
        "zh": "这是一个 `{kind}`，不是数据集。\n"
        "请提交 Dataset、字典列表或 pandas 的 DataFrame："
        '`{answer} = distiset["default"]["train"]`。',
    },
    "empty_dataset": {
        "en": "The dataset has no rows.\n"
        "Preview what each step gives: one that fails, or a filter that is too strict, loses all.",
        "zh": "数据集里一行也没有。\n"
        "请逐步预览每一步的输出：某一步出错，或者过滤得太严，都会让数据全部丢失。",
    },
    "missing_column": {
        "en": "The column `{column}` is missing; the dataset has {names}.\n"
        "Every row needs it: look at which step should write or keep it.",
        "zh": "缺少 `{column}` 列，数据集里现有：{names}。\n"
        "每一行都需要它，请看看它该由哪一步写出或保留。",
    },
    "missing_column/rename": {
        "en": "The column `{column}` is missing, but there is `{near}`.\n"
        'If that is it, rename it: `output_mappings={{"{near}": "{column}"}}` in the step that '
        "writes it, or {rename}.",
        "zh": "缺少 `{column}` 列，不过有一列叫 `{near}`。\n"
        '如果就是它，请改名：在写出它的步骤里写 `output_mappings={{"{near}": "{column}"}}`，'
        "或者用 {rename}。",
    },
    "missing_column/turns": {
        "en": "The column `{column}` is missing, but `{near}` holds the turns of conversations.\n"
        'The check wants the text of the last turn: `row["{near}"][-1]["content"]`.',
        "zh": "缺少 `{column}` 列，不过 `{near}` 列里是一轮轮的对话。\n"
        '这里要的是最后一轮的文本：`row["{near}"][-1]["content"]`。',
    },
    "missing_column/expand": {
        "en": "The column `{column}` is missing, but `{near}` holds lists.\n"
        '`ExpandColumns(columns={{"{near}": "{column}"}})` makes one row of each item.',
        "zh": "缺少 `{column}` 列，不过 `{near}` 列里装着列表。\n"
        '用 `ExpandColumns(columns={{"{near}": "{column}"}})` 就能把列表展开，一项一行。',
    },
    "missing_column/input": {
        "en": "The column `{column}` is missing, but there is `{near}`.\n"
        "Call it `{column}` from the start, and let the step read that: "
        '`input_mappings={{"{near}": "{column}"}}`.',
        "zh": "缺少 `{column}` 列，不过有一列叫 `{near}`。\n"
        '请从一开始就叫它 `{column}`，再让步骤去读这一列：`input_mappings={{"{near}": '
        '"{column}"}}`。',
    },
    "missing_column/messages": {
        "en": "The column `{column}` is missing; `{near}` holds whole conversations.\n"
        "Hand over the rows as they were before they became conversations: one `{column}` each.",
        "zh": "缺少 `{column}` 列，`{near}` 列里装的是整段对话。\n"
        "请提交转成对话之前的数据，每行各有一个 `{column}`。",
    },
    "list_cell": {
        "en": "In {bad} of {n} rows, `{column}` holds a list instead of a text.\n"
        'Put `ExpandColumns(columns=["{column}"])` after the step that writes the lists.',
        "zh": "{n} 行中有 {bad} 行的 `{column}` 是列表，不是文本。\n"
        '请在写出列表的步骤之后接上 `ExpandColumns(columns=["{column}"])`，把它展开成一项一行。',
    },
    "list_cell/turns": {
        "en": "In {bad} of {n} rows, `{column}` holds the turns of a conversation instead of a "
        "text.\n"
        'The check wants the text of the last turn: `row["{column}"][-1]["content"]`.',
        "zh": "{n} 行中有 {bad} 行的 `{column}` 是一轮轮的对话，不是文本。\n"
        '这里要的是最后一轮的文本：`row["{column}"][-1]["content"]`。',
    },
    "not_text": {
        "en": "In {bad} of {n} rows, `{column}` holds something other than a text.\n"
        "Look at which step writes this column, and whether two columns were mixed up.",
        "zh": "{n} 行中有 {bad} 行的 `{column}` 不是文本。\n"
        "请看看这一列由哪一步写出，是不是和别的列弄混了。",
    },
    "empty_cell/nothing": {
        "en": "In {bad} of {n} rows, `{column}` says nothing.\n"
        "Drop these rows; if there are many, look at the step that answers.",
        "zh": "{n} 行中有 {bad} 行的 `{column}` 什么也没说。\n"
        "请去掉这些行；如果数量很多，请检查作答的那一步。",
    },
    "empty_cell": {
        "en": "In {bad} of {n} rows, `{column}` is empty.\n"
        "Drop these rows, {drop}. If there are many, a step has failed: preview "
        "it on two rows.",
        "zh": "{n} 行中有 {bad} 行的 `{column}` 是空的。\n"
        "请用 {drop} 去掉这些行。如果数量很多，说明某一步出了错，"
        "先拿两行数据预览一下。",
    },
    "few_rows": {
        "en": "Too few rows: {n}. The task asks for {need} or more.\n"
        "Let the model write more instructions for each {source}.",
        "zh": "数据集只有 {n} 行，任务要求至少 {need} 行。\n请让模型就每{source}多写几条指令。",
    },
    "few_rows/lion": {
        "en": "Too few rows: {n}. The task asks for {need} or more.\n"
        "Start with more instructions: eliminating failed evolutions always costs rows.",
        "zh": "数据集只有 {n} 行，任务要求至少 {need} 行。\n"
        "请从更多的指令开始：淘汰失败的进化结果，总会损失一些行。",
    },
    "few_rows/pairs": {
        "en": "Too few pairs: {n}. The task asks for {need} or more.\n"
        "Ties and failures always cost pairs: start from more instructions, or sample more "
        "responses to each.",
        "zh": "偏好对只有 {n} 个，任务要求至少 {need} 个。\n"
        "平分的、读不出分数的，总要去掉一些：请从更多的指令开始，或者每条指令多采样几个回答。",
    },
    "few_instructions": {
        "en": "The pairs belong to too few instructions: {count}. The task asks for {need} "
        "different ones or more.\n"
        "What is learned from one question holds for that question: take more of INSTRUCTIONS.",
        "zh": "这些偏好对只涉及 {count} 条指令，任务要求至少 {need} 条不同的指令。\n"
        "从几个问题里学来的，换个问题未必管用：请多用 INSTRUCTIONS 里的指令。",
    },
    "not_a_rating": {
        "en": "In {bad} of {n} rows, `{column}` is not a number.\n"
        "A judge whose output cannot be parsed gives no number: drop these rows before you pair.",
        "zh": "{n} 行中有 {bad} 行的 `{column}` 不是数字。\n"
        "评审模型的回复读不出分数，就没有数字：请在配对之前去掉这些行。",
    },
    "not_a_rating/text": {
        "en": "In {bad} of {n} rows, `{column}` is a number written as a text.\n"
        'Make a number of it: `float(row["{column}"])`.',
        "zh": "{n} 行中有 {bad} 行的 `{column}` 是写成文本的数字。\n"
        '请把它变成数字：`float(row["{column}"])`。',
    },
    "tie": {
        "en": "In {bad} of {n} pairs, both responses have the same rating.\n"
        "A tie says nothing about which is better: drop it.",
        "zh": "{n} 个偏好对中有 {bad} 对的两个回答分数相同。\n平分说明不了哪个更好，请去掉。",
    },
    "wrong_order": {
        "en": "In {bad} of {n} pairs, the chosen response has the *lower* rating.\n"
        "See where chosen and rejected are picked: `max` for one, `min` for the other.",
        "zh": "{n} 个偏好对中有 {bad} 对的被选回答分数反而更低。\n"
        "请检查挑选的地方：一个该用 `max`，另一个该用 `min`。",
    },
    "exchanged": {
        "en": "In {bad} of {n} pairs, the rejected response says more that is true than the chosen "
        "one.\nThe ratings are in order, so the texts must be exchanged: `chosen` is the response "
        "that has the higher rating. If it is, then the judge is no better than a coin.",
        "zh": "{n} 个偏好对中有 {bad} 对，被拒回答反而比被选回答说得更对。\n"
        "分数的先后没错，看来是两段文本放反了：`chosen` 要放分数高的那个回答。"
        "要是没放反，那就是评审模型和抛硬币差不多。",
    },
    "small_margin": {
        "en": "In {bad} of {n} pairs, the ratings differ by less than {need}.\n"
        "The task asks for a margin of {need} or more: drop the closer ones.",
        "zh": "{n} 个偏好对中有 {bad} 对相差不到 {need} 分。\n"
        "任务要求至少相差 {need} 分，请去掉差距更小的。",
    },
    "same_pair": {
        "en": "In {bad} of {n} pairs, chosen and rejected are the same text.\n"
        "There is nothing to prefer in them: drop them.",
        "zh": "{n} 个偏好对中有 {bad} 对的被选和被拒回答是同一段文本。\n"
        "没有差别就没有偏好，请去掉。",
    },
    "leaked_rubric": {
        "en": "In {bad} of {n} rows, `{column}` holds words of a prompt, such as “rewritten "
        "response” or “Rating:”.\nDrop these rows, or a model will learn to write them.",
        "zh": "{n} 行中有 {bad} 行的 `{column}` 漏进了提示词里的字眼，如“改写后的回答”“Rating:”。\n"
        "请去掉这些行，否则模型会学着写出这些字眼。",
    },
    "rejected_by_form": {
        "en": "In {bad} of {n} rows, `{column}` {form}.\n"
        "A few of these are fine. Where most are, a model learns to tell them by their form "
        "alone: take responses that somebody could take for good.",
        "zh": "{n} 行中有 {bad} 行的 `{column}` {form}。\n"
        "有几行没关系，多数都这样，模型就只学会看形式：请用乍看也像那么回事的回答。",
    },
    "unknown_instruction": {
        "en": "In {bad} of {n} rows, `instruction` is not one of the given instructions.\n"
        "Each row keeps the instruction that its responses answer: use INSTRUCTIONS, and don't "
        "shuffle one column alone.",
        "zh": "{n} 行中有 {bad} 行的 `instruction` 不在给定的指令里。\n"
        "每一行都要保留回答所对应的指令：请使用 INSTRUCTIONS，也不要单独打乱某一列。",
    },
    "foreign_response": {
        "en": "In {bad} of {n} rows, `{column}` is neither of {sources} of that row.\n"
        "Pairs are made of the texts of one row; keep those columns as the judge saw them.",
        "zh": "{n} 行中有 {bad} 行的 `{column}` 不是本行 {sources} 里的任何一个。\n"
        "偏好对要由同一行的文本组成，评审模型看到什么，这些列里就保留什么。",
    },
    "not_rewritten": {
        "en": "In {bad} of {n} pairs, the chosen response is the old one, not the rewriting.\n"
        "The task says: where the judge does not prefer the rewriting, the pair is dropped.",
        "zh": "{n} 个偏好对中有 {bad} 对，被选的是原来的回答，不是改写稿。\n"
        "任务里写着：评审模型不认为改写稿更好的，这一对不要。",
    },
    "response_unchanged": {
        "en": "In {bad} of {n} rows, `{column}` is the same as `response`.\n"
        "A few are fine, this many are not: does the step really read `response`?",
        "zh": "{n} 行中有 {bad} 行的 `{column}` 和 `response` 一样。\n"
        "个别几行没关系，这么多就不行了：请检查那一步是不是真的读到了 `response`。",
    },
    "longer_only": {
        "en": "In {bad} of {n} rows, `{column}` is longer than `response`, but has no new word.\n"
        "Such pairs teach length: drop them.",
        "zh": "{n} 行中有 {bad} 行的 `{column}` 比 `response` 长，却没有一个新词。\n"
        "这样的偏好对只会教模型写长，请去掉。",
    },
    "critique_in_answer": {
        "en": "In {bad} of {n} rows, `{column}` holds the critique itself.\n"
        "Ask for the better answer alone, and drop rows in which the critique came along.",
        "zh": "{n} 行中有 {bad} 行的 `{column}` 里夹着点评本身。\n"
        "请让模型只写更好的回答，并去掉夹带点评的行。",
    },
    "no_critique": {
        "en": "In {bad} of {n} rows, `{column}` is another text of the same row.\n"
        "A critique names what is wrong with the response: look at which columns the step reads "
        "and writes.",
        "zh": "{n} 行中有 {bad} 行的 `{column}` 就是本行的另一段文本。\n"
        "点评要说出回答错在哪里：请看看那一步读的、写的是哪几列。",
    },
    "no_critique/same": {
        "en": "In {bad} of {n} rows, `{column}` is one and the same text.\n"
        "A critique names what is wrong with this response: does the step really read it?",
        "zh": "{n} 行中有 {bad} 行的 `{column}` 一模一样。\n"
        "点评要针对每一个回答：请检查那一步是不是真的读到了回答。",
    },
    "wrong_language": {
        "en": "In {bad} of {n} rows, `{column}` is not written in English.\n"
        "A model follows the language of its prompt: check LANG and the texts that you feed in. "
        "Gibberish counts here too; then try another model.",
        "zh": "{n} 行中有 {bad} 行的 `{column}` 不是中文。\n"
        "模型会跟着提示词的语言走，请检查 LANG 和输入的文本。"
        "乱码也算在内，遇到乱码请换一个模型。",
    },
    "unknown_document": {
        "en": "In {bad} of {n} rows, `document` is not one of the seed documents.\n"
        "Keep with each instruction the document it was made from: "
        '`input_mappings={{"input": "document"}}` leaves that column as it is.',
        "zh": "{n} 行中有 {bad} 行的 `document` 不是给定的种子文档。\n"
        "每条指令都要和它的来源文档放在一行："
        '用 `input_mappings={{"input": "document"}}` 可以原样保留这一列。',
    },
    "copied_seed": {
        "en": "In {bad} of {n} rows, `{column}` is copied from a seed document.\n"
        "A seed is there to inspire: drop these rows, or ask the model for a text of its own.",
        "zh": "{n} 行中有 {bad} 行的 `{column}` 是从种子文档里照抄的。\n"
        "种子只用来启发，请去掉这些行，或者让模型用自己的话来写。",
    },
    "unused_seeds": {
        "en": "Seed documents that no row uses: {count} of {need}.\n"
        "Feed in all of them. If you did, a filter took all rows of these: make more rows for "
        "each.",
        "zh": "{need} 篇种子文档中，有 {count} 篇没有出现在任何一行里。\n"
        "请把它们全部输入。如果已经这样做了，那就是过滤把它们的行全去掉了，请让每篇多生成几行。",
    },
    "unused_seeds/few": {
        "en": "Seed documents that the rows come from: {count}. The task asks for {need} or "
        "more.\n"
        "Feed in all of them, and look at which step loses their rows.",
        "zh": "这些行只出自 {count} 篇种子文档，任务要求至少 {need} 篇。\n"
        "请把种子文档全部输入，再看看它们的行是在哪一步丢的。",
    },
    "apart": {
        "en": "In {bad} of {n} rows, `{column}` is about something else than `{other}`.\n"
        "The texts of a row belong together: sort, shuffle and filter whole rows, never one "
        "column alone.",
        "zh": "{n} 行中有 {bad} 行，`{column}` 和 `{other}` 说的不是一回事。\n"
        "同一行的文本要配在一起：排序、打乱、过滤都要整行来做，不能单独动某一列。",
    },
    "faulty": {
        "en": "In {bad} of {n} rows, `measure` finds a fault; most often: {fault}.\n"
        "The task allows it in a fifth of the rows. Those without a fault are "
        "`measure({answer}, LANG).good_rows()`.",
        "zh": "{n} 行中有 {bad} 行，`measure` 查得出毛病，最多的是：{fault}。\n"
        "任务允许两成的行有毛病。没有毛病的行号由 `measure({answer}, LANG).good_rows()` 给出。",
    },
    "leaked_prompt": {
        "en": "In {bad} of {n} rows, `{column}` repeats words of the evolving prompt, such as "
        "“given prompt”.\n"
        "Drop these rows: one of the four eliminations of Evol-Instruct.",
        "zh": "{n} 行中有 {bad} 行的 `{column}` 漏进了进化提示词里的字眼，如“given prompt”"
        "“改写后的提示词”。\n"
        "请去掉这些行：这是 Evol-Instruct 的四条淘汰规则之一。",
    },
    "only_stop_words": {
        "en": "In {bad} of {n} rows, `{column}` has nothing but punctuation and stop words.\n"
        "Drop these rows: one of the four eliminations of Evol-Instruct.",
        "zh": "{n} 行中有 {bad} 行的 `{column}` 只有标点和停用词。\n"
        "请去掉这些行：这是 Evol-Instruct 的四条淘汰规则之一。",
    },
    "evolved_unchanged": {
        "en": "In {bad} of {n} rows, `{column}` is the same as `instruction`.\n"
        "Nothing was gained there: drop these rows, the first elimination of Evol-Instruct.",
        "zh": "{n} 行中有 {bad} 行的 `{column}` 和 `instruction` 一样。\n"
        "这等于没有进化，请去掉这些行：这是 Evol-Instruct 的第一条淘汰规则。",
    },
    "no_information_gain": {
        "en": "In {bad} of {n} rows, `{column}` says nothing that `instruction` does not say, "
        "or only what is added to most of the rows alike.\n"
        "Drop rows without information gain: the first elimination of Evol-Instruct.",
        "zh": "{n} 行中有 {bad} 行的 `{column}` 没有比 `instruction` 多说出什么，"
        "或者只加了多数行里都有的那几个字。\n"
        "没多出什么的行，请去掉：这是 Evol-Instruct 的第一条淘汰规则。",
    },
    "evolved_too_close": {
        "en": "In {bad} of {n} rows, `{column}` is nearly the same as `instruction`.\n"
        "A few are fine, this many are not: evolve twice (`num_evolutions=2`) or drop the closest.",
        "zh": "{n} 行中有 {bad} 行的 `{column}` 和 `instruction` 几乎一样。\n"
        "个别几行没关系，这么多就不行了：可以进化两轮（`num_evolutions=2`），或者去掉最接近的那些。",
    },
    "refusal": {
        "en": "In {bad} of {n} rows, the response says “sorry” in fewer than {words} words.\n"
        "Such an instruction is too hard for the model: drop these rows, one of the four "
        "eliminations.",
        "zh": "{n} 行中有 {bad} 行的回答不到 {words} 字，又出现了“抱歉”之类的话。\n"
        "说明指令超出了模型的能力，请去掉这些行：这是四条淘汰规则之一。",
    },
    "refusal/half": {
        "en": "In {bad} of {n} rows, the response begs off.\n"
        "The instruction of the row is what the model should answer: is it sent as it stands?",
        "zh": "{n} 行中有 {bad} 行的回答是推托。\n"
        "要让模型回答的是这一行的指令：请看看送进去的是不是它。",
    },
    "echo": {
        "en": "In {bad} of {n} rows, the response only repeats the instruction.\n"
        "Feed the instruction to `TextGeneration`, and keep its `generation` as `response`.",
        "zh": "{n} 行中有 {bad} 行的回答只是重复了指令。\n"
        "请把指令交给 `TextGeneration`，并把它输出的 `generation` 作为 `response`。",
    },
    "echo/evolved": {
        "en": "In {bad} of {n} rows, the response only repeats the evolved instruction.\n"
        'Let `TextGeneration` read it, by `input_mappings={{"instruction": '
        '"evolved_instruction"}}`, and keep its `generation` as `response`.',
        "zh": "{n} 行中有 {bad} 行的回答只是重复了进化后的指令。\n"
        '请让 `TextGeneration` 读它：`input_mappings={{"instruction": "evolved_instruction"}}`，'
        "并把输出的 `generation` 作为 `response`。",
    },
    "echo/pair": {
        "en": "In {bad} of {n} pairs, `{column}` only repeats the instruction.\n"
        "Feed the instruction to the models, and take what they answer; drop pairs in which a "
        "model only repeats.",
        "zh": "{n} 个偏好对中有 {bad} 对的 `{column}` 只是重复了指令。\n"
        "请把指令交给模型，取它的回答；模型只会重复的那几对，请去掉。",
    },
    "same_response": {
        "en": "In {bad} of {n} rows, the response is one and the same text.\n"
        "See whether the step that answers really reads the instruction of each row.",
        "zh": "{n} 行中有 {bad} 行的回答一模一样。\n"
        "请检查生成回答的那一步，它是不是真的读到了每一行的指令。",
    },
    "duplicates": {
        "en": "In {count} of {n} rows, `{column}` repeats an earlier row "
        "(capitals, spaces and punctuation aside).\n"
        "Raise the temperature or vary the prompts, then keep only the first of equal rows.",
        "zh": "{n} 行中有 {count} 行的 `{column}` 和前面的行重复（不计大小写、空格和标点）。\n"
        "请调高温度或换着写提示词，再做一次去重，相同的只留第一行。",
    },
    "duplicates/pairs": {
        "en": "In {count} of {n} rows, the pair is one that came before.\n"
        "Keep the first of equal pairs.",
        "zh": "{n} 行中有 {count} 行的偏好对和前面的重复。\n相同的只留第一对。",
    },
    "duplicates/texts": {
        "en": "In {count} of {n} rows, chosen and rejected are those of an earlier row (numbers "
        "aside), under another instruction.\n"
        "Each instruction has responses of its own: does the step really read it?",
        "zh": "{n} 行中有 {count} 行，被选和被拒都是前面某一行的（不计数字），只是指令不同。\n"
        "每条指令都该有自己的回答：请检查那一步是不是真的读到了指令。",
    },
    "near_duplicates": {
        "en": "In {count} of {n} rows, `{column}` nearly repeats an earlier row.\n"
        "Vary the prompts or raise the temperature, and drop the near-duplicates that are left.",
        "zh": "{n} 行中有 {count} 行的 `{column}` 是前面某一行的近重复。\n"
        "请换着写提示词或调高温度，再去掉剩下的近重复。",
    },
    "missed_topics": {
        "en": "Topics that no row is about: {count} of {need}, by the column `topic`.\n"
        "Feed in every topic, and look at whether a filter took all rows of these.",
        "zh": "{need} 个主题中，有 {count} 个没有出现在 `topic` 列里。\n"
        "请把所有主题都输入，再看看是不是过滤时把它们的行全去掉了。",
    },
    "missed_topics/no_column": {
        "en": "There is no column `topic` that says what each row was made from.\n"
        "Keep it from the first step on, so that it can be seen whether every topic occurs.",
        "zh": "没有 `topic` 这一列，看不出每一行出自哪个主题。\n"
        "请从第一步起就留着它，好看出是不是每个主题都有了。",
    },
    # ---- answers that a program checks ----
    "few_rows/verified": {
        "en": "Too few rows: {n}. The task asks for {need} or more.\n"
        "Sample more problems, or more answers to each; what was dropped, and why, the "
        "verdicts say.",
        "zh": "只有 {n} 行，任务要求至少 {need} 行。\n"
        "多采样几道题，或者每道题多答几遍；去掉了哪些、为什么，判定里写着。",
    },
    "few_problems": {
        "en": "The rows are about {count} different problems; the task asks for {need} or more.\n"
        "Take fewer answers of each (`most=`), and more problems.",
        "zh": "这些行只涉及 {count} 道不同的题，任务要求至少 {need} 道。\n"
        "每道题少留几个回答（`most=`），多用几道题。",
    },
    "strange_problem": {
        "en": "In {bad} of {n} rows, `{column}` is none of the problems that were given.\n"
        "Take their texts as they are, and let `instruction` go along from the first "
        "step on.",
        "zh": "{n} 行中有 {bad} 行的 `{column}` 不是所给的题。\n"
        "题目请照原样用，让 `instruction` 从第一步起一路带下来。",
    },
    "not_right": {
        "en": "In {bad} of {n} rows, the answer in `{column}` is wrong.\n"
        "Look at them beside what is expected: does your verifier read what is *said* to "
        "be the answer, and did you drop what it calls wrong?",
        "zh": "{n} 行中有 {bad} 行，`{column}` 里的答案是错的。\n"
        "和标准答案对着看：你的验证器读的，是不是文中当作答案说出来的那个数？判错的行，也要看看都去掉了没有。",
    },
    "copied_answer": {
        "en": "In {bad} of {n} rows, `{column}` is what was expected, word for word.\n"
        "A row holds what the model wrote, not the key.",
        "zh": "{n} 行中有 {bad} 行，`{column}` 和标准答案一字不差。\n"
        "一行里该放模型写的回答，不是标准答案。",
    },
    "not_verified": {
        "en": "In {bad} of {n} rows, `{column}` is not true.\n"
        "Keep the rows alone that the verifier finds right.",
        "zh": "{n} 行中有 {bad} 行的 `{column}` 不为真。\n只留下验证器判对的行。",
    },
    "bad_rate": {
        "en": "In {bad} of {n} rows, `{column}` is no number above 0 and up to 1.\n"
        "It is the share of right answers among all that were sampled for the problem: "
        "`select_verified` writes it.",
        "zh": "{n} 行中有 {bad} 行的 `{column}` 不是 0 到 1 之间的数（不含 0）。\n"
        "它是这道题的所有回答里答对的比例，`select_verified` 会替你写好。",
    },
    "bad_rate/two": {
        "en": "In {bad} of {n} rows, the problem has another `{column}` in another row.\n"
        "The rate belongs to the problem: count all its answers once.",
        "zh": "{n} 行中有 {bad} 行，同一道题在别的行里另有一个 `{column}`。\n"
        "通过率是一道题的：把它的所有回答放在一起，只算一次。",
    },
    "one_rate": {
        "en": "`{column}` has one value only.\n"
        "One answer a problem can only be right or wrong: sample several.",
        "zh": "`{column}` 只有一个值。\n一道题只答一遍，不是对就是错：请多采样几遍。",
    },
    "thoughts_in_answer": {
        "en": "In {bad} of {n} rows, marks such as `<think>` stand in a text.\n"
        'Keep thoughts and answer in columns of their own: `thinking="keep"` does so.',
        "zh": "{n} 行中有 {bad} 行，文本里留着 `<think>` 这样的标记。\n"
        '思考过程和答案各放一列：`thinking="keep"` 就是这样做的。',
    },
    "wrong_step": {
        "en": "In {bad} of {n} rows, a step in `{column}` is false.\n"
        "The answer is right all the same: `check_arithmetic` finds such rows. Drop them.",
        "zh": "{n} 行中有 {bad} 行，`{column}` 里有一步算错了。\n"
        "答案还是对的；用 `check_arithmetic` 找出这些行，去掉。",
    },
    "no_steps": {
        "en": "In {bad} of {n} rows, nothing is worked out in `{column}`.\n"
        "Is this the column that the model's thoughts came in?",
        "zh": "{n} 行中有 {bad} 行，`{column}` 里什么也没算。\n"
        "请看看，模型的思考过程是不是在这一列里。",
    },
    "thoughts_apart": {
        "en": "In {bad} of {n} rows, the numbers of the answer don't occur in `{column}`.\n"
        "Have rows been moved against each other?",
        "zh": "{n} 行中有 {bad} 行，答案里的数在 `{column}` 里没出现过。\n请看看是不是行错位了。",
    },
    "wrong_difficulty": {
        "en": "In {bad} of {n} rows, `{column}` does not fit `pass_rate`.\n"
        "Take it from `difficulty(rate)`, or from `select_verified`.",
        "zh": "{n} 行中有 {bad} 行的 `{column}` 和 `pass_rate` 对不上。\n"
        "用 `difficulty(rate)` 来算，或者用 `select_verified` 写好的。",
    },
    "always_kept": {
        "en": "In {bad} of {n} rows, the problem was answered rightly every time.\n"
        "It teaches nothing new: `select_verified` drops it.",
        "zh": "{n} 行中有 {bad} 行，题目每一遍都答对了。\n"
        "这样的题教不出新东西：`select_verified` 会去掉。",
    },
    "one_difficulty": {
        "en": "Nearly all rows are of one difficulty.\n"
        "Let two at least have a tenth of the rows: sample more problems, or take the "
        "same number of each.",
        "zh": "几乎所有的行都是同一个难度。\n"
        "至少要有两个难度各占一成：多采样几道题，或者每个难度取一样多。",
    },
    "rejected_right": {
        "en": "In {bad} of {n} rows, the answer in `{column}` is right, too.\n"
        "Such a pair says that right is worse than right.",
        "zh": "{n} 行中有 {bad} 行，`{column}` 里的答案也是对的。\n这样的偏好对等于说："
        "对的还不如对的。",
    },
    "rejected_unfinished": {
        "en": "In {bad} of {n} rows, `{column}` gives no answer at all.\n"
        "Then what tells the two apart is that one of them ends. Take answers that are "
        "wrong.",
        "zh": "{n} 行中有 {bad} 行的 `{column}` 根本没有答案。\n"
        "两边的差别就成了一个写完、一个没写完。请用答错了的。",
    },
    "lengths_apart": {
        "en": "In {bad} of {n} rows, one answer is longer than the other by more than a "
        "quarter.\n"
        "Take the wrong answer that is closest in length, or none: `verified_pairs` does "
        "so.",
        "zh": "{n} 行中有 {bad} 行，两边长度相差超过四分之一。\n"
        "取长度最接近的那个错误回答，没有就不要：`verified_pairs` 就是这样做的。",
    },
    "length_tells": {
        "en": "The chosen answer is the longer one in {share} of the pairs.\n"
        "Length alone tells the sides apart. Balance it.",
        "zh": "{share} 的偏好对里，被选的更长。\n光看长度就分得出两边了：两种情形要大致一样多。",
    },
    "duplicates/verified": {
        "en": "In {count} of {n} rows, the answer is one that the problem has already.\n"
        "What differs in spaces or full stops alone is the same: `select_verified` keeps "
        "the first.",
        "zh": "{n} 行中有 {count} 行，回答和这道题前面的某一个相同。\n"
        "只差空格、句号的，也算相同：`select_verified` 只留第一个。",
    },
    "few_questions/verified": {
        "en": "The students were asked {count} problems; the task asks for {need} or more.\n"
        "Take more of `seeds.problems`, from the splits `numbers` and `stories`.",
        "zh": "考学生的题只有 {count} 道，任务要求至少 {need} 道。\n"
        "请从 `seeds.problems` 的 `numbers` 和 `stories` 里多拿几道。",
    },
    "no_gain": {
        "en": "The second round does not beat the first: {name} is {gain} against the baseline.\n"
        "Sample the student of the first round on more or harder problems, or with more "
        "answers each, and keep as many rows.",
        "zh": "第二轮没有超过第一轮：{name} 比基准 {gain}。\n"
        "用第一轮的学生多采样些题、难些的题，或者每道题多答几遍，行数保持一样。",
    },
    "no_function/verifier": {
        "en": "This is not a function.\n"
        "Hand over the function itself, without calling it: it takes a text and what is "
        "expected, and says whether the text is right.",
        "zh": "这不是函数。\n请提交函数本身，不要先调用它：它读入一段文本和标准答案，返回对不对。",
    },
    "lets_in": {
        "en": "Your verifier lets in {count} wrong answers.\n"
        "What is said to be the answer counts, with its unit, and nothing else in the "
        "text.",
        "zh": "你的验证器放过了 {count} 个错误的回答。\n"
        "算数的只有文中当作答案说出来的那个量，连同单位。",
    },
    "loses": {
        "en": "Your verifier throws out {count} right answers.\n"
        "The same quantity may be written in another unit, in a box, or after a "
        "correction.",
        "zh": "你的验证器错杀了 {count} 个正确的回答。\n"
        "同一个量可以换单位写，可以写在方框里，也可以先错后改。",
    },
    "strangers/training": {
        "en": "In {bad} of {n} rows, `{column}` is no row of the training data.\n"
        "Hand over rows of `training`, as they are.",
        "zh": "{n} 行中有 {bad} 行的 `{column}` 不在训练数据里。\n"
        "请提交 `training` 里的行，照原样。",
    },
    "leak_kept": {
        "en": "{bad} of {n} rows are a test problem with other numbers.\n"
        "Compare the texts with the numbers taken out.",
        "zh": "{n} 行中有 {bad} 行，就是换了数的考题。\n把数字去掉再来比较。",
    },
    "hard_lost": {
        "en": "{count} of {need} problems are missing, the hardest of them first: they were "
        "right now and then.\n"
        "One right answer is enough, however many are wrong beside it.",
        "zh": "{need} 道题里少了 {count} 道，越靠前的越难：它们都有答对的时候。\n"
        "只要有一个回答是对的就够了，旁边错多少都不要紧。",
    },
    # ---- data of one's own ----
    "few_rows/own": {
        "en": "Too few rows: {n}. The task asks for {need} or more.\n"
        "Ask for more rows in the plan, or give it more documents; what was dropped is counted in "
        "the cell `generate`.",
        "zh": "数据集只有 {n} 行，任务要求至少 {need} 行。\n"
        "请在计划里多要几行，或者多给几篇文档；去掉了哪些，单元格 `generate` 里有数。",
    },
    "rule": {
        "en": "In {count} of {n} rows: {what} (rule `{rule}`, {allowed} allowed).\n"
        "Look at them, then mend them, or {mend}",
        "zh": "{n} 行中有 {count} 行：{what}（规则 `{rule}`，最多允许 {allowed} 行）。\n"
        "请先看一看，能改就改；改不了的话，{mend}。",
    },
    "no_talk": {
        "en": "In {bad} of {n} rows, `{column}` is no conversation.\n"
        "It is a list of turns, each with `role` and `content`, user and assistant by turns: "
        "`to_messages` makes it.",
        "zh": "{n} 行中有 {bad} 行的 `{column}` 不是对话。\n"
        "对话是一个列表，一轮一项，各有 `role` 和 `content`，用户和助手轮流说话："
        "用 `to_messages` 来做。",
    },
    "no_folder": {
        "en": "This is no folder that `save` wrote: it has no card.\n"
        "Hand over the folder, as `dog = save(…)` gives it.",
        "zh": "这不是 `save` 写出的文件夹，里面没有卡片。\n"
        "请提交文件夹，也就是 `dog = save(…)` 的结果。",
    },
    "unreadable": {
        "en": "The rows in the folder can't be read. {reason}\n"
        "Write them again with `save`, into a new folder.",
        "zh": "文件夹里的数据读不了。{reason}\n请用 `save` 重新写到一个新文件夹里。",
    },
    "few_read": {
        "en": "The log names {read} rows that you have read; the task asks for {need}.\n"
        "Read on, note each row in `VERDICTS`, good ones too, and save with "
        "`files={{LOG: mended.jsonl()}}`.",
        "zh": "记录里读过的只有 {read} 行，任务要求 {need} 行。\n"
        "请接着读，每一行都记进 `VERDICTS`，没毛病的也要记，保存时写上 "
        "`files={{LOG: mended.jsonl()}}`。",
    },
    "log_contradicted": {
        "en": "{count} texts that the log calls mended or dropped still stand in the data.\n"
        "Save the rows that `mend` gave, `mended.rows`, not those from before.",
        "zh": "有 {count} 处，记录里说改了或去掉了，数据里却还是老样子。\n"
        "要保存的是 `mend` 之后的 `mended.rows`，不是原来的行。",
    },
    "few_questions": {
        "en": "There are {count} questions to ask a student; the task asks for {need} or more.\n"
        "Write them yourself, with the words that a right answer holds, before you look at the "
        "rows.",
        "zh": "考学生的题只有 {count} 道，任务要求至少 {need} 道。\n"
        "请自己出题，写明答对时必有的字眼，而且要在看数据之前写好。",
    },
    "not_trials": {
        "en": "This is not what `compare` gives.\n"
        "Hand over its result as it is: `lion = compare({{…}}, QUESTIONS)`.",
        "zh": "这不是 `compare` 的结果。\n请原样提交：`lion = compare({{…}}, QUESTIONS)`。",
    },
    "few_seeds": {
        "en": "Each dataset was tried with {count} seeds; the task asks for {need}.\n"
        "Leave `seeds=` away, or name {need} or more: one student may just be lucky.",
        "zh": "每份数据只用了 {count} 个随机种子，任务要求 {need} 个。\n"
        "请去掉 `seeds=`，或者至少写 {need} 个：只练一次，好坏可能全凭运气。",
    },
    "no_control": {
        "en": "The differences are taken to “{to}”, which is trained on {rows} rows; no other row "
        "of the table has as many (5% more or less).\n"
        "Name a control as `baseline=`, and draw as many rows for it as for your data.",
        "zh": "相减时的基准是“{to}”，它练了 {rows} 行；表里没有别的数据和它一样多（差 5% 以内）。\n"
        "请把对照写进 `baseline=`，行数抽得和你的数据一样多。",
    },
    # ---- the failure lab ----
    "raised": {
        "en": "Your repair ended in an error: {error}\n"
        "Run it by itself in a cell of its own, and look at what it gives.",
        "zh": "你的修改报了错：{error}\n请先在单独的单元格里运行它，看看得到什么。",
    },
    "no_column": {
        "en": "The column `{column}` is missing; there are {names}.\n"
        "Hand over rows with the columns that the broken pipeline has.",
        "zh": "缺少 `{column}` 列，现有：{names}。\n请提交数据行，列名和那条有毛病的流水线一样。",
    },
    "no_function": {
        "en": "This is not a function.\n"
        "Hand over the function itself, without calling it: it takes a seed and gives texts.",
        "zh": "这不是函数。\n请提交函数本身，不要先调用它：它读入一个随机种子，返回一个文本列表。",
    },
    "no_texts": {
        "en": "The function does not give a list of texts.\n"
        "Return the evolved instructions as a list.",
        "zh": "函数返回的不是文本列表。\n请把进化后的指令作为列表返回。",
    },
    "no_texts/few": {
        "en": "The function gives too few texts to tell chance from the seed: {count}.\n"
        "Return {need} or more, as `evolve_with` does.",
        "zh": "函数只返回 {count} 条文本，相同还是不同，说不定只是碰巧。\n"
        "请像 `evolve_with` 那样，至少返回 {need} 条。",
    },
    "no_texts/no_instructions": {
        "en": "Most of the texts that the function gives are no instructions.\n"
        "Return what EvolInstruct makes of the rows, under your seed.",
        "zh": "函数返回的大多不是指令。\n请返回 EvolInstruct 在你的随机种子下改写出的结果。",
    },
    "seed_not_applied": {
        "en": "Called twice with the seed 1, the function gives two different lists.\n"
        "Something draws from a random generator that your seed does not reach. Which one does "
        "EvolInstruct draw from?",
        "zh": "用随机种子 1 调用两次，两次得到的文本不一样。\n"
        "说明有个地方用了另一个随机数生成器，你设的随机种子管不到它。"
        "请查一查 EvolInstruct 用的是哪一个。",
    },
    "seed_without_effect": {
        "en": "The seeds 1 and 2 give the same list.\n"
        "The seed has to be the one that is handed in, not a fixed number.",
        "zh": "随机种子 1 和 2 得到的文本完全一样。\n要用传进来的随机种子，不能写死一个数。",
    },
    "prompt_is_instruction": {
        "en": "In {bad} of {n} rows, `{column}` is the prompt that *you* sent to the model.\n"
        "A user would never write it. Where is the text that a user could write?",
        "zh": "{n} 行中有 {bad} 行的 `{column}`，其实是你自己发给模型的提示词。\n"
        "用户不会这样写。请找一找，哪一列才像是用户写的。",
    },
    "question_is_response": {
        "en": "In {bad} of {n} rows the response is a question.\n"
        "The question is the instruction; it still has to be answered, by a second step.",
        "zh": "{n} 行中有 {bad} 行的回答其实是提问。\n提问应当放在指令里，还缺一个步骤来作答。",
    },
    "rows_lost": {
        "en": "Different rows that are left: {count}. There should be {need} or more.\n"
        "Repair the rows, and drop only those that cannot be repaired.",
        "zh": "各不相同的行只剩 {count} 行，应当至少有 {need} 行。\n能修好的要修好，"
        "修不好的才丢掉。",
    },
    "no_instructions": {
        "en": "In {bad} of {n} rows, `instruction` is nothing that a user would ask the tutor.\n"
        "Print what is sent: `llm.prepare_input([…])`. Does it end as a user's turn begins?",
        "zh": "{n} 行中有 {bad} 行的 `instruction`，不像用户会问导师模型的话。\n"
        "把送进去的文本打印出来：`llm.prepare_input([…])`。"
        "看看它是不是正好停在用户这一轮该开头的地方。",
    },
    "tie_kept": {
        "en": "In {bad} of {n} pairs, chosen and rejected are the same text.\n"
        "Look at the ratings that they come from.",
        "zh": "{n} 对中有 {bad} 对，被选和被拒是同一段文本。\n看看它们的分数是多少。",
    },
    "tie_reversed": {
        "en": "In {bad} of {n} pairs, the chosen response is not rated higher than the rejected "
        "one.\nTake the response with the highest rating as chosen, the one with the lowest as "
        "rejected.",
        "zh": "{n} 对中有 {bad} 对，被选回答的分数并不比被拒回答高。\n"
        "分数最高的作被选回答，最低的作被拒回答。",
    },
    "none_kept": {
        "en": "In {bad} of {n} rows, `ratings` is not a list with a number for each response.\n"
        "A row without ratings can't be used: rate it alone, or leave it out and say so.",
        "zh": "{n} 行中有 {bad} 行的 `ratings` 不是每个回答一个数字的列表。\n"
        "没有分数的行不能用：要么单独再评一次，要么去掉，并且说明去掉了。",
    },
    "none_kept/same": {
        "en": "All {n} rows have the same ratings.\n"
        "A judge that reads the responses does not rate them all alike: let it rate these rows.",
        "zh": "{n} 行的分数全都一样。\n"
        "评审模型要是真的读了回答，不会全打一样的分：请让它来评这些行。",
    },
    "none_kept/moved": {
        "en": "In {bad} of {n} rows, the response that tells more truth has the lower rating.\n"
        "Keep each rating with the row that the judge gave it to, in the order of the responses.",
        "zh": "{n} 行中有 {bad} 行，说得更对的那个回答分数反而更低。\n"
        "评审模型给哪一行打的分，就留在哪一行，次序和回答一致。",
    },
    "strangers": {
        "en": "In {bad} of {n} rows, the text is not one of the candidates.\n"
        "Select from the candidates, and leave their texts as they are.",
        "zh": "{n} 行中有 {bad} 行不在候选里。\n请只从候选中挑选，不要改动文本。",
    },
    "strangers/rows": {
        "en": "In {bad} of {n} rows, `instruction` is not one of the rows that were to be "
        "rated.\n"
        "Rate the rows of `to_rate`, and leave their instructions as they are.",
        "zh": "{n} 行中有 {bad} 行的 `instruction` 不在待评的行里。\n"
        "请评 `to_rate` 里的行，不要改动指令。",
    },
    "over_budget": {
        "en": "Rows that were selected: {n}; the budget is {need}.\nStop when it is spent.",
        "zh": "挑了 {n} 行，而预算只有 {need} 行。\n预算用完就该停。",
    },
    "alike_kept": {
        "en": "In {bad} of {n} rows, the text is nearly the same as one that was kept before it "
        "(cosine similarity above 0.9).\n"
        "Compare each candidate with all rows kept so far.",
        "zh": "{n} 行中有 {bad} 行，和先前留下的某一行几乎相同（余弦相似度超过 0.9）。\n"
        "每个候选都要和已经留下的每一行比较。",
    },
    "best_lost": {
        "en": "“{text}” is missing: it scores higher than rows that were kept, and none of "
        "these is like it.\nWalk through the candidates by score, the best first; of two that "
        "are alike, the better one stays.",
        "zh": "少了“{text}”：它的分数比留下的一些行高，留下的行里也没有和它相近的。\n"
        "请按分数从高到低走一遍候选；两个相近的，分数高的那个要留下。",
    },
    # ---- what is to be found out ----
    "no_names": {
        "en": "These are not names of sets that were trained on.\n"
        "Hand over a list of names, as they stand in the table of `compare`.",
        "zh": "这不是训练过的那几份数据的名字。\n请提交一个列表，名字照 `compare` 打出的表里写。",
    },
    "few_trials": {
        "en": "A comparison needs {need} sets that were trained on, and {seeds} seeds of each.\n"
        "Hand all of them to one call of `compare`.",
        "zh": "要比较，至少得有 {need} 份训练过的数据，每份 {seeds} 个随机种子。\n"
        "请把它们交给同一次 `compare`。",
    },
    "unequal_sizes": {
        "en": "The sets have different numbers of rows: what is compared is their size as "
        "well.\n"
        "Draw the same number of rows for each seed from each of them.",
        "zh": "几份数据的行数不一样，比的就不只是做法，还有数量。\n请从每一份里抽同样多的行。",
    },
    "clearly_less": {
        "en": "These taught less than “{best}”: the interval of the difference lies below 0.\n"
        "Read the differences below the table, not the means alone.",
        "zh": "这几份教给学生的，比“{best}”少：差值的区间整个落在 0 以下。\n"
        "请看表下面的差值，不要只看平均分。",
    },
    "cannot_tell": {
        "en": "Something else may have taught as much as “{best}”: the interval of their "
        "difference holds 0.\n"
        "Name all that may be the best. More seeds would tell them apart, or show that they are "
        "alike.",
        "zh": "另外还有一些，教得不比“{best}”少：差值的区间里有 0，分不出高下。\n"
        "请把可能最好的都写上。再多几个随机种子，也许就能分出来。",
    },
    "no_ties": {
        "en": "These are not rows of the ties.\n"
        "Hand over a list of rows, or of their instructions; an empty list if none is false.",
        "zh": "这不是那些平分里的行。\n"
        "请提交一个列表，放行本身或者它们的指令；要是没有判错的，就交空列表。",
    },
    "true_ties": {
        "en": "Of these, both responses say the same in other words: {count}.\n"
        "A tie is right there. Leave them out.",
        "zh": "其中有 {count} 行，两个回答说的是一回事，只是换了说法。\n判平分是对的，请去掉它们。",
    },
    "missed_ties": {
        "en": "Ties that are false for certain: {need}. You have missed {count} of them.\n"
        "Read them one by one: which response tells something that is not so?",
        "zh": "肯定判错了的平分有 {need} 行，你漏掉了 {count} 行。\n"
        "请一行一行地读，看哪个回答说的事情不是真的。",
    },
}

# The same in code, by what the answer is.
IN_CODE = {
    "drop": {
        "dataset": "`{answer}.filter(…)`",
        "frame": "`{answer}[…]`",
        "list": "`[row for row in {answer} if …]`",
    },
    "rename": {
        "dataset": '`{answer}.rename_column("{near}", "{column}")`',
        "frame": '`{answer}.rename(columns={{"{near}": "{column}"}})`',
        "list": '`[{{**row, "{column}": row["{near}"]}} for row in {answer}]`',
    },
}

# The other words of reports and board.
WORDS = {
    "en": {
        "topic": "topic",
        "document": "seed document",
        "not_started": "Not started yet. Write your code in the cell `{cell}`, then run this.",
        "praise_instruction_turtle": "Well done! Out of nothing but topics you made a "
        "dataset to train on.",
        "praise_instruction_dog": "Well done! Every seed has grown into questions and "
        "answers of its own.",
        "praise_instruction_lion": "Well done! Seeded, evolved and weeded: this is how the "
        "big ones are made.",
        "not_yet": "Not there yet: {count}.",
        "again": "No cell has set this answer since the last check: run `{cell}` first.",
        "all_there": "Everything that the exercises need is there.",
        "restored": "Everything that the exercises need is there again: {cells} cells in "
        "{seconds:.0f} s. Next: run the cells with your answers, then their checks.",
        "one_thing": "one thing to mend",
        "things": "{count} things to mend",
        "row": "   row {row}: ",
        "quote": "“{text}”",
        "nothing": "(nothing)",
        "see": "   → see the cell `{cell}`",
        "more": "… and {count} more, once these are mended.",
        "from_zero": "Rows are counted from 0.",
        "fact_rows": "rows: {rows}, distinct instructions: {distinct}",
        "fact_topics": "all {need} topics covered",
        "fact_seeds": "all {need} seed documents used",
        "fact_longer": "evolved instructions {ratio:.1f} times as long as before",
        "fact_length": "{mean:.0f} words a response on average",
        "fact_pairs": "pairs: {rows}, distinct instructions: {distinct}",
        "fact_margin": "ratings {mean:.1f} apart on average",
        "fact_chosen_longer": "the chosen response is the longer one in {share:.0%}",
        "praise_preference_turtle": "Well done! Two models, one judge, and no tie among your "
        "pairs.",
        "praise_preference_dog": "Well done! Responses evolved, and only the better ones were "
        "chosen.",
        "praise_preference_lion": "Well done! Named, mended and judged again: pairs that differ "
        "where the fault was.",
        "preference_turtle": "A preference dataset",
        "preference_dog": "A preference dataset with response evolution",
        "preference_lion": "A preference dataset with response evolution and critiques",
        "preference_all_done": "All three done. Next: save your pairs as in the cell `{cell}`.",
        "praise_own_turtle": "Well done! Rows of your own, and no rule has anything against them.",
        "praise_own_dog": "Well done! Read, mended, logged, and free of the questions that will "
        "test it: others can trust this card.",
        "praise_own_lion": "Well done! A control of the same size, and an interval: whatever it "
        "says, you know how sure it is.",
        "praise_verified_turtle": "Well done! Every answer is right, and a program has said so.",
        "praise_verified_dog": (
            "Well done! Right to the last step, neither too easy nor beyond reach, and you "
            "know how hard each is."
        ),
        "praise_verified_lion": (
            "Well done! What tells your sides or your rounds apart is the verdict, and "
            "nothing else."
        ),
        "verified_turtle": "A verified dataset",
        "verified_dog": "… with thoughts, right in every step, and difficulty",
        "verified_lion": "… as pairs, or as a second round that beats the first",
        "verified_all_done": "All three done. Next: save it as in the cell `{cell}`.",
        "fact_verified": "{rows} rows of {problems} problems, verified again",
        "praise_repair_anywhere": (
            "Repaired. A number that stands somewhere in a text is no answer; and a verifier "
            "is tested before it tests."
        ),
        "praise_repair_numbers": (
            "Repaired. With other numbers it is the same problem: hold out stories, and "
            "search without the numbers."
        ),
        "praise_repair_easy": (
            "Repaired. Where most answers agree, the problem is easy. What a student can "
            "learn stands in the few right answers to the others."
        ),
        "own_turtle": "A checked dataset of your own",
        "own_dog": "… read, repaired and logged, with its card, apart from the test",
        "own_lion": "… with a student, a control and an interval",
        "own_all_done": "All three done. Show it to somebody: the cell `gallery`.",
        "fact_own_rows": "{rows} rows from {files} documents",
        "fact_read": "{read} rows read, {changed} of them mended or dropped",
        "fact_apart": "none of the {count} questions among the rows",
        "fact_difference": "“{name}” − “{to}”: {mean:+.3f} [{low:+.3f}, {high:+.3f}], {verdict}",
        "fact_holds_zero": "zero lies within",
        "fact_without_zero": "zero lies outside",
        "praise_repair_seed": (
            "Repaired. EvolInstruct(seed=…) goes nowhere in distilabel 1.5.3; mutations are drawn "
            "from NumPy's global generator, so that is the one to seed. A seed on a card proves "
            "nothing: run twice and compare."
        ),
        "praise_repair_one-step": (
            "Repaired. The prompt that makes data is no data. One missing output mapping had "
            "turned it into the instruction of every row."
        ),
        "praise_repair_template": (
            "Repaired. Magpie works because the text ends exactly where a user would begin to "
            "write, in the model's own template. With a foreign one the model merely goes on with "
            "a text that it has never seen."
        ),
        "praise_repair_formatter": (
            "Repaired. FormatTextGenerationDPO takes the best and the worst rating; in a tie both "
            "are the first response, and the pair teaches nothing."
        ),
        "praise_repair_batches": (
            "Repaired. One row that the judge can't take had cost its whole batch. Count rows "
            "before and after every step: what is missing was lost silently."
        ),
        "praise_repair_selection": (
            "Repaired. The paper compares with what was kept so far; distilabel 1.5.3 with every "
            "other row, so of two copies both are dropped, even of the best."
        ),
        "praise_finding_taught-most": (
            "That is what these trials say, and no more: a technique teaches what its rows are "
            "about. Ask of every such figure how many rows, seeds and questions are behind it."
        ),
        "praise_finding_false-ties": (
            "Found. A tie says that the judge saw no difference, not that there is none. Who drops "
            "ties loses nothing; who trains on them should read them first."
        ),
        "instruction_turtle": "An instruction dataset from topics",
        "instruction_dog": "An instruction dataset with seed data",
        "instruction_lion": "An instruction dataset with seed data and instruction evolution",
        "form_language": "is in another language",
        "form_leak": "holds words of a prompt, such as “Rating:”",
        "form_empty": "says nothing",
        "form_cut_off": "is cut off, or is the chosen one cut short",
        "form_refusal": "is a refusal",
        "start": "Next: the cell `{cell}`.",
        "mend": "Next: mend your answer in the cell `{cell}`; its check says how.",
        "instruction_all_done": "All three done. Next: save your data as in the cell `{cell}`, "
        "then go on to the preference datasets.",
    },
    "zh": {
        "topic": "个主题",
        "document": "篇种子文档",
        "not_started": "还没有开始。请在单元格 `{cell}` 里写代码，再运行这里。",
        "praise_instruction_turtle": "做得好。只凭几个主题，你就造出了可以用来训练的数据集。",
        "praise_instruction_dog": "做得好。每一篇种子文档都有了自己的问题和回答。",
        "praise_instruction_lion": "做得好。有种子，会进化，肯淘汰："
        "大型指令数据集也是这样造出来的。",
        "not_yet": "还差一点：{count}。",
        "again": "上次检查之后，答案没有更新过：请先运行 `{cell}`。",
        "all_there": "练习需要的都在。",
        "restored": "练习需要的都回来了：重新运行了 {cells} 个单元格，用时 {seconds:.0f} 秒。"
        "接下来先运行写着答案的单元格，再运行检查。",
        "one_thing": "有 1 处需要修改",
        "things": "有 {count} 处需要修改",
        "row": "   第 {row} 行：",
        "quote": "“{text}”",
        "nothing": "（空）",
        "see": "   → 参见单元格 `{cell}`",
        "more": "……改好以上几处之后，还有 {count} 处。",
        "from_zero": "行号从 0 开始。",
        "fact_rows": "共 {rows} 行，{distinct} 条不同的指令",
        "fact_topics": "{need} 个主题全部覆盖",
        "fact_seeds": "{need} 篇种子文档全部用上",
        "fact_longer": "进化后的指令平均长度是原来的 {ratio:.1f} 倍",
        "fact_length": "回答平均 {mean:.0f} 字",
        "fact_pairs": "共 {rows} 个偏好对，{distinct} 条指令",
        "fact_margin": "平均相差 {mean:.1f} 分",
        "fact_chosen_longer": "被选回答较长的占 {share:.0%}",
        "praise_preference_turtle": "做得好。两个模型作答，一个模型评审，偏好对里没有一个平分。",
        "praise_preference_dog": "做得好。回答进化了，真正更好的才入选。",
        "praise_preference_lion": "做得好。指出毛病，改好，再评一次："
        "每一对的差别恰恰在毛病所在的地方。",
        "preference_turtle": "偏好数据集",
        "preference_dog": "偏好数据集，加上回答进化",
        "preference_lion": "偏好数据集，加上回答进化和点评",
        "preference_all_done": "三关全部通过。下一步：照单元格 `{cell}` 的做法保存偏好对。",
        "praise_own_turtle": "做得好。这是你自己的数据，哪条规则也挑不出毛病。",
        "praise_own_dog": "做得好。读过，改过，记下来了，考题也没混进去：这张卡片信得过。",
        "praise_own_lion": "做得好。对照一样大，区间也有了：结果是好是坏，有多大把握，你心里有数。",
        "praise_verified_turtle": "做得好。每个答案都对，而且是程序核对过的。",
        "praise_verified_dog": "做得好。步步都对，不太容易也够得着，每道题有多难你都清楚。",
        "praise_verified_lion": "做得好。不管是成对的两边还是前后两轮，差别只在对错，没有别的。",
        "verified_turtle": "一份验证过的数据集",
        "verified_dog": "……带思考过程，步步都对，还分难度",
        "verified_lion": "……配成偏好对，或者做第二轮，胜过第一轮",
        "verified_all_done": "三关全部通过。下一步：照单元格 `{cell}` 的做法保存。",
        "fact_verified": "{rows} 行，出自 {problems} 道题，又验证了一遍",
        "praise_repair_anywhere": "修好了。文中某处有这个数，不等于答案就是它；"
        "验证器要先考一考，才能拿来考别人。",
        "praise_repair_numbers": "修好了。换了数，还是同一道题：考题按故事留，搜索时去掉数字。",
        "praise_repair_easy": (
            "修好了。多数回答都一致的，是容易的题。学生能学到东西的，是其余那些题里不多的几个"
            "正确回答。"
        ),
        "own_turtle": "一份查过的数据集，用你自己的材料",
        "own_dog": "……读过，改过，留有记录和卡片，没混进考题",
        "own_lion": "……加上学生、对照和区间",
        "own_all_done": "三关全部通过。拿给别人看看吧：单元格 `gallery`。",
        "fact_own_rows": "{rows} 行，出自 {files} 篇文档",
        "fact_read": "读过 {read} 行，改动或去掉 {changed} 行",
        "fact_apart": "{count} 道考题都没有混进来",
        "fact_difference": "“{name}” − “{to}”：{mean:+.3f} [{low:+.3f}, {high:+.3f}]，{verdict}",
        "fact_holds_zero": "区间含 0",
        "fact_without_zero": "区间不含 0",
        "praise_repair_seed": "修好了。distilabel 1.5.3 的 EvolInstruct(seed=…) 不起作用，"
        "改写方式是从 NumPy 的全局随机数生成器里抽的，随机种子要设在那里。"
        "卡片上写着随机种子，不等于能复现：跑两遍，比一比。",
        "praise_repair_one-step": "修好了。造数据用的提示词不是数据。"
        "只因少写一个 output_mappings，它就成了每一行的指令。",
        "praise_repair_template": "修好了。Magpie 靠的是文本正好停在用户该开口的地方，"
        "而且用的是模型自己的模板。换成别人的模板，模型只是在续写一段从没见过的文字。",
        "praise_repair_formatter": "修好了。FormatTextGenerationDPO 取最高分和最低分；"
        "平分的时候，两个都是第一个回答，这样的一对教不出任何东西。",
        "praise_repair_batches": "修好了。评审模型读不了的只有一行，整批却都跟着丢了。"
        "每一步前后都数一数行数，少了的，就是悄悄丢掉的。",
        "praise_repair_selection": "修好了。论文是和已经留下的行比较，"
        "distilabel 1.5.3 却和其余所有行比较，于是两行重复的会一起丢掉，最好的也不例外。",
        "praise_finding_taught-most": "没错，从这些试验只能得出这些，再多就没有了：数据写的是什么，"
        "学生学到的就是什么。看到这样的数字，都要问一问背后有多少行、多少随机种子、多少题。",
        "praise_finding_false-ties": "找到了。判平分，只说明评审模型没看出差别，不等于没有差别。"
        "去掉平分没有坏处；要拿来训练，就得先读一读。",
        "instruction_turtle": "由主题生成指令数据集",
        "instruction_dog": "用种子数据生成指令数据集",
        "instruction_lion": "用种子数据和指令进化生成指令数据集",
        "form_language": "用的是别的语言",
        "form_leak": "里有提示词的字眼，如“Rating:”",
        "form_empty": "什么也没说",
        "form_cut_off": "没写完，或者就是截短了的被选回答",
        "form_refusal": "是拒答",
        "start": "下一步：单元格 `{cell}`。",
        "mend": "下一步：修改单元格 `{cell}` 里的答案，检查结果里写着怎么改。",
        "instruction_all_done": "三关全部通过。下一步：照单元格 `{cell}` 的做法保存数据，"
        "再去学习偏好数据集。",
    },
}
