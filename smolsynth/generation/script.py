"""A plan as `pipeline.py`, which makes the same rows."""

import ast
import json
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from smolsynth.generation.plan import MOST_INPUTS, Plan
from smolsynth.generation.strings import IN_WORDS, NAMES, SYSTEM_PROMPTS
from smolsynth.text.layout import width as display_width

# ---- the file ----
_IMPORTS = {  # what each of the names in the file is imported from, in the order of the file
    "from collections import Counter": ["Counter"],
    "from collections.abc import Iterable, Iterator": ["Iterable", "Iterator"],
    "from itertools import cycle, islice": ["cycle", "islice"],
    "from random import Random": ["Random"],
    "distilabel.steps": ["ExpandColumns", "GroupColumns", "MergeColumns"],
    "distilabel.steps.tasks": [
        "EvolInstruct",
        "EvolQuality",
        "Magpie",
        "SelfInstruct",
        "TextGeneration",
        "UltraFeedback",
    ],
    "smolsynth": [
        "InProcessPipeline",
        "load_llm",
        "save",
        "seeds",
        "to_messages",
        "to_preferences",
    ],
    "smolsynth.datasets.save": ["free_folder"],
    "smolsynth.quality.rules": ["faults", "faults_of_pair"],
    "smolsynth.text.similarity": ["duplicates"],
}

_FILE = '''\
"""{title}

{how}
"""

{imports}

# {settings}
LANG = {lang}
ROWS = {rows}
MODEL = {model}
SEED = {seed}
LENGTH = {length}  # {length_note}
{documents}


{functions}


if __name__ == "__main__":
    Random(SEED).shuffle(DOCUMENTS)
{prompts}    inputs = list(islice(cycle(DOCUMENTS), {most}))
    pipeline = {build}(MODEL, SEED, LENGTH)
    parts = pipeline.stream(inputs, chunk_size={chunk_size})
    for rows, dropped in collect(parts, ROWS, LANG, {as_row}):
        print(f"{progress}", flush=True)
    folder = save(
        {export}(rows),
        free_folder({folder}),
        lang=LANG,
        model=MODEL,
        technique={technique},
        seed=SEED,
    )
    print(folder)
'''
_WORDS = {
    "en": {
        "title": "{rows} rows of {kind} data, by {technique}.",
        "how": "Run it with `python pipeline.py`. With the same seed, model and machine it makes"
        "\nthe same rows as Dataset Studio did; what you changed by hand there is not in here.",
        "settings": "What to make. Change it as you like.",
        "length_note": "tokens of a response, at most",
        "before_distilabel": "(before distilabel)",
        "progress": "{len(rows)} of {ROWS} rows, dropped: {dict(+dropped)}",
    },
    "zh": {
        "title": "生成 {rows} 行{kind}数据，技术：{technique}。",
        "how": "运行：`python pipeline.py`。随机种子、模型和机器都不变，得到的行就和数据集工作室里"
        "的一样；\n你在那里手工改过的内容，这个文件里没有。",
        "settings": "要生成什么，可以随意改。",
        "length_note": "回答长度上限，按词元算",
        "before_distilabel": "（要放在 distilabel 前面）",
        "progress": "已有 {len(rows)} 行，共要 {ROWS} 行；舍弃：{dict(+dropped)}",
    },
}

DOCSTRINGS = {  # of the functions of `smolsynth.techniques`, for Chinese files
    "self_instruct": "种子文档 → 四条指令 → 逐条作答。",
    "magpie": "系统提示词 → 模型自己写出一条指令 → 作答。",
    "evol_instruct": "种子文档 → 四条指令 → 逐条改难，或换成新的 → 作答。",
    "two_models": "种子文档 → 四条指令 → 两个模型各答一遍 → 评审模型给两条回答打分。",
    "evol_quality": "种子文档 → 四条指令 → 作答 → 改进回答 → 评审模型给两条回答打分。",
    "as_answer": "返回指令数据集的一行，以及它违反的规则；没有违反就是 None。",
    "as_pair": "返回一个偏好对，得分高的是被选回答；还有它违反的规则，没有违反就是 None。",
    "collect": """逐批留下好的行，直到够数，或者再没有新的。

    每批之后交出到目前为止的行，以及各种原因舍弃的行数。
    """,
}
COMMENTS = {  # and the comments in them
    "# the same model again, but less careful": "# 还是这个模型，只是更随意",
    "# the judge was not understood": "# 没读懂评审模型的话",
}


