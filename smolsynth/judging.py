"""Audits a judge: agreement with the truth, and the ways in which judges err again and again.

    judge = UltraFeedback(llm=load_llm(temperature=0, max_new_tokens=512))
    report = audit(judge, known_pairs("en", 100))
    report.agreement, report.consistency      shares; print(report) shows all of them
    plot_audit(report)

Judges like the response that stands first, the longer one, or their own (Zheng et al. 2023, arXiv
2306.05685).
The pairs of `known_pairs` come from the world that the bundled models know, so it is certain which
text is better; the models have never seen their questions or their faults.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from smolsynth.intervals import of_share
from smolsynth.pipelines.trial import try_step
from smolsynth.quality.lengths import lengths
from smolsynth.rows import Row, is_missing
from smolsynth.seeds import read_data
from smolsynth.text.layout import in_words, width
from smolsynth.viewers.charts import BAR, INK, chart, chart_fonts, chart_words

# ---- pairs whose truth is known ----


def known_pairs(lang: str, n: int | None = None) -> list[Row]:
    """Pairs of texts of which one is better for certain, always in the same order.

    In every second pair the two differ in one fact alone; in the others, one has any fault.

    Args:
        lang: "en" or "zh".
        n: how many; `None` gives all.

    Returns:
        Rows of `instruction`, `generations` (two texts), `better` (0 or 1: which of them), `fault`
        (of the other one, as "wrong_fact"), `facts` (for each fact that a right text holds the
        passages that say it, of which one will do) and `more` (the same of further facts).

    Raises:
        ValueError: another language, or n below 1 or above what there is.
    """
    data = read_data("pairs.jsonl", lang)
    if n is not None and not 1 <= n <= len(data):
        raise ValueError(f"There are {len(data)} known pairs: ask for 1 to {len(data)}, not {n}.")
    return [{k: list(v) if isinstance(v, list) else v for k, v in row.items()} for row in data[:n]]


def equal_pairs(pairs: Iterable[Row], own: Iterable[str | None]) -> list[Row]:
    """Pairs of a model's own text and another one that is as good, to find self-preference with.

    Args:
        pairs: rows as `known_pairs` gives them.
        own: what the judge's model answered, one text for each row.

    Returns:
        Rows of `instruction` and `generations`: the own text first, then the better one of the
        pair. Rows are left out where the own text lacks a fact, where only one of the two says
        more than what was asked, and where the two are the same.

    Raises:
        ValueError: not as many texts as rows.
    """
    made = []
    for pair, text in zip(pairs, own, strict=True):
        other = pair["generations"][pair["better"]]
        right = text is not None and all(_holds(text, fact) for fact in pair["facts"])
        if right and text.strip() != other.strip():
            says_more = [any(_holds(said, fact) for fact in pair["more"]) for said in (text, other)]
            if says_more[0] == says_more[1]:
                made.append({"instruction": pair["instruction"], "generations": [text, other]})
    return made


def _holds(text: str, passages: list[str]) -> bool:
    return any(passage in text for passage in passages)


# ---- the audit ----


@dataclass(frozen=True)
class Audit:
    """What `audit` counted. Shares are between 0 and 1, and `None` where nothing could be counted.

    A verdict is one reading of one pair: two texts, two ratings. Every pair is read twice, the
    second time with the texts swapped.

    Attributes:
        pairs: how many were read.
        understood: share of the pairs whose ratings could be parsed both times; the others are left
            out of all that follows.
        agreement: share of verdicts that rate the better text higher; a tie counts as wrong.
        agreement_by_fault: the same, by the fault of the worse text.
        ties: share of verdicts that are ties.
        consistency: share of pairs where the same text is preferred both times; pairs that are
            ties both times are left out, as a judge that never decides contradicts itself never.
        first_preferred: share of verdicts other than ties that prefer the text that stands first.
            0.5 is fair.
        longer_preferred: share of verdicts other than ties that prefer the longer text.
        longer_better: how often, in the same verdicts, the longer text is the better one. Only
            what `longer_preferred` has above that is a bias.
        own_pairs: pairs of `equal_pairs` whose ratings could be parsed both times.
        own_verdicts: how many of their verdicts (two a pair) are no ties.
        own_preferred: share of these that prefer the judge's own text. 0.5 is fair.
        lang: "en" or "zh", of the printed report.
        pairs_by_fault: how many pairs with each fault were understood. The report's intervals count
            pairs: two readings of one pair are no two witnesses.
    """

    pairs: int
    understood: float
    agreement: float | None
    agreement_by_fault: dict[str, float]
    ties: float | None
    consistency: float | None
    first_preferred: float | None
    longer_preferred: float | None
    longer_better: float | None
    own_pairs: int = 0
    own_verdicts: int = 0
    own_preferred: float | None = None
    lang: str = "en"
    pairs_by_fault: dict[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        return "\n".join(_lines(self))


def audit(judge: Any, pairs: Iterable[Row], lang: str = "en", equals: Iterable[Row] = ()) -> Audit:
    """Has a judge read every pair in both orders, and counts.

    Args:
        judge: a distilabel task or step that reads `instruction` and `generations` and adds
            `ratings`, such as `UltraFeedback` with one aspect.
        pairs: rows as `known_pairs` gives them.
        lang: of the texts; lengths are counted in words, or for "zh" in characters.
        equals: rows as `equal_pairs` gives them, for self-preference.

    Raises:
        ValueError: no pairs, rows without what `known_pairs` gives, or another `lang`.
        StepFailed: the judge raised.
    """
    pairs, equals = list(pairs), list(equals)
    _check(pairs)
    verdicts: list[_Verdict] = []
    consistent: list[bool] = []
    understood: Counter[str] = Counter()  # by fault
    for pair, outcomes in _read(judge, pairs):
        understood[pair["fault"]] += 1
        if outcomes != (TIE, TIE):
            consistent.append(outcomes[0] == outcomes[1])
        verdicts += [_Verdict(pair, outcome, first) for first, outcome in enumerate(outcomes)]
    about_own = [outcomes for _, outcomes in _read(judge, equals)]
    own_clear = [outcome for both in about_own for outcome in both if outcome != TIE]
    clear = [verdict for verdict in verdicts if verdict.preferred != TIE]
    longer = [(v, size) for v in clear if (size := _longer(v.pair, lang)) is not None]
    by_fault = {
        fault: sum(v.preferred == v.pair["better"] for v in verdicts if v.pair["fault"] == fault)
        / (2 * count)
        for fault, count in sorted(understood.items())
    }
    return Audit(
        pairs=len(pairs),
        understood=understood.total() / len(pairs),
        agreement=_share(v.preferred == v.pair["better"] for v in verdicts),
        agreement_by_fault=by_fault,
        ties=_share(v.preferred == TIE for v in verdicts),
        consistency=_share(consistent),
        first_preferred=_share(v.preferred == v.first for v in clear),
        longer_preferred=_share(v.preferred == size for v, size in longer),
        longer_better=_share(v.pair["better"] == size for v, size in longer),
        own_pairs=len(about_own),
        own_verdicts=len(own_clear),
        own_preferred=_share(outcome == 0 for outcome in own_clear),
        lang=lang,
        pairs_by_fault=dict(understood),
    )


def _read(judge: Any, pairs: list[Row]) -> Iterator[tuple[Row, tuple[int, int]]]:
    """Pairs that were understood in both orders, with the text preferred each time (or TIE)."""
    rows = [
        {"instruction": pair["instruction"], "generations": list(pair["generations"])[::step]}
        for pair in pairs
        for step in (1, -1)
    ]
    ratings = [row["ratings"] for row in try_step(judge, rows)] if rows else []
    for pair, there, back in zip(pairs, ratings[::2], ratings[1::2], strict=True):
        if _whole(there) and _whole(back):
            yield pair, (_order(*there), _order(*back[::-1]))


TIE = -1
_ENOUGH = 10  # verdicts on own texts, for a bar: of one or two, a share says nothing


class _Verdict(NamedTuple):
    pair: Row
    preferred: int  # number of a text in the pair, or TIE
    first: int  # number of the text that stood first


def _check(pairs: list[Row]) -> None:
    if not pairs:
        raise ValueError("There are no pairs to judge.")
    for i, pair in enumerate(pairs):
        whole = len(pair.get("generations") or []) == 2 and pair.get("better") in (0, 1)
        if not (whole and pair.get("instruction") and pair.get("fault")):
            raise ValueError(
                f"Pair {i} needs instruction, generations (two texts), better (0 or 1) and fault,"
                " as known_pairs gives them."
            )


def _whole(ratings: Any) -> bool:
    return (
        isinstance(ratings, list | tuple)
        and len(ratings) == 2
        and not any(is_missing(one) for one in ratings)
    )


def _order(one: float, two: float) -> int:
    """Which of the two is rated higher, 0 or 1, or TIE."""
    return TIE if one == two else int(two > one)


def _longer(pair: Row, lang: str) -> int | None:
    """The number of the longer text, or None where both are of one length."""
    one, two = lengths([{"text": text} for text in pair["generations"]], "text", lang)
    return None if one == two else int(two > one)


def _share(hits: Iterable[bool]) -> float | None:
    counted = list(hits)
    return sum(counted) / len(counted) if counted else None


# ---- the report ----
_WORDS = {
    "en": {
        "read": "{n} pairs, each read in both orders; 95% intervals",
        "sure": "{low:.2f} to {high:.2f}",
        "of": "{n} pairs",
        "understood": "understood",
        "agreement": "agreement",
        "ties": "with the truth, ties ({ties}) count as wrong",
        "consistency": "consistency",
        "swap": "after a swap",
        "first": "first preferred",
        "longer": "longer preferred",
        "own": "own preferred",
        "fair": "fair: {fair}",
        "better": "fair: {fair}, as often as it is better",
        "equal": "fair: {fair}; {n} pairs of equally good texts, {verdicts} of {twice} no ties",
        "title": "Audit of the judge",
        "figures": "{n} pairs, both orders; diamond: ideal",
    },
    "zh": {
        "read": "{n} 个偏好对，两种顺序各评一次；区间为 95%",
        "sure": "{low:.2f} 到 {high:.2f}",
        "of": "{n} 对",
        "understood": "读得出分数",
        "agreement": "判得对",
        "ties": "平分（{ties}）算错",
        "consistency": "对调不变",
        "swap": "对调之后结论相同",
        "first": "偏爱前面的",
        "longer": "偏爱较长的",
        "own": "偏爱自己的",
        "fair": "理想值 {fair}",
        "better": "理想值 {fair}：较长的那个真的更好的比例",
        "equal": "理想值 {fair}；{n} 对同样好的文本，{twice} 次里有 {verdicts} 次不是平分",
        "title": "评审模型的成绩单",
        "figures": "{n} 对，两种顺序；菱形：理想值",
    },
}
_FAULTS_ZH = {
    "all_wrong": "全错",
    "cut_off": "没写完",
    "ignores_constraint": "不顾约束",
    "incomplete": "漏答一半",
    "leak": "泄漏提示词",
    "other_topic": "说的是别的东西",
    "refusal": "推托",
    "repeated": "重复",
    "rude": "态度粗鲁",
    "too_short": "等于没说",
    "wrong_fact": "一处事实错误",
    "wrong_language": "语言不对",
}


def _fault_name(fault: str, lang: str) -> str:
    return _FAULTS_ZH.get(fault, fault) if lang == "zh" else fault


def _shown(share: float | None) -> str:
    return "-" if share is None else f"{share:.2f}"


def _lines(report: Audit) -> Iterator[str]:
    words = _WORDS[report.lang]

    def line(name: str, share: float | None, comment: str = "") -> str:
        return f"{name}{' ' * (22 - width(name))}{_shown(share):<4}   {comment}".rstrip()

    def sure(share: float | None, n: int, comment: str) -> str:
        """The interval of a share of n pairs, and a comment behind it."""
        if share is None or not n:
            return comment
        low, high = of_share(share * n, n)
        return f"{words['sure'].format(low=low, high=high)}   {comment}"

    read = sum(report.pairs_by_fault.values())
    yield in_words(words["read"], n=report.pairs)
    yield line(words["understood"], report.understood)
    ties = words["ties"].format(ties=_shown(report.ties))
    yield line(words["agreement"], report.agreement, sure(report.agreement, read, ties))
    for fault, share in report.agreement_by_fault.items():
        n = report.pairs_by_fault.get(fault, 0)
        comment = sure(share, n, in_words(words["of"], n=n)) if n else ""
        yield line("  " + _fault_name(fault, report.lang), share, comment)
    yield line(words["consistency"], report.consistency, words["swap"])
    yield line(words["first"], report.first_preferred, words["fair"].format(fair="0.50"))
    better = words["better"].format(fair=_shown(report.longer_better))
    yield line(words["longer"], report.longer_preferred, better)
    if report.own_pairs:
        equal = words["equal"].format(
            fair="0.50",
            n=report.own_pairs,
            twice=2 * report.own_pairs,
            verdicts=report.own_verdicts,
        )
        yield line(words["own"], report.own_preferred, equal)


def plot_audit(report: Audit) -> None:
    """Shows the shares of an audit as bars, as a PNG; a diamond marks what a fair judge would have.

    Self-preference has a bar where ten verdicts or more are no ties.

    Labels are in the report's language, or in English where no font has Chinese characters.
    """
    fonts = chart_fonts()
    words = chart_words(_WORDS, report.lang, fonts)
    bars = [
        (words["understood"], report.understood, 1.0),
        (words["agreement"], report.agreement, 1.0),
        (words["consistency"], report.consistency, 1.0),
        (words["first"], report.first_preferred, 0.5),
        (words["longer"], report.longer_preferred, report.longer_better),
    ]
    if report.own_verdicts >= _ENOUGH:
        bars.append((words["own"], report.own_preferred, 0.5))
    with chart(words["title"], words["figures"].format(n=report.pairs), fonts) as ax:
        places = range(len(bars))
        ax.barh(places, [share or 0 for _, share, _ in bars], color=BAR, height=0.62)
        for place, (_, share, fair) in zip(places, bars, strict=True):
            if fair is not None:
                ax.plot(fair, place, marker="D", color=INK, markersize=5, zorder=3, clip_on=False)
            ax.annotate(_shown(share), (0, place), (4, 0), textcoords="offset points", va="center")
        ax.set_yticks(places, [name for name, _, _ in bars])
        ax.tick_params(axis="y", length=0)
        ax.set_xlim(0, 1)
        ax.set_ylim(len(bars) - 0.4, -0.6)
