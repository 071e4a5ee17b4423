"""Query strings to parameters, and the request that they make with body and path."""

from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faucet.errors import (
    FILTER_SYNTAX,
    FILTER_TOO_LARGE,
    INVALID_BODY,
    INVALID_PARAMETER,
    NO_SELECTOR,
    UNKNOWN_PARAMETER,
    ErrorKind,
    RequestError,
)
from faucet.model.filters.predicate import ColumnName, Compare, IsNull, Literal, LiteralKind
from faucet.model.parameters import PARAMETERS, ParameterKind
from faucet.model.request import Paging, Selector
from faucet.model.statement import Function
from faucet.model.surface import Verb
from faucet.request.parse import Body, Parameters, build_request, parse_query
from faucet.request.parse.query import READERS, refuse_parameters


def _get(query: str) -> Parameters:
    return parse_query(Verb.GET, query, single=False)


def _fault(query: str, verb: Verb = Verb.GET, *, single: bool = False) -> RequestError:
    with pytest.raises(RequestError) as caught:
        parse_query(verb, query, single=single)
    return caught.value


def test_no_query_is_all_defaults():
    assert _get("") == Parameters()
    assert _get("&&") == Parameters()


def test_every_parameter_of_a_list_is_read():
    read = _get(
        "filter=id+%3E+7&fields=id,name&group=city&order=-id&ids=1,2&limit=5&offset=10&count=true"
    )

    assert isinstance(read.where, Compare)
    assert read.where.operand == Literal(kind=LiteralKind.NUMBER, text="7", position=5)
    assert [item.column.parts for item in read.fields or () if item.column] == [("id",), ("name",)]
    assert [column.parts for column in read.group] == [("city",)]
    assert [(item.column.parts, item.descending) for item in read.order] == [(("id",), True)]
    assert read.ids == (("1",), ("2",))
    assert read.page == Paging(limit=5, offset=10, count=True)


def test_every_parameter_of_paging_is_a_field_of_it():
    paging = {name for name, each in PARAMETERS.items() if each.paging}

    assert paging == set(Paging.__struct_fields__)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (ParameterKind.TEXT, "a,b", "a,b"),
        (ParameterKind.NATURAL, "7", 7),
        (ParameterKind.BOOLEAN, "true", True),
    ],
)
def test_every_kind_of_parameter_is_read(kind: ParameterKind, text: str, value: object):
    assert READERS[kind]({"offset": text}, "offset") == value
    assert set(READERS) == set(ParameterKind)


def test_the_query_is_decoded_as_a_form():
    read = _get("filter=a%2Bb+IS+NULL".replace("a%2Bb", quote('"a+b"')))

    assert read.where == IsNull(column=ColumnName(parts=("a+b",), position=0), negated=False)


def test_raw_utf8_in_the_query_is_read_too():
    assert _get("ids=Z\xc3\xbcrich").ids == (("Zürich",),)


@pytest.mark.parametrize("query", ["ids=%", "ids=%g1", "ids=%ff", "%C3=1", "ids=%00", "_x=%"])
def test_a_query_that_cannot_be_decoded_is_refused(query: str):
    assert _fault(query).kind is INVALID_PARAMETER


@pytest.mark.parametrize(
    ("verb", "single", "takes"),
    [
        (Verb.GET, False, "filter fields group order ids limit offset count"),
        (Verb.GET, True, "fields"),
        (Verb.POST, False, "fields rollback continue"),
        (Verb.PUT, False, "fields rollback continue"),
        (Verb.PUT, True, "fields"),
        (Verb.PATCH, False, "fields filter ids all rollback continue"),
        (Verb.PATCH, True, "fields"),
        (Verb.DELETE, False, "fields filter ids all rollback continue"),
        (Verb.DELETE, True, "fields"),
    ],
)
@pytest.mark.promise("sec-38")
def test_a_parameter_is_unknown_where_it_has_no_meaning(verb: Verb, single: bool, takes: str):
    values = {"count": "1", "all": "1", "rollback": "1", "continue": "1", "limit": "1"}
    values |= {"offset": "1", "filter": "id = 1", "fields": "id", "group": "id", "order": "id"}
    values |= dict.fromkeys(("ids", "cursor", "related", "having", "distinct", "upsert"), "1")

    for name, value in values.items():
        if name in takes.split():
            parse_query(verb, f"{name}={quote(value)}", single=single)
        else:
            fault = _fault(f"{name}={quote(value)}", verb, single=single)
            assert fault.kind is UNKNOWN_PARAMETER
            assert fault.context == {"parameter": name}


