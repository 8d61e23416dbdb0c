"""Where two schemas differ, object by object.

Only what a server would show is compared: not where an object came from, nor how many rows it has.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.catalog import Catalog
from migration_lint.schema import Column, Constraint, ConstraintKind, Expression, Index, Relation


def difference(before: Catalog, after: Catalog) -> list[str]:
    """What `after` has not got, has left over, or has otherwise, in words; empty where they are alike."""
    old, new = dict(_facts(before)), dict(_facts(after))
    lost = [f"{name} is missing" for name in old if name not in new and not _within(name, old, new)]
    left = [f"{name} is left" for name in new if name not in old and not _within(name, new, old)]
    other = [f"{name} is not as before" for name in old if name in new and old[name] != new[name]]
    return [*lost, *left, *other]


def _within(name: str, facts: dict[str, object], others: dict[str, object]) -> bool:
    """Whether a part goes with a whole that is named already."""
    kind, _, path = name.partition(" ")
    if kind not in ("column", "constraint", "index", "trigger", "policy"):
        return False
    whole = f"relation {facts[name][0] if kind == 'index' else path.rpartition('.')[0]}"  # type: ignore[index]
    return whole in facts and whole not in others


def _facts(catalog: Catalog) -> Iterator[tuple[str, object]]:
    for schema in catalog.schemas:
        yield f"schema {schema}", ()
    for extension in catalog.extensions:
        yield f"extension {extension}", ()
    for relation in catalog.relations.values():
        yield from _of_relation(relation)
    for index in catalog.indexes.values():
        yield f"index {index.name}", _index(index)
    for made in catalog.types.values():
        constraints = tuple(_constraint(constraint) for constraint in made.constraints)
        yield (
            f"type {made.name}",
            (made.kind, made.labels, str(made.base), made.not_null, _text(made.default), constraints),
        )
    for routine in catalog.routines.values():
        yield f"routine {routine.name}", (routine.arguments, routine.volatility, routine.language)
    for name, tables in catalog.publications.items():
        yield f"publication {name}", tuple(sorted(tables))


def _of_relation(relation: Relation) -> Iterator[tuple[str, object]]:
    name = relation.name
    yield (
        f"relation {name}",
        (
            relation.kind,
            relation.persistence,
            relation.parents,
            relation.partition_key,
            relation.reads,
            relation.owned_by,
            relation.row_security,
            relation.replica_identity,
            relation.clustered_on,
            tuple(sorted(relation.options)),
            tuple(sorted(relation.statistics)),
        ),
    )
    for column in relation.columns:
        yield f"column {name}.{column.name}", _column(column)
    for constraint in relation.constraints:
        if constraint.kind is not ConstraintKind.NOT_NULL:  # the column says it
            yield f"constraint {name}.{constraint.name}", _constraint(constraint)
    for trigger in relation.triggers:
        yield f"trigger {name}.{trigger.name}", (trigger.function, trigger.timing, trigger.row)
    for policy in relation.policies:
        yield f"policy {name}.{policy.name}", policy.reads


def _column(column: Column) -> object:
    return (
        str(column.type),
        column.not_null,
        _text(column.default),
        column.generated,
        column.identity,
        column.collation,
    )


def _constraint(constraint: Constraint) -> object:
    return (
        constraint.kind,
        constraint.columns,
        constraint.validated,
        constraint.enforced,
        _text(constraint.expression),
        constraint.references,
        constraint.referenced_columns,
        constraint.on_delete,
        constraint.on_update,
        constraint.deferrable,
        constraint.no_inherit,
    )


def _index(index: Index) -> tuple[object, ...]:
    return (
        index.relation,
        index.columns,
        index.include,
        tuple(_text(expression) for expression in index.expressions),
        _text(index.predicate),
        index.unique,
        index.valid,
        index.method,
        index.operator_classes,
        index.collations,
        tuple(sorted(index.options)),
    )


def _text(expression: Expression | None) -> str | None:
    return None if expression is None else " ".join(expression.text.split())
