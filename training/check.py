"""Looks through the files of the world for what is wrong: `python -m training.world`."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import yaml

from training.texts import spaced
from training.world import (
    ASKED,
    ASPECTS,
    EVERY,
    LANGS,
    TYPES,
    bare,
    core,
    domain_files,
    load_outside,
    read_yaml,
)

HAN = "\u4e00-\u9fff"


class Check:
    """Looks through domain files and collects what is wrong: `faults`, and `hints` to look at."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.hints: list[str] = []
        self.where = ""
        self.unusual: dict[str, list[str]] = defaultdict(list)

    def fault(self, said: str) -> None:
        self.faults.append(f"{self.where}: {said}")

    def hint(self, said: str) -> None:
        self.hints.append(f"{self.where}: {said}")

    def bilingual(self, value, what: str, kind: type = str) -> bool:
        if not isinstance(value, dict) or set(value) != set(LANGS):
            self.fault(f"{what} must hold exactly en and zh")
            return False
        if not all(isinstance(v, kind) and v for v in value.values()):
            word = "texts" if kind is str else "lists"
            self.fault(f"{what}: en and zh must be {word}")
            return False
        for text in value.values():
            for part in [text] if kind is str else text:
                if not isinstance(part, str) or part != part.strip() or not part or "\n" in part:
                    self.fault(f"{what}: {part!r} must be one line without outer spaces")
                    return False
        return True

    # ---- one file ----
    def file(self, path: Path, data: dict) -> None:
        self.where = path.name
        keys = {"domain", "name", "groups", "concepts", "sequences"}
        if set(data) != keys or data["domain"] != path.stem:
            wrong = f"needs domain (the file's own name), {', '.join(sorted(keys - {'domain'}))}"
            return self.fault(f"{wrong}; has {', '.join(data)}")
        self.bilingual(data["name"], "name")
        ids = [concept.get("id") for concept in data["concepts"]]
        for twice in [i for i, n in Counter(ids).items() if n > 1]:
            self.fault(f"id {twice!r} stands there twice")
        if len(ids) < 8:
            self.fault("a domain has at least eight concepts")
        for concept in data["concepts"]:
            self.where = f"{path.name}: {concept.get('id')}"
            self.concept(concept, data["groups"])
        self.where = path.name
        for aspect, ids in self.unusual.items():
            self.hint(f"{aspect} is unusual for {', '.join(ids)}: do its questions fit?")
        self.unusual.clear()
        self.groups(data)
        self.sequences(data)
        self.chinese_shares(data)
        self.neighbours(data)

    def concept(self, concept: dict, groups: dict) -> None:
        here = self.where
        missing = {"id", "type", "name", "facts"} - set(concept)
        extra = set(concept) - {"id", "type", "name", "groups", "facts", "pronoun"}
        if missing or extra:
            return self.fault(f"lacks {sorted(missing)}, has unknown {sorted(extra)}")
        if not self.bilingual(concept["name"], "name"):
            return None
        if concept["type"] not in TYPES:
            return self.fault(f"type {concept['type']!r} is none of {', '.join(TYPES)}")
        if concept.get("pronoun", "they") != "they":
            self.fault("pronoun can only be they")
        for group in concept.get("groups", ()):
            if group not in groups:
                self.fault(f"group {group!r} is not among the file's groups")
        if spaced(concept["name"]["zh"]) != concept["name"]["zh"]:
            self.fault(f"space between Chinese and Latin in {concept['name']['zh']}")
        facts = concept["facts"]
        for aspect in EVERY:
            if aspect not in facts:
                self.fault(f"has no {aspect}")
        if not 7 <= len(facts) <= 9:
            self.fault(f"has {len(facts)} facts, should have 7-9")
        for aspect, fact in facts.items():
            self.where = f"{here}: {aspect}"
            if aspect not in ASPECTS:
                self.fault("is no aspect")
            elif aspect not in (*EVERY, *TYPES[concept["type"]]):
                self.unusual[aspect].append(concept["id"])
            self.fact(aspect, fact, concept)
        self.where = here
        if sum("short" in f for f in facts.values()) < 3:
            self.fault("needs `short` for what and for at least two facts more")
        if sum("ask" in f for f in facts.values()) < 3:
            self.fault("needs `ask` for at least three facts")
        return None

    def fact(self, aspect: str, fact: dict, concept: dict) -> None:
        if not isinstance(fact, dict) or not {"en", "zh"} <= set(fact):
            return self.fault("needs en and zh, each a list of wordings")
        if extra := set(fact) - {"en", "zh", "short", "ask"}:
            self.fault(f"unknown keys {sorted(extra)}")
        if not self.bilingual({g: fact[g] for g in LANGS}, "wordings", list):
            return None
        for lang in LANGS:
            least = 2 if aspect == "what" else 1
            if not least <= len(fact[lang]) <= 3:
                self.fault(f"{lang}: has {len(fact[lang])} wordings, should have {least}-3")
            for text in fact[lang]:
                (self.english if lang == "en" else self.chinese)(text, concept)
        if "short" in fact:
            self.short(fact)
        elif aspect == "what":
            self.fault("needs `short`, the genus")
        if "ask" in fact:
            self.ask(fact)
        elif aspect in ASKED:
            self.fault("needs `ask`, questions for just this fact")
        return None

    def short(self, fact: dict) -> None:
        if not self.bilingual(fact["short"], "short"):
            return
        for lang in LANGS:
            short = fact["short"][lang]
            for text in fact[lang]:
                if short.lower() not in text.lower():
                    self.fault(f"short {short!r} does not stand in {text!r}")
            if "{" in short or short.endswith((".", "。")):
                self.fault(f"short {short!r} is a bare noun phrase")

    def ask(self, fact: dict) -> None:
        if not self.bilingual(fact["ask"], "ask", list):
            return
        for lang in LANGS:
            short = fact.get("short", {}).get(lang)
            if len(fact["ask"][lang]) < 2:
                self.fault(f"ask {lang}: two questions at least")
            for text in fact["ask"][lang]:
                if not text.endswith("？" if lang == "zh" else "?"):
                    self.fault(f"ask must end in a question mark: {text}")
                if len(re.findall(r"\{[xX]\}", text)) != 1:
                    self.fault(f"ask must have {{x}} once: {text}")
                self.places(text, lang)
                if short and short.lower() in text.lower():
                    self.fault(f"ask tells the answer ({short}): {text}")
                if lang == "zh":
                    self.typography(text)

    def places(self, text: str, lang: str) -> None:
        """{X} at the start of an English sentence and nowhere else, {x} elsewhere."""
        if set(re.findall(r"\{(.*?)\}", text)) - {"x", "X"}:
            self.fault(f"only {{x}} and {{X}} are filled: {text}")
        if lang == "zh":
            if "{X}" in text:
                self.fault(f"{{X}} is for English: {text}")
        elif text.startswith("{x}") or "{X}" in text[1:]:
            self.fault(f"{{X}} at the start, {{x}} elsewhere: {text}")

    def english(self, text: str, concept: dict) -> None:
        self.places(text, "en")
        filled = text.replace("{X}", concept["name"]["en"]).replace("{x}", concept["name"]["en"])
        count = len(filled.split())
        if len(re.findall(r"\{[xX]\}", text)) > 1:
            self.fault(f"{{x}} at most once: {text}")
        if not text.endswith("."):
            self.fault(f"must end in a full stop: {text}")
        if not (text[0].isupper() or text[0].isdigit() or text.startswith("{X}")):
            self.fault(f"must begin with a capital: {text}")
        if re.search(r"[!?]|[.] [A-Z{]", text):
            self.fault(f"must be one sentence, no question: {text}")
        if not re.fullmatch(r"[ -~°£€½À-ÿāáǎàēéěèīíǐìōóǒòūúǔù]+", text):
            self.fault(f"has a character that is not plain English: {text}")
        if not 5 <= count <= 24:
            self.fault(f"{count} words, should be 6-20: {text}")
        elif count > 21:
            self.hint(f"{count} words, should be 6-20: {text}")

    def chinese(self, text: str, concept: dict) -> None:
        self.places(text, "zh")
        self.typography(text)
        if text.count("{x}") > 1:
            self.fault(f"{{x}} at most once: {text}")
        if not text.endswith("。") or "。" in text[:-1]:
            self.fault(f"must be one sentence that ends in 。: {text}")
        if re.search(r"[？！]", text):
            self.fault(f"no question, no exclamation: {text}")
        if re.search(r"它[。，]?$", text):
            self.fault(f"以“它”收尾: {text}")
        for word in ("所谓", "简单来说", "的方式。", "就成了它", "要当心的是", "重要的作用"):
            if word in text:
                self.fault(f"不用“{word}”: {text}")
        kinds = ("animal", "plant", "organ", "phenomenon", "weather")
        if concept["type"] in kinds and re.search("由.*组成", text):
            self.fault(f"不用“由……组成”说动物、器官、现象: {text}")
        size = len(text.replace("{x}", concept["name"]["zh"]))
        if not 8 <= size <= 48:
            self.fault(f"{size} 字，应为 10-40: {text}")
        elif size > 42:
            self.hint(f"{size} 字，应为 10-40: {text}")

    def typography(self, text: str) -> None:
        if re.search(r"[\"',;:!?()]|\.(?!\d)", re.sub(r"[A-Za-z]+[.'][a-z]+", "", text)):
            self.fault(f"标点应为全角: {text}")
        if spaced(text) != text or re.search(rf"[{HAN}，。：；？] +[{HAN}]", text):
            self.fault(f"中文和西文、数字之间空一格，别处不空: {text}")
        if re.search(rf"\{{x\}} |[{HAN}] \{{x\}}", text):
            self.fault(f"{{x}} 两边不空格（程序会加）: {text}")

    # ---- what a file has as a whole ----
    def groups(self, data: dict) -> None:
        count = Counter(g for concept in data["concepts"] for g in concept.get("groups", ()))
        if not 4 <= len(data["groups"]) <= 8:
            self.fault(f"has {len(data['groups'])} groups, should have 4-7")
        for name, names in data["groups"].items():
            self.bilingual(names, f"group {name}")
            if count[name] < 3:
                self.fault(f"group {name} has {count[name]} members, needs three")
            if len(data["concepts"]) - count[name] < 3:
                self.fault(f"group {name} leaves fewer than three outside: no odd one out")

    def sequences(self, data: dict) -> None:
        if len(data["sequences"]) < 5:
            self.fault(f"has {len(data['sequences'])} sequences, should have 5-6")
        for sequence in data["sequences"]:
            if set(sequence) != {"id", "title", "order", "items"}:
                self.fault(f"sequence {sequence.get('id')}: needs id, title, order, items")
                continue
            for key in ("title", "order"):
                self.bilingual(sequence[key], f"sequence {sequence['id']}, {key}")
            if not self.bilingual(sequence["items"], f"sequence {sequence['id']}, items", list):
                continue
            en, zh = (sequence["items"][g] for g in LANGS)
            if len(en) != len(zh) or not 4 <= len(en) <= 6:
                self.fault(f"sequence {sequence['id']}: 4-5 items, as many in both languages")
            if len(set(en)) < len(en) or len(set(zh)) < len(zh):
                self.fault(f"sequence {sequence['id']}: an item stands there twice")

    def chinese_shares(self, data: dict) -> None:
        facts = [f for c in data["concepts"] for f in c.get("facts", {}).values()]
        texts = [t for f in facts for t in f.get("zh", ()) if isinstance(t, str)]
        what = [t for c in data["concepts"] for t in c.get("facts", {}).get("what", {})["zh"]]
        if not texts:
            return
        for name, found, among, most in (
            ("含“它”的句子", [t for t in texts if "它" in re.sub("其它", "", t)], texts, 1 / 3),
            ("{x} 不在句首的句子", [t for t in texts if "{x}" in t[1:]], texts, 1 / 5),
            ("不含 {x} 的句子", [t for t in texts if "{x}" not in t], texts, 1 / 3),
            (
                "“一种／一类”起头的定义",
                [t for t in what if re.match(r"\{x\}是一[种类]", t)],
                what,
                1 / 2,
            ),
        ):
            if len(found) > most * len(among):
                self.fault(f"{name}占 {len(found) / len(among):.0%}，应少于 {most:.0%}")

    def neighbours(self, data: dict) -> None:
        """What several concepts of a file say under one aspect in the same short words."""
        for lang in LANGS:
            said = defaultdict(list)
            for concept in data["concepts"]:
                for aspect, fact in concept.get("facts", {}).items():
                    if isinstance(fact, dict) and isinstance(fact.get("short"), dict):
                        said[aspect, str(fact["short"].get(lang)).lower()].append(concept["id"])
            for (aspect, short), ids in said.items():
                if len(ids) > 1 and aspect != "what":
                    self.hint(
                        f"{aspect}: short {short!r} of {', '.join(ids)}: no wrong facts of it"
                    )

    # ---- all files together ----
    def together(self, files: dict[str, dict]) -> None:
        """Ids, names and sentences are unique; no name is outside the world."""
        self.where = "all files"
        outside = {g: set(load_outside(g)) | set(load_outside(g, True)) for g in LANGS}
        ids, names, sayings = Counter(), defaultdict(list), defaultdict(set)
        for file, data in files.items():
            for concept in data["concepts"]:
                ids[concept.get("id")] += 1
                for lang in LANGS:
                    name = concept["name"][lang]
                    names[lang, bare(name)].append(f"{file} {concept['id']}")
                    if name in outside[lang]:
                        self.fault(f"{file}: {concept['id']}: {name!r} stands in outside.yaml")
                    for aspect, fact in concept["facts"].items():
                        for text in fact[lang]:
                            key = core(text)
                            sayings[lang, key].add(f"{concept['id']} {aspect}")
            for sequence in data.get("sequences", ()):
                ids[f"sequence {sequence.get('id')}"] += 1
        for name, count in ids.items():
            if count > 1:
                self.fault(f"id {name!r} stands there {count} times")
        for (_, name), places in names.items():
            if len(places) > 1:
                self.fault(f"name {name!r} of {' and '.join(places)}")
        for (_, key), places in sayings.items():
            if len(places) > 1:
                self.fault(f"the same sentence in {' and '.join(sorted(places))}: {key}")


def check(paths: Iterable[Path]) -> Check:
    """Looks through those files, and through all for what must be unique."""
    found = Check()
    wanted, files = {Path(path).resolve() for path in paths}, {}
    for path in sorted({*(path.resolve() for path in domain_files()), *wanted}):
        try:
            data = read_yaml(path)
        except yaml.YAMLError as error:
            found.where = path.name
            if path in wanted:
                found.fault(f"is no YAML: {error}")
            continue
        if path in wanted:
            before = len(found.faults)
            try:
                found.file(path, data)
            except (KeyError, TypeError, AttributeError) as error:
                if len(found.faults) == before:
                    found.fault(f"can't be read: {error!r}")
        files[path.name] = data
    try:
        found.together(files)
    except (KeyError, TypeError, AttributeError):
        pass  # a fault of form, which stands above, or in a file that was not asked about
    return found
