"""Documents in: every format in both languages, what can't be read, chunks, answers."""

import gzip
import zipfile
from pathlib import Path

import pytest

from smolsynth import read_documents
from smolsynth.documents import read as reading
from smolsynth.documents.answers import why_unanswered
from smolsynth.documents.blocks import Block
from smolsynth.documents.chunks import chunks, counter, estimated, sentences
from smolsynth.documents.strings import _FAULTS, _NOTES, NoDocuments
from tests.books import LOCKED_CHAPTER, LOCKED_FONT, epub_2, epub_3

HERE = Path(__file__).parent / "documents"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


# ---- files made by code ----
def pdf(path: Path, pages: list[list[tuple[int, str]]], extra: str = "", trailer: str = "") -> Path:
    """A PDF of lines (size of letters, text) in a font that every reader has."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", _FONT]
    for lines in pages:
        shown, place = [], 780
        for size, text in lines:
            shown.append(f"BT /F1 {size} Tf 60 {place} Td ({text}) Tj ET")
            place -= 14 if size == 11 else 40
        stream = "\n".join(shown) or "0 0 100 100 re f"
        number = len(objects) + 1
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {number + 1} 0 R"
            " /Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    kids = " ".join(f"{n} 0 R" for n in range(4, len(objects) + 1, 2))
    objects[1] = f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>"
    objects += [extra] if extra else []
    body, places = "%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{one}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n"
    end += f"<< /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{len(body)}\n%%EOF\n"
    path.write_bytes((body + end).encode("latin-1"))
    return path


_FONT = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def encrypted_pdf(path: Path) -> Path:
    key = "<" + "5a" * 32 + ">"
    lock = f"<< /Filter /Standard /V 1 /R 2 /O {key} /U {key} /P -4 >>"
    extra = {"extra": lock, "trailer": "/Encrypt 6 0 R /ID [<00> <00>]"}
    return pdf(path, [[(11, "Nobody reads this.")]], **extra)


def docx(path: Path) -> Path:
    from docx import Document

    made = Document()
    made.add_heading("Lighthouse", 1)
    made.add_paragraph("The lamp was lit in 1911. It turns once in ten seconds.")
    made.add_heading("灯塔", 2)
    made.add_paragraph("灯每十秒转一圈。")
    table = made.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "height", "31 m"
    made.save(str(path))
    return path


PAGE = '<html xmlns="http://www.w3.org/1999/xhtml"><body><h1>{0}</h1><p>{1}</p></body></html>'


def epub(path: Path, locked: bool = False) -> Path:
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", "application/epub+zip")
        container = '<container><rootfiles><rootfile full-path="b/c.opf"/></rootfiles></container>'
        book.writestr("META-INF/container.xml", container)
        items = "".join(f'<item id="{n}" href="{n}%20x.xhtml"/>' for n in "ab")
        spine = '<itemref idref="b"/><itemref idref="a"/>'
        package = f"<package><manifest>{items}</manifest><spine>{spine}</spine></package>"
        book.writestr("b/c.opf", package)
        book.writestr("b/a x.xhtml", PAGE.format("第二章", "水在一百度沸腾。"))
        book.writestr("b/b x.xhtml", PAGE.format("Chapter 1", "Water boils at 100 degrees."))
        if locked:
            book.writestr(
                "META-INF/encryption.xml",
                '<encryption><EncryptedData><EncryptionMethod Algorithm="aes"/><CipherData>'
                '<CipherReference URI="b/a%20x.xhtml"/></CipherData></EncryptedData></encryption>',
            )
    return path


def texts(path: Path, **options) -> list[tuple[str, str]]:
    return [(row["heading"], row["text"]) for row in read_documents(path, **options)]


# ---- formats ----
def test_a_folder_of_all_kinds_in_both_languages(tmp_path):
    docx(tmp_path / "灯塔.docx")
    epub(tmp_path / "water.epub")
    pdf(tmp_path / "kite.pdf", [[(20, "Kites"), (11, "A kite needs wind and a long line.")]])
    read = read_documents([HERE, tmp_path])
    files = {row["file"] for row in read}
    assert files == {
        *("faq.jsonl", "ferry.txt", "guide/compost.md", "guide/kiln.html", "zh/渡轮.md"),
        *("kite.pdf", "water.epub", "灯塔.docx"),
    }
    assert not read.faults
    for name in files:
        numbers = [row["chunk"] for row in read if row["file"] == name]
        assert numbers == list(range(1, len(numbers) + 1))
    assert read.describe("zh")[0].startswith("8 份文档，切成")


def test_markdown_is_read_without_its_marks():
    (top, mixture, turning) = texts(HERE / "guide" / "compost.md")
    assert top == (
        "Composting",
        "Compost needs air, water and a mixture of green and brown material.",
    )
    assert mixture[0] == "Composting, Mixture" and "as kitchen scraps and fresh grass" in mixture[1]
    assert "it smells of ammonia | add leaves" in mixture[1]
    assert 'remind --every 14d "turn the heap"' in turning[1]
    assert "nobody" not in str([top, mixture, turning]) and "not for readers" not in top[1]


def test_of_a_page_only_the_main_part_is_read():
    page = texts(HERE / "guide" / "kiln.html")
    assert [heading for heading, _ in page] == ["The Brennan kiln", "The Brennan kiln, The end"]
    whole = " ".join(text for _, text in page)
    assert "It stood eleven metres high." in whole and "November | 41" in whole
    for left_out in ("Cookies", "Home", "alert", "color", "Hidden"):
        assert left_out not in whole


def test_word_files_and_books_keep_headings_order_and_tables(tmp_path):
    assert texts(docx(tmp_path / "a.docx")) == [
        ("Lighthouse", "The lamp was lit in 1911. It turns once in ten seconds."),
        ("Lighthouse, 灯塔", "灯每十秒转一圈。\n\nheight | 31 m"),
    ]
    assert texts(epub(tmp_path / "b.epub")) == [
        ("Chapter 1", "Water boils at 100 degrees."),
        ("第二章", "水在一百度沸腾。"),
    ]


@pytest.mark.parametrize("encryption", ["", LOCKED_FONT], ids=["open", "locked font"])
def test_books_are_read_as_tools_write_them(encryption, tmp_path):
    """Without cover, contents and marks of notes; with the notes, entities and all that is said."""
    assert texts(epub_3(tmp_path / "a.epub", encryption)) == [
        (
            "1 The Mill",
            "The mill was built in 1911—by two. It is a café.\n\nIts wheel is of oak."
            " It holds H2O & turns; see 3.\n\nHans and Peter.\n\nThe wheel.",
        ),
        ("1 The Mill, The Lake", "A boat goes.\n\nFish (big) | Pike"),
    ]


def test_a_chinese_book_of_the_older_kind(tmp_path):
    assert texts(epub_2(tmp_path / "a.epub")) == [
        ("第一章 磨坊", "磨坊建于一九一一年。水车是橡木的。")
    ]


def test_a_book_with_a_locked_chapter_says_so(tmp_path):
    with pytest.raises(NoDocuments, match="DRM"):
        read_documents(epub_3(tmp_path / "a.epub", LOCKED_CHAPTER))


def test_a_pdf_is_read_by_paragraphs_without_what_stands_on_every_page(tmp_path):
    long = "The kite goes up as soon as there is wind enough to lift its tail and"
    pages = [
        [(9, "Kites for all"), (20, f"Part {n}"), (11, long), (11, "its line, and it stays up.")]
        + [(9, f"{n}")]
        for n in "123"
    ]
    found = texts(pdf(tmp_path / "a.pdf", pages), tokens=300)
    assert [heading for heading, _ in found] == ["Part 1", "Part 2", "Part 3"]
    assert found[1][1] == f"{long} its line, and it stays up."


def test_words_that_a_line_of_a_pdf_breaks_are_whole(tmp_path):
    lines = ["The old mill stood by the river, and its wheel was dan-",
             "gerous to all who came too near; the beam was heat-",
             "treated, says the miller of the Upper-", "Lower gate."]  # fmt: skip
    [(_, text)] = texts(pdf(tmp_path / "a.pdf", [[(11, line) for line in lines]]), tokens=300)
    assert all(word in text for word in ("was dangerous", "heat-treated", "Upper-Lower"))


def test_columns_of_tables_are_named_or_found(tmp_path):
    table = tmp_path / "a.csv"
    table.write_text("title,note\nRain,It rains.\nSnow,It snows.\n", encoding="utf-8")
    with pytest.raises(NoDocuments, match="which column holds the text"):
        read_documents(table)
    assert texts(table, column="note") == [("", "It rains."), ("", "It snows.")]
    with pytest.raises(NoDocuments, match="no column 'body'; there are title, note"):
        read_documents(table, column="body")


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-16", "水在一百度沸腾。Water boils."),
        ("gb18030", "水在一百度沸腾，冰在零度融化。这是每个孩子都知道的事情。"),
        ("big5", "水在一百度沸騰，冰在零度融化。"),
        ("cp1252", "Übung macht den Meister, sagte der alte Müller und ging nach Hause. Schön!"),
        ("utf-8-sig", "A ticket costs 3 euros."),
    ],
)
def test_texts_of_other_encodings_are_read_and_told_of(encoding, text, tmp_path):
    file = tmp_path / "a.txt"
    file.write_bytes(text.encode(encoding))
    read = read_documents(file)
    assert read[0]["text"] == text
    assert any("encoding" == key for key, _ in read.notes) == (not encoding.startswith("utf"))


# ---- what can't be read ----
def bad_files(folder: Path) -> dict[str, str]:
    """Files that can't be read, and what is said of each."""
    pdf(folder / "scan.pdf", [[], []])
    encrypted_pdf(folder / "locked.pdf")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4\n" + bytes(200))
    (folder / "locked.docx").write_bytes(OLE)
    (folder / "old.doc").write_bytes(OLE)
    (folder / "broken.docx").write_bytes(b"PK\x03\x04 and nothing else")
    epub(folder / "drm.epub", locked=True)
    (folder / "broken.epub").write_bytes(gzip.compress(b"no zip"))
    (folder / "empty.txt").write_bytes(b"")
    (folder / "blank.html").write_text("<html><body><nav>Home</nav></body></html>")
    (folder / "binary.txt").write_bytes(bytes(range(256)) * 8)
    (folder / "rows.jsonl").write_text('{"text": "fine"}\n{"text": ')
    return {
        "scan.pdf": "pages (2) are pictures",
        "locked.pdf": "encrypted",
        "broken.pdf": "no PDF at all",
        "locked.docx": "encrypted",
        "old.doc": "save it as .docx",
        "broken.docx": "no DOCX at all",
        "drm.epub": "DRM",
        "broken.epub": "no EPUB at all",
        "empty.txt": "no text",
        "blank.html": "no text",
        "binary.txt": "save it as UTF-8",
        "rows.jsonl": "line 2, is no JSON",
        "none.txt": "no such file",
        "photo.jpg": "not read",
    }


