"""Durations, sizes and instants."""

import pytest

from faucet.model.manifest.units import (
    UnitError,
    parse_duration,
    parse_instant,
    parse_rate,
    parse_size,
)


@pytest.mark.parametrize(
    ("text", "seconds"), [("500ms", 0.5), ("30s", 30), ("5m", 300), ("1h", 3600), ("7d", 604800)]
)
def test_a_duration_has_a_unit(text: str, seconds: float):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "size"), [("1B", 1), ("2KB", 2000), ("10MiB", 10 * 2**20), ("1GB", 10**9)]
)
def test_a_size_has_a_unit(text: str, size: int):
    assert parse_size(text) == size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01t02:00:00.500+02:00", 0.5),
        ("2027-01-01T00:00:00Z", 1798761600),
    ],
)
def test_an_instant_has_a_zone(text: str, seconds: float):
    assert parse_instant(text) == seconds


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_duration, "30"),
        (parse_duration, "30s\n"),
        (parse_duration, "9" * 5000 + "s"),
        (parse_duration, "3651d"),
        (parse_size, "10"),
        (parse_size, "-1MB"),
        (parse_instant, "2027-01-01"),
        (parse_instant, "2027-01-01T00:00:00"),
        (parse_instant, "2027-02-30T00:00:00Z"),
    ],
)
def test_what_is_no_quantity_is_refused(parse, text: str):
    with pytest.raises(UnitError):
        parse(text)


@pytest.mark.parametrize(
    ("text", "rate"), [("1B/s", 1), ("4KiB/s", 4096), ("1MB/s", 1_000_000), ("0B/s", 0)]
)
def test_a_rate_is_in_bytes_per_second(text: str, rate: int):
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["", "1", "1B", "1B/", "1B/m", "1/s", "B/s", "1B/s ", "-1B/s"])
def test_anything_else_is_no_rate(text: str):
    with pytest.raises(UnitError):
        parse_rate(text)
