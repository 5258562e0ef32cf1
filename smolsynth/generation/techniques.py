"""One distilabel pipeline for each technique of `Plan`; `templates/` shows them step by step."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Any

from distilabel.models.llms.base import LLM
from distilabel.steps import ExpandColumns, GroupColumns, MergeColumns
from distilabel.steps.base import Step
from distilabel.steps.tasks import (
    EvolInstruct,
    EvolQuality,
    Magpie,
    Task,
    TextGeneration,
)

from smolsynth.documents.tasks import TextAnswer, TextQuestion
from smolsynth.generation.plan import MIXED, PROMPTS, SAMPLES, Plan
from smolsynth.generation.strings import SOLVES, SYSTEM_PROMPTS
from smolsynth.llms import BundledLLM, LLMUnavailable, load_llm
from smolsynth.pipelines.pipeline import InProcessPipeline
from smolsynth.selection import (
    DistinctTexts,
    InstructionFollowingDifficulty,
    SelfConsistency,
)
from smolsynth.tasks import (
    ASKS,
    BRIEFLY,
    AnswersAgain,
    BriefAnswer,
    Judge,
    OpenedMagpie,
    QueryWriter,
)
from smolsynth.text.prompts import INSTRUCTION, as_prompt, content_of, response_options
from smolsynth.verify.steps import PickVerified

# for the rest of a question whose first words are given
_CAREFULLY = {"temperature": 0.2, "top_p": 0.9, "max_new_tokens": 40}
_QUESTIONS = 4  # that QueryWriter asks of each document
_GIST = 48  # tokens of a response that is only compared


def build(plan: Plan) -> InProcessPipeline:
    """The pipeline of a plan, for the rows of `plan.inputs()`.

    Raises ValueError or LLMUnavailable where `load_llm` does.
    """
    with InProcessPipeline(name=plan.technique, seed=plan.seed) as pipeline:
        _TECHNIQUES[plan.technique](_Steps(plan))
    return pipeline


class _Steps:
    """The steps that the techniques of a plan are put together from, and their models."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._connected: dict[str, LLM] = {}
        penalty = plan.needs.penalty
        self.penalty = {"repetition_penalty": penalty} if penalty else {}

    def llm(self, spec: str, temperature: float, max_new_tokens: int, **more: Any) -> LLM:
        """A model; what `load_llm` asks of a server is asked once, however many are wanted."""
        options: dict[str, Any] = {"temperature": temperature, "max_new_tokens": max_new_tokens}
        if spec not in self._connected:
            self._connected[spec] = self._load(spec, **options)
        model = self._connected[spec].model_copy(deep=True)
        model.generation_kwargs = model.generation_kwargs | options | more
        return model

    def _load(self, spec: str, **options: Any) -> LLM:
        return load_llm(spec, seed=self.plan.seed, **options, **self.plan.model_options)

    def questions(self, instruction: str = "instruction") -> Step:
        """document → four instructions, a row each."""
        self.writer = self.llm(self.plan.model, 0.7, 160)
        ask = QueryWriter(
            name="ask",
            llm=self.writer,
            num_instructions=_QUESTIONS,
            prompt=self.plan.prompt("SelfInstruct"),
            input_mappings={"input": "document"},
        )
        return ask >> ExpandColumns(name="expand", columns={"instructions": instruction})

    def text_question(self) -> Step:
        """passage → an instruction that it answers."""
        llm = self.llm(self.plan.model, 0.5, 60)
        own = self.plan.prompt("TextQuestion")
        return TextQuestion(name="ask", llm=llm, lang=self.plan.lang, prompt=own)

    def text_answer(self, name: str, temperature: float | None = None, **outputs: str) -> Step:
        """passage and instruction → response, and both together."""
        drawn = self.plan.temperature if temperature is None else temperature
        llm = self.llm(self.plan.model, drawn, self.plan.longest)
        own = self.plan.prompt("TextAnswer")
        return TextAnswer(
            name=name, llm=llm, lang=self.plan.lang, prompt=own, output_mappings=outputs
        )

    def magpie(self, **columns: str) -> Step:
        """system prompt → an instruction that the model makes up itself; as `answer`."""
        opened = self.plan.gives_openers
        drawn = _CAREFULLY if opened else {"temperature": 0.7, "max_new_tokens": 160}
        llm = self._load(self.plan.model, use_magpie_template=True, **drawn)
        task = OpenedMagpie if opened else Magpie
        return task(name="magpie", llm=llm, only_instruction=True, input_mappings=columns)

    def evolve(self) -> Step:
        """instruction → a harder or a new one."""
        own = evolutions(self.plan, "EvolInstruct")
        return EvolInstruct(name="evolve", llm=self.writer, num_evolutions=1, **own)

    def answer(self, name: str = "answer", spec: str | None = None, **columns: str) -> Step:
        """instruction → response; `columns` as the step's `input_mappings`."""
        return TextGeneration(
            name=name,
            llm=self.answerer(spec),
            input_mappings=columns,
            output_mappings={"generation": "response"},
            **response_options(self.plan.prompt("Response")),
        )

    def answerer(self, spec: str | None = None) -> LLM:
        """The model for responses."""
        return self.llm(
            spec or self.plan.model, self.plan.temperature, self.plan.longest, **self.penalty
        )

    def sure_answer(self, before: Step, last: str, **columns: str) -> None:
        """instruction of `before` → response; of a very small model a brief one, with how likely it
        finds that, and how much of it it says again.

        The last of these steps is called `last`, the first one `answer` if it is another.
        """
        if not self.plan.needs.brief:
            before >> self.answer(last, **columns)
            return
        answer = BriefAnswer(
            name="answer",
            llm=self.answerer(),
            lang=self.plan.lang,
            system_prompt=content_of(self.plan.prompt("Magpie, response"), "system") or None,
            output_mappings={"generation": "response"},
        )
        measure = InstructionFollowingDifficulty(name="measure", llm=self.answerer())
        again = AnswersAgain(
            name="again",
            llm=self.llm(self.plan.model, 0.7, _GIST),
            most_loss=self.plan.needs.most_loss,
            system_prompt=answer.system_prompt,
            num_generations=self.plan.needs.again,
            output_mappings={"generation": "others"},
        )
        before >> answer >> measure >> again >> SelfConsistency(name=last)

    def judge(self, **columns: str) -> Step:
        """instruction and generations → ratings, 1 to 5; `columns` as its `input_mappings`."""
        llm = self.llm(self.plan.judge or self.plan.model, 0, 512)
        return Judge(
            name="judge",
            llm=llm,
            aspect="overall-rating",
            prompt=self.plan.prompt("UltraFeedback"),
            input_mappings=columns,
        )


