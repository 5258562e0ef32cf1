"""Measures the solver on held-out cases, by the verifiers of `smolsynth.verify`.

    python -m training.examine [--model solver] [--cases 300] [--samples 16] [--card]

prints a table and, as the last line, one JSON object: figures by language, each [mean, low, high]
with the 95% interval. What each means stands in FIGURES. Measured is the
int8 model that ships. Numbers, dates and phrasings are always held out; stories in half of the word
problems, and in the figures that say so. `--card` writes the model's card; `--show 20` prints
samples to read instead.
"""

import argparse
import json
from collections import Counter
from collections.abc import Sequence

from smolsynth.intervals import of_share
from smolsynth.llms import MODELS, BundledLLM
from smolsynth.verify.arithmetic import check_arithmetic
from smolsynth.verify.passing import Estimate, pass_at_k_interval
from smolsynth.verify.toolbox import calls_in
from training.evaluate import ONE_CORE, tokens_per_second
from training.solver import Case, cases
from training.world import LANGS

FIGURES = {
    "pass_at_1": "sums and word problems: a sample at temperature 1 is right",
    "pass_at_8": "the same: one of eight samples is right",
    "pass_at_1_sums": "pass@1 of sums",
    "pass_at_1_known": "pass@1 of word problems in stories that training knows",
    "pass_at_8_known": "pass@8 of word problems in stories that training knows",
    "pass_at_1_new": "pass@1 of word problems in new stories",
    "pass_at_8_new": "pass@8 of word problems in new stories",
    "greedy": "sums and word problems: the answer at temperature 0 is right",
    "spread": "problems that are neither always nor never right",
    "steps_true": "of right samples, those whose every step is true (interval over samples)",
    "distinct": "of right samples to one problem, those that differ from each other (interval over"
    " samples)",
    "calls_valid": "a call of a tool has the right form and can be run, at temperature 0",
    "calls_right": "the call gives what was wanted, at temperature 0",
    "tool_answers": "the tool's answer is used rightly, at temperature 0",
    "no_call": "no tool is called where none is for it, at temperature 0",
    "json_valid": "JSON fits its schema, at temperature 0",
    "json_right": "the JSON's values are right, too, at temperature 0",
}
BASE = "solver_base"
ABOUT = {
    "solver": """A very small model that works out sums and word problems in small steps, calls
tools and writes JSON, in English and Chinese. It errs on purpose: in its training a line of the
thoughts was wrong now and then, at random, so that of several answers some are right, and a program
that checks them has something to select. A teaching aid: outside its kinds of problems it writes
nonsense.""",
    BASE: """The solver's smaller sister, for students: sums and word problems alone, in English and
Chinese, with more slips in its training and half the layers, so that selection and training on its
own right answers have something to gain. A teaching aid: outside its kinds of problems it writes
nonsense.""",
}
LONGEST = 200  # new tokens; what training wrote is shorter


def share(results: Sequence[bool]) -> Estimate:
    """The share of true ones, with its interval (Wilson's)."""
    hits = sum(results)
    return Estimate(hits / len(results), of_share(hits, len(results)))


def pooled(results: Sequence[bool]) -> Estimate:
    """The share of true ones among samples, several to a problem; the interval takes each for
    itself, and is a little too narrow."""
    return pass_at_k_interval([(1, int(right)) for right in results or [False]], 1)


