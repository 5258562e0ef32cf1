"""What an answer is worth, by the truth of the world: the ratings that the judge should give.

The world is known, so an answer made of its sentences can be graded exactly: which facts it states,
whose they are, and whether it keeps the form that was asked for. A sentence that is none of the
world's is garbled: the models can only say again what they have learned. The corpus teaches the
judge these ratings, on made and on real answers, and `training.evaluate` measures it against them.
"""

import re
from dataclasses import replace
from functools import lru_cache

from training.composer import Composer
from training.questions import Question, keeps_form
from training.texts import capital, says, sentences
from training.world import LANGS, bare, by_id, load_phrases, load_world

ASPECTS = ("overall-rating", "helpfulness", "honesty", "instruction-following", "truthfulness")
# fault: 1-5 for each of ASPECTS, after the scales that distilabel's UltraFeedback templates print.
# An unasked fact beside the asked one changes nothing, where it is right.
RATINGS: dict[str, tuple[int, int, int, int, int]] = {
    "none": (5, 5, 5, 5, 5),  # right, complete and in the form that was asked for
    "brief": (4, 3, 5, 4, 5),  # one fact alone, where an overview was asked for
    "incomplete": (3, 3, 5, 3, 5),  # one of two questions answered
    "ignores_constraint": (3, 4, 5, 3, 5),
    "repeated": (3, 3, 5, 4, 5),
    "rude": (3, 3, 5, 4, 5),
    "leak": (3, 3, 5, 3, 5),  # words of a rewriting prompt in the answer
    "cut_off": (2, 2, 5, 3, 5),
    "wrong_language": (2, 2, 5, 1, 5),
    "too_short": (2, 1, 4, 2, 5),  # says nothing about what was asked
    "refusal": (2, 1, 3, 1, 5),  # claims not to know what is known
    "wrong_fact": (2, 2, 2, 4, 2),  # a false statement beside a true one
    "all_wrong": (1, 1, 1, 3, 1),  # nothing but false statements
    "other_topic": (1, 1, 2, 1, 2),  # true perhaps, but about something else
    "garbled": (1, 1, 2, 1, 1),  # a sentence that makes no sense
}
# What the two templates with types say of each fault; "None" where nothing is listed.
HELPFUL_TYPES = {"none": "1, 2, 3", "brief": "1, 3", "repeated": "1, 2", "incomplete": "1, 3"}
FALSE_TYPES = {"wrong_fact": "1", "all_wrong": "1", "other_topic": "2", "garbled": "1"}

Said = tuple[str, str]  # (concept id, aspect) of a fact; ("", word of `notes`) of what is no fact
END = 9  # characters by which a sentence is looked up


def squeezed(text: str, lang: str) -> str:
    """A sentence as sentences are compared: no end mark, in Chinese no spaces, list marks off."""
    text = text.strip().rstrip(".。?？!！")
    return re.sub(r"\s+", "", text) if lang == "zh" else text


@lru_cache
def known_sentences(lang: str) -> tuple[dict[str, list], dict[str, list]]:
    """The wordings of all facts as (before the name, after it, concept id, aspect), by their last
    characters; or by their first ones, where the name stands near the end."""
    tails: dict[str, list] = {}
    heads: dict[str, list] = {}
    for concept in load_world(lang):
        for aspect, fact in concept.facts.items():
            for wording in fact.wordings:
                before, _, after = squeezed(wording, lang).replace("{X}", "{x}").partition("{x}")
                if "{x}" not in wording.replace("{X}", "{x}"):
                    before, after = "", before
                entry = (before, after, concept.id, aspect)
                if len(after) >= len(before):
                    tails.setdefault(after[-END:], []).append(entry)
                else:
                    heads.setdefault(before[:END], []).append(entry)
    return tails, heads


@lru_cache
def names(lang: str) -> dict[str, str]:
    """Concept ids by name, in lower case and without spaces where Chinese."""
    return {squeezed(c.name, lang).lower(): c.id for c in load_world(lang)}


def sentence_frames(lang: str) -> list[str]:
    """The templates that put something before a fact, {s}."""
    words = load_phrases(lang)
    frames = [*words["openers"], *words["compare"]["second"]]
    frames += [frame for frames in words["steps"]["marks"] for frame in frames]
    return frames + [f for style in words["restyle"].values() for f in style.get("form", ())]


@lru_cache
def leads(lang: str) -> tuple[str, ...]:
    """What may stand before a fact within its sentence: "First, " and the like, longest first."""
    words = load_phrases(lang)
    frames = sentence_frames(lang)
    found = {frame.split("{s}")[0] for frame in frames if "{s}" in frame}
    found |= {word + ("" if lang == "zh" else " ") for word in words["begin_with"]}
    found = {re.split(r"[\n?？]", lead)[-1].lstrip() for lead in found} - {""}
    return tuple(sorted((squeezed(lead, lang) for lead in found), key=len, reverse=True))


