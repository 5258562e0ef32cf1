"""`python -m smolsynth studio`: serves Dataset Studio as a page."""

import argparse
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import webbrowser
from pathlib import Path
from typing import Any

from smolsynth._files import check_folder
from smolsynth.cli.parser import Parser
from smolsynth.cli.strings import strings
from smolsynth.text.language import LANGS

NAME = "studio"
HELP = {
    "en": "open Dataset Studio, which makes datasets without code, as a page",
    "zh": "打开数据集工作室：一个不用写代码就能做数据集的网页",
}
# The page loads nothing from elsewhere, whatever stands in it.
POLICY = (
    "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval';"
    " connect-src 'self' ws://127.0.0.1:*; frame-ancestors 'self'"
)
UPLOAD = 110_000_000  # bytes of a message: without, Tornado hangs up on more than 10 MiB


def settings() -> dict[str, Any]:
    """Of Voilà's server. With a page that is closed or reloaded its kernel ends, and what runs in
    it: the page asks for that by a request that needs this cookie, which Voilà does not set."""
    cookie = f"_xsrf={secrets.token_hex(16)}; Path=/; SameSite=Strict"
    return {
        "headers": {"Content-Security-Policy": POLICY, "Set-Cookie": cookie},
        "websocket_max_message_size": UPLOAD,
    }


PAGE = """\
import os

from smolsynth.studio import studio

os.chdir({here!r})  # where the command was given
studio({lang!r}, folder={folder!r})
"""


def add_arguments(parser: Parser) -> None:
    """The options of this command."""
    parser.add_argument("--lang", choices=LANGS, default="en", help="default: en")
    parser.add_argument("--port", type=int, default=8866, help="default: 8866")
    parser.add_argument("--theme", choices=["light", "dark"], default="light")
    parser.add_argument("--output", type=Path, default=Path("output"), help="default: output/")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")


def run(args: argparse.Namespace) -> int:
    """Serves the page on this machine alone, to whoever has the printed address, until interrupted.

    On a machine with several users an open port is open to all of them: the address holds a token,
    new each time, without which the server shows nothing.
    """
    text = strings(args.ui, NAME)
    from importlib.util import find_spec

    if not find_spec("voila"):
        print(text["voila"], file=sys.stderr)
        return 1
    check_folder(args.output)
    port, token = _free_port(args.port), secrets.token_hex(24)
    if port is None:
        print(text["no_port"].format(asked=args.port), file=sys.stderr)
        return 1
    if port != args.port:
        print(text["taken"].format(asked=args.port, port=port))
    address = f"http://127.0.0.1:{port}/?token={token}"
    with tempfile.TemporaryDirectory(prefix="smolsynth-studio-") as folder:  # its owner's alone
        page = Path(folder) / "dataset_studio.ipynb"
        _write_page(page, PAGE.format(lang=args.lang, here=os.getcwd(), folder=str(args.output)))
        # a file, since a command line is for all to see, the cookie with it
        config = json.dumps({"Voila": {"tornado_settings": settings()}})
        (Path(folder) / "voila.json").write_text(config, encoding="utf-8")
        print(text["studio"].format(address=address), flush=True)
        command = [
            *(sys.executable, "-m", "voila", str(page), f"--port={port}"),
            "--Voila.ip=127.0.0.1",  # nobody else's machine can reach it
            "--Voila.port_retries=0",
            # On a busy machine the kernel's last word may take longer than the usual four seconds:
            # Voilà would show a page without the app.
            "--VoilaExecutor.iopub_timeout=120",
            "--Voila.auto_token=True",  # that of the environment: a command line is for all to see
            "--Voila.log_level=ERROR",  # else it warns of a notebook that is not trusted: our own
            f"--theme={args.theme}",
            "--no-browser",  # Voilà would open the address without its token
        ]
        # However this process ends, the server ends with it, and ends its kernels first.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        elsewhere = os.environ.get("JUPYTER_CONFIG_PATH")
        env = os.environ | {
            "JUPYTER_TOKEN": token,
            "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, [folder, elsewhere])),
        }
        server = subprocess.Popen(command, env=env)  # noqa: S603
        if not args.no_browser:
            opener = threading.Thread(target=_open, args=(address, port, Path(folder)), daemon=True)
            opener.start()
        try:
            return server.wait()
        except KeyboardInterrupt:
            return 0
        finally:
            server.terminate()
            server.wait()


def _free_port(first: int, tries: int = 50) -> int | None:
    """The first port from that one on that nothing listens at; None where all are taken."""
    for port in range(first, min(first + tries, 65536)):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    return None


def _open(address: str, port: int, folder: Path) -> None:
    """Opens the page once it is there, by a file, so that no command line shows the token."""
    for _ in range(150):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.2)
    link = folder / "open.html"
    link.write_text(f'<meta http-equiv="refresh" content="0;url={address}">', encoding="utf-8")
    webbrowser.open(link.as_uri())


def _write_page(path: Path, source: str) -> None:
    """A notebook with a single cell."""
    import nbformat
    from nbformat.v4 import new_code_cell, new_notebook

    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    cells = [new_code_cell(source, id="studio")]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
