"""Which columns of PostgreSQL's views can be written, by which verb, and which are unique."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import product
from typing import Final, NamedTuple

# Views of the schema, and every relation below them, in whatever schema. The rules of views that
# cannot be written are of no use. The bits of tgtype: INSERT 4, UPDATE 16, INSTEAD OF 64.
# Without its triggers, a view can be updated only if each of its rows is one of a single relation.
VIEW_RULES: Final = b"""
WITH RECURSIVE used(oid) AS (
    SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %s AND c.relkind = 'v'
    UNION
    SELECT d.refobjid FROM used JOIN pg_rewrite r ON r.ev_class = used.oid AND r.ev_type = '1'
    JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                    AND d.refclassid = 'pg_class'::regclass
)
SELECT c.oid::int8 AS oid, c.relkind = 'v' AS is_view,
       CASE WHEN pg_relation_is_updatable(c.oid, true) & 12 <> 0 THEN r.ev_action::text END AS rule,
       EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgtype & 68 = 68)
           OR EXISTS (SELECT FROM pg_rewrite o WHERE o.ev_class = c.oid AND o.ev_type = '3'
                      AND o.is_instead) AS own_insert,
       EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgtype & 80 = 80)
           OR EXISTS (SELECT FROM pg_rewrite o WHERE o.ev_class = c.oid AND o.ev_type = '2'
                      AND o.is_instead) AS own_update,
       ARRAY(SELECT a.attnum::int FROM pg_attribute a
             WHERE a.attrelid = c.oid AND (a.attgenerated <> '' OR a.attidentity = 'a')
            ) AS generated,
       ARRAY(SELECT a.attnum::int FROM pg_attribute a
             LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
             WHERE a.attrelid = c.oid AND a.attnum > 0
               AND (a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%%')
            ) AS counted,
       c.relkind = 'v' AND pg_relation_is_updatable(c.oid, false) & 4 <> 0 AS row_by_row,
       coalesce((SELECT json_agg((string_to_array(i.indkey::text, ' ')::int[])[1:i.indnkeyatts]
                                 ORDER BY i.indexrelid)
                 FROM pg_index i
                 WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid
                   AND i.indpred IS NULL AND i.indexprs IS NULL
                   AND (c.relkind = 'p' OR NOT EXISTS (
                       SELECT FROM pg_inherits h WHERE h.inhparent = c.oid))), '[]') AS keys
FROM used JOIN pg_class c ON c.oid = used.oid
LEFT JOIN pg_rewrite r ON r.ev_class = c.oid AND r.ev_type = '1'
"""
# A stored rule is a tree of nodes in braces, in which a backslash escapes a character of a name.
# The outputs of a view are at depth two; those of its subqueries are deeper.
_PARTS: Final = re.compile(
    r"\\.|([{}])|:resno (\d+) :resname (?:\\.|[^\\\s])+ :ressortgroupref \d+"
    r" :resorigtbl (\d+) :resorigcol (-?\d+)",
    re.DOTALL,
)
_OUTPUTS: Final = 2
_INSERT, _UPDATE = "INSERT", "UPDATE"
_VERBS: Final = (_INSERT, _UPDATE)
_End = tuple[int, int]


class ViewColumn(NamedTuple):
    """
    Whether INSERT and UPDATE may give the column a value; *counted*: the database counts it;
    *computed*: it may not be a column of a table unchanged.
    """

    insertable: bool
    updatable: bool
    counted: bool
    computed: bool


class RuleRow(NamedTuple):
    """
    A view, or a relation below one.

    *rule* is what a view selects, if it can be written; with *own_insert* and *own_update* its
    trigger or rule replaces that verb. *generated* and *counted* are numbers of columns.
    *row_by_row* means that each row of a view is one of the relation below it, *keys* are the
    numbers of columns of a table's unique indexes.
    """

    oid: int
    is_view: bool
    rule: str | None
    own_insert: bool
    own_update: bool
    generated: list[int]
    counted: list[int]
    row_by_row: bool
    keys: list[list[int]]


class Rules:
    """What the views of a schema write; *rows* are those of `VIEW_RULES`."""

    def __init__(self, rows: Iterable[RuleRow]) -> None:
        self._relations = {row.oid: _Relation(row) for row in rows}

    def columns(self, view: int, numbers: Iterable[int]) -> Mapping[int, ViewColumn]:
        """
        Return what the columns *numbers* of *view*, in their order, take.

        PostgreSQL assigns a column of a table once: of several columns of a view that show the
        same one, the first takes values.
        """
        made: dict[int, ViewColumn] = {}
        inserted: set[_End] = set()
        updated: set[_End] = set()
        for number in numbers:
            insert, update = (self._end(view, number, verb) for verb in _VERBS)
            made[number] = ViewColumn(
                insertable=insert is not None and insert not in inserted,
                updatable=update is not None and update not in updated,
                counted=any(self._is_counted(end) for end in (insert, update)),
                computed=self._is_computed(view, number),
            )
            inserted.update(() if insert is None else (insert,))
            updated.update(() if update is None else (update,))
        return made

    def keys(self, relation: int) -> Iterator[tuple[int, ...]]:
        """Yield the columns of *relation* that no two of its rows have in common, by number."""
        found = self._relations.get(relation)
        if found is None or not found.row.is_view:
            yield from () if found is None else map(tuple, found.row.keys)
            return
        if not found.row.row_by_row:
            return
        shown: dict[_End, list[int]] = {}
        for number, source in found.sources.items():
            shown.setdefault(source, []).append(number)
        for below in {source for source, _ in shown}:
            for key in self.keys(below):
                yield from product(*(shown.get((below, number), ()) for number in key))

    def _end(self, relation: int, number: int, verb: str) -> _End | None:
        """Return the column that *verb* writes in the end, or None if it cannot."""
        while (found := self._relations.get(relation)) is not None and found.row.is_view:
            if verb in found.replaced:
                return relation, number
            source = found.sources.get(number)
            if source is None:
                return None
            relation, number = source
        generated = () if found is None else found.row.generated
        return None if number <= 0 or number in generated else (relation, number)

    def _is_computed(self, relation: int, number: int) -> bool:
        """Return whether a column may be anything but a stored column of a table."""
        while (found := self._relations.get(relation)) is not None and found.row.is_view:
            source = found.sources.get(number)
            if source is None:
                return True
            relation, number = source
        row = None if found is None else found.row
        return row is None or (number in row.generated and number not in row.counted)

    def _is_counted(self, end: _End | None) -> bool:
        found = None if end is None else self._relations.get(end[0])
        return found is not None and end is not None and end[1] in found.row.counted


class _Relation:
    """A row of `VIEW_RULES`, whose rule is read where it is needed."""

    def __init__(self, row: RuleRow) -> None:
        self.row = row
        own = {_INSERT: row.own_insert, _UPDATE: row.own_update}
        self.replaced = frozenset(verb for verb, is_own in own.items() if is_own)

    @cached_property
    def sources(self) -> Mapping[int, _End]:
        """The relation and column that each output shows unchanged."""
        return sources_of(self.row.rule or "")


def sources_of(rule: str) -> Mapping[int, _End]:
    """Return the relation and column that each output of a stored *rule* shows unchanged."""
    found: dict[int, _End] = {}
    depth = 0
    for brace, number, table, column in _PARTS.findall(rule):
        if brace:
            depth += 1 if brace == "{" else -1
        elif number and depth == _OUTPUTS and int(table):
            found[int(number)] = (int(table), int(column))
    return found
