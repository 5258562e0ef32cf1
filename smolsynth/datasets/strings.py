"""What the reader and the converter say, in both languages."""

import json
import re
from collections.abc import Mapping
from typing import Any

from smolsynth.errors import Said
from smolsynth.text.language import filled, told
from smolsynth.text.layout import in_words

Notes = list[tuple[str, dict[str, Any]]]  # keys of NOTES, and values to fill in
NOTES = {  # on what became of the data
    "en": {
        "took": "{rows} rows of {kind} data, shape {shape}",
        "stream": "rows of {kind} data, shape {shape}",
        "kept": "kept as they are: {columns}",
        "empty": "empty throughout, passed over: {columns}",
        "renamed": "{column} is a column of the form: kept as {new}",
        "input": "{asked} and {column} are joined by a line break",
        "beside": "the talk is taken from {talk}; {column} is kept beside it",
        "prompt_kept": "the prompt is what chosen and rejected share; {column} is kept beside it",
        "thoughts": "thoughts are in a column of their own",
        "turns": "further keys of turns are kept, one value a turn: {columns}",
        "tools": "tool calls are kept in the turns, the tools in a column",
        "nan": "{count} cells say “nan”, as pandas writes a missing text: taken as missing",
        "index": "{columns}: numbers of rows that pandas wrote, passed over",
        "json": "talks written as JSON in cells of text are read as talks: {columns}",
        "lines": "the file holds JSON lines, one row a line",
        "array": "the file holds one JSON list",
        "key": "the rows are those under {key}",
        "beside_key": "what stands beside them is no row, and left out: {columns}",
        "columns": "the file holds one object of columns",
        "by_key": "the file holds one object with the rows under keys, which are kept as id",
        "names": "columns by their usual names: {columns}",
        "chatgpt": "talks as ChatGPT exports them: of each the branch that was shown last, without"
        " turns of tools and hidden ones",
        "label_studio": "rows as Label Studio exports them, labels of the first annotation",
        "argilla": "rows as Argilla exports them: what stands in fields are columns",
        "bare_talk": "each row is a list of turns",
        "bom": "the file begins with a byte order mark ({encoding})",
        "delimiter": "cells are separated by {delimiter}",
        "blank": "{count} blank lines passed over",
        "shards": "{count} files, one after the other: {first} …",
        "skipped": "Left out, since they can't be read: {count} rows; the first: row {number} "
        "({reason})",
        "read": "{read} rows read by a person: {left} left as they are, {mended} mended,"
        " {dropped} dropped",
    },
    "zh": {
        "took": "共 {rows} 行，类别 {kind}，格式 {shape}",
        "stream": "逐行读取，类别 {kind}，格式 {shape}",
        "kept": "原样保留的列：{columns}",
        "empty": "整列为空，未采用：{columns}",
        "renamed": "{column} 与规定的列重名，改名为 {new} 保留",
        "input": "{asked} 和 {column} 之间用换行连接",
        "beside": "对话取自 {talk}；{column} 作为附加列保留",
        "prompt_kept": "chosen 和 rejected 的共同开头就是提示词；{column} 作为附加列保留",
        "thoughts": "思考过程另放一列",
        "turns": "每轮发言的其他字段另放一列，每轮一个值：{columns}",
        "tools": "工具调用留在对话里，工具说明另放一列",
        "nan": "{count} 个单元格写着“nan”，是 pandas 表示缺失文本的写法，按缺失处理",
        "index": "{columns} 是 pandas 写下的行号，未采用",
        "json": "文本单元格里的 JSON 已按对话读取：{columns}",
        "lines": "文件是 JSON Lines，每行一条",
        "array": "文件是一个 JSON 列表",
        "key": "数据在 {key} 下面",
        "beside_key": "旁边的内容不是数据行，未采用：{columns}",
        "columns": "文件是一个由列组成的对象",
        "by_key": "文件是一个对象，每个键下一行，键保留为 id",
        "names": "按通用的列名读取：{columns}",
        "chatgpt": "ChatGPT 导出的对话：每段取最后显示的那一支，不含工具的和隐藏的发言",
        "label_studio": "Label Studio 导出的数据，标注取第一份",
        "argilla": "Argilla 导出的数据：fields 里的内容各成一列",
        "bare_talk": "每行是一个由发言组成的列表",
        "bom": "文件开头有字节序标记（{encoding}）",
        "delimiter": "单元格之间用 {delimiter} 分隔",
        "blank": "跳过 {count} 个空行",
        "shards": "共 {count} 个文件，依次读取：{first}……",
        "skipped": "{count} 行读不了，已略去；第一处：第 {number} 行（{reason}）",
        "read": "人工读过 {read} 行：{left} 行没问题，{mended} 行改好，{dropped} 行去掉",
    },
}
ERRORS = {
    "en": {
        # what should be in a place, and what is
        "fault": "{key}: expected {expected}, found {found}",
        "value": "{type} {shown}",
        "text": "text",
        "number": "a number",
        "true_false": "true or false",
        "object": "an object in JSON",
        "tool_list": "a list of objects, one a tool",
        "finite": "a number that JSON has",
        "only_text": "text alone in a turn of {role}",
        "calls_found": "calls of tools or thoughts",
        "json_list": "a list, as JSON",
        "json_call": "a tool call in JSON",
        "call": "a tool call with name and arguments",
        "list": "a list",
        "turns": "turns",
        "turn": "a turn with role and content",
        "part": "a part with a type",
        "parts": "text, reasoning or tool_call",
        "part_found": "a part of type {type}",
        "role": "system, user, assistant, tool or a name in use for these",
        "turn_of": "{roles}'s turn",
        "last_turn_of": "{roles}'s turn at the end",
        "none": "none",
        "column": "this column",
        "only": "only {columns}",
        "pair": "a question and its answer",
        "shared": "to begin with the turns that rejected begins with",
        "none_shared": "none shared",
        "one_turn": "one turn after what both share",
        "n_turns": "{count} turns",
        "openai_input": "an object with messages",
        "no_second_system": "no second system prompt",
        "second_system": "one here and one in the talk",
        "half": "whole characters",
        "half_found": "half of one (a lone surrogate), which UTF-8 can't store",
        "no_media": "text alone",
        "media_found": "pictures, sound or film",
        "known_column": "only columns that the first {count} rows have, too",
        "new_column": "one that they lack: read the file without stream=True",
        # shapes
        "media": "The column {column!r} holds pictures, sound or film, and only text can be read:"
        " take the rows without it, or drop the column if the talks make sense without.",
        "unknown": "The columns {columns} are those of no shape that can be read. Known are"
        " messages; conversations; instruction, input and output; prompt and completion; question"
        " and answer; query and response; chosen and rejected; and label beside one of these."
        " Rename yours to what they are.",
        "text_only": "The column 'text' holds whole texts, in which nothing tells questions from"
        " answers: give them columns of their own, as prompt and completion.",
        "other_kind": "These are rows of {found} data ({shape}), not of {kind} data: read them with"
        ' kind="{found}".',
        "both": "The columns {one!r} and {two!r} may both be {what}: keep one, or rename the "
        "other.",
        "the_prompt": "the prompt",
        "the_question": "the question",
        "the_answer": "the answer",
        "the_talk": "the talk",
        "the_label": "the label",
        "the_system": "the system prompt",
        "the_input": "the input",
        "part_of_question": "The column {column!r} beside {asked!r} may be a part of the question:"
        " join the two, or name them instruction and input, or rename {column!r} if it is not.",
        "zero_one": "The column {column!r} holds 0 and 1: if they say whether an answer is good,"
        ' read it with kind="kto"; if not, with kind="instruction".',
        "verdict_words": "The column {column!r} holds {values}: if they say whether an answer is"
        ' good, write true and false there; if not, read it with kind="instruction".',
        "python_list": "The column {column!r} holds lists as Python prints them, not JSON: write"
        " the file as JSON lines or Parquet, which keep lists.",
        # rows
        "no_dict": "Row {number} is no dict of columns but {type}: each row must be an object, as"
        ' {{"messages": […]}}.',
        "no_rows": "There are no rows in it.",
        "none_readable": "None of {count} rows can be read; row {number}: {reason}.",
        "faults": "{count} of {all} rows can't be read as {shape} (counted from 0): {first}. Mend"
        ' them in the source, or leave them out with read_rows(…, on_error="skip").',
        "faults_stream": "A row can't be read as {shape} (counted from 0): {first}. Mend it in the"
        ' source, or leave such rows out with read_rows(…, on_error="skip").',
        "row": "row {number}: {reason}",
        "binary": "The column {column!r} holds {type}, which is neither text nor a number nor a"
        " list of these: drop the column, or write it as text.",
        # sources
        "no_source": "A {type} can't be read: give a path, the name of a dataset on the Hub, a"
        " Dataset, a DataFrame or a list of dicts.",
        "no_split": "There is no split {split!r}; there are {splits}.",
        "which_split": "There are {count} datasets in it, {splits}: name one with split=….",
        "no_path": "There is no file or folder {path}.",
        "no_hub": "There is no file {name}, and the Hub does not give a dataset of that name"
        " ({reason}): check the name, the network and, of a private one, HF_TOKEN.",
        "which_file": "{folder} must hold one file of data; there is {files}. Name the file.",
        "shards_missing": "{folder} holds {found} of the {count} parts that the data is in: fetch"
        " the others.",
        "suffix": "{file} can't be read: its name must end in {suffixes}, each with or without "
        ".gz.",
        "excel": "{file} is an Excel workbook: save the sheet as CSV UTF-8 and read that.",
        "zip": "{file} is a ZIP archive: unpack it and read what is in it.",
        "is_really": "{file} is a {really} file: give it a name that says so.",
        "not_encoding": "{file} is no {encoding} (byte {byte}): save it as UTF-8, or name its"
        ' encoding, as in read_rows(…, encoding="{try_}").',
        "no_such_encoding": "There is no encoding {encoding!r}.",
        "undecodable": "{file} can't be decoded ({reason}).",
        "damaged": "{file} is damaged or breaks off ({reason}).",
        "no_table": "{file} is no well-formed table ({reason}).",
        "empty": "{file} is empty.",
        "no_json": "{file} is no JSON: {reason} in line {line}, column {column}. If the file"
        " breaks off there, fetch it again.",
        "no_json_line": "{file}, line {line}, is no JSON ({reason}, column {column}): {shown!r}."
        " {hint}",
        "whole_object": "Each line must be one whole object; if the file breaks off there, fetch it"
        " again.",
        "comment": "JSON has no comments: delete such lines.",
        "comma": "Delete the comma behind the object: each line is a row of its own.",
        "several_lines": "An object is written over several lines: name the file .json if it is one"
        " list, or bring each row into one line, as with jq -c . FILE.",
        "python_s": "This is how Python prints a dict: write each row with json.dumps(row).",
        "bad_json": "{file}{line} holds what JSON can't: {reason}.",
        "line": ", line {line},",
        "twice": "the key {key!r} twice in one object, of which only one can count",
        "infinite": "{value}, which is no number",
        "deep": "{file}{line} is nested too deeply to be training data.",
        "one_object": "{file} is one JSON object with the keys {keys}: it must be a list of rows,"
        " or hold one list of rows under one key.",
        "one_value": "{file} holds nothing but {found}: it must be a list of rows.",
        "unfilled": "{column!r} (empty throughout)",
        "deep_column": "The column {column!r} is nested too deeply to be training data.",
        "unnamed": "A column without a name holds {shown!r}: give it a name, or delete it.",
        "index_text": "The column {column!r} begins with numbers of rows, as pandas writes them,"
        " but holds {shown!r}: give it another name, or delete it.",
        "one_column": "{file} has one column, {shown!r}: the first line must name the columns,"
        " separated by commas (in .tsv by tabs).",
        "same_columns": "{file} has two columns of the name {name!r}: rename one.",
        "frame_columns": "The DataFrame has two columns of the name {name!r}: rename one.",
        "cells": "{file}, line {line}: {found} cells, but {columns} columns. A text with commas,"
        " quotes or line breaks must stand in quotes.",
        "not_arrow": "{file} is damaged, or no {suffix} file ({reason}).",
        # converting
        "no_place": "The format {to} has no place for rows of {kind} data. These have: {fitting}.",
        "no_fit": "Row {number} does not fit into {to}: {reason}",
        "text_and_call": "a turn holds a text and a call of a tool, and it has place for one.",
        "no_tools": "it has no place for tools: take sharegpt or messages.",
        "no_tools_in_pairs": "of pairs the trainer reads no tools: take preference.",
        "not_by_turns": "who asks and who answers must take turns there, and two results of tools"
        " follow each other: take messages.",
        "empty_answer": "an answer is empty, which the trainer refuses.",
        "same_sides": "both answers are the same, which the trainer refuses.",
        "no_call": "a result of a tool answers no call before it.",
        "few": "OpenAI takes {least} rows or more; these are {count}.",
        # the Hub
        "push_token": "The Hub wants a token with the right to write: set HF_TOKEN to one from"
        " https://huggingface.co/settings/tokens, or run `hf auth login`. The data is safe in"
        " {folder}.",
        "push_failed": "{repository} could not be pushed ({reason}): check the network, the name"
        " and whether the token may write there. The data is safe in {folder}.",
        "push_lost": "Of {rows} rows, {there} arrived at {repository}: push again. The data is safe"
        " in {folder}.",
    },
    "zh": {
        "fault": "{key} 应为{expected}，实际是{found}",
        "value": " {type} {shown}",
        "text": "文本",
        "number": "数字",
        "true_false": " true 或 false",
        "object": " JSON 对象",
        "tool_list": "由对象组成的列表，每个工具一个对象",
        "finite": " JSON 写得下的数字",
        "only_text": "纯文本（这是 {role} 的发言）",
        "calls_found": "工具调用或思考过程",
        "json_list": "写成 JSON 的列表",
        "json_call": "写成 JSON 的工具调用",
        "call": "带 name 和 arguments 的工具调用",
        "list": "列表",
        "turns": "若干轮发言",
        "turn": "带 role 和 content 的一轮发言",
        "part": "带 type 的一段内容",
        "parts": " text、reasoning 或 tool_call",
        "part_found": " {type} 类型的一段",
        "role": " system、user、assistant、tool，或它们的通用别名",
        "turn_of": "{roles} 发言",
        "last_turn_of": "以 {roles} 发言结尾的对话",
        "none": "空的",
        "column": "这一列",
        "only": "只有 {columns}",
        "pair": "一问一答",
        "shared": "与 rejected 相同的开头",
        "none_shared": "没有共同的开头",
        "one_turn": "共同开头之后的一轮发言",
        "n_turns": " {count} 轮",
        "openai_input": "带 messages 的对象",
        "no_second_system": "只有一条系统提示词",
        "second_system": "这里一条，对话里又一条",
        "half": "完整的字符",
        "half_found": "半个字符（落单的代理项），UTF-8 存不下",
        "no_media": "纯文本",
        "media_found": "图片、声音或视频",
        "known_column": "前 {count} 行里也有的列",
        "new_column": "它们没有的列：请去掉 stream=True，整个读入",
        "media": "列 {column!r} 里是图片、声音或视频，这里只读文本：请取不带它的行；"
        "去掉它对话仍然通顺"
        "的话，也可以去掉这一列。",
        "unknown": "列 {columns} 不属于任何认得的格式。认得的有：messages；conversations；"
        "instruction、"
        "input 和 output；prompt 和 completion；question 和 answer；query 和 response；chosen 和"
        " rejected；以及其中一种外加 label。请按列的含义改名。",
        "text_only": "列 'text' 里是整段文本，分不出哪里是问、哪里是答：请分成两列，例如 prompt 和"
        " completion。",
        "other_kind": '这些是 {found} 类的数据（{shape}），不是 {kind} 类：请用 kind="{found}" '
        "读取。",
        "both": "列 {one!r} 和 {two!r} 都可能是{what}：留一个，另一个改名。",
        "the_prompt": "提示词",
        "the_question": "问题",
        "the_answer": "回答",
        "the_talk": "对话",
        "the_label": "标签",
        "the_system": "系统提示词",
        "the_input": "输入",
        "part_of_question": "{asked!r} 旁边的列 {column!r} 可能是问题的一部分：是的话，"
        "请把两列并起来，"
        "或者改名为 instruction 和 input；不是的话，请给 {column!r} 改名。",
        "zero_one": '列 {column!r} 里是 0 和 1：表示回答好坏的话，请用 kind="kto" 读取，否则用'
        ' kind="instruction"。',
        "verdict_words": "列 {column!r} 里是 {values}：表示回答好坏的话，请改写成 true 和 false；"
        '不是的话，请用 kind="instruction" 读取。',
        "python_list": "列 {column!r} 里的列表是 Python 打印出来的样子，不是 JSON：请把文件存成 "
        "JSON"
        " Lines 或 Parquet，它们能保存列表。",
        "no_dict": "第 {number} 行不是由列组成的对象，而是 {type}：每行都要写成对象，如"
        ' {{"messages": […]}}。',
        "no_rows": "里面没有数据。",
        "none_readable": "{count} 行全都读不了；第 {number} 行：{reason}。",
        "faults": "{all} 行中有 {count} 行不能按 {shape} 读取（从 0 数起）：{first}。"
        "请在原文件里改好，或用"
        ' read_rows(…, on_error="skip") 略去。',
        "faults_stream": "有一行不能按 {shape} 读取（从 0 数起）：{first}。请在原文件里改好，或用"
        ' read_rows(…, on_error="skip") 略去这样的行。',
        "row": "第 {number} 行：{reason}",
        "binary": "列 {column!r} 里是 {type}，不是文本、数字或由它们组成的列表：请去掉这一列，"
        "或改写成文本。",
        "no_source": "{type} 不能读取：请给出路径、Hub 上的数据集名、Dataset、DataFrame 或由 dict "
        "组成的"
        "列表。",
        "no_split": "没有 {split!r} 这一份；有的是 {splits}。",
        "which_split": "里面有 {count} 份数据：{splits}。请指定一份：split=…。",
        "no_path": "没有 {path} 这个文件或文件夹。",
        "no_hub": "没有 {name} 这个文件，Hub 上也取不到叫这个名字的数据集（{reason}）："
        "请检查名字和网络，"
        "私有数据集还要检查 HF_TOKEN。",
        "which_file": "{folder} 里应当只有一个数据文件，实际有：{files}。请指明是哪个文件。",
        "shards_missing": "数据分成 {count} 个文件，{folder} 里只有 {found} 个：请把其余的取来。",
        "suffix": "{file} 读不了：文件名要以 {suffixes} 结尾，后面可以再加 .gz。",
        "excel": "{file} 是 Excel 工作簿：请把工作表另存为“CSV UTF-8”再读取。",
        "zip": "{file} 是 ZIP 压缩包：请解压，再读取里面的文件。",
        "is_really": "{file} 其实是 {really} 文件：请把文件名改过来。",
        "not_encoding": "{file} 不是 {encoding} 编码（第 {byte} 字节）：请存成 UTF-8，或指明编码，"
        '如 read_rows(…, encoding="{try_}")。',
        "no_such_encoding": "没有 {encoding!r} 这种编码。",
        "undecodable": "{file} 无法解码（{reason}）。",
        "damaged": "{file} 已损坏或不完整（{reason}）。",
        "no_table": "{file} 不是合格的表格（{reason}）。",
        "empty": "{file} 是空文件。",
        "no_json": "{file} 不是 JSON：第 {line} 行第 {column} 列，{reason}。文件要是断在这里，"
        "请重新下载。",
        "no_json_line": "{file} 第 {line} 行不是 JSON（{reason}，第 {column} 列）：{shown!r}。"
        "{hint}",
        "whole_object": "每行都要是一个完整的对象；文件要是断在这里，请重新下载。",
        "comment": "JSON 不能写注释：请删掉这样的行。",
        "comma": "请删掉对象后面的逗号：每行各是一条数据。",
        "several_lines": "一个对象写成了好几行：整个文件是一个列表的话，请改名为 .json；"
        "否则请把每条写成一行，例如用 jq -c . 文件。",
        "python_s": "这是 Python 打印字典的写法：请用 json.dumps(row) 写出每一行。",
        "bad_json": "{file}{line} 里有 JSON 不允许的内容：{reason}。",
        "line": " 第 {line} 行",
        "twice": "同一个对象里键 {key!r} 出现两次，只能算一个",
        "infinite": "{value} 不是数字",
        "deep": "{file}{line} 嵌套太深，不可能是训练数据。",
        "one_object": "{file} 是一个 JSON 对象，键有 {keys}：它应当是由各行组成的列表，"
        "或只有一个键，"
        "键下是这样的列表。",
        "one_value": "{file} 里只有 {found}：它应当是由各行组成的列表。",
        "unfilled": "{column!r}（整列为空）",
        "deep_column": "列 {column!r} 嵌套太深，不可能是训练数据。",
        "unnamed": "有一列没有列名，里面是 {shown!r}：请起个列名，或删掉这一列。",
        "index_text": "列 {column!r} 开头是行号，像是 pandas 写的，后面却有 {shown!r}："
        "请改名，或删掉这一列。",
        "one_column": "{file} 只有一列 {shown!r}：第一行要写列名，用逗号隔开（.tsv 用制表符）。",
        "same_columns": "{file} 有两列都叫 {name!r}：请给其中一列改名。",
        "frame_columns": "DataFrame 有两列都叫 {name!r}：请给其中一列改名。",
        "cells": "{file} 第 {line} 行有 {found} 个单元格，列却有 {columns} 个。文本里有逗号、"
        "引号或换行的，"
        "要放在引号里。",
        "not_arrow": "{file} 已损坏，或者不是 {suffix} 文件（{reason}）。",
        "no_place": "{to} 格式放不下 {kind} 类的数据。放得下的有：{fitting}。",
        "no_fit": "第 {number} 行放不进 {to}：{reason}",
        "text_and_call": "有一轮发言既有文本又有工具调用，它只放得下其中一样。",
        "no_tools": "它放不下工具：请改用 sharegpt 或 messages。",
        "no_tools_in_pairs": "偏好对里的工具，这个训练框架不读：请改用 preference。",
        "not_by_turns": "它要求提问与回答轮流出现，这里有两个工具结果相连：请改用 messages。",
        "empty_answer": "有一个回答是空的，训练框架不收。",
        "same_sides": "两个回答一模一样，训练框架不收。",
        "no_call": "有一个工具结果，前面没有对应的调用。",
        "few": "OpenAI 至少要 {least} 行，这里只有 {count} 行。",
        "push_token": "推送要用有写权限的令牌：到 https://huggingface.co/settings/tokens 领一个，"
        "放进 HF_TOKEN，或者运行 `hf auth login`。数据还在 {folder}，没有丢。",
        "push_failed": "{repository} 没能推送（{reason}）：请检查网络、仓库名，以及令牌有没有"
        "写权限。数据还在 {folder}，没有丢。",
        "push_lost": "{rows} 行里只有 {there} 行到了 {repository}：请再推送一次。数据还在"
        " {folder}，没有丢。",
    },
}

