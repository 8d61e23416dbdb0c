"""Columns and constraints of Alembic's calls, as the clauses that SQLAlchemy writes."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from msgspec import Struct

from migration_lint.names import quoted
from migration_lint.sources import ddl
from migration_lint.sources.python.values import Call, NotLiteral, Value
from migration_lint.sources.tools.alembic.column_types import EnumType, enum_of, type_sql

_SERIAL = {"INTEGER": "SERIAL", "BIGINT": "BIGSERIAL", "SMALLINT": "SMALLSERIAL"}
_COLUMN = frozenset(
    """autoincrement comment default doc index info insert_default key name nullable onupdate
    primary_key quote server_default server_onupdate sort_order system type_ unique""".split()
)
_IDENTITY = {
    "increment": "INCREMENT BY",
    "start": "START WITH",
    "minvalue": "MINVALUE",
    "maxvalue": "MAXVALUE",
    "cache": "CACHE",
}
"""Arguments of Identity in the order in which SQLAlchemy writes them."""


class Column(Struct, frozen=True):
    """A column: its clause but for the key, and what else its call asks for."""

    name: str
    sql: str
    primary_key: bool
    index: bool
    unique: bool
    keys: tuple[Key, ...]
    checks: tuple[str, ...]
    comment: str | None
    enum: EnumType | None


class Key(Struct, frozen=True):
    """A foreign key of one column."""

    name: str | None
    referred: str
    column: str | None
    options: dict[str, object]

    def sql(self, own: str) -> str:
        """The constraint's clause."""
        theirs = [self.column] if self.column else []
        return ddl.foreign_key([own], self.referred, theirs, **self.options)  # type: ignore[arg-type]


def text(value: Value, node: ast.AST, what: str) -> str:
    """The value, which must be a string. Raises NotLiteral."""
    if isinstance(value, Call) and value.name in ("alembic.op.f", ".f") and value.args:
        value = value.args[0]
    if not isinstance(value, str):
        raise NotLiteral(node, f"{what}, which is not spelled out")
    return value


def texts(value: Value, node: ast.AST, what: str) -> list[str]:
    """The value, which must be a list of strings. Raises NotLiteral."""
    if isinstance(value, str):
        return [value]
    if not isinstance(value, (list, tuple)):
        raise NotLiteral(node, f"{what}, which are not spelled out")
    return [text(each, node, what) for each in value]


def expression(value: Value, node: ast.AST, what: str) -> str:
    """SQL in a call: ``sa.text(…)``, ``sa.func.now()``, ``sa.true()``. Raises NotLiteral."""
    if isinstance(value, Call):
        arguments = [expression(each, value.node, what) for each in value.args]
        if value.last in ("text", "literal_column", "quoted_name") and value.name.startswith("sqlalchemy."):
            return text(value.args[0] if value.args else None, value.node, what).replace("\\:", ":")
        if value.name in ("alembic.op.inline_literal", "sqlalchemy.literal"):
            return constant(value.args[0] if value.args else None, value.node, what)
        if value.last in ("true", "false", "null") and not value.args:
            return value.last
        if ".func." in value.name and value.name.startswith("sqlalchemy."):
            if value.last.startswith(("current_", "local", "session_user")) and not value.args:
                return value.last.upper()
            return f"{value.last}({', '.join(arguments)})"
        if value.last in ("column", "Column") and value.args and isinstance(value.args[0], str):
            return quoted(value.args[0])
        if value.name in (".desc", ".asc") and not value.args:
            return f"{expression(value.receiver, node, what)} {value.name[1:].upper()}"
    if isinstance(value, str):
        return value
    raise NotLiteral(node, f"{what}, which is not spelled out as SQL")


