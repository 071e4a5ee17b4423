"""API keys: whose they are, and when they no longer are."""

import pytest

from faucet.auth.api_key import API_KEY
from faucet.errors import NO_ROLE, UNAUTHORIZED, AuthenticationError, AuthorizationError
from faucet.extension.auth_provider import Credentials
from faucet.model.limits import LimitSettings
from faucet.model.request import Principal
from faucet.model.settings import ApiKey
from tests.unit.auth.minting import NOW, ROLES, auth, digest_of, own_token

_KEY = "faucet_" + "0a" * 32
_LIMITS = LimitSettings(batch=10)


def _api_key(**changes: object) -> ApiKey:
    key = {
        "name": "till-7",
        "role": "clerk",
        "digests": frozenset({digest_of(_KEY)}),
        "claims": {"store_id": 7, "regions": ("north", "south")},
        "expires": None,
        "allow_from": (),
        "limits": _LIMITS,
    }
    return ApiKey(**{**key, **changes})  # type: ignore[arg-type]


def _ask(*keys, key=_KEY, now=NOW, client=None):
    method = API_KEY.build(auth(keys=keys), ROLES)
    return method(Credentials(api_key=key, bearer=None, client=client, now=now))


def _refused(*keys, **how):
    with pytest.raises(AuthenticationError) as caught:
        _ask(*keys, **how)
    return (caught.value.kind, caught.value.message, caught.value.context)


@pytest.mark.promise("sec-28")
def test_a_key_says_who_asks():
    assert _ask(_api_key()) == Principal(
        name="key:till-7",
        role="clerk",
        claims={"store_id": 7, "regions": ("north", "south")},
        limits=_LIMITS,
    )


def test_a_key_may_come_as_a_bearer_token():
    method = API_KEY.build(auth(keys=(_api_key(),)), ROLES)

    found = method(Credentials(api_key=None, bearer=_KEY, client=None, now=NOW))

    assert found is not None
    assert found.name == "key:till-7"
    assert method(Credentials(api_key=None, bearer=None, client=None, now=NOW)) is None


def test_both_digests_of_a_key_in_rotation_are_good():
    key = _api_key(digests=frozenset({digest_of(_KEY), digest_of("the next one")}))

    assert _ask(key) == _ask(key, key="the next one")


@pytest.mark.promise("sec-28")
def test_one_digest_under_two_keys_is_refused():
    with pytest.raises(ValueError, match="another key"):
        _ask(_api_key(), _api_key(name="till-8"))


@pytest.mark.promise("sec-29")
def test_a_key_ends_when_it_expires():
    key = _api_key(expires=NOW)

    assert _ask(key, now=NOW - 1) is not None
    assert _refused(key, now=NOW)


@pytest.mark.parametrize("client", [None, "", "unknown", "192.0.3.1", "::1", "192.0.2.7:80"])
@pytest.mark.promise("sec-29")
@pytest.mark.promise("sec-31")
def test_a_key_is_good_from_its_networks_alone(client):
    key = _api_key(allow_from=("192.0.2.0/24", "2001:db8::/32"))

    assert _ask(key, client="192.0.2.7") is not None
    assert _ask(key, client="::ffff:192.0.2.7") is not None
    assert _ask(key, client="2001:db8::1") is not None
    assert _refused(key, client=client)


def test_unknown_expired_and_misplaced_keys_are_the_same_refusal():
    here = _api_key(allow_from=("192.0.2.0/24",))

    refusals = [
        _refused(),
        _refused(_api_key(), key=_KEY[:-1]),
        _refused(_api_key(), key=_KEY.upper()),
        _refused(_api_key(), key=_KEY + " "),
        _refused(_api_key(), key=_KEY.removeprefix("faucet_")),
        _refused(_api_key(), key=digest_of(_KEY)),
        _refused(_api_key(), key=""),
        _refused(_api_key(), key="ключ"),
        _refused(_api_key(), key="\ud800"),
        _refused(_api_key(expires=NOW - 1)),
        _refused(here, client="198.51.100.1"),
        _refused(here, client=None),
    ]

    assert set(map(repr, refusals)) == {repr((UNAUTHORIZED, UNAUTHORIZED.title, {}))}


def test_a_key_of_a_role_that_is_gone_is_forbidden():
    with pytest.raises(AuthorizationError) as caught:
        _ask(_api_key(role="retired"))

    assert caught.value.kind is NO_ROLE


def test_a_bearer_with_the_form_of_a_token_is_no_key():
    assert API_KEY.recognizes(_KEY)
    assert API_KEY.recognizes("imported.key")
    assert not API_KEY.recognizes(own_token())
