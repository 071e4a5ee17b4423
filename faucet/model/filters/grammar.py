"""The filter grammar: text to `Predicate`, with positions. Pure, linear, and never recursive."""

from typing import Final

from faucet.errors import FILTER_TOO_LARGE, INVALID_PARAMETER
from faucet.model.filters.comparisons import read_comparisons
from faucet.model.filters.predicate import (
    And,
    ClaimReference,
    ColumnName,
    Not,
    Or,
    Predicate,
    PrincipalReference,
)
from faucet.model.filters.terms import TermReader, is_column_word
from faucet.model.filters.tokens import FilterError, Tokens

__all__ = ["FilterError", "parse_column", "parse_filter", "parse_reference"]

_MAX_DEPTH: Final = 64
_MAX_TERMS: Final = 1000
_CONNECTIVES: Final = {"AND": "AND", "&&": "AND", "OR": "OR", "||": "OR"}


def parse_filter(text: str, *, policy: bool = False) -> Predicate | None:
    """
    Return the filter in *text*, None if it is blank.

    With *policy* the references of row rules (`{claims.NAME}`, `{principal.name}`,
    `{principal.role}`, `now()`) are allowed as values. Raises `FilterError`: FILTER_SYNTAX, or
    FILTER_TOO_LARGE beyond 64 levels, 1000 tests, or 1000 members of one IN. The caller limits the
    length of *text*.
    """
    return read_comparisons(text) or _Parser(Tokens(text), policy=policy).filter()


def parse_column(text: str) -> ColumnName:
    """Return the one column that *text* names; raises `FilterError` INVALID_PARAMETER."""
    if text.isascii() and text.isidentifier() and is_column_word(text):
        return ColumnName(parts=(text,), position=0)  # most are a single word and need no tokenizer
    try:
        tokens = Tokens(text)
        column = TermReader(tokens, policy=False).column()
        if not tokens.at_end:
            raise tokens.expected("the end")
    except FilterError as error:
        raise FilterError(INVALID_PARAMETER, error.message, error.position) from None
    return column


def parse_reference(text: str) -> ClaimReference | PrincipalReference | None:
    """Return the reference in braces that *text* consists of, or None."""
    if not (text.startswith("{") and text.endswith("}")):
        return None
    try:
        tokens = Tokens(text)
        reference = TermReader(tokens, policy=True).reference()
    except FilterError:
        return None
    return reference if tokens.at_end else None


class _Frame:
    """One open level of parentheses: what was parsed of it so far, and its height."""

    __slots__ = ("alternatives", "conjuncts", "height", "negations", "summit")

    def __init__(self) -> None:
        self.alternatives: list[Predicate] = []
        self.conjuncts: list[Predicate] = []
        self.negations = 0
        self.height = 0
        self.summit = 0

    def add(self, node: Predicate, height: int) -> None:
        for _ in range(self.negations):
            node = Not(of=node)
        self.height = max(self.height, height + self.negations)
        self.negations = 0
        self.conjuncts.append(node)

    def alternate(self) -> None:
        parts = tuple(self.conjuncts)
        self.alternatives.append(parts[0] if len(parts) == 1 else And(of=parts))
        self.summit = max(self.summit, self.height + (len(parts) > 1))
        self.height = 0
        self.conjuncts = []

    def close(self) -> tuple[Predicate, int]:
        """Return the predicate and its depth."""
        self.alternate()
        parts = tuple(self.alternatives)
        if len(parts) == 1:
            return parts[0], self.summit
        return Or(of=parts), self.summit + 1


class _Parser:
    def __init__(self, tokens: Tokens, *, policy: bool) -> None:
        self._tokens = tokens
        self._terms = TermReader(tokens, policy=policy)
        self._frames = [_Frame()]
        self._depth = 0
        self._count = 0

    def filter(self) -> Predicate | None:
        if self._tokens.at_end:
            return None
        self._operand()
        while self._connect():
            self._operand()
        if len(self._frames) > 1:
            raise self._tokens.expected("')', AND or OR")
        return self._finished(self._frames[0])[0]

    def _operand(self) -> None:
        self._open()
        self._frames[-1].add(self._terms.term(), 0)
        self._close()

    def _open(self) -> None:
        """Take the NOTs and opening parentheses before a test."""
        while (keyword := self._tokens.current.keyword) in {"NOT", "("}:
            self._depth += 1
            if self._depth > _MAX_DEPTH:
                raise self._too_deep()
            self._tokens.take()
            if keyword == "NOT":
                self._frames[-1].negations += 1
            else:
                self._frames.append(_Frame())
        self._count += 1
        if self._count > _MAX_TERMS:
            message = f"a filter can have at most {_MAX_TERMS} comparisons"
            raise FilterError(FILTER_TOO_LARGE, message, self._tokens.current.position)

    def _close(self) -> None:
        """Take the closing parentheses after a test."""
        while self._tokens.current.keyword == ")" and len(self._frames) > 1:
            self._tokens.take()
            node, height = self._finished(self._frames.pop())
            self._frames[-1].add(node, height)
        self._depth = len(self._frames) - 1 + sum(frame.negations for frame in self._frames)

    def _finished(self, frame: _Frame) -> tuple[Predicate, int]:
        # AND, OR and NOT count, whatever the parentheses: readers of the tree may use recursion.
        node, height = frame.close()
        if height > _MAX_DEPTH:
            raise self._too_deep()
        return node, height

    def _too_deep(self) -> FilterError:
        message = f"a filter can be nested at most {_MAX_DEPTH} levels deep"
        return FilterError(FILTER_TOO_LARGE, message, self._tokens.current.position)

    def _connect(self) -> bool:
        """Take AND or OR; False at the end."""
        if self._tokens.at_end:
            return False
        connective = _CONNECTIVES.get(self._tokens.current.keyword)
        if connective is None:
            closing = "')', " if len(self._frames) > 1 else ""
            raise self._tokens.expected(f"{closing}AND, OR or the end")
        self._tokens.take()
        if connective == "OR":
            self._frames[-1].alternate()
        return True