@pytest.mark.fault("errors.spaces")
def test_a_name_with_a_space_must_be_quoted():
    assert 'is quoted: "Display Name"' in _fault("fields=Display+Name").message


@pytest.mark.fault("errors.suggestions")
def test_an_unknown_parameter_is_told_its_near_name():
    assert 'did you mean "filter"?' in _fault("fliter=id+%3D+1", Verb.DELETE).message
    assert "did you mean" not in _fault("limits=1", Verb.DELETE).message


def test_a_route_without_parameters_takes_names_with_an_underscore_alone():
    refuse_parameters("")
    refuse_parameters("&_=1&_x")

    for query in ("limit=1", "_=1&fields=id", "x"):
        with pytest.raises(RequestError) as caught:
            refuse_parameters(query)
        assert caught.value.kind is UNKNOWN_PARAMETER


@pytest.mark.parametrize("name", ["filter", "ids"])
def test_put_by_selector_names_patch(name: str):
    fault = _fault(f"{name}=1", Verb.PUT)

    assert fault.kind is UNKNOWN_PARAMETER
    assert "PATCH" in fault.message


def test_names_that_start_with_an_underscore_are_ignored():
    assert _get("_=123&_cache=x&_=4") == Parameters()


@pytest.mark.parametrize("query", ["limit=1&limit=1", "filter=&filter=", "count=1&include_count=1"])
def test_a_repeated_parameter_is_refused(query: str):
    assert _fault(query).kind is INVALID_PARAMETER


@pytest.mark.parametrize(
    "query",
    [
        *("limit=", "limit=-1", "limit=1.0", "limit=+1", "limit=x", "limit=%D9%A1", "limit=1e3"),
        *("offset=-1", "offset=9223372036854775808", f"offset={'9' * 500}", "limit=" + "9" * 5000),
        *("count=yes", "count=", "count", "include_count=TRUE"),
    ],
)
def test_a_bad_integer_or_boolean_is_refused(query: str):
    fault = _fault(query)

    assert fault.kind is INVALID_PARAMETER
    assert fault.context["parameter"] in {"limit", "offset", "count"}


def test_integers_and_booleans_at_their_ends():
    assert _get("limit=0&offset=9223372036854775807&include_count=1").page == Paging(
        limit=0, offset=2**63 - 1, count=True
    )
    assert _get("limit=99999999999999999999&count=0").page.limit == 10**20 - 1
    assert parse_query(Verb.PATCH, "rollback=1&continue=true&all=false", single=False) == (
        Parameters(rollback=True, continued=True)
    )


def test_a_wrong_filter_is_told_with_its_position():
    fault = _fault("filter=" + quote("age >"))

    assert fault.kind is FILTER_SYNTAX
    assert fault.context["parameter"] == "filter"
    assert fault.context["position"] == 5


def test_a_filter_over_its_limit_is_not_read():
    fits = "a = 1 OR " * 10 + "b = '" + "x" * 16_000 + "'"

    assert _get("filter=" + quote(fits)).where is not None
    assert _fault("filter=" + "x" * 16_385).kind is FILTER_TOO_LARGE
    assert _fault("filter=" + quote("'" + "ü" * 9_000)).kind is FILTER_TOO_LARGE


def _fields(text: str) -> list[tuple[object, ...]]:
    items = _get("fields=" + quote(text)).fields
    return [
        ("*",) if f.everything else (f.column and f.column.parts, f.function, f.alias)
        for f in items or ()
    ]


def test_fields_are_columns_functions_and_aliases():
    text = 'id, orders.total , "a, (b) ""c""" AS x, sum( total ) as t, COUNT(*), Count(id) AS n, *'

    assert _fields(text) == [
        (("id",), None, None),
        (("orders", "total"), None, None),
        (('a, (b) "c"',), None, "x"),
        (("total",), Function.SUM, "t"),
        (None, Function.COUNT, None),
        (("id",), Function.COUNT, "n"),
        ("*",),
    ]


def test_blank_fields_are_ignored_and_repeated_ones_collapse():
    assert _fields("id,,  ,id,id AS x,id AS x,COUNT(*),COUNT(*),") == [
        (("id",), None, None),
        (("id",), None, "x"),
        (None, Function.COUNT, None),
    ]
    assert _get("fields=").fields is None
    assert _get("fields=,+,").fields is None


