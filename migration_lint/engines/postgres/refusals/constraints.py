"""ADD, VALIDATE, ALTER and DROP CONSTRAINT that the server refuses."""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.engines.postgres.definitions import INDEXED, read_constraint
from migration_lint.engines.postgres.dependents import Thing, removal
from migration_lint.engines.postgres.refusals import keys
from migration_lint.engines.postgres.statements.alteration import Clause
from migration_lint.folding.inheritance import INHERITED, counterpart, has_from_above
from migration_lint.names import bare
from migration_lint.schema import Constraint, ConstraintKind, RelationKind


def add_constraint(clause: Clause) -> Iterator[str]:
    """ADD CONSTRAINT."""
    constraint = read_constraint(clause.definition, clause.known, clause.at)
    yield from keys.of_constraint(clause, constraint, clause.definition)


def _missing(clause: Clause, name: str) -> str:
    return f'constraint "{name}" of relation "{bare(clause.table)}" does not exist'


def validate_constraint(clause: Clause) -> Iterator[str]:
    """VALIDATE CONSTRAINT."""
    constraint = clause.known.constraint(clause.name)
    if constraint is None:
        if clause.not_null_named(clause.name) is None:
            yield _missing(clause, clause.name)
        return
    checked = [ConstraintKind.FOREIGN_KEY, ConstraintKind.CHECK]
    if clause.at.version >= 18:
        checked.append(ConstraintKind.NOT_NULL)
    if constraint.kind not in checked:
        yield f'constraint "{clause.name}" is a {constraint.kind.value}, which is never validated'
    if not constraint.enforced:
        yield f'cannot validate NOT ENFORCED constraint "{clause.name}"'
    children = clause.at.catalog.children(clause.table)
    alone = not clause.recurse and children and not constraint.no_inherit
    if constraint.kind in INHERITED and not constraint.validated and alone:
        yield "constraint must be validated on child tables too"


def alter_constraint(clause: Clause) -> Iterator[str]:
    """ALTER CONSTRAINT."""
    node = clause.definition
    name = str(node.get("conname", ""))
    constraint = clause.known.constraint(name)
    if constraint is None:
        if clause.not_null_named(name) is None:
            yield _missing(clause, name)
        return
    shown = f'constraint "{name}" of relation "{bare(clause.table)}"'
    key = constraint.kind is ConstraintKind.FOREIGN_KEY
    if not key and (node.get("alterDeferrability") or not node.get("alterInheritability")):
        yield f"{shown} is not a foreign key constraint"
    if node.get("alterInheritability") and constraint.kind is not ConstraintKind.NOT_NULL:
        yield f"{shown} is not a not-null constraint"
    if node.get("alterInheritability") and has_from_above(clause.at.catalog, clause.known, constraint):
        yield f"cannot alter inherited {shown}"
    if key and has_from_above(clause.at.catalog, clause.known, constraint):
        yield f"cannot alter {shown}: it is part of that of the partitioned table"
    alone = clause.known.kind is RelationKind.PARTITIONED_TABLE and not clause.recurse
    if key and alone and clause.at.version >= 18:
        yield "constraint must be altered in child tables too"


def drop_constraint(clause: Clause) -> Iterator[str]:
    """DROP CONSTRAINT."""
    table = clause.known
    constraint = table.constraint(clause.name)
    if constraint is None:
        unnamed = clause.not_null_named(clause.name)
        if unnamed is not None:
            yield from _needed_not_null(clause, unnamed)
        elif not clause.missing_ok:
            yield _missing(clause, clause.name)
        return
    catalog = clause.at.catalog
    if has_from_above(catalog, table, constraint):
        yield f'cannot drop inherited constraint "{clause.name}" of relation "{bare(clause.table)}"'
    if constraint.kind is ConstraintKind.NOT_NULL:
        yield from _needed_not_null(clause, constraint)
    below = [child for child in catalog.children(clause.table) if counterpart(child, constraint)]
    alone = table.partition_key is not None and not clause.recurse and below
    if alone and clause.at.version < 18:
        yield "cannot remove constraint from only the partitioned table when partitions exist"
    if constraint.kind in INDEXED and not clause.cascade:
        others = removal([Thing("constraint", clause.table, clause.name)], clause.at).others
        if others:
            yield f"cannot drop constraint {clause.name}: {others[0]} needs it, and CASCADE is not given"


def _needed_not_null(clause: Clause, constraint: Constraint) -> Iterator[str]:
    for name in constraint.columns:
        column = clause.known.column(name)
        key = clause.known.primary_key
        if key is not None and name in key.columns:
            yield f'column "{name}" is in a primary key'
        if column is not None and column.identity is not None:
            yield f'column "{name}" of relation "{bare(clause.table)}" is an identity column'
        above = [clause.at.relation(parent) for parent in clause.known.parents]
        if any(parent is not None and (own := parent.column(name)) and own.not_null for parent in above):
            yield f'cannot drop inherited constraint "{constraint.name}" of "{bare(clause.table)}"'
