"""One credential, one provider, one refusal; and where a request comes from."""

import hashlib

import pytest

from faucet.auth.api_key import API_KEY
from faucet.auth.jwt import JWT
from faucet.errors import NO_ROLE, UNAUTHORIZED, AuthenticationError, AuthorizationError
from faucet.extension.auth_provider import AuthProvider
from faucet.model.headers import Headers
from faucet.model.limits import LimitSettings
from faucet.model.network import read_networks
from faucet.model.request import HttpRequest, Principal
from faucet.model.settings import ApiKey, AuthSettings
from faucet.request.authenticate import authenticate, build_authentication
from faucet.request.client import client_address
from tests.unit.auth.minting import NOW, ROLES, own, own_token

_KEY = "faucet_" + "0a" * 32
_ADMIN_SESSION = "faucet_session=" + "0a" * 32


def _request(*headers: tuple[str, str], peer: str = "192.0.2.1") -> HttpRequest:
    return HttpRequest(
        method="GET", path="/", query="", headers=Headers(headers), peer=peer, body=b""
    )


def _authentication(
    anonymous=None, kinds=(API_KEY, JWT), header="X-API-Key", allow_from=(), proxies=()
):
    key = ApiKey(
        name="till-7",
        role="clerk",
        digests=frozenset({hashlib.sha256(_KEY.encode()).hexdigest()}),
        claims={},
        expires=None,
        allow_from=allow_from,
        limits=LimitSettings(),
    )
    settings = AuthSettings(
        api_key_header=header, anonymous=anonymous, providers=(own(),), keys=(key,)
    )
    return build_authentication(settings, proxies, ROLES, kinds)


def _ask(*headers, authentication=None, peer="192.0.2.1"):
    return authenticate(_request(*headers, peer=peer), authentication or _authentication(), NOW)


def _refused(*headers, authentication=None, peer="192.0.2.1"):
    with pytest.raises(AuthenticationError) as caught:
        _ask(*headers, authentication=authentication, peer=peer)
    return repr((caught.value.kind, caught.value.message, caught.value.context, caught.value.args))


_BAD_CREDENTIALS = [
    [("x-api-key", "")],
    [("x-api-key", "faucet_unknown")],
    [("x-api-key", f"Bearer {_KEY}")],
    [("x-api-key", own_token())],
    [("x-api-key", _KEY), ("x-api-key", _KEY)],
    [("x-api-key", _KEY), ("authorization", f"Bearer {_KEY}")],
    [("x-api-key", _KEY), ("authorization", "")],
    [("x-api-key", ""), ("authorization", f"Bearer {_KEY}")],
    [("authorization", f"Bearer {_KEY}"), ("authorization", f"Bearer {_KEY}")],
    [("authorization", f"Bearer {_KEY}, Bearer {_KEY}")],
    [("authorization", f"Bearer {_KEY} {_KEY}")],
    [("authorization", f"Basic {_KEY}")],
    [("authorization", f"Token {_KEY}")],
    [("authorization", f"Digest username={_KEY}")],
    [("authorization", f"Bearer\t{_KEY}")],
    [("authorization", f"Bearer{_KEY}")],
    [("authorization", f'Bearer token="{_KEY}"')],
    [("authorization", "Bearer")],
    [("authorization", "Bearer ")],
    [("authorization", "")],
    [("authorization", _KEY)],
    [("authorization", own_token())],
    [("authorization", f"Bearer {own_token(exp=1)}")],
    [("authorization", f"Bearer {own_token()}.")],
    [("authorization", "Bearer faucet_unknown")],
]


@pytest.mark.promise("sec-25")
@pytest.mark.parametrize("anonymous", [None, "visitor"])
@pytest.mark.parametrize("headers", _BAD_CREDENTIALS)
def test_more_than_one_or_a_bad_credential_is_one_refusal(headers, anonymous):
    bare = _refused(authentication=_authentication())

    assert _refused(*headers, authentication=_authentication(anonymous)) == bare
    assert repr(UNAUTHORIZED.title) in bare


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (own_token(exp=1), "the token is expired, or not valid yet"),
        (f"{own_token()[:-4]}AAAA", "the signature is not the issuer's"),
        (own_token(iss="nobody"), "unknown issuer"),
        ("e30.e30.e30", "alg or kid is not a string"),
        ("e31.e30.e30", "the token cannot be read"),
    ],
)
def test_the_reason_of_a_refusal_is_known_to_the_log(token, reason):
    with pytest.raises(AuthenticationError) as caught:
        _ask(("authorization", f"Bearer {token}"))

    assert caught.value.reason == reason


@pytest.mark.promise("sec-25")
def test_anonymous_access_is_for_requests_without_a_credential():
    authentication = _authentication("visitor")

    assert _ask(authentication=authentication) == Principal(name=None, role="visitor", claims={})
    assert _ask(("x-api-key", _KEY), authentication=authentication).name == "key:till-7"
    assert _refused(authentication=_authentication())


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (("x-api-key", _KEY), "key:till-7"),
        (("authorization", f"Bearer {_KEY}"), "key:till-7"),
        (("authorization", f"bearer {_KEY}"), "key:till-7"),
        (("authorization", f"BEARER  {_KEY}"), "key:till-7"),
        (("authorization", f"Bearer {own_token()}"), "jwt:own:ada"),
    ],
)
def test_a_good_credential_says_who_asks(header, name):
    assert _ask(header).name == name