def test_a_column_may_be_named_like_a_word_of_the_grammar():
    assert _fields("count,sum, as ,count AS asc") == [
        (("count",), None, None),
        (("sum",), None, None),
        (("as",), None, None),
        (("count",), None, "asc"),
    ]


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("id, TOTAL(x)", 4),
        ("SUM(*)", 4),
        ("* AS x", 5),
        ("id name", 3),
        ("id,(a)", 3),
        ("SUM(a", 3),
        ('id,"open', 3),
        ("COUNT(DISTINCT a)", 0),
        ("COUNT(a b)", 5),
        ("SUM(COUNT(a))", 3),
        ("id;drop", 2),
        ("a.b.", 3),
    ],
)
def test_a_field_that_cannot_be_read_is_told_with_its_position(text: str, position: int):
    fault = _fault("fields=" + quote(text))

    assert fault.kind is INVALID_PARAMETER
    assert fault.context["parameter"] == "fields"
    assert fault.context["position"] == position


@pytest.mark.promise("sec-07")
@pytest.mark.parametrize(
    "alias",
    ["1a", "a-b", "ä", '"a"', "a.b", "a" * 64, "a'b", "a;", "a)", "x\u212a"],
)
def test_an_alias_is_a_plain_word(alias: str):
    assert _fault("fields=" + quote(f"id AS {alias}")).kind is INVALID_PARAMETER


@pytest.mark.promise("sec-07")
def test_an_alias_of_every_allowed_form_is_taken():
    for alias in ("a", "_", "A_9", "a" * 63):
        assert _fields(f"id AS {alias}") == [(("id",), None, alias)]


def test_functions_are_for_lists_that_are_read():
    for verb, single in ((Verb.GET, True), (Verb.PATCH, False), (Verb.POST, False)):
        assert _fault("fields=COUNT(*)", verb, single=single).kind is INVALID_PARAMETER


def test_order_takes_directions_and_places_of_null():
    text = 'a, b ASC, c desc nulls first, -d, -"e f" NULLS LAST, , t.g NULLS FIRST, a DESC'

    read = _get("order=" + quote(text)).order

    assert [(o.column.parts, o.descending, o.nulls_first) for o in read] == [
        (("a",), False, None),
        (("b",), False, None),
        (("c",), True, True),
        (("d",), True, None),
        (("e f",), True, False),
        (("t", "g"), False, True),
    ]


def test_positions_of_columns_count_from_the_start_of_the_parameter():
    read = _get("order=" + quote("a, -bc") + "&fields=" + quote("x, SUM( y )"))

    assert [item.column.position for item in read.order] == [0, 4]
    assert [item.column.position for item in read.fields or () if item.column] == [0, 8]


@pytest.mark.parametrize("text", ["-a DESC", "a DOWN", "a NULLS", "COUNT(*)", "a b c", "*", "--a"])
def test_an_order_that_cannot_be_read_is_refused(text: str):
    fault = _fault("order=" + quote(text))

    assert fault.kind is INVALID_PARAMETER
    assert fault.context["parameter"] == "order"


def test_group_is_a_list_of_columns():
    assert [c.parts for c in _get("group=a,,b,a").group] == [("a",), ("b",)]
    assert _fault("group=COUNT(a)").kind is INVALID_PARAMETER


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("1", (("1",),)),
        ("1,2 , 3", (("1",), ("2",), ("3",))),
        ("1,,2,", (("1",), ("2",))),
        ("'a,b','it''s','',' x '", (("a,b",), ("it's",), ("",), (" x ",))),
        ("O'Brien,a(b)", (("O'Brien",), ("a(b)",))),
        ("(1,2),( 'a,)' , b c )", (("1", "2"), ("a,)", "b c"))),
        ("('',x)", (("", "x"),)),
        ("Zürich", (("Zürich",),)),
    ],
)
def test_ids_are_bare_quoted_or_composite(text: str, keys: tuple[tuple[str, ...], ...]):
    assert _get("ids=" + quote(text)).ids == keys


@pytest.mark.parametrize(
    "text", ["'a", "(1", "(1,2", "()", "(1,)", "(,1)", "((1))", "'a'b", "(1)2"]
)
def test_ids_that_cannot_be_read_are_refused(text: str):
    fault = _fault("ids=" + quote(text))

    assert fault.kind is INVALID_PARAMETER
    assert fault.context["parameter"] == "ids"


def test_there_is_a_most_of_ids():
    assert len(_get("ids=" + ",".join(["1"] * 1000)).ids or ()) == 1000
    assert _fault("ids=" + ",".join(["1"] * 1001)).kind is FILTER_TOO_LARGE


