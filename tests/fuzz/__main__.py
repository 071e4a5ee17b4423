"""Fuzzes the server: `python -m tests.fuzz --seconds 600`, or again `--seed 1 --case 2`."""

import argparse
import secrets
import sys
import tempfile
from pathlib import Path

from tests.fuzz.campaign import run_campaign


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    parser.add_argument("--case", type=int, help="run only the case of this number")
    return parser.parse_args()


def main() -> int:
    """Run one campaign; return the exit code."""
    given = _arguments()
    print(f"seed {given.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        report = run_campaign(Path(folder), given.seed, given.seconds, given.case)
    for fault in report.faults:
        print(fault)
    print(
        f"{report.cases} cases in {report.seconds:.0f} s, {len(report.faults)} faults;"
        f" the event loop was busy for at most {report.most_cpu_ms} ms"
    )
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
