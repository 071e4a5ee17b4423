"""`faucet demo`: the music shop that `faucet.yaml.example` serves."""

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import click
import msgspec

from faucet.cli.environment import overrides
from faucet.cli.extensions import registry
from faucet.cli.manifest_files import read_manifest
from faucet.cli.manifest_path import config_option
from faucet.control.pipeline import check_manifest
from faucet.model.manifest.references import has_reference
from faucet.model.manifest.sections import Server

CLERK_KEY: Final = "faucet_1722096aee649c45e886330d2605dde3224a535b8f825396831e80177d9e9b21"
MANAGER_KEY: Final = "faucet_00a2c02daa5930d0fbf930dd76f110c811b2f6310691d8786e7898bbfb696557"

_EVERYWHERE: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - addresses that cannot be connected to
_DEFAULT_PORT: Final = 8080
_API: Final = "/api/v1/shop/_table"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A request of the tour, and the status of its response."""

    status: int
    title: str
    path: str
    key: str | None = None


TOUR: Final = (
    Step(
        status=200,
        title="anyone can read the catalog",
        path=f"{_API}/tracks?filter=seconds>350&order=title&fields=title,seconds",
    ),
    Step(status=403, title="but not the customers", path=f"{_API}/customers"),
    Step(status=401, title="an invalid key is refused", path=f"{_API}/tracks", key="faucet_0"),
    Step(
        status=200,
        title="the clerk of store 1 sees its customers, with the last four digits of their cards",
        path=f"{_API}/customers?fields=name,store_id,card_number",
        key=CLERK_KEY,
    ),
    Step(
        status=400,
        title="for clerks, the column notes does not exist",
        path=f"{_API}/customers?fields=name,notes",
        key=CLERK_KEY,
    ),
    Step(
        status=200,
        title="managers see everything",
        path=f"{_API}/customers?limit=3",
        key=MANAGER_KEY,
    ),
    Step(
        status=200,
        title="and may use aggregates",
        path=f"{_API}/invoices?fields=store_id,SUM(total)+AS+sales&group=store_id",
        key=MANAGER_KEY,
    ),
    Step(
        status=200,
        title="the running generation; send it again after an edit",
        path="/api/v1/system/generation",
        key=MANAGER_KEY,
    ),
)

_SCHEMA: Final = """
CREATE TABLE artists (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE albums (
  id INTEGER PRIMARY KEY,
  artist_id INTEGER NOT NULL REFERENCES artists (id),
  title TEXT NOT NULL,
  released INTEGER NOT NULL
);
CREATE TABLE tracks (
  id INTEGER PRIMARY KEY,
  album_id INTEGER NOT NULL REFERENCES albums (id),
  title TEXT NOT NULL,
  seconds INTEGER NOT NULL CHECK (seconds > 0),
  price NUMERIC(5, 2) NOT NULL,
  cost NUMERIC(5, 2) NOT NULL
);
CREATE TABLE stores (id INTEGER PRIMARY KEY, city TEXT NOT NULL UNIQUE);
CREATE TABLE staff (
  id INTEGER PRIMARY KEY,
  store_id INTEGER NOT NULL REFERENCES stores (id),
  name TEXT NOT NULL,
  position TEXT NOT NULL,
  salary INTEGER NOT NULL
);
CREATE TABLE customers (
  id INTEGER PRIMARY KEY,
  store_id INTEGER NOT NULL REFERENCES stores (id),
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  card_number TEXT NOT NULL,
  notes TEXT
);
CREATE TABLE invoices (
  id INTEGER PRIMARY KEY,
  store_id INTEGER NOT NULL REFERENCES stores (id),
  customer_id INTEGER NOT NULL REFERENCES customers (id),
  issued DATE NOT NULL,
  total NUMERIC(8, 2) NOT NULL DEFAULT 0,
  entered_by TEXT
);
CREATE TABLE invoice_items (
  invoice_id INTEGER NOT NULL REFERENCES invoices (id),
  line INTEGER NOT NULL,
  track_id INTEGER NOT NULL REFERENCES tracks (id),
  price NUMERIC(5, 2) NOT NULL,
  PRIMARY KEY (invoice_id, line)
);
CREATE TABLE audit_log (id INTEGER PRIMARY KEY, happened TIMESTAMP, what TEXT);
CREATE INDEX invoices_by_store ON invoices (store_id, issued);
CREATE VIEW store_sales AS
  SELECT store_id, COUNT(*) AS invoices, SUM(total) AS total FROM invoices GROUP BY store_id;
"""

_ALBUMS: Final = (
    ("The Copper Pipes", "Slow Drip", 1971),
    ("The Copper Pipes", "Hot and Cold", 1974),
    ("Nina Spigot", "Running Water", 1998),
    ("Nina Spigot", "After the Flood", 2003),
    ("Brass & Bassoon", "Pressure", 1986),
    ("Élan d'eau", "Sous la pluie", 2011),
    ("Washers", "Tight Seal", 2019),
    ("O-Ring Quartet", "Live at the Basin", 1964),
)
_TRACKS: Final = ("Overture", "Valve", "Undertow", "Last Drop")
_STORES: Final = ("Lisbon", "Oslo", "Zürich")
_STAFF: Final = (
    ("Ada Reyes", "manager", 71_000),
    ("Bo Lind", "clerk", 38_000),
    ("Chiara Moser", "manager", 74_500),
    ("Dov Adler", "clerk", 36_200),
    ("Edda Strand", "clerk", 37_400),
    ("Femi Okafor", "clerk", 39_100),
)
_CUSTOMERS: Final = (
    *("Ana Sousa", "Ben Hauge", "Clara Frey", "Duarte Pinto", "Eli Dahl", "Fritz Keller"),
    *("Gabi Rocha", "Hanna Berg", "Ivo Meier", "Joana Lima", "Kari Moen", "Lea Graf"),
)
_INVOICES: Final = 24


@click.group(hidden=True)
def demo() -> None:
    """Try Faucet on a small music shop."""


command = demo


@demo.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def build(folder: Path) -> None:
    """Create FOLDER/shop.db, always with the same rows, and FOLDER/jwt.secret."""
    folder.mkdir(parents=True, exist_ok=True)
    build_shop(folder / "shop.db")
    secret = folder / "jwt.secret"
    if not secret.exists():
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_hex(32))
    click.echo(f"Built the music shop in {folder}.")


@demo.command()
@click.option("--url", help="Base URL of the server. Default: the address that `serve` uses.")
@config_option
def tour(url: str | None, manifest: Path) -> None:
    """Print requests to paste, each with the status of its response."""
    url = url or _url(manifest)
    for step in TOUR:
        key = f" -H 'X-API-Key: {step.key}'" if step.key else ""
        click.echo(f"# {step.status}: {step.title}\ncurl -i{key} '{url}{step.path}'\n")


def _url(manifest: Path) -> str:
    """The address that `serve` uses, in a form that can be connected to."""
    written = _written(manifest)
    given = overrides()
    host = given.host or written.host
    port = written.port if given.port is None else given.port
    if not isinstance(port, int):
        port = _DEFAULT_PORT
    if host in _EVERYWHERE or has_reference(host):
        host = "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _written(manifest: Path) -> Server:
    """The server settings of the manifest; the defaults if it cannot be read."""
    try:
        source = read_manifest(manifest)
    except OSError:
        return Server()
    found = check_manifest((source,), registry().facts(), None).value
    return Server() if found is None else found.server


def build_shop(path: Path) -> None:
    """Write the shop to *path*, replacing an existing file."""
    for old in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        old.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(_SCHEMA)
        for table, row in _rows():
            places = ", ".join("?" * len(row))
            connection.execute(f"INSERT INTO {table} VALUES ({places})", row)  # noqa: S608 - constant names


def _rows() -> Iterator[tuple[str, tuple[object, ...]]]:
    artists = list(dict.fromkeys(artist for artist, _, _ in _ALBUMS))
    for number, artist in enumerate(artists, 1):
        yield "artists", (number, artist)
    for number, (artist, title, released) in enumerate(_ALBUMS, 1):
        yield "albums", (number, artists.index(artist) + 1, title, released)
        for position, track in enumerate(_TRACKS):
            identity = (number - 1) * len(_TRACKS) + position + 1
            seconds = 150 + identity * 37 % 260
            yield "tracks", (identity, number, f"{track} {number}", seconds, "1.25", "0.50")
    for number, city in enumerate(_STORES, 1):
        yield "stores", (number, city)
    for number, (name, work, salary) in enumerate(_STAFF):
        yield "staff", (number + 1, number % len(_STORES) + 1, name, work, salary)
    yield from _customers()
    yield from _invoices()


def _customers() -> Iterator[tuple[str, tuple[object, ...]]]:
    for number, name in enumerate(_CUSTOMERS):
        email = f"{name.lower().replace(' ', '.')}@example.com"
        card = f"4000-0012-{number * 137 + 1000:04}-{number * 911 + 1024:04}"
        notes = "Pays late." if number % 5 == 0 else None
        yield "customers", (number + 1, number % len(_STORES) + 1, name, email, card, notes)


def _invoices() -> Iterator[tuple[str, tuple[object, ...]]]:
    tracks = len(_ALBUMS) * len(_TRACKS)
    for number in range(1, _INVOICES + 1):
        customer = number * 7 % len(_CUSTOMERS)
        lines = number % 3 + 1
        store = customer % len(_STORES) + 1
        issued = f"2026-{number % 12 + 1:02}-{number % 27 + 1:02}"
        total = f"{lines * 1.25:.2f}"
        yield "invoices", (number, store, customer + 1, issued, total, None)
        for line in range(1, lines + 1):
            yield "invoice_items", (number, line, (number * 5 + line) % tracks + 1, "1.25")
