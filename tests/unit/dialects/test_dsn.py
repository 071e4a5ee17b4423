"""DSNs in the forms of the Go product, SQLAlchemy, libpq and SQLite."""

import psycopg.conninfo
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faucet.dialects.postgresql.dsn import SECRET
from faucet.model.dsn import DsnError, check_dsn, read_dsn
from faucet.standard import standard_registry

_KNOWN = standard_registry().facts().dsn_forms
_POSTGRES, _SQLITE = _KNOWN["postgres"], _KNOWN["sqlite"]


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
def test_a_postgres_dsn_becomes_one_that_libpq_reads(given_form: str, expected: str):
    found = read_dsn("postgres", given_form, "/m", _KNOWN)

    as_libpq_reads = psycopg.conninfo.conninfo_to_dict
    assert as_libpq_reads(found) == as_libpq_reads(expected)


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
    assert read_dsn("sqlite", given_form, "/m", _KNOWN) == expected


@pytest.mark.parametrize(
    ("driver", "dsn", "fix"),
    [
        ("sqlite", ":memory:", "use a file"),
        ("sqlite", "file::memory:?cache=shared", "use a file"),
        ("sqlite", "sqlite://", "use a file"),
        ("sqlite", "file:x.db?mode=memory", "use a file"),
        pytest.param(
            "sqlite", "file:x.db?mode=ro", "read_only", marks=pytest.mark.fault("file.mode")
        ),
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
def test_a_dsn_that_cannot_be_read_says_how_to_fix_it(driver: str, dsn: str, fix: str):
    with pytest.raises(DsnError) as caught:
        read_dsn(driver, dsn, "/m", _KNOWN)
    with pytest.raises(DsnError) as checked:
        check_dsn(driver, dsn, _KNOWN)

    assert fix in str(caught.value)
    assert "a/b" not in str(caught.value)
    assert str(checked.value) == str(caught.value)


@pytest.mark.parametrize("password", ["a@b", "a/b", "a#b", "a:b", "a%b", "a?b"])
def test_a_password_that_may_have_been_cut_in_two_gets_a_hint(password: str):
    dsn = f"postgresql://u:{password}@h:5432/d?sslmode=require"

    assert "percent-encoded" in _POSTGRES.hint(dsn)
    assert password not in _POSTGRES.hint(dsn)


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
    assert _KNOWN[driver].hint(dsn) == ""


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
    filled = form.replace("{}", _POSTGRES.escape(form, value))

    parts = psycopg.conninfo.conninfo_to_dict(read_dsn("postgres", filled, "/m", _KNOWN))

    assert parts["password"] == value
    assert (parts["host"], parts["user"], parts["dbname"]) == ("h", "u", "d")


def test_a_password_written_out_is_told_from_a_reference():
    assert _POSTGRES.holds_secret("postgresql://u:p@h/d", "1")
    assert _POSTGRES.holds_secret("host=h password=p", "1")
    assert not _POSTGRES.holds_secret("postgresql://u:1@h/d", "1")
    assert not _SQLITE.holds_secret("sqlite:///x.db", "1")


def test_secrets_are_found_in_every_spelling():
    dsn = read_dsn("postgres", "postgresql://a:s3 c%2Fret@b/c?sslpassword=k%20y", "/", _KNOWN)

    assert _POSTGRES.secrets(dsn) == {"s3 c/ret", "s3%20c%2Fret", "k y", "k%20y"}
    assert _SQLITE.secrets("/data/shop.db") == frozenset()


def test_an_unknown_driver_is_no_other():
    with pytest.raises(KeyError):
        read_dsn("oracle", "a=b", "/", _KNOWN)


@pytest.mark.parametrize(
    ("dsn", "words"),
    [
        ("postgresql://u:s3cret@h/d?application_name=%00", "forbidden value %00"),
        ("postgresql://u:s3cret@%FF/d", "not UTF-8"),
    ],
)
def test_libpq_says_what_it_cannot_read_and_its_quotes_are_left_out(dsn: str, words: str):
    check_dsn("postgres", dsn, _KNOWN)

    with pytest.raises(DsnError) as caught:
        read_dsn("postgres", dsn, "/", _KNOWN)

    assert words in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.fault("attacks.dsns")
@given(value=_VALUES)
def test_no_message_about_a_dsn_quotes_a_part_of_it(value: str):
    secret = f"{value}s3cret"
    for dsn in (f"postgresql://u:{secret}@h/d", f"postgresql://{secret}/d", f"password={secret}"):
        assert "s3cret" not in _message(dsn)


def _message(dsn: str) -> str:
    try:
        read_dsn("postgres", dsn, "/", _KNOWN)
    except DsnError as error:
        return str(error)
    return ""


def test_settings_that_libpq_knows_are_its_own_and_others_go_to_the_server():
    dsn = read_dsn("postgres", "postgresql://h/d?require_auth=scram-sha-256&x.y=1 2", "/", _KNOWN)

    assert psycopg.conninfo.conninfo_to_dict(dsn) == {
        "host": "h",
        "dbname": "d",
        "require_auth": "scram-sha-256",
        "options": r"-c x.y=1\ 2",
    }


def test_a_dsn_may_have_many_settings():
    settings = "&".join(f"a{number}=1" for number in range(200))

    assert "a199" in read_dsn("postgres", f"postgresql://h/d?{settings}", "/", _KNOWN)


def test_what_libpq_hides_is_secret():
    options = psycopg.pq.Conninfo.parse(b"")

    assert {option.keyword.decode() for option in options if option.dispchar == b"*"} <= SECRET


@pytest.mark.parametrize("driver", _KNOWN)
def test_the_example_of_a_dialect_is_one_of_its_dsns_alone(driver: str):
    example = _KNOWN[driver].example

    check_dsn(driver, example, _KNOWN)
    read_dsn(driver, example, "/", _KNOWN)
    assert [name for name, forms in _KNOWN.items() if forms.recognizes(example)] == [driver]
