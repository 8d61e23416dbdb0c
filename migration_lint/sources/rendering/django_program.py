"""Renders a project's migrations with the Django that it has installed. Run by the project's own Python.

It stands alone: Django and the standard library are all that there is. No database is connected to; what
Django would look up in one (the names of constraints) is kept by what it has rendered before.
"""

from __future__ import annotations

import copy
import functools
import json
import os
import re
import sys
from typing import Any

REQUEST: dict[str, Any] = json.loads(sys.argv[1])
PLACES: list[Any] = [None]
"""The place of the operation that runs, innermost last."""


def place_of_caller() -> list[int | None] | None:
    """[line, column, end line, end column] of the call in a file that is not Django's; columns in bytes."""
    import django

    package = os.path.dirname(django.__file__) + os.sep
    frame: Any = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith((package, "<")) and "importlib" not in name:
            return position(frame)
        frame = frame.f_back
    return None


def position(frame: Any) -> list[int | None]:
    """Where a frame is: from Python 3.11 on with columns, before that the line."""
    if hasattr(frame.f_code, "co_positions"):
        spot = list(frame.f_code.co_positions())[frame.f_lasti // 2]
        return [spot[0], spot[2], spot[1], spot[3]]
    return [frame.f_lineno, None, None, None]


def watch_operations() -> None:
    """Note where each operation is made, and which one runs."""
    from django.db.migrations.operations.base import Operation

    make = Operation.__new__

    def made(cls: Any, *args: Any, **keywords: Any) -> Any:
        operation = make(cls, *args, **keywords)
        operation._place = place_of_caller()
        for name in ("database_forwards", "database_backwards"):
            setattr(operation, name, functools.partial(run, operation, getattr(cls, name)))
        return operation

    def run(operation: Any, method: Any, *args: Any) -> None:
        PLACES.append(operation._place or PLACES[-1])
        try:
            method(operation, *args)
        finally:
            PLACES.pop()

    Operation.__new__ = made


class Cursor:
    """A cursor of no database, which knows what Django asks in order to go on.

    An extension is there exactly when it is to be dropped.
    """

    rowcount = 0
    backwards = False
    asked = ""

    def __enter__(self) -> Cursor:
        return self

    def __exit__(self, *_: Any) -> None:
        return None

    def execute(self, sql: Any, params: Any = None) -> None:
        self.asked = str(sql)

    def fetchone(self) -> Any:
        there = "collisdeterministic" in self.asked or ("pg_extension" in self.asked and Cursor.backwards)
        return (True,) if there else None

    def fetchall(self) -> list[Any]:
        return []

    def __iter__(self) -> Any:
        return iter(())

    def close(self) -> None:
        return None


KINDS: dict[str, dict[str, Any]] = {
    "UNIQUE": {"unique": True},
    "FOREIGN KEY": {"foreign_key": ("", "")},
    "CHECK": {"check": True},
    "PRIMARY KEY": {"primary_key": True, "unique": True},
}
"""What Django asks of a constraint, by the words that made it."""


class Ledger:
    """What constraints and indexes tables have, from the statements that made them."""

    NAME = r'["`]([^"`]+)["`]'

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, dict[str, Any]]] = {}

    def has(self, table: str, name: str, columns: list[str], **kind: Any) -> None:
        found = {"columns": columns, "primary_key": False, "unique": False, "foreign_key": None,
                 "check": False, "index": False, "type": None, "definition": None, "options": None,
                 "orders": []}  # fmt: skip
        self.tables.setdefault(table, {})[name] = {**found, **kind}

    def take(self, sql: str) -> None:
        """Note what a statement does."""
        for part in sql.split(";"):
            self._take(part.strip())

    def _take(self, sql: str) -> None:
        n = self.NAME
        if m := re.match(
            rf"ALTER TABLE {n} ADD CONSTRAINT {n} (UNIQUE|FOREIGN KEY|CHECK|PRIMARY KEY)[^(]*\((.*?)\)", sql
        ):
            self.has(m[1], m[2], re.findall(n, m[4]), **KINDS[m[3]])
        elif m := re.match(
            rf"CREATE (UNIQUE )?INDEX (?:CONCURRENTLY )?{n} ON {n}(?: USING (\w+))? \((.*?)\)", sql
        ):
            suffix = "idx" if m[4] in (None, "btree") else m[4]
            self.has(m[3], m[2], re.findall(n, m[5]), index=True, unique=bool(m[1]), type=suffix)
        elif m := re.match(rf"ALTER TABLE {n} RENAME TO {n}", sql):
            self.tables[m[2]] = self.tables.pop(m[1], {})
        elif m := re.match(rf"ALTER TABLE {n} RENAME COLUMN {n} TO {n}", sql):
            for each in self.tables.get(m[1], {}).values():
                each["columns"] = [m[3] if column == m[2] else column for column in each["columns"]]
        elif m := re.match(rf"ALTER TABLE {n} (?:DROP COLUMN) {n}", sql):
            kept = {k: v for k, v in self.tables.get(m[1], {}).items() if m[2] not in v["columns"]}
            self.tables[m[1]] = kept
        elif m := re.match(rf"ALTER TABLE {n} DROP (?:CONSTRAINT|FOREIGN KEY|INDEX|CHECK) {n}", sql):
            self.tables.get(m[1], {}).pop(m[2], None)
        elif m := re.match(rf"DROP INDEX (?:CONCURRENTLY )?(?:IF EXISTS )?{n}", sql):
            for names in self.tables.values():
                names.pop(m[1], None)
        elif m := re.match(rf"ALTER INDEX {n} RENAME TO {n}", sql):
            for names in self.tables.values():
                if m[1] in names:
                    names[m[2]] = names.pop(m[1])
        elif m := re.match(rf"DROP TABLE {n}", sql):
            self.tables.pop(m[1], None)
        elif m := re.match(rf"ALTER TABLE {n} ADD COLUMN {n} (.*)", sql, re.DOTALL):
            self.column(m[1], m[2], m[3])
        elif m := re.match(rf"CREATE TABLE {n} \((.*)\)", sql, re.DOTALL):
            for column, definition in columns_of(m[2]):
                if column is None:
                    self._take(f'ALTER TABLE "{m[1]}" ADD {definition}')
                else:
                    self.column(m[1], column, definition)

    def column(self, table: str, column: str, definition: str) -> None:
        """Note the constraints in the definition of a column, with the names that the server gives."""
        if " PRIMARY KEY" in definition:
            self.has(table, f"{table}_pkey", [column], primary_key=True, unique=True)
        elif " UNIQUE" in definition:
            self.has(table, f"{table}_{column}_key"[:63], [column], unique=True)
        if " CHECK (" in definition:
            self.has(table, f"{table}_{column}_check"[:63], [column], check=True)
        if m := re.search(rf"CONSTRAINT {self.NAME} REFERENCES", definition):
            self.has(table, m[1], [column], foreign_key=("", ""))