class Examination:
    """Figures of one model in one language.

    Args:
        model: name of a bundled model.
        count: cases of sums and word problems together, of tools, and of JSON.
        samples: answers to each of the former, eight at least.
        temperature: of those samples.
    """

    def __init__(
        self, model: str, lang: str, count: int = 300, samples: int = 16, temperature: float = 1.0
    ) -> None:
        self.lang, self.count, self.samples = lang, count, max(8, samples)
        self.temperature = temperature
        self.llm = BundledLLM(model=model, thinking="keep")
        self.llm.load()

    def answers(self, asked: Sequence[Case], samples: int = 0) -> list[list[str]]:
        """Answers to each case, thoughts included; one at temperature 0 without `samples`."""
        outputs = self.llm.generate(
            [case.asked for case in asked],
            num_generations=samples or 1,
            temperature=self.temperature if samples else 0,
            max_new_tokens=LONGEST,
        )
        return [
            [
                whole(thoughts, answer)
                for thoughts, answer in zip(output["thoughts"], output["generations"], strict=True)
            ]
            for output in outputs
        ]

    def problems(self) -> dict[str, list[Case]]:
        """Sums, and word problems in known and in new stories, in equal parts."""
        part = -(-self.count // 3)
        return {
            "sums": list(cases(self.lang, "sum", part)),
            "known": list(cases(self.lang, "word", part)),
            "new": list(cases(self.lang, "word", part, new_forms=True)),
        }

    def solving(self) -> dict[str, Estimate]:
        counts: dict[str, list[tuple[int, int]]] = {}
        greedy: list[bool] = []
        true: list[bool] = []
        differ: list[bool] = []
        for part, asked in self.problems().items():
            counts[part] = []
            for case, tries in zip(asked, self.answers(asked, self.samples), strict=True):
                right = [text for text in tries if case.right(text)]
                counts[part].append((len(tries), len(right)))
                true += [all(line.true for line in check_arithmetic(text)) for text in right]
                times = Counter(right)
                differ += [times[text] == 1 for text in right if len(right) > 1]
            greedy += [
                case.right(text) for case, [text] in zip(asked, self.answers(asked), strict=True)
            ]
        every = [pair for part in counts.values() for pair in part]
        return {
            "pass_at_1": pass_at_k_interval(every, 1),
            "pass_at_8": pass_at_k_interval(every, 8),
            "pass_at_1_sums": pass_at_k_interval(counts["sums"], 1),
            **{
                f"pass_at_{k}_{part}": pass_at_k_interval(counts[part], k)
                for part in ("known", "new")
                for k in (1, 8)
            },
            "greedy": share(greedy),
            "spread": share([0 < right < tries for tries, right in every]),
            "steps_true": pooled(true),
            "distinct": pooled(differ),
        }

    def tools(self) -> dict[str, Estimate]:
        half = -(-self.count // 2)
        asked = [
            *cases(self.lang, "tools", half + half % 2),
            *cases(self.lang, "tools", half + half % 2, new_forms=True),
        ]
        said = [texts[0] for texts in self.answers(asked)]
        calls = [(c, t) for c, t in zip(asked, said, strict=True) if c.kind == "call"]
        rest = [(c, t) for c, t in zip(asked, said, strict=True) if c.kind != "call"]
        alone = list(cases(self.lang, "no_tool", -(-self.count // 4)))
        uncalled = [texts[0] for texts in self.answers(alone)]
        return {
            "calls_valid": share([c.verify(t).outcome in ("right", "wrong") for c, t in calls]),
            "calls_right": share([c.right(t) for c, t in calls]),
            "tool_answers": share([c.right(t) for c, t in rest]),
            "no_call": share([not called(text) for text in uncalled]),
        }

    def json(self) -> dict[str, Estimate]:
        third = -(-self.count // 3)
        asked = [
            *cases(self.lang, "json_record", third),
            *cases(self.lang, "json_record", third, new_forms=True),
            *cases(self.lang, "json_word", third),
        ]
        pairs = list(zip(asked, [texts[0] for texts in self.answers(asked)], strict=True))
        return {
            "json_valid": share([c.verify(t).right for c, t in pairs]),
            "json_right": share([c.right(t) for c, t in pairs]),
        }

    def all(self) -> dict[str, Estimate]:
        """What the model was trained for: of the base, sums and word problems alone."""
        found = self.solving()
        if self.llm.model != BASE:
            found |= {**self.tools(), **self.json()}
        return {name: found[name] for name in FIGURES if name in found}

    def show(self, count: int) -> None:
        """Prints problems, each with two samples and whether they are right."""
        asked = [case for part in self.problems().values() for case in part[: -(-count // 3)]]
        for case, tries in zip(asked, self.answers(asked, 8), strict=True):
            print(f"== {case.form}: {case.asked[-1]['content']}")
            for text in tries[:2]:
                print(f"{text}\n-- {case.verify(text).reason.words(self.lang)}")


def whole(thoughts: str, answer: str | None) -> str:
    """An answer with its thoughts, as the model wrote it."""
    if answer is None:
        return f"<think>\n{thoughts}"
    return f"<think>\n{thoughts}\n</think>\n{answer}" if thoughts else answer


def called(text: str) -> bool:
    """Whether an answer tries to call a tool."""
    try:
        return bool(calls_in(text))
    except ValueError:
        return True


def in_cell(one: Estimate) -> str:
    """A mean with its interval, as tables show it."""
    return f"{one.mean:.3f}" + (" ({:.3f}-{:.3f})".format(*one.interval) if one.interval else "")


def write_card(model: str, figures: dict[str, dict[str, Estimate]], count: int) -> str:
    """Writes the model's card, from the figures and what `training.train` noted. Its path."""
    made = json.loads((MODELS / model / "training.json").read_text())
    speed = tokens_per_second(model)

    rows = "\n".join(
        f"| {meaning} | {in_cell(figures['en'][name])} | {in_cell(figures['zh'][name])} |"
        for name, meaning in FIGURES.items()
        if name in figures["en"]
    )
    sums = "\n".join(f"- `{name}` {value}" for name, value in made["sha256"].items())
    composed = "python -m training.solver" + " --base" * (model == BASE)
    notes = f"{made['notes']}\n\n" if made.get("notes") else ""
    beside = (
        f"; beside them {count} of calls and of answers from what a tool said, {count} objects "
    )
    others = "" if model == BASE else f"{beside}of JSON, {-(-count // 4)} that no tool is for"
    path = MODELS / model / "README.md"
    path.write_text(
        f"""---
language: [en, zh]
license: apache-2.0
library_name: transformers
tags: [synthetic, distilabel, education]
---

# smolsynth {model}

{ABOUT[model]}

| | |
|---|---|
| Architecture | Llama, {made["layers"]} layers of width {made["hidden"]}, \
{made["parameters"] / 1e6:.2f} M parameters, context 2,048 (trained on up to 1,024) |
| Tokenizer | byte-level BPE, {made["vocabulary"]} tokens, digits one by one, ChatML template |
| Trained on | {made["tokens_seen"] / 1e6:.1f} M tokens in {made["steps"]:,} steps, of \
{made["examples"]["rows"]:,} examples that `{composed}` composes; random initialisation |
| Time | {made["minutes"]:.0f} minutes on {made["device"]} |
| Seed | {made["seed"]} |

{notes}## Figures

`python -m training.examine --model {model}`: means and 95% intervals over {count} held-out cases \
a language, drawn one by one: a third sums, a third known stories, a third new ones\
{others}. Sets of numbers were never seen in training, nor the wording of sums, tools and JSON; \
known stories are told in words that training knows, new ones are new (there are not many, so \
other stories may move a figure further than its interval). It is the int8 model that was measured.

| figure | English | Chinese |
|---|---|---|
{rows}

Greedy generation, 32 prompts, 64 new tokens at most, on one core: {speed.get("ct2", 0):,} tokens
per second (CTranslate2, int8), plain `model.generate` {speed.get("generate", 0):,}; on all cores
{speed["ct2_all_cores"]:,}.

## Checksums (SHA-256)

{sums}
""",
        encoding="utf-8",
    )
    return str(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="solver", help="solver (default) or solver_base")
    parser.add_argument("--cases", type=int, default=300, help="of each kind and language")
    parser.add_argument("--samples", type=int, default=16, help="answers to a problem, 8 at least")
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--show", type=int, help="print that many problems with samples instead")
    parser.add_argument("--card", action="store_true", help="write the model's card")
    args = parser.parse_args()
    if args.card and not ONE_CORE:
        parser.error("--card tells the speed on one core, which this system can't measure.")
    exams = {
        lang: Examination(args.model, lang, args.cases, args.samples, args.temperature)
        for lang in LANGS
    }
    if args.show:
        for exam in exams.values():
            exam.show(args.show)
        return
    figures = {lang: exam.all() for lang, exam in exams.items()}
    print(f"{args.model:18}" + "".join(f"{lang:>24}" for lang in LANGS))
    for name, meaning in FIGURES.items():
        if name not in figures["en"]:
            continue
        row = [figures[lang][name] for lang in LANGS]
        cells = "".join(f"{in_cell(estimate):>24}" for estimate in row)
        print(f"{name:18}{cells}  {meaning}")
    if args.card:
        print(f"card written: {write_card(args.model, figures, args.cases)}")
    print(json.dumps({"model": args.model, "cases": args.cases, **rounded(figures)}))


def rounded(figures: dict[str, dict[str, Estimate]]) -> dict[str, dict[str, list[float]]]:
    return {
        lang: {
            name: [round(x, 4) for x in (estimate.mean, *(estimate.interval or ()))]
            for name, estimate in part.items()
        }
        for lang, part in figures.items()
    }


if __name__ == "__main__":
    main()
