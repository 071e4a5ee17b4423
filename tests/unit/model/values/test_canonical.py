"""Values of every kind, from every source."""

import math
from decimal import Decimal
from typing import Any

import pytest

from faucet.dialects.postgresql.types import DAYS
from faucet.dialects.sqlite.types import DAYS as TEXT_DAYS
from faucet.errors import INVALID_VALUE, JSON_AS_TEXT, OUT_OF_RANGE, WRONG_TYPE
from faucet.model.catalog import ColumnType, Kind
from faucet.model.request import ClaimValue, JsonDocument, JsonNumber, JsonValue
from faucet.model.settings import JsonText, ValueOptions
from faucet.model.values.canonical import (
    Gap,
    ValueFault,
    from_boolean,
    from_claim,
    from_json,
    from_number,
    from_text,
    instant,
)

_OPTIONS = ValueOptions()


def _type(kind: Kind, **facts: Any) -> ColumnType:
    days = DAYS.get(facts.get("element", kind))
    return ColumnType(kind=kind, db_type=kind.value, **{"days": days, **facts})


_INT = _type(Kind.INTEGER, bits=32)
_MONEY = _type(Kind.DECIMAL, precision=6, scale=2)
_STORED_DOUBLE = _type(Kind.DECIMAL, digits=15)
_REAL = _type(Kind.FLOAT, bits=32)
_DOUBLE = _type(Kind.FLOAT, bits=64)
_BOOLEAN = _type(Kind.BOOLEAN)
_TEXT = _type(Kind.TEXT)
_CODE = _type(Kind.TEXT, length=3)
_PADDED = _type(Kind.TEXT, length=3, padded=True)
_ENUM = _type(Kind.ENUM, labels=("sad", "happy"))
_UUID = _type(Kind.UUID)
_BINARY = _type(Kind.BINARY, length=4)
_DATE = _type(Kind.DATE)
_TIME = _type(Kind.TIME, precision=3)
_STAMP = _type(Kind.TIMESTAMP)
_SECONDS = _type(Kind.TIMESTAMP, precision=0)
_INSTANT = _type(Kind.TIMESTAMPTZ)
_TEXT_DATE = _type(Kind.DATE, days=TEXT_DAYS)
_TEXT_SECONDS = _type(Kind.TIMESTAMP, precision=0, days=TEXT_DAYS)
_TEXT_INSTANT = _type(Kind.TIMESTAMPTZ, days=TEXT_DAYS)
_INTERVAL = _type(Kind.INTERVAL)
_JSON = _type(Kind.JSON)
_OPAQUE = _type(Kind.OPAQUE)


def _array(element: Kind) -> ColumnType:
    labels = ("happy",) if element is Kind.ENUM else ()
    return _type(Kind.ARRAY, element=_type(element, labels=labels))


def _fault(
    read: Any, value: object, of: ColumnType, options: ValueOptions = _OPTIONS
) -> ValueFault:
    with pytest.raises(ValueFault) as caught:
        read(value, of, options)
    return caught.value


