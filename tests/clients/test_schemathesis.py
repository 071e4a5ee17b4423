"""Requests that the OpenAPI document describes are answered as it says, and never with a 5xx."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.shop import ROLES, serving
from tests.databases import DIALECTS, key, scratch

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

_EXCLUDED = (
    # Filters and lists of columns are texts with a grammar: a schema cannot describe them.
    "positive_data_acceptance",
    # A role's document names its credential; what anonymous callers may do is in their own one.
    "ignored_auth",
    # `Allow` names the methods of the route, whatever is granted: it tells nobody what exists.
    "allow_header_conformance",
)
_SECONDS = 200


@pytest.mark.fault("http.clients")
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_answers_are_those_of_the_document(
    dialect: str, role: str, tmp_path: Path, request: pytest.FixtureRequest
):
    with scratch(dialect, request, tmp_path) as database, serving(database, tmp_path) as server:
        run = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/openapi.json"),
                *("--header", f"X-API-Key: {key(role)}", "--exclude-checks", ",".join(_EXCLUDED)),
                *("--max-examples", "4", "--seed", "1", "--generation-database", "none"),
                *("--no-color", "--warnings", "off"),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )

        assert run.returncode == 0, "\n".join(line[:200] for line in run.stdout.splitlines()[-200:])
        assert [line for line in server.lines if "Traceback" in line] == []
