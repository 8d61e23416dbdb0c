"""Which function folds which change, and what the folding functions share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec.structs import replace

from migration_lint.catalog import Catalog
from migration_lint.effects import Effect
from migration_lint.names import split
from migration_lint.schema import Column, Constraint, Index, Origin, Relation, RelationKind

Fold = Callable[[Catalog, Any, "Origin | None"], Catalog]
_F = TypeVar("_F", bound=Fold)
FOLDS: dict[type[Effect], Fold] = {}
"""The folding function of each kind of change; a kind that is not here changes no schema."""


def folds(*kinds: type[Effect]) -> Callable[[_F], _F]:
    """Registers a function ``(catalog, change, origin) -> Catalog`` for kinds of change."""

    def keep(folder: _F) -> _F:
        for kind in kinds:
            FOLDS[kind] = folder
        return folder

    return keep


def known_relation(catalog: Catalog, name: str) -> Relation:
    """The relation; where it was never seen, one of which only the name is known."""
    return catalog.relation(name) or Relation(name, complete=False)


def with_column(relation: Relation, column: Column) -> Relation:
    """The relation with the column added, or put in place of the one of its name."""
    if relation.column(column.name) is None:
        return replace(relation, columns=(*relation.columns, column))
    columns = tuple(column if old.name == column.name else old for old in relation.columns)
    return replace(relation, columns=columns)


def placed(
    columns: tuple[Column, ...], column: Column, *, first: bool, after: str | None
) -> tuple[Column, ...]:
    """The columns with one of them moved: to the front, or behind another."""
    others = [one for one in columns if one.name != column.name]
    names = [one.name for one in others]
    at = 0 if first else names.index(after) + 1 if after in names else len(others)
    return (*others[:at], column, *others[at:])


def with_altered_column(catalog: Catalog, relation: str, name: str, **changes: object) -> Catalog:
    """With fields of a column changed, in the relation and in its partitions and heirs."""
    table = known_relation(catalog, relation)
    column = table.column(name) or Column(name, None)
    catalog = catalog.with_relation(with_column(table, replace(column, **changes)))
    for child in list(catalog.children(relation)):
        own = child.column(name)
        if own is not None:
            new = changes.get("not_null") and not own.not_null
            below = {**changes, "not_null_local": False} if new else changes
            catalog = with_altered_column(catalog, child.name, name, **below)
    return catalog


def with_constraint(relation: Relation, constraint: Constraint) -> Relation:
    """The relation with the constraint added, or put in place of the one of its name."""
    kept = tuple(old for old in relation.constraints if old.name != constraint.name)
    return replace(relation, constraints=(*kept, constraint))


def owned_sequence(relation: str, column: str, origin: Origin | None) -> Relation:
    """The sequence that a serial or identity column makes."""
    schema, table = split(relation)
    name = f"{schema}.{table}_{column}_seq"
    return Relation(name, RelationKind.SEQUENCE, owned_by=(relation, column), origin=origin)


def index_uses(index: Index, column: str) -> bool:
    """Whether an index has the column in its key, payload, an expression or its predicate."""
    return (
        column in index.columns
        or column in index.include
        or any(column in expression.columns for expression in index.expressions)
        or (index.predicate is not None and column in index.predicate.columns)
    )


def constraint_uses(constraint: Constraint, column: str) -> bool:
    """Whether a constraint is about the column."""
    return column in constraint.columns or (
        constraint.expression is not None and column in constraint.expression.columns
    )
