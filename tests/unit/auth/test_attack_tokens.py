"""A corpus of tokens as attackers make them: each is the same refusal, on every provider."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from faucet.errors import UNAUTHORIZED, AuthenticationError
from faucet.secret import Secret
from tests.unit.auth.minting import (
    ISSUER,
    NOW,
    SECRET,
    ask,
    by_ec,
    by_nobody,
    by_rsa,
    by_secret,
    corp,
    corp_claims,
    corp_token,
    ec_key,
    jose,
    jwk,
    jwks,
    own,
    own_claims,
    own_token,
    part,
    pem,
    provider,
    rsa_key,
)

pytestmark = pytest.mark.promise("sec-27")

_HS = {"alg": "HS256"}
_RS = {"alg": "RS256", "kid": "k1"}


def _head(**more: object) -> str:
    return jose({**_RS, **more}, corp_claims(), by_rsa())


def _foreign(**more: object) -> str:
    """Signed by the attacker's own key."""
    return jose({**_RS, **more}, corp_claims(), by_rsa(rsa_key(2048, "attacker")))


def _own(payload: object, header: object = None) -> str:
    return jose(header or _HS, payload, by_secret())


def _spelled(payload: str) -> str:
    """A payload that only a hand can write, signed with the right secret."""
    return _own(b'{"role":"clerk","exp":%d,%b}' % (NOW + 60, payload.encode()))


def _without(claims: dict[str, object], *names: str) -> dict[str, object]:
    return {name: value for name, value in claims.items() if name not in names}


