"""Tokens that are good, and what they make of their holder."""

import subprocess
import sys
from decimal import Decimal

import pytest

from faucet.auth.jwt import JWT
from faucet.auth.token_provider import TokenProvider
from faucet.errors import (
    AMBIGUOUS_ROLE,
    NO_ROLE,
    UNAUTHORIZED,
    AuthenticationError,
    AuthorizationError,
)
from faucet.extension.auth_provider import Credentials
from faucet.model.request import Principal
from faucet.secret import Secret
from tests.unit.auth.minting import (
    NOW,
    ROLES,
    SECRET,
    ask,
    auth,
    by_ec,
    by_rsa,
    by_secret,
    corp,
    corp_claims,
    corp_token,
    ec_key,
    ed_key,
    jose,
    jwk,
    own,
    own_claims,
    own_token,
    provider,
    rsa_key,
)


def _refused(method, token, now=NOW):
    with pytest.raises(AuthenticationError) as caught:
        ask(method, token, now)
    return caught.value.kind is UNAUTHORIZED and caught.value.context == {}


def test_a_token_by_our_own_secret_says_who_asks():
    found = ask(provider(own()), own_token(store_id=7))

    assert found == Principal(
        name="jwt:own:ada",
        role="clerk",
        claims={"role": "clerk", "sub": "ada", "exp": NOW + 60, "store_id": 7},
    )


def test_a_token_by_an_identity_provider_asserts_the_listed_claims_alone():
    found = ask(provider(corp()), corp_token(region="north"))

    assert found == Principal(name="jwt:corp:ada", role="clerk", claims={"store_id": 7})


@pytest.mark.parametrize(
    ("algorithm", "key", "sign"),
    [
        ("ES256", ec_key(), by_ec(ec_key())),
        ("EdDSA", ed_key(), ed_key().sign),
    ],
    ids=["ES256", "EdDSA"],
)
def test_each_family_of_public_keys_is_read(algorithm, key, sign):
    method = provider(corp(jwk(key, kid="k1"), algorithms=(algorithm,)))

    found = ask(method, jose({"alg": algorithm, "kid": "k1"}, corp_claims(), sign))

    assert found.role == "clerk"


@pytest.mark.parametrize(("digest", "algorithm"), [("sha384", "HS384"), ("sha512", "HS512")])
def test_longer_digests_of_a_secret_are_read(digest, algorithm):
    method = provider(own(algorithms=("HS256", algorithm)))

    token = jose({"alg": algorithm}, own_claims(), by_secret(digest=digest))

    assert ask(method, token).role


@pytest.mark.promise("sec-27")
def test_the_provider_is_chosen_by_issuer_alone():
    other = own(name="other", issuer="https://other.example.com", roles={"x": "manager"})
    method = provider(own(), corp(), other)

    theirs = jose({"alg": "HS256"}, own_claims(iss=other.issuer, role="x"), by_secret())

    assert [
        ask(method, own_token()).name,
        ask(method, corp_token()).name,
        ask(method, theirs).name,
    ] == [
        "jwt:own:ada",
        "jwt:corp:ada",
        "jwt:other:ada",
    ]


def test_two_providers_for_one_issuer_are_refused():
    with pytest.raises(ValueError, match="two providers"):
        provider(own(), own(name="twin"))


def test_without_a_kid_the_only_fitting_key_is_taken():
    keys = [
        jwk(rsa_key(), kid="k1"),
        jwk(rsa_key(2048, "enc"), kid="k2", use="enc"),
        jwk(rsa_key(2048, "ps"), kid="k3", alg="PS256"),
        jwk(ec_key(), kid="k4"),
    ]

    assert ask(provider(corp(*keys)), jose({"alg": "RS256"}, corp_claims(), by_rsa())).role


@pytest.mark.parametrize("sub", [None, "", 7, ["ada"], {"id": "ada"}])
@pytest.mark.promise("sec-28")
def test_without_a_textual_sub_the_principal_has_no_name(sub):
    assert ask(provider(own()), own_token(sub=sub)).name is None


@pytest.mark.parametrize(
    ("path", "claims"),
    [
        ("realm.faucet", {"realm": {"faucet": "Staff"}}),
        ("/realm/faucet", {"realm": {"faucet": "Staff"}}),
        ("/https:~1~1example.com~1r~0le", {"https://example.com/r~le": "Staff"}),
        ("realm_access.roles", {"realm_access": {"roles": ["offline", "Staff", "Staff"]}}),
        ("groups", {"groups": ["Staff", "Clerks of Staff"]}),
    ],
)
def test_the_role_is_found_at_its_path(path, claims):
    method = provider(corp(role_claim=path, roles={"Staff": "clerk", "Clerks of Staff": "clerk"}))

    assert ask(method, corp_token(**{"role": None, **claims})).role == "clerk"


