"""ALTER TABLE: constraints added, validated, altered and dropped.

https://www.postgresql.org/docs/current/sql-altertable.html (ADD table_constraint, VALIDATE CONSTRAINT)
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from migration_lint.effects import (
    AddConstraint,
    AlterConstraint,
    DropConstraint,
    Effect,
    ValidateConstraint,
)
from migration_lint.engines.postgres.definitions import INDEXED, LABELS, index_of, read_constraint
from migration_lint.engines.postgres.expressions import constrained_not_null
from migration_lint.engines.postgres.index_definitions import partition_indexes
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.nodes import Node
from migration_lint.engines.postgres.prediction import lock
from migration_lint.engines.postgres.statements.alter_not_null import without_not_null
from migration_lint.engines.postgres.statements.alteration import Clause
from migration_lint.engines.postgres.statements.drop_effects import referenced_side
from migration_lint.folding.inheritance import INHERITED, counterpart, losing, parents_with
from migration_lint.names import split
from migration_lint.schema import Constraint, ConstraintKind, Index, Relation

_EXCLUSIVE = Mode.AccessExclusiveLock
_BOTH_SIDES = Mode.ShareRowExclusiveLock
_ALL_LOCKED_SINCE = 18
"""ADD CONSTRAINT locks all that is below the table, whether or not it gets the constraint."""


def add_constraint(clause: Clause) -> Iterator[Effect]:
    """ADD CONSTRAINT, with or without NOT VALID or USING INDEX."""
    node = clause.definition
    constraint = read_constraint(node, clause.known, clause.at)
    index = index_of(constraint, clause.table, node)
    using = None
    if node.get("indexname"):
        using = f"{split(clause.table)[0]}.{node['indexname']}"
        constraint, index = _adopting(constraint, using, clause, named=bool(node.get("conname")))
    built, adopted = constraint_partitions(clause, constraint, index if using is None else None)
    yield AddConstraint(
        relation=clause.table,
        constraint=constraint,
        using_index=using,
        index=index,
        partitions=(*built, *adopted),
        clause=clause.number,
    )
    made = [] if using is not None or index is None else [index, *built]
    yield from constraint_impacts(clause, constraint, made)


def constraint_partitions(
    clause: Clause, constraint: Constraint, index: Index | None
) -> tuple[list[Index], list[Index]]:
    """(built, adopted) indexes on the partitions, for a constraint that an index enforces."""
    if index is None or not clause.recurse:
        return [], []
    keys = tuple(column or "expr" for column in (*index.columns, *index.include))
    return partition_indexes(index, keys, clause.at, label=LABELS[constraint.kind])


def _adopting(
    constraint: Constraint, using: str, clause: Clause, *, named: bool
) -> tuple[Constraint, Index | None]:
    """The constraint that takes over an index: the index gets the constraint's name."""
    schema, bare = split(using)
    name = constraint.name if named else bare
    known = clause.at.index(using)
    columns = tuple(column for column in known.columns if column is not None) if known else ()
    constraint = replace(constraint, name=name, columns=columns, index=f"{schema}.{name}")
    index = known or Index(using, clause.table, unique=True)
    return constraint, replace(index, name=f"{schema}.{name}", constraint=name)


def constraint_impacts(
    clause: Clause, constraint: Constraint, built: list[Index], *, checks_rows: bool = True
) -> Iterator[Effect]:
    """What adding a constraint costs; without `checks_rows` there is nothing in old rows to check."""
    kind = constraint.kind
    if kind is ConstraintKind.FOREIGN_KEY:
        yield from _foreign_key(clause, constraint, checks_rows=checks_rows)
        return
    new, merged = clause.receivers(lambda heir: _merges(heir, constraint))
    if constraint.no_inherit:
        new, merged = [clause.known], []
    yield lock(clause.table, _EXCLUSIVE, clause=clause.number)
    if clause.at.version >= _ALL_LOCKED_SINCE:
        yield from clause.locked(clause.family(), clause.mode)
    elif kind in (ConstraintKind.UNIQUE, ConstraintKind.EXCLUSION):
        # An index is not inherited: only partitions get theirs.
        below = clause.partitions() if clause.recurse else []
        # What is checked at the end of the transaction is checked by a trigger.
        yield from clause.locked(below, _BOTH_SIDES if constraint.deferrable else Mode.ShareLock)
    else:
        yield from clause.locked([*new, *merged], _EXCLUSIVE)
    for index in built:
        yield from clause.built(index)
    if kind is ConstraintKind.PRIMARY_KEY:
        # Its columns become NOT NULL. The build of an index sees that on its way.
        own = {index.relation for index in built}
        for table in clause.family():
            if table.name not in own:
                yield from _unless_proven(clause, table, constraint.columns)
    if kind is ConstraintKind.CHECK and constraint.validated and checks_rows:
        for table in new:
            yield from clause.scanned(table)
    elif kind is ConstraintKind.NOT_NULL and constraint.validated:
        for table in new:
            yield from _unless_proven(clause, table, constraint.columns)