def test_each_bad_file_gets_one_sentence_and_the_others_go_on(tmp_path):
    expected = bad_files(tmp_path)
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8")
    read = read_documents([HERE / "ferry.txt", *(tmp_path / name for name in expected)])
    assert {row["file"] for row in read} == {"ferry.txt"}
    said = dict(read.faults)
    assert said.keys() == expected.keys()
    for name, words in expected.items():
        assert words in said[name].words("en"), name
        assert "\n" not in said[name].words("en")
        assert any("\u4e00" <= char <= "\u9fff" for char in said[name].words("zh")), name
    assert "Not read: 4 more files." in read.describe()


def test_what_is_huge_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MOST_BYTES", 50)
    with pytest.raises(NoDocuments, match="too large"):
        read_documents(HERE / "ferry.txt")
    monkeypatch.undo()
    bomb = tmp_path / "bomb.epub"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("a", bytes(10))
        book.filelist[0].file_size = 10**10  # as its table of contents says
    with pytest.raises(NoDocuments, match="too much text, over 20 million") as refused:
        read_documents(bomb)
    assert "超过 2,000 万个字符" in refused.value.words("zh")


def test_a_missing_package_is_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "markdown_it", None)
    with pytest.raises(NoDocuments, match=r"install markdown-it-py first.*smolsynth\[documents\]"):
        read_documents(HERE / "guide" / "compost.md")