_JSON_ZH = {  # how messages of Python's json begin
    "Expecting value": "这里应当有一个值",
    "Expecting property name": "键要放在双引号里",
    "Expecting ':'": "这里缺冒号",
    "Expecting ','": "这里缺逗号",
    "Illegal trailing comma": "最后一项后面多了逗号",
    "Unterminated string": "双引号没有成对",
    "Invalid control character": "文本里直接换了行，或者有别的控制字符",
    "Invalid \\": "反斜杠后面的字符不对",
    "Extra data": "一个值写完了，后面还有内容",
    "Unexpected UTF-8 BOM": "开头有 BOM 标记",
}


def note(key: str, values: Mapping[str, Any], lang: str) -> str:
    """One of NOTES, filled in."""
    return in_words(NOTES[lang][key], **{name: told(value, lang) for name, value in values.items()})


def said(key: str, /, **values: Any) -> Said:
    """One of ERRORS in both languages, filled in; lists become text, and so do nested ones.

    >>> said("no_split", split="dev", splits=["train", "test"]).words("zh")
    "没有 'dev' 这一份；有的是 train、test。"
    """
    return filled((ERRORS["en"][key], ERRORS["zh"][key]), values)


_ARGUMENT = re.compile(r'(?:read_rows\(…, )?\b(\w+)=(?:"(\w[^"]*)"|(…))\)?')


def in_terms(text: str, terms: Mapping[str, str]) -> str:
    """An error with what it says of arguments of `read_rows` said of `terms` in their place.

    >>> in_terms('Leave them out with read_rows(…, on_error="skip").', {"on_error": "--skip"})
    'Leave them out with --skip.'
    """

    def in_place(found: re.Match[str]) -> str:
        term = terms.get(found[1])
        return term.format(found[2] or found[3]) if term else found[0]

    return _ARGUMENT.sub(in_place, text)


def json_reason(error: json.JSONDecodeError) -> Said:
    """What Python finds wrong with a text of JSON.

    >>> json_reason(json.JSONDecodeError("Extra data", "1 2", 2)).words("zh")
    '一个值写完了，后面还有内容'
    """
    zh = next((zh for start, zh in _JSON_ZH.items() if error.msg.startswith(start)), "")
    return Said(error.msg, zh)
