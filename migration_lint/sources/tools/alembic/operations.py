"""``op.add_column(…)`` and its like as the SQL that Alembic runs on PostgreSQL.

https://alembic.sqlalchemy.org/en/latest/ops.html; compared with ``alembic upgrade --sql`` in the
tests. Every argument must be understood, or the whole call is not.
"""

from __future__ import annotations

from collections.abc import Callable

from migration_lint.names import quoted
from migration_lint.sources import ddl
from migration_lint.sources.python.values import Call, NotLiteral, Value
from migration_lint.sources.tools.alembic.column_types import enum_of, type_sql
from migration_lint.sources.tools.alembic.elements import (
    Column,
    column,
    constant,
    constraint,
    default,
    expression,
    identity,
    index_parts,
    key_options,
    text,
    texts,
)

_OTHERS = ("mysql_", "mariadb_", "sqlite_", "mssql_", "oracle_")
"""Arguments for other databases."""

_Arguments = dict[str, Value]


def sql_of(call: Call) -> list[str]:
    """The statements of a call of ``op``, or of a batch. Raises NotLiteral."""
    handler = _HANDLERS.get(call.last)
    if handler is None:
        raise NotLiteral(call.node, f"op.{call.last}(…)")
    return handler(call)


def _bound(call: Call, positional: str, keywords: str = "") -> _Arguments:
    """The arguments by name; those of other databases are left out. Raises NotLiteral."""
    names = positional.split()
    if len(call.args) > len(names):
        raise NotLiteral(call.node, f"op.{call.last} with {len(call.args)} arguments")
    found = dict(zip(names, call.args, strict=False))
    known = {*names, *keywords.split()}
    for keyword, value in call.keywords.items():
        if keyword.startswith(_OTHERS):
            continue
        if keyword not in known:
            raise NotLiteral(call.node, f"the argument {keyword} of op.{call.last}")
        found[keyword] = value
    return found


def _table(call: Call, given: _Arguments, name: str = "table_name", schema: str = "schema") -> str:
    return ddl.table(text(given.get(name), call.node, "a table"), given.get(schema))


def _name(call: Call, given: _Arguments, key: str, what: str) -> str:
    return text(given.get(key), call.node, what)


def _optional(call: Call, given: _Arguments, key: str, what: str) -> str | None:
    return None if given.get(key) is None else text(given[key], call.node, what)


# --- tables --------------------------------------------------------------------------------------


def _create_table(call: Call) -> list[str]:
    kept = {
        "schema", "if_not_exists", "comment", "info", "prefixes", "quote", "listeners", "implicit_returning",
        "keep_existing", "extend_existing", "postgresql_tablespace", "postgresql_with", "postgresql_inherits",
        "postgresql_partition_by", "postgresql_on_commit", "postgresql_using", "sqlite_autoincrement",
    }  # fmt: skip
    for keyword in call.keywords:
        if keyword not in kept and not keyword.startswith(_OTHERS):
            raise NotLiteral(call.node, f"the argument {keyword} of op.create_table")
    given = call.keywords
    name = text(call.args[0] if call.args else given.get("table_name"), call.node, "a table")
    schema = given.get("schema")
    table = ddl.table(name, schema)
    items = [item for item in call.args[1:] if item is not None]
    of_columns = [item for item in items if isinstance(item, Call) and item.last == "Column"]
    keyed = [item for item in of_columns if item.keywords.get("primary_key") is True]
    explicit = next((i for i in items if isinstance(i, Call) and i.last == "PrimaryKeyConstraint"), None)
    if explicit is not None:
        in_key = {each for each in explicit.args if isinstance(each, str)}
        of_columns = [_marked(item, in_key) for item in of_columns]
        keyed = [item for item in of_columns if item.keywords.get("primary_key") is True]
    made = [column(item, call.node, alone_in_key=len(keyed) == 1) for item in of_columns]
    parts = [_with_checks(each) for each in made]
    if explicit is None and keyed:
        parts.append(f"PRIMARY KEY {ddl.columns([each.name for each in made if each.primary_key])}")
    indexes = []
    for item in items:
        if isinstance(item, Call) and item.last == "Index":
            indexes.append(_index_of_table(item, table))
        elif item is explicit:  # Alembic writes it first
            parts.insert(len(made), constraint(item, call.node))
        elif not (isinstance(item, Call) and item.last == "Column"):
            parts.append(constraint(item, call.node))
    for each in made:
        if each.unique and not each.index:
            parts.append(f"UNIQUE {ddl.columns([each.name])}")
        parts += [ddl.constraint_name(key.name) + key.sql(each.name) for key in each.keys]
    statements = [each.enum.creation() for each in made if each.enum is not None and each.enum.create]
    once = " IF NOT EXISTS" if given.get("if_not_exists") else ""
    prefixes = "".join(f" {prefix}" for prefix in texts(given.get("prefixes", ()), call.node, "prefixes"))
    statements.append(f"CREATE{prefixes} TABLE{once} {table} ({', '.join(parts)}){_options(call, given)}")
    statements += indexes
    statements += [_column_index(each, name, table) for each in made if each.index]
    if (comment := _optional(call, given, "comment", "a comment")) is not None:
        statements.append(f"COMMENT ON TABLE {table} IS {ddl.literal(comment)}")
    statements += [
        _column_comment(table, each.name, each.comment) for each in made if each.comment is not None
    ]
    return list(dict.fromkeys(statements))


