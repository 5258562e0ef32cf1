"""What a dataset is to be: a `Plan`, which the studio, the command line and `pipeline.py` share.

    plan = Plan(technique="magpie", topics=("weather",), rows=50)
    plan.inputs()       the rows that its pipeline starts from
    plan.command()      the line for a shell that makes the same rows
    plan.code()         the Python file that makes the same rows

Nothing heavy is imported here.
"""

import ast
import json
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, fields
from hashlib import sha256
from importlib.resources import files
from itertools import cycle, islice
from random import Random
from typing import Any

from smolsynth import __version__, seeds
from smolsynth.display import clean
from smolsynth.display import width as display_width

Row = dict[str, Any]
KINDS = ("instruction", "preference")
TECHNIQUES = {  # and the kind of dataset that each makes
    "self-instruct": "instruction",
    "magpie": "instruction",
    "evol-instruct": "instruction",
    "two-models": "preference",
    "evol-quality": "preference",
}
NAMES = {  # as the studio shows them
    "en": {
        "instruction": "instruction",
        "preference": "preference",
        "self-instruct": "SelfInstruct",
        "magpie": "Magpie",
        "evol-instruct": "EvolInstruct",
        "two-models": "two models",
        "evol-quality": "EvolQuality",
    },
    "zh": {
        "instruction": "指令",
        "preference": "偏好",
        "self-instruct": "SelfInstruct",
        "magpie": "Magpie",
        "evol-instruct": "EvolInstruct",
        "two-models": "多模型",
        "evol-quality": "EvolQuality",
    },
}
IN_WORDS = {  # for the dataset card
    "en": {
        "self-instruct": "SelfInstruct",
        "magpie": "Magpie",
        "evol-instruct": "SelfInstruct, then EvolInstruct",
        "two-models": "SelfInstruct, two responses to each instruction, UltraFeedback (overall"
        " rating)",
        "evol-quality": "SelfInstruct, a response and its EvolQuality, UltraFeedback (overall"
        " rating)",
    },
    "zh": {
        "self-instruct": "SelfInstruct",
        "magpie": "Magpie",
        "evol-instruct": "先用 SelfInstruct 提问，再用 EvolInstruct 改写",
        "two-models": "用 SelfInstruct 提问，每条指令答两遍，再由 UltraFeedback 打总分",
        "evol-quality": "用 SelfInstruct 提问，用 EvolQuality 改进回答，由 UltraFeedback 打总分",
    },
}
SYSTEM_PROMPTS = {
    "en": "You are an assistant that answers questions about {topic}.",
    "zh": "你是一个助手，负责回答关于{topic}的问题。",
}
MOST_ROWS, MOST_LENGTH, MOST_SEED = 5000, 1024, 2**31 - 1
MOST_INPUTS = 8000  # a bound: generation stops as soon as there are enough rows
_LONGEST = 2000  # characters of a description

_SAYS = {
    "en": {
        "lang": 'The language is "en" or "zh", not {value!r}.',
        "kind": "The kind is instruction or preference, not {value!r}.",
        "technique": "{value!r} is no technique for {kind} data: choose {names}.",
        "topics": "There is no domain {value!r}; there are: {names}.",
        "both": "Choose domains, or write what the data is to be about, not both.",
        "about": "The description has {value:,} characters; at most {most:,} are read.",
        "unknown": "The bundled model knows 244 things in 16 domains, and nothing of this"
        " description is among them. Name one of them, such as {names}; choose a domain; or choose"
        " a larger model.",
        "rows": "The number of rows is a whole number from 1 to {most:,}, not {value!r}.",
        "length": "The longest response has a whole number of tokens from 16 to {most:,}, not"
        " {value!r}.",
        "seed": "The random seed is a whole number from 0 to {most:,}, not {value!r}.",
        "model": "Which model? Write bundled, or one of the forms in the list.",
        "magpie": "Magpie lets the model write the question itself, which a chat endpoint does not"
        " allow: choose SelfInstruct, or a bundled or local model.",
    },
    "zh": {
        "lang": "语言只能填 en 或 zh，不能填 {value!r}。",
        "kind": "数据集的种类只有 instruction（指令）和 preference（偏好），没有“{value}”。",
        "technique": "{kind}数据没有“{value}”这种技术，可选：{names}。",
        "topics": "没有“{value}”这个领域，可选：{names}。",
        "both": "可以选领域，也可以用自己的话描述，但只能取其一。",
        "about": "描述有 {value:,} 个字符，超过了上限 {most:,} 个。",
        "unknown": "自带的模型只认得 16 个领域里的 244 样事物，这段描述里一样也没有。可以写上其中"
        "某一样，比如{names}；也可以改选领域，或者换个大些的模型。",
        "rows": "行数要填 1 到 {most:,} 之间的整数，不能是 {value!r}。",
        "length": "回答长度上限（词元数）要填 16 到 {most:,} 之间的整数，不能是 {value!r}。",
        "seed": "随机种子要填 0 到 {most:,} 之间的整数，不能是 {value!r}。",
        "model": "用哪个模型？可以填 bundled，也可以照列表里的写法填别的。",
        "magpie": "Magpie 要让模型自己写出问题，只收对话消息的端点做不到：请改用 SelfInstruct，"
        "或者换成自带的或本地的模型。",
    },
}


