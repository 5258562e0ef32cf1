"""`python -m smolsynth check`: what a file of training data is, and what is wrong with it."""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from smolsynth._files import check_new
from smolsynth.cli.convert import add_reading, read
from smolsynth.cli.parser import Parser
from smolsynth.cli.strings import ARGUMENTS, strings
from smolsynth.text.language import listed
from smolsynth.text.layout import in_words

NAME = "check"
HELP = {
    "en": "say what a file of training data holds, and what is wrong with it",
    "zh": "看看一份训练数据是什么、有哪些毛病",
}


def add_arguments(parser: Parser) -> None:
    """The options of this command."""
    text = strings(parser.ui, NAME)
    parser.add_argument("source", metavar="FILE", help=text["source"])
    parser.add_argument(  # of the data; the person's is --ui
        "--lang",
        dest="language",
        choices=("en", "zh", "auto"),
        default="auto",
        help=text["lang"],
    )
    parser.add_argument("--evaluation", metavar="FILE", help=text["evaluation"])
    parser.add_argument("--seeds", metavar="FILE", help=text["seeds"])
    parser.add_argument("--semantic", metavar="MODEL", help=text["semantic"])
    parser.add_argument("--json", action="store_true", help=text["json"])
    parser.add_argument("--html", type=Path, metavar="REPORT.html", help=text["html"])
    parser.add_argument("--clean", type=Path, metavar="FOLDER", help=text["clean"])
    add_reading(parser, text)


def run(args: argparse.Namespace) -> int:
    """Reads, measures, says what was found; 0 where nothing is broken, 1 where something is, 2
    where the file can't be read."""
    from smolsynth.cli.progress import counted
    from smolsynth.datasets.read import language_of, read_texts
    from smolsynth.datasets.save import as_measured
    from smolsynth.datasets.strings import in_terms
    from smolsynth.errors import ReadError
    from smolsynth.quality.report import measure
    from smolsynth.rows import Each
    from smolsynth.text.meaning import load_embedder

    text = strings(args.ui, NAME)
    if args.clean:
        check_new(args.clean)
    print(text["reading"].format(file=args.source), file=sys.stderr, flush=True)
    try:
        rows = read(args)
        others: dict[str, Any] = {
            name: read_texts(getattr(args, name)) if getattr(args, name) else ()
            for name in ("evaluation", "seeds")
        }
    except ReadError as error:
        print(in_terms(error.words(args.ui), ARGUMENTS), file=sys.stderr)
        return 2
    lang = args.language if args.language != "auto" else language_of(rows.rows)
    print(in_words(text["measuring"], rows=len(rows)), file=sys.stderr, flush=True)
    embed = load_embedder(args.semantic) if args.semantic else None
    given = Each(rows.rows, as_measured)
    with counted(in_words(text["measured"], n="{n}", rows=len(rows))) as on_row:
        report = measure(
            given,
            lang,
            embed=embed,
            on_row=on_row,
            ui=args.ui,
            number=rows.number_of,
            **others,
        )
    print("\n".join(rows.describe(args.ui)), end="\n\n")
    print(_as_in_file(report, rows), end="\n\n")
    print(_advice(report, args, text))
    if args.html:
        from smolsynth._files import write_whole
        from smolsynth.viewers.report import page

        write_whole(args.html, page(args.source, rows, report, args.ui))
        print(text["page"].format(file=args.html))
    if args.clean:
        print(_clean(rows, report, args, text))
    if args.json:
        print(json.dumps(_summary(rows, report), ensure_ascii=False))
    return 1 if report.broken else 0


def _as_in_file(report: Any, rows: Any) -> str:
    """The table, rows by their numbers in the file."""
    findings = tuple(
        finding._replace(rows=tuple(map(rows.number_of, finding.rows)))
        for finding in report.findings
    )
    return repr(replace(report, findings=findings))


def _advice(report: Any, args: argparse.Namespace, text: dict[str, str]) -> str:
    from smolsynth.quality.rules import RULES

    if not report.broken:
        return text["fine"]
    names = text["and"].join(
        text["rule"].format(rule=one.rule, what=RULES[one.rule].words(args.ui)[0])
        for one in report.broken
    )
    hint = "" if args.clean else text["hint"].format(file=args.source)
    return text["broken"].format(rules=names) + hint


def _clean(rows: Any, report: Any, args: argparse.Namespace, text: dict[str, str]) -> str:
    from smolsynth.datasets.save import save
    from smolsynth.rows import Each

    good = report.good_rows()
    if not good:
        return text["none_good"]
    own = strings(report.lang, NAME)
    left_out = {one.rule: len(one.rows) for one in report.findings if one.rows and not one.warns}
    counts = listed((f"{rule} {count}" for rule, count in left_out.items()), report.lang)
    folder = save(
        Each(good, rows.rows.__getitem__),
        args.clean,
        lang=report.lang,
        model="-",
        technique=f"smolsynth check, {Path(args.source).name}",
        seed=None,
        notes=own["left_out"].format(all=report.rows, good=len(good), counts=counts or "-"),
        despite=own["despite"],
        mask=args.mask,
        given=len(good),
    )
    return text["cleaned"].format(good=len(good), all=report.rows, folder=folder)


def _summary(rows: Any, report: Any) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "shape": rows.shape,
        "kind": rows.kind,
        "lang": report.lang,
        "rows": report.rows,
        "faults": {finding.rule: len(finding.rows) for finding in report.findings},
        "broken": [finding.rule for finding in report.broken],
        "figures": report.figures,
        "skipped": len(rows.skipped),
    }
