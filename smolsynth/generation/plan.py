"""What a dataset is to be: a `Plan`, which the studio, the command line and `pipeline.py` share.

    plan = Plan(technique="magpie", topics=("weather",), rows=50)
    plan.inputs()       the rows that its pipeline starts from
    plan.command()      the line for a shell that makes the same rows
    script.code(plan)   the Python file that makes the same rows

Nothing heavy is imported here.
"""

import difflib
import json
import os
import shlex
import subprocess
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from hashlib import sha256
from itertools import cycle, islice
from random import Random
from typing import TYPE_CHECKING, Any, NoReturn

from smolsynth import __version__, seeds
from smolsynth.datasets.redact import holds_secret
from smolsynth.errors import SmolsynthError
from smolsynth.generation.needs import Needs, needs_of
from smolsynth.generation.passages import documents_of, passages, state_of
from smolsynth.generation.strings import _SAYS, IN_WORDS, NAMES, SYSTEM_PROMPTS
from smolsynth.generation.subtopics import documents_about, with_openers
from smolsynth.generation.world import mentioned
from smolsynth.rows import Row
from smolsynth.text.language import listed
from smolsynth.text.layout import clean
from smolsynth.text.prompts import content_of

if TYPE_CHECKING:
    from smolsynth.documents.read import Documents

THINKING = ("drop", "off", "keep")
KINDS = ("instruction", "preference")
TECHNIQUES = {  # and the kind of dataset that each makes
    "self-instruct": "instruction",
    "magpie": "instruction",
    "evol-instruct": "instruction",
    "mixed": "instruction",
    "verified": "instruction",
    "two-models": "preference",
    "evol-quality": "preference",
}
VERIFIED = "verified"
TUTOR, SOLVER = "bundled", "bundled:solver"
SAMPLES = 8  # answers to a problem, of which the best that is right is kept
PROMPTS: dict[str, tuple[str, ...]] = {  # steps whose prompt can be another; what it must hold
    "SelfInstruct": ("{document}",),
    "TextQuestion": ("{passage}",),
    "TextAnswer": ("{passage}", "{instruction}"),
    "EvolInstruct": ("<PROMPT>",),
    "EvolQuality": ("<PROMPT>", "<RESPONSE>"),
    "Magpie": ("{topic}",),
    "Magpie, response": (),
    "Response": ("{instruction}",),
    "UltraFeedback": ("{instruction}", "{response 1}", "{response 2}"),
}
OF_DOCUMENTS = ("self-instruct", "two-models")  # the others go beyond what a text says
MIXED = ("SelfInstruct", "Magpie", "EvolInstruct")  # what "mixed" mixes: its leaf steps
MOST_ROWS, MOST_LENGTH, MOST_SEED = 5000, 1024, 2**31 - 1
LEAST_CHUNK, MOST_CHUNK = 16, 2000  # tokens
# From here on a row costs more than twice as much as one of the first: measured with two texts in
# Chinese (34 rows each) and with three in English (22).
ROWS_OF_A_SEED = 20
MOST_INPUTS = 8000  # a bound: generation stops as soon as there are enough rows
_LATE = ("judge", "temperature", "thinking", "prompts")  # without them a plan is what it was
_LONGEST = 2000  # characters of a description


class PlanError(SmolsynthError, ValueError):
    """A plan that can't be carried out. `field` names the setting at fault."""

    def __init__(self, field: str, key: str, values: dict[str, Any], lang: str) -> None:
        self.field, self.key, self.values = field, key, values
        super().__init__(self.words(lang))

    def words(self, lang: str) -> str:
        """What is wrong, in "en" or "zh"."""
        values = {
            name: listed(value, lang) if isinstance(value, list) else value
            for name, value in self.values.items()
        }
        if "kind" in values:
            values["kind"] = NAMES[lang][values["kind"]]
        return _SAYS[lang][self.key].format(**values)