def _marked(item: Call, in_key: set[str]) -> Call:
    name = item.args[0] if item.args else item.keywords.get("name")
    if name not in in_key:
        return item
    return Call(item.name, item.args, {**item.keywords, "primary_key": True}, item.node, item.receiver)


def _with_checks(each: Column) -> str:
    return ", ".join((each.sql, *each.checks)) if not each.checks else f"{each.sql} {' '.join(each.checks)}"


def _options(call: Call, given: _Arguments) -> str:
    sql = ""
    if given.get("postgresql_inherits"):
        parents = texts(given["postgresql_inherits"], call.node, "the tables that it inherits from")
        sql += f" INHERITS {ddl.columns(parents)}"
    if given.get("postgresql_partition_by"):
        sql += f" PARTITION BY {_name(call, given, 'postgresql_partition_by', 'a partition key')}"
    if given.get("postgresql_using"):
        sql += f" USING {_name(call, given, 'postgresql_using', 'an access method')}"
    if isinstance(given.get("postgresql_with"), dict):
        options = given["postgresql_with"]
        sql += f" WITH ({', '.join(f'{key} = {value}' for key, value in options.items())})"  # type: ignore[attr-defined]
    if given.get("postgresql_on_commit"):
        action = _name(call, given, "postgresql_on_commit", "an action").replace("_", " ").upper()
        sql += f" ON COMMIT {action}"
    if given.get("postgresql_tablespace"):
        sql += f" TABLESPACE {quoted(_name(call, given, 'postgresql_tablespace', 'a tablespace'))}"
    return sql


def _index_of_table(item: Call, table: str) -> str:
    name = text(item.args[0] if item.args else None, item.node, "an index's name")
    return _index(Call(item.name, (), item.keywords, item.node), name, table, list(item.args[1:]))


def _drop_table(call: Call) -> list[str]:
    given = _bound(call, "table_name", "schema if_exists")
    return [f"DROP TABLE {'IF EXISTS ' if given.get('if_exists') else ''}{_table(call, given)}"]


def _rename_table(call: Call) -> list[str]:
    given = _bound(call, "old_table_name new_table_name", "schema")
    to = quoted(_name(call, given, "new_table_name", "a table"))
    return [f"ALTER TABLE {_table(call, given, 'old_table_name')} RENAME TO {to}"]


def _table_comment(call: Call) -> list[str]:
    given = _bound(call, "table_name comment", "existing_comment schema")
    comment = _name(call, given, "comment", "a comment")
    return [f"COMMENT ON TABLE {_table(call, given)} IS {ddl.literal(comment)}"]


def _drop_table_comment(call: Call) -> list[str]:
    given = _bound(call, "table_name", "existing_comment schema")
    return [f"COMMENT ON TABLE {_table(call, given)} IS NULL"]


# --- columns -------------------------------------------------------------------------------------


def _add_column(call: Call) -> list[str]:
    given = _bound(call, "table_name column", "schema if_not_exists inline_references inline_primary_key "
                   "insert_before insert_after")  # fmt: skip
    table = _table(call, given)
    made = column(given.get("column"), call.node)
    once = "IF NOT EXISTS " if given.get("if_not_exists") else ""
    sql = f"ALTER TABLE {table} ADD COLUMN {once}{made.sql}"
    keys = made.keys
    if given.get("inline_primary_key") and made.primary_key:
        sql += " PRIMARY KEY"
    if given.get("inline_references") and len(keys) == 1:
        clause = keys[0].sql(made.name).partition(" REFERENCES ")[2]
        sql += f" REFERENCES {clause}"
        keys = ()
    statements = [sql]  # the type of an Enum must be there: Alembic makes it with a table only
    for key in keys:
        statements.append(f"ALTER TABLE {table} ADD {ddl.constraint_name(key.name)}{key.sql(made.name)}")
    statements += [f"ALTER TABLE {table} ADD {check}" for check in made.checks]
    if made.unique and not made.index:
        statements.append(f"ALTER TABLE {table} ADD UNIQUE {ddl.columns([made.name])}")
    if made.index:
        statements.append(_column_index(made, _name(call, given, "table_name", "a table"), table))
    if made.comment is not None:
        statements.append(_column_comment(table, made.name, made.comment))
    return statements


