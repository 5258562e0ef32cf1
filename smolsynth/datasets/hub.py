"""Puts a saved dataset on the Hugging Face Hub, and counts what arrived."""

import re
import tempfile
from pathlib import Path

from smolsynth.datasets.strings import said
from smolsynth.errors import PushFailed
from smolsynth.llms.common import first_line

DATA = ("train.jsonl", "train.parquet")
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


def push(
    folder: str | Path,
    repository: str,
    *,
    private: bool = True,
    token: str | None = None,
    endpoint: str | None = None,
) -> str:
    """Uploads a folder that `smolsynth.save` wrote, card included.

    A dataset of that name gets a new version; files of the folder replace those of the same name.

    Args:
        folder: the dataset, as JSONL or Parquet.
        repository: "you/dataset".
        private: whether a new repository can be seen by you alone.
        token: with the right to write; default: `HF_TOKEN`, or what `hf auth login` stored.
        endpoint: another hub than huggingface.co.

    Returns:
        The address of the version that was made.

    Raises:
        ValueError: the folder holds no dataset, or the name is none.
        PushFailed: no token, no network, no right to write, or fewer rows arrived than were sent.
    """
    from huggingface_hub import HfApi, get_token

    folder = Path(folder)
    files = [folder / name for name in DATA if (folder / name).is_file()]
    if len(files) != 1 or not (folder / "README.md").is_file():
        raise ValueError(
            f"{folder} holds no dataset to push: it takes README.md and {' or '.join(DATA)}, as"
            ' save(…) writes with format="jsonl" or "parquet".'
        )
    if not _REPOSITORY.fullmatch(repository):
        raise ValueError(f'The repository is named "you/dataset", not {repository!r}.')
    held = files[0].with_stem("validation")
    sent = [files[0], *([held] if held.is_file() else [])]
    token = token or get_token()
    if not token:
        raise PushFailed(said("push_token", folder=str(folder)))
    api = HfApi(endpoint=endpoint, token=token)
    try:
        api.create_repo(repository, repo_type="dataset", private=private, exist_ok=True)
        version = api.upload_folder(
            repo_id=repository,
            repo_type="dataset",
            folder_path=folder,
            allow_patterns=["README.md", *(path.name for path in sent)],
            commit_message="Add dataset",
        )
        with tempfile.TemporaryDirectory() as cache:
            arrived = [
                api.hf_hub_download(
                    repository,
                    path.name,
                    repo_type="dataset",
                    revision=version.oid,
                    cache_dir=cache,
                )
                for path in sent
            ]
            there, rows = (sum(rows_in(Path(path)) for path in paths) for paths in (arrived, sent))
    except Exception as error:  # of httpx, huggingface_hub, the disk
        # a token has no place in an error
        reason = first_line(error).replace(token, "…")
        given = {"repository": repository, "reason": reason, "folder": str(folder)}
        raise PushFailed(said("push_failed", **given)) from None
    if there != rows:
        place = {"repository": repository, "folder": str(folder)}
        raise PushFailed(said("push_lost", rows=rows, there=there, **place))
    return version.commit_url


def rows_in(file: Path) -> int:
    """How many rows a file of `DATA` has."""
    if file.suffix == ".parquet":
        from pyarrow.parquet import ParquetFile

        return ParquetFile(file).metadata.num_rows
    with file.open(encoding="utf-8") as lines:
        return sum(1 for line in lines if line.strip())
