"""Parts of an HTTP request to an `ApiRequest`: grammar, not tables. Pure."""

from typing import Final

from faucet.errors import INVALID_BODY, NO_SELECTOR, UNKNOWN_PARAMETER, RequestError
from faucet.model.request import ApiRequest, Selector
from faucet.model.surface import Verb
from faucet.request.parse.body import Body, BodyContext, parse_body
from faucet.request.parse.query import Parameters, parse_query

_NO_BODY: Final = Body()

__all__ = ["Body", "BodyContext", "Parameters", "build_request", "parse_body", "parse_query"]


def build_request(
    verb: Verb, parameters: Parameters, body: Body | None = None, key: tuple[str, ...] | None = None
) -> ApiRequest:
    """
    Return the request of query, body and path together; *key* is the path's, None without.

    Raises `RequestError` INVALID_BODY if query and body both contain a selector, or several records
    or an empty one are combined with one, and NO_SELECTOR for a DELETE that selects no rows. A
    PATCH of one object without selector is accepted: whether it contains its key is checked later.
    """
    body = body or _NO_BODY
    selector = _selector(parameters, body, key)
    if verb is not Verb.GET:
        _check_records(verb, selector, body)
    if parameters.continued and selector.given:
        message = "continue is only allowed with lists of records, not with filter, ids or all"
        raise RequestError(UNKNOWN_PARAMETER, message, parameter="continue")
    return ApiRequest(
        verb=verb,
        fields=parameters.fields,
        group=parameters.group,
        order=parameters.order,
        selector=selector,
        page=parameters.page,
        records=body.records,
        single_object=body.single_object or (bool(body.records) and selector.given),
        rollback=parameters.rollback,
        continued=parameters.continued,
    )


def _selector(parameters: Parameters, body: Body, key: tuple[str, ...] | None) -> Selector:
    if key is not None:
        return Selector(ids=(key,), single=True)
    in_query = parameters.where is not None or parameters.ids is not None
    in_body = body.where is not None or body.ids is not None
    if in_query and in_body:
        message = "filter and ids must be in the query or in the body, not in both"
        raise RequestError(INVALID_BODY, message)
    return Selector(
        where=body.where if in_body else parameters.where,
        ids=body.ids if in_body else parameters.ids,
        # A narrower selector takes precedence.
        everything=parameters.everything and not (in_query or in_body),
    )


def _check_records(verb: Verb, selector: Selector, body: Body) -> None:
    if verb is Verb.DELETE:
        if not selector.given and not body.records:
            raise RequestError(
                NO_SELECTOR, "DELETE needs filter or ids; all=true deletes every row"
            )
        if selector.given and body.records:
            message = (
                "DELETE accepts records in the body or a selector (filter, ids or all), not both"
            )
            raise RequestError(INVALID_BODY, message)
    if selector.given and len(body.records) > 1:
        message = "several records cannot be combined with a selector; send one object"
        raise RequestError(INVALID_BODY, message)
    if verb is Verb.PATCH and selector.given and body.records == ({},):
        raise RequestError(INVALID_BODY, "the body contains no column")