def code(plan: Plan) -> str:
    words, names = _WORDS[plan.lang], NAMES[plan.lang]
    as_row = "as_answer" if plan.kind == "instruction" else "as_pair"
    build = plan.technique.replace("-", "_")
    functions = "\n\n\n".join(_source(name, plan.lang) for name in (build, as_row, "collect"))
    prompts = ""
    if plan.technique == "magpie":
        prompts = (
            "    for row in DOCUMENTS:\n"
            '        row["system_prompt"] = SYSTEM_PROMPT.format(topic=row["topic"])\n'
        )
    documents = _documents_in_code(plan)
    if prompts:
        documents = f"SYSTEM_PROMPT = {_quoted(SYSTEM_PROMPTS[plan.lang])}\n{documents}"
    text = _FILE.format(
        title=words["title"].format(
            rows=plan.rows, kind=names[plan.kind], technique=names[plan.technique]
        ),
        how=words["how"],
        imports="{imports}",
        lang=_quoted(plan.lang),
        rows=plan.rows,
        model=_quoted(plan.model),
        seed=plan.seed,
        length=plan.length,
        settings=words["settings"],
        length_note=words["length_note"],
        documents=documents,
        functions=functions,
        prompts=prompts,
        most=MOST_INPUTS,
        build=build,
        chunk_size=plan.chunk_size,
        as_row=as_row,
        progress=words["progress"],
        export="to_messages" if plan.kind == "instruction" else "to_preferences",
        folder=_quoted(f"output/{plan.name}"),
        technique=_quoted(IN_WORDS[plan.lang][plan.technique]),
    )
    return text.replace("{imports}", _imports_of(text, words["before_distilabel"]), 1)


def _documents_in_code(plan: Plan) -> str:
    if plan.about and not plan.is_bundled:
        return f'ABOUT = {_quoted(plan.about)}\nDOCUMENTS = [{{"topic": ABOUT, "document": ABOUT}}]'
    if not plan.about and not plan.topics:
        return "DOCUMENTS = seeds.documents(LANG)"
    if plan.about:  # what it names of the bundled world
        names = [row["concept"] for row in plan.documents()]
        return f"# {plan.about}\n{_names(names)}\n{_OF_CONCEPTS}"
    return f"{_names(plan.topics)}\n{_OF_TOPICS}"


_OF_TOPICS = 'DOCUMENTS = [row for row in seeds.documents(LANG) if row["topic"] in NAMES]'
_OF_CONCEPTS = """\
DOCUMENTS = [
    row | {"topic": row["concept"]} for row in seeds.documents(LANG) if row["concept"] in NAMES
]"""


def _names(names: Iterable[str]) -> str:
    """A list on one line, or on several where it is long, as ruff formats it."""
    quoted = [_quoted(name) for name in names]
    whole = f"NAMES = [{', '.join(quoted)}]"
    if display_width(whole) <= 100:
        return whole
    return "NAMES = [\n" + "".join(f"    {name},\n" for name in quoted) + "]"


def _quoted(value: Any) -> str:
    """Texts and lists of texts as Python, in double quotes."""
    return json.dumps(value, ensure_ascii=False)


def _source(name: str, lang: str) -> str:
    """The source of a function of `smolsynth.techniques`, without importing that.

    In Chinese files docstrings and comments are Chinese; the code is the same.
    """
    text = (files("smolsynth") / "generation" / "techniques.py").read_text(encoding="utf-8")
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            source = ast.get_source_segment(text, node)
            if lang == "zh":
                said = ast.get_source_segment(text, node.body[0])
                source = source.replace(said, f'"""{DOCSTRINGS[name]}"""', 1)
                for said, chinese in COMMENTS.items():
                    source = source.replace(said, chinese)
            return source
    raise LookupError(name)


def _imports_of(text: str, why: str) -> str:
    """The imports that a file needs, grouped and sorted as ruff does; `why` one is out of order."""
    used = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    groups: dict[str, list[str]] = {"": [], "distilabel": [], "smolsynth": []}
    for source, names in _IMPORTS.items():
        wanted = [name for name in names if name in used]
        if not wanted:
            continue
        if source.startswith("from "):
            groups[""].append(source)
        else:
            groups[source.partition(".")[0]].append(f"from {source} import {', '.join(wanted)}")
    # smolsynth first: it keeps distilabel's logs away
    groups["distilabel"].insert(0, f"import smolsynth  # noqa: F401, I001  {why}")
    return "\n\n".join("\n".join(lines) for lines in groups.values() if lines)
