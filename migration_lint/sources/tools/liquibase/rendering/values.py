"""Values of columns: defaults, and what INSERT and UPDATE put in."""

from __future__ import annotations

import re

from migration_lint.sources.tools.liquibase.rendering.change import ChangeError, Rendering
from migration_lint.sources.tools.liquibase.rendering.types import (
    BLOB,
    CLOCK,
    NUMBER,
    OTHER,
    RAW,
    STRING,
    TIME,
    TRUTH,
    DataType,
)
from migration_lint.sources.tools.liquibase.tree import Node

_NOW = frozenset({"now()", "current_timestamp", "current_datetime", "current timestamp"})
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d.*)?\Z|\d\d:\d\d(?::\d\d.*)?\Z")
_TRUE = frozenset({"true", "1", "t", "yes", "y", "on"})
_FALSE = frozenset({"false", "0", "f", "no", "n", "off"})
_KINDS = ("Numeric", "Boolean", "Date", "Computed", "SequenceNext", "SequenceCurrent", "ClobFile", "BlobFile")


def has_value(column: Node, prefix: str = "value") -> bool:
    """Whether one of ``value``, ``valueNumeric``, … is set."""
    return any(column.text_of(prefix + kind) is not None for kind in ("", *_KINDS))


def value(column: Node, rendering: Rendering, prefix: str = "value") -> str:
    """The value that the column is given; NULL where it has none."""
    dialect = rendering.dialect
    special = _special(column, rendering, prefix)
    if special is not None:
        return special
    truth = column.get(f"{prefix}Boolean")
    if truth is not None:
        return dialect.truth(truth.lower() in _TRUE)
    date = column.get(f"{prefix}Date")
    if date is not None:
        return f"'{_moment(date)}'" if _DATE.match(date) else computed(date)
    number = column.get(f"{prefix}Numeric")
    if number is not None:
        return number
    text = column.text_of(prefix)
    if text is None or text.value.lower() == "null":
        return "NULL"
    return dialect.text(text.value)


def default(column: Node, kind: DataType | None, rendering: Rendering) -> str | None:
    """What follows DEFAULT, as the column's type writes it; None where nothing is set."""
    special = _special(column, rendering, "defaultValue")
    if special is not None:
        return special
    written: str | None = None
    date = column.get("defaultValueDate")
    if date is not None:
        if not _DATE.match(date):
            return computed(date)
        written = _date_default(date, kind)
    for other in ("Boolean", "Numeric"):
        if written is None and (written := column.get(f"defaultValue{other}")) is not None:
            _fits(kind is None or kind.kind not in (TIME, CLOCK), f"defaultValue{other}", kind)
    if written is not None and kind is not None and kind.kind == BLOB:
        return written
    if written is None:
        text = column.text_of("defaultValue")
        if text is None:
            return None
        written = text.value
    elif column.get("defaultValueBoolean") is not None:
        written = written.lower()
    if kind is None:  # of no type that is told: by the attribute
        if column.get("defaultValueBoolean") is not None:
            return rendering.dialect.truth(written in _TRUE)
        return written if column.get("defaultValueNumeric") is not None else rendering.dialect.text(written)
    return of_kind(written, kind, rendering)


def _date_default(date: str, kind: DataType | None) -> str:
    """The moment as a default of the type has it; Liquibase reads it into one of Java's classes."""
    whole, time = "T" in date, ":" in date
    if kind is None or kind.kind not in (TIME, CLOCK):
        return _moment(date) + (".0" if whole and "." not in date else "")
    if kind.kind == TIME:
        _fits(whole, "defaultValueDate without both date and time", kind)
    elif not kind.sql.startswith("date"):
        _fits(time and not whole, "defaultValueDate that is no time", kind)
    return _moment(date)


def _fits(holds: bool, what: str, kind: DataType | None) -> None:
    if not holds and kind is not None:
        raise ChangeError(f"{what} is not for a column of type {kind.sql}: Liquibase stops there")


def of_kind(written: str, data_type: DataType, rendering: Rendering) -> str:
    """A value as its type writes it (LiquibaseDataType.objectToSql)."""
    kind = data_type.kind
    if written.lower() == "null":
        if kind == BLOB:
            return f"'{written}'"
        return "'null'" if kind == OTHER else "null"
    if kind in (NUMBER, RAW):
        return written
    if kind == TRUTH:
        if written.lower() in _TRUE:
            return rendering.dialect.truth(True)
        if written.lower() in _FALSE or _is_number(written):
            return rendering.dialect.truth(False)
        raise ChangeError(f"{written!r} is no truth value: Liquibase stops there")
    if kind == TIME and "(" in written:
        return written
    if kind in (STRING, TIME, CLOCK):
        return rendering.dialect.text(written)
    return f"'{written}'"


def computed(expression: str) -> str:
    """An expression; the ways to ask for the time become the database's."""
    return "NOW()" if expression.strip().lower() in _NOW else expression


def _special(column: Node, rendering: Rendering, prefix: str) -> str | None:
    """Expressions, sequences and files, which are the same for every type."""
    found = column.get(f"{prefix}Computed")
    if found is not None:
        return computed(found)
    for name, function in (("SequenceNext", "nextval"), ("SequenceCurrent", "currval")):
        sequence = column.get(prefix + name)
        if sequence is not None:
            if rendering.dialect.database == "mysql":
                raise ChangeError("MySQL has no sequences: Liquibase stops there")
            if not rendering.dialect.postgres:
                if name == "SequenceCurrent":
                    raise ChangeError("MariaDB has no value that a sequence gave last: Liquibase stops there")
                return f"NEXT VALUE FOR {rendering.dialect.name(sequence)}"
            return f"{function}('{rendering.dialect.name(sequence)}')"
    for name in ("ClobFile", "BlobFile"):
        file = column.get(prefix + name)
        if file is not None:  # its content, as a parameter
            return rendering.dialect.text(f"content of {file}")
    return None


def _moment(date: str) -> str:
    return date.replace("T", " ")


def _is_number(written: str) -> bool:
    return written.replace(".", "", 1).lstrip("-").isdigit()
