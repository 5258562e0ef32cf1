"""The world that the bundled models know: concepts and facts in English and Chinese.

A domain is one file, `world/NAME.yaml`; adding a domain is adding a file. A concept has a name and
one short text for each of the SLOTS, in both languages; their wording: training/README.md.
`world/outside.yaml` lists names that the models must not know, to teach and measure refusals.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

HERE = Path(__file__).parent
LANGS = ("en", "zh")
SLOTS = ("kind", "role", "parts", "how", "fact", "tip", "where", "risk")


@dataclass(frozen=True)
class Concept:
    """One concept in one language; `slots` maps each of SLOTS to its text."""

    id: str
    domain: str
    domain_name: str
    name: str
    slots: dict[str, str]

    def __hash__(self) -> int:
        return hash((self.id, self.name))


def read_domain(path: Path) -> dict:
    """Reads one domain file. Raises ValueError naming file, concept and fault."""
    data = read_yaml(path)

    def bilingual(value, where: str) -> None:
        if not isinstance(value, dict) or set(value) != set(LANGS):
            raise ValueError(f"{path.name}: {where} must hold exactly en and zh")
        for lang, text in value.items():
            if not isinstance(text, str) or not text.strip() or text != text.strip():
                raise ValueError(f"{path.name}: {where}.{lang} must be a text without outer spaces")

    if set(data) != {"domain", "name", "concepts"} or data["domain"] != path.stem:
        raise ValueError(f"{path.name}: needs domain (the file's own name), name and concepts")
    bilingual(data["name"], "name")
    for concept in data["concepts"]:
        where = f"concept {concept.get('id')!r}"
        if set(concept) != {"id", "name", *SLOTS}:
            raise ValueError(f"{path.name}: {where} must have exactly id, name, {', '.join(SLOTS)}")
        for key in ("name", *SLOTS):
            bilingual(concept[key], f"{where}, {key}")
        for key in ("how", "fact", "tip", "where", "risk"):
            if not concept[key]["en"].endswith(".") or not concept[key]["zh"].endswith("。"):
                raise ValueError(f"{path.name}: {where}, {key} must be a whole sentence")
    return data


def read_yaml(path: Path) -> dict:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's, ten times as fast
    return yaml.load(path.read_text(encoding="utf-8"), loader)


@lru_cache
def load_world(lang: str) -> tuple[Concept, ...]:
    """All concepts in one language ("en" or "zh"), in the order of files and concepts."""
    concepts = []
    for path in sorted((HERE / "world").glob("*.yaml")):
        if path.stem == "outside":
            continue
        data = read_domain(path)
        concepts += [
            Concept(
                id=concept["id"],
                domain=data["domain"],
                domain_name=data["name"][lang],
                name=concept["name"][lang],
                slots={slot: concept[slot][lang] for slot in SLOTS},
            )
            for concept in data["concepts"]
        ]
    return tuple(concepts)


def twin(concept: Concept, lang: str) -> Concept:
    """The same concept in the other language."""
    return next(c for c in load_world(lang) if (c.domain, c.id) == (concept.domain, concept.id))


@lru_cache
def load_outside(lang: str, held_out: bool = False) -> tuple[str, ...]:
    """Names outside the world. Every fifth is held out from training, for measurement."""
    names = read_yaml(HERE / "world" / "outside.yaml")["names"]
    return tuple(n[lang] for i, n in enumerate(names) if (i % 5 == 4) == held_out)


@lru_cache
def load_phrases(lang: str) -> dict:
    """The phrasings of one language, from `phrases/LANG.yaml`."""
    return read_yaml(HERE / "phrases" / f"{lang}.yaml")
