"""The solver's problems: right in every line, apart from what is held out, told in good form."""

import json
import random
import re
from collections import Counter
from fractions import Fraction

import pytest

from smolsynth.llms.templates import chat_template
from smolsynth.verify.arithmetic import check_arithmetic
from smolsynth.verify.forms import json_in
from smolsynth.verify.numbers import verify_number
from smolsynth.verify.toolbox import (
    TOOLBOX,
    call_text,
    calls_in,
    result_text,
    run_call,
    tool_prompt,
)
from training import problem_sets, solver
from training.problems import (
    SHAPES,
    Draws,
    Stuck,
    Working,
    calculate,
    load_forms,
    thought,
    words,
    worked_out,
)
from training.solver import SLIPS, TASKS, Case, Solver, cases, compose_part
from training.texts import spaced
from training.world import LANGS

FORMS = [(lang, form.id) for lang in LANGS for form in load_forms(lang)]
BY_NAME = {(form.lang, form.id): form for lang in LANGS for form in load_forms(lang)}


@pytest.fixture(scope="module")
def corpus() -> list[dict]:
    return compose_part("test", 1500, SLIPS, False)


# ---- forms ----
def test_there_are_forms_enough_and_some_are_held_out():
    for lang in LANGS:
        ids = [form.id for form in load_forms(lang)]
        held = [form.id for form in load_forms(lang) if form.held_out]
        assert len(set(ids)) == len(ids) >= 60 and 12 <= len(held) <= len(ids) - 40
        assert {f.topic for f in load_forms(lang)} == set(words()["topics"])
    shapes = {lang: {plan(f) for f in load_forms(lang) if not f.held_out} for lang in LANGS}
    unknown = [f.id for f in BY_NAME.values() if f.held_out and plan(f) not in shapes[f.lang]]
    assert not unknown  # a new story, but a plan that can be known


def plan(form) -> str:
    """The operations of a form, whatever is multiplied by what."""
    return " ".join(sorted(step[2] for step in form.steps))


@pytest.mark.parametrize(("lang", "name"), FORMS)
def test_a_form_filled_is_right_and_reads_well(lang, name):
    form = BY_NAME[lang, name]
    draws = Draws(lang, random.Random(name))
    for _ in range(20):
        p = draws.of(form)
        lines = check_arithmetic("\n".join(p.thoughts()))
        assert len(lines) >= len(form.steps) and all(line.true for line in lines)
        wanted = worked_out(form.answer, p.numbers)
        assert verify_number(thought(p.thoughts(), p.final), wanted, p.unit, needs_unit=True).right
        assert calculate_formula(p.formula) == wanted
        shown = set(map(int, re.findall(r"\d+", p.text)))
        assert max(shown) < 1000  # three digits
        missing = set(p.numbers.values()) & set(map(int, used(form, p))) - shown
        assert not missing, f"{p.text} doesn't tell {missing}"
        assert not re.search(r"[{}]|\b1 \w+s\b|  ", p.text + p.unit), p.text
        assert p.unit == p.unit.lower()
        assert p.text[-1] in "?？" and p.text[0].upper() == p.text[0]
        if lang == "zh":
            assert spaced(p.text) == p.text and not re.search(r"[,?;]|[A-Za-z]", p.text), p.text
        else:
            assert not re.search(r"\ba [aeiou]|\ban (?!hour)[^aeiou]", p.text), p.text


def used(form, p) -> list[int]:
    """Numbers that the steps take, so that the text has to tell them (20 percent tells a 2)."""
    told = [x for step in form.steps for x in (step[1], step[3]) if x in p.numbers]
    return [p.numbers[x] for x in told if "/" not in form.let.get(x, "")]


def calculate_formula(formula: str) -> Fraction:
    return worked_out(formula, {})


