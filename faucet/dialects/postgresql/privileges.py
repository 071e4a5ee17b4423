"""
Reads what the session's user may not do with the relations of a schema.

The rules are those of PostgreSQL's documentation: "Privileges", "Rules and Privileges" (a view's
owner, or its reader with security_invoker, needs what the view reads), "Row Security Policies".
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

import psycopg

from faucet.model.privileges import Gaps

_LOCATOR: Final = "ctid"
_NAMES: Final = b"""
SELECT quote_ident(current_user),
       json_object_agg(c.relname, format('%%I.%%I', n.nspname, c.relname))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""
_RELATIONS: Final = b"""
SELECT c.relname, p.privilege
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) p(privilege)
WHERE n.nspname = %(schema)s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND NOT has_table_privilege(c.oid, p.privilege)
"""
_COLUMNS: Final = b"""
SELECT c.relname, p.privilege, a.attname, quote_ident(a.attname)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN unnest('{SELECT,INSERT,UPDATE}'::text[]) p(privilege)
WHERE n.nspname = %(schema)s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND a.attnum > 0 AND NOT a.attisdropped
  AND NOT has_table_privilege(c.oid, p.privilege)
  AND NOT has_column_privilege(c.oid, a.attnum, p.privilege)
"""
# For reading: schemas whose names are in queries (the relation's own, and those of its types), the
# functions of views and policies, and what a view reads.
_READING: Final = b"""
WITH RECURSIVE own AS (
    SELECT c.* FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %(schema)s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
), named AS (
    SELECT own.relname, own.relnamespace AS schema FROM own
    UNION
    SELECT own.relname, part.typnamespace
    FROM own JOIN pg_attribute a ON a.attrelid = own.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    JOIN pg_type part ON part.oid IN (t.oid, t.typelem, t.typbasetype)
    WHERE part.typnamespace <> 'pg_catalog'::regnamespace
), read AS (
    SELECT own.relname, own.oid AS view FROM own WHERE own.relkind = 'v'
    UNION
    SELECT read.relname, d.refobjid
    FROM read JOIN pg_rewrite rule ON rule.ev_class = read.view AND rule.ev_type = '1'
    JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = rule.oid
                    AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> read.view
), used AS (
    SELECT read.relname, base.oid, d.refobjsubid AS number,
           CASE WHEN view.reloptions::text ~ 'security_invoker=(true|on|yes|1)' THEN current_user
                ELSE pg_get_userbyid(view.relowner) END AS reader
    FROM read JOIN pg_class view ON view.oid = read.view AND view.relkind = 'v'
    JOIN pg_rewrite rule ON rule.ev_class = view.oid AND rule.ev_type = '1'
    JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = rule.oid
                    AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> view.oid
    JOIN pg_class base ON base.oid = d.refobjid AND base.relkind IN ('r', 'p', 'v', 'm', 'f')
), called AS (
    SELECT read.relname, d.refobjid AS function
    FROM read JOIN pg_rewrite rule ON rule.ev_class = read.view
    JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = rule.oid
                    AND d.refclassid = 'pg_proc'::regclass
    UNION
    SELECT own.relname, d.refobjid
    FROM own JOIN pg_policy p ON p.polrelid = own.oid
    JOIN pg_depend d ON d.classid = 'pg_policy'::regclass AND d.objid = p.oid
                    AND d.refclassid = 'pg_proc'::regclass
    WHERE row_security_active(own.oid)
)
SELECT relname, p.privilege,
       format('GRANT USAGE ON SCHEMA %%s TO %%I;', schema::regnamespace, current_user)
FROM named CROSS JOIN unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) p(privilege)
WHERE NOT has_schema_privilege(schema, 'USAGE')
UNION
SELECT relname, 'SELECT',
       format('GRANT EXECUTE ON FUNCTION %%s TO %%I;', function::regprocedure, current_user)
FROM called WHERE NOT has_function_privilege(function, 'EXECUTE')
UNION
SELECT relname, 'SELECT', format('GRANT SELECT%%s ON %%s TO %%I;',
    ' (' || nullif(string_agg(DISTINCT quote_ident(a.attname), ', '), '') || ')',
    used.oid::regclass, reader)
FROM used LEFT JOIN pg_attribute a ON a.attrelid = used.oid AND a.attnum = used.number
WHERE CASE WHEN number = 0 THEN NOT has_any_column_privilege(reader, used.oid, 'SELECT')
      ELSE NOT has_column_privilege(reader, used.oid, number::smallint, 'SELECT') END
GROUP BY relname, used.oid, reader
ORDER BY 1, 2, 3
"""
# For writing: sequences and functions of defaults, generated columns and constraints, and what the
# owner of a view over one relation writes. PUT evaluates defaults, except those of counters.
_WRITING: Final = b"""
WITH own AS (
    SELECT c.* FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %(schema)s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
), evaluated AS (
    SELECT own.relname, d.refclassid, d.refobjid, p.privilege
    FROM own JOIN pg_attrdef e ON e.adrelid = own.oid
    JOIN pg_attribute a ON a.attrelid = own.oid AND a.attnum = e.adnum
    JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = e.oid
    CROSS JOIN unnest(CASE WHEN a.attgenerated <> '' THEN '{INSERT,UPDATE}'
                           WHEN pg_get_expr(e.adbin, e.adrelid) LIKE 'nextval(%%' THEN '{INSERT}'
                           ELSE '{DEFAULT}' END::text[]) p(privilege)
    UNION
    SELECT own.relname, d.refclassid, d.refobjid, p.privilege
    FROM own JOIN pg_constraint k ON k.conrelid = own.oid AND k.contype = 'c'
    JOIN pg_depend d ON d.classid = 'pg_constraint'::regclass AND d.objid = k.oid
    CROSS JOIN unnest('{INSERT,UPDATE}'::text[]) p(privilege)
), written AS (
    SELECT own.relname, min(base.oid) AS base,
           CASE WHEN own.reloptions::text ~ 'security_invoker=(true|on|yes|1)' THEN current_user
                ELSE pg_get_userbyid(own.relowner) END AS writer
    FROM own JOIN pg_rewrite rule ON rule.ev_class = own.oid AND rule.ev_type = '1'
    JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = rule.oid
                    AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> own.oid
    JOIN pg_class base ON base.oid = d.refobjid AND base.relkind IN ('r', 'p', 'v', 'f')
    WHERE own.relkind = 'v' AND pg_relation_is_updatable(own.oid, false) & 28 = 28
    GROUP BY own.relname, own.reloptions, own.relowner HAVING count(DISTINCT base.oid) = 1
)
SELECT evaluated.relname, privilege,
       format('GRANT USAGE ON SEQUENCE %%s TO %%I;', refobjid::regclass, current_user)
FROM evaluated JOIN pg_class s ON s.oid = refobjid
WHERE refclassid = 'pg_class'::regclass
  AND CASE WHEN s.relkind = 'S' THEN NOT has_sequence_privilege(s.oid, 'USAGE, UPDATE') END
UNION
SELECT relname, privilege,
       format('GRANT EXECUTE ON FUNCTION %%s TO %%I;', refobjid::regprocedure, current_user)
FROM evaluated
WHERE CASE WHEN refclassid = 'pg_proc'::regclass
           THEN NOT has_function_privilege(refobjid, 'EXECUTE') END
UNION
SELECT relname, p.privilege,
       format('GRANT %%s ON %%s TO %%I;', p.privilege, base::oid::regclass, writer)
FROM written CROSS JOIN unnest('{INSERT,UPDATE,DELETE}'::text[]) p(privilege)
WHERE NOT CASE WHEN p.privilege = 'DELETE' THEN has_table_privilege(writer, base::oid, p.privilege)
          ELSE has_any_column_privilege(writer, base::oid, p.privilege) END
ORDER BY 1, 2, 3
"""
_CLOSED: Final = b"""
SELECT c.relname, p.privilege
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN (VALUES ('SELECT', 'r'), ('INSERT', 'a'), ('UPDATE', 'w'), ('DELETE', 'd'))
     p(privilege, command)
WHERE n.nspname = %(schema)s AND c.relrowsecurity AND row_security_active(c.oid)
  AND NOT EXISTS (
      SELECT FROM pg_policy l WHERE l.polrelid = c.oid AND l.polpermissive
      AND l.polcmd::text IN ('*', p.command)
      AND EXISTS (SELECT FROM unnest(l.polroles) member
                  WHERE CASE WHEN member = 0 THEN true ELSE pg_has_role(member, 'USAGE') END))
"""


