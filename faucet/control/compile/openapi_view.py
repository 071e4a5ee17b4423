"""What one role may be told of a relation; all that its documents are made from. Pure."""

import re
from collections.abc import Iterable, Mapping

import msgspec

from faucet.model.catalog import Column
from faucet.model.surface import Permission, ResourceView, ServiceView, Verb, takes

_WORD = re.compile(r"\w+")
_CHANGES = (Verb.POST, Verb.PUT, Verb.PATCH)


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """Columns that a write takes; *preset* ones are accepted and overwritten."""

    columns: tuple[Column, ...]
    writable: frozenset[str]
    preset: frozenset[str]


class Visible(msgspec.Struct, frozen=True, kw_only=True):
    """
    One relation as its role may know it.

    *columns* are those of the GET grant, comments left out where they mention what the role may
    not know. *key* is usable as a selector; its columns are named to readers alone (*reads*).
    *written* are the columns that some verb takes. *enveloped* says that a body with ``resource``
    is an envelope.
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


def visible(view: ServiceView, *, read_only: bool, relations: Iterable[str]) -> tuple[Visible, ...]:
    """
    Return the relations of *view* by name, without writes where the service is *read_only*.

    *relations* are all names of the service; comments that mention one outside are dropped.
    """
    unknown = frozenset(relations).difference(view.resources)
    return tuple(
        _visible(view.resources[name], unknown, read_only=read_only)
        for name in sorted(view.resources)
    )


def _visible(resource: ResourceView, unknown: frozenset[str], *, read_only: bool) -> Visible:
    relation, read = resource.relation, resource.read
    readable = frozenset(read.readable) if read is not None else frozenset()
    masks = read.masks if read is not None else {}
    secret = unknown.union(
        column.name for column in relation.columns if column.name not in readable
    )
    key = resource.key
    usable = bool(key) and (read is None or (readable.issuperset(key) and not masks.keys() & key))
    verbs = {
        verb: grant
        for verb, grant in resource.grants.items()
        if takes(verb, relation, key) and not (read_only and verb is not Verb.GET)
        if usable or verb is not Verb.PUT
    }
    bodies = {verb: _body(resource, verbs[verb], readable) for verb in _CHANGES if verb in verbs}
    written = frozenset[str]().union(*(body.writable for body in bodies.values()))
    return Visible(
        name=relation.name,
        reads=read is not None,
        columns=tuple(
            _clean(column, secret) for column in relation.columns if column.name in readable
        ),
        masks=masks,
        descriptions=resource.descriptions,
        description=resource.description or _telling(relation.comment, secret),
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


def _clean(column: Column, secret: frozenset[str]) -> Column:
    if column.comment is None:
        return column
    return msgspec.structs.replace(column, comment=_telling(column.comment, secret))


def _telling(comment: str | None, secret: frozenset[str]) -> str | None:
    """Return *comment* unless it mentions a *secret* name, as a word or, odd ones, anywhere."""
    if comment is None:
        return None
    folded = comment.casefold()
    names = frozenset(name.casefold() for name in secret)
    odd = (name for name in names if _WORD.fullmatch(name) is None)
    if names.intersection(_WORD.findall(folded)) or any(name in folded for name in odd):
        return None
    return comment
