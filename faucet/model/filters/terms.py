"""One test of a filter: a column, an operator and its operands. Pure."""

from typing import Final

from faucet.errors import FILTER_SYNTAX, FILTER_TOO_LARGE
from faucet.model.filters.predicate import (
    Between,
    ClaimReference,
    ColumnName,
    Compare,
    In,
    IsNull,
    Literal,
    LiteralKind,
    Match,
    NowReference,
    Operand,
    Operator,
    PatternKind,
    Predicate,
    PrincipalReference,
)
from faucet.model.filters.tokens import FilterError, Token, TokenKind, Tokens

_MAX_MEMBERS: Final = 1000
_MAX_PARTS: Final = 4
_SHOWN: Final = 64

COMPARISONS: Final = {
    "=": Operator.EQ,
    "EQ": Operator.EQ,
    "!=": Operator.NE,
    "<>": Operator.NE,
    "NE": Operator.NE,
    ">": Operator.GT,
    "GT": Operator.GT,
    ">=": Operator.GE,
    "GTE": Operator.GE,
    "<": Operator.LT,
    "LT": Operator.LT,
    "<=": Operator.LE,
    "LTE": Operator.LE,
}
_PATTERNS: Final = {
    "LIKE": PatternKind.LIKE,
    "ILIKE": PatternKind.ILIKE,
    "CONTAINS": PatternKind.CONTAINS,
    "STARTS": PatternKind.STARTS_WITH,
    "ENDS": PatternKind.ENDS_WITH,
}
_AFTER_NOT: Final = "IN, LIKE, ILIKE, BETWEEN, CONTAINS, STARTS WITH or ENDS WITH"
_BRACED: Final = {"claim": "claims", "claims": "claims", "principal": "principal"}
_FIELDS: Final = frozenset({"name", "role"})
_NO_COLUMNS: Final = frozenset({"AND", "OR", "NOT"})
_NAMES: Final = frozenset({TokenKind.WORD, TokenKind.QUOTED})
_LITERALS: Final = {
    TokenKind.STRING: LiteralKind.TEXT,
    TokenKind.NUMBER: LiteralKind.NUMBER,
}


def is_column_word(word: str) -> bool:
    """Return whether an unquoted *word* may name a column."""
    return word.upper() not in _NO_COLUMNS


