"""ALTER COLUMN … TYPE: what is rewritten, and what is built or checked again although nothing is.

``ATPrepAlterColumnType``, ``ATExecAlterColumnType`` and ``ATPostAlterTypeCleanup``: indexes and
constraints on the column are dropped and made again; an index keeps its file where
``CheckIndexCompatible`` allows, a foreign key its validity where its operators stay.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from migration_lint.clauses import clause_bounds
from migration_lint.effects import ChangeColumnType, Effect, IndexBuild
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.nodes import Node, names
from migration_lint.engines.postgres.prediction import lock
from migration_lint.engines.postgres.scan import after_word
from migration_lint.engines.postgres.statements.alteration import Clause
from migration_lint.engines.postgres.statements.drop_effects import referenced_side
from migration_lint.engines.postgres.types import TypeChange, cast_chain, change_of_type
from migration_lint.folding.registry import index_uses
from migration_lint.schema import (
    Column,
    Constraint,
    ConstraintKind,
    Expression,
    Generated,
    Index,
    Relation,
    Type,
)

_EXCLUSIVE = Mode.AccessExclusiveLock


class _Target(Struct, frozen=True):
    """What the column becomes: its type, collation, and the USING expression."""

    column: str
    type: Type
    collation: str | None
    using: Node | None


def alter_column_type(clause: Clause) -> Iterator[Effect]:
    """SET DATA TYPE of one column, in the table and all its partitions or heirs."""
    definition = clause.definition
    new = clause.at.type(definition["typeName"])
    collation = definition.get("collClause")
    target = _Target(
        clause.name,
        new,
        ".".join(names(collation.get("collname"))) if collation else None,
        definition.get("raw_default"),
    )
    column = clause.known.column(clause.name)
    cost = _cost(clause, column, target)
    yield ChangeColumnType(
        relation=clause.table,
        column=clause.name,
        old=column.type if column is not None else None,
        new=new,
        using=_using(clause, target.using),
        collation=target.collation,
        certain=cost.certain,
        clause=clause.number,
    )
    for table in clause.family():
        yield lock(table.name, _EXCLUSIVE, clause=clause.number)
        yield from _effects_on(clause, table, target)


def _using(clause: Clause, node: Node | None) -> Expression | None:
    if node is None:
        return None
    bounds = clause_bounds(clause.at.sql, clause.number)
    text = clause.at.sql[bounds[0] : bounds[1]] if bounds else clause.at.sql
    return clause.at.expression(node, after_word(text, "using"))


def _cost(clause: Clause, column: Column | None, target: _Target) -> TypeChange:
    """The cost for the table's own column, through the casts of USING where there are any."""
    catalog, zone = clause.at.catalog, clause.at.session.time_zone
    version = clause.at.version
    old = column.type if column is not None else None
    if target.using is None:
        return change_of_type(old, target.type, catalog, zone, version)
    chain = cast_chain(target.using, target.column)
    if chain is None:
        direct = change_of_type(old, target.type, catalog, zone, version)
        return TypeChange(rewrite=True, same_operators=direct.same_operators)
    steps = [clause.at.type(node) for node in chain]
    rewrite, certain = False, True
    current = old
    for step in [*steps, target.type]:
        change = change_of_type(current, step, catalog, zone, version)
        rewrite, certain = rewrite or change.rewrite, certain and change.certain
        current = step
    direct = change_of_type(old, target.type, catalog, zone, version)
    return TypeChange(rewrite, direct.same_operators, certain)


def _effects_on(clause: Clause, table: Relation, target: _Target) -> Iterator[Effect]:
    catalog = clause.at.catalog
    column = table.column(target.column)
    cost = _cost(clause, column, target)
    stored = column is None or column.generated is not Generated.VIRTUAL
    if cost.rewrite and stored:
        yield from clause.rewritten(table, certain=cost.certain)
    recollated = column is not None and column.collation != target.collation
    for index in catalog.indexes_on(table.name):
        if not index_uses(index, target.column):
            continue
        yield lock(index.name, _EXCLUSIVE, clause=clause.number)
        if not cost.rewrite and not _keeps_file(index, target.column, cost, recollated):
            yield from clause.scanned(table, certain=cost.certain)
            yield IndexBuild(
                relation=table.name, index=index.name, certain=cost.certain, clause=clause.number
            )
    for constraint in table.constraints:
        if target.column in constraint.columns:
            yield from _constraint_again(clause, table, constraint, cost)
    for other, key in catalog.foreign_keys_to(table.name):
        if target.column in key.referenced_columns:
            yield lock(other.name, _EXCLUSIVE, clause=clause.number)
            if (cost.rewrite or not cost.same_operators) and key.validated:
                yield from clause.scanned(other, certain=cost.certain)
    if column is not None and column.identity is not None:
        for sequence in catalog.sequences_of(table.name, target.column):
            yield lock(sequence.name, Mode.ShareRowExclusiveLock, clause=clause.number)


def _keeps_file(index: Index, column: str, cost: TypeChange, recollated: bool) -> bool:
    """``CheckIndexCompatible``: same operator classes and collations, no expression, no predicate.

    A column that is only payload (INCLUDE) has neither.
    """
    plain = not index.expressions and index.predicate is None
    return plain and (column not in index.columns or (cost.same_operators and not recollated))


def _constraint_again(
    clause: Clause, table: Relation, constraint: Constraint, cost: TypeChange
) -> Iterator[Effect]:
    if constraint.kind is ConstraintKind.CHECK and constraint.validated:
        yield from clause.scanned(table, certain=cost.certain)
    elif constraint.references is not None:
        below = [child for child in clause.at.catalog.descendants(constraint.references) if child.bound]
        for name in (constraint.references, *(child.name for child in below)):
            yield lock(name, Mode.ShareRowExclusiveLock, clause=clause.number)
        for name in referenced_side(constraint.references, clause.at):
            yield lock(name, _EXCLUSIVE, clause=clause.number)
        if (cost.rewrite or not cost.same_operators) and constraint.validated:
            yield from clause.scanned(table, certain=cost.certain)
