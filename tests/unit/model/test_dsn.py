"""DSNs in the forms of the Go product, SQLAlchemy, libpq and SQLite."""

import psycopg.conninfo
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faucet.model.dsn import (
    DsnError,
    escape_in_dsn,
    holds_literal_secret,
    normalize_dsn,
    password_hint,
    secrets_in_dsn,
)


@pytest.mark.parametrize(
    ("given_form", "expected"),
    [
        ("postgres://u:p@h:5432/d?sslmode=disable", "postgresql://u:p@h:5432/d?sslmode=disable"),
        ("postgresql+psycopg://u:p%40x@h/d", "postgresql://u:p%40x@h/d"),
        ("postgresql://u:50%@h/d", "postgresql://u:50%25@h/d"),
        ("postgresql://h1:5432,[::1]:5433/d", "postgresql://h1:5432,[::1]:5433/d"),
        ("postgresql:///d?host=/run/pg", "postgresql:///d?host=%2Frun%2Fpg"),
        ("postgres://h/d?pool_max_conns=4", "postgresql://h/d"),
        ("postgres://h/d?search_path=a", "postgresql://h/d?options=-c%20search_path%3Da"),
        (
            r"host=h port=1 user=u password='a \'b' dbname=d",
            "postgresql://u:a%20%27b@/d?host=h&port=1",
        ),
    ],
)
def test_a_postgres_dsn_becomes_a_libpq_uri(given_form: str, expected: str):
    found = normalize_dsn("postgres", given_form, "/m")

    assert found == expected
    psycopg.conninfo.conninfo_to_dict(found)


@pytest.mark.parametrize(
    ("given_form", "expected"),
    [
        ("shop.db", "/m/shop.db"),
        ("./a/../shop.db?_busy_timeout=5000", "/m/shop.db"),
        ("/data/shop.db", "/data/shop.db"),
        ("file:shop%20a.db?cache=shared&mode=rwc", "/m/shop a.db"),
        ("file:///data/shop.db", "/data/shop.db"),
        ("sqlite:///shop.db", "/m/shop.db"),
        ("sqlite:////data/shop.db", "/data/shop.db"),
        ("sqlite+pysqlite:///shop.db?timeout=5", "/m/shop.db"),
    ],
)
def test_a_sqlite_dsn_becomes_an_absolute_path(given_form: str, expected: str):
    assert normalize_dsn("sqlite", given_form, "/m") == expected


@pytest.mark.parametrize(
    ("driver", "dsn", "mend"),
    [
        ("sqlite", ":memory:", "name a file"),
        ("sqlite", "file::memory:?cache=shared", "name a file"),
        ("sqlite", "sqlite://", "name a file"),
        ("sqlite", "file:x.db?mode=memory", "name a file"),
        ("sqlite", "file:x.db?mode=ro", "read_only"),
        ("sqlite", "sqlite://x.db", "three slashes"),
        ("sqlite", "postgres://h/d", "driver: postgres"),
        ("postgres", "sqlite:///x.db", "driver: sqlite"),
        ("postgres", "u:p@tcp(h:3306)/d?parseTime=true", "MySQL"),
        ("postgres", "mysql+pymysql://u:p@h/d", "MySQL"),
        ("postgres", "sqlserver://u:p@h?database=d", "SQL Server"),
        ("postgres", "h", "postgresql://"),
        ("postgres", "postgresql://u:a/b@h/d", "percent-encoded"),
        ("postgres", "postgresql://u:1/a/b@h/d", "percent-encoded"),
        ("postgres", "postgresql://u:a/b@1/a/b@h/d", "percent-encoded"),
        ("postgres", "postgresql://u:p@h:99999/d", "65535"),
        ("postgres", "host=h password='open", "pairs"),
        ("postgres", " ", "empty"),
        ("postgres", "postgresql://h/d\n?x", "control"),
    ],
)
def test_a_dsn_that_cannot_be_read_says_how_to_mend_it(driver: str, dsn: str, mend: str):
    with pytest.raises(DsnError) as caught:
        normalize_dsn(driver, dsn, "/m")

    assert mend in str(caught.value)
    assert "a/b" not in str(caught.value)


@pytest.mark.parametrize("password", ["a@b", "a/b", "a#b", "a:b", "a%b", "a?b"])
def test_a_password_that_may_have_been_cut_in_two_gets_a_hint(password: str):
    dsn = f"postgresql://u:{password}@h:5432/d?sslmode=require"

    assert "percent-encoded" in password_hint("postgres", dsn)
    assert password not in password_hint("postgres", dsn)


@pytest.mark.parametrize(
    ("driver", "dsn"),
    [
        ("postgres", "postgresql://u:a%40b@h:5432/d"),
        ("postgres", "postgresql://u@h:5432/d"),
        ("postgres", "postgresql://h:5432/d?x=1"),
        ("postgres", "host=h password=a@b"),
        ("sqlite", "sqlite:///a:b@c.db"),
    ],
)
def test_any_other_dsn_gets_none(driver: str, dsn: str):
    assert password_hint(driver, dsn) == ""


_VALUES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1).filter(
    str.isprintable
)


@pytest.mark.parametrize(
    "form",
    [
        "postgresql://u:{}@h/d",
        "postgres://h/d?password={}&user=u",
        "host=h user=u password={} dbname=d",
        "host=h user=u password='{}' dbname=d",
    ],
)
@given(value=_VALUES)
def test_a_reference_fills_its_component_whatever_it_holds(form: str, value: str):
    filled = form.replace("{}", escape_in_dsn("postgres", form, value))

    parts = psycopg.conninfo.conninfo_to_dict(normalize_dsn("postgres", filled, "/m"))

    assert parts["password"] == value
    assert (parts["host"], parts["user"], parts["dbname"]) == ("h", "u", "d")


def test_a_password_written_out_is_told_from_a_reference():
    assert holds_literal_secret("postgres", "postgresql://u:p@h/d", "1")
    assert holds_literal_secret("postgres", "host=h password=p", "1")
    assert not holds_literal_secret("postgres", "postgresql://u:1@h/d", "1")
    assert not holds_literal_secret("sqlite", "sqlite:///x.db", "1")


def test_secrets_are_found_in_every_spelling():
    dsn = normalize_dsn("postgres", "postgresql://a:s3 c%2Fret@b/c?sslpassword=k%20y&user=d", "/")

    assert secrets_in_dsn("postgres", dsn) == {"s3 c/ret", "s3%20c%2Fret", "k y", "k%20y"}
    assert secrets_in_dsn("sqlite", "/data/shop.db") == frozenset()


def test_an_unknown_driver_is_no_other():
    with pytest.raises(KeyError):
        normalize_dsn("oracle", "a=b", "/")
