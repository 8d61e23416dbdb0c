"""The value that a column has while Django adds it or makes it NOT NULL.

A callable (``uuid.uuid4``, ``timezone.now``) is called once: to the server its value is a constant. What it
will be nobody knows, so a constant of the same type stands for it.
"""

from __future__ import annotations

import ast

from migration_lint.sources.ddl import literal
from migration_lint.sources.python.values import Call, Combined, NotLiteral, Opaque, Reference, Value
from migration_lint.sources.tools.django.fields import internal_kind
from migration_lint.sources.tools.django.state import Field, State

_STAND_INS = {
    "BooleanField": "false",
    "DateField": "'2000-01-01'::date",
    "DateTimeField": "'2000-01-01 00:00:00+00:00'::timestamptz",
    "DurationField": "'0'::interval",
    "GenericIPAddressField": "'0.0.0.0'::inet",
    "IPAddressField": "'0.0.0.0'::inet",
    "TimeField": "'00:00:00'::time",
    "UUIDField": "'00000000-0000-0000-0000-000000000000'::uuid",
    "JSONField": "'{}'::jsonb",
    "BinaryField": "'\\x'::bytea",
    "ArrayField": "'{}'",
    "HStoreField": "''",
}
_NUMBERS = (
    "AutoField", "BigAutoField", "SmallAutoField", "IntegerField", "BigIntegerField", "SmallIntegerField",
    "PositiveIntegerField", "PositiveBigIntegerField", "PositiveSmallIntegerField", "FloatField",
    "DecimalField", "OrderWrt",
)  # fmt: skip
_EMPTY_IS_NULL = frozenset(
    """AutoField BigAutoField SmallAutoField BooleanField NullBooleanField DateField DateTimeField
    DecimalField DurationField FloatField IntegerField BigIntegerField SmallIntegerField
    PositiveIntegerField PositiveBigIntegerField PositiveSmallIntegerField GenericIPAddressField
    IPAddressField TimeField UUIDField JSONField ForeignKey OneToOneField ArrayField HStoreField
    DateRangeField DateTimeRangeField IntegerRangeField BigIntegerRangeField DecimalRangeField
    SearchVectorField OrderWrt""".split()
)
"""Kinds that take no empty string (``empty_strings_allowed = False``, or none that the column takes)."""


def effective_default(field: Field, state: State) -> str | None:
    """The value as SQL, None where there is none. Raises NotLiteral."""
    given = field.given
    if field.kind == "OrderWrt":
        return "0"
    if field.generated:
        return None
    if "default" in given:
        return None if given["default"] is None else _sql(field, given["default"], state)
    kind = internal_kind(field)
    if not field.null and field.flag("blank") and kind not in _EMPTY_IS_NULL:
        return "'\\x'::bytea" if kind == "BinaryField" else "''"
    if field.flag("auto_now") or field.flag("auto_now_add"):
        return _STAND_INS[kind]
    return None


def _sql(field: Field, value: Value, state: State) -> str:
    kind = internal_kind(field)
    if field.is_relation:
        return _plain(value, field) if isinstance(value, (str, int)) else _of_unknown("IntegerField")
    if isinstance(value, (Reference, Opaque, Combined)):
        return _of_unknown(kind)
    if isinstance(value, Call):
        return _of_call(kind, value, field)
    if kind == "JSONField":
        return f"{literal(_json(value))}::jsonb"
    if kind in ("ArrayField", "HStoreField") or isinstance(value, (list, dict, tuple, set)):
        return _of_unknown(kind)
    if kind == "BinaryField":
        return "'\\x'::bytea"
    return _plain(value, field)


def _plain(value: Value, field: Field) -> str:
    kind = internal_kind(field)
    if kind == "BooleanField" and isinstance(value, (bool, int)):
        return "true" if value else "false"
    if isinstance(value, bool):
        return str(int(value)) if kind in _NUMBERS else literal(str(value))
    if isinstance(value, (int, float)):
        if kind == "FloatField":
            return repr(float(value))
        return repr(value) if kind in _NUMBERS or field.is_relation else literal(str(value))
    if isinstance(value, str):
        if kind in _NUMBERS:
            return value.strip() if value.strip().lstrip("-").replace(".", "", 1).isdigit() else "0"
        cast = {"DateField": "::date", "DateTimeField": "::timestamptz", "TimeField": "::time",
                "UUIDField": "::uuid", "GenericIPAddressField": "::inet"}.get(kind, "")  # fmt: skip
        return f"{literal(value)}{cast}"
    return _of_unknown(kind)


def _of_call(kind: str, value: Call, field: Field) -> str:
    """``Decimal("0.00")``, ``datetime.date(2024, 1, 31)``, ``_("a text")``."""
    if value.last == "Decimal" and len(value.args) == 1 and isinstance(value.args[0], (str, int, float)):
        return _plain(str(value.args[0]), field)
    numbers = [each for each in value.args if isinstance(each, int)]
    if value.name == "datetime.date" and len(numbers) == 3:
        return f"'{numbers[0]:04}-{numbers[1]:02}-{numbers[2]:02}'::date"
    if value.last in ("gettext_lazy", "gettext") and value.args and isinstance(value.args[0], str):
        return literal(value.args[0])
    return _of_unknown(kind)


def _of_unknown(kind: str) -> str:
    if kind in _NUMBERS:
        return "0"
    return _STAND_INS.get(kind, "''")


def _json(value: Value) -> str:
    import json

    try:
        return json.dumps(value)
    except TypeError:
        return "{}"


def database_default(field: Field, expression: str | None) -> str:
    """``db_default`` as SQL; `expression` is that of a call. Raises NotLiteral."""
    value = field.given["db_default"]
    if isinstance(value, Call) and value.last == "Value" and value.args:
        value = value.args[0]
    elif isinstance(value, (Call, Combined)):
        if expression is None:
            raise NotLiteral(ast.Constant(None), f"the db_default of {field.name}")
        return f"({expression})"
    if isinstance(value, (Reference, Opaque)):
        raise NotLiteral(ast.Constant(None), f"the db_default of {field.name}")
    if value is None:
        return "NULL"
    return _sql(field, value, State())
