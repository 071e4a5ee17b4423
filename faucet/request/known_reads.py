"""Reads whose shape was planned before: only their values are parsed again. Pure.

A shape is everything of a GET but its literals: role, target and query with every string and number
of the filter, the limit and the offset taken out. What is recalled goes through the same binding of
claims, reading of values and execution as any read; whatever does not fit (a value that its column
cannot hold, a missing claim) is left to the normal path, which reports why.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import msgspec

from faucet.errors import INVALID_VALUE
from faucet.model.filters.binding import Binder, MissingClaimError
from faucet.model.filters.condition import Claim, LiteralOrigin, ReferenceOrigin
from faucet.model.filters.lift import Origin, PageOrigin, StatementValue
from faucet.model.filters.predicate import PatternKind
from faucet.model.filters.terms import has_good_escapes
from faucet.model.filters.tokens import Literals, split_literals
from faucet.model.filters.typed import pattern_text, read_literal
from faucet.model.plan import Plan, ReadPlan
from faucet.model.request import Caller
from faucet.model.settings import ValueOptions
from faucet.model.values.fault import ValueFault
from faucet.request.authorize import Admission
from faucet.request.percent import decode
from faucet.request.plan.read import page_limit

_SIZE: Final = 1024
_LONGEST: Final = 2048
_MOST_DIGITS: Final = 18  # fewer than those of 2^63

Shape = tuple[str, str, str, tuple[str, ...]]
"""Role, service, table, and the query without its values, pair by pair."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A GET separated into its *shape* and its values; *key* is the path's, () without one."""

    shape: Shape
    literals: Literals
    key: tuple[str, ...]
    limit: int | None
    offset: int


def split(
    admission: Admission, caller: Caller, query: str, key: tuple[str, ...] | None
) -> Question | None:
    """Return the shape and the values of a GET, or None for one that is not worth caching."""
    if len(query) > _LONGEST or not query.isascii():
        return None
    shape: list[str] = ["" if key is None else f"key of {len(key)}"]
    page = {"limit": None, "offset": 0}
    literals = Literals()
    for pair in query.split("&"):
        name, _, raw = pair.partition("=")
        if name == "filter":
            try:
                skeleton, literals = split_literals(decode(raw, form=True))
            except ValueError:
                return None
            shape.append(f"filter={skeleton}")
        elif name in page:
            if not raw.isdecimal() or len(raw) > _MOST_DIGITS:
                return None
            page[name] = int(raw)
            shape.append(name)
        elif "%" in pair or not name.startswith("_"):
            shape.append(pair)
    named = (caller.principal.role, admission.service.name, admission.resource.relation.name)
    return Question(
        shape=(*named, tuple(shape)),
        literals=literals,
        key=key or (),
        limit=page["limit"],
        offset=page["offset"] or 0,
    )


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


class KnownReads:
    """
    The shapes of reads that one generation planned; the least recently used are evicted first.
    """

    def __init__(self, size: int = _SIZE) -> None:
        self._size = size
        # None marks a shape that was asked for once: most never come again.
        self._known: OrderedDict[Shape, _Known | None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def recall(self, question: Question, admission: Admission, caller: Caller) -> ReadPlan | None:
        """Return the plan of *question*, or None if it must be planned normally."""
        known = self._known.get(question.shape)
        if known is None:
            return None
        self._known.move_to_end(question.shape)
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
        )

    def remember(self, question: Question, plan: Plan, options: ValueOptions) -> None:
        """
        Keep the shape of *plan*, the answer to *question*, unless its values shaped it.

        The first time it is only marked as asked for.
        """
        if question.shape not in self._known:
            self._keep(question.shape, None)
            return
        if not isinstance(plan, ReadPlan):
            return
        filler = _Filler(question, options)
        fills = filler.fills(plan.origins)
        counts = filler.fills(plan.count_origins)
        if fills is None or counts is None or filler.unused:
            return
        self._keep(question.shape, _Known(plan=plan, fills=fills, count_fills=counts))

    def _keep(self, shape: Shape, known: _Known | None) -> None:
        self._known[shape] = known
        if len(self._known) > self._size:
            self._known.popitem(last=False)


class _Filler:
    """Decides how to make values again from their sources."""

    def __init__(self, question: Question, options: ValueOptions) -> None:
        self._places = {at: index for index, at in enumerate(question.literals.positions)}
        self._key = len(question.key)
        self._options = options
        self._used: set[int] = set()

    @property
    def unused(self) -> bool:
        """Whether a literal or a part of the key is not among the values: it shaped the plan."""
        return len(self._used) < len(self._places) + self._key

    def fills(self, origins: tuple[Origin, ...]) -> tuple[Fill, ...] | None:
        """Return how to make each value, or None if one cannot be made again."""
        found = [self._fill(origin) for origin in origins]
        fills = tuple(fill for fill in found if fill is not None)
        return fills if len(fills) == len(found) else None

    def _fill(self, origin: Origin) -> Fill | None:
        match origin:
            case PageOrigin.LIMIT:
                return lambda values: values.limit
            case PageOrigin.OFFSET:
                return lambda values: values.question.offset
            case LiteralOrigin():
                return self._literal(origin)
            case ReferenceOrigin(operand=operand, column=column) if not _is_list(operand):
                return lambda values: values.binder.value(operand, column).value
            case tuple():
                return self._list(origin)
            case _:
                return None  # a constant, or a list whose length is part of the statement

    def _list(self, origins: tuple[Origin, ...]) -> Fill | None:
        match origins[0]:
            case ReferenceOrigin(operand=Claim(many=True) as claim, column=column):
                return lambda values: tuple(
                    [each.value for each in values.binder.values(claim, column)]
                )
        fills = self.fills(origins)
        if fills is None:
            return None
        return lambda values: tuple([fill(values) for fill in fills])  # type: ignore[misc]  # of scalars

    def _literal(self, origin: LiteralOrigin) -> Fill | None:
        place = origin.position
        self._used.add(place)
        if place < 0:
            return _key_part(-1 - place, origin, self._options)
        index = self._places.get(place)
        # TRUE and FALSE are part of the shape.
        return None if index is None else _literal(index, origin, self._options)


def _is_list(operand: object) -> bool:
    return isinstance(operand, Claim) and operand.many


def _key_part(part: int, origin: LiteralOrigin, options: ValueOptions) -> Fill:
    kind, of = origin.kind, origin.type
    return lambda values: read_literal(kind, values.question.key[part], of, options)


def _literal(index: int, origin: LiteralOrigin, options: ValueOptions) -> Fill:
    kind, of, pattern = origin.kind, origin.type, origin.pattern
    if pattern is None:
        return lambda values: read_literal(kind, values.question.literals.texts[index], of, options)
    return lambda values: _pattern(pattern, values.question.literals.texts[index])


def _pattern(pattern: PatternKind, text: str) -> str:
    if pattern in {PatternKind.LIKE, PatternKind.ILIKE} and not has_good_escapes(text):
        raise ValueFault(INVALID_VALUE, "")
    return pattern_text(pattern, text)