# ---- instruction datasets ----
def _self_instruct(steps: _Steps) -> None:
    """document → four instructions → a response to each."""
    if steps.plan.asks_of_text:
        steps.text_question() >> steps.text_answer("answer", generation="response")
        return
    steps.questions() >> steps.answer()


def _magpie(steps: _Steps) -> None:
    """system prompt → an instruction that the model makes up itself → a response."""
    asks = {"system_prompt": "magpie_prompt"} if steps.plan.gives_openers else {}
    last = "compare" if steps.plan.needs.brief else "answer"
    steps.sure_answer(steps.magpie(**asks), last)


def _evol_instruct(steps: _Steps) -> None:
    """document → four instructions → each evolved into a harder or a new one → a response."""
    steps.questions() >> steps.evolve() >> steps.answer(instruction="evolved_instruction")


def _mixed(steps: _Steps) -> None:
    """All three side by side, each a leaf step; Magpie where the server can, or it is none."""
    questions = steps.questions()
    questions >> steps.answer("SelfInstruct")
    questions >> steps.evolve() >> steps.answer("EvolInstruct", instruction="evolved_instruction")
    prompt = {"system_prompt": "magpie_prompt"}
    try:
        magpie = steps.magpie(**prompt)
    except LLMUnavailable:  # a server without /completions: it does take chats, `questions` asked
        return
    # with openers the response has a system prompt of its own, or none
    steps.sure_answer(magpie, "Magpie", **({} if steps.plan.gives_openers else prompt))


def _verified(steps: _Steps) -> None:
    """problem → eight answers → the shortest that a program finds right."""
    plan = steps.plan
    llm = load_llm(
        plan.model,
        seed=plan.seed,
        temperature=1.0,
        max_new_tokens=plan.longest,
        thinking="keep",
    )
    solve = TextGeneration(
        name="solve",
        llm=llm,
        system_prompt=None if plan.is_bundled else SOLVES[plan.lang],
        num_generations=SAMPLES,
        group_generations=True,
        output_mappings={"generation": "generations"},
    )
    solve >> PickVerified(name="pick", verifier="number", lang=plan.lang)


# ---- preference datasets ----
def _two_models(steps: _Steps) -> None:
    """document → four instructions → two models respond to each → a judge rates what differs."""
    plan = steps.plan
    group = GroupColumns(
        name="group",
        columns=["generation", "model_name"],
        output_columns=["generations", "models"],
    )
    distinct = DistinctTexts(name="distinct")
    if plan.asks_of_text:
        respond = [steps.text_answer("respond"), steps.text_answer("respond-otherwise", 1.0)]
        asked, judge = steps.text_question(), steps.judge(instruction="asked")
    else:
        own = response_options(plan.prompt("Response"))
        respond = [TextGeneration(name=name, llm=llm, **own) for name, llm in _candidates(steps)]
        asked, judge = steps.questions(), steps.judge()
    asked >> respond >> group >> distinct >> judge


