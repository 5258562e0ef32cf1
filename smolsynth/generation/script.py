"""A plan as `pipeline.py`, which makes the same rows: `templates/` filled in."""

import json
from collections.abc import Collection, Iterable
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from smolsynth.generation.plan import MIXED, MOST_INPUTS, SAMPLES, Plan
from smolsynth.generation.rows import VERDICT
from smolsynth.generation.strings import NAMES, SOLVES
from smolsynth.text.layout import width
from smolsynth.text.prompts import content_of, response_options

_BY_NAME = ("SelfInstruct", "TextQuestion", "TextAnswer", "UltraFeedback")  # in PROMPTS


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("smolsynth.generation"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701  # Python, not HTML; what a person wrote goes through `py`
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters["py"] = _quoted
    return templates


def code(plan: Plan, sources: Collection[str] = ()) -> str:
    """The Python file of a plan, its comments in the plan's language.

    Args:
        plan: what the file makes.
        sources: the techniques of a mixture that rows came from; none means all. Without rows of
            Magpie the file does without it: not every server can do it.
    """
    can_magpie = plan.technique != "mixed" or "Magpie" in (sources or MIXED)
    prompt = {"magpie": "system_prompt", "mixed": "magpie_prompt"}.get(plan.technique)
    form = "documents_" if plan.asks_of_text else ""
    template = _templates().get_template(f"{form}{plan.technique}.py.j2")
    return template.render(
        zh=plan.lang == "zh",
        kind_name=NAMES[plan.lang][plan.kind],
        technique=plan.technique,
        lang=plan.lang,
        rows=plan.rows,
        model=plan.model,
        llm_options=plan.llm_options,
        seed=plan.seed,
        length=plan.longest,
        weaker_model=plan.weaker_model,
        can_magpie=can_magpie,
        documents=_documents(plan),
        uses_seeds=not (plan.is_own or plan.documents),
        of_documents=bool(plan.documents),
        asks_of_text=plan.asks_of_text,
        keeps_thoughts=plan.thinking == "keep"
        and plan.kind == "instruction"
        and not plan.is_verified,
        prompt_column=prompt if can_magpie else None,
        system_prompt=plan.magpie_prompt,
        reads_documents=plan.technique not in ("magpie", "verified"),
        start="PROBLEMS" if plan.is_verified else "DOCUMENTS",
        solves=None if plan.is_bundled else SOLVES[plan.lang],
        samples=SAMPLES,
        verdict=VERDICT,
        most=MOST_INPUTS,
        chunk_size=plan.chunk_size,
        export="to_messages" if plan.kind == "instruction" else "to_preferences",
        folder=f"output/{plan.name}",
        method=plan.method(sources),
        is_own=plan.is_own,
        gives_openers=plan.gives_openers,
        too_hard=plan.too_hard,
        penalty=plan.needs.penalty,
        brief=plan.needs.brief and bool(prompt) and can_magpie,
        judge_spec=plan.judge,
        temperature=plan.temperature or 0,
        careless=max(1.0, plan.temperature),
        prompts={name: text for name, text in plan.prompts if name in _BY_NAME},
        response=response_options(plan.prompt("Response")),
        evolutions=_evolutions(plan),
        asks=content_of(plan.prompt("Magpie"), "system"),
        brief_prompt=content_of(plan.prompt("Magpie, response"), "system"),
        opened_subtopics=plan.needs.openers,
        most_loss=plan.needs.most_loss,
        least_agreement=plan.needs.least_agreement,
        again=plan.needs.again,
    )


def _evolutions(plan: Plan) -> dict[str, str]:
    """All ways of evolving, where some are others than the usual ones."""
    task = next((name.partition(",")[0] for name, _ in plan.prompts if name.startswith("Evol")), "")
    if not task:
        return {}
    from smolsynth.generation.techniques import evolutions  # takes seconds

    return evolutions(plan, task)["mutation_templates"]


def _documents(plan: Plan) -> str:
    """The lines that say what generation starts from."""
    if plan.is_own:
        return f"ABOUT = {_quoted(plan.about)}"
    if plan.documents:
        options = f"tokens={plan.chunk_tokens}, overlap={plan.chunk_overlap}"
        if plan.column:
            options += f", column={_quoted(plan.column)}"
        chunks = f"read_documents(PATHS, model=MODEL, {options})"
        if len(chunks) > 91:  # behind "CHUNKS = "
            chunks = f"read_documents(\n    PATHS, model=MODEL, {options}\n)"
        paths = _names(plan.documents, "PATHS")
        return f"{paths}\nCHUNKS = {chunks}\nDOCUMENTS = passages(CHUNKS, LANG, MODEL)"
    if plan.is_verified:
        if not plan.topics:
            return "PROBLEMS = seeds.problems(LANG)"
        return f"{_names(plan.topics)}\n{_OF_PROBLEMS}"
    if not plan.about and not plan.topics:
        return "DOCUMENTS = seeds.documents(LANG)"
    if plan.about:  # what it names of the bundled world
        names = [row["concept"] for row in plan.seed_documents()]
        return f"# {plan.about}\n{_names(names)}\n{_OF_CONCEPTS}"
    return f"{_names(plan.topics)}\n{_OF_TOPICS}"


_OF_TOPICS = 'DOCUMENTS = [row for row in seeds.documents(LANG) if row["topic"] in NAMES]'
_OF_PROBLEMS = 'PROBLEMS = [row for row in seeds.problems(LANG) if row["topic"] in NAMES]'
_OF_CONCEPTS = """\
DOCUMENTS = [
    row | {"topic": row["concept"]} for row in seeds.documents(LANG) if row["concept"] in NAMES
]"""


def _names(names: Iterable[str], name: str = "NAMES") -> str:
    """A list on one line, or on several where it is long, as ruff formats it."""
    quoted = [_quoted(name) for name in names]
    whole = f"{name} = [{', '.join(quoted)}]"
    if width(whole) <= 100:
        return whole
    return f"{name} = [\n" + "".join(f"    {name},\n" for name in quoted) + "]"


def _quoted(text: str) -> str:
    """A text as Python, in double quotes."""
    return json.dumps(text, ensure_ascii=False)