def test_what_is_no_document_in_a_folder_is_counted(tmp_path):
    for name in ("a.txt", "b/a.txt", ".hidden.txt", "~$a.docx", "c.png", "d.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("It rains.")
    read = read_documents([tmp_path, tmp_path / "a.txt"])
    assert [row["file"] for row in read] == ["a.txt", "b/a.txt"]
    assert "Passed over, no documents: 2 files (.png)." in read.describe()
    both = read_documents([tmp_path / "a.txt", tmp_path / "b" / "a.txt"])
    assert [row["file"] for row in both] == [f"{tmp_path.name}/a.txt", "b/a.txt"]


def test_the_sentences_of_both_languages_take_the_same_values():
    from string import Formatter

    for texts in (_FAULTS, _NOTES):
        fields = [
            {
                key: sorted({f[1].removesuffix("_zh") for f in Formatter().parse(said) if f[1]})
                for key, said in d.items()
            }
            for d in (texts["en"], texts["zh"])
        ]
        assert fields[0] == fields[1]


# ---- chunks ----
@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("He came. He saw.", 2),
        ("Dr. Li paid 3.20 euros, e.g. Monday. Then he left.", 2),
        ("“Is it open?” she asked. No.", 2),
        ("他问：“几点开门？”“十点。”我们走吧！好……", 5),
        ("版本 2.5 已发布。OK.", 2),
        ("1. Open the lid. 2. Pour.", 2),
        ("one\ntwo", 2),
        ("no end", 1),
    ],
)
def test_sentences_end_by_the_punctuation_of_their_language(text, parts):
    found = sentences(text)
    assert "".join(found) == text
    assert len(found) == parts, found