def constant(value: Value, node: ast.AST, what: str) -> str:
    """A plain value as SQL. Raises NotLiteral."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, str):
        return ddl.literal(value)
    raise NotLiteral(node, f"{what}, which is not spelled out")


def default(value: Value, node: ast.AST) -> str:
    """A server default: a string is a literal, anything else an expression."""
    if isinstance(value, str):
        return f"DEFAULT {ddl.literal(value)}"
    if isinstance(value, Call) and value.last == "Identity":
        return identity(value)
    if isinstance(value, Call) and value.last == "Computed":
        return computed(value)
    return f"DEFAULT {expression(value, node, 'a server default')}"


def identity(call: Call) -> str:
    """``GENERATED … AS IDENTITY``."""
    values = dict(zip(("always", "on_null", "start", "increment"), call.args, strict=False)) | call.keywords
    sql = f"GENERATED {'ALWAYS' if values.pop('always', False) else 'BY DEFAULT'} AS IDENTITY"
    for name, value in values.items():
        if value is not None and name not in (*_IDENTITY, "cycle", "on_null"):
            raise NotLiteral(call.node, f"the argument {name} of Identity")
    options = [f"{words} {values[name]}" for name, words in _IDENTITY.items() if values.get(name) is not None]
    if values.get("cycle") is not None:
        options.append("CYCLE" if values["cycle"] else "NO CYCLE")
    return sql + (f" ({' '.join(options)})" if options else "")


def computed(call: Call) -> str:
    """``GENERATED ALWAYS AS … STORED``."""
    sql = expression(
        call.args[0] if call.args else call.keywords.get("sqltext"), call.node, "a computed column"
    )
    kept = call.keywords.get("persisted", call.args[1] if len(call.args) > 1 else None)
    word = "" if kept is None else (" STORED" if kept else " VIRTUAL")
    return f"GENERATED ALWAYS AS ({sql}){word or ' STORED'}"


def column(value: Value, node: ast.AST, *, alone_in_key: bool = False) -> Column:
    """The column of an ``sa.Column(…)``. Raises NotLiteral.

    `alone_in_key`: no other column is in the primary key, so that an integer counts up by itself.
    """
    if not isinstance(value, Call) or value.last not in ("Column", "column"):
        raise NotLiteral(node, "a column that is not spelled out as sa.Column(…)")
    node, keywords = value.node, value.keywords
    for keyword in keywords:
        if keyword not in _COLUMN:
            raise NotLiteral(node, f"the argument {keyword} of Column")
    rest = list(value.args)
    name = text(keywords["name"] if "name" in keywords else rest.pop(0) if rest else None, node, "a column")
    kind: Value = keywords.get("type_")
    if kind is None and rest and not _is_item(rest[0]):
        kind = rest.pop(0)
    keys = tuple(foreign(item) for item in rest if isinstance(item, Call) and item.last == "ForeignKey")
    if kind is None:
        raise NotLiteral(node, f"the type of {name}, which is not spelled out")
    sql_type = type_sql(kind, node)
    primary = keywords.get("primary_key", False) is True
    generated = [item for item in rest if isinstance(item, Call) and item.last in ("Identity", "Computed")]
    set_default = keywords.get("server_default")
    counts = primary and keywords.get("autoincrement", "auto") in ("auto", True) and alone_in_key and not keys
    if counts and sql_type in _SERIAL and set_default is None and not generated:
        sql_type = _SERIAL[sql_type]
    words = [quoted(name), sql_type]
    if set_default is not None and set_default is not False:
        words.append(default(set_default, node))
    words += [(identity if item.last == "Identity" else computed)(item) for item in generated]
    counted = any(item.last == "Identity" for item in generated)
    if not counted and keywords.get("nullable", not primary) is False:
        words.append("NOT NULL")
    elif counted and keywords.get("nullable") is True:
        words.append("NULL")
    checks = tuple(
        f"{ddl.constraint_name(item.keywords.get('name'))}CHECK ({expression(item.args[0], node, 'a check')})"
        for item in rest
        if isinstance(item, Call) and item.last == "CheckConstraint" and item.args
    )
    return Column(
        name,
        " ".join(words),
        primary,
        keywords.get("index") is True,
        keywords.get("unique") is True,
        keys,
        checks,
        keywords["comment"] if isinstance(keywords.get("comment"), str) else None,  # type: ignore[arg-type]
        enum_of(kind),
    )


def _is_item(value: Value) -> bool:
    items = ("ForeignKey", "Identity", "Computed", "CheckConstraint", "Sequence")
    return isinstance(value, Call) and value.last in items


def foreign(call: Call) -> Key:
    """``sa.ForeignKey("users.id", ondelete="CASCADE")``. Raises NotLiteral."""
    target = text(
        call.args[0] if call.args else call.keywords.get("column"), call.node, "what a key refers to"
    )
    parts = target.split(".")
    if len(parts) not in (2, 3):
        raise NotLiteral(call.node, f"the foreign key to {target!r}")
    referred = ddl.table(parts[-2], parts[0] if len(parts) == 3 else None)
    name = call.keywords.get("name")
    if isinstance(name, Call):
        name = text(name, call.node, "a name")
    return Key(name if isinstance(name, str) else None, referred, parts[-1], key_options(call))


def key_options(call: Call) -> dict[str, object]:
    """The options of a foreign key. Raises NotLiteral for one that is not known here."""
    options: dict[str, object] = {}
    known = {"ondelete": "on_delete", "onupdate": "on_update"}
    for keyword, value in call.keywords.items():
        if keyword in ("ondelete", "onupdate", "match", "deferrable", "initially"):
            options[known.get(keyword, keyword)] = value
        elif keyword == "postgresql_not_valid":
            options["valid"] = not value
        elif keyword not in ("name", "use_alter", "link_to_name", "info", "comment", "column"):
            raise NotLiteral(call.node, f"the argument {keyword} of {call.last}")
    return options


def constraint(value: Value, node: ast.AST) -> str:
    """The clause of a table constraint. Raises NotLiteral."""
    if not isinstance(value, Call):
        raise NotLiteral(node, "a part of a table that is not spelled out")
    node, keywords = value.node, value.keywords
    name = keywords.get("name")
    head = ddl.constraint_name(text(name, node, "a constraint's name") if name is not None else None)
    tail = ddl.deferring(keywords.get("deferrable"), keywords.get("initially"))
    match value.last:
        case "PrimaryKeyConstraint":
            _only(value, "name deferrable initially info comment")
            return f"{head}PRIMARY KEY {ddl.columns(texts(value.args, node, 'columns'))}{tail}"
        case "UniqueConstraint":
            _only(
                value,
                "name deferrable initially info comment postgresql_nulls_not_distinct postgresql_include",
            )
            nulls = " NULLS NOT DISTINCT" if keywords.get("postgresql_nulls_not_distinct") else ""
            included = texts(keywords.get("postgresql_include", ()), node, "columns")
            include = f" INCLUDE {ddl.columns(included)}" if included else ""
            return f"{head}UNIQUE{nulls} {ddl.columns(texts(value.args, node, 'columns'))}{include}{tail}"
        case "CheckConstraint":
            _only(value, "name deferrable initially info comment sqltext postgresql_not_valid")
            sql = expression(value.args[0] if value.args else keywords.get("sqltext"), node, "a check")
            return f"{head}CHECK ({sql}){tail}{' NOT VALID' if keywords.get('postgresql_not_valid') else ''}"
        case "ForeignKeyConstraint":
            return head + _foreign_keys(value)
    raise NotLiteral(node, f"{value.name}(…)")


def _foreign_keys(call: Call) -> str:
    own = texts(call.args[0] if call.args else None, call.node, "columns")
    targets = texts(call.args[1] if len(call.args) > 1 else None, call.node, "what a key refers to")
    tables = {target.rpartition(".")[0] for target in targets}
    if len(tables) != 1 or "" in tables:
        raise NotLiteral(call.node, "a foreign key whose table is not spelled out")
    schema, _, name = tables.pop().rpartition(".")
    theirs = [target.rpartition(".")[2] for target in targets]
    return ddl.foreign_key(own, ddl.table(name, schema), theirs, **key_options(call))  # type: ignore[arg-type]


def _only(call: Call, names: str) -> None:
    for keyword in call.keywords:
        if keyword not in names.split():
            raise NotLiteral(call.node, f"the argument {keyword} of {call.last}")


def index_parts(value: Value, node: ast.AST, classes: Value = None) -> Sequence[str]:
    """The parts of an index: names, or expressions. Raises NotLiteral."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, (list, tuple)):
        raise NotLiteral(node, "the columns of an index, which are not spelled out")
    parts = []
    for each in value:
        if isinstance(each, str):
            operators = classes.get(each) if isinstance(classes, dict) else None
            parts.append(quoted(each) + (f" {operators}" if operators else ""))
        else:
            parts.append(_indexed(each, node))
    return parts


def _indexed(value: Value, node: ast.AST) -> str:
    sql = expression(value, node, "a part of an index")
    if isinstance(value, Call) and value.last == "text":
        return sql
    return sql if isinstance(value, Call) and value.last in ("column", "desc", "asc") else f"({sql})"
