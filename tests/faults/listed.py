"""The list of faults that must not return, and the tests that show it."""

import tomllib
from pathlib import Path
from typing import NamedTuple

_LIST = Path(__file__).parent / "list.toml"


class Fault(NamedTuple):
    """One fault: what is done, and the correct outcome; *title* is that of its *group*."""

    group: str
    title: str
    input: str
    outcome: str


def listed_faults() -> dict[str, Fault]:
    """Return the faults by id, which is `group.name`."""
    groups = tomllib.loads(_LIST.read_text(encoding="utf-8"))
    return {
        f"{group}.{name}": Fault(group, entries["title"], *entry)
        for group, entries in groups.items()
        for name, entry in entries.items()
        if name != "title"
    }