@pytest.mark.parametrize(
    ("stated", "kind"),
    [
        (None, NO_ROLE),
        ("", NO_ROLE),
        ("staff", NO_ROLE),
        ("clerk", NO_ROLE),
        ("Ghost", NO_ROLE),
        (7, NO_ROLE),
        (True, NO_ROLE),
        ({"Staff": "Staff"}, NO_ROLE),
        ([], NO_ROLE),
        ([["Staff"]], NO_ROLE),
        (["Ghost"], NO_ROLE),
        (["Staff", "Boss"], AMBIGUOUS_ROLE),
    ],
)
def test_a_good_token_without_one_role_of_the_manifest_is_forbidden(stated, kind):
    method = provider(corp(roles={"Staff": "clerk", "Boss": "manager", "Ghost": "retired"}))

    with pytest.raises(AuthorizationError) as caught:
        ask(method, corp_token(role=stated))

    assert caught.value.kind is kind


def test_without_a_map_a_role_is_named_as_in_the_manifest():
    method = provider(own())

    assert ask(method, own_token(role="manager")).role == "manager"
    with pytest.raises(AuthorizationError):
        ask(method, own_token(role="root"))


@pytest.mark.parametrize(
    ("spelled", "value"),
    [
        (b"7", 7),
        (b"7.0", 7.0),
        (b"9007199254740993", 9007199254740993),
        (b"0.1", 0.1),
        (b"12345678901234567.25", Decimal("12345678901234567.25")),
        (b"true", True),
        (b'"7"', "7"),
        (b"null", None),
        (b'[1,2.5,"x"]', (1, 2.5, "x")),
    ],
)
@pytest.mark.promise("sec-05")
def test_claims_keep_their_json_type_and_every_digit(spelled, value):
    payload = b'{"role":"clerk","exp":%d,"x":%b}' % (NOW + 60, spelled)

    found = ask(provider(own()), jose({"alg": "HS256"}, payload, by_secret()))

    assert (found.claims["x"], type(found.claims["x"])) == (value, type(value))


@pytest.mark.parametrize("value", [{"a": 1}, [[1]], [{"a": 1}]])
def test_a_claim_that_no_rule_can_use_is_absent(value):
    assert "x" not in ask(provider(own()), own_token(x=value)).claims


@pytest.mark.promise("sec-29")
def test_a_token_that_was_good_ends_when_it_expires():
    method = provider(own())
    token = own_token(exp=NOW + 10, nbf=NOW - 10)

    assert ask(method, token, NOW) is ask(method, token, NOW + 39)
    assert _refused(method, token, NOW + 40)
    assert _refused(method, token, NOW - 41)


@pytest.mark.promise("sec-29")
def test_a_token_known_to_one_generation_is_verified_anew_by_the_next():
    token = corp_token()
    assert ask(provider(corp()), token).role

    without_the_key = provider(corp(jwk(rsa_key(2048, "next"), kid="k2")))
    without_the_role = JWT.build(auth(corp()), frozenset({"visitor"}))

    assert _refused(without_the_key, token)
    with pytest.raises(AuthorizationError):
        ask(without_the_role, token)


def test_the_memory_of_good_tokens_is_bounded():
    method = TokenProvider(auth(own()), ROLES)
    first = own_token(jti="first")
    remembered = ask(method, first)

    for number in range(1024):
        ask(method, own_token(jti=number))

    assert ask(method, first) == remembered
    assert ask(method, first) is not remembered
    assert 0 < len(method._known) <= 1024


def test_nothing_is_answered_where_there_is_no_token():
    nothing = Credentials(api_key=None, bearer=None, client=None, now=NOW)

    assert provider()(nothing) is None
    assert provider(own())(nothing) is None


def test_without_providers_every_token_is_bad():
    assert _refused(provider(), own_token())


def test_a_short_secret_verifies_nothing():
    short = SECRET[:31]
    token = jose({"alg": "HS256"}, own_claims(), by_secret(short))

    assert _refused(provider(own(secret=Secret(short))), token)


def test_keys_without_an_issuer_are_never_asked():
    token = jose({"alg": "RS256", "kid": "k1"}, corp_claims(iss=None), by_rsa())
    bare = {name: value for name, value in corp_claims().items() if name != "iss"}
    unnamed = jose({"alg": "RS256", "kid": "k1"}, bare, by_rsa())

    method = provider(corp(issuer=None))

    assert _refused(method, token)
    assert _refused(method, unnamed)


def test_cryptography_is_loaded_only_for_manifests_with_tokens():
    script = """
import sys
from faucet.auth.jwt import JWT
from faucet.model.settings import AuthSettings
JWT.build(AuthSettings(api_key_header="x", anonymous=None, providers=(), keys=()), frozenset())
print([name for name in ("jwt", "cryptography", "sqlalchemy") if name in sys.modules])
"""

    run = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, timeout=60
    )

    assert run.stdout.strip() == "[]"


def test_the_form_of_a_token_is_three_parts():
    assert JWT.recognizes(own_token())
    assert not any(
        map(
            JWT.recognizes,
            ["", "faucet_00", "a.b", "a.b.", "a..c", "a.b.c.d", "a.b.c\n", "a.b.c=", "ä.b.c"],
        )
    )
