"""Roles and grants as they come out of resolve: nothing left to read."""

from typing import Any

import msgspec
import pytest

from faucet.control.resolve_roles import resolve_roles
from faucet.diagnostics import Diagnostic
from faucet.model.filters.predicate import ClaimReference, PrincipalReference, claims_of
from faucet.model.manifest.sections import Manifest
from faucet.model.settings import GrantSettings, RowRule, Verb


def _resolved(**grant: Any) -> tuple[GrantSettings, tuple[Diagnostic, ...]]:
    manifest = {"version": 1, "roles": {"clerk": {"grants": [grant]}}}
    outcome = resolve_roles(msgspec.convert(manifest, Manifest))
    assert outcome.value is not None
    (grants,) = outcome.value["clerk"].grants
    return grants, outcome.diagnostics


def _claims(rule: RowRule | None) -> list[str]:
    assert rule is not None
    assert rule.predicate is not None
    return [claim.name for claim in claims_of(rule.predicate)]


def test_rules_are_trees_with_their_text_and_place():
    text = "a = {claims.x} AND (NOT b IN {claims.y} OR c BETWEEN {claims.z} AND 7)"

    grant, found = _resolved(rows=text, check="all", collate="column")

    assert found == ()
    assert grant.rows is not None
    assert (grant.rows.text, grant.rows.exact) == (text, False)
    assert grant.rows.address == ("roles", "clerk", "grants", 0, "rows")
    assert _claims(grant.rows) == ["x", "y", "z"]
    assert grant.filtered
    assert grant.check is not None
    assert (grant.check.predicate, grant.check.every_row) == (None, True)


@pytest.mark.parametrize("key", ["rows", "check"])
def test_a_rule_that_cannot_be_read_is_an_error_at_its_place(key: str):
    grant, (found,) = _resolved(**{key: "store_id = = 1"})

    assert (found.code, found.address[4:], found.offset) == ("FCT1229", (key,), 11)
    rule = grant.rows if key == "rows" else grant.check
    assert rule is not None
    assert not rule.every_row


def test_a_rule_has_a_longest_text():
    _, (found,) = _resolved(rows="a = 1 " * 20_000)

    assert (found.code, found.offset) == ("FCT1229", None)


@pytest.mark.parametrize("name", ["store_id", "store-id", "größe", "a.b"])
@pytest.mark.parametrize("form", ["{{claims.{}}}", "{{ claims.{} }}"])
def test_rules_and_presets_have_one_grammar_of_claims(form: str, name: str):
    text = form.format(name)

    grant, _ = _resolved(rows=f"a = {text}", set={"a": text})

    assert _claims(grant.rows) == [name]
    assert grant.presets == {"a": ClaimReference(name=name, position=0)}


@pytest.mark.parametrize(
    "text", ["{claims.a b}", "{claims.}", "{claims}", "{a}", " {claims.a}", "{claims.a}{claims.b}"]
)
def test_other_texts_are_literal_presets(text: str):
    assert _resolved(set={"a": text})[0].presets == {"a": text}


def test_presets_are_literals_or_references():
    presets = {"a": "{principal.role}", "b": 7, "c": None, "d": ""}

    grant, _ = _resolved(set=presets)

    assert grant.presets == {**presets, "a": PrincipalReference(field="role", position=0)}


def test_verbs_are_written_out():
    assert _resolved(verbs=["*", "GET"])[0].verbs == frozenset(Verb)
    assert _resolved(verbs=["*", "GET"])[0].spelled_verbs == {Verb.GET}
    assert _resolved(verbs=["PUT"])[0].verbs == {Verb.PUT}
