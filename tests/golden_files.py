"""Golden files: text that is compared with what is committed, or written with `--update-golden`."""

import difflib
from pathlib import Path


class Golden:
    """
    Compares answers with golden files; the fixture `golden` gives one.

    With *update* it writes them instead, and the diff is for the author to read.
    """

    def __init__(self, *, update: bool) -> None:
        self.update = update

    def __call__(self, path: Path, actual: str) -> None:
        """Fail with a diff unless the file at *path* holds *actual*."""
        if self.update:
            if not path.exists() or path.read_text(encoding="utf-8") != actual:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(actual, encoding="utf-8")
            return
        expected = path.read_text(encoding="utf-8") if path.exists() else ""
        if actual != expected:
            diff = difflib.unified_diff(
                expected.splitlines(keepends=True),
                actual.splitlines(keepends=True),
                fromfile=str(path),
                tofile="what the code answers",
            )
            raise AssertionError(f"{path} is out of date; --update-golden writes:\n{''.join(diff)}")
