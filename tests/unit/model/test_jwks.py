"""A JWKS document gives the keys that may verify, and tells what is wrong with it."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from faucet.model.jwks import JwksError, read_jwks
from tests.unit.auth.minting import ec_key, ed_key, jwk, jwks, rsa_key


def test_each_key_fits_the_algorithms_of_its_family_and_curve():
    keys = read_jwks(
        jwks(
            jwk(rsa_key(), kid="r"),
            jwk(rsa_key(), kid="p", alg="PS256", use="sig", key_ops=["verify"]),
            jwk(ec_key(), kid="e"),
            jwk(ec_key(ec.SECP521R1()), kid="f"),
            jwk(ed_key(), kid="d"),
        )
    )
    algorithms = ["HS256", "RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA", "none", ""]

    fits = {key.kid: [name for name in algorithms if key.fits(name)] for key in keys}

    assert fits == {
        "r": ["RS256", "PS256"],
        "p": ["PS256"],
        "e": ["ES256"],
        "f": ["ES512"],
        "d": ["EdDSA"],
    }


def test_private_members_are_left_behind():
    (key,) = read_jwks(jwks(jwk(rsa_key(), d="secret", p="secret", x5u="https://evil.example.com")))

    assert set(json.loads(key.document)) == {"kty", "n", "e"}


def test_keys_that_cannot_verify_are_left_out():
    keys = read_jwks(
        jwks(
            jwk(rsa_key(), kid="enc", use="enc"),
            jwk(rsa_key(), kid="ops", key_ops=["encrypt"]),
            jwk(rsa_key(1024), kid="weak"),
            {"kty": "AKP", "kid": "unknown"},
            jwk(rsa_key(), kid="good"),
        )
    )

    assert [key.kid for key in keys] == ["good"]


@pytest.mark.promise("sec-27")
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "not a JWKS document"),
        ("[]", "not a JWKS document"),
        ("{}", 'no list "keys"'),
        ('{"keys":{}}', 'no list "keys"'),
        ('{"keys":[],"keys":[]}', "repeated"),
        ('{"keys":[]}', "no key of the document"),
        ('{"keys":["x"]}', "not an object"),
        ('{"keys":[{"kid":"x"}]}', "kty or kid"),
        ('{"keys":[{"kty":"RSA","kid":1}]}', "kty or kid"),
        ('{"keys":[{"kty":"RSA","n":"AQAB"}]}', 'lacks "e"'),
        ('{"keys":[{"kty":"RSA","n":"ä!","e":"AQAB"}]}', "base64url"),
        ('{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}', "symmetric"),
    ],
)
def test_a_document_that_is_no_key_set_says_why(text, told):
    with pytest.raises(JwksError, match=told):
        read_jwks(text)
