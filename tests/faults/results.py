"""Counts the results of tests per fault, as a plugin of pytest."""

from collections import Counter
from collections.abc import Mapping

import pytest

from tests.faults.listed import Fault

_INPUT, _OUTCOME = 62, 58


class Results:
    """
    The results of a run of the tests marked `fault(id)` with one of *wanted*; deselects the rest.

    A test that is skipped counts as failed.
    """

    def __init__(self, wanted: Mapping[str, Fault]) -> None:
        self._wanted = wanted
        self._ids: dict[str, set[str]] = {}
        self._passed: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Keep the tests of wanted faults."""
        for item in items:
            marked = {name for mark in item.iter_markers("fault") for name in mark.args}
            if found := marked & self._wanted.keys():
                self._ids[item.nodeid] = found
        config.hook.pytest_deselected(items=[it for it in items if it.nodeid not in self._ids])
        items[:] = [item for item in items if item.nodeid in self._ids]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count the result of a call, and of what fails around it."""
        if report.passed and report.when == "call":
            self._passed.update(self._ids[report.nodeid])
        elif not report.passed:
            self._failed.update(self._ids[report.nodeid])

    def passed(self) -> bool:
        """Return whether each wanted fault has a test and no test failed."""
        return all(self._passed[name] for name in self._wanted) and not self._failed.total()

    def table(self) -> str:
        """Return one line per fault, under the titles of their groups."""
        lines: list[str] = []
        titles: set[str] = set()
        for name, fault in self._wanted.items():
            if fault.title not in titles:
                titles.add(fault.title)
                lines += ["", fault.title]
            lines.append(self._line(name, fault))
        right = sum(self._verdict(name) == "right" for name in self._wanted)
        return "\n".join([*lines, "", f"{right} of {len(self._wanted)} right"])

    def _line(self, name: str, fault: Fault) -> str:
        tests = self._passed[name] + self._failed[name]
        cells = (fault.input[:_INPUT].ljust(_INPUT), fault.outcome[:_OUTCOME].ljust(_OUTCOME))
        return f"  {self._verdict(name):7} {tests:4}  {cells[0]}  {cells[1]}  {name}"

    def _verdict(self, name: str) -> str:
        if self._failed[name]:
            return "WRONG"
        return "right" if self._passed[name] else "NO TEST"
