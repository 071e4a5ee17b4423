"""Rows as JSON, held against PostgreSQL's."""

import gc
import json
import sqlite3
from decimal import Decimal

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faucet.errors import OUT_OF_RANGE, ExecutionError
from faucet.model.catalog import ColumnType, Kind
from faucet.model.settings import NumberForm, TimestampForm, ValueOptions
from faucet.model.statement import Function, Output
from faucet.sql.cells import OVERFLOW, row_encoder

_DEFAULT = ValueOptions()
_TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


def _of(kind: Kind, **facts) -> ColumnType:
    return ColumnType(kind=kind, db_type=kind.value, **facts)


def _cell(cell: object, of: ColumnType, options: ValueOptions = _DEFAULT, function=None) -> str:
    output = Output(label="a", column="a", type=of, function=function)
    row = row_encoder((output,), options)((cell,)).decode()
    return row.removeprefix('{"a":').removesuffix("}")


def test_a_row_is_an_object_of_the_outputs_in_their_order():
    outputs = (
        Output(label="b", column="b", type=_of(Kind.TEXT)),
        Output(label='q"ü\n', column="x", type=_of(Kind.INTEGER)),
        Output(label="count", column=None, type=_of(Kind.INTEGER), function=Function.COUNT),
    )

    encode = row_encoder(outputs, _DEFAULT)

    assert encode(("x", None, 3)) == '{"b":"x","q\\"ü\\n":null,"count":3}'.encode()
    with pytest.raises(ValueError):
        encode(("x", 1))


@pytest.mark.parametrize("kind", list(Kind))
def test_null_is_null_in_every_kind(kind: Kind):
    assert _cell(None, _of(kind)) == "null"


def test_text_is_escaped_as_postgresql_does(postgres_dsn: str):
    text = "".join(chr(code) for code in [*range(1, 0x250), 0x2028, 0xFEFF, 0xFFFF, 0x1F600])
    labels = ("plain", 'say "hi"', "back\\slash", "tab\there", "ümlaut", "del\x7f/")
    outputs = tuple(Output(label=label, column="x", type=_of(Kind.TEXT)) for label in labels)

    row = row_encoder(outputs, _DEFAULT)([text] * len(labels))

    columns = ", ".join('t.x AS "' + label.replace('"', '""') + '"' for label in labels)
    query = f"SELECT row_to_json(r)::text FROM (SELECT {columns} FROM (SELECT %s::text AS x) t) r"
    with psycopg.connect(postgres_dsn) as connection:
        (expected,) = connection.execute(query.encode(), (text,)).fetchone() or ("",)
    assert row.decode() == expected


@given(_TEXTS)
def test_any_text_is_json_that_reads_back(text: str):
    assert json.loads(_cell(text, _of(Kind.TEXT))) == text


def test_half_a_surrogate_pair_is_replaced():
    assert json.loads(_cell("a\udcffb", _of(Kind.TEXT))) == "a\ufffdb"


def test_a_row_of_every_kind_is_the_one_of_postgresql(postgres_dsn: str):
    columns: tuple[tuple[str, Kind, dict[str, int], object, str], ...] = (
        ("i", Kind.INTEGER, {}, -(2**63), "(-9223372036854775808)::bigint"),
        ("d", Kind.DECIMAL, {"scale": 2}, 10.5, "10.50::numeric(9,2)::text"),
        ("f", Kind.FLOAT, {"bits": 64}, 1e15, "1e15::float8"),
        ("real", Kind.FLOAT, {"bits": 32}, 0.1, "0.1::real"),
        ("n", Kind.FLOAT, {"bits": 64}, "NaN", "'NaN'::float8"),
        ("x", Kind.FLOAT, {"bits": 64}, float("-inf"), "'-Infinity'::float8"),
        ("b", Kind.BOOLEAN, {}, 1, "true"),
        ("t", Kind.TEXT, {}, "ü/\x7f\x1f", "E'ü/\\x7f\\x1f'::text"),
        ("u", Kind.UUID, {}, "A" * 32, f"'{'a' * 32}'::uuid"),
        ("y", Kind.BINARY, {}, b"\x00\xff", "encode('\\x00ff', 'base64')"),
        ("da", Kind.DATE, {}, "2024-01-02", "date '2024-01-02'"),
        ("ti", Kind.TIME, {}, "03:04:05.600", "time '03:04:05.6'"),
        ("ts", Kind.TIMESTAMP, {}, "2024-01-02 03:04:05.120", "timestamp '2024-01-02 03:04:05.12'"),
        ("j", Kind.JSON, {}, '{"a": [1,2]}', """'{"a": [1,2]}'::json"""),
    )
    outputs = tuple(
        Output(label=label, column=label, type=_of(kind, **facts))
        for label, kind, facts, _, _ in columns
    )

    row = row_encoder(outputs, _DEFAULT)([cell for *_, cell, _ in columns])

    query = "SELECT row_to_json(r)::text FROM (SELECT "
    query += ", ".join(f"{sql} AS {label}" for label, *_, sql in columns) + ") r"
    with psycopg.connect(postgres_dsn) as connection:
        (expected,) = connection.execute(query.encode()).fetchone() or ("",)
    assert row.decode() == expected


