"""A secret does not show, and its derived keys tell nothing of each other."""

import hashlib
import hmac
import pickle

import msgspec
import pytest

from faucet.secret import Secret, derive_key


def test_a_secret_does_not_print_compare_to_text_or_serialise():
    secret = Secret("canary")

    assert "canary" not in f"{secret} {secret!r} {secret!s} {[secret]} {secret:>9}"
    assert secret != "canary"
    assert secret == Secret("canary")
    assert hash(secret) == hash(Secret("canary"))
    assert secret.reveal() == "canary"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        msgspec.json.encode(secret)


def test_a_key_is_derived_for_one_purpose():
    root = Secret("röot")

    key = derive_key(root, "masks")

    assert key == hmac.digest("röot".encode(), b"faucet/masks", hashlib.sha256)
    assert key != derive_key(root, "sessions")
    assert key != derive_key(Secret("other"), "masks")
