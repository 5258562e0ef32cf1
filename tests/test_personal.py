"""Personal data and keys: found by form and checksum, said by `measure`, masked on request."""

import json

import pytest

from smolsynth.cli.main import main
from smolsynth.datasets.convert import to_messages
from smolsynth.datasets.read import read_rows
from smolsynth.datasets.save import save
from smolsynth.datasets.trainers import convert
from smolsynth.quality.report import measure
from smolsynth.text.personal import masked, personal_data
from smolsynth.text.traditional import traditional_in

KEY = "sk-" + "4fJq8ZkT2mN7vB1xR9wL"  # put together, so that no scanner takes it for a real one
FOUND = [
    ("email", "Mail jo.smith+news@city.co.uk.", "jo.smith+news@city.co.uk"),
    ("email", "简历投至hr@xinghe-tech.cn，谢谢", "hr@xinghe-tech.cn"),
    ("phone", "Call (212) 555-0123 now", "(212) 555-0123"),
    ("phone", "1-800-555-1234", "1-800-555-1234"),
    ("phone", "ring +44 20 7946 0958", "+44 20 7946 0958"),
    ("phone", "手机13812345678，微信同号", "13812345678"),
    ("phone", "打１３８１２３４５６７８", "１３８１２３４５６７８"),
    ("phone", "座机010-62345678转801", "010-62345678"),
    ("phone", "+86 138 1234 5678", "+86 138 1234 5678"),
    ("card", "Visa 4111-1111-1111-1111", "4111-1111-1111-1111"),
    ("card", "卡号6222 0212 3456 7890 128", "6222 0212 3456 7890 128"),
    ("id", "身份证11010519491231002x有误", "11010519491231002x"),
    ("ssn", "SSN 219-09-9999", "219-09-9999"),
    ("key", f"export KEY={KEY}", KEY),
]
INNOCENT = [
    "ISBN 978-7-02-000220-7, pi is 3.14159265358979323846, 2023-11-15 12:00:00",
    "4111 1111 1111 1112 and 110105194912310021 fail their checksums",
    "000-12-3456, 666-12-3456 and 912-34-5678 were never issued",
    "订单号 20231115093012345678，时间戳 1700000000，人口 1443497378",
    "git clone git@github.com:user/repo.git; npm install lodash@4.17.21; ssh root@10.0.0.8",
    "@property, 138****5678, 400-800-1234, 192.168.1.100:8080, 12345678901",
    "2355501918075 + 2356502465540 = 4712003836158",  # as old cards of 13 digits were numbered
    "Bearer sk-xxxxxxxxxxxxxxxxxxxx, hf_YourTokenGoesHere00",
]


@pytest.mark.parametrize(("kind", "text", "part"), FOUND, ids=[part[:12] for _, _, part in FOUND])
def test_found_where_it_stands(kind, text, part):
    assert [(one.kind, text[one.start : one.end]) for one in personal_data(text)] == [(kind, part)]
    assert part not in masked(text) and not personal_data(masked(text))


@pytest.mark.parametrize("text", INNOCENT)
def test_what_only_looks_like_it_stays(text):
    assert personal_data(text) == [] and masked(text) == text


def test_the_mask_is_in_the_texts_language():
    assert masked("jo@city.org, 219-09-9999") == "[email], [SSN]"
    assert masked("请写信给 jo@city.org。") == "请写信给 [邮箱]。"


ROWS = [
    {"instruction": f"How is glass number {i} made?", "response": f"Sand {i} melts at {i}."}
    for i in range(4)
] + [{"instruction": "Whom do I ask about glass?", "response": "Ask jo@city.org at any time."}]


def test_a_warning_refuses_nothing_and_names_nobody(tmp_path):
    report = measure(ROWS, "en")
    (finding,) = [one for one in report.findings if one.rows]
    assert (finding.rule, finding.rows, finding.reasons) == ("personal_data", (4,), ("[email]",))
    assert not report.broken and "jo@" not in repr(report)
    assert report.good_rows() == [0, 1, 2, 3, 4] and report.good_rows("personal_data") == [
        0,
        1,
        2,
        3,
    ]


def test_masked_where_it_is_written(tmp_path, capsys):
    facts = {"lang": "en", "model": "-", "technique": "-", "seed": None}
    plain, safe = tmp_path / "plain", tmp_path / "safe"
    save(to_messages(ROWS), plain, **facts)
    save(to_messages(ROWS), safe, mask=True, **facts)
    assert "jo@city.org" in (plain / "train.jsonl").read_text("utf-8")
    written = (safe / "train.jsonl").read_text("utf-8")
    assert "jo@city.org" not in written and "Ask [email] at any time." in written
    assert "jo@" not in (safe / "README.md").read_text("utf-8")
    convert(read_rows(ROWS), "alpaca", tmp_path / "alpaca", mask=True)
    assert "[email]" in (tmp_path / "alpaca" / "train.jsonl").read_text("utf-8")
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in ROWS), "utf-8")
    assert main(["check", str(file), "--clean", str(tmp_path / "clean"), "--mask"]) == 0
    assert "[email]" in (tmp_path / "clean" / "train.jsonl").read_text("utf-8")


def test_traditional_among_simplified():
    row = {"instruction": "怎样学好数学？", "response": "要多做練習，不懂就问。"}
    assert traditional_in(row["instruction"], row["response"]) == "練習"
    for lang, said in (("zh", {"traditional": (0,)}), ("en", {})):
        found = {one.rule: one.rows for one in measure([row], lang).findings if one.rows}
        assert {k: v for k, v in found.items() if k == "traditional"} == said
    for texts in (
        ("怎樣學好數學？", "要多做練習，不懂就問。"),  # all of it
        ("“龍”的简体怎么写？", "写作“龙”。"),  # quoted
        ("用繁体写“学习”。", "學習"),  # asked for
        ("乾隆是谁？", "乾隆是清朝皇帝，於菟指老虎，徵是五音之一。"),  # written so in both
        ("“勉強する”是什么意思？", "勉強します就是学习。"),  # Japanese
        ("介绍作家刘喆。", "刘喆生于堃城。"),  # names' own characters
    ):
        assert traditional_in(*texts) is None, texts