@pytest.mark.parametrize(
    ("cell", "number", "string"),
    [
        (2**53, "9007199254740992", "9007199254740992"),
        (2**53 + 1, "9007199254740993", '"9007199254740993"'),
        (-(2**63), "-9223372036854775808", '"-9223372036854775808"'),
        (5.5, "5.5", "5.5"),
        ("seven", '"seven"', '"seven"'),
        (b"\x01", '"AQ=="', '"AQ=="'),
    ],
)
def test_integers_beyond_2_to_the_53_may_be_strings(cell, number, string):
    as_strings = ValueOptions(integers=NumberForm.STRING)

    assert _cell(cell, _of(Kind.INTEGER)) == number
    assert _cell(cell, _of(Kind.INTEGER), as_strings) == string
    assert _cell(cell, _of(Kind.OPAQUE), as_strings) == string


@pytest.mark.parametrize(
    ("cell", "scale", "text"),
    [
        (10, 2, "10.00"),
        (10.5, 2, "10.50"),
        (0.1 + 0.2, 2, "0.30"),
        (1.239, 2, "1.239"),
        (-0.125, 2, "-0.125"),
        (-0.001, 2, "-0.001"),
        (1234567890123.4567, 2, "1234567890123.46"),
        (1e20, 2, "100000000000000000000.00"),
        ("7.1", 2, "7.10"),
        ("123456789012345678901234567890.5", 1, "123456789012345678901234567890.5"),
        ("1e3", 0, "1000"),
        (10.5, None, "10.5"),
        (10.0, None, "10"),
        (3, None, "3"),
        (1e-7, None, "0.0000001"),
    ],
)
def test_decimals_have_the_scale_of_their_column(cell, scale, text):
    of = _of(Kind.DECIMAL, scale=scale)

    assert _cell(cell, of) == f'"{text}"'
    assert _cell(cell, of, ValueOptions(decimals=NumberForm.NUMBER)) == text


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("12 apples", '"12 apples"'),
        ("1e3000000", '"1e3000000"'),
        (float("inf"), '"Infinity"'),
        (b"1", '"MQ=="'),
    ],
)
@pytest.mark.parametrize("decimals", ["string", "number"])
def test_what_is_no_decimal_is_spelled_by_what_it_is(cell, text, decimals):
    options = ValueOptions(decimals=decimals)

    assert _cell(cell, _of(Kind.DECIMAL, scale=2), options) == text


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=4, max_value=10**9, min_value=-(10**9)
    )
)
def test_a_decimal_of_15_digits_survives_its_double(number: Decimal):
    cell = float(number)

    spelled = json.loads(_cell(cell, _of(Kind.DECIMAL, scale=4)))

    assert Decimal(spelled) == number


def test_booleans_are_what_is_not_zero():
    cells = [(1, "true"), (0, "false"), (2, "true"), (0.0, "false"), ("yes", '"yes"')]

    assert [_cell(cell, _of(Kind.BOOLEAN)) for cell, _ in cells] == [text for _, text in cells]


def test_floats_take_integers_and_keep_texts():
    of = _of(Kind.FLOAT, bits=64)

    assert _cell(3, of) == "3"
    assert _cell(10**15, of) == "1e+15"
    assert _cell("abc", of) == '"abc"'
    assert _cell(float("inf"), of) == '"Infinity"'
    assert _cell(float("nan"), of) == '"NaN"'