class PlanError(ValueError):
    """A plan that can't be carried out. `field` names the setting at fault."""

    def __init__(self, field: str, key: str, values: dict[str, Any], lang: str) -> None:
        self.field, self.key, self.values = field, key, values
        super().__init__(self.words(lang))

    def words(self, lang: str) -> str:
        """What is wrong, in "en" or "zh"."""
        comma = "、" if lang == "zh" else ", "
        values = {
            name: comma.join(value) if isinstance(value, list) else value
            for name, value in self.values.items()
        }
        if "kind" in values:
            values["kind"] = NAMES[lang][values["kind"]]
        return _SAYS[lang][self.key].format(**values)


@dataclass(frozen=True)
class Plan:
    """A dataset to be made, checked.

    Attributes:
        kind: "instruction" or "preference".
        technique: a key of TECHNIQUES, fitting the kind.
        lang: "en" or "zh", the language of the rows.
        topics: domains of `smolsynth.seeds.topics(lang)`; none means all.
        about: instead of domains, what the data is to be about, in your own words.
        rows: how many rows are wanted.
        model: as `load_llm` takes it.
        seed: of everything that is drawn.
        length: tokens of a response, at most.

    Raises:
        PlanError: a setting that is unknown, out of range or at odds with another. The message is
            in the plan's language.
    """

    kind: str = "instruction"
    technique: str = "self-instruct"
    lang: str = "en"
    topics: tuple[str, ...] = ()
    about: str = ""
    rows: int = 100
    model: str = "bundled"
    seed: int = 42
    length: int = 256

    def __post_init__(self) -> None:
        if self.lang not in seeds_langs():
            raise PlanError("lang", "lang", {"value": self.lang}, "en")
        object.__setattr__(self, "topics", tuple(self.topics))
        object.__setattr__(self, "about", " ".join(clean(self.about).split()))
        if self.kind not in KINDS:
            self._refuse("kind", value=self.kind)
        fitting = [name for name, kind in TECHNIQUES.items() if kind == self.kind]
        if self.technique not in fitting:
            self._refuse("technique", value=self.technique, kind=self.kind, names=fitting)
        known = seeds.topics(self.lang)
        for topic in self.topics:
            if topic not in known:
                self._refuse("topics", value=topic, names=list(known))
        if self.topics and self.about:
            self._refuse("about", "both")
        if len(self.about) > _LONGEST:
            self._refuse("about", value=len(self.about), most=_LONGEST)
        for name, least, most in (
            ("rows", 1, MOST_ROWS),
            ("length", 16, MOST_LENGTH),
            ("seed", 0, MOST_SEED),
        ):
            value = getattr(self, name)
            if type(value) is not int or not least <= value <= most:
                self._refuse(name, value=value, most=most)
        if not isinstance(self.model, str) or not self.model.strip():
            self._refuse("model")
        if self.technique == "magpie" and self.model.startswith(("openai:", "hf:")):
            self._refuse("technique", "magpie")
        if self.about and self.is_bundled and not self._known():
            names = [row["concept"] for row in seeds.documents(self.lang, 5)]
            self._refuse("about", "unknown", names=names)

    def _refuse(self, field: str, key: str | None = None, **values: Any) -> None:
        raise PlanError(field, key or field, values, self.lang)

    @property
    def zh(self) -> bool:
        """Whether the rows are Chinese."""
        return self.lang == "zh"

    @property
    def is_bundled(self) -> bool:
        """Whether the model is one that comes with the course, and knows its world alone."""
        return self.model.partition(":")[0] == "bundled"

    @property
    def name(self) -> str:
        """A name for files: kind, technique and language."""
        return f"{self.kind}_{self.technique}_{self.lang}"

    @property
    def chunk_size(self) -> int:
        """Rows of `inputs` that are taken at once: some 16 instructions."""
        return 16 if self.technique == "magpie" else 4

    def digest(self) -> str:
        """Tells plans apart whose rows differ; plans that differ in `rows` alone share theirs."""
        values = [(one.name, getattr(self, one.name)) for one in fields(self) if one.name != "rows"]
        return sha256(repr([__version__, *values]).encode()).hexdigest()[:12]

    def _known(self) -> list[Row]:
        """The documents of the bundled world that the description names."""
        found = mentioned(self.about, self.lang)
        return [
            row | {"topic": row["concept"]}
            for row in seeds.documents(self.lang)
            if row["concept"] in found or row["topic"] in found
        ]

    def documents(self) -> list[Row]:
        """What generation starts from: dicts of `topic` and `document`."""
        if self.about and not self.is_bundled:
            return [{"topic": self.about, "document": self.about}]
        if self.about:
            return self._known()
        rows = seeds.documents(self.lang)
        return [row for row in rows if not self.topics or row["topic"] in self.topics]

    def inputs(self) -> list[Row]:
        """The documents in random order, again and again: more than any run takes."""
        documents = self.documents()
        Random(self.seed).shuffle(documents)
        if self.technique == "magpie":
            prompt = SYSTEM_PROMPTS[self.lang]
            documents = [
                {"topic": row["topic"], "system_prompt": prompt.format(topic=row["topic"])}
                for row in documents
            ]
        return list(islice(cycle(documents), MOST_INPUTS))

    def pipeline(self):
        """The distilabel pipeline that `inputs` go through. Imports distilabel.

        Raises ValueError or LLMUnavailable where `load_llm` does.
        """
        from smolsynth import techniques

        build = getattr(techniques, self.technique.replace("-", "_"))
        return build(self.model, self.seed, self.length)

    def as_row(self):
        """The function of `smolsynth.techniques` that makes a row of what the pipeline gives."""
        from smolsynth import techniques

        return techniques.as_answer if self.kind == "instruction" else techniques.as_pair

    def command(self) -> str:
        """The command that makes the same rows, for a shell."""
        words = ["python", "-m", "smolsynth", "generate", "--kind", self.kind]
        words += ["--technique", self.technique, "--lang", self.lang]
        for topic in self.topics:
            words += ["--topic", topic]
        if self.about:
            words += ["--about", self.about]
        words += ["--rows", str(self.rows), "--model", self.model, "--seed", str(self.seed)]
        if self.length != Plan.length:
            words += ["--length", str(self.length)]
        return shlex.join(words)

    def code(self) -> str:
        """The Python file that makes the same rows and saves them."""
        return _code(self)


