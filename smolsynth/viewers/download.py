"""A dataset's folder as a ZIP file to take home, wherever the notebook runs."""

import base64
import html
import io
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from smolsynth.text.layout import words_in

_MOST = 50_000_000  # bytes that a page can take in one link
_LABELS = {
    "en": {
        "link": "Download {name} ({size})",
        "told": "[{name}: run this cell to download it]",
        "nothing": "There is nothing to download: no dataset has been saved yet.",
        "large": "{folder} has {size:.0f} MB, too much for a link: copy the folder itself.",
    },
    "zh": {
        "link": "下载 {name}（{size}）",
        "told": "[{name}：运行此单元格即可下载]",
        "nothing": "没有可下载的：还没有保存过数据集。",
        "large": "{folder} 有 {size:.0f} MB，做成链接太大了：请直接复制文件夹。",
    },
}


def download(folder: str | Path | None, lang: str = "en") -> Any:
    """A link that downloads a folder as NAME.zip; on Colab, which shows no such links, a button.

    Hidden files, such as the studio's unfinished parts, stay behind.

    Args:
        folder: as `save` returns it; None where nothing was saved.
        lang: "en" or "zh", of the words on it.

    Returns:
        A widget. Where there is nothing to download, or too much, a label that says so.
    """
    import ipywidgets

    words = words_in(_LABELS, lang)
    folder = None if folder is None else Path(folder)
    files = [] if folder is None or not folder.is_dir() else _files(folder)
    if folder is None or not files:
        return _told(ipywidgets.Label, words["nothing"], value=words["nothing"])
    size = sum(path.stat().st_size for path in files) / 1e6
    if size * 1e6 > _MOST:
        said = words["large"].format(folder=folder.name, size=size)
        return _told(ipywidgets.Label, said, value=said)
    return download_link(f"{folder.resolve().name}.zip", zipped(folder), "application/zip", lang)


def download_link(name: str, data: bytes, kind: str, lang: str = "en") -> Any:
    """A link that downloads these bytes as a file; on Colab a button.

    Args:
        name: of the file.
        data: its content.
        kind: its media type, as "text/html".
        lang: "en" or "zh", of the words on it.
    """
    import ipywidgets

    words = words_in(_LABELS, lang)
    size = f"{len(data) / 1e6:.1f} MB" if len(data) >= 1e6 else f"{len(data) / 1e3:.1f} kB"
    said = words["link"].format(name=name, size=size)
    told = words["told"].format(name=name)
    if "google.colab" in sys.modules:
        button = _told(ipywidgets.Button, told, description=said)
        button.layout.width = "max-content"
        button.on_click(lambda _: _from_colab(name, data))
        return button
    address = f"data:{kind};base64," + base64.b64encode(data).decode()
    file, said = html.escape(name), html.escape(said)
    link = f'<a download="{file}" href="{address}" style="text-decoration: underline">{said}</a>'
    return _told(ipywidgets.HTML, told, value=link)


def zipped(folder: str | Path) -> bytes:
    """A folder as a ZIP file, whose members are in a folder of its name; hidden files left out."""
    folder = Path(folder).resolve()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in _files(folder):
            archive.write(path, Path(folder.name) / path.relative_to(folder))
    return packed.getvalue()


def _files(folder: Path) -> list[Path]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [
        path
        for path in paths
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def _from_colab(name: str, data: bytes) -> None:
    from google.colab import files

    path = Path(tempfile.mkdtemp()) / name
    path.write_bytes(data)
    files.download(str(path))


def _told(kind: type, told: str, **traits: Any) -> Any:
    """A widget that, where no widget can be shown, says something of its own."""
    return type(kind.__name__, (kind,), {"__repr__": lambda self: told})(**traits)