def _merges(heir: Relation, constraint: Constraint) -> bool:
    """Whether an heir has the constraint already, so that the parent's is merged with its own."""
    if constraint.kind is ConstraintKind.CHECK:
        own = heir.constraint(constraint.name)
        return own is not None and own.kind is ConstraintKind.CHECK
    if constraint.kind is ConstraintKind.NOT_NULL:
        columns = [heir.column(name) for name in constraint.columns]
        known = any(heir.not_null_constraint(name) is not None for name in constraint.columns)
        return known or any(column is not None and column.not_null for column in columns)
    return False


def _unless_proven(clause: Clause, table: Relation, columns: tuple[str, ...]) -> Iterator[Effect]:
    kept = [known for known in table.constraints if known.name not in clause.dropped]
    for name in columns:
        column = table.column(name)
        if column is not None and column.not_null:
            continue
        if clause.at.version >= 12 and constrained_not_null(name, kept):
            continue
        yield from clause.scanned(table, certain=table.complete)


def _foreign_key(clause: Clause, constraint: Constraint, *, checks_rows: bool) -> Iterator[Effect]:
    catalog = clause.at.catalog
    tables = [clause.known, *clause.partitions()]
    yield from clause.locked(tables, _BOTH_SIDES)
    if clause.at.version >= _ALL_LOCKED_SINCE:
        yield from clause.locked(clause.family(), clause.mode)
    target = constraint.references or ""
    yield lock(target, _BOTH_SIDES, clause=clause.number)
    for child in catalog.descendants(target):
        if child.bound is not None:
            yield lock(child.name, _BOTH_SIDES, clause=clause.number)
    if constraint.validated and checks_rows:
        for table in tables:
            if not _has_key(table, constraint):
                yield from clause.scanned(table)
            else:  # the triggers of the partition's own key are dropped from the other table
                yield lock(target, _EXCLUSIVE, clause=clause.number)


def _has_key(table: Relation, key: Constraint) -> bool:
    """Whether a partition has the foreign key already: the parent's takes it over, unchecked."""
    return table.bound is not None and any(
        (own.columns, own.references, own.referenced_columns, own.deferrable)
        == (key.columns, key.references, key.referenced_columns, key.deferrable)
        and (own.on_delete, own.on_update) == (key.on_delete, key.on_update)
        and own.validated
        for own in table.constraints
        if own.kind is ConstraintKind.FOREIGN_KEY
    )


def validate_constraint(clause: Clause) -> Iterator[Effect]:
    """VALIDATE CONSTRAINT: reads and writes go on while the rows are checked."""
    constraint = clause.known.constraint(clause.name) or clause.not_null_named(clause.name)
    valid = constraint is not None and constraint.validated
    yield ValidateConstraint(
        relation=clause.table,
        constraint=clause.name,
        was_valid=valid,
        definition=constraint,
        certain=constraint is not None,
        clause=clause.number,
    )
    yield lock(clause.table, Mode.ShareUpdateExclusiveLock, clause=clause.number)
    if valid:
        return
    if constraint is None:
        yield from clause.scanned(clause.known, certain=False)
        return
    if constraint.references is not None:
        yield lock(constraint.references, Mode.RowShareLock, clause=clause.number)
        below: list[Relation] = clause.partitions()
    else:
        below = clause.family()[1:]
    for table in [clause.known, *below]:
        own = table.constraint(clause.name)
        if constraint.kind is ConstraintKind.NOT_NULL:
            own = table.not_null_constraint(constraint.columns[0]) or own
        yield lock(table.name, clause.mode, clause=clause.number)
        if own is None or not own.validated:
            yield from clause.scanned(table)


