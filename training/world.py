"""The world that the bundled models know: concepts and facts in English and Chinese.

    python -m training.world [FILE ...]                  every fault of the files (default: all)
    python -m training.world --pairs CONCEPT ... [--lang zh]   its questions and answers, to read

A domain is one file, `world/NAME.yaml`; adding a domain is adding a file. A concept is of a type,
and has facts under aspects: an aspect says exactly which questions the fact answers, so that no
thing is asked what it can't be asked. The form: training/README.md. `world/outside.yaml` lists
names that the models must not know, to teach and measure refusals.
"""

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import yaml

from training.texts import spaced

HERE = Path(__file__).parent
WORLD = HERE / "world"
LANGS = ("en", "zh")
# type of thing: the aspects under which it has facts, besides EVERY
EVERY = ("what", "wonder")
TYPES: dict[str, tuple[str, ...]] = {
    name: tuple(aspects.split())
    for name, aspects in {
        "animal": "looks feeds moves breeds habitat effect watch threat",
        "plant": "looks grows habitat use effect care threat eaten",
        "organ": "job works place looks care illness",
        "device": "use parts works used_in care trouble danger origin",
        "tool": "use parts works used_in care choose danger origin",
        "vehicle": "use parts works used_in advice danger origin",
        "instrument": "parts sounds played used_in care origin trouble",
        "material": "use made found looks care limits danger origin",
        "food": "taste made eaten region choose care danger origin",
        "weather": "forms looks found effect watch danger advice",
        "landform": "forms looks found effect danger advice",
        "celestial": "looks forms works seen effect spot",
        "place": "use parts works sited advice trouble origin",
        "sport": "played gear sited use advice injury origin",
        "activity": "done gear sited use advice origin region",
        "method": "use works parts used_in example limits advice origin",
        "phenomenon": "cause signs effect example remedy origin",
        "dataset_or_model": "use made parts example limits origin",
        "festival": "when custom eaten_at meaning story region",
        "idiom": "meaning story usage source mistake",
    }.items()
}
ASPECTS = tuple(dict.fromkeys([*EVERY, *(a for aspects in TYPES.values() for a in aspects)]))
ASKED = ("wonder", "origin", "story")  # facts that always bring their own questions


@dataclass(frozen=True)
class Fact:
    """One fact: sentences that all say the same, of which `short` is the one-word answer."""

    wordings: tuple[str, ...]  # with {X} or {x} where the name, or a pronoun, stands
    short: str | None = None
    ask: tuple[str, ...] = ()  # questions for this very fact, with {x}


@dataclass(frozen=True)
class Concept:
    """One concept in one language; `facts` by aspect, in the file's order."""

    id: str
    domain: str
    domain_name: str
    type: str
    name: str
    facts: dict[str, Fact] = field(hash=False, repr=False)
    groups: tuple[str, ...] = ()
    plural: bool = False  # its English name is: "they"

    @property
    def aspects(self) -> tuple[str, ...]:
        return tuple(self.facts)


@dataclass(frozen=True)
class Group:
    """What some concepts of a domain have in common; `members` are ids."""

    id: str
    domain: str
    name: str
    members: tuple[str, ...]


@dataclass(frozen=True)
class Sequence:
    """Things in an order that can be checked."""

    id: str
    domain: str
    title: str
    order: str
    items: tuple[str, ...]


def domain_files() -> list[Path]:
    return [path for path in sorted(WORLD.glob("*.yaml")) if path.stem != "outside"]


@lru_cache
def domains() -> tuple[dict, ...]:
    """The data of all domain files."""
    return tuple(map(read_yaml, domain_files()))


def read_yaml(path: Path) -> dict:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's, ten times as fast
    return yaml.load(path.read_text(encoding="utf-8"), loader)


@lru_cache
def load_world(lang: str) -> tuple[Concept, ...]:
    """All concepts in one language ("en" or "zh"), in the order of files and concepts."""
    return tuple(
        Concept(
            id=concept["id"],
            domain=data["domain"],
            domain_name=data["name"][lang],
            type=concept["type"],
            name=concept["name"][lang],
            groups=tuple(concept.get("groups", ())),
            plural=concept.get("pronoun") == "they",
            facts={
                aspect: Fact(
                    tuple(fact[lang]),
                    fact.get("short", {}).get(lang),
                    tuple(fact.get("ask", {}).get(lang, ())),
                )
                for aspect, fact in concept["facts"].items()
            },
        )
        for data in domains()
        for concept in data["concepts"]
    )