@pytest.mark.promise("sec-25")
def test_a_cookie_is_no_credential():
    cookie = ("cookie", f"{_ADMIN_SESSION}; token={own_token()}")

    assert _ask(cookie, authentication=_authentication("visitor")).role == "visitor"
    assert _ask(cookie, ("x-api-key", _KEY)).name == "key:till-7"
    assert _refused(cookie)


def test_the_key_header_has_the_name_that_the_manifest_gives_it():
    authentication = _authentication(header="X-Shop-Key")

    assert _ask(("x-shop-key", _KEY), authentication=authentication).name == "key:till-7"
    assert _refused(("x-api-key", _KEY), authentication=authentication)


def test_a_good_token_without_a_role_is_forbidden():
    with pytest.raises(AuthorizationError) as caught:
        _ask(("authorization", f"Bearer {own_token(role='root')}"))

    assert caught.value.kind is NO_ROLE


def test_only_the_first_provider_that_knows_a_bearer_is_asked():
    def never(_credentials):
        raise AssertionError("asked")

    greedy = AuthProvider(name="x", build=lambda *_: never, recognizes=lambda _: True)

    assert _ask(
        ("authorization", f"Bearer {_KEY}"), authentication=_authentication(kinds=(API_KEY, greedy))
    ).name


def test_a_provider_cannot_word_its_refusal():
    def chatty(_credentials):
        raise AuthenticationError(UNAUTHORIZED, "the key expired yesterday", key="till-7")

    kind = AuthProvider(name="x", build=lambda *_: chatty, recognizes=lambda _: True)

    assert _refused(("x-api-key", "k"), authentication=_authentication(kinds=(kind,))) == _refused()


def test_what_no_provider_knows_is_refused():
    deaf = AuthProvider(name="x", build=lambda *_: lambda _credentials: None)

    assert _refused(("x-api-key", _KEY), authentication=_authentication("visitor", kinds=(deaf,)))
    assert _refused(
        ("authorization", f"Bearer {_KEY}"),
        authentication=_authentication("visitor", kinds=(deaf,)),
    )


@pytest.mark.promise("sec-31")
@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["203.0.113.9"], "192.0.2.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("::ffff:10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.9, 198.51.100.7,10.0.0.2"], "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.9", "198.51.100.7", "10.0.0.2"], "198.51.100.7"),
        ("10.0.0.1", ["198.51.100.7", "203.0.113.9 , 10.0.0.2"], "203.0.113.9"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["garbage, 203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["2001:DB8::1"], "2001:db8::1"),
        ("10.0.0.1", ["::ffff:203.0.113.9"], "203.0.113.9"),
        ("fd00::1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", [""], None),
        ("10.0.0.1", ["203.0.113.9,"], None),
        ("10.0.0.1", ["203.0.113.9, unknown"], None),
        ("10.0.0.1", ["unknown, 10.0.0.2"], None),
        ("10.0.0.1", ["203.0.113.9:443"], None),
        ("10.0.0.1", ["[2001:db8::1]"], None),
        ("10.0.0.1", ["203.0.113.09"], None),
        ("10.0.0.1", ["3405803785"], None),
        ("10.0.0.1", ["203.0.113.9/32"], None),
        ("", ["203.0.113.9"], None),
        ("unix:", ["203.0.113.9"], None),
        ("testclient", [], None),
    ],
)
def test_the_client_is_the_rightmost_hop_outside_the_trusted_networks(peer, forwarded, client):
    request = _request(*(("x-forwarded-for", value) for value in forwarded), peer=peer)

    assert client_address(request, read_networks(["10.0.0.0/8", "fd00::/8"])) == client


@pytest.mark.promise("sec-31")
def test_nobody_is_trusted_unless_the_manifest_says_so():
    request = _request(("x-forwarded-for", "203.0.113.9"), peer="127.0.0.1")

    assert client_address(request, ()) == "127.0.0.1"


@pytest.mark.promise("sec-29")
@pytest.mark.promise("sec-31")
def test_a_key_is_held_against_the_client_and_not_the_proxy():
    authentication = _authentication(allow_from=("203.0.113.0/24",), proxies=("10.0.0.0/8",))
    key, inside, outside = (
        ("x-api-key", _KEY),
        ("x-forwarded-for", "203.0.113.9"),
        ("x-forwarded-for", "198.51.100.7"),
    )

    assert _ask(key, inside, authentication=authentication, peer="10.0.0.1").name == "key:till-7"
    assert _refused(key, outside, authentication=authentication, peer="10.0.0.1")
    assert _refused(key, inside, outside, authentication=authentication, peer="10.0.0.1")
    assert _refused(key, inside, authentication=authentication, peer="192.0.2.1")
    assert _refused(key, authentication=authentication, peer="10.0.0.1")
