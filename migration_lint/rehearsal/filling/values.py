"""A value for the n-th row of a column, as SQL over ``n``; and values that a condition speaks of."""

from __future__ import annotations

import re

from migration_lint.rehearsal.filling.shape import Column

_BY_TYPE = {
    "smallint": "n % 30000",
    "integer": "n",
    "bigint": "n",
    "oid": "n",
    "real": "n + 0.5",
    "double precision": "n + 0.5",
    "money": "n",
    "boolean": "n % 2 = 0",
    "date": "DATE '2020-01-01' + n::int",
    "timestamp without time zone": "TIMESTAMP '2020-01-01' + n * INTERVAL '1 minute'",
    "timestamp with time zone": "TIMESTAMPTZ '2020-01-01 00:00Z' + n * INTERVAL '1 minute'",
    "time without time zone": "TIME '00:00' + n * INTERVAL '1 second'",
    "interval": "n * INTERVAL '1 second'",
    "uuid": "md5(n::text)",
    "json": "json_build_object('n', n)",
    "jsonb": "jsonb_build_object('n', n)",
    "bytea": "decode(md5(n::text), 'hex')",
    "inet": "'10.0.0.0'::inet + n",
    "cidr": "('10.0.' || n % 256 || '.' || n / 256 % 256)",
    "macaddr": "'00:00:00:' || to_char(n / 10000 % 100, 'FM00:') || to_char(n / 100 % 100, 'FM00:')"
    " || to_char(n % 100, 'FM00')",
    "tsvector": "to_tsvector('simple', 'word ' || n)",
    "point": "point(n, n)",
    "int4range": "int4range(n::int, n::int + 1)",
    "int8range": "int8range(n, n + 1)",
    "numrange": "numrange(n, n + 1)",
    "daterange": "daterange(DATE '2020-01-01' + n::int, DATE '2020-01-02' + n::int)",
    "tsrange": "tsrange(TIMESTAMP '2020-01-01' + n * INTERVAL '1 h',"
    " TIMESTAMP '2020-01-01' + (n + 1) * INTERVAL '1 h')",
    "tstzrange": "tstzrange(TIMESTAMPTZ '2020-01-01Z' + n * INTERVAL '1 h',"
    " TIMESTAMPTZ '2020-01-01Z' + (n + 1) * INTERVAL '1 h')",
}
_NUMERIC = re.compile(r"numeric\((?P<precision>\d+),(?P<scale>-?\d+)\)")
_LITERAL = re.compile(r"'(?P<text>(?:[^']|'')*)'|(?<![\w.'\"])(?P<number>-?\d+(?:\.\d+)?)(?![\w.])")
_EMPTY_EVERY = 10


def value(column: Column) -> str | None:
    """The n-th row's value, as SQL; None for a type that is not known here."""
    made = _value(column)
    if made is None:
        return None
    typed = f"({made})::{column.base}"
    # Production has rows without a value wherever it may.
    return typed if column.not_null else f"CASE WHEN n % {_EMPTY_EVERY} <> 0 THEN {typed} END"


def _value(column: Column) -> str | None:
    if column.labels:
        labels = ", ".join(literal(label) for label in column.labels)
        return f"(ARRAY[{labels}])[n % {len(column.labels)} + 1]"
    if column.category == "A":
        element = _BY_TYPE.get(column.element or "") or (
            "'value ' || n" if column.element == "text" else None
        )
        return f"ARRAY[({element})::{column.element}]" if element else "'{}'"
    numeric = _NUMERIC.fullmatch(column.base)
    if numeric is not None:
        digits = int(numeric["precision"]) - int(numeric["scale"])
        return f"n % {10 ** min(digits, 15)}" if digits > 0 else "0"
    if column.base == "numeric":
        return "n + 0.5"
    if column.category == "S" or column.base.endswith("citext"):
        length = column.length
        return f"right('value ' || n, {length})" if length is not None else "'value ' || n"
    return _BY_TYPE.get(column.base)


def candidates(condition: str, column: Column) -> list[str]:
    """Values of a column that a condition may want, as literals: those in it, and those beside them."""
    found: dict[str, None] = {}
    for match in _LITERAL.finditer(condition):
        if match["text"] is not None:
            found[match["text"].replace("''", "'")] = None
        else:
            number = float(match["number"])
            for near in (number, number + 1, number - 1):
                found[f"{near:g}"] = None
    for usual in ("1", "0", "a", "true", "2020-01-01", *column.labels):
        found[usual] = None
    return list(found)[:40]


def literal(text: str) -> str:
    """Text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