@pytest.mark.parametrize("lang", LANGS)
def test_sums_are_right(lang):
    draws = Draws(lang, random.Random(1))
    for shape in SHAPES:
        for _ in range(10):
            p = draws.sum(shape)
            assert all(line.true for line in check_arithmetic("\n".join(p.thoughts())))
            assert verify_number(p.final, worked_out(p.formula, {})).right


def test_every_kind_of_thing_is_of_use():
    kinds = {kind for form in BY_NAME.values() for kind in form.things.values()}
    kinds |= {kind for r in words()["records"] for kind in r.get("things", {}).values()}
    assert set(words()["things"]) == kinds


@pytest.mark.parametrize(
    ("a", "sign", "b", "lines"),
    [
        (24, "*", 3, 1),
        (24, "*", 15, 4),
        (126, "*", 4, 4),
        (4, "*", 126, 4),
        (120, "*", 4, 1),
        (24, "*", 10, 1),
        (156, "/", 6, 4),
        (120, "/", 6, 1),
        (96, "/", 4, 1),
        (345, "+", 278, 1),
    ],
)
def test_hard_steps_are_taken_apart(a, sign, b, lines):
    working = Working(random.Random(0))
    assert working.work("", a, sign, b) == calculate(a, sign, b)
    assert len(working.lines) == lines
    assert all(line.true for line in check_arithmetic("\n".join(working.lines)))


def test_what_leaves_the_whole_numbers_is_refused():
    for a, sign, b in [(3, "-", 3), (3, "-", 5), (7, "/", 2), (7, "/", 0)]:
        with pytest.raises(Stuck):
            calculate(a, sign, b)


# ---- slips ----
def test_slips_make_answers_wrong_as_often_as_they_are_said_to():
    draws = Draws("en", random.Random(3))
    problems = [draws.problem() for _ in range(600)]
    rates = {}
    for slips in (0.0, SLIPS, 0.3):
        rng = random.Random(5)
        rates[slips] = sum(p.attempt(rng, slips)[1] == p.answer for p in problems) / 600
    assert rates[0.0] == 1
    assert 0.55 < rates[SLIPS] < 0.85 and rates[0.3] < 0.4


def test_slips_are_at_random_and_no_habit():
    p = Draws("zh", random.Random(3)).problem()
    rng = random.Random(1)
    answers = Counter(p.attempt(rng, 0.3)[1] for _ in range(200))
    assert answers[p.answer] > 20 and len(answers) > 10


def test_an_answer_can_be_right_though_a_step_is_wrong():
    draws, rng = Draws("en", random.Random(4)), random.Random(4)
    found = 0
    for _ in range(2000):
        p = draws.problem()
        lines, answer = p.attempt(rng, SLIPS)
        wrong = [line for line in check_arithmetic("\n".join(lines)) if not line.true]
        found += answer == p.answer and bool(wrong)
    assert 5 < found < 200


# ---- the corpus ----
def test_nothing_held_out_is_in_the_corpus(corpus):
    text = "\n".join(m["content"] for row in corpus for m in row["messages"])
    held = [(form, [pattern(t) for t in form.texts]) for form in BY_NAME.values() if form.held_out]
    for form, found in held:
        assert not any(p.search(text) for p in found), form.id
        own = Draws(form.lang, random.Random(0), held_out=True).of(form).text
        assert any(p.search(own) for p in found)  # it would be found if it were there
    others = [r["texts"] for r in words()["records"] if r.get("held_out")]
    others += [kind["held_out"] for kind in (*words()["tools"].values(), words()["sums"])]
    others += [words()["write"]["held_out"]]
    for wordings in others:
        for wording in (*wordings["en"], *wordings["zh"]):
            assert not pattern(wording).search(text), wording


def pattern(wording: str) -> re.Pattern:
    """What a wording looks like once its places are filled."""
    pieces = re.split(r"\{[^}]*\}", wording)
    pieces = pieces if pieces[0] else pieces[1:]  # one that begins with a place is slow to find
    return re.compile("[^\n]{1,40}?".join(re.escape(spaced(piece)) for piece in pieces))