@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
            min_size=1,
            max_size=3,
        ),
        min_size=1,
        max_size=5,
    )
)
def test_quoted_keys_come_back_as_they_were(keys):
    def spelled(key):
        parts = ",".join("'" + part.replace("'", "''") + "'" for part in key)
        return parts if len(key) == 1 else f"({parts})"

    read = _get("ids=" + quote_plus(",".join(spelled(key) for key in keys)))

    assert read.ids == tuple(tuple(key) for key in keys)


@given(
    st.text(alphabet="ab\"'(),.* -\\%+AS0é\t", max_size=60),
    st.sampled_from(["fields", "order", "group", "ids", "filter"]),
)
def test_any_text_is_read_or_refused_with_a_request_error(text, name):
    fault = _fault_or_none(f"{name}={quote(text)}")

    if fault is not None:
        assert fault.kind in {INVALID_PARAMETER, FILTER_SYNTAX, FILTER_TOO_LARGE}
        assert fault.context["parameter"] == name


@pytest.mark.parametrize(
    "piece", ["a ", "a.", '"', "'", "(", "a,", " ", "-", "SUM(", "a AS ", "\t,"]
)
@pytest.mark.parametrize("name", ["fields", "order", "group", "ids"])
def test_long_lists_cost_little(piece: str, name: str):
    fault = _fault_or_none(f"{name}={quote(piece * 20_000)}")

    assert fault is None or fault.kind in {INVALID_PARAMETER, FILTER_TOO_LARGE}


def _fault_or_none(query: str) -> RequestError | None:
    try:
        _get(query)
    except RequestError as fault:
        return fault
    return None


@pytest.mark.promise("sec-38")
@pytest.mark.parametrize("query", ["", "filter=", "ids=", "filter=+&ids=,+,", "filter=%09&ids="])
def test_an_empty_filter_or_ids_is_no_selector(query: str):
    request = build_request(
        Verb.PATCH, parse_query(Verb.PATCH, query, single=False), Body(records=({"a": "1"},))
    )

    assert not request.selector.given
    with pytest.raises(RequestError) as caught:
        build_request(Verb.DELETE, parse_query(Verb.DELETE, query, single=False))
    assert caught.value.kind is NO_SELECTOR


def test_every_row_must_be_said_and_a_selector_narrows_it():
    everything = parse_query(Verb.DELETE, "all=true&filter=", single=False)
    narrowed = parse_query(Verb.DELETE, "all=true&ids=1", single=False)

    assert build_request(Verb.DELETE, everything).selector == Selector(everything=True)
    assert build_request(Verb.DELETE, narrowed).selector == Selector(ids=(("1",),))


def test_the_key_of_the_path_is_the_one_selector():
    request = build_request(Verb.GET, Parameters(), key=("a", "b"))

    assert request.selector == Selector(ids=(("a", "b"),), single=True)


def test_a_selector_stands_in_the_query_or_in_the_body():
    body = Body(ids=(("1",),))
    where = parse_query(Verb.DELETE, "filter=id+%3D+1", single=False)

    assert build_request(Verb.DELETE, Parameters(), body).selector.ids == (("1",),)
    assert _kind_of(Verb.DELETE, where, body) is INVALID_BODY


def test_one_record_beside_a_selector_is_that_one_object():
    selected = Parameters(ids=(("1",),))
    one, two = Body(records=({"a": "1"},)), Body(records=({"a": "1"}, {"a": "2"}))

    assert build_request(Verb.PATCH, selected, one).single_object
    assert not build_request(Verb.PATCH, Parameters(), one).single_object
    assert _kind_of(Verb.PATCH, selected, two) is INVALID_BODY
    assert _kind_of(Verb.PATCH, Parameters(everything=True), two) is INVALID_BODY
    assert _kind_of(Verb.PUT, Parameters(), two, key=("1",)) is INVALID_BODY
    assert _kind_of(Verb.PATCH, selected, Body(records=({},))) is INVALID_BODY


def test_a_delete_of_records_takes_no_other_selector():
    records = Body(records=({"id": "1"},))

    assert build_request(Verb.DELETE, Parameters(), records).records
    assert _kind_of(Verb.DELETE, Parameters(everything=True), records) is INVALID_BODY


def _kind_of(
    verb: Verb, parameters: Parameters, body: Body, key: tuple[str, ...] | None = None
) -> ErrorKind:
    with pytest.raises(RequestError) as caught:
        build_request(verb, parameters, body, key)
    return caught.value.kind