@pytest.mark.parametrize("sentence", ["The cat sat on mat {}. ", "猫坐在第{}张垫子上。"])
def test_chunks_hold_whole_sentences_and_share_the_last_ones(sentence):
    blocks = [Block("A", 1), Block("".join(sentence.format(n) for n in range(40)).strip())]
    cut = [one.text for one in chunks(blocks, 60, 20, estimated)]
    assert len(cut) > 5
    for one, two in zip(cut, cut[1:], strict=False):
        assert estimated(one) <= 60 and one[-1] in ".。"
        shared = sentences(two)[0].strip()
        assert one.endswith(shared) or shared in one[-60:]
    assert all(sentence.format(n).strip() in " ".join(cut) for n in range(40))


def test_no_chunk_is_longer_than_it_may_be():
    for text in ("word " * 500, "字" * 500, "句子没有完，" * 90, "https://x.y/" + "a" * 900):
        cut = [one.text for one in chunks([Block(text)], 50, 10, estimated)]
        assert max(map(estimated, cut)) <= 50
        assert "".join("".join(cut).split()) == "".join(text.split())


def test_tokens_are_those_of_the_model_where_it_lies_here():
    count, estimates = counter("bundled")
    assert not estimates and count("What is a kettle?") == count("What is") + count(" a kettle?")
    assert counter("openai:http://localhost/v1#m") == counter(None) == (estimated, True)
    assert "estimated" in read_documents(HERE).describe()[0]
    assert "estimated" not in read_documents(HERE, model="bundled").describe()[0]


def test_sizes_out_of_range_are_refused():
    with pytest.raises(ValueError, match="16 at least"):
        read_documents(HERE, tokens=4)
    with pytest.raises(ValueError, match="half of that"):
        read_documents(HERE, overlap=150)


# ---- answers ----
FERRY = "Harbour ferry\nA single ticket costs 3.20 euros. Children under six travel free. Tickets"
FERRY += " are sold by the machines on the quay."
DULU = "港口渡轮\n单程票价三元二角，六岁以下的儿童免费。船票在码头的售票机上买，船员不卖票。"


@pytest.mark.parametrize(
    ("text", "question", "answer", "why"),
    [
        (FERRY, "What does a single ticket cost?", "A single ticket costs 3.20 euros.", None),
        (FERRY, "Who travels free on the ferry?", "Children under 6 travel free.", None),
        (FERRY, "Where are ferry tickets sold?", "By machines on the quay.", None),
        (FERRY, "What does a single ticket cost?", "It costs 4.50 euros.", "unanswered"),
        (FERRY, "Who built the ferry?", "It was built by a shipyard in Norway.", "unanswered"),
        (FERRY, "What is a ticket?", "A ticket is a ticket.", "unanswered"),
        (FERRY, "Are dogs free?", "The text does not mention dogs.", "unanswered"),
        (FERRY, "What is the height of the bridge?", "3.20 euros.", "unanswered"),
        (FERRY, "What does the text say of children?", "They travel free.", "about_text"),
        (DULU, "哪些儿童坐渡轮免费？", "六岁以下的儿童免费。", None),
        (DULU, "船票在哪里买？", "船票在码头的售票机上买。", None),
        (DULU, "渡轮是谁造的？", "渡轮是挪威的船厂造的。", "unanswered"),
        (DULU, "儿童坐船要钱吗？", "文中没有提到。", "unanswered"),
        (DULU, "文中说船票在哪里买？", "在码头的售票机上买。", "about_text"),
    ],
)
def test_an_answer_must_stand_in_the_text(text, question, answer, why):
    assert why_unanswered(question, answer, text) == why
