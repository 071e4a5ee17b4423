"""Tables on which writes go astray: triggers, views, partitions, rewrite rules, loose cells."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

COLUMNS: Final = ("id", "tenant", "num", "name", "flag", "at", "uid", "parent", "secret")
TABLES: Final = ("items", "kids", "parted", "base", "notes", "ruled", "bare")
"""The tables that hold rows; parents first."""
VIEWS: Final[Mapping[str, str]] = MappingProxyType(
    {"v_items": "items", "v_join": "items", "v_dup": "base"}
)
"""Each view, and the table whose rows it shows."""
KEYS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "parted": ("id", "tenant"),
        "v_items": ("id",),
        "v_join": ("id",),
        # Unique only among the rows of one tenant: a declared key proves nothing.
        "v_dup": ("num",),
    }
)

_REFERRING: Final = (
    "CREATE TABLE notes (id integer PRIMARY KEY, {body}, FOREIGN KEY (tenant, num)"
    " REFERENCES base (tenant, num) DEFERRABLE INITIALLY DEFERRED)"
)
_KEYLESS: Final = "CREATE TABLE bare (id integer, {body})"
_BODY: Final = (
    "tenant integer, num integer, name text, flag boolean, at timestamp, uid {uuid},"
    " parent integer {parent}, secret text DEFAULT 'copper'"
)
_SHOWN: Final = "id, tenant, num, name, flag, at, uid"
_QUALIFIED: Final = ", ".join(f"i.{name}" for name in _SHOWN.split(", "))
_JOIN: Final = f"SELECT {_QUALIFIED} FROM items i LEFT JOIN items p ON p.id = i.parent"
_VIEWS: Final = (
    f"CREATE VIEW v_items AS SELECT {_SHOWN} FROM items",
    f"CREATE VIEW v_join AS {_JOIN}",
    f"CREATE VIEW v_dup AS SELECT {_SHOWN} FROM base",
)


def statements(dialect: str) -> tuple[str, ...]:
    """Return the DDL of one of both databases."""
    return _SQLITE if dialect == "sqlite" else _POSTGRES


def _body(uuid: str, parent: str = "") -> str:
    return _BODY.format(uuid=uuid, parent=parent)


_POSTGRES: Final = (
    f"CREATE TABLE items (id integer PRIMARY KEY, {_body('uuid', 'REFERENCES items')})",
    (
        f"CREATE TABLE kids (id integer PRIMARY KEY, {_body('uuid', 'REFERENCES items')},"
        " twice integer GENERATED ALWAYS AS (num * 2) STORED,"
        # Over a hidden column, whose default only rows that the attacker inserted have.
        " UNIQUE (num, secret))"
    ),
    (
        f"CREATE TABLE parted (id integer, {_body('uuid')}, PRIMARY KEY (id, tenant))"
        " PARTITION BY LIST (tenant)"
    ),
    "CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1)",
    "CREATE TABLE parted_2 PARTITION OF parted FOR VALUES IN (2)",
    "CREATE TABLE parted_rest PARTITION OF parted DEFAULT",
    f"CREATE TABLE base (id integer PRIMARY KEY, {_body('uuid')}, UNIQUE (tenant, num))",
    # The key of a child is its own, so that ids of parent and child may be equal.
    "CREATE TABLE heir (PRIMARY KEY (id)) INHERITS (base)",
    _REFERRING.format(body=_body("uuid")),
    _KEYLESS.format(body=_body("uuid")),
    f"CREATE TABLE ruled (id integer PRIMARY KEY, {_body('uuid')})",
    (
        "CREATE RULE kept AS ON DELETE TO ruled DO INSTEAD"
        " UPDATE ruled SET name = 'gone' WHERE id = OLD.id RETURNING OLD.*"
    ),
    f"CREATE TABLE spill (id integer, {_body('uuid')})",
    "CREATE TABLE log (id integer, name text)",
    """CREATE FUNCTION before() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    CASE NEW.name WHEN 'skip' THEN RETURN NULL;
    WHEN 'raise' THEN RAISE EXCEPTION 'no';
    WHEN 'move' THEN NEW.tenant := 2;
    WHEN 'rename' THEN NEW.id := NEW.id + 1;
    WHEN 'spill' THEN INSERT INTO spill (id, tenant, name) VALUES (NEW.id, 2, 'x'); RETURN NULL;
    WHEN 'swap' THEN
        INSERT INTO parted (id, tenant, name) VALUES (NEW.id + 2000, 2, 'x'); RETURN NULL;
    ELSE END CASE; RETURN NEW; END $$""",
    """CREATE FUNCTION after() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO log VALUES (NEW.id, NEW.name);
    IF NEW.name = 'after' THEN RAISE EXCEPTION 'no'; END IF;
    IF NEW.name = 'late' THEN UPDATE items SET tenant = 2, name = 'x' WHERE id = NEW.id; END IF;
    RETURN NULL; END $$""",
    "CREATE TRIGGER before BEFORE INSERT OR UPDATE ON items FOR EACH ROW EXECUTE FUNCTION before()",
    "CREATE TRIGGER after AFTER INSERT OR UPDATE ON items FOR EACH ROW EXECUTE FUNCTION after()",
    (
        "CREATE FUNCTION unlucky() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF OLD.name = 'keep' THEN RETURN NULL; END IF; RETURN OLD; END $$"
    ),
    "CREATE TRIGGER unlucky BEFORE DELETE ON items FOR EACH ROW EXECUTE FUNCTION unlucky()",
    *_VIEWS,
    """CREATE FUNCTION instead() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'DELETE' THEN DELETE FROM items WHERE id = OLD.id; RETURN OLD; END IF;
    IF TG_OP = 'INSERT' THEN
        INSERT INTO items (id, tenant, num, name, flag, at, uid)
        VALUES (NEW.id, NEW.tenant, NEW.num, NEW.name, NEW.flag, NEW.at, NEW.uid);
    ELSE
        UPDATE items SET tenant = NEW.tenant, num = NEW.num, name = NEW.name WHERE id = OLD.id;
    END IF;
    -- What a trigger of the table kept from being written is not reported as written.
    IF FOUND THEN RETURN NEW; END IF; RETURN NULL; END $$""",
    (
        "CREATE TRIGGER instead INSTEAD OF INSERT OR UPDATE OR DELETE ON v_join"
        " FOR EACH ROW EXECUTE FUNCTION instead()"
    ),
)


def _reactions(event: str) -> tuple[str, ...]:
    """Return SQLite's triggers around one event on `items`."""
    when = f"{event} ON items FOR EACH ROW WHEN NEW.name ="
    return (
        f"CREATE TRIGGER skip_{event} BEFORE {when} 'skip' BEGIN SELECT RAISE(IGNORE); END",
        (
            f"CREATE TRIGGER raise_{event} BEFORE {when} 'raise'"
            " BEGIN SELECT RAISE(ABORT, 'no'); END"
        ),
        (
            f"CREATE TRIGGER spill_{event} BEFORE {when} 'spill' BEGIN"
            " INSERT INTO spill (id, tenant, name) VALUES (NEW.id, 2, 'x');"
            " SELECT RAISE(IGNORE); END"
        ),
        (
            f"CREATE TRIGGER swap_{event} BEFORE {when} 'swap' BEGIN"
            " INSERT INTO parted (id, tenant, name) VALUES (NEW.id + 2000, 2, 'x');"
            " SELECT RAISE(IGNORE); END"
        ),
        (
            f"CREATE TRIGGER move_{event} AFTER {when} 'move' BEGIN"
            " UPDATE items SET tenant = 2, name = 'x' WHERE id = NEW.id; END"
        ),
        (
            f"CREATE TRIGGER rename_{event} AFTER {when} 'rename' BEGIN"
            " UPDATE items SET id = id + 1, name = 'x' WHERE id = NEW.id; END"
        ),
        (f"CREATE TRIGGER after_{event} AFTER {when} 'after' BEGIN SELECT RAISE(ABORT, 'no'); END"),
        (
            f"CREATE TRIGGER log_{event} AFTER {event} ON items BEGIN"
            " INSERT INTO log VALUES (NEW.id, NEW.name); END"
        ),
    )


