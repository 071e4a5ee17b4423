"""What one role may know of a relation; its documents are made from this only. Pure."""

from collections.abc import Mapping

import msgspec

from faucet.model.catalog import Column
from faucet.model.settings import CHANGES
from faucet.model.surface import Permission, ResourceView, ServiceView, Verb


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """Columns that a write accepts; *preset* ones are accepted and overwritten."""

    columns: tuple[Column, ...]
    writable: frozenset[str]
    preset: frozenset[str]


class Visible(msgspec.Struct, frozen=True, kw_only=True):
    """
    One relation as its role may know it.

    *columns* are those of the GET grant, comments left out where they mention what the role may not
    know. *key* is usable as a selector; its columns are named for readers only (*reads*). *written*
    are the columns that some verb accepts. *enveloped* means that a body with ``resource`` is an
    envelope.
    """

    name: str
    reads: bool
    columns: tuple[Column, ...]
    masks: Mapping[str, str]
    descriptions: Mapping[str, str]
    description: str | None
    key: tuple[str, ...]
    verbs: Mapping[Verb, Permission]
    bodies: Mapping[Verb, Body]
    written: frozenset[str]
    enveloped: bool


def visible(view: ServiceView) -> tuple[Visible, ...]:
    """Return the relations of *view* by name."""
    return tuple(_visible(view.resources[name]) for name in sorted(view.resources))


def _visible(resource: ResourceView) -> Visible:
    relation, read = resource.relation, resource.read
    readable = frozenset(read.readable) if read is not None else frozenset()
    masks = read.masks if read is not None else {}
    key = resource.key
    usable = bool(key) and (read is None or (readable.issuperset(key) and not masks.keys() & key))
    verbs = {
        verb: grant
        for verb, grant in resource.grants.items()
        if resource.allows(verb) and (usable or verb is not Verb.PUT)
    }
    changes = [verb for verb in Verb if verb in CHANGES and verb in verbs]
    bodies = {verb: _body(resource, verbs[verb], readable) for verb in changes}
    written = frozenset[str]().union(*(body.writable for body in bodies.values()))
    return Visible(
        name=relation.name,
        reads=read is not None,
        columns=tuple(column for column in relation.columns if column.name in readable),
        masks=masks,
        descriptions=resource.descriptions,
        description=resource.description,
        key=key if usable else (),
        verbs=verbs,
        bodies=bodies,
        written=written,
        enveloped="resource" not in readable | written,
    )


def _body(resource: ResourceView, grant: Permission, readable: frozenset[str]) -> Body:
    preset = frozenset(preset.column for preset in grant.presets)
    taken = grant.writable.difference(preset) | preset.intersection(readable)
    return Body(
        columns=tuple(column for column in resource.relation.columns if column.name in taken),
        writable=grant.writable.difference(preset),
        preset=preset.intersection(readable),
    )
