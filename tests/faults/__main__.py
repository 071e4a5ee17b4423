"""Runs the tests of the listed faults and prints a table: `python -m tests.faults [ID…]`."""

import argparse
import sys

import pytest

from tests.faults.listed import Fault, listed_faults
from tests.faults.results import Results


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("ids", nargs="*", help="classes (values) or faults (values.money)")
    return parser.parse_args()


def _wanted(ids: list[str]) -> dict[str, Fault]:
    faults = listed_faults()
    if unknown := [one for one in ids if not _chosen(faults, [one])]:
        sys.exit(f"no fault has the id {unknown[0]}; the ids are in tests/faults/list.toml")
    return _chosen(faults, ids) if ids else faults


def _chosen(faults: dict[str, Fault], ids: list[str]) -> dict[str, Fault]:
    return {name: fault for name, fault in faults.items() if {name, fault.group} & {*ids}}


def main() -> int:
    """Run the tests; return 0 if each fault has a test and all pass."""
    wanted = _wanted(_arguments().ids)
    results = Results(wanted)
    pytest.main(["-q", "--no-header", "--no-summary", "tests"], plugins=[results])
    print(results.table())
    return 0 if results.passed() else 1


if __name__ == "__main__":
    sys.exit(main())