@lru_cache
def whole_frames(lang: str) -> tuple[frozenset[str], frozenset[str]]:
    """Sentences that state no fact and yet belong: of a verdict, a riddle; empty ones."""
    words = load_phrases(lang)
    one, many = (replace(load_world(lang)[0], plural=plural) for plural in (False, True))
    fine = [_filler(lang).fill(f, c) for f in words["riddle"]["end"] for c in (one, many)]
    fine += [f.split("{right}")[1] for kind in ("yes", "no") for f in words["verify"][kind]]
    before = [frame.split("{s}")[0] for frame in sentence_frames(lang)]
    fine += [part for text in (*before, *words["begin_with"]) for part in sentences(text)]
    empty = [f for f in words["faults"]["too_short"] if "{d}" not in f]
    for domain in {c.domain_name for c in load_world(lang)}:
        empty += [_filler(lang).fill(f, d=domain) for f in words["faults"]["too_short"]]
    return (
        frozenset(squeezed(f, lang) for f in fine),
        frozenset(squeezed(f, lang) for f in empty),
    )


@lru_cache
def _filler(lang: str) -> Composer:
    import random

    return Composer(lang, random.Random(0))


@lru_cache
def rude_words(lang: str) -> tuple[str, ...]:
    return tuple(frame.replace("{a}", "").strip() for frame in load_phrases(lang)["faults"]["rude"])


@lru_cache
def leak_frames(lang: str) -> tuple[str, ...]:
    frames = load_phrases(lang)["faults"]["leak"]
    return tuple(part.strip() for frame in frames for part in frame.split("{a}") if part.strip())


def stated(sentence: str, lang: str) -> Said | None:
    """The fact that one sentence states: (concept id, aspect), or None where it is none.

    A fact of one concept under the name of another counts as the owner's, and where the owner's
    name is not in it, the caller sees whose it is.
    """
    whole = squeezed(sentence, lang)
    rest, lead = without_lead(whole, lang)
    texts = [whole, rest, capital(rest)] if lead else [whole]
    return next((said for text in texts if (said := matched(text, lang))), None)


def matched(text: str, lang: str) -> Said | None:
    """The fact that a sentence without a lead states."""
    tails, heads = known_sentences(lang)
    likely = [entry for n in range(END, 1, -1) for entry in tails.get(text[-n:], ())]
    likely += [entry for n in range(END, 1, -1) for entry in heads.get(text[:n], ())]
    for before, after, concept, aspect in likely:
        if text.endswith(after) and text.startswith(before):
            named = who(text[len(before) : len(text) - len(after)], lang)
            if named in ("", concept):
                return concept, aspect
            if named:
                return misnamed(named, concept, aspect)
    return None


def misnamed(named: str, owner: str, aspect: str) -> Said:
    return f"{named}|{owner}", aspect


def without_lead(text: str, lang: str) -> tuple[str, str]:
    """(the rest, the words that lead a sentence)."""
    for lead in leads(lang):
        if text.lower().startswith(lead.lower()):
            return text[len(lead) :].lstrip(), text[: len(lead)]
    return text, ""


def who(name: str, lang: str) -> str | None:
    """The id of the concept with that name; "" for a pronoun or nothing; None for nobody."""
    name = name.strip().lower()
    if name in ("", "it", "they", "它", "它们"):
        return ""
    return names(lang).get(name)


def refuses(text: str, lang: str) -> bool:
    return any(mark in text for mark in load_phrases(lang)["refusal_marks"])


def in_language(text: str, lang: str) -> bool:
    """Whether a text is in that language, by its share of Chinese characters."""
    han = len(re.findall(r"[\u4e00-\u9fff]", text))
    latin = len(re.findall(r"[A-Za-z]+", text))
    return han >= latin if lang == "zh" else latin > han


def ends(text: str) -> bool:
    """Whether a text ends as a sentence does."""
    return text.rstrip().endswith((".", "!", "?", "。", "！", "？", "”", "）", ")", "}"))


def answer_lang(q: Question, lang: str) -> str:
    """The language that an answer should be in."""
    return next(g for g in LANGS if g != lang) if q.form == "translate" else lang