def _column_index(made: Column, table_name: str, table: str) -> str:
    return ddl.create_index(f"ix_{table_name}_{made.name}", table, [quoted(made.name)], unique=made.unique)


def _column_comment(table: str, name: str, comment: str | None) -> str:
    return (
        f"COMMENT ON COLUMN {table}.{quoted(name)} IS {'NULL' if comment is None else ddl.literal(comment)}"
    )


def _drop_column(call: Call) -> list[str]:
    given = _bound(call, "table_name column_name", "schema if_exists")
    once = "IF EXISTS " if given.get("if_exists") else ""
    return [f"ALTER TABLE {_table(call, given)} DROP COLUMN {once}"
            f"{quoted(_name(call, given, 'column_name', 'a column'))}"]  # fmt: skip


def _alter_column(call: Call) -> list[str]:
    given = _bound(
        call,
        "table_name column_name nullable comment server_default new_column_name type_",
        "existing_type existing_server_default existing_nullable existing_comment schema postgresql_using "
        "autoincrement existing_autoincrement insert_before insert_after",
    )
    alter = f"ALTER TABLE {_table(call, given)}"
    name = _name(call, given, "column_name", "a column")
    head = f"{alter} ALTER COLUMN {quoted(name)}"
    statements = []
    if given.get("type_") is not None:
        using = _optional(call, given, "postgresql_using", "USING")
        sql = f"{head} TYPE {type_sql(given['type_'], call.node)}"
        statements.append(f"{sql} USING {using}" if using else sql)
    nullable = given.get("nullable")
    if nullable is not None:
        statements.append(f"{head} {'DROP' if nullable else 'SET'} NOT NULL")
    if given.get("server_default", False) is not False:
        statements.append(f"{head} {_new_default(call, given)}")
    if given.get("comment", False) is not False:
        comment = _optional(call, given, "comment", "a comment")
        statements.append(_column_comment(_table(call, given), name, comment))
    if given.get("new_column_name") is not None:
        to = quoted(_name(call, given, "new_column_name", "a column"))
        statements.append(f"{alter} RENAME {quoted(name)} TO {to}")
    return statements


def _new_default(call: Call, given: _Arguments) -> str:
    value, old = given["server_default"], given.get("existing_server_default")
    if isinstance(value, Call) and value.last == "Identity":
        if old not in (None, False):
            raise NotLiteral(call.node, "a change of an identity column")
        return f"ADD {identity(value)}"
    if value is None and isinstance(old, Call) and old.last == "Identity":
        return "DROP IDENTITY"
    if isinstance(value, Call) and value.last == "Computed":
        raise NotLiteral(call.node, "a computed column, which Alembic refuses to change")
    return "DROP DEFAULT" if value is None else f"SET {default(value, call.node)}"


# --- constraints ---------------------------------------------------------------------------------


def _add(call: Call, given: _Arguments, clause: str, table: str) -> list[str]:
    name = _optional(call, given, "constraint_name", "a constraint's name")
    return [f"ALTER TABLE {table} ADD {ddl.constraint_name(name)}{clause}"]


def _create_foreign_key(call: Call) -> list[str]:
    given = _bound(call, "constraint_name source_table referent_table local_cols remote_cols",
                   "onupdate ondelete deferrable initially match source_schema referent_schema use_alter "
                   "postgresql_not_valid")  # fmt: skip
    referred = _table(call, given, "referent_table", "referent_schema")
    chosen = "onupdate ondelete deferrable initially match postgresql_not_valid".split()
    options = key_options(Call(call.name, (), {k: v for k, v in given.items() if k in chosen}, call.node))
    own = texts(given.get("local_cols"), call.node, "columns")
    theirs = texts(given.get("remote_cols"), call.node, "columns")
    clause = ddl.foreign_key(own, referred, theirs, **options)  # type: ignore[arg-type]
    return _add(call, given, clause, _table(call, given, "source_table", "source_schema"))


def _create_constraint(kind: str, columns: str) -> Callable[[Call], list[str]]:
    """A handler of a constraint of one table, by way of the constraint's own call."""

    def handler(call: Call) -> list[str]:
        given = _bound(call, f"constraint_name table_name {columns}",
                       "schema deferrable initially postgresql_nulls_not_distinct postgresql_include "
                       "postgresql_not_valid")  # fmt: skip
        inner = {
            k: v for k, v in given.items() if k not in ("constraint_name", "table_name", "schema", columns)
        }
        value = given.get(columns)
        args = tuple(value) if isinstance(value, (list, tuple)) else (value,)
        clause = constraint(Call(kind, args, inner, call.node), call.node)
        return _add(call, given, clause, _table(call, given))

    return handler