def _candidates(steps: _Steps) -> Iterator[tuple[str, LLM]]:
    """Name and model of the steps that respond, the best one first.

    The weaker model responds twice: at temperature 1 it errs in other places, and with three
    responses there are far more instructions of which two are rated differently.
    """
    plan = steps.plan
    weaker, careless = plan.weaker_model, max(1.0, plan.temperature)
    yield "respond", steps.answerer()
    if weaker:
        yield "respond-weaker", steps.llm(weaker, plan.temperature, plan.longest)
    # without a weaker model the same one again, but less careful
    yield "respond-otherwise", steps.llm(weaker or plan.model, careless, plan.longest)


def _evol_quality(steps: _Steps) -> None:
    """document → four instructions → a response → the response evolved → a judge rates both."""
    plan = steps.plan
    improver = steps.llm(plan.model, 0, plan.longest)
    merge = MergeColumns(
        name="merge", columns=["response", "evolved_response"], output_column="generations"
    )
    (
        steps.questions()
        >> steps.answer("respond", plan.weaker_model)
        >> EvolQuality(
            name="evolve", llm=improver, num_evolutions=1, **evolutions(plan, "EvolQuality")
        )
        >> merge
        >> steps.judge()
    )


_TECHNIQUES: dict[str, Callable[[_Steps], None]] = {
    "self-instruct": _self_instruct,
    "magpie": _magpie,
    "evol-instruct": _evol_instruct,
    "mixed": _mixed,
    "verified": _verified,
    "two-models": _two_models,
    "evol-quality": _evol_quality,
}


# ---- prompts ----
def evolutions(plan: Plan, task: str) -> dict[str, dict[str, str]]:
    """What `EvolInstruct` or `EvolQuality` is given for other ways of evolving than the usual."""
    own = {
        name.partition(", ")[2]: text
        for name, text in plan.prompts
        if name.partition(", ")[0] == task
    }
    kind = {"EvolInstruct": EvolInstruct, "EvolQuality": EvolQuality}[task]
    usual = kind.model_fields["mutation_templates"].default
    return {"mutation_templates": {**usual, **own}} if own else {}


def editable(plan: Plan, *, usual: bool = False) -> dict[str, str]:
    """The prompts of a plan that can be others, as they are now, or (`usual`) as they would be."""
    found = prompts(replace(plan, prompts=()) if usual else plan)
    found = {name: text for name, text in found.items() if name.partition(", ")[0] in PROMPTS}
    brief = plan.technique == "magpie" and plan.needs.brief
    if not (plan.asks_of_text or plan.is_verified or brief):
        found["Response"] = (not usual and plan.prompt("Response")) or f"[user]\n{INSTRUCTION}"
    return found


def prompts(plan: Plan, sources: Collection[str] = ()) -> dict[str, str]:
    """What the pipeline of a plan sends to its models, by task, with {names in braces} for what
    differs from row to row; responses are asked for by the bare instruction.

    Args:
        plan: what was carried out.
        sources: the techniques of a mixture that rows came from; none means all.
    """
    llm = BundledLLM()  # it is sent nothing

    def sent(task: Task, **row: Any) -> str:
        task.load()
        return as_prompt(task.format_input(row))

    found: dict[str, str] = {}
    if plan.asks_of_text:
        row = {"passage": "{passage}", "instruction": "{instruction}"}
        if plan.model != "smollm2":  # it is shown the sentence alone
            row["focus"] = "{focus}"
        found["TextQuestion"] = sent(TextQuestion(llm=llm, lang=plan.lang), **row)
        found["TextAnswer"] = sent(TextAnswer(llm=llm, lang=plan.lang), **row)
    elif plan.is_verified and not plan.is_bundled:
        found["TextGeneration"] = f"[system]\n{SOLVES[plan.lang]}"
    elif plan.technique not in ("magpie", "verified"):
        ask = QueryWriter(llm=llm, num_instructions=_QUESTIONS)
        found["SelfInstruct"] = sent(ask, input="{document}")
    if plan.technique in ("evol-instruct", "mixed"):
        templates = EvolInstruct(llm=llm, num_evolutions=1).mutation_templates
        found |= {f"EvolInstruct, {name}": text for name, text in templates.items()}
    if plan.technique == "magpie" or (plan.technique == "mixed" and "Magpie" in (sources or MIXED)):
        said = (ASKS if plan.gives_openers else SYSTEM_PROMPTS)[plan.lang]
        found["Magpie"] = f"[system]\n{said}"
        if plan.gives_openers and plan.needs.brief:
            found["Magpie, response"] = f"[system]\n{BRIEFLY[plan.lang]}"
    if plan.technique == "evol-quality":
        templates = EvolQuality(llm=llm, num_evolutions=1).mutation_templates
        found |= {f"EvolQuality, {name}": text for name, text in templates.items()}
    if plan.kind == "preference":
        judge = Judge(llm=llm, aspect="overall-rating")
        two = ["{response 1}", "{response 2}"]
        found["UltraFeedback"] = sent(judge, instruction="{instruction}", generations=two)
    own = {name: text for name, text in plan.prompts if name in found or name == "Response"}
    return found | own