@pytest.mark.parametrize(
    ("of", "text", "value"),
    [
        (_INT, "7", 7),
        (_INT, " -7 ", -7),
        (_INT, "+7", 7),
        (_INT, "5.0", 5),
        (_INT, "1e3", 1000),
        (_INT, "-2147483648", -(2**31)),
        (_type(Kind.INTEGER), "9223372036854775807", 2**63 - 1),
        (_type(Kind.INTEGER, bits=64, unsigned=True), "18446744073709551615", 2**64 - 1),
        (_MONEY, "10.50", Decimal("10.50")),
        (_MONEY, "1e3", Decimal(1000)),
        (_MONEY, "-9999.99", Decimal("-9999.99")),
        (_type(Kind.DECIMAL), "1" * 50 + ".5", Decimal("1" * 50 + ".5")),
        (_type(Kind.DECIMAL, precision=2, scale=-3), "99000", Decimal(99000)),
        (_type(Kind.DECIMAL, precision=2, scale=4), "0.0099", Decimal("0.0099")),
        (_STORED_DOUBLE, "123456789012345.000", Decimal("123456789012345.000")),
        (_DOUBLE, "0.1", 0.1),
        (_DOUBLE, "5e-324", 5e-324),
        (_DOUBLE, "1.7976931348623157e308", 1.7976931348623157e308),
        (_DOUBLE, "Infinity", math.inf),
        (_DOUBLE, "-infinity", -math.inf),
        (_REAL, "0.1", 0.10000000149011612),
        (_BOOLEAN, "true", True),
        (_BOOLEAN, "F", False),
        (_BOOLEAN, "1", True),
        (_TEXT, "", ""),
        (_TEXT, "\u2028 😀", "\u2028 😀"),
        (_CODE, "😀😀😀", "😀😀😀"),
        (_PADDED, "ab   ", "ab   "),
        (_ENUM, "sad", "sad"),
        (
            _UUID,
            "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        ),
        (
            _UUID,
            "a0eebc999c0b4ef8bb6d6bb9bd380a11",
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        ),
        (_BINARY, "AAH/", b"\x00\x01\xff"),
        (_BINARY, "", b""),
        (_DATE, "2024-01-02", "2024-01-02"),
        (_DATE, "2024-01-02T00:00:00Z", "2024-01-02"),
        (_DATE, "12024-01-02", "12024-01-02"),
        (_DATE, "0044-03-15 BC", "0044-03-15 BC"),
        (_DATE, "0001-02-29 BC", "0001-02-29 BC"),
        (_DATE, "-Infinity", "-infinity"),
        (_DATE, "5874897-12-31", "5874897-12-31"),
        (_TIME, "03:04:05.678", "03:04:05.678"),
        (_TIME, "03:04:05.100", "03:04:05.1"),
        (_TIME, "03:04", "03:04:00"),
        (_TIME, "24:00:00", "24:00:00"),
        (_STAMP, "2024-01-02T03:04:05.678901", "2024-01-02 03:04:05.678901"),
        (_STAMP, "2024-01-02 03:04:05+02:00", "2024-01-02 03:04:05"),
        (_STAMP, "2024-01-02", "2024-01-02 00:00:00"),
        (_STAMP, "2024-12-31T24:00:00", "2025-01-01 00:00:00"),
        (_INSTANT, "2024-01-02T03:04:05.5000Z", "2024-01-02 03:04:05.5"),
        (_INSTANT, "2024-01-01T01:00:00+02:30", "2023-12-31 22:30:00"),
        (_INSTANT, "2024-01-01 01:00:00-0530", "2024-01-01 06:30:00"),
        (_INSTANT, "2024-01-01 01:00:00 +00:19:32", "2024-01-01 00:40:28"),
        (_INSTANT, "2024-01-01 01:00", "2024-01-01 01:00:00"),
        (_INSTANT, "2024-01-02", "2024-01-02 00:00:00"),
        (_INSTANT, "0001-01-01T00:00:00+01", "0001-12-31 23:00:00 BC"),
        (_INSTANT, "infinity", "infinity"),
        (_TEXT_DATE, "0001-01-01", "0001-01-01"),
        (_TEXT_SECONDS, "9999-12-31T23:59:59", "9999-12-31 23:59:59"),
        (_TEXT_INSTANT, "10000-01-01T00:30:00+01", "9999-12-31 23:30:00"),
        (_INTERVAL, "P1DT2H", "P1DT2H"),
        (_INTERVAL, "P1Y2M3W4DT5H6M7.8S", "P1Y2M25DT5H6M7.8S"),
        (_INTERVAL, "PT-0.5S", "PT-0.5S"),
        (_INTERVAL, "P0D", "PT0S"),
        (_INTERVAL, "1 year 2 mons 3 days 04:05:06.789", "P1Y2M3DT4H5M6.789S"),
        (_INTERVAL, "-1 mons +2 days -04:05:06.5", "P-1M2DT-4H-5M-6.5S"),
        (_INTERVAL, "26:00", "PT26H"),
        (_OPAQUE, "<a/>", "<a/>"),
    ],
)
def test_a_text_is_read_in_the_columns_type(of: ColumnType, text: str, value: object):
    read = from_text(text, of, _OPTIONS)

    assert read == value
    assert type(read) is type(value)


def test_nan_is_a_float():
    read = from_text("NaN", _DOUBLE, _OPTIONS)

    assert isinstance(read, float)
    assert math.isnan(read)


def test_a_negative_zero_keeps_its_sign():
    assert math.copysign(1, float(str(from_text("-0", _DOUBLE, _OPTIONS)))) == -1


@pytest.mark.parametrize(
    ("of", "text"),
    [
        (_INT, "abc"),
        (_INT, ""),
        (_INT, "1_000"),
        (_INT, "٣"),
        (_INT, "0x10"),
        (_MONEY, "NaN"),
        (_MONEY, "$1"),
        (_DOUBLE, "1,5"),
        (_BOOLEAN, "yes"),
        (_BOOLEAN, "2"),
        (_TEXT, "a\0b"),
        (_TEXT, "\ud800"),
        (_ENUM, "SAD"),
        (_UUID, "a0eebc99"),
        (_BINARY, "AAH"),
        (_BINARY, "AA H/"),
        (_BINARY, "é"),
        (_DATE, "2024-1-2"),
        (_DATE, "2023-02-29"),
        (_DATE, "2024-13-01"),
        (_DATE, "0000-01-01"),
        (_DATE, "2024-01-02Z"),
        (_DATE, "today"),
        (_DATE, "2024-01-02" + " " * 200),
        (_TIME, "25:00:00"),
        (_TIME, "24:00:00.1"),
        (_TIME, "03:60:00"),
        (_TIME, "03:04:60"),
        (_TIME, "3:04"),
        (_STAMP, "2024-01-02T03:04:05." + "1" * 100),
        (_INSTANT, "2024-01-02T03:04:05+16:00"),
        (_INSTANT, "2024-01-02T03:04:05 Europe/Berlin"),
        (_INTERVAL, ""),
        (_INTERVAL, "P"),
        (_INTERVAL, "P1DT"),
        (_INTERVAL, "1 fortnight"),
        (_INTERVAL, "PT1S" + " " * 300),
    ],
)
def test_a_text_that_spells_no_value_is_refused(of: ColumnType, text: str):
    if text.endswith(" " * 200):
        text += "x"

    assert _fault(from_text, text, of).kind is INVALID_VALUE


@pytest.mark.parametrize(
    ("of", "text", "gap"),
    [
        (_INT, "2147483648", Gap(below=2**31 - 1)),
        (_INT, "-2147483649", Gap(above=-(2**31))),
        (_INT, "5.5", Gap(below=5, above=6)),
        (_INT, "-5.5", Gap(below=-6, above=-5)),
        (_type(Kind.INTEGER, bits=16, unsigned=True), "-1", Gap(above=0)),
        (_MONEY, "10.505", Gap(below=Decimal("10.50"), above=Decimal("10.51"))),
        (_MONEY, "10000", Gap(below=Decimal("9999.99"))),
        (_MONEY, "-1e400", Gap(above=Decimal("-9999.99"))),
        (_STORED_DOUBLE, "0.1234567890123456", Gap(itself=Decimal("0.1234567890123456"))),
        (_DOUBLE, "1e400", Gap(below=1.7976931348623157e308, above=math.inf)),
        (_DOUBLE, "-1e400", Gap(below=-math.inf, above=-1.7976931348623157e308)),
        (_REAL, "1e39", Gap(below=3.4028234663852886e38, above=math.inf)),
        (_REAL, "-1e39", Gap(below=-math.inf, above=-3.4028234663852886e38)),
        (_CODE, "abcd", Gap(itself="abcd")),
        (_PADDED, "abcd ", Gap(itself="abcd ")),
        (_BINARY, "AAAAAAA=", None),
        (_DATE, "2024-02-29T12:00:00Z", Gap(below="2024-02-29", above="2024-03-01")),
        (_DATE, "5874898-01-01", Gap(below="5874897-12-31", above="infinity")),
        (_DATE, "4714-11-23 BC", Gap(below="-infinity", above="4714-11-24 BC")),
        (_TIME, "03:04:05.6789", Gap(below="03:04:05.678", above="03:04:05.679")),
        (
            _SECONDS,
            "2023-12-31T23:59:59.5",
            Gap(below="2023-12-31 23:59:59", above="2024-01-01 00:00:00"),
        ),
        (
            _STAMP,
            "2024-01-01T00:00:00.0000001",
            Gap(below="2024-01-01 00:00:00", above="2024-01-01 00:00:00.000001"),
        ),
        (_STAMP, "294277-01-01", Gap(below="294276-12-31 23:59:59.999999", above="infinity")),
        (_SECONDS, "294277-01-01", Gap(below="294276-12-31 23:59:59", above="infinity")),
        (
            _SECONDS,
            "294276-12-31T23:59:59.5",
            Gap(below="294276-12-31 23:59:59", above="infinity"),
        ),
        (_TEXT_DATE, "10000-01-01", Gap(below="9999-12-31")),
        (_TEXT_DATE, "Infinity", Gap(below="9999-12-31")),
        (_TEXT_DATE, "0044-03-15 BC", Gap(above="0001-01-01")),
        (_TEXT_DATE, "-infinity", Gap(above="0001-01-01")),
        (_TEXT_DATE, "9999-12-31T12:00", Gap(below="9999-12-31")),
        (_TEXT_SECONDS, "infinity", Gap(below="9999-12-31 23:59:59")),
        (_TEXT_SECONDS, "9999-12-31T23:59:59.5", Gap(below="9999-12-31 23:59:59")),
        (_TEXT_INSTANT, "0001-01-01T00:00:00+01", Gap(above="0001-01-01 00:00:00")),
        (_TEXT_INSTANT, "9999-12-31T23:30:00-01", Gap(below="9999-12-31 23:59:59.999999")),
        (
            _INSTANT,
            "4714-11-24T00:00:00+01 BC",
            Gap(below="-infinity", above="4714-11-24 00:00:00 BC"),
        ),
        (_INTERVAL, "PT0.1234567S", Gap(below="PT0.123456S", above="PT0.123457S")),
        (_INTERVAL, "-00:00:00.1234567", Gap(below="PT-0.123457S", above="PT-0.123456S")),
        (_INTERVAL, "PT-0.1234567S", Gap(below="PT-0.123457S", above="PT-0.123456S")),
        (_INTERVAL, "P999999999999Y", None),
    ],
)
def test_a_value_that_the_column_cannot_hold_has_its_place(
    of: ColumnType, text: str, gap: Gap | None
):
    fault = _fault(from_text, text, of)

    assert fault.kind is OUT_OF_RANGE
    assert fault.gap == gap


@pytest.mark.promise("sec-36")
@pytest.mark.parametrize("text", ["1e3000000", "1e-401", "9" * 401, "1e" + "9" * 5000])
@pytest.mark.parametrize("of", [_INT, _MONEY, _DOUBLE, _BOOLEAN, _JSON])
def test_a_number_bomb_is_not_converted(text: str, of: ColumnType):
    assert _fault(from_number, text, of).kind is INVALID_VALUE
    assert _fault(from_json, JsonNumber(text=text), of).kind is INVALID_VALUE
    if of is not _JSON:
        assert _fault(from_text, text, of).kind is INVALID_VALUE


@pytest.mark.promise("sec-36")
def test_a_huge_claim_is_not_spelled():
    assert _fault(from_claim, 10**5000, _INT).kind is OUT_OF_RANGE
    assert _fault(from_claim, Decimal("1e5000"), _MONEY).kind is INVALID_VALUE


@pytest.mark.parametrize(
    ("of", "text", "value"),
    [
        (_INT, "5.0", 5),
        (_MONEY, "10.5", Decimal("10.5")),
        (_DOUBLE, "1e3", 1000.0),
        (_BOOLEAN, "1", True),
        (_BOOLEAN, "0.0", False),
    ],
)
def test_a_bare_number_is_for_numbers_and_booleans(of: ColumnType, text: str, value: object):
    assert from_number(text, of, _OPTIONS) == value


@pytest.mark.parametrize("of", [_TEXT, _UUID, _DATE, _STAMP, _ENUM, _BINARY, _INTERVAL, _OPAQUE])
def test_a_bare_number_is_for_nothing_else(of: ColumnType):
    assert _fault(from_number, "1", of).kind is INVALID_VALUE
    assert _fault(from_json, JsonNumber(text="1"), of).kind is INVALID_VALUE


def test_a_boolean_has_two_numbers():
    assert _fault(from_number, "2", _BOOLEAN).kind is INVALID_VALUE


def test_true_and_false_are_booleans_alone():
    assert from_boolean(True, _BOOLEAN) is True
    with pytest.raises(ValueFault):
        from_boolean(True, _INT)


@pytest.mark.parametrize(
    ("of", "sent", "value"),
    [
        (_INT, None, None),
        (_INT, JsonNumber(text="7"), 7),
        (_INT, "7", 7),
        (_BOOLEAN, True, True),
        (_BOOLEAN, JsonNumber(text="0"), False),
        (_MONEY, "10.50", Decimal("10.50")),
        (_MONEY, JsonNumber(text="0.30000000000000004"), Decimal("0.30")),
        (_MONEY, JsonNumber(text="2.675"), Decimal("2.68")),
        (_MONEY, JsonNumber(text="-2.675"), Decimal("-2.68")),
        (_type(Kind.DECIMAL), JsonNumber(text="0.125"), Decimal("0.125")),
        (_DOUBLE, "NaN", None),
        (_TEXT, "", ""),
        (_JSON, True, "true"),
        (_JSON, False, "false"),
        (_JSON, JsonNumber(text="1.10"), "1.10"),
        (_JSON, JsonDocument(text='{"a":"\\\\u0000"}'), '{"a":"\\\\u0000"}'),
        (_array(Kind.INTEGER), JsonDocument(text="[]"), "[]"),
        (_array(Kind.INTEGER), JsonDocument(text='[[1,null],["3",1e1]]'), "[[1,null],[3,10]]"),
        (_array(Kind.DECIMAL), JsonDocument(text="[1.10]"), '["1.10"]'),
        (_array(Kind.FLOAT), JsonDocument(text='[0.5,"NaN"]'), '["0.5","nan"]'),
        (_array(Kind.BOOLEAN), JsonDocument(text="[true,0]"), "[true,false]"),
        (_array(Kind.BINARY), JsonDocument(text='["AAH/"]'), '["\\\\x0001ff"]'),
        (_array(Kind.ENUM), JsonDocument(text='["happy"]'), '["happy"]'),
        (
            _array(Kind.TIMESTAMPTZ),
            JsonDocument(text='["2024-01-01T00:00:00Z","infinity","0044-03-15T00:00:00Z BC"]'),
            '["2024-01-01 00:00:00+00","infinity","0044-03-15 00:00:00+00 BC"]',
        ),
        (
            _array(Kind.JSON),
            JsonDocument(text='[{"a": 1},null,[true]]'),
            '["{\\"a\\":1}",null,"[true]"]',
        ),
    ],
)
def test_json_is_read_in_the_columns_type(of: ColumnType, sent: JsonValue, value: object):
    read = from_json(sent, of, _OPTIONS)

    if sent == "NaN":
        assert isinstance(read, float)
        assert math.isnan(read)
    else:
        assert read == value


@pytest.mark.parametrize(
    ("of", "sent"),
    [
        (_INT, True),
        (_TEXT, False),
        (_TEXT, JsonDocument(text="{}")),
        (_JSON, JsonDocument(text='["\\u0000"]')),
        (_array(Kind.INTEGER), "[1]"),
        (_array(Kind.INTEGER), JsonDocument(text='{"a":1}')),
        (_array(Kind.INTEGER), JsonDocument(text="[[1],[2,3]]")),
        (_array(Kind.INTEGER), JsonDocument(text="[1,[2]]")),
        (_array(Kind.INTEGER), JsonDocument(text="[[]]")),
        (_array(Kind.INTEGER), JsonDocument(text='["x"]')),
        (_array(Kind.TEXT), JsonDocument(text="[1]")),
        (_array(Kind.TEXT), JsonDocument(text='[{"a":1}]')),
        (_array(Kind.TEXT), JsonDocument(text='["\\u0000"]')),
        (_array(Kind.INTEGER), JsonDocument(text="[" * 80 + "]" * 80)),
    ],
)
def test_json_of_another_type_is_refused(of: ColumnType, sent: JsonValue):
    assert _fault(from_json, sent, of).kind is INVALID_VALUE


@pytest.mark.parametrize(
    ("of", "sent"),
    [
        (_INT, JsonNumber(text="2147483648")),
        (_INT, JsonNumber(text="1.5")),
        (_MONEY, "10.505"),
        (_MONEY, JsonNumber(text="9999.995")),
        (_STORED_DOUBLE, "1234567890123456"),
        (_DOUBLE, JsonNumber(text="1e309")),
        (_CODE, "abcd"),
        (_BINARY, "AAAAAAA="),
        (_TIME, "00:00:00.1234"),
    ],
)
def test_what_is_written_must_be_held_without_loss(of: ColumnType, sent: JsonValue):
    assert _fault(from_json, sent, of).kind is OUT_OF_RANGE


def test_an_array_in_a_text_is_its_json():
    assert from_text("[1, 2]", _array(Kind.INTEGER), _OPTIONS) == "[1,2]"


@pytest.mark.fault("errors.texts")
def test_a_text_for_a_json_column_is_what_the_service_says():
    parse, string = ValueOptions(json_text=JsonText.PARSE), ValueOptions(json_text=JsonText.STRING)

    assert _fault(from_json, "{}", _JSON).kind is JSON_AS_TEXT
    assert from_json('a"é', _JSON, string) == '"a\\"é"'
    assert from_json(' {"b": 1.10, "a": [null, "x", true]} ', _JSON, parse) == (
        '{"b": 1.10, "a": [null, "x", true]}'
    )
    assert from_text("null", _JSON, parse) == "null"


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "NaN",
        "[Infinity]",
        '{"a":1,"a":2}',
        '"\\ud800"',
        '"\\u0000"',
        "1e401",
        "[" * 65 + "]" * 65,
        "[" * 100_000,
    ],
)
def test_a_text_to_be_parsed_must_be_json_within_bounds(text: str):
    fault = _fault(from_json, text, _JSON, ValueOptions(json_text=JsonText.PARSE))

    assert fault.kind is INVALID_VALUE


