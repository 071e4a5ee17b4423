"""Budgets and shape of the package that no linter knows."""

import ast
import importlib
import inspect
import pkgutil
import re
import types
import typing
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

import faucet.model
from tests.bare_python import output_of

_PACKAGE = Path(faucet.model.__file__).parents[1]
_MODULES = sorted(_PACKAGE.rglob("*.py"))
_SOFT, _HARD = 300, 400
_FORBIDDEN = {"utils", "util", "helpers", "helper", "common", "base", "misc", "build", "lib"}
_MUTABLE = (list, dict, set, bytearray, typing.Any)
_HEAVY = ("litestar", "uvicorn", "psycopg", "psycopg_pool", "sqlalchemy", "sqlite3", "mcp")


def _name(path: Path) -> str:
    return path.relative_to(_PACKAGE.parent).as_posix()


@pytest.mark.parametrize("path", _MODULES, ids=_name)
def test_a_module_is_small_and_says_what_it_is_for(path: Path):
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)

    lines = text.count("\n")
    if lines > _SOFT:
        print(f"{_name(path)} has {lines} lines; {_SOFT} are the aim")
    assert lines <= _HARD
    assert not tree.body or ast.get_docstring(tree), "the module lacks its opening line"


def test_no_module_is_named_for_nothing():
    named = {_name(path) for path in _MODULES}

    assert {name for name in named if {*Path(name).with_suffix("").parts} & _FORBIDDEN} == set()


def _structs() -> Iterator[type[msgspec.Struct]]:
    for info in pkgutil.walk_packages(faucet.model.__path__, "faucet.model."):
        module = importlib.import_module(info.name)
        for _, struct in inspect.getmembers(module, inspect.isclass):
            if issubclass(struct, msgspec.Struct) and struct.__module__ == module.__name__:
                yield struct


def _mutable_parts(annotation: object) -> Iterator[object]:
    origin = typing.get_origin(annotation)
    if annotation in _MUTABLE or origin in _MUTABLE:
        yield annotation
    if origin is typing.Literal:
        return
    for part in typing.get_args(annotation):
        if isinstance(part, (type, types.UnionType, types.GenericAlias)) or typing.get_origin(part):
            yield from _mutable_parts(part)


@pytest.mark.parametrize("struct", list(_structs()), ids=lambda s: f"{s.__module__}.{s.__name__}")
def test_a_struct_of_the_model_is_frozen_through_and_through(struct: type[msgspec.Struct]):
    hints = typing.get_type_hints(struct, include_extras=False)
    mutable = {name: list(_mutable_parts(hints[name])) for name in struct.__struct_fields__}

    assert struct.__struct_config__.frozen
    assert {name: parts for name, parts in mutable.items() if parts} == {}


@pytest.mark.parametrize("command", ["faucet.cli", "faucet.cli.check", "faucet.cli.version"])
def test_a_light_command_imports_no_server_and_no_driver(command: str):
    assert _heavy_imports_of(f"import {command}") == set()


def test_the_registry_and_its_facts_import_no_server_no_driver_and_no_cryptography():
    script = "from faucet.standard import standard_registry; standard_registry().facts()"

    assert _heavy_imports_of(script, *_HEAVY, "jwt", "cryptography") == set()


def _heavy_imports_of(script: str, *heavy: str) -> set[str]:
    loaded = output_of(f"{script}\nimport sys; print(*sys.modules)").split()
    return {name.partition(".")[0] for name in loaded}.intersection(heavy or _HEAVY)


def test_only_authorize_makes_an_authorized_request():
    makers = {
        _name(path)
        for path in _MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and _called(node) == "AuthorizedRequest"
    }

    assert makers == {"faucet/request/authorize.py"}


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


_READS_ITS_OWN_FILES = {"faucet/serve/docs_page.py", "faucet/serve/memory.py"}


def test_files_that_others_may_have_put_there_are_read_in_one_place():
    readers = {
        _name(path)
        for path in _MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and _called(node) in {"read_bytes", "read_text"}
    }

    assert readers <= _READS_ITS_OWN_FILES


@pytest.mark.fault("attacks.control_plane")
def test_every_thread_pool_has_an_owner_so_that_no_work_waits_for_work_of_another_kind():
    shared = {
        f"{_name(path)}: {ast.unparse(node)}"
        for path in _MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and _uses_default_executor(node)
    }

    assert shared == set()


