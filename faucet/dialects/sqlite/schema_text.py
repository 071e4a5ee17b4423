"""What only the text of SQLite's schema says: deferred keys, triggers, conflict clauses. Pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

_NOT_CODE: Final = re.compile(
    r"""--[^\n]*|/\*.*?\*/|"(?:[^"]|"")*"|'(?:[^']|'')*'|`(?:[^`]|``)*`|\[[^\]]*\]""", re.DOTALL
)
_REFERENCES: Final = re.compile(r"\bREFERENCES\b", re.IGNORECASE)
_DEFERRED: Final = re.compile(r"(?<!NOT )\bDEFERRABLE INITIALLY DEFERRED\b", re.IGNORECASE)
_INSTEAD_OF: Final = re.compile(r"\bINSTEAD OF (DELETE|INSERT|UPDATE)\b", re.IGNORECASE)
_UPDATE_OF: Final = re.compile(r"\bINSTEAD\s+OF\s+UPDATE\s+OF\b", re.IGNORECASE)
_NAME: Final = re.compile(
    r"""\s*("(?:[^"]|"")*"|'(?:[^']|'')*'|`(?:[^`]|``)*`|\[[^\]]*\]|\w+)\s*(,?)"""
)
_ON_CONFLICT: Final = re.compile(r"\bON CONFLICT\b", re.IGNORECASE)


class SchemaText(msgspec.Struct, frozen=True, kw_only=True):
    """The definitions of a file: tables by lower-case name, triggers by that of their table."""

    tables: Mapping[str, str]
    triggers: Mapping[str, tuple[str, ...]]

    def deferred(self, table: str) -> list[bool]:
        """Return whether each foreign key of *table*, as declared, is deferred to the commit."""
        # The text from each REFERENCES to the next contains that key's own DEFERRABLE.
        _, *clauses = _REFERENCES.split(_code(self.tables.get(table.lower(), "")))
        return [_DEFERRED.search(clause) is not None for clause in clauses]

    def instead_of(self, view: str) -> frozenset[str]:
        """Return the verbs that *view* supports through its triggers."""
        found = (_INSTEAD_OF.search(_code(text)) for text in self.triggers.get(view.lower(), ()))
        return frozenset(verb[1].upper() for verb in found if verb)

    def updated(self, view: str) -> frozenset[str] | None:
        """
        Return the columns, in lower case, of which an update of *view* must set one; None for any.

        A trigger `INSTEAD OF UPDATE OF a, b` runs only for those.
        """
        found: set[str] = set()
        for text in self.triggers.get(view.lower(), ()):
            verb = _INSTEAD_OF.search(_code(text))
            if verb is not None and verb[1].upper() == "UPDATE":
                names = _update_of(text)
                if not names:
                    return None
                found |= names
        return frozenset(found)

    def keeps_conflicts(self, relation: str) -> bool:
        """
        Return whether writes to *relation* must leave conflict clauses alone, for its triggers.

        A clause of the statement overrides those of the table and of every trigger that it fires.
        It is needed only where the table, or one that a view's triggers mention, has one.
        """
        name = relation.lower()
        triggers = self.triggers.get(name)
        if not triggers:
            return False
        written = (name,) if name in self.tables else self._mentioned(triggers)
        return not any(_ON_CONFLICT.search(_code(self.tables[table])) for table in written)

    def _mentioned(self, triggers: tuple[str, ...]) -> Iterable[str]:
        text = "".join(triggers).lower()
        return (table for table in self.tables if table in text)


def schema_text(rows: Iterable[tuple[str, str, str | None]]) -> SchemaText:
    """Return the definitions in *rows*: ``type``, ``tbl_name``, ``sql`` of the schema table."""
    tables: dict[str, str] = {}
    triggers: dict[str, tuple[str, ...]] = {}
    for kind, table, text in rows:
        name = table.lower()
        if kind == "table":
            tables[name] = text or ""
        elif kind == "trigger":
            triggers[name] = (*triggers.get(name, ()), text or "")
    return SchemaText(tables=tables, triggers=triggers)


def _update_of(text: str) -> frozenset[str]:
    """Return the columns after UPDATE OF in the definition of a trigger, in lower case."""
    bare = _NOT_CODE.sub(lambda found: " " if found[0][:2] in {"--", "/*"} else found[0], text)
    start = _UPDATE_OF.search(bare)
    names: set[str] = set()
    place = None if start is None else start.end()
    while place is not None and (found := _NAME.match(bare, place)):
        names.add(_unquoted(found[1]).lower())
        place = found.end() if found[2] else None
    return frozenset(names)


def _unquoted(name: str) -> str:
    quote = name[0]
    if quote == "[":
        return name[1:-1]
    return name[1:-1].replace(quote * 2, quote) if quote in "\"'`" else name


def _code(text: str) -> str:
    """Return *text* without comments, names in quotes and strings, its words one blank apart."""
    return " ".join(_NOT_CODE.sub(" ", text).split())