def test_the_sets_of_problems_are_what_the_maker_writes(tmp_path):
    assert problem_sets.write(tmp_path / "made.jsonl") == 1800
    assert (tmp_path / "made.jsonl").read_bytes() == problem_sets.OUTPUT.read_bytes()
    rows = [json.loads(line) for line in problem_sets.OUTPUT.read_text("utf-8").splitlines()]
    held = {(form.lang, form.id) for form in BY_NAME.values() if form.held_out}
    for row in rows:
        assert ((row["lang"], row["form"]) in held) == (row["split"] == "stories")


def test_numbers_are_on_one_side_of_the_split():
    for lang in LANGS:
        sides = [
            {tuple(sorted(d.problem().numbers.values())) for _ in range(300)}
            for d in (Draws(lang, random.Random(1)), Draws(lang, random.Random(1), held_out=True))
        ]
        assert not sides[0] & sides[1]


def test_the_corpus_has_the_form_that_training_reads(corpus):
    shares = Counter(row["task"] for row in corpus)
    for task, (_, share, _base) in TASKS.items():
        assert shares[task] / len(corpus) == pytest.approx(share, abs=0.04)
    assert {row["lang"] for row in corpus} == set(LANGS)
    for row in corpus:
        roles = [m["role"] for m in row["messages"]]
        assert roles[-1] == "assistant" and set(roles) <= {"system", "user", "assistant", "tool"}
        answer = row["messages"][-1]["content"]
        assert answer.count("<think>") == answer.count("</think>") <= 1
        assert not re.search(r"\{\w\}", row["messages"][-1]["content"])
    base = compose_part("test", 60, 0.2, True)
    assert {row["task"] for row in base} == {"word", "sum"}


# ---- cases ----
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("new_forms", [False, True])
@pytest.mark.parametrize("task", [task for task in TASKS if task != "write"])
def test_a_case_s_own_answer_is_right_and_others_are_not(task, new_forms, lang):
    for case in cases(lang, task, 40, new_forms):
        assert case.right(case.reply), case.verify(case.reply).reason
        assert all(line.true for line in check_arithmetic(case.reply))
        assert not re.search(r"\{\w\}", case.asked[-1]["content"])
        assert not case.right(spoiled(case))
        assert not case.right("")


def spoiled(case: Case) -> str:
    """The same answer with another number, name or day."""
    if case.kind == "choice":
        return "Answer: Nonday" if case.lang == "en" else "答案：星期八"
    head, last = case.reply[:-40], case.reply[-40:]
    if case.kind == "json":
        return re.sub(r'": ("?)', r'": \g<1>7', case.reply)
    if case.kind == "call":
        return case.reply.replace('"arguments": {"', '"arguments": {"x')
    return head + re.sub(r"(\d)(?=\D*$)", lambda m: str((int(m[1]) + 1) % 10) + "1", last)


@pytest.mark.parametrize("lang", LANGS)
def test_calls_are_run_and_their_results_shown(lang):
    asked = [c for c in cases(lang, "tools", 120) if c.task == "tool_answer"]
    for case in asked:
        listed = case.asked[0]["content"]
        [calls] = [calls_in(m["content"]) for m in case.asked if m["role"] == "assistant"]
        shown = [m["content"] for m in case.asked if m["role"] == "tool"]
        assert shown == [result_text(run_call(call)) for call in calls]
        for call in calls:
            schema = json.dumps(TOOLBOX[call["name"]].schema(lang), ensure_ascii=False)
            assert schema in listed
    assert {calls_in(c.asked[2]["content"])[0]["name"] for c in asked} == set(TOOLBOX)


@pytest.mark.parametrize("lang", LANGS)
def test_json_fits_its_schema_and_has_what_the_note_says(lang):
    for case in cases(lang, "json_record", 60):
        value = json_in(case.reply.split("</think>")[-1])
        assert list(value) == case.more["schema"]["required"]
        told = case.asked[-1]["content"]
        if "<think>" not in case.reply:
            assert all(str(one) in told for one in value.values())


