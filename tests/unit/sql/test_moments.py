"""Stored dates and times."""

import pytest

from faucet.sql.moments import spell_date, spell_instant, spell_seconds, spell_time


@pytest.mark.parametrize(
    ("stored", "plain", "zoned"),
    [
        ("2024-01-02 03:04:05", "2024-01-02T03:04:05", "2024-01-02T03:04:05Z"),
        ("2024-01-02T03:04:05.120", "2024-01-02T03:04:05.12", "2024-01-02T03:04:05.12Z"),
        ("2024-01-02 03:04:05.000Z", "2024-01-02T03:04:05", "2024-01-02T03:04:05Z"),
        ("2024-01-02 03:04:05+02:00", "2024-01-02T03:04:05", "2024-01-02T01:04:05Z"),
        ("2024-01-01 20:04:05.5-0530", "2024-01-01T20:04:05.5", "2024-01-02T01:34:05.5Z"),
        ("2024-01-02 03:04:05 +01", "2024-01-02T03:04:05", "2024-01-02T02:04:05Z"),
        ("2024-01-02 03:04", "2024-01-02T03:04:00", "2024-01-02T03:04:00Z"),
        ("2024-01-02", "2024-01-02T00:00:00", "2024-01-02T00:00:00Z"),
        ("9999-12-31 23:59:59-01:00", "9999-12-31T23:59:59", None),
        ("2024-02-31 00:00:00", None, None),
        ("2024-01-02 25:00:00", None, None),
        ("0000-01-01 00:00:00", None, None),
        ("yesterday", None, None),
        ("", None, None),
        ("2024-1-2", None, None),
        ("٢٠٢٤-01-02", None, None),
    ],
)
def test_a_stored_timestamp_is_spelled_by_the_contract(stored, plain, zoned):
    assert spell_instant(stored, zoned=False) == plain
    assert spell_instant(stored, zoned=True) == zoned


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1970-01-01T00:00:00"),
        (-1, "1969-12-31T23:59:59"),
        (1704164645.25, "2024-01-02T03:04:05.25"),
        (10**18, None),
        (float("inf"), None),
        (float("nan"), None),
    ],
)
def test_seconds_since_1970_are_a_timestamp(seconds, text):
    assert spell_seconds(seconds, zoned=False) == text
    assert spell_seconds(seconds, zoned=True) == (text and f"{text}Z")


def test_a_date_may_be_stored_as_its_midnight():
    assert spell_date("2024-01-02") == "2024-01-02"
    assert spell_date("2024-01-02T00:00:00Z") == "2024-01-02"
    assert spell_date("2024-01-02 00:00:00.000+00:00") == "2024-01-02"
    assert spell_date("2024-01-02 00:00:01") is None


def test_a_time_of_day_has_seconds_and_a_short_fraction():
    assert spell_time("03:04") == "03:04:00"
    assert spell_time("03:04:05.600") == "03:04:05.6"
    assert spell_time("3pm") is None