def columns_of(text: str) -> list[tuple[str | None, str]]:
    """(column, definition) of the parts of a CREATE TABLE; the column is None for a constraint."""
    parts, depth, start, quoted = [], 0, 0, ""
    for at, character in enumerate(text):
        if quoted:
            quoted = "" if character == quoted else quoted
        elif character in "'\"`":
            quoted = character
        elif character in "()":
            depth += 1 if character == "(" else -1
        elif character == "," and not depth:
            parts.append(text[start:at].strip())
            start = at + 1
    parts.append(text[start:].strip())
    found: list[tuple[str | None, str]] = []
    for part in parts:
        m = re.match(rf"{Ledger.NAME} (.*)", part, re.DOTALL)
        found.append((m[1], m[2]) if m else (None, part))
    return found


class Deferred(list[Any]):
    """The statements that wait for the end, each with the place of its operation."""

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[int, Any] = {}

    def append(self, statement: Any) -> None:
        self.places[id(statement)] = PLACES[-1]
        super().append(statement)

    def extend(self, statements: Any) -> None:
        for statement in statements:
            self.append(statement)


class NoRenames(dict[str, str]):
    """The ledger knows tables by their new names, where sqlmigrate has only their old ones."""

    def get(self, name: str, default: Any = None) -> Any:
        return default

    def __setitem__(self, name: str, value: str) -> None:
        return None


def connection_of(alias: str, vendor: str) -> Any:
    """The project's connection, made to connect to nothing."""
    from django.db import connections

    connection = connections[alias]
    if connection.vendor != vendor:
        fail(f"the database {alias!r} of the settings is {connection.vendor}, and {vendor} is checked:"
             " set DJANGO_SETTINGS_MODULE to the settings of production")  # fmt: skip
    connection.connect = lambda: None
    connection.ensure_connection = lambda: None
    connection.cursor = lambda *_, **__: Cursor()
    if vendor == "postgresql":
        connection.__dict__["pg_version"] = 150000
        from django.db.backends.postgresql.psycopg_any import sql as psycopg_sql

        def composed(sql: str, params: Any) -> str:
            return sql % tuple(psycopg_sql.quote(each, None) for each in params) if params else sql

        connection.ops.compose_sql = composed
    else:
        connection.__dict__["mysql_server_data"] = {
            "version": "8.0.36", "sql_mode": "STRICT_TRANS_TABLES", "default_storage_engine": "InnoDB",
            "lower_case_table_names": False, "has_zoneinfo_database": True,
        }  # fmt: skip
        connection.__dict__["mysql_version"] = (8, 0, 36)
        connection.__dict__["mysql_is_mariadb"] = False
    return connection