def read_gaps(connection: psycopg.Connection, schema: str) -> Mapping[str, Gaps]:
    """Return what the session's user may not do with each relation of *schema*, if anything."""

    def grouped(query: bytes) -> dict[str, list[tuple[str, ...]]]:
        found = defaultdict(list)
        for name, *rest in connection.execute(query, {"schema": schema}):
            found[name].append(tuple(rest))
        return found

    whole, columns = grouped(_RELATIONS), grouped(_COLUMNS)
    others, closed = grouped(_READING), grouped(_CLOSED)
    for name, written in grouped(_WRITING).items():
        others[name] = [*others.get(name, ()), *written]
    user, names = connection.execute(_NAMES, {"schema": schema}).fetchone() or ("", {})
    return {
        name: Gaps(
            user=user,
            relation=names[name],
            whole=frozenset(privilege for (privilege,) in whole.get(name, ())),
            columns=_columns(whole.get(name, ()), columns.get(name, ())),
            others=_by_privilege(others.get(name, ())),
            closed=frozenset(privilege for (privilege,) in closed.get(name, ())),
        )
        for name in whole.keys() | others.keys() | closed.keys()
    }


def _columns(
    whole: Iterable[tuple[str, ...]], columns: Iterable[tuple[str, ...]]
) -> Mapping[str, Mapping[str, str]]:
    # A row's address can only be selected by who may select all columns.
    lacking = {privilege: {_LOCATOR: _LOCATOR} for (privilege,) in whole}
    for privilege, name, spelled in columns:
        lacking[privilege][name] = spelled
    return lacking


def _by_privilege(rows: Iterable[tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for privilege, statement in rows:
        found[privilege] = (*found.get(privilege, ()), statement)
    return found