def seeds_langs() -> tuple[str, ...]:
    """The languages that there are seeds in."""
    return tuple(SYSTEM_PROMPTS)


# ---- descriptions in one's own words ----
_ARTICLE = re.compile(r"^(?:an?|the|a pair of) (?=\w)", re.IGNORECASE)


def mentioned(about: str, lang: str) -> set[str]:
    """The topics and concepts of the bundled world that a description names.

    English words count in singular and plural; Chinese ones by word, so that the wind is not found
    in what happens to be written with its character.
    """
    documents = seeds.documents(lang)
    names = {row["topic"] for row in documents} | {row["concept"] for row in documents}
    if lang == "en":
        text = about.casefold()
        return {name for name in names if _english_pattern(name).search(text)}
    import rjieba

    words = set(rjieba.cut(about))
    return {name for name in names if name in words or (len(name) > 1 and name in about)}


def _english_pattern(name: str) -> re.Pattern:
    stem = re.escape(_ARTICLE.sub("", name).casefold().removeprefix("pair of "))
    if stem.endswith("y"):
        stem = f"(?:{stem}|{stem[:-1]}ies)"
    return re.compile(rf"\b{stem}(?:e?s)?\b")


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
    "smolsynth": ["seeds"],
    "smolsynth.export": ["free_folder", "save", "to_messages", "to_preferences"],
    "smolsynth.llms": ["load_llm"],
    "smolsynth.overlap": ["duplicates"],
    "smolsynth.pipelines": ["InProcessPipeline"],
    "smolsynth.quality": ["faults", "faults_of_pair"],
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


def _code(plan: Plan) -> str:
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
    text = (files("smolsynth") / "techniques.py").read_text(encoding="utf-8")
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
