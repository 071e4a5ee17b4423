"""A Python of its own that imports nothing but what it is told."""

import os
import subprocess
import sys


def output_of(script: str) -> str:
    """
    Return what *script* prints, run by this interpreter.

    Coverage would follow into it, and bring its own imports.
    """
    bare = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
        env=bare,
    )
    return done.stdout
