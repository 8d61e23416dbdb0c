"""Domains, for the rules that put their conditions on tables instead."""

from __future__ import annotations

import re

from migration_lint.catalog import Catalog
from migration_lint.names import quoted
from migration_lint.schema import Constraint, ConstraintKind, Type, TypeKind


def below(catalog: Catalog, type_: Type) -> tuple[Type | None, list[str]]:
    """(base type of a domain, its conditions with VALUE for the value, those of domains below included)."""
    base: Type | None = None
    conditions: list[str] = []
    known = catalog.types.get(type_.name) if not type_.dimensions else None
    while known is not None and known.kind is TypeKind.DOMAIN:
        base = known.base
        conditions += [text for check in known.constraints if (text := _of(check))]
        if known.not_null:
            conditions.append("VALUE IS NOT NULL")
        known = catalog.types.get(base.name) if base is not None else None
    return base, list(dict.fromkeys(conditions))


def plain(catalog: Catalog, type_: Type | None) -> Type | None:
    """The base type of a domain that has conditions; any other type as it is."""
    base, conditions = below(catalog, type_) if type_ is not None else (None, [])
    return base if conditions else type_


def _of(constraint: Constraint) -> str:
    if constraint.kind is ConstraintKind.NOT_NULL:
        return "VALUE IS NOT NULL"
    return constraint.expression.text if constraint.expression is not None else ""


def condition(conditions: list[str], column: str) -> str:
    """The conditions of a domain as one about a column."""
    name = quoted(column)
    return " AND ".join(
        re.sub(r"\bvalue\b", lambda _: name, text, flags=re.IGNORECASE) for text in conditions
    )