def _uses_default_executor(node: ast.Call) -> bool:
    if _called(node) == "run_in_executor":
        return isinstance(node.args[0], ast.Constant)
    return _called(node) in {"to_thread", "run_sync", "set_default_executor"}


_REMEMBERED = {
    "faucet/control/schema.py": {"manifest_schema": None},
    "faucet/control/structure.py": {"_validator": None},
    "faucet/control/shown_text.py": {"_plain_options": None},  # names of options
    "faucet/executors/sqlite_session.py": {"json_is_innocuous": None},  # one flag
    "faucet/model/json_steps.py": {"_run": None},  # two patterns
    "faucet/model/limits.py": {"tightest": 1024},  # pairs of limits of the manifest
    "faucet/model/manifest/patterns.py": {  # patterns of the manifest
        "_named": 4096,
        "_removed": 4096,
        "_selector": 4096,
        "_matcher": 4096,
    },
    "faucet/model/network.py": {"_read": 4096},  # texts of at most 128 characters
    "faucet/model/values/numbers.py": {"_integers": None},  # six widths
    "faucet/request/client.py": {"_read_peer": 1024},  # addresses
    "faucet/request/parse/lists.py": {"read": 512},  # texts of at most 256 characters
    "faucet/request/route.py": {"_find": 2048},  # paths of at most 256 characters
    "faucet/serve/docs_page.py": {"_version": None, "_assets": None},  # come with the installation
    "faucet/serve/respond.py": {"_encode_header": 512},  # constant headers of a generation
    "faucet/sql/cells.py": {"read_cell_form": None},  # types and options of the manifest
    "faucet/standard.py": {"standard_registry": None},
}
"""Functions that remember results by count, and what bounds the size of each result."""


def test_what_is_remembered_by_count_alone_is_small_by_its_nature():
    """Everything else is in a `SizedCache`."""
    found: dict[str, dict[str, int | None]] = {}
    for path in _MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for name, most in _remembered(node):
                found.setdefault(_name(path), {})[name] = most

    assert found == _REMEMBERED


def _remembered(node: ast.AST) -> Iterator[tuple[str, int | None]]:
    match node:
        case ast.FunctionDef(name=name, decorator_list=decorators):
            for each in decorators:
                match each:
                    case ast.Name(id="cache" | "lru_cache"):
                        yield name, None
                    case ast.Call(
                        func=ast.Name(id="lru_cache"), keywords=[ast.keyword(value=most)]
                    ):
                        yield name, ast.literal_eval(most)
        case ast.Call(
            func=ast.Call(func=ast.Name(id="lru_cache"), keywords=[ast.keyword(value=most)]),
            args=[ast.Name(id=name)],
        ):
            yield name, ast.literal_eval(most)


_DIALECT_FREE = ("model", "control", "request", "sql", "extension", "serve")
_DIALECT_NAMES = re.compile(r"postgres|psycopg|libpq|sqlite", re.IGNORECASE)
_IN_THE_REFERENCE = {
    "postgresql://faucet:${env:SHOP_PASSWORD}@db:5432/shop",
    "Schema whose tables and views are published; default on PostgreSQL: public.",
    "How SQLite stores times: in any spelling, as Faucet writes them, or as seconds since 1970.",
    "sqlite",
    "sqlite:///shop.db",
}
"""Descriptions and examples of the manifest, in which users read what the bundled dialects do."""


def test_no_dialect_is_named_outside_the_dialects():
    named = {
        (_name(path), word)
        for path in _MODULES
        if path.relative_to(_PACKAGE).parts[0] in _DIALECT_FREE
        for word in _words(ast.parse(path.read_text(encoding="utf-8")))
        if _DIALECT_NAMES.search(word)
    }

    documents = {"faucet/model/manifest/sections.py", "faucet/control/schema.py"}
    assert {word for path, word in named if path in documents} == _IN_THE_REFERENCE
    assert {(path, word) for path, word in named if path not in documents} == set()


def _words(tree: ast.Module) -> Iterator[str]:
    """Yield every name and every text of the code, without docstrings."""
    prose = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant() if node in prose:
                pass
            case ast.Name(id=word) | ast.Attribute(attr=word) | ast.arg(arg=word):
                yield word
            case ast.alias(name=word) | ast.ImportFrom(module=str(word)):
                yield word
            case ast.FunctionDef(name=word) | ast.ClassDef(name=word):
                yield word
            case ast.Constant(value=str(word)):
                yield word
            case _:
                pass