_SQLITE: Final = (
    f"CREATE TABLE items (id integer PRIMARY KEY, {_body('uuid', 'REFERENCES items')})",
    (
        f"CREATE TABLE kids (id integer PRIMARY KEY, {_body('uuid', 'REFERENCES items')},"
        " twice integer GENERATED ALWAYS AS (num * 2) STORED,"
        # Over a hidden column, whose default only rows that the attacker inserted have.
        " UNIQUE (num, secret))"
    ),
    (
        f"CREATE TABLE parted (id integer, {_body('uuid')},"
        " PRIMARY KEY (id, tenant) ON CONFLICT IGNORE) WITHOUT ROWID"
    ),
    (
        f"CREATE TABLE base (id integer PRIMARY KEY ON CONFLICT REPLACE, {_body('uuid')},"
        " UNIQUE (tenant, num) ON CONFLICT REPLACE)"
    ),
    _REFERRING.format(body=_body("uuid")),
    _KEYLESS.format(body=_body("uuid")),
    f"CREATE TABLE ruled (id integer PRIMARY KEY ON CONFLICT ROLLBACK, {_body('uuid')})",
    (
        "CREATE TRIGGER kept BEFORE DELETE ON ruled WHEN OLD.name IS NOT 'purged' BEGIN"
        " UPDATE ruled SET name = 'gone' WHERE id = OLD.id; SELECT RAISE(IGNORE); END"
    ),
    f"CREATE TABLE spill (id integer, {_body('uuid')})",
    "CREATE TABLE log (id integer, name text)",
    *_reactions("INSERT"),
    *_reactions("UPDATE"),
    (
        "CREATE TRIGGER unlucky BEFORE DELETE ON items WHEN OLD.name = 'keep'"
        " BEGIN SELECT RAISE(IGNORE); END"
    ),
    # No rule types a view of SQLite, so that each has the rule of one tenant inside.
    *(f"{view} WHERE {'i.' if 'items i' in view else ''}tenant = 1" for view in _VIEWS),
    *(
        statement
        for view, table in VIEWS.items()
        for statement in (
            (
                f"CREATE TRIGGER {view}_insert INSTEAD OF INSERT ON {view} BEGIN"
                f" INSERT INTO {table} (id, tenant, num, name, flag, at, uid)"
                " VALUES (NEW.id, NEW.tenant, NEW.num, NEW.name, NEW.flag, NEW.at, NEW.uid); END"
            ),
            (
                f"CREATE TRIGGER {view}_update INSTEAD OF UPDATE ON {view} BEGIN"
                f" UPDATE {table} SET tenant = NEW.tenant, num = NEW.num, name = NEW.name"
                " WHERE id = OLD.id; END"
            ),
            (
                f"CREATE TRIGGER {view}_delete INSTEAD OF DELETE ON {view} BEGIN"
                f" DELETE FROM {table} WHERE id = OLD.id; END"
            ),
        )
    ),
)


def key_columns(table: str) -> tuple[str, ...]:
    """Return the columns of the key by which the API knows rows of *table*."""
    return KEYS.get(table, ("id",))