def test_timestamps_are_text_or_seconds():
    unix = ValueOptions(timestamps=TimestampForm.UNIX)
    plain, zoned = _of(Kind.TIMESTAMP), _of(Kind.TIMESTAMPTZ)

    assert _cell("2024-01-02 03:04:05.10", plain) == '"2024-01-02T03:04:05.1"'
    assert _cell("2024-01-02 03:04:05+01:00", zoned) == '"2024-01-02T02:04:05Z"'
    assert _cell(1704164645, plain, unix) == '"2024-01-02T03:04:05"'
    assert _cell(1704164645.5, zoned, unix) == '"2024-01-02T03:04:05.5Z"'
    assert _cell("2024-01-02 03:04:05", zoned, unix) == '"2024-01-02T03:04:05Z"'
    assert _cell(1704164645, plain) == "1704164645"
    assert _cell("soon", plain) == '"soon"'


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('{"b": 1, "a":[1.50]}', '{"b": 1, "a":[1.50]}'),
        ("null", "null"),
        ('"x"', '"x"'),
        (5, "5"),
        ("{broken", '"{broken"'),
        ("NaN", '"NaN"'),
        ("9" * 5000, "9" * 5000),
        ("[" * 100_000, '"' + "[" * 100_000 + '"'),
    ],
)
def test_documents_are_verbatim_and_other_texts_are_texts(cell, text):
    assert _cell(cell, _of(Kind.JSON)) == text


def test_dates_and_times_that_are_none_stay_what_they_are():
    assert _cell("2024-01-02 00:00:00", _of(Kind.DATE)) == '"2024-01-02"'
    assert _cell("noon", _of(Kind.TIME)) == '"noon"'
    assert _cell(20240102, _of(Kind.DATE)) == "20240102"


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20))
def test_a_sum_of_integers_is_exact_or_refused(numbers: list[int]):
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE t (n INTEGER)")
        connection.executemany("INSERT INTO t VALUES (?)", [(number,) for number in numbers])
        (cell,) = connection.execute(
            "SELECT CAST(sum(n >> 32) AS TEXT) || ':' || CAST(sum(n & 4294967295) AS TEXT) FROM t"
        ).fetchone()
    connection.close()

    total = sum(numbers)
    if -(2**63) <= total < 2**63:
        assert _cell(cell, _of(Kind.INTEGER), function=Function.SUM) == str(total)
    else:
        with pytest.raises(ExecutionError) as caught:
            _cell(cell, _of(Kind.INTEGER), function=Function.SUM)
        assert caught.value.kind is OUT_OF_RANGE


def test_a_large_sum_may_be_a_string():
    options = ValueOptions(integers=NumberForm.STRING)

    assert _cell(f"{2**22}:0", _of(Kind.INTEGER), options, Function.SUM) == f'"{2**54}"'
    assert _cell(None, _of(Kind.INTEGER), options, Function.SUM) == "null"
    assert _cell(7, _of(Kind.INTEGER), options, Function.SUM) == "7"


def test_a_sum_of_decimals_is_rounded_to_its_scale():
    of = _of(Kind.DECIMAL, scale=2)

    assert _cell(0.1 + 0.2, of, function=Function.SUM) == '"0.30"'
    assert _cell(7, of, function=Function.SUM) == '"7.00"'


@pytest.mark.parametrize("function", [Function.SUM, Function.AVG])
@pytest.mark.parametrize("kind", [Kind.FLOAT, Kind.DECIMAL])
def test_a_sum_beyond_double_is_refused(function: Function, kind: Kind):
    with pytest.raises(ExecutionError) as caught:
        _cell(OVERFLOW, _of(kind), function=function)

    assert caught.value.kind is OUT_OF_RANGE
    assert caught.value.context == {"column": "a"}


@pytest.mark.parametrize("function", [Function.SUM, Function.AVG])
def test_a_sum_of_infinities_is_infinite(function: Function):
    of = _of(Kind.FLOAT, bits=64)

    assert _cell(float("inf"), of, function=function) == '"Infinity"'
    assert _cell(float("-inf"), of, function=function) == '"-Infinity"'
    assert _cell("NaN", of, function=function) == '"NaN"'


def test_extremes_have_the_form_of_their_column():
    assert _cell(10.5, _of(Kind.DECIMAL, scale=2), function=Function.MAX) == '"10.50"'
    assert _cell(1.5, _of(Kind.FLOAT), function=Function.AVG) == "1.5"
    assert _cell(3, _of(Kind.INTEGER), function=Function.COUNT) == "3"


def test_an_encoder_keeps_nothing_for_columns_that_were_encoded_before():
    of = ColumnType(kind=Kind.FLOAT, db_type="REAL", bits=64)
    outputs = tuple(Output(label=f"c{n}", column=f"c{n}", type=of) for n in range(100))
    first = row_encoder(outputs, _DEFAULT)
    gc.collect()

    before = len(gc.get_objects())
    again = row_encoder(outputs[1:], _DEFAULT)
    after = len(gc.get_objects())

    assert after - before < 10
    assert first([1.5] * 100) == b'{"c0":1.5,' + again([1.5] * 99)[1:]