@lru_cache
def by_id(lang: str) -> dict[str, Concept]:
    return {concept.id: concept for concept in load_world(lang)}


@lru_cache
def load_groups(lang: str) -> tuple[Group, ...]:
    """All groups in one language, with the ids of their members."""
    return tuple(
        Group(
            name,
            data["domain"],
            names[lang],
            tuple(c["id"] for c in data["concepts"] if name in c.get("groups", ())),
        )
        for data in domains()
        for name, names in data.get("groups", {}).items()
    )


@lru_cache
def load_sequences(lang: str) -> tuple[Sequence, ...]:
    """All sequences in one language."""
    return tuple(
        Sequence(
            s["id"], data["domain"], s["title"][lang], s["order"][lang], tuple(s["items"][lang])
        )
        for data in domains()
        for s in data.get("sequences", ())
    )


def twin(concept: Concept, lang: str) -> Concept:
    """The same concept in the other language."""
    return by_id(lang)[concept.id]


@lru_cache
def load_outside(lang: str, held_out: bool = False) -> tuple[str, ...]:
    """Names outside the world. Every fifth is held out from training, for measurement."""
    names = read_yaml(WORLD / "outside.yaml")["names"]
    return tuple(n[lang] for i, n in enumerate(names) if (i % 5 == 4) == held_out)


@lru_cache
def load_phrases(lang: str) -> dict:
    """The phrasings of one language: `tasks.yaml`, and under "aspects" those of `aspects*.yaml`."""
    phrases = read_yaml(HERE / "phrases" / "tasks.yaml")
    phrases["aspects"] = {}
    for path in sorted((HERE / "phrases").glob("aspects*.yaml")):
        phrases["aspects"] |= read_yaml(path)
    for aspect, more in read_yaml(HERE / "phrases" / "more.yaml").items():
        phrases["aspects"][aspect]["more"] = more
    phrases["not_for"] = read_yaml(HERE / "phrases" / f"not_for_{lang}.yaml")
    return in_lang(phrases, lang)


def in_lang(tree, lang: str):
    """The half of a tree that is of one language: every {en: …, zh: …} gives way to its value."""
    if not isinstance(tree, dict):
        return tree
    if set(tree) == set(LANGS):
        return tree[lang]
    return {key: in_lang(value, lang) for key, value in tree.items()}


def bare(name: str) -> str:
    """A name without its article, in lower case."""
    return without_article(name).lower()


def without_article(name: str) -> str:
    return re.sub(r"^(a|an|the) ", "", name)


def core(text: str) -> str:
    """The longest piece of a sentence that holds no name: what it is known by in a text."""
    piece = max(re.split(r"\{[xX]\}", text), key=len).strip(" ，。.,")
    return spaced(piece)


def pairs(concepts: Iterable[str], lang: str) -> Iterator[str]:
    """Every question that a concept can be asked, each with a right answer, one a line."""
    import random

    from training.composer import Composer

    composer = Composer(lang, random.Random(0))
    for name in concepts:
        concept = by_id(lang)[name]
        yield f"## {concept.id} ({concept.type}): {concept.name}"
        for aspect in concept.aspects:
            for q in composer.all_questions(concept, aspect):
                yield f"{aspect:9} {q.text} → {composer.answer(q)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--pairs", nargs="+", metavar="CONCEPT", help='ids, or "all"')
    parser.add_argument("--lang", choices=LANGS, help="default: both")
    args = parser.parse_args()
    if args.pairs:
        for lang in [args.lang] if args.lang else LANGS:
            wanted = list(by_id(lang)) if args.pairs == ["all"] else args.pairs
            for line in pairs(wanted, lang):
                print(line)
        return
    from training.check import check

    found = check(args.files or domain_files())
    for line in found.faults:
        print(line)
    for line in found.hints:
        print(f"(look) {line}")
    print(f"{len(found.faults)} faults, {len(found.hints)} to look at")
    sys.exit(bool(found.faults))


if __name__ == "__main__":
    main()
