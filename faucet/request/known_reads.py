"""Reads whose shape was planned before: only their values are parsed again. Pure.

A shape is everything of a GET but its literals: role, target and query with every string and number
of the filter, the limit and the offset taken out. What is recalled goes through the same binding of
claims, reading of values and execution as any read; whatever does not fit (a value that its column
cannot hold, a missing claim) is left to the normal path, which reports why.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from faucet.caches import SizedCache
from faucet.errors import INVALID_VALUE
from faucet.model.filters.binding import Binder, MissingClaimError
from faucet.model.filters.condition import Claim, LiteralOrigin, ReferenceOrigin, Scalar
from faucet.model.filters.lift import Origin, PageOrigin, StatementValue
from faucet.model.filters.literals import literal_reader, pattern_text
from faucet.model.filters.predicate import PatternKind
from faucet.model.filters.terms import has_good_escapes
from faucet.model.filters.tokens import literal_positions, split_literals
from faucet.model.plan import ReadPlan
from faucet.model.request import Caller
from faucet.model.settings import ValueOptions
from faucet.model.values.fault import ValueFault
from faucet.request.authorize import Admission
from faucet.request.percent import decode
from faucet.request.plan.read import page_limit

_SIZE: Final = 1024
_LONGEST: Final = 2048
_LIMIT: Final = 16 * 2**20
# A plan with its fills has up to 50 times the size of its query's text (measured).
_BYTES_OF_CHARACTER: Final = 50
_BYTES_OF_ENTRY: Final = 512
_MOST_DIGITS: Final = 18  # fewer than those of 2^63
_NO_TEXTS: Final[Sequence[str]] = ()

Shape = tuple[str, ...]
"""Role, service, table, the length of a key, and the query without its values, pair by pair."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """
    A GET separated into its *shape* and its values.

    *literals* are the texts of the literals of *where*; *key* is the path's, () without one.
    """

    shape: Shape
    where: str
    literals: Sequence[str]
    key: tuple[str, ...]
    limit: int | None
    offset: int


def split(
    admission: Admission, caller: Caller, query: str, key: tuple[str, ...] | None
) -> Question | None:
    """Return the shape and the values of a GET, or None for one that is not worth caching."""
    if len(query) > _LONGEST or not query.isascii():
        return None
    keyed = "" if key is None else f"key of {len(key)}"
    relation = admission.resource.relation
    shape = [caller.principal.role, admission.service.name, relation.name, keyed]
    where, literals, page = "", _NO_TEXTS, {"limit": None, "offset": 0}
    try:
        for pair in query.split("&"):
            name, _, raw = pair.partition("=")
            if name == "filter":
                where = decode(raw, form=True)
                marked, literals = split_literals(where)
                shape.append(f"filter={marked}")
            elif name in page:
                page[name] = _bound(raw)
                shape.append(name)
            elif "%" in name:
                return None  # it may be another one for a parameter that is separated
            elif "%" in raw or not name.startswith("_"):
                shape.append(pair)
    except ValueError:
        return None
    return Question(
        shape=tuple(shape),
        where=where,
        literals=literals,
        key=key or (),
        limit=page["limit"],
        offset=page["offset"] or 0,
    )


def _bound(raw: str) -> int:
    """Return the limit or offset *raw*; raises ValueError for one that is to be refused."""
    if not raw.isdecimal() or len(raw) > _MOST_DIGITS:
        raise ValueError(raw)
    return int(raw)


class _Values(msgspec.Struct, frozen=True, kw_only=True):
    """The sources of the values of one read."""

    question: Question
    limit: int
    binder: Binder


Fill = Callable[[_Values], StatementValue]


class _Known(msgspec.Struct, frozen=True, kw_only=True):
    """A read planned before, and how to make each value of its statements."""

    plan: ReadPlan
    fills: tuple[Fill, ...]
    count_fills: tuple[Fill, ...]


class _Unknowable:
    """Marks a shape whose plan depends on its values."""


class KnownReads:
    """The shapes of reads that one generation planned."""

    def __init__(self, size: int = _SIZE) -> None:
        self._known: SizedCache[Shape, _Known | _Unknowable] = SizedCache(
            "known_reads", limit=_LIMIT, largest=_LIMIT, most=size
        )
        # Shapes that were asked for once: most never come again.
        self._seen: SizedCache[Shape, bool] = SizedCache(
            "shapes_seen", limit=_LIMIT // 8, largest=_LIMIT, most=size
        )

    def __len__(self) -> int:
        return len(self._known)

    def recall(self, question: Question, admission: Admission, caller: Caller) -> ReadPlan | None:
        """Return the plan of *question*, or None if it must be planned normally."""
        known = self._known.get(question.shape)
        if not isinstance(known, _Known):
            return None
        limits, plan = admission.limits, known.plan
        limit = 1 if plan.single else page_limit(question.limit, limits)
        binder = Binder(caller=caller, options=admission.service.values)
        values = _Values(question=question, limit=limit, binder=binder)
        try:
            filled = tuple([fill(values) for fill in known.fills])
            counted = tuple([fill(values) for fill in known.count_fills])
        except (ValueFault, MissingClaimError):
            return None
        return ReadPlan(
            select=plan.select,
            values=filled,
            limit=limit,
            offset=question.offset,
            count=plan.count,
            count_values=counted,
            single=plan.single,
            time_limit=limits.statement_timeout,
            runs_code=plan.runs_code,
        )

    def remember(self, question: Question, plan: ReadPlan, options: ValueOptions) -> None:
        """
        Keep the shape of *plan*, the answer to *question*, unless its values shaped it.

        The first time it is only marked as asked for.
        """
        shape = question.shape
        if shape in self._known:
            return
        size = sum(map(len, shape))
        if shape not in self._seen:
            self._seen.put(shape, True, size + _BYTES_OF_ENTRY)  # noqa: FBT003 - the value
            return
        filler = _Filler(question, options)
        fills = filler.fills(plan.values, plan.origins)
        counts = filler.fills(plan.count_values, plan.count_origins)
        if filler.unused:
            return
        known: _Known | _Unknowable = _Unknowable()
        if fills is not None and counts is not None:
            known = _Known(plan=plan, fills=fills, count_fills=counts)
        self._known.put(shape, known, size * _BYTES_OF_CHARACTER + _BYTES_OF_ENTRY)


class _Filler:
    """Decides how to make values again from their sources."""

    def __init__(self, question: Question, options: ValueOptions) -> None:
        positions = literal_positions(question.where)
        self._places = {at: index for index, at in enumerate(positions)}
        self._unused = {*self._places, *(-1 - part for part in range(len(question.key)))}
        self._options = options

    @property
    def unused(self) -> bool:
        """Whether a literal or a part of the key is not among the values: it shaped the plan."""
        return bool(self._unused)

    def fills(
        self, values: tuple[StatementValue, ...], origins: tuple[Origin, ...]
    ) -> tuple[Fill, ...] | None:
        """Return how to make each of *values* again, or None if one cannot be."""
        found = [self._fill(*pair) for pair in zip(values, origins, strict=True)]
        fills = tuple(fill for fill in found if fill is not None)
        return fills if len(fills) == len(found) else None

    def _fill(self, value: StatementValue, origin: Origin) -> Fill | None:
        match origin:
            case None | PageOrigin():
                return _BOUNDS.get(origin) or _constant(value)
            case LiteralOrigin():
                return self._literal(value, origin)
            case ReferenceOrigin(operand=operand, column=column) if not _is_list(operand):
                return lambda values: values.binder.value(operand, column)
            case tuple() if isinstance(value, tuple):
                return self._list(value, origin)
            case _:
                return None  # of a list whose length is part of the statement

    def _list(self, members: tuple[Scalar, ...], origins: tuple[Origin, ...]) -> Fill | None:
        match origins[0]:
            case ReferenceOrigin(operand=Claim(many=True) as claim, column=column):
                return lambda values: values.binder.values(claim, column)
        fills = self.fills(members, origins)
        if fills is None:
            return None
        return lambda values: tuple([fill(values) for fill in fills])  # type: ignore[misc]  # of scalars

    def _literal(self, value: StatementValue, origin: LiteralOrigin) -> Fill:
        place = origin.position
        self._unused.discard(place)
        if place < 0:
            return _key_part(-1 - place, origin, self._options)
        index = self._places.get(place)
        # TRUE and FALSE are part of the shape.
        return _constant(value) if index is None else _literal(index, origin, self._options)


_BOUNDS: Final[Mapping[PageOrigin | None, Fill]] = {
    PageOrigin.LIMIT: lambda values: values.limit,
    PageOrigin.OFFSET: lambda values: values.question.offset,
}


def _constant(value: StatementValue) -> Fill:
    return lambda _values: value


def _is_list(operand: object) -> bool:
    return isinstance(operand, Claim) and operand.many


def _key_part(part: int, origin: LiteralOrigin, options: ValueOptions) -> Fill:
    of = origin.type
    read = literal_reader(origin.kind, of, equal=origin.equal)
    return lambda values: read(values.question.key[part], of, options)


def _literal(index: int, origin: LiteralOrigin, options: ValueOptions) -> Fill:
    of, pattern = origin.type, origin.pattern
    read = literal_reader(origin.kind, of, equal=origin.equal)
    if pattern is None:
        return lambda values: read(values.question.literals[index], of, options)
    return lambda values: _pattern(pattern, values.question.literals[index])


def _pattern(pattern: PatternKind, text: str) -> str:
    if pattern in {PatternKind.LIKE, PatternKind.ILIKE} and not has_good_escapes(text):
        raise ValueFault(INVALID_VALUE, "")
    return pattern_text(pattern, text)