def _respelled(token: str) -> str:
    """The same bytes: only four of the six bits of the last letter count, and a fifth is set."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + letters[letters.index(token[-1]) | 1]


_HUGE = "9" * 5000

_ATTACKS = {
    "alg none, no signature": jose({"alg": "none"}, own_claims(), by_nobody),
    "alg None": jose({"alg": "None"}, own_claims(), by_nobody),
    "alg NONE": jose({"alg": "NONE"}, own_claims(), by_nobody),
    "alg none, signed": _own(own_claims(), {"alg": "none"}),
    "alg none for the keys": jose({"alg": "none", "kid": "k1"}, corp_claims(), by_nobody),
    "alg in lower case": _own(own_claims(), {"alg": "hs256"}),
    "alg absent": _own(own_claims(), {"typ": "JWT"}),
    "alg null": _own(own_claims(), {"alg": None}),
    "alg a list": _own(own_claims(), {"alg": ["HS256"]}),
    "alg not listed": jose({"alg": "HS512"}, own_claims(), by_secret(digest="sha512")),
    "alg listed elsewhere": jose(_RS, own_claims(), by_rsa()),
    "HS256 by the public key's PEM": jose(
        {**_RS, "alg": "HS256"}, corp_claims(), by_secret(pem(rsa_key()))
    ),
    "HS256 by the JWK's text": jose(
        {**_RS, "alg": "HS256"}, corp_claims(), by_secret(json.dumps(jwk(rsa_key())))
    ),
    "HS256 by nothing": jose(_HS, own_claims(), by_secret("")),
    "HS256 by another secret": jose(_HS, own_claims(), by_secret(SECRET + "x")),
    "ES256 by the RSA provider": jose({**_RS, "alg": "ES256"}, corp_claims(), by_ec(ec_key())),
    "ES256 with r and s of zero": jose({**_RS, "alg": "ES256"}, corp_claims(), lambda _: bytes(64)),
    "PS256 where RS256 is listed": jose({**_RS, "alg": "PS256"}, corp_claims(), by_rsa()),
    "another key": _foreign(),
    "another key, embedded": _foreign(jwk=jwk(rsa_key(2048, "attacker"))),
    "another key, by jku": _foreign(jku="https://evil.example.com/keys"),
    "another key, by x5u": _foreign(x5u="https://evil.example.com/cert"),
    "another key, by x5c": _foreign(x5c=[base64.b64encode(b"certificate").decode()]),
    "wrong kid": _head(kid="k2"),
    "kid as a path": _foreign(kid="../../../../dev/null"),
    "kid a number": _head(kid=1),
    "kid a list": _head(kid=["k1"]),
    "crit": _head(crit=["exp"], exp=NOW + 60),
    "crit empty": _head(crit=[]),
    "b64": _head(b64=False),
    "zip": _head(zip="DEF"),
    "enc": _head(enc="A256GCM"),
    "expired": own_token(exp=NOW - 31),
    "expires now, leeway counted": own_token(exp=NOW - 30),
    "no exp": _own(_without(own_claims(), "exp")),
    "exp null": own_token(exp=None),
    "exp a text": own_token(exp=str(int(NOW + 60))),
    "exp true": own_token(exp=True),
    "exp a list": own_token(exp=[NOW + 60]),
    "exp negative": own_token(exp=-1),
    "exp huge": own_token(exp=10**30),
    "exp with 400 digits": own_token(exp=10**399),
    "exp with 5000 digits": _own(f'{{"role":"clerk","exp":{_HUGE}}}'.encode()),
    "exp a bomb": _own(b'{"role":"clerk","exp":1e3000000}'),
    "exp with an endless exponent": _own(f'{{"role":"clerk","exp":1e{_HUGE}}}'.encode()),
    "exp infinite by rounding": _own(b'{"role":"clerk","exp":1e400}'),
    "exp NaN": _own(b'{"role":"clerk","exp":NaN}'),
    "exp Infinity": _own(b'{"role":"clerk","exp":Infinity}'),
    "exp twice": _own(b'{"role":"clerk","exp":1,"exp":%d}' % (NOW + 60)),
    "nbf in the future": own_token(nbf=NOW + 31),
    "nbf a text": own_token(nbf="0"),
    "nbf null": own_token(nbf=None),
    "iat in the future": own_token(iat=NOW + 31),
    "iat a text": own_token(iat="yesterday"),
    "no aud": jose(_RS, _without(corp_claims(), "aud"), by_rsa()),
    "wrong aud": corp_token(aud="shopping"),
    "aud in other case": corp_token(aud="Shop"),
    "aud a list without ours": corp_token(aud=["a", "b"]),
    "aud a list with more than texts": corp_token(aud=["shop", {"any": "shop"}]),
    "aud an object": corp_token(aud={"shop": "shop"}),
    "aud null": corp_token(aud=None),
    "iss of another provider": _own(own_claims(iss=ISSUER)),
    "iss of nobody": _own(own_claims(iss="https://evil.example.com")),
    "iss with a slash more": corp_token(iss=ISSUER + "/"),
    "iss null": _own(own_claims(iss=None)),
    "iss empty": _own(own_claims(iss="")),
    "iss a list": _own(own_claims(iss=[ISSUER])),
    "iss an object": _own(own_claims(iss={"a": ISSUER})),
    "no iss, by the keys": jose(_RS, _without(corp_claims(), "iss"), by_rsa()),
    "a claim twice": _spelled('"store_id":7,"store_id":8'),
    "a claim twice, further down": _spelled('"a":{"b":1,"b":2}'),
    "a claim twice, once escaped": _spelled('"store_id":7,"store\\u005fid":8'),
    "a header parameter twice": _own(own_claims(), b'{"alg":"HS256","alg":"HS256"}'),
    "deep payload": _spelled('"a":' + "[" * 3000 + "]" * 3000),
    "65 deep": _spelled('"a":' + "[" * 64 + "]" * 64),
    "a lone surrogate": _spelled('"sub":"\\ud800"'),
    "a lone surrogate as a name": _spelled('"\\udfff":1'),
    "a raw control character": _spelled('"a":"\n"'),
    "not UTF-8": _own(b'{"role":"clerk","exp":%d,"a":"\xff"}' % (NOW + 60)),
    "UTF-16": _own(json.dumps(own_claims()).encode("utf-16")),
    "byte order mark": _own(b"\xef\xbb\xbf" + json.dumps(own_claims()).encode()),
    "payload a list": _own([own_claims()]),
    "payload a text": _own("clerk"),
    "payload null": _own(b"null"),
    "payload not JSON": _own(b"role=clerk"),
    "payload with more behind it": _own(json.dumps(own_claims()).encode() + b"{}"),
    "header a list": _own(own_claims(), [_HS]),
    "header not JSON": _own(own_claims(), b"HS256"),
    "nested token": _own(own_token().encode(), {"alg": "HS256", "cty": "JWT"}),
    "empty signature": own_token().rpartition(".")[0] + ".",
    "no signature": own_token().rpartition(".")[0],
    "short signature": own_token()[:-4],
    "one letter of signature": own_token().rpartition(".")[0] + ".A",
    "signature of another token": f"{own_token(role='manager').rpartition('.')[0]}."
    + own_token().rpartition(".")[2],
    "signature respelled": _respelled(own_token()),
    "padding": own_token() + "=",
    "padding inside": own_token().replace(".", "=.", 1),
    "plain base64": own_token().rpartition(".")[0] + ".+/+/",
    "extra dot": own_token() + ".",
    "extra part": own_token() + ".AAAA",
    "leading dot": "." + own_token(),
    "trailing blank": own_token() + " ",
    "trailing line": own_token() + "\n",
    "trailing garbage": own_token() + "!",
    "trailing NUL": own_token() + "\0",
    "full-width letters": own_token().replace(".", "。"),
    "unicode letter": own_token() + "é",
    "surrogate": own_token() + "\ud800",
    "dots alone": "..",
    "five parts": ".".join([part(b'{"alg":"dir","enc":"A256GCM"}'), "", "AAAA", "AAAA", "AAAA"]),
    "too large": own_token(pad="x" * 16_384),
    "very large": "A" * 20_000 + ".A.A",
}


@pytest.mark.parametrize("token", _ATTACKS.values(), ids=_ATTACKS)
def test_an_attack_is_refused_like_any_other(token: str):
    method = provider(own(), corp())

    with pytest.raises(AuthenticationError) as caught:
        ask(method, token)

    assert caught.value.kind is UNAUTHORIZED
    assert (caught.value.message, caught.value.context) == (UNAUTHORIZED.title, {})


def test_what_the_corpus_is_made_of_is_good_without_the_attack():
    method = provider(own(), corp())

    assert ask(method, own_token()).role
    assert ask(method, corp_token(aud=["other", "shop"])).role
    assert ask(
        method, _head(jku="https://evil.example.com", x5u="x", x5c=[], jwk={}, typ="at+jwt")
    ).role
    assert ask(method, _spelled('"a":' + "[" * 63 + "]" * 63)).role
    assert ask(method, own_token(exp=NOW - 29, nbf=NOW + 30, iat=NOW)).role
    assert ask(method, own_token(pad="x" * 8_000)).role


@pytest.mark.parametrize("letter", range(0, 300, 7))
def test_no_letter_of_a_token_can_be_changed(letter: int):
    token = corp_token()
    at = letter * len(token) // 300
    changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]

    with pytest.raises(AuthenticationError):
        ask(provider(corp()), changed)


def test_without_a_kid_there_must_be_no_choice():
    keys = [jwk(rsa_key(), kid="k1"), jwk(rsa_key(2048, "second"), kid="k2")]

    with pytest.raises(AuthenticationError):
        ask(provider(corp(*keys)), jose({"alg": "RS256"}, corp_claims(), by_rsa()))


def test_two_keys_of_one_kid_are_no_choice_either():
    keys = [jwk(rsa_key(), kid="k1"), jwk(rsa_key(2048, "second"), kid="k1")]

    with pytest.raises(AuthenticationError):
        ask(provider(corp(*keys)), corp_token())


@pytest.mark.parametrize(
    ("document", "algorithms", "token"),
    [
        (jwks(jwk(rsa_key(), kid="k1", use="enc")), ("RS256",), corp_token()),
        (jwks(jwk(rsa_key(), kid="k1", key_ops=["encrypt"])), ("RS256",), corp_token()),
        (jwks(jwk(rsa_key(), kid="k1", alg="RS512")), ("RS256",), corp_token()),
        (jwks(jwk(rsa_key())), ("RS256",), corp_token()),
        (
            jwks(jwk(rsa_key(1024), kid="k1")),
            ("RS256",),
            jose(_RS, corp_claims(), by_rsa(rsa_key(1024))),
        ),
        (
            jwks({"kty": "oct", "kid": "k1", "k": part(SECRET.encode())}),
            ("RS256", "HS256"),
            jose({**_RS, "alg": "HS256"}, corp_claims(), by_secret()),
        ),
        (
            jwks(jwk(rsa_key(), kid="k1"), {"kty": "oct", "kid": "k2", "k": part(SECRET.encode())}),
            ("RS256",),
            corp_token(),
        ),
        (
            jwks(jwk(rsa_key(), kid="k1")),
            ("RS256", "HS256"),
            jose({**_RS, "alg": "HS256"}, corp_claims(), by_secret(pem(rsa_key()))),
        ),
        (
            jwks(jwk(ec_key(ec.SECP256K1()), kid="k1")),
            ("ES256",),
            jose({"alg": "ES256", "kid": "k1"}, corp_claims(), by_ec(ec_key(ec.SECP256K1()))),
        ),
        (
            jwks(jwk(ec_key(ec.SECP384R1()), kid="k1")),
            ("ES256",),
            jose({"alg": "ES256", "kid": "k1"}, corp_claims(), by_ec(ec_key(ec.SECP384R1()), 48)),
        ),
        (jwks(jwk(ec_key(), kid="k1", x=part(bytes(32)))), ("ES256",), corp_token()),
        (jwks(jwk(rsa_key(), kid="k1", e=part(b"\x02"))), ("RS256",), corp_token()),
        ("not a document", ("RS256",), corp_token()),
    ],
    ids=[
        "key for encryption",
        "key that may not verify",
        "key of another algorithm",
        "key without the kid",
        "weak key",
        "symmetric key",
        "symmetric key beside a good one",
        "HMAC listed beside RSA",
        "curve of no algorithm",
        "curve of another algorithm",
        "point off the curve",
        "even exponent",
        "no document",
    ],
)
def test_a_key_that_is_not_for_this_verifies_nothing(document, algorithms, token):
    method = provider(corp(jwks=document, algorithms=algorithms))

    with pytest.raises(AuthenticationError) as caught:
        ask(method, token)

    assert caught.value.kind is UNAUTHORIZED


def test_a_public_key_given_as_a_secret_verifies_nothing():
    public = pem(rsa_key()).decode()

    with pytest.raises(AuthenticationError):
        ask(provider(own(secret=Secret(public))), jose(_HS, own_claims(), by_secret(public)))
