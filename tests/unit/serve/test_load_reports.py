"""What operators read of starts and reloads: in one format, and each thing once."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from faucet import events
from faucet.control.overrides import Overrides
from faucet.diagnostics import Diagnostic
from faucet.model.settings import LoggingSettings
from faucet.serve.load_reports import LoadReporter
from faucet.serve.loading import Loader
from faucet.serve.logs import Log
from faucet.standard import standard_registry

_FAULT = Diagnostic(code="FCT1104", message="no verb")


class _Reports:
    """A reporter of the manifest in a folder, and the lines that it wrote."""

    def __init__(self, folder: Path, text: str, *, overrides: Overrides = Overrides()) -> None:  # noqa: B008 - frozen
        self.manifest = folder / "faucet.yaml"
        self.manifest.write_text(text)
        self.loader = Loader(
            path=str(self.manifest), registry=standard_registry(), overrides=overrides
        )
        self.lines: list[str] = []
        self.reported: list[tuple[tuple[Diagnostic, ...], str]] = []
        log = Log(
            LoggingSettings(),
            write=self.lines.append,
            now=lambda: datetime(2025, 1, 2, tzinfo=UTC),
        )
        self.reporter = LoadReporter(log, loader=self.loader, report=self._report)

    def _report(self, found: tuple[Diagnostic, ...], log_format: str) -> bool:
        self.reported.append((found, log_format))
        return log_format == "text"

    def refuse(self) -> None:
        reading, outcome = self.loader.prepare(self.loader.read())
        assert outcome.value is None, reading
        self.reporter.publish(events.Refused(generation=1, diagnostics=outcome.diagnostics))

    def count(self, words: str) -> int:
        return sum(words in line for line in self.lines)


_FAULTY = "version: 1\nlogging: {format: text}\nfaulty: 1\n"


@pytest.mark.parametrize(
    ("text", "overrides", "is_json"),
    [
        ("version: 1\nlogging: {format: text}", Overrides(), False),
        ("version: 1\nlogging: {format: text}\nfaulty: 1", Overrides(), False),
        ("version: 1", Overrides(), True),
        ("version: 1\nlogging: {format: '${env:FORMAT}'}", Overrides(), True),
        ("version: 1\nlogging: [text]", Overrides(), True),
        ("version: [1", Overrides(), True),
        ("version: 1", Overrides(log_format="text"), False),
        ("version: 1\nlogging: {format: text}", Overrides(log_format="json"), True),
    ],
)
def test_the_first_line_has_the_format_that_the_manifest_asks_for(
    tmp_path: Path, text: str, overrides: Overrides, is_json: bool
):
    told = _Reports(tmp_path, text, overrides=overrides)

    told.reporter.publish(events.Waiting(path="x"))

    assert told.lines[0].startswith("{") == is_json


def test_a_generation_is_told_of_in_its_own_format(tmp_path: Path):
    told = _Reports(tmp_path, "version: 1")
    told.reporter.publish(events.Waiting(path="x"))

    told.reporter.publish(
        events.Switched(generation=1, fingerprint="f", logging=LoggingSettings(format="text"))
    )

    assert [line.startswith("{") for line in told.lines] == [True, False]


def test_a_refused_start_is_reported_in_place_of_the_log_where_that_can_show_it(tmp_path: Path):
    told = _Reports(tmp_path, _FAULTY)

    told.reporter.publish(events.Refused(generation=0, diagnostics=(_FAULT,)))
    assert (told.reported, told.lines) == ([((_FAULT,), "text")], [])

    told.reporter.mark_started()
    told.reporter.publish(events.Refused(generation=0, diagnostics=(_FAULT,)))
    assert (len(told.reported), len(told.lines)) == (1, 2)


def test_a_refused_start_is_logged_where_it_is_not_reported(tmp_path: Path):
    told = _Reports(tmp_path, "version: 1\n")

    told.reporter.publish(events.Refused(generation=0, diagnostics=(_FAULT,)))

    assert told.count("FCT1104") == 1


def test_a_refusal_is_told_once_until_something_changes_or_somebody_asks(tmp_path: Path):
    told = _Reports(tmp_path, _FAULTY)
    told.reporter.mark_started()

    told.refuse()
    told.refuse()
    assert told.count("FCT1102") == 1

    told.manifest.write_text(f"{_FAULTY}# changed\n")
    told.refuse()
    assert told.count("FCT1102") == 2

    told.reporter.report_again()
    told.refuse()
    assert told.count("FCT1102") == 3

    told.reporter.publish(events.Unchanged(generation=1))
    told.refuse()
    assert told.count("FCT1102") == 4


def test_that_nothing_changed_is_news_after_a_refusal_alone(tmp_path: Path):
    told = _Reports(tmp_path, _FAULTY)
    told.reporter.mark_started()

    told.reporter.publish(events.Unchanged(generation=1))
    assert told.lines == []

    told.refuse()
    told.reporter.publish(events.Unchanged(generation=1))
    told.reporter.publish(events.Unchanged(generation=1))
    assert told.count("Nothing changed; the server keeps serving generation 1") == 1