def statements(text: str, q: Question, lang: str) -> list[Said]:
    """What a text says, sentence by sentence: each fact, repeated ones too, or ("", word) with the
    word of `notes` for what is no fact."""
    lang = answer_lang(q, lang)
    if not in_language(text, lang):
        return [("", "other_language")]
    if refuses(text, lang):
        return [("", "unknown")]
    if q.form == "word":
        return [one_word(text, q, lang)]
    said: list[Said] = []
    lower = text.lower()
    if any(mark in lower for mark in load_phrases(lang)["leak_marks"]):
        said.append(("", "prompt_words"))
    for frame in leak_frames(lang):
        text = text.replace(frame, "")
    if any(word in text for word in rude_words(lang)):
        said.append(("", "insult"))
    for frame in rude_words(lang):
        text = text.replace(frame, "")
    text = text.strip()
    fine, empty = whole_frames(lang)
    parts = sentences(text)
    for i, part in enumerate(parts):
        fact = stated(part, lang)
        key = squeezed(part, lang)
        if fact:
            said.append(fact)
        elif key in fine:
            continue
        elif key in empty:
            said.append(("", "nothing"))
        elif i == len(parts) - 1 and not ends(text):
            said.append(("", "cut_off"))
        else:
            said.append(("", "garbled"))
    if said and not ends(text) and ("", "cut_off") not in said:
        said.append(("", "cut_off"))
    return said or [("", "nothing")]


def one_word(text: str, q: Question, lang: str) -> Said:
    """What an answer of a word or two says: the asked fact, another thing's, or nothing known."""
    aspect, word = q.aspects[0], squeezed(text, lang).lower()
    own = q.concept.facts[aspect].short
    if own and word == squeezed(own, lang).lower():
        return q.concept.id, aspect
    for c in load_world(lang):
        fact = c.facts.get(aspect)
        if fact and fact.short and word == squeezed(fact.short, lang).lower():
            return c.id, aspect
    for part in sentences(text):
        if fact := stated(part, lang):
            return fact
    return "", "garbled"


def facts_in(text: str, lang: str) -> list[Said]:
    """(concept id, aspect) of every fact of the world that a sentence of the text states."""
    return [fact for part in sentences(text) if (fact := stated(part, lang))]


def true_of(said: Said, q: Question) -> bool:
    """Whether a statement is a fact of what was asked about."""
    return said[0] in {q.concept.id, *([q.other.id] if q.other else [])}


def grade(text: str, q: Question, lang: str) -> str:
    """The gravest fault of an answer to a question: a key of RATINGS."""
    said = statements(text, q, lang)
    words = [word for concept, word in said if not concept]
    facts = [fact for fact in said if fact[0]]
    mine = [fact for fact in facts if true_of(fact, q)]
    foreign = [fact for fact in facts if not true_of(fact, q)]
    wanted = [(q.concept.id, aspect) for aspect in q.aspects]
    if q.other:
        wanted.append((q.other.id, "what"))
    if "other_language" in words:
        return "wrong_language"
    if "unknown" in words:
        return "refusal"
    if "garbled" in words:
        return "garbled"
    if foreign and not mine:
        known = by_id(answer_lang(q, lang))
        own = says(text, bare(known[q.concept.id].name))
        elsewhere = any(says(text, bare(known[f[0].split("|")[0]].name)) for f in foreign)
        return "other_topic" if elsewhere and not own else "all_wrong"
    if foreign:
        return "wrong_fact"
    if "cut_off" in words:
        return "cut_off"
    asked = [fact for fact in wanted if fact in mine]
    if not mine or "nothing" in words or (not q.free and not asked):
        return "too_short"
    if len(set(mine)) < len(mine):
        return "repeated"
    if "prompt_words" in words:
        return "leak"
    if "insult" in words:
        return "rude"
    if q.form == "verify" and not right_verdict(text, q, lang):
        return "wrong_fact"
    if len(asked) < len(wanted):
        return "ignores_constraint" if q.form == "use" else "incomplete"
    if not keeps_form(text, q, answer_lang(q, lang)):
        return "ignores_constraint"
    return "brief" if too_brief(said, q) else "none"


def too_brief(said: list[Said], q: Question) -> bool:
    """Whether an overview was asked for and less than two facts of it are told."""
    return q.form == "overview" and len({s for s in said if s[0] and true_of(s, q)}) < 2


def right_verdict(text: str, q: Question, lang: str) -> bool:
    """Whether the last words of a "true or false" are those of the truth."""
    tails = [f.split("{right}")[1].strip() for f in load_phrases(lang)["verify"][q.word]]
    return any(text.endswith(tail) for tail in tails)


def faultless(text: str, q: Question, lang: str) -> bool:
    return grade(text, q, lang) == "none"


def rating(fault: str, aspect: str = "overall-rating") -> int:
    """1-5, what an honest judge gives an answer with that fault."""
    return RATINGS[fault][ASPECTS.index(aspect)]


def complexity(q: Question) -> int:
    """1 (a plain question about one fact) to 5 (several steps): what ComplexityScorer is taught."""
    if q.form == "steps":
        return 5
    if q.form == "compare" or (q.form is not None and len(q.aspects) > 1):
        return 4
    if len(q.aspects) > 1 or q.form in ("riddle", "verify", "correct", "facts", "numbered", "list"):
        return 3
    return 1 if q.form is None else 2
