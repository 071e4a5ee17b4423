"""Floats, held against PostgreSQL."""

import math
import struct

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faucet.sql.floats import spell_float


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1.0, "1"),
        (-0.0, "-0"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e14, "100000000000000"),
        (1e15, "1e+15"),
        (1.5e15, "1.5e+15"),
        (123456789012345.6, "123456789012345.6"),
        (1e-4, "0.0001"),
        (1e-5, "1e-05"),
        (-1.25e-7, "-1.25e-07"),
        (1e100, "1e+100"),
        (5e-324, "5e-324"),
    ],
)
def test_a_float_is_spelled_as_short_as_can_be(number: float, text: str):
    assert spell_float(number) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_spelling_reads_back_as_the_same_double(number: float):
    again = float(spell_float(number))

    assert struct.pack("<d", again) == struct.pack("<d", number)


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_a_spelling_of_32_bits_reads_back_as_the_same_single(number: float):
    again = float(spell_float(number, 32))

    assert struct.pack("<f", again) == struct.pack("<f", number)


_TIES = [float(f"{digits}e{power}") for digits in range(1, 100) for power in range(14, 40)]
_POWERS = [math.ldexp(1, power) for power in range(-1074, 1024)]
_NEAR_ONE = [
    float(f"9.99999999999999{digit}e{power}") for digit in range(10) for power in range(-6, 25)
]


def test_doubles_are_spelled_as_postgresql_does(postgres_dsn: str):
    numbers = [0.0, -0.0, *_TIES, *_POWERS, *_NEAR_ONE, 1.7976931348623157e308]
    numbers += [math.nextafter(number, math.inf) for number in _TIES + _POWERS]
    numbers += [-number for number in _TIES]
    numbers += [
        struct.unpack("<d", struct.pack("<Q", bits))[0]
        for bits in range(1, 2**63 - 2**52, 2**63 // 5003)
    ]

    assert [spell_float(number) for number in numbers] == _spelled(postgres_dsn, numbers, "float8")


def test_singles_are_spelled_as_postgresql_does(postgres_dsn: str):
    powers = [math.ldexp(1, power) for power in range(-149, 128)]
    numbers = [0.0, -0.0, *powers, (2 - 2**-23) * 2.0**127]
    numbers += [
        struct.unpack("<f", struct.pack("<I", bits))[0]
        for bits in range(1, 0x7F800000, 0x7F800000 // 5003)
    ]
    numbers += [
        struct.unpack("<f", struct.pack("<f", float(f"{digits}e{power}")))[0]
        for digits in range(1, 100)
        for power in range(-8, 16)
    ]

    assert [spell_float(number, 32) for number in numbers] == _spelled(
        postgres_dsn, numbers, "float4"
    )


def _spelled(dsn: str, numbers: list[float], of: str) -> list[str]:
    table = "unnest(%s::float8[]) WITH ORDINALITY AS t (n, i)"
    query = f"SELECT to_json(n::{of})::text FROM {table} ORDER BY i"
    with psycopg.connect(dsn) as connection:
        return [text for (text,) in connection.execute(query, (numbers,), binary=False)]