@dataclass(frozen=True)
class Plan:
    """A dataset to be made, checked.

    Attributes:
        kind: "instruction" or "preference"; by default that of the technique.
        technique: a key of TECHNIQUES, fitting the kind; by default the kind's first.
        lang: "en" or "zh", the language of the rows.
        topics: domains of `topics_of(technique, lang)`, or one; none means all that the model
            knows something of.
        about: instead of domains, what the data is to be about, in your own words.
        documents: instead of domains, files and folders to ask about; see `read_documents`.
        column: of tables among them, the one with the text.
        chunk: tokens of a chunk of a document, at most; by default what is good for the model.
        overlap: tokens that two chunks share, at most; by default an eighth of a chunk.
        rows: how many rows are wanted.
        model: as `load_llm` takes it, without a key or password; for "verified" the tutor, which
            can't count, gives way to the solver.
        seed: of everything that is drawn.
        length: tokens of a response, at most.
        judge: of preference data, the model that rates the responses; by default `model`.
        temperature: of responses; 0 takes the most probable token each time.
        thinking: what becomes of a model's thoughts, see `smolsynth.llms.thinking`; "keep" puts
            them into a column of instruction data.
        prompts: other prompts than the usual ones, by step, as `techniques.prompts` shows them: a
            dictionary, or pairs.

    Raises:
        PlanError: a setting that is unknown, out of range or at odds with another. The message is
            in the plan's language.

    >>> plan = Plan(technique="two-models", topics="weather")
    >>> plan.kind, plan.topics, plan.name
    ('preference', ('weather',), 'preference_two-models_en')
    """

    kind: str = ""
    technique: str = ""
    lang: str = "en"
    topics: tuple[str, ...] = ()
    about: str = ""
    documents: tuple[str, ...] = ()
    column: str = ""
    chunk: int | None = None
    overlap: int | None = None
    rows: int = 100
    model: str = "bundled"
    seed: int = 42
    length: int = 256
    judge: str = ""
    temperature: float = 0.0
    thinking: str = "drop"
    prompts: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if self.lang not in seeds_langs():
            raise PlanError("lang", "lang", {"value": self.lang}, "en")
        topics = (self.topics,) if isinstance(self.topics, str) else tuple(self.topics or ())
        given = self.documents or ()
        paths = (given,) if isinstance(given, str | os.PathLike) else tuple(given)
        kind = self.kind or TECHNIQUES.get(self.technique, KINDS[0])
        first = next((name for name, of in TECHNIQUES.items() if of == kind), "")
        for name, value in (
            ("topics", topics),
            ("documents", tuple(map(os.fspath, paths))),
            ("about", " ".join(clean(self.about or "").split())),
            ("kind", kind),
            ("technique", self.technique or first),
            ("model", SOLVER if self.technique == VERIFIED and self.model == TUTOR else self.model),
            ("judge", self.judge.strip() if kind == "preference" else ""),
            ("prompts", tuple(sorted(dict(self.prompts).items()))),
        ):
            object.__setattr__(self, name, value)
        if self.kind not in KINDS:
            self._refuse("kind", value=self.kind)
        fitting = [name for name, kind in TECHNIQUES.items() if kind == self.kind]
        if self.technique not in fitting:
            self._refuse("technique", value=self.technique, kind=self.kind, names=fitting)
        known = topics_of(self.technique, self.lang)
        for topic in self.topics:
            if topic not in known:
                self._refuse_topic(topic, list(known))
        if self.topics and self.about:
            self._refuse("about", "both")
        if self.is_verified:
            self._check_problems()
        elif self.needs.unknown and not (self.topics or self.about or self.documents):
            object.__setattr__(self, "topics", self._known_topics())
        if len(self.about) > _LONGEST:
            self._refuse("about", value=len(self.about), most=_LONGEST)
        if self.documents:
            self._check_documents()
        elif (self.chunk, self.overlap) != (None, None):
            self._refuse("chunk", "no_documents")
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
        for name in ("model", "judge"):
            if holds_secret(getattr(self, name)):
                self._refuse(name, "key")
        self._check_sampling()
        if self.lang not in self.needs.langs:
            self._refuse("model", "english", value=self.model)
        if self.about and self.is_bundled and not self._known():
            names = [row["concept"] for row in seeds.documents(self.lang, 5)]
            sizes = {
                "concepts": len(seeds.documents(self.lang)),
                "topics": len(seeds.topics(self.lang)),
            }
            self._refuse("about", "unknown", names=names, **sizes)

    def _check_sampling(self) -> None:
        value = self.temperature
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 2:
            self._refuse("temperature", value=value)
        if self.thinking not in THINKING:
            self._refuse("thinking", value=self.thinking, names=list(THINKING))
        for name, text in self.prompts:
            step = name if name in PROMPTS else name.partition(",")[0]
            if step not in PROMPTS:
                self._refuse("prompts", "no_step", value=name, names=list(PROMPTS))
            if missing := [part for part in PROMPTS[step] if part not in text]:
                self._refuse("prompts", value=name, names=missing)
            if not text.strip():
                self._refuse("prompts", "no_prompt", value=name)

    def _refuse_topic(self, topic: str, known: list[str]) -> NoReturn:
        if close := difflib.get_close_matches(topic, known, 1, 0.75):
            self._refuse("topics", "mistyped", value=topic, close=close[0], names=known)
        if not self.is_verified and mentioned(topic, self.lang):
            self._refuse("topics", "concept", value=topic, names=known)
        self._refuse("topics", value=topic, names=known)

    def _check_problems(self) -> None:
        for name in ("about", "documents"):
            if getattr(self, name):
                self._refuse(name, "of_problems")
        if self.model in ("bundled:tutor", "bundled:novice"):
            self._refuse("model", "no_sums", value=self.model)

    def _check_documents(self) -> None:
        if self.topics or self.about:
            self._refuse("documents", "both_documents")
        if self.technique not in OF_DOCUMENTS:
            names = [name for name in OF_DOCUMENTS if TECHNIQUES[name] == self.kind]
            self._refuse("technique", "of_documents", value=self.technique, names=names)
        size = self.chunk_tokens
        if type(size) is not int or not LEAST_CHUNK <= size <= MOST_CHUNK:
            self._refuse("chunk", value=size, least=LEAST_CHUNK, most=MOST_CHUNK)
        shared = self.chunk_overlap
        if type(shared) is not int or not 0 <= shared <= size // 2:
            self._refuse("overlap", value=shared, least=0, most=size // 2)
        for path in self.documents:
            if not os.path.exists(os.path.expanduser(path)):
                self._refuse("documents", value=path)

    def _refuse(self, field: str, key: str | None = None, **values: Any) -> NoReturn:
        raise PlanError(field, key or field, values, self.lang)

    @property
    def zh(self) -> bool:
        """Whether the rows are Chinese."""
        return self.lang == "zh"

    @property
    def is_bundled(self) -> bool:
        """Whether the model is one that comes with the course, and knows its world alone."""
        return _is_bundled(self.model)

    @property
    def is_verified(self) -> bool:
        """Whether problems are solved several times, and a program says which answers are right."""
        return self.technique == VERIFIED

    @property
    def is_own(self) -> bool:
        """Whether the data is about something that the course knows nothing of."""
        return bool(self.about) and not self.is_bundled

    @property
    def needs(self) -> Needs:
        """The help that the model is given."""
        return needs_of(self.model)

    @property
    def longest(self) -> int:
        """Tokens of a response, at most, of what is allowed and what is good for the model."""
        most = None if self.is_verified else self.needs.longest  # thoughts take what they take
        return min(self.length, most or self.length)

    @property
    def asks_of_text(self) -> bool:
        """Whether the model reads the documents: those of the course answer from what they know."""
        return bool(self.documents) and not self.is_bundled

    @property
    def chunk_tokens(self) -> int:
        """Tokens of a chunk of a document: a small model keeps to a short text."""
        return usual_chunk(self.model) if self.chunk is None else self.chunk

    @property
    def chunk_overlap(self) -> int:
        """Tokens that two chunks share, at most."""
        return self.chunk_tokens // 8 if self.overlap is None else self.overlap

    @property
    def too_hard(self) -> tuple[str, ...]:
        """Techniques of the mixture that are left out from the start."""
        return self.needs.too_hard if self.technique == "mixed" else ()

    @property
    def topics_left_out(self) -> tuple[str, ...]:
        """Domains that the model knows too little of, where the others are asked about."""
        unknown = self.needs.unknown
        return unknown if unknown and self.topics == self._known_topics() else ()

    def _known_topics(self) -> tuple[str, ...]:
        known = topics_of(self.technique, self.lang)
        return tuple(topic for topic in known if topic not in self.needs.unknown)

    @property
    def gives_openers(self) -> bool:
        """Whether Magpie is given the first words of its questions: small models need them, and
        they vary what is asked about a subject of one's own."""
        return self.technique in ("magpie", "mixed") and (self.is_own or self.needs.openers)

    @property
    def llm_options(self) -> str:
        """What `SMOLSYNTH_LLM_OPTIONS` holds or should, in JSON: `load_llm` takes it up."""
        given = os.environ.get("SMOLSYNTH_LLM_OPTIONS", "").strip()
        if not self.model_options:
            return given
        return json.dumps((json.loads(given) if given else {}) | self.model_options)

    @property
    def model_options(self) -> dict[str, Any]:
        """What `load_llm` is told of every model, beside what a step asks of it."""
        return {"thinking": self.thinking} if self.thinking != Plan.thinking else {}

    def prompt(self, step: str) -> str:
        """Another prompt for a step; "" where it is the usual one."""
        return dict(self.prompts).get(step, "")

    @property
    def weaker_model(self) -> str | None:
        """The model whose responses are likely to be the worse ones, where there is one."""
        return "bundled:novice" if self.model in ("bundled", "bundled:tutor") else None

    def method(self, sources: Collection[str] = ()) -> str:
        """The technique in words, for the dataset card; of several, those that rows came from."""
        if self.technique == "mixed" and sources:
            return listed((name for name in MIXED if name in sources), self.lang)
        return IN_WORDS[self.lang][self.technique]

    @property
    def name(self) -> str:
        """A name for files: kind, technique and language."""
        return f"{self.kind}_{self.technique}_{self.lang}"

    @property
    def chunk_size(self) -> tuple[int, ...]:
        """Rows of `inputs` that are taken at once: few at first, so that there is something to see,
        then enough to keep a model busy. Of problems very few: a row is eight answers, and whether
        a model can solve any is to be known soon."""
        if self.is_verified and not self.is_bundled:
            return (2, 4, 8, 16)
        one_a_row = self.technique in ("magpie", VERIFIED) or bool(self.too_hard)
        one_a_row = one_a_row or self.asks_of_text
        return (16, 16, 32) if one_a_row else (4, 8, 8, 8, 16)

    def digest(self) -> str:
        """Tells plans apart whose rows differ; plans that differ in `rows` alone share theirs.

        A document whose content changes makes it another plan.
        """
        values: list[Any] = [
            (one.name, getattr(self, one.name))
            for one in fields(self)
            if one.name != "rows"
            and (one.name not in _LATE or getattr(self, one.name) != one.default)
        ]
        if self.llm_options:
            from smolsynth.llms.options import PACE, from_environment  # takes seconds

            options = from_environment() | self.model_options
            asked = {name: options[name] for name in options if name not in PACE}
            values += [asked] if asked else []
        values += [state_of(self.documents)] if self.documents else []
        return sha256(repr([__version__, *values]).encode()).hexdigest()[:12]

    def _known(self) -> list[Row]:
        """The documents of the bundled world that the description names."""
        found = mentioned(self.about, self.lang)
        return [
            row | {"topic": row["concept"]}
            for row in seeds.documents(self.lang)
            if row["concept"] in found or row["topic"] in found
        ]

    def read(self) -> "Documents":
        """The chunks of the documents, with what could not be read.

        Raises NoDocuments as `read_documents`.
        """
        return documents_of(
            self.documents, self.model, self.chunk_tokens, self.chunk_overlap, self.column
        )

    def few_seeds(self) -> int:
        """How many texts the bundled model starts from, where they are few for so many rows: then
        it repeats itself, and a row takes more tokens than one of the sample; else 0."""
        seeds_there = len(self.seed_documents()) if self.is_bundled else 0
        return seeds_there if self.rows > ROWS_OF_A_SEED * seeds_there else 0

    def seed_documents(self, subtopics: Sequence[str] = ()) -> list[Row]:
        """What generation starts from: dicts of `topic` and `document`; or problems, see
        `seeds.problems`.

        Args:
            subtopics: of a subject that the course knows nothing of, as `subtopics` of
                `smolsynth.generation.subtopics` finds them.
        """
        if self.documents:
            found = passages(self.read(), self.lang, self.model)
            if not found:
                key = "unknown_documents" if self.is_bundled else "no_passages"
                concepts, topics = len(seeds.documents(self.lang)), len(seeds.topics(self.lang))
                self._refuse("documents", key, concepts=concepts, topics=topics)
            return found
        if self.is_own:
            return documents_about(self.about, subtopics, self.lang)
        if self.about:
            return self._known()
        rows = (seeds.problems if self.is_verified else seeds.documents)(self.lang)
        return [row for row in rows if not self.topics or row["topic"] in self.topics]

    @property
    def magpie_prompt(self) -> str:
        """The system prompt of Magpie's questions, with {topic}, where it has no openers."""
        return content_of(self.prompt("Magpie"), "system") or SYSTEM_PROMPTS[self.lang]

    def inputs(self, subtopics: Sequence[str] = ()) -> list[Row]:
        """The documents in random order, again and again: more than any run takes."""
        rows = self.seed_documents(subtopics)
        Random(self.seed).shuffle(rows)
        rows = list(islice(cycle(rows), MOST_INPUTS))
        if self.gives_openers:
            return with_openers(rows, self.lang, content_of(self.prompt("Magpie"), "system"))
        prompt = self.magpie_prompt
        if self.technique == "magpie":
            rows = [
                {"topic": row["topic"], "system_prompt": prompt.replace("{topic}", row["topic"])}
                for row in rows
            ]
        elif self.technique == "mixed":
            rows = [
                row | {"magpie_prompt": prompt.replace("{topic}", row["topic"])} for row in rows
            ]
        return rows

    def seed_texts(self) -> list[str]:
        """The documents that a model reads, so that rows which copy them are found."""
        if self.technique in ("magpie", VERIFIED):
            return []
        if self.is_own:
            return [self.about]
        return list(dict.fromkeys(row["document"] for row in self.seed_documents()))

    def command(self, *, windows: bool = os.name == "nt") -> str:
        """The command that makes the same rows, quoted for a POSIX shell or for Windows' cmd."""
        words = ["python", "-m", "smolsynth", "generate"]
        words += ["--technique", self.technique, "--lang", self.lang]
        for topic in self.topics:
            words += ["--topic", topic]
        if self.about:
            words.append(f"--about={self.about}")  # one word: it may begin with a dash
        if self.documents:
            words += ["--documents", *self.documents]
        if self.column:
            words.append(f"--column={self.column}")
        for name in ("chunk", "overlap"):
            if (size := getattr(self, name)) is not None:
                words += [f"--{name}", str(size)]
        words += ["--rows", str(self.rows), "--model", self.model, "--seed", str(self.seed)]
        if self.length != Plan.length:
            words += ["--length", str(self.length)]
        if self.judge:
            words += ["--judge", self.judge]
        if self.temperature != Plan.temperature:
            words += ["--temperature", f"{self.temperature:g}"]
        for name, prompt in self.prompts:
            words += ["--prompt", f"{name}={prompt}"]
        if self.llm_options:
            words += ["--llm-options", self.llm_options]
        return subprocess.list2cmdline(words) if windows else shlex.join(words)


def _is_bundled(model: str) -> bool:
    return model.partition(":")[0] == "bundled"


def usual_chunk(model: str) -> int:
    """Tokens of a chunk of a document that are good for a model, as `load_llm` takes it."""
    return 80 if _is_bundled(model) or model == "smollm2" else 200


def topics_of(technique: str, lang: str) -> list[str]:
    """The topics that a technique can be about: domains of the bundled world, or of problems."""
    return (seeds.problem_topics if technique == VERIFIED else seeds.topics)(lang)


def seeds_langs() -> tuple[str, ...]:
    """The languages that there are seeds in."""
    return tuple(SYSTEM_PROMPTS)