class TermReader:
    """Reads tests and columns from *tokens*; raises `FilterError` where there is none."""

    def __init__(self, tokens: Tokens, *, policy: bool) -> None:
        self._tokens = tokens
        self._policy = policy

    def column(self) -> ColumnName:
        """Take one column."""
        position = self._tokens.current.position
        parts = [self._part("a column")]
        while self._tokens.accept("."):
            if len(parts) == _MAX_PARTS:
                message = f"a column has at most {_MAX_PARTS} parts"
                raise FilterError(FILTER_SYNTAX, message, position)
            parts.append(self._part("a name after '.'"))
        return ColumnName(parts=tuple(parts), position=position)

    def term(self) -> Predicate:
        """Take one test."""
        column = self.column()
        if (operator := COMPARISONS.get(self._tokens.current.keyword)) is not None:
            return self._comparison(column, operator, self._tokens.take())
        if self._tokens.current.keyword == "IS":
            return self._null_test(column)
        negated = self._tokens.accept("NOT")
        token = self._tokens.current
        if token.keyword in _PATTERNS:
            return self._match(column, negated=negated)
        if token.keyword == "IN":
            return self._membership(column, negated=negated)
        if token.keyword == "BETWEEN":
            return self._between(column, negated=negated)
        name = ".".join(column.parts)[:_SHOWN]
        raise self._tokens.expected(
            f"{_AFTER_NOT} after NOT" if negated else f"an operator after {name!r}"
        )

    def _comparison(self, column: ColumnName, operator: Operator, token: Token) -> Predicate:
        following = self._tokens.current
        if token.text == following.keyword == "=" and following.position == token.position + 1:
            raise FilterError(FILTER_SYNTAX, "there is no '=='; use =", token.position)
        if following.keyword == "NULL":
            null = self._tokens.take()
            if operator not in {Operator.EQ, Operator.NE}:
                shown = repr(token.text)
                message = f"NULL is not allowed after {shown}; use IS NULL or IS NOT NULL"
                raise FilterError(FILTER_SYNTAX, message, null.position)
            return IsNull(column=column, negated=operator is Operator.NE)
        return Compare(column=column, operator=operator, operand=self._value(repr(token.text)))

    def _null_test(self, column: ColumnName) -> Predicate:
        self._tokens.take()
        negated = self._tokens.accept("NOT")
        if not self._tokens.accept("NULL"):
            raise self._tokens.expected(
                "NULL after IS NOT" if negated else "NULL or NOT NULL after IS"
            )
        return IsNull(column=column, negated=negated)

    def _match(self, column: ColumnName, *, negated: bool) -> Predicate:
        word = self._tokens.take().keyword
        pattern = _PATTERNS[word]
        if pattern in {PatternKind.STARTS_WITH, PatternKind.ENDS_WITH}:
            if not self._tokens.accept("WITH"):
                raise self._tokens.expected(f"WITH after {word}")
            word = f"{word} WITH"
        operand = self._value(word)
        if not isinstance(operand, Literal):
            message = f"{word} requires a string, not a claim or another reference"
            raise FilterError(FILTER_SYNTAX, message, operand.position)
        if operand.kind is not LiteralKind.TEXT:
            message = f"{word} requires a string in single quotes"
            raise FilterError(FILTER_SYNTAX, message, operand.position)
        if pattern in {PatternKind.LIKE, PatternKind.ILIKE}:
            _check_escapes(operand)
        return Match(column=column, pattern=pattern, operand=operand, negated=negated)

    def _membership(self, column: ColumnName, *, negated: bool) -> Predicate:
        self._tokens.take()
        if self._tokens.current.kind is TokenKind.REFERENCE:
            claim = self.reference()
            if not isinstance(claim, ClaimReference):
                message = "only a claim can be a list; put single values in parentheses"
                raise FilterError(FILTER_SYNTAX, message, claim.position)
            return In(column=column, operands=(), negated=negated, claim=claim)
        if not self._tokens.accept("("):
            self._check_braces(self._tokens.current)
            raise self._tokens.expected("'(' after IN")
        operands = [self._value("'('")]
        while self._tokens.accept(","):
            if len(operands) == _MAX_MEMBERS:
                message = f"IN accepts at most {_MAX_MEMBERS} values"
                raise FilterError(FILTER_TOO_LARGE, message, self._tokens.current.position)
            operands.append(self._value("','"))
        if not self._tokens.accept(")"):
            raise self._tokens.expected("',' or ')'")
        return In(column=column, operands=tuple(operands), negated=negated)

    def _between(self, column: ColumnName, *, negated: bool) -> Predicate:
        self._tokens.take()
        low = self._value("BETWEEN")
        if not self._tokens.accept("AND") and not self._tokens.accept("&&"):
            raise self._tokens.expected("AND between the two values of BETWEEN")
        high = self._value("AND")
        return Between(column=column, low=low, high=high, negated=negated)

    def _value(self, after: str) -> Operand:
        token = self._tokens.current
        if (kind := _LITERALS.get(token.kind)) is not None:
            self._tokens.take()
            return Literal(kind=kind, text=token.text, position=token.position)
        if token.keyword in {"TRUE", "FALSE"}:
            self._tokens.take()
            text = token.keyword.lower()
            return Literal(kind=LiteralKind.BOOLEAN, text=text, position=token.position)
        if token.kind is TokenKind.REFERENCE:
            return self.reference()
        if token.kind in _NAMES:
            return self._word(self._tokens.take(), after)
        raise self._tokens.expected(f"a value after {after}")

    def _word(self, token: Token, after: str) -> Operand:
        if token.keyword == "NOW" and self._tokens.accept("("):
            if not self._tokens.accept(")"):
                raise self._tokens.expected("')' after 'now('")
            self._check_policy("now()", token)
            return NowReference(position=token.position)
        self._check_braces(token)
        if token.keyword == "NULL":
            message = f"NULL is not allowed after {after}; use IS NULL or IS NOT NULL"
        else:
            shown = token.text[:_SHOWN].replace("'", "''")
            message = f"expected a value after {after}; strings must be in single quotes: '{shown}'"
        raise FilterError(FILTER_SYNTAX, message, token.position)

    def reference(self) -> ClaimReference | PrincipalReference:
        """Take one reference in braces."""
        token = self._tokens.take()
        self._check_policy("a reference in braces", token)
        source, _, name = token.text.partition(".")
        if source == "claims" and name and not any(c.isspace() for c in name):
            return ClaimReference(name=name, position=token.position)
        if source == "principal" and name in _FIELDS:
            return PrincipalReference(field=name, position=token.position)
        message = "expected {claims.NAME}, {principal.name} or {principal.role}"
        raise FilterError(FILTER_SYNTAX, message, token.position)

    def _check_braces(self, token: Token) -> None:
        """Reject *token*, just taken or current, if it starts a reference without braces."""
        source = _BRACED.get(token.keyword.lower())
        if not self._policy or source is None:
            return
        if self._tokens.current is token:
            self._tokens.take()
        if self._tokens.accept(".") and self._tokens.current.kind is TokenKind.WORD:
            name = self._tokens.current.text[:_SHOWN]
            meant = f"{{{source}.{name}}}"
            if source == "principal" and name not in _FIELDS:
                meant = "{principal.name} or {principal.role}"
            message = f"a reference must be in braces: write {meant}"
            raise FilterError(FILTER_SYNTAX, message, token.position)

    def _check_policy(self, what: str, token: Token) -> None:
        if not self._policy:
            message = f"{what} is only allowed in row rules"
            raise FilterError(FILTER_SYNTAX, message, token.position)

    def _part(self, wanted: str) -> str:
        token = self._tokens.current
        if token.kind not in _NAMES or token.keyword in _NO_COLUMNS:
            raise self._tokens.expected(wanted)
        self._tokens.take()
        if not token.text:
            raise FilterError(FILTER_SYNTAX, "a name cannot be empty", token.position)
        return token.text


def has_good_escapes(pattern: str) -> bool:
    """Return whether every backslash of a LIKE pattern is before ``%``, ``_`` or another."""
    escaped = False
    for character in pattern if "\\" in pattern else "":
        if escaped and character not in "%_\\":
            break
        escaped = character == "\\" and not escaped
    return not escaped


def _check_escapes(pattern: Literal) -> None:
    if not has_good_escapes(pattern.text):
        message = "in a pattern '\\' is only allowed before '%', '_' or another '\\'"
        raise FilterError(FILTER_SYNTAX, message, pattern.position)