def _drop_constraint(call: Call) -> list[str]:
    given = _bound(call, "constraint_name table_name type_", "schema if_exists")
    if given.get("constraint_name", "") is None:
        raise NotLiteral(call.node, "a constraint without a name, which Alembic cannot drop")
    once = "IF EXISTS " if given.get("if_exists") else ""
    name = quoted(_name(call, given, "constraint_name", "a constraint's name"))
    return [f"ALTER TABLE {_table(call, given)} DROP CONSTRAINT {once}{name}"]


# --- indexes -------------------------------------------------------------------------------------

_INDEX = (
    "schema unique if_not_exists postgresql_using postgresql_where postgresql_concurrently "
    "postgresql_include "
    "postgresql_ops postgresql_with postgresql_nulls_not_distinct postgresql_tablespace quote info _table"
)


def _create_index(call: Call) -> list[str]:
    given = _bound(call, "index_name table_name columns", _INDEX)
    name = _optional(call, given, "index_name", "an index's name")
    if name is None:
        raise NotLiteral(call.node, "an index whose name only Alembic makes")
    return [_index(call, name, _table(call, given), given.get("columns"))]


def _index(call: Call, name: str, table: str, columns: Value) -> str:
    given = call.keywords
    for keyword in given:
        known = (*_INDEX.split(), "index_name", "table_name", "columns")
        if keyword not in known and not keyword.startswith(_OTHERS):
            raise NotLiteral(call.node, f"the argument {keyword} of {call.last}")
    where = given.get("postgresql_where")
    options = given.get("postgresql_with")
    if options is not None and not isinstance(options, dict):
        raise NotLiteral(call.node, "the options of an index, which are not spelled out")
    return ddl.create_index(
        name,
        table,
        index_parts(columns, call.node, given.get("postgresql_ops")),
        unique=given.get("unique") is True,
        concurrently=given.get("postgresql_concurrently") is True,
        if_not_exists=given.get("if_not_exists") is True,
        using=_optional(call, given, "postgresql_using", "an index's method"),
        include=texts(given.get("postgresql_include") or (), call.node, "columns"),
        where=None if where is None else expression(where, call.node, "an index's condition"),
        options=", ".join(f"{key} = {value}" for key, value in (options or {}).items()),
        tablespace=given.get("postgresql_tablespace"),
        nulls_distinct=not given.get("postgresql_nulls_not_distinct"),
    )


def _drop_index(call: Call) -> list[str]:
    given = _bound(call, "index_name table_name", f"{_INDEX} if_exists columns")
    name = ddl.table(_name(call, given, "index_name", "an index's name"), given.get("schema"))
    concurrently = given.get("postgresql_concurrently") is True
    return [ddl.drop_index(name, concurrently=concurrently, if_exists=given.get("if_exists") is True)]


# --- rows ----------------------------------------------------------------------------------------


def _bulk_insert(call: Call) -> list[str]:
    given = _bound(call, "table rows", "multiinsert")
    table, rows = given.get("table"), given.get("rows")
    if not isinstance(table, Call) or table.last not in ("table", "Table") or not isinstance(rows, list):
        raise NotLiteral(call.node, "rows that are not spelled out")
    name = ddl.table(
        text(table.args[0] if table.args else None, call.node, "a table"), table.keywords.get("schema")
    )
    statements = []
    for row in rows:
        if not isinstance(row, dict):
            raise NotLiteral(call.node, "rows that are not spelled out")
        values = ", ".join(constant(value, call.node, "a row") for value in row.values())
        statements.append(ddl.insert(name, map(str, row), values))
    return statements


def enum_method(call: Call) -> list[str] | None:
    """``sa.Enum(…).create(bind)`` and ``.drop(bind)``; None where it is nothing of that kind."""
    if call.name not in (".create", ".drop") or (enum := enum_of(call.receiver)) is None:
        return None
    checks = call.keywords.get("checkfirst", call.args[1] if len(call.args) > 1 else True)
    if call.name == ".create":
        return [enum.creation()]
    return [f"DROP TYPE {'IF EXISTS ' if checks else ''}{enum.name}"]


_HANDLERS: dict[str, Callable[[Call], list[str]]] = {
    "add_column": _add_column,
    "alter_column": _alter_column,
    "bulk_insert": _bulk_insert,
    "create_check_constraint": _create_constraint("CheckConstraint", "condition"),
    "create_foreign_key": _create_foreign_key,
    "create_index": _create_index,
    "create_primary_key": _create_constraint("PrimaryKeyConstraint", "columns"),
    "create_table": _create_table,
    "create_table_comment": _table_comment,
    "create_unique_constraint": _create_constraint("UniqueConstraint", "columns"),
    "drop_column": _drop_column,
    "drop_constraint": _drop_constraint,
    "drop_index": _drop_index,
    "drop_table": _drop_table,
    "drop_table_comment": _drop_table_comment,
    "rename_table": _rename_table,
}
