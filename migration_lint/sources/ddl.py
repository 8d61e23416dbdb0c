"""PostgreSQL's DDL, written for what a program's migrations say: the parts that all tools share."""

from __future__ import annotations

from collections.abc import Iterable

from migration_lint.names import quoted


def literal(text: str) -> str:
    """A string as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def columns(names: Iterable[str]) -> str:
    """Column names as a list in parentheses."""
    return f"({', '.join(map(quoted, names))})"


def table(name: str, schema: object = None) -> str:
    """A table's name, in its schema where there is one."""
    return f"{quoted(schema)}.{quoted(name)}" if isinstance(schema, str) and schema else quoted(name)


def constraint_name(name: object) -> str:
    """``CONSTRAINT name`` and a blank, or nothing where it has no name."""
    return f"CONSTRAINT {quoted(name)} " if isinstance(name, str) and name else ""


def foreign_key(
    own: Iterable[str],
    referred: str,
    theirs: Iterable[str],
    *,
    on_delete: object = None,
    on_update: object = None,
    match: object = None,
    deferrable: object = None,
    initially: object = None,
    valid: bool = True,
) -> str:
    """``FOREIGN KEY (…) REFERENCES …`` with its options."""
    theirs = list(theirs)
    sql = f"FOREIGN KEY {columns(own)} REFERENCES {referred}"
    if theirs:
        sql += f" {columns(theirs)}"
    if match:
        sql += f" MATCH {match}"
    if on_delete:
        sql += f" ON DELETE {on_delete}"
    if on_update:
        sql += f" ON UPDATE {on_update}"
    return sql + deferring(deferrable, initially) + ("" if valid else " NOT VALID")


def deferring(deferrable: object, initially: object) -> str:
    """``DEFERRABLE INITIALLY …`` as far as it is said."""
    sql = ""
    if deferrable is not None:
        sql += " DEFERRABLE" if deferrable else " NOT DEFERRABLE"
    if initially:
        sql += f" INITIALLY {initially}"
    return sql


def create_index(
    name: str | None,
    on: str,
    parts: Iterable[str],
    *,
    unique: bool = False,
    concurrently: bool = False,
    if_not_exists: bool = False,
    using: object = None,
    include: Iterable[str] = (),
    where: str | None = None,
    options: str | None = None,
    tablespace: object = None,
    nulls_distinct: bool = True,
) -> str:
    """``CREATE INDEX`` of parts that are SQL already."""
    include = list(include)
    words = ["CREATE", "UNIQUE" if unique else "", "INDEX", "CONCURRENTLY" if concurrently else ""]
    words += ["IF NOT EXISTS" if if_not_exists else "", quoted(name) if name else "", "ON", on]
    words += [f"USING {using}" if using else "", f"({', '.join(parts)})"]
    words += [f"INCLUDE {columns(include)}" if include else ""]
    words += ["" if nulls_distinct else "NULLS NOT DISTINCT", f"WITH ({options})" if options else ""]
    words += [
        f"TABLESPACE {quoted(str(tablespace))}" if tablespace else "",
        f"WHERE {where}" if where else "",
    ]
    return " ".join(filter(None, words))


def drop_index(name: str, *, concurrently: bool = False, if_exists: bool = False) -> str:
    """``DROP INDEX`` of a name that is SQL already."""
    words = ["DROP INDEX", "CONCURRENTLY" if concurrently else "", "IF EXISTS" if if_exists else "", name]
    return " ".join(filter(None, words))


def insert(table: str, names: Iterable[str], values: str) -> str:
    """``INSERT`` of one row, whose values are SQL already."""
    return f"INSERT INTO {table} {columns(names)} VALUES ({values})"  # noqa: S608 - it is read, not run