def alter_constraint(clause: Clause) -> Iterator[Effect]:
    """ALTER CONSTRAINT … DEFERRABLE, ENFORCED (18) or INHERIT (18)."""
    node: Node = clause.definition
    name = str(node.get("conname", ""))
    constraint = clause.known.constraint(name)
    enforced = bool(node.get("is_enforced")) if node.get("alterEnforceability") else None
    yield AlterConstraint(
        relation=clause.table,
        constraint=name,
        deferrable=bool(node.get("deferrable")) if node.get("alterDeferrability") else None,
        enforced=enforced,
        definition=constraint,
        clause=clause.number,
    )
    yield from clause.locked([clause.known, *clause.partitions()], _EXCLUSIVE)
    if node.get("alterInheritability"):
        yield from clause.locked(clause.at.catalog.children(clause.table), _EXCLUSIVE)
    if constraint is None or constraint.references is None:
        return
    if enforced is None or enforced == constraint.enforced:
        return
    # Its triggers are dropped from both tables, or made on both.
    mode = _BOTH_SIDES if enforced else _EXCLUSIVE
    for table in (constraint.references, *referenced_side(constraint.references, clause.at)):
        yield lock(table, mode, clause=clause.number)
    if enforced and not constraint.validated:
        for own in (clause.known, *clause.partitions()):
            yield from clause.scanned(own)


def drop_constraint(clause: Clause) -> Iterator[Effect]:
    """DROP CONSTRAINT: a foreign key's triggers go from both tables, so both are locked."""
    table = clause.known
    constraint = table.constraint(clause.name)
    if constraint is None and (unnamed := clause.not_null_named(clause.name)) is not None:
        yield DropConstraint(
            relation=clause.table,
            constraint=clause.name,
            cascade=clause.cascade,
            if_exists=clause.missing_ok,
            only=not clause.recurse,
            definition=unnamed,
            clause=clause.number,
        )
        yield from without_not_null(clause, unnamed.columns[0])
        return
    if table.partition_key is not None and clause.recurse:  # none of them may be in use
        yield from clause.locked(clause.below(), clause.mode)
    if clause.missing_ok and constraint is None and table.complete:
        return
    yield DropConstraint(
        relation=clause.table,
        constraint=clause.name,
        cascade=clause.cascade,
        if_exists=clause.missing_ok,
        only=not clause.recurse,
        definition=constraint,
        clause=clause.number,
    )
    yield lock(clause.table, _EXCLUSIVE, clause=clause.number)
    if constraint is not None and constraint.kind in INHERITED and not constraint.no_inherit:
        yield from _dropped_below(clause, constraint)
    if constraint is None:
        return
    if constraint.references is not None:
        for name in (constraint.references, *referenced_side(constraint.references, clause.at)):
            yield lock(name, _EXCLUSIVE, clause=clause.number)
        yield from clause.locked(clause.partitions(), _EXCLUSIVE)
    if constraint.kind in INDEXED:
        if constraint.index is not None:
            yield lock(constraint.index, _EXCLUSIVE, clause=clause.number)
        yield from clause.locked(clause.partitions(), _EXCLUSIVE)
        if clause.cascade:
            for other, key in clause.at.catalog.foreign_keys_to(clause.table):
                if not key.referenced_columns or set(key.referenced_columns) == set(constraint.columns):
                    yield lock(other.name, _EXCLUSIVE, clause=clause.number)


def _dropped_below(clause: Clause, constraint: Constraint) -> Iterator[Effect]:
    """Heirs lose what they have from the table alone; the others are only told that it is theirs now."""
    catalog = clause.at.catalog
    if not clause.recurse:
        yield from clause.locked(catalog.children(clause.table), clause.mode)
        return
    gone, kept = losing(
        catalog,
        clause.known,
        lambda heir: parents_with(catalog, heir, counterpart(heir, constraint) or constraint),
        lambda heir: (own := counterpart(heir, constraint)) is None or own.local,
    )
    yield from clause.locked([*gone, *kept], clause.mode)
