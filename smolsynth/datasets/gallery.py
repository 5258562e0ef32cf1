"""A dataset to show: its card, a sample, and in a few sentences what was learned from it.

    gallery("my-data", "gallery/my-data", {"aim": …, "reading": …, "outcome": …, "again": …})

The data stays where it is; of the passages that rows are about, only those in the card's three
examples go along. Whoever opens the folder's README.md sees on one page what the data is worth.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from smolsynth._files import new_folder
from smolsynth.datasets.card import TEMPLATES, fenced
from smolsynth.datasets.convert import SOURCE, as_json
from smolsynth.datasets.mend import LOG, Mended
from smolsynth.datasets.read import read_rows
from smolsynth.datasets.redact import one_line, without_secrets
from smolsynth.rows import Row, sample_of
from smolsynth.text.language import check_lang
from smolsynth.text.layout import clean
from smolsynth.text.personal import masked, masked_in

STORY = ("aim", "reading", "outcome", "again")
SAMPLE = 20  # rows: as many as one reads
_SHOWN = ("prompt", "chosen", "rejected", "completion", "label", "messages", SOURCE, "file")


def gallery(
    dataset: str | Path,
    folder: str | Path,
    story: Mapping[str, str],
    *,
    title: str = "",
    lang: str = "en",
    trials: Any = None,
    sample: int = SAMPLE,
    seed: int = 0,
) -> Path:
    """Makes a folder that shows a dataset to others.

    It holds `README.md` (the story, the log of repairs in a sentence, the sample), `card.md`,
    `sample.jsonl` and, where they lie beside the data, `repairs.log` and `pipeline.py`. Mail
    addresses, numbers of persons and keys are masked.

    Args:
        dataset: a folder that `save` wrote.
        folder: the folder to make.
        story: a few sentences each (Markdown): `aim`, what it is for; `reading`, what reading
            rows showed; `outcome`, what came of it; `again`, what you would do otherwise.
        title: default: the name of the dataset's folder.
        lang: "en" or "zh", of the data and of the page.
        trials: what `compare` gives; shown under the outcome.
        sample: rows to show, at most.
        seed: of their draw.

    Returns:
        The folder.

    Raises:
        ValueError: a part of the story is missing, or the dataset has no card.
        ReadError: the rows can't be read.
        FileExistsError: the folder exists already.
    """
    check_lang(lang)
    if missing := [part for part in STORY if not str(story.get(part) or "").strip()]:
        raise ValueError(f"The story lacks {', '.join(missing)}: a sentence each will do.")
    source = Path(dataset)
    card = source / "README.md"
    if not card.is_file():
        raise ValueError(f"There is no card in {source.name}: write the rows with smolsynth.save.")
    rows = list(read_rows(source))
    numbers = sample_of(len(rows), sample, seed)
    shown = [masked_in({n: v for n, v in rows[i].items() if n in _SHOWN}) for i in numbers]
    beside = {name: source / name for name in (LOG, "pipeline.py") if (source / name).is_file()}
    files = {name: masked(path.read_text("utf-8")) for name, path in beside.items()}
    log = [json.loads(line) for line in files.get(LOG, "").splitlines()]
    text = masked(card.read_text("utf-8"))
    files |= {
        "card.md": text,
        "sample.jsonl": "".join(as_json(row) + "\n" for row in shown),
        "README.md": _page(
            lang,
            title=one_line(title or source.name),
            rows=len(rows),
            license=_licence(text),
            read=Mended([], log).describe(lang) if log else "",
            story={part: masked(without_secrets(story[part]).strip()) for part in STORY},
            trials="" if trials is None else fenced(str(trials), "text"),
            shown=len(shown),
            seed=seed,
            sample=fenced("\n\n".join(map(_as_text, shown)), "text"),
        ),
    }
    with new_folder(Path(folder)) as unfinished:
        for name, content in files.items():
            (unfinished / name).write_text(content, encoding="utf-8", newline="\n")
    return Path(folder)


def _page(lang: str, **facts: Any) -> str:
    from jinja2 import Template

    template = (TEMPLATES / f"gallery_{lang}.md.j2").read_text("utf-8")
    return Template(template).render(**facts).strip() + "\n"


def _licence(card: str) -> str:
    from huggingface_hub import DatasetCard

    named = DatasetCard(card, ignore_metadata_errors=True).data.get("license")
    return one_line(str(named or "unknown"))


def _as_text(row: Row) -> str:
    """The turns of a row, one a line or more, each under its role or column."""
    lines = []
    for column, value in row.items():
        turns = value if isinstance(value, list) else [{"role": column, "content": str(value)}]
        for turn in turns:
            role = column if column in ("chosen", "rejected", "completion") else turn["role"]
            lines.append(f"{role}: {clean(str(turn.get('content') or ''))}")
    return "\n".join(lines)