class Rendering:
    """Renders migrations one by one, with the ledger that goes along."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.ledger = Ledger()
        self.statements: list[dict[str, Any]] = []
        connection.introspection.get_constraints = lambda _, table: copy.deepcopy(
            self.ledger.tables.get(table, {})
        )
        connection.introspection.get_sequences = lambda _, table, *__: [
            {"name": f"{table}_{column}_seq", "table": table, "column": column}
            for each in self.ledger.tables.get(table, {}).values()
            if each["primary_key"]
            for column in each["columns"]
        ]

    def editor(self) -> Any:
        editor = self.connection.SchemaEditorClass(self.connection, collect_sql=True, atomic=False)
        editor.deferred_sql = Deferred()
        editor.collected_table_renames = NoRenames()
        self.statements = []
        plain = editor.execute

        def execute(sql: Any, params: Any = ()) -> None:
            editor.collected_sql = []
            plain(sql, params)
            for text in editor.collected_sql:
                self.add(text)

        editor.execute = execute
        return editor

    def add(self, sql: str, *, opaque: bool = False) -> None:
        """A statement, at the place of the operation that runs."""
        self.statements.append({"sql": sql, "place": PLACES[-1], "opaque": opaque})
        self.ledger.take(sql)

    def finish(self, editor: Any) -> None:
        deferred = editor.deferred_sql
        for statement in list(deferred):
            PLACES.append(deferred.places.get(id(statement)))
            try:
                editor.execute(statement, None)
            finally:
                PLACES.pop()

    def forwards(self, migration: Any, state: Any) -> tuple[Any, list[tuple[Any, Any, Any]]]:
        """(state after it, (operation, state before, state after) of each operation)."""
        editor = self.editor()
        steps = []
        for operation in migration.operations:
            before = state.clone()
            operation.state_forwards(migration.app_label, state)
            self.one(operation, migration, editor, before, state, "database_forwards")
            steps.append((operation, before, state.clone()))
        self.finish(editor)
        return state, steps

    def backwards(self, migration: Any, steps: list[tuple[Any, Any, Any]]) -> None:
        editor = self.editor()
        Cursor.backwards = True
        try:
            for operation, before, after in reversed(steps):
                self.one(operation, migration, editor, after, before, "database_backwards")
            self.finish(editor)
        finally:
            Cursor.backwards = False

    def one(self, operation: Any, migration: Any, editor: Any, start: Any, end: Any, method: str) -> None:
        if operation.reduces_to_sql:
            getattr(operation, method)(migration.app_label, editor, start, end)
            return
        code = getattr(operation, "code" if method.endswith("forwards") else "reverse_code", None)
        if getattr(code, "__name__", "") == "noop":
            return
        PLACES.append(operation._place)
        name = getattr(code, "__qualname__", type(code).__name__)
        self.add(f"-- {type(operation).__name__}({name})", opaque=True)
        PLACES.pop()


def render() -> dict[str, Any]:
    """What is rendered of each migration, in order."""
    sys.path.insert(0, os.getcwd())
    import django

    watch_operations()
    django.setup()
    from django.db.migrations.loader import MigrationLoader

    rendering = Rendering(connection_of(REQUEST["database"], REQUEST["vendor"]))
    loader = MigrationLoader(None, ignore_no_migrations=True)
    plan: dict[tuple[str, str], None] = {}
    for leaf in sorted(loader.graph.leaf_nodes()):
        plan.update(dict.fromkeys(loader.graph.forwards_plan(leaf)))
    state = loader.project_state([])
    found = []
    for app, name in plan:
        migration = loader.graph.nodes[app, name]
        module = sys.modules[type(migration).__module__]
        made: dict[str, Any] = {"app": app, "name": name, "path": module.__file__, "atomic": migration.atomic}
        start = state.clone()
        try:
            state, steps = rendering.forwards(migration, state)
            made["up"] = rendering.statements
        except Exception as problem:
            made["error"] = described(problem, made["path"])
            made["up"] = rendering.statements
            found.append(made)
            state = after(migration, start)
            continue
        made["down"] = None
        if all(operation.reversible for operation in migration.operations):
            tables = copy.deepcopy(rendering.ledger.tables)
            try:
                rendering.backwards(migration, steps)
                made["down"] = rendering.statements
            except NotImplementedError:
                made["down"] = None  # an operation inside another that cannot be undone
            except Exception as problem:
                made["error"] = described(problem, made["path"])
            rendering.ledger.tables = tables
        found.append(made)
    return {"version": list(django.VERSION[:2]), "migrations": found}


def after(migration: Any, state: Any) -> Any:
    """The models after a migration that could not be rendered, as far as they are known."""
    for operation in migration.operations:
        try:
            operation.state_forwards(migration.app_label, state)
        except Exception:  # noqa: S112 - it has been told
            continue
    return state


def described(problem: BaseException, path: str) -> dict[str, Any]:
    """The problem in one line, and the line of the file where it arose."""
    line, trace = 1, problem.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    if line == 1 and PLACES[-1] is not None:
        line = PLACES[-1][0]
    words = " ".join(str(problem).split())[:300]
    return {"line": line, "message": f"{type(problem).__name__}: {words}"}


def fail(message: str) -> None:
    """End, with a sentence for the user."""
    answer({"failed": message})
    sys.exit(0)


def answer(value: dict[str, Any]) -> None:
    """Hand the answer over in a file of its own: what the project prints is not it."""
    with open(REQUEST["answer"], "w", encoding="utf-8") as file:
        json.dump(value, file)


if __name__ == "__main__":
    answer(render())
