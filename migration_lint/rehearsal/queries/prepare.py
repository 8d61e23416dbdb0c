"""What a server makes of a query: PREPARE, plan, and what neither of them sees."""

from __future__ import annotations

import msgspec
import psycopg
from msgspec import Struct
from pglast.parser import ParseError, parse_sql_json

from migration_lint.rehearsal.database import Connection, Database
from migration_lint.rehearsal.queries.query import Query


class Prepared(Struct, frozen=True):
    """A query on one schema. With an `error` (SQLSTATE and message) the rest says nothing.

    `columns` are (name, type) of its result; `required` the columns that its INSERT leaves out and that
    have no value of their own.
    """

    error: str | None = None
    parameters: tuple[str, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    required: frozenset[str] = frozenset()


_REQUIRED = b"""
SELECT a.attname FROM pg_catalog.pg_attribute a
WHERE a.attrelid = pg_catalog.to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped
  AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AND a.attgenerated = ''
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = a.attrelid AND NOT t.tgisinternal
    AND t.tgtype & 7 = 7)
"""
"""A BEFORE INSERT trigger for each row (bits 1, 2 and 4 of `tgtype`) may fill in what is missing."""


def prepare_all(database: Database, queries: list[Query]) -> list[Prepared]:
    """Each query, as the owner, on one session. Nothing of them is run."""
    connection = database.connect()
    try:
        connection.execute(b"SET plan_cache_mode = force_generic_plan")
        return [_prepared(connection, query) for query in queries]
    finally:
        connection.close()


def _prepared(connection: Connection, query: Query) -> Prepared:
    server = connection.pgconn
    name = b"migration_lint_query"
    try:
        with connection.transaction(force_rollback=True):
            made = server.prepare(name, query.sql.encode())
            if made.status != psycopg.pq.ExecStatus.COMMAND_OK:
                return Prepared(_error(made))
            told = server.describe_prepared(name)
            parameters = tuple(_type(connection, told.param_type(i), -1) for i in range(told.nparams))
            columns = tuple(
                ((told.fname(i) or b"").decode(), _type(connection, told.ftype(i), told.fmod(i)))
                for i in range(told.nfields)
            )
            arguments = ", ".join(["NULL"] * told.nparams)
            if _plans(query.sql):
                # Only the planner looks for the index that ON CONFLICT needs.
                connection.execute(
                    f"EXPLAIN EXECUTE {name.decode()}{f'({arguments})' if arguments else ''}".encode()
                )
            return Prepared(None, parameters, columns, _left_out(connection, query.sql))
    except psycopg.Error as error:
        return Prepared(f"{error.sqlstate} {error.diag.message_primary or error}")
    finally:
        if not connection.closed:
            connection.execute(b"DEALLOCATE ALL")


def _error(result: psycopg.pq.abc.PGresult) -> str:
    field = psycopg.pq.DiagnosticField
    state = (result.error_field(field.SQLSTATE) or b"").decode()
    return f"{state} {(result.error_field(field.MESSAGE_PRIMARY) or b'').decode(errors='replace')}"


def _type(connection: Connection, oid: int, modifier: int) -> str:
    row = connection.execute(b"SELECT pg_catalog.format_type(%s, %s)", (oid, modifier)).fetchone()
    return str(row[0]) if row is not None else str(oid)


def _tree(sql: str) -> dict[str, object]:
    """The node of a query, by its kind; empty where it is not a single statement that can be read."""
    try:
        statements = msgspec.json.decode(parse_sql_json(sql)).get("stmts", [])
    except ParseError:
        return {}
    if len(statements) != 1:
        return {}
    made: dict[str, object] = statements[0]["stmt"]
    return made


def _plans(sql: str) -> bool:
    return any(
        kind in _tree(sql) for kind in ("SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt")
    )


def _left_out(connection: Connection, sql: str) -> frozenset[str]:
    insert = _tree(sql).get("InsertStmt")
    if not isinstance(insert, dict) or "cols" not in insert:
        return frozenset()
    relation = insert["relation"]
    parts = [relation[key] for key in ("schemaname", "relname") if relation.get(key)]
    table = ".".join('"' + part.replace('"', '""') + '"' for part in parts)
    named = {column["ResTarget"]["name"] for column in insert["cols"]}
    rows = connection.execute(_REQUIRED, (table,)).fetchall()
    return frozenset(str(column) for (column,) in rows) - named


_FUNCTIONS = b"""
SELECT p.oid::regprocedure::text, pg_catalog.pg_get_functiondef(p.oid)
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language l ON l.oid = p.prolang
WHERE l.lanname = 'sql' AND p.prokind IN ('f', 'p')
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY 1
"""


def broken_functions(database: Database) -> dict[str, str]:
    """SQL functions whose body the server would not take any more, and why: made anew, and rolled back.

    A body in PL/pgSQL is read by nobody before it is called.
    """
    broken: dict[str, str] = {}
    connection = database.connect()
    try:
        for name, definition in connection.execute(_FUNCTIONS).fetchall():
            try:
                with connection.transaction(force_rollback=True):
                    connection.execute(str(definition).encode())
            except psycopg.Error as error:
                broken[str(name)] = f"{error.sqlstate} {error.diag.message_primary or error}"
    finally:
        connection.close()
    return broken
