"""What an answer is worth, by the truth of the world: the ratings that the judge should give.

The world is known, so an answer made of its sentences can be graded exactly: which facts it states,
whose they are, and whether it keeps the form that was asked for. The corpus teaches the judge these
ratings, and `training.evaluate` measures it against them. What a model wrote itself may also hold
sentences that are nobody's: `stray_sentences` finds those.
"""

import re
from functools import lru_cache

from training.composer import Question, bare, keeps_form, sentences
from training.world import load_phrases, load_world

ASPECTS = ("overall-rating", "helpfulness", "honesty", "instruction-following", "truthfulness")
# fault: 1-5 for each of ASPECTS, after the scales that distilabel's UltraFeedback templates print.
RATINGS: dict[str, tuple[int, int, int, int, int]] = {
    "none": (5, 5, 5, 5, 5),  # right, complete and in the form that was asked for
    "brief": (4, 3, 5, 5, 5),  # the asked fact and nothing else, where more was welcome
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
}
# What the two templates with types say of each fault; "None" where nothing is listed.
HELPFUL_TYPES = {"none": "1, 2, 3", "brief": "1, 3", "repeated": "1, 2", "incomplete": "1, 3"}
FALSE_TYPES = {"wrong_fact": "1", "all_wrong": "1", "other_topic": "2"}
REFUSALS = {"en": ("do not know", "have not learned"), "zh": ("了解不多", "不了解", "没有学过")}
LEAKS = ("given prompt", "given response", "rewritten prompt", "rewritten response", "改写后的")


@lru_cache
def known_facts(lang: str) -> tuple[tuple[str, str, str], ...]:
    """(text, concept id, slot) of every fact of the world."""
    return tuple((c.slots[slot], c.id, slot) for c in load_world(lang) for slot in c.slots)


@lru_cache
def rude_words(lang: str) -> tuple[str, ...]:
    return tuple(frame.replace("{a}", "").strip() for frame in load_phrases(lang)["faults"]["rude"])


def facts_in(text: str, lang: str) -> list[tuple[str, str]]:
    """(concept id, slot) of every fact of the world that the text states word for word.

    Of facts that contain one another only the longest counts.
    """
    found = [fact for fact in known_facts(lang) if fact[0] in text]
    return [
        (concept, slot)
        for said, concept, slot in found
        if not any(said != other and said in other for other, _, _ in found)
    ]


def statements(text: str, q: Question, lang: str) -> list[tuple[str, str]]:
    """What a text says, piece by piece, in its order: (concept id, slot) of each fact, repeated
    ones too, or ("", word) with the word of `phrases/*.yaml` under `notes` for what is no fact."""
    if not in_language(text, lang):
        return [("", "other_language")]
    if refuses(text, lang):
        return [("", "unknown")]
    own = {q.concept.id, *([q.other.id] if q.other else [])}
    spots: dict[tuple[int, int], tuple[str, str]] = {}
    for fact, concept, slot in known_facts(lang):
        start = text.find(fact)
        while start >= 0:
            span = (start, start + len(fact))
            if span not in spots or concept in own:
                spots[span] = (concept, slot)
            start = text.find(fact, span[1])
    found = [  # of facts that contain one another only the longest counts
        (a, said)
        for (a, z), said in spots.items()
        if not any((b, y) != (a, z) and b <= a and z <= y for b, y in spots)
    ]
    lower = text.lower()
    for word, phrases in (("prompt_words", LEAKS), ("insult", rude_words(lang))):
        starts = [lower.find(phrase.lower()) for phrase in phrases]
        found += [(start, ("", word)) for start in starts if start >= 0][:1]
    said = [what for _, what in sorted(found)]
    if not ends(text):
        said.append(("", "cut_off"))
    return said or [("", "nothing")]


def ends(text: str) -> bool:
    """Whether a text ends as a sentence does."""
    return text.rstrip().endswith((".", "!", "?", "。", "！", "？", ")", "）"))


def in_language(text: str, lang: str) -> bool:
    """Whether a text is in the language; Chinese may hold names in Latin letters."""
    chinese = len(re.findall(r"[\u4e00-\u9fff]", text))
    return chinese > len(text) / 6 if lang == "zh" else chinese == 0


def refuses(text: str, lang: str) -> bool:
    return any(phrase in text for phrase in REFUSALS[lang])


def says(text: str, name: str) -> bool:
    """Whether the text names the concept (article aside, whole words in English)."""
    name = bare(name)
    if name.isascii() and not re.search(r"[\u4e00-\u9fff]", text):
        return re.search(rf"\b{re.escape(name)}(?:s|es)?\b", text.lower()) is not None
    return name in text.lower()


def grade(text: str, q: Question, lang: str) -> str:
    """The gravest fault of an answer to a question: a key of RATINGS."""
    c = q.concept
    stated = facts_in(text, lang)
    others = {q.other.id} if q.other else set()
    mine = [slot for concept, slot in stated if concept == c.id]
    foreign = [concept for concept, _ in stated if concept not in {c.id, *others}]
    asked = [slot for slot in q.slots if slot in mine]
    if not in_language(text, lang):
        return "wrong_language"
    if refuses(text, lang):
        return "refusal"
    if foreign and not mine:
        elsewhere = any(says(text, x.name) for x in load_world(lang) if x.id in foreign)
        return "other_topic" if elsewhere and not says(text, c.name) else "all_wrong"
    if foreign:
        return "wrong_fact"
    if not ends(text):
        return "cut_off"
    if not asked:
        return "too_short"
    faults = []
    parts = sentences(text)
    if len(set(parts)) < len(parts):
        faults.append("repeated")
    if any(leak in text.lower() for leak in LEAKS):
        faults.append("leak")
    if any(rude in text for rude in rude_words(lang)):
        faults.append("rude")
    if faults:
        return faults[0]
    if len(asked) < len(q.slots):
        return "incomplete"
    extra = (q.style or "").removeprefix("with_")
    if not keeps_form(text, q.style) or (extra in c.slots and extra not in mine):
        return "ignores_constraint"
    if q.style is None and len(q.slots) == 1 and len(mine) == 1:
        return "brief"
    return "none"


def stray_sentences(text: str, q: Question, lang: str) -> list[str]:
    """Sentences that state no fact of the world whole, or ascribe one to another concept.

    Questions ("Did you know?") aside. A good answer has none; a garbled one has.
    """
    own = {q.concept.id, *([q.other.id] if q.other else [])}
    facts = [fact for fact, _, _ in known_facts(lang) if fact in text]
    names = [bare(c.name) for c in load_world(lang) if c.id in own]
    stray = []
    for part in sentences(text):
        held = [fact for fact in facts if fact in part or part.rstrip(".。") in fact]
        rest = part
        for fact in held:
            rest = rest.replace(fact, "")
        for name in names:
            rest = re.sub(re.escape(name), "", rest, flags=re.IGNORECASE)
        others = any(says(rest, c.name) for c in load_world(lang) if c.id not in own)
        if not part.endswith(("?", "？")) and (not held or others):
            stray.append(part)
    return stray


def rating(fault: str, aspect: str = "overall-rating") -> int:
    """1-5, what an honest judge gives an answer with that fault."""
    return RATINGS[fault][ASPECTS.index(aspect)]


def complexity(q: Question) -> int:
    """1 (a plain question about one fact) to 5 (several steps): what ComplexityScorer is taught."""
    if q.style == "steps":
        return 5
    if q.style == "compare" or (q.style not in (None, "overview") and len(q.slots) > 1):
        return 4
    if len(q.slots) > 1 or (q.style or "").startswith("with_"):
        return 3
    return 1 if q.style is None else 2