_NOT_COMPARED = (_JSON, _array(Kind.TEXT), _OPAQUE)
_COMPARED = (
    _INT,
    _MONEY,
    _DOUBLE,
    _BOOLEAN,
    _TEXT,
    _ENUM,
    _UUID,
    _BINARY,
    _DATE,
    _TIME,
    _STAMP,
    _INSTANT,
    _INTERVAL,
)


@pytest.mark.promise("sec-05")
@pytest.mark.parametrize(
    ("of", "claim", "value"),
    [
        (_INT, 7, 7),
        (_MONEY, 7, Decimal(7)),
        (_MONEY, 7.25, Decimal("7.25")),
        (_MONEY, Decimal("7.25"), Decimal("7.25")),
        (_DOUBLE, 7, 7.0),
        (_DOUBLE, 0.1, 0.1),
        (_DOUBLE, Decimal("0.1"), 0.1),
        (_REAL, 0.5, 0.5),
        (_BOOLEAN, True, True),
        (_TEXT, "7", "7"),
        (_TEXT, " ", " "),
        (_ENUM, "sad", "sad"),
        (
            _UUID,
            "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        ),
        (_DATE, "2024-01-02", "2024-01-02"),
        (_INSTANT, "2024-01-02T01:00:00+01:00", "2024-01-02 00:00:00"),
    ],
)
def test_a_claim_of_the_columns_type_is_its_value(of: ColumnType, claim: ClaimValue, value: object):
    read = from_claim(claim, of, _OPTIONS)

    assert read == value
    assert type(read) is type(value)


@pytest.mark.promise("sec-05")
@pytest.mark.promise("sec-08")
@pytest.mark.parametrize(
    ("of", "claim"),
    [(of, claim) for of in _COMPARED for claim in (None, "", (), ("a",), (1,), b"x")]
    + [(of, claim) for of in _NOT_COMPARED for claim in ("a", 1, True, None, "[]")]
    + [
        (_INT, True),
        (_INT, "7"),
        (_INT, 7.0),
        (_INT, 7.5),
        (_INT, 2**31),
        *((of, sign * 10**308 * 10) for of in _COMPARED for sign in (1, -1)),
        *((of, sign * int("9" * 390)) for of in _COMPARED for sign in (1, -1)),
        (_MONEY, Decimal("1e390")),
        (_MONEY, Decimal("NaN")),
        (_DOUBLE, Decimal("1e390")),
        (_DOUBLE, Decimal("-Infinity")),
        (_MONEY, "7"),
        (_MONEY, True),
        (_MONEY, 7.255),
        (_MONEY, math.nan),
        (_MONEY, 10**6),
        (_DOUBLE, "7"),
        (_DOUBLE, False),
        (_DOUBLE, 2**53 + 1),
        (_DOUBLE, math.inf),
        (_REAL, 0.1),
        (_REAL, 2**24 + 1),
        (_BOOLEAN, 1),
        (_BOOLEAN, "true"),
        (_TEXT, 7),
        (_TEXT, True),
        (_TEXT, "a\0"),
        (_CODE, "abcd"),
        (_ENUM, "SAD"),
        (_UUID, "x"),
        (_DATE, 20240102),
        (_DATE, "2024-01-02T03:04:05"),
    ],
)
def test_any_other_claim_is_none(of: ColumnType, claim: ClaimValue):
    with pytest.raises(ValueFault):
        from_claim(claim, of, _OPTIONS)


@pytest.mark.parametrize(
    ("of", "seconds", "value"),
    [
        (_DATE, 86_399.9, "1970-01-01"),
        (_STAMP, 1.5, "1970-01-01 00:00:01.5"),
        (_SECONDS, 1.999999, "1970-01-01 00:00:01"),
        (_INSTANT, -0.5, "1969-12-31 23:59:59.5"),
    ],
)
def test_now_is_in_the_columns_type(of: ColumnType, seconds: float, value: str):
    assert instant(seconds, of, _OPTIONS) == value


def test_now_is_no_text():
    with pytest.raises(ValueFault) as caught:
        instant(0, _TEXT, _OPTIONS)

    assert caught.value.kind is WRONG_TYPE