def test_a_problem_to_order_has_the_topic_and_steps():
    for lang in LANGS:
        made = Solver(lang, random.Random(2)).write()[0]
        form = BY_NAME[lang, made.form]
        assert words()["topics"][form.topic][lang] in made.asked[0]["content"]
        assert words()["steps"][lang][len(form.steps) - 1] in made.asked[0]["content"]


# ---- the chat template ----
FRIDAY = {"name": "weekday", "arguments": {"date": "2026-11-27"}}


@pytest.mark.parametrize("lang", LANGS)
def test_the_chat_template_writes_tools_as_the_corpus_has_them(lang):
    names = ["weekday", "convert"]
    calls = [
        {"type": "function", "function": {"name": "weekday", "arguments": {"date": "2026-11-27"}}}
    ]
    asked = {"role": "user", "content": "?"}
    told = {"role": "tool", "content": result_text("Friday")}
    plain = [
        {"role": "system", "content": tool_prompt(lang, names)},
        asked,
        {"role": "assistant", "content": call_text(**FRIDAY)},
        told,
    ]
    render = chat_template(solver.chat_template())
    rendered = render(
        messages=[asked, {"role": "assistant", "content": "", "tool_calls": calls}, told],
        tools=[TOOLBOX[name].schema(lang) for name in names],
        add_generation_prompt=True,
    )
    assert rendered == render(messages=plain, add_generation_prompt=True)


# ---- training ----
def test_a_digit_is_a_token_and_fixed_texts_are(corpus):
    train = pytest.importorskip("training.train")
    plain = train.train_tokenizer(corpus[:300], solver.fixed_texts(), 700, digits=True)
    tokenizer = train.with_fixed_texts(plain, solver.fixed_texts())
    text = "<think>\nCost: 126 × 14 = 1764\n</think>\nAnswer: 1764 元"
    tokens = tokenizer.encode(text).tokens
    assert [t for t in tokens if re.search(r"\d", t)] == list("1261417641764")
    assert tokens[0] == "<think>"
    assert tokenizer.decode(tokenizer.encode(text).ids) == text
    system = tool_prompt("zh")
    assert len(tokenizer.encode(system).ids) < 20
    assert len(plain.encode(system).ids) > 200


def test_the_sizes_stay_below_three_million_parameters():
    train = pytest.importorskip("training.train")
    for name in ("solver", "solver_base"):
        size = train.SIZES[name]
        model = train.build_model(
            size["vocabulary"] + 20, size["hidden"], size["layers"], size["kv_heads"]
        )
        assert sum(p.numel() for p in model.parameters()) < 3_000_000


def test_the_card_tells_every_figure(tmp_path, monkeypatch):
    from smolsynth.verify.passing import Estimate
    from training import examine

    notes = {
        **{"layers": 6, "hidden": 128, "parameters": 1_520_000, "vocabulary": 3018, "seed": 0},
        **{"tokens_seen": 30_000_000, "steps": 8000, "minutes": 60, "device": "cpu"},
        **{"examples": {"rows": 260_000}, "sha256": {"model.safetensors": "abc"}},
    }
    (tmp_path / "solver").mkdir()
    (tmp_path / "solver" / "training.json").write_text(json.dumps(notes))
    monkeypatch.setattr(examine, "MODELS", tmp_path)
    speed = {"ct2": 9000, "generate": 900, "ct2_all_cores": 15000}
    monkeypatch.setattr(examine, "tokens_per_second", lambda model: speed)
    figures = {lang: dict.fromkeys(examine.FIGURES, Estimate(0.5, (0.4, 0.6))) for lang in LANGS}
    examine.write_card("solver", figures, 300)
    card = (tmp_path / "solver" / "README.md").read_text(encoding="utf-8")
    for text in (*examine.FIGURES.values(), "1.52 M parameters", "abc", "| 0.500 (0.400-0.600) |"):
        assert text in card
