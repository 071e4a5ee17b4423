"""The page of another origin in docs/http.md reads and writes, in a browser, as printed."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.servers.faucet_process import FaucetProcess
from tests.servers.programs import find_program

pytestmark = [pytest.mark.e2e, pytest.mark.program("chromium")]

_ROOT = Path(__file__).parents[2]
_GUIDE = (_ROOT / "docs" / "http.md").read_text(encoding="utf-8")
(_PAGE,) = re.findall(r"^```html\n(.*?)^```", _GUIDE, re.MULTILINE | re.DOTALL)
_MINUTES = 120.0


def _demo(*arguments: str) -> str:
    command = [sys.executable, "-m", "faucet", "demo", *arguments]
    return subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=True).stdout


@contextmanager
def _pages(folder: Path) -> Iterator[str]:
    """Serve the files of *folder*; give the origin of its pages."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


def _shown(folder: Path, url: str) -> str:
    """Return the document that a browser has made of the page once it is idle."""
    command = [
        *(
            find_program("chromium"),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
        ),
        *(f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=20000", "--dump-dom"),
        url,
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=_MINUTES, check=False, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("named", [True, False])
def test_the_page_reads_and_writes_if_the_manifest_names_its_origin(tmp_path: Path, named: bool):
    demo = tmp_path / ".demo"
    _demo("build", str(demo))
    example = (_ROOT / "faucet.yaml.example").read_text(encoding="utf-8")
    (demo / "faucet.yaml").write_text(example)
    clerk = re.findall(r"faucet_[0-9a-f]{64}", _demo("tour", "-c", str(demo / "faucet.yaml")))[0]
    site = tmp_path / "site"
    site.mkdir()
    with _pages(site) as origin:
        if named:
            (demo / "faucet.yaml").write_text(example.replace("http://localhost:5173", origin))
        arguments = ("-c", str(demo / "faucet.yaml"), "-p", "0")
        with FaucetProcess(tmp_path, *arguments).listening() as server:
            page = _PAGE.replace("http://127.0.0.1:8080", server.url).replace("faucet_…", clerk)
            (site / "page.html").write_text(page, encoding="utf-8")
            shown = _shown(tmp_path, f"{origin}/page.html")

    rows = re.findall(r'<pre id="rows">(.*?)</pre>', shown)
    assert len(rows) == 1
    assert ('"total":"3.75"' in rows[0]) == named
