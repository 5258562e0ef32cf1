"""distilabel tasks that ask about a text, and answer from it.

    writer = TextQuestion(llm=load_llm(temperature=0.7, max_new_tokens=40), lang="en")
    answerer = TextAnswer(llm=load_llm(temperature=0), lang="en")

Both show the model four short examples: without, small models write about the text instead of
asking about it, and answer from memory. One call writes one question about one sentence
(answer-aware question generation, as in Alberti et al. 2019): asked for a list, as `SelfInstruct`
asks, small models write scraps, and large ones ask about the beginning again and again.
"""

from typing import Any

from distilabel.steps.tasks import Task
from distilabel.typing import StepColumns

from smolsynth.llms.queries import parse_queries
from smolsynth.text.prompts import turns_of

ASK = {
    "en": "You write one short question that the text answers. It names what it is about and is"
    " understood without the text.",
    "zh": "请根据所给的文字写一个简短的问题，答案就在文字里。"
    "问题要说清楚问的是什么，不看原文也能懂。",
}
ANSWER = {
    "en": "You answer the question from the text alone, in one or two short sentences.",
    "zh": "请只根据所给的文字回答问题，用一两句话。",
}
_SHOTS = {  # a text, a question that it answers, the answer
    "en": (
        (
            "The museum opens at ten o'clock and closes at six, on Thursdays at nine.",
            "When does the museum close on Thursdays?",
            "On Thursdays the museum closes at nine.",
        ),
        (
            "Copper conducts electricity well, so most household wires are made of it.",
            "Why are most household wires made of copper?",
            "Most household wires are made of copper because it conducts electricity well.",
        ),
        (
            "To reset the radio, hold the red button for five seconds.",
            "How do you reset the radio?",
            "Hold the red button for five seconds to reset the radio.",
        ),
        (
            "The stone bridge was designed by Clara Munn and finished in 1904.",
            "Who designed the stone bridge?",
            "Clara Munn designed the stone bridge.",
        ),
    ),
    "zh": (
        (
            "博物馆上午十点开门，下午六点关门，星期四晚上九点才关。",
            "博物馆星期四几点关门？",
            "博物馆星期四晚上九点关门。",
        ),
        (
            "铜的导电性好，所以家里的电线大多用铜做。",
            "家里的电线为什么大多用铜做？",
            "因为铜的导电性好，所以家里的电线大多用铜做。",
        ),
        (
            "要把收音机恢复原状，请按住红色按钮五秒钟。",
            "怎样把收音机恢复原状？",
            "按住红色按钮五秒钟，就能把收音机恢复原状。",
        ),
        (
            "这座石桥由林书远设计，1904 年完工。",
            "这座石桥是谁设计的？",
            "这座石桥是林书远设计的。",
        ),
    ),
}
_TEXT = {"en": "Text: {text}", "zh": "文字：{text}"}
_FOCUS = {"en": "\nAsk about this: {focus}", "zh": "\n请就这一句提问：{focus}"}
_QUESTION = {"en": "\nQuestion:", "zh": "\n问题："}


class _OfText(Task):
    """What both have in common.

    Attributes:
        lang: "en" or "zh", the language of prompt and examples.
        prompt: another one, examples and all, see `smolsynth.text.prompts`; with {passage}, and of
            the answer {instruction}. {focus} is the sentence to ask about.
    """

    lang: str = "en"
    prompt: str = ""

    def _talk(self, system: str, shots: list[tuple[str, str]], last: str) -> list[dict[str, str]]:
        turns = [{"role": "system", "content": system}]
        for asked, said in shots:
            turns += [{"role": "user", "content": asked}, {"role": "assistant", "content": said}]
        return [*turns, {"role": "user", "content": last}]


class TextQuestion(_OfText):
    """Writes a question that a text answers.

    Input columns:
        - passage (`str`): the text.
        - focus (`str`, optional): the part of it to ask about.

    Output columns:
        - instruction (`str`): "" where the model wrote no question.
        - model_name (`str`)
    """

    @property
    def inputs(self) -> StepColumns:
        return {"passage": True, "focus": False}

    @property
    def outputs(self) -> StepColumns:
        return ["instruction", "model_name"]

    def format_input(self, input: dict[str, Any]) -> list[dict[str, str]]:
        """The examples, then the text."""
        lang = self.lang
        if self.prompt:
            given = {"passage": input["passage"], "focus": input.get("focus") or ""}
            return turns_of(self.prompt, given)
        shots = [
            (_TEXT[lang].format(text=text) + _QUESTION[lang], question)
            for text, question, _ in _SHOTS[lang]
        ]
        last = _TEXT[lang].format(text=input["passage"])
        if focus := input.get("focus"):
            last += _FOCUS[lang].format(focus=focus)
        return self._talk(ASK[lang], shots, last + _QUESTION[lang])

    def format_output(
        self, output: str | None, input: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The first question in what the model wrote."""
        return {"instruction": next(iter(parse_queries(output)), "")}


class TextAnswer(_OfText):
    """Answers a question from a text.

    Input columns:
        - passage (`str`): the text.
        - instruction (`str`)

    Output columns:
        - generation (`str | None`)
        - asked (`str`): text and question together, for a judge.
        - model_name (`str`)
    """

    @property
    def inputs(self) -> StepColumns:
        return ["passage", "instruction"]

    @property
    def outputs(self) -> StepColumns:
        return ["generation", "asked", "model_name"]

    def format_input(self, input: dict[str, Any]) -> list[dict[str, str]]:
        """The examples, then text and question."""
        if self.prompt:
            names = ("passage", "instruction")
            return turns_of(self.prompt, {name: input[name] for name in names})
        shots = [(self._asked(text, question), answer) for text, question, answer in self._shots]
        last = self._asked(input["passage"], input["instruction"])
        return self._talk(ANSWER[self.lang], shots, last)

    @property
    def _shots(self) -> tuple[tuple[str, str, str], ...]:
        return _SHOTS[self.lang]

    def _asked(self, text: str, question: str) -> str:
        lang = self.lang
        return _TEXT[lang].format(text=text) + f"{_QUESTION[lang]} {question}".rstrip()

    def format_output(
        self, output: str | None, input: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """What the model wrote."""
        row = input or {"passage": "", "instruction": ""}
        return {"generation": output, "asked": self._asked(row["passage"], row["instruction"])}
